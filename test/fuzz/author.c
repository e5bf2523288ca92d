/* author - fuzz entry of the author domain; fields are split at NUL. */
#include <stdlib.h>

#include "auth/author.h"
#include "mail/domain.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span fields[4], rest = span_make((const char *)bytes, n);
	struct author author;
	struct arena arena;
	size_t count = 0, i;

	while (count < 4 && span_cut(&rest, '\0', &fields[count]))
		count++;
	arena_init(&arena);
	author_find(&arena, fields, count, &author);
	if ((author.kind == AUTHOR_NONE) != (author.count == 0) ||
	    (author.kind == AUTHOR_ONE) != (author.reason == NULL))
		abort();
	for (i = 0; i < author.count; i++)
		if (author.domains[i].n == 0 ||
		    author.domains[i].n > DOMAIN_MAX)
			abort();
	arena_done(&arena);
	return 0;
}
