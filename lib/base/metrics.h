/*
 * metrics - counters for everything worth a graph; one object for the life of
 * the process, counted from any thread without waiting.  Counting by symbol
 * goes through cells that a generation looks up once, while loading.
 */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/buf.h"

#define METRICS_LABELS_MAX 4096	/* different label values of all families */

/* Plain counters and gauges; their names and help stand in metrics.c. */
enum metric {
	METRIC_CONNECTIONS,
	METRIC_CONNECTIONS_OPEN,
	METRIC_IN_FLIGHT,
	METRIC_BYTES_HELD,
	METRIC_ABORTED,
	METRIC_OVERLOAD,
	METRIC_RCPT_REFUSED,
	METRIC_HEADERS_REMOVED,
	METRIC_BYTES_SEEN,
	METRIC_RELOADS,
	METRIC_RELOADS_REFUSED,
	METRIC_ROLLBACKS,
	METRIC_PROTOCOL_ERRORS,
	METRIC_STORE_BATCHES,
	METRICS,
};

/* Families of counters that differ by one label. */
enum metric_family {
	METRIC_BY_ACTION,	/* of policy, whatever the mode */
	METRIC_BY_DONE,		/* what was done in this mode */
	METRIC_BY_DIRECTION,
	METRIC_BY_SYMBOL,
	METRIC_BY_LIMIT,	/* limits reached */
	METRIC_BY_UNANSWERED,	/* services that gave no answer */
	METRIC_FAMILIES,
};

struct metrics;
typedef _Atomic uint64_t metric_cell;

struct metrics *metrics_new(void);
void metrics_free(struct metrics *);

void metrics_add(struct metrics *, enum metric, int64_t n);
uint64_t metrics_get(const struct metrics *, enum metric);

/*
 * The cell of a label value, made if need be, good for the life of metrics;
 * past METRICS_LABELS_MAX all further values share one called "other".
 */
metric_cell *metrics_cell(struct metrics *, enum metric_family,
    const char *value);
void metric_count(metric_cell *);

/* Adds one observation to the histogram of milliseconds from MAIL to answer. */
void metrics_elapsed(struct metrics *, int64_t ms);

/* Appends all of it as Prometheus text. */
void metrics_print(struct metrics *, struct buf *out);

#endif
