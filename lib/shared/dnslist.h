/*
 * dnslist - lists of addresses and domains that others publish in the DNS
 * (RFC 5782): which there are, what they are asked, what their answers mean.
 *
 * Definitions are data, in files that operators can read (postern-rules(5),
 * "DNS lists").  They are read while loading, then constant: any thread.
 */
#ifndef SHARED_DNSLIST_H
#define SHARED_DNSLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/ip.h"
#include "base/span.h"
#include "net/dns.h"

#define DNSLIST_NAME_MAX 32	/* bytes of a list's name */
#define DNSLIST_WORD_MAX 100	/* bytes of a symbol or group */
#define DNSLIST_ZONE_MAX 180	/* bytes of a zone, so that names fit before */
#define DNSLIST_KEY_MAX 63	/* bytes of a key: it becomes a label */
#define DNSLIST_CODES_MAX 64	/* of one list */
#define DNSLISTS_MAX 500
#define DNSLIST_ANSWERS_MAX 16	/* records of one answer that are looked at */

/* What a list may be asked about; bits. */
enum dnslist_asks {
	DNSLIST_CLIENT = 1 << 0,	/* the client's IPv4 address */
	DNSLIST_CLIENT6 = 1 << 1,	/* its IPv6 address */
	DNSLIST_RDNS = 1 << 2,		/* its name */
	DNSLIST_HELO = 1 << 3,
	DNSLIST_SENDER = 1 << 4,	/* the domain of MAIL */
	DNSLIST_FROM = 1 << 5,		/* those of From */
	DNSLIST_LINK = 1 << 6,		/* registered domains of links */
	DNSLIST_LINK_HOST = 1 << 7,	/* their whole hosts */
	DNSLIST_LINK_IP = 1 << 8,	/* links to bare IPv4 addresses */
	DNSLIST_EMAIL = 1 << 9,		/* hashed addresses: From, Reply-To */
};

#define DNSLIST_OF_CLIENT (DNSLIST_CLIENT | DNSLIST_CLIENT6 | DNSLIST_RDNS)
#define DNSLIST_OF_LINKS (DNSLIST_LINK | DNSLIST_LINK_HOST | DNSLIST_LINK_IP)

/* Answers that mean the same: a range, or under a mask. */
struct dnslist_code {
	uint32_t low, high;
	uint32_t mask;		/* not 0: (answer & mask) == low */
	const char *symbol;	/* NULL: the question was refused */
	const char *group;
	bool policy;		/* says only that the address should not send
				 * by itself: not for our own users */
};

enum dnslist_without {
	DNSLIST_WITHOUT_DEFAULT,	/* as section failures says */
	DNSLIST_WITHOUT_OPEN,
	DNSLIST_WITHOUT_TEMPFAIL,
};

struct dnslist {
	const char *name;
	const char *file;		/* of its definition, or NULL */
	unsigned line;
	const char *about;		/* for people, or "" */
	struct span zone;		/* lower case, no final dot */
	struct span id;			/* the same without the key: what
					 * health is kept by */
	bool wants_key;			/* "{key}" stands in the zone */
	unsigned asks;			/* enum dnslist_asks */
	struct dnslist_code *codes;
	size_t code_count;
	const char *group;		/* of codes that name none */
	int64_t deadline;		/* ms, 0: as section failures says */
	enum dnslist_without without;
	enum hash_kind hash;
	bool base32;
	const char *terms_url, *terms;	/* "" where unknown */
	/*
	 * Names below the zone of the self-test (RFC 5782 5); empty ones are
	 * not asked.  With neither the list is believed as it is.
	 */
	struct span listed, unlisted;
};

struct dnslists {
	struct arena arena;
	struct dnslist *items;
	size_t count;
};

void dnslists_init(struct dnslists *);
void dnslists_done(struct dnslists *);

/*
 * Takes one line of a definition file (conf/lines.h); context is the struct
 * dnslists.  dnslists_end completes what the lines said.  0, or -1 with *error
 * filled in as "file:line: reason".
 */
int dnslists_take(void *context, struct span line, const char *file,
    unsigned number, struct error *error);
int dnslists_end(struct dnslists *, struct error *error);

/* NULL when there is none; a zone may have several lists: the first. */
struct dnslist *dnslists_find(const struct dnslists *, struct span name);
const struct dnslist *dnslists_zone(const struct dnslists *, struct span zone);

/* Puts the key into the zone; -1 when that makes no name. */
int dnslist_set_key(struct dnslist *, struct arena *, struct span key);

/* The self-test that RFC 5782 5 has for a list that is asked such things. */
void dnslist_default_test(struct dnslist *, unsigned asks);

/* Whether the code stands for that answer (an IPv4 address as a number). */
bool dnslist_code_has(const struct dnslist_code *, uint32_t answer);

/* Names to be asked; they may turn out too long, which dns answers. */
struct span dnslist_reverse(struct arena *, const struct ip *);
struct span dnslist_name(struct arena *, const struct dnslist *,
    struct span label);
struct span dnslist_hashed(struct arena *, const struct dnslist *,
    struct span address);

enum dnslist_word { DNSLIST_NO, DNSLIST_YES, DNSLIST_ERROR };

/* What a list says about one question. */
struct dnslist_answer {
	enum dnslist_word word;
	const char *why;	/* of DNSLIST_ERROR; static */
	uint32_t codes[DNSLIST_ANSWERS_MAX];	/* of DNSLIST_YES */
	size_t count;
};

/*
 * Reads an answer.  That of no server, one outside of 127.0.0.0/8 (RFC 5782
 * 2.1: a resolver that makes up addresses), 127.255.255.x and what the
 * definition calls refused are errors, and never a listing.  list may be NULL.
 */
void dnslist_read(const struct dnslist *list, const struct dns_answer *,
    struct dnslist_answer *out);

#endif
