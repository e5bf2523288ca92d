/*
 * digest - a running SHA-256 over what a generation was made of.  One thread
 * at a time.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/span.h"

#define DIGEST_TEXT_MAX 65	/* 64 hexadecimal digits and a zero */

struct digest;

struct digest *digest_new(void);
void digest_free(struct digest *);

/* Adds the length and the bytes, so that parts cannot run into each other. */
void digest_add(struct digest *, struct span bytes);

/* The digest so far, in lower-case hexadecimal; ends the digest. */
const char *digest_text(struct digest *, char out[DIGEST_TEXT_MAX]);

#endif
