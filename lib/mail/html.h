/*
 * html - a text/html part understood twice in one pass: as a mail reader shows
 * it, and as SpamAssassin renders it, because rules written for the one must
 * not be judged by the other.  Input is UTF-8 (invalid bytes are kept as they
 * are); what comes out lives in the arena, or points into the input where
 * nothing had to be decoded.  No state: any thread.
 *
 * The tokenizer is our own: libxml2 reads 41 MB/s, gumbo 7 MB/s and takes
 * quadratic time on misnested elements.  This one takes linear time on any
 * input and follows the HTML standard (html5lib's tokenizer tests); where
 * HTML::Parser, which SpamAssassin uses, reads the same bytes otherwise, that
 * reading is taken for struct html_rules alone, and html.ambiguous is set.
 *
 * There is no tree: misnested, implied and foster-parented elements do not
 * change which text is shown, apart from the rare cases that html_read.c names.
 */
#ifndef MAIL_HTML_H
#define MAIL_HTML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

#define HTML_BYTES_MAX (64u << 20)	/* of input; the rest is not read */
#define HTML_DEPTH_MAX 1024		/* open elements that can have style */
#define HTML_LINKS_MAX 20000		/* of one part, images included */
#define HTML_ATTRS_MAX 64		/* of one tag; the rest is skipped */
#define HTML_NAMES_MAX 4096		/* distinct names of elements */
#define HTML_RUNS_MAX 100000		/* changes between shown and hidden */
#define HTML_COMMENTS_MAX 10000		/* kept; all are counted */
#define HTML_URL_MAX 8192		/* bytes of one URL, as SpamAssassin */
#define HTML_BASE_SHARE 8		/* <base> adds that many times the
					 * input to URIs for rules */

/* Limits that were reached; struct html.limits holds bits 1 << limit. */
enum html_limit {
	HTML_LIMIT_BYTES,
	HTML_LIMIT_DEPTH,
	HTML_LIMIT_LINKS,
	HTML_LIMIT_ATTRS,
	HTML_LIMIT_NAMES,
	HTML_LIMIT_RUNS,
	HTML_LIMIT_COMMENTS,
	HTML_LIMIT_URL,
	HTML_LIMIT_SELECTORS,
	HTML_LIMIT_DOCTYPES,
	HTML_LIMITS
};

/* Why text is not seen; bits, since spammers and newsletters combine them. */
enum html_hidden {
	HTML_HIDDEN_DISPLAY = 1 << 0,	/* display:none */
	HTML_HIDDEN_VISIBILITY = 1 << 1, /* visibility:hidden, collapse */
	HTML_HIDDEN_ATTRIBUTE = 1 << 2,	/* hidden */
	HTML_HIDDEN_SIZE = 1 << 3,	/* font-size below 1 pixel */
	HTML_HIDDEN_COLOUR = 1 << 4,	/* like its background, or nearly */
	HTML_HIDDEN_BOX = 1 << 5,	/* (max-)height or width 0, clipped */
	HTML_HIDDEN_PLACE = 1 << 6,	/* off-screen by indent or position */
	HTML_HIDDEN_OPACITY = 1 << 7,	/* opacity 0, colour with alpha 0 */
	HTML_HIDDEN_MSO = 1 << 8,	/* mso-hide:all: Outlook only, so the
					 * text counts as visible without
					 * another reason */
	HTML_TINY = 1 << 9		/* 1 to 4 pixels: seen, hardly read */
};
#define HTML_HIDDEN_REASONS 10
/* Those of them that take text out of html.visible. */
#define HTML_UNSEEN (HTML_HIDDEN_MSO - 1)
/* Those that are not just telling an element to be away. */
#define HTML_TRICKS (HTML_HIDDEN_SIZE | HTML_HIDDEN_COLOUR | \
	HTML_HIDDEN_PLACE | HTML_HIDDEN_OPACITY)

/* A stretch of html.text with one answer to "is it seen?". */
struct html_run {
	size_t at, n;		/* bytes of html.text */
	unsigned how;		/* bits of enum html_hidden; 0 is plain */
};

/* Which attribute of which element a URL stands in. */
enum html_source {
	HTML_A,			/* a href */
	HTML_AREA,		/* area href */
	HTML_LINK,		/* link href: style sheets, icons */
	HTML_BASE,		/* base href */
	HTML_FORM,		/* form action, button and input formaction */
	HTML_META,		/* meta refresh */
	HTML_IMG,		/* img src, input src, v:imagedata, v:fill */
	HTML_BACKGROUND,	/* background=, background:url() in style= */
	HTML_FRAME,		/* frame and iframe src */
	HTML_SCRIPT,		/* script src */
	HTML_OBJECT,		/* object data, embed src, bgsound src */
	HTML_REDIRECT,		/* data-saferedirecturl */
	HTML_SOURCES
};

struct html_link {
	enum html_source source;
	struct span url;	/* entities decoded; tab, CR and LF dropped and
				 * ends trimmed, as browsers do; not resolved
				 * against html.base */
	struct span text;	/* HTML_A: what the reader sees as the link,
				 * white space folded, alt texts of images in
				 * it included; otherwise alt= or empty */
	struct span title;	/* title=: shown while the pointer hovers */
	unsigned how;		/* bits of enum html_hidden at its place */
	bool image;		/* HTML_A: an image is (part of) the link */
	size_t at;		/* offset in html.text where it stands */
};

struct html_image {
	struct span src;	/* also in links */
	struct span alt;
	int width, height;	/* CSS pixels from style= or attributes; -1
				 * unknown, percentages of 600 x 800 */
	unsigned how;		/* 1 x 1 or 0 x 0 does not count as hidden */
	bool linked;		/* stands inside <a href> */
};

struct html_uri;		/* see mail/html_rules.h */

struct html {
	/* What the reader is shown. */
	struct span text;	/* all, shown or not; white space folded, "\n"
				 * at block elements, an empty line between
				 * paragraphs, alt texts of images; zero-width
				 * and bidi characters taken out */
	struct span visible;	/* what of it is seen, tiny text included */
	struct span hidden;	/* what is not, "\n" between stretches */
	struct span title;	/* of the first <title> */
	const struct html_run *runs; /* covering text, in order */
	size_t run_count;
	size_t letters;		/* characters seen, without white space */
	size_t unseen;		/* the same of hidden text */
	size_t tricked;		/* of those: by HTML_TRICKS, one or several */
	size_t why[HTML_HIDDEN_REASONS]; /* such characters by bit number */

	/* Characters taken out of visible text. */
	size_t zero_width;	/* U+200B..D, 2060..4, FEFF, 00AD, 034F, ... */
	size_t split_words;	/* of those: between two ASCII letters */
	size_t bidi;		/* U+202A..E, 2066..9, 200E..F, 061C */
	size_t controls;	/* NUL and the like */

	/* What can be followed, loaded or sent. */
	const struct html_link *links; /* in order of appearance */
	size_t link_count;
	const struct html_image *images;
	size_t image_count;
	struct span base;	/* first absolute <base href>, or empty */
	struct span refresh;	/* URL of the first <meta refresh>, or empty */
	struct span charset;	/* first <meta charset> or http-equiv */

	size_t forms, inputs, passwords; /* <input type=password> */
	size_t frames;		/* frame, iframe */
	size_t scripts;		/* elements and on...= attributes */
	size_t objects;		/* object, embed, applet, svg */
	size_t comments;
	size_t conditional;	/* <!--[if ...]> for Outlook */
	size_t tags;
	bool ambiguous;		/* parsers disagree on the extent of a tag,
				 * comment or section: rare in honest mail */
	unsigned limits;	/* bits 1 << enum html_limit */

	const struct html_rules *rules;	/* never NULL; mail/html_rules.h */
};

/* Never NULL, and quick even for input that is no HTML at all. */
const struct html *html_parse(struct arena *, struct span utf8);

#endif
