/*
 * fieldhost - the modifiers :host, :domain, :ip and :revip of a header rule:
 * the first host name, its registered domain, the first address of each value.
 */
#ifndef RULES_FIELDHOST_H
#define RULES_FIELDHOST_H

#include "rules/field.h"

/* Replaces the values by what the modifiers ask for; others are dropped. */
void fieldhost_take(struct facts *, unsigned modifiers, struct field_values *);

#endif
