/* base_text - foreign bytes made safe, and numbers. */
#include "base/arena.h"
#include "base/text.h"
#include "test/unit/test.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

static const struct {
	const char *name, *input, *escape, *logvalue, *json;
} safe[] = {
	{ "plain", "abc-1.2", "abc-1.2", "abc-1.2", "\"abc-1.2\"" },
	{ "empty", "", "", "\"\"", "\"\"" },
	{ "blank", "a b", "a b", "\"a b\"", "\"a b\"" },
	{ "key", "a=b", "a=b", "\"a=b\"", "\"a=b\"" },
	{ "quote", "a\"b", "a\"b", "\"a\\x22b\"", "\"a\\\"b\"" },
	{ "backslash", "a\\b", "a\\x5cb", "\"a\\x5cb\"", "\"a\\\\b\"" },
	{ "newline", "a\r\nb", "a\\x0d\\x0ab", "\"a\\x0d\\x0ab\"",
	    "\"a\\u000d\\u000ab\"" },
	{ "delete", "\x7f", "\\x7f", "\"\\x7f\"", "\"\\u007f\"" },
	{ "terminal escape", "\033[2J", "\\x1b[2J", "\"\\x1b[2J\"",
	    "\"\\u001b[2J\"" },
	{ "UTF-8", "\xc3\xbc", "\xc3\xbc", "\"\xc3\xbc\"", "\"\xc3\xbc\"" },
	{ "UTF-8 of four bytes", "\xf0\x9f\x92\xa9", "\xf0\x9f\x92\xa9",
	    "\"\xf0\x9f\x92\xa9\"", "\"\xf0\x9f\x92\xa9\"" },
	{ "C1 control", "\xc2\x9b", "\\xc2\\x9b", "\"\\xc2\\x9b\"",
	    "\"\\u009b\"" },
	{ "Latin-1", "\xfc", "\\xfc", "\"\\xfc\"", "\"\xef\xbf\xbd\"" },
	{ "overlong slash", "\xc0\xaf", "\\xc0\\xaf", "\"\\xc0\\xaf\"",
	    "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ "surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80",
	    "\"\\xed\\xa0\\x80\"",
	    "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ "cut off", "a\xe2\x82", "a\\xe2\\x82", "\"a\\xe2\\x82\"",
	    "\"a\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ "right to left override", "\xe2\x80\xae" "x", "\\xe2\\x80\\xaex",
	    "\"\\xe2\\x80\\xaex\"", "\"\\u202ex\"" },
	{ "isolate", "\xe2\x81\xa6", "\\xe2\\x81\\xa6",
	    "\"\\xe2\\x81\\xa6\"", "\"\\u2066\"" },
	{ "Arabic letter mark", "\xd8\x9c", "\\xd8\\x9c", "\"\\xd8\\x9c\"",
	    "\"\\u061c\"" },
	{ "zero width space", "\xe2\x80\x8b", "\\xe2\\x80\\x8b",
	    "\"\\xe2\\x80\\x8b\"", "\"\\u200b\"" },
	{ "byte order mark", "\xef\xbb\xbf", "\\xef\\xbb\\xbf",
	    "\"\\xef\\xbb\\xbf\"", "\"\\ufeff\"" },
	{ "line separator", "\xe2\x80\xa8", "\\xe2\\x80\\xa8",
	    "\"\\xe2\\x80\\xa8\"", "\"\\u2028\"" },
};

static void
test_safe(void)
{
	struct span s;
	struct buf b;
	size_t i;

	buf_init(&b, 1000);
	for (i = 0; i < ROWS(safe); i++) {
		s = span_of(safe[i].input);
		buf_reset(&b);
		text_escape(&b, s);
		CHECK_TEXT(safe[i].name, buf_string(&b), safe[i].escape);
		buf_reset(&b);
		text_logvalue(&b, s);
		CHECK_TEXT(safe[i].name, buf_string(&b), safe[i].logvalue);
		buf_reset(&b);
		text_json(&b, s);
		CHECK_TEXT(safe[i].name, buf_string(&b), safe[i].json);
	}
	buf_reset(&b);
	text_escape(&b, span_make("a\0b", 3));
	CHECK_TEXT("NUL", buf_string(&b), "a\\x00b");
	buf_reset(&b);
	text_json(&b, span_make("a\0b", 3));
	CHECK_TEXT("NUL", buf_string(&b), "\"a\\u0000b\"");
	buf_done(&b);
}

/* RFC 3629 section 4: UTF8-2, -3 and -4 at their edges. */
static const struct {
	const char *name, *input;
	bool good;
} utf8[] = {
	{ "empty", "", true },
	{ "2 bytes, least", "\xc2\x80", true },
	{ "2 bytes, overlong", "\xc1\xbf", false },
	{ "2 bytes, most", "\xdf\xbf", true },
	{ "3 bytes, least", "\xe0\xa0\x80", true },
	{ "3 bytes, overlong", "\xe0\x9f\xbf", false },
	{ "3 bytes, before the surrogates", "\xed\x9f\xbf", true },
	{ "first surrogate", "\xed\xa0\x80", false },
	{ "last surrogate", "\xed\xbf\xbf", false },
	{ "behind the surrogates", "\xee\x80\x80", true },
	{ "noncharacter", "\xef\xbf\xbf", true },
	{ "4 bytes, least", "\xf0\x90\x80\x80", true },
	{ "4 bytes, overlong", "\xf0\x8f\xbf\xbf", false },
	{ "4 bytes, most", "\xf4\x8f\xbf\xbf", true },
	{ "above U+10FFFF", "\xf4\x90\x80\x80", false },
	{ "lead f5", "\xf5\x80\x80\x80", false },
	{ "5 bytes", "\xf8\x88\x80\x80\x80", false },
	{ "continuation alone", "\x80", false },
	{ "cut off", "\xf0\x90\x80", false },
	{ "lead for continuation", "\xc3\xc3\xbc", false },
	{ "good, then bad", "\xc3\xbc\xfc", false },
};

/* The ABNF of RFC 3629 section 4, for sequences of three bytes. */
static bool
utf8_three(int a, int b, int c)
{
	int low = a == 0xe0 ? 0xa0 : 0x80, high = a == 0xed ? 0x9f : 0xbf;

	return a >= 0xe0 && a <= 0xef && b >= low && b <= high && c >= 0x80 &&
	    c <= 0xbf;
}

static void
test_utf8(void)
{
	static const int thirds[] = { 0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xff };
	size_t i, wrong = 0;
	char bytes[3];
	int a, b;

	for (i = 0; i < ROWS(utf8); i++)
		CHECK(utf8[i].name,
		    text_utf8(span_of(utf8[i].input)) == utf8[i].good);
	for (a = 0; a < 256; a++) {
		for (b = 0; b < 256; b++) {
			bytes[0] = (char)a;
			bytes[1] = (char)b;
			wrong += text_utf8(span_make(bytes, 2)) !=
			    ((a < 0x80 && b < 0x80) || (a >= 0xc2 &&
			    a <= 0xdf && b >= 0x80 && b <= 0xbf));
			for (i = 0; a >= 0xe0 && i < ROWS(thirds); i++) {
				bytes[2] = (char)thirds[i];
				wrong += text_utf8(span_make(bytes, 3)) !=
				    utf8_three(a, b, thirds[i]);
			}
		}
	}
	CHECK("all of two bytes, edges of three", wrong == 0);
}

static const struct {
	const char *name, *input;
	bool good;
	int64_t value;
} numbers[] = {
	{ "zero", "0", true, 0 },
	{ "leading zeros", "007", true, 7 },
	{ "most", "9223372036854775807", true, INT64_MAX },
	{ "one more", "9223372036854775808", false, 0 },
	{ "ten times more", "92233720368547758070", false, 0 },
	{ "empty", "", false, 0 },
	{ "minus", "-1", false, 0 },
	{ "plus", "+1", false, 0 },
	{ "blank", " 1", false, 0 },
	{ "tail", "1x", false, 0 },
	{ "hexadecimal", "0x1", false, 0 },
}, millis[] = {
	{ "whole", "5", true, 5000 },
	{ "one decimal", "1.5", true, 1500 },
	{ "two decimals", "-1.25", true, -1250 },
	{ "three decimals", "0.001", true, 1 },
	{ "four decimals", "0.0010", false, 0 },
	{ "minus below one", "-0.001", true, -1 },
	{ "minus zero", "-0", true, 0 },
	{ "plus", "+2.5", true, 2500 },
	{ "no whole part", ".5", true, 500 },
	{ "no decimals", "5.", true, 5000 },
	{ "point alone", ".", false, 0 },
	{ "minus alone", "-", false, 0 },
	{ "minus and point", "-.", false, 0 },
	{ "two signs", "+-5", false, 0 },
	{ "sign behind the point", "1.-5", false, 0 },
	{ "two points", "1.2.3", false, 0 },
	{ "comma", "1,5", false, 0 },
	{ "exponent", "1e3", false, 0 },
	{ "not a number", "nan", false, 0 },
	{ "empty", "", false, 0 },
	{ "blank", "1 ", false, 0 },
	{ "most", "1000000", true, 1000000000 },
	{ "more than most", "1000000.001", false, 0 },
	{ "much more", "1000001", false, 0 },
	{ "least", "-1000000", true, -1000000000 },
	{ "overflow", "99999999999999999999", false, 0 },
};

static void
test_numbers(void)
{
	int64_t value;
	size_t i;

	for (i = 0; i < ROWS(numbers); i++) {
		value = 0;
		CHECK(numbers[i].name, text_number(span_of(numbers[i].input),
		    &value) == numbers[i].good && value == numbers[i].value);
	}
	for (i = 0; i < ROWS(millis); i++) {
		value = 0;
		CHECK(millis[i].name, text_milli(span_of(millis[i].input),
		    &value) == millis[i].good && value == millis[i].value);
	}
}

static bool
same_again(struct buf *b, int64_t milli)
{
	int64_t again;

	buf_reset(b);
	text_put_milli(b, milli);
	return text_milli(buf_contents(b), &again) && again == milli;
}

/* Every score a rule may have, and every 9973rd of all there can be. */
static void
test_milli_exact(void)
{
	const int64_t score = 1000000, most = 1000000000;
	size_t wrong = 0;
	struct buf b;
	int64_t i;

	buf_init(&b, 100);
	for (i = -score; i <= score; i++)
		wrong += !same_again(&b, i);
	for (i = -most; i <= most; i += 9973)
		wrong += !same_again(&b, i);
	CHECK("written and read again", wrong == 0 && same_again(&b, most) &&
	    same_again(&b, -most));
	buf_done(&b);
}

static const struct {
	int64_t milli;
	const char *text;
} written[] = {
	{ 0, "0.0" }, { 5000, "5.0" }, { 1, "0.001" }, { -1, "-0.001" },
	{ 10, "0.01" }, { 100, "0.1" }, { 101, "0.101" }, { -1250, "-1.25" },
	{ INT64_MAX, "9223372036854775.807" },
	{ INT64_MIN, "-9223372036854775.808" },
};

static void
test_milli_text(void)
{
	struct buf b;
	size_t i;

	buf_init(&b, 100);
	text_put_number(&b, 0);
	text_put_number(&b, 10);
	text_put_number(&b, UINT64_MAX);
	CHECK("number", strcmp(buf_string(&b), "01018446744073709551615") == 0);
	for (i = 0; i < ROWS(written); i++) {
		buf_reset(&b);
		text_put_milli(&b, written[i].milli);
		CHECK_TEXT(written[i].text, buf_string(&b), written[i].text);
	}
	buf_done(&b);
}

static const struct {
	char c;
	bool word, among;	/* the latter: of "a-F\200" */
	int hex;
} bytes[] = {
	{ '0', true, false, 0 }, { '9', true, false, 9 },
	{ 'a', true, true, 10 }, { 'f', true, false, 15 },
	{ 'A', true, false, 10 }, { 'F', true, true, 15 },
	{ 'g', true, false, -1 }, { 'G', true, false, -1 },
	{ '_', true, false, -1 }, { '-', false, true, -1 },
	{ '/', false, false, -1 }, { ':', false, false, -1 },
	{ '@', false, false, -1 }, { '`', false, false, -1 },
	{ '\0', false, false, -1 }, { '\200', false, true, -1 },
	{ '\377', false, false, -1 },
};

/* As the header says it, byte by byte. */
static size_t
prose_length(struct span s)
{
	size_t i, n = 0;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] > ' ' && s.p[i] < 127)
			n = i + 1;
		else if (s.p[i] != ' ' || n != i || i == 0)
			break;
	}
	return n;
}

/* Odd bytes at each place of a text, alone and two of them side by side. */
static void
test_prose(void)
{
	static const char odd[] = " \n~\177\200\240\377\001\037!";
	char text[24];
	struct span s;
	size_t n, i, k, m;

	for (n = 0; n <= sizeof(text); n++) {
		for (i = 0; i + 1 < n; i++) {
			for (k = 0; k < sizeof(odd) * sizeof(odd); k++) {
				memset(text, 'x', sizeof(text));
				text[2] = ' ';
				text[i] = odd[k % sizeof(odd)];
				text[i + 1] = odd[k / sizeof(odd)];
				s = span_make(text, n);
				CHECK("prose", span_prose_run(s) ==
				    prose_length(s));
				for (m = 0; s.n != 0; s = span_skip(s, 1))
					m += s.p[0] == ' ';
				CHECK("count", span_count(span_make(text, n),
				    ' ') == m);
			}
		}
	}
	CHECK("no prose", span_prose_run(span_of(NULL)) == 0 &&
	    span_prose_run(span_of("~")) == 1);
	CHECK("count high bytes", span_count(span_of("\377x\376\377"),
	    '\377') == 2);
}

/* Counting and looking for bytes, at each place of texts of each length. */
static void
test_sets(void)
{
	static const char *const sets[] = { "@", "@/", "@/?", "@/?#", "@/?#:" };
	static char text[5000];
	size_t n, i, k;
	struct span s;

	for (n = 1; n <= 50; n++)
		for (i = 0; i < n; i++)
			for (k = 0; k < sizeof(sets) / sizeof(sets[0]); k++) {
				memset(text, 'x', n);
				s = span_make(text, n);
				CHECK("none", span_any(s, sets[k]) == n);
				text[i] = sets[k][i % (k + 1)];
				text[n - 1] = i % 2 != 0 ? '@' : text[n - 1];
				CHECK(sets[k], span_any(s, sets[k]) == i);
			}
	for (n = 0; n < sizeof(text); n += 97) {
		memset(text, '\x80', n);
		memset(text, '\xbf', n / 2);
		memset(text, '\xc0', n / 3);
		memset(text, '\x7f', n / 5);
		s = span_make(text, n);
		CHECK("one byte", span_count(s, '\x80') == n - n / 2);
		CHECK("some bytes", span_count_between(s, '\x80', '\xbf') ==
		    n - n / 3);
		CHECK("all bytes", span_count_between(s, '\0', '\xff') == n);
		CHECK("no bytes", span_count_between(s, '\x81', '\xbe') == 0);
	}
	CHECK("any of nothing", span_any(span_of(""), "/") == 0 &&
	    span_any(span_of("sixteen bytes and more"), "") == 22);
}

/* Found in any case, whichever byte is the key. */
static const struct {
	const char *text, *needle;
	size_t at;
} finds[] = {
	{ "xAbaBC", "abc", 3 },
	{ "xAbaB", "abc", 5 },
	{ "x", "", 0 },
	{ "", "a", 0 },
	{ "a@", "ea@", 2 },
	{ "A@ea@eA@", "Ea@", 2 },
	{ "@eA\200@", "ea\200", 1 },
	{ "Zz E e", " e", 2 },
	{ "bAB", "ab", 1 },
	{ "sixteen or more bytes before aNeedle, aNeedle", "aneedle", 29 },
	{ "a--needle a-needle aNeeDle anEedle and sixteen more", "aneedle",
	    19 },
	{ "anneedle a needle or fifteen bytes of no@@dle", "aneedle", 45 },
	{ "0123456789abcde\001x 0123456789abcde!x 0123456789ABCDE!X",
	    "e!x", 32 },
};

static void
test_find(void)
{
	size_t i, key;

	CHECK("find", span_find(span_of("ababc"), span_of("abc")) == 2);
	CHECK("find at the end",
	    span_find(span_of("xxab"), span_of("ab")) == 2);
	CHECK("find what is cut off",
	    span_find(span_of("xxab"), span_of("abc")) == 4);
	CHECK("find nothing", span_find(span_of("ab"), span_of("")) == 0);
	CHECK("find far behind", span_find(span_of("a--needle: sixteen bytes "
	    "aNeedle aneedlE aneedle"), span_of("aneedle")) == 41);
	CHECK("find in the last bytes", span_find(span_of("sixteen bytes and "
	    "e=b, e=e"), span_of("e=e")) == 23);
	CHECK("find in vain", span_find(span_of("sixteen bytes and then "
	    "e=b, e-e"), span_of("e=e")) == 31);
	CHECK("find a long one", span_find(span_of("- a needle of more bytes "
	    "than sixty-four, so that it may not be compared often"),
	    span_of("a needle of more bytes than sixty-four, so that it may "
	    "not be compared")) == 2);
	for (i = 0; i < ROWS(finds); i++)
		for (key = 0; key == 0 ||
		    key < strlen(finds[i].needle); key++)
			CHECK(finds[i].needle, span_ifind(span_of(
			    finds[i].text), span_of(finds[i].needle), key) ==
			    finds[i].at);
}

static void
test_bytes(void)
{
	const struct span parts[] = {SPAN("a:"), SPAN(""), SPAN("b"),
	    SPAN("cd")};
	struct arena arena;
	size_t i;

	for (i = 0; i < ROWS(bytes); i++) {
		CHECK("word", char_word(bytes[i].c) == bytes[i].word);
		CHECK("hex", char_hex(bytes[i].c) == bytes[i].hex);
		CHECK("among", char_among(bytes[i].c, "a-F\200") ==
		    bytes[i].among);
	}
	CHECK("ASCII", span_ascii(span_of("a\177\001")));
	CHECK("not ASCII", !span_ascii(span_of("a\200")));
	CHECK("a run of ASCII",
	    span_ascii_run(span_of("12345678901\2003456789")) == 11 &&
	    span_ascii_run(span_of("\200")) == 0 &&
	    span_ascii_run(span_of(NULL)) == 0);
	CHECK("a run of what is seen",
	    span_visible_run(span_of("12345678!~\177! 3456789")) == 12 &&
	    span_visible_run(span_of("1234567\200")) == 7 &&
	    span_visible_run(span_of("123456\t\377")) == 6 &&
	    span_visible_run(span_of("abc")) == 3 &&
	    span_visible_run(span_of("abc\377")) == 3 &&
	    span_visible_run(span_of("ab\036c")) == 2 &&
	    span_visible_run(span_of(NULL)) == 0);
	CHECK("rarest", span_rarest(span_of("the Mx")) == 5 &&
	    span_rarest(span_of("Ee@z")) == 3 &&
	    span_rarest(span_of("a.b")) == 1 && span_rarest(span_of("")) == 0);
	CHECK("among", char_among('b', "abc") && !char_among('d', "abc") &&
	    !char_among('\0', "abc"));
	arena_init(&arena);
	CHECK("any", span_any(span_of("ab/c?"), "?/") == 2 &&
	    span_any(span_of("ab"), "?/") == 2 &&
	    span_any(span_of("a@\377"), "\377A") == 2 &&
	    span_any(span_make("a\0b", 3), "b") == 2 &&
	    span_any(span_of(NULL), "a") == 0);
	CHECK("lower", span_is(arena_lower(&arena, span_of("aZ[\303\204")),
	    "az[\303\204"));
	CHECK("join", span_is(arena_join(&arena, span_of("a"), span_of("bc")),
	    "abc"));
	CHECK("concat", span_is(arena_concat(&arena, parts, 4), "a:bcd"));
	CHECK("concat nothing", arena_concat(&arena, NULL, 0).n == 0);
	CHECK("join nothing", span_is(arena_join(&arena, span_of(NULL),
	    span_of(NULL)), ""));
	arena_done(&arena);
}

int
main(void)
{
	test_find();
	test_bytes();
	test_prose();
	test_sets();
	test_safe();
	test_utf8();
	test_numbers();
	test_milli_text();
	test_milli_exact();
	return test_end();
}
