/*
 * authresults - what sender authentication found, as the value of one
 * Authentication-Results field (RFC 8601) and as a JSON object.
 */
#ifndef VERDICT_AUTHRESULTS_H
#define VERDICT_AUTHRESULTS_H

#include "auth/auth.h"
#include "base/buf.h"
#include "mail/message.h"

/* Arena memory of the message; "id; none" when no method was applied. */
struct span authresults_make(struct message *, const struct auth *);

/* Appends an object with a member for each method that was applied. */
void authresults_json(const struct auth *, struct buf *out);

#endif
