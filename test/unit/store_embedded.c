/*
 * store_embedded - what only a store on disk can meet: other files in its
 * place, a full map or disk, a writer that hangs, too many readers.
 */
#include "test/unit/test.h"

#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/store.h"

#define WAIT 20000
#define DAY INT64_C(86400000)
#define MEGABYTE (INT64_C(1) << 20)

static char folder[] = "/tmp/postern-test-XXXXXX";
static char place[64];	/* of the store, within folder */

static const char *
inside(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", place, name);
	return path;
}

static void
place_clear(void)
{
	unlink(place);
	unlink(inside("data.mdb"));
	unlink(inside("lock.mdb"));
	rmdir(place);
}

static struct store *
place_open(int64_t size)
{
	struct error error = {""};
	struct store *s = store_embedded(place, size, &error);

	if (s == NULL) {
		fprintf(stderr, "%s\n", error.text);
		exit(2);
	}
	return s;
}

static struct store_op
make(enum store_verb verb, const char *key, const char *value)
{
	struct store_op op = {.verb = verb, .klass = "test", .schema = 1,
	    .key = span_of(key), .value = span_of(value), .ttl = DAY,
	    .amount = 1000, .half_life = DAY};

	return op;
}

static enum store_answer
run(struct store *s, enum store_verb verb, const char *key, const char *value,
    int64_t now)
{
	struct store_op op = make(verb, key, value);

	store_run(s, &op, 1, now, WAIT);
	return op.answer;
}

static bool
holds(struct store *s, const char *key, const char *value)
{
	struct store_op op = make(STORE_GET, key, "");
	char room[STORE_VALUE_MAX];

	op.data = room;
	store_run(s, &op, 1, 1, WAIT);
	return op.answer == STORE_FOUND &&
	    span_is(span_make(op.data, op.length), value);
}

static long long
figure(struct store *s, const char *name)
{
	struct buf out;
	char line[128];
	const char *p;
	long long n = -1;

	buf_init(&out, 1 << 16);
	store_stats(s, &out);
	snprintf(line, sizeof(line),
	    "\npostern_store_%s{backend=\"embedded\"} ", name);
	p = strstr(buf_string(&out), line);
	if (p != NULL)
		n = atoll(p + strlen(line));
	buf_done(&out);
	return n;
}

static void
write_file(const char *path, const char *text, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n)
		exit(2);
	close(fd);
}

/* An environment that another program made. */
static void
write_lmdb(const char *key, size_t n, const char *value)
{
	MDB_val k = {n, (void *)(uintptr_t)key};
	MDB_val v = {strlen(value), (void *)(uintptr_t)value};
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;

	mkdir(place, 0700);
	if (mdb_env_create(&env) != 0 || mdb_env_open(env, place, 0, 0600) != 0
	    || mdb_txn_begin(env, NULL, 0, &txn) != 0 ||
	    mdb_dbi_open(txn, NULL, 0, &dbi) != 0 ||
	    mdb_put(txn, dbi, &k, &v, 0) != 0 || mdb_txn_commit(txn) != 0)
		exit(2);
	mdb_env_close(env);
}

static void
prepare_file(void)
{
	write_file(place, "x", 1);
}

static void
prepare_text(void)
{
	static char text[20000];

	memset(text, 'x', sizeof(text));
	mkdir(place, 0700);
	write_file(inside("data.mdb"), text, sizeof(text));
}

static void
prepare_stub(void)
{
	mkdir(place, 0700);
	write_file(inside("data.mdb"), "short", 5);
}

static void
prepare_cut(void)
{
	struct store *s = place_open(MEGABYTE);
	char key[32];
	int i;

	for (i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "%d", i);
		run(s, STORE_PUT, key, "value", 1);
	}
	store_close(s);
	if (truncate(inside("data.mdb"), 4 * 4096) != 0)
		exit(2);
}

static void
prepare_foreign(void)
{
	write_lmdb("some key", 8, "some value");
}

static void
prepare_newer(void)
{
	write_lmdb("\0format", 7, "postern store 2");
}

static void
prepare_nothing(void)
{
}

static void
prepare_parent(void)
{
	strcat(place, "/deep/down");
}

static void
test_errors(void)
{
	static const struct {
		const char *name;
		void (*prepare)(void);
		int64_t size;
		const char *wanted;
	} rows[] = {
		{"small", prepare_nothing, MEGABYTE - 1,
		    "a store of 1048575 bytes is too small"},
		{"negative", prepare_nothing, -1,
		    "a store of -1 bytes is too small"},
		{"large", prepare_nothing, INT64_MAX,
		    "a store of 9223372036854775807 bytes is too large"},
		{"no parent", prepare_parent, MEGABYTE,
		    "cannot create the folder: No such file or directory"},
		{"a file", prepare_file, MEGABYTE,
		    "cannot open the folder: Not a directory"},
		{"text", prepare_text, MEGABYTE, "data.mdb is damaged or not "
		    "a store (MDB_INVALID: File is not an LMDB file)"},
		{"stub", prepare_stub, MEGABYTE, "data.mdb is damaged or not "
		    "a store (MDB_INVALID: File is not an LMDB file)"},
		{"cut", prepare_cut, MEGABYTE,
		    "data.mdb is damaged: it was cut off at 16384 bytes"},
		{"foreign", prepare_foreign, MEGABYTE,
		    "data.mdb belongs to another program"},
		{"newer", prepare_newer, MEGABYTE, "data.mdb has the format "
		    "\"postern store 2\", this version needs "
		    "\"postern store 1\""},
	};
	struct error error;
	char wanted[ERROR_MAX];
	struct store *s;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(place, sizeof(place), "%s/store", folder);
		rows[i].prepare();
		error.text[0] = '\0';
		s = store_embedded(place, rows[i].size, &error);
		CHECK(rows[i].name, s == NULL);
		snprintf(wanted, sizeof(wanted), "%s: %s", place,
		    rows[i].wanted);
		CHECK_TEXT(rows[i].name, error.text, wanted);
		place_clear();
	}
	snprintf(place, sizeof(place), "%s/store", folder);
}

static void
test_reopen(void)
{
	struct store *s = place_open(4 * MEGABYTE);
	struct error error;
	struct stat st;

	CHECK("mode", stat(place, &st) == 0 && (st.st_mode & 07777) == 0700);
	CHECK("mode", stat(inside("data.mdb"), &st) == 0 &&
	    (st.st_mode & 07777) == 0600);
	CHECK("put", run(s, STORE_PUT, "k", "kept", 1) == STORE_FOUND);
	CHECK("twice", store_embedded(place, MEGABYTE, &error) == NULL);
	CHECK("twice", strstr(error.text, "in use already") != NULL);
	CHECK("goes on", run(s, STORE_PUT, "l", "too", 1) == STORE_FOUND);
	store_close(s);
	s = place_open(MEGABYTE);
	CHECK("kept", holds(s, "k", "kept") && holds(s, "l", "too"));
	CHECK("keys", figure(s, "keys") == 2);
	store_close(s);
	place_clear();
}

/* Fills the map to the brim, and has it emptied by time. */
static void
test_full(void)
{
	struct store *s = place_open(MEGABYTE);
	static char value[STORE_VALUE_MAX + 1];
	char key[32];
	int i, full = 0, left = 1000;
	long long keys;

	memset(value, 'v', STORE_VALUE_MAX);
	CHECK("first", run(s, STORE_ADD, "sum", "", 1) == STORE_FOUND);
	for (i = 0; full < 10 && i < 3000; i++) {
		snprintf(key, sizeof(key), "key %d", i);
		full += run(s, STORE_PUT, key, value, 1) == STORE_FAILED;
	}
	keys = figure(s, "keys");
	CHECK("full", full == 10 && keys > 300);
	CHECK("counted", figure(s, "full_total") == 10);
	CHECK("most", figure(s, "bytes") <= figure(s, "limit_bytes"));
	CHECK("reads", holds(s, "key 0", value));
	CHECK("same size", run(s, STORE_PUT, "key 0", value, 1) ==
	    STORE_FOUND);
	CHECK("sums", run(s, STORE_ADD, "sum", "", DAY) == STORE_FOUND);
	CHECK("delete", run(s, STORE_DELETE, "key 1", "", 1) == STORE_FOUND);
	for (i = 100; i < 200; i++) {
		snprintf(key, sizeof(key), "key %d", i);
		run(s, STORE_DELETE, key, "", 1);
	}
	CHECK("room again", run(s, STORE_PUT, "new", value, 1) ==
	    STORE_FOUND);
	while (figure(s, "keys") > 2 && left-- > 0) {
		run(s, STORE_PUT, "last", value, DAY + 1);
		usleep(10000);
	}
	CHECK("swept", figure(s, "keys") == 2);
	CHECK("room", run(s, STORE_PUT, "much later", value, DAY + 1) ==
	    STORE_FOUND);
	store_close(s);
	place_clear();
}

/* A disk that takes no more, by the limit on the size of files. */
static void
test_disk(void)
{
	struct store *s = place_open(4 * MEGABYTE);
	struct rlimit old, tight;
	static char value[STORE_VALUE_MAX + 1];
	char key[32];
	int i;

	memset(value, 'v', STORE_VALUE_MAX);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	tight = old;
	tight.rlim_cur = 256 * 1024;
	CHECK("before", run(s, STORE_PUT, "before", "x", 1) == STORE_FOUND);
	setrlimit(RLIMIT_FSIZE, &tight);
	for (i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "key %d", i);
		if (run(s, STORE_PUT, key, value, 1) == STORE_FAILED)
			break;
	}
	CHECK("fails", i > 10 && i < 1000);
	CHECK("reads", holds(s, "before", "x") && holds(s, "key 0", value));
	CHECK("not half", !holds(s, key, value));
	setrlimit(RLIMIT_FSIZE, &old);
	CHECK("goes on", run(s, STORE_PUT, key, value, 1) == STORE_FOUND);
	store_close(s);
	s = place_open(4 * MEGABYTE);
	CHECK("kept", holds(s, "before", "x") && holds(s, key, value));
	store_close(s);
	place_clear();
}

/*
 * Another process that uses the environment behind the store's back.  It does
 * what the bytes say that it is sent, and answers each with the same byte.
 */
struct holder {
	pid_t pid;
	int to, from;
};

static void
holder_main(int in, int out)
{
	MDB_env *env = NULL;
	MDB_txn *txn = NULL, *reader;
	char c;

	while (read(in, &c, 1) == 1) {
		if (env == NULL && (mdb_env_create(&env) != 0 ||
			mdb_env_open(env, place, MDB_NOTLS, 0600) != 0))
			_exit(2);
		if (c == 'w' && mdb_txn_begin(env, NULL, 0, &txn) != 0)
			_exit(2);
		if (c == 'a')
			mdb_txn_abort(txn);
		while (c == 'r' && mdb_txn_begin(env, NULL, MDB_RDONLY,
			&reader) == 0)
			;
		if (write(out, &c, 1) != 1)
			break;
	}
	_exit(0);
}

static void
holder_open(struct holder *h)
{
	int to[2], from[2];

	if (pipe(to) != 0 || pipe(from) != 0)
		exit(2);
	h->pid = fork();
	if (h->pid == 0) {
		close(to[1]);
		close(from[0]);
		holder_main(to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	h->to = to[1];
	h->from = from[0];
}

static void
holder_do(struct holder *h, char c)
{
	char answer = 0;

	CHECK("holder", write(h->to, &c, 1) == 1 &&
	    read(h->from, &answer, 1) == 1 && answer == c);
}

static void
holder_close(struct holder *h)
{
	close(h->to);
	close(h->from);
	waitpid(h->pid, NULL, 0);
}

static void *
stalled_main(void *argument)
{
	struct store_op op = make(STORE_ADD, "waits", "");

	store_run(argument, &op, 1, 1, WAIT);
	return op.answer == STORE_FOUND ? argument : NULL;
}

static void
test_stalled(void)
{
	static struct store_op ops[STORE_BATCH_MAX];
	struct store_op op;
	struct holder h;
	struct store *s;
	pthread_t thread;
	void *found;
	int64_t before, took;
	int i, queued = 0;

	holder_open(&h);
	s = place_open(16 * MEGABYTE);
	run(s, STORE_PUT, "there", "x", 1);
	holder_do(&h, 'w');
	pthread_create(&thread, NULL, stalled_main, s);
	op = make(STORE_PUT, "late", "value");
	before = clock_steady();
	CHECK("late", store_run(s, &op, 1, 1, 50) == 1);
	took = clock_steady() - before;
	CHECK("in time", took >= 49 && took < 5000);
	CHECK("counted", figure(s, "late_total") == 1);
	memset(&op, 0x55, sizeof(op));	/* the queue must own all it needs */
	CHECK("reading goes on", holds(s, "there", "x"));
	for (i = 0; i < STORE_BATCH_MAX; i++)
		ops[i] = make(STORE_ADD, "sum", "");
	for (i = 0; i < 300 && figure(s, "crowded_total") == 0; i++)
		queued += store_run(s, ops, STORE_BATCH_MAX, 1, 1) ==
		    STORE_BATCH_MAX;
	CHECK("the queue ends", figure(s, "crowded_total") == 1);
	CHECK("but is long", queued > 200);
	holder_do(&h, 'a');
	pthread_join(thread, &found);
	CHECK("who waits is answered", found != NULL);
	store_close(s);		/* after all that waits is written */
	s = place_open(16 * MEGABYTE);
	CHECK("written late", holds(s, "late", "value"));
	op = make(STORE_GET, "sum", "");
	store_run(s, &op, 1, 1, WAIT);
	CHECK("all of it", op.number == (int64_t)(queued - 1) *
	    STORE_BATCH_MAX * 1000);
	store_close(s);
	holder_close(&h);
	place_clear();
}

static void
test_readers(void)
{
	struct holder h;
	struct store *s;

	holder_open(&h);
	s = place_open(MEGABYTE);
	run(s, STORE_PUT, "there", "x", 1);
	holder_do(&h, 'r');
	CHECK("no slot", !holds(s, "there", "x"));
	CHECK("no slot", figure(s, "failures_total") == 1);
	kill(h.pid, SIGKILL);
	holder_close(&h);
	holds(s, "there", "x");		/* finds the dead and frees them */
	CHECK("slots again", holds(s, "there", "x"));
	store_close(s);
	place_clear();
}

int
main(void)
{
	if (mkdtemp(folder) == NULL)
		return 2;
	test_errors();
	test_reopen();
	test_full();
	test_disk();
	test_stalled();
	test_readers();
	CHECK("all files are accounted for", rmdir(folder) == 0);
	return test_end();
}
