/*
 * dkim_body - the hash of a message's body.  Lines that canonicalization
 * leaves alone, nearly all, are found whole and go to the hash from where they
 * are; the others go through a machine of one byte at a time.  The hashes are
 * libcrypto's older functions, which need no memory and so cannot fail.
 */
#define OPENSSL_API_COMPAT 0x10101000L
#include "auth/dkim_body.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define CHANGED_BYTES 1024

struct dkim_body {
	struct dkim_body_terms terms;
	union {
		SHA_CTX sha1;
		SHA256_CTX sha256;
	} hash;
	unsigned char digest[SHA256_DIGEST_LENGTH];
	bool ended;
	uint64_t bytes;
	uint64_t blank_lines;	/* held back: dropped at the end */
	bool inside;		/* of a line that is not empty */
	bool space;		/* relaxed: white space held back */
	bool cr;		/* held back until its LF is there */
	size_t changed_count;
	char changed[CHANGED_BYTES];	/* what the machine made */
};

struct dkim_body *
dkim_body_new(const struct dkim_body_terms *terms)
{
	struct dkim_body *b = mem_alloc(sizeof(*b));

	b->terms = *terms;
	if (terms->sha1)
		SHA1_Init(&b->hash.sha1);
	else
		SHA256_Init(&b->hash.sha256);
	return b;
}

void
dkim_body_free(struct dkim_body *b)
{
	free(b);
}

static void
hash_bytes(struct dkim_body *b, const char *p, size_t n)
{
	uint64_t left;

	if (b->terms.length >= 0) {
		left = (uint64_t)b->terms.length > b->bytes ?
		    (uint64_t)b->terms.length - b->bytes : 0;
		b->bytes += n;
		n = n < left ? n : (size_t)left;
	} else {
		b->bytes += n;
	}
	if (b->terms.sha1)
		SHA1_Update(&b->hash.sha1, p, n);
	else
		SHA256_Update(&b->hash.sha256, p, n);
}

static void
flush(struct dkim_body *b)
{
	hash_bytes(b, b->changed, b->changed_count);
	b->changed_count = 0;
}

static void
put(struct dkim_body *b, char c)
{
	if (b->changed_count == CHANGED_BYTES)
		flush(b);
	b->changed[b->changed_count++] = c;
}

static void
put_blank_lines(struct dkim_body *b)
{
	for (; b->blank_lines != 0; b->blank_lines--) {
		put(b, '\r');
		put(b, '\n');
	}
}

static void
add_char(struct dkim_body *b, char c)
{
	put_blank_lines(b);
	if (b->space)
		put(b, ' ');
	b->space = false;
	b->inside = true;
	put(b, c);
}

static void
end_line(struct dkim_body *b)
{
	b->space = false;
	if (!b->inside) {
		b->blank_lines++;
		return;
	}
	b->inside = false;
	put(b, '\r');
	put(b, '\n');
}

static void
add_byte(struct dkim_body *b, char c)
{
	if (b->cr && c != '\n')
		add_char(b, '\r');
	b->cr = c == '\r';
	if (c == '\n')
		end_line(b);
	else if (b->terms.relaxed && (c == ' ' || c == '\t'))
		b->space = true;
	else if (c != '\r')
		add_char(b, c);
}

/* Whether there is a tab, or a second space; p[n] may be read as well. */
static bool
white_run(const char *p, size_t n)
{
	/* Both compilers know these, and most processors. */
	char here __attribute__((vector_size(16)));
	char next __attribute__((vector_size(16)));
	uint64_t found[2];
	size_t i;

	for (i = 0; i + sizeof(here) <= n; i += sizeof(here)) {
		memcpy(&here, p + i, sizeof(here));
		memcpy(&next, p + i + 1, sizeof(next));
		here = (here == '\t') | ((here == ' ') & (next == ' '));
		memcpy(found, &here, sizeof(found));
		if ((found[0] | found[1]) != 0)
			return true;
	}
	for (; i < n; i++)
		if (p[i] == '\t' || (p[i] == ' ' && p[i + 1] == ' '))
			return true;
	return false;
}

/* Whether a line, its CRLF included, stays as it is. */
static bool
unchanged(const struct dkim_body *b, const char *p, size_t n)
{
	if (n < 3 || p[n - 2] != '\r')
		return false;
	return !b->terms.relaxed ||
	    (p[n - 3] != ' ' && !white_run(p, n - 2));
}

/* Hashes the lines at the start of s that need no change; how many bytes. */
static size_t
add_unchanged(struct dkim_body *b, struct span s)
{
	const char *end, *p = s.p, *last = s.p + s.n;

	while (p < last && (end = memchr(p, '\n', (size_t)(last - p))) != NULL
	    && unchanged(b, p, (size_t)(end - p) + 1))
		p = end + 1;
	if (p == s.p)
		return 0;
	put_blank_lines(b);
	flush(b);
	hash_bytes(b, s.p, (size_t)(p - s.p));
	return (size_t)(p - s.p);
}

void
dkim_body_add(struct dkim_body *b, struct span s)
{
	size_t n;

	while (s.n != 0) {
		if (!b->inside && !b->space && !b->cr) {
			n = add_unchanged(b, s);
			s = span_skip(s, n);
		}
		n = span_chr(s, '\n');
		n = n < s.n ? n + 1 : n;
		for (; n != 0; n--, s = span_skip(s, 1))
			add_byte(b, s.p[0]);
	}
}

static void
finish(struct dkim_body *b)
{
	if (b->cr)
		add_char(b, '\r');
	b->cr = false;
	if (b->inside)
		end_line(b);
	flush(b);
	/* Section 3.4.3: an empty body is one CRLF in "simple". */
	if (!b->terms.relaxed && b->bytes == 0)
		hash_bytes(b, "\r\n", 2);
	if (b->terms.sha1)
		SHA1_Final(b->digest, &b->hash.sha1);
	else
		SHA256_Final(b->digest, &b->hash.sha256);
	b->ended = true;
}

struct span
dkim_body_end(struct dkim_body *b)
{
	if (!b->ended)
		finish(b);
	return span_make((const char *)b->digest, b->terms.sha1 ?
	    SHA_DIGEST_LENGTH : SHA256_DIGEST_LENGTH);
}

uint64_t
dkim_body_bytes(const struct dkim_body *b)
{
	return b->bytes;
}

struct dkim_body *
dkim_bodies_find(const struct dkim_bodies *all,
    const struct dkim_body_terms *terms)
{
	const struct dkim_body_terms *have;
	size_t i;

	for (i = 0; i < all->count; i++) {
		have = &all->each[i]->terms;
		if (have->relaxed == terms->relaxed &&
		    have->sha1 == terms->sha1 && have->length == terms->length)
			return all->each[i];
	}
	return NULL;
}

struct dkim_body *
dkim_bodies_want(struct dkim_bodies *all, const struct dkim_body_terms *terms)
{
	struct dkim_body *body = dkim_bodies_find(all, terms);

	if (body == NULL && all->count < DKIM_BODIES_MAX)
		body = all->each[all->count++] = dkim_body_new(terms);
	return body;
}

void
dkim_bodies_add(struct dkim_bodies *all, struct span s)
{
	size_t i;

	for (i = 0; i < all->count; i++)
		dkim_body_add(all->each[i], s);
}

void
dkim_bodies_done(struct dkim_bodies *all)
{
	while (all->count != 0)
		dkim_body_free(all->each[--all->count]);
}
