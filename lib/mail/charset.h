/*
 * charset - text of any character set as UTF-8.  Labels are read as mail
 * readers do, which take iso-8859-1 for windows-1252 and gb2312 for gb18030.
 * It never fails: what a label does not explain is UTF-8 when it can be, and
 * else windows-1252; bytes that mean nothing become U+FFFD.  Pure functions,
 * any thread; results point into the text where nothing changes, else into the
 * arena.
 */
#ifndef MAIL_CHARSET_H
#define MAIL_CHARSET_H

#include "base/arena.h"
#include "base/span.h"

#define CHARSET_LABEL_MAX 40	/* longer ones nobody knows */

enum charset_fault {
	CHARSET_UNKNOWN = 1,	/* a label that says nothing */
	CHARSET_WRONG = 2,	/* the text cannot be in it: another used */
	CHARSET_DAMAGED = 4	/* it can, but for some bytes */
};

enum charset_use {
	CHARSET_BODY,	/* 8-bit text that is valid UTF-8 is that, whatever the
			 * label, as SpamAssassin does it; text that begins
			 * with the mark of UTF-16 likewise, as in browsers */
	CHARSET_WORD	/* the label is obeyed */
};

/* Adds to *faults, which may be NULL.  A byte order mark is dropped. */
struct span charset_utf8(struct arena *, struct span text, struct span label,
    enum charset_use, unsigned *faults);

/* The name under which a label is read, "windows-1252" for "latin1"; NULL when
 * it is unknown. */
const char *charset_name(struct span label);

#endif
