/* dump - the records of a store as a file of lines. */
#include "store/dump.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"

static const char first_line[] = "postern store export 1\n";
static const char last_word[] = "%end ";

enum dump_state { STATE_FIRST, STATE_RECORDS, STATE_OVER };

struct dump {
	enum dump_state state;
	struct digest *digest;
	int64_t count;
};

struct dump *
dump_new(void)
{
	struct dump *d = mem_alloc(sizeof(*d));

	d->digest = digest_new();
	return d;
}

void
dump_free(struct dump *d)
{
	if (d == NULL)
		return;
	digest_free(d->digest);
	free(d);
}

static bool
plain(char c)
{
	return c > ' ' && c < 0x7f && c != '%';
}

static void
put_escaped(struct buf *out, struct span s)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (plain(s.p[i])) {
			buf_char(out, s.p[i]);
			continue;
		}
		buf_char(out, '%');
		buf_char(out, digits[(unsigned char)s.p[i] >> 4]);
		buf_char(out, digits[s.p[i] & 15]);
	}
}

static void
dump_add(struct dump *d, const struct buf *out, size_t from)
{
	digest_bytes(d->digest, span_make(out->p + from, out->n - from));
}

void
dump_begin(struct dump *d, struct buf *out)
{
	size_t from = out->n;

	buf_puts(out, first_line);
	dump_add(d, out, from);
}

bool
dump_put(struct dump *d, const struct store_record *r, struct buf *out)
{
	int64_t expires = record_expiry(r->bytes);
	struct span klass = record_class(r->key);
	size_t from = out->n;

	if (!record_key_sound(r->key) || expires < 0)
		return false;
	put_escaped(out, klass);
	buf_printf(out, " %u %lld ", (unsigned char)r->key.p[klass.n + 1],
	    (long long)expires);
	put_escaped(out, span_skip(r->key, klass.n + 2));
	buf_char(out, ' ');
	put_escaped(out, r->bytes);
	buf_char(out, '\n');
	dump_add(d, out, from);
	d->count++;
	return true;
}

void
dump_end(struct dump *d, struct buf *out)
{
	char text[DIGEST_TEXT_MAX];

	buf_printf(out, "%s%lld %s\n", last_word, (long long)d->count,
	    digest_text(d->digest, text));
}

/* Appends what a field stands for; false when it is malformed, or too much. */
static bool
take_escaped(struct span s, char *out, size_t *n, size_t max)
{
	int high, low;
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (*n == max)
			return false;
		if (plain(s.p[i])) {
			out[(*n)++] = s.p[i];
			continue;
		}
		if (s.p[i] != '%' || s.n - i < 3)
			return false;
		high = char_hex(s.p[i + 1]);
		low = char_hex(s.p[i + 2]);
		if (high < 0 || low < 0)
			return false;
		out[(*n)++] = (char)(high << 4 | low);
		i += 2;
	}
	return true;
}

static bool
read_record(struct span line, struct dump_record *r)
{
	struct span klass, schema, expires, key;
	int64_t number;

	r->key_n = r->bytes_n = 0;
	if (!span_cut(&line, ' ', &klass) ||
	    !take_escaped(klass, r->key, &r->key_n, STORE_CLASS_MAX) ||
	    memchr(r->key, '\0', r->key_n) != NULL ||
	    !span_cut(&line, ' ', &schema) || !text_number(schema, &number) ||
	    number > UINT8_MAX || !span_cut(&line, ' ', &expires) ||
	    !text_number(expires, &r->expires) || !span_cut(&line, ' ', &key))
		return false;
	r->key[r->key_n++] = '\0';
	r->key[r->key_n++] = (char)number;
	return take_escaped(key, r->key, &r->key_n, RECORD_KEY_MAX) &&
	    take_escaped(line, r->bytes, &r->bytes_n, RECORD_MAX) &&
	    record_key_sound(span_make(r->key, r->key_n)) &&
	    record_expiry(span_make(r->bytes, r->bytes_n)) == r->expires;
}

static const char *
read_last(struct dump *d, struct span line)
{
	char text[DIGEST_TEXT_MAX];
	struct span count;
	int64_t number;

	if (!span_cut(&line, ' ', &count) || !text_number(count, &number))
		return "the last line is malformed";
	if (number != d->count)
		return "there are not as many records as the last line says";
	if (!span_is(line, digest_text(d->digest, text)))
		return "the file was changed: its SHA-256 is another";
	return NULL;
}

/* What is wrong, or NULL; *what is set. */
static const char *
read_line(struct dump *d, struct span line, struct dump_record *out,
    enum dump_line *what)
{
	struct span text = span_head(line, line.n - 1);

	if (d->state == STATE_OVER)
		return "something follows the last line";
	if (d->state == STATE_FIRST) {
		*what = DUMP_FIRST;
		d->state = STATE_RECORDS;
		return span_is(line, first_line) ? NULL :
		    "this is no export of this version";
	}
	if (span_starts(text, last_word)) {
		*what = DUMP_LAST;
		d->state = STATE_OVER;
		return read_last(d, span_skip(text, sizeof(last_word) - 1));
	}
	*what = DUMP_RECORD;
	d->count++;
	return read_record(text, out) ? NULL : "this is no record";
}

enum dump_line
dump_read(struct dump *d, struct span line, struct dump_record *out,
    const char **why)
{
	enum dump_line what = DUMP_BAD;

	if (line.n == 0 || line.p[line.n - 1] != '\n')
		*why = "the file was cut, or a line is too long";
	else
		*why = read_line(d, line, out, &what);
	if (*why != NULL)
		return DUMP_BAD;
	if (what != DUMP_LAST)
		digest_bytes(d->digest, line);
	return what;
}
