/* settings - the sections of the configuration that belong to no check. */
#include "settings.h"

#include <stdlib.h>

#include "base/mem.h"
#include "check/check.h"
#include "conf/networks.h"
#include "shared/providers.h"

#define DAY (24LL * 3600 * 1000)
#define CORE_SECTIONS 11

static const char *const mode_words[] = {"observe", "mark", "enforce", NULL};
static const char *const overload_words[] = {"accept", "defer", NULL};
static const char *const newsletter_words[] = {
	"accept", "mark", "tag", "quarantine", NULL,
};
static const char *const target_words[] = {"syslog", "stderr", NULL};
static const char *const format_words[] = {"text", "json", NULL};
static const char *const redis_words[] = {
	"single", "sentinel", "cluster", NULL,
};
/* As enum without. */
static const char *const without_words[] = {
	"open", "tempfail", "local", NULL,
};
static const char *const remote_words[] = {"open", "tempfail", NULL};
static const char *const store_words[] = {
	"embedded", "memory", "redis", NULL,
};

#define GENERAL(member) offsetof(struct general, member)

static const struct option general_rows[] = {
	{"mode", OPTION_WORD, GENERAL(mode), "mark", 0, 0, mode_words,
	    "observe (log only), mark (header fields only) or enforce"},
	{"authserv_id", OPTION_STRING, GENERAL(authserv_id), "", 0, 255, NULL,
	    "our name in Authentication-Results; empty: the MTA's"},
	{0},
};

#define ACTIONS(member) offsetof(struct policy, member)
#define POINTS_MAX 1000000

static const struct option actions_rows[] = {
	{"required", OPTION_SCORE, ACTIONS(required), "5", 1, POINTS_MAX, NULL,
	    "score from which a message is spam"},
	{"quarantine", OPTION_SCORE, ACTIONS(quarantine), "0", 0, POINTS_MAX,
	    NULL, "score from which the MTA holds it; 0: never"},
	{"reject", OPTION_SCORE, ACTIONS(reject), "15", 0, POINTS_MAX, NULL,
	    "score from which it is refused; 0: never"},
	{"role_strictness", OPTION_SCORE, ACTIONS(role_strictness), "1", 0,
	    POINTS_MAX, NULL, "taken off these scores for role aliases"},
	{"tag_subject", OPTION_STRING, ACTIONS(tag_subject), "", 0, 80, NULL,
	    "put in front of the Subject of spam"},
	{"newsletter", OPTION_WORD, ACTIONS(newsletter), "mark", 0, 0,
	    newsletter_words, "what becomes of newsletters that are no spam"},
	{"newsletter_tag", OPTION_STRING, ACTIONS(newsletter_tag),
	    "[Newsletter]", 0, 80, NULL, "put in front of their Subject"},
	{"reject_text", OPTION_STRING, ACTIONS(reject_text),
	    "\"Message refused as spam; postmaster can tell why\"", 1, 200,
	    NULL, "what the sender of refused mail reads"},
	{"refuse_at_rcpt", OPTION_LIST, ACTIONS(refuse_at_rcpt), "", 0, 0,
	    NULL, "symbols for which a recipient is refused before DATA"},
	{"overload", OPTION_WORD, ACTIONS(overload), "defer", 0, 0,
	    overload_words, "what happens to mail there is no room for"},
	{0},
};

#define DAEMON(member) offsetof(struct daemon_settings, member)

static const struct option daemon_rows[] = {
	{"listen", OPTION_STRING, DAEMON(listen),
	    "inet:8894@127.0.0.1", 1, 200, NULL,
	    "where the MTA finds us: unix:PATH, inet:PORT@HOST, inet6:..."},
	{"listen_mode", OPTION_STRING, DAEMON(listen_mode), "0660", 3, 4, NULL,
	    "permissions of a unix socket"},
	{"listen_group", OPTION_STRING, DAEMON(listen_group), "", 0, 64, NULL,
	    "group of a unix socket, as postfix"},
	{"user", OPTION_STRING, DAEMON(user), "postern", 0, 64, NULL,
	    "whom to become when started as root"},
	{"control", OPTION_STRING, DAEMON(control), "/run/postern/control",
	    1, 107, NULL, "unix socket for posternctl"},
	{"drain", OPTION_TIME, DAEMON(drain), "30s", 0, 600000, NULL,
	    "how long TERM waits for messages under way"},
	{0},
};

#define LOG(member) offsetof(struct log_settings, member)

static const struct option log_rows[] = {
	{"to", OPTION_WORD, LOG(to), "syslog", 0, 0, target_words,
	    "syslog (facility mail) or stderr"},
	{"format", OPTION_WORD, LOG(format), "text", 0, 0, format_words,
	    "text (key=value) or json"},
	{0},
};

#define STORE(member) offsetof(struct store_settings, member)

static const struct option store_rows[] = {
	{"backend", OPTION_WORD, STORE(backend), "embedded", 0, 0, store_words,
	    "embedded (on disk), memory (lost at a restart), redis (shared)"},
	{"path", OPTION_STRING, STORE(path), "/var/lib/postern", 1, 400, NULL,
	    "directory of the embedded store, and of what a host remembers"},
	{"size", OPTION_SIZE, STORE(size), "1G", 1 << 20, 1LL << 40, NULL,
	    "most that it may grow to"},
	{0},
};

#define DNS(member) offsetof(struct dns_options, member)

static const struct option dns_rows[] = {
	{"enabled", OPTION_BOOL, DNS(enabled), "yes", 0, 0, NULL,
	    "ask the DNS; without it nothing is authenticated"},
	{"forwarders", OPTION_LIST, DNS(forwarders), "", 0, 0, NULL,
	    "resolvers as ip or ip@port; none: full recursion"},
	{"trust_anchor", OPTION_STRING, DNS(trust_anchor), "", 0, 400, NULL,
	    "file of DNSSEC's root key; empty: no validation"},
	{"cache", OPTION_SIZE, DNS(cache), "16M", 1 << 20, 1LL << 32, NULL,
	    "memory for answers"},
	{"timeout", OPTION_TIME, DNS(timeout), "3s", 100, 60000, NULL,
	    "how long one question may take"},
	{"local_zones", OPTION_BOOL, DNS(local_zones), "no", 0, 0, NULL,
	    "ask about private addresses and names too"},
	{0},
};

#define REDIS(member) offsetof(struct redis_options, member)

static const struct option redis_rows[] = {
	{"kind", OPTION_WORD, REDIS(kind), "single", 0, 0, redis_words,
	    "single server, sentinel (which name it), or cluster"},
	{"servers", OPTION_LIST, REDIS(servers), "127.0.0.1:6379", 0, 0, NULL,
	    "host:port or unix:PATH: the server, Sentinels, or some nodes"},
	{"master", OPTION_STRING, REDIS(master), "postern", 1, 100, NULL,
	    "what Sentinels call the server"},
	{"user", OPTION_STRING, REDIS(user), "", 0, 100, NULL,
	    "ACL user; empty: the default one"},
	{"password_file", OPTION_PATH, REDIS(password_file), "", 0, 400, NULL,
	    "file with the password, only its owner may read"},
	{"sentinel_password_file", OPTION_PATH, REDIS(sentinel_password_file),
	    "", 0, 400, NULL, "the same for the Sentinels"},
	{"database", OPTION_INT, REDIS(database), "0", 0, 10000, NULL,
	    "number of the database; 0 in a Cluster"},
	{"prefix", OPTION_STRING, REDIS(prefix), "postern:", 1, 40, NULL,
	    "what all keys begin with"},
	{"tls", OPTION_BOOL, REDIS(tls), "no", 0, 0, NULL,
	    "encrypt; refused where hiredis cannot"},
	{"connections", OPTION_INT, REDIS(connections), "16", 1, 1000, NULL,
	    "most connections to each server"},
	{"connect_timeout", OPTION_TIME, REDIS(connect_timeout), "250ms", 10,
	    60000, NULL, "how long connecting may take"},
	{"warm_up", OPTION_TIME, REDIS(warm_up), "6h", 0, 30 * DAY, NULL,
	    "how long a store that lost its contents greylists nobody"},
	{0},
};

#define FAILURES(member) offsetof(struct failures, member)

static const struct option failures_rows[] = {
	{"store", OPTION_WORD, FAILURES(store), "local", 0, 0, without_words,
	    "local (this host answers), open (as if not asked) or tempfail"},
	{"store_deadline", OPTION_TIME, FAILURES(store_deadline), "500ms", 10,
	    60000, NULL,
	    "how long a message waits for it, each of two times at most"},
	{"dns", OPTION_WORD, FAILURES(dns), "open", 0, 0, remote_words,
	    "open or tempfail"},
	{"dns_deadline", OPTION_TIME, FAILURES(dns_deadline), "10s", 0, 120000,
	    NULL, "how long a message waits for all answers, at its end"},
	{"dnslists", OPTION_WORD, FAILURES(dnslists), "open", 0, 0,
	    remote_words, "open or tempfail, for lists that do not say it"},
	{"dnslists_deadline", OPTION_TIME, FAILURES(dnslists_deadline), "3s",
	    0, 120000, NULL, "how long a message waits for them, at its end"},
	{"geoip", OPTION_WORD, FAILURES(geoip), "open", 0, 0, remote_words,
	    "open or tempfail"},
	{0},
};

#define RELOAD(member) offsetof(struct reload_settings, member)

static const struct option reload_rows[] = {
	{"shrink", OPTION_INT, RELOAD(shrink), "50", 0, 100, NULL,
	    "percent of its entries that a list may lose; 0: any"},
	{0},
};

static const struct section core[CORE_SECTIONS - 2] = {
	{"", general_rows, sizeof(struct general)},
	{"actions", actions_rows, sizeof(struct policy)},
	{"daemon", daemon_rows, sizeof(struct daemon_settings)},
	{"log", log_rows, sizeof(struct log_settings)},
	{"dns", dns_rows, sizeof(struct dns_options)},
	{"store", store_rows, sizeof(struct store_settings)},
	{"redis", redis_rows, sizeof(struct redis_options)},
	{"failures", failures_rows, sizeof(struct failures)},
	{"reload", reload_rows, sizeof(struct reload_settings)},
};

static size_t
count_checks(void)
{
	size_t n = 0;

	while (checks[n] != NULL)
		n++;
	return n;
}

bool
settings_mode(const char *text, mode_t *mode)
{
	*mode = 0;
	for (; *text >= '0' && *text <= '7'; text++)
		*mode = *mode * 8 + (mode_t)(*text - '0');
	return *text == '\0' && *mode <= 0777 && (*mode & 0600) == 0600;
}

const struct section **
settings_sections(void)
{
	size_t n = count_checks(), i, k = 0;
	const struct section **list;
	struct section *section;

	/* The sections of the checks are built behind the pointers to them. */
	list = mem_alloc((CORE_SECTIONS + n + 1) * sizeof(*list) +
	    n * sizeof(*section));
	section = (struct section *)(list + CORE_SECTIONS + n + 1);
	for (i = 0; i < CORE_SECTIONS - 2; i++)
		list[k++] = &core[i];
	list[k++] = &networks_section;
	list[k++] = &providers_section;
	for (i = 0; i < n; i++) {
		section[i].name = checks[i]->name;
		section[i].options = checks[i]->options;
		section[i].size = checks[i]->size;
		list[k++] = &section[i];
	}
	return list;
}
