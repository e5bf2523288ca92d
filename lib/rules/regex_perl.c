/* regex_perl - modifiers of groups that Perl has and PCRE2 has not. */
#include "rules/regex_perl.h"

/* How far past "(?" only modifiers go, or 0 where it is another construct. */
static size_t
count_modifiers(struct span rest)
{
	static const struct span known = SPAN("^-adilmnpsux");
	size_t n = 0;

	while (n < rest.n && span_chr(known, rest.p[n]) < known.n)
		n++;
	return n < rest.n && (rest.p[n] == ':' || rest.p[n] == ')') ? n : 0;
}

/* Length of a class that begins at rest, as far as brackets go. */
static size_t
class_length(struct span rest)
{
	size_t n = 1;

	n += span_starts(span_skip(rest, n), "^");
	n += span_starts(span_skip(rest, n), "]");
	while (n < rest.n && rest.p[n] != ']') {
		if (rest.p[n] == '\\')
			n++;
		else if (span_starts(span_skip(rest, n), "[:"))
			n += span_find(span_skip(rest, n),
			    span_of(":]"));
		n++;
	}
	return n < rest.n ? n + 1 : rest.n;
}

/* Length of what begins at rest and is copied as it stands. */
static size_t
plain_length(struct span rest)
{
	static const struct span end = SPAN("\\E");

	if (span_starts(rest, "\\Q"))
		return span_find(rest, end);
	if (rest.p[0] == '\\' || span_starts(rest, "(?"))
		return rest.n > 1 ? 2 : 1;
	return rest.p[0] == '[' ? class_length(rest) : 1;
}

void
regex_unperl(struct span pattern, struct buf *out)
{
	static const struct span perls = SPAN("adlup");
	struct span rest = pattern;
	size_t n, i;
	bool group;

	while (rest.n > 0) {
		group = span_starts(rest, "(?");
		n = plain_length(rest);
		buf_add(out, rest.p, n);
		rest = span_skip(rest, n);
		n = group ? count_modifiers(rest) : 0;
		for (i = 0; i < n; i++)
			if (span_chr(perls, rest.p[i]) == perls.n)
				buf_char(out, rest.p[i]);
		rest = span_skip(rest, n);
	}
}
