/* relays - the way a message took, parted where trust ends. */
#include "rules/relays.h"

#include <string.h>

#include "base/buf.h"
#include "rules/relayform.h"
#include "rules/relayline.h"
#include "rules/relaynets.h"

#define RELAYS_TEXT_MAX (1 << 20)	/* bytes of one pseudo header field */

/* The walk along the fields, newest first. */
struct walk {
	struct arena *arena;
	const struct rule_networks *networks;
	struct relays *out;
	struct relay *all;
	size_t fields;
	bool trusted, internal;	/* still */
	bool msa;		/* seen: all behind it is as trusted as it */
	bool outside;		/* the last relay was not trusted */
	bool scanned;		/* sender is for the next relay */
	struct span sender;
};

/* RFC 1918, 6598, 3927, 1122; link-local and loopback of RFC 4291. */
static bool
is_private(const struct relay *r)
{
	const uint8_t *b = r->ip.b;

	if (!r->has_ip)
		return false;
	if (!ip_is4(&r->ip))
		return (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) ||
		    memcmp(b, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16) == 0;
	b += 12;
	return b[0] == 10 || b[0] == 127 || (b[0] == 169 && b[1] == 254) ||
	    (b[0] == 172 && b[1] >= 16 && b[1] < 32) ||
	    (b[0] == 192 && b[1] == 168) ||
	    (b[0] == 100 && b[1] >= 64 && b[1] < 128);
}

/*
 * What a relay says about trust in the one before it.  Nothing, once trust has
 * ended or an MSA was found.
 */
static void
judge(struct walk *w, struct relay *r)
{
	const struct rule_networks *n = w->networks;

	if (!w->trusted || w->msa)
		return;
	if (n->guess) {
		if (!r->private && r->auth.n == 0)
			w->trusted = w->internal = false;
		return;
	}
	if (r->auth.n == 0 && !(r->has_ip &&
	    relaynets_has(&n->trusted, &r->ip))) {
		w->trusted = w->internal = false;
		return;
	}
	if (r->auth.n == 0 && !relaynets_has(&n->internal, &r->ip))
		w->internal = false;
	if (r->has_ip && relaynets_has(&n->msa, &r->ip))
		w->msa = r->msa = true;
}

static struct span
digit(bool set)
{
	return span_of(set ? "1" : "0");
}

static struct span
describe(struct arena *arena, const struct relay *r)
{
	const struct span pieces[] = {
		SPAN("[ ip="), r->ip_text, SPAN(" rdns="), r->rdns,
		SPAN(" helo="), r->helo, SPAN(" by="), r->by,
		SPAN(" ident="), r->ident, SPAN(" envfrom="), r->envelope_from,
		SPAN(" intl="), digit(r->internal), SPAN(" id="), r->id,
		SPAN(" auth="), r->auth, SPAN(" msa="), digit(r->msa),
		SPAN(" ]"),
	};
	size_t i, n = 0, count = sizeof(pieces) / sizeof(pieces[0]);
	char *p;

	for (i = 0; i < count; i++)
		n += pieces[i].n;
	p = arena_bytes(arena, n);
	for (i = n = 0; i < count; n += pieces[i++].n)
		if (pieces[i].n > 0)
			memcpy(p + n, pieces[i].p, pieces[i].n);
	return span_make(p, n);
}

static void
add(struct walk *w, const struct relay *given)
{
	struct relay *r = &w->all[w->out->count++];

	*r = *given;
	r->private = is_private(r);
	judge(w, r);
	r->trusted = w->trusted;
	r->internal = w->internal;
	w->outside = !w->trusted;
	r->as_string = describe(w->arena, r);
}

/* Skipped fields count as well: by whom they were written is known. */
static void
count_field(struct walk *w)
{
	w->out->trusted_fields += w->trusted;
	w->out->internal_fields += w->internal;
	w->fields++;
}

static void
take_field(struct walk *w, struct span value)
{
	struct relay relay;
	enum relayline answer;
	bool scanned = w->scanned;
	struct span sender = w->sender;

	w->scanned = false;
	answer = relayline_parse(w->arena, value, &relay);
	if (answer == RELAYLINE_SCANNED) {
		w->scanned = true;
		w->sender = relay.envelope_from;
	}
	if (answer == RELAYLINE_UNKNOWN)
		w->out->unparseable++;
	/* Whoever fetches mail from elsewhere has handed over nothing. */
	if (answer == RELAYLINE_FETCHED && !w->outside)
		w->out->count = 0;
	if (answer == RELAYLINE_RELAY) {
		if (scanned && sender.n > 0)
			relay.envelope_from = sender;
		add(w, &relay);
	}
	count_field(w);
}

/* What our MTA knows, and is going to write. */
static void
take_client(struct walk *w, const struct message *m)
{
	struct relay r;
	char text[IP_TEXT_MAX];

	memset(&r, 0, sizeof(r));
	r.has_ip = true;
	r.ip = m->relayed ? m->relay : m->client.ip;
	r.ip_text = arena_span(w->arena, span_of(ip_text(&r.ip, text)));
	if (!m->relayed) {
		r.rdns = relayline_clean(w->arena, m->client.name);
		r.helo = relayline_clean(w->arena, m->client.helo);
	}
	r.by = relayline_clean(w->arena, m->our_name);
	r.envelope_from = relayline_clean(w->arena, m->sender);
	r.id = relayline_clean(w->arena, m->queue_id);
	if (m->user.n > 0)
		r.auth = span_of("ESMTPA");
	r.no_reverse_dns = !m->relayed && r.rdns.n == 0;
	add(w, &r);
	count_field(w);
	w->out->own = true;
}

/* "X-Originating-IP: 192.0.2.1" tells of a handover by web mail. */
static void
take_originating(struct walk *w, const struct message *m)
{
	const struct rule_networks *n = w->networks;
	const struct header *last;
	struct span value, ip = {NULL, 0};
	size_t i, k, at;

	for (i = 0; i < n->ip_header_count && w->fields < RELAYS_MAX; i++) {
		last = NULL;
		for (k = 0; k < m->header_count; k++)
			if (span_ieq(m->headers[k].name, n->ip_headers[i]))
				last = &m->headers[k];
		if (last == NULL)
			continue;
		value = span_head(last->value, RELAYLINE_MAX);
		for (at = 0; at < value.n && ip.n == 0; at++)
			ip = span_head(span_skip(value, at),
			    relayform_ip(value, at));
		if (ip.n > 0)
			take_field(w, arena_printf(w->arena,
			    "from X-Originating-IP: %.*s", SPAN_ARG(ip)));
		ip.n = 0;
	}
}

/* The relays from one to another as a pseudo header field. */
static struct span
join(struct arena *arena, const struct relays *r, size_t from, size_t to)
{
	struct buf buf;
	struct span out;
	size_t i;

	buf_init(&buf, RELAYS_TEXT_MAX);
	for (i = from; i < to; i++) {
		if (i > from)
			buf_char(&buf, ' ');
		buf_span(&buf, r->all[i].as_string);
	}
	out = arena_span(arena, buf_contents(&buf));
	buf_done(&buf);
	return out;
}

static void
part(struct arena *arena, struct relays *out)
{
	while (out->trusted < out->count && out->all[out->trusted].trusted)
		out->trusted++;
	while (out->internal < out->count && out->all[out->internal].internal)
		out->internal++;
	out->trusted_text = join(arena, out, 0, out->trusted);
	out->untrusted_text = join(arena, out, out->trusted, out->count);
	out->internal_text = join(arena, out, 0, out->internal);
	out->external_text = join(arena, out, out->internal, out->count);
}

/* Goes through all relays, or until one is from outside. */
static void
take_relays(struct walk *w, const struct message *m, bool all)
{
	size_t i, n = message_count(m, "Received") +
	    w->networks->ip_header_count + 1;

	memset(w->out, 0, sizeof(*w->out));
	w->all = arena_alloc(w->arena, (n < RELAYS_MAX ? n : RELAYS_MAX) *
	    sizeof(*w->all));
	w->out->all = w->all;
	w->trusted = w->internal = true;
	if (m->relayed || m->client.has_ip)
		take_client(w, m);
	for (i = 0; i < m->header_count && w->fields < RELAYS_MAX &&
	    (all || !w->outside); i++)
		if (span_iis(m->headers[i].name, "Received"))
			take_field(w, m->headers[i].value);
	if (all || !w->outside)
		take_originating(w, m);
}

void
relays_find(struct arena *arena, const struct message *m,
    const struct rule_networks *networks, struct relays *out)
{
	struct walk w = {.arena = arena, .networks = networks, .out = out};

	take_relays(&w, m, true);
	part(arena, out);
}

const struct relay *
relays_entrance(struct arena *arena, const struct message *m,
    const struct rule_networks *networks)
{
	struct relays relays = {.count = 0};
	struct walk w = {.arena = arena, .networks = networks,
	    .out = &relays};

	take_relays(&w, m, false);
	return relays.count > 0 ? &w.all[relays.count - 1] : NULL;
}
