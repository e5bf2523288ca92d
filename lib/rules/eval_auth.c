/*
 * eval_auth - functions about sender authentication, of SpamAssassin's SPF,
 * DKIM and DMARC plugins, answered from what our own checks found: a rule and
 * a check of the same name agree.
 *
 * ADSP (RFC 5617) is historic and asked of nobody: its functions say no.
 */
#include "rules/eval.h"

#include <string.h>

#include "rules/lists.h"
#include "rules/senders.h"

static struct span
domain_of(struct span address)
{
	return span_skip(address, span_rchr(address, '@') + 1);
}

/* What SPF said, in terms of a rule that wants this answer. */
static int
spf_is(const struct spf_outcome *spf, enum spf_result wanted)
{
	if (spf == NULL)
		return 0;
	if (spf->result == SPF_TEMPERROR && wanted != SPF_TEMPERROR)
		return EVAL_UNANSWERED;
	return spf->result == wanted;
}

#define SPF(name, wanted) \
static int \
spf_##name(struct facts *f, const struct eval_call *call) \
{ \
	(void)call; \
	return f->auth == NULL ? 0 : spf_is(f->auth->spf_mailfrom, wanted); \
} \
static int \
helo_##name(struct facts *f, const struct eval_call *call) \
{ \
	(void)call; \
	return f->auth == NULL ? 0 : spf_is(f->auth->spf_helo, wanted); \
}

SPF(pass, SPF_PASS)
SPF(neutral, SPF_NEUTRAL)
SPF(none, SPF_NONE)
SPF(fail, SPF_FAIL)
SPF(softfail, SPF_SOFTFAIL)
SPF(permerror, SPF_PERMERROR)
SPF(temperror, SPF_TEMPERROR)

/* Not asked, because nobody knows an envelope sender. */
static int
spf_skipped(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return (f->auth == NULL || f->auth->spf_mailfrom == NULL) &&
	    f->message->sender.n == 0;
}

static bool
listed(struct facts *f, const char *name, struct span address)
{
	const struct list *list = lists_find(f->lists, span_of(name));

	return list != NULL && list_has(list, address);
}

/* A sender that one of these lists welcomes if SPF says that it is he. */
static int
spf_welcome(struct facts *f, const char *spf, const char *any)
{
	struct senders sender = {.count = 0};

	if (f->auth == NULL || f->message->sender.n == 0)
		return 0;
	senders_add(f, "EnvelopeFrom", &sender);
	if (sender.count == 0 || (!listed(f, spf, sender.items[0]) &&
	    !listed(f, any, sender.items[0])))
		return 0;
	return spf_is(f->auth->spf_mailfrom, SPF_PASS);
}

static int
spf_user(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return spf_welcome(f, "welcomelist_from_spf", "welcomelist_auth");
}

static int
spf_default(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return spf_welcome(f, "def_welcomelist_from_spf",
	    "def_welcomelist_auth");
}

/* No signature, rather than NULL. */
static const struct dkim_outcome *
dkim_of(struct facts *f)
{
	static const struct dkim_outcome none = {.count = 0};

	return f->auth == NULL || f->auth->dkim == NULL ? &none :
	    f->auth->dkim;
}

/* Whose signature it is for lists: as i= says, which is at or below d=. */
static struct span
signer(const struct dkim_signature *s)
{
	size_t at = span_rchr(s->identity, '@');

	return at + 1 < s->identity.n ? span_skip(s->identity, at + 1) :
	    s->domain;
}

/* "example.com", or with ".example.com" and "*.example.com" all below too. */
static bool
acceptable(struct span domain, struct span wanted)
{
	size_t star = span_starts(wanted, "*");

	if (!span_starts(span_skip(wanted, star), "."))
		return span_ieq(domain, wanted);
	wanted = span_skip(wanted, star);
	return span_ieq(domain, span_skip(wanted, 1)) ||
	    (domain.n > wanted.n && span_ieq(span_skip(domain,
	    domain.n - wanted.n), wanted));
}

/* Whether one of the arguments accepts the signer; any if there are none. */
static bool
accepted(const struct eval_call *call, const struct dkim_signature *s)
{
	size_t i;

	for (i = 0; i < call->count; i++)
		if (acceptable(signer(s), call->args[i].text))
			return true;
	return call->count == 0;
}

/* RFC 6376 3.6.1: a key under test leaves mail as if unsigned. */
static bool
counts(const struct dkim_signature *s)
{
	return !s->testing && s->result != DKIM_TEMPERROR;
}

static bool
valid(const struct dkim_signature *s)
{
	return s->result == DKIM_PASS && !s->testing;
}

/* What is said of a signature that could have counted. */
static int
unanswered(struct facts *f)
{
	const struct dkim_outcome *dkim = dkim_of(f);
	size_t i;

	for (i = 0; i < dkim->count; i++)
		if (dkim->signatures[i].result == DKIM_TEMPERROR)
			return EVAL_UNANSWERED;
	return 0;
}

static int
dkim_signed(struct facts *f, const struct eval_call *call)
{
	const struct dkim_outcome *dkim = dkim_of(f);
	size_t i;

	for (i = 0; i < dkim->count; i++)
		if (counts(&dkim->signatures[i]) &&
		    accepted(call, &dkim->signatures[i]))
			return 1;
	return unanswered(f);
}

static int
dkim_valid(struct facts *f, const struct eval_call *call)
{
	const struct dkim_outcome *dkim = dkim_of(f);
	size_t i;

	for (i = 0; i < dkim->count; i++)
		if (valid(&dkim->signatures[i]) &&
		    accepted(call, &dkim->signatures[i]))
			return 1;
	return unanswered(f);
}

/* As the check: where readers may see another author than we, nobody's. */
static int
dkim_author(struct facts *f, const struct eval_call *call)
{
	const struct dkim_outcome *dkim = dkim_of(f);
	const struct dkim_signature *s;
	struct author author;
	size_t i, k;

	if (dkim->count == 0)
		return 0;
	author_of(f->arena, f->message, &author);
	for (i = 0; i < dkim->count; i++) {
		s = &dkim->signatures[i];
		if (!valid(s) || author.kind == AUTHOR_BROKEN ||
		    !accepted(call, s))
			continue;
		for (k = 0; k < author.count; k++)
			if (span_ieq(author.domains[k], s->domain))
				return 1;
	}
	return unanswered(f);
}

static int
dkim_envelope(struct facts *f, const struct eval_call *call)
{
	const struct dkim_outcome *dkim = dkim_of(f);
	size_t i;

	(void)call;
	for (i = 0; i < dkim->count; i++)
		if (valid(&dkim->signatures[i]) &&
		    span_ieq(domain_of(f->message->sender),
		    dkim->signatures[i].domain))
			return 1;
	return unanswered(f);
}

/* Signatures were looked for, in all of the message. */
static int
dkim_dependable(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return f->auth != NULL && f->auth->dkim != NULL;
}

static int
dkim_testing(struct facts *f, const struct eval_call *call)
{
	const struct dkim_outcome *dkim = dkim_of(f);
	size_t i;

	(void)call;
	for (i = 0; i < dkim->count; i++)
		if (dkim->signatures[i].testing)
			return 1;
	return 0;
}

static int
never(struct facts *f, const struct eval_call *call)
{
	(void)f;
	(void)call;
	return 0;
}

/*
 * Whether the list's entry is about a signer: nothing is the author's own
 * domain; "*.example.com" is all below it.  The part before "@" says nothing.
 */
static bool
entry_matches(struct span entry, struct span author, struct span domain)
{
	size_t at = span_rchr(entry, '@');

	if (entry.n == 0)
		return span_ieq(domain_of(author), domain);
	if (at < entry.n)
		entry = span_skip(entry, at + 1);
	if (span_starts(entry, "*."))
		entry = span_skip(entry, 1);
	if (!span_starts(entry, "."))
		return span_ieq(domain, entry);
	return domain.n > entry.n &&
	    span_ieq(span_skip(domain, domain.n - entry.n), entry);
}

/* Whether the list welcomes the author with one of the signatures: 1, 0, or
 * EVAL_UNANSWERED for one of which nothing is known. */
static int
welcomed(struct facts *f, const char *name, struct span author)
{
	const struct list *list = lists_find(f->lists, span_of(name));
	const struct dkim_outcome *dkim = dkim_of(f);
	const struct dkim_signature *s;
	struct list_walk walk = {0, 0};
	struct span entry;
	int found = 0;
	size_t i;

	while (list != NULL && list_next(list, author, &walk, &entry))
		for (i = 0; i < dkim->count; i++) {
			s = &dkim->signatures[i];
			if (!entry_matches(entry, author, signer(s)))
				continue;
			if (valid(s))
				return 1;
			if (s->result == DKIM_TEMPERROR)
				found = EVAL_UNANSWERED;
		}
	return found;
}

static int
dkim_welcome(struct facts *f, const char *const names[2])
{
	struct senders authors = {.count = 0};
	int found = 0, one;
	size_t i;

	if (dkim_of(f)->count == 0)
		return 0;
	senders_add(f, "From:addr", &authors);
	for (i = 0; i < 2 * authors.count; i++) {
		one = welcomed(f, names[i % 2], authors.items[i / 2]);
		if (one == 1)
			return 1;
		found = one != 0 ? one : found;
	}
	return found;
}

static int
dkim_user(struct facts *f, const struct eval_call *call)
{
	static const char *const names[] = {"welcomelist_from_dkim",
	    "welcomelist_auth"};

	(void)call;
	return dkim_welcome(f, names);
}

static int
dkim_default(struct facts *f, const struct eval_call *call)
{
	static const char *const names[] = {"def_welcomelist_from_dkim",
	    "def_welcomelist_auth"};

	(void)call;
	return dkim_welcome(f, names);
}

static int
arc_signed(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return f->auth != NULL && f->auth->arc != NULL &&
	    f->auth->arc->result != ARC_NONE;
}

static int
arc_valid(struct facts *f, const struct eval_call *call)
{
	(void)call;
	if (f->auth == NULL || f->auth->arc == NULL)
		return 0;
	if (f->auth->arc->result == ARC_TEMPERROR)
		return EVAL_UNANSWERED;
	return f->auth->arc->result == ARC_PASS;
}

static int
dmarc_is(struct facts *f, enum dmarc_result wanted)
{
	if (f->auth == NULL || f->auth->dmarc == NULL)
		return 0;
	if (f->auth->dmarc->result == DMARC_RESULT_TEMPERROR)
		return EVAL_UNANSWERED;
	return f->auth->dmarc->result == wanted;
}

/*
 * A failure, and what the owner wants done; not where the operator trusts
 * somebody more: the check says DMARC_OVERRIDE instead then.  Two excuses only
 * keep the wish from being followed.
 */
static int
dmarc_wants(struct facts *f, enum dmarc_policy wanted)
{
	const char *why = f->auth != NULL ? f->auth->dmarc_override : NULL;
	int failed = dmarc_is(f, DMARC_RESULT_FAIL);

	if (failed != 1 || f->auth->dmarc->disposition != wanted)
		return failed < 0 ? failed : 0;
	return why == NULL || strcmp(why, "mailing_list") == 0 ||
	    strcmp(why, "not_evaluated") == 0;
}

static int
dmarc_pass(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return dmarc_is(f, DMARC_RESULT_PASS);
}

static int
dmarc_missing(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return dmarc_is(f, DMARC_RESULT_NONE);
}

static int
dmarc_none(struct facts *f, const struct eval_call *call)
{
	int unset = dmarc_wants(f, DMARC_UNSET);

	(void)call;
	return unset != 0 ? unset : dmarc_wants(f, DMARC_NONE);
}

static int
dmarc_quarantine(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return dmarc_wants(f, DMARC_QUARANTINE);
}

static int
dmarc_reject(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return dmarc_wants(f, DMARC_REJECT);
}

#define ROW(name, function, most, plugin) {name, function, 0, most, 0, plugin}
#define SPF_ROW(name) \
	ROW("check_for_spf_" #name, spf_##name, 0, "SPF"), \
	ROW("check_for_spf_helo_" #name, helo_##name, 0, "SPF")
#define DKIM_ROW(name, function, most) ROW(name, function, most, "DKIM")
#define DMARC_ROW(name) ROW("check_dmarc_" #name, dmarc_##name, 0, "DMARC")

const struct eval evals_auth[] = {
	SPF_ROW(pass),
	SPF_ROW(neutral),
	SPF_ROW(none),
	SPF_ROW(fail),
	SPF_ROW(softfail),
	SPF_ROW(permerror),
	SPF_ROW(temperror),
	ROW("check_spf_skipped_noenvfrom", spf_skipped, 0, "SPF"),
	ROW("check_for_spf_welcomelist_from", spf_user, 0, "SPF"),
	ROW("check_for_spf_whitelist_from", spf_user, 0, "SPF"),
	ROW("check_for_def_spf_welcomelist_from", spf_default, 0, "SPF"),
	ROW("check_for_def_spf_whitelist_from", spf_default, 0, "SPF"),
	DKIM_ROW("check_dkim_signed", dkim_signed, RULE_ARGS_MAX),
	DKIM_ROW("check_dkim_valid", dkim_valid, RULE_ARGS_MAX),
	DKIM_ROW("check_dkim_verified", dkim_valid, RULE_ARGS_MAX),
	DKIM_ROW("check_dkim_valid_author_sig", dkim_author, RULE_ARGS_MAX),
	DKIM_ROW("check_dkim_valid_envelopefrom", dkim_envelope, 0),
	DKIM_ROW("check_dkim_dependable", dkim_dependable, 0),
	DKIM_ROW("check_dkim_testing", dkim_testing, 0),
	DKIM_ROW("check_dkim_adsp", never, RULE_ARGS_MAX),
	DKIM_ROW("check_dkim_signall", never, 0),
	DKIM_ROW("check_dkim_signsome", never, 0),
	DKIM_ROW("check_for_dkim_welcomelist_from", dkim_user, 0),
	DKIM_ROW("check_for_dkim_whitelist_from", dkim_user, 0),
	DKIM_ROW("check_for_def_dkim_welcomelist_from", dkim_default, 0),
	DKIM_ROW("check_for_def_dkim_whitelist_from", dkim_default, 0),
	DKIM_ROW("check_arc_signed", arc_signed, 0),
	DKIM_ROW("check_arc_valid", arc_valid, 0),
	DMARC_ROW(pass),
	DMARC_ROW(missing),
	DMARC_ROW(none),
	DMARC_ROW(quarantine),
	DMARC_ROW(reject),
	{0},
};
