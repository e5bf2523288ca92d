/*
 * html_sheet - the style sheets of a text/html part, as far as they bear on
 * whether text is seen.  Rules of an element, a class, an id, or an element
 * with one of these are heeded for what comes after them.
 *
 * What is not sure hides nothing: a rule for some screens alone (@media) that
 * shows what is hidden else, as newsletters do for telephones, or a selector
 * that is not understood.  One thread at a time; all lives in the arena.
 */
#ifndef MAIL_HTML_SHEET_H
#define MAIL_HTML_SHEET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"
#include "mail/html_style.h"
#include "mail/html_token.h"

#define HTML_SELECTORS_MAX 4096	/* different ones; further have no effect */
#define HTML_CLASSES_MAX 64	/* of one element; further have no effect */
#define HTML_KEY_MAX 160	/* bytes of a selector */

struct html_sheet {
	struct arena *arena;
	struct link_set *keys;	/* "p", ".x", "#x", "p.x", "p#x" */
	struct html_rule *rules;	/* by number of the key */
	size_t room;
	bool full;		/* one of these was reached */
};

void html_sheet_init(struct html_sheet *, struct arena *);

/* Adds the content of a <style>; media is that attribute, or empty. */
void html_sheet_add(struct html_sheet *, struct span css, struct span media);

/* Adds to look what the sheets say of a start tag; name is in lower case. */
void html_sheet_look(struct html_sheet *, const struct html_token *,
    struct span name, struct html_look *look);

#endif
