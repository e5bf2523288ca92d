/* span - a run of bytes that somebody else owns. */
#include "base/span.h"

#include <stdint.h>
#include <string.h>

/* Eight bytes are looked at at once, by arithmetic on a word of them. */
#define ONES UINT64_C(0x0101010101010101)
#define TOPS (ONES << 7)
#define WIDE 16		/* bytes of a vector that most processors have */
#define FEW 4		/* bytes that are looked for at once */
#define SHORT 64	/* bytes of a needle that may be compared often */

int
char_hex(int c)
{
	if (char_digit(c))
		return c - '0';
	c = char_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
span_folds(const char *a, const char *b, size_t n)
{
	uint32_t x, y;
	size_t i;

	/* Mostly the case is the same, too. */
	for (i = 0; i + sizeof(x) <= n; i += sizeof(x)) {
		memcpy(&x, a + i, sizeof(x));
		memcpy(&y, b + i, sizeof(y));
		if (x != y)
			break;
	}
	for (; i < n; i++)
		if (a[i] != b[i] && char_lower(a[i]) != char_lower(b[i]))
			return false;
	return true;
}

bool
span_iends(struct span a, const char *suffix)
{
	size_t n = strlen(suffix);

	return a.n >= n && span_iis(span_skip(a, a.n - n), suffix);
}

size_t
span_ascii_run(struct span a)
{
	uint64_t word;
	size_t i;

	for (i = 0; i + sizeof(word) <= a.n; i += sizeof(word)) {
		memcpy(&word, a.p + i, sizeof(word));
		if ((word & TOPS) != 0)
			break;
	}
	while (i < a.n && (unsigned char)a.p[i] <= 127)
		i++;
	return i;
}

bool
span_ascii(struct span a)
{
	return span_ascii_run(a) == a.n;
}

static bool
printable(char c)
{
	return c > ' ' && c < 127;
}

/* Which of eight bytes in a row is the first that is not zero. */
static size_t
first_byte(uint64_t bytes)
{
	return (size_t)(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ?
	    __builtin_ctzll(bytes) : __builtin_clzll(bytes)) / 8;
}

/* Which of the bytes of a vector is the first that is not zero, or WIDE. */
static size_t
first_odd(unsigned char odd __attribute__((vector_size(WIDE))))
{
	uint64_t half[WIDE / 8];

	memcpy(half, &odd, WIDE);
	if (half[0] != 0)
		return first_byte(half[0]);
	return half[1] != 0 ? 8 + first_byte(half[1]) : WIDE;
}

size_t
span_visible_run(struct span a)
{
	uint64_t word, odd;
	size_t i;

	for (i = 0; i + sizeof(word) <= a.n; i += sizeof(word)) {
		memcpy(&word, a.p + i, sizeof(word));
		/* With its top set no byte borrows from the next. */
		odd = (~((word | TOPS) - ONES * '!') | word) & TOPS;
		if (odd != 0)
			return i + first_byte(odd);
	}
	while (i < a.n && a.p[i] > ' ' && (unsigned char)a.p[i] <= 127)
		i++;
	return i;
}

/*
 * Of WIDE bytes those before the first that is neither printable nor a blank,
 * or is a blank before a blank; p[WIDE] is one more.
 */
static size_t
wide_prose(const char *p)
{
	unsigned char here __attribute__((vector_size(WIDE)));
	unsigned char next __attribute__((vector_size(WIDE)));

	memcpy(&here, p, WIDE);
	memcpy(&next, p + 1, WIDE);
	return first_odd((unsigned char __attribute__((vector_size(WIDE))))
	    ((here - ' ' > '~' - ' ') | ((here == ' ') & (next == ' '))));
}

size_t
span_prose_run(struct span a)
{
	size_t i = 0, n = WIDE, at;

	if (a.n == 0 || !printable(a.p[0]))
		return 0;
	while (a.n > WIDE && n == WIDE && i < a.n - 1) {
		/* The last ones overlap those before. */
		at = i < a.n - 1 - WIDE ? i : a.n - 1 - WIDE;
		n = wide_prose(a.p + at);
		i = at + n;
	}
	while (i < a.n && (printable(a.p[i]) || (a.p[i] == ' ' &&
	    a.p[i - 1] != ' ')))
		i++;
	return a.p[i - 1] == ' ' ? i - 1 : i;
}

/* The sum of the bytes of a vector. */
static size_t
sum_of(unsigned char bytes __attribute__((vector_size(WIDE))))
{
	const uint64_t pairs = UINT64_C(0x0001000100010001);
	uint64_t half[WIDE / 8], sum;

	memcpy(half, &bytes, WIDE);
	sum = (half[0] & pairs * 255) + (half[0] >> 8 & pairs * 255) +
	    (half[1] & pairs * 255) + (half[1] >> 8 & pairs * 255);
	return (size_t)(sum * pairs >> 48);
}

size_t
span_count_between(struct span a, char first, char last)
{
	unsigned char low = (unsigned char)first;
	unsigned char width = (unsigned char)(last - first);
	unsigned char here __attribute__((vector_size(WIDE)));
	unsigned char sums __attribute__((vector_size(WIDE)));
	size_t i = 0, n = 0, end;

	while (a.n - i >= WIDE) {
		/* A byte counts to 255. */
		end = a.n - i > 255 * WIDE ? i + 255 * WIDE : a.n;
		memset(&sums, 0, WIDE);
		for (; end - i >= WIDE; i += WIDE) {
			memcpy(&here, a.p + i, WIDE);
			sums -= (unsigned char __attribute__((vector_size(
			    WIDE))))(here - low <= width);
		}
		n += sum_of(sums);
	}
	for (; i < a.n; i++)
		n += (unsigned char)((unsigned char)a.p[i] - low) <= width;
	return n;
}

size_t
span_count(struct span a, char c)
{
	return span_count_between(a, c, c);
}

size_t
span_rchr(struct span a, char c)
{
	const char *at = a.n != 0 ? memrchr(a.p, c, a.n) : NULL;

	return at != NULL ? (size_t)(at - a.p) : a.n;
}

/*
 * Two bytes of a needle: it can only stand where both do, at their distance.
 * What fold has set is set in a byte before it is compared.
 */
struct marks {
	size_t at[2];		/* offsets in the needle */
	unsigned char byte[2], fold[2];
};

/* Offset of the first of WIDE places with both marks, or WIDE. */
static inline size_t
wide_marks(const char *p, const struct marks *m)
{
	unsigned char one __attribute__((vector_size(WIDE)));
	unsigned char two __attribute__((vector_size(WIDE)));

	memcpy(&one, p + m->at[0], WIDE);
	memcpy(&two, p + m->at[1], WIDE);
	return first_odd((unsigned char __attribute__((vector_size(WIDE))))
	    (((one | m->fold[0]) == m->byte[0]) &
	    ((two | m->fold[1]) == m->byte[1])));
}

static inline bool
has_mark(const char *p, const struct marks *m, size_t i)
{
	return ((unsigned char)p[m->at[i]] | m->fold[i]) == m->byte[i];
}

/* The first place from i on, before end, that has both marks, or end. */
static inline size_t
next_place(const char *p, size_t i, size_t end, const struct marks *m)
{
	size_t found = WIDE;

	for (; end - i >= WIDE && found == WIDE; i += found)
		found = wide_marks(p + i, m);
	if (found < WIDE)
		return i;
	while (i < end && !(has_mark(p + i, m, 0) && has_mark(p + i, m, 1)))
		i++;
	return i;
}

static size_t
find_long(struct span a, struct span needle)
{
	size_t from = span_chr(a, needle.p[0]);
	const char *at;

	/* memmem prepares itself for long texts. */
	if (needle.n > a.n - from)
		return a.n;
	at = memmem(a.p + from, a.n - from, needle.p, needle.n);
	return at != NULL ? (size_t)(at - a.p) : a.n;
}

size_t
span_find(struct span a, struct span needle)
{
	struct marks m = {{0}, {0}, {0}};
	size_t i, end;

	if (needle.n == 0 || needle.n > a.n)
		return needle.n == 0 ? 0 : a.n;
	if (needle.n > SHORT)
		return find_long(a, needle);
	m.byte[0] = (unsigned char)needle.p[0];
	m.at[1] = needle.n - 1;
	m.byte[1] = (unsigned char)needle.p[needle.n - 1];
	end = a.n - needle.n + 1;
	for (i = 0; (i = next_place(a.p, i, end, &m)) < end; i++)
		if (memcmp(a.p + i, needle.p, needle.n) == 0)
			return i;
	return a.n;
}

/* Offset of the first of up to FEW bytes in the next WIDE, or WIDE. */
static size_t
wide_any(const char *p, const unsigned char few[FEW])
{
	unsigned char here __attribute__((vector_size(WIDE)));

	memcpy(&here, p, WIDE);
	return first_odd((unsigned char __attribute__((vector_size(WIDE))))
	    ((here == few[0]) | (here == few[1]) | (here == few[2]) |
	    (here == few[3])));
}

static size_t
any_of_few(struct span a, const char *set, size_t n)
{
	const unsigned char few[FEW] = { (unsigned char)set[0],
	    (unsigned char)set[n > 1], (unsigned char)set[n > 2 ? 2 : 0],
	    (unsigned char)set[n - 1] };
	char all[WIDE] = "";
	size_t i, found;

	if (a.n < WIDE) {
		memcpy(all, a.p, a.n);
		found = wide_any(all, few);
		return found < a.n ? found : a.n;
	}
	for (i = 0;; i += WIDE) {
		/* The last ones overlap those before. */
		if (i > a.n - WIDE)
			i = a.n - WIDE;
		found = wide_any(a.p + i, few);
		if (found < WIDE || i == a.n - WIDE)
			return i + found;
	}
}

size_t
span_any_of(struct span a, const char *set, size_t n)
{
	uint64_t members[4] = {0};
	unsigned char c;
	size_t i;

	if (a.n == 0 || n == 0)
		return a.n;
	if (n <= FEW)
		return any_of_few(a, set, n);
	for (i = 0; i < n; i++) {
		c = (unsigned char)set[i];
		members[c / 64] |= (uint64_t)1 << c % 64;
	}
	for (i = 0; i < a.n; i++) {
		c = (unsigned char)a.p[i];
		if ((members[c / 64] >> c % 64 & 1) != 0)
			break;
	}
	return i;
}

size_t
span_rarest(struct span needle)
{
	/* Per mille of English text, of a to z; other bytes have one case. */
	static const uint8_t often[] = {82, 15, 28, 43, 127, 22, 20, 61, 70,
	    2, 8, 40, 24, 67, 75, 19, 1, 60, 63, 91, 28, 10, 24, 2, 20, 1};
	size_t i, best = 0;
	int c, least = 255, n;

	for (i = 0; i < needle.n; i++) {
		c = char_lower(needle.p[i]);
		n = char_alpha(c) ? often[c - 'a'] : c == ' ' ? 180 : 5;
		if (n < least) {
			least = n;
			best = i;
		}
	}
	return best;
}

static void
mark_folded(struct marks *m, size_t i, struct span needle, size_t at)
{
	int c = char_lower((unsigned char)needle.p[at]);

	m->at[i] = at;
	m->byte[i] = (unsigned char)c;
	m->fold[i] = char_alpha(c) ? 'a' - 'A' : 0;
}

size_t
span_ifind(struct span a, struct span needle, size_t key)
{
	struct marks m;
	size_t i, end;

	if (needle.n == 0 || needle.n > a.n)
		return needle.n == 0 ? 0 : a.n;
	mark_folded(&m, 0, needle, key);
	mark_folded(&m, 1, needle, key > 0 ? 0 : needle.n - 1);
	end = a.n - needle.n + 1;
	for (i = 0; (i = next_place(a.p, i, end, &m)) < end; i++)
		if (span_folds(a.p + i, needle.p, needle.n))
			return i;
	return a.n;
}

struct span
span_trim(struct span a)
{
	while (a.n > 0 && char_space(a.p[0]))
		a = span_skip(a, 1);
	while (a.n > 0 && char_space(a.p[a.n - 1]))
		a.n--;
	return a;
}

bool
span_cut(struct span *rest, char separator, struct span *part)
{
	size_t at;

	if (rest->p == NULL)
		return false;
	at = span_chr(*rest, separator);
	*part = span_head(*rest, at);
	if (at == rest->n)
		*rest = (struct span) {NULL, 0};
	else
		*rest = span_skip(*rest, at + 1);
	return true;
}

bool
span_word(struct span *rest, struct span *word)
{
	size_t n = 0;

	while (rest->n > 0 && char_space(rest->p[0]))
		*rest = span_skip(*rest, 1);
	while (n < rest->n && !char_space(rest->p[n]))
		n++;
	*word = span_head(*rest, n);
	*rest = span_skip(*rest, n);
	return n > 0;
}
