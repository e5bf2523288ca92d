/*
 * authres - notes Authentication-Results fields that bear our own authserv-id
 * or that nobody can read (RFC 8601 5).  The edits remove them.  That a field
 * claims to be ours is no proof of guilt: our own mail comes back from lists
 * and forwarders.
 */
#include "auth/authres.h"

#include "check/check.h"

struct authres_options {
	bool enabled;
};

static const struct option rows[] = {
	{"enabled", OPTION_BOOL, offsetof(struct authres_options, enabled),
	    "yes", 0, 0, NULL, "note forged Authentication-Results fields"},
	{0},
};

static const char *const symbols[] = {"AUTHRES_OURS", "AUTHRES_BROKEN", NULL};

static unsigned
authres_needs(const void *self)
{
	const struct authres_options *o = self;

	return o->enabled ? NEED_CLIENT | NEED_HEADERS : 0;
}

static enum answer
authres_run(const void *self, struct inquiry *q)
{
	const struct message *m = q->message;
	struct span id;
	size_t i;

	(void)self;
	if (m->direction != DIRECTION_INBOUND)
		return ANSWERED;
	for (i = m->trusted_headers; i < m->header_count; i++) {
		if (!span_iis(m->headers[i].name, "Authentication-Results"))
			continue;
		if (authres_parse(q->arena, m->headers[i].value, &id) ==
		    AUTHRES_BROKEN)
			inquiry_raise(q, "AUTHRES_BROKEN", "%.*s",
			    SPAN_ARG(span_trim(m->headers[i].value)));
		else if (span_ieq(id, m->authserv_id))
			inquiry_raise(q, "AUTHRES_OURS", "%.*s", SPAN_ARG(id));
	}
	return ANSWERED;
}

const struct check check_authres = {
	.name = "authentication_results",
	.options = rows,
	.size = sizeof(struct authres_options),
	.symbols = symbols,
	.needs = authres_needs,
	.run[STAGE_HEADERS] = authres_run,
};
