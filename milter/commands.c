/* commands - what posternctl may ask of the daemon. */
#include "milter/commands.h"

#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "shared/listhealth.h"

int
command_misused(struct buf *out, const char *usage)
{
	buf_printf(out, "usage: %s\n", usage);
	return EX_USAGE;
}

static int
reload(struct daemon *d, bool shrunk, struct buf *out)
{
	struct error error;

	if (daemon_reload(d, shrunk, out, &error) == 0)
		return EX_OK;
	buf_printf(out, "%s\n", error.text);
	return EX_CONFIG;
}

static int
command_reload(struct daemon *d, struct span rest, struct buf *out)
{
	if (rest.n != 0 && !span_is(rest, "--accept-shrink"))
		return command_misused(out, "reload [--accept-shrink]");
	return reload(d, rest.n != 0, out);
}

static int
command_rollback(struct daemon *d, struct span rest, struct buf *out)
{
	struct error error;

	(void)rest;
	if (daemon_rollback(d, out, &error) == 0)
		return EX_OK;
	buf_printf(out, "%s\n", error.text);
	return EX_UNAVAILABLE;
}

static int
command_shadow(struct daemon *d, struct span rest, struct buf *out)
{
	struct snapshot *s = current_get(d->current);
	size_t i;

	(void)rest;
	for (i = 0; i < s->shadows.count; i++)
		shadow_print(s->shadows.items[i], out);
	if (s->shadows.count == 0)
		buf_puts(out, "no rule is on trial\n");
	snapshot_put(s);
	return EX_OK;
}

static int
command_stats(struct daemon *d, struct span rest, struct buf *out)
{
	(void)rest;
	metrics_print(d->services.metrics, out);
	store_stats(d->services.store, out);
	if (d->services.dns != NULL)
		dns_stats(d->services.dns, out);
	if (d->services.shared != NULL && d->services.shared->lists != NULL)
		listhealth_stats(d->services.shared->lists, out);
	return EX_OK;
}

static void
put_time(struct buf *out, const char *name, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	char text[40];
	struct tm tm;

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ",
	    gmtime_r(&seconds, &tm));
	buf_printf(out, "%s: %s\n", name, text);
}

static void
put_store(struct store *store, struct buf *out)
{
	struct store_health h;

	store_health(store, &h);
	buf_printf(out, "store: %s, %s%s\n", h.name, h.local ?
	    "this host answers by itself" : h.reached ? "answers" :
	    "does not answer", h.cold ? ", lost its contents lately" : "");
	if (h.pending != 0 || h.lost != 0)
		buf_printf(out, "store writes: %lld pending, %lld lost\n",
		    (long long)h.pending, (long long)h.lost);
	if (h.trouble[0] != '\0')
		buf_printf(out, "store trouble: %s\n", h.trouble);
}

static int
command_status(struct daemon *d, struct span rest, struct buf *out)
{
	struct snapshot *s = current_get(d->current);
	struct metrics *metrics = d->services.metrics;

	(void)rest;
	buf_printf(out, "version: %s\npid: %ld\nmode: %s\ngeneration: %s\n",
	    POSTERN_VERSION, (long)getpid(), mode_name(s->general->mode),
	    s->generation);
	put_time(out, "started", d->started);
	put_time(out, "loaded", d->reloaded);
	buf_printf(out, "connections: %llu\nin flight: %llu\n",
	    (unsigned long long)metrics_get(metrics, METRIC_CONNECTIONS_OPEN),
	    (unsigned long long)metrics_get(metrics, METRIC_IN_FLIGHT));
	put_store(d->services.store, out);
	if (d->previous != NULL)
		buf_printf(out, "previous: %s\n", d->previous->generation);
	if (d->doubts.text[0] != '\0')
		buf_printf(out, "started in spite of: %s\n", d->doubts.text);
	if (d->refused.text[0] != '\0')
		buf_printf(out, "last reload refused: %s\n", d->refused.text);
	snapshot_put(s);
	return EX_OK;
}

static const struct {
	const char *name;
	int (*run)(struct daemon *, struct span rest, struct buf *out);
} commands[] = {
	{"deny", command_deny},
	{"dnslists", command_dnslists},
	{"fleet", command_fleet},
	{"rate", command_rate},
	{"reload", command_reload},
	{"reputation", command_reputation},
	{"rollback", command_rollback},
	{"shadow", command_shadow},
	{"stats", command_stats},
	{"status", command_status},
	{"trust", command_trust},
	{"user", command_user},
};

int
command_run(struct daemon *d, struct span line, struct buf *out)
{
	struct span word = span_of("");
	size_t i;

	span_word(&line, &word);
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (span_is(word, commands[i].name))
			return commands[i].run(d, span_trim(line), out);
	buf_puts(out, "unknown command\n");
	return EX_USAGE;
}
