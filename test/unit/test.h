/*
 * test - the few words that unit tests share.  A test program runs its tables
 * from main and ends with "return test_end();".  Failures name the row.
 */
#ifndef TEST_UNIT_TEST_H
#define TEST_UNIT_TEST_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Weak: one for all the files of a program. */
__attribute__((weak)) struct test_count {
	unsigned passed, failed, skipped;
} test_count;

/* Counts one expectation; row says which case of the table it was. */
static inline bool
test_check(bool good, const char *file, int line, const char *row,
    const char *what)
{
	if (good) {
		test_count.passed++;
		return true;
	}
	test_count.failed++;
	fprintf(stderr, "%s:%d: FAIL: %s: %s\n", file, line, row, what);
	return false;
}

#define CHECK(row, expression) \
	test_check((expression), __FILE__, __LINE__, (row), #expression)

static inline bool
test_same(const char *got, const char *wanted, const char *file, int line,
    const char *row)
{
	if (strcmp(got, wanted) == 0)
		return test_check(true, file, line, row, "");
	test_check(false, file, line, row, "texts differ");
	fprintf(stderr, "  got    <%s>\n  wanted <%s>\n", got, wanted);
	return false;
}

#define CHECK_TEXT(row, got, wanted) \
	test_same((got), (wanted), __FILE__, __LINE__, (row))

/* For what could not be tried, in numbers of cases, with the reason. */
static inline void
test_skip(unsigned cases, const char *reason)
{
	test_count.skipped += cases;
	fprintf(stderr, "skipped %u: %s\n", cases, reason);
}

/* Folder of third-party suites, or NULL when it is absent. */
static inline const char *
test_suites(void)
{
	const char *dir = getenv("SUITES");
	FILE *f;
	static char path[4096];

	if (dir == NULL)
		dir = "../shared/suites";
	snprintf(path, sizeof(path), "%s/INVENTORY.md", dir);
	f = fopen(path, "r");
	if (f == NULL)
		return NULL;
	fclose(f);
	return dir;
}

static inline int
test_end(void)
{
	printf("%u passed, %u failed, %u skipped\n", test_count.passed,
	    test_count.failed, test_count.skipped);
	return test_count.failed != 0;
}

#endif
