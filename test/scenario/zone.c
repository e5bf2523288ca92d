/* zone - what the DNS of a scenario holds. */
#include "test/scenario/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"

#define DELAY_MAX 3600000	/* ms */

static const struct {
	const char *word;
	enum dns_type type;
} types[] = {
	{"A", DNS_A}, {"AAAA", DNS_AAAA}, {"CNAME", DNS_CNAME},
	{"MX", DNS_MX}, {"NS", DNS_NS}, {"PTR", DNS_PTR}, {"TXT", DNS_TXT},
};

bool
zone_exists(const struct scenario *s)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (s->steps[i].kind == STEP_DNS)
			return true;
	return false;
}

static bool
find_type(struct span word, enum dns_type *type)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (span_is(word, types[i].word)) {
			*type = types[i].type;
			return true;
		}
	return false;
}

/* fail NAME TYPE, delay MS, or NAME TYPE data */
static bool
table_line(struct dns *dns, struct arena *arena, const struct line *line)
{
	struct span rest = span_of(line->rest), word = span_of("");
	const char *name = line->word;
	enum dns_type type;
	int64_t ms;

	if (strcmp(line->word, "delay") == 0) {
		if (!text_number(rest, &ms) || ms > DELAY_MAX)
			return false;
		dns_table_delay(dns, ms);
		return true;
	}
	if (strcmp(line->word, "fail") == 0) {
		span_word(&rest, &word);
		name = arena_string(arena, word);
	}
	if (!span_word(&rest, &word) || !find_type(word, &type))
		return false;
	if (name != line->word)
		dns_table_fail(dns, name, type);
	else
		dns_table_add(dns, name, type, span_trim(rest));
	return true;
}

static int
table_lines(struct dns *dns, const struct scenario *s, struct arena *arena,
    struct error *error)
{
	const struct step *step;
	size_t i, k;

	for (i = 0; i < s->count; i++) {
		step = &s->steps[i];
		for (k = 0; step->kind == STEP_DNS && k < step->lines.count;
		    k++)
			if (!table_line(dns, arena, &step->lines.line[k]))
				return error_at(error, s->path,
				    step->lines.line[k].number,
				    "no record: %s",
				    step->lines.line[k].whole);
	}
	return 0;
}

struct dns *
zone_table(const struct scenario *s, struct error *error)
{
	struct dns *dns = dns_table();
	struct arena arena;

	arena_init(&arena);
	if (table_lines(dns, s, &arena, error) != 0) {
		dns_free(dns);
		dns = NULL;
	}
	arena_done(&arena);
	return dns;
}

int
zone_write(const struct scenario *s, struct error *error)
{
	FILE *f = fopen(ZONE_NAME, "w");
	const struct step *step;
	size_t i, k;

	if (f == NULL)
		return error_at(error, ZONE_NAME, 0, "%s", strerror(errno));
	for (i = 0; i < s->count; i++) {
		step = &s->steps[i];
		for (k = 0; step->kind == STEP_DNS && k < step->lines.count;
		    k++)
			fprintf(f, "%s\n", step->lines.line[k].whole);
	}
	fclose(f);
	return 0;
}

static _Noreturn void
run_server(const char *top, int input, int output)
{
	char program[4096];

	snprintf(program, sizeof(program), "%s/test/dns/zone.py", top);
	if (dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0)
		execl("/usr/bin/python3", "python3", program, ZONE_NAME,
		    (char *)NULL);
	_exit(127);
}

/* The server says its port as soon as it listens. */
static int
read_port(int fd, unsigned *port)
{
	char text[32] = "";
	size_t n = 0;
	ssize_t got;

	while (n < sizeof(text) - 1 && strchr(text, '\n') == NULL &&
	    (got = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)got;
	return sscanf(text, "%u", port) == 1 ? 0 : -1;
}

int
zone_serve(const struct scenario *s, struct zone_server *server,
    struct error *error)
{
	int in[2], out[2], status;

	if (zone_write(s, error) != 0)
		return -1;
	if (pipe2(in, O_CLOEXEC) != 0)
		return error_set(error, "pipe: %s", strerror(errno));
	if (pipe2(out, O_CLOEXEC) != 0) {
		close(in[0]);
		close(in[1]);
		return error_set(error, "pipe: %s", strerror(errno));
	}
	server->pid = fork();
	if (server->pid == 0)
		run_server(s->top, in[0], out[1]);
	server->input = in[1];
	close(in[0]);
	close(out[1]);
	status = read_port(out[0], &server->port);
	close(out[0]);
	return status == 0 ? 0 : error_set(error, "no DNS server");
}

void
zone_stop(struct zone_server *server)
{
	if (server->pid <= 0)
		return;
	close(server->input);
	waitpid(server->pid, NULL, 0);
	server->pid = 0;
}
