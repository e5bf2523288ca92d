/*
 * fleet - the hosts that share a store: each tells every few seconds who it
 * is, and sees the others.  So a host that runs another generation, or whose
 * clock is wrong, is noticed, and in an outage each host knows how many there
 * are.
 *
 * The store keeps a record for each of FLEET_MAX places; a host takes the
 * first that is free.  A record that is not renewed expires.  fleet_tick
 * belongs to one thread, everything else may be called by any.
 */
#ifndef SHARED_FLEET_H
#define SHARED_FLEET_H

#include "base/buf.h"
#include "store/store.h"

#define FLEET_MAX 60		/* hosts */
#define FLEET_SEEN_MAX (FLEET_MAX + 1)	/* ourselves without a place, too */
#define FLEET_BEAT 5000		/* ms between two signs of life */
#define FLEET_GONE 20000	/* ms without a sign: the host is gone */
#define FLEET_TTL 900000	/* of a record, ms: a clock that is some minutes
				 * off must not lose the others their places */
#define FLEET_SKEW 2000		/* ms that a clock may be wrong */
#define FLEET_CLASS "fleet"

/* What a host tells of itself; all words, without blanks. */
struct fleet_host {
	char id[17];		/* of the process, in all the world */
	char name[65];		/* the host's */
	char version[17];
	char generation[13];
	uint64_t lists;		/* version of the trust and deny lists */
	int64_t started;	/* wall clock, ms */
	int64_t clock;		/* its own, when it told this */
	char health[33];	/* "ok", or what is wrong: "store-local" */
};

struct fleet;

/* One sign of life of a host that we see. */
struct fleet_sight {
	struct fleet_host host;
	bool self;
	int64_t skew;		/* ms that its clock is surely off, or 0 */
	bool drifts;		/* another generation, version or lists than
				 * most hosts, or a wrong clock */
};

/* name is the host's; the id is made here. */
struct fleet *fleet_new(const char *name, const char *version,
    int64_t started);
void fleet_free(struct fleet *);	/* NULL is allowed */

/* What changes in what this host tells: copied. */
void fleet_tell(struct fleet *, const char *generation, uint64_t lists,
    const char *health);

/*
 * Once in FLEET_BEAT one batch, which waits timeout at most: our own sign of
 * life, and those of the others.  False when the store did not answer: then
 * the others are as they were seen last.
 */
bool fleet_tick(struct fleet *, struct store *, int64_t now, int64_t timeout);

/* Hosts that were alive at the last look, at least 1. */
unsigned fleet_hosts(struct fleet *);

/* The hosts by name, ourselves always among them; returns how many. */
size_t fleet_see(struct fleet *, struct fleet_sight out[FLEET_SEEN_MAX]);

/* The text of a record, and back; -1 for what no host of ours wrote. */
void fleet_host_text(const struct fleet_host *, struct buf *out);
int fleet_host_parse(struct span text, struct fleet_host *out);

#endif
