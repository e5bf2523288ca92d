/* dkim - the message's DKIM signatures (RFC 6376, 8301, 8463). */
#include "auth/dkim.h"

#include <stdlib.h>

#include "auth/author.h"
#include "base/mem.h"
#include "check/check.h"
#include "check/identity.h"
#include "mail/domain.h"

struct dkim_options {
	bool enabled;
	int64_t min_bits;
};

/* Of a generation: libopendkim's handle, and the options. */
struct dkim_self {
	const struct dkim_options *options;
	struct dkim_engine *engine;
};

struct dkim_state {
	struct dkim_verify *verify;
};

#define ROW(member) offsetof(struct dkim_options, member)

static const struct option rows[] = {
	{"enabled", OPTION_BOOL, ROW(enabled), "yes", 0, 0, NULL,
	    "verify DKIM signatures"},
	{"min_bits", OPTION_INT, ROW(min_bits), "1024", DKIM_BITS_MIN, 8192,
	    NULL, "shortest RSA key that may pass"},
	{0},
};

static const char *const symbols[] = {
	"DKIM_SIGNED", "DKIM_VALID", "DKIM_VALID_AU", "DKIM_VALID_EF",
	"DKIM_INVALID", "DKIM_PARTIAL", "LIMIT_SIGNATURES", NULL,
};

static void
dkim_unload(void *arg)
{
	struct dkim_self *self = arg;

	dkim_engine_free(self->engine);
	free(self);
}

static void *
dkim_load(const void *options, struct loading *loading)
{
	struct dkim_self *self = mem_alloc(sizeof(*self));

	self->options = options;
	self->engine = dkim_engine_new();
	if (self->engine != NULL)
		return self;
	conf_refuse(loading->conf, "dkim", "enabled", loading->error,
	    "this libopendkim lacks SHA-256 or Ed25519");
	free(self);
	return NULL;
}

static unsigned
dkim_needs(const void *arg)
{
	const struct dkim_self *self = arg;

	if (!self->options->enabled)
		return 0;
	return NEED_CLIENT | NEED_HEADERS | NEED_BODY;
}

/* The parts of the author's domains that somebody owns. */
static size_t
find_owners(struct inquiry *q, struct span out[AUTHOR_DOMAINS_MAX])
{
	struct author author;
	size_t i;

	author_of(q->arena, q->message, &author);
	for (i = 0; i < author.count; i++)
		out[i] = identity_owned(q, author.domains[i]);
	return author.count;
}

static void
dkim_ask(const void *arg, struct inquiry *q)
{
	const struct dkim_self *self = arg;
	const struct message *m = q->message;
	struct dkim_state *state = q->state;
	struct span owners[AUTHOR_DOMAINS_MAX];
	struct dkim_input input = {
		.headers = m->headers,
		.header_count = m->header_count,
		.cut = m->reached & (LIMIT_HEADERS | LIMIT_HEADER_BYTES),
		.now = q->now,
		.bits_min = (unsigned)self->options->min_bits,
		.bodies = q->bodies,
		.first = owners,
	};

	if (q->dns == NULL || m->direction != DIRECTION_INBOUND)
		return;
	input.first_count = find_owners(q, owners);
	state->verify = dkim_verify_new(self->engine, q->dns, &input);
}

/*
 * Whether one of the author's domains is the signer's, to the letter; not
 * where readers may see another author than we.
 */
static bool
signed_by_author(struct inquiry *q, struct span domain)
{
	struct author author;
	size_t i;

	author_of(q->arena, q->message, &author);
	for (i = 0; author.kind != AUTHOR_BROKEN && i < author.count; i++)
		if (span_ieq(author.domains[i], domain))
			return true;
	return false;
}

static struct span
sender_domain(const struct message *m)
{
	return span_skip(m->sender, span_rchr(m->sender, '@') + 1);
}

static void
judge_pass(struct inquiry *q, const struct dkim_signature *s)
{
	inquiry_raise(q, "DKIM_VALID", "%.*s", SPAN_ARG(s->domain));
	if (s->added)
		inquiry_raise(q, "DKIM_PARTIAL", "%.*s",
		    SPAN_ARG(s->domain));
	if (signed_by_author(q, s->domain))
		inquiry_raise(q, "DKIM_VALID_AU", "%.*s",
		    SPAN_ARG(s->domain));
	if (span_ieq(sender_domain(q->message), s->domain))
		inquiry_raise(q, "DKIM_VALID_EF", "%.*s",
		    SPAN_ARG(s->domain));
}

static enum answer
dkim_run(const void *arg, struct inquiry *q)
{
	struct dkim_state *state = q->state;
	const struct dkim_outcome *outcome;
	const struct dkim_signature *bad = NULL;
	enum answer answer = ANSWERED;
	size_t i;

	(void)arg;
	if (state->verify == NULL)
		return ANSWERED;
	outcome = dkim_verify_end(state->verify, inquiry_patience(q));
	q->auth->dkim = outcome;
	for (i = 0; i < outcome->count; i++) {
		/* No points for a signature that may yet turn out valid. */
		if (outcome->signatures[i].result == DKIM_TEMPERROR) {
			answer = UNANSWERED;
			continue;
		}
		/* RFC 6376 3.6.1: neither valid nor failed, but as unsigned. */
		if (outcome->signatures[i].testing)
			continue;
		inquiry_raise(q, "DKIM_SIGNED", "%.*s",
		    SPAN_ARG(outcome->signatures[i].domain));
		if (outcome->signatures[i].result == DKIM_PASS)
			judge_pass(q, &outcome->signatures[i]);
		else if (bad == NULL && !outcome->signatures[i].cut)
			bad = &outcome->signatures[i];
	}
	/* As in SpamAssassin: told only where no other signature is valid. */
	if (bad != NULL && answer == ANSWERED &&
	    result_find(q->result, "DKIM_VALID") == NULL)
		inquiry_raise(q, "DKIM_INVALID", "%.*s: %s",
		    SPAN_ARG(bad->domain), bad->reason);
	if (outcome->ignored != 0)
		inquiry_raise(q, "LIMIT_SIGNATURES", "%zu of %zu verified",
		    outcome->count, outcome->count + outcome->ignored);
	return answer;
}

static void
dkim_drop(const void *arg, struct inquiry *q)
{
	struct dkim_state *state = q->state;

	(void)arg;
	dkim_verify_free(state->verify);
}

const struct check check_dkim = {
	.name = "dkim",
	.options = rows,
	.size = sizeof(struct dkim_options),
	.symbols = symbols,
	.service = "dns",
	.state = sizeof(struct dkim_state),
	.load = dkim_load,
	.unload = dkim_unload,
	.needs = dkim_needs,
	.ask[STAGE_HEADERS] = dkim_ask,
	.run[STAGE_BODY] = dkim_run,
	.drop = dkim_drop,
};
