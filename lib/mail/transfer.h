/*
 * transfer - content transfer encodings undone (RFC 2045 section 6, and
 * uuencode), as tolerant as mail readers are: what does not belong is skipped
 * or stands for itself, and a fault tells of it.  Pure functions, any thread;
 * results point into the input where nothing changes, else into the arena.
 */
#ifndef MAIL_TRANSFER_H
#define MAIL_TRANSFER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"

enum transfer {
	TRANSFER_PLAIN,		/* 7bit, 8bit, binary, or none given */
	TRANSFER_BASE64,
	TRANSFER_QUOTED,
	TRANSFER_UU
};

/* Or-ed together. */
enum transfer_fault {
	TRANSFER_FOREIGN = 1,	/* bytes outside of the alphabet */
	TRANSFER_CUT = 2	/* ends in the middle */
};

/*
 * The encoding named in a field's value: false when nobody knows that name,
 * and *out is then plain.
 */
bool transfer_parse(struct span value, enum transfer *out);
const char *transfer_name(enum transfer);

/* Adds to *faults, which may be NULL. */
struct span transfer_decode(struct arena *, enum transfer, struct span,
    unsigned *faults);

/* What "B" of RFC 2047 and data: URLs need. */
struct span base64_decode(struct arena *, struct span, unsigned *faults);

/* Text of quoted-printable; "_" stays. */
struct span quoted_decode(struct arena *, struct span, unsigned *faults);

/* CRLF becomes LF; a CR elsewhere stays. */
struct span lines_unix(struct arena *, struct span);

/* One file within a text, from its "begin 644 name" to its "end". */
struct uu_file {
	struct span name;	/* as written */
	struct span lines;	/* between these two: for TRANSFER_UU */
	struct span whole;	/* with them */
};

/* Finds the next one and cuts *rest behind it; false when there is none. */
bool uu_next(struct span *rest, struct uu_file *out);

#endif
