/* spf - whether the domains of HELO and MAIL let the client send (RFC 7208). */
#include "auth/spf.h"

#include "check/check.h"

#include <string.h>

struct spf_options {
	bool enabled;
};

struct spf_state {
	struct dns_job *helo, *mailfrom;
};

static const struct option rows[] = {
	{"enabled", OPTION_BOOL, offsetof(struct spf_options, enabled), "yes",
	    0, 0, NULL, "evaluate SPF for HELO and MAIL"},
	{0},
};

static const char *const symbols[] = {
	"SPF_NONE", "SPF_NEUTRAL", "SPF_PASS", "SPF_FAIL", "SPF_SOFTFAIL",
	"T_SPF_PERMERROR", "SPF_HELO_NONE", "SPF_HELO_NEUTRAL",
	"SPF_HELO_PASS", "SPF_HELO_FAIL", "SPF_HELO_SOFTFAIL",
	"T_SPF_HELO_PERMERROR", NULL,
};

static unsigned
spf_needs(const void *self)
{
	const struct spf_options *o = self;

	return o->enabled ? NEED_CLIENT | NEED_HELO | NEED_SENDER : 0;
}

static void
spf_ask(const void *self, struct inquiry *q)
{
	const struct message *m = q->message;
	struct spf_state *state = q->state;
	struct spf_input input = {
		.identity = SPF_MAILFROM,
		.ip = m->client.ip,
		.helo = arena_string(q->arena, m->client.helo),
		.sender = arena_string(q->arena, m->sender),
		.receiver = arena_string(q->arena, m->authserv_id),
		.now = q->now / 1000,
	};

	(void)self;
	if (q->dns == NULL || !m->client.has_ip ||
	    m->direction != DIRECTION_INBOUND)
		return;
	state->mailfrom = spf_start(q->dns, &input);
	input.identity = SPF_HELO;
	if (m->client.helo.n > 0)
		state->helo = spf_start(q->dns, &input);
}

/* Why there is no result: about the domain itself, or about what it names. */
static const char *
problem_of(struct inquiry *q, const struct spf_outcome *outcome)
{
	size_t n = strlen(outcome->domain);

	if (outcome->result == SPF_NONE ||
	    (strncmp(outcome->problem, outcome->domain, n) == 0 &&
	    outcome->problem[n] == ' '))
		return outcome->problem;
	return arena_printf(q->arena, "%s: %s", outcome->domain,
	    outcome->problem).p;
}

/* The outcome as a symbol; a temporary error is none. */
static enum answer
judge(struct inquiry *q, const struct spf_outcome *outcome,
    const char *const names[])
{
	const char *name = names[outcome->result];

	if (outcome->result == SPF_TEMPERROR)
		return UNANSWERED;
	if (outcome->result == SPF_NONE || outcome->result == SPF_PERMERROR)
		inquiry_raise(q, name, "%s", problem_of(q, outcome));
	else
		inquiry_raise(q, name, "%s %s", outcome->domain,
		    outcome->mechanism);
	return ANSWERED;
}

static enum answer
spf_run(const void *self, struct inquiry *q)
{
	static const char *const of_mail[] = {
		"SPF_NONE", "SPF_NEUTRAL", "SPF_PASS", "SPF_FAIL",
		"SPF_SOFTFAIL", NULL, "T_SPF_PERMERROR",
	};
	static const char *const of_helo[] = {
		"SPF_HELO_NONE", "SPF_HELO_NEUTRAL", "SPF_HELO_PASS",
		"SPF_HELO_FAIL", "SPF_HELO_SOFTFAIL", NULL,
		"T_SPF_HELO_PERMERROR",
	};
	struct spf_state *state = q->state;
	enum answer answer = ANSWERED;

	(void)self;
	if (state->mailfrom != NULL) {
		dns_job_wait(state->mailfrom, inquiry_patience(q));
		q->auth->spf_mailfrom = spf_outcome(state->mailfrom);
		answer = judge(q, q->auth->spf_mailfrom, of_mail);
	}
	if (state->helo != NULL) {
		dns_job_wait(state->helo, inquiry_patience(q));
		q->auth->spf_helo = spf_outcome(state->helo);
		if (judge(q, q->auth->spf_helo, of_helo) == UNANSWERED)
			answer = UNANSWERED;
	}
	return answer;
}

static void
spf_drop(const void *self, struct inquiry *q)
{
	struct spf_state *state = q->state;

	(void)self;
	dns_job_free(state->helo);
	dns_job_free(state->mailfrom);
}

const struct check check_spf = {
	.name = "spf",
	.options = rows,
	.size = sizeof(struct spf_options),
	.symbols = symbols,
	.service = "dns",
	.state = sizeof(struct spf_state),
	.needs = spf_needs,
	.ask[STAGE_SENDER] = spf_ask,
	.run[STAGE_BODY] = spf_run,
	.drop = spf_drop,
};
