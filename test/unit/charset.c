/* charset - labels and bytes as UTF-8. */
#include <dlfcn.h>
#include <iconv.h>

#include "base/text.h"
#include "mail/charset.h"
#include "test/unit/test.h"

static unsigned opened, closed;

/* In place of the C library's, which they call. */
iconv_t
iconv_open(const char *to, const char *from)
{
	iconv_t (*real)(const char *, const char *);

	opened++;
	*(void **)&real = dlsym(RTLD_NEXT, "iconv_open");
	return real(to, from);
}

int
iconv_close(iconv_t set)
{
	int (*real)(iconv_t);

	closed++;
	*(void **)&real = dlsym(RTLD_NEXT, "iconv_close");
	return real(set);
}

struct row {
	const char *name, *label, *text, *expected;
	enum charset_use use;
	unsigned faults;
};

#define FFFD "\xef\xbf\xbd"

static const struct row rows[] = {
	{ "ascii", "us-ascii", "Hi", "Hi", CHARSET_BODY, 0 },
	{ "ascii, unknown label", "nonsense", "Hi", "Hi", CHARSET_BODY,
	  CHARSET_UNKNOWN },
	{ "no label, UTF-8", "", "\xc3\xa4", "\xc3\xa4", CHARSET_BODY, 0 },
	{ "no label, not UTF-8", "", "\xe4\x80", "\xc3\xa4\xe2\x82\xac",
	  CHARSET_BODY, 0 },
	{ "UTF-8 whatever the label", "iso-8859-2", "\xc3\xa4", "\xc3\xa4",
	  CHARSET_BODY, 0 },
	{ "a word obeys its label", "iso-8859-1", "\xc3\xa4",
	  "\xc3\x83\xc2\xa4", CHARSET_WORD, 0 },
	{ "latin1 is windows-1252", "ISO-8859-1", "\x93\xe4\x94",
	  "\xe2\x80\x9c\xc3\xa4\xe2\x80\x9d", CHARSET_BODY, 0 },
	{ "ascii with high bytes", "us-ascii", "\xe4", "\xc3\xa4",
	  CHARSET_BODY, 0 },
	{ "bytes that windows-1252 lacks", "windows-1252", "\x81\x9d",
	  FFFD FFFD, CHARSET_BODY, 0 },
	{ "iso-8859-2", "iso-8859-2", "\xb1", "\xc4\x85", CHARSET_BODY, 0 },
	{ "iso-8859-9 is windows-1254", "iso-8859-9", "\x80\xfd",
	  "\xe2\x82\xac\xc4\xb1", CHARSET_BODY, 0 },
	{ "iso-8859-15", "Latin-9", "\xa4", "\xe2\x82\xac", CHARSET_BODY, 0 },
	{ "koi8-r", "KOI8-R", "\xd4", "\xd1\x82", CHARSET_BODY, 0 },
	{ "gb2312 is gb18030", "gb2312", "\x81\x30\x84\x36\xc4\xe3",
	  "\xc2\xa5\xe4\xbd\xa0", CHARSET_BODY, 0 },
	{ "ks_c_5601-1987 is cp949", "ks_c_5601-1987", "\xb0\xa1\x81\x41",
	  "\xea\xb0\x80\xea\xb0\x82", CHARSET_BODY, 0 },
	{ "shift_jis is cp932", "shift-jis", "\x87\x40\x82\xa0",
	  "\xe2\x91\xa0\xe3\x81\x82", CHARSET_BODY, 0 },
	{ "big5", "big5", "\xa4\xa4", "\xe4\xb8\xad", CHARSET_BODY, 0 },
	{ "euc-jp", "euc-jp", "\xa4\xa2", "\xe3\x81\x82", CHARSET_BODY, 0 },
	{ "iso-2022-jp", "iso-2022-jp", "\x1b$B$\"\x1b(B.",
	  "\xe3\x81\x82.", CHARSET_BODY, 0 },
	{ "iso-2022-kr", "iso-2022-kr", "\x1b$)C\x0e" "0!\x0f.",
	  "\xea\xb0\x80.", CHARSET_BODY, 0 },
	{ "utf-7", "utf-7", "+AOQ-x", "\xc3\xa4x", CHARSET_BODY, 0 },
	{ "quotes and language", "'utf-8'*en", "\xc3\xa4", "\xc3\xa4",
	  CHARSET_WORD, 0 },
	{ "EBCDIC hides nothing", "ibm037", "Hi", "Hi", CHARSET_BODY,
	  CHARSET_UNKNOWN },
	{ "iconv's own words", "utf-16//IGNORE", "Hi", "Hi", CHARSET_BODY,
	  CHARSET_UNKNOWN },
	{ "overlong label",
	  "utf-8-----------------------------------------------------",
	  "\xe4", "\xc3\xa4", CHARSET_BODY, CHARSET_UNKNOWN },
	{ "UTF-8 that is not", "utf-8", "\xe4\xe4", "\xc3\xa4\xc3\xa4",
	  CHARSET_BODY, CHARSET_WRONG },
	{ "UTF-8 but for one byte", "utf-8",
	  "0123456789abcdef\xc3\xa4\xe4", "0123456789abcdef\xc3\xa4" FFFD,
	  CHARSET_BODY, CHARSET_DAMAGED },
	{ "word that ends within a character", "utf-8", "x\xc3", "x" FFFD,
	  CHARSET_WORD, CHARSET_DAMAGED },
	{ "surrogates", "utf-8", "\xed\xa0\x80", FFFD FFFD FFFD,
	  CHARSET_WORD, CHARSET_DAMAGED },
	{ "wrong iso-2022-jp", "iso-2022-jp", "\x82\xe4",
	  "\xe2\x80\x9a\xc3\xa4", CHARSET_BODY, CHARSET_WRONG },
	{ "mark dropped", "utf-8", "\xef\xbb\xbfHi", "Hi", CHARSET_BODY, 0 },
	{ "utf-16 that is ASCII", "utf-16", "Hi there", "Hi there",
	  CHARSET_BODY, CHARSET_WRONG },
};

struct wide {
	const char *name, *label;
	struct span text;
	const char *expected;
};

static const struct wide wides[] = {
	{ "big end mark", "utf-16", SPAN("\xfe\xff\0H\0i"), "Hi" },
	{ "little end mark", "utf-16", SPAN("\xff\xfeH\0i\0"), "Hi" },
	{ "no mark, little end", "UTF16", SPAN("H\0i\0"), "Hi" },
	{ "no mark, big end", "unicode", SPAN("\0H\0i"), "Hi" },
	{ "mark where the label says it", "utf-16le", SPAN("\xff\xfeH\0"),
	  "H" },
	{ "mark and no label", "", SPAN("\xff\xfeH\0i\0"), "Hi" },
	{ "mark and another label", "utf-8", SPAN("\xfe\xff\0H\0i"), "Hi" },
	{ "mark and a label of one byte", "latin1", SPAN("\xff\xfeH\0"), "H" },
	{ "pair", "utf-16le", SPAN("\x3d\xd8\x00\xde"), "\xf0\x9f\x98\x80" },
	{ "half a pair", "utf-16le", SPAN("a\0b\0\x3d\xd8" "c\0d\0e\0f\0g\0h\0"
	  "i\0j\0k\0l\0m\0n\0o\0p\0q\0r\0s\0t\0u\0v\0w\0x\0y\0z\0"
	  "a\0b\0c\0d\0e\0f\0g\0h\0"), NULL },
};

static void
rows_run(void)
{
	const struct row *row;
	struct arena arena;
	struct span out;
	unsigned faults;

	for (row = rows; row < rows + sizeof(rows) / sizeof(rows[0]); row++) {
		arena_init(&arena);
		faults = 0;
		out = charset_utf8(&arena, span_of(row->text),
		    span_of(row->label), row->use, &faults);
		CHECK_TEXT(row->name, arena_string(&arena, out),
		    row->expected);
		if (!CHECK(row->name, faults == row->faults))
			fprintf(stderr, "  %x\n", faults);
		arena_done(&arena);
	}
}

static void
wides_run(void)
{
	const struct wide *row;
	struct arena arena;
	struct span out;

	for (row = wides; row < wides + sizeof(wides) / sizeof(wides[0]);
	    row++) {
		arena_init(&arena);
		out = charset_utf8(&arena, row->text, span_of(row->label),
		    CHARSET_BODY, NULL);
		CHECK(row->name, text_utf8(out));
		if (row->expected != NULL)
			CHECK_TEXT(row->name, arena_string(&arena, out),
			    row->expected);
		arena_done(&arena);
	}
}

/* Every label can be opened: random bytes come out as UTF-8 in any. */
static void
labels_run(void)
{
	static const char *const labels[] = {
		"utf-8", "windows-1250", "windows-1251", "windows-1252",
		"windows-1253", "windows-1254", "windows-1255", "windows-1256",
		"windows-1257", "windows-1258", "windows-874", "iso-8859-2",
		"iso-8859-3", "iso-8859-4", "iso-8859-5", "iso-8859-6",
		"iso-8859-7", "iso-8859-8", "iso-8859-10", "iso-8859-13",
		"iso-8859-14", "iso-8859-15", "iso-8859-16", "koi8-r",
		"koi8-u", "ibm866", "cp437", "cp850", "cp852", "cp855",
		"cp862", "macintosh", "x-mac-cyrillic", "x-mac-ce", "viscii",
		"gbk", "big5", "euc-tw", "euc-kr", "johab", "shift_jis",
		"euc-jp", "iso-2022-jp", "iso-2022-jp-2", "iso-2022-kr",
		"iso-2022-cn", "utf-7", "utf-16", "utf-16le", "utf-16be",
		"utf-32", "utf-32le", "utf-32be",
	};
	unsigned seed = 1, faults;
	struct arena arena;
	char bytes[2048];
	size_t i, k;
	struct span out;

	for (i = 0; i < sizeof(bytes); i++) {
		seed = seed * 1103515245 + 12345;
		bytes[i] = (char)(seed >> 16);
	}
	for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		CHECK(labels[i], charset_name(span_of(labels[i])) != NULL);
		for (k = 0; k < 2; k++) {
			arena_init(&arena);
			faults = 0;
			out = charset_utf8(&arena, span_make(bytes,
			    sizeof(bytes)), span_of(labels[i]), k == 0 ?
			    CHARSET_BODY : CHARSET_WORD, &faults);
			CHECK(labels[i], text_utf8(out));
			CHECK(labels[i], (faults & CHARSET_UNKNOWN) == 0);
			arena_done(&arena);
		}
	}
}

/* Opening a converter takes long: once for each set and message. */
static void
turns_run(void)
{
	static const char *const sets[] = { "iso-8859-2", "koi8-r", "euc-jp",
	    "gb18030", "iso-2022-jp" };
	struct arena arena;
	struct span out;
	size_t i;

	arena_init(&arena);
	opened = closed = 0;
	for (i = 0; i < 1000; i++)
		charset_utf8(&arena, span_of("\xe4\xe4"), span_of(sets[i % 5]),
		    CHARSET_WORD, NULL);
	CHECK("opened once", opened == 5 && closed == 0);
	/* What one text shifted to is nothing to the next. */
	charset_utf8(&arena, span_of("\x1b$B$\""), span_of("iso-2022-jp"),
	    CHARSET_WORD, NULL);
	out = charset_utf8(&arena, span_of("$\""), span_of("iso-2022-jp"),
	    CHARSET_WORD, NULL);
	CHECK("begins anew", span_is(out, "$\""));
	arena_reset(&arena);
	CHECK("closed", closed == 5);
	charset_utf8(&arena, span_of("\xe4"), span_of("koi8-r"), CHARSET_WORD,
	    NULL);
	arena_done(&arena);
	CHECK("again", opened == 6 && closed == 6);
}

int
main(void)
{
	rows_run();
	turns_run();
	wides_run();
	labels_run();
	CHECK_TEXT("name", charset_name(span_of("Latin_1")), "windows-1252");
	CHECK("no name", charset_name(span_of("")) == NULL);
	return test_end();
}
