/* domain - "posternctl domain check": asks, and judges all but SPF. */
#include "ctl/domain.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "auth/dkim_key.h"
#include "auth/dmarc.h"
#include "base/text.h"
#include "ctl/commands.h"
#include "ctl/dkim.h"
#include "ctl/domainspf.h"
#include "ctl/resolver.h"
#include "mail/domain.h"

#define MX_MAX 20		/* hosts whose addresses are looked for */

static const char usage_text[] =
    "usage: posternctl domain check [--selector name]...\n"
    "           " RESOLVER_USAGE " domain\n";

/* A host that takes mail, and whether it is there. */
struct host {
	struct span name;
	const struct dns_answer *alias, *a, *aaaa;
};

/* What one job asks; SPF's evaluation and DMARC's walk have their own. */
struct records {
	struct span domain;
	const struct dns_answer *txt, *mx;
	struct host hosts[MX_MAX];	/* the first is the domain itself */
	size_t host_count;
	struct span key_names[DOMAIN_SELECTORS_MAX];
	const struct dns_answer *keys[DOMAIN_SELECTORS_MAX];
	size_t key_count;
};

static bool
ask_host(struct dns_job *job, struct host *h)
{
	h->alias = dns_job_ask(job, h->name, DNS_CNAME);
	h->a = dns_job_ask(job, h->name, DNS_A);
	h->aaaa = dns_job_ask(job, h->name, DNS_AAAA);
	return h->alias != NULL && h->a != NULL && h->aaaa != NULL;
}

static bool
ask_records(struct dns_job *job)
{
	struct records *r = dns_job_state(job);
	bool done;
	size_t i;

	r->txt = dns_job_ask(job, r->domain, DNS_TXT);
	r->mx = dns_job_ask(job, r->domain, DNS_MX);
	done = r->txt != NULL && r->mx != NULL;
	for (i = 0; i < r->key_count; i++) {
		r->keys[i] = dns_job_ask(job, r->key_names[i], DNS_TXT);
		done = r->keys[i] != NULL && done;
	}
	r->hosts[0].name = r->domain;
	r->host_count = 1;
	for (i = 0; r->mx != NULL && i < r->mx->count &&
	    r->host_count < MX_MAX; i++)
		if (r->mx->records[i].data.n != 0)
			r->hosts[r->host_count++].name =
			    r->mx->records[i].data;
	for (i = 0; i < r->host_count; i++)
		done = ask_host(job, &r->hosts[i]) && done;
	return done;
}

static bool
host_failed(const struct host *h)
{
	return h->a->status == DNS_FAILED || h->aaaa->status == DNS_FAILED;
}

static bool
host_found(const struct host *h)
{
	return h->a->status == DNS_FOUND || h->aaaa->status == DNS_FOUND;
}

static void
judge_host(struct findings *f, const struct host *h)
{
	const char *subject = arena_printf(f->arena, "MX: %.*s",
	    SPAN_ARG(h->name)).p;

	if (h->alias->status == DNS_FOUND && h->alias->count != 0)
		finding_add(f, FINDING_PROBLEM, "%s is an alias, which an MX "
		    "must not name (RFC 2181 section 10.3); publish instead: "
		    "%.*s", subject, SPAN_ARG(h->alias->records[0].data));
	if (host_found(h))
		finding_add(f, FINDING_GOOD, "%s has an address", subject);
	else if (host_failed(h))
		finding_unanswered(f, subject,
		    h->a->status == DNS_FAILED ? h->a->why : h->aaaa->why);
	else
		finding_add(f, FINDING_PROBLEM, "%s has no address; publish A "
		    "or AAAA for it, or remove it", subject);
}

static void
judge_no_mx(struct findings *f, const struct records *r)
{
	if (host_found(&r->hosts[0]))
		finding_add(f, FINDING_NOTE, "MX: none, so mail goes to the "
		    "domain's own address; publish: %.*s. IN MX 10 and the "
		    "name of a host, or MX 0 . if it takes no mail",
		    SPAN_ARG(r->domain));
	else if (host_failed(&r->hosts[0]))
		finding_unanswered(f, "MX: the domain's own address",
		    r->hosts[0].a->status == DNS_FAILED ?
		    r->hosts[0].a->why : r->hosts[0].aaaa->why);
	else
		finding_add(f, FINDING_PROBLEM, "MX: none, and no address; "
		    "publish: %.*s. IN MX 0 . (RFC 7505) if it takes no mail",
		    SPAN_ARG(r->domain));
}

static void
judge_mx(struct findings *f, const struct records *r)
{
	size_t i, nulls = 0;

	if (r->mx->status == DNS_FAILED) {
		finding_unanswered(f, "MX", r->mx->why);
		return;
	}
	if (r->mx->status != DNS_FOUND) {
		judge_no_mx(f, r);
		return;
	}
	for (i = 0; i < r->mx->count; i++)
		nulls += r->mx->records[i].data.n == 0;
	if (nulls != 0 && nulls == r->mx->count)
		finding_add(f, FINDING_GOOD, "MX: null, the domain takes no "
		    "mail (RFC 7505)");
	else if (nulls != 0)
		finding_add(f, FINDING_PROBLEM, "MX: a null MX beside others "
		    "(RFC 7505 section 3); remove the one that is wrong");
	for (i = 1; i < r->host_count; i++)
		judge_host(f, &r->hosts[i]);
	if (r->mx->count - nulls > r->host_count - 1)
		finding_add(f, FINDING_NOTE, "MX: more than %d; the rest was "
		    "not looked at", MX_MAX - 1);
}

static void
judge_bits(struct findings *f, const char *subject,
    const struct dkim_key *key, const char *advice)
{
	if (!key->rsa)
		finding_add(f, FINDING_GOOD, "%s: Ed25519 key", subject);
	else if (key->bits < DKIM_BITS_MIN)
		finding_add(f, FINDING_PROBLEM, "%s: RSA key of %u bits, which "
		    "nobody may accept (RFC 8301 section 3.2)%s", subject,
		    key->bits, advice);
	else if (key->bits < DKIM_GENKEY_BITS)
		finding_add(f, FINDING_PROBLEM, "%s: weak RSA key of %u bits "
		    "(RFC 8301 section 3.2: 2048)%s", subject, key->bits,
		    advice);
	else
		finding_add(f, FINDING_GOOD, "%s: RSA key of %u bits", subject,
		    key->bits);
	if (key->testing)
		finding_add(f, FINDING_PROBLEM, "%s: t=y: receivers treat what "
		    "it signs as unsigned; publish it without t=y", subject);
	if (!key->email || !key->sha256)
		finding_add(f, FINDING_PROBLEM, "%s: %s leaves out what mail "
		    "needs; publish it without", subject,
		    key->email ? "h=" : "s=");
}

static void
judge_key(struct findings *f, const char *subject, struct span text,
    const char *advice)
{
	struct dkim_key key;
	const char *fault = dkim_key_parse(f->arena, text, &key);

	if (fault != NULL) {
		finding_add(f, FINDING_PROBLEM, "%s: %s: %.*s%s", subject,
		    fault, SPAN_ARG(text), advice);
		return;
	}
	if (key.revoked)
		finding_add(f, FINDING_PROBLEM, "%s: the key is revoked (p= is "
		    "empty): sign with another, and leave this record",
		    subject);
	else
		judge_bits(f, subject, &key, advice);
	dkim_key_done(&key);
}

static void
judge_selector(struct findings *f, struct span name,
    const struct dns_answer *a)
{
	const char *subject = arena_printf(f->arena, "DKIM: %.*s",
	    SPAN_ARG(name)).p;
	const char *advice = arena_printf(f->arena, "; publish instead: "
	    "%.*s. IN TXT \"v=DKIM1; k=rsa; p=...\" as \"posternctl dkim "
	    "genkey\" prints it", SPAN_ARG(name)).p;

	if (a->status == DNS_FAILED)
		finding_unanswered(f, subject, a->why);
	else if (a->status != DNS_FOUND)
		finding_add(f, FINDING_PROBLEM, "%s: no record%s", subject,
		    advice);
	else if (a->count > 1)
		finding_add(f, FINDING_PROBLEM, "%s: %zu records, so which one "
		    "counts is not known (RFC 6376 section 3.6.2.2); publish "
		    "one", subject, a->count);
	else
		judge_key(f, subject, a->records[0].data, advice);
}

static void
judge_dkim(struct findings *f, const struct records *r)
{
	size_t i;

	if (r->key_count == 0)
		finding_add(f, FINDING_NOTE, "DKIM: nobody can list the keys "
		    "of a domain; name them with --selector (s= of a "
		    "signature)");
	for (i = 0; i < r->key_count; i++)
		judge_selector(f, r->key_names[i], r->keys[i]);
}

/* Tags of a record that are worth keeping, with a policy that protects. */
static const char *
dmarc_advice(struct arena *arena, const struct dmarc_outcome *o,
    const struct dmarc_record *r)
{
	static const struct dmarc_record none;
	struct span name = o->author, reports;

	if (r == NULL)
		r = &none;
	reports = r->reports ? r->rua : arena_printf(arena,
	    "mailto:dmarc@%.*s", SPAN_ARG(name));
	return arena_printf(arena, "; publish instead: _dmarc.%.*s. IN TXT "
	    "\"v=DMARC1; p=%s;%s%s%s%s rua=%.*s\"", SPAN_ARG(name),
	    dmarc_policy_name(r->p > DMARC_NONE ? r->p : DMARC_QUARANTINE),
	    r->sp == DMARC_REJECT ? " sp=reject;" : "",
	    r->np == DMARC_REJECT ? " np=reject;" : "",
	    r->dkim_strict ? " adkim=s;" : "", r->spf_strict ? " aspf=s;" : "",
	    SPAN_ARG(reports)).p;
}

static void
judge_dmarc_faults(struct findings *f, const struct dmarc_record *r,
    const char *advice)
{
	static const struct {
		enum dmarc_fault fault;
		enum finding kind;
		const char *text;
	} rows[] = {
		{ DMARC_FAULT_SYNTAX, FINDING_PROBLEM,
		    "something is no tag=value" },
		{ DMARC_FAULT_TWICE, FINDING_PROBLEM, "a tag comes twice" },
		{ DMARC_FAULT_VALUE, FINDING_PROBLEM, "a value is not valid" },
		{ DMARC_FAULT_POLICY, FINDING_PROBLEM,
		    "p is missing, or a policy is not valid" },
		{ DMARC_FAULT_UNKNOWN, FINDING_NOTE, "a tag is unknown" },
		{ DMARC_FAULT_REMOVED, FINDING_NOTE,
		    "pct, rf and ri are no longer used (RFC 9989)" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((r->faults & rows[i].fault) != 0)
			finding_add(f, rows[i].kind, "DMARC: %s%s%.*s%s",
			    rows[i].text, r->fault.n != 0 ? ", first fault: " :
			    "", SPAN_ARG(r->fault), advice);
}

static void
judge_policy(struct findings *f, const struct dmarc_discovery *d,
    const char *advice)
{
	const struct dmarc_record *r = &d->at->record;

	if (d->policy <= DMARC_NONE || !r->usable)
		finding_add(f, FINDING_PROBLEM, "DMARC: p=none: nobody acts "
		    "on forged mail%s", advice);
	else
		finding_add(f, FINDING_GOOD, "DMARC: policy %s, by %s",
		    dmarc_policy_name(d->policy), d->tag);
	if (r->testing)
		finding_add(f, FINDING_NOTE, "DMARC: t=y: a milder policy is "
		    "applied as long as it says so%s", advice);
	if (!r->reports)
		finding_add(f, FINDING_NOTE, "DMARC: no rua: nobody tells the "
		    "domain who sends in its name%s", advice);
	judge_dmarc_faults(f, r, advice);
}

static void
judge_dmarc(struct findings *f, const struct dmarc_outcome *o)
{
	const struct dmarc_discovery *d = &o->by[o->method];
	const struct dmarc_level *own = &o->walk.levels[0];
	const char *advice = dmarc_advice(f->arena, o,
	    d->at != NULL ? &d->at->record : NULL);

	if (own->records > 1)
		finding_add(f, FINDING_PROBLEM, "DMARC: %u records, so none "
		    "counts (RFC 9989 section 4.10)%s", own->records, advice);
	if (d->why != NULL || d->unsure) {
		finding_unanswered(f, "DMARC", d->why != NULL ? d->why :
		    "whether the domain exists");
		return;
	}
	if (d->at == NULL) {
		if (own->records == 0)
			finding_add(f, FINDING_PROBLEM, "DMARC: no record%s",
			    advice);
		return;
	}
	finding_add(f, FINDING_NOTE, "DMARC: published at %.*s%s: %.*s",
	    SPAN_ARG(d->at->name), span_eq(d->at->domain, o->author) ? "" :
	    ", which it inherits", SPAN_ARG(d->at->record.text));
	judge_policy(f, d, advice);
}

static struct dns_job *
start_records(struct dns *dns, const struct domain_question *q,
    struct span domain)
{
	struct dns_job *job = dns_job_new(dns, sizeof(struct records));
	struct arena *arena = dns_job_arena(job);
	struct records *r = dns_job_state(job);
	size_t i;

	r->domain = arena_span(arena, domain);
	r->key_count = q->selector_count;
	for (i = 0; i < q->selector_count; i++)
		r->key_names[i] = arena_printf(arena, "%s._domainkey.%.*s",
		    q->selectors[i], SPAN_ARG(domain));
	dns_job_start(job, ask_records);
	return job;
}

static void
judge(struct dns *dns, const struct domain_question *q, struct span domain,
    struct findings *f)
{
	struct dmarc_input in = { .author = domain, .method = DMARC_WALK };
	struct dns_job *records = start_records(dns, q, domain);
	struct dns_job *dmarc = dmarc_start(dns, &in);
	struct dns_job *probes[DOMAINSPF_PROBES];
	const struct records *r;
	struct domainspf spf = { .dns = dns, .domain = domain };
	size_t i;

	for (i = 0; i < DOMAINSPF_PROBES; i++)
		probes[i] = domainspf_probe(dns, domain, i);
	dns_job_wait(records, RESOLVER_WAIT_MS);
	dns_job_wait(dmarc, RESOLVER_WAIT_MS);
	for (i = 0; i < DOMAINSPF_PROBES; i++) {
		dns_job_wait(probes[i], RESOLVER_WAIT_MS);
		spf.probes[i] = spf_outcome(probes[i]);
	}
	r = dns_job_state(records);
	spf.txt = r->txt;
	spf.mx = r->mx;
	domainspf_judge(f, &spf);
	judge_dkim(f, r);
	judge_dmarc(f, dmarc_outcome(dmarc));
	judge_mx(f, r);
	for (i = 0; i < DOMAINSPF_PROBES; i++)
		dns_job_free(probes[i]);
	dns_job_free(dmarc);
	dns_job_free(records);
}

int
domain_check(struct dns *dns, const struct domain_question *q,
    struct buf *out)
{
	struct arena arena;
	struct findings f = { .out = out, .arena = &arena };
	struct span domain;

	arena_init(&arena);
	domain = domain_ascii(&arena, span_of(q->domain));
	if (domain.n != 0) {
		judge(dns, q, domain, &f);
	} else {
		text_escape(out, span_of(q->domain));
		buf_puts(out, ": not the name of a domain\n");
	}
	arena_done(&arena);
	return domain.n == 0 ? EX_USAGE :
	    f.unanswered != 0 ? EX_TEMPFAIL :
	    f.problems != 0 ? EX_DATAERR : EX_OK;
}

static int
usage(void)
{
	fputs(usage_text, stderr);
	return EX_USAGE;
}

static int
check(const struct globals *g, const struct resolver *resolver,
    const struct domain_question *q)
{
	struct buf out;
	int status;
	struct dns *dns = resolver_open(resolver, g, &status);

	if (dns == NULL)
		return status;
	buf_init(&out, DOMAIN_REPORT_MAX);
	status = domain_check(dns, q, &out);
	fwrite(out.p, 1, out.n, stdout);
	buf_done(&out);
	dns_free(dns);
	return status;
}

/* Options may stand before and behind the domain. */
int
domain_main(const struct globals *g, int argc, char **argv)
{
	struct resolver resolver = { .count = 0 };
	struct domain_question q = { .domain = NULL };
	int i;

	if (argc < 3 || strcmp(argv[1], "check") != 0)
		return usage();
	for (i = 2; i < argc; i++) {
		if (argv[i][0] != '-' && q.domain == NULL)
			q.domain = argv[i];
		else if (resolver_option(&resolver, argc, argv, &i))
			continue;
		else if (i + 1 < argc && strcmp(argv[i], "--selector") == 0 &&
		    q.selector_count < DOMAIN_SELECTORS_MAX)
			q.selectors[q.selector_count++] = argv[++i];
		else
			return usage();
	}
	return q.domain != NULL ? check(g, &resolver, &q) : usage();
}
