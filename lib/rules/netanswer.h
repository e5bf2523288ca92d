/*
 * netanswer - what the DNS said about the rules that ask it, handed to the
 * metas: the check that asks writes it, match.c reads it.  One thread at a
 * time; all lives in the message's arena.
 */
#ifndef RULES_NETANSWER_H
#define RULES_NETANSWER_H

#include "rules/facts.h"
#include "rules/match.h"

struct netanswer {
	bool hit, unknown;
	struct span evidence;
};

/* A rule hits; no answer, so that nobody can say whether it does. */
void netanswer_hit(struct facts *, const struct rule *, struct span evidence);
void netanswer_unknown(struct facts *, const struct rule *);

/* Notes all of it in a match, before its metas are computed. */
void netanswers_take(const struct ruleset *, struct match *);

#endif
