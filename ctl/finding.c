/* finding - lines of a report on a domain. */
#include "ctl/finding.h"

#include <stdarg.h>

#include "base/text.h"

void
finding_add(struct findings *f, enum finding kind, const char *fmt, ...)
{
	static const char *const words[] = { "good", "note", "problem" };
	struct span line;
	va_list args;

	va_start(args, fmt);
	line = arena_vprintf(f->arena, fmt, args);
	va_end(args);
	f->problems += kind == FINDING_PROBLEM;
	buf_printf(f->out, "%s: ", words[kind]);
	text_escape(f->out, span_head(line, FINDING_MAX));
	buf_char(f->out, '\n');
}

void
finding_unanswered(struct findings *f, const char *subject, const char *why)
{
	f->unanswered++;
	finding_add(f, FINDING_NOTE, "%s: the DNS gave no answer: %s",
	    subject, why);
}
