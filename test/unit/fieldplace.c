/* fieldplace - rules about where relays are, with files and without. */
#include "test/mmdb.h"
#include "test/unit/folder.h"
#include "test/unit/rulelab.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

/*
 * Newest first: ours, one whose client was authenticated, which is as good as
 * ours, a trusted one outside, and strangers.
 */
static const char letter[] =
    "Received: from a ([10.0.0.1]) by mx.b.example (8.17/8.17) id x1y\n"
    "Received: from b (b.b.example [192.0.2.1])\n"
    "\tby in.b.example (Postfix) with ESMTPSA id 3F5C\n"
    "Received: from c (c.example [198.51.100.1])\n"
    "\tby b.example (Postfix) with ESMTP id 3F5D\n"
    "Received: from d (d.example [203.0.113.1])\n"
    "\tby c.example (Postfix) with ESMTP id 3F5E\n"
    "Received: from e ([10.1.1.1])\n"
    "\tby d.example (Postfix) with ESMTP id 3F5F\n"
    "Received: from f (f.example [8.8.8.8])\n"
    "\tby e.example (Postfix) with ESMTP id 3F60\n"
    "X-Relay-Countries: forged\n"
    "X-ASN: 1\n"
    "From: a@a.example\n"
    "\n"
    "body\n";

#define TRUSTED "trusted_networks 10.0.0.1 192.0.2.1 198.51.100.1\n" \
	"internal_networks 10.0.0.1\n"

/* What is known (C country, A system), a rule named R, and what hits. */
static const struct {
	const char *known, *rule, *expected;
} rows[] = {
	{ "CA", "header R X-Relay-Countries =~ /^US \\*\\* XX$/", "R" },
	{ "CA", "header R x-relay-countries =~ /^US /", "R" },
	{ "CA", "header R X-Relay-Countries-External =~ "
	    "/^DE US \\*\\* XX$/", "R" },
	{ "CA", "header R X-Relay-Countries-All =~ "
	    "/^\\*\\* NL DE US \\*\\* XX$/", "R" },
	{ "CA", "header R X-Relay-Countries-Auth =~ /^NL DE$/", "R" },
	{ "CA", "header R exists:X-Relay-Countries", "R" },
	{ "CA", "header R X-Relay-Countries !~ /forged/", "R" },
	{ "CA", "header R X-Relay-Countries-Other =~ /./", "" },
	{ "CA", "header R X-ASN =~ /^64501$/", "R" },
	{ "CA", "header R eval:check_asn('/^AS64501 Example$/')", "R" },
	{ "CA", "header R eval:check_asn('/^AS64501\\b/', 'ASN')", "R" },
	{ "CA", "header R eval:check_asn('/AS64501/', 'MYASN')", "" },
	{ "CA", "header R eval:check_asn('/AS64502/')", "" },
	/* What nobody knows neither hits nor misses. */
	{ "C", "header R X-ASN =~ /./", "" },
	{ "C", "header R X-ASN !~ /x/", "" },
	{ "C", "header R eval:check_asn('/./')", "" },
	{ "A", "header R X-Relay-Countries !~ /x/", "" },
	{ "A", "header R X-ASN =~ /64501/", "R" },
	{ "", "header R X-Relay-Countries =~ /forged/", "" },
	{ "", "header R X-Relay-Countries !~ /x/", "" },
	{ "", "header R exists:X-Relay-Countries", "" },
	{ "", "header R X-ASN =~ /1/", "" },
};

static struct geo *
open_known(const char *known)
{
	const char *names[1] = {folder_path("places")};
	bool country = strchr(known, 'C') != NULL;
	bool asn = strchr(known, 'A') != NULL;
	struct error error;
	struct mmdb m;

	if (known[0] == '\0')
		return NULL;
	mmdb_init(&m, 6, 24, "Test");
	mmdb_place(&m, "192.0.2.0/24", country ? "NL" : "", 0, "");
	mmdb_place(&m, "198.51.100.0/24", country ? "DE" : "",
	    asn ? 64501 : 0, asn ? "Example" : "");
	mmdb_place(&m, "203.0.113.0/24", country ? "US" : "",
	    asn ? 64502 : 0, "");
	mmdb_write(&m, names[0]);
	mmdb_done(&m);
	return geo_open(names, 1, NULL, &error);
}

int
main(void)
{
	struct geo *geo;
	struct lab lab;
	char text[400];
	size_t i;

	folder_begin();
	lab_begin(&lab);
	for (i = 0; i < ROWS(rows); i++) {
		lab.geo = geo = open_known(rows[i].known);
		CHECK(rows[i].rule, (geo != NULL) ==
		    (rows[i].known[0] != '\0'));
		snprintf(text, sizeof(text), TRUSTED "%s\nscore R 1\n",
		    rows[i].rule);
		if (CHECK(rows[i].rule, lab_rules(&lab, text))) {
			lab_message(&lab, span_of(letter));
			lab_match(&lab);
			CHECK_TEXT(rows[i].rule, lab_hits(&lab),
			    rows[i].expected);
		}
		geo_put(geo);
	}
	lab_end(&lab);
	folder_end();
	return test_end();
}
