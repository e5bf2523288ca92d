/* fieldaddr - fuzz entry of addresses and dates as rules see them. */
#include "rules/fieldaddr.h"
#include "rules/loosedate.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span value = span_make((const char *)bytes, n);
	struct fieldaddr found[20];
	struct arena arena;
	int64_t time;

	arena_init(&arena);
	fieldaddr_parse(&arena, value, found, 20);
	loosedate_find(value, &time);
	arena_done(&arena);
	return 0;
}
