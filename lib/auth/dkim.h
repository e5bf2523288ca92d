/*
 * dkim - the signatures of a message (RFC 6376, 8301, 8463), each judged and
 * reported on its own.
 *
 * libopendkim chooses, canonicalizes and hashes the header fields.  The body
 * hash, the keys and the arithmetic are done beside it, because that is where
 * its time goes, and only well-formed signatures come near it (dkim_head.h
 * says why).
 *
 * What the results mean (RFC 8601 section 2.7.1; in doubt never a pass):
 *   pass       the signature verifies and nothing below applies
 *   fail       body or header was changed: a hash or the arithmetic is wrong,
 *              or l= counts more bytes than there are
 *   policy     we do not accept it, whatever the arithmetic says: expired,
 *              from the future, a From field that it does not cover.  And of
 *              RFC 8301, which forbids to count them as valid: rsa-sha1, and
 *              RSA keys that are too short.  Those are still computed, so
 *              that policy says "right but too weak" and fail says "changed";
 *              an owner of an old key is told apart from a forger
 *   neutral    not a signature that we can read: syntax, or a version,
 *              algorithm, canonicalization, query method that is unknown
 *   permerror  readable, but never to be verified: a required tag is missing,
 *              From is not signed, i= is not below d=, no key, a revoked or
 *              broken key, a key that is not for this use
 *   temperror  the DNS gave no answer
 */
#ifndef AUTH_DKIM_H
#define AUTH_DKIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/dkim_body.h"
#include "base/span.h"
#include "mail/message.h"
#include "net/dns.h"

#define DKIM_SIGNATURES_MAX 8	/* verified; further ones are counted */
#define DKIM_BITS_MIN 1024	/* RFC 8301 section 3.2: no less is valid */
/* Seconds that t= may be ahead: clocks and time zones are set wrongly. */
#define DKIM_DRIFT 86400
#define DKIM_DIGEST_MAX 32

enum dkim_result {
	DKIM_NONE, DKIM_PASS, DKIM_FAIL, DKIM_POLICY, DKIM_NEUTRAL,
	DKIM_TEMPERROR, DKIM_PERMERROR
};

enum dkim_hash { DKIM_SHA256, DKIM_SHA1 };

/* The word of RFC 8601. */
const char *dkim_result_name(enum dkim_result);

/* Spans live until dkim_verify_free. */
struct dkim_signature {
	size_t header;		/* which field of the message it is */
	enum dkim_result result;
	const char *reason;	/* why it is no pass; "" for a pass */
	struct span domain;	/* d=, s=, i=, a=: empty when unreadable */
	struct span selector;
	struct span identity;
	struct span algorithm;
	struct span b;		/* for header.b: the shortest start of b=, 8
				 * digits at least, that tells it apart from
				 * the others (RFC 6008) */
	int64_t time, expires;	/* t=, x= in seconds, or -1 */
	unsigned bits;		/* of the key; 0 when there is none */
	bool key_secure;	/* the key came through DNSSEC */
	bool testing;		/* t=y: to be treated as if unsigned */
	bool strict;		/* t=s: i= has to be d= itself */
	bool has_length;	/* l= is there ... */
	bool added;		/* ... and the body goes on behind it: a pass
				 * says nothing about what follows */
	bool cut;		/* it might have passed, had the whole header
				 * been kept */
};

struct dkim_outcome {
	size_t count;		/* 0: not signed, "none" */
	const struct dkim_signature *signatures;	/* as in the message */
	size_t ignored;		/* signature fields past the limit */
};

/* What all messages share; may be used by any thread at the same time. */
struct dkim_engine;

/* NULL when this libopendkim lacks SHA-256 or Ed25519. */
struct dkim_engine *dkim_engine_new(void);
void dkim_engine_free(struct dkim_engine *);

struct dkim_input {
	const struct header *headers;	/* of the whole message; they must live
					 * until dkim_verify_free.  Values are
					 * raw, with their leading space */
	size_t header_count;
	bool cut;		/* fields are missing or shortened: a signature
				 * that does not verify is neutral then */
	int64_t now;		/* wall clock, ms */
	unsigned bits_min;	/* of RSA keys; at least DKIM_BITS_MIN */
	struct dkim_bodies *bodies;	/* what the signatures want is added;
					 * the whole body has to go there,
					 * line ends CRLF (or LF) */
	const struct span *first;	/* of DKIM_SIGNATURES_MAX and more those
					 * of these domains, and beneath, are
					 * verified before others' */
	size_t first_count;
};

/* One message, one thread at a time. */
struct dkim_verify;

/* Once the header is complete.  The keys are asked at once, all together. */
struct dkim_verify *dkim_verify_new(const struct dkim_engine *, struct dns *,
    const struct dkim_input *);

/* Waits at most that many ms for keys and judges.  Ends the verification. */
const struct dkim_outcome *dkim_verify_end(struct dkim_verify *,
    int64_t timeout);

/* Questions that the keys took. */
size_t dkim_verify_questions(const struct dkim_verify *);

void dkim_verify_free(struct dkim_verify *);

#endif
