/* authresults - what sender authentication found, in words. */
#include "verdict/authresults.h"

#include <stdio.h>

#include "auth/authres_write.h"
#include "base/text.h"

static void
write_iprev(struct authres_writer *w, const struct iprev_outcome *o,
    const struct client *client)
{
	char ip[IP_TEXT_MAX];

	if (o == NULL)
		return;
	authres_method(w, "iprev", iprev_result_name(o->result));
	if (o->reason != NULL)
		authres_reason(w, span_of(o->reason));
	authres_property(w, "policy", "iprev",
	    span_of(ip_text(&client->ip, ip)));
}

/* RFC 7208 6.2: it must be clear that these are the owner's words. */
static void
write_explanation(struct authres_writer *w, const struct spf_outcome *o)
{
	struct buf text;

	if (o->explanation[0] == '\0')
		return;
	buf_init(&text, DNS_NAME_MAX + SPF_EXPLANATION_MAX +
	    sizeof(" explains: "));
	buf_printf(&text, "%s explains: %s", o->domain, o->explanation);
	authres_comment(w, buf_contents(&text));
	buf_done(&text);
}

static void
write_spf(struct authres_writer *w, const struct spf_outcome *o,
    const struct message *m)
{
	if (o == NULL)
		return;
	authres_method(w, "spf", spf_word(o->result));
	authres_reason(w, span_of(o->problem));
	write_explanation(w, o);
	if (o->identity == SPF_HELO)
		authres_property(w, "smtp", "helo", m->client.helo);
	else if (m->sender.n > 0)
		authres_property(w, "smtp", "mailfrom", m->sender);
	else
		authres_property(w, "smtp", "mailfrom", span_of(o->domain));
}

static void
write_signature(struct authres_writer *w, const struct dkim_signature *s)
{
	authres_method(w, "dkim", dkim_result_name(s->result));
	authres_reason(w, span_of(s->reason));
	if (s->result == DKIM_PASS && s->added)
		authres_comment(w, span_of("body goes on unsigned"));
	if (s->testing)
		authres_comment(w, span_of("by a test key, as if unsigned"));
	if (s->domain.n > 0)
		authres_property(w, "header", "d", s->domain);
	if (s->selector.n > 0)
		authres_property(w, "header", "s", s->selector);
	if (s->algorithm.n > 0)
		authres_property(w, "header", "a", s->algorithm);
	if (s->b.n > 0)
		authres_property(w, "header", "b", s->b);
}

static void
write_dkim(struct authres_writer *w, const struct dkim_outcome *o)
{
	size_t i;

	if (o == NULL)
		return;
	for (i = 0; i < o->count; i++)
		write_signature(w, &o->signatures[i]);
	if (o->count == 0)
		authres_method(w, "dkim", "none");
}

static void
write_arc(struct authres_writer *w, const struct arc_outcome *o)
{
	char oldest[12];

	if (o == NULL || o->result == ARC_NONE)
		return;
	authres_method(w, "arc", arc_word(o->result));
	authres_reason(w, span_of(o->reason));
	if (o->result != ARC_PASS)
		return;
	/* RFC 8617 section 6 */
	snprintf(oldest, sizeof(oldest), "%u", o->oldest);
	authres_property(w, "header", "oldest-pass", span_of(oldest));
}

static void
write_dmarc(struct authres_writer *w, const struct auth *auth)
{
	const struct dmarc_verdict *v = auth->dmarc;

	if (v == NULL)
		return;
	authres_method(w, "dmarc", dmarc_result_name(v->result));
	if (v->reason != NULL)
		authres_reason(w, span_of(v->reason));
	if (auth->dmarc_override != NULL) {
		authres_comment(w, span_of("override"));
		authres_comment(w, span_of(auth->dmarc_override));
	}
	if (v->author.n > 0)
		authres_property(w, "header", "from", v->author);
	if (v->record_at.n > 0)
		authres_property(w, "policy", "dmarc",
		    span_of(dmarc_policy_name(v->policy)));
}

struct span
authresults_make(struct message *m, const struct auth *auth)
{
	struct authres_writer w;
	struct span copy;
	struct buf out;

	buf_init(&out, AUTHRES_FIELD_MAX);
	if (authres_begin(&w, &out, m->authserv_id, false)) {
		write_iprev(&w, auth->iprev, &m->client);
		write_spf(&w, auth->spf_helo, m);
		write_spf(&w, auth->spf_mailfrom, m);
		write_dkim(&w, auth->dkim);
		write_arc(&w, auth->arc);
		write_dmarc(&w, auth);
		if (!authres_end(&w))
			buf_reset(&out);
	}
	copy = arena_span(&m->arena, buf_contents(&out));
	buf_done(&out);
	return copy;
}

static void
json_word(struct buf *out, const char *key, const char *word)
{
	if (out->p[out->n - 1] != '{')
		buf_char(out, ',');
	buf_printf(out, "\"%s\":\"%s\"", key, word);
}

/* The best of all signatures; each is in Authentication-Results. */
static const char *
dkim_summary(const struct dkim_outcome *o)
{
	size_t i;

	for (i = 0; i < o->count; i++)
		if (o->signatures[i].result == DKIM_PASS)
			return "pass";
	return o->count > 0 ? dkim_result_name(o->signatures[0].result) :
	    "none";
}

void
authresults_json(const struct auth *auth, struct buf *out)
{
	buf_char(out, '{');
	if (auth->iprev != NULL)
		json_word(out, "iprev", iprev_result_name(
		    auth->iprev->result));
	if (auth->spf_helo != NULL)
		json_word(out, "spf_helo", spf_word(auth->spf_helo->result));
	if (auth->spf_mailfrom != NULL)
		json_word(out, "spf", spf_word(auth->spf_mailfrom->result));
	if (auth->dkim != NULL)
		json_word(out, "dkim", dkim_summary(auth->dkim));
	if (auth->arc != NULL)
		json_word(out, "arc", arc_word(auth->arc->result));
	if (auth->dmarc != NULL)
		json_word(out, "dmarc", dmarc_result_name(
		    auth->dmarc->result));
	if (auth->dmarc_override != NULL)
		json_word(out, "dmarc_override", auth->dmarc_override);
	buf_char(out, '}');
}
