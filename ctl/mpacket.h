/*
 * mpacket - the packets of a filter, parsed and checked.  Pure functions, any
 * thread; spans in the results point into the packet.
 */
#ifndef CTL_MPACKET_H
#define CTL_MPACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"
#include "ctl/mclient.h"

#define MPACKET_HEAD 5	/* four bytes of length, the letter */

/*
 * The packet at the front of bytes: returns the bytes it takes, 0 when more
 * are needed to tell, -1 when its length is out of bounds.  The length counts
 * the letter.
 */
int mpacket_take(struct span bytes, char *kind, struct span *body,
    struct error *);

/* The answer to the negotiation; fails when it takes what was not offered. */
int mpacket_terms(struct span body, const struct mclient_terms *offer,
    struct mclient_terms *out, struct error *);

/* The action an edit needs (SMFIF_*), 0 when kind is not an edit. */
uint32_t mpacket_edit_action(char kind);
int mpacket_edit(char kind, struct span body, struct mclient_edit *out,
    struct error *);

/* A reply that ends a step; SKIP counts, PROGRESS does not. */
int mpacket_answer(char kind, struct span body, struct mclient_answer *out,
    struct error *);

void mpacket_put32(uint32_t, char out[4]);

#endif
