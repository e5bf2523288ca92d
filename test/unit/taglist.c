/* taglist - lists of tags, colon lists and base64 of RFC 6376. */
#include "auth/taglist.h"
#include "base/buf.h"
#include "test/unit/test.h"

/* expected is "name=<value>" of each tag, or the fault in brackets. */
static const struct {
	const char *name, *input, *expected;
} lists[] = {
	{ "3.2 one", "a=b", "a=<b>" },
	{ "3.2 several", "a=b;c=d; e=f", "a=<b>c=<d>e=<f>" },
	{ "3.2 final semicolon", "a=b;", "a=<b>" },
	{ "space behind it", "a=b; \r\n ", "a=<b>" },
	{ "3.2 folding white space", "\r\n\ta \r\n =\r\n b \t;", "a=<b>" },
	{ "3.2 folding inside is kept", "a=b \r\n c", "a=<b \r\n c>" },
	{ "fold without CR", "a=b\n c", "a=<b\n c>" },
	{ "3.2 empty value", "a=;b= ;", "a=<>b=<>" },
	{ "3.2 equals in a value", "a=b==", "a=<b==>" },
	{ "3.2 names differ by case", "a=b;A=c", "a=<b>A=<c>" },
	{ "3.2 ALNUMPUNC", "a_1=b", "a_1=<b>" },
	{ "3.2 note on UTF-8", "a=\xc3\xbc", "a=<\xc3\xbc>" },
	{ "3.2 duplicate", "a=b;c=d;a=b", "[a tag comes twice]" },
	{ "3.2 two semicolons", "a=b;;c=d", "[not a list of tags]" },
	{ "3.2 semicolon first", ";a=b", "[not a list of tags]" },
	{ "3.2 no equals", "a=b;c", "[not a list of tags]" },
	{ "3.2 no name", "=b", "[not a list of tags]" },
	{ "3.2 name begins with a digit", "1a=b", "[not a list of tags]" },
	{ "3.2 name begins with _", "_a=b", "[not a list of tags]" },
	{ "3.2 space in a name", "a b=c", "[not a list of tags]" },
	{ "3.2 hyphen in a name", "a-b=c", "[not a list of tags]" },
	{ "3.2 nothing", "", "[not a list of tags]" },
	{ "3.2 blanks only", " \r\n ", "[not a list of tags]" },
	{ "control byte", "a=b\001", "[not a list of tags]" },
	{ "delete", "a=b\x7f", "[not a list of tags]" },
	{ "line end without a blank", "a=b\r\nc", "[not a list of tags]" },
	{ "CR alone", "a=b\r c", "[not a list of tags]" },
	{ "no UTF-8", "a=\xfc", "[not a list of tags]" },
};

static const struct {
	const char *name, *input, *expected;	/* NULL: it is none */
} codes[] = {
	{ "4648 10 one byte", "Zg==", "f" },
	{ "4648 10 two bytes", "Zm8=", "fo" },
	{ "4648 10 three bytes", "Zm9v", "foo" },
	{ "4648 10 six bytes", "Zm9vYmFy", "foobar" },
	{ "6376 2.10 folding", " Zm\r\n 9v Ym\tFy ", "foobar" },
	{ "all bits", "+/+/", "\xfb\xff\xbf" },
	{ "nothing", "", NULL },
	{ "blanks", "  ", NULL },
	{ "padding only", "==", NULL },
	{ "6376 2.10 no padding, one byte", "Zg", "f" },
	{ "6376 2.10 no padding, two bytes", "Zm9vYmE", "fooba" },
	{ "half the padding", "Zg=", NULL },
	{ "too short", "Z", NULL },
	{ "one digit", "Z===", NULL },
	{ "too much padding", "Zm9v====", NULL },
	{ "padding in the middle", "Zg==Zg==", NULL },
	{ "other bytes", "Zm9*", NULL },
	{ "other alphabet", "-_-_", NULL },
};

static void
test_lists(void)
{
	struct taglist list;
	struct buf out;
	const char *fault;
	size_t i, n;

	buf_init(&out, 4096);
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		buf_reset(&out);
		fault = taglist_parse(span_of(lists[i].input), &list);
		if (fault != NULL)
			buf_printf(&out, "[%s]", fault);
		for (n = 0; fault == NULL && n < list.count; n++)
			buf_printf(&out, "%.*s=<%.*s>",
			    SPAN_ARG(list.tags[n].name),
			    SPAN_ARG(list.tags[n].value));
		CHECK_TEXT(lists[i].name, buf_string(&out),
		    lists[i].expected);
	}
	buf_done(&out);
}

static void
test_limit(void)
{
	struct taglist list;
	struct buf out;
	int i;

	buf_init(&out, 4096);
	for (i = 0; i < TAGLIST_MAX; i++)
		buf_printf(&out, "t%d=x;", i);
	CHECK("at the limit", taglist_parse(buf_contents(&out), &list) ==
	    NULL && list.count == TAGLIST_MAX);
	buf_puts(&out, "u=x");
	CHECK("above", taglist_parse(buf_contents(&out), &list) != NULL);
	buf_done(&out);
}

static void
test_access(void)
{
	struct taglist list;
	struct span items = SPAN(" a : b\r\n :: c "), item;

	CHECK("parse", taglist_parse(span_of("b= x ; e="), &list) == NULL);
	CHECK("raw", span_is(taglist_find(&list, "b")->raw, " x "));
	CHECK("absent", taglist_find(&list, "B") == NULL);
	CHECK("value", span_is(taglist_value(&list, "b", "y"), "x"));
	CHECK("3.2 empty is not omitted", span_is(taglist_value(&list, "e",
	    "y"), ""));
	CHECK("default", span_is(taglist_value(&list, "c", "y"), "y"));
	CHECK("has", taglist_has(items, "b") && taglist_has(items, "c"));
	CHECK("has by case", !taglist_has(items, "B"));
	CHECK("1", taglist_item(&items, &item) && span_is(item, "a"));
	CHECK("2", taglist_item(&items, &item) && span_is(item, "b"));
	CHECK("3", taglist_item(&items, &item) && span_is(item, ""));
	CHECK("4", taglist_item(&items, &item) && span_is(item, "c"));
	CHECK("end", !taglist_item(&items, &item));
}

static void
test_codes(void)
{
	struct arena arena;
	struct span out;
	size_t i;

	arena_init(&arena);
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		out = span_of("untouched");
		CHECK(codes[i].name, taglist_base64(&arena,
		    span_of(codes[i].input), &out) ==
		    (codes[i].expected != NULL));
		CHECK(codes[i].name, span_is(out, codes[i].expected != NULL ?
		    codes[i].expected : "untouched"));
	}
	arena_done(&arena);
}

int
main(void)
{
	test_lists();
	test_limit();
	test_access();
	test_codes();
	return test_end();
}
