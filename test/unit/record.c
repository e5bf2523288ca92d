/* record - bytes that are no record, and the arithmetic of decay. */
#include "test/unit/test.h"

#include "store/record.h"

#define DAY INT64_C(86400000)

/* Bytes that are no record, whatever an unsound disk gives back. */
static void
test_damage(void)
{
	static const struct {
		const char *name;
		struct span bytes;
	} rows[] = {
		{"empty", SPAN("")},
		{"kind alone", SPAN("B")},
		{"short expiry", SPAN("B\0\0\0\0\0\0\x7f")},
		{"unknown kind", SPAN("X\0\0\0\0\0\0\0\x7f")},
		{"no sum", SPAN("N\0\0\0\0\0\0\0\x7f")},
		{"short sum", SPAN("N\0\0\0\0\0\0\0\x7f" "1234567")},
		{"large sum", SPAN("N\0\0\0\0\0\0\0\x7f" "12345678")},
		{"sum and more", SPAN("N\0\0\0\0\0\0\0\x7f"
			"\0\0\0\0\0\0\0\0" "\0\0\0\0\0\0\0\0")},
		{"half life 0", SPAN("D\0\0\0\0\0\0\0\x7f"
			"\0\0\0\0\0\0\0\0" "\0\0\0\0\0\0\0\0"
			"\0\0\0\0\0\0\0\0")},
		{"tokens < 0", SPAN("T\0\0\0\0\0\0\0\x7f"
			"\xff\xff\xff\xff\xff\xff\xff\xff" "\0\0\0\0\0\0\0\0")},
	};
	static const enum store_verb readers[] = {STORE_GET, STORE_PUT_NEW,
	    STORE_ADD, STORE_DECAY, STORE_TAKE};
	struct store_op op;
	struct record r;
	size_t i, j;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (j = 0; j < sizeof(readers) / sizeof(readers[0]); j++) {
			op = (struct store_op){.verb = readers[j],
			    .ttl = 1, .half_life = 1, .burst = 1};
			CHECK(rows[i].name, record_apply(&op, rows[i].bytes, 1,
				&r) == RECORD_KEEP);
			CHECK(rows[i].name, op.answer == STORE_FAILED);
		}
		op = (struct store_op){.verb = STORE_DELETE};
		CHECK(rows[i].name, record_apply(&op, rows[i].bytes, 1, &r) ==
		    RECORD_REMOVE);
		CHECK(rows[i].name, op.answer == STORE_ABSENT);
		CHECK(rows[i].name, record_expired(rows[i].bytes, 1));
	}
}

/* number * 2^(-elapsed / half_life) by hand. */
static void
test_decayed(void)
{
	static const struct {
		const char *name;
		int64_t number, elapsed, half_life, wanted, off;
	} rows[] = {
		{"nothing", 0, 5, 1, 0, 0},
		{"no time", 12345, 0, 7, 12345, 0},
		{"no time, largest", INT64_MAX, 0, 1, INT64_MAX, 0},
		{"one", 4000, 7, 7, 2000, 0},
		{"up", 5, 7, 7, 3, 0},
		{"negative", -5, 7, 7, -3, 0},
		{"forty", INT64_C(1) << 40, 40 * DAY, DAY, 1, 0},
		{"a half left", INT64_C(1) << 40, 41 * DAY, DAY, 1, 0},
		{"nothing left", INT64_C(1) << 40, 42 * DAY, DAY, 0, 0},
		{"all 62", INT64_C(1) << 62, 62, 1, 1, 0},
		{"all 63", INT64_MAX, 63, 1, 0, 0},
		{"ages", INT64_MAX, INT64_MAX, 1, 0, 0},
		{"half of one", 1000000, 1, 2, 707107, 0},
		{"third", 1000000, 1, 3, 793701, 0},
		{"two thirds", 1000000, 2, 3, 629961, 0},
		{"tenth", 1000000, DAY / 10, DAY, 933033, 0},
		{"last moment", 1000000000, DAY - 1, DAY, 500000004, 1},
		{"long", 1000000000, 45 * DAY, 90 * DAY, 707106781, 1},
		{"longest", 1000000000, INT64_MAX - 1, INT64_MAX, 500000000,
		    1},
		{"large", INT64_C(1000000000000000000), 1, 2,
		    INT64_C(707106781186547524), INT64_C(1) << 30},
	};
	size_t i;
	int64_t got;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		got = record_decayed(rows[i].number, rows[i].elapsed,
		    rows[i].half_life);
		if (!CHECK(rows[i].name, got >= rows[i].wanted - rows[i].off &&
			got - rows[i].off <= rows[i].wanted))
			fprintf(stderr, "  got %lld\n", (long long)got);
	}
}

int
main(void)
{
	test_damage();
	test_decayed();
	return test_end();
}
