/*
 * tenant - who of the many that share a provider wrote a message, as one word
 * that starts with its kind and can stand in a log and on a command line.
 * What is no such word, or longer than TENANT_MAX, gives the empty span.  Pure
 * functions, any thread; values are foreign bytes.
 */
#ifndef CHECK_TENANT_H
#define CHECK_TENANT_H

#include "base/arena.h"
#include "base/span.h"

#define TENANT_MAX 200	/* bytes of a value */

/* "addr:": a mailbox, in lower case and without "+detail". */
struct span tenant_address(struct arena *, struct span address);

/*
 * "feedback:", who sends for whom, of a Feedback-ID field.  Its parts are
 * campaign, customer, kind and sender, as Google asks for; where there are
 * only two, the first is the customer.
 */
struct span tenant_feedback(struct arena *, struct span value);

/*
 * "auid:": i= of a signature where it says more than d=, a local part or a
 * name beneath (RFC 6376 3.5).
 */
struct span tenant_agent(struct arena *, struct span agent,
    struct span domain);

/* "list:" of a List-Id field (RFC 2919), in lower case. */
struct span tenant_list(struct arena *, struct span value);

#endif
