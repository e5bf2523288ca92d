/* connection - one SMTP session of the MTA and its current message. */
#include "milter/connection.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "milter/reply.h"

#define NAME_MAX_BYTES 1024	/* of host names and HELO arguments kept */
#define HELD_STEP 65536		/* bytes of header between two counts */

struct connection {
	struct daemon *daemon;
	struct terms terms;
	struct snapshot *snapshot;	/* held: works on the terms */
	struct arrival arrival;
	char *host, *helo;		/* what arrival points to */
	struct scan scan;
	bool in_message;
	bool no_room;			/* the message is not looked at */
	int64_t held;			/* bytes that the gate counts for it */
	int64_t began;			/* steady clock at MAIL */
};

struct connection *
connection_new(struct daemon *d)
{
	struct connection *c = mem_alloc(sizeof(*c));

	c->daemon = d;
	scan_init(&c->scan);
	c->snapshot = current_get(d->current);
	c->terms.needs = ~0u;
	metrics_add(d->services.metrics, METRIC_CONNECTIONS, 1);
	metrics_add(d->services.metrics, METRIC_CONNECTIONS_OPEN, 1);
	return c;
}

void
connection_free(struct connection *c)
{
	if (c == NULL)
		return;
	connection_reset(c);
	metrics_add(c->daemon->services.metrics, METRIC_CONNECTIONS_OPEN, -1);
	scan_done(&c->scan);
	snapshot_put(c->snapshot);
	free(c->host);
	free(c->helo);
	free(c);
}

const struct terms *
connection_terms(const struct connection *c)
{
	return &c->terms;
}

const struct terms *
connection_negotiate(struct connection *c, SMFICTX *ctx,
    unsigned long actions, unsigned long steps)
{
	/* Longest lists first known: i at MAIL (Sendmail), at the end (all). */
	static const struct {
		int stage;
		char macros[32];
	} wanted[] = {
		{SMFIM_CONNECT, "j"},
		{SMFIM_HELO, "j"},
		{SMFIM_ENVFROM, "i {auth_authen}"},
		{SMFIM_ENVRCPT, "i"},
		{SMFIM_EOM, "i"},
	};
	char macros[32];
	size_t i;

	c->terms = terms_make(c->snapshot->needs, actions, steps);
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (!(c->terms.actions & SMFIF_SETSYMLIST))
			break;
		memcpy(macros, wanted[i].macros, sizeof(macros));
		if (smfi_setsymlist(ctx, wanted[i].stage, macros) !=
		    MI_SUCCESS)
			metrics_add(c->daemon->services.metrics,
			    METRIC_PROTOCOL_ERRORS, 1);
	}
	return &c->terms;
}

/* A copy of a foreign name, cut to a sane length. */
static char *
copy_name(const char *name)
{
	struct span s = span_head(span_of(name), NAME_MAX_BYTES);

	return mem_copy(s.p, s.n);
}

/*
 * Submission without SMTP: Sendmail tells no address, Postfix (for
 * non_smtpd_milters) tells port 0 of its own host.
 */
static bool
is_local(const struct sockaddr *sa)
{
	if (sa == NULL)
		return true;
	if (sa->sa_family == AF_INET)
		return ((const struct sockaddr_in *)(const void *)sa)
		    ->sin_port == 0;
	if (sa->sa_family == AF_INET6)
		return ((const struct sockaddr_in6 *)(const void *)sa)
		    ->sin6_port == 0;
	return true;
}

/* A host without a name is told as "unknown" or "[192.0.2.1]". */
static bool
is_host_name(const char *host)
{
	return host[0] != '[' && strcmp(host, "unknown") != 0;
}

void
connection_client(struct connection *c, SMFICTX *ctx, const char *host,
    const struct sockaddr *sa)
{
	struct client *client = &c->arrival.client;

	(void)ctx;
	free(c->host);
	c->host = copy_name(host != NULL && is_host_name(host) ? host : "");
	client->has_ip = ip_from_sockaddr(sa, &client->ip);
	client->name = span_of(c->host);
	client->heard = !(c->terms.steps & SMFIP_NOHELO);
	c->arrival.local = is_local(sa);
	/* Who comes into a drain gets no further. */
	if (c->daemon->services.dns == NULL || !gate_visit(c->daemon->gate))
		return;
	scan_client(&c->scan, snapshot_hold(c->snapshot),
	    &c->daemon->services, &c->arrival, clock_wall());
	gate_depart(c->daemon->gate);
}

void
connection_helo(struct connection *c, const char *helo)
{
	free(c->helo);
	c->helo = copy_name(helo);
	c->arrival.client.helo = span_of(c->helo);
}

/* A macro's value, "" when the MTA did not send it; lives in the callback. */
static struct span
macro(SMFICTX *ctx, const char *name)
{
	char symbol[32];
	const char *value;

	/* Declared without const, though it only reads. */
	memcpy(symbol, name, strlen(name) + 1);
	value = smfi_getsymval(ctx, symbol);
	return span_head(span_of(value), NAME_MAX_BYTES);
}

/* Sendmail names the message at MAIL, Postfix after the first recipient. */
static void
note_queue_id(struct connection *c, SMFICTX *ctx)
{
	scan_queue_id(&c->scan, macro(ctx, "i"));
}

/* The newest generation that this connection's terms allow, held. */
static struct snapshot *
choose_snapshot(struct connection *c)
{
	struct snapshot *newest = current_get(c->daemon->current);

	if (terms_satisfy(&c->terms, newest->needs)) {
		snapshot_put(c->snapshot);
		c->snapshot = newest;
	} else {
		snapshot_put(newest);
	}
	return snapshot_hold(c->snapshot);
}

void
connection_mail(struct connection *c, SMFICTX *ctx, const char *from)
{
	struct snapshot *snapshot;

	connection_reset(c);
	snapshot = choose_snapshot(c);
	c->no_room = !gate_enter(c->daemon->gate, snapshot->limits);
	c->in_message = true;
	c->held = 0;
	c->began = clock_steady();
	c->arrival.user = macro(ctx, "{auth_authen}");
	c->arrival.our_name = macro(ctx, "j");
	c->arrival.authserv_id = c->arrival.our_name.n > 0 ?
	    c->arrival.our_name.p : c->daemon->host_name;
	scan_begin(&c->scan, snapshot, &c->daemon->services, &c->arrival,
	    clock_wall());
	note_queue_id(c, ctx);
	scan_sender(&c->scan, span_of(from));
}

static bool
account(struct connection *c)
{
	int64_t now = (int64_t)message_held(&c->scan.message);
	int64_t change = now - c->held;

	c->held = now;
	return gate_hold(c->daemon->gate, change, c->scan.snapshot->limits);
}

/* Tells the gate how much the message holds; too much, it is let go. */
static void
account_or_let_go(struct connection *c)
{
	if (account(c))
		return;
	c->no_room = true;
	message_drop_body(&c->scan.message);
	account(c);
}

static void
report(struct connection *c, const char *ended, const char *recipient)
{
	struct report r = scan_report(&c->scan, ended);

	r.recipient = message_address(span_of(recipient));
	r.elapsed = clock_steady() - c->began;
	log_report(c->daemon->log, &r);
}

sfsistat
connection_rcpt(struct connection *c, SMFICTX *ctx, const char *to)
{
	const struct decision *d;

	if (!c->in_message)
		return SMFIS_CONTINUE;
	d = scan_recipient(&c->scan, span_of(to));
	if (d->done != ACTION_REJECT)
		return SMFIS_CONTINUE;
	metrics_add(c->daemon->services.metrics, METRIC_RCPT_REFUSED, 1);
	note_queue_id(c, ctx);
	report(c, "recipient", to);
	return reply_refuse(c->daemon, ctx, d);
}

void
connection_header(struct connection *c, const char *name, const char *value)
{
	if (!c->in_message || c->no_room)
		return;
	scan_header(&c->scan, span_of(name), span_of(value));
	/* Not for every small field: the count is shared by all threads. */
	if (message_held(&c->scan.message) > (size_t)c->held + HELD_STEP)
		account_or_let_go(c);
}

bool
connection_body(struct connection *c, const unsigned char *bytes, size_t n)
{
	bool more;

	if (!c->in_message || c->no_room)
		return false;
	more = scan_body(&c->scan, span_make((const char *)bytes, n));
	account_or_let_go(c);
	return more && !c->no_room;
}

sfsistat
connection_end(struct connection *c, SMFICTX *ctx)
{
	struct metrics *metrics = c->daemon->services.metrics;
	struct progress_wait wait;
	const struct decision *d;
	sfsistat status;

	if (!c->in_message)
		return SMFIS_CONTINUE;
	note_queue_id(c, ctx);
	if (c->no_room) {
		d = scan_overload(&c->scan);
	} else {
		progress_enter(c->daemon->progress, &wait, ctx);
		d = scan_end(&c->scan);
		progress_leave(c->daemon->progress, &wait);
	}
	status = reply_message(c->daemon, ctx, &c->terms, d, &c->scan.edits);
	metrics_elapsed(metrics, clock_steady() - c->began);
	report(c, c->no_room ? "overload" : "message", NULL);
	c->in_message = false;
	connection_reset(c);
	gate_leave(c->daemon->gate, c->held);
	return status;
}

void
connection_reset(struct connection *c)
{
	if (c->in_message) {
		metrics_add(c->daemon->services.metrics, METRIC_ABORTED, 1);
		scan_abandon(&c->scan);
		report(c, "aborted", NULL);
		c->in_message = false;
		gate_leave(c->daemon->gate, c->held);
	}
	scan_reset(&c->scan);
}
