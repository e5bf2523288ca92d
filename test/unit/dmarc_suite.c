/*
 * dmarc_suite - decisions, From fields and public suffixes that other projects
 * collected.  Where RFC 9989 decides otherwise than a case, a row below names
 * the section; a row that no longer differs is a failure too.
 */
#include "auth/dmarc_trace.h"
#include "auth/dmarc_verdict.h"
#include "mail/domain.h"
#include "test/unit/suite.h"

#define CASES 77
#define FROMS 12
#define SUFFIXES (78 + 78)
#define TIMEOUT 5000
#define SIGNATURES 4

/* What each case that we answer otherwise gets here, by which section. */
static const struct deviation {
	const char *id, *result, *reason;
} deviations[] = {
	{ "multiple-from-addresses", "pass",
	    "5.3.1: both addresses are of one domain, so it is the author's" },
	{ "two-records-at-author-no-org-fallback", "fail",
	    "4.10 step 2: several are discarded and the walk goes on" },
	{ "psd-y-no-p", "none",
	    "4.10.1: neither a valid p nor rua, as in case no-p-no-rua" },
};

#define DEVIATIONS (sizeof(deviations) / sizeof(deviations[0]))

static struct arena arena;

static const struct deviation *
deviation_of(struct span id)
{
	size_t i;

	for (i = 0; i < DEVIATIONS; i++)
		if (span_is(id, deviations[i].id))
			return &deviations[i];
	return NULL;
}

/* Strings of a list, joined; or the string itself. */
static struct span
joined(const struct json *v, const char *between)
{
	struct span out = v->text;
	const struct json *part;

	if (v->type != '[')
		return out;
	out = span_of("");
	for (part = v->first; part != NULL; part = part->next)
		out = arena_printf(&arena, "%.*s%s%.*s", SPAN_ARG(out),
		    part == v->first ? "" : between, SPAN_ARG(part->text));
	return out;
}

static void
zone_records(struct dns *dns, const char *name, const struct json *set)
{
	static const struct {
		const char *name;
		enum dns_type type;
	} types[] = { { "A", DNS_A }, { "AAAA", DNS_AAAA }, { "MX", DNS_MX },
		{ "TXT", DNS_TXT } };
	const struct json *value;
	size_t i;

	if (span_is(set->name, "ERROR")) {
		dns_table_fail(dns, name, 0);
		return;
	}
	for (i = 0; i < 4 && !span_is(set->name, types[i].name);)
		i++;
	CHECK(name, i < 4);
	for (value = set->first; i < 4 && value != NULL; value = value->next)
		dns_table_add(dns, name, types[i].type, joined(value, ""));
}

static struct dns *
zone_dns(const struct json *zone)
{
	struct dns *dns = dns_table();
	const struct json *name, *set;

	for (name = zone->first; name != NULL; name = name->next)
		for (set = name->first; set != NULL; set = set->next)
			zone_records(dns, arena_string(&arena, name->name),
			    set);
	return dns;
}

static struct dmarc_identifier
identifier(const struct json *v)
{
	struct dmarc_identifier id = { 0 };

	if (v == NULL)
		return id;
	id.domain = domain_ascii(&arena, member(v, "domain")->text);
	id.pass = span_is(member(v, "result")->text, "pass");
	id.temperror = span_is(member(v, "result")->text, "temperror");
	return id;
}

static bool
same(const struct json *expect, const char *what, struct span got)
{
	const struct json *wanted = member(expect, what);

	return wanted->type == 'n' || span_eq(wanted->text, got);
}

static bool
same_word(const struct json *expect, const char *what, const char *got)
{
	return same(expect, what, span_of(got));
}

static bool
verdict_agrees(const struct json *expect, const struct dmarc_verdict *v)
{
	return same_word(expect, "result", dmarc_result_name(v->result)) &&
	    same_word(expect, "policy", dmarc_policy_name(v->policy)) &&
	    same_word(expect, "disposition",
	    dmarc_policy_name(v->disposition)) &&
	    same_word(expect, "dkim", v->dkim_aligned ? "pass" : "fail") &&
	    same_word(expect, "spf", v->spf_aligned ? "pass" : "fail") &&
	    same(expect, "org", v->org) &&
	    same(expect, "record_at", v->record_at);
}

static bool
queries_agree(const struct json *expect, const struct dmarc_outcome *o)
{
	const struct json *wanted = member(expect, "queries")->first;
	const struct dmarc_query *queries;
	size_t count, i;

	if (wanted == NULL)
		return true;
	queries = dmarc_trace(o, &arena, &count);
	for (i = 0; i < count && wanted != NULL; i++, wanted = wanted->next)
		if (!span_eq(queries[i].name, wanted->text))
			return false;
	return i == count && wanted == NULL;
}

/* Evaluates one domain of a case; false if its questions are not the case's. */
static bool
evaluate(const struct json *row, struct dns *dns, struct span author,
    enum dmarc_method method, const struct suffixes *suffixes,
    struct dmarc_verdict *out)
{
	struct span names[SIGNATURES + 1];
	struct dmarc_input in = { author, names, 0, method, suffixes, false };
	struct dmarc_identifier dkim[SIGNATURES];
	struct dmarc_facts facts = { .dkim = dkim };
	const struct json *v;
	struct dns_job *job;
	bool good;

	facts.spf = identifier(member(row, "spf")->first);
	names[in.identifier_count++] = facts.spf.domain;
	for (v = member(row, "dkim")->first; v != NULL &&
	    facts.dkim_count < SIGNATURES; v = v->next) {
		dkim[facts.dkim_count] = identifier(v);
		names[in.identifier_count++] =
		    dkim[facts.dkim_count++].domain;
	}
	job = dmarc_start(dns, &in);
	CHECK("finished", dns_job_wait(job, TIMEOUT));
	dmarc_evaluate(dmarc_outcome(job), &facts, out);
	/* They outlive the job here. */
	out->author = arena_span(&arena, out->author);
	out->org = arena_span(&arena, out->org);
	out->record_at = arena_span(&arena, out->record_at);
	good = queries_agree(member(row, "expect"), dmarc_outcome(job));
	dns_job_free(job);
	return good;
}

static bool
case_agrees(const struct json *row, enum dmarc_method method,
    const struct suffixes *suffixes, struct dmarc_verdict *out)
{
	struct span from = joined(member(row, "from"), ", ");
	struct dmarc_verdict each[AUTHOR_DOMAINS_MAX];
	struct dns *dns = zone_dns(member(row, "zone"));
	struct author author;
	bool good = true;
	size_t i;

	author_find(&arena, &from, 1, &author);
	for (i = 0; i < author.count; i++)
		good = evaluate(row, dns, author.domains[i], method, suffixes,
		    &each[i]) && good;
	dmarc_combine(&author, each, out);
	dns_free(dns);
	return good && verdict_agrees(member(row, "expect"), out);
}

static void
show(const char *id, const struct dmarc_verdict *v)
{
	fprintf(stderr, "  %s: %s (%s) %s=%s disposition %s org <%.*s> at "
	    "<%.*s> dkim %d spf %d\n", id, dmarc_result_name(v->result),
	    v->reason != NULL ? v->reason : "", v->tag,
	    dmarc_policy_name(v->policy), dmarc_policy_name(v->disposition),
	    SPAN_ARG(v->org), SPAN_ARG(v->record_at), v->dkim_aligned,
	    v->spf_aligned);
}

static void
put_bar(const char *name, unsigned good, unsigned total, unsigned wanted,
    unsigned of)
{
	printf("bar: %s %u/%u (wanted %u/%u) %s\n", name, good, total, wanted,
	    of, good == wanted && total == of ? "met" : "missed");
}

static void
run_cases(const struct json *rows, const struct suffixes *suffixes)
{
	unsigned agree = 0, total = 0, differ = 0;
	const struct deviation *known;
	struct dmarc_verdict v;
	const struct json *row;
	const char *id;
	bool good;

	for (row = rows->first; row != NULL; row = row->next, total++) {
		id = arena_string(&arena, member(row, "id")->text);
		good = case_agrees(row, DMARC_WALK, NULL, &v);
		known = deviation_of(span_of(id));
		if (known != NULL) {
			CHECK(id, !good);
			CHECK_TEXT(id, dmarc_result_name(v.result),
			    known->result);
			differ++;
			printf("differs: %s: %s, by %s\n", id, known->result,
			    known->reason);
		} else if (CHECK(id, good)) {
			agree++;
		} else {
			show(id, &v);
		}
		/* What holds under both standards holds by the list too. */
		if (known == NULL && span_is(member(row, "std")->text, "both")
		    && !CHECK(id, case_agrees(row, DMARC_SUFFIX, suffixes,
		    &v)))
			show(id, &v);
	}
	CHECK("all deviations were met", differ == DEVIATIONS);
	CHECK("all cases were met", total == CASES);
	put_bar("dmarc-cases", agree, total, CASES - DEVIATIONS, CASES);
}

/* The first domain is theirs; with a second one there is no single author. */
static void
run_froms(const struct json *rows)
{
	unsigned good = 0, total = 0;
	struct author author;
	const struct json *row;
	struct span raw;

	for (row = rows->first; row != NULL; row = row->next, total++) {
		raw = member(row, "raw")->text;
		author_find(&arena, &raw, 1, &author);
		good += CHECK(arena_string(&arena, raw), author.count != 0 &&
		    span_eq(author.domains[0], member(row, "domain")->text) &&
		    (author.count == 1 || author.kind != AUTHOR_ONE));
	}
	CHECK("all From fields were met", total == FROMS);
	put_bar("dmarc-from", good, total, FROMS, FROMS);
}

/* "null" is no name, and none registered. */
static struct span
suffix_word(struct span word)
{
	return span_is(word, "null") ? span_of("") :
	    domain_ascii(&arena, word);
}

/* Both files have the same rows: "a b", and "checkPublicSuffix('a', 'b');". */
static void
run_suffix_line(const struct suffixes *s, struct span line, unsigned *good,
    unsigned *total)
{
	struct span row = line, input, wanted;
	char *text;
	size_t i;

	if (line.n == 0 || span_starts(line, "//"))
		return;
	if (span_starts(line, "checkPublicSuffix("))
		row = span_skip(line, strlen("checkPublicSuffix("));
	text = arena_string(&arena, row);
	for (i = 0; text[i] != '\0'; i++)
		if (strchr("',();", text[i]) != NULL)
			text[i] = ' ';
	row = span_of(text);
	if (!span_word(&row, &input) || !span_word(&row, &wanted))
		return;
	++*total;
	*good += CHECK(arena_string(&arena, line),
	    span_eq(suffixes_registered(s, suffix_word(input)),
	    suffix_word(wanted)));
}

static void
run_suffixes(const char *dir, const struct suffixes *s)
{
	static const char *const names[] = { "tests.txt", "test_psl.txt" };
	unsigned good = 0, total = 0;
	char path[4096], line[1024];
	size_t i;
	FILE *f;

	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/psl/%s", dir, names[i]);
		f = fopen(path, "r");
		if (!CHECK(path, f != NULL))
			continue;
		while (fgets(line, sizeof(line), f) != NULL)
			run_suffix_line(s, span_trim(span_of(line)), &good,
			    &total);
		fclose(f);
	}
	CHECK("all names were met", total == SUFFIXES);
	put_bar("psl", good, total, SUFFIXES, SUFFIXES);
}

int
main(void)
{
	const char *dir = test_suites();
	struct suffixes *suffixes;
	const struct json *all;
	struct error error;
	char path[4096];

	if (dir == NULL) {
		test_skip(CASES + FROMS + SUFFIXES, "SUITES is absent");
		printf("bar: dmarc-cases - (wanted %d/%d) unmeasured\n",
		    CASES - (int)DEVIATIONS, CASES);
		printf("bar: dmarc-from - (wanted %d/%d) unmeasured\n",
		    FROMS, FROMS);
		printf("bar: psl - (wanted %d/%d) unmeasured\n", SUFFIXES,
		    SUFFIXES);
		return test_end();
	}
	arena_init(&arena);
	snprintf(path, sizeof(path), "%s/psl/public_suffix_list.dat", dir);
	suffixes = suffixes_open(path, &error);
	if (CHECK(path, suffixes != NULL)) {
		all = suite_read(&arena, dir, "dmarc/dmarc-cases.json");
		run_cases(member(all, "cases"), suffixes);
		run_froms(member(member(all, "from_header_domain"), "cases"));
		run_suffixes(dir, suffixes);
	}
	suffixes_close(suffixes);
	arena_done(&arena);
	return test_end();
}
