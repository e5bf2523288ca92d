/* regex - one expression: what it matches, what it took, and how long. */
#include "rules/regex.h"

#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "test/unit/test.h"

#define SECONDS_MAX 3		/* of one bounded match, sanitizers included */

static const struct {
	const char *name, *pattern, *letters, *subject;
	const char *wanted;	/* "from-to", "no", or "refused" */
} matches[] = {
	{"plain", "b+", "", "abbc", "1-3"},
	{"nothing", "x", "", "abc", "no"},
	{"case", "ABC", "i", "xabc", "1-4"},
	{"case counts", "ABC", "", "xabc", "no"},
	{"lines", "^b$", "m", "a\nb\nc", "2-3"},
	{"one line", "^b$", "", "a\nb\nc", "no"},
	{"before the last newline", "c$", "", "abc\n", "2-3"},
	{"dot and newline", "a.b", "", "a\nb", "no"},
	{"dot takes newline", "a.b", "s", "a\nb", "0-3"},
	{"extended", "a b # blank\n c", "x", "abc", "0-3"},
	{"empty", "", "", "abc", "0-0"},
	{"empty subject", "^$", "", "", "0-0"},
	{"bytes, not letters", "\\w+", "", "\xc3\xa9 a", "3-4"},
	{"no case above ASCII", "\xe9", "i", "\xc9", "no"},
	{"look behind", "(?<=a)b", "", "bab", "2-3"},
	{"back reference", "(.)\\1", "", "abccd", "2-4"},
	{"possessive", "a++a", "", "aaa", "no"},
	{"atomic", "(?>a|ab)c", "", "abc", "no"},
	{"recursion", "\\((?:[^()]|(?R))*\\)", "", "x(a(b)c)", "1-8"},
	{"conditional", "(a)?(?(1)b|c)", "", "xc", "1-2"},
	{"quoted", "\\Qa.b\\E+", "", "a.bb", "0-4"},
	{"Perl's modifiers first", "(?aa)(?i)AB", "", "ab", "0-2"},
	{"Perl's modifiers of a group", "(?^aai:AB)c", "", "abc", "0-3"},
	{"and not in a class", "[(?aa)]+", "", "x(a)", "1-4"},
	{"nor quoted", "\\Q(?aa)\\E", "", "(?aa)", "0-5"},
	{"letters without a meaning", "a", "gaoc", "a", "0-1"},
	{"unknown letter", "a", "k", "a", "refused"},
	{"unbalanced", "(a", "", "a", "refused"},
	{"no quantified start", "*a", "", "a", "refused"},
	{"UTF stays off", "(*UTF8)a", "", "a", "refused"},
	{"verbs", "a+(*COMMIT)b", "", "aac aab", "no"},
	{"keep out", "a\\Kb", "", "xab", "2-3"},
	{"many beginnings", "(?:alpha|beta|gamma|delta|epsilon|zeta|theta|"
	    "iota|kappa|lambda|omikron|sigma)\\s+(?:one|two|three)", "i",
	    "the Kappa  kappa three", "11-22"},
	{"many beginnings, after a place", "(?<=\\d)(?:alpha|beta|gamma|delta|"
	    "epsilon|zeta|theta|iota|kappa|lambda|omikron|sigma)", "",
	    "alpha 4 5beta", "9-13"},
	{"many beginnings at the end", "(?:alphabet|betablocker|gammaray|"
	    "deltas|eps|zetas|thetas|iotas|kappas|lambdas)", "", "an eps",
	    "3-6"},
};

static void
test_matches(void)
{
	struct regex_scratch *scratch = regex_scratch_new();
	struct regex_found found;
	struct regex *regex;
	struct error error;
	char got[64];
	unsigned flags;
	size_t i;

	for (i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {
		regex = NULL;
		if (regex_flags(span_of(matches[i].letters), &flags,
		    &error) == 0)
			regex = regex_new(span_of(matches[i].pattern), flags,
			    &error);
		if (regex == NULL)
			snprintf(got, sizeof(got), "refused");
		else if (regex_match(regex, scratch,
		    span_of(matches[i].subject), 0, &found) == REGEX_MATCH)
			snprintf(got, sizeof(got), "%zu-%zu", found.from,
			    found.to);
		else
			snprintf(got, sizeof(got), "no");
		CHECK_TEXT(matches[i].name, got, matches[i].wanted);
		regex_put(regex);
	}
	regex_scratch_free(scratch);
}

static void
test_groups(void)
{
	struct regex_scratch *scratch = regex_scratch_new();
	struct regex *regex = regex_new(span_of("(?<YEAR>\\d{4})-(x)?(\\d+)"),
	    0, NULL);
	struct regex_found found;
	struct span part = {NULL, 0};
	const char *name = "";
	unsigned group = 0;

	CHECK("groups", regex_match(regex, scratch, span_of("in 1999-12"), 0,
	    &found) == REGEX_MATCH);
	CHECK("whole", regex_group(scratch, 0, &part) &&
	    span_is(part, "1999-12"));
	CHECK("third", regex_group(scratch, 3, &part) && span_is(part, "12"));
	CHECK("took no part", !regex_group(scratch, 2, &part));
	CHECK("is not there", !regex_group(scratch, 4, &part));
	CHECK("name", regex_name(regex, 0, &name, &group) && group == 1);
	CHECK_TEXT("name", name, "YEAR");
	CHECK("no second name", !regex_name(regex, 1, &name, &group));
	CHECK("from a place on", regex_match(regex, scratch,
	    span_of("1999-1 2000-2"), 3, &found) == REGEX_MATCH &&
	    found.from == 7);
	CHECK("start after the end", regex_match(regex, scratch,
	    span_of("1999-1"), 7, &found) == REGEX_NOMATCH);
	CHECK("nothing after a miss", !regex_group(scratch, 0, &part));
	regex_put(regex);
	regex_scratch_free(scratch);
}

static double
cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Subjects of one byte over and over, at the end of which all fails. */
static const struct {
	const char *name, *pattern;
	char byte;
	size_t n;
} hard[] = {
	{"nested repeats", "(?:a+)+[bc]", 'a', 5000},
	{"nested stars", "(?:(?:a*)*)*[bc]", 'a', 5000},
	{"alternatives that overlap", "(?:a|aa|a[a])+[bc]", 'a', 5000},
	{"three in a row", "a.*a.*a.*a.*[bc]", 'a', 20000},
	{"four counted ones", "[a-z]{1,60}[a-z]{1,60}[a-z]{1,60}[a-z]{1,60}\\d",
	    'a', 20000},
	{"every start to the end", "a[^b]*c[bd]", 'a', 300000},
	{"lazy", "a.*?a.*?a.*?[bc]", 'a', 20000},
	{"back reference", "(a*)*\\1[bc]", 'a', 5000},
	{"look ahead", "(?:(?=a.*b)a)*a*[bc]", 'a', 5000},
	{"recursion", "(a(?1)*|a)*[bc]", 'a', 500},
	{"many optional ones", "a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?"
	    "a?a?a?a?a?a?a?[bc]", 'a', 2000},
	{"alternatives in a row", "(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)"
	    "(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)"
	    "(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)(?:a|a)[bc]", 'a', 2000},
	{"not understood by the tree", "(?:(?(?=a)a+|b)+)+[bc]", 'a', 5000},
};

static void
test_bounds(void)
{
	struct regex_scratch *scratch = regex_scratch_new();
	struct regex_found found;
	enum regex_answer answer;
	struct regex *regex;
	char *subject;
	double begin;
	size_t i;

	for (i = 0; i < sizeof(hard) / sizeof(hard[0]); i++) {
		regex = regex_new(span_of(hard[i].pattern), 0, NULL);
		subject = mem_alloc(hard[i].n);
		memset(subject, hard[i].byte, hard[i].n);
		begin = cpu_seconds();
		answer = regex_match(regex, scratch,
		    span_make(subject, hard[i].n), 0, &found);
		CHECK(hard[i].name, cpu_seconds() - begin < SECONDS_MAX);
		CHECK(hard[i].name, answer != REGEX_MATCH);
		free(subject);
		regex_put(regex);
	}
	regex_scratch_free(scratch);
}

/* Hard for a bound that is drawn too tightly: it must not be reached. */
static void
test_enough(void)
{
	struct regex_scratch *scratch = regex_scratch_new();
	struct regex *regex = regex_new(span_of("(?:<[^>]*>\\s*)+end"), 0,
	    NULL);
	struct regex_found found;
	struct buf subject;
	int i;

	buf_init(&subject, 1 << 20);
	for (i = 0; i < 10000; i++)
		buf_puts(&subject, "<a href=\"b\"> \n");
	buf_puts(&subject, "end");
	CHECK("a long honest match", regex_match(regex, scratch,
	    buf_contents(&subject), 0, &found) == REGEX_MATCH &&
	    found.from == 0 && found.to == subject.n);
	buf_done(&subject);
	regex_put(regex);
	regex_scratch_free(scratch);
}

/* Its alternatives, written out, exceed what 8-bit PCRE2 can address. */
static struct regex *
make_huge(void)
{
	struct regex *regex;
	struct buf text;
	int i;

	buf_init(&text, REGEX_PATTERN_MAX);
	buf_puts(&text, "(?:");
	for (i = 0; i < 20000; i++)
		buf_printf(&text, "%sn[%d-9]m%dx", i > 0 ? "|" : "", i % 9, i);
	buf_puts(&text, ")\\s*(?:end)+");
	regex = regex_new(buf_contents(&text), REGEX_CASELESS, NULL);
	buf_done(&text);
	return regex;
}

static void
test_huge(void)
{
	struct regex_scratch *scratch = regex_scratch_new();
	struct regex *regex = make_huge();
	struct regex_found found;
	struct span whole = {NULL, 0};
	char again[] = "see N9m19999x END";

	CHECK("huge", regex != NULL);
	CHECK("huge", regex_match(regex, scratch, span_of(again), 0,
	    &found) == REGEX_MATCH && found.from == 4 && found.to == 17);
	CHECK("huge, whole", regex_group(scratch, 0, &whole) &&
	    whole.n == 13);
	/* The same memory, other bytes. */
	memset(again, 'y', 4);
	again[5] = '-';
	CHECK("huge, other bytes", regex_match(regex, scratch, span_of(again),
	    0, &found) == REGEX_NOMATCH);
	regex_put(regex);
	regex_scratch_free(scratch);
}

static void
test_limits(void)
{
	char *long_pattern = mem_alloc(REGEX_PATTERN_MAX + 1);
	struct regex *regex;
	struct error error;

	memset(long_pattern, 'a', REGEX_PATTERN_MAX + 1);
	CHECK("too long", regex_new(span_make(long_pattern,
	    REGEX_PATTERN_MAX + 1), 0, &error) == NULL);
	free(long_pattern);
	regex = regex_new(span_of("a"), REGEX_ONCE, &error);
	CHECK("size", regex_size(regex) > 0);
	regex_put(regex_get(regex));
	regex_put(regex);
	regex_put(NULL);
	regex_scratch_free(NULL);
}

int
main(void)
{
	test_matches();
	test_groups();
	test_bounds();
	test_enough();
	test_huge();
	test_limits();
	return test_end();
}
