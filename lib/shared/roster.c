/* roster - the entries that operators add while the filter runs. */
#include "shared/roster.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/mem.h"
#include "shared/roster_state.h"

#define TRIES_MAX 256	/* numbers that others may have taken before us */
#define KEPT_MAX 2	/* entries made anew beside a change */

struct roster *
roster_new(void)
{
	struct roster *r = mem_alloc(sizeof(*r));

	pthread_mutex_init(&r->lock, NULL);
	r->texts = mem_alloc(ROSTER_CHANGES_MAX * sizeof(*r->texts));
	r->ids = mem_alloc(ROSTER_CHANGES_MAX * sizeof(*r->ids));
	r->ops = mem_alloc(ROSTER_BATCH * sizeof(*r->ops));
	r->values = mem_alloc(ROSTER_BATCH * sizeof(*r->values));
	map_init(&r->slots);
	return r;
}

void
roster_free(struct roster *r)
{
	size_t i;

	if (r == NULL)
		return;
	roster_forget(r);
	for (i = 0; i < ROSTER_CHANGES_MAX; i++)
		free(r->texts[i]);
	for (i = 0; i < r->displaced_count; i++)
		free(r->displaced[i]);
	if (r->view != NULL)
		roster_put(&r->view->view);
	free(r->texts);
	free(r->ids);
	free(r->ops);
	free(r->values);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

const struct roster_view *
roster_hold(struct roster *r)
{
	const struct roster_view *view = NULL;

	pthread_mutex_lock(&r->lock);
	if (r->view != NULL) {
		atomic_fetch_add(&r->view->holds, 1);
		view = &r->view->view;
	}
	pthread_mutex_unlock(&r->lock);
	return view;
}

void
roster_put(const struct roster_view *view)
{
	struct counted_view *counted =
	    (struct counted_view *)(uintptr_t)view;

	if (view == NULL || atomic_fetch_sub(&counted->holds, 1) > 1)
		return;
	entryset_done(&counted->view.entries);
	free(counted);
}

void
roster_key(struct store_op *op, enum store_verb verb, uint64_t number,
    char key[ROSTER_KEY_MAX])
{
	memset(op, 0, sizeof(*op));
	if (number == 0)
		snprintf(key, ROSTER_KEY_MAX, "newest");
	else
		snprintf(key, ROSTER_KEY_MAX, "%" PRIu64, number);
	op->verb = verb;
	op->klass = "roster";
	op->schema = ROSTER_SCHEMA;
	op->key = span_of(key);
	op->ttl = ROSTER_TTL;
}

void
roster_note_newest(struct store *store, uint64_t number, int64_t now,
    int64_t timeout)
{
	char key[ROSTER_KEY_MAX], value[24];
	struct store_op op;

	snprintf(value, sizeof(value), "%" PRIu64, number);
	roster_key(&op, STORE_PUT, 0, key);
	op.value = span_of(value);
	store_run_shared(store, &op, 1, now, timeout);
}

/* Whether a record that was found is a change of another entry. */
static bool
is_of_another(const struct store_op *op, const struct entry *e)
{
	struct change c;

	return change_parse(span_make(op->data, op->length), &c) == 0 &&
	    (c.entry.list != e->list || strcmp(c.entry.name, e->name) != 0);
}

/*
 * Under the next free number from *number on; but what merely keeps an entry,
 * not behind a change of it.
 */
static enum roster_outcome
append_text(struct store *store, struct span text, const struct entry *kept,
    int64_t now, int64_t timeout, uint64_t *number, struct error *error)
{
	char key[ROSTER_KEY_MAX], found[STORE_VALUE_MAX];
	struct store_op op;
	unsigned i;

	for (i = 0; i < TRIES_MAX; i++) {
		roster_key(&op, STORE_PUT_NEW, ++*number, key);
		op.value = text;
		op.data = found;
		if (!store_run_shared(store, &op, 1, now, timeout))
			break;
		if (op.answer == STORE_ABSENT)
			return ROSTER_DONE;
		if (kept != NULL && !is_of_another(&op, kept))
			return ROSTER_REFUSED;
	}
	error_set(error, i == TRIES_MAX ? "others make too many changes at "
	    "the same time; try again" : "the store does not answer; whether "
	    "the change was made is told by \"list\" once it does");
	return ROSTER_UNANSWERED;
}

static enum roster_outcome
append_change(struct store *store, struct change *c, int64_t now,
    int64_t timeout, uint64_t *number, struct error *error)
{
	enum roster_outcome outcome;
	struct buf text;

	/* Never short for so few bytes, and never 0 in practice. */
	if (getrandom(&c->id, sizeof(c->id), 0) != (ssize_t)sizeof(c->id))
		c->id = 1;
	buf_init(&text, CHANGE_MAX);
	change_put(&text, c);
	outcome = append_text(store, buf_contents(&text), c->verb ==
	    CHANGE_KEEP ? &c->entry : NULL, now, timeout, number, error);
	buf_done(&text);
	return outcome;
}

/* The entry that will be forgotten first, if that is soon; or NULL. */
static const struct entry *
find_fading(const struct roster_view *view, uint64_t newest, uint64_t after,
    int64_t now)
{
	const struct entry *e, *oldest = NULL;
	size_t i;

	for (i = 0; i < view->entries.count; i++) {
		e = view->entries.item[i];
		if (e->number > after && e->expires > now &&
		    e->number + ROSTER_CHANGES_MAX / 2 < newest &&
		    (oldest == NULL || e->number < oldest->number))
			oldest = e;
	}
	return oldest;
}

/*
 * Changes are forgotten in turn, and entries must not be: each change takes up
 * to two old ones along.  Even if all that there may be have grown old, they
 * are made anew before the last of them fades.
 */
static void
keep_fading(const struct roster_view *view, struct store *store, int64_t now,
    int64_t timeout, uint64_t *number)
{
	uint64_t after = 0, newest = *number, next;
	const struct entry *e;
	struct change c;
	unsigned i;

	for (i = 0; i < KEPT_MAX; i++) {
		e = find_fading(view, newest, after, now);
		if (e == NULL)
			return;
		c = (struct change) {.verb = CHANGE_KEEP, .entry = *e};
		next = *number;
		if (append_change(store, &c, now, timeout, &next, NULL) !=
		    ROSTER_DONE)
			return;
		*number = next;
		after = e->number;
	}
}

static enum roster_outcome
refuse_change(const struct roster_view *view, const struct roster_change *want,
    struct error *error)
{
	const struct entry *e = want->entry;
	bool there = entryset_get(&view->entries, e->list, e->name) != NULL;

	if (want->verb == ROSTER_DEL && !there)
		error_set(error, "%s: there is no such entry", e->name);
	else if (want->verb == ROSTER_ADD && !there &&
	    view->entries.count >= ROSTER_ENTRIES_MAX)
		error_set(error, "there are %d entries already; lists of that "
		    "size belong into files", ROSTER_ENTRIES_MAX);
	else
		return ROSTER_DONE;
	return ROSTER_REFUSED;
}

/* Who, when and why stand in the record itself. */
static int
sign_change(struct change *c, const struct roster_change *want, int64_t now,
    struct error *error)
{
	c->verb = want->verb == ROSTER_ADD ? CHANGE_ADD : CHANGE_DEL;
	c->entry = *want->entry;
	c->entry.added = now;
	if (entry_take(&c->entry, span_of("by"), span_of(want->by), 0,
	    error) != 0)
		return -1;
	return want->verb == ROSTER_ADD ? 0 : entry_take(&c->entry,
	    span_of("reason"), span_of(want->reason), 0, error);
}

enum roster_outcome
roster_append(struct roster *r, struct store *store,
    const struct roster_change *want, int64_t now, int64_t timeout,
    uint64_t *number, struct error *error)
{
	const struct roster_view *view = roster_hold(r);
	struct change c = {0};
	enum roster_outcome outcome = ROSTER_REFUSED;

	if (view == NULL) {
		error_set(error, "the store was not read yet");
		return ROSTER_UNANSWERED;
	}
	if (sign_change(&c, want, now, error) == 0)
		outcome = refuse_change(view, want, error);
	if (outcome == ROSTER_DONE) {
		*number = view->version;
		keep_fading(view, store, now, timeout, number);
		outcome = append_change(store, &c, now, timeout, number,
		    error);
		if (outcome == ROSTER_DONE)
			roster_note_newest(store, *number, now, timeout);
	}
	roster_put(view);
	return outcome;
}

/* By its first words: reading all of it takes too long under the lock. */
static bool
is_told(const char *text, const char *list_name)
{
	struct span rest = span_of(text), layout, verb, list;

	return span_word(&rest, &layout) && span_word(&rest, &verb) &&
	    span_word(&rest, &list) && !span_is(verb, "keep") &&
	    span_is(list, list_name);
}

/* The texts of a list, newest first, each on a line; copied in one go. */
static void
copy_texts(struct roster *r, enum entry_list list, size_t most,
    struct buf *out)
{
	const char *name = entry_list_name(list), *text;
	uint64_t n, first;
	size_t found = 0;

	pthread_mutex_lock(&r->lock);
	first = roster_oldest(r->newest);
	for (n = r->newest; n >= first && found < most; n--) {
		text = r->texts[n % ROSTER_CHANGES_MAX];
		if (is_told(text, name)) {
			buf_printf(out, "%" PRIu64 " %s\n", n, text);
			found++;
		}
	}
	pthread_mutex_unlock(&r->lock);
}

void
roster_log(struct roster *r, enum entry_list list, size_t most,
    struct buf *out)
{
	struct span rest, line, number;
	struct change c;
	struct buf copy;
	size_t i, count = 0;
	struct span *lines;

	if (most > ROSTER_CHANGES_MAX)
		most = ROSTER_CHANGES_MAX;
	buf_init(&copy, (size_t)ROSTER_CHANGES_MAX * (CHANGE_MAX + 24));
	copy_texts(r, list, most, &copy);
	lines = mem_alloc((most + 1) * sizeof(*lines));
	rest = buf_contents(&copy);
	while (count < most && span_cut(&rest, '\n', &line))
		lines[count++] = line;
	for (i = count; i-- > 0;) {
		line = lines[i];
		span_cut(&line, ' ', &number);
		if (change_parse(line, &c) != 0)
			continue;
		buf_printf(out, "%.*s ", SPAN_ARG(number));
		change_tell(out, &c);
		buf_char(out, '\n');
	}
	free(lines);
	buf_done(&copy);
}
