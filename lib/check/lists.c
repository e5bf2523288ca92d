/*
 * lists - deny lists: clients, HELO names, senders, From fields, from files
 * and from what operators add while the filter runs (shared/roster.h).
 *
 * A line of a file is a kind and what it denies, then perhaps a comment:
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
#include "mail/domain.h"

#define ADDRESS_MAX 320

struct lists_options {
	struct strings deny;
	bool shared;
};

/* The names of one kind: whole addresses and domains, in lower case. */
struct lists {
	bool shared;		/* those of the roster count, too */
	struct netset clients;
	struct map helo, sender, from;
};

static const char *const symbols[] = {
	"DENY_CLIENT", "DENY_HELO", "USER_IN_BLOCKLIST", NULL,
};

static const struct option rows[] = {
	{"deny", OPTION_PATHS, offsetof(struct lists_options, deny), "", 0, 0,
	    NULL, "files of clients, HELO names, senders and From domains"},
	{"shared", OPTION_BOOL, offsetof(struct lists_options, shared), "yes",
	    0, 0, NULL, "what \"posternctl deny add\" adds counts, too"},
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

	lists->shared = o->shared;
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

	if (lists->shared)
		return NEED_CLIENT | NEED_HELO | NEED_SENDER | NEED_HEADERS;
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

/* The entries that operators add at run time; NULL where none count. */
static const struct entryset *
shared_entries(const struct lists *lists, const struct inquiry *q)
{
	return lists->shared && q->roster != NULL ? &q->roster->entries : NULL;
}

/* What is over counts no more, though it may not have been removed yet. */
static void
raise_entry(struct inquiry *q, const char *symbol, const struct entry *e)
{
	char time[ENTRY_TIME_MAX];

	if (e == NULL || e->expires <= q->now)
		return;
	inquiry_raise(q, symbol, "%s, %s, until %s: %s", e->name, e->owner,
	    entry_time_text(e->expires, time), e->reason);
}

static void
judge_client(const struct lists *lists, struct inquiry *q)
{
	const struct entryset *set = shared_entries(lists, q);
	const struct client *client = &q->message->client;
	char ip[IP_TEXT_MAX];

	if (!client->has_ip)
		return;
	if (lists->clients.map.count > 0 &&
	    netset_find(&lists->clients, &client->ip) != NULL)
		inquiry_raise(q, "DENY_CLIENT", "%s",
		    ip_text(&client->ip, ip));
	else if (set != NULL)
		raise_entry(q, "DENY_CLIENT", entryset_client(set,
		    ENTRY_DENY, &client->ip));
}

static void
judge_helo(const struct lists *lists, struct inquiry *q)
{
	const struct entryset *set = shared_entries(lists, q);
	struct span helo = q->message->client.helo;

	if (helo.n == 0 || helo.n > DOMAIN_MAX)
		return;
	helo = domain_lower(q->arena, helo);
	if (lists->helo.count > 0 && domain_listed(&lists->helo, helo))
		inquiry_raise(q, "DENY_HELO", "%.*s",
		    SPAN_ARG(q->message->client.helo));
	else if (set != NULL)
		raise_entry(q, "DENY_HELO", entryset_name(set, ENTRY_DENY,
		    ENTRY_HELO, domain_ascii(q->arena, helo)));
}

/* Entries have A-labels. */
static const struct entry *
address_entry(const struct entryset *set, enum entry_kind kind,
    struct arena *arena, const struct address *address)
{
	struct span whole = address->whole, domain, local;

	if (set == NULL || whole.n > ADDRESS_MAX)
		return NULL;
	domain = domain_ascii(arena, address->domain);
	if (domain.n == 0)
		return NULL;
	local = arena_lower(arena, span_head(whole, span_rchr(whole, '@') + 1));
	return entryset_name(set, ENTRY_DENY, kind,
	    arena_join(arena, local, domain));
}

static void
judge_sender(const struct lists *lists, struct inquiry *q)
{
	const struct message *m = q->message;
	struct address sender;

	if (m->sender.n == 0 ||
	    (address_path(q->arena, m->sender, &sender) & ADDRESS_EMPTY))
		return;
	if (lists->sender.count > 0 &&
	    address_listed(&lists->sender, q->arena, &sender))
		inquiry_raise(q, "USER_IN_BLOCKLIST", "sender %.*s",
		    SPAN_ARG(m->sender));
	else
		raise_entry(q, "USER_IN_BLOCKLIST", address_entry(
		    shared_entries(lists, q), ENTRY_SENDER, q->arena,
		    &sender));
}

static enum answer
lists_run_sender(const void *self, struct inquiry *q)
{
	const struct lists *lists = self;

	if (q->message->direction != DIRECTION_INBOUND)
		return ANSWERED;
	judge_client(lists, q);
	judge_helo(lists, q);
	judge_sender(lists, q);
	/* The store was not read since the start: who is denied, is unknown. */
	return lists->shared && q->roster == NULL && q->shared != NULL &&
	    q->shared->roster != NULL ? UNANSWERED : ANSWERED;
}

static void
judge_author(const struct lists *lists, struct inquiry *q,
    const struct address *author)
{
	if (address_listed(&lists->from, q->arena, author))
		inquiry_raise(q, "USER_IN_BLOCKLIST", "From %.*s",
		    SPAN_ARG(author->whole));
	else
		raise_entry(q, "USER_IN_BLOCKLIST", address_entry(
		    shared_entries(lists, q), ENTRY_FROM, q->arena, author));
}

static void
judge_authors(const struct lists *lists, struct inquiry *q,
    const struct from *from)
{
	size_t i;

	for (i = 0; i < from->count; i++)
		judge_author(lists, q, &from->address[i]);
}

/* Every address of every From field counts: a reader may see any of them. */
static enum answer
lists_run_headers(const void *self, struct inquiry *q)
{
	const struct lists *lists = self;
	const struct from *first;
	const struct header *h;
	struct from other;
	size_t i;

	if (q->message->direction != DIRECTION_INBOUND ||
	    (lists->from.count == 0 && shared_entries(lists, q) == NULL))
		return ANSWERED;
	first = inquiry_from(q);
	if (first != NULL)
		judge_authors(lists, q, first);
	for (i = 1; i < INQUIRY_FROM_MAX; i++) {
		h = message_find(q->message, "From", i);
		if (h == NULL)
			break;
		address_list(q->arena, h->value, other.address,
		    INQUIRY_FROM_MAX, &other.count);
		judge_authors(lists, q, &other);
	}
	return ANSWERED;
}

const struct check check_lists = {
	.name = "lists",
	.options = rows,
	.size = sizeof(struct lists_options),
	.symbols = symbols,
	.service = "store",
	.load = lists_load,
	.unload = lists_unload,
	.needs = lists_needs,
	.run[STAGE_SENDER] = lists_run_sender,
	.run[STAGE_HEADERS] = lists_run_headers,
};
