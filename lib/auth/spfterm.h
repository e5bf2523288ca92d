/*
 * spfterm - one term that asks the DNS for addresses: a, mx, ptr or exists.
 * libspf2 compares, and sees neither the record nor a byte of it: every text
 * that it parses is written here.
 */
#ifndef AUTH_SPFTERM_H
#define AUTH_SPFTERM_H

#include "auth/spfrecord.h"
#include "auth/spfwalk.h"

/*
 * SPF_PASS when the term matches, SPF_NEUTRAL when not or when the walk has to
 * wait, SPF_TEMPERROR or SPF_PERMERROR with the problem noted.
 */
enum spf_result spf_term_match(struct spf_walk *, const struct spf_term *,
    struct span name);

#endif
