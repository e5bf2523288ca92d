/* relayline - one Received field, taken as SpamAssassin takes it. */
#include "rules/relayline.h"

#include <string.h>

#include "rules/relayauth.h"
#include "rules/relayform.h"
#include "rules/relayscan.h"
#include "rules/relaytable.h"

/* A line being taken apart. */
struct parse {
	struct arena *arena;
	struct relay_line line;
	struct span sender;
	struct span auth;
	bool looked_up;
	bool done;		/* a form fits */
	enum relayline answer;
};

/* Takes "helo=..." and "ident=..." out of a comment of Exim's. */
static void
take_comment(struct relay_line *line)
{
	struct span extra = line->slot[RELAY_EXTRA], word;
	size_t helo = span_find(extra, span_of("helo=")), ident;

	word = span_skip(extra, helo + 5);
	word = span_head(word, span_chr(word, ' '));
	if (word.n > 0)
		line->slot[RELAY_HELO] = word;
	ident = span_find(extra, span_of("ident="));
	if (ident > helo) {
		extra = span_skip(extra, helo + 5 + word.n);
		ident = span_find(extra, span_of("ident="));
	}
	if (ident < extra.n) {
		word = span_skip(extra, ident + 6);
		line->slot[RELAY_IDENT] = span_head(word, span_chr(word, ' '));
	}
}

/* "IDENT:user@name", "user@name": the name alone is from the DNS. */
static void
take_ident(struct relay_line *line)
{
	struct span *rdns = &line->slot[RELAY_RDNS], ident;
	size_t at, times = span_starts(*rdns, "IDENT:") ? 2 : 1;

	for (; times > 0; times--) {
		at = span_chr(*rdns, '@');
		if (at == rdns->n)
			return;
		ident = span_head(*rdns, at);
		if (span_starts(ident, "IDENT:"))
			ident = span_skip(ident, 6);
		line->slot[RELAY_IDENT] = ident;
		*rdns = span_skip(*rdns, at + 1);
	}
}

static void
take_xmail(struct parse *p)
{
	struct relay_line look = p->line;

	if (relayform_find(&look, " id <%n>"))
		p->line.slot[RELAY_ID] = look.slot[RELAY_ID];
	if (relayform_find(&look, " from <%h>"))
		p->sender = look.slot[RELAY_HELO];
}

/* Whether what the form found is what was meant. */
static bool
suits(const struct relay_form *form, const struct relay_line *line)
{
	struct span rdns = line->slot[RELAY_RDNS];
	size_t dot = span_chr(rdns, '.');

	if (form->by_ends != NULL && !(span_iends(line->slot[RELAY_BY],
	    form->by_ends)))
		return false;
	return !(form->remarks & RELAY_DOTTED) ||
	    (dot > 0 && dot + 1 < rdns.n);
}

static bool
find(struct relay_line *line, const struct relay_form *form)
{
	return form->remarks & RELAY_ANYWHERE ?
	    relayform_find(line, form->form) :
	    relayform_match(line, form->form);
}

static bool
fits(struct relay_line *line, const struct relay_form *form)
{
	struct relay_line look;
	bool found;

	if (form->need != NULL && span_find(line->text,
	    span_of(form->need)) == line->text.n)
		return false;
	if (form->by_ends == NULL && !(form->remarks & RELAY_DOTTED))
		return find(line, form);
	look = *line;
	found = find(&look, form) && suits(form, &look);
	line->steps = look.steps;
	if (found)
		*line = look;
	return found;
}

static void
take_names(struct parse *p, unsigned remarks)
{
	struct span *slot = p->line.slot;
	bool unknown = span_is(slot[RELAY_RDNS], "unknown");

	if (remarks & RELAY_ONE_NAME)
		slot[RELAY_HELO] = slot[RELAY_RDNS];
	if (remarks & RELAY_EXIM)
		take_comment(&p->line);
	if (remarks & RELAY_XMAIL)
		take_xmail(p);
	if (remarks & RELAY_SENDMAIL)
		take_ident(&p->line);
	if (remarks & RELAY_NO_ID)
		slot[RELAY_ID] = span_of("");
	if (remarks & RELAY_NO_BY)
		slot[RELAY_BY] = span_of("");
	if (remarks & RELAY_LOOKED_UP)
		p->looked_up = true;
	if (remarks & RELAY_QMAIL)
		p->looked_up = !unknown;
	if (remarks & RELAY_OBTUSE) {
		p->looked_up = !span_is(slot[RELAY_RDNS], "UNKNOWN");
		if (!(p->line.set & 1u << RELAY_HELO))
			slot[RELAY_HELO] = span_of("");
	}
	if (remarks & RELAY_COURIER) {
		p->looked_up = !span_is(slot[RELAY_RDNS], "softdnserr");
		if (!p->looked_up)
			slot[RELAY_RDNS] = span_of("");
	}
}

/* Tries the forms of a table; p->done tells that one of them fits. */
static void
try(struct parse *p, const struct relay_form *form)
{
	for (; form->form != NULL && !p->done; form++) {
		if (!fits(&p->line, form))
			continue;
		p->done = true;
		take_names(p, form->remarks);
		p->answer = form->remarks & RELAY_IGNORED ? RELAYLINE_IGNORED :
		    form->remarks & RELAY_FETCHED ? RELAYLINE_FETCHED :
		    form->remarks & RELAY_SCANNED ? RELAYLINE_SCANNED :
		    RELAYLINE_RELAY;
	}
}

/* Exim's log can be configured: what little can be seen is taken. */
static void
try_exim(struct parse *p)
{
	static const char *const forms[] = {" (%h) ", " [%i%<.%#%>] ",
	    "by %b "};
	size_t i;
	struct relay_line *line = &p->line;

	relayform_match(line, "%r ");
	for (i = 0; i < 3; i++)
		relayform_find(line, forms[i]);
	if (line->set & 1u << RELAY_BY && line->slot[RELAY_IP].n > 0) {
		p->done = true;
		p->answer = RELAYLINE_RELAY;
	}
}

static void
try_families(struct parse *p)
{
	const struct relay_family *family = relay_families;
	struct relay_line look;

	for (; family->mark != NULL; family++) {
		look = p->line;
		if (!relayform_find(&look, family->mark))
			continue;
		try(p, family->forms);
		if (!p->done && span_is(span_of(family->mark), "Exim"))
			try_exim(p);
		return;
	}
}

static void
try_qmail(struct parse *p)
{
	struct relay_line look = p->line;

	if (p->done || !relayform_match(&look, relay_form_is_qmail))
		return;
	try(p, relay_forms_qmail);
	p->done = true;
	p->answer = RELAYLINE_RELAY;
}

/* Behind "from ". */
static void
try_all(struct parse *p)
{
	struct relay_line look;

	p->sender = relayscan_sender(p->line.text);
	try(p, relay_forms_first);
	if (!p->done)
		try_families(p);
	look = p->line;
	if (!p->done && relayform_find(&look, "%.with HTTP%.") &&
	    relayform_match(&p->line, "%i ([%I]) by %b")) {
		p->done = true;
		p->answer = RELAYLINE_RELAY;
	}
	look = p->line;
	if (!p->done && !relayform_find(&look, " by %_ (qmail-%_) with "))
		try(p, relay_forms_sendmail);
	try(p, relay_forms_common);
	try_qmail(p);
	try(p, relay_forms_rest);
}

/* The word at the beginning, where nothing better names the client. */
static void
guess_helo(struct relay_line *line)
{
	size_t n = span_chr(line->text, ' '), i = n;
	char c;

	if (line->slot[RELAY_HELO].n > 0)
		return;
	if (n == line->text.n) {
		for (; i > 0; i--) {
			c = line->text.p[i - 1];
			if (!char_alpha((unsigned char)c) &&
			    !char_digit((unsigned char)c) &&
			    !char_among(c, "-."))
				break;
		}
		i -= i > 0;
	}
	line->slot[RELAY_HELO] = span_head(line->text, i);
}

static void
try_line(struct parse *p)
{
	struct span text = p->line.text;

	if (span_starts(text, "from ")) {
		p->line.text = span_skip(text, 5);
		try_all(p);
		if (!p->done)
			guess_helo(&p->line);
	} else if (span_starts(text, "FROM ")) {
		p->line.text = span_skip(text, 5);
		try(p, relay_forms_upper);
		if (span_is(p->line.slot[RELAY_RDNS], "unverified"))
			p->line.slot[RELAY_RDNS] = span_of("");
	} else if (span_starts(text, "(from ")) {
		p->line.text = span_skip(text, 6);
		try(p, relay_forms_bracket);
	}
	if (p->done)
		return;
	if (p->line.slot[RELAY_IP].n == 0)
		relayform_find(&p->line, "[%i]");
	if (p->line.slot[RELAY_IP].n > 0 && p->line.slot[RELAY_BY].n > 0)
		p->answer = RELAYLINE_RELAY;
}

/* What would end a value where relays are told, or mean something there. */
static bool
unclean(char c)
{
	switch (c) {
	case '\0': case '#': case '[': case ']': case '(': case ')':
	case '<': case '>': case '|':
		return true;
	default:
		return char_space(c);
	}
}

struct span
relayline_clean(struct arena *arena, struct span name)
{
	struct span out;
	size_t i;
	char *p;

	p = arena_bytes(arena, name.n + 1);
	for (i = 0; i < name.n; i++)
		p[i] = unclean(name.p[i]) ? '!' : name.p[i];
	out = span_make(p, name.n);
	return out;
}

static struct span
clean_sender(struct arena *arena, struct span sender)
{
	while (sender.n > 0 && (sender.p[0] == '<' || sender.p[0] == ' '))
		sender = span_skip(sender, 1);
	while (sender.n > 0 && sender.p[sender.n - 1] == '>')
		sender.n--;
	return relayline_clean(arena, sender);
}

/* Without "IPv6:"; an IPv4 address in IPv6's clothes loses them. */
static void
take_ip(struct arena *arena, struct span text, struct relay *out)
{
	char plain[IP_TEXT_MAX];

	if (span_istarts(text, "IPv6:"))
		text = span_skip(text, 5);
	out->has_ip = ip_parse(text, &out->ip);
	out->ip_text = text;
	if (out->has_ip && ip_is4(&out->ip) &&
	    span_chr(text, '.') < text.n && span_chr(text, ':') < text.n)
		out->ip_text = arena_span(arena,
		    span_of(ip_text(&out->ip, plain)));
}

static void
finish(struct parse *p, struct relay *out)
{
	struct span *slot = p->line.slot, rdns = slot[RELAY_RDNS];
	struct span by = slot[RELAY_BY];

	memset(out, 0, sizeof(*out));
	while (rdns.n > 0 && rdns.p[rdns.n - 1] == '.')
		rdns.n--;
	if (span_iis(rdns, "unknown") || span_starts(rdns, "["))
		rdns.n = 0;
	if (by.n > 0 && by.p[by.n - 1] == ';')
		by.n--;
	take_ip(p->arena, slot[RELAY_IP], out);
	out->rdns = relayline_clean(p->arena, rdns);
	out->helo = relayline_clean(p->arena, slot[RELAY_HELO]);
	out->by = relayline_clean(p->arena, by);
	out->ident = relayline_clean(p->arena, slot[RELAY_IDENT]);
	out->envelope_from = clean_sender(p->arena, p->sender);
	out->id = slot[RELAY_ID];
	out->auth = p->auth;
	out->no_reverse_dns = rdns.n == 0 && p->looked_up;
}

enum relayline
relayline_parse(struct arena *arena, struct span value, struct relay *out)
{
	struct parse p = {.arena = arena, .answer = RELAYLINE_UNKNOWN};

	p.line.text = relayscan_fold(arena, value);
	p.line.steps = RELAYFORM_STEPS;
	if (relayscan_idle(&p.line))
		return RELAYLINE_IGNORED;
	p.line.text = relayscan_blank(arena, relayscan_undate(p.line.text));
	p.line.slot[RELAY_ID] = relayscan_id(p.line.text);
	p.line.slot[RELAY_HELO] = relayscan_helo(p.line.text);
	p.line.slot[RELAY_BY] = relayscan_by(p.line.text);
	p.auth = relayauth_find(arena, &p.line);
	try_line(&p);
	if (p.answer == RELAYLINE_RELAY)
		finish(&p, out);
	else if (p.answer == RELAYLINE_SCANNED)
		out->envelope_from = clean_sender(arena, p.sender);
	return p.answer;
}
