/* digest - a running SHA-256, by libcrypto. */
#include "base/digest.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* libcrypto fails here only for want of memory. */
static void
must(int status)
{
	if (status != 1)
		abort();
}

struct digest *
digest_new(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	must(ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL));
	return (struct digest *)ctx;
}

void
digest_free(struct digest *d)
{
	EVP_MD_CTX_free((EVP_MD_CTX *)d);
}

void
digest_bytes(struct digest *d, struct span bytes)
{
	must(EVP_DigestUpdate((EVP_MD_CTX *)d, bytes.p, bytes.n));
}

void
digest_add(struct digest *d, struct span bytes)
{
	uint64_t n = bytes.n;

	must(EVP_DigestUpdate((EVP_MD_CTX *)d, &n, sizeof(n)));
	digest_bytes(d, bytes);
}

const char *
digest_text(struct digest *d, char out[DIGEST_TEXT_MAX])
{
	static const char hex[] = "0123456789abcdef";
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned i, n = 0;

	must(EVP_DigestFinal_ex((EVP_MD_CTX *)d, hash, &n));
	for (i = 0; i < n && i < (DIGEST_TEXT_MAX - 1) / 2; i++) {
		out[2 * i] = hex[hash[i] >> 4];
		out[2 * i + 1] = hex[hash[i] & 15];
	}
	out[2 * i] = '\0';
	return out;
}

const char *
digest_word(struct span bytes, char out[DIGEST_WORD_MAX])
{
	struct digest *d = digest_new();
	char text[DIGEST_TEXT_MAX];

	digest_add(d, bytes);
	digest_text(d, text);
	digest_free(d);
	memcpy(out, text, DIGEST_WORD_MAX - 1);
	out[DIGEST_WORD_MAX - 1] = '\0';
	return out;
}
