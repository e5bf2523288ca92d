/* scenario - a scenario file, read into steps. */
#include "test/scenario/scenario.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

#define FILE_CHUNK 16384

static const struct {
	const char *word;
	enum step_kind kind;
} words[] = {
	{"config", STEP_CONFIG},
	{"dns", STEP_DNS},
	{"file", STEP_FILE},
	{"geoip", STEP_GEOIP},
	{"reload", STEP_RELOAD},
	{"clock", STEP_CLOCK},
	{"store", STEP_STORE},
	{"lists", STEP_LISTS},
	{"library", STEP_LIBRARY_ONLY},
	{"message", STEP_MESSAGE},
};

/* A file under way: where lines of the current block go. */
struct reading {
	struct arena *arena;
	struct scenario *out;
	struct lines *block;	/* NULL before the first */
	unsigned number;
	bool library_only;
	struct error *error;
};

static int
refuse(struct reading *r, const char *why)
{
	return error_at(r->error, r->out->path, r->number, "%s", why);
}

static int
take_top(struct reading *r, struct span line)
{
	struct step *step = &r->out->steps[r->out->count];
	struct span word = span_of("");
	size_t i, n = sizeof(words) / sizeof(words[0]);

	span_word(&line, &word);
	if (span_is(word, "expect")) {
		if (r->out->count == 0 || step[-1].kind != STEP_MESSAGE)
			return refuse(r, "expect what?  No message before it");
		r->block = &step[-1].expect;
		return 0;
	}
	for (i = 0; i < n && !span_is(word, words[i].word); i++)
		continue;
	if (i == n)
		return refuse(r, "unknown word");
	if (r->out->count++ == SCENARIO_STEPS_MAX)
		return refuse(r, "too many steps");
	step->kind = words[i].kind;
	step->number = r->number;
	step->rest = arena_string(r->arena, span_trim(line));
	r->library_only |= step->kind == STEP_LIBRARY_ONLY;
	step->library_only = r->library_only;
	if (!r->library_only && (step->kind == STEP_CLOCK ||
	    step->kind == STEP_STORE || step->kind == STEP_LISTS))
		return refuse(r, "no daemon can do that: say \"library only\"");
	r->block = &step->lines;
	return 0;
}

/* A line that begins with two tabs goes on with the one before. */
static int
continue_line(struct reading *r, struct span text)
{
	struct line *last;

	if (r->block->count == 0)
		return refuse(r, "nothing to continue");
	last = &r->block->line[r->block->count - 1];
	last->rest = arena_string(r->arena, arena_printf(r->arena, "%s %.*s",
	    last->rest, SPAN_ARG(text)));
	last->whole = arena_string(r->arena, arena_printf(r->arena, "%s %.*s",
	    last->whole, SPAN_ARG(text)));
	return 0;
}

static int
take_indented(struct reading *r, struct span text)
{
	struct span word = span_of("");
	struct line *line;

	if (r->block == NULL)
		return refuse(r, "an indented line that belongs to nothing");
	if (span_starts(text, "\t"))
		return continue_line(r, span_trim(text));
	if (r->block->line == NULL)
		r->block->line = arena_alloc(r->arena,
		    SCENARIO_LINES_MAX * sizeof(*line));
	if (r->block->count == SCENARIO_LINES_MAX)
		return refuse(r, "too many lines");
	line = &r->block->line[r->block->count++];
	line->number = r->number;
	line->whole = arena_string(r->arena, text);
	span_word(&text, &word);
	line->word = arena_string(r->arena, word);
	line->rest = arena_string(r->arena, span_trim(text));
	return 0;
}

static int
take_line(struct reading *r, struct span line)
{
	int status = 0;

	r->number++;
	if (span_starts(line, "\t"))
		status = take_indented(r, span_skip(line, 1));
	else if (span_trim(line).n > 0 && line.p[0] != '#')
		status = take_top(r, line);
	return status;
}

static int
read_file(const char *path, struct buf *out, struct error *error)
{
	FILE *f = fopen(path, "rb");
	char chunk[FILE_CHUNK];
	size_t n;

	if (f == NULL)
		return error_at(error, path, 0, "%s", strerror(errno));
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(out, chunk, n);
	fclose(f);
	return out->full ? error_at(error, path, 0, "too long") : 0;
}

int
scenario_read(struct arena *arena, const char *path, struct scenario *out,
    struct error *error)
{
	struct reading r = {.arena = arena, .out = out, .error = error};
	struct span rest, line;
	struct buf bytes;
	int status;

	out->path = path;
	out->count = 0;
	out->steps = arena_alloc(arena,
	    (SCENARIO_STEPS_MAX + 1) * sizeof(*out->steps));
	buf_init(&bytes, SCENARIO_FILE_MAX);
	status = read_file(path, &bytes, error);
	rest = buf_contents(&bytes);
	while (status == 0 && span_cut(&rest, '\n', &line))
		status = take_line(&r, line);
	buf_done(&bytes);
	return status;
}
