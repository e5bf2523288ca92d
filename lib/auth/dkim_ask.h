/*
 * dkim_ask - the keys of all signatures of a message, asked for together.  Any
 * thread; the answers are constant once the job was waited for.
 */
#ifndef AUTH_DKIM_ASK_H
#define AUTH_DKIM_ASK_H

#include "net/dns.h"

/* Copies the names, of which each is a question. */
struct dns_job *dkim_ask_keys(struct dns *, const struct span *names,
    size_t count);

/* After dns_job_wait: of the nth name; lives as long as the job. */
const struct dns_answer *dkim_ask_answer(struct dns_job *, size_t n);

#endif
