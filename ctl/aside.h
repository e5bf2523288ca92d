/*
 * aside - a file that takes another one's place once it is whole.  Used by the
 * command alone, in one thread.
 */
#ifndef CTL_ASIDE_H
#define CTL_ASIDE_H

#include <stdio.h>

#include "base/error.h"

/*
 * Makes the file, which only its owner may read, anew: never through a link
 * that somebody put there, for root writes into folders of others.  NULL with
 * *error filled in; who has written it renames or unlinks it.
 */
FILE *aside_open(const char *name, struct error *error);

#endif
