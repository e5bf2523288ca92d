/* engine_strings - which of many strings occur in a text. */
#include "rules/engine_strings.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Bytes fall into 32 classes: letters, and some for the others. */
#define CLASS_BITS 5
#define CLASSES (1u << CLASS_BITS)
#define KEY_BYTES 4

/* Keys are kept at the upper end of 32 bits, so that older bytes fall out. */
#define KEY_SHIFT (32 - KEY_BYTES * CLASS_BITS)

/* Bytes of a string that are compared at once. */
#define HEAD_BYTES 8

/* Bits for each entry in the map of keys, and its size, as powers of two. */
#define MAP_SPARSE 4
#define MAP_MIN 10
#define MAP_MAX 17

/*
 * A string at one of its keys.  One of three bytes has a key for every class
 * that may come after it.
 */
struct entry {
	struct literal text;
	uint8_t at;		/* where the key is in it */
	unsigned set;
	uint32_t hash;
	uint32_t others;	/* the first entry that is of another string */
	uint64_t head, mask;	/* its first bytes; which of them there are */
};

struct engine_strings {
	struct entry *all;	/* in the order of their buckets */
	size_t n;
	uint32_t *map;		/* a bit for every hash of 1 << map_bits */
	uint32_t *first;	/* of 1 << bucket_bits, and the end */
	unsigned map_bits, bucket_bits;
	uint32_t class[256];	/* as the last of a key */
	uint8_t lower[256];
};

static unsigned
class_of(unsigned char byte)
{
	int c = char_lower(byte);

	if (char_alpha(c))
		return (unsigned)(c - 'a');
	if (char_digit(c))
		return 26 + (unsigned)(c - '0') % 2;
	return 28 + byte % 4;
}

static uint32_t
hash_of(uint32_t key)
{
	return key * UINT32_C(2654435761);
}

/* The bytes in a row that text holds least often. */
static uint8_t
choose_place(const struct literal *text)
{
	unsigned best = 0, sum, i;
	uint8_t at, place = 0;

	for (at = 0; at + KEY_BYTES <= text->n; at++) {
		for (sum = 0, i = 0; i < KEY_BYTES; i++)
			sum += literal_rarity(text->p[at + i]);
		if (sum > best) {
			best = sum;
			place = at;
		}
	}
	return place;
}

static void
add_entry(struct engine_strings *s, const struct literal *text, unsigned set,
    unsigned after)
{
	struct entry *e = &s->all[s->n++];
	uint32_t key = 0;
	unsigned i;

	e->text = *text;
	e->at = choose_place(text);
	e->set = set;
	for (i = 0; i < KEY_BYTES; i++)
		key = key << CLASS_BITS | (e->at + i < text->n ?
		    s->class[(unsigned char)text->p[e->at + i]] :
		    after << KEY_SHIFT);
	e->hash = hash_of(key);
	i = text->n < HEAD_BYTES ? text->n : HEAD_BYTES;
	e->head = e->mask = 0;
	memcpy(&e->head, text->p, i);
	memset(&e->mask, 0xff, i);
}

static size_t
count_entries(const struct literal *text)
{
	return text->n < KEY_BYTES ? CLASSES : 1;
}

static void
add_sets(struct engine_strings *s, const struct literals *const *sets, size_t n)
{
	size_t i, k, count = 0;
	unsigned after;

	for (i = 0; i < n; i++)
		for (k = 0; k < sets[i]->n; k++)
			count += count_entries(&sets[i]->all[k]);
	s->all = mem_array(NULL, count, sizeof(*s->all));
	for (i = 0; i < n; i++)
		for (k = 0; k < sets[i]->n; k++)
			for (after = 0; after <
			    count_entries(&sets[i]->all[k]); after++)
				add_entry(s, &sets[i]->all[k], (unsigned)i,
				    after);
}

static int
compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	if (x->text.n != y->text.n)
		return x->text.n < y->text.n ? -1 : 1;
	return memcmp(x->text.p, y->text.p, x->text.n);
}

/* Many sets may have the same string, which is compared once for all. */
static void
find_others(struct engine_strings *s)
{
	size_t i;

	for (i = s->n; i-- > 0;)
		s->all[i].others = i + 1 < s->n && compare(&s->all[i],
		    &s->all[i + 1]) == 0 ? s->all[i + 1].others :
		    (uint32_t)i + 1;
}

/* Buckets are the first bits of hashes, so that sorting puts them in a row. */
static void
make_tables(struct engine_strings *s)
{
	size_t i, buckets;
	uint32_t bit;

	s->bucket_bits = MAP_MIN - MAP_SPARSE;
	while (s->bucket_bits < MAP_MAX && (size_t)1 << s->bucket_bits < s->n)
		s->bucket_bits++;
	s->map_bits = s->bucket_bits + MAP_SPARSE < MAP_MAX ?
	    s->bucket_bits + MAP_SPARSE : MAP_MAX;
	buckets = (size_t)1 << s->bucket_bits;
	s->map = mem_alloc(((size_t)1 << s->map_bits) / 8);
	s->first = mem_alloc((buckets + 1) * sizeof(*s->first));
	qsort(s->all, s->n, sizeof(*s->all), compare);
	find_others(s);
	for (i = 0; i < s->n; i++) {
		bit = s->all[i].hash >> (32 - s->map_bits);
		s->map[bit / 32] |= UINT32_C(1) << bit % 32;
		s->first[(s->all[i].hash >> (32 - s->bucket_bits)) + 1]++;
	}
	for (i = 0; i < buckets; i++)
		s->first[i + 1] += s->first[i];
}

struct engine_strings *
engine_strings_new(const struct literals *const *sets, size_t n)
{
	struct engine_strings *s = mem_alloc(sizeof(*s));
	size_t i;

	for (i = 0; i < 256; i++) {
		s->class[i] = (uint32_t)class_of((unsigned char)i) <<
		    KEY_SHIFT;
		s->lower[i] = (uint8_t)char_lower((int)i);
	}
	add_sets(s, sets, n);
	make_tables(s);
	return s;
}

void
engine_strings_free(struct engine_strings *s)
{
	if (s == NULL)
		return;
	free(s->all);
	free(s->map);
	free(s->first);
	free(s);
}

size_t
engine_strings_size(const struct engine_strings *s)
{
	return sizeof(*s) + s->n * sizeof(*s->all) +
	    ((size_t)1 << s->map_bits) / 8 +
	    (((size_t)1 << s->bucket_bits) + 1) * sizeof(*s->first);
}

/* Eight bytes with their ASCII capitals made small. */
static uint64_t
lower_eight(uint64_t bytes)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
	uint64_t low = bytes & ~high, from_a, past_z;

	from_a = low + ones * (0x80 - 'A');
	past_z = low + ones * (0x7f - 'Z');
	return bytes | (from_a & ~past_z & ~bytes & high) >> 2;
}

static bool
is_here(const struct engine_strings *s, const struct entry *e,
    struct span subject, size_t at)
{
	const unsigned char *p;
	uint64_t head;
	size_t i = 0;

	if (at < e->at || at - e->at + e->text.n > subject.n)
		return false;
	at -= e->at;
	p = (const unsigned char *)subject.p + at;
	if (subject.n - at >= sizeof(head)) {
		memcpy(&head, p, sizeof(head));
		if ((lower_eight(head) ^ e->head) & e->mask)
			return false;
		i = sizeof(head);
	}
	for (; i < e->text.n; i++)
		if (s->lower[p[i]] != (unsigned char)e->text.p[i])
			return false;
	return true;
}

/* The key at this place may be that of some strings: are they here? */
static void
look(const struct engine_strings *s, uint32_t hash, struct span subject,
    size_t at, engine_strings_fn *tell, void *arg)
{
	uint32_t bucket = hash >> (32 - s->bucket_bits), i, k;

	for (i = s->first[bucket]; i < s->first[bucket + 1];
	    i = s->all[i].others) {
		if (s->all[i].hash != hash ||
		    !is_here(s, &s->all[i], subject, at))
			continue;
		for (k = i; k < s->all[i].others; k++)
			tell(arg, s->all[k].set, at - s->all[k].at);
	}
}

void
engine_strings_scan(const struct engine_strings *s, struct span subject,
    engine_strings_fn *tell, void *arg)
{
	const unsigned char *p = (const unsigned char *)subject.p;
	const unsigned shift = 32 - s->map_bits;
	uint32_t key = 0, hash, bit;
	size_t at;

	if (subject.n < LITERAL_LEAST)
		return;
	for (at = 0; at < LITERAL_LEAST; at++)
		key = key << CLASS_BITS | s->class[p[at]];
	for (at = LITERAL_LEAST; at < subject.n; at++) {
		key = key << CLASS_BITS | s->class[p[at]];
		hash = hash_of(key);
		bit = hash >> shift;
		if (s->map[bit / 32] >> bit % 32 & 1)
			look(s, hash, subject, at - LITERAL_LEAST, tell, arg);
	}
	/* After the end comes any class: such strings have them all. */
	look(s, hash_of(key << CLASS_BITS), subject, at - LITERAL_LEAST, tell,
	    arg);
}
