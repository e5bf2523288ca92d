/* redis_name - what the records are called in Redis, and where. */
#include "store/redis_name.h"

#include <string.h>

static const char hex[] = "0123456789abcdef";

bool
name_prefix_good(struct span prefix)
{
	size_t i;

	if (prefix.n == 0 || prefix.n > REDIS_PREFIX_MAX)
		return false;
	for (i = 0; i < prefix.n; i++)
		if (prefix.p[i] <= ' ' || prefix.p[i] > '~' ||
		    char_among(prefix.p[i], "{}"))
			return false;
	return true;
}

/* FNV-1a: all hosts must agree, so it can have no secret. */
unsigned
name_tag(struct span key)
{
	uint32_t h = 2166136261u;
	size_t i;

	for (i = 0; i < key.n; i++)
		h = (h ^ (unsigned char)key.p[i]) * 16777619u;
	return (h ^ h >> 8 ^ h >> 16 ^ h >> 24) % REDIS_TAGS;
}

/* CRC16 of XMODEM over the two digits, as the Cluster specification has it. */
unsigned
name_slot(unsigned tag)
{
	const char digits[2] = {hex[tag >> 4 & 15], hex[tag & 15]};
	unsigned crc = 0;
	size_t i;
	int bit;

	for (i = 0; i < sizeof(digits); i++) {
		crc ^= (unsigned)(unsigned char)digits[i] << 8;
		for (bit = 0; bit < 8; bit++)
			crc = (crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1) &
			    0xffff;
	}
	return crc % REDIS_SLOTS;
}

static bool
is_plain(char c)
{
	return c >= ' ' && c <= '~' && c != '%' && c != '{' && c != '}';
}

/*
 * Appends bytes to out, also, a byte, and those that are not plain as %XX.
 * This is done for every byte of a batch, so it compares by hand.
 */
static size_t
escape(struct span bytes, char also, char *out)
{
	size_t i, n = 0;
	char c;

	for (i = 0; i < bytes.n; i++) {
		c = bytes.p[i];
		if (is_plain(c) && c != also) {
			out[n++] = c;
			continue;
		}
		out[n++] = '%';
		out[n++] = hex[(unsigned char)c >> 4];
		out[n++] = hex[(unsigned char)c & 15];
	}
	return n;
}

size_t
name_put(struct span prefix, unsigned tag, const char *klass, unsigned schema,
    struct span key, char out[REDIS_NAME_MAX])
{
	size_t n = prefix.n;

	memcpy(out, prefix.p, prefix.n);
	out[n++] = '{';
	out[n++] = hex[tag >> 4 & 15];
	out[n++] = hex[tag & 15];
	out[n++] = '}';
	n += escape(span_of(klass), ':', out + n);
	out[n++] = ':';
	if (schema >= 100)
		out[n++] = (char)('0' + schema / 100 % 10);
	if (schema >= 10)
		out[n++] = (char)('0' + schema / 10 % 10);
	out[n++] = (char)('0' + schema % 10);
	out[n++] = ':';
	return n + escape(key, '%', out + n);
}

/* Appends text so that Redis' pattern of it matches nothing else. */
static size_t
pattern_literal(struct span text, char *out)
{
	size_t i, n = 0;

	for (i = 0; i < text.n; i++) {
		if (char_among(text.p[i], "*?[]^\\-"))
			out[n++] = '\\';
		out[n++] = text.p[i];
	}
	return n;
}

size_t
name_pattern(struct span prefix, const char *klass,
    char out[REDIS_PATTERN_MAX])
{
	char escaped[3 * STORE_CLASS_MAX];
	struct span known = {escaped, 0};
	size_t n = pattern_literal(prefix, out);

	out[n++] = '{';
	out[n++] = '?';
	out[n++] = '?';
	out[n++] = '}';
	if (klass != NULL) {
		known.n = escape(span_head(span_of(klass), STORE_CLASS_MAX),
		    ':', escaped);
		n += pattern_literal(known, out + n);
		out[n++] = ':';
	}
	out[n++] = '*';
	return n;
}

/* Undoes escape; false when it does not fit, or was written otherwise. */
static bool
unescape(struct span text, char *out, size_t room, size_t *n)
{
	size_t i;
	int high, low;

	for (*n = 0, i = 0; i < text.n; i++) {
		if (*n == room)
			return false;
		if (text.p[i] != '%') {
			out[(*n)++] = text.p[i];
			continue;
		}
		if (text.n - i < 3)
			return false;
		high = char_hex(text.p[i + 1]);
		low = char_hex(text.p[i + 2]);
		if (high < 0 || low < 0)
			return false;
		out[(*n)++] = (char)(high << 4 | low);
		i += 2;
	}
	return true;
}

/* The schema's number, in its only form. */
static bool
schema_parse(struct span text, unsigned *out)
{
	unsigned n = 0;
	size_t i;

	if (text.n == 0 || text.n > 3 || (text.n > 1 && text.p[0] == '0'))
		return false;
	for (i = 0; i < text.n; i++) {
		if (!char_digit(text.p[i]))
			return false;
		n = n * 10 + (unsigned)(text.p[i] - '0');
	}
	*out = n;
	return n <= UINT8_MAX;
}

bool
name_parse(struct span prefix, struct span name, struct redis_parsed *out)
{
	struct span rest, klass, schema;
	char again[REDIS_NAME_MAX];
	int high, low;

	if (name.n < prefix.n + 4 || name.n > REDIS_NAME_MAX ||
	    !span_eq(span_head(name, prefix.n), prefix))
		return false;
	rest = span_skip(name, prefix.n);
	high = char_hex(rest.p[1]);
	low = char_hex(rest.p[2]);
	if (high < 0 || low < 0)
		return false;
	out->tag = (unsigned)(high << 4 | low);
	rest = span_skip(rest, 4);
	if (!span_cut(&rest, ':', &klass) || !span_cut(&rest, ':', &schema) ||
	    !schema_parse(schema, &out->schema) ||
	    !unescape(klass, out->klass, STORE_CLASS_MAX, &out->klass_n) ||
	    !unescape(rest, out->key, STORE_KEY_MAX, &out->key_n))
		return false;
	out->klass[out->klass_n] = '\0';
	if (out->klass_n == 0 || strlen(out->klass) != out->klass_n)
		return false;
	/* There is one way to write it; anything else is not ours. */
	return span_eq(name, span_make(again, name_put(prefix, out->tag,
	    out->klass, out->schema, span_make(out->key, out->key_n), again)));
}
