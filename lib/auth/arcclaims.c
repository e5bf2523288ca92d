/* arcclaims - what a sealer says it found. */
#include "auth/arcclaims.h"

#include <string.h>

#include "auth/authres.h"
#include "mail/domain.h"
#include "mail/token.h"

/* Properties that say whose the result is; of a method the first is best. */
static const struct {
	const char *method, *property;
} owners[] = {
	{ "spf", "smtp.mailfrom" },
	{ "spf", "smtp.helo" },
	{ "dkim", "header.d" },
	{ "dkim", "header.i" },
	{ "dmarc", "header.from" },
};

#define OWNERS (sizeof(owners) / sizeof(owners[0]))

/* How good a property is as owner; OWNERS: not at all. */
static size_t
rank(const struct arc_claim *claim, struct span property)
{
	size_t i;

	for (i = 0; i < OWNERS; i++)
		if (span_iis(claim->method, owners[i].method) &&
		    span_iis(property, owners[i].property))
			break;
	return i;
}

/* A value, quoted or not, up to a blank, a comment or the end of the result. */
static struct span
take_value(struct arena *arena, struct token_reader *r)
{
	struct token_reader next;
	struct span raw;
	size_t n = 0;

	token_skip(r);
	next = *r;
	if (token_next(&next, &raw) == TOKEN_QUOTED) {
		*r = next;
		/* A quoted local part: what follows is the domain. */
		if (r->rest.n == 0 || r->rest.p[0] != '@')
			return token_text(arena, TOKEN_QUOTED, raw);
	}
	while (n < r->rest.n && !char_space((unsigned char)r->rest.p[n]) &&
	    r->rest.p[n] != ';' && r->rest.p[n] != '(')
		n++;
	raw = span_head(r->rest, n);
	r->rest = span_skip(r->rest, n);
	return raw;
}

/* The domain of an address, or the whole. */
static struct span
domain_of(struct arena *arena, struct span value)
{
	size_t at = span_rchr(value, '@');

	return domain_ascii(arena, at != value.n ? span_skip(value, at + 1) :
	    value);
}

/* The properties of a result, up to ";" or the end; false at the end. */
static bool
take_properties(struct arena *arena, struct token_reader *r,
    struct arc_claim *claim)
{
	size_t best = OWNERS, found;
	enum token token;
	struct span raw, value;

	for (;;) {
		token = token_next(r, &raw);
		if (token == TOKEN_END || token == TOKEN_BAD)
			return false;
		if (token_is(token, raw, ';'))
			return true;
		if (token != TOKEN_ATOM || !token_take(r, '='))
			continue;
		value = take_value(arena, r);
		found = rank(claim, raw);
		if (found < best) {
			claim->domain = domain_of(arena, value);
			best = found;
		}
	}
}

static bool
take_claim(struct token_reader *r, struct arc_claim *claim)
{
	struct span raw;

	memset(claim, 0, sizeof(*claim));
	if (token_next(r, &claim->method) != TOKEN_ATOM)
		return false;
	if (token_take(r, '/'))
		token_next(r, &raw);
	return token_take(r, '=') &&
	    token_next(r, &claim->result) == TOKEN_ATOM;
}

void
arcclaims_parse(struct arena *arena, struct span payload,
    struct arc_claims *out)
{
	struct arc_claim *claims;
	struct token_reader r;
	struct span raw;

	memset(out, 0, sizeof(*out));
	if (authres_parse(arena, payload, &out->id) == AUTHRES_BROKEN)
		return;
	claims = arena_alloc(arena, ARCCLAIMS_MAX * sizeof(*claims));
	out->claims = claims;
	token_begin(&r, payload, TOKEN_MIME);
	while (!token_take(&r, ';'))
		token_next(&r, &raw);
	while (out->count < ARCCLAIMS_MAX &&
	    take_claim(&r, &claims[out->count]))
		if (!take_properties(arena, &r, &claims[out->count++]))
			break;
}

const struct arc_claim *
arcclaims_find(const struct arc_claims *c, const char *method, size_t nth)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		if (span_iis(c->claims[i].method, method) && nth-- == 0)
			return &c->claims[i];
	return NULL;
}

bool
arcclaims_has(const struct arc_claims *c, const char *method,
    const char *result, struct span domain)
{
	const struct arc_claim *claim;
	size_t n;

	for (n = 0; (claim = arcclaims_find(c, method, n)) != NULL; n++)
		if (span_iis(claim->result, result) &&
		    (domain.n == 0 || span_ieq(claim->domain, domain)))
			return true;
	return false;
}
