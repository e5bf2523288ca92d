/*
 * reading - a message as the person it is for will see it: its parts, their
 * text, its links.  Made once per message, by whoever asks first; all checks
 * and rules share it.  One thread at a time; it lives in the message's arena.
 */
#ifndef MAIL_READING_H
#define MAIL_READING_H

#include "base/arena.h"
#include "mail/html.h"
#include "mail/links.h"
#include "mail/message.h"
#include "mail/mime.h"

#define READING_LINE 2048	/* bytes; longer paragraphs are cut there */
#define READING_TEXTS_MAX 100000	/* paragraphs; what follows comes in */
#define READING_PACK 65536	/* pieces of so many bytes at most */

/* Pieces of text that patterns are matched against one by one. */
struct texts {
	const struct span *items;
	size_t count;
};

struct reading;

/*
 * Nothing is read yet: each function below reads what it needs, once.  scan
 * is how many bytes of one part's rendered and of its raw text count; 0: all.
 */
struct reading *reading_new(struct arena *, const struct message *,
    size_t scan_rendered, size_t scan_raw);

/* The parts, the message itself first. */
struct mime *reading_mime(struct reading *);

/* The HTML of a PART_HTML, or NULL for other parts. */
const struct html *reading_html(struct reading *, struct part *);

/*
 * The rendered text of all parts: first a line with the subject, then one item
 * for each paragraph, white space folded, each but the last ends with "\n".
 */
const struct texts *reading_body(struct reading *);

/* Text parts decoded but not rendered, in pieces of some lines. */
const struct texts *reading_raw(struct reading *);

/*
 * What readers show and SpamAssassin's rules do not see, an item for each, so
 * that it is in neither of the two above: invitations, visiting cards, and
 * plain text that is HTML to rules, because of its name.
 */
const struct texts *reading_aside(struct reading *);

/*
 * All links.  view must be the same at every call for one message, and outlive
 * the reading.
 */
const struct links *reading_links(struct reading *, const struct links_view *);

#endif
