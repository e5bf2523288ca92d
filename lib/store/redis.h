/*
 * redis - the back end that several hosts share: one server, a master that
 * Sentinels name, or a Cluster.  It only ever waits for its own deadlines, and
 * a batch is one round trip (one per node of a Cluster, sent together).  Any
 * thread.
 *
 * The server needs maxmemory-policy noeviction: another one drops counters
 * unseen when its memory is full, and since all we keep has an expiry, first
 * the token buckets and the marks that let no write count twice.  With it
 * writes fail (TROUBLE_REFUSED), which is told, and can be made up for.
 *
 * An ACL user needs the keys of the prefix, and +eval +evalsha +script|load
 * +mget +set +del, in a Cluster +cluster|slots +asking, with a database
 * +select; for the policy +config|get or +info, for figures +info +dbsize, for
 * a walk +scan, and after Sentinel +role.
 *
 * Where a slot of a Cluster moves, a named write waits (it is not done, and
 * TROUBLE_UNREACHED) until its record and its mark are on one side.
 */
#ifndef STORE_REDIS_H
#define STORE_REDIS_H

#include "store/backend.h"

enum redis_kind { REDIS_SINGLE, REDIS_SENTINEL, REDIS_CLUSTER };

/* The section "redis"; read at start only. */
struct redis_settings {
	int64_t kind;			/* enum redis_kind */
	/* "host:port", "[ip6]:port", "unix:/path": the server, the Sentinels,
	 * or some nodes of the Cluster */
	const char *const *servers;
	size_t server_count;
	const char *master;		/* Sentinel's name for it */
	const char *user;		/* ACL user, or "" */
	const char *password;		/* or "" */
	const char *sentinel_password;	/* or "" */
	int64_t database;		/* not of a Cluster */
	const char *prefix;		/* of all keys */
	bool tls;			/* refused where hiredis cannot */
	int64_t connections;		/* at most, to each node */
	int64_t connect_timeout;	/* ms */
};

/*
 * Opens the back end; settings are copied.  An unreachable server is no error,
 * one whose settings lose data (maxmemory-policy), or that does not tell them,
 * is told by store_health.
 * backend is NULL with *error filled in when the settings cannot be used.
 */
struct store_part redis_open(const struct redis_settings *,
    struct error *error);

#endif
