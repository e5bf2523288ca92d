/* regex_work - how much a pattern can try at worst. */
#include "rules/regex_work.h"

#include <math.h>

#include "rules/regex.h"
#include "test/unit/test.h"

enum growth { CONSTANT, LINEAR, QUADRATIC, CUBIC, MORE, ENDLESS };

static const struct {
	const char *name, *pattern;
	enum work_start start;
	enum growth growth;	/* with the length of the subject */
} rows[] = {
	{"string", "viagra", WORK_ANYWHERE, LINEAR},
	{"string, once", "viagra", WORK_ONCE, LINEAR},
	{"branches", "viagra|cialis|x[0-9]z", WORK_ANYWHERE, LINEAR},
	{"optional", "colou?r", WORK_ANYWHERE, LINEAR},
	{"bounded loop", "free.{0,20}money", WORK_ANYWHERE, LINEAR},
	{"loop after what is not in it", "<[a-z]+>", WORK_ANYWHERE, LINEAR},
	{"loop after what is in it", "a[a-z]+>", WORK_ANYWHERE, QUADRATIC},
	{"loop at the start", "[a-z]+>", WORK_ANYWHERE, QUADRATIC},
	{"loop at the only start", "[a-z]+>", WORK_ONCE, LINEAR},
	{"loop at a line's start", ".+>", WORK_LINES, LINEAR},
	{"loop past the line", "[^>]+>", WORK_LINES, QUADRATIC},
	{"loop with an end of its own", "x[a-z]*[0-9]y", WORK_ONCE, LINEAR},
	{"loop before anything", "x.*[0-9]*y", WORK_ONCE, QUADRATIC},
	{"two loops", "a.*b.*c", WORK_ONCE, QUADRATIC},
	{"two loops anywhere", "a.*b.*c", WORK_ANYWHERE, CUBIC},
	{"three loops", "a*a*a*b", WORK_ANYWHERE, MORE},
	{"before an assertion", "x[a-z]*\\b.", WORK_ONCE, LINEAR},
	{"words", "(?:[a-z]+ )+x", WORK_ONCE, LINEAR},
	{"words anywhere", "(?:[a-z]+ )+x", WORK_ANYWHERE, QUADRATIC},
	{"words of a kind", "(?:[a-z]+ ){5}x", WORK_ONCE, LINEAR},
	{"look ahead", "x(?=[a-z]*[0-9])y", WORK_ANYWHERE, QUADRATIC},
	{"look at one byte", "x(?!y)z", WORK_ANYWHERE, LINEAR},
	{"back reference", "(x)\\1", WORK_ONCE, LINEAR},
	{"loop in a loop", "(?:a+)+b", WORK_ONCE, ENDLESS},
	{"branches in a loop", "(?:a|aa)+b", WORK_ONCE, ENDLESS},
	{"branches that differ", "(?:a|b)+c", WORK_ONCE, LINEAR},
	{"empty in a loop", "(?:a*)*b", WORK_ONCE, ENDLESS},
	{"calls itself", "(?:x(?R)?y)", WORK_ONCE, ENDLESS},
};

/* By how much a subject of four times the length takes longer. */
static enum growth
grows(double small, double large)
{
	if (!(large < INFINITY))
		return ENDLESS;
	if (large < small * 2)
		return CONSTANT;
	if (large < small * 6)
		return LINEAR;
	if (large < small * 24)
		return QUADRATIC;
	return large < small * 100 ? CUBIC : MORE;
}

static void
test_growth(void)
{
	static const char *const names[] = {"constant", "linear", "quadratic",
	    "cubic", "more", "endless"};
	const struct tree *tree;
	struct arena arena;
	enum growth got;
	size_t i;

	arena_init(&arena);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		arena_reset(&arena);
		tree = tree_parse(&arena, span_of(rows[i].pattern), 0, NULL);
		CHECK(rows[i].name, tree != NULL);
		if (tree == NULL)
			continue;
		got = grows(work_bound(tree, 1024, rows[i].start),
		    work_bound(tree, 4096, rows[i].start));
		CHECK_TEXT(rows[i].name, names[got], names[rows[i].growth]);
	}
	arena_done(&arena);
}

static void
test_sizes(void)
{
	static const double limits[2] = {1e4, 1e6};
	const struct tree *tree;
	struct arena arena;
	size_t sizes[2];

	arena_init(&arena);
	tree = tree_parse(&arena, span_of("[a-z]+>"), 0, NULL);
	work_sizes(tree, WORK_ANYWHERE, limits, sizes);
	CHECK("small", work_bound(tree, (double)sizes[0], WORK_ANYWHERE) <=
	    limits[0] && work_bound(tree, 2.0 * (double)sizes[0],
	    WORK_ANYWHERE) > limits[0]);
	CHECK("large", work_bound(tree, (double)sizes[1], WORK_ANYWHERE) <=
	    limits[1] && work_bound(tree, 2.0 * (double)sizes[1],
	    WORK_ANYWHERE) > limits[1]);
	tree = tree_parse(&arena, span_of("(?:a+)+b"), 0, NULL);
	work_sizes(tree, WORK_ONCE, limits, sizes);
	CHECK("never", sizes[0] == 0 && sizes[1] == 0);
	arena_done(&arena);
}

int
main(void)
{
	test_growth();
	test_sizes();
	return test_end();
}
