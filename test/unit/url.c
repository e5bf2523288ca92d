/* url - one URL normalised, and what is odd about it. */
#include "mail/url.h"
#include "mail/urlscript.h"
#include "test/unit/test.h"

static const struct row {
	const char *name, *input, *text, *host;
	unsigned flags;
} rows[] = {
	{ "plain", "http://www.example.com/a?b#c",
	    "http://www.example.com/a?b#c", "www.example.com", 0 },
	{ "case", "HTTP://WWW.Example.COM/Path", "http://www.example.com/Path",
	    "www.example.com", 0 },
	{ "no path", "https://example.com", "https://example.com/",
	    "example.com", 0 },
	{ "own port", "https://example.com:443/", "https://example.com/",
	    "example.com", 0 },
	{ "odd port", "https://example.com:8443/",
	    "https://example.com:8443/", "example.com", URL_PORT_ODD },
	{ "user", "https://paypal.com@evil.example/",
	    "https://paypal.com@evil.example/", "evil.example", URL_USERINFO },
	{ "user with @", "http://a@b:c@evil.example/",
	    "http://a%40b:c@evil.example/", "evil.example", URL_USERINFO },
	{ "backslashes", "http:\\\\evil.example\\x", "http://evil.example/x",
	    "evil.example", URL_BACKSLASH },
	{ "backslash before @", "http://evil.example\\@good.example/",
	    "http://evil.example/@good.example/", "evil.example",
	    URL_BACKSLASH },
	{ "one slash", "http:/evil.example", "http://evil.example/",
	    "evil.example", URL_SLASHES },
	{ "many slashes", "http:////evil.example", "http://evil.example/",
	    "evil.example", URL_SLASHES },
	{ "tab and line end inside", " ht\ttp://evil.ex\r\nample/ ",
	    "http://evil.example/", "evil.example", URL_CONTROL },
	{ "dots", "http://example.com/a/./b/../c/%2e%2E/d",
	    "http://example.com/a/d", "example.com", URL_DOTS | URL_ESCAPED },
	{ "escaped host", "http://%65xample.com/", "http://example.com/",
	    "example.com", URL_HOST_ESCAPED | URL_ESCAPED },
	{ "final dot", "http://example.com./", "http://example.com./",
	    "example.com", URL_HOST_ODD },
	{ "ideographic dot", "http://example\343\200\202com/",
	    "http://example.com/", "example.com", URL_HOST_ODD },
	{ "wide letters", "http://\357\275\205xample.com/",
	    "http://example.com/", "example.com", URL_HOST_ODD },
	{ "soft hyphen", "http://exam\302\255ple.com/", "http://example.com/",
	    "example.com", URL_HOST_ODD },
	{ "zero width space", "http://exam\342\200\213ple.com/",
	    "http://example.com/", "example.com", URL_HOST_ODD },
	{ "IDN", "http://M\303\234nchen.de/", "http://xn--mnchen-3ya.de/",
	    "xn--mnchen-3ya.de", URL_IDN },
	{ "emoji", "http://i\342\235\244\357\270\217.ws/",
	    "http://xn--i-7iq.ws/", "xn--i-7iq.ws", URL_IDN | URL_HOST_ODD },
	{ "Cyrillic a in Latin", "http://p\320\260ypal.com/",
	    "http://xn--pypal-4ve.com/", "xn--pypal-4ve.com",
	    URL_IDN | URL_MIXED },
	{ "the same as A-label", "http://xn--pypal-4ve.com/",
	    "http://xn--pypal-4ve.com/", "xn--pypal-4ve.com",
	    URL_IDN | URL_MIXED },
	{ "all Cyrillic lookalikes",
	    "http://\320\260\321\200\321\200\323\217\320\265.com/",
	    "http://xn--80ak6aa92e.com/", "xn--80ak6aa92e.com",
	    URL_IDN | URL_LOOKALIKE },
	{ "Japanese with Latin", "http://go\344\276\213\343\201\210.jp/",
	    "http://xn--go-s73as50l.jp/", "xn--go-s73as50l.jp", URL_IDN },
	{ "address", "http://192.0.2.1/", "http://192.0.2.1/", "192.0.2.1",
	    URL_IP },
	{ "one number", "http://3221225985/", "http://192.0.2.1/",
	    "192.0.2.1", URL_IP | URL_IP_ODD },
	{ "hexadecimal", "http://0xC0000201/", "http://192.0.2.1/",
	    "192.0.2.1", URL_IP | URL_IP_ODD },
	{ "octal", "http://0300.0.02.01/", "http://192.0.2.1/", "192.0.2.1",
	    URL_IP | URL_IP_ODD },
	{ "short", "http://192.513/", "http://192.0.2.1/", "192.0.2.1",
	    URL_IP | URL_IP_ODD },
	{ "wide digits", "http://\357\274\221.2.3.4/", "http://1.2.3.4/",
	    "1.2.3.4", URL_IP | URL_HOST_ODD },
	{ "IPv6", "http://[2001:DB8:0::0:1]/", "http://[2001:db8::1]/",
	    "[2001:db8::1]", URL_IP },
	{ "mapped", "http://[::ffff:192.0.2.1]/", "http://[::ffff:c000:201]/",
	    "[::ffff:c000:201]", URL_IP | URL_IP_ODD },
	{ "no dot", "http://localhost/", "http://localhost/", "localhost",
	    URL_NUMERIC },
	{ "entity", "http://example.com/?a&#61;b",
	    "http://example.com/?a&#61;b", "example.com", URL_ENTITY },
	{ "mail", "mailto:Foo@Example.COM?subject=x",
	    "mailto:Foo@Example.COM?subject=x", "example.com", 0 },
	{ "mail, escaped", "mailto:foo%40example.com",
	    "mailto:foo%40example.com", "example.com", 0 },
	{ "script", "JavaScript:alert(1)", "javascript:alert(1)", "", 0 },
	{ "bad address", "http://192.0.2.256/", NULL, "", 0 },
	{ "five parts", "http://1.2.3.4.5/", NULL, "", 0 },
	{ "no host", "http:///", NULL, "", 0 },
	{ "control in host", "http://a\001b/", NULL, "", 0 },
	{ "port too large", "http://example.com:65536/", NULL, "", 0 },
	{ "relative without base", "foo/bar", NULL, "", 0 },
};

static const struct based {
	const char *base, *input, *text;
} based[] = {
	{ "http://example.com/a/b?c", "d", "http://example.com/a/d" },
	{ "http://example.com/a/b?c", "?d", "http://example.com/a/b?d" },
	{ "http://u@example.com:81/a", "/d", "http://u@example.com:81/d" },
	{ "http://example.com/a/b?c", "//other.example",
	    "http://other.example/" },
	{ "https://example.com/a", "http:d", "http://d/" },
	{ "mailto:a@example.com", "x", NULL },
};

static const struct canonical {
	const char *input, *text;
} canonical[] = {
	{ "http://u:p@EXAMPLE.com.:80/%7ea%2fb?%41=%c3%a9#f",
	    "http://example.com/~a%2Fb?A=%C3%A9" },
	{ "https://example.com:8443/", "https://example.com:8443/" },
	{ "mailto:foo%40M\303\234nchen.de,b@c.de?subject=x",
	    "mailto:foo@xn--mnchen-3ya.de" },
	{ "mailto:%66oo@M\303\234nchen.de?subject=x",
	    "mailto:foo@xn--mnchen-3ya.de" },
	{ "tel:+49123", "tel:+49123" },
};

static void
one_row(struct arena *arena, const struct row *r)
{
	struct url url;
	bool good = url_parse(arena, span_of(r->input), NULL, &url);

	CHECK(r->name, good == (r->text != NULL));
	if (!good || r->text == NULL)
		return;
	CHECK_TEXT(r->name, arena_string(arena, url.text), r->text);
	CHECK_TEXT(r->name, arena_string(arena, url.host), r->host);
	if (!CHECK(r->name, url.flags == r->flags))
		fprintf(stderr, "  got %#x, wanted %#x\n", url.flags, r->flags);
}

static void
with_base(struct arena *arena, const struct based *r)
{
	struct url base, url;
	bool good;

	CHECK(r->input, url_parse(arena, span_of(r->base), NULL, &base));
	good = url_parse(arena, span_of(r->input), &base, &url);
	CHECK(r->input, good == (r->text != NULL));
	if (good && r->text != NULL)
		CHECK_TEXT(r->input, arena_string(arena, url.text), r->text);
}

/* Long input is cut, and a long host refused; neither takes long. */
static void
limits(struct arena *arena)
{
	size_t n = 3 * URL_MAX;
	char *p = arena_bytes(arena, n);
	struct url url;

	memset(p, 'a', n);
	memcpy(p, "http://h.example/", 17);
	CHECK("cut", url_parse(arena, span_make(p, n), NULL, &url));
	CHECK("cut", (url.flags & URL_CUT) != 0 && url.text.n == URL_MAX);
	CHECK("whole", url_parse(arena, span_make(p, URL_MAX), NULL, &url));
	CHECK("whole", (url.flags & URL_CUT) == 0);
	memset(p + 7, 'a', n - 7);
	CHECK("host", !url_parse(arena, span_make(p, n), NULL, &url));
}

int
main(void)
{
	struct arena arena;
	struct url url;
	size_t i;

	arena_init(&arena);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		one_row(&arena, &rows[i]);
	for (i = 0; i < sizeof(based) / sizeof(based[0]); i++)
		with_base(&arena, &based[i]);
	for (i = 0; i < sizeof(canonical) / sizeof(canonical[0]); i++)
		if (CHECK("canonical", url_parse(&arena,
		    span_of(canonical[i].input), NULL, &url)))
			CHECK_TEXT(canonical[i].input, arena_string(&arena,
			    url_canonical(&arena, &url)), canonical[i].text);
	CHECK_TEXT("unescape", arena_string(&arena, url_unescape(&arena,
	    span_of("a%20b%zz%4"))), "a b%zz%4");
	limits(&arena);
	arena_done(&arena);
	return test_end();
}
