/*
 * edits - what is changed in the header of a message that is let through:
 * strangers' copies of our own fields go, our results come.  No other field is
 * touched.  Outbound and local mail gets our signatures and nothing else.
 */
#ifndef VERDICT_EDITS_H
#define VERDICT_EDITS_H

#include "auth/auth.h"
#include "verdict/policy.h"

enum edit_kind {
	EDIT_CHANGE,	/* the nth field of that name gets the value */
	EDIT_REMOVE,	/* the nth field of that name goes */
	EDIT_INSERT,	/* a new field at the very top */
};

/* nth counts from 1.  Values have no leading space; folds are "\n\t". */
struct edit {
	enum edit_kind kind;
	struct span name;
	unsigned nth;
	struct span value;
};

struct edits {
	struct edit *edit;	/* arena memory of the message */
	size_t count;
};

/*
 * The edits in the order in which they must be made: a removal never shifts
 * the number of one that follows.
 */
void edits_make(struct message *, const struct policy *, const struct result *,
    const struct auth *, const struct decision *, const char *generation,
    struct edits *out);

/* Whether a policy can ever edit, so that the MTA need not allow it. */
bool edits_possible(const struct policy *);

#endif
