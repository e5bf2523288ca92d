/* shadow - rules on trial: what they change, and what is known of them. */
#include "verdict/shadow.h"

#include "rules/compile.h"
#include "rules/mark.h"
#include "test/unit/world.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

static const char conf[] = "mode = enforce\ndns { enabled = no }\n"
    "greylist { when = never }\n";

/* Besides the project's own rules, with a score of 0.5 for MISSING_DATE. */
static const char letter[] = "From: a@example.org\nTo: b@example.net\n"
    "Message-ID: <1@example.org>\nDate: Mon, 1 Jan 2024 12:00:00 +0000\n"
    "Subject: s\n\nalpha beta\n";

/* What rules make of the letter: the symbols that count, and the others. */
static const struct {
	const char *name, *rules, *score, *symbols, *trials;
} rows[] = {
	{ "none", "body A /alpha/\nscore A 2\n", "2.0", "A", "" },
	{ "on trial", "body A /alpha/\nscore A 2\ntflags A shadow\n", "0.0",
	    "", "A" },
	{ "beside another", "body A /alpha/\nscore A 2\ntflags A shadow\n"
	    "body B /beta/\nscore B 3\n", "3.0", "B", "A" },
	{ "no hit", "body A /gamma/\nscore A 2\ntflags A shadow\n", "0.0",
	    "", "" },
	{ "a meta does not see it", "body A /alpha/\nscore A 2\n"
	    "tflags A shadow\nmeta M A\nscore M 4\n", "0.0", "", "A" },
	{ "a meta of its absence", "body A /alpha/\nscore A 2\n"
	    "tflags A shadow\nmeta M !A\nscore M 4\n", "4.0", "M", "A" },
	{ "a meta on trial sees it", "body A /alpha/\nscore A 2\n"
	    "tflags A shadow\nmeta M A\nscore M 4\ntflags M shadow\n", "0.0",
	    "", "M A" },
	{ "a meta on trial of others", "body A /alpha/\nscore A 2\n"
	    "meta M A\nscore M 4\ntflags M shadow\nmeta N M\nscore N 3\n",
	    "2.0", "A", "M" },
	{ "part of a rule", "body __A /alpha/\ntflags __A shadow\n"
	    "meta M __A\nscore M 4\nmeta N __A\nscore N 3\n"
	    "tflags N shadow\n", "0.0", "", "N" },
	{ "multiple", "body A /a/\nscore A 2\ntflags A multiple\n", "6.0",
	    "A", "" },
	{ "multiple, of a meta: one hit, as SpamAssassin counts it",
	    "body __A /a/\ntflags __A multiple\nmeta M __A\nscore M 2\n"
	    "tflags M multiple\nmeta N 0.5\nscore N 1\n"
	    "tflags N multiple\n", "3.0", "M N", "" },
	{ "what it captures", "body A /(?<W>alp)ha/\nscore A 2\n"
	    "tflags A shadow\nbody B /%{W}ha/\nscore B 4\n", "0.0", "", "A" },
	{ "what others capture", "body A /(?<W>alp)ha/\nscore A 2\n"
	    "body B /%{W}ha/\nscore B 4\n", "6.0", "B A", "" },
	{ "a check's symbol", "score MISSING_SUBJECT 2\n"
	    "tflags MISSING_SUBJECT shadow\nmeta M MISSING_SUBJECT\n"
	    "score M 1\n", "0.0", "", "MISSING_SUBJECT" },
};

static const char *
names(const struct symbol **symbols)
{
	static char out[200];
	size_t n = 0;

	out[0] = '\0';
	for (; *symbols != NULL; symbols++)
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%s",
		    n > 0 ? " " : "", (*symbols)->weight->name);
	return out;
}

static struct snapshot *
load_with(struct world *w, const char *const *settings, const char *rules,
    const struct snapshot *previous)
{
	char files[200];
	const char *overrides[] = { files, settings[0], settings[1], NULL };
	struct error error;
	struct snapshot *s;

	snprintf(files, sizeof(files), "rules.files=%s",
	    folder_file("rules", rules));
	s = snapshot_load(folder_file("conf", conf), overrides, previous,
	    w->services.metrics, &error);
	if (s == NULL)
		fprintf(stderr, "%s\n", error.text);
	return s;
}

static struct snapshot *
load(struct world *w, const char *rules, const struct snapshot *previous)
{
	static const char *const none[2];

	return load_with(w, none, rules, previous);
}

static void
judge(struct world *w, const char *raw)
{
	world_client(w, NULL, "mx.example.org");
	world_mail(w, "a@example.org", WORLD_NOW);
	world_data(w, span_of(raw));
}

static void
test_effect(struct world *w)
{
	const char *raw, *cut = strstr(letter, "Subject:");
	char without[sizeof(letter)];
	struct span score;
	size_t i;

	snprintf(without, sizeof(without), "%.*s%s", (int)(cut - letter),
	    letter, strchr(cut, '\n') + 1);
	for (i = 0; i < ROWS(rows); i++) {
		snapshot_put(w->snapshot);
		w->snapshot = load(w, rows[i].rules, NULL);
		if (!CHECK(rows[i].name, w->snapshot != NULL))
			return;
		raw = strstr(rows[i].rules, "MISSING_SUBJECT") != NULL ?
		    without : letter;
		judge(w, raw);
		score = report_score(&w->scan.message.arena,
		    &w->scan.result);
		CHECK(rows[i].name, span_is(score, rows[i].score));
		CHECK_TEXT(rows[i].name, names(result_sorted(
		    &w->scan.result)), rows[i].symbols);
		CHECK_TEXT(rows[i].name, names(result_trials(
		    &w->scan.result)), rows[i].trials);
		scan_reset(&w->scan);
	}
}

/* What is told about a rule on trial, and what of it headers tell. */
static void
test_report(struct world *w)
{
	struct report report;
	struct buf log;
	size_t i;

	snapshot_put(w->snapshot);
	w->snapshot = load(w, rows[2].rules, NULL);
	judge(w, letter);
	report = scan_report(&w->scan, "message");
	buf_init(&log, REPORT_MAX);
	report_log(&report, &log);
	CHECK("log", strstr(buf_string(&log),
	    " symbols=B(3.0) shadow=A(2.0) ") != NULL);
	buf_reset(&log);
	report_json(&report, &log);
	CHECK("JSON", strstr(buf_string(&log), ",\"shadow\":[{\"name\":\"A\","
	    "\"score\":2.0,\"evidence\":\"alpha\"}],") != NULL);
	buf_done(&log);
	CHECK("edits", w->scan.edits.count > 0);
	for (i = 0; i < w->scan.edits.count; i++)
		if (span_is(w->scan.edits.edit[i].name, "X-Spam-Status"))
			CHECK("header", span_find(w->scan.edits.edit[i].value,
			    span_of("tests=B\n")) <
			    w->scan.edits.edit[i].value.n ||
			    span_find(w->scan.edits.edit[i].value,
			    span_of("tests=B ")) <
			    w->scan.edits.edit[i].value.n);
	scan_reset(&w->scan);
}

static void
figures(const struct world *w, const char *row, const char *expected)
{
	struct buf out;
	size_t i;

	buf_init(&out, 100000);
	for (i = 0; i < w->snapshot->shadows.count; i++)
		shadow_print(w->snapshot->shadows.items[i], &out);
	CHECK_TEXT(row, buf_string(&out), expected);
	buf_done(&out);
}

/* Takes another generation, with the figures of the one before. */
static void
follow(struct world *w, const char *rules)
{
	struct snapshot *next = load(w, rules, w->snapshot);

	if (!CHECK(rules, next != NULL))
		return;
	snapshot_put(w->snapshot);
	w->snapshot = next;
}

#define TRIAL "body A /alpha/\nscore A 5\ntflags A shadow\n"
#define SEEN " since=2024-01-01T12:00:00Z\n"
#define CHANGE "\t2024-01-01T12:00:00Z QUEUEID score=0.0+5.0 accept->mark\n"

static void
test_figures(struct world *w)
{
	snapshot_put(w->snapshot);
	w->snapshot = load(w, TRIAL, NULL);
	figures(w, "new", "A: seen=0 hits=0 changed=0\n");
	judge(w, "Subject: x\n\nnothing\n");
	figures(w, "seen", "A: seen=1 hits=0 changed=0" SEEN);
	judge(w, letter);
	figures(w, "changed", "A: seen=2 hits=1 changed=1" SEEN CHANGE);
	follow(w, TRIAL "# the same\n");
	figures(w, "same rule", "A: seen=2 hits=1 changed=1" SEEN CHANGE);
	follow(w, TRIAL "body B /beta/\nscore B 6\n");
	judge(w, letter);
	figures(w, "spam already", "A: seen=3 hits=2 changed=1" SEEN CHANGE);
	follow(w, TRIAL "score A 1\n");
	figures(w, "another score", "A: seen=0 hits=0 changed=0\n");
	judge(w, letter);
	figures(w, "too little", "A: seen=1 hits=1 changed=0" SEEN);
	follow(w, "body A /alph/\nscore A 1\ntflags A shadow\n");
	figures(w, "another pattern", "A: seen=0 hits=0 changed=0\n");
	follow(w, "body __P /x/\nmeta A __P\nscore A 1\ntflags A shadow\n");
	judge(w, letter);
	follow(w, "body __P /y/\nmeta A __P\nscore A 1\ntflags A shadow\n");
	figures(w, "another part", "A: seen=0 hits=0 changed=0\n");
	w->services.rehearsal = true;
	judge(w, letter);
	w->services.rehearsal = false;
	figures(w, "rehearsal", "A: seen=0 hits=0 changed=0\n");
	scan_reset(&w->scan);
}

#define NEWS "body NEWSLETTER /alpha/\nscore NEWSLETTER 0.001\n" \
	"tflags NEWSLETTER shadow\n"
#define AT_HELO "score HELO_NO_DOMAIN 1\ntflags HELO_NO_DOMAIN shadow\n"

/* What a symbol on trial changes without its points. */
static const struct {
	const char *name, *setting, *rules;
	const char *rcpts[3];
	const char *change;	/* NULL: none */
} verdicts[] = {
	{ "a newsletter is held", "actions.newsletter=quarantine", NEWS,
	    { "b@example.net" }, "accept->quarantine,newsletter" },
	{ "is marked", "actions.newsletter=mark", NEWS, { "b@example.net" },
	    "accept->accept,newsletter" },
	{ "is nothing special", "actions.newsletter=accept", NEWS,
	    { "b@example.net" }, NULL },
	{ "is spam, and no newsletter", "actions.newsletter=mark", NEWS
	    "body A /beta/\nscore A 6\n", { "b@example.net" }, NULL },
	{ "spam is no newsletter", "actions.newsletter=tag",
	    "body NEWSLETTER /alpha/\nscore NEWSLETTER 0.001\n"
	    "body A /beta/\nscore A 6\ntflags A shadow\n",
	    { "b@example.net" }, "accept,newsletter->mark" },
	{ "refused at RCPT", "actions.refuse_at_rcpt=HELO_NO_DOMAIN", AT_HELO,
	    { "b@example.net" }, "accept->reject" },
	{ "all are", "actions.refuse_at_rcpt=HELO_NO_DOMAIN", AT_HELO,
	    { "b@example.net", "c@example.net" }, "accept->reject" },
	{ "but for postmaster", "actions.refuse_at_rcpt=HELO_NO_DOMAIN",
	    AT_HELO, { "b@example.net", "postmaster@example.net" }, NULL },
	{ "another symbol is", "actions.refuse_at_rcpt=HELO_INVALID", AT_HELO,
	    { "b@example.net" }, NULL },
	{ "not by From, which comes later",
	    "actions.refuse_at_rcpt=USER_IN_BLOCKLIST",
	    "score USER_IN_BLOCKLIST 1\ntflags USER_IN_BLOCKLIST shadow\n",
	    { "b@example.net" }, NULL },
	{ "one that counts did it, where the mode let it",
	    "actions.refuse_at_rcpt=HELO_NO_DOMAIN", "score HELO_NO_DOMAIN 1\n"
	    "body A /alpha/\nscore A 1\ntflags A shadow\n",
	    { "postmaster@example.net" }, NULL },
};

static void
test_verdicts(struct world *w)
{
	const char *settings[2];
	char deny[200];
	struct buf out;
	size_t i, k;

	snprintf(deny, sizeof(deny), "lists.deny=%s",
	    folder_file("deny", "from example.org\n"));
	settings[1] = deny;
	for (i = 0; i < ROWS(verdicts); i++) {
		snapshot_put(w->snapshot);
		settings[0] = verdicts[i].setting;
		w->snapshot = load_with(w, settings,
		    verdicts[i].rules, NULL);
		if (!CHECK(verdicts[i].name, w->snapshot != NULL))
			return;
		world_client(w, "192.0.2.1", "laptop");
		world_mail(w, "a@example.org", WORLD_NOW);
		for (k = 0; k < 3 && verdicts[i].rcpts[k] != NULL; k++)
			scan_recipient(&w->scan,
			    span_of(verdicts[i].rcpts[k]));
		world_data(w, span_of(letter));
		buf_init(&out, 100000);
		shadow_print(w->snapshot->shadows.items[0], &out);
		CHECK(verdicts[i].name, strstr(buf_string(&out),
		    " hits=1 ") != NULL);
		if (!CHECK(verdicts[i].name, verdicts[i].change == NULL ?
		    strstr(out.p, " changed=0 ") != NULL :
		    span_iends(span_trim(buf_contents(&out)),
		    verdicts[i].change)))
			fprintf(stderr, "%s", out.p);
		buf_done(&out);
		scan_reset(&w->scan);
	}
}

/* Only the latest are named, the oldest of them first. */
static void
test_recent(void)
{
	struct shadow *s = shadow_new("A", "");
	struct shadow_case verdict = { .now = WORLD_NOW, .points = -1500,
	    .from = ACTION_MARK, .to = ACTION_ACCEPT };
	struct span rest, line;
	char id[20];
	struct buf out;
	unsigned i;

	for (i = 0; i < SHADOW_RECENT + 5; i++) {
		snprintf(id, sizeof(id), "Q%u", i);
		verdict.queue_id = span_of(id);
		shadow_hit(s, &verdict);
	}
	buf_init(&out, 100000);
	shadow_print(s, &out);
	rest = buf_contents(&out);
	CHECK("figures", span_cut(&rest, '\n', &line) && span_is(line,
	    "A: seen=0 hits=25 changed=25"));
	for (i = 5; span_cut(&rest, '\n', &line) && line.n > 0; i++) {
		snprintf(id, sizeof(id), " Q%u ", i);
		CHECK(id, span_find(line, span_of(id)) < line.n &&
		    span_iends(line, " score=0.0-1.5 mark->accept"));
	}
	CHECK("as many", i == SHADOW_RECENT + 5);
	buf_done(&out);
	shadow_put(s);
}

int
main(int argc, char **argv)
{
	struct world w;
	int status = compile_worker(argc, argv);

	if (status >= 0)
		return status;
	folder_begin();
	world_begin(&w, conf);
	test_effect(&w);
	test_report(&w);
	test_figures(&w);
	test_verdicts(&w);
	test_recent();
	world_end(&w);
	folder_end();
	return test_end();
}
