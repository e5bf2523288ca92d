/*
 * dnslists - "posternctl dnslists": which DNS lists there are and under which
 * terms, how those in use fare, and what they say about somebody.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "check/dnslists.h"
#include "ctl/commands.h"
#include "ctl/resolver.h"
#include "snapshot.h"

#define ANSWER_MAX (1 << 20)

static int
usage(void)
{
	fputs("usage: posternctl dnslists [status]\n"
	    "       posternctl dnslists all\n"
	    "       posternctl dnslists ask " RESOLVER_USAGE
	    " address|domain ...\n", stderr);
	return EX_USAGE;
}

static bool
in_use(const struct dnslists_options *o, const char *name)
{
	size_t i;

	for (i = 0; i < o->use.count; i++)
		if (strcmp(o->use.item[i], name) == 0)
			return true;
	return false;
}

static int
print_all(const struct snapshot *s)
{
	const struct dnslists_options *o = conf_section(s->conf,
	    check_dnslists.name);
	const struct dnslist *list;
	size_t i;

	for (i = 0; i < s->dnslists->count; i++) {
		list = &s->dnslists->items[i];
		printf("%s: %s%s\n\tzone: %.*s\n", list->name, list->about,
		    in_use(o, list->name) ? " (in use)" : "",
		    SPAN_ARG(list->id));
		if (list->terms_url[0] != '\0')
			printf("\tterms: %s %s\n", list->terms_url,
			    list->terms);
	}
	return EX_OK;
}

static const void *
find_self(const struct snapshot *s)
{
	const void *self = snapshot_check(s, &check_dnslists);

	if (self == NULL)
		fputs("posternctl: no DNS list is in use: see dnslists.use\n",
		    stderr);
	return self;
}

static int
ask_about(const void *self, struct dns *dns, const char *subject)
{
	struct buf out;
	size_t asked;

	buf_init(&out, ANSWER_MAX);
	asked = dnslists_query(self, dns, span_of(subject), RESOLVER_WAIT_MS,
	    &out);
	if (asked == 0)
		fprintf(stderr, "posternctl: no list in use is asked about "
		    "such as %s\n", subject);
	fputs(buf_string(&out), stdout);
	buf_done(&out);
	return asked > 0 ? EX_OK : EX_DATAERR;
}

static int
ask_lists(const struct globals *g, const struct snapshot *s, int argc,
    char **argv)
{
	struct resolver resolver = {.count = 0};
	const void *self = find_self(s);
	struct dns *dns;
	int i = 0, first, status = EX_UNAVAILABLE;

	if (self == NULL)
		return EX_CONFIG;
	while (i < argc && resolver_option(&resolver, argc, argv, &i))
		i++;
	if (i == argc || argv[i][0] == '-')
		return usage();
	dns = resolver_open(&resolver, g, &status);
	if (dns == NULL)
		return status;
	status = EX_OK;
	for (first = i; i < argc; i++) {
		if (argc - first > 1)
			printf("# %s\n", argv[i]);
		if (ask_about(self, dns, argv[i]) != EX_OK)
			status = EX_DATAERR;
	}
	dns_free(dns);
	return status;
}

int
dnslists_main(const struct globals *g, int argc, char **argv)
{
	struct globals mine = *g;
	struct metrics *metrics;
	struct snapshot *s;
	struct error error;
	int status = EX_CONFIG;

	if (argc == 1 || (argc == 2 && strcmp(argv[1], "status") == 0))
		return ask_daemon(g, "dnslists status");
	if (strcmp(argv[1], "all") != 0 && strcmp(argv[1], "ask") != 0)
		return usage();
	metrics = metrics_new();
	s = snapshot_load(mine.conf, mine.overrides, NULL, metrics, &error);
	if (s == NULL)
		fprintf(stderr, "posternctl: %s\n", error.text);
	else if (strcmp(argv[1], "all") == 0)
		status = argc == 2 ? print_all(s) : usage();
	else
		status = ask_lists(g, s, argc - 2, argv + 2);
	snapshot_put(s);
	metrics_free(metrics);
	return status;
}
