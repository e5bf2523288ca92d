/* tokens - the words of two texts, counted. */
#include "rules/tokens.h"

#include <stdint.h>
#include <string.h>

#include "mail/html_chars.h"

/*
 * Characters that make no word, of Unicode 14: punctuation and symbols, but not
 * those of rare scripts.
 */
static const struct {
	uint32_t first, last;
} symbols[] = {
	{0x80, 0xa9}, {0xab, 0xb4}, {0xb6, 0xb9}, {0xbb, 0xbf}, {0xd7, 0xd7},
	{0xf7, 0xf7}, {0x2c2, 0x2c5}, {0x2d2, 0x2df}, {0x55a, 0x55f},
	{0x5f3, 0x60f}, {0x61b, 0x61f}, {0x66a, 0x66d}, {0x6d4, 0x6d4},
	{0x964, 0x965}, {0xe3f, 0xe3f}, {0xe4f, 0xe4f}, {0x2000, 0x200b},
	{0x200e, 0x203e}, {0x2041, 0x2053}, {0x2055, 0x2070},
	{0x2074, 0x207e}, {0x2080, 0x208e}, {0x20a0, 0x20c0},
	{0x2100, 0x2101}, {0x2103, 0x2106}, {0x2108, 0x2109},
	{0x2116, 0x2118}, {0x211e, 0x2123}, {0x214f, 0x215f},
	{0x2189, 0x24b5}, {0x24ea, 0x2bff}, {0x2e00, 0x2e2e},
	{0x2e30, 0x3004}, {0x3008, 0x3020}, {0x3030, 0x3030},
	{0x3036, 0x3037}, {0x303d, 0x303f}, {0x309b, 0x309c},
	{0x30a0, 0x30a0}, {0x30fb, 0x30fb}, {0x3190, 0x319f},
	{0x3200, 0x33ff}, {0x4dc0, 0x4dff}, {0xe000, 0xf8ff},
	{0xfd3e, 0xfd4f}, {0xfdfc, 0xfdff}, {0xfe10, 0xfe19},
	{0xfe30, 0xfe32}, {0xfe35, 0xfe4c}, {0xfe50, 0xfe6b},
	{0xfeff, 0xff0f}, {0xff1a, 0xff20}, {0xff3b, 0xff3e},
	{0xff40, 0xff40}, {0xff5b, 0xff65}, {0xffe0, 0xfffd},
	{0x1f000, 0x1f12f}, {0x1f18a, 0x1fbca},
};

#define SYMBOLS (sizeof(symbols) / sizeof(symbols[0]))

/* The character of n bytes at p. */
static uint32_t
decode(const char *p, size_t n)
{
	const unsigned char *s = (const unsigned char *)p;
	uint32_t c;
	size_t i;

	if (n < 2)
		return 0xfffd;
	c = s[0] & (0xffu >> (n + 1));
	for (i = 1; i < n; i++)
		c = c << 6 | (s[i] & 0x3f);
	return c;
}

static bool
is_symbol(uint32_t c)
{
	size_t low = 0, high = SYMBOLS, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (c < symbols[mid].first)
			high = mid;
		else if (c > symbols[mid].last)
			low = mid + 1;
		else
			return true;
	}
	return false;
}

enum kind { KIND_OTHER, KIND_WORD, KIND_SPACE };

/*
 * What the character there, of n bytes, is to a word; it is no printable one of
 * ASCII.
 */
static enum kind
odd_kind(const char *p, const char *end, bool wide, size_t *n)
{
	*n = 1;
	if ((unsigned char)*p <= 127)
		return char_space(*p) ? KIND_SPACE : KIND_OTHER;
	if (!wide)
		return KIND_OTHER;
	if (html_char_at(p, end, n) == HTML_CHAR_SPACE)
		return KIND_SPACE;
	return is_symbol(decode(p, *n)) ? KIND_OTHER : KIND_WORD;
}

static bool
has_word(const char *p, size_t n)
{
	size_t i = 0;

	/* Mostly the first one is. */
	while (i < n && !char_word(p[i]))
		i++;
	return i < n;
}

/* The next word of *rest; false when there is none. */
static bool
next_token(struct span *rest, bool wide, struct span *out)
{
	const char *p = rest->p, *end = p + rest->n, *from = p, *to = p;
	enum kind kind = KIND_OTHER;
	bool seen = false;
	size_t n;

	while (p < end && !(kind == KIND_SPACE && seen)) {
		if (kind == KIND_SPACE)
			from = p;
		n = span_visible_run(span_between(p, end));
		seen = seen || has_word(p, n);
		to = p += n;
		if (p == end)
			break;
		kind = odd_kind(p, end, wide, &n);
		p += n;
		to = kind == KIND_SPACE ? to : p;
		seen = seen || kind == KIND_WORD;
	}
	*out = span_between(from, to);
	*rest = span_between(p, end);
	return seen;
}

void
tokens_init(struct tokens *t, struct arena *arena)
{
	memset(t, 0, sizeof(*t));
	t->words = linkset_new(arena);
}

/* How often the word came, all zero for one that is new. */
static struct token_times *
times_of(struct tokens *t, struct span word)
{
	bool fresh;
	size_t i = linkset_put(t->words, word, &fresh);

	if (fresh)
		t->times = arena_room(t->words->arena, t->times, i,
		    sizeof(*t->times), &t->room);
	return &t->times[i];
}

void
tokens_add(struct tokens *t, enum token_side side, struct span text, bool wide)
{
	struct span word;

	while (t->count[side] < TOKENS_MAX && next_token(&text, wide, &word)) {
		times_of(t, word)->in[side]++;
		t->count[side]++;
	}
}

size_t
tokens_distinct(const struct tokens *t, enum token_side side)
{
	size_t i, n = 0;

	for (i = 0; i < t->words->count; i++)
		n += t->times[i].in[side] > 0;
	return n;
}

size_t
tokens_beyond(const struct tokens *t, enum token_side side)
{
	enum token_side other = side == TOKENS_LEFT ? TOKENS_RIGHT :
	    TOKENS_LEFT;
	size_t i, n = 0;

	for (i = 0; i < t->words->count; i++)
		n += t->times[i].in[side] > t->times[i].in[other];
	return n;
}
