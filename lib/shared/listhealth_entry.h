/*
 * listhealth_entry - what the files of listhealth know of one list.  Private
 * to them; all but job is guarded by the mutex of listhealth, and list changes
 * in the thread of tick only, which may read it without.
 */
#ifndef SHARED_LISTHEALTH_ENTRY_H
#define SHARED_LISTHEALTH_ENTRY_H

#include "shared/listhealth.h"
#include "shared/listprobe.h"

/* One answer of the window. */
struct sample {
	uint64_t subject;	/* hash */
	int64_t when;
	enum dnslist_word word;
};

struct listentry {
	struct arena arena;	/* what list refers to */
	struct dnslist list;	/* a copy: generations come and go */
	int64_t defined;	/* when that was last held against one */
	struct dns_job *job;	/* a self-test under way; thread of tick */
	int64_t began;		/* of that */

	enum list_trust trust;
	int64_t since;
	char why[160];
	bool lies;		/* why it is off: it cannot be believed, and
				 * nobody else can believe it */
	int64_t rest;		/* off until then at least */
	unsigned trips;		/* how often it was put to rest */

	int64_t used, tested, next;	/* next: self-test */
	unsigned good, bad;	/* self-tests in a row */
	int64_t doubted;	/* last time that a test was hurried */

	struct sample window[LISTHEALTH_WINDOW];
	size_t count, at;
	unsigned usual;		/* per million: smoothed rate of hits */
	uint64_t asked, hits, errors;

	int64_t changed;	/* what the store says, or is to say */
	bool publish;
};

struct listentry *listentry_new(const struct dnslist *, int64_t now);
void listentry_free(struct listentry *);

/*
 * What a generation in use says of the list; what is new must be tested first.
 * Of several of a zone the first at a time counts.
 */
void listentry_define(struct listentry *, const struct dnslist *,
    int64_t now);

/* An answer to a question of a message. */
void listentry_note(struct listentry *, uint64_t subject, enum dnslist_word,
    int64_t now);

/* The end of a self-test; interval until the next one. */
void listentry_tested(struct listentry *, enum listprobe, const char *why,
    int64_t interval, int64_t now);

/* A list that no self-test brings back is back after its rest. */
void listentry_wake(struct listentry *, int64_t now);

/* The record of the store, and what another host wrote there. */
struct span listentry_record(const struct listentry *, const char *host,
    struct buf *out);
void listentry_heard(struct listentry *, struct span record, int64_t now);

#endif
