/*
 * command_user - posternctl user: how a user's outbound mail is seen, held
 * back and let go again.
 */
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "check/outbound.h"
#include "milter/commands.h"

#define USAGE "user show USER | user list\n       user block USER [DAYS]\n" \
	"       user release USER"
#define BLOCK_DAYS 30
#define BLOCK_DAYS_MAX 400
#define DAY 86400000LL
#define LISTED_MAX 1000

struct request {
	struct arena arena;
	struct daemon *d;
	const struct snapshot *snapshot;
	const struct outbound_options *options;
	struct span user, key;
	int64_t now;
	struct store_op *ops;
	struct conduct conduct;
	struct buf *out;
};

static void
put_time(struct buf *out, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	char text[40] = "";
	struct tm tm;

	if (gmtime_r(&seconds, &tm) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	buf_puts(out, text);
}

static int
run_ops(struct request *r, size_t count)
{
	if (store_run(r->d->services.store, r->ops, count, r->now,
	    r->snapshot->failures->store_deadline) == 0)
		return EX_OK;
	buf_puts(r->out, "the store does not answer\n");
	return EX_TEMPFAIL;
}

static int
look(struct request *r)
{
	struct store_op *ops[OUTBOUND_READS];
	size_t i;

	for (i = 0; i < OUTBOUND_READS; i++) {
		ops[i] = &r->ops[i];
		outbound_read(ops[i], (enum outbound_read)i, r->key);
		ops[i]->data = arena_bytes(&r->arena, STORE_VALUE_MAX);
	}
	if (run_ops(r, OUTBOUND_READS) != EX_OK)
		return EX_TEMPFAIL;
	outbound_conduct(ops, r->now, &r->conduct);
	return EX_OK;
}

static void
put_hold(const struct hold *h, struct buf *out)
{
	buf_puts(out, level_name(h->level));
	if (h->level != LEVEL_FREE) {
		buf_puts(out, " since ");
		put_time(out, h->since);
		buf_puts(out, " until ");
		put_time(out, h->until);
		if (h->by.n > 0) {
			buf_puts(out, " by ");
			text_escape(out, h->by);
		}
		if (h->why.n > 0) {
			buf_puts(out, ": ");
			text_escape(out, h->why);
		}
	}
	buf_char(out, '\n');
}

static void
put_places(const struct account *a, struct buf *out)
{
	const struct account_place *p;
	char net[IP_TEXT_MAX];
	size_t i;

	for (i = 0; i < a->place_count; i++) {
		p = &a->places[i];
		buf_printf(out, "network: %s", account_place_text(p, net));
		if (p->country[0] != '\0')
			buf_printf(out, " %.2s", p->country);
		if (p->asn != 0)
			buf_printf(out, " AS%lu", (unsigned long)p->asn);
		buf_puts(out, " first ");
		put_time(out, p->first * ACCOUNT_MINUTE);
		buf_puts(out, " last ");
		put_time(out, p->last * ACCOUNT_MINUTE);
		buf_char(out, '\n');
	}
}

static void
put_count(struct buf *out, const char *what, int64_t found, int64_t usual)
{
	buf_printf(out, "%s: %lld (%lld are one point)\n", what,
	    (long long)found, (long long)usual);
}

static int
user_show(struct request *r)
{
	const struct conduct *c = &r->conduct;
	struct evidence e;

	if (look(r) != EX_OK)
		return EX_TEMPFAIL;
	buf_puts(r->out, "level: ");
	put_hold(&c->hold, r->out);
	if (c->hold.released != 0) {
		buf_puts(r->out, "released: ");
		put_time(r->out, c->hold.released);
		buf_char(r->out, '\n');
	}
	if (c->stranger) {
		buf_puts(r->out, "never sent mail\n");
		return EX_OK;
	}
	outbound_evidence(r->options, c, r->now, &e);
	buf_puts(r->out, "first mail: ");
	put_time(r->out, c->account.since * ACCOUNT_MINUTE);
	buf_puts(r->out, "\npoints: ");
	text_put_milli(r->out, evidence_points(&e));
	buf_puts(r->out, "\n");
	put_count(r->out, "new recipients", e.strangers, e.strangers_usual);
	put_count(r->out, "networks", e.networks, e.networks_usual);
	put_count(r->out, "providers", e.systems, e.systems_usual);
	put_count(r->out, "countries", e.countries, e.countries_usual);
	put_count(r->out, "refused or spam", e.refusals, e.refusals_usual);
	put_places(&c->account, r->out);
	return EX_OK;
}

/* What is counted begins anew; places and links are told by their time. */
static int
user_set(struct request *r, const struct hold *hold)
{
	struct store_op *ops = r->ops;
	int status;

	memset(ops, 0, OUTBOUND_READS * sizeof(*ops));
	outbound_put_hold(&ops[0], &r->arena, r->key, hold, r->now);
	outbound_read(&ops[1], READ_FRESH, r->key);
	outbound_read(&ops[2], READ_BAD, r->key);
	ops[1].verb = ops[2].verb = STORE_DELETE;
	status = run_ops(r, 3);
	if (status == EX_OK) {
		log_info(r->d->log, "user %.*s: %s by %s",
		    SPAN_ARG(r->user), hold->level == LEVEL_FREE ?
		    "released" : level_name(hold->level), r->d->asker);
		put_hold(hold, r->out);
	}
	return status;
}

/* A login that nobody ever used is a slip of the hand. */
static int
user_release(struct request *r)
{
	struct hold hold = {
		.released = r->now,
		.user = r->user,
	};

	if (look(r) != EX_OK)
		return EX_TEMPFAIL;
	if (r->conduct.stranger && r->conduct.hold.level == LEVEL_FREE) {
		buf_printf(r->out, "nobody sent mail as %.*s, and nobody of "
		    "that name is held back; see \"user list\"\n",
		    SPAN_ARG(r->user));
		return EX_DATAERR;
	}
	return user_set(r, &hold);
}

/* Why it would have no effect to block the user, or NULL. */
static const char *
idle_reason(struct request *r)
{
	const struct outbound *outbound = snapshot_check(r->snapshot,
	    &check_outbound);

	if (r->snapshot->policy.mode != MODE_ENFORCE)
		return arena_printf(&r->arena, "mode is %s",
		    mode_name(r->snapshot->policy.mode)).p;
	if (outbound == NULL)
		return "outbound.mode is off";
	if (r->options->mode != OUTBOUND_ENFORCE)
		return "outbound.mode is observe";
	if (map_find(&outbound->exempt, arena_lower(&r->arena, r->user)) !=
	    NULL)
		return "the user is in outbound.exempt";
	return NULL;
}

static int
user_block(struct request *r, struct span rest)
{
	struct hold hold = {
		.level = LEVEL_BLOCKED,
		.since = r->now,
		.user = r->user,
		.by = span_of(r->d->asker[0] != '\0' ? r->d->asker :
		    "operator"),
	};
	const char *idle = idle_reason(r);
	int64_t days = BLOCK_DAYS;
	struct span word;

	if (span_word(&rest, &word) && (!text_number(word, &days) ||
	    days < 1 || days > BLOCK_DAYS_MAX || span_trim(rest).n > 0))
		return command_misused(r->out, USAGE);
	if (idle != NULL) {
		buf_printf(r->out, "%s: mail would go on\n", idle);
		return EX_CONFIG;
	}
	hold.until = r->now + days * DAY;
	hold.why = arena_printf(&r->arena, "for %lld days", (long long)days);
	return user_set(r, &hold);
}

struct listed {
	struct request *r;
	size_t count;
};

static bool
list_one(void *context, const struct store_record *record)
{
	struct listed *l = context;
	struct hold hold;

	if (!outbound_hold_record(record, l->r->now, &hold))
		return true;
	if (l->count++ == LISTED_MAX)
		return false;
	text_escape(l->r->out, hold.user);
	buf_puts(l->r->out, ": ");
	put_hold(&hold, l->r->out);
	return true;
}

static int
user_list(struct request *r)
{
	struct listed listing = {.r = r};
	struct error error;

	if (store_walk(r->d->services.store, OUTBOUND_HOLD_CLASS, list_one,
	    &listing, &error) != 0) {
		buf_printf(r->out, "%s\n", error.text);
		return EX_TEMPFAIL;
	}
	if (listing.count == 0)
		buf_puts(r->out, "nobody is held back\n");
	else if (listing.count > LISTED_MAX)
		buf_puts(r->out, "and others\n");
	return EX_OK;
}

static int
serve(struct request *r, struct span rest)
{
	struct span verb = span_of("");

	span_word(&rest, &verb);
	if (span_is(verb, "list") && span_trim(rest).n == 0)
		return user_list(r);
	if (!span_word(&rest, &r->user))
		return command_misused(r->out, USAGE);
	r->key = outbound_key(&r->arena, r->user);
	if (span_is(verb, "block"))
		return user_block(r, rest);
	if (span_trim(rest).n > 0)
		return command_misused(r->out, USAGE);
	if (span_is(verb, "release"))
		return user_release(r);
	return span_is(verb, "show") ? user_show(r) :
	    command_misused(r->out, USAGE);
}

int
command_user(struct daemon *d, struct span rest, struct buf *out)
{
	struct snapshot *snapshot = current_get(d->current);
	struct request *r = mem_alloc(sizeof(*r));
	int status;

	arena_init(&r->arena);
	r->d = d;
	r->snapshot = snapshot;
	r->options = conf_section(snapshot->conf, check_outbound.name);
	r->now = clock_wall();
	r->ops = arena_alloc(&r->arena, OUTBOUND_READS * sizeof(*r->ops));
	r->out = out;
	status = serve(r, rest);
	arena_done(&r->arena);
	free(r);
	snapshot_put(snapshot);
	return status;
}
