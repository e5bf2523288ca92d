/*
 * roster_tick - keeps the log of changes in step with the store: reads what is
 * new, puts back what was lost, and makes the entries of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "shared/roster_state.h"

/* Slots that deleted entries leave; past it all is replayed without them. */
#define SLOTS_MAX (4 * ROSTER_ENTRIES_MAX)

/* One tick. */
struct tick {
	struct roster *r;
	struct store *store;
	int64_t now, timeout;
	unsigned left;		/* batches */
	bool failed;
	uint64_t hint;		/* what the store notes as newest, or 0 */
	bool more;		/* there is something to read */
	char keys[ROSTER_BATCH][ROSTER_KEY_MAX];
};

void
roster_forget(struct roster *r)
{
	size_t i;

	for (i = 0; i < r->slots.count; i++)
		free(map_value(&r->slots, i));
	map_done(&r->slots);
	map_init(&r->slots);
}

static void
apply(struct roster *r, const struct change *c, uint64_t number)
{
	char key[ENTRY_NAME_MAX + 8];
	struct roster_slot *slot;
	struct span name;

	name = span_make(key, (size_t)snprintf(key, sizeof(key), "%s %s",
	    entry_list_name(c->entry.list), c->entry.name));
	slot = map_find(&r->slots, name);
	if (slot == NULL) {
		slot = mem_alloc(sizeof(*slot));
		map_put(&r->slots, name, slot);
	}
	slot->entry = c->entry;
	slot->entry.number = number;
	slot->there = c->verb != CHANGE_DEL;
}

/* Whether a change before that number has the same id. */
static bool
seen_before(const struct roster *r, uint64_t id, uint64_t number)
{
	uint64_t n;

	for (n = roster_oldest(r->newest); n < number; n++)
		if (r->ids[n % ROSTER_CHANGES_MAX] == id)
			return true;
	return false;
}

/* What cannot be read, as of a newer release, is kept but changes nothing. */
static void
apply_text(struct roster *r, uint64_t number)
{
	const char *text = r->texts[number % ROSTER_CHANGES_MAX];
	uint64_t *id = &r->ids[number % ROSTER_CHANGES_MAX];
	struct change c;

	*id = 0;
	if (text == NULL || change_parse(span_of(text), &c) != 0)
		return;
	*id = c.id;
	if (!c.again || !seen_before(r, c.id, number))
		apply(r, &c, number);
}

/* Whether it had another number, which somebody else's has now. */
static bool
is_again(struct span text)
{
	struct change c;

	return text.p != NULL && change_parse(text, &c) == 0 && c.again;
}

static void
replay(struct roster *r)
{
	uint64_t n;

	roster_forget(r);
	for (n = roster_oldest(r->newest); n <= r->newest; n++)
		apply_text(r, n);
	r->replay = false;
}

static void
set_text(struct roster *r, uint64_t number, struct span text)
{
	char **place = &r->texts[number % ROSTER_CHANGES_MAX], *old = *place;
	char *copy = text.p != NULL ? mem_copy(text.p, text.n) : NULL;

	pthread_mutex_lock(&r->lock);
	*place = copy;
	if (number > r->newest)
		r->newest = number;
	pthread_mutex_unlock(&r->lock);
	free(old);
}

/* The next number is there, or was lost for good (no text). */
static void
take(struct tick *t, uint64_t number, struct span text)
{
	set_text(t->r, number, text);
	apply_text(t->r, number);
	t->r->changed = true;
	if (t->r->slots.count > SLOTS_MAX)
		t->r->replay = true;
}

/* False also when this tick has waited often enough. */
static bool
run(struct tick *t, size_t count)
{
	if (t->left == 0)
		return false;
	t->left--;
	t->failed = !store_run_shared(t->store, t->r->ops, count, t->now,
	    t->timeout);
	return !t->failed;
}

static void
ask(struct tick *t, size_t i, enum store_verb verb, uint64_t number)
{
	roster_key(&t->r->ops[i], verb, number, t->keys[i]);
	t->r->ops[i].data = t->r->values[i];
}

static struct span
answered(const struct store_op *op)
{
	struct span text = span_make(op->data, op->length);

	/* No text holds a zero. */
	return op->answer == STORE_FOUND ?
	    span_head(text, span_chr(text, '\0')) : span_of(NULL);
}

/* Whether the store has under that number what we have. */
static bool
is_same(const struct tick *t, const struct store_op *op, uint64_t number)
{
	const char *text = t->r->texts[number % ROSTER_CHANGES_MAX];

	return text == NULL ? op->answer != STORE_FOUND :
	    op->answer == STORE_FOUND && span_is(answered(op), text);
}

/*
 * Where to: the hint, if it is one, and whether what we know is still there.
 * A number without its record is no hint.
 */
static bool
look(struct tick *t, uint64_t *head)
{
	struct roster *r = t->r;
	int64_t hint = 0;

	ask(t, 0, STORE_GET, 0);
	ask(t, 1, STORE_GET, r->newest + 1);
	ask(t, 2, STORE_GET, r->newest > 0 ? r->newest : 1);
	if (!run(t, 3))
		return false;
	if (!text_number(answered(&r->ops[0]), &hint))
		hint = 0;
	*head = t->hint = (uint64_t)hint;
	t->more = r->ops[1].answer == STORE_FOUND || *head > r->newest;
	if (r->newest > 0 && r->restore == 0 &&
	    !is_same(t, &r->ops[2], r->newest))
		r->restore = roster_oldest(r->newest);
	if (*head <= r->newest)
		return true;
	ask(t, 0, STORE_GET, *head);
	if (!run(t, 1))
		return false;
	if (r->ops[0].answer != STORE_FOUND)
		*head = r->newest;
	return true;
}

/* Ours lost its number to somebody else's, and wants another. */
static void
displace(struct roster *r, uint64_t number)
{
	const char *text = r->texts[number % ROSTER_CHANGES_MAX];

	if (text != NULL && r->displaced_count < ROSTER_DISPLACED_MAX)
		r->displaced[r->displaced_count++] = mem_copy(text,
		    strlen(text));
}

static void
restored(struct tick *t, const struct store_op *op, uint64_t number)
{
	if (op->answer != STORE_FOUND || is_same(t, op, number))
		return;
	displace(t->r, number);
	set_text(t->r, number, answered(op));
	t->r->replay = t->r->changed = true;
}

/* Puts back what was lost, and takes over what others put there. */
static bool
restore(struct tick *t)
{
	struct roster *r = t->r;
	uint64_t n;
	size_t i, count;

	while (r->restore <= r->newest) {
		n = r->restore;
		for (count = 0; count < ROSTER_BATCH &&
		    n + count <= r->newest; count++) {
			const char *text = r->texts[(n + count) %
			    ROSTER_CHANGES_MAX];

			ask(t, count, text != NULL ? STORE_PUT_NEW : STORE_GET,
			    n + count);
			r->ops[count].value = span_of(text);
		}
		if (!run(t, count))
			return false;
		for (i = 0; i < count; i++)
			restored(t, &r->ops[i], n + i);
		r->restore += count;
	}
	r->restore = 0;
	return true;
}

/* More than is remembered lies before us: what we know is too old. */
static void
jump(struct tick *t, uint64_t head)
{
	struct roster *r = t->r;
	uint64_t i;

	if (head <= r->newest + ROSTER_CHANGES_MAX)
		return;
	for (i = 0; i < ROSTER_CHANGES_MAX; i++) {
		set_text(r, i, span_of(NULL));
		r->ids[i] = 0;
	}
	pthread_mutex_lock(&r->lock);
	r->newest = head - ROSTER_CHANGES_MAX;
	pthread_mutex_unlock(&r->lock);
	roster_forget(r);
}

/* All that follows: up to head for certain, and as far as there is more. */
static bool
read_on(struct tick *t, uint64_t head)
{
	struct roster *r = t->r;
	uint64_t first;
	size_t i, count;

	jump(t, head);
	for (;;) {
		first = r->newest + 1;
		/* Most often there is nothing. */
		count = head >= first ? ROSTER_BATCH : 1;
		for (i = 0; i < count; i++)
			ask(t, i, STORE_GET, first + i);
		if (!run(t, count))
			return false;
		for (i = 0; i < count; i++) {
			if (r->ops[i].answer != STORE_FOUND &&
			    first + i > head)
				return true;
			take(t, first + i, answered(&r->ops[i]));
			/* Then an older one is not what it was, either. */
			if (r->view != NULL && is_again(answered(&r->ops[i])))
				r->restore = roster_oldest(r->newest);
		}
		if (head < r->newest)
			head = r->newest;
	}
}

static void
drop_displaced(struct roster *r)
{
	free(r->displaced[0]);
	memmove(r->displaced, r->displaced + 1,
	    --r->displaced_count * sizeof(r->displaced[0]));
}

/* In their order. */
static bool
append_displaced(struct tick *t)
{
	struct roster *r = t->r;
	struct change c;
	struct buf text;
	bool good = true;

	while (good && r->displaced_count > 0) {
		buf_init(&text, CHANGE_MAX);
		if (change_parse(span_of(r->displaced[0]), &c) == 0 &&
		    !seen_before(r, c.id, r->newest + 1)) {
			c.again = true;
			change_put(&text, &c);
			ask(t, 0, STORE_PUT_NEW, r->newest + 1);
			r->ops[0].value = buf_contents(&text);
			/* What is there by now is taken first, then again. */
			good = run(t, 1) && r->ops[0].answer == STORE_ABSENT;
			if (good)
				take(t, r->newest + 1, buf_contents(&text));
		}
		buf_done(&text);
		if (good)
			drop_displaced(r);
	}
	return good;
}

static void
publish(struct tick *t)
{
	struct roster *r = t->r;
	struct counted_view *new = mem_alloc(sizeof(*new)), *old;
	const struct roster_slot *slot;
	size_t i;

	atomic_init(&new->holds, 1);
	entryset_init(&new->view.entries);
	new->view.version = r->newest;
	r->changed = false;
	r->next_expiry = INT64_MAX;
	for (i = 0; i < r->slots.count; i++) {
		slot = map_value(&r->slots, i);
		if (!slot->there || slot->entry.expires <= t->now ||
		    new->view.entries.count == ROSTER_ENTRIES_MAX)
			continue;
		entryset_add(&new->view.entries, &slot->entry);
		if (slot->entry.expires < r->next_expiry)
			r->next_expiry = slot->entry.expires;
	}
	pthread_mutex_lock(&r->lock);
	old = r->view;
	r->view = new;
	pthread_mutex_unlock(&r->lock);
	if (old != NULL)
		roster_put(&old->view);
}

/* True when everything there is has been read. */
static bool
catch_up(struct tick *t)
{
	struct roster *r = t->r;
	uint64_t head;

	if (!look(t, &head) || (r->restore != 0 && !restore(t)))
		return false;
	if (r->replay)
		replay(r);
	if ((t->more && !read_on(t, head)) || !append_displaced(t))
		return false;
	/* Lost, or set back by a host that was slow to note an older one. */
	if (t->hint < r->newest)
		roster_note_newest(t->store, r->newest, t->now, t->timeout);
	return true;
}

bool
roster_tick(struct roster *r, struct store *store, int64_t now,
    int64_t timeout)
{
	struct tick t = {
		.r = r, .store = store, .now = now, .timeout = timeout,
		.left = ROSTER_BATCHES,
	};

	/* Half a log is not what anybody decided. */
	if (!catch_up(&t))
		return !t.failed;
	if (r->replay)
		replay(r);
	if (r->view == NULL || r->changed || now >= r->next_expiry)
		publish(&t);
	return true;
}
