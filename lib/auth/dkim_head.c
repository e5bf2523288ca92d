/* dkim_head - the hash of the header fields, by libopendkim. */
#include "auth/dkim_head.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <opendkim/dkim.h>

#include "base/buf.h"
#include "base/mem.h"

/*
 * Seconds.  The library takes no x= after 2001 for expired and no t= since
 * 2001 for future; where t= is earlier its unsigned subtraction wraps, and the
 * signature stays neutral.
 */
#define LIBRARY_DRIFT UINT64_C(1000000000)

/* A name with a space inside: no list in h= can have it. */
#define PAD "no such field: x"

#define SIGNATURE_NAME "DKIM-Signature"

struct dkim_engine {
	DKIM_LIB *library;
	struct dkim_keys *keys;
};

/* The keys are looked at elsewhere. */
static DKIM_CBSTAT
/* NOLINTNEXTLINE(readability-non-const-parameter): as libopendkim wants it */
no_key(DKIM *handle, DKIM_SIGINFO *info, u_char *out, size_t room)
{
	(void)handle;
	(void)info;
	(void)out;
	(void)room;
	return DKIM_CBSTAT_NOTFOUND;
}

static bool
set_up(DKIM_LIB *library)
{
	uint64_t drift = LIBRARY_DRIFT;
	u_int flags = DKIM_LIBFLAGS_DELAYSIGPROC | DKIM_LIBFLAGS_BADSIGHANDLES;

	return dkim_set_key_lookup(library, no_key) == DKIM_STAT_OK &&
	    dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags,
	    sizeof(flags)) == DKIM_STAT_OK &&
	    dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_CLOCKDRIFT, &drift,
	    sizeof(drift)) == DKIM_STAT_OK &&
	    dkim_libfeature(library, DKIM_FEATURE_SHA256) &&
	    dkim_libfeature(library, DKIM_FEATURE_ED25519);
}

struct dkim_engine *
dkim_engine_new(void)
{
	struct dkim_engine *engine = mem_alloc(sizeof(*engine));

	engine->keys = dkim_keys_new();
	engine->library = dkim_init(NULL, NULL);
	if (engine->library != NULL && set_up(engine->library))
		return engine;
	dkim_engine_free(engine);
	return NULL;
}

void
dkim_engine_free(struct dkim_engine *engine)
{
	if (engine == NULL)
		return;
	if (engine->library != NULL)
		dkim_close(engine->library);
	dkim_keys_free(engine->keys);
	free(engine);
}

struct dkim_keys *
dkim_engine_keys(const struct dkim_engine *engine)
{
	return engine->keys;
}

/* "Name:value" with every line end as CRLF, as it was on the wire. */
static void
put_line(struct buf *line, const struct header *h)
{
	struct span rest = h->value;
	size_t n;

	buf_reset(line);
	buf_span(line, h->name);
	buf_char(line, ':');
	for (;;) {
		n = span_chr(rest, '\n');
		buf_span(line, span_head(rest, n));
		if (n == rest.n)
			return;
		if (n == 0 || rest.p[n - 1] != '\r')
			buf_char(line, '\r');
		buf_char(line, '\n');
		rest = span_skip(rest, n + 1);
	}
}

static bool
named(const struct dkim_field *field, struct span name)
{
	size_t i;

	for (i = 0; i < field->name_count; i++)
		if (span_ieq(field->names[i], name))
			return true;
	return false;
}

static bool
readable(const struct dkim_head *head, size_t i)
{
	size_t k;

	for (k = 0; k < head->readable_count; k++)
		if (head->readable[k] == i)
			return true;
	return false;
}

/* Gives the library the fields; returns the signature's place among its. */
static size_t
feed(DKIM *handle, const struct dkim_head *head)
{
	const struct header *h = head->headers;
	bool others = named(head->field, span_of(SIGNATURE_NAME));
	size_t i, count = 0, place = 0;
	struct buf line;
	bool wanted;

	buf_init(&line, DKIM_LINE_MAX);
	for (i = 0; i < head->header_count; i++) {
		if (span_iis(h[i].name, SIGNATURE_NAME)) {
			wanted = i == head->signature ||
			    (others && readable(head, i));
			place = i == head->signature ? count : place;
			count += wanted;
		} else {
			wanted = named(head->field, h[i].name);
		}
		if (!wanted)
			continue;
		put_line(&line, &h[i]);
		if (!line.full)
			dkim_header(handle, (u_char *)line.p, line.n);
	}
	buf_done(&line);
	dkim_header(handle, (u_char *)PAD, sizeof(PAD) - 1);
	return place;
}

/* NULL, or why the library has no hashes of the signature at that place. */
static const char *
take(struct arena *arena, DKIM *handle, size_t place, struct span *digest)
{
	DKIM_SIGINFO **infos;
	void *header, *body;
	size_t header_n, body_n;
	int count = 0, error;

	if (dkim_getsiglist(handle, &infos, &count) != DKIM_STAT_OK ||
	    place >= (size_t)count)
		return "libopendkim cannot read it";
	/* Only with these has it come as far as hashing. */
	error = dkim_sig_geterror(infos[place]);
	if (error != DKIM_SIGERROR_NOKEY && error != DKIM_SIGERROR_TOOLARGE_L)
		return dkim_sig_geterrorstr(error);
	if (dkim_sig_gethashes(infos[place], &header, &header_n, &body,
	    &body_n) != DKIM_STAT_OK)
		return "libopendkim cannot hash it";
	*digest = arena_span(arena, span_make(header, header_n));
	return NULL;
}

const char *
dkim_head_hash(const struct dkim_engine *engine, struct arena *arena,
    const struct dkim_head *head, struct span *digest)
{
	const char *reason = "libopendkim cannot hash it";
	DKIM_STAT status;
	size_t place;
	DKIM *handle = dkim_verify(engine->library,
	    (const unsigned char *)"postern", NULL, &status);

	if (handle == NULL)
		return reason;
	place = feed(handle, head);
	if (dkim_eoh(handle) == DKIM_STAT_OK) {
		dkim_eom(handle, NULL);
		reason = take(arena, handle, place, digest);
	}
	dkim_free(handle);
	return reason;
}
