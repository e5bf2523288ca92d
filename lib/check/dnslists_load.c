/* dnslists_load - the definitions of DNS lists, and those in use. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "check/dnslists.h"
#include "conf/lines.h"

#define SECTION "dnslists"

struct dnslists *
dnslists_define(const struct conf *conf, struct manifest *manifest,
    struct error *error)
{
	const struct dnslists_options *o = conf_section(conf, SECTION);
	struct dnslists *lists = mem_alloc(sizeof(*lists));

	dnslists_init(lists);
	if (lines_read_all(conf, SECTION, "definitions", &o->definitions,
	    dnslists_take, lists, manifest, error) != 0 ||
	    dnslists_end(lists, error) != 0) {
		dnslists_undefine(lists);
		return NULL;
	}
	return lists;
}

void
dnslists_undefine(struct dnslists *lists)
{
	if (lists == NULL)
		return;
	dnslists_done(lists);
	free(lists);
}

void
dnslists_declare(const struct dnslists *lists, struct weights *weights)
{
	const struct dnslist *list;
	size_t i, k;

	for (i = 0; i < lists->count; i++) {
		list = &lists->items[i];
		for (k = 0; k < list->code_count; k++)
			if (list->codes[k].symbol != NULL)
				weights_put(weights,
				    span_of(list->codes[k].symbol));
	}
}

/* Keys while loading: name of a list, and what the operator was given. */
struct keys {
	struct arena *arena;
	struct span names[DNSLISTS_KEYS_MAX], values[DNSLISTS_KEYS_MAX];
	size_t count;
};

static int
take_key(void *context, struct span entry, const char *file, unsigned line,
    struct error *error)
{
	struct keys *keys = context;
	struct span name = span_of(""), value = span_of("");

	span_word(&entry, &name);
	span_word(&entry, &value);
	if (value.n == 0 || span_trim(entry).n > 0)
		return error_at(error, file, line,
		    "wanted the name of a list and its key");
	if (keys->count == DNSLISTS_KEYS_MAX)
		return error_at(error, file, line, "more than %d keys",
		    DNSLISTS_KEYS_MAX);
	keys->names[keys->count] = arena_span(keys->arena, name);
	keys->values[keys->count++] = arena_span(keys->arena, value);
	return 0;
}

/* Keys are secrets: nobody else may read them. */
static int
read_keys(const struct dnslists_options *o, struct keys *keys,
    struct loading *loading)
{
	struct error reason;
	struct stat st;
	int status;

	if (o->keys[0] == '\0')
		return 0;
	if (stat(o->keys, &st) != 0)
		return conf_refuse(loading->conf, SECTION, "keys",
		    loading->error, "%s: %s", o->keys, strerror(errno));
	if (st.st_mode & (S_IROTH | S_IWOTH | S_IWGRP))
		return conf_refuse(loading->conf, SECTION, "keys",
		    loading->error, "%s: others may read or write it",
		    o->keys);
	status = lines_read(o->keys, take_key, keys, loading->manifest,
	    &reason);
	if (status == LINES_UNREADABLE)
		return conf_refuse(loading->conf, SECTION, "keys",
		    loading->error, "%s", reason.text);
	if (status != 0)
		*loading->error = reason;
	return status;
}

/* Later lines win. */
static int
fit_key(struct dnslists_self *self, struct used_list *used,
    const struct keys *keys, struct loading *loading)
{
	size_t i = keys->count;

	if (!used->list.wants_key)
		return 0;
	while (i > 0 && !span_is(keys->names[i - 1], used->list.name))
		i--;
	if (i == 0)
		return conf_refuse(loading->conf, SECTION, "use",
		    loading->error, "%s wants a key, which dnslists.keys does "
		    "not have: see %s", used->list.name,
		    used->list.terms_url[0] != '\0' ? used->list.terms_url :
		    "its terms");
	if (dnslist_set_key(&used->list, &self->arena,
	    keys->values[i - 1]) != 0)
		return conf_refuse(loading->conf, SECTION, "keys",
		    loading->error, "the key of %s is not one label of "
		    "letters and digits", used->list.name);
	return 0;
}

static int
fit_deadline(struct dnslists_self *self, struct used_list *used,
    struct loading *loading)
{
	size_t i = 0;

	while (i < self->deadline_count &&
	    self->deadlines[i] != used->list.deadline)
		i++;
	if (i == DNSLISTS_DEADLINES_MAX)
		return conf_refuse(loading->conf, SECTION, "use",
		    loading->error, "the lists have more than %d different "
		    "deadlines", DNSLISTS_DEADLINES_MAX);
	if (i == self->deadline_count)
		self->deadlines[self->deadline_count++] = used->list.deadline;
	used->deadline = i;
	return 0;
}

static void
find_weights(struct dnslists_self *self, struct used_list *used,
    const struct weights *weights)
{
	const struct dnslist *list = &used->list;
	size_t i;

	used->weights = arena_alloc(&self->arena, (list->code_count + 1) *
	    sizeof(*used->weights));
	for (i = 0; i < list->code_count; i++)
		if (list->codes[i].symbol != NULL)
			used->weights[i] = weights_find(weights,
			    span_of(list->codes[i].symbol));
}

static int
use_list(struct dnslists_self *self, const char *name,
    const struct keys *keys, struct loading *loading)
{
	const struct dnslist *list = dnslists_find(loading->dnslists,
	    span_of(name));
	struct used_list *used;
	size_t i;

	if (list == NULL)
		return conf_refuse(loading->conf, SECTION, "use",
		    loading->error, "no list is called %s; see "
		    "\"posternctl dnslists all\"", name);
	for (i = 0; i < self->count; i++)
		if (strcmp(self->used[i].list.name, name) == 0)
			return 0;
	if (self->count == DNSLISTS_USED_MAX)
		return conf_refuse(loading->conf, SECTION, "use",
		    loading->error, "more than %d lists", DNSLISTS_USED_MAX);
	used = &self->used[self->count++];
	used->list = *list;
	find_weights(self, used, loading->weights);
	self->asks |= list->asks;
	if (fit_key(self, used, keys, loading) != 0)
		return -1;
	return fit_deadline(self, used, loading);
}

static int
use_lists(struct dnslists_self *self, struct loading *loading)
{
	const struct dnslists_options *o = self->options;
	struct keys *keys = arena_alloc(&self->arena, sizeof(*keys));
	size_t i;

	keys->arena = &self->arena;
	self->used = arena_alloc(&self->arena, DNSLISTS_USED_MAX *
	    sizeof(*self->used));
	if (read_keys(o, keys, loading) != 0)
		return -1;
	for (i = 0; i < o->use.count; i++)
		if (use_list(self, o->use.item[i], keys, loading) != 0)
			return -1;
	return 0;
}

void *
dnslists_load(const void *options, struct loading *loading)
{
	struct dnslists_self *self = mem_alloc(sizeof(*self));

	arena_init(&self->arena);
	self->options = options;
	self->book = loading->book;
	if (use_lists(self, loading) != 0) {
		dnslists_unload(self);
		return NULL;
	}
	if (self->options->rules)
		self->rules = netself_new(self, loading->dnslists);
	return self;
}

void
dnslists_unload(void *arg)
{
	struct dnslists_self *self = arg;

	netself_free(self->rules);
	arena_done(&self->arena);
	free(self);
}

void
dnslists_watch(const void *arg, struct listhealth *health, int64_t now)
{
	const struct dnslists_self *self = arg;
	size_t i;

	listhealth_interval(health, self->options->self_test);
	for (i = 0; i < self->count; i++)
		listhealth_watch(health, &self->used[i].list, now);
	if (self->rules != NULL)
		netself_watch(self->rules, health, now);
}
