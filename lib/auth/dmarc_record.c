/* dmarc_record - a DMARC Policy Record, RFC 9989 sections 4.7 and 4.8. */
#include "auth/dmarc_record.h"

#include <stdint.h>
#include <string.h>

enum kind { KIND_POLICY, KIND_STRICT, KIND_TEST, KIND_PSD, KIND_FO, KIND_RUA,
	KIND_RUF, KIND_REMOVED };

static const struct {
	const char *name;
	enum kind kind;
	size_t offset;
} tags[] = {
	{ "p", KIND_POLICY, offsetof(struct dmarc_record, p) },
	{ "sp", KIND_POLICY, offsetof(struct dmarc_record, sp) },
	{ "np", KIND_POLICY, offsetof(struct dmarc_record, np) },
	{ "adkim", KIND_STRICT, offsetof(struct dmarc_record, dkim_strict) },
	{ "aspf", KIND_STRICT, offsetof(struct dmarc_record, spf_strict) },
	{ "t", KIND_TEST, 0 },
	{ "psd", KIND_PSD, 0 },
	{ "fo", KIND_FO, 0 },
	{ "rua", KIND_RUA, 0 },
	{ "ruf", KIND_RUF, 0 },
	{ "pct", KIND_REMOVED, 0 },
	{ "rf", KIND_REMOVED, 0 },
	{ "ri", KIND_REMOVED, 0 },
};

#define TAGS (sizeof(tags) / sizeof(tags[0]))

static const char *const policies[] = { "", "none", "quarantine", "reject" };

const char *
dmarc_policy_name(enum dmarc_policy policy)
{
	return policies[policy];
}

static bool
policy_read(struct span value, enum dmarc_policy *out)
{
	enum dmarc_policy p;

	for (p = DMARC_NONE; p <= DMARC_REJECT; p++) {
		if (span_iis(value, policies[p])) {
			*out = p;
			return true;
		}
	}
	return false;
}

/* One of two letters, the second meaning true. */
static bool
choice_read(struct span value, const char *no, const char *yes, bool *out)
{
	if (!span_iis(value, no) && !span_iis(value, yes))
		return false;
	*out = span_iis(value, yes);
	return true;
}

static bool
psd_read(struct span value, char *out)
{
	if (!span_iis(value, "y") && !span_iis(value, "n") &&
	    !span_iis(value, "u"))
		return false;
	*out = (char)char_lower((unsigned char)value.p[0]);
	return true;
}

static bool
fo_read(struct span value, unsigned *out)
{
	static const char *const letters[] = { "0", "1", "d", "s" };
	struct span item;
	unsigned fo = 0, i;

	while (span_cut(&value, ':', &item)) {
		for (i = 0; i < 4; i++)
			if (span_iis(span_trim(item), letters[i]))
				break;
		if (i == 4 || (fo & 1u << i) != 0)
			return false;
		fo |= 1u << i;
	}
	if ((fo & (DMARC_FO_ALL | DMARC_FO_ANY)) ==
	    (DMARC_FO_ALL | DMARC_FO_ANY))
		return false;
	*out = fo;
	return true;
}

/* RFC 3986; commas and "!" must be encoded (4.8), the latter but for a size. */
static bool
uri_good(struct span uri)
{
	size_t colon = span_chr(uri, ':'), i;
	unsigned char c;

	uri = span_head(uri, span_rchr(uri, '!'));
	for (i = 0; i < uri.n; i++) {
		c = (unsigned char)uri.p[i];
		if (c <= ' ' || c > '~' || strchr("\"<>\\^`{|}!", c) != NULL)
			return false;
		if (i < colon && !char_alpha(c) && (i == 0 ||
		    (!char_digit(c) && strchr("+-.", c) == NULL)))
			return false;
	}
	if (colon == 0 || colon + 1 >= uri.n)
		return false;
	if (!span_istarts(uri, "mailto:"))
		return true;
	i = span_chr(uri, '@');
	return i > strlen("mailto:") && i + 1 < uri.n && uri.p[i + 1] != '?';
}

/* True when at least one address of the list is valid (4.10.1). */
static bool
uris_read(struct span list, bool *all)
{
	struct span item;
	bool any = false;

	*all = true;
	while (span_cut(&list, ',', &item)) {
		if (uri_good(span_trim(item)))
			any = true;
		else
			*all = false;
	}
	return any;
}

static void
fault(struct dmarc_record *r, enum dmarc_fault which, struct span where)
{
	r->faults |= which;
	if (r->fault.n == 0)
		r->fault = where;
}

static bool
tag_read(struct dmarc_record *r, size_t i, struct span value)
{
	void *member = (char *)r + tags[i].offset;
	bool all;

	switch (tags[i].kind) {
	case KIND_POLICY:
		return policy_read(value, member);
	case KIND_STRICT:
		return choice_read(value, "r", "s", member);
	case KIND_TEST:
		return choice_read(value, "n", "y", &r->testing);
	case KIND_PSD:
		return psd_read(value, &r->psd);
	case KIND_FO:
		return fo_read(value, &r->fo);
	case KIND_RUA:
		r->rua = value;
		r->reports = uris_read(value, &all);
		return all && r->reports;
	case KIND_RUF:
		r->ruf = value;
		return uris_read(value, &all) && all;
	case KIND_REMOVED:
		break;
	}
	r->faults |= DMARC_FAULT_REMOVED;
	return true;
}

/* 1*ALPHA, with the digits and "_" of RFC 6376 3.2 for tags to come. */
static bool
name_good(struct span name)
{
	size_t i;

	for (i = 0; i < name.n; i++)
		if (!char_alpha((unsigned char)name.p[i]) && (i == 0 ||
		    (!char_digit((unsigned char)name.p[i]) &&
		    name.p[i] != '_')))
			return false;
	return name.n != 0;
}

static bool
value_good(struct span value)
{
	size_t i;

	for (i = 0; i < value.n; i++)
		if (value.p[i] < ' ' || value.p[i] > '~')
			return false;
	return value.n != 0;
}

static void
tag_take(struct dmarc_record *r, struct span spec, unsigned *seen)
{
	size_t equals = span_chr(spec, '='), i = 0;
	struct span name = span_trim(span_head(spec, equals));
	struct span value = span_trim(span_skip(spec, equals + 1));

	if (equals == spec.n || !name_good(name) || !value_good(value)) {
		fault(r, DMARC_FAULT_SYNTAX, spec);
		/* A policy that cannot be read is no valid one (4.10.1). */
		if (span_is(name, "p") || span_is(name, "sp") ||
		    span_is(name, "np"))
			fault(r, DMARC_FAULT_POLICY, spec);
		return;
	}
	while (i < TAGS && !span_is(name, tags[i].name))
		i++;
	if (i == TAGS) {
		fault(r, DMARC_FAULT_UNKNOWN, spec);
	} else if ((*seen & 1u << i) != 0) {
		fault(r, DMARC_FAULT_TWICE, spec);
	} else if (!tag_read(r, i, value)) {
		fault(r, tags[i].kind == KIND_POLICY ? DMARC_FAULT_POLICY :
		    DMARC_FAULT_VALUE, spec);
	}
	if (i < TAGS)
		*seen |= 1u << i;
}

/* 4.8: the name in any case, the value exactly. */
static bool
version_good(struct span spec)
{
	size_t equals = span_chr(spec, '=');

	return span_iis(span_trim(span_head(spec, equals)), "v") &&
	    span_is(span_trim(span_skip(spec, equals + 1)), "DMARC1");
}

/* 4.10.1: what holds when a policy is missing or not valid. */
static void
settle_policy(struct dmarc_record *r)
{
	r->usable = true;
	if (r->p == DMARC_UNSET)
		r->faults |= DMARC_FAULT_POLICY;
	if ((r->faults & DMARC_FAULT_POLICY) == 0)
		return;
	r->usable = r->reports;
	r->p = DMARC_NONE;
	r->sp = r->np = DMARC_UNSET;
}

bool
dmarc_record_parse(struct span text, struct dmarc_record *out)
{
	struct span rest = text, spec;
	struct dmarc_record r;
	unsigned seen = 0;

	if (!span_cut(&rest, ';', &spec) || !version_good(spec))
		return false;
	memset(&r, 0, sizeof(r));
	r.text = text;
	r.psd = 'u';
	r.fo = DMARC_FO_ALL;
	while (span_cut(&rest, ';', &spec)) {
		spec = span_trim(spec);
		if (spec.n != 0)
			tag_take(&r, spec, &seen);
		else if (rest.n != 0)
			fault(&r, DMARC_FAULT_SYNTAX, spec);
	}
	if (r.ruf.n == 0)
		r.fo = 0;
	settle_policy(&r);
	*out = r;
	return true;
}
