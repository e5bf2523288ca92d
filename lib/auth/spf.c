/* spf - one identity judged by RFC 7208: what goes in, what comes out. */
#include "auth/spf.h"

#include "auth/spfmacro.h"
#include "auth/spfwalk.h"
#include "mail/domain.h"

#define LOCAL_MAX 256	/* bytes; RFC 5321 4.5.3.1.1 asks for 64 */
#define HELO_MAX 512

struct state {
	struct spf_facts facts;
	struct spf_ahead ahead;
	struct spf_outcome outcome;
	bool done;
};

const char *
spf_word(enum spf_result result)
{
	static const char *const words[] = {"none", "neutral", "pass", "fail",
	    "softfail", "temperror", "permerror"};

	return words[result];
}

static bool
is_ascii(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((s.p[i] & 0x80) != 0)
			return false;
	return true;
}

/* Any domain as A-labels (4.3); what is none stays as it is. */
static struct span
to_alabels(struct arena *arena, struct span domain)
{
	struct span ascii = span_of("");

	if (!is_ascii(domain))
		ascii = domain_ascii(arena, domain);
	return ascii.n != 0 ? ascii : arena_span(arena, domain);
}

/* %{i}: an IPv4 address, or the 32 nibbles of an IPv6 one with dots. */
static struct span
dotted(struct arena *arena, const struct ip *ip)
{
	char text[IP_TEXT_MAX], nibbles[64];
	size_t i;

	if (ip_is4(ip))
		return arena_span(arena, span_of(ip_text(ip, text)));
	for (i = 0; i < 32; i++) {
		nibbles[2 * i] = "0123456789ABCDEF"[
		    i % 2 == 0 ? ip->b[i / 2] >> 4 : ip->b[i / 2] & 15];
		nibbles[2 * i + 1] = '.';
	}
	return arena_span(arena, span_make(nibbles, sizeof(nibbles) - 1));
}

/* The sender as 2.4 and 4.3 complete it. */
static void
set_sender(struct arena *arena, const struct spf_input *input,
    struct spf_facts *facts)
{
	struct span sender = span_of(input->sender), domain = facts->helo;
	size_t at = span_rchr(sender, '@');

	facts->local = span_of("postmaster");
	if (input->identity == SPF_MAILFROM && sender.n != 0) {
		if (at != 0)
			facts->local = arena_span(arena,
			    span_head(span_head(sender, at), LOCAL_MAX));
		domain = to_alabels(arena, span_skip(sender, at + 1));
	}
	if (domain.n > 0 && domain.p[domain.n - 1] == '.')
		domain.n--;
	facts->domain = domain;
	facts->sender = arena_printf(arena, "%.*s@%.*s",
	    SPAN_ARG(facts->local), SPAN_ARG(domain));
}

static void
set_facts(struct arena *arena, const struct spf_input *input,
    struct spf_facts *facts)
{
	facts->ip = input->ip;
	facts->now = input->now;
	facts->dotted = dotted(arena, &input->ip);
	facts->helo =
	    to_alabels(arena, span_head(span_of(input->helo), HELO_MAX));
	facts->receiver = arena_span(arena, span_of(input->receiver));
	if (facts->receiver.n == 0)
		facts->receiver = span_of("unknown");
	set_sender(arena, input, facts);
}

static bool
printable(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return true;
}

/* 6.2; any trouble on the way means that there is none. */
static const char *
explain(struct spf_walk *w, struct arena *arena)
{
	const struct dns_answer *answer;
	const char *text = "";
	struct span name, raw;
	struct buf out;

	if (w->exp.n == 0 || !spf_macro_name(w, w->exp_domain, w->exp, &name))
		return text;
	answer = spf_walk_ask(w, name, DNS_TXT);
	if (answer == NULL || answer->status != DNS_FOUND ||
	    answer->count != 1)
		return text;
	raw = answer->records[0].data;
	if (spf_macro_check(raw, SPF_MACRO_TEXT) != NULL)
		return text;
	buf_init(&out, SPF_EXPLANATION_MAX);
	if (spf_macro_expand(w, w->exp_domain, raw, &out) &&
	    printable(buf_contents(&out)))
		text = arena_string(arena, buf_contents(&out));
	buf_done(&out);
	return text;
}

static void
keep_outcome(struct arena *arena, const struct spf_walk *w,
    enum spf_result result, struct spf_outcome *out)
{
	bool odd = result == SPF_NONE || result == SPF_TEMPERROR ||
	    result == SPF_PERMERROR;

	out->result = result;
	out->mechanism = odd ? "" : arena_string(arena, w->mechanism);
	out->problem = odd ? arena_string(arena, w->problem) : "";
	out->lookups = w->lookups;
	out->voids = w->voids;
}

static bool
step(struct dns_job *job)
{
	struct state *state = dns_job_state(job);
	struct arena scratch, *arena = dns_job_arena(job);
	struct spf_walk w = {.job = job, .ahead = &state->ahead,
	    .arena = &scratch, .facts = &state->facts};
	const char *explanation = "";
	enum spf_result result;

	arena_init(&scratch);
	result = spf_walk(&w);
	if (result == SPF_FAIL && !w.pending)
		explanation = explain(&w, arena);
	if (!w.pending) {
		keep_outcome(arena, &w, result, &state->outcome);
		state->outcome.explanation = explanation;
		state->done = true;
	}
	arena_done(&scratch);
	return state->done;
}

struct dns_job *
spf_start(struct dns *dns, const struct spf_input *input)
{
	struct dns_job *job = dns_job_new(dns, sizeof(struct state));
	struct state *state = dns_job_state(job);
	struct arena *arena = dns_job_arena(job);

	set_facts(arena, input, &state->facts);
	state->outcome.identity = input->identity;
	state->outcome.domain = arena_string(arena, state->facts.domain);
	dns_job_start(job, step);
	return job;
}

const struct spf_outcome *
spf_outcome(struct dns_job *job)
{
	static const struct spf_outcome late = {.result = SPF_TEMPERROR,
	    .domain = "", .mechanism = "", .problem = "timeout",
	    .explanation = ""};
	struct state *state = dns_job_state(job);

	return state->done ? &state->outcome : &late;
}
