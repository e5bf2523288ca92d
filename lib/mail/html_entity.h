/*
 * html_entity - character references of HTML ("&amp;", "&#8203;") decoded to
 * UTF-8, as the HTML standard has it (section 13.2.5.72 and following), and as
 * Perl's HTML::Entities does, which knows the names of HTML 4 alone.  Pure
 * functions, any thread; linear time.
 */
#ifndef MAIL_HTML_ENTITY_H
#define MAIL_HTML_ENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"

#define HTML_ENTITY_NAME 32	/* of the longest name, with its zero */
#define HTML_ENTITY_LETTERS 128
#define HTML_ENTITY_UTF8 6	/* bytes of the longest meaning */

enum html_reading {
	HTML_TEXT_REFERENCES,
	HTML_ATTRIBUTE_REFERENCES,	/* "&copy=" is none in a query */
	HTML_LEGACY_REFERENCES,		/* HTML::Entities; also "&nbsp;" is a
					 * blank and curly quotes straight, as
					 * SpamAssassin prepares its input */
	HTML_LEGACY_ATTRIBUTE		/* the same, but "&sectionid" is none */
};

struct html_entity {
	char name[HTML_ENTITY_NAME];	/* without "&" and ";" */
	char utf8[HTML_ENTITY_UTF8 + 1];
	char flags;
};

enum html_entity_flag {
	HTML_ENTITY_BARE = 1,	/* the semicolon may be left out */
	HTML_ENTITY_OLD = 2	/* in HTML 4 */
};

extern const struct html_entity html_entities[];	/* by strcmp of name */
extern const size_t html_entity_count;
/* Where the names with that first letter start; of the next one, end. */
extern const unsigned short html_entity_first[HTML_ENTITY_LETTERS + 1];

/*
 * The reference at s, which is a "&": its meaning in out, its bytes returned
 * and those of s that it takes in *taken.  0 when there is none.
 */
size_t html_reference(enum html_reading, const char *s, const char *end,
    char out[HTML_ENTITY_UTF8 + 1], size_t *taken);

/* With all references replaced; s itself where there is none. */
struct span html_decode(struct arena *, enum html_reading, struct span s);

#endif
