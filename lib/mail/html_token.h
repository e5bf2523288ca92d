/*
 * html_token - HTML cut into tags, texts and comments, for html.c and tests
 * alone.  Tokens point into the input; nothing is decoded or copied, and names
 * keep their case.  Two readings of the same bytes are offered:
 *
 *  - the HTML standard's (section 13.2.5), as browsers and so mail readers see
 *    it: html_token_next;
 *  - HTML::Parser's, as SpamAssassin sees it: html_legacy_next.
 *
 * The first one notes in "odd" when the second would find other tokens.  Only
 * two differences stay unnoted, since they are visible in the token: a name
 * directly before "/>" is kept with the slash by HTML::Parser ("slashed"), and
 * so is a lone slash, as an attribute.
 *
 * Linear time on any input.  One thread at a time.
 */
#ifndef MAIL_HTML_TOKEN_H
#define MAIL_HTML_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "mail/html.h"

#define HTML_DOCTYPES_MAX (256 << 10) /* bytes of what seemed to be DOCTYPEs;
				 * what begins behind is taken for comments */
#define HTML_MARKS_MAX 16	/* nested marked sections; deeper is ignored */

enum html_kind {
	HTML_EOF,
	HTML_TEXT,
	HTML_START,
	HTML_END,
	HTML_COMMENT,
	HTML_DOCTYPE,
	HTML_NOTHING	/* stands in the source, and means nothing */
};

/* What the text between tags may contain (section 13.2.5, "states"). */
enum html_content {
	HTML_IN_DATA,
	HTML_IN_RCDATA,	/* title, textarea: references, no tags */
	HTML_IN_RAWTEXT,	/* style, xmp, iframe: neither */
	HTML_IN_SCRIPT,	/* the same, with escaped and doubly escaped parts */
	HTML_IN_PLAINTEXT	/* as HTML_IN_RAWTEXT, and never ends */
};

struct html_attr {
	struct span name, value;	/* without quotes, not decoded */
	bool valued;			/* "=" was there */
};

struct html_token {
	enum html_kind kind;
	struct span raw;	/* all its bytes */
	struct span text;	/* of text; of a comment without its marks */
	struct span name;	/* of a tag */
	bool references;	/* text may contain "&amp;" and the like */
	bool data;		/* text of HTML_IN_DATA */
	bool last;		/* the same, and nothing follows */
	bool closed;		/* "/>" */
	bool slashed;		/* name directly before "/>" */
	bool crowded;		/* HTML_ATTRS_MAX reached */
	size_t attr_count;
	struct html_attr attrs[HTML_ATTRS_MAX];
};

struct html_lexer {
	const char *p, *end;
	enum html_content content;
	struct span until;	/* name of the end tag that leaves content */
	bool curly;		/* input has curly quotes: SpamAssassin takes
				 * them for straight ones, even around values */
	bool vertical;		/* input has vertical tabs, blanks to it */
	bool odd;		/* HTML::Parser would read something else */
	size_t vain;		/* left of HTML_DOCTYPES_MAX */
	/* For html_legacy_next alone. */
	unsigned char marks[HTML_MARKS_MAX]; /* <![ ... [, innermost last */
	size_t mark_count;
	struct span pending;	/* end tag of what was left open */
	bool at_once;		/* it comes before the text */
	unsigned endless;	/* names that have no end tag any more */
	bool flushing;		/* the end was seen, and reading goes back */
	bool late;		/* an open comment was met: they end at ">" */
};

void html_lexer_init(struct html_lexer *, struct span input);

/* After a start tag that is followed by such content. */
void html_lexer_enter(struct html_lexer *, enum html_content, struct span name);

/* False at the end of input; then kind is HTML_EOF. */
bool html_token_next(struct html_lexer *, struct html_token *);
bool html_legacy_next(struct html_lexer *, struct html_token *);

/* The first attribute of that name, undecoded; NULL when there is none. */
const struct html_attr *html_token_attr_named(const struct html_token *,
    struct span name);

static inline const struct html_attr *
html_token_attr(const struct html_token *t, const char *name)
{
	return t->attr_count != 0 ? html_token_attr_named(t, span_of(name)) :
	    NULL;
}

#endif
