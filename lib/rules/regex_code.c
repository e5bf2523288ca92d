/* regex_code - a pattern as PCRE2 has it. */
#include "rules/regex_code.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "rules/regex.h"
#include "rules/regex_perl.h"
#include "rules/regex_tree.h"
#include "rules/regex_work.h"

/* A pattern with its callouts is not longer than so many times itself. */
#define CALLOUTS_GROW 8

/* Bytes looked at: a matter of some 0.2 ms, and of 10. */
#define CALM_WORK 3e5
#define TIMED_WORK 1e7

/* A pattern while it is being compiled. */
struct source {
	struct span plain;
	unsigned flags;
	uint32_t options;
	struct tree_marks marks;
	bool known;		/* the marks are all there are */
};

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

static void
form_free(struct regex_form *f)
{
	if (f == NULL)
		return;
	pcre2_code_free(f->code);
	wide_free(f->wide);
	free(f);
}

static struct regex_form *
form_wide(struct span text, uint32_t options, bool once, struct error *error)
{
	struct wide *wide = wide_new(text, options, once, error);
	struct regex_form *f;

	if (wide == NULL)
		return NULL;
	f = mem_alloc(sizeof(*f));
	f->wide = wide;
	return f;
}

/* NULL with *error filled in; or, where wide is not allowed, just NULL. */
static struct regex_form *
form_new(struct span text, uint32_t options, bool once, bool wide,
    struct error *error)
{
	PCRE2_UCHAR reason[256];
	struct regex_form *f;
	pcre2_code *code;
	PCRE2_SIZE at;
	size_t size;
	int status;

	code = pcre2_compile((PCRE2_SPTR)text.p, text.n, options, &status,
	    &at, NULL);
	if (code == NULL && status == PCRE2_ERROR_PATTERN_TOO_LARGE)
		return wide ? form_wide(text, options, once, error) : NULL;
	if (code == NULL) {
		pcre2_get_error_message(status, reason, sizeof(reason));
		error_set(error, "%s at offset %zu", (const char *)reason,
		    (size_t)at);
		return NULL;
	}
	f = mem_alloc(sizeof(*f));
	f->code = code;
	/* Where there is no machine code the interpreter does it. */
	f->machine = !once && pcre2_jit_compile(code,
	    PCRE2_JIT_COMPLETE) == 0 && pcre2_pattern_info(code,
	    PCRE2_INFO_JITSIZE, &size) == 0 && size > 0;
	return f;
}

static size_t
form_size(const struct regex_form *f)
{
	size_t code = 0, machine = 0;

	if (f == NULL)
		return 0;
	if (f->wide != NULL)
		return sizeof(*f) + wide_size(f->wide);
	pcre2_pattern_info(f->code, PCRE2_INFO_SIZE, &code);
	if (f->machine)
		pcre2_pattern_info(f->code, PCRE2_INFO_JITSIZE, &machine);
	return sizeof(*f) + code + machine;
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
	return span_find(pattern, span_of("\\G")) < pattern.n ||
	    work_anchored(pattern);
}

/* Which subjects need no watching; all, where nothing is marked. */
static void
find_sizes(struct regex *r, const struct source *s, const struct tree *tree)
{
	static const double limits[2] = {CALM_WORK, TIMED_WORK};
	size_t sizes[2] = {REGEX_SUBJECT_MAX, REGEX_SUBJECT_MAX};

	if (s->marks.n > 0)
		work_sizes(tree, work_begins(tree, s->plain, s->flags),
		    limits, sizes);
	r->calm_size = sizes[0];
	r->timed_size = sizes[1];
}

/* What the pattern says of itself. */
static void
examine(struct regex *r, struct source *s)
{
	const struct tree *tree;
	struct arena arena;

	arena_init(&arena);
	tree = tree_parse(&arena, s->plain, s->flags, &s->marks);
	s->known = tree != NULL;
	if (tree != NULL && !(s->flags & REGEX_ONCE)) {
		find_sizes(r, s, tree);
		if (!(s->flags & REGEX_ANCHORED) && !has_anchor(s->plain))
			r->start = start_new(tree);
	}
	s->options = pcre2_options(s->flags, r->start != NULL ||
	    (s->flags & REGEX_ANCHORED) != 0);
	arena_done(&arena);
}

/* The form with callouts, to be compiled once it is needed. */
static void
keep_watched(struct regex *r, const struct source *s)
{
	struct buf text;

	r->watched = mem_alloc(sizeof(*r->watched));
	r->watched->options = s->options | (s->known ? 0 :
	    PCRE2_AUTO_CALLOUT);
	r->watched->once = (s->flags & REGEX_ONCE) != 0;
	buf_init(&text, REGEX_PATTERN_MAX * CALLOUTS_GROW);
	/* Of what is not known to us everything is watched. */
	if (s->known)
		put_callouts(s->plain, &s->marks, &text);
	else
		buf_span(&text, s->plain);
	r->watched->n = text.n;
	r->watched->text = mem_copy(buf_string(&text), text.n);
	buf_done(&text);
}

static struct regex_form *
compile_watched(const struct regex_watched *w, struct error *error)
{
	return form_new(span_make(w->text, w->n), w->options, w->once, true,
	    error);
}

const struct regex_form *
regex_code_watched(const struct regex *r)
{
	struct regex_form *form = atomic_load(&r->watched->form), *none = NULL;
	struct error error;

	if (form != NULL)
		return form;
	form = compile_watched(r->watched, &error);
	/* Of two threads that found it missing one was first. */
	if (form == NULL ||
	    atomic_compare_exchange_strong(&r->watched->form, &none, form))
		return form;
	form_free(form);
	return none;
}

/* Compiles what is needed at once. */
static int
compile(struct regex *r, struct source *s, struct error *error)
{
	struct regex_form *form;

	if (r->timed_size > 0)
		r->calm = form_new(s->plain, s->options, false, false, error);
	if (r->calm != NULL && s->marks.n == 0)
		return 0;
	keep_watched(r, s);
	if (r->calm != NULL)
		return 0;
	form = compile_watched(r->watched, error);
	atomic_init(&r->watched->form, form);
	return form != NULL ? 0 : -1;
}

struct regex *
regex_code_new(struct span pattern, unsigned flags, struct error *error)
{
	struct source source = {.flags = flags};
	struct regex *r = mem_alloc(sizeof(*r));
	struct buf plain;
	int status;

	r->uses = 1;
	buf_init(&plain, REGEX_PATTERN_MAX);
	regex_unperl(pattern, &plain);
	source.plain = buf_contents(&plain);
	examine(r, &source);
	status = compile(r, &source, error);
	free(source.marks.all);
	buf_done(&plain);
	if (status != 0) {
		regex_code_free(r);
		return NULL;
	}
	r->size = sizeof(*r) + form_size(r->calm);
	if (r->start != NULL)
		r->size += sizeof(*r->start);
	if (r->watched != NULL)
		r->size += sizeof(*r->watched) + r->watched->n +
		    form_size(r->watched->form);
	return r;
}

void
regex_code_free(struct regex *r)
{
	form_free(r->calm);
	if (r->watched != NULL) {
		form_free(r->watched->form);
		free(r->watched->text);
		free(r->watched);
	}
	free(r->start);
	free(r);
}
