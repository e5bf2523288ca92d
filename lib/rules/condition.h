/*
 * condition - what stands behind "if" in rule files, such as
 * "!plugin(Mail::SpamAssassin::Plugin::X) && version >= 3.004002": answered as
 * SpamAssassin 4.0.1 would, but that only those plugins count as loaded whose
 * rules work here.  Pure functions, any thread.
 */
#ifndef RULES_CONDITION_H
#define RULES_CONDITION_H

#include <stdbool.h>

#include "base/error.h"
#include "base/map.h"
#include "base/span.h"

#define CONDITION_DEPTH_MAX 64	/* parentheses and "!" in one another */

/* What we say we are: SpamAssassin's and Perl's versions. */
#define CONDITION_VERSION 4.000001
#define CONDITION_VERSION_TEXT "4.000001"
#define CONDITION_PERL 5.036000

struct condition_world {
	bool local_only;	/* local_tests_only */
	unsigned geo;		/* enum geo_fact: what is known of places */
	const struct map *compat;	/* words of enable_compat, or NULL */
};

struct condition_answer {
	bool truth;
	struct span missing;	/* a plugin that is not there, or empty */
};

/* Returns 0, or -1 with the reason in *error, without file and line. */
int condition_eval(const struct condition_world *, struct span text,
    struct condition_answer *, struct error *error);

/*
 * True when rules of that plugin ("Mail::SpamAssassin::Plugin::X") work, those
 * of some only where so much is known of places.
 */
bool condition_plugin(struct span package, unsigned geo);

#endif
