/*
 * html_suite - html5lib's tests of the HTML standard's tokenizer.
 *
 * What deviates on purpose, and is made equal on both sides before comparing:
 * a NUL stays a NUL (text drops it later, where a browser shows U+FFFD), and of
 * a DOCTYPE only its extent is kept.  Not run: the state of CDATA sections,
 * which exist in SVG and MathML alone, where no mail reader shows text.  Parse
 * errors are not reported.
 */
#include "base/buf.h"
#include "mail/html_entity.h"
#include "mail/html_token.h"
#include "test/unit/suite.h"

#define WANTED 6976u		/* tests times states, without CDATA sections */
#define OUT_MAX (1 << 20)

static const char *const files[] = {
	"contentModelFlags", "domjs", "entities", "escapeFlag",
	"namedEntities", "numericEntities", "pendingSpecChanges", "test1",
	"test2", "test3", "test4", "unicodeChars", "unicodeCharsProblematic",
};

static unsigned run, sections;

/* Again, for what is "doubleEscaped"; its \uXXXX stand for themselves. */
static struct span
unescape(struct arena *arena, struct span s, bool doubly)
{
	char *text = arena_bytes(arena, s.n), *out = text;

	while (s.n != 0) {
		if (doubly && s.n > 5 && s.p[0] == '\\' && s.p[1] == 'u') {
			out = utf8(out, suite_escape(&s));
			continue;
		}
		*out++ = s.p[0];
		s = span_skip(s, 1);
	}
	return span_make(text, (size_t)(out - text));
}

/* Section 13.2.3.5: line ends before the tokenizer sees them. */
static struct span
line_ends(struct arena *arena, struct span s)
{
	char *text = arena_bytes(arena, s.n);
	size_t i, n = 0;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\r' && i + 1 < s.n && s.p[i + 1] == '\n')
			continue;
		text[n++] = s.p[i] == '\r' ? '\n' : s.p[i];
	}
	return span_make(text, n);
}

static void
put(struct buf *b, struct span s, bool lower)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\0')
			buf_puts(b, "\xef\xbf\xbd");
		else
			buf_char(b, lower ? (char)char_lower(
			    (unsigned char)s.p[i]) : s.p[i]);
	}
}

/* Characters of several tokens are one text. */
static void
put_text(struct buf *b, struct span s, bool *in_text)
{
	if (!*in_text && s.n != 0)
		buf_puts(b, "\nText ");
	*in_text = *in_text || s.n != 0;
	put(b, s, false);
}

static void
put_wanted(struct arena *arena, struct buf *b, const struct json *token,
    bool doubly, bool *in_text)
{
	const struct json *part = token->first, *attr;
	struct span kind = part->text, first;

	part = part->next;
	first = part != NULL ? unescape(arena, part->text, doubly) :
	    span_of("");
	if (span_is(kind, "Character")) {
		put_text(b, first, in_text);
		return;
	}
	*in_text = false;
	if (span_is(kind, "DOCTYPE")) {
		buf_puts(b, "\nDoctype");
		return;
	}
	buf_printf(b, "\n%.*s ", SPAN_ARG(kind));
	put(b, first, false);
	if (!span_is(kind, "StartTag"))
		return;
	for (attr = part->next->first; attr != NULL; attr = attr->next) {
		buf_puts(b, " [");
		put(b, unescape(arena, attr->name, doubly), false);
		buf_puts(b, "=");
		put(b, unescape(arena, attr->text, doubly), false);
		buf_puts(b, "]");
	}
	if (part->next->next != NULL)
		buf_puts(b, " /");
}

static void
put_start(struct arena *arena, struct buf *b, const struct html_token *t)
{
	size_t i;

	buf_puts(b, "\nStartTag ");
	put(b, t->name, true);
	for (i = 0; i < t->attr_count; i++) {
		if (html_token_attr_named(t, t->attrs[i].name) != &t->attrs[i])
			continue;
		buf_puts(b, " [");
		put(b, t->attrs[i].name, true);
		buf_puts(b, "=");
		put(b, html_decode(arena, HTML_ATTRIBUTE_REFERENCES,
		    t->attrs[i].value), false);
		buf_puts(b, "]");
	}
	if (t->closed)
		buf_puts(b, " /");
}

static void
put_got(struct arena *arena, struct buf *b, const struct html_token *t,
    bool *in_text)
{
	if (t->kind == HTML_NOTHING)
		return;
	if (t->kind == HTML_TEXT) {
		put_text(b, t->references ? html_decode(arena,
		    HTML_TEXT_REFERENCES, t->text) : t->text, in_text);
		return;
	}
	*in_text = false;
	if (t->kind == HTML_START) {
		put_start(arena, b, t);
	} else if (t->kind == HTML_END) {
		buf_puts(b, "\nEndTag ");
		put(b, t->name, true);
	} else if (t->kind == HTML_COMMENT) {
		buf_puts(b, "\nComment ");
		put(b, t->text, false);
	} else {
		buf_puts(b, "\nDoctype");
	}
}

static bool
content_of(struct span state, enum html_content *content)
{
	static const struct {
		const char *state;
		enum html_content content;
	} states[] = {
		{ "Data state", HTML_IN_DATA },
		{ "PLAINTEXT state", HTML_IN_PLAINTEXT },
		{ "RCDATA state", HTML_IN_RCDATA },
		{ "RAWTEXT state", HTML_IN_RAWTEXT },
		{ "Script data state", HTML_IN_SCRIPT },
	};
	size_t i;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (span_is(state, states[i].state)) {
			*content = states[i].content;
			return true;
		}
	}
	return false;
}

static void
run_state(struct arena *arena, const struct json *test,
    enum html_content content)
{
	bool doubly = member(test, "doubleEscaped")->type != 'n', in_text;
	struct span input = member(test, "input")->text;
	struct span until = member(test, "lastStartTag")->text;
	const struct json *token;
	struct html_lexer x;
	struct html_token t;
	struct buf got, want;
	char row[200];

	buf_init(&got, OUT_MAX);
	buf_init(&want, OUT_MAX);
	in_text = false;
	for (token = member(test, "output")->first; token != NULL;
	    token = token->next)
		put_wanted(arena, &want, token, doubly, &in_text);
	html_lexer_init(&x, line_ends(arena, unescape(arena, input, doubly)));
	html_lexer_enter(&x, content, until);
	in_text = false;
	while (html_token_next(&x, &t))
		put_got(arena, &got, &t, &in_text);
	snprintf(row, sizeof(row), "%.*s, content %d",
	    SPAN_ARG(member(test, "description")->text), (int)content);
	CHECK_TEXT(row, buf_string(&got), buf_string(&want));
	run++;
	buf_done(&got);
	buf_done(&want);
}

static void
run_test(struct arena *arena, const struct json *test)
{
	const struct json *state = member(test, "initialStates")->first;
	enum html_content content;

	if (state == NULL)
		run_state(arena, test, HTML_IN_DATA);
	for (; state != NULL; state = state->next) {
		if (content_of(state->text, &content))
			run_state(arena, test, content);
		else
			sections++;
	}
}

int
main(void)
{
	const char *dir = test_suites();
	const struct json *test;
	struct arena arena;
	char path[100];
	unsigned good;
	size_t i;

	if (dir == NULL) {
		test_skip(WANTED, "no third-party suites");
		printf("bar: html5lib-tokenizer - (wanted %u/%u) unmeasured\n",
		    WANTED, WANTED);
		return test_end();
	}
	arena_init(&arena);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "html/tokenizer/%s.test",
		    files[i]);
		test = member(suite_read(&arena, dir, path), "tests")->first;
		for (; test != NULL; test = test->next)
			run_test(&arena, test);
		arena_reset(&arena);
	}
	arena_done(&arena);
	test_skip(sections, "CDATA sections");
	good = run - test_count.failed;
	printf("bar: html5lib-tokenizer %u/%u (wanted %u/%u) %s\n", good, run,
	    WANTED, WANTED, good == WANTED ? "met" : "missed");
	CHECK("all tests were there", run == WANTED);
	return test_end();
}
