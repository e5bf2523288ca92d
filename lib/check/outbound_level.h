/*
 * outbound_level - how far a user's mail is held back: the steps, what leads
 * from one to the next, and the record that all hosts share.  Pure functions.
 */
#ifndef CHECK_OUTBOUND_LEVEL_H
#define CHECK_OUTBOUND_LEVEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum level { LEVEL_FREE, LEVEL_SLOWED, LEVEL_HELD, LEVEL_BLOCKED, LEVELS };

#define HOLD_BYTES_MAX 1024
#define HOLD_USER_MAX 200
#define HOLD_WHY_MAX 300
#define HOLD_BY_MAX 80

struct hold {
	enum level level;
	int64_t since;		/* ms, wall clock; of the level */
	int64_t until;		/* when it ends by itself */
	int64_t released;	/* what was before does not count */
	struct span by;		/* the operator whose word it is, so that
				 * evidence does not change it; or empty */
	struct span user;	/* shown to operators; may be empty */
	struct span why;
};

/* The part of a section's options that this is about. */
struct ladder {
	int64_t slow_at, hold_at, block_at;	/* thousandths of a point */
	int64_t slow_for, hold_for, block_for;	/* ms */
	int64_t step;		/* ms from one level to the next */
};

const char *level_name(enum level);

/* What was found out, against what is usual.  Thresholds are above 0. */
struct evidence {
	int64_t strangers, strangers_usual;
	int64_t networks, networks_usual;
	int64_t systems, systems_usual;
	int64_t countries, countries_usual;
	int64_t refusals, refusals_usual;
	int64_t reach, reach_usual;	/* of a new link */
};

/*
 * Points in thousandths: what is usual is one point, twice that two, and less
 * than half of it none.  Strangers, places (the worst of them) and refusals
 * count up to two, links one.  So what could be a first newsletter, strangers
 * and links, ends at three.
 */
int64_t evidence_points(const struct evidence *);

/* "34 strangers, 9 networks", only what counts. */
void evidence_put(const struct evidence *, struct buf *out);

/* What a hold is now: FREE once its time is over. */
void hold_expire(struct hold *, int64_t now);

/*
 * Moves a hold up by at most one level, or on in time; true when it changed
 * so far that it should be written.  It never moves down but by expiry.
 */
bool hold_move(struct hold *, const struct ladder *, int64_t points,
    int64_t now);

/*
 * One line of text: level, times, by whom, user and reason, each ended by a
 * tab.  hold_read gives false, and a free hold, for anything else; spans point
 * into the bytes.
 */
bool hold_read(struct span bytes, struct hold *out);
void hold_write(const struct hold *, struct buf *out);

#endif
