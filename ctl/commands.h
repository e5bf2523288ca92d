/*
 * commands - what posternctl can do.  Each command gets its own name as
 * argv[0] and returns an exit status of sysexits(3).
 */
#ifndef CTL_COMMANDS_H
#define CTL_COMMANDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

#define OVERRIDES_MAX 256

/* Options before the command, which all commands share. */
struct globals {
	const char *conf;	/* configuration file */
	const char *control;	/* socket of the daemon, or NULL: the file's */
	const char *overrides[OVERRIDES_MAX + 1];
	size_t override_count;
};

int scan_main(const struct globals *, int argc, char **argv);
int check_config_main(const struct globals *, int argc, char **argv);
int dkim_main(const struct globals *, int argc, char **argv);
int dmarc_main(const struct globals *, int argc, char **argv);
int domain_main(const struct globals *, int argc, char **argv);
int geoip_main(const struct globals *, int argc, char **argv);
int dnslists_main(const struct globals *, int argc, char **argv);
int rules_main(const struct globals *, int argc, char **argv);
int store_main(const struct globals *, int argc, char **argv);
int torture_main(const struct globals *, int argc, char **argv);

/* reload, rollback, stats, status: asked of a running daemon. */
int ask_main(const struct globals *, int argc, char **argv);

/* The same for commands whose words the daemon reads. */
int words_main(const struct globals *, int argc, char **argv);

/* trust, deny. */
int trust_main(const struct globals *, int argc, char **argv);

/* Prints what the daemon says to a command; returns the exit status. */
int ask_daemon(const struct globals *, const char *command);

/*
 * The same of a control socket by its path: what the daemon says is added to
 * out.  timeout is in milliseconds of silence, 0 for none.  Returns the status
 * that it answers, or -1 with *error filled in.
 */
int ask_socket(const char *path, const char *command, int64_t timeout,
    struct buf *out, struct error *error);

#endif
