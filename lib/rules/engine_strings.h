/*
 * engine_strings - which of many strings occur in a text, whatever their ASCII
 * case.  Each is known by four of its bytes, the rarest in a row; where these
 * occur, the rest is compared.  So the time hardly depends on their number.
 *
 * Tables are constant once built, and scanned by any number of threads.
 */
#ifndef RULES_ENGINE_STRINGS_H
#define RULES_ENGINE_STRINGS_H

#include "rules/literal.h"

struct engine_strings;

/* Sets of strings, none of which is shorter than LITERAL_LEAST. */
struct engine_strings *engine_strings_new(const struct literals *const *sets,
    size_t n);
void engine_strings_free(struct engine_strings *);
size_t engine_strings_size(const struct engine_strings *);

/*
 * Tells the numbers of the sets, counting from 0 in the order of the first
 * call, of which a string occurs, perhaps more than once, and where it begins;
 * of later ones none begins more than LITERAL_BYTES_MAX bytes before that.
 */
typedef void engine_strings_fn(void *arg, unsigned set, size_t at);

void engine_strings_scan(const struct engine_strings *, struct span subject,
    engine_strings_fn *, void *arg);

#endif
