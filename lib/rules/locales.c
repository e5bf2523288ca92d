/* locales - which charsets somebody reads. */
#include "rules/locales.h"

#define CHARSET_MAX 40		/* letters and digits of a name */

struct locale {
	const char *name;
	const char *charsets;	/* upper case, without what is no letter */
};

#define CYRILLIC "KOI8R KOI8U KOI8T ISOIR111 CP1251 GEORGIANPS PT154 CP866"

static const struct locale locales[] = {
	{"ja", "EUCJP JISX020119760 JISX020819830 JISX020819900 "
	    "JISX020819970 JISX021219900 JISX021320001 JISX021320002 "
	    "SHIFTJIS ISO2022JP SJIS JIS7 JISX0201 JISX0208 JISX0212"},
	{"ko", "EUCKR KSC56011987"},
	{"ru", CYRILLIC}, {"ka", CYRILLIC}, {"tg", CYRILLIC},
	{"be", CYRILLIC}, {"uk", CYRILLIC}, {"bg", CYRILLIC},
	{"th", "TIS620"},
	{"zh", "GB1988 GB2312 GB231219800 GB18030 GBK BIG5HKSCS BIG5 EUCTW "
	    "ISO2022CN"},
};

struct span
locales_of(const struct ruleset *rules)
{
	const struct settings *lines = ruleset_settings(rules, "ok_locales");

	return lines->count == 0 ? span_of("all") :
	    lines->items[lines->count - 1]->rest;
}

bool
locales_all(struct span list)
{
	struct span word;

	while (span_word(&list, &word))
		if (span_is(word, "all"))
			return true;
	return false;
}

/* Letters in upper case and digits of the first of several, no "3D" before. */
static struct span
plain(struct span charset, char out[CHARSET_MAX])
{
	struct span name;
	size_t i, n = 0;
	char c;

	for (i = 0; i < charset.n && n < CHARSET_MAX; i++) {
		c = charset.p[i];
		if (char_alpha((unsigned char)c))
			out[n++] = (char)(char_lower((unsigned char)c) - 32);
		else if (char_digit((unsigned char)c))
			out[n++] = c;
	}
	name = span_make(out, n);
	while (span_starts(name, "3D"))
		name = span_skip(name, 2);
	return name;
}

/* The net speaks Latin letters; Unicode and Windows may be anything. */
static bool
common(struct span name)
{
	static const char *const starts[] = {"ISO8859", "ISO10646", "UTF",
	    "UCS", "CP125", "WINDOWS", "UNICODE11UTF7", "UNICODE11UTF8"};
	static const char *const names[] = {"USASCII", "ASCII", "IBM852",
	    "XUNKNOWN", "ISO"};
	size_t i;

	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (span_starts(name, starts[i]))
			return true;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_is(name, names[i]))
			return true;
	return false;
}

static bool
has_word(const char *list, struct span word)
{
	struct span rest = span_of(list), one;

	while (span_word(&rest, &one))
		if (span_eq(one, word))
			return true;
	return false;
}

bool
locales_read(struct span list, struct span charset)
{
	char buffer[CHARSET_MAX];
	struct span name = plain(charset, buffer), word;
	size_t i;

	if (common(name))
		return true;
	while (span_word(&list, &word))
		for (i = 0; i < sizeof(locales) / sizeof(locales[0]); i++)
			if (span_is(span_head(word, 2), locales[i].name) &&
			    has_word(locales[i].charsets, name))
				return true;
	return false;
}
