/*
 * scan - "posternctl scan": judges messages by the library alone, with no MTA
 * and no daemon, and prints what each symbol contributed.
 */
#include "scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "ctl/commands.h"
#include "ctl/source.h"
#include "feed.h"
#include "open.h"

#define EXIT_SPAM 1
#define HOST_NAME_BYTES 256

/* What the command line says of the messages, and what came of them. */
struct scan_run {
	struct snapshot *snapshot;
	struct services services;
	struct arrival arrival;
	const char *from;	/* NULL: as the message tells */
	const char *rcpts[FEED_RECIPIENTS_MAX];
	size_t rcpt_count;
	bool json;
	size_t messages, spam;
};

static const char usage_text[] =
    "usage: posternctl scan [--client address] [--name host] [--helo name]\n"
    "           [--from address] [--rcpt address]... [--user name]\n"
    "           [--config file] [--json] file|directory|mbox|- ...\n";

static void
print_report(const struct scan_run *run, const struct report *report)
{
	struct buf out;

	buf_init(&out, REPORT_MAX);
	if (run->json) {
		report_json(report, &out);
		buf_char(&out, '\n');
	} else {
		text_escape(&out, span_of(report->file));
		buf_puts(&out, ":\n");
		report_text(report, &out);
	}
	fwrite(out.p, 1, out.n, stdout);
	buf_done(&out);
}

static void
scan_one(void *context, const char *name, struct span raw)
{
	struct scan_run *run = context;
	const struct feed from = {
		.sender = run->from != NULL ? span_of(run->from) :
		    (struct span){NULL, 0},
		.recipients = run->rcpts,
		.recipient_count = run->rcpt_count,
	};
	struct report report;
	struct scan scan;

	scan_init(&scan);
	scan_begin(&scan, snapshot_hold(run->snapshot), &run->services,
	    &run->arrival, clock_wall());
	feed_message(&scan, &from, raw);
	run->messages++;
	run->spam += scan_end(&scan)->spam;
	report = scan_report(&scan, "message");
	report.file = name;
	print_report(run, &report);
	scan_done(&scan);
}

static int
usage(void)
{
	fputs(usage_text, stderr);
	return EX_USAGE;
}

/* One option with a value; false when there is none of that name. */
static bool
take_value(struct scan_run *run, const char *option, const char *value,
    struct globals *g)
{
	struct client *client = &run->arrival.client;

	if (strcmp(option, "--client") == 0) {
		client->has_ip = ip_parse(span_of(value), &client->ip);
		return client->has_ip;
	}
	if (strcmp(option, "--rcpt") == 0) {
		if (run->rcpt_count == FEED_RECIPIENTS_MAX)
			return false;
		run->rcpts[run->rcpt_count++] = value;
	} else if (strcmp(option, "--helo") == 0) {
		client->helo = span_of(value);
		client->heard = true;
	} else if (strcmp(option, "--name") == 0) {
		client->name = span_of(value);
	} else if (strcmp(option, "--from") == 0) {
		run->from = value;
	} else if (strcmp(option, "--user") == 0) {
		run->arrival.user = span_of(value);
	} else if (strcmp(option, "--config") == 0) {
		g->conf = value;
	} else {
		return false;
	}
	return true;
}

/* Index of the first path, or -1. */
static int
parse(int argc, char **argv, struct scan_run *run, struct globals *g)
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
		if (strcmp(argv[i], "--") == 0)
			return i + 1;
		if (strcmp(argv[i], "--json") == 0)
			run->json = true;
		else if (i + 1 >= argc || !take_value(run, argv[i],
		    argv[i + 1], g))
			return -1;
		else
			i++;
	}
	return i;
}

int
scan_main(const struct globals *globals, int argc, char **argv)
{
	struct globals g = *globals;
	char host[HOST_NAME_BYTES] = "localhost";
	struct scan_run run;
	struct error error;
	int first, failed;

	memset(&run, 0, sizeof(run));
	first = parse(argc, argv, &run, &g);
	if (first < 0 || first >= argc)
		return usage();
	run.services.metrics = metrics_new();
	run.services.store = store_memory();
	run.services.pool = engine_pool_new();
	/* Files are judged by themselves, not by the ones before them. */
	run.services.rehearsal = true;
	gethostname(host, sizeof(host) - 1);
	run.arrival.our_name = span_of(host);
	run.arrival.authserv_id = host;
	run.snapshot = snapshot_load(g.conf, g.overrides, NULL,
	    run.services.metrics, &error);
	if (run.snapshot != NULL && run.snapshot->dns->enabled)
		run.services.dns = open_dns(run.snapshot->dns,
		    &error);
	if (run.snapshot == NULL || (run.snapshot->dns->enabled &&
	    run.services.dns == NULL)) {
		fprintf(stderr, "posternctl: %s\n", error.text);
		failed = EX_CONFIG;
	} else {
		failed = source_walk(argv + first, scan_one, &run) > 0 ?
		    EX_NOINPUT : EX_OK;
	}
	snapshot_put(run.snapshot);
	if (run.services.dns != NULL)
		dns_free(run.services.dns);
	store_close(run.services.store);
	engine_pool_free(run.services.pool);
	metrics_free(run.services.metrics);
	if (failed != EX_OK)
		return failed;
	return run.spam > 0 ? EXIT_SPAM : EX_OK;
}
