/* outcome - what became of a message, compared with what should have. */
#include "test/scenario/outcome.h"

#include <stdio.h>
#include <string.h>

#include "auth/authres.h"
#include "base/buf.h"
#include "base/text.h"
#include "test/scenario/json.h"

#define SHOWN_MAX 4096

/* One comparison under way. */
struct compare {
	struct arena *arena;
	const char *path, *way;
	const struct outcome *outcome;
	struct words words;
	struct json log;
	bool good;
	size_t moved;		/* removals and changes expected so far */
	unsigned number;	/* current line */
	bool told_done, told_reply, told_symbols, told_direction,
	    told_degraded, told_ended, told_action;
};

static void
differ(struct compare *c, const char *what, const char *wanted,
    struct span got)
{
	struct buf shown;

	buf_init(&shown, SHOWN_MAX);
	text_escape(&shown, got);
	fprintf(stderr, "%s:%u: FAIL (%s): %s\n  wanted %s\n  got    %s\n",
	    c->path, c->number, c->way, what, wanted, buf_string(&shown));
	buf_done(&shown);
	c->good = false;
}

static void
want(struct compare *c, const char *what, const char *pattern,
    struct span got)
{
	if (!words_match(c->arena, &c->words, pattern, got))
		differ(c, what, pattern, got);
}

static void
want_milli(struct compare *c, const char *key, const char *wanted)
{
	struct span got = json_get(&c->log, "%s", key);
	int64_t a, b;

	if (!text_milli(span_of(wanted), &a) || !text_milli(got, &b) || a != b)
		differ(c, key, wanted, got);
}

static void
want_log(struct compare *c, const char *key, const char *pattern)
{
	struct span got = json_get(&c->log, "%s", key);

	if (got.p == NULL)
		differ(c, key, pattern, span_of("(is not in the log)"));
	else
		want(c, key, pattern, got);
}

static void
expect_action(struct compare *c, const char *rest)
{
	want_log(c, "action", rest);
	c->told_action = true;
}

static void
expect_done(struct compare *c, const char *rest)
{
	want_log(c, "done", rest);
	c->told_done = true;
}

static void
expect_reply(struct compare *c, const char *rest)
{
	want(c, "reply", rest, c->outcome->reply);
	want_log(c, "reply", rest);
	c->told_reply = true;
}

static void
expect_score(struct compare *c, const char *rest)
{
	want_milli(c, "score", rest);
}

static void
expect_required(struct compare *c, const char *rest)
{
	want_milli(c, "required", rest);
}

/* Which symbol of the log that is, or -1. */
static int
find_symbol(struct compare *c, struct span name)
{
	struct span got;
	int i;

	for (i = 0; ; i++) {
		got = json_get(&c->log, "symbols.%d.name", i);
		if (got.p == NULL)
			return -1;
		if (span_eq(got, name))
			return i;
	}
}

/* NAME [score] */
static void
want_symbol(struct compare *c, struct span entry)
{
	struct span name = span_of(""), score;
	char key[64];
	int i;

	span_word(&entry, &name);
	i = find_symbol(c, name);
	if (i < 0) {
		differ(c, "symbols", arena_string(c->arena, name),
		    span_of("none of that name"));
		return;
	}
	score = span_trim(entry);
	snprintf(key, sizeof(key), "symbols.%d.score", i);
	if (score.n > 0)
		want_milli(c, key, arena_string(c->arena, score));
}

static size_t
want_symbols(struct compare *c, struct span rest)
{
	struct span entry;
	size_t n = 0;

	while (span_cut(&rest, ',', &entry)) {
		want_symbol(c, entry);
		n++;
	}
	return n;
}

/* All there are, "none", or name and score of each. */
static void
expect_symbols(struct compare *c, const char *rest)
{
	struct span all = span_of(""), got;
	size_t n = 0, i;

	c->told_symbols = true;
	if (strcmp(rest, "none") != 0)
		n = want_symbols(c, span_of(rest));
	for (i = 0; (got = json_get(&c->log, "symbols.%zu.name", i)).p !=
	    NULL; i++)
		all = arena_printf(c->arena, "%.*s %.*s", SPAN_ARG(all),
		    SPAN_ARG(got));
	if (i != n)
		differ(c, "symbols", rest, all);
}

static void
expect_has(struct compare *c, const char *rest)
{
	want_symbols(c, span_of(rest));
	c->told_symbols = true;
}

static void
expect_lacks(struct compare *c, const char *rest)
{
	struct span list = span_of(rest), name;

	while (span_cut(&list, ',', &name))
		if (find_symbol(c, span_trim(name)) >= 0)
			differ(c, "lacks", rest, span_trim(name));
	c->told_symbols = true;
}

/* evidence NAME PATTERN */
static void
expect_evidence(struct compare *c, const char *rest)
{
	struct span text = span_of(rest), name = span_of("");
	int i;

	span_word(&text, &name);
	i = find_symbol(c, name);
	if (i < 0)
		differ(c, "evidence", rest, span_of("no such symbol"));
	else
		want(c, "evidence", arena_string(c->arena, span_trim(text)),
		    json_get(&c->log, "symbols.%d.evidence", i));
}

static void
expect_direction(struct compare *c, const char *rest)
{
	want_log(c, "direction", rest);
	c->told_direction = true;
}

static void
expect_degraded(struct compare *c, const char *rest)
{
	want_log(c, "degraded.0", rest);
	c->told_degraded = true;
}

static void
expect_ended(struct compare *c, const char *rest)
{
	want_log(c, "ended", rest);
	c->told_ended = true;
}

/* judged ADDRESS [NAME [HELO]], or unknown */
static void
expect_judged(struct compare *c, const char *rest)
{
	static const char *const keys[] = {
		"client.ip", "client.name", "client.helo",
	};
	struct span words = span_of(rest), word;
	size_t i;

	if (strcmp(rest, "unknown") == 0) {
		if (json_get(&c->log, "client.ip").p != NULL)
			differ(c, "judged", rest,
			    json_get(&c->log, "client.ip"));
		return;
	}
	for (i = 0; i < 3 && span_word(&words, &word); i++)
		want_log(c, keys[i], arena_string(c->arena, word));
}

/* log KEY PATTERN, for the rest of what the log says */
static void
expect_log(struct compare *c, const char *rest)
{
	struct span text = span_of(rest), key = span_of("");

	span_word(&text, &key);
	want_log(c, arena_string(c->arena, key),
	    arena_string(c->arena, span_trim(text)));
}

/* auth METHOD RESULT, ...: all that the log says, or none */
static void
expect_auth(struct compare *c, const char *rest)
{
	struct span all = span_of(""), path;
	size_t i;

	for (i = 0; i < c->log.count; i++) {
		path = c->log.at[i].path;
		if (!span_starts(path, "auth."))
			continue;
		all = arena_printf(c->arena, "%.*s%s%.*s %.*s", SPAN_ARG(all),
		    all.n > 0 ? ", " : "", SPAN_ARG(span_skip(path, 5)),
		    SPAN_ARG(c->log.at[i].value));
	}
	want(c, "auth", rest, all.n > 0 ? all : span_of("none"));
}

/* insert NAME: PATTERN */
static void
expect_insert(struct compare *c, const char *rest)
{
	const struct outcome *o = c->outcome;
	struct span name = span_head(span_of(rest),
	    span_chr(span_of(rest), ':'));
	const char *pattern = arena_string(c->arena,
	    span_trim(span_skip(span_of(rest), name.n + 1)));
	struct span got = span_of("no such field");
	size_t i;

	for (i = 0; i < o->edit_count; i++) {
		if (o->edits[i].kind != OUTCOME_INSERT ||
		    !span_eq(o->edits[i].name, name))
			continue;
		got = o->edits[i].value;
		if (words_match(c->arena, &c->words, pattern, got))
			return;
	}
	differ(c, "insert", rest, got);
}

/* The names of what is inserted, as they stand in the end; or none. */
static void
expect_inserts(struct compare *c, const char *rest)
{
	const struct outcome *o = c->outcome;
	struct span names = span_of("");
	size_t i;

	for (i = o->edit_count; i-- > 0;)
		if (o->edits[i].kind == OUTCOME_INSERT)
			names = arena_printf(c->arena, "%.*s%s%.*s",
			    SPAN_ARG(names), names.n > 0 ? ", " : "",
			    SPAN_ARG(o->edits[i].name));
	if (!span_is(names.n > 0 ? names : span_of("none"), rest))
		differ(c, "inserts", rest, names);
}

/* The nth removal or change, counted from 0; NULL past the last. */
static const struct outcome_edit *
nth_move(const struct outcome *o, size_t n)
{
	size_t i;

	for (i = 0; i < o->edit_count; i++)
		if (o->edits[i].kind != OUTCOME_INSERT && n-- == 0)
			return &o->edits[i];
	return NULL;
}

static struct span
move_text(struct compare *c, const struct outcome_edit *e)
{
	if (e == NULL)
		return span_of("nothing more");
	return arena_printf(c->arena, "%s %.*s %u%s%.*s",
	    e->kind == OUTCOME_REMOVE ? "remove" : "change",
	    SPAN_ARG(e->name), e->nth,
	    e->kind == OUTCOME_REMOVE ? "" : ": ", SPAN_ARG(e->value));
}

static void
want_move(struct compare *c, const char *kind, const char *rest)
{
	const char *pattern = arena_string(c->arena,
	    arena_printf(c->arena, "%s %s", kind, rest));

	want(c, kind, pattern,
	    move_text(c, nth_move(c->outcome, c->moved++)));
}

/* remove NAME nth; in the order in which it is done */
static void
expect_remove(struct compare *c, const char *rest)
{
	want_move(c, "remove", rest);
}

/* change NAME nth: VALUE */
static void
expect_change(struct compare *c, const char *rest)
{
	want_move(c, "change", rest);
}

static const struct {
	const char *word;
	void (*expect)(struct compare *, const char *rest);
} expectations[] = {
	{"action", expect_action},
	{"done", expect_done},
	{"reply", expect_reply},
	{"score", expect_score},
	{"required", expect_required},
	{"symbols", expect_symbols},
	{"has", expect_has},
	{"lacks", expect_lacks},
	{"evidence", expect_evidence},
	{"direction", expect_direction},
	{"degraded", expect_degraded},
	{"ended", expect_ended},
	{"judged", expect_judged},
	{"log", expect_log},
	{"auth", expect_auth},
	{"insert", expect_insert},
	{"inserts", expect_inserts},
	{"remove", expect_remove},
	{"change", expect_change},
};

static void
expect_line(struct compare *c, const struct line *line)
{
	size_t i, n = sizeof(expectations) / sizeof(expectations[0]);

	c->number = line->number;
	for (i = 0; i < n; i++)
		if (strcmp(line->word, expectations[i].word) == 0) {
			expectations[i].expect(c, line->rest);
			return;
		}
	differ(c, "unknown word", line->word, span_of(""));
}

static void
check_rcpts(struct compare *c, const struct dialogue *d)
{
	const struct outcome *o = c->outcome;
	struct span got;
	size_t i;

	for (i = 0; i < d->rcpt_count; i++) {
		got = i < o->rcpt_count ? o->rcpts[i] :
		    span_of("never asked");
		c->number = d->rcpts[i].number;
		want(c, d->rcpts[i].address, d->rcpts[i].wanted != NULL ?
		    d->rcpts[i].wanted : "", got);
	}
}

/* The score is the sum of what the symbols contribute. */
static void
check_sum(struct compare *c)
{
	struct span got;
	int64_t sum = 0, score = 0, one;
	size_t i;

	for (i = 0; (got = json_get(&c->log, "symbols.%zu.score", i)).p !=
	    NULL; i++)
		if (text_milli(got, &one))
			sum += one;
	if (!text_milli(json_get(&c->log, "score"), &score) || sum != score)
		differ(c, "score", "the sum of all symbols",
		    json_get(&c->log, "score"));
}

/* What we say about authentication is in the grammar of RFC 8601. */
static void
check_results(struct compare *c)
{
	const struct outcome *o = c->outcome;
	struct span id;
	size_t i;

	for (i = 0; i < o->edit_count; i++)
		if (o->edits[i].kind == OUTCOME_INSERT && span_is(
		    o->edits[i].name, "Authentication-Results") &&
		    authres_parse(c->arena, o->edits[i].value, &id) !=
		    AUTHRES_GOOD)
			differ(c, "Authentication-Results", "the grammar",
			    o->edits[i].value);
}

/* What a scenario that is silent about something means by that. */
static void
check_silence(struct compare *c, bool refused)
{
	const struct outcome *o = c->outcome;
	struct span action = json_get(&c->log, "action");

	if (!c->told_action || !c->told_symbols)
		differ(c, "expect", "action and symbols", span_of("not all"));
	if (!c->told_done && action.p != NULL)
		want_log(c, "done", arena_string(c->arena, action));
	if (!c->told_reply)
		want(c, "reply", "", o->reply);
	if (!c->told_direction)
		want_log(c, "direction", "inbound");
	if (!c->told_degraded && json_get(&c->log, "degraded.0").p != NULL)
		differ(c, "degraded", "none", json_get(&c->log,
		    "degraded.0"));
	if (!c->told_ended)
		want_log(c, "ended", refused ? "recipient" : "message");
	if (nth_move(o, c->moved) != NULL)
		differ(c, "edits", "no other change or removal",
		    move_text(c, nth_move(o, c->moved)));
	if (o->quarantined != span_is(json_get(&c->log, "done"), "quarantine"))
		differ(c, "quarantine", "as the log says",
		    span_of(o->quarantined ? "yes" : "no"));
}

static bool
all_refused(const struct dialogue *d)
{
	size_t i;

	for (i = 0; i < d->rcpt_count; i++)
		if (d->rcpts[i].wanted == NULL)
			return false;
	return true;
}

bool
outcome_check(struct arena *arena, const struct scenario *scenario,
    const struct step *step, const struct dialogue *d,
    const struct outcome *o, const char *way, int64_t now)
{
	struct compare c = {
		.arena = arena, .path = scenario->path, .way = way,
		.outcome = o, .good = true, .number = step->number,
	};
	size_t i;

	c.words.now = now;
	if (!json_parse(arena, o->log, &c.log)) {
		differ(&c, "log", "a JSON object", o->log);
		return false;
	}
	c.words.generation = json_get(&c.log, "generation");
	c.words.token = json_get(&c.log, "token");
	for (i = 0; i < step->expect.count; i++)
		expect_line(&c, &step->expect.line[i]);
	check_rcpts(&c, d);
	c.number = step->number;
	check_sum(&c);
	check_results(&c);
	check_silence(&c, all_refused(d));
	return c.good;
}
