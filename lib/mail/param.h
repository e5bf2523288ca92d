/*
 * param - the parameters of MIME fields as mail readers find them in the wild:
 * without semicolons, without or with half of their quotes, continued and in
 * charsets (RFC 2231), or with encoded words inside (RFC 2047).  mail/fields.h
 * tells what is wrong with such a field; this tells what it is taken for.  Pure
 * functions, any thread; spans point into the value or the arena.
 */
#ifndef MAIL_PARAM_H
#define MAIL_PARAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"

#define PARAMS_MAX 64		/* parameters read of one field */
#define PARAM_PIECES_MAX 64	/* continuations of one of them */

struct param {
	struct span name;	/* as written: "filename*0*" */
	struct span value;	/* without quotes, not decoded */
};

struct params {
	struct span head;	/* before them: "text/plain", "attachment" */
	struct param list[PARAMS_MAX];
	size_t count;
	bool broken;		/* text that no parameter explains, a quote
				 * without end, or too many */
	bool doubled;		/* one given twice: the first counts */
};

void params_parse(struct arena *, struct span value, struct params *out);

/* The value as it stands of the first parameter of that name, or NULL. */
const struct param *params_find(const struct params *, const char *name);

/*
 * The value as UTF-8: "name*" is preferred to "name*0", "name*1*" ..., and
 * those to "name".  False when there is none.
 */
bool params_text(struct arena *, const struct params *, const char *name,
    struct span *out);

#endif
