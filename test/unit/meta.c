/* meta - expressions of meta rules. */
#include "base/text.h"
#include "rules/glob.h"
#include "rules/meta.h"
#include "test/unit/test.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

/* What the names stand for; ZERO never hit, and NOBODY is unknown. */
static const struct {
	const char *name;
	double value;
} names[] = {
	{ "ONE", 1 }, { "TWO", 2 }, { "ZERO", 0 }, { "HALF", 0.5 },
	{ "T_THREE", 3 }, { "__SUB", 1 }, { "T_NONE", 0 }, { "lower", 7 },
};

static int
find(void *context, struct span name)
{
	size_t i;

	(void)context;
	for (i = 0; i < ROWS(names); i++)
		if (span_is(name, names[i].name))
			return (int)i;
	return -1;
}

static size_t
match(void *context, struct span glob, unsigned *out, size_t max)
{
	size_t i, n = 0;

	(void)context;
	for (i = 0; i < ROWS(names) && n < max; i++)
		if (glob_match(glob, span_of(names[i].name)))
			out[n++] = (unsigned)i;
	return n;
}

static const struct meta_names lookup = { NULL, true, find, match };

/* The value in thousandths as text, or the error. */
static const struct {
	const char *text, *expected;
} rows[] = {
	{ "ONE", "1.0" }, { "ZERO", "0.0" }, { "NOBODY", "0.0" },
	{ " TWO ", "2.0" }, { "HALF", "0.5" }, { "1.25", "1.25" },
	{ "lower", "7.0" }, { "0", "0.0" },
	/* Perl's ranks. */
	{ "1 + 2 * 3", "7.0" }, { "(1 + 2) * 3", "9.0" },
	{ "8 - 2 - 3", "3.0" }, { "8 / 2 / 2", "2.0" },
	{ "1 + 1 > 1", "1.0" }, { "1 > 1 + 1", "0.0" },
	{ "1 < 2 == 1", "1.0" }, { "0 && 0 || 1", "1.0" },
	{ "1 || 0 && 0", "1.0" }, { "!1 || 1", "1.0" }, { "!0 + 1", "2.0" },
	{ "2 - -1", "3.0" }, { "2 + +1", "3.0" }, { "!(ONE || ZERO)", "0.0" },
	{ "!!TWO", "1.0" }, { "5 ^ 1", "4.0" }, { "1 ^ 1 || 0", "0.0" },
	{ "1 == 1 && 2 != 1", "1.0" }, { "2 >= 2", "1.0" },
	{ "2 <= 1", "0.0" }, { "ONE+TWO", "3.0" }, { "ONE>ZERO", "1.0" },
	/* && and || give the operand that decides. */
	{ "TWO && T_THREE", "3.0" }, { "TWO || T_THREE", "2.0" },
	{ "ZERO || T_THREE", "3.0" }, { "ZERO && TWO", "0.0" },
	{ "(ONE + TWO + T_THREE) > 5", "1.0" },
	{ "ONE ? 2 : 3", "2.0" }, { "ZERO ? 2 : ONE ? 4 : 5", "4.0" },
	{ "(ONE ? 2 : 3) + 1", "3.0" }, { "ONE ? ZERO ? 6 : 7 : 8", "7.0" },
	/* Simple operands, and skipping ones that are not. */
	{ "ONE && !ZERO", "1.0" }, { "ONE && !TWO", "0.0" },
	{ "!!TWO && T_THREE", "3.0" }, { "TWO && -ONE + T_THREE", "2.0" },
	{ "TWO && - T_THREE + 4", "1.0" }, { "ZERO || -ONE + T_THREE", "2.0" },
	{ "ONE && -ZERO", "0.0" }, { "!-ONE || TWO", "2.0" },
	{ "-(ONE + TWO) + lower", "4.0" }, { "TWO - !ZERO", "1.0" },
	{ "ZERO && TWO || T_THREE", "3.0" },
	{ "(ZERO || TWO) && !!ONE", "1.0" },
	{ "ZERO && (ONE || TWO) + 1", "0.0" },
	{ "!(ZERO && (ONE || TWO)) + 1", "2.0" },
	{ "(ZERO && (ONE || TWO)) + T_THREE", "3.0" },
	{ "TWO || (ONE && T_THREE) && ZERO", "2.0" },
	{ "ZERO ? ONE : !ONE", "0.0" }, { "ONE ? 0 || TWO : ZERO", "2.0" },
	{ "TWO ? -ONE + T_THREE : ZERO", "2.0" },
	/* What it counts for others is above 0 whenever it hits. */
	{ "1 - 2", "1.0" }, { "0 - 0.5", "1.0" }, { "0.5 - 0.5", "0.0" },
	{ "1 / 0", "0.0" }, { "ONE / ZERO > 2", "0.0" },
	{ "999999999999999 * 999999999999999", "1.0" },
	{ "rules_matching(T_*)", "3.0" }, { "rules_matching(*)", "14.5" },
	{ "rules_matching( ?N? ) + 1", "2.0" },
	{ "rules_matching(X*)", "0.0" }, { "2 * rules_matching(T*)", "10.0" },
	{ "local_tests_only", "1.0" }, { "()", "0.0" }, { " ( ) ", "0.0" },
	{ "rules_matching", "0.0" },
	{ "", "a name or number is missing at the end" },
	{ "ONE TWO", "an operator is missing at \"TWO\"" },
	{ "ONE &&", "a name or number is missing at the end" },
	{ "(ONE", "a closing parenthesis is missing at the end" },
	{ "ONE)", "an operator is missing at \")\"" },
	{ "ONE & TWO", "an operator is missing at \"& TWO\"" },
	{ "ONE = 1", "an operator is missing at \"= 1\"" },
	{ "2 ** 3", "a name or number is missing at \"* 3\"" },
	{ "1 < 2 < 3", "comparisons in a row want parentheses at \"< 3\"" },
	{ "1 == 1 == 1",
	    "comparisons in a row want parentheses at \"== 1\"" },
	{ "A::B", "an operator is missing at \"::B\"" },
	{ "$x", "a name or number is missing at \"$x\"" },
	{ "ONE ? 2", "\"?\" wants a \":\" at the end" },
	{ "! = 1", "a name or number is missing at \"= 1\"" },
	{ "() || ONE", "a name or number is missing at \") || ONE\"" },
	{ "rules_matching(", "rules_matching( wants a closing parenthesis "
	    "at \"(\"" },
	{ "9999999999999999999", "a number is too long at "
	    "\"9999999999999999999\"" },
};

static const char *
evaluate(const char *text, struct buf *out)
{
	double values[ROWS(names)];
	const struct meta *meta;
	struct arena arena;
	struct error e;
	size_t i;

	for (i = 0; i < ROWS(names); i++)
		values[i] = names[i].value;
	arena_init(&arena);
	meta = meta_parse(&arena, span_of(text), &lookup, &e);
	buf_reset(out);
	if (meta != NULL)
		text_put_milli(out, (int64_t)(meta_eval(meta, values) * 1000));
	else
		buf_puts(out, e.text);
	arena_done(&arena);
	return buf_string(out);
}

static void
test_operands(void)
{
	const struct meta *meta;
	const unsigned *operands;
	struct arena arena;
	struct error e;
	size_t n;

	arena_init(&arena);
	meta = meta_parse(&arena, span_of("TWO && ONE || TWO + NOBODY"),
	    &lookup, &e);
	operands = meta_operands(meta, &n);
	CHECK("operands", n == 2 && operands[0] == 1 && operands[1] == 0);
	meta = meta_parse(&arena, span_of("()"), &lookup, &e);
	meta_operands(meta, &n);
	CHECK("empty", n == 0);
	arena_done(&arena);
}

/* count times repeat, then end, count times again. */
static void
test_length(const char *name, const char *repeat, const char *end,
    const char *close, size_t count, const char *expected)
{
	struct buf text, out;
	size_t i;

	buf_init(&text, 1 << 20);
	buf_init(&out, 1000);
	for (i = 0; i < count; i++)
		buf_puts(&text, repeat);
	buf_puts(&text, end);
	for (i = 0; i < count; i++)
		buf_puts(&text, close);
	CHECK_TEXT(name, evaluate(buf_string(&text), &out), expected);
	buf_done(&text);
	buf_done(&out);
}

static void
test_limits(void)
{
	test_length("deep", "(", "1", ")", 200, "1.0");
	test_length("too deep", "(", "1", ")", META_DEPTH_MAX, "the "
	    "expression is too deep at "
	    "\"1)))))))))))))))))))))))))))))))))))))))\"");
	test_length("signs", "!", "1", "", 100000, "an expression of more than "
	    "65536 bytes");
	test_length("choices", "1?", "1", ":1", 300,
	    "the expression is too deep at "
	    "\"1?1?1?1?1?1?1?1?1?1?1?1?1?1?1?1?1?1?1?1?\"");
	test_length("wide", "1+", "1", "", 10000, "10001.0");
	test_length("many waiting", "1+(", "1", ")", 200, "201.0");
	test_length("too many waiting", "1||1&&1==1+(", "1", ")", 200, "the "
	    "expression is too long at "
	    "\"||1&&1==1+(1||1&&1==1+(1||1&&1==1+(1||1&\"");
}

static unsigned
draw(uint32_t *state, unsigned n)
{
	*state = *state * 1664525 + 1013904223;
	return (*state >> 8) % n;
}

/* A random expression. */
static void
put_random(struct buf *out, uint32_t *state, unsigned depth)
{
	static const char *const operators[] = {" + ", " - ", " * ", " / ",
	    " < ", " <= ", " > ", " >= ", " == ", " != ", " ^ ", " && ",
	    " && ", " && ", " || ", " || ", " || "};
	unsigned which = draw(state, depth < 4 ? 10 : 3);

	if (which < 2) {
		buf_puts(out, names[draw(state, ROWS(names))].name);
	} else if (which == 2) {
		buf_printf(out, "%u", draw(state, 4));
	} else if (which == 3) {
		buf_puts(out, draw(state, 3) == 0 ? "-" : "!");
		put_random(out, state, depth + 1);
	} else {
		buf_char(out, '(');
		put_random(out, state, depth + 1);
		buf_puts(out, which == 4 ? " ? " :
		    operators[draw(state, ROWS(operators))]);
		put_random(out, state, depth + 1);
		if (which == 4) {
			buf_puts(out, " : ");
			put_random(out, state, depth + 1);
		}
		buf_char(out, ')');
	}
}

/* Whatever the operands become, the value stays within its bounds. */
static bool
stays_within(const struct meta *meta, uint32_t *state)
{
	double low[ROWS(names)], high[ROWS(names)], values[ROWS(names)];
	double least, most, value;
	unsigned i, k, open = draw(state, 2);

	for (i = 0; i < ROWS(names); i++) {
		low[i] = draw(state, 3) / 2.0;
		high[i] = low[i] + (open ? draw(state, 4) / 2.0 : 0);
	}
	meta_bounds(meta, low, high, &least, &most);
	for (k = 0; k < 20; k++) {
		for (i = 0; i < ROWS(names); i++)
			values[i] = low[i] + draw(state, 1 +
			    (unsigned)(2 * (high[i] - low[i]))) / 2.0;
		value = meta_eval(meta, values);
		if (value < least || value > most ||
		    (!open && least != most))
			return false;
	}
	return true;
}

static void
test_bounds(void)
{
	const struct meta *meta;
	struct arena arena;
	struct error error;
	struct buf text;
	uint32_t state = 1;
	unsigned i;

	arena_init(&arena);
	buf_init(&text, 4000);
	for (i = 0; i < 20000; i++) {
		buf_reset(&text);
		put_random(&text, &state, 0);
		meta = meta_parse(&arena, buf_contents(&text), &lookup,
		    &error);
		if (meta == NULL || !stays_within(meta, &state))
			CHECK(buf_string(&text), false);
		arena_reset(&arena);
	}
	buf_done(&text);
	arena_done(&arena);
}

/* Decided early: the same at both ends, though an operand is open. */
static void
test_decided(void)
{
	static const struct {
		const char *text;
		double least, most;
	} table[] = {
		{ "ZERO && T_NONE", 0, 0 }, { "ONE || T_NONE", 1, 1 },
		{ "T_NONE && ZERO", 0, 0 }, { "T_NONE && ONE", 0, 1 },
		{ "ONE + TWO + T_NONE > 2", 1, 1 }, { "T_NONE > 3", 0, 0 },
		{ "ONE + T_NONE > 2", 0, 1 }, { "!T_NONE && ZERO", 0, 0 },
		{ "ONE ? TWO : T_NONE", 2, 2 }, { "T_NONE != 7", 1, 1 },
		{ "T_NONE == TWO", 0, 1 }, { "T_NONE - 5", 1, 1 },
	};
	double low[ROWS(names)], high[ROWS(names)], least, most;
	const struct meta *meta;
	struct arena arena;
	struct error error;
	size_t i;

	for (i = 0; i < ROWS(names); i++)
		low[i] = high[i] = names[i].value;
	high[find(NULL, span_of("T_NONE"))] = 3;
	arena_init(&arena);
	for (i = 0; i < ROWS(table); i++) {
		meta = meta_parse(&arena, span_of(table[i].text), &lookup,
		    &error);
		meta_bounds(meta, low, high, &least, &most);
		CHECK(table[i].text, least == table[i].least);
		CHECK(table[i].text, table[i].most == most ||
		    (table[i].least == 0 && most > 0 && table[i].most > 0));
	}
	arena_done(&arena);
}

int
main(void)
{
	struct buf out;
	size_t i;

	buf_init(&out, 1000);
	for (i = 0; i < ROWS(rows); i++)
		CHECK_TEXT(rows[i].text, evaluate(rows[i].text, &out),
		    rows[i].expected);
	buf_done(&out);
	test_operands();
	test_limits();
	test_bounds();
	test_decided();
	return test_end();
}
