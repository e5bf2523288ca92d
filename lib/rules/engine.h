/*
 * engine - thousands of regular expressions at once: which of them hit these
 * bytes?  Patterns come in classes, each for one kind of subject (lines of the
 * body, URIs, one header ...), numbered by the caller.
 *
 * PCRE2 says what hits, but few patterns come to it.  From most follows a set
 * of strings of which each match contains one; Vectorscan looks for all of
 * them in one pass, or our own search where it cannot.  Where there are no
 * strings, a sketch of the pattern may do (engine_sketch.h).  What comes
 * through is asked of the pattern's own automaton (engine_filter.h) before
 * PCRE2 is.  All that changes the speed, never the hits.
 *
 * An engine is constant and counted.  Any number of threads scan with one,
 * each with a scratch of its own, taken from the pool for a message.
 */
#ifndef RULES_ENGINE_H
#define RULES_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"
#include "rules/regex.h"

#define ENGINE_PATTERNS_MAX 50000
#define ENGINE_CLASSES_MAX 4096
#define ENGINE_COUNT_MAX 1000		/* hits of a pattern in a scan */
#define ENGINE_CAPTURES_MAX 256		/* told of one scan */

struct engine_pattern {
	unsigned id;		/* the caller's; may come in several classes */
	unsigned class;		/* below ENGINE_CLASSES_MAX, dense */
	struct span text;	/* without delimiters */
	unsigned flags;		/* REGEX_... */
	/*
	 * Hits to count, at most: non-overlapping ones, as Perl's /g finds
	 * them.  0 and 1: only whether it hits.
	 */
	unsigned most;
	bool captures;		/* tell what named groups took */
	bool once;		/* after a hit it is not tried again until
				 * engine_return */
	bool later;		/* only tried when engine_settle asks for it;
				 * without captures */
};

/* What a loader may want to tell the operator. */
enum engine_note {
	ENGINE_REFUSED,		/* PCRE2 refuses the pattern: it never hits */
	ENGINE_UNGATED,		/* PCRE2 tries it on every subject */
	ENGINE_CACHE,		/* the folder cannot be read or written */
	ENGINE_WORKER,		/* compiling failed */
	ENGINE_LIBRARY,		/* this Vectorscan is of no use */
};

/* pattern is NULL where a note is about no pattern; text says more. */
typedef void engine_report_fn(void *arg, enum engine_note,
    const struct engine_pattern *pattern, const char *text);

struct engine_options {
	const char *cache;	/* folder of what was compiled; NULL: none */
	unsigned seconds;	/* for all compiling; 0: default */
	bool no_worker;		/* without Vectorscan */
	engine_report_fn *report;	/* or NULL */
	void *arg;
};

struct engine;
struct engine_pool;
struct engine_scratch;

/*
 * Compiles patterns, which need not outlive the call.  What previous (may be
 * NULL) has already compiled is shared with it.  Neither a refused pattern nor
 * trouble with cache or worker fails the load.  Returns the engine with one
 * use, or NULL with *error filled in: too many patterns or too long ones.
 * options may be NULL.
 */
struct engine *engine_load(const struct engine_pattern *patterns, size_t n,
    struct engine *previous, const struct engine_options *options,
    struct error *error);
struct engine *engine_get(struct engine *);
void engine_put(struct engine *);

/* How a pattern is matched, by its position at engine_load. */
enum engine_way {
	ENGINE_NEVER,		/* refused */
	ENGINE_STRINGS,		/* where one of its strings occurs */
	ENGINE_SKETCHED,	/* where its sketch does */
	ENGINE_DIRECT,		/* on every subject */
	ENGINE_WAYS,
};

enum engine_way engine_way(const struct engine *, size_t position);

struct engine_figures {
	size_t ways[ENGINE_WAYS];	/* patterns of each */
	size_t shards, shards_compiled, shards_cached, shards_shared;
	size_t database_bytes;	/* Vectorscan's, and the sketches' */
	size_t regex_bytes;	/* PCRE2's, with its machine code, and ours */
	int64_t ms;		/* that loading took */
};

void engine_figures(const struct engine *, struct engine_figures *);

/* One for the life of the process; any thread. */
struct engine_pool *engine_pool_new(void);
void engine_pool_free(struct engine_pool *);

/*
 * Lends a scratch for one message to be scanned with this engine, which must
 * live until engine_return.  One thread at a time.
 */
struct engine_scratch *engine_borrow(struct engine_pool *, struct engine *);
void engine_return(struct engine_pool *, struct engine_scratch *);

/* The scratch for regex_match that the lender uses itself, between scans. */
struct regex_scratch *engine_regexes(struct engine_scratch *);

struct engine_hit {
	unsigned id;
	unsigned count;		/* 1, or up to "most" */
	struct span subject;
	size_t from, to;	/* the first match in it */
	unsigned capture;	/* its first in engine_captures */
	unsigned captures;
};

/* A named group that took part in a counted match. */
struct engine_capture {
	const char *name;	/* lives as long as the engine */
	struct span value;	/* in the subject */
};

/*
 * The hits of a class's patterns in subject, each id at most once for each of
 * its patterns, in no order.  *hits and the captures live in scratch until
 * the next scan.  A class that no pattern has gives none.
 */
size_t engine_scan(const struct engine *, struct engine_scratch *,
    unsigned class, struct span subject, const struct engine_hit **hits);
const struct engine_capture *engine_captures(const struct engine_scratch *);

/*
 * Patterns to be tried later that some subject since engine_borrow may hold:
 * their ids, until the next scan, though some of them wait no more.
 * engine_settle gives the hits of one as engine_scan would have done, or only
 * the first where that is all that counts; then it waits no more.  The subjects
 * must live until then.  When thousands wait, what comes after them is tried at
 * once.
 */
size_t engine_waiting(const struct engine_scratch *, const unsigned **ids);
bool engine_waits(const struct engine_scratch *, size_t position);
size_t engine_settle(const struct engine *, struct engine_scratch *,
    size_t position, const struct engine_hit **hits);

/*
 * Patterns that were given up in this message because they took too long;
 * they do not hit any more.  Lives until engine_return.
 */
size_t engine_limited(const struct engine_scratch *, const unsigned **ids);

#endif
