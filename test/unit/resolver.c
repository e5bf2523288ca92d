/*
 * resolver - whom the commands on domains ask, and how they end.  Of two
 * servers the one in the configuration says that nothing exists, the other,
 * for --server, that it failed: so the status tells who was asked.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sysexits.h>

#include "ctl/resolver.h"
#include "test/unit/folder.h"
#include "test/unit/test.h"

#define PACKET_MAX 4096
#define HEADER_BYTES 12
#define ARGUMENTS_MAX 8
#define SERVFAIL 2
#define NXDOMAIN 3

struct server {
	int fd;
	unsigned char code;
	char address[32];
	pthread_t thread;
};

/* The question sent back as its answer; an empty packet ends it. */
static void *
serve(void *arg)
{
	const struct server *s = arg;
	unsigned char packet[PACKET_MAX];
	struct sockaddr_in peer;
	socklen_t n = sizeof(peer);
	ssize_t bytes;

	while ((bytes = recvfrom(s->fd, packet, sizeof(packet), 0,
	    (struct sockaddr *)&peer, &n)) > 0) {
		if (bytes < HEADER_BYTES)
			continue;
		packet[2] |= 0x80;
		packet[3] = 0x80 | s->code;
		sendto(s->fd, packet, (size_t)bytes, 0,
		    (struct sockaddr *)&peer, n);
	}
	return NULL;
}

static bool
server_start(struct server *s, unsigned char code)
{
	struct sockaddr_in own = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(own);

	s->code = code;
	s->fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(s->fd, (struct sockaddr *)&own, n) != 0 ||
	    getsockname(s->fd, (struct sockaddr *)&own, &n) != 0)
		return false;
	snprintf(s->address, sizeof(s->address), "127.0.0.1@%u",
	    ntohs(own.sin_port));
	return pthread_create(&s->thread, NULL, serve, s) == 0;
}

/* It sends the empty packet to itself. */
static void
server_stop(struct server *s)
{
	struct sockaddr_in own;
	socklen_t n = sizeof(own);

	getsockname(s->fd, (struct sockaddr *)&own, &n);
	sendto(s->fd, "", 0, 0, (struct sockaddr *)&own, n);
	pthread_join(s->thread, NULL);
	close(s->fd);
}

/* "@" is the other server. */
static const struct row {
	const char *name, *conf, *override, *command;
	int status;
} rows[] = {
	{ "by configuration", "good", NULL, "dmarc explain example.com",
	    EX_OK },
	{ "by configuration", "good", NULL, "dkim testkey example.com s",
	    EX_DATAERR },
	{ "by configuration", "good", NULL, "domain check example.com",
	    EX_DATAERR },
	{ "by server", "good", NULL, "dmarc explain --server @ example.com",
	    EX_TEMPFAIL },
	{ "by server", "good", NULL, "dkim testkey --server @ example.com s",
	    EX_TEMPFAIL },
	{ "by server", "good", NULL, "domain check --server @ example.com",
	    EX_TEMPFAIL },
	{ "by override", "good", "dns.forwarders=@",
	    "dmarc explain example.com", EX_TEMPFAIL },
	{ "configuration not needed", "absent", NULL,
	    "dmarc explain --server @ example.com", EX_TEMPFAIL },
	{ "no configuration", "absent", NULL, "dmarc explain example.com",
	    EX_CONFIG },
	{ "no configuration", "absent", NULL, "dkim testkey example.com s",
	    EX_CONFIG },
	{ "no configuration", "absent", NULL, "domain check example.com",
	    EX_CONFIG },
	{ "faulty configuration", "bad", NULL, "dmarc explain example.com",
	    EX_CONFIG },
	{ "no server of that address", "good", NULL,
	    "dmarc explain --server x example.com", EX_UNAVAILABLE },
	{ "no domain", "good", NULL, "dmarc explain a..b", EX_USAGE },
	{ "no domain", "good", NULL, "dkim testkey a..b s", EX_USAGE },
	{ "no domain", "good", NULL, "domain check a..b", EX_USAGE },
	{ "no argument", "good", NULL, "dmarc explain", EX_USAGE },
	{ "no argument", "good", NULL, "dkim testkey example.com", EX_USAGE },
	{ "no argument", "good", NULL, "domain check --server @", EX_USAGE },
	{ "no server", "good", NULL, "dmarc explain --server", EX_USAGE },
};

/* What stands for "@" in word. */
static const char *
filled(struct arena *arena, const char *word, const struct server *other)
{
	size_t at = strcspn(word, "@");

	return word[at] == '\0' ? word : arena_printf(arena, "%.*s%s",
	    (int)at, word, other->address).p;
}

static int
run_command(const struct globals *g, int argc, char **argv)
{
	return strcmp(argv[0], "dmarc") == 0 ? dmarc_main(g, argc, argv) :
	    strcmp(argv[0], "dkim") == 0 ? dkim_main(g, argc, argv) :
	    domain_main(g, argc, argv);
}

static void
run(const struct row *row, struct arena *arena, const struct server *other)
{
	struct globals g = { .conf = folder_path(row->conf) };
	struct span rest = span_of(row->command), word;
	char *argv[ARGUMENTS_MAX + 1] = { NULL };
	int argc = 0;

	if (row->override != NULL)
		g.overrides[g.override_count++] =
		    filled(arena, row->override, other);
	while (argc < ARGUMENTS_MAX && span_word(&rest, &word))
		argv[argc++] = arena_string(arena, span_of(filled(arena,
		    arena_string(arena, word), other)));
	if (!CHECK(row->name, run_command(&g, argc, argv) == row->status))
		fprintf(stderr, "  %s\n", row->command);
}

int
main(void)
{
	struct server configured, other;
	struct arena arena;
	size_t i;

	arena_init(&arena);
	folder_begin();
	if (!server_start(&configured, NXDOMAIN) ||
	    !server_start(&other, SERVFAIL))
		return 1;
	folder_file("good", arena_printf(&arena, "dns { enabled = no\n"
	    "local_zones = yes\nforwarders = \"%s\" }\n",
	    configured.address).p);
	folder_file("bad", "dns { forwarders = }\n");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run(&rows[i], &arena, &other);
	server_stop(&configured);
	server_stop(&other);
	folder_end();
	arena_done(&arena);
	return test_end();
}
