/*
 * storefile - a store to a file and back: nothing is lost, nothing of a file
 * that is not whole gets in, and what posternctl says of it.
 */
#include "ctl/storefile.h"

#include <sys/wait.h>
#include <sysexits.h>

#include "base/mem.h"
#include "ctl/audit.h"
#include "ctl/commands.h"
#include "store/dump.h"
#include "test/unit/folder.h"
#include "test/unit/json.h"
#include "test/unit/test.h"

#define NOW INT64_C(1700000000000)
#define DAY INT64_C(86400000)
#define MEGABYTE (1 << 20)
#define WAIT 20000

static struct store_op
make(enum store_verb verb, const char *klass, struct span key)
{
	struct store_op op = {.verb = verb, .klass = klass, .schema = 200,
	    .key = key, .value = SPAN("a value\n%\0\xff"), .ttl = DAY,
	    .amount = 1500, .half_life = DAY, .rate = 10, .burst = 3000};

	return op;
}

/* One record of each kind, odd keys, and two that are over soon. */
static void
fill(struct store *s)
{
	static char longest[STORE_KEY_MAX], value[STORE_VALUE_MAX];
	struct store_op ops[9];
	size_t i;

	memset(longest, '%', sizeof(longest));
	memset(value, '\n', sizeof(value));
	ops[0] = make(STORE_PUT, "bytes", span_of("plain"));
	ops[1] = make(STORE_ADD, "sum", span_of(""));
	ops[2] = make(STORE_DECAY, "decay", span_of("with blank"));
	ops[3] = make(STORE_TAKE, "bucket", span_make("\0\n%", 3));
	ops[4] = make(STORE_PUT, "b c", span_of("\xc3\xa9"));
	ops[5] = make(STORE_PUT, "12345678901234567890123456789012",
	    span_make(longest, sizeof(longest)));
	ops[5].value = span_make(value, sizeof(value));
	ops[6] = make(STORE_PUT, "short", span_of("1"));
	ops[7] = make(STORE_PUT, "short", span_of("2"));
	ops[6].ttl = ops[7].ttl = 1000;
	ops[8] = make(STORE_PUT, "endless", span_of("x"));
	ops[8].ttl = INT64_MAX;
	for (i = 0; i < 9; i++)
		CHECK("filled", store_run(s, &ops[i], 1, NOW, WAIT) == 0);
}

/* Text of all records, sorted by what walk gives; for comparison. */
static bool
collect(void *context, const struct store_record *r)
{
	struct map *map = context;

	map_put(map, r->key, mem_copy(r->bytes.p, r->bytes.n));
	return true;
}

static bool
same(struct store *a, struct store *b, int64_t now)
{
	struct map x, y;
	struct span key;
	size_t i, living = 0;
	bool good = true;

	map_init(&x);
	map_init(&y);
	store_walk(a, NULL, collect, &x, NULL);
	store_walk(b, NULL, collect, &y, NULL);
	for (i = 0; i < x.count; i++) {
		key = map_key(&x, i);
		/* The expiry of all but "short" is far away. */
		if (now > NOW && span_is(record_class(key), "short"))
			continue;
		living++;
		good = good && map_find(&y, key) != NULL &&
		    memcmp(map_find(&y, key), map_value(&x, i), 9) == 0;
	}
	good = good && living == y.count;
	for (i = 0; i < x.count; i++)
		free(map_value(&x, i));
	for (i = 0; i < y.count; i++)
		free(map_value(&y, i));
	map_done(&x);
	map_done(&y);
	return good;
}

static size_t
records(struct store *s)
{
	struct store_usage usage;

	store_usage(s, &usage);
	return (size_t)usage.keys;
}

static struct store *
open_memory(const char *name)
{
	(void)name;
	return store_memory();
}

static struct store *
open_embedded(const char *name)
{
	struct error error;
	struct store *s = store_embedded(folder_path(name), 4 * MEGABYTE,
	    &error);

	if (s == NULL) {
		fprintf(stderr, "%s\n", error.text);
		exit(1);
	}
	return s;
}

static void
test_round(void)
{
	static const struct {
		const char *name;
		struct store *(*from)(const char *), *(*to)(const char *);
		const char *a, *b;
	} rows[] = {
		{"memory to memory", open_memory, open_memory, "", ""},
		{"memory to embedded", open_memory, open_embedded, "", "e1"},
		{"embedded to memory", open_embedded, open_memory, "e2", ""},
		{"embedded to embedded", open_embedded, open_embedded, "e3",
		    "e4"},
	};
	struct storefile_counts c;
	struct error error;
	struct store *a, *b;
	const char *path = folder_path("export");
	char file[200];
	size_t i;
	int64_t at;

	snprintf(file, sizeof(file), "%s", path);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		a = rows[i].from(rows[i].a);
		b = rows[i].to(rows[i].b);
		fill(a);
		CHECK(rows[i].name, storefile_export(a, file, NOW, &c,
		    &error) == EX_OK && c.records == 9 && c.expired == 0);
		CHECK(rows[i].name, storefile_import(b, file, NOW, &c,
		    &error) == EX_OK && c.records == 9);
		CHECK(rows[i].name, same(a, b, NOW));
		CHECK(rows[i].name, storefile_import(b, file, NOW, &c,
		    &error) == EX_OK && c.records == 9);
		CHECK("twice is once", same(a, b, NOW) && records(b) == 9);
		at = NOW + 2000;
		store_close(b);
		b = store_memory();
		CHECK(rows[i].name, storefile_import(b, file, at, &c,
		    &error) == EX_OK && c.records == 7 && c.expired == 2);
		CHECK("without the expired", same(a, b, at));
		CHECK(rows[i].name, storefile_export(a, file, at, &c,
		    &error) == EX_OK && c.records == 7 && c.expired == 2);
		store_close(a);
		store_close(b);
	}
}

static size_t
load(const char *path, char *out, size_t max)
{
	FILE *f = fopen(path, "r");
	size_t n = fread(out, 1, max, f);

	fclose(f);
	return n;
}

static const char *
save(const char *name, const char *bytes, size_t n)
{
	const char *path = folder_path(name);
	FILE *f = fopen(path, "w");

	fwrite(bytes, 1, n, f);
	fclose(f);
	return path;
}

/* The file cut after each byte, and each byte another. */
static void
test_damage(void)
{
	static char bytes[32768];
	struct storefile_counts c;
	struct store *a = store_memory(), *b = store_memory();
	struct error error;
	struct store_op op = make(STORE_PUT, "bytes", span_of("k"));
	size_t n, i, wrong = 0;
	char old;

	store_run(a, &op, 1, NOW, WAIT);
	op = make(STORE_ADD, "sum", span_of("a b"));
	store_run(a, &op, 1, NOW, WAIT);
	storefile_export(a, folder_path("whole"), NOW, &c, &error);
	n = load(folder_path("whole"), bytes, sizeof(bytes));
	CHECK("small enough", n > 100 && n < 1000);
	for (i = 0; i < n; i++) {
		wrong += storefile_import(b, save("cut", bytes, i), NOW, &c,
		    &error) != EX_DATAERR || c.records != 0;
		old = bytes[i];
		bytes[i] ^= 1;
		wrong += storefile_import(b, save("bad", bytes, n), NOW, &c,
		    &error) != EX_DATAERR || c.records != 0;
		bytes[i] = old;
	}
	CHECK("each is refused", wrong == 0);
	CHECK("and nothing written", records(b) == 0);
	bytes[n] = '\n';
	CHECK("more", storefile_import(b, save("more", bytes, n + 1), NOW, &c,
	    &error) == EX_DATAERR);
	CHECK("which line", strstr(error.text, "/more:5: something follows") !=
	    NULL);
	CHECK("whole", storefile_import(b, save("good", bytes, n), NOW, &c,
	    &error) == EX_OK && records(b) == 2);
	store_close(a);
	store_close(b);
}

static void
test_refused(void)
{
	static const struct {
		const char *name, *text, *wanted;
		int status;
	} rows[] = {
		{"empty", "", ":1: the file was cut", EX_DATAERR},
		{"other", "hello\n", ":1: this is no export", EX_DATAERR},
		{"newer", "postern store export 2\n", ":1: this is no export",
		    EX_DATAERR},
		{"no record", "postern store export 1\nx\n",
		    ":2: this is no record", EX_DATAERR},
		{"other count", "postern store export 1\n%end 1 00\n",
		    ":2: there are not as many", EX_DATAERR},
		{"other digest", "postern store export 1\n%end 0 00\n",
		    ":2: the file was changed", EX_DATAERR},
		{"malformed end", "postern store export 1\n%end 0\n",
		    ":2: the file was changed", EX_DATAERR},
	};
	static char line[DUMP_LINE_MAX + 100];
	struct storefile_counts c;
	struct store *s = store_memory();
	struct error error;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK(rows[i].name, storefile_import(s, folder_file("f",
		    rows[i].text), NOW, &c, &error) == rows[i].status);
		if (!CHECK(rows[i].name, strstr(error.text, rows[i].wanted) !=
		    NULL))
			fprintf(stderr, "  got %s\n", error.text);
	}
	memset(line, 'x', sizeof(line) - 1);
	CHECK("long line", storefile_import(s, folder_file("f", line), NOW,
	    &c, &error) == EX_DATAERR);
	CHECK("absent", storefile_import(s, folder_path("none"), NOW, &c,
	    &error) == EX_NOINPUT);
	CHECK("a folder", storefile_import(s, folder, NOW, &c, &error) ==
	    EX_NOINPUT);
	CHECK("no place", storefile_export(s, folder_path("no/where"), NOW,
	    &c, &error) == EX_CANTCREAT);
	CHECK("full disk", storefile_export(s, "/dev/full/x", NOW, &c,
	    &error) == EX_CANTCREAT);
	store_close(s);
}

/* A store that has no room says how many it took. */
static void
test_full(void)
{
	static char value[STORE_VALUE_MAX];
	struct storefile_counts c;
	struct store *a = store_memory(), *b;
	struct store_op op;
	struct error error;
	char key[32];
	int i;

	for (i = 0; i < 2000; i++) {
		snprintf(key, sizeof(key), "key %d", i);
		op = make(STORE_PUT, "bytes", span_of(key));
		op.value = span_make(value, sizeof(value));
		store_run(a, &op, 1, NOW, WAIT);
	}
	storefile_export(a, folder_path("big"), NOW, &c, &error);
	b = store_embedded(folder_path("small"), MEGABYTE, &error);
	CHECK("full", storefile_import(b, folder_path("big"), NOW, &c,
	    &error) == EX_UNAVAILABLE);
	CHECK("told", strstr(error.text, "took only") != NULL &&
	    c.records > 100 && c.records < 2000);
	CHECK("there", records(b) == c.records);
	store_close(a);
	store_close(b);
}

static void
test_audit(void)
{
	struct store *s = store_memory();
	struct store_op op = make(STORE_PUT, "short", span_of("3"));
	const struct tally *t;
	struct audit a;
	struct buf out;
	struct stat st;
	char path[200];

	snprintf(path, sizeof(path), "%s", folder_path("audit"));
	fill(s);
	audit_init(&a, NOW + 1000);
	CHECK("runs", audit_run(&a, s, NULL) == 0);
	t = map_find(&a.classes, span_of("short"));
	CHECK("keys", a.all.keys == 9 && t->keys == 2);
	CHECK("bytes", a.all.bytes > 400 + 1024 && t->bytes ==
	    2 * (8 + 9 + 11));
	CHECK("expired", t->expired == 2 && a.all.expired == 2);
	CHECK("endless", a.all.endless == 1);
	CHECK("expiries", a.all.first == NOW + 1000 &&
	    a.all.last == INT64_MAX);
	audit_compare(&a, path);
	buf_init(&out, 1 << 16);
	audit_print(&a, &out);
	CHECK("never before", strstr(buf_string(&out),
	    "the next audit") != NULL);
	/* Root may save into a folder where others put links. */
	CHECK("a link", symlink(folder_file("victim", "precious"),
	    folder_path("audit.new")) == 0);
	CHECK("saved", audit_save(&a, path, NULL) == 0);
	CHECK("not through a link", stat(folder_path("victim"), &st) == 0 &&
	    st.st_size == 8);
	CHECK("for its owner", lstat(path, &st) == 0 &&
	    st.st_mode == (S_IFREG | 0600));
	audit_done(&a);

	op.ttl = 10 * DAY;
	store_run(s, &op, 1, NOW, WAIT);
	audit_init(&a, NOW + 2 * 3600000 + 1000);
	audit_run(&a, s, NULL);
	audit_compare(&a, path);
	CHECK("when", a.before == NOW + 1000);
	t = map_find(&a.classes, span_of("short"));
	CHECK("growth", t->keys - t->old_keys == 1);
	buf_reset(&out);
	audit_print(&a, &out);
	CHECK("in words", strstr(buf_string(&out), "+1 keys, +28 bytes") !=
	    NULL);
	/* 2 h less a second is what the row above makes of it. */
	CHECK("an hour", strstr(out.p, ": +0 keys and +14 bytes") != NULL ||
	    strstr(out.p, ": +1 keys and +14 bytes") != NULL);
	buf_reset(&out);
	audit_json(&a, &out);
	CHECK("JSON", out.n > 0 && json_valid(buf_contents(&out)));
	audit_done(&a);
	audit_init(&a, NOW);
	audit_compare(&a, folder_file("audit", "rubbish\nshort 1 1\n"));
	CHECK("rubbish", a.before == 0 && a.classes.count == 0);
	audit_done(&a);
	buf_done(&out);
	store_close(s);
}

/* "posternctl store", with up to two words more. */
static int
run(const struct globals *g, const char *verb, const char *word)
{
	char copies[3][200];
	char *argv[] = {copies[0], copies[1], copies[2], NULL};
	int argc = verb == NULL ? 1 : word == NULL ? 2 : 3;

	snprintf(copies[0], sizeof(copies[0]), "store");
	snprintf(copies[1], sizeof(copies[1]), "%s", verb != NULL ? verb : "");
	snprintf(copies[2], sizeof(copies[2]), "%s", word != NULL ? word : "");
	argv[argc] = NULL;
	return store_main(g, argc, argv);
}

/* posternctl beside a daemon that has the embedded store open. */
static void
test_beside(void)
{
	char path[200];
	struct globals g;
	int ready[2], end[2];
	char c = 0;
	pid_t pid;

	memset(&g, 0, sizeof(g));
	snprintf(path, sizeof(path), "%s", folder_path("beside.export"));
	g.conf = folder_file("conf", folder_text(
	    "store {\n path = \"@beside\"\n size = 4M\n}\n"));
	CHECK("no store yet", run(&g, "audit", NULL) == EX_UNAVAILABLE);
	if (pipe(ready) != 0 || pipe(end) != 0)
		exit(2);
	pid = fork();
	if (pid == 0) {
		struct store *s = open_embedded("beside");

		fill(s);
		close(end[1]);
		if (write(ready[1], "x", 1) != 1 || read(end[0], &c, 1) < 0)
			_exit(2);
		store_close(s);
		_exit(0);
	}
	close(end[0]);
	CHECK("daemon", read(ready[0], &c, 1) == 1);
	if (freopen("/dev/null", "w", stdout) == NULL)
		exit(2);
	CHECK("audit", run(&g, "audit", NULL) == EX_OK);
	CHECK("remembered", access(folder_path("beside/audit"), F_OK) == 0);
	CHECK("JSON", run(&g, "audit", "--json") == EX_OK);
	CHECK("export", run(&g, "export", path) == EX_OK);
	CHECK("import", run(&g, "import", path) == EX_UNAVAILABLE);
	close(end[1]);
	waitpid(pid, NULL, 0);
	CHECK("daemon stopped", run(&g, "audit", NULL) == EX_OK);
	CHECK("import", run(&g, "import", path) == EX_OK);
	CHECK("usage", run(&g, "purge", NULL) == EX_USAGE);
	CHECK("usage", run(&g, "audit", "x") == EX_USAGE);
	CHECK("usage", run(&g, NULL, NULL) == EX_USAGE);
	g.overrides[0] = "store.backend=memory";
	g.override_count = 1;
	CHECK("nothing to see", run(&g, "audit", NULL) == EX_UNAVAILABLE);
}

int
main(void)
{
	FILE *out = fdopen(dup(1), "w");

	folder_begin();
	test_round();
	test_damage();
	test_refused();
	test_full();
	test_audit();
	test_beside();
	folder_end();
	/* test_beside has sent what the commands print elsewhere. */
	fclose(stdout);
	stdout = out;
	return test_end();
}
