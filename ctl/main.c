/* main - operates Postern from the command line; see posternctl(1). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "ctl/commands.h"
#include "ctl/send.h"
#include "rules/compile.h"

static int
send_command(const struct globals *g, int argc, char **argv)
{
	(void)g;
	return send_main(argc, argv);
}

static int
version_command(const struct globals *g, int argc, char **argv)
{
	(void)g;
	(void)argc;
	(void)argv;
	printf("postern %s\n", POSTERN_VERSION);
	return EX_OK;
}

static const struct command {
	const char *name;
	int (*run)(const struct globals *, int argc, char **argv);
	const char *help;
} commands[] = {
	{"scan", scan_main, "judge message files without a daemon"},
	{"check-config", check_config_main,
	    "show the effective configuration and where it comes from"},
	{"dmarc", dmarc_main, "explain what DMARC finds for a domain"},
	{"domain", domain_main, "check what a domain publishes for mail"},
	{"geoip", geoip_main, "tell where addresses are, and of which files"},
	{"dnslists", dnslists_main,
	    "tell how DNS lists fare, and what they say"},
	{"fleet", words_main, "the hosts that share the store, and who drifts"},
	{"rules", rules_main, "check, list, explain and try rule files"},
	{"dkim", dkim_main, "make a DKIM key, or test a published one"},
	{"rate", words_main, "what rate limits leave: show, reset"},
	{"reload", ask_main,
	    "have the daemon load a new generation [--accept-shrink]"},
	{"rollback", ask_main, "return to the generation before"},
	{"reputation", words_main, "what the daemon knows of a sender"},
	{"status", ask_main, "how the daemon is"},
	{"stats", ask_main, "its counters, as Prometheus text"},
	{"trust", trust_main,
	    "who gets a discount: add, del, list, log, lint"},
	{"deny", trust_main, "who is refused: add, del, list, log"},
	{"store", store_main, "what is kept of mail; export and import it"},
	{"user", words_main,
	    "users' outbound mail: show, list, block, release"},
	{"send", send_command, "put messages to a filter as an MTA would"},
	{"torture", torture_main,
	    "crash tests of a private copy of the configuration"},
	{"version", version_command, "print the version"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static _Noreturn void
usage(FILE *to, int status)
{
	size_t i;

	fputs("usage: posternctl [-c|--config file] [-o section.key=value] "
	    "[--control path] command ...\n", to);
	for (i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-14s%s\n", commands[i].name, commands[i].help);
	exit(status);
}

/* Takes "--name value" into *out; true when it was that option. */
static bool
take_option(int argc, char **argv, int *i, const char *name, const char **out)
{
	if (strcmp(argv[*i], name) != 0)
		return false;
	if (*i + 1 >= argc)
		usage(stderr, EX_USAGE);
	*out = argv[++*i];
	return true;
}

/* Reads the options before the command; returns its index in argv. */
static int
parse_globals(int argc, char **argv, struct globals *g)
{
	const char *override;
	int i;

	memset(g, 0, sizeof(*g));
	g->conf = POSTERN_CONF;
	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "-h") == 0 ||
		    strcmp(argv[i], "--help") == 0)
			usage(stdout, EX_OK);
		if (take_option(argc, argv, &i, "-c", &g->conf) ||
		    take_option(argc, argv, &i, "--config", &g->conf) ||
		    take_option(argc, argv, &i, "--control", &g->control))
			continue;
		if (!take_option(argc, argv, &i, "-o", &override) ||
		    g->override_count == OVERRIDES_MAX)
			usage(stderr, EX_USAGE);
		g->overrides[g->override_count++] = override;
	}
	return i;
}

int
main(int argc, char **argv)
{
	struct globals globals;
	int at, status = compile_worker(argc, argv);
	size_t i;

	if (status >= 0)
		return status;
	at = parse_globals(argc, argv, &globals);
	if (at >= argc)
		usage(stderr, EX_USAGE);
	for (i = 0; i < COMMANDS; i++)
		if (strcmp(argv[at], commands[i].name) == 0)
			return commands[i].run(&globals, argc - at, argv + at);
	fprintf(stderr, "posternctl: unknown command \"%s\"\n", argv[at]);
	usage(stderr, EX_USAGE);
}
