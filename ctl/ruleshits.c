/*
 * ruleshits - "posternctl rules hits": every rule that hits each message, "__"
 * ones too, as a line of JSON.  What compares engines reads this.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "conf/lines.h"
#include "ctl/rules.h"
#include "ctl/source.h"
#include "feed.h"

#define JOBS_MAX 64
#define LINE_MAX_BYTES (1 << 20)

struct hits_run {
	const struct snapshot *snapshot;
	struct services services;
	char **files;
	size_t count;
	FILE *lock;		/* held while a job writes a line */
};

static int
take_file(void *context, struct span entry, const char *file, unsigned line,
    struct error *error)
{
	struct hits_run *run = context;

	(void)file;
	(void)line;
	(void)error;
	run->files = mem_array(run->files, run->count + 2,
	    sizeof(*run->files));
	run->files[run->count++] = mem_copy(entry.p, entry.n);
	run->files[run->count] = NULL;
	return 0;
}

static void
put_hits(struct buf *out, const struct snapshot *s, const struct match *match,
    const char *name)
{
	const struct ruleset *rules = s->book->rules;
	const struct rule *rule;
	int64_t score = 0;
	bool any = false;
	size_t i;

	buf_puts(out, "{\"file\":");
	text_json(out, span_of(name));
	buf_puts(out, ",\"hits\":{");
	for (i = 0; i < rules->count; i++) {
		rule = rules->rules[i];
		if (match->values[i] == 0 || rule->kind == RULE_NONE)
			continue;
		if (any)
			buf_char(out, ',');
		any = true;
		text_json(out, rule->name);
		buf_printf(out, ":%g", match->values[i]);
		if (!rule->sub && !(rule->flags & RULE_SHADOW))
			score += rule->score *
			    rule_times(rule, match->values[i]);
	}
	buf_puts(out, "},\"score\":");
	text_put_milli(out, score);
	buf_puts(out, "}\n");
}

/* The jobs write whole messages, one after the other. */
static void
lock_output(const struct hits_run *run, int how)
{
	while (lockf(fileno(run->lock), how, 0) == -1 && errno == EINTR)
		;
}

static void
one(void *context, const char *name, struct span raw)
{
	struct hits_run *run = context;
	struct snapshot *s = (struct snapshot *)(uintptr_t)run->snapshot;
	const struct feed feed = {.sender = {NULL, 0}};
	const struct arrival arrival = {.authserv_id = "localhost"};
	struct scan scan;
	struct buf out;

	scan_init(&scan);
	scan_begin(&scan, snapshot_hold(s), &run->services, &arrival,
	    clock_wall());
	feed_message(&scan, &feed, raw);
	scan_end(&scan);
	if (scan.inquiry.match != NULL) {
		buf_init(&out, LINE_MAX_BYTES);
		put_hits(&out, s, scan.inquiry.match, name);
		lock_output(run, F_LOCK);
		fwrite(out.p, 1, out.n, stdout);
		fflush(stdout);
		lock_output(run, F_ULOCK);
		buf_done(&out);
	}
	scan_done(&scan);
}

/* Every jobs-th file from the job's number on, in a process of its own. */
static pid_t
start(struct hits_run *run, size_t job, size_t jobs)
{
	char *paths[] = {NULL, NULL};
	pid_t pid = fork();
	int failed = 0;
	size_t i;

	if (pid != 0)
		return pid;
	for (i = job; i < run->count; i += jobs) {
		paths[0] = run->files[i];
		failed += source_walk(paths, one, run) > 0;
	}
	_exit(failed > 0 ? EX_NOINPUT : EX_OK);
}

static int
run_jobs(struct hits_run *run, size_t jobs)
{
	int status, worst = EX_OK;
	size_t i;

	/* What stands in the buffer would be written by every job. */
	fflush(stdout);
	for (i = 0; i < jobs; i++)
		if (start(run, i, jobs) < 0)
			return EX_OSERR;
	while (wait(&status) > 0)
		if (!WIFEXITED(status) || WEXITSTATUS(status) != EX_OK)
			worst = WIFEXITED(status) ? WEXITSTATUS(status) :
			    EX_SOFTWARE;
	return worst;
}

int
rules_hits(const struct snapshot *s, char **argv)
{
	struct hits_run run = {.snapshot = s};
	struct error error;
	int64_t jobs = 1;
	int status;
	size_t i;

	if (strcmp(argv[0], "--jobs") == 0 && argv[1] != NULL) {
		if (!text_number(span_of(argv[1]), &jobs) || jobs < 1 ||
		    jobs > JOBS_MAX || argv[2] == NULL) {
			fprintf(stderr, "posternctl: --jobs wants a number "
			    "from 1 to %d, and a file\n", JOBS_MAX);
			return EX_USAGE;
		}
		argv += 2;
	}
	if (argv[1] != NULL) {
		fprintf(stderr, "posternctl: one file of file names wanted\n");
		return EX_USAGE;
	}
	if (lines_read(argv[0], take_file, &run, NULL, &error) != 0) {
		fprintf(stderr, "posternctl: %s\n", error.text);
		return EX_NOINPUT;
	}
	run.services.metrics = metrics_new();
	run.services.store = store_memory();
	run.services.pool = engine_pool_new();
	run.services.rehearsal = run.services.thorough = true;
	run.lock = tmpfile();
	status = run.lock != NULL ? run_jobs(&run, (size_t)jobs) : EX_OSERR;
	if (run.lock != NULL)
		fclose(run.lock);
	engine_pool_free(run.services.pool);
	store_close(run.services.store);
	metrics_free(run.services.metrics);
	for (i = 0; i < run.count; i++)
		free(run.files[i]);
	free(run.files);
	return status;
}
