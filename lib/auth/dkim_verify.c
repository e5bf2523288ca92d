/* dkim_verify - the signatures of a message, each judged on its own. */
#include <stdlib.h>
#include <string.h>

#include "auth/dkim.h"
#include "auth/dkim_ask.h"
#include "auth/dkim_field.h"
#include "auth/dkim_head.h"
#include "auth/taglist.h"
#include "base/mem.h"
#include "mail/domain.h"

#define KEYS_MAX 4	/* records of one name that are tried */
#define B_MIN 8		/* digits of b= that name a signature; RFC 6008 */

/* A signature while it is judged. */
struct candidate {
	struct dkim_signature *out;
	struct dkim_field *field;
	bool alive;		/* it can still pass */
	size_t question;
	struct dkim_body *body;
	struct span digest;	/* of the header; empty until needed */
};

struct dkim_verify {
	const struct dkim_engine *engine;
	struct dkim_input input;
	struct arena arena;
	struct dns_job *job;	/* NULL when no key is wanted */
	struct dkim_signature signatures[DKIM_SIGNATURES_MAX];
	struct candidate candidates[DKIM_SIGNATURES_MAX];
	size_t readable[DKIM_SIGNATURES_MAX];
	size_t readable_count;
	struct dkim_outcome outcome;
};

const char *
dkim_result_name(enum dkim_result result)
{
	static const char *const names[] = {"none", "pass", "fail", "policy",
	    "neutral", "temperror", "permerror"};

	return names[result];
}

static void
settle(struct candidate *c, enum dkim_result result, const char *reason)
{
	c->alive = false;
	c->out->result = result;
	c->out->reason = reason;
}

/*
 * A second From that is not signed would show its reader another author (RFC
 * 6376 section 8.15).
 */
static bool
covers_all_from(const struct dkim_verify *v, const struct dkim_field *field)
{
	size_t i, signed_count = 0, count = 0;

	for (i = 0; i < v->input.header_count; i++)
		count += span_iis(v->input.headers[i].name, "From");
	for (i = 0; i < field->name_count; i++)
		signed_count += span_iis(field->names[i], "From");
	return signed_count >= count;
}

/* Why a readable signature is not accepted, or NULL. */
static const char *
unacceptable(const struct dkim_verify *v, const struct dkim_field *field)
{
	int64_t now = v->input.now / 1000;

	if (field->expires >= 0 && now > field->expires)
		return "expired";
	if (field->time >= 0 && field->time > now + DKIM_DRIFT)
		return "from the future";
	if (!covers_all_from(v, field))
		return "a From field is not signed";
	return NULL;
}

static void
choose_body(struct dkim_verify *v, struct candidate *c)
{
	struct dkim_body_terms terms = {
		.relaxed = c->field->relaxed_body,
		.sha1 = c->field->hash == DKIM_SHA1,
		.length = c->field->length,
	};

	c->body = dkim_bodies_want(v->input.bodies, &terms);
	if (c->body == NULL)
		settle(c, DKIM_NEUTRAL, "one more way to hash the body");
}

static void
parse_signature(struct dkim_verify *v, struct candidate *c)
{
	struct dkim_signature *out = c->out;
	enum dkim_result result = DKIM_NEUTRAL;
	struct dkim_field *f = arena_alloc(&v->arena, sizeof(*f));
	const char *reason = dkim_field_parse(&v->arena,
	    v->input.headers[out->header].value, f, &result);

	c->field = f;
	out->domain = f->domain;
	out->selector = f->selector;
	out->identity = f->identity;
	out->algorithm = f->algorithm;
	out->time = f->time;
	out->expires = f->expires;
	out->has_length = f->length >= 0;
	c->alive = true;
	if (reason != NULL) {
		settle(c, result, reason);
		return;
	}
	v->readable[v->readable_count++] = out->header;
	if ((reason = unacceptable(v, f)) != NULL)
		settle(c, DKIM_POLICY, reason);
	else
		choose_body(v, c);
}

static bool
is_signature(const struct dkim_verify *v, size_t header)
{
	return span_iis(v->input.headers[header].name, "DKIM-Signature");
}

static bool
goes_first(struct dkim_verify *v, size_t header)
{
	struct taglist tags;
	struct span domain;
	size_t i;

	if (taglist_parse(v->input.headers[header].value, &tags) != NULL)
		return false;
	domain = domain_ascii(&v->arena, taglist_value(&tags, "d", ""));
	for (i = 0; i < v->input.first_count; i++)
		if (domain_within(domain, v->input.first[i]))
			return true;
	return false;
}

/*
 * How many signatures of others may be verified: none so many that those that
 * go first, which stand below what forwarders add, find no room.
 */
static size_t
room_for_others(struct dkim_verify *v)
{
	size_t i, count = 0, first = 0;

	for (i = 0; i < v->input.header_count; i++)
		count += is_signature(v, i);
	if (count <= DKIM_SIGNATURES_MAX)
		return DKIM_SIGNATURES_MAX;
	for (i = 0; i < v->input.header_count; i++)
		first += is_signature(v, i) && goes_first(v, i);
	return first < DKIM_SIGNATURES_MAX ? DKIM_SIGNATURES_MAX - first : 0;
}

static void
find_signatures(struct dkim_verify *v)
{
	size_t i, others = 0, room = room_for_others(v);
	struct candidate *c;
	bool other;

	for (i = 0; i < v->input.header_count; i++) {
		if (!is_signature(v, i))
			continue;
		other = room < DKIM_SIGNATURES_MAX && !goes_first(v, i);
		if (v->outcome.count == DKIM_SIGNATURES_MAX ||
		    (other && others == room)) {
			v->outcome.ignored++;
			continue;
		}
		others += other;
		c = &v->candidates[v->outcome.count];
		c->out = &v->signatures[v->outcome.count++];
		c->out->header = i;
		c->out->reason = "";
		parse_signature(v, c);
	}
}

static size_t
common_start(struct span a, struct span b)
{
	size_t i;

	for (i = 0; i < a.n && i < b.n && a.p[i] == b.p[i]; i++)
		;
	return i;
}

static void
name_signatures(struct dkim_verify *v)
{
	struct span b;
	size_t i, k, n, common;

	for (i = 0; i < v->outcome.count; i++) {
		b = v->candidates[i].field->b;
		for (n = B_MIN, k = 0; k < v->outcome.count; k++) {
			common = common_start(b, v->candidates[k].field->b);
			if (k != i && common >= n)
				n = common + 1;
		}
		v->signatures[i].b = span_head(b, n);
	}
}

static void
ask_for_keys(struct dkim_verify *v, struct dns *dns)
{
	struct span names[DKIM_SIGNATURES_MAX], name;
	struct candidate *c;
	size_t i, count = 0;

	for (i = 0; i < v->outcome.count; i++) {
		c = &v->candidates[i];
		if (!c->alive)
			continue;
		name = arena_printf(&v->arena, "%.*s._domainkey.%.*s",
		    SPAN_ARG(c->field->selector), SPAN_ARG(c->field->domain));
		c->question = count;
		names[count++] = domain_ascii(&v->arena, name);
	}
	if (count != 0)
		v->job = dkim_ask_keys(dns, names, count);
}

struct dkim_verify *
dkim_verify_new(const struct dkim_engine *engine, struct dns *dns,
    const struct dkim_input *input)
{
	struct dkim_verify *v = mem_alloc(sizeof(*v));

	v->engine = engine;
	v->input = *input;
	if (v->input.bits_min < DKIM_BITS_MIN)
		v->input.bits_min = DKIM_BITS_MIN;
	arena_init(&v->arena);
	v->outcome.signatures = v->signatures;
	find_signatures(v);
	name_signatures(v);
	ask_for_keys(v, dns);
	return v;
}

/* Why this key cannot be the one, whatever it would compute. */
static const char *
unfit(const struct candidate *c, const struct dkim_key *key)
{
	const struct dkim_field *f = c->field;

	if (key->revoked)
		return "the key is revoked";
	if (key->rsa != f->rsa)
		return "the key is for another algorithm";
	if (f->hash == DKIM_SHA1 ? !key->sha1 : !key->sha256)
		return "the key is not for this hash";
	if (!key->email)
		return "the key is not for mail";
	if (key->strict && !span_ieq(f->identity_domain, f->domain))
		return "the key is not for subdomains";
	return NULL;
}

/* What is wrong with the bytes that were signed, or NULL. */
static const char *
changed(struct dkim_verify *v, struct candidate *c, const struct dkim_key *key,
    enum dkim_result *result)
{
	struct dkim_head head = {
		v->input.headers, v->input.header_count, c->out->header,
		c->field, v->readable, v->readable_count,
	};
	const char *reason;

	*result = DKIM_FAIL;
	if (c->field->length >= 0 &&
	    (uint64_t)c->field->length > dkim_body_bytes(c->body))
		return "l= counts more than the body has";
	if (!span_eq(dkim_body_end(c->body), c->field->body_hash))
		return "the body was changed";
	if (c->digest.n == 0 && (reason = dkim_head_hash(v->engine, &v->arena,
	    &head, &c->digest)) != NULL) {
		*result = DKIM_NEUTRAL;
		return reason;
	}
	if (dkim_key_made(key, c->field->hash, c->digest, c->field->signature))
		return NULL;
	if (!v->input.cut)
		return "the header was changed, or the key is another";
	*result = DKIM_NEUTRAL;
	c->out->cut = true;
	return "too many header fields to verify it";
}

/* RFC 8301: what must not be considered valid even when it verifies. */
static const char *
weak(const struct dkim_verify *v, const struct candidate *c,
    const struct dkim_key *key)
{
	if (c->field->hash == DKIM_SHA1)
		return "rsa-sha1 is not accepted";
	if (key->rsa && key->bits < v->input.bits_min)
		return "the key is too short";
	return NULL;
}

static void
judge_by_key(struct dkim_verify *v, struct candidate *c, struct span record)
{
	enum dkim_result result = DKIM_PERMERROR;
	const char *reason;
	const struct dkim_key *key = dkim_keys_get(dkim_engine_keys(v->engine),
	    &v->arena, record, &reason);

	if (key == NULL) {
		settle(c, result, reason);
		return;
	}
	c->out->bits = key->bits;
	c->out->testing = key->testing;
	c->out->strict = key->strict;
	reason = unfit(c, key);
	if (reason == NULL)
		reason = changed(v, c, key, &result);
	if (reason == NULL) {
		result = DKIM_POLICY;
		reason = weak(v, c, key);
	}
	if (reason == NULL)
		settle(c, DKIM_PASS, "");
	else
		settle(c, result, reason);
	dkim_keys_put(key);
}

/*
 * RFC 6376 section 3.6.2.2 leaves open what several records mean: the first
 * one that has anything to say to this signature decides.
 */
static void
judge(struct dkim_verify *v, struct candidate *c, const struct dns_answer *a)
{
	size_t i;

	if (a->status == DNS_FAILED) {
		settle(c, DKIM_TEMPERROR, arena_printf(&v->arena,
		    "no answer about the key: %s", a->why).p);
		return;
	}
	settle(c, DKIM_PERMERROR, "no key");
	c->out->key_secure = a->secure;
	for (i = 0; a->status == DNS_FOUND && i < a->count && i < KEYS_MAX; i++)
		if (i == 0 || c->out->result == DKIM_PERMERROR)
			judge_by_key(v, c, a->records[i].data);
}

const struct dkim_outcome *
dkim_verify_end(struct dkim_verify *v, int64_t timeout)
{
	struct candidate *c;
	size_t i;

	if (v->job == NULL)
		return &v->outcome;
	dns_job_wait(v->job, timeout);
	for (i = 0; i < v->outcome.count; i++) {
		c = &v->candidates[i];
		if (!c->alive)
			continue;
		dkim_body_end(c->body);
		c->out->added = c->out->has_length &&
		    (uint64_t)c->field->length < dkim_body_bytes(c->body);
		judge(v, c, dkim_ask_answer(v->job, c->question));
	}
	return &v->outcome;
}

size_t
dkim_verify_questions(const struct dkim_verify *v)
{
	return v->job != NULL ? dns_job_questions(v->job) : 0;
}

void
dkim_verify_free(struct dkim_verify *v)
{
	if (v == NULL)
		return;
	dns_job_free(v->job);
	arena_done(&v->arena);
	free(v);
}
