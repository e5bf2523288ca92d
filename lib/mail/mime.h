/*
 * mime - a message taken apart as mail readers do it: the tree of its parts,
 * their types, names and encodings (RFC 2045, 2046, 2183), their bytes and
 * their text.  Built for hostile input: time and memory are linear in it, and
 * each limit that is reached sets a fault.  Nothing is refused, everything gets
 * a reading; where readers differ, mime.c says whom it follows.
 *
 * Spans point into the body or the caller's header fields, or into the arena;
 * all live as long as the shortest of them.  One thread at a time.
 */
#ifndef MAIL_MIME_H
#define MAIL_MIME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"
#include "mail/message.h"
#include "mail/transfer.h"

#define MIME_DEPTH_MAX 32	/* parts around one; deeper ones are leaves */
#define MIME_PARTS_MAX 2000	/* then one holds all that is left */
#define MIME_HEADERS_MAX 200	/* fields kept of one part but the first */
#define MIME_HEADER_LINES_MAX 2000	/* of one part; then its body begins */
#define MIME_WRAPS_MAX 4	/* encoded messages within encoded messages */
#define MIME_REREADS_MAX 8	/* multiparts whose boundary never comes */

/*
 * What is wrong, or-ed together: of a part its own faults, of the message all
 * of them.  Those that only decoding finds are there after part_bytes() or
 * part_text().
 */
enum mime_fault {
	/* Limits. */
	MIME_TOO_DEEP = 1 << 0,
	MIME_TOO_MANY_PARTS = 1 << 1,
	MIME_TOO_MANY_HEADERS = 1 << 2,
	MIME_TOO_MANY_WRAPS = 1 << 3,
	MIME_TOO_MANY_REREADS = 1 << 4,
	/* The frame of a multipart; set at the multipart. */
	MIME_NO_BOUNDARY = 1 << 5,	/* has no boundary parameter */
	MIME_BOUNDARY_ABSENT = 1 << 6,	/* it never comes in the body */
	MIME_BOUNDARY_TWICE = 1 << 7,	/* the same as that of one around it */
	MIME_BOUNDARY_PREFIX = 1 << 8,	/* one begins with the other */
	MIME_UNCLOSED = 1 << 9,		/* its final boundary is missing */
	MIME_EPILOGUE = 1 << 10,	/* text but dots behind the final one */
	MIME_ENCODED_FRAME = 1 << 11,	/* encoding on multipart or message */
	/* The header of a part. */
	MIME_NO_HEADERS = 1 << 12,	/* none behind a boundary */
	MIME_NO_SEPARATOR = 1 << 13,	/* no empty line before the body */
	MIME_BAD_HEADER = 1 << 14,	/* a line that is no field, bare CR */
	MIME_TYPE_TWICE = 1 << 15,	/* two Content-Type fields: the last */
	MIME_ENCODING_TWICE = 1 << 16,	/* same for Content-Transfer-Encoding */
	MIME_DISPOSITION_TWICE = 1 << 17,
	MIME_BAD_TYPE = 1 << 18,	/* Content-Type is no type/subtype */
	MIME_BAD_ENCODING = 1 << 19,	/* no encoding that anybody knows */
	MIME_BAD_PARAM = 1 << 20,	/* parameters doubled or broken */
	MIME_NAMES_DIFFER = 1 << 21,	/* the two fields that name the file */
	/* Found by decoding. */
	MIME_BAD_BASE64 = 1 << 22,	/* foreign bytes, or cut short */
	MIME_BAD_QUOTED = 1 << 23,	/* "=" that escapes nothing */
	MIME_BAD_UU = 1 << 24,
	MIME_CHARSET_UNKNOWN = 1 << 25,	/* nobody knows this label */
	MIME_CHARSET_WRONG = 1 << 26,	/* the text cannot be in it */
	/* Besides; set at the multipart. */
	MIME_BOUNDARY_RIVALS = 1 << 27,	/* two parameters that differ */
};

/* What a part is besides, or-ed together likewise. */
enum mime_note {
	MIME_PARTIAL = 1 << 0,		/* message/partial */
	MIME_EXTERNAL = 1 << 1,		/* message/external-body */
	MIME_TNEF = 1 << 2,		/* application/ms-tnef, winmail.dat */
	MIME_UUENCODED = 1 << 3,	/* plain text with "begin 644 file" */
	MIME_SMIME = 1 << 4,		/* application/pkcs7-mime: opaque */
	MIME_ENCRYPTED = 1 << 5,	/* multipart/encrypted or enveloped */
	MIME_SIGNED = 1 << 6,		/* multipart/signed, signed-data */
	MIME_ATTACHMENT = 1 << 7,	/* disposition says so */
	MIME_TYPE_MISSING = 1 << 8,	/* no Content-Type: the default */
	MIME_REST = 1 << 9,		/* all behind the last part we took */
};

/* As what a reader treats the part. */
enum part_kind {
	PART_PLAIN,		/* text, not HTML */
	PART_HTML,		/* also by its name: .html, .htm, .shtml */
	PART_MULTIPART,		/* has children */
	PART_MESSAGE,		/* message/rfc822 or /global with its child */
	PART_OTHER		/* all else; a file to keep or open */
};

struct part {
	size_t index;		/* in mime.parts */
	size_t parent;		/* index; of the first part its own, 0 */
	size_t end;		/* index behind its last descendant */
	size_t children;
	unsigned depth;		/* 0 for the message itself */
	unsigned faults;	/* enum mime_fault */
	unsigned notes;		/* enum mime_note */
	enum part_kind kind;
	const struct header *headers;
	size_t header_count;

	/*
	 * Lower case.  declared is as the field says it, empty without one.
	 * type is SpamAssassin's reading: other text types than html, calendar
	 * and x-vcard are text/plain, and so is what has no type at all, or
	 * says multipart and has no boundary.
	 */
	struct span declared;
	struct span type;
	struct span charset;	/* as declared, or empty */
	struct span boundary;	/* of a multipart */
	struct span disposition;	/* lower case: "attachment", or empty */
	struct span name;	/* of the file, UTF-8; or empty */
	struct span other_name;	/* where Content-Type calls it otherwise */
	struct span content_id;	/* without brackets, or empty */
	enum transfer encoding;
	struct span raw;	/* its body as it arrived */

	/* Filled by part_bytes and part_text, which are to be asked. */
	struct span bytes, text;
	bool has_bytes, has_text;
};

struct mime {
	struct part *parts;	/* as they come; [0] is the message itself */
	size_t count;
	unsigned faults;	/* of all parts */
	unsigned notes;
};

/* Never fails: *out has at least one part. */
void mime_parse(struct arena *, const struct header *headers, size_t count,
    struct span body, struct mime *out);

/*
 * The body of the part with its encoding undone, kept for the next time.  Text
 * and messages have their lines end with LF alone, as rules expect them; other
 * types are left as they are.  Empty for a multipart.
 */
struct span part_bytes(struct arena *, struct part *);

/*
 * The same as valid UTF-8 without byte order mark: what a reader would show of
 * a text, HTML still being marked up.  Its faults are then there.
 */
struct span part_text(struct arena *, struct part *);

/* True for PART_PLAIN and PART_HTML. */
bool part_readable(const struct part *);

/* The nth (from 0) field of that name, or NULL; and the last one. */
const struct header *part_field(const struct part *, const char *name,
    size_t nth);
const struct header *part_last_field(const struct part *, const char *name);

/* The faults and notes of all parts again, for those found by decoding. */
void mime_sum(struct mime *);

#endif
