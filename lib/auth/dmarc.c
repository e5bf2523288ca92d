/* dmarc - DMARC by RFC 9989: records and organizational domains. */
#include "auth/dmarc.h"

#include "mail/domain.h"

const enum dns_type dmarc_existence_types[] = { DNS_A, DNS_MX, DNS_CNAME };

/* The shared labels from which a walk is worth asking ahead of the author's. */
#define SHARED_LABELS 2

struct state {
	const struct suffixes *suffixes;
	bool use[DMARC_METHODS];
	struct dmarc_outcome outcome;
};

/* RFC 7489 3.2: a public suffix stands for itself. */
static struct span
registered(const struct state *s, struct span domain)
{
	struct span part = suffixes_registered(s->suffixes, domain);

	return part.n != 0 ? part : domain;
}

static bool
known(const struct dmarc_outcome *o, struct span domain)
{
	size_t i;

	for (i = 0; i < o->identity_count; i++)
		if (span_eq(o->identities[i].domain, domain))
			return true;
	return span_eq(o->author, domain);
}

static void
walk_identity(struct dmarc_identity *id, struct arena *arena)
{
	id->walk = arena_alloc(arena, sizeof(*id->walk));
	dmarc_walk_init(id->walk, arena, id->domain);
}

/* Only domains that share a label with the author domain can align. */
static void
take_identity(struct state *s, struct arena *arena, struct span domain)
{
	struct dmarc_outcome *o = &s->outcome;
	struct dmarc_identity *id = &o->identities[o->identity_count];

	if (o->identity_count == DMARC_IDENTIFIERS_MAX || domain.n == 0 ||
	    known(o, domain) || !domain_within(domain,
	    domain_tail(o->author, 1)))
		return;
	id->domain = arena_span(arena, domain);
	if (s->use[DMARC_SUFFIX])
		id->registered = registered(s, id->domain);
	if (s->use[DMARC_WALK] && domain_labels(o->author) >= SHARED_LABELS &&
	    domain_within(domain, domain_tail(o->author, SHARED_LABELS)))
		walk_identity(id, arena);
	o->identity_count++;
}

/* False while answers that matter are under way; all are asked. */
static bool
run_walks(struct state *s, struct dns_job *job)
{
	struct dmarc_outcome *o = &s->outcome;
	bool ready = true;
	size_t i;

	/* Both methods use the author's level. */
	if (s->use[DMARC_WALK])
		ready = dmarc_walk_run(&o->walk, job);
	else
		o->walk.used = ready = dmarc_level_run(&o->walk.levels[0],
		    job);
	if (s->use[DMARC_SUFFIX])
		ready = dmarc_level_run(&o->registered, job) &&
		    o->walk.levels[0].answer != NULL && ready;
	for (i = 0; i < o->identity_count; i++)
		if (o->identities[i].walk != NULL)
			ready = dmarc_walk_run(o->identities[i].walk, job) &&
			    ready;
	return ready;
}

/*
 * An organizational domain of one label is rare enough that walks for it are
 * not asked ahead.  False while one is under way.
 */
static bool
run_late_walks(struct state *s, struct dns_job *job)
{
	struct dmarc_outcome *o = &s->outcome;
	struct dmarc_identity *id;
	bool ready = true;
	size_t i;

	for (i = 0; i < o->identity_count; i++) {
		id = &o->identities[i];
		if (!s->use[DMARC_WALK] ||
		    !domain_within(id->domain, o->walk.org))
			continue;
		if (id->walk == NULL)
			walk_identity(id, dns_job_arena(job));
		ready = dmarc_walk_run(id->walk, job) && ready;
	}
	return ready;
}

static const struct dmarc_level *
level_at(const struct dmarc_walk *w, struct span domain)
{
	size_t i;

	for (i = 0; i < w->used; i++)
		if (span_eq(w->levels[i].domain, domain))
			return &w->levels[i];
	return NULL;
}

/* 4.10.1: the author domain's record, its organization's, the suffix's. */
static void
discover_by_walk(struct dmarc_outcome *o)
{
	struct dmarc_discovery *d = &o->by[DMARC_WALK];
	const struct dmarc_level *org;

	d->done = true;
	d->rule = o->walk.rule;
	d->org = o->walk.org;
	d->why = NULL;
	d->at = NULL;
	if (dmarc_level_has(&o->walk.levels[0])) {
		d->at = &o->walk.levels[0];
		return;
	}
	if (d->rule == DMARC_RULE_FAILED) {
		d->why = o->walk.why;
		return;
	}
	org = level_at(&o->walk, d->org);
	d->at = org != NULL && dmarc_level_has(org) ? org : o->walk.psd;
}

/*
 * RFC 7489 6.6.3: at the author domain, or where there is no record at all
 * at the organizational domain; several end the search.
 */
static void
discover_by_suffix(struct dmarc_outcome *o)
{
	struct dmarc_discovery *d = &o->by[DMARC_SUFFIX];
	const struct dmarc_level *l = &o->walk.levels[0];

	d->done = true;
	d->rule = DMARC_RULE_SUFFIX;
	d->org = o->registered.domain;
	d->why = NULL;
	d->at = NULL;
	if (l->answer->status != DNS_FAILED && l->records == 0)
		l = &o->registered;
	if (l->answer->status == DNS_FAILED)
		d->why = l->answer->why;
	else if (dmarc_level_has(l))
		d->at = l;
}

/* 4.7: np falls back to sp, and sp to p. */
static void
choose_policy(const struct dmarc_outcome *o, struct dmarc_discovery *d)
{
	const struct dmarc_record *r;

	d->policy = DMARC_UNSET;
	d->tag = "";
	d->unsure = false;
	if (d->at == NULL || !d->at->record.usable)
		return;
	r = &d->at->record;
	d->policy = r->p;
	d->tag = "p";
	if (span_eq(d->at->domain, o->author))
		return;
	if (r->sp != DMARC_UNSET) {
		d->policy = r->sp;
		d->tag = "sp";
	}
	if (r->np == DMARC_UNSET || o->exists == DMARC_EXISTS)
		return;
	if (o->exists == DMARC_NONEXISTENT) {
		d->policy = r->np;
		d->tag = "np";
	} else {
		d->unsure = r->np != d->policy;
	}
}

/*
 * A name exists unless the answer is NXDOMAIN (3.2.13).  Some servers say so
 * of types that a name lacks, and a CNAME to nowhere gives it too, so all
 * must agree who answer at all.
 */
static bool
run_existence(struct dmarc_outcome *o, struct dns_job *job)
{
	const struct dns_answer *a;
	bool ready = true;
	size_t i;

	o->exists = DMARC_UNKNOWN;
	for (i = 0; i < DMARC_EXISTENCE_TYPES; i++) {
		a = dns_job_ask(job, o->author, dmarc_existence_types[i]);
		o->existence[i] = a;
		if (a == NULL)
			ready = false;
		else if (a->status == DNS_FOUND || a->status == DNS_NODATA)
			o->exists = DMARC_EXISTS;
		else if (a->status == DNS_NXDOMAIN &&
		    o->exists == DMARC_UNKNOWN)
			o->exists = DMARC_NONEXISTENT;
	}
	return ready || o->exists == DMARC_EXISTS;
}

static bool
step(struct dns_job *job)
{
	struct state *s = dns_job_state(job);
	struct dmarc_outcome *o = &s->outcome;
	bool late, unsure = false;
	size_t m;

	o->exists = DMARC_UNASKED;
	if (!run_walks(s, job))
		return false;
	if (s->use[DMARC_WALK])
		discover_by_walk(o);
	if (s->use[DMARC_SUFFIX])
		discover_by_suffix(o);
	for (m = 0; m < DMARC_METHODS; m++) {
		choose_policy(o, &o->by[m]);
		unsure = unsure || o->by[m].unsure;
	}
	late = run_late_walks(s, job);
	if (unsure && !run_existence(o, job))
		return false;
	for (m = 0; m < DMARC_METHODS; m++)
		choose_policy(o, &o->by[m]);
	return late;
}

static void
take_input(struct state *s, struct arena *arena, const struct dmarc_input *in)
{
	struct dmarc_outcome *o = &s->outcome;
	size_t i;

	s->suffixes = in->suffixes;
	s->use[DMARC_WALK] = in->method == DMARC_WALK || in->compare;
	s->use[DMARC_SUFFIX] = in->suffixes != NULL &&
	    (in->method == DMARC_SUFFIX || in->compare);
	o->method = in->method;
	o->author = arena_span(arena, in->author);
	o->by[o->method].why = "timeout";
	dmarc_walk_init(&o->walk, arena, o->author);
	if (s->use[DMARC_SUFFIX])
		dmarc_level_init(&o->registered, arena,
		    registered(s, o->author));
	o->identities = arena_alloc(arena,
	    DMARC_IDENTIFIERS_MAX * sizeof(*o->identities));
	for (i = 0; i < in->identifier_count; i++)
		take_identity(s, arena, in->identifiers[i]);
}

struct dns_job *
dmarc_start(struct dns *dns, const struct dmarc_input *in)
{
	struct dns_job *job = dns_job_new(dns, sizeof(struct state));

	take_input(dns_job_state(job), dns_job_arena(job), in);
	dns_job_start(job, step);
	return job;
}

const struct dmarc_outcome *
dmarc_outcome(struct dns_job *job)
{
	const struct state *s = dns_job_state(job);

	return &s->outcome;
}

static enum dmarc_alignment
identity_aligned(const struct dmarc_identity *id,
    const struct dmarc_outcome *o, struct span org)
{
	struct span own = id->registered;

	if (o->method == DMARC_WALK) {
		if (id->walk == NULL || id->walk->org.n == 0)
			return DMARC_UNDECIDED;
		own = id->walk->org;
	}
	return span_eq(own, org) ? DMARC_ALIGNED : DMARC_UNALIGNED;
}

enum dmarc_alignment
dmarc_aligned(const struct dmarc_outcome *o, struct span domain, bool strict)
{
	struct span org = o->by[o->method].org;
	size_t i;

	if (span_ieq(domain, o->author))
		return DMARC_ALIGNED;
	if (strict || !domain_within(domain, domain_tail(o->author, 1)))
		return DMARC_UNALIGNED;
	if (org.n == 0)
		return DMARC_UNDECIDED;
	if (!domain_within(domain, org))
		return DMARC_UNALIGNED;
	for (i = 0; i < o->identity_count; i++)
		if (span_ieq(o->identities[i].domain, domain))
			return identity_aligned(&o->identities[i], o, org);
	return DMARC_UNALIGNED;
}

static const char *
policy_words(const struct dmarc_discovery *d)
{
	return d->policy == DMARC_UNSET ? "no policy" :
	    dmarc_policy_name(d->policy);
}

bool
dmarc_differs(const struct dmarc_outcome *o, struct buf *how)
{
	const struct dmarc_discovery *w = &o->by[DMARC_WALK];
	const struct dmarc_discovery *s = &o->by[DMARC_SUFFIX];

	if (!w->done || !s->done || w->org.n == 0 || w->why != NULL ||
	    s->why != NULL || w->unsure || s->unsure)
		return false;
	if (span_eq(w->org, s->org) && w->policy == s->policy)
		return false;
	buf_printf(how, "RFC 9989: %s, organizational domain %.*s; "
	    "public suffix list: %s, %.*s", policy_words(w),
	    SPAN_ARG(w->org), policy_words(s), SPAN_ARG(s->org));
	return true;
}
