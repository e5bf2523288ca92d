/* image - the size of a picture never depends on what lies behind its bytes. */
#include <assert.h>

#include "mail/image.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = span_make((const char *)data, size);
	struct image image;
	unsigned type;

	for (type = 0; type < IMAGE_TYPES; type++)
		if (image_size((enum image_type)type, bytes, &image))
			assert(image.width > 0 && image.height > 0);
	return 0;
}
