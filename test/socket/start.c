/*
 * start - what the daemon says when it cannot start, whom it leaves alone, and
 * how it gets on with systemd and with root.
 */
#include "test/socket/lab.h"

#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/endpoint.h"

static const char *
program(void)
{
	const char *name = getenv("POSTERN");

	return name != NULL ? name : "build/postern";
}

/*
 * Command lines that end at once; for what a setting spoils, says is where in
 * the file it stands.
 */
static const struct command {
	const char *name;
	const char *arguments[3];
	const char *settings[2];
	int status;
	const char *says;
} commands[] = {
	{"version", {"-v"}, {NULL}, EX_OK, "postern "},
	{"help", {"-h"}, {NULL}, EX_OK, "usage: postern"},
	{"unknown option", {"-x"}, {NULL}, EX_USAGE, "usage: postern"},
	{"option without value", {"-o"}, {NULL}, EX_USAGE, "usage: postern"},
	{"stray argument", {"start"}, {NULL}, EX_USAGE, "usage: postern"},
	{"-t, good", {"-t"}, {NULL}, EX_OK, "postern.conf: good, generation "},
	{"-t, unknown key", {"-t"}, {"actions.requird=5"}, EX_CONFIG,
	    "requird"},
	{"-t, bad override", {"-t", "-oactions.required=x"}, {NULL}, EX_CONFIG,
	    "-o: "},
	{"unknown section", {"-onothing.here=1"}, {NULL}, EX_CONFIG, "-o: "},
	{"bad file", {NULL}, {"mode=loud"}, EX_CONFIG, "mode=loud"},
	{"no such file", {"-c/nowhere/postern.conf"}, {NULL}, EX_CONFIG,
	    "/nowhere/postern.conf: "},
};

/* How often a text's lines end before a part of it. */
static unsigned
line_of(const struct lab *lab, const char *part)
{
	struct span text;
	struct buf file;
	unsigned n = 1;
	size_t at;

	lab_read_file(lab->conf, &file);
	text = span_head(buf_contents(&file),
	    span_find(buf_contents(&file), span_of(part)));
	for (at = 0; at < text.n; at++)
		n += text.p[at] == '\n';
	buf_done(&file);
	return n;
}

static bool
says(const struct lab *lab, const struct command *c, struct span text)
{
	char *place = mem_printf("%s:%u: ", lab->conf, line_of(lab, c->says));
	bool found = span_find(text, span_of(c->status == EX_CONFIG &&
	    c->settings[0] != NULL ? place : c->says)) < text.n;

	free(place);
	return found;
}

static void
command_lines(void)
{
	struct lab lab;
	struct buf out;
	size_t i;

	lab_make(&lab, true);
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct command *c = &commands[i];
		char *conf = mem_printf("-c%s", lab.conf);
		const char *argv[] = {program(), conf, c->arguments[0],
		    c->arguments[0] != NULL ? c->arguments[1] : NULL, NULL};

		lab_configure(&lab, c->settings);
		CHECK(c->name, lab_run(argv, &out) == c->status);
		if (!CHECK(c->name, says(&lab, c, buf_contents(&out))))
			fprintf(stderr, "%s\n", buf_string(&out));
		buf_done(&out);
		free(conf);
	}
	lab_remove(&lab);
}

/* Starts and expects that to fail, with words in the log. */
static void
refuses(struct lab *lab, int status, const char *says, const char *row)
{
	lab_launch(lab);
	CHECK(row, lab_wait(lab, LAB_WAIT) == status);
	CHECK(row, lab_logged(lab, says));
}

static bool
answers(const struct lab *lab)
{
	struct mclient_envelope env = lab_envelope("S1");
	struct mclient *mc = lab_connect(lab, &mclient_offer_full);
	struct lab_answer a = {0};
	struct error error;
	bool good = mc != NULL && lab_send(mc, &env, span_of(lab_plain), &a,
	    &error) == 0 && strcmp(a.score, "1.4") == 0;

	mclient_close(mc);
	return good;
}

/* A second daemon at the first one's addresses. */
static void
taken(bool unix_socket)
{
	const char *row = unix_socket ? "unix taken" : "port taken";
	struct lab first, second;

	lab_make(&first, unix_socket);
	lab_make(&second, unix_socket);
	if (CHECK(row, lab_start(&first))) {
		strcpy(second.address, first.address);
		refuses(&second, EX_UNAVAILABLE, first.address, row);
		CHECK(row, answers(&first));
		lab_remove(&second);
		lab_make(&second, unix_socket);
		strcpy(second.control, first.control);
		refuses(&second, EX_UNAVAILABLE, "another process answers",
		    row);
		CHECK(row, lab_ask(&first, "status", NULL) == 0);
		lab_stop(&first, row);
	}
	lab_remove(&second);
	lab_remove(&first);
}

static void
left_behind(void)
{
	struct lab lab;
	struct stat st;

	lab_make(&lab, true);
	if (!CHECK("stale", lab_start(&lab)))
		return;
	CHECK("stale", kill(lab.pid, SIGKILL) == 0);
	CHECK("stale", lab_wait(&lab, LAB_WAIT) == 128 + SIGKILL);
	CHECK("stale", lstat(endpoint_path(lab.address), &st) == 0);
	if (CHECK("stale", lab_start(&lab))) {
		CHECK("stale", answers(&lab));
		lab_stop(&lab, "stale");
	}
	lab_remove(&lab);
}

static void
something_else(void)
{
	struct lab lab;
	struct buf text;

	lab_make(&lab, true);
	lab_write(&lab, "socket", "precious\n");
	refuses(&lab, EX_UNAVAILABLE, "there is something else", "file");
	lab_read_file(endpoint_path(lab.address), &text);
	CHECK_TEXT("file", buf_string(&text), "precious\n");
	buf_done(&text);
	lab_remove(&lab);
}

static void
bad_sockets(void)
{
	static const char *const settings[][2] = {
		{"daemon.listen_mode=0999", NULL},
		{"daemon.listen_group=no-such-group", NULL},
	};
	static const char *const says[] = {"is not a mode",
	    "no-such-group"};
	struct lab lab;
	size_t i;

	for (i = 0; i < 2; i++) {
		lab_make(&lab, true);
		lab_configure(&lab, settings[i]);
		lab_launch(&lab);
		CHECK(says[i], lab_wait(&lab, LAB_WAIT) > 0);
		CHECK(says[i], lab_logged(&lab, says[i]));
		lab_remove(&lab);
	}
	lab_make(&lab, true);
	strcpy(lab.address, "8894");
	refuses(&lab, EX_UNAVAILABLE, "8894: not inet:", "address");
	lab_remove(&lab);
}

static void
mode_and_group(void)
{
	const char *settings[] = {"daemon.listen_mode=0640",
	    "daemon.listen_group=daemon", NULL};
	const struct group *group = getgrnam("daemon");
	struct lab lab;
	struct stat st;

	if (geteuid() != 0 || group == NULL) {
		test_skip(1, "group of a socket: only root may give it");
		settings[1] = NULL;
	}
	lab_make(&lab, true);
	lab_configure(&lab, settings);
	if (CHECK("mode", lab_start(&lab))) {
		CHECK("mode", lstat(endpoint_path(lab.address), &st) == 0);
		CHECK("mode", (st.st_mode & 07777) == 0640);
		CHECK("group", settings[1] == NULL || st.st_gid ==
		    group->gr_gid);
		CHECK("control", lstat(lab.control, &st) == 0);
		CHECK("control", (st.st_mode & 07777) == 0600);
		lab_stop(&lab, "mode");
	}
	lab_remove(&lab);
}

static void
inet6(void)
{
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6,
	    .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct lab lab;

	if (fd < 0 || bind(fd, (struct sockaddr *)&sin6, sizeof(sin6)) != 0) {
		test_skip(1, "inet6: there is no ::1");
		return;
	}
	close(fd);
	lab_make(&lab, false);
	snprintf(lab.address, sizeof(lab.address), "inet6:%u@::1",
	    lab_port());
	if (CHECK("inet6", lab_start(&lab))) {
		CHECK("inet6", answers(&lab));
		lab_stop(&lab, "inet6");
	}
	lab_remove(&lab);
}

/*
 * A socket that systemd holds: connections made while no daemon is there wait
 * for the next one.
 */
static void
activation(bool unix_socket)
{
	const char *row = unix_socket ? "activated, unix" : "activated, inet";
	struct mclient_envelope env = lab_envelope("S2");
	struct lab lab, lab_of_systemd;
	struct mclient *mc = NULL;
	struct lab_answer a = {0};
	struct error error;
	int i;

	lab_make(&lab_of_systemd, unix_socket);
	lab_make(&lab, true);
	lab.inherit = endpoint_listen(lab_of_systemd.address, 0660,
	    (gid_t)-1, &error);
	strcpy(lab.address, "unix:/nowhere/at/all");
	for (i = 0; i < 2; i++) {
		if (!CHECK(row, lab_start(&lab)))
			break;
		if (mc != NULL)
			CHECK(row, mclient_negotiate(mc, &mclient_offer_full,
			    &error) == 0 && lab_send(mc, &env,
			    span_of(lab_plain), &a, &error) == 0 &&
			    strcmp(a.score, "1.4") == 0);
		mclient_close(mc);
		CHECK(row, answers(&lab_of_systemd));
		lab_stop(&lab, row);
		mc = mclient_open(lab_of_systemd.address, LAB_WAIT, &error);
		CHECK(row, mc != NULL);
	}
	mclient_close(mc);
	close(lab.inherit);
	lab_remove(&lab);
	lab_remove(&lab_of_systemd);
}

static int
notify_socket(const char *name)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct timeval wait = {.tv_sec = LAB_WAIT / 1000};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(sun.sun_path, name, strlen(name));
	if (name[0] == '@')
		sun.sun_path[0] = '\0';
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (bind(fd, (struct sockaddr *)&sun, (socklen_t)(sizeof(sa_family_t) +
	    strlen(name))) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
expect(int fd, const char *begins, const char *holds, const char *row)
{
	char text[500];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	if (!CHECK(row, span_starts(span_of(text), begins) &&
	    strstr(text, holds) != NULL))
		fprintf(stderr, "got \"%s\"\n", text);
}

static void
notification(bool abstract)
{
	const char *row = abstract ? "notify, abstract" : "notify";
	const char *bad[] = {"mode=loud", NULL};
	struct lab lab;
	int fd;

	lab_make(&lab, true);
	snprintf(lab.notify, sizeof(lab.notify), "%s%s/notify",
	    abstract ? "@" : "", lab.dir);
	fd = notify_socket(lab.notify);
	if (CHECK(row, fd >= 0) && CHECK(row, lab_start(&lab))) {
		expect(fd, "READY=1\n", "STATUS=", row);
		CHECK(row, kill(lab.pid, SIGHUP) == 0);
		expect(fd, "RELOADING=1\n", "MONOTONIC_USEC=", row);
		expect(fd, "READY=1\n", "STATUS=ready", row);
		lab_configure(&lab, bad);
		CHECK(row, lab_ask(&lab, "reload", NULL) == EX_CONFIG);
		expect(fd, "RELOADING=1\n", "MONOTONIC_USEC=", row);
		expect(fd, "READY=1\n", "refused", row);
		lab_stop(&lab, row);
		expect(fd, "STOPPING=1", "", row);
	}
	close(fd);
	lab_remove(&lab);
}

static void
privileges(void)
{
	const struct passwd *nobody = getpwnam("nobody");
	struct lab lab;
	struct stat st;

	if (geteuid() != 0 || nobody == NULL) {
		test_skip(2, "from root to nobody: not root");
		return;
	}
	lab_make(&lab, true);
	lab.user = "nobody";
	snprintf(lab.control, sizeof(lab.control), "%s/run/control", lab.dir);
	snprintf(lab.address, sizeof(lab.address), "unix:%s/run/socket",
	    lab.dir);
	if (CHECK("nobody", lab_start(&lab))) {
		CHECK("nobody", lab_status(&lab, "Uid:") == nobody->pw_uid);
		CHECK("nobody", lab_status(&lab, "Gid:") == nobody->pw_gid);
		CHECK("nobody", lab_status(&lab, "NoNewPrivs:") == 1);
		CHECK("nobody", lab_status(&lab, "CapEff:") == 0);
		CHECK("store", stat(lab.store, &st) == 0 &&
		    st.st_uid == nobody->pw_uid);
		CHECK("nobody", answers(&lab));
		lab_stop(&lab, "nobody");
		CHECK("control", lstat(lab.control, &st) != 0);
		CHECK("socket", lstat(endpoint_path(lab.address), &st) != 0);
	}
	lab_remove(&lab);
	lab_make(&lab, true);
	lab.user = "no-such-user";
	lab_launch(&lab);
	CHECK("user", lab_wait(&lab, LAB_WAIT) > 0);
	CHECK("user", lab_logged(&lab, "no-such-user"));
	lab_remove(&lab);
}

int
main(void)
{
	command_lines();
	taken(true);
	taken(false);
	left_behind();
	something_else();
	bad_sockets();
	mode_and_group();
	inet6();
	activation(true);
	activation(false);
	notification(false);
	notification(true);
	privileges();
	return test_end();
}
