/* geowalk - every value that lookups in a section can come to. */
#include "net/geowalk.h"

#include <stdlib.h>

#include "base/mem.h"
#include "net/geocheck.h"
#include "net/geoitem.h"

/*
 * Values that stand in several records are looked at again where they are
 * reached by a pointer, some three times in real files.  Records that overlap
 * in a hostile one would cost the square of its size.
 */
#define BUDGET_PER_BYTE 8
#define BUDGET_MIN 1000

const char *const geo_keys[GEO_KEYS] = {
	[KEY_COUNTRY] = "country",
	[KEY_REGISTERED_COUNTRY] = "registered_country",
	[KEY_COUNTRY_CODE] = "country_code",
	[KEY_NUMBER] = "autonomous_system_number",
	[KEY_ASN] = "asn",
	[KEY_ORGANIZATION] = "autonomous_system_organization",
	[KEY_AS_NAME] = "as_name",
	[KEY_TRAITS] = "traits",
};

void
geowalk_init(struct geo_walk *w, struct span section)
{
	*w = (struct geo_walk){.section = section};
	w->begun = mem_alloc(section.n / 8 + 1);
	w->ended = mem_alloc(section.n / 8 + 1);
	w->budget = section.n * BUDGET_PER_BYTE + BUDGET_MIN;
}

void
geowalk_done(struct geo_walk *w)
{
	free(w->begun);
	free(w->ended);
}

static bool
bit_of(const uint8_t *bits, size_t at)
{
	return bits[at / 8] >> at % 8 & 1;
}

static void
set_bit(uint8_t *bits, size_t at)
{
	bits[at / 8] |= (uint8_t)(1 << at % 8);
}

bool
geowalk_seen(const struct geo_walk *w, size_t at)
{
	return at < w->section.n && bit_of(w->begun, at);
}

static bool
fail(struct geo_walk *w, const char *why)
{
	if (w->why == NULL)
		w->why = why;
	return false;
}

/* Values of one record are counted by room: a lookup may pass all of them. */
static size_t walk(struct geo_walk *, size_t at, unsigned depth, size_t *room);

static void
note_key(struct geo_walk *w, struct span key)
{
	size_t i;

	for (i = 0; i < GEO_KEYS; i++)
		if (span_is(key, geo_keys[i]))
			w->keys |= 1u << i;
}

/* A key is a string, or points to one. */
static size_t
walk_key(struct geo_walk *w, size_t at, unsigned depth, size_t *room)
{
	struct geo_item key;

	if (!geoitem_follow(w->section, at, &key) || key.type != TYPE_STRING) {
		fail(w, "a key that is no string");
		return 0;
	}
	note_key(w, key.payload);
	return walk(w, at, depth, room);
}

static size_t
walk_members(struct geo_walk *w, const struct geo_item *item, unsigned depth,
    size_t *room)
{
	size_t i, at = item->next;

	for (i = 0; i < item->count && at != 0; i++) {
		if (item->type == TYPE_MAP)
			at = walk_key(w, at, depth + 1, room);
		if (at != 0)
			at = walk(w, at, depth + 1, room);
	}
	return at;
}

static size_t
walk(struct geo_walk *w, size_t at, unsigned depth, size_t *room)
{
	struct geo_item item;

	if (depth > GEOCHECK_DEPTH_MAX)
		return fail(w, "data nested too deep");
	if (*room == 0)
		return fail(w, "a record of too many values");
	if (w->budget == 0)
		return fail(w, "records that overlap");
	--*room;
	--w->budget;
	if (!geoitem_read(w->section, at, &item))
		return fail(w, "data that cannot be read");
	if (item.type == TYPE_POINTER)
		return geowalk_entry(w, item.count, depth + 1) ? item.next : 0;
	if (item.type == TYPE_MAP || item.type == TYPE_ARRAY)
		return walk_members(w, &item, depth, room);
	return item.next;
}

bool
geowalk_entry(struct geo_walk *w, size_t at, unsigned depth)
{
	size_t room = GEOCHECK_ITEMS_MAX;
	struct geo_item item;

	if (!geoitem_read(w->section, at, &item))
		return fail(w, "a pointer or record to no data");
	if (item.type == TYPE_POINTER)
		return fail(w, "a pointer to a pointer");
	if (bit_of(w->begun, at))
		return bit_of(w->ended, at) ||
		    fail(w, "data that contain themselves");
	set_bit(w->begun, at);
	if (walk(w, at, depth, &room) == 0)
		return false;
	set_bit(w->ended, at);
	return true;
}

size_t
geowalk_value(struct geo_walk *w, size_t at)
{
	size_t room = GEOCHECK_ITEMS_MAX;

	return walk(w, at, 0, &room);
}
