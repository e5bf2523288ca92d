/*
 * rate_limit - one limit as the operator writes it.
 *
 * In the store a thing that is counted weighs as many thousandths as the
 * window has seconds, times RATE_FINE.  So the bucket gains count * RATE_FINE
 * thousandths a second: a whole number for every limit, and one that the parts
 * of several hosts do not round to nothing.  RATE_FINE is 1 for bytes, whose
 * numbers are large.
 */
#include "check/rate_limit.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "store/store.h"

#define RATE_FINE 100
#define WORDS_MAX 16	/* of one line */

static const char *const key_names[RATE_KEYS + 1] = {
	[RATE_ALL] = "all",
	[RATE_CLIENT] = "client",
	[RATE_NETWORK] = "network",
	[RATE_ASN] = "asn",
	[RATE_COUNTRY] = "country",
	[RATE_HELO] = "helo",
	[RATE_USER] = "user",
	[RATE_SENDER] = "sender",
	[RATE_SENDER_DOMAIN] = "sender-domain",
	[RATE_FROM] = "from",
	[RATE_FROM_DOMAIN] = "from-domain",
	[RATE_RECIPIENT] = "recipient",
	[RATE_RECIPIENT_DOMAIN] = "recipient-domain",
};

/* What a client that is told to come back reads. */
static const char *const key_words[RATE_KEYS] = {
	[RATE_ALL] = "all mail",
	[RATE_CLIENT] = "your host",
	[RATE_NETWORK] = "your network",
	[RATE_ASN] = "your provider",
	[RATE_COUNTRY] = "your country",
	[RATE_HELO] = "your HELO name",
	[RATE_USER] = "your account",
	[RATE_SENDER] = "this sender",
	[RATE_SENDER_DOMAIN] = "this sender domain",
	[RATE_FROM] = "this author",
	[RATE_FROM_DOMAIN] = "this author domain",
	[RATE_RECIPIENT] = "this recipient",
	[RATE_RECIPIENT_DOMAIN] = "this recipient domain",
};

static const char *const ways[] = {"inbound", "outbound", "any", NULL};
static const char *const units[] = {"messages", "recipients", "bytes", NULL};
static const char *const actions[] = {"defer", "score", NULL};

static const struct {
	const char *name;
	int64_t seconds;
} windows[] = {
	{"second", 1}, {"minute", 60}, {"hour", 3600}, {"day", 86400},
	{"week", 7 * 86400},
};

#define WINDOWS (sizeof(windows) / sizeof(windows[0]))

/* A line on its way: words without their "," and ":". */
struct line {
	struct arena *arena;
	struct span rest;
	struct span word;	/* empty at the end */
	char mark;		/* ',' or ':' that followed it, or 0 */
	const char *file;
	unsigned number;
	struct error *error;
};

const char *
rate_key_name(enum rate_key key)
{
	return key_names[key];
}

enum rate_key
rate_key_find(struct span name)
{
	unsigned i;

	for (i = 0; i < RATE_KEYS; i++)
		if (span_iis(name, key_names[i]))
			break;
	return (enum rate_key)i;
}

bool
rate_key_of_recipient(enum rate_key key)
{
	return key == RATE_RECIPIENT || key == RATE_RECIPIENT_DOMAIN;
}

bool
rate_limit_has(const struct rate_limit *l, enum rate_key key)
{
	size_t i;

	for (i = 0; i < l->keys; i++)
		if (l->key[i] == key)
			return true;
	return false;
}

int64_t
rate_limit_scale(const struct rate_limit *l)
{
	return l->window * (l->unit == RATE_BYTES ? 1 : RATE_FINE);
}

/* A mark may stand by itself, too. */
static void
line_next(struct line *l)
{
	struct span rest, word;

	l->mark = 0;
	if (!span_word(&l->rest, &l->word)) {
		l->word = span_of("");
		return;
	}
	if (char_among(l->word.p[l->word.n - 1], ",:")) {
		l->mark = l->word.p[l->word.n - 1];
		l->word.n--;
		return;
	}
	rest = l->rest;
	if (span_word(&rest, &word) && (span_is(word, ",") ||
	    span_is(word, ":"))) {
		l->mark = word.p[0];
		l->rest = rest;
	}
}

static int
line_refuse(const struct line *l, const char *wanted)
{
	if (l->word.n == 0)
		return error_at(l->error, l->file, l->number,
		    "%s is missing", wanted);
	return error_at(l->error, l->file, l->number,
	    "\"%.*s\" stands where %s should", SPAN_ARG(
	    span_head(l->word, 80)), wanted);
}

/* The place of the word in names, with or without a final "s"; -1: none. */
static int
line_choice(const struct line *l, const char *const *names)
{
	struct span name;
	int i;

	for (i = 0; names[i] != NULL; i++) {
		name = span_of(names[i]);
		if (span_ieq(l->word, name) || (name.n > 0 &&
		    name.p[name.n - 1] == 's' &&
		    span_ieq(l->word, span_head(name, name.n - 1))))
			return i;
	}
	return -1;
}

/* A value that names a host or network; addresses are written one way only. */
static int
take_net(struct line *l, struct span value, struct rate_limit *out)
{
	char text[IP_TEXT_MAX];
	struct net *net = &out->net[out->keys];

	if (!net_parse(value, net))
		return error_at(l->error, l->file, l->number,
		    "\"%.*s\" is not an address or network",
		    SPAN_ARG(span_head(value, 80)));
	out->value[out->keys] = arena_string(l->arena,
	    span_of(net_text(net, text)));
	return 0;
}

static bool
is_printable(struct span value)
{
	size_t i;

	for (i = 0; i < value.n; i++)
		if ((unsigned char)value.p[i] < ' ' || value.p[i] == 127)
			return false;
	return true;
}

static int
take_value(struct line *l, struct span value, struct rate_limit *out)
{
	enum rate_key key = out->key[out->keys];

	if (key == RATE_ALL || value.n == 0 || value.n > RATE_VALUE_MAX ||
	    !is_printable(value))
		return error_at(l->error, l->file, l->number,
		    "%s takes no such value", rate_key_name(key));
	if (key == RATE_CLIENT || key == RATE_NETWORK)
		return take_net(l, value, out);
	out->value[out->keys] = arena_string(l->arena,
	    arena_lower(l->arena, value));
	return 0;
}

static int
take_key(struct line *l, struct span part, struct rate_limit *out)
{
	size_t sign = span_chr(part, '=');
	struct span name = span_head(part, sign);
	char word[40];
	const char *near;

	if (out->keys == RATE_KEYS_MAX)
		return error_at(l->error, l->file, l->number,
		    "more than %d keys in one limit", RATE_KEYS_MAX);
	out->key[out->keys] = rate_key_find(name);
	if (out->key[out->keys] == RATE_KEYS) {
		snprintf(word, sizeof(word), "%.*s",
		    SPAN_ARG(span_head(name, sizeof(word) - 1)));
		near = error_suggest(word, key_names);
		return error_at(l->error, l->file, l->number,
		    "nothing is counted by \"%s\"%s%s%s", word,
		    near != NULL ? "; did you mean \"" : "",
		    near != NULL ? near : "", near != NULL ? "\"?" : "");
	}
	if (rate_limit_has(out, out->key[out->keys]))
		return error_at(l->error, l->file, l->number,
		    "%s stands there twice", rate_key_name(
		    out->key[out->keys]));
	if (sign < part.n && take_value(l, span_skip(part, sign + 1), out) != 0)
		return -1;
	out->keys++;
	return 0;
}

static int
take_keys(struct line *l, struct rate_limit *out)
{
	struct span rest = l->word, part;
	bool all;

	if (l->word.n == 0 || l->mark != 0)
		return line_refuse(l, "what to count by, such as \"user\",");
	while (span_cut(&rest, '+', &part))
		if (take_key(l, part, out) != 0)
			return -1;
	all = rate_limit_has(out, RATE_ALL);
	if (all && out->keys > 1)
		return error_at(l->error, l->file, l->number,
		    "\"all\" stands alone");
	return 0;
}

/* A number; of bytes it may end in k, M or G. */
static bool
take_number(struct span word, int64_t *out, bool *sized)
{
	static const char suffixes[] = "kMG";
	int64_t factor = 1;
	size_t i;

	*sized = false;
	for (i = 0; i < 3 && word.n > 1; i++) {
		factor *= 1024;
		if (word.p[word.n - 1] == suffixes[i]) {
			word.n--;
			*sized = true;
			break;
		}
	}
	if (!*sized)
		factor = 1;
	return text_number(word, out) && *out > 0 &&
	    *out <= RATE_COUNT_MAX * RATE_BLOCK / factor &&
	    (*out *= factor) > 0;
}

/* Bytes become blocks; what is left is within RATE_COUNT_MAX. */
static int
take_amount(struct line *l, enum rate_unit unit, bool sized, int64_t *number)
{
	if (sized && unit != RATE_BYTES)
		return error_at(l->error, l->file, l->number,
		    "k, M and G are for bytes");
	if (unit == RATE_BYTES)
		*number = (*number + RATE_BLOCK - 1) / RATE_BLOCK;
	if (*number > RATE_COUNT_MAX)
		return error_at(l->error, l->file, l->number,
		    "at most %lld are counted", RATE_COUNT_MAX);
	return 0;
}

static int
take_count(struct line *l, struct rate_limit *out, bool *sized)
{
	int unit;

	if (!take_number(l->word, &out->count, sized) || l->mark != 0)
		return line_refuse(l, "a number, or \"unlimited\",");
	line_next(l);
	unit = line_choice(l, units);
	if (unit < 0 || l->mark != 0)
		return line_refuse(l, "messages, recipients or bytes");
	out->unit = (enum rate_unit)unit;
	return take_amount(l, out->unit, *sized, &out->count);
}

static int
take_window(struct line *l, struct rate_limit *out)
{
	struct span word;
	int64_t times = 1;
	size_t i;

	line_next(l);
	if (!span_iis(l->word, "per") || l->mark != 0)
		return line_refuse(l, "\"per\"");
	line_next(l);
	if (text_number(l->word, &times))
		line_next(l);
	word = l->word;
	if (word.n > 1 && char_lower(word.p[word.n - 1]) == 's')
		word.n--;
	for (i = 0; i < WINDOWS && !span_iis(word, windows[i].name); i++)
		continue;
	if (i == WINDOWS)
		return line_refuse(l, "second, minute, hour, day or week");
	if (times < 1 || times > RATE_WINDOW_MAX / windows[i].seconds)
		return error_at(l->error, l->file, l->number,
		    "a limit is about 1 second to 30 days");
	out->window = times * windows[i].seconds;
	return 0;
}

static int
take_burst(struct line *l, struct rate_limit *out)
{
	bool sized;

	out->burst = out->count;
	if (l->mark != ',')
		return 0;
	line_next(l);
	if (!span_iis(l->word, "burst") || l->mark != 0)
		return line_refuse(l, "\"burst\"");
	line_next(l);
	if (!take_number(l->word, &out->burst, &sized))
		return line_refuse(l, "a number");
	return take_amount(l, out->unit, sized, &out->burst);
}

static int
take_action(struct line *l, struct rate_limit *out)
{
	int action = 0;

	if (l->mark == ':') {
		line_next(l);
		action = line_choice(l, actions);
		if (action < 0 || l->mark != 0)
			return line_refuse(l, "defer or score");
	}
	out->action = (enum rate_action)action;
	line_next(l);
	if (l->word.n != 0 || l->mark != 0)
		return line_refuse(l, "the end of the line");
	return 0;
}

static int
take_rest(struct line *l, struct rate_limit *out)
{
	bool sized, marked = l->mark != 0;

	if (span_iis(l->word, "unlimited")) {
		out->unlimited = true;
		line_next(l);
		return l->word.n == 0 && l->mark == 0 && !marked ? 0 :
		    line_refuse(l, "the end of the line");
	}
	if (take_count(l, out, &sized) != 0 || take_window(l, out) != 0 ||
	    take_burst(l, out) != 0 || take_action(l, out) != 0)
		return -1;
	if (out->burst > STORE_NUMBER_MAX / rate_limit_scale(out) ||
	    out->count > STORE_NUMBER_MAX / rate_limit_scale(out))
		return error_at(l->error, l->file, l->number,
		    "so much cannot be counted over so long a time");
	return 0;
}

/*
 * Limits of one name share buckets.  So the scale is part of it, and the count:
 * a softer limit may stand beside a harder one.
 */
static void
make_name(struct line *l, struct rate_limit *out)
{
	struct buf name;
	size_t i;

	buf_init(&name, 200);
	buf_puts(&name, ways[out->way]);
	for (i = 0; i < out->keys; i++)
		buf_printf(&name, "%c%s", i == 0 ? ' ' : '+',
		    rate_key_name(out->key[i]));
	buf_printf(&name, " %s %lld/%lld", units[out->unit],
	    (long long)out->count, (long long)out->window);
	out->name = arena_string(l->arena, buf_contents(&name));
	buf_done(&name);
}

static void
make_text(struct line *l, struct span line, struct rate_limit *out)
{
	struct span word;
	struct buf text;

	buf_init(&text, 8192);
	while (span_word(&line, &word)) {
		if (text.n > 0)
			buf_char(&text, ' ');
		buf_span(&text, word);
	}
	out->text = arena_string(l->arena, buf_contents(&text));
	buf_done(&text);
}

int
rate_limit_parse(struct arena *arena, struct span line, const char *file,
    unsigned number, struct rate_limit *out, struct error *error)
{
	struct line l = {.arena = arena, .rest = line, .file = file,
		.number = number, .error = error};
	int way;

	memset(out, 0, sizeof(*out));
	line_next(&l);
	way = line_choice(&l, ways);
	if (way < 0 || l.mark != 0)
		return line_refuse(&l, "inbound, outbound or any");
	out->way = (enum rate_way)way;
	line_next(&l);
	if (take_keys(&l, out) != 0)
		return -1;
	line_next(&l);
	if (take_rest(&l, out) != 0)
		return -1;
	make_name(&l, out);
	make_text(&l, line, out);
	return 0;
}

void
rate_limit_units(const struct rate_limit *l, int64_t n, struct buf *out)
{
	struct span unit = span_of(units[l->unit]);

	if (l->unit != RATE_BYTES) {
		buf_printf(out, "%lld %.*s", (long long)n,
		    SPAN_ARG(span_head(unit, unit.n - (n == 1))));
		return;
	}
	if (n < 1024) {
		buf_printf(out, "%lld kB", (long long)n);
		return;
	}
	buf_printf(out, "%lld.%lld MB", (long long)n / 1024,
	    (long long)(n % 1024 * 10 / 1024));
}

static void
put_window(struct buf *out, int64_t seconds)
{
	size_t i = WINDOWS;
	int64_t times;

	while (i > 1 && seconds % windows[i - 1].seconds != 0)
		i--;
	times = seconds / windows[i - 1].seconds;
	if (times != 1)
		buf_printf(out, "%lld %ss", (long long)times,
		    windows[i - 1].name);
	else
		buf_puts(out, windows[i - 1].name);
}

void
rate_limit_amount(const struct rate_limit *l, struct buf *out)
{
	rate_limit_units(l, l->count, out);
	buf_puts(out, " per ");
	put_window(out, l->window);
}

void
rate_limit_whom(const struct rate_limit *l, struct buf *out)
{
	size_t i;

	for (i = 0; i < l->keys; i++)
		buf_printf(out, "%s%s", i == 0 ? "" : " and ",
		    key_words[l->key[i]]);
}

void
rate_put_time(struct buf *out, int64_t ms)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} sizes[] = {{86400, "days"}, {3600, "hours"}, {60, "minutes"}};
	int64_t seconds = ms / 1000 + (ms % 1000 != 0);
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (seconds < 2 * sizes[i].seconds)
			continue;
		buf_printf(out, "%lld %s", (long long)((seconds +
		    sizes[i].seconds - 1) / sizes[i].seconds), sizes[i].name);
		return;
	}
	buf_printf(out, "%lld second%s", (long long)seconds,
	    seconds == 1 ? "" : "s");
}
