/* arcset - the ARC header fields of a message (RFC 8617 section 4). */
#include "auth/arcset.h"

#include <string.h>

#include "auth/taglist.h"
#include "base/text.h"
#include "mail/domain.h"
#include "mail/token.h"

enum kind { RESULTS, MESSAGE, SEAL, KINDS };

static const char *const kind_words[KINDS] = {
	"results", "message signature", "seal",
};

/* Which of the three fields that is, or KINDS. */
static enum kind
kind_of(struct span name)
{
	if (!span_istarts(name, "ARC-"))
		return KINDS;
	name = span_skip(name, 4);
	if (span_iis(name, "Authentication-Results"))
		return RESULTS;
	if (span_iis(name, "Message-Signature"))
		return MESSAGE;
	return span_iis(name, "Seal") ? SEAL : KINDS;
}

/* position of RFC 8617 section 3.9; 0 is a fault. */
static unsigned
position(struct span s)
{
	int64_t number;

	if (s.n > 2 || !text_number(s, &number) || number > ARCSET_MAX)
		return 0;
	return (unsigned)number;
}

unsigned
arcsets_payload(struct span value, struct span *payload)
{
	struct token_reader r;
	struct span raw;

	token_begin(&r, value, TOKEN_MIME);
	if (token_next(&r, &raw) != TOKEN_ATOM || !span_is(raw, "i") ||
	    !token_take(&r, '=') || token_next(&r, &raw) != TOKEN_ATOM ||
	    !token_take(&r, ';'))
		return 0;
	*payload = r.rest;
	return position(raw);
}

static const char *
read_number(const struct taglist *list, const char *name, int64_t *out)
{
	const struct tag *tag = taglist_find(list, name);

	*out = -1;
	if (tag != NULL && !text_number(tag->value, out))
		return "a number is none";
	return NULL;
}

/* The name of the key, which is where d= and s= are found out to be names. */
static const char *
read_key_name(struct arena *arena, const struct taglist *list,
    struct arcsig *out)
{
	struct span domain = taglist_value(list, "d", "");
	struct span selector = taglist_value(list, "s", "");

	out->domain = domain_ascii(arena, domain);
	if (domain_labels(out->domain) < 2)
		return "d= is no domain";
	if (selector.n == 0)
		return "s= is no selector";
	out->key_name = domain_ascii(arena, arena_printf(arena,
	    "%.*s._domainkey.%.*s", SPAN_ARG(selector),
	    SPAN_ARG(out->domain)));
	return out->key_name.n == 0 ? "s= is no selector" : NULL;
}

/* What seals and message signatures have in common. */
static const char *
read_signature(struct arena *arena, const struct taglist *list,
    struct arcsig *out)
{
	struct span algorithm = taglist_value(list, "a", "");
	const struct tag *b = taglist_find(list, "b");
	int64_t when;

	/* RFC 8301 section 3.1: rsa-sha1 must not be used. */
	out->rsa = span_is(algorithm, "rsa-sha256");
	if (!out->rsa && !span_is(algorithm, "ed25519-sha256"))
		return "a= is unknown";
	if (b == NULL || !taglist_base64(arena, b->value, &out->signature))
		return "b= is no signature";
	out->hole = b->raw;
	if (read_number(list, "t", &when) != NULL)
		return "t= is no time";
	return read_key_name(arena, list, out);
}

/* c= of RFC 6376 section 3.5. */
static bool
read_canonicalization(struct span c, struct arcsig *out)
{
	size_t slash = span_chr(c, '/');
	struct span header = span_head(c, slash);
	struct span body = span_skip(c, slash + 1);

	out->relaxed_header = span_is(header, "relaxed");
	out->relaxed_body = span_is(body, "relaxed");
	return (out->relaxed_header || span_is(header, "simple")) &&
	    (out->relaxed_body || slash == c.n || span_is(body, "simple"));
}

/*
 * RFC 8617 4.1.2 forbids ARC fields in h=.  Sealers sign the results and older
 * message signatures all the same, and verifiers accept that, but no seal.  An
 * empty name stands for a field that is not there.
 */
static const char *
check_names(struct arcsig *out)
{
	struct span names = out->names, name;
	unsigned count = 0;

	while (taglist_item(&names, &name)) {
		if (span_iis(name, "ARC-Seal"))
			return "h= has ARC-Seal";
		if (span_iis(name, "From"))
			out->signs_from = true;
		if (++count > ARCSET_NAMES_MAX)
			return "h= is too long";
	}
	return NULL;
}

static const char *
read_message(struct arena *arena, const struct taglist *list,
    struct arcsig *out)
{
	const struct tag *names = taglist_find(list, "h");
	int64_t when = -1;

	if (names == NULL)
		return "no h=";
	out->names = names->value;
	if (!taglist_base64(arena, taglist_value(list, "bh", ""),
	    &out->body_hash) || out->body_hash.n != ARCSET_HASH)
		return "bh= is no hash";
	out->unsaid = taglist_find(list, "c") == NULL;
	if (!read_canonicalization(taglist_value(list, "c", "simple"), out))
		return "c= is unknown";
	if (!taglist_has(taglist_value(list, "q", "dns/txt"), "dns/txt"))
		return "q= is unknown";
	if (read_number(list, "l", &out->length) != NULL)
		return "l= is no number";
	if (read_number(list, "x", &out->expires) != NULL ||
	    read_number(list, "t", &when) != NULL ||
	    (out->expires >= 0 && out->expires <= when))
		return "x= is no time after t=";
	return check_names(out);
}

/* RFC 8617 4.1.3: h= must not be there; other unknown tags do not matter. */
static const char *
read_seal(const struct taglist *list, struct span *status)
{
	*status = taglist_value(list, "cv", "");
	if (taglist_find(list, "h") != NULL)
		return "h= is not allowed";
	if (!span_is(*status, "none") && !span_is(*status, "pass") &&
	    !span_is(*status, "fail"))
		return "cv= is unknown";
	return NULL;
}

/* A field takes its place in its set. */
static const char *
place(struct arena *arena, struct arcsets *chain, const struct header *h,
    enum kind kind)
{
	struct taglist list;
	struct arcset *set;
	struct arcsig *sig;
	struct span payload = span_of(NULL);
	const char *fault = NULL;
	unsigned instance;

	if (kind == RESULTS)
		instance = arcsets_payload(h->value, &payload);
	else {
		fault = taglist_parse(h->value, &list);
		if (fault != NULL)
			return fault;
		instance = position(taglist_value(&list, "i", ""));
	}
	if (instance == 0 || instance > chain->count)
		return "no instance, or one that does not fit";
	set = &chain->sets[instance - 1];
	if (kind == RESULTS) {
		fault = set->results != NULL ? "comes twice" : NULL;
		set->results = h;
		set->payload = payload;
		return fault;
	}
	sig = kind == SEAL ? &set->seal : &set->message;
	if (sig->field != NULL)
		return "comes twice";
	sig->field = h;
	sig->length = sig->expires = -1;
	if (kind == SEAL)
		fault = read_seal(&list, &set->status);
	else
		fault = read_message(arena, &list, sig);
	return fault != NULL ? fault : read_signature(arena, &list, sig);
}

/* RFC 8617 5.2 steps 2 and 3C. */
static const char *
check_status(const struct arcsets *chain)
{
	size_t i = chain->count;

	if (span_is(chain->sets[i - 1].status, "fail"))
		return "the last sealer saw a broken chain";
	for (; i > 1; i--)
		if (!span_is(chain->sets[i - 1].status, "pass"))
			return "cv= of a later seal is not pass";
	if (!span_is(chain->sets[0].status, "none"))
		return "cv= of the first seal is not none";
	return NULL;
}

/* Every set is complete when the three counts are equal, no instance exceeds
 * them, and none comes twice. */
static const char *
check_counts(const size_t counts[KINDS])
{
	size_t i;

	for (i = 0; i < KINDS; i++) {
		if (counts[i] > ARCSET_MAX)
			return "more than 50 sets";
		if (counts[i] != counts[SEAL])
			return "fields of a set are missing or repeated";
	}
	return NULL;
}

void
arcsets_collect(struct arena *arena, const struct header *headers,
    size_t count, struct arcsets *out)
{
	size_t counts[KINDS + 1] = { 0 }, i;
	enum kind kind;
	const char *fault;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < count; i++)
		counts[kind_of(headers[i].name)]++;
	out->count = counts[RESULTS] + counts[MESSAGE] + counts[SEAL];
	if (out->count == 0)
		return;
	out->fault = check_counts(counts);
	if (out->fault != NULL)
		return;
	out->count = counts[SEAL];
	out->sets = arena_alloc(arena, out->count * sizeof(*out->sets));
	for (i = 0; i < count; i++) {
		kind = kind_of(headers[i].name);
		if (kind == KINDS)
			continue;
		fault = place(arena, out, &headers[i], kind);
		if (fault != NULL) {
			out->fault = arena_printf(arena, "%s: %s",
			    kind_words[kind], fault).p;
			return;
		}
	}
	out->fault = check_status(out);
}
