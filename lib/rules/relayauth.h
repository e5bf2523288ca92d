/* relayauth - whether and how a Received field says that a user was known. */
#ifndef RULES_RELAYAUTH_H
#define RULES_RELAYAUTH_H

#include "base/arena.h"
#include "rules/relayform.h"

/* "ESMTPSA", "Postfix", "Sendmail" ..., or empty.  line begins with "from ". */
struct span relayauth_find(struct arena *, const struct relay_line *line);

#endif
