/* engine_scan - a subject against the patterns of a class. */
#include <string.h>

#include "rules/engine_scratch.h"
#include "rules/engine_strings.h"

/* Chances that can wait; further ones are tried at once. */
#define WAITING_MAX 16384

/* Texts that a pattern is tried on at first. */
#define FIRST 4

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

/* Keeps the chance for engine_settle; false when there is no room. */
static bool
put_off(struct engine_scratch *s, const struct chance *c, unsigned id)
{
	uint32_t *last = &s->waits[c->slot];
	struct chance *own;

	if (s->waiting_count == WAITING_MAX)
		return false;
	s->waiting = scratch_fit(s->waiting, &s->waiting_room,
	    s->waiting_count, sizeof(*s->waiting));
	own = &s->waiting[s->waiting_count++];
	*own = *c;
	/* The last one leads to the first. */
	own->next = (uint32_t)s->waiting_count;
	if (*last != 0) {
		own->next = s->waiting[*last - 1].next;
		s->waiting[*last - 1].next = (uint32_t)s->waiting_count;
	} else {
		s->waiters = scratch_fit(s->waiters, &s->waiter_room,
		    s->waiter_count, sizeof(*s->waiters));
		s->waiters[s->waiter_count++] = id;
	}
	*last = (uint32_t)s->waiting_count;
	return true;
}

static void
try_candidates(const struct engine *e, struct engine_scratch *s,
    struct span subject)
{
	struct chance chances[CHANCES_MAX], *c;
	const struct engine_slot *slot;
	size_t i, n = 0;

	for (i = 0; i < s->candidate_count; i++) {
		c = &chances[n];
		c->slot = s->candidates[i];
		c->from = s->seen[c->slot].from;
		c->last = s->seen[c->slot].last;
		c->subject = subject;
		slot = &e->slots[c->slot];
		if (subject.n - c->from < slot->least ||
		    (slot->later && put_off(s, c, slot->id)))
			continue;
		if (++n < CHANCES_MAX)
			continue;
		chances_try(e, s, chances, n);
		n = 0;
	}
	chances_try(e, s, chances, n);
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
	size_t i;

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
	try_candidates(e, s, subject);
	*hits = s->hits;
	return s->hit_count;
}

size_t
engine_waiting(const struct engine_scratch *s, const unsigned **ids)
{
	*ids = s->waiters;
	return s->waiter_count;
}

bool
engine_waits(const struct engine_scratch *s, size_t position)
{
	return s->waits[position] != 0;
}

size_t
engine_settle(const struct engine *e, struct engine_scratch *s,
    size_t position, const struct engine_hit **hits)
{
	struct chance chances[CHANCES_MAX];
	uint32_t last = s->waits[position], at;
	bool first = e->slots[position].most == 1;	/* is enough */
	size_t n = 0, some = FIRST;

	next_scan(s);
	s->waits[position] = 0;
	for (at = last; last != 0;) {
		at = s->waiting[at - 1].next;
		chances[n++] = s->waiting[at - 1];
		if (n < some && at != last)
			continue;
		chances_try(e, s, chances, n);
		if (first && s->hit_count > 0)
			s->hit_count = 1;
		if (at == last || (first && s->hit_count > 0))
			break;
		n = 0;
		some = CHANCES_MAX;
	}
	*hits = s->hits;
	return s->hit_count;
}
