/*
 * dkim_secret - a private key from a PEM file.  Constant once loaded; any
 * thread may sign with it.
 */
#ifndef AUTH_DKIM_SECRET_H
#define AUTH_DKIM_SECRET_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/span.h"

#define DKIM_SECRET_FILE_MAX (64 << 10)

struct dkim_secret;

/*
 * RSA of at least 1024 bits, or Ed25519.  The file has to belong to root, to
 * us, or to owner, and nobody else may read it, save root's group and group:
 * both are the daemon's, or -1.  NULL with *error as "file: reason".
 */
struct dkim_secret *dkim_secret_load(const char *file, uid_t owner,
    gid_t group, struct error *);

/* A new one: RSA of that many bits, or Ed25519 for 0.  NULL: not possible. */
struct dkim_secret *dkim_secret_new(unsigned bits);
void dkim_secret_free(struct dkim_secret *);

bool dkim_secret_rsa(const struct dkim_secret *);
unsigned dkim_secret_bits(const struct dkim_secret *);

/* The file's contents as PKCS#8, in the arena. */
struct span dkim_secret_pem(const struct dkim_secret *, struct arena *);

/* The record that belongs into the DNS, in the arena. */
struct span dkim_secret_record(const struct dkim_secret *, struct arena *);

/* Signs a SHA-256; false when libcrypto refuses. */
bool dkim_secret_sign(const struct dkim_secret *, struct arena *,
    struct span digest, struct span *signature);

/* Base64 without line ends. */
struct span dkim_base64(struct arena *, struct span bytes);

#endif
