/* ask - commands that a running daemon answers on its control socket. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "ctl/commands.h"
#include "net/endpoint.h"
#include "settings.h"

#define ANSWER_MAX (8 << 20)
#define LINE_MAX_BYTES 4000	/* what the daemon takes */

/* The control socket's path, from the configuration; heap, or NULL. */
static char *
find_control(const struct globals *g, struct error *error)
{
	const struct section **sections = settings_sections();
	const struct daemon_settings *settings;
	struct conf *conf;
	char *path = NULL;

	conf = conf_load(g->conf, sections, g->overrides, error);
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
print_answer(struct span answer)
{
	struct span status = span_of("");
	int64_t code;

	if (!span_cut(&answer, '\n', &status) ||
	    !text_number(status, &code) || code > 255) {
		fputs("posternctl: the daemon ended without an answer\n",
		    stderr);
		return EX_UNAVAILABLE;
	}
	fwrite(answer.p != NULL ? answer.p : "", 1, answer.n,
	    code == 0 ? stdout : stderr);
	return (int)code;
}

int
ask_daemon(const struct globals *g, const char *command)
{
	char *path, *address;
	struct error error;
	struct buf answer;
	int fd, status = EX_UNAVAILABLE;

	path = g->control != NULL ? mem_copy(g->control, strlen(g->control)) :
	    find_control(g, &error);
	if (path == NULL) {
		fprintf(stderr, "posternctl: %s\n", error.text);
		return EX_CONFIG;
	}
	address = mem_printf("unix:%s", path);
	fd = endpoint_connect(address, &error);
	if (fd < 0) {
		fprintf(stderr, "posternctl: is postern running? %s\n",
		    error.text);
	} else {
		buf_init(&answer, ANSWER_MAX);
		if (converse(fd, command, &answer) != 0)
			fprintf(stderr, "posternctl: %s\n", strerror(errno));
		else
			status = print_answer(buf_contents(&answer));
		buf_done(&answer);
		close(fd);
	}
	free(address);
	free(path);
	return status;
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
