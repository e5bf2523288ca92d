/* audit - what a store holds by class. */
#include "ctl/audit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "ctl/aside.h"
#include "store/record.h"

#define AUDIT_LINE_MAX 200
#define HOUR_MS (INT64_C(3600) * 1000)

static const char file_mark[] = "postern-audit 1 ";

void
audit_init(struct audit *a, int64_t now)
{
	memset(a, 0, sizeof(*a));
	a->now = now;
	map_init(&a->classes);
	strcpy(a->all.klass, "total");
}

void
audit_done(struct audit *a)
{
	size_t i;

	for (i = 0; i < a->classes.count; i++)
		free(map_value(&a->classes, i));
	map_done(&a->classes);
}

/* The tally of a class, made if need be. */
static struct tally *
audit_class(struct audit *a, struct span klass)
{
	struct tally *t = map_find(&a->classes, klass);

	if (t != NULL)
		return t;
	if (klass.n == 0 || klass.n > STORE_CLASS_MAX ||
	    a->classes.count >= AUDIT_CLASSES_MAX) {
		klass = span_of("other");
		t = map_find(&a->classes, klass);
		if (t != NULL)
			return t;
	}
	t = mem_alloc(sizeof(*t));
	memcpy(t->klass, klass.p, klass.n);
	map_put(&a->classes, klass, t);
	return t;
}

static void
tally_record(struct tally *t, const struct store_record *r, int64_t now)
{
	int64_t expires = record_expiry(r->bytes);

	t->keys++;
	t->bytes += (int64_t)(r->key.n + r->bytes.n);
	if (expires < 0 || !record_key_sound(r->key)) {
		t->damaged++;
		return;
	}
	t->endless += expires == INT64_MAX;
	t->expired += expires <= now;
	if (t->first == 0 || expires < t->first)
		t->first = expires;
	if (expires > t->last)
		t->last = expires;
}

static bool
audit_one(void *context, const struct store_record *r)
{
	struct audit *a = context;

	tally_record(audit_class(a, record_class(r->key)), r, a->now);
	tally_record(&a->all, r, a->now);
	return true;
}

int
audit_run(struct audit *a, struct store *s, struct error *error)
{
	store_usage(s, &a->usage);
	return store_walk(s, NULL, audit_one, a, error);
}

/* "class keys bytes" */
static void
compare_line(struct audit *a, struct span line)
{
	struct span klass, keys;
	int64_t count, bytes;
	struct tally *t;

	if (!span_cut(&line, ' ', &klass) || !span_cut(&line, ' ', &keys) ||
	    !text_number(keys, &count) || !text_number(line, &bytes))
		return;
	t = span_is(klass, a->all.klass) ? &a->all : audit_class(a, klass);
	t->old_keys = count;
	t->old_bytes = bytes;
}

void
audit_compare(struct audit *a, const char *path)
{
	char line[AUDIT_LINE_MAX];
	FILE *f = fopen(path, "re");
	struct span s;

	if (f == NULL)
		return;
	if (fgets(line, sizeof(line), f) != NULL) {
		s = span_trim(span_of(line));
		if (!span_starts(s, file_mark) || !text_number(
		    span_skip(s, sizeof(file_mark) - 1), &a->before))
			a->before = 0;
	}
	while (a->before != 0 && fgets(line, sizeof(line), f) != NULL)
		compare_line(a, span_trim(span_of(line)));
	fclose(f);
}

/* Classes whose names would not come back from a line are left out. */
static bool
plain(const char *klass)
{
	for (; *klass != '\0'; klass++)
		if (*klass <= ' ' || *klass == 0x7f)
			return false;
	return true;
}

static void
save_lines(const struct audit *a, FILE *f)
{
	const struct tally *t;
	size_t i;

	fprintf(f, "%s%lld\n%s %lld %lld\n", file_mark, (long long)a->now,
	    a->all.klass, (long long)a->all.keys, (long long)a->all.bytes);
	for (i = 0; i < a->classes.count; i++) {
		t = map_value(&a->classes, i);
		if (plain(t->klass))
			fprintf(f, "%s %lld %lld\n", t->klass,
			    (long long)t->keys, (long long)t->bytes);
	}
}

int
audit_save(const struct audit *a, const char *path, struct error *error)
{
	char *aside = mem_printf("%s.new", path);
	FILE *f = aside_open(aside, error);
	int status = 0;
	bool bad;

	if (f == NULL) {
		free(aside);
		return -1;
	}
	save_lines(a, f);
	bad = ferror(f);
	if (fclose(f) != 0)
		bad = true;
	if (bad || rename(aside, path) != 0)
		status = error_at(error, path, 0, "cannot be written: %s",
		    strerror(errno));
	free(aside);
	return status;
}

static int
by_bytes(const void *a, const void *b)
{
	const struct tally *x = *(const struct tally *const *)a;
	const struct tally *y = *(const struct tally *const *)b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return strcmp(x->klass, y->klass);
}

/* All tallies, those with most bytes first; free() it. */
static const struct tally **
sorted(const struct audit *a)
{
	const struct tally **list = mem_array(NULL, a->classes.count + 1,
	    sizeof(const struct tally *));
	size_t i;

	for (i = 0; i < a->classes.count; i++)
		list[i] = map_value(&a->classes, i);
	qsort(list, a->classes.count, sizeof(const struct tally *), by_bytes);
	return list;
}

/* Thousandths of all bytes. */
static int64_t
share(const struct audit *a, const struct tally *t)
{
	return a->all.bytes > 0 ? (int64_t)((double)t->bytes * 1000 /
	    (double)a->all.bytes + 0.5) : 0;
}

static void
put_time(struct buf *out, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	char text[40] = "never";
	struct tm tm;

	if (ms == 0)
		strcpy(text, "-");
	else if (ms != INT64_MAX && gmtime_r(&seconds, &tm) != NULL &&
	    tm.tm_year < 8100)
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm);
	buf_printf(out, "%-16s", text);
}

static void
put_row(const struct audit *a, const struct tally *t, struct buf *out)
{
	char number[48];
	struct buf name;

	buf_init(&name, 4 * STORE_CLASS_MAX + 1);
	text_escape(&name, span_of(t->klass));
	snprintf(number, sizeof(number), "%lld.%lld%%",
	    (long long)share(a, t) / 10, (long long)share(a, t) % 10);
	buf_printf(out, "%-12s %11lld %14lld %7s %9lld %9lld",
	    buf_string(&name), (long long)t->keys, (long long)t->bytes,
	    number, (long long)t->endless, (long long)t->expired);
	buf_done(&name);
	buf_puts(out, "  ");
	put_time(out, t->first);
	buf_puts(out, "  ");
	put_time(out, t->last);
	if (a->before != 0)
		buf_printf(out, "  %+lld keys, %+lld bytes",
		    (long long)(t->keys - t->old_keys),
		    (long long)(t->bytes - t->old_bytes));
	buf_char(out, '\n');
}

static void
put_growth(const struct audit *a, struct buf *out)
{
	int64_t elapsed = a->now - a->before;
	double hours = (double)elapsed / HOUR_MS;

	if (a->before == 0) {
		buf_puts(out, "growth: the next audit tells it\n");
		return;
	}
	buf_puts(out, "growth since ");
	put_time(out, a->before);
	if (elapsed > 0)
		buf_printf(out, ": %+.0f keys and %+.0f bytes an hour",
		    (double)(a->all.keys - a->all.old_keys) / hours,
		    (double)(a->all.bytes - a->all.old_bytes) / hours);
	buf_char(out, '\n');
}

void
audit_print(const struct audit *a, struct buf *out)
{
	const struct tally **list = sorted(a);
	size_t i;

	buf_printf(out, "%-12s %11s %14s %7s %9s %9s  %-16s  %-16s%s\n",
	    "class", "keys", "bytes", "share", "no expiry", "expired",
	    "first expiry", "last expiry", a->before != 0 ? "  growth" : "");
	for (i = 0; i < a->classes.count; i++)
		put_row(a, list[i], out);
	put_row(a, &a->all, out);
	if (a->all.damaged > 0)
		buf_printf(out, "damaged: %lld keys hold no record\n",
		    (long long)a->all.damaged);
	if (a->usage.bytes > 0)
		buf_printf(out, "with all overhead: %lld bytes",
		    (long long)a->usage.bytes);
	if (a->usage.bytes > 0 && a->usage.limit > 0)
		buf_printf(out, " of %lld", (long long)a->usage.limit);
	if (a->usage.bytes > 0)
		buf_char(out, '\n');
	put_growth(a, out);
	free(list);
}

static void
json_tally(const struct audit *a, const struct tally *t, struct buf *out)
{
	buf_puts(out, "{\"class\":");
	text_json(out, span_of(t->klass));
	buf_printf(out, ",\"keys\":%lld,\"bytes\":%lld,\"share\":%lld.%lld,"
	    "\"no_expiry\":%lld,\"expired\":%lld,\"damaged\":%lld",
	    (long long)t->keys, (long long)t->bytes,
	    (long long)share(a, t) / 10, (long long)share(a, t) % 10,
	    (long long)t->endless, (long long)t->expired,
	    (long long)t->damaged);
	if (t->first != 0)
		buf_printf(out, ",\"first_expiry\":%lld,\"last_expiry\":%lld",
		    (long long)t->first, (long long)t->last);
	if (a->before != 0)
		buf_printf(out, ",\"new_keys\":%lld,\"new_bytes\":%lld",
		    (long long)(t->keys - t->old_keys),
		    (long long)(t->bytes - t->old_bytes));
	buf_char(out, '}');
}

void
audit_json(const struct audit *a, struct buf *out)
{
	const struct tally **list = sorted(a);
	size_t i;

	buf_printf(out, "{\"time\":%lld", (long long)a->now);
	if (a->before != 0)
		buf_printf(out, ",\"before\":%lld", (long long)a->before);
	if (a->usage.bytes > 0)
		buf_printf(out, ",\"taken\":%lld", (long long)a->usage.bytes);
	if (a->usage.limit > 0)
		buf_printf(out, ",\"limit\":%lld", (long long)a->usage.limit);
	buf_puts(out, ",\"total\":");
	json_tally(a, &a->all, out);
	buf_puts(out, ",\"classes\":[");
	for (i = 0; i < a->classes.count; i++) {
		if (i > 0)
			buf_char(out, ',');
		json_tally(a, list[i], out);
	}
	buf_puts(out, "]}");
	free(list);
}
