/*
 * result - what the checks found out about one message: symbols, each with its
 * weight and evidence, and who could not answer.  The score is the exact sum
 * of the contributions.  Lives in the message's arena; one thread at a time.
 */
#ifndef VERDICT_RESULT_H
#define VERDICT_RESULT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "verdict/weights.h"

#define RESULT_SYMBOLS_MAX 400
#define RESULT_EVIDENCE_MAX 300	/* bytes */
#define RESULT_DEGRADED_MAX 8

/* From mild to harsh; comparisons rely on the order. */
enum action {
	ACTION_ACCEPT,
	ACTION_MARK,		/* delivered, marked as spam */
	ACTION_QUARANTINE,	/* held in the MTA's queue */
	ACTION_DEFER,		/* 4xx: come back */
	ACTION_REJECT,		/* 5xx */
};

struct symbol {
	const struct weight *weight;
	int64_t score;		/* thousandths; of one on trial
				 * (weight.shadow) what it would count */
	struct span evidence;	/* foreign bytes: escape before showing */
	bool late;		/* recipients had been answered before */
};

struct result {
	struct arena *arena;
	const struct weights *weights;
	struct symbol *symbols;
	size_t count;
	size_t trials;		/* of these: on trial */
	int64_t score;		/* thousandths, without those on trial */
	const struct weight *tried;	/* on trial, but counts: for asking
					 * what would be; or NULL */
	bool late;		/* recipients have been answered */
	const char *degraded[RESULT_DEGRADED_MAX];	/* services, static */
	size_t degraded_count;
	enum action demand;	/* at least this, whatever the score */
	const char *demand_code;	/* of REJECT: RFC 3463, RFC 7372 */
	const char *demand_text;
	const char *defer;	/* why the sender should come back, or NULL */
	const char *defer_code;	/* enhanced status code, RFC 3463 */
	uint64_t lists;		/* version of the lists that operators change
				 * at run time; 0: they are empty */
};

/* weights outlive the result. */
void result_init(struct result *, struct arena *, const struct weights *);

/*
 * Adds a symbol.  Raised again it counts once and keeps its first evidence.
 * A name without a weight is a bug.
 */
void result_raise(struct result *, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void result_vraise(struct result *, const char *name, const char *fmt, va_list)
    __attribute__((format(printf, 3, 0)));

/*
 * The same for a symbol that counts more or less: so many thousandths of its
 * weight, rounded towards 0.
 */
void result_vraise_part(struct result *, const char *name, int64_t milli,
    const char *fmt, va_list) __attribute__((format(printf, 4, 0)));

/*
 * Adds a symbol whose weight is known, counted that many times.  Raised again
 * it counts once, too.  evidence must live as long as the result.
 */
void result_put(struct result *, const struct weight *, int64_t times,
    struct span evidence);

const struct symbol *result_find(const struct result *, const char *name);

/* The same, but NULL also for one on trial that is not tried. */
const struct symbol *result_counted(const struct result *, const char *name);

/* Notes that a service (a static name) gave no answer. */
void result_degraded(struct result *, const char *service);

/*
 * The symbols that count, or those on trial, by falling magnitude of score,
 * then name; ends with NULL, arena memory.
 */
const struct symbol **result_sorted(const struct result *);
const struct symbol **result_trials(const struct result *);

#endif
