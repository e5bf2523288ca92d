/*
 * conf - loads a configuration and answers questions about it.
 */
#include "conf/conf.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "conf/assign.h"
#include "conf/name.h"
#include "conf/parse.h"
#include "conf/path.h"

static void
block_init(struct block *block, const struct section *section,
    struct arena *arena)
{
	const struct option *option = section->options;
	size_t i;

	while (option[block->count].key != NULL)
		block->count++;
	block->section = section;
	block->data = arena_alloc(arena, section->size);
	block->settings = arena_alloc(arena,
	    block->count * sizeof(*block->settings));
	for (i = 0; i < block->count; i++) {
		block->settings[i].option = &option[i];
		block->settings[i].member = block->data + option[i].offset;
	}
}

static struct conf *
conf_new(const char *file, const struct section *const *sections)
{
	struct conf *conf = mem_alloc(sizeof(*conf));
	size_t i;

	arena_init(&conf->arena);
	manifest_init(&conf->manifest);
	conf->sections = sections;
	conf->file = arena_string(&conf->arena, span_of(file));
	while (sections[conf->count] != NULL)
		conf->count++;
	conf->blocks = arena_alloc(&conf->arena,
	    conf->count * sizeof(*conf->blocks));
	for (i = 0; i < conf->count; i++)
		block_init(&conf->blocks[i], sections[i], &conf->arena);
	return conf;
}

void
conf_free(struct conf *conf)
{
	if (conf == NULL)
		return;
	manifest_done(&conf->manifest);
	arena_done(&conf->arena);
	free(conf);
}

static int
find_cwd(struct conf *conf, struct error *error)
{
	char cwd[PATH_MAX];

	if (getcwd(cwd, sizeof(cwd)) == NULL)
		return error_at(error, conf->file, 0,
		    "cannot tell the working directory: %s", strerror(errno));
	conf->cwd = arena_printf(&conf->arena, "%s%s", cwd,
	    strcmp(cwd, "/") != 0 ? "/" : "");
	return 0;
}

static int
finish(struct conf *conf, const char *const *overrides, struct error *error)
{
	for (; overrides != NULL && *overrides != NULL; overrides++)
		if (assign_override(conf, *overrides, error) == -1)
			return -1;
	return assign_fallbacks(conf, error);
}

struct conf *
conf_load(const char *file, const struct section *const *sections,
    const char *const *overrides, struct error *error)
{
	struct conf *conf = conf_new(file, sections);

	if (find_cwd(conf, error) == 0 && parse_file(conf, error) == 0 &&
	    finish(conf, overrides, error) == 0)
		return conf;
	conf_free(conf);
	return NULL;
}

struct conf *
conf_salvage(const char *file, const struct section *const *sections,
    const char *const *overrides)
{
	struct conf *conf = conf_new(file, sections);
	struct error known;

	if (find_cwd(conf, &known) == 0) {
		(void)parse_file(conf, &known);
		if (finish(conf, overrides, &known) == 0)
			return conf;
	}
	conf_free(conf);
	return NULL;
}

struct conf *
conf_parse(const char *file, struct span text,
    const struct section *const *sections, const char *const *overrides,
    struct error *error)
{
	struct conf *conf = conf_new(file, sections);

	if (find_cwd(conf, error) == 0 && parse_text(conf, text, error) == 0 &&
	    finish(conf, overrides, error) == 0)
		return conf;
	conf_free(conf);
	return NULL;
}

const void *
conf_section(const struct conf *conf, const char *name)
{
	const struct block *block = name_block(conf, span_of(name));

	return block != NULL ? block->data : NULL;
}

const struct manifest *
conf_manifest(const struct conf *conf)
{
	return &conf->manifest;
}

const struct section *const *
conf_sections(const struct conf *conf)
{
	return conf->sections;
}

/* To ask for a key that has no row is a bug. */
static const struct setting *
find_setting(const struct conf *conf, const char *section, const char *key)
{
	const struct setting *setting;

	setting = name_setting(name_block(conf, span_of(section)),
	    span_of(key));
	assert(setting != NULL);
	return setting;
}

int
conf_refuse(const struct conf *conf, const char *section, const char *key,
    struct error *error, const char *fmt, ...)
{
	const struct setting *setting = find_setting(conf, section, key);
	char reason[ERROR_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	return error_at(error, setting->file, setting->line, "%s", reason);
}

const char *
conf_origin(const struct conf *conf, const char *section, const char *key)
{
	return find_setting(conf, section, key)->origin;
}
