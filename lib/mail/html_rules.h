/*
 * html_rules - what SpamAssassin 4.0 knows about a text/html part, so that its
 * rules give the answers that their authors measured: text as it renders it,
 * its own (older) idea of invisible text, URIs with the elements they came
 * from, and the ratios that html_range() and its kin ask for.  Where a mail
 * reader would show something else, struct html has that.
 */
#ifndef MAIL_HTML_RULES_H
#define MAIL_HTML_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"
#include "mail/html.h"

/* Elements that URIs come from: bits 1 << element, "type" of uri_detail. */
enum html_type {
	HTML_TYPE_A, HTML_TYPE_AREA, HTML_TYPE_LINK, HTML_TYPE_IMG,
	HTML_TYPE_FRAME, HTML_TYPE_IFRAME, HTML_TYPE_EMBED, HTML_TYPE_SCRIPT,
	HTML_TYPE_BGSOUND, HTML_TYPE_FORM, HTML_TYPE_BASE, HTML_TYPE_META,
	HTML_TYPE_BODY, HTML_TYPE_TABLE, HTML_TYPE_TR, HTML_TYPE_TD,
	HTML_TYPES
};

const char *html_type_name(enum html_type);	/* "a", "area" ... */

struct html_texts {
	const struct span *p;
	size_t n;
};

/* One distinct URI, resolved against <base>; not yet canonicalized. */
struct html_uri {
	struct span uri;	/* may be "" or relative, as SpamAssassin's */
	unsigned types;		/* 0: known from its anchor text alone */
	struct html_texts anchors; /* text of each <a> with this href */
};

struct html_rules {
	/*
	 * Rendered text, before the white space of the whole message is folded.
	 * UTF-8.  If narrow is set, SpamAssassin holds it as Latin-1 (all input
	 * was ASCII and no reference named more), and rules for bytes see that
	 * unless another part of the message widens the whole.
	 */
	struct span rendered;	/* "body" rules see this */
	struct span visible;
	struct span invisible;
	bool narrow;

	const struct html_uri *uris;	/* in order of first appearance */
	size_t uri_count;
	bool uri_truncated;
	struct html_texts anchors;	/* each <a>, images as "<img>\n" */
	struct html_texts titles;
	struct html_texts comments;	/* with "<!--" and "-->" */
	struct html_texts scripts;
	struct span charsets;		/* of <meta>, blanks between */

	bool embeds;
	bool font_low_contrast;
	bool font_invalid_color;
	bool font_face_bad;
	bool form_action_mailto;
	double length;		/* characters of the source */
	double html_length;	/* characters rendered */
	double non_space_len;
	double image_area;
	double min_size, max_size; /* of fonts, 3 is normal */
	long tags, elements;	/* start and end tags; those of HTML 4 */
	long tags_seen, elements_seen; /* distinct ones */
	long closed_extra;
	long obfuscation;	/* tags within words */
	long backhair;

	const void *inside;	/* html_rules_inside */
};

/* How often an element is open at the end; false when it never appeared. */
bool html_rules_inside(const struct html_rules *, struct span tag, long *open);

/*
 * The value of that name ("max_size", "bad_tag_ratio", "embeds" ...); false
 * when SpamAssassin would have none.
 */
bool html_rules_value(const struct html_rules *, struct span name, double *);

/* Texts of that name ("comment", "anchor", "title", "script"), or empty. */
struct html_texts html_rules_texts(const struct html_rules *, struct span name);

#endif
