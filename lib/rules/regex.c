/* regex - one regular expression in Perl's syntax, matched by PCRE2. */
#include "rules/regex.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "rules/regex_perl.h"
#include "rules/regex_start.h"
#include "rules/regex_tree.h"
#include "rules/regex_wide.h"

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

/* A pattern with its callouts is not longer than so many times itself. */
#define CALLOUTS_GROW 8

#define WIDE_KEPT 65536		/* bytes of a subject */
#define WIDE_SUBJECT_MAX (4 << 20)

struct regex {
	_Atomic unsigned uses;
	pcre2_code *code;		/* or, where it is too large: */
	struct wide *wide;
	struct regex_start *start;	/* places to try, or NULL */
	size_t size;
};

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

static uint32_t
pcre2_options(unsigned flags, bool anchored)
{
	return (flags & REGEX_CASELESS ? PCRE2_CASELESS : 0) |
	    (flags & REGEX_LINES ? PCRE2_MULTILINE : 0) |
	    (flags & REGEX_DOTALL ? PCRE2_DOTALL : 0) |
	    (flags & REGEX_EXTENDED ? PCRE2_EXTENDED : 0) |
	    (flags & REGEX_NOGROUPS ? PCRE2_NO_AUTO_CAPTURE : 0) |
	    (anchored ? PCRE2_ANCHORED : 0) | PCRE2_NEVER_UTF |
	    PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C;
}

/* The pattern as PCRE2 gets it. */
struct source {
	struct buf text;
	uint32_t options;
	bool once;
};

static int
compile_wide(struct regex *r, struct source *s, struct error *error)
{
	r->wide = wide_new(buf_contents(&s->text), s->options, s->once,
	    error);
	if (r->wide == NULL)
		return -1;
	r->size += wide_size(r->wide);
	return 0;
}

static int
compile(struct regex *r, struct source *s, struct error *error)
{
	PCRE2_UCHAR reason[256];
	PCRE2_SIZE at;
	size_t size = 0;
	int status;

	r->code = pcre2_compile((PCRE2_SPTR)buf_string(&s->text), s->text.n,
	    s->options, &status, &at, NULL);
	if (r->code == NULL && status == PCRE2_ERROR_PATTERN_TOO_LARGE)
		return compile_wide(r, s, error);
	if (r->code == NULL) {
		pcre2_get_error_message(status, reason, sizeof(reason));
		return error_set(error, "%s at offset %zu",
		    (const char *)reason, (size_t)at);
	}
	pcre2_pattern_info(r->code, PCRE2_INFO_SIZE, &size);
	r->size += size;
	/* Where there is no machine code the interpreter does it. */
	if (!s->once && pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE) == 0 &&
	    pcre2_pattern_info(r->code, PCRE2_INFO_JITSIZE, &size) == 0)
		r->size += size;
	return 0;
}

/* The pattern with a callout at every mark. */
static void
put_callouts(struct span pattern, const struct tree_marks *marks,
    struct buf *out)
{
	static const char *const callouts[] = {
		[MARK_LOOP] = "(?C1)",
		[MARK_OPEN] = "(?:",
		[MARK_CLOSE] = ")(?C1)",
	};
	size_t i, at = 0;

	for (i = 0; i < marks->n; i++) {
		buf_add(out, pattern.p + at, marks->all[i].at - at);
		buf_puts(out, callouts[marks->all[i].kind]);
		at = marks->all[i].at;
	}
	buf_add(out, pattern.p + at, pattern.n - at);
}

/*
 * Whether PCRE2 has to look for places itself: \G would be true wherever a
 * match is tried, and the starts of lines it finds faster.
 */
static bool
has_anchor(struct span pattern)
{
	if (span_find(pattern, span_of("\\G")) < pattern.n)
		return true;
	/* Past modifiers, of which Perl's own were taken out: "(?)(?im)". */
	while (span_starts(pattern, "(?") && pattern.n > 2 &&
	    (char_alpha((unsigned char)pattern.p[2]) || pattern.p[2] == ')'))
		pattern = span_skip(pattern, span_chr(pattern, ')') + 1);
	return span_starts(pattern, "^") || span_starts(pattern, "\\A");
}

static void
prepare(struct regex *r, struct span plain, unsigned flags, struct source *s)
{
	struct tree_marks marks = {NULL, 0};
	const struct tree *tree;
	struct arena arena;

	arena_init(&arena);
	tree = tree_parse(&arena, plain, flags, &marks);
	if (tree != NULL && !s->once && !(flags & REGEX_ANCHORED) &&
	    !has_anchor(plain))
		r->start = start_new(tree);
	s->options = pcre2_options(flags, r->start != NULL ||
	    (flags & REGEX_ANCHORED) != 0);
	if (tree != NULL) {
		put_callouts(plain, &marks, &s->text);
	} else {
		/* Nothing is known of it: watch it everywhere. */
		buf_span(&s->text, plain);
		s->options |= PCRE2_AUTO_CALLOUT;
	}
	free(marks.all);
	arena_done(&arena);
}

struct regex *
regex_new(struct span pattern, unsigned flags, struct error *error)
{
	struct source source = {.once = (flags & REGEX_ONCE) != 0};
	struct regex *r;
	struct buf plain;

	if (pattern.n > REGEX_PATTERN_MAX) {
		error_set(error, "longer than %d bytes", REGEX_PATTERN_MAX);
		return NULL;
	}
	r = mem_alloc(sizeof(*r));
	r->uses = 1;
	r->size = sizeof(*r);
	buf_init(&plain, REGEX_PATTERN_MAX);
	regex_unperl(pattern, &plain);
	buf_init(&source.text, REGEX_PATTERN_MAX * CALLOUTS_GROW);
	prepare(r, buf_contents(&plain), flags, &source);
	buf_done(&plain);
	if (compile(r, &source, error) != 0) {
		regex_put(r);
		r = NULL;
	} else if (r->start != NULL) {
		r->size += sizeof(*r->start);
	}
	buf_done(&source.text);
	return r;
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
	if (r == NULL || atomic_fetch_sub(&r->uses, 1) > 1)
		return;
	pcre2_code_free(r->code);
	wide_free(r->wide);
	free(r->start);
	free(r);
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

	/* What is too large for 8 bits tells no names. */
	if (r->code == NULL)
		return false;
	pcre2_pattern_info(r->code, PCRE2_INFO_NAMECOUNT, &count);
	if (i >= count)
		return false;
	pcre2_pattern_info(r->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(r->code, PCRE2_INFO_NAMETABLE, &table);
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
match_wide(const struct regex *r, struct regex_scratch *s, size_t at)
{
	if (s->wide_scratch == NULL)
		s->wide_scratch = wide_scratch_new(PAIRS, watch, &s->watch);
	return wide_match(r->wide, s->wide_scratch, s->wide, s->subject.n, at,
	    &s->ovector);
}

static int
match_here(const struct regex *r, struct regex_scratch *s, size_t at)
{
	int status;

	if (r->code == NULL)
		return match_wide(r, s, at);
	s->ovector = pcre2_get_ovector_pointer(s->data);
	status = pcre2_match(r->code, (PCRE2_SPTR)s->subject.p, s->subject.n,
	    at, 0, s->data, s->context);
	if (status != PCRE2_ERROR_JIT_STACKLIMIT || s->stack != NULL)
		return status;
	/* The thread's own stack was too small for this one. */
	s->stack = pcre2_jit_stack_create(STACK_MIN, STACK_MAX, NULL);
	pcre2_jit_stack_assign(s->context, NULL, s->stack);
	return pcre2_match(r->code, (PCRE2_SPTR)s->subject.p, s->subject.n,
	    at, 0, s->data, s->context);
}

/* Tries only the places where a match may begin. */
static int
match_places(const struct regex *r, struct regex_scratch *s, size_t at)
{
	int status = PCRE2_ERROR_NOMATCH;

	for (;; at++) {
		at = start_find(r->start, s->subject, at);
		if (at >= s->subject.n)
			return PCRE2_ERROR_NOMATCH;
		if (!take_steps(&s->watch, PLACE_STEPS))
			return PCRE2_ERROR_CALLOUT;
		status = match_here(r, s, at);
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

enum regex_answer
regex_match(const struct regex *r, struct regex_scratch *s,
    struct span subject, size_t start, struct regex_found *found)
{
	uint32_t budget = REGEX_STEPS;
	int status;

	s->subject = span_head(subject, r->wide != NULL ? WIDE_SUBJECT_MAX :
	    REGEX_SUBJECT_MAX);
	s->groups = 0;
	found->steps = 0;
	if (start > s->subject.n)
		return REGEX_NOMATCH;
	if (s->subject.p == NULL)
		s->subject.p = "";
	/* Each byte may be looked at a few times. */
	budget += (uint32_t)(s->subject.n / BYTES_STEP) * PLACE_STEPS;
	s->watch = (struct watch){budget, start, start};
	if (r->code != NULL)
		pcre2_set_match_limit(s->context, match_limit(s->subject.n));
	else
		widen(s);
	status = r->start != NULL ? match_places(r, s, start) :
	    match_here(r, s, start);
	narrow(s);
	found->steps = budget - s->watch.left;
	if (status < 0)
		return answer(status);
	/* 0: more groups than there is room for. */
	s->groups = status > 0 ? (unsigned)status : PAIRS;
	found->from = s->ovector[0];
	found->to = s->ovector[1];
	return REGEX_MATCH;
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
