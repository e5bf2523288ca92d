/* dmarc_verdict - the DMARC result of a message, RFC 9989 section 5.3. */
#include "auth/dmarc_verdict.h"

#include <string.h>

const char *
dmarc_result_name(enum dmarc_result result)
{
	static const char *const names[] = { "none", "pass", "fail",
		"temperror", "permerror" };

	return names[result];
}

/*
 * Whether the identifier passed aligned.  *reason is set when that cannot be
 * said: it might have passed, or might be aligned.
 */
static bool
counts(const struct dmarc_outcome *o, const struct dmarc_identifier *id,
    bool strict, const char **reason)
{
	enum dmarc_alignment a;

	if (id->domain.n == 0 || !(id->pass || id->temperror))
		return false;
	a = dmarc_aligned(o, id->domain, strict);
	if (a == DMARC_UNALIGNED)
		return false;
	if (a == DMARC_UNDECIDED)
		*reason = "organizational domain not known";
	else if (!id->pass)
		*reason = "authentication of an aligned domain not known";
	return a == DMARC_ALIGNED && id->pass;
}

/* 5.3.4, for all identifiers; also those after one that passed are told. */
static const char *
align(const struct dmarc_outcome *o, const struct dmarc_facts *f,
    const struct dmarc_record *r, struct dmarc_verdict *v)
{
	const char *unknown = NULL;
	size_t i;

	for (i = 0; i < f->dkim_count; i++) {
		if (!counts(o, &f->dkim[i], r->dkim_strict, &unknown))
			continue;
		if (!v->dkim_aligned)
			v->aligned = f->dkim[i].domain;
		v->dkim_aligned = true;
	}
	if (counts(o, &f->spf, r->spf_strict, &unknown)) {
		v->spf_aligned = true;
		if (!v->dkim_aligned)
			v->aligned = f->spf.domain;
	}
	return unknown;
}

/* 4.7 "t": one level below what is asked. */
static void
dispose(struct dmarc_verdict *v, const struct dmarc_record *r)
{
	v->result = DMARC_RESULT_FAIL;
	v->reason = "no aligned domain passed SPF or DKIM";
	v->disposition = v->policy;
	if (!r->testing || v->policy == DMARC_NONE)
		return;
	v->testing = true;
	v->disposition = v->policy - 1;
}

static void
without_record(const struct dmarc_discovery *d, struct dmarc_verdict *v)
{
	v->result = DMARC_RESULT_NONE;
	v->reason = "no DMARC record";
	if (d->at != NULL)	/* 4.10.1 */
		v->reason = "DMARC record with neither valid policy nor rua";
	if (d->at == NULL && d->why != NULL) {
		v->result = DMARC_RESULT_TEMPERROR;
		v->reason = d->why;
	}
}

void
dmarc_evaluate(const struct dmarc_outcome *o, const struct dmarc_facts *f,
    struct dmarc_verdict *v)
{
	const struct dmarc_discovery *d = &o->by[o->method];
	const char *unknown;

	memset(v, 0, sizeof(*v));
	v->author = o->author;
	v->org = d->org;
	v->tag = "";
	v->disposition = DMARC_NONE;
	if (d->at == NULL || !d->at->record.usable) {
		without_record(d, v);
		return;
	}
	v->record_at = d->at->domain;
	v->policy = d->policy;
	v->tag = d->tag;
	unknown = align(o, f, &d->at->record, v);
	if (d->unsure)
		unknown = "existence of the author domain not known";
	if (v->aligned.n != 0) {
		v->result = DMARC_RESULT_PASS;
	} else if (unknown != NULL) {
		v->result = DMARC_RESULT_TEMPERROR;
		v->reason = unknown;
	} else {
		dispose(v, &d->at->record);
	}
}

/* How much a verdict weighs among several: fail, then doubt, none, pass. */
static unsigned
weight(const struct dmarc_verdict *v)
{
	static const unsigned weights[] = {
		[DMARC_RESULT_PASS] = 0,
		[DMARC_RESULT_NONE] = 100,
		[DMARC_RESULT_PERMERROR] = 200,
		[DMARC_RESULT_TEMPERROR] = 300,
		[DMARC_RESULT_FAIL] = 400,
	};

	return weights[v->result] + v->disposition * 10 + v->policy;
}

void
dmarc_combine(const struct author *author, const struct dmarc_verdict *each,
    struct dmarc_verdict *out)
{
	size_t i, most = 0;

	memset(out, 0, sizeof(*out));
	out->tag = "";
	out->disposition = DMARC_NONE;
	for (i = 1; i < author->count; i++)
		if (weight(&each[i]) > weight(&each[most]))
			most = i;
	if (author->count != 0)
		*out = each[most];
	if (author->kind != AUTHOR_BROKEN && author->kind != AUTHOR_NONE)
		return;
	if (out->result == DMARC_RESULT_FAIL ||
	    out->result == DMARC_RESULT_TEMPERROR)
		return;
	out->result = DMARC_RESULT_PERMERROR;
	out->reason = author->reason;
}
