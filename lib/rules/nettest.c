/* nettest - what of an answer makes a rule hit that asks the DNS. */
#include "base/ip.h"
#include "base/text.h"
#include "rules/netrule.h"

/* A decimal or hexadecimal number, or an address; *quad says which. */
static bool
number(struct span text, uint32_t *out, bool *quad)
{
	struct ip ip;
	int64_t n = 0;
	size_t i;

	*quad = false;
	if (span_istarts(text, "0x") && text.n > 2 && text.n <= 10) {
		for (i = 2; i < text.n; i++) {
			if (char_hex((unsigned char)text.p[i]) < 0)
				return false;
			n = n * 16 + char_hex((unsigned char)text.p[i]);
		}
	} else if (text_number(text, &n)) {
		if (n > UINT32_MAX)
			return false;
	} else {
		if (span_chr(text, ':') < text.n || !ip_parse(text, &ip) ||
		    !ip_is4(&ip))
			return false;
		*quad = true;
		n = (int64_t)ip.b[12] << 24 | ip.b[13] << 16 |
		    ip.b[14] << 8 | ip.b[15];
	}
	*out = (uint32_t)n;
	return true;
}

bool
nettest_number(struct span text, struct nettest *out)
{
	size_t at = 0;
	bool quad, other;

	while (at < text.n && text.p[at] != '-' && text.p[at] != '/')
		at++;
	if (!number(span_head(text, at), &out->low, &quad))
		return false;
	out->high = out->low;
	if (at == text.n) {
		out->kind = quad ? NETTEST_RANGE : NETTEST_BITS;
		return true;
	}
	out->kind = text.p[at] == '-' ? NETTEST_RANGE : NETTEST_MASK;
	return number(span_skip(text, at + 1), &out->high, &other);
}

static bool
number_passes(const struct nettest *t, uint32_t r)
{
	switch (t->kind) {
	case NETTEST_BITS:
		return (r & t->low) != 0 && r >> 24 == 127;
	case NETTEST_RANGE:
		return r >= t->low && r <= t->high;
	case NETTEST_MASK:
		return (r & t->high) == (t->low & t->high);
	default:
		return false;
	}
}

bool
nettest_passes(const struct nettest *t, struct regex_scratch *scratch,
    const uint32_t *address, struct span text)
{
	struct regex_found found;

	switch (t->kind) {
	case NETTEST_ANY:
		return true;
	case NETTEST_TEXT:
		return span_eq(text, t->text);
	case NETTEST_REGEX:
		return regex_match(t->regex, scratch, text, 0, &found) ==
		    REGEX_MATCH;
	case NETTEST_CODES:
		return false;
	default:
		return address != NULL && number_passes(t, *address);
	}
}
