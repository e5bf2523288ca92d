/*
 * settings - the sections of the configuration that belong to no check:
 * general keys, policy, and what only the daemon reads at its start.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

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

/* Section "dns"; all but the deadline is read at start only. */
struct dns_options {
	bool enabled;
	struct strings forwarders;
	const char *trust_anchor;
	int64_t cache;
	int64_t timeout;
	int64_t deadline;	/* ms that a message waits for all answers */
	bool local_zones;
};

/* Section "store"; backend, path and size are read at start only. */
struct store_settings {
	int64_t backend;		/* enum store_kind */
	const char *path;
	int64_t size;
	int64_t timeout;		/* ms that one batch may take */
};

enum store_kind { STORE_KIND_EMBEDDED, STORE_KIND_MEMORY };

/* Section "reload". */
struct reload_settings {
	int64_t shrink;		/* percent that a list may lose; 0: any */
};

struct dns;

/* The resolver of a section "dns"; NULL with *error filled in. */
struct dns *settings_open_dns(const struct dns_options *, struct error *);

/*
 * All sections there are, those of the checks and of networks included.  The
 * caller frees the array, not what it points to.
 */
const struct section **settings_sections(void);

#endif
