/* mclient - one connection to a filter: its terms and the single steps. */
#include "ctl/mclient.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <libmilter/mfapi.h>

#include "base/arena.h"
#include "base/mem.h"
#include "net/endpoint.h"
#include "ctl/mpacket.h"
#include "ctl/mwire.h"

#define ARGS_MAX 32	/* ESMTP arguments of one command */
#define MACROS_MAX 128	/* of one packet */

const struct mclient_terms mclient_offer_full = {
	.version = SMFI_PROT_VERSION,
	.actions = SMFI_CURR_ACTS,
	.steps = SMFI_CURR_PROT,
};
const struct mclient_terms mclient_offer_old = {
	.version = 2,
	.actions = SMFI_V2_ACTS,
	.steps = SMFI_V2_PROT,
};
/* Not 0, which libmilter takes for all that version 1 had. */
const struct mclient_terms mclient_offer_none = {
	.version = SMFI_PROT_VERSION,
	.actions = SMFIF_ADDRCPT,
	.steps = SMFIP_NOUNKNOWN,
};

/* The flags that take a step or its reply away, and when it came to be. */
static const struct step {
	char command;
	uint32_t version;
	uint32_t no_step;
	uint32_t no_reply;
	int place;	/* of its macros, or -1 */
} steps[] = {
	{ SMFIC_CONNECT, 1, SMFIP_NOCONNECT, SMFIP_NR_CONN, SMFIM_CONNECT },
	{ SMFIC_HELO, 1, SMFIP_NOHELO, SMFIP_NR_HELO, SMFIM_HELO },
	{ SMFIC_MAIL, 1, SMFIP_NOMAIL, SMFIP_NR_MAIL, SMFIM_ENVFROM },
	{ SMFIC_RCPT, 1, SMFIP_NORCPT, SMFIP_NR_RCPT, SMFIM_ENVRCPT },
	{ SMFIC_DATA, 4, SMFIP_NODATA, SMFIP_NR_DATA, SMFIM_DATA },
	{ SMFIC_UNKNOWN, 3, SMFIP_NOUNKNOWN, SMFIP_NR_UNKN, -1 },
	{ SMFIC_HEADER, 1, SMFIP_NOHDRS, SMFIP_NR_HDR, -1 },
	{ SMFIC_EOH, 1, SMFIP_NOEOH, SMFIP_NR_EOH, SMFIM_EOH },
	{ SMFIC_BODY, 1, SMFIP_NOBODY, SMFIP_NR_BODY, -1 },
	{ SMFIC_BODYEOB, 1, 0, 0, SMFIM_EOM },
};

struct mclient {
	struct mwire wire;
	struct mclient_terms terms;
	struct arena kept;	/* text of the terms */
	struct arena session;	/* texts of replies to connect and HELO */
	struct arena message;	/* texts of other replies and of edits */
	struct mclient_greeting greeting;
	struct mclient_edit *edits;
	size_t edit_count, edit_bytes;
};

struct mclient *
mclient_open(const char *address, int64_t timeout, struct error *e)
{
	int fd = endpoint_connect(address, e);

	return fd >= 0 ? mclient_adopt(fd, timeout) : NULL;
}

struct mclient *
mclient_adopt(int fd, int64_t timeout)
{
	struct mclient *mc = mem_alloc(sizeof(*mc));

	mwire_init(&mc->wire, fd, timeout);
	arena_init(&mc->kept);
	arena_init(&mc->session);
	arena_init(&mc->message);
	return mc;
}

void
mclient_close(struct mclient *mc)
{
	if (mc == NULL)
		return;
	mwire_done(&mc->wire);
	arena_done(&mc->kept);
	arena_done(&mc->session);
	arena_done(&mc->message);
	free(mc->edits);
	free(mc);
}

int
mclient_read(struct mclient *mc, char *kind, struct span *body,
    struct error *e)
{
	return mwire_read(&mc->wire, kind, body, e);
}

int
mclient_packet(struct mclient *mc, char command, struct span data,
    struct error *e)
{
	return mwire_put(&mc->wire, command, &data, 1, e);
}

int
mclient_bytes(struct mclient *mc, struct span s, struct error *e)
{
	if (mwire_flush(&mc->wire, e) != 0)
		return -1;
	return mwire_bytes(&mc->wire, s, e);
}

/* An answer that is there before its question is one that nobody asked. */
static int
nothing_unread(const struct mclient *mc, struct error *e)
{
	if (!mwire_unread(&mc->wire))
		return 0;
	return error_set(e, "the filter replied to a step that has no reply");
}

int
mclient_negotiate(struct mclient *mc, const struct mclient_terms *offer,
    struct error *e)
{
	struct span body, data;
	char bytes[MILTER_OPTLEN], kind;
	size_t i;

	mpacket_put32(offer->version, bytes);
	mpacket_put32(offer->actions, bytes + 4);
	mpacket_put32(offer->steps, bytes + 8);
	data = span_make(bytes, sizeof(bytes));
	if (mwire_put(&mc->wire, SMFIC_OPTNEG, &data, 1, e) != 0 ||
	    mwire_read(&mc->wire, &kind, &body, e) != 0)
		return -1;
	if (kind != SMFIC_OPTNEG)
		return error_set(e, "the filter answers the negotiation "
		    "with %s", mclient_reply_name(kind));
	if (mpacket_terms(body, offer, &mc->terms, e) != 0)
		return -1;
	for (i = 0; i < MCLIENT_PLACES; i++)
		if (mc->terms.macros[i].p != NULL)
			mc->terms.macros[i].p = arena_string(&mc->kept,
			    mc->terms.macros[i]);
	return 0;
}

const struct mclient_terms *
mclient_terms(const struct mclient *mc)
{
	return &mc->terms;
}

const struct mclient_edit *
mclient_edits(const struct mclient *mc, size_t *count)
{
	*count = mc->edit_count;
	return mc->edits;
}

static const struct step *
step_of(char command)
{
	const struct step *s = steps;

	while (s->command != command)
		s++;
	return s;
}

static bool
is_sent(const struct mclient *mc, const struct step *s)
{
	return mc->terms.version >= s->version &&
	    (mc->terms.steps & s->no_step) == 0;
}

static int
keep_edit(struct mclient *mc, char kind, struct span body, struct error *e)
{
	struct mclient_edit d;

	if ((mc->terms.actions & mpacket_edit_action(kind)) == 0)
		return error_set(e, "%s without having negotiated it",
		    mclient_reply_name(kind));
	if (mpacket_edit(kind, body, &d, e) != 0)
		return -1;
	mc->edit_bytes += body.n;
	if (mc->edit_count == MCLIENT_EDITS_MAX ||
	    mc->edit_bytes > MCLIENT_EDIT_BYTES_MAX)
		return error_set(e, "too many edits");
	if ((mc->edit_count & (mc->edit_count - 1)) == 0)
		mc->edits = mem_array(mc->edits, mc->edit_count != 0 ?
		    mc->edit_count * 2 : 1, sizeof(*mc->edits));
	d.name = arena_span(&mc->message, d.name);
	d.value = arena_span(&mc->message, d.value);
	mc->edits[mc->edit_count++] = d;
	return 0;
}

/* Reads up to the reply that ends the step. */
static int
await(struct mclient *mc, char command, struct mclient_answer *out,
    struct error *e)
{
	struct span body;
	unsigned progress = 0;
	char kind;

	if (nothing_unread(mc, e) != 0)
		return -1;
	for (;;) {
		if (mwire_read(&mc->wire, &kind, &body, e) != 0)
			return -1;
		if (kind == SMFIR_PROGRESS) {
			if (progress++ == MCLIENT_PROGRESS_MAX)
				return error_set(e, "progress without end");
		} else if (mpacket_edit_action(kind) == 0) {
			break;
		} else if (command != SMFIC_BODYEOB) {
			return error_set(e, "%s before the end of the message",
			    mclient_reply_name(kind));
		} else if (keep_edit(mc, kind, body, e) != 0) {
			return -1;
		}
	}
	if (kind == SMFIR_SKIP && (command != SMFIC_BODY ||
	    (mc->terms.steps & SMFIP_SKIP) == 0))
		return error_set(e, "skip where it is not allowed");
	if (mpacket_answer(kind, body, out, e) != 0)
		return -1;
	out->text = arena_span(command == SMFIC_CONNECT ||
	    command == SMFIC_HELO ? &mc->session : &mc->message, out->text);
	return 0;
}

/* Sends one step and waits for its reply, as far as negotiated. */
static int
run_step(struct mclient *mc, char command, const struct span *parts,
    size_t count, struct mclient_answer *out, struct error *e)
{
	const struct step *s = step_of(command);

	*out = (struct mclient_answer){ .kind = SMFIR_CONTINUE };
	if (!is_sent(mc, s))
		return 0;
	if (mwire_put(&mc->wire, command, parts, count, e) != 0)
		return -1;
	if ((mc->terms.steps & s->no_reply) != 0)
		return 0;
	return await(mc, command, out, e);
}

struct arena *
mclient_begin(struct mclient *mc)
{
	mc->edit_count = 0;
	mc->edit_bytes = 0;
	arena_reset(&mc->message);
	return &mc->message;
}

/* A text with its zero, as the protocol has it. */
static struct span
with_zero(const char *text)
{
	return span_make(text, strlen(text) + 1);
}

static struct span
bare_macro(struct span name)
{
	if (name.n > 2 && name.p[0] == '{' && name.p[name.n - 1] == '}')
		return span_make(name.p + 1, name.n - 2);
	return name;
}

/* Lists of macros are separated by blanks, in Sendmail's also by commas. */
static bool
macro_asked(struct span list, struct span name)
{
	struct span part, word;

	if (list.p == NULL)
		return true;
	while (span_cut(&list, ',', &part))
		while (span_word(&part, &word))
			if (span_eq(bare_macro(word), name))
				return true;
	return false;
}

/* Names longer than a letter travel in braces. */
static size_t
macro_parts(const struct mclient_macro *m, struct span name,
    struct span parts[4])
{
	size_t n = 0;

	if (name.n > 1)
		parts[n++] = span_make("{", 1);
	parts[n++] = name;
	parts[n++] = name.n > 1 ? span_make("}", 2) : span_make("", 1);
	parts[n++] = with_zero(m->value);
	return n;
}

int
mclient_macros(struct mclient *mc, char stage,
    const struct mclient_macro *macros, size_t count, struct error *e)
{
	const struct step *s = step_of(stage);
	struct span parts[1 + MACROS_MAX * 4], name;
	size_t i, n = 0;

	if (s->place < 0 || !is_sent(mc, s))
		return 0;
	if (count > MACROS_MAX)
		return error_set(e, "more than %d macros", MACROS_MAX);
	parts[n++] = span_make(&stage, 1);
	for (i = 0; i < count; i++) {
		name = bare_macro(span_of(macros[i].name));
		if (macro_asked(mc->terms.macros[s->place], name))
			n += macro_parts(&macros[i], name, parts + n);
	}
	return n > 1 ? mwire_put(&mc->wire, SMFIC_MACRO, parts, n, e) : 0;
}

static char
family_of(const char *addr)
{
	if (addr == NULL)
		return SMFIA_UNKNOWN;
	if (addr[0] == '/')
		return SMFIA_UNIX;
	return strchr(addr, ':') != NULL ? SMFIA_INET6 : SMFIA_INET;
}

int
mclient_connect(struct mclient *mc, const struct mclient_envelope *env,
    struct mclient_answer *out, struct error *e)
{
	char family = family_of(env->client_addr);
	char port[2] = { (char)(env->client_port >> 8),
	    (char)env->client_port };
	struct span parts[4];
	size_t n = 0;

	parts[n++] = with_zero(env->client_name != NULL ? env->client_name :
	    "localhost");
	parts[n++] = span_make(&family, 1);
	if (family != SMFIA_UNKNOWN) {
		parts[n++] = span_make(port, sizeof(port));
		parts[n++] = with_zero(env->client_addr);
	}
	return run_step(mc, SMFIC_CONNECT, parts, n, out, e);
}

int
mclient_helo(struct mclient *mc, const char *name, struct mclient_answer *out,
    struct error *e)
{
	struct span part = with_zero(name);

	return run_step(mc, SMFIC_HELO, &part, 1, out, e);
}

static int
run_args(struct mclient *mc, char command, const char *const *args,
    struct mclient_answer *out, struct error *e)
{
	struct span parts[ARGS_MAX];
	size_t n;

	for (n = 0; args[n] != NULL; n++) {
		if (n == ARGS_MAX)
			return error_set(e, "more than %d arguments",
			    ARGS_MAX);
		parts[n] = with_zero(args[n]);
	}
	return run_step(mc, command, parts, n, out, e);
}

int
mclient_mail(struct mclient *mc, const char *const *args,
    struct mclient_answer *out, struct error *e)
{
	return run_args(mc, SMFIC_MAIL, args, out, e);
}

int
mclient_rcpt(struct mclient *mc, const char *const *args,
    struct mclient_answer *out, struct error *e)
{
	return run_args(mc, SMFIC_RCPT, args, out, e);
}

int
mclient_data(struct mclient *mc, struct mclient_answer *out, struct error *e)
{
	return run_step(mc, SMFIC_DATA, NULL, 0, out, e);
}

int
mclient_unknown(struct mclient *mc, const char *text,
    struct mclient_answer *out, struct error *e)
{
	struct span part = with_zero(text);

	return run_step(mc, SMFIC_UNKNOWN, &part, 1, out, e);
}

int
mclient_header(struct mclient *mc, struct span name, struct span value,
    struct mclient_answer *out, struct error *e)
{
	struct span zero = span_make("", 1);
	struct span parts[4] = { name, zero, value, zero };

	return run_step(mc, SMFIC_HEADER, parts, 4, out, e);
}

int
mclient_eoh(struct mclient *mc, struct mclient_answer *out, struct error *e)
{
	return run_step(mc, SMFIC_EOH, NULL, 0, out, e);
}

int
mclient_body(struct mclient *mc, struct span chunk,
    struct mclient_answer *out, struct error *e)
{
	assert(chunk.n <= MILTER_CHUNK_SIZE);
	return run_step(mc, SMFIC_BODY, &chunk, 1, out, e);
}

int
mclient_eom(struct mclient *mc, struct mclient_answer *out, struct error *e)
{
	return run_step(mc, SMFIC_BODYEOB, NULL, 0, out, e);
}

static int
send_now(struct mclient *mc, char command, struct error *e)
{
	if (mwire_put(&mc->wire, command, NULL, 0, e) != 0)
		return -1;
	return mwire_flush(&mc->wire, e);
}

int
mclient_abort(struct mclient *mc, struct error *e)
{
	return send_now(mc, SMFIC_ABORT, e);
}

int
mclient_quit(struct mclient *mc, struct error *e)
{
	return send_now(mc, SMFIC_QUIT, e);
}

int
mclient_quit_nc(struct mclient *mc, struct error *e)
{
	mc->greeting = (struct mclient_greeting){ 0 };
	arena_reset(&mc->session);
	return mc->terms.version < 6 ?
	    error_set(e, "this filter cannot keep its connection") :
	    send_now(mc, SMFIC_QUIT_NC, e);
}

struct mclient_greeting *
mclient_greeting(struct mclient *mc)
{
	return &mc->greeting;
}
