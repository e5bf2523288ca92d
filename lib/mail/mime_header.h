/*
 * mime_header - the header of a part, line by line: the walk over the message
 * decides where lines end and whether one is a boundary.  Used by mime.c alone.
 * One thread at a time.
 */
#ifndef MAIL_MIME_HEADER_H
#define MAIL_MIME_HEADER_H

#include <stdbool.h>

#include "mail/mime.h"

enum header_kind {
	HEADER_PART,	/* behind a boundary */
	HEADER_MESSAGE,	/* of a message within the message */
	HEADER_NONE	/* the body begins at once */
};

struct header_reader {
	struct header fields[MIME_HEADERS_MAX];
	size_t count;
	enum header_kind kind;
	bool open;		/* a folded line belongs to the last field */
	bool separated;		/* the empty line came */
	unsigned bad_lines;
	size_t lines;
	unsigned faults;
};

void header_begin(struct header_reader *, enum header_kind);

/*
 * Takes one line, without its end; rest is what comes behind it.  False when
 * it is not part of the header: the empty line, or the first one of a body that
 * has none before it.
 */
bool header_line(struct header_reader *, struct span line, struct span rest);

/* Gives the part its fields. */
void header_end(struct arena *, const struct header_reader *, struct part *);

/* True when the text begins with a header field. */
bool header_looks(struct span text);

#endif
