/* entryset - entries, found by what a message shows. */
#include "shared/entryset.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
entryset_init(struct entryset *set)
{
	unsigned list, kind;

	memset(set, 0, sizeof(*set));
	for (list = 0; list < ENTRY_LISTS; list++) {
		netset_init(&set->clients[list]);
		for (kind = 0; kind < ENTRY_KINDS; kind++)
			map_init(&set->names[list][kind]);
	}
}

void
entryset_done(struct entryset *set)
{
	unsigned list, kind;
	size_t i;

	for (list = 0; list < ENTRY_LISTS; list++) {
		netset_done(&set->clients[list]);
		for (kind = 0; kind < ENTRY_KINDS; kind++)
			map_done(&set->names[list][kind]);
	}
	for (i = 0; i < set->count; i++)
		free(set->item[i]);
	free(set->item);
}

bool
entryset_add(struct entryset *set, const struct entry *entry)
{
	struct entry *copy;

	if (entryset_get(set, entry->list, entry->name) != NULL)
		return false;
	copy = mem_alloc(sizeof(*copy));
	*copy = *entry;
	if (set->count == set->room) {
		set->room = set->room > 0 ? 2 * set->room : 16;
		set->item = mem_array(set->item, set->room,
		    sizeof(struct entry *));
	}
	set->item[set->count++] = copy;
	map_put(&set->names[copy->list][copy->kind], entry_what(copy), copy);
	if (copy->kind == ENTRY_CLIENT)
		netset_put(&set->clients[copy->list], &copy->net, copy);
	return true;
}

const struct entry *
entryset_get(const struct entryset *set, enum entry_list list,
    const char *name)
{
	struct entry parsed;

	if (entry_name(span_of(name), list, &parsed, NULL) != 0)
		return NULL;
	return map_find(&set->names[list][parsed.kind], entry_what(&parsed));
}

const struct entry *
entryset_name(const struct entryset *set, enum entry_list list,
    enum entry_kind kind, struct span name)
{
	const struct map *map = &set->names[list][kind];
	const struct entry *found;
	size_t at = span_rchr(name, '@');

	if (map->count == 0 || name.n == 0 || name.n > ENTRY_WHAT_MAX)
		return NULL;
	found = map_find(map, name);
	if (found == NULL && at < name.n)
		name = span_skip(name, at + 1);
	while (found == NULL && name.n > 0) {
		found = map_find(map, name);
		name = span_skip(name, span_chr(name, '.') + 1);
	}
	return found;
}

const struct entry *
entryset_client(const struct entryset *set, enum entry_list list,
    const struct ip *ip)
{
	return netset_find(&set->clients[list], ip);
}
