/* engine_try - whether what may match does. */
#include "rules/engine_scratch.h"

/* Steps of one pattern, and of all, in a message; see regex.h. */
#define PATTERN_STEPS (4u * REGEX_STEPS)
#define MESSAGE_STEPS (UINT64_C(40) * REGEX_STEPS)

static struct engine_hit *
add_hit(struct engine_scratch *s, const struct engine_slot *slot,
    struct span subject, const struct regex_found *found)
{
	struct engine_hit *hit;

	s->hits = scratch_fit(s->hits, &s->hit_room, s->hit_count,
	    sizeof(*s->hits));
	hit = &s->hits[s->hit_count++];
	hit->id = slot->id;
	hit->subject = subject;
	hit->from = found->from;
	hit->to = found->to;
	hit->capture = s->capture_count;
	hit->captures = 0;
	return hit;
}

static void
touch(struct engine_scratch *s, unsigned number)
{
	if (s->steps[number] != 0)
		return;
	s->touched = scratch_fit(s->touched, &s->touched_room, s->touched_count,
	    sizeof(*s->touched));
	s->touched[s->touched_count++] = number;
}

/* A pattern that need not be tried any more in this message. */
static void
finish(struct engine_scratch *s, unsigned number)
{
	touch(s, number);
	s->steps[number] = ENGINE_FINISHED;
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
	s->limited = scratch_fit(s->limited, &s->limited_room, s->limited_count,
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
	enum regex_answer answer = regex_match(slot->item->regex, s->regex,
	    subject, at, out);

	charge(s, number, slot->id, out->steps, answer == REGEX_LIMIT);
	return answer == REGEX_MATCH;
}

static unsigned
count_brief(struct engine_scratch *s, const struct engine_slot *slot,
    const struct chance *c)
{
	struct regex_found first = {.from = c->from};
	unsigned count = brief_count(slot->item->brief, c->subject, slot->most,
	    &first.from, &first.to);

	if (count > 0)
		add_hit(s, slot, c->subject, &first)->count = count;
	return count;
}

static unsigned
count_regex(struct engine_scratch *s, const struct engine_slot *slot,
    const struct chance *c)
{
	struct engine_hit *hit = NULL;
	struct regex_found found;
	size_t at = c->from;
	unsigned count = 0;

	while (count < slot->most && at <= c->subject.n &&
	    s->steps[c->slot] != ENGINE_FINISHED &&
	    find_hit(s, slot, c->slot, c->subject, at, &found)) {
		if (count == 0)
			hit = add_hit(s, slot, c->subject, &found);
		hit->count = ++count;
		if (slot->captures)
			add_captures(s, slot->item, hit);
		/* An empty match must not be found again. */
		at = found.to > at && found.to > found.from ? found.to :
		    (found.to > at ? found.to : at) + 1;
	}
	return count;
}

/* All hits of a pattern in a text that count, from a place on. */
static void
confirm(struct engine_scratch *s, const struct engine_slot *slot,
    const struct chance *c)
{
	unsigned count = slot->item->brief != NULL ? count_brief(s, slot, c) :
	    count_regex(s, slot, c);

	if (count > 0 && slot->once)
		finish(s, c->slot);
}

/* Bytes at the end of its text in which no match begins. */
static size_t
find_rest(const struct chance *c, size_t least)
{
	size_t rest = c->last < c->subject.n ? c->subject.n - c->last - 1 : 0;

	return least > rest ? least - 1 : rest;
}

void
chances_try(const struct engine *e, struct engine_scratch *s,
    const struct chance *chances, size_t n)
{
	const struct chance *waiting[CHANCES_MAX], *c;
	struct filter_job jobs[CHANCES_MAX];
	const struct engine_slot *slot;
	size_t i, count = 0;

	for (i = 0; i < n; i++) {
		c = &chances[i];
		slot = &e->slots[c->slot];
		if (s->steps[c->slot] == ENGINE_FINISHED ||
		    (slot->run != NULL && !run_occurs(slot->run, c->subject)))
			continue;
		if (slot->filter == NULL) {
			confirm(s, slot, c);
			continue;
		}
		jobs[count].filter = slot->filter;
		jobs[count].text = span_skip(c->subject, c->from);
		jobs[count].rest = find_rest(c, slot->least);
		waiting[count++] = c;
	}
	filters_run(jobs, count);
	for (i = 0; i < count; i++)
		if (jobs[i].passes)
			confirm(s, &e->slots[waiting[i]->slot], waiting[i]);
}
