/* send - the options of "posternctl send", its files and its exit status. */
#include "ctl/send.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

enum {
	OPT_SOCKET = 256, OPT_FROM, OPT_RCPT, OPT_HELO, OPT_CLIENT, OPT_AUTH,
	OPT_ENVELOPES, OPT_MACRO, OPT_QUEUE_ID, OPT_EARLY_ID, OPT_CONNECTIONS,
	OPT_COUNT, OPT_PER_CONNECTION, OPT_OFFER, OPT_TIMEOUT, OPT_JSON,
	OPT_QUIET, OPT_HELP
};

static const struct option long_options[] = {
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "from", required_argument, NULL, OPT_FROM },
	{ "rcpt", required_argument, NULL, OPT_RCPT },
	{ "helo", required_argument, NULL, OPT_HELO },
	{ "client", required_argument, NULL, OPT_CLIENT },
	{ "auth", required_argument, NULL, OPT_AUTH },
	{ "envelopes", required_argument, NULL, OPT_ENVELOPES },
	{ "macro", required_argument, NULL, OPT_MACRO },
	{ "queue-id", required_argument, NULL, OPT_QUEUE_ID },
	{ "early-id", no_argument, NULL, OPT_EARLY_ID },
	{ "connections", required_argument, NULL, OPT_CONNECTIONS },
	{ "count", required_argument, NULL, OPT_COUNT },
	{ "per-connection", required_argument, NULL, OPT_PER_CONNECTION },
	{ "offer", required_argument, NULL, OPT_OFFER },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "quiet", no_argument, NULL, OPT_QUIET },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static const char usage_text[] =
"usage: posternctl send --socket ADDRESS [options] FILE...\n"
"  --socket ADDRESS      of the filter: inet:port@host, inet6:port@host,\n"
"                        unix:/path or local:/path\n"
"  --from ADDRESS        sender (sender@example.org)\n"
"  --rcpt ADDRESS        recipient, repeatable (recipient@example.com)\n"
"  --helo NAME           HELO argument (mail.example.org)\n"
"  --client IP[,NAME]    SMTP client (192.0.2.1,mail.example.org)\n"
"  --auth USER           the client logged in as USER\n"
"  --envelopes FILE      lines of IP[,NAME] HELO FROM RCPT [USER], in turn\n"
"  --macro NAME=VALUE    a macro of the MTA, repeatable\n"
"  --queue-id ID         the same for every message (made up)\n"
"  --early-id            the id is known at MAIL, as in Sendmail\n"
"  --connections N       at the same time (1)\n"
"  --count N             messages in all, files in turn (one per file)\n"
"  --per-connection N    messages per connection, 0 for any number (1)\n"
"  --offer full|old|none what the MTA can: all, version 2, nothing\n"
"  --timeout SECONDS     per reply (60)\n"
"  --json                one JSON object per line\n"
"  --quiet               only the summary\n"
"  --help                this text\n"
"FILE may be \"-\".  Status: 0 all answered, 64 usage, 66 a file cannot be\n"
"read, 69 filter unavailable, 75 it hung up, was late or broke the protocol.\n";

static int
complain(const char *what, const char *value)
{
	fprintf(stderr, "posternctl: send: %s%s%s\n", what,
	    value != NULL ? ": " : "", value != NULL ? value : "");
	return -1;
}

static int
add_macro(struct send_options *o, const char *name, const char *value)
{
	if (o->envelope.macro_count == SEND_MACROS_MAX)
		return complain("too many macros", name);
	o->macros[o->envelope.macro_count++] =
	    (struct mclient_macro){ name, value };
	return 0;
}

/* argument is of argv, whose strings may be changed. */
static int
parse_macro(struct send_options *o, char *argument)
{
	char *equals = strchr(argument, '=');

	if (equals == NULL || equals == argument)
		return complain("--macro is not NAME=VALUE", argument);
	*equals = '\0';
	return add_macro(o, argument, equals + 1);
}

static int
parse_client(struct send_options *o, char *argument)
{
	char *comma = strchr(argument, ',');

	if (comma != NULL)
		*comma = '\0';
	o->envelope.client_addr = argument;
	o->envelope.client_name = comma != NULL ? comma + 1 : "unknown";
	return 0;
}

static int
parse_offer(struct send_options *o, const char *argument)
{
	if (strcmp(argument, "full") == 0)
		o->offer = &mclient_offer_full;
	else if (strcmp(argument, "old") == 0)
		o->offer = &mclient_offer_old;
	else if (strcmp(argument, "none") == 0)
		o->offer = &mclient_offer_none;
	else
		return complain("--offer is not full, old or none", argument);
	return 0;
}

static int
parse_number(const char *argument, int64_t min, int64_t max, int64_t *out)
{
	int64_t n;

	if (!text_number(span_of(argument), &n) || n < min || n > max)
		return complain("number out of bounds", argument);
	*out = n;
	return 0;
}

static int
add_rcpt(struct send_options *o, const char *address)
{
	if (o->envelope.rcpt_count == MCLIENT_RCPTS_MAX)
		return complain("too many recipients", NULL);
	o->rcpts[o->envelope.rcpt_count++] = address;
	return 0;
}

static int
parse_load(struct send_options *o, int option, const char *argument)
{
	switch (option) {
	case OPT_CONNECTIONS:
		return parse_number(argument, 1, SEND_CONNECTIONS_MAX,
		    &o->connections);
	case OPT_COUNT:
		return parse_number(argument, 1, SEND_COUNT_MAX, &o->count);
	case OPT_PER_CONNECTION:
		return parse_number(argument, 0, SEND_COUNT_MAX,
		    &o->per_connection);
	case OPT_TIMEOUT:
		if (parse_number(argument, 1, 86400, &o->timeout) != 0)
			return -1;
		o->timeout *= 1000;
		return 0;
	default:
		return -1;	/* getopt_long has said why */
	}
}

static int
parse_option(struct send_options *o, int option, char *argument)
{
	switch (option) {
	case OPT_SOCKET:
		o->socket = argument;
		return 0;
	case OPT_FROM:
		o->envelope.from = argument;
		return 0;
	case OPT_RCPT:
		return add_rcpt(o, argument);
	case OPT_HELO:
		o->envelope.helo = argument;
		return 0;
	case OPT_CLIENT:
		return parse_client(o, argument);
	case OPT_AUTH:
		return add_macro(o, "auth_type", "PLAIN") != 0 ? -1 :
		    add_macro(o, "auth_authen", argument);
	case OPT_ENVELOPES:
		o->envelopes = argument;
		return 0;
	case OPT_MACRO:
		return parse_macro(o, argument);
	case OPT_QUEUE_ID:
		o->envelope.queue_id = argument;
		return 0;
	case OPT_EARLY_ID:
		o->envelope.early_id = true;
		return 0;
	case OPT_OFFER:
		return parse_offer(o, argument);
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_QUIET:
		o->quiet = true;
		return 0;
	default:
		return parse_load(o, option, argument);
	}
}

static void
set_defaults(struct send_options *o)
{
	*o = (struct send_options){
		.offer = &mclient_offer_full,
		.envelope = {
			.client_name = "mail.example.org",
			.client_addr = "192.0.2.1",
			.client_port = 25252,
			.helo = "mail.example.org",
			.from = "sender@example.org",
		},
		.connections = 1,
		.per_connection = 1,
		.timeout = SEND_TIMEOUT,
	};
	o->envelope.macros = o->macros;
	o->envelope.rcpts = o->rcpts;
}

static bool
has_macro(const struct send_options *o, const char *name)
{
	size_t i;

	for (i = 0; i < o->envelope.macro_count; i++)
		if (strcmp(o->macros[i].name, name) == 0)
			return true;
	return false;
}

/* Returns 0, -1 after a complaint, or 1 when only help was wanted. */
static int
parse_options(struct send_options *o, int argc, char **argv)
{
	int option;

	set_defaults(o);
	optind = 1;
	while ((option = getopt_long(argc, argv, "", long_options,
	    NULL)) != -1) {
		if (option == OPT_HELP)
			return 1;
		if (parse_option(o, option, optarg) != 0)
			return -1;
	}
	if (o->socket == NULL)
		return complain("--socket is missing", NULL);
	if (optind == argc)
		return complain("no message", NULL);
	if (o->envelope.rcpt_count == 0)
		add_rcpt(o, "recipient@example.com");
	if (!has_macro(o, "j") && add_macro(o, "j", "mx.example.com") != 0)
		return -1;
	if (o->count == 0)
		o->count = argc - optind;
	return 0;
}

/* As SMTP carries it: every line ends with CRLF. */
static void
add_crlf(struct buf *b, struct span s)
{
	size_t n;

	while (s.n != 0) {
		n = span_chr(s, '\n');
		buf_span(b, span_head(s, n));
		if (n < s.n && (n == 0 || s.p[n - 1] != '\r'))
			buf_char(b, '\r');
		if (n < s.n)
			buf_char(b, '\n');
		s = span_skip(s, n + 1);
	}
}

static int
read_message(const char *name, struct send_message *m)
{
	FILE *f = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");
	struct buf raw, crlf;
	char chunk[65536];
	size_t n;
	int bad;

	*m = (struct send_message){ .name = name };
	if (f == NULL)
		return complain(name, strerror(errno));
	buf_init(&raw, SEND_FILE_MAX);
	buf_init(&crlf, 2 * (size_t)SEND_FILE_MAX);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&raw, chunk, n);
	bad = ferror(f) ? complain(name, "cannot be read") :
	    raw.full ? complain(name, "longer than 64 MB") : 0;
	if (f != stdin)
		fclose(f);
	add_crlf(&crlf, buf_contents(&raw));
	buf_done(&raw);
	m->raw = span_make(mem_copy(crlf.p != NULL ? crlf.p : "", crlf.n),
	    crlf.n);
	buf_done(&crlf);
	return bad;
}

static void
free_messages(struct send_message *m, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free((char *)m[i].raw.p);
	free(m);
}

static int
run_all(const struct send_options *o, const struct send_message *m, size_t n)
{
	struct send_run *run = mem_alloc(sizeof(*run));
	int status;

	run->options = o;
	run->messages = m;
	run->message_count = n;
	run->latencies = mem_array(NULL, SEND_LATENCIES_MAX,
	    sizeof(*run->latencies));
	pthread_mutex_init(&run->lock, NULL);
	send_all(run);
	if (o->count > 1 || o->quiet)
		send_show_summary(run);
	status = run->failures != 0 ? EX_TEMPFAIL :
	    run->unavailable || run->answered < o->count ? EX_UNAVAILABLE : 0;
	pthread_mutex_destroy(&run->lock);
	free(run->latencies);
	free(run);
	return status;
}

static int
send_files(const struct send_options *o, char **names, size_t n)
{
	struct send_message *m = mem_array(NULL, n, sizeof(*m));
	size_t i;
	int rc;

	for (i = 0; i < n; i++)
		if (read_message(names[i], &m[i]) != 0) {
			free_messages(m, i + 1);
			return EX_NOINPUT;
		}
	rc = run_all(o, m, n);
	free_messages(m, n);
	return rc;
}

int
send_main(int argc, char **argv)
{
	struct send_options o;
	struct error error;
	int rc = parse_options(&o, argc, argv);

	if (rc != 0) {
		fputs(usage_text, rc > 0 ? stdout : stderr);
		return rc > 0 ? 0 : EX_USAGE;
	}
	if (o.envelopes != NULL && sendlist_read(&o.list, o.envelopes,
	    &o.envelope, &error) != 0) {
		complain(error.text, NULL);
		rc = EX_NOINPUT;
	} else {
		rc = send_files(&o, argv + optind, (size_t)(argc - optind));
	}
	if (o.envelopes != NULL)
		sendlist_done(&o.list);
	return rc;
}
