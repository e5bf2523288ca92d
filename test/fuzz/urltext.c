/* urltext - fuzz entry of links in text, and of the forms that rules see. */
#include "mail/links.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct suffixes *suffixes;	/* slow to open */
	struct links_view view = { .redirect = NULL };
	struct registry registry;
	struct arena arena;

	if (suffixes == NULL)
		suffixes = suffixes_open("", NULL);
	arena_init(&arena);
	registry_init(&registry);
	registry_add(&registry, 1, span_of("com"));
	registry_add(&registry, 1, span_of("uk"));
	registry_add(&registry, 2, span_of("co.uk"));
	view.registry = &registry;
	view.suffixes = suffixes;
	links_add_text(links_new(&arena, &view),
	    span_make((const char *)bytes, n));
	registry_done(&registry);
	arena_done(&arena);
	return 0;
}
