/*
 * eval_address - functions about who writes to whom: lists of addresses and
 * subjects (WLBLEval, WelcomeListSubject), and FreeMail.
 */
#include "rules/eval.h"

#include "rules/freemail.h"
#include "rules/lists.h"
#include "rules/senders.h"

struct address_slot {
	bool has_from, has_to, has_body;
	struct senders from, to;
	struct freemail_body body;
};

static struct address_slot *
slot_of(struct facts *f)
{
	struct address_slot *slot = f->slots[SLOT_ADDRESS];

	if (slot != NULL)
		return slot;
	/* Most of it is room for addresses, and stays empty. */
	slot = f->slots[SLOT_ADDRESS] = arena_raw(f->arena, sizeof(*slot));
	slot->has_from = slot->has_to = slot->has_body = false;
	return slot;
}

static const struct senders *
from_of(struct facts *f)
{
	struct address_slot *slot = slot_of(f);

	if (!slot->has_from)
		senders_from(f, &slot->from);
	slot->has_from = true;
	return &slot->from;
}

static const struct senders *
to_of(struct facts *f)
{
	struct address_slot *slot = slot_of(f);

	if (!slot->has_to)
		senders_to(f, &slot->to);
	slot->has_to = true;
	return &slot->to;
}

static const struct freemail_body *
body_of(struct facts *f)
{
	struct address_slot *slot = slot_of(f);

	if (!slot->has_body)
		freemail_find(f, &slot->body);
	slot->has_body = true;
	return &slot->body;
}

/* The list of that name, or NULL when it is empty as well. */
static const struct list *
list_of(struct facts *f, struct span name)
{
	const struct list *list = lists_find(f->lists, name);

	return list == NULL || list_empty(list) ? NULL : list;
}

static bool
any_listed(struct facts *f, const struct senders *s, struct span name)
{
	const struct list *list = list_of(f, name);
	size_t i;

	for (i = 0; list != NULL && i < s->count; i++)
		if (list_has(list, s->items[i]))
			return true;
	return false;
}

/* Gathers addresses only where there is a list to look into. */
static int
from_listed(struct facts *f, struct span name)
{
	return list_of(f, name) != NULL && any_listed(f, from_of(f), name);
}

static int
to_listed(struct facts *f, struct span name)
{
	return list_of(f, name) != NULL && any_listed(f, to_of(f), name);
}

static int
from_in_list(struct facts *f, const struct eval_call *call)
{
	return from_listed(f, call->args[0].text);
}

static int
to_in_list(struct facts *f, const struct eval_call *call)
{
	return to_listed(f, call->args[0].text);
}

static int
replyto_in_list(struct facts *f, const struct eval_call *call)
{
	struct senders all = {.count = 0};

	if (list_of(f, call->args[0].text) == NULL)
		return 0;
	senders_add(f, "Reply-To:addr", &all);
	all.count = all.count > 0;
	return any_listed(f, &all, call->args[0].text);
}

static int
from_blocked(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return from_listed(f, span_of("blocklist_from"));
}

static int
to_blocked(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return to_listed(f, span_of("blocklist_to"));
}

static int
to_welcome(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return to_listed(f, span_of("welcomelist_to"));
}

static int
to_more_spam(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return to_listed(f, span_of("more_spam_to"));
}

static int
to_all_spam(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return to_listed(f, span_of("all_spam_to"));
}

/* Digits and dots only: the start of an address. */
static bool
is_start(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] != '.' && !char_digit((unsigned char)s.p[i]))
			return false;
	return true;
}

/* "10.20" is the start of an address, at a dot. */
static bool
starts_with(struct span address, struct span start)
{
	while (start.n > 0 && start.p[start.n - 1] == '.')
		start.n--;
	return start.n < address.n && address.p[start.n] == '.' &&
	    span_eq(span_head(address, start.n), start);
}

/* "[192.0.2.1]", "[192.0.2]", "[192.0.2.0/24]" or "[192.0.2.0]/24". */
static bool
is_address(struct facts *f, const struct relay *relay, struct span s)
{
	size_t end = span_rchr(s, ']');
	struct span inside = span_head(span_skip(s, 1), end - 1);
	struct span text = inside;
	struct ip ip;
	struct net net;

	if (!relay->has_ip)
		return false;
	if (end + 1 < s.n)
		text = arena_printf(f->arena, "%.*s%.*s", SPAN_ARG(inside),
		    SPAN_ARG(span_skip(s, end + 1)));
	if (ip_parse(text, &ip))
		return ip_eq(&ip, &relay->ip);
	if (is_start(text))
		return starts_with(relay->ip_text, text);
	return net_parse(text, &net) && net_has(&net, &relay->ip);
}

/* Whether the relay is what stands behind an address: a domain, a network. */
static bool
is_relay(struct facts *f, const struct relay *relay, struct span s)
{
	struct span rdns = relay->rdns;

	if (s.n == 0)
		return false;
	if (s.p[0] == '[' && span_rchr(s, ']') < s.n)
		return is_address(f, relay, s);
	return rdns.n >= s.n &&
	    span_ieq(span_skip(rdns, rdns.n - s.n), s) &&
	    (rdns.n == s.n || rdns.p[rdns.n - s.n - 1] == '.');
}

/*
 * 1 when one of the relays, which vouch for the sender, is the one that the
 * list names for the address; -1 when it names others: perhaps a forgery.
 */
static int
relayed_as_listed(struct facts *f, struct span name, struct span address)
{
	const struct list *list = list_of(f, name);
	const struct list *exempt = list_of(f,
	    span_of("welcomelist_allows_relays"));
	const struct relays *r = facts_relays(f);
	/* The first untrusted one, or else all: nobody forged these. */
	size_t from = r->trusted < r->count ? r->trusted : 0;
	size_t to = r->trusted < r->count ? from + 1 : r->count, i;
	struct list_walk walk = {0, 0};
	struct span second;
	int found = 0;

	if (list == NULL || r->count == 0)
		return 0;
	while (list_next(list, address, &walk, &second)) {
		for (i = from; i < to; i++)
			if (is_relay(f, &r->all[i], second))
				return 1;
		found = -1;
	}
	return exempt != NULL && list_has(exempt, address) ? 0 : found;
}

/* The same of all addresses that the message is from. */
static int
from_relayed(struct facts *f, const char *name)
{
	const struct senders *from;
	int found = 0, one;
	size_t i;

	if (list_of(f, span_of(name)) == NULL)
		return 0;
	from = from_of(f);
	for (i = 0; i < from->count; i++) {
		one = relayed_as_listed(f, span_of(name), from->items[i]);
		if (one > 0)
			return 1;
		found = one != 0 ? one : found;
	}
	return found;
}

static int
welcome_state(struct facts *f)
{
	return from_listed(f, span_of("welcomelist_from")) ? 1 :
	    from_relayed(f, "welcomelist_from_rcvd");
}

static int
default_state(struct facts *f)
{
	return from_relayed(f, "def_welcomelist_from_rcvd");
}

static int
from_welcome(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return welcome_state(f) > 0;
}

static int
from_default_welcome(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return default_state(f) > 0;
}

static int
forged_welcome(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return welcome_state(f) < 0 && default_state(f) == 0;
}

static int
forged_default_welcome(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return default_state(f) < 0 && welcome_state(f) == 0;
}

static int
subject_listed(struct facts *f, const char *name)
{
	const struct list *list = list_of(f, span_of(name));
	struct span subject;

	if (list == NULL)
		return 0;
	subject = facts_get(f, "Subject");
	if (subject.n == 0)
		return 0;
	return list_has(list, arena_lower(f->arena, subject));
}

static int
subject_welcome(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return subject_listed(f, "welcomelist_subject");
}

static int
subject_blocked(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return subject_listed(f, "blocklist_subject");
}

/* Whether the pattern of argument i, if there is one, is in the address. */
static bool
matches(struct facts *f, const struct eval_call *call, size_t i,
    struct span address)
{
	struct regex_found found;

	return i >= call->count || regex_match(call->args[i].regex,
	    f->scratch, address, 0, &found) == REGEX_MATCH;
}

static bool
any_freemail(struct facts *f, const struct senders *s)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (freemail_is(f, s->items[i]))
			return true;
	return false;
}

/* Whether one is freemail and matches argument i. */
static bool
freemail_matches(struct facts *f, const struct senders *s,
    const struct eval_call *call, size_t i)
{
	size_t k;

	for (k = 0; k < s->count; k++)
		if (freemail_is(f, s->items[k]) &&
		    matches(f, call, i, s->items[k]))
			return true;
	return false;
}

static int
freemail_from(struct facts *f, const struct eval_call *call)
{
	return lists_has_freemail(f->lists) &&
	    freemail_matches(f, from_of(f), call, 0);
}

static int
freemail_header(struct facts *f, const struct eval_call *call)
{
	struct senders all;

	if (!lists_has_freemail(f->lists))
		return 0;
	all.count = 0;
	senders_add(f, arena_printf(f->arena, "%.*s:addr",
	    SPAN_ARG(call->args[0].text)).p, &all);
	return freemail_matches(f, &all, call, 1);
}

static int
freemail_body(struct facts *f, const struct eval_call *call)
{
	const struct freemail_body *body;
	size_t i;

	if (!lists_has_freemail(f->lists))
		return 0;
	body = body_of(f);
	for (i = 0; i < body->count && !body->skipped; i++)
		if (matches(f, call, 0, body->items[i]))
			return 1;
	return 0;
}

static bool
overlap(const struct senders *a, const struct senders *b)
{
	size_t i, k;

	for (i = 0; i < a->count; i++)
		for (k = 0; k < b->count; k++)
			if (span_eq(a->items[i], b->items[k]))
				return true;
	return false;
}

/* Whether the text names another freemail address than one of those. */
static bool
differs_in_body(struct facts *f, const struct senders *s)
{
	const struct freemail_body *body = body_of(f);
	size_t i, k;

	for (i = 0; i < body->count && !body->skipped; i++)
		for (k = 0; k < s->count; k++)
			if (!span_eq(body->items[i], s->items[k]))
				return true;
	return false;
}

static bool
is_bulk(struct facts *f)
{
	return ruleset_number(f->rules, "freemail_skip_bulk_envfrom", 1) !=
	    0 && freemail_bulk(facts_get(f, "EnvelopeFrom"));
}

/*
 * An answer would go to another freemail address than the sender's; or, the
 * text names yet another.  "reply": also when the answer goes to the sender.
 */
static int
freemail_replyto(struct facts *f, const struct eval_call *call)
{
	bool reply = call->count > 0 &&
	    span_is(call->args[0].text, "reply");
	struct senders from, to;
	bool from_free, to_free;

	if (!lists_has_freemail(f->lists) || is_bulk(f) || (!reply &&
	    call->count > 0 && !span_is(call->args[0].text, "replyto")))
		return 0;
	from.count = to.count = 0;
	senders_add(f, "From:addr", &from);
	senders_add(f, "Reply-To:addr", &to);
	from_free = any_freemail(f, &from);
	to_free = any_freemail(f, &to);
	if (from_free && to_free && !overlap(&from, &to))
		return 1;
	if (reply ? !from_free || (to.count > 0 && !to_free) : !to_free)
		return 0;
	return differs_in_body(f, to_free ? &to : &from);
}

#define LIST(name, function, args) \
	{name, function, args, args, 0, "WLBLEval"}
#define SUBJECT(name, function) \
	{name, function, 0, 0, 0, "WelcomeListSubject"}

const struct eval evals_address[] = {
	LIST("check_forged_in_default_welcomelist", forged_default_welcome, 0),
	LIST("check_forged_in_default_whitelist", forged_default_welcome, 0),
	LIST("check_forged_in_welcomelist", forged_welcome, 0),
	LIST("check_forged_in_whitelist", forged_welcome, 0),
	LIST("check_from_in_blacklist", from_blocked, 0),
	LIST("check_from_in_blocklist", from_blocked, 0),
	LIST("check_from_in_default_welcomelist", from_default_welcome, 0),
	LIST("check_from_in_default_whitelist", from_default_welcome, 0),
	LIST("check_from_in_list", from_in_list, 1),
	LIST("check_from_in_welcomelist", from_welcome, 0),
	LIST("check_from_in_whitelist", from_welcome, 0),
	LIST("check_replyto_in_list", replyto_in_list, 1),
	LIST("check_to_in_all_spam", to_all_spam, 0),
	LIST("check_to_in_blacklist", to_blocked, 0),
	LIST("check_to_in_blocklist", to_blocked, 0),
	LIST("check_to_in_list", to_in_list, 1),
	LIST("check_to_in_more_spam", to_more_spam, 0),
	LIST("check_to_in_welcomelist", to_welcome, 0),
	LIST("check_to_in_whitelist", to_welcome, 0),
	{"check_freemail_body", freemail_body, 0, 1, 1u << 0, "FreeMail"},
	{"check_freemail_from", freemail_from, 0, 1, 1u << 0, "FreeMail"},
	{"check_freemail_header", freemail_header, 1, 2, 1u << 1, "FreeMail"},
	{"check_freemail_replyto", freemail_replyto, 0, 1, 0, "FreeMail"},
	SUBJECT("check_subject_in_blacklist", subject_blocked),
	SUBJECT("check_subject_in_blocklist", subject_blocked),
	SUBJECT("check_subject_in_welcomelist", subject_welcome),
	SUBJECT("check_subject_in_whitelist", subject_welcome),
	{0},
};
