/* hosts - three daemons that share a Redis. */
#include "test/socket/hosts.h"

#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

#define SETTINGS_MAX 40
#define BURST 1000000

/* Nobody meets them; they count. */
static const char limits[] =
    "inbound sender-domain 1 messages per day, burst 1000000: defer\n"
    "inbound network 600000 messages per minute: score\n"
    "outbound user 1 messages per day, burst 6: defer\n";

static const char *const common[] = {
	"mode=enforce", "store.backend=redis", "redis.warm_up=1s",
	"greylist.when=always", "greylist.delay=1s", "iprev.enabled=no",
	"dns.local_zones=yes", "rate.limits=limits",
	"networks.trusted=10.0.0.0/8", "reputation.domain_half_life=400d",
	"limits.messages=1000",
	/* Nobody is spared for being good. */
	"reputation.good=0",
};

static const char zone[] =
    HOSTS_KNOWN " TXT v=spf1 ip4:198.51.100.0/24 -all\n"
    HOSTS_SPAM " TXT v=spf1 ip4:198.51.100.0/24 -all\n";

static _Noreturn void
names_exec(const struct lab *lab, int input, int output)
{
	char *file = mem_printf("%s/zone", lab->dir);

	if (dup2(input, 0) >= 0 && dup2(output, 1) >= 0)
		execl("/usr/bin/python3", "python3", "test/dns/zone.py", file,
		    (char *)NULL);
	_exit(127);
}

/* The port, or 0. */
static unsigned
names_start(struct hosts *h)
{
	unsigned port = 0;
	int in[2], out[2];
	FILE *f;

	lab_write(&h->lab[0], "zone", zone);
	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		return 0;
	h->names = fork();
	if (h->names == 0)
		names_exec(&h->lab[0], in[0], out[1]);
	close(in[0]);
	close(out[1]);
	h->names_input = in[1];
	f = fdopen(out[0], "r");
	if (f == NULL || fscanf(f, "%u", &port) != 1)
		port = 0;
	if (f != NULL)
		fclose(f);
	return port;
}

/* All files are those of the first host, but for the one that names them. */
static void
configure(struct hosts *h, int host, const char *kind, const char *servers,
    const char *const *settings)
{
	struct lab *first = &h->lab[0], *lab = &h->lab[host];
	char *kinds = mem_printf("redis.kind=%s", kind);
	char *where = mem_printf("redis.servers=%s", servers);
	char *deadline = mem_printf("failures.store_deadline=%dms",
	    HOSTS_DEADLINE);
	const char *all[SETTINGS_MAX] = {kinds, where, deadline};
	size_t n = 3, i;
	char *made, *name;

	for (i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		all[n++] = common[i];
	for (i = 0; settings[i] != NULL && n < SETTINGS_MAX - 1; i++)
		all[n++] = settings[i];
	all[n] = NULL;
	lab_write(first, "limits", limits);
	lab_configure(first, all);
	made = mem_printf("%s/postern.conf", first->dir);
	name = mem_printf("%s/host%d.conf", first->dir, host);
	if (rename(made, name) != 0)
		exit(2);
	snprintf(lab->conf, sizeof(lab->conf), "%s", name);
	free(made);
	free(name);
	free(kinds);
	free(where);
	free(deadline);
}

bool
hosts_start(struct hosts *h, const char *kind,
    const char *const servers[HOSTS], const char *const *settings)
{
	unsigned port = 0;
	bool good = true;
	int i;

	memset(h, 0, sizeof(*h));
	for (i = 0; i < HOSTS; i++) {
		lab_make(&h->lab[i], true);
		if (i == 0)
			port = names_start(h);
		h->lab[i].dns = port;
		h->lab[i].inside = true;
		h->lab[i].reputation = true;
		configure(h, i, kind, servers[i], settings);
		good &= CHECK("start", port != 0 && lab_start(&h->lab[i]));
	}
	return good && CHECK("start", hosts_settle(h, LAB_WAIT));
}

void
hosts_stop(struct hosts *h, const char *row)
{
	int i;

	for (i = 0; i < HOSTS; i++)
		if (h->lab[i].pid > 0)
			lab_stop(&h->lab[i], row);
	for (i = 0; i < HOSTS; i++)
		lab_remove(&h->lab[i]);
	close(h->names_input);
	waitpid(h->names, NULL, 0);
}

int64_t
hosts_store(const struct hosts *h, int host, const char *figure)
{
	char *name = mem_printf("store_%s{backend=\"redis\"}", figure);
	int64_t value = lab_stat(&h->lab[host], name);

	free(name);
	return value;
}

static bool
all_have(const struct hosts *h, const char *figure, int64_t value)
{
	int i;

	for (i = 0; i < HOSTS; i++)
		if (hosts_store(h, i, figure) != value)
			return false;
	return true;
}

void
hosts_tell(const struct hosts *h)
{
	int i;

	for (i = 0; i < HOSTS; i++)
		lab_ask(&h->lab[i], "user list", NULL);
}

bool
hosts_settle(const struct hosts *h, int64_t ms)
{
	int64_t until = clock_steady() + ms;

	hosts_tell(h);
	while (!all_have(h, "reached", 1) || !all_have(h, "local", 0) ||
	    !all_have(h, "pending", 0)) {
		if (clock_steady() > until)
			return false;
		lab_sleep(20);
		hosts_tell(h);
	}
	return true;
}

bool
hosts_warm(const struct hosts *h, int64_t ms)
{
	int64_t until = clock_steady() + ms;

	while (!all_have(h, "cold", 0)) {
		if (clock_steady() > until)
			return false;
		lab_sleep(20);
	}
	return true;
}

void
hosts_send(const struct hosts *h, int host, const struct mclient_envelope *env,
    const char *letter, struct lab_answer *out)
{
	struct mclient *mc = lab_connect(&h->lab[host], &mclient_offer_full);
	struct error error;

	memset(out, 0, sizeof(*out));
	if (mc != NULL)
		lab_send(mc, env, span_of(letter), out, &error);
	mclient_close(mc);
}

/* The number before a word in what a host says; -1 when it is not there. */
static int64_t
number_before(const struct hosts *h, int host, char *command,
    const char *word)
{
	struct buf answer;
	const char *text, *at;
	int64_t number = -1;

	lab_ask(&h->lab[host], command, &answer);
	text = buf_string(&answer);
	at = strstr(text, word);
	while (at != NULL && at > text && (isdigit((unsigned char)at[-1]) ||
	    at[-1] == '.'))
		at--;
	if (at != NULL)
		number = atoll(at);
	else
		fprintf(stderr, "%s: %s\n", command, text);
	buf_done(&answer);
	free(command);
	return number;
}

int64_t
hosts_taken(const struct hosts *h, int host, const char *domain)
{
	int64_t left = number_before(h, host,
	    mem_printf("rate show sender-domain=%s", domain),
	    " messages left of 1000000");

	return left < 0 ? -1 : BURST - left;
}

int64_t
hosts_spam(const struct hosts *h, int host, const char *domain)
{
	return number_before(h, host, mem_printf("reputation spf:%s", domain),
	    " spam, ");
}
