/*
 * mimefacts - how the parts of a message are encoded, as SpamAssassin's
 * MIMEEval sees it: one walk over all lines of all parts.  One thread at a
 * time.
 */
#ifndef RULES_MIMEFACTS_H
#define RULES_MIMEFACTS_H

#include "rules/facts.h"

/* How many there are, or whether there is any. */
struct mime_facts {
	size_t html, text;		/* parts */
	size_t base64, qp, attachments;	/* by their header */
	bool alternative;
	bool unclosed;			/* a final boundary is missing */
	bool base64_text;		/* though ASCII needs no encoding */
	bool bad_iso, faraway;		/* charsets */
	bool caseless;			/* a charset is */
	bool long_line;			/* quoted-printable */
	size_t qp_bytes, qp_needless;	/* all, and escapes without need */
	bool illegal;			/* text of ASCII that is none */
	size_t characters, references;	/* of plain text: "&#x1234;" */
	bool has_text_size, has_html_size;
	size_t text_size, html_size;	/* of the last parts */
	size_t base64_line;		/* the longest */
};

void mimefacts_find(struct facts *, struct mime_facts *out);

/* Whether upper and lower case mean nothing in that charset. */
bool mimefacts_caseless(struct span charset);

#endif
