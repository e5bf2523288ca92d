/* daemon - a reload, the only change to what all connections share. */
#include "milter/daemon.h"

#include <string.h>

#include "admission.h"
#include "base/clock.h"
#include "milter/notify.h"

/* Sections that are read at start only. */
static const char *const fixed[] = {"daemon", "log", "store", "redis",
    NULL};
static const struct {
	const char *section, *key;
} fixed_keys[] = {
	{"failures", "store"},
	{"dns", "enabled"}, {"dns", "forwarders"}, {"dns", "trust_anchor"},
	{"dns", "cache"}, {"dns", "timeout"}, {"dns", "local_zones"},
};

static void
note_change(const struct snapshot *old, const struct snapshot *new,
    const char *section, const char *key, struct buf *out)
{
	if (!conf_same(old->conf, new->conf, section, key))
		buf_printf(out, "%s.%s changed (%s): takes effect at the next "
		    "start\n", section, key,
		    conf_origin(new->conf, section, key));
}

/* Tells about changes that a reload cannot carry out. */
static void
note_changes(const struct snapshot *old, const struct snapshot *new,
    struct buf *out)
{
	const struct section *const *s = new->sections;
	const struct option *row;
	size_t i;

	for (; *s != NULL; s++)
		for (i = 0; fixed[i] != NULL; i++)
			if (strcmp((*s)->name, fixed[i]) == 0)
				for (row = (*s)->options; row->key != NULL;
				    row++)
					note_change(old, new, fixed[i],
					    row->key, out);
	for (i = 0; i < sizeof(fixed_keys) / sizeof(fixed_keys[0]); i++)
		note_change(old, new, fixed_keys[i].section, fixed_keys[i].key,
		    out);
}

static int
refuse_reload(struct daemon *d, const struct error *error)
{
	d->refused = *error;
	metrics_add(d->services.metrics, METRIC_RELOADS_REFUSED, 1);
	log_warn(d->log, "reload refused: %s", error->text);
	notify_send("READY=1\nSTATUS=last reload refused, see the log");
	return -1;
}

/* A generation that may judge mail, or NULL. */
static struct snapshot *
load_admitted(struct daemon *d, const struct snapshot *old, bool shrunk,
    struct error *error)
{
	struct admission admission = {
		.previous = old,
		.shrunk = shrunk,
		.now = clock_wall(),
	};
	struct snapshot *new = snapshot_load(d->file, d->overrides, old,
	    d->services.metrics, error);

	if (new == NULL || admission_check(new, &admission, error) == 0)
		return new;
	snapshot_put(new);
	return NULL;
}

/* Takes both holds.  What is the same again is nothing to return to. */
static void
take_into_use(struct daemon *d, struct snapshot *old, struct snapshot *new)
{
	if (strcmp(old->generation, new->generation) == 0) {
		snapshot_put(old);
	} else {
		snapshot_put(d->previous);
		d->previous = old;
	}
	current_publish(d->current, new);
	d->reloaded = clock_wall();
}

int
daemon_reload(struct daemon *d, bool shrunk, struct buf *out,
    struct error *error)
{
	char name[GENERATION_MAX], was[GENERATION_MAX];
	struct snapshot *new, *old;

	notify_reloading();
	old = current_get(d->current);
	new = load_admitted(d, old, shrunk, error);
	if (new == NULL) {
		snapshot_put(old);
		return refuse_reload(d, error);
	}
	memcpy(name, new->generation, sizeof(name));
	memcpy(was, old->generation, sizeof(was));
	note_changes(old, new, out);
	if (out->n > 0)
		log_info(d->log, "%s", buf_string(out));
	take_into_use(d, old, new);
	/* Who reads the log may rely on it: the next message has it. */
	log_info(d->log, "generation %s in use, was %s", name, was);
	buf_printf(out, "generation %s in use\n", name);
	d->refused.text[0] = d->doubts.text[0] = '\0';
	metrics_add(d->services.metrics, METRIC_RELOADS, 1);
	notify_send("READY=1\nSTATUS=ready");
	return 0;
}

int
daemon_rollback(struct daemon *d, struct buf *out, struct error *error)
{
	char name[GENERATION_MAX], was[GENERATION_MAX];
	struct snapshot *old, *new = d->previous;

	if (new == NULL)
		return error_set(error, "no other generation has been in use");
	d->previous = NULL;
	old = current_get(d->current);
	memcpy(name, new->generation, sizeof(name));
	memcpy(was, old->generation, sizeof(was));
	take_into_use(d, old, new);
	log_info(d->log, "rolled back: generation %s in use, was %s", name,
	    was);
	buf_printf(out, "generation %s in use, was %s\n", name, was);
	metrics_add(d->services.metrics, METRIC_ROLLBACKS, 1);
	return 0;
}
