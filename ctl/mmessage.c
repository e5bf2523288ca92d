/*
 * mmessage - a whole SMTP transaction put to a filter.  Steps and their order
 * are those of Postfix 3.7: after a decision before the end of the message
 * comes an abort, a refused recipient only takes itself away.
 */
#include <string.h>

#include <libmilter/mfapi.h>

#include "base/arena.h"
#include "ctl/mclient.h"
#include "mail/split.h"

#define MACROS_MAX 128	/* what an envelope gives, and our own */

/* One message on its way. */
struct put {
	struct mclient *mc;
	const struct mclient_envelope *env;
	struct mclient_verdict *v;
	struct arena *arena;	/* lives as long as the verdict */
	const char *rcpt;	/* at RCPT, without brackets */
	struct error *e;
};

/* Stages in the order in which macros become known. */
enum known { AT_CONNECT, AT_HELO, AT_MAIL, AT_RCPT, AT_DATA };

/* Those that are not known from the connection on (Postfix's defaults). */
static const struct macro_row {
	const char *prefix;
	enum known known;
} macro_rows[] = {
	{ "tls_", AT_HELO },
	{ "cipher", AT_HELO },
	{ "cert_", AT_HELO },
	{ "auth_", AT_MAIL },
	{ "mail_", AT_MAIL },
	{ "rcpt_", AT_RCPT },
	{ "nrcpts", AT_DATA },
};

static enum known
macro_known(const char *name)
{
	size_t i;

	if (name[0] == '{')
		name++;
	for (i = 0; i < sizeof(macro_rows) / sizeof(macro_rows[0]); i++)
		if (span_starts(span_of(name), macro_rows[i].prefix))
			return macro_rows[i].known;
	return AT_CONNECT;
}

static enum known
stage_known(char stage)
{
	switch (stage) {
	case SMFIC_CONNECT:
		return AT_CONNECT;
	case SMFIC_HELO:
		return AT_HELO;
	case SMFIC_MAIL:
		return AT_MAIL;
	case SMFIC_RCPT:
		return AT_RCPT;
	default:
		return AT_DATA;
	}
}

static char *
without_brackets(struct put *p, const char *address)
{
	struct span s = span_of(address);

	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		s = span_make(s.p + 1, s.n - 2);
	return arena_string(p->arena, s);
}

static const char *
with_brackets(struct put *p, const char *address)
{
	if (address[0] == '<')
		return address;
	return arena_printf(p->arena, "<%s>", address).p;
}

static int
put_macros(struct put *p, char stage)
{
	const struct mclient_envelope *env = p->env;
	struct mclient_macro known[MACROS_MAX];
	enum known now = stage_known(stage);
	size_t i, n = 0;

	if (env->queue_id != NULL &&
	    now >= (env->early_id ? AT_MAIL : AT_DATA))
		known[n++] = (struct mclient_macro){ "i", env->queue_id };
	if (now == AT_MAIL)
		known[n++] = (struct mclient_macro){ "mail_addr",
		    without_brackets(p, env->from) };
	if (now == AT_RCPT)
		known[n++] = (struct mclient_macro){ "rcpt_addr",
		    without_brackets(p, p->rcpt) };
	for (i = 0; i < env->macro_count; i++) {
		if (n == MACROS_MAX)
			return error_set(p->e, "more than %d macros",
			    MACROS_MAX);
		if (macro_known(env->macros[i].name) <= now)
			known[n++] = env->macros[i];
	}
	return mclient_macros(p->mc, stage, known, n, p->e);
}

/* 1 when the filter goes on, 0 when it has decided, -1 when it failed. */
static int
settle(struct put *p, char stage, int rc, const struct mclient_answer *a)
{
	if (rc != 0)
		return -1;
	if (a->kind == SMFIR_CONTINUE)
		return 1;
	p->v->stage = stage;
	p->v->answer = *a;
	return 0;
}

static int
put_connect(struct put *p)
{
	struct mclient_answer a;

	if (put_macros(p, SMFIC_CONNECT) != 0)
		return -1;
	return settle(p, SMFIC_CONNECT,
	    mclient_connect(p->mc, p->env, &a, p->e), &a);
}

static int
put_helo(struct put *p)
{
	const char *name = p->env->helo != NULL ? p->env->helo : "localhost";
	struct mclient_answer a;

	if (put_macros(p, SMFIC_HELO) != 0)
		return -1;
	return settle(p, SMFIC_HELO, mclient_helo(p->mc, name, &a, p->e), &a);
}

/* Once per SMTP session; what it decides holds for every message. */
static int
put_greeting(struct put *p)
{
	struct mclient_greeting *g = mclient_greeting(p->mc);
	int rc;

	if (!g->done) {
		if ((rc = put_connect(p)) > 0)
			rc = put_helo(p);
		if (rc < 0)
			return -1;
		g->done = true;
		g->stage = p->v->stage;
		g->answer = p->v->answer;
	}
	p->v->stage = g->stage;
	p->v->answer = g->answer;
	return g->stage == 0;
}

static int
put_mail(struct put *p)
{
	const char *const *more = p->env->mail_args;
	const char **args;
	struct mclient_answer a;
	size_t i, n = 0;

	while (more != NULL && more[n] != NULL)
		n++;
	args = arena_alloc(p->arena, (n + 2) * sizeof(*args));
	args[0] = with_brackets(p, p->env->from);
	for (i = 0; i < n; i++)
		args[i + 1] = more[i];
	if (put_macros(p, SMFIC_MAIL) != 0)
		return -1;
	return settle(p, SMFIC_MAIL,
	    mclient_mail(p->mc, args, &a, p->e), &a);
}

/* Refuses one recipient, and leaves the others alone. */
static bool
refuses(const struct mclient_answer *a)
{
	return a->kind == SMFIR_REJECT || a->kind == SMFIR_TEMPFAIL ||
	    a->kind == SMFIR_REPLYCODE;
}

static int
put_rcpts(struct put *p)
{
	struct mclient_answer *a;
	const char *args[2] = { NULL, NULL };
	size_t i, refused = 0;

	if (p->env->rcpt_count > MCLIENT_RCPTS_MAX)
		return error_set(p->e, "more than %d recipients",
		    MCLIENT_RCPTS_MAX);
	a = arena_alloc(p->arena,
	    (p->env->rcpt_count + 1) * sizeof(*a));
	p->v->rcpts = a;
	for (i = 0; i < p->env->rcpt_count; i++, a++) {
		p->rcpt = p->env->rcpts[i];
		args[0] = with_brackets(p, p->rcpt);
		if (put_macros(p, SMFIC_RCPT) != 0 ||
		    mclient_rcpt(p->mc, args, a, p->e) != 0)
			return -1;
		p->v->rcpt_count++;
		if (refuses(a))
			refused++;
		else if (a->kind != SMFIR_CONTINUE)
			return settle(p, SMFIC_RCPT, 0, a);
	}
	if (i != 0 && refused == i)
		return settle(p, SMFIC_RCPT, 0, a - 1);
	return 1;
}

static int
put_data(struct put *p)
{
	struct mclient_answer a;

	if (put_macros(p, SMFIC_DATA) != 0)
		return -1;
	return settle(p, SMFIC_DATA, mclient_data(p->mc, &a, p->e), &a);
}

/* A field's value as MTAs hand it over: LF between lines. */
static struct span
field_value(struct put *p, struct span raw)
{
	char *out = arena_bytes(p->arena, raw.n + 1);
	size_t i, n = 0;

	for (i = 0; i < raw.n && raw.p[i] != '\0'; i++)
		if (raw.p[i] != '\r' || i + 1 == raw.n ||
		    raw.p[i + 1] != '\n')
			out[n++] = raw.p[i];
	/* Sendmail and Postfix eat one space, unless told to keep it. */
	if ((mclient_terms(p->mc)->steps & SMFIP_HDR_LEADSPC) == 0 &&
	    n > 0 && out[0] == ' ')
		return span_make(out + 1, n - 1);
	return span_make(out, n);
}

/* Leaves the body in *rest. */
static int
put_headers(struct put *p, struct span *rest)
{
	struct mclient_answer a;
	struct split split;
	struct split_field field;
	unsigned seen = 0;
	int rc;

	split_begin(&split, *rest);
	while (split_field(&split, &field)) {
		if (seen++ == MCLIENT_HEADERS_MAX)
			return error_set(p->e, "more than %d header fields",
			    MCLIENT_HEADERS_MAX);
		rc = settle(p, SMFIC_HEADER, mclient_header(p->mc, field.name,
		    field_value(p, field.value), &a, p->e), &a);
		if (rc <= 0)
			return rc;
	}
	*rest = split.rest;
	if (put_macros(p, SMFIC_EOH) != 0)
		return -1;
	return settle(p, SMFIC_EOH, mclient_eoh(p->mc, &a, p->e), &a);
}

static int
put_body(struct put *p, struct span body)
{
	struct mclient_answer a;
	int rc;

	while (body.n != 0) {
		rc = mclient_body(p->mc, span_head(body, MILTER_CHUNK_SIZE),
		    &a, p->e);
		if (rc == 0 && a.kind == SMFIR_SKIP)
			return 1;
		rc = settle(p, SMFIC_BODY, rc, &a);
		if (rc <= 0)
			return rc;
		body = span_skip(body, MILTER_CHUNK_SIZE);
	}
	return 1;
}

static int
put_content(struct put *p, struct span raw)
{
	int rc;

	if ((rc = put_data(p)) <= 0 ||
	    (rc = put_headers(p, &raw)) <= 0)
		return rc;
	return put_body(p, raw);
}

static int
put_end(struct put *p)
{
	p->v->stage = SMFIC_BODYEOB;
	if (put_macros(p, SMFIC_BODYEOB) != 0 ||
	    mclient_eom(p->mc, &p->v->answer, p->e) != 0)
		return -1;
	p->v->edits = mclient_edits(p->mc, &p->v->edit_count);
	return 0;
}

int
mclient_message(struct mclient *mc, const struct mclient_envelope *env,
    struct span raw, struct mclient_verdict *v, struct error *e)
{
	struct put p = { .mc = mc, .env = env, .v = v, .e = e };
	int rc;

	memset(v, 0, sizeof(*v));
	p.arena = mclient_begin(mc);
	if ((rc = put_greeting(&p)) <= 0)
		return rc;
	if ((rc = put_mail(&p)) > 0 && (rc = put_rcpts(&p)) > 0 &&
	    (rc = put_content(&p, raw)) > 0)
		return put_end(&p);
	return rc == 0 ? mclient_abort(mc, e) : -1;
}
