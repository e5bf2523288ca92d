/* asking - lists of questions, and what follows from their answers. */
#include "net/asking.h"

#include "test/unit/test.h"

#define WAIT_MS 20000

static struct span
name_of(struct arena *arena, const char *kind, unsigned number)
{
	return arena_printf(arena, "%s%u.example", kind, number);
}

/* Each answer leads to the next name, twice, until context says so. */
static void
follow(struct asking *a, const struct question *q)
{
	const unsigned *last = a->context;
	struct arena *arena = asking_arena(a);
	unsigned next = q->tag + 1;
	struct span subject = q->subject;

	if (next > *last)
		return;
	asking_add(a, name_of(arena, "n", next), DNS_A, next, q->name);
	/* q is what it was, wherever the list is now. */
	CHECK("subject", span_eq(q->subject, subject));
	asking_add(a, name_of(arena, "N", next), DNS_A, next, q->name);
}

/* As many as follow from one, and what each was about. */
static void
test_follow(void)
{
	static const struct {
		const char *name;
		unsigned last;
		size_t count;
		bool full;
	} rows[] = {
		{"one", 0, 1, false},
		{"as many as there is room for at first", 7, 8, false},
		{"one more", 8, 9, false},
		{"many", 100, 101, false},
		{"all", ASKING_MAX - 1, ASKING_MAX, false},
		{"too many", ASKING_MAX, ASKING_MAX, true},
	};
	struct dns *dns = dns_table();
	struct dns_job *job;
	struct asking *a;
	struct arena arena;
	size_t i, k, wrong;

	arena_init(&arena);
	for (i = 0; i <= ASKING_MAX; i++)
		dns_table_add(dns, name_of(&arena, "n", (unsigned)i).p, DNS_A,
		    span_of("192.0.2.1"));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		job = asking_new(dns, follow, &rows[i].last);
		a = asking_of(job);
		CHECK(rows[i].name, asking_add(a, span_of("n0.example"),
		    DNS_A, 0, span_of("start")));
		asking_start(job);
		dns_job_wait(job, WAIT_MS);
		CHECK(rows[i].name, asking_done(job));
		CHECK(rows[i].name, a->count == rows[i].count &&
		    a->full == rows[i].full);
		for (wrong = 0, k = 0; k < a->count; k++)
			wrong += a->items[k].tag != k ||
			    !span_eq(a->items[k].name, name_of(&arena, "n",
			    (unsigned)k)) ||
			    a->items[k].answer == NULL ||
			    a->items[k].answer->status != DNS_FOUND ||
			    !span_eq(a->items[k].subject, k == 0 ?
			    span_of("start") : a->items[k - 1].name);
		CHECK(rows[i].name, wrong == 0);
		dns_job_free(job);
	}
	arena_done(&arena);
	dns_free(dns);
}

int
main(void)
{
	test_follow();
	return test_end();
}
