/* fleet - hosts that share a store see each other. */
#include "shared/fleet.h"

#include <string.h>

#include "test/unit/far.h"

static const struct {
	const char *name, *text;
	bool good;
} records[] = {
	{"whole", "00000000000000aa mx1 0.5 abcdef 3 1 2 ok", true},
	{"short", "00000000000000aa mx1 0.5 abcdef 3 1 2", false},
	{"long", "00000000000000aa mx1 0.5 abcdef 3 1 2 ok more", false},
	{"no number", "00000000000000aa mx1 0.5 abcdef x 1 2 ok", false},
	{"long word", "00000000000000aa mx1 0.5 abcdefabcdefabcdef 3 1 2 ok",
	    false},
	{"control of a terminal",
	    "00000000000000aa m\x9b" "2J 0.5 abcdef 3 1 2 ok", false},
	{"the same in UTF-8",
	    "00000000000000aa m\xc2\x9b" "2J 0.5 abcdef 3 1 2 ok", false},
	{"empty", "", false},
};

static void
test_records(void)
{
	struct fleet_host host;
	struct buf out;
	size_t i;
	int status;

	buf_init(&out, 1000);
	for (i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		status = fleet_host_parse(span_of(records[i].text), &host);
		CHECK(records[i].name, (status == 0) == records[i].good);
		if (status != 0)
			continue;
		buf_reset(&out);
		fleet_host_text(&host, &out);
		CHECK_TEXT(records[i].name, buf_string(&out), records[i].text);
	}
	buf_done(&out);
}

static const struct fleet_sight *
find(const struct fleet_sight *all, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(all[i].host.name, name) == 0)
			return &all[i];
	return NULL;
}

static void
test_three(void)
{
	static const char *const names[] = {"mx1", "mx2", "mx3"};
	struct store *store = store_memory();
	struct fleet_sight seen[FLEET_SEEN_MAX];
	const struct fleet_sight *other;
	struct fleet *f[3];
	size_t i, n;
	int64_t t;

	for (i = 0; i < 3; i++) {
		f[i] = fleet_new(names[i], "0.5", NOW);
		fleet_tell(f[i], i == 2 ? "other" : "same", 7, "ok");
	}
	for (t = NOW; t <= NOW + 4 * FLEET_BEAT; t += FLEET_BEAT)
		for (i = 0; i < 3; i++)
			/* The second one's clock is a minute ahead. */
			CHECK("tick", fleet_tick(f[i], store,
			    t + (i == 1 ? 60000 : 0), WAIT));
	CHECK("three hosts", fleet_hosts(f[0]) == 3);
	n = fleet_see(f[0], seen);
	CHECK("three seen", n == 3);
	other = find(seen, n, "mx1");
	CHECK("ourselves", other != NULL && other->self && !other->drifts);
	other = find(seen, n, "mx2");
	CHECK("a clock ahead", other != NULL && other->drifts &&
	    other->skew > 60000 - FLEET_BEAT - 1 && other->skew <= 60000);
	other = find(seen, n, "mx3");
	CHECK("another generation", other != NULL && other->drifts &&
	    other->skew == 0);

	/* One dies: it is gone once its record has expired. */
	for (; t <= NOW + 20 * FLEET_BEAT; t += FLEET_BEAT) {
		fleet_tick(f[0], store, t, WAIT);
		fleet_tick(f[2], store, t, WAIT);
	}
	CHECK("two left", fleet_hosts(f[0]) == 2);
	n = fleet_see(f[2], seen);
	CHECK("two seen", n == 2 && find(seen, n, "mx2") == NULL);
	for (i = 0; i < 3; i++)
		fleet_free(f[i]);
	store_close(store);
}

/* The store forgets everything; places are taken anew. */
static void
test_flush(void)
{
	struct store *store = store_memory(), *fresh = store_memory();
	struct fleet *a = fleet_new("a", "0.5", NOW);
	struct fleet *b = fleet_new("b", "0.5", NOW);
	int64_t t;

	for (t = NOW; t < NOW + 5 * FLEET_BEAT; t += FLEET_BEAT) {
		fleet_tick(a, store, t, WAIT);
		fleet_tick(b, store, t, WAIT);
	}
	CHECK("two", fleet_hosts(a) == 2 && fleet_hosts(b) == 2);
	/* b comes first now, and the places change. */
	for (; t < NOW + 20 * FLEET_BEAT; t += FLEET_BEAT) {
		fleet_tick(b, fresh, t, WAIT);
		fleet_tick(a, fresh, t, WAIT);
	}
	CHECK("two again", fleet_hosts(a) == 2 && fleet_hosts(b) == 2);
	fleet_free(a);
	fleet_free(b);
	store_close(store);
	store_close(fresh);
}

/* What a host answers itself in an outage says nothing of the others. */
static void
test_outage(void)
{
	struct fleet_sight seen[FLEET_SEEN_MAX];
	struct fleet *a = fleet_new("a", "0.5", NOW);
	struct fleet *b = fleet_new("b", "0.5", NOW);
	struct lab l;
	int i;

	CHECK("ourselves from the start", fleet_see(b, seen) == 1 &&
	    seen[0].self && !seen[0].drifts);
	lab_open(&l, true, "");
	for (i = 0; i < 5; i++, lab_pass(&l, FLEET_BEAT)) {
		fleet_tick(a, l.store, l.now, WAIT);
		fleet_tick(b, l.store, l.now, WAIT);
	}
	CHECK("two", fleet_hosts(a) == 2);
	l.far.mood = AWAY;
	for (i = 0; i < 5; i++, lab_pass(&l, FLEET_BEAT))
		CHECK("no answer", !fleet_tick(a, l.store, l.now, WAIT));
	CHECK("still two", fleet_hosts(a) == 2);
	CHECK("still two seen", fleet_see(a, seen) == 2);
	CHECK("only the first waits", lab_health(&l).pending <= 1);
	fleet_free(a);
	fleet_free(b);
	store_close(l.store);
}

/* More hosts than places: nobody disturbs the others. */
static void
test_crowd(void)
{
	struct store *store = store_memory();
	struct fleet_sight seen[FLEET_SEEN_MAX];
	struct fleet *f[FLEET_MAX + 2];
	char name[16];
	size_t i;
	int round;

	for (i = 0; i < FLEET_MAX + 2; i++) {
		snprintf(name, sizeof(name), "mx%zu", i);
		f[i] = fleet_new(name, "0.5", NOW);
	}
	for (round = 0; round < 3; round++)
		for (i = 0; i < FLEET_MAX + 2; i++)
			fleet_tick(f[i], store, NOW + round * FLEET_BEAT,
			    WAIT);
	CHECK("all places", fleet_hosts(f[0]) == FLEET_MAX);
	CHECK("and one without", fleet_hosts(f[FLEET_MAX + 1]) ==
	    FLEET_MAX + 1 && fleet_see(f[FLEET_MAX + 1], seen) ==
	    FLEET_MAX + 1);
	for (i = 0; i < FLEET_MAX + 2; i++)
		fleet_free(f[i]);
	store_close(store);
}

int
main(void)
{
	test_records();
	test_three();
	test_flush();
	test_outage();
	test_crowd();
	return test_end();
}
