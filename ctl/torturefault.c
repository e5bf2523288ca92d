/* torturefault - what a torture does to the daemon, its files and services. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "conf/lines.h"
#include "ctl/torture.h"
#include "net/endpoint.h"

#define BETWEEN_KILLS_MS 300
#define STORM_PAUSE_MS 3
#define SPOILED_MAX 8		/* files of a kind, one after the other */
#define DESCRIPTORS_LEFT 6
#define MEMORY_LEFT (16 << 20)

static const char bad_conf[] = "\nmode = torture\n";
static const char bad_rules[] = "\nscore TORTURE none\n";
static const char bad_list[] = "\n\xff\xfe no entry at all\n";
static const char bombs[] = "\n"
    "body TORTURE_1 /(?:a+)+$/\n"
    "rawbody TORTURE_2 /^(?:a|aa)+$/\n"
    "header TORTURE_3 X-Torture =~ /^(?:(?:a*)*)*$/\n"
    "full TORTURE_4 /(?:a?){60}a{60}b/\n"
    "body TORTURE_5 /(?:.*a){25}b/\n"
    /* So little that no message is judged otherwise. */
    "score TORTURE_1 0.001\nscore TORTURE_2 0.001\n"
    "score TORTURE_3 0.001\nscore TORTURE_4 0.001\n"
    "score TORTURE_5 0.001\n";

int
act_peace(struct trial *t, struct error *error)
{
	(void)t;
	(void)error;
	return 0;
}

int
act_kill(struct trial *t, struct error *error)
{
	struct mclient_answer a;
	struct mclient *mc;
	struct error why;
	unsigned kills = 0;
	bool answered;

	while (trial_go_on(t)) {
		mc = torture_bring(&t->settings, STEP_BODY);
		if (mc == NULL)
			return error_set(error, "no message can be begun");
		child_kill(t->child);
		answered = mclient_eom(mc, &a, &why) == 0;
		mclient_close(mc);
		if (answered)
			return error_set(error, "an answer after kill -9");
		if (child_start(t->child, NULL, error) != 0)
			return -1;
		trial_note(t, "killed and started again %u times", ++kills);
		if (!trial_pause(t, BETWEEN_KILLS_MS))
			break;
	}
	return 0;
}

/* The bytes of a file of the copy. */
static int
read_file(const struct copy_file *file, struct buf *out, struct error *error)
{
	buf_init(out, COPY_BYTES_MAX);
	if (lines_bytes(file->path, out, NULL, error) == 0)
		return 0;
	buf_done(out);
	return -1;
}

/* As it was: a file just written may be taken for half of one. */
static int
restore(const struct copy_file *file, const struct buf *was,
    struct error *error)
{
	struct timespec times[2] = {file->modified, file->modified};

	if (copy_replace(file->path, buf_contents(was), error) != 0)
		return -1;
	(void)utimensat(AT_FDCWD, file->path, times, 0);
	return 0;
}

/* The index of the next file of a kind, or copy->count. */
static size_t
next_file(const struct copy *copy, enum copy_kind kind, size_t from)
{
	while (from < copy->count && (copy->files[from].kind != kind ||
	    access(copy->files[from].path, R_OK) != 0))
		from++;
	return from;
}

/* With a line more, so that every reload brings another generation. */
static int
write_variant(const struct copy_file *file, const struct buf *was,
    unsigned number, struct error *error)
{
	struct buf text;
	int status;

	buf_init(&text, was->n + 100);
	buf_span(&text, buf_contents(was));
	buf_printf(&text, "\n# %u\n", number);
	status = copy_replace(file->path, buf_contents(&text), error);
	buf_done(&text);
	return status;
}

int
act_storm(struct trial *t, struct error *error)
{
	const struct copy_file *file = &t->copy->files[next_file(t->copy,
	    COPY_CONF, 0)];
	unsigned signals = 0;
	int64_t reloads;
	struct buf was;
	int status = 0;

	if (read_file(file, &was, error) != 0)
		return -1;
	while (status == 0 && trial_go_on(t)) {
		status = write_variant(file, &was, signals % 2, error);
		(void)child_signal(t->child, signals++ % 3 == 0 ? SIGUSR1 :
		    SIGHUP);
		if (!trial_pause(t, STORM_PAUSE_MS))
			break;
	}
	if (status == 0)
		status = restore(file, &was, error);
	buf_done(&was);
	if (status == 0 && !t->interrupted &&
	    child_ask(t->child, "reload", NULL, error) != 0)
		status = error_set(error, "the last reload failed");
	reloads = child_stat(t->child, "reloads_total");
	trial_note(t, "%u signals, %lld reloads", signals, (long long)reloads);
	return status;
}

static const char *
bad_line(enum copy_kind kind)
{
	return kind == COPY_CONF ? bad_conf : kind == COPY_RULES ? bad_rules :
	    bad_list;
}

/* Leaves a file as it must not be. */
static int
spoil(const struct copy_file *file, enum spoil how, const struct buf *was,
    struct error *error)
{
	struct span half = span_head(buf_contents(was), was->n / 2);
	struct buf text;
	int status;

	buf_init(&text, was->n + 100);
	if (how == SPOIL_BROKEN) {
		buf_span(&text, buf_contents(was));
		buf_puts(&text, bad_line(file->kind));
	}
	if (how == SPOIL_CUT) {
		/* Cut within a line, as a full disk would. */
		while (half.n > 0 && half.p[half.n - 1] == '\n')
			half.n--;
		buf_span(&text, half);
	}
	status = how == SPOIL_GONE ? unlink(file->path) :
	    copy_overwrite(file->path, buf_contents(&text), error);
	buf_done(&text);
	return status;
}

/* The reload of a spoiled file, which must not be taken, and of a good one. */
static int
reload_spoiled(struct trial *t, const struct copy_file *file,
    struct error *error)
{
	char before[20], after[20];
	struct error reason;
	struct buf was;
	int code, status;

	child_generation(t->child, before);
	if (read_file(file, &was, error) != 0)
		return -1;
	status = spoil(file, (enum spoil)t->row->how, &was, error);
	code = child_ask(t->child, "reload", NULL, &reason);
	child_generation(t->child, after);
	if (status == 0 && (code != EX_CONFIG || strcmp(before, after) != 0))
		status = error_set(error, "%s: the reload ended with %d, "
		    "generation %s, was %s", file->path, code, after, before);
	if (restore(file, &was, error) != 0)
		status = -1;
	buf_done(&was);
	if (status == 0 && !t->interrupted &&
	    child_ask(t->child, "reload", NULL, &reason) != 0)
		status = error_set(error, "%s: the file is good again, and "
		    "the reload is refused", file->path);
	return status;
}

int
act_spoil(struct trial *t, struct error *error)
{
	const struct reload_settings *reload = conf_section(t->copy->ours,
	    "reload");
	size_t at = next_file(t->copy, t->row->what, 0);
	unsigned files = 0;

	if (at == t->copy->count) {
		error_set(error, "the configuration names no such file");
		return 1;
	}
	if (t->row->how == SPOIL_EMPTY && reload->shrink == 0) {
		error_set(error, "reload.shrink is 0");
		return 1;
	}
	do {
		if (reload_spoiled(t, &t->copy->files[at], error) != 0)
			return -1;
		at = next_file(t->copy, t->row->what, at + 1);
	} while (++files < SPOILED_MAX && at < t->copy->count &&
	    trial_pause(t, 0));
	trial_note(t, "%u file%s, one after the other", files,
	    files == 1 ? "" : "s");
	return 0;
}

/* Its second half goes, or is written over, where the file lies. */
static int
spoil_half(const char *path, enum spoil how)
{
	static const char zeros[4096];
	struct stat st;
	off_t at;
	int fd;

	if (stat(path, &st) != 0)
		return -1;
	at = st.st_size / 2;
	if (how == SPOIL_CUT)
		return truncate(path, at);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	for (; at < st.st_size; at += (off_t)sizeof(zeros))
		if (pwrite(fd, zeros, sizeof(zeros), at) < 0)
			break;
	close(fd);
	return at < st.st_size ? -1 : 0;
}

/* A database in use is damaged, and comes back. */
int
act_geo(struct trial *t, struct error *error)
{
	size_t at = next_file(t->copy, COPY_GEO, 0);
	const struct copy_file *file = &t->copy->files[at];
	char *whole;
	int code, status;

	if (at == t->copy->count) {
		error_set(error, "the configuration names no such file");
		return 1;
	}
	whole = mem_printf("%s.whole", file->path);
	status = copy_clone(file->path, whole, error);
	if (status == 0 &&
	    spoil_half(file->path, (enum spoil)t->row->how) != 0)
		status = error_set(error, "%s: %s", file->path,
		    strerror(errno));
	code = status == 0 ? child_ask(t->child, "reload", NULL, NULL) : 0;
	if (status == 0 && code != EX_CONFIG)
		status = error_set(error, "%s: damaged, and the reload "
		    "ended with %d", file->path, code);
	if (status == 0)
		(void)trial_pause(t, t->until - clock_steady());
	(void)rename(whole, file->path);
	free(whole);
	return status;
}

int
act_bomb(struct trial *t, struct error *error)
{
	size_t at = next_file(t->copy, COPY_RULES, 0);
	const struct copy_file *file = &t->copy->files[at];
	struct buf was, text, said;
	int status;

	if (at == t->copy->count) {
		error_set(error, "the configuration names no rule file");
		return 1;
	}
	if (read_file(file, &was, error) != 0)
		return -1;
	buf_init(&text, was.n + sizeof(bombs));
	buf_init(&said, ERROR_MAX);
	buf_span(&text, buf_contents(&was));
	buf_puts(&text, bombs);
	status = copy_replace(file->path, buf_contents(&text), error);
	if (status == 0 && child_ask(t->child, "reload", &said, NULL) != 0)
		status = error_set(error, "the rules are not taken: %s",
		    buf_string(&said));
	while (status == 0 && trial_go_on(t) && trial_pause(t,
	    t->until - clock_steady()))
		continue;
	if (restore(file, &was, error) != 0)
		status = -1;
	buf_done(&was);
	buf_done(&text);
	buf_done(&said);
	return status;
}

int
act_dns(struct trial *t, struct error *error)
{
	(void)error;
	responder_set(t->dns, (enum responder_mood)t->row->how);
	(void)trial_pause(t, t->until - clock_steady());
	return 0;
}

/*
 * The store's file has its size from the start, and the blocks of a disk are
 * taken as it is written: so a limit below all of it is what a full disk is.
 */
int
act_store_full(struct trial *t, struct error *error)
{
	int status = child_limit(t->child, RLIMIT_FSIZE, 0, error);

	if (status != 0)
		return -1;
	(void)trial_pause(t, t->until - clock_steady());
	if (!child_runs(t->child))
		return 0;
	trial_note(t, "%lld operations of the store failed", (long long)
	    child_stat(t->child, "store_failures_total{"
	    "backend=\"embedded\"}"));
	return child_limit(t->child, RLIMIT_FSIZE, UINT64_MAX, error);
}

/* A daemon that cannot write its store must not start, and say so. */
int
act_store_closed(struct trial *t, struct error *error)
{
	char *path = mem_printf("%s/data.mdb", t->copy->store);
	struct error reason = {""};
	int status;

	child_kill(t->child);
	(void)chmod(path, 0400);
	(void)chmod(t->copy->store, 0500);
	status = child_try(t->child, NULL, &reason);
	(void)chmod(t->copy->store, 0700);
	(void)chmod(path, 0600);
	free(path);
	if (status < 0)
		return error_set(error, "it started without a store");
	if (status > 128)
		return error_set(error, "%s", reason.text);
	trial_note(t, "status %d at the start", status);
	return child_start(t->child, NULL, error);
}

/* As many more clients as there would be room for without the limit. */
static void
crowd(int *fds, size_t count, const char *address)
{
	size_t i;

	for (i = 0; i < count; i++)
		fds[i] = endpoint_connect(address, NULL);
}

int
act_limit(struct trial *t, struct error *error)
{
	bool memory = t->row->how == RLIMIT_AS;
	uint64_t limit = memory ? ((uint64_t)child_memory(t->child,
	    "VmSize:") << 10) + MEMORY_LEFT :
	    (uint64_t)child_descriptors(t->child) + DESCRIPTORS_LEFT;
	int fds[4 * DESCRIPTORS_LEFT], status;
	size_t i, count = memory ? 0 : sizeof(fds) / sizeof(fds[0]);

	status = child_limit(t->child, t->row->how, limit, error);
	if (status == 0) {
		crowd(fds, count, t->settings.address);
		(void)trial_pause(t, t->until - clock_steady());
		for (i = 0; i < count; i++)
			if (fds[i] >= 0)
				close(fds[i]);
		if (child_runs(t->child))
			status = child_limit(t->child, t->row->how,
			    UINT64_MAX, error);
	}
	trial_note(t, "limit %llu; started again %u times",
	    (unsigned long long)limit, t->deaths);
	return status;
}
