/*
 * iprev - whether the client's address has a name that leads back to it
 * (RFC 8601 2.7.3).
 */
#include "auth/iprev.h"

#include "check/check.h"

struct iprev_options {
	bool enabled;
};

struct iprev_state {
	struct dns_job *job;
};

static const struct option rows[] = {
	{"enabled", OPTION_BOOL, offsetof(struct iprev_options, enabled),
	    "yes", 0, 0, NULL, "look up the client's names"},
	{0},
};

static const char *const symbols[] = {
	"RDNS_NONE", "RDNS_UNCONFIRMED", NULL,
};

static unsigned
iprev_needs(const void *self)
{
	const struct iprev_options *o = self;

	return o->enabled ? NEED_CLIENT : 0;
}

static void
iprev_ask(const void *self, struct inquiry *q)
{
	const struct client *client = &q->message->client;
	struct iprev_state *state = q->state;

	(void)self;
	if (q->dns == NULL || !client->has_ip ||
	    q->message->direction != DIRECTION_INBOUND)
		return;
	/* The public DNS knows no names of private addresses. */
	if (q->dns_local || ip_is_public(&client->ip))
		state->job = iprev_start(q->dns, &client->ip);
}

static enum answer
iprev_run(const void *self, struct inquiry *q)
{
	struct iprev_state *state = q->state;
	const struct iprev_outcome *outcome;

	(void)self;
	if (state->job == NULL)
		return ANSWERED;
	dns_job_wait(state->job, inquiry_patience(q));
	outcome = iprev_outcome(state->job);
	q->auth->iprev = outcome;
	if (outcome->result == IPREV_TEMPERROR)
		return UNANSWERED;
	if (outcome->result == IPREV_PERMERROR)
		inquiry_raise(q, "RDNS_NONE", "%s", outcome->reason);
	else if (outcome->result == IPREV_FAIL)
		inquiry_raise(q, "RDNS_UNCONFIRMED", "%.*s: %s",
		    SPAN_ARG(outcome->name), outcome->reason);
	return ANSWERED;
}

static void
iprev_drop(const void *self, struct inquiry *q)
{
	struct iprev_state *state = q->state;

	(void)self;
	dns_job_free(state->job);
}

const struct check check_iprev = {
	.name = "iprev",
	.options = rows,
	.size = sizeof(struct iprev_options),
	.symbols = symbols,
	.service = "dns",
	.state = sizeof(struct iprev_state),
	.needs = iprev_needs,
	.ask[STAGE_CONNECT] = iprev_ask,
	.run[STAGE_BODY] = iprev_run,
	.drop = iprev_drop,
};
