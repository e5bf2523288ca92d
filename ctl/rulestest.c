/*
 * rulestest - "posternctl rules test": what the rules of one file, added to
 * those of the configuration, find in messages.  No daemon is touched.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/text.h"
#include "ctl/rules.h"
#include "ctl/source.h"
#include "feed.h"
#include "settings.h"

#define OVERRIDE_MAX (1 << 20)

struct test_run {
	struct snapshot *snapshot;
	struct services services;
	const char *file;	/* whose rules are told */
};

/* "rules.files={...}" with the file behind those that are configured. */
static int
add_file(const struct globals *g, const char *file, struct buf *out,
    struct error *error)
{
	const struct section **sections = settings_sections();
	const struct rulebook_settings *settings;
	struct conf *conf = conf_load(g->conf, sections, g->overrides, error);
	size_t i;

	if (conf != NULL) {
		settings = conf_section(conf, check_rules.name);
		buf_puts(out, "rules.files={");
		for (i = 0; i < settings->files.count; i++)
			buf_printf(out, "'%s',", settings->files.item[i]);
		buf_printf(out, "'%s'}", file);
	}
	free(sections);
	conf_free(conf);
	return conf != NULL ? 0 : -1;
}

static void
print_hit(const struct rule *rule, const struct match *match)
{
	struct buf out;

	buf_init(&out, 4096);
	buf_puts(&out, "\t");
	text_escape(&out, rule->name);
	if (match->values[rule->index] != 1)
		buf_printf(&out, " x%g", match->values[rule->index]);
	if (!rule->sub) {
		buf_char(&out, ' ');
		text_put_milli(&out, rule->score);
	}
	buf_puts(&out, ": ");
	text_escape(&out, match->evidence[rule->index]);
	puts(buf_string(&out));
	buf_done(&out);
}

static void
try_message(void *context, const char *name, struct span raw)
{
	struct test_run *run = context;
	const struct feed feed = {.sender = {NULL, 0}};
	const struct arrival arrival = {.authserv_id = "localhost"};
	const struct ruleset *rules = run->snapshot->book->rules;
	const struct match *match;
	struct scan scan;
	size_t i;

	scan_init(&scan);
	scan_begin(&scan, snapshot_hold(run->snapshot), &run->services,
	    &arrival, clock_wall());
	feed_message(&scan, &feed, raw);
	scan_end(&scan);
	printf("%s:\n", name);
	match = scan.inquiry.match;
	for (i = 0; match != NULL && i < rules->count; i++)
		if (match->values[i] != 0 && rules->rules[i]->file != NULL &&
		    strcmp(rules->rules[i]->file, run->file) == 0)
			print_hit(rules->rules[i], match);
	scan_done(&scan);
}

static int
test_messages(struct test_run *run, char **messages)
{
	int status;

	run->services.store = store_memory();
	run->services.pool = engine_pool_new();
	status = source_walk(messages, try_message, run) > 0 ? EX_NOINPUT :
	    EX_OK;
	engine_pool_free(run->services.pool);
	store_close(run->services.store);
	return status;
}

int
rules_test(const struct globals *globals, int argc, char **argv)
{
	struct globals g = *globals;
	struct test_run run = {.services.metrics = metrics_new()};
	char *path = realpath(argv[0], NULL);
	struct error error;
	struct buf override;
	int status = EX_CONFIG;

	(void)argc;
	run.file = path != NULL ? path : argv[0];
	buf_init(&override, OVERRIDE_MAX);
	if (g.override_count == OVERRIDES_MAX) {
		error_set(&error, "too many options -o");
	} else if (add_file(&g, run.file, &override, &error) == 0) {
		g.overrides[g.override_count++] = buf_string(&override);
		run.snapshot = snapshot_load(g.conf, g.overrides, NULL,
		    run.services.metrics, &error);
	}
	if (run.snapshot == NULL)
		fprintf(stderr, "posternctl: %s\n", error.text);
	else
		status = test_messages(&run, argv + 1);
	snapshot_put(run.snapshot);
	metrics_free(run.services.metrics);
	buf_done(&override);
	free(path);
	return status;
}
