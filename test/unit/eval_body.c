/* eval_body - functions about the text of a message. */
#include "test/unit/rulelab.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

#define BOTH(text, html) "Content-Type: multipart/alternative; boundary=b\n\n" \
	"--b\nContent-Type: text/plain; charset=utf-8\n\n" text \
	"\n--b\nContent-Type: text/html; charset=utf-8\n\n" html "\n--b--\n"

static const char difference_rules[] =
    "body NOTHING eval:multipart_alternative_difference('0', '0')\n"
    "body HALF eval:multipart_alternative_difference('49', '51')\n"
    "body MOST eval:multipart_alternative_difference('99', 'undef')\n"
    "body COUNT eval:multipart_alternative_difference_count('3', '1')\n";

static const char line_rules[] =
    "body BLANK eval:check_blank_line_ratio('60','90','4')\n"
    "body TIGHT eval:tvd_vertical_words('0','10')\n"
    "body WIDE eval:tvd_vertical_words('90','100')\n"
    "body SHORT eval:check_body_length('10')\n";

static const char stock_rules[] =
    "body STOCK_2 eval:check_stock_info('2')\n"
    "body STOCK_3 eval:check_stock_info('3')\n";

static const char signature_rules[] =
    "body TEXT eval:plaintext_body_length('5', '5')\n"
    "body SIGNATURE eval:plaintext_sig_length('6')\n"
    "body RATIO eval:plaintext_body_sig_ratio('0', '0.6')\n"
    "body NO_RATIO eval:plaintext_body_sig_ratio('1000')\n";

static const struct lab_row rows[] = {
	{ "no alternative", difference_rules, "To: a\n\nx\n", "NOTHING" },
	{ "the same", difference_rules, BOTH("some words", "<b>some</b> words"),
	    "NOTHING" },
	{ "nothing in common", difference_rules, BOTH("a b", "<p>c d"),
	    "MOST" },
	{ "one of two missing", difference_rules, BOTH("a x", "<p>a b"),
	    "HALF" },
	{ "once in text, twice in html", difference_rules,
	    BOTH("a b", "<p>a a b"), "HALF" },
	{ "words of all lengths", difference_rules,
	    BOTH("a ab abc abcd abcdefg abcdefgh abcd-efgh-ijkl-m",
	    "<p>a ab abc abcd abcdefg abcdefgh abcd-efgh-ijkl-m"),
	    "NOTHING" },
	{ "words that differ in a byte", difference_rules,
	    BOTH("b aa bbc abbd abcdefh abcdafgh abcd-efgh-ijkl.m",
	    "<p>a ab abc abcd abcdefg abcdefgh abcd-efgh-ijkl-m"), "MOST" },
	{ "bullets are no words", difference_rules,
	    BOTH("a", "<p>\342\200\242 a \342\200\224 &bull; ---"),
	    "NOTHING" },
	{ "letters beyond ascii are words", difference_rules,
	    BOTH("a", "<p>a \303\251"), "HALF" },
	{ "no-break spaces part words", difference_rules,
	    BOTH("a b", "<p>a\302\240b \303\251"), "" },
	{ "only a picture", difference_rules, BOTH("a b", "<img src=x>"),
	    "MOST" },
	{ "much more text", difference_rules,
	    BOTH("a b c d e f g", "<p>a b"), "NOTHING COUNT" },
	{ "one word of html", difference_rules, BOTH("a b c d", "<p>a"),
	    "NOTHING" },
	{ "invitation", difference_rules, "Content-Type: multipart/alternative;"
	    " boundary=b\n\n--b\nContent-Type: text/html\n\n<p>a b\n--b\n"
	    "Content-Type: text/calendar\n\nBEGIN\n--b--\n", "NOTHING" },

	{ "no body", line_rules, "To: a\n\n", "SHORT" },
	{ "ten bytes", line_rules, "To: a\n\nabcde fgh\n", "SHORT" },
	{ "ten bytes, CRLF", line_rules, "To: a\r\n\r\nabc\r\nefghi\r\n",
	    "SHORT" },
	{ "ten bytes of twenty", line_rules, "To: a\r\n\r\n\r\n\r\n\r\n"
	    "\r\n\r\n\r\n\r\n\r\n\r\n\r\n", "SHORT" },
	{ "eleven", line_rules, "To: a\n\nabcdefghij\n", "" },
	{ "two of three lines blank", line_rules,
	    "To: a\n\nabcdefghijklmn\n\n\nopq rst uvw\n \n\t\n", "BLANK" },
	{ "four of five lines", line_rules, "To: a\n\nabcdef\n\n\n\n\n",
	    "BLANK TIGHT" },
	{ "too few lines", line_rules, "To: a\n\n\n\nabcdefghijkl\n",
	    "TIGHT" },
	{ "vertical", line_rules, "To: a\n\na b c d e f g h i j k l m n o p\n",
	    "WIDE" },

	{ "labels", stock_rules, "To: a\n\nSymbol: ABCD\nCurrent Price: $1\n"
	    "Rating : 5\n", "STOCK_2 STOCK_3" },
	{ "one label twice", stock_rules,
	    "To: a\n\nTarget: 1\nNew target: 2\n", "" },
	{ "one word's short and long form", stock_rules,
	    "To: a\n\nCompany: x\nCompany name: y\n", "STOCK_2" },
	{ "letters put in between", stock_rules,
	    "To: a\n\nSxtxoxcxk: x\nSy_m bol: y\n", "STOCK_2" },
	{ "nothing behind", stock_rules, "To: a\n\nSymbol: \nTarget:\n", "" },
	{ "colon on the next line", stock_rules,
	    "To: a\n\nSymbol\n : x\nTarget\n\n:\n y\n", "STOCK_2" },
	{ "not at the start", stock_rules,
	    "To: a\n\nhttp: symbol: x\nx: target: y\n", "" },
	{ "whole word", stock_rules,
	    "To: a\n\nTrading date: x\nOld trading date: y\nTicker: z\n",
	    "STOCK_2" },
	{ "html is not looked at", stock_rules, "Content-Type: text/html\n\n"
	    "<p>Symbol: x<p>Target: y\n", "" },

	{ "signature", signature_rules, "To: a\n\nabcd\n-- \nsigna\n",
	    "TEXT SIGNATURE" },
	{ "long signature", signature_rules,
	    "To: a\n\nabcd\n--\nsignature\n",
	    "TEXT SIGNATURE RATIO" },
	{ "no signature", signature_rules, "To: a\n\nabcd\n",
	    "TEXT NO_RATIO" },
	{ "decoy at the end", signature_rules, "To: a\n\nab\n--\nabcdef\n-- "
	    "\nx\n", "SIGNATURE RATIO" },
	{ "dashes in a line", signature_rules, "To: a\n\n--- \n --\n--a\n",
	    "NO_RATIO" },
	{ "no plain text", signature_rules,
	    "Content-Type: text/html\n\nabcd\n", "" },
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
