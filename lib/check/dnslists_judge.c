/* dnslists_judge - what the answers of DNS lists mean for a message. */
#include <string.h>

#include "check/dnslists.h"
#include "rules/netanswer.h"

/* A symbol that an answer stands for. */
struct hit {
	const struct weight *weight;
	const char *group;
	struct span evidence;
};

struct judge {
	const struct dnslists_self *self;
	struct inquiry *q;
	struct dnslists_state *state;
	struct hit hits[DNSLISTS_HITS_MAX];
	size_t count;
	bool asked[DNSLISTS_USED_MAX];
	const char *silent[DNSLISTS_USED_MAX];	/* why there is no answer */
	bool failed[DNSLISTS_USED_MAX];		/* it was asked, and none
						 * came */
};

static void
wait_all(struct judge *j)
{
	struct dns_job *job;
	size_t stage, i;

	for (stage = 0; stage < STAGES; stage++)
		for (i = 0; i < j->self->deadline_count; i++) {
			job = j->state->jobs[stage][i];
			if (job != NULL)
				dns_job_wait(job, dnslists_patience(j->q,
				    j->self->deadlines[i]));
		}
}

static void
add_hit(struct judge *j, const struct used_list *used, size_t code,
    const struct question *question, uint32_t answer)
{
	const struct weight *weight = used->weights[code];
	struct hit *hit;
	size_t i;

	for (i = 0; i < j->count; i++)
		if (j->hits[i].weight == weight)
			return;
	if (weight == NULL || j->count == DNSLISTS_HITS_MAX)
		return;
	hit = &j->hits[j->count++];
	hit->weight = weight;
	hit->group = used->list.codes[code].group;
	hit->evidence = arena_printf(j->q->arena, "%.*s %s %u.%u.%u.%u",
	    SPAN_ARG(question->subject), used->list.name, answer >> 24,
	    answer >> 16 & 255, answer >> 8 & 255, answer & 255);
}

static bool
is_any(const struct dnslist_code *code)
{
	return code->mask == 0 && code->high - code->low == 0xffffff;
}

/* All codes that fit; "any" where no other does. */
static void
take_answer(struct judge *j, const struct used_list *used,
    const struct question *question, uint32_t answer)
{
	const struct dnslist_code *code;
	bool ours = j->q->message->direction != DIRECTION_INBOUND;
	bool known = false;
	size_t i;
	int any;

	for (any = 0; any < 2; any++)
		for (i = 0; i < used->list.code_count; i++) {
			code = &used->list.codes[i];
			if (code->symbol == NULL || is_any(code) != any ||
			    (any && known) ||
			    !dnslist_code_has(code, answer))
				continue;
			known = true;
			if (!code->policy || !ours)
				add_hit(j, used, i, question, answer);
		}
}

/* The list is not believed, or did not say anything. */
static void
silence(struct judge *j, size_t number, const char *why)
{
	if (j->silent[number] == NULL)
		j->silent[number] = why;
}

static void
take_question(struct judge *j, const struct question *question)
{
	const struct used_list *used = &j->self->used[question->tag];
	struct listhealth *health = j->q->shared != NULL ?
	    j->q->shared->lists : NULL;
	struct dnslist_answer answer;
	size_t i;

	j->asked[question->tag] = true;
	dnslist_read(&used->list, question->answer, &answer);
	if (health != NULL)
		listhealth_note(health, &used->list, question->subject,
		    answer.word, j->q->now);
	if (answer.word == DNSLIST_ERROR) {
		silence(j, question->tag, answer.why);
		j->failed[question->tag] = true;
	}
	if (j->silent[question->tag] != NULL)
		return;
	for (i = 0; i < answer.count; i++)
		take_answer(j, used, question, answer.codes[i]);
}

/* A self-test that went along with the questions. */
static void
take_probes(struct judge *j, const struct asking *a)
{
	const char *why;
	size_t i;

	for (i = 0; i < j->self->count; i++)
		if (listprobe_result(a, &j->self->used[i].list,
		    DNSLISTS_TAG_PROBES + LISTPROBE_TAGS * (unsigned)i,
		    &why) != LISTPROBE_GOOD)
			silence(j, i, why);
}

/* Lists that are switched off meanwhile are not heard. */
static void
take_health(struct judge *j)
{
	size_t i;

	for (i = 0; i < j->self->count; i++)
		if (j->state->off[i] || dnslists_trust(j->q,
		    &j->self->used[i].list) == LIST_OFF)
			silence(j, i, "is switched off");
}

static void
take_answers(struct judge *j)
{
	const struct asking *a;
	size_t pass, stage, i, k;

	/* First whom to believe, then what they say. */
	for (pass = 0; pass < 2; pass++)
		for (stage = 0; stage < STAGES; stage++)
			for (i = 0; i < j->self->deadline_count; i++) {
				if (j->state->jobs[stage][i] == NULL)
					continue;
				a = asking_of(j->state->jobs[stage][i]);
				if (pass == 0)
					take_probes(j, a);
				for (k = 0; pass == 1 && k < a->count; k++)
					if (a->items[k].tag <
					    DNSLISTS_TAG_PROBES)
						take_question(j,
						    &a->items[k]);
			}
}

/* What the group counts: what the worst of its symbols does. */
static bool
is_worst(const struct judge *j, size_t number)
{
	const struct hit *hit = &j->hits[number], *other;
	size_t i;

	for (i = 0; i < j->count; i++) {
		other = &j->hits[i];
		if (strcmp(other->group, hit->group) == 0 &&
		    (other->weight->score > hit->weight->score ||
		    (other->weight->score == hit->weight->score &&
		    i < number)))
			return false;
	}
	return true;
}

/* The others of a group are told, and count nothing. */
static void
raise_hits(struct judge *j)
{
	size_t i;

	for (i = 0; i < j->count; i++)
		result_put(j->q->result, j->hits[i].weight, is_worst(j, i),
		    j->hits[i].evidence);
}

static bool
defers(const struct judge *j, size_t number)
{
	enum dnslist_without without = j->self->used[number].list.without;

	if (without == DNSLIST_WITHOUT_DEFAULT)
		return j->q->lists_defer;
	return without == DNSLIST_WITHOUT_TEMPFAIL;
}

static bool
was_hit(const struct judge *j, const struct weight *weight)
{
	size_t i;

	for (i = 0; i < j->count; i++)
		if (j->hits[i].weight == weight)
			return true;
	return false;
}

/* Nobody can say whether its other symbols would have been raised. */
static void
leave_open(struct judge *j, const struct used_list *used)
{
	const struct rule *rule;
	size_t i;

	for (i = 0; i < used->list.code_count; i++) {
		if (used->weights[i] == NULL ||
		    was_hit(j, used->weights[i]))
			continue;
		rule = ruleset_find(j->self->book->rules,
		    span_of(used->list.codes[i].symbol));
		if (rule != NULL)
			netanswer_unknown(inquiry_facts(j->q), rule);
	}
}

static void
tell_silent(struct judge *j)
{
	size_t i;

	for (i = 0; i < j->self->count; i++) {
		if (j->silent[i] == NULL ||
		    (!j->asked[i] && !j->state->off[i]))
			continue;
		result_degraded(j->q->result, j->self->used[i].list.name);
		leave_open(j, &j->self->used[i]);
		/* One that is switched off would defer all mail for hours. */
		if (j->failed[i] && defers(j, i))
			inquiry_defer(j->q, "4.4.3", "A list that we ask does "
			    "not answer, please try again");
	}
}

void
dnslists_judge(const struct dnslists_self *self, struct inquiry *q)
{
	struct judge *j;

	if (self->count == 0 || !dnslists_wanted(self, q))
		return;
	j = arena_alloc(q->arena, sizeof(*j));
	j->self = self;
	j->q = q;
	j->state = q->state;
	wait_all(j);
	take_health(j);
	take_answers(j);
	tell_silent(j);
	raise_hits(j);
}
