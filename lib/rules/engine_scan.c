/* engine_scan - a subject against the patterns of a class. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "rules/engine_state.h"
#include "rules/engine_strings.h"

/* Steps of one pattern, and of all, in a message; see regex.h. */
#define PATTERN_STEPS (4u * REGEX_STEPS)
#define MESSAGE_STEPS (UINT64_C(40) * REGEX_STEPS)

#define FINISHED UINT32_MAX	/* in place of steps */

#define JOBS_MAX 64	/* candidates whose filters run at once */

#define LIST_MIN 32	/* room in lists that grow */

#define POOL_MAX 64		/* scratches that are kept for later */

/* What has come of a pattern's needs in a scan. */
struct seen {
	uint32_t scan;		/* the last one that it came in */
	uint8_t missing;	/* needs that are not met yet */
	uint8_t found[NEEDS_MAX];	/* strings of each, up to its times */
	uint32_t from;		/* no match begins before */
	uint32_t last;		/* nor after this place */
};

struct engine_scratch {
	struct engine_scratch *next;	/* in the pool */
	hs_scratch_t *hs;
	struct regex_scratch *regex;

	/* As many as there are slots, and by slot: */
	size_t room;
	struct seen *seen;
	uint32_t scan;			/* this one's number, for any engine */
	uint32_t *steps;		/* in this message */

	unsigned *candidates;		/* slots to be tried by PCRE2 */
	size_t candidate_count;

	/* These are few as a rule, and grow. */
	unsigned *touched;		/* slots that have steps */
	size_t touched_count, touched_room;
	unsigned *limited;		/* ids */
	size_t limited_count, limited_room;
	struct engine_hit *hits;
	size_t hit_count, hit_room;
	uint64_t all_steps;		/* in this message */
	struct engine_capture captures[ENGINE_CAPTURES_MAX];
	unsigned capture_count;
};

struct engine_pool {
	pthread_mutex_t lock;
	struct engine_scratch *free;
	size_t count;
};

struct engine_pool *
engine_pool_new(void)
{
	struct engine_pool *pool = mem_alloc(sizeof(*pool));

	pthread_mutex_init(&pool->lock, NULL);
	return pool;
}

static void
scratch_free(struct engine_scratch *s)
{
	hs_free_scratch(s->hs);
	regex_scratch_free(s->regex);
	free(s->seen);
	free(s->steps);
	free(s->touched);
	free(s->limited);
	free(s->candidates);
	free(s->hits);
	free(s);
}

void
engine_pool_free(struct engine_pool *pool)
{
	struct engine_scratch *s;

	if (pool == NULL)
		return;
	while ((s = pool->free) != NULL) {
		pool->free = s->next;
		scratch_free(s);
	}
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

/* Room for an engine of so many patterns; it never shrinks. */
static void
scratch_grow(struct engine_scratch *s, size_t n)
{
	if (n <= s->room)
		return;
	s->seen = mem_array(s->seen, n, sizeof(*s->seen));
	s->steps = mem_array(s->steps, n, sizeof(*s->steps));
	s->candidates = mem_array(s->candidates, n, sizeof(*s->candidates));
	memset(s->seen + s->room, 0, (n - s->room) * sizeof(*s->seen));
	memset(s->steps + s->room, 0, (n - s->room) * sizeof(*s->steps));
	s->room = n;
}

/* It is a matter of nothing where the scratch is large enough already. */
static void
scratch_fit(struct engine_scratch *s, const struct engine *e)
{
	size_t i, k;

	scratch_grow(s, e->n);
	for (i = 0; i < e->class_count; i++)
		for (k = 0; k < e->classes[i].shard_count; k++)
			if (hs_alloc_scratch(e->classes[i].shards[k].shard->db,
			    &s->hs) != HS_SUCCESS)
				/* Out of memory, with mem's ending. */
				mem_alloc(SIZE_MAX);
}

static struct engine_scratch *
take(struct engine_pool *pool)
{
	struct engine_scratch *s;

	pthread_mutex_lock(&pool->lock);
	s = pool->free;
	if (s != NULL) {
		pool->free = s->next;
		pool->count--;
	}
	pthread_mutex_unlock(&pool->lock);
	return s;
}

struct engine_scratch *
engine_borrow(struct engine_pool *pool, struct engine *e)
{
	struct engine_scratch *s = take(pool);

	if (s == NULL) {
		s = mem_alloc(sizeof(*s));
		s->regex = regex_scratch_new();
	}
	scratch_fit(s, e);
	return s;
}

void
engine_return(struct engine_pool *pool, struct engine_scratch *s)
{
	bool keep;

	if (s == NULL)
		return;
	while (s->touched_count > 0)
		s->steps[s->touched[--s->touched_count]] = 0;
	s->all_steps = 0;
	s->limited_count = 0;
	regex_scratch_reset(s->regex);
	pthread_mutex_lock(&pool->lock);
	keep = pool->count < POOL_MAX;
	if (keep) {
		s->next = pool->free;
		pool->free = s;
		pool->count++;
	}
	pthread_mutex_unlock(&pool->lock);
	if (!keep)
		scratch_free(s);
}

/* Room for one more. */
static void *
list_fit(void *list, size_t *room, size_t count, size_t size)
{
	if (count < *room)
		return list;
	*room = *room > 0 ? 2 * *room : LIST_MIN;
	return mem_array(list, *room, size);
}

static struct engine_hit *
add_hit(struct engine_scratch *s, const struct engine_slot *slot,
    const struct regex_found *found)
{
	struct engine_hit *hit;

	s->hits = list_fit(s->hits, &s->hit_room, s->hit_count,
	    sizeof(*s->hits));
	hit = &s->hits[s->hit_count++];
	hit->id = slot->id;
	hit->from = found->from;
	hit->to = found->to;
	hit->capture = s->capture_count;
	hit->captures = 0;
	return hit;
}

/* True the first time that it comes in this scan. */
static bool
see(struct engine_scratch *s, unsigned slot)
{
	if (s->seen[slot].scan == s->scan)
		return false;
	s->seen[slot].scan = s->scan;
	s->seen[slot].from = 0;
	s->seen[slot].last = UINT32_MAX;
	return true;
}

static void
add_candidate(struct engine_scratch *s, unsigned slot)
{
	if (see(s, slot))
		s->candidates[s->candidate_count++] = slot;
}

struct context {
	struct engine_scratch *scratch;
	const unsigned *slots;	/* of the shard, or of the sketches */
	const struct engine_gate *gates;
};

static int
on_match(unsigned id, unsigned long long from, unsigned long long to,
    unsigned flags, void *arg)
{
	const struct context *c = arg;

	(void)from;
	(void)to;
	(void)flags;
	add_candidate(c->scratch, c->slots[id]);
	return 0;
}

static void
on_sketch(void *arg, unsigned number)
{
	const struct context *c = arg;

	add_candidate(c->scratch, c->slots[number]);
}

static void
on_string(void *arg, unsigned number, size_t at)
{
	const struct context *c = arg;
	const struct engine_gate *gate = &c->gates[number];
	struct engine_scratch *s = c->scratch;
	struct seen *seen = &s->seen[gate->slot];
	uint8_t *found = &seen->found[gate->need];

	if (see(s, gate->slot)) {
		seen->missing = gate->needs;
		memset(seen->found, 0, sizeof(seen->found));
		seen->last = 0;
	}
	if (*found == 0 && at > (size_t)seen->from + gate->before)
		seen->from = (uint32_t)(at - gate->before);
	/* No match begins after the last string that it needs. */
	if (gate->need == 0 && at > seen->last)
		seen->last = (uint32_t)at;
	if (*found < gate->times && ++*found == gate->times &&
	    --seen->missing == 0)
		s->candidates[s->candidate_count++] = gate->slot;
}

static void
touch(struct engine_scratch *s, unsigned number)
{
	if (s->steps[number] != 0)
		return;
	s->touched = list_fit(s->touched, &s->touched_room, s->touched_count,
	    sizeof(*s->touched));
	s->touched[s->touched_count++] = number;
}

/* A pattern that need not be tried any more in this message. */
static void
finish(struct engine_scratch *s, unsigned number)
{
	touch(s, number);
	s->steps[number] = FINISHED;
}

/* Counts what a match took; at the limits the pattern is given up. */
static void
charge(struct engine_scratch *s, unsigned number, uint32_t id, uint32_t steps,
    bool limit)
{
	if (steps == 0 && !limit)
		return;
	touch(s, number);
	s->all_steps += steps;
	s->steps[number] += steps + limit;
	if (!limit && s->steps[number] <= PATTERN_STEPS &&
	    s->all_steps <= MESSAGE_STEPS)
		return;
	finish(s, number);
	s->limited = list_fit(s->limited, &s->limited_room, s->limited_count,
	    sizeof(*s->limited));
	s->limited[s->limited_count++] = id;
}

static void
add_captures(struct engine_scratch *s, const struct item *item,
    struct engine_hit *hit)
{
	struct engine_capture *c;
	unsigned i;

	for (i = 0; i < item->name_count; i++) {
		if (s->capture_count == ENGINE_CAPTURES_MAX)
			return;
		c = &s->captures[s->capture_count];
		if (!regex_group(s->regex, item->names[i].group, &c->value))
			continue;
		c->name = item->names[i].name;
		s->capture_count++;
		hit->captures++;
	}
}

/* The next hit of a candidate. */
static bool
find_hit(struct engine_scratch *s, const struct engine_slot *slot,
    unsigned number, struct span subject, size_t at, struct regex_found *out)
{
	enum regex_answer answer;

	if (slot->item->brief != NULL) {
		out->from = at;
		return brief_find(slot->item->brief, subject, &out->from,
		    &out->to);
	}
	answer = regex_match(slot->item->regex, s->regex, subject, at, out);
	charge(s, number, slot->id, out->steps, answer == REGEX_LIMIT);
	return answer == REGEX_MATCH;
}

/* One candidate: all its hits that count, from a place on. */
static void
confirm(struct engine_scratch *s, const struct engine_slot *slot,
    unsigned number, struct span subject, size_t at)
{
	struct engine_hit *hit = NULL;
	struct regex_found found;
	unsigned count = 0;

	while (count < slot->most && at <= subject.n &&
	    s->steps[number] != FINISHED &&
	    find_hit(s, slot, number, subject, at, &found)) {
		if (count == 0)
			hit = add_hit(s, slot, &found);
		hit->count = ++count;
		if (slot->captures)
			add_captures(s, slot->item, hit);
		/* An empty match must not be found again. */
		at = found.to > at && found.to > found.from ? found.to :
		    (found.to > at ? found.to : at) + 1;
	}
	if (count > 0 && slot->once)
		finish(s, number);
}

/* The candidates that come through their filters are tried. */
static void
confirm_some(struct engine_scratch *s, const struct engine *e,
    const unsigned *numbers, size_t n, struct span subject)
{
	struct filter_job jobs[JOBS_MAX];
	unsigned waiting[JOBS_MAX];
	const struct item *item;
	const struct seen *seen;
	size_t i, count = 0;

	for (i = 0; i < n; i++) {
		item = e->slots[numbers[i]].item;
		if (s->steps[numbers[i]] == FINISHED ||
		    !run_occurs(&item->run, subject))
			continue;
		if (item->filter == NULL) {
			confirm(s, &e->slots[numbers[i]], numbers[i], subject,
			    s->seen[numbers[i]].from);
			continue;
		}
		jobs[count].filter = item->filter;
		seen = &s->seen[numbers[i]];
		jobs[count].text = span_skip(subject, seen->from);
		jobs[count].rest = seen->last < subject.n ?
		    subject.n - seen->last - 1 : 0;
		waiting[count++] = numbers[i];
	}
	filters_run(jobs, count);
	for (i = 0; i < count; i++)
		if (jobs[i].passes)
			confirm(s, &e->slots[waiting[i]], waiting[i], subject,
			    s->seen[waiting[i]].from);
}

static void
next_scan(struct engine_scratch *s)
{
	if (++s->scan == 0) {
		memset(s->seen, 0, s->room * sizeof(*s->seen));
		s->scan = 1;
	}
	s->hit_count = s->candidate_count = 0;
	s->capture_count = 0;
}

size_t
engine_scan(const struct engine *e, struct engine_scratch *s, unsigned class,
    struct span subject, const struct engine_hit **hits)
{
	struct context context = {s, NULL, NULL};
	const struct engine_class *c;
	size_t i, n;

	if (class >= e->class_count)
		return 0;
	c = &e->classes[class];
	subject = span_head(subject, REGEX_SUBJECT_MAX);
	next_scan(s);
	for (i = 0; i < c->shard_count && subject.n > 0; i++) {
		context.slots = c->shards[i].patterns;
		hs_scan(c->shards[i].shard->db, subject.p,
		    (unsigned)subject.n, 0, s->hs, on_match, &context);
	}
	if (c->strings != NULL) {
		context.gates = c->gates;
		engine_strings_scan(c->strings, subject, on_string, &context);
	}
	if (c->sketches != NULL) {
		context.slots = c->sketched;
		sketches_scan(c->sketches, subject, on_sketch, &context);
	}
	for (i = 0; i < c->direct_count; i++)
		add_candidate(s, c->direct[i]);
	for (i = 0; i < s->candidate_count; i += n) {
		n = s->candidate_count - i < JOBS_MAX ?
		    s->candidate_count - i : JOBS_MAX;
		confirm_some(s, e, s->candidates + i, n, subject);
	}
	*hits = s->hits;
	return s->hit_count;
}

const struct engine_capture *
engine_captures(const struct engine_scratch *s)
{
	return s->captures;
}

size_t
engine_limited(const struct engine_scratch *s, const unsigned **ids)
{
	*ids = s->limited;
	return s->limited_count;
}

struct regex_scratch *
engine_regexes(struct engine_scratch *s)
{
	return s->regex;
}
