/*
 * lists - deny lists from files: clients, HELO names, senders, From fields.
 *
 * A line is a kind and what it denies, then perhaps a comment:
 *	client 192.0.2.0/24
 *	helo   mail.example.net
 *	sender user@example.net
 *	from   example.net
 * A domain stands for itself and all beneath it.
 */
#include "check/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "conf/lines.h"
#include "mail/address.h"

#define DOMAIN_MAX 255		/* RFC 1035 2.3.4 */
#define ADDRESS_MAX 320
#define FROM_ADDRESSES_MAX 20

struct lists_options {
	struct strings deny;
};

/* The names of one kind: whole addresses and domains, in lower case. */
struct lists {
	struct netset clients;
	struct map helo, sender, from;
};

static const char *const symbols[] = {
	"DENY_CLIENT", "DENY_HELO", "USER_IN_BLOCKLIST", NULL,
};

static const struct option rows[] = {
	{"deny", OPTION_PATHS, offsetof(struct lists_options, deny), "", 0, 0,
	    NULL, "files of clients, HELO names, senders and From domains"},
	{0},
};

static struct map *
lists_kind(struct lists *lists, struct span kind)
{
	if (span_is(kind, "helo"))
		return &lists->helo;
	if (span_is(kind, "sender"))
		return &lists->sender;
	return span_is(kind, "from") ? &lists->from : NULL;
}

/* A name that could stand in mail: no blanks, globs or leading dots. */
static bool
plausible_name(struct span name)
{
	size_t at = span_rchr(name, '@');
	struct span domain = at < name.n ? span_skip(name, at + 1) : name;
	struct span rest = name, word;

	span_word(&rest, &word);
	return name.n <= ADDRESS_MAX && domain.n > 0 && domain.p[0] != '.' &&
	    domain.n <= DOMAIN_MAX && span_chr(name, '*') == name.n &&
	    rest.n == 0 && at > 0;
}

static int
take_client(struct lists *lists, struct span what, const char *file,
    unsigned line, struct error *error)
{
	struct net net;

	if (!net_parse(what, &net))
		return error_at(error, file, line,
		    "\"%.*s\" is not an address or network",
		    SPAN_ARG(span_head(what, 80)));
	netset_put(&lists->clients, &net, lists);
	return 0;
}

static int
take_entry(void *context, struct span rest, const char *file, unsigned line,
    struct error *error)
{
	struct lists *lists = context;
	struct span kind = span_of(""), what;
	char name[ADDRESS_MAX];
	struct map *map;
	size_t i;

	span_word(&rest, &kind);
	what = span_trim(rest);
	if (span_is(kind, "client"))
		return take_client(lists, what, file, line, error);
	map = lists_kind(lists, kind);
	if (map == NULL)
		return error_at(error, file, line, "\"%.*s\" is not one of "
		    "client, helo, sender, from",
		    SPAN_ARG(span_head(kind, 80)));
	if (!plausible_name(what))
		return error_at(error, file, line, "\"%.*s\" is neither an "
		    "address nor a domain (a domain stands for all beneath "
		    "it, without \"*\" or leading dot)",
		    SPAN_ARG(span_head(what, 80)));
	/* What is looked up has no final dot. */
	if (what.p[what.n - 1] == '.')
		what.n--;
	for (i = 0; i < what.n; i++)
		name[i] = (char)char_lower(what.p[i]);
	map_put(map, span_make(name, what.n), lists);
	return 0;
}

static void
lists_unload(void *self)
{
	struct lists *lists = self;

	netset_done(&lists->clients);
	map_done(&lists->helo);
	map_done(&lists->sender);
	map_done(&lists->from);
	free(lists);
}

static void *
lists_load(const void *options, struct loading *loading)
{
	const struct lists_options *o = options;
	struct lists *lists = mem_alloc(sizeof(*lists));

	netset_init(&lists->clients);
	map_init(&lists->helo);
	map_init(&lists->sender);
	map_init(&lists->from);
	if (lines_read_all(loading->conf, check_lists.name, "deny", &o->deny,
	    take_entry, lists, loading->manifest, loading->error) != 0) {
		lists_unload(lists);
		return NULL;
	}
	return lists;
}

static unsigned
lists_needs(const void *self)
{
	const struct lists *lists = self;
	unsigned needs = 0;

	if (lists->clients.map.count > 0)
		needs |= NEED_CLIENT;
	if (lists->helo.count > 0)
		needs |= NEED_CLIENT | NEED_HELO;
	if (lists->sender.count > 0)
		needs |= NEED_CLIENT | NEED_SENDER;
	if (lists->from.count > 0)
		needs |= NEED_CLIENT | NEED_HEADERS;
	return needs;
}

/* Whether a domain, or one above it, is listed. */
static bool
domain_listed(const struct map *map, struct span domain)
{
	size_t dot;

	while (domain.n > 0) {
		if (map_find(map, domain) != NULL)
			return true;
		dot = span_chr(domain, '.');
		domain = span_skip(domain, dot + 1);
	}
	return false;
}

static bool
address_listed(const struct map *map, struct arena *arena,
    const struct address *address)
{
	struct span whole, domain;

	/* Longer than any entry, and than any domain there can be. */
	if (address->domain.n > DOMAIN_MAX)
		return false;
	domain = domain_lower(arena, address->domain);
	if (domain_listed(map, domain))
		return true;
	if (address->whole.n > ADDRESS_MAX)
		return false;
	whole = domain_lower(arena, address->whole);
	return map_find(map, whole) != NULL;
}

static enum answer
lists_run_sender(const void *self, struct inquiry *q)
{
	const struct lists *lists = self;
	const struct message *m = q->message;
	struct address sender;
	char ip[IP_TEXT_MAX];

	if (m->direction != DIRECTION_INBOUND)
		return ANSWERED;
	if (m->client.has_ip && lists->clients.map.count > 0 &&
	    netset_find(&lists->clients, &m->client.ip) != NULL)
		inquiry_raise(q, "DENY_CLIENT", "%s",
		    ip_text(&m->client.ip, ip));
	if (lists->helo.count > 0 && m->client.helo.n <= DOMAIN_MAX &&
	    domain_listed(&lists->helo,
	    domain_lower(q->arena, m->client.helo)))
		inquiry_raise(q, "DENY_HELO", "%.*s",
		    SPAN_ARG(m->client.helo));
	if (lists->sender.count > 0 && m->sender.n > 0 &&
	    !(address_path(q->arena, m->sender, &sender) & ADDRESS_EMPTY) &&
	    address_listed(&lists->sender, q->arena, &sender))
		inquiry_raise(q, "USER_IN_BLOCKLIST", "sender %.*s",
		    SPAN_ARG(m->sender));
	return ANSWERED;
}

/* Every address of every From field counts: a reader may see any of them. */
static enum answer
lists_run_headers(const void *self, struct inquiry *q)
{
	const struct lists *lists = self;
	struct address from[FROM_ADDRESSES_MAX];
	const struct header *h;
	size_t i, k, count;

	if (q->message->direction != DIRECTION_INBOUND ||
	    lists->from.count == 0)
		return ANSWERED;
	for (i = 0; i < FROM_ADDRESSES_MAX; i++) {
		h = message_find(q->message, "From", i);
		if (h == NULL)
			break;
		address_list(q->arena, h->value, from, FROM_ADDRESSES_MAX,
		    &count);
		for (k = 0; k < count; k++)
			if (address_listed(&lists->from, q->arena, &from[k]))
				inquiry_raise(q, "USER_IN_BLOCKLIST",
				    "From %.*s", SPAN_ARG(from[k].whole));
	}
	return ANSWERED;
}

const struct check check_lists = {
	.name = "lists",
	.options = rows,
	.size = sizeof(struct lists_options),
	.symbols = symbols,
	.load = lists_load,
	.unload = lists_unload,
	.needs = lists_needs,
	.run[STAGE_SENDER] = lists_run_sender,
	.run[STAGE_HEADERS] = lists_run_headers,
};
