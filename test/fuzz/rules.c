/* rules - fuzz entry: a file of rules, and the lists made of it. */
#include <stdlib.h>
#include "rules/lists.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct weights known;
	struct ruleset_options options = {.score_set = n % 4,
	    .local_only = n & 4, .check_patterns = n & 8, .symbols = &known};
	struct ruleset_reader *reader;
	struct ruleset *set;
	size_t i;

	weights_init(&known);
	reader = ruleset_begin(&options);
	if (ruleset_parse(reader, span_make((const char *)bytes, n), "f",
	    NULL, NULL) != 0) {
		ruleset_abandon(reader);
	} else if ((set = ruleset_end(reader, NULL)) != NULL) {
		for (i = 0; i < set->meta_count; i++)
			if (!set->metas[i]->active)
				abort();
		ruleset_weigh(set, &known);
		lists_free(lists_new(set, NULL));
		ruleset_free(set);
	}
	weights_done(&known);
	return 0;
}
