/* eval_id - functions about ids and senders that some programs make up. */
#include "rules/eval_header.h"

#include "mail/registry.h"
#include "rules/loosedate.h"

/* Steps of the clock in an id of Outlook's that it may be wrong by. */
#define STAMP_ERROR 250

/* Hexadecimal digits in lower case; false for any other byte. */
static bool
hexadecimal(struct span s, int64_t *out)
{
	size_t i;

	*out = 0;
	for (i = 0; i < s.n; i++) {
		if (!char_among(s.p[i], "0123456789abcdef"))
			return false;
		*out = *out * 16 + char_hex(s.p[i]);
	}
	return true;
}

/* "<0001" and three words of 8 digits: the time is in the first. */
static bool
outlook_stamp(struct span id, int64_t *out)
{
	int64_t ignored;

	return id.n > 32 && id.p[0] == '<' && id.p[13] == '$' &&
	    id.p[22] == '$' && id.p[31] == '@' &&
	    hexadecimal(span_make(id.p + 1, 4), &ignored) &&
	    hexadecimal(span_make(id.p + 5, 8), out) &&
	    hexadecimal(span_make(id.p + 14, 8), &ignored) &&
	    hexadecimal(span_make(id.p + 23, 8), &ignored);
}

/*
 * The stamp is the upper half of a FILETIME: 100 ns since 1601, so that one
 * step is about 429 seconds.  A day and more of error is allowed for.
 */
static bool
stamp_fits(int64_t stamp, int64_t time)
{
	int64_t wanted = (int64_t)((double)time * 0.0023283064365387 +
	    27111902.8329849);

	return stamp - wanted < STAMP_ERROR && wanted - stamp < STAMP_ERROR;
}

int
eval_outlook_message_id(struct facts *f, const struct eval_call *call)
{
	int64_t stamp, time;

	(void)call;
	if (!outlook_stamp(facts_get(f, "MESSAGEID"), &stamp))
		return 0;
	if (!loosedate_find(facts_get(f, "Date"), &time))
		time = 0;
	if (stamp_fits(stamp, time))
		return 0;
	if (!loosedate_find(facts_get(f, "Received"), &time))
		time = 0;
	return !stamp_fits(stamp, time);
}

/* The message id made of the author's address: "<28 capitals.address>". */
static bool
id_address(struct span id, struct span *out)
{
	size_t at, i;

	for (at = 0; at + 30 < id.n; at++) {
		if (id.p[at] != '<')
			continue;
		for (i = at + 1; i <= at + 28 && id.p[i] >= 'A' &&
		    id.p[i] <= 'Z'; i++)
			;
		if (i != at + 29 || id.p[i] != '.')
			continue;
		*out = span_skip(id, i + 1);
		i = span_chr(*out, '>');
		if (i > 0 && i < out->n) {
			out->n = i;
			return true;
		}
	}
	return false;
}

int
eval_ratware_name_id(struct facts *f, const struct eval_call *call)
{
	struct span id, from = facts_get(f, "From"), box, name;
	size_t at;

	(void)call;
	if (!id_address(facts_get(f, "MESSAGEID"), &id))
		return 0;
	box = arena_printf(f->arena, "<%.*s>", SPAN_ARG(id));
	at = span_find(from, box);
	name = span_trim(span_head(from, at));
	return at < from.n && name.n > 2 && name.p[name.n - 1] == '"' &&
	    span_rchr(span_head(name, name.n - 1), '"') < name.n - 2;
}

/* The recipient in the sender, not as VERP writes it: "domain.user@". */
int
eval_ratware_envelope(struct facts *f, const struct eval_call *call)
{
	struct span to = facts_get(f, "To:addr"), domain, token;
	struct span sender = facts_get(f, "EnvelopeFrom:addr");
	size_t at = span_chr(to, '@'), i;

	(void)call;
	if (sender.n == 0 || at == 0 || at + 1 >= to.n ||
	    (span_istarts(sender, "SRS") && sender.n > 4 &&
	    char_digit((unsigned char)sender.p[3]) &&
	    char_among(sender.p[4], "=+-")))
		return 0;
	domain = registry_domain(f->arena, f->view.registry,
	    registry_ascii(f->arena, span_skip(to, at + 1)));
	if (!registry_valid(f->view.registry, domain))
		return 0;
	for (i = 0; i + domain.n + at + 2 <= sender.n; i++) {
		token = span_skip(sender, i);
		if (eval_border(sender, i) &&
		    span_ieq(span_head(token, domain.n), domain) &&
		    span_ieq(span_head(span_skip(token, domain.n + 1), at),
		    span_head(to, at)) && token.p[domain.n + 1 + at] == '@')
			return 1;
	}
	return 0;
}
