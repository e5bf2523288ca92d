/* result - what the checks found out about one message. */
#include "verdict/result.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
result_init(struct result *r, struct arena *arena,
    const struct weights *weights)
{
	memset(r, 0, sizeof(*r));
	r->arena = arena;
	r->weights = weights;
}

const struct symbol *
result_find(const struct result *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (strcmp(r->symbols[i].weight->name, name) == 0)
			return &r->symbols[i];
	return NULL;
}

const struct symbol *
result_counted(const struct result *r, const char *name)
{
	const struct symbol *symbol = result_find(r, name);

	if (symbol == NULL || !symbol->weight->shadow ||
	    symbol->weight == r->tried)
		return symbol;
	return NULL;
}

/* Room for one more; capacities are powers of two from 16 on. */
static struct symbol *
result_add(struct result *r)
{
	struct symbol *grown;
	size_t room = r->count * 2;

	if (r->count == 0)
		room = 16;
	if (r->count == 0 ||
	    (r->count >= 16 && (r->count & (r->count - 1)) == 0)) {
		grown = arena_alloc(r->arena, room * sizeof(*grown));
		if (r->count > 0)
			memcpy(grown, r->symbols, r->count * sizeof(*grown));
		r->symbols = grown;
	}
	return &r->symbols[r->count++];
}

/* A symbol on trial is told, and counts nothing. */
static void
add_symbol(struct result *r, const struct weight *weight, int64_t score,
    struct span evidence)
{
	struct symbol *symbol = result_add(r);

	symbol->weight = weight;
	symbol->score = score;
	symbol->evidence = evidence;
	symbol->late = r->late;
	if (weight->shadow)
		r->trials++;
	else
		r->score += score;
}

void
result_vraise_part(struct result *r, const char *name, int64_t milli,
    const char *fmt, va_list ap)
{
	const struct weight *weight = weights_find(r->weights, span_of(name));
	char evidence[RESULT_EVIDENCE_MAX + 1];

	assert(weight != NULL);
	if (r->count == RESULT_SYMBOLS_MAX || result_find(r, name) != NULL)
		return;
	vsnprintf(evidence, sizeof(evidence), fmt, ap);
	add_symbol(r, weight, weight->score * milli / 1000,
	    arena_span(r->arena, span_of(evidence)));
}

void
result_vraise(struct result *r, const char *name, const char *fmt, va_list ap)
{
	result_vraise_part(r, name, 1000, fmt, ap);
}

void
result_put(struct result *r, const struct weight *weight, int64_t times,
    struct span evidence)
{
	if (r->count == RESULT_SYMBOLS_MAX ||
	    result_find(r, weight->name) != NULL)
		return;
	add_symbol(r, weight, weight->score * times,
	    span_head(evidence, RESULT_EVIDENCE_MAX));
}

void
result_raise(struct result *r, const char *name, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	result_vraise(r, name, fmt, ap);
	va_end(ap);
}

void
result_degraded(struct result *r, const char *service)
{
	size_t i;

	for (i = 0; i < r->degraded_count; i++)
		if (strcmp(r->degraded[i], service) == 0)
			return;
	if (r->degraded_count < RESULT_DEGRADED_MAX)
		r->degraded[r->degraded_count++] = service;
}

static int
symbol_order(const void *a, const void *b)
{
	const struct symbol *x = *(const struct symbol *const *)a;
	const struct symbol *y = *(const struct symbol *const *)b;
	int64_t p = llabs(x->score), q = llabs(y->score);

	if (p != q)
		return p > q ? -1 : 1;
	return strcmp(x->weight->name, y->weight->name);
}

static const struct symbol **
sort_symbols(const struct result *r, bool shadow)
{
	const struct symbol **sorted;
	size_t i, n = 0;

	sorted = arena_alloc(r->arena, (r->count + 1) * sizeof(*sorted));
	for (i = 0; i < r->count; i++)
		if (r->symbols[i].weight->shadow == shadow)
			sorted[n++] = &r->symbols[i];
	qsort(sorted, n, sizeof(*sorted), symbol_order);
	return sorted;
}

const struct symbol **
result_sorted(const struct result *r)
{
	return sort_symbols(r, false);
}

const struct symbol **
result_trials(const struct result *r)
{
	return sort_symbols(r, true);
}
