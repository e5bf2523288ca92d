/* relayauth - whether and how a Received field says that a user was known. */
#include "rules/relayauth.h"

static bool
has(const struct relay_line *line, const char *text)
{
	return span_find(line->text, span_of(text)) < line->text.n;
}

/* Behind " with ", up to a blank, ";" or the end: RFC 3848, RFC 6531 4.3. */
static size_t
protocol_length(struct span s)
{
	static const char *const names[] = {"ESMTPSA", "ESMTPA", "LMTPSA",
	    "LMTPA", "UTF8SMTPSA", "UTF8SMTPA", "UTF8LMTPSA", "UTF8LMTPA",
	    "ASMTP", "HTTPS", "HTTPU", "HTTP"};
	struct span word;
	size_t i, n = 0;

	while (n < s.n && s.p[n] != ' ' && s.p[n] != ';')
		n++;
	word = span_head(s, n);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_iis(word, names[i]))
			return n;
	return 0;
}

static bool
protocol(struct span line, struct span *out)
{
	struct span with = SPAN(" with "), rest = line;
	size_t at;

	while ((at = span_find(rest, with)) < rest.n) {
		rest = span_skip(rest, at + 5);
		*out = span_head(span_skip(rest, 1),
		    protocol_length(span_skip(rest, 1)));
		if (out->n > 0)
			return true;
	}
	return false;
}

/* "(via HTTPS)" as United Internet writes it: one byte may follow HTTP. */
static bool
via(struct span line, struct span *out)
{
	struct span rest = line, tail;
	size_t at, n;

	while ((at = span_chr(rest, '(')) < rest.n) {
		rest = span_skip(rest, at + 1);
		if (!span_istarts(rest, "via HTTP"))
			continue;
		for (n = 9; n >= 8; n--) {
			tail = span_skip(rest, n);
			if (tail.n > 0 && tail.p[0] == ')' && (tail.n == 1 ||
			    tail.p[1] == ' ' || tail.p[1] == ';')) {
				*out = span_make(rest.p + 4, n - 4);
				return true;
			}
		}
	}
	return false;
}

/* The id that Google gives to mail of its users: "a1sm123abc.2.2013...". */
static bool
google_id(struct span id)
{
	struct span part;
	size_t n = 0, digits = 0, letters = 0, sm;

	if (!span_cut(&id, '.', &part))
		return false;
	sm = span_find(part, span_of("sm"));
	if (sm < 1 || sm > 4 || sm == part.n)
		return false;
	part = span_skip(part, sm + 2);
	while (digits < part.n && char_digit((unsigned char)part.p[digits]))
		digits++;
	while (digits + letters < part.n &&
	    char_alpha((unsigned char)part.p[digits + letters]))
		letters++;
	if (digits < 2 || digits > 9 || letters != 3 ||
	    digits + letters != part.n)
		return false;
	while (span_cut(&id, '.', &part))
		n++;
	return n >= 7;
}

static bool
google(struct arena *arena, const struct relay_line *line, struct span *out)
{
	static const char mark[] = " by mx.google.com with ESMTPS id ";
	struct relay_line look = *line;
	struct span id = span_skip(line->text, span_find(line->text,
	    span_of(mark)) + sizeof(mark) - 1);

	if (!google_id(span_head(id, span_chr(id, ' '))) ||
	    !relayform_find(&look, "(version=%r cipher=%S)"))
		return false;
	*out = arena_printf(arena, "GMail - transport=%.*s cipher=%.*s",
	    SPAN_ARG(look.slot[RELAY_RDNS]), SPAN_ARG(look.slot[RELAY_EXTRA]));
	return true;
}

static bool
courier(const struct relay_line *line, struct span *out)
{
	static const char *const ends[] = {
	    "from %~]) (AUTH: %h %_%<, %~%>) by ",
	    "from %~)] (AUTH: %h %_%<, %~%>) by ",
	};
	struct relay_line look = *line;
	size_t i;

	for (i = 0; i < 2; i++)
		if (relayform_match(&look, ends[i])) {
			*out = look.slot[RELAY_HELO];
			return span_is(*out, "LOGIN") ||
			    span_is(*out, "PLAIN") ||
			    span_is(*out, "DIGEST-MD5") ||
			    span_is(*out, "CRAM-MD5");
		}
	return false;
}

static bool
sendmail(const struct relay_line *line)
{
	struct relay_line look = *line;

	return relayform_match(&look,
	    "from %~]%< (%P)%>) %~(%~authenticated%~)%~ by") ||
	    relayform_match(&look, "from %~)] %~(%~authenticated%~)%~ by");
}

static bool
gmx(struct arena *arena, const struct relay_line *line, struct span *out)
{
	struct relay_line look = *line;
	struct span by;

	if (!relayform_find(&look,
	    "from %- (%g %-) [%I] by %b (%)) with %m"))
		return false;
	by = look.slot[RELAY_BY];
	*out = arena_printf(arena, "GMX (%s / %.*s)", relayform_find(&look,
	    ") with ESMTP") ? "ESMTP" : "SMTP", SPAN_ARG(by));
	return span_is(by, "mail.gmx.net") || span_is(by, "mail.gmx.com");
}

static bool
postfix(struct arena *arena, const struct relay_line *line, struct span *out)
{
	struct relay_line look = *line;
	struct span name;

	if (!relayform_find(&look,
	    ") (Authenticated sender: %_) by %_ (%S) with "))
		return false;
	name = look.slot[RELAY_EXTRA];
	*out = span_is(name, "Postfix") ? name :
	    arena_printf(arena, "Postfix (%.*s)", SPAN_ARG(name));
	return true;
}

/* By marks that need not be looked at closely. */
static struct span
marked(const struct relay_line *line)
{
	struct relay_line look = *line;

	if (has(line, " (account ") && (has(line, "CommuniGate Pro HTTP") ||
	    has(line, "CommuniGate Pro SMTP") ||
	    has(line, "CommuniGate Pro XIMSS") ||
	    has(line, "CommuniGate Pro IMAP")))
		return span_of("Communigate");
	if (relayform_find(&look, " with Microsoft Exchange Server HTTP-DAV%."))
		return span_of("HTTP-DAV");
	return span_of("");
}

struct span
relayauth_find(struct arena *arena, const struct relay_line *line)
{
	bool by = has(line, " by ");
	struct relay_line look = *line;
	struct span out;

	if (by && protocol(line->text, &out))
		return out;
	if (by && (google(arena, line, &out) || (has(line, "(AUTH: ") &&
	    courier(line, &out))))
		return out;
	if (has(line, "authenticated") && sendmail(line))
		return span_of("Sendmail");
	if (has(line, " by mail.gmx.") && gmx(arena, line, &out))
		return out;
	if (has(line, " (authenticated as ") && relayform_find(&look,
	    ") by %+ (%#.%#.%#%<.%#%>) (authenticated as %+) id "))
		return span_of("CriticalPath");
	if (has(line, "(Authenticated sender: ") &&
	    postfix(arena, line, &out))
		return out;
	out = marked(line);
	if (out.n == 0 && by)
		via(line->text, &out);
	return out;
}
