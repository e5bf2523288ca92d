/* senders - all addresses that say from whom a message is, or for whom. */
#include "rules/senders.h"

#include <string.h>

#include "mail/registry.h"
#include "rules/field.h"

#define RECEIVED_MAX 3		/* fields whose "for" is read */

static void
add(struct facts *f, struct span address, struct senders *out)
{
	size_t i;

	if (address.n == 0 || out->count == SENDERS_MAX)
		return;
	address = arena_lower(f->arena, address);
	for (i = 0; i < out->count; i++)
		if (span_eq(out->items[i], address))
			return;
	out->items[out->count++] = address;
}

static void
values_of(struct facts *f, const char *field, struct field_values *v)
{
	struct field_key key;

	v->count = 0;
	if (field_key_parse(span_of(field), &key))
		field_values(f, &key, v);
}

void
senders_add(struct facts *f, const char *field, struct senders *out)
{
	struct field_values v;
	size_t i;

	values_of(f, field, &v);
	for (i = 0; i < v.count; i++)
		add(f, v.items[i], out);
}

/* Several dots as one: some write "user@example..com". */
static void
squeeze(struct facts *f, struct senders *s)
{
	struct senders once;
	struct span in;
	char *p;
	size_t i, k, n;

	once.count = 0;
	for (i = 0; i < s->count; i++) {
		in = s->items[i];
		p = arena_bytes(f->arena, in.n);
		for (k = n = 0; k < in.n; k++)
			if (k == 0 || in.p[k] != '.' || in.p[k - 1] != '.')
				p[n++] = in.p[k];
		add(f, span_make(p, n), &once);
	}
	s->count = once.count;
	memcpy(s->items, once.items, once.count * sizeof(*once.items));
}

void
senders_from(struct facts *f, struct senders *out)
{
	static const char *const fields[] = {"From:addr",
	    "Envelope-Sender:addr", "Resent-Sender:addr",
	    "X-Envelope-From:addr", "EnvelopeFrom:addr"};
	struct field_values v;
	size_t i;

	out->count = 0;
	values_of(f, "Resent-From:first:addr", &v);
	if (v.count > 0) {
		senders_add(f, "Resent-From:first:addr", out);
		return;
	}
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		senders_add(f, fields[i], out);
	squeeze(f, out);
}

/* " for <address>;" in a Received field. */
static void
add_received(struct facts *f, struct span line, struct senders *out)
{
	struct span rest = line, word, host;
	size_t at, end;

	while (rest.n > 0) {
		rest = span_skip(rest, span_find(rest, span_of(" for ")) + 5);
		word = span_head(rest, span_chr(rest, ' '));
		if (span_starts(word, "<"))
			word = span_skip(word, 1);
		at = span_rchr(word, '@');
		host = span_skip(word, at + 1);
		end = span_chr(host, ';');
		if (end == host.n || at == 0)
			continue;
		host = span_head(host, end);
		if (host.n > 1 && host.p[host.n - 1] == '>')
			host.n--;
		if (registry_fqdn(registry_ascii(f->arena, host)))
			add(f, span_head(word, at + 1 + host.n), out);
		return;
	}
}

void
senders_to(struct facts *f, struct senders *out)
{
	static const char *const fields[] = {"To:addr", "Apparently-To:addr",
	    "Delivered-To:addr", "Envelope-Recipients:addr",
	    "Apparently-Resent-To:addr", "X-Envelope-To:addr",
	    "Envelope-To:addr", "X-Delivered-To:addr", "X-Original-To:addr",
	    "X-Rcpt-To:addr", "X-Real-To:addr", "Cc:addr"};
	const struct message *m = f->message;
	struct field_values v;
	size_t i, own;

	out->count = 0;
	senders_add(f, "Resent-To:first:addr", out);
	senders_add(f, "Resent-Cc:first:addr", out);
	if (out->count > 0)
		return;
	/* A single recipient our MTA tells in its own Received field. */
	own = m->recipients_seen == 1 && m->recipient_count == 1;
	if (own)
		add(f, m->recipients[0].address, out);
	values_of(f, "Received", &v);
	for (i = 0; i < v.count && i + own < RECEIVED_MAX; i++)
		add_received(f, v.items[i], out);
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		senders_add(f, fields[i], out);
}
