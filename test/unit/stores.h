/*
 * stores - every back end, opened empty, for the tests that all of them pass.
 * A new back end is one more row of backends[].
 */
#ifndef TEST_UNIT_STORES_H
#define TEST_UNIT_STORES_H

#include <unistd.h>

#include "store/redis.h"
#include "test/redislab.h"
#include "test/unit/test.h"

#define WAIT 20000	/* ms; slow disks and sanitizers are no fault */

static struct store *
open_memory(const char *dir)
{
	(void)dir;
	return store_memory();
}

static struct store *
open_embedded(const char *dir)
{
	struct error error = {""};
	struct store *s = store_embedded(dir, 64 << 20, &error);

	if (s == NULL)
		fprintf(stderr, "%s\n", error.text);
	return s;
}

/*
 * Redis alone, without the bridge over its outages.  An open store is empty,
 * but for the second opening of the same folder, which no test here does.
 */
static struct store *
redis_at(const char *server, int64_t kind)
{
	const struct redis_settings settings = {
	    .kind = kind,
	    .servers = &server,
	    .server_count = 1,
	    .master = "",
	    .user = "",
	    .password = "",
	    .sentinel_password = "",
	    .prefix = "test:",
	    .connections = 4,
	    .connect_timeout = 5000,
	};
	struct error error = {""};
	struct store_part part = redis_open(&settings, &error);

	if (part.backend == NULL) {
		fprintf(stderr, "%s\n", error.text);
		return NULL;
	}
	return store_new(part.backend, part.state);
}

static struct store *
open_redis(const char *dir)
{
	static int server = -1;

	(void)dir;
	if (server < 0)
		server = redislab_start("");
	redislab_say(server, "FLUSHALL");
	redislab_say(server, "CONFIG RESETSTAT");
	return redis_at(redislab_socket(server), REDIS_SINGLE);
}

static struct store *
open_cluster(const char *dir)
{
	static int first = -1;
	int i;

	(void)dir;
	if (first < 0)
		first = redislab_cluster(3, "");
	for (i = first; i < first + 3; i++) {
		redislab_say(i, "FLUSHALL");
		redislab_say(i, "CONFIG RESETSTAT");
	}
	return redis_at(redislab_address(first), REDIS_CLUSTER);
}

static const struct backend {
	const char *name;
	struct store *(*open)(const char *dir);	/* empty at the first call */
} backends[] = {
	{"memory", open_memory},
	{"embedded", open_embedded},
	{"redis", open_redis},
	{"cluster", open_cluster},
};

static inline struct store *
backend_open(const struct backend *b, char dir[64])
{
	struct store *s;

	strcpy(dir, "/tmp/postern-test-XXXXXX");
	if (mkdtemp(dir) == NULL)
		exit(2);
	s = b->open(dir);
	if (s == NULL)
		exit(2);
	return s;
}

static inline void
backend_close(struct store *s, const char *dir)
{
	char path[96];

	store_close(s);
	snprintf(path, sizeof(path), "%s/data.mdb", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/lock.mdb", dir);
	unlink(path);
	rmdir(dir);
}

#endif
