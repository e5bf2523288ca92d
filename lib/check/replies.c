/*
 * replies - whom our users write to is no stranger for a while.
 *
 * Outbound mail of people teaches its recipients, each for the domain of its
 * sender; inbound mail whose From is proven asks whether somebody of a
 * recipient's domain wrote there.  What only claims to be from there gains
 * nothing.  Answers that machines give teach nobody (RFC 3834): otherwise spam
 * could make itself known by provoking one.
 */
#include "check/check.h"

#include <string.h>

#include "base/digest.h"
#include "check/identity.h"
#include "mail/address.h"
#include "mail/domain.h"

#define DAY (24LL * 3600 * 1000)
#define REPLIES_SCHEMA 1
#define REPLIES_DOMAINS_MAX 4	/* of recipients that are asked about */
#define ADDRESS_MAX 320

struct replies_options {
	bool enabled;
	int64_t remember;
	int64_t recipients;
};

struct replies_state {
	struct store_op *asked[REPLIES_DOMAINS_MAX];
	struct span domains[REPLIES_DOMAINS_MAX];
	char keys[REPLIES_DOMAINS_MAX][DIGEST_WORD_MAX];
	size_t count;
	struct span from;
	bool skipped;		/* there was no room to ask */
};

#define ROW(member) offsetof(struct replies_options, member)

static const struct option rows[] = {
	{"enabled", OPTION_BOOL, ROW(enabled), "yes", 0, 0, NULL,
	    "remember whom our users write to"},
	{"remember", OPTION_TIME, ROW(remember), "60d", DAY, 400 * DAY, NULL,
	    "how long"},
	{"recipients", OPTION_INT, ROW(recipients), "8", 1, 20, NULL,
	    "most recipients that one message of ours makes known"},
	{0},
};

static const char *const symbols[] = {"KNOWN_CORRESPONDENT", NULL};

static unsigned
replies_needs(const void *self)
{
	const struct replies_options *o = self;

	return o->enabled ? NEED_CLIENT | NEED_SENDER | NEED_RCPT |
	    NEED_HEADERS : 0;
}

/* The domain of ours, then the address, neither readable in the store. */
static void
replies_op(struct inquiry *q, struct store_op *op, struct span ours,
    struct span theirs, char key[DIGEST_WORD_MAX])
{
	const struct span parts[] = {ours, SPAN(" "), theirs};

	op->klass = "reply";
	op->schema = REPLIES_SCHEMA;
	op->key = span_of(digest_word(arena_concat(q->arena, parts, 3), key));
}

/* In lower case, the domain as A-labels; empty when it is no address. */
static struct span
normal_address(struct inquiry *q, struct span path, struct span *domain)
{
	struct address address;
	size_t at;

	*domain = span_of("");
	if (path.n == 0 || path.n > ADDRESS_MAX ||
	    (address_path(q->arena, path, &address) & ADDRESS_EMPTY))
		return span_of("");
	*domain = domain_ascii(q->arena, address.domain);
	at = span_rchr(address.whole, '@');
	if (domain->n == 0 || at == address.whole.n)
		return span_of("");
	return arena_join(q->arena, arena_lower(q->arena,
	    span_head(address.whole, at + 1)), *domain);
}

static bool
has_domain(const struct replies_state *state, struct span domain)
{
	size_t i;

	for (i = 0; i < state->count; i++)
		if (span_eq(state->domains[i], domain))
			return true;
	return false;
}

static void
replies_ask(const void *self, struct inquiry *q)
{
	const struct message *m = q->message;
	struct replies_state *state = q->state;
	const struct identities *id;
	struct span domain;
	struct store_op *op;
	size_t i;

	(void)self;
	if (m->direction != DIRECTION_INBOUND)
		return;
	id = inquiry_identities(q);
	if (!id->from_proven || id->from.n == 0)
		return;
	state->from = normal_address(q, id->from, &domain);
	for (i = 0; state->from.n > 0 && i < m->recipient_count &&
	    state->count < REPLIES_DOMAINS_MAX; i++) {
		normal_address(q, m->recipients[i].address, &domain);
		if (domain.n == 0 || has_domain(state, domain))
			continue;
		op = inquiry_op(q);
		if (op == NULL) {
			state->skipped = true;
			return;
		}
		op->verb = STORE_GET;
		replies_op(q, op, domain, state->from,
		    state->keys[state->count]);
		state->domains[state->count] = domain;
		state->asked[state->count++] = op;
	}
}

static enum answer
replies_run(const void *self, struct inquiry *q)
{
	const struct replies_state *state = q->state;
	bool failed = state->skipped;
	size_t i;

	(void)self;
	for (i = 0; i < state->count; i++) {
		if (state->asked[i]->answer == STORE_FOUND) {
			inquiry_raise(q, "KNOWN_CORRESPONDENT",
			    "%.*s wrote to %.*s",
			    SPAN_ARG(state->domains[i]),
			    SPAN_ARG(state->from));
			return ANSWERED;
		}
		failed |= state->asked[i]->answer == STORE_FAILED;
	}
	return failed ? UNANSWERED : ANSWERED;
}

/* Whether a field of that name holds one of the words, or any but "no". */
static bool
says(const struct message *m, const char *field, const char *const *words)
{
	const struct header *h = message_find(m, field, 0);
	struct span value;
	size_t i;

	if (h == NULL)
		return false;
	value = span_trim(h->value);
	for (i = 0; words[i] != NULL; i++)
		if (span_istarts(value, words[i]))
			return true;
	return false;
}

/* RFC 3834 2 and 5, and what was used before it; and lists of ours. */
static bool
of_a_machine(const struct message *m)
{
	static const char *const automatic[] = {"auto-", NULL};
	static const char *const bulk[] = {"bulk", "junk", "list",
	    "auto_reply", NULL};

	return says(m, "Auto-Submitted", automatic) ||
	    says(m, "Precedence", bulk) ||
	    message_find(m, "List-Id", 0) != NULL ||
	    message_find(m, "X-Autoreply", 0) != NULL ||
	    message_find(m, "X-Autorespond", 0) != NULL;
}

static void
replies_learn(const void *self, struct inquiry *q)
{
	const struct replies_options *o = self;
	const struct message *m = q->message;
	struct span ours, theirs, domain;
	struct store_op *op;
	int64_t left = o->recipients;
	size_t i;

	if (m->direction != DIRECTION_OUTBOUND ||
	    q->decision->action != ACTION_ACCEPT || of_a_machine(m))
		return;
	normal_address(q, m->sender, &ours);
	for (i = 0; ours.n > 0 && i < m->recipient_count && left > 0; i++) {
		theirs = normal_address(q, m->recipients[i].address, &domain);
		/* Among ourselves there is nothing to learn. */
		if (theirs.n == 0 || span_eq(domain, ours))
			continue;
		op = inquiry_op(q);
		if (op == NULL)
			return;
		op->verb = STORE_PUT;
		op->ttl = o->remember;
		replies_op(q, op, ours, theirs,
		    arena_bytes(q->arena, DIGEST_WORD_MAX));
		left--;
	}
}

const struct check check_replies = {
	.name = "replies",
	.options = rows,
	.size = sizeof(struct replies_options),
	.symbols = symbols,
	.service = "store",
	.state = sizeof(struct replies_state),
	.needs = replies_needs,
	.ask[STAGE_LAST] = replies_ask,
	.run[STAGE_LAST] = replies_run,
	.learn = replies_learn,
};
