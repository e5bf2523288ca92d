/* mpacket - the packets of a filter, parsed and checked. */
#include "ctl/mpacket.h"

#include <string.h>

#include <libmilter/mfapi.h>

#include "base/text.h"

/* How the bytes of an edit are laid out. */
enum form {
	FORM_FIELD,	/* name, value */
	FORM_PLACE,	/* index, name, value */
	FORM_ADDRESS,	/* address */
	FORM_ARGS,	/* address, ESMTP arguments that may be absent */
	FORM_REASON,	/* text */
	FORM_BYTES,
};

static const struct edit_row {
	char kind;
	enum form form;
	uint32_t action;
} edit_rows[] = {
	{ SMFIR_ADDHEADER,	FORM_FIELD,	SMFIF_ADDHDRS },
	{ SMFIR_INSHEADER,	FORM_PLACE,	SMFIF_ADDHDRS },
	{ SMFIR_CHGHEADER,	FORM_PLACE,	SMFIF_CHGHDRS },
	{ SMFIR_ADDRCPT,	FORM_ADDRESS,	SMFIF_ADDRCPT },
	{ SMFIR_ADDRCPT_PAR,	FORM_ARGS,	SMFIF_ADDRCPT_PAR },
	{ SMFIR_DELRCPT,	FORM_ADDRESS,	SMFIF_DELRCPT },
	{ SMFIR_CHGFROM,	FORM_ARGS,	SMFIF_CHGFROM },
	{ SMFIR_QUARANTINE,	FORM_REASON,	SMFIF_QUARANTINE },
	{ SMFIR_REPLBODY,	FORM_BYTES,	SMFIF_CHGBODY },
};

static const struct answer_row {
	char kind;
	unsigned code;
} answer_rows[] = {
	{ SMFIR_CONTINUE, 0 },
	{ SMFIR_ACCEPT, 0 },
	{ SMFIR_DISCARD, 0 },
	{ SMFIR_SKIP, 0 },
	{ SMFIR_REJECT, 550 },
	{ SMFIR_TEMPFAIL, 451 },
	{ SMFIR_SHUTDOWN, 421 },
	{ SMFIR_CONN_FAIL, 0 },
};

static uint32_t
get32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 |
	    (uint32_t)u[2] << 8 | u[3];
}

void
mpacket_put32(uint32_t n, char out[4])
{
	out[0] = (char)(n >> 24);
	out[1] = (char)(n >> 16);
	out[2] = (char)(n >> 8);
	out[3] = (char)n;
}

static bool
take32(struct span *rest, uint32_t *out)
{
	if (rest->n < 4)
		return false;
	*out = get32(rest->p);
	*rest = span_skip(*rest, 4);
	return true;
}

/* A text up to its zero, which is dropped. */
static bool
take_text(struct span *rest, struct span *out)
{
	size_t n = span_chr(*rest, '\0');

	if (n == rest->n)
		return false;
	*out = span_head(*rest, n);
	*rest = span_skip(*rest, n + 1);
	return true;
}

int
mpacket_take(struct span bytes, char *kind, struct span *body,
    struct error *e)
{
	uint32_t n;

	if (bytes.n < 4)
		return 0;
	n = get32(bytes.p);
	if (n < 1 || n > MCLIENT_PACKET_MAX)
		return error_set(e, "the filter sent a packet of %lu bytes",
		    (unsigned long)n);
	if (bytes.n - 4 < n)
		return 0;
	*kind = bytes.p[4];
	*body = span_make(bytes.p + MPACKET_HEAD, n - 1);
	return (int)n + 4;
}

static int
terms_macros(struct span rest, const struct mclient_terms *offer,
    struct mclient_terms *t, struct error *e)
{
	struct span names;
	uint32_t place;

	/* That it was offered counts: libmilter asks no more, either. */
	if (rest.n != 0 && (offer->actions & SMFIF_SETSYMLIST) == 0)
		return error_set(e, "the filter lists macros, which was not "
		    "offered");
	while (rest.n != 0) {
		if (!take32(&rest, &place) || !take_text(&rest, &names))
			return error_set(e, "cut list of macros");
		if (place >= MCLIENT_PLACES)
			return error_set(e, "macros for the unknown place %lu",
			    (unsigned long)place);
		if (t->macros[place].p != NULL)
			return error_set(e, "macros for place %lu twice",
			    (unsigned long)place);
		t->macros[place] = names;
	}
	return 0;
}

int
mpacket_terms(struct span body, const struct mclient_terms *offer,
    struct mclient_terms *out, struct error *e)
{
	struct mclient_terms t = { 0 };

	if (!take32(&body, &t.version) || !take32(&body, &t.actions) ||
	    !take32(&body, &t.steps))
		return error_set(e, "cut answer to the negotiation");
	if (t.version < 1 || t.version > offer->version)
		return error_set(e, "the filter wants version %lu of %lu",
		    (unsigned long)t.version, (unsigned long)offer->version);
	if ((t.actions & ~offer->actions) != 0)
		return error_set(e, "the filter takes actions 0x%lx that "
		    "were not offered",
		    (unsigned long)(t.actions & ~offer->actions));
	if ((t.steps & ~offer->steps) != 0)
		return error_set(e, "the filter takes steps 0x%lx that "
		    "were not offered",
		    (unsigned long)(t.steps & ~offer->steps));
	if (terms_macros(body, offer, &t, e) != 0)
		return -1;
	*out = t;
	return 0;
}

static const struct edit_row *
edit_row(char kind)
{
	size_t i;

	for (i = 0; i < sizeof(edit_rows) / sizeof(edit_rows[0]); i++)
		if (edit_rows[i].kind == kind)
			return &edit_rows[i];
	return NULL;
}

uint32_t
mpacket_edit_action(char kind)
{
	const struct edit_row *row = edit_row(kind);

	return row != NULL ? row->action : 0;
}

static bool
take_edit(enum form form, struct span *rest, struct mclient_edit *d)
{
	switch (form) {
	case FORM_FIELD:
		return take_text(rest, &d->name) && take_text(rest, &d->value);
	case FORM_PLACE:
		return take32(rest, &d->index) && take_text(rest, &d->name) &&
		    take_text(rest, &d->value);
	case FORM_ADDRESS:
		return take_text(rest, &d->name);
	case FORM_ARGS:
		return take_text(rest, &d->name) &&
		    (rest->n == 0 || take_text(rest, &d->value));
	case FORM_REASON:
		return take_text(rest, &d->value);
	case FORM_BYTES:
		d->value = *rest;
		*rest = span_skip(*rest, rest->n);
		return true;
	}
	return false;
}

/* RFC 5322, 2.2: a field name is printable ASCII without the colon. */
static bool
field_name(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == ':')
			return false;
	return s.n != 0;
}

int
mpacket_edit(char kind, struct span body, struct mclient_edit *out,
    struct error *e)
{
	const struct edit_row *row = edit_row(kind);
	struct mclient_edit d = { .kind = kind };

	if (row == NULL)
		return error_set(e, "unknown edit '%c'", kind);
	if (!take_edit(row->form, &body, &d) || body.n != 0)
		return error_set(e, "malformed %s", mclient_reply_name(kind));
	if ((row->form == FORM_FIELD || row->form == FORM_PLACE) &&
	    !field_name(d.name))
		return error_set(e, "%s: bad field name \"%.*s\"",
		    mclient_reply_name(kind), SPAN_ARG(d.name));
	*out = d;
	return 0;
}

/* "550 5.7.1 text" or, of several lines, "550-5.7.1 text". */
static int
reply_code(struct span body, struct mclient_answer *out, struct error *e)
{
	struct span text;
	int64_t code;

	if (!take_text(&body, &text) || body.n != 0)
		return error_set(e, "malformed reply code");
	if (!text_number(span_head(text, 3), &code) || text.n < 4 ||
	    code < 400 || code > 599 ||
	    (text.p[3] != ' ' && text.p[3] != '-'))
		return error_set(e, "malformed reply \"%.*s\"",
		    SPAN_ARG(text));
	*out = (struct mclient_answer){ .kind = SMFIR_REPLYCODE,
	    .code = (unsigned)code, .text = span_skip(text, 4) };
	return 0;
}

int
mpacket_answer(char kind, struct span body, struct mclient_answer *out,
    struct error *e)
{
	size_t i;

	if (kind == SMFIR_REPLYCODE)
		return reply_code(body, out, e);
	for (i = 0; i < sizeof(answer_rows) / sizeof(answer_rows[0]); i++)
		if (answer_rows[i].kind == kind)
			break;
	if (i == sizeof(answer_rows) / sizeof(answer_rows[0]))
		return error_set(e, "unknown reply '%c'", kind);
	if (body.n != 0)
		return error_set(e, "%s with %zu bytes behind it",
		    mclient_reply_name(kind), body.n);
	*out = (struct mclient_answer){ .kind = kind,
	    .code = answer_rows[i].code };
	return 0;
}

static const struct name_row {
	char letter;
	const char *name;
} reply_names[] = {
	{ SMFIR_CONTINUE, "continue" },
	{ SMFIR_ACCEPT, "accept" },
	{ SMFIR_REJECT, "reject" },
	{ SMFIR_TEMPFAIL, "tempfail" },
	{ SMFIR_DISCARD, "discard" },
	{ SMFIR_REPLYCODE, "replycode" },
	{ SMFIR_SKIP, "skip" },
	{ SMFIR_PROGRESS, "progress" },
	{ SMFIR_SHUTDOWN, "shutdown" },
	{ SMFIR_CONN_FAIL, "conn-fail" },
	{ SMFIR_ADDHEADER, "add-header" },
	{ SMFIR_INSHEADER, "insert-header" },
	{ SMFIR_CHGHEADER, "change-header" },
	{ SMFIR_ADDRCPT, "add-rcpt" },
	{ SMFIR_ADDRCPT_PAR, "add-rcpt-args" },
	{ SMFIR_DELRCPT, "del-rcpt" },
	{ SMFIR_CHGFROM, "change-from" },
	{ SMFIR_QUARANTINE, "quarantine" },
	{ SMFIR_REPLBODY, "replace-body" },
	{ 0, "?" },
}, stage_names[] = {
	{ SMFIC_OPTNEG, "negotiate" },
	{ SMFIC_CONNECT, "connect" },
	{ SMFIC_HELO, "helo" },
	{ SMFIC_MAIL, "mail" },
	{ SMFIC_RCPT, "rcpt" },
	{ SMFIC_DATA, "data" },
	{ SMFIC_UNKNOWN, "unknown" },
	{ SMFIC_HEADER, "header" },
	{ SMFIC_EOH, "eoh" },
	{ SMFIC_BODY, "body" },
	{ SMFIC_BODYEOB, "eom" },
	{ 0, "?" },
};

static const char *
name_of(const struct name_row *row, char letter)
{
	while (row->letter != 0 && row->letter != letter)
		row++;
	return row->name;
}

const char *
mclient_reply_name(char kind)
{
	return name_of(reply_names, kind);
}

const char *
mclient_stage_name(char stage)
{
	return name_of(stage_names, stage);
}
