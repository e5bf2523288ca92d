/*
 * shadow - what became known of one rule on trial: how many messages it saw,
 * how often it hit, and which verdicts it would have changed.  Counted:
 * generations in which the rule is the same share one.  Any thread; locks
 * inside.
 */
#ifndef VERDICT_SHADOW_H
#define VERDICT_SHADOW_H

#include "base/buf.h"
#include "verdict/result.h"

#define SHADOW_RECENT 20	/* changed verdicts that are named */
#define SHADOW_ID_MAX 64	/* bytes of a queue id that are kept */

struct shadow;

/* One verdict, and what it would be if the rule counted. */
struct shadow_case {
	struct span queue_id;
	int64_t now;		/* wall clock, ms */
	int64_t score;		/* thousandths, without the rule */
	int64_t points;		/* that the rule would have added */
	enum action from, to;
	int news;		/* 1: it would be marked as a newsletter,
				 * -1: it would not, and is; else 0 */
};

/* mark tells whether a rule is the same, see rules/mark.h. */
struct shadow *shadow_new(const char *name, const char *mark);
struct shadow *shadow_hold(struct shadow *);
void shadow_put(struct shadow *);	/* NULL is allowed */
bool shadow_same(const struct shadow *, const char *name, const char *mark);

/* A message was judged while the rule was on trial. */
void shadow_seen(struct shadow *, int64_t now);

/* It hit. */
void shadow_hit(struct shadow *, const struct shadow_case *);

/* A line of figures, then one for each of the latest changed verdicts. */
void shadow_print(struct shadow *, struct buf *out);

#endif
