/* dnslist - fuzz entry: definitions of DNS lists, and names made of them. */
#include <stdlib.h>

#include "conf/lines.h"
#include "shared/dnslist.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct dnslists lists;
	struct dnslist *list;
	struct error e;
	size_t i;

	dnslists_init(&lists);
	if (lines_parse(span_make((const char *)bytes, n), "f", dnslists_take,
	    &lists, &e) == 0 && dnslists_end(&lists, &e) == 0)
		for (i = 0; i < lists.count; i++) {
			list = &lists.items[i];
			if (dnslists_find(&lists, span_of(list->name)) != list)
				abort();
			dnslist_set_key(list, &lists.arena, list->listed);
			if (list->zone.n == 0 || dnslist_name(&lists.arena,
			    list, list->unlisted).n > DNS_NAME_MAX)
				abort();
		}
	dnslists_done(&lists);
	return 0;
}
