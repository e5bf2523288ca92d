/* keeper - the thread that keeps what all hosts have in common up to date. */
#include "milter/keeper.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "check/dnslists.h"
#include "check/outbound.h"
#include "milter/commands.h"
#include "milter/hook.h"
#include "shared/fleet.h"
#include "shared/listhealth.h"
#include "shared/roster.h"

#define TIMEOUT 2000		/* ms that the store may take, for us */
#define QUIET_MS 60000		/* between two lines of what may not end */

/* What the log was told of the store, and when (steady; 0: never). */
struct told {
	struct store_health health;
	int64_t trouble, lost;
};

struct shared *
keeper_shared(const char *host_name, int64_t now)
{
	struct shared *shared = mem_alloc(sizeof(*shared));

	shared->fleet = fleet_new(host_name, POSTERN_VERSION, now);
	shared->roster = roster_new();
	shared->lists = listhealth_new(host_name);
	shared->notices = notices_new();
	return shared;
}

/* What the others read of us, in a word. */
static const char *
health_word(const struct store_health *h)
{
	if (h->local)
		return "store-local";
	if (!h->reached)
		return "store-unreached";
	return h->cold ? "store-cold" : "ok";
}

static bool
is_due(int64_t *told)
{
	int64_t now = clock_steady();

	if (*told != 0 && now - *told < QUIET_MS)
		return false;
	*told = now;
	return true;
}

/* Where a part of a Cluster is away its trouble comes and goes with batches. */
static void
log_trouble(struct daemon *d, const struct store_health *h, struct told *told)
{
	if (strcmp(h->trouble, told->health.trouble) == 0)
		return;
	if (h->trouble[0] != '\0') {
		if (!is_due(&told->trouble))
			return;
		log_warn(d->log, "store %s: %s", h->name, h->trouble);
	}
	memcpy(told->health.trouble, h->trouble, sizeof(h->trouble));
}

static void
log_lost(struct daemon *d, const struct store_health *h, struct told *told)
{
	if (h->lost <= told->health.lost || !is_due(&told->lost))
		return;
	log_warn(d->log, "store %s: %lld writes lost so far", h->name,
	    (long long)h->lost);
	told->health.lost = h->lost;
}

/* Whoever decides what a failure means says it once. */
static void
log_health(struct daemon *d, const struct store_health *h, struct told *told)
{
	struct store_health *was = &told->health;

	log_trouble(d, h, told);
	if (h->local != was->local || h->reached != was->reached)
		log_warn(d->log, "store %s: %s, %lld writes pending, %lld "
		    "lost", h->name, h->local ? "this host answers by itself" :
		    h->reached ? "answers" : "does not answer",
		    (long long)h->pending, (long long)h->lost);
	if (h->cold != was->cold)
		log_warn(d->log, "store %s: %s", h->name, h->cold ?
		    "lost its contents, nobody is greylisted for a while" :
		    "counts as full again");
	log_lost(d, h, told);
	was->local = h->local;
	was->reached = h->reached;
	was->cold = h->cold;
}

static uint64_t
lists_version(struct roster *roster)
{
	const struct roster_view *view = roster_hold(roster);
	uint64_t version = view != NULL ? view->version : 0;

	roster_put(view);
	return version;
}

static void
keep_fleet(struct daemon *d, const struct snapshot *snapshot,
    struct told *told, int64_t now)
{
	struct shared *shared = d->services.shared;
	struct store *store = d->services.store;
	struct store_health health;

	store_health(store, &health);
	log_health(d, &health, told);
	fleet_tell(shared->fleet, snapshot->generation,
	    lists_version(shared->roster), health_word(&health));
	if (fleet_tick(shared->fleet, store, now, TIMEOUT))
		store_hosts(store, fleet_hosts(shared->fleet));
}

static const char *
hook_program(const struct snapshot *snapshot)
{
	const struct outbound *o = snapshot_check(snapshot, &check_outbound);

	return o != NULL ? o->options->notify : "";
}

static void
keep(struct daemon *d, struct hook *hook, struct told *told)
{
	struct shared *shared = d->services.shared;
	struct snapshot *snapshot = current_get(d->current);
	const void *lists = snapshot_check(snapshot, &check_dnslists);
	int64_t now = clock_wall();

	roster_tick(shared->roster, d->services.store, now, TIMEOUT);
	if (lists != NULL)
		dnslists_watch(lists, shared->lists, now);
	listhealth_tick(shared->lists, d->services.store, d->services.dns,
	    now);
	keep_fleet(d, snapshot, told, now);
	hook_tick(hook, hook_program(snapshot), clock_steady());
	snapshot_put(snapshot);
}

/* As long as the process lives: the store outlives the last message only. */
static void *
keeper_run(void *arg)
{
	struct daemon *d = arg;
	struct hook *hook = hook_new(d->services.shared->notices, d->log);
	struct told told = {.health = {.reached = true}};

	while (!atomic_load(&d->draining)) {
		keep(d, hook, &told);
		usleep(SHARED_TICK_MS * 1000);
	}
	hook_free(hook);
	return NULL;
}

/* What the first message is to find there. */
static void
keep_first(struct daemon *d)
{
	struct shared *shared = d->services.shared;
	struct snapshot *snapshot = current_get(d->current);
	const void *lists = snapshot_check(snapshot, &check_dnslists);
	int64_t now = clock_wall();

	roster_tick(shared->roster, d->services.store, now, TIMEOUT);
	if (lists != NULL) {
		dnslists_watch(lists, shared->lists, now);
		listhealth_start(shared->lists, d->services.store,
		    d->services.dns, now, TIMEOUT);
	}
	snapshot_put(snapshot);
}

int
keeper_start(struct daemon *d)
{
	keep_first(d);
	return pthread_create(&d->keeper, NULL, keeper_run, d) == 0 ? 0 : -1;
}

void
keeper_stop(struct daemon *d)
{
	pthread_join(d->keeper, NULL);
}
