/* calendar - what readers show of invitations and visiting cards. */
#include "mail/calendar.h"

#include "test/unit/test.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

static const struct {
	const char *name, *text, *expected;
} texts[] = {
	{ "empty", "", "" },
	{ "no line", "\n\r\n \n", "" },
	{ "shown and not", "BEGIN:VEVENT\nUID:1@example.org\nSUMMARY:Prize\n"
	    "URL:http://a.example/\nEND:VEVENT\n",
	    "Prize\nhttp://a.example/\n" },
	{ "any case, no end", "summary:x", "x\n" },
	{ "RFC 5545 3.1, folded", "DESCRIPTION:htt\r\n p://a.exa\r\n\tmple\r\n"
	    "LOCATION:y\r\n", "http://a.example\ny\n" },
	{ "folded name", "DESC\n RIPTION:x\n", "x\n" },
	{ "folded behind nothing", "SUMMARY:\n x\n \n y\n", "xy\n" },
	{ "3.2, parameters", "SUMMARY;LANGUAGE=en;X=\"a:b\":c:d\n", "c:d\n" },
	{ "a quote without an end", "SUMMARY;X=\"a:b\n", "b\n" },
	{ "no value", "SUMMARY\nSUMMARY;X\nSUMMARY:\n", "" },
	{ "3.3.11, escapes", "COMMENT:a\\nb\\N\\, c\\;d\\\\e\\\n",
	    "a\nb\n, c;d\\e\\\n" },
	{ "HTML stays", "X-ALT-DESC;FMTTYPE=text/html:<a href=\"x\">y</a>\n",
	    "<a href=\"x\">y</a>\n" },
	{ "RFC 6350 3.3, group", "item1.URL:http://a.example\n",
	    "http://a.example\n" },
	{ "name that only begins so", "SUMMARYX:x\nXSUMMARY:x\n", "" },
};

static const struct {
	const char *header;
	bool is;
} parts[] = {
	{ "Content-Type: text/calendar; method=REQUEST", true },
	{ "Content-Type: TEXT/X-VCARD", true },
	{ "Content-Type: text/vcard", true },
	{ "Content-Type: application/ics; name=x", true },
	{ "Content-Type: application/octet-stream; name=Invite.ICS", true },
	{ "Content-Disposition: attachment; filename=a.vcf", true },
	{ "Content-Type: text/plain", false },
	{ "Content-Type: multipart/mixed; boundary=b; name=a.ics", false },
	{ "Subject: x", false },
};

static void
test_parts(struct arena *arena)
{
	struct span body = span_of("\n--b\n\nx\n--b--\n");
	struct header header;
	struct mime mime;
	struct span line;
	size_t i;

	for (i = 0; i < ROWS(parts); i++) {
		line = span_of(parts[i].header);
		span_cut(&line, ':', &header.name);
		header.value = line;
		mime_parse(arena, &header, 1, body, &mime);
		CHECK(parts[i].header, calendar_is(&mime.parts[0]) ==
		    parts[i].is);
	}
}

int
main(void)
{
	struct arena arena;
	size_t i;

	arena_init(&arena);
	for (i = 0; i < ROWS(texts); i++)
		CHECK_TEXT(texts[i].name, arena_string(&arena, calendar_text(
		    &arena, span_of(texts[i].text))), texts[i].expected);
	test_parts(&arena);
	arena_done(&arena);
	return test_end();
}
