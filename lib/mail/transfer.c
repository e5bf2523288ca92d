/* transfer - content transfer encodings undone. */
#include "mail/transfer.h"

#include <stdint.h>
#include <string.h>

#include "mail/split.h"
#include "mail/token.h"

#define NAMES (sizeof(names) / sizeof(names[0]))

static const struct {
	struct span name;
	enum transfer transfer;
} names[] = {
	{ SPAN("7bit"), TRANSFER_PLAIN },
	{ SPAN("base64"), TRANSFER_BASE64 },
	{ SPAN("quoted-printable"), TRANSFER_QUOTED },
	{ SPAN("uuencode"), TRANSFER_UU },
	{ SPAN("8bit"), TRANSFER_PLAIN },
	{ SPAN("binary"), TRANSFER_PLAIN },
	{ SPAN("x-uuencode"), TRANSFER_UU },
	{ SPAN("x-uue"), TRANSFER_UU },
	{ SPAN("uue"), TRANSFER_UU },
};

const char *
transfer_name(enum transfer transfer)
{
	return names[transfer].name.p;
}

bool
transfer_parse(struct span value, enum transfer *out)
{
	struct token_reader r;
	enum token token;
	struct span word;
	size_t i;

	*out = TRANSFER_PLAIN;
	token_begin(&r, value, TOKEN_MIME);
	/* Also between quotes, and whatever stands around it. */
	do {
		token = token_next(&r, &word);
	} while (token == TOKEN_SPECIAL || token == TOKEN_BAD);
	if (token == TOKEN_END)
		return true;
	if (token == TOKEN_QUOTED)
		word = span_trim(span_make(word.p + 1, word.n - 2));
	for (i = 0; i < NAMES; i++)
		if (span_ieq(word, names[i].name)) {
			*out = names[i].transfer;
			return true;
		}
	return false;
}

static void
fault(unsigned *faults, unsigned bits)
{
	if (faults != NULL)
		*faults |= bits;
}

/* What a byte of base64 stands for. */
enum { FOREIGN = 64, BLANK, PAD };

static void
base64_table(uint8_t table[256])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned i;

	memset(table, FOREIGN, 256);
	for (i = 0; i < 64; i++)
		table[(unsigned char)digits[i]] = (uint8_t)i;
	table[' '] = table['\t'] = table['\r'] = table['\n'] = BLANK;
	table['='] = PAD;
}

/* The bytes of a group of two or three digits that padding or the end cuts. */
static size_t
base64_rest(uint32_t group, unsigned digits, char *out)
{
	if (digits >= 2)
		out[0] = (char)(group >> (digits == 2 ? 4 : 10));
	if (digits == 3)
		out[1] = (char)(group >> 2);
	return digits >= 2 ? digits - 1 : 0;
}

/* Whole groups without anything between them. */
static size_t
base64_run(const uint8_t table[256], const uint8_t **p, const uint8_t *end,
    char *out)
{
	const uint8_t *s = *p;
	uint32_t a, b, c, d;
	size_t n = 0;

	for (; end - s >= 4; s += 4) {
		a = table[s[0]];
		b = table[s[1]];
		c = table[s[2]];
		d = table[s[3]];
		if (((a | b | c | d) & 64) != 0)
			break;
		out[n++] = (char)(a << 2 | b >> 4);
		out[n++] = (char)(b << 4 | c >> 2);
		out[n++] = (char)(c << 6 | d);
	}
	*p = s;
	return n;
}

/*
 * Padding ends a group, not the text: what follows was encoded by itself, as
 * when a list adds its footer.
 */
struct span
base64_decode(struct arena *arena, struct span text, unsigned *faults)
{
	const uint8_t *s = (const uint8_t *)text.p, *end = s + text.n;
	char *out = arena_bytes(arena, text.n / 4 * 3 + 4);
	unsigned digits = 0;
	uint8_t table[256];
	uint32_t group = 0;
	size_t n = 0;

	base64_table(table);
	while (s < end) {
		if (digits == 0)
			n += base64_run(table, &s, end, out + n);
		if (s == end)
			break;
		if (table[*s] < 64) {
			group = group << 6 | table[*s];
			if (++digits == 4) {
				out[n++] = (char)(group >> 16);
				out[n++] = (char)(group >> 8);
				out[n++] = (char)group;
				digits = 0;
			}
		} else if (table[*s] == PAD) {
			n += base64_rest(group, digits, out + n);
			fault(faults, digits == 1 ? TRANSFER_CUT : 0);
			digits = 0;
		} else if (table[*s] == FOREIGN)
			fault(faults, TRANSFER_FOREIGN);
		s++;
	}
	n += base64_rest(group, digits, out + n);
	fault(faults, digits != 0 ? TRANSFER_CUT : 0);
	return span_make(out, n);
}

/* Copies one line, its escapes undone; returns the bytes written. */
static size_t
quoted_line(struct span line, char *out, unsigned *faults)
{
	int high, low;
	size_t at, n = 0;

	while (line.n != 0) {
		at = span_chr(line, '=');
		memcpy(out + n, line.p, at);
		n += at;
		line = span_skip(line, at);
		if (line.n == 0)
			break;
		high = line.n > 2 ? char_hex(line.p[1]) : -1;
		low = high >= 0 ? char_hex(line.p[2]) : -1;
		if (low >= 0) {
			out[n++] = (char)(high << 4 | low);
			line = span_skip(line, 3);
			continue;
		}
		fault(faults, TRANSFER_FOREIGN);
		out[n++] = '=';
		line = span_skip(line, 1);
	}
	return n;
}

/* The text without the blanks at its end. */
static struct span
without_blanks(struct span line)
{
	while (line.n != 0 && (line.p[line.n - 1] == ' ' ||
	    line.p[line.n - 1] == '\t'))
		line.n--;
	return line;
}

struct span
quoted_decode(struct arena *arena, struct span text, unsigned *faults)
{
	struct span line, end;
	size_t at, n = 0;
	char *out;

	out = arena_bytes(arena, text.n);
	while (text.n != 0) {
		at = span_chr(text, '\n');
		line = span_head(text, at);
		end = span_head(span_skip(text, at), 1);
		text = span_skip(text, at + 1);
		if (end.n != 0 && line.n != 0 && line.p[line.n - 1] == '\r') {
			line.n--;
			end = span_make(end.p - 1, 2);
		}
		/* RFC 2045 section 6.7 (3): these were added on the way. */
		if (end.n != 0)
			line = without_blanks(line);
		if (line.n != 0 && line.p[line.n - 1] == '=') {
			line.n--;
			end.n = 0;
		}
		n += quoted_line(line, out + n, faults);
		memcpy(out + n, end.p, end.n);
		n += end.n;
	}
	return span_make(out, n);
}

/* How many bytes a line says it holds; a backquote is a blank in disguise. */
static size_t
uu_length(struct span line)
{
	return line.n != 0 ? (size_t)(line.p[0] - ' ') & 63 : 0;
}

static bool
uu_digit(char c)
{
	return c >= ' ' && c <= '`';
}

/* True for a line that some uuencoder may have written. */
static bool
uu_line(struct span line)
{
	size_t i, digits = (uu_length(line) + 2) / 3 * 4;

	/* Blanks at the end get lost; some add a checksum. */
	if (line.n == 0 || line.n > digits + 3 || line.n + 3 < digits)
		return false;
	for (i = 0; i < line.n; i++)
		if (!uu_digit(line.p[i]))
			return false;
	return true;
}

/* "begin 644 name"; *name is what stands last. */
static bool
uu_begin(struct span line, struct span *name)
{
	struct span word;

	if (!span_starts(line, "begin "))
		return false;
	line = span_skip(line, 6);
	if (!span_word(&line, &word) || word.n < 3 || word.n > 4)
		return false;
	for (; word.n != 0; word = span_skip(word, 1))
		if (word.p[0] < '0' || word.p[0] > '7')
			return false;
	*name = span_trim(line);
	return name->n != 0;
}

/* The lines up to "end". */
static void
uu_lines(struct span *rest, struct uu_file *out)
{
	const char *begin = rest->p;
	struct span line;

	for (;;) {
		out->lines = span_make(begin, (size_t)(rest->p - begin));
		if (rest->n == 0)
			break;
		line = split_line(rest, '\n');
		if (span_is(without_blanks(line), "end"))
			break;
	}
	out->whole.n = (size_t)(rest->p - out->whole.p);
}

bool
uu_next(struct span *rest, struct uu_file *out)
{
	static const struct span begin = SPAN("begin ");
	struct span text = *rest, line, after;
	size_t at;

	while ((at = span_find(text, begin)) != text.n) {
		text = span_skip(text, at);
		if (text.p != rest->p && text.p[-1] != '\n') {
			text = span_skip(text, begin.n);
			continue;
		}
		out->whole = text;
		line = split_line(&text, '\n');
		after = text;
		if (!uu_begin(line, &out->name) ||
		    !uu_line(split_line(&after, '\n')))
			continue;
		uu_lines(&text, out);
		*rest = text;
		return true;
	}
	return false;
}

/* Decodes one line; what is missing at its end were blanks. */
static size_t
uu_decode_line(struct span line, char *out)
{
	size_t i, n = 0, length = uu_length(line);
	uint32_t group = 0;

	for (i = 0; n < length; i++) {
		group = group << 6;
		if (i + 1 < line.n)
			group |= (uint32_t)(line.p[i + 1] - ' ') & 63;
		if (i % 4 == 1)
			out[n++] = (char)(group >> 4);
		else if (i % 4 == 2)
			out[n++] = (char)(group >> 2);
		else if (i % 4 == 3)
			out[n++] = (char)group;
	}
	return n;
}

static struct span
uu_decode(struct arena *arena, struct span text, unsigned *faults)
{
	struct uu_file file = { .lines = text };
	struct span line, rest = text;
	size_t n = 0;
	char *out;

	uu_next(&rest, &file);
	rest = file.lines;
	/* uu_line allows three lost blanks: "#" and LF may be three bytes. */
	out = arena_bytes(arena, rest.n * 2 + 64);
	while (rest.n != 0) {
		line = split_line(&rest, '\n');
		if (uu_line(line))
			n += uu_decode_line(line, out + n);
		else if (line.n != 0)
			fault(faults, TRANSFER_FOREIGN);
	}
	return span_make(out, n);
}

struct span
transfer_decode(struct arena *arena, enum transfer transfer, struct span text,
    unsigned *faults)
{
	switch (transfer) {
	case TRANSFER_BASE64:
		return base64_decode(arena, text, faults);
	case TRANSFER_QUOTED:
		return quoted_decode(arena, text, faults);
	case TRANSFER_UU:
		return uu_decode(arena, text, faults);
	case TRANSFER_PLAIN:
		break;
	}
	return text;
}

struct span
lines_unix(struct arena *arena, struct span text)
{
	size_t at, n = 0;
	char *out;

	if (span_find(text, span_of("\r\n")) == text.n)
		return text;
	out = arena_bytes(arena, text.n);
	while (text.n != 0) {
		at = span_chr(text, '\r');
		memcpy(out + n, text.p, at);
		n += at;
		text = span_skip(text, at);
		if (text.n != 0 && (text.n == 1 || text.p[1] != '\n'))
			out[n++] = '\r';
		text = span_skip(text, 1);
	}
	return span_make(out, n);
}
