/* main - options, privileges, sockets; the order of start and stop. */
#include <errno.h>
#include <fcntl.h>
#include <libmilter/mfapi.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "admission.h"
#include "base/clock.h"
#include "base/mem.h"
#include "milter/callbacks.h"
#include "milter/control.h"
#include "milter/keeper.h"
#include "milter/notify.h"
#include "milter/inlet.h"
#include "milter/signals.h"
#include "net/endpoint.h"
#include "open.h"
#include "privileges.h"
#include "rules/compile.h"

#define OVERRIDES_MAX 256
#define HOST_NAME_MAX_BYTES 256

/*
 * After the last message was answered, for libmilter's threads to write the
 * answer, on a busy host too: it has no call that says when that is done.
 */
#define LAST_WORDS_MS 1000

#define HEAPS_MIN 2
#define HEAPS_MAX 64

struct options {
	const char *file;
	const char *overrides[OVERRIDES_MAX + 1];
	size_t override_count;
	bool test;
};

struct sockets {
	int mta, control, signals;
	bool inherited;		/* mta is systemd's */
	mode_t mode;
	gid_t group;
	char *mta_path;		/* of our own unix socket, or NULL */
	char *control_address;
};

static _Noreturn void
usage(FILE *to, int status)
{
	fputs("usage: postern [-tv] [-c file] [-o section.key=value]\n"
	    "  -c  configuration (" POSTERN_CONF ")\n"
	    "  -o  overrides a value of it\n"
	    "  -t  tests the configuration and ends\n"
	    "  -v  prints the version and ends\n"
	    "postern stays in the foreground; see postern(8)\n", to);
	exit(status);
}

static void
take_override(struct options *o, const char *value)
{
	if (o->override_count == OVERRIDES_MAX) {
		fprintf(stderr, "postern: more than %d options -o\n",
		    OVERRIDES_MAX);
		exit(EX_USAGE);
	}
	o->overrides[o->override_count++] = value;
}

static void
parse_options(int argc, char **argv, struct options *o)
{
	int c;

	memset(o, 0, sizeof(*o));
	o->file = POSTERN_CONF;
	while ((c = getopt(argc, argv, "c:ho:tv")) != -1) {
		if (c == 'c')
			o->file = optarg;
		else if (c == 'o')
			take_override(o, optarg);
		else if (c == 't')
			o->test = true;
		else if (c == 'v' && printf("postern %s\n",
		    POSTERN_VERSION) > 0)
			exit(EX_OK);
		else
			usage(c == 'h' ? stdout : stderr,
			    c == 'h' ? EX_OK : EX_USAGE);
	}
	if (optind < argc)
		usage(stderr, EX_USAGE);
}

static int
fail(const char *what, const struct error *error, int status)
{
	fprintf(stderr, "postern: %s%s\n", what, error->text);
	return status;
}

/* What the configuration says of a unix socket, in numbers. */
static int
find_permissions(struct sockets *s, const struct snapshot *snapshot,
    struct error *error)
{
	const struct daemon_settings *d = conf_section(snapshot->conf,
	    "daemon");
	struct error reason;

	/* Wrong ones are not loaded. */
	settings_mode(d->listen_mode, &s->mode);
	if (d->listen_group[0] == '\0')
		return 0;
	s->group = privileges_group(d->listen_group, &reason);
	if (s->group == (gid_t)-1)
		return conf_refuse(snapshot->conf, "daemon", "listen_group",
		    error, "%s", reason.text);
	return 0;
}

static bool
is_tcp(int fd)
{
	struct sockaddr_storage address = {0};
	socklen_t length = sizeof(address);

	return getsockname(fd, (struct sockaddr *)&address, &length) == 0 &&
	    address.ss_family != AF_UNIX;
}

static int
open_sockets(struct sockets *s, const struct snapshot *snapshot,
    struct error *error)
{
	const struct daemon_settings *d = conf_section(snapshot->conf,
	    "daemon");

	s->mta = notify_listen_fd();
	s->inherited = s->mta >= 0;
	if (!s->inherited)
		s->mta = endpoint_listen(d->listen, s->mode, s->group, error);
	if (s->mta < 0)
		return -1;
	if (is_tcp(s->mta))
		inlet_over_tcp();
	if (!s->inherited && endpoint_path(d->listen) != NULL)
		s->mta_path = mem_printf("%s", endpoint_path(d->listen));
	s->control_address = mem_printf("unix:%s", d->control);
	s->control = endpoint_listen(s->control_address, 0600, (gid_t)-1,
	    error);
	if (s->control < 0)
		return -1;
	/* Who hangs up before accept must not keep the main thread there. */
	fcntl(s->control, F_SETFL, O_NONBLOCK);
	return 0;
}

/* The folder of the control socket, and the store's, where they are missing. */
static int
make_directories(const struct snapshot *snapshot, struct error *error)
{
	const struct daemon_settings *d = conf_section(snapshot->conf,
	    "daemon");
	const char *slash = strrchr(d->control, '/');
	char *folder;
	int status = 0;

	folder = mem_copy(d->control,
	    slash != NULL ? (size_t)(slash - d->control) : 0);
	if (folder[0] != '\0')
		status = privileges_directory(folder, d->user, error);
	free(folder);
	if (status == 0 && snapshot->store->backend != STORE_KIND_MEMORY)
		status = privileges_directory(snapshot->store->path, d->user,
		    error);
	return status;
}

/* A filter that no longer listens is worth nothing: end, and be restarted. */
static void *
milter_run(void *arg)
{
	struct daemon *d = arg;

	smfi_main();
	if (!atomic_load(&d->draining)) {
		log_warn(d->log, "libmilter gave up listening");
		_exit(EX_OSERR);
	}
	return NULL;
}

/* All other threads have every signal blocked; see signals.h. */
static int
start_threads(struct daemon *d)
{
	pthread_t thread;
	int status;

	signals_block(true);
	d->progress = progress_new(d->services.metrics);
	status = keeper_start(d);
	if (status == 0)
		status = pthread_create(&thread, NULL, milter_run, d);
	if (status == 0)
		pthread_detach(thread);
	signals_block(false);
	return status;
}

static void
reload(struct daemon *d)
{
	struct error error;
	struct buf out;

	buf_init(&out, 1 << 16);
	daemon_reload(d, false, &out, &error);
	buf_done(&out);
}

/* Until a signal says stop. */
static void
serve(struct daemon *d, const struct sockets *s)
{
	struct pollfd fds[2] = {{s->signals, POLLIN, 0},
	    {s->control, POLLIN, 0}};
	bool want_reload, stop;

	for (;;) {
		/* A signal leaves the answers as they were before. */
		if (poll(fds, 2, -1) < 0)
			fds[1].revents = 0;
		signals_take(s->signals, &want_reload, &stop);
		if (stop)
			return;
		if (want_reload)
			reload(d);
		if (fds[1].revents & POLLIN)
			control_serve(d, s->control);
	}
}

/*
 * Takes the listening socket from under libmilter, which goes on waiting on
 * its descriptor.  What stands there instead must listen, though nobody knows
 * its address: from any other libmilter concludes that all is lost, and gives
 * up the messages under way.  systemd's socket keeps its queue for the next
 * instance; ours refuses from now on.
 */
static void
close_listener(const struct sockets *s)
{
	struct sockaddr_un any = {.sun_family = AF_UNIX};
	int nobody = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0);
	int old = fcntl(s->mta, F_DUPFD_CLOEXEC, 0);

	/* Without a path the kernel chooses an abstract address. */
	if (nobody >= 0 && old >= 0 && bind(nobody, (struct sockaddr *)&any,
	    sizeof(any.sun_family)) == 0 && listen(nobody, 1) == 0 &&
	    dup2(nobody, s->mta) >= 0 && !s->inherited)
		shutdown(old, SHUT_RDWR);
	close(nobody);
	close(old);
	if (s->mta_path != NULL)
		unlink(s->mta_path);
}

/* The leak sanitizer's, where it is built in: _exit leaves it out. */
void __lsan_do_leak_check(void) __attribute__((weak));

/* Nobody new gets in, messages under way are finished. */
static void
drain(struct daemon *d, const struct sockets *s)
{
	struct snapshot *snapshot = current_get(d->current);
	const struct daemon_settings *settings;
	bool all;

	settings = conf_section(snapshot->conf, "daemon");
	atomic_store(&d->draining, true);
	gate_close(d->gate);
	notify_send("STOPPING=1");
	log_info(d->log, "draining, %llu messages under way",
	    (unsigned long long)metrics_get(d->services.metrics,
	    METRIC_IN_FLIGHT));
	close_listener(s);
	/* posternctl is told at once that nobody answers any more. */
	unlink(endpoint_path(s->control_address));
	close(s->control);
	all = gate_drain(d->gate, settings->drain);
	if (!all)
		log_warn(d->log, "gave up on %llu messages; the MTA answers "
		    "for them", (unsigned long long)metrics_get(
		    d->services.metrics, METRIC_IN_FLIGHT));
	usleep(LAST_WORDS_MS * 1000);
	keeper_stop(d);
	/* Messages that were given up may still ask it. */
	if (all)
		store_close(d->services.store);
	log_info(d->log, "stopped");
	if (__lsan_do_leak_check != NULL)
		__lsan_do_leak_check();
	/* libmilter's threads cannot be joined: leave without destructors. */
	_exit(EX_OK);
}

static void
init_daemon(struct daemon *d, const struct options *o,
    struct snapshot *snapshot, struct metrics *metrics)
{
	char host[HOST_NAME_MAX_BYTES] = "localhost";

	gethostname(host, sizeof(host) - 1);
	memset(d, 0, sizeof(*d));
	d->file = o->file;
	d->overrides = o->overrides;
	d->services.metrics = metrics;
	d->services.pool = engine_pool_new();
	d->current = current_new(snapshot);
	d->log = log_new(conf_section(snapshot->conf, "log"));
	d->gate = gate_new(metrics);
	d->host_name = mem_copy(host, strlen(host));
	d->started = d->reloaded = clock_wall();
}

/*
 * No mail at all is worse than mail judged by doubtful rules: the first
 * generation, which has none to stand in for it, is only warned about.
 */
static void
doubt(struct daemon *d, struct snapshot *snapshot)
{
	struct admission admission = {.now = clock_wall()};

	if (admission_check(snapshot, &admission, &d->doubts) != 0)
		log_warn(d->log, "started in spite of: %s", d->doubts.text);
	else
		d->doubts.text[0] = '\0';
}

/* From a good configuration to mail flowing; returns an exit code. */
static int
run(struct daemon *d, struct snapshot *snapshot, struct sockets *sockets)
{
	const struct daemon_settings *settings = conf_section(snapshot->conf,
	    "daemon");
	struct error error;

	if (make_directories(snapshot, &error) != 0)
		return fail("", &error, EX_CANTCREAT);
	if (open_sockets(sockets, snapshot, &error) != 0)
		return fail("", &error, EX_UNAVAILABLE);
	if (privileges_drop(settings->user, &error) != 0)
		return fail("", &error, EX_NOPERM);
	d->services.store = open_store(snapshot->conf, &error);
	if (d->services.store == NULL)
		return fail("store: ", &error, EX_CANTCREAT);
	/* After the change of user: its threads and files are that user's. */
	if (snapshot->dns->enabled) {
		d->services.dns = open_dns(snapshot->dns, &error);
		if (d->services.dns == NULL)
			return fail("dns: ", &error, EX_CONFIG);
	}
	d->services.shared = keeper_shared(d->host_name, d->started);
	sockets->signals = signals_open();
	if (sockets->signals < 0 ||
	    callbacks_register(d, sockets->mta, &error) != 0 ||
	    start_threads(d) != 0)
		return fail("cannot start: ", &error, EX_OSERR);
	doubt(d, snapshot);
	log_info(d->log, "postern %s ready, generation %s", POSTERN_VERSION,
	    snapshot->generation);
	notify_send("READY=1\nSTATUS=ready");
	serve(d, sockets);
	drain(d, sockets);
	return EX_OK;
}

/* "-t": what a reload would have said; returns an exit code. */
static int
test(const struct options *o, struct snapshot *snapshot)
{
	struct admission admission = {.now = clock_wall()};
	struct error error;

	if (admission_check(snapshot, &admission, &error) != 0)
		return fail("", &error, EX_CONFIG);
	printf("%s: good, generation %s, %zu self-test messages\n", o->file,
	    snapshot->generation, admission.messages);
	return EX_OK;
}

/*
 * The C library makes eight heaps a processor for threads that allocate at the
 * same time, and each of them keeps what a message took.  No more than one a
 * processor are in use at a time.
 */
static void
limit_heaps(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	if (n < HEAPS_MIN)
		n = HEAPS_MIN;
	mallopt(M_ARENA_MAX, n < HEAPS_MAX ? (int)n : HEAPS_MAX);
}

int
main(int argc, char **argv)
{
	struct metrics *metrics = metrics_new();
	struct snapshot *snapshot;
	struct options options;
	struct sockets sockets = {.mta = -1, .control = -1, .signals = -1,
	    .group = (gid_t)-1};
	struct daemon daemon;
	struct error error;
	int status = compile_worker(argc, argv);

	if (status >= 0)
		return status;
	limit_heaps();
	parse_options(argc, argv, &options);
	snapshot = snapshot_load(options.file, options.overrides, NULL,
	    metrics, &error);
	if (snapshot == NULL ||
	    find_permissions(&sockets, snapshot, &error) != 0) {
		snapshot_put(snapshot);
		metrics_free(metrics);
		return fail("", &error, EX_CONFIG);
	}
	if (options.test) {
		status = test(&options, snapshot);
		snapshot_put(snapshot);
		metrics_free(metrics);
		return status;
	}
	init_daemon(&daemon, &options, snapshot, metrics);
	return run(&daemon, snapshot, &sockets);
}
