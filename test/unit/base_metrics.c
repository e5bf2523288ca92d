/* base_metrics - error texts, suggestions, digests, and counting by threads. */
#include <pthread.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/metrics.h"
#include "test/unit/test.h"

static const char *const known[] = {
	"listen", "listen_mode", "mode", "reject", "required", "on", NULL,
};

static const struct {
	const char *word, *near;
} suggestions[] = {
	{ "reject", "reject" },
	{ "rejct", "reject" },		/* one letter gone */
	{ "rejecct", "reject" },	/* one too many */
	{ "rejekt", "reject" },		/* another one */
	{ "erject", "reject" },		/* two changed places */
	{ "mdoe", "mode" },
	{ "ednop", "none" },
	{ "REJECT", "reject" },
	{ "listen_mod", "listen_mode" },
	{ "requird", "required" },
	{ "rexxxt", "none" },
	{ "mod", "mode" },
	{ "no", "none" },		/* nothing of two letters is near */
	{ "", "none" },
	{ "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	    "none" },
};

static void
test_suggest(void)
{
	const char *near;
	size_t i;

	for (i = 0; i < sizeof(suggestions) / sizeof(suggestions[0]); i++) {
		near = error_suggest(suggestions[i].word, known);
		CHECK_TEXT(suggestions[i].word, near != NULL ? near : "none",
		    suggestions[i].near);
	}
}

static void
test_error(void)
{
	char long_text[3 * ERROR_MAX];
	struct error e;

	CHECK("returns", error_at(&e, "f.conf", 12, "no %s", "luck") == -1);
	CHECK_TEXT("file and line", e.text, "f.conf:12: no luck");
	error_at(&e, "f.conf", 0, "gone");
	CHECK_TEXT("file", e.text, "f.conf: gone");
	error_at(&e, NULL, 7, "gone");
	CHECK_TEXT("reason", e.text, "gone");
	CHECK("returns", error_set(&e, "%d", 5) == -1);
	CHECK_TEXT("set", e.text, "5");
	error_at(&e, "a\nb", 1, "x\033[2J\xff");
	CHECK_TEXT("foreign bytes", e.text, "a\\x0ab:1: x\\x1b[2J\\xff");
	CHECK("nobody asked", error_at(NULL, "f", 1, "x") == -1);
	memset(long_text, 'a', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	error_at(&e, long_text, 1, "%s", long_text);
	CHECK("cut", strlen(e.text) == ERROR_MAX - 1);
	memset(long_text, '\n', sizeof(long_text) - 1);
	error_set(&e, "%s", long_text);
	CHECK("cut after escaping", strlen(e.text) == ERROR_MAX - 1);
}

static void
digest_of(const char *a, const char *b, char out[DIGEST_TEXT_MAX])
{
	struct digest *d = digest_new();

	digest_add(d, span_of(a));
	if (b != NULL)
		digest_add(d, span_of(b));
	digest_text(d, out);
	digest_free(d);
}

static void
test_digest(void)
{
	char x[DIGEST_TEXT_MAX], y[DIGEST_TEXT_MAX];

	digest_of("ab", "c", x);
	digest_of("ab", "c", y);
	CHECK_TEXT("same", x, y);
	CHECK("64 digits", strlen(x) == 64 &&
	    strspn(x, "0123456789abcdef") == 64);
	digest_of("a", "bc", y);
	CHECK("parts do not run together", strcmp(x, y) != 0);
	digest_of("abc", NULL, y);
	CHECK("nor into one", strcmp(x, y) != 0);
	digest_of("", "", x);
	digest_of("", NULL, y);
	CHECK("empty parts count", strcmp(x, y) != 0);
	digest_free(NULL);
}

#define THREADS 8
#define ROUNDS 4000

/* Counts what all count, what few count, and prints in between. */
static void *
count_along(void *context)
{
	struct metrics *m = context;
	char name[24];
	struct buf out;
	int i;

	buf_init(&out, 1 << 20);
	for (i = 0; i < ROUNDS; i++) {
		metrics_add(m, METRIC_CONNECTIONS, 1);
		metrics_add(m, METRIC_CONNECTIONS_OPEN, i % 2 == 0 ? 3 : -3);
		metric_count(metrics_cell(m, METRIC_BY_ACTION, "accept"));
		snprintf(name, sizeof(name), "SYMBOL_%d", i % 100);
		metric_count(metrics_cell(m, METRIC_BY_SYMBOL, name));
		metrics_elapsed(m, i % 7);
		if (i % 1000 == 0) {
			buf_reset(&out);
			metrics_print(m, &out);
		}
	}
	buf_done(&out);
	return NULL;
}

static bool
printed(struct metrics *m, const char *line)
{
	struct span text, found;
	struct buf out;
	bool yes = false;

	buf_init(&out, 1 << 20);
	metrics_print(m, &out);
	text = buf_contents(&out);
	while (!yes && span_cut(&text, '\n', &found))
		yes = span_is(found, line);
	buf_done(&out);
	return yes;
}

static void
test_threads(void)
{
	struct metrics *m = metrics_new();
	pthread_t thread[THREADS];
	char line[100];
	int i;

	for (i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, count_along, m);
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	CHECK("counter", metrics_get(m, METRIC_CONNECTIONS) ==
	    THREADS * ROUNDS);
	CHECK("gauge falls", metrics_get(m, METRIC_CONNECTIONS_OPEN) == 0);
	snprintf(line, sizeof(line),
	    "postern_messages_total{action=\"accept\"} %d", THREADS * ROUNDS);
	CHECK(line, printed(m, line));
	for (i = 0; i < 100; i++) {
		snprintf(line, sizeof(line),
		    "postern_symbols_total{symbol=\"SYMBOL_%d\"} %d", i,
		    THREADS * ROUNDS / 100);
		CHECK(line, printed(m, line));
	}
	snprintf(line, sizeof(line), "postern_elapsed_seconds_count %d",
	    THREADS * ROUNDS);
	CHECK(line, printed(m, line));
	metrics_free(m);
}

static const struct {
	int64_t ms;
	const char *line;	/* a bucket that holds it as its first */
	const char *before;	/* and one that does not */
} buckets[] = {
	{ 0, "{le=\"0.001\"} 1", NULL },
	{ 1, "{le=\"0.001\"} 1", NULL },
	{ 2, "{le=\"0.002\"} 1", "{le=\"0.001\"} 0" },
	{ 3, "{le=\"0.005\"} 1", "{le=\"0.002\"} 0" },
	{ 1000, "{le=\"1.000\"} 1", "{le=\"0.500\"} 0" },
	{ 30000, "{le=\"30.000\"} 1", "{le=\"5.000\"} 0" },
	{ 30001, "{le=\"+Inf\"} 1", "{le=\"30.000\"} 0" },
};

static void
test_buckets(void)
{
	struct metrics *m;
	char line[100];
	size_t i;

	for (i = 0; i < sizeof(buckets) / sizeof(buckets[0]); i++) {
		m = metrics_new();
		metrics_elapsed(m, buckets[i].ms);
		snprintf(line, sizeof(line), "postern_elapsed_seconds_bucket%s",
		    buckets[i].line);
		CHECK(line, printed(m, line));
		snprintf(line, sizeof(line), "postern_elapsed_seconds_bucket%s",
		    buckets[i].before != NULL ? buckets[i].before :
		    "{le=\"+Inf\"} 1");
		CHECK(line, printed(m, line));
		metrics_free(m);
	}
}

/* Past the bound, further values share a cell; known ones keep theirs. */
static void
test_labels(void)
{
	struct metrics *m = metrics_new();
	metric_cell *first = metrics_cell(m, METRIC_BY_SYMBOL, "S0"), *other;
	char name[24];
	int i;

	for (i = 0; i < METRICS_LABELS_MAX; i++) {
		snprintf(name, sizeof(name), "S%d", i);
		CHECK("cell", metrics_cell(m, METRIC_BY_SYMBOL, name) != NULL);
	}
	other = metrics_cell(m, METRIC_BY_SYMBOL, "one more");
	CHECK("shared", metrics_cell(m, METRIC_BY_SYMBOL, "another") == other);
	CHECK("known", metrics_cell(m, METRIC_BY_SYMBOL, "S0") == first);
	CHECK("by family", metrics_cell(m, METRIC_BY_LIMIT, "body") != other);
	metric_count(other);
	CHECK("named", printed(m, "postern_symbols_total{symbol=\"other\"} 1"));
	metrics_free(m);
	metrics_free(NULL);
}

int
main(void)
{
	test_suggest();
	test_error();
	test_digest();
	test_threads();
	test_buckets();
	test_labels();
	return test_end();
}
