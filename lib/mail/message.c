/* message - one message as far as it has arrived. */
#include "mail/message.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A buffer larger than this is not worth keeping for the next message. */
#define BODY_KEEP (256 << 10)

/* A body of more than this is likely to go on: room for so much is made. */
#define BODY_LARGE (8 << 20)
#define BODY_EXPECTED (64 << 20)

/* Bytes kept of a field that is only there to be removed. */
#define FORGED_VALUE_MAX 1000

const char *
direction_name(enum direction direction)
{
	static const char *const names[] = {"inbound", "outbound", "local"};

	return names[direction];
}

void
message_init(struct message *m)
{
	memset(m, 0, sizeof(*m));
	arena_init(&m->arena);
	buf_init(&m->body, 0);
}

void
message_done(struct message *m)
{
	arena_done(&m->arena);
	buf_done(&m->body);
	free(m->headers);
	free(m->recipients);
	message_init(m);
}

void
message_reset(struct message *m, const struct limits *limits)
{
	struct header *headers = m->headers;
	struct recipient *recipients = m->recipients;
	struct arena arena = m->arena;
	struct buf body = m->body;

	arena_reset(&arena);
	if (body.room > BODY_KEEP)
		buf_done(&body);
	buf_reset(&body);
	body.max = limits != NULL ? (size_t)limits->body : 0;
	memset(m, 0, sizeof(*m));
	m->arena = arena;
	m->body = body;
	m->headers = headers;
	m->recipients = recipients;
	m->limits = limits;
}

void
message_client(struct message *m, const struct client *client)
{
	m->client = *client;
	m->client.name = arena_span(&m->arena, client->name);
	m->client.helo = arena_span(&m->arena, client->helo);
}

struct span
message_address(struct span path)
{
	path = span_trim(path);
	if (path.n >= 2 && path.p[0] == '<' && path.p[path.n - 1] == '>')
		path = span_make(path.p + 1, path.n - 2);
	return path;
}

void
message_sender(struct message *m, struct span path)
{
	m->sender = arena_span(&m->arena, message_address(path));
}

/* Room for one more element in an array that doubles, starting at 32. */
static void *
array_room(void *array, size_t count, size_t size)
{
	if (count != 0 && (count < 32 || (count & (count - 1)) != 0))
		return array;
	if (count == 0 && array != NULL)
		return array;
	return mem_array(array, count < 32 ? 32 : count * 2, size);
}

struct recipient *
message_recipient(struct message *m, struct span path)
{
	struct recipient *r;

	m->recipients_seen++;
	if (m->recipient_count >= (size_t)m->limits->recipients) {
		m->reached |= LIMIT_RECIPIENTS;
		return NULL;
	}
	m->recipients = array_room(m->recipients, m->recipient_count,
	    sizeof(*m->recipients));
	r = &m->recipients[m->recipient_count++];
	r->address = arena_span(&m->arena, message_address(path));
	r->klass = RECIPIENT_PERSONAL;
	return r;
}

int
header_reserved(struct span name)
{
	static const struct span names[HEADER_RESERVED] = {
		SPAN("Authentication-Results"), SPAN("X-Postern-Class"),
		SPAN("X-Spam-Flag"), SPAN("X-Spam-Level"),
		SPAN("X-Spam-Score"), SPAN("X-Spam-Status"),
	};
	int i, first = name.n > 0 ? char_lower(name.p[0]) : 0;

	if (first != 'x' && first != 'a')
		return -1;
	for (i = 0; i < HEADER_RESERVED; i++)
		if (span_ieq(name, names[i]))
			return i;
	return -1;
}

/*
 * Whether one more field is kept, and how much of its value; says in reached
 * which limit is in the way.
 */
static bool
header_fits(struct message *m, struct span name, struct span *value)
{
	size_t headers = (size_t)m->limits->headers;
	size_t bytes = (size_t)m->limits->header_bytes;
	size_t left = bytes > m->header_bytes ? bytes - m->header_bytes : 0;
	bool many = m->header_count >= headers;
	bool large = name.n + value->n > left;

	if (many)
		m->reached |= LIMIT_HEADERS;
	if (large)
		m->reached |= LIMIT_HEADER_BYTES;
	if (!many && !large)
		return true;
	/* One left out would make the numbers of those behind it wrong. */
	if (header_reserved(name) >= 0) {
		if (large)
			*value = span_head(*value, FORGED_VALUE_MAX);
		return m->header_count < headers + MESSAGE_FORGED_MAX;
	}
	/* A field too long is kept by its beginning: its presence is a fact. */
	if (many || left < name.n)
		return false;
	*value = span_head(*value, left - name.n);
	return true;
}

void
message_header(struct message *m, struct span name, struct span value)
{
	struct header *h;

	m->headers_seen++;
	if (!header_fits(m, name, &value))
		return;
	m->headers = array_room(m->headers, m->header_count,
	    sizeof(*m->headers));
	h = &m->headers[m->header_count++];
	h->name = arena_span(&m->arena, name);
	h->value = arena_span(&m->arena, value);
	m->header_bytes += name.n + value.n;
}

bool
message_body(struct message *m, struct span bytes)
{
	m->body_seen += bytes.n;
	/* Growing step by step would give each page to it anew. */
	if (m->body.n + bytes.n > BODY_LARGE)
		buf_expect(&m->body, BODY_EXPECTED);
	buf_add(&m->body, bytes.p, bytes.n);
	if (m->body.full)
		m->reached |= LIMIT_BODY;
	return !m->body.full;
}

void
message_drop_body(struct message *m)
{
	buf_done(&m->body);
}

const struct header *
message_find(const struct message *m, const char *name, size_t nth)
{
	struct span wanted = span_of(name);
	size_t i;

	for (i = 0; i < m->header_count; i++)
		if (span_ieq(m->headers[i].name, wanted) && nth-- == 0)
			return &m->headers[i];
	return NULL;
}

size_t
message_count(const struct message *m, const char *name)
{
	struct span wanted = span_of(name);
	size_t i, n = 0;

	for (i = 0; i < m->header_count; i++)
		if (span_ieq(m->headers[i].name, wanted))
			n++;
	return n;
}

size_t
message_held(const struct message *m)
{
	return m->arena.used + m->body.n;
}
