/*
 * field - the values of header fields as header rules see them: real ones by
 * name, pseudo ones such as ToCc, MESSAGEID, ALL and X-Spam-Relays-External,
 * each with the modifiers that a rule may write behind the name.  One thread
 * at a time; values live in the message's arena.
 */
#ifndef RULES_FIELD_H
#define RULES_FIELD_H

#include "rules/facts.h"

#define FIELD_VALUES_MAX 2000	/* values of one key; further ones are cut */
#define FIELD_ADDRESSES_MAX 200	/* addresses of one value */

struct field_values {
	struct span *items;
	size_t count;
	size_t room;	/* private */
};

/* All values of the key in order, none when there is no such field. */
void field_values(struct facts *, const struct field_key *,
    struct field_values *out);

/*
 * Splits "From:addr" into name and modifiers; false for a modifier that does
 * not exist.
 */
bool field_key_parse(struct span text, struct field_key *out);

#endif
