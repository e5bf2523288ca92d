/*
 * html_element - what is known of an element by its name: how a reader shows
 * it, and what SpamAssassin makes of it.  For html.c and its parts alone.
 */
#ifndef MAIL_HTML_ELEMENT_H
#define MAIL_HTML_ELEMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"
#include "mail/html_token.h"

/* Those that code asks for; all others are HTML_EL_OTHER. */
enum html_element_id {
	HTML_EL_OTHER, HTML_EL_A, HTML_EL_AREA, HTML_EL_BASE, HTML_EL_BASEFONT,
	HTML_EL_BGSOUND, HTML_EL_BIG, HTML_EL_BODY, HTML_EL_BR, HTML_EL_BUTTON,
	HTML_EL_CENTER, HTML_EL_DD, HTML_EL_DIV, HTML_EL_DT, HTML_EL_EMBED,
	HTML_EL_FONT, HTML_EL_FORM, HTML_EL_FRAME, HTML_EL_H1, HTML_EL_HTML,
	HTML_EL_IFRAME, HTML_EL_IMG, HTML_EL_INPUT, HTML_EL_LI, HTML_EL_LINK,
	HTML_EL_MARQUEE, HTML_EL_META, HTML_EL_OBJECT, HTML_EL_OPTION,
	HTML_EL_P, HTML_EL_PRE, HTML_EL_SCRIPT, HTML_EL_SMALL, HTML_EL_SPAN,
	HTML_EL_STYLE, HTML_EL_TABLE, HTML_EL_TBODY, HTML_EL_TD,
	HTML_EL_TEXTAREA, HTML_EL_TH, HTML_EL_TITLE, HTML_EL_TR, HTML_EL_VML,
	HTML_ELEMENT_IDS
};

enum html_element_flag {
	HTML_IS_OLD = 1 << 0,	/* of HTML 4: SpamAssassin counts it as good */
	HTML_IS_TRICK = 1 << 1,	/* not counted, but rendered by it */
	HTML_IS_STYLED = 1 << 2, /* its style is heeded there */
	HTML_IS_VOID = 1 << 3,	/* has no end tag */
	HTML_IS_LINE = 1 << 4,	/* starts and ends a line */
	HTML_IS_BLOCK = 1 << 5,	/* the same, with space above and below */
	HTML_IS_CELL = 1 << 6,
	HTML_IS_FORMAT = 1 << 7, /* closed by force, it is opened again */
	HTML_IS_WALL = 1 << 8,	/* end tags within do not reach beyond */
	HTML_IS_UNSEEN = 1 << 9	/* its content is never shown */
};

struct html_element {
	char name[12];
	unsigned char id;	/* enum html_element_id */
	unsigned char content;	/* enum html_content of what follows */
	char space[3];		/* what SpamAssassin puts there */
	unsigned short flags;
};

/* Never NULL; name in lower case. */
const struct html_element *html_element_find(struct span name);

/* A name that occurs in one document, with what its readings count of it. */
struct html_name {
	struct span name;	/* lower case, at most HTML_NAME_MAX bytes */
	const struct html_element *element;
	size_t shown;		/* open ones, as a reader has them */
	/* For SpamAssassin's reading. */
	bool seen;
	long open;		/* start tags less end tags, at least 0 */
};

#define HTML_NAME_MAX 64	/* longer ones that start alike are one */

#define HTML_NAMES_RECENT 64	/* by length, first and last byte */

struct html_names {
	struct arena *arena;
	struct html_name **slots;
	size_t room, count;
	struct html_name *recent[HTML_NAMES_RECENT];
	struct html_name other;	/* for all beyond HTML_NAMES_MAX */
	bool full;
};

void html_names_init(struct html_names *, struct arena *);

/* Never NULL; any case. */
struct html_name *html_names_get(struct html_names *, struct span name);

/* NULL when it was never got. */
const struct html_name *html_names_find(const struct html_names *,
    struct span name);

#endif
