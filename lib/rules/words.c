/*
 * words - THE table: every directive word of rule files, and what is done with
 * it.  Sorted by name.  Settings with several spellings are kept under the
 * newer one; what is ignored is told, with a reason of its own or none.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "rules/reader.h"
#include "rules/shape.h"

static const struct word words[] = {
	{ "add_header", word_ignored,
	    "header fields are added as postern.conf says", 0 },
	{ "adsp_override", word_silent, NULL, 0 },
	{ "all_spam_to", word_setting, NULL, SHAPE_WORDS },
	{ "allow_user_rules", word_ignored,
	    "users have no rules of their own", 0 },
	{ "always_trust_envelope_sender", word_ignored, NULL, 0 },
	{ "askdns", word_network, NULL, 0 },
	{ "blacklist_from", word_setting, "blocklist_from", SHAPE_WORDS },
	{ "blacklist_subject", word_setting, "blocklist_subject", SHAPE_WORDS },
	{ "blacklist_to", word_setting, "blocklist_to", SHAPE_WORDS },
	{ "blacklist_uri_host", word_setting,
	    "blocklist_uri_host", SHAPE_WORDS },
	{ "blocklist_from", word_setting, NULL, SHAPE_WORDS },
	{ "blocklist_subject", word_setting, NULL, SHAPE_WORDS },
	{ "blocklist_to", word_setting, NULL, SHAPE_WORDS },
	{ "blocklist_uri_host", word_setting, NULL, SHAPE_WORDS },
	{ "body", word_rule, NULL, RULE_BODY },
	{ "body_part_scan_size", word_setting, NULL, SHAPE_NUMBER },
	{ "clear_asn_lookups", word_ignored, NULL, 0 },
	{ "clear_dns_query_restriction", word_setting, NULL, SHAPE_NONE },
	{ "clear_dns_query_restrictions", word_setting,
	    "clear_dns_query_restriction", SHAPE_NONE },
	{ "clear_dns_servers", word_ignored, NULL, 0 },
	{ "clear_headers", word_ignored, NULL, 0 },
	{ "clear_internal_networks", word_setting, NULL, SHAPE_NONE },
	{ "clear_msa_networks", word_setting, NULL, SHAPE_NONE },
	{ "clear_originating_ip_headers", word_setting, NULL, SHAPE_NONE },
	{ "clear_report_template", word_ignored, NULL, 0 },
	{ "clear_trusted_networks", word_setting, NULL, SHAPE_NONE },
	{ "clear_unsafe_report_template", word_ignored, NULL, 0 },
	{ "clear_uridnsbl_skip_domain", word_setting, NULL, SHAPE_ANY },
	{ "clear_url_shortener", word_ignored, NULL, 0 },
	{ "clear_util_rb", word_setting, NULL, SHAPE_NONE },
	{ "country_db_path", word_ignored, NULL, 0 },
	{ "country_db_type", word_ignored, NULL, 0 },
	{ "dccifd_options", word_ignored, NULL, 0 },
	{ "def_welcomelist_auth", word_setting, NULL, SHAPE_WORDS },
	{ "def_welcomelist_from_dkim", word_setting, NULL, SHAPE_ONE_OR_TWO },
	{ "def_welcomelist_from_rcvd", word_setting, NULL, SHAPE_PAIR },
	{ "def_welcomelist_from_spf", word_setting, NULL, SHAPE_WORDS },
	{ "def_whitelist_auth", word_setting,
	    "def_welcomelist_auth", SHAPE_WORDS },
	{ "def_whitelist_from_dkim", word_setting,
	    "def_welcomelist_from_dkim", SHAPE_ONE_OR_TWO },
	{ "def_whitelist_from_rcvd", word_setting,
	    "def_welcomelist_from_rcvd", SHAPE_PAIR },
	{ "def_whitelist_from_spf", word_setting,
	    "def_welcomelist_from_spf", SHAPE_WORDS },
	{ "delist_uri_host", word_setting, NULL, SHAPE_WORDS },
	{ "describe", word_describe, NULL, 0 },
	{ "dkim_minimum_key_bits", word_ignored,
	    "see dkim.min_bits in postern.conf", 0 },
	{ "dkim_timeout", word_ignored, NULL, 0 },
	{ "dmarc_save_reports", word_ignored, NULL, 0 },
	{ "dns_available", word_ignored, "see dns.enabled in postern.conf", 0 },
	{ "dns_block_rule", word_setting, NULL, SHAPE_WORDS },
	{ "dns_block_time", word_ignored, NULL, 0 },
	{ "dns_local_ports_avoid", word_ignored, NULL, 0 },
	{ "dns_local_ports_none", word_ignored, NULL, 0 },
	{ "dns_local_ports_permit", word_ignored, NULL, 0 },
	{ "dns_options", word_ignored, NULL, 0 },
	{ "dns_query_restriction", word_setting, NULL, SHAPE_WORDS },
	{ "dns_server", word_ignored, "see section dns of postern.conf", 0 },
	{ "dns_test_interval", word_ignored, NULL, 0 },
	{ "do_not_use_mail_spf", word_ignored, NULL, 0 },
	{ "do_not_use_mail_spf_query", word_ignored, NULL, 0 },
	{ "enable_compat", word_compat, NULL, 0 },
	{ "enlist_addrlist", word_setting, NULL, SHAPE_NAMED },
	{ "enlist_uri_host", word_setting, NULL, SHAPE_NAMED },
	{ "envelope_sender_header", word_ignored,
	    "the mail server tells the envelope sender", 0 },
	{ "fold_headers", word_ignored, NULL, 0 },
	{ "freemail_add_describe_email", word_ignored, NULL, 0 },
	{ "freemail_domains", word_setting, NULL, SHAPE_WORDS },
	{ "freemail_import_def_welcomelist_auth", word_setting,
	    NULL, SHAPE_NUMBER },
	{ "freemail_import_def_whitelist_auth", word_setting,
	    "freemail_import_def_welcomelist_auth", SHAPE_NUMBER },
	{ "freemail_import_welcomelist_auth", word_setting,
	    NULL, SHAPE_NUMBER },
	{ "freemail_import_whitelist_auth", word_setting,
	    "freemail_import_welcomelist_auth", SHAPE_NUMBER },
	{ "freemail_max_body_emails", word_setting, NULL, SHAPE_NUMBER },
	{ "freemail_max_body_freemails", word_setting, NULL, SHAPE_NUMBER },
	{ "freemail_skip_bulk_envfrom", word_setting, NULL, SHAPE_NUMBER },
	{ "freemail_skip_when_over_max", word_setting, NULL, SHAPE_NUMBER },
	{ "freemail_welcomelist", word_setting, NULL, SHAPE_WORDS },
	{ "freemail_whitelist", word_setting,
	    "freemail_welcomelist", SHAPE_WORDS },
	{ "full", word_rule, NULL, RULE_FULL },
	{ "geodb_module", word_ignored, NULL, 0 },
	{ "geodb_options", word_ignored, NULL, 0 },
	{ "geodb_search_path", word_ignored, NULL, 0 },
	{ "hashbl_email_domain_alias", word_setting, NULL, SHAPE_WORDS },
	{ "hashbl_email_regex", word_setting, NULL, SHAPE_WORDS },
	{ "hashbl_email_welcomelist", word_setting, NULL, SHAPE_WORDS },
	{ "hashbl_email_whitelist", word_setting,
	    "hashbl_email_welcomelist", SHAPE_WORDS },
	{ "hashbl_ignore", word_setting, NULL, SHAPE_WORDS },
	{ "header", word_rule, NULL, RULE_HEADER },
	{ "ignore_always_matching_regexps", word_ignored, NULL, 0 },
	{ "ignore_received_spf_header", word_ignored, NULL, 0 },
	{ "inactive_languages", word_ignored, NULL, 0 },
	{ "internal_networks", word_setting, NULL, SHAPE_WORDS },
	{ "loadplugin", word_plugin, NULL, 1 },
	{ "lock_method", word_ignored, NULL, 0 },
	{ "max_short_url_redirections", word_ignored, NULL, 0 },
	{ "max_short_urls", word_ignored, NULL, 0 },
	{ "mbox_format_from_regex", word_ignored, NULL, 0 },
	{ "meta", word_meta, NULL, 0 },
	{ "mimeheader", word_mimeheader, NULL, 0 },
	{ "more_spam_to", word_setting, NULL, SHAPE_WORDS },
	{ "msa_networks", word_setting, NULL, SHAPE_WORDS },
	{ "normalize_charset", word_ignored, NULL, 0 },
	{ "ok_languages", word_ignored, NULL, 0 },
	{ "ok_locales", word_setting, NULL, SHAPE_WORDS },
	{ "originating_ip_headers", word_setting, NULL, SHAPE_WORDS },
	{ "parse_dkim_uris", word_ignored,
	    "domains of signatures are always links", 0 },
	{ "priority", word_priority, NULL, 0 },
	{ "rawbody", word_rule, NULL, RULE_RAWBODY },
	{ "rawbody_part_scan_size", word_setting, NULL, SHAPE_NUMBER },
	{ "rbl_headers", word_setting, NULL, SHAPE_ANY },
	{ "rbl_timeout", word_ignored, NULL, 0 },
	{ "redirector_pattern", word_setting, NULL, SHAPE_PATTERN },
	{ "remove_header", word_ignored, NULL, 0 },
	{ "replace_end", word_replace_delimiter, NULL, 1 },
	{ "replace_inter", word_replace, NULL, REPLACE_INTER },
	{ "replace_post", word_replace, NULL, REPLACE_POST },
	{ "replace_pre", word_replace, NULL, REPLACE_PRE },
	{ "replace_rules", word_replace_rules, NULL, 0 },
	{ "replace_start", word_replace_delimiter, NULL, 0 },
	{ "replace_tag", word_replace, NULL, REPLACE_TAG },
	{ "report", word_ignored, NULL, 0 },
	{ "report_charset", word_ignored, NULL, 0 },
	{ "report_contact", word_ignored, NULL, 0 },
	{ "report_hostname", word_ignored, NULL, 0 },
	{ "report_safe", word_ignored,
	    "messages are never wrapped: see actions in postern.conf", 0 },
	{ "report_safe_copy_headers", word_ignored, NULL, 0 },
	{ "report_template", word_ignored, NULL, 0 },
	{ "report_wrap_width", word_ignored, NULL, 0 },
	{ "require_version", word_version, NULL, 0 },
	{ "required_hits", word_ignored, NULL, 0 },
	{ "required_score", word_ignored,
	    "the thresholds are actions.required and its kin in "
	    "postern.conf", 0 },
	{ "resource_limit_cpu", word_ignored, NULL, 0 },
	{ "resource_limit_mem", word_ignored, NULL, 0 },
	{ "reuse", word_reuse, NULL, 0 },
	{ "rewrite_header", word_ignored,
	    "header fields are changed as postern.conf says", 0 },
	{ "run_reuse_tests_only", word_ignored, NULL, 0 },
	{ "score", word_score, NULL, 0 },
	{ "shortcircuit", word_ignored, "all rules are run", 0 },
	{ "skip_rbl_checks", word_ignored,
	    "DNS lists are asked as postern.conf says", 0 },
	{ "skip_uribl_checks", word_ignored,
	    "DNS lists are asked as postern.conf says", 0 },
	{ "spf_timeout", word_ignored, NULL, 0 },
	{ "subjprefix", word_ignored, "subjects are not changed by rules", 0 },
	{ "test", word_ignored, NULL, 0 },
	{ "tflags", word_tflags, NULL, 0 },
	{ "time_limit", word_ignored, NULL, 0 },
	{ "trusted_networks", word_setting, NULL, SHAPE_WORDS },
	{ "tryplugin", word_plugin, NULL, 0 },
	{ "unblacklist_from", word_setting, "unblocklist_from", SHAPE_WORDS },
	{ "unblocklist_from", word_setting, NULL, SHAPE_WORDS },
	{ "unsafe_report", word_ignored, NULL, 0 },
	{ "unsafe_report_template", word_ignored, NULL, 0 },
	{ "unwelcomelist_auth", word_setting, NULL, SHAPE_WORDS },
	{ "unwelcomelist_from", word_setting, NULL, SHAPE_WORDS },
	{ "unwelcomelist_from_dkim", word_setting, NULL, SHAPE_ONE_OR_TWO },
	{ "unwelcomelist_from_rcvd", word_setting, NULL, SHAPE_WORDS },
	{ "unwelcomelist_from_spf", word_setting, NULL, SHAPE_WORDS },
	{ "unwhitelist_auth", word_setting, "unwelcomelist_auth", SHAPE_WORDS },
	{ "unwhitelist_from", word_setting, "unwelcomelist_from", SHAPE_WORDS },
	{ "unwhitelist_from_dkim", word_setting,
	    "unwelcomelist_from_dkim", SHAPE_ONE_OR_TWO },
	{ "unwhitelist_from_rcvd", word_setting,
	    "unwelcomelist_from_rcvd", SHAPE_WORDS },
	{ "unwhitelist_from_spf", word_setting,
	    "unwelcomelist_from_spf", SHAPE_WORDS },
	{ "uri", word_rule, NULL, RULE_URI },
	{ "uri_country_db_isp_path", word_ignored, NULL, 0 },
	{ "uri_country_db_path", word_ignored, NULL, 0 },
	{ "uri_detail", word_uri_detail, NULL, 0 },
	{ "uridnsbl", word_setting, NULL, SHAPE_THREE },
	{ "uridnsbl_max_domains", word_setting, NULL, SHAPE_NUMBER },
	{ "uridnsbl_skip_domain", word_setting, NULL, SHAPE_WORDS },
	{ "uridnsbl_skip_mailto", word_setting, NULL, SHAPE_BOOL },
	{ "uridnsbl_timeout", word_ignored, NULL, 0 },
	{ "uridnssub", word_setting, NULL, SHAPE_FOUR },
	{ "urifullnsrhsbl", word_setting, NULL, SHAPE_THREE },
	{ "urifullnsrhssub", word_setting, NULL, SHAPE_FOUR },
	{ "urinsrhsbl", word_setting, NULL, SHAPE_THREE },
	{ "urinsrhssub", word_setting, NULL, SHAPE_FOUR },
	{ "urirhsbl", word_setting, NULL, SHAPE_THREE },
	{ "urirhssub", word_setting, NULL, SHAPE_FOUR },
	{ "url_shortener", word_ignored,
	    "there is no DecodeShortURLs plugin", 0 },
	{ "use_auto_welcomelist", word_ignored, "there is no AWL plugin", 0 },
	{ "use_auto_whitelist", word_ignored, "there is no AWL plugin", 0 },
	{ "use_bayes", word_ignored, "there is no Bayes plugin", 0 },
	{ "use_bayes_rules", word_ignored, NULL, 0 },
	{ "use_dcc", word_ignored, "there is no DCC plugin", 0 },
	{ "use_dcc_rep", word_ignored, NULL, 0 },
	{ "use_learner", word_ignored, NULL, 0 },
	{ "use_newest_received_spf_header", word_ignored, NULL, 0 },
	{ "use_pyzor", word_ignored, "there is no Pyzor plugin", 0 },
	{ "use_razor2", word_ignored, "there is no Razor2 plugin", 0 },
	{ "use_txrep", word_ignored, "there is no TxRep plugin", 0 },
	{ "user_awl_dsn", word_ignored, NULL, 0 },
	{ "user_scores_dsn", word_ignored,
	    "scores are read from files only", 0 },
	{ "util_rb_2tld", word_setting, NULL, SHAPE_LABELS2 },
	{ "util_rb_3tld", word_setting, NULL, SHAPE_LABELS3 },
	{ "util_rb_tld", word_setting, NULL, SHAPE_LABELS1 },
	{ "version_tag", word_ignored, NULL, 0 },
	{ "welcomelist_allows_relays", word_setting, NULL, SHAPE_WORDS },
	{ "welcomelist_auth", word_setting, NULL, SHAPE_WORDS },
	{ "welcomelist_bounce_relays", word_setting, NULL, SHAPE_WORDS },
	{ "welcomelist_from", word_setting, NULL, SHAPE_WORDS },
	{ "welcomelist_from_dkim", word_setting, NULL, SHAPE_ONE_OR_TWO },
	{ "welcomelist_from_rcvd", word_setting, NULL, SHAPE_PAIR },
	{ "welcomelist_from_spf", word_setting, NULL, SHAPE_WORDS },
	{ "welcomelist_subject", word_setting, NULL, SHAPE_WORDS },
	{ "welcomelist_to", word_setting, NULL, SHAPE_WORDS },
	{ "welcomelist_uri_host", word_setting, NULL, SHAPE_WORDS },
	{ "whitelist_allows_relays", word_setting,
	    "welcomelist_allows_relays", SHAPE_WORDS },
	{ "whitelist_auth", word_setting, "welcomelist_auth", SHAPE_WORDS },
	{ "whitelist_bounce_relays", word_setting,
	    "welcomelist_bounce_relays", SHAPE_WORDS },
	{ "whitelist_from", word_setting, "welcomelist_from", SHAPE_WORDS },
	{ "whitelist_from_dkim", word_setting,
	    "welcomelist_from_dkim", SHAPE_ONE_OR_TWO },
	{ "whitelist_from_rcvd", word_setting,
	    "welcomelist_from_rcvd", SHAPE_PAIR },
	{ "whitelist_from_spf", word_setting,
	    "welcomelist_from_spf", SHAPE_WORDS },
	{ "whitelist_subject", word_setting,
	    "welcomelist_subject", SHAPE_WORDS },
	{ "whitelist_to", word_setting, "welcomelist_to", SHAPE_WORDS },
	{ "whitelist_uri_host", word_setting,
	    "welcomelist_uri_host", SHAPE_WORDS },
};

#define WORDS (sizeof(words) / sizeof(words[0]))

/* Families of words of plugins that do not exist here, told once for each. */
static const struct word families[] = {
	{ "asn_", word_ignored, NULL, 0 },
	{ "authres_", word_ignored, NULL, 0 },
	{ "auto_welcomelist_", word_ignored, NULL, 0 },
	{ "auto_whitelist_", word_ignored, NULL, 0 },
	{ "bayes_", word_ignored, NULL, 0 },
	{ "dcc_", word_ignored, NULL, 0 },
	{ "extracttext_", word_ignored, NULL, 0 },
	{ "fns_", word_ignored, NULL, 0 },
	{ "hashbl_acl_", word_ignored, NULL, 0 },
	{ "olemacro_", word_ignored, NULL, 0 },
	{ "phishing_", word_ignored, NULL, 0 },
	{ "pyzor_", word_ignored, NULL, 0 },
	{ "razor_", word_ignored, NULL, 0 },
	{ "shortcircuit_", word_ignored, NULL, 0 },
	{ "spamcop_", word_ignored, NULL, 0 },
	{ "textcat_", word_ignored, NULL, 0 },
	{ "trigger_", word_ignored, NULL, 0 },
	{ "txrep_", word_ignored, NULL, 0 },
	{ "uri_block_", word_ignored,
	    "hosts of links are not looked up", 0 },
	{ "url_shortener_", word_ignored, NULL, 0 },
	{ "user_awl_", word_ignored, NULL, 0 },
	{ "user_scores_", word_ignored, NULL, 0 },
};

static int
compare(const void *key, const void *row)
{
	const struct span *name = key;
	const char *other = ((const struct word *)row)->name;
	int order = strncmp(name->p, other, name->n);

	return order != 0 || other[name->n] == '\0' ? order : -1;
}

const struct word *
word_find(struct span name)
{
	const struct word *found;
	size_t i;

	if (name.n == 0 || name.n > READER_WORD_MAX ||
	    memchr(name.p, '\0', name.n) != NULL)
		return NULL;
	found = bsearch(&name, words, WORDS, sizeof(words[0]), compare);
	if (found != NULL)
		return found;
	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (span_starts(name, families[i].name))
			return &families[i];
	return NULL;
}

const char *
word_suggest(struct span name)
{
	static const char *const steering[] = {
		"if", "ifplugin", "else", "endif", "include",
	};
	const char *near, *candidates[WORDS + 6];
	size_t i, n = 0;
	char *text;

	for (i = 0; i < WORDS; i++)
		candidates[n++] = words[i].name;
	for (i = 0; i < sizeof(steering) / sizeof(steering[0]); i++)
		candidates[n++] = steering[i];
	candidates[n] = NULL;
	text = mem_copy(name.p, name.n < READER_WORD_MAX ? name.n :
	    READER_WORD_MAX);
	near = error_suggest(text, candidates);
	free(text);
	return near;
}

bool
word_defines(const struct word *word)
{
	return word->take == word_rule || word->take == word_meta ||
	    word->take == word_mimeheader || word->take == word_network ||
	    word->take == word_uri_detail;
}

const struct word *
word_table(size_t *count)
{
	*count = WORDS;
	return words;
}
