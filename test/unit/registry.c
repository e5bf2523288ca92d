/* registry - domains as rule files delimit them. */
#include "mail/registry.h"
#include "test/unit/test.h"

static const struct {
	unsigned level;
	const char *name;
} names[] = {
	{ 1, "com" }, { 1, "uk" }, { 1, "us" }, { 1, "jp" },
	{ 1, "\344\270\255\345\233\275" }, { 2, "co.uk" }, { 2, "BLOG.com" },
	{ 3, "demon.co.uk" }, { 3, "a.city.jp" }, { 2, "ca.us" },
};

static const struct row {
	const char *url, *host, *domain;
} rows[] = {
	{ "http://www.example.com/x", "www.example.com", "example.com" },
	{ "http://com/", NULL, NULL },
	{ "http://example.org/", NULL, NULL },
	{ "https://u:p@WWW.Example.COM:80/", "www.example.com",
	    "example.com" },
	{ "http://a.b.co.uk?x", "a.b.co.uk", "b.co.uk" },
	{ "http://co.uk/", "co.uk", "co.uk" },
	{ "http://a.b.demon.co.uk/", "a.b.demon.co.uk", "b.demon.co.uk" },
	{ "http://x.blog.com/", "x.blog.com", "x.blog.com" },
	{ "http://a.b.k12.ca.us/", "a.b.k12.ca.us", "b.k12.ca.us" },
	{ "http://x.ci.boston.ma.us/", "x.ci.boston.ma.us",
	    "x.ci.boston.ma.us" },
	{ "http://a.b.c.jp/", "a.b.c.jp", "c.jp" },
	{ "http://x.y.a.city.jp/", "x.y.a.city.jp", "y.a.city.jp" },
	{ "http://a.\344\270\255\345\233\275/", "a.xn--fiqs8s",
	    "a.xn--fiqs8s" },
	{ "http://192.0.2.1:80/x", "192.0.2.1", "192.0.2.1" },
	{ "http://192.0.2.01/", NULL, NULL },
	{ "http://a_b.example.com/", "a_b.example.com", "example.com" },
	{ "http://a.ex_ample.com/", NULL, NULL },
	{ "http://-a.example.com/", NULL, NULL },
	{ "http://a..example.com/", NULL, NULL },
	{ "http://exa%6dple.com/", NULL, NULL },
	{ "mailto:foo@example.com?subject=x", "example.com", "example.com" },
	{ "mailto:foo@bar@example.com", NULL, NULL },
	{ "mailto:foo", NULL, NULL },
	{ "javascript:example.com", NULL, NULL },
	{ "cid:foo@example.com", NULL, NULL },
	{ "", NULL, NULL },
};

/* Where no rule file lists any, the public suffix list is asked. */
static void
test_open(struct arena *arena, struct registry *r)
{
	struct error error;
	struct suffixes *suffixes = suffixes_open("", &error);

	CHECK("suffixes", suffixes != NULL);
	r->otherwise = suffixes;
	CHECK("open", registry_valid(r, span_of("b.com")));
	CHECK("no such", !registry_valid(r, span_of("b.nosuchtld")));
	CHECK("no dot", !registry_valid(r, span_of("com")));
	CHECK_TEXT("open domain", arena_string(arena, registry_domain(arena, r,
	    span_of("a.b.co.uk"))), "b.co.uk");
	CHECK_TEXT("open suffix", arena_string(arena, registry_domain(arena, r,
	    span_of("co.uk"))), "co.uk");
	registry_add(r, 1, span_of("org"));
	CHECK("listed", !registry_valid(r, span_of("b.com")));
	suffixes_close(suffixes);
}

int
main(void)
{
	struct registry registry;
	struct span host, domain;
	struct arena arena;
	size_t i;
	bool good;

	arena_init(&arena);
	registry_init(&registry);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		registry_add(&registry, names[i].level, span_of(names[i].name));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		good = registry_host(&arena, &registry, span_of(rows[i].url),
		    &host, &domain);
		CHECK(rows[i].url, good == (rows[i].host != NULL));
		if (!good || rows[i].host == NULL)
			continue;
		CHECK_TEXT(rows[i].url, arena_string(&arena, host),
		    rows[i].host);
		CHECK_TEXT(rows[i].url, arena_string(&arena, domain),
		    rows[i].domain);
	}
	CHECK("zero", span_is(registry_place(span_make("http://a.com\0.org/",
	    18)), "a.com"));
	CHECK_TEXT("dots", arena_string(&arena, registry_domain(&arena,
	    &registry, span_of("..a..b.example..com.."))), "example.com");
	CHECK("blank", !registry_valid(&registry, span_of("a b.com")));
	registry_clear(&registry);
	CHECK("cleared", !registry_valid(&registry, span_of("b.com")));
	test_open(&arena, &registry);
	registry_done(&registry);
	arena_done(&arena);
	return test_end();
}
