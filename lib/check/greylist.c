/*
 * greylist - asks strangers with doubtful mail to come back a little later,
 * which software for sending spam seldom does.
 *
 * The key is who is proven to send (greykey.h), so that a pool may try again
 * from any address; else the network and the sender's domain.  Proof alone
 * gains nothing: somebody unknown has to come back as well, once, and somebody
 * bad from each of his networks.  Once a try comes after the delay, the key
 * passes for weeks.  Without the store no mail is deferred.
 */
#include "check/check.h"

#include <string.h>

#include "base/text.h"
#include "check/greykey.h"
#include "check/onetime.h"
#include "store/epoch.h"

#define GREYLIST_SCHEMA 2
#define HABIT_SCHEMA 1
#define BODY_MAX 131072		/* bytes; codes come in small letters */

/* A habit follows the last retries, by so much of each. */
#define HABIT_PART 4

enum greylist_when { WHEN_NEVER, WHEN_DOUBTFUL, WHEN_ALWAYS };

struct greylist_options {
	int64_t when;
	int64_t from_score;
	int64_t delay;
	int64_t retry_within;
	int64_t remember;
	int64_t ipv4_bits;
	int64_t ipv6_bits;
};

#define ROW(member) offsetof(struct greylist_options, member)
#define MINUTE 60000LL
#define DAY (24 * 60 * MINUTE)

static const char *const when_words[] = {"never", "doubtful", "always", NULL};

static const struct option rows[] = {
	{"when", OPTION_WORD, ROW(when), "doubtful", 0, 0, when_words,
	    "never, for doubtful mail, or always"},
	{"from_score", OPTION_SCORE, ROW(from_score), "3", -1000000, 1000000,
	    NULL, "score at which mail is doubtful"},
	{"delay", OPTION_TIME, ROW(delay), "3m", 1000, DAY, NULL,
	    "how long a stranger has to wait"},
	{"retry_within", OPTION_TIME, ROW(retry_within), "2d", 10 * MINUTE,
	    30 * DAY, NULL, "a try later than this is a first try again"},
	{"remember", OPTION_TIME, ROW(remember), "36d", DAY, 400 * DAY, NULL,
	    "how long who came back passes at once"},
	{"ipv4_bits", OPTION_INT, ROW(ipv4_bits), "24", 8, 32, NULL,
	    "size of a network of IPv4 clients"},
	{"ipv6_bits", OPTION_INT, ROW(ipv6_bits), "64", 16, 128, NULL,
	    "size of a network of IPv6 clients"},
	{0},
};

static const char *const symbols[] = {
	"GREYLISTED", "GREYLIST_RETRIED", "GREYLIST_KNOWN", "GREYLIST_SPARED",
	NULL,
};

/* What the store keeps for a key, as two numbers with a blank between them. */
struct greylist_record {
	int64_t first;		/* wall clock of the first try, ms */
	int64_t passed;		/* of the last time it passed, or 0 */
};

enum greylist_key { KEY_OWN, KEY_OTHER, KEY_HABIT, KEY_EPOCH, GREYLIST_KEYS };

/* One message's way through greylisting. */
struct greylist_state {
	bool asked;
	struct greykeys keys;
	struct store_op *ops[GREYLIST_KEYS];	/* NULL: not asked */
	struct span learn_key;		/* to be remembered, unless empty */
	struct greylist_record record;	/* as what */
	int64_t habit;			/* ms that retries take, 0: not known */
	int64_t waited;			/* ms that this one took, or 0 */
};

static void *
greylist_load(const void *options, struct loading *loading)
{
	const struct greylist_options *o = options;

	if (o->retry_within <= o->delay) {
		conf_refuse(loading->conf, "greylist", "retry_within",
		    loading->error, "nobody could come back in time: it has "
		    "to be longer than delay");
		return NULL;
	}
	return (void *)(uintptr_t)options;
}

static unsigned
greylist_needs(const void *self)
{
	const struct greylist_options *o = self;

	if (o->when == WHEN_NEVER)
		return 0;
	/* A code is looked for in the body where others want that anyway. */
	return NEED_CLIENT | NEED_SENDER | NEED_RCPT | NEED_HEADERS;
}

static bool
has_protected(const struct message *m)
{
	size_t i;

	for (i = 0; i < m->recipient_count; i++)
		if (m->recipients[i].klass == RECIPIENT_PROTECTED)
			return true;
	return false;
}

/* margin: what the score may still gain. */
static bool
is_doubtful(const struct greylist_options *o, const struct inquiry *q,
    int64_t margin)
{
	const struct message *m = q->message;

	if (m->direction != DIRECTION_INBOUND || m->relayed ||
	    !m->client.has_ip || has_protected(m))
		return false;
	/* Who is going to be refused need not come back. */
	if (q->result->demand == ACTION_REJECT || (q->policy->reject != 0 &&
	    q->result->score >= q->policy->reject))
		return false;
	return o->when == WHEN_ALWAYS ||
	    q->result->score + margin >= o->from_score;
}

static bool
has_symbol(const struct inquiry *q, const char *name)
{
	const struct symbol *symbol = result_find(q->result, name);

	return symbol != NULL && !symbol->weight->shadow;
}

static struct span
record_text(struct inquiry *q, int64_t a, int64_t b)
{
	return arena_printf(q->arena, "%lld %lld", (long long)a,
	    (long long)b);
}

static bool
record_read(const struct store_op *op, int64_t *a, int64_t *b)
{
	struct span rest = span_make(op->data, op->length), word;

	return span_word(&rest, &word) && text_number(word, a) &&
	    span_word(&rest, &word) && text_number(word, b);
}

static struct store_op *
greylist_op(struct inquiry *q, enum store_verb verb, struct span key,
    struct span value, int64_t ttl)
{
	struct store_op *op = NULL;

	/* Of a PUT nobody wants to know what it found. */
	if (key.n > 0)
		op = verb == STORE_PUT ? inquiry_op(q) : inquiry_read(q);
	if (op == NULL)
		return NULL;
	op->verb = verb;
	op->klass = "grey";
	op->schema = GREYLIST_SCHEMA;
	op->key = key;
	op->value = value;
	op->ttl = ttl;
	return op;
}

/* What the score may still gain when the store has answered. */
static int64_t
find_margin(const struct inquiry *q)
{
	const struct weight *bad = weights_find(q->result->weights,
	    span_of("REPUTATION_BAD"));

	return bad != NULL && bad->score > 0 ? bad->score : 0;
}

static void
greylist_ask(const void *self, struct inquiry *q)
{
	const struct greylist_options *o = self;
	struct greylist_state *state = q->state;
	struct span value = record_text(q, q->now, 0);
	struct store_op *op;

	if (!is_doubtful(o, q, find_margin(q)))
		return;
	state->asked = true;
	greykeys_make(q, (unsigned)o->ipv4_bits, (unsigned)o->ipv6_bits,
	    &state->keys);
	/*
	 * Noted before the answer, not after it: a first try that could not be
	 * noted must not be deferred, or it would be deferred for ever.
	 */
	state->ops[KEY_OWN] = greylist_op(q, STORE_PUT_NEW, state->keys.own,
	    value, o->retry_within);
	state->ops[KEY_OTHER] = greylist_op(q, STORE_PUT_NEW,
	    state->keys.other, value, o->retry_within);
	op = greylist_op(q, STORE_GET, state->keys.habit, span_of(""), 0);
	if (op != NULL) {
		op->klass = "greyhabit";
		op->schema = HABIT_SCHEMA;
	}
	state->ops[KEY_HABIT] = op;
	/* Contents that are lost only now are known by their mark. */
	op = q->store.epoch[0] != '\0' ? inquiry_read(q) : NULL;
	if (op != NULL)
		epoch_op(op, STORE_GET, "");
	state->ops[KEY_EPOCH] = op;
}

static void
greylist_defer(struct inquiry *q, struct greylist_state *state,
    struct span key, int64_t wait)
{
	long long seconds = (long long)(wait + 999) / 1000;
	struct span text;

	text = arena_printf(q->arena,
	    "Greylisted, please try again in %lld seconds", seconds);
	/* The delay is never longer for it; but who waits may want to know. */
	if (state->habit > wait)
		text = arena_printf(q->arena,
		    "%.*s; your hosts usually do after %lld", SPAN_ARG(text),
		    (long long)(state->habit + 500) / 1000);
	inquiry_raise(q, "GREYLISTED", "%.*s, %lld s to wait", SPAN_ARG(key),
	    seconds);
	inquiry_defer(q, "4.7.1", text.p);
}

static bool
is_answered(const struct store_op *op)
{
	return op != NULL && (op->answer == STORE_ABSENT ||
	    op->answer == STORE_FOUND);
}

/*
 * What is known under a key.  A clock set back must not make anybody wait for
 * years, nor may what cannot be read.
 */
static struct greylist_record
record_of(const struct greylist_options *o, const struct inquiry *q,
    const struct store_op *op)
{
	struct greylist_record record = {q->now, 0};

	if (op->answer == STORE_FOUND && (!record_read(op, &record.first,
	    &record.passed) || record.first > q->now))
		record.first = q->now - o->delay;
	return record;
}

/*
 * Whether the store was emptied lately, if only since the message began: then
 * it has no mark yet, or a new one.
 */
static bool
is_cold(const struct inquiry *q, const struct greylist_state *state)
{
	const struct store_op *op = state->ops[KEY_EPOCH];
	struct epoch epoch = {"", 0, 0};

	if (q->store.cold || !is_answered(op) || op->local)
		return q->store.cold;
	if (op->answer == STORE_FOUND)
		epoch_parse(span_make(op->data, op->length), &epoch);
	return strcmp(epoch.id, q->store.epoch) != 0;
}

/* Nobody else was asked, if only since the message began. */
static bool
is_local(const struct inquiry *q, const struct greylist_state *state)
{
	return q->store.local || (state->ops[KEY_OWN] != NULL &&
	    state->ops[KEY_OWN]->local);
}

/* Short mail that is worthless later, from somebody proven and not bad. */
static bool
is_onetime(struct inquiry *q, const struct greylist_state *state)
{
	const struct texts *texts;

	if (!state->keys.proven || q->message->body_seen > BODY_MAX ||
	    q->result->score >= q->policy->required ||
	    has_symbol(q, "REPUTATION_POOR") || has_symbol(q, "REPUTATION_BAD"))
		return false;
	texts = reading_body(inquiry_facts(q)->reading);
	return onetime_code(texts->items, texts->count);
}

/* Why somebody need not wait, or NULL. */
static const char *
find_reason(struct inquiry *q, const struct greylist_state *state)
{
	if (has_symbol(q, "KNOWN_CORRESPONDENT"))
		return "known correspondent";
	if (has_symbol(q, "TRUSTED_SENDER"))
		return "trusted sender";
	if (has_symbol(q, "REPUTATION_GOOD"))
		return "good reputation";
	if (is_local(q, state) && state->keys.proven &&
	    !has_symbol(q, "REPUTATION_BAD"))
		return "proven sender while the shared store is away";
	return NULL;
}

static void
spare(struct inquiry *q, const struct greylist_state *state,
    const char *reason)
{
	inquiry_raise(q, "GREYLIST_SPARED", "%.*s, %s",
	    SPAN_ARG(state->keys.own), reason);
}

/* After a loss of the store everybody would be a stranger. */
static void
judge_cold(struct inquiry *q, struct greylist_state *state, struct span key)
{
	inquiry_raise(q, "GREYLIST_SPARED",
	    "%.*s, the store was emptied lately", SPAN_ARG(key));
	state->learn_key = key;
	state->record.passed = q->now;
}

/* A key that was seen before: known, come back in time, or too early. */
static void
judge_record(const struct greylist_options *o, struct inquiry *q,
    struct greylist_state *state, struct span key)
{
	struct greylist_record *record = &state->record;
	int64_t waited = q->now - record->first;

	if (record->passed != 0) {
		inquiry_raise(q, "GREYLIST_KNOWN", "%.*s", SPAN_ARG(key));
		/* Written anew once a day, not for every message. */
		if (q->now - record->passed > DAY)
			state->learn_key = key;
		record->passed = q->now;
	} else if (waited >= o->delay) {
		inquiry_raise(q, "GREYLIST_RETRIED", "%.*s after %lld s",
		    SPAN_ARG(key), (long long)waited / 1000);
		state->learn_key = key;
		state->waited = waited;
		record->passed = q->now;
	} else if (is_cold(q, state)) {
		judge_cold(q, state, key);
	} else if (is_onetime(q, state)) {
		/* Asked last: it may be the only one to want the text. */
		spare(q, state, "one-time code");
	} else {
		greylist_defer(q, state, key, o->delay - waited);
	}
}

/* The same letter came before from another network of the same system. */
static void
join_other(const struct greylist_options *o, const struct inquiry *q,
    struct greylist_state *state)
{
	struct greylist_record other;

	if (state->record.passed != 0 || !is_answered(state->ops[KEY_OTHER]))
		return;
	other = record_of(o, q, state->ops[KEY_OTHER]);
	if (other.first < state->record.first)
		state->record.first = other.first;
}

static void
judge(const struct greylist_options *o, struct inquiry *q,
    struct greylist_state *state)
{
	const struct greykeys *keys = &state->keys;
	bool bad = keys->proven && has_symbol(q, "REPUTATION_BAD");
	enum greylist_key which = bad ? KEY_OTHER : KEY_OWN;

	state->record = record_of(o, q, state->ops[which]);
	if (!keys->proven)
		join_other(o, q, state);
	judge_record(o, q, state, bad ? keys->other : keys->own);
}

static enum answer
greylist_run(const void *self, struct inquiry *q)
{
	struct greylist_state *state = q->state;
	const char *reason;
	int64_t count;

	/* The store's answers may have cleared the doubt, or settled it. */
	if (!state->asked || !is_doubtful(self, q, 0))
		return ANSWERED;
	if (!is_answered(state->ops[KEY_OWN]) || (state->keys.proven &&
	    !is_answered(state->ops[KEY_OTHER])))
		return UNANSWERED;
	if (is_answered(state->ops[KEY_HABIT]) &&
	    !record_read(state->ops[KEY_HABIT], &state->habit, &count))
		state->habit = 0;
	reason = find_reason(q, state);
	if (reason != NULL)
		spare(q, state, reason);
	else
		judge(self, q, state);
	return ANSWERED;
}

/* Of the first retry all, of later ones a part, so that it fades. */
static int64_t
new_habit(const struct greylist_state *state)
{
	if (state->habit == 0)
		return state->waited;
	return state->habit + (state->waited - state->habit) / HABIT_PART;
}

static void
greylist_learn(const void *self, struct inquiry *q)
{
	const struct greylist_options *o = self;
	const struct greylist_state *state = q->state;
	struct store_op *op;

	/* Who is refused for good earns nothing by trying. */
	if (state->learn_key.n == 0 || q->decision->action == ACTION_REJECT)
		return;
	greylist_op(q, STORE_PUT, state->learn_key, record_text(q,
	    state->record.first, state->record.passed), o->remember);
	if (state->waited == 0)
		return;
	op = greylist_op(q, STORE_PUT, state->keys.habit,
	    record_text(q, new_habit(state), q->now), o->remember);
	if (op != NULL) {
		op->klass = "greyhabit";
		op->schema = HABIT_SCHEMA;
	}
}

const struct check check_greylist = {
	.name = "greylist",
	.options = rows,
	.size = sizeof(struct greylist_options),
	.symbols = symbols,
	.service = "store",
	.state = sizeof(struct greylist_state),
	.load = greylist_load,
	.needs = greylist_needs,
	.ask[STAGE_LAST] = greylist_ask,
	.run[STAGE_LAST] = greylist_run,
	.learn = greylist_learn,
};
