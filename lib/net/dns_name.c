/* dns_name - names of the DNS between text and wire. */
#include <string.h>

#include "net/dns_backend.h"

/* Bytes that stand for themselves in presentation form. */
static bool
name_plain(int c)
{
	return char_alpha(c) || char_digit(c) || c == '-' || c == '_' ||
	    c == '/' || c == '=' || c == '+' || c == ':' || c == '~';
}

bool
dns_key_make(struct dns_key *key, struct span name, enum dns_type type)
{
	struct span rest, label;
	size_t i;

	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	if (name.n == 0 || name.n > DNS_NAME_MAX || name.p[name.n - 1] == '.')
		return false;
	for (rest = name; span_cut(&rest, '.', &label);)
		if (label.n == 0 || label.n > DNS_LABEL_MAX)
			return false;
	for (i = 0; i < name.n; i++)
		key->name[i] = (char)char_lower((unsigned char)name.p[i]);
	key->name[name.n] = '\0';
	key->n = name.n;
	key->type = type;
	return true;
}

void
dns_key_escape(const struct dns_key *key, struct buf *out)
{
	size_t i;

	for (i = 0; i < key->n; i++) {
		unsigned char c = (unsigned char)key->name[i];

		if (name_plain(c) || c == '.')
			buf_char(out, (char)c);
		else
			buf_printf(out, "\\%03u", c);
	}
}

/* Appends a label; the room left at *text, which moves on, is at least n. */
static bool
name_label(struct span label, char **text, const char *end)
{
	size_t i;

	for (i = 0; i < label.n; i++) {
		unsigned char c = (unsigned char)label.p[i];
		bool odd = c <= ' ' || c >= 0x7f || c == '.' || c == '\\';

		if (end - *text < (odd ? 4 : 1))
			return false;
		if (!odd) {
			*(*text)++ = (char)char_lower(c);
			continue;
		}
		*(*text)++ = '\\';
		*(*text)++ = (char)('0' + c / 100);
		*(*text)++ = (char)('0' + c / 10 % 10);
		*(*text)++ = (char)('0' + c % 10);
	}
	return true;
}

size_t
dns_name_read(struct span wire, struct arena *arena, struct span *out)
{
	char text[DNS_NAME_MAX], *at = text;
	const char *end = text + sizeof(text);
	size_t i = 0, n;

	for (;;) {
		if (i >= wire.n)
			return 0;
		n = (unsigned char)wire.p[i++];
		if (n == 0)
			break;
		if (n > DNS_LABEL_MAX || n > wire.n - i)
			return 0;
		if (at != text) {
			if (at == end)
				return 0;
			*at++ = '.';
		}
		if (!name_label(span_make(wire.p + i, n), &at, end))
			return 0;
		i += n;
	}
	*out = arena_span(arena, span_make(text, (size_t)(at - text)));
	return i;
}
