/* fleet - the hosts that share a store. */
#include "shared/fleet.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/mem.h"
#include "base/text.h"

#define FLEET_SCHEMA 1
#define FLEET_TEXT_MAX 400
#define PLACE_NONE FLEET_MAX

/* What stands in one place of the store. */
struct place {
	bool present;		/* not yet expired */
	bool alive;
	struct fleet_host host;
	int64_t before, seen;	/* our clock at the look before it was new, and
				 * at the look that found it */
};

struct fleet {
	pthread_mutex_t lock;	/* guards all but what only the tick uses */
	struct fleet_host self;
	struct place places[FLEET_MAX];
	unsigned hosts;

	/* the tick's */
	size_t place;		/* ours, or PLACE_NONE */
	int64_t looked;		/* when we last did */
	struct store_op ops[FLEET_MAX + 1];
	char values[FLEET_MAX][STORE_VALUE_MAX];	/* of the places */
	char keys[FLEET_MAX][4];
	char text[FLEET_TEXT_MAX];
};

/* Words reach the terminals of operators: printable ASCII. */
static bool
word_byte(char c)
{
	return c > ' ' && c < 127;
}

static void
copy_word(char *out, size_t size, const char *word)
{
	size_t i;

	for (i = 0; i + 1 < size && word[i] != '\0'; i++)
		out[i] = word_byte(word[i]) ? word[i] : '_';
	out[i] = '\0';
	if (i == 0 && size > 1)
		memcpy(out, "-", 2);
}

struct fleet *
fleet_new(const char *name, const char *version, int64_t started)
{
	struct fleet *f = mem_alloc(sizeof(*f));
	uint64_t id = 0;
	size_t i;

	pthread_mutex_init(&f->lock, NULL);
	if (getrandom(&id, sizeof(id), 0) != (ssize_t)sizeof(id))
		id = (uint64_t)started ^ (uintptr_t)f;
	snprintf(f->self.id, sizeof(f->self.id), "%016" PRIx64, id);
	copy_word(f->self.name, sizeof(f->self.name), name);
	copy_word(f->self.version, sizeof(f->self.version), version);
	copy_word(f->self.generation, sizeof(f->self.generation), "");
	copy_word(f->self.health, sizeof(f->self.health), "ok");
	f->self.started = started;
	f->place = PLACE_NONE;
	f->hosts = 1;
	for (i = 0; i < FLEET_MAX; i++)
		snprintf(f->keys[i], sizeof(f->keys[i]), "%zu", i);
	return f;
}

void
fleet_free(struct fleet *f)
{
	if (f == NULL)
		return;
	pthread_mutex_destroy(&f->lock);
	free(f);
}

void
fleet_tell(struct fleet *f, const char *generation, uint64_t lists,
    const char *health)
{
	pthread_mutex_lock(&f->lock);
	copy_word(f->self.generation, sizeof(f->self.generation), generation);
	copy_word(f->self.health, sizeof(f->self.health), health);
	f->self.lists = lists;
	pthread_mutex_unlock(&f->lock);
}

void
fleet_host_text(const struct fleet_host *h, struct buf *out)
{
	buf_printf(out, "%s %s %s %s %" PRIu64 " %" PRId64 " %" PRId64 " %s",
	    h->id, h->name, h->version, h->generation, h->lists, h->started,
	    h->clock, h->health);
}

static bool
take_word(struct span *text, char *out, size_t size)
{
	struct span word;
	size_t i;

	if (!span_word(text, &word) || word.n >= size)
		return false;
	for (i = 0; i < word.n; i++)
		if (!word_byte(word.p[i]))
			return false;
	memcpy(out, word.p, word.n);
	out[word.n] = '\0';
	return true;
}

static bool
take_number(struct span *text, int64_t *out)
{
	struct span word;

	return span_word(text, &word) && text_number(word, out);
}

int
fleet_host_parse(struct span text, struct fleet_host *out)
{
	struct fleet_host h;
	int64_t lists;

	if (!take_word(&text, h.id, sizeof(h.id)) ||
	    !take_word(&text, h.name, sizeof(h.name)) ||
	    !take_word(&text, h.version, sizeof(h.version)) ||
	    !take_word(&text, h.generation, sizeof(h.generation)) ||
	    !take_number(&text, &lists) || !take_number(&text, &h.started) ||
	    !take_number(&text, &h.clock) ||
	    !take_word(&text, h.health, sizeof(h.health)) ||
	    span_trim(text).n != 0)
		return -1;
	h.lists = (uint64_t)lists;
	*out = h;
	return 0;
}

static struct store_op *
add_op(struct fleet *f, size_t *n, enum store_verb verb, size_t place)
{
	struct store_op *op = &f->ops[(*n)++];

	memset(op, 0, sizeof(*op));
	op->verb = verb;
	op->klass = FLEET_CLASS;
	op->schema = FLEET_SCHEMA;
	op->key = span_of(f->keys[place]);
	op->ttl = FLEET_TTL;
	op->data = f->values[place];
	return op;
}

/* Our own record, as it is now. */
static struct span
self_text(struct fleet *f, int64_t now)
{
	struct buf text;
	size_t n;

	buf_init(&text, FLEET_TEXT_MAX);
	pthread_mutex_lock(&f->lock);
	f->self.clock = now;
	fleet_host_text(&f->self, &text);
	pthread_mutex_unlock(&f->lock);
	n = text.n;
	memcpy(f->text, buf_contents(&text).p, n);
	buf_done(&text);
	return span_make(f->text, n);
}

/* What was read of a place; the lock is held. */
static void
note_place(struct fleet *f, size_t i, const struct store_op *op, int64_t now)
{
	struct place *p = &f->places[i];
	struct fleet_host host;

	if (op->answer == STORE_ABSENT || fleet_host_parse(span_make(op->data,
	    op->length), &host) != 0) {
		p->present = p->alive = false;
		return;
	}
	if (!p->present || strcmp(p->host.id, host.id) != 0 ||
	    p->host.clock != host.clock) {
		/* Told at some time since we looked last. */
		p->before = p->present && f->looked != 0 ? f->looked : 0;
		p->seen = now;
	}
	p->present = true;
	p->host = host;
	p->alive = now - p->seen < FLEET_GONE;
}

/* Of the places that were read: the others', ours, and the first free one. */
static size_t
note_places(struct fleet *f, const struct store_op *gets, int64_t now)
{
	size_t i, ours = PLACE_NONE, free_one = PLACE_NONE;

	pthread_mutex_lock(&f->lock);
	f->hosts = 0;
	for (i = 0; i < FLEET_MAX; i++) {
		note_place(f, i, &gets[i], now);
		if (!f->places[i].present) {
			if (free_one == PLACE_NONE)
				free_one = i;
			continue;
		}
		f->hosts += f->places[i].alive;
		if (strcmp(f->places[i].host.id, f->self.id) == 0)
			ours = i;
	}
	f->hosts += ours == PLACE_NONE;
	pthread_mutex_unlock(&f->lock);
	f->place = ours;
	return free_one;
}

/* Takes a place; another host may be quicker, then the next look finds one. */
static bool
claim(struct fleet *f, struct store *store, size_t place, int64_t now,
    int64_t timeout)
{
	size_t n = 0;
	struct store_op *op;

	if (place == PLACE_NONE)
		return true;
	op = add_op(f, &n, STORE_PUT_NEW, place);
	op->value = self_text(f, now);
	if (!store_run_shared(store, f->ops, n, now, timeout))
		return false;
	if (op->answer == STORE_ABSENT) {
		f->place = place;
		/* Who came at the same time is seen soon. */
		f->looked = now - FLEET_BEAT + FLEET_BEAT / 5;
	}
	return true;
}

bool
fleet_tick(struct fleet *f, struct store *store, int64_t now, int64_t timeout)
{
	struct store_op *put = NULL;
	size_t n = 0, i, gets, free_one;

	if (f->looked != 0 && now >= f->looked &&
	    now - f->looked < (f->place == PLACE_NONE ? FLEET_BEAT / 5 :
	    FLEET_BEAT))
		return true;
	if (f->place != PLACE_NONE) {
		put = add_op(f, &n, STORE_PUT, f->place);
		put->value = self_text(f, now);
	}
	gets = n;
	for (i = 0; i < FLEET_MAX; i++)
		add_op(f, &n, STORE_GET, i);
	if (!store_run_shared(store, f->ops, n, now, timeout)) {
		f->looked = now;
		return false;
	}
	free_one = note_places(f, f->ops + gets, now);
	f->looked = now;
	return f->place != PLACE_NONE || claim(f, store, free_one, now,
	    timeout);
}

unsigned
fleet_hosts(struct fleet *f)
{
	unsigned hosts;

	pthread_mutex_lock(&f->lock);
	hosts = f->hosts;
	pthread_mutex_unlock(&f->lock);
	return hosts > 0 ? hosts : 1;
}

/*
 * How far the clock is off at least: the record was made after our look before
 * the one that found it, and not after that one.
 */
static int64_t
find_skew(const struct place *p)
{
	if (p->host.clock > p->seen)
		return p->host.clock - p->seen;
	if (p->before != 0 && p->host.clock < p->before)
		return p->host.clock - p->before;
	return 0;
}

static bool
same_state(const struct fleet_host *a, const struct fleet_host *b)
{
	return strcmp(a->generation, b->generation) == 0 &&
	    strcmp(a->version, b->version) == 0 && a->lists == b->lists;
}

/* Marks those that are not as most are; of equals the first by name counts. */
static void
mark_drift(struct fleet_sight *all, size_t n)
{
	size_t i, k, same, best = 0, most = 0;

	for (i = 0; i < n; i++) {
		for (same = 0, k = 0; k < n; k++)
			same += same_state(&all[i].host, &all[k].host);
		if (same > most) {
			most = same;
			best = i;
		}
	}
	for (i = 0; i < n; i++)
		all[i].drifts = !same_state(&all[i].host, &all[best].host) ||
		    llabs(all[i].skew) > FLEET_SKEW;
}

static int
compare(const void *a, const void *b)
{
	const struct fleet_sight *x = a, *y = b;
	int order = strcmp(x->host.name, y->host.name);

	return order != 0 ? order : strcmp(x->host.id, y->host.id);
}

size_t
fleet_see(struct fleet *f, struct fleet_sight out[FLEET_SEEN_MAX])
{
	const struct place *p;
	size_t i, n = 1;

	pthread_mutex_lock(&f->lock);
	/* Of ourselves we know better than the store. */
	out[0] = (struct fleet_sight){.host = f->self, .self = true};
	for (i = 0; i < FLEET_MAX; i++) {
		p = &f->places[i];
		if (p->alive && strcmp(p->host.id, f->self.id) != 0)
			out[n++] = (struct fleet_sight){.host = p->host,
			    .skew = find_skew(p)};
	}
	pthread_mutex_unlock(&f->lock);
	qsort(out, n, sizeof(*out), compare);
	mark_drift(out, n);
	return n;
}
