/* pending - writes that the shared store did not take, until it takes them. */
#include "store/pending.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/mem.h"
#include "store/record.h"

#define PENDING_CHAINS (1u << 16)	/* a power of two */

/* A name is not trusted to the very end of its time. */
#define PENDING_NAME_MS (STORE_ID_TTL / 10 * 9)

struct pending_entry {
	struct pending_entry *prev, *next;	/* in the queue */
	struct pending_entry *chain;	/* newest of another key, same hash */
	struct pending_entry *older, *newer;	/* of this key */
	struct store_id id;
	enum store_verb verb;
	bool sending;		/* taken and not settled */
	bool unknown;		/* perhaps carried out: never changed */
	int64_t sent;		/* steady, when it was so first */
	int64_t expires;
	int64_t half_life, rate, burst;
	int64_t least;		/* TAKE that was refused: what was left, which
				 * is all it may take; otherwise -1 */
	int64_t writes;
	size_t key_n, record_n;
	char *record;		/* what it would have made of nothing */
	char key[];		/* as record_key makes it */
};

struct pending {
	struct pending_entry *first, *last;
	struct pending_entry *cursor;	/* whose turn is next, or NULL */
	bool turned;			/* all had their turn */
	struct pending_entry **chains;	/* the newest of each key */
	uint64_t secret;
	size_t entries_max, bytes_max;
	struct pending_figures figures;
};

struct pending *
pending_new(size_t entries, size_t bytes)
{
	struct pending *p = mem_alloc(sizeof(*p));

	p->entries_max = entries;
	p->bytes_max = bytes;
	p->chains = mem_alloc(PENDING_CHAINS * sizeof(p->chains[0]));
	/* Without a secret, as early in boot, only speed is at risk. */
	if (getrandom(&p->secret, sizeof(p->secret), GRND_NONBLOCK) < 0)
		p->secret = (uintptr_t)p;
	return p;
}

static void
entry_free(struct pending_entry *e)
{
	free(e->record);
	free(e);
}

void
pending_free(struct pending *p)
{
	struct pending_entry *e;

	if (p == NULL)
		return;
	while ((e = p->first) != NULL) {
		p->first = e->next;
		entry_free(e);
	}
	free(p->chains);
	free(p);
}

void
pending_figures(const struct pending *p, struct pending_figures *out)
{
	*out = p->figures;
}

static size_t
entry_bytes(const struct pending_entry *e)
{
	return sizeof(*e) + e->key_n + e->record_n;
}

/* What points to the newest entry of key, or to the end of its chain. */
static struct pending_entry **
pending_find(const struct pending *p, struct span key)
{
	struct pending_entry **link;

	link = &p->chains[record_hash(key, p->secret) & (PENDING_CHAINS - 1)];
	while (*link != NULL &&
	    !span_eq(span_make((*link)->key, (*link)->key_n), key))
		link = &(*link)->chain;
	return link;
}

static bool
verb_counts(enum store_verb verb)
{
	return verb == STORE_ADD || verb == STORE_DECAY || verb == STORE_TAKE;
}

enum pending_way
pending_way(const struct pending *p, const struct store_op *op)
{
	char key[RECORD_KEY_MAX];
	const struct pending_entry *e;

	if (p->figures.entries == 0)
		return PENDING_FREE;
	e = *pending_find(p, span_make(key, record_key(op, key)));
	if (e == NULL)
		return PENDING_FREE;
	if (op->verb == STORE_GET)
		return verb_counts(e->verb) ? PENDING_FREE : PENDING_ASIDE;
	/* Sums come out the same in any order. */
	if (verb_counts(op->verb) && e->verb == op->verb && e->older == NULL)
		return PENDING_FREE;
	return PENDING_BEHIND;
}

/* The record that op makes of old is to be e's. */
static void
entry_apply(struct pending *p, struct pending_entry *e,
    const struct store_op *from, struct span old, int64_t now)
{
	struct store_op op = *from;
	struct record r;

	op.data = NULL;
	if (record_apply(&op, old, now, &r) != RECORD_WRITE)
		return;
	p->figures.bytes -= e->record_n;
	e->record = mem_resize(e->record, r.n);
	e->record_n = r.n;
	memcpy(e->record, r.bytes, r.n);
	p->figures.bytes += r.n;
}

static int64_t
expiry(const struct store_op *op, int64_t now)
{
	return op->ttl < INT64_MAX - now ? now + op->ttl : INT64_MAX;
}

/* A value in the place of whatever e was. */
static void
entry_replace(struct pending *p, struct pending_entry *e,
    const struct store_op *op, int64_t now)
{
	static const struct span nothing = {NULL, 0};

	e->verb = op->verb == STORE_PUT_NEW ? STORE_PUT : op->verb;
	e->expires = op->verb == STORE_DELETE ? INT64_MAX : expiry(op, now);
	p->figures.bytes -= e->record_n;
	e->record_n = 0;
	if (op->verb != STORE_DELETE)
		entry_apply(p, e, op, nothing, now);
}

static void
entry_count(struct pending *p, struct pending_entry *e,
    const struct store_op *op, int64_t now)
{
	entry_apply(p, e, op, span_make(e->record, e->record_n), now);
	if (expiry(op, now) > e->expires)
		e->expires = expiry(op, now);
}

/* Lets op join the newest entry of its key; false when it must not. */
static bool
entry_join(struct pending *p, struct pending_entry *e,
    const struct store_op *op, int64_t now)
{
	if (e->sending || e->unknown || e->least >= 0)
		return false;
	switch (op->verb) {
	case STORE_PUT:
	case STORE_DELETE:
		entry_replace(p, e, op, now);
		return true;
	case STORE_PUT_NEW:
		if (e->verb == STORE_DELETE || e->expires <= now)
			entry_replace(p, e, op, now);
		return true;
	default:
		break;
	}
	if (e->verb != op->verb ||
	    (op->verb == STORE_DECAY && e->half_life != op->half_life) ||
	    (op->verb == STORE_TAKE &&
	    (e->rate != op->rate || e->burst != op->burst)))
		return false;
	entry_count(p, e, op, now);
	return true;
}

static void
queue_append(struct pending *p, struct pending_entry *e)
{
	e->prev = p->last;
	if (p->last != NULL)
		p->last->next = e;
	else
		p->first = e;
	p->last = e;
	if (p->cursor == NULL && !p->turned)
		p->cursor = e;
}

static struct pending_entry *
entry_new(struct pending *p, const struct store_op *op, struct span key,
    int64_t now)
{
	static const struct span nothing = {NULL, 0};
	struct pending_entry *e = mem_alloc(sizeof(*e) + key.n);

	e->id = op->id;
	e->verb = op->verb;
	e->half_life = op->half_life;
	e->rate = op->rate;
	e->burst = op->burst;
	e->least = -1;
	e->key_n = key.n;
	memcpy(e->key, key.p, key.n);
	e->expires = op->verb == STORE_DELETE ? INT64_MAX : expiry(op, now);
	if (op->verb != STORE_DELETE)
		entry_apply(p, e, op, nothing, now);
	return e;
}

static void
entry_link(struct pending *p, struct pending_entry **link,
    struct pending_entry *e)
{
	struct pending_entry *older = *link;

	e->older = older;
	if (older != NULL) {
		older->newer = e;
		e->chain = older->chain;
		older->chain = NULL;
	}
	*link = e;
	queue_append(p, e);
	p->figures.entries++;
	p->figures.bytes += entry_bytes(e) - e->record_n;
}

void
pending_keep(struct pending *p, const struct store_op *op, bool unknown,
    int64_t now, int64_t steady)
{
	char bytes[RECORD_KEY_MAX];
	struct span key = {bytes, record_key(op, bytes)};
	struct pending_entry **link = pending_find(p, key), *e;

	/* Nothing, or more than a bucket ever holds. */
	if (op->verb == STORE_TAKE &&
	    (op->amount == 0 || op->amount > op->burst))
		return;
	if (*link != NULL && !unknown && entry_join(p, *link, op, now)) {
		(*link)->writes++;
		p->figures.writes++;
		return;
	}
	if (p->figures.entries >= p->entries_max || p->figures.bytes +
	    sizeof(*e) + key.n + RECORD_MAX > p->bytes_max) {
		p->figures.lost++;
		return;
	}
	e = entry_new(p, op, key, now);
	e->writes = 1;
	e->unknown = unknown;
	e->sent = unknown ? steady : 0;
	entry_link(p, link, e);
	p->figures.writes++;
}

/* Only the oldest of a key is ever removed. */
static void
entry_remove(struct pending *p, struct pending_entry *e)
{
	struct pending_entry **link;

	if (p->cursor == e)
		p->cursor = e->next;
	*(e->prev != NULL ? &e->prev->next : &p->first) = e->next;
	*(e->next != NULL ? &e->next->prev : &p->last) = e->prev;
	if (e->newer != NULL) {
		e->newer->older = NULL;
	} else {
		link = pending_find(p, span_make(e->key, e->key_n));
		*link = e->chain;
	}
	p->figures.entries--;
	p->figures.bytes -= entry_bytes(e);
	p->figures.writes -= e->writes;
	entry_free(e);
}

static void
entry_lose(struct pending *p, struct pending_entry *e)
{
	p->figures.lost += e->writes;
	entry_remove(p, e);
}

/* What the sum is by now, or what the bucket still lacks. */
static int64_t
entry_amount(const struct pending_entry *e, int64_t now)
{
	struct span old = {e->record, e->record_n};
	struct store_op op = {.verb = STORE_GET, .klass = e->key};
	struct record unused;
	int64_t lack;

	if (e->verb != STORE_TAKE) {
		record_apply(&op, old, now, &unused);
		return op.answer == STORE_FOUND ? op.number : 0;
	}
	op.verb = STORE_TAKE;
	op.ttl = 1;
	op.rate = e->rate;
	op.burst = e->burst;
	record_apply(&op, old, now, &unused);
	lack = e->burst - op.number;
	return e->least >= 0 && lack > e->least ? e->least : lack;
}

/* False when its time is over: nothing of it would be left. */
static bool
entry_fill(const struct pending_entry *e, struct store_op *op, int64_t now)
{
	memset(op, 0, sizeof(*op));
	op->verb = e->verb;
	op->klass = e->key;
	op->key = span_skip(span_make(e->key, e->key_n), strlen(e->key) + 2);
	op->schema = (unsigned char)e->key[strlen(e->key) + 1];
	op->id = e->id;
	if (e->verb == STORE_DELETE)
		return true;
	op->half_life = e->half_life;
	op->rate = e->rate;
	op->burst = e->burst;
	if (verb_counts(e->verb))
		op->amount = entry_amount(e, now);
	else
		op->value = span_skip(span_make(e->record, e->record_n),
		    RECORD_HEAD);
	op->ttl = e->expires - now;
	if (e->verb != STORE_TAKE)
		return op->ttl > 0;
	op->ttl = op->ttl > 0 ? op->ttl : 1;
	return op->amount > 0;
}

/* One that perhaps counted, and whose name may be forgotten by now. */
static bool
entry_too_late(const struct pending_entry *e, int64_t steady)
{
	return e->unknown && verb_counts(e->verb) &&
	    steady - e->sent > PENDING_NAME_MS;
}

size_t
pending_take(struct pending *p, struct store_op *ops,
    struct pending_entry **taken, size_t most, int64_t now, int64_t steady)
{
	struct pending_entry *e;
	size_t n = 0;

	while (n < most && (e = p->cursor) != NULL) {
		p->cursor = e->next;
		if (e->sending || e->older != NULL)
			continue;
		if (entry_too_late(e, steady)) {
			entry_lose(p, e);
		} else if (!entry_fill(e, &ops[n], now)) {
			entry_remove(p, e);
		} else {
			e->sending = true;
			taken[n++] = e;
		}
	}
	p->turned = p->cursor == NULL;
	return n;
}

/*
 * A bucket that holds less than was taken gives what it holds; the refusal has
 * not used up the name.  What was perhaps taken already is not taken again.
 */
static bool
take_refused(struct pending_entry *e, const struct store_op *op)
{
	int64_t left = op->amount + op->number;

	if (e->unknown || e->least >= 0 || op->number >= 0 || left <= 0)
		return false;
	e->least = left;
	return true;
}

bool
pending_settle(struct pending *p, struct pending_entry *e,
    const struct store_op *op, int64_t steady)
{
	e->sending = false;
	if (op->answer == STORE_FOUND || op->answer == STORE_ABSENT) {
		if (e->verb == STORE_TAKE && take_refused(e, op))
			return false;
		entry_remove(p, e);
		return true;
	}
	if (op->trouble == TROUBLE_ARGUMENT) {
		entry_lose(p, e);
		return true;
	}
	if (op->trouble != TROUBLE_UNREACHED &&
	    op->trouble != TROUBLE_REFUSED && !e->unknown) {
		e->unknown = true;
		e->sent = steady;
	}
	return false;
}

void
pending_rewind(struct pending *p)
{
	p->cursor = p->first;
	p->turned = false;
}
