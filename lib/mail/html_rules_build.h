/*
 * html_rules_build - struct html_rules while it is made: fed with the tokens of
 * HTML::Parser's reading, one after the other.  For html.c and its parts alone.
 */
#ifndef MAIL_HTML_RULES_BUILD_H
#define MAIL_HTML_RULES_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"
#include "mail/html_element.h"
#include "mail/html_rules.h"
#include "mail/html_token.h"

#define HTML_STYLES_MAX 65536	/* open elements that can have style */
#define HTML_STYLED_IDS HTML_ELEMENT_IDS

/* Bytes that grow in an arena; the old copy is left behind. */
struct html_bytes {
	char *p;
	size_t n, room;
};

struct html_spans {
	struct span *p;
	size_t n, room;
};

/* A colour, or what name_to_rgb() gives instead. */
#define HTML_COLOUR_INVALID 0x1000000u
#define HTML_COLOUR_EMPTY 0x2000000u

struct html_style {
	uint32_t fg, bg;
	double size;
	unsigned char tag;	/* enum html_element_id */
	bool display_none, visibility_hidden;
};

/* What a style= made of a style. */
struct html_style_memo {
	struct html_style before, after;
};

/* Where the rendered text changes between visible and not. */
struct html_turn {
	size_t at;
	bool invisible;
};

struct html_uri_entry {
	struct span uri;
	unsigned types;
	struct html_spans anchors;
};

struct html_rules_build {
	struct arena *arena;
	struct html_rules *out;
	struct html_names *names;

	/* html_rules_text.c */
	char *text;			/* rendered so far */
	size_t text_n, segment;		/* start of the last piece */
	bool any, was_space, was_invisible;
	struct html_turn *turns;
	size_t turn_count, turn_room;
	uint64_t hairs;			/* bit 7 * before + after */
	bool ascii;			/* the input has no byte above 127 */
	bool curly;			/* it has curly quotes */

	/* html_rules_style.c */
	struct html_style *styles;
	size_t style_count, style_room;
	unsigned open[HTML_STYLED_IDS];	/* in styles, by tag */
	double basefont;
	struct link_set *memo_set;
	struct html_style_memo *memos;	/* by their numbers */
	size_t memo_room;

	/* html_rules_uri.c */
	struct html_uri_entry *uris;
	size_t uri_count, uri_room, uri_last;
	struct link_set *uri_set;	/* their numbers */
	struct span base;
	size_t base_left;		/* bytes that it may still add */

	/* Inside which elements text is now. */
	struct html_name *a, *title, *script, *style;
	struct html_bytes part;		/* text of the last <a> */
	struct html_bytes title_part;	/* text of the last <title> */
	bool anchor_open, title_open;
	size_t anchor_uri;		/* entry of the last <a> + 1 */
	struct html_spans anchors, titles, comments, scripts;
	struct html_bytes charsets;
};

/* names live as long as what comes out. */
void html_rules_begin(struct html_rules_build *, struct arena *,
    struct html_names *names, struct span input);
/* name is that of a tag, and NULL for other tokens. */
void html_rules_token(struct html_rules_build *, const struct html_token *,
    struct html_name *name);
const struct html_rules *html_rules_end(struct html_rules_build *);

/* Parts of it. */
void html_bytes_add(struct arena *, struct html_bytes *, struct span);
void html_spans_add(struct arena *, struct html_spans *, struct span);

struct span html_rules_value_of(struct html_rules_build *,
    const struct html_attr *);
/* The decoded value of an attribute; false when the tag has none such. */
bool html_rules_attr(struct html_rules_build *, const struct html_token *,
    const char *name, struct span *value);

/* What a start tag of a known element tells. */
void html_rules_facts(struct html_rules_build *, const struct html_token *,
    const struct html_element *);

void html_rules_space(struct html_rules_build *, const char *what);
void html_rules_text(struct html_rules_build *, struct span decoded);
void html_rules_split(struct html_rules_build *);

void html_rules_style_begin(struct html_rules_build *);
void html_rules_style(struct html_rules_build *, const struct html_token *,
    enum html_element_id);
void html_rules_unstyle(struct html_rules_build *, enum html_element_id);
bool html_rules_unseen(struct html_rules_build *);
uint32_t html_rules_colour(struct span);

void html_rules_uri_begin(struct html_rules_build *, size_t input);
struct span html_rules_uri_clean(struct html_rules_build *, struct span);
/* Its index + 1, or 0 when there is no room. */
size_t html_rules_uri_entry(struct html_rules_build *, struct span uri);
void html_rules_uri(struct html_rules_build *, enum html_type, struct span);
void html_rules_uri_base(struct html_rules_build *, struct span);
void html_rules_uri_end(struct html_rules_build *);

#endif
