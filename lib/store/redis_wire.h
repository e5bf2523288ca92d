/*
 * redis_wire - one connection to a Redis server: commands are put together,
 * sent, and answered, all within one deadline however slowly bytes come.
 * Several connections can be waited for at once.  Never raises SIGPIPE.  One
 * thread at a time.
 */
#ifndef STORE_REDIS_WIRE_H
#define STORE_REDIS_WIRE_H

#include <sys/socket.h>

#include "base/buf.h"
#include "store/redis_reply.h"

#define WIRE_COMMANDS_MAX 256	/* of one exchange */
#define WIRE_SEND_MAX (1u << 20)	/* bytes of one exchange */
#define WIRE_SHA 40		/* digits of a script's name */

struct wire_address {
	struct sockaddr_storage socket;
	socklen_t n;
};

enum wire_state {
	WIRE_BUSY,
	WIRE_DONE,	/* every command of the exchange has its reply */
	WIRE_LATE,	/* the deadline came first: of no use any more */
	WIRE_LOST,	/* it ended, or speaks nonsense: the same */
};

struct wire {
	struct wire *next;	/* the owner's */
	char script[WIRE_SHA + 1];	/* the owner's: name of the script */

	enum wire_state state;
	size_t sent;		/* bytes that the kernel took */
	size_t asked, answered;	/* commands */
	const struct reply *reply[WIRE_COMMANDS_MAX];	/* until wire_begin */

	int fd;
	struct buf out;
	struct reply_reader *reader;
};

/* NULL with errno when it cannot be connected by the deadline. */
struct wire *wire_open(const struct wire_address *, int64_t deadline);
void wire_close(struct wire *);

/* Whether an unused one still stands, as far as the kernel knows. */
bool wire_sound(const struct wire *);

/* The digits of a number, WIRE_DIGITS_MAX at most; returns how many. */
#define WIRE_DIGITS_MAX 20
size_t wire_digits(uint64_t n, char out[WIRE_DIGITS_MAX]);

/* Starts an exchange; its commands follow, each with so many arguments. */
void wire_begin(struct wire *);
void wire_command(struct wire *, size_t arguments);
void wire_argument(struct wire *, struct span);

/* A command whose arguments are strings; the list ends with NULL. */
void wire_say(struct wire *, const char *const *arguments);

/* Sends all, and waits until none is WIRE_BUSY. */
void wire_exchange(struct wire *const *, size_t count, int64_t deadline);

#endif
