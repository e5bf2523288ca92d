/*
 * fill - what makes a Redis grow to a number of keys, for "redis-cli --pipe":
 * what mail has left there comes again and again under other keys of the same
 * length, so that classes, sizes and times of expiry have the proportions of
 * real ones.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "store/record.h"
#include "store/redis.h"
#include "store/redis_name.h"

#define DIGITS 5	/* of the number that makes a key another one */
#define BASE 36
#define KEYS_MAX 60000000	/* fewer than BASE^DIGITS */
#define MODELS_MAX 200000
#define PREFIX "postern:"

struct models {
	struct arena arena;
	struct store_record *records;
	size_t count, room;
};

/*
 * What hosts keep of themselves is not of mail, and buckets are gone in a
 * minute.
 */
static bool
of_mail(struct span key)
{
	static const char *const classes[] = {
		"acct", "acct-bad", "acct-fresh", "acct-sent", "acct-usual",
		"grey", "greyhabit", "reply", "reputation", "trustspam",
	};
	size_t i;

	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (span_is(record_class(key), classes[i]))
			return true;
	return false;
}

static bool
take_model(void *context, const struct store_record *r)
{
	struct models *m = context;

	if (!of_mail(r->key) || record_expired(r->bytes, clock_wall()) ||
	    r->key.n - record_class(r->key).n < 2 + DIGITS)
		return true;
	m->records = arena_room(&m->arena, m->records, m->count,
	    sizeof(m->records[0]), &m->room);
	m->records[m->count++] = (struct store_record) {
		arena_span(&m->arena, r->key), arena_span(&m->arena, r->bytes),
	};
	return m->count < MODELS_MAX;
}

/* A number in the middle of the key, where bytes of no other record are. */
static size_t
another(const struct store_record *model, int64_t number,
    char name[REDIS_NAME_MAX])
{
	struct span klass = record_class(model->key);
	struct span key = span_skip(model->key, klass.n + 2);
	char bytes[STORE_KEY_MAX], text[STORE_CLASS_MAX + 1];
	size_t at = (key.n - DIGITS) / 2;
	int i;

	memcpy(text, klass.p, klass.n);
	text[klass.n] = '\0';
	memcpy(bytes, key.p, key.n);
	for (i = DIGITS; i-- > 0; number /= BASE)
		bytes[at + (size_t)i] = "0123456789abcdefghijklmnopqrstuvwxyz"
		    [number % BASE];
	key.p = bytes;
	return name_put(span_of(PREFIX), name_tag(key), text,
	    (unsigned char)model->key.p[klass.n + 1], key, name);
}

static void
write_set(const struct store_record *model, int64_t number, int64_t now)
{
	char name[REDIS_NAME_MAX], left[24];
	size_t n = another(model, number, name);
	int digits = snprintf(left, sizeof(left), "%lld",
	    (long long)(record_expiry(model->bytes) - now));

	printf("*5\r\n$3\r\nSET\r\n$%zu\r\n", n);
	fwrite(name, 1, n, stdout);
	printf("\r\n$%zu\r\n", model->bytes.n);
	fwrite(model->bytes.p, 1, model->bytes.n, stdout);
	printf("\r\n$2\r\nPX\r\n$%d\r\n%s\r\n", digits, left);
}

static int
fill(const struct models *m, int64_t count)
{
	int64_t now = clock_wall(), number;

	for (number = 0; number < count; number++)
		write_set(&m->records[(size_t)number % m->count], number, now);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EX_OK;
	perror("fill");
	return EX_IOERR;
}

static int
run(struct store *store, int64_t wanted)
{
	struct models m = {.count = 0};
	struct store_usage usage;
	struct error error;
	int status = EX_OK;

	arena_init(&m.arena);
	store_usage(store, &usage);
	if (store_walk(store, NULL, take_model, &m, &error) != 0) {
		fprintf(stderr, "fill: %s\n", error.text);
		status = EX_UNAVAILABLE;
	} else if (m.count == 0) {
		fputs("fill: nothing to go by\n", stderr);
		status = EX_DATAERR;
	} else if (wanted > usage.keys) {
		status = fill(&m, wanted - usage.keys);
	}
	arena_done(&m.arena);
	return status;
}

int
main(int argc, char **argv)
{
	const char *server = argc == 3 ? argv[1] : "";
	struct redis_settings settings = {
		.kind = REDIS_SINGLE, .servers = &server, .server_count = 1,
		.master = "", .user = "", .password = "",
		.sentinel_password = "", .prefix = PREFIX,
		.connections = 4, .connect_timeout = 1000,
	};
	struct store *store;
	struct error error;
	int64_t wanted;
	int status;

	if (argc != 3 || !text_number(span_of(argv[2]), &wanted) ||
	    wanted > KEYS_MAX) {
		fputs("usage: fill HOST:PORT KEYS\n", stderr);
		return EX_USAGE;
	}
	store = store_redis(&settings, NULL, &error);
	if (store == NULL) {
		fprintf(stderr, "fill: %s\n", error.text);
		return EX_UNAVAILABLE;
	}
	status = run(store, wanted);
	store_close(store);
	return status;
}
