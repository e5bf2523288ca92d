/*
 * dkim - making a DKIM key, and asking the DNS whether it is published.
 */
#ifndef CTL_DKIM_H
#define CTL_DKIM_H

#include "base/buf.h"
#include "base/error.h"
#include "net/dns.h"

#define DKIM_TEXT_MAX (1 << 20)	/* bytes printed; records may be long */
#define DKIM_GENKEY_BITS 2048
#define DKIM_GENKEY_BITS_MAX 4096	/* verifiers know them: RFC 8301 */

struct dkim_genkey {
	const char *domain;
	const char *selector;
	const char *dir;
	unsigned bits;		/* of RSA; 0 is Ed25519 */
};

/*
 * Writes the private key as DIR/DOMAIN.SELECTOR.pem, mode 0600, unless there
 * is such a file, and appends the record for the zone.  Returns EX_OK, or
 * EX_USAGE (no DNS name), EX_CANTCREAT or EX_SOFTWARE with *error.
 */
int dkim_genkey(const struct dkim_genkey *, struct buf *out, struct error *);

/*
 * Appends what the DNS says of a key, and whether it belongs to that in the
 * file, which may be NULL.  Returns EX_OK, EX_DATAERR when the key is absent,
 * faulty or another, EX_TEMPFAIL when the DNS gave no answer, EX_NOINPUT or
 * EX_USAGE.
 */
int dkim_testkey(struct dns *, const struct dkim_genkey *, const char *file,
    struct buf *out);

#endif
