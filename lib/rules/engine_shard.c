/* engine_shard - the strings of some patterns as one database. */
#include "rules/engine_shard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"

#define PROBE_TEXT_MAX 200
#define PROBE_STRINGS_MAX 100
#define PROBE_STRING_SIZE 16

struct probe {
	hs_database_t *db;
	hs_scratch_t *scratch;
	bool hit;
};

static int
on_probe(unsigned id, unsigned long long from, unsigned long long to,
    unsigned flags, void *arg)
{
	struct probe *p = arg;

	(void)id;
	(void)from;
	(void)to;
	(void)flags;
	p->hit = true;
	return 0;
}

/* One string at the end of texts of all lengths, and in the middle. */
static bool
finds(struct probe *p, const char *string, size_t length)
{
	char text[PROBE_TEXT_MAX];
	size_t n, at, turn;

	memset(text, '-', sizeof(text));
	for (n = length; n <= sizeof(text); n++)
		for (turn = 0; turn < 2; turn++) {
			at = turn == 0 ? n - length : (n - length) / 2;
			p->hit = false;
			memcpy(text + at, string, length);
			hs_scan(p->db, text, (unsigned)n, 0, p->scratch,
			    on_probe, p);
			memset(text + at, '-', length);
			if (!p->hit)
				return false;
		}
	return true;
}

/* Strings of which the n-th is told from others at its beginning and end. */
static bool
probe_strings(unsigned n)
{
	char text[PROBE_STRINGS_MAX][PROBE_STRING_SIZE] = {{0}};
	const char *strings[PROBE_STRINGS_MAX] = {NULL};
	unsigned flags[PROBE_STRINGS_MAX] = {0}, ids[PROBE_STRINGS_MAX] = {0};
	size_t lengths[PROBE_STRINGS_MAX] = {0};
	unsigned i;
	hs_compile_error_t *error = NULL;
	struct probe p = {NULL, NULL, false};
	bool good;

	for (i = 0; i < n; i++) {
		snprintf(text[i], sizeof(text[i]), "q%ux%uj", i * 7919, i);
		strings[i] = text[i];
		lengths[i] = strlen(text[i]);
		flags[i] = HS_FLAG_CASELESS | HS_FLAG_SINGLEMATCH;
		ids[i] = i;
	}
	good = hs_compile_lit_multi(strings, flags, ids, lengths, n,
	    HS_MODE_BLOCK, NULL, &p.db, &error) == HS_SUCCESS &&
	    hs_alloc_scratch(p.db, &p.scratch) == HS_SUCCESS;
	for (i = 0; i < n && good; i += 1 + n / 5)
		good = finds(&p, strings[i], lengths[i]);
	hs_free_compile_error(error);
	hs_free_scratch(p.scratch);
	hs_free_database(p.db);
	return good;
}

bool
shard_probe(void)
{
	/* It has different ways for few and for many. */
	static const unsigned numbers[] = {1, 3, 5, 12, 40, PROBE_STRINGS_MAX};
	size_t i;

	if (hs_valid_platform() != HS_SUCCESS)
		return false;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!probe_strings(numbers[i]))
			return false;
	return true;
}

static void
end_key(struct digest *d, char key[ITEM_KEY_MAX])
{
	char hex[DIGEST_TEXT_MAX];

	digest_text(d, hex);
	digest_free(d);
	memcpy(key, hex, ITEM_KEY_MAX - 1);
	key[ITEM_KEY_MAX - 1] = '\0';
}

void
shard_platform(char key[ITEM_KEY_MAX])
{
	struct digest *d = digest_new();
	hs_platform_info_t platform;
	uint64_t numbers[2] = {0, 0};

	if (hs_populate_platform(&platform) == HS_SUCCESS) {
		numbers[0] = platform.tune;
		numbers[1] = platform.cpu_features;
	}
	digest_add(d, span_of(hs_version()));
	digest_add(d, span_make((const char *)numbers, sizeof(numbers)));
	end_key(d, key);
}

void
shard_key(const struct literals *const *sets, size_t n, const char *platform,
    char key[ITEM_KEY_MAX])
{
	struct digest *d = digest_new();
	size_t i, k;

	digest_add(d, span_of(platform));
	for (i = 0; i < n; i++) {
		digest_add(d, span_make((const char *)&sets[i]->n,
		    sizeof(sets[i]->n)));
		for (k = 0; k < sets[i]->n; k++)
			digest_add(d, span_make(sets[i]->all[k].p,
			    sets[i]->all[k].n));
	}
	end_key(d, key);
}

struct shard *
shard_new(const char *key, struct span serialized)
{
	hs_database_t *db = NULL;
	struct shard *s;

	if (hs_deserialize_database(serialized.p, serialized.n, &db) !=
	    HS_SUCCESS)
		return NULL;
	s = mem_alloc(sizeof(*s));
	s->uses = 1;
	memcpy(s->key, key, ITEM_KEY_MAX);
	s->db = db;
	hs_database_size(db, &s->bytes);
	return s;
}

struct shard *
shard_get(struct shard *s)
{
	atomic_fetch_add(&s->uses, 1);
	return s;
}

void
shard_put(struct shard *s)
{
	if (s == NULL || atomic_fetch_sub(&s->uses, 1) > 1)
		return;
	hs_free_database(s->db);
	free(s);
}
