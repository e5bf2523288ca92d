/* terms - what this filter and the MTA agree on for one connection. */
#include "milter/terms.h"

#include <libmilter/mfapi.h>

#include "check/check.h"

/* A step of the protocol, and who would need it. */
struct step {
	unsigned long off;	/* SMFIP_NO*: the step is left out */
	unsigned need;		/* any of these keeps it; 0: nobody */
};

static const struct step steps[] = {
	{SMFIP_NOCONNECT, NEED_CLIENT},
	{SMFIP_NOHELO, NEED_HELO},
	{SMFIP_NOMAIL, NEED_SENDER},
	{SMFIP_NORCPT, NEED_RCPT | NEED_REFUSE_RCPT},
	{SMFIP_NODATA, 0},
	{SMFIP_NOHDRS, NEED_HEADERS},
	{SMFIP_NOEOH, 0},
	{SMFIP_NOBODY, NEED_BODY},
	{SMFIP_NOUNKNOWN, 0},
};

/*
 * Replies that never say anything.  RCPT may refuse, and the body's reply is
 * what tells the MTA to skip the rest.
 */
#define SILENT (SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | \
	SMFIP_NR_DATA | SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_UNKN)

static unsigned long
unwanted_steps(unsigned needs)
{
	unsigned long off = 0;
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (!(needs & steps[i].need))
			off |= steps[i].off;
	return off;
}

static unsigned long
wanted_actions(unsigned needs)
{
	unsigned long actions = SMFIF_SETSYMLIST;

	if (needs & NEED_EDIT)
		actions |= SMFIF_ADDHDRS | SMFIF_CHGHDRS;
	if (needs & NEED_QUARANTINE)
		actions |= SMFIF_QUARANTINE;
	return actions;
}

/* The needs that steps left out, or replies not sent, cannot satisfy. */
static unsigned
missing_needs(unsigned long off)
{
	unsigned missing = 0;
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (off & steps[i].off)
			missing |= steps[i].need & ~(unsigned)NEED_REFUSE_RCPT;
	if (off & (SMFIP_NORCPT | SMFIP_NR_RCPT))
		missing |= NEED_REFUSE_RCPT;
	return missing;
}

struct terms
terms_make(unsigned needs, unsigned long actions, unsigned long offered)
{
	unsigned long off = unwanted_steps(needs) | SILENT;
	struct terms t;

	if (!(needs & NEED_REFUSE_RCPT))
		off |= SMFIP_NR_RCPT;
	if (!(offered & SMFIP_SKIP) || !(needs & NEED_BODY))
		off |= SMFIP_NR_BODY;
	t.steps = offered & (off | SMFIP_SKIP | SMFIP_HDR_LEADSPC);
	t.actions = actions & wanted_actions(needs);
	/* What the MTA never offers would be as absent for any generation. */
	t.needs = ~missing_needs(t.steps);
	if (!(t.actions & SMFIF_CHGHDRS) && (actions & SMFIF_CHGHDRS))
		t.needs &= ~(unsigned)NEED_EDIT;
	if (!(t.actions & SMFIF_QUARANTINE) && (actions & SMFIF_QUARANTINE))
		t.needs &= ~(unsigned)NEED_QUARANTINE;
	return t;
}

bool
terms_satisfy(const struct terms *t, unsigned needs)
{
	return (needs & ~t->needs) == 0;
}
