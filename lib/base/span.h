/*
 * span - a run of bytes that somebody else owns: a pointer and a length, no
 * terminating zero.  A span never outlives what it points into.  All functions
 * are pure and may be called from any thread; "i" variants fold ASCII case.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
	const char *p;
	size_t n;
};

/* A span over a string literal; usable in static initialisers. */
#define SPAN(literal) { (literal), sizeof(literal) - 1 }

/* For printf: "%.*s", SPAN_ARG(s).  Spans are far below 2 GB by then. */
#define SPAN_ARG(s) (int)(s).n, (s).p

/*
 * What is asked for every byte or line is inline: the compiler then knows how
 * long a literal is, and calls nothing.
 */

/* Locale-free character classes of ASCII (no byte above 127 is in any). */

static inline bool
char_space(int c)		/* space, \t, \r, \n, \v, \f */
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool
char_digit(int c)
{
	return c >= '0' && c <= '9';
}

static inline bool
char_alpha(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool
char_word(int c)		/* letter, digit or "_" */
{
	return char_alpha(c) || char_digit(c) || c == '_';
}

static inline int
char_lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

int char_hex(int c);		/* what a hexadecimal digit counts, or -1 */

/*
 * Whether c is in set, whatever byte it is; a zero never is.  Sets are a few
 * bytes: shorter than a call of strchr.
 */
static inline bool
char_among(char c, const char *set)
{
	while (*set != '\0' && *set != c)
		set++;
	return *set != '\0';
}

static inline struct span
span_make(const char *p, size_t n)	/* NULL gives the empty span */
{
	struct span s = {p != NULL ? p : "", p != NULL ? n : 0};

	return s;
}

static inline struct span
span_of(const char *string)	/* likewise */
{
	return span_make(string, string != NULL ? strlen(string) : 0);
}

static inline struct span
span_between(const char *from, const char *to)
{
	return span_make(from, (size_t)(to - from));
}

/* a without its first n bytes, or only its first n bytes; n may exceed a.n. */
static inline struct span
span_skip(struct span a, size_t n)
{
	if (n > a.n)
		n = a.n;
	/* Nothing may be added to NULL, not even nothing. */
	return span_make(n != 0 ? a.p + n : a.p, a.n - n);
}

static inline struct span
span_head(struct span a, size_t n)
{
	return span_make(a.p, n < a.n ? n : a.n);
}

static inline bool
span_eq(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool
span_is(struct span a, const char *string)
{
	return span_eq(a, span_of(string));
}

static inline bool
span_starts(struct span a, const char *prefix)
{
	return span_is(span_head(a, strlen(prefix)), prefix);
}

/* Whether n bytes are the same but for the case of letters. */
bool span_folds(const char *a, const char *b, size_t n);

/* What is asked about mostly differs in length or in its first byte. */
static inline bool
span_ieq(struct span a, struct span b)
{
	if (a.n != b.n || a.n == 0)
		return a.n == b.n;
	return char_lower(a.p[0]) == char_lower(b.p[0]) &&
	    span_folds(a.p, b.p, a.n);
}

static inline bool
span_iis(struct span a, const char *string)
{
	return span_ieq(a, span_of(string));
}

static inline bool
span_istarts(struct span a, const char *prefix)
{
	return span_iis(span_head(a, strlen(prefix)), prefix);
}

bool span_iends(struct span a, const char *suffix);
size_t span_ascii_run(struct span a);	/* bytes before one above 127 */
bool span_ascii(struct span a);		/* no byte above 127 */

/* Bytes before one above 127, a blank or a control byte; DEL is none here. */
size_t span_visible_run(struct span a);

/*
 * Bytes at the start of a that are words of printable ASCII with one blank
 * between each two, as nearly all text is; it ends with a word.
 */
size_t span_prose_run(struct span a);

/* How many bytes are c, or from first to last (as unsigned numbers). */
size_t span_count(struct span a, char c);
size_t span_count_between(struct span a, char first, char last);

/* Offset of the first byte c or of needle in a, or a.n when absent. */
static inline size_t
span_chr(struct span a, char c)
{
	const char *at = a.n != 0 ? memchr(a.p, c, a.n) : NULL;

	return at != NULL ? (size_t)(at - a.p) : a.n;
}

size_t span_rchr(struct span a, char c);
size_t span_find(struct span a, struct span needle);

/*
 * The same whatever the case; only for needles of some twenty bytes.  key is
 * the offset in needle of the byte that is looked for first: a rare one.
 */
size_t span_ifind(struct span a, struct span needle, size_t key);
size_t span_rarest(struct span needle);

/* Offset of the first byte that is in set, or a.n; a zero never is. */
size_t span_any_of(struct span a, const char *set, size_t n);

static inline size_t
span_any(struct span a, const char *set)
{
	return span_any_of(a, set, strlen(set));
}

/* Without white space around it. */
struct span span_trim(struct span a);

/*
 * Cuts the part before the first separator off *rest into *part; the separator
 * is dropped.  Returns false once *rest is used up.
 */
bool span_cut(struct span *rest, char separator, struct span *part);

/* The next run of bytes that are not char_space(); false when there is none. */
bool span_word(struct span *rest, struct span *word);

#endif
