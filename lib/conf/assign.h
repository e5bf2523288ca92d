/*
 * assign - gives keys their values and remembers where each came from: from a
 * file, from the command line, or by default.
 */
#ifndef CONF_ASSIGN_H
#define CONF_ASSIGN_H

#include "conf/value.h"

/*
 * All return 0 or -1 with *error filled in.  Files come first, then overrides,
 * then fallbacks for the keys that nobody has set.  No key is set twice by
 * files or twice by overrides.
 */
int assign_written(struct conf *, struct setting *, const struct written *,
    struct error *);
int assign_override(struct conf *, const char *override, struct error *);
int assign_fallbacks(struct conf *, struct error *);

#endif
