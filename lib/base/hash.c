/* hash - digests as names in the DNS spell them. */
#include "base/hash.h"

#include <openssl/evp.h>

/* Fails only for want of memory, or where MD5 is forbidden: no digest then. */
static size_t
hash_bytes(enum hash_kind kind, struct span bytes,
    unsigned char out[EVP_MAX_MD_SIZE])
{
	const EVP_MD *md = kind == HASH_MD5 ? EVP_md5() :
	    kind == HASH_SHA1 ? EVP_sha1() : EVP_sha256();
	unsigned n = 0;

	if (EVP_Digest(bytes.n > 0 ? bytes.p : "", bytes.n, out, &n, md,
	    NULL) != 1)
		return 0;
	return n;
}

struct span
hash_hex(struct arena *arena, enum hash_kind kind, struct span bytes)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char raw[EVP_MAX_MD_SIZE];
	size_t i, n = hash_bytes(kind, bytes, raw);
	char *text = arena_bytes(arena, 2 * n + 1);

	for (i = 0; i < n; i++) {
		text[2 * i] = digits[raw[i] >> 4];
		text[2 * i + 1] = digits[raw[i] & 15];
	}
	text[2 * n] = '\0';
	return span_make(text, 2 * n);
}

struct span
hash_base32(struct arena *arena, enum hash_kind kind, struct span bytes)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned char raw[EVP_MAX_MD_SIZE];
	size_t i, out = 0, n = hash_bytes(kind, bytes, raw);
	char *text = arena_bytes(arena, (n * 8 + 4) / 5 + 1);
	unsigned held = 0, bits = 0;

	for (i = 0; i < n; i++) {
		held = (held << 8 | raw[i]) & 0xffff;
		for (bits += 8; bits >= 5; bits -= 5)
			text[out++] = digits[held >> (bits - 5) & 31];
	}
	if (bits > 0)
		text[out++] = digits[held << (5 - bits) & 31];
	text[out] = '\0';
	return span_make(text, out);
}
