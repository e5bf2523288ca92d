/* rulebook - rule files of a configuration: scores, symbols, and reloads. */
#include "rules/rulebook.h"

#include "rules/compile.h"
#include "test/unit/world.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))
#define FILES_MAX 3

static const char letter[] = "From: a@example.org\nTo: b@example.net\n"
    "Message-ID: <1@example.org>\nDate: Mon, 1 Jan 2024 12:00:00 +0000\n"
    "Subject: s\n\nalpha beta beta\n";

/* The same without its subject, which a check remarks. */
static const char untitled[] = "From: a@example.org\nTo: b@example.net\n"
    "Message-ID: <1@example.org>\nDate: Mon, 1 Jan 2024 12:00:00 +0000\n"
    "\nalpha beta beta\n";

/* A generation of these rule files, NULL with *error filled in. */
static struct snapshot *
load(struct world *w, const char *const *files, const char *more,
    const struct snapshot *previous, struct error *error)
{
	char conf[800], name[20];
	size_t i, n;

	n = (size_t)snprintf(conf, sizeof(conf), "mode = enforce\n"
	    "dns { enabled = no }\ngreylist { when = never }\n%s\n"
	    "rules {\nfiles = {", more);
	for (i = 0; i < FILES_MAX && files[i] != NULL; i++) {
		snprintf(name, sizeof(name), "%c.cf", (char)('a' + i));
		n += (size_t)snprintf(conf + n, sizeof(conf) - n, "%s\"%s\"",
		    i > 0 ? ", " : " ", folder_file(name, files[i]));
	}
	snprintf(conf + n, sizeof(conf) - n, " }\n}\n");
	return snapshot_load(folder_file("conf", conf), NULL, previous,
	    w->services.metrics, error);
}

/* "A=1.5 B=2": symbols and what they count. */
static const char *
symbols(const struct world *w)
{
	static char out[400];
	const struct symbol **s = result_sorted(&w->scan.result);
	size_t n = 0;

	out[0] = '\0';
	for (; *s != NULL; s++)
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%s=%g",
		    n > 0 ? " " : "", (*s)->weight->name,
		    (double)(*s)->score / 1000);
	return out;
}

static void
judge(struct world *w, const char *raw)
{
	world_client(w, NULL, "mx.example.org");
	world_mail(w, "a@example.org", WORLD_NOW);
	world_data(w, span_of(raw));
}

#define SET(n) "rules { score_set = " #n " }"

static const struct {
	const char *name, *files[FILES_MAX], *conf, *message, *symbols;
} rows[] = {
	{ "default score", { "body A /alpha/" }, "", letter, "A=1" },
	{ "nice default", { "body A /alpha/\ntflags A nice" }, "", letter,
	    "A=-1" },
	{ "on trial", { "body T_A /alpha/" }, "", letter, "T_A=0.01" },
	{ "score", { "body A /alpha/\nscore A 2.5" }, "", letter, "A=2.5" },
	{ "parts of rules", { "body __A /alpha/\nmeta B __A" }, "", letter,
	    "B=1" },
	{ "set 0", { "body A /alpha/\nscore A 1 2 3 4" }, SET(0), letter,
	    "A=1" },
	{ "set 1, the default", { "body A /alpha/\nscore A 1 2 3 4" }, "",
	    letter, "A=2" },
	{ "set 2", { "body A /alpha/\nscore A 1 2 3 4" }, SET(2), letter,
	    "A=3" },
	{ "set 3", { "body A /alpha/\nscore A 1 2 3 4" }, SET(3), letter,
	    "A=4" },
	{ "0 in this set", { "body A /alpha/\nscore A 1 0 3 4\nmeta B A" },
	    "", letter, "" },
	{ "network or not", { "if (local_tests_only)\nbody A /alpha/\nelse\n"
	    "body B /alpha/\nendif" }, SET(2), letter, "A=1" },
	{ "network or not", { "if (local_tests_only)\nbody A /alpha/\nelse\n"
	    "body B /alpha/\nendif" }, SET(3), letter, "B=1" },
	{ "later file's score", { "body A /alpha/\nscore A 2", "score A 3" },
	    "", letter, "A=3" },
	{ "score before the rule", { "score A 3", "body A /alpha/" }, "",
	    letter, "A=3" },
	{ "later file's rule", { "body A /alpha/\nscore A 2",
	    "body A /omega/" }, "", letter, "" },
	{ "each hit counts", { "body A /beta/\ntflags A multiple\n"
	    "score A 1.5" }, "", letter, "A=3" },
	{ "a meta counts once", { "body __A /beta/\ntflags __A multiple\n"
	    "meta M __A + 5\nscore M 2" }, "", letter, "M=2" },
	{ "a check's symbol", { "score MISSING_SUBJECT 2" }, "", untitled,
	    "MISSING_SUBJECT=2" },
	{ "a meta of it", { "meta M MISSING_SUBJECT && A\nbody A /alpha/" },
	    "", untitled, "A=1 M=1 MISSING_SUBJECT=0" },
	{ "a rule of its name, both", { "header MISSING_SUBJECT Subject !~ "
	    "/./\nscore MISSING_SUBJECT 2" }, "", untitled,
	    "MISSING_SUBJECT=2" },
	{ "only the rule", { "body MISSING_SUBJECT /alpha/\n"
	    "score MISSING_SUBJECT 2\nmeta M MISSING_SUBJECT" }, "", letter,
	    "MISSING_SUBJECT=2 M=1" },
	{ "only the check", { "body MISSING_SUBJECT /omega/\n"
	    "score MISSING_SUBJECT 2\nmeta M MISSING_SUBJECT" }, "",
	    untitled, "MISSING_SUBJECT=2 M=1" },
};

static void
test_scores(struct world *w)
{
	struct error error;
	size_t i;

	for (i = 0; i < ROWS(rows); i++) {
		snapshot_put(w->snapshot);
		error.text[0] = '\0';
		w->snapshot = load(w, rows[i].files, rows[i].conf, NULL,
		    &error);
		CHECK_TEXT(rows[i].name, error.text, "");
		if (w->snapshot == NULL)
			return;
		judge(w, rows[i].message);
		CHECK_TEXT(rows[i].name, symbols(w), rows[i].symbols);
		scan_reset(&w->scan);
	}
}

#define RULE "body A /alpha/\n"

/* What of a reload makes a new book, and what lets the old one be. */
static const struct {
	const char *name, *files[FILES_MAX], *conf;
	bool same;
} reloads[] = {
	{ "nothing", { RULE }, "", true },
	{ "another key", { RULE }, "actions { required = 7 }", true },
	{ "a comment", { RULE "# x\n" }, "", false },
	{ "a rule", { "body A /beta/\n" }, "", false },
	{ "one more file", { RULE, "score A 2" }, "", false },
	{ "score set", { RULE }, SET(0), false },
	{ "networks", { RULE }, "networks { trusted = { 192.0.2.0/24 } }",
	    false },
	{ "relays", { RULE }, "networks { relays = { 192.0.2.1 } }", false },
};

static void
test_reloads(struct world *w)
{
	static const char *const first[FILES_MAX] = { RULE };
	struct snapshot *next;
	struct error error;
	size_t i;

	for (i = 0; i < ROWS(reloads); i++) {
		snapshot_put(w->snapshot);
		w->snapshot = load(w, first, "", NULL, &error);
		next = load(w, reloads[i].files, reloads[i].conf, w->snapshot,
		    &error);
		if (!CHECK(reloads[i].name, w->snapshot != NULL &&
		    next != NULL))
			return;
		CHECK(reloads[i].name, (next->book == w->snapshot->book) ==
		    reloads[i].same);
		/* The new one stands without the old one. */
		snapshot_put(w->snapshot);
		w->snapshot = next;
		judge(w, letter);
		CHECK(reloads[i].name, w->scan.inquiry.match != NULL);
		scan_reset(&w->scan);
	}
}

static const struct {
	const char *name, *rules, *reason;
} refusals[] = {
	{ "syntax", "body A\n", "/a.cf:1: body A wants a definition" },
	{ "word", "\nbdoy A /x/\n", "/a.cf:2: " },
	{ "pattern", "body A /x/\nbody B /x(/\n", "/a.cf:2: B: " },
	{ "pattern of a header rule", "header B To =~ /[z-a]/\n",
	    "/a.cf:1: B: " },
	{ "pattern of uri_detail", "uri_detail B raw =~ /x(/\n",
	    "/a.cf:1: B: " },
	{ "pattern of joined parts", "mimeheader B X =~ /x(/\n"
	    "tflags B concat\n", "/a.cf:1: B: " },
	{ "network", "trusted_networks 300.1.1.1\n", "/a.cf:1: " },
};

static void
test_refusals(struct world *w)
{
	const char *files[FILES_MAX] = { NULL };
	struct snapshot *s;
	struct error error;
	size_t i;

	for (i = 0; i < ROWS(refusals); i++) {
		files[0] = refusals[i].rules;
		error.text[0] = '\0';
		s = load(w, files, "", NULL, &error);
		CHECK(refusals[i].name, s == NULL);
		CHECK(refusals[i].name, strncmp(error.text, folder,
		    strlen(folder)) == 0);
		if (!CHECK(refusals[i].name, strncmp(error.text +
		    strlen(folder), refusals[i].reason,
		    strlen(refusals[i].reason)) == 0))
			fprintf(stderr, "  got <%s>\n", error.text);
		snapshot_put(s);
	}
}

/* A pattern that takes for ever is named, and all else goes on. */
static void
test_slow(struct world *w)
{
	static const char *const files[FILES_MAX] = {
		"body SLOW /(x+x+)+y\\1/\nbody A /alpha/\nmeta M !SLOW\n"
		"score RULES_TOO_SLOW 0.5\n"
	};
	char raw[4000];
	struct error error;
	int n;

	snapshot_put(w->snapshot);
	w->snapshot = load(w, files, "", NULL, &error);
	n = snprintf(raw, sizeof(raw), "%s", letter);
	memset(raw + n, 'x', 2000);
	snprintf(raw + n + 2000, sizeof(raw) - (size_t)n - 2000, "yz\n");
	judge(w, raw);
	CHECK_TEXT("slow", symbols(w), "A=1 M=1 RULES_TOO_SLOW=0.5");
	CHECK("slow", span_is(result_find(&w->scan.result,
	    "RULES_TOO_SLOW")->evidence, "SLOW"));
	scan_reset(&w->scan);
}

/* More rules hit than symbols are kept: no harm. */
static void
test_many(struct world *w)
{
	const char *files[FILES_MAX] = { NULL };
	struct error error;
	struct buf rules;
	size_t i;

	buf_init(&rules, 100000);
	for (i = 0; i < RESULT_SYMBOLS_MAX + 100; i++)
		buf_printf(&rules, "body A_%zu /alpha/\n", i);
	files[0] = buf_string(&rules);
	snapshot_put(w->snapshot);
	w->snapshot = load(w, files, "", NULL, &error);
	judge(w, letter);
	CHECK("many", w->scan.result.count == RESULT_SYMBOLS_MAX);
	CHECK("many", world_adds_up(w));
	scan_reset(&w->scan);
	buf_done(&rules);
}

int
main(int argc, char **argv)
{
	int status = compile_worker(argc, argv);
	struct world w;

	if (status >= 0)
		return status;
	folder_begin();
	world_begin(&w, "dns { enabled = no }\n");
	test_scores(&w);
	test_reloads(&w);
	test_refusals(&w);
	test_slow(&w);
	test_many(&w);
	world_end(&w);
	folder_end();
	return test_end();
}
