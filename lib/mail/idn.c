/* idn - names of all scripts as A-labels and back, by libidn2. */
#include "mail/idn.h"

#include <idn2.h>

#define FLAGS (IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT)

static struct span
taken(struct arena *arena, int status, char *text)
{
	struct span out = span_of(NULL);

	if (status == IDN2_OK)
		out = arena_span(arena, span_of(text));
	idn2_free(text);
	return out;
}

/* A zero would end the name for the library. */
static bool
fit(struct span name)
{
	return name.n <= IDN_MAX && span_chr(name, '\0') == name.n;
}

struct span
idn_ascii(struct arena *arena, struct span name)
{
	char *text = NULL;
	int status;

	if (!fit(name))
		return span_of(NULL);
	status = idn2_to_ascii_8z(arena_string(arena, name), &text, FLAGS);
	return taken(arena, status, text);
}

struct span
idn_unicode(struct arena *arena, struct span name)
{
	char *text = NULL;
	int status;

	if (!fit(name))
		return span_of(NULL);
	status = idn2_to_unicode_8z8z(arena_string(arena, name), &text, 0);
	return taken(arena, status, text);
}
