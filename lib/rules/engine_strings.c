/*
 * engine_strings - which of many strings occur in a text.
 *
 * What costs time is not the instructions but branches that nobody can foresee,
 * and memory that has to be waited for.  So a piece of text, in lower case, is
 * gone through three times.  The first time notes each place whose key is in a
 * map, the second one drops those where the bytes beside it do not fit any
 * string with that key, and fetches the others' strings; neither has a branch
 * that depends on the text.  Only the third one compares.
 */
#include "rules/engine_strings.h"

#include <endian.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A key is three bytes and the class of a fourth one, its last bits. */
#define CLASS_BITS 5
#define CLASSES (1u << CLASS_BITS)
#define KEY_BYTES 4
#define CLASS_SHIFT (8 * (KEY_BYTES - 1))

/* Bytes before and from a key on that are compared at once. */
#define NEAR_BYTES 8

/* What a doubling of its uses takes from a key's rarity. */
#define COMMON 4
#define USES (1u << 17)

/* Bits for each entry in the map of keys: few, so that it stays in caches. */
#define MAP_SPARSE 64
#define MAP_MAX (1u << 17)
#define BUCKETS_MIN 16
#define BUCKETS_MAX (1u << 17)

/* Of a text at once, and what is kept around that: as much as a string. */
#define PIECE_BYTES 512
#define MARGIN ((LITERAL_BYTES_MAX + 7) / 8 * 8)

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

/* The entries up to those of the next one, which is in the same array. */
struct bucket {
	uint32_t first;
	uint32_t before;	/* a bit for each class of the byte before */
	uint32_t after;		/* the key, and of the one after it */
};

struct engine_strings {
	struct entry *all;	/* in the order of their buckets */
	size_t n;
	struct literal *texts;
	size_t text_count;
	uint32_t *map;		/* a bit for every hash, reduced */
	struct bucket *buckets;	/* likewise, and the end */
	uint32_t map_bits, bucket_count;
	struct near masks[LITERAL_BYTES_MAX + 1];	/* of so many bytes
				 * before a place, and from it on */
};

/* A part of a subject in which keys are looked for. */
struct piece {
	struct span subject;
	size_t from;
	size_t n;			/* places */
	uint16_t places[PIECE_BYTES];
	/* In lower case; zero where the subject has none. */
	char bytes[MARGIN + PIECE_BYTES + MARGIN + MARGIN];
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
class_of(char byte)
{
	return (unsigned char)byte % CLASSES;
}

static uint32_t
key_of(const char *p)
{
	uint32_t bytes;

	memcpy(&bytes, p, sizeof(bytes));
	return le32toh(bytes) % (UINT32_C(1) << (CLASS_SHIFT + CLASS_BITS));
}

static uint32_t
hash_of(uint32_t key)
{
	return key * UINT32_C(2654435761);
}

/* A place for it among so many; without a shift by what is not constant. */
static uint32_t
reduce(uint32_t hash, uint32_t n)
{
	return (uint32_t)((uint64_t)hash * n >> 32);
}

/* Of a string, from a place on; what is past its end counts as zero. */
static uint32_t
key_at(const struct literal *text, unsigned at)
{
	unsigned n = text->n - at < KEY_BYTES ? text->n - at : KEY_BYTES;
	char key[KEY_BYTES] = {0};

	memcpy(key, text->p + at, n);
	return key_of(key);
}

/*
 * The bytes in a row that text holds least often, by what they are and by how
 * many strings have them: what is in many is a common word.
 */
static uint8_t
choose_place(const struct literal *text, const uint16_t *uses)
{
	unsigned rarity, i;
	int score, best = INT_MIN;
	uint8_t at, place = 0;

	for (at = 0; at + KEY_BYTES <= text->n; at++) {
		for (rarity = 0, i = 0; i < KEY_BYTES; i++)
			rarity += literal_rarity(text->p[at + i]);
		i = uses[reduce(hash_of(key_at(text, at)), USES)];
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
count_uses(const struct literal *text, uint16_t *uses)
{
	uint16_t *use;
	unsigned at;

	for (at = 0; at + KEY_BYTES <= text->n; at++) {
		use = &uses[reduce(hash_of(key_at(text, at)), USES)];
		*use += *use < UINT16_MAX;
	}
}

static void
draft_string(const struct literal *text, unsigned set, const uint16_t *uses,
    struct drafts *out)
{
	unsigned at = choose_place(text, uses), after;
	struct draft *d;

	for (after = 0; after < count_keys(text); after++) {
		d = &out->all[out->n++];
		d->text = text;
		d->set = set;
		d->at = at;
		d->hash = hash_of(key_at(text, at) | after << CLASS_SHIFT);
	}
}

static void
draft_sets(const struct literals *const *sets, size_t n, struct drafts *out)
{
	uint16_t *uses = mem_alloc(USES * sizeof(*uses));
	size_t i, k, count = 0;

	for (i = 0; i < n; i++)
		for (k = 0; k < sets[i]->n; k++) {
			count += count_keys(&sets[i]->all[k]);
			count_uses(&sets[i]->all[k], uses);
		}
	out->all = mem_array(NULL, count, sizeof(*out->all));
	out->n = 0;
	for (i = 0; i < n; i++)
		for (k = 0; k < sets[i]->n; k++)
			draft_string(&sets[i]->all[k], (unsigned)i, uses, out);
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

/* From now on their buckets. */
static void
reduce_hashes(const struct engine_strings *s, struct drafts *drafts)
{
	size_t i;

	for (i = 0; i < drafts->n; i++)
		drafts->all[i].hash = reduce(drafts->all[i].hash,
		    s->bucket_count);
}

static void
make_map(struct engine_strings *s, const struct drafts *drafts)
{
	uint32_t bit;
	size_t i;

	s->bucket_count = drafts->n < BUCKETS_MIN ? BUCKETS_MIN :
	    drafts->n < BUCKETS_MAX ? (uint32_t)drafts->n : BUCKETS_MAX;
	s->map_bits = s->bucket_count < MAP_MAX / MAP_SPARSE ?
	    s->bucket_count * MAP_SPARSE : MAP_MAX;
	s->map = mem_alloc(s->map_bits / 8);
	for (i = 0; i < drafts->n; i++) {
		bit = reduce(drafts->all[i].hash, s->map_bits);
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

/* Where the string has no byte beside its key, any will do. */
static void
add_beside(struct bucket *b, const struct literal *text, unsigned at)
{
	unsigned end = at + KEY_BYTES;

	b->before |= at == 0 ? UINT32_MAX :
	    UINT32_C(1) << class_of(text->p[at - 1]);
	b->after |= end >= text->n ? UINT32_MAX :
	    UINT32_C(1) << class_of(text->p[end]);
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
	size_t i, string = 0;

	s->all = mem_array(NULL, drafts->n, sizeof(*s->all));
	s->texts = mem_array(NULL, drafts->n, sizeof(*s->texts));
	s->buckets = mem_alloc((s->bucket_count + 1) * sizeof(*s->buckets));
	for (i = 0; i < drafts->n; i++) {
		if (i > 0 && compare(&d[i - 1], &d[i]) == 0)
			continue;
		if (i > 0 && (d[i - 1].hash != d[i].hash ||
		    compare_texts(d[i - 1].text, d[i].text) != 0))
			end_string(s, &string);
		add_entry(s, &d[i]);
		add_beside(&s->buckets[d[i].hash], d[i].text, d[i].at);
		s->buckets[d[i].hash + 1].first++;
	}
	end_string(s, &string);
	for (i = 0; i < s->bucket_count; i++)
		s->buckets[i + 1].first += s->buckets[i].first;
	s->all = mem_array(s->all, s->n, sizeof(*s->all));
	s->texts = mem_array(s->texts, s->text_count, sizeof(*s->texts));
}

struct engine_strings *
engine_strings_new(const struct literals *const *sets, size_t n)
{
	struct engine_strings *s = mem_alloc(sizeof(*s));
	struct drafts drafts;
	size_t i;

	for (i = 0; i < NEAR_BYTES; i++) {
		memset((char *)&s->masks[i + 1].before + NEAR_BYTES - 1 - i,
		    0xff, i + 1);
		memset(&s->masks[i + 1].after, 0xff, i + 1);
	}
	for (; i < LITERAL_BYTES_MAX; i++)
		s->masks[i + 1] = s->masks[i];
	draft_sets(sets, n, &drafts);
	make_map(s, &drafts);
	reduce_hashes(s, &drafts);
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
	free(s->buckets);
	free(s);
}

size_t
engine_strings_size(const struct engine_strings *s)
{
	return sizeof(*s) + s->n * sizeof(*s->all) +
	    s->text_count * sizeof(*s->texts) +
	    s->map_bits / 8 + (s->bucket_count + 1) * sizeof(*s->buckets);
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

static void
take_piece(struct span subject, size_t from, struct piece *out)
{
	size_t before = from < MARGIN ? 0 : MARGIN, i;
	struct span text = span_head(span_skip(subject, from - before),
	    before + PIECE_BYTES + MARGIN);
	char *to = out->bytes + MARGIN - before;
	uint64_t eight;

	out->subject = subject;
	out->from = from;
	memset(out->bytes, 0, MARGIN);
	for (i = 0; i + sizeof(eight) <= text.n; i += sizeof(eight)) {
		memcpy(&eight, text.p + i, sizeof(eight));
		eight = lower_eight(eight);
		memcpy(to + i, &eight, sizeof(eight));
	}
	for (; i < text.n; i++)
		to[i] = (char)char_lower((unsigned char)text.p[i]);
	memset(to + i, 0, MARGIN);
}

/* Places whose key may be that of a string, of the first n. */
static void
find_keys(const struct engine_strings *s, struct piece *piece, size_t n)
{
	const char *p = piece->bytes + MARGIN;
	size_t at, count = 0;
	uint32_t bit;

	for (at = 0; at < n; at++) {
		bit = reduce(hash_of(key_of(p + at)), s->map_bits);
		piece->places[count] = (uint16_t)at;
		count += s->map[bit / 32] >> bit % 32 & 1;
	}
	piece->n = count;
}

static const struct bucket *
find_bucket(const struct engine_strings *s, const char *key)
{
	return &s->buckets[reduce(hash_of(key_of(key)), s->bucket_count)];
}

/* Keeps the places where the bytes beside the key fit a string, too. */
static void
drop_places(const struct engine_strings *s, struct piece *piece)
{
	const struct bucket *b;
	size_t i, count = 0;
	const char *key;

	for (i = 0; i < piece->n; i++) {
		key = piece->bytes + MARGIN + piece->places[i];
		b = find_bucket(s, key);
		__builtin_prefetch(&s->all[b->first]);
		piece->places[count] = piece->places[i];
		count += b->before >> class_of(key[-1]) &
		    b->after >> class_of(key[KEY_BYTES]) & 1;
	}
	piece->n = count;
}

static bool
is_same(const struct engine_strings *s, const struct entry *e,
    const struct near *near)
{
	const struct near *mask = &s->masks[e->at];
	uint64_t odd = (near->before ^ e->near.before) & mask->before;

	mask = &s->masks[e->n - e->at];
	return (odd | ((near->after ^ e->near.after) & mask->after)) == 0;
}

/* The bytes near its key are there: and the others? */
static bool
is_here(const struct engine_strings *s, const struct entry *e,
    const struct piece *piece, unsigned place)
{
	size_t at = piece->from + place;
	const char *p = piece->bytes + MARGIN + place;

	if (at < e->at || at - e->at + e->n > piece->subject.n)
		return false;
	return is_near(e) || memcmp(p - e->at, s->texts[e->text].p, e->n) == 0;
}

/* The key at this place may be that of some strings: are they here? */
static void
look(const struct engine_strings *s, const struct piece *piece, unsigned place,
    engine_strings_fn *tell, void *arg)
{
	const char *key = piece->bytes + MARGIN + place;
	const struct bucket *b = find_bucket(s, key);
	const struct entry *e;
	struct near near;
	uint32_t i, k;

	memcpy(&near, key - NEAR_BYTES, sizeof(near));
	for (i = b[0].first; i < b[1].first; i = e->others) {
		e = &s->all[i];
		if (!is_same(s, e, &near) || !is_here(s, e, piece, place))
			continue;
		for (k = i; k < e->others; k++)
			tell(arg, s->all[k].set, piece->from + place - e->at);
	}
}

void
engine_strings_scan(const struct engine_strings *s, struct span subject,
    engine_strings_fn *tell, void *arg)
{
	struct piece piece;
	size_t from, rest, i;

	for (from = 0; from + LITERAL_LEAST <= subject.n; from += PIECE_BYTES) {
		rest = subject.n - from - LITERAL_LEAST + 1;
		take_piece(subject, from, &piece);
		find_keys(s, &piece, rest < PIECE_BYTES ? rest : PIECE_BYTES);
		drop_places(s, &piece);
		for (i = 0; i < piece.n; i++)
			look(s, &piece, piece.places[i], tell, arg);
	}
}
