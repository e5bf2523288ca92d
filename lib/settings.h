/*
 * settings - the sections of the configuration that belong to no check:
 * general keys, policy, and what only the daemon reads at its start.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <sys/types.h>

#include "conf/conf.h"
#include "verdict/policy.h"

/* Keys outside any section. */
struct general {
	int64_t mode;			/* enum mode */
	const char *authserv_id;	/* "" is the MTA's host name */
};

/* Section "daemon"; read at start only. */
struct daemon_settings {
	const char *listen;
	const char *listen_mode;	/* octal */
	const char *listen_group;
	const char *user;
	const char *control;
	int64_t drain;			/* ms that TERM waits at most */
};

/* Section "log"; read at start only. */
struct log_settings {
	int64_t to;			/* enum log_target */
	int64_t format;			/* enum log_format */
};

enum log_target { LOG_TARGET_SYSLOG, LOG_TARGET_STDERR };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/* Section "dns"; read at start only. */
struct dns_options {
	bool enabled;
	struct strings forwarders;
	const char *trust_anchor;
	int64_t cache;
	int64_t timeout;
	bool local_zones;
};

/* Section "store"; read at start only. */
struct store_settings {
	int64_t backend;		/* enum store_kind */
	const char *path;
	int64_t size;
};

enum store_kind { STORE_KIND_EMBEDDED, STORE_KIND_MEMORY, STORE_KIND_REDIS };

/* Section "redis", of the shared store; read at start only. */
struct redis_options {
	int64_t kind;			/* enum redis_kind */
	struct strings servers;
	const char *master;
	const char *user;
	const char *password_file;
	const char *sentinel_password_file;
	int64_t database;
	const char *prefix;
	bool tls;
	int64_t connections;
	int64_t connect_timeout;
	int64_t warm_up;
};

/* What happens to mail while something it asks does not answer. */
enum without {
	WITHOUT_OPEN,		/* as if it had not been asked */
	WITHOUT_TEMPFAIL,	/* the sender is asked to come back */
	WITHOUT_LOCAL,		/* this host answers by itself */
};

/* Section "failures": what may fail, how long it has, what happens without. */
struct failures {
	int64_t store, store_deadline;		/* ms */
	int64_t dns, dns_deadline;
	int64_t dnslists, dnslists_deadline;
	int64_t geoip;
};

/* Section "reload". */
struct reload_settings {
	int64_t shrink;		/* percent that a list may lose; 0: any */
};

/*
 * "0660", octal, as a mode; false when it is none, or one that would keep the
 * owner of a socket out.
 */
bool settings_mode(const char *text, mode_t *mode);

/*
 * All sections there are, those of the checks and of networks included.  The
 * caller frees the array, not what it points to.
 */
const struct section **settings_sections(void);

#endif
