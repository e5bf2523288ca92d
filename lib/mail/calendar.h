/*
 * calendar - what mail readers show of an invitation (iCalendar, RFC 5545) or
 * a visiting card (vCard, RFC 6350): lines of "NAME;PARAMETERS:VALUE".  Pure
 * functions, any thread.
 */
#ifndef MAIL_CALENDAR_H
#define MAIL_CALENDAR_H

#include <stdbool.h>

#include "base/arena.h"
#include "mail/mime.h"

/* By its type, or by its name, as readers decide. */
bool calendar_is(const struct part *);

/*
 * The values that people read, each on lines of its own: folding and escapes
 * undone, HTML among them left as it is.  In the arena.
 */
struct span calendar_text(struct arena *, struct span utf8);

#endif
