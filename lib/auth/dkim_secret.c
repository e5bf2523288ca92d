/* dkim_secret - a private key from a PEM file, by libcrypto. */
#include "auth/dkim_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/dkim.h"
#include "base/mem.h"

#define ED25519_BYTES 32

struct dkim_secret {
	EVP_PKEY *key;
};

/* Why the file is not kept well enough, or NULL. */
static const char *
exposed(const struct stat *st, uid_t owner, gid_t group)
{
	if (!S_ISREG(st->st_mode))
		return "not a file";
	if (st->st_uid != 0 && st->st_uid != geteuid() && st->st_uid != owner)
		return "belongs to somebody else than root and the "
		    "daemon's user";
	if ((st->st_mode & S_IRWXO) != 0)
		return "others may read it: chmod o= is needed";
	if ((st->st_mode & (S_IWGRP | S_IXGRP)) != 0)
		return "its group may write it: chmod g-wx is needed";
	if ((st->st_mode & S_IRGRP) != 0 && st->st_gid != 0 &&
	    st->st_gid != group)
		return "its group may read it: chmod g= is needed";
	if (st->st_size > DKIM_SECRET_FILE_MAX)
		return "too large for a key";
	return NULL;
}

/* A file with a passphrase is of no use to a daemon. */
static int
/* NOLINTNEXTLINE(readability-non-const-parameter): as libcrypto wants it */
no_passphrase(char *out, int room, int writing, void *context)
{
	(void)out;
	(void)room;
	(void)writing;
	(void)context;
	return -1;
}

static EVP_PKEY *
read_key(int fd)
{
	FILE *f = fdopen(dup(fd), "r");
	EVP_PKEY *key = NULL;

	if (f != NULL) {
		key = PEM_read_PrivateKey(f, NULL, no_passphrase, NULL);
		fclose(f);
	}
	ERR_clear_error();
	return key;
}

/* Why no signature of that key would be worth anything, or NULL. */
static const char *
useless(EVP_PKEY *key)
{
	if (key == NULL)
		return "not a private key in PEM without passphrase";
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519)
		return NULL;
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
		return "neither RSA nor Ed25519";
	if (EVP_PKEY_get_bits(key) < DKIM_BITS_MIN)
		return "an RSA key under 1024 bits (RFC 8301 section 3.2)";
	return NULL;
}

struct dkim_secret *
dkim_secret_load(const char *file, uid_t owner, gid_t group,
    struct error *error)
{
	struct dkim_secret *secret = NULL;
	const char *reason = NULL;
	struct stat st;
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &st) != 0)
		reason = strerror(errno);
	else
		reason = exposed(&st, owner, group);
	if (reason == NULL) {
		secret = mem_alloc(sizeof(*secret));
		secret->key = read_key(fd);
		reason = useless(secret->key);
	}
	if (fd >= 0)
		close(fd);
	if (reason == NULL)
		return secret;
	dkim_secret_free(secret);
	error_at(error, file, 0, "%s", reason);
	return NULL;
}

struct dkim_secret *
dkim_secret_new(unsigned bits)
{
	struct dkim_secret *secret = mem_alloc(sizeof(*secret));

	if (bits == 0)
		secret->key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	else
		secret->key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA",
		    (size_t)bits);
	if (useless(secret->key) == NULL)
		return secret;
	dkim_secret_free(secret);
	return NULL;
}

void
dkim_secret_free(struct dkim_secret *secret)
{
	if (secret == NULL)
		return;
	EVP_PKEY_free(secret->key);
	free(secret);
}

bool
dkim_secret_rsa(const struct dkim_secret *secret)
{
	return EVP_PKEY_get_base_id(secret->key) == EVP_PKEY_RSA;
}

unsigned
dkim_secret_bits(const struct dkim_secret *secret)
{
	return (unsigned)EVP_PKEY_get_bits(secret->key);
}

struct span
dkim_secret_pem(const struct dkim_secret *secret, struct arena *arena)
{
	struct span pem = { "", 0 };
	BIO *out = BIO_new(BIO_s_mem());
	char *p;
	long n;

	if (out != NULL && PEM_write_bio_PKCS8PrivateKey(out, secret->key,
	    NULL, NULL, 0, NULL, NULL) == 1 && (n = BIO_get_mem_data(out, &p))
	    > 0)
		pem = arena_span(arena, span_make(p, (size_t)n));
	BIO_free(out);
	return pem;
}

struct span
dkim_base64(struct arena *arena, struct span bytes)
{
	char *out = arena_bytes(arena, bytes.n / 3 * 4 + 5);

	return span_make(out, (size_t)EVP_EncodeBlock((unsigned char *)out,
	    (const unsigned char *)bytes.p, (int)bytes.n));
}

struct span
dkim_secret_record(const struct dkim_secret *secret, struct arena *arena)
{
	unsigned char raw[ED25519_BYTES], *der = NULL;
	size_t raw_n = sizeof(raw);
	struct span text;
	int n;

	if (!dkim_secret_rsa(secret)) {
		EVP_PKEY_get_raw_public_key(secret->key, raw, &raw_n);
		text = dkim_base64(arena, span_make((char *)raw, raw_n));
		return arena_printf(arena, "v=DKIM1; k=ed25519; p=%.*s",
		    SPAN_ARG(text));
	}
	n = i2d_PUBKEY(secret->key, &der);
	text = dkim_base64(arena, span_make((char *)der, n > 0 ? (size_t)n :
	    0));
	OPENSSL_free(der);
	return arena_printf(arena, "v=DKIM1; k=rsa; p=%.*s", SPAN_ARG(text));
}

static bool
sign_rsa(EVP_PKEY *key, struct span digest, unsigned char *out, size_t *n)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool good;

	good = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	    EVP_PKEY_sign(ctx, out, n, (const unsigned char *)digest.p,
	    digest.n) == 1;
	EVP_PKEY_CTX_free(ctx);
	return good;
}

/* RFC 8463 section 3: what Ed25519 signs is the hash. */
static bool
sign_ed25519(EVP_PKEY *key, struct span digest, unsigned char *out, size_t *n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good;

	good = ctx != NULL &&
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestSign(ctx, out, n, (const unsigned char *)digest.p,
	    digest.n) == 1;
	EVP_MD_CTX_free(ctx);
	return good;
}

bool
dkim_secret_sign(const struct dkim_secret *secret, struct arena *arena,
    struct span digest, struct span *signature)
{
	size_t n = (size_t)EVP_PKEY_get_size(secret->key);
	unsigned char *out = (unsigned char *)arena_bytes(arena, n);
	bool good = dkim_secret_rsa(secret) ?
	    sign_rsa(secret->key, digest, out, &n) :
	    sign_ed25519(secret->key, digest, out, &n);

	ERR_clear_error();
	if (good)
		*signature = span_make((char *)out, n);
	return good;
}
