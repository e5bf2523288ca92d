/* literal - the strings, sketches and beginnings that a match needs. */
#include "rules/literal.h"

#include "base/buf.h"
#include "rules/engine_sketch.h"
#include "rules/pairs.h"
#include "rules/regex.h"
#include "rules/regex_start.h"
#include "test/unit/test.h"

static const struct {
	const char *name, *pattern;
	unsigned flags;
	const char *wanted;	/* separated by bars; "" for none */
} strings[] = {
	{"plain", "viagra", 0, "viagra"},
	{"folded", "VIAgra", 0, "viagra"},
	{"alternatives", "cialis|viagra", 0, "cialis|viagra"},
	{"inside", "\\bbuy (?:cialis|viagra)\\b", 0,
	    "buy cialis|buy viagra"},
	{"the rarer side", "a.*pharmacy", 0, "pharmacy"},
	{"optional byte", "e-?mailbox", 0, "e-mailbox|emailbox"},
	{"optional part is not needed", "(?:lottery)?zzz", 0, "zzz"},
	{"starred part is not needed", "(?:lottery)*zzz", 0, "zzz"},
	{"repeated byte", "zq+jx", 0, "qjx"},
	{"counted", "(?:zq){2}", 0, "zqzq"},
	{"counted with a range", "x(?:zq){2,3}j", 0, "xzq"},
	{"small set", "[xz]j[qk]", 0, "xjk|xjq|zjk|zjq"},
	{"large set", "zx[a-z]zxj", 0, "zxj"},
	{"negated set", "zxj[^z]j", 0, "zxj"},
	{"escape", "z\\.\\x6a", 0, "z.j"},
	{"octal", "z\\012j", 0, "z\nj"},
	{"class escape", "zx\\dzxj", 0, "zxj"},
	{"one branch without any", "viagra|.*", 0, ""},
	{"empty branch", "(?:viagra|)", 0, ""},
	{"nothing", "\\w+", 0, ""},
	{"look ahead is no part", "(?=viagra)zzz", 0, "zzz"},
	{"negative look behind is no part", "(?<!viagra)zzz", 0, "zzz"},
	{"atomic", "(?>viagra)", 0, "viagra"},
	{"possessive", "zx?+jj", 0, "zjj|zxjj"},
	{"extended", "vi a gra # yes\n", REGEX_EXTENDED, "viagra"},
	{"extended inside", "(?x: vi a gra )", 0, "viagra"},
	{"not extended after it", "(?x: z x ) j", 0, "zx j"},
	{"quoted", "\\Qz.jx\\E*", 0, "z.j"},
	{"comment", "zx(?#not this)+jj", 0, "xjj"},
	{"named", "(?<n>viagra)\\k<n>", 0, "viagra"},
	{"posix class", "zx[[:digit:]]zxj", 0, "zxj"},
	{"bracket first", "zx[]]j", 0, "zx]j"},
	{"range that ends with a bar", "zx[a-]j", 0, "zx-j|zxaj"},
	{"brace is a byte", "zx{j", 0, "zx{j"},
	{"zero times", "zx{0}jj", 0, "zjj"},
	{"longer than is kept", "abcdefghijklmnopqrstuvwxyz", 0,
	    "abcdefghijklmnopqrstuvw"},
	{"shorter than is looked for", "zj", 0, ""},
	{"one of them is shorter", "viagra|zj", 0, ""},
	{"what holds another is dropped", "viagra|viagras|xviagra", 0,
	    "viagra"},
	/* Not understood, on purpose: nothing is claimed. */
	{"conditional", "(a)?(?(1)viagra|zz)", 0, ""},
	{"verb", "viagra(*ACCEPT)zz", 0, ""},
	{"unknown escape", "viagra\\yzz", 0, ""},
	{"blanks in braces", "viagra{2, 3}", 0, ""},
	{"unbalanced", "(viagra", 0, ""},
};

static void
test_strings(void)
{
	const struct tree *tree;
	struct literals *first;
	struct needs found;
	struct arena arena;
	struct buf got;
	size_t i, k;

	arena_init(&arena);
	buf_init(&got, 4096);
	for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		arena_reset(&arena);
		buf_reset(&got);
		memset(&found, 0, sizeof(found));
		tree = tree_parse(&arena, span_of(strings[i].pattern),
		    strings[i].flags, NULL);
		if (tree != NULL)
			needs_find(tree, &found);
		first = &found.all[0];
		for (k = 0; k < first->n; k++) {
			buf_puts(&got, k > 0 ? "|" : "");
			buf_add(&got, first->all[k].p, first->all[k].n);
		}
		CHECK_TEXT(strings[i].name, buf_string(&got),
		    strings[i].wanted);
		needs_done(&found);
	}
	buf_done(&got);
	arena_done(&arena);
}

static void
test_rates(void)
{
	static const char *const rarer_first[] = {"viagra", "free", "the"};
	uint64_t last = 0;
	struct needs found;
	struct arena arena;
	size_t i;

	for (i = 0; i < sizeof(rarer_first) / sizeof(rarer_first[0]); i++) {
		arena_init(&arena);
		needs_find(tree_parse(&arena, span_of(rarer_first[i]), 0,
		    NULL), &found);
		CHECK(rarer_first[i], found.all[0].rate > last);
		last = found.all[0].rate;
		needs_done(&found);
		arena_done(&arena);
	}
}

#define MANY 400		/* sketches: more than go through at once */
#define MANY_STEP 21

static const struct {
	const char *name, *pattern, *subject;
	bool through;
} sketches[] = {
	{"plain", "viagra", "buy viagra now", true},
	{"not there", "viagra", "buy nothing now", false},
	{"sets", "[v\\\\][i1!][a@]gr[a@]", "v1@gra", true},
	{"gaps", "v\\W?i\\W?a\\W?g\\W?r\\W?a", "v.i-a g/ra", true},
	{"a gap of the wrong kind", "v\\W?i\\W?a\\W?g\\W?r\\W?a", "vxixaxgxrxa",
	    false},
	{"disguise", "(?:[cC]|\\xc3[\\x87\\xa7]|&#1(?:99|231);)(?:r|\\xc5"
	    "[\\x94-\\x99])(?:e|\\xc3[\\xa8-\\xab])dit",
	    "\xc3\xa7r\xc3\xa9" "dit", true},
	{"branches", "(?:hi|hello),? (?:victim|prey)", "hello, prey", true},
	{"other branches", "(?:hi|hello),? (?:victim|prey)", "hello, pray",
	    false},
	{"repeats", "(?:zq){5}", "zqzqzqzqzq", true},
	{"optional part", "z(?:aaa)?q", "zq", true},
	{"what links begin with is not rare", "https?://[^/]*[bcdfg]{7}",
	    "https://www.example.com/", false},
	{"what comes after it is", "https?://[^/]*[bcdfg]{7}",
	    "https://www.bcdfgbcdfg.com/", true},
};

static void
note(void *arg, unsigned number)
{
	*(unsigned *)arg |= 1u << number;
}

static void
test_sketches(void)
{
	struct sketch sketch;
	const struct sketch *both[2] = {&sketch, &sketch};
	struct sketches *all;
	struct arena arena;
	unsigned hits;
	size_t i;

	for (i = 0; i < sizeof(sketches) / sizeof(sketches[0]); i++) {
		arena_init(&arena);
		sketch_find(tree_parse(&arena, span_of(sketches[i].pattern),
		    0, NULL), &sketch);
		all = sketches_new(both, 2);
		hits = 0;
		sketches_scan(all, span_of(sketches[i].subject), note, &hits);
		CHECK(sketches[i].name,
		    hits == (sketches[i].through ? 3u : 0u));
		CHECK(sketches[i].name, sketch.n > 0 &&
		    sketches_size(all) > 0);
		sketches_free(all);
		sketch_done(&sketch);
		arena_done(&arena);
	}
}

static void
count_told(void *arg, unsigned number)
{
	(void)number;
	++*(unsigned *)arg;
}

/* However many rows there are, each is followed, and to the end of its own. */
static void
test_many_sketches(void)
{
	static const struct {
		const char *subject;
		bool through;
	} texts[] = {
		{"zqjxkv", true}, {"zq jx kv", false}, {"", false},
		{"zq zq jx zqjxkv kv", true}, {"vkxjqz", false}};
	const struct sketch *all[MANY];
	struct sketches *made;
	struct sketch sketch;
	struct arena arena;
	unsigned told;
	size_t n, i;

	arena_init(&arena);
	sketch_find(tree_parse(&arena, span_of("[zy]q[jJ]x[kK]v"), 0, NULL),
	    &sketch);
	for (n = 0; n < MANY; n++)
		all[n] = &sketch;
	for (n = 1; n <= MANY; n += MANY_STEP) {
		made = sketches_new(all, n);
		for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
			told = 0;
			sketches_scan(made, span_of(texts[i].subject),
			    count_told, &told);
			CHECK(texts[i].subject,
			    told == (texts[i].through ? n : 0));
		}
		sketches_free(made);
	}
	sketch_done(&sketch);
	arena_done(&arena);
}

#define WORDS "(?:alpha|beta|gamma|delta|epsilon|zeta|theta|iota|kappa|lambda)"

static const struct {
	const char *name, *pattern, *subject;
	size_t place;		/* the first, or 999 where there is no start */
} starts[] = {
	{"words", WORDS, "see a kappa", 6},
	{"optional first", "(?:the )?" WORDS, "see the kappa", 4},
	{"repeated", "(?:" WORDS " ){2}", "kapp kappa beta ", 5},
	{"a word that ends", WORDS "|xyz", "a b xyz", 4},
	{"few alternatives", "alpha|beta", "alpha", 999},
	{"too short", WORDS "|xy", "alpha", 999},
	{"everywhere", WORDS "|[a-z ]+", "alpha", 999},
	{"anything first", ".*" WORDS, "alpha", 999},
	{"none", WORDS, "nothing here", 12},
	{"too near to the end", WORDS, "x lam", 5},
};

static void
test_starts(void)
{
	struct regex_start *start;
	struct arena arena;
	size_t i, at;

	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		arena_init(&arena);
		start = start_new(tree_parse(&arena,
		    span_of(starts[i].pattern), 0, NULL));
		at = start != NULL ? start_find(start,
		    span_of(starts[i].subject), 0) : 999;
		CHECK(starts[i].name, at == starts[i].place);
		free(start);
		arena_done(&arena);
	}
}

/* What pairs of bytes say of a pattern's strings. */
static void
test_pairs(void)
{
	static const struct {
		const char *pattern, *text;
		bool allowed;
	} rows[] = {
		{"redirect\\.php", "http://a.example/REDIRECT.PHP?u=b", true},
		{"redirect\\.php", "http://a.example/redirect", false},
		{"adtech|search\\?", "http://a.example/Search?q", true},
		{"adtech|search\\?", "http://a.example/", false},
		{"adtech.*link=", "http://adtech.example/?l", false},
		{"A\\@B", "a@b", true},
		{"\\w", "", true},
		{"x", "", true},
		{"xy", "x", false},
	};
	struct needs needs;
	struct pairs pairs;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		needs_read(span_of(rows[i].pattern), 0, &needs);
		pairs_find(span_of(rows[i].text), &pairs);
		CHECK(rows[i].pattern,
		    pairs_allow(&pairs, &needs) == rows[i].allowed);
		needs_done(&needs);
	}
}

int
main(void)
{
	test_strings();
	test_rates();
	test_sketches();
	test_pairs();
	test_many_sketches();
	test_starts();
	return test_end();
}
