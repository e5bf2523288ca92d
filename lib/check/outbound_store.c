/* outbound_store - what is known of a user who sends, as the store keeps it. */
#include "check/outbound.h"

#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "store/record.h"

#define SCHEMA 1
#define HOUR 3600000LL
#define DAY (24 * HOUR)
#define FRESH_HALF_LIFE (2 * HOUR)
#define USUAL_HALF_LIFE (14 * DAY)
#define BAD_HALF_LIFE (6 * HOUR)
#define ACCOUNT_TTL (180 * DAY)
#define SENT_TTL (180 * DAY)
#define TRIED_TTL (2 * DAY)	/* as long as a client comes back */
#define SENT_OLD 30		/* days after which it is noted again */
#define HOLD_TTL (2 * DAY)	/* past its end: older evidence is over */
#define USUAL_DAYS 20		/* USUAL_HALF_LIFE / ln 2: what a steady sum
				 * amounts to, in days */
#define BURST_DAYS 3		/* a burst is more than so many usual days */
#define YOUNG_FACTOR 4		/* more strangers are usual for new users */
#define SLOW_SCALE (3600LL)	/* thousandths a recipient weighs */

static const struct {
	const char *klass;
	int64_t half_life, ttl;
} classes[OUTBOUND_READS] = {
	[READ_ACCOUNT] = {"acct", 0, ACCOUNT_TTL},
	[READ_HOLD] = {OUTBOUND_HOLD_CLASS, 0, HOLD_TTL},
	[READ_FRESH] = {"acct-fresh", FRESH_HALF_LIFE, 2 * DAY},
	[READ_USUAL] = {"acct-usual", USUAL_HALF_LIFE, ACCOUNT_TTL},
	[READ_BAD] = {"acct-bad", BAD_HALF_LIFE, 4 * DAY},
};

struct span
outbound_key(struct arena *arena, struct span user)
{
	char word[DIGEST_WORD_MAX];

	return arena_span(arena, span_of(digest_word(arena_lower(arena, user),
	    word)));
}

struct span
outbound_sent_key(struct arena *arena, struct span user,
    struct span recipient)
{
	char word[DIGEST_WORD_MAX];
	struct span both = arena_printf(arena, "%zu %.*s %.*s", user.n,
	    SPAN_ARG(user), SPAN_ARG(recipient));

	return arena_span(arena, span_of(digest_word(arena_lower(arena, both),
	    word)));
}

static void
fill(struct store_op *op, enum outbound_read what, struct span key)
{
	op->klass = classes[what].klass;
	op->schema = SCHEMA;
	op->key = key;
	op->ttl = classes[what].ttl;
}

void
outbound_read(struct store_op *op, enum outbound_read what, struct span key)
{
	fill(op, what, key);
	op->verb = STORE_GET;
}

static bool
answered(const struct store_op *op)
{
	return op != NULL && (op->answer == STORE_FOUND ||
	    op->answer == STORE_ABSENT);
}

static struct span
data_of(const struct store_op *op)
{
	return op->answer == STORE_FOUND ? span_make(op->data, op->length) :
	    span_of("");
}

static int64_t
number_of(const struct store_op *op)
{
	return op->answer == STORE_FOUND && op->number > 0 ? op->number : 0;
}

void
outbound_conduct(struct store_op *const ops[OUTBOUND_READS], int64_t now,
    struct conduct *out)
{
	size_t i;

	memset(out, 0, sizeof(*out));
	out->heard = true;
	for (i = 0; i < OUTBOUND_READS; i++)
		out->heard &= answered(ops[i]);
	out->hold_heard = answered(ops[READ_HOLD]);
	if (out->hold_heard)
		hold_read(data_of(ops[READ_HOLD]), &out->hold);
	hold_expire(&out->hold, now);
	if (!out->heard)
		return;
	out->stranger = !account_read(data_of(ops[READ_ACCOUNT]),
	    &out->account);
	if (out->stranger)
		out->account.since = (uint32_t)(now / ACCOUNT_MINUTE);
	out->fresh = number_of(ops[READ_FRESH]);
	out->usual = number_of(ops[READ_USUAL]);
	out->bad = number_of(ops[READ_BAD]);
}

bool
outbound_hold_record(const struct store_record *record, int64_t now,
    struct hold *out)
{
	if (record_expired(record->bytes, now) || record->bytes.n <=
	    RECORD_HEAD || record->bytes.p[0] != 'B' ||
	    !hold_read(span_skip(record->bytes, RECORD_HEAD), out))
		return false;
	hold_expire(out, now);
	return out->level != LEVEL_FREE;
}

static int64_t
age_of(const struct conduct *s, int64_t now)
{
	return now - (int64_t)s->account.since * ACCOUNT_MINUTE;
}

bool
outbound_young(const struct outbound_options *o, const struct conduct *s,
    int64_t now)
{
	return age_of(s, now) < o->learn_for;
}

/* New recipients that are nothing special for this user. */
static int64_t
usual_strangers(const struct outbound_options *o, const struct conduct *s,
    int64_t now)
{
	int64_t least = o->new_recipients, days = age_of(s, now) / DAY, usual;

	days = days < 1 ? 1 : days > USUAL_DAYS ? USUAL_DAYS : days;
	usual = s->usual / 1000 / days * BURST_DAYS;
	if (outbound_young(o, s, now))
		least *= YOUNG_FACTOR;
	return usual > least ? usual : least;
}

void
outbound_evidence(const struct outbound_options *o, const struct conduct *s,
    int64_t now, struct evidence *out)
{
	struct account_travels travels;

	memset(out, 0, sizeof(*out));
	travels = account_travels(&s->account, s->hold.released, now);
	out->strangers = (s->fresh + 500) / 1000;
	out->strangers_usual = usual_strangers(o, s, now);
	out->networks = travels.networks;
	out->networks_usual = o->networks;
	out->systems = travels.systems;
	out->systems_usual = o->systems;
	out->countries = travels.countries;
	out->countries_usual = o->countries;
	out->refusals = (s->bad + 500) / 1000;
	out->refusals_usual = o->refusals;
	out->reach_usual = o->links;
}

void
outbound_put_account(struct store_op *op, struct arena *arena,
    struct span key, const struct account *account)
{
	char bytes[ACCOUNT_BYTES_MAX];

	fill(op, READ_ACCOUNT, key);
	op->verb = STORE_PUT;
	op->value = arena_span(arena, span_make(bytes,
	    account_write(account, bytes)));
}

void
outbound_put_hold(struct store_op *op, struct arena *arena, struct span key,
    const struct hold *hold, int64_t now)
{
	struct buf text;

	fill(op, READ_HOLD, key);
	op->verb = STORE_PUT;
	if (hold->until > now)
		op->ttl += hold->until - now;
	buf_init(&text, HOLD_BYTES_MAX);
	hold_write(hold, &text);
	op->value = arena_span(arena, buf_contents(&text));
	buf_done(&text);
}

void
outbound_count(struct store_op *op, enum outbound_read which,
    struct span key, int64_t number)
{
	fill(op, which, key);
	op->verb = STORE_DECAY;
	op->half_life = classes[which].half_life;
	op->amount = number * 1000;
}

void
outbound_slow(struct store_op *op, struct span key, int64_t rate,
    int64_t recipients)
{
	op->verb = STORE_TAKE;
	op->klass = "acct-slow";
	op->schema = SCHEMA;
	op->key = key;
	op->ttl = HOUR;
	op->rate = rate;	/* SLOW_SCALE per recipient and hour */
	op->burst = rate * SLOW_SCALE;
	op->amount = (recipients < rate ? recipients : rate) * SLOW_SCALE;
}

void
outbound_get_sent(struct store_op *op, struct span key)
{
	op->verb = STORE_GET;
	op->klass = "acct-sent";
	op->schema = SCHEMA;
	op->key = key;
}

void
outbound_put_sent(struct store_op *op, struct arena *arena, struct span key,
    bool known, int64_t now)
{
	op->verb = STORE_PUT;
	op->klass = "acct-sent";
	op->schema = SCHEMA;
	op->key = key;
	op->ttl = known ? SENT_TTL : TRIED_TTL;
	op->value = known ? arena_printf(arena, "k%lld",
	    (long long)(now / DAY)) : span_of("t");
}

struct sent
outbound_sent(const struct store_op *op, int64_t now)
{
	struct span data = data_of(op);
	struct sent out = {false, false, false};
	int64_t day = 0;

	out.known = span_starts(data, "k") && text_number(span_skip(data, 1),
	    &day);
	out.tried = !out.known && data.n > 0;
	out.old = !out.known || now / DAY - day > SENT_OLD ||
	    now / DAY < day;
	return out;
}
