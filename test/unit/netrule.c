/* netrule - rules that ask the DNS: how they are read, and their tests. */
#include "rules/netrule.h"

#include "test/unit/test.h"

static struct ruleset *
read_rules(const char *text, bool network)
{
	struct ruleset_options options = {.score_set = 1, .network = network};
	struct ruleset_reader *reader = ruleset_begin(&options);
	struct error e;

	if (ruleset_parse(reader, span_of(text), "f", NULL, &e) != 0) {
		CHECK_TEXT(text, e.text, "");
		ruleset_abandon(reader);
		return NULL;
	}
	return ruleset_end(reader, &e);
}

/* m, n1-n2 and n/m of decimal, hexadecimal and dotted numbers. */
static void
test_numbers(void)
{
	static const struct {
		const char *test;
		bool good;
		uint32_t answer;
		bool passes;
	} rows[] = {
		{"127.0.1.2", true, 0x7f000102, true},
		{"127.0.1.2", true, 0x7f000103, false},
		{"127.0.1.20-127.0.1.39", true, 0x7f000127, true},
		{"127.0.1.20-127.0.1.39", true, 0x7f000128, false},
		{"127.2.3.0/255.255.255.0", true, 0x7f020307, true},
		{"0.0.0.16/0.0.0.16", true, 0x7f000012, true},
		{"0x10/0x10", true, 0x7f000012, true},
		{"16", true, 0x7f000012, true},
		{"16", true, 0x7f000002, false},
		{"16", true, 0x0a000012, false},
		{"0x10", true, 0x7f000010, true},
		{"", false, 0, false},
		{"127.0.0", false, 0, false},
		{"0x", false, 0, false},
		{"0x123456789", false, 0, false},
		{"5-", false, 0, false},
		{"4294967296", false, 0, false},
		{"::1", false, 0, false},
	};
	struct nettest t;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&t, 0, sizeof(t));
		CHECK(rows[i].test, nettest_number(span_of(rows[i].test),
		    &t) == rows[i].good);
		if (rows[i].good)
			CHECK(rows[i].test, nettest_passes(&t, NULL,
			    &rows[i].answer, span_of("")) == rows[i].passes);
	}
}

static void
test_unsupported(void)
{
	static const struct {
		const char *rule, *why;
	} rows[] = {
		{"header R eval:check_rbl('a', 'bl.example.')", ""},
		{"header R eval:check_rbl('a')", "has too few arguments"},
		{"header R eval:check_rbl('a', 'bl.example', '(')",
		    "its test of the answer: missing closing parenthesis "
		    "at offset 1"},
		{"header R eval:check_rbl_sub('a', '')",
		    "check_rbl_sub wants a test of the answer"},
		{"header R eval:check_rbl_headers('a', 'x')",
		    "check_rbl_headers is not supported"},
		{"body R eval:check_uridnsbl('R')", "no line urirhssub, "
		    "uridnssub or the like says what to ask"},
		{"urirhsbl R x.example SOA\nbody R eval:check_uridnsbl('R')",
		    "asks for a type of record other than A, AAAA, TXT, MX, "
		    "NS and PTR"},
		{"askdns R _SENDERDOMAIN_.x.example A 127.0.0.2", ""},
		{"askdns R x.example", ""},
		{"askdns R _NOSUCHTAG_.x.example",
		    "there is no tag _NOSUCHTAG_ here"},
		{"askdns R _URIHOSTS_._URIDOMAINS_.x.example",
		    "more than one tag in a question is not supported"},
		{"askdns R x.example TXT [NXDOMAIN,nonsense]",
		    "names a response code that there is not"},
		{"askdns R x.example TXT \"all\"", ""},
		{"askdns R x.example TXT what", "its test of the answer is "
		    "none"},
		{"header R eval:check_hashbl_emails('x.example/A', 'md5')",
		    ""},
		{"header R eval:check_hashbl_emails('x', '', '', '', 'acl')",
		    "hashbl_acl_ lines are not supported"},
	};
	struct ruleset *set;
	const struct rule *rule;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		set = read_rules(rows[i].rule, true);
		rule = ruleset_find(set, span_of("R"));
		CHECK_TEXT(rows[i].rule, rule->unsupported != NULL ?
		    rule->unsupported : "", rows[i].why);
		CHECK(rows[i].rule, rule->active ==
		    (rows[i].why[0] == '\0'));
		CHECK(rows[i].rule, set->net->count ==
		    (rows[i].why[0] == '\0'));
		ruleset_free(set);
	}
}

/* What many ask alike is one lookup, and rules of score 0 ask nothing. */
static void
test_lookups(void)
{
	static const char text[] =
	    "header A eval:check_rbl('zen-lastexternal', 'zen.example.', "
	    "'^127\\.0\\.0\\.[45]$')\n"
	    "header B eval:check_rbl('zen-lastexternal', 'ZEN.example', "
	    "'127.0.0.10')\n"
	    "header C eval:check_rbl_sub('zen-lastexternal', '127.0.0.2')\n"
	    "header D eval:check_rbl('zen', 'zen.example.')\n"
	    "header E eval:check_rbl('off', 'off.example.')\n"
	    "score E 0\n"
	    "urirhssub F dbl.example. A 127.0.1.2\n"
	    "body F eval:check_uridnsbl('F')\n"
	    "urirhssub G dbl.example. A 127.0.1.4\n"
	    "body G eval:check_uridnsbl('G')\n"
	    "urirhssub H dbl.example. A 127.0.1.4\n"
	    "body H eval:check_uridnsbl('H')\n"
	    "tflags H net notrim\n";
	struct ruleset *set = read_rules(text, true);

	CHECK("rules", set->net->count == 7);
	CHECK("lookups", set->net->lookup_count == 4);
	CHECK("zones", set->net->zone_count == 2);
	CHECK_TEXT("zone", set->net->zones[0].name.p, "zen.example");
	CHECK("kind", set->net->zones[0].of_addresses &&
	    !set->net->zones[0].of_domains && !set->net->zones[0].loose);
	CHECK("kind", set->net->zones[1].of_domains);
	ruleset_free(set);
}

/* rules list and why tell what is true. */
static void
test_idle(void)
{
	struct ruleset *set = read_rules(
	    "header A eval:check_rbl('a', 'bl.example.')\n"
	    "header B eval:check_rbl_rcvd('a', 'bl.example.')\n", false);
	const struct rule *rule = ruleset_find(set, span_of("A"));

	CHECK("off", !rule->active && rule->unsupported == NULL);
	CHECK_TEXT("why", rule->idle, "dnslists.rules in postern.conf is no");
	rule = ruleset_find(set, span_of("B"));
	CHECK("unsupported", rule->unsupported != NULL);
	ruleset_free(set);
}

int
main(void)
{
	test_numbers();
	test_unsupported();
	test_lookups();
	test_idle();
	return test_end();
}
