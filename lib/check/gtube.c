/*
 * gtube - the generic test for unsolicited bulk e-mail: a line that proves a
 * filter is at work, as SpamAssassin defined it.
 */
#include "check/check.h"

struct gtube_options {
	bool enabled;
};

static const struct option rows[] = {
	{"enabled", OPTION_BOOL, offsetof(struct gtube_options, enabled),
	    "yes", 0, 0, NULL, "find SpamAssassin's test line"},
	{0},
};

static const char *const symbols[] = {"GTUBE", NULL};

static unsigned
gtube_needs(const void *self)
{
	const struct gtube_options *o = self;

	return o->enabled ? NEED_BODY : 0;
}

static enum answer
gtube_run(const void *self, struct inquiry *q)
{
	static const struct span line = SPAN("XJS*C4JDBQADN1.NSBN3*2IDNEN*"
	    "GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X");
	struct span body = buf_contents(&q->message->body);
	size_t at = span_find(body, line);

	(void)self;
	if (at < body.n)
		inquiry_raise(q, "GTUBE", "at byte %zu of the body", at);
	return ANSWERED;
}

const struct check check_gtube = {
	.name = "gtube",
	.options = rows,
	.size = sizeof(struct gtube_options),
	.symbols = symbols,
	.needs = gtube_needs,
	.run[STAGE_BODY] = gtube_run,
};
