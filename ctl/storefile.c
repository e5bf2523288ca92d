/* storefile - a whole store to a file, and back into any store. */
#include "ctl/storefile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/mem.h"
#include "ctl/aside.h"
#include "store/dump.h"
#include "store/epoch.h"

#define IMPORT_TIMEOUT_MS 30000	/* for each batch */

struct exporter {
	struct dump *dump;
	struct buf line;
	FILE *to;
	int64_t now;
	struct storefile_counts *counts;
};

/* False once nothing can be written any more. */
static bool
flush_line(struct exporter *x)
{
	bool good = fwrite(x->line.p, 1, x->line.n, x->to) == x->line.n;

	buf_reset(&x->line);
	return good;
}

/* The mark of a store is its own, and no state of mail. */
static bool
is_epoch(struct span key)
{
	return span_is(record_class(key), EPOCH_CLASS);
}

static bool
export_one(void *context, const struct store_record *r)
{
	struct exporter *x = context;

	if (is_epoch(r->key))
		return true;
	if (record_expiry(r->bytes) >= 0 && record_expired(r->bytes, x->now)) {
		x->counts->expired++;
		return true;
	}
	if (!dump_put(x->dump, r, &x->line)) {
		x->counts->damaged++;
		return true;
	}
	x->counts->records++;
	return flush_line(x);
}

static int
export_to(struct store *s, struct exporter *x, const char *path,
    struct error *error)
{
	dump_begin(x->dump, &x->line);
	flush_line(x);
	if (store_walk(s, NULL, export_one, x, error) != 0)
		return EX_UNAVAILABLE;
	dump_end(x->dump, &x->line);
	flush_line(x);
	if (ferror(x->to) || fflush(x->to) != 0 || (x->to != stdout &&
	    fsync(fileno(x->to)) != 0)) {
		error_at(error, path, 0, "cannot be written: %s",
		    strerror(errno));
		return EX_IOERR;
	}
	return EX_OK;
}

static int
export_run(struct store *s, FILE *to, const char *path, int64_t now,
    struct storefile_counts *counts, struct error *error)
{
	struct exporter x = {.to = to, .now = now, .counts = counts};
	int status;

	x.dump = dump_new();
	buf_init(&x.line, DUMP_LINE_MAX);
	status = export_to(s, &x, path, error);
	buf_done(&x.line);
	dump_free(x.dump);
	return status;
}

int
storefile_export(struct store *s, const char *path, int64_t now,
    struct storefile_counts *counts, struct error *error)
{
	int status = EX_CANTCREAT;
	char *aside;
	FILE *to;

	memset(counts, 0, sizeof(*counts));
	if (strcmp(path, "-") == 0)
		return export_run(s, stdout, "standard output", now, counts,
		    error);
	aside = mem_printf("%s.new", path);
	to = aside_open(aside, error);
	if (to != NULL) {
		status = export_run(s, to, path, now, counts, error);
		fclose(to);
		if (status == EX_OK && rename(aside, path) != 0) {
			error_at(error, path, 0, "cannot be made: %s",
			    strerror(errno));
			status = EX_CANTCREAT;
		}
		if (status != EX_OK)
			unlink(aside);
	}
	free(aside);
	return status;
}

/* One reading of the file from its start. */
struct reading {
	const char *path;
	FILE *from;
	struct dump *dump;
	unsigned line_number;
	char line[DUMP_LINE_MAX + 1];
};

/* Up to and with the next newline, or as much as a line may have. */
static struct span
next_line(struct reading *r)
{
	size_t n = 0;
	int c;

	while (n < sizeof(r->line) && (c = getc_unlocked(r->from)) != EOF) {
		r->line[n++] = (char)c;
		if (c == '\n')
			break;
	}
	r->line_number++;
	return span_make(r->line, n);
}

/*
 * The next record; DUMP_LAST at the end, DUMP_BAD with *error filled in.
 */
static enum dump_line
next_record(struct reading *r, struct dump_record *out, struct error *error)
{
	enum dump_line what;
	const char *why;

	do {
		what = dump_read(r->dump, next_line(r), out, &why);
	} while (what == DUMP_FIRST);
	if (what == DUMP_LAST && getc_unlocked(r->from) != EOF) {
		r->line_number++;
		why = "something follows the last line";
		what = DUMP_BAD;
	}
	if (ferror(r->from)) {
		why = strerror(errno);
		what = DUMP_BAD;
	}
	if (what == DUMP_BAD)
		error_at(error, r->path, r->line_number, "%s", why);
	return what;
}

static int
import_check(struct reading *r, struct error *error)
{
	struct dump_record record;
	enum dump_line what;

	do {
		what = next_record(r, &record, error);
	} while (what == DUMP_RECORD);
	return what == DUMP_LAST ? EX_OK : EX_DATAERR;
}

struct importer {
	struct store *store;
	int64_t now;
	struct storefile_counts *counts;
	size_t n;
	struct dump_record records[STORE_BATCH_MAX];
};

static void
import_flush(struct importer *m)
{
	struct store_record list[STORE_BATCH_MAX];
	size_t i, failed;

	for (i = 0; i < m->n; i++) {
		list[i].key = span_make(m->records[i].key,
		    m->records[i].key_n);
		list[i].bytes = span_make(m->records[i].bytes,
		    m->records[i].bytes_n);
	}
	failed = m->n > 0 ? store_restore(m->store, list, m->n, m->now,
	    IMPORT_TIMEOUT_MS) : 0;
	m->counts->failed += failed;
	m->counts->records += m->n - failed;
	m->n = 0;
}

static int
import_records(struct reading *r, struct importer *m, struct error *error)
{
	struct dump_record *record = &m->records[0];
	struct store_health health;
	enum dump_line what;

	while ((what = next_record(r, record, error)) == DUMP_RECORD) {
		if (record->expires <= m->now)
			m->counts->expired++;
		else if (!is_epoch(span_make(record->key, record->key_n)))
			m->n++;
		if (m->n == STORE_BATCH_MAX)
			import_flush(m);
		if (m->counts->failed > 0)
			break;
		record = &m->records[m->n];
	}
	import_flush(m);
	if (m->counts->failed > 0) {
		store_health(m->store, &health);
		error_set(error, "the store took only %zu records%s%s",
		    m->counts->records, health.trouble[0] != '\0' ? ": " :
		    "", health.trouble);
		return EX_UNAVAILABLE;
	}
	return what == DUMP_LAST ? EX_OK : EX_DATAERR;
}

/* Whoever waits for the shared store to warm up need not do so any longer. */
static void
import_warm(struct store *s, int64_t now)
{
	char text[EPOCH_TEXT_MAX];
	struct store_health health;
	struct store_op op = {0};
	struct epoch epoch;

	store_health(s, &health);
	if (!health.shared)
		return;
	epoch_make(&epoch, now, now);
	epoch_op(&op, STORE_PUT, epoch_print(&epoch, text));
	store_run(s, &op, 1, now, IMPORT_TIMEOUT_MS);
}

static int
import_from(struct store *s, struct reading *r, int64_t now,
    struct storefile_counts *counts, struct error *error)
{
	struct importer *m;
	int status;

	status = import_check(r, error);
	if (status != EX_OK)
		return status;
	rewind(r->from);
	dump_free(r->dump);
	r->dump = dump_new();
	r->line_number = 0;
	m = mem_alloc(sizeof(*m));
	m->store = s;
	m->now = now;
	m->counts = counts;
	status = import_records(r, m, error);
	free(m);
	if (status == EX_OK && counts->records > 0)
		import_warm(s, now);
	return status;
}

/* What comes through a pipe is read twice, too: by way of a nameless file. */
static FILE *
open_spool(void)
{
	char chunk[65536];
	FILE *f = tmpfile();
	size_t n;

	while (f != NULL && (n = fread(chunk, 1, sizeof(chunk), stdin)) > 0)
		if (fwrite(chunk, 1, n, f) != n)
			break;
	if (f == NULL)
		return NULL;
	if (ferror(stdin) || ferror(f) || fflush(f) != 0) {
		fclose(f);
		return NULL;
	}
	rewind(f);
	return f;
}

int
storefile_import(struct store *s, const char *path, int64_t now,
    struct storefile_counts *counts, struct error *error)
{
	bool spool = strcmp(path, "-") == 0;
	struct reading *r;
	struct stat st;
	int status = EX_NOINPUT;

	memset(counts, 0, sizeof(*counts));
	r = mem_alloc(sizeof(*r));
	r->path = spool ? "standard input" : path;
	r->from = spool ? open_spool() : fopen(path, "re");
	r->dump = dump_new();
	if (r->from == NULL)
		error_at(error, r->path, 0, "cannot be read: %s",
		    strerror(errno));
	else if (fstat(fileno(r->from), &st) != 0 || !S_ISREG(st.st_mode))
		error_at(error, r->path, 0, "is no plain file; give \"-\" and "
		    "pipe it in");
	else
		status = import_from(s, r, now, counts, error);
	if (r->from != NULL)
		fclose(r->from);
	dump_free(r->dump);
	free(r);
	return status;
}
