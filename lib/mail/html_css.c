/* html_css - colours and lengths of CSS, for html_style. */
#include "mail/html_colour.h"
#include "mail/html_scan.h"
#include "mail/html_style.h"

#define NUMBER_MAX 1e9f
#define HEX_MAX 128		/* section 2.4.6 cuts there */

/* "+1.5e3" without the exponent, which nobody writes. */
static bool
number(struct span *s, float *value)
{
	float scale = 1, v = 0;
	bool minus = false, any = false, fraction = false;
	size_t i = 0;

	if (s->n != 0 && (s->p[0] == '-' || s->p[0] == '+'))
		minus = s->p[i++] == '-';
	for (; i < s->n; i++) {
		if (s->p[i] == '.' && !fraction) {
			fraction = true;
			continue;
		}
		if (!char_digit((unsigned char)s->p[i]))
			break;
		any = true;
		if (fraction)
			v += (float)(s->p[i] - '0') * (scale /= 10);
		else if (v < NUMBER_MAX)
			v = v * 10 + (float)(s->p[i] - '0');
	}
	if (!any)
		return false;
	*value = minus ? -v : v;
	*s = span_skip(*s, i);
	return true;
}

bool
html_css_length(struct span value, float *pixels, bool *relative)
{
	static const struct {
		const char *unit;
		float pixels;
		bool relative;
	} units[] = {
		{ "", 1, false }, { "px", 1, false }, { "pt", 4 / 3.0f, false },
		{ "em", 1, true }, { "%", 0.01f, true }, { "ex", 0.5f, true },
		{ "ch", 0.5f, true }, { "rem", HTML_FONT_PIXELS, false },
		{ "in", 96, false }, { "cm", 37.8f, false },
		{ "mm", 3.78f, false }, { "pc", 16, false },
		{ "vw", 8, false }, { "vh", 6, false }, { "vmin", 6, false },
		{ "vmax", 8, false },
	};
	struct span rest = span_trim(value);
	size_t i;

	if (!number(&rest, pixels))
		return false;
	rest = span_trim(rest);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!span_iis(rest, units[i].unit))
			continue;
		*pixels *= units[i].pixels;
		*relative = units[i].relative && *pixels != 0;
		return true;
	}
	return false;
}

/* "#rgb", "#rgba", "#rrggbb", "#rrggbbaa" without the "#". */
static bool
hash(struct span s, uint32_t *rgb, unsigned *alpha)
{
	uint32_t v = 0;
	size_t i, wide = s.n <= 4 ? 2 : 1;
	int digit;

	if (s.n != 3 && s.n != 4 && s.n != 6 && s.n != 8)
		return false;
	for (i = 0; i < s.n * wide; i++) {
		digit = char_hex(s.p[i / wide]);
		if (digit < 0)
			return false;
		v = v << 4 | (uint32_t)digit;
	}
	*alpha = s.n % 4 == 0 ? v & 255 : 255;
	*rgb = s.n % 4 == 0 ? v >> 8 : v;
	return true;
}

/* Up to four numbers with "," "/" or blanks between; returns how many. */
static size_t
arguments(struct span s, float value[4], bool percent[4])
{
	size_t n = 0;

	while (n < 4) {
		while (s.n != 0 && (html_space(s.p[0]) || s.p[0] == ',' ||
		    s.p[0] == '/'))
			s = span_skip(s, 1);
		if (!number(&s, &value[n]))
			break;
		percent[n] = s.n != 0 && s.p[0] == '%';
		n++;
		while (s.n != 0 && !html_space(s.p[0]) && s.p[0] != ',' &&
		    s.p[0] != '/' && s.p[0] != ')')
			s = span_skip(s, 1);
	}
	return n;
}

static uint32_t
byte(float v)
{
	return v <= 0 ? 0 : v >= 255 ? 255 : (uint32_t)(v + 0.5f);
}

static float
clamp(float v, float low, float high)
{
	return v < low ? low : v > high ? high : v;
}

/* v modulo m, at least 0; |v| is at most NUMBER_MAX. */
static float
wrap(float v, float m)
{
	v -= m * (float)(long)(v / m);
	return v < 0 ? v + m : v;
}

/* CSS Color 4 section 7.1, one of the three. */
static uint32_t
hsl_part(float hue, float sat, float light, float n)
{
	float k = wrap(n + hue / 30, 12);
	float a = sat * clamp(light, 0, 1 - light);
	float m = clamp(k - 3, -1, clamp(9 - k, -1, 1));

	return byte((light - a * m) * 255);
}

static uint32_t
hsl(const float v[4])
{
	float hue = wrap(v[0], 360);
	float sat = clamp(v[1] / 100, 0, 1);
	float light = clamp(v[2] / 100, 0, 1);

	return hsl_part(hue, sat, light, 0) << 16 |
	    hsl_part(hue, sat, light, 8) << 8 | hsl_part(hue, sat, light, 4);
}

static bool
function(struct span s, uint32_t *rgb, unsigned *alpha)
{
	bool percent[4], is_hsl = span_istarts(s, "hsl");
	float v[4];
	size_t n, i;

	n = arguments(span_skip(s, span_chr(s, '(') + 1), v, percent);
	if (n < 3)
		return false;
	*alpha = n == 4 ? byte(percent[3] ? v[3] * 2.55f : v[3] * 255) : 255;
	if (is_hsl) {
		*rgb = hsl(v);
		return true;
	}
	*rgb = 0;
	for (i = 0; i < 3; i++)
		*rgb = *rgb << 8 | byte(percent[i] ? v[i] * 2.55f : v[i]);
	return true;
}

bool
html_css_colour(struct span value, uint32_t *rgb, unsigned *alpha)
{
	value = span_trim(value);
	*alpha = 255;
	if (value.n != 0 && value.p[0] == '#')
		return hash(span_skip(value, 1), rgb, alpha);
	if (span_istarts(value, "rgb") || span_istarts(value, "hsl"))
		return function(value, rgb, alpha);
	if (span_iis(value, "transparent")) {
		*rgb = HTML_BLACK;
		*alpha = 0;
		return true;
	}
	return html_colour_name(value, rgb);
}

/* Each third is cut to its last 8 digits, and leading zeros all have. */
static uint32_t
old_thirds(const char *digits, size_t n)
{
	size_t third = n / 3, i, zeros = 0, length;
	const char *p[3];
	uint32_t rgb = 0;

	length = third > 8 ? 8 : third;
	for (i = 0; i < 3; i++)
		p[i] = digits + i * third + (third - length);
	while (length - zeros > 2 && p[0][zeros] == '0' &&
	    p[1][zeros] == '0' && p[2][zeros] == '0')
		zeros++;
	for (i = 0; i < 3; i++) {
		rgb = rgb << 8 | (uint32_t)char_hex(p[i][zeros]);
		if (length - zeros > 1)
			rgb = (rgb & ~15u) | (rgb & 15) << 4 |
			    (uint32_t)char_hex(p[i][zeros + 1]);
	}
	return rgb;
}

bool
html_old_colour(struct span value, uint32_t *rgb)
{
	char digits[HEX_MAX + 2];
	unsigned alpha;
	size_t i, n = 0;

	value = span_trim(value);
	if (value.n == 0 || span_iis(value, "transparent"))
		return false;
	if (html_colour_name(value, rgb))
		return true;
	if (value.n == 4 && value.p[0] == '#' &&
	    hash(span_skip(value, 1), rgb, &alpha))
		return true;
	if (value.p[0] == '#')
		value = span_skip(value, 1);
	for (i = 0; i < value.n && n < HEX_MAX; i++) {
		/* A character of more than one byte is one "0". */
		if (((unsigned char)value.p[i] & 0xc0) == 0x80)
			continue;
		digits[n++] = char_hex(value.p[i]) < 0 ? '0' : value.p[i];
	}
	while (n == 0 || n % 3 != 0)
		digits[n++] = '0';
	*rgb = old_thirds(digits, n);
	return true;
}
