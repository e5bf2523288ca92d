/* feed - puts a message from a file through a scan. */
#include "feed.h"

#include "mail/split.h"

/* The header alone, as relays_entrance wants it. */
static void
read_header(struct message *m, struct span raw)
{
	struct split_field field;
	struct split split;

	split_begin(&split, raw);
	while (split_field(&split, &field))
		message_header(m, field.name, field.value);
}

/* What the client of the last relay that we cannot trust said. */
static bool
relay_sender(const struct message *m, struct arena *arena,
    const struct rulebook *book, struct span *out)
{
	const struct relay *hop = relays_entrance(arena, m, book->networks);

	if (hop == NULL)
		return false;
	*out = hop->envelope_from;
	return span_chr(*out, '@') < out->n;
}

/*
 * A field that the last MTA wrote: no Received field stands above it, nor above
 * another one of its name.
 */
static bool
field_sender(const struct message *m, const char *name, struct span *out)
{
	const struct header *first = NULL;
	bool received = false;
	size_t i;

	for (i = 0; i < m->header_count; i++) {
		received = received ||
		    span_iis(m->headers[i].name, "Received");
		if (!span_iis(m->headers[i].name, name))
			continue;
		if (received)
			return false;
		if (first == NULL)
			first = &m->headers[i];
	}
	if (first != NULL)
		*out = message_address(first->value);
	return first != NULL;
}

/* fetchmail makes up a sender from X-Sender: then no field is believed. */
static bool
made_up(const struct message *m)
{
	const struct header *h = message_find(m, "X-Sender", 0);
	size_t i;

	if (h == NULL || span_chr(h->value, '@') == h->value.n)
		return false;
	for (i = 0; (h = message_find(m, "Received", i)) != NULL; i++)
		if (span_find(h->value, span_of("(fetchmail")) < h->value.n)
			return true;
	return false;
}

struct span
feed_sender(struct arena *arena, const struct rulebook *book, struct span raw)
{
	static const char *const names[] = {"X-Envelope-From",
	    "Envelope-Sender", "Return-Path", NULL};
	static const struct limits limits = {.headers = 1000,
	    .header_bytes = 1 << 20};
	struct span sender = span_of("");
	struct message m;
	size_t i;

	message_init(&m);
	message_reset(&m, &limits);
	read_header(&m, raw);
	if (!relay_sender(&m, arena, book, &sender) && !made_up(&m))
		for (i = 0; names[i] != NULL; i++)
			if (field_sender(&m, names[i], &sender))
				break;
	sender = arena_span(arena, sender);
	message_done(&m);
	return sender;
}

void
feed_message(struct scan *scan, const struct feed *feed, struct span raw)
{
	struct span sender = feed->sender;
	struct split_field field;
	struct split split;
	size_t i;

	if (sender.p == NULL)
		sender = feed_sender(&scan->message.arena,
		    scan->snapshot->book, raw);
	scan_sender(scan, sender);
	for (i = 0; i < feed->recipient_count; i++)
		scan_recipient(scan, span_of(feed->recipients[i]));
	split_begin(&split, raw);
	while (split_field(&split, &field))
		scan_header(scan, field.name, field.value);
	scan_body(scan, split.rest);
}
