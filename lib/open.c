/* open - the store and the resolver that a configuration names. */
#include "open.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "net/dns.h"
#include "store/bridge.h"
#include "store/redis.h"

#define PASSWORD_MAX 512

struct dns *
open_dns(const struct dns_options *o, struct error *error)
{
	const char **forwarders = mem_alloc((o->forwarders.count + 1) *
	    sizeof(*forwarders));
	struct dns_settings settings = {
		.forwarders = forwarders,
		.trust_anchor = o->trust_anchor,
		.cache_bytes = o->cache,
		.timeout = o->timeout,
		.local_zones = o->local_zones,
	};
	struct dns *dns;
	size_t i;

	for (i = 0; i < o->forwarders.count; i++)
		forwarders[i] = o->forwarders.item[i];
	dns = dns_unbound(&settings, error);
	free(forwarders);
	return dns;
}

/*
 * A password of its own file, without the end of its line; "" where no file is
 * named.  Others must not be able to read it.
 */
static int
read_password(const char *path, char password[PASSWORD_MAX],
    struct error *error)
{
	struct stat st;
	size_t n = 0;
	FILE *f;

	password[0] = '\0';
	if (path[0] == '\0')
		return 0;
	f = fopen(path, "re");
	if (f == NULL || fstat(fileno(f), &st) != 0) {
		error_at(error, path, 0, "%s", strerror(errno));
	} else if (st.st_mode & 077) {
		error_at(error, path, 0, "others may read it: chmod 600");
	} else {
		n = fread(password, 1, PASSWORD_MAX - 1, f);
		password[n] = '\0';
		n = strcspn(password, "\r\n");
		password[n] = '\0';
		if (n == 0)
			error_at(error, path, 0, "no password on its first "
			    "line");
	}
	if (f != NULL)
		fclose(f);
	return n > 0 ? 0 : -1;
}

/* With a bridge over its outages for the daemon, without one for tools. */
static struct store *
open_redis(const struct conf *conf, bool bridged, struct error *error)
{
	const struct store_settings *s = conf_section(conf, "store");
	const struct redis_options *o = conf_section(conf, "redis");
	const struct failures *failures = conf_section(conf, "failures");
	char password[PASSWORD_MAX], sentinel[PASSWORD_MAX];
	char *state = mem_printf("%s/epoch", s->path);
	const struct redis_settings settings = {
		.kind = o->kind,
		.servers = o->servers.item,
		.server_count = o->servers.count,
		.master = o->master,
		.user = o->user,
		.password = password,
		.sentinel_password = sentinel,
		.database = o->database,
		.prefix = o->prefix,
		.tls = o->tls,
		.connections = o->connections,
		.connect_timeout = o->connect_timeout,
	};
	const struct bridge_settings bridge = {
		.local = failures->store == WITHOUT_LOCAL,
		.state = state,
		.warm_up = o->warm_up,
	};
	struct store *store = NULL;

	if (read_password(o->password_file, password, error) == 0 &&
	    read_password(o->sentinel_password_file, sentinel, error) == 0)
		store = store_redis(&settings, bridged ? &bridge : NULL,
		    error);
	free(state);
	return store;
}

struct store *
open_store(const struct conf *conf, struct error *error)
{
	const struct store_settings *s = conf_section(conf, "store");

	if (s->backend == STORE_KIND_MEMORY)
		return store_memory();
	if (s->backend == STORE_KIND_REDIS)
		return open_redis(conf, true, error);
	return store_embedded(s->path, s->size, error);
}

struct store *
open_tool_store(const struct conf *conf, bool write, struct error *error)
{
	const struct store_settings *s = conf_section(conf, "store");

	if (s->backend == STORE_KIND_REDIS)
		return open_redis(conf, false, error);
	if (s->backend == STORE_KIND_EMBEDDED && write)
		return store_embedded(s->path, s->size, error);
	if (s->backend == STORE_KIND_EMBEDDED)
		return store_embedded_beside(s->path, error);
	error_set(error, "store.backend is memory, which only the daemon has");
	return NULL;
}
