/* urlwrap - redirectors and rewritten links opened. */
#include "mail/urlwrap.h"
#include "test/unit/test.h"

/* Parameters of a query. */
#define TEN "a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&a=1&"

static const struct row {
	const char *name, *input, *target;
	enum urlwrap_kind kind;
} rows[] = {
	{ "proofpoint1", "https://urldefense.proofpoint.com/v1/url?"
	    "u=http://evil.example/a%26b&k=oIvRg1&r=x",
	    "http://evil.example/a&b", URLWRAP_SCANNER },
	{ "proofpoint2", "https://urldefense.proofpoint.com/v2/url?"
	    "u=http-3A__www.evil.example_a-2Db-3Fc-3Dd&d=DwMFAg&c=x",
	    "http://www.evil.example/a-b?c=d", URLWRAP_SCANNER },
	{ "proofpoint3", "https://urldefense.com/v3/__https://evil.example:443/"
	    "a*b**Cc__;Iy4uLi4!!token!x$", "https://evil.example/a#b....c",
	    URLWRAP_SCANNER },
	{ "proofpoint3", "https://urldefense.com/v3/"
	    "__http://evil.example/__;!!token$", "http://evil.example/",
	    URLWRAP_SCANNER },
	{ "safelinks", "https://nam01.safelinks.protection.outlook.com/?"
	    "url=https%3A%2F%2Fevil.example%2Fa%3Fb%3Dc&data=02%7C01&sdata=x",
	    "https://evil.example/a?b=c", URLWRAP_SCANNER },
	{ "barracuda", "https://linkprotect.cudasvc.com/url?"
	    "a=https%3a%2f%2fevil.example%2f&c=E,1,x", "https://evil.example/",
	    URLWRAP_SCANNER },
	{ "cisco", "https://secure-web.cisco.com/1a2b3c/"
	    "http%3A%2F%2Fevil.example%2Fx", "http://evil.example/x",
	    URLWRAP_SCANNER },
	{ "sophos", "https://eu-west-1.protection.sophos.com/?d=evil.example&"
	    "u=aHR0cDovL2V2aWwuZXhhbXBsZS94", "http://evil.example/x",
	    URLWRAP_SCANNER },
	{ "checkpoint", "https://protect.checkpoint.com/v2/"
	    "___https://evil.example/x___.YXA6", "https://evil.example/x",
	    URLWRAP_SCANNER },
	{ "google", "https://www.google.co.uk/url?sa=t&"
	    "q=https://evil.example/%3Fa&usg=x", "https://evil.example/?a",
	    URLWRAP_KNOWN },
	{ "", "http://a.example/?" TEN TEN TEN TEN TEN TEN TEN
	    "u=http://evil.example/", "http://evil.example/",
	    URLWRAP_GENERIC },
	{ "google", "http://google.com/url?q=evil.example/x",
	    "http://evil.example/x", URLWRAP_KNOWN },
	{ "google", "https://www.google.com/url?rct=j&amp;"
	    "url=http://e.example/", "http://e.example/", URLWRAP_KNOWN },
	{ "google", "https://translate.google.co.uk/translate?u=a.example",
	    "http://a.example/", URLWRAP_KNOWN },
	{ "google-amp", "https://www.google.com/amp/s/evil.example/x",
	    "https://evil.example/x", URLWRAP_KNOWN },
	{ "google-translate", "https://evil--site-example-com.translate.goog/x",
	    "https://evil-site.example.com/x", URLWRAP_KNOWN },
	{ "bing", "https://www.bing.com/ck/a?!&&p=x&"
	    "u=a1aHR0cHM6Ly9ldmlsLmV4YW1wbGUv&ntb=1", "https://evil.example/",
	    URLWRAP_KNOWN },
	{ "facebook", "https://l.facebook.com/l.php?"
	    "u=https%3A%2F%2Fevil.example%2F&h=AT0", "https://evil.example/",
	    URLWRAP_KNOWN },
	{ "linkedin", "https://www.linkedin.com/redir/redirect?"
	    "url=http%3A%2F%2Fevil%2Eexample&urlhash=x", "http://evil.example/",
	    URLWRAP_KNOWN },
	{ "youtube", "https://www.youtube.com/redirect?v=1&q=http://e.example",
	    "http://e.example/", URLWRAP_KNOWN },
	{ "", "https://r.search.yahoo.com/_ylt=A/RU=http%3a%2f%2fevil.example"
	    "%2fx/RK=0", "http://evil.example/x/RK=0", URLWRAP_GENERIC },
	{ "", "https://t.example/c?id=1&u=https%253A%252F%252Fevil.example",
	    "https://evil.example/", URLWRAP_GENERIC },
	{ "", "https://t.example/?r=aHR0cDovL2V2aWwuZXhhbXBsZS94",
	    "http://evil.example/x", URLWRAP_GENERIC },
	{ "", "https://t.example/http://evil.example/x",
	    "http://evil.example/x", URLWRAP_GENERIC },
	{ "", "https://t.example/#https://evil.example",
	    "https://evil.example/", URLWRAP_GENERIC },
	{ "", "https://t.example/?next=//evil.example/x",
	    "http://evil.example/x", URLWRAP_GENERIC },
	{ "", "https://t.example/?q=http:x&r=https://evil.example/",
	    "https://evil.example/", URLWRAP_GENERIC },
	{ "", "https://t.example/a:b/http:c/hTTps:/evil.example/",
	    "https://evil.example/", URLWRAP_GENERIC },
	{ "plain", "https://t.example/a/b?c=d#e", NULL, 0 },
	{ "google, no target", "https://www.google.com/url?q=foo", NULL, 0 },
	{ "not google", "https://google.evil.example.com/url?q=a.example",
	    NULL, 0 },
	{ "not facebook", "https://notfacebook.com/l.php?u=a.example", NULL,
	    0 },
	{ "not below it", "https://x.translate.google.de/translate?"
	    "u=a.example", NULL, 0 },
	{ "no ending", "https://google/url?q=a.example", NULL, 0 },
	{ "http in a word", "https://t.example/?q=https", NULL, 0 },
	{ "mail", "mailto:a@b.example?body=http://c.example", NULL, 0 },
};

int
main(void)
{
	struct arena arena;
	struct urlwrap w;
	struct url url;
	size_t i;
	bool good;

	arena_init(&arena);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK(rows[i].input, url_parse(&arena, span_of(rows[i].input),
		    NULL, &url));
		good = urlwrap_open(&arena, &url,
		    url.host_kind == URL_HOST_NAME && urlwrap_knows(url.host),
		    &w);
		CHECK(rows[i].input, good == (rows[i].target != NULL));
		if (!good || rows[i].target == NULL)
			continue;
		CHECK_TEXT(rows[i].input, arena_string(&arena, w.target.text),
		    rows[i].target);
		CHECK_TEXT(rows[i].input, w.name, rows[i].name);
		CHECK(rows[i].input, w.kind == rows[i].kind);
	}
	arena_done(&arena);
	return test_end();
}
