/*
 * eval_header - the functions of the table evals_header that have files of
 * their own.  Private to that table.
 */
#ifndef RULES_EVAL_HEADER_H
#define RULES_EVAL_HEADER_H

#include "rules/eval.h"

/* eval_subject.c */
int eval_faraway_charset(struct facts *, const struct eval_call *);
int eval_subject_caps(struct facts *, const struct eval_call *);
int eval_to_in_subject(struct facts *, const struct eval_call *);

/* Whether there is a border of a word at that offset. */
bool eval_border(struct span, size_t at);

/* eval_id.c */
int eval_outlook_message_id(struct facts *, const struct eval_call *);
int eval_ratware_name_id(struct facts *, const struct eval_call *);
int eval_ratware_envelope(struct facts *, const struct eval_call *);

#endif
