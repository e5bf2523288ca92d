/*
 * engine_reload - generations that share, a cache that may be damaged, and a
 * compiling process that dies.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/unit/engine_lab.h"
#include "test/unit/folder.h"

#define SHARD_CASES 29	/* of all tests but the first */

static void
test_reload(void)
{
	struct engine *first, *same, *other;
	struct engine_figures f;
	struct notes notes;
	struct set s;

	make_patterns(&s, 1, 60);
	first = load(&s, NULL, NULL, &notes);
	engine_figures(first, &f);
	CHECK("first", f.shards > 0 && f.shards_compiled == f.shards);
	same = load(&s, first, NULL, &notes);
	engine_figures(same, &f);
	CHECK("nothing changed", f.shards_compiled == 0 &&
	    f.shards_shared == f.shards);
	s.patterns[0].text = span_of("another (?:pattern|rule)");
	other = load(&s, same, NULL, &notes);
	engine_figures(other, &f);
	CHECK("one changed", f.shards_compiled == 1 &&
	    f.shards_shared == f.shards - 1);
	/* What is shared outlives the generation that it came from. */
	engine_put(first);
	engine_put(same);
	same = load(&s, other, NULL, &notes);
	engine_figures(same, &f);
	CHECK("still there", f.shards_compiled == 0);
	engine_put(other);
	engine_put(same);
	set_done(&s);
}

/* Calls change for every file of the folder. */
static unsigned
each_file(const char *folder_name, void (*change)(const char *path))
{
	DIR *dir = opendir(folder_name);
	struct dirent *entry;
	unsigned n = 0;
	char *path;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		path = mem_printf("%s/%s", folder_name, entry->d_name);
		if (change != NULL)
			change(path);
		free(path);
		n++;
	}
	if (dir != NULL)
		closedir(dir);
	return n;
}

static void
cut_in_half(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && truncate(path, st.st_size / 2) != 0)
		abort();
}

static void
empty(const char *path)
{
	if (truncate(path, 0) != 0)
		abort();
}

static void
flip_a_bit(const char *path)
{
	int fd = open(path, O_RDWR);
	char byte;

	if (fd < 0 || pread(fd, &byte, 1, 200) != 1)
		abort();
	byte ^= 4;
	if (pwrite(fd, &byte, 1, 200) != 1)
		abort();
	close(fd);
}

static void
overwrite(const char *path)
{
	FILE *f = fopen(path, "w");

	fputs("postern-patterns-1 and then something else entirely\n", f);
	fclose(f);
}

static const struct {
	const char *name;
	void (*change)(const char *path);
} damages[] = {
	{"cut in half", cut_in_half},
	{"empty", empty},
	{"one bit", flip_a_bit},
	{"another file", overwrite},
};

static void
test_cache(const char *dir)
{
	struct engine_pool *pool = engine_pool_new();
	struct engine_figures f;
	struct engine *engine;
	struct buf wanted, got;
	struct notes notes;
	struct set s;
	size_t i;

	buf_init(&wanted, 16 << 20);
	buf_init(&got, 16 << 20);
	make_patterns(&s, 2, 60);
	engine = load(&s, NULL, dir, &notes);
	put_all_hits(engine, pool, &wanted);
	engine_put(engine);
	CHECK("a file a shard", each_file(dir, NULL) > 0);
	for (i = 0; i <= sizeof(damages) / sizeof(damages[0]); i++) {
		/* The first time all is as it should be. */
		if (i > 0)
			each_file(dir, damages[i - 1].change);
		engine = load(&s, NULL, dir, &notes);
		engine_figures(engine, &f);
		CHECK(i > 0 ? damages[i - 1].name : "good",
		    (i > 0 ? f.shards_compiled : f.shards_cached) == f.shards);
		CHECK("no notes", notes.count[ENGINE_CACHE] == 0 &&
		    notes.count[ENGINE_WORKER] == 0);
		buf_reset(&got);
		put_all_hits(engine, pool, &got);
		CHECK_TEXT("same hits", buf_string(&got),
		    buf_string(&wanted));
		engine_put(engine);
	}
	buf_done(&wanted);
	buf_done(&got);
	set_done(&s);
	engine_pool_free(pool);
}

static void
make_old(const char *path)
{
	const struct timespec times[2] = {{1000, 0}, {1000, 0}};

	utimensat(AT_FDCWD, path, times, 0);
}

static void
test_cache_cleaning(const char *dir)
{
	struct notes notes;
	struct set s;
	char *foreign = mem_printf("%s/README", dir);
	FILE *f = fopen(foreign, "w");
	unsigned before;

	fputs("not ours\n", f);
	fclose(f);
	make_patterns(&s, 2, 60);
	engine_put(load(&s, NULL, dir, &notes));
	before = each_file(dir, make_old);
	s.patterns[0].text = span_of("yet another");
	engine_put(load(&s, NULL, dir, &notes));
	/* One shard was replaced; what was read is young again. */
	CHECK("cleaned", each_file(dir, NULL) == before);
	CHECK("foreign file stays", access(foreign, F_OK) == 0);
	each_file(dir, make_old);
	s.patterns[1].text = span_of("something new");
	s.n = 1;
	s.patterns[0].text = span_of("quite (?:alone|so)");
	s.patterns[0].class = 0;
	engine_put(load(&s, NULL, dir, &notes));
	CHECK("few patterns compile nothing", each_file(dir, NULL) ==
	    before);
	free(foreign);
	set_done(&s);
}

static void
test_cache_absent(const char *dir)
{
	char *nowhere = mem_printf("%s/nowhere", dir);
	char *file = mem_printf("%s/README", dir);
	struct engine_figures f;
	struct engine *engine;
	struct notes notes;
	struct set s;

	make_patterns(&s, 3, 60);
	engine = load(&s, NULL, nowhere, &notes);
	engine_figures(engine, &f);
	CHECK("absent", notes.count[ENGINE_CACHE] == 1 &&
	    f.ways[ENGINE_STRINGS] > 0);
	engine_put(engine);
	engine = load(&s, NULL, file, &notes);
	engine_figures(engine, &f);
	CHECK("no folder", notes.count[ENGINE_CACHE] == 1 &&
	    f.ways[ENGINE_STRINGS] > 0);
	engine_put(engine);
	free(nowhere);
	free(file);
	set_done(&s);
}

/* A process that kills the compiling children of this one. */
static pid_t
start_killer(void)
{
	pid_t parent = getpid(), killer = fork();
	char command[128];
	int i;

	if (killer != 0)
		return killer;
	snprintf(command, sizeof(command), "/proc/%ld/task/%ld/children",
	    (long)parent, (long)parent);
	for (i = 0; i < 5000; i++) {
		FILE *f = fopen(command, "r");
		long pid;

		while (f != NULL && fscanf(f, "%ld", &pid) == 1)
			if (pid != getpid())
				kill((pid_t)pid, SIGKILL);
		if (f != NULL)
			fclose(f);
		usleep(1000);
	}
	_exit(0);
}

static void
test_worker_killed(void)
{
	struct engine_pool *pool = engine_pool_new();
	pid_t killer = start_killer();
	struct engine *engine, *later;
	struct engine_figures f;
	struct buf plain, got;
	struct notes notes;
	struct set s;

	make_patterns(&s, 1, 60);
	engine = load(&s, NULL, NULL, &notes);
	kill(killer, SIGKILL);
	waitpid(killer, NULL, 0);
	CHECK("told", notes.count[ENGINE_WORKER] >= 1);
	engine_figures(engine, &f);
	CHECK("our own search does it", f.shards == 0 &&
	    f.ways[ENGINE_STRINGS] > 0);
	buf_init(&plain, 16 << 20);
	buf_init(&got, 16 << 20);
	put_plain_hits(&s, &plain);
	put_all_hits(engine, pool, &got);
	CHECK_TEXT("same hits", buf_string(&got), buf_string(&plain));
	later = load(&s, engine, NULL, &notes);
	engine_figures(later, &f);
	CHECK("recovered", f.shards > 0 && notes.count[ENGINE_WORKER] == 0);
	buf_done(&plain);
	buf_done(&got);
	engine_put(engine);
	engine_put(later);
	set_done(&s);
	engine_pool_free(pool);
}

/* Whether this machine's Vectorscan is good enough to be used at all. */
static bool
has_shards(void)
{
	struct engine_figures f;
	struct engine *engine;
	struct notes notes;
	struct set s;

	make_patterns(&s, 1, 60);
	engine = load(&s, NULL, NULL, &notes);
	engine_figures(engine, &f);
	CHECK("told", (f.shards == 0) == (notes.count[ENGINE_LIBRARY] == 1));
	CHECK("gated even so", f.ways[ENGINE_STRINGS] > 0);
	engine_put(engine);
	set_done(&s);
	return f.shards > 0;
}

int
main(int argc, char **argv)
{
	int status = compile_worker(argc, argv);

	if (status >= 0)
		return status;
	if (!has_shards()) {
		test_skip(SHARD_CASES, "this version of Vectorscan overlooks "
		    "strings and is not used");
		return test_end();
	}
	folder_begin();
	test_reload();
	test_cache(folder);
	test_cache_cleaning(folder);
	test_cache_absent(folder);
	test_worker_killed();
	folder_end();
	return test_end();
}
