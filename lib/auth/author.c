/* author - the domain that a message claims as its author's. */
#include "auth/author.h"

#include <stdbool.h>
#include <string.h>

#include "mail/address.h"
#include "mail/domain.h"

/* The first thing that is wrong is told. */
static void
broken(struct author *a, const char *reason)
{
	if (a->kind == AUTHOR_BROKEN)
		return;
	a->kind = AUTHOR_BROKEN;
	a->reason = reason;
}

static void
add_domain(struct author *a, struct span domain)
{
	size_t i;

	for (i = 0; i < a->count; i++)
		if (span_eq(a->domains[i], domain))
			return;
	if (a->count == AUTHOR_DOMAINS_MAX)
		broken(a, "more domains in From than are checked");
	else
		a->domains[a->count++] = domain;
}

static void
add_address(struct author *a, struct arena *arena, struct span domain)
{
	struct span name = domain_ascii(arena, domain);

	if (name.n != 0)
		add_domain(a, name);
	else if (domain.n == 0)
		broken(a, "From address without domain");
	else if (domain.p[0] == '[')
		broken(a, "From address with an IP literal");
	else
		broken(a, "From address with an impossible domain");
}

static void
add_field(struct author *a, struct arena *arena, struct span value)
{
	struct address list[AUTHOR_ADDRESSES_MAX];
	size_t count, i;
	unsigned flags = address_list(arena, value, list,
	    AUTHOR_ADDRESSES_MAX, &count);

	if ((flags & ADDRESS_JUNK) != 0)
		broken(a, "From is not in the grammar of addresses");
	if ((flags & ADDRESS_LIMIT) != 0)
		broken(a, "From is too long or nested too deeply");
	for (i = 0; i < count; i++)
		add_address(a, arena, list[i].domain);
}

void
author_find(struct arena *arena, const struct span *fields, size_t count,
    struct author *out)
{
	size_t i;

	memset(out, 0, sizeof(*out));
	if (count > 1)
		broken(out, "several From fields");
	for (i = 0; i < count; i++)
		add_field(out, arena, fields[i]);
	if (out->count == 0) {
		out->kind = AUTHOR_NONE;
		if (out->reason == NULL)
			out->reason = count == 0 ? "no From field" :
			    "From without address";
	} else if (out->count > 1 && out->kind == AUTHOR_ONE) {
		out->kind = AUTHOR_SEVERAL;
		out->reason = "From with several domains";
	}
}

void
author_of(struct arena *arena, const struct message *m, struct author *out)
{
	struct span fields[AUTHOR_FIELDS_MAX];
	const struct header *h;
	size_t n = 0;

	while (n < AUTHOR_FIELDS_MAX &&
	    (h = message_find(m, "From", n)) != NULL)
		fields[n++] = h->value;
	author_find(arena, fields, n, out);
}
