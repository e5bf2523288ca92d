/* html_read_text - the text that a reader sees, and that which is hidden. */
#include <string.h>

#include "mail/html_chars.h"
#include "mail/html_read.h"
#include "mail/html_scan.h"

static void
out_break(struct html_out *out, unsigned lines)
{
	if (lines > out->lines)
		out->lines = (unsigned char)lines;
}

void
html_read_break(struct html_read *r, unsigned lines)
{
	out_break(&r->text, lines);
	if (r->how & HTML_UNSEEN)
		out_break(&r->hidden, 1);
	else
		out_break(&r->visible, lines);
	r->letter = false;
}

void
html_read_blank(struct html_read *r)
{
	r->text.space = true;
	if (r->how & HTML_UNSEEN)
		r->hidden.space = true;
	else
		r->visible.space = true;
	r->letter = false;
}

/* White space that waited for something to stand between. */
static void
out_flush(struct html_out *out)
{
	if (out->n != 0) {
		if (out->lines != 0)
			out->p[out->n++] = '\n';
		if (out->lines > 1)
			out->p[out->n++] = '\n';
		if (out->lines == 0 && out->space)
			out->p[out->n++] = ' ';
	}
	out->lines = 0;
	out->space = false;
}

static void
out_add(struct html_out *out, const char *s, size_t n)
{
	if (out->lines != 0 || out->space)
		out_flush(out);
	memcpy(out->p + out->n, s, n);
	out->n += n;
}

/* A run of html.text starts where the answer to "is it seen?" changes. */
static void
run_start(struct html_read *r)
{
	struct html_run *more;
	size_t i = r->run_count;

	if (i != 0 && r->runs[i - 1].how == r->how)
		return;
	if (i == HTML_RUNS_MAX) {
		r->out->limits |= 1u << HTML_LIMIT_RUNS;
		return;
	}
	if (i == r->run_room) {
		r->run_room = r->run_room != 0 ? r->run_room * 2 : 16;
		more = arena_alloc(r->arena, r->run_room * sizeof(*more));
		if (i != 0)
			memcpy(more, r->runs, i * sizeof(*more));
		r->runs = more;
	}
	r->runs[i].at = r->text.n;
	r->runs[i].how = r->how;
	if (i != 0)
		r->runs[i - 1].n = r->text.n - r->runs[i - 1].at;
	/* Hidden text is kept apart from that before it. */
	if (r->how & HTML_UNSEEN)
		out_break(&r->hidden, 1);
	r->run_count++;
}

static void
count(struct html_read *r, size_t letters)
{
	size_t i;

	if (r->how & HTML_UNSEEN)
		r->out->unseen += letters;
	else
		r->out->letters += letters;
	if (r->how & HTML_TRICKS)
		r->out->tricked += letters;
	for (i = 0; r->how >> i != 0; i++) {
		if (r->how >> i & 1)
			r->out->why[i] += letters;
	}
}

static void
add(struct html_read *r, const char *s, size_t n, size_t letters)
{
	bool word = char_alpha((unsigned char)*s);

	if (r->run_count == 0 || r->runs[r->run_count - 1].how != r->how)
		run_start(r);
	out_add(&r->text, s, n);
	out_add(r->how & HTML_UNSEEN ? &r->hidden : &r->visible, s, n);
	if (r->split && word && !(r->how & HTML_UNSEEN))
		r->out->split_words++;
	r->letter = char_alpha((unsigned char)s[n - 1]);
	r->split = false;
	count(r, letters);
}

/* What takes no room is left out, and counted where it would be seen. */
static void
leave_out(struct html_read *r, enum html_char kind)
{
	if (kind == HTML_CHAR_ZERO)
		r->split = r->letter;
	if (r->how & HTML_UNSEEN)
		return;
	if (kind == HTML_CHAR_ZERO)
		r->out->zero_width++;
	else if (kind == HTML_CHAR_BIDI)
		r->out->bidi++;
	else
		r->out->controls++;
}

static void
space(struct html_read *r, char c, bool pre)
{
	if (pre && c == '\n') {
		/* The second one makes an empty line. */
		html_read_break(r, r->text.lines != 0 ? 2 : 1);
		return;
	}
	html_read_blank(r);
	r->split = false;
}

void
html_read_chars(struct html_read *r, struct span text, bool pre)
{
	const char *s = text.p, *end = text.p + text.n;
	enum html_char kind;
	struct span run;
	size_t n;

	while (s < end) {
		if (char_space((unsigned char)*s)) {
			space(r, *s++, pre);
			continue;
		}
		run = span_between(s, end);
		run.n = span_prose_run(run);
		if (run.n != 0)
			add(r, s, run.n, run.n - span_count(run, ' '));
		s += run.n;
		if (s == end)
			break;
		kind = html_char_at(s, end, &n);
		if (kind == HTML_CHAR_SPACE)
			space(r, *s, pre);
		else if (kind == HTML_CHAR_PLAIN)
			add(r, s, n, 1);
		else
			leave_out(r, kind);
		s += n;
	}
}
