/* admission - which new generations may judge mail, and why others may not. */
#include "admission.h"

#include <unistd.h>
#include <utime.h>

#include "base/clock.h"
#include "rules/compile.h"
#include "test/unit/world.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

static const char conf[] = "dns { enabled = no }\ngreylist { when = always }\n"
    "rules { files = \"rules.cf\" }\nlists { deny = deny }\n"
    "include \"more\"\n";

#define DAY (24 * 3600 * INT64_C(1000))
#define SELFTEST "rules.selftest=selftest"
#define HEAD "From: a@example.org\nTo: b@example.net\n" \
	"Message-ID: <1@example.org>\n"
#define DATE "Date: Mon, 1 Jan 2024 12:00:00 +0000\n"
#define RULES "body A /alpha/\nscore A 5\nbody B /beta/\nscore B -1\n" \
	"body T /trial/\nscore T 9\ntflags T shadow\n" \
	"score DATE_IN_PAST_YEAR 1\nscore GTUBE 1000\n"

/* A message, where it stands, and what is said against the generation. */
static const struct {
	const char *name, *kind, *text, *expected;
} samples[] = {
	{ "ham", "ham", HEAD DATE "\nbeta\n", "" },
	{ "spam", "spam", HEAD DATE "\nalpha\n", "" },
	{ "ham that is spam", "ham", HEAD DATE "\nalpha\n", "@selftest/ham/"
	    "m.eml: should not be spam and is: 5.0 of 5.0 points by A(5.0)" },
	{ "spam that is none", "spam", HEAD DATE "\nalpha beta\n",
	    "@selftest/spam/m.eml: should be spam and is not: 4.0 of 5.0 "
	    "points by A(5.0), B(-1.0)" },
	{ "nothing speaks for it", "spam", HEAD DATE "\nx\n", "@selftest/"
	    "spam/m.eml: should be spam and is not: 0.0 of 5.0 points" },
	{ "a rule on trial", "ham", HEAD DATE "\ntrial\n", "" },
	{ "symbols", "ham", "X-Postern-Expect: B !A\nx-postern-expect: T\n"
	    HEAD DATE "\nbeta trial\n", "" },
	{ "a symbol that is not found", "ham", "X-Postern-Expect: B\n"
	    "X-Postern-Expect: !T A\n" HEAD DATE "\nbeta\n", "@selftest/ham/"
	    "m.eml:2: A is expected: -1.0 of 5.0 points by B(-1.0)" },
	{ "one that should not be", "ham", "X-Postern-Expect: !B\n"
	    HEAD DATE "\nbeta\n", "@selftest/ham/m.eml:1: !B is expected: "
	    "-1.0 of 5.0 points by B(-1.0)" },
	{ "unknown symbol", "ham", "X-Postern-Expect: !BETA\n" HEAD DATE
	    "\nbeta\n", "@selftest/ham/m.eml:1: \"!BETA\" is neither a "
	    "symbol nor a bound such as score>=5" },
	{ "bounds", "ham", "X-Postern-Expect: score<=-1 score>=-1 score<0 "
	    "score>-1.001\n" HEAD DATE "\nbeta\n", "" },
	{ "a bound that is missed", "ham", "X-Postern-Expect: score<-1\n"
	    HEAD DATE "\nbeta\n", "@selftest/ham/m.eml:1: score<-1 is "
	    "expected: -1.0 of 5.0 points by B(-1.0)" },
	{ "bad bound", "ham", "X-Postern-Expect: score>x\n" HEAD DATE "\n",
	    "@selftest/ham/m.eml:1: \"score>x\" is neither a symbol nor a "
	    "bound such as score>=5" },
	{ "taken off", "ham", "X-Postern-Expect: !A\n" HEAD DATE
	    "Subject: s\n\nbeta\n", "" },
	{ "further down it is a field", "spam", HEAD "X-Postern-Expect: B\n"
	    DATE "\nalpha\n", "" },
	{ "another name", "ham/.hidden", "\nalpha\n", "" },
	{ "its own time", "ham", "X-Postern-Expect: !DATE_IN_PAST_YEAR\n"
	    HEAD DATE "\nx\n", "" },
	{ "the time of the last MTA", "ham", "X-Postern-Expect: "
	    "DATE_IN_PAST_YEAR\nReceived: from a.example by b.example; "
	    "Mon, 13 Oct 2025 12:00:00 +0000\nReceived: from c.example by "
	    "a.example; Mon, 1 Jan 2024 12:00:00 +0000\n" HEAD DATE "\nx\n",
	    "" },
	{ "without any time", "ham", "X-Postern-Expect: !DATE_IN_PAST_YEAR\n"
	    HEAD "\nx\n", "" },
	{ "GTUBE", "spam", HEAD DATE "\nXJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-"
	    "STANDARD-ANTI-UBE-TEST-EMAIL*C.34X\n", "" },
};

static struct snapshot *
load_with(struct world *w, const char *const *overrides)
{
	struct error error;
	struct snapshot *s = snapshot_load(folder_path("conf"), overrides,
	    NULL, w->services.metrics, &error);

	if (s == NULL)
		fprintf(stderr, "%s\n", error.text);
	return s;
}

static struct snapshot *
load(struct world *w, const char *override)
{
	const char *overrides[] = { override, NULL };

	return load_with(w, overrides);
}

static void
admit(const char *row, struct snapshot *s, struct admission *a,
    const char *expected)
{
	struct error error = {""};
	int status;

	if (!CHECK(row, s != NULL))
		return;
	status = admission_check(s, a, &error);
	CHECK(row, (status == 0) == (expected[0] == '\0'));
	CHECK_TEXT(row, status == 0 ? "" : error.text, folder_text(expected));
}

/* Files written for a test are as fresh as they are whole. */
static void
test_samples(struct world *w)
{
	struct admission a = {.now = WORLD_NOW + 400 * DAY};
	struct snapshot *s = load(w, SELFTEST);
	uint64_t before = metrics_get(w->services.metrics, METRIC_BYTES_SEEN);
	const char *kind;
	char file[90];
	size_t i;

	for (i = 0; i < ROWS(samples); i++) {
		kind = samples[i].kind;
		snprintf(file, sizeof(file), "selftest/%s%s", kind,
		    strchr(kind, '/') == NULL ? "/m.eml" : ".eml");
		folder_file(file, samples[i].text);
		admit(samples[i].name, s, &a, samples[i].expected);
		CHECK(samples[i].name, a.messages ==
		    (strchr(kind, '/') == NULL));
		remove(folder_path(file));
	}
	CHECK("no trace", metrics_get(w->services.metrics,
	    METRIC_BYTES_SEEN) == before);
	snapshot_put(s);
}

/* The first that fails, in the order of names, ham before spam. */
static void
test_order(struct world *w)
{
	static const char *const names[] = { "selftest/spam/a.eml",
	    "selftest/ham/c.eml", "selftest/ham/b.eml", "selftest/ham/a.txt" };
	struct admission a = {.now = WORLD_NOW};
	struct snapshot *s = load(w, SELFTEST);
	size_t i;

	folder_file(names[0], "\nx\n");
	for (i = 1; i < ROWS(names); i++)
		folder_file(names[i], "\nalpha\n");
	admit("order", s, &a, "@selftest/ham/b.eml: should not be spam and "
	    "is: 5.0 of 5.0 points by A(5.0)");
	for (i = 0; i < ROWS(names); i++)
		remove(folder_path(names[i]));
	snapshot_put(s);
}

/* The folder of the message that the generation has against it. */
static const struct {
	const char *name, *option, *expected;
} folders[] = {
	{ "named", SELFTEST, "@selftest/ham/m.eml: should not be spam and "
	    "is: 5.0 of 5.0 points by A(5.0)" },
	{ "off", "rules.selftest=", "" },
	{ "named and missing", "rules.selftest=/nonexistent", "" },
	{ "not a folder", "rules.selftest=rules.cf",
	    "@rules.cf/ham: Not a directory" },
	{ "missing", NULL, "" },
};

static void
test_folders(struct world *w)
{
	struct admission a = {.now = WORLD_NOW};
	struct snapshot *s;
	size_t i;

	folder_file("selftest/ham/m.eml", "\nalpha\n");
	for (i = 0; i < ROWS(folders); i++) {
		s = load(w, folders[i].option);
		admit(folders[i].name, s, &a, folders[i].expected);
		snapshot_put(s);
	}
	remove(folder_path("selftest/ham/m.eml"));
}

/* What comes into the list, and whether that may be used then. */
static const struct {
	const char *name, *option, *list;
	bool shrunk;
	const char *expected;
} lists[] = {
	{ "the same", NULL, "sender a.example\nsender b.example\n", false,
	    "" },
	{ "nothing", NULL, "# none\n", false, "@deny: 0 entries, 2 in the "
	    "generation in use; \"posternctl reload --accept-shrink\" takes "
	    "it as it is" },
	{ "nothing, and that is meant", NULL, "", true, "" },
	{ "switched off", "reload.shrink=0", "", false, "" },
};

static void
test_lists(struct world *w)
{
	struct admission a = {.now = WORLD_NOW};
	struct snapshot *before, *s;
	size_t i;

	folder_file("deny", lists[0].list);
	a.previous = before = load(w, NULL);
	for (i = 0; i < ROWS(lists); i++) {
		folder_file("deny", lists[i].list);
		s = load(w, lists[i].option);
		a.shrunk = lists[i].shrunk;
		admit(lists[i].name, s, &a, lists[i].expected);
		snapshot_put(s);
	}
	snapshot_put(before);
}

/* Files whose last line does not end, at the time of the test itself. */
static void
test_open_end(struct world *w)
{
	static const char *const names[] = { "deny", "rules.cf", "more" };
	struct utimbuf times = {WORLD_NOW / 1000, WORLD_NOW / 1000};
	struct admission a = {.now = WORLD_NOW + 2000};
	char expected[200];
	struct snapshot *s;
	size_t i;

	for (i = 0; i < ROWS(names); i++) {
		folder_file(names[i], i == 0 ? "helo x.example" : "# x");
		utime(folder_path(names[i]), &times);
		s = load(w, NULL);
		snprintf(expected, sizeof(expected), "@%s: written 2 s ago, "
		    "and its last line does not end: half of a file?",
		    names[i]);
		admit(names[i], s, &a, expected);
		snapshot_put(s);
		folder_file(names[i], "\n");
	}
}

/* The project's own messages, also where SpamAssassin's rules stand beside. */
static const struct {
	const char *name, *files;
} rule_files[] = {
	{ "ours", "rules.files=rules/*.cf" },
	{ "and the stock rules", "rules.files={ rules/*.cf, "
	    "/usr/share/spamassassin/*.cf }" },
};

static void
test_shipped(struct world *w)
{
	const char *overrides[] = { NULL, "rules.selftest=rules/selftest",
		NULL, NULL };
	struct admission a = {.now = clock_wall()};
	struct snapshot *s;
	char set[] = "rules.score_set=0";
	size_t i;

	for (i = 0; i < ROWS(rule_files); i++) {
		if (i > 0 && access("/usr/share/spamassassin", X_OK) != 0) {
			test_skip(12, "no stock rules in "
			    "/usr/share/spamassassin");
			continue;
		}
		for (set[sizeof(set) - 2] = '0'; set[sizeof(set) - 2] < '4';
		    set[sizeof(set) - 2]++) {
			overrides[0] = rule_files[i].files;
			overrides[2] = set;
			s = load_with(w, overrides);
			admit(rule_files[i].name, s, &a, "");
			CHECK(rule_files[i].name, a.messages > 15);
			snapshot_put(s);
		}
	}
}

int
main(int argc, char **argv)
{
	struct world w;
	int status = compile_worker(argc, argv);

	if (status >= 0)
		return status;
	folder_begin();
	memset(&w, 0, sizeof(w));
	w.services.metrics = metrics_new();
	mkdir(folder_path("selftest"), 0700);
	mkdir(folder_path("selftest/ham"), 0700);
	mkdir(folder_path("selftest/spam"), 0700);
	folder_file("conf", conf);
	folder_file("rules.cf", RULES);
	folder_file("deny", "");
	folder_file("more", "");
	test_shipped(&w);
	if (CHECK("folder", chdir(folder) == 0)) {
		test_samples(&w);
		test_order(&w);
		test_folders(&w);
		test_lists(&w);
		test_open_end(&w);
	}
	metrics_free(w.services.metrics);
	CHECK("back", chdir("/") == 0);
	folder_end();
	return test_end();
}
