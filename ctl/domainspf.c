/* domainspf - judges an SPF record, and writes a better one. */
#include "ctl/domainspf.h"

#include "auth/spfrecord.h"
#include "ctl/resolver.h"
#include "ctl/spfflat.h"

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

/* As a line of a zone: text is cut into strings of what one may hold. */
static const char *
zone_line(struct arena *arena, struct span name, struct span text)
{
	struct span line = arena_printf(arena, "%.*s. IN TXT",
	    SPAN_ARG(name));

	text = span_head(text, ADVICE_MAX);
	for (; text.n != 0; text = span_skip(text, STRING_MAX))
		line = arena_printf(arena, "%.*s \"%.*s\"", SPAN_ARG(line),
		    SPAN_ARG(span_head(text, STRING_MAX)));
	return line.p;
}

/* The part of a line that says what to publish. */
static const char *
publish(struct findings *f, const struct domainspf *s, struct span text)
{
	return arena_printf(f->arena, "; publish instead: %s",
	    zone_line(f->arena, s->domain, text)).p;
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

/* What an evaluation of every message ends with. */
struct permerror {
	const char *text;
	bool costs;		/* not cured by removing what is not there */
	struct span published;
};

/* With the record that asks less, or the reason why there is none. */
static void
put_flat(struct findings *f, const struct domainspf *s,
    const struct permerror *p, const struct spfflat *flat)
{
	struct spfflat_record records[SPFFLAT_RECORDS_MAX];
	size_t count = spfflat_records(flat, f->arena, s->domain, records), i;

	if (count == 0 || span_eq(records[0].text, p->published)) {
		finding_add(f, FINDING_PROBLEM, "SPF: %s; %s: publish it "
		    "without terms for hosts and services no longer used",
		    p->text, count == 0 ? "what they stand for does not fit "
		    "into the records that may be asked for" : "nobody can "
		    "tell what they stand for");
		return;
	}
	finding_add(f, FINDING_PROBLEM, "SPF: %s%s", p->text, publish(f, s,
	    records[0].text));
	for (i = 1; i < count; i++)
		finding_add(f, FINDING_NOTE, "SPF: and with it: %s",
		    zone_line(f->arena, records[i].name, records[i].text));
	finding_add(f, FINDING_NOTE, "SPF: these are the addresses of today: "
	    "look again when hosts or services change; better keep include: "
	    "of those you use, and leave out the others");
}

static void
judge_flat(struct findings *f, const struct domainspf *s,
    const struct permerror *p, const struct spfflat *flat)
{
	if (flat->why != NULL) {
		finding_add(f, FINDING_PROBLEM, "SPF: %s", p->text);
		if (flat->unanswered)
			finding_unanswered(f, "SPF: what to publish instead",
			    flat->why);
		else
			finding_add(f, FINDING_NOTE, "SPF: no record to "
			    "publish instead: %s", flat->why);
		return;
	}
	if (!p->costs && flat->pruned.n != 0)
		finding_add(f, FINDING_PROBLEM, "SPF: %s%s", p->text,
		    publish(f, s, flat->pruned));
	else
		put_flat(f, s, p, flat);
	if (flat->left_out.n != 0)
		finding_add(f, FINDING_NOTE, "SPF: left out, for it brings "
		    "nothing or is faulty: %.*s", SPAN_ARG(flat->left_out));
}

/* Begins from a record that is as good as one can tell by its text. */
static void
judge_permerror(struct findings *f, const struct domainspf *s,
    const struct spf_outcome *o, struct span published)
{
	struct permerror p = { .published = published,
		.costs = span_starts(span_of(o->problem), "DNS lookups:") };
	struct dns_job *job = spfflat_start(s->dns, s->domain,
	    better(f->arena, &published, 1));

	if (p.costs)
		p.text = arena_printf(f->arena, "more than %d terms ask the "
		    "DNS, so every message gets permerror (RFC 7208 section "
		    "4.6.4)", SPF_LOOKUPS_MAX).p;
	else if (o->voids > SPF_VOIDS_MAX)
		p.text = arena_printf(f->arena, "more than %d terms name what "
		    "does not exist, so every message gets permerror (RFC "
		    "7208 section 4.6.4)", SPF_VOIDS_MAX).p;
	else
		p.text = arena_printf(f->arena, "evaluation ends with "
		    "permerror: %s", o->problem).p;
	dns_job_wait(job, RESOLVER_WAIT_MS);
	judge_flat(f, s, &p, spfflat_outcome(job));
	dns_job_free(job);
}

/* What only an evaluation shows: costs, and what is included. */
static void
judge_probe(struct findings *f, const struct domainspf *s, bool open,
    struct span text)
{
	const struct spf_outcome *o = worse(s->probes[0], s->probes[1]);

	if (o->result == SPF_TEMPERROR) {
		finding_unanswered(f, "SPF", o->problem);
		return;
	}
	if (o->result == SPF_PERMERROR) {
		judge_permerror(f, s, o, text);
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
	judge_probe(f, s, is_open(&record), text);
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
