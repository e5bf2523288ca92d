/*
 * dnslists - the check that asks DNS lists, and the rules of rule files that
 * do: what its files share, and what the daemon and posternctl ask of it.
 */
#ifndef CHECK_DNSLISTS_H
#define CHECK_DNSLISTS_H

#include "check/check.h"
#include "net/asking.h"
#include "shared/dnslist.h"
#include "shared/listhealth.h"
#include "shared/listprobe.h"

#define DNSLISTS_USED_MAX 60	/* lists that one configuration uses */
#define DNSLISTS_DEADLINES_MAX 6	/* different ones of them */
#define DNSLISTS_LINKS_MAX 50	/* domains of links, whatever the key says */
#define DNSLISTS_EMAILS_MAX 10	/* addresses of a message that are asked */
#define DNSLISTS_HITS_MAX 100	/* symbols of a message */
#define DNSLISTS_KEYS_MAX 100	/* lines of a file of keys */
#define DNSLISTS_TAG_PROBES DNSLISTS_USED_MAX	/* above those of lists */

/* The section "dnslists" of the configuration. */
struct dnslists_options {
	struct strings definitions, use;
	const char *keys;
	bool rules, outbound;
	int64_t links, self_test;
};

extern const struct option dnslists_rows[];

/* A list in use. */
struct used_list {
	struct dnslist list;	/* with its key */
	const struct weight **weights;	/* by code */
	size_t deadline;	/* number of its deadline */
};

struct netask;
struct netself;			/* of dnslists_rules.c */

/* What a generation has of it. */
struct dnslists_self {
	const struct dnslists_options *options;
	const struct rulebook *book;
	struct arena arena;
	struct used_list *used;
	size_t count;
	unsigned asks;		/* of all used lists */
	int64_t deadlines[DNSLISTS_DEADLINES_MAX];	/* 0: that of section
							 * failures */
	size_t deadline_count;
	struct netself *rules;	/* NULL: not asked */
};

/* What it has of a message. */
struct dnslists_state {
	struct dns_job *jobs[STAGES][DNSLISTS_DEADLINES_MAX];
	struct dns_job *rules;
	const struct netask *netask;	/* of it */
	bool off[DNSLISTS_USED_MAX];	/* not asked, as it is switched off */
	size_t left_out;		/* subjects past the limits */
	int64_t began;			/* steady ms of the first wait */
};

/* Made by the generation, before its rule files are read. */
struct dnslists *dnslists_define(const struct conf *, struct manifest *,
    struct error *);
void dnslists_undefine(struct dnslists *);	/* NULL is allowed */
void dnslists_declare(const struct dnslists *, struct weights *);

/* dnslists_load.c */
void *dnslists_load(const void *options, struct loading *);
void dnslists_unload(void *self);

/*
 * Tells health of all lists in use, so that they are tested before a message
 * needs them; to be called now and then.
 */
void dnslists_watch(const void *self, struct listhealth *, int64_t now);

/* dnslists_tell.c: how the lists in use fare; health may be NULL. */
void dnslists_tell(const void *self, struct listhealth *, struct buf *out);
void dnslists_tell_zone(const struct dnslist *zone, struct listhealth *,
    struct buf *out);

/*
 * What they say about an address, domain or mailbox.  Waits for the DNS;
 * returns how many lists know such things.
 */
size_t dnslists_query(const void *self, struct dns *, struct span subject,
    int64_t timeout, struct buf *out);

/* dnslists_ask.c: starts the jobs of a stage. */
void dnslists_ask(const struct dnslists_self *, struct inquiry *,
    enum stage);

/* Whether this message is one to ask about at all. */
bool dnslists_wanted(const struct dnslists_self *, const struct inquiry *);

/* Whether a list is believed; untested where nobody keeps its health. */
enum list_trust dnslists_trust(const struct inquiry *,
    const struct dnslist *);

/* ms that a job may still be waited for; deadline 0 is the common one. */
int64_t dnslists_patience(struct inquiry *, int64_t deadline);

/* dnslists_judge.c: waits for all jobs, and raises what they say. */
void dnslists_judge(const struct dnslists_self *, struct inquiry *);

/* dnslists_rules.c */
struct netself *netself_new(const struct dnslists_self *,
    const struct dnslists *);
void netself_free(struct netself *);
void netself_watch(const struct netself *, struct listhealth *, int64_t now);
void netself_tell(const struct netself *, struct listhealth *, struct buf *out);
void netself_ask(const struct dnslists_self *, struct inquiry *);
void netself_judge(const struct dnslists_self *, struct inquiry *);

#endif
