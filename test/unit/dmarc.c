/* dmarc - where DMARC finds the policy, what aligns, and the verdict. */
#include "auth/dmarc_verdict.h"
#include "test/unit/test.h"
#include "test/unit/zone.h"

#define TIMEOUT 5000
#define SIGNATURES 24
#define TEXT_MAX 1024

static struct arena arena;

struct row {
	const char *name;
	const char *zone;	/* as zone_dns reads it */
	const char *author;
	const char *spf, *dkim;	/* what passed; ?temperror !fail */
	const char *expected;	/* as describe_verdict writes it */
	const char *by_suffix;	/* NULL: no difference to expect */
};

static const struct row rows[] = {
	/* Discovery. */
	{ "5.3.2 no record", "", "a.example.com", "a.example.com", "",
	    "none =", NULL },
	{ "4.10.1 the author domain's record is the one",
	    EX "p=reject; sp=none|_dmarc.a.example.com v=DMARC1; p=quarantine",
	    "a.example.com", "", "",
	    "fail p=quarantine quarantine org example.com at a.example.com",
	    NULL },
	{ "4.7 sp: not of a record below the organization's",
	    EX "p=none|_dmarc.b.example.com v=DMARC1; p=none; sp=reject",
	    "a.b.example.com", "", "",
	    "fail p=none none org example.com at example.com", NULL },
	{ "4.10 step 2: several records count as none",
	    EX "p=reject|_dmarc.a.example.com v=DMARC1; p=none|"
	    "_dmarc.a.example.com v=DMARC1; p=none", "a.example.com", "", "",
	    "fail p=reject reject org example.com at example.com",
	    "none =" },
	{ "4.10 step 2: another TXT beside the record", EX "p=reject|"
	    "_dmarc.example.com v=spf1 -all", "example.com", "", "",
	    "fail p=reject reject org example.com at example.com", NULL },
	{ "record behind a CNAME", "_dmarc.example.com CNAME d.example.net|"
	    "d.example.net v=DMARC1; p=reject", "example.com", "", "",
	    "fail p=reject reject org example.com at example.com", NULL },
	{ "4.10.1 neither p nor rua", EX "t=n", "example.com", "example.com",
	    "", "none =", NULL },
	/* Tree walk: more than eight labels. */
	{ "4.10 twelve labels: the record at seven",
	    "_dmarc.g.h.i.j.mail.example.com v=DMARC1; p=reject",
	    "a.b.c.d.e.f.g.h.i.j.mail.example.com", "", "",
	    "fail p=reject reject org g.h.i.j.mail.example.com "
	    "at g.h.i.j.mail.example.com",
	    "none =" },
	{ "4.10 twelve labels: none is asked at eight",
	    "_dmarc.f.g.h.i.j.mail.example.com v=DMARC1; p=reject",
	    "a.b.c.d.e.f.g.h.i.j.mail.example.com", "", "", "none =", NULL },
	{ "5.1.8 psd=n past the shortcut is never seen",
	    EX "p=none|_dmarc.b.c.d.e.f.g.example.com v=DMARC1; p=reject; "
	    "psd=n", "mail.a.b.c.d.e.f.g.example.com", "", "",
	    "fail p=none none org example.com at example.com", NULL },
	{ "4.10 eight labels: all of them are asked",
	    "_dmarc.b.c.d.e.f.example.com v=DMARC1; p=reject",
	    "a.b.c.d.e.f.example.com", "", "",
	    "fail p=reject reject org b.c.d.e.f.example.com "
	    "at b.c.d.e.f.example.com", "none =" },
	{ "one label", "_dmarc.local v=DMARC1; p=reject", "local", "local", "",
	    "pass p=reject none org local at local spf local", NULL },
	/* psd. */
	{ "4.10.2 rule 2: psd=y at the top", "_dmarc.com v=DMARC1; p=reject; "
	    "psd=y", "a.example.com", "", "",
	    "fail p=reject reject org example.com at com", "none =" },
	{ "4.10.2 rule 2: siblings below a suffix do not align",
	    "_dmarc.com v=DMARC1; p=reject; psd=y", "example.com",
	    "example2.com", "x.example2.com",
	    "fail p=reject reject org example.com at com", "none =" },
	{ "4.10.2 rule 2: one label below with nine labels",
	    "_dmarc.c.d.e.f.g.h.com v=DMARC1; p=reject; psd=y",
	    "a.b.c.d.e.f.g.h.com", "b.c.d.e.f.g.h.com", "",
	    "pass p=reject none org b.c.d.e.f.g.h.com at c.d.e.f.g.h.com "
	    "spf b.c.d.e.f.g.h.com", "none =" },
	{ "4.10.2 rule 2: not for the start", EX "p=reject; psd=y",
	    "example.com", "a.example.com", "",
	    "fail p=reject reject org example.com at example.com",
	    "pass p=reject none org example.com at example.com "
	    "spf a.example.com" },
	{ "4.10.1 the suffix's record only without the organization's",
	    "_dmarc.com v=DMARC1; p=reject; psd=y|" EX "p=none",
	    "a.example.com", "", "",
	    "fail p=none none org example.com at example.com", NULL },
	{ "4.10.2 rule 1: psd=n ends the walk", EX "p=reject; psd=n|"
	    "_dmarc.com v=DMARC1; p=none; psd=y", "a.example.com",
	    "b.example.com", "",
	    "pass p=reject none org example.com at example.com "
	    "spf b.example.com", NULL },
	{ "4.10.2 rule 1: psd=n apart from its parent",
	    "_dmarc.b.example.com v=DMARC1; p=reject; psd=n|" EX "p=none",
	    "a.b.example.com", "example.com", "",
	    "fail p=reject reject org b.example.com at b.example.com",
	    "pass p=none none org example.com at example.com "
	    "spf example.com" },
	{ "4.10.2 rule 3: psd=u is the default",
	    "_dmarc.com v=DMARC1; p=none; psd=u|" EX "p=reject",
	    "example.com", "other.com", "",
	    "pass p=reject none org com at example.com spf other.com",
	    "fail p=reject reject org example.com at example.com" },
	/* Which policy. */
	{ "4.7 p: of the domain itself", EX "p=reject; sp=none; np=none",
	    "example.com", "", "",
	    "fail p=reject reject org example.com at example.com", NULL },
	{ "4.7 sp: of a subdomain that exists",
	    EX "p=none; sp=reject; np=none|a.example.com A", "a.example.com",
	    "", "", "fail sp=reject reject org example.com at example.com",
	    NULL },
	{ "4.7 sp: for np when that is absent", EX "p=none; sp=reject",
	    "a.example.com", "", "",
	    "fail sp=reject reject org example.com at example.com", NULL },
	{ "4.7 np: of a subdomain that does not exist",
	    EX "p=none; sp=none; np=reject", "a.example.com", "", "",
	    "fail np=reject reject org example.com at example.com", NULL },
	{ "4.7 np: without sp", EX "p=reject; np=none", "a.example.com", "",
	    "", "fail np=none none org example.com at example.com", NULL },
	{ "3.2.13 a name with names below it exists",
	    EX "p=none; np=reject|x.a.example.com A", "a.example.com", "", "",
	    "fail p=none none org example.com at example.com", NULL },
	{ "3.2.13 a CNAME to nowhere exists",
	    EX "p=none; np=reject|a.example.com CNAME nowhere.example.net",
	    "a.example.com", "", "",
	    "fail p=none none org example.com at example.com", NULL },
	{ "5.3.6 whether it exists is not known",
	    EX "p=none; np=reject|a.example.com FAIL", "a.example.com", "",
	    "", "temperror p=none none org example.com at example.com "
	    "(existence of the author domain not known)", NULL },
	{ "existence does not matter", EX "p=reject; np=reject|"
	    "a.example.com FAIL", "a.example.com", "", "",
	    "fail p=reject reject org example.com at example.com", NULL },
	{ "existence does not matter for a pass", EX "p=none; np=reject|"
	    "a.example.com FAIL", "a.example.com", "", "example.com",
	    "pass p=none none org example.com at example.com "
	    "dkim example.com", NULL },
	{ "np of the suffix's record", "_dmarc.com v=DMARC1; p=none; psd=y; "
	    "np=reject", "example.com", "", "",
	    "fail np=reject reject org example.com at com", "none =" },
	/* t. */
	{ "4.7 t=y: one level below reject", EX "p=reject; t=y",
	    "example.com", "", "",
	    "fail p=reject quarantine test org example.com at example.com",
	    NULL },
	{ "4.7 t=y: one level below quarantine", EX "p=none; sp=quarantine; "
	    "t=y", "a.example.com", "", "",
	    "fail sp=quarantine none test org example.com at example.com",
	    NULL },
	{ "4.7 t=y: no effect on none", EX "p=none; t=y", "example.com", "",
	    "", "fail p=none none org example.com at example.com", NULL },
	/* Alignment. */
	{ "4.4 relaxed, the organization signs", EX "p=reject",
	    "a.example.com", "", "example.com",
	    "pass p=reject none org example.com at example.com "
	    "dkim example.com", NULL },
	{ "4.4 relaxed, siblings", EX "p=reject", "a.example.com",
	    "b.c.example.com", "",
	    "pass p=reject none org example.com at example.com "
	    "spf b.c.example.com", NULL },
	{ "4.4 strict DKIM: the organization does not do",
	    EX "p=reject; adkim=s", "a.example.com", "", "example.com",
	    "fail p=reject reject org example.com at example.com", NULL },
	{ "4.4 strict SPF: the organization does not do",
	    EX "p=reject; aspf=s", "a.example.com", "example.com", "",
	    "fail p=reject reject org example.com at example.com", NULL },
	{ "4.4 strict: nor a subdomain", EX "p=reject; adkim=s; aspf=s",
	    "example.com", "a.example.com", "a.example.com",
	    "fail p=reject reject org example.com at example.com", NULL },
	{ "4.4 strict: identical", EX "p=reject; adkim=s; aspf=s",
	    "a.example.com", "", "a.example.com",
	    "pass p=reject none org example.com at example.com "
	    "dkim a.example.com", NULL },
	{ "4.4 strict for one of them", EX "p=reject; adkim=s",
	    "a.example.com", "example.com", "example.com",
	    "pass p=reject none org example.com at example.com "
	    "spf example.com", NULL },
	{ "4.4.1 any signature", EX "p=reject", "example.com", "",
	    "x.test !example.com list.test a.example.com",
	    "pass p=reject none org example.com at example.com "
	    "dkim a.example.com", NULL },
	{ "a name that only ends alike", EX "p=reject", "example.com",
	    "evilexample.com", "evilexample.com",
	    "fail p=reject reject org example.com at example.com", NULL },
	{ "an aligned domain that failed", EX "p=reject", "example.com",
	    "!example.com", "!example.com",
	    "fail p=reject reject org example.com at example.com", NULL },
	{ "an identifier with its own psd=n", EX "p=reject|"
	    "_dmarc.dept.example.com v=DMARC1; p=none; psd=n", "example.com",
	    "", "x.dept.example.com",
	    "fail p=reject reject org example.com at example.com",
	    "pass p=reject none org example.com at example.com "
	    "dkim x.dept.example.com" },
	/* Failures of the DNS and of what authenticates. */
	{ "5.3.6 the author domain's question", "_dmarc.example.com FAIL",
	    "example.com", "example.com", "",
	    "temperror = none (servfail)",
	    "temperror = none org example.com (servfail)" },
	{ "5.3.6 the organization's question", "_dmarc.example.com FAIL",
	    "a.example.com", "example.com", "",
	    "temperror = none (servfail)",
	    "temperror = none org example.com (servfail)" },
	{ "5.3.6 an organization not known", "_dmarc.com FAIL|" EX "p=reject",
	    "example.com", "a.example.com", "",
	    "temperror p=reject none at example.com "
	    "(organizational domain not known)",
	    "pass p=reject none org example.com at example.com "
	    "spf a.example.com" },
	{ "identical domains need no organization", "_dmarc.com FAIL|"
	    EX "p=reject", "example.com", "example.com", "",
	    "pass p=reject none at example.com spf example.com",
	    "pass p=reject none org example.com at example.com "
	    "spf example.com" },
	{ "strict needs no organization", "_dmarc.com FAIL|"
	    EX "p=reject; aspf=s", "example.com", "a.example.com", "",
	    "fail p=reject reject at example.com",
	    "fail p=reject reject org example.com at example.com" },
	{ "another top needs no organization", "_dmarc.com FAIL|"
	    EX "p=reject", "example.com", "evil.test", "evil.test",
	    "fail p=reject reject at example.com",
	    "fail p=reject reject org example.com at example.com" },
	{ "failures past the end of the walk", "_dmarc.com FAIL|"
	    EX "p=reject; psd=n", "example.com", "a.example.com", "",
	    "pass p=reject none org example.com at example.com "
	    "spf a.example.com", NULL },
	{ "an identifier's question", EX "p=reject|"
	    "_dmarc.a.example.com FAIL", "example.com", "", "a.example.com",
	    "temperror p=reject none org example.com at example.com "
	    "(organizational domain not known)",
	    "pass p=reject none org example.com at example.com "
	    "dkim a.example.com" },
	{ "5.3.6 SPF temperror of an aligned domain", EX "p=reject",
	    "example.com", "?a.example.com", "other.test",
	    "temperror p=reject none org example.com at example.com "
	    "(authentication of an aligned domain not known)", NULL },
	{ "SPF temperror of another domain", EX "p=reject", "example.com",
	    "?other.com", "",
	    "fail p=reject reject org example.com at example.com", NULL },
	{ "SPF temperror beside an aligned signature", EX "p=reject",
	    "example.com", "?example.com", "example.com",
	    "pass p=reject none org example.com at example.com "
	    "dkim example.com", NULL },
	/* What the list says otherwise. */
	{ "a private suffix", EX "p=reject|_dmarc.github.io v=DMARC1; p=none",
	    "a.github.io", "b.github.io", "",
	    "pass p=none none org github.io at github.io spf b.github.io",
	    "none =" },
	{ "7489 3.2 a suffix stands for itself",
	    "_dmarc.co.uk v=DMARC1; p=reject", "co.uk", "a.co.uk", "",
	    "pass p=reject none org co.uk at co.uk spf a.co.uk",
	    "fail p=reject reject org co.uk at co.uk" },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static struct dmarc_identifier
identifier(struct span word)
{
	struct dmarc_identifier id = { word, true, false };

	if (word.n == 0)
		return id;
	id.temperror = word.p[0] == '?';
	id.pass = !id.temperror && word.p[0] != '!';
	if (!id.pass)
		id.domain = span_skip(word, 1);
	return id;
}

static void
describe_verdict(const struct dmarc_verdict *v, struct buf *out)
{
	buf_printf(out, "%s %s=%s", dmarc_result_name(v->result), v->tag,
	    dmarc_policy_name(v->policy));
	if (v->result == DMARC_RESULT_NONE)
		return;
	buf_printf(out, " %s%s", dmarc_policy_name(v->disposition),
	    v->testing ? " test" : "");
	if (v->org.n != 0)
		buf_printf(out, " org %.*s", SPAN_ARG(v->org));
	if (v->record_at.n != 0)
		buf_printf(out, " at %.*s", SPAN_ARG(v->record_at));
	if (v->aligned.n != 0)
		buf_printf(out, " %s %.*s", v->dkim_aligned ? "dkim" : "spf",
		    SPAN_ARG(v->aligned));
	if (v->result == DMARC_RESULT_TEMPERROR)
		buf_printf(out, " (%s)", v->reason);
}

struct world {
	struct span names[SIGNATURES + 1];
	struct dmarc_identifier dkim[SIGNATURES];
	struct dmarc_facts facts;
	struct dmarc_input in;
};

static void
world_fill(struct world *w, const struct row *row)
{
	struct span rest = span_of(row->dkim), word;

	memset(w, 0, sizeof(*w));
	w->facts.dkim = w->dkim;
	w->facts.spf = identifier(span_of(row->spf));
	w->in.author = span_of(row->author);
	w->in.identifiers = w->names;
	w->names[w->in.identifier_count++] = w->facts.spf.domain;
	while (span_word(&rest, &word)) {
		w->dkim[w->facts.dkim_count] = identifier(word);
		w->names[w->in.identifier_count++] =
		    w->dkim[w->facts.dkim_count++].domain;
	}
}

static void
run_row(const struct row *row, const struct suffixes *suffixes,
    enum dmarc_method method, bool compare)
{
	const char *expected = row->expected;
	struct dns *dns = zone_dns(&arena, row->zone);
	struct dmarc_verdict v;
	struct dns_job *job;
	struct world w;
	struct buf out;

	if (method == DMARC_SUFFIX && row->by_suffix != NULL)
		expected = row->by_suffix;
	world_fill(&w, row);
	w.in.method = method;
	w.in.compare = compare;
	w.in.suffixes = suffixes;
	job = dmarc_start(dns, &w.in);
	CHECK(row->name, dns_job_wait(job, TIMEOUT));
	dmarc_evaluate(dmarc_outcome(job), &w.facts, &v);
	buf_init(&out, TEXT_MAX);
	describe_verdict(&v, &out);
	CHECK_TEXT(row->name, buf_string(&out), expected);
	buf_done(&out);
	dns_job_free(job);
	dns_free(dns);
}

/* ---- several author domains ---- */

struct combination {
	const char *name;
	enum author_kind kind;
	const char *each;	/* letter of result and of disposition each */
	const char *expected;
};

/* Results n p f t; dispositions n q r. */
static const struct combination combinations[] = {
	{ "one passes", AUTHOR_ONE, "pn", "pass none" },
	{ "one fails", AUTHOR_ONE, "fr", "fail reject" },
	{ "11.5 the most strict of those that fail", AUTHOR_SEVERAL,
	    "fn pn fr fq", "fail reject" },
	{ "11.5 one that passes does not save the other", AUTHOR_SEVERAL,
	    "pn fq", "fail quarantine" },
	{ "several that all pass", AUTHOR_SEVERAL, "pn pn", "pass none" },
	{ "one without record is no pass", AUTHOR_SEVERAL, "pn nn",
	    "none none" },
	{ "one not known is no pass", AUTHOR_SEVERAL, "pn tn nn",
	    "temperror none" },
	{ "4.4 broken never passes", AUTHOR_BROKEN, "pn", "permerror none" },
	{ "broken without record", AUTHOR_BROKEN, "nn", "permerror none" },
	{ "broken can fail", AUTHOR_BROKEN, "pn fr", "fail reject" },
	{ "no domain", AUTHOR_NONE, "", "permerror none" },
};

static void
run_combination(const struct combination *row)
{
	static const char results[] = "npft", dispositions[] = "-nqr";
	struct dmarc_verdict each[AUTHOR_DOMAINS_MAX] = { { 0 } }, out;
	struct author author = { .kind = row->kind, .reason = "reason" };
	struct span rest = span_of(row->each), word;
	char got[64];

	while (span_word(&rest, &word)) {
		each[author.count].result = (enum dmarc_result)
		    (strchr(results, word.p[0]) - results);
		each[author.count++].disposition = (enum dmarc_policy)
		    (strchr(dispositions, word.p[1]) - dispositions);
	}
	dmarc_combine(&author, each, &out);
	snprintf(got, sizeof(got), "%s %s", dmarc_result_name(out.result),
	    dmarc_policy_name(out.disposition));
	CHECK_TEXT(row->name, got, row->expected);
	CHECK(row->name, out.result != DMARC_RESULT_PERMERROR ||
	    out.reason == author.reason);
}

int
main(void)
{
	struct error error;
	struct suffixes *suffixes = suffixes_open("", &error);
	size_t i;

	arena_init(&arena);
	CHECK("suffixes", suffixes != NULL);
	for (i = 0; i < ROWS && suffixes != NULL; i++) {
		run_row(&rows[i], suffixes, DMARC_WALK, false);
		run_row(&rows[i], suffixes, DMARC_WALK, true);
		run_row(&rows[i], suffixes, DMARC_SUFFIX, false);
		run_row(&rows[i], suffixes, DMARC_SUFFIX, true);
	}
	suffixes_close(suffixes);
	for (i = 0; i < sizeof(combinations) / sizeof(combinations[0]); i++)
		run_combination(&combinations[i]);
	arena_done(&arena);
	return test_end();
}
