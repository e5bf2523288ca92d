/* received - one Received field, which every MTA writes in its own way. */
#include <string.h>

#include "mail/received.h"

enum clause { CLAUSE_NONE, CLAUSE_FROM, CLAUSE_BY, CLAUSE_VIA, CLAUSE_WITH,
	CLAUSE_ID, CLAUSE_FOR, CLAUSES };

struct parse {
	struct received *out;
	struct span client;	/* first word after "from" */
	enum clause clause;
	unsigned seen[CLAUSES];
	bool ambiguous;
	bool named_helo;	/* a comment says what the HELO name was, so the
				 * word after "from" is the MTA's */
	bool found;		/* a comment held the address */
};

/* Cuts the next word or whole comment (nested) off; false at the end. */
static bool
item_cut(struct span *rest, struct span *item, bool *comment)
{
	size_t n = 0;
	unsigned depth = 0;

	while (rest->n != 0 && char_space((unsigned char)rest->p[0]))
		*rest = span_skip(*rest, 1);
	*comment = rest->n != 0 && rest->p[0] == '(';
	while (n < rest->n) {
		if (*comment) {
			if (rest->p[n] == '(')
				depth++;
			else if (rest->p[n] == ')' && --depth == 0) {
				n++;
				break;
			}
		} else if (rest->p[n] == '(' ||
		    char_space((unsigned char)rest->p[n]))
			break;
		n++;
	}
	*item = span_head(*rest, n);
	*rest = span_skip(*rest, n);
	return n != 0;
}

/* An address with nothing else: "1.2.3.4", "IPv6:::1", "::ffff:1.2.3.4". */
static bool
address(struct span s, struct ip *out)
{
	if (span_istarts(s, "IPv6:"))
		s = span_skip(s, 5);
	return ip_parse(span_head(s, span_chr(s, '%')), out);
}

/* The same with a port behind it, as Exim, XMail and others write. */
static bool
address_port(struct span s, struct ip *out)
{
	size_t colon = span_chr(s, ':');

	if (address(s, out))
		return true;
	return colon == span_rchr(s, ':') && address(span_head(s, colon), out);
}

/* An address in brackets at the start of s; *rest is what follows. */
static bool
bracketed(struct span s, struct ip *out, struct span *rest)
{
	size_t end = span_chr(s, ']');

	if (end == s.n || s.p[0] != '[')
		return false;
	*rest = span_skip(s, end + 1);
	return address_port(span_make(s.p + 1, end - 1), out);
}

static void
found(struct parse *p, const struct ip *ip)
{
	if (p->found && !ip_eq(&p->out->ip, ip))
		p->ambiguous = true;
	p->out->ip = *ip;
	p->found = true;
}

/* "ident@name" or "name" before the address: the name is from the DNS. */
static void
set_rdns(struct parse *p, struct span name)
{
	size_t at = span_rchr(name, '@');
	struct ip ip;

	if (at != name.n)
		name = span_skip(name, at + 1);
	if (name.n != 0 && name.p[name.n - 1] == '.')
		name.n--;
	/* "unknown", "softdnserr", "<unknown.domain>" and the like. */
	if (span_chr(name, '.') == name.n || span_chr(name, '<') != name.n ||
	    address(name, &ip))
		return;
	p->out->rdns = name;
}

/* What stands behind the address inside a comment. */
static void
comment_tail(struct parse *p, struct span tail, const struct ip *ip)
{
	struct ip other;
	struct span word, rest;

	while (span_word(&tail, &word)) {
		/* Whatever follows is the client's, spaces included. */
		if (span_istarts(word, "helo=") ||
		    span_istarts(word, "ident=")) {
			if (char_lower((unsigned char)word.p[0]) != 'h')
				continue;
			p->out->helo = span_skip(word, 5);
			p->named_helo = true;
			continue;
		}
		if (bracketed(word, &other, &rest) && !ip_eq(&other, ip))
			p->ambiguous = true;
	}
}

/* "(HELO name)", "(helo=name ...)", "(account x HELO name)", "(port=1 ...)" */
static bool
helo_comment(struct parse *p, struct span inside)
{
	struct ip nothing = { { 0 } };
	struct span rest = inside, word;

	if (!span_word(&rest, &word))
		return false;
	if (span_iis(word, "HELO") || span_iis(word, "EHLO") ||
	    span_iis(word, "LHLO")) {
		p->out->helo = span_trim(rest);
		p->named_helo = true;
		return true;
	}
	if (span_istarts(word, "helo=") || span_istarts(word, "port=")) {
		comment_tail(p, inside, &nothing);
		p->named_helo = true;
		return true;
	}
	if (!span_iis(word, "account"))
		return false;
	p->named_helo = true;
	while (span_word(&rest, &word))
		if (span_iis(word, "HELO"))
			p->out->helo = span_trim(rest);
	return true;
}

/* A comment that is nothing but an address: qmail, Exchange, XMail. */
static bool
bare_comment(struct parse *p, struct span inside)
{
	size_t at = span_rchr(inside, '@'), blank = span_chr(inside, ' ');
	struct span rest;
	struct ip ip;

	if (at != inside.n) {
		/* "(envelope-from a@[192.0.2.1])" is the client's word. */
		if (blank < at)
			return false;
		inside = span_skip(inside, at + 1);
		/* Yahoo adds "with login" to "name@address". */
		if (span_chr(inside, ' ') != inside.n) {
			if (!span_istarts(span_skip(inside, span_chr(inside,
			    ' ')), " with "))
				return false;
			inside = span_head(inside, span_chr(inside, ' '));
			p->out->auth = true;
		}
	}
	if (!address_port(inside, &ip) &&
	    !(bracketed(inside, &ip, &rest) && rest.n == 0))
		return false;
	found(p, &ip);
	return true;
}

/* "[address] ..." or "name [address] ..." with at most one word before. */
static void
address_comment(struct parse *p, struct span inside)
{
	struct span name, rest;
	size_t at = span_chr(inside, '[');
	struct ip ip;

	name = span_head(inside, at);
	/* An ident answer may hold brackets of its own. */
	if (span_rchr(inside, '@') != inside.n &&
	    span_rchr(inside, '@') > at && !span_starts(inside, "["))
		return;
	if (!bracketed(span_skip(inside, at), &ip, &rest))
		return;
	name = span_trim(name);
	if (span_chr(name, ' ') != name.n || span_chr(name, '\t') != name.n ||
	    span_chr(name, '=') != name.n || span_chr(name, '"') != name.n)
		return;
	set_rdns(p, name);
	found(p, &ip);
	comment_tail(p, rest, &ip);
}

static void
from_comment(struct parse *p, struct span inside)
{
	inside = span_trim(inside);
	if (!helo_comment(p, inside) && !bare_comment(p, inside))
		address_comment(p, inside);
}

/* Postfix, Sendmail, Courier, in that order. */
static bool
auth_comment(struct span inside)
{
	inside = span_trim(inside);
	return span_istarts(inside, "Authenticated sender:") ||
	    span_istarts(inside, "authenticated") ||
	    span_istarts(inside, "AUTH:");
}

/* RFC 3848 and RFC 6531 section 4.3; "asmtp" is Exim before 4.34. */
static bool
auth_protocol(struct span with)
{
	static const char *const names[] = { "ESMTPA", "ESMTPSA", "LMTPA",
	    "LMTPSA", "UTF8SMTPA", "UTF8SMTPSA", "UTF8LMTPA", "UTF8LMTPSA",
	    "asmtp" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_iis(with, names[i]))
			return true;
	return false;
}

static enum clause
keyword(struct span word)
{
	static const char *const names[CLAUSES] = { "", "from", "by", "via",
	    "with", "id", "for" };
	int i;

	for (i = CLAUSE_FROM; i < CLAUSES; i++)
		if (span_iis(word, names[i]))
			return (enum clause)i;
	return CLAUSE_NONE;
}

static struct span
unbracket(struct span s)
{
	if (s.n > 1 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		return span_make(s.p + 1, s.n - 2);
	return s;
}

/* a extended to the end of b. */
static struct span
joined(struct span a, struct span b)
{
	return a.n == 0 ? b : span_make(a.p, (size_t)(b.p + b.n - a.p));
}

static void
take_word(struct parse *p, struct span word)
{
	struct received *out = p->out;
	struct span rest;
	struct ip ip;

	if (p->clause == CLAUSE_FROM && p->client.n == 0)
		p->client = word;
	else if (p->clause == CLAUSE_FROM && bracketed(word, &ip, &rest))
		found(p, &ip);	/* MDaemon, IMail: "name [address]" */
	else if (p->clause == CLAUSE_BY && out->by.n == 0)
		out->by = unbracket(word);
	else if (p->clause == CLAUSE_WITH || p->clause == CLAUSE_VIA) {
		if (span_istarts(word, "HTTP"))
			out->http = true;
		if (p->clause == CLAUSE_WITH)
			out->with = joined(out->with, word);
	} else if (p->clause == CLAUSE_ID && out->id.n == 0)
		out->id = unbracket(word);
}

static void
take_item(struct parse *p, struct span item, bool comment)
{
	enum clause next;
	struct span inside;

	if (comment) {
		inside = span_make(item.p + 1, item.n - 1);
		if (item.p[item.n - 1] == ')')
			inside.n--;
		else
			p->ambiguous = true;	/* it has no end */
		if (auth_comment(inside))
			p->out->auth = true;
		else if (p->clause == CLAUSE_FROM)
			from_comment(p, inside);
		else if (p->clause == CLAUSE_WITH)
			p->clause = CLAUSE_NONE;
		return;
	}
	if (item.n > 1 && item.p[item.n - 1] == ',')
		item.n--;
	next = keyword(item);
	if (next == CLAUSE_NONE) {
		take_word(p, item);
		return;
	}
	p->clause = next == CLAUSE_FROM && p->seen[next] != 0 ? CLAUSE_NONE :
	    next;
	/* A HELO name may pretend to be a whole trace line of its own. */
	if (p->seen[next]++ != 0 && next == CLAUSE_BY)
		p->ambiguous = true;
}

/* Cuts the date off: all behind the last ";" that is in no comment. */
static struct span
date_cut(struct span *value)
{
	unsigned depth = 0;
	size_t i, at = value->n;
	struct span date;

	for (i = 0; i < value->n; i++) {
		if (value->p[i] == '(')
			depth++;
		else if (value->p[i] == ')' && depth != 0)
			depth--;
		else if (value->p[i] == ';' && depth == 0)
			at = i;
	}
	date = span_trim(span_skip(*value, at + 1));
	*value = span_head(*value, at);
	return date;
}

/* Decides what the word after "from" is, now that all comments are known. */
static void
settle(struct parse *p)
{
	struct received *out = p->out;
	struct span rest = span_of(NULL);
	struct ip ip;
	bool own;

	own = address_port(p->client, &ip) ||
	    (bracketed(p->client, &ip, &rest) && (rest.n == 0 ||
	    rest.p[0] == ':'));
	if (!p->named_helo && !out->http)
		out->helo = p->client;
	else if (!own)
		set_rdns(p, p->client);
	if (own && !p->found && (p->named_helo || out->http))
		found(p, &ip);
	out->has_ip = p->found && !p->ambiguous;
	if (!out->has_ip)
		memset(&out->ip, 0, sizeof(out->ip));
}

bool
received_parse(struct span value, struct received *out)
{
	struct parse p = { .out = out };
	struct span item;
	bool comment;

	memset(out, 0, sizeof(*out));
	out->date = date_cut(&value);
	while (item_cut(&value, &item, &comment))
		take_item(&p, item, comment);
	out->auth = out->auth || auth_protocol(out->with);
	settle(&p);
	return p.seen[CLAUSE_FROM] != 0 || p.seen[CLAUSE_BY] != 0;
}
