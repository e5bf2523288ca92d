/*
 * arcset - the ARC header fields of a message as sets in the order in which
 * they were added (RFC 8617 section 4), with all their tags read; no signature
 * is verified here.  Pure functions, any thread.
 */
#ifndef AUTH_ARCSET_H
#define AUTH_ARCSET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "mail/message.h"

#define ARCSET_MAX 50		/* RFC 8617 4.2.1 */
#define ARCSET_NAMES_MAX 256	/* field names in one h= */
#define ARCSET_HASH 32		/* bytes of a SHA-256 */

/* ARC-Message-Signature, or ARC-Seal, which has less. */
struct arcsig {
	const struct header *field;
	struct span hole;	/* the part of its value that b= fills */
	struct span domain;	/* d=, as A-labels in lower case */
	struct span key_name;	/* where the key is */
	struct span signature;	/* b=, decoded */
	bool rsa;		/* a=; otherwise Ed25519 */
	struct span body_hash;	/* bh=, decoded */
	struct span names;	/* h= */
	bool signs_from;	/* From is among them */
	int64_t length;		/* l=, or -1 */
	int64_t expires;	/* x=, seconds; or -1 */
	bool relaxed_header, relaxed_body;	/* of c= */
	bool unsaid;		/* no c=: simple, or relaxed */
};

struct arcset {
	const struct header *results;	/* ARC-Authentication-Results */
	struct span payload;	/* of it: all behind "i=1;" */
	struct arcsig message, seal;
	struct span status;	/* cv= */
};

struct arcsets {
	struct arcset *sets;	/* sets[0] is instance 1 */
	size_t count;		/* 0: the message has no ARC field */
	const char *fault;	/* what breaks the chain, or NULL */
};

/* Headers must live as long as *out, which is in the arena and in them. */
void arcsets_collect(struct arena *, const struct header *, size_t count,
    struct arcsets *out);

/* The payload of ARC-Authentication-Results and its instance; 0 is a fault. */
unsigned arcsets_payload(struct span value, struct span *payload);

#endif
