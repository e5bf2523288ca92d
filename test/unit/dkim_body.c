/* dkim_body - canonical bodies and their hashes. */
#include "auth/dkim_body.h"

#include <openssl/evp.h>

#include "auth/dkim_secret.h"
#include "base/buf.h"
#include "test/unit/test.h"

/* A canonical form is right when its hash is that of the bytes written here. */
static const struct row {
	const char *name;
	const char *body;
	const char *simple;
	const char *relaxed;
} rows[] = {
	{"3.4.6: the example", " C \r\nD \t E\r\n\r\n\r\n",
	    " C \r\nD \t E\r\n", " C\r\nD E\r\n"},
	{"3.4.3: empty", "", "\r\n", ""},
	{"one line end", "\r\n", "\r\n", ""},
	{"many line ends", "\r\n\r\n\r\n", "\r\n", ""},
	{"no line end", "a", "a\r\n", "a\r\n"},
	{"blanks only", " \t \r\n", " \t \r\n", ""},
	{"blanks without line end", " ", " \r\n", ""},
	{"blank lines inside", "a\r\n\r\n\r\nb\r\n", "a\r\n\r\n\r\nb\r\n",
	    "a\r\n\r\n\r\nb\r\n"},
	{"lines of blanks inside", "a\r\n \r\n\t\r\nb\r\n",
	    "a\r\n \r\n\t\r\nb\r\n", "a\r\n\r\n\r\nb\r\n"},
	{"lines of blanks at the end", "a\r\n \r\n\t\r\n",
	    "a\r\n \r\n\t\r\n", "a\r\n"},
	{"blanks at the start of a line", "\t  a\r\n b\r\n",
	    "\t  a\r\n b\r\n", " a\r\n b\r\n"},
	{"two spaces", "a  b\r\n", "a  b\r\n", "a b\r\n"},
	{"a tab", "a\tb\r\n", "a\tb\r\n", "a b\r\n"},
	{"space before a line end", "a \r\nb \t\r\n", "a \r\nb \t\r\n",
	    "a\r\nb\r\n"},
	{"bare LF", "a\nb \n\n", "a\r\nb \r\n", "a\r\nb\r\n"},
	{"bare CR", "a\rb\r\r\n\r", "a\rb\r\r\n\r\r\n", "a\rb\r\r\n\r\r\n"},
	{"space before a bare CR", "a \rb\r\n", "a \rb\r\n", "a \rb\r\n"},
	{"vertical tab is no blank", "a\v \v\r\n", "a\v \v\r\n",
	    "a\v \v\r\n"},
	{"8-bit", "\xc3\xa4  \xff\r\n", "\xc3\xa4  \xff\r\n",
	    "\xc3\xa4 \xff\r\n"},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* Hashes and lengths, as text that can be compared. */
static void
hash(struct buf *out, const char *body, const struct dkim_body_terms *terms,
    size_t piece)
{
	struct dkim_body *b = dkim_body_new(terms);
	struct span rest = span_of(body), digest;
	struct arena arena;

	arena_init(&arena);
	for (; rest.n != 0; rest = span_skip(rest, piece))
		dkim_body_add(b, span_head(rest, piece));
	digest = dkim_body_end(b);
	buf_reset(out);
	buf_printf(out, "%llu ", (unsigned long long)dkim_body_bytes(b));
	buf_span(out, dkim_base64(&arena, digest));
	dkim_body_free(b);
	arena_done(&arena);
}

/* The bytes given are canonical in both forms, save the empty ones. */
static void
expect(struct buf *out, const char *canonical, int64_t length)
{
	struct dkim_body_terms terms = { canonical[0] == '\0', false, length };

	hash(out, canonical, &terms, strlen(canonical) + 1);
}

static void
test_rows(void)
{
	struct buf got, wanted;
	size_t i, piece;
	int relaxed;

	buf_init(&got, 200);
	buf_init(&wanted, 200);
	for (i = 0; i < ROWS; i++) {
		for (relaxed = 0; relaxed < 2; relaxed++) {
			struct dkim_body_terms terms = { relaxed != 0, false,
			    -1 };

			expect(&wanted, relaxed ? rows[i].relaxed :
			    rows[i].simple, -1);
			for (piece = 1; piece < 6; piece++) {
				hash(&got, rows[i].body, &terms, piece);
				CHECK_TEXT(rows[i].name, buf_string(&got),
				    buf_string(&wanted));
			}
			hash(&got, rows[i].body, &terms, 1000);
			CHECK_TEXT(rows[i].name, buf_string(&got),
			    buf_string(&wanted));
		}
	}
	buf_done(&got);
	buf_done(&wanted);
}

/* RFC 6376 section 3.4.4 for one line, byte by byte. */
static void
reduce(const char *line, char *out)
{
	for (; *line != '\0'; line++) {
		if (*line != ' ' && *line != '\t')
			*out++ = *line;
		else if (line[1] != ' ' && line[1] != '\t' && line[1] != '\r')
			*out++ = ' ';
	}
	*out = '\0';
}

/* Two bytes anywhere in a line that may be one space afterwards. */
static void
test_places(void)
{
	static const char *const pairs[] = {"  ", " \t", "\t ", " x", "x ",
	    "\tx", " \v"};
	const struct dkim_body_terms terms = { true, false, -1 };
	static const char line[] =
	    "ab!~\x7f\xff\x80\x10\x19_hijklmnopqrstuvw.\r\n";
	char body[sizeof(line)], canonical[sizeof(line)], name[40];
	struct buf got, wanted;
	size_t i, k, n;

	buf_init(&got, 200);
	buf_init(&wanted, 200);
	for (i = 0; i + 4 < sizeof(line); i++)
		for (k = 0; k < sizeof(pairs) / sizeof(pairs[0]); k++) {
			memcpy(body, line, sizeof(line));
			memcpy(body + i, pairs[k], 2);
			reduce(body, canonical);
			hash(&got, body, &terms, sizeof(body));
			expect(&wanted, canonical, -1);
			snprintf(name, sizeof(name), "pair %zu at %zu", k, i);
			CHECK_TEXT(name, buf_string(&got),
			    buf_string(&wanted));
		}
	for (n = 2; n < sizeof(line); n++) {
		memcpy(body, line + sizeof(line) - 1 - n, n + 1);
		hash(&got, body, &terms, n);
		expect(&wanted, n == 2 ? "" : body, -1);
		CHECK_TEXT("no white space", buf_string(&got),
		    buf_string(&wanted));
	}
	buf_done(&got);
	buf_done(&wanted);
}

/* RFC 6376 sections 3.4.3 and 3.4.4 give these; the last from section A.2. */
static void
test_known(void)
{
	static const struct {
		const char *name, *body;
		struct dkim_body_terms terms;
		const char *hash;
	} known[] = {
		{"simple sha1", "", {false, true, -1},
		    "2 uoq1oCgLlTqpdDX/iUbLy7J1Wic="},
		{"simple sha256", "", {false, false, -1},
		    "2 frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY="},
		{"relaxed sha1", "", {true, true, -1},
		    "0 2jmj7l5rSw0yVb/vlWAYkK/YBwk="},
		{"relaxed sha256", "", {true, false, -1},
		    "0 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
		{"A.2", "Hi.\r\n\r\nWe lost the game. Are you hungry yet?\r\n"
		    "\r\nJoe.\r\n", {false, false, -1},
		    "54 2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="},
		{"l=0", "abc\r\n", {false, false, 0},
		    "5 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
		{"l=2 of an empty body", "", {false, false, 2},
		    "2 frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY="},
	};
	struct buf got;
	size_t i;

	buf_init(&got, 200);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		hash(&got, known[i].body, &known[i].terms, 7);
		CHECK_TEXT(known[i].name, buf_string(&got), known[i].hash);
	}
	buf_done(&got);
}

/* l= counts canonical bytes, wherever pieces and changed lines fall. */
static void
test_length(void)
{
	static const char canonical[] = "a b\r\n\r\nc\r\n";
	struct dkim_body_terms terms = { true, false, 0 };
	unsigned char digest[32];
	struct arena arena;
	struct buf got;
	size_t piece;

	arena_init(&arena);
	buf_init(&got, 200);
	for (; terms.length <= 10; terms.length++) {
		EVP_Digest(canonical, (size_t)terms.length, digest, NULL,
		    EVP_sha256(), NULL);
		for (piece = 1; piece < 18; piece++) {
			hash(&got, "a  b\r\n \r\nc\r\n \r\n", &terms, piece);
			CHECK_TEXT("length", buf_string(&got),
			    arena_printf(&arena, "10 %.*s", SPAN_ARG(
			    dkim_base64(&arena, span_make((char *)digest,
			    sizeof(digest))))).p);
		}
	}
	buf_done(&got);
	arena_done(&arena);
}

/* One hash for all who want the same; up to a limit. */
static void
test_shared(void)
{
	static const struct dkim_body_terms others[] = {
		{ false, false, -1 }, { true, true, -1 }, { true, false, 0 },
	};
	struct dkim_body_terms terms = { true, false, -1 };
	struct dkim_bodies bodies = { .count = 0 };
	struct dkim_body *first = dkim_bodies_want(&bodies, &terms);
	struct span once;
	size_t i;

	for (i = 0; i < 3; i++)
		CHECK("another", dkim_bodies_want(&bodies, &others[i]) !=
		    first);
	CHECK("the same", dkim_bodies_want(&bodies, &terms) == first);
	CHECK("found", dkim_bodies_find(&bodies, &terms) == first);
	CHECK("as many as differ", bodies.count == 4);
	for (terms.length = 1; bodies.count < DKIM_BODIES_MAX; terms.length++)
		CHECK("room", dkim_bodies_want(&bodies, &terms) != NULL);
	CHECK("no room", dkim_bodies_want(&bodies, &terms) == NULL);
	CHECK("not there", dkim_bodies_find(&bodies, &terms) == NULL);
	dkim_bodies_add(&bodies, span_of("a"));
	once = dkim_body_end(first);
	CHECK("ended twice", span_eq(once, dkim_body_end(first)));
	CHECK("bytes", dkim_body_bytes(first) == 3);
	dkim_body_end(bodies.each[1]);
	CHECK("fed once each", dkim_body_bytes(bodies.each[1]) == 3);
	dkim_bodies_done(&bodies);
	CHECK("empty", bodies.count == 0);
}

int
main(void)
{
	test_rows();
	test_places();
	test_known();
	test_length();
	test_shared();
	return test_end();
}
