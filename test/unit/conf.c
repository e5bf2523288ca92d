/*
 * conf - configuration text: what is read, what is said about each mistake,
 * and that print and read agree.
 */
#include "test/unit/conf_rows.h"

#define FILE_NAME "/etc/t.conf"

/* A key names the value that is expected; without one it is the error. */
struct row {
	const char *name, *text, *key, *expected;
};

#define T FILE_NAME ":"

static const struct row rows[] = {
	/* Form. */
	{ "empty", "", "greylist.delay", "5m" },
	{ "blank", " \t\n\r\n", "mode", "observe" },
	{ "pair", "mode = mark", "mode", "mark" },
	{ "no space", "mode=mark", "mode", "mark" },
	{ "two on a line", "mode=mark name=a", "name", "\"a\"" },
	{ "value on the next line", "mode =\n  mark\n", "mode", "mark" },
	{ "section", "spf { enabled = no }", "spf.enabled", "no" },
	{ "brace on the next line", "spf\n{\nenabled = no\n}\n",
	    "spf.enabled", "no" },
	{ "section twice", "spf { enabled = no }\nmode=mark\n"
	    "spf { timeout = 1s }", "spf.timeout", "1s" },
	{ "same key in two sections", "spf { enabled = no } "
	    "greylist { enabled = no }", "greylist.enabled", "no" },
	{ "byte order mark", "\xef\xbb\xbfmode = mark", "mode", "mark" },
	{ "CRLF", "mode = mark\r\nname = a\r\n", "name", "\"a\"" },
	{ "UTF-8", "name = K\xc3\xb6ln", "name", "\"K\xc3\xb6ln\"" },
	{ "hash comment", "# mode = mark\nname = a # b", "name", "\"a\"" },
	{ "slash comment", "// mode = x\nname = a // b", "name", "\"a\"" },
	{ "block comment", "/* {\n */ name /**/ = /* x */ a", "name",
	    "\"a\"" },
	{ "slashes in a word", "name = http://a/*b", "name",
	    "\"http://a/*b\"" },
	{ "comment at the very end", "mode = mark #", "mode", "mark" },
	/* Strings. */
	{ "quoted", "name = \"a b\"", "name", "\"a b\"" },
	{ "quoted holds signs", "name = \"#={},';/*\"", "name",
	    "\"#={},';/*\"" },
	{ "escapes", "name = \"\\\"\\\\\\n\\t\"", "name",
	    "\"\\\"\\\\\\n\\t\"" },
	{ "tab in a string", "name = \"a\tb\"", "name", "\"a\\tb\"" },
	{ "raw", "name = 'a\\n\"'", "name", "\"a\\\\n\\\"\"" },
	{ "empty string", "greylist { note = '' }", "greylist.note", "\"\"" },
	{ "word with a backslash", "name = a\\b", "name", "\"a\\\\b\"" },
	{ "colon and brackets", "name = inet:[::1]:99", "name",
	    "\"inet:[::1]:99\"" },
	/* Lists. */
	{ "list", "greylist { nets = { x, \"y z\" } }", "greylist.nets",
	    "{ \"x\", \"y z\" }" },
	{ "list over lines", "greylist { nets = {\n# c\n x,\n y\n}\n}",
	    "greylist.nets", "{ \"x\", \"y\" }" },
	{ "last comma", "greylist { nets = { x, y, } }", "greylist.nets",
	    "{ \"x\", \"y\" }" },
	{ "empty list", "greylist { nets = { } }", "greylist.nets", "{ }" },
	{ "list of one bare value", "greylist { nets = x }", "greylist.nets",
	    "{ \"x\" }" },
	{ "list by default", "", "greylist.nets", "{ \"a\", \"b\" }" },
	/* Types. */
	{ "bool on", "verbose = On", "verbose", "yes" },
	{ "bool true", "verbose = true", "verbose", "yes" },
	{ "bool off", "spf { enabled = off }", "spf.enabled", "no" },
	{ "bool false", "spf { enabled = FALSE }", "spf.enabled", "no" },
	{ "int", "greylist { limit = 100 }", "greylist.limit", "100" },
	{ "int negative", "spf { most = -12 }", "spf.most", "-12" },
	{ "int in quotes", "greylist { limit = '7' }", "greylist.limit", "7" },
	{ "time ms", "spf { timeout = 250ms }", "spf.timeout", "250ms" },
	{ "time s", "spf { timeout = 90s }", "spf.timeout", "90s" },
	{ "time m", "spf { timeout = 120m }", "spf.timeout", "2h" },
	{ "time d", "spf { timeout = 30d }", "spf.timeout", "30d" },
	{ "time w", "spf { timeout = 4w }", "spf.timeout", "4w" },
	{ "time 0", "spf { timeout = 0 }", "spf.timeout", "0" },
	{ "size in bytes", "spf { least = 513 }", "spf.least", "513" },
	{ "size k", "spf { least = 64k }", "spf.least", "64k" },
	{ "size K", "spf { least = 1024K }", "spf.least", "1M" },
	{ "size G", "spf { least = 3G }", "spf.least", "3G" },
	{ "score", "greylist { score = 7.5 }", "greylist.score", "7.5" },
	{ "score negative", "greylist { score = -0.125 }", "greylist.score",
	    "-0.125" },
	{ "path", "greylist { file = a/b }", "greylist.file", "\"/etc/a/b\"" },
	{ "absolute path", "greylist { file = /a }", "greylist.file",
	    "\"/a\"" },
	{ "no path", "greylist { file = \"\" }", "greylist.file", "\"\"" },
	{ "paths need not exist", "greylist { rules = { x.cf, '/y\\*' } }",
	    "greylist.rules", "{ \"/etc/x.cf\", \"/y\\\\*\" }" },
	{ "pattern without matches", "greylist { rules = '/nowhere/*.cf' }",
	    "greylist.rules", "{ }" },
	{ "int of all bits", "greylist { any = -9223372036854775807 }",
	    "greylist.any", "-9223372036854775807" },

	/* Values out of bounds or of the wrong kind. */
	{ "bool other", "verbose = maybe", NULL,
	    T "1: \"verbose\" must be yes or no, not \"maybe\"" },
	{ "int below", "greylist { limit = 0 }", NULL,
	    T "1: \"limit\" must be a whole number from 1 to 100, not \"0\"" },
	{ "int above", "greylist {\nlimit = 101\n}", NULL, T "2: \"limit\" "
	    "must be a whole number from 1 to 100, not \"101\"" },
	{ "int other", "greylist { limit = 5x }", NULL,
	    T "1: \"limit\" must be a whole number from 1 to 100, not \"5x\"" },
	{ "int bounded above", "spf { most = 4 }", NULL,
	    T "1: \"most\" must be a whole number of at most 3, not \"4\"" },
	{ "int without bounds", "greylist { any = 9223372036854775808 }", NULL,
	    T "1: \"any\" must be a whole number, "
	    "not \"9223372036854775808\"" },
	{ "time below", "greylist { delay = 10s }", NULL,
	    T "1: \"delay\" must be a time from 1m to 4w with its unit: ms, "
	    "s, m, h, d or w, not \"10s\"" },
	{ "time without unit", "greylist { delay = 300 }", NULL,
	    T "1: \"delay\" must be a time from 1m to 4w with its unit: ms, "
	    "s, m, h, d or w, not \"300\"" },
	{ "time unit", "spf { timeout = 1y }", NULL,
	    T "1: \"timeout\" must be a time of at least 0 with its unit: ms, "
	    "s, m, h, d or w, not \"1y\"" },
	{ "time overflows", "spf { timeout = 9223372036854775807w }", NULL,
	    T "1: \"timeout\" must be a time of at least 0 with its unit: ms, "
	    "s, m, h, d or w, not \"9223372036854775807w\"" },
	{ "size above", "greylist { size = 3G }", NULL,
	    T "1: \"size\" must be a size from 1k to 2G in bytes, or with the "
	    "unit k, M or G, not \"3G\"" },
	{ "size unit", "greylist { size = 3T }", NULL,
	    T "1: \"size\" must be a size from 1k to 2G in bytes, or with the "
	    "unit k, M or G, not \"3T\"" },
	{ "score above", "greylist { score = 100.001 }", NULL,
	    T "1: \"score\" must be a number from -100.0 to 100.0 with at "
	    "most 3 decimals, not \"100.001\"" },
	{ "score decimals", "greylist { score = 1.2345 }", NULL,
	    T "1: \"score\" must be a number from -100.0 to 100.0 with at "
	    "most 3 decimals, not \"1.2345\"" },
	{ "word other", "mode = mart", NULL, T "1: \"mode\" must be one of "
	    "observe, mark, enforce, not \"mart\"; did you mean \"mark\"?" },
	{ "string too short", "name = ''", NULL,
	    T "1: \"name\" must be from 1 to 20 bytes long, not \"\"" },
	{ "string too long", "name = a23456789012345678901", NULL,
	    T "1: \"name\" must be from 1 to 20 bytes long, not "
	    "\"a23456789012345678901\"" },
	{ "string without maximum", "spf { domain = a.b }", NULL,
	    T "1: \"domain\" must be at least 4 bytes long, not \"a.b\"" },
	{ "path too long", "greylist { file = "
	    "a2345678901234567890123456789012345678 }", NULL,
	    T "1: \"file\" must be at most 40 bytes long, not "
	    "\"/etc/a2345678901234567890123456789012345678\"" },
	{ "line feed in a path", "greylist { file = \"a\\nb\" }", NULL,
	    T "1: \"file\": a control byte in a path" },
	{ "line feed in paths", "greylist { rules = { a,\n\"b\\n*\" } }",
	    NULL, T "2: \"rules\": a control byte in a path" },
	{ "int sign alone", "spf { most = - }", NULL,
	    T "1: \"most\" must be a whole number of at most 3, not \"-\"" },
	{ "list for one value", "greylist {\n delay = { 5m }\n}", NULL,
	    T "2: \"delay\" takes one value, not a list" },
	{ "empty list for one value", "name = {}", NULL,
	    T "1: \"name\" takes one value, not a list" },
	{ "empty entry", "greylist { nets = { a,\n'' } }", NULL,
	    T "2: an entry of \"nets\" is empty; an empty list is { }" },

	/* Names. */
	{ "unknown key", "vebose = yes", NULL,
	    T "1: unknown key \"vebose\"; did you mean \"verbose\"?" },
	{ "unknown key in a section", "\ngreylist {\n\tdely = 5m\n}", NULL,
	    T "3: unknown key \"dely\" in section \"greylist\"; "
	    "did you mean \"delay\"?" },
	{ "nothing near", "qqqqqqqqq = 1", NULL,
	    T "1: unknown key \"qqqqqqqqq\"" },
	{ "key of another section", "spf { delay = 5m }", NULL,
	    T "1: unknown key \"delay\" in section \"spf\"; "
	    "it belongs in section \"greylist\"" },
	{ "key of two sections", "enabled = yes", NULL,
	    T "1: unknown key \"enabled\"; it belongs in section \"greylist\" "
	    "or in section \"spf\"" },
	{ "key of the top", "spf { mode = mark }", NULL,
	    T "1: unknown key \"mode\" in section \"spf\"; "
	    "it belongs outside of any section" },
	{ "near key of another section", "timeouts = 5s", NULL,
	    T "1: unknown key \"timeouts\"; "
	    "did you mean \"timeout\" in section \"spf\"?" },
	{ "near key of the top", "spf { verbos = yes }", NULL,
	    T "1: unknown key \"verbos\" in section \"spf\"; "
	    "did you mean \"verbose\" outside of any section?" },
	{ "unknown section", "greylst { }", NULL,
	    T "1: unknown section \"greylst\"; did you mean \"greylist\"?" },
	{ "section as key", "greylist = { delay = 5m }", NULL,
	    T "1: unknown key \"greylist\"; "
	    "it is a section: greylist { ... }" },
	{ "key as section", "mode { }", NULL,
	    T "1: unknown section \"mode\"; it is a key: mode = value" },
	{ "upper case", "Mode = mark", NULL,
	    T "1: unknown key \"Mode\"; did you mean \"mode\"?" },
	{ "set twice", "mode = mark\n\nmode = mark", NULL,
	    T "3: \"mode\" is already set at " T "1" },
	{ "set twice in a section", "spf { enabled = no\n}\n"
	    "spf { enabled = no }", NULL,
	    T "3: \"enabled\" is already set at " T "1" },

	/* Form broken. */
	{ "no value before a key", "mode =\nname = a", NULL,
	    T "1: \"mode\" has no value" },
	{ "no value before a section", "mode =\nspf { }", NULL,
	    T "1: \"mode\" has no value" },
	{ "no value before include", "name =\ninclude \"a\"", NULL,
	    T "1: \"name\" has no value" },
	{ "no value at the end", "mode = # mark\n", NULL,
	    T "1: \"mode\" has no value" },
	{ "no value before a brace", "spf {\nenabled =\n}", NULL,
	    T "2: \"enabled\" has no value" },
	{ "no value before a comma", "mode = , mark", NULL,
	    T "1: \"mode\" has no value" },
	{ "second equals sign", "name = a = b", NULL,
	    T "1: expected a key or a section, not \"=\"" },
	{ "no equals sign", "mode mark", NULL,
	    T "1: expected \"=\" or \"{\" after \"mode\", not \"mark\"" },
	{ "key alone", "mode", NULL,
	    T "1: expected \"=\" or \"{\" after \"mode\", not \"the end\"" },
	{ "title", "spf \"x\" { }", NULL,
	    T "1: expected \"=\" or \"{\" after \"spf\", not \"x\"" },
	{ "key in quotes", "\"mode\" = mark", NULL,
	    T "1: expected a key or a section, not \"mode\"" },
	{ "several values", "greylist { nets = a, b }", NULL,
	    T "1: several values of \"nets\" need braces: { a, b }" },
	{ "no comma", "greylist { nets = { a\nb } }", NULL,
	    T "2: expected a comma before \"b\" in the list of \"nets\"" },
	{ "two commas", "greylist { nets = { a,\n, b } }", NULL,
	    T "2: expected a value in the list of \"nets\", not \",\"" },
	{ "list in a list", "greylist { nets = { { a } } }", NULL,
	    T "1: expected a value in the list of \"nets\", not \"{\"" },
	{ "list not closed", "greylist {\nnets = {\na,\n", NULL,
	    T "2: the list of \"nets\" opened here is not closed" },
	{ "list not closed after a value", "greylist {\nnets = {\na\n", NULL,
	    T "2: the list of \"nets\" opened here is not closed" },
	{ "list not closed before a key",
	    "greylist {\nnets = { a,\nb\ndelay = 5m }", NULL,
	    T "2: the list of \"nets\" opened here is not closed before "
	    "\"delay\" in line 4" },
	{ "last comma and list not closed",
	    "greylist {\nnets = { a,\nb,\ndelay = 5m }", NULL,
	    T "2: the list of \"nets\" opened here is not closed before "
	    "\"delay\" in line 4" },
	{ "section not closed", "mode = mark\nspf {\nenabled = no\n\n", NULL,
	    T "2: section \"spf\" opened here is not closed" },
	{ "section in a section", "spf {\n\ngreylist {\n} }", NULL,
	    T "3: section \"greylist\" inside of section \"spf\", which line "
	    "1 opens: is a } missing?" },
	{ "brace that closes nothing", "spf { }\n}", NULL,
	    T "2: \"}\" closes nothing" },
	{ "string not closed", "mode = mark\nname = \"a\nspf { }", NULL,
	    T "2: the string opened here is not closed on its line" },
	{ "string not closed at the end", "name = \"a\\\"", NULL,
	    T "1: the string opened here is not closed on its line" },
	{ "string ends in a backslash", "name = \"a\\\n\"", NULL,
	    T "1: the string opened here is not closed on its line" },
	{ "raw not closed", "name =\n'a\n", NULL,
	    T "2: the string opened here is not closed on its line" },
	{ "comment not closed", "mode = mark\n/* a\nb\n", NULL,
	    T "2: the comment opened here is not closed" },
	{ "comment not closed by its own slash", "/*/", NULL,
	    T "1: the comment opened here is not closed" },
	{ "unknown escape", "name = \"\\d\"", NULL,
	    T "1: in a string a backslash goes before a quote, another "
	    "backslash, n or t; 'single quotes' keep backslashes as they "
	    "are" },
	{ "semicolon", "mode = mark;", NULL, T "1: stray \";\": a line needs "
	    "none, a value that holds one needs quotes" },
	{ "hash in a word", "name = a#b", NULL,
	    T "1: # directly after \"a\"; put a value that holds it in "
	    "quotes" },
	{ "quote in a word", "name = it's", NULL,
	    T "1: ' directly after \"it\"; put a value that holds it in "
	    "quotes" },
	{ "control byte", "mode = mark\n# \x1b[1m", NULL,
	    T "2: control byte 0x1b" },
	{ "delete", "name = \"\x7f\"", NULL, T "1: control byte 0x7f" },
	{ "vertical tab", "name\v= a", NULL, T "1: control byte 0x0b" },
	{ "carriage return alone", "mode = mark\rname = a\n", NULL,
	    T "1: carriage return without a line feed" },
	{ "carriage return at the end", "mode = mark\r", NULL,
	    T "1: carriage return without a line feed" },
	{ "invalid UTF-8", "\n# K\xf6ln\n", NULL, T "2: invalid UTF-8" },
	{ "UTF-16", "\xff\xfem", NULL, T "1: invalid UTF-8" },
	{ "include in memory", "include \"a\"", NULL,
	    T "1: include is possible in files only" },
	{ "include without quotes", "include a.conf", NULL,
	    T "1: include needs the path of a file, in quotes" },
	{ "include as key", "include = a", NULL,
	    T "1: include needs the path of a file, in quotes" },
	{ "include of nothing", "include \"\"", NULL,
	    T "1: include needs the path of a file, in quotes" },
	{ "include in a section", "spf {\ninclude \"a\" }", NULL,
	    T "2: include inside of section \"spf\"; it goes outside" },
};

static void
test_rows(void)
{
	const struct row *row;
	struct error error;
	struct conf *conf;
	char value[1000];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		row = &rows[i];
		error.text[0] = '\0';
		conf = conf_parse(FILE_NAME, span_of(row->text), sections,
		    NULL, &error);
		if (row->key == NULL) {
			CHECK(row->name, conf == NULL);
			CHECK_TEXT(row->name, error.text, row->expected);
		} else if (CHECK(row->name, conf != NULL)) {
			printed_value(conf, row->key, value, sizeof(value));
			CHECK_TEXT(row->name, value, row->expected);
			check_round_trip(row->name, conf);
		} else {
			fprintf(stderr, "  %s\n", error.text);
		}
		conf_free(conf);
	}
}

static void
test_nul(void)
{
	struct error error;
	struct conf *conf;

	conf = conf_parse("t", span_make("\nmode = mark\0", 13), sections,
	    NULL, &error);
	CHECK("NUL", conf == NULL);
	CHECK_TEXT("NUL", error.text, "t:2: NUL byte");
}

static void
test_members(void)
{
	struct error error;
	const struct greylist *g;
	const struct top *t;
	struct conf *conf;

	conf = conf_parse("/etc/t.conf", span_of("mode = enforce verbose = on\n"
	    "greylist { delay = 2h size = 3k score = -1.5 limit = 3\n"
	    "note = n nets = { x } file = f enabled = no }"), sections, NULL,
	    &error);
	if (!CHECK("members", conf != NULL))
		return;
	t = conf_section(conf, "");
	g = conf_section(conf, "greylist");
	CHECK("members", t->mode == 2 && t->verbose);
	CHECK_TEXT("members", t->name, "mx");
	CHECK("members", g->delay == 7200000 && g->size == 3072);
	CHECK("members", g->score == -1500 && g->limit == 3 && !g->enabled);
	CHECK_TEXT("members", g->note, "n");
	CHECK_TEXT("members", g->file, "/etc/f");
	CHECK("members", g->nets.count == 1 && g->rules.count == 0);
	CHECK("members", conf_section(conf, "dkim") == NULL);
	CHECK("members", conf_sections(conf) == sections);
	conf_free(conf);
	conf_free(NULL);
}

static void
test_list_full(void)
{
	struct error error;
	struct buf text;
	struct conf *conf;
	int i;

	buf_init(&text, PRINT_MAX);
	buf_puts(&text, "greylist { nets = {\n");
	for (i = 0; i < CONF_VALUES_MAX; i++)
		buf_printf(&text, "a%d,\n", i);
	buf_puts(&text, "} }");
	conf = conf_parse("t", buf_contents(&text), sections, NULL, &error);
	CHECK("full list", conf != NULL);
	conf_free(conf);
	text.n -= 3;
	buf_puts(&text, "one_more } }");
	conf = conf_parse("t", buf_contents(&text), sections, NULL, &error);
	CHECK("list too long", conf == NULL);
	CHECK_TEXT("list too long", error.text,
	    "t:10002: the list of \"nets\" has more than 10000 values");
	buf_done(&text);
}

/* A path is bounded by the system, whatever its row allows. */
static void
test_long_path(void)
{
	struct error error;
	struct buf text;
	int i;

	buf_init(&text, PRINT_MAX);
	buf_puts(&text, "\ngreylist { rules = ");
	for (i = 0; i < 4096; i++)
		buf_char(&text, 'a');
	buf_puts(&text, " }");
	CHECK("long path", conf_parse("t", buf_contents(&text), sections, NULL,
	    &error) == NULL);
	CHECK_TEXT("long path", error.text,
	    "t:2: \"rules\": a path longer than the system allows");
	buf_done(&text);
}

/* One override on top of a file that sets mode and delay. */
static const struct row override_rows[] = {
	{ "top", "mode=enforce", "mode", "enforce" },
	{ "section", "greylist.delay=1h", "greylist.delay", "1h" },
	{ "spaces", " greylist.delay = 1h ", "greylist.delay", "1h" },
	{ "quoted", "greylist.note=\"a=b c\"", "greylist.note", "\"a=b c\"" },
	{ "empty string", "greylist.note=", "greylist.note", "\"\"" },
	{ "list", "greylist.nets=x,y", "greylist.nets", "{ \"x\", \"y\" }" },
	{ "list in braces", "greylist.nets={x, y,}", "greylist.nets",
	    "{ \"x\", \"y\" }" },
	{ "list of one", "greylist.nets=x", "greylist.nets", "{ \"x\" }" },
	{ "empty list", "greylist.nets=", "greylist.nets", "{ }" },
	{ "empty braces", "greylist.nets={}", "greylist.nets", "{ }" },
	{ "no value", "mode", NULL,
	    "-o: expected section.key=value, not \"mode\"" },
	{ "unknown section", "greylst.delay=1h", NULL,
	    "-o: unknown section \"greylst\"; did you mean \"greylist\"?" },
	{ "unknown key", "greylist.dely=1h", NULL, "-o: unknown key \"dely\" "
	    "in section \"greylist\"; did you mean \"delay\"?" },
	{ "no section", "delay=1h", NULL, "-o: unknown key \"delay\"; "
	    "it belongs in section \"greylist\"" },
	{ "bounds", "greylist.limit=0", NULL, "-o: \"limit\" must be a whole "
	    "number from 1 to 100, not \"0\"" },
	{ "empty number", "greylist.limit=", NULL, "-o: \"limit\" must be a "
	    "whole number from 1 to 100, not \"\"" },
	{ "two words", "name=a b", NULL, "-o: expected a comma before \"b\", "
	    "or quotes around all of the value" },
	{ "list for one value", "name=a,b", NULL,
	    "-o: \"name\" takes one value, not a list" },
	{ "list not closed", "greylist.nets={x", NULL, "-o: expected a comma "
	    "before \"the end\", or quotes around all of the value" },
	{ "list closed twice", "greylist.nets={x}}", NULL,
	    "-o: expected a value, not \"}\"" },
	{ "two commas", "greylist.nets=x,,y", NULL,
	    "-o: expected a value, not \",\"" },
	{ "comment", "name=#a", NULL, "-o: nothing but a comment; a value "
	    "that begins so needs quotes" },
	{ "control byte", "name=a\033", NULL, "-o: control byte 0x1b" },
};

static void
test_overrides(void)
{
	const char *overrides[2] = { NULL, NULL };
	const struct row *row;
	struct error error;
	struct conf *conf;
	char value[1000];
	size_t i;

	for (i = 0; i < sizeof(override_rows) / sizeof(*override_rows); i++) {
		row = &override_rows[i];
		overrides[0] = row->text;
		error.text[0] = '\0';
		conf = conf_parse("t", span_of("mode = mark greylist { delay ="
		    " 2h }"), sections, overrides, &error);
		if (row->key == NULL) {
			CHECK(row->name, conf == NULL);
			CHECK_TEXT(row->name, error.text, row->expected);
		} else if (CHECK(row->name, conf != NULL)) {
			printed_value(conf, row->key, value, sizeof(value));
			CHECK_TEXT(row->name, value, row->expected);
		}
		conf_free(conf);
	}
}

static void
test_override_twice(void)
{
	static const char *const twice[] = { "mode=mark", "mode=mark", NULL };
	struct error error;

	CHECK("twice", conf_parse("t", span_of(""), sections, twice, &error) ==
	    NULL);
	CHECK_TEXT("twice", error.text, "-o: \"mode\" is given twice");
}

static void
test_origins(void)
{
	static const char *const overrides[] = { "spf.timeout=1s", NULL };
	struct error error;
	struct conf *conf;
	struct buf text;

	conf = conf_parse("a\x1b.conf", span_of("\nmode = mark\nspf {\n"
	    "timeout = 3s }"), sections, overrides, &error);
	if (!CHECK("origins", conf != NULL))
		return;
	CHECK_TEXT("file", conf_origin(conf, "", "mode"), "a\x1b.conf:2");
	CHECK_TEXT("-o", conf_origin(conf, "spf", "timeout"), "-o");
	CHECK_TEXT("default", conf_origin(conf, "", "name"), "default");
	CHECK("refuse", conf_refuse(conf, "", "mode", &error, "no %s", "x") ==
	    -1);
	CHECK_TEXT("refuse", error.text, "a\\x1b.conf:2: no x");
	conf_refuse(conf, "spf", "timeout", &error, "no");
	CHECK_TEXT("refuse -o", error.text, "-o: no");
	conf_refuse(conf, "spf", "enabled", &error, "no");
	CHECK_TEXT("refuse default", error.text,
	    "default of spf.enabled: no");
	buf_init(&text, PRINT_MAX);
	conf_print(conf, &text, true);
	CHECK("print", strstr(buf_string(&text),
	    "mode = mark\t# a\\x1b.conf:2\nname = \"mx\"\t# default\n") !=
	    NULL);
	buf_done(&text);
	check_round_trip("origins", conf);
	conf_free(conf);
}

/* A fallback that its own row refuses is found by loading anything. */
static void
test_bad_fallback(void)
{
	static const struct option options[] = {
		{ "n", OPTION_INT, 0, "0", 1, 2, NULL, "" }, { 0 }
	};
	static const struct section section = { "s", options, 8 };
	static const struct section *const both[] = { &section, NULL };
	struct error error;

	CHECK("fallback", conf_parse("t", span_of(""), both, NULL, &error) ==
	    NULL);
	CHECK_TEXT("fallback", error.text, "default of s.n: \"n\" must be a "
	    "whole number from 1 to 2, not \"0\"");
	CHECK("no top", conf_parse("t", span_of("n = 1"), both, NULL,
	    &error) == NULL);
	CHECK_TEXT("no top", error.text,
	    "t:1: unknown key \"n\"; it belongs in section \"s\"");
}

int
main(void)
{
	test_rows();
	test_nul();
	test_members();
	test_list_full();
	test_long_path();
	test_overrides();
	test_override_twice();
	test_origins();
	test_bad_fallback();
	return test_end();
}
