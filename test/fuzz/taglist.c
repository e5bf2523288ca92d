/* taglist - fuzz entry of lists of tags, colon lists and base64. */
#include "auth/taglist.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span rest, item, text = span_make((const char *)bytes, n);
	struct taglist list;
	struct arena arena;
	size_t i;

	arena_init(&arena);
	if (taglist_parse(text, &list) == NULL) {
		for (i = 0; i < list.count; i++) {
			rest = list.tags[i].value;
			taglist_base64(&arena, rest, &item);
			while (taglist_item(&rest, &item))
				taglist_has(item, "x");
		}
	}
	arena_done(&arena);
	return 0;
}
