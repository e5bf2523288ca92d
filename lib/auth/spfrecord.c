/* spfrecord - an SPF record taken apart. */
#include "auth/spfrecord.h"

#include "auth/spfmacro.h"
#include "base/text.h"

#define VERSION_BYTES 6		/* v=spf1 */
#define PREFIX_DIGITS 3

enum need { NEVER, MAYBE, ALWAYS };

struct form {
	const char *name;
	enum spf_mechanism mechanism;
	enum need domain;
	bool prefix;	/* dual-cidr-length */
};

static const struct form forms[] = {
	{"all", SPF_ALL, NEVER, false},
	{"include", SPF_INCLUDE, ALWAYS, false},
	{"a", SPF_A, MAYBE, true},
	{"mx", SPF_MX, MAYBE, true},
	{"ptr", SPF_PTR, MAYBE, false},
	{"ip4", SPF_IP4, NEVER, false},
	{"ip6", SPF_IP6, NEVER, false},
	{"exists", SPF_EXISTS, ALWAYS, false},
};

bool
spf_record_is(struct span text)
{
	return span_istarts(text, "v=spf1") &&
	    (text.n == VERSION_BYTES || text.p[VERSION_BYTES] == ' ');
}

static const struct form *
form_find(struct span name)
{
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (span_iis(name, forms[i].name))
			return &forms[i];
	return NULL;
}

/* How many bytes at the start are the name of a modifier (4.6.1). */
static size_t
name_bytes(struct span s)
{
	size_t i;

	if (s.n == 0 || !char_alpha(s.p[0]))
		return 0;
	for (i = 1; i < s.n; i++)
		if (!char_alpha(s.p[i]) && !char_digit(s.p[i]) &&
		    s.p[i] != '-' && s.p[i] != '_' && s.p[i] != '.')
			break;
	return i;
}

static size_t
digits_at_end(struct span s)
{
	size_t n = 0;

	while (n < s.n && char_digit(s.p[s.n - 1 - n]))
		n++;
	return n;
}

static size_t
slashes_at_end(struct span s)
{
	size_t n = 0;

	while (n < s.n && s.p[s.n - 1 - n] == '/')
		n++;
	return n;
}

/*
 * Cuts that many slashes and a number off the end (5.6: no leading zeros).
 * What does not look so is left, and is no domain-spec or address then: none
 * of them ends so.
 */
static bool
cut_prefix(struct span *s, size_t slashes, unsigned *bits)
{
	size_t digits = digits_at_end(*s);
	struct span head = span_head(*s, s->n - digits);
	struct span number = span_skip(*s, head.n);
	int64_t value;

	if (digits > PREFIX_DIGITS || slashes_at_end(head) != slashes ||
	    (digits > 1 && number.p[0] == '0') || !text_number(number, &value))
		return false;
	*s = span_head(head, head.n - slashes);
	*bits = (unsigned)value;
	return true;
}

static const char *
parse_network(struct span value, struct spf_term *term)
{
	bool four = term->mechanism == SPF_IP4;
	unsigned *bits = four ? &term->bits4 : &term->bits6;

	cut_prefix(&value, 1, bits);
	if (!ip_parse(value, &term->ip) ||
	    four != (span_chr(value, ':') == value.n))
		return "is not an address or network of its kind";
	if (*bits > (four ? 32 : 128))
		return "has too long a prefix";
	return NULL;
}

/* value is what follows the name: "", ":..." or "/...". */
static const char *
parse_domain(struct span value, const struct form *form, struct spf_term *term)
{
	if (form->prefix) {
		cut_prefix(&value, 2, &term->bits6);
		cut_prefix(&value, 1, &term->bits4);
		if (term->bits4 > 32 || term->bits6 > 128)
			return "has too long a prefix";
	}
	if (value.n == 0)
		return form->domain == ALWAYS ? "lacks a domain" : NULL;
	if (value.p[0] != ':' || form->domain == NEVER)
		return "has something behind its name";
	term->domain = span_skip(value, 1);
	return spf_macro_check(term->domain, SPF_MACRO_DOMAIN);
}

static enum spf_result
cut_qualifier(struct span *word)
{
	static const char marks[] = "+-~?";
	static const enum spf_result results[] = {
	    SPF_PASS, SPF_FAIL, SPF_SOFTFAIL, SPF_NEUTRAL};
	size_t i;

	for (i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		if (word->n > 0 && word->p[0] == marks[i]) {
			*word = span_skip(*word, 1);
			return results[i];
		}
	return SPF_PASS;
}

static const char *
parse_directive(struct span word, struct spf_term *term)
{
	const struct form *form;
	struct span name;
	size_t colon, slash;

	term->text = word;
	term->bits4 = 32;
	term->bits6 = 128;
	term->result = cut_qualifier(&word);
	colon = span_chr(word, ':');
	slash = span_chr(word, '/');
	name = span_head(word, colon < slash ? colon : slash);
	if ((form = form_find(name)) == NULL)
		return "is not a mechanism";
	term->mechanism = form->mechanism;
	word = span_skip(word, name.n);
	if (form->mechanism != SPF_IP4 && form->mechanism != SPF_IP6)
		return parse_domain(word, form, term);
	if (word.n == 0 || word.p[0] != ':')
		return "lacks an address";
	return parse_network(span_skip(word, 1), term);
}

/* Section 6: the two that are known must not come twice. */
static const char *
parse_modifier(struct span name, struct span value, struct spf_record *out)
{
	struct span *known = span_iis(name, "redirect") ? &out->redirect :
	    span_iis(name, "exp")			? &out->exp :
							  NULL;

	if (known == NULL)
		return spf_macro_check(value, SPF_MACRO_STRING);
	if (known->n != 0)
		return "comes twice";
	*known = value;
	return spf_macro_check(value, SPF_MACRO_DOMAIN);
}

static const char *
parse_term(struct span word, struct spf_record *out, bool *all)
{
	size_t n = name_bytes(word);
	struct spf_term term = {0};
	const char *wrong;

	if (n > 0 && n < word.n && word.p[n] == '=')
		return parse_modifier(span_head(word, n),
		    span_skip(word, n + 1), out);
	wrong = parse_directive(word, &term);
	if (wrong == NULL && !*all)
		out->terms[out->count++] = term;
	*all = *all || (wrong == NULL && term.mechanism == SPF_ALL);
	return wrong;
}

static size_t
words_in(struct span text)
{
	struct span word;
	size_t n = 0;

	while (span_cut(&text, ' ', &word))
		n += word.n != 0;
	return n;
}

const char *
spf_record_parse(struct arena *arena, struct span text,
    struct spf_record *out, struct span *where)
{
	struct spf_record record = {0};
	const char *wrong;
	bool all = false;

	text = span_skip(text, VERSION_BYTES);
	record.terms =
	    arena_alloc(arena, words_in(text) * sizeof(*record.terms));
	/* By spaces alone: any other blank is a fault (4.6.1). */
	while (span_cut(&text, ' ', where)) {
		if (where->n == 0)
			continue;
		wrong = parse_term(*where, &record, &all);
		if (wrong != NULL)
			return wrong;
	}
	*out = record;
	return NULL;
}
