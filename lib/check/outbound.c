/*
 * outbound - notices when somebody else sends with a user's password: slows
 * the user's mail, then holds it, then refuses it.
 *
 * What speaks for it: recipients that the user never wrote to, many networks,
 * providers or countries at once, refused recipients and spam, a link that was
 * never sent before to many strangers.  None of these alone does more than
 * slow the mail down, and every step takes its time; a user who is new to us,
 * or who always writes to many strangers, has more room.
 *
 * Recipients are asked for one by one, so of a message to many only those with
 * the smallest digests are: of a list that hardly changes always the same
 * ones.  Whom a message was tried for counts once, however often it comes back.
 */
#include "check/outbound.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/domain.h"
#include "rules/facts.h"
#include "shared/notices.h"

#define ASKED_MAX 6	/* recipients of a message that are asked for */
#define LINKS_ASKED 8	/* different domains of a message's links */
#define REPLY_TEXT_MAX 300
#define CONTACT_MAX 200
#define MINUTE 60000LL
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

#define ROW(member) offsetof(struct outbound_options, member)
#define STEP(member) offsetof(struct outbound_options, ladder.member)

static const char *const modes[] = {"off", "observe", "enforce", NULL};

static const struct option rows[] = {
	{"mode", OPTION_WORD, ROW(mode), "enforce", 0, 0, modes,
	    "off, tell only, or hold users' mail back"},
	{"new_recipients", OPTION_INT, ROW(new_recipients), "80", 1, 100000,
	    NULL, "so many strangers within some hours are one point"},
	{"networks", OPTION_INT, ROW(networks), "8", 2, 12, NULL,
	    "so many strange networks in half a day are one point"},
	{"providers", OPTION_INT, ROW(systems), "5", 2, 12, NULL,
	    "so many strange providers in half a day are one point"},
	{"countries", OPTION_INT, ROW(countries), "4", 2, 12, NULL,
	    "so many strange countries in half a day are one point"},
	{"refusals", OPTION_INT, ROW(refusals), "5", 1, 10000, NULL,
	    "so many refused recipients and spam are one point"},
	{"links", OPTION_INT, ROW(links), "60", 1, 60000, NULL,
	    "a new link to so many strangers is one point"},
	{"learn_for", OPTION_TIME, ROW(learn_for), "7d", 0, 90 * DAY, NULL,
	    "how long a user is new, with more room"},
	{"slow_at", OPTION_SCORE, STEP(slow_at), "1", 500, 7000, NULL,
	    "points from which a user's mail is slowed down"},
	{"hold_at", OPTION_SCORE, STEP(hold_at), "3", 500, 7000, NULL,
	    "points from which it is held"},
	{"block_at", OPTION_SCORE, STEP(block_at), "4", 500, 7000, NULL,
	    "points from which it is refused"},
	{"slow_for", OPTION_TIME, STEP(slow_for), "1h", MINUTE, 30 * DAY,
	    NULL, "how long it is slowed without new evidence"},
	{"hold_for", OPTION_TIME, STEP(hold_for), "6h", MINUTE, 30 * DAY,
	    NULL, "how long it is held"},
	{"block_for", OPTION_TIME, STEP(block_for), "1d", MINUTE, 30 * DAY,
	    NULL, "how long it is refused"},
	{"step", OPTION_TIME, STEP(step), "2m", 0, DAY, NULL,
	    "least time from one level to the next"},
	{"slow_rate", OPTION_INT, ROW(slow_rate), "30", 1, 100000, NULL,
	    "recipients per hour while slowed down"},
	{"exempt", OPTION_LIST, ROW(exempt), "", 0, 0, NULL,
	    "users that nothing is counted for"},
	{"contact", OPTION_STRING, ROW(contact), "\"your postmaster\"", 1,
	    CONTACT_MAX, NULL, "whom a blocked user should ask"},
	{"notify", OPTION_PATH, ROW(notify), "", 0, 400, NULL,
	    "program that is told of every step"},
	{0},
};

static const char *const symbols[] = {
	"OUTBOUND_SLOWED", "OUTBOUND_HELD", "OUTBOUND_BLOCKED", NULL,
};

/* One recipient that is asked for. */
struct asked {
	struct span key;
	struct store_op *op;
};

/* A message of a user; made for such messages only. */
struct sending {
	struct span key;	/* of the user's records */
	struct store_op *reads[OUTBOUND_READS];
	struct store_op *slow;
	struct asked asked[ASKED_MAX];
	size_t asked_count;
	int64_t recipients;
	int64_t strangers;	/* of these; estimated */
	int64_t refusals;	/* what this message adds */
	struct conduct conduct;
	struct evidence evidence;
	int64_t points;
	struct span why;
	bool account_changed;
	bool hold_changed;
	bool raised;		/* to a new level */
};

struct outbound_state {
	struct sending *sending;	/* NULL: not a user's */
};

static void
outbound_unload(void *self)
{
	struct outbound *out = self;

	map_done(&out->exempt);
	arena_done(&out->arena);
	free(out);
}

static int
refuse(struct loading *loading, const char *key, const char *why)
{
	return conf_refuse(loading->conf, check_outbound.name, key,
	    loading->error, "%s", why);
}

static int
check_options(const struct outbound_options *o, struct loading *loading)
{
	const struct ladder *l = &o->ladder;
	const char *p;

	if (l->hold_at < l->slow_at)
		return refuse(loading, "hold_at", "is below slow_at");
	if (l->block_at < l->hold_at)
		return refuse(loading, "block_at", "is below hold_at");
	for (p = o->contact; *p != '\0'; p++)
		if (*p < ' ' || *p > '~' || *p == '%')
			return refuse(loading, "contact", "a reply may hold "
			    "printable ASCII other than \"%\"");
	return 0;
}

static void *
outbound_load(const void *options, struct loading *loading)
{
	const struct outbound_options *o = options;
	struct outbound *out;
	size_t i;

	if (check_options(o, loading) != 0)
		return NULL;
	out = mem_alloc(sizeof(*out));
	out->options = o;
	map_init(&out->exempt);
	arena_init(&out->arena);
	for (i = 0; i < o->exempt.count; i++)
		map_put(&out->exempt, arena_lower(&out->arena,
		    span_of(o->exempt.item[i])), out);
	out->blocked = arena_printf(&out->arena, "This account is blocked "
	    "because somebody else seems to use it, please contact %s",
	    o->contact).p;
	return out;
}

static unsigned
outbound_needs(const void *self)
{
	const struct outbound *out = self;

	/* Links are looked at where others want the body anyway. */
	if (out->options->mode == OUTBOUND_OFF)
		return 0;
	return NEED_CLIENT | NEED_SENDER | NEED_RCPT |
	    (out->options->mode == OUTBOUND_ENFORCE ? NEED_QUARANTINE : 0);
}

static bool
is_watched(const struct outbound *out, const struct inquiry *q)
{
	const struct message *m = q->message;

	return m->user.n > 0 && m->direction == DIRECTION_OUTBOUND &&
	    m->recipient_count > 0 &&
	    map_find(&out->exempt, arena_lower(q->arena, m->user)) == NULL;
}

/* Keeps the smallest keys, in order. */
static void
ask_for(struct sending *s, struct span key)
{
	size_t i = s->asked_count;

	if (i == ASKED_MAX) {
		if (memcmp(s->asked[i - 1].key.p, key.p, key.n) <= 0)
			return;
		i--;
	} else {
		s->asked_count++;
	}
	for (; i > 0 && memcmp(s->asked[i - 1].key.p, key.p, key.n) > 0; i--)
		s->asked[i] = s->asked[i - 1];
	s->asked[i].key = key;
}

static void
choose_recipients(struct sending *s, struct inquiry *q)
{
	const struct message *m = q->message;
	size_t i;

	for (i = 0; i < m->recipient_count; i++)
		ask_for(s, outbound_sent_key(q->arena, m->user,
		    m->recipients[i].address));
	s->recipients = (int64_t)m->recipient_count;
	if (m->reached & LIMIT_RECIPIENTS)
		s->recipients = (int64_t)m->recipients_seen;
	else
		s->refusals = (int64_t)(m->recipients_seen -
		    m->recipient_count);
}

static void
outbound_ask(const void *self, struct inquiry *q)
{
	const struct outbound *out = self;
	struct outbound_state *state = q->state;
	struct sending *s;
	size_t i;

	if (!is_watched(out, q))
		return;
	state->sending = s = arena_alloc(q->arena, sizeof(*s));
	s->key = outbound_key(q->arena, q->message->user);
	choose_recipients(s, q);
	for (i = 0; i < OUTBOUND_READS; i++) {
		s->reads[i] = i == READ_ACCOUNT || i == READ_HOLD ?
		    inquiry_read(q) : inquiry_op(q);
		if (s->reads[i] != NULL)
			outbound_read(s->reads[i], (enum outbound_read)i,
			    s->key);
	}
	/* The level is not known yet; a bucket that is not asked for fills. */
	s->slow = inquiry_op(q);
	if (s->slow != NULL)
		outbound_slow(s->slow, s->key, out->options->slow_rate,
		    s->recipients);
	for (i = 0; i < s->asked_count; i++) {
		s->asked[i].op = inquiry_read(q);
		if (s->asked[i].op != NULL)
			outbound_get_sent(s->asked[i].op, s->asked[i].key);
	}
}

/*
 * A store that lost its contents, or does not answer, would make strangers of
 * all the world.
 */
static void
count_strangers(struct sending *s, const struct inquiry *q)
{
	int64_t answered = 0, absent = 0;
	const struct store_op *op;
	size_t i;

	for (i = 0; i < s->asked_count; i++) {
		op = s->asked[i].op;
		if (op == NULL || (op->local && op->answer == STORE_ABSENT))
			continue;
		answered += op->answer == STORE_FOUND ||
		    op->answer == STORE_ABSENT;
		absent += op->answer == STORE_ABSENT;
	}
	if (answered > 0 && !q->store.cold)
		s->strangers = (absent * s->recipients + answered / 2) /
		    answered;
}

static void
count_place(struct sending *s, struct inquiry *q)
{
	const struct client *client = &q->message->client;

	if (client->has_ip)
		s->account_changed |= account_visit(&s->conduct.account,
		    &client->ip, inquiry_place(q), q->now);
}

/* The registered domain that a link leads to, unless it is the user's own. */
static struct span
strange_domain(const struct inquiry *q, const struct link *l)
{
	struct span domain = l->target_domain.n > 0 ? l->target_domain :
	    l->domain;
	struct address sender;

	if (!l->seen || !l->good || domain.n == 0)
		return span_of("");
	address_path(q->arena, q->message->sender, &sender);
	return domain_within(domain_lower(q->arena, sender.domain), domain) ?
	    span_of("") : domain;
}

static void
count_links(struct sending *s, struct inquiry *q)
{
	struct span seen[LINKS_ASKED], domain;
	const struct links *links;
	size_t i, k, n = 0;
	int64_t reach;

	if (q->message->body_seen == 0)
		return;
	links = facts_links(inquiry_facts(q));
	for (i = 0; i < links->count && n < LINKS_ASKED; i++) {
		domain = strange_domain(q, links->items[i]);
		for (k = 0; k < n && !span_eq(seen[k], domain); k++)
			continue;
		if (domain.n == 0 || k < n)
			continue;
		seen[n++] = domain;
		s->account_changed |= account_linked(&s->conduct.account,
		    domain, (unsigned)s->strangers, q->now);
		reach = account_reach(&s->conduct.account, domain,
		    s->conduct.hold.released, q->now);
		if (reach > s->evidence.reach)
			s->evidence.reach = reach;
	}
}

static void
weigh(const struct outbound_options *o, struct sending *s, struct inquiry *q)
{
	const struct result *r = q->result;
	struct buf why;
	int64_t reach;

	s->account_changed = s->conduct.stranger;
	count_strangers(s, q);
	count_place(s, q);
	count_links(s, q);
	/* Before this check's own demand. */
	s->refusals += r->score >= q->policy->required ||
	    r->demand > ACTION_MARK;
	s->conduct.fresh += s->strangers * 1000;
	s->conduct.bad += s->refusals * 1000;
	reach = s->evidence.reach;
	outbound_evidence(o, &s->conduct, q->now, &s->evidence);
	/* Of a new user every link is new. */
	s->evidence.reach = outbound_young(o, &s->conduct, q->now) ? 0 :
	    reach;
	s->points = evidence_points(&s->evidence);
	buf_init(&why, HOLD_WHY_MAX);
	evidence_put(&s->evidence, &why);
	s->why = arena_span(q->arena, buf_contents(&why));
	buf_done(&why);
}

static void
climb(const struct outbound_options *o, struct sending *s, struct inquiry *q)
{
	struct hold *h = &s->conduct.hold;
	enum level before = h->level;

	if (!hold_move(h, &o->ladder, s->points, q->now))
		return;
	s->hold_changed = true;
	s->raised = h->level > before;
	h->user = q->message->user;
	h->why = s->why;
}

static void
slow_down(struct inquiry *q, const struct outbound_options *o,
    const struct sending *s)
{
	int64_t wait = s->conduct.hold.until - q->now;
	const struct store_op *slow = s->slow;
	struct span text;

	if (slow == NULL || slow->answer != STORE_FOUND ||
	    (slow->number >= 0 && s->recipients <= o->slow_rate))
		return;
	/* More than the bucket ever holds has to wait for better times. */
	if (s->recipients <= o->slow_rate)
		wait = (-slow->number * 1000 + slow->rate - 1) / slow->rate;
	text = arena_printf(q->arena, "Your account sends unusual mail and is "
	    "slowed down for now, please try again in %lld minutes",
	    (long long)(wait / MINUTE + 1));
	inquiry_defer(q, "4.7.1", text.p);
}

static void
act(const struct outbound *out, struct inquiry *q, const struct sending *s)
{
	static const char *const raised[] = {
		NULL, "OUTBOUND_SLOWED", "OUTBOUND_HELD", "OUTBOUND_BLOCKED",
	};
	const struct hold *h = &s->conduct.hold;
	bool enforce = out->options->mode == OUTBOUND_ENFORCE;
	struct buf points;

	if (h->level == LEVEL_FREE)
		return;
	buf_init(&points, 40);
	text_put_milli(&points, s->points);
	inquiry_raise(q, raised[h->level], "%s points: %.*s%s",
	    buf_string(&points), SPAN_ARG(h->why),
	    h->by.n > 0 ? " (by an operator)" : "");
	buf_done(&points);
	if (!enforce)
		return;
	if (h->level == LEVEL_SLOWED)
		slow_down(q, out->options, s);
	else if (h->level == LEVEL_HELD)
		inquiry_demand(q, ACTION_QUARANTINE, NULL, NULL);
	else
		inquiry_demand(q, ACTION_REJECT, "5.7.1", out->blocked);
}

static enum answer
outbound_run(const void *self, struct inquiry *q)
{
	const struct outbound *out = self;
	struct outbound_state *state = q->state;
	struct sending *s = state->sending;

	if (s == NULL)
		return ANSWERED;
	outbound_conduct(s->reads, q->now, &s->conduct);
	if (s->conduct.heard) {
		weigh(out->options, s, q);
		climb(out->options, s, q);
	}
	act(out, q, s);
	return s->conduct.heard ? ANSWERED : UNANSWERED;
}

static void
learn_recipients(const struct sending *s, struct inquiry *q, bool good)
{
	struct store_op *op;
	struct sent sent;
	size_t i;

	for (i = 0; i < s->asked_count; i++) {
		op = s->asked[i].op;
		if (op == NULL || (op->answer != STORE_FOUND &&
		    op->answer != STORE_ABSENT))
			continue;
		sent = outbound_sent(op, q->now);
		if (good ? !sent.old : sent.known || sent.tried)
			continue;
		op = inquiry_op(q);
		if (op != NULL)
			outbound_put_sent(op, q->arena, s->asked[i].key, good,
			    q->now);
	}
}

static void
learn_number(const struct sending *s, struct inquiry *q,
    enum outbound_read which, int64_t number)
{
	struct store_op *op;

	if (number > 0 && (op = inquiry_op(q)) != NULL)
		outbound_count(op, which, s->key, number);
}

static void
learn_records(const struct sending *s, struct inquiry *q)
{
	struct store_op *op;

	/* What is only out of reach must not be written over. */
	if (s->hold_changed && (op = inquiry_op(q)) != NULL) {
		outbound_put_hold(op, q->arena, s->key, &s->conduct.hold,
		    q->now);
		if (s->reads[READ_HOLD]->local)
			op->verb = STORE_PUT_NEW;
	}
	if (s->account_changed && !(s->conduct.stranger &&
	    s->reads[READ_ACCOUNT]->local) && (op = inquiry_op(q)) != NULL)
		outbound_put_account(op, q->arena, s->key,
		    &s->conduct.account);
}

static void
notify(const struct outbound *out, const struct sending *s,
    const struct inquiry *q)
{
	bool real = out->options->mode == OUTBOUND_ENFORCE &&
	    q->policy->mode == MODE_ENFORCE;
	struct span level;

	if (!s->raised || q->shared == NULL)
		return;
	level = arena_printf(q->arena, "%s%s",
	    real ? "" : "would be ", level_name(s->conduct.hold.level));
	notices_push(q->shared->notices, "outbound", q->message->user,
	    level.p, s->why, q->now);
}

static void
outbound_learn(const void *self, struct inquiry *q)
{
	const struct outbound *out = self;
	const struct outbound_state *state = q->state;
	const struct sending *s = state->sending;
	bool good;

	if (s == NULL || !s->conduct.heard)
		return;
	good = q->decision->action <= ACTION_MARK && s->refusals == 0 &&
	    s->conduct.hold.level == LEVEL_FREE;
	learn_records(s, q);
	learn_recipients(s, q, good);
	learn_number(s, q, READ_FRESH, s->strangers);
	if (good)
		learn_number(s, q, READ_USUAL, s->strangers);
	/* What comes back is counted when it does. */
	if (q->decision->action != ACTION_DEFER)
		learn_number(s, q, READ_BAD, s->refusals);
	notify(out, s, q);
}

const struct check check_outbound = {
	.name = "outbound",
	.options = rows,
	.size = sizeof(struct outbound_options),
	.symbols = symbols,
	.service = "store",
	.state = sizeof(struct outbound_state),
	.load = outbound_load,
	.unload = outbound_unload,
	.needs = outbound_needs,
	.ask[STAGE_LAST] = outbound_ask,
	.run[STAGE_LAST] = outbound_run,
	.learn = outbound_learn,
};
