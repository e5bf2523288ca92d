/*
 * fields - what header sanity checks ask of a field: which bytes it holds and
 * whether MIME fields and message identifiers keep to their grammar.  Parsing
 * is tolerant, the flags are exact: each kind of fault has its own.  Pure
 * functions, any thread; spans point into the value or into the arena.
 */
#ifndef MAIL_FIELDS_H
#define MAIL_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"

/* Bytes of a value, or-ed together. */
enum field_bytes {
	FIELD_NUL = 1 << 0,
	FIELD_CONTROL = 1 << 1,	/* but tab, CR and LF */
	FIELD_8BIT = 1 << 2,
	FIELD_NOT_UTF8 = 1 << 3,	/* 8-bit and not as RFC 6532 wants */
	FIELD_BARE_CR = 1 << 4,
	FIELD_BAD_FOLD = 1 << 5	/* a line end without blank behind it, or a
				 * folded line of blanks only */
};

unsigned field_bytes(struct span value);

#define CONTENT_PARAMS_MAX 32

/* Faults of Content-Type, -Disposition and -Transfer-Encoding (RFC 2045
 * section 5.1, RFC 2183), or-ed together; 0 is in the grammar. */
enum content_fault {
	CONTENT_EMPTY = 1 << 0,		/* nothing but space and comments */
	CONTENT_NO_TYPE = 1 << 1,	/* no token at the start */
	CONTENT_NO_SUBTYPE = 1 << 2,	/* no "/" with a token behind it */
	CONTENT_JUNK = 1 << 3,		/* what no parameter explains */
	CONTENT_NO_SEMICOLON = 1 << 4,	/* between parameters */
	CONTENT_EMPTY_PARAM = 1 << 5,	/* ";;" or a final ";" */
	CONTENT_NO_VALUE = 1 << 6,	/* a parameter without "=" or value */
	CONTENT_UNQUOTED = 1 << 7,	/* a value that would need quotes */
	CONTENT_DUPLICATE = 1 << 8,	/* a parameter given twice */
	CONTENT_OPEN = 1 << 9,		/* quote or comment without end */
	CONTENT_BYTES = 1 << 10,	/* control or 8-bit bytes */
	CONTENT_LIMIT = 1 << 11		/* too many parameters or too deep */
};

struct content_param {
	struct span name;
	struct span value;	/* unquoted; RFC 2231 and 2047 not decoded */
	bool quoted;
};

struct content {
	struct span type;	/* or disposition, or encoding */
	struct span subtype;	/* may be empty */
	struct content_param params[CONTENT_PARAMS_MAX];
	size_t count;
};

/* Each returns the faults and fills *out with what could be read. */
unsigned content_type_parse(struct arena *, struct span value,
    struct content *out);
unsigned content_disposition_parse(struct arena *, struct span value,
    struct content *out);

/* *encoding is the mechanism; parameters are junk here. */
unsigned content_encoding_parse(struct span value, struct span *encoding);

/* The first parameter of that name, or NULL. */
const struct content_param *content_find(const struct content *,
    const char *name);

enum msgid {
	MSGID_GOOD,
	MSGID_LOOSE,	/* no domain, space inside, 8-bit, doubled brackets */
	MSGID_BROKEN	/* not one identifier in brackets */
};

/*
 * Message-ID, Content-ID (RFC 5322 section 3.6.4).  *id is what stands between
 * the brackets, of a broken one the trimmed value.
 */
enum msgid msgid_parse(struct span value, struct span *id);

#endif
