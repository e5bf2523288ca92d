/*
 * signals - HUP and USR1 reload, TERM and INT stop.
 *
 * libmilter blocks HUP, TERM and INT and waits for them in a thread of its
 * own, which would end the filter at a reload.  That thread is made to wait
 * for ever; the main thread catches them, and every other thread is started
 * with all blocked.
 */
#ifndef MILTER_SIGNALS_H
#define MILTER_SIGNALS_H

#include <stdbool.h>

/* Catches them; returns a descriptor that is readable when one came, or -1. */
int signals_open(void);

/* What came since the last call. */
void signals_take(int fd, bool *reload, bool *stop);

/* For the start of threads: blocks all signals, or undoes it. */
void signals_block(bool block);

#endif
