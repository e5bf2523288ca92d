/* redislab - private Redis servers for tests. */
#include "test/redislab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_MS 15000
#define ARGUMENTS_MAX 64
#define REPLY_MAX 65536
#define CLUSTER_BUS 10000	/* from a node's port to that of its bus */
#define SLOTS 16384

static char lab_dir[64];

static struct {
	int count;
	struct lab_server {
		pid_t pid;
		int port;
		char address[32], socket[128], options[512];
		bool sentinel;
	} servers[REDISLAB_SERVERS_MAX];
	char reply[REPLY_MAX];
} lab;

static _Noreturn void
lab_die(const char *what)
{
	fprintf(stderr, "FAIL: redis: %s: %s\n", what, strerror(errno));
	printf("0 passed, 1 failed, 0 skipped\n");
	exit(2);
}

static int
lab_remove(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st, (void)kind, (void)ftw;
	return remove(path);
}

static void
lab_end(void)
{
	int i;

	for (i = 0; i < lab.count; i++)
		redislab_signal(i, SIGKILL);
	nftw(lab_dir, lab_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static void
lab_begin(void)
{
	if (lab_dir[0] != '\0')
		return;
	strcpy(lab_dir, "/tmp/postern-redis-XXXXXX");
	if (mkdtemp(lab_dir) == NULL)
		lab_die("folder");
	atexit(lab_end);
}

static void
lab_sleep(int ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

	nanosleep(&t, NULL);
}

static bool
port_free(int port)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	bool is_free;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	is_free = bind(fd, (struct sockaddr *)&in, sizeof(in)) == 0;
	close(fd);
	return is_free;
}

/* A port that is free, as is that of a Cluster's bus. */
static int
port_choose(void)
{
	static unsigned next;
	int tries, port;

	if (next == 0)
		next = (unsigned)getpid() * 37;
	for (tries = 0; tries < 10000; tries++) {
		port = 20000 + (int)(next++ % 10000);
		if (port_free(port) && port_free(port + CLUSTER_BUS))
			return port;
	}
	lab_die("no free port");
}

static size_t
words_split(char *text, const char **out, size_t room)
{
	char *save, *word;
	size_t n = 0;

	for (word = strtok_r(text, " ", &save); word != NULL && n < room;
	    word = strtok_r(NULL, " ", &save))
		out[n++] = word;
	return n;
}

/* In the child: becomes the server. */
static _Noreturn void
server_exec(const struct lab_server *s)
{
	char port[16], log[160], options[512], conf[160], dump[32];
	const char *argv[ARGUMENTS_MAX] = {"redis-server", "--port", port,
	    "--bind", "127.0.0.1", "--unixsocket", s->socket, "--save", "",
	    "--appendonly", "no", "--dir", lab_dir, "--logfile", log,
	    "--dbfilename", dump, NULL};
	size_t n = 17;

	/* Whatever happens to the test, its servers end. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(port, sizeof(port), "%d", s->port);
	snprintf(log, sizeof(log), "%s.log", s->socket);
	snprintf(dump, sizeof(dump), "%d.rdb", s->port);
	snprintf(options, sizeof(options), "%s", s->options);
	n += words_split(options, argv + n, ARGUMENTS_MAX - n - 1);
	argv[n] = NULL;
	if (s->sentinel) {
		snprintf(conf, sizeof(conf), "%s.conf", s->socket);
		argv[1] = conf;
		argv[2] = "--sentinel";
		argv[3] = NULL;
	}
	execvp(argv[0], (char *const *)argv);
	fprintf(stderr, "redis-server: %s\n", strerror(errno));
	_exit(127);
}

void
redislab_launch(int server)
{
	struct lab_server *s = &lab.servers[server];
	int null;

	fflush(NULL);
	s->pid = fork();
	if (s->pid < 0)
		lab_die("fork");
	if (s->pid > 0)
		return;
	null = open("/dev/null", O_RDWR);
	dup2(null, 0);
	dup2(null, 1);
	server_exec(s);
}

bool
redislab_again(int server)
{
	int left;

	redislab_launch(server);
	for (left = START_MS; left > 0; left -= 20) {
		if (strcmp(redislab_say(server, "PING"), "(none)") != 0)
			return true;
		if (waitpid(lab.servers[server].pid, NULL, WNOHANG) > 0)
			break;
		lab_sleep(20);
	}
	return false;
}

/* A place for one more server. */
static int
lab_add(const char *options)
{
	struct lab_server *s = &lab.servers[lab.count];

	lab_begin();
	if (lab.count == REDISLAB_SERVERS_MAX)
		lab_die("too many servers");
	s->port = port_choose();
	snprintf(s->address, sizeof(s->address), "127.0.0.1:%d", s->port);
	snprintf(s->socket, sizeof(s->socket), "%s/%d", lab_dir, lab.count);
	snprintf(s->options, sizeof(s->options), "%s", options);
	return lab.count++;
}

int
redislab_start(const char *options)
{
	int server = lab_add(options);

	if (!redislab_again(server))
		lab_die("redis-server does not start; make deps installs it");
	return server;
}

int
redislab_sentinel(int watched)
{
	int server = lab_add("");
	struct lab_server *s = &lab.servers[server];
	char conf[160];
	FILE *f;

	s->sentinel = true;
	snprintf(conf, sizeof(conf), "%s.conf", s->socket);
	f = fopen(conf, "w");
	if (f == NULL)
		lab_die(conf);
	fprintf(f, "port %d\nbind 127.0.0.1\ndir %s\nlogfile %s.log\n"
	    "sentinel monitor postern 127.0.0.1 %d 1\n"
	    "sentinel down-after-milliseconds postern 300\n"
	    "sentinel failover-timeout postern 2000\n", s->port, lab_dir,
	    s->socket, lab.servers[watched].port);
	fclose(f);
	if (!redislab_again(server))
		lab_die("redis-sentinel does not start");
	return server;
}

int
redislab_cluster(int count, const char *options)
{
	int first = lab.count, i;
	char words[512];

	for (i = 0; i < count; i++) {
		snprintf(words, sizeof(words), "--cluster-enabled yes "
		    "--cluster-node-timeout 2000 --cluster-config-file "
		    "nodes.%d %s", lab.count, options);
		redislab_start(words);
		snprintf(words, sizeof(words), "CLUSTER ADDSLOTSRANGE %d %d",
		    SLOTS * i / count, SLOTS * (i + 1) / count - 1);
		redislab_say(first + i, words);
		snprintf(words, sizeof(words), "CLUSTER SET-CONFIG-EPOCH %d",
		    i + 1);
		redislab_say(first + i, words);
		snprintf(words, sizeof(words), "CLUSTER MEET 127.0.0.1 %d",
		    lab.servers[first].port);
		redislab_say(first + i, words);
	}
	for (i = 0; i < count; i++)
		if (!redislab_until(first + i, "CLUSTER INFO",
			"cluster_state:ok", START_MS))
			lab_die("the Cluster does not come together");
	return first;
}

const char *
redislab_address(int server)
{
	return lab.servers[server].address;
}

const char *
redislab_socket(int server)
{
	static char text[REDISLAB_SERVERS_MAX][160];

	snprintf(text[server], sizeof(text[server]), "unix:%s",
	    lab.servers[server].socket);
	return text[server];
}

int
redislab_port(int server)
{
	return lab.servers[server].port;
}

void
redislab_signal(int server, int signal)
{
	struct lab_server *s = &lab.servers[server];

	if (s->pid <= 0)
		return;
	kill(s->pid, signal);
	if (signal != SIGKILL && signal != SIGTERM)
		return;
	waitpid(s->pid, NULL, 0);
	s->pid = 0;
}

static void
reply_print(const redisReply *r, char *out, size_t room)
{
	size_t i, n;

	switch (r->type) {
	case REDIS_REPLY_NIL:
		snprintf(out, room, "(nil)");
		return;
	case REDIS_REPLY_INTEGER:
		snprintf(out, room, "%lld", r->integer);
		return;
	case REDIS_REPLY_ARRAY:
		out[0] = '\0';
		for (i = 0; i < r->elements; i++) {
			n = strlen(out);
			if (i > 0 && n + 2 < room)
				strcpy(out + n++, " ");
			reply_print(r->element[i], out + n, room - n);
		}
		return;
	default:
		snprintf(out, room, "%s%.*s",
		    r->type == REDIS_REPLY_ERROR ? "-" : "", (int)r->len,
		    r->str);
	}
}

const char *
redislab_say_as(int server, const char *user, const char *password,
    const char *words)
{
	const char *argv[ARGUMENTS_MAX];
	struct timeval limit = {5, 0};
	redisContext *c;
	redisReply *r = NULL;
	char *copy = strdup(words);
	size_t n = words_split(copy, argv, ARGUMENTS_MAX);

	strcpy(lab.reply, "(none)");
	c = redisConnectWithTimeout("127.0.0.1", lab.servers[server].port,
	    limit);
	if (c != NULL && c->err == 0) {
		redisSetTimeout(c, limit);
		if (user != NULL)
			freeReplyObject(redisCommand(c, "AUTH %s %s", user,
			    password));
		r = redisCommandArgv(c, (int)n, argv, NULL);
	}
	if (r != NULL) {
		reply_print(r, lab.reply, sizeof(lab.reply));
		freeReplyObject(r);
	}
	if (c != NULL)
		redisFree(c);
	free(copy);
	return lab.reply;
}

const char *
redislab_say(int server, const char *words)
{
	return redislab_say_as(server, NULL, NULL, words);
}

bool
redislab_until(int server, const char *words, const char *contained, int ms)
{
	for (; ms > 0; ms -= 20) {
		if (strstr(redislab_say(server, words), contained) != NULL)
			return true;
		lab_sleep(20);
	}
	return false;
}

long long
redislab_info(int server, const char *section, const char *name)
{
	char words[64];
	const char *p;
	size_t n = strlen(name);

	snprintf(words, sizeof(words), "INFO %s", section);
	for (p = redislab_say(server, words); p != NULL; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, name, n) == 0 && (p[n] == ':' || p[n] == '='))
			return atoll(p + n + 1);
	}
	return -1;
}
