/*
 * text - foreign bytes made safe for people and programs, and numbers read and
 * written without locale.  Pure functions, any thread.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/*
 * Appends bytes so that the result is one line of printable UTF-8: control
 * bytes, invalid UTF-8, bidirectional controls and the backslash become \xNN.
 */
void text_escape(struct buf *, struct span);

/* True when text_escape would change nothing. */
bool text_clean(struct span);

/* Appends a logfmt value: bare where possible, otherwise "quoted". */
void text_logvalue(struct buf *, struct span);

/* Appends a JSON string with its quotes; invalid UTF-8 becomes U+FFFD. */
void text_json(struct buf *, struct span);

/* True when s is wholly UTF-8 (RFC 3629: no surrogates, shortest form). */
bool text_utf8(struct span s);

/* Unsigned decimal digits and nothing else; false also on overflow. */
bool text_number(struct span, int64_t *out);

/*
 * A decimal fraction such as "-1.25" in thousandths; false when it has more
 * than three decimals or exceeds a million points.
 */
bool text_milli(struct span, int64_t *out);

/* Appends decimal digits. */
void text_put_number(struct buf *, uint64_t);

/* Appends thousandths as the shortest exact decimal with at least 1 digit. */
void text_put_milli(struct buf *, int64_t milli);

#endif
