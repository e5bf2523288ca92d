/* tenant - who of the many that share a provider wrote a message. */
#include "check/tenant.h"

#define FEEDBACK_PARTS_MAX 4

static struct span
word_of(struct arena *arena, const char *kind, struct span value)
{
	size_t i;

	value = span_trim(value);
	if (value.n == 0 || value.n > TENANT_MAX)
		return span_of("");
	for (i = 0; i < value.n; i++)
		if (value.p[i] <= ' ' || value.p[i] > '~')
			return span_of("");
	return arena_printf(arena, "%s:%.*s", kind, SPAN_ARG(value));
}

/* Whoever has a mailbox may add "+anything" to its name. */
struct span
tenant_address(struct arena *arena, struct span address)
{
	size_t at = span_rchr(address, '@'), plus = span_chr(address, '+');

	if (plus > 0 && plus < at && at < address.n)
		address = arena_join(arena, span_head(address, plus),
		    span_skip(address, at));
	return word_of(arena, "addr", arena_lower(arena, address));
}

/* Services put more behind a dot, which changes with the campaign. */
struct span
tenant_feedback(struct arena *arena, struct span value)
{
	struct span parts[FEEDBACK_PARTS_MAX], customer;
	size_t n = 0;

	if (value.n > 2 * TENANT_MAX)
		return span_of("");
	value = span_trim(value);
	while (n < FEEDBACK_PARTS_MAX && span_cut(&value, ':', &parts[n])) {
		parts[n] = span_trim(parts[n]);
		n++;
	}
	if (n < 2)
		return span_of("");
	customer = parts[0];
	if (n >= 3)
		customer = span_head(parts[1], span_chr(parts[1], '.'));
	if (customer.n == 0)
		return span_of("");
	return word_of(arena, "feedback", arena_printf(arena, "%.*s:%.*s",
	    SPAN_ARG(parts[n - 1]), SPAN_ARG(customer)));
}

struct span
tenant_agent(struct arena *arena, struct span agent, struct span domain)
{
	if (agent.n > 0 && agent.p[0] == '@')
		agent = span_skip(agent, 1);
	if (span_ieq(agent, domain))
		return span_of("");
	return word_of(arena, "auid", agent);
}

struct span
tenant_list(struct arena *arena, struct span value)
{
	size_t at = span_rchr(value, '<');

	value = span_skip(value, at < value.n ? at + 1 : 0);
	value = span_head(value, span_chr(value, '>'));
	if (value.n > 2 * TENANT_MAX)
		return span_of("");
	return word_of(arena, "list", arena_lower(arena, value));
}
