/* html_element - the table of elements, and the names of one document. */
#include "mail/html_element.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_FIRST 64		/* slots; a power of two */
#define NAMES_PROBES 32		/* so that chosen names cost no more */

#define O HTML_IS_OLD
#define T HTML_IS_TRICK
#define S HTML_IS_STYLED
#define V HTML_IS_VOID
#define L HTML_IS_LINE
#define B HTML_IS_BLOCK
#define C HTML_IS_CELL
#define F HTML_IS_FORMAT
#define W HTML_IS_WALL
#define U HTML_IS_UNSEEN
#define PLAIN(name, flags) { name, HTML_EL_OTHER, HTML_IN_DATA, "", flags }
#define BREAK(name, space, flags) \
	{ name, HTML_EL_OTHER, HTML_IN_DATA, space, flags }
#define KNOWN(name, id, flags) { name, HTML_EL_##id, HTML_IN_DATA, "", flags }
#define RAW(name, id, content, space, flags) \
	{ name, HTML_EL_##id, HTML_IN_##content, space, flags }

/* By strcmp of name.  Walls are the scope markers of section 13.2.4.2. */
static const struct html_element elements[] = {
	KNOWN("a", A, O | S | F),
	PLAIN("abbr", O),
	PLAIN("acronym", O),
	PLAIN("address", O | L),
	PLAIN("applet", O | W),
	KNOWN("area", AREA, O | V),
	PLAIN("article", L),
	PLAIN("aside", L),
	PLAIN("b", O | F),
	KNOWN("base", BASE, O | V),
	KNOWN("basefont", BASEFONT, O | S | V),
	PLAIN("bdo", O),
	KNOWN("bgsound", BGSOUND, T | V),
	KNOWN("big", BIG, O | S | F),
	BREAK("blockquote", "\n\n", O | B),
	KNOWN("body", BODY, O | S | L | W),
	RAW("br", BR, DATA, "\n", O | V),
	KNOWN("button", BUTTON, O),
	PLAIN("caption", O | L | W),
	KNOWN("center", CENTER, O | L),
	PLAIN("cite", O),
	PLAIN("code", O | F),
	PLAIN("col", O | V),
	PLAIN("colgroup", O),
	PLAIN("datalist", U),
	RAW("dd", DD, DATA, " ", O | L),
	PLAIN("del", O),
	PLAIN("details", L),
	PLAIN("dfn", O),
	PLAIN("dialog", L),
	PLAIN("dir", O | B),
	RAW("div", DIV, DATA, "\n", O | S | L),
	PLAIN("dl", O | B),
	RAW("dt", DT, DATA, " ", O | L),
	PLAIN("em", O | F),
	RAW("embed", EMBED, DATA, " ", T | V),
	PLAIN("fieldset", O | L),
	PLAIN("figcaption", L),
	PLAIN("figure", B),
	KNOWN("font", FONT, O | S | F),
	PLAIN("footer", L),
	KNOWN("form", FORM, O | L),
	KNOWN("frame", FRAME, O | V),
	PLAIN("frameset", O | L),
	RAW("h1", H1, DATA, " ", O | B),
	RAW("h2", H1, DATA, " ", O | B),
	RAW("h3", H1, DATA, " ", O | B),
	RAW("h4", H1, DATA, " ", O | B),
	RAW("h5", H1, DATA, " ", O | B),
	RAW("h6", H1, DATA, " ", O | B),
	PLAIN("head", O),
	PLAIN("header", L),
	BREAK("hr", "\n\n", O | V | B),
	KNOWN("html", HTML, O | W),
	PLAIN("i", O | F),
	RAW("iframe", IFRAME, RAWTEXT, "", O | U),
	RAW("image", IMG, DATA, "", V),
	KNOWN("img", IMG, O | V),
	KNOWN("input", INPUT, O | V),
	PLAIN("ins", O),
	PLAIN("isindex", O | V),
	PLAIN("kbd", O),
	PLAIN("keygen", V),
	PLAIN("label", O),
	PLAIN("legend", O | L),
	RAW("li", LI, DATA, " ", O | L),
	KNOWN("link", LINK, O | V),
	BREAK("listing", "\n\n", T | B),
	PLAIN("main", L),
	PLAIN("map", O),
	KNOWN("marquee", MARQUEE, S | W),
	PLAIN("menu", O | B),
	KNOWN("meta", META, O | V),
	PLAIN("nav", L),
	PLAIN("nobr", O | F),
	RAW("noembed", OTHER, RAWTEXT, "", U),
	RAW("noframes", OTHER, RAWTEXT, "", O | U),
	PLAIN("noscript", O),
	KNOWN("object", OBJECT, O | W),
	PLAIN("ol", O | B),
	PLAIN("optgroup", O | L),
	KNOWN("option", OPTION, O | L),
	RAW("p", P, DATA, "\n\n", O | S | B),
	PLAIN("param", O | V),
	RAW("plaintext", OTHER, PLAINTEXT, "\n\n", T | B),
	RAW("pre", PRE, DATA, "\n\n", O | B),
	PLAIN("q", O),
	PLAIN("s", O | F),
	PLAIN("samp", O),
	RAW("script", SCRIPT, SCRIPT, "", O | U),
	PLAIN("section", L),
	PLAIN("select", O),
	KNOWN("small", SMALL, O | S | F),
	PLAIN("source", V),
	KNOWN("span", SPAN, O | S),
	PLAIN("strike", O | F),
	PLAIN("strong", O | F),
	RAW("style", STYLE, RAWTEXT, "", O | U),
	PLAIN("sub", O),
	PLAIN("summary", L),
	PLAIN("sup", O),
	KNOWN("table", TABLE, O | S | L | W),
	KNOWN("tbody", TBODY, O),
	RAW("td", TD, DATA, " ", O | S | C | W),
	PLAIN("template", U | W),
	RAW("textarea", TEXTAREA, RCDATA, "", O),
	KNOWN("tfoot", TBODY, O),
	RAW("th", TH, DATA, " ", O | S | C | W),
	KNOWN("thead", TBODY, O),
	RAW("title", TITLE, RCDATA, "\n\n", O | U),
	KNOWN("tr", TR, O | S | L),
	PLAIN("track", V),
	PLAIN("tt", O | F),
	PLAIN("u", O | F),
	PLAIN("ul", O | B),
	KNOWN("v:fill", VML, 0),
	KNOWN("v:image", VML, 0),
	KNOWN("v:imagedata", VML, 0),
	PLAIN("var", O),
	PLAIN("wbr", V),
	PLAIN("x-sigsep", O),
	PLAIN("x-tab", O),
	RAW("xmp", OTHER, RAWTEXT, "\n\n", T | B)
};

static const struct html_element unknown = PLAIN("", 0);

static int
compare(const void *key, const void *element)
{
	const struct span *name = key;
	const struct html_element *e = element;
	int c = strncmp(name->p, e->name, name->n);

	return c != 0 ? c : -(e->name[name->n] != '\0');
}

const struct html_element *
html_element_find(struct span name)
{
	const struct html_element *e;

	if (name.n == 0 || name.n >= sizeof(e->name))
		return &unknown;
	e = bsearch(&name, elements, sizeof(elements) / sizeof(elements[0]),
	    sizeof(elements[0]), compare);
	return e != NULL ? e : &unknown;
}

void
html_names_init(struct html_names *names, struct arena *arena)
{
	memset(names, 0, sizeof(*names));
	names->arena = arena;
	names->other.element = &unknown;
	names->room = NAMES_FIRST;
	names->slots = arena_alloc(arena, NAMES_FIRST * sizeof(*names->slots));
}

/* FNV-1a over the name in lower case, which is also left in lower. */
static uint64_t
name_hash(struct span name, char *lower)
{
	uint64_t h = 14695981039346656037u;
	size_t i;

	for (i = 0; i < name.n; i++) {
		lower[i] = (char)char_lower((unsigned char)name.p[i]);
		h = (h ^ (unsigned char)lower[i]) * 1099511628211u;
	}
	return h ^ (h >> 32);
}

/* Its slot, an empty one, or NULL when too many names collide there. */
static struct html_name **
name_slot(const struct html_names *names, uint64_t hash, struct span name)
{
	struct html_name **slot;
	size_t i;

	for (i = 0; i < NAMES_PROBES; i++) {
		slot = &names->slots[(hash + i) & (names->room - 1)];
		if (*slot == NULL || span_eq((*slot)->name, name))
			return slot;
	}
	return NULL;
}

static void
names_grow(struct html_names *names)
{
	struct html_name **old = names->slots, **slot;
	size_t i, room = names->room;
	char lower[HTML_NAME_MAX];

	names->room *= 2;
	names->slots = arena_alloc(names->arena,
	    names->room * sizeof(*names->slots));
	for (i = 0; i < room; i++) {
		if (old[i] == NULL)
			continue;
		slot = name_slot(names, name_hash(old[i]->name, lower),
		    old[i]->name);
		if (slot != NULL)
			*slot = old[i];
	}
}

static struct html_name *
get(struct html_names *names, struct span name)
{
	char lower[HTML_NAME_MAX];
	struct html_name **slot, *made;
	uint64_t hash;

	hash = name_hash(name, lower);
	name.p = lower;
	slot = name_slot(names, hash, name);
	if (slot != NULL && *slot != NULL)
		return *slot;
	if (slot == NULL || names->count >= HTML_NAMES_MAX) {
		names->full = true;
		return &names->other;
	}
	made = arena_alloc(names->arena, sizeof(*made));
	made->name = arena_span(names->arena, name);
	made->element = html_element_find(made->name);
	*slot = made;
	if (++names->count * 2 > names->room)
		names_grow(names);
	return made;
}

struct html_name *
html_names_get(struct html_names *names, struct span name)
{
	struct html_name **recent = names->recent;

	name = span_head(name, HTML_NAME_MAX);
	if (name.n != 0)
		recent += (name.n + (unsigned char)name.p[0] * 3u +
		    (unsigned char)name.p[name.n - 1]) % HTML_NAMES_RECENT;
	if (*recent == NULL || !span_eq((*recent)->name, name))
		*recent = get(names, name);
	return *recent;
}

const struct html_name *
html_names_find(const struct html_names *names, struct span name)
{
	char lower[HTML_NAME_MAX];
	struct html_name **slot;
	uint64_t hash;

	name = span_head(name, HTML_NAME_MAX);
	hash = name_hash(name, lower);
	name.p = lower;
	slot = name_slot(names, hash, name);
	return slot != NULL ? *slot : NULL;
}
