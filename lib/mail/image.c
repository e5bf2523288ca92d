/*
 * image - how large a picture says it is.  PNG and JPEG are searched as
 * SpamAssassin's ImageInfo does it, and so give the same answer when damaged.
 */
#include "mail/image.h"

static uint32_t
big16(const unsigned char *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t
big32(const unsigned char *p)
{
	return big16(p) << 16 | big16(p + 2);
}

static uint32_t
little16(const unsigned char *p)
{
	return (uint32_t)p[1] << 8 | p[0];
}

static bool
found(uint32_t width, uint32_t height, struct image *out)
{
	if (width == 0 || height == 0)
		return false;
	out->width = width;
	out->height = height;
	return true;
}

/* GIF89a, 17: the logical screen. */
static bool
gif_size(struct span s, struct image *out)
{
	const unsigned char *p = (const unsigned char *)s.p;

	if (s.n < 10 || (!span_starts(s, "GIF87a") &&
	    !span_starts(s, "GIF89a")))
		return false;
	return found(little16(p + 6), little16(p + 8), out);
}

/* PNG (ISO 15948), 11.2.1: IHDR, with its checksum. */
static bool
png_size(struct span s, struct image *out)
{
	const unsigned char *p;

	if (!span_starts(s, "\211PNG\r\n\032\n"))
		return false;
	/* Eight bytes further each time, not behind the chunk. */
	for (s = span_skip(s, 8); s.n >= 20; s = span_skip(s, 8)) {
		p = (const unsigned char *)s.p;
		if (span_starts(span_skip(s, 4), "IEND"))
			return false;
		if (span_starts(span_skip(s, 4), "IHDR") && big32(p) == 13)
			return found(big32(p + 8), big32(p + 12), out);
	}
	return false;
}

/* Start of frame, of any kind: ITU T.81, table B.1. */
static bool
jpeg_frame(unsigned char mark)
{
	return mark >= 0xc0 && mark <= 0xcf && mark != 0xc4 && mark != 0xc8 &&
	    mark != 0xcc;
}

static bool
jpeg_size(struct span s, struct image *out)
{
	const unsigned char *p;
	size_t length;

	if (!span_starts(s, "\377\330"))
		return false;
	for (s = span_skip(s, 2); s.n >= 4; s = span_skip(s, 2 + length)) {
		p = (const unsigned char *)s.p;
		length = big16(p + 2);
		/* 0xda: the picture itself begins; 0xd9: the end. */
		if (p[0] != 0xff || p[1] == 0xda || p[1] == 0xd9 || length < 2)
			return false;
		if (!jpeg_frame(p[1]))
			continue;
		if (length < 7 || s.n < 9)
			return false;
		return found(big16(p + 7), big16(p + 5), out);
	}
	return false;
}

bool
image_size(enum image_type type, struct span bytes, struct image *out)
{
	switch (type) {
	case IMAGE_GIF:
		return gif_size(bytes, out);
	case IMAGE_PNG:
		return png_size(bytes, out);
	case IMAGE_JPEG:
		return jpeg_size(bytes, out);
	case IMAGE_TYPES:
		break;
	}
	return false;
}
