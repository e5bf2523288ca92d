/*
 * links - the links of a message: what rules see of each (as SpamAssassin
 * 4.0.1 does), and what its reader does.
 */
#include "base/buf.h"
#include "mail/links.h"
#include "mail/urltext.h"
#include "test/unit/test.h"

/* "|" between forms, in the order of the alphabet. */
static const struct form {
	const char *text, *forms;
} forms[] = {
	{ "http://example.com/a", "http://example.com/a" },
	{ "http://example.com?id=3",
	    "http://example.com/?id=3|http://example.com?id=3" },
	{ "http://example.com:80/x",
	    "http://example.com/x|http://example.com:80/x" },
	{ "HTTP://example.com:80/x", "HTTP://example.com:80/x" },
	{ "http://example.com\\x\\y",
	    "http://example.com/x/y|http://example.com\\x\\y" },
	{ "http://%77ww.example.com/%7efoo%20",
	    "http://%77ww.example.com/%7efoo%20|"
	    "http://www.example.com/~foo%20" },
	{ "http://example.com/&#97;&#x0062;&#12290;",
	    "http://example.com/&#97;&#x0062;&#12290|"
	    "http://example.com/ab&#12290" },
	{ "http://exampl&#x65;.com", NULL },
	{ "http://192.0x2.010.01/x",
	    "http://192.0x2.010.01/x|http://192.2.8.1/x" },
	{ "http://192.0x2.0.01/x", NULL },
	{ "http://3221225985/", "http://192.0.2.1/|http://3221225985/" },
	{ "http://foo/x", "http://foo/x|http://www.foo.com/x" },
	{ "http://a.com/?u=http://b.com/?v=https:/c.com&w",
	    "http://a.com/?u=http://b.com/?v=https:/c.com&w|"
	    "http://b.com/?v=https:/c.com|https://c.com|https:/c.com" },
	{ "http://go.com/to?b.com",
	    "b.com|http://b.com|http://go.com/to?b.com" },
	{ "http://u@go.com/to?b.com",
	    "b.com|http://b.com|http://u@go.com/to?b.com" },
	{ "http://u:p@example.com/", "http://u:p@example.com/" },
	{ "http://u@v@example.com/",
	    "http://example.com/|http://u@v@example.com/" },
	{ "http://example.com.../x", "http://example.com.../x|"
	    "http://example.com/x" },
	{ "http://m\303\274nchen.com/",
	    "http://m\303\274nchen.com/|http://xn--mnchen-3ya.com/" },
	{ "mailto:foo@example.com?subject=x",
	    "mailto:foo@example.com|mailto:foo@example.com?subject=x" },
	{ "mailto:foo@example.com&x.com",
	    "mailto:foo@example.com|mailto:foo@example.com&x.com" },
};

struct lab {
	struct arena arena;
	struct registry registry;
	struct links_view view;
	struct links *links;
};

/* http://go.com/to?TARGET */
static bool
redirect(void *context, struct span uri, struct span *target)
{
	const char *before = context;

	if (!span_starts(uri, before))
		return false;
	*target = span_skip(uri, strlen(before));
	return true;
}

static void
lab_open(struct lab *lab)
{
	static char redirector[] = "http://go.com/to?";
	struct error error;

	arena_init(&lab->arena);
	registry_init(&lab->registry);
	registry_add(&lab->registry, 1, span_of("com"));
	registry_add(&lab->registry, 1, span_of("org"));
	lab->view = (struct links_view){ .registry = &lab->registry,
	    .suffixes = suffixes_open("", &error), .redirect = redirect,
	    .context = redirector };
	lab->links = links_new(&lab->arena, &lab->view);
}

static void
lab_close(struct lab *lab)
{
	suffixes_close((struct suffixes *)lab->view.suffixes);
	registry_done(&lab->registry);
	arena_done(&lab->arena);
}

static int
compare(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	size_t n = x->n < y->n ? x->n : y->n;
	int order = memcmp(x->p, y->p, n);

	return order != 0 ? order : (x->n > y->n) - (x->n < y->n);
}

static void
form_rows(void)
{
	const struct link *k;
	struct buf out;
	struct lab lab;
	size_t i, n;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		lab_open(&lab);
		buf_init(&out, 4096);
		links_add_text(lab.links, span_of(forms[i].text));
		k = lab.links->count != 0 ? lab.links->items[0] : NULL;
		if (k != NULL && k->for_rules) {
			qsort(k->forms, k->form_count, sizeof(*k->forms),
			    compare);
			for (n = 0; n < k->form_count; n++) {
				buf_puts(&out, n != 0 ? "|" : "");
				buf_span(&out, k->forms[n]);
			}
		}
		CHECK_TEXT(forms[i].text, buf_string(&out),
		    forms[i].forms != NULL ? forms[i].forms : "");
		buf_done(&out);
		lab_close(&lab);
	}
}

/* One <a> each: the text shown, and what comes of it. */
static const struct shown {
	const char *name, *html, *target;
	unsigned flags;
	bool good;
} shown[] = {
	{ "honest", "<a href='http://www.example.com/x'>www.example.com</a>",
	    "http://www.example.com/x", 0, true },
	{ "same domain", "<a href='http://a.example.com'>b.example.com/x</a>",
	    "http://a.example.com/", 0, true },
	{ "other domain", "<a href='http://evil.org/'>https://example.com</a>",
	    "http://evil.org/", LINK_MISMATCH, true },
	{ "bare other host", "<a href='http://evil.org/'>example.com</a>",
	    "http://evil.org/", LINK_MISMATCH, true },
	{ "address shown", "<a href='http://evil.org/'>http://192.0.2.1/</a>",
	    "http://evil.org/", LINK_MISMATCH, true },
	{ "address behind", "<a href='http://192.0.2.1/'>example.com</a>",
	    "http://192.0.2.1/", LINK_MISMATCH, true },
	{ "mail shown", "<a href='http://evil.org/'>a@example.com</a>",
	    "http://evil.org/", 0, true },
	{ "wrapped", "<a href='https://www.google.com/url?q=http://evil.org/'>"
	    "google.com</a>", "http://evil.org/",
	    LINK_WRAPPED | LINK_MISMATCH, true },
	{ "scanned", "<a href='https://x.safelinks.protection.outlook.com/?"
	    "url=http%3A%2F%2Fexample.com'>example.com</a>",
	    "http://example.com/", LINK_WRAPPED | LINK_SCANNED, true },
	{ "without scheme", "<a href='www.example.com/x'>x</a>",
	    "http://www.example.com/x", 0, true },
	{ "without scheme, slashes", "<a href='//example.com/x'>x</a>",
	    "http://example.com/x", 0, true },
	{ "relative", "<a href='/x'>x</a>", "", 0, false },
	{ "base", "<base href='http://example.com/a/b'>"
	    "<a href='../c'>x</a>", "http://example.com/c", 0, true },
	{ "hidden", "<p style='display:none'>"
	    "<a href='http://example.com/'>x</a></p>", "http://example.com/",
	    LINK_HIDDEN, true },
	{ "hidden and shown", "<p style='display:none'>"
	    "<a href='http://example.com/'>x</a></p>"
	    "<a href='http://example.com/'>x</a>", "http://example.com/", 0,
	    true },
};

/* The last link, for a <base> is one too. */
static const struct link *
last_seen(const struct links *l)
{
	size_t i;

	for (i = l->count; i > 0; i--)
		if (l->items[i - 1]->seen)
			return l->items[i - 1];
	return NULL;
}

static void
shown_rows(void)
{
	const struct link *k;
	struct lab lab;
	size_t i;

	for (i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		lab_open(&lab);
		links_add_html(lab.links, html_parse(&lab.arena,
		    span_of(shown[i].html)));
		k = last_seen(lab.links);
		if (CHECK(shown[i].name, k != NULL)) {
			CHECK(shown[i].name, k->good == shown[i].good);
			CHECK(shown[i].name, k->flags == shown[i].flags);
			CHECK_TEXT(shown[i].name, k->good ? arena_string(
			    &lab.arena, k->target.text) : "", shown[i].target);
		}
		lab_close(&lab);
	}
}

/* Text and HTML meet in one link; the same text counts once. */
static void
merged(void)
{
	static const char html[] = "<a href='http://example.com/'>one</a>"
	    "<a href='http://example.com/'>two</a>"
	    "<img src=http://example.com/>";
	const struct link *k;
	struct lab lab;

	lab_open(&lab);
	links_add_text(lab.links, span_of("http://example.com/ and again "
	    "http://example.com/"));
	links_add_html(lab.links, html_parse(&lab.arena, span_of(html)));
	links_add_signature(lab.links, span_of("mail.example.org"));
	CHECK("merged", lab.links->count == 2);
	k = lab.links->items[0];
	CHECK("types", k->types == (1u << HTML_TYPE_A | 1u << HTML_TYPE_IMG |
	    1u << LINK_PARSED));
	CHECK("sources", k->sources == (1u << HTML_A | 1u << HTML_IMG));
	CHECK("shown", k->shown_count == 2 && span_is(k->shown[1], "two"));
	CHECK("anchors", k->anchor_count == 2);
	CHECK("hosts", k->host_count == 1 &&
	    span_is(k->hosts[0].domain, "example.com"));
	CHECK("domain", span_is(k->domain, "example.com"));
	k = lab.links->items[1];
	CHECK_TEXT("signature", link_type_name(LINK_DOMAINKEYS), "domainkeys");
	CHECK("signature", k->types == 1u << LINK_DOMAINKEYS && !k->cleaned &&
	    k->host_count == 1 && span_is(k->hosts[0].domain, "example.org"));
	CHECK("forms", lab.links->form_count == 1);
	CHECK("limits", !lab.links->full && !lab.links->truncated);
	lab_close(&lab);
}

/* Each host is looked up once, whoever asks for it first. */
static void
hosts(void)
{
	static const char html[] = "<a href='http://a.example.co.uk/1'>x</a>"
	    "<a href='http://b.example.co.uk/'>b.example.co.uk</a>"
	    "<a href='http://A.example.CO.UK/2'>a.example.co.uk</a>"
	    "<a href='http://a.example.co.uk./3'>example.co.uk</a>"
	    "<a href='http://a.example.co.uk/4'>example.org</a>"
	    "<a href='http://co.uk/5'>x</a>"
	    "<a href='http://192.0.2.1/6'>x</a>";
	struct registry all;
	const struct links *l;
	struct lab lab;
	size_t i;

	lab_open(&lab);
	registry_init(&all);
	all.otherwise = lab.view.suffixes;
	lab.view.registry = &all;
	links_add_html(lab.links, html_parse(&lab.arena, span_of(html)));
	l = lab.links;
	if (!CHECK("links", l->count == 7))
		return;
	for (i = 0; i < 5; i++) {
		CHECK("for rules", l->items[i]->host_count == 1 &&
		    span_is(l->items[i]->hosts[0].domain, "example.co.uk"));
		CHECK("for readers", span_is(l->items[i]->domain,
		    "example.co.uk"));
		CHECK("shown", (l->items[i]->flags & LINK_MISMATCH) ==
		    (i == 4 ? LINK_MISMATCH : 0u));
	}
	CHECK("final dot", span_is(l->items[3]->hosts[0].host,
	    "a.example.co.uk"));
	CHECK("suffix", l->items[5]->domain.n == 0 &&
	    span_is(l->items[5]->hosts[0].domain, "co.uk"));
	CHECK("address", l->items[6]->domain.n == 0 &&
	    span_is(l->items[6]->hosts[0].domain, "192.0.2.1"));
	registry_done(&all);
	lab_close(&lab);
}

/* Links that readers can follow, and we cannot. */
static void
test_long(void)
{
	struct buf text;
	struct lab lab;

	lab_open(&lab);
	buf_init(&text, 1 << 16);
	buf_puts(&text, "http://a.com/");
	while (text.n < URLTEXT_MAX + 100)
		buf_char(&text, 'x');
	links_add_text(lab.links, buf_contents(&text));
	CHECK("long in text", lab.links->count == 1 &&
	    (lab.links->items[0]->flags & LINK_CUT) != 0 &&
	    lab.links->items[0]->good && lab.links->form_count == 0);
	buf_reset(&text);
	buf_puts(&text, "<a href='http://b");
	while (text.n < URL_HOST_MAX + 20)
		buf_puts(&text, "%C2%AD");
	buf_puts(&text, ".com/'>x</a>");
	links_add_html(lab.links, html_parse(&lab.arena, buf_contents(&text)));
	CHECK("long host", lab.links->count == 2 &&
	    !lab.links->items[1]->good &&
	    (lab.links->items[1]->flags & LINK_CUT) != 0);
	buf_done(&text);
	lab_close(&lab);
}

static void
limits(void)
{
	struct buf text;
	struct lab lab;
	unsigned i;

	lab_open(&lab);
	buf_init(&text, 4 << 20);
	for (i = 0; i < 2 * LINKS_MAX; i++)
		buf_printf(&text, "http://h%u.com/ ", i);
	links_add_text(lab.links, buf_contents(&text));
	CHECK("links", lab.links->full && lab.links->count == LINKS_MAX);
	links_add_html(lab.links, html_parse(&lab.arena,
	    span_of("<a href='http://h0.com/'>x</a>")));
	CHECK("known link", lab.links->count == LINKS_MAX &&
	    lab.links->items[0]->sources == 1u << HTML_A);
	lab_close(&lab);

	/* Each form of 8 kB leads to one a little shorter. */
	lab_open(&lab);
	buf_reset(&text);
	while (text.n < URL_MAX - 10)
		buf_puts(&text, "http://h.com/");
	links_add(lab.links, buf_contents(&text));
	links_add_text(lab.links, span_of("http://w.com/"));
	CHECK("wraps", (lab.links->items[0]->flags & LINK_DEEP) != 0 &&
	    lab.links->items[0]->wraps == URLWRAP_DEPTH);
	buf_puts(&text, "xxxxxxxxxxxxxxxxxxxxxxxx");
	links_add(lab.links, buf_contents(&text));
	CHECK("cut", lab.links->truncated);
	buf_done(&text);
	lab_close(&lab);

	lab_open(&lab);
	buf_init(&text, 1 << 16);
	for (i = 0; i <= LINK_TARGETS_MAX; i++)
		buf_printf(&text, "http://h%u.com/", i);
	links_add_text(lab.links, buf_contents(&text));
	CHECK("targets", lab.links->full && lab.links->count == 1 &&
	    lab.links->form_count >= LINK_TARGETS_MAX);
	buf_done(&text);
	lab_close(&lab);
}

/* A table of contents leads to one place by many names. */
static void
many_shown(void)
{
	struct buf html;
	struct lab lab;
	unsigned i;

	lab_open(&lab);
	buf_init(&html, 1 << 16);
	for (i = 0; i < 100; i++)
		buf_printf(&html, "<a href=http://a.com/>chapter %u</a>", i);
	links_add_html(lab.links, html_parse(&lab.arena,
	    arena_span(&lab.arena, buf_contents(&html))));
	CHECK("many shown", !lab.links->full);
	CHECK("many shown", lab.links->items[0]->shown_count == 100 &&
	    lab.links->items[0]->anchor_count == 100);
	for (; i <= LINK_SHOWN_MAX; i++)
		buf_printf(&html, "<a href=http://a.com/>chapter %u</a>", i);
	links_add_html(lab.links, html_parse(&lab.arena, buf_contents(&html)));
	CHECK("too many", lab.links->full);
	buf_done(&html);
	lab_close(&lab);
}

/* A long <base> is not put before each of many short links. */
static void
long_base(void)
{
	const struct html *h;
	struct buf html;
	struct lab lab;
	unsigned i;
	size_t used;

	lab_open(&lab);
	buf_init(&html, 1 << 20);
	buf_puts(&html, "<base href=http://a.com/");
	for (i = 0; i < HTML_URL_MAX - 40; i++)
		buf_char(&html, 'x');
	buf_puts(&html, "/>");
	for (i = 0; i < HTML_LINKS_MAX - 1; i++)
		buf_puts(&html, "<img src=x>");
	h = html_parse(&lab.arena, buf_contents(&html));
	CHECK("long base", lab.arena.used < 100 * html.n);
	CHECK("long base", h->limits == 1u << HTML_LIMIT_URL);
	CHECK("long base, rules", h->rules->uri_count == 3 &&
	    span_is(h->rules->uris[2].uri, "x"));
	used = lab.arena.used;
	links_add_html(lab.links, h);
	CHECK("long base, links", lab.links->full);
	CHECK("long base, links",
	    lab.arena.used - used < 2 * (size_t)LINKS_WORK_MAX);
	buf_done(&html);
	lab_close(&lab);
}

int
main(void)
{
	form_rows();
	shown_rows();
	merged();
	hosts();
	test_long();
	limits();
	many_shown();
	long_base();
	return test_end();
}
