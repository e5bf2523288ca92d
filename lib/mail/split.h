/*
 * split - cuts a whole message in memory into header fields and body, and an
 * mbox file into messages.  Lines end with LF or CRLF; only when a message has
 * no LF at all does a bare CR end a line, because no MTA takes it for one
 * beside real line ends.  Pure functions, any thread; spans point into the
 * message.
 */
#ifndef MAIL_SPLIT_H
#define MAIL_SPLIT_H

#include <stdbool.h>

#include "base/span.h"

struct split {
	struct span rest;	/* once split_field said false: the body */
	char end;		/* what ends a line: LF or CR */
	bool unseparated;	/* the body began without an empty line */
};

struct split_field {
	struct span name;
	struct span value;	/* all after the colon but the last line end:
				 * leading space and folding are kept */
	bool broken;	/* space before the colon, NUL or bare CR inside */
};

/* Begins to split; an mbox "From " line in front is dropped. */
void split_begin(struct split *, struct span message);

/*
 * Cuts off the next field.  A line that is no field ends the header, as it
 * does for Postfix and Sendmail, and belongs to the body.
 */
bool split_field(struct split *, struct split_field *out);

/* Cuts one line off; the line end, LF with or without CR, or CR, is dropped. */
struct span split_line(struct span *rest, char end);

/* The name of the field that a line begins, or the empty span. */
struct span split_name(struct span line, size_t *colon);

/*
 * Cuts the next message off an mbox file, without its "From " line and without
 * the empty line before the next one; ">From " is left as it is.  Returns
 * false once *rest is used up.
 */
bool mbox_next(struct span *rest, struct span *message);

#endif
