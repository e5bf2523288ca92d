/*
 * suffix - the public suffix list: where in a name the part begins that
 * somebody could register.  Opened once; then constant but for the answers it
 * keeps, any thread may ask.
 */
#ifndef MAIL_SUFFIX_H
#define MAIL_SUFFIX_H

#include <stdbool.h>

#include "base/error.h"
#include "base/span.h"

struct suffixes;

/*
 * The list in that file, or for "" the newer one of the system's and that
 * built into the library.  NULL with *error filled in.
 */
struct suffixes *suffixes_open(const char *file, struct error *);
void suffixes_close(struct suffixes *);

/*
 * The part of domain (as domain_ascii gives it) that is one label longer than
 * its public suffix; empty when it is a public suffix itself, or no name.
 */
struct span suffixes_registered(const struct suffixes *, struct span domain);

/* True when a label (lower case, an A-label) is a top-level domain. */
bool suffixes_top(const struct suffixes *, struct span label);

#endif
