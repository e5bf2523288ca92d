/*
 * library - plays messages against lib/scan.h, with a store in memory and the
 * clock that the scenario says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admission.h"
#include "base/clock.h"
#include "base/mem.h"
#include "scan.h"
#include "store/backend.h"
#include "mail/split.h"
#include "test/scenario/player.h"
#include "test/scenario/zone.h"

#define LOG_MAX (1 << 20)
#define BODY_CHUNK 65535	/* as MTAs hand it over */

struct library {
	struct snapshot *snapshot;
	struct services services;
	struct store *store, *stopped;
	struct shared shared;
	struct scan scan;
};

/* A back end that never answers. */
static void
silent_run(void *state, struct store_op *ops, size_t count, int64_t now,
    int64_t deadline)
{
	(void)state;
	(void)ops;
	(void)count;
	(void)now;
	(void)deadline;
}

static void
silent_figures(void *state, struct store_figures *figures)
{
	(void)state;
	(void)figures;
}

static void
silent_close(void *state)
{
	(void)state;
}

static const struct store_backend silent = {
	.name = "silent",
	.run = silent_run,
	.figures = silent_figures,
	.close = silent_close,
};

static void *
library_start(struct world *w, const char *daemon, struct error *error)
{
	struct library *l = mem_alloc(sizeof(*l));

	(void)daemon;
	l->services.metrics = metrics_new();
	l->store = l->services.store = store_memory();
	l->services.pool = engine_pool_new();
	l->stopped = store_new(&silent, NULL);
	scan_init(&l->scan);
	l->snapshot = snapshot_load(WORLD_CONF, NULL, NULL, l->services.metrics,
	    error);
	if (zone_exists(w->scenario))
		l->services.dns = zone_table(w->scenario, error);
	return l;
}

static int
library_stop(void *self, struct error *error)
{
	struct library *l = self;

	(void)error;
	scan_done(&l->scan);
	snapshot_put(l->snapshot);
	dns_free(l->services.dns);
	store_close(l->store);
	store_close(l->stopped);
	roster_free(l->shared.roster);
	engine_pool_free(l->services.pool);
	metrics_free(l->services.metrics);
	free(l);
	return 0;
}

static int
library_reload(void *self, struct error *error)
{
	struct library *l = self;
	struct admission admission = {
		.previous = l->snapshot,
		.now = clock_wall(),
	};
	struct snapshot *next;

	next = snapshot_load(WORLD_CONF, NULL, l->snapshot,
	    l->services.metrics, error);
	if (next == NULL)
		return 1;
	if (admission_check(next, &admission, error) != 0) {
		snapshot_put(next);
		return 1;
	}
	snapshot_put(l->snapshot);
	l->snapshot = next;
	return 0;
}

static void
library_store_stops(void *self, bool stopped)
{
	struct library *l = self;

	l->services.store = stopped ? l->stopped : l->store;
}

/* "trust|deny NAME ..." adds an entry, "del trust|deny NAME" takes it away. */
static int
change_list(struct library *l, const struct line *line, int64_t now,
    struct error *error)
{
	struct span rest = span_of(line->whole), word = span_of("");
	struct entry entry = {0};
	struct roster_change change = {ROSTER_ADD, &entry, "root", "x"};
	enum entry_list list;
	uint64_t number;
	int status;

	span_word(&rest, &word);
	if (span_is(word, "del")) {
		change.verb = ROSTER_DEL;
		span_word(&rest, &word);
	}
	list = span_is(word, "deny") ? ENTRY_DENY : ENTRY_TRUST;
	rest = span_trim(rest);
	status = change.verb == ROSTER_DEL ?
	    entry_name(rest, list, &entry, error) :
	    entry_parse(rest, list, now, &entry, error);
	if (status != 0 || roster_append(l->shared.roster, l->store, &change,
	    now, 1000, &number, error) != ROSTER_DONE)
		return -1;
	roster_tick(l->shared.roster, l->store, now, 1000);
	return 0;
}

static int
library_lists(void *self, const struct step *step, int64_t now,
    struct error *error)
{
	struct library *l = self;
	size_t i;

	if (l->shared.roster == NULL) {
		l->shared.roster = roster_new();
		l->services.shared = &l->shared;
		roster_tick(l->shared.roster, l->store, now, 1000);
	}
	for (i = 0; i < step->lines.count; i++)
		if (change_list(l, &step->lines.line[i], now, error) != 0)
			return -1;
	return 0;
}

static struct arrival
arrival_of(const struct dialogue *d)
{
	struct arrival a;

	memset(&a, 0, sizeof(a));
	a.client.has_ip = d->client != NULL &&
	    ip_parse(span_of(d->client), &a.client.ip);
	a.client.name = span_of(d->name);
	a.client.helo = span_of(d->helo);
	a.client.heard = true;
	a.local = d->local;
	a.user = span_of(d->user);
	a.our_name = span_of(DIALOGUE_OUR_NAME);
	a.authserv_id = DIALOGUE_OUR_NAME;
	return a;
}

static struct span
reply_of(struct arena *arena, const struct decision *d, enum action from)
{
	if (d->done < from)
		return span_of("");
	return arena_printf(arena, "%s %s %s", d->code, d->enhanced, d->text);
}

/* Returns how many recipients stay. */
static size_t
put_rcpts(struct library *l, const struct dialogue *d, struct arena *arena,
    struct outcome *out)
{
	const struct decision *decision;
	size_t i, left = 0;

	out->rcpts = arena_alloc(arena,
	    (d->rcpt_count + 1) * sizeof(*out->rcpts));
	out->rcpt_count = d->rcpt_count;
	for (i = 0; i < d->rcpt_count; i++) {
		decision = scan_recipient(&l->scan,
		    span_of(d->rcpts[i].address));
		out->rcpts[i] = reply_of(arena, decision, ACTION_REJECT);
		left += out->rcpts[i].n == 0;
	}
	return left;
}

static void
put_content(struct library *l, struct span raw)
{
	struct split_field field;
	struct split split;

	split_begin(&split, raw);
	while (split_field(&split, &field))
		scan_header(&l->scan, field.name, field.value);
	while (split.rest.n > 0 &&
	    scan_body(&l->scan, span_head(split.rest, BODY_CHUNK)))
		split.rest = span_skip(split.rest, BODY_CHUNK);
}

static void
take_edits(struct library *l, struct arena *arena, struct outcome *out)
{
	static const enum outcome_kind kinds[] = {
		[EDIT_CHANGE] = OUTCOME_CHANGE,
		[EDIT_REMOVE] = OUTCOME_REMOVE,
		[EDIT_INSERT] = OUTCOME_INSERT,
	};
	const struct edits *e = &l->scan.edits;
	size_t i;

	out->edits = arena_alloc(arena, (e->count + 1) * sizeof(*out->edits));
	out->edit_count = e->count;
	for (i = 0; i < e->count; i++)
		out->edits[i] = (struct outcome_edit) {
			kinds[e->edit[i].kind],
			arena_span(arena, e->edit[i].name), e->edit[i].nth,
			arena_span(arena, e->edit[i].value),
		};
}

static void
take_log(struct library *l, struct arena *arena, const char *ended,
    const char *recipient, struct outcome *out)
{
	struct report report = scan_report(&l->scan, ended);
	struct buf line;

	report.recipient = message_address(span_of(recipient));
	buf_init(&line, LOG_MAX);
	report_json(&report, &line);
	out->log = arena_span(arena, buf_contents(&line));
	buf_done(&line);
}

static int
library_message(void *self, const struct dialogue *d, int64_t now,
    struct arena *arena, struct outcome *out, struct error *error)
{
	struct library *l = self;
	struct arrival arrival = arrival_of(d);
	const struct decision *decision;

	(void)error;
	memset(out, 0, sizeof(*out));
	scan_begin(&l->scan, snapshot_hold(l->snapshot), &l->services,
	    &arrival, now);
	scan_sender(&l->scan, span_of(d->sender));
	if (put_rcpts(l, d, arena, out) == 0) {
		take_log(l, arena, "recipient",
		    d->rcpts[d->rcpt_count - 1].address, out);
	} else {
		put_content(l, d->raw);
		scan_queue_id(&l->scan, span_of(PLAYER_QUEUE_ID));
		decision = scan_end(&l->scan);
		out->reply = reply_of(arena, decision, ACTION_DEFER);
		out->quarantined = decision->done == ACTION_QUARANTINE;
		take_edits(l, arena, out);
		take_log(l, arena, "message", NULL, out);
	}
	scan_reset(&l->scan);
	return 0;
}

const struct player player_library = {
	.name = "library",
	.library = true,
	.start = library_start,
	.reload = library_reload,
	.store_stops = library_store_stops,
	.lists = library_lists,
	.message = library_message,
	.stop = library_stop,
};
