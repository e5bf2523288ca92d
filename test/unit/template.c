/* template - where patterns with %{NAME} in them cannot match. */
#include "rules/template.h"

#include "rules/reader.h"
#include "test/unit/test.h"

/* A stands for "alice" or "x.y", LONG for 30 bytes, B for nothing. */
static const struct {
	const char *name, *pattern, *text;
	bool possible;
} rows[] = {
	{"a value", "/^%{A}\\@/", "to alice@example.org", true},
	{"in any case", "/^%{A}\\@/i", "ALICE@", true},
	{"the other value", "/%{A}/", "see x.y", true},
	{"no value", "/^%{A}\\@/", "to bob@example.org", false},
	{"values are no patterns", "/%{A}/", "xzy", false},
	{"a name without values", "/%{B}/", "alice", false},
	{"one of two names", "/%{B} .* \\(%{A}/", "alice (alice", true},
	{"behind a short string", "/a.%{A}/", "a bob", false},
	{"beside a long string", "/storage\\.cloud.{4,9}\\#%{A}/",
	    "https://example.org/#alice", false},
	{"the same", "/storage\\.cloud.{4,9}\\#%{A}/", "STORAGE.CLOUD", true},
	{"a string before the value", "/xq%{A}/", "xqalice", true},
	{"not right before it", "/xq%{A}/", "xq alice", false},
	{"a string behind the value", "/%{A}\\@/", "Alice@", true},
	{"not right behind it", "/%{A}\\@/", "alice x.y a@", false},
	{"one of two frames", "/<%{A}>|=%{A};/", "=x.y;", true},
	{"half a frame of each", "/<%{A}>|=%{A};/", "=alice>", false},
	{"too many frames", "/[abc][abc]%{A}/", "alice", true},
	{"two values in a row", "/a%{A}%{A}b/", "aalicex.yb", true},
	{"one of them", "/a%{A}%{A}b/", "alice x.yb", false},
	{"one byte", "/\\@(?!%{A})/", "at", false},
	{"that byte", "/\\@(?!%{A})/", "a@t", true},
	{"a value or a string", "/%{A}|viagra/", "viagra", true},
	{"neither", "/%{A}|viagra/", "bob", false},
	{"optional", "/%{A}?/", "bob", true},
	{"in an optional group", "/(?:to %{A})?x/", "x", true},
	{"repeated", "/(?:%{A}){2}/", "bob", false},
	{"must not follow", "/\\w(?!%{A})/", "bob", true},
	{"in a class", "/[%{A}]/", "l", true},
	{"in a comment", "/bob # %{A}\n/x", "bob", true},
	{"quoted", "/\\Q%{A}\\E/", "bob", true},
	{"a modifier of Perl's", "/(?aa)%{A}/", "alice", true},
	{"beside what stands for values", "/%{A}?zqj\001\002/", "bob", true},
	{"a long value", "/%{LONG}/", "0123456789012345678901234567890", true},
	{"a part of it", "/%{LONG}/", "0123456789", false},
	{"what follows a long value", "/%{LONG}x/",
	    "012345678901234567890123456789x", true},
};

static void
test_row(size_t i)
{
	struct match_capture captures[] = {
		{SPAN("A"), SPAN("alice")},
		{SPAN("A"), SPAN("x.y")},
		{SPAN("LONG"), SPAN("012345678901234567890123456789")},
	};
	struct match match = {.captures = captures, .capture_count = 3};
	struct rule rule = {.kind = RULE_BODY};
	struct span text = span_of(rows[i].text);
	struct texts texts = {&text, 1};
	struct template template;
	struct error error;

	if (pattern_parse(span_of(rows[i].pattern), false, &rule.pattern,
	    &error) != 0) {
		CHECK(error.text, false);
		return;
	}
	template_init(&template, &rule);
	CHECK(rows[i].name, template_possible(&template, &match, &texts) ==
	    rows[i].possible);
	template_done(&template);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		test_row(i);
	return test_end();
}
