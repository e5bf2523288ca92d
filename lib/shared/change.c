/* change - one change of the lists that all hosts share. */
#include "shared/change.h"

#include <inttypes.h>
#include <string.h>

#define LAYOUT "1"
#define ID_DIGITS 16

static const char *const verbs[] = {"add", "del", "keep"};

static int
take_id(struct change *c, struct span digits)
{
	size_t i;
	int digit;

	if (digits.n != ID_DIGITS)
		return -1;
	c->id = 0;
	for (i = 0; i < digits.n; i++) {
		digit = char_hex(digits.p[i]);
		if (digit < 0)
			return -1;
		c->id = c->id << 4 | (unsigned)digit;
	}
	return 0;
}

/* "1 add trust"; the rest is left. */
static int
take_head(struct change *c, struct span *rest)
{
	struct span layout = span_of(""), verb = span_of(""),
	    list = span_of("");
	unsigned i, k;

	span_word(rest, &layout);
	span_word(rest, &verb);
	span_word(rest, &list);
	for (i = 0; i < 3 && !span_is(verb, verbs[i]); i++)
		continue;
	for (k = 0; k < ENTRY_LISTS && !span_is(list,
	    entry_list_name((enum entry_list)k)); k++)
		continue;
	if (!span_is(layout, LAYOUT) || i == 3 || k == ENTRY_LISTS)
		return -1;
	c->verb = (enum change_verb)i;
	c->entry.list = (enum entry_list)k;
	return 0;
}

static int
take_key(struct change *c, struct span key, struct span value)
{
	if (key.n == 0)
		return c->entry.name[0] != '\0' ? -1 : entry_name(value,
		    c->entry.list, &c->entry, NULL);
	if (span_is(key, "id"))
		return take_id(c, value);
	if (span_is(key, "at"))
		return entry_time_parse(value, &c->entry.added) ? 0 : -1;
	if (span_is(key, "again")) {
		c->again = true;
		return 0;
	}
	return entry_take(&c->entry, key, value, 0, NULL) == 0 ? 0 : -1;
}

int
change_parse(struct span text, struct change *c)
{
	const struct entry *e = &c->entry;
	struct span key, value;
	int more;

	memset(c, 0, sizeof(*c));
	if (text.n > CHANGE_MAX || take_head(c, &text) != 0)
		return -1;
	while ((more = entry_word(&text, &key, &value, NULL)) == 1)
		if (take_key(c, key, value) != 0)
			return -1;
	if (more < 0 || e->name[0] == '\0' || e->by[0] == '\0' ||
	    e->reason[0] == '\0' || e->added == 0 || c->id == 0)
		return -1;
	if (c->verb == CHANGE_DEL)
		return e->owner[0] == '\0' && e->expires == 0 &&
		    e->discount == 0 ? 0 : -1;
	return e->owner[0] != '\0' && e->expires != 0 &&
	    (e->list == ENTRY_DENY || e->discount > 0) ? 0 : -1;
}

static void
put_entry(struct buf *out, const struct change *c)
{
	if (c->verb == CHANGE_DEL)
		buf_printf(out, "%s reason=\"%s\"", c->entry.name,
		    c->entry.reason);
	else
		entry_put(out, &c->entry);
}

void
change_put(struct buf *out, const struct change *c)
{
	char text[ENTRY_TIME_MAX];

	buf_printf(out, "%s %s %s id=%016" PRIx64 " at=%s by=\"%s\" ", LAYOUT,
	    verbs[c->verb], entry_list_name(c->entry.list), c->id,
	    entry_time_text(c->entry.added, text), c->entry.by);
	if (c->again)
		buf_puts(out, "again=1 ");
	put_entry(out, c);
}

void
change_tell(struct buf *out, const struct change *c)
{
	char text[ENTRY_TIME_MAX];

	buf_printf(out, "%s %s \"%s\" ",
	    entry_time_text(c->entry.added, text), verbs[c->verb],
	    c->entry.by);
	put_entry(out, c);
}
