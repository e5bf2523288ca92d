/* base_memory - span, arena, buf and map. */
#include <stdalign.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "test/unit/test.h"

static const struct {
	const char *name, *input, *expected;	/* parts between "|" */
} cuts[] = {
	{ "one part", "a", "a" },
	{ "two parts", "a,b", "a|b" },
	{ "nothing is one empty part", "", "" },
	{ "separators only", ",,", "||" },
	{ "at the ends", ",a,", "|a|" },
}, words[] = {
	{ "every blank there is", " a\t\r\n\v\fb ", "a|b" },
	{ "none", " \t ", "-" },
	{ "NBSP is no blank", "a\xc2\xa0" "b", "a\xc2\xa0" "b" },
};

static void
join(struct buf *out, struct span part, size_t n)
{
	if (n > 0)
		buf_char(out, '|');
	buf_span(out, part);
}

static void
test_cuts(void)
{
	struct span rest, part;
	struct buf out;
	size_t i, n;

	buf_init(&out, 100);
	for (i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		buf_reset(&out);
		rest = span_of(cuts[i].input);
		for (n = 0; span_cut(&rest, ',', &part); n++)
			join(&out, part, n);
		CHECK_TEXT(cuts[i].name, buf_string(&out), cuts[i].expected);
	}
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		buf_reset(&out);
		rest = span_of(words[i].input);
		for (n = 0; span_word(&rest, &part); n++)
			join(&out, part, n);
		if (n == 0)
			buf_char(&out, '-');
		CHECK_TEXT(words[i].name, buf_string(&out),
		    words[i].expected);
	}
	buf_done(&out);
}

static void
test_span(void)
{
	const struct span none = {NULL, 0}, s = span_of("Hello, World");

	CHECK("NULL", span_eq(span_of(NULL), span_make(NULL, 7)));
	CHECK("NULL is empty", span_eq(none, span_of("")));
	CHECK("eq", span_is(s, "Hello, World") && !span_is(s, "hello, world"));
	CHECK("prefix is not equal", !span_is(s, "Hello") &&
	    !span_is(span_of("Hello"), "Hello, World"));
	CHECK("ieq", span_iis(s, "hELLO, wORLD"));
	CHECK("ieq, last byte", !span_iis(s, "hELLO, wORLX") &&
	    !span_iis(s, "hELLO, wORLDX") && span_iis(span_of(NULL), ""));
	CHECK("ieq folds ASCII only", !span_ieq(span_of("\xc4"),
	    span_of("\xe4")) && !span_iis(span_of("["), "{") &&
	    !span_iis(span_of("@"), "`"));
	CHECK("starts", span_starts(s, "Hello") && !span_starts(s, "hello") &&
	    span_istarts(s, "hello") && span_starts(s, "") &&
	    !span_starts(span_of("He"), "Hello"));
	CHECK("ends", span_iends(s, "WORLD") && span_iends(s, "") &&
	    !span_iends(span_of("ld"), "world"));
	CHECK("chr", span_chr(s, 'l') == 2 && span_rchr(s, 'l') == 10 &&
	    span_chr(s, 'x') == s.n && span_rchr(s, 'x') == s.n &&
	    span_chr(none, 'x') == 0);
	CHECK("find", span_find(s, span_of("World")) == 7 &&
	    span_find(s, span_of("")) == 0 && span_find(s, s) == 0 &&
	    span_find(s, span_of("World!")) == s.n &&
	    span_find(span_of("Hell"), s) == 4);
	CHECK("skip past the end", span_skip(s, 100).n == 0 &&
	    span_skip(s, SIZE_MAX).n == 0);
	CHECK("head past the end", span_eq(span_head(s, 100), s));
	CHECK("trim", span_is(span_trim(span_of(" \t\r\n a b \v\f")), "a b") &&
	    span_trim(span_of("  ")).n == 0 && span_trim(none).n == 0);
}

#define PIECES 2000

/* Each piece is filled with its number, and is still so at the end. */
static void
test_arena_pieces(struct arena *a)
{
	static unsigned char *piece[PIECES];
	static size_t size[PIECES];
	size_t i, k, sum = 0, damaged = 0, crooked = 0, dirty = 0;

	for (i = 0; i < PIECES; i++) {
		size[i] = i % 50 == 0 ? i * 40 : i * 7 % 300;
		sum += size[i];
		if (i % 3 != 0) {
			piece[i] = (unsigned char *)arena_bytes(a, size[i]);
		} else {
			piece[i] = arena_alloc(a, size[i]);
			crooked += (uintptr_t)piece[i] % alignof(max_align_t) !=
			    0;
			for (k = 0; k < size[i]; k++)
				dirty += piece[i][k] != 0;
		}
		memset(piece[i], (int)(i & 0xff), size[i]);
	}
	for (i = 0; i < PIECES; i++)
		for (k = 0; k < size[i]; k++)
			damaged += piece[i][k] != (i & 0xff);
	CHECK("pieces do not overlap", damaged == 0);
	CHECK("aligned", crooked == 0);
	CHECK("zeroed", dirty == 0);
	CHECK("used counts all", a->used >= sum && a->used < sum + PIECES *
	    alignof(max_align_t));
}

static void
test_arena(void)
{
	struct arena a;
	char *large, *text;
	struct span s;
	size_t room;
	int i;

	arena_init(&a);
	arena_reset(&a);	/* of nothing */
	for (i = 0; i < 3; i++) {
		test_arena_pieces(&a);
		arena_reset(&a);
		CHECK("reset", a.used == 0);
	}
	arena_done(&a);
	/* A large block as the only one is not kept. */
	large = arena_bytes(&a, 1 << 20);
	memset(large, 'x', 1 << 20);
	arena_reset(&a);
	CHECK("large block not kept", a.blocks == NULL);
	/* Neither is what is too small to be of use to the next. */
	arena_bytes(&a, 1);
	room = a.left;
	arena_bytes(&a, room + 1);
	CHECK("a larger one", a.left > room);
	room += a.left;
	arena_bytes(&a, 1 << 20);
	arena_reset(&a);
	CHECK("the larger one is kept", a.left > room / 2 && a.used == 0);
	text = arena_alloc(&a, 100);
	CHECK("zeroed after a large one", text[0] == 0 && text[99] == 0);
	s = arena_span(&a, span_make("a\0b", 3));
	CHECK("span with NUL", s.n == 3 && memcmp(s.p, "a\0b", 4) == 0);
	CHECK("empty string", arena_string(&a, span_of(NULL))[0] == '\0');
	s = arena_printf(&a, "%0*d", 40000, 7);
	CHECK("long printf", s.n == 40000 && s.p[39999] == '7' &&
	    s.p[40000] == '\0');
	arena_done(&a);
	s = arena_printf(&a, "%d", 1);
	CHECK("printf first", span_is(s, "1"));
	arena_bytes(&a, a.left - 4);
	s = arena_printf(&a, "%s", "abc");
	CHECK("printf to the end", s.p == a.next - 4 && a.left == 0 &&
	    strcmp(s.p, "abc") == 0);
	s = arena_printf(&a, "%s", "abcd");
	CHECK("printf with nothing left", strcmp(s.p, "abcd") == 0);
	arena_bytes(&a, a.left - 4);
	s = arena_printf(&a, "%s", "abcd");
	CHECK("printf without room for its zero", strcmp(s.p, "abcd") == 0);
	arena_done(&a);
	arena_done(&a);
}

/* Appends 1 to 9 bytes up to and past a maximum. */
static void
test_buf_maximum(size_t max)
{
	char name[40];
	struct buf b;
	size_t i, wanted = 0, taken;

	snprintf(name, sizeof(name), "maximum of %zu", max);
	buf_init(&b, max);
	for (i = 0; wanted <= max + 10; i++) {
		taken = buf_add(&b, "123456789", i % 9 + 1);
		wanted += i % 9 + 1;
		CHECK(name, b.n == (wanted < max ? wanted : max));
		CHECK(name, b.full == (wanted > max));
		CHECK(name, taken == i % 9 + 1 || b.full);
	}
	CHECK(name, strlen(buf_string(&b)) == max);
	buf_reset(&b);
	CHECK(name, b.n == 0 && !b.full && b.max == max);
	buf_done(&b);
	buf_puts(&b, "again");
	CHECK(name, b.n == (max < 5 ? max : 5));
	buf_done(&b);
}

/* Room made in advance: what is there stays, nothing comes in past the end. */
static void
test_buf_expect(size_t max, size_t expected)
{
	size_t least = expected < max ? expected : max, i;
	const char *place;
	struct buf b;
	bool same = true;
	char name[80];

	snprintf(name, sizeof(name), "maximum %zu, %zu expected", max,
	    expected);
	buf_init(&b, max);
	buf_puts(&b, "first");
	buf_expect(&b, expected);
	CHECK(name, b.room > least && strcmp(buf_string(&b), "first") == 0);
	place = b.p;
	while (b.n < least)
		buf_char(&b, (char)('a' + b.n % 26));
	for (i = 5; i < least; i++)
		same = same && b.p[i] == (char)('a' + i % 26);
	CHECK(name, same && b.p == place && b.n == least);
	buf_expect(&b, 10);
	CHECK(name, b.p == place && b.n == least);
	buf_done(&b);
}

static void
test_buf(void)
{
	static const size_t max[] = { 0, 1, 255, 256, 257, 511, 512, 1000 };
	struct buf b;
	size_t i;

	for (i = 0; i < sizeof(max) / sizeof(max[0]); i++)
		test_buf_maximum(max[i]);
	test_buf_expect(100, 50);
	test_buf_expect(5000, 4000);
	test_buf_expect(5000, 9000);
	test_buf_expect(20 << 20, 9 << 20);
	buf_init(&b, 1000);
	CHECK("empty contents", buf_contents(&b).n == 0);
	CHECK("nothing fits always", buf_add(&b, NULL, 0) == 0 && !b.full);
	for (i = 509; i < 516; i++) {
		buf_reset(&b);
		buf_printf(&b, "%0*d|", (int)i, 1);
		CHECK("printf around its own room", b.n == i + 1 &&
		    b.p[b.n - 1] == '|' && b.p[b.n - 2] == '1');
	}
	buf_reset(&b);
	buf_printf(&b, "%01200d", 1);
	CHECK("printf past the maximum", b.n == 1000 && b.full);
	buf_done(&b);
}

#define KEYS 20000

static void
test_map_many(void)
{
	static int value[KEYS];
	char key[24];
	struct map m;
	size_t i, lost = 0, doubled = 0, disordered = 0, invented = 0;

	map_init(&m);
	for (i = 0; i < KEYS; i++) {
		snprintf(key, sizeof(key), "key-%zu", i * 7919 % KEYS);
		doubled += !map_put(&m, span_of(key), &value[i]);
	}
	for (i = 0; i < KEYS; i++) {
		snprintf(key, sizeof(key), "key-%zu", i * 7919 % KEYS);
		lost += map_find(&m, span_of(key)) != &value[i];
		doubled += map_put(&m, span_of(key), key);
		disordered += !span_is(map_key(&m, i), key) ||
		    map_value(&m, i) != &value[i];
		snprintf(key, sizeof(key), "key+%zu", i);
		invented += map_find(&m, span_of(key)) != NULL;
	}
	CHECK("20000 keys: all found", lost == 0);
	CHECK("20000 keys: each once", doubled == 0 && m.count == KEYS);
	CHECK("20000 keys: order of insertion", disordered == 0);
	CHECK("20000 keys: no others", invented == 0);
	map_done(&m);
	CHECK("done", map_find(&m, span_of("key-1")) == NULL);
}

static void
test_map(void)
{
	char key[] = "copied";
	struct map m;

	map_init(&m);
	CHECK("empty map", map_find(&m, span_of("")) == NULL);
	CHECK("empty key", map_put(&m, span_of(NULL), key) &&
	    map_find(&m, span_of("")) == key);
	CHECK("NUL in keys", map_put(&m, span_make("a\0b", 3), key) &&
	    map_find(&m, span_of("a")) == NULL &&
	    map_find(&m, span_make("a\0c", 3)) == NULL &&
	    map_find(&m, span_make("a\0b", 3)) == key);
	map_put(&m, span_of(key), key);
	key[0] = 'x';
	CHECK("the key is copied", map_find(&m, span_of("copied")) == key);
	map_done(&m);
	map_done(&m);
	test_map_many();
}

int
main(void)
{
	test_span();
	test_cuts();
	test_arena();
	test_buf();
	test_map();
	return test_end();
}
