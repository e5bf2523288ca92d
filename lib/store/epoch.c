/* epoch - the mark that a shared store carries from its first use on. */
#include "store/epoch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

#define EPOCH_SCHEMA 1
#define EPOCH_KEEP_MS (INT64_C(3650) * 24 * 3600 * 1000)

static const char file_mark[] = "postern-epoch 1 ";

static bool
id_sound(struct span id)
{
	size_t i;

	for (i = 0; i < id.n; i++)
		if (char_hex(id.p[i]) < 0)
			return false;
	return id.n == EPOCH_ID_MAX - 1;
}

/* "id created cold_until", one blank between. */
bool
epoch_parse(struct span text, struct epoch *out)
{
	struct span id, created, rest = text;
	struct epoch e;

	if (!span_cut(&rest, ' ', &id) || !id_sound(id) ||
	    !span_cut(&rest, ' ', &created) ||
	    !text_number(created, &e.created) ||
	    !text_number(rest, &e.cold_until))
		return false;
	memcpy(e.id, id.p, id.n);
	e.id[id.n] = '\0';
	*out = e;
	return true;
}

const char *
epoch_print(const struct epoch *e, char out[EPOCH_TEXT_MAX])
{
	snprintf(out, EPOCH_TEXT_MAX, "%s %lld %lld", e->id,
	    (long long)e->created, (long long)e->cold_until);
	return out;
}

void
epoch_make(struct epoch *e, int64_t now, int64_t cold_until)
{
	unsigned char bytes[(EPOCH_ID_MAX - 1) / 2];
	size_t i;

	/* Never short for so few bytes; the time tells them apart even so. */
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		memcpy(bytes, &now, sizeof(now));
	for (i = 0; i < sizeof(bytes); i++)
		snprintf(e->id + 2 * i, 3, "%02x", bytes[i]);
	e->created = now;
	e->cold_until = cold_until;
}

/*
 * Another mark that says that it follows a loss was set by somebody who noticed
 * that loss.  One that does not is that of another store, or of a host that
 * came new to the emptied one and could not know.
 */
enum epoch_step
epoch_judge(const struct epoch *remembered, const struct epoch *found)
{
	if (found->id[0] == '\0')
		return remembered->id[0] == '\0' ? EPOCH_BEGIN : EPOCH_LOST;
	if (strcmp(remembered->id, found->id) == 0)
		return EPOCH_SAME;
	if (remembered->id[0] == '\0' || found->cold_until != 0)
		return EPOCH_ACCEPT;
	return EPOCH_LOST;
}

void
epoch_op(struct store_op *op, enum store_verb verb, const char *text)
{
	*op = (struct store_op) {
		.verb = verb,
		.klass = EPOCH_CLASS,
		.schema = EPOCH_SCHEMA,
		.key = span_of("store"),
		.value = span_of(text),
		.ttl = EPOCH_KEEP_MS,
		.data = op->data,
	};
}

void
epoch_load(const char *path, struct epoch *out)
{
	char text[sizeof(file_mark) + EPOCH_TEXT_MAX + 1];
	FILE *f = fopen(path, "re");
	struct span rest;

	memset(out, 0, sizeof(*out));
	if (f == NULL)
		return;
	rest = span_make(text, fread(text, 1, sizeof(text), f));
	fclose(f);
	/* The newline at its end tells that it was not cut. */
	if (rest.n == sizeof(text) || !span_starts(rest, file_mark) ||
	    rest.p[rest.n - 1] != '\n')
		return;
	epoch_parse(span_head(span_skip(rest, sizeof(file_mark) - 1),
	    rest.n - sizeof(file_mark)), out);
}

static int
write_whole(int fd, const char *text)
{
	size_t n = strlen(text);

	if (write(fd, text, n) != (ssize_t)n || fsync(fd) != 0)
		return -1;
	return 0;
}

int
epoch_save(const char *path, const struct epoch *e, struct error *error)
{
	char line[sizeof(file_mark) + EPOCH_TEXT_MAX + 1];
	char epoch[EPOCH_TEXT_MAX], *aside = mem_printf("%s.new", path);
	int fd, status = 0;

	snprintf(line, sizeof(line), "%s%s\n", file_mark,
	    epoch_print(e, epoch));
	fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (fd < 0 || write_whole(fd, line) != 0 || rename(aside, path) != 0)
		status = error_at(error, path, 0, "cannot be written: %s",
		    strerror(errno));
	if (fd >= 0)
		close(fd);
	free(aside);
	return status;
}
