/*
 * regex - one regular expression in Perl's syntax, matched by PCRE2 against
 * bytes: \w, \d, \s, \b and case are ASCII's, as with Perl's /aa.  A regex is
 * constant and counted; any number of threads match it at the same time, each
 * with a scratch of its own.
 *
 * Time is bounded: a match that tries too much ends with REGEX_LIMIT, however
 * the pattern was written.  What counts is steps, not the clock, so that the
 * same subject always gets the same answer; but steps are only counted where
 * there can be many (regex_code.h).
 */
#ifndef RULES_REGEX_H
#define RULES_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"

#define REGEX_PATTERN_MAX (1 << 20)	/* bytes of a pattern */
#define REGEX_SUBJECT_MAX (64 << 20)	/* what is longer is cut off */
#define REGEX_STEPS 250000		/* of one match: some 5 ms */
#define REGEX_CAPTURES_MAX 64		/* groups that are told */

/* Perl's modifiers; any of them may also stand inside as (?i) and so on. */
#define REGEX_CASELESS 1u	/* i */
#define REGEX_LINES 2u		/* m: ^ and $ at every line */
#define REGEX_DOTALL 4u		/* s */
#define REGEX_EXTENDED 8u	/* x */
#define REGEX_NOGROUPS 16u	/* n: plain ( ) do not capture */
#define REGEX_ANCHORED 32u	/* only at the start offset; none of Perl's */
/* For a pattern that is used a few times only, such as one made from a mail. */
#define REGEX_ONCE 64u

enum regex_answer { REGEX_NOMATCH, REGEX_MATCH, REGEX_LIMIT };

struct regex;
struct regex_scratch;

/*
 * The flags that letters after a pattern mean; a, u, l, d, o, p, g and c are
 * accepted and mean nothing here.  Returns 0, or -1 with *error filled in.
 */
int regex_flags(struct span letters, unsigned *flags, struct error *error);

/*
 * Compiles pattern, which stands without delimiters.  Returns the regex with
 * one use, or NULL with *error filled in.
 */
struct regex *regex_new(struct span pattern, unsigned flags,
    struct error *error);
struct regex *regex_get(struct regex *);
void regex_put(struct regex *);

/* Bytes of memory, compiled code included. */
size_t regex_size(const struct regex *);

/* Groups that have a name: i counts from 0; false past the last one. */
bool regex_name(const struct regex *, unsigned i, const char **name,
    unsigned *group);

/* What matching writes to.  For one thread at a time, and any regex. */
struct regex_scratch *regex_scratch_new(void);
void regex_scratch_free(struct regex_scratch *);

/* Another message begins, which has all its time before it. */
void regex_scratch_reset(struct regex_scratch *);

/* Where a match lies in its subject, and how much was tried. */
struct regex_found {
	size_t from, to;
	uint32_t steps;	/* set whatever the answer */
};

/*
 * Looks for the first match at or after start.  On REGEX_MATCH *found says
 * where, and regex_group answers until the next match with this scratch.
 */
enum regex_answer regex_match(const struct regex *, struct regex_scratch *,
    struct span subject, size_t start, struct regex_found *found);

/*
 * What a group of the last match took; 0 is the whole match.  False when it
 * took no part.  The span points into the subject.
 */
bool regex_group(const struct regex_scratch *, unsigned group,
    struct span *out);

#endif
