/* reading - the texts of a message that rules see. */
#include "mail/reading.h"

#include "mail/split.h"
#include "test/unit/test.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

static const struct limits limits = {.headers = 1000, .header_bytes = 1 << 20,
    .body = 64 << 20};

static void
take(struct message *m, struct span raw)
{
	struct split_field field;
	struct split split;

	message_reset(m, &limits);
	split_begin(&split, raw);
	while (split_field(&split, &field))
		message_header(m, field.name, field.value);
	message_body(m, split.rest);
}

static char
shown_byte(char c)
{
	return c == '\n' ? '$' : c == '\0' ? '\xff' : c;
}

/* Items with "|" behind each, line ends as "$", zeros as "\xff". */
static const char *
shown(const struct texts *texts)
{
	static char out[4000];
	size_t i, k, n = 0;

	for (i = 0; i < texts->count; i++) {
		for (k = 0; k < texts->items[i].n && n < sizeof(out) - 2; k++)
			out[n++] = shown_byte(texts->items[i].p[k]);
		out[n++] = '|';
	}
	out[n] = '\0';
	return out;
}

#define MIXED "Subject: s\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
#define LATIN "Content-Type: text/plain; charset=iso-8859-1\n\n"
#define UTF "Content-Type: text/plain; charset=utf-8\n\n"

static const struct {
	const char *name, *message, *body, *raw;
} rows[] = {
	{ "plain", "Subject: s\n\na  b\nc\n\nd\n", "s$|a b c$|d |",
	    "a  b$c$$d$|" },
	{ "no subject", "X: y\n\na", "$|a|", "a|" },
	{ "encoded subject", "Subject: =?utf-8?q?=C3=BC?= b\n  c\n\na",
	    "\xc3\xbc b c$|a|", "a|" },
	{ "subject with a zero", "Subject: =?utf-8?q?a=00b?=\n\nc",
	    "a\xff" "b$|c|", "c|" },
	{ "last subject", "Subject: a\nSubject: b\n\nc", "b$|c|", "c|" },
	{ "no body", "Subject: s\n\n", "s$|", "|" },
	{ "parts", MIXED "\na\n--b\n\nb\n--b--\n", "s$|a b|", "a|b|" },
	{ "HTML", "Content-Type: text/html\n\n<p>a</p><p>b &amp; c",
	    "$|$|a$|b & c|", "<p>a</p><p>b &amp; c|" },
	{ "files", MIXED "\na\n--b\nContent-Type: application/x\n\nb\n--b\n"
	    "Content-Type: text/calendar\n\nc\n--b\n"
	    "Content-Type: text/csv\n\nd\n--b--\n", "s$|a$|d|", "a|d|" },
	{ "HTML by its name", MIXED "Content-Type: application/octet-stream; "
	    "name=a.html\n\n<b>x</b>\n--b--\n", "s$|x|", "<b>x</b>|" },
	{ "encodings", MIXED "Content-Transfer-Encoding: base64\n\nYSAgYg==\n"
	    "--b\nContent-Transfer-Encoding: quoted-printable\n\n=63=\nd\n"
	    "--b--\n", "s$|a b cd|", "a  b|cd|" },
	{ "Latin-1 alone", MIXED LATIN "\xfc\n--b--\n", "s$|\xc3\xbc|",
	    "\xfc|" },
	{ "mixed", MIXED LATIN "\xfc\n--b\n" UTF "\xe2\x82\xac\n--b--\n",
	    "s$|\xc3\xbc \xe2\x82\xac|", "\xfc|\xe2\x82\xac|" },
	{ "message in a message", MIXED "Content-Type: message/rfc822\n\n"
	    "Subject: t\n\nx\n--b--\n", "s$|x|", "x|" },
};

static void
test_rows(void)
{
	struct reading *reading;
	struct message m;
	size_t i;

	message_init(&m);
	for (i = 0; i < ROWS(rows); i++) {
		take(&m, span_of(rows[i].message));
		reading = reading_new(&m.arena, &m, 0, 0);
		CHECK_TEXT(rows[i].name, shown(reading_body(reading)),
		    rows[i].body);
		CHECK_TEXT(rows[i].name, shown(reading_raw(reading)),
		    rows[i].raw);
		CHECK(rows[i].name, reading_body(reading) ==
		    reading_body(reading));
	}
	message_done(&m);
}

/* A text of n bytes, of one pattern again and again. */
static struct span
repeated(struct buf *buf, const char *head, const char *pattern, size_t n)
{
	buf_reset(buf);
	buf_puts(buf, head);
	while (buf->n < n)
		buf_puts(buf, pattern);
	return buf_contents(buf);
}

/* The shortest and longest piece but the first and the last, and their sum. */
static void
measure(const struct texts *texts, size_t *least, size_t *most, size_t *sum)
{
	size_t i;

	*least = SIZE_MAX;
	*most = *sum = 0;
	for (i = 0; i < texts->count; i++) {
		*sum += texts->items[i].n;
		if (i == 0 || i + 1 == texts->count)
			continue;
		if (texts->items[i].n < *least)
			*least = texts->items[i].n;
		if (texts->items[i].n > *most)
			*most = texts->items[i].n;
	}
}

static const struct {
	const char *name, *pattern;
	size_t bytes;
	size_t body_least, body_most, raw_least, raw_most;
} long_rows[] = {
	/* Behind a blank near the limit; without any at the limit. */
	{ "words", "abcdefg ", 100000, 2048, 2048, 2049, 2056 },
	{ "no blank", "x", 100000, 2048, 2048, 2049, 2049 },
	{ "a blank now and then", "abcdefghi jklmnopqrstuvwxy", 100000, 2023,
	    2048, 2049, 2074 },
	{ "tag ends", "<aaaaaaaaaaaaaaaaaaaaaa>", 100000, 2048, 2048, 2049,
	    2072 },
	{ "lines", "a bc de fgh\n", 100000, 2045, 2049, 2049, 2060 },
	{ "one line, large", "x", 10 << 20, 2048, 2048, 2049, 2049 },
};

static void
test_long(void)
{
	size_t i, least, most, sum;
	struct reading *reading;
	struct message m;
	struct buf buf;

	message_init(&m);
	buf_init(&buf, 64 << 20);
	for (i = 0; i < ROWS(long_rows); i++) {
		take(&m, repeated(&buf, "\n", long_rows[i].pattern,
		    long_rows[i].bytes));
		reading = reading_new(&m.arena, &m, 0, 0);
		measure(reading_body(reading), &least, &most, &sum);
		CHECK(long_rows[i].name, least >= long_rows[i].body_least);
		CHECK(long_rows[i].name, most <= long_rows[i].body_most);
		CHECK(long_rows[i].name, sum + 10 >= long_rows[i].bytes);
		measure(reading_raw(reading), &least, &most, &sum);
		CHECK(long_rows[i].name, least >= long_rows[i].raw_least);
		CHECK(long_rows[i].name, most <= long_rows[i].raw_most);
		CHECK(long_rows[i].name, sum + 30 >= long_rows[i].bytes);
	}
	/* Each empty line begins a paragraph: far too many. */
	take(&m, repeated(&buf, "\n", "a\n\n", 3000000));
	reading = reading_new(&m.arena, &m, 0, 0);
	CHECK("paragraphs", reading_body(reading)->count > READING_TEXTS_MAX);
	CHECK("paragraphs", reading_body(reading)->count <
	    READING_TEXTS_MAX + 100);
	measure(reading_body(reading), &least, &most, &sum);
	CHECK("paragraphs", most <= READING_PACK && sum == 2000001);
	/* A subject counts as lines like any other. */
	take(&m, repeated(&buf, "Subject: ", "x", 5000));
	reading = reading_new(&m.arena, &m, 0, 0);
	CHECK("subject", reading_body(reading)->count == 3);
	buf_done(&buf);
	message_done(&m);
}

/* body_part_scan_size and rawbody_part_scan_size. */
static void
test_scan_size(void)
{
	static const char text[] = "Content-Type: multipart/mixed; "
	    "boundary=b\n\n--b\n\nalpha beta gamma\n--b\n\ndelta epsilon\n"
	    "--b--\n";
	struct reading *reading;
	struct message m;

	message_init(&m);
	take(&m, span_of(text));
	reading = reading_new(&m.arena, &m, 7, 2);
	CHECK_TEXT("scan size", shown(reading_body(reading)),
	    "$|alpha beta delta e|");
	CHECK_TEXT("scan size", shown(reading_raw(reading)),
	    "alpha |delta |");
	message_done(&m);
}

static void
test_links(void)
{
	static const char text[] = "DKIM-Signature: v=1; d=sig.example.com; "
	    "s=x\nContent-Type: text/html\n\n"
	    "http://one.example.com/ <a href=http://two.example.com/>x</a>\n";
	const struct html *html;
	struct error error;
	struct suffixes *suffixes = suffixes_open("", &error);
	struct registry registry;
	struct links_view view = {.registry = &registry,
	    .suffixes = suffixes};
	const struct links *links;
	struct reading *reading;
	struct message m;

	registry_init(&registry);
	registry_add(&registry, 1, span_of("com"));
	message_init(&m);
	take(&m, span_of(text));
	reading = reading_new(&m.arena, &m, 0, 0);
	CHECK("cards", reading_aside(reading)->count == 0);
	links = reading_links(reading, &view);
	CHECK("links", links->count == 3);
	CHECK("links", links == reading_links(reading, &view));
	html = reading_html(reading, &reading_mime(reading)->parts[0]);
	CHECK("HTML", html != NULL && html->link_count == 1);
	take(&m, span_of("\nx"));
	reading = reading_new(&m.arena, &m, 0, 0);
	CHECK("no HTML", reading_html(reading,
	    &reading_mime(reading)->parts[0]) == NULL);
	/* Readers show it, and SpamAssassin's rules do not see it. */
	take(&m, span_of("Content-Type: text/calendar\n\nDESCRIPTION:see "
	    "http://one.exa\n mple.com/\nUID:a@two.example.com\n"));
	reading = reading_new(&m.arena, &m, 0, 0);
	CHECK_TEXT("calendar", shown(reading_body(reading)), "$|");
	CHECK_TEXT("calendar", shown(reading_aside(reading)),
	    "see http://one.example.com/$|");
	links = reading_links(reading, &view);
	CHECK("calendar", links->count == 1 && links->items[0]->good &&
	    links->items[0]->seen && !links->items[0]->for_rules &&
	    links->form_count == 0);
	take(&m, span_of("Content-Type: text/plain; name=a.html\n\n<!--\n"
	    "http://one.example.com/\n-->\n"));
	reading = reading_new(&m.arena, &m, 0, 0);
	CHECK("plain or HTML", reading_aside(reading)->count == 1);
	links = reading_links(reading, &view);
	CHECK("plain or HTML", links->count == 1 && links->items[0]->good &&
	    links->items[0]->seen && !links->items[0]->for_rules);
	take(&m, span_of("Content-Type: text/html; name=a.html\n\n<b>x\n"));
	reading = reading_new(&m.arena, &m, 0, 0);
	CHECK("HTML", reading_aside(reading)->count == 0);
	message_done(&m);
	registry_done(&registry);
	suffixes_close(suffixes);
}

int
main(void)
{
	test_rows();
	test_long();
	test_scan_size();
	test_links();
	return test_end();
}
