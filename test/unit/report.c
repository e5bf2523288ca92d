/*
 * report - header fields fold, log lines are one line with the keys we wrote,
 * and the JSON is JSON, whatever bytes strangers send.
 */
#include "test/unit/json.h"
#include "test/unit/test.h"
#include "verdict/report.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))
#define WEIGHTS 120

struct world {
	struct message message;
	struct limits limits;
	struct weights weights;
	struct result result;
	struct auth auth;
	struct decision decision;
	struct report report;
};

static void
world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->limits = (struct limits) { .recipients = 20, .headers = 100,
	    .header_bytes = 4 << 20 };
	message_init(&w->message);
	message_reset(&w->message, &w->limits);
	weights_init(&w->weights);
	result_init(&w->result, &w->message.arena, &w->weights);
	w->decision = (struct decision) { .action = ACTION_REJECT,
	    .done = ACTION_MARK, .spam = true, .required = 5000,
	    .token = "TOKEN234", .code = "550", .enhanced = "5.7.1",
	    .text = "Refused" };
	w->report = (struct report) { .message = &w->message,
	    .result = &w->result, .auth = &w->auth,
	    .decision = &w->decision,
	    .generation = "0123456789ab", .mode = "mark", .ended = "message",
	    .elapsed = 3 };
}

static void
world_done(struct world *w)
{
	message_done(&w->message);
	weights_done(&w->weights);
}

static unsigned
next(unsigned *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Symbols with names of 1 to 63 bytes. */
static void
raise_random(struct world *w, unsigned *seed, unsigned n)
{
	char name[80];
	unsigned i, length;

	for (i = 0; i < n; i++) {
		length = next(seed) % 60 + 1;
		snprintf(name, sizeof(name), "%0*u", (int)length, i);
		weights_put(&w->weights, span_of(name))->score =
		    (int64_t)(next(seed) % 20000) - 5000;
		result_raise(&w->result, name, "%s", "");
	}
}

/* RFC 5322 2.1.1: 78 columns; a tab is up to eight. */
static bool
narrow(struct span value)
{
	size_t i, column = strlen("X-Spam-Status: ");

	for (i = 0; i < value.n; i++) {
		if (value.p[i] == '\n')
			column = 0;
		else if (value.p[i] == '\t')
			column = (column / 8 + 1) * 8;
		else
			column++;
		if (column > 78)
			return false;
	}
	return true;
}

/* As SpamAssassin's users match it: a fold is a blank, in a list nothing. */
static void
unfold(struct span value, struct buf *out)
{
	size_t i;

	for (i = 0; i < value.n; i++) {
		if (value.p[i] != '\n')
			buf_char(out, value.p[i]);
		else if (value.p[++i] == '\t' && value.p[i - 2] != ',')
			buf_char(out, ' ');
	}
}

static void
expected_status(const struct world *w, struct buf *out)
{
	const struct symbol **s = result_sorted(&w->result);
	size_t i;

	buf_printf(out, "%s, score=", w->decision.spam ? "Yes" : "No");
	text_put_milli(out, w->result.score);
	buf_puts(out, " required=5.0 tests=");
	for (i = 0; i < w->result.count; i++)
		buf_printf(out, "%s%s", i > 0 ? "," : "", s[i]->weight->name);
	if (w->result.count == 0)
		buf_puts(out, "none");
	for (i = 0; i < w->result.degraded_count; i++)
		buf_printf(out, "%s%s", i > 0 ? "," : " degraded=",
		    w->result.degraded[i]);
	buf_puts(out, " version=postern-" POSTERN_VERSION
	    " generation=0123456789ab");
}

static void
test_status(void)
{
	unsigned seed = 3, i;
	struct buf got, wanted;
	struct span status;
	struct world w;

	buf_init(&got, 1 << 16);
	buf_init(&wanted, 1 << 16);
	for (i = 0; i < 500; i++) {
		world_init(&w);
		w.decision.spam = i % 2 != 0;
		raise_random(&w, &seed, i % WEIGHTS);
		if (i % 5 == 0)
			result_degraded(&w.result, "store");
		if (i % 10 == 0)
			result_degraded(&w.result, "dns");
		status = report_status(&w.message.arena, &w.result,
		    &w.decision, w.report.generation);
		CHECK("78 columns", narrow(status));
		buf_reset(&got);
		buf_reset(&wanted);
		unfold(status, &got);
		expected_status(&w, &wanted);
		CHECK_TEXT("unfolded", buf_string(&got), buf_string(&wanted));
		world_done(&w);
	}
	buf_done(&got);
	buf_done(&wanted);
}

static void
test_score(void)
{
	struct world w;

	world_init(&w);
	w.result.score = 15200;
	CHECK("score", span_is(report_score(&w.message.arena, &w.result),
	    "15.2"));
	w.result.score = -1;
	CHECK("score", span_is(report_score(&w.message.arena, &w.result),
	    "-0.001"));
	world_done(&w);
}

/* Puts a stranger's bytes wherever a stranger's bytes can stand. */
static void
fill(struct world *w, struct span bytes)
{
	struct message *m = &w->message;
	struct client client = { .name = bytes, .helo = bytes };
	struct recipient *r;
	int i;

	message_client(m, &client);
	m->user = m->queue_id = arena_span(&m->arena, bytes);
	m->sender = arena_span(&m->arena, bytes);
	for (i = 0; i < 7; i++) {
		r = message_recipient(m, span_of("x"));
		r->address = m->sender;
	}
	message_header(m, span_of("Message-ID"), bytes);
	weights_put(&w->weights, span_of("SYMBOL"))->score = 1500;
	result_raise(&w->result, "SYMBOL", "%.*s", SPAN_ARG(bytes));
	w->report.file = arena_string(&m->arena, bytes);
}

static bool
printable_line(struct span line)
{
	size_t i;

	for (i = 0; i < line.n; i++)
		if ((unsigned char)line.p[i] < ' ' || line.p[i] == 0x7f)
			return false;
	return text_utf8(line);
}

/* Blanks separate keys but within quotes; true if all are keys of ours. */
static bool
keys_ours(struct span line)
{
	static const char *const keys = " action done score required direction "
	    "client name helo user from to nrcpt msgid size symbols reply "
	    "token mode generation ended ms ";
	struct span key;
	char word[40];
	bool quoted = false;
	size_t i, start = 0;

	for (i = 0; i <= line.n; i++) {
		if (i < line.n && line.p[i] == '"')
			quoted = !quoted;
		if (i < line.n && (line.p[i] != ' ' || quoted))
			continue;
		key = span_make(line.p + start, i - start);
		key = span_head(key, span_chr(key, '='));
		snprintf(word, sizeof(word), " %.*s ", SPAN_ARG(key));
		if (start > 0 && strstr(keys, word) == NULL)
			return false;
		start = i + 1;
	}
	return true;
}

static size_t
count(struct span text, const char *word)
{
	size_t at, n = 0;

	while ((at = span_find(text, span_of(word))) < text.n) {
		text = span_skip(text, at + strlen(word));
		n++;
	}
	return n;
}

static void
try_bytes(const char *name, struct span bytes)
{
	struct world w;
	struct span line;
	struct buf out;

	buf_init(&out, REPORT_MAX);
	world_init(&w);
	fill(&w, bytes);
	report_json(&w.report, &out);
	CHECK(name, json_valid(buf_contents(&out)));
	CHECK(name, printable_line(buf_contents(&out)));
	CHECK(name, count(buf_contents(&out), ",\"action\":") == 1);
	buf_reset(&out);
	report_log(&w.report, &out);
	line = buf_contents(&out);
	CHECK(name, printable_line(line));
	line = span_skip(line, span_find(line, span_of(": action=")) + 1);
	CHECK(name, keys_ours(line));
	CHECK(name, line.n < 100000);
	buf_reset(&out);
	report_text(&w.report, &out);
	CHECK(name, count(buf_contents(&out), "\n") == 2);
	buf_done(&out);
	world_done(&w);
}

static const char *const hostile[] = {
	"plain", "", " ", "\"", "\\", "\\\"", "a\nb", "\r\n", "\r\nX-Evil: yes",
	"x action=accept", "x\" action=accept \"", "a> action=accept done=<b",
	"a>,<b", "\xff\xfe", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
	("\xe2\x80\xae" "evil"), "\xd8\x9c", "\xf0\x9f\x92\xa9", "\xe2\x82",
	"\",\"action\":\"accept", "%s%n%d", "\033]0;evil\007", "{[",
	"</script>", "\xe2\x80\xa8", "\xc2\x85", "=", "a=b c=d",
};

static void
test_hostile(void)
{
	static char large[2 << 20];
	char name[8], byte[3] = "aXb";
	size_t i;

	for (i = 0; i < ROWS(hostile); i++)
		try_bytes(hostile[i], span_of(hostile[i]));
	for (i = 0; i < 256; i++) {
		snprintf(name, sizeof(name), "%02zx", i);
		byte[1] = (char)i;
		try_bytes(name, span_make(byte, 3));
	}
	/* Far more than any report may hold. */
	memset(large, 1, sizeof(large));
	try_bytes("two megabytes", span_make(large, sizeof(large)));
	memset(large, 0xe2, sizeof(large));
	try_bytes("two megabytes", span_make(large, sizeof(large)));
}

/* As many symbols, services and recipients as there may be. */
static void
test_largest(void)
{
	static const char *const services[] = {
		"a", "b", "c", "d", "e", "f", "g", "h",
	};
	char name[80], evidence[400];
	struct world w;
	struct buf out;
	size_t i;

	world_init(&w);
	buf_init(&out, REPORT_MAX);
	memset(evidence, 1, sizeof(evidence));
	fill(&w, span_make(evidence, sizeof(evidence)));
	for (i = 0; i < RESULT_SYMBOLS_MAX; i++) {
		snprintf(name, sizeof(name), "%063zu", i);
		weights_put(&w.weights, span_of(name))->score = 1;
		result_raise(&w.result, name, "%.*s", 400, evidence);
	}
	for (i = 0; i < ROWS(services); i++)
		result_degraded(&w.result, services[i]);
	report_json(&w.report, &out);
	CHECK("fits", !out.full);
	CHECK("largest JSON", json_valid(buf_contents(&out)));
	buf_done(&out);
	world_done(&w);
}

static void
test_plain(void)
{
	struct client client = { .has_ip = true, .name = SPAN("c.test"),
	    .helo = SPAN("h.test"), .ip = { { [10] = 0xff, 0xff, 192, 0, 2,
	    1 } } };
	struct world w;
	struct buf out;

	world_init(&w);
	buf_init(&out, REPORT_MAX);
	message_client(&w.message, &client);
	message_sender(&w.message, span_of("<a+b=c@x.test>"));
	message_recipient(&w.message, span_of("<r@y.test>"));
	message_recipient(&w.message, span_of("<s@y.test>"));
	message_header(&w.message, span_of("Message-ID"), span_of(" <1@x>"));
	weights_put(&w.weights, span_of("B"))->score = -250;
	result_raise(&w.result, "B", "%s", "why");
	report_log(&w.report, &out);
	CHECK_TEXT("log", buf_string(&out), "NOQUEUE: action=reject done=mark "
	    "score=-0.25 required=5.0 direction=inbound client=192.0.2.1 "
	    "name=c.test helo=h.test from=<a+b=c@x.test> to=<r@y.test>,"
	    "<s@y.test> nrcpt=2 msgid=<1@x> size=16 symbols=B(-0.25) "
	    "reply=\"550 5.7.1\" token=TOKEN234 mode=mark "
	    "generation=0123456789ab ended=message ms=3");
	w.result.lists = 17;
	buf_reset(&out);
	report_log(&w.report, &out);
	CHECK("lists", strstr(buf_string(&out), " generation=0123456789ab "
	    "lists=17 ended=message ") != NULL);
	buf_reset(&out);
	report_json(&w.report, &out);
	CHECK("lists, JSON", strstr(buf_string(&out), "\"generation\":"
	    "\"0123456789ab\",\"lists\":17,") != NULL);
	CHECK("lists, header", span_iends(report_status(&w.message.arena,
	    &w.result, &w.decision, "0123456789ab"), " lists=17"));
	buf_reset(&out);
	report_text(&w.report, &out);
	CHECK_TEXT("text", buf_string(&out), "  -0.25 of 5.0 points: reject "
	    "(inbound, generation 0123456789ab)\n  -0.25\tB: why\n");
	buf_done(&out);
	world_done(&w);
}

/* The checker itself: what is no JSON is found out. */
static void
test_checker(void)
{
	static const char *const good[] = {
		"{}", "[]", "0", "-1.5", "\"\\u0041\\n\"", "[1,2]",
		"{\"a\":{\"b\":[]}}", "true",
	}, *const bad[] = {
		"", "{", "[1,]", "{\"a\"}", "{a:1}", "01", "1.", "\"a",
		"\"\n\"", "\"\\x41\"", "\"\\u12g4\"", "{} ", "[1 2]",
		"\"\xff\"", "-",
		"{\"a\":1,}", "nul",
	};
	size_t i;

	for (i = 0; i < ROWS(good); i++)
		CHECK(good[i], json_valid(span_of(good[i])));
	for (i = 0; i < ROWS(bad); i++)
		CHECK(bad[i], !json_valid(span_of(bad[i])));
}

int
main(void)
{
	test_checker();
	test_score();
	test_status();
	test_plain();
	test_hostile();
	test_largest();
	return test_end();
}
