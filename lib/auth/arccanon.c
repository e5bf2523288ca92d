/* arccanon - canonical header fields of RFC 6376 section 3.4, hashed. */
#include "auth/arccanon.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* libcrypto fails here only for want of memory. */
static void
must(int status)
{
	if (status != 1)
		abort();
}

void
arccanon_init(struct arccanon *c)
{
	c->md = EVP_MD_CTX_new();
	c->n = 0;
	must(c->md != NULL && EVP_DigestInit_ex(c->md, EVP_sha256(), NULL));
}

void
arccanon_done(struct arccanon *c)
{
	EVP_MD_CTX_free(c->md);
	c->md = NULL;
}

static void
flush(struct arccanon *c)
{
	must(EVP_DigestUpdate(c->md, c->gathered, c->n));
	c->n = 0;
}

void
arccanon_add(struct arccanon *c, struct span bytes)
{
	if (bytes.n > sizeof(c->gathered) - c->n)
		flush(c);
	if (bytes.n > sizeof(c->gathered)) {
		must(EVP_DigestUpdate(c->md, bytes.p, bytes.n));
		return;
	}
	if (bytes.n != 0)
		memcpy(c->gathered + c->n, bytes.p, bytes.n);
	c->n += bytes.n;
}

void
arccanon_copy(struct arccanon *to, struct arccanon *from)
{
	flush(from);
	to->md = EVP_MD_CTX_new();
	to->n = 0;
	must(to->md != NULL && EVP_MD_CTX_copy_ex(to->md, from->md));
}

void
arccanon_hash(struct arccanon *c, unsigned char out[ARCSET_HASH])
{
	flush(c);
	must(EVP_DigestFinal_ex(c->md, out, NULL));
}

static void
put(struct arccanon *c, char byte)
{
	if (c->n == sizeof(c->gathered))
		flush(c);
	c->gathered[c->n++] = byte;
}

/* Folds get the CR back that libmilter's are without. */
static void
put_simple(struct arccanon *c, struct span bytes)
{
	bool after_cr = false;
	size_t i;

	for (i = 0; i < bytes.n; i++) {
		if (bytes.p[i] == '\n' && !after_cr)
			put(c, '\r');
		after_cr = bytes.p[i] == '\r';
		put(c, bytes.p[i]);
	}
}

/* Blanks and folds become one space, but none at either end. */
struct relaxing {
	bool begun, blank;
};

static void
put_relaxed(struct arccanon *c, struct span bytes, struct relaxing *state)
{
	size_t i;

	for (i = 0; i < bytes.n; i++) {
		if (bytes.p[i] == ' ' || bytes.p[i] == '\t' ||
		    bytes.p[i] == '\r' || bytes.p[i] == '\n') {
			state->blank = true;
			continue;
		}
		if (state->blank && state->begun)
			put(c, ' ');
		state->begun = true;
		state->blank = false;
		put(c, bytes.p[i]);
	}
}

void
arccanon_field(struct arccanon *c, const struct header *h, bool relaxed,
    struct span hole, bool last)
{
	struct relaxing state = { false, false };
	struct span before = h->value, after = span_of(NULL);
	size_t i;

	if (hole.n != 0) {
		before = span_head(h->value, (size_t)(hole.p - h->value.p));
		after = span_skip(h->value, before.n + hole.n);
	}
	if (relaxed) {
		for (i = 0; i < h->name.n; i++)
			put(c, (char)char_lower((unsigned char)h->name.p[i]));
		put(c, ':');
		put_relaxed(c, before, &state);
		put_relaxed(c, after, &state);
	} else {
		arccanon_add(c, h->name);
		put(c, ':');
		put_simple(c, before);
		put_simple(c, after);
	}
	if (!last)
		arccanon_add(c, span_make("\r\n", 2));
}
