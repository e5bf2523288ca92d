/* relay - finds whom a relay of ours took the message from. */
#include "relay.h"

#include "mail/received.h"

static bool
is_ours(const struct networks *networks, const struct ip *ip)
{
	return netset_find(&networks->relays, ip) != NULL ||
	    netset_find(&networks->trusted, ip) != NULL;
}

/*
 * Each field names the host before it.  As long as that host is ours, it wrote
 * the next field, which can be believed as well.
 */
void
relay_find_client(struct message *m, const struct networks *networks)
{
	struct client unknown = {.has_ip = false};
	struct received hop;
	size_t i, hops = 0;

	m->client = unknown;
	for (i = 0; i < m->header_count && hops < RELAY_HOPS_MAX; i++) {
		if (!span_iis(m->headers[i].name, "Received"))
			continue;
		hops++;
		m->trusted_headers = i + 1;
		if (!received_parse(m->headers[i].value, &hop) || !hop.has_ip)
			return;
		if (is_ours(networks, &hop.ip))
			continue;
		m->client.ip = hop.ip;
		m->client.has_ip = true;
		m->client.name = hop.rdns;
		m->client.helo = hop.helo;
		if (hop.auth)
			m->direction = DIRECTION_OUTBOUND;
		return;
	}
}
