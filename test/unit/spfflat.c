/*
 * spfflat - SPF records without lookups: what they say, and that they mean the
 * same as those they are made from.
 */
#include "ctl/spfflat.h"

#include "test/unit/test.h"
#include "test/unit/zone.h"

#define WAIT_MS 1000
#define HOSTS "mx.example.com A 192.0.2.1|mx.example.com AAAA 2001:db8::1|" \
    "example.com MX 10 mx.example.com|example.com A 192.0.2.2|"
#define P "p.example.net v=spf1 "

static const struct row {
	const char *name, *record, *zone;
	const char *expected;	/* and what is left out */
} rows[] = {
	{ "addresses stay", "ip4:192.0.2.0/24 ?ip6:2001:db8::/32 ~all", "",
	    "v=spf1 ip4:192.0.2.0/24 ?ip6:2001:db8::/32 ~all" },
	{ "host bits: 5.6", "ip4:192.0.2.77/24 -all", "",
	    "v=spf1 ip4:192.0.2.0/24 -all" },
	{ "a and mx", "a mx -all", HOSTS, "v=spf1 ip4:192.0.2.2 "
	    "ip4:192.0.2.1 ip6:2001:db8::1 -all" },
	{ "prefix lengths: 5.6", "a:mx.example.com/24//64 -all", HOSTS,
	    "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/64 -all" },
	{ "what an earlier term holds", "ip4:192.0.2.0/30 a mx -all", HOSTS,
	    "v=spf1 ip4:192.0.2.0/30 ip6:2001:db8::1 -all" },
	{ "even with another qualifier", "-a +a -all", HOSTS,
	    "v=spf1 -ip4:192.0.2.2 -all" },
	{ "include: 5.2", "include:p.example.net ~all", P
	    "ip4:192.0.2.3 include:q.example.net -all|"
	    "q.example.net v=spf1 a:mx.example.com ~all|" HOSTS,
	    "v=spf1 ip4:192.0.2.3 ip4:192.0.2.1 ip6:2001:db8::1 ~all" },
	{ "qualifier of an include", "?include:p.example.net -all",
	    P "ip4:192.0.2.3 -all", "v=spf1 ?ip4:192.0.2.3 -all" },
	{ "what does not pass in an include does nothing: 5.2",
	    "include:p.example.net ip4:192.0.2.4 -all",
	    P "ip4:192.0.2.3 -ip4:192.0.2.4 -all",
	    "v=spf1 ip4:192.0.2.3 ip4:192.0.2.4 -all" },
	{ "an exclusion cannot be expressed", "include:p.example.net -all",
	    P "-ip4:192.0.2.3 ip4:192.0.2.0/24 -all",
	    "v=spf1 include:p.example.net -all" },
	{ "nor can it in an include's include",
	    "include:p.example.net a -all", P "ip4:192.0.2.8 "
	    "include:q.example.net -all|q.example.net v=spf1 "
	    "-ip4:192.0.2.3 ip4:192.0.2.0/24 -all|" HOSTS,
	    "v=spf1 ip4:192.0.2.8 include:q.example.net ip4:192.0.2.2 "
	    "-all" },
	{ "redirect: 6.1", "a redirect=p.example.net",
	    HOSTS P "-ip4:192.0.2.3 ip4:192.0.2.0/24 ~all",
	    "v=spf1 ip4:192.0.2.2 -ip4:192.0.2.3 ip4:192.0.2.0/24 ~all" },
	{ "redirect of an include: 6.1", "include:p.example.net -all",
	    P "redirect=q.example.net|q.example.net v=spf1 "
	    "ip4:192.0.2.3 ?all", "v=spf1 ip4:192.0.2.3 -all" },
	{ "macros stay: 7", "exists:%{i}.x.example.com a:%{h} -all", "",
	    "v=spf1 exists:%{i}.x.example.com a:%{h} -all" },
	{ "macros of an include", "include:p.example.net -all",
	    P "exists:%{i}.x.example.com ptr a:y.example.com -all|"
	    "y.example.com A 192.0.2.9", "v=spf1 exists:%{i}.x.example.com "
	    "ptr:p.example.net ip4:192.0.2.9 -all" },
	{ "%{d} of an include", "include:p.example.net -all",
	    P "ip4:192.0.2.3 exists:%{d1}.x.example.com -all",
	    "v=spf1 include:p.example.net -all" },
	{ "redirect with a macro", "a redirect=%{d}.example.net", HOSTS,
	    "v=spf1 ip4:192.0.2.2 redirect=%{d}.example.net" },
	{ "exp= stays: 6.2", "a -all exp=e.example.com", HOSTS,
	    "v=spf1 ip4:192.0.2.2 -all exp=e.example.com" },
	{ "a loop", "include:example.com a -all", HOSTS,
	    "v=spf1 ip4:192.0.2.2 -all without include:example.com" },
	{ "nothing there", "a:x.example.com include:x.example.com "
	    "include:p.example.net -all", P "a:z.example.com -all",
	    "v=spf1 -all without a:x.example.com include:x.example.com "
	    "a:z.example.com include:p.example.net" },
	{ "nothing there in an include that stays",
	    "include:p.example.net -all", P "a:x.example.com -ip4:192.0.2.3 "
	    "ip4:192.0.2.0/24 -all", "v=spf1 include:p.example.net -all" },
	{ "a faulty include", "include:p.example.net a -all",
	    HOSTS P "ip4:300.0.0.1 -all", "v=spf1 ip4:192.0.2.2 -all "
	    "without include:p.example.net" },
	{ "two records: 4.5", "include:p.example.net a -all",
	    HOSTS P "+all|" P "-all", "v=spf1 ip4:192.0.2.2 -all "
	    "without include:p.example.net" },
	{ "+all of an include", "include:p.example.net -all",
	    P "ip4:192.0.2.3 +all", "v=spf1 ip4:192.0.2.3 -all" },
	{ "no answer", "a include:p.example.net -all", "p.example.net FAIL",
	    "servfail" },
};

/* Enough hosts for one record more than one message of the DNS holds. */
static const struct part {
	const char *name;
	unsigned hosts;
	size_t records;
	bool softfail;
} parts[] = {
	{ "one record", 20, 1, false },
	{ "two parts", 30, 3, false },
	{ "three parts", 50, 4, true },
	{ "nine parts", 200, 10, false },
	{ "too many: 4.6.4", 300, 0, false },
};

static const char *
text_of(const struct spfflat *flat, struct arena *arena)
{
	struct spfflat_record out[SPFFLAT_RECORDS_MAX];

	if (flat->why != NULL)
		return flat->why;
	if (spfflat_records(flat, arena, span_of("example.com"), out) != 1)
		return "not one";
	return arena_string(arena, out[0].text);
}

static enum spf_result
judge(struct dns *dns, const char *host)
{
	struct spf_input in = { .identity = SPF_MAILFROM, .helo = "h.invalid",
		.sender = "x@example.com", .receiver = "r" };
	struct dns_job *job;
	enum spf_result result;

	ip_parse(span_of(host), &in.ip);
	job = spf_start(dns, &in);
	dns_job_wait(job, WAIT_MS);
	result = spf_outcome(job)->result;
	dns_job_free(job);
	return result;
}

/* Where there was a result, the same one comes. */
static void
compare(const struct row *row, struct arena *arena, const char *record)
{
	static const char *const hosts[] = { "192.0.2.1", "192.0.2.2",
		"192.0.2.3", "192.0.2.4", "192.0.2.8", "192.0.2.9",
		"198.51.100.1", "2001:db8::1", "2001:db8::2", "2001:db9::1" };
	struct dns *old = zone_dns(arena, arena_printf(arena,
	    "%s|example.com v=spf1 %s", row->zone, row->record).p);
	struct dns *new = zone_dns(arena, arena_printf(arena,
	    "%s|example.com %s", row->zone, record).p);
	enum spf_result was;
	size_t i;

	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		was = judge(old, hosts[i]);
		if (was != SPF_PERMERROR && was != SPF_TEMPERROR &&
		    strstr(row->name, "+all") == NULL)
			CHECK_TEXT(row->name, spf_word(judge(new, hosts[i])),
			    spf_word(was));
	}
	dns_free(old);
	dns_free(new);
}

static void
run(const struct row *row, struct arena *arena)
{
	struct dns *dns = zone_dns(arena, row->zone);
	struct dns_job *job = spfflat_start(dns, span_of("example.com"),
	    arena_printf(arena, "v=spf1 %s", row->record));
	const struct spfflat *flat;
	const char *text;

	dns_job_wait(job, WAIT_MS);
	flat = spfflat_outcome(job);
	text = text_of(flat, arena);
	CHECK_TEXT(row->name, flat->left_out.n == 0 || flat->why != NULL ?
	    text : arena_printf(arena, "%s without %.*s", text,
	    SPAN_ARG(flat->left_out)).p, row->expected);
	if (flat->why == NULL)
		compare(row, arena, text);
	dns_job_free(job);
	dns_free(dns);
}

/* No two are neighbours. */
static struct span
host_text(struct arena *arena, size_t number)
{
	return arena_printf(arena, "203.%zu.%zu.113", number / 100,
	    100 + number % 100);
}

static struct dns *
many_hosts(struct arena *arena, unsigned hosts)
{
	struct dns *dns = dns_table();
	unsigned i;

	for (i = 0; i < hosts; i++)
		dns_table_add(dns, arena_printf(arena, "h%u.example.net",
		    i / 50).p, DNS_A, host_text(arena, i));
	return dns;
}

/* Published, it passes who is named and nobody else, within the limits. */
static void
test_part(const struct part *part, struct arena *arena)
{
	struct spfflat_record out[SPFFLAT_RECORDS_MAX];
	struct dns *dns = many_hosts(arena, part->hosts);
	struct span text = arena_printf(arena, "v=spf1 a:h0.example.net "
	    "a:h1.example.net a:h2.example.net a:h3.example.net "
	    "a:h4.example.net a:h5.example.net %s", part->softfail ? "~all" :
	    "-all");
	struct dns_job *job = spfflat_start(dns, span_of("example.com"), text);
	size_t count, i;

	dns_job_wait(job, WAIT_MS);
	count = spfflat_records(spfflat_outcome(job), arena,
	    span_of("example.com"), out);
	CHECK(part->name, count == part->records);
	for (i = 0; i < count; i++) {
		CHECK(part->name, out[i].name.n + out[i].text.n <=
		    SPFFLAT_RECORD_MAX);
		dns_table_add(dns, arena_string(arena, out[i].name), DNS_TXT,
		    out[i].text);
	}
	for (i = 0; count != 0 && i < part->hosts; i++)
		CHECK(part->name, judge(dns, host_text(arena, i).p) ==
		    SPF_PASS);
	if (count != 0)
		CHECK(part->name, judge(dns, "203.0.99.113") ==
		    (part->softfail ? SPF_SOFTFAIL : SPF_FAIL));
	dns_job_free(job);
	dns_free(dns);
}

/* What strangers publish is never more work than the limits allow. */
static void
test_hostile(struct arena *arena)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f" };
	struct dns *dns = dns_table();
	struct span text = span_of("v=spf1");
	struct dns_job *job;
	size_t i;

	for (i = 0; i < 6; i++)
		text = arena_printf(arena, "%.*s include:%s.example.com",
		    SPAN_ARG(text), names[i]);
	for (i = 0; i < 6; i++)
		dns_table_add(dns, arena_printf(arena, "%s.example.com",
		    names[i]).p, DNS_TXT, text);
	job = spfflat_start(dns, span_of("example.com"), text);
	dns_job_wait(job, WAIT_MS);
	CHECK("includes of includes", spfflat_outcome(job)->why != NULL &&
	    !spfflat_outcome(job)->unanswered);
	dns_job_free(job);
	dns_free(dns);
}

int
main(void)
{
	struct arena arena;
	size_t i;

	arena_init(&arena);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run(&rows[i], &arena);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		test_part(&parts[i], &arena);
	test_hostile(&arena);
	arena_done(&arena);
	return test_end();
}
