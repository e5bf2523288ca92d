/*
 * mclient - the MTA's side of the milter protocol, version 6 and older: one
 * connection to a filter, over which messages are put to it as Sendmail or
 * Postfix would, and everything that the filter answers is kept.
 *
 * One thread at a time per connection.  Replies and stages are named by the
 * protocol's own letters, SMFIR_* and SMFIC_* of <libmilter/mfdef.h>.  Every
 * function that can fail returns 0, or -1 with the reason; after a failure the
 * connection is only good for mclient_close.
 */
#ifndef CTL_MCLIENT_H
#define CTL_MCLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"

#define MCLIENT_PLACES 7	/* SMFIM_CONNECT to SMFIM_EOH */
#define MCLIENT_PACKET_MAX 65536	/* from the filter: letter, chunk */
#define MCLIENT_SEND_MAX (1 << 20)	/* to the filter, but for raw bytes */
#define MCLIENT_EDITS_MAX 4096		/* per message */
#define MCLIENT_EDIT_BYTES_MAX (64 << 20)
#define MCLIENT_PROGRESS_MAX 1000	/* per reply; each renews the time */
#define MCLIENT_RCPTS_MAX 1000
#define MCLIENT_HEADERS_MAX 10000

/* What an MTA offers, and what a filter took of it. */
struct mclient_terms {
	uint32_t version;
	uint32_t actions;	/* SMFIF_* */
	uint32_t steps;		/* SMFIP_* */
	struct span macros[MCLIENT_PLACES];	/* p is NULL: not asked */
};

/* Of Sendmail 8.17 and Postfix 3.7; of Sendmail 8.13; next to nothing. */
extern const struct mclient_terms mclient_offer_full;
extern const struct mclient_terms mclient_offer_old;
extern const struct mclient_terms mclient_offer_none;

/* A reply.  REJECT and TEMPFAIL have their usual code and an empty text. */
struct mclient_answer {
	char kind;		/* SMFIR_* */
	unsigned code;		/* 0 where none goes to the SMTP client */
	struct span text;	/* of REPLYCODE, what follows the code */
};

/* A change to the message; unused members are empty. */
struct mclient_edit {
	char kind;		/* SMFIR_ADDHEADER ... */
	uint32_t index;		/* of header fields */
	struct span name;	/* of a field; or the address */
	struct span value;	/* or ESMTP arguments, reason, body bytes */
};

struct mclient_macro {
	const char *name;	/* "i" or "{auth_authen}", braces optional */
	const char *value;
};

/* What is known of a message apart from itself; NULL where nothing is. */
struct mclient_envelope {
	const char *client_name;
	const char *client_addr;	/* 192.0.2.1, 2001:db8::1 or /path */
	uint16_t client_port;
	const char *helo;
	const char *from;		/* with or without <> */
	const char *const *mail_args;	/* ESMTP arguments, ends with NULL */
	const char *const *rcpts;
	size_t rcpt_count;
	const char *queue_id;
	bool early_id;	/* known at MAIL (Sendmail), not at DATA (Postfix) */
	const struct mclient_macro *macros;
	size_t macro_count;
};

/* Lives until the connection's next message, or its end. */
struct mclient_verdict {
	char stage;			/* SMFIC_* that decided */
	struct mclient_answer answer;
	const struct mclient_answer *rcpts;	/* as many as were put */
	size_t rcpt_count;
	const struct mclient_edit *edits;
	size_t edit_count;
};

/* What connect and HELO came to; stage is 0 while the filter goes on. */
struct mclient_greeting {
	bool done;
	char stage;			/* SMFIC_* that decided */
	struct mclient_answer answer;
};

struct arena;
struct mclient;

/*
 * Connects to inet:port@host, inet6:port@host, unix:/path or local:/path.
 * timeout is in milliseconds, per reply.  NULL when that fails.
 */
struct mclient *mclient_open(const char *address, int64_t timeout,
    struct error *);
/* The same over a socket that is connected already, which it then owns. */
struct mclient *mclient_adopt(int fd, int64_t timeout);
void mclient_close(struct mclient *);	/* hangs up without a word */

int mclient_negotiate(struct mclient *, const struct mclient_terms *offer,
    struct error *);
const struct mclient_terms *mclient_terms(const struct mclient *);

/*
 * A whole transaction, with connect and HELO if this connection has not had
 * them yet.  Fields may end with CRLF or LF; the body is sent as it is.
 */
int mclient_message(struct mclient *, const struct mclient_envelope *,
    struct span raw, struct mclient_verdict *, struct error *);

/* Remembered until mclient_quit_nc; mclient_message reads and writes it. */
struct mclient_greeting *mclient_greeting(struct mclient *);

/*
 * Forgets the last message: its edits and the texts of its replies.  What is
 * allocated in the arena lives until the next one.
 */
struct arena *mclient_begin(struct mclient *);

/*
 * The single steps, after mclient_begin.  One that was negotiated away is not
 * sent, one whose reply was is not waited for: the answer is CONTINUE then.
 */
int mclient_macros(struct mclient *, char stage, const struct mclient_macro *,
    size_t count, struct error *);
int mclient_connect(struct mclient *, const struct mclient_envelope *,
    struct mclient_answer *, struct error *);
int mclient_helo(struct mclient *, const char *, struct mclient_answer *,
    struct error *);
/* args[0] is the address; ends with NULL. */
int mclient_mail(struct mclient *, const char *const *args,
    struct mclient_answer *, struct error *);
int mclient_rcpt(struct mclient *, const char *const *args,
    struct mclient_answer *, struct error *);
int mclient_data(struct mclient *, struct mclient_answer *, struct error *);
int mclient_unknown(struct mclient *, const char *, struct mclient_answer *,
    struct error *);
int mclient_header(struct mclient *, struct span name, struct span value,
    struct mclient_answer *, struct error *);
int mclient_eoh(struct mclient *, struct mclient_answer *, struct error *);
/* At most 65535 bytes; after SMFIR_SKIP the caller sends no more. */
int mclient_body(struct mclient *, struct span, struct mclient_answer *,
    struct error *);
int mclient_eom(struct mclient *, struct mclient_answer *, struct error *);
int mclient_abort(struct mclient *, struct error *);
int mclient_quit(struct mclient *, struct error *);
/* The SMTP client went; the next message begins with connect again. */
int mclient_quit_nc(struct mclient *, struct error *);

/* What the end of the message changed; until mclient_begin. */
const struct mclient_edit *mclient_edits(const struct mclient *,
    size_t *count);

/*
 * For hostile tests: any packet, any bytes, and the filter's next packet as it
 * is (progress included); body lives until the next call.
 */
int mclient_packet(struct mclient *, char command, struct span data,
    struct error *);
int mclient_bytes(struct mclient *, struct span, struct error *);
int mclient_read(struct mclient *, char *kind, struct span *body,
    struct error *);

/* For people: "reject", "insert-header", "eom" ...; "?" when unknown. */
const char *mclient_reply_name(char kind);
const char *mclient_stage_name(char stage);

#endif
