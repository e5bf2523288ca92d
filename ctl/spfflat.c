/* spfflat - the terms of an SPF record, replaced by what they stand for. */
#include "ctl/spfflat.h"

#include <string.h>

#include "auth/spfrecord.h"

#define LEFT_OUT_MAX 1000	/* bytes that are told */

struct spfflat_term {
	enum spf_result result;	/* of the qualifier */
	bool asks;		/* one that stays, and asks the DNS */
	struct net net;
	struct span text;	/* of one that stays, without qualifier */
};

/* A record being walked, and the one that names it. */
struct frame {
	const struct frame *above;
	struct span domain;
	size_t depth;
	bool included;		/* then only what passes counts, as result */
	enum spf_result result;
};

/* One walk over all records, from the start. */
struct walk {
	struct dns_job *job;
	struct arena *arena;
	struct spfflat out;
	struct spfflat_term terms[SPFFLAT_TERMS_MAX];
	unsigned lookups;
	unsigned brought;	/* terms added, even if known before */
	bool pending;
	bool beyond;		/* more than pruning is needed */
};

struct state {
	struct span domain, text;
	struct spfflat out;
	bool done;
};

static bool add_record(struct walk *, const struct frame *, struct span text);

static void
fail(struct walk *w, bool unanswered, const char *why)
{
	if (w->out.why != NULL)
		return;
	w->out.why = why;
	w->out.unanswered = unanswered;
}

static const struct dns_answer *
ask(struct walk *w, struct span name, enum dns_type type)
{
	const struct dns_answer *a = dns_job_ask(w->job, name, type);

	if (a == NULL)
		w->pending = true;
	else if (a->status == DNS_FAILED)
		fail(w, true, a->why);
	return a;
}

/* What an earlier term holds already is never reached. */
static bool
is_known(const struct walk *w, const struct spfflat_term *term)
{
	const struct spfflat_term *t;
	size_t i;

	for (i = 0; i < w->out.count; i++) {
		t = &w->terms[i];
		if (term->asks ? t->asks && span_ieq(t->text, term->text) :
		    !t->asks && ip_is4(&t->net.ip) == ip_is4(&term->net.ip) &&
		    t->net.bits <= term->net.bits &&
		    net_has(&t->net, &term->net.ip))
			return true;
	}
	return false;
}

static void
add(struct walk *w, const struct spfflat_term *term)
{
	w->brought++;
	if (is_known(w, term))
		return;
	if (w->out.count < SPFFLAT_TERMS_MAX)
		w->terms[w->out.count++] = *term;
	else
		fail(w, false, "too many networks");
}

static void
add_net(struct walk *w, enum spf_result result, const struct ip *ip,
    const struct spf_term *t)
{
	struct spfflat_term term = { .result = result,
		.net = ip_net(ip, t->bits4, t->bits6) };

	add(w, &term);
}

static void
leave_out(struct walk *w, const struct frame *frame, struct span text)
{
	bool room = w->out.left_out.n + text.n < LEFT_OUT_MAX;

	w->beyond = w->beyond || frame->above != NULL || !room;
	if (room)
		w->out.left_out = arena_printf(w->arena, "%.*s%s%.*s",
		    SPAN_ARG(w->out.left_out), w->out.left_out.n != 0 ? " " :
		    "", SPAN_ARG(text));
}

static struct span
bare(struct span word)
{
	return span_chr(span_of("+-~?"), word.p[0]) < 4 ?
	    span_skip(word, 1) : word;
}

/* In a record of another domain %{d} and "no domain" mean something else. */
static bool
keep(struct walk *w, const struct frame *frame, const struct spf_term *t,
    enum spf_result result)
{
	struct spfflat_term term = { .result = result, .asks = true,
		.text = bare(t->text) };

	if (frame->above != NULL &&
	    (span_find(t->domain, span_of("%{d")) < t->domain.n ||
	    span_find(t->domain, span_of("%{D")) < t->domain.n))
		return false;
	if (t->domain.n == 0)
		term.text = arena_printf(w->arena, "%.*s:%.*s",
		    SPAN_ARG(term.text), SPAN_ARG(frame->domain));
	add(w, &term);
	return true;
}

static void
add_host(struct walk *w, struct span name, const struct spf_term *t,
    enum spf_result result)
{
	const struct dns_answer *answers[2] = { ask(w, name, DNS_A),
		ask(w, name, DNS_AAAA) };
	size_t i, k;

	for (i = 0; i < 2; i++)
		for (k = 0; answers[i] != NULL && k < answers[i]->count; k++)
			add_net(w, result, &answers[i]->records[k].ip, t);
}

static void
add_hosts(struct walk *w, const struct frame *frame, const struct spf_term *t,
    enum spf_result result)
{
	struct span name = t->domain.n != 0 ? t->domain : frame->domain;
	const struct dns_answer *mx;
	unsigned before = w->brought;
	size_t i;

	if (t->mechanism == SPF_A) {
		add_host(w, name, t, result);
	} else if ((mx = ask(w, name, DNS_MX)) != NULL) {
		for (i = 0; i < mx->count && i < SPFFLAT_HOSTS_MAX; i++)
			add_host(w, mx->records[i].data, t, result);
		if (i < mx->count)
			fail(w, false, "too many hosts of an mx");
	}
	if (w->brought == before)
		leave_out(w, frame, t->text);
}

/* The one record of a domain, empty when it has none. */
static struct span
find_text(struct walk *w, struct span domain)
{
	const struct dns_answer *a = ask(w, domain, DNS_TXT);
	struct span text = span_of("");
	size_t i;

	for (i = 0; a != NULL && i < a->count; i++) {
		if (!spf_record_is(a->records[i].data))
			continue;
		if (text.n != 0)
			return span_of("");
		text = a->records[i].data;
	}
	return text;
}

static bool
is_above(const struct frame *frame, struct span domain)
{
	for (; frame != NULL; frame = frame->above)
		if (span_ieq(frame->domain, domain))
			return true;
	return false;
}

/* By include or redirect; false when it cannot be expressed. */
static bool
add_other(struct walk *w, const struct frame *inner, struct span word)
{
	const struct frame *frame = inner->above;
	unsigned before = w->brought;
	struct span text = find_text(w, inner->domain);

	if (text.n != 0 && inner->depth <= SPFFLAT_DEPTH_MAX &&
	    !is_above(frame, inner->domain) && !add_record(w, inner, text))
		return false;
	if (w->brought == before && inner->included)
		leave_out(w, frame, word);
	return true;
}

static bool
add_include(struct walk *w, const struct frame *frame,
    const struct spf_term *t, enum spf_result result)
{
	struct frame inner = { .above = frame, .domain = t->domain,
		.depth = frame->depth + 1, .included = true,
		.result = result };
	struct spfflat before = w->out;
	bool beyond = w->beyond;

	if (add_other(w, &inner, t->text) || w->out.why != NULL)
		return true;
	w->out = before;
	w->beyond = beyond;
	return keep(w, frame, t, result);
}

static bool
add_term(struct walk *w, const struct frame *frame, const struct spf_term *t)
{
	enum spf_result result = frame->included ? frame->result : t->result;

	if (t->mechanism == SPF_IP4 || t->mechanism == SPF_IP6) {
		/* Clients of mapped addresses count as IPv4 (5). */
		if (ip_is4(&t->ip) == (t->mechanism == SPF_IP4))
			add_net(w, result, &t->ip, t);
		return true;
	}
	if (t->mechanism == SPF_EXISTS || t->mechanism == SPF_PTR ||
	    span_chr(t->domain, '%') < t->domain.n)
		return keep(w, frame, t, result);
	if (++w->lookups > SPFFLAT_LOOKUPS_MAX) {
		fail(w, false, "too many terms");
		return true;
	}
	if (t->mechanism == SPF_INCLUDE)
		return add_include(w, frame, t, result);
	add_hosts(w, frame, t, result);
	return true;
}

static bool
add_redirect(struct walk *w, const struct frame *frame, struct span target)
{
	struct frame inner = *frame;
	struct spfflat before = w->out;
	unsigned brought = w->brought;

	inner.above = frame;
	inner.domain = target;
	inner.depth++;
	if (span_chr(target, '%') == target.n &&
	    ++w->lookups <= SPFFLAT_LOOKUPS_MAX &&
	    add_other(w, &inner, target)) {
		w->beyond = w->beyond || w->brought == brought;
		return true;
	}
	if (w->out.why != NULL)
		return true;
	w->out = before;
	if (!frame->included && frame->above == NULL)
		w->out.redirect = target;
	return !frame->included && frame->above == NULL;
}

/*
 * False when what it says cannot be said in the record of another: of what is
 * included only what passes counts (5.2), so that what is taken out of it
 * before cannot be told.
 */
static bool
add_record(struct walk *w, const struct frame *frame, struct span text)
{
	struct spf_record record;
	const struct spf_term *t;
	struct span where;
	bool excludes = false;
	size_t i;

	if (spf_record_parse(w->arena, text, &record, &where) != NULL)
		return true;
	if (frame->above == NULL)
		w->out.exp = record.exp;
	for (i = 0; i < record.count; i++) {
		t = &record.terms[i];
		if (t->mechanism == SPF_ALL) {
			if (!frame->included)
				w->out.softfail = t->result == SPF_SOFTFAIL;
			return true;
		}
		if (frame->included && t->result != SPF_PASS)
			excludes = true;
		else if (excludes || !add_term(w, frame, t))
			return false;
	}
	return record.redirect.n == 0 ||
	    (!excludes && add_redirect(w, frame, record.redirect));
}

/* The record itself without what brings nothing. */
static void
prune(struct walk *w, const struct state *state)
{
	struct span rest = state->text, word, text = span_of("v=spf1");
	struct span left, gone;
	bool there;

	span_word(&rest, &word);
	while (span_word(&rest, &word)) {
		there = true;
		for (left = w->out.left_out; span_word(&left, &gone);)
			there = there && !span_eq(gone, word);
		if (there)
			text = arena_printf(w->arena, "%.*s %.*s",
			    SPAN_ARG(text), SPAN_ARG(word));
	}
	if (!w->beyond && w->out.left_out.n != 0)
		w->out.pruned = text;
}

/* What is told outlives the step. */
static void
finish(struct walk *w, struct state *state)
{
	struct arena *arena = dns_job_arena(w->job);
	struct spfflat *out = &state->out;
	struct spfflat_term *terms = arena_alloc(arena,
	    w->out.count * sizeof(*terms));
	size_t i;

	prune(w, state);
	*out = w->out;
	memcpy(terms, w->terms, w->out.count * sizeof(*terms));
	for (i = 0; i < out->count; i++)
		terms[i].text = arena_span(arena, terms[i].text);
	out->terms = terms;
	out->redirect = arena_span(arena, w->out.redirect);
	out->exp = arena_span(arena, w->out.exp);
	out->left_out = arena_span(arena, w->out.left_out);
	out->pruned = arena_span(arena, w->out.pruned);
	state->done = true;
}

static bool
step(struct dns_job *job)
{
	struct state *state = dns_job_state(job);
	const struct frame top = { .domain = state->domain };
	struct arena arena;
	struct walk *w;

	arena_init(&arena);
	w = arena_alloc(&arena, sizeof(*w));
	w->job = job;
	w->arena = &arena;
	add_record(w, &top, state->text);
	if (!w->pending || w->out.why != NULL)
		finish(w, state);
	arena_done(&arena);
	return state->done;
}

struct dns_job *
spfflat_start(struct dns *dns, struct span domain, struct span text)
{
	struct dns_job *job = dns_job_new(dns, sizeof(struct state));
	struct state *state = dns_job_state(job);

	state->domain = arena_span(dns_job_arena(job), domain);
	state->text = arena_span(dns_job_arena(job), text);
	dns_job_start(job, step);
	return job;
}

const struct spfflat *
spfflat_outcome(struct dns_job *job)
{
	static const struct spfflat late = { .why = "timeout",
		.unanswered = true };
	struct state *state = dns_job_state(job);

	return state->done ? &state->out : &late;
}

static const char *
qualifier(enum spf_result result)
{
	return result == SPF_FAIL ? "-" : result == SPF_SOFTFAIL ? "~" :
	    result == SPF_NEUTRAL ? "?" : "";
}

static struct span
term_text(const struct spfflat_term *t, struct arena *arena)
{
	char text[IP_TEXT_MAX];

	if (t->asks)
		return t->text;
	return arena_printf(arena, "%s:%s", ip_is4(&t->net.ip) ? "ip4" :
	    "ip6", t->net.bits == 128 ? ip_text(&t->net.ip, text) :
	    net_text(&t->net, text));
}

/* What stands behind the terms of the record itself. */
static struct span
ending(const struct spfflat *flat, struct arena *arena)
{
	struct span text = flat->redirect.n != 0 ? arena_printf(arena,
	    " redirect=%.*s", SPAN_ARG(flat->redirect)) :
	    span_of(flat->softfail ? " ~all" : " -all");

	if (flat->exp.n != 0)
		text = arena_printf(arena, "%.*s exp=%.*s", SPAN_ARG(text),
		    SPAN_ARG(flat->exp));
	return text;
}

/* All in one; cut past the limit. */
static struct span
whole(const struct spfflat *flat, struct arena *arena)
{
	struct span text = span_of("v=spf1");
	size_t i;

	for (i = 0; i < flat->count && text.n <= SPFFLAT_RECORD_MAX; i++)
		text = arena_printf(arena, "%.*s %s%.*s", SPAN_ARG(text),
		    qualifier(flat->terms[i].result),
		    SPAN_ARG(term_text(&flat->terms[i], arena)));
	return arena_printf(arena, "%.*s%.*s", SPAN_ARG(text),
	    SPAN_ARG(ending(flat, arena)));
}

/* Room for one more term and " -all" in a part. */
static bool
has_room(const struct spfflat_record *part, struct span term)
{
	return part->name.n + part->text.n + 1 + term.n + strlen(" -all") <=
	    SPFFLAT_RECORD_MAX;
}

static struct spfflat_record *
part_begin(struct spfflat_record *part, size_t number, struct arena *arena,
    struct span domain)
{
	part->name = arena_printf(arena, "_flat%zu.%.*s", number,
	    SPAN_ARG(domain));
	part->text = span_of("v=spf1");
	return part;
}

static void
put_word(struct spfflat_record *record, struct arena *arena,
    const char *prefix, const char *kind, struct span word)
{
	record->text = arena_printf(arena, "%.*s %s%s%.*s",
	    SPAN_ARG(record->text), prefix, kind, SPAN_ARG(word));
}

/*
 * Terms of one qualifier after the other go to a part that the record includes
 * with that qualifier; within a run of these their order does not matter.
 */
static size_t
split(const struct spfflat *flat, struct arena *arena, struct span domain,
    struct spfflat_record out[SPFFLAT_RECORDS_MAX])
{
	size_t count = 1, lookups = flat->redirect.n != 0, i;
	struct spfflat_record *part = NULL;
	const struct spfflat_term *t;
	struct span term;

	for (i = 0; i < flat->count && lookups <= SPF_LOOKUPS_MAX; i++) {
		t = &flat->terms[i];
		term = term_text(t, arena);
		if (i != 0 && t[-1].result != t->result)
			part = NULL;
		if (t->asks) {
			lookups++;
			put_word(&out[0], arena, qualifier(t->result), "",
			    term);
			continue;
		}
		if (part == NULL || !has_room(part, term)) {
			if (++lookups > SPF_LOOKUPS_MAX)
				break;
			part = part_begin(&out[count], count, arena, domain);
			put_word(&out[0], arena, qualifier(t->result),
			    "include:", part->name);
			count++;
		}
		put_word(part, arena, "", "", term);
	}
	for (i = 1; i < count; i++)
		put_word(&out[i], arena, "", "", span_of("-all"));
	return lookups <= SPF_LOOKUPS_MAX ? count : 0;
}

size_t
spfflat_records(const struct spfflat *flat, struct arena *arena,
    struct span domain, struct spfflat_record out[SPFFLAT_RECORDS_MAX])
{
	size_t count, asks = flat->redirect.n != 0, i;

	for (i = 0; i < flat->count; i++)
		asks += flat->terms[i].asks;
	if (asks > SPF_LOOKUPS_MAX)
		return 0;
	out[0].name = domain;
	out[0].text = whole(flat, arena);
	if (domain.n + out[0].text.n <= SPFFLAT_RECORD_MAX)
		return 1;
	out[0].text = span_of("v=spf1");
	count = split(flat, arena, domain, out);
	out[0].text = arena_printf(arena, "%.*s%.*s", SPAN_ARG(out[0].text),
	    SPAN_ARG(ending(flat, arena)));
	return out[count != 0 ? count - 1 : 0].name.n <= DNS_NAME_MAX &&
	    domain.n + out[0].text.n <= SPFFLAT_RECORD_MAX ? count : 0;
}
