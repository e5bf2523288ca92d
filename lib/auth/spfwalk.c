/* spfwalk - check_host() of RFC 7208. */
#include "auth/spfwalk.h"

#include "auth/spfmacro.h"
#include "auth/spfrecord.h"
#include "auth/spfterm.h"
#include "base/text.h"

#define PROBLEM_SHOWN 100	/* bytes of a term or name in its text */

/* Whether a guess may be asked, for the first time or again. */
static bool
guess_allowed(struct spf_walk *w, struct span name, enum dns_type type)
{
	struct spf_ahead *a = w->ahead;
	size_t i;

	for (i = 0; i < a->count; i++)
		if (a->asked[i].type == type &&
		    span_ieq(a->asked[i].name, name))
			return true;
	if (a->count == SPF_AHEAD_MAX)
		return false;
	a->asked[a->count].name = arena_span(dns_job_arena(w->job), name);
	a->asked[a->count++].type = type;
	return true;
}

const struct dns_answer *
spf_walk_ask(struct spf_walk *w, struct span name, enum dns_type type)
{
	const struct dns_answer *answer = NULL;

	if (!w->guess || guess_allowed(w, name, type))
		answer = dns_job_ask(w->job, name, type);
	if (answer == NULL)
		w->pending = true;
	return answer;
}

enum dns_type
spf_walk_address(const struct spf_walk *w)
{
	return ip_is4(&w->facts->ip) ? DNS_A : DNS_AAAA;
}

void
spf_walk_ask_hosts(struct spf_walk *w, const struct dns_answer *names)
{
	size_t i;

	/* Not pending: whoever needs the first need not await the others. */
	for (i = 0; !w->guess && i < names->count && i < SPF_HOSTS_MAX; i++)
		dns_job_ask(w->job, names->records[i].data,
		    spf_walk_address(w));
}

enum spf_result
spf_walk_problem(struct spf_walk *w, enum spf_result result, struct span what,
    const char *why)
{
	struct buf text;

	buf_init(&text, 4 * PROBLEM_SHOWN);
	text_escape(&text, span_head(what, PROBLEM_SHOWN));
	w->problem =
	    arena_printf(w->arena, "%s %s", buf_string(&text), why);
	buf_done(&text);
	return result;
}

enum spf_result
spf_walk_failed(struct spf_walk *w, struct span name, enum dns_type type,
    const struct dns_answer *answer)
{
	const char *word = type == DNS_TXT ? "TXT" :
	    type == DNS_MX		   ? "MX" :
	    type == DNS_A		   ? "A" :
					     "AAAA";

	return spf_walk_problem(w, SPF_TEMPERROR, name,
	    arena_printf(w->arena, "%s: %s", word, answer->why).p);
}

enum spf_result
spf_walk_void(struct spf_walk *w)
{
	if (++w->voids <= SPF_VOIDS_MAX)
		return SPF_NEUTRAL;
	return spf_walk_problem(w, SPF_PERMERROR, span_of("void lookups:"),
	    "more than 2 (RFC 7208 4.6.4)");
}

static enum spf_result
count_lookup(struct spf_walk *w)
{
	if (w->lookups < SPF_LOOKUPS_MAX) {
		w->lookups++;
		return SPF_NEUTRAL;
	}
	return spf_walk_problem(w, SPF_PERMERROR, span_of("DNS lookups:"),
	    "more than 10 (RFC 7208 4.6.4)");
}

/* 4.3: labels of the right length, and at least two. */
static bool
domain_good(struct span domain)
{
	struct span label;
	size_t labels;

	if (domain.n > DNS_NAME_MAX)
		return false;
	for (labels = 0; span_cut(&domain, '.', &label); labels++)
		if (label.n == 0 || label.n > 63)
			return false;
	return labels > 1;
}

/* What clients say may hold anything; targets may too, but on purpose. */
static bool
host_good(struct span domain)
{
	size_t i;

	for (i = 0; i < domain.n; i++)
		if (!char_alpha(domain.p[i]) && !char_digit(domain.p[i]) &&
		    span_chr(span_of("-_."), domain.p[i]) == 3)
			return false;
	return true;
}

/* Selects the record (4.4, 4.5); SPF_PASS when *text is it. */
static enum spf_result
find_record(struct spf_walk *w, struct span domain, struct span *text)
{
	const struct dns_answer *answer;
	size_t i, found = 0;

	if (!domain_good(domain))
		return spf_walk_problem(w, SPF_NONE, domain,
		    "is not a domain name");
	answer = spf_walk_ask(w, domain, DNS_TXT);
	if (answer == NULL) {
		w->guess = true;
		return SPF_NEUTRAL;
	}
	if (answer->status == DNS_FAILED)
		return spf_walk_failed(w, domain, DNS_TXT, answer);
	for (i = 0; i < answer->count; i++)
		if (spf_record_is(answer->records[i].data)) {
			*text = answer->records[i].data;
			found++;
		}
	if (found == 0)
		return spf_walk_problem(w, SPF_NONE, domain,
		    "has no SPF record");
	if (found > 1)
		return spf_walk_problem(w, SPF_PERMERROR, domain,
		    "has more than one SPF record");
	return SPF_PASS;
}

static enum spf_result check_host(struct spf_walk *, struct span domain);

/* The table of 5.2. */
static enum spf_result
include(struct spf_walk *w, struct span name)
{
	enum spf_result result = check_host(w, name);

	switch (result) {
	case SPF_PASS:
	case SPF_TEMPERROR:
	case SPF_PERMERROR:
		return result;
	case SPF_NONE:
		return SPF_PERMERROR;
	default:
		return SPF_NEUTRAL;
	}
}

/* SPF_PASS when it matches, SPF_NEUTRAL when not, or an error. */
static enum spf_result
match(struct spf_walk *w, struct span domain, const struct spf_term *term)
{
	unsigned bits4 = term->bits4, bits6 = term->bits6;
	struct net net;
	struct span name = domain;

	switch (term->mechanism) {
	case SPF_ALL:
		return SPF_PASS;
	case SPF_IP4:
	case SPF_IP6:
		net = ip_net(&term->ip, bits4, bits6);
		/* Section 5: ip6, even ::ffff:0:0/96, never means IPv4. */
		if (ip_is4(&w->facts->ip) != (term->mechanism == SPF_IP4))
			return SPF_NEUTRAL;
		return net_has(&net, &w->facts->ip) ? SPF_PASS : SPF_NEUTRAL;
	default:
		break;
	}
	if (count_lookup(w) != SPF_NEUTRAL)
		return SPF_PERMERROR;
	/* 4.8: what is no name has no records. */
	if (term->domain.n != 0 &&
	    !spf_macro_name(w, domain, term->domain, &name))
		return SPF_NEUTRAL;
	if (term->mechanism == SPF_INCLUDE)
		return include(w, name);
	return spf_term_match(w, term, name);
}

/* 6.1; an explanation comes from the target's record then. */
static enum spf_result
redirect(struct spf_walk *w, struct span domain, struct span spec)
{
	enum spf_result result;
	struct span name;

	if (count_lookup(w) != SPF_NEUTRAL)
		return SPF_PERMERROR;
	if (!spf_macro_name(w, domain, spec, &name))
		return spf_walk_problem(w, SPF_PERMERROR, spec,
		    "redirects to no domain name");
	result = check_host(w, name);
	return result == SPF_NONE ? SPF_PERMERROR : result;
}

/* What an include decided is overwritten by the record that holds it (6.2). */
static enum spf_result
decide(struct spf_walk *w, struct span domain, const struct spf_record *record,
    const struct spf_term *term)
{
	w->mechanism = term->text;
	w->exp = record->exp;
	w->exp_domain = domain;
	return term->result;
}

/* Each call but the first was counted as a lookup, which bounds the depth. */
static enum spf_result
check_host(struct spf_walk *w, struct span domain)
{
	struct spf_record record;
	struct span text, where;
	enum spf_result result = find_record(w, domain, &text);
	const char *wrong;
	size_t i;

	if (result != SPF_PASS)
		return result;
	wrong = spf_record_parse(w->arena, text, &record, &where);
	if (wrong != NULL)
		return spf_walk_problem(w, SPF_PERMERROR, where, wrong);
	for (i = 0; i < record.count; i++) {
		result = match(w, domain, &record.terms[i]);
		if (result == SPF_PASS)
			return decide(w, domain, &record, &record.terms[i]);
		if (result != SPF_NEUTRAL)
			return result;
	}
	if (record.redirect.n != 0)
		return redirect(w, domain, record.redirect);
	w->mechanism = span_of("default");
	return SPF_NEUTRAL;
}

enum spf_result
spf_walk(struct spf_walk *w)
{
	struct span domain = w->facts->domain;

	if (!host_good(domain))
		return spf_walk_problem(w, SPF_NONE, domain,
		    "is not a domain name");
	spf_macro_name(w, domain, span_of("%{ir}.%{v}.arpa"), &w->reverse);
	return check_host(w, domain);
}
