/* world - a directory with everything that a scenario configures. */
#include "test/scenario/world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "settings.h"
#include "test/mmdb.h"
#include "test/scenario/zone.h"

#define CONF_MAX (1 << 20)

static int
link_shipped(struct world *w, const char *from, const char *to,
    struct error *error)
{
	const char *path = arena_printf(w->arena, "%s/%s", w->scenario->top,
	    from).p;

	if (symlink(path, to) != 0)
		return error_at(error, path, 0, "%s", strerror(errno));
	return 0;
}

int
world_make(struct world *w, struct arena *arena,
    const struct scenario *scenario, const char *dir, struct error *error)
{
	memset(w, 0, sizeof(*w));
	w->arena = arena;
	w->scenario = scenario;
	w->dir = dir;
	w->keys[w->count++] = zone_exists(scenario) ? "dns.enabled=yes" :
	    "dns.enabled=no";
	w->keys[w->count++] = "dns.local_zones=yes";
	/* "make check" gives all its programs one folder. */
	w->keys[w->count++] = getenv("RULES_CACHE") != NULL ?
	    arena_printf(arena, "rules.cache=%s", getenv("RULES_CACHE")).p :
	    "rules.cache=";
	/* The shipped ones are for the shipped thresholds. */
	w->keys[w->count++] = "rules.selftest=";
	/* Or the last messages of a scenario would be judged by the first. */
	w->keys[w->count++] = "reputation.enabled=no";
	if (mkdir(dir, 0755) != 0 || chdir(dir) != 0 ||
	    mkdir("store", 0755) != 0)
		return error_at(error, dir, 0, "%s", strerror(errno));
	if (link_shipped(w, "contrib/postern.conf", "shipped.conf",
	    error) != 0)
		return -1;
	return link_shipped(w, "rules", "rules", error);
}

/* Bytes before the "=" of an assignment. */
static size_t
key_length(const char *assignment)
{
	return span_chr(span_of(assignment), '=');
}

/* A key that is given again replaces what it was. */
static int
world_key(struct world *w, const struct line *line, struct error *error)
{
	struct span rest = span_of(line->whole), key = span_of("");
	const char *assignment;
	size_t i;

	if (span_chr(rest, '=') == rest.n)
		return error_at(error, w->scenario->path, line->number,
		    "expected section.key = value");
	span_cut(&rest, '=', &key);
	assignment = arena_printf(w->arena, "%.*s=%.*s",
	    SPAN_ARG(span_trim(key)), SPAN_ARG(span_trim(rest))).p;
	for (i = 0; i < w->count; i++)
		if (span_eq(span_head(span_of(w->keys[i]),
		    key_length(w->keys[i])), span_trim(key)))
			break;
	if (i == WORLD_KEYS_MAX)
		return error_at(error, w->scenario->path, line->number,
		    "too many keys");
	w->keys[i] = assignment;
	if (i == w->count)
		w->count++;
	return 0;
}

static int
world_file(struct world *w, const struct step *step, struct error *error)
{
	FILE *f;
	size_t i;

	if (step->rest[0] == '\0' || strchr(step->rest, '/') != NULL)
		return error_at(error, w->scenario->path, step->number,
		    "file wants a name");
	f = fopen(step->rest, "w");
	if (f == NULL)
		return error_at(error, step->rest, 0, "%s", strerror(errno));
	for (i = 0; i < step->lines.count; i++)
		fprintf(f, "%s\n", step->lines.line[i].whole);
	fclose(f);
	return 0;
}

/* Without lines: a file that is no such file. */
static int
world_geoip(struct world *w, const struct step *step, struct error *error)
{
	struct mmdb m;
	int status = 0;
	size_t i;

	if (step->lines.count == 0)
		return world_file(w, step, error);
	mmdb_init(&m, 6, 28, "Test-Places");
	for (i = 0; status == 0 && i < step->lines.count; i++)
		if (!mmdb_line(&m, span_of(step->lines.line[i].whole)))
			status = error_at(error, w->scenario->path,
			    step->lines.line[i].number, "expected NETWORK "
			    "COUNTRY|- [ASn [ORGANIZATION]]");
	if (status == 0 && mmdb_write(&m, step->rest) != 0)
		status = error_at(error, step->rest, 0, "%s", strerror(errno));
	mmdb_done(&m);
	return status;
}

int
world_step(struct world *w, const struct step *step, struct error *error)
{
	size_t i;

	if (step->kind == STEP_FILE)
		return world_file(w, step, error);
	if (step->kind == STEP_GEOIP)
		return world_geoip(w, step, error);
	if (step->kind == STEP_DNS)
		return 0;
	for (i = 0; i < step->lines.count; i++)
		if (world_key(w, &step->lines.line[i], error) != 0)
			return -1;
	return 0;
}

/*
 * A file, not "-o": what the command line says stays for the life of a
 * daemon, and reloads are to change it.
 */
int
world_write(struct world *w, struct error *error)
{
	const struct section **sections = settings_sections();
	struct conf *conf;
	struct buf text;
	FILE *f;

	conf = conf_load("shipped.conf", sections, w->keys, error);
	if (conf == NULL) {
		free(sections);
		return -1;
	}
	buf_init(&text, CONF_MAX);
	conf_print(conf, &text, false);
	f = fopen(WORLD_CONF, "w");
	if (f != NULL) {
		fwrite(text.p, 1, text.n, f);
		fclose(f);
	}
	buf_done(&text);
	conf_free(conf);
	free(sections);
	return f != NULL ? 0 : error_at(error, WORLD_CONF, 0, "%s",
	    strerror(errno));
}
