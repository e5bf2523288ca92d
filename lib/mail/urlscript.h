/*
 * urlscript - which scripts the labels of a name are written in, as far as it
 * serves to tell names that pretend to be others.  Pure functions, any thread.
 */
#ifndef MAIL_URLSCRIPT_H
#define MAIL_URLSCRIPT_H

#include "base/span.h"

/*
 * URL_MIXED and URL_LOOKALIKE of a name in UTF-8, as UTS 39 section 5.2 puts
 * it: one script in a label, or Latin together with those of East Asia.
 */
unsigned urlscript_flags(struct span name);

/* URL_HOST_ODD when a name as written holds what IDNA maps to plain ASCII. */
unsigned urlscript_odd(struct span name);

/* The code point at *p, which moves behind it; bytes that are no UTF-8 are
 * taken one by one. */
unsigned urlscript_next(struct span *rest);

#endif
