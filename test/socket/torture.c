/*
 * torture - "posternctl torture" against the configuration of a daemon that
 * runs meanwhile and must not notice.
 */
#include "test/socket/lab.h"

#include <dirent.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ctl/torture.h"
#include "net/endpoint.h"
#include "test/mmdb.h"
#include "test/redislab.h"

#define WATCHED_MAX 200		/* files of the live daemon */
#define ARGS_MAX 16
#define LONG_WAIT 240000	/* ms for a run that is cut short */

/* What a file of the live daemon is like. */
struct watched {
	char *path;
	struct stat st;
};

struct live {
	struct lab lab;
	char *ctl, *scratch;	/* the command, and where it may work */
	struct watched files[WATCHED_MAX];
	size_t count;
};

/* What the file says of the daemon is how it runs. */
static void
describe(struct live *live, const char *user, const char *more)
{
	struct lab *lab = &live->lab;
	char *settings[] = {
		mem_printf("daemon.listen=\"%s\"", lab->address),
		mem_printf("daemon.control=\"%s\"", lab->control),
		mem_printf("daemon.user=\"%s\"", user),
		mem_printf("store.path=\"%s\"", lab->store),
		mem_printf("rules.cache=\"%s/cache\"", lab->dir),
		mem_printf("geoip.files=places.mmdb"),
		mem_printf("lists.deny=deny.list"),
		mem_printf("sign.keys=sign.keys"),
		mem_printf("%s", more),
		NULL,
	};
	size_t i;

	lab_configure(lab, (const char *const *)settings);
	for (i = 0; settings[i] != NULL; i++)
		free(settings[i]);
}

static int
run_torture(struct live *live, const char *const *words, struct buf *out)
{
	const char *argv[ARGS_MAX] = {live->ctl, "-c", live->lab.conf,
	    "torture"};
	size_t n = 4;

	while (*words != NULL && n < ARGS_MAX - 1)
		argv[n++] = *words++;
	return lab_run(argv, out);
}

static unsigned
entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned n = 0;

	while (dir != NULL && readdir(dir) != NULL)
		n++;
	if (dir != NULL)
		closedir(dir);
	return n;
}

static bool
nothing_left(const struct live *live)
{
	return entries(live->scratch) == 2;
}

/*
 * Every file, socket and folder of the live daemon's below its folder, but
 * for its store, which is its own to write, and for where we work.
 */
static void
watch(struct live *live, const char *path)
{
	struct watched *w;
	struct dirent *entry;
	char *name;
	DIR *dir;

	if (strcmp(path, live->scratch) == 0 || live->count == WATCHED_MAX ||
	    strcmp(path, live->lab.store) == 0)
		return;
	w = &live->files[live->count++];
	w->path = mem_copy(path, strlen(path));
	CHECK(path, lstat(path, &w->st) == 0);
	dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		name = mem_printf("%s/%s", path, entry->d_name);
		watch(live, name);
		free(name);
	}
	if (dir != NULL)
		closedir(dir);
}

static void
check_watched(const struct live *live)
{
	const struct watched *w;
	struct stat st;
	size_t i;

	CHECK("watched", live->count > 30);
	for (i = 0; i < live->count; i++) {
		w = &live->files[i];
		CHECK(w->path, lstat(w->path, &st) == 0 &&
		    st.st_ino == w->st.st_ino &&
		    st.st_size == w->st.st_size &&
		    st.st_mode == w->st.st_mode &&
		    st.st_mtim.tv_sec == w->st.st_mtim.tv_sec &&
		    st.st_mtim.tv_nsec == w->st.st_mtim.tv_nsec);
	}
}

static const char *const counters[] = {"connections_total", "connections",
    "in_flight", "aborted_total", "bytes_total", "overload_total",
    "reloads_total", "reloads_refused_total", "rollbacks_total",
    "protocol_errors_total", "store_keys{backend=\"embedded\"}"};

#define COUNTERS (sizeof(counters) / sizeof(counters[0]))

/* All cases, while the live daemon runs. */
static void
all_cases(struct live *live)
{
	const char *words[] = {"--seconds", "1", "--connections", "2",
	    "--json", NULL};
	int64_t before[COUNTERS];
	char was[20], is[20];
	const struct torture_case *row;
	struct span rest, line;
	struct buf out;
	unsigned good = 0;
	size_t i;

	watch(live, live->lab.dir);
	lab_generation(&live->lab, was);
	for (i = 0; i < COUNTERS; i++) {
		before[i] = lab_stat(&live->lab, counters[i]);
		CHECK(counters[i], before[i] >= 0);
	}
	if (!CHECK("all", run_torture(live, words, &out) == 0))
		fprintf(stderr, "%s\n", buf_string(&out));
	rest = buf_contents(&out);
	for (row = torture_cases; row->name != NULL; row++) {
		if (!CHECK(row->name, span_cut(&rest, '\n', &line)))
			break;
		CHECK(row->name, span_is(lab_member(line, "case"),
		    row->name));
		CHECK(row->name, !span_is(lab_member(line, "result"),
		    "FAIL"));
		good += span_is(lab_member(line, "result"), "ok");
		CHECK(row->name, span_is(lab_member(line, "silent"), "0"));
	}
	buf_done(&out);
	/* Root can write everywhere. */
	CHECK("skipped", good >= 30);
	for (i = 0; i < COUNTERS; i++)
		CHECK(counters[i], lab_stat(&live->lab, counters[i]) ==
		    before[i]);
	lab_generation(&live->lab, is);
	CHECK_TEXT("generation", is, was);
	check_watched(live);
	CHECK("nothing is left", nothing_left(live));
	lab_read_log(&live->lab, &out);
	CHECK("log", span_find(buf_contents(&out),
	    span_of(RESPONDER_DOMAIN)) == out.n);
	buf_done(&out);
}

/* What ends at once, and says why. */
static const struct refusal {
	const char *name;
	const char *words[3];
	const char *more;	/* one more setting */
	int status;
	const char *says;
} refusals[] = {
	{"unknown option", {"--fast"}, "mode=mark", 64, "--fast"},
	{"no value", {"--seconds"}, "mode=mark", 64, "--seconds"},
	{"no time", {"--seconds", "0"}, "mode=mark", 64, "1 to 3600"},
	{"too many", {"--connections", "1001"}, "mode=mark", 64, "1 to 1000"},
	{"unknown case", {"--only", "nothing"}, "mode=mark", 64, "--list"},
	{"Redis without port", {"--redis", "localhost"}, "mode=mark", 64,
	    "host:port"},
	{"help", {"--help"}, "mode=mark", 0, "--connections n"},
	{"list", {"--list"}, "mode=mark", 0, "reload-storm "},
	{"no daemon", {"--daemon", "/nowhere/postern"}, "mode=mark", 69,
	    "/nowhere/postern"},
	{"bad value", {NULL}, "actions.required=-7", 78, "postern.conf:"},
	{"broken rules", {NULL}, "rules.files={ rules/*.cf, broken.cf }", 78,
	    "broken.cf:2: "},
	{"missing rules", {NULL}, "rules.files={ rules/*.cf, absent.cf }", 78,
	    "absent.cf: "},
	{"broken list", {NULL}, "trust.files=broken.list", 78,
	    "broken.list:1: "},
	{"their Redis", {"--redis", "127.0.0.1:6379"}, "mode=mark", 78,
	    "server of the original"},
};

static void
refuse(struct live *live)
{
	const struct refusal *row;
	struct buf out;
	size_t i;

	lab_write(&live->lab, "broken.cf", "score MISSING_FROM 1\n"
	    "score NONE x\n");
	lab_write(&live->lab, "broken.list", "\xff\xfe\n");
	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		row = &refusals[i];
		describe(live, "", row->more);
		CHECK(row->name, run_torture(live, row->words, &out) ==
		    row->status);
		if (!CHECK(row->name, span_find(buf_contents(&out),
		    span_of(row->says)) < out.n))
			fprintf(stderr, "%s\n", buf_string(&out));
		buf_done(&out);
		CHECK(row->name, nothing_left(live));
	}
	describe(live, "", "mode=mark");
}

/* The one folder that a run has made; heap, or NULL. */
static char *
find_folder(const struct live *live)
{
	DIR *dir = opendir(live->scratch);
	struct dirent *entry;
	char *path = NULL;

	while (dir != NULL && path == NULL && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			path = mem_printf("%s/%s", live->scratch,
			    entry->d_name);
	if (dir != NULL)
		closedir(dir);
	return path;
}

/* Whether the daemon of the copy in a folder answers. */
static bool
is_served(const char *dir)
{
	char *address = mem_printf("unix:%s/control", dir);
	int fd = endpoint_connect(address, NULL);

	free(address);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* A run in the background, once its own daemon answers; *dir is its folder. */
static pid_t
begin(struct live *live, char **dir)
{
	int64_t until = clock_steady() + LONG_WAIT;
	pid_t pid = fork();
	bool up = false;

	if (pid == 0) {
		execl(live->ctl, live->ctl, "-c", live->lab.conf, "torture",
		    "--seconds", "600", "--connections", "2", NULL);
		_exit(127);
	}
	do {
		*dir = find_folder(live);
		up = *dir != NULL && is_served(*dir);
		if (up)
			break;
		free(*dir);
		*dir = NULL;
		lab_sleep(20);
	} while (clock_steady() < until);
	CHECK("begins", up);
	return pid;
}

static int
finish(pid_t pid)
{
	int64_t until = clock_steady() + LONG_WAIT;
	int status;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		if (clock_steady() > until) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -1;
		}
		lab_sleep(20);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

/* Whoever is asked to end leaves nothing behind, and no daemon. */
static void
end_early(struct live *live, int number, const char *row)
{
	int64_t until = clock_steady() + LAB_WAIT;
	char *dir;
	pid_t pid = begin(live, &dir);
	const char *clean[] = {"rm", "-rf", dir, NULL};
	bool killed = number == SIGKILL;

	CHECK(row, kill(pid, number) == 0);
	CHECK(row, finish(pid) == (killed ? 128 + SIGKILL : 1));
	while (dir != NULL && is_served(dir) && clock_steady() < until)
		lab_sleep(20);
	CHECK(row, dir != NULL && !is_served(dir));
	if (killed && dir != NULL)
		lab_run(clean, NULL);
	CHECK(row, nothing_left(live));
	free(dir);
}

/* Whether everybody may start it. */
static bool
is_open_to_all(const char *program)
{
	char *path = realpath(program, NULL), *slash;
	struct stat st;
	bool open = path != NULL;

	while (open && (slash = strrchr(path, '/')) != NULL) {
		open = stat(path, &st) == 0 && (st.st_mode & S_IXOTH) != 0;
		*slash = '\0';
	}
	free(path);
	return open;
}

/* Root becomes the daemon's user, for whom a folder can be closed. */
static void
as_user(struct live *live)
{
	const struct passwd *nobody = getpwnam("nobody");
	const char *words[] = {"--seconds", "1", "--connections", "2",
	    "--only", "store-closed", "--json", NULL};
	struct span rest, line;
	struct buf out;

	char *key;

	if (geteuid() != 0 || nobody == NULL || !is_open_to_all(live->ctl)) {
		test_skip(3, "not root, or nobody may not start the daemon");
		return;
	}
	key = mem_printf("%s/example.org.s1.pem", live->lab.dir);
	CHECK("user", chown(key, nobody->pw_uid, nobody->pw_gid) == 0);
	free(key);
	describe(live, "nobody", "sign.owner=nobody");
	if (!CHECK("user", run_torture(live, words, &out) == 0))
		fprintf(stderr, "%s\n", buf_string(&out));
	rest = buf_contents(&out);
	CHECK("user", span_cut(&rest, '\n', &line) &&
	    span_cut(&rest, '\n', &line) &&
	    span_is(lab_member(line, "result"), "ok"));
	buf_done(&out);
	CHECK("user", nothing_left(live));
	describe(live, "", "mode=mark");
}

/* Files of the kinds that are copied, with others that these name. */
static void
make_files(struct live *live)
{
	const char *argv[] = {live->ctl, "dkim", "genkey", "--out",
	    live->lab.dir, "example.org", "s1", NULL};
	char *path = mem_printf("%s/places.mmdb", live->lab.dir);
	struct mmdb db;
	struct buf out;

	CHECK("key", lab_run(argv, &out) == 0);
	buf_done(&out);
	lab_write(&live->lab, "sign.keys", "# a table\n"
	    "example.org s1 example.org.s1.pem\n");
	lab_write(&live->lab, "deny.list", "# who is not wanted\n"
	    "client 192.0.2.66\nclient 192.0.2.67\n");
	lab_write(&live->lab, "rules/99_local.cf", "include ../more.cf\n");
	lab_write(&live->lab, "more.cf", "header T_MORE Subject =~ /more/\n"
	    "describe T_MORE there is more\nscore T_MORE 0.001\n");
	mmdb_init(&db, 4, 24, "Test-City");
	mmdb_place(&db, "198.18.0.0/15", "AT", 64500, "Example");
	CHECK("places", mmdb_write(&db, path) == 0);
	mmdb_done(&db);
	free(path);
}

/* A daemon that from its second start on lets spam through. */
static void
find_fault(struct live *live)
{
	char *name = mem_printf("%s/faulty", live->lab.dir);
	char *program = mem_printf("%.*s", (int)strlen(live->ctl) - 3,
	    live->ctl), *real = realpath(program, NULL);
	char *script = mem_printf("#!/bin/sh\n[ -e %s.once ] && "
	    "exec %s \"$@\" -omode=observe\n: > %s.once\nexec %s \"$@\"\n",
	    name, real, name, real);
	const char *words[] = {"--seconds", "1", "--connections", "2",
	    "--only", "headers", "--daemon", name, NULL};
	struct buf out;

	describe(live, "", "mode=enforce");
	lab_write(&live->lab, "faulty", script);
	CHECK("fault", chmod(name, 0755) == 0);
	CHECK("fault", run_torture(live, words, &out) == 1);
	if (!CHECK("fault", span_find(buf_contents(&out), span_of("FAIL: ")) <
	    out.n && span_find(buf_contents(&out), span_of(
	    "with spam accepted, and none in peace")) < out.n &&
	    span_find(buf_contents(&out), span_of("1 ok, 1 failed")) < out.n))
		fprintf(stderr, "%s\n", buf_string(&out));
	buf_done(&out);
	CHECK("fault", nothing_left(live));
	free(name);
	free(program);
	free(real);
	free(script);
}

/* In a Redis all that was ours is gone afterwards, and nothing else. */
static void
in_redis(struct live *live)
{
	int server = redislab_start("");
	const char *words[] = {"--seconds", "1", "--connections", "2",
	    "--only", "store-full", "--redis", redislab_address(server), NULL};
	struct buf out;

	CHECK("redis", strcmp(redislab_say(server, "SET postern:theirs 1"),
	    "OK") == 0);
	if (!CHECK("redis", run_torture(live, words, &out) == 0))
		fprintf(stderr, "%s\n", buf_string(&out));
	buf_done(&out);
	CHECK("it was used", redislab_info(server, "stats",
	    "total_commands_processed") > 100);
	CHECK_TEXT("redis", redislab_say(server, "KEYS *"), "postern:theirs");
}

static void
make_live(struct live *live)
{
	const char *program = getenv("POSTERN");
	const char *cache;

	memset(live, 0, sizeof(*live));
	lab_make(&live->lab, true);
	live->ctl = mem_printf("%sctl", program != NULL ? program :
	    "build/postern");
	live->scratch = mem_printf("%s/tmp", live->lab.dir);
	cache = mem_printf("%s/cache", live->lab.dir);
	CHECK("folders", mkdir(live->scratch, 01777) == 0 &&
	    chmod(live->scratch, 01777) == 0 && mkdir(cache, 0755) == 0);
	free((char *)(uintptr_t)cache);
	setenv("TMPDIR", live->scratch, 1);
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	make_files(live);
	describe(live, "", "mode=enforce");
}

int
main(void)
{
	struct live live;
	size_t i;

	make_live(&live);
	if (CHECK("start", lab_start(&live.lab))) {
		all_cases(&live);
		refuse(&live);
		end_early(&live, SIGINT, "INT");
		end_early(&live, SIGTERM, "TERM");
		end_early(&live, SIGKILL, "KILL");
		find_fault(&live);
		in_redis(&live);
		as_user(&live);
		lab_stop(&live.lab, "stop");
	}
	for (i = 0; i < live.count; i++)
		free(live.files[i].path);
	free(live.ctl);
	free(live.scratch);
	lab_remove(&live.lab);
	return test_end();
}
