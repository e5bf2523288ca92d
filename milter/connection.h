/*
 * connection - one SMTP session of the MTA, and the message that is on its way
 * through it.  libmilter never calls into one connection from two threads at a
 * time, but from a different thread each time.
 */
#ifndef MILTER_CONNECTION_H
#define MILTER_CONNECTION_H

#include <libmilter/mfapi.h>
#include <sys/socket.h>

#include "milter/daemon.h"
#include "milter/terms.h"

struct connection;

struct connection *connection_new(struct daemon *);
void connection_free(struct connection *);

/* Agrees on terms for the newest generation; returns them. */
const struct terms *connection_negotiate(struct connection *, SMFICTX *,
    unsigned long actions, unsigned long steps);

/* Facts of the session.  sa may be NULL; hosts and names are copied. */
void connection_client(struct connection *, SMFICTX *, const char *host,
    const struct sockaddr *sa);
void connection_helo(struct connection *, const char *helo);

/*
 * One message.  mail takes the newest generation that the terms allow.  What
 * is returned is an SMFIS_ value; replies have been set already.
 */
void connection_mail(struct connection *, SMFICTX *, const char *from);
sfsistat connection_rcpt(struct connection *, SMFICTX *, const char *to);
void connection_header(struct connection *, const char *name,
    const char *value);

/* False once no more of the body is wanted. */
bool connection_body(struct connection *, const unsigned char *, size_t);
sfsistat connection_end(struct connection *, SMFICTX *);

/*
 * Drops the message, wherever it is.  The one way to do so: called at MAIL,
 * after the end, at abort and at close.
 */
void connection_reset(struct connection *);

const struct terms *connection_terms(const struct connection *);

#endif
