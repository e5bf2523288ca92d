/* geocheck - whether bytes may be handed to libmaxminddb. */
#include "net/geocheck.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/geoitem.h"
#include "net/geowalk.h"

#define MARKER "\xab\xcd\xefMaxMind.com"
#define METADATA_MAX (128 << 10)	/* from the end of the file */
#define SEPARATOR 16			/* zeroes between tree and data */
#define BITS_MAX 128
#define BUILT_MAX INT64_C(253402300799)	/* the end of the year 9999 */

/* What the metadata say, as far as it decides how bytes are read. */
struct metadata {
	uint64_t nodes, record_bits, ip_version, major, minor, built;
};

struct tree {
	const unsigned char *p;
	size_t nodes;
	size_t node_bytes;
	size_t bits;		/* of an address */
	uint8_t *heights;	/* of finished nodes, in bits; else 0 */
	struct geo_walk *walk;
	size_t records;
	const char *why;
};

/* The metadata behind their last marker; *before becomes what is ahead. */
static bool
find_metadata(struct span bytes, struct span *before, struct span *metadata)
{
	static const struct span marker = SPAN(MARKER);
	size_t start = bytes.n > METADATA_MAX ? bytes.n - METADATA_MAX : 0;
	struct span rest = span_skip(bytes, start);
	size_t at = span_find(rest, marker);
	bool found = false;

	while (at < rest.n) {
		start += at;
		*before = span_head(bytes, start);
		start += marker.n;
		*metadata = rest = span_skip(bytes, start);
		found = true;
		at = span_find(rest, marker);
	}
	return found;
}

/* A member of the map that metadata are, pointers followed. */
static bool
find_member(struct geo_walk *w, const char *name, struct geo_item *out)
{
	struct geo_item map, key;
	size_t i, at;

	if (!geoitem_read(w->section, 0, &map) || map.type != TYPE_MAP)
		return false;
	at = map.next;
	for (i = 0; i < map.count && at != 0; i++) {
		if (!geoitem_follow(w->section, at, &key))
			return false;
		at = geowalk_value(w, at);
		if (at != 0 && span_is(key.payload, name))
			return geoitem_follow(w->section, at, out);
		if (at != 0)
			at = geowalk_value(w, at);
	}
	return false;
}

/* Strings only, so that who expands them meets nothing to go down into. */
static bool
only_strings(struct geo_walk *w, const struct geo_item *item)
{
	size_t i, at = item->next;
	size_t n = item->count * (item->type == TYPE_MAP ? 2 : 1);
	struct geo_item string;

	if (item->count > GEOCHECK_NAMES_MAX)
		return false;
	for (i = 0; i < n; i++) {
		if (!geoitem_follow(w->section, at, &string) ||
		    string.type != TYPE_STRING)
			return false;
		at = geowalk_value(w, at);
	}
	return true;
}

static const char *
read_members(struct geo_walk *w, struct metadata *m)
{
	const struct {
		const char *name;
		enum geo_type type;
		uint64_t *number;
	} rows[] = {
		{"node_count", TYPE_UINT32, &m->nodes},
		{"record_size", TYPE_UINT16, &m->record_bits},
		{"ip_version", TYPE_UINT16, &m->ip_version},
		{"database_type", TYPE_STRING, NULL},
		{"languages", TYPE_ARRAY, NULL},
		{"binary_format_major_version", TYPE_UINT16, &m->major},
		{"binary_format_minor_version", TYPE_UINT16, &m->minor},
		{"build_epoch", TYPE_UINT64, &m->built},
		{"description", TYPE_MAP, NULL},
	};
	struct geo_item item;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!find_member(w, rows[i].name, &item) ||
		    item.type != rows[i].type)
			return rows[i].name;
		if (rows[i].number != NULL)
			*rows[i].number = geoitem_number(item.payload);
		else if (item.type != TYPE_STRING && !only_strings(w, &item))
			return rows[i].name;
	}
	return NULL;
}

static int
read_metadata(struct span bytes, struct metadata *m, struct error *error)
{
	struct geo_walk walk;
	const char *name = NULL, *why = NULL;

	geowalk_init(&walk, bytes);
	if (geowalk_value(&walk, 0) == 0)
		why = walk.why;
	else
		name = read_members(&walk, m);
	geowalk_done(&walk);
	if (why != NULL)
		return error_set(error, "its metadata: %s", why);
	if (name != NULL)
		return error_set(error, "its metadata have no %s as it should "
		    "be", name);
	if (m->major != 2)
		return error_set(error, "version %llu of the format, not 2",
		    (unsigned long long)m->major);
	if ((m->record_bits != 24 && m->record_bits != 28 &&
	    m->record_bits != 32) || m->nodes == 0 || m->built == 0 ||
	    (m->ip_version != 4 && m->ip_version != 6))
		return error_set(error, "numbers in its metadata that cannot "
		    "be");
	return 0;
}

/* The left (0) or right (1) record of a node. */
static size_t
record_of(const struct tree *t, size_t node, unsigned side)
{
	const unsigned char *p = t->p + node * t->node_bytes;
	const unsigned char *q = p + (side == 0 ? 0 : t->node_bytes - 3);
	size_t low;

	if (t->node_bytes == 8) {
		p += side * 4;
		return (size_t)p[0] << 24 | (size_t)p[1] << 16 |
		    (size_t)p[2] << 8 | p[3];
	}
	low = (size_t)q[0] << 16 | (size_t)q[1] << 8 | q[2];
	if (t->node_bytes == 6)
		return low;
	/* The byte in the middle: the left record's half stands first. */
	return low | (size_t)(side == 0 ? p[3] >> 4 : p[3] & 15) << 24;
}

static bool
fail(struct tree *t, const char *why)
{
	t->why = why;
	return false;
}

static bool
check_record(struct tree *t, size_t record)
{
	size_t at;

	if (record == t->nodes)		/* nothing is known there */
		return true;
	if (record < t->nodes + SEPARATOR)
		return fail(t, "a record between tree and data");
	at = record - t->nodes - SEPARATOR;
	t->records += !geowalk_seen(t->walk, at);
	return geowalk_entry(t->walk, at, 0) || fail(t, t->walk->why);
}

/* A node on the way from the root. */
struct step {
	size_t node;
	uint8_t side;		/* the record that comes next; 2: none */
	uint8_t high;		/* of the higher branch so far */
};

static void
raise_to(uint8_t *high, uint8_t height)
{
	if (*high < height)
		*high = height;
}

/*
 * Nodes may be reached by several ways, as IPv4 is in an IPv6 tree, but no way
 * may be longer than an address: so there is no circle either.
 */
static bool
check_tree(struct tree *t)
{
	struct step way[BITS_MAX] = {{0}}, *step;
	size_t n = 1, record;
	uint8_t height;

	while (n > 0) {
		step = &way[n - 1];
		if (step->side == 2) {
			height = (uint8_t)(step->high + 1);
			t->heights[step->node] = height;
			if (--n > 0)
				raise_to(&way[n - 1].high, height);
			continue;
		}
		record = record_of(t, step->node, step->side++);
		if (record >= t->nodes) {
			if (!check_record(t, record))
				return false;
			continue;
		}
		height = t->heights[record];
		if (n + (height == 0 ? 1 : height) > t->bits)
			return fail(t, "a tree deeper than an address is "
			    "long");
		raise_to(&step->high, height);
		if (height == 0)
			way[n++] = (struct step){.node = record};
	}
	return true;
}

static int
check_records(struct span before, const struct metadata *m,
    struct geocheck *out, struct error *error)
{
	struct tree tree = {
		.p = (const unsigned char *)before.p,
		.nodes = (size_t)m->nodes,
		.node_bytes = (size_t)m->record_bits / 4,
		.bits = m->ip_version == 4 ? 32 : BITS_MAX,
	};
	struct geo_walk walk;

	/* Divided, for the product of lies may be a small number. */
	if (before.n < SEPARATOR ||
	    tree.nodes > (before.n - SEPARATOR) / tree.node_bytes)
		return error_set(error, "%zu nodes in %zu bytes: half of a "
		    "file?", tree.nodes, before.n);
	geowalk_init(&walk, span_skip(before,
	    tree.nodes * tree.node_bytes + SEPARATOR));
	tree.heights = mem_alloc(tree.nodes);
	tree.walk = &walk;
	if (check_tree(&tree)) {
		out->keys = walk.keys;
		out->nodes = tree.nodes;
		out->records = tree.records;
		out->built = m->built <= BUILT_MAX ? (int64_t)m->built : 0;
	}
	free(tree.heights);
	geowalk_done(&walk);
	return tree.why == NULL ? 0 : error_set(error, "%s", tree.why);
}

int
geocheck(struct span bytes, struct geocheck *out, struct error *error)
{
	struct metadata metadata = {0};
	struct span before, last;

	if (!find_metadata(bytes, &before, &last))
		return error_set(error, "no file of MaxMind's format, or half "
		    "of one: no metadata at its end");
	if (read_metadata(last, &metadata, error) != 0)
		return -1;
	return check_records(before, &metadata, out, error);
}
