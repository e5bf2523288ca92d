/* torture - "posternctl torture": crash tests that leave the daemon alone. */
#include "ctl/torture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

#define SECONDS 5
#define CONNECTIONS 8
#define PATIENCE_MS 30000	/* beyond all deadlines of the configuration */
#define PROGRAM_MAX 4096

static const char usage_text[] =
    "usage: posternctl torture [option ...]\n"
    "  --connections n   with mail, at the same time (8)\n"
    "  --daemon program  (postern beside posternctl, or in ../sbin)\n"
    "  --json            one object a line\n"
    "  --list            what there is to be tried\n"
    "  --only case       may be given up to 64 times\n"
    "  --redis host:port of a server for tests, instead of an embedded store\n"
    "  --seconds n       that mail flows for each case (5)\n";

static int
complain(const char *what, const char *value)
{
	fprintf(stderr, "posternctl: %s%s%s\n", what,
	    value != NULL ? ": " : "", value != NULL ? value : "");
	return -1;
}

static int
take_number(const char *text, int64_t max, int64_t *out)
{
	if (text_number(span_of(text), out) && *out >= 1 && *out <= max)
		return 0;
	fprintf(stderr, "posternctl: \"%s\" is not a number of 1 to %lld\n",
	    text, (long long)max);
	return -1;
}

static int
take_case(struct torture_options *o, const char *name)
{
	const struct torture_case *row;

	for (row = torture_cases; row->name != NULL; row++)
		if (strcmp(row->name, name) == 0)
			break;
	if (row->name == NULL)
		return complain("no such case, see --list", name);
	if (o->only_count == TORTURE_ONLY_MAX)
		return complain("too many options --only", NULL);
	o->only[o->only_count++] = name;
	return 0;
}

static int
take_redis(struct torture_options *o, const char *address)
{
	if (strchr(address, ':') == NULL || strpbrk(address, ", {}\"") != NULL)
		return complain("not of the form host:port", address);
	o->redis = address;
	return 0;
}

static int
take_program(struct torture_options *o, const char *path)
{
	o->daemon = path;
	return 0;
}

static int
take_connections(struct torture_options *o, const char *text)
{
	return take_number(text, LOAD_CONNECTIONS_MAX, &o->connections);
}

static int
take_seconds(struct torture_options *o, const char *text)
{
	return take_number(text, TORTURE_SECONDS_MAX, &o->seconds);
}

/* Options with a value. */
static const struct {
	const char *name;
	int (*take)(struct torture_options *, const char *);
} valued[] = {
	{"--connections", take_connections},
	{"--daemon", take_program},
	{"--only", take_case},
	{"--redis", take_redis},
	{"--seconds", take_seconds},
};

#define VALUED (sizeof(valued) / sizeof(valued[0]))

/* 0, -1 after a complaint, or 1 when only help was wanted. */
static int
parse_options(struct torture_options *o, int argc, char **argv)
{
	size_t k;
	int i;

	*o = (struct torture_options){.seconds = SECONDS,
	    .connections = CONNECTIONS};
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0)
			return 1;
		if (strcmp(argv[i], "--json") == 0) {
			o->json = true;
			continue;
		}
		if (strcmp(argv[i], "--list") == 0) {
			o->list = true;
			continue;
		}
		for (k = 0; k < VALUED; k++)
			if (strcmp(argv[i], valued[k].name) == 0)
				break;
		if (k == VALUED || i + 1 == argc)
			return complain("unknown option, or one without a "
			    "value", argv[i]);
		if (valued[k].take(o, argv[++i]) != 0)
			return -1;
	}
	return 0;
}

/* The daemon that was installed with this program, or the named one; heap. */
static char *
find_daemon(const char *named)
{
	static const char *const places[] = {"postern", "../sbin/postern"};
	char here[PROGRAM_MAX], *path, *found = NULL;
	ssize_t n = readlink("/proc/self/exe", here, sizeof(here));
	size_t i, folder;

	if (named != NULL)
		return access(named, X_OK) == 0 ? realpath(named, NULL) : NULL;
	folder = span_rchr(span_make(here, n > 0 ? (size_t)n : 0), '/');
	for (i = 0; found == NULL && i < 2; i++) {
		path = mem_printf("%.*s/%s", (int)folder, here, places[i]);
		if (access(path, X_OK) == 0)
			found = realpath(path, NULL);
		free(path);
	}
	return found;
}

/* All threads and children of ours inherit it; who waits reads the fd. */
static int
block_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* As much as systemd's unit allows the daemon, and we need the same. */
static void
raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	/* Nobody who started us is told of the copy's daemon. */
	unsetenv("NOTIFY_SOCKET");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
}

static bool
is_wanted(const struct torture_options *o, const struct torture_case *row)
{
	size_t i;

	for (i = 0; i < o->only_count; i++)
		if (strcmp(o->only[i], row->name) == 0)
			return true;
	/* Peace is what everything else is compared with. */
	return o->only_count == 0 || row == torture_cases;
}

static int
run_cases(struct trial *t)
{
	const struct torture_options *o = t->options;
	unsigned counts[3] = {0, 0, 0};

	torture_show_head(o);
	for (t->row = torture_cases; t->row->name != NULL &&
	    !t->interrupted; t->row++) {
		if (!is_wanted(o, t->row))
			continue;
		trial_run(t);
		if (t->interrupted)
			break;
		torture_show(o, t);
		counts[t->result.verdict]++;
		if (!t->peace_known)
			break;
	}
	if (t->interrupted)
		complain("interrupted; all that was started has ended", NULL);
	if (!o->json)
		printf("%u ok, %u failed, %u skipped\n", counts[VERDICT_OK],
		    counts[VERDICT_FAIL], counts[VERDICT_SKIPPED]);
	return counts[VERDICT_FAIL] > 0 || t->interrupted ? 1 : EX_OK;
}

/* With the copy made: its daemon, and the mail. */
static int
run_copy(const struct torture_options *o, struct copy *copy,
    struct responder *dns, const char *program, int signals)
{
	const struct failures *f = conf_section(copy->ours, "failures");
	struct trial *t = mem_alloc(sizeof(*t));
	struct error error;
	int status;

	t->options = o;
	t->copy = copy;
	t->dns = dns;
	t->signals = signals;
	t->settings = (struct load_settings){
		.address = copy->listen,
		.connections = (unsigned)o->connections,
		.patience = PATIENCE_MS + f->dns_deadline +
		    f->dnslists_deadline + 2 * f->store_deadline,
	};
	t->child = child_new(program, copy);
	status = run_cases(t);
	child_free(t->child);
	/* What is in a Redis is not in the folder. */
	if (o->redis != NULL && copy_clear_store(copy, &error) != 0) {
		complain(error.text, NULL);
		status = 1;
	}
	free(t);
	return status;
}

static int
torture(const struct globals *g, const struct torture_options *o,
    const char *program)
{
	struct copy_world world = {.redis = o->redis};
	struct error error = {""};
	struct responder *dns;
	struct copy copy = {.dir = NULL};
	int signals = block_signals(), status = EX_OSERR;

	raise_descriptors();
	dns = responder_new(&error);
	if (dns != NULL) {
		world.dns_port = responder_port(dns);
		status = copy_make(&copy, g, &world, &error);
		if (status == EX_OK && copy_own(&copy, &error) != 0)
			status = EX_NOPERM;
		if (status == EX_OK)
			status = run_copy(o, &copy, dns, program, signals);
		copy_done(&copy);
	}
	responder_free(dns);
	if (error.text[0] != '\0')
		complain(error.text, NULL);
	if (signals >= 0)
		close(signals);
	return status;
}

int
torture_main(const struct globals *g, int argc, char **argv)
{
	struct torture_options o;
	char *program;
	int rc = parse_options(&o, argc, argv);

	if (rc != 0) {
		fputs(usage_text, rc > 0 ? stdout : stderr);
		return rc > 0 ? EX_OK : EX_USAGE;
	}
	if (o.list) {
		torture_show_list();
		return EX_OK;
	}
	program = find_daemon(o.daemon);
	if (program == NULL) {
		complain("no daemon to be tried, see --daemon",
		    o.daemon != NULL ? o.daemon : "postern");
		return EX_UNAVAILABLE;
	}
	rc = torture(g, &o, program);
	free(program);
	return rc;
}
