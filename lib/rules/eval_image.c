/*
 * eval_image - functions about attached pictures, of SpamAssassin's ImageInfo:
 * how many there are, how large, what their files are called.
 */
#include "rules/eval.h"

#include <stddef.h>

#include "mail/image.h"
#include "rules/evalarg.h"

#define ALL IMAGE_TYPES		/* "all" counts as a type of its own */

struct picture {
	enum image_type type;
	bool known;		/* its header says how large it is */
	struct image size;
	struct span name;	/* of the file, or empty */
};

struct pictures {
	struct picture *items;
	size_t count;
};

/* Only base64, as a mail reader makes it. */
static bool
picture_type(const struct part *part, enum image_type *type)
{
	static const struct {
		const char *name;
		enum image_type type;
	} rows[] = {
		{"image/gif", IMAGE_GIF}, {"image/png", IMAGE_PNG},
		{"image/jpeg", IMAGE_JPEG}, {"image/jpg", IMAGE_JPEG},
	};
	const struct header *h = part_last_field(part,
	    "Content-Transfer-Encoding");
	size_t i;

	if (part->children > 0 || h == NULL ||
	    !span_iis(span_trim(h->value), "base64"))
		return false;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (span_is(part->type, rows[i].name)) {
			*type = rows[i].type;
			return true;
		}
	return false;
}

static const struct pictures *
pictures_of(struct facts *f)
{
	struct mime *mime = reading_mime(f->reading);
	struct pictures *all = f->slots[SLOT_IMAGE];
	struct picture *p;
	enum image_type type;
	size_t i;

	if (all != NULL)
		return all;
	all = f->slots[SLOT_IMAGE] = arena_alloc(f->arena, sizeof(*all));
	all->items = arena_alloc(f->arena, mime->count * sizeof(*all->items));
	for (i = 0; i < mime->count; i++) {
		if (!picture_type(&mime->parts[i], &type))
			continue;
		p = &all->items[all->count++];
		p->type = type;
		p->name = mime->parts[i].name;
		p->known = image_size(type, part_bytes(f->arena,
		    &mime->parts[i]), &p->size);
	}
	return all;
}

/* The type that the first argument names; false when there is none. */
static bool
wanted_type(const struct eval_call *call, unsigned *type)
{
	static const char *const names[] = {
		[IMAGE_GIF] = "gif", [IMAGE_PNG] = "png",
		[IMAGE_JPEG] = "jpeg", [ALL] = "all",
	};

	for (*type = 0; *type <= ALL; (*type)++)
		if (span_is(call->args[0].text, names[*type]))
			return true;
	return false;
}

static bool
is_type(const struct picture *p, unsigned type)
{
	return type == ALL || p->type == type;
}

/* From the argument i to the next one, where that is given. */
static bool
in_range(const struct eval_call *call, size_t i, double value)
{
	return value >= evalarg_number(call, i, value) &&
	    value <= evalarg_number(call, i + 1, value);
}

static int
count(struct facts *f, const struct eval_call *call)
{
	const struct pictures *all = pictures_of(f);
	size_t i, n = 0;
	unsigned type;

	if (!wanted_type(call, &type))
		return 0;
	for (i = 0; i < all->count; i++)
		n += is_type(&all->items[i], type);
	return in_range(call, 1, (double)n);
}

/* Pixels of all such pictures. */
static double
area(struct facts *f, unsigned type)
{
	const struct pictures *all = pictures_of(f);
	double sum = 0;
	size_t i;

	for (i = 0; i < all->count; i++)
		if (all->items[i].known && is_type(&all->items[i], type))
			sum += (double)all->items[i].size.width *
			    (double)all->items[i].size.height;
	return sum;
}

static int
coverage(struct facts *f, const struct eval_call *call)
{
	unsigned type;

	return wanted_type(call, &type) && in_range(call, 1, area(f, type));
}

/* The text that the rule was declared on: rendered, or as it is. */
static const struct texts *
text_of(struct facts *f, const struct eval_call *call)
{
	const struct rule *rule = (const struct rule *)(const void *)
	    ((const char *)call - offsetof(struct rule, call));

	return rule->over == RULE_RAWBODY ? reading_raw(f->reading) :
	    reading_body(f->reading);
}

static int
text_ratio(struct facts *f, const struct eval_call *call)
{
	const struct texts *texts = text_of(f, call);
	double pixels, ratio;
	size_t i, n = 0;
	unsigned type;

	if (!wanted_type(call, &type))
		return 0;
	pixels = area(f, type);
	for (i = 0; i < texts->count; i++)
		n += texts->items[i].n;
	if (n == 0 || pixels == 0)
		return 0;
	ratio = (double)n / pixels;
	return in_range(call, 1, ratio) &&
	    ratio < evalarg_number(call, 2, 0);
}

static int
size_exact(struct facts *f, const struct eval_call *call)
{
	const struct pictures *all = pictures_of(f);
	double height = evalarg_number(call, 1, 0);
	double width = evalarg_number(call, 2, 0);
	const struct picture *p;
	unsigned type;
	size_t i;

	if (!wanted_type(call, &type))
		return 0;
	for (i = 0; i < all->count; i++) {
		p = &all->items[i];
		if (p->known && is_type(p, type) && p->size.height == height &&
		    p->size.width == width)
			return 1;
	}
	return 0;
}

/* Least height and width, and perhaps most height and width. */
static int
size_range(struct facts *f, const struct eval_call *call)
{
	const struct pictures *all = pictures_of(f);
	const struct picture *p;
	unsigned type;
	size_t i;

	if (!wanted_type(call, &type))
		return 0;
	for (i = 0; i < all->count; i++) {
		p = &all->items[i];
		if (p->known && is_type(p, type) &&
		    p->size.height >= evalarg_number(call, 1, 0) &&
		    p->size.width >= evalarg_number(call, 2, 0) &&
		    p->size.height <= evalarg_number(call, 3, UINT32_MAX) &&
		    p->size.width <= evalarg_number(call, 4, UINT32_MAX))
			return 1;
	}
	return 0;
}

static int
named(struct facts *f, const struct eval_call *call)
{
	const struct pictures *all = pictures_of(f);
	size_t i;

	for (i = 0; i < all->count; i++)
		if (all->items[i].known && all->items[i].name.n > 0 &&
		    span_eq(all->items[i].name, call->args[0].text))
			return 1;
	return 0;
}

static int
name_regex(struct facts *f, const struct eval_call *call)
{
	const struct pictures *all = pictures_of(f);
	struct regex_found found;
	size_t i;

	for (i = 0; i < all->count; i++)
		if (all->items[i].known && all->items[i].name.n > 0 &&
		    regex_match(call->args[0].regex, f->scratch,
		    all->items[i].name, 0, &found) == REGEX_MATCH)
			return 1;
	return 0;
}

#define ROW(name, function, least, most) \
	{name, function, least, most, 0, "ImageInfo"}

const struct eval evals_image[] = {
	ROW("image_count", count, 2, 3),
	{"image_name_regex", name_regex, 1, 1, 1u << 0, "ImageInfo"},
	ROW("image_named", named, 1, 1),
	ROW("image_size_exact", size_exact, 3, 3),
	ROW("image_size_range", size_range, 3, 5),
	ROW("image_to_text_ratio", text_ratio, 3, 3),
	ROW("pixel_coverage", coverage, 2, 3),
	{0},
};
