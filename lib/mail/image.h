/*
 * image - how large a picture says it is: GIF, PNG and JPEG, by their header
 * alone.  Time is linear in the bytes, nothing is decoded, a lie is believed.
 * Pure functions, any thread.
 */
#ifndef MAIL_IMAGE_H
#define MAIL_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum image_type { IMAGE_GIF, IMAGE_PNG, IMAGE_JPEG, IMAGE_TYPES };

struct image {
	uint32_t width, height;	/* pixels; neither is 0 */
};

/* False when the bytes are no such picture, or tell no size. */
bool image_size(enum image_type, struct span bytes, struct image *out);

#endif
