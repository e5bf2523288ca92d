/*
 * rulestest - "posternctl rules test": what the rules of one file, added to
 * those of the configuration, find in messages.  No daemon is touched.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "ctl/rules.h"
#include "ctl/source.h"
#include "feed.h"
#include "settings.h"

#define OVERRIDE_MAX (1 << 20)

struct test_run {
	struct snapshot *snapshot;
	struct services services;
	char *file;		/* whose rules are told */
};

static bool
same_file(const char *a, const char *b)
{
	char *path = realpath(a, NULL), *other = realpath(b, NULL);
	bool same = path != NULL && other != NULL && strcmp(path, other) == 0;

	free(path);
	free(other);
	return same;
}

/*
 * "rules.files={...}" with *file behind those that are configured.  If it is
 * one of them it keeps its place, and *file becomes the name that it has there:
 * read twice, it would add to its own scores.
 */
static int
add_file(const struct globals *g, char **file, struct buf *out,
    struct error *error)
{
	const struct section **sections = settings_sections();
	struct conf *conf = conf_load(g->conf, sections, g->overrides, error);
	const struct strings *files;
	bool found = false;
	size_t i;

	if (conf != NULL) {
		files = &((const struct rulebook_settings *)conf_section(conf,
		    check_rules.name))->files;
		buf_puts(out, "rules.files={");
		for (i = 0; i < files->count; i++) {
			buf_printf(out, "'%s',", files->item[i]);
			if (found || !same_file(files->item[i], *file))
				continue;
			found = true;
			free(*file);
			*file = mem_copy(files->item[i],
			    strlen(files->item[i]));
		}
		if (!found)
			buf_printf(out, "'%s',", *file);
		buf_char(out, '}');
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
	if (rule->flags & RULE_SHADOW)
		buf_puts(&out, " on trial");
	buf_puts(&out, ": ");
	text_escape(&out, match->evidence[rule->index]);
	puts(buf_string(&out));
	buf_done(&out);
}

static bool
is_tested(const struct test_run *run, const struct rule *rule)
{
	return rule->file != NULL && strcmp(rule->file, run->file) == 0;
}

/* Who waits in vain for a hit should know why. */
static void
warn_unsupported(const struct test_run *run)
{
	const struct ruleset *rules = run->snapshot->book->rules;
	const struct rule *rule;
	size_t i;

	for (i = 0; i < rules->count; i++) {
		rule = rules->rules[i];
		if (is_tested(run, rule) && rule->unsupported != NULL)
			fprintf(stderr, "posternctl: %s:%u: %s: %s\n",
			    rule->file, rule->line, rule->name.p,
			    rule->unsupported);
	}
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
		if (match->values[i] != 0 && is_tested(run, rules->rules[i]))
			print_hit(rules->rules[i], match);
	scan_done(&scan);
}

static int
test_messages(struct test_run *run, char **messages)
{
	int status;

	run->services.store = store_memory();
	run->services.pool = engine_pool_new();
	run->services.rehearsal = run->services.thorough = true;
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
	struct error error;
	struct buf override;
	int status = EX_CONFIG;

	(void)argc;
	run.file = realpath(argv[0], NULL);
	if (run.file == NULL)
		run.file = mem_copy(argv[0], strlen(argv[0]));
	buf_init(&override, OVERRIDE_MAX);
	if (g.override_count == OVERRIDES_MAX) {
		error_set(&error, "too many options -o");
	} else if (add_file(&g, &run.file, &override, &error) == 0) {
		g.overrides[g.override_count++] = buf_string(&override);
		run.snapshot = snapshot_load(g.conf, g.overrides, NULL,
		    run.services.metrics, &error);
	}
	if (run.snapshot == NULL) {
		fprintf(stderr, "posternctl: %s\n", error.text);
	} else {
		warn_unsupported(&run);
		status = test_messages(&run, argv + 1);
	}
	snapshot_put(run.snapshot);
	metrics_free(run.services.metrics);
	buf_done(&override);
	free(run.file);
	return status;
}
