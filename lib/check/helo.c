/*
 * helo - what a client says of itself (RFC 5321 4.1.1.1): a host name with a
 * dot, or an address literal that is its own.  RFC 5321 4.1.4 forbids refusing
 * mail for a HELO that merely does not match; the weights respect that.
 */
#include "check/check.h"

#define HELO_DOMAIN_MAX 255
#define LABEL_MAX 63

struct helo_options {
	bool enabled;
};

static const struct option rows[] = {
	{"enabled", OPTION_BOOL, offsetof(struct helo_options, enabled), "yes",
	    0, 0, NULL, "look at what clients call themselves"},
	{0},
};

static const char *const symbols[] = {
	"HELO_MISSING", "HELO_INVALID", "HELO_NO_DOMAIN", "HELO_LOCALHOST",
	"HELO_OURS", "HELO_LITERAL_OTHER", "RCVD_NUMERIC_HELO", NULL,
};

static unsigned
helo_needs(const void *self)
{
	const struct helo_options *o = self;

	return o->enabled ? NEED_CLIENT | NEED_HELO : 0;
}

/* Letters, digits, hyphens; underscores are common, UTF-8 is RFC 6531. */
static bool
valid_name(struct span name)
{
	size_t i, label = 0;

	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	if (name.n == 0 || name.n > HELO_DOMAIN_MAX)
		return false;
	for (i = 0; i < name.n; i++) {
		if (name.p[i] == '.') {
			if (label == 0)
				return false;
			label = 0;
			continue;
		}
		if (!char_alpha(name.p[i]) && !char_digit(name.p[i]) &&
		    name.p[i] != '-' && name.p[i] != '_' &&
		    !((unsigned char)name.p[i] & 0x80))
			return false;
		if (++label > LABEL_MAX)
			return false;
	}
	return label > 0;
}

static void
judge_literal(struct inquiry *q, struct span literal)
{
	const struct client *client = &q->message->client;
	struct span inside = span_make(literal.p + 1, literal.n - 2);
	struct ip ip;

	if (span_istarts(inside, "IPv6:"))
		inside = span_skip(inside, 5);
	if (!ip_parse(inside, &ip))
		inquiry_raise(q, "HELO_INVALID", "%.*s", SPAN_ARG(literal));
	else if (client->has_ip && !ip_eq(&ip, &client->ip))
		inquiry_raise(q, "HELO_LITERAL_OTHER", "%.*s",
		    SPAN_ARG(literal));
}

static void
judge_name(struct inquiry *q, struct span helo)
{
	struct ip ip;

	if (ip_parse(helo, &ip))
		inquiry_raise(q, "RCVD_NUMERIC_HELO", "%.*s", SPAN_ARG(helo));
	else if (!valid_name(helo))
		inquiry_raise(q, "HELO_INVALID", "%.*s", SPAN_ARG(helo));
	else if (span_iis(helo, "localhost") ||
	    span_iis(helo, "localhost.localdomain"))
		inquiry_raise(q, "HELO_LOCALHOST", "%.*s", SPAN_ARG(helo));
	else if (span_ieq(helo, q->message->our_name))
		inquiry_raise(q, "HELO_OURS", "%.*s", SPAN_ARG(helo));
	else if (span_chr(helo, '.') == helo.n)
		inquiry_raise(q, "HELO_NO_DOMAIN", "%.*s", SPAN_ARG(helo));
}

static enum answer
helo_run(const void *self, struct inquiry *q)
{
	struct span helo = q->message->client.helo;

	(void)self;
	if (q->message->direction != DIRECTION_INBOUND)
		return ANSWERED;
	if (helo.n == 0) {
		if (q->message->client.heard)
			inquiry_raise(q, "HELO_MISSING", "%s", "");
	} else if (helo.n > 2 && helo.p[0] == '[' &&
	    helo.p[helo.n - 1] == ']') {
		judge_literal(q, helo);
	} else {
		judge_name(q, helo);
	}
	return ANSWERED;
}

const struct check check_helo = {
	.name = "helo",
	.options = rows,
	.size = sizeof(struct helo_options),
	.symbols = symbols,
	.needs = helo_needs,
	.run[STAGE_SENDER] = helo_run,
};
