/*
 * dnslists - what DNS lists say about the client, the names a message bears
 * and where its links lead (RFC 5782).
 *
 * No list is asked that the operator has not named.  Questions go out as soon
 * as their subjects are known and are waited for at the end, for no longer
 * than failures.dnslists_deadline.  A list that gave no answer, refused, or is
 * not trusted now (shared/listhealth.h) adds nothing and stands in
 * "degraded=".
 */
#include "check/dnslists.h"

static const char *const symbols[] = {"LIMIT_DNSLISTS", NULL};

#define ROW(member) offsetof(struct dnslists_options, member)
const struct option dnslists_rows[] = {
	{"definitions", OPTION_PATHS, ROW(definitions),
	    "rules/lists/dnslists*", 0, 0, NULL, "files that define lists"},
	{"use", OPTION_LIST, ROW(use), "", 0, 0, NULL,
	    "lists that are asked, by name; read their terms first"},
	{"keys", OPTION_PATH, ROW(keys), "", 0, 400, NULL,
	    "file of lists and the keys that their operators gave you"},
	{"rules", OPTION_BOOL, ROW(rules), "no", 0, 0, NULL,
	    "run rules of rule files that ask the DNS"},
	{"outbound", OPTION_BOOL, ROW(outbound), "no", 0, 0, NULL,
	    "ask about mail of our own users too"},
	{"links", OPTION_INT, ROW(links), "20", 0, DNSLISTS_LINKS_MAX, NULL,
	    "domains of links that are asked about, at most"},
	{"self_test", OPTION_TIME, ROW(self_test), "10m", 10000, 86400000,
	    NULL, "how often each list is tested"},
	{0},
};
#undef ROW

static unsigned
dnslists_needs(const void *arg)
{
	static const struct {
		unsigned asks, needs;
	} rows[] = {
		{DNSLIST_OF_CLIENT, NEED_CLIENT},
		{DNSLIST_HELO, NEED_CLIENT | NEED_HELO},
		{DNSLIST_SENDER, NEED_SENDER},
		{DNSLIST_FROM | DNSLIST_EMAIL, NEED_HEADERS},
		{DNSLIST_OF_LINKS, NEED_HEADERS | NEED_BODY},
	};
	const struct dnslists_self *self = arg;
	unsigned needs = 0;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (self->asks & rows[i].asks)
			needs |= rows[i].needs;
	if (self->rules != NULL)
		needs |= NEED_CLIENT | NEED_HELO | NEED_SENDER |
		    NEED_HEADERS | NEED_BODY;
	return needs;
}

static void
ask_connect(const void *self, struct inquiry *q)
{
	dnslists_ask(self, q, STAGE_CONNECT);
}

static void
ask_sender(const void *self, struct inquiry *q)
{
	dnslists_ask(self, q, STAGE_SENDER);
}

static void
ask_headers(const void *self, struct inquiry *q)
{
	dnslists_ask(self, q, STAGE_HEADERS);
}

static void
ask_body(const void *arg, struct inquiry *q)
{
	const struct dnslists_self *self = arg;

	dnslists_ask(self, q, STAGE_BODY);
	if (self->rules != NULL)
		netself_ask(self, q);
}

static enum answer
dnslists_run(const void *arg, struct inquiry *q)
{
	const struct dnslists_self *self = arg;
	const struct dnslists_state *state = q->state;

	dnslists_judge(self, q);
	if (self->rules != NULL)
		netself_judge(self, q);
	if (state->left_out > 0)
		inquiry_raise(q, "LIMIT_DNSLISTS", "%zu left out",
		    state->left_out);
	/* Each list has said for itself whether it answered. */
	return ANSWERED;
}

static void
dnslists_drop(const void *arg, struct inquiry *q)
{
	struct dnslists_state *state = q->state;
	size_t i, k;

	(void)arg;
	for (i = 0; i < STAGES; i++)
		for (k = 0; k < DNSLISTS_DEADLINES_MAX; k++)
			dns_job_free(state->jobs[i][k]);
	dns_job_free(state->rules);
}

const struct check check_dnslists = {
	.name = "dnslists",
	.options = dnslists_rows,
	.size = sizeof(struct dnslists_options),
	.symbols = symbols,
	.service = "dns",
	.state = sizeof(struct dnslists_state),
	.load = dnslists_load,
	.unload = dnslists_unload,
	.needs = dnslists_needs,
	.ask[STAGE_CONNECT] = ask_connect,
	.ask[STAGE_SENDER] = ask_sender,
	.ask[STAGE_HEADERS] = ask_headers,
	.ask[STAGE_BODY] = ask_body,
	.run[STAGE_BODY] = dnslists_run,
	.drop = dnslists_drop,
};
