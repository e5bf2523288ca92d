/* fieldaddr - names and addresses in a field, read loosely. */
#include "rules/fieldaddr.h"

#include <string.h>

#include "mail/registry.h"

/*
 * Bytes that may be looked at twice while brackets are tried; usual fields
 * need none.
 */
#define STEPS_MAX 200000

/* What one entry of the list holds; p is NULL for what is not there. */
struct entry {
	struct span name;	/* before "<", quotes still around its parts */
	struct span boxed;	/* between "<" and ">" */
	struct span bare;	/* an address without them */
	struct span comment;	/* behind */
	size_t end;		/* behind its "," */
};

struct parse {
	struct arena *arena;
	struct span text;
	size_t steps;
};

static const struct span none = {NULL, 0};

static bool
blank_at(struct span s, size_t at)
{
	return at < s.n && char_space((unsigned char)s.p[at]);
}

static size_t
skip_blanks(struct span s, size_t at)
{
	while (blank_at(s, at))
		at++;
	return at;
}

/* The end of "..." or (...) that opens there; at itself when it is open. */
static size_t
skip_quoted(struct span s, size_t at, char opens, char closes)
{
	size_t i;

	for (i = at + 1; i < s.n && s.p[i] != closes; i++) {
		if (s.p[i] == opens)
			return at;
		if (s.p[i] == '\\' && ++i == s.n)
			return at;
	}
	return i < s.n ? i + 1 : at;
}

/* The end of the run of bytes but blanks and those in stop. */
static size_t
skip_run(struct span s, size_t at, const char *stop)
{
	while (at < s.n && !blank_at(s, at) && !char_among(s.p[at], stop))
		at++;
	return at;
}

/* The end of something@something that begins there; at when none does. */
static size_t
skip_address(struct span s, size_t at)
{
	size_t user = at, end;

	if (at < s.n && s.p[at] == '"')
		user = skip_quoted(s, at, '"', '"');
	if (user == at || user == s.n || s.p[user] != '@')
		user = skip_run(s, at, "@<>()[],:;");
	if (user == at || user >= s.n || s.p[user] != '@')
		return at;
	end = skip_run(s, user + 1, "\"<>()[],:;");
	if (end > user + 1)
		return end;
	if (end >= s.n || s.p[end] != '[')
		return at;
	for (end++; end < s.n && (char_digit((unsigned char)s.p[end]) ||
	    s.p[end] == '.' || s.p[end] == ':'); end++)
		;
	return end > user + 2 && end < s.n && s.p[end] == ']' ? end + 1 : at;
}

/* The end of quoted strings and other bytes but quotes, "," ";" and "<". */
static size_t
skip_phrase(struct span s, size_t at)
{
	size_t end;

	while (at < s.n && !char_among(s.p[at], ",;<")) {
		if (s.p[at] != '"') {
			at++;
			continue;
		}
		end = skip_quoted(s, at, '"', '"');
		if (end == at)
			return at;
		at = end;
	}
	return at;
}

/* The ends of entries that were found: a comment, then "," or the end. */
static bool
finish(struct parse *p, size_t at, struct entry *e)
{
	struct span s = p->text;
	size_t open = skip_blanks(s, at), end;

	if (open < s.n && s.p[open] == '(') {
		end = skip_quoted(s, open, '(', ')');
		p->steps -= end - open < p->steps ? end - open : p->steps;
		if (end > open) {
			at = skip_blanks(s, end);
			if (at == s.n || s.p[at] == ',' || s.p[at] == ';') {
				e->comment = span_make(s.p + open + 1,
				    end - open - 2);
				e->end = at + (at < s.n);
				return true;
			}
		}
	}
	if (open < s.n && s.p[open] != ',' && s.p[open] != ';')
		return false;
	e->end = open + (open < s.n);
	return true;
}

/* A second "<...>" behind the first; at when there is none. */
static size_t
skip_box(struct parse *p, size_t at)
{
	struct span s = p->text;
	size_t open = skip_blanks(s, at), end, close;

	if (open >= s.n || s.p[open] != '<')
		return at;
	open = skip_blanks(s, open + 1);
	if (open < s.n && s.p[open] == '"')
		open = skip_quoted(s, open, '"', '"');
	end = skip_run(s, open, "");
	p->steps -= end - at < p->steps ? end - at : p->steps;
	close = skip_blanks(s, end);
	if (close < s.n && s.p[close] == '>')
		return close + 1;
	while (end > open && s.p[end - 1] != '>')
		end--;
	return end > open ? end : at;
}

/* The entry may end behind ">" at that place. */
static bool
finish_box(struct parse *p, size_t at, struct entry *e)
{
	size_t next;

	for (;;) {
		if (p->steps == 0)
			return false;
		p->steps--;
		if (finish(p, at, e))
			return true;
		next = skip_box(p, at);
		if (next == at)
			return false;
		at = next;
	}
}

/*
 * "<...>": the last ">" of the run of bytes around "@" that something may end
 * with closes it.
 */
static bool
take_box(struct parse *p, size_t at, struct entry *e)
{
	struct span s = p->text;
	size_t from = skip_blanks(s, at + 1), first, run, close, k;

	for (first = from; first < s.n && s.p[first] != '>' &&
	    s.p[first] != '@'; first++)
		;
	if (first == s.n)
		return false;
	run = skip_run(s, first, "");
	close = skip_blanks(s, run);
	if (close > run && close < s.n && s.p[close] == '>' &&
	    finish_box(p, close + 1, e)) {
		e->boxed = span_make(s.p + from, run - from);
		return true;
	}
	for (k = run; k-- > first; ) {
		if (s.p[k] != '>' || !finish_box(p, k + 1, e))
			continue;
		e->boxed = span_make(s.p + from, k - from);
		while (e->boxed.n > 0 && blank_at(e->boxed, e->boxed.n - 1))
			e->boxed.n--;
		return true;
	}
	return false;
}

/* RFC 5322 4.4: entries of a list may be empty. */
static size_t
skip_empty(struct span s)
{
	size_t at = 0;

	while (at < s.n && (blank_at(s, at) || char_among(s.p[at], ",;")))
		at++;
	return at;
}

/* The entry at the beginning of the text; false when nobody could read it. */
static bool
take_entry(struct parse *p, struct entry *e)
{
	struct span s = p->text;
	size_t from = skip_empty(s), end;

	memset(e, 0, sizeof(*e));
	end = skip_phrase(s, from);
	if (end < s.n && s.p[end] == '<' && take_box(p, end, e)) {
		if (end > from)
			e->name = span_make(s.p + from, end - from);
		return true;
	}
	end = skip_address(s, from);
	if (end > from && finish(p, end, e)) {
		e->bare = span_make(s.p + from, end - from);
		return true;
	}
	end = skip_phrase(s, from);
	if (end == from || (end < s.n && s.p[end] != ',' && s.p[end] != ';'))
		return false;
	e->name = span_make(s.p + from, end - from);
	e->end = end + (end < s.n);
	return true;
}

/* Adds the text without comments. */
static void
put_uncommented(char *to, size_t *n, struct span s)
{
	size_t i, end;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '(') {
			end = skip_quoted(s, i, '(', ')');
			if (end > i) {
				i = end - 1;
				continue;
			}
		}
		to[(*n)++] = s.p[i];
	}
}

/* The inside of a quoted string: a backslash stands for what follows. */
static void
put_unquoted(char *to, size_t *n, struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] != '\\' || (i + 1 < s.n && s.p[i + 1] == '\\'))
			to[(*n)++] = s.p[i];
}

/* A name without quotes and comments. */
static struct span
plain_name(struct arena *arena, struct span s)
{
	char *p = arena_bytes(arena, s.n + 1);
	size_t i = 0, end, n = 0;

	while (i < s.n) {
		if (s.p[i] == '"') {
			end = skip_quoted(s, i, '"', '"');
			if (end > i)
				put_unquoted(p, &n, span_make(s.p + i + 1,
				    end - i - 2));
			i = end > i ? end : i + 1;
			continue;
		}
		for (end = i; end < s.n && s.p[end] != '"'; end++)
			;
		put_uncommented(p, &n, span_make(s.p + i, end - i));
		i = end;
	}
	return span_make(p, n);
}

/* No lone quotation mark, and no empty quoted user. */
static bool
balanced(struct span s)
{
	size_t i, quotes = 0;

	for (i = 0; i < s.n; i++)
		quotes += s.p[i] == '"';
	return quotes != 1 && !span_starts(s, "\"\"@");
}

static bool
is_address(struct span s)
{
	return s.n > 0 && skip_address(s, 0) == s.n && balanced(s);
}

/* User and host: all before a second "@". */
static void
set_address(struct arena *arena, struct span s, struct fieldaddr *out)
{
	size_t at = span_chr(s, '@');
	struct span host = span_skip(s, at + 1);

	host = span_head(host, span_chr(host, '@'));
	out->address = span_head(s, at + 1 + host.n);
	if (at == s.n)
		return;
	out->host = host;
	out->valid = registry_fqdn(registry_ascii(arena, host));
}

static bool
sound_host(struct arena *arena, struct span s)
{
	struct fieldaddr a = {.valid = false};

	set_address(arena, s, &a);
	return a.valid;
}

static void
settle(struct parse *p, const struct entry *e, struct fieldaddr *out)
{
	struct span address = e->bare, name = none;
	char *copy;
	size_t n = 0;

	memset(out, 0, sizeof(*out));
	if (e->boxed.p != NULL) {
		copy = arena_bytes(p->arena, e->boxed.n + 1);
		put_uncommented(copy, &n, e->boxed);
		address = span_make(copy, n);
		if (!is_address(address))
			address = none;
	}
	if (address.p != NULL && !balanced(address))
		address = none;
	if (e->name.p != NULL) {
		name = plain_name(p->arena, e->name);
		if (address.p == NULL && is_address(name) &&
		    sound_host(p->arena, name)) {
			address = name;
			name = none;
		} else if (name.n == 0 ||
		    (address.p != NULL && span_eq(name, address)))
			name = none;
	}
	out->name = name.p != NULL ? name : e->comment;
	if (address.p != NULL)
		set_address(p->arena, address, out);
}

/* Without the name of a group in front, and without double backslashes. */
static struct span
prepare(struct arena *arena, struct span value)
{
	char *p;
	size_t i, n = 0, colon;

	value = span_trim(span_head(value, FIELDADDR_VALUE_MAX));
	p = arena_bytes(arena, value.n + 1);
	for (i = 0; i < value.n; i++)
		if (i + 1 < value.n && value.p[i] == '\\' &&
		    value.p[i + 1] == '\\')
			i++;
		else
			p[n++] = value.p[i];
	colon = 0;
	for (i = 0; i < n && !char_among(p[i], "\"()<>"); i++)
		if (p[i] == ':')
			colon = i + 1;
	value = span_make(p, n);
	if (colon == 0)
		return value;
	value = span_skip(value, skip_blanks(value, colon));
	return value.n > 0 && value.p[0] == ';' ? span_head(value, 0) : value;
}

/* Where nothing can be read any more: what stands in angle brackets. */
static size_t
rescue(struct parse *p, struct fieldaddr *out, size_t max)
{
	struct span s = p->text, found;
	size_t i, end, n = 0;

	for (i = 0; i + 1 < s.n && n < max && p->steps > 0; i++) {
		if (s.p[i] != '<')
			continue;
		end = skip_address(s, i + 1);
		p->steps -= end - i < p->steps ? end - i : p->steps;
		if (end == i + 1 || end == s.n || s.p[end] != '>')
			continue;
		found = span_make(s.p + i + 1, end - i - 1);
		i = end;
		if (!balanced(found))
			continue;
		memset(&out[n], 0, sizeof(out[n]));
		set_address(p->arena, found, &out[n++]);
	}
	return n;
}

size_t
fieldaddr_parse(struct arena *arena, struct span value, struct fieldaddr *out,
    size_t max)
{
	struct parse p = {arena, prepare(arena, value), STEPS_MAX};
	struct entry e;
	size_t n = 0;

	while (n < max && take_entry(&p, &e)) {
		settle(&p, &e, &out[n++]);
		p.text = span_skip(p.text, e.end);
	}
	if (n < max && span_chr(p.text, '@') < p.text.n)
		n += rescue(&p, out + n, max - n);
	return n;
}
