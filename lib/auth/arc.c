/* arc - the Authenticated Received Chain of a message (RFC 8617 5.2). */
#include "auth/arc.h"

#include <stdlib.h>

#include "auth/archash.h"
#include "auth/arckey.h"
#include "base/mem.h"

struct arc {
	struct arena arena;
	struct arc_input input;
	struct arcsets chain;
	struct arckeys keys;
	char *used;		/* scratch of archash_message */
	bool ended;
	struct arc_outcome outcome;
};

const char *
arc_word(enum arc_result result)
{
	static const char *const words[] = {
		[ARC_NONE] = "none",
		[ARC_PASS] = "pass",
		[ARC_FAIL] = "fail",
		[ARC_TEMPERROR] = "temperror",
	};

	return words[result];
}

/*
 * Without c= a message signature means simple, by RFC 8617 4.1.2 and 6376 3.5.
 * Verifiers from the time of the drafts, and the common test suite, take it as
 * relaxed.  Either form proves the same, so both are tried.
 */
static struct arcsig
relaxed(const struct arcsig *sig)
{
	struct arcsig other = *sig;

	other.relaxed_header = other.relaxed_body = true;
	return other;
}

static struct dkim_body_terms
terms_of(const struct arcsig *sig)
{
	struct dkim_body_terms terms = {
		.relaxed = sig->relaxed_body,
		.length = sig->length,
	};

	return terms;
}

/* Hashed as sig wants, or NULL. */
static struct dkim_body *
find_body(const struct arc *arc, const struct arcsig *sig)
{
	struct dkim_body_terms terms = terms_of(sig);

	return dkim_bodies_find(arc->input.bodies, &terms);
}

static void
want_body(struct arc *arc, const struct arcsig *sig)
{
	struct dkim_body_terms terms = terms_of(sig);

	dkim_bodies_want(arc->input.bodies, &terms);
}

static void
want_bodies(struct arc *arc)
{
	struct arcsig other;
	size_t i;

	for (i = arc->chain.count; i-- > 0;) {
		want_body(arc, &arc->chain.sets[i].message);
		other = relaxed(&arc->chain.sets[i].message);
		if (other.unsaid)
			want_body(arc, &other);
	}
}

/* What the header alone tells. */
static void
describe(struct arc *arc)
{
	struct arc_outcome *out = &arc->outcome;
	struct arc_sealer *sealers;
	const struct arcset *set;
	size_t i, n = arc->chain.count;

	sealers = arena_alloc(&arc->arena, n * sizeof(*sealers));
	for (i = 0; i < n; i++) {
		set = &arc->chain.sets[n - 1 - i];
		sealers[i].instance = (unsigned)(n - i);
		sealers[i].domain = set->seal.domain;
		sealers[i].payload = set->payload;
	}
	out->sealers = sealers;
	out->sets = n;
	arcclaims_parse(&arc->arena, sealers[0].payload, &out->claims);
}

struct arc *
arc_start(struct dns *dns, const struct arc_input *input)
{
	struct arc *arc = mem_alloc(sizeof(*arc));

	arena_init(&arc->arena);
	arc->input = *input;
	arc->outcome.reason = "";
	arcsets_collect(&arc->arena, input->headers, input->count,
	    &arc->chain);
	if (arc->chain.fault != NULL) {
		arc->outcome.result = ARC_FAIL;
		arc->outcome.reason = arc->chain.fault;
	} else if (arc->chain.count != 0) {
		arckeys_ask(&arc->keys, &arc->arena, dns, &arc->chain,
		    input->min_bits > DKIM_BITS_MIN ? input->min_bits :
		    DKIM_BITS_MIN);
		arc->used = arena_bytes(&arc->arena, input->count);
		describe(arc);
		want_bodies(arc);
	}
	return arc;
}

void
arc_free(struct arc *arc)
{
	if (arc == NULL)
		return;
	arckeys_done(&arc->keys);
	arena_done(&arc->arena);
	free(arc);
}

static struct span
hash_span(const unsigned char *hash)
{
	return span_make((const char *)hash, ARCSET_HASH);
}

static enum arckey_verdict
bad(const char **why, const char *reason)
{
	*why = reason;
	return ARCKEY_BAD;
}

static enum arckey_verdict
verify_form(struct arc *arc, const struct arcsig *sig, const char **why)
{
	struct dkim_body *body = find_body(arc, sig);
	unsigned char hash[ARCSET_HASH];
	struct span body_hash;

	if (body == NULL)
		return bad(why, "one more way to hash the body");
	body_hash = dkim_body_end(body);
	if (sig->length > (int64_t)dkim_body_bytes(body))
		return bad(why, "l= exceeds the body");
	if (sig->expires >= 0 && sig->expires < arc->input.now / 1000)
		return bad(why, "signature expired");
	if (!span_eq(body_hash, sig->body_hash))
		return bad(why, "the body was changed");
	archash_message(sig, arc->input.headers, arc->input.count, arc->used,
	    hash);
	return arckeys_verify(&arc->keys, &arc->arena, sig, hash_span(hash),
	    why);
}

static enum arckey_verdict
verify_message(struct arc *arc, const struct arcsig *sig, const char **why)
{
	enum arckey_verdict verdict = verify_form(arc, sig, why);
	struct arcsig other;

	if (verdict != ARCKEY_BAD || !sig->unsaid)
		return verdict;
	other = relaxed(sig);
	return verify_form(arc, &other, why);
}

/* What one signature says about the result: a certain failure is final. */
static bool
weigh(struct arc *arc, enum arckey_verdict verdict, const char *kind,
    size_t instance, const char *why)
{
	struct arc_outcome *out = &arc->outcome;

	if (verdict == ARCKEY_GOOD ||
	    (verdict == ARCKEY_UNANSWERED && out->result == ARC_TEMPERROR))
		return true;
	out->result = verdict == ARCKEY_BAD ? ARC_FAIL : ARC_TEMPERROR;
	out->reason = arena_printf(&arc->arena, "i=%zu %s: %s", instance,
	    kind, why).p;
	return verdict != ARCKEY_BAD;
}

static bool
verify_seals(struct arc *arc)
{
	unsigned char hashes[ARCSET_MAX][ARCSET_HASH];
	enum arckey_verdict verdict;
	const char *why;
	size_t i;

	archash_seals(&arc->chain, hashes);
	for (i = arc->chain.count; i-- > 0;) {
		verdict = arckeys_verify(&arc->keys, &arc->arena,
		    &arc->chain.sets[i].seal, hash_span(hashes[i]), &why);
		if (!weigh(arc, verdict, "seal", i + 1, why))
			return false;
	}
	return true;
}

/* RFC 8617 5.2 step 5. */
static unsigned
oldest_pass(struct arc *arc)
{
	const char *why;
	size_t i;

	for (i = arc->chain.count - 1; i > 0; i--)
		if (verify_message(arc, &arc->chain.sets[i - 1].message,
		    &why) != ARCKEY_GOOD)
			return (unsigned)(i + 1);
	return 0;
}

static void
judge(struct arc *arc)
{
	size_t n = arc->chain.count;
	const struct arcsig *newest = &arc->chain.sets[n - 1].message;
	const struct dkim_body *body = find_body(arc, newest);
	struct arc_outcome *out = &arc->outcome;
	enum arckey_verdict verdict;
	const char *why;

	out->result = ARC_PASS;
	verdict = verify_message(arc, newest, &why);
	if (weigh(arc, verdict, "message signature", n, why) &&
	    verify_seals(arc) && out->result == ARC_PASS)
		out->oldest = oldest_pass(arc);
	out->partial = !newest->signs_from || (body != NULL &&
	    newest->length >= 0 &&
	    newest->length < (int64_t)dkim_body_bytes(body));
	out->testing = arckeys_testing(&arc->keys);
}

const struct arc_outcome *
arc_end(struct arc *arc, int64_t timeout)
{
	if (arc->keys.job != NULL && !arc->ended) {
		arckeys_wait(&arc->keys, timeout);
		judge(arc);
	}
	arc->ended = true;
	return &arc->outcome;
}
