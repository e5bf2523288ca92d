/* html_sheet - what style sheets hide, and what only seems to be hidden. */
#include "base/buf.h"
#include "mail/html.h"
#include "mail/html_sheet.h"
#include "test/unit/test.h"

#define BIG 1000000

static struct arena arena;

static const char *
text(struct span s)
{
	return arena_string(&arena, s);
}

static const struct {
	const char *name, *input, *seen;
} seen[] = {
	{ "hidden class", "<style>.x{display:none}</style>a<i class=x>b</i>c",
	    "ac" },
	{ "one of several", "<style>p,.y , #z{display:none}</style>"
	    "a<i class='x Y'>b</i><i id=z>c</i><p>d</p>", "a" },
	{ "element and class", "<style>i.x{font-size:0}</style>"
	    "<b class=x>a</b><i class=x>b</i>", "a" },
	{ "class in a reference", "<style>.x{visibility:hidden}</style>"
	    "a<i class='&#120;'>b</i>", "a" },
	{ "as CSS allows", "<style><!-- /* } */ a{b:'}'} @font-face{c:d}\n"
	    "@import 'e'; .x\n{display:/**/none} --></style>"
	    "a<i class=x>b</i>", "a" },
	{ "colour of the background", "<style>td{background:#fff}.x{color:"
	    "#fefefe}</style><td bgcolor=red>a<i class=x>b</i>", "a" },
	{ "background by a class", "<style>.x{background:#123}</style>"
	    "<div class=x><font color=white>a</font></div>", "a" },
	{ "attribute overrides", "<style>.x{display:none}</style>"
	    "<i class=x style='display:inline'>a</i>", "a" },
	{ "!important does not let it", "<style>.x{display:none!important}"
	    "</style><i class=x style='display:inline'>a</i>b", "b" },
	{ "the more special one", "<style>#z{display:inline}.x{display:none}"
	    "</style><i class=x id=z>a</i>", "a" },
	{ "some screens alone", "<style>@media (max-width:9px){.x{display:none"
	    "}} @media print{.x{display:none}}</style><i class=x>a</i>", "a" },
	{ "all screens", "<style>@media screen{.x{display:none}}</style>"
	    "a<i class=x>b</i>", "a" },
	{ "shown on some", "<style>.x{display:none;font-size:0}@media(a){@media"
	    "(b){}.x{display:block!important}}</style><i class=x>a</i>", "a" },
	{ "behind such a block", "<style>@media(a){i{b:c}}.x{display:none}"
	    "</style>a<i class=x>b</i>", "a" },
	{ "media attribute", "<style media=print>.x{display:none}</style>"
	    "<i class=x>a</i>", "a" },
	{ "perhaps shown", "<style>.x{display:none}.y .x{display:block}"
	    "</style><i class=x>a</i>", "a" },
	{ "perhaps on black", "<style>.x{color:#fff}table[y] td.x{background:"
	    "#000}</style><i class=x>a</i>", "a" },
	{ "below another", "<style>.y .x{display:none}</style>"
	    "<i class=x>a</i>", "a" },
	{ "under the pointer", "<style>.x:hover{color:red}.x{color:#fff}"
	    "</style>a<i class=x>b</i>", "a" },
	{ "no sheet", "<title><style>.x{display:none}</style></title>"
	    "<i class=x>a</i>", "a" },
	{ "open sheet", "a<style>.x{display:none", "a" },
};

static void
test_seen(void)
{
	const struct html *h;
	size_t i;

	for (i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
		h = html_parse(&arena, span_of(seen[i].input));
		CHECK_TEXT(seen[i].name, text(h->visible), seen[i].seen);
		arena_reset(&arena);
	}
}

/* start, then unit as often as BIG bytes hold, then end. */
static const struct {
	const char *name, *start, *unit, *end, *seen;
	unsigned limits;
} hostile[] = {
	{ "1 MB sheet", "<style>", ".x{a:b}", ".x{display:none}</style>a"
	    "<i class=x>b", "a", 0 },
	{ "1 MB of one selector", "<style>", ".x,", "p{display:none}</style>a"
	    "<i class=x>b", "a", 0 },
	{ "open media", "<style>", "@media(a){", "</style>a", "a", 0 },
	{ "open strings", "<style>", "'{", "</style>a", "a", 0 },
	{ "closed blocks", "<style>", "}@x{{}}", ".x{display:none}</style>a"
	    "<i class=x>b", "a", 0 },
	{ "classes", "<style>.x{display:none}</style><i class='", "y ",
	    "x'>a", "a", 1u << HTML_LIMIT_SELECTORS },
	{ "a long name", "<style>.", "x", "{display:none}</style>a", "a",
	    1u << HTML_LIMIT_SELECTORS },
};

static void
test_hostile(void)
{
	const struct html *h;
	struct buf b;
	size_t i;

	for (i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		buf_init(&b, 2 * BIG);
		buf_puts(&b, hostile[i].start);
		while (b.n < BIG)
			buf_puts(&b, hostile[i].unit);
		buf_puts(&b, hostile[i].end);
		h = html_parse(&arena, buf_contents(&b));
		CHECK_TEXT(hostile[i].name, text(h->visible),
		    hostile[i].seen);
		CHECK(hostile[i].name, h->limits == hostile[i].limits);
		buf_done(&b);
		arena_reset(&arena);
	}
}

/* Different selectors, more than there is room for. */
static void
test_selectors(void)
{
	const struct html *h;
	struct buf b;
	size_t i;

	buf_init(&b, BIG);
	buf_puts(&b, "<style>");
	for (i = 0; i < HTML_SELECTORS_MAX; i++)
		buf_printf(&b, ".x%zu{display:none}", i);
	buf_puts(&b, "</style>a<i class=x9>b</i>");
	h = html_parse(&arena, buf_contents(&b));
	CHECK_TEXT("full", text(h->visible), "a");
	CHECK("full", h->limits == 0);
	buf_puts(&b, "<style>.y{display:none}</style><i class=y>c</i>");
	h = html_parse(&arena, buf_contents(&b));
	CHECK_TEXT("too many", text(h->visible), "ac");
	CHECK("too many", h->limits == 1u << HTML_LIMIT_SELECTORS);
	buf_done(&b);
}

int
main(void)
{
	arena_init(&arena);
	test_seen();
	test_hostile();
	test_selectors();
	arena_done(&arena);
	return test_end();
}
