/*
 * world - a directory with everything that a scenario configures: the shipped
 * postern.conf with the scenario's keys over it, lists, the shipped rules.
 * The process works inside the directory while the world is in use.
 */
#ifndef TEST_SCENARIO_WORLD_H
#define TEST_SCENARIO_WORLD_H

#include "test/scenario/scenario.h"

#define WORLD_KEYS_MAX 200
#define WORLD_CONF "postern.conf"

struct world {
	struct arena *arena;
	const struct scenario *scenario;
	const char *dir;
	const char *keys[WORLD_KEYS_MAX + 1];	/* section.key=value */
	size_t count;
};

/* Makes the directory and a configuration as it is shipped. */
int world_make(struct world *, struct arena *, const struct scenario *,
    const char *dir, struct error *);

/*
 * Steps of the kinds CONFIG, RELOAD (its keys), FILE and GEOIP; zone.h has
 * those of DNS.
 */
int world_step(struct world *, const struct step *, struct error *);

/* Writes the configuration as it is now; before it is loaded. */
int world_write(struct world *, struct error *);

#endif
