/*
 * trust - "posternctl trust" and "posternctl deny": what the daemon does is
 * asked of it, files are judged here.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "check/trust.h"
#include "conf/lines.h"
#include "ctl/commands.h"
#include "snapshot.h"

#define LINE_MAX_BYTES 4000		/* what the daemon takes */
#define SOON (14 * 24 * 3600 * INT64_C(1000))	/* lint tells beforehand */

/*
 * Appends a word as the daemon reads it: what stands behind "=" gets quotes.
 * False when no line can hold it.
 */
static bool
put_word(struct buf *line, const char *word)
{
	struct span text = span_of(word);
	size_t equals = span_chr(text, '=');

	if (strpbrk(word, "\"\\\r\n\t") != NULL) {
		fprintf(stderr, "posternctl: %s: neither quotes, backslashes "
		    "nor control characters can stand in a word\n", word);
		return false;
	}
	if (line->n > 0)
		buf_char(line, ' ');
	if (equals == text.n)
		buf_span(line, text);
	else
		buf_printf(line, "%.*s=\"%s\"", SPAN_ARG(span_head(text,
		    equals)), word + equals + 1);
	return true;
}

/* "trust add ... by=x" is asked as "trust by=x add ...". */
static int
ask(const struct globals *g, int argc, char **argv)
{
	const char *by = NULL;
	struct buf line;
	bool good;
	int i, status = EX_USAGE;

	buf_init(&line, LINE_MAX_BYTES);
	good = put_word(&line, argv[0]);
	for (i = 1; i < argc; i++)
		if (strncmp(argv[i], "by=", 3) == 0)
			by = argv[i];
	if (by != NULL)
		good = good && put_word(&line, by);
	for (i = 1; good && i < argc; i++)
		if (strncmp(argv[i], "by=", 3) != 0)
			good = put_word(&line, argv[i]);
	if (good && line.full)
		fputs("posternctl: that is too long\n", stderr);
	else if (good)
		status = ask_daemon(g, buf_string(&line));
	buf_done(&line);
	return status;
}

/* A file that is looked at. */
struct lint {
	const struct entry_terms *terms;
	struct entryset seen;
	int64_t now;
	unsigned faults;
};

/* Tells what is wrong and goes on, so that all of it is told. */
static int
lint_line(void *context, struct span line, const char *file, unsigned number,
    struct error *error)
{
	struct lint *lint = context;
	char time[ENTRY_TIME_MAX];
	struct entry e;

	if (entry_parse(line, ENTRY_TRUST, 0, &e, error) != 0 ||
	    entry_check(&e, lint->terms, error) != 0 ||
	    entry_check_time(&e, lint->now, error) != 0) {
		printf("%s:%u: %s\n", file, number, error->text);
		lint->faults++;
	} else if (!entryset_add(&lint->seen, &e)) {
		printf("%s:%u: %s: there is an entry of that name already\n",
		    file, number, e.name);
		lint->faults++;
	} else if (e.expires < lint->now + SOON) {
		printf("%s:%u: note: %s expires at %s\n", file, number,
		    e.name, entry_time_text(e.expires, time));
	}
	return 0;
}

static int
lint_files(const struct snapshot *s, char **files)
{
	struct lint lint = {.now = clock_wall()};
	const struct trust *trust = snapshot_check(s, &check_trust);
	struct error error;
	int status = EX_OK;

	if (trust != NULL)
		lint.terms = trust_terms(trust);
	entryset_init(&lint.seen);
	for (; *files != NULL; files++)
		if (lines_read(*files, lint_line, &lint, NULL, &error) != 0) {
			fprintf(stderr, "posternctl: %s\n", error.text);
			status = EX_NOINPUT;
		}
	printf("# %zu good entries, %u faults\n", lint.seen.count,
	    lint.faults);
	entryset_done(&lint.seen);
	return status == EX_OK && lint.faults > 0 ? EX_CONFIG : status;
}

/*
 * By the configuration, but without the files that it names: with a bad entry
 * in one of them it does not load, and that may be the one to look at.
 */
static int
lint(const struct globals *globals, char **files)
{
	struct metrics *metrics = metrics_new();
	struct globals g = *globals;
	struct snapshot *s = NULL;
	struct error error;
	int status = EX_CONFIG;

	if (g.override_count + 2 > OVERRIDES_MAX) {
		error_set(&error, "too many options \"-o\"");
	} else {
		g.overrides[g.override_count++] = "trust.enabled=yes";
		g.overrides[g.override_count++] = "trust.files={}";
		s = snapshot_load(g.conf, g.overrides, NULL, metrics, &error);
	}
	if (s != NULL)
		status = lint_files(s, files);
	else
		fprintf(stderr, "posternctl: %s\n", error.text);
	snapshot_put(s);
	metrics_free(metrics);
	return status;
}

int
trust_main(const struct globals *g, int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "lint") == 0 &&
	    strcmp(argv[0], "trust") == 0)
		return lint(g, argv + 2);
	if (argc > 1 && strcmp(argv[1], "lint") != 0)
		return ask(g, argc, argv);
	fprintf(stderr, "usage: posternctl %s add | del | list | log%s ...\n",
	    argv[0], strcmp(argv[0], "trust") == 0 ? " | lint" : "");
	return EX_USAGE;
}
