/*
 * admission - whether a new generation may judge mail: its files were whole
 * when they were read, those of places can be used, no list lost what nobody
 * meant to take away, and the operator's self-test messages come out as they
 * should.
 */
#ifndef ADMISSION_H
#define ADMISSION_H

#include "snapshot.h"

struct admission {
	const struct snapshot *previous;	/* in use, or NULL */
	bool shrunk;	/* lists may lose as much as they like */
	int64_t now;	/* wall clock, ms */
	size_t messages;	/* out: self-test messages judged */
};

/* 0, or -1 with *error filled in.  Any thread; leaves no trace. */
int admission_check(struct snapshot *, struct admission *, struct error *);

#endif
