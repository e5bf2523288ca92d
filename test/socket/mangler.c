/* mangler - dialogues, messages and commands bent out of shape. */
#include "test/socket/mangler.h"

#include <glob.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <stdlib.h>

#include "base/mem.h"
#include "mail/split.h"
#include "test/socket/lab.h"

#define MESSAGES_MAX 64
#define PACKETS_MAX 2000
#define BODY_MAX 65535
#define BENDS_MAX 6		/* changes of one dialogue, or message */
#define FLOOD_MAX 1500		/* copies of one packet or field */

struct packet {
	char command;
	int64_t length;		/* what its head says; -1: the truth */
	char *bytes;
	size_t n;
};

struct mangler {
	uint64_t state;
	struct buf messages[MESSAGES_MAX];
	size_t message_count;
	struct packet packets[PACKETS_MAX];
	size_t count;
};

/* splitmix64 */
static uint64_t
draw(struct mangler *m)
{
	uint64_t z = m->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint32_t
mangler_below(struct mangler *m, uint32_t n)
{
	return (uint32_t)(draw(m) >> 32) % n;
}

static bool
one_in(struct mangler *m, uint32_t n)
{
	return mangler_below(m, n) == 0;
}

void
mangler_seed(struct mangler *m, uint64_t seed)
{
	m->state = seed;
}

struct mangler *
mangler_new(void)
{
	struct mangler *m = mem_alloc(sizeof(*m));
	glob_t found;
	size_t i;

	if (glob("test/corpus/*.eml", 0, NULL, &found) != 0) {
		fprintf(stderr, "mangler: no test/corpus here\n");
		exit(2);
	}
	for (i = 0; i < found.gl_pathc && i < MESSAGES_MAX; i++)
		lab_read_file(found.gl_pathv[i],
		    &m->messages[m->message_count++]);
	globfree(&found);
	return m;
}

static void
forget(struct mangler *m)
{
	while (m->count > 0)
		free(m->packets[--m->count].bytes);
}

void
mangler_free(struct mangler *m)
{
	forget(m);
	while (m->message_count > 0)
		buf_done(&m->messages[--m->message_count]);
	free(m);
}

/* Words that mean something somewhere, and bytes that rarely do. */
static const struct span words[] = {
	SPAN(""), SPAN("\0"), SPAN("\r\n"), SPAN("\n"), SPAN("\r"),
	SPAN("\r\n\r\n"), SPAN(" "), SPAN("<>"), SPAN("<a@b>"), SPAN("@"),
	SPAN("\xff\xfe"), SPAN("\xc3\xa4"), SPAN("\xf0\x9f\x92\xa9"),
	SPAN("=?utf-8?B?"), SPAN("=?utf-8?Q?=00?="), SPAN("--b--\r\n"),
	SPAN("Content-Type: multipart/mixed; boundary=b\r\n"),
	SPAN("Content-Type: text/html; charset=utf-7\r\n"),
	SPAN("Content-Transfer-Encoding: base64\r\n"),
	SPAN("Received: from [192.0.2.1] by x; Mon, 1 Jan 2024 00:00 +0\r\n"),
	SPAN("DKIM-Signature: v=1; a=rsa-sha256; d=d.test; s=s; b=; bh=\r\n"),
	SPAN("ARC-Seal: i=1; cv=none; a=rsa-sha256; d=d.test; s=s; b=\r\n"),
	SPAN("Authentication-Results: mx.example.net; dkim=pass\r\n"),
	SPAN("X-Spam-Status: No\r\n"), SPAN("From: x@d.test\r\n"),
	SPAN("From:"), SPAN("Subject:\r\n ="), SPAN("<a href=\"http://"),
	SPAN("<style>*{display:none}</style>"), SPAN("&#x0;"), SPAN("<!--"),
	SPAN("begin 644 a\r\n"), SPAN("SIZE=99999999999999999999"),
	SPAN("%n%s%d"), SPAN("{auth_authen}"), SPAN("{client_addr}"),
	SPAN("[IPv6:::1]"), SPAN("xn--"), SPAN(".."), SPAN("\\"), SPAN("\""),
};
#define WORDS (sizeof(words) / sizeof(words[0]))

static struct span
any_word(struct mangler *m)
{
	return words[mangler_below(m, WORDS)];
}

/* Bytes of one kind, or of all kinds; mostly few. */
static void
put_noise(struct mangler *m, struct buf *out)
{
	uint32_t n = mangler_below(m, one_in(m, 10) ? BODY_MAX : 40);
	int same = one_in(m, 2) ? (int)mangler_below(m, 256) : -1;

	while (n-- > 0)
		buf_char(out, (char)(same >= 0 ? (uint32_t)same :
		    mangler_below(m, 256)));
}

/* One small change somewhere in the bytes. */
static void
bend_bytes(struct mangler *m, struct span s, struct buf *out)
{
	size_t at = s.n > 0 ? mangler_below(m, (uint32_t)s.n) : 0;
	size_t to = at + (s.n > at ? mangler_below(m,
	    (uint32_t)(s.n - at) + 1) : 0);

	buf_span(out, span_head(s, at));
	switch (mangler_below(m, 6)) {
	case 0:			/* cut off */
		return;
	case 1:			/* a piece goes */
		buf_span(out, span_skip(s, to));
		return;
	case 2:			/* a piece comes twice */
		buf_span(out, span_head(span_skip(s, at), to - at));
		break;
	case 3:
		buf_span(out, any_word(m));
		break;
	case 4:
		put_noise(m, out);
		break;
	default:		/* another byte */
		buf_char(out, (char)mangler_below(m, 256));
		at = at < s.n ? at + 1 : at;
	}
	buf_span(out, span_skip(s, at));
}

/* What out holds, bent up to so many times. */
static void
bend(struct mangler *m, struct buf *out, uint32_t times)
{
	struct buf next;

	while (times-- > 0) {
		buf_init(&next, out->max);
		bend_bytes(m, buf_contents(out), &next);
		buf_done(out);
		*out = next;
	}
}

/* A line of another message, or of this one, some or many times. */
static void
put_line(struct mangler *m, struct buf *out)
{
	struct span rest = buf_contents(
	    &m->messages[mangler_below(m, (uint32_t)m->message_count)]);
	uint32_t skip = mangler_below(m, 40), times;
	struct span line = rest;

	while (span_cut(&rest, '\n', &line) && skip-- > 0)
		continue;
	times = one_in(m, 8) ? mangler_below(m, FLOOD_MAX) : 1;
	while (times-- > 0) {
		buf_span(out, line);
		buf_char(out, '\n');
	}
}

void
mangler_message(struct mangler *m, struct buf *out)
{
	struct span rest = buf_contents(
	    &m->messages[mangler_below(m, (uint32_t)m->message_count)]);
	struct span line;
	uint32_t odds = 3 + mangler_below(m, 60);

	while (span_cut(&rest, '\n', &line)) {
		if (one_in(m, odds))	/* it is left out */
			continue;
		if (one_in(m, odds))
			put_line(m, out);
		buf_span(out, line);
		buf_char(out, '\n');
	}
	bend(m, out, mangler_below(m, BENDS_MAX));
}

static struct packet *
put(struct mangler *m, char command, struct span bytes)
{
	struct packet *p;

	if (m->count == PACKETS_MAX)
		return &m->packets[m->count - 1];
	p = &m->packets[m->count++];
	p->command = command;
	p->length = -1;
	p->n = bytes.n < BODY_MAX ? bytes.n : BODY_MAX;
	p->bytes = mem_copy(bytes.p, p->n);
	return p;
}

static void
put_fields(struct mangler *m, struct span raw)
{
	struct split_field f;
	struct split split;
	struct span chunk;
	struct buf b;

	split_begin(&split, raw);
	while (split_field(&split, &f)) {
		buf_init(&b, BODY_MAX);
		buf_span(&b, f.name);
		buf_char(&b, '\0');
		buf_span(&b, f.value);
		buf_char(&b, '\0');
		put(m, SMFIC_HEADER, buf_contents(&b));
		buf_done(&b);
	}
	put(m, SMFIC_EOH, span_of(""));
	while (split.rest.n > 0) {
		chunk = span_head(split.rest, one_in(m, 4) ?
		    1 + mangler_below(m, 500) : BODY_MAX);
		put(m, SMFIC_BODY, chunk);
		split.rest = span_skip(split.rest, chunk.n);
	}
}

#define BYTES(literal) ((struct span)SPAN(literal))

static void
put_transaction(struct mangler *m)
{
	struct buf message;
	uint32_t rcpts = one_in(m, 20) ? mangler_below(m, 300) : 1;

	put(m, SMFIC_MACRO, BYTES("Mi\0ABC\0{mail_addr}\0a@b.test\0"));
	put(m, SMFIC_MAIL, one_in(m, 4) ? BYTES("<>\0") :
	    BYTES("<a@b.test>\0SIZE=10\0BODY=8BITMIME\0"));
	while (rcpts-- > 0)
		put(m, SMFIC_RCPT, one_in(m, 4) ? BYTES("<postmaster>\0") :
		    BYTES("<b@example.net>\0NOTIFY=NEVER\0"));
	put(m, SMFIC_MACRO, BYTES("Ti\0ABC\0"));
	put(m, SMFIC_DATA, span_of(""));
	buf_init(&message, MANGLER_STREAM_MAX);
	mangler_message(m, &message);
	put_fields(m, buf_contents(&message));
	buf_done(&message);
	if (one_in(m, 5))
		put(m, SMFIC_ABORT, span_of(""));
	else
		put(m, SMFIC_BODYEOB, span_of(""));
}

/* What a well-behaved MTA would say. */
static void
put_dialogue(struct mangler *m)
{
	static const struct span clients[] = {
		SPAN("mail.b.test\0" "4\x61\xa8" "203.0.113.9\0"),
		SPAN("[2001:db8::9]\0" "6\x61\xa8" "2001:db8::9\0"),
		SPAN("localhost\0L\0\0/run/x\0"), SPAN("unknown\0U"),
	};
	uint32_t n = 1 + mangler_below(m, 3);

	put(m, SMFIC_OPTNEG, one_in(m, 3) ?
	    BYTES("\0\0\0\2\0\0\0\x3f\0\0\0\x7f") :
	    BYTES("\0\0\0\6\0\0\1\xff\0\x1f\xff\xff"));
	put(m, SMFIC_MACRO, BYTES("Cj\0mx.test\0{daemon_name}\0smtpd\0"));
	put(m, SMFIC_CONNECT, clients[mangler_below(m, 4)]);
	put(m, SMFIC_HELO, BYTES("mail.b.test\0"));
	while (n-- > 0)
		put_transaction(m);
	put(m, one_in(m, 3) ? SMFIC_QUIT_NC : SMFIC_QUIT, span_of(""));
}

static void
swap(struct packet *a, struct packet *b)
{
	struct packet c = *a;

	*a = *b;
	*b = c;
}

/* A copy of p, or something made up, is put in at that place. */
static void
insert(struct mangler *m, size_t at, char command, struct span bytes)
{
	size_t i;

	if (m->count == PACKETS_MAX)
		return;
	put(m, command, bytes);
	for (i = m->count - 1; i > at; i--)
		swap(&m->packets[i], &m->packets[i - 1]);
}

static void
bend_body(struct mangler *m, struct packet *p)
{
	struct buf b;

	buf_init(&b, BODY_MAX);
	buf_add(&b, p->bytes, p->n);
	bend(m, &b, 1 + mangler_below(m, 3));
	free(p->bytes);
	p->n = b.n;
	p->bytes = mem_copy(buf_contents(&b).p, b.n);
	buf_done(&b);
}

static void
drop(struct mangler *m, size_t at)
{
	for (; at + 1 < m->count; at++)
		swap(&m->packets[at], &m->packets[at + 1]);
	free(m->packets[--m->count].bytes);
}

/* One change to the dialogue as such. */
static void
bend_dialogue(struct mangler *m)
{
	static const char commands[] = "ABCDEGHKLMNOQRTU0z";
	static const int64_t lengths[] = {0, 1, 2, 70000, 1 << 20,
	    (1 << 20) + 1, INT32_MAX, UINT32_MAX};
	size_t at = mangler_below(m, (uint32_t)m->count);
	struct packet *p = &m->packets[at];
	uint32_t times;

	switch (mangler_below(m, 9)) {
	case 0:
		if (m->count > 1)
			drop(m, at);
		return;
	case 1:
		swap(p, &m->packets[mangler_below(m, (uint32_t)m->count)]);
		return;
	case 2:
		times = one_in(m, 10) ? mangler_below(m, FLOOD_MAX) : 1;
		while (times-- > 0)
			insert(m, at + 1, p->command, span_make(p->bytes,
			    p->n));
		return;
	case 3:
		p->command = commands[mangler_below(m, sizeof(commands) - 1)];
		return;
	case 4:
		insert(m, at, commands[mangler_below(m,
		    sizeof(commands) - 1)], any_word(m));
		return;
	case 5:
		p->length = one_in(m, 2) ? lengths[mangler_below(m, 8)] :
		    mangler_below(m, (uint32_t)p->n + 10);
		return;
	case 6:			/* in two packets */
		times = mangler_below(m, (uint32_t)p->n + 1);
		insert(m, at + 1, p->command, span_skip(span_make(p->bytes,
		    p->n), times));
		m->packets[at].n = times;
		return;
	default:
		bend_body(m, p);
	}
}

void
mangler_dialogue(struct mangler *m, struct buf *out)
{
	uint32_t bends = mangler_below(m, BENDS_MAX);
	size_t i;

	forget(m);
	put_dialogue(m);
	while (bends-- > 0)
		bend_dialogue(m);
	for (i = 0; i < m->count; i++) {
		const struct packet *p = &m->packets[i];
		uint32_t n = p->length >= 0 ? (uint32_t)p->length :
		    (uint32_t)p->n + 1;
		const char head[] = {(char)(n >> 24), (char)(n >> 16),
		    (char)(n >> 8), (char)n, p->command};

		buf_add(out, head, sizeof(head));
		buf_add(out, p->bytes, p->n);
	}
	if (one_in(m, 10))
		bend(m, out, 1);
}

void
mangler_command(struct mangler *m, struct buf *out)
{
	static const char *const commands[] = {
		"status", "stats", "shadow", "fleet", "dnslists",
		"dnslists test none", "rate", "rate show user x", "user",
		"user show anna", "user block anna 1h reason=x", "reputation",
		"reputation show address:198.51.100.7", "trust", "trust list",
		"trust add dkim:d.test owner=a expires=1d reason=\"x\"",
		"trust del dkim:d.test", "trust explain dkim:d.test",
		"deny add client:198.51.100.7 owner=a expires=1h reason=y",
		"deny list", "deny del client:198.51.100.7 reason=y",
		"trust log", "reload --accept-shrink", "rollback", "xyzzy",
	};
	struct buf line;

	buf_init(&line, BODY_MAX);
	buf_puts(&line, commands[mangler_below(m,
	    sizeof(commands) / sizeof(commands[0]))]);
	bend(m, &line, mangler_below(m, 4));
	buf_span(out, buf_contents(&line));
	if (!one_in(m, 10))
		buf_char(out, '\n');
	buf_done(&line);
}
