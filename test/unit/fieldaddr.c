/* fieldaddr - names and addresses as rules see them. */
#include "rules/fieldaddr.h"
#include "test/unit/test.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

/* Expected: (name)<address> for each, "-" for what there is not. */
static const struct {
	const char *value, *expected;
} rows[] = {
	{ "a@b.example", "-<a@b.example>" },
	{ "<a@b.example>", "-<a@b.example>" },
	{ "< a@b.example >\n", "-<a@b.example>" },
	{ "Ann Be <a@b.example>", "(Ann Be )<a@b.example>" },
	{ "\"Ann, Be\" <a@b.example>", "(Ann, Be )<a@b.example>" },
	{ "\"A \\\"n\\\" n\" <a@b.example>", "(A \"n\" n )<a@b.example>" },
	{ "Ann (x) Be <a@b.example>", "(Ann  Be )<a@b.example>" },
	{ "a@b.example (Ann)", "(Ann)<a@b.example>" },
	{ "a@b.example (Ann), c@d.example",
	    "(Ann)<a@b.example> -<c@d.example>" },
	{ "A <a@b.example>, B <c@d.example>",
	    "(A )<a@b.example> (B )<c@d.example>" },
	{ "A <a@b.example>; B <c@d.example>",
	    "(A )<a@b.example> (B )<c@d.example>" },
	{ "a@b.example <a@b.example>", "(a@b.example )<a@b.example>" },
	{ "\"a@b.example\"<a@b.example>", "-<a@b.example>" },
	{ "\"a@b.example\" <>", "(a@b.example )-" },
	{ "\"a@b.example\"", "-<a@b.example>" },
	{ "\"a@nohost\"", "(a@nohost)-" },
	{ "friends: a@b.example, c@d.example;",
	    "-<a@b.example> -<c@d.example>" },
	{ "undisclosed-recipients:;", "" },
	{ "A <a@b.example> <c@d.example>", "(A )<a@b.example>" },
	{ "A <<a@b.example>>", "(A )-" },
	{ "A <a b@c.example>", "(A )-" },
	{ "A <a(x)@b.example>", "(A )<a@b.example>" },
	{ "A <\"a b\"@c.example>", "(A )<\"a b\"@c.example>" },
	{ "\"\"@b.example", "--" },
	{ "A <a\"@b.example>", "(A )-" },
	{ "<a@b@c.example>", "-<a@b>" },
	{ "Ann", "(Ann)-" },
	{ "Ann <a@b.example", "" },
	{ "=?utf-8?q?\"A\"_<a@b.example>?=", "-<a@b.example>" },
	{ "A a\"b <a@b.example>", "-<a@b.example>" },
	{ ", a@b.example", "-<a@b.example>" },
	{ " ; ,, Ann <a@b.example>", "(Ann )<a@b.example>" },
	{ "a@b.example,, c@d.example", "-<a@b.example> -<c@d.example>" },
	{ ": a@b.example", "-<a@b.example>" },
	{ ":a@b.example", "-<a@b.example>" },
	{ ":;", "" },
	{ ",", "" },
	{ "a@[192.0.2.1]", "-<a@[192.0.2.1]>" },
	{ "", "" },
	{ " \n ", "" },
	{ "<>", "--" },
	{ "A\\\\B <a@b.example>", "(AB )<a@b.example>" },
};

static void
show(struct arena *arena, const char *value, char *out, size_t room)
{
	struct fieldaddr found[10];
	size_t i, n, used = 0;

	n = fieldaddr_parse(arena, span_of(value), found, 10);
	out[0] = '\0';
	for (i = 0; i < n; i++) {
		used += (size_t)snprintf(out + used, room - used,
		    found[i].name.p != NULL ? "%s(%.*s)" : "%s-",
		    i > 0 ? " " : "", SPAN_ARG(found[i].name));
		used += (size_t)snprintf(out + used, room - used,
		    found[i].address.p != NULL ? "<%.*s>" : "-",
		    SPAN_ARG(found[i].address));
	}
}

/* Cost must not depend on how often "<", ">" or "(" come. */
static void
test_hostile(struct arena *arena)
{
	static const char *const bits[] = {"<", "<@>", "<a@b>(", "\"<", ">@",
	    "(", "<@> <", "\\\"", "a@b ("};
	static char value[FIELDADDR_VALUE_MAX];
	struct fieldaddr found[10];
	size_t i, n, length;

	for (i = 0; i < ROWS(bits); i++) {
		length = strlen(bits[i]);
		for (n = 0; n < sizeof(value); n++)
			value[n] = bits[i][n % length];
		n = fieldaddr_parse(arena, span_make(value, sizeof(value)),
		    found, 10);
		CHECK(bits[i], n <= 10);
		arena_reset(arena);
	}
}

int
main(void)
{
	struct arena arena;
	char out[500];
	size_t i;

	arena_init(&arena);
	for (i = 0; i < ROWS(rows); i++) {
		show(&arena, rows[i].value, out, sizeof(out));
		CHECK_TEXT(rows[i].value, out, rows[i].expected);
		arena_reset(&arena);
	}
	test_hostile(&arena);
	arena_done(&arena);
	return test_end();
}
