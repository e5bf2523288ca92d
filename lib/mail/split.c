/* split - cuts a whole message into header fields and body. */
#include <string.h>

#include "mail/split.h"

struct span
split_line(struct span *rest, char end)
{
	size_t n = span_chr(*rest, end);
	struct span line = span_head(*rest, n);

	*rest = span_skip(*rest, n + 1);
	if (end == '\n' && line.n != 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

void
split_begin(struct split *s, struct span message)
{
	memset(s, 0, sizeof(*s));
	s->rest = message;
	s->end = span_chr(message, '\n') == message.n ? '\r' : '\n';
	if (span_starts(s->rest, "From ") || span_starts(s->rest, ">From "))
		split_line(&s->rest, s->end);
}

/* RFC 5322 section 2.2 for the name, 4.5 for space before the colon. */
struct span
split_name(struct span line, size_t *colon)
{
	size_t i = 0, n;

	while (i < line.n && line.p[i] > ' ' && line.p[i] < 127 &&
	    line.p[i] != ':')
		i++;
	n = i;
	while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t'))
		i++;
	*colon = i;
	return span_head(line, i < line.n && line.p[i] == ':' ? n : 0);
}

static bool
damaged(struct span value, char end)
{
	size_t at;

	if (span_chr(value, '\0') != value.n)
		return true;
	while (end == '\n' && (at = span_chr(value, '\r')) != value.n) {
		value = span_skip(value, at + 1);
		if (value.n == 0 || value.p[0] != '\n')
			return true;
	}
	return false;
}

bool
split_field(struct split *s, struct split_field *out)
{
	struct span after = s->rest, line, name;
	size_t colon;

	if (s->rest.n == 0)
		return false;
	line = split_line(&after, s->end);
	if (line.n == 0) {
		s->rest = after;
		return false;
	}
	name = split_name(line, &colon);
	if (name.n == 0) {
		s->unseparated = true;
		return false;
	}
	while (after.n != 0 && (after.p[0] == ' ' || after.p[0] == '\t'))
		line = split_line(&after, s->end);
	out->name = name;
	out->value = span_make(name.p + colon + 1,
	    (size_t)(line.p + line.n - name.p) - colon - 1);
	out->broken = colon != name.n || damaged(out->value, s->end);
	s->rest = after;
	return true;
}

bool
mbox_next(struct span *rest, struct span *message)
{
	struct span next, line;
	const char *end;
	bool empty = false;

	if (span_starts(*rest, "From "))
		split_line(rest, '\n');
	else if (rest->n == 0)
		return false;
	next = *rest;
	end = rest->p + rest->n;
	while (next.n != 0 && !(empty && span_starts(next, "From "))) {
		line = split_line(&next, '\n');
		empty = line.n == 0;
		if (empty)
			end = line.p;
	}
	if (next.n == 0)
		end = rest->p + rest->n;
	*message = span_make(rest->p, (size_t)(end - rest->p));
	*rest = next;
	return true;
}
