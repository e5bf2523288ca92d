/*
 * snapshot - one generation: the immutable whole of configuration, weights,
 * lists and loaded checks, under one short hash.  Counted: whoever got one
 * may use it from any thread until putting it back.
 */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include "base/error.h"
#include "base/metrics.h"
#include "check/check.h"
#include "conf/networks.h"
#include "settings.h"
#include "shadows.h"

#define GENERATION_MAX 13	/* 12 hexadecimal digits and a zero */

struct active_check {
	const struct check *check;
	void *self;
	size_t state;		/* offset in the per-message state */
};

/* Read-only for everybody but snapshot.c. */
struct snapshot {
	struct conf *conf;
	const struct section **sections;
	const struct general *general;
	const struct limits *limits;
	const struct store_settings *store;
	const struct dns_options *dns;
	const struct failures *failures;
	const struct reload_settings *reload;
	struct policy policy;
	struct manifest manifest;	/* of files beside the configuration */
	struct networks networks;
	struct weights weights;
	struct rulebook *book;
	struct geo *geo;		/* NULL: no file is configured, or */
	struct error geo_fault;		/* why one cannot be used; or empty */
	struct providers *providers;
	struct dnslists *dnslists;	/* all that are defined */
	struct shadows shadows;
	metric_cell **symbol_cells;	/* by weight.index */
	metric_cell *action_cells[ACTION_REJECT + 1];
	metric_cell *done_cells[ACTION_REJECT + 1];
	metric_cell *direction_cells[DIRECTION_LOCAL + 1];
	struct active_check *active;	/* in the order of the table */
	size_t active_count;
	size_t state_size;
	unsigned needs;			/* enum need */
	char generation[GENERATION_MAX];
};

/*
 * Loads a complete generation, held once by the caller, or returns NULL with
 * *error filled in.  overrides are as in conf_load.  metrics outlives it.
 * previous (or NULL) shares what did not change.
 */
struct snapshot *snapshot_load(const char *file, const char *const *overrides,
    const struct snapshot *previous, struct metrics *metrics,
    struct error *error);

/* What a check has loaded, or NULL when it is switched off; lives as long. */
const void *snapshot_check(const struct snapshot *, const struct check *);

struct snapshot *snapshot_hold(struct snapshot *);
void snapshot_put(struct snapshot *);	/* NULL is allowed */

/*
 * current - the place where the newest generation is found.  get reads the
 * pointer and raises the count under one lock.
 */
struct current;

struct current *current_new(struct snapshot *first);	/* takes the hold */
void current_free(struct current *);
struct snapshot *current_get(struct current *);
void current_publish(struct current *, struct snapshot *);	/* takes it */

#endif
