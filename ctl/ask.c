/* ask - commands that a running daemon answers on its control socket. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "ctl/commands.h"
#include "net/endpoint.h"
#include "settings.h"

#define ANSWER_MAX (8 << 20)
#define LINE_MAX_BYTES 4000	/* what the daemon takes */

/*
 * The control socket's path, from the configuration; heap, or NULL.  A mistake
 * in the file is told; salvaged: what stands before it may tell the path.
 */
static char *
find_control(const struct globals *g, bool salvaged, bool *broken)
{
	const struct section **sections = settings_sections();
	const struct daemon_settings *settings;
	struct error error;
	struct conf *conf;
	char *path = NULL;

	conf = conf_load(g->conf, sections, g->overrides, &error);
	*broken = conf == NULL;
	if (*broken) {
		fprintf(stderr, "posternctl: %s\n", error.text);
		conf = salvaged ? conf_salvage(g->conf, sections,
		    g->overrides) : NULL;
	}
	if (conf != NULL) {
		settings = conf_section(conf, "daemon");
		path = mem_copy(settings->control, strlen(settings->control));
	}
	conf_free(conf);
	free(sections);
	return path;
}

/* Everything that the daemon says until it hangs up. */
static int
converse(int fd, const char *command, struct buf *answer)
{
	char chunk[8192];
	ssize_t n;

	if (send(fd, command, strlen(command), MSG_NOSIGNAL) < 0 ||
	    send(fd, "\n", 1, MSG_NOSIGNAL) < 0)
		return -1;
	while ((n = recv(fd, chunk, sizeof(chunk), 0)) > 0)
		buf_add(answer, chunk, (size_t)n);
	return n < 0 ? -1 : 0;
}

/* The answer is an exit status on a line, then text. */
static int
read_answer(struct span answer, struct buf *out, struct error *error)
{
	struct span status = span_of("");
	int64_t code;

	if (!span_cut(&answer, '\n', &status) ||
	    !text_number(status, &code) || code > 255)
		return error_set(error, "the daemon ended without an answer");
	buf_span(out, answer);
	return (int)code;
}

int
ask_socket(const char *path, const char *command, int64_t timeout,
    struct buf *out, struct error *error)
{
	char *address = mem_printf("unix:%s", path);
	struct timeval patience = {.tv_sec = timeout / 1000,
	    .tv_usec = timeout % 1000 * 1000};
	int fd = endpoint_connect(address, error), status = -1;
	struct buf answer;

	free(address);
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof(patience));
	buf_init(&answer, ANSWER_MAX);
	if (converse(fd, command, &answer) != 0)
		error_set(error, "%s", strerror(errno));
	else
		status = read_answer(buf_contents(&answer), out, error);
	buf_done(&answer);
	close(fd);
	return status;
}

/* Asks the daemon at path and shows what it says. */
static int
ask_at(const char *path, const char *command)
{
	struct error error;
	struct buf answer;
	int status;

	buf_init(&answer, ANSWER_MAX);
	status = ask_socket(path, command, 0, &answer, &error);
	if (status < 0)
		fprintf(stderr, "posternctl: is postern running? %s\n",
		    error.text);
	else
		fputs(buf_string(&answer), status == 0 ? stdout : stderr);
	buf_done(&answer);
	return status < 0 ? EX_UNAVAILABLE : status;
}

/* What changes nothing may ask a daemon whose file is wrong by now. */
static bool
only_asks(const char *command)
{
	return strcmp(command, "status") == 0 || strcmp(command, "stats") == 0;
}

int
ask_daemon(const struct globals *g, const char *command)
{
	bool broken = false;
	char *path;
	int status;

	path = g->control != NULL ? mem_copy(g->control, strlen(g->control)) :
	    find_control(g, only_asks(command), &broken);
	if (path == NULL)
		return EX_CONFIG;
	if (broken)
		fprintf(stderr, "posternctl: asking at %s all the same\n",
		    path);
	status = ask_at(path, command);
	free(path);
	return broken ? EX_CONFIG : status;
}

int
ask_main(const struct globals *g, int argc, char **argv)
{
	static const char shrink[] = "--accept-shrink";
	bool reload = strcmp(argv[0], "reload") == 0;

	if (argc == 2 && reload && strcmp(argv[1], shrink) == 0)
		return ask_daemon(g, "reload --accept-shrink");
	if (argc == 1)
		return ask_daemon(g, argv[0]);
	fprintf(stderr, "usage: posternctl %s%s\n", argv[0],
	    reload ? " [--accept-shrink]" : "");
	return EX_USAGE;
}

int
words_main(const struct globals *g, int argc, char **argv)
{
	struct buf line;
	int i, status = EX_USAGE;

	buf_init(&line, LINE_MAX_BYTES);
	for (i = 0; i < argc; i++) {
		if (i > 0)
			buf_char(&line, ' ');
		buf_puts(&line, argv[i]);
	}
	if (line.full || strpbrk(buf_string(&line), "\r\n") != NULL)
		fputs("posternctl: too long, or more than one line\n", stderr);
	else
		status = ask_daemon(g, buf_string(&line));
	buf_done(&line);
	return status;
}
