/*
 * netask - the questions that rules have for the DNS about one message, and
 * what follows from the answers.
 */
#ifndef RULES_NETASK_H
#define RULES_NETASK_H

#include "net/asking.h"
#include "rules/facts.h"
#include "rules/netrule.h"
#include "shared/dnslist.h"

#define NETASK_LINKS_MAX 20	/* hosts of links, unless a line says fewer */
#define NETASK_RELAYS_MAX 9	/* addresses of relays for one lookup */
#define NETASK_VALUES_MAX 20	/* of a tag of askdns */

/*
 * Tags of questions: below lookup_count that of a lookup; then those that lead
 * to questions.
 */
enum { NETASK_SERVERS, NETASK_HOST, NETASK_SERVER, NETASK_LEADS };

/* What questions are made of.  Lives as long as the job. */
struct netask {
	const struct netrules *net;
	const struct registry *registry;
	bool private;		/* private addresses are asked about too */
	const bool *skip;	/* by number of the zone: not asked now */
};

/* Adds all questions; those of links may lead to more. */
void netask_add(const struct netask *, struct facts *, struct asking *);

/* For asking_new, whose context is the struct netask. */
void netask_follow(struct asking *, const struct question *);

/*
 * Judges every rule and hands it to the metas (netanswer.h).  words has what
 * each question's answer is worth; silent, by number of the zone, whose
 * answers are not believed.
 */
void netask_judge(const struct netask *, struct facts *,
    const struct asking *, const enum dnslist_word *words,
    const bool *silent);

#endif
