/* archash - what the signatures of a chain sign. */
#include "auth/archash.h"

#include <string.h>

#include "auth/arccanon.h"
#include "auth/taglist.h"

/* The lowest field of that name that was not yet taken; RFC 6376 5.4.2. */
static const struct header *
take(const struct header *headers, size_t count, char *used, struct span name)
{
	size_t i;

	for (i = count; i-- > 0;) {
		if (!used[i] && span_ieq(headers[i].name, name)) {
			used[i] = 1;
			return &headers[i];
		}
	}
	return NULL;
}

void
archash_message(const struct arcsig *sig, const struct header *headers,
    size_t count, char *used, unsigned char out[ARCSET_HASH])
{
	struct arccanon canon;
	struct span names = sig->names, name;
	const struct header *h;

	memset(used, 0, count);
	/* A signature is never among the fields that it signs. */
	used[sig->field - headers] = 1;
	arccanon_init(&canon);
	while (taglist_item(&names, &name)) {
		h = take(headers, count, used, name);
		if (h != NULL)
			arccanon_field(&canon, h, sig->relaxed_header,
			    span_of(NULL), false);
	}
	arccanon_field(&canon, sig->field, sig->relaxed_header, sig->hole,
	    true);
	arccanon_hash(&canon, out);
	arccanon_done(&canon);
}

/* A seal signs all older sets as they are, then its own without its b=. */
static void
add_set(struct arccanon *canon, const struct arcset *set,
    unsigned char out[ARCSET_HASH])
{
	struct span none = span_of(NULL);
	struct arccanon sealed;

	arccanon_field(canon, set->results, true, none, false);
	arccanon_field(canon, set->message.field, true, none, false);
	arccanon_copy(&sealed, canon);
	arccanon_field(&sealed, set->seal.field, true, set->seal.hole, true);
	arccanon_hash(&sealed, out);
	arccanon_done(&sealed);
	arccanon_field(canon, set->seal.field, true, none, false);
}

void
archash_seals(const struct arcsets *chain,
    unsigned char (*out)[ARCSET_HASH])
{
	struct arccanon canon;
	size_t i;

	arccanon_init(&canon);
	for (i = 0; i < chain->count; i++)
		add_set(&canon, &chain->sets[i], out[i]);
	arccanon_done(&canon);
}
