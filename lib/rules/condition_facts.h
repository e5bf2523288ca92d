/*
 * condition_facts - what rule files can find out about SpamAssassin 4.0.1:
 * which plugins there are and what they can do.  Constant tables.
 */
#ifndef RULES_CONDITION_FACTS_H
#define RULES_CONDITION_FACTS_H

#include <stdbool.h>

#include "base/span.h"

#define CONDITION_PLUGINS "Mail::SpamAssassin::Plugin::"

/*
 * NULL when rules of that plugin do not work here, with what is known of places
 * (enum geo_fact); else its newer name.
 */
const char *condition_plugin_name(struct span name, unsigned geo);

/* True for "Mail::SpamAssassin::Conf::feature_edns" and the like. */
bool condition_method(struct span module, struct span method);

#endif
