/*
 * conf_rows - the sections that the tests of lib/conf load, and how they look
 * at what was loaded.
 */
#ifndef TEST_UNIT_CONF_ROWS_H
#define TEST_UNIT_CONF_ROWS_H

#include <stddef.h>

#include "conf/conf.h"
#include "conf/parse.h"
#include "test/unit/test.h"

#define PRINT_MAX (1 << 20)

struct top {
	int64_t mode;
	const char *name;
	bool verbose;
};

struct greylist {
	bool enabled;
	int64_t delay;
	int64_t size;
	int64_t score;
	int64_t limit;
	int64_t any;
	const char *note;
	const char *file;
	struct strings nets;
	struct strings rules;
};

struct spf {
	bool enabled;
	int64_t timeout;
	int64_t least;
	int64_t most;
	const char *domain;
};

static const char *const modes[] = { "observe", "mark", "enforce", NULL };

#define AT(type, member) offsetof(struct type, member)

static const struct option top_options[] = {
	{ "mode", OPTION_WORD, AT(top, mode), "observe", 0, 0, modes, "m" },
	{ "name", OPTION_STRING, AT(top, name), "mx", 1, 20, NULL, "n" },
	{ "verbose", OPTION_BOOL, AT(top, verbose), "no", 0, 0, NULL, "v" },
	{ 0 }
};

static const struct option greylist_options[] = {
	{ "enabled", OPTION_BOOL, AT(greylist, enabled), "yes", 0, 0, NULL,
	    "e" },
	{ "delay", OPTION_TIME, AT(greylist, delay), "5m", 60000,
	    4 * 7 * 86400000LL, NULL, "d" },
	{ "size", OPTION_SIZE, AT(greylist, size), "1M", 1024, 2LL << 30, NULL,
	    "s" },
	{ "score", OPTION_SCORE, AT(greylist, score), "2.5", -100000, 100000,
	    NULL, "s" },
	{ "limit", OPTION_INT, AT(greylist, limit), "10", 1, 100, NULL, "l" },
	{ "any", OPTION_INT, AT(greylist, any), "0", INT64_MIN, INT64_MAX,
	    NULL, "a" },
	{ "note", OPTION_STRING, AT(greylist, note), "", 0, 0, NULL, "n" },
	{ "file", OPTION_PATH, AT(greylist, file), "", 0, 40, NULL, "f" },
	{ "nets", OPTION_LIST, AT(greylist, nets), "a, b", 0, 0, NULL, "l" },
	{ "rules", OPTION_PATHS, AT(greylist, rules), "", 0, 0, NULL, "p" },
	{ 0 }
};

static const struct option spf_options[] = {
	{ "enabled", OPTION_BOOL, AT(spf, enabled), "yes", 0, 0, NULL, "e" },
	{ "timeout", OPTION_TIME, AT(spf, timeout), "5s", 0, INT64_MAX, NULL,
	    "t" },
	{ "least", OPTION_SIZE, AT(spf, least), "0", 0, INT64_MAX, NULL, "s" },
	{ "most", OPTION_INT, AT(spf, most), "-3", INT64_MIN, 3, NULL, "m" },
	{ "domain", OPTION_STRING, AT(spf, domain), "a.example", 4, 0, NULL,
	    "d" },
	{ 0 }
};

static const struct section top = { "", top_options, sizeof(struct top) };
static const struct section greylist = { "greylist", greylist_options,
    sizeof(struct greylist) };
static const struct section spf = { "spf", spf_options, sizeof(struct spf) };
static const struct section *const sections[] = { &top, &greylist, &spf,
    NULL };

/* The printed value of "section.key" or "key". */
static inline void
printed_value(const struct conf *conf, const char *name, char *out, size_t n)
{
	struct buf text;
	char full[200];
	struct span rest, line, section = span_of("");
	size_t equals;

	buf_init(&text, PRINT_MAX);
	conf_print(conf, &text, false);
	rest = buf_contents(&text);
	snprintf(out, n, "(not printed)");
	while (span_cut(&rest, '\n', &line)) {
		line = span_trim(line);
		equals = span_chr(line, '=');
		if (equals == line.n) {
			section = span_head(line, span_chr(line, ' '));
			if (span_is(line, "}"))
				section.n = 0;
			continue;
		}
		snprintf(full, sizeof(full), "%.*s%s%.*s", SPAN_ARG(section),
		    section.n > 0 ? "." : "",
		    SPAN_ARG(span_head(line, equals - 1)));
		if (strcmp(full, name) == 0)
			snprintf(out, n, "%.*s",
			    SPAN_ARG(span_skip(line, equals + 2)));
	}
	buf_done(&text);
}

static inline bool
same_strings(const struct strings *a, const struct strings *b)
{
	size_t i;

	if (a->count != b->count)
		return false;
	for (i = 0; i < a->count; i++)
		if (strcmp(a->item[i], b->item[i]) != 0)
			return false;
	return true;
}

static inline bool
same_member(enum option_type type, const void *a, const void *b)
{
	switch (type) {
	case OPTION_BOOL:
		return *(const bool *)a == *(const bool *)b;
	case OPTION_STRING:
	case OPTION_PATH:
		return strcmp(*(const char *const *)a,
		    *(const char *const *)b) == 0;
	case OPTION_LIST:
	case OPTION_PATHS:
		return same_strings(a, b);
	default:
		return *(const int64_t *)a == *(const int64_t *)b;
	}
}

static inline void
check_same(const char *row, const struct conf *a, const struct conf *b)
{
	const struct section *const *s;
	const struct option *option;
	const char *first, *second;

	for (s = conf_sections(a); *s != NULL; s++) {
		first = conf_section(a, (*s)->name);
		second = conf_section(b, (*s)->name);
		for (option = (*s)->options; option->key != NULL; option++)
			CHECK(row, same_member(option->type,
			    first + option->offset, second + option->offset));
	}
}

/* What print says is read again from elsewhere and gives the same values. */
static inline void
check_round_trip(const char *row, const struct conf *conf)
{
	struct error error = { "" };
	struct conf *again;
	struct buf text;
	bool origins = false;

	do {
		buf_init(&text, PRINT_MAX);
		conf_print(conf, &text, origins);
		again = conf_parse("other/again.conf", buf_contents(&text),
		    sections, NULL, &error);
		CHECK_TEXT(row, error.text, "");
		if (again != NULL)
			check_same(row, conf, again);
		conf_free(again);
		buf_done(&text);
		origins = !origins;
	} while (origins);
}

#endif
