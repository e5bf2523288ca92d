/* eval_bounce - whether a bounce tells of mail that we sent. */
#include "rules/eval.h"

#include "rules/lists.h"

#define LINE_MAX_READ 8192	/* bytes of a field in a bounce */
#define NAME_MAX_READ 253

static const struct list *
bounce_relays(struct facts *f)
{
	const struct list *list = lists_find(f->lists,
	    span_of("welcomelist_bounce_relays"));

	return list == NULL || list_empty(list) ? NULL : list;
}

static int
have_any(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return bounce_relays(f) != NULL;
}

/* "Received:", perhaps quoted. */
static bool
is_received(struct span line)
{
	while (line.n > 0 && (line.p[0] == '>' || line.p[0] == ' '))
		line = span_skip(line, 1);
	return span_istarts(line, "Received:");
}

/* Whether a word with a dot inside, but not the first, is in the list. */
static bool
names_relay(const struct list *list, struct span line)
{
	char name[NAME_MAX_READ];
	struct span rest = span_head(line, LINE_MAX_READ), word;
	size_t i, dot;

	while (span_word(&rest, &word)) {
		dot = span_chr(word, '.');
		if (word.p == line.p || dot == 0 || dot + 1 >= word.n ||
		    word.n > sizeof(name))
			continue;
		for (i = 0; i < word.n; i++)
			name[i] = (char)char_lower((unsigned char)word.p[i]);
		if (list_has(list, span_make(name, word.n)))
			return true;
	}
	return false;
}

/* In any part: bounces hold the message, or its header, in many ways. */
static bool
body_names_relay(const struct list *list, struct span body)
{
	bool received = false;
	struct span line;

	while (span_cut(&body, '\n', &line)) {
		if (line.n == 0 || !char_space((unsigned char)line.p[0]))
			received = is_received(line);
		else
			received = received || is_received(line);
		if (received && names_relay(list, line))
			return true;
	}
	return false;
}

static int
welcome(struct facts *f, const struct eval_call *call)
{
	const struct list *list = bounce_relays(f);
	const struct texts *texts;
	size_t i;

	(void)call;
	if (list == NULL)
		return 0;
	texts = reading_body(f->reading);
	for (i = 0; i < texts->count; i++)
		if (is_received(texts->items[i]) &&
		    names_relay(list, texts->items[i]))
			return 1;
	return body_names_relay(list, buf_contents(&f->message->body));
}

const struct eval evals_bounce[] = {
	{"check_welcomelist_bounce_relays", welcome, 0, 0, 0, "VBounce"},
	{"check_whitelist_bounce_relays", welcome, 0, 0, 0, "VBounce"},
	{"have_any_bounce_relays", have_any, 0, 0, 0, "VBounce"},
	{0},
};
