/* authres - Authentication-Results fields, good, sloppy and forged. */
#include "auth/authres.h"
#include "test/unit/test.h"

struct row {
	const char *name, *input;
	enum authres verdict;
	const char *id;
};

/* B.n are the examples of RFC 8601 appendix B, 2.2 is its grammar. */
static const struct row rows[] = {
	{ "B.2 none", "example.org 1; none", AUTHRES_GOOD, "example.org" },
	{ "B.3", "example.com;\r\n  spf=pass smtp.mailfrom=example.net",
	    AUTHRES_GOOD, "example.com" },
	{ "B.4", "example.com;\r\n  auth=pass (cram-md5) "
	    "smtp.auth=sender@example.net;\r\n  spf=pass "
	    "smtp.mailfrom=example.net", AUTHRES_GOOD, "example.com" },
	{ "B.5", "example.com; sender-id=fail header.from=example.com;\r\n"
	    " dkim=pass (good signature) header.d=example.com",
	    AUTHRES_GOOD, "example.com" },
	{ "B.6", "example.net;\r\n dkim=pass reason=\"good signature\"\r\n"
	    "  header.i=@mail-router.example.net;\r\n dkim=fail "
	    "reason=\"bad signature\" header.i=@newyork.example.com",
	    AUTHRES_GOOD, "example.net" },
	{ "B.7 comments everywhere", "foo.example.net (foobar) 1 (baz);\r\n"
	    " dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n"
	    "  policy (A dot can go here) . (like that) expired\r\n"
	    "  (this surprised me) = (as I wasn't expecting it) 1362471462",
	    AUTHRES_GOOD, "foo.example.net" },
	{ "2.2 quoted id", "\"my \\\"host\\\"\"; none", AUTHRES_GOOD,
	    "my \"host\"" },
	{ "2.2 comment before the id", "(evil.test) example.org; none",
	    AUTHRES_GOOD, "example.org" },
	{ "2.2 id in a comment is no id", "(example.org;) evil.test; none",
	    AUTHRES_GOOD, "evil.test" },
	{ "2.2 version without space", "example.org(x)1; none", AUTHRES_GOOD,
	    "example.org" },
	{ "2.2 local part and domain", "a; spf=pass smtp.mailfrom=x.y@b.c",
	    AUTHRES_GOOD, "a" },
	{ "2.2 quoted local part", "a; spf=pass smtp.mailfrom=\"x y\"@b.c",
	    AUTHRES_GOOD, "a" },
	{ "2.2 quoted value", "a; dkim=pass header.b=\"x/+y=\"",
	    AUTHRES_GOOD, "a" },
	{ "6532 UTF-8", "m\xc3\xbcll.example; none", AUTHRES_GOOD,
	    "m\xc3\xbcll.example" },
	{ "none in capitals", "a; NONE", AUTHRES_GOOD, "a" },
	{ "Gmail", "mx.google.com;\r\n       dkim=pass header.i=@a.b "
	    "header.s=c header.b=lGhFvP11;\r\n       arc=pass (i=1);\r\n "
	    "spf=pass (google.com: domain of a@b.c designates 192.0.2.1 as "
	    "permitted sender) smtp.mailfrom=a@b.c;\r\n dmarc=pass "
	    "(p=NONE sp=NONE dis=NONE) header.from=b.c", AUTHRES_GOOD,
	    "mx.google.com" },
	{ "OpenDKIM", "a.b; dkim=fail reason=\"signature verification "
	    "failed\" (2048-bit key; unprotected) header.d=g.h "
	    "header.i=@g.h header.b=\"LoxVUPXN\"; dkim-atps=neutral",
	    AUTHRES_GOOD, "a.b" },
	{ "unquoted IPv6", "a; iprev=pass policy.iprev=2001:db8::1",
	    AUTHRES_LOOSE, "a" },
	{ "unquoted base64", "a; dkim=pass header.b=x/+y= header.s=c",
	    AUTHRES_LOOSE, "a" },
	{ "unquoted path", "a; spf=pass smtp.mailfrom=<x@b.c>",
	    AUTHRES_LOOSE, "a" },
	{ "empty value", "a; spf=none smtp.mailfrom=; dkim=none",
	    AUTHRES_LOOSE, "a" },
	{ "final semicolon", "a; spf=none;", AUTHRES_LOOSE, "a" },
	{ "double semicolon", "a; spf=none;; dkim=none", AUTHRES_LOOSE, "a" },
	{ "no result", "a;", AUTHRES_LOOSE, "a" },
	{ "key without a type", "a; dmarc=none action=none",
	    AUTHRES_LOOSE, "a" },
	{ "underscore", "a; x_tls=pass", AUTHRES_LOOSE, "a" },
	{ "second reason", "a; x=y reason=b reason=c", AUTHRES_LOOSE, "a" },
	{ "Microsoft, no id", "spf=pass (sender IP is 192.0.2.1) "
	    "smtp.mailfrom=a.b; dkim=none (message not signed) header.d=none;"
	    "dmarc=none action=none header.from=a.b;compauth=fail reason=001",
	    AUTHRES_BROKEN, NULL },
	{ "Microsoft, id repeated", "a.b; dkim=none (message not signed) "
	    "header.d=none;a.b; dmarc=none header.from=c.d;",
	    AUTHRES_BROKEN, NULL },
	{ "nothing", "", AUTHRES_BROKEN, NULL },
	{ "id only", "a.b", AUTHRES_BROKEN, NULL },
	{ "two words for an id", "evil.test example.org; none",
	    AUTHRES_BROKEN, NULL },
	{ "address as id", "a@b; none", AUTHRES_BROKEN, NULL },
	{ "id touches a quote", "a\"b\"; none", AUTHRES_BROKEN, NULL },
	{ "list of ids", "a, b; none", AUTHRES_BROKEN, NULL },
	{ "open quote", "\"a; none", AUTHRES_BROKEN, NULL },
	{ "open comment", "a (b; none", AUTHRES_BROKEN, NULL },
	{ "open comment later", "a; spf=pass (b", AUTHRES_BROKEN, NULL },
	{ "open quote later", "a; spf=pass reason=\"b", AUTHRES_BROKEN, NULL },
	{ "method without result", "a; spf", AUTHRES_BROKEN, NULL },
	{ "method with empty result", "a; spf=", AUTHRES_BROKEN, NULL },
	{ "none is not alone", "a; none; spf=pass", AUTHRES_BROKEN, NULL },
	{ "none comes late", "a; spf=pass; none", AUTHRES_BROKEN, NULL },
	{ "result is quoted", "a; spf=\"pass\"", AUTHRES_BROKEN, NULL },
	{ "words for a property", "a; spf=pass by mail", AUTHRES_BROKEN, NULL },
	{ "control byte", "a\001b; none", AUTHRES_BROKEN, NULL },
	{ "Latin-1", "m\xfcll; none", AUTHRES_BROKEN, NULL },
	{ "8-bit method", "a; sp\xc3\xbc=pass", AUTHRES_BROKEN, NULL },
};

static void
test_limit(struct arena *arena)
{
	char text[4 * (AUTHRES_RESULTS_MAX + 2)];
	struct span id;
	size_t i;

	text[0] = 'z';
	for (i = 0; i < AUTHRES_RESULTS_MAX + 1; i++)
		memcpy(text + 1 + i * 4, ";a=b", 4);
	CHECK("at the limit", authres_parse(arena, span_make(text,
	    1 + 4 * AUTHRES_RESULTS_MAX), &id) == AUTHRES_GOOD);
	CHECK("above the limit", authres_parse(arena, span_make(text,
	    5 + 4 * AUTHRES_RESULTS_MAX), &id) == AUTHRES_BROKEN);
}

int
main(void)
{
	struct arena arena;
	struct span id;
	size_t i;

	arena_init(&arena);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		id = span_of("untouched");
		CHECK(rows[i].name, authres_parse(&arena,
		    span_of(rows[i].input), &id) == rows[i].verdict);
		CHECK(rows[i].name, span_is(id, rows[i].id != NULL ?
		    rows[i].id : "untouched"));
	}
	CHECK("NUL", authres_parse(&arena, span_make("a\0b; none", 9), &id) ==
	    AUTHRES_BROKEN);
	test_limit(&arena);
	arena_done(&arena);
	return test_end();
}
