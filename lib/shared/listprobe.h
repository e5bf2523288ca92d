/*
 * listprobe - the self-test of a DNS list before it is trusted (RFC 5782 5):
 * it must list its test entry, and must not list what no list lists.
 *
 * Besides the two entries of the RFC a control is asked: an address that
 * nobody has (RFC 2544, RFC 5737), or a name below "invalid".  A list that
 * lists everything but the RFC's entries is found out by that.
 */
#ifndef SHARED_LISTPROBE_H
#define SHARED_LISTPROBE_H

#include "net/asking.h"
#include "shared/dnslist.h"

#define LISTPROBE_TAGS 3	/* that a self-test takes, from its tag on */

enum listprobe {
	LISTPROBE_GOOD,
	LISTPROBE_SILENT,	/* no answer, or refuses to answer */
	LISTPROBE_EMPTY,	/* does not list its own test entry */
	LISTPROBE_LIES,		/* lists what it must not */
};

/* A list that has no self-test needs none. */
bool listprobe_needed(const struct dnslist *);

/*
 * Adds the questions of a self-test; random chooses the control, 0 leaves it
 * out.
 */
void listprobe_add(struct asking *, const struct dnslist *, unsigned tag,
    uint64_t random);

/* What the answers say; *why is static, or lives as the job. */
enum listprobe listprobe_result(const struct asking *, const struct dnslist *,
    unsigned tag, const char **why);

#endif
