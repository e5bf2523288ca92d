/* regex_wide - patterns that are too large for 8-bit PCRE2. */
#include "rules/regex_wide.h"

#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 32
#include <pcre2.h>

#include "base/mem.h"

#define HEAP_KIB 4096		/* of backtracking without machine code */
#define STACK_MIN (32 << 10)
#define STACK_MAX (1 << 20)
#define MATCH_LIMIT 200000	/* PCRE2's own count, at one place */

struct wide {
	pcre2_code_32 *code;
	size_t size;
};

struct wide_scratch {
	pcre2_general_context_32 *memory;	/* never NULL, as mem.h's */
	pcre2_match_context_32 *context;
	pcre2_match_data_32 *data;
	pcre2_jit_stack_32 *stack;
	wide_watch *watch;
	void *arg;
};

static uint32_t *
widen(struct span bytes)
{
	uint32_t *out = mem_array(NULL, bytes.n + 1, sizeof(*out));
	size_t i;

	for (i = 0; i < bytes.n; i++)
		out[i] = (unsigned char)bytes.p[i];
	return out;
}

struct wide *
wide_new(struct span pattern, uint32_t options, bool once,
    struct error *error)
{
	uint32_t *text = widen(pattern);
	PCRE2_UCHAR32 reason[256];
	char plain[256];
	pcre2_code_32 *code;
	struct wide *w;
	PCRE2_SIZE at;
	int status;
	size_t i, machine;

	code = pcre2_compile_32(text, pattern.n, options, &status, &at, NULL);
	free(text);
	if (code == NULL) {
		pcre2_get_error_message_32(status, reason, 256);
		for (i = 0; i < 255 && reason[i] != 0; i++)
			plain[i] = (char)reason[i];
		plain[i] = '\0';
		error_set(error, "%s at offset %zu", plain, (size_t)at);
		return NULL;
	}
	w = mem_alloc(sizeof(*w));
	w->code = code;
	pcre2_pattern_info_32(code, PCRE2_INFO_SIZE, &w->size);
	if (!once && pcre2_jit_compile_32(code, PCRE2_JIT_COMPLETE) == 0 &&
	    pcre2_pattern_info_32(code, PCRE2_INFO_JITSIZE, &machine) == 0)
		w->size += machine;
	return w;
}

void
wide_free(struct wide *w)
{
	if (w == NULL)
		return;
	pcre2_code_free_32(w->code);
	free(w);
}

size_t
wide_size(const struct wide *w)
{
	return w->size;
}

static int
on_callout(pcre2_callout_block_32 *block, void *arg)
{
	const struct wide_scratch *s = arg;

	return s->watch(s->arg, block->start_match, block->current_position);
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

struct wide_scratch *
wide_scratch_new(uint32_t pairs, wide_watch *watch, void *arg)
{
	struct wide_scratch *s = mem_alloc(sizeof(*s));

	s->watch = watch;
	s->arg = arg;
	s->memory = pcre2_general_context_create_32(get_memory, put_memory,
	    NULL);
	s->context = pcre2_match_context_create_32(s->memory);
	s->data = pcre2_match_data_create_32(pairs, s->memory);
	s->stack = pcre2_jit_stack_create_32(STACK_MIN, STACK_MAX, s->memory);
	pcre2_jit_stack_assign_32(s->context, NULL, s->stack);
	pcre2_set_callout_32(s->context, on_callout, s);
	pcre2_set_match_limit_32(s->context, MATCH_LIMIT);
	pcre2_set_heap_limit_32(s->context, HEAP_KIB);
	return s;
}

void
wide_scratch_free(struct wide_scratch *s)
{
	if (s == NULL)
		return;
	pcre2_match_data_free_32(s->data);
	pcre2_match_context_free_32(s->context);
	pcre2_jit_stack_free_32(s->stack);
	pcre2_general_context_free_32(s->memory);
	free(s);
}

int
wide_match(const struct wide *w, struct wide_scratch *s,
    const uint32_t *subject, size_t n, size_t start, size_t **ovector)
{
	*ovector = pcre2_get_ovector_pointer_32(s->data);
	return pcre2_match_32(w->code, subject, n, start, 0, s->data,
	    s->context);
}
