/* address - mailboxes as header fields and the SMTP envelope write them. */
#include <string.h>

#include "base/text.h"
#include "mail/address.h"
#include "mail/token.h"

/* Words joined by dots: a local part, a domain, or a word of a name. */
struct chain {
	struct span raw;	/* from the first token to the last */
	bool literal;
	bool quoted;
	bool spaced;	/* white space or comments inside (obs-local-part) */
	bool dots;	/* a dot in front, at the end or doubled */
	bool apart;	/* white space or comments before it */
};

struct list {
	struct arena *arena;
	struct address *out;
	size_t max;
	size_t count;
	unsigned flags;
};

/* Reads the longest chain; false, the reader unmoved, when none is next. */
static bool
chain_read(struct token_reader *r, struct chain *c)
{
	struct token_reader next = *r;
	enum token token;
	struct span raw;
	bool word, dot, dotted = true;	/* as if a dot stood before it */
	bool first = true;

	memset(c, 0, sizeof(*c));
	for (;;) {
		token = token_next(&next, &raw);
		dot = token_is(token, raw, '.');
		word = token == TOKEN_ATOM || token == TOKEN_QUOTED;
		if (first && token == TOKEN_LITERAL)
			c->literal = true;
		else if (!dot && !(word && dotted))
			break;
		if (first) {
			c->raw = raw;
			c->apart = next.spaced;
		}
		c->raw = span_between(c->raw.p, raw.p + raw.n);
		c->spaced |= !first && next.spaced;
		c->quoted |= token == TOKEN_QUOTED;
		c->dots |= dot && dotted;
		first = false;
		dotted = dot;
		*r = next;
		if (c->literal)
			return true;
	}
	c->dots |= dotted;
	return !first;
}

/* The chain without quotes, comments and space. */
static struct span
chain_text(struct arena *arena, const struct chain *c)
{
	struct token_reader r;
	enum token token;
	struct span raw, word;
	char *text;
	size_t n = 0;

	if (!c->spaced && !c->quoted && !c->literal)
		return c->raw;
	text = arena_bytes(arena, c->raw.n);
	token_begin(&r, c->raw, TOKEN_MAIL);
	while ((token = token_next(&r, &raw)) != TOKEN_END) {
		word = token_text(arena, token, raw);
		if (word.n != 0)
			memcpy(text + n, word.p, word.n);
		n += word.n;
	}
	return span_make(text, n);
}

/* True when the local part can stand without quotes (dot-atom). */
static bool
plain(struct span local)
{
	struct span word;
	bool good = true;

	while (good && span_cut(&local, '.', &word))
		good = token_atomic(word, TOKEN_MAIL);
	return good;
}

static struct span
whole(struct arena *arena, const struct address *a, bool quote)
{
	char *text;
	size_t i, n = 0;

	text = arena_bytes(arena, 2 * a->local.n + a->domain.n + 3);
	if (quote)
		text[n++] = '"';
	for (i = 0; i < a->local.n; i++) {
		if (quote && (a->local.p[i] == '"' || a->local.p[i] == '\\'))
			text[n++] = '\\';
		text[n++] = a->local.p[i];
	}
	if (quote)
		text[n++] = '"';
	if (a->domain.n != 0) {
		text[n++] = '@';
		memcpy(text + n, a->domain.p, a->domain.n);
		n += a->domain.n;
	}
	return span_make(text, n);
}

static void
judge(struct list *l, const struct chain *local, const struct chain *domain)
{
	if (local->literal || domain->quoted || !text_utf8(local->raw) ||
	    !text_utf8(domain->raw))
		l->flags |= ADDRESS_JUNK;
	if (local->dots || local->spaced || domain->spaced || domain->apart)
		l->flags |= ADDRESS_LOOSE;
	if (domain->raw.n == 0)
		l->flags |= ADDRESS_BARE;
}

/* domain is all zero for an address without one. */
static void
emit(struct list *l, const struct chain *local, const struct chain *domain)
{
	struct address *a;

	if (l->count == l->max) {
		l->flags |= ADDRESS_LIMIT;
		return;
	}
	a = &l->out[l->count++];
	memset(a, 0, sizeof(*a));
	judge(l, local, domain);
	a->local = chain_text(l->arena, local);
	a->domain = chain_text(l->arena, domain);
	if (domain->dots) {
		if (a->domain.n > 1 && a->domain.p[a->domain.n - 1] == '.')
			a->domain.n--;
		l->flags |= plain(a->domain) ? ADDRESS_LOOSE : ADDRESS_JUNK;
	}
	a->whole = whole(l->arena, a, local->quoted && !plain(a->local));
}

/*
 * Emits each local@domain in text and returns where the first one begins (NULL
 * when there is none).  Whatever is left over is junk.  lonely: one chain
 * alone is an address without domain.
 */
static const char *
pairs(struct list *l, struct token_reader r, struct span text, bool lonely)
{
	static const struct chain none;
	struct chain last = none, next = none;
	const char *begin = NULL;
	enum token token;
	struct span raw;
	unsigned left = 0, found = 0;
	bool apart;

	for (r.rest = text;;) {
		if (chain_read(&r, &next)) {
			last = next;
			left++;
			continue;
		}
		token = token_next(&r, &raw);
		apart = r.spaced;
		if (token == TOKEN_END)
			break;
		if (token_is(token, raw, '@') && last.raw.n != 0 &&
		    chain_read(&r, &next)) {
			if (found++ == 0)
				begin = last.raw.p;
			last.spaced |= apart;
			emit(l, &last, &next);
			last = next;	/* a@b@c: some will read b@c */
			left--;
			if (left != 0 || found > 1)
				l->flags |= ADDRESS_JUNK;
			continue;
		}
		last = none;
		l->flags |= ADDRESS_JUNK;
		lonely = false;
	}
	if (found == 0 && left == 1 && lonely) {
		emit(l, &last, &none);
		return last.raw.p;
	}
	if (left != 0)
		l->flags |= ADDRESS_JUNK;
	return begin;
}

/* A display name: its words unquoted, each gap one space. */
static struct span
name_text(struct list *l, struct token_reader r, struct span phrase)
{
	enum token token;
	struct span raw, word;
	char *text;
	size_t n = 0;

	if (phrase.n == 0)
		return phrase;
	text = arena_bytes(l->arena, 2 * phrase.n);
	for (r.rest = phrase;;) {
		token = token_next(&r, &raw);
		if (token == TOKEN_END)
			break;
		if (r.spaced && n != 0)
			text[n++] = ' ';
		word = token_text(l->arena, token, raw);
		if (word.n != 0)
			memcpy(text + n, word.p, word.n);
		n += word.n;
	}
	return span_make(text, n);
}

/* What a phrase before "<" may hold besides words is junk or sloppiness. */
static void
judge_phrase(struct list *l, struct token_reader r, struct span phrase)
{
	struct span raw;
	enum token token;

	for (r.rest = phrase; (token = token_next(&r, &raw)) != TOKEN_END;) {
		if (token_is(token, raw, '@') || token == TOKEN_LITERAL)
			l->flags |= ADDRESS_LOOSE;
		else if (token == TOKEN_BAD ||
		    (token == TOKEN_SPECIAL && raw.p[0] != '.'))
			l->flags |= ADDRESS_JUNK;
	}
	if (!text_utf8(phrase))
		l->flags |= ADDRESS_LOOSE;
}

/* obs-route (RFC 5322 section 4.4), "@a,@b:"; false when none is next. */
static bool
route(struct token_reader *r)
{
	struct token_reader next = *r;
	struct chain c;
	struct span raw;
	enum token token;

	do {
		do
			token = token_next(&next, &raw);
		while (token_is(token, raw, ','));
		if (!token_is(token, raw, '@') || !chain_read(&next, &c))
			return false;
		token = token_next(&next, &raw);
	} while (token_is(token, raw, ','));
	if (!token_is(token, raw, ':'))
		return false;
	*r = next;
	return true;
}

/* Reads what follows "<" up to and with ">". */
static void
angle(struct list *l, struct token_reader *r)
{
	struct token_reader inside, before;
	size_t count = l->count;
	enum token token;
	struct span raw;

	if (route(r))
		l->flags |= ADDRESS_ROUTE;
	inside = *r;
	for (;;) {
		before = *r;
		token = token_next(r, &raw);
		if (token_is(token, raw, '>'))
			break;
		if (token == TOKEN_END || token_is(token, raw, '<') ||
		    token_is(token, raw, ',') || token_is(token, raw, ';')) {
			l->flags |= ADDRESS_JUNK;
			*r = before;
			break;
		}
	}
	pairs(l, inside, span_between(inside.rest.p, raw.p), true);
	if (l->count == count)
		l->flags |= ADDRESS_JUNK;
}

enum stop { STOP_END, STOP_COMMA, STOP_SEMICOLON, STOP_COLON, STOP_ANGLE };

/* Walks over one phrase or bare address; raw is the byte that ended it. */
static enum stop
walk(struct token_reader *r, bool colon_stops, struct span *raw)
{
	enum token token;

	for (;;) {
		token = token_next(r, raw);
		if (token == TOKEN_END)
			return STOP_END;
		if (token != TOKEN_SPECIAL)
			continue;
		if (raw->p[0] == ',')
			return STOP_COMMA;
		if (raw->p[0] == ';')
			return STOP_SEMICOLON;
		if (raw->p[0] == '<')
			return STOP_ANGLE;
		if (raw->p[0] == '@')
			colon_stops = false;
		if (raw->p[0] == ':' && colon_stops)
			return STOP_COLON;
	}
}

/*
 * Reads one element of the list up to what separates it from the next.
 * trailing: it follows a ">" with no separator, so that alone is junk.
 */
static enum stop
element(struct list *l, struct token_reader *r, bool group, bool trailing)
{
	struct token_reader begin = *r;
	size_t first = l->count;
	struct span raw, phrase;
	enum stop stop;
	const char *end;

	r->comment = span_of(NULL);
	stop = walk(r, !group && !trailing, &raw);
	phrase = span_between(begin.rest.p, raw.p);
	if (stop == STOP_COLON)
		return stop;
	if (stop == STOP_ANGLE) {
		judge_phrase(l, begin, phrase);
		angle(l, r);
		token_skip(r);
	} else {
		end = pairs(l, begin, phrase, !trailing);
		phrase = span_between(phrase.p, end != NULL ? end : phrase.p);
	}
	if (l->count > first) {
		l->out[first].name = name_text(l, begin, phrase);
		if (l->out[first].name.n == 0 && r->comment.p != NULL)
			l->out[first].name = span_trim(r->comment);
	}
	return stop;
}

static void
elements(struct list *l, struct token_reader *r)
{
	bool group = false, trailing = false;
	struct token_reader next;
	enum token token;
	enum stop stop;
	struct span raw;

	do {
		stop = element(l, r, group, trailing);
		trailing = false;
		if (stop == STOP_ANGLE) {
			next = *r;
			token = token_next(&next, &raw);
			if (token == TOKEN_END)
				stop = STOP_END;
			else if (token_is(token, raw, ','))
				*r = next;
			else if (token_is(token, raw, ';')) {
				stop = STOP_SEMICOLON;
				*r = next;
			} else {
				l->flags |= ADDRESS_JUNK;
				trailing = true;
			}
		}
		if (stop == STOP_COLON) {
			l->flags |= ADDRESS_GROUP;
			group = true;
		}
		if (stop == STOP_SEMICOLON) {
			if (!group)
				l->flags |= ADDRESS_JUNK;
			group = false;
		}
	} while (stop != STOP_END && (l->flags & ADDRESS_LIMIT) == 0);
	if (group)
		l->flags |= ADDRESS_JUNK;
}

/* A comment or quote that never ended hides what others may see in it. */
static unsigned
damage(const struct token_reader *r, struct span value)
{
	unsigned flags = 0;

	if (r->open_quote || r->open_comment ||
	    span_chr(value, '\0') != value.n)
		flags |= ADDRESS_JUNK;
	if (r->deep)
		flags |= ADDRESS_LIMIT;
	return flags;
}

unsigned
address_list(struct arena *arena, struct span value, struct address *out,
    size_t max, size_t *count)
{
	struct list l = { arena, out, max, 0, 0 };
	struct token_reader r;

	token_begin(&r, value, TOKEN_MAIL);
	elements(&l, &r);
	l.flags |= damage(&r, value);
	if (l.count == 0)
		l.flags |= ADDRESS_EMPTY;
	*count = l.count;
	return l.flags;
}

/* The best guess at a path that is no path. */
static void
path_guess(struct span inside, struct address *out)
{
	size_t at = span_rchr(inside, '@');

	memset(out, 0, sizeof(*out));
	out->whole = inside;
	out->local = span_head(inside, at);
	out->domain = span_skip(inside, at + 1);
}

unsigned
address_path(struct arena *arena, struct span value, struct address *out)
{
	struct list l = { arena, out, 1, 0, 0 };
	struct token_reader r, end;
	struct span raw;

	memset(out, 0, sizeof(*out));
	value = span_trim(value);
	if (value.n != 0 && value.p[0] == '<') {
		value = span_skip(value, 1);
		if (value.n != 0 && value.p[value.n - 1] == '>')
			value.n--;
		else
			l.flags |= ADDRESS_JUNK;
	}
	token_begin(&r, value, TOKEN_MAIL);
	if (route(&r))
		l.flags |= ADDRESS_ROUTE;
	pairs(&l, r, r.rest, true);
	end = r;
	while (token_next(&end, &raw) != TOKEN_END)
		continue;
	/* A second address is junk already; nothing was lost to a limit. */
	l.flags = (l.flags & ~(unsigned)ADDRESS_LIMIT) | damage(&end, value);
	if (l.count == 0)
		l.flags |= ADDRESS_EMPTY;
	if ((l.flags & ADDRESS_JUNK) != 0)
		path_guess(r.rest, out);
	return l.flags;
}

struct span
domain_lower(struct arena *arena, struct span domain)
{
	if (domain.n != 0 && domain.p[domain.n - 1] == '.')
		domain.n--;
	return arena_lower(arena, domain);
}
