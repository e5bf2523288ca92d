/* tortureapart - whether a private copy keeps clear of the original. */
#include "ctl/tortureapart.h"

#include <string.h>
#include <sys/stat.h>

#include "base/span.h"
#include "ctl/torturecopy.h"
#include "net/endpoint.h"

/* Keys with the name of a place that a daemon makes, opens or serves. */
static const struct place {
	const char *section, *key;
} places[] = {
	{"daemon", "listen"}, {"daemon", "control"}, {"store", "path"},
	{"rules", "cache"},
};

#define PLACES (sizeof(places) / sizeof(places[0]))

static bool
is_inside(const char *path, const char *dir)
{
	struct span s = span_of(path);

	return span_starts(s, dir) && span_starts(span_skip(s, strlen(dir)),
	    "/") && span_find(s, span_of("/../")) == s.n;
}

/* Two names of one file, socket or folder. */
static bool
is_same(const char *a, const char *b)
{
	struct stat x, y;

	return a[0] != '\0' && (strcmp(a, b) == 0 ||
	    (stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
	    x.st_ino == y.st_ino));
}

static int
check_places(const struct conf *theirs, const struct conf *ours,
    const char *dir, struct error *error)
{
	const char *mine, *other, *path;
	size_t i;

	for (i = 0; i < PLACES; i++) {
		mine = copy_string(ours, places[i].section, places[i].key);
		other = copy_string(theirs, places[i].section, places[i].key);
		path = endpoint_path(mine);
		if (endpoint_path(other) != NULL)
			other = endpoint_path(other);
		path = path != NULL ? path : mine;
		if (is_same(path, other))
			return error_set(error, "the copy would share %s.%s, "
			    "%s, with the original", places[i].section,
			    places[i].key, path);
		if (!is_inside(path, dir))
			return error_set(error, "%s.%s of the copy would be "
			    "%s, outside of it", places[i].section,
			    places[i].key, path);
	}
	return 0;
}

static int
check_path(const char *path, const char *dir, const struct section *section,
    const struct option *row, struct error *error)
{
	if (path[0] == '\0' || is_inside(path, dir))
		return 0;
	return error_set(error, "%s.%s of the copy would be %s, outside of it",
	    section->name, row->key, path);
}

/* Whatever is declared as a path, now or some day. */
static int
check_paths(const struct conf *ours, const char *dir, struct error *error)
{
	const struct section *const *s = conf_sections(ours);
	const struct option *row;
	const struct strings *list;
	const char *data;
	size_t i;

	for (; *s != NULL; s++) {
		data = conf_section(ours, (*s)->name);
		for (row = (*s)->options; row->key != NULL; row++) {
			if (row->type == OPTION_PATH && check_path(
			    *(const char *const *)(data + row->offset), dir,
			    *s, row, error) != 0)
				return -1;
			if (row->type != OPTION_PATHS)
				continue;
			list = (const void *)(data + row->offset);
			for (i = 0; i < list->count; i++)
				if (check_path(list->item[i], dir, *s, row,
				    error) != 0)
					return -1;
		}
	}
	return 0;
}

static int
check_redis(const struct conf *theirs, const struct conf *ours,
    struct error *error)
{
	const struct redis_options *mine = conf_section(ours, "redis");
	const struct redis_options *other = conf_section(theirs, "redis");
	size_t i, k;

	for (i = 0; i < mine->servers.count; i++)
		for (k = 0; k < other->servers.count; k++)
			if (strcmp(mine->servers.item[i],
			    other->servers.item[k]) == 0)
				return error_set(error, "%s is a server of "
				    "the original: name one for tests",
				    mine->servers.item[i]);
	if (strcmp(mine->prefix, other->prefix) == 0)
		return error_set(error, "the copy would share redis.prefix, "
		    "%s, with the original", mine->prefix);
	return 0;
}

/* Nobody outside is asked, told or logged to. */
static int
check_world(const struct conf *theirs, const struct conf *ours,
    struct error *error)
{
	const struct store_settings *store = conf_section(ours, "store");
	const struct log_settings *log = conf_section(ours, "log");
	const struct dns_options *dns = conf_section(ours, "dns");
	size_t i;

	if (log->to != LOG_TARGET_STDERR)
		return error_set(error, "the copy would write to the log of "
		    "the original");
	if (dns->enabled && dns->forwarders.count == 0)
		return error_set(error, "the copy would ask the DNS");
	for (i = 0; dns->enabled && i < dns->forwarders.count; i++)
		if (!span_starts(span_of(dns->forwarders.item[i]),
		    "127.0.0.1@"))
			return error_set(error, "the copy would ask the "
			    "resolver %s", dns->forwarders.item[i]);
	if (copy_string(ours, "outbound", "notify")[0] != '\0')
		return error_set(error, "the copy would run the program of "
		    "outbound.notify");
	return store->backend == STORE_KIND_REDIS ?
	    check_redis(theirs, ours, error) : 0;
}

int
apart_check(const struct conf *theirs, const struct conf *ours,
    const char *dir, struct error *error)
{
	if (check_world(theirs, ours, error) != 0 ||
	    check_places(theirs, ours, dir, error) != 0)
		return -1;
	return check_paths(ours, dir, error);
}
