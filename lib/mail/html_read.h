/*
 * html_read - struct html while it is made: fed with the tokens of the HTML
 * standard's reading, one after the other.  For html.c alone.
 */
#ifndef MAIL_HTML_READ_H
#define MAIL_HTML_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"
#include "mail/html.h"
#include "mail/html_element.h"
#include "mail/html_sheet.h"
#include "mail/html_style.h"
#include "mail/html_token.h"

#define HTML_SCOPE_MAX 256	/* open elements that an end tag looks at */
#define HTML_REOPEN_MAX 8	/* formatting that is opened again at once */

/* What holds inside an element, its ancestors included. */
struct html_view {
	unsigned lasting;	/* bits that no descendant can undo */
	unsigned how;		/* bits of enum html_hidden for text here */
	uint32_t colour, background;
	float size;
	bool clear_colour;
	bool unknown_background;	/* a picture */
	bool invisible;
	bool dropped;		/* text here is no text */
	bool pre;
};

struct html_open {
	struct html_name *name;
	struct html_look look;
	struct html_view view;
};

/* What a style= made of a look. */
struct html_look_memo {
	struct html_look before, after;
};

/* Text under construction; there are three. */
struct html_out {
	char *p;
	size_t n;
	bool space;		/* before the next character */
	unsigned char lines;
};

struct html_read {
	struct arena *arena;
	struct html *out;
	struct html_open *open;
	size_t open_count, open_room;
	unsigned ids[HTML_ELEMENT_IDS];	/* open ones */
	struct html_view top;	/* with no element open */

	struct html_out text, visible, hidden;
	unsigned how;		/* of the text that comes now */
	bool letter, split;	/* a letter is before; zero-width after it */
	struct html_run *runs;
	size_t run_count, run_room;

	struct html_link *links;
	size_t link_count, link_room;
	struct html_image *images;
	size_t image_count, image_room;
	size_t anchor;		/* link of the open <a>, + 1 */
	size_t anchor_from;	/* where its text starts */
	bool in_title, has_title, in_style;
	struct span media;	/* of the <style> that is open */
	struct html_sheet sheet;
	struct link_set *styles;
	struct html_look_memo *memos;	/* by their numbers */
	size_t memo_room;
};

void html_read_begin(struct html_read *, struct arena *, struct span input);
/* name is that of a tag, and NULL for other tokens. */
void html_read_token(struct html_read *, const struct html_token *,
    struct html_name *name);
struct html *html_read_end(struct html_read *);

/* Parts of it. */
void html_read_break(struct html_read *, unsigned lines);
void html_read_blank(struct html_read *);
void html_read_chars(struct html_read *, struct span decoded, bool pre);

void html_read_links(struct html_read *, const struct html_token *,
    const struct html_element *, const struct html_look *, unsigned how);
void html_read_anchor_end(struct html_read *);
struct span html_read_attr(struct html_read *, const struct html_token *,
    const char *name);	/* decoded; p is NULL when there is none */

#endif
