/* metrics - counters for everything worth a graph. */
#include "base/metrics.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

#define BUCKETS 10

struct metric_row {
	const char *name, *type, *help;
};

static const struct metric_row rows[METRICS] = {
	[METRIC_CONNECTIONS] = {"connections_total", "counter",
	    "Connections from the MTA"},
	[METRIC_CONNECTIONS_OPEN] = {"connections", "gauge",
	    "Connections from the MTA now"},
	[METRIC_IN_FLIGHT] = {"in_flight", "gauge",
	    "Messages between MAIL and their answer now"},
	[METRIC_BYTES_HELD] = {"bytes_held", "gauge",
	    "Bytes of those messages in memory now"},
	[METRIC_ABORTED] = {"aborted_total", "counter",
	    "Messages that ended without an answer of ours"},
	[METRIC_OVERLOAD] = {"overload_total", "counter",
	    "Messages not looked at for want of room"},
	[METRIC_RCPT_REFUSED] = {"recipients_refused_total", "counter",
	    "Recipients refused before DATA"},
	[METRIC_HEADERS_REMOVED] = {"headers_removed_total", "counter",
	    "Header fields removed because a stranger posed as us"},
	[METRIC_BYTES_SEEN] = {"bytes_total", "counter",
	    "Bytes of header and body received"},
	[METRIC_RELOADS] = {"reloads_total", "counter",
	    "Generations put into use after the first"},
	[METRIC_RELOADS_REFUSED] = {"reloads_refused_total", "counter",
	    "Reloads refused because of what they found"},
	[METRIC_ROLLBACKS] = {"rollbacks_total", "counter",
	    "Returns to the generation before"},
	[METRIC_PROTOCOL_ERRORS] = {"protocol_errors_total", "counter",
	    "Calls to libmilter that failed"},
	[METRIC_STORE_BATCHES] = {"store_batches_total", "counter",
	    "Times that a message waited for the store"},
};

static const struct metric_row families[METRIC_FAMILIES] = {
	[METRIC_BY_ACTION] = {"messages_total", "action",
	    "Messages by what the rules say"},
	[METRIC_BY_DONE] = {"messages_done_total", "done",
	    "Messages by what was done in this mode"},
	[METRIC_BY_DIRECTION] = {"messages_direction_total", "direction",
	    "Messages by direction"},
	[METRIC_BY_SYMBOL] = {"symbols_total", "symbol",
	    "Messages by symbol raised"},
	[METRIC_BY_LIMIT] = {"limits_total", "limit",
	    "Messages that reached a limit"},
	[METRIC_BY_UNANSWERED] = {"unanswered_total", "service",
	    "Messages for which a service gave no answer"},
};

/* Upper bounds in ms; one more bucket for what is above all of them. */
static const int64_t bounds[BUCKETS] = {
	1, 2, 5, 10, 50, 100, 500, 1000, 5000, 30000,
};

struct metrics {
	metric_cell plain[METRICS];
	metric_cell bucket[BUCKETS + 1];
	metric_cell elapsed_sum;
	metric_cell other[METRIC_FAMILIES];
	pthread_mutex_t lock;	/* guards label; cells need none */
	struct map label[METRIC_FAMILIES];
	size_t labels;
};

struct metrics *
metrics_new(void)
{
	struct metrics *m = mem_alloc(sizeof(*m));
	int i;

	pthread_mutex_init(&m->lock, NULL);
	for (i = 0; i < METRIC_FAMILIES; i++)
		map_init(&m->label[i]);
	return m;
}

void
metrics_free(struct metrics *m)
{
	size_t i, k;

	if (m == NULL)
		return;
	for (i = 0; i < METRIC_FAMILIES; i++) {
		for (k = 0; k < m->label[i].count; k++)
			free(map_value(&m->label[i], k));
		map_done(&m->label[i]);
	}
	pthread_mutex_destroy(&m->lock);
	free(m);
}

void
metrics_add(struct metrics *m, enum metric metric, int64_t n)
{
	/* A gauge falls by adding the complement. */
	atomic_fetch_add_explicit(&m->plain[metric], (uint64_t)n,
	    memory_order_relaxed);
}

uint64_t
metrics_get(const struct metrics *m, enum metric metric)
{
	return atomic_load_explicit(&m->plain[metric], memory_order_relaxed);
}

metric_cell *
metrics_cell(struct metrics *m, enum metric_family family, const char *value)
{
	struct span key = span_of(value);
	metric_cell *cell;

	pthread_mutex_lock(&m->lock);
	cell = map_find(&m->label[family], key);
	if (cell == NULL && m->labels < METRICS_LABELS_MAX) {
		cell = mem_alloc(sizeof(*cell));
		map_put(&m->label[family], key, cell);
		m->labels++;
	}
	pthread_mutex_unlock(&m->lock);
	return cell != NULL ? cell : &m->other[family];
}

void
metric_count(metric_cell *cell)
{
	atomic_fetch_add_explicit(cell, 1, memory_order_relaxed);
}

void
metrics_elapsed(struct metrics *m, int64_t ms)
{
	int i = 0;

	while (i < BUCKETS && ms > bounds[i])
		i++;
	metric_count(&m->bucket[i]);
	atomic_fetch_add_explicit(&m->elapsed_sum, (uint64_t)ms,
	    memory_order_relaxed);
}

static void
print_head(struct buf *out, const char *name, const char *type,
    const char *help)
{
	buf_printf(out, "# HELP postern_%s %s\n# TYPE postern_%s %s\n", name,
	    help, name, type);
}

static void
print_elapsed(struct metrics *m, struct buf *out)
{
	unsigned long long sum = 0;
	int i;

	print_head(out, "elapsed_seconds", "histogram",
	    "Time from MAIL to the answer");
	for (i = 0; i < BUCKETS; i++) {
		sum += atomic_load(&m->bucket[i]);
		buf_printf(out, "postern_elapsed_seconds_bucket"
		    "{le=\"%lld.%03lld\"} %llu\n",
		    (long long)bounds[i] / 1000, (long long)bounds[i] % 1000,
		    sum);
	}
	sum += atomic_load(&m->bucket[BUCKETS]);
	buf_printf(out, "postern_elapsed_seconds_bucket{le=\"+Inf\"} %llu\n"
	    "postern_elapsed_seconds_count %llu\n", sum, sum);
	sum = atomic_load(&m->elapsed_sum);
	buf_printf(out, "postern_elapsed_seconds_sum %llu.%03llu\n",
	    sum / 1000, sum % 1000);
}

/* Label values are names of symbols, checks and limits: no quotes in them. */
static void
print_family(struct metrics *m, enum metric_family family, struct buf *out)
{
	const struct metric_row *row = &families[family];
	const struct map *map = &m->label[family];
	unsigned long long n = atomic_load(&m->other[family]);
	size_t i;

	print_head(out, row->name, "counter", row->help);
	for (i = 0; i < map->count; i++)
		buf_printf(out, "postern_%s{%s=\"%.*s\"} %llu\n", row->name,
		    row->type, SPAN_ARG(map_key(map, i)), (unsigned long long)
		    atomic_load((metric_cell *)map_value(map, i)));
	if (n > 0)
		buf_printf(out, "postern_%s{%s=\"other\"} %llu\n", row->name,
		    row->type, n);
}

void
metrics_print(struct metrics *m, struct buf *out)
{
	int i;

	for (i = 0; i < METRICS; i++) {
		print_head(out, rows[i].name, rows[i].type, rows[i].help);
		buf_printf(out, "postern_%s %llu\n", rows[i].name,
		    (unsigned long long)metrics_get(m, (enum metric)i));
	}
	print_elapsed(m, out);
	pthread_mutex_lock(&m->lock);
	for (i = 0; i < METRIC_FAMILIES; i++)
		print_family(m, (enum metric_family)i, out);
	pthread_mutex_unlock(&m->lock);
}
