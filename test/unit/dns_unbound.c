/*
 * dns_unbound - libunbound against a real server and against a hostile one,
 * on loopback.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "test/unit/dns_ask.h"
#include "test/unit/test.h"

#define PYTHON "/usr/bin/python3"
#define NSD "/usr/sbin/nsd"
#define TIMEOUT 1500	/* ms for one question */

struct server {
	pid_t pid;
	int port;
	int stdin_fd;	/* -1 when it has none of ours */
	char forwarder[32];
};

/* Its first line is the port. */
static bool
hostile_start(struct server *s)
{
	int in[2], out[2];
	char line[16];
	FILE *f;

	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		abort();
	s->pid = fork();
	if (s->pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		execl(PYTHON, PYTHON, "test/dns/hostile.py", NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	s->stdin_fd = in[1];
	f = fdopen(out[0], "r");
	s->port = fgets(line, sizeof(line), f) != NULL ? atoi(line) : 0;
	fclose(f);
	snprintf(s->forwarder, sizeof(s->forwarder), "127.0.0.1@%d",
	    s->port);
	return s->port != 0;
}

static void
server_stop(struct server *s)
{
	if (s->stdin_fd >= 0)
		close(s->stdin_fd);
	else
		kill(s->pid, SIGTERM);
	waitpid(s->pid, NULL, 0);
}

static struct dns *
unbound_new(const char *forwarder, const char *anchor, int64_t timeout)
{
	const char *forwarders[] = {forwarder, NULL};
	struct dns_settings settings = {.forwarders = forwarders,
	    .trust_anchor = anchor, .cache_bytes = 1 << 20,
	    .timeout = timeout, .local_zones = true};
	struct error e;
	struct dns *dns = dns_unbound(&settings, &e);

	if (dns == NULL)
		fprintf(stderr, "FAIL: %s\n", e.text);
	return dns;
}

struct ask_row {
	const char *row, *name;
	enum dns_type type;
	const char *expected;	/* what comes first; "failed" for any why */
};

/* All at once, as a message does. */
static void
test_rows(struct dns *dns, const struct ask_row *rows, size_t n)
{
	struct dns_job *jobs[64];
	struct buf out;
	size_t i;

	buf_init(&out, 65536);
	for (i = 0; i < n; i++)
		jobs[i] = one_start(dns, rows[i].name, rows[i].type);
	for (i = 0; i < n; i++) {
		CHECK(rows[i].row, one_end(jobs[i], TIMEOUT + 500, &out));
		if (strcmp(rows[i].expected, "failed") == 0)
			buf_contents(&out).n > 6 ? out.p[6] = '\0' : 0;
		CHECK_TEXT(rows[i].row, buf_string(&out), rows[i].expected);
	}
	buf_done(&out);
}

static const struct ask_row hostile_rows[] = {
	{"address", "ok.test", DNS_A, "found 192.0.2.1"},
	{"IPv6", "ok.test", DNS_AAAA, "found 2001:db8::1"},
	{"mx in lower case", "ok.test", DNS_MX, "found 10:mail.test"},
	{"txt", "ok.test", DNS_TXT, "found hello"},
	{"private reverse zone", "1.0.0.10.in-addr.arpa", DNS_PTR,
	    "found host.test"},
	{"alias", "alias.test", DNS_A, "found 192.0.2.1"},
	{"nothing", "nxdomain.test", DNS_A, "nxdomain"},
	{"no data", "nodata.test", DNS_A, "nodata"},
	{"no data, no SOA", "nosoa.test", DNS_A, "nodata"},
	{"no reply", "drop.test", DNS_A, "failed timeout"},
	{"reply in time", "late300.test", DNS_A, "found 192.0.2.1"},
	{"SERVFAIL", "servfail.test", DNS_A, "failed servfail"},
	{"REFUSED", "refused.test", DNS_A, "failed servfail"},
	{"NOTIMP", "notimp.test", DNS_A, "failed"},
	{"wrong id", "wrongid.test", DNS_A, "failed"},
	{"wrong question", "wrongquestion.test", DNS_A, "failed"},
	{"a lie, then the truth", "liar.test", DNS_A, "found 192.0.2.1"},
	{"half a header", "short.test", DNS_A, "failed"},
	{"cut off", "cut.test", DNS_A, "failed"},
	{"wrong count", "counted.test", DNS_A, "failed"},
	{"alias of itself", "self.test", DNS_A, "failed servfail"},
	{"alias loop", "loop.test", DNS_A, "failed servfail"},
	{"string past its record", "badtxt.test", DNS_TXT, "failed"},
	{"no string", "emptytxt.test", DNS_TXT, "failed"},
	{"three bytes of address", "bada.test", DNS_A,
	    "failed malformed answer"},
	{"one byte of MX", "badmx.test", DNS_MX, "failed"},
	{"pointer to nowhere", "pointer.test", DNS_PTR, "failed"},
	{"dot within a label", "dotted.test", DNS_PTR,
	    "found mail\\046bank.te\\032st"},
	{"too long by TCP", "huge.test", DNS_TXT, "failed oversized answer"},
	{"truncated, no TCP", "notcp.test", DNS_TXT, "failed"},
	{"odd bytes in the question", "a b\\c\xff.test", DNS_A,
	    "found 192.0.2.1"},
};

static const struct dns_answer *
wait_for(struct dns_job *job)
{
	const struct one *one = dns_job_state(job);

	dns_job_wait(job, TIMEOUT + 500);
	return one->answer;
}

static void
test_tcp(struct dns *dns)
{
	struct dns_job *trunc = one_start(dns, "trunc.test", DNS_TXT);
	struct dns_job *big = one_start(dns, "big.test", DNS_TXT);
	struct dns_job *many = one_start(dns, "many.test", DNS_A);
	struct dns_job *zero = one_start(dns, "zero.test", DNS_TXT);
	const struct dns_answer *a;

	a = wait_for(trunc);
	CHECK("truncated", a->count == 1 && a->records[0].data.n == 3000);
	a = wait_for(big);
	CHECK("big", a->count == 1 && a->records[0].data.n == DNS_TXT_MAX);
	a = wait_for(many);
	CHECK("many", a->count == DNS_RECORDS_MAX);
	a = wait_for(zero);
	CHECK("zero", a->count == 1 && a->records[0].data.n == 4 &&
	    memcmp(a->records[0].data.p, "a\0b\xff", 4) == 0);
	CHECK("not secure", !a->secure && a->ttl == 60);
	dns_job_free(trunc);
	dns_job_free(big);
	dns_job_free(many);
	dns_job_free(zero);
}

/* What the server was asked, and what we answered ourselves. */
static void
test_cached(struct dns *dns)
{
	static const struct ask_row before[] = {
		{"ttl 1", "ttl1.test", DNS_A, "found 192.0.2.1"},
		{"ttl 0", "ttl0.test", DNS_A, "found 192.0.2.1"},
	}, after[] = {
		{"asked twice", "count-ttl1.test", DNS_TXT, "found 2"},
		{"asked three times", "count-ttl0.test", DNS_TXT, "found 3"},
		{"asked once", "count-nodata.test", DNS_TXT, "found 1"},
	};

	test_rows(dns, before, 2);
	test_rows(dns, before, 2);
	sleep_ms(2100);	/* the library counts whole seconds */
	test_rows(dns, before, 2);
	test_rows(dns, after, 3);
}

/* At the time-out all give up; the answer is there for the next message. */
static void
test_late(const struct server *s)
{
	struct dns *dns = unbound_new(s->forwarder, "", 150);
	struct dns_job *job = one_start(dns, "late300-x.test", DNS_A);
	int64_t before = clock_steady();
	struct buf out;

	buf_init(&out, 1024);
	CHECK("late", one_end(job, 2000, &out));
	CHECK_TEXT("late", buf_string(&out), "failed timeout");
	CHECK("late", clock_steady() - before < 210);
	sleep_ms(300);
	job = one_start(dns, "late300-x.test", DNS_A);
	CHECK("late", one_end(job, 0, &out));
	CHECK_TEXT("late", buf_string(&out), "found 192.0.2.1");
	buf_done(&out);
	dns_free(dns);
}

/* Many at a time, some never answered, and an end in their midst. */
static void
test_flood(const struct server *s)
{
	struct dns *dns = unbound_new(s->forwarder, "", TIMEOUT);
	struct dns_job *jobs[200];
	char name[32];
	unsigned i, found = 0;

	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "%s.n%u.test",
		    i % 4 == 0 ? "drop" : "ok", i);
		jobs[i] = one_start(dns, name, DNS_A);
	}
	for (i = 0; i < 200; i++) {
		if (i % 4 == 0)
			continue;
		found += dns_job_wait(jobs[i], TIMEOUT) &&
		    wait_for(jobs[i])->status == DNS_FOUND;
	}
	CHECK("flood", found == 150);
	for (i = 0; i < 200; i++)
		dns_job_free(jobs[i]);
	dns_free(dns);
}

static void
test_hostile(void)
{
	struct server s;
	struct dns *dns;

	if (!hostile_start(&s)) {
		CHECK("hostile server", false);
		return;
	}
	dns = unbound_new(s.forwarder, "", TIMEOUT);
	test_rows(dns, hostile_rows,
	    sizeof(hostile_rows) / sizeof(hostile_rows[0]));
	test_tcp(dns);
	test_cached(dns);
	dns_free(dns);
	test_late(&s);
	test_flood(&s);
	server_stop(&s);
}

static const struct ask_row zone_rows[] = {
	{"address", "postern.example", DNS_A, "found 192.0.2.1"},
	{"txt of two strings", "postern.example", DNS_TXT,
	    "found v=spf1 mx -all"},
	{"name server", "postern.example", DNS_NS,
	    "found ns.postern.example"},
	{"alias", "www.postern.example", DNS_CNAME, "found postern.example"},
	{"through an alias", "www.postern.example", DNS_A,
	    "found 192.0.2.1"},
	{"reverse", "2.2.0.192.postern.example", DNS_PTR,
	    "found mail.postern.example"},
	{"nothing", "gone.postern.example", DNS_A, "nxdomain"},
	{"no data", "mail.postern.example", DNS_TXT, "nodata"},
	{"empty non-terminal", "nothing.postern.example", DNS_TXT, "nodata"},
	{"empty text", "under.nothing.postern.example", DNS_TXT, "found "},
};

static const struct ask_row forged_rows[] = {
	{"RFC 4035 4.3: bogus", "forged.postern.example", DNS_A,
	    "failed bogus"},
};

/* A socket of that type on the port, or on any if it is 0; -1 if taken. */
static int
bind_port(int type, int *port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)*port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(sin);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&sin, n) != 0 ||
	    getsockname(fd, (struct sockaddr *)&sin, &n) != 0) {
		close(fd);
		return -1;
	}
	*port = ntohs(sin.sin_port);
	return fd;
}

/* A port that nobody has just now, of either protocol. */
static int
free_port(void)
{
	int port, udp, tcp;

	do {
		port = 0;
		udp = bind_port(SOCK_DGRAM, &port);
		tcp = bind_port(SOCK_STREAM, &port);
		close(udp);
	} while (tcp < 0);
	close(tcp);
	return port;
}

/* Asks for the root until there is a reply. */
static bool
port_answers(int port)
{
	static const char query[] = "\0\1\0\0\0\1\0\0\0\0\0\0\0\0\2\0\1";
	struct sockaddr_in sin = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval soon = {.tv_usec = 100000};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), i;
	char reply[512];
	bool good = false;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) != 0)
		abort();
	for (i = 0; i < 250 && !good; i++) {
		if (send(fd, query, sizeof(query) - 1, 0) < 0 ||
		    recv(fd, reply, sizeof(reply), 0) < 0)
			sleep_ms(20);
		else
			good = true;
	}
	close(fd);
	return good;
}

static void
nsd_config(const char *path, int port)
{
	char zone[4096];
	FILE *f = fopen(path, "w");

	if (f == NULL || realpath("test/dns/signed.zone", zone) == NULL)
		abort();
	fprintf(f, "server:\n ip-address: 127.0.0.1@%d\n server-count: 1\n"
	    " rrl-ratelimit: 0\n"
	    " username: \"\"\n chroot: \"\"\n pidfile: \"\"\n"
	    " database: \"\"\n logfile: \"/dev/null\"\n zonesdir: \"/\"\n"
	    " xfrdfile: \"\"\n zonelistfile: \"%s.list\"\n"
	    " xfrdir: \"/tmp\"\n"
	    "remote-control:\n control-enable: no\n"
	    "zone:\n name: postern.example\n zonefile: \"%s\"\n", port, path,
	    zone);
	fclose(f);
}

static bool
nsd_start(struct server *s, const char *config)
{
	s->port = free_port();
	s->stdin_fd = -1;
	snprintf(s->forwarder, sizeof(s->forwarder), "127.0.0.1@%d",
	    s->port);
	nsd_config(config, s->port);
	s->pid = fork();
	if (s->pid == 0) {
		execl(NSD, NSD, "-d", "-c", config, NULL);
		_exit(127);
	}
	return port_answers(s->port);
}

/* Its state beside the records: signed, and for how long. */
static void
test_secure(struct dns *dns, bool secure)
{
	struct dns_job *mail = one_start(dns, "mail.postern.example", DNS_A);
	struct dns_job *gone = one_start(dns, "gone.postern.example", DNS_A);
	struct dns_job *key = one_start(dns,
	    "key._domainkey.postern.example", DNS_TXT);
	const struct dns_answer *a;

	a = wait_for(mail);
	CHECK("secure", a->count == 1 && a->secure == secure);
	CHECK("ttl", a->ttl > 290 && a->ttl <= 300);
	a = wait_for(gone);
	CHECK("secure denial", a->secure == secure);
	CHECK("SOA's ttl", a->ttl > 110 && a->ttl <= 120);
	a = wait_for(key);
	CHECK("key", a->count == 1 && a->records[0].data.n == 18 + 392);
	dns_job_free(mail);
	dns_job_free(gone);
	dns_job_free(key);
}

static void
test_zone(void)
{
	char config[] = "/tmp/postern-nsd.XXXXXX", list[64];
	size_t n = sizeof(zone_rows) / sizeof(zone_rows[0]);
	struct server s;
	struct dns *dns;

	if (access(NSD, X_OK) != 0) {
		test_skip((unsigned)(4 * n), "no nsd");
		return;
	}
	close(mkstemp(config));
	if (!CHECK("nsd", nsd_start(&s, config))) {
		server_stop(&s);
		return;
	}
	dns = unbound_new(s.forwarder, "test/dns/signed.anchor", TIMEOUT);
	test_rows(dns, zone_rows, n);
	test_rows(dns, forged_rows, 1);
	test_secure(dns, true);
	dns_free(dns);
	dns = unbound_new(s.forwarder, "", TIMEOUT);
	test_rows(dns, zone_rows, n);
	test_secure(dns, false);
	dns_free(dns);
	server_stop(&s);
	unlink(config);
	snprintf(list, sizeof(list), "%s.list", config);
	unlink(list);
}

static void
test_settings(void)
{
	static const char *const bad[] = {"192.0.2.1@dns", NULL};
	struct dns_settings settings = {.trust_anchor = "",
	    .cache_bytes = 1 << 20, .timeout = TIMEOUT};
	struct error e;
	struct dns *dns;

	dns = dns_unbound(&settings, &e);
	CHECK("full recursion", dns != NULL);
	dns_free(dns);
	settings.forwarders = bad;
	CHECK("bad forwarder", dns_unbound(&settings, &e) == NULL);
	CHECK_TEXT("bad forwarder", e.text,
	    "192.0.2.1@dns: want an address or address@port");
	settings.forwarders = NULL;
	settings.trust_anchor = "/nonexistent";
	CHECK("no anchor", dns_unbound(&settings, &e) == NULL);
	CHECK_TEXT("no anchor", e.text,
	    "/nonexistent: No such file or directory");
	settings.trust_anchor = "test/dns/hostile.py";
	CHECK("bad anchor", dns_unbound(&settings, &e) == NULL);
	CHECK("bad anchor", strstr(e.text, "test/dns/hostile.py") != NULL);
}

int
main(void)
{
	/* The servers first: a context does not survive a fork. */
	test_hostile();
	test_zone();
	test_settings();
	return test_end();
}
