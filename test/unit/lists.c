/* lists - what the lines of rule files enumerate. */
#include "base/buf.h"
#include "rules/glob.h"
#include "rules/lists.h"
#include "test/unit/folder.h"
#include "test/unit/test.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

static const struct {
	const char *glob, *item;
	bool all, label;	/* glob_match, glob_match_label */
} globs[] = {
	{ "", "", true, true }, { "", "a", false, false },
	{ "a", "a", true, true }, { "a", "A", false, false },
	{ "*", "", true, true }, { "*", "a.b", true, false },
	{ "a*", "ab", true, true }, { "*.b", "a.b", true, true },
	{ "*.b", "a.x.b", true, false }, { "a?c", "abc", true, true },
	{ "a?c", "ac", false, false }, { "?", "", false, false },
	{ "*a*b", "xaxxb", true, true }, { "*a*b", "xaxxbc", false, false },
	{ "**a", "a", true, true }, { "*ab", "aab", true, true },
	{ "a.*.c", "a.b.c", true, true }, { "a.*.c", "a..c", true, true },
	{ "mail.*", "mail.com", true, true },
	{ "mail.*", "mail.co.uk", true, false },
	{ "*aa.a*z", "aaaa.a.z", true, false },
};

static const char lines[] =
    "whitelist_from Joe@Example.com *@*.partner.example *ample.org\n"
    "welcomelist_from any?@x.example *\\*@star.example jane@gone.example\n"
    "unwhitelist_from JANE@gone.example absent@x.example\n"
    "blacklist_from *\n"
    "unblacklist_from *\n"
    "def_whitelist_auth *@auth.example\n"
    "whitelist_from_rcvd *@shop.example Mail.Example\n"
    "whitelist_from_rcvd *@shop.example [192.0.2.0/24]\n"
    "def_whitelist_from_rcvd out@shop.example x.example\n"
    "unwhitelist_from_rcvd out@shop.example\n"
    "whitelist_from_dkim *@d.example\n"
    "whitelist_from_dkim *@d.example signer.example\n"
    "whitelist_from_dkim *@d.example other.example\n"
    "unwhitelist_from_dkim *@d.example other.example\n"
    "enlist_addrlist (MINE) a@b.example *@c.example\n"
    "enlist_addrlist (MINE) d@e.example\n"
    "welcomelist_subject Your *order* \\#\n"
    "enlist_uri_host (H) Example.com !good.example.com 192.0.2.1\n"
    "enlist_uri_host (H) gone.example top 2001:db8::1\n"
    "enlist_uri_host (I) gone.example\n"
    "delist_uri_host (H) gone.example\n"
    "blacklist_uri_host evil.example\n"
    "freemail_domains free.example FREE.* mail.*.example\n"
    "freemail_whitelist abuse@free.example free.org\n"
    "uridnsbl_skip_domain Known.example other.example\n"
    "clear_uridnsbl_skip_domain other.example\n"
    "redirector_pattern m'^https?://r\\.example/(.*)'i\n"
    "redirector_pattern /x(y)/\n";

/* "yes" or "no", or what follows: the seconds of all that match, sorted. */
static const struct {
	const char *list, *item, *expected;
} asked[] = {
	{ "welcomelist_from", "joe@example.com", "yes" },
	{ "welcomelist_from", "joe@example.com.x", "no" },
	{ "welcomelist_from", "a@b.partner.example", "yes" },
	{ "welcomelist_from", "a@partner.example", "no" },
	{ "welcomelist_from", "a@b.c.partner.example", "yes" },
	{ "welcomelist_from", "a@sample.org", "yes" },
	{ "welcomelist_from", "a@b.ample.org", "yes" },
	{ "welcomelist_from", "any1@x.example", "yes" },
	{ "welcomelist_from", "any@x.example", "no" },
	{ "welcomelist_from", "jane@gone.example", "no" },
	{ "welcomelist_from", "", "no" },
	{ "blocklist_from", "a@b", "no" },
	{ "def_welcomelist_auth", "a@auth.example", "yes" },
	{ "welcomelist_auth", "a@auth.example", "none" },
	{ "welcomelist_from_rcvd", "a@shop.example",
	    "[192.0.2.0/24] mail.example" },
	{ "welcomelist_from_rcvd", "a@b.example", "no" },
	{ "def_welcomelist_from_rcvd", "out@shop.example", "no" },
	{ "welcomelist_from_dkim", "a@d.example", " signer.example" },
	{ "MINE", "a@b.example", "yes" }, { "MINE", "x@c.example", "yes" },
	{ "MINE", "d@e.example", "yes" }, { "MINE", "e@e.example", "no" },
	{ "YOURS", "a@b.example", "none" },
	{ "welcomelist_subject", "re: your new orders #", "yes" },
	{ "welcomelist_subject", "your #", "no" },
};

static int
compare(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	size_t n = x->n < y->n ? x->n : y->n;
	int order = memcmp(x->p, y->p, n);

	return order != 0 ? order : (int)x->n - (int)y->n;
}

static const char *
ask(const struct lists *l, const char *name, const char *item)
{
	static char out[1000];
	const struct list *list = lists_find(l, span_of(name));
	struct list_walk walk = { 0, 0 };
	struct span found[20];
	size_t i, n = 0, used = 0;
	bool second = false;

	if (list == NULL)
		return "none";
	while (n < 20 && list_next(list, span_of(item), &walk, &found[n]))
		second |= found[n++].n > 0;
	CHECK(item, list_has(list, span_of(item)) == (n > 0));
	if (!second)
		return n > 0 ? "yes" : "no";
	qsort(found, n, sizeof(found[0]), compare);
	for (i = 0; i < n; i++)
		used += (size_t)snprintf(out + used, sizeof(out) - used,
		    "%s%.*s", i > 0 ? " " : "", SPAN_ARG(found[i]));
	return out;
}

static const struct {
	const char *list, *host;
	enum listing expected;
} hosts[] = {
	{ "H", "example.com", LISTING_IN },
	{ "H", "www.example.com", LISTING_IN },
	{ "H", "good.example.com", LISTING_OUT },
	{ "H", "a.good.example.com", LISTING_OUT },
	{ "H", "notexample.com", LISTING_NONE },
	{ "H", "com", LISTING_NONE }, { "H", "a.top", LISTING_IN },
	{ "H", "192.0.2.1", LISTING_IN }, { "H", "0.2.1", LISTING_NONE },
	{ "H", "1.192.0.2", LISTING_NONE },
	{ "H", "[2001:db8::1]", LISTING_IN },
	{ "H", "gone.example", LISTING_NONE },
	{ "I", "gone.example", LISTING_IN },
	{ "I", "example.com", LISTING_NONE },
	{ "BLOCK", "x.evil.example", LISTING_IN },
	{ "WELCOME", "x.evil.example", LISTING_NONE },
	{ "H", "1.2.3.4.5.6.7.8.9.10.11.example.com", LISTING_IN },
	{ "H", "", LISTING_NONE },
};

static const struct {
	const char *text;
	bool freemail, skipped;
} others[] = {
	{ "a@free.example", true, false },
	{ "free.example", true, false },
	{ "abuse@free.example", false, false },
	{ "a@free.com", true, false },
	{ "a@free.co.uk", false, false },
	{ "a@free.org", false, false },
	{ "a@mail.de.example", true, false },
	{ "a@mail.a.b.example", false, false },
	{ "a@b.free.example", false, false },
	{ "@", false, false }, { "", false, false },
	{ "known.example", false, true },
	{ "a.known.example", false, false },
	{ "other.example", false, false },
};

static struct lists *
load(const char *text)
{
	static const struct ruleset_options options = { 0 };
	const char *path = folder_file("f", text);
	struct ruleset *set;
	struct lists *l;
	struct error e;

	set = ruleset_load(&options, &path, 1, NULL, &e);
	if (set == NULL) {
		fprintf(stderr, "%s\n", e.text);
		exit(1);
	}
	l = lists_new(set, NULL);
	ruleset_free(set);
	return l;
}

static void
test_lines(void)
{
	struct lists *l = load(lines);
	size_t i, n;

	for (i = 0; i < ROWS(asked); i++)
		CHECK_TEXT(asked[i].item, ask(l, asked[i].list,
		    asked[i].item), asked[i].expected);
	for (i = 0; i < ROWS(hosts); i++)
		CHECK(hosts[i].host, lists_uri_host(l, span_of(hosts[i].list),
		    span_of(hosts[i].host)) == hosts[i].expected);
	for (i = 0; i < ROWS(others); i++) {
		CHECK(others[i].text, lists_freemail(l,
		    span_of(others[i].text)) == others[i].freemail);
		CHECK(others[i].text, lists_skips_domain(l,
		    span_of(others[i].text)) == others[i].skipped);
	}
	CHECK("emptied", list_empty(lists_find(l, span_of("blocklist_from"))));
	CHECK("not empty", !list_empty(lists_find(l, span_of("MINE"))));
	CHECK("redirectors", lists_redirectors(l, &n)[0].regex != NULL &&
	    n == 2);
	CHECK("freemail", lists_has_freemail(l));
	lists_free(l);
}

/* "clear" forgets what stands before it. */
static void
test_clear(void)
{
	struct lists *l = load("util_rb_tld com\nutil_rb_2tld co.uk\n"
	    "clear_util_rb\nutil_rb_tld org\nuridnsbl_skip_domain a.b\n"
	    "clear_uridnsbl_skip_domain\n");
	const struct registry *registry = lists_registry(l);

	CHECK("registry", registry_valid(registry, span_of("a.org")) &&
	    !registry_valid(registry, span_of("a.com")));
	CHECK("domain", !lists_skips_domain(l, span_of("a.b")));
	CHECK("no freemail", !lists_has_freemail(l));
	lists_free(l);
}

/* Thousands of entries, and an item of many labels. */
static void
test_many(void)
{
	char item[2000] = "a@", line[100];
	struct lists *l;
	struct buf text;
	size_t i;

	buf_init(&text, 1 << 22);
	for (i = 0; i < 20000; i++) {
		snprintf(line, sizeof(line), "welcomelist_from u%zu@x.example "
		    "*@*.d%zu.example\n", i, i);
		buf_puts(&text, line);
	}
	l = load(buf_string(&text));
	buf_done(&text);
	CHECK_TEXT("exact", ask(l, "welcomelist_from", "u19999@x.example"),
	    "yes");
	CHECK_TEXT("absent", ask(l, "welcomelist_from", "u20000@x.example"),
	    "no");
	for (i = 2; i < 1900; i += 2)
		memcpy(item + i, "b.", 2);
	strcpy(item + i, "d777.example");
	CHECK_TEXT("many labels", ask(l, "welcomelist_from", item), "yes");
	lists_free(l);
}

int
main(void)
{
	size_t i;

	folder_begin();
	for (i = 0; i < ROWS(globs); i++) {
		CHECK(globs[i].glob, glob_match(span_of(globs[i].glob),
		    span_of(globs[i].item)) == globs[i].all);
		CHECK(globs[i].glob, glob_match_label(span_of(globs[i].glob),
		    span_of(globs[i].item)) == globs[i].label);
	}
	test_lines();
	test_clear();
	test_many();
	folder_end();
	return test_end();
}
