/*
 * mime_describe - what the header fields of a part say of it.  Used by mime.c
 * alone.  Pure functions, any thread.
 */
#ifndef MAIL_MIME_DESCRIBE_H
#define MAIL_MIME_DESCRIBE_H

#include <stdbool.h>

#include "mail/mime.h"

enum mime_default {
	MIME_TEXT,	/* what a part without Content-Type is */
	MIME_DIGEST	/* the same within multipart/digest: a message */
};

/* Fills what follows from part->headers; framed says that a multipart is
 * around it, so that it can be one without a boundary of its own. */
void mime_describe(struct arena *, struct part *, enum mime_default,
    bool framed);

#endif
