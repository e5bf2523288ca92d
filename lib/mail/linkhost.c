/* linkhost - the hosts of a message's links, each looked up once. */
#include "mail/linkhost.h"

#include "mail/linkset.h"

struct known {
	bool has_registered, has_redirects, judged;	/* what is known */
	bool redirects;
	enum registry_kind kind;
	struct span registered, domain;
};

struct linkhosts {
	struct link_set *names;
	struct known *items;	/* by number of the name */
	size_t room;
	size_t last;	/* the number of the one that was asked for last */
};

struct linkhosts *
linkhosts_new(struct arena *arena)
{
	struct linkhosts *hosts = arena_alloc(arena, sizeof(*hosts));

	hosts->names = linkset_new(arena);
	return hosts;
}

/* Good until another host comes. */
static struct known *
known_of(struct links *l, struct span host)
{
	struct linkhosts *hosts = l->hosts;
	bool fresh;
	size_t i = hosts->last;

	if (hosts->names->count != 0 && span_eq(hosts->names->items[i], host))
		return &hosts->items[i];
	i = linkset_put(hosts->names, host, &fresh);
	if (fresh)	/* arena_room clears what it adds */
		hosts->items = arena_room(l->arena, hosts->items, i,
		    sizeof(*hosts->items), &hosts->room);
	hosts->last = i;
	return &hosts->items[i];
}

struct span
linkhost_registered(struct links *l, struct span host)
{
	struct known *k = known_of(l, host);

	if (!k->has_registered) {
		k->registered = suffixes_registered(l->view->suffixes, host);
		k->has_registered = true;
	}
	return k->registered;
}

bool
linkhost_redirects(struct links *l, struct span host)
{
	struct known *k = known_of(l, host);

	if (!k->has_redirects) {
		k->redirects = urlwrap_knows(host);
		k->has_redirects = true;
	}
	return k->redirects;
}

/* registry_domain, but the public suffix list is asked but once. */
static struct span
domain_of(struct links *l, struct span host)
{
	const struct registry *r = l->view->registry;
	struct span found;

	if (!registry_open(r))
		return registry_domain(l->arena, r, host);
	found = linkhost_registered(l, host);
	return found.n != 0 ? found : host;
}

bool
linkhost_domain(struct links *l, struct span host, struct span *domain)
{
	struct known *k = known_of(l, host);

	if (!k->judged) {
		k->kind = registry_kind(l->view->registry, host);
		k->domain = k->kind == REGISTRY_NAME ? domain_of(l, host) :
		    host;
		k->judged = true;
	}
	if (k->kind != REGISTRY_NOTHING)
		*domain = k->domain;
	return k->kind != REGISTRY_NOTHING;
}
