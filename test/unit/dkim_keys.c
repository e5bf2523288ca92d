/* dkim_keys - keys that are kept, and who may use them. */
#include "auth/dkim_keys.h"

#include <pthread.h>

#include "test/unit/test.h"

#define ED "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define MANY 2000	/* more than are kept */
#define CREW 4

/* Another text of the same key, and its other member. */
static struct span
record(struct arena *arena, unsigned number, bool testing)
{
	return arena_printf(arena, "v=DKIM1; n=%u; %sk=ed25519; p=" ED, number,
	    testing ? "t=y; " : "");
}

static void
test_kept(void)
{
	struct dkim_keys *keys = dkim_keys_new();
	const struct dkim_key *a, *b, *c, *d;
	const char *why = NULL;
	struct arena arena;

	arena_init(&arena);
	a = dkim_keys_get(keys, &arena, record(&arena, 1, false), &why);
	b = dkim_keys_get(keys, &arena, record(&arena, 1, false), &why);
	CHECK("the same text", a != NULL && a == b && !a->testing);
	/* They end alike, so the place is one. */
	c = dkim_keys_get(keys, &arena, record(&arena, 1, true), &why);
	CHECK("another text", c != NULL && c != a && c->testing);
	CHECK("still usable", !a->testing && a->bits == 256);
	d = dkim_keys_get(keys, &arena, record(&arena, 1, false), &why);
	CHECK("read again", d != NULL && !d->testing);
	CHECK("a start of it", dkim_keys_get(keys, &arena,
	    span_head(record(&arena, 1, false), 13), &why) == NULL &&
	    strcmp(why, "the key record has no p= tag") == 0);
	CHECK("nothing", dkim_keys_get(keys, &arena, span_of(""), &why) ==
	    NULL);
	dkim_keys_put(a);
	dkim_keys_put(b);
	dkim_keys_put(c);
	dkim_keys_put(d);
	dkim_keys_put(NULL);
	dkim_keys_free(keys);
	arena_done(&arena);
}

/* A record that is too long to be kept is read each time. */
static void
test_long(void)
{
	struct dkim_keys *keys = dkim_keys_new();
	const struct dkim_key *a, *b;
	const char *why = NULL;
	struct arena arena;
	struct span text;

	arena_init(&arena);
	text = arena_printf(&arena, "n=%01500d; k=ed25519; p=" ED, 0);
	a = dkim_keys_get(keys, &arena, text, &why);
	b = dkim_keys_get(keys, &arena, text, &why);
	CHECK("a long record", a != NULL && b != NULL && a != b &&
	    b->bits == 256);
	dkim_keys_put(a);
	dkim_keys_put(b);
	dkim_keys_free(keys);
	arena_done(&arena);
}

struct crew {
	struct dkim_keys *keys;
	unsigned wrong;
};

/* RFC 8032 section 7.1, test 1: the signature of nothing. */
static const unsigned char signature[] = {
	0xe5, 0x56, 0x43, 0x00, 0xc3, 0x60, 0xac, 0x72, 0x90, 0x86, 0xe2, 0xcc,
	0x80, 0x6e, 0x82, 0x8a, 0x84, 0x87, 0x7f, 0x1e, 0xb8, 0xe5, 0xd9, 0x74,
	0xd8, 0x73, 0xe0, 0x65, 0x22, 0x49, 0x01, 0x55, 0x5f, 0xb8, 0x82, 0x15,
	0x90, 0xa3, 0x3b, 0xac, 0xc6, 0x1e, 0x39, 0x70, 0x1c, 0xf9, 0xb4, 0x6b,
	0xd2, 0x5b, 0xf5, 0xf0, 0x59, 0x5b, 0xbe, 0x24, 0x65, 0x51, 0x41, 0x43,
	0x8e, 0x7a, 0x10, 0x0b};

static void *
crew_main(void *argument)
{
	struct crew *c = argument;
	const struct dkim_key *key;
	const char *why = NULL;
	struct arena arena;
	unsigned i;

	arena_init(&arena);
	for (i = 0; i < MANY; i++) {
		key = dkim_keys_get(c->keys, &arena, record(&arena, i % 7,
		    i % 3 == 0), &why);
		c->wrong += key == NULL || key->testing != (i % 3 == 0) ||
		    !dkim_key_made(key, DKIM_SHA256, span_of(""),
		    span_make((const char *)signature, sizeof(signature)));
		dkim_keys_put(key);
		arena_reset(&arena);
	}
	arena_done(&arena);
	return NULL;
}

static void
test_threads(void)
{
	struct dkim_keys *keys = dkim_keys_new();
	struct crew crew[CREW];
	pthread_t threads[CREW];
	int i;

	for (i = 0; i < CREW; i++) {
		crew[i] = (struct crew){keys, 0};
		pthread_create(&threads[i], NULL, crew_main, &crew[i]);
	}
	for (i = 0; i < CREW; i++) {
		pthread_join(threads[i], NULL);
		CHECK("each verifies", crew[i].wrong == 0);
	}
	dkim_keys_free(keys);
}

int
main(void)
{
	test_kept();
	test_long();
	test_threads();
	return test_end();
}
