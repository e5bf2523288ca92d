/*
 * name - sections and keys found by name, and what is said about a name that
 * is not there.
 */
#ifndef CONF_NAME_H
#define CONF_NAME_H

#include "conf/lex.h"
#include "conf/state.h"

/* NULL when absent; the section of keys outside any is "". */
struct block *name_block(const struct conf *, struct span section);

/* NULL when absent or block is NULL. */
struct setting *name_setting(const struct block *, struct span key);

/*
 * Refuse the name in token, which stands in file, with a suggestion where one
 * is near.  block is where the key was looked for, or NULL.  Return -1.
 */
int name_refuse_section(const struct conf *, const char *file,
    const struct token *, struct error *);
int name_refuse_key(const struct conf *, const struct block *,
    const char *file, const struct token *, struct error *);

#endif
