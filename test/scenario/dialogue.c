/* dialogue - the message of a step. */
#include "test/scenario/dialogue.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

#define RAW_MAX (32 << 20)

struct making {
	struct arena *arena;
	const struct words *words;
	struct dialogue *out;
	const char *path;	/* of the scenario */
	const char *top;
	struct error *error;
	struct buf header, body;
	bool has_header, has_body, has_rcpt;
	bool whole;		/* header and body came from one file */
};

static int
refuse(const struct making *m, const struct line *line, const char *why)
{
	return error_at(m->error, m->path, line->number, "%s: %s",
	    line->whole, why);
}

/* The text with escapes resolved and a zero; NULL when it cannot be read. */
static char *
resolved(const struct making *m, struct span text)
{
	struct span out;

	if (!words_text(m->arena, m->words, arena_string(m->arena, text),
	    &out))
		return NULL;
	return arena_string(m->arena, out);
}

static char *
bracketed(const struct making *m, const char *address)
{
	if (address == NULL || address[0] == '<')
		return arena_string(m->arena, span_of(address));
	return arena_string(m->arena,
	    arena_printf(m->arena, "<%s>", address));
}

static int
take_client(struct making *m, const struct line *line)
{
	struct span rest = span_of(line->rest), word;

	m->out->client = m->out->name = NULL;
	if (span_word(&rest, &word))
		m->out->client = arena_string(m->arena, word);
	if (span_word(&rest, &word))
		m->out->name = arena_string(m->arena, word);
	if (m->out->client == NULL)
		return refuse(m, line, "wants an address");
	return 0;
}

static int
take_local(struct making *m, const struct line *line)
{
	m->out->local = true;
	m->out->name = "localhost";
	m->out->client = line->rest[0] != '\0' ? line->rest : NULL;
	return 0;
}

static int
take_helo(struct making *m, const struct line *line)
{
	m->out->helo = strcmp(line->rest, "none") == 0 ? NULL :
	    resolved(m, span_of(line->rest));
	return 0;
}

static int
take_user(struct making *m, const struct line *line)
{
	m->out->user = line->rest;
	return 0;
}

static int
take_mail(struct making *m, const struct line *line)
{
	m->out->sender = bracketed(m, resolved(m, span_of(line->rest)));
	return 0;
}

static void
add_rcpt(struct making *m, const char *address, const char *wanted,
    unsigned number)
{
	struct dialogue_rcpt *r = &m->out->rcpts[m->out->rcpt_count++];

	r->address = bracketed(m, address);
	r->wanted = wanted;
	r->number = number;
	m->has_rcpt = true;
}

/* rcpt ADDRESS [=> refusal] */
static int
take_rcpt(struct making *m, const struct line *line)
{
	struct span rest = span_of(line->rest);
	size_t arrow = span_find(rest, span_of(" => "));
	const char *wanted = NULL;

	if (m->out->rcpt_count == DIALOGUE_RCPTS_MAX)
		return refuse(m, line, "too many recipients");
	if (arrow < rest.n)
		wanted = arena_string(m->arena, span_skip(rest, arrow + 4));
	add_rcpt(m, resolved(m, span_head(rest, arrow)), wanted,
	    line->number);
	return 0;
}

/* The text with its first "%" replaced by a number. */
static struct span
numbered(struct making *m, struct span text, int64_t i)
{
	size_t at = span_chr(text, '%');

	return arena_printf(m->arena, "%.*s%lld%.*s",
	    SPAN_ARG(span_head(text, at)), (long long)i,
	    SPAN_ARG(span_skip(text, at + 1)));
}

/* rcpts 1000 user%@test.example */
static int
take_rcpts(struct making *m, const struct line *line)
{
	struct span rest = span_of(line->rest), word = span_of("");
	int64_t i, n;

	if (!span_word(&rest, &word) || !text_number(word, &n) ||
	    n > DIALOGUE_RCPTS_MAX)
		return refuse(m, line, "wants a number of recipients");
	for (i = 1; i <= n; i++)
		add_rcpt(m, arena_string(m->arena,
		    numbered(m, span_trim(rest), i)), NULL, line->number);
	return 0;
}

static int
put_field(struct making *m, const char *text)
{
	struct span field;

	m->has_header = true;
	if (!words_text(m->arena, m->words, text, &field))
		return -1;
	buf_span(&m->header, field);
	buf_char(&m->header, '\n');
	return 0;
}

static int
take_header(struct making *m, const struct line *line)
{
	if (put_field(m, line->rest) != 0)
		return refuse(m, line, "unknown escape");
	return 0;
}

/* headers 2000 X-Filler-%: text */
static int
take_headers(struct making *m, const struct line *line)
{
	struct span rest = span_of(line->rest), word = span_of("");
	int64_t i, n;

	if (!span_word(&rest, &word) || !text_number(word, &n))
		return refuse(m, line, "wants a number of fields");
	for (i = 1; i <= n; i++)
		if (put_field(m, numbered(m, span_trim(rest), i).p) != 0)
			return refuse(m, line, "unknown escape");
	return 0;
}

static void
put_letter(struct making *m, const char *without)
{
	static const char *const fields[] = {
		"From: Anna <anna@friends.example>",
		"To: Marc <marc@test.example>",
		"Subject: Saturday",
		"Date: \\{date}",
		"Message-ID: <saturday.1@friends.example>",
	};
	struct span all = span_of(without), rest, word;
	size_t i;
	bool left_out;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		left_out = false;
		for (rest = all; span_word(&rest, &word);)
			left_out |= span_istarts(span_of(fields[i]),
			    arena_string(m->arena, arena_printf(m->arena,
			    "%.*s:", SPAN_ARG(word))));
		if (left_out)
			continue;
		put_field(m, fields[i]);
	}
}

/* letter [without Subject Date] */
static int
take_letter(struct making *m, const struct line *line)
{
	struct span rest = span_of(line->rest), word;

	if (span_word(&rest, &word) && !span_is(word, "without"))
		return refuse(m, line, "expected \"without\"");
	put_letter(m, arena_string(m->arena, rest));
	m->has_header = true;
	return 0;
}

static int
take_body(struct making *m, const struct line *line)
{
	struct span text;

	if (!words_text(m->arena, m->words, line->rest, &text))
		return refuse(m, line, "unknown escape");
	buf_span(&m->body, text);
	buf_puts(&m->body, "\r\n");
	m->has_body = true;
	return 0;
}

/* no header, no body */
static int
take_no(struct making *m, const struct line *line)
{
	if (strcmp(line->rest, "header") == 0)
		m->has_header = true;
	else if (strcmp(line->rest, "body") == 0)
		m->has_body = true;
	else
		return refuse(m, line, "no what?");
	return 0;
}

static int
take_corpus(struct making *m, const struct line *line)
{
	char chunk[16384];
	FILE *f;
	size_t n;

	f = fopen(arena_string(m->arena, arena_printf(m->arena,
	    "%s/test/corpus/%s", m->top, line->rest)), "rb");
	if (f == NULL)
		return refuse(m, line, "no such file");
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&m->header, chunk, n);
	fclose(f);
	m->whole = true;
	return 0;
}

static int
take_same(struct making *m, const struct line *line)
{
	if (strcmp(line->rest, "session") != 0)
		return refuse(m, line, "same what?");
	m->out->same_session = true;
	return 0;
}

static const struct {
	const char *word;
	int (*take)(struct making *, const struct line *);
} words_of_messages[] = {
	{"client", take_client},
	{"local", take_local},
	{"helo", take_helo},
	{"user", take_user},
	{"mail", take_mail},
	{"rcpt", take_rcpt},
	{"rcpts", take_rcpts},
	{"header", take_header},
	{"headers", take_headers},
	{"letter", take_letter},
	{"body", take_body},
	{"no", take_no},
	{"corpus", take_corpus},
	{"same", take_same},
};

static int
take_line(struct making *m, const struct line *line)
{
	size_t i, n = sizeof(words_of_messages) / sizeof(words_of_messages[0]);

	for (i = 0; i < n; i++)
		if (strcmp(line->word, words_of_messages[i].word) == 0)
			return words_of_messages[i].take(m, line);
	return refuse(m, line, "unknown word");
}

/* What a message is when nothing else is said of it. */
static void
be_harmless(struct making *m)
{
	struct dialogue *d = m->out;

	memset(d, 0, sizeof(*d));
	d->client = "203.0.113.7";
	d->name = d->helo = "mail.friends.example";
	d->sender = "<anna@friends.example>";
	d->rcpts = arena_alloc(m->arena,
	    (DIALOGUE_RCPTS_MAX + 1) * sizeof(*d->rcpts));
}

static void
put_together(struct making *m)
{
	if (!m->has_rcpt)
		add_rcpt(m, "marc@test.example", NULL, 0);
	if (!m->whole) {
		if (!m->has_header)
			put_letter(m, "");
		if (!m->has_body)
			buf_puts(&m->body, "See you on Saturday.\r\n");
		if (m->body.n > 0)
			buf_char(&m->header, '\n');
		buf_span(&m->header, buf_contents(&m->body));
	}
	m->out->raw = arena_span(m->arena, buf_contents(&m->header));
}

int
dialogue_make(struct arena *arena, const struct scenario *scenario,
    const struct step *step, const struct words *words, struct dialogue *out,
    struct error *error)
{
	struct making m = {
		.arena = arena, .words = words, .out = out,
		.path = scenario->path, .top = scenario->top, .error = error,
	};
	int status = 0;
	size_t i;

	buf_init(&m.header, RAW_MAX);
	buf_init(&m.body, RAW_MAX);
	be_harmless(&m);
	for (i = 0; i < step->lines.count && status == 0; i++)
		status = take_line(&m, &step->lines.line[i]);
	if (status == 0)
		put_together(&m);
	buf_done(&m.header);
	buf_done(&m.body);
	return status;
}
