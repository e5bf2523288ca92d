/*
 * parse - reads sections, keys and includes into a conf.
 */
#ifndef CONF_PARSE_H
#define CONF_PARSE_H

#include "conf/state.h"

/*
 * As conf_load, with the text of the file in memory.  file names it in
 * messages and says what paths are relative to; include is refused.
 */
struct conf *conf_parse(const char *file, struct span text,
    const struct section *const *sections, const char *const *overrides,
    struct error *error);

/* Return 0 or -1 with *error filled in. */
int parse_file(struct conf *, struct error *);	/* conf->file */
int parse_text(struct conf *, struct span text, struct error *);

#endif
