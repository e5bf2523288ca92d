/*
 * geo_replace - a file that is replaced, truncated and overwritten while
 * threads look things up in it and it is opened again and again.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/geo.h"
#include "test/mmdb.h"
#include "test/unit/folder.h"
#include "test/unit/test.h"

#define READERS 3
#define RUN_MS 1500
#define GENERATIONS 4	/* what the file says, in turn */

static const char *const countries[GENERATIONS] = {"NL", "BE", "LU", "DE"};

/* As a snapshot is handed out: read and held under one lock. */
struct shop {
	pthread_mutex_t lock;
	struct geo *newest;
	atomic_bool stop;
	atomic_uint asked, wrong;
	atomic_uint opened, refused;
};

static struct geo *
get(struct shop *shop)
{
	struct geo *geo;

	pthread_mutex_lock(&shop->lock);
	geo = geo_hold(shop->newest);
	pthread_mutex_unlock(&shop->lock);
	return geo;
}

static void
publish(struct shop *shop, struct geo *geo)
{
	struct geo *old;

	pthread_mutex_lock(&shop->lock);
	old = shop->newest;
	shop->newest = geo;
	pthread_mutex_unlock(&shop->lock);
	geo_put(old);
}

/*
 * Every fact is one that was written.  They may be of two generations: one that
 * overwrites a file of the same size and rests in the middle leaves a good file
 * of both, and nothing tells.
 */
static bool
is_whole(const struct place *place)
{
	unsigned i = 0;

	while (i < GENERATIONS && strcmp(place->country, countries[i]) != 0)
		i++;
	return i < GENERATIONS && place->asn >= 64500 &&
	    place->asn < 64500 + GENERATIONS && place->organization.n == 12 &&
	    span_starts(place->organization, "Carrier of ");
}

static void *
read_on(void *context)
{
	struct shop *shop = context;
	struct place place;
	struct geo *geo;
	struct ip ip;
	unsigned i;
	char text[IP_TEXT_MAX];

	while (!atomic_load(&shop->stop)) {
		geo = get(shop);
		for (i = 0; i < 256; i++) {
			snprintf(text, sizeof(text), "10.%u.0.1", i);
			ip_parse(span_of(text), &ip);
			geo_find(geo, &ip, &place);
			atomic_fetch_add(&shop->asked, 1);
			if (!is_whole(&place))
				atomic_fetch_add(&shop->wrong, 1);
		}
		geo_put(geo);
	}
	return NULL;
}

/* A reload: what cannot be used leaves the old one. */
static void *
open_on(void *context)
{
	struct shop *shop = context;
	const char *names[] = {folder_path("a.mmdb")};
	struct error error;
	struct geo *geo, *old;

	while (!atomic_load(&shop->stop)) {
		old = get(shop);
		geo = geo_open(names, 1, old, &error);
		geo_put(old);
		if (geo == NULL) {
			atomic_fetch_add(&shop->refused, 1);
			continue;
		}
		atomic_fetch_add(&shop->opened, 1);
		publish(shop, geo);
	}
	return NULL;
}

static void
make(struct mmdb *m, unsigned generation)
{
	char net[40], organization[40];
	unsigned i;

	mmdb_init(m, 6, 28, "Test");
	snprintf(organization, sizeof(organization), "Carrier of %u",
	    generation);
	for (i = 0; i < 256; i++) {
		snprintf(net, sizeof(net), "10.%u.0.0/16", i);
		mmdb_place(m, net, countries[generation], 64500 + generation,
		    organization);
	}
}

/* Ways in which people put a new file where the old one is. */
static void
replace(const char *path, struct span bytes, unsigned way)
{
	char fresh[200];
	int fd;

	snprintf(fresh, sizeof(fresh), "%s.new", path);
	fd = open(way == 0 ? fresh : path, O_WRONLY | O_CREAT |
	    (way == 1 ? O_TRUNC : 0), 0644);
	if (fd < 0 || (way == 3 && ftruncate(fd, 100) != 0) ||
	    write(fd, bytes.p, bytes.n / 2) < 0 || usleep(2000) != 0 ||
	    write(fd, bytes.p + bytes.n / 2, bytes.n - bytes.n / 2) < 0)
		abort();
	close(fd);
	if (way == 0 && rename(fresh, path) != 0)
		abort();
}

int
main(void)
{
	struct shop shop = {.lock = PTHREAD_MUTEX_INITIALIZER};
	pthread_t threads[READERS + 1];
	struct mmdb made[GENERATIONS];
	const char *names[1];
	struct error error;
	int64_t end;
	unsigned i;

	folder_begin();
	names[0] = mem_printf("%s", folder_path("a.mmdb"));
	for (i = 0; i < GENERATIONS; i++)
		make(&made[i], i);
	mmdb_write(&made[0], names[0]);
	shop.newest = geo_open(names, 1, NULL, &error);
	if (!CHECK(error.text, shop.newest != NULL))
		return test_end();
	for (i = 0; i <= READERS; i++)
		pthread_create(&threads[i], NULL, i < READERS ? read_on :
		    open_on, &shop);
	end = clock_steady() + RUN_MS;
	for (i = 0; clock_steady() < end; i++)
		replace(names[0], mmdb_bytes(&made[i % GENERATIONS]),
		    i / GENERATIONS % 4);
	CHECK("truncated", truncate(names[0], 0) == 0);
	usleep(20000);
	atomic_store(&shop.stop, true);
	for (i = 0; i <= READERS; i++)
		pthread_join(threads[i], NULL);
	CHECK("looked up", atomic_load(&shop.asked) > 1000);
	CHECK("nothing in between", atomic_load(&shop.wrong) == 0);
	CHECK("taken", atomic_load(&shop.opened) > 0);
	CHECK("refused", atomic_load(&shop.refused) > 0);
	printf("%u lookups, %u files taken, %u refused\n",
	    atomic_load(&shop.asked), atomic_load(&shop.opened),
	    atomic_load(&shop.refused));
	geo_put(shop.newest);
	for (i = 0; i < GENERATIONS; i++)
		mmdb_done(&made[i]);
	free((void *)(uintptr_t)names[0]);
	folder_end();
	return test_end();
}
