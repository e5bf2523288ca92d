/*
 * freemail - addresses at providers where anybody gets one.  Addresses in text
 * are found from each "@" outwards, so that time is linear.
 */
#include "rules/freemail.h"

#include <string.h>

#include "rules/lists.h"

#define LOCAL_MAX 64		/* RFC 5321, 4.5.3.1.1 */
#define LABEL_MAX 61		/* bytes of a label, as SpamAssassin's */
#define LABELS_MAX 4		/* before the top-level domain */
#define LINK_NEAR 255		/* bytes of a link around its "@" */
#define BLANKS_MAX 10		/* between an address and "wrote:" */
#define VERB_MIN 2		/* bytes of "wrote" */
#define VERB_MAX 11

static bool
starts_any(struct span s, const char *const *words, size_t count,
    struct span *rest)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (span_istarts(s, words[i])) {
			*rest = span_skip(s, strlen(words[i]));
			return true;
		}
	return false;
}

#define STARTS_ANY(s, words, rest) \
	starts_any(s, words, sizeof(words) / sizeof((words)[0]), rest)

/* How many bytes at the start are hexadecimal digits, at most max. */
static size_t
hex_digits(struct span s, size_t max)
{
	size_t n = 0;

	while (n < s.n && n < max && char_hex(s.p[n]) >= 0)
		n++;
	return n;
}

/* Eight digits and eight more, or a UUID; all in hexadecimal. */
static bool
is_id(struct span s)
{
	static const size_t groups[] = {4, 4, 4, 12};
	size_t i;

	if (hex_digits(s, 8) != 8)
		return false;
	s = span_skip(s, 8);
	if (s.n == 0)
		return true;
	if (s.n == 9 && s.p[0] == '.')
		return hex_digits(span_skip(s, 1), 8) == 8;
	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (!span_starts(s, "-") ||
		    hex_digits(span_skip(s, 1), groups[i]) != groups[i])
			return false;
		s = span_skip(s, 1 + groups[i]);
	}
	return s.n == 0;
}

/* Two "=" with something before, between and behind. */
static bool
is_forward(struct span s)
{
	size_t first = 1 + span_chr(span_skip(s, 1), '='), second;

	if (s.n == 0 || first >= s.n)
		return false;
	second = 2 + first + span_chr(span_skip(s, first + 2), '=');
	return second + 1 < s.n;
}

/* Roles and machines: nobody's own address. */
static bool
is_role(struct span local)
{
	static const char *const names[] = {"abuse", "support", "sales",
	    "info", "helpdesk", "contact", "kontakt", "postmaster",
	    "hostmaster", "domainmaster", "bounce-", "bounced-"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_iis(local, names[i]))
			return true;
	if (span_istarts(local, "request-"))
		return local.n == 24 && hex_digits(span_skip(local, 8),
		    16) == 16;
	return span_istarts(local, "undisclosed") || is_id(local) ||
	    is_forward(local);
}

/* Listed there, if the setting says that such lists count here. */
static bool
imported(struct facts *f, const char *setting, const char *name,
    struct span address)
{
	const struct list *list;

	if (ruleset_number(f->rules, setting, 0) == 0)
		return false;
	list = lists_find(f->lists, span_of(name));
	return list != NULL && list_has(list, address);
}

bool
freemail_is(struct facts *f, struct span address)
{
	return address.n > 0 && lists_freemail(f->lists, address) &&
	    !is_role(span_head(address, span_rchr(address, '@'))) &&
	    !imported(f, "freemail_import_welcomelist_auth",
	    "welcomelist_auth", address) &&
	    !imported(f, "freemail_import_def_welcomelist_auth",
	    "def_welcomelist_auth", address);
}

/* What may stand between the words of "no.reply". */
static bool
joint(struct span s)
{
	int c = s.n > 0 ? char_lower((unsigned char)s.p[0]) : 0;

	return c == '.' || c == '_' || c == '`' || (c >= 'a' && c <= 't');
}

/* "noreply", "do.not.reply": all up to the end. */
static bool
is_noreply(struct span s)
{
	static const char *const ends[] = {"reply", "replies"};
	size_t i, skip, last;

	if (!span_istarts(s, "no"))
		return false;
	s = span_skip(s, 2);
	last = joint(s) ? 1 : 0;
	for (skip = 0; skip <= last; skip++)
		for (i = 0; i < 2; i++)
			if (span_iis(span_skip(s, skip), ends[i]))
				return true;
	return false;
}

static bool
ends_noreply(struct span local)
{
	struct span s, rest;
	size_t i;

	for (i = 0; i < local.n; i++) {
		if (i > 0 && char_word(local.p[i - 1]) ==
		    char_word(local.p[i]))
			continue;
		s = span_skip(local, i);
		rest = span_skip(s, 2);
		if (is_noreply(s) || (span_istarts(s, "do") &&
		    (is_noreply(rest) || (joint(rest) &&
		    is_noreply(span_skip(rest, 1))))))
			return true;
	}
	return false;
}

bool
freemail_bulk(struct span sender)
{
	static const char *const roles[] = {"postmaster", "hostmaster",
	    "domainmaster", "double-bounce"};
	static const char *const starts[] = {"sentto-", "owner-", "return-",
	    "bounce-", "bounced-", "grbounce-", "grbounced-"};
	static const char *const ends[] = {"-request", "-bounce", "-bounces",
	    "-admin", "-owner"};
	struct span local = span_head(sender, span_rchr(sender, '@')), rest;
	size_t i, equals;

	if (local.n == sender.n)
		return false;
	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (span_iis(local, roles[i]))
			return true;
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (span_iends(local, ends[i]))
			return true;
	equals = 1 + span_chr(span_skip(local, 1), '=');
	return (STARTS_ANY(local, starts, &rest) && rest.n > 0) ||
	    equals + 1 < local.n || ends_noreply(local);
}

/* What a local part may be made of, apart from dots. */
static bool
local_byte(char c)
{
	return char_word(c) || (c != '\0' &&
	    strchr("!#$%&'*+/=?^`{|}~-", c) != NULL);
}

static bool
host_byte(char c)
{
	return char_alpha((unsigned char)c) || char_digit((unsigned char)c) ||
	    c == '-';
}

/*
 * Where an address begins whose "@" is at that place; at when nowhere.  Of
 * "a.b.c", which has several starts, it is the first that is at least from.
 */
static size_t
local_start(struct span s, size_t at, size_t from)
{
	size_t start = at, i = at;

	/* Backwards over single dots, as far as 64 bytes. */
	while (i > from && at - i < LOCAL_MAX) {
		if (s.p[i - 1] == '.') {
			if (i == at || s.p[i] == '.')
				break;
		} else if (!local_byte(s.p[i - 1])) {
			break;
		}
		i--;
		if (s.p[i] != '.' && (i == 0 || !local_byte(s.p[i - 1])))
			start = i;
	}
	return start;
}

/* Where the domain behind an "@" ends; 0 when there is none that exists. */
static size_t
domain_end(struct facts *f, struct span s, size_t from)
{
	size_t i = from, label = from, labels = 0;

	for (;;) {
		while (i < s.n && host_byte(s.p[i]))
			i++;
		if (i == label)
			return 0;
		if (i + 1 >= s.n || s.p[i] != '.' ||
		    s.p[i + 1] == '-' || !host_byte(s.p[i + 1]))
			break;
		if (i - label > LABEL_MAX || s.p[label] == '-' ||
		    s.p[i - 1] == '-' || ++labels > LABELS_MAX)
			return 0;
		label = ++i;
	}
	return labels > 0 && registry_valid(f->view.registry,
	    span_make(s.p + from, i - from)) ? i : 0;
}

/* How many bytes of the link at that offset are to go; 0 when none. */
static size_t
link_length(struct span s, size_t at)
{
	static const char *const starts[] = {"http://", "https://",
	    "<http://", "<https://"};
	struct span rest;
	size_t i, run = 0, behind = 0;

	if (!STARTS_ANY(span_skip(s, at), starts, &rest))
		return 0;
	while (run < rest.n && run <= LINK_NEAR + 3 &&
	    !char_space((unsigned char)rest.p[run]))
		run++;
	for (i = 0; i < run && i <= LINK_NEAR; i++)
		if (rest.p[i] == '@')
			behind = i + 1;
		else if (span_starts(span_skip(span_head(rest, run), i),
		    "%40"))
			behind = i + 3;
	if (behind == 0)
		return 0;
	for (i = 0; i < LINK_NEAR && behind < rest.n &&
	    !char_space((unsigned char)rest.p[behind]); i++)
		behind++;
	return (size_t)(rest.p - s.p) - at + behind;
}

/* A copy without links that hold an address. */
static struct span
without_links(struct arena *arena, struct span s)
{
	char *p = arena_bytes(arena, s.n + 1);
	struct span out = span_make(p, 0);
	size_t i = 0, n;

	while (i < s.n) {
		n = 0;
		if (s.p[i] == '<' || char_lower((unsigned char)s.p[i]) == 'h')
			n = link_length(s, i);
		p[out.n++] = n > 0 ? ' ' : s.p[i];
		i += n > 0 ? n : 1;
	}
	return out;
}

/* A single word and a colon, as in "somebody@example.com wrote:". */
static size_t
verb_length(struct span s)
{
	static const char *const others[] = {"fax", "facsi", "tel", "phone",
	    "mail", "email"};
	struct span rest;
	size_t blanks = 0, n = 0;

	while (blanks < s.n && char_space((unsigned char)s.p[blanks]))
		blanks++;
	s = span_skip(s, blanks);
	if (blanks == 0 || blanks > BLANKS_MAX || STARTS_ANY(s, others, &rest))
		return 0;
	while (n < s.n && char_alpha((unsigned char)s.p[n]))
		n++;
	return n >= VERB_MIN && n <= VERB_MAX && n < s.n && s.p[n] == ':' ?
	    blanks + n + 1 : 0;
}

/* An address in text. */
struct found {
	size_t from, at, to;
};

/* The next one whose "@" is not before *at, and that begins not before from. */
static bool
next_address(struct facts *f, struct span s, size_t from, size_t at,
    struct found *out)
{
	for (; at < s.n; at++) {
		at += span_chr(span_skip(s, at), '@');
		if (at >= s.n)
			return false;
		out->from = local_start(s, at, from);
		out->at = at;
		if (out->from == at)
			continue;
		out->to = domain_end(f, s, at + 1);
		if (out->to > 0)
			return true;
	}
	return false;
}

/* Where the address begins once "mailto:" must not stand before it. */
static size_t
unlinked_start(struct span s, const struct found *a)
{
	size_t dot;

	if (a->from < 7 || !span_istarts(span_skip(s, a->from - 7),
	    "mailto:"))
		return a->from;
	dot = a->from + span_chr(span_skip(s, a->from), '.');
	return dot < a->at ? dot + 1 : a->at;
}

/*
 * A copy without addresses in brackets and those of whom is quoted; they are
 * overwritten by blanks, so that offsets stay.
 */
static struct span
without_quoted(struct facts *f, struct span s)
{
	char *p = arena_bytes(f->arena, s.n + 1);
	struct span out = span_make(p, s.n);
	struct found a = {0, 0, 0};
	size_t from = 0, at = 0, start, n;

	memcpy(p, s.p, s.n);
	while (next_address(f, s, from, at, &a)) {
		at = a.to;
		start = unlinked_start(s, &a);
		if (start == a.at)
			continue;
		n = a.to < s.n && s.p[a.to] == '>' ? 1 :
		    verb_length(span_skip(s, a.to));
		if (n == 0)
			continue;
		if (start > from && s.p[start - 1] == '<')
			start--;
		memset(p + start, ' ', a.to + n - start);
		from = at = a.to + n;
	}
	return out;
}

/* Adds a copy in lower case unless it is there. */
static void
add(struct facts *f, struct span address, struct freemail_body *all)
{
	size_t i;

	address = arena_lower(f->arena, address);
	for (i = 0; i < all->count; i++)
		if (span_eq(all->items[i], address))
			return;
	all->items[all->count++] = address;
}

static void
add_text(struct facts *f, struct span s, struct freemail_body *all)
{
	struct found a;
	size_t from = 0;

	if (span_chr(s, '@') == s.n)
		return;
	s = without_quoted(f, without_links(f->arena, s));
	while (all->count < FREEMAIL_BODY_MAX &&
	    next_address(f, s, from, from, &a)) {
		add(f, span_make(s.p + a.from, a.to - a.from), all);
		from = a.to;
	}
}

/* <a href="mailto:..."> that the text does not show. */
static void
add_links(struct facts *f, struct freemail_body *all)
{
	const struct links *links = facts_links(f);
	const struct link *k;
	struct span s;
	struct found a;
	size_t i;

	for (i = 0; i < links->count && all->count < FREEMAIL_LINKS_MAX; i++) {
		k = links->items[i];
		s = k->raw;
		if (!k->for_rules || !span_istarts(s, "mailto:") ||
		    (k->types & 1u << HTML_TYPE_A) == 0 ||
		    k->types & 1u << LINK_PARSED)
			continue;
		s = span_skip(s, 7);
		if (next_address(f, s, 0, 0, &a) && a.from == 0)
			add(f, span_head(s, a.to), all);
	}
}

void
freemail_find(struct facts *f, struct freemail_body *out)
{
	const struct texts *body = reading_body(f->reading);
	int64_t most = ruleset_number(f->rules, "freemail_max_body_emails", 5);
	int64_t most_free = ruleset_number(f->rules,
	    "freemail_max_body_freemails", 3);
	bool skip = ruleset_number(f->rules, "freemail_skip_when_over_max",
	    1) != 0;
	size_t i, n = 0, all;

	out->count = 0;
	add_links(f, out);
	for (i = 0; i < body->count && out->count < FREEMAIL_BODY_MAX; i++)
		add_text(f, body->items[i], out);
	all = out->count;
	for (i = 0; i < all; i++)
		if (freemail_is(f, out->items[i]))
			out->items[n++] = out->items[i];
	out->count = n;
	out->skipped = skip && ((most > 0 && (int64_t)all >= most) ||
	    (most_free > 0 && (int64_t)n >= most_free));
}
