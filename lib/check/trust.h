/*
 * trust - what others need to know of the check "trust": the command that adds
 * entries, and the lint of files.
 */
#ifndef CHECK_TRUST_H
#define CHECK_TRUST_H

#include "base/digest.h"
#include "check/check.h"

struct trust;		/* of a generation: check_trust's self */

/* What entries are held against; it lives as long as the generation. */
const struct entry_terms *trust_terms(const struct trust *);

/* The entries of files; those of operators are in the roster. */
const struct entryset *trust_files(const struct trust *);

/* Makes the question how much spam used an entry lately. */
void trust_spam_op(const struct entry *, struct store_op *,
    char key[DIGEST_WORD_MAX]);

/* Thousandths of a message from which an entry is suspended. */
int64_t trust_suspend_at(const struct trust *);

#endif
