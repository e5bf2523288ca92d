/* selftest - the operator's own messages, judged by a new generation. */
#include "selftest.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "conf/lines.h"
#include "feed.h"
#include "mail/date.h"
#include "mail/received.h"
#include "mail/split.h"

#define REASON_MAX 800		/* bytes that tell the score and why */

static const char expect_name[] = "X-Postern-Expect:";

struct names {
	char **items;
	size_t count;
};

struct selftest {
	struct snapshot *snapshot;
	struct services services;
	int64_t now, until;	/* wall clock; steady clock */
	size_t messages, bytes;	/* of them so far */
	struct error *error;
};

/* One message and what is expected of it. */
struct sample {
	const char *file;
	bool spam;
	struct span expect;	/* the fields in front of it, or empty */
	struct span raw;
};

static void
names_done(struct names *names)
{
	size_t i;

	for (i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
}

static int
name_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The messages of an open folder, in order; closes it. */
static int
read_names(DIR *dir, const char *folder, struct names *names,
    struct error *error)
{
	struct dirent *entry;
	struct span name;
	int status = 0;

	while (status == 0 && (entry = readdir(dir)) != NULL) {
		name = span_of(entry->d_name);
		if (name.p[0] == '.' || !span_iends(name, ".eml"))
			continue;
		if (names->count == SELFTEST_FILES_MAX) {
			status = error_at(error, folder, 0,
			    "more than %d messages", SELFTEST_FILES_MAX);
			continue;
		}
		names->items = mem_array(names->items, names->count + 1,
		    sizeof(*names->items));
		names->items[names->count++] = mem_printf("%s/%s", folder,
		    entry->d_name);
	}
	closedir(dir);
	if (names->count > 0)
		qsort(names->items, names->count, sizeof(*names->items),
		    name_order);
	return status;
}

/* When the last MTA took it, as far as that can be told. */
static int64_t
sample_time(struct span raw, int64_t now)
{
	struct span date = span_of("");
	struct split_field field;
	struct received received;
	struct split split;
	int64_t seconds;

	split_begin(&split, raw);
	while (split_field(&split, &field)) {
		if (span_iis(field.name, "Date") && date.n == 0)
			date = field.value;
		if (!span_iis(field.name, "Received"))
			continue;
		if (received_parse(field.value, &received) &&
		    date_parse(received.date, &seconds) != DATE_BAD)
			return seconds * 1000;
		break;
	}
	while (date.n == 0 && split_field(&split, &field))
		if (span_iis(field.name, "Date"))
			date = field.value;
	return date_parse(date, &seconds) != DATE_BAD ? seconds * 1000 : now;
}

/* "7.2 of 5 points by NAME(5), NAME(2.2)", as far as there is room. */
static void
put_reason(struct buf *out, const struct scan *scan)
{
	const struct result *r = &scan->result;
	const struct symbol **sorted = result_sorted(r);
	const char *glue = " by ";
	size_t i;

	text_put_milli(out, r->score);
	buf_puts(out, " of ");
	text_put_milli(out, scan->decision.required);
	buf_puts(out, " points");
	for (i = 0; sorted[i] != NULL && sorted[i]->score != 0; i++) {
		buf_printf(out, "%s%s(", glue, sorted[i]->weight->name);
		text_put_milli(out, sorted[i]->score);
		buf_char(out, ')');
		glue = ", ";
	}
}

static int
refuse(const struct sample *sample, const struct scan *scan, unsigned line,
    const char *what, struct error *error)
{
	struct buf reason;

	buf_init(&reason, REASON_MAX);
	put_reason(&reason, scan);
	error_at(error, sample->file, line, "%s: %s", what,
	    buf_string(&reason));
	buf_done(&reason);
	return -1;
}

/* "score>=5": whether that is so; false in *good when it cannot be read. */
static bool
score_fits(struct span word, int64_t score, bool *good)
{
	bool more = span_starts(word, "score>"), equal;
	struct span rest = span_skip(word, strlen("score>"));
	int64_t bound;

	equal = span_starts(rest, "=");
	*good = text_milli(span_skip(rest, equal), &bound);
	if (!*good || (equal && score == bound))
		return true;
	return more ? score > bound : score < bound;
}

static int
check_word(const struct sample *sample, const struct scan *scan,
    unsigned line, struct span word, struct error *error)
{
	bool absent = span_starts(word, "!"), good = true, fits;
	struct span name = span_skip(word, absent);
	const struct weight *weight;
	char what[200];

	if (span_starts(word, "score>") || span_starts(word, "score<")) {
		fits = score_fits(word, scan->result.score, &good);
	} else {
		weight = weights_find(&scan->snapshot->weights, name);
		good = weight != NULL;
		fits = !good || absent !=
		    (result_find(&scan->result, weight->name) != NULL);
	}
	if (!good)
		return error_at(error, sample->file, line,
		    "\"%.*s\" is neither a symbol nor a bound such as "
		    "score>=5", SPAN_ARG(span_head(word, 80)));
	if (fits)
		return 0;
	snprintf(what, sizeof(what), "%.*s is expected",
	    SPAN_ARG(span_head(word, RULE_NAME_MAX)));
	return refuse(sample, scan, line, what, error);
}

static int
check_sample(const struct sample *sample, const struct scan *scan,
    struct error *error)
{
	struct span rest = sample->expect, line, word;
	unsigned number = 0;

	if (scan->decision.spam != sample->spam)
		return refuse(sample, scan, 0, sample->spam ?
		    "should be spam and is not" :
		    "should not be spam and is", error);
	while (span_cut(&rest, '\n', &line)) {
		number++;
		line = span_skip(line, strlen(expect_name));
		while (span_word(&line, &word))
			if (check_word(sample, scan, number, word,
			    error) != 0)
				return -1;
	}
	return 0;
}

static int
judge_sample(const struct selftest *test, const struct sample *sample)
{
	const struct arrival arrival = {.authserv_id = "localhost"};
	const struct feed feed = {.sender = {NULL, 0}};
	struct scan scan;
	int status;

	scan_init(&scan);
	scan_begin(&scan, snapshot_hold(test->snapshot), &test->services,
	    &arrival, sample_time(sample->raw, test->now));
	feed_message(&scan, &feed, sample->raw);
	scan_end(&scan);
	status = check_sample(sample, &scan, test->error);
	scan_done(&scan);
	return status;
}

/* Cuts the expectations off the front of the message. */
static void
sample_split(struct sample *sample)
{
	struct span rest = sample->raw, line;
	size_t n = 0;

	while (span_istarts(rest, expect_name) &&
	    span_cut(&rest, '\n', &line))
		n = sample->raw.n - rest.n;
	sample->expect = span_head(sample->raw, n);
	sample->raw = span_skip(sample->raw, n);
}

static int
run_file(struct selftest *test, const char *file, bool spam)
{
	struct sample sample = {.file = file, .spam = spam};
	struct buf bytes;
	int status;

	if (clock_steady() > test->until)
		return error_at(test->error, file, 0, "the self-test messages "
		    "take more than %d s", SELFTEST_TIME_MS / 1000);
	buf_init(&bytes, LINES_FILE_MAX);
	status = lines_bytes(file, &bytes, NULL, test->error);
	test->bytes += bytes.n;
	if (status == 0 && test->bytes > SELFTEST_BYTES_MAX)
		status = error_at(test->error, file, 0, "the self-test "
		    "messages are larger than %d bytes", SELFTEST_BYTES_MAX);
	if (status == 0) {
		sample.raw = buf_contents(&bytes);
		sample_split(&sample);
		test->messages++;
		status = judge_sample(test, &sample);
	}
	buf_done(&bytes);
	return status == 0 ? 0 : -1;
}

static int
run_folder(struct selftest *test, const char *parent, bool spam)
{
	char *folder = mem_printf("%s/%s", parent, spam ? "spam" : "ham");
	struct names names = {NULL, 0};
	DIR *dir = opendir(folder);
	int status = 0;
	size_t i;

	if (dir != NULL)
		status = read_names(dir, folder, &names, test->error);
	else if (errno != ENOENT)
		status = error_at(test->error, folder, 0, "%s",
		    strerror(errno));
	for (i = 0; status == 0 && i < names.count; i++)
		status = run_file(test, names.items[i], spam);
	names_done(&names);
	free(folder);
	return status;
}

int
selftest_run(struct snapshot *s, int64_t now, size_t *count,
    struct error *error)
{
	const struct rulebook_settings *settings = conf_section(s->conf,
	    check_rules.name);
	struct selftest test = {
		.snapshot = s,
		.now = now,
		.until = clock_steady() + SELFTEST_TIME_MS,
		.error = error,
	};
	int status;

	*count = 0;
	if (settings->selftest[0] == '\0')
		return 0;
	test.services.metrics = metrics_new();
	test.services.store = store_memory();
	test.services.pool = engine_pool_new();
	test.services.rehearsal = true;
	status = run_folder(&test, settings->selftest, false);
	if (status == 0)
		status = run_folder(&test, settings->selftest, true);
	engine_pool_free(test.services.pool);
	store_close(test.services.store);
	metrics_free(test.services.metrics);
	*count = test.messages;
	return status;
}
