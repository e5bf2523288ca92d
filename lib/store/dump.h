/*
 * dump - the records of a store as a file of lines, to be moved to another
 * store or host, or looked at:
 *
 *	postern store export 1
 *	class schema expiry key record
 *	%end count sha256
 *
 * One blank stands between fields.  expiry is wall time in ms, record what
 * record.h describes; in class, key and record "%", blanks and what is not
 * printable ASCII are written as %XX.  The last line has the number of records
 * and the SHA-256 of all bytes before it, so that a file that was cut, changed
 * or put together is known for it.  One thread at a time.
 */
#ifndef STORE_DUMP_H
#define STORE_DUMP_H

#include "store/record.h"

/* A record at its longest, and its newline. */
#define DUMP_LINE_MAX (3 * (RECORD_KEY_MAX + RECORD_MAX) + 40)

struct dump;

struct dump *dump_new(void);
void dump_free(struct dump *);

/*
 * Writing: each appends a line; dump_end the last one.  What is no record is
 * left out, and false.
 */
void dump_begin(struct dump *, struct buf *out);
bool dump_put(struct dump *, const struct store_record *, struct buf *out);
void dump_end(struct dump *, struct buf *out);

struct dump_record {
	size_t key_n, bytes_n;
	int64_t expires;
	char key[RECORD_KEY_MAX];
	char bytes[RECORD_MAX];
};

enum dump_line {
	DUMP_FIRST,	/* the first line */
	DUMP_RECORD,	/* *out is set */
	DUMP_LAST,	/* all is well, and nothing may follow */
	DUMP_BAD,	/* *why, static, says what is wrong */
};

/* Reading: one line after the other, each with its newline. */
enum dump_line dump_read(struct dump *, struct span line,
    struct dump_record *out, const char **why);

#endif
