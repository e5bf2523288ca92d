/* literal_rate - how often text holds a string, by guess. */
#include <math.h>
#include <string.h>

#include "rules/literal.h"

#define WORD_BITS 11	/* and one for each letter: words are hardly rarer */
#define TEXT_BYTES 256	/* of a text, for how often it has several strings */

unsigned
literal_rarity(char byte)
{
	/* a to z */
	static const uint8_t letters[] = {4, 7, 6, 5, 4, 6, 6, 5, 4, 10, 8, 5,
	    6, 4, 4, 6, 10, 4, 4, 4, 6, 7, 6, 9, 6, 10};
	unsigned char c = (unsigned char)byte;

	if (c >= 'a' && c <= 'z')
		return letters[c - 'a'];
	if (c == ' ')
		return 3;
	if (c < ' ' && c != '\n')
		return 12;
	return c >= 128 ? 6 : 7;
}

/* Strings that mail, and links above all, are full of. */
static const char common[] = "https://www. http://www. .com/ .net/ .org/ "
    ".html .php? href=\" src=\" style=\" color: font-size: <br> </td> the and "
    "you your for that this with have from are not will our can all has was "
    "but more here mail email please ing tion ";

static bool
is_common(const struct literal *w)
{
	return memmem(common, sizeof(common) - 1, w->p, w->n) != NULL;
}

bool
literal_common(const struct byteset *sets, unsigned n)
{
	size_t from;
	unsigned i;

	for (from = 0; from + n < sizeof(common); from++) {
		for (i = 0; i < n; i++)
			if (!byteset_has(&sets[i],
			    (unsigned char)common[from + i]))
				break;
		if (i == n)
			return true;
	}
	return false;
}

/* Letters in their order do not come by chance. */
static bool
is_word(const struct literal *w)
{
	unsigned i;

	for (i = 0; i < w->n; i++)
		if (!char_alpha((unsigned char)w->p[i]) && w->p[i] != ' ')
			return false;
	return true;
}

static uint64_t
rate_words(const struct literals *words)
{
	uint64_t rate = 0;
	unsigned bits;
	size_t i, k;

	for (i = 0; i < words->n; i++) {
		for (bits = 0, k = 0; k < words->all[i].n; k++)
			bits += literal_rarity(words->all[i].p[k]);
		if (bits > WORD_BITS + k && is_word(&words->all[i]))
			bits -= (bits - WORD_BITS - (unsigned)k) * 7 / 8;
		if (is_common(&words->all[i]) && bits > LITERAL_COMMON_BITS)
			bits = LITERAL_COMMON_BITS;
		rate += bits < 40 ? LITERAL_ALWAYS >> bits : 1;
	}
	return rate;
}

uint64_t
literals_rate(const struct literals *words, unsigned times)
{
	uint64_t rate = rate_words(words);
	double expected = (double)rate * TEXT_BYTES / (double)LITERAL_ALWAYS;
	double chance = exp(-expected), fewer = 0;
	unsigned i;

	if (times <= 1)
		return rate;
	/* Poisson's law. */
	for (i = 0; i < times; i++) {
		fewer += chance;
		chance *= expected / (i + 1);
	}
	return (uint64_t)(fmax(1 - fewer, 1e-6) / TEXT_BYTES *
	    (double)LITERAL_ALWAYS);
}
