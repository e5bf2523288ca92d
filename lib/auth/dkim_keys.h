/*
 * dkim_keys - public keys as they were lately read from records of the DNS.
 * To read one, and to prepare it for its first signature, takes half as long
 * as to verify with it.  A key is found by the whole text of its record, so the
 * DNS alone says how long a record is good.  Any thread.
 */
#ifndef AUTH_DKIM_KEYS_H
#define AUTH_DKIM_KEYS_H

#include "auth/dkim_key.h"

struct dkim_keys;

struct dkim_keys *dkim_keys_new(void);
void dkim_keys_free(struct dkim_keys *);	/* after all its keys */

/* The key of a record, counted; or NULL, and what is wrong with the record. */
const struct dkim_key *dkim_keys_get(struct dkim_keys *, struct arena *,
    struct span record, const char **why);
void dkim_keys_put(const struct dkim_key *);	/* accepts NULL */

#endif
