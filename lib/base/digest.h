/*
 * digest - a running SHA-256 over what a generation was made of.  One thread
 * at a time.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/span.h"

#define DIGEST_TEXT_MAX 65	/* 64 hexadecimal digits and a zero */
#define DIGEST_WORD_MAX 33	/* 32 of them */

struct digest;

struct digest *digest_new(void);
void digest_free(struct digest *);

/* Adds the length and the bytes, so that parts cannot run into each other. */
void digest_add(struct digest *, struct span bytes);

/* Adds the bytes alone, as sha256sum(1) does. */
void digest_bytes(struct digest *, struct span bytes);

/* The digest so far, in lower-case hexadecimal; ends the digest. */
const char *digest_text(struct digest *, char out[DIGEST_TEXT_MAX]);

/*
 * The first half of the digest of some bytes: a key for the store that shows
 * nobody whose it is.  Any thread.
 */
const char *digest_word(struct span bytes, char out[DIGEST_WORD_MAX]);

#endif
