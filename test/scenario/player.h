/*
 * player - plays the steps of a scenario one way: against the library, or
 * through the socket of a daemon.  play.c walks the steps and compares.
 */
#ifndef TEST_SCENARIO_PLAYER_H
#define TEST_SCENARIO_PLAYER_H

#include "test/scenario/outcome.h"
#include "test/scenario/world.h"

#define PLAYER_QUEUE_ID "4sCENarIo1z2"

/*
 * One way to play.  start sets the reason when it failed, and is followed by
 * stop all the same.  The others return 0, or -1 with the reason; reload gives
 * 1 when the configuration was refused and the old one stays.
 */
struct player {
	const char *name;
	bool library;			/* plays "library only" as well */
	void *(*start)(struct world *, const char *daemon, struct error *);
	int (*reload)(void *self, struct error *);
	void (*store_stops)(void *self, bool stopped);
	int (*lists)(void *self, const struct step *, int64_t now,
	    struct error *);	/* only where library is set */
	int (*message)(void *self, const struct dialogue *, int64_t now,
	    struct arena *, struct outcome *, struct error *);
	int (*stop)(void *self, struct error *);
};

extern const struct player player_library, player_socket;

/* Waits for daemons that were told to stop; returns how many ended badly. */
int player_socket_reap(void);

#endif
