/*
 * spf - whether the owner of a domain lets a host send in its name (RFC 7208).
 * One job judges one identity: whoever wants HELO and MAIL starts two.  Any
 * thread; an outcome is constant once the job was waited for.
 */
#ifndef AUTH_SPF_H
#define AUTH_SPF_H

#include <stdint.h>

#include "base/ip.h"
#include "net/dns.h"

#define SPF_LOOKUPS_MAX 10	/* terms that ask the DNS; 4.6.4 */
#define SPF_VOIDS_MAX 2		/* of them without an answer; 4.6.4 */
#define SPF_HOSTS_MAX 10	/* names of one MX or PTR answer; 4.6.4 */
#define SPF_EXPLANATION_MAX 400	/* bytes; leaves room in an SMTP reply */

enum spf_identity { SPF_HELO, SPF_MAILFROM };

enum spf_result {
	SPF_NONE,
	SPF_NEUTRAL,
	SPF_PASS,
	SPF_FAIL,
	SPF_SOFTFAIL,
	SPF_TEMPERROR,
	SPF_PERMERROR,
};

struct spf_input {
	enum spf_identity identity;
	struct ip ip;		/* of the client */
	const char *helo;	/* as the client said it */
	const char *sender;	/* local@domain without <>; "" is null */
	const char *receiver;	/* name of this host */
	int64_t now;		/* seconds since 1970 */
};

struct spf_outcome {
	enum spf_result result;
	enum spf_identity identity;
	const char *domain;	/* that was judged, as A-labels, "" if none */
	const char *mechanism;	/* that matched, as published by the domain;
				 * "default" if none did; "" without result */
	const char *problem;	/* why none, temperror, permerror; else "" */
	const char *explanation;	/* by the owner, of a fail; else "".
					 * Printable ASCII, not to be trusted */
	unsigned lookups;	/* terms that asked the DNS */
	unsigned voids;
};

/* Copies the input. */
struct dns_job *spf_start(struct dns *, const struct spf_input *);

/* After dns_job_wait; lives as long as the job. */
const struct spf_outcome *spf_outcome(struct dns_job *);

const char *spf_word(enum spf_result);	/* of RFC 8601 */

#endif
