/* pairs - which bytes stand side by side in a text. */
#include "rules/pairs.h"

#include <string.h>

/* Both cases of a letter differ in this bit. */
#define CASE 0x20

static unsigned
bit_of(char a, char b)
{
	unsigned first = (unsigned char)a | CASE, second = (unsigned char)b |
	    CASE;

	return (first * 37 + second) % PAIRS_BITS;
}

void
pairs_find(struct span text, struct pairs *out)
{
	unsigned bit;
	size_t i;

	memset(out, 0, sizeof(*out));
	for (i = 1; i < text.n; i++) {
		bit = bit_of(text.p[i - 1], text.p[i]);
		out->bits[bit / 64] |= UINT64_C(1) << bit % 64;
	}
}

static bool
allows(const struct pairs *p, const struct literal *w)
{
	unsigned bit;
	size_t i;

	for (i = 1; i < w->n; i++) {
		bit = bit_of(w->p[i - 1], w->p[i]);
		if ((p->bits[bit / 64] >> bit % 64 & 1) == 0)
			return false;
	}
	return true;
}

bool
pairs_allow(const struct pairs *p, const struct needs *needs)
{
	const struct literals *l;
	size_t i, k;

	for (i = 0; i < needs->n; i++) {
		l = &needs->all[i];
		for (k = 0; k < l->n && !allows(p, &l->all[k]); k++)
			;
		if (k == l->n)
			return false;
	}
	return true;
}
