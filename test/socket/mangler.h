/*
 * mangler - dialogues of an MTA with a filter, messages and commands, bent out
 * of shape by a generator that makes the same ones of the same seed.  One
 * thread at a time.
 */
#ifndef TEST_SOCKET_MANGLER_H
#define TEST_SOCKET_MANGLER_H

#include <stdint.h>

#include "base/buf.h"

#define MANGLER_STREAM_MAX (16 << 20)

struct mangler;

/* Begins with the messages of the project's test/corpus. */
struct mangler *mangler_new(void);
void mangler_free(struct mangler *);

void mangler_seed(struct mangler *, uint64_t seed);

/* Any number below n, which is not 0. */
uint32_t mangler_below(struct mangler *, uint32_t n);

/*
 * All that an MTA puts on one connection.  A macro packet with a name but no
 * value at its end is never among it: there smfi_getsymval of libmilter 8.17
 * reads past its table, which no filter can prevent, and MTAs never send one.
 */
void mangler_dialogue(struct mangler *, struct buf *out);

/* A message, with lines that end with CRLF or not. */
void mangler_message(struct mangler *, struct buf *out);

/* A line for the control socket; none that ends the daemon or changes what it
 * thinks of messages of example.org. */
void mangler_command(struct mangler *, struct buf *out);

#endif
