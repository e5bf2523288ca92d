/* callbacks - libmilter's table. */
#include "milter/callbacks.h"

#include <libmilter/mfapi.h>
#include <stdio.h>
#include <string.h>

#include "milter/connection.h"

/* A header field may have this many bytes; the default drops the connection. */
#define DATA_SIZE_MAX (1 << 20)

/* Longer than any MTA keeps an idle connection (Postfix: 300 s). */
#define IDLE_TIMEOUT 7210

/* libmilter's callbacks get no pointer of ours: the only writable global. */
static struct daemon *the_daemon;

/* The connection, made when the first callback comes. */
static struct connection *
connection_of(SMFICTX *ctx)
{
	struct connection *c = smfi_getpriv(ctx);

	if (c == NULL) {
		c = connection_new(the_daemon);
		smfi_setpriv(ctx, c);
	}
	return c;
}

/* Goes on; silently where the reply was negotiated away. */
static sfsistat
go_on(const struct connection *c, unsigned long no_reply)
{
	return connection_terms(c)->steps & no_reply ?
	    SMFIS_NOREPLY : SMFIS_CONTINUE;
}

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps,
    unsigned long more, unsigned long most, unsigned long *our_actions,
    unsigned long *our_steps, unsigned long *our_more,
    unsigned long *our_most)
{
	const struct terms *terms;

	(void)more;
	(void)most;
	terms = connection_negotiate(connection_of(ctx), ctx, actions, steps);
	*our_actions = terms->actions;
	*our_steps = terms->steps;
	*our_more = 0;
	*our_most = 0;
	return SMFIS_CONTINUE;
}

static sfsistat
on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *sa)
{
	struct connection *c = connection_of(ctx);

	connection_client(c, ctx, host, sa);
	return go_on(c, SMFIP_NR_CONN);
}

static sfsistat
on_helo(SMFICTX *ctx, char *helo)
{
	struct connection *c = connection_of(ctx);

	connection_helo(c, helo);
	return go_on(c, SMFIP_NR_HELO);
}

static sfsistat
on_mail(SMFICTX *ctx, char **args)
{
	struct connection *c = connection_of(ctx);

	connection_mail(c, ctx, args[0]);
	return go_on(c, SMFIP_NR_MAIL);
}

static sfsistat
on_rcpt(SMFICTX *ctx, char **args)
{
	struct connection *c = connection_of(ctx);
	sfsistat status = connection_rcpt(c, ctx, args[0]);

	return status == SMFIS_CONTINUE ? go_on(c, SMFIP_NR_RCPT) : status;
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	struct connection *c = connection_of(ctx);

	connection_header(c, name, value);
	return go_on(c, SMFIP_NR_HDR);
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *bytes, size_t n)
{
	struct connection *c = connection_of(ctx);

	if (!connection_body(c, bytes, n) &&
	    (connection_terms(c)->steps & SMFIP_SKIP))
		return SMFIS_SKIP;
	return go_on(c, SMFIP_NR_BODY);
}

static sfsistat
on_end(SMFICTX *ctx)
{
	return connection_end(connection_of(ctx), ctx);
}

/* Comes also where no message is: after a refusal, for instance. */
static sfsistat
on_abort(SMFICTX *ctx)
{
	struct connection *c = smfi_getpriv(ctx);

	if (c != NULL)
		connection_reset(c);
	return SMFIS_CONTINUE;
}

/* May come without any other callback before it. */
static sfsistat
on_close(SMFICTX *ctx)
{
	struct connection *c = smfi_getpriv(ctx);

	smfi_setpriv(ctx, NULL);
	connection_free(c);
	return SMFIS_CONTINUE;
}

int
callbacks_register(struct daemon *daemon, int fd, struct error *error)
{
	static char name[] = "postern";
	struct smfiDesc table = {
		.xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_ADDHDRS | SMFIF_CHGHDRS |
		    SMFIF_QUARANTINE | SMFIF_SETSYMLIST,
		.xxfi_connect = on_connect,
		.xxfi_helo = on_helo,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_header = on_header,
		.xxfi_body = on_body,
		.xxfi_eom = on_end,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_negotiate = on_negotiate,
	};
	char socket[32];

	the_daemon = daemon;
	snprintf(socket, sizeof(socket), "fd:%d", fd);
	if (smfi_register(table) != MI_SUCCESS ||
	    smfi_setconn(socket) != MI_SUCCESS ||
	    smfi_setmaxdatasize(DATA_SIZE_MAX) == 0 ||
	    smfi_settimeout(IDLE_TIMEOUT) != MI_SUCCESS)
		return error_set(error, "libmilter refused to start");
	return 0;
}
