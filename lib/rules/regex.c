/* regex - one regular expression in Perl's syntax, matched by PCRE2. */
#include "rules/regex.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "rules/regex_code.h"

#define PAIRS (REGEX_CAPTURES_MAX + 1)
#define STACK_MIN (32 << 10)
#define STACK_MAX (1 << 20)
#define HEAP_KIB 4096		/* of backtracking without machine code */

/*
 * PCRE2's own count, which begins anew at every place: a little for short
 * subjects, so that they cost little, and some for every byte of long ones.
 */
#define MATCH_LIMIT 50000
#define MATCH_LIMIT_BYTE 4

/* Bytes that are passed in the time of a step; steps of one place. */
#define BYTES_STEP 16
#define PLACE_STEPS 4

/* The time that matches which are not watched may take in a message. */
#define CALM_NS INT64_C(30000000)

#define WIDE_KEPT 65536		/* bytes of a subject */
#define WIDE_SUBJECT_MAX (4 << 20)

/* How much one match may still try. */
struct watch {
	uint32_t left;
	size_t start, at;		/* of the last callout */
};

struct regex_scratch {
	pcre2_general_context *memory;	/* never NULL, as mem.h's */
	pcre2_match_data *data;
	pcre2_match_context *context;
	pcre2_jit_stack *stack;		/* NULL until a pattern needs it */
	struct watch watch;
	int64_t calm_ns;		/* that is left of CALM_NS */
	const struct regex_form *form;	/* of this match */
	struct span subject;
	size_t *ovector;
	unsigned groups;		/* of the last match, with the whole */
	struct wide_scratch *wide_scratch;	/* NULL until needed */
	uint32_t *wide;			/* the subject, widened */
	size_t room;			/* for so many bytes of it */
};

int
regex_flags(struct span letters, unsigned *flags, struct error *error)
{
	unsigned f = 0;
	size_t i;

	for (i = 0; i < letters.n; i++)
		switch (letters.p[i]) {
		case 'i': f |= REGEX_CASELESS; break;
		case 'm': f |= REGEX_LINES; break;
		case 's': f |= REGEX_DOTALL; break;
		case 'x': f |= REGEX_EXTENDED; break;
		case 'n': f |= REGEX_NOGROUPS; break;
		case 'a': case 'u': case 'l': case 'd': case 'o': case 'p':
		case 'g': case 'c': break;
		default:
			return error_set(error, "unknown modifier \"%c\"",
			    letters.p[i]);
		}
	*flags = f;
	return 0;
}

struct regex *
regex_new(struct span pattern, unsigned flags, struct error *error)
{
	if (pattern.n > REGEX_PATTERN_MAX) {
		error_set(error, "longer than %d bytes", REGEX_PATTERN_MAX);
		return NULL;
	}
	return regex_code_new(pattern, flags, error);
}

struct regex *
regex_get(struct regex *r)
{
	atomic_fetch_add(&r->uses, 1);
	return r;
}

void
regex_put(struct regex *r)
{
	if (r != NULL && atomic_fetch_sub(&r->uses, 1) == 1)
		regex_code_free(r);
}

size_t
regex_size(const struct regex *r)
{
	return r->size;
}

bool
regex_name(const struct regex *r, unsigned i, const char **name,
    unsigned *group)
{
	uint32_t count = 0, size = 0;
	PCRE2_SPTR table = NULL;

	const struct regex_form *form = r->calm != NULL ? r->calm :
	    r->watched->form;

	/* What is too large for 8 bits tells no names. */
	if (form->code == NULL)
		return false;
	pcre2_pattern_info(form->code, PCRE2_INFO_NAMECOUNT, &count);
	if (i >= count)
		return false;
	pcre2_pattern_info(form->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(form->code, PCRE2_INFO_NAMETABLE, &table);
	table += (size_t)i * size;
	*group = (unsigned)table[0] << 8 | table[1];
	*name = (const char *)table + 2;
	return true;
}

/* Takes steps for one callout, or for one place; false when they are up. */
static bool
take_steps(struct watch *w, size_t steps)
{
	if (steps > w->left) {
		w->left = 0;
		return false;
	}
	w->left -= (uint32_t)steps;
	return true;
}

/* How far a loop ran since the last callout is part of what it cost. */
static int
watch(void *arg, size_t start, size_t at)
{
	struct watch *w = arg;
	size_t from = w->start == start ? w->at : start;
	size_t distance = at > from ? at - from : from - at;

	w->start = start;
	w->at = at;
	return take_steps(w, 1 + distance / BYTES_STEP) ? 0 :
	    PCRE2_ERROR_CALLOUT;
}

static int
on_callout(pcre2_callout_block *block, void *arg)
{
	return watch(arg, block->start_match, block->current_position);
}

static void *
get_memory(size_t n, void *arg)
{
	(void)arg;
	return mem_resize(NULL, n);
}

static void
put_memory(void *p, void *arg)
{
	(void)arg;
	free(p);
}

struct regex_scratch *
regex_scratch_new(void)
{
	struct regex_scratch *s = mem_alloc(sizeof(*s));

	s->memory = pcre2_general_context_create(get_memory, put_memory,
	    NULL);
	s->data = pcre2_match_data_create(PAIRS, s->memory);
	s->context = pcre2_match_context_create(s->memory);
	pcre2_set_callout(s->context, on_callout, &s->watch);
	pcre2_set_heap_limit(s->context, HEAP_KIB);
	regex_scratch_reset(s);
	return s;
}

void
regex_scratch_free(struct regex_scratch *s)
{
	if (s == NULL)
		return;
	pcre2_match_data_free(s->data);
	pcre2_match_context_free(s->context);
	pcre2_jit_stack_free(s->stack);
	pcre2_general_context_free(s->memory);
	wide_scratch_free(s->wide_scratch);
	free(s->wide);
	free(s);
}

/* PCRE2's 32-bit library takes nothing less. */
static void
widen(struct regex_scratch *s)
{
	size_t i;

	if (s->room < s->subject.n + 1) {
		s->room = s->subject.n + 1;
		s->wide = mem_array(s->wide, s->room, sizeof(*s->wide));
	}
	for (i = 0; i < s->subject.n; i++)
		s->wide[i] = (unsigned char)s->subject.p[i];
}

/* A huge subject's copy is not kept. */
static void
narrow(struct regex_scratch *s)
{
	if (s->room <= WIDE_KEPT)
		return;
	free(s->wide);
	s->wide = NULL;
	s->room = 0;
}

static uint32_t
match_limit(size_t n)
{
	return MATCH_LIMIT + (uint32_t)n * MATCH_LIMIT_BYTE;
}

static int
match_wide(struct regex_scratch *s, size_t at)
{
	if (s->wide_scratch == NULL)
		s->wide_scratch = wide_scratch_new(PAIRS, watch, &s->watch);
	return wide_match(s->form->wide, s->wide_scratch, s->wide,
	    s->subject.n, at, &s->ovector);
}

static int
match_code(struct regex_scratch *s, size_t at)
{
	/* Both do the same, but the first knows what it has. */
	return (s->form->machine ? pcre2_jit_match : pcre2_match)
	    (s->form->code, (PCRE2_SPTR)s->subject.p, s->subject.n, at, 0,
	    s->data, s->context);
}

static int
match_here(struct regex_scratch *s, size_t at)
{
	int status;

	if (s->form->code == NULL)
		return match_wide(s, at);
	status = match_code(s, at);
	if (status != PCRE2_ERROR_JIT_STACKLIMIT || s->stack != NULL)
		return status;
	/* The thread's own stack was too small for this one. */
	s->stack = pcre2_jit_stack_create(STACK_MIN, STACK_MAX, NULL);
	pcre2_jit_stack_assign(s->context, NULL, s->stack);
	return match_code(s, at);
}

/* Tries only the places where a match may begin. */
static int
match_places(const struct regex *r, struct regex_scratch *s, size_t at)
{
	int status;

	for (;; at++) {
		at = start_find(r->start, s->subject, at);
		if (at >= s->subject.n)
			return PCRE2_ERROR_NOMATCH;
		if (!take_steps(&s->watch, PLACE_STEPS))
			return PCRE2_ERROR_CALLOUT;
		status = match_here(s, at);
		if (status != PCRE2_ERROR_NOMATCH)
			return status;
	}
}

static enum regex_answer
answer(int status)
{
	if (status >= 0)
		return REGEX_MATCH;
	return status == PCRE2_ERROR_NOMATCH ? REGEX_NOMATCH : REGEX_LIMIT;
}

static int64_t
nanoseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* Chooses the form; false when there is none. */
static bool
prepare(const struct regex *r, struct regex_scratch *s, struct span subject)
{
	bool calm = r->calm != NULL && (r->watched == NULL ||
	    subject.n <= r->calm_size ||
	    (subject.n <= r->timed_size && s->calm_ns > 0));

	s->form = calm ? r->calm : regex_code_watched(r);
	if (s->form == NULL)
		return false;
	s->subject = span_head(subject, s->form->wide != NULL ?
	    WIDE_SUBJECT_MAX : REGEX_SUBJECT_MAX);
	if (s->subject.p == NULL)
		s->subject.p = "";
	return true;
}

static int
match(const struct regex *r, struct regex_scratch *s, size_t start)
{
	bool timed = s->form == r->calm && s->subject.n > r->calm_size;
	int64_t began = timed ? nanoseconds() : 0;
	int status;

	if (s->form->wide != NULL) {
		widen(s);
	} else {
		pcre2_set_match_limit(s->context, match_limit(s->subject.n));
		s->ovector = pcre2_get_ovector_pointer(s->data);
	}
	status = r->start != NULL ? match_places(r, s, start) :
	    match_here(s, start);
	narrow(s);
	if (timed)
		s->calm_ns -= nanoseconds() - began;
	return status;
}

enum regex_answer
regex_match(const struct regex *r, struct regex_scratch *s,
    struct span subject, size_t start, struct regex_found *found)
{
	uint32_t budget = REGEX_STEPS;
	int status;

	s->groups = 0;
	found->steps = 0;
	if (!prepare(r, s, subject))
		return REGEX_LIMIT;
	if (start > s->subject.n)
		return REGEX_NOMATCH;
	/* Each byte may be looked at a few times. */
	budget += (uint32_t)(s->subject.n / BYTES_STEP) * PLACE_STEPS;
	s->watch = (struct watch){budget, start, start};
	status = match(r, s, start);
	found->steps = budget - s->watch.left;
	if (status < 0)
		return answer(status);
	/* 0: more groups than there is room for. */
	s->groups = status > 0 ? (unsigned)status : PAIRS;
	found->from = s->ovector[0];
	found->to = s->ovector[1];
	return REGEX_MATCH;
}

void
regex_scratch_reset(struct regex_scratch *s)
{
	s->calm_ns = CALM_NS;
}

bool
regex_group(const struct regex_scratch *s, unsigned group, struct span *out)
{
	size_t from, to;

	if (group >= s->groups)
		return false;
	from = s->ovector[2 * group];
	to = s->ovector[2 * group + 1];
	if (from == PCRE2_UNSET || to < from)
		return false;
	*out = span_make(s->subject.p + from, to - from);
	return true;
}
