/* domainspf - judges an SPF record, and writes a better one. */
#include "ctl/domainspf.h"

#include "auth/spfrecord.h"

#define WORDS_MAX 200	/* of a record that is rewritten */
#define REPAIRS_MAX 20	/* terms at fault that are left out */
#define ADVICE_MAX 4096
#define STRING_MAX 255	/* bytes of one string; RFC 1035 3.3.14 */

/* A record being rewritten: its terms but for "all". */
struct rewrite {
	struct span words[WORDS_MAX];
	size_t count;
	struct span redirect;
	bool softfail;		/* ended with ~all */
	bool all;
};

struct dns_job *
domainspf_probe(struct dns *dns, struct span domain, size_t which)
{
	/* Of documentation: RFC 5737 and 3849. */
	static const char *const strangers[DOMAINSPF_PROBES] = {
		"203.0.113.255", "2001:db8:ffff:ffff::ff" };
	struct spf_input input = { .identity = SPF_MAILFROM,
		.helo = "stranger.invalid", .receiver = "unknown" };
	struct dns_job *job;
	struct arena arena;

	ip_parse(span_of(strangers[which]), &input.ip);
	arena_init(&arena);
	input.sender = arena_printf(&arena, "postmaster@%.*s",
	    SPAN_ARG(domain)).p;
	job = spf_start(dns, &input);
	arena_done(&arena);
	return job;
}

/* A term without its qualifier. */
static struct span
bare(struct span word)
{
	return word.n != 0 && span_chr(span_of("+-~?"), word.p[0]) < 4 ?
	    span_skip(word, 1) : word;
}

static bool
is_ptr(struct span word)
{
	word = bare(word);
	return span_istarts(word, "ptr") &&
	    (word.n == 3 || word.p[3] == ':' || word.p[3] == '/');
}

static void
rewrite_add(struct rewrite *r, struct span word)
{
	size_t i;

	if (span_iis(bare(word), "all")) {
		r->all = true;
		r->softfail = word.p[0] == '~';
		return;
	}
	if (span_istarts(word, "redirect=")) {
		r->redirect = word;
		return;
	}
	/* RFC 7208 5.5: the hosts of mail are more likely the MX's. */
	if (is_ptr(word))
		word = span_of("mx");
	for (i = 0; i < r->count; i++)
		if (span_ieq(r->words[i], word))
			return;
	if (r->count < WORDS_MAX)
		r->words[r->count++] = word;
}

/* Takes over all terms but one that is at fault. */
static void
rewrite_record(struct rewrite *r, struct span text, struct span fault)
{
	struct span word;

	span_word(&text, &word);
	while (span_word(&text, &word))
		if (fault.n == 0 || word.p != fault.p)
			rewrite_add(r, word);
}

static struct span
rewrite_text(const struct rewrite *r, struct arena *arena)
{
	struct span text = span_of("v=spf1");
	size_t i;

	for (i = 0; i < r->count; i++)
		text = arena_printf(arena, "%.*s %.*s", SPAN_ARG(text),
		    SPAN_ARG(r->words[i]));
	if (!r->all && r->redirect.n != 0)
		return arena_printf(arena, "%.*s %.*s", SPAN_ARG(text),
		    SPAN_ARG(r->redirect));
	return arena_printf(arena, "%.*s %s", SPAN_ARG(text),
	    r->softfail ? "~all" : "-all");
}

/* One record of all that are there, without what is wrong in them. */
static struct span
better(struct arena *arena, const struct span *texts, size_t count)
{
	struct rewrite r = { 0 };
	struct span text, fault;
	struct spf_record record;
	size_t i;

	for (i = 0; i < count; i++)
		rewrite_record(&r, texts[i], span_of(""));
	text = rewrite_text(&r, arena);
	for (i = 0; i < REPAIRS_MAX && spf_record_parse(arena, text, &record,
	    &fault) != NULL; i++) {
		r = (struct rewrite){ 0 };
		rewrite_record(&r, text, fault);
		text = rewrite_text(&r, arena);
	}
	return text;
}

/* The part of a line that says what to publish. */
static const char *
publish(struct findings *f, const struct domainspf *s, struct span text)
{
	struct span line = arena_printf(f->arena,
	    "; publish instead: %.*s. IN TXT", SPAN_ARG(s->domain));

	text = span_head(text, ADVICE_MAX);
	for (; text.n != 0; text = span_skip(text, STRING_MAX))
		line = arena_printf(f->arena, "%.*s \"%.*s\"", SPAN_ARG(line),
		    SPAN_ARG(span_head(text, STRING_MAX)));
	return line.p;
}

static bool
takes_mail(const struct dns_answer *mx)
{
	return mx->status == DNS_FOUND && mx->records[0].data.n != 0;
}

static void
judge_all(struct findings *f, const struct spf_record *r, const char *advice)
{
	const struct spf_term *last = r->count != 0 ?
	    &r->terms[r->count - 1] : NULL;

	if (last == NULL || last->mechanism != SPF_ALL) {
		if (r->redirect.n == 0)
			finding_add(f, FINDING_PROBLEM, "SPF: no \"all\" at "
			    "the end, so every other host is neutral%s",
			    advice);
		else
			finding_add(f, FINDING_NOTE, "SPF: the rest is up to "
			    "%.*s, by redirect=", SPAN_ARG(r->redirect));
		return;
	}
	if (last->result == SPF_PASS)
		finding_add(f, FINDING_PROBLEM, "SPF: +all lets every host "
		    "send in the domain's name%s", advice);
	else if (last->result == SPF_NEUTRAL)
		finding_add(f, FINDING_PROBLEM, "SPF: ?all says nothing "
		    "about other hosts%s", advice);
	else
		finding_add(f, FINDING_GOOD, "SPF: ends with %.*s",
		    SPAN_ARG(last->text));
}

static void
judge_terms(struct findings *f, const struct spf_record *r,
    const char *advice)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (r->terms[i].mechanism == SPF_PTR)
			finding_add(f, FINDING_PROBLEM, "SPF: %.*s is slow "
			    "and unreliable, and not to be used (RFC 7208 "
			    "section 5.5)%s", SPAN_ARG(r->terms[i].text),
			    advice);
	judge_all(f, r, advice);
}

/* The probe that tells more: of what goes wrong, then of the higher cost. */
static const struct spf_outcome *
worse(const struct spf_outcome *a, const struct spf_outcome *b)
{
	if (a->result == SPF_PERMERROR || a->result == SPF_TEMPERROR)
		return a;
	if (b->result == SPF_PERMERROR || b->result == SPF_TEMPERROR)
		return b;
	if ((a->result == SPF_PASS) != (b->result == SPF_PASS))
		return a->result == SPF_PASS ? a : b;
	return a->lookups + a->voids >= b->lookups + b->voids ? a : b;
}

static void
judge_limits(struct findings *f, const struct domainspf *s,
    const struct spf_outcome *o)
{
	if (span_starts(span_of(o->problem), "DNS lookups:"))
		finding_add(f, FINDING_PROBLEM, "SPF: more than %d terms ask "
		    "the DNS, so every message gets permerror (RFC 7208 "
		    "section 4.6.4); publish instead: %.*s. IN TXT with ip4: "
		    "and ip6: in place of a, mx and include: of hosts that "
		    "are yours, and no include: of services no longer used",
		    SPF_LOOKUPS_MAX, SPAN_ARG(s->domain));
	else if (o->voids > SPF_VOIDS_MAX)
		finding_add(f, FINDING_PROBLEM, "SPF: more than %d terms name "
		    "what does not exist (RFC 7208 section 4.6.4): permerror; "
		    "publish the record again without them", SPF_VOIDS_MAX);
	else
		finding_add(f, FINDING_PROBLEM, "SPF: evaluation ends with "
		    "permerror: %s", o->problem);
}

/* What only an evaluation shows: costs, and what is included. */
static void
judge_probe(struct findings *f, const struct domainspf *s, bool open)
{
	const struct spf_outcome *o = worse(s->probes[0], s->probes[1]);

	if (o->result == SPF_TEMPERROR) {
		finding_unanswered(f, "SPF", o->problem);
		return;
	}
	if (o->result == SPF_PERMERROR) {
		judge_limits(f, s, o);
		return;
	}
	if (o->result == SPF_PASS && !open)
		finding_add(f, FINDING_PROBLEM, "SPF: hosts of nobody pass by "
		    "%s; publish the record again without it", o->mechanism);
	finding_add(f, FINDING_GOOD, "SPF: %u of %d terms that may ask the "
	    "DNS", o->lookups, SPF_LOOKUPS_MAX);
	if (o->voids != 0)
		finding_add(f, FINDING_NOTE, "SPF: %u of them brought "
		    "nothing, %d may", o->voids, SPF_VOIDS_MAX);
}

static bool
is_open(const struct spf_record *r)
{
	return r->count != 0 && r->terms[r->count - 1].mechanism == SPF_ALL &&
	    r->terms[r->count - 1].result == SPF_PASS;
}

static void
judge_one(struct findings *f, const struct domainspf *s, struct span text)
{
	const char *advice = publish(f, s, better(f->arena, &text, 1));
	struct spf_record record;
	struct span where;
	const char *fault = spf_record_parse(f->arena, text, &record, &where);

	finding_add(f, FINDING_NOTE, "SPF: published: %.*s", SPAN_ARG(text));
	if (fault != NULL) {
		finding_add(f, FINDING_PROBLEM, "SPF: \"%.*s\": %s, so every "
		    "message gets permerror%s", SPAN_ARG(where), fault,
		    advice);
		return;
	}
	judge_terms(f, &record, advice);
	judge_probe(f, s, is_open(&record));
}

void
domainspf_judge(struct findings *f, const struct domainspf *s)
{
	struct span texts[DNS_RECORDS_MAX];
	size_t count = 0, i;

	if (s->txt->status == DNS_FAILED) {
		finding_unanswered(f, "SPF", s->txt->why);
		return;
	}
	for (i = 0; i < s->txt->count && count < DNS_RECORDS_MAX; i++)
		if (spf_record_is(s->txt->records[i].data))
			texts[count++] = s->txt->records[i].data;
	if (count == 0)
		finding_add(f, FINDING_PROBLEM, "SPF: no record%s",
		    publish(f, s, span_of(takes_mail(s->mx) ?
		    "v=spf1 mx -all" : "v=spf1 -all")));
	else if (count > 1)
		finding_add(f, FINDING_PROBLEM, "SPF: %zu records, so every "
		    "message gets permerror (RFC 7208 section 4.5)%s", count,
		    publish(f, s, better(f->arena, texts, count)));
	else
		judge_one(f, s, texts[0]);
}
