/* rules - the parts of "posternctl rules" that have files of their own. */
#ifndef CTL_RULES_H
#define CTL_RULES_H

#include "ctl/commands.h"
#include "snapshot.h"

#define EXIT_UNSUPPORTED 1	/* of "rules check" */

/* Which rules hit, "__" ones too: a line of JSON for each message. */
int rules_hits(const struct snapshot *, char **argv);

/* Messages judged with rules of one file added; no daemon is touched. */
int rules_test(const struct globals *, int argc, char **argv);

#endif
