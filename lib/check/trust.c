/*
 * trust - entries of operators for proven senders: a few points less, for a
 * time, and nothing else.
 *
 * An entry names who is authenticated: an aligned DKIM or SPF domain, a proven
 * From, a network.  The one with the largest discount counts alone, capped
 * together with what a known correspondent gets.  It changes no demand and
 * switches no check off; where one of them says virus, impersonation or bad
 * link (trust.withhold), there is no discount at all.  Spam that uses an entry
 * suspends it.
 *
 * This check runs behind the rules, because it has to see what they found.
 */
#include "check/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "check/identity.h"
#include "conf/lines.h"
#include "rules/glob.h"

#define DAY (24LL * 3600 * 1000)
#define TRUST_SCHEMA 1
#define TRUST_ENTRIES_MAX 3	/* of one message, the largest discounts */
#define TRUST_FILE_ENTRIES_MAX 100000
#define WITHHOLD_POINTS 1000	/* that a symbol has to count for it */

struct trust_options {
	bool enabled;
	struct strings files;
	int64_t max_discount;
	struct strings withhold;
	int64_t suspend;
	int64_t forgive;
};

struct trust {
	const struct trust_options *options;
	const struct providers *providers;
	const struct lists *lists;
	struct entry_terms terms;
	struct entryset files;
};

/* An entry that applies, and what the store says of it. */
struct candidate {
	const struct entry *entry;
	struct store_op *asked;		/* NULL: there was no room to ask */
	char key[DIGEST_WORD_MAX];
};

struct trust_state {
	struct candidate candidates[TRUST_ENTRIES_MAX];
	size_t count;
	const struct entry *expired;	/* of a file, would have applied */
	int64_t given;			/* thousandths, 0 or less */
};

#define ROW(member) offsetof(struct trust_options, member)

static const struct option rows[] = {
	{"enabled", OPTION_BOOL, ROW(enabled), "yes", 0, 0, NULL,
	    "give proven senders the discount of their entries"},
	{"files", OPTION_PATHS, ROW(files), "", 0, 0, NULL,
	    "files of entries, beside those of \"posternctl trust add\""},
	{"max_discount", OPTION_SCORE, ROW(max_discount), "5", 100, 20000,
	    NULL, "most points that trust takes off a message"},
	{"withhold", OPTION_LIST, ROW(withhold), "VIRUS*, *IMPERSON*, "
	    "BRAND_FORGED, URI_LOOKALIKE, URI_MIXED_SCRIPTS, URIBL_*, "
	    "HTML_ASKS_PASSWORD, DENY_*, USER_IN_BLOCKLIST, GTUBE", 0, 0, NULL,
	    "symbols with which no discount is given, with * and ?"},
	{"suspend", OPTION_INT, ROW(suspend), "3", 1, 1000, NULL,
	    "spam messages that suspend an entry"},
	{"forgive", OPTION_TIME, ROW(forgive), "7d", 60000, 366 * DAY, NULL,
	    "time after which they count half"},
	{0},
};

static const char *const symbols[] = {
	"TRUSTED_SENDER", "TRUST_SUSPENDED", "TRUST_WITHHELD",
	"TRUST_EXPIRED", NULL,
};

const struct entry_terms *
trust_terms(const struct trust *trust)
{
	return &trust->terms;
}

const struct entryset *
trust_files(const struct trust *trust)
{
	return &trust->files;
}

int64_t
trust_suspend_at(const struct trust *trust)
{
	return trust->options->suspend * 1000;
}

void
trust_spam_op(const struct entry *e, struct store_op *op,
    char key[DIGEST_WORD_MAX])
{
	char name[ENTRY_NAME_MAX + ENTRY_TIME_MAX + 2];
	char time[ENTRY_TIME_MAX] = "";

	/* Made anew by its operator, an entry begins anew. */
	if (e->added > 0)
		entry_time_text(e->added, time);
	snprintf(name, sizeof(name), "%s %s", e->name, time);
	op->verb = STORE_GET;
	op->klass = "trustspam";
	op->schema = TRUST_SCHEMA;
	op->key = span_of(digest_word(span_of(name), key));
}

static bool
is_shared(const void *context, struct span domain)
{
	const struct trust *trust = context;
	struct arena arena;
	bool freemail;

	if ((providers_find(trust->providers, domain) &
	    (PROVIDER_FREEMAIL | PROVIDER_MAILING)) ||
	    span_eq(domain, providers_domain(trust->providers, domain,
	    PROVIDER_PARENT)))
		return true;
	arena_init(&arena);
	freemail = lists_freemail(trust->lists, arena_printf(&arena, "x@%.*s",
	    SPAN_ARG(domain)));
	arena_done(&arena);
	return freemail;
}

/* A file being read. */
struct reading_file {
	struct trust *trust;
	const struct manifest *manifest;
};

/*
 * How long an entry may last, is counted from when its file was last changed.
 * That it is over is no mistake: a filter that does not start on some day of
 * next year would be one.  It counts nothing then, and lint tells.
 */
static int
check_end(const struct reading_file *r, const struct entry *e,
    struct error *error)
{
	const struct manifest *m = r->manifest;
	int64_t changed = m->files[m->count - 1].modified;

	return e->expires <= changed ? 0 : entry_check_time(e, changed, error);
}

static int
take_line(void *context, struct span line, const char *file, unsigned number,
    struct error *error)
{
	const struct reading_file *r = context;
	struct trust *trust = r->trust;
	struct error reason;
	struct entry e;

	if (entry_parse(line, ENTRY_TRUST, 0, &e, &reason) != 0 ||
	    entry_check(&e, &trust->terms, &reason) != 0 ||
	    check_end(r, &e, &reason) != 0)
		return error_at(error, file, number, "%s", reason.text);
	if (trust->files.count == TRUST_FILE_ENTRIES_MAX)
		return error_at(error, file, number, "more than %d entries",
		    TRUST_FILE_ENTRIES_MAX);
	return entryset_add(&trust->files, &e) ? 0 : error_at(error, file,
	    number, "%s: there is an entry of that name already", e.name);
}

/* No file of scores may undo the cap. */
static int
check_weight(struct loading *loading, const char *name, int64_t least)
{
	const struct weight *weight = weights_find(loading->weights,
	    span_of(name));

	if (weight == NULL || (weight->score >= least && weight->score <= 0))
		return 0;
	return error_at(loading->error, weight->file, weight->line, "%s has "
	    "to count from %lld to 0 thousandths of a point: trust is "
	    "limited (trust.max_discount)", name, (long long)least);
}

static void
trust_unload(void *arg)
{
	struct trust *trust = arg;

	entryset_done(&trust->files);
	free(trust);
}

static void *
trust_load(const void *options, struct loading *loading)
{
	const struct trust_options *o = options;
	struct trust *trust = mem_alloc(sizeof(*trust));
	struct reading_file reading = {trust, loading->manifest};

	trust->options = o;
	trust->providers = loading->providers;
	trust->lists = loading->book->lists;
	trust->terms = (struct entry_terms) {
		.suffixes = loading->book->suffixes,
		.shared = is_shared,
		.context = trust,
		.max_discount = o->max_discount,
	};
	entryset_init(&trust->files);
	if (lines_read_all(loading->conf, check_trust.name, "files", &o->files,
	    take_line, &reading, loading->manifest, loading->error) == 0 &&
	    check_weight(loading, "TRUSTED_SENDER", -1000) == 0 &&
	    check_weight(loading, "KNOWN_CORRESPONDENT",
	    -o->max_discount) == 0)
		return trust;
	trust_unload(trust);
	return NULL;
}

static unsigned
trust_needs(const void *arg)
{
	const struct trust *trust = arg;

	return trust->options->enabled ? NEED_CLIENT | NEED_SENDER |
	    NEED_HEADERS : 0;
}

/* Keeps the largest discounts, the largest first. */
static void
add_candidate(struct trust_state *state, const struct entry *e, int64_t now)
{
	struct candidate *c = state->candidates;
	size_t at = 0, n = state->count;

	if (e == NULL)
		return;
	if (e->expires <= now) {
		if (state->expired == NULL)
			state->expired = e;
		return;
	}
	while (at < n && c[at].entry != e &&
	    c[at].entry->discount >= e->discount)
		at++;
	if (at == TRUST_ENTRIES_MAX || (at < n && c[at].entry == e))
		return;
	if (n == TRUST_ENTRIES_MAX)
		n--;
	memmove(&c[at + 1], &c[at], (n - at) * sizeof(*c));
	memset(&c[at], 0, sizeof(*c));
	c[at].entry = e;
	state->count = n + 1;
}

/* Whether a domain that passed is that of From, in DMARC's relaxed sense. */
static bool
aligned(const struct inquiry *q, const struct identities *id,
    struct span domain)
{
	return id->from_proven && id->from_org.n > 0 &&
	    span_eq(identity_owned(q, domain), id->from_org);
}

/* Everything that one set of entries says of the message. */
static void
search(struct inquiry *q, const struct entryset *set)
{
	const struct identities *id = inquiry_identities(q);
	const struct client *client = &q->message->client;
	struct trust_state *state = q->state;
	struct span from;
	size_t i;

	if (client->has_ip)
		add_candidate(state, entryset_client(set, ENTRY_TRUST,
		    &client->ip), q->now);
	if (!id->from_proven)
		return;
	for (i = 0; i < id->signers; i++)
		if (aligned(q, id, id->signer[i]))
			add_candidate(state, entryset_name(set, ENTRY_TRUST,
			    ENTRY_DKIM, id->signer[i]), q->now);
	if (!id->spf_helo && aligned(q, id, id->spf_domain))
		add_candidate(state, entryset_name(set, ENTRY_TRUST,
		    ENTRY_SPF, id->spf_domain), q->now);
	from = arena_join(q->arena, span_head(id->from,
	    span_rchr(id->from, '@') + 1), id->from_domain);
	add_candidate(state, entryset_name(set, ENTRY_TRUST, ENTRY_FROM, from),
	    q->now);
}

static void
trust_ask(const void *arg, struct inquiry *q)
{
	const struct trust *trust = arg;
	struct trust_state *state = q->state;
	struct candidate *c;
	size_t i;

	if (q->message->direction != DIRECTION_INBOUND)
		return;
	search(q, &trust->files);
	if (q->roster != NULL)
		search(q, &q->roster->entries);
	for (i = 0; i < state->count; i++) {
		c = &state->candidates[i];
		c->asked = inquiry_op(q);
		if (c->asked != NULL)
			trust_spam_op(c->entry, c->asked, c->key);
	}
}

static bool
is_suspended(const struct trust *trust, const struct candidate *c)
{
	return c->asked != NULL && c->asked->answer == STORE_FOUND &&
	    c->asked->number >= trust_suspend_at(trust);
}

/* A symbol that speaks against any discount, or NULL. */
static const struct symbol *
find_withheld(const struct trust *trust, const struct result *r)
{
	const struct strings *globs = &trust->options->withhold;
	const struct symbol *s;
	size_t i, k;

	for (i = 0; i < r->count; i++) {
		s = &r->symbols[i];
		if (s->score < WITHHOLD_POINTS || s->weight->shadow)
			continue;
		for (k = 0; k < globs->count; k++)
			if (glob_match(span_of(globs->item[k]),
			    span_of(s->weight->name)))
				return s;
	}
	return NULL;
}

/* What the cap leaves, known correspondents included. */
static int64_t
find_discount(const struct trust *trust, const struct inquiry *q,
    const struct entry *e)
{
	const struct symbol *known = result_find(q->result,
	    "KNOWN_CORRESPONDENT");
	int64_t left = trust->options->max_discount;

	if (known != NULL && known->score < 0)
		left += known->score;
	if (left < 0)
		left = 0;
	return e->discount < left ? e->discount : left;
}

static void
give(const struct trust *trust, struct inquiry *q, const struct entry *e)
{
	const struct symbol *withheld = find_withheld(trust, q->result);
	struct trust_state *state = q->state;
	char time[ENTRY_TIME_MAX];

	if (withheld != NULL) {
		inquiry_raise(q, "TRUST_WITHHELD", "%s, because of %s",
		    e->name, withheld->weight->name);
		return;
	}
	inquiry_raise_part(q, "TRUSTED_SENDER", find_discount(trust, q, e),
	    "%s, %s, until %s: %s", e->name, e->owner,
	    entry_time_text(e->expires, time), e->reason);
	withheld = result_find(q->result, "TRUSTED_SENDER");
	if (withheld != NULL && !withheld->weight->shadow)
		state->given = withheld->score;
}

static enum answer
trust_run(const void *arg, struct inquiry *q)
{
	const struct trust *trust = arg;
	const struct trust_state *state = q->state;
	const struct entry *used = NULL;
	bool unknown = false;
	size_t i;

	for (i = 0; i < state->count && used == NULL; i++) {
		const struct candidate *c = &state->candidates[i];

		if (is_suspended(trust, c)) {
			inquiry_raise(q, "TRUST_SUSPENDED", "%s, %s: spam used "
			    "it", c->entry->name, c->entry->owner);
			continue;
		}
		/* In doubt the operator's word counts. */
		used = c->entry;
		unknown = c->asked == NULL ||
		    c->asked->answer == STORE_FAILED;
	}
	if (used != NULL)
		give(trust, q, used);
	else if (state->count == 0 && state->expired != NULL)
		inquiry_raise(q, "TRUST_EXPIRED", "%s, %s",
		    state->expired->name, state->expired->owner);
	if (q->shared != NULL && q->shared->roster != NULL &&
	    q->roster == NULL && q->message->direction == DIRECTION_INBOUND)
		unknown = true;
	return unknown ? UNANSWERED : ANSWERED;
}

/* Spam counts against all that spoke for it, given or withheld. */
static void
trust_learn(const void *arg, struct inquiry *q)
{
	const struct trust *trust = arg;
	const struct trust_state *state = q->state;
	const struct trust_options *o = trust->options;
	struct store_op *op;
	size_t i;

	if (state->count == 0 || (q->result->score - state->given <
	    q->decision->required && find_withheld(trust, q->result) == NULL))
		return;
	for (i = 0; i < state->count; i++) {
		op = inquiry_op(q);
		if (op == NULL)
			return;
		trust_spam_op(state->candidates[i].entry, op,
		    ((struct trust_state *)q->state)->candidates[i].key);
		op->verb = STORE_DECAY;
		op->amount = 1000;
		op->half_life = o->forgive;
		op->ttl = 20 * o->forgive;
	}
}

const struct check check_trust = {
	.name = "trust",
	.options = rows,
	.size = sizeof(struct trust_options),
	.symbols = symbols,
	.service = "store",
	.state = sizeof(struct trust_state),
	.load = trust_load,
	.unload = trust_unload,
	.needs = trust_needs,
	.ask[STAGE_LAST] = trust_ask,
	.run[STAGE_LAST] = trust_run,
	.learn = trust_learn,
};
