/* evalarg - arguments of a function that a rule calls, as numbers. */
#include "rules/evalarg.h"

double
evalarg_number(const struct eval_call *call, size_t i, double otherwise)
{
	struct span s = span_of(NULL);
	double value = 0, scale = 1;
	bool minus = false, fraction = false;
	size_t n = 0, digits = 0;

	if (i < call->count)
		s = span_trim(call->args[i].text);
	if (s.n == 0 || span_is(s, "undef"))
		return otherwise;
	if (s.p[0] == '-' || s.p[0] == '+')
		minus = s.p[n++] == '-';
	for (; n < s.n; n++) {
		if (s.p[n] == '.' && !fraction) {
			fraction = true;
			continue;
		}
		if (!char_digit((unsigned char)s.p[n]) ||
		    digits++ == EVALARG_DIGITS_MAX)
			break;
		value = value * 10 + (s.p[n] - '0');
		/* One division at the end: as exact as a literal. */
		if (fraction)
			scale *= 10;
	}
	return (minus ? -value : value) / scale;
}
