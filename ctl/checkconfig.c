/* checkconfig - "posternctl check-config": what is in effect, and whence. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "ctl/commands.h"
#include "snapshot.h"

#define CONF_TEXT_MAX (16 << 20)

/* Symbols that no rule file scores count nothing: worth knowing. */
static void
print_unscored(const struct snapshot *s)
{
	const struct weight *weight;
	size_t i;

	for (i = 0; i < s->weights.map.count; i++) {
		weight = map_value(&s->weights.map, i);
		if (!weight->scored)
			printf("# %s has no score and counts nothing\n",
			    weight->name);
	}
}

int
check_config_main(const struct globals *g, int argc, char **argv)
{
	struct metrics *metrics;
	struct snapshot *snapshot;
	struct error error;
	struct buf text;

	if (argc != 1) {
		fprintf(stderr, "usage: posternctl %s\n", argv[0]);
		return EX_USAGE;
	}
	metrics = metrics_new();
	snapshot = snapshot_load(g->conf, g->overrides, metrics, &error);
	if (snapshot == NULL) {
		fprintf(stderr, "posternctl: %s\n", error.text);
		metrics_free(metrics);
		return EX_CONFIG;
	}
	buf_init(&text, CONF_TEXT_MAX);
	conf_print(snapshot->conf, &text, true);
	fputs(buf_string(&text), stdout);
	print_unscored(snapshot);
	printf("# generation %s\n", snapshot->generation);
	buf_done(&text);
	snapshot_put(snapshot);
	metrics_free(metrics);
	return EX_OK;
}
