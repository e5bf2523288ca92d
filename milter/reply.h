/* reply - a decision becomes what the MTA is told. */
#ifndef MILTER_REPLY_H
#define MILTER_REPLY_H

#include <libmilter/mfapi.h>

#include "milter/daemon.h"
#include "milter/terms.h"

/* Sets the SMTP reply of a DEFER or REJECT; returns the SMFIS_ value. */
sfsistat reply_refuse(struct daemon *, SMFICTX *, const struct decision *);

/* At the end of a message: edits, quarantine, reply. */
sfsistat reply_message(struct daemon *, SMFICTX *, const struct terms *,
    const struct decision *, const struct edits *);

#endif
