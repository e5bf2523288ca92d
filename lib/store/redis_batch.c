/* redis_batch - operations as the script wants them, and its answers. */
#include "store/redis_batch.h"

#include <stdio.h>
#include <string.h>

#include "store/redis_script.h"

#define MARK_CLASS "op"
#define MARK_SCHEMA 1

/*
 * What stands in ARGV for an operation, numbers least byte first: verb (1),
 * number of its mark or 0 (1), its bit (2); then by verb
 *	PUT, PUT_NEW	how many digits (1), time kept, the record
 *	ADD		expiry (8), amount (8), time kept
 *	DECAY		expiry, amount, half life, time kept
 *	TAKE		expiry, amount, rate, burst, ttl, time kept
 * where the time for which Redis is to keep the record stands in digits, as
 * Redis wants it.
 */
struct argument {
	size_t n;
	char bytes[64 + RECORD_MAX];
};

static const char verbs[] = {
	[STORE_GET] = 'G',
	[STORE_PUT] = 'P',
	[STORE_PUT_NEW] = 'W',
	[STORE_DELETE] = 'X',
	[STORE_ADD] = 'A',
	[STORE_DECAY] = 'D',
	[STORE_TAKE] = 'T',
};

struct redis_item *
group_item(const struct redis_group *g, size_t i)
{
	return &g->items[g->number[i]];
}

static void
argument_number(struct argument *a, int64_t number, size_t bytes)
{
	uint64_t u = (uint64_t)number;

	for (; bytes > 0; bytes--, u >>= 8)
		a->bytes[a->n++] = (char)u;
}

static void
argument_span(struct argument *a, struct span s)
{
	if (s.n != 0)
		memcpy(a->bytes + a->n, s.p, s.n);
	a->n += s.n;
}

static int64_t
time_after(int64_t now, int64_t ms)
{
	return ms < INT64_MAX - now ? now + ms : INT64_MAX;
}

static int64_t
time_kept(int64_t ms)
{
	return (ms < SCRIPT_KEEP_MAX ? ms : SCRIPT_KEEP_MAX) + SCRIPT_LINGER;
}

static void
argument_kept(struct argument *a, int64_t ms)
{
	a->n += wire_digits((uint64_t)time_kept(ms), a->bytes + a->n);
}

/* How long a record as it is has to live. */
static int64_t
raw_kept(struct span raw, int64_t now)
{
	int64_t expires = record_expiry(raw);

	return expires > now ? expires - now : 0;
}

static void
argument_record(struct argument *a, const struct redis_item *item, int64_t now)
{
	size_t digits = a->n++;

	if (item->raw.p != NULL) {
		argument_kept(a, raw_kept(item->raw, now));
		a->bytes[digits] = (char)(a->n - digits - 1);
		argument_span(a, item->raw);
		return;
	}
	argument_kept(a, item->op->ttl);
	a->bytes[digits] = (char)(a->n - digits - 1);
	argument_number(a, 'B', 1);
	argument_number(a, time_after(now, item->op->ttl), 8);
	argument_span(a, item->op->value);
}

static void
argument_counting(struct argument *a, const struct store_op *op, int64_t now)
{
	argument_number(a, time_after(now, op->ttl), 8);
	argument_number(a, op->amount, 8);
	if (op->verb == STORE_DECAY)
		argument_number(a, op->half_life, 8);
	if (op->verb == STORE_TAKE) {
		argument_number(a, op->rate, 8);
		argument_number(a, op->burst, 8);
		argument_number(a, op->ttl, 8);
	}
	argument_kept(a, op->ttl);
}

static void
argument_make(const struct redis_item *item, size_t mark, int64_t now,
    struct argument *a)
{
	const struct store_op *op = item->op;

	a->n = 0;
	argument_number(a, verbs[op->verb], 1);
	argument_number(a, (int64_t)mark, 1);
	argument_number(a, (int64_t)(op->id.serial % SCRIPT_MARK_SPAN), 2);
	if (op->verb == STORE_PUT || op->verb == STORE_PUT_NEW)
		argument_record(a, item, now);
	else if (op->verb >= STORE_ADD)
		argument_counting(a, op, now);
}

static bool
op_named(const struct store_op *op)
{
	return op->verb != STORE_GET && (op->id.host | op->id.serial) != 0;
}

bool
op_repeatable(const struct store_op *op)
{
	return op->verb == STORE_GET || op_named(op);
}

/* The marks of a group: which serials of which hosts. */
struct marks {
	size_t count;
	struct store_id id[STORE_CARRY_MAX];	/* serial / SCRIPT_MARK_SPAN */
};

/* The number of an operation's mark, from 1, or 0. */
static size_t
mark_number(struct marks *m, const struct store_op *op)
{
	struct store_id id = {op->id.host, op->id.serial / SCRIPT_MARK_SPAN};
	size_t i;

	if (!op_named(op))
		return 0;
	for (i = 0; i < m->count; i++)
		if (m->id[i].host == id.host && m->id[i].serial == id.serial)
			return i + 1;
	m->id[m->count++] = id;
	return m->count;
}

static void
write_mark(const struct redis *r, const struct redis_group *g,
    struct store_id id, struct wire *w)
{
	char name[REDIS_NAME_MAX], key[48];
	unsigned tag;
	int n;

	n = snprintf(key, sizeof(key), "%llx.%llx", (unsigned long long)id.host,
	    (unsigned long long)id.serial);
	/* In a Cluster it has to be where the records are. */
	tag = r->kind == REDIS_CLUSTER ? group_item(g, 0)->tag
	    : name_tag(span_make(key, (size_t)n));
	wire_argument(w, span_make(name, name_put(span_of(r->prefix), tag,
	    MARK_CLASS, MARK_SCHEMA, span_make(key, (size_t)n), name)));
}

static void
write_key(const struct redis *r, const struct redis_item *item, struct wire *w)
{
	char name[REDIS_NAME_MAX];

	wire_argument(w, span_make(name, name_put(span_of(r->prefix),
	    item->tag, item->op->klass, item->op->schema, item->op->key,
	    name)));
}

/* ARGV[1] */
static void
write_head(struct wire *w, int64_t now)
{
	struct argument a;

	a.n = 0;
	argument_number(&a, now, 8);
	argument_number(&a, 'B', 1);
	argument_number(&a, time_after(now, STORE_ID_TTL), 8);
	argument_kept(&a, STORE_ID_TTL);
	wire_argument(w, span_make(a.bytes, a.n));
}

static void
write_plain(const struct redis *r, const struct redis_group *g, struct wire *w)
{
	size_t i;

	wire_command(w, 1 + g->count);
	wire_argument(w, span_of("MGET"));
	for (i = 0; i < g->count; i++)
		write_key(r, group_item(g, i), w);
}

static void
write_script(const struct redis *r, const struct redis_group *g,
    struct wire *w, int64_t now)
{
	struct marks marks;
	size_t number[STORE_CARRY_MAX], i;
	struct argument a;
	char keys[WIRE_DIGITS_MAX];

	marks.count = 0;
	for (i = 0; i < g->count; i++)
		number[i] = mark_number(&marks, group_item(g, i)->op);
	wire_command(w, 4 + g->count + marks.count + g->count);
	wire_argument(w, span_of(g->whole ? "EVAL" : "EVALSHA"));
	wire_argument(w, g->whole ? span_of(script_text)
	    : span_make(w->script, WIRE_SHA));
	wire_argument(w, span_make(keys,
	    wire_digits(g->count + marks.count, keys)));
	for (i = 0; i < g->count; i++)
		write_key(r, group_item(g, i), w);
	for (i = 0; i < marks.count; i++)
		write_mark(r, g, marks.id[i], w);
	write_head(w, now);
	for (i = 0; i < g->count; i++) {
		argument_make(group_item(g, i), number[i], now, &a);
		wire_argument(w, span_make(a.bytes, a.n));
	}
}

void
group_write(const struct redis *r, const struct redis_group *g,
    struct wire *w, int64_t now)
{
	if (g->asking)
		wire_say(w, (const char *const[]){"ASKING", NULL});
	if (g->plain)
		write_plain(r, g, w);
	else
		write_script(r, g, w, now);
}

void
item_fail(struct redis_item *item, enum store_trouble trouble)
{
	item->done = true;
	item->op->answer = STORE_FAILED;
	/* What an earlier try may have done is not undone by a later one. */
	item->op->trouble = item->maybe ? TROUBLE_UNKNOWN : trouble;
}

static void
answer_set(struct redis_item *item, enum store_answer answer, int64_t number)
{
	item->done = true;
	item->op->answer = answer;
	item->op->trouble = TROUBLE_NONE;
	item->op->number = number;
	item->op->length = 0;
}

/* The bytes of a record, which record_apply reads as it would its own. */
static void
answer_record(struct redis_item *item, struct span bytes, int64_t now)
{
	struct store_op *op = item->op;
	enum store_verb verb = op->verb;
	struct record unused;

	if (item->got != NULL && bytes.n <= RECORD_MAX) {
		memcpy(item->got->bytes, bytes.p, bytes.n);
		item->got->n = bytes.n;
		answer_set(item, STORE_FOUND, 0);
		return;
	}
	answer_set(item, STORE_FAILED, 0);
	op->verb = STORE_GET;
	record_apply(op, bytes, now, &unused);
	op->verb = verb;
	if (op->answer == STORE_FAILED)
		item_fail(item, TROUBLE_ARGUMENT);
}

static bool
verb_reads(enum store_verb verb)
{
	return verb == STORE_GET || verb == STORE_PUT_NEW;
}

bool
item_answer(struct redis_item *item, const struct reply *reply, int64_t now,
    enum redis_kind_of_trouble *kind)
{
	enum store_verb verb = item->op->verb;

	if (reply->kind == REPLY_ERROR) {
		*kind = said_find(reply->text);
		/* Redis refused a command of it: it was not carried out. */
		item_fail(item, *kind == SAID_OTHER ? TROUBLE_REFUSED
		    : said_trouble(*kind));
		return false;
	}
	if (reply->kind == REPLY_STATUS)
		item_fail(item, TROUBLE_ARGUMENT);
	else if (reply->kind == REPLY_NONE &&
	    (verb_reads(verb) || verb == STORE_DELETE))
		answer_set(item, STORE_ABSENT, 0);
	else if (reply->kind == REPLY_TEXT && verb_reads(verb))
		answer_record(item, reply->text, now);
	else if (reply->kind == REPLY_NUMBER && !verb_reads(verb) &&
	    reply->number <= STORE_NUMBER_MAX &&
	    reply->number >= -STORE_NUMBER_MAX)
		answer_set(item, STORE_FOUND, verb >= STORE_ADD ?
		    reply->number : 0);
	else
		item_fail(item, TROUBLE_UNKNOWN);
	return true;
}
