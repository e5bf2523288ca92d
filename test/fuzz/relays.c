/* relays - fuzz entry of Received fields as rules see them. */
#include "mail/split.h"
#include "rules/relays.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const struct ruleset_options options;
	static const struct limits limits = {.headers = 100,
	    .header_bytes = 1 << 20};
	struct ruleset *rules = ruleset_end(ruleset_begin(&options), NULL);
	struct rule_networks *networks = rule_networks_new(rules, NULL, NULL);
	struct split_field field;
	struct relays relays;
	struct message m;
	struct split split;

	message_init(&m);
	message_reset(&m, &limits);
	split_begin(&split, span_make((const char *)bytes, n));
	while (split_field(&split, &field))
		message_header(&m, span_of("Received"), field.value);
	relays_find(&m.arena, &m, networks, &relays);
	message_done(&m);
	rule_networks_free(networks);
	ruleset_free(rules);
	return 0;
}
