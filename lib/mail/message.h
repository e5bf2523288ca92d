/*
 * message - one message as far as it has arrived: who brings it, its envelope,
 * its header fields as raw bytes, the beginning of its body.  Everything a
 * stranger sends is copied into the message's arena within the limits below,
 * and lives until message_reset.  One thread at a time.
 */
#ifndef MAIL_MESSAGE_H
#define MAIL_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/ip.h"
#include "base/span.h"

/* What messages may take of us: the section "limits" of the configuration. */
struct limits {
	int64_t messages;	/* at the same time, in the whole process */
	int64_t bytes;		/* held by all of them together */
	int64_t recipients;	/* remembered; further ones are only counted */
	int64_t headers;	/* fields kept */
	int64_t header_bytes;	/* of all fields kept */
	int64_t body;		/* bytes from the start of the body */
};

/* Which of them a message reached: bits of message.reached. */
enum limit_bit {
	LIMIT_RECIPIENTS = 1,
	LIMIT_HEADERS = 2,
	LIMIT_HEADER_BYTES = 4,
	LIMIT_BODY = 8,
};

/* Reserved fields kept past the limits, as they may have to be removed. */
#define MESSAGE_FORGED_MAX 1000

enum direction { DIRECTION_INBOUND, DIRECTION_OUTBOUND, DIRECTION_LOCAL };

const char *direction_name(enum direction);

/* The SMTP client (RFC 5321 2.3.2) that is judged. */
struct client {
	struct ip ip;
	bool has_ip;		/* false: local submission, or unknown */
	struct span name;	/* reverse name as the MTA found it, or empty */
	struct span helo;	/* HELO or EHLO argument, or empty */
	bool heard;		/* we heard its HELO: empty says it sent none */
};

enum recipient_class {
	RECIPIENT_PERSONAL,
	RECIPIENT_ROLE,		/* info@, sales@ ...: guarded more strictly */
	RECIPIENT_PROTECTED,	/* postmaster, abuse: never refused */
};

struct recipient {
	struct span address;	/* without angle brackets */
	enum recipient_class klass;
};

/* A header field; value is raw: leading space, folding and all. */
struct header {
	struct span name;
	struct span value;
};

struct message {
	struct arena arena;
	const struct limits *limits;
	int64_t now;			/* wall clock at MAIL, ms */
	enum direction direction;
	bool relayed;			/* came through a relay of ours */
	struct client client;
	struct ip relay;		/* the relay's address, if relayed */
	size_t trusted_headers;		/* at the top, written by our relays */
	struct span user;		/* authenticated user, or empty */
	struct span sender;		/* empty for the null sender <> */
	struct span queue_id;		/* empty until the MTA tells it */
	struct span authserv_id;	/* ours: RFC 8601 2.2 */
	struct span our_name;		/* the MTA's own host name, or empty */
	struct recipient *recipients;
	size_t recipient_count;
	size_t recipients_seen;
	struct header *headers;
	size_t header_count;
	size_t headers_seen;
	size_t header_bytes;
	struct buf body;
	uint64_t body_seen;
	unsigned reached;
};

void message_init(struct message *);
void message_done(struct message *);

/* Forgets the message but keeps memory for the next one. */
void message_reset(struct message *, const struct limits *limits);

/* The address in a path: without its brackets and the blanks around them. */
struct span message_address(struct span path);

/* Copies of what is given; the address loses its angle brackets. */
void message_client(struct message *, const struct client *);
void message_sender(struct message *, struct span path);

/* The recipient as stored, or NULL past the limit. */
struct recipient *message_recipient(struct message *, struct span path);
void message_header(struct message *, struct span name, struct span value);

/* Returns false once no more of the body is wanted. */
bool message_body(struct message *, struct span bytes);

/* Gives the memory of the body back; it counts as not seen. */
void message_drop_body(struct message *);

/* The nth (from 0) field of that name, or NULL. */
const struct header *message_find(const struct message *, const char *name,
    size_t nth);
size_t message_count(const struct message *, const char *name);

/* Bytes that the message holds in memory now. */
size_t message_held(const struct message *);

/*
 * Fields that this filter sets, so that strangers' copies may have to go:
 * which of them it is, from 0 to HEADER_RESERVED - 1, or -1.
 */
#define HEADER_RESERVED 6
int header_reserved(struct span name);

#endif
