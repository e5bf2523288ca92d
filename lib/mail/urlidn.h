/*
 * urlidn - names of all scripts as A-labels, as browsers map them (UTS 46).
 * For urlhost.c alone.
 */
#ifndef MAIL_URLIDN_H
#define MAIL_URLIDN_H

#include "base/arena.h"
#include "base/span.h"

/* name is UTF-8 without zeros; empty when browsers refuse it. */
struct span urlidn_ascii(struct arena *, struct span name);

#endif
