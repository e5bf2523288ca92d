/* geoitem - one value of MaxMind's format. */
#include "net/geoitem.h"

/* How many bytes a value of each type may have. */
static const struct {
	bool known, contained;
	size_t min, max;
} types[GEO_TYPES] = {
	[TYPE_STRING] = {true, true, 0, SIZE_MAX},
	[TYPE_DOUBLE] = {true, true, 8, 8},
	[TYPE_BYTES] = {true, true, 0, SIZE_MAX},
	[TYPE_UINT16] = {true, true, 0, 2},
	[TYPE_UINT32] = {true, true, 0, 4},
	[TYPE_MAP] = {true, false, 0, SIZE_MAX},
	[TYPE_INT32] = {true, true, 0, 4},
	[TYPE_UINT64] = {true, true, 0, 8},
	[TYPE_UINT128] = {true, true, 0, 16},
	[TYPE_ARRAY] = {true, false, 0, SIZE_MAX},
	[TYPE_BOOL] = {true, false, 0, 1},	/* the size is the value */
	[TYPE_FLOAT] = {true, true, 4, 4},
};

uint64_t
geoitem_number(struct span payload)
{
	uint64_t number = 0;
	size_t i;

	for (i = 0; i < payload.n; i++)
		number = number << 8 | (unsigned char)payload.p[i];
	return number;
}

/* Takes n bytes off the front of *rest; false when there are fewer. */
static bool
take(struct span *rest, size_t n, struct span *out)
{
	if (rest->n < n)
		return false;
	*out = span_head(*rest, n);
	*rest = span_skip(*rest, n);
	return true;
}

/* The offsets of shorter pointers begin where those of the next end. */
static bool
read_pointer(unsigned control, struct span *rest, struct geo_item *out)
{
	static const size_t base[] = {0, 2048, 2048 + 524288, 0};
	unsigned more = control >> 3 & 3;
	struct span bytes;

	if (!take(rest, more + 1, &bytes))
		return false;
	out->count = (size_t)geoitem_number(bytes) + base[more];
	if (more < 3)
		out->count += (size_t)(control & 7) << (8 * (more + 1));
	return true;
}

static bool
read_size(unsigned control, struct span *rest, size_t *size)
{
	static const size_t base[] = {0, 29, 285, 65821};
	struct span bytes;
	unsigned more;

	*size = control & 31;
	if (*size < 29)
		return true;
	more = (unsigned)*size - 28;
	if (!take(rest, more, &bytes))
		return false;
	*size = base[more] + (size_t)geoitem_number(bytes);
	return true;
}

static bool
read_value(unsigned control, struct span *rest, struct geo_item *out)
{
	if (!types[out->type].known ||
	    !read_size(control, rest, &out->count) ||
	    out->count < types[out->type].min ||
	    out->count > types[out->type].max)
		return false;
	return !types[out->type].contained ||
	    take(rest, out->count, &out->payload);
}

bool
geoitem_read(struct span section, size_t at, struct geo_item *out)
{
	struct span rest = span_skip(section, at), byte;
	unsigned control, type;

	if (!take(&rest, 1, &byte))
		return false;
	control = (unsigned char)byte.p[0];
	type = control >> 5;
	if (type == 0) {
		if (!take(&rest, 1, &byte))
			return false;
		/* Extended ones begin behind those that need no extension. */
		type = 7 + (unsigned char)byte.p[0];
		if (type == 7 || type >= GEO_TYPES)
			return false;
	}
	*out = (struct geo_item){.type = (enum geo_type)type};
	if (type == TYPE_POINTER ? !read_pointer(control, &rest, out) :
	    !read_value(control, &rest, out))
		return false;
	out->next = section.n - rest.n;
	return true;
}

bool
geoitem_follow(struct span section, size_t at, struct geo_item *out)
{
	if (!geoitem_read(section, at, out))
		return false;
	return out->type != TYPE_POINTER ||
	    (geoitem_read(section, out->count, out) &&
	    out->type != TYPE_POINTER);
}
