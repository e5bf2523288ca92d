/* spfmacro - the macros of RFC 7208 section 7. */
#include "auth/spfmacro.h"

#include <string.h>

/*
 * Bytes before the name is cut to DNS_NAME_MAX.  A record of DNS_TXT_MAX bytes
 * could make more of long names; it names nothing then.
 */
#define EXPANSION_MAX 16384

#define DIGITS_MAX 10000	/* parts; more is as good as all */

struct token {
	bool macro;		/* letter and what follows are set */
	bool expand;		/* is a macro-expand of the grammar */
	struct span literal;	/* otherwise */
	char letter;		/* lower case */
	bool escape;		/* it was upper case */
	unsigned keep;		/* right-hand parts, 0 is all */
	bool reverse;
	struct span delimiters;	/* "" is the dot */
};

/* "%%", "%_" and "%-". */
static bool
cut_escape(struct span *rest, struct token *t)
{
	static const char marks[] = "%_-";
	static const char *const meanings[] = {"%", " ", "%20"};
	const char *mark = rest->n < 2 || rest->p[1] == '\0' ?
	    NULL : strchr(marks, rest->p[1]);

	if (mark == NULL)
		return false;
	t->expand = true;
	t->literal = span_of(meanings[mark - marks]);
	*rest = span_skip(*rest, 2);
	return true;
}

static bool
cut_digits(struct span *s, unsigned *out)
{
	unsigned value = 0;
	size_t i;

	for (i = 0; i < s->n && char_digit(s->p[i]); i++)
		if (value < DIGITS_MAX)
			value = value * 10 + (unsigned)(s->p[i] - '0');
	*s = span_skip(*s, i);
	*out = value;
	return i == 0 || value != 0;	/* 7.3: must not be zero */
}

/* "%{" letter, digits, "r", delimiters "}". */
static const char *
cut_macro(struct span *rest, struct token *t)
{
	struct span inside = span_head(*rest, span_chr(*rest, '}'));
	size_t i;

	if (inside.n < 3 || inside.n == rest->n || inside.p[1] != '{')
		return "has a % that begins no macro";
	*rest = span_skip(*rest, inside.n + 1);
	t->macro = t->expand = true;
	t->letter = (char)char_lower(inside.p[2]);
	t->escape = t->letter != inside.p[2];
	if (t->letter == '\0' || strchr("slodiphcrtv", t->letter) == NULL)
		return "has a macro with an unknown letter";
	inside = span_skip(inside, 3);
	if (!cut_digits(&inside, &t->keep))
		return "has a macro that keeps no part";
	if (inside.n > 0 && char_lower(inside.p[0]) == 'r') {
		t->reverse = true;
		inside = span_skip(inside, 1);
	}
	for (i = 0; i < inside.n; i++)
		if (inside.p[i] == '\0' ||
		    strchr(".-+,/_=", inside.p[i]) == NULL)
			return "has a macro with an unknown delimiter";
	t->delimiters = inside;
	return NULL;
}

/* The next token of rest, which is not empty; NULL, or what is wrong. */
static const char *
cut_token(struct span *rest, struct token *t)
{
	memset(t, 0, sizeof(*t));
	t->literal = span_head(*rest, span_chr(*rest, '%'));
	if (t->literal.n > 0) {
		*rest = span_skip(*rest, t->literal.n);
		return NULL;
	}
	return cut_escape(rest, t) ? NULL : cut_macro(rest, t);
}

static const char *
check_literal(struct span s, bool space)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!(s.p[i] >= 0x21 && s.p[i] <= 0x7e) &&
		    !(space && s.p[i] == ' '))
			return "has a byte that is no visible ASCII";
	return NULL;
}

/* "." toplabel [ "." ] at the end of a literal (7.1). */
static bool
ends_in_toplabel(struct span s)
{
	bool alpha = false;
	size_t i, dot;

	if (s.n > 0 && s.p[s.n - 1] == '.')
		s.n--;
	dot = span_rchr(s, '.');
	if (dot == s.n)
		return false;
	s = span_skip(s, dot + 1);
	if (s.n == 0 || s.p[0] == '-' || s.p[s.n - 1] == '-')
		return false;
	for (i = 0; i < s.n; i++) {
		if (!char_digit(s.p[i]))
			alpha = true;
		if (!char_alpha(s.p[i]) && !char_digit(s.p[i]) &&
		    s.p[i] != '-')
			return false;
	}
	return alpha;
}

const char *
spf_macro_check(struct span s, enum spf_macro kind)
{
	bool text = kind == SPF_MACRO_TEXT;
	struct token t = {0};
	const char *wrong;

	while (s.n > 0) {
		wrong = cut_token(&s, &t);
		if (wrong == NULL && !t.expand)
			wrong = check_literal(t.literal, text);
		if (wrong != NULL)
			return wrong;
		/* 7.2 allows these in "exp" text alone. */
		if (t.macro && kind == SPF_MACRO_DOMAIN &&
		    strchr("crt", t.letter) != NULL)
			return "has a macro that belongs into explanations";
	}
	if (kind == SPF_MACRO_DOMAIN && !t.expand &&
	    !ends_in_toplabel(t.literal))
		return "does not end in a domain name";
	return NULL;
}

/* 7.3: what is not unreserved in RFC 3986 is escaped. */
static void
put_byte(struct buf *out, const struct token *t, char c)
{
	if (!t->escape || char_alpha(c) || char_digit(c) || c == '-' ||
	    c == '.' || c == '_' || c == '~')
		buf_char(out, c);
	else
		buf_printf(out, "%%%02X", (unsigned char)c);
}

static bool
delimits(const struct token *t, char c)
{
	if (t->delimiters.n == 0)
		return c == '.';
	return span_chr(t->delimiters, c) < t->delimiters.n;
}

/* From the last part to the first. */
static void
put_reversed(struct buf *out, const struct token *t, struct span value)
{
	size_t start, i, end = value.n;

	for (;;) {
		for (start = end; start > 0; start--)
			if (delimits(t, value.p[start - 1]))
				break;
		for (i = start; i < end; i++)
			put_byte(out, t, value.p[i]);
		if (start == 0)
			return;
		buf_char(out, '.');
		end = start - 1;
	}
}

/* Where the part number n, from 0, begins. */
static size_t
part_start(const struct token *t, struct span value, size_t n)
{
	size_t i;

	for (i = 0; n > 0; i++)
		n -= delimits(t, value.p[i]);
	return i;
}

/* Splits, reverses, keeps the right-hand parts, joins with dots (7.3). */
static void
put_value(struct buf *out, const struct token *t, struct span value)
{
	size_t parts = 1, i;

	for (i = 0; i < value.n; i++)
		parts += delimits(t, value.p[i]);
	if (t->reverse) {
		if (t->keep != 0 && t->keep < parts)
			value.n = part_start(t, value, t->keep) - 1;
		put_reversed(out, t, value);
		return;
	}
	if (t->keep != 0 && t->keep < parts)
		value = span_skip(value,
		    part_start(t, value, parts - t->keep));
	for (i = 0; i < value.n; i++)
		put_byte(out, t, delimits(t, value.p[i]) ? '.' : value.p[i]);
}

/* 7.3: the domain itself is better than one below it, than any other. */
static unsigned
name_rank(struct span name, struct span domain)
{
	struct span tail;

	if (span_ieq(name, domain))
		return 3;
	if (name.n <= domain.n)
		return 1;
	tail = span_skip(name, name.n - domain.n);
	return span_ieq(tail, domain) && tail.p[-1] == '.' ? 2 : 1;
}

/* %{p}: a name of the client that leads back to it, or "unknown". */
static bool
validated_name(struct spf_walk *w, struct span domain, struct span *out)
{
	const struct dns_answer *names, *hosts;
	unsigned rank, best = 0;
	size_t i;

	*out = span_of("unknown");
	names = spf_walk_ask(w, w->reverse, DNS_PTR);
	if (names == NULL)
		return false;
	spf_walk_ask_hosts(w, names);
	for (i = 0; i < names->count && i < SPF_HOSTS_MAX; i++) {
		hosts = spf_walk_ask(w, names->records[i].data,
		    spf_walk_address(w));
		if (hosts == NULL)
			return false;
		rank = name_rank(names->records[i].data, domain);
		if (rank > best && dns_answer_has(hosts,
		    &w->facts->ip)) {
			best = rank;
			*out = names->records[i].data;
		}
	}
	return true;
}

static bool
macro_value(struct spf_walk *w, struct span domain, char letter,
    struct span *out)
{
	const struct spf_facts *facts = w->facts;
	char text[IP_TEXT_MAX];

	switch (letter) {
	case 's':
		*out = facts->sender;
		break;
	case 'l':
		*out = facts->local;
		break;
	case 'o':
		*out = facts->domain;
		break;
	case 'd':
		*out = domain;
		break;
	case 'i':
		*out = facts->dotted;
		break;
	case 'h':
		*out = facts->helo;
		break;
	case 'r':
		*out = facts->receiver;
		break;
	case 'p':
		return validated_name(w, domain, out);
	case 'v':
		*out = span_of(ip_is4(&facts->ip) ? "in-addr" : "ip6");
		break;
	case 'c':
		*out = arena_span(w->arena, span_of(ip_text(&facts->ip, text)));
		break;
	default:
		*out = arena_printf(w->arena, "%lld", (long long)facts->now);
	}
	return true;
}

bool
spf_macro_expand(struct spf_walk *w, struct span domain, struct span text,
    struct buf *out)
{
	struct token t;
	struct span value;

	while (text.n > 0 && !out->full) {
		cut_token(&text, &t);
		if (!t.macro) {
			buf_span(out, t.literal);
			continue;
		}
		if (!macro_value(w, domain, t.letter, &value))
			return false;
		put_value(out, &t, value);
	}
	return true;
}

/*
 * Whether it can be asked for.  Bytes above 127 never can: RFC 8616 section 4
 * lets what is made of a local part with such bytes match nothing.
 */
static bool
name_good(struct span s)
{
	struct span label;
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || (s.p[i] & 0x80) != 0)
			return false;
	while (span_cut(&s, '.', &label))
		if (label.n == 0 || label.n > 63)
			return false;
	return true;
}

bool
spf_macro_name(struct spf_walk *w, struct span domain, struct span spec,
    struct span *name)
{
	struct buf out;
	struct span s;
	bool good;

	buf_init(&out, EXPANSION_MAX);
	good = spf_macro_expand(w, domain, spec, &out) && !out.full;
	s = buf_contents(&out);
	if (s.n > 0 && s.p[s.n - 1] == '.')
		s.n--;
	/* 7.3: whole labels go, from the left. */
	while (s.n > DNS_NAME_MAX)
		s = span_skip(s, span_chr(s, '.') + 1);
	good = good && s.n > 0 && name_good(s);
	if (good)
		*name = arena_span(w->arena, s);
	buf_done(&out);
	return good;
}
