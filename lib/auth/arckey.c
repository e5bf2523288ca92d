/* arckey - the keys of a chain. */
#include "auth/arckey.h"

#include "auth/dkim_ask.h"

/* The key's place in the list, or count when it is not there. */
static size_t
find(const struct arckeys *k, const struct arcsig *sig)
{
	size_t i;

	for (i = 0; i < k->count; i++)
		if (k->keys[i].rsa == sig->rsa &&
		    span_eq(k->keys[i].name, sig->key_name))
			break;
	return i;
}

static void
need(struct arckeys *k, const struct arcsig *sig)
{
	if (find(k, sig) != k->count)
		return;
	k->keys[k->count].name = sig->key_name;
	k->keys[k->count].rsa = sig->rsa;
	k->count++;
}

void
arckeys_ask(struct arckeys *k, struct arena *arena, struct dns *dns,
    const struct arcsets *chain, unsigned min_bits)
{
	struct span names[ARCKEY_MAX];
	size_t i;

	k->keys = arena_alloc(arena, 2 * chain->count * sizeof(*k->keys));
	k->count = 0;
	k->min_bits = min_bits;
	for (i = chain->count; i-- > 0;) {
		need(k, &chain->sets[i].message);
		need(k, &chain->sets[i].seal);
	}
	for (i = 0; i < k->count; i++)
		names[i] = k->keys[i].name;
	k->job = dkim_ask_keys(dns, names, k->count);
}

void
arckeys_done(struct arckeys *k)
{
	size_t i;

	for (i = 0; i < k->count; i++)
		if (k->keys[i].opened && k->keys[i].state == ARCKEY_GOOD)
			dkim_key_done(&k->keys[i].key);
	if (k->job != NULL)
		dns_job_free(k->job);
}

void
arckeys_wait(struct arckeys *k, int64_t timeout)
{
	dns_job_wait(k->job, timeout);
}

/* NULL, or why a key does not serve. */
static const char *
fault_of(const struct arckeys *k, const struct arckey *key)
{
	if (key->key.revoked)
		return "key revoked";
	if (key->key.rsa != key->rsa)
		return "key of another kind";
	if (!key->key.sha256)
		return "key not for sha256";
	if (!key->key.email)
		return "key not for mail";
	return key->rsa && key->key.bits < k->min_bits ? "key too short" :
	    NULL;
}

static const char *
open_record(const struct arckeys *k, struct arckey *key, struct arena *arena,
    struct span txt)
{
	const char *why = dkim_key_parse(arena, txt, &key->key);

	if (why != NULL)
		return why;
	why = fault_of(k, key);
	if (why != NULL)
		dkim_key_done(&key->key);
	return why;
}

/* Of several records the first that serves is taken (RFC 6376 6.1.2). */
static void
open_key(struct arckeys *k, struct arckey *key, struct arena *arena)
{
	const struct dns_answer *answer = dkim_ask_answer(k->job,
	    (size_t)(key - k->keys));
	size_t i;

	key->opened = true;
	if (answer->status == DNS_FAILED) {
		key->state = ARCKEY_UNANSWERED;
		key->why = "no answer to the question for the key";
		return;
	}
	key->state = ARCKEY_BAD;
	key->why = "no key";
	for (i = 0; i < answer->count && key->state == ARCKEY_BAD; i++) {
		key->why = open_record(k, key, arena, answer->records[i].data);
		if (key->why == NULL)
			key->state = ARCKEY_GOOD;
	}
}

enum arckey_verdict
arckeys_verify(struct arckeys *k, struct arena *arena,
    const struct arcsig *sig, struct span hash, const char **why)
{
	struct arckey *key = &k->keys[find(k, sig)];

	if (!key->opened)
		open_key(k, key, arena);
	if (key->state != ARCKEY_GOOD) {
		*why = key->why;
		return key->state;
	}
	if (dkim_key_made(&key->key, DKIM_SHA256, hash, sig->signature))
		return ARCKEY_GOOD;
	*why = "the signature does not match";
	return ARCKEY_BAD;
}

bool
arckeys_testing(const struct arckeys *k)
{
	size_t i;

	for (i = 0; i < k->count; i++)
		if (k->keys[i].opened && k->keys[i].state == ARCKEY_GOOD &&
		    k->keys[i].key.testing)
			return true;
	return false;
}
