/*
 * dkim_lab - a whole message verified against a table of keys, for the tests
 * of DKIM.  A program includes it once.
 */
#ifndef TEST_UNIT_DKIM_LAB_H
#define TEST_UNIT_DKIM_LAB_H

#include "auth/dkim.h"
#include "auth/dkim_body.h"
#include "auth/dkim_field.h"
#include "auth/dkim_head.h"
#include "auth/dkim_secret.h"
#include "base/mem.h"
#include "mail/split.h"
#include "test/unit/test.h"

#define LAB_HEADERS_MAX 400
#define LAB_FILE_MAX (1 << 20)
#define LAB_WAIT 5000

struct lab {
	struct dkim_engine *engine;
	struct dns *dns;
	int64_t now;		/* seconds */
	unsigned bits_min;
	size_t piece;		/* bytes of the body at a time; 0: all */
	bool cut;
	const struct span *first;	/* or NULL */
	struct header headers[LAB_HEADERS_MAX];
	struct dkim_bodies bodies;
	struct dkim_verify *verify;
};

/* A file with a zero behind it, or NULL. */
static inline char *
lab_read(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	char *bytes;

	if (f == NULL)
		return NULL;
	bytes = mem_alloc(LAB_FILE_MAX);
	*n = fread(bytes, 1, LAB_FILE_MAX - 1, f);
	fclose(f);
	return bytes;
}

static inline size_t
lab_split(struct lab *lab, struct span message, struct span *body)
{
	struct split_field field;
	struct split split;
	size_t n = 0;

	split_begin(&split, message);
	while (n < LAB_HEADERS_MAX && split_field(&split, &field)) {
		lab->headers[n].name = field.name;
		lab->headers[n++].value = field.value;
	}
	*body = split.rest;
	return n;
}

/* The outcome lives until the next call or lab_done. */
static inline const struct dkim_outcome *
lab_verify(struct lab *lab, struct span message)
{
	struct dkim_input input = { lab->headers, 0, lab->cut,
	    lab->now * 1000, lab->bits_min, &lab->bodies, lab->first,
	    lab->first != NULL };
	struct span body;
	size_t n;

	input.header_count = lab_split(lab, message, &body);
	dkim_verify_free(lab->verify);
	dkim_bodies_done(&lab->bodies);
	lab->verify = dkim_verify_new(lab->engine, lab->dns, &input);
	n = lab->piece != 0 ? lab->piece : body.n;
	for (; body.n != 0; body = span_skip(body, n))
		dkim_bodies_add(&lab->bodies, span_head(body, n));
	return dkim_verify_end(lab->verify, LAB_WAIT);
}

/*
 * A DKIM-Signature field with its line end, in the arena: these tags, then bh=
 * and b= as they have to be for the message.  Where the tags are no signature
 * the two hold what could be one.
 */
static inline struct span
lab_sign(struct lab *lab, struct arena *arena, const struct dkim_secret *key,
    const char *tags, struct span message)
{
	struct header *last;
	struct dkim_field field;
	struct dkim_head head = { lab->headers, 0, 0, &field, NULL, 0 };
	struct dkim_body_terms terms = { false, false, -1 };
	struct span body, value, bh, digest, b = SPAN("AAAA");
	enum dkim_result ignored;
	struct dkim_body *hash;
	size_t n = lab_split(lab, message, &body);

	bh = span_make("12345678901234567890123456789012", 32);
	value = arena_printf(arena, " %sbh=%.*s; b=AAAA", tags,
	    SPAN_ARG(dkim_base64(arena, bh)));
	if (dkim_field_parse(arena, value, &field, &ignored) == NULL) {
		terms.relaxed = field.relaxed_body;
		terms.length = field.length;
	}
	hash = dkim_body_new(&terms);
	dkim_body_add(hash, body);
	value = arena_printf(arena, " %sbh=%.*s; b=AAAA", tags,
	    SPAN_ARG(dkim_base64(arena, dkim_body_end(hash))));
	dkim_body_free(hash);
	last = &lab->headers[n];
	last->name = span_of("DKIM-Signature");
	last->value = value;
	head.header_count = n + 1;
	head.signature = n;
	if (dkim_field_parse(arena, value, &field, &ignored) == NULL &&
	    dkim_head_hash(lab->engine, arena, &head, &digest) == NULL)
		dkim_secret_sign(key, arena, digest, &b);
	return arena_printf(arena, "DKIM-Signature:%.*s%.*s\r\n",
	    (int)value.n - 4, value.p, SPAN_ARG(dkim_base64(arena, b)));
}

static inline void
lab_done(struct lab *lab)
{
	dkim_verify_free(lab->verify);
	dkim_bodies_done(&lab->bodies);
	dkim_engine_free(lab->engine);
	dns_free(lab->dns);
}

#endif
