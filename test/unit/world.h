/*
 * world - the whole library over a configuration in a folder, for tests that
 * send messages through it.  "make check" runs in the project's own folder,
 * whose rules are used; main calls compile_worker first, or else every load
 * waits for a worker that never says hello.
 */
#ifndef TEST_UNIT_WORLD_H
#define TEST_UNIT_WORLD_H

#include "mail/split.h"
#include "scan.h"
#include "test/unit/folder.h"
#include "test/unit/test.h"

#define WORLD_NOW 1704110400000	/* Mon, 1 Jan 2024 12:00:00 +0000, ms */

struct world {
	struct services services;
	struct snapshot *snapshot;
	struct arrival arrival;
	struct scan scan;
};

/* Loads the file "conf" of the folder; ends the test if it is bad. */
static inline void
world_begin(struct world *w, const char *conf)
{
	/* "make check" gives all its programs one folder. */
	const char *cache = getenv("RULES_CACHE");
	char option[300];
	const char *const overrides[] = { "rules.files=rules/*.cf", option,
		NULL };
	struct error error;

	snprintf(option, sizeof(option), "rules.cache=%s",
	    cache != NULL ? cache : "");
	memset(w, 0, sizeof(*w));
	w->services.metrics = metrics_new();
	w->services.store = store_memory();
	w->services.pool = engine_pool_new();
	w->arrival.authserv_id = "mx.example";
	w->snapshot = snapshot_load(folder_file("conf", conf), overrides, NULL,
	    w->services.metrics, &error);
	if (w->snapshot == NULL) {
		fprintf(stderr, "%s\n", error.text);
		exit(1);
	}
	scan_init(&w->scan);
}

/* The same in a folder that is gone again, for a world that never ends. */
static inline void
world_once(struct world *w, const char *conf)
{
	folder_begin();
	world_begin(w, conf);
	folder_end();
}

static inline void
world_end(struct world *w)
{
	scan_done(&w->scan);
	snapshot_put(w->snapshot);
	store_close(w->services.store);
	engine_pool_free(w->services.pool);
	metrics_free(w->services.metrics);
}

/* From whom the messages come; NULL is nobody that could be told. */
static inline void
world_client(struct world *w, const char *ip, const char *helo)
{
	struct client *c = &w->arrival.client;

	c->has_ip = ip != NULL && ip_parse(span_of(ip), &c->ip);
	c->helo = span_of(helo);
	c->heard = true;
}

static inline void
world_mail(struct world *w, const char *sender, int64_t now)
{
	scan_begin(&w->scan, snapshot_hold(w->snapshot), &w->services,
	    &w->arrival, now);
	scan_sender(&w->scan, span_of(sender));
}

/* Header and body of a raw message, and the end. */
static inline const struct decision *
world_data(struct world *w, struct span raw)
{
	struct split_field field;
	struct split split;

	split_begin(&split, raw);
	while (split_field(&split, &field))
		scan_header(&w->scan, field.name, field.value);
	scan_body(&w->scan, split.rest);
	scan_queue_id(&w->scan, span_of("QUEUEID"));
	return scan_end(&w->scan);
}

static inline bool
world_raised(const struct world *w, const char *symbol)
{
	return result_find(&w->scan.result, symbol) != NULL;
}

/* Names of all symbols raised by some list, in order, one blank between. */
static inline const char *
world_symbols(const struct world *w, const char *const *wanted)
{
	static char out[400];
	size_t n = 0;

	out[0] = '\0';
	for (; *wanted != NULL; wanted++)
		if (world_raised(w, *wanted))
			n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%s",
			    n > 0 ? " " : "", *wanted);
	return out;
}

/* The score is the sum of what the symbols say they contributed. */
static inline bool
world_adds_up(const struct world *w)
{
	const struct result *r = &w->scan.result;
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < r->count; i++) {
		sum += r->symbols[i].score;
		if (r->symbols[i].score != r->symbols[i].weight->score)
			return false;
	}
	return sum == r->score;
}

#endif
