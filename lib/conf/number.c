/*
 * number - configuration numbers with their units.
 */
#include "conf/number.h"

#include <inttypes.h>

#include "base/text.h"

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit time_units[] = {
	{ "ms", 1 }, { "s", 1000 }, { "m", 60 * 1000 }, { "h", 3600 * 1000 },
	{ "d", 24 * 3600 * 1000 }, { "w", 7 * 24 * 3600 * 1000 },
	{ NULL, 0 }
};

/* Both cases are read; the first of each pair is written. */
static const struct unit size_units[] = {
	{ "", 1 }, { "k", 1 << 10 }, { "K", 1 << 10 }, { "M", 1 << 20 },
	{ "m", 1 << 20 }, { "G", 1 << 30 }, { "g", 1 << 30 },
	{ NULL, 0 }
};

static bool
int_parse(struct span text, int64_t *out)
{
	bool minus = span_starts(text, "-");

	if (!text_number(span_skip(text, minus), out))
		return false;
	if (minus)
		*out = -*out;
	return true;
}

static bool
unit_parse(const struct unit *units, struct span text, int64_t *out)
{
	size_t n = 0;
	int64_t number;

	while (n < text.n && char_digit(text.p[n]))
		n++;
	if (!text_number(span_head(text, n), &number))
		return false;
	for (; units->name != NULL; units++)
		if (span_is(span_skip(text, n), units->name))
			break;
	if (units->name == NULL || number > INT64_MAX / units->factor)
		return false;
	*out = number * units->factor;
	return true;
}

bool
number_parse(enum option_type type, struct span text, int64_t *out)
{
	switch (type) {
	case OPTION_TIME:
		if (span_is(text, "0")) {
			*out = 0;
			return true;
		}
		return unit_parse(time_units, text, out);
	case OPTION_SIZE:
		return unit_parse(size_units, text, out);
	case OPTION_SCORE:
		return text_milli(text, out);
	default:
		return int_parse(text, out);
	}
}

static void
unit_put(struct buf *out, const struct unit *units, int64_t number)
{
	const struct unit *best = units;

	for (; units->name != NULL; units++)
		if (units->factor > best->factor &&
		    number % units->factor == 0)
			best = units;
	if (number == 0)
		buf_char(out, '0');
	else
		buf_printf(out, "%" PRId64 "%s", number / best->factor,
		    best->name);
}

void
number_put(struct buf *out, enum option_type type, int64_t number)
{
	switch (type) {
	case OPTION_TIME:
		unit_put(out, time_units, number);
		break;
	case OPTION_SIZE:
		unit_put(out, size_units, number);
		break;
	case OPTION_SCORE:
		text_put_milli(out, number);
		break;
	default:
		buf_printf(out, "%" PRId64, number);
	}
}

static void
put_bounds(struct buf *out, const struct option *option)
{
	if (option->min == INT64_MIN && option->max == INT64_MAX)
		return;
	if (option->min == INT64_MIN) {
		buf_puts(out, " of at most ");
		number_put(out, option->type, option->max);
		return;
	}
	buf_puts(out, option->max == INT64_MAX ? " of at least " : " from ");
	number_put(out, option->type, option->min);
	if (option->max == INT64_MAX)
		return;
	buf_puts(out, " to ");
	number_put(out, option->type, option->max);
}

void
number_describe(struct buf *out, const struct option *option)
{
	const char *tail = "";

	switch (option->type) {
	case OPTION_TIME:
		buf_puts(out, "a time");
		tail = " with its unit: ms, s, m, h, d or w";
		break;
	case OPTION_SIZE:
		buf_puts(out, "a size");
		tail = " in bytes, or with the unit k, M or G";
		break;
	case OPTION_SCORE:
		buf_puts(out, "a number");
		tail = " with at most 3 decimals";
		break;
	default:
		buf_puts(out, "a whole number");
	}
	put_bounds(out, option);
	buf_puts(out, tail);
}
