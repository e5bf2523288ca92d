/*
 * regex_perl - modifiers of groups that Perl has and PCRE2 has not.  A pure
 * function, any thread.
 */
#ifndef RULES_REGEX_PERL_H
#define RULES_REGEX_PERL_H

#include "base/buf.h"
#include "base/span.h"

/*
 * Appends pattern without such modifiers as in (?aa) and (?^aai: ): for bytes
 * they change nothing.
 */
void regex_unperl(struct span pattern, struct buf *out);

#endif
