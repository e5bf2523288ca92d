/*
 * verify - has libopendkim verify messages, and does nothing else: the cost
 * of that library with its own resolver, against which Postern is measured.
 * Messages are read before the time starts.
 */
#include <sys/types.h>

#include <opendkim/dkim.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/buf.h"
#include "base/text.h"

#define MESSAGE_MAX (64 << 20)
#define CHUNK 65535	/* what a milter is given at once */

/* Bytes until the line end that no blank follows, or all. */
static size_t
field_length(const char *p, size_t n)
{
	const char *at = p;

	while ((at = memmem(at, n - (size_t)(at - p), "\r\n", 2)) != NULL) {
		at += 2;
		if (at == p + n || (*at != ' ' && *at != '\t'))
			return (size_t)(at - p) - 2;
	}
	return n;
}

/* Hands over the header; returns where the body begins, or NULL. */
static const char *
give_header(DKIM *dkim, const char *p, const char *end)
{
	size_t n;

	while (p < end && *p != '\r') {
		n = field_length(p, (size_t)(end - p));
		if (dkim_header(dkim, (u_char *)p, n) != DKIM_STAT_OK)
			return NULL;
		p += n < (size_t)(end - p) ? n + 2 : n;
	}
	return end - p >= 2 ? p + 2 : end;
}

static DKIM_STAT
judge(DKIM *dkim, const struct buf *message)
{
	const char *end = message->p + message->n;
	const char *p = give_header(dkim, message->p, end);
	DKIM_STAT status = p != NULL ? dkim_eoh(dkim) : DKIM_STAT_SYNTAX;
	size_t n;

	for (; status == DKIM_STAT_OK && p < end; p += n) {
		n = end - p < CHUNK ? (size_t)(end - p) : CHUNK;
		status = dkim_body(dkim, (u_char *)p, n);
	}
	return status == DKIM_STAT_OK ? dkim_eom(dkim, NULL) : status;
}

static bool
verified(DKIM_LIB *lib, const struct buf *message)
{
	DKIM_STAT status;
	DKIM *dkim = dkim_verify(lib, (const u_char *)"bench", NULL, &status);

	if (dkim == NULL)
		return false;
	status = judge(dkim, message);
	dkim_free(dkim);
	return status == DKIM_STAT_OK;
}

static int
read_message(struct buf *message, const char *path)
{
	char part[65536];
	FILE *f = fopen(path, "rb");
	size_t n;

	buf_init(message, MESSAGE_MAX);
	if (f == NULL) {
		perror(path);
		return -1;
	}
	while ((n = fread(part, 1, sizeof(part), f)) != 0)
		buf_add(message, part, n);
	fclose(f);
	return 0;
}

static double
seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int
run(const struct buf *messages, size_t kinds, int64_t count)
{
	DKIM_LIB *lib = dkim_init(NULL, NULL);
	double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	double begin = seconds(CLOCK_MONOTONIC);
	int64_t i, passed = 0;

	if (lib == NULL)
		return EX_UNAVAILABLE;
	for (i = 0; i < count; i++)
		passed += verified(lib, &messages[(size_t)i % kinds]);
	printf("{\"messages\": %lld, \"passed\": %lld, \"cpu\": %.6f, "
	    "\"seconds\": %.6f}\n", (long long)count, (long long)passed,
	    seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu,
	    seconds(CLOCK_MONOTONIC) - begin);
	dkim_close(lib);
	return 0;
}

int
main(int argc, char **argv)
{
	struct buf *messages;
	int64_t count;
	int i, status = 0;

	if (argc < 3 || !text_number(span_of(argv[1]), &count)) {
		fputs("usage: verify COUNT FILE...\n", stderr);
		return EX_USAGE;
	}
	messages = calloc((size_t)argc, sizeof(messages[0]));
	if (messages == NULL)
		return EX_OSERR;
	for (i = 2; i < argc && status == 0; i++)
		status = read_message(&messages[i - 2], argv[i]);
	status = status != 0 ? EX_NOINPUT :
	    run(messages, (size_t)argc - 2, count);
	for (i = 2; i < argc; i++)
		buf_done(&messages[i - 2]);
	free(messages);
	return status;
}
