/* dmarc - "posternctl dmarc explain": what DMARC finds for a domain. */
#include "ctl/dmarc.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "auth/dmarc_trace.h"
#include "base/text.h"
#include "ctl/commands.h"
#include "ctl/resolver.h"
#include "mail/domain.h"

static const char usage_text[] =
    "usage: posternctl dmarc explain " RESOLVER_USAGE " domain\n";

static const char *
type_name(enum dns_type type)
{
	return type == DNS_TXT ? "TXT" : type == DNS_MX ? "MX" :
	    type == DNS_CNAME ? "CNAME" : "A";
}

static void
put_queries(const struct dmarc_outcome *o, struct arena *arena,
    struct buf *out)
{
	const struct dmarc_query *q;
	size_t count, i;

	q = dmarc_trace(o, arena, &count);
	for (i = 0; i < count; i++) {
		text_escape(out, q[i].name);
		buf_printf(out, " %s: ", type_name(q[i].type));
		text_escape(out, q[i].brought);
		buf_puts(out, q[i].used ? "\n" : " (not needed)\n");
	}
}

static void
put_faults(const struct dmarc_record *r, struct buf *out)
{
	static const struct {
		enum dmarc_fault fault;
		const char *text;
	} faults[] = {
		{ DMARC_FAULT_SYNTAX, "something is no tag=value" },
		{ DMARC_FAULT_TWICE, "a tag comes twice; the first counts" },
		{ DMARC_FAULT_VALUE, "a value is not valid" },
		{ DMARC_FAULT_POLICY, "p is missing, or p, sp or np is not "
		    "valid: counts as p=none at most (4.10.1)" },
		{ DMARC_FAULT_UNKNOWN, "a tag is unknown" },
		{ DMARC_FAULT_REMOVED, "pct, rf and ri are no longer used" },
	};
	size_t i;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if ((r->faults & faults[i].fault) != 0)
			buf_printf(out, "fault: %s\n", faults[i].text);
	if (r->fault.n == 0)
		return;
	buf_puts(out, "first fault at: ");
	text_escape(out, r->fault);
	buf_char(out, '\n');
}

static const char *
existence_text(enum dmarc_existence exists)
{
	static const char *const texts[] = {
		[DMARC_UNASKED] = "",
		[DMARC_EXISTS] = "; the domain exists",
		[DMARC_NONEXISTENT] = "; the domain does not exist",
		[DMARC_UNKNOWN] = "; whether the domain exists is not known",
	};

	return texts[exists];
}

static void
put_record(const struct dmarc_outcome *o, const struct dmarc_discovery *d,
    struct buf *out)
{
	const struct dmarc_record *r = &d->at->record;
	enum dmarc_policy lower = d->policy;

	buf_printf(out, "record: the one at %.*s\n",
	    SPAN_ARG(d->at->domain));
	put_faults(r, out);
	if (!r->usable) {
		buf_puts(out, "policy: none; neither a valid p nor rua, so "
		    "DMARC does not apply (4.10.1)\n");
		return;
	}
	buf_printf(out, "policy: %s, by %s%s\n", dmarc_policy_name(d->policy),
	    d->tag, existence_text(o->exists));
	if (r->testing && lower > DMARC_NONE)
		buf_printf(out, "test mode: t=y, so %s is applied (4.7)\n",
		    dmarc_policy_name(--lower));
	buf_printf(out, "alignment: %s for DKIM, %s for SPF\n",
	    r->dkim_strict ? "strict" : "relaxed",
	    r->spf_strict ? "strict" : "relaxed");
}

static int
put_discovery(const struct dmarc_outcome *o, struct buf *out)
{
	const struct dmarc_discovery *d = &o->by[o->method];

	buf_printf(out, "organizational domain: %.*s%s%s\n",
	    SPAN_ARG(d->org), d->org.n != 0 ? ": " : "",
	    dmarc_rule_text(d->rule));
	if (d->at != NULL)
		put_record(o, d, out);
	else if (d->why != NULL)
		buf_printf(out, "record: not known: %s\n", d->why);
	else
		buf_puts(out, "record: none, DMARC does not apply\n");
	return d->why != NULL || d->org.n == 0 || d->unsure ? EX_TEMPFAIL :
	    EX_OK;
}

static void
put_comparison(const struct dmarc_outcome *o, struct buf *out)
{
	const struct dmarc_discovery *d = &o->by[DMARC_SUFFIX];

	if (!d->done)
		return;
	if (!dmarc_differs(o, out))
		buf_printf(out, "public suffix list: no difference known, "
		    "organizational domain %.*s", SPAN_ARG(d->org));
	buf_char(out, '\n');
}

int
dmarc_explain(struct dns *dns, const char *domain,
    const struct suffixes *suffixes, struct buf *out)
{
	struct dmarc_input in = { .method = DMARC_WALK, .suffixes = suffixes,
		.compare = suffixes != NULL };
	struct dns_job *job;
	struct arena arena;
	int status = EX_USAGE;

	arena_init(&arena);
	in.author = domain_ascii(&arena, span_of(domain));
	if (in.author.n != 0) {
		job = dmarc_start(dns, &in);
		dns_job_wait(job, RESOLVER_WAIT_MS);
		put_queries(dmarc_outcome(job), &arena, out);
		status = put_discovery(dmarc_outcome(job), out);
		put_comparison(dmarc_outcome(job), out);
		dns_job_free(job);
	} else {
		text_escape(out, span_of(domain));
		buf_puts(out, ": not the name of a domain\n");
	}
	arena_done(&arena);
	return status;
}

static int
explain(const struct globals *g, const struct resolver *resolver,
    const char *domain)
{
	struct suffixes *suffixes;
	struct error error;
	struct buf out;
	int status;
	struct dns *dns = resolver_open(resolver, g, &status);

	if (dns == NULL)
		return status;
	suffixes = suffixes_open("", &error);
	if (suffixes == NULL)
		fprintf(stderr, "posternctl: %s\n", error.text);
	buf_init(&out, DMARC_EXPLAIN_MAX);
	status = dmarc_explain(dns, domain, suffixes, &out);
	fwrite(out.p, 1, out.n, stdout);
	buf_done(&out);
	suffixes_close(suffixes);
	dns_free(dns);
	return status;
}

int
dmarc_main(const struct globals *g, int argc, char **argv)
{
	struct resolver resolver = { .count = 0 };
	int i;

	for (i = 2; resolver_option(&resolver, argc, argv, &i); i++)
		;
	if (argc < 3 || strcmp(argv[1], "explain") != 0 || i != argc - 1 ||
	    argv[i][0] == '-') {
		fputs(usage_text, stderr);
		return EX_USAGE;
	}
	return explain(g, &resolver, argv[i]);
}
