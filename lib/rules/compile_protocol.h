/*
 * compile_protocol - what compile and its worker agree on.  Both are the same
 * program on the same machine: numbers go over the socket as they are.
 */
#ifndef RULES_COMPILE_PROTOCOL_H
#define RULES_COMPILE_PROTOCOL_H

#include <stdint.h>

#define COMPILE_ARGUMENT "--compile-patterns"
#define COMPILE_SOCKET 0	/* the worker's standard input */

/*
 * The worker's first word: a program that forgot to call compile_worker would
 * go about its own business instead.
 */
#define COMPILE_HELLO UINT32_C(0x706f7374)
#define COMPILE_HELLO_MS 10000

/*
 * Followed by the strings: the number of its set in 32 bits, its length in a
 * byte, its bytes.
 */
struct compile_request {
	uint32_t strings;
	uint64_t bytes;		/* of all that follows */
};

#define COMPILE_STRING_HEAD (sizeof(uint32_t) + 1)

/* Followed by the database. */
struct compile_answer {
	uint32_t good;
	uint64_t bytes;
};

#endif
