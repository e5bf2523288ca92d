/*
 * mmdb - makes files in MaxMind's format, good ones and, by hand, bad ones.
 * Values are put together in bufs of the caller's, then put into the file.
 * One thread.
 */
#ifndef TEST_MMDB_H
#define TEST_MMDB_H

#include "base/buf.h"
#include "base/ip.h"

#define MMDB_TEST_MAX (256 << 20)	/* bytes of a file */

/* What a record of the tree holds, besides the numbers of nodes. */
#define MMDB_EMPTY INT64_C(-1)
#define MMDB_DATA(offset) (-2 - (int64_t)(offset))
#define MMDB_RAW(value) ((int64_t)(value) | INT64_C(1) << 40)

/* Everything may be changed before mmdb_bytes. */
struct mmdb {
	unsigned ip_version;		/* 4, 6 */
	unsigned record_size;		/* bits: 24, 28, 32 */
	int64_t (*nodes)[2];
	size_t count;
	size_t claimed;			/* node_count if not 0 */
	struct buf data;
	struct buf metadata;		/* used if not empty */
	struct buf languages;		/* a value at 11 of them; the same */
	uint64_t built;
	const char *type;
	struct buf out;
};

void mmdb_init(struct mmdb *, unsigned ip_version, unsigned record_size,
    const char *type);
void mmdb_done(struct mmdb *);

/* Values, appended to a buf. */
void mmdb_string(struct buf *, struct span);
void mmdb_number(struct buf *, unsigned type, uint64_t number);
void mmdb_control(struct buf *, unsigned type, size_t size);
void mmdb_map(struct buf *, size_t members);
void mmdb_array(struct buf *, size_t members);
void mmdb_pointer(struct buf *, size_t offset);

/* Appends a value to the data section; where it stands. */
size_t mmdb_data(struct mmdb *, const struct buf *value);

/* Wider networks first.  record is one of the macros above. */
void mmdb_put(struct mmdb *, const char *net, int64_t record);

/* The usual: a network with what is not "" or 0, under MaxMind's keys. */
void mmdb_place(struct mmdb *, const char *net, const char *country,
    uint32_t asn, const char *organization);

/* "net COUNTRY|- [ASn [organization]]"; false for what is not that. */
bool mmdb_line(struct mmdb *, struct span line);

/* The whole file; lives until the next call. */
struct span mmdb_bytes(struct mmdb *);

/* Writes it, in place where there is such a file already; 0 or -1. */
int mmdb_write(struct mmdb *, const char *path);

#endif
