/* dnslist - definitions of DNS lists, names, answers: RFC 5782. */
#include "shared/dnslist.h"

#include "conf/lines.h"
#include "test/unit/test.h"

static int
parse(struct dnslists *lists, const char *text, struct error *e)
{
	dnslists_init(lists);
	if (lines_parse(span_of(text), "f", dnslists_take, lists, e) != 0)
		return -1;
	return dnslists_end(lists, e);
}

static const struct {
	const char *name, *text, *wanted;
} refused[] = {
	{"good", "list a\nzone a.example.\nask client\n"
	    "code 127.0.0.2 A_B", ""},
	{"no list", "zone x.example", "f:1: before this there must be "
	    "a line \"list NAME\""},
	{"word", "list a\nzones b", "f:2: a line begins with list, "
	    "about, zone, ask, code, refused, group, deadline, "
	    "without, hash, test or terms, not \"zones\""},
	{"nothing", "list", "f:1: list wants more"},
	{"list name", "list a/b", "f:1: list wants a name of letters, "
	    "digits, \"-\" and \"_\", not \"a/b\""},
	{"twice", "list a\nzone b\nlist a",
	    "f:3: there is a list a already"},
	{"zone", "list a\nzone a..b",
	    "f:2: zone wants a name of the DNS, not \"a..b\""},
	{"kind", "list a\nask clients", "f:2: ask wants client, "
	    "client6, rdns, helo, sender, from, link, linkhost, "
	    "linkip or email, not \"clients\""},
	{"answer", "list a\ncode 127.0.0 X", "f:2: wanted an answer: "
	    "127.0.0.2, a range 127.0.0.4-127.0.0.7, under a mask "
	    "127.0.0.1/255.0.0.255, bit:64 or any, not \"127.0.0\""},
	{"range", "list a\ncode 127.0.0.7-127.0.0.4 X", "f:2: wanted "
	    "an answer: 127.0.0.2, a range 127.0.0.4-127.0.0.7, under "
	    "a mask 127.0.0.1/255.0.0.255, bit:64 or any, not "
	    "\"127.0.0.7-127.0.0.4\""},
	{"two bits", "list a\ncode bit:3 X", "f:2: wanted an answer: "
	    "127.0.0.2, a range 127.0.0.4-127.0.0.7, under a mask "
	    "127.0.0.1/255.0.0.255, bit:64 or any, not \"bit:3\""},
	{"symbol", "list a\ncode any Xy", "f:2: code wants a symbol "
	    "in capitals behind the answer, not \"Xy\""},
	{"no symbol", "list a\ncode any", "f:2: code wants a symbol "
	    "in capitals behind the answer, not \"\""},
	{"behind", "list a\ncode any X nice", "f:2: behind the symbol "
	    "may stand policy and group NAME, not \"nice\""},
	{"refused", "list a\nrefused 127.0.0.1 X",
	    "f:2: refused wants one answer, not \"X\""},
	{"deadline", "list a\ndeadline 2", "f:2: deadline wants a "
	    "time up to 120s, such as 800ms or 2s, not \"2\""},
	{"without", "list a\nwithout local",
	    "f:2: without wants open or tempfail, not \"local\""},
	{"hash", "list a\nhash sha512", "f:2: hash wants md5, sha1 or "
	    "sha256, and perhaps base32, not \"sha512\""},
	{"test", "list a\ntest x", "f:2: test wants none, or two "
	    "names below the zone: one that is listed and one that is "
	    "not (\"-\": there is none), not \"x\""},
	{"terms", "list a\nterms ask us", "f:2: terms wants the "
	    "address of a page, and words, not \"ask\""},
	{"no zone", "list a\nask helo\ncode any X",
	    "f:1: list a has no zone"},
	{"no ask", "list a\nzone x\ncode any X",
	    "f:1: list a has no line \"ask\""},
	{"no code", "list a\nzone x\nask helo\nrefused 127.0.0.1",
	    "f:1: list a has no line \"code\""},
	{"email", "list a\nzone x\nask helo email\ncode any X",
	    "f:1: list a: email stands alone"},
};

static void
test_refused(void)
{
	struct dnslists lists;
	size_t i;

	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct error e = {""};

		parse(&lists, refused[i].text, &e);
		CHECK_TEXT(refused[i].name, e.text, refused[i].wanted);
		dnslists_done(&lists);
	}
}

static void
test_codes(void)
{
	static const struct {
		const char *code, *answer;
		bool has;
	} rows[] = {
		{"127.0.0.2", "127.0.0.2", true},
		{"127.0.0.2", "127.0.0.3", false},
		{"127.0.0.4-127.0.0.7", "127.0.0.7", true},
		{"127.0.0.4-127.0.0.7", "127.0.0.8", false},
		/* RFC 5782 2.3: several lists as bits of one answer. */
		{"bit:8", "127.0.0.12", true},
		{"bit:8", "127.0.0.4", false},
		{"bit:256", "127.0.1.0", true},
		{"127.0.0.1/255.255.0.255", "127.0.5.1", true},
		{"127.0.0.1/255.255.0.255", "127.0.5.2", false},
		{"any", "127.1.2.3", true},
	};
	char text[100];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dnslists lists;
		struct error e = {""};
		struct ip ip;

		snprintf(text, sizeof(text), "list a\nzone x\nask client\n"
		    "code %s X", rows[i].code);
		CHECK(rows[i].code, parse(&lists, text, &e) == 0);
		ip_parse(span_of(rows[i].answer), &ip);
		CHECK(rows[i].code, dnslist_code_has(&lists.items[0].codes[0],
		    (uint32_t)ip.b[12] << 24 | (uint32_t)ip.b[13] << 16 |
		    (uint32_t)ip.b[14] << 8 | ip.b[15]) == rows[i].has);
		dnslists_done(&lists);
	}
}

static void
test_names(void)
{
	static const struct {
		const char *section, *ip, *wanted;
	} rows[] = {
		{"2.1", "192.0.2.99", "99.2.0.192.bad.example"},
		{"2.4", "2001:db8:1:2:3:4:567:89ab",
		    "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0."
		    "1.0.0.2.bad.example"},
		{"5", "127.0.0.2", "2.0.0.127.bad.example"},
	};
	struct arena arena;
	struct span name;
	struct dnslist list = {.zone = SPAN("bad.example")};
	struct ip ip;
	size_t i;

	arena_init(&arena);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ip_parse(span_of(rows[i].ip), &ip);
		name = dnslist_name(&arena, &list,
		    dnslist_reverse(&arena, &ip));
		CHECK_TEXT(rows[i].section, arena_string(&arena, name),
		    rows[i].wanted);
	}
	arena_done(&arena);
}

static void
test_hashes(void)
{
	static const struct {
		const char *how, *wanted;
	} rows[] = {
		{"md5", "55502f40dc8b7c769880b10874abc9d0"},
		{"sha1", "567159d622ffbb50b11b0efd307be358624a26ee"},
		{"sha1 base32", "kzyvtvrc765vbmi3b36ta67dlbreujxo"},
		{"sha256", "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89"
		    "ea65dba4e813b"},
	};
	struct dnslists lists;
	struct error e = {""};
	char text[100];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "list a\nzone x\nask email\n"
		    "code any X\nhash %s", rows[i].how);
		CHECK(rows[i].how, parse(&lists, text, &e) == 0);
		CHECK_TEXT(rows[i].how, dnslist_hashed(&lists.arena,
		    &lists.items[0], span_of("Test@Example.com")).p,
		    rows[i].wanted);
		dnslists_done(&lists);
	}
}

/* The self-test that a definition gets, RFC 5782 5. */
static void
test_tests(void)
{
	static const struct {
		const char *lines, *listed, *unlisted;
	} rows[] = {
		{"ask client", "2.0.0.127", "1.0.0.127"},
		{"ask client client6", "2.0.0.127", "1.0.0.127"},
		{"ask client6", "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0."
		    "0.0.0.0.0.0.0.0.0.0", "1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0."
		    "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"},
		{"ask link linkip", "test", "invalid"},
		{"ask linkip", "2.0.0.127", "1.0.0.127"},
		{"ask sender helo", "test", "invalid"},
		{"ask email", "", "invalid"},
		{"ask link\ntest a.example b.example", "a.example",
		    "b.example"},
		{"ask link\ntest - invalid", "", "invalid"},
		{"ask link\ntest none", "", ""},
	};
	struct dnslists lists;
	struct error e = {""};
	char text[100];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "list a\nzone x\ncode any X\n%s",
		    rows[i].lines);
		CHECK(rows[i].lines, parse(&lists, text, &e) == 0);
		CHECK(rows[i].lines, span_is(lists.items[0].listed,
		    rows[i].listed));
		CHECK(rows[i].lines, span_is(lists.items[0].unlisted,
		    rows[i].unlisted));
		dnslists_done(&lists);
	}
}

static void
test_answers(void)
{
	static const struct {
		const char *name, *answers;
		enum dnslist_word word;
		const char *why;
	} rows[] = {
		{"listed", "127.0.0.2", DNSLIST_YES, ""},
		{"several, RFC 5782 2.3", "127.0.0.2 127.0.0.10", DNSLIST_YES,
		    ""},
		{"not", "", DNSLIST_NO, ""},
		{"made up by a resolver", "198.51.100.7", DNSLIST_ERROR,
		    "answers outside of 127.0.0.0/8"},
		{"one of them made up", "127.0.0.2 198.51.100.7",
		    DNSLIST_ERROR, "answers outside of 127.0.0.0/8"},
		{"wrong name", "127.255.255.252", DNSLIST_ERROR,
		    "refuses: wrong name of the list (127.255.255.252)"},
		{"public resolver", "127.255.255.254", DNSLIST_ERROR,
		    "refuses a public resolver (127.255.255.254)"},
		{"too many", "127.255.255.255", DNSLIST_ERROR,
		    "refuses so many questions (127.255.255.255)"},
		{"other", "127.255.255.1", DNSLIST_ERROR,
		    "refuses (127.255.255.x)"},
		{"its own way", "127.0.0.1", DNSLIST_ERROR,
		    "refuses, as its definition says"},
		{"failed", "fail", DNSLIST_ERROR, "servfail"},
	};
	struct dnslists lists;
	struct error e = {""};
	size_t i;

	CHECK("definition", parse(&lists, "list a\nzone x\nask client\n"
	    "code any X\nrefused 127.0.0.1", &e) == 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dns_record records[4];
		struct dns_answer a = {.records = records};
		struct dnslist_answer out;
		struct span rest = span_of(rows[i].answers), word;

		if (span_is(rest, "fail")) {
			a.status = DNS_FAILED;
			a.why = "servfail";
		} else {
			while (span_word(&rest, &word))
				ip_parse(word, &records[a.count++].ip);
			a.status = a.count > 0 ? DNS_FOUND : DNS_NXDOMAIN;
		}
		dnslist_read(&lists.items[0], &a, &out);
		CHECK(rows[i].name, out.word == rows[i].word);
		CHECK_TEXT(rows[i].name, out.why != NULL ? out.why : "",
		    rows[i].why);
		CHECK(rows[i].name, out.count ==
		    (out.word == DNSLIST_YES ? a.count : 0));
	}
	dnslists_done(&lists);
}

static void
test_keys(void)
{
	static const struct {
		const char *zone, *key, *wanted;
	} rows[] = {
		{"{key}.zen.dq.example", "abc123", "abc123.zen.dq.example"},
		{"x.{key}.example", "k", "x.k.example"},
		{"{key}.example", "a.b", NULL},
		{"{key}.example", "", NULL},
		{"zen.example", "abc", NULL},
	};
	struct dnslists lists;
	struct error e = {""};
	char text[100];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "list a\nzone %s\nask client\n"
		    "code any X", rows[i].zone);
		CHECK(rows[i].zone, parse(&lists, text, &e) == 0);
		CHECK(rows[i].zone, dnslist_set_key(&lists.items[0],
		    &lists.arena, span_of(rows[i].key)) ==
		    (rows[i].wanted != NULL ? 0 : -1));
		CHECK(rows[i].zone, span_is(lists.items[0].zone,
		    rows[i].wanted != NULL ? rows[i].wanted : rows[i].zone));
		CHECK(rows[i].zone, span_is(lists.items[0].id, rows[i].zone));
		dnslists_done(&lists);
	}
}

int
main(void)
{
	test_refused();
	test_codes();
	test_names();
	test_hashes();
	test_tests();
	test_answers();
	test_keys();
	return test_end();
}
