/*
 * torturedns - a DNS server of our own on loopback, for a daemon that must not
 * ask anybody else.  It knows the domain that the messages of a torture come
 * from, and nothing else; and it can be a bad one.
 */
#ifndef CTL_TORTUREDNS_H
#define CTL_TORTUREDNS_H

#include "base/error.h"
#include "base/span.h"

enum responder_mood {
	RESPONDER_WELL,
	RESPONDER_DEAD,		/* takes questions, says nothing */
	RESPONDER_FAILING,	/* SERVFAIL */
	RESPONDER_SLOW,		/* the right answer after a while */
	RESPONDER_LYING,	/* answers nobody asked for, and broken ones */
	RESPONDER_WILD,		/* an address for every name there is */
};

#define RESPONDER_PACKET_MAX 512
#define RESPONDER_SLOW_MS 1500
#define RESPONDER_DOMAIN "torture.example"
#define RESPONDER_CLIENTS 16	/* 198.18.0.1 and following have names */

struct responder;

/* Serves from its own thread; NULL with *error filled in. */
struct responder *responder_new(struct error *);
void responder_free(struct responder *);	/* NULL is allowed */
unsigned responder_port(const struct responder *);
void responder_set(struct responder *, enum responder_mood);	/* any thread */

/*
 * What it says to a question; n counts questions, so that lies differ.  Returns
 * the bytes of the answer, 0 for none.  Pure.
 */
size_t responder_answer(struct span question, enum responder_mood, unsigned n,
    char out[RESPONDER_PACKET_MAX]);

#endif
