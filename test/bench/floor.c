/*
 * floor - a filter that does nothing but what it is told to pretend: the cost
 * of libmilter itself, against which Postern is measured.  It takes the same
 * steps and replies away and makes the same header edits.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include <libmilter/mfapi.h>

#define INSERTS_MAX 64
#define DATA_MAX (1 << 20)	/* longest packet that libmilter takes */
#define BACKLOG 1024

/* What libmilter's callbacks need; they carry no argument of their own. */
static struct {
	unsigned long steps;
	unsigned long actions;
	char *macros[SMFIM_LAST + 1];	/* NULL: as the MTA likes */
	size_t count;
	struct {
		char *name;
		char *value;
	} inserts[INSERTS_MAX];
} floor_plan = { .actions = SMFIF_ADDHDRS };

/* A reply that was negotiated away must not be given. */
static sfsistat
reply(unsigned long no_reply)
{
	return (floor_plan.steps & no_reply) != 0 ? SMFIS_NOREPLY :
	    SMFIS_CONTINUE;
}

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long offered,
    unsigned long f2, unsigned long f3, unsigned long *pactions,
    unsigned long *psteps, unsigned long *pf2, unsigned long *pf3)
{
	int i;

	(void)f2;
	(void)f3;
	for (i = SMFIM_FIRST; i <= SMFIM_LAST; i++)
		if (floor_plan.macros[i] != NULL)
			smfi_setsymlist(ctx, i, floor_plan.macros[i]);
	*pactions = actions & floor_plan.actions;
	*psteps = offered & floor_plan.steps;
	*pf2 = 0;
	*pf3 = 0;
	return SMFIS_CONTINUE;
}

static sfsistat
on_connect(SMFICTX *ctx, char *name, struct sockaddr *sa)
{
	(void)ctx;
	(void)name;
	(void)sa;
	return reply(SMFIP_NR_CONN);
}

static sfsistat
on_helo(SMFICTX *ctx, char *name)
{
	(void)ctx;
	(void)name;
	return reply(SMFIP_NR_HELO);
}

static sfsistat
on_mail(SMFICTX *ctx, char **args)
{
	(void)ctx;
	(void)args;
	return reply(SMFIP_NR_MAIL);
}

static sfsistat
on_rcpt(SMFICTX *ctx, char **args)
{
	(void)ctx;
	(void)args;
	return reply(SMFIP_NR_RCPT);
}

static sfsistat
on_data(SMFICTX *ctx)
{
	(void)ctx;
	return reply(SMFIP_NR_DATA);
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	(void)ctx;
	(void)name;
	(void)value;
	return reply(SMFIP_NR_HDR);
}

static sfsistat
on_eoh(SMFICTX *ctx)
{
	(void)ctx;
	return reply(SMFIP_NR_EOH);
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *bytes, size_t n)
{
	(void)ctx;
	(void)bytes;
	(void)n;
	return reply(SMFIP_NR_BODY);
}

static sfsistat
on_eom(SMFICTX *ctx)
{
	size_t i;

	for (i = 0; i < floor_plan.count; i++)
		if (smfi_insheader(ctx, 0, floor_plan.inserts[i].name,
		    floor_plan.inserts[i].value) != MI_SUCCESS)
			return SMFIS_TEMPFAIL;
	return SMFIS_CONTINUE;
}

static int
add_insert(char *field)
{
	char *colon = strchr(field, ':');

	if (colon == NULL || floor_plan.count == INSERTS_MAX)
		return -1;
	*colon++ = '\0';
	floor_plan.inserts[floor_plan.count].name = field;
	floor_plan.inserts[floor_plan.count++].value = colon +
	    (*colon == ' ');
	return 0;
}

/* "PLACE:NAMES", PLACE being a digit, SMFIM_*. */
static int
add_macros(char *list)
{
	if (list[0] < '0' || list[0] > '0' + SMFIM_LAST || list[1] != ':')
		return -1;
	floor_plan.macros[list[0] - '0'] = list + 2;
	return 0;
}

static int
listen_inet(const char *where)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	const char *at = strchr(where, '@');
	int one = 1, fd;

	sin.sin_port = htons((unsigned short)atoi(where));
	if (at == NULL || inet_pton(AF_INET, at + 1, &sin.sin_addr) != 1)
		return -1;
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	/* Inherited by accepted sockets; else each edit waits for an ACK. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0 ? fd : -1;
}

static int
listen_unix(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path))
		return -1;
	strcpy(sun.sun_path, path);
	unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0)
		return -1;
	return bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0 ? fd : -1;
}

/* A descriptor of ours, as Debian's libmilter takes it ("fd:N"). */
static int
set_socket(const char *address)
{
	char conn[32];
	int fd = -1;

	if (strncmp(address, "inet:", 5) == 0)
		fd = listen_inet(address + 5);
	else if (strncmp(address, "unix:", 5) == 0)
		fd = listen_unix(address + 5);
	if (fd < 0 || listen(fd, BACKLOG) != 0) {
		fprintf(stderr, "floor: %s: %s\n", address, strerror(errno));
		return -1;
	}
	snprintf(conn, sizeof(conn), "fd:%d", fd);
	return smfi_setconn(conn);
}

static int
usage(void)
{
	fputs("usage: floor --socket inet:port@127.0.0.1|unix:/path "
	    "[--pflags 0xN]\n    [--actions 0xN] [--macros PLACE:NAMES] ... "
	    "[--insert \"Name: value\"] ...\n", stderr);
	return EX_USAGE;
}

static int
run(const char *address)
{
	struct smfiDesc desc = {
		.xxfi_name = strdup("floor"),
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = floor_plan.actions,
		.xxfi_connect = on_connect,
		.xxfi_helo = on_helo,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_header = on_header,
		.xxfi_eoh = on_eoh,
		.xxfi_body = on_body,
		.xxfi_eom = on_eom,
		.xxfi_data = on_data,
		.xxfi_negotiate = on_negotiate,
	};

	smfi_setmaxdatasize(DATA_MAX);
	smfi_setbacklog(BACKLOG);
	if (set_socket(address) != MI_SUCCESS ||
	    smfi_register(desc) != MI_SUCCESS || smfi_main() != MI_SUCCESS)
		return EX_UNAVAILABLE;
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "pflags", required_argument, NULL, 'p' },
		{ "actions", required_argument, NULL, 'a' },
		{ "macros", required_argument, NULL, 'm' },
		{ "insert", required_argument, NULL, 'i' },
		{ NULL, 0, NULL, 0 },
	};
	const char *address = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 's')
			address = optarg;
		else if (c == 'p')
			floor_plan.steps = strtoul(optarg, NULL, 0);
		else if (c == 'a')
			floor_plan.actions = strtoul(optarg, NULL, 0);
		else if (!(c == 'm' && add_macros(optarg) == 0) &&
		    !(c == 'i' && add_insert(optarg) == 0))
			return usage();
	}
	return address != NULL && optind == argc ? run(address) : usage();
}
