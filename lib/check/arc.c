/* arc - the chain of those who passed the message on (RFC 8617). */
#include "auth/arc.h"

#include "check/check.h"

struct arc_options {
	bool enabled;
};

struct arc_state {
	struct arc *arc;
};

static const struct option rows[] = {
	{"enabled", OPTION_BOOL, offsetof(struct arc_options, enabled), "yes",
	    0, 0, NULL, "validate ARC chains"},
	{0},
};

static const char *const symbols[] = {
	"ARC_SIGNED", "ARC_VALID", "ARC_INVALID", NULL,
};

static unsigned
arc_needs(const void *self)
{
	const struct arc_options *o = self;

	if (!o->enabled)
		return 0;
	return NEED_CLIENT | NEED_HEADERS | NEED_BODY;
}

static void
arc_ask(const void *self, struct inquiry *q)
{
	const struct message *m = q->message;
	struct arc_state *state = q->state;
	struct arc_input input = {
		.headers = m->headers,
		.count = m->header_count,
		.now = q->now,
		.min_bits = DKIM_BITS_MIN,
		.bodies = q->bodies,
	};

	(void)self;
	if (q->dns != NULL && m->direction == DIRECTION_INBOUND)
		state->arc = arc_start(q->dns, &input);
}

static enum answer
arc_run(const void *self, struct inquiry *q)
{
	struct arc_state *state = q->state;
	const struct arc_outcome *outcome;

	(void)self;
	if (state->arc == NULL)
		return ANSWERED;
	outcome = arc_end(state->arc, inquiry_patience(q));
	q->auth->arc = outcome;
	if (outcome->result == ARC_NONE)
		return ANSWERED;
	inquiry_raise(q, "ARC_SIGNED", "%zu sets", outcome->sets);
	if (outcome->result == ARC_TEMPERROR)
		return UNANSWERED;
	if (outcome->result == ARC_PASS)
		inquiry_raise(q, "ARC_VALID", "%.*s",
		    SPAN_ARG(outcome->sealers[0].domain));
	else
		inquiry_raise(q, "ARC_INVALID", "%s", outcome->reason);
	return ANSWERED;
}

static void
arc_drop(const void *self, struct inquiry *q)
{
	struct arc_state *state = q->state;

	(void)self;
	arc_free(state->arc);
}

const struct check check_arc = {
	.name = "arc",
	.options = rows,
	.size = sizeof(struct arc_options),
	.symbols = symbols,
	.service = "dns",
	.state = sizeof(struct arc_state),
	.needs = arc_needs,
	.ask[STAGE_HEADERS] = arc_ask,
	.run[STAGE_BODY] = arc_run,
	.drop = arc_drop,
};
