/* compile_worker - the process that compiles strings for another one. */
#include <errno.h>
#include <hs/hs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/mem.h"
#include "rules/compile.h"
#include "rules/compile_protocol.h"

#define NICE 10
#define MEMORY_MAX (UINT64_C(2) << 30)	/* beyond what the process has */

struct job {
	struct compile_request head;
	char *bytes;
	const char **strings;	/* in bytes */
	size_t *lengths;
	unsigned *flags, *sets;
};

static bool
read_all(void *to, size_t n)
{
	char *p = to;
	ssize_t got;

	while (n > 0) {
		got = read(COMPILE_SOCKET, p, n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

static bool
write_all(const void *from, size_t n)
{
	const char *p = from;
	ssize_t put;

	while (n > 0) {
		put = write(COMPILE_SOCKET, p, n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		p += put;
		n -= (size_t)put;
	}
	return true;
}

static void
job_done(struct job *j)
{
	free(j->strings);
	free(j->lengths);
	free(j->flags);
	free(j->sets);
	free(j->bytes);
	memset(j, 0, sizeof(*j));
}

static bool
split_job(struct job *j)
{
	uint32_t n = j->head.strings, i, set;
	size_t at = 0;

	j->strings = mem_alloc(n * sizeof(*j->strings));
	j->lengths = mem_alloc(n * sizeof(*j->lengths));
	j->flags = mem_alloc(n * sizeof(*j->flags));
	j->sets = mem_alloc(n * sizeof(*j->sets));
	for (i = 0; i < n; i++) {
		if (j->head.bytes - at < COMPILE_STRING_HEAD)
			return false;
		memcpy(&set, j->bytes + at, sizeof(set));
		j->sets[i] = set;
		j->lengths[i] = (unsigned char)j->bytes[at + sizeof(set)];
		at += COMPILE_STRING_HEAD;
		if (j->head.bytes - at < j->lengths[i])
			return false;
		j->strings[i] = j->bytes + at;
		j->flags[i] = HS_FLAG_CASELESS | HS_FLAG_SINGLEMATCH;
		at += j->lengths[i];
	}
	return true;
}

static bool
read_job(struct job *j)
{
	memset(j, 0, sizeof(*j));
	if (!read_all(&j->head, sizeof(j->head)) ||
	    j->head.bytes > COMPILE_REQUEST_MAX ||
	    j->head.strings > j->head.bytes)
		return false;
	j->bytes = mem_alloc(j->head.bytes);
	return read_all(j->bytes, j->head.bytes) && split_job(j);
}

/* Pages of this process, to which a child may add MEMORY_MAX. */
static uint64_t
memory_now(void)
{
	unsigned long long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f == NULL)
		return 0;
	/* NOLINTNEXTLINE(cert-err34-c): the kernel wrote it */
	if (fscanf(f, "%llu", &pages) != 1)
		pages = 0;
	fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void
limit(int resource, uint64_t value)
{
	struct rlimit r = {value, value};

	setrlimit(resource, &r);
}

static void
set_limits(void)
{
	uint64_t memory = memory_now();

	setpriority(PRIO_PROCESS, 0, NICE);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_CPU, COMPILE_SECONDS);
	if (memory != 0)
		limit(RLIMIT_AS, memory + MEMORY_MAX);
}

static bool
do_job(const struct job *j)
{
	struct compile_answer answer = {0, 0};
	hs_compile_error_t *error = NULL;
	hs_database_t *db = NULL;
	char *bytes = NULL;
	size_t n = 0;
	bool good;

	if (hs_compile_lit_multi(j->strings, j->flags, j->sets, j->lengths,
	    j->head.strings, HS_MODE_BLOCK, NULL, &db, &error) == HS_SUCCESS &&
	    hs_serialize_database(db, &bytes, &n) == HS_SUCCESS &&
	    n <= COMPILE_RESULT_MAX) {
		answer.good = 1;
		answer.bytes = n;
	}
	hs_free_compile_error(error);
	hs_free_database(db);
	good = write_all(&answer, sizeof(answer)) &&
	    write_all(bytes, answer.bytes);
	free(bytes);
	return good;
}

int
compile_worker(int argc, char **argv)
{
	const uint32_t hello = COMPILE_HELLO;
	struct job job;
	bool good;

	if (argc != 2 || strcmp(argv[1], COMPILE_ARGUMENT) != 0)
		return -1;
	signal(SIGPIPE, SIG_IGN);
	set_limits();
	good = write_all(&hello, sizeof(hello));
	while (good) {
		good = read_job(&job) && do_job(&job);
		job_done(&job);
	}
	return 0;
}
