/* torturecopy - a private copy of a configuration, to be broken. */
#include "ctl/torturecopy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ctl/tortureapart.h"
#include "snapshot.h"

#define CONF_TEXT_MAX (16 << 20)
#define CONF_OVERRIDES_MAX 1000

/* What is read: the command line's, and in front of it ours. */
struct overrides {
	const char *item[CONF_OVERRIDES_MAX + 1];
	size_t count;
};

const char *
copy_string(const struct conf *conf, const char *section, const char *key)
{
	const struct section *const *s = conf_sections(conf);
	const struct option *row;
	const char *data;

	for (; *s != NULL; s++) {
		if (strcmp((*s)->name, section) != 0)
			continue;
		data = conf_section(conf, section);
		for (row = (*s)->options; row->key != NULL; row++)
			if (strcmp(row->key, key) == 0 &&
			    (row->type == OPTION_STRING ||
			    row->type == OPTION_PATH))
				return *(const char *const *)(data +
				    row->offset);
	}
	return "";
}

static void
force(struct copy *c, char *setting)
{
	c->forced[c->forced_count++] = setting;
}

/* What keeps the copy's daemon to itself, whatever its file says. */
static void
force_apart(struct copy *c, const struct copy_world *world)
{
	static const char *const fixed[] = {
		"daemon.listen_mode=0600", "daemon.listen_group=",
		"daemon.user=", "log.to=stderr", "log.format=text",
		"dns.trust_anchor=", "outbound.notify=", "rate.limits={}",
		"greylist.when=never", "redis.kind=single", "redis.user=",
		"redis.password_file=", "redis.sentinel_password_file=",
		"redis.tls=no", "redis.database=0",
	};
	size_t i;

	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		force(c, mem_copy(fixed[i], strlen(fixed[i])));
	force(c, mem_printf("daemon.listen=%s", c->listen));
	force(c, mem_printf("daemon.control=%s", c->control));
	force(c, mem_printf("store.path=%s", c->store));
	force(c, mem_printf("store.backend=%s",
	    world->redis != NULL ? "redis" : "embedded"));
	force(c, mem_printf("rules.cache=%s/cache", c->dir));
	force(c, mem_printf("dns.forwarders=127.0.0.1@%u", world->dns_port));
	force(c, mem_printf("redis.prefix=%s", c->prefix));
	if (world->redis != NULL)
		force(c, mem_printf("redis.servers=%s", world->redis));
}

static bool
same_key(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return n == strcspn(b, "=") && strncmp(a, b, n) == 0;
}

static void
add_override(struct overrides *o, const char *setting)
{
	size_t i;

	for (i = 0; i < o->count; i++)
		if (same_key(o->item[i], setting))
			return;
	if (o->count < CONF_OVERRIDES_MAX)
		o->item[o->count++] = setting;
}

/* No key may stand twice: ours come first, and count. */
static void
add_theirs(struct overrides *o, const struct globals *g)
{
	size_t i;

	for (i = 0; i < g->override_count; i++)
		add_override(o, g->overrides[i]);
	o->item[o->count] = NULL;
}

static int
make_folder(struct copy *c, struct error *error)
{
	const char *parent = getenv("TMPDIR");
	char *dir = mem_printf("%s/postern-torture-XXXXXX",
	    parent != NULL && parent[0] == '/' ? parent : "/tmp"), *cache;
	int status;

	if (mkdtemp(dir) == NULL) {
		error_set(error, "%s: %s", dir, strerror(errno));
		free(dir);
		return -1;
	}
	c->dir = dir;
	c->conf = mem_printf("%s/postern.conf", dir);
	c->control = mem_printf("%s/control", dir);
	c->listen = mem_printf("unix:%s/milter", dir);
	c->store = mem_printf("%s/store", dir);
	c->prefix = mem_printf("torture-%ld-%lld:", (long)getpid(),
	    (long long)clock_wall() % 1000000);
	cache = mem_printf("%s/cache", dir);
	status = mkdir(cache, 0700) == 0 && mkdir(c->store, 0700) == 0 ? 0 :
	    error_set(error, "%s: %s", dir, strerror(errno));
	free(cache);
	return status;
}

static enum copy_kind
kind_of(const struct section *section, const struct option *row)
{
	if (strcmp(section->name, "rules") == 0 &&
	    strcmp(row->key, "files") == 0)
		return COPY_RULES;
	if (strcmp(section->name, "geoip") == 0)
		return COPY_GEO;
	return row->type == OPTION_PATHS ? COPY_LIST : COPY_OTHER;
}

/* A path setting of the copy, with the files copied; heap. */
static char *
copy_row(struct copy *c, const struct section *section,
    const struct option *row, const void *member, struct error *error)
{
	const char *const *path = member;
	const struct strings *list = member;
	struct strings one = {path, 1};
	bool many = row->type == OPTION_PATHS, tables;
	struct buf out;
	char *text;
	size_t i;

	if (!many && **path == '\0')
		one.count = 0;
	list = many ? list : &one;
	tables = strcmp(section->name, "sign") == 0;
	buf_init(&out, CONF_TEXT_MAX);
	buf_printf(&out, "%s.%s=%s", section->name, row->key, many ? "{" : "");
	for (i = 0; i < list->count; i++) {
		text = copy_file(c, list->item[i],
		    kind_of(section, row), tables, error);
		if (text == NULL)
			break;
		buf_puts(&out, i > 0 ? ", " : "");
		if (many)
			conf_put_path(&out, span_of(text));
		else
			conf_put_string(&out, span_of(text));
		free(text);
	}
	buf_puts(&out, many ? "}" : "");
	text = i == list->count ? mem_copy(buf_string(&out), out.n) : NULL;
	buf_done(&out);
	return text;
}

/* All files that path settings name; adds how they are called now. */
static int
copy_paths(struct copy *c, struct overrides *o, struct error *error)
{
	const struct section *const *s = conf_sections(c->theirs);
	const struct option *row;
	const char *data;
	char *setting;
	size_t i;

	for (; *s != NULL; s++) {
		data = conf_section(c->theirs, (*s)->name);
		for (row = (*s)->options; row->key != NULL; row++) {
			if (row->type != OPTION_PATH &&
			    row->type != OPTION_PATHS)
				continue;
			setting = mem_printf("%s.%s=", (*s)->name, row->key);
			for (i = 0; i < c->forced_count; i++)
				if (same_key(setting, c->forced[i]))
					break;
			free(setting);
			if (i < c->forced_count)
				continue;
			setting = copy_row(c, *s, row, data + row->offset,
			    error);
			if (setting == NULL)
				return -1;
			add_override(o, setting);
		}
	}
	return 0;
}

/* What rule files include: found where the load found it. */
static int
copy_included(struct copy *c, const struct manifest *m, struct error *error)
{
	char *path;
	size_t i;

	for (i = 0; i < m->count; i++) {
		if (strcmp(m->files[i].section, "rules") != 0)
			continue;
		path = copy_file(c, m->files[i].name, COPY_OTHER,
		    false, error);
		if (path == NULL)
			return -1;
		free(path);
	}
	return 0;
}

/* The effective configuration of the copy, as a file of its own. */
static int
write_conf(struct copy *c, const struct globals *g, struct overrides *o,
    struct error *error)
{
	struct conf *conf;
	struct buf text;
	size_t i;
	int status;

	for (i = 0; i < c->forced_count; i++)
		add_override(o, c->forced[i]);
	add_theirs(o, g);
	conf = conf_load(g->conf, c->sections, o->item, error);
	if (conf == NULL)
		return -1;
	buf_init(&text, CONF_TEXT_MAX);
	conf_print(conf, &text, false);
	status = copy_replace(c->conf, buf_contents(&text), error);
	buf_done(&text);
	conf_free(conf);
	return status;
}

/*
 * Loads the original as a daemon would, the compiled rules staying with us,
 * and copies its files; adds what they are called now.
 */
static int
load_theirs(struct copy *c, const struct globals *g, struct overrides *o,
    struct error *error)
{
	struct metrics *metrics = metrics_new();
	struct overrides loading = {.count = 0};
	struct snapshot *snapshot;
	char *cache = mem_printf("rules.cache=%s/cache", c->dir);
	int status = -1;

	add_override(&loading, cache);
	add_theirs(&loading, g);
	c->sections = settings_sections();
	snapshot = snapshot_load(g->conf, loading.item, NULL, metrics, error);
	if (snapshot != NULL) {
		c->theirs = conf_load(g->conf, c->sections, g->overrides,
		    error);
		if (c->theirs != NULL && copy_paths(c, o, error) == 0)
			status = copy_included(c, &snapshot->manifest, error);
	}
	snapshot_put(snapshot);
	metrics_free(metrics);
	free(cache);
	return status;
}

static int
load_ours(struct copy *c, struct error *error)
{
	const char *forced[COPY_FORCED_MAX + 1];
	size_t i;

	for (i = 0; i <= c->forced_count; i++)
		forced[i] = c->forced[i];
	c->ours = conf_load(c->conf, c->sections, forced, error);
	if (c->ours == NULL)
		return -1;
	return apart_check(c->theirs, c->ours, c->dir, error);
}

int
copy_make(struct copy *c, const struct globals *g,
    const struct copy_world *world, struct error *error)
{
	struct overrides *o;
	size_t i, own;
	int status = EX_CONFIG;

	memset(c, 0, sizeof(*c));
	if (make_folder(c, error) != 0)
		return EX_CANTCREAT;
	force_apart(c, world);
	copy_note(c, c->conf, COPY_CONF, NULL);
	o = mem_alloc(sizeof(*o));
	if (load_theirs(c, g, o, error) == 0) {
		own = o->count;
		if (write_conf(c, g, o, error) == 0 &&
		    load_ours(c, error) == 0)
			status = EX_OK;
		o->count = own;
	}
	for (i = 0; i < o->count; i++)
		free((char *)(uintptr_t)o->item[i]);
	free(o);
	return status;
}
