/*
 * html_style - what declarations of CSS and the older attributes for colours
 * and sizes do to text, as far as it bears on whether the text is seen.  Pure
 * functions, any thread; linear time.
 */
#ifndef MAIL_HTML_STYLE_H
#define MAIL_HTML_STYLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"
#include "mail/linkset.h"

#define HTML_FONT_PIXELS 16	/* of text without a size */
#define HTML_FAR_PIXELS 500	/* this far to the left or top is off-screen */

enum html_property {
	HTML_CSS_COLOR,
	HTML_CSS_BACKGROUND,	/* its colour */
	HTML_CSS_IMAGE,		/* background-image and the short form */
	HTML_CSS_SIZE,		/* font-size, font */
	HTML_CSS_DISPLAY,
	HTML_CSS_VISIBILITY,
	HTML_CSS_OPACITY,
	HTML_CSS_HEIGHT,
	HTML_CSS_MAX_HEIGHT,
	HTML_CSS_WIDTH,
	HTML_CSS_MAX_WIDTH,
	HTML_CSS_OVERFLOW,
	HTML_CSS_INDENT,
	HTML_CSS_POSITION,
	HTML_CSS_LEFT,
	HTML_CSS_TOP,
	HTML_CSS_MARGIN_LEFT,
	HTML_CSS_MARGIN_TOP,
	HTML_CSS_CLIP,
	HTML_CSS_MSO_HIDE,
	HTML_CSS_WHITE_SPACE,
	HTML_CSS_PROPERTIES
};

/* What one element declares; a member counts where its bit is set. */
struct html_look {
	uint32_t set;		/* bits 1 << enum html_property */
	uint32_t important;	/* of those, what only !important replaces */
	uint32_t colour, background;
	bool clear_colour;	/* wholly transparent */
	bool clear_background;
	bool image;		/* a picture is behind the text */
	struct span url;	/* of it, as written */
	float size;		/* pixels, or times that of the parent */
	bool relative;
	bool none;		/* display:none */
	bool hidden;		/* the attribute; display overrides it */
	bool invisible;		/* visibility:hidden or collapse */
	bool clear;		/* opacity near 0 */
	bool no_height, no_width, no_max_height, no_max_width;
	bool cropped;		/* overflow is not shown */
	bool far_indent;
	bool placed;		/* position:absolute, fixed or relative */
	bool far_left, far_top;	/* off the screen, if it is placed */
	bool far_margin_left, far_margin_top;
	bool clipped;
	bool mso_hide;
	bool pre;		/* line ends of the source count */
	int width, height;	/* pixels, -1 unknown */
};

void html_look_init(struct html_look *);

/*
 * Mail repeats a few style= for each of its cells: each of the two readings
 * keeps what the first HTML_MEMOS texts came to, and for what.
 */
#define HTML_MEMOS 64

/* The number of that text, or HTML_MEMOS when there are others enough. */
size_t html_memo_number(struct link_set *, struct span style);

/* Adds declarations ("color: red; ..."); later ones replace earlier ones. */
void html_look_css(struct arena *, struct html_look *, struct span css);

/* Adds what is set in from, as if its declarations came after those of look;
 * sizes and pictures of the page's layout apart. */
void html_look_merge(struct html_look *look, const struct html_look *from);

/* True when text is not seen, whatever the colours. */
bool html_look_hides(const struct html_look *);

/* Without comments, and escapes of ASCII decoded. */
struct span html_css_plain(struct arena *, struct span css);

/* The older attributes: bgcolor=, color= or text=, <font size=>. */
void html_look_bgcolor(struct html_look *, struct span value);
void html_look_color(struct html_look *, struct span value);
void html_look_font(struct html_look *, struct span size);

/* CSS Color 4 section 4; alpha 0 to 255.  False for what is no colour. */
bool html_css_colour(struct span value, uint32_t *rgb, unsigned *alpha);
/* Section 2.4.6 of the HTML standard: nearly everything is a colour. */
bool html_old_colour(struct span value, uint32_t *rgb);

/*
 * A length in pixels, with units taken roughly: only small and large matter.
 * relative is set when it is a percentage or counted in "em", and the value
 * then is the factor.  False for keywords and calculations.
 */
bool html_css_length(struct span value, float *pixels, bool *relative);

#endif
