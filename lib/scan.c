/* scan - the journey of one message. */
#include "scan.h"

#include <string.h>
#include <sys/random.h>

#include "relay.h"

void
scan_init(struct scan *s)
{
	memset(s, 0, sizeof(*s));
	message_init(&s->message);
}

void
scan_done(struct scan *s)
{
	scan_reset(s);
	message_done(&s->message);
}

/* Points the inquiry at one check and its state. */
static struct inquiry *
inquire(struct scan *s, const struct active_check *active)
{
	s->inquiry.check = active->check;
	s->inquiry.state = s->state + active->state;
	return &s->inquiry;
}

/* Lets the checks free what they hold for this message. */
static void
drop_all(struct scan *s)
{
	const struct active_check *active = s->snapshot->active;
	size_t i;

	for (i = 0; i < s->snapshot->active_count; i++)
		if (active[i].check->drop != NULL)
			active[i].check->drop(active[i].self,
			    inquire(s, &active[i]));
}

void
scan_reset(struct scan *s)
{
	if (s->snapshot != NULL)
		drop_all(s);
	if (s->inquiry.facts != NULL)
		engine_return(s->services->pool, s->inquiry.facts->engine);
	s->inquiry.facts = NULL;
	dkim_bodies_done(&s->bodies);
	snapshot_put(s->snapshot);
	s->snapshot = NULL;
	roster_put(s->roster);
	s->roster = NULL;
	message_reset(&s->message, NULL);
}

/* Letters and digits that nobody mixes up on the telephone. */
static void
make_token(char token[TOKEN_LENGTH + 1])
{
	static const char letters[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
	unsigned char random[TOKEN_LENGTH];
	size_t i;

	/* Never short for so few bytes; a poor token harms nobody. */
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		memset(random, 0, sizeof(random));
	for (i = 0; i < TOKEN_LENGTH; i++)
		token[i] = letters[random[i] % 32];
	token[TOKEN_LENGTH] = '\0';
}

static void
scan_direction(struct scan *s, const struct arrival *arrival)
{
	const struct networks *networks = &s->snapshot->networks;
	struct message *m = &s->message;
	bool has_ip = m->client.has_ip;

	if (arrival->local)
		m->direction = DIRECTION_LOCAL;
	else if (m->user.n > 0 || (has_ip &&
	    netset_find(&networks->trusted, &m->client.ip) != NULL))
		m->direction = DIRECTION_OUTBOUND;
	else
		m->direction = DIRECTION_INBOUND;
	/* A relay may well be in a trusted network: as a relay it is named. */
	if (!arrival->local && m->user.n == 0 && has_ip &&
	    netset_find(&networks->relays, &m->client.ip) != NULL) {
		m->direction = DIRECTION_INBOUND;
		m->relayed = true;
		m->relay = m->client.ip;
	}
}

/* One version of the lists counts for a message from its start to its end. */
static void
scan_roster(struct scan *s)
{
	const struct shared *shared = s->services->shared;

	if (shared != NULL && shared->roster != NULL)
		s->roster = roster_hold(shared->roster);
	if (s->roster != NULL)
		s->result.lists = s->roster->version;
}

static void
scan_inquiry(struct scan *s)
{
	memset(&s->inquiry, 0, sizeof(s->inquiry));
	s->inquiry.message = &s->message;
	s->inquiry.result = &s->result;
	s->inquiry.auth = &s->auth;
	s->inquiry.bodies = &s->bodies;
	s->inquiry.dns = s->services->dns;
	s->inquiry.dns_local = s->snapshot->dns->local_zones;
	s->inquiry.dns_deadline = s->snapshot->failures->dns_deadline;
	s->inquiry.lists_deadline = s->snapshot->failures->dnslists_deadline;
	s->inquiry.lists_defer =
	    s->snapshot->failures->dnslists == WITHOUT_TEMPFAIL;
	s->inquiry.book = s->snapshot->book;
	s->inquiry.pool = s->services->pool;
	s->inquiry.thorough = s->services->thorough;
	s->inquiry.geo = s->snapshot->geo;
	s->inquiry.providers = s->snapshot->providers;
	s->inquiry.shared = s->services->shared;
	s->inquiry.roster = s->roster;
	store_health(s->services->store, &s->inquiry.store);
	s->inquiry.policy = &s->snapshot->policy;
	s->inquiry.arena = &s->message.arena;
	s->inquiry.now = s->message.now;
}

void
scan_begin(struct scan *s, struct snapshot *snapshot,
    const struct services *services, const struct arrival *arrival,
    int64_t now)
{
	struct message *m = &s->message;
	const char *id = snapshot->general->authserv_id;

	scan_reset(s);
	s->snapshot = snapshot;
	s->services = services;
	message_reset(m, snapshot->limits);
	m->now = now;
	message_client(m, &arrival->client);
	m->user = arena_span(&m->arena, arrival->user);
	m->our_name = arena_span(&m->arena, arrival->our_name);
	m->authserv_id = arena_span(&m->arena,
	    span_of(id[0] != '\0' ? id : arrival->authserv_id));
	scan_direction(s, arrival);
	result_init(&s->result, &m->arena, &snapshot->weights);
	memset(&s->decision, 0, sizeof(s->decision));
	memset(&s->edits, 0, sizeof(s->edits));
	memset(&s->auth, 0, sizeof(s->auth));
	s->state = arena_alloc(&m->arena, snapshot->state_size);
	s->store_waits = 0;
	s->store_mark = store_mark(services->store);
	s->headers_judged = false;
	make_token(s->token);
	scan_roster(s);
	scan_inquiry(s);
}

/* The message waited for the answers to what was queued. */
static void
note_wait(struct scan *s)
{
	const struct inquiry *q = &s->inquiry;
	size_t i;

	s->store_waits++;
	metrics_add(s->services->metrics, METRIC_STORE_BATCHES, 1);
	for (i = 0; i < q->op_count; i++)
		if (q->ops[i].local)
			break;
	/* What this host says by itself is less than all hosts know. */
	if (i < q->op_count)
		result_degraded(&s->result, "store");
}

/* Sends what was queued, if anything, and waits for the answers. */
static void
run_batch(struct scan *s)
{
	struct inquiry *q = &s->inquiry;
	const struct store_moment at = {q->now,
	    s->snapshot->failures->store_deadline, s->store_mark};

	if (q->op_count == 0)
		return;
	store_run_since(s->services->store, q->ops, q->op_count, &at);
	note_wait(s);
}

static void
ask_stage(struct scan *s, enum stage stage)
{
	const struct active_check *active = s->snapshot->active;
	size_t i;

	for (i = 0; i < s->snapshot->active_count; i++)
		if (active[i].check->ask[stage] != NULL)
			active[i].check->ask[stage](active[i].self,
			    inquire(s, &active[i]));
}

static void
run_stage(struct scan *s, enum stage stage)
{
	const struct active_check *active = s->snapshot->active;
	const struct check *check;
	size_t i;

	for (i = 0; i < s->snapshot->active_count; i++) {
		check = active[i].check;
		if (check->run[stage] != NULL && check->run[stage](
		    active[i].self, inquire(s, &active[i])) == UNANSWERED)
			result_degraded(&s->result, check->service);
	}
}

static void
judge_stage(struct scan *s, enum stage stage)
{
	ask_stage(s, stage);
	if (stage == STAGE_LAST)
		run_batch(s);
	run_stage(s, stage);
}

static void
judge_recipient(struct scan *s, struct recipient *recipient)
{
	s->inquiry.recipient = recipient;
	judge_stage(s, STAGE_RCPT);
	s->inquiry.recipient = NULL;
}

/* A message that will have no sender: what queues for the store is dropped. */
void
scan_client(struct scan *s, struct snapshot *snapshot,
    const struct services *services, const struct arrival *arrival,
    int64_t now)
{
	scan_begin(s, snapshot, services, arrival, now);
	if (!s->message.relayed)
		ask_stage(s, STAGE_CONNECT);
}

void
scan_queue_id(struct scan *s, struct span queue_id)
{
	struct message *m = &s->message;

	if (queue_id.n > 0 && !span_eq(queue_id, m->queue_id))
		m->queue_id = arena_span(&m->arena, queue_id);
}

void
scan_sender(struct scan *s, struct span path)
{
	message_sender(&s->message, path);
	if (s->message.relayed)
		return;
	judge_stage(s, STAGE_CONNECT);
	judge_stage(s, STAGE_SENDER);
}

const struct decision *
scan_recipient(struct scan *s, struct span path)
{
	struct message *m = &s->message;
	struct recipient *recipient = message_recipient(m, path);

	memset(&s->decision, 0, sizeof(s->decision));
	if (recipient == NULL || m->relayed)
		return &s->decision;
	judge_recipient(s, recipient);
	policy_early(&s->snapshot->policy, m, &s->result, recipient->klass,
	    s->token, &s->decision);
	if (s->decision.done == ACTION_REJECT)
		m->recipient_count--;
	return &s->decision;
}

void
scan_header(struct scan *s, struct span name, struct span value)
{
	message_header(&s->message, name, value);
}

/* All fields are here: judge by them, and for relayed mail all before. */
static void
judge_headers(struct scan *s)
{
	struct message *m = &s->message;
	size_t i;

	if (s->headers_judged)
		return;
	s->headers_judged = true;
	s->result.late = true;
	if (m->relayed) {
		relay_find_client(m, &s->snapshot->networks);
		judge_stage(s, STAGE_CONNECT);
		judge_stage(s, STAGE_SENDER);
		for (i = 0; i < m->recipient_count; i++)
			judge_recipient(s, &m->recipients[i]);
	}
	judge_stage(s, STAGE_HEADERS);
}

bool
scan_body(struct scan *s, struct span bytes)
{
	bool more;

	judge_headers(s);
	/* All of it, whatever is kept. */
	dkim_bodies_add(&s->bodies, bytes);
	more = message_body(&s->message, bytes) &&
	    (s->snapshot->needs & NEED_BODY);
	return more || s->bodies.count != 0;
}

static void
count_limits(struct metrics *metrics, unsigned reached)
{
	static const struct {
		unsigned bits;
		const char *name;
	} limits[] = {
		{LIMIT_RECIPIENTS, "recipients"},
		{LIMIT_HEADERS | LIMIT_HEADER_BYTES, "headers"},
		{LIMIT_BODY, "body"},
	};
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (reached & limits[i].bits)
			metric_count(metrics_cell(metrics, METRIC_BY_LIMIT,
			    limits[i].name));
}

static void
count_message(struct scan *s)
{
	struct metrics *metrics = s->services->metrics;
	const struct result *r = &s->result;
	size_t i;

	metric_count(s->snapshot->action_cells[s->decision.action]);
	metric_count(s->snapshot->done_cells[s->decision.done]);
	metric_count(s->snapshot->direction_cells[s->message.direction]);
	metrics_add(metrics, METRIC_BYTES_SEEN, (int64_t)
	    (s->message.header_bytes + s->message.body_seen));
	for (i = 0; i < r->count; i++)
		metric_count(s->snapshot->symbol_cells[
		    r->symbols[i].weight->index]);
	for (i = 0; i < r->degraded_count; i++)
		metric_count(metrics_cell(metrics, METRIC_BY_UNANSWERED,
		    r->degraded[i]));
	if (s->message.reached != 0)
		count_limits(metrics, s->message.reached);
}

static void
learn(struct scan *s)
{
	const struct active_check *active = s->snapshot->active;
	size_t i;

	s->inquiry.ops = NULL;
	s->inquiry.op_count = 0;
	s->inquiry.decision = &s->decision;
	for (i = 0; i < s->snapshot->active_count; i++)
		if (active[i].check->learn != NULL)
			active[i].check->learn(active[i].self,
			    inquire(s, &active[i]));
	if (s->inquiry.op_count > 0 && store_later(s->services->store,
	    s->inquiry.ops, s->inquiry.op_count, s->inquiry.now,
	    s->snapshot->failures->store_deadline))
		note_wait(s);
}

/*
 * What the table of failures says of what did not answer.  A list of the DNS
 * has its own say, and has said it.
 */
static void
judge_failures(struct scan *s)
{
	const struct failures *f = s->snapshot->failures;
	const struct {
		const char *service;
		bool defers;
		const char *code, *text;
	} rows[] = {
		{"store", f->store == WITHOUT_TEMPFAIL, "4.3.0",
		    "Our memory does not answer, please try again"},
		{"dns", f->dns == WITHOUT_TEMPFAIL, "4.4.3",
		    "The DNS does not answer, please try again"},
		{"geoip", f->geoip == WITHOUT_TEMPFAIL, "4.3.0",
		    "Temporary failure, please try again"},
	};
	size_t i, k;

	for (i = 0; i < s->result.degraded_count; i++)
		for (k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
			if (rows[k].defers && strcmp(s->result.degraded[i],
			    rows[k].service) == 0)
				inquiry_defer(&s->inquiry, rows[k].code,
				    rows[k].text);
}

const struct decision *
scan_end(struct scan *s)
{
	struct message *m = &s->message;

	judge_headers(s);
	judge_stage(s, STAGE_BODY);
	judge_stage(s, STAGE_LAST);
	judge_stage(s, STAGE_METAS);
	judge_failures(s);
	policy_decide(&s->snapshot->policy, m, &s->result, s->token,
	    &s->decision);
	edits_make(m, &s->snapshot->policy, &s->result, &s->auth,
	    &s->decision, s->snapshot->generation, &s->edits);
	if (s->services->rehearsal)
		return &s->decision;
	shadows_note(&s->snapshot->shadows, &s->snapshot->policy, m, &s->result,
	    &s->decision);
	learn(s);
	count_message(s);
	return &s->decision;
}

const struct decision *
scan_overload(struct scan *s)
{
	policy_overload(&s->snapshot->policy, s->token, &s->decision);
	metrics_add(s->services->metrics, METRIC_OVERLOAD, 1);
	return &s->decision;
}

void
scan_abandon(struct scan *s)
{
	memset(&s->decision, 0, sizeof(s->decision));
	s->decision.required = s->snapshot->policy.required;
}

struct report
scan_report(const struct scan *s, const char *ended)
{
	return (struct report) {
		.message = &s->message,
		.result = &s->result,
		.auth = &s->auth,
		.decision = &s->decision,
		.generation = s->snapshot->generation,
		.mode = mode_name(s->snapshot->general->mode),
		.ended = ended,
		.elapsed = -1,
	};
}
