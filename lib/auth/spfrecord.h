/*
 * spfrecord - an SPF record taken apart, strictly by the grammar of RFC 7208
 * section 12.  Pure functions, any thread.
 */
#ifndef AUTH_SPFRECORD_H
#define AUTH_SPFRECORD_H

#include "auth/spf.h"
#include "base/arena.h"

enum spf_mechanism {
	SPF_ALL,
	SPF_INCLUDE,
	SPF_A,
	SPF_MX,
	SPF_PTR,
	SPF_IP4,
	SPF_IP6,
	SPF_EXISTS,
};

struct spf_term {
	struct span text;	/* as published, with its qualifier */
	enum spf_mechanism mechanism;
	enum spf_result result;	/* of the qualifier */
	struct span domain;	/* domain-spec with its macros, or "" */
	struct ip ip;		/* of ip4 and ip6 */
	unsigned bits4;		/* prefix length, 32 where none is given */
	unsigned bits6;		/* 128 */
};

struct spf_record {
	struct spf_term *terms;	/* up to and with the first "all": nothing
				 * behind it counts (5.1) */
	size_t count;
	struct span redirect;	/* domain-spec, or ""; never reached when there
				 * is an "all" (6.1) */
	struct span exp;	/* domain-spec, or "" */
};

/* True when it begins as an SPF record does (4.5). */
bool spf_record_is(struct span text);

/*
 * Spans point into text.  NULL, or what is wrong with the term *where; *out
 * is then undefined.  Text must be one that spf_record_is.
 */
const char *spf_record_parse(struct arena *, struct span text,
    struct spf_record *out, struct span *where);

#endif
