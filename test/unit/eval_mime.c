/* eval_mime - functions about how parts are encoded. */
#include "test/unit/rulelab.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

#define MULTI(kind, parts) "Content-Type: multipart/" kind "; boundary=b\n\n" \
	"--b\n" parts "\n--b--\n"
#define PART(fields, text) fields "\n" text
#define NEXT "\n--b\n"
#define TYPE(type) "Content-Type: " type "\n"
#define CODED(coding) "Content-Transfer-Encoding: " coding "\n"
#define X10 "xxxxxxxxxx"
#define X40 X10 X10 X10 X10
#define X200 X40 X40 X40 X40 X40

static const char part_rules[] =
    "body HTML eval:check_for_mime_html()\n"
    "body HTML_ONLY eval:check_for_mime_html_only()\n"
    "body ATTACHED eval:check_for_mime('mime_attachment')\n"
    "body BASE64 eval:check_for_mime('mime_base64_count')\n"
    "body B64_TEXT eval:check_for_mime('mime_base64_encoded_text')\n"
    "body BAD_ISO eval:check_for_mime('mime_bad_iso_charset')\n"
    "body NOT_TEXT eval:check_ma_non_text()\n"
    "body UNCLOSED eval:check_for_mime('mime_missing_boundary')\n"
    "body UNKNOWN eval:check_for_mime('mime_no_such_thing')\n";

static const char line_rules[] =
    "body QP eval:check_for_mime('mime_qp_count')\n"
    "body QP_LONG eval:check_for_mime('mime_qp_long_line')\n"
    "body QP_HALF eval:check_qp_ratio('0.1')\n"
    "body NO_ASCII eval:check_for_ascii_text_illegal()\n"
    "body UNICODE eval:check_abundant_unicode_ratio(0.05)\n"
    "body B64_78 eval:check_base64_length('78','79')\n"
    "body B64_79 eval:check_base64_length('79')\n";

static const char ratio_rules[] =
    "body MOSTLY eval:check_mime_multipart_ratio('0.00','0.01')\n"
    "body HALF eval:check_mime_multipart_ratio('0.4','0.6')\n"
    "body SAME eval:check_mime_multipart_ratio('1.0','1.1')\n";

static const char caps_rules[] =
    "body CAPS_25 eval:check_for_uppercase('25', '50')\n"
    "body CAPS_50 eval:check_for_uppercase('50', '75')\n"
    "body CAPS_75 eval:check_for_uppercase('75', '100')\n";

static const char faraway_rules[] =
    "ok_locales en\n"
    "body FARAWAY eval:check_for_faraway_charset()\n"
    "body PART eval:check_for_mime('mime_faraway_charset')\n";

static const struct lab_row rows[] = {
	{ "no type", part_rules, "To: a\n\nx\n", "" },
	{ "html alone", part_rules, TYPE("text/html") "\nx\n",
	    "HTML HTML_ONLY" },
	{ "both", part_rules, MULTI("alternative", PART(TYPE("text/plain"),
	    "x") NEXT PART(TYPE("TEXT/HTML"), "x")), "HTML" },
	{ "html in a message", part_rules, MULTI("mixed", PART(TYPE(
	    "message/rfc822"), TYPE("text/html") "\nx")), "HTML HTML_ONLY" },
	{ "attachment", part_rules, MULTI("mixed", PART(TYPE("image/png")
	    "Content-Disposition: ATTACHMENT\n" CODED("base64"), "AAAA")),
	    "ATTACHED BASE64" },
	{ "ascii in base64", part_rules, TYPE("text/plain; charset=us-ascii")
	    CODED("base64") "\neA==\n", "BASE64 B64_TEXT" },
	{ "no charset, inline", part_rules, TYPE("text/plain")
	    "Content-Disposition: inline\n" CODED("base64") "\neA==\n",
	    "BASE64" },
	{ "utf-8 in base64", part_rules, TYPE("text/plain; charset=utf-8")
	    CODED("base64") "\neA==\n", "BASE64" },
	{ "a name with us in it", part_rules,
	    TYPE("text/plain; charset=russian") CODED("base64") "\neA==\n",
	    "BASE64 B64_TEXT" },
	{ "iso-8859-16", part_rules, TYPE("text/plain; charset=ISO-8859-16")
	    "\nx\n", "" },
	{ "iso-8859-160", part_rules, TYPE("text/plain; charset=iso-8859-160")
	    "\nx\n", "BAD_ISO" },
	{ "iso-2022-jp", part_rules, TYPE("text/plain; charset=iso-2022-jp")
	    "\nx\n", "" },
	{ "iso-2022-cn", part_rules, TYPE("text/plain; charset=\"iso-2022-cn\"")
	    "\nx\n", "BAD_ISO" },
	{ "iso-latin", part_rules, TYPE("text/plain; charset=iso-latin")
	    "\nx\n", "" },
	{ "iso-_-!", part_rules, TYPE("text/plain; charset=iso-a-!;")
	    "\nx\n", "" },
	{ "alternative of a picture", part_rules, MULTI("alternative",
	    PART(TYPE("text/plain"), "x") NEXT PART(TYPE("image/png"), "x")),
	    "NOT_TEXT" },
	{ "alternative of rtf", part_rules, MULTI("alternative",
	    PART(TYPE("application/rtf"), "x")), "" },
	{ "picture behind an alternative", part_rules, MULTI("mixed",
	    PART(TYPE("image/png"), "x")), "" },
	{ "no end", part_rules, TYPE("multipart/mixed; boundary=b") "\n--b\n"
	    "\nx\n", "UNCLOSED" },

	{ "needless escapes", line_rules, TYPE("text/plain")
	    CODED("quoted-printable") "\n=41=42=43\n", "QP QP_HALF" },
	{ "needed escapes", line_rules, TYPE("text/plain")
	    CODED("quoted-printable") "\n=3D=7F=0A=8A=41x\n=20=09 \n",
	    "QP" },
	{ "blanks at the end", line_rules, TYPE("text/plain")
	    CODED("quoted-printable") "\nx=20=20=09\n", "" },
	{ "lower case is none", line_rules, TYPE("text/plain")
	    CODED("quoted-printable") "\n=4a=4b=4c\n", "" },
	{ "no body", line_rules, TYPE("text/plain") CODED("quoted-printable")
	    "\n", "QP" },
	{ "78 bytes", line_rules, TYPE("text/plain") CODED("Quoted-Printable")
	    "\n" X40 X10 X10 X10 "xxxxxxxx\n", "" },
	{ "79 bytes", line_rules, TYPE("text/plain") CODED("Quoted-Printable")
	    "\n" X40 X10 X10 X10 "xxxxxxxxx\n", "QP_LONG" },
	{ "78 bytes, CRLF", line_rules, TYPE("text/plain")
	    CODED("quoted-printable") "\n" X40 X10 X10 X10 "xxxxxxxx\r\n",
	    "" },
	{ "79 bytes without line end", line_rules, TYPE("text/plain")
	    CODED("quoted-printable") "\n" X40 X10 X10 X10 "xxxxxxxxx", "" },
	{ "8-bit ascii", line_rules, TYPE("text/plain; charset=US-ASCII")
	    "\nx\351\n", "NO_ASCII" },
	{ "8-bit without type", line_rules, "To: a\n\nx\351\n", "NO_ASCII" },
	{ "8-bit latin1", line_rules, TYPE("text/plain; charset=iso-8859-1")
	    "\nx\351\n", "" },
	{ "8-bit html", line_rules, TYPE("text/html") "\nx\351\n", "" },
	{ "bare CR", line_rules, TYPE("text/plain") "\nx\ry\nz\n",
	    "NO_ASCII" },
	{ "CRLF", line_rules, TYPE("text/plain") "\r\nx\r\ny\r\n", "" },
	{ "CRLF and a bare CR", line_rules, TYPE("text/plain")
	    "\r\nx\ry\r\nz\r\n", "NO_ASCII" },
	{ "CRLF and one more CR", line_rules, TYPE("text/plain")
	    "\r\nx\r\r\ny\r\n", "NO_ASCII" },
	{ "CRLF and CR at the end", line_rules, TYPE("text/plain")
	    "\r\nx\r\ny\r", "NO_ASCII" },
	{ "references", line_rules, TYPE("text/plain") "\n&#x12AB; 123456789"
	    "\n", "UNICODE" },
	{ "few references", line_rules, TYPE("text/plain") "\n&#x12AB; " X40
	    "\n", "" },
	{ "references of html", line_rules, TYPE("text/html") "\n&#x12AB;\n",
	    "" },
	{ "references in lower case", line_rules, TYPE("text/plain")
	    "\n&#x12ab;\n", "" },
	{ "base64 of 76", line_rules, CODED("base64") "\n" X40 X10 X10 X10
	    "xxxxxx\n", "" },
	{ "base64 of 77", line_rules, CODED("base64") "\n" X40 X10 X10 X10
	    "xxxxxxx\n", "B64_78" },
	{ "base64 of 78", line_rules, CODED("base64") "\n" X40 X10 X10 X10
	    "xxxxxxxx\n", "B64_78 B64_79" },
	{ "base64 of 79", line_rules, CODED("base64") "\n" X40 X10 X10 X10
	    "xxxxxxxxx\n", "B64_79" },
	{ "calendar of 79", line_rules, TYPE("application/ics")
	    CODED("base64") "\n" X40 X10 X10 X10 "xxxxxxxxx\n", "" },

	{ "mostly html", ratio_rules, MULTI("alternative", PART(TYPE(
	    "text/plain"), "x") NEXT PART(TYPE("text/html"), X200)),
	    "MOSTLY" },
	{ "half as much text", ratio_rules, MULTI("alternative", PART(TYPE(
	    "text/plain"), X10 X10) NEXT PART(TYPE("text/html"), X40)),
	    "HALF" },
	{ "attached html does not count", ratio_rules, MULTI("alternative",
	    PART(TYPE("text/plain"), X10 X10) NEXT PART(TYPE("text/html"), X40)
	    NEXT PART(TYPE("text/html") "Content-Disposition: attachment\n",
	    X200 X200)), "HALF" },
	{ "not alternative", ratio_rules, MULTI("mixed", PART(TYPE(
	    "text/plain"), X10 X10) NEXT PART(TYPE("text/html"), X40)),
	    "SAME" },

	{ "short text", caps_rules, "To: a\n\nABC DEF\n", "" },
	{ "capitals", caps_rules, "To: a\n\n" X10 " BBBBBBBBBBBBBBBBBBBBBBBB"
	    "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
	    "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
	    "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
	    "\n", "CAPS_75" },
	{ "half of them", caps_rules, "To: a\n\n" X40 X40 X10 X10 " 1111 BBBB"
	    "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
	    "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
	    "BBBBBBBBBBBBBBBBBBB\n", "CAPS_50" },
	{ "of japanese they mean nothing", caps_rules, TYPE(
	    "text/plain; charset=iso-2022-jp") "\n" X10 " BBBBBBBBBBBBBBBBBBB"
	    "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
	    "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
	    "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
	    "\n", "" },
	{ "one word says nothing", caps_rules, "To: a\n\nBBBBBBBBBBBBBBBBBBBB"
	    "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
	    "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
	    "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
	    "\n", "" },

	{ "koi8", faraway_rules, TYPE("text/plain; charset=\"koi8-r\"")
	    "\n\360\361\362\363\364\365\366\367\n", "FARAWAY PART" },
	{ "ascii as koi8", faraway_rules, TYPE("text/plain; charset=koi8-r")
	    "\nabcdefgh\n", "PART" },
	{ "latin", faraway_rules, TYPE("text/plain; charset=iso-8859-1")
	    "\n\360\361\362\363\364\365\366\367\n", "" },
	{ "koi8, all are read", "ok_locales all\n"
	    "body FARAWAY eval:check_for_faraway_charset()\n", TYPE(
	    "text/plain; charset=koi8-r") "\n\360\361\362\363\364\365\366\n",
	    "" },
};

int
main(void)
{
	struct lab lab;

	lab_begin(&lab);
	lab_rows(&lab, rows, ROWS(rows));
	lab_end(&lab);
	return test_end();
}
