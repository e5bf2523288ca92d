/*
 * html - what a reader sees of HTML, and what SpamAssassin's rules do.  The
 * wanted texts of the latter are those that SpamAssassin 4.0.1 gave.
 */
#include "mail/html.h"

#include "base/buf.h"
#include "mail/html_rules.h"
#include "test/unit/test.h"

#define BIG 1000000

static struct arena arena;

static const char *
text(struct span s)
{
	return arena_string(&arena, s);
}

static const struct html *
parse(const char *input)
{
	return html_parse(&arena, span_of(input));
}

/* Sections are those of the HTML standard. */
static const struct {
	const char *name, *input, *seen;
} seen[] = {
	{ "empty", "", "" },
	{ "no markup", "a  b\n\tc", "a b c" },
	{ "blocks are lines", "<div>a</div><div>b</div>c", "a\nb\nc" },
	{ "paragraphs have a gap", "<p>a<p>b", "a\n\nb" },
	{ "line breaks", "a<br>b<br/><BR />c", "a\nb\n\nc" },
	{ "inline elements are no blank", "V<b>i</b>a<i>g</i>ra", "Viagra" },
	{ "cells", "<tr><td>a<td>b<tr><td>c", "a b\nc" },
	{ "references", "&lt;a&gt; &amp;amp; &#65;&#x42;&euro;&notit;",
	    "<a> &amp; AB\xe2\x82\xac\xc2\xacit;" },
	{ "13.2.5.80 windows-1252", "&#150;&#0;&#xd800;&#x110000;",
	    "\xe2\x80\x93\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ "broken references", "&; &#; &#x; &nosuch; &",
	    "&; &#; &#x; &nosuch; &" },
	{ "no-break spaces fold", "a&nbsp;&nbsp; \xe3\x80\x80 b", "a b" },
	{ "script and style", "a<script>b</script><style>c</style>d", "ad" },
	{ "script in a comment", "<script><!--<script></script>--></script>x",
	    "x" },
	{ "title is apart", "<title>t</title>x", "x" },
	{ "comments", "a<!-- b --!>c<!-->d<!--->e<!-- f", "acde" },
	{ "conditional comment", "<!--[if mso]>a<![endif]-->b", "b" },
	{ "revealed comment", "<!--[if !mso]><!-->a<!--<![endif]-->", "a" },
	{ "CDATA is a comment", "<![CDATA[a]]>b", "b" },
	{ "open tag at the end", "a<b c='d", "a" },
	{ "open quote", "a<b c=\">d</b>\"e</b>f", "af" },
	{ "less than a tag", "1 < 2 <3 </ x>y", "1 < 2 <3 y" },
	{ "alt text", "<a href=x><img alt='buy me'></a>", "buy me" },
	{ "button value", "<input type=submit value=Go>", "Go" },
	{ "textarea and option", "<textarea><b></textarea><option>x",
	    "<b>\nx" },
	{ "films and drawings are not, but what stands for them",
	    "<video><a href=x>a</a></video><audio>b</audio><canvas>c</canvas>",
	    "abc" },
	{ "noscript is shown", "<noscript><b>a</b></noscript>", "a" },
	{ "frames are not", "<iframe>a</iframe><noembed>b</noembed>c", "c" },
	{ "pre", "<pre>a\n b</pre>", "a\nb" },
	{ "plaintext", "<plaintext>a</plaintext>", "a</plaintext>" },
	{ "zero width", "V\xe2\x80\x8biagr\xc2\xad" "a", "Viagra" },
	{ "bidi", "\xe2\x80\xae" "abc", "abc" },
	{ "display none", "a<span style='display:none'>b</span>c", "ac" },
	{ "as CSS allows", "a<i style='DISPLAY : NONE ! important'>b</i>c",
	    "ac" },
	{ "comment and escape in CSS",
	    "a<i style='/* */d\\69 splay:/**/none'>b</i>", "a" },
	{ "quoted semicolon in CSS",
	    "a<i style=\"font:';display:none'\">b</i>", "ab" },
	{ "later declaration", "<i style='display:none;display:block'>a</i>",
	    "a" },
	{ "important one",
	    "<i style='display:none!important;display:block'>a</i>", "" },
	{ "hidden attribute", "a<p hidden>b</p>c", "a\n\nc" },
	{ "hidden, yet displayed", "<p hidden style='display:block'>b</p>",
	    "b" },
	{ "visible within invisible", "<i style='visibility:hidden'>a"
	    "<b style='visibility:visible'>b</b></i>", "b" },
	{ "none within none", "<i style='display:none'>a"
	    "<b style='display:block'>b</b></i>c", "c" },
	{ "white on white", "a<font color=#ffffff>b</font>c", "ac" },
	{ "white on red", "<td bgcolor=red><font color=white>b", "b" },
	{ "nearly white", "a<i style='color:rgb(250 252 251)'>b</i>", "a" },
	{ "white on a picture", "<td background=x.gif>"
	    "<font color=white>b", "b" },
	{ "transparent", "a<i style='color:rgba(9,9,9,0)'>b</i>", "a" },
	{ "links are blue", "<div style='color:#fff'>a<a href=x>b</a></div>",
	    "b" },
	{ "font size 0", "a<i style='font-size:0'>b</i>c", "ac" },
	{ "font shorthand", "a<i style='font:0/0 a'>b</i>c", "ac" },
	{ "em of nothing", "<i style='font-size:0px'>a"
	    "<b style='font-size:2em'>b</b></i>", "" },
	{ "size set again", "<i style='font-size:0'>a"
	    "<b style='font-size:12px'>b</b></i>", "b" },
	{ "tiny is seen", "<i style='font-size:1px'>b</i>", "b" },
	{ "no room", "a<div style='max-height:0;overflow:hidden'>b</div>c",
	    "a\nc" },
	{ "no height alone", "<div style='height:0'>b</div>", "b" },
	{ "off-screen", "a<p style='text-indent:-9999px'>b</p>"
	    "<p style='position:absolute;left:-99em'>c</p>d", "a\n\nd" },
	{ "brought back", "<p style='position:absolute;left:-99em;left:0;"
	    "margin-top:-99em;margin-top:0'>a", "a" },
	{ "not by the other side", "a<p style='position:absolute;"
	    "left:-9999px;top:0'>b<p style='margin-top:-99em;margin-left:0'>c",
	    "a" },
	{ "opacity", "a<i style='opacity:0.0'>b</i>", "a" },
	{ "mso-hide", "a<i style='mso-hide:all'>b</i>", "ab" },
	{ "blank around what is hidden",
	    "a <i style='display:none'>x</i>b", "a b" },
	{ "end tag stays in its cell", "<div style='display:none'><table><td>"
	    "</div>a</table></div>b", "b" },
	{ "cell ends what was open in it",
	    "<table><td><font color=white>a<td>b</table>", "b" },
	{ "formatting goes on", "<div><font color=white>a</div>b</font>c",
	    "c" },
	{ "stray end tags", "</p></div></b>a</html>b", "ab" },
	{ "paragraph within", "<span style='display:none'><p>a<p>b</span>c",
	    "c" },
	{ "unknown elements", "<x-y style='display:none'>a</x-y>b", "b" },
	{ "same style, other attributes", "<p style='color:white'>a<p bgcolor"
	    "=black style='color:white'>b<p style='color:white'>c", "b" },
	{ "same style, another sheet", "<i style='color:white'>a</i><style>i{"
	    "color:black!important}</style><i style='color:white'>b</i>", "b" },
	{ "end tag with attributes", "a<i style='display:none'>b</i x='>'>c",
	    "ac" },
};

static void
test_seen(void)
{
	size_t i;

	for (i = 0; i < sizeof(seen) / sizeof(seen[0]); i++)
		CHECK_TEXT(seen[i].name, text(parse(seen[i].input)->visible),
		    seen[i].seen);
}

static const struct {
	const char *name, *input, *hidden;
	unsigned how;
} hidden[] = {
	{ "none", "a", "", 0 },
	{ "two stretches", "<i hidden>a</i>b<i hidden>c</i>", "a\nc",
	    HTML_HIDDEN_ATTRIBUTE },
	{ "display", "<i style='display:none'>a b</i>", "a b",
	    HTML_HIDDEN_DISPLAY },
	{ "visibility", "<i style='visibility:collapse'>a</i>", "a",
	    HTML_HIDDEN_VISIBILITY },
	{ "size", "<i style='font-size:.1px'>a</i>", "a", HTML_HIDDEN_SIZE },
	{ "colour", "<body bgcolor=#123456 text='#123456'>a", "a",
	    HTML_HIDDEN_COLOUR },
	{ "2.4.6 legacy colours", "<body bgcolor=chucknorris text=c00000>a",
	    "a", HTML_HIDDEN_COLOUR },
	{ "hsl", "<i style='color:hsl(0,0%,100%)'>a</i>", "a",
	    HTML_HIDDEN_COLOUR },
	{ "box", "<i style='width:0;overflow-x:hidden'>a</i>", "a",
	    HTML_HIDDEN_BOX },
	{ "place", "<i style='margin-left:-5000px'>a</i>", "a",
	    HTML_HIDDEN_PLACE },
	{ "opacity", "<i style='opacity:0'>a</i>", "a", HTML_HIDDEN_OPACITY },
	{ "a preheader", "<div style='display:none;font-size:1px;color:#fff;"
	    "max-height:0;overflow:hidden;opacity:0;mso-hide:all'>a</div>", "a",
	    HTML_HIDDEN_DISPLAY | HTML_TINY | HTML_HIDDEN_COLOUR |
	    HTML_HIDDEN_BOX | HTML_HIDDEN_OPACITY | HTML_HIDDEN_MSO },
};

static void
test_hidden(void)
{
	const struct html *h;
	unsigned how;
	size_t i, k;

	for (i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		h = parse(hidden[i].input);
		CHECK_TEXT(hidden[i].name, text(h->hidden), hidden[i].hidden);
		how = 0;
		for (k = 0; k < h->run_count; k++)
			how |= h->runs[k].how;
		CHECK(hidden[i].name, how == hidden[i].how);
		for (k = 0; k < HTML_HIDDEN_REASONS; k++)
			CHECK(hidden[i].name, (h->why[k] != 0) ==
			    (hidden[i].how >> k & 1));
	}
}

/* "SOURCE how URL | text", one a line. */
static const struct {
	const char *name, *input, *links;
} links[] = {
	{ "plain", "<a href=' http://a/?x=1&amp;y=2&copy=3\n'>go <b>on</b></a>",
	    "a 0 http://a/?x=1&y=2&copy=3 | go on\n" },
	{ "line ends within", "<a href='ja\tva\nscript:x'>a</a>",
	    "a 0 javascript:x | a\n" },
	{ "no href", "<a name=x>a</a>", "" },
	{ "empty href", "<a href>a</a>", "a 0  | a\n" },
	{ "first of two hrefs", "<a href=x href=y>a", "a 0 x | a\n" },
	{ "slash for a blank", "<a/href=x/>a", "a 0 x/ | a\n" },
	{ "a within a", "<a href=x>a<a href=y>b</a>c",
	    "a 0 x | a\na 0 y | b\n" },
	{ "picture", "<a href=x><img src=y alt=z width=1 height=1></a>",
	    "a 0 x | z !\nimg 0 y | z\n" },
	{ "hidden one", "<a href=x style='display:none'>a</a>",
	    "a 1 x | a\n" },
	{ "blocks in it", "<a href=x><div>a</div><div>b</div></a>",
	    "a 0 x | a b\n" },
	{ "map, form, frame", "<area href=a><form action=b><iframe src=c>"
	    "</iframe><button formaction=d>", "area 0 a | \nform 0 b | \n"
	    "frame 0 c | \nform 0 d | \n" },
	{ "pictures behind",
	    "<td background=a style=\"background:url( 'b' )\">",
	    "background 0 b | \nbackground 0 a | \n" },
	{ "meta refresh", "<meta http-equiv=Refresh content=\"0; URL='a' \">",
	    "meta 0 a | \n" },
	{ "safe redirect", "<a href=a data-saferedirecturl=b>c</a>",
	    "a 0 a | c\nredirect 0 b | \n" },
	{ "script, object", "<script src=a></script><embed src=b>"
	    "<object data=c>",
	    "script 0 a | \nobject 0 b | \nobject 0 c | \n" },
	{ "in a template", "<template><a href=x>a</a></template>", "" },
};

static const char *
list_links(const struct html *h)
{
	static const char *const sources[HTML_SOURCES] = {
		"a", "area", "link", "base", "form", "meta", "img",
		"background", "frame", "script", "object", "redirect"
	};
	struct span out = { "", 0 };
	const struct html_link *l;
	size_t i;

	for (i = 0; i < h->link_count; i++) {
		l = &h->links[i];
		out = arena_printf(&arena, "%.*s%s %x %.*s | %.*s%s\n",
		    SPAN_ARG(out), sources[l->source], l->how,
		    SPAN_ARG(l->url), SPAN_ARG(l->text), l->image ? " !" : "");
	}
	return text(out);
}

static void
test_links(void)
{
	size_t i;

	for (i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		CHECK_TEXT(links[i].name, list_links(parse(links[i].input)),
		    links[i].links);
}

static void
test_facts(void)
{
	const struct html *h = parse("<base href=x><base href='http://b/'>"
	    "<title>a &amp; b</title><title>c</title><meta charset=koi8-r>"
	    "<form><input type=password><select></select></form>"
	    "<p onclick=x>a\xe2\x80\x8b" "b\xe2\x80\xae</p>"
	    "<!--[if mso]><b><![endif]-->"
	    "<img src=x width=50% style='height:3px'>\x01");

	CHECK_TEXT("base", text(h->base), "http://b/");
	CHECK_TEXT("title", text(h->title), "a & b");
	CHECK_TEXT("charset", text(h->charset), "koi8-r");
	CHECK("forms", h->forms == 1 && h->inputs == 2 && h->passwords == 1);
	CHECK("scripts", h->scripts == 1);
	CHECK("comments", h->comments == 1 && h->conditional == 1);
	CHECK("zero width", h->zero_width == 1 && h->split_words == 1);
	CHECK("bidi, control", h->bidi == 1 && h->controls == 1);
	CHECK("image", h->image_count == 1 && h->images[0].width == 400 &&
	    h->images[0].height == 3);
	CHECK("no doubt", !h->ambiguous && h->limits == 0);
	CHECK("letters", h->letters == 2);
}

/* SpamAssassin's rendered text; "\n" and blanks as they are before folding. */
static const struct {
	const char *name, *input, *rendered, *visible;
} rules[] = {
	{ "folded", "a  b\n c", "a b c", "a b c" },
	{ "breaks", "a<br>b<div>c</div>d<p>e", "a\nb\nc\nd\n\ne",
	    "a\nb\nc\nd\n\ne" },
	{ "blank before a break", "a <br> b", "a\nb", "a\nb" },
	{ "cells and items", "<td>a<li>b<h1>c", " a b c", " a b c" },
	{ "alt texts are not there", "<img alt=x>a", "a", "a" },
	{ "title is", "<title>t</title>a", "\n\nt\n\na", "\n\nt\n\na" },
	{ "entities of HTML 5 are not known", "&apos;&bigstar;&rsquo;",
	    "'&bigstar;\xe2\x80\x99", "'&bigstar;\xe2\x80\x99" },
	{ "no-break space", "a&nbsp;&nbsp;b&#160;c", "a b\xc2\xa0" "c",
	    "a b\xc2\xa0" "c" },
	{ "curly quotes", "\xe2\x80\x9c" "a\xe2\x80\x9d", "\"a\"", "\"a\"" },
	{ "display", "a<span style='display:none'>b</span>c", "abc", "ac" },
	{ "display and more", "<p style='display:none !important'>b",
	    "\n\nb", "\n\nb" },
	{ "only some elements", "<i style='display:none'>b</i>", "b", "b" },
	{ "the attribute is unknown", "<p hidden>b", "\n\nb", "\n\nb" },
	{ "white", "<font color=white>b", "b", "" },
	{ "bgcolor has no effect", "<td bgcolor=black><font color=white>b",
	    " b", " " },
	{ "background has", "<td style='background:black url(x)'>"
	    "<font color=white>b", " b", " b" },
	{ "same style within others", "<span style='background:red'><b><span "
	    "style='color:red'>a</span></span><span style='color:red'>b</span>"
	    "<span style='display:none'><span style='color:red'>c", "abc",
	    "b" },
	{ "font size 1", "<font size=1>b", "b", "" },
	{ "no colour", "<span style='color: ;'>b", "b", "" },
	{ "open comment ends early", "a<!-- b > c", "a c", "a c" },
	{ "comment with a blank", "a<!-- b -- >c", "ac", "ac" },
	{ "CDATA is text", "<![CDATA[a<b>]]>c", "a<b>c", "a<b>c" },
	{ "open style", "<style>x", "", "" },
	{ "open title", "<title>a<p>b", "\n\na\n\n\n\nb", "\n\na\n\n\n\nb" },
	{ "quotes in an end tag", "a</b \">\">c", "ac", "ac" },
	{ "curly quotes around a value",
	    "<a href=\xe2\x80\x9dx y\xe2\x80\x9d>c", "c", "c" },
	{ "blanks at the end", "<font color=white>a \n", "a ", " " },
};

static void
test_rules(void)
{
	const struct html_rules *r;
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		r = parse(rules[i].input)->rules;
		CHECK_TEXT(rules[i].name, text(r->rendered),
		    rules[i].rendered);
		CHECK_TEXT(rules[i].name, text(r->visible), rules[i].visible);
	}
}

/* "URI types {anchor text}", one a line. */
static const struct {
	const char *name, *input, *uris;
} uris[] = {
	{ "link", "<a href=http://a/b>x</a>", "http://a/b a {x}\n" },
	{ "twice", "<a href=x>1</a><a href=x>2</a><img src=x>",
	    "x a img {1} {2}\n" },
	{ "no href", "<a>x</a>", "  {x}\n" },
	{ "picture in it", "<a href=x><img></a>", "x a {<img>\n}\n" },
	{ "relative", "<base href=http://h/d/i.html><a href=../e>y</a>",
	    "http://h/d/i.html base\nhttp://h/e a\n../e  {y}\n" },
	{ "schemeless", "<a href=//www.x/>",
	    "http://www.x/ a\n//www.x/  {}\n" },
	{ "title/href", "<a title/href=x>", "x a {}\n" },
	{ "refresh", "<meta http-equiv=refresh content='0;url=x;y'>",
	    "x meta\n" },
	{ "trimmed", "<a href=' x&nbsp;'>", "x a {}\n" },
	{ "mailto", "<a href=mailto:x@y>", "mailto:x@y a {}\n" },
	{ "dots", "<a href=http://a/./b/../c>",
	    "http://a/c a\nhttp://a/./b/../c  {}\n" },
	{ "in an attribute", "<a href='?a=1&sectionid=2&amp;b'>",
	    "?a=1&sectionid=2&b a {}\n" },
};

static const char *
list_uris(const struct html_rules *r)
{
	struct span out = { "", 0 };
	const struct html_uri *u;
	size_t i, k;

	for (i = 0; i < r->uri_count; i++) {
		u = &r->uris[i];
		out = arena_printf(&arena, "%.*s%.*s", SPAN_ARG(out),
		    SPAN_ARG(u->uri));
		for (k = 0; k < HTML_TYPES; k++) {
			if (u->types >> k & 1)
				out = arena_printf(&arena, "%.*s %s",
				    SPAN_ARG(out), html_type_name(k));
		}
		if (u->types == 0)
			out = arena_printf(&arena, "%.*s ", SPAN_ARG(out));
		for (k = 0; k < u->anchors.n; k++)
			out = arena_printf(&arena, "%.*s {%.*s}",
			    SPAN_ARG(out), SPAN_ARG(u->anchors.p[k]));
		out = arena_printf(&arena, "%.*s\n", SPAN_ARG(out));
	}
	return text(out);
}

static void
test_uris(void)
{
	size_t i;

	for (i = 0; i < sizeof(uris) / sizeof(uris[0]); i++)
		CHECK_TEXT(uris[i].name, list_uris(parse(uris[i].input)->rules),
		    uris[i].uris);
}

/* What html_range() and its kin ask for; -1: not there. */
static const struct {
	const char *name, *input, *value;
	double wanted;
} values[] = {
	{ "characters", "\xc3\xa9<b>", "length", 4 },
	{ "characters rendered", "\xc3\xa9 a<br>b\xe2\x80\x89" "c",
	    "html_length", 7 },
	{ "characters but blanks", "\xc3\xa9 a<br>b\xe2\x80\x89" "c",
	    "non_space_len", 4 },
	{ "area", "<img width=10 height=50%>", "image_area", 3000 },
	{ "area of unknown size", "<img width=x height=0>", "image_area",
	    40000 },
	{ "no area without both", "<img width=10>", "image_area", 0 },
	{ "size", "<font size=+3>", "max_size", 6 },
	{ "extra ends", "</b><i></i></b>", "closed_extra_ratio", 0.5 },
	{ "bad tags", "<b><x><y></b>", "bad_tag_ratio", 0.5 },
	{ "seen once", "<b><x><x></b>", "non_element_ratio", 0.5 },
	{ "tag in a word", "V<b>i</b>agra", "obfuscation_ratio", 1 },
	{ "none", "V <b>i</b>, agra", "obfuscation_ratio", -1 },
	{ "low contrast", "<font color=#fffffe>a", "font_low_contrast", 1 },
	{ "only where text is", "<font color=#fffffe> ", "font_low_contrast",
	    -1 },
	{ "face", "<font face=\"12'\">", "font_face_bad", 1 },
	{ "good faces", "<font face=\"'Open Sans', Arial1,serif;\">",
	    "font_face_bad", -1 },
	{ "mailto form", "<form action=MAILTO:x>", "form_action_mailto", 1 },
	{ "embed", "<object>", "embeds", 1 },
	{ "unknown value", "<b>", "nosuch", -1 },
};

static void
test_values(void)
{
	const struct html_rules *r;
	double v;
	size_t i;
	long open;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		r = parse(values[i].input)->rules;
		v = -1;
		html_rules_value(r, span_of(values[i].value), &v);
		CHECK(values[i].name, v == values[i].wanted);
	}
	r = parse("<!DOCTYPE x><BODY><b></b></i>")->rules;
	CHECK("open", html_rules_inside(r, span_of("body"), &open) &&
	    open == 1);
	CHECK("closed", html_rules_inside(r, span_of("b"), &open) &&
	    open == 0);
	CHECK("never below", html_rules_inside(r, span_of("i"), &open) &&
	    open == 0);
	CHECK("never there", !html_rules_inside(r, span_of("p"), &open));
	CHECK("doctype", html_rules_inside(r, span_of("!doctype"), &open));
	r = parse("<td><TH><Td><th></td><tH>")->rules;
	CHECK("alike", html_rules_inside(r, span_of("td"), &open) &&
	    open == 1);
	CHECK("alike", html_rules_inside(r, span_of("th"), &open) &&
	    open == 3);
	CHECK("latin-1", parse("&eacute;")->rules->narrow);
	CHECK("wide", !parse("&eacute;&rsquo;")->rules->narrow);
	CHECK("wide input", !parse("\xc3\xa9")->rules->narrow);
}

/* Readings that differ, and those that only look like it. */
static const struct {
	const char *input;
	bool ambiguous;
} doubts[] = {
	{ "<br/><img src=x/><p />", false },
	{ "<!--[if mso]><p><![endif]--><!doctype html \"x\">", false },
	{ "<a b=c/d e='f>g'></a >", false },
	{ "a < b", false },
	{ "<a/href=x>", true },
	{ "<!-- a --!>", true },
	{ "<!-- a -- >", true },
	{ "<!-- a", true },
	{ "<!-->", true },
	{ "<b c='", true },
	{ "</b '>'>", true },
	{ "<title>a", true },
	{ "<![CDATA[", true },
};

static void
test_doubts(void)
{
	size_t i;

	for (i = 0; i < sizeof(doubts) / sizeof(doubts[0]); i++)
		CHECK(doubts[i].input, parse(doubts[i].input)->ambiguous ==
		    doubts[i].ambiguous);
}

/* start, then unit as often as BIG bytes hold, then end. */
static const struct {
	const char *name, *start, *unit, *end, *seen;
	unsigned limits;
} hostile[] = {
	{ "1 MB attribute", "<a href=\"", "x", "\">a", "a",
	    1u << HTML_LIMIT_URL },
	{ "1 MB attribute, no end", "a<b c=\"", "x", "", "a", 0 },
	{ "1 MB style", "<p style=\"", "a:b;", "display:none\">a", "", 0 },
	{ "1 MB name", "<b", "x", ">a", "a", 0 },
	{ "many attributes", "<b ", "x=y ", ">a", "a",
	    1u << HTML_LIMIT_ATTRS },
	{ "deep", "", "<div>", "a", "a", 1u << HTML_LIMIT_DEPTH },
	{ "deep formatting", "", "<div><b><font color=red>", "a", "a",
	    1u << HTML_LIMIT_DEPTH },
	{ "misnested", "", "<b><p></b>", "a", "a", 0 },
	{ "ends out of sight", "<div>", "<b>", "</div>a", "a",
	    1u << HTML_LIMIT_DEPTH },
	{ "end tags", "", "</b></table>", "a", "a", 0 },
	{ "links", "", "<a href=x></a>", "a", "a", 1u << HTML_LIMIT_LINKS },
	{ "comments", "", "<!---->", "a", "a", 1u << HTML_LIMIT_COMMENTS },
	{ "open comments", "a", "<!-- -", "", "a", 0 },
	{ "open titles", "a", "<title>", "", "a", 0 },
	{ "open styles", "a<title>", "<style>", "", "a", 0 },
	{ "references", "", "&#0000000000000065;&zzzz&", "", NULL, 0 },
	{ "sections", "a", "<![a ", "", "a", 0 },
	{ "DOCTYPEs that are none", "", "<!doctype '>'a", " -x>", NULL,
	    1u << HTML_LIMIT_DOCTYPES },
	{ "entities that are none", "", "<!entity '>'a", " -x>", NULL,
	    1u << HTML_LIMIT_DOCTYPES | 1u << HTML_LIMIT_COMMENTS },
	{ "less-than", "", "<", "", NULL, 0 },
	{ "runs", "", "a<i hidden>b</i>", "", NULL,
	    1u << HTML_LIMIT_RUNS },
	{ "NULs", "a", "\1", "", "a", 0 },
};

static void
test_hostile(void)
{
	const struct html *h;
	struct buf b;
	size_t i;

	for (i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		buf_init(&b, 2 * BIG);
		buf_puts(&b, hostile[i].start);
		while (b.n < BIG)
			buf_puts(&b, hostile[i].unit);
		buf_puts(&b, hostile[i].end);
		h = html_parse(&arena, buf_contents(&b));
		if (hostile[i].seen != NULL)
			CHECK_TEXT(hostile[i].name, text(h->visible),
			    hostile[i].seen);
		CHECK(hostile[i].name, h->limits == hostile[i].limits);
		buf_done(&b);
		arena_reset(&arena);
	}
}

/* More styles than are remembered, and each of them again. */
static void
test_styles(void)
{
	const struct html *h;
	struct buf b;
	unsigned i;

	buf_init(&b, BIG);
	for (i = 0; i < 400; i++)
		buf_printf(&b, "<span style='x:%u;display:%s'>%u </span>",
		    i % 100, i % 3 == 0 ? "none" : "inline", i % 3);
	h = parse(buf_string(&b));
	CHECK("styles", h->unseen == 134 && h->letters == 266);
	CHECK("styles", h->rules->visible.n == 2 * 266);
	buf_done(&b);
}

static void
test_bytes(void)
{
	static const char nul[] = "a\0b<i\0 hidden>c</i\0>d\xff\xc3";
	const struct html *h;

	h = html_parse(&arena, span_make(nul, sizeof(nul) - 1));
	CHECK("NUL and bad UTF-8", span_is(h->visible, "abd\xff\xc3"));
	CHECK("counted", h->controls == 1);
}

int
main(void)
{
	arena_init(&arena);
	test_seen();
	test_hidden();
	test_links();
	test_facts();
	test_rules();
	test_uris();
	test_values();
	test_doubts();
	test_bytes();
	test_styles();
	test_hostile();
	arena_done(&arena);
	return test_end();
}
