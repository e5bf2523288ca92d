/*
 * idn - names of all scripts as A-labels and back (RFC 5890), mapped as UTS 46
 * says without its transitional part, as browsers do.  Pure functions, any
 * thread; results live in the arena.
 */
#ifndef MAIL_IDN_H
#define MAIL_IDN_H

#include "base/arena.h"
#include "base/span.h"

#define IDN_MAX 1024	/* bytes of a name; longer ones have no form */

/* Empty when name, in UTF-8, has no form in A-labels. */
struct span idn_ascii(struct arena *, struct span name);

/* UTF-8; empty when a label of name is no A-label, though it says so. */
struct span idn_unicode(struct arena *, struct span name);

#endif
