/* eval_subject - functions about the subject and charsets named beside it. */
#include "rules/eval_header.h"

#include <string.h>

#include "rules/fieldtext.h"
#include "rules/locales.h"

#define CAPS_MIN 10		/* bytes of a subject */
#define CHARSET_MAX 100		/* bytes of a name that are looked at */

/* The charset of an encoded word that begins there, and where it ends. */
static bool
next_word(struct span *rest, struct span *charset)
{
	size_t at;

	while ((at = span_find(*rest, span_of("=?"))) < rest->n) {
		*rest = span_skip(*rest, at + 2);
		*charset = span_head(*rest, span_chr(*rest, '?'));
		if (charset->n > 0 && charset->n + 3 < rest->n &&
		    rest->p[charset->n + 2] == '?') {
			*rest = span_skip(*rest, charset->n + 3);
			return true;
		}
	}
	return false;
}

int
eval_faraway_charset(struct facts *f, const struct eval_call *call)
{
	static const char *const names[] = {"From:raw", "Subject:raw"};
	struct span locales = locales_of(f->rules), rest, charset;
	size_t i;

	(void)call;
	if (locales_all(locales))
		return 0;
	for (i = 0; i < 2; i++) {
		rest = facts_get(f, names[i]);
		while (next_word(&rest, &charset))
			if (!locales_read(locales, charset))
				return 1;
	}
	return 0;
}

static size_t
prefix_length(struct span subject)
{
	static const char *const words[] = {"Re:", "Fwd:", "Fw:", "Aw:",
	    "Antwort:", "WG:", "SV:", "VB:", "VS:", "VL:"};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (span_istarts(subject, words[i]))
			return strlen(words[i]);
	return 0;
}

/* "Re:", "Fwd: Aw:" and so on. */
static struct span
without_prefixes(struct span subject)
{
	size_t n;

	while ((n = prefix_length(subject)) != 0) {
		subject = span_skip(subject, n);
		while (subject.n > 0 && char_space((unsigned char)
		    subject.p[0]))
			subject = span_skip(subject, 1);
	}
	return subject;
}

/* In such charsets letters look like capitals while they are encoded. */
static bool
capital_charset(struct span charset)
{
	static const char *const parts[] = {"koi", "jp", "jis", "euc", "gb",
	    "big5", "isoir", "cp1251", "windows-1251", "georgianps", "pt154",
	    "tis"};
	size_t i, k;

	for (i = 0; i < charset.n; i++)
		for (k = 0; k < sizeof(parts) / sizeof(parts[0]); k++)
			if (span_istarts(span_skip(charset, i), parts[k]))
				return true;
	return false;
}

int
eval_subject_caps(struct facts *f, const struct eval_call *call)
{
	struct span subject = span_trim(facts_get(f, "Subject"));
	struct span raw = facts_get(f, "Subject:raw"), charset, word;
	size_t i, letters = 0;
	unsigned char c;

	(void)call;
	subject = without_prefixes(subject);
	charset = subject;
	if (!span_word(&charset, &word) || word.n == subject.n ||
	    subject.n < CAPS_MIN)
		return 0;
	for (i = 0; i < subject.n; i++) {
		c = (unsigned char)subject.p[i];
		if (c >= 'a' && c <= 'z')
			return 0;
		letters += char_alpha(c);
	}
	while (next_word(&raw, &charset))
		if (capital_charset(span_head(charset, CHARSET_MAX)))
			return 0;
	return letters > 0;
}

bool
eval_border(struct span s, size_t at)
{
	return (at > 0 && char_word(s.p[at - 1])) !=
	    (at < s.n && char_word(s.p[at]));
}

static bool
has_address(struct span subject, struct span to)
{
	size_t i;

	for (i = 0; i + to.n <= subject.n; i++)
		if (span_ieq(span_make(subject.p + i, to.n), to) &&
		    eval_border(subject, i) && eval_border(subject, i + to.n))
			return true;
	return false;
}

static struct span
skip_blanks(struct span s)
{
	while (s.n > 0 && char_space((unsigned char)s.p[0]))
		s = span_skip(s, 1);
	return s;
}

static bool
punctuation(struct span s, const char *set)
{
	return s.n > 0 && s.p[0] != '\0' && strchr(set, s.p[0]) != NULL;
}

/* "Re: name", "Fw: any name", where nothing follows. */
static bool
replies_to(struct span subject, struct span user)
{
	struct span rest;
	size_t n;

	if (!span_istarts(subject, "re:") && !span_istarts(subject, "fw:"))
		return false;
	rest = skip_blanks(span_skip(subject, 3));
	if (span_ieq(rest, user))
		return true;
	for (n = 0; n < rest.n && char_word(rest.p[n]); n++)
		;
	return n > 0 && n < rest.n && char_space((unsigned char)rest.p[n]) &&
	    span_ieq(skip_blanks(span_skip(rest, n)), user);
}

/* Addressed by the local part: "name, ...", "Re: name", ", name!". */
static bool
names_user(struct span subject, struct span user)
{
	struct span rest;

	if (subject.n > 0 && subject.p[subject.n - 1] == '\n')
		subject.n--;
	if (span_ieq(subject, user) || replies_to(subject, user))
		return true;
	if (span_eq(span_head(subject, user.n), user)) {
		rest = skip_blanks(span_skip(subject, user.n));
		if (punctuation(rest, ",:;!?-") && (rest.n == 1 ||
		    char_space((unsigned char)rest.p[1])))
			return true;
	}
	if (!punctuation(subject, ","))
		return false;
	rest = skip_blanks(span_skip(subject, 1));
	return rest.n == user.n + 1 && span_ieq(span_head(rest, user.n),
	    user) && punctuation(span_skip(rest, user.n), ",:;!?-");
}

int
eval_to_in_subject(struct facts *f, const struct eval_call *call)
{
	struct span to = facts_get(f, "To:addr");
	struct span subject = facts_get(f, "Subject");

	if (to.n == 0)
		return 0;
	if (span_is(call->args[0].text, "address"))
		return has_address(span_head(subject, FIELD_VALUE_MAX), to);
	return span_is(call->args[0].text, "user") &&
	    names_user(subject, span_head(to, span_chr(to, '@')));
}
