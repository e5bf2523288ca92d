/* eval_html - functions about the HTML and the links of a message. */
#include "test/unit/rulelab.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

#define HTML(text) "Subject: four\nContent-Type: text/html\n\n" text "\n"

static const char tag_rules[] =
    "body IMG eval:html_tag_exists('img')\n"
    "body OPEN eval:html_tag_balance('table', '> 0')\n"
    "body EVEN eval:html_tag_balance('table', '== 0')\n"
    "body CLOSED eval:html_tag_balance('table', '< 0')\n"
    "body NOT_ONE eval:html_tag_balance('table', '!= 1')\n"
    "body LEAST eval:html_tag_balance('table', '>= 2')\n"
    "body MOST eval:html_tag_balance('table', '<= 2')\n"
    "body NONSENSE eval:html_tag_balance('table', 'x')\n"
    "body FRAME eval:check_iframe_src()\n";

static const char size_rules[] =
    "body ONLY_A eval:html_image_only('0', '10')\n"
    "body ONLY_B eval:html_image_only('10', '2000')\n"
    "body LITTLE eval:html_image_ratio('0', '0.01')\n"
    "body MUCH eval:html_image_ratio('0.01', '0.1')\n"
    "body SHORT eval:html_eval('length', '< 20')\n"
    "body LONG eval:html_range('length', '20', 'inf')\n"
    "body MIDDLE eval:html_range('length', '5', '20')\n";

static const char text_rules[] =
    "body TITLE eval:html_text_match('title', '^Win')\n"
    "body OTHER eval:html_text_not_match('title', '^Win')\n"
    "body RATIO eval:html_title_subject_ratio('3.5')\n"
    "body FAR eval:html_charset_faraway()\n";

static const char link_rules[] =
    "blocklist_uri_host bad.example\n"
    "welcomelist_uri_host good.example\n"
    "enlist_uri_host (MINE) mine.example !not.mine.example\n"
    "body BAD eval:check_uri_host_in_blocklist()\n"
    "body GOOD eval:check_uri_host_in_welcomelist()\n"
    "body MINE eval:check_uri_host_listed('MINE')\n"
    "body CUT eval:check_uri_truncated()\n"
    "body REDIRECT eval:check_for_http_redirector()\n"
    "body IP eval:check_https_ip_mismatch()\n"
    "body NAME eval:check_https_http_mismatch()\n"
    "body FEW eval:check_https_http_mismatch('1', '2')\n";

static const struct lab_row rows[] = {
	{"no html", tag_rules, "To: a\n\n<img src=x><table>\n", ""},
	{"a picture", tag_rules, HTML("<p>a<img src=x>"), "IMG"},
	{"a table", tag_rules, HTML("<table><tr><td>a</table>"),
	    "EVEN NOT_ONE MOST"},
	{"left open", tag_rules, HTML("<table><tr><td>a"), "OPEN MOST"},
	{"twice", tag_rules, HTML("<table><tr><td><table><tr><td>a"),
	    "OPEN NOT_ONE LEAST MOST"},
	{"a frame", tag_rules, HTML("<iframe src=\"http://a.example/\">"),
	    "FRAME"},

	/* The length is that of the source. */
	{"a picture alone", size_rules, HTML("<img>"), "ONLY_A SHORT MIDDLE"},
	{"and a word", size_rules, HTML("<p>a<img src=x>"),
	    "ONLY_B SHORT MIDDLE"},
	{"a large picture", size_rules,
	    HTML("<p>some words<img src=x width=400 height=400>"),
	    "ONLY_B LITTLE LONG"},
	{"a small one", size_rules,
	    HTML("<p>some words that are more<img src=x width=30 height=30>"),
	    "ONLY_B MUCH LONG"},

	{"a title", text_rules, HTML("<title>Win now!</title><p>a"), "TITLE"},
	{"another", text_rules, HTML("<title>Hello</title><p>a"), "OTHER"},
	{"a long one", text_rules,
	    HTML("<title>Winners always win</title><p>a"), "TITLE RATIO"},
	{"no subject", text_rules, "Content-Type: text/html\n\n"
	    "<title>Winners always win</title><p>a\n", "TITLE"},
	{"none", text_rules, HTML("<p>Win"), ""},

	{"no links", link_rules, HTML("<p>a"), ""},
	{"listed", link_rules, "To: a\n\nhttp://www.bad.example/ "
	    "http://good.example/ http://a.mine.example/\n", "BAD GOOD MINE"},
	{"listed, behind the same host twice", link_rules, "To: a\n\n"
	    "http://a.example/1 http://a.example/2 http://mine.example/\n",
	    "MINE"},
	{"left out", link_rules, "To: a\n\nhttp://a.not.mine.example/\n", ""},
	{"mail to there", link_rules, HTML("<a href=mailto:a@bad.example>a"),
	    ""},
	{"redirector", link_rules,
	    "To: a\n\nhttp://a.example/?u=http://b.example/x\n", "REDIRECT"},
	{"to itself", link_rules,
	    "To: a\n\nhttp://a.example/?u=http://www.a.example/x\n", ""},
	{"an address behind a name", link_rules,
	    HTML("<a href=\"http://192.0.2.1/\">https://a.example/</a>"),
	    "IP"},
	{"an address that says so", link_rules,
	    HTML("<a href=\"http://192.0.2.1/\">https://192.0.2.1/</a>"), ""},
	{"a user before it", link_rules,
	    HTML("<a href=\"http://u@192.0.2.1/\">see https://a.example/</a>"),
	    "IP"},
	{"another domain", link_rules,
	    HTML("<a href=\"http://b.example/\">https://a.example/</a>"),
	    "NAME FEW"},
	{"the same domain", link_rules,
	    HTML("<a href=\"http://www.a.example/\">https://a.example/</a>"),
	    ""},
	{"an address in words", link_rules,
	    HTML("<a href=\"http://b.example/\">https://192.0.2.1/</a>"),
	    "NAME FEW"},
	{"among others", link_rules,
	    HTML("<a href=\"http://b.example/\">https://a.example/</a>"
	    "<a href=\"http://c.example/\">c</a>"), "NAME"},
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
