/* domain - the name of a domain, and its labels. */
#include "mail/domain.h"

#include "base/text.h"
#include "mail/idn.h"

/* Bytes of UTF-8: mapping may shorten a name, so this is above its limit. */
#define INPUT_MAX 1000

static bool
label_good(struct span label)
{
	size_t i;
	char c;

	for (i = 0; i < label.n; i++) {
		c = label.p[i];
		if (!char_alpha((unsigned char)c) &&
		    !char_digit((unsigned char)c) && c != '-' && c != '_')
			return false;
	}
	return label.n != 0 && label.n <= DOMAIN_LABEL_MAX;
}

static bool
number(struct span label)
{
	size_t i;

	for (i = 0; i < label.n; i++)
		if (!char_digit((unsigned char)label.p[i]))
			return false;
	return true;
}

static bool
name_good(struct span name)
{
	struct span rest = name, label;
	bool more = true;
	size_t dot;

	if (name.n > DOMAIN_MAX)
		return false;
	while (more) {
		dot = span_chr(rest, '.');
		more = dot < rest.n;
		label = span_head(rest, dot);
		if (!label_good(label))
			return false;
		rest = span_skip(rest, dot + 1);
	}
	return !number(label);
}

struct span
domain_ascii(struct arena *arena, struct span domain)
{
	struct span name = domain;

	if (!span_ascii(name))
		name = name.n <= INPUT_MAX && text_utf8(name) ?
		    idn_ascii(arena, name) : span_of(NULL);
	if (name.n != 0 && name.p[name.n - 1] == '.')
		name.n--;
	if (!name_good(name))
		return span_of(NULL);
	return arena_lower(arena, name);
}

size_t
domain_labels(struct span domain)
{
	size_t i, n = domain.n != 0;

	for (i = 0; i < domain.n; i++)
		n += domain.p[i] == '.';
	return n;
}

struct span
domain_tail(struct span domain, size_t n)
{
	size_t i = domain.n;

	if (n == 0)
		return span_skip(domain, domain.n);
	while (i > 0 && (domain.p[i - 1] != '.' || --n != 0))
		i--;
	return span_skip(domain, i);
}

bool
domain_within(struct span domain, struct span parent)
{
	size_t n = domain.n - parent.n;

	if (domain.n < parent.n || parent.n == 0 ||
	    !span_ieq(span_skip(domain, n), parent))
		return false;
	return n == 0 || domain.p[n - 1] == '.';
}
