/* dkim_sign - DKIM signatures for mail that goes out. */
#include "auth/dkim_sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/dkim_field.h"
#include "auth/dkim_head.h"
#include "auth/dkim_secret.h"
#include "base/map.h"
#include "base/mem.h"
#include "mail/domain.h"

#define LINE_COLUMNS 72		/* where folds are made; RFC 5322 2.1.1 */
#define NAME "DKIM-Signature"

/* What stands for the signature until it is known: any base64. */
#define PLACEHOLDER "AAAA"

struct signer_key {
	struct span selector;
	struct dkim_secret *secret;
};

struct signer_domain {
	struct span name;
	struct signer_key keys[DKIM_SIGN_KEYS_MAX];
	size_t count;
};

struct dkim_signer {
	struct arena arena;
	struct map domains;
	size_t key_count;
};

struct dkim_sign {
	const struct dkim_engine *engine;
	const struct signer_domain *domain;
	struct dkim_sign_input input;
	struct header *headers;	/* copies of input's, and one to fill in */
	struct arena arena;
	struct dkim_body *body;
	struct span body_hash;
	struct span values[DKIM_SIGN_KEYS_MAX];
};

/* RFC 6376 section 5.4.1, and what RFC 8058 section 4 wants signed. */
static const struct {
	const char *name;
	enum { PRESENT, PRESENT_AND_ONE, ALWAYS_AND_ONE } how;
} signed_names[] = {
	{"from", ALWAYS_AND_ONE}, {"to", ALWAYS_AND_ONE},
	{"cc", ALWAYS_AND_ONE}, {"subject", ALWAYS_AND_ONE},
	{"date", PRESENT_AND_ONE}, {"message-id", PRESENT_AND_ONE},
	{"reply-to", ALWAYS_AND_ONE}, {"mime-version", ALWAYS_AND_ONE},
	{"content-type", ALWAYS_AND_ONE},
	{"content-transfer-encoding", ALWAYS_AND_ONE},
	{"sender", PRESENT}, {"in-reply-to", PRESENT}, {"references", PRESENT},
	{"list-id", PRESENT}, {"list-help", PRESENT},
	{"list-unsubscribe", PRESENT}, {"list-unsubscribe-post", PRESENT},
	{"list-subscribe", PRESENT}, {"list-post", PRESENT},
	{"list-owner", PRESENT}, {"list-archive", PRESENT},
};

struct dkim_signer *
dkim_signer_new(void)
{
	struct dkim_signer *s = mem_alloc(sizeof(*s));

	arena_init(&s->arena);
	map_init(&s->domains);
	return s;
}

void
dkim_signer_free(struct dkim_signer *s)
{
	struct signer_domain *domain;
	size_t i, k;

	if (s == NULL)
		return;
	for (i = 0; i < s->domains.count; i++) {
		domain = map_value(&s->domains, i);
		for (k = 0; k < domain->count; k++)
			dkim_secret_free(domain->keys[k].secret);
	}
	map_done(&s->domains);
	arena_done(&s->arena);
	free(s);
}

static struct signer_domain *
signer_domain(struct dkim_signer *s, struct span name)
{
	struct signer_domain *domain = map_find(&s->domains, name);

	if (domain != NULL)
		return domain;
	domain = arena_alloc(&s->arena, sizeof(*domain));
	domain->name = name;
	map_put(&s->domains, name, domain);
	return domain;
}

int
dkim_signer_add(struct dkim_signer *s, const char *name, const char *selector,
    const char *file, uid_t owner, gid_t group, struct error *error)
{
	struct span ascii = domain_ascii(&s->arena, span_of(name));
	struct signer_domain *domain;
	struct dkim_secret *secret;
	struct signer_key *key;

	/* Together they have to be a name that can be asked. */
	if (ascii.n == 0 || domain_ascii(&s->arena, arena_printf(&s->arena,
	    "%s._domainkey.%.*s", selector, SPAN_ARG(ascii))).n == 0)
		return error_at(error, file, 0, "no DNS name: selector "
		    "\"%s\" of domain \"%s\"", selector, name);
	domain = signer_domain(s, ascii);
	if (domain->count == DKIM_SIGN_KEYS_MAX ||
	    s->key_count == DKIM_SIGNER_KEYS_MAX)
		return error_at(error, file, 0, "too many keys: %s", name);
	secret = dkim_secret_load(file, owner, group, error);
	if (secret == NULL)
		return -1;
	s->key_count++;
	key = &domain->keys[domain->count++];
	key->selector = arena_span(&s->arena, span_of(selector));
	key->secret = secret;
	return 0;
}

struct span
dkim_signer_domain(const struct dkim_signer *s, struct span author)
{
	const struct signer_domain *domain;
	struct span none = { "", 0 }, ascii;
	struct arena arena;

	arena_init(&arena);
	ascii = domain_ascii(&arena, author);
	for (; ascii.n != 0; ascii = span_skip(ascii,
	    span_chr(ascii, '.') + 1)) {
		domain = map_find(&s->domains, ascii);
		if (domain != NULL && domain->count != 0) {
			none = domain->name;
			break;
		}
	}
	arena_done(&arena);
	return none;
}

struct dkim_sign *
dkim_sign_new(const struct dkim_engine *engine, const struct dkim_signer *s,
    const struct dkim_sign_input *input)
{
	struct dkim_body_terms terms = { .relaxed = true, .length = -1 };
	struct dkim_sign *sign = mem_alloc(sizeof(*sign));

	sign->engine = engine;
	sign->input = *input;
	sign->domain = map_find(&s->domains, input->domain);
	arena_init(&sign->arena);
	sign->headers = arena_alloc(&sign->arena,
	    (input->header_count + 1) * sizeof(*sign->headers));
	if (input->header_count != 0)
		memcpy(sign->headers, input->headers,
		    input->header_count * sizeof(*sign->headers));
	sign->body = dkim_bodies_want(input->bodies, &terms);
	return sign;
}

void
dkim_sign_free(struct dkim_sign *sign)
{
	if (sign == NULL)
		return;
	arena_done(&sign->arena);
	free(sign);
}

/* Text that is folded where a piece would not fit any more. */
struct folded {
	struct buf buf;
	size_t column;
};

static void
put_piece(struct folded *f, struct span piece)
{
	if (f->column + piece.n > LINE_COLUMNS) {
		while (f->buf.n != 0 && f->buf.p[f->buf.n - 1] == ' ')
			f->buf.n--;
		buf_puts(&f->buf, "\n\t");
		f->column = 8;
		while (piece.n != 0 && piece.p[0] == ' ')
			piece = span_skip(piece, 1);
	}
	buf_span(&f->buf, piece);
	f->column += piece.n;
}

static void
put_base64(struct folded *f, struct span text)
{
	size_t n;

	for (; text.n != 0; text = span_skip(text, n)) {
		n = f->column < LINE_COLUMNS ? LINE_COLUMNS - f->column : 0;
		if (n == 0) {
			buf_puts(&f->buf, "\n\t");
			f->column = 8;
			n = LINE_COLUMNS - f->column;
		}
		n = n < text.n ? n : text.n;
		buf_span(&f->buf, span_head(text, n));
		f->column += n;
	}
}

static void
put_tag(struct folded *f, struct arena *arena, const char *name,
    struct span value)
{
	put_piece(f, arena_printf(arena, "%s=%.*s; ", name, SPAN_ARG(value)));
}

static void
put_number(struct folded *f, struct arena *arena, const char *name, int64_t n)
{
	put_tag(f, arena, name, arena_printf(arena, "%lld", (long long)n));
}

static size_t
occurrences(const struct dkim_sign *sign, const char *name)
{
	size_t i, n = 0;

	for (i = 0; i < sign->input.header_count; i++)
		n += span_iis(sign->input.headers[i].name, name);
	return n;
}

static void
put_names(struct folded *f, const struct dkim_sign *sign)
{
	const char *colon = "h=";
	char piece[64];
	size_t i, n;
	int length;

	for (i = 0; i < sizeof(signed_names) / sizeof(signed_names[0]); i++) {
		n = occurrences(sign, signed_names[i].name);
		if (signed_names[i].how == ALWAYS_AND_ONE ||
		    (signed_names[i].how == PRESENT_AND_ONE && n != 0))
			n++;
		/* One more than can be read: the field is refused then. */
		n = n > DKIM_NAMES_MAX ? DKIM_NAMES_MAX + 1 : n;
		for (; n != 0; n--) {
			length = snprintf(piece, sizeof(piece), "%s%s", colon,
			    signed_names[i].name);
			put_piece(f, span_make(piece, (size_t)length));
			colon = ":";
		}
	}
	put_piece(f, span_make("; ", 2));
}

/* The field up to and with "b=", as it is hashed. */
static void
put_unsigned(struct folded *f, struct dkim_sign *sign,
    const struct signer_key *key)
{
	struct arena *arena = &sign->arena;
	int64_t now = sign->input.now / 1000;

	f->column = sizeof(NAME);
	put_piece(f, span_of(dkim_secret_rsa(key->secret) ?
	    "v=1; a=rsa-sha256; c=relaxed/relaxed; " :
	    "v=1; a=ed25519-sha256; c=relaxed/relaxed; "));
	put_tag(f, arena, "d", sign->domain->name);
	put_tag(f, arena, "s", key->selector);
	put_number(f, arena, "t", now);
	if (sign->input.lifetime > 0)
		put_number(f, arena, "x", now + sign->input.lifetime);
	put_names(f, sign);
	put_tag(f, arena, "bh", dkim_base64(arena, sign->body_hash));
	put_piece(f, span_make("b=", 2));
}

/* NULL with the value of the field, or what went wrong. */
static const char *
sign_one(struct dkim_sign *sign, const struct signer_key *key,
    struct folded *f, struct span *value)
{
	struct header *last = &sign->headers[sign->input.header_count];
	struct dkim_field *field = arena_alloc(&sign->arena, sizeof(*field));
	struct dkim_head head = { sign->headers, sign->input.header_count + 1,
	    sign->input.header_count, field, NULL, 0 };
	enum dkim_result result;
	struct span digest, signature;
	const char *reason;
	size_t n;

	put_unsigned(f, sign, key);
	n = f->buf.n;
	buf_puts(&f->buf, PLACEHOLDER);
	last->name = span_of(NAME);
	last->value = buf_contents(&f->buf);
	reason = dkim_field_parse(&sign->arena, last->value, field, &result);
	if (reason == NULL)
		reason = dkim_head_hash(sign->engine, &sign->arena, &head,
		    &digest);
	if (reason != NULL)
		return reason;
	if (!dkim_secret_sign(key->secret, &sign->arena, digest, &signature))
		return "libcrypto cannot sign";
	f->buf.n = n;
	put_base64(f, dkim_base64(&sign->arena, signature));
	*value = arena_span(&sign->arena, buf_contents(&f->buf));
	return NULL;
}

int
dkim_sign_end(struct dkim_sign *sign, const struct span **values,
    struct error *error)
{
	const char *reason = NULL;
	struct folded f;
	size_t i;

	if (sign->domain == NULL)
		return error_set(error, "no key for this domain");
	if (sign->body == NULL)
		return error_set(error, "one more way to hash the body");
	sign->body_hash = dkim_body_end(sign->body);
	buf_init(&f.buf, DKIM_FIELD_MAX);
	for (i = 0; i < sign->domain->count && reason == NULL; i++) {
		buf_reset(&f.buf);
		reason = sign_one(sign, &sign->domain->keys[i], &f,
		    &sign->values[i]);
	}
	buf_done(&f.buf);
	*values = sign->values;
	return reason == NULL ? (int)sign->domain->count :
	    error_set(error, "cannot sign: %s", reason);
}
