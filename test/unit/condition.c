/* condition - what stands behind "if" in rule files. */
#include "rules/condition.h"
#include "net/geo.h"
#include "test/unit/test.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))
#define P "Mail::SpamAssassin::Plugin::"
#define C "Mail::SpamAssassin::Conf::"

/* "yes", "no", "no, missing X", or the error.  compat: known_word. */
static const struct {
	const char *text, *expected;
} rows[] = {
	{ "version >= 3.004002", "yes" }, { "(version >= 3.004002)", "yes" },
	{ "version >= 4.000001", "yes" }, { "version > 4.000001", "no" },
	{ "version < 4.000000", "no" }, { "version == 4.000001", "yes" },
	{ "version != 4", "yes" }, { "version <= 3.003", "no" },
	{ "!((version >= 3.004000))", "no" }, { "!(version < 3)", "yes" },
	{ "perl_version >= 5.018000", "yes" },
	{ "perl_version < 5.010", "no" },
	{ "version >= 3 && perl_version >= 5", "yes" },
	{ "version < 3 || perl_version >= 5", "yes" },
	{ "0 || 0 && 1", "no" }, { "1 || 0 && 0", "yes" }, { "!1 || 1", "yes" },
	{ "1", "yes" }, { "0", "no" }, { "!0", "yes" }, { "!!1", "yes" },
	{ "local_tests_only", "no" }, { "!local_tests_only", "yes" },
	{ "plugin(" P "MIMEHeader)", "yes" },
	{ "plugin (" P "MIMEHeader)", "yes" },
	{ "plugin ( " P "ReplaceTags )", "yes" },
	{ "!plugin(" P "ReplaceTags)", "no" },
	{ "plugin(" P "URIDNSBL)", "yes" }, { "plugin(" P "Dmarc)", "yes" },
	{ "plugin(" P "WhiteListSubject)", "yes" },
	{ "plugin(" P "RaciallyCharged)", "yes" },
	{ "plugin(" P "Bayes)", "no, missing " P "Bayes" },
	{ "!plugin(" P "TextCat)", "yes, missing " P "TextCat" },
	{ "plugin(Check)", "no, missing Check" },
	{ "plugin(" P "Mimeheader)", "no, missing " P "Mimeheader" },
	{ "can(" C "feature_bug6558_free)", "yes" },
	{ "has(" C "feature_capture_rules)", "yes" },
	{ "can(" C "perl_min_version_5010000)", "yes" },
	{ "can(" C "feature_of_tomorrow)", "no" },
	{ "can(" C "compat_known_word)", "yes" },
	{ "can(" C "compat_other_word)", "no" },
	{ "can(" P "BodyEval::has_check_body_length)", "yes" },
	{ "can(" P "DKIM::has_arc)", "yes" },
	{ "can(" P "DKIM::has_check_body_length)", "no" },
	{ "can(" P "MIMEHeader::has_all_header)", "yes" },
	{ "can(" P "MIMEHeader::has_tflags_range)", "yes" },
	{ "can(" P "MIMEHeader::has_tflags_concat)", "yes" },
	{ "can(" P "MIMEHeader::has_tflags_multiple)", "yes" },
	{ "can(" P "MIMEHeader::has_capture_rules)", "yes" },
	{ "can(" P "URIDetail::has_host_key)", "yes" },
	{ "has(" P "ASN::has_check_asn)", "no, missing " P "ASN" },
	{ "plugin(" P "ASN)", "no, missing " P "ASN" },
	{ "plugin(" P "RelayCountry)", "no, missing " P "RelayCountry" },
	{ "can(Elsewhere::thing)", "no" },
	{ "plugin(" P "SPF) && can(" P "SPF::has_check_for_spf_errors)",
	    "yes" },
	{ "", "a word is missing at the end" },
	{ "verson > 3", "an unknown word at \"verson > 3\"" },
	{ "version >", "a word is missing at the end" },
	{ "(version", "a closing parenthesis is missing at the end" },
	{ "version)", "an operator is missing at \")\"" },
	{ "version version", "an operator is missing at \"version\"" },
	{ "plugin", "a name in parentheses is missing at the end" },
	{ "plugin()", "plugin() wants a name at \")\"" },
	{ "plugin(" P "SPF", "a closing parenthesis is missing at the end" },
	{ "plugin('" P "SPF')", "plugin() wants a name at "
	    "\"'" P "SPF')\"" },
	{ "can(thing)", "can() wants a name such as " C "feature_edns at the "
	    "end" },
	{ "can(:thing)", "can() wants a name such as " C "feature_edns at the "
	    "end" },
	{ "1 & 1", "an operator is missing at \"& 1\"" },
	{ "!= 1", "a word is missing at \"!= 1\"" },
};

/* The same where it is known of addresses: C country, A system. */
static const struct {
	const char *known, *text, *expected;
} places[] = {
	{ "C", "plugin(" P "RelayCountry)", "yes" },
	{ "A", "plugin(" P "RelayCountry)", "no, missing " P "RelayCountry" },
	{ "A", "plugin(" P "ASN)", "yes" },
	{ "C", "plugin(" P "ASN)", "no, missing " P "ASN" },
	{ "CA", "can(" P "ASN::has_check_asn)", "yes" },
	{ "CA", "can(" P "ASN::check_asn)", "yes" },
	{ "C", "can(" P "ASN::has_check_asn)", "no, missing " P "ASN" },
	{ "CA", "can(" P "ASN::has_asn_lookup)", "no" },
};

static const char *
answer(const char *text, unsigned geo)
{
	static char out[ERROR_MAX + 100];
	struct condition_answer a;
	struct error e;
	struct map compat;
	struct condition_world world = {.compat = &compat, .geo = geo};

	map_init(&compat);
	map_put(&compat, span_of("known_word"), &compat);
	if (condition_eval(&world, span_of(text), &a, &e) != 0)
		snprintf(out, sizeof(out), "%s", e.text);
	else
		snprintf(out, sizeof(out), "%s%s%.*s", a.truth ? "yes" : "no",
		    a.missing.n > 0 ? ", missing " : "",
		    SPAN_ARG(a.missing));
	map_done(&compat);
	return out;
}

static void
test_depth(void)
{
	static char text[100000];
	struct condition_world world = {.local_only = true};
	struct condition_answer a;
	struct error e;

	memset(text, '!', sizeof(text) - 1);
	CHECK("many !", condition_eval(&world, span_of(text), &a, &e) != 0 &&
	    strncmp(e.text, "the condition is too deep", 25) == 0);
	memset(text, '(', sizeof(text) - 1);
	CHECK("many (", condition_eval(&world, span_of(text), &a, &e) != 0);
	CHECK("local", condition_eval(&world, span_of("local_tests_only"), &a,
	    &e) == 0 && a.truth);
	CHECK("no compat", condition_eval(&world,
	    span_of("can(" C "compat_x)"), &a, &e) == 0 && !a.truth);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < ROWS(rows); i++)
		CHECK_TEXT(rows[i].text, answer(rows[i].text, 0),
		    rows[i].expected);
	for (i = 0; i < ROWS(places); i++)
		CHECK_TEXT(places[i].text, answer(places[i].text,
		    (strchr(places[i].known, 'C') != NULL ? GEO_COUNTRY : 0u) |
		    (strchr(places[i].known, 'A') != NULL ? GEO_ASN : 0u)),
		    places[i].expected);
	test_depth();
	return test_end();
}
