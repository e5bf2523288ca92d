/* roster - the entries of all hosts, over stores in memory. */
#include <pthread.h>

#include "base/digest.h"
#include "base/mem.h"
#include "shared/roster.h"
#include "store/backend.h"
#include "test/unit/test.h"

#define NOW INT64_C(1795428000000)	/* 2026-11-23 10:00:00 UTC */
#define DAY (24 * 3600 * INT64_C(1000))
#define WAIT 1000
#define HOSTS 3

struct site {
	struct store *store;
	struct roster *host[HOSTS];
};

static void
site_begin(struct site *s)
{
	size_t i;

	s->store = store_memory();
	for (i = 0; i < HOSTS; i++) {
		s->host[i] = roster_new();
		roster_tick(s->host[i], s->store, NOW, WAIT);
	}
}

static void
site_end(struct site *s)
{
	size_t i;

	for (i = 0; i < HOSTS; i++)
		roster_free(s->host[i]);
	store_close(s->store);
}

/* What is kept in the store is gone, as by FLUSHALL. */
static void
site_flush(struct site *s)
{
	store_close(s->store);
	s->store = store_memory();
}

static void
site_tick(struct site *s, int64_t now)
{
	size_t i;

	for (i = 0; i < HOSTS; i++)
		CHECK("tick", roster_tick(s->host[i], s->store, now, WAIT));
}

static enum roster_outcome
change(struct site *s, size_t host, enum roster_verb verb, const char *line,
    uint64_t *number)
{
	struct entry entry = {0};
	struct error error = {""};
	struct roster_change want = {verb, &entry, "root", "left"};
	enum roster_outcome outcome;

	if (verb == ROSTER_ADD)
		CHECK(line, entry_parse(span_of(line), ENTRY_TRUST, NOW,
		    &entry, &error) == 0);
	else
		CHECK(line, entry_name(span_of(line), ENTRY_TRUST, &entry,
		    &error) == 0);
	outcome = roster_append(s->host[host], s->store, &want, NOW, WAIT,
	    number, &error);
	if (outcome != ROSTER_DONE && error.text[0] == '\0')
		CHECK(line, !"has a reason");
	return outcome;
}

static uint64_t
add(struct site *s, size_t host, const char *name, const char *owner)
{
	char line[500];
	uint64_t number = 0;

	snprintf(line, sizeof(line), "%s owner=%s expires=10d reason=x", name,
	    owner);
	CHECK(line, change(s, host, ROSTER_ADD, line, &number) ==
	    ROSTER_DONE);
	return number;
}

/* "version: name owner, ..." as a host sees it. */
static const char *
seen(struct roster *r)
{
	static char text[2000];
	const struct roster_view *view = roster_hold(r);
	const struct entry *e;
	size_t i;
	int n;

	if (view == NULL)
		return "nothing";
	n = snprintf(text, sizeof(text), "%d:", (int)view->version);
	for (i = 0; i < view->entries.count && n < 1500; i++) {
		e = view->entries.item[i];
		n += snprintf(text + n, sizeof(text) - (size_t)n, " %s %s",
		    e->name, e->owner);
	}
	roster_put(view);
	return text;
}

static void
all_see(struct site *s, const char *row, const char *expected)
{
	size_t i;

	for (i = 0; i < HOSTS; i++)
		CHECK_TEXT(row, seen(s->host[i]), expected);
}

static void
three_hosts(void)
{
	struct site s;
	uint64_t number;

	site_begin(&s);
	all_see(&s, "empty", "0:");
	CHECK("first", add(&s, 0, "dkim:a.example", "anna") == 1);
	site_tick(&s, NOW);
	all_see(&s, "added", "1: dkim:a.example anna");
	/* Without a tick in between neither knows of the other's. */
	CHECK("taken", add(&s, 1, "dkim:b.example", "bert") == 2);
	CHECK("taken", add(&s, 2, "dkim:b.example", "carl") == 3);
	site_tick(&s, NOW);
	all_see(&s, "the last one wins",
	    "3: dkim:a.example anna dkim:b.example carl");
	CHECK("no such", change(&s, 0, ROSTER_DEL, "dkim:c.example", &number)
	    == ROSTER_REFUSED);
	CHECK("deleted", change(&s, 0, ROSTER_DEL, "dkim:a.example", &number)
	    == ROSTER_DONE && number == 4);
	site_tick(&s, NOW);
	all_see(&s, "deleted", "4: dkim:b.example carl");
	site_tick(&s, NOW + 10 * DAY - 1);
	all_see(&s, "not yet expired", "4: dkim:b.example carl");
	site_tick(&s, NOW + 10 * DAY);
	all_see(&s, "expired", "4:");
	site_end(&s);
}

static void
lookups(void)
{
	struct site s;
	const struct roster_view *view;
	const struct entryset *set;
	const struct entry *e;
	struct ip ip;

	site_begin(&s);
	add(&s, 0, "from:a.example", "wide");
	add(&s, 0, "from:anna@b.a.example", "one");
	add(&s, 0, "client:192.0.2.0/24", "wide");
	add(&s, 0, "client:192.0.2.7", "one");
	site_tick(&s, NOW);
	view = roster_hold(s.host[1]);
	set = &view->entries;
	e = entryset_name(set, ENTRY_TRUST, ENTRY_FROM,
	    span_of("anna@b.a.example"));
	CHECK_TEXT("address", e->owner, "one");
	e = entryset_name(set, ENTRY_TRUST, ENTRY_FROM,
	    span_of("bert@b.a.example"));
	CHECK_TEXT("domain above", e->owner, "wide");
	CHECK("other", entryset_name(set, ENTRY_TRUST, ENTRY_FROM,
	    span_of("anna@xa.example")) == NULL);
	CHECK("other kind", entryset_name(set, ENTRY_TRUST, ENTRY_DKIM,
	    span_of("a.example")) == NULL);
	CHECK("other list", entryset_name(set, ENTRY_DENY, ENTRY_FROM,
	    span_of("a.example")) == NULL);
	CHECK("nobody", entryset_name(set, ENTRY_TRUST, ENTRY_FROM,
	    span_of("")) == NULL);
	ip_parse(span_of("192.0.2.7"), &ip);
	CHECK_TEXT("narrowest", entryset_client(set, ENTRY_TRUST, &ip)->owner,
	    "one");
	ip_parse(span_of("192.0.2.8"), &ip);
	CHECK_TEXT("network", entryset_client(set, ENTRY_TRUST, &ip)->owner,
	    "wide");
	roster_put(view);
	site_end(&s);
}

static void
flushed(void)
{
	struct roster *fresh;
	struct site s;
	uint64_t number;

	site_begin(&s);
	add(&s, 0, "dkim:a.example", "anna");
	add(&s, 0, "dkim:b.example", "anna");
	site_tick(&s, NOW);
	/* The last one is known to one host only. */
	change(&s, 0, ROSTER_DEL, "dkim:a.example", &number);
	roster_tick(s.host[0], s.store, NOW, WAIT);
	site_flush(&s);
	CHECK("a host that was behind comes first", roster_tick(s.host[1],
	    s.store, NOW, WAIT));
	site_tick(&s, NOW);
	site_tick(&s, NOW);
	all_see(&s, "put back", "3: dkim:b.example anna");
	fresh = roster_new();
	CHECK_TEXT("not read", seen(fresh), "nothing");
	CHECK("fresh", roster_tick(fresh, s.store, NOW, WAIT));
	CHECK_TEXT("fresh", seen(fresh), "3: dkim:b.example anna");
	roster_free(fresh);
	site_end(&s);
}

/* After a loss one host begins anew before the others are back. */
static void
displaced(void)
{
	struct site s;

	site_begin(&s);
	add(&s, 0, "dkim:a.example", "anna");
	add(&s, 0, "dkim:b.example", "anna");
	roster_tick(s.host[0], s.store, NOW, WAIT);
	roster_tick(s.host[1], s.store, NOW, WAIT);
	site_flush(&s);
	CHECK("same number", add(&s, 2, "dkim:c.example", "carl") == 1);
	roster_tick(s.host[2], s.store, NOW, WAIT);
	site_tick(&s, NOW);
	site_tick(&s, NOW);
	site_tick(&s, NOW);
	all_see(&s, "nothing is lost, nothing twice", "3: dkim:c.example carl "
	    "dkim:b.example anna dkim:a.example anna");
	site_end(&s);
}

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

/* Answers everything with "absent", as a host by itself in an outage. */
static void
alone_run(void *state, struct store_op *ops, size_t count, int64_t now,
    int64_t deadline)
{
	size_t i;

	(void)state;
	(void)now;
	(void)deadline;
	for (i = 0; i < count; i++)
		ops[i].answer = STORE_ABSENT;
}

static void
alone_health(void *state, struct store_health *health)
{
	(void)state;
	health->local = true;
}

/* The outage begins with this very batch. */
static void
local_run(void *state, struct store_op *ops, size_t count, int64_t now,
    int64_t deadline)
{
	size_t i;

	alone_run(state, ops, count, now, deadline);
	for (i = 0; i < count; i++)
		ops[i].local = true;
}

static void
nothing(void *state)
{
	(void)state;
}

static const struct store_backend silent = {
	.name = "silent", .run = silent_run, .close = nothing,
};
static const struct store_backend alone = {
	.name = "alone", .run = alone_run, .close = nothing,
	.health = alone_health,
};
static const struct store_backend local = {
	.name = "local", .run = local_run, .close = nothing,
};

static void
outage(const struct store_backend *backend)
{
	struct roster *fresh = roster_new();
	struct site s;
	struct store *kept;
	uint64_t number;

	site_begin(&s);
	add(&s, 0, "dkim:a.example", "anna");
	site_tick(&s, NOW);
	kept = s.store;
	s.store = store_new(backend, NULL);
	CHECK(backend->name, !roster_tick(s.host[0], s.store, NOW, WAIT));
	CHECK(backend->name, !roster_tick(fresh, s.store, NOW, WAIT));
	CHECK_TEXT(backend->name, seen(fresh), "nothing");
	CHECK(backend->name, change(&s, 0, ROSTER_DEL, "dkim:a.example",
	    &number) == ROSTER_UNANSWERED);
	all_see(&s, "as it was", "1: dkim:a.example anna");
	store_close(s.store);
	s.store = kept;
	site_tick(&s, NOW);
	all_see(&s, "back", "1: dkim:a.example anna");
	roster_free(fresh);
	site_end(&s);
}

static void
bounded(void)
{
	const struct roster_view *view;
	struct site s;
	char line[100];
	uint64_t number;
	size_t i;

	site_begin(&s);
	for (i = 0; i < ROSTER_ENTRIES_MAX; i++) {
		snprintf(line, sizeof(line), "from:a%zu@b.example", i);
		add(&s, 0, line, "anna");
		if (i % 50 == 0)
			roster_tick(s.host[0], s.store, NOW, WAIT);
	}
	for (i = 0; i < 4; i++)
		site_tick(&s, NOW);
	CHECK("full", change(&s, 1, ROSTER_ADD, "dkim:a.example owner=a "
	    "expires=1d reason=x", &number) == ROSTER_REFUSED);
	CHECK("replaced", change(&s, 1, ROSTER_ADD, "from:a0@b.example "
	    "owner=b expires=1d reason=x", &number) == ROSTER_DONE);
	site_tick(&s, NOW);
	for (i = 0; i < HOSTS; i++) {
		view = roster_hold(s.host[i]);
		CHECK("all", view->entries.count == ROSTER_ENTRIES_MAX &&
		    view->version == ROSTER_ENTRIES_MAX + 1);
		roster_put(view);
	}
	site_end(&s);
}

/* More changes than are remembered: what still counts goes along. */
static void
forgetful(void)
{
	const struct roster_view *view;
	struct roster *fresh = roster_new();
	struct site s;
	uint64_t number;
	size_t i;

	site_begin(&s);
	add(&s, 0, "dkim:old.example", "anna");
	for (i = 0; i < ROSTER_CHANGES_MAX + 500; i++) {
		add(&s, i % 2, "client:192.0.2.1", "script");
		roster_tick(s.host[i % 2], s.store, NOW, WAIT);
	}
	while (strcmp(seen(fresh), "nothing") == 0)
		roster_tick(fresh, s.store, NOW, WAIT);
	/* The third host has slept all the time. */
	for (i = 0; i < 20; i++)
		site_tick(&s, NOW);
	view = roster_hold(fresh);
	number = view->version;
	CHECK("kept", number > ROSTER_CHANGES_MAX + 500 && entryset_get(
	    &view->entries, ENTRY_TRUST, "dkim:old.example") != NULL);
	CHECK("and nothing else", view->entries.count == 2);
	roster_put(view);
	for (i = 0; i < HOSTS; i++) {
		view = roster_hold(s.host[i]);
		CHECK("same", view->version == number &&
		    view->entries.count == 2);
		roster_put(view);
	}
	roster_free(fresh);
	site_end(&s);
}

/* What another host has changed meanwhile is not undone by keeping it. */
static void
kept_late(enum roster_verb verb, const char *line, const char *expected)
{
	struct site s;
	uint64_t number;
	size_t i;

	site_begin(&s);
	add(&s, 0, "dkim:old.example", "anna");
	/* The next change takes it along. */
	for (i = 0; i < ROSTER_CHANGES_MAX / 2 + 1; i++) {
		add(&s, 0, "client:192.0.2.1", "script");
		roster_tick(s.host[0], s.store, NOW, WAIT);
	}
	for (i = 0; i < 20; i++)
		site_tick(&s, NOW);
	CHECK(line, change(&s, 1, verb, line, &number) == ROSTER_DONE);
	/* The first host has not heard of it. */
	add(&s, 0, "dkim:new.example", "bert");
	for (i = 0; i < 20; i++)
		site_tick(&s, NOW);
	for (i = 0; i < HOSTS; i++)
		CHECK_TEXT(line, span_skip(span_of(seen(s.host[i])),
		    span_chr(span_of(seen(s.host[i])), ':')).p, expected);
	site_end(&s);
}

static void
told(void)
{
	struct site s;
	struct buf out;
	uint64_t number;

	site_begin(&s);
	add(&s, 0, "dkim:a.example", "anna");
	site_tick(&s, NOW);
	change(&s, 1, ROSTER_DEL, "dkim:a.example", &number);
	site_tick(&s, NOW);
	buf_init(&out, 10000);
	roster_log(s.host[2], ENTRY_DENY, 10, &out);
	CHECK("none", out.n == 0);
	roster_log(s.host[2], ENTRY_TRUST, 1, &out);
	CHECK("one", out.n == 0 || strncmp(out.p, "2 ", 2) == 0);
	buf_reset(&out);
	roster_log(s.host[2], ENTRY_TRUST, 100, &out);
	CHECK("order", strncmp(buf_string(&out),
	    "1 2026-11-23T10:00:00Z add \"root\" dkim:a.example", 48) == 0 &&
	    strstr(out.p, "\n2 2026-11-23T10:00:00Z del \"root\" "
	    "dkim:a.example reason=\"left\"\n") != NULL);
	buf_done(&out);
	site_end(&s);
}

/* Records that nobody should have written. */
static void
garbage(void)
{
	static const struct {
		const char *key, *value;
		size_t n;
	} rows[] = {
		{ "newest", "9999999999999", 13 }, { "newest", "x", 1 },
		{ "1", "junk", 4 }, { "2", "", 0 }, { "3", "a\0b", 3 },
	};
	struct site s;
	size_t i;

	site_begin(&s);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_op *op = mem_alloc(sizeof(*op));

		op->verb = STORE_PUT;
		op->klass = "roster";
		op->schema = 1;
		op->key = span_of(rows[i].key);
		op->value = span_make(rows[i].value, rows[i].n);
		op->ttl = DAY;
		store_run(s.store, op, 1, NOW, WAIT);
		free(op);
		site_tick(&s, NOW);
	}
	CHECK("goes on", add(&s, 0, "dkim:a.example", "anna") == 4);
	site_tick(&s, NOW);
	site_tick(&s, NOW);
	all_see(&s, "goes on", "4: dkim:a.example anna");
	site_end(&s);
}

struct worker {
	struct site *site;
	size_t host;
	bool good;
};

/* As add, but counts nothing: several threads are here. */
static bool
add_quietly(const struct worker *w, size_t i)
{
	char line[100];
	struct entry entry;
	const struct roster_change want = {ROSTER_ADD, &entry, "root", NULL};
	uint64_t number;

	snprintf(line, sizeof(line), "dkim:h%zu-%zu.example owner=anna "
	    "expires=10d reason=x", w->host, i);
	return entry_parse(span_of(line), ENTRY_TRUST, NOW, &entry, NULL) ==
	    0 && roster_append(w->site->host[w->host], w->site->store, &want,
	    NOW, WAIT, &number, NULL) == ROSTER_DONE;
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	size_t i;

	for (i = 0; i < 60; i++) {
		w->good &= add_quietly(w, i);
		roster_tick(w->site->host[w->host], w->site->store, NOW, WAIT);
	}
	return NULL;
}

/* Hosts append, and messages look, at the same time. */
static void
threads(void)
{
	struct worker worker[HOSTS];
	pthread_t thread[HOSTS];
	const struct roster_view *view;
	struct site s;
	size_t i;

	site_begin(&s);
	for (i = 0; i < HOSTS; i++) {
		worker[i] = (struct worker) { &s, i, true };
		pthread_create(&thread[i], NULL, work, &worker[i]);
	}
	for (i = 0; i < 2000; i++) {
		view = roster_hold(s.host[i % HOSTS]);
		if (view->entries.count > view->version)
			CHECK("view", !"is whole");
		roster_put(view);
	}
	for (i = 0; i < HOSTS; i++)
		CHECK("thread", pthread_join(thread[i], NULL) == 0 &&
		    worker[i].good);
	site_tick(&s, NOW);
	for (i = 0; i < HOSTS; i++) {
		view = roster_hold(s.host[i]);
		CHECK("all of all", view->version == 60 * HOSTS &&
		    view->entries.count == 60 * HOSTS);
		roster_put(view);
	}
	site_end(&s);
}

int
main(void)
{
	three_hosts();
	lookups();
	flushed();
	displaced();
	outage(&silent);
	outage(&alone);
	outage(&local);
	bounded();
	forgetful();
	kept_late(ROSTER_DEL, "dkim:old.example",
	    ": client:192.0.2.1 script dkim:new.example bert");
	kept_late(ROSTER_ADD, "dkim:old.example owner=carl expires=20d "
	    "reason=y", ": dkim:old.example carl client:192.0.2.1 script "
	    "dkim:new.example bert");
	told();
	garbage();
	threads();
	return test_end();
}
