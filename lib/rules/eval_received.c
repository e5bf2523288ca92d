/* eval_received - functions about Received fields and the times in them. */
#include "rules/eval.h"

#include "base/text.h"
#include "rules/field.h"
#include "rules/loosedate.h"
#include "rules/relayform.h"

#define HOUR 3600
#define TIMES_MAX 200		/* Received fields whose date is read */
#define GOOGLE_STATE_MIN 60	/* bytes of X-Gm-Message-State, about */

/* What the functions share. */
struct received_facts {
	struct span lines;	/* all Received fields; empty without any */
	struct span flat;	/* the same with white space folded */
	bool removed;		/* somebody took Received fields away */
	bool hotmail_forged;	/* a HELO name of Hotmail's by a stranger */
	bool hotmail_absent;	/* From Hotmail, which no field confirms */
	int64_t shift;		/* of Date against the fields, in seconds */
};

/* Runs of white space become one blank. */
static struct span
flatten(struct facts *f, struct span s)
{
	char *p = arena_bytes(f->arena, s.n + 1);
	struct span out = span_make(p, 0);
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!char_space((unsigned char)s.p[i]))
			p[out.n++] = s.p[i];
		else if (out.n == 0 || p[out.n - 1] != ' ')
			p[out.n++] = ' ';
	return out;
}

static bool
has(struct span s, const char *text)
{
	return span_find(s, span_of(text)) < s.n;
}

static bool
any_in(struct span s, const char *const *forms)
{
	for (; *forms != NULL; forms++)
		if (relayform_in(s, *forms))
			return true;
	return false;
}

/* Ends with a domain that no letter, digit or "_" stands before. */
static bool
is_from(struct facts *f, const char *domain)
{
	struct span from = facts_get(f, "From:addr");
	size_t n = from.n - span_of(domain).n;
	unsigned char c;

	if (!span_iends(from, domain))
		return false;
	c = n == 0 ? ' ' : (unsigned char)from.p[n - 1];
	return !char_alpha(c) && !char_digit(c) && c != '_';
}

static bool
has_ip(struct facts *f, const char *name)
{
	return relayform_in(facts_get(f, name), "%I");
}

/* A line of the text fits the form at its beginning. */
static bool
line_fits(struct span text, const char *form)
{
	struct relay_line line = {.steps = RELAYFORM_STEPS};
	struct span one;

	while (span_cut(&text, '\n', &one)) {
		line.text = one;
		if (relayform_match(&line, form))
			return true;
	}
	return false;
}

/* ezmlm and MSN groups. */
static bool
find_removed(struct facts *f, struct span lines)
{
	static const char *const qmail[] = {
	    "qmail %# invoked from network); %# %3 %#",
	    "qmail %# invoked by %~); %# %3 %#", NULL};

	if (lines.n == 0 || relayform_in(lines,
	    "from groups.msn.com (%_.msn.com "))
		return true;
	return line_fits(facts_get(f, "Mailing-List"),
	    "contact %_@%_; run by ezmlm%$") &&
	    line_fits(facts_get(f, "Delivered-To"), "mailing list %_@%_") &&
	    any_in(lines, qmail);
}

/* A way that Hotmail's mail takes, with the fields that go with it. */
static bool
is_hotmail(struct facts *f, struct span flat)
{
	static const char *const web[] = {
	    "from %<%-.%>hotmail.com (%_.hotmail%<.msn%>.com%e",
	    "from %<%-.%>hotmail.com (%_.hotmail%<.msn%>.com)",
	    "from %-.hotmail.com ([%I] ", "from %-.hotmail.com ([%I])",
	    "from %-.hotmail.com ([%I]:",
	    "from %_ by %_.hotmail%<.msn%>.com with HTTP;",
	    "from [66.218.%_] by %_.yahoo.com", NULL};
	static const char *const outlook[] = {
	    "from %-.outbound.protection.outlook.com "
	    "(%_.outbound.protection.outlook.com ",
	    "from %-.outbound.protection.outlook.com "
	    "(%_.outbound.protection.outlook.com)",
	    "from %-.eurprd%#.prod.outlook.com (%I)",
	    "from %-.namprd%#.prod.outlook.com (%I)", NULL};
	struct span org = facts_get(f, "X-OriginatorOrg");

	if (has(flat, "from mail pickup service by hotmail.com with Microsoft "
	    "SMTPSVC;"))
		return true;
	if (has_ip(f, "X-Originating-Ip") && any_in(flat, web))
		return true;
	return (has(org, "hotmail.com") || has(org, "msonline-outlook")) &&
	    any_in(flat, outlook);
}

static void
judge_hotmail(struct facts *f, struct received_facts *r)
{
	static const char *const names[] = {"from %-hotmail.com%.",
	    "HELO %-hotmail.com%.", "helo=%-hotmail.com%.", NULL};

	bool forged = has(r->flat, "hotmail.com") && any_in(r->flat, names);
	bool absent = !forged && is_from(f, "hotmail.com");

	if ((!forged && !absent) || r->removed || is_hotmail(f, r->flat))
		return;
	r->hotmail_forged = forged;
	r->hotmail_absent = absent;
}

static bool
digit_at(struct span s, size_t at)
{
	return at < s.n && char_digit((unsigned char)s.p[at]);
}

/* The date of a Received field. */
static bool
received_time(struct span line, int64_t *out)
{
	static const char form[] = "%w%?%# %3 %# %#:%#:%# %h";
	struct relay_line look = {.text = line, .steps = RELAYFORM_STEPS};
	struct span *zone = &look.slot[RELAY_HELO];
	size_t i;

	for (i = 0; i < line.n; i++) {
		if (!char_space((unsigned char)line.p[i]) ||
		    (!digit_at(line, i + 1) && !digit_at(line, i + 2)))
			continue;
		look.text = span_skip(line, i);
		if (relayform_match(&look, form))
			return loosedate_find(span_make(look.text.p, (size_t)
			    (zone->p + zone->n - look.text.p)), out);
	}
	return false;
}

static bool
date_time(struct facts *f, int64_t *out)
{
	static const char *const names[] = {"Resent-Date", "Date"};
	struct span values, one;
	size_t i;

	for (i = 0; i < 2; i++) {
		values = facts_get(f, names[i]);
		while (span_cut(&values, '\n', &one))
			if (loosedate_find(one, out))
				return true;
	}
	return false;
}

/* Without the fields that fetching from a mailbox has put on top. */
static struct span
without_fetcher(struct span lines)
{
	static const char *const local[] = {"%.from localhost%w",
	    "%.from %_ %-%.127.0.0.1%.", "%.from %_ %_ %-%.127.0.0.1%.",
	    "qmail %# invoked by uid %#", NULL};
	struct span rest = lines, first, second;
	const char *fetcher = "%.by localhost with %_ (fetchmail-%#";

	if (!span_cut(&rest, '\n', &first))
		return lines;
	if (!any_in(first, local))
		return relayform_in(first, fetcher) ? rest : lines;
	return span_cut(&rest, '\n', &second) &&
	    relayform_in(second, fetcher) ? rest : lines;
}

/* The smallest difference between Date and a Received field. */
static int64_t
find_shift(struct facts *f, struct span lines)
{
	int64_t date, time, shift, best = 0, last = 0;
	struct span line;
	size_t n = 0, i;
	int64_t times[TIMES_MAX];

	if (!date_time(f, &date))
		return 0;
	lines = without_fetcher(lines);
	while (n < TIMES_MAX && span_cut(&lines, '\n', &line))
		if (received_time(line, &time))
			times[n++] = date - time;
	if (n > 0)
		last = times[n - 1];
	if (n > 1 && last == 0)
		n--;
	for (i = 0; i < n; i++) {
		shift = times[i];
		if (i == 0 || (shift < 0 ? -shift : shift) <
		    (best < 0 ? -best : best))
			best = shift;
	}
	return best;
}

static const struct received_facts *
received(struct facts *f)
{
	struct received_facts *r = f->slots[SLOT_RECEIVED];

	if (r != NULL)
		return r;
	f->slots[SLOT_RECEIVED] = r = arena_alloc(f->arena, sizeof(*r));
	r->lines = facts_get(f, "Received");
	r->flat = flatten(f, r->lines);
	r->removed = find_removed(f, r->lines);
	judge_hotmail(f, r);
	r->shift = find_shift(f, r->lines);
	return r;
}

static int
gated(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return received(f)->removed;
}

/* Bounds are hours, or "undef" for none. */
static bool
within(int64_t seconds, struct span min, struct span max)
{
	int64_t bound;

	if (!span_is(min, "undef") && text_milli(min, &bound) &&
	    seconds < bound * HOUR / 1000)
		return false;
	return span_is(max, "undef") || !text_milli(max, &bound) ||
	    seconds < bound * HOUR / 1000;
}

static int
shifted_date(struct facts *f, const struct eval_call *call)
{
	return within(received(f)->shift, call->args[0].text,
	    call->args[1].text);
}

static int
forged_hotmail(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return received(f)->hotmail_forged;
}

static int
no_hotmail(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return received(f)->hotmail_absent;
}

static int
forged_eudoramail(struct facts *f, const struct eval_call *call)
{
	const struct received_facts *r = received(f);

	(void)call;
	return is_from(f, "eudoramail.com") && !r->removed &&
	    !(has_ip(f, "X-Sender-Ip") &&
	    relayform_in(r->flat, "by %-whowhere.com;"));
}

/* The connection itself, or a relay of ours before it, was Yahoo's. */
static bool
through_yahoo(struct facts *f)
{
	static const char form[] = " rdns=%_.yahoo.com ";
	const struct relays *r = facts_relays(f);

	return relayform_in(r->trusted_text, form) ||
	    relayform_in(span_head(r->untrusted_text,
	    span_chr(r->untrusted_text, ']')), form);
}

static int
forged_yahoo(struct facts *f, const struct eval_call *call)
{
	static const char *const ways[] = {
	    "by web%_.mail%-.yahoo.com via HTTP",
	    "by sonic%_.consmr.mail%-.yahoo.com with HTTP",
	    "by smtp%_.yahoo.com with SMTP",
	    "from [%I] by %_.groups.yahoo.com with NNFMP",
	    "from [%I] by %_.scd.yahoo.com with NNFMP",
	    "from [%I] by %_.dcn.yahoo.com with NNFMP",
	    "by %_.%_.yahoo.com (%#.%#.%#/%#.%#.%#)%< with ESMTP%> id %_",
	    NULL};
	struct span flat, other;

	(void)call;
	if (!is_from(f, "yahoo.com") || received(f)->removed ||
	    through_yahoo(f))
		return 0;
	flat = received(f)->flat;
	other = facts_get(f, "X-Received");
	if (facts_get(f, "Resent-From").n > 0 &&
	    facts_get(f, "Resent-To").n > 0 && other.n > 0)
		flat = flatten(f, other);
	return !any_in(flat, ways) && !(relayform_in(flat,
	    "%.mailer%#.bulk.scd.yahoo.com%.") &&
	    span_iends(facts_get(f, "From:addr"), "@reply.yahoo.com"));
}

static int
forged_juno(struct facts *f, const struct eval_call *call)
{
	static const char *const ways[] = {
	    "from%~%.juno.com%.%~[%I]%~by", "from%~%.untd.com%.%~[%I]%~by",
	    "from%~%.juno.com%.%~(%I)%~by", "from%~%.untd.com%.%~(%I)%~by",
	    " cookie.juno.com ", " cookie.untd.com ", NULL};
	struct span mailer = facts_get(f, "X-Mailer");
	struct span lines = received(f)->lines;

	(void)call;
	if (!is_from(f, "juno.com") || received(f)->removed)
		return 0;
	return facts_get(f, "X-Originating-IP").n == 0 ||
	    !any_in(lines, ways) || !has(mailer, "Juno ");
}

static int
forged_gmail(struct facts *f, const struct eval_call *call)
{
	static const char *const ways[] = {"by 10.%_ with SMTP id %_",
	    "by 2002:a%#:%_ with SMTP id %_", NULL};

	(void)call;
	if (!is_from(f, "gmail.com") ||
	    any_in(facts_get(f, "X-Received"), ways) ||
	    relayform_in(received(f)->lines,
	    "by smtp.googlemail.com with ESMTPSA id %_"))
		return 0;
	return facts_get(f, "X-Gm-Message-State").n < GOOGLE_STATE_MIN ||
	    facts_get(f, "X-Google-Smtp-Source").n < GOOGLE_STATE_MIN;
}

/* Names of AOL's relays in what no relay of AOL's wrote. */
static int
fake_aol_relay(struct facts *f, const struct eval_call *call)
{
	static const char *const ours[] = {"/AOL-%#.%#.%#)",
	    "ESMTP id RELAY", "ESMTP id MAILRELAY", "ESMTP id MAILIN", NULL};
	struct span flat = received(f)->flat, rest = flat;

	(void)call;
	for (;;) {
		rest = span_skip(rest, span_chr(rest, ' '));
		if (rest.n <= 10)
			return 0;
		if (span_istarts(rest, " rly-") &&
		    char_alpha((unsigned char)rest.p[5]) &&
		    char_alpha((unsigned char)rest.p[6]) &&
		    char_digit((unsigned char)rest.p[7]) &&
		    char_digit((unsigned char)rest.p[8]) && rest.p[9] == '.')
			return !any_in(flat, ours);
		rest = span_skip(rest, 1);
	}
}

#define ROW(name, function) {name, function, 0, 0, 0, "HeaderEval"}

const struct eval evals_received[] = {
	ROW("check_for_fake_aol_relay_in_rcvd", fake_aol_relay),
	ROW("check_for_forged_eudoramail_received_headers",
	    forged_eudoramail),
	ROW("check_for_forged_gmail_received_headers", forged_gmail),
	ROW("check_for_forged_hotmail_received_headers", forged_hotmail),
	ROW("check_for_forged_juno_received_headers", forged_juno),
	ROW("check_for_forged_yahoo_received_headers", forged_yahoo),
	ROW("check_for_no_hotmail_received_headers", no_hotmail),
	{"check_for_shifted_date", shifted_date, 2, 2, 0, "HeaderEval"},
	ROW("gated_through_received_hdr_remover", gated),
	{0},
};
