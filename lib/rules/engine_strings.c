/* engine_strings - which of many strings occur in a text. */
#include "rules/engine_strings.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Bytes fall into 32 classes: letters, and some for the others. */
#define CLASS_BITS 5
#define CLASSES (1u << CLASS_BITS)
#define KEY_BYTES 4

/* Keys are kept at the upper end of 32 bits, so that older bytes fall out. */
#define KEY_SHIFT (32 - KEY_BYTES * CLASS_BITS)

/* Bytes before and from a key on that are compared at once. */
#define NEAR_BYTES 8

/* What a doubling of its uses takes from a key's rarity. */
#define COMMON 4

/* Bits for each entry in the map of keys, and its size, as powers of two. */
#define MAP_SPARSE 4
#define MAP_MIN 10
#define MAP_MAX 17

/* The bytes around a place, in lower case. */
struct near {
	uint64_t before, after;
};

/* A string at one of its keys.  Small, for they are many. */
struct entry {
	struct near near;	/* its bytes around the key, others zero */
	uint32_t others;	/* the first entry that is of another string */
	uint32_t set;
	uint32_t text;		/* in texts, if it has more than those bytes */
	uint8_t at;		/* where the key is in it */
	uint8_t n;
};

struct engine_strings {
	struct entry *all;	/* in the order of their buckets */
	size_t n;
	struct literal *texts;
	size_t text_count;
	uint32_t *map;		/* a bit for every hash of 1 << map_bits */
	uint32_t *first;	/* of 1 << bucket_bits, and the end */
	unsigned map_bits, bucket_bits;
	uint32_t class[256];	/* as the last of a key */
	uint32_t hash[256];	/* what that adds to a key's hash */
	uint8_t lower[256];
	struct near masks[LITERAL_BYTES_MAX + 1];	/* of so many bytes
				 * before a place, and from it on */
};

/*
 * What will be an entry.  A string of three bytes has one for every class that
 * may come after it.
 */
struct draft {
	const struct literal *text;
	unsigned set, at;
	uint32_t hash;
};

struct drafts {
	struct draft *all;
	size_t n;
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

/* Of a string, from a place on; what is past its end has no class. */
static uint32_t
key_at(const struct engine_strings *s, const struct literal *text, unsigned at)
{
	uint32_t key = 0;
	unsigned i;

	for (i = at; i < at + KEY_BYTES; i++)
		key = key << CLASS_BITS | (i < text->n ?
		    s->class[(unsigned char)text->p[i]] : 0);
	return key;
}

/*
 * The bytes in a row that text holds least often, by what they are and by how
 * many strings have them: what is in many is a common word.
 */
static uint8_t
choose_place(const struct engine_strings *s, const struct literal *text,
    const uint16_t *uses)
{
	unsigned rarity, i;
	int score, best = INT_MIN;
	uint8_t at, place = 0;

	for (at = 0; at + KEY_BYTES <= text->n; at++) {
		for (rarity = 0, i = 0; i < KEY_BYTES; i++)
			rarity += literal_rarity(text->p[at + i]);
		i = uses[hash_of(key_at(s, text, at)) >> (32 - MAP_MAX)];
		score = (int)rarity + COMMON * __builtin_clz(i | 1);
		if (score > best) {
			best = score;
			place = at;
		}
	}
	return place;
}

static size_t
count_keys(const struct literal *text)
{
	return text->n < KEY_BYTES ? CLASSES : 1;
}

static void
count_uses(const struct engine_strings *s, const struct literal *text,
    uint16_t *uses)
{
	uint16_t *use;
	unsigned at;

	for (at = 0; at + KEY_BYTES <= text->n; at++) {
		use = &uses[hash_of(key_at(s, text, at)) >> (32 - MAP_MAX)];
		*use += *use < UINT16_MAX;
	}
}

static void
draft_string(const struct engine_strings *s, const struct literal *text,
    unsigned set, const uint16_t *uses, struct drafts *out)
{
	unsigned at = choose_place(s, text, uses), after;
	struct draft *d;

	for (after = 0; after < count_keys(text); after++) {
		d = &out->all[out->n++];
		d->text = text;
		d->set = set;
		d->at = at;
		d->hash = hash_of(key_at(s, text, at) | after << KEY_SHIFT);
	}
}

static void
draft_sets(const struct engine_strings *s, const struct literals *const *sets,
    size_t n, struct drafts *out)
{
	uint16_t *uses = mem_alloc(((size_t)1 << MAP_MAX) * sizeof(*uses));
	size_t i, k, count = 0;

	for (i = 0; i < n; i++)
		for (k = 0; k < sets[i]->n; k++) {
			count += count_keys(&sets[i]->all[k]);
			count_uses(s, &sets[i]->all[k], uses);
		}
	out->all = mem_array(NULL, count, sizeof(*out->all));
	out->n = 0;
	for (i = 0; i < n; i++)
		for (k = 0; k < sets[i]->n; k++)
			draft_string(s, &sets[i]->all[k], (unsigned)i, uses,
			    out);
	free(uses);
}

static int
compare_texts(const struct literal *a, const struct literal *b)
{
	return a->n != b->n ? a->n - b->n : memcmp(a->p, b->p, a->n);
}

static int
compare(const void *a, const void *b)
{
	const struct draft *x = a, *y = b;
	int c;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	c = compare_texts(x->text, y->text);
	return c != 0 || x->set == y->set ? c : x->set < y->set ? -1 : 1;
}

/* Buckets are the first bits of hashes. */
static void
cut_hashes(const struct engine_strings *s, struct drafts *drafts)
{
	size_t i;

	for (i = 0; i < drafts->n; i++)
		drafts->all[i].hash >>= 32 - s->bucket_bits;
}

static void
make_map(struct engine_strings *s, const struct drafts *drafts)
{
	uint32_t bit;
	size_t i;

	s->bucket_bits = MAP_MIN - MAP_SPARSE;
	while (s->bucket_bits < MAP_MAX &&
	    (size_t)1 << s->bucket_bits < drafts->n)
		s->bucket_bits++;
	s->map_bits = s->bucket_bits + MAP_SPARSE < MAP_MAX ?
	    s->bucket_bits + MAP_SPARSE : MAP_MAX;
	s->map = mem_alloc(((size_t)1 << s->map_bits) / 8);
	for (i = 0; i < drafts->n; i++) {
		bit = drafts->all[i].hash >> (32 - s->map_bits);
		s->map[bit / 32] |= UINT32_C(1) << bit % 32;
	}
}

/* Whether those bytes are all that it has. */
static bool
is_near(const struct entry *e)
{
	return e->at <= NEAR_BYTES && e->n <= e->at + NEAR_BYTES;
}

static void
add_entry(struct engine_strings *s, const struct draft *d)
{
	struct entry *e = &s->all[s->n++];
	unsigned char near[2 * NEAR_BYTES] = {0};
	unsigned i;

	e->set = d->set;
	e->at = (uint8_t)d->at;
	e->n = d->text->n;
	for (i = 0; i < sizeof(near); i++)
		if (i + d->at >= NEAR_BYTES && i + d->at - NEAR_BYTES < e->n)
			near[i] = (unsigned char)
			    d->text->p[i + d->at - NEAR_BYTES];
	memcpy(&e->near, near, sizeof(e->near));
	if (!is_near(e))
		s->texts[e->text = (uint32_t)s->text_count++] = *d->text;
}

/* The entries from *string on are all of one. */
static void
end_string(struct engine_strings *s, size_t *string)
{
	for (; *string < s->n; ++*string)
		s->all[*string].others = (uint32_t)s->n;
}

/*
 * Many sets may have the same string, which is compared once for all; one of
 * them is in a bucket once, whatever comes after it.
 */
static void
make_entries(struct engine_strings *s, const struct drafts *drafts)
{
	const struct draft *d = drafts->all;
	size_t i, string = 0, buckets = (size_t)1 << s->bucket_bits;

	s->all = mem_array(NULL, drafts->n, sizeof(*s->all));
	s->texts = mem_array(NULL, drafts->n, sizeof(*s->texts));
	s->first = mem_alloc((buckets + 1) * sizeof(*s->first));
	for (i = 0; i < drafts->n; i++) {
		if (i > 0 && compare(&d[i - 1], &d[i]) == 0)
			continue;
		if (i > 0 && (d[i - 1].hash != d[i].hash ||
		    compare_texts(d[i - 1].text, d[i].text) != 0))
			end_string(s, &string);
		add_entry(s, &d[i]);
		s->first[d[i].hash + 1]++;
	}
	end_string(s, &string);
	for (i = 0; i < buckets; i++)
		s->first[i + 1] += s->first[i];
	s->all = mem_array(s->all, s->n, sizeof(*s->all));
	s->texts = mem_array(s->texts, s->text_count, sizeof(*s->texts));
}

struct engine_strings *
engine_strings_new(const struct literals *const *sets, size_t n)
{
	struct engine_strings *s = mem_alloc(sizeof(*s));
	struct drafts drafts;
	size_t i;

	for (i = 0; i < 256; i++) {
		s->class[i] = (uint32_t)class_of((unsigned char)i) <<
		    KEY_SHIFT;
		s->hash[i] = hash_of(s->class[i]);
		s->lower[i] = (uint8_t)char_lower((int)i);
	}
	for (i = 0; i < NEAR_BYTES; i++) {
		memset((char *)&s->masks[i + 1].before + NEAR_BYTES - 1 - i,
		    0xff, i + 1);
		memset(&s->masks[i + 1].after, 0xff, i + 1);
	}
	for (; i < LITERAL_BYTES_MAX; i++)
		s->masks[i + 1] = s->masks[i];
	draft_sets(s, sets, n, &drafts);
	make_map(s, &drafts);
	cut_hashes(s, &drafts);
	qsort(drafts.all, drafts.n, sizeof(*drafts.all), compare);
	make_entries(s, &drafts);
	free(drafts.all);
	return s;
}

void
engine_strings_free(struct engine_strings *s)
{
	if (s == NULL)
		return;
	free(s->all);
	free(s->texts);
	free(s->map);
	free(s->first);
	free(s);
}

size_t
engine_strings_size(const struct engine_strings *s)
{
	return sizeof(*s) + s->n * sizeof(*s->all) +
	    s->text_count * sizeof(*s->texts) +
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

static struct near
near_of(struct span subject, size_t at)
{
	char edge[2 * NEAR_BYTES] = {0};
	size_t from = at < NEAR_BYTES ? 0 : at - NEAR_BYTES;
	size_t to = subject.n - at < NEAR_BYTES ? subject.n : at + NEAR_BYTES;
	struct near out;

	if (to - from == sizeof(out)) {
		memcpy(&out, subject.p + from, sizeof(out));
	} else {
		memcpy(edge + NEAR_BYTES - (at - from), subject.p + from,
		    to - from);
		memcpy(&out, edge, sizeof(out));
	}
	out.before = lower_eight(out.before);
	out.after = lower_eight(out.after);
	return out;
}

/* The bytes near its key are there: and the others? */
static bool
is_here(const struct engine_strings *s, const struct entry *e,
    struct span subject, size_t at)
{
	const unsigned char *p;
	const char *text;
	size_t i;

	if (at < e->at || at - e->at + e->n > subject.n)
		return false;
	if (is_near(e))
		return true;
	p = (const unsigned char *)subject.p + at - e->at;
	text = s->texts[e->text].p;
	for (i = 0; i < e->n; i++)
		if (s->lower[p[i]] != (unsigned char)text[i])
			return false;
	return true;
}

/* The key at this place may be that of some strings: are they here? */
static void
look(const struct engine_strings *s, uint32_t hash, struct span subject,
    size_t at, engine_strings_fn *tell, void *arg)
{
	uint32_t bucket = hash >> (32 - s->bucket_bits), i, k;
	const uint32_t end = s->first[bucket + 1];
	struct near near = near_of(subject, at);
	const struct entry *e;

	for (i = s->first[bucket]; i < end; i = e->others) {
		e = &s->all[i];
		if (((near.after ^ e->near.after) &
		    s->masks[e->n - e->at].after) != 0 ||
		    ((near.before ^ e->near.before) &
		    s->masks[e->at].before) != 0 ||
		    !is_here(s, e, subject, at))
			continue;
		for (k = i; k < e->others; k++)
			tell(arg, s->all[k].set, at - e->at);
	}
}

/*
 * A hash is a product, so that it moves on with its key: older bytes fall out
 * of both.
 */
void
engine_strings_scan(const struct engine_strings *s, struct span subject,
    engine_strings_fn *tell, void *arg)
{
	const unsigned char *p = (const unsigned char *)subject.p;
	const unsigned shift = 32 - s->map_bits;
	uint32_t hash = 0, bit;
	size_t at;

	if (subject.n < LITERAL_LEAST)
		return;
	for (at = 0; at < LITERAL_LEAST; at++)
		hash = (hash << CLASS_BITS) + s->hash[p[at]];
	for (at = LITERAL_LEAST; at < subject.n; at++) {
		hash = (hash << CLASS_BITS) + s->hash[p[at]];
		bit = hash >> shift;
		if (s->map[bit / 32] >> bit % 32 & 1)
			look(s, hash, subject, at - LITERAL_LEAST, tell, arg);
	}
	/* After the end comes any class: such strings have them all. */
	look(s, hash << CLASS_BITS, subject, at - LITERAL_LEAST, tell, arg);
}
