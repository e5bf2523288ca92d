/* checkconfig - "posternctl check-config": what is in effect, and whence. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "admission.h"
#include "base/clock.h"
#include "ctl/commands.h"

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

/* What a reload would say but for the generation in use; an exit code. */
static int
admit(struct snapshot *s)
{
	struct admission admission = {.now = clock_wall()};
	struct error error;

	if (admission_check(s, &admission, &error) != 0) {
		fprintf(stderr, "posternctl: %s\n", error.text);
		return EX_CONFIG;
	}
	printf("# %zu self-test messages\n", admission.messages);
	return EX_OK;
}

int
check_config_main(const struct globals *g, int argc, char **argv)
{
	struct metrics *metrics;
	struct snapshot *snapshot;
	struct error error;
	struct buf text;
	int status;

	if (argc != 1) {
		fprintf(stderr, "usage: posternctl %s\n", argv[0]);
		return EX_USAGE;
	}
	metrics = metrics_new();
	snapshot = snapshot_load(g->conf, g->overrides, NULL, metrics, &error);
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
	fflush(stdout);
	status = admit(snapshot);
	snapshot_put(snapshot);
	metrics_free(metrics);
	return status;
}
