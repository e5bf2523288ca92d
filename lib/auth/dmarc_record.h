/*
 * dmarc_record - a DMARC Policy Record (RFC 9989 sections 4.7 and 4.8): what
 * its owner asks for, and where the text is at fault.  Pure functions, any
 * thread; spans point into the text given.
 */
#ifndef AUTH_DMARC_RECORD_H
#define AUTH_DMARC_RECORD_H

#include <stdbool.h>

#include "base/span.h"

/* In the order of strictness. */
enum dmarc_policy {
	DMARC_UNSET,	/* the tag is not there */
	DMARC_NONE,
	DMARC_QUARANTINE,
	DMARC_REJECT
};

/* What "fo" asks reports for, or-ed together. */
enum dmarc_fo {
	DMARC_FO_ALL = 1 << 0,	/* "0": nothing passed aligned */
	DMARC_FO_ANY = 1 << 1,	/* "1": one did not */
	DMARC_FO_DKIM = 1 << 2,
	DMARC_FO_SPF = 1 << 3
};

/* For who publishes the record; receivers go on with what is left. */
enum dmarc_fault {
	DMARC_FAULT_SYNTAX = 1 << 0,	/* no tag=value: left out */
	DMARC_FAULT_TWICE = 1 << 1,	/* the tag came before: left out */
	DMARC_FAULT_VALUE = 1 << 2,	/* not a value of it: the default */
	DMARC_FAULT_POLICY = 1 << 3,	/* p missing, or a policy not valid */
	DMARC_FAULT_UNKNOWN = 1 << 4,	/* unknown tag */
	DMARC_FAULT_REMOVED = 1 << 5	/* pct, rf, ri of RFC 7489 */
};

struct dmarc_record {
	struct span text;
	bool usable;	/* 4.10.1: if not, the mechanism does not apply */
	enum dmarc_policy p, sp, np;	/* p is never DMARC_UNSET */
	bool dkim_strict;		/* adkim=s */
	bool spf_strict;		/* aspf=s */
	bool testing;			/* t=y */
	char psd;			/* 'y', 'n', or 'u' */
	unsigned fo;			/* enum dmarc_fo; 0 without ruf */
	struct span rua, ruf;		/* as written, may hold faults */
	bool reports;			/* rua has a valid address */
	unsigned faults;		/* enum dmarc_fault */
	struct span fault;		/* the first tag at fault, or empty */
};

/*
 * False when text is no DMARC record at all: it does not begin with the
 * version (4.7 "v"); *out is then untouched.
 */
bool dmarc_record_parse(struct span text, struct dmarc_record *out);

/* "none", "quarantine", "reject"; "" of DMARC_UNSET. */
const char *dmarc_policy_name(enum dmarc_policy);

#endif
