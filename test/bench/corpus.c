/*
 * corpus - writes made-up messages for the benchmark: the sizes, structure and
 * header fields of ordinary mail, words of our own.  The same seed gives the
 * same files on every machine.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "base/buf.h"
#include "base/text.h"

#define MESSAGE_MAX (1 << 20)
#define COUNT_MAX 1000000
#define LINE_WIDTH 76	/* RFC 2045, 6.8: of encoded lines */

struct maker {
	struct buf out;
	struct buf plain;	/* what is encoded next */
	uint64_t state;
	unsigned number;
};

enum kind { SMALL, NEWSLETTER, ATTACHMENT };

/* Bounds of sizes in bytes; with the shares below the mean is 37 kB. */
static const struct shape {
	enum kind kind;
	unsigned percent;
	unsigned min, max;
} shapes[] = {
	{ SMALL, 60, 2000, 10000 },
	{ NEWSLETTER, 30, 20000, 60000 },
	{ ATTACHMENT, 10, 150000, 280000 },
};

static const char *const words[] = {
	"the", "of", "meeting", "and", "report", "to", "we", "your", "in",
	"invoice", "order", "for", "on", "customer", "with", "please", "team",
	"is", "project", "this", "week", "a", "delivery", "that", "about",
	"thanks", "attached", "draft", "as", "number", "will", "be", "monday",
	"schedule", "questions", "review", "from", "have", "account", "new",
	"garden", "window", "harbour", "it", "offer", "regards", "not", "by",
	"season", "price", "at", "ticket", "travel", "confirm", "details",
	"server", "update", "version", "or", "kitchen", "music", "language",
	"caf\xc3\xa9", "na\xc3\xafve",
};

static const char *const hosts[] = {
	"mail.example.org", "mx1.example.net", "smtp.example.com",
	"out-17.news.example", "relay.shop.example", "mta4.bank.example",
	"lists.club.example",
};

static const char *const people[] = {
	"Ada Brook", "Ben Carver", "Carla Dunne", "Dirk Ehlers", "Eva Falk",
	"Finn Grau", "Greta Holm", "Hugo Ibsen",
};

#define PICK(m, list) (list)[below(m, sizeof(list) / sizeof((list)[0]))]

/* splitmix64 of Steele, Lea and Flood: small, and good enough for words. */
static uint64_t
draw(struct maker *m)
{
	uint64_t z = m->state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static unsigned
below(struct maker *m, size_t n)
{
	return (unsigned)(draw(m) % n);
}

/* Lines until n bytes are full, each with what it begins with. */
static void
add_base64(struct maker *m, const char *begin, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	char line[LINE_WIDTH];
	uint64_t bits;
	size_t i, end = m->out.n + n;

	while (m->out.n < end) {
		for (i = 0, bits = 0; i < LINE_WIDTH; i++, bits >>= 6) {
			if (i % 10 == 0)
				bits = draw(m);
			line[i] = digits[bits & 63];
		}
		buf_puts(&m->out, begin);
		buf_add(&m->out, line, LINE_WIDTH);
		buf_puts(&m->out, "\r\n");
	}
}

static void
add_words(struct maker *m, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (i != 0)
			buf_char(&m->out, ' ');
		buf_puts(&m->out, PICK(m, words));
	}
}

static void
add_text(struct maker *m, size_t n)
{
	size_t end = m->out.n + n;

	while (m->out.n < end) {
		add_words(m, 8 + below(m, 5));
		buf_puts(&m->out, below(m, 6) == 0 ? ".\r\n\r\n" : "\r\n");
	}
}

static void
add_html(struct maker *m, size_t n)
{
	size_t end = m->out.n + n;
	struct buf *b = &m->out;

	buf_puts(b, "<!DOCTYPE html>\r\n<html><head><meta charset=\"utf-8\">"
	    "<title>");
	add_words(m, 4);
	buf_puts(b, "</title></head>\r\n<body style=\"margin:0\">\r\n"
	    "<table width=\"600\">\r\n");
	while (b->n < end) {
		buf_puts(b, "<tr><td style=\"font-family:Arial,sans-serif;"
		    "color:#333333;padding:8px\">\r\n<p>");
		add_words(m, 12 + below(m, 20));
		buf_printf(b, "\r\n<a href=\"https://www.%s/%x?c=%u\">",
		    PICK(m, hosts), below(m, 1 << 20), m->number);
		add_words(m, 2);
		buf_puts(b, "</a></p>\r\n");
		if (below(m, 4) == 0)
			buf_printf(b, "<img src=\"https://img.%s/%u.png\" "
			    "width=\"1\" alt=\"\">\r\n", PICK(m, hosts),
			    below(m, 1000));
		buf_puts(b, "</td></tr>\r\n");
	}
	buf_puts(b, "</table></body></html>\r\n");
}

/* What a line of quoted-printable may show as it is (RFC 2045, 6.7). */
static bool
is_literal(const char *p)
{
	return *p >= ' ' && *p <= '~' && *p != '=' &&
	    (*p != ' ' || p[1] != '\r');
}

/* Encodes what was added since then, as most mail brings its HTML. */
static void
quote_since(struct maker *m, size_t begin)
{
	const char *p, *end;
	size_t width = 0;

	buf_reset(&m->plain);
	buf_add(&m->plain, m->out.p + begin, m->out.n - begin);
	m->out.n = begin;
	p = buf_string(&m->plain);
	for (end = p + m->plain.n; p < end; p++) {
		if (*p == '\r' || width > LINE_WIDTH - 4) {
			buf_puts(&m->out, *p == '\r' ? "\r\n" : "=\r\n");
			width = 0;
		}
		if (is_literal(p))
			buf_char(&m->out, *p);
		else if (*p != '\r' && *p != '\n')
			buf_printf(&m->out, "=%02X", (unsigned char)*p);
		width += is_literal(p) ? 1 : 3;
	}
}

/* As add_words; a word with 8-bit bytes is encoded (RFC 2047). */
static void
add_subject(struct maker *m, size_t n)
{
	size_t i, begin;
	const char *word;

	for (i = 0; i < n; i++) {
		word = PICK(m, words);
		buf_puts(&m->out, i != 0 ? " " : "");
		if (span_ascii(span_of(word))) {
			buf_puts(&m->out, word);
			continue;
		}
		buf_puts(&m->out, "=?utf-8?Q?");
		begin = m->out.n;
		buf_puts(&m->out, word);
		quote_since(m, begin);
		buf_puts(&m->out, "?=");
	}
}

static void
add_date(struct maker *m)
{
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu",
	    "Fri" };

	/* 2 June 2025 was a Monday. */
	buf_printf(&m->out, "%s, %u Jun 2025 %02u:%02u:%02u +0000",
	    days[m->number % 5], 2 + m->number % 5, below(m, 24),
	    below(m, 60), below(m, 60));
}

static void
add_received(struct maker *m)
{
	const char *from = PICK(m, hosts);

	buf_printf(&m->out, "Received: from %s (%s [192.0.2.%u])\r\n"
	    "\tby %s (Postfix) with ESMTPS id %08X\r\n"
	    "\tfor <recipient@example.com>; ", from, from, below(m, 255),
	    PICK(m, hosts), below(m, UINT32_MAX));
	add_date(m);
	buf_puts(&m->out, "\r\n");
}

/* Looks like a signature; nobody has its key. */
static void
add_signature(struct maker *m, const char *domain)
{
	buf_printf(&m->out, "DKIM-Signature: v=1; a=rsa-sha256; "
	    "c=relaxed/relaxed; d=%s;\r\n\ts=s%u; h=from:to:subject:date:"
	    "message-id;\r\n\tbh=", domain, below(m, 9));
	buf_printf(&m->out, "%010x%011x%011x%011x=;\r\n\tb=\r\n",
	    below(m, 1 << 30), below(m, 1 << 30), below(m, 1 << 30),
	    below(m, 1 << 30));
	add_base64(m, "\t", 340);
}

static void
add_list_fields(struct maker *m, const char *host)
{
	buf_printf(&m->out, "List-Unsubscribe: <https://%s/u/%x>,\r\n"
	    " <mailto:leave-%x@%s>\r\n"
	    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
	    "List-Id: News <news.%s>\r\n"
	    "Precedence: bulk\r\nFeedback-ID: %u:c%u:m:%s\r\n"
	    "X-Campaign: %u\r\n", host, below(m, 1 << 30), below(m, 1 << 30),
	    host, host, below(m, 100000), below(m, 1000), host,
	    below(m, 100000));
}

static void
add_fields(struct maker *m, enum kind kind)
{
	const char *host = PICK(m, hosts);
	unsigned i, hops = 2 + below(m, 4);
	struct buf *b = &m->out;

	buf_printf(b, "Return-Path: <sender%u@%s>\r\n", m->number % 97, host);
	for (i = 0; i < hops; i++)
		add_received(m);
	add_signature(m, host);
	buf_puts(b, "Date: ");
	add_date(m);
	buf_printf(b, "\r\nFrom: \"%s\" <sender%u@%s>\r\n", PICK(m, people),
	    m->number % 97, host);
	buf_printf(b, "To: %s <recipient@example.com>\r\n", PICK(m, people));
	buf_printf(b, "Message-ID: <%08x.%u@%s>\r\nSubject: ",
	    below(m, UINT32_MAX), m->number, host);
	add_subject(m, 3 + below(m, 6));
	buf_printf(b, "\r\nMIME-Version: 1.0\r\nReply-To: office@%s\r\n"
	    "X-Mailer: Brief %u.%u\r\nAccept-Language: en-GB, de-DE\r\n"
	    "Content-Language: en\r\nX-Originating-IP: [198.51.100.%u]\r\n"
	    "X-Priority: 3\r\nImportance: normal\r\n", host, below(m, 9),
	    below(m, 20), below(m, 255));
	if (kind == NEWSLETTER)
		add_list_fields(m, host);
	else if (below(m, 2) == 0)
		buf_printf(b, "In-Reply-To: <%08x@example.com>\r\n"
		    "References: <%08x@example.com>\r\n"
		    " <%08x@example.com>\r\nThread-Index: %08X\r\n",
		    below(m, UINT32_MAX), below(m, UINT32_MAX),
		    below(m, UINT32_MAX), below(m, UINT32_MAX));
}

static void
begin_parts(struct maker *m, const char *subtype, char letter)
{
	buf_printf(&m->out, "Content-Type: multipart/%s;\r\n"
	    "\tboundary=\"=_%c%u\"\r\n\r\n", subtype, letter, m->number);
}

static void
begin_part(struct maker *m, char letter, const char *fields)
{
	buf_printf(&m->out, "--=_%c%u\r\n%s", letter, m->number, fields);
}

static void
end_parts(struct maker *m, char letter)
{
	buf_printf(&m->out, "--=_%c%u--\r\n", letter, m->number);
}

/* Text and the same in HTML; size of both together. */
static void
add_alternative(struct maker *m, size_t size)
{
	size_t begin;

	begin_parts(m, "alternative", 'a');
	begin_part(m, 'a', "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\n");
	add_text(m, size * 2 / 5);
	begin_part(m, 'a', "Content-Type: text/html; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	begin = m->out.n;
	add_html(m, size * 3 / 5);
	quote_since(m, begin);
	end_parts(m, 'a');
}

static void
add_newsletter(struct maker *m, size_t size)
{
	bool image = below(m, 2) == 0;

	if (!image) {
		add_alternative(m, size);
		return;
	}
	begin_parts(m, "related", 'r');
	begin_part(m, 'r', "");
	add_alternative(m, size / 2);
	begin_part(m, 'r', "Content-Type: image/png; name=\"logo.png\"\r\n"
	    "Content-ID: <logo>\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	add_base64(m, "", size / 2);
	end_parts(m, 'r');
}

static void
add_attachment(struct maker *m, size_t size)
{
	size_t text = 2000 + below(m, 3000);

	begin_parts(m, "mixed", 'm');
	begin_part(m, 'm', "");
	add_alternative(m, text);
	begin_part(m, 'm', "Content-Type: application/pdf; name=\"report.pdf\""
	    "\r\nContent-Disposition: attachment; filename=\"report.pdf\"\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n");
	/* What such a file begins with. */
	buf_puts(&m->out, "JVBERi0xLjQK\r\n");
	add_base64(m, "", size > text ? size - text : 0);
	end_parts(m, 'm');
}

/* Ten messages in a row have the shares exactly, in a mixed order. */
static const struct shape *
choose(unsigned number)
{
	const struct shape *s = shapes;
	unsigned percent = number * 7 % 10 * 10;

	while (percent >= s->percent)
		percent -= (s++)->percent;
	return s;
}

static void
make(struct maker *m, uint64_t seed, unsigned number)
{
	const struct shape *s;
	size_t size, head;

	m->state = seed << 32 | number;
	m->number = number;
	buf_reset(&m->out);
	s = choose(number);
	size = s->min + below(m, s->max - s->min);
	add_fields(m, s->kind);
	head = m->out.n;
	size = size > head ? size - head : 0;
	if (s->kind == SMALL)
		add_alternative(m, size);
	else if (s->kind == NEWSLETTER)
		add_newsletter(m, size);
	else
		add_attachment(m, size);
}

static int
save(const struct maker *m, const char *dir)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%06u.eml", dir, m->number);
	f = fopen(path, "wb");
	if (f == NULL || fwrite(m->out.p, 1, m->out.n, f) != m->out.n ||
	    fclose(f) != 0) {
		fprintf(stderr, "corpus: %s: %s\n", path, strerror(errno));
		return -1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct maker m = { .number = 0 };
	int64_t count, seed = 1;
	uint64_t bytes = 0;
	unsigned i;

	if (argc < 3 || argc > 4 ||
	    !text_number(span_of(argv[2]), &count) || count > COUNT_MAX ||
	    (argc == 4 && !text_number(span_of(argv[3]), &seed))) {
		fputs("usage: corpus DIRECTORY COUNT [SEED]\n", stderr);
		return EX_USAGE;
	}
	if (mkdir(argv[1], 0777) != 0 && errno != EEXIST) {
		fprintf(stderr, "corpus: %s: %s\n", argv[1], strerror(errno));
		return EX_CANTCREAT;
	}
	buf_init(&m.out, MESSAGE_MAX);
	buf_init(&m.plain, MESSAGE_MAX);
	for (i = 0; i < count; i++) {
		make(&m, (uint64_t)seed, i);
		bytes += m.out.n;
		if (save(&m, argv[1]) != 0)
			return EX_IOERR;
	}
	buf_done(&m.out);
	buf_done(&m.plain);
	printf("%u messages of %.1f kB on average\n", i,
	    i != 0 ? (double)bytes / i / 1000 : 0);
	return 0;
}
