/*
 * spfwalk - the evaluation of a domain's record and of those that it includes
 * or redirects to: check_host() of RFC 7208.  A walk is one step of a job: it
 * is made, walked once from the start, and thrown away.
 *
 * Where an answer is still under way the walk goes on as if the mechanism had
 * not matched, to ask what comes next, inside the same limits; pending says
 * that its result means nothing then.  Past a record that is still missing it
 * guesses, for nobody knows yet how many lookups that takes: this may ask what
 * is never needed, and ends at SPF_AHEAD_MAX for all walks of a job.
 */
#ifndef AUTH_SPFWALK_H
#define AUTH_SPFWALK_H

#include "auth/spf.h"

#define SPF_AHEAD_MAX 6	/* questions of a job that were guesses */

/* What is known from the start, made ready for macros. */
struct spf_facts {
	struct ip ip;
	struct span dotted;	/* %{i} */
	struct span sender;	/* %{s} */
	struct span local;	/* %{l} */
	struct span domain;	/* %{o}, and the first %{d} */
	struct span helo;	/* %{h} */
	struct span receiver;	/* %{r} */
	int64_t now;		/* %{t} */
};

/* The guesses of a job; no result depends on them. */
struct spf_ahead {
	size_t count;
	struct {
		struct span name;
		enum dns_type type;
	} asked[SPF_AHEAD_MAX];
};

struct spf_walk {
	struct dns_job *job;
	struct spf_ahead *ahead;
	struct arena *arena;	/* ends with the step */
	const struct spf_facts *facts;
	struct span reverse;	/* name whose PTR record is asked for */
	unsigned lookups, voids;
	bool pending;
	bool guess;	/* the rest may not be reached */
	struct span mechanism;	/* the top record's that matched */
	struct span problem;
	struct span exp;	/* domain-spec of the record that decided */
	struct span exp_domain;	/* and whose record that was */
};

/* The answer; NULL, with pending set, when it is not there yet. */
const struct dns_answer *spf_walk_ask(struct spf_walk *, struct span name,
    enum dns_type);

/* Asks ahead for the addresses of the first SPF_HOSTS_MAX names. */
void spf_walk_ask_hosts(struct spf_walk *, const struct dns_answer *);

/* A or AAAA, as the client came (section 5). */
enum dns_type spf_walk_address(const struct spf_walk *);

/* Notes a problem; returns result. */
enum spf_result spf_walk_problem(struct spf_walk *, enum spf_result result,
    struct span what, const char *why);

/* A question that failed is a temperror. */
enum spf_result spf_walk_failed(struct spf_walk *, struct span name,
    enum dns_type, const struct dns_answer *);

/* SPF_NEUTRAL; SPF_PERMERROR at one void lookup too many (4.6.4). */
enum spf_result spf_walk_void(struct spf_walk *);

/* The result for facts->domain. */
enum spf_result spf_walk(struct spf_walk *);

#endif
