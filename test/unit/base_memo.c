/* base_memo - a memo forgets, but what it tells is true, also to many. */
#include <pthread.h>

#include "base/memo.h"
#include "test/unit/test.h"

#define THREADS 4
#define NAMES 64
#define ROUNDS 4000

static const struct {
	const char *row, *name;
	bool told, answer, known;
} rows[] = {
	{ "never told", "a.example", false, false, false },
	{ "yes", "b.example", true, true, true },
	{ "no", "c.example", true, false, true },
	{ "empty", "", true, true, true },
	{ "as long as may be",
	    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuv", true, true,
	    true },
	{ "too long", "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvw",
	    true, true, false },
	{ "told again", "b.example", true, false, true },
};

static void
test_rows(void)
{
	struct memo *m = memo_new(1);
	bool answer = false;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].told)
			memo_put(m, span_of(rows[i].name), rows[i].answer);
		CHECK(rows[i].row, memo_find(m, span_of(rows[i].name),
		    &answer) == rows[i].known);
		if (rows[i].known)
			CHECK(rows[i].row, answer == rows[i].answer);
	}
	CHECK("another one in its place", !memo_find(m, span_of("c.example"),
	    &answer));
	CHECK("a zero more", !memo_find(m, span_make("b.example\0", 10),
	    &answer));
	memo_free(m);
}

/* The answer of each name is whether its number is odd. */
static void *
ask_and_tell(void *context)
{
	struct memo *m = context;
	unsigned long i, n, wrong = 0;
	char text[MEMO_NAME_MAX + 1];
	struct span name;
	bool answer;

	for (i = 0; i < ROUNDS; i++) {
		n = i * i % NAMES;
		/* All of its words differ from those of the next one. */
		snprintf(text, sizeof(text), "%08lu%08lu%08lu%08lu%08lu%08lu",
		    n, n, n, n, n, n);
		name = span_of(text);
		if (!memo_find(m, name, &answer))
			memo_put(m, name, n % 2 != 0);
		else
			wrong += answer != (n % 2 != 0);
	}
	return (void *)wrong;
}

static void
test_threads(void)
{
	struct memo *m = memo_new(4);
	pthread_t threads[THREADS];
	unsigned i;
	void *wrong;

	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, ask_and_tell, m);
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &wrong);
		CHECK("by all at once", wrong == NULL);
	}
	memo_free(m);
}

int
main(void)
{
	test_rows();
	test_threads();
	return test_end();
}
