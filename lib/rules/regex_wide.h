/*
 * regex_wide - patterns that are too large for 8-bit PCRE2, whose offsets have
 * 16 bits, matched by 32-bit PCRE2 on the subject with every byte widened.
 */
#ifndef RULES_REGEX_WIDE_H
#define RULES_REGEX_WIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"

struct wide;

/*
 * options are PCRE2's; once says that machine code is not worth its while.
 * NULL with *error filled in when PCRE2 refuses it.
 */
struct wide *wide_new(struct span pattern, uint32_t options, bool once,
    struct error *error);
void wide_free(struct wide *);
size_t wide_size(const struct wide *);

/* What matching writes to; for one thread at a time. */
struct wide_scratch;

/* Called at every callout; what it returns ends the match. */
typedef int wide_watch(void *arg, size_t start, size_t at);

struct wide_scratch *wide_scratch_new(uint32_t pairs, wide_watch *,
    void *arg);
void wide_scratch_free(struct wide_scratch *);

/*
 * As pcre2_match: the number of groups, or a negative code.  *ovector, with
 * their offsets, lives until the next match.
 */
int wide_match(const struct wide *, struct wide_scratch *,
    const uint32_t *subject, size_t n, size_t start, size_t **ovector);

#endif
