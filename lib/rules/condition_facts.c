/* condition_facts - plugins and what they can do. */
#include "rules/condition_facts.h"

#include <string.h>

#include "net/geo.h"
#include "rules/eval.h"

/*
 * Debian's default plugins as far as their rules work here.  Those that ask
 * the DNS are among them: such rules are known, and kept for the check that
 * asks DNS lists.  The methods are those that rules may look for.
 */
static const struct plugin {
	const char *name;
	const char *methods[14];
} plugins[] = {
	{ "ASN", { "has_asn_lookup_ipv6", "has_asn_geodb", "has_check_asn",
	    "has_check_asn_tag" } },
	{ "AskDNS", { "has_tag_header" } },
	{ "BodyEval", { "has_check_body_length",
	    "has_plaintext_body_sig_ratio" } },
	{ "Check", { NULL } },
	{ "DKIM", { "has_arc" } },
	{ "DMARC", { NULL } },
	{ "DNSEval", { "has_tflags_domains_only", "has_tflags_ips_only" } },
	{ "FreeMail", { NULL } },
	{ "HTMLEval", { NULL } },
	{ "HTTPSMismatch", { NULL } },
	{ "HashBL", { "has_hashbl_bodyre", "has_hashbl_bodyre_num",
	    "has_hashbl_emails", "has_hashbl_uris", "has_hashbl_ignore",
	    "has_hashbl_email_regex", "has_hashbl_email_welcomelist",
	    "has_hashbl_email_whitelist", "has_hashbl_tag",
	    "has_hashbl_sha256", "has_hashbl_attachments",
	    "has_hashbl_email_domain", "has_hashbl_email_domain_alias" } },
	{ "HeaderEval", { NULL } },
	{ "ImageInfo", { NULL } },
	{ "MIMEEval", { "has_check_for_ascii_text_illegal",
	    "has_check_abundant_unicode_ratio", "has_check_qp_ratio" } },
	{ "MIMEHeader", { "has_all_header", "has_tflags_range",
	    "has_tflags_concat", "has_tflags_multiple",
	    "has_capture_rules" } },
	{ "RelayCountry", { NULL } },
	{ "RelayEval", { NULL } },
	{ "ReplaceTags", { NULL } },
	{ "SPF", { "has_check_for_spf_errors",
	    "has_check_spf_skipped_noenvfrom" } },
	{ "URIDNSBL", { "has_tflags_domains_only", "has_subtest_for_ranges",
	    "has_uridnsbl_for_a", "has_uridnsbl_a_ns", "has_tflags_notrim",
	    "has_uridnsbl_skip_mailto" } },
	{ "URIDetail", { "has_host_key" } },
	{ "URIEval", { NULL } },
	{ "VBounce", { NULL } },
	{ "WLBLEval", { NULL } },
	{ "WelcomeListSubject", { NULL } },
};

/* What some do not work without: enum geo_fact. */
static const struct {
	const char *name;
	unsigned geo;
} needs[] = {
	{ "ASN", GEO_ASN }, { "RelayCountry", GEO_COUNTRY },
};

/* Names that SpamAssassin still accepts. */
static const char *const renamed[][2] = {
	{ "Dmarc", "DMARC" }, { "WhiteListSubject", "WelcomeListSubject" },
};

/* Methods of Mail::SpamAssassin::Conf; all of them say yes. */
static const char *const features[] = {
	"feature_originating_ip_headers",
	"feature_dns_local_ports_permit_avoid",
	"feature_bayes_auto_learn_on_error", "feature_uri_host_listed",
	"feature_yesno_takes_args", "feature_bug6558_free", "feature_edns",
	"feature_dns_query_restriction", "feature_registryboundaries",
	"feature_geodb", "feature_dns_block_rule", "feature_compile_regexp",
	"feature_meta_rules_matching", "feature_subjprefix",
	"feature_bayes_stopwords", "feature_get_host",
	"feature_blocklist_welcomelist", "feature_welcomelist_blocklist",
	"feature_header_address_parser", "feature_local_tests_only",
	"feature_header_first_last", "feature_header_match_many",
	"feature_capture_rules", "has_tflags_nosubject", "has_tflags_nolog",
	"perl_min_version_5010000",
};

static const struct plugin *
find_plugin(struct span name)
{
	size_t i, n = sizeof(renamed) / sizeof(renamed[0]);

	if (!span_starts(name, CONDITION_PLUGINS))
		return NULL;
	name = span_skip(name, sizeof(CONDITION_PLUGINS) - 1);
	for (i = 0; i < n; i++)
		if (span_is(name, renamed[i][0]))
			name = span_of(renamed[i][1]);
	for (i = 0; i < sizeof(plugins) / sizeof(plugins[0]); i++)
		if (span_is(name, plugins[i].name))
			return &plugins[i];
	return NULL;
}

const char *
condition_plugin_name(struct span name, unsigned geo)
{
	const struct plugin *plugin = find_plugin(name);
	size_t i;

	if (plugin == NULL)
		return NULL;
	for (i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (strcmp(plugin->name, needs[i].name) == 0 &&
		    (needs[i].geo & ~geo) != 0)
			return NULL;
	return plugin->name;
}

bool
condition_method(struct span module, struct span method)
{
	const struct plugin *plugin = find_plugin(module);
	const struct eval *eval;
	size_t i;

	if (span_is(module, "Mail::SpamAssassin::Conf")) {
		for (i = 0; i < sizeof(features) / sizeof(features[0]); i++)
			if (span_is(method, features[i]))
				return true;
		return false;
	}
	if (plugin == NULL)
		return false;
	for (i = 0; plugin->methods[i] != NULL; i++)
		if (span_is(method, plugin->methods[i]))
			return true;
	/* An eval function is a method of its plugin too. */
	eval = eval_find(method);
	return eval != NULL && eval->plugin != NULL &&
	    span_is(span_of(plugin->name), eval->plugin);
}
