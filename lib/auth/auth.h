/*
 * auth - everything that sender authentication found out about one message.
 * Members are NULL until, and unless, their method was applied; what they
 * point to lives as long as the message.
 */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include "auth/arc.h"
#include "auth/dkim.h"
#include "auth/dmarc_verdict.h"
#include "auth/iprev.h"
#include "auth/spf.h"

struct auth {
	const struct iprev_outcome *iprev;
	const struct spf_outcome *spf_helo;
	const struct spf_outcome *spf_mailfrom;
	const struct dkim_outcome *dkim;
	const struct arc_outcome *arc;
	const struct dmarc_verdict *dmarc;
	const char *dmarc_override;	/* why its policy is not followed */
	const struct span *added;	/* DKIM signatures of ours: values of
					 * fields for outbound mail */
	size_t added_count;
};

#endif
