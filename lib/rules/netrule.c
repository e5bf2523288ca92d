/* netrule - rules that ask the DNS, as rule files write them. */
#include "rules/netrule.h"

#include <string.h>

#include "base/text.h"
#include "rules/reader.h"

#define CODE_MAX 15		/* of a DNS answer that a rule can name */
#define HASHES_MOST 10		/* hashed questions of a rule, unless it says */

/* One rule being read. */
struct reading_rule {
	struct ruleset_reader *reader;
	struct netrules *net;
	struct rule *rule;
	struct netlookup lookup;
	struct nettest test;
	bool by_set;
};

static bool
refuse(struct reading_rule *r, const char *reason)
{
	r->rule->unsupported = reason;
	return false;
}

static struct span
zone_name(struct reading_rule *r, struct span text)
{
	struct span zone = arena_lower(&r->reader->set->arena, text);

	while (zone.n > 0 && zone.p[zone.n - 1] == '.')
		zone.n--;
	while (zone.n > 0 && zone.p[0] == '.')
		zone = span_skip(zone, 1);
	return zone;
}

static bool
has_tflag(const struct rule *rule, const char *flag)
{
	struct span rest = rule->tflags, word;

	while (span_word(&rest, &word))
		if (span_is(word, flag))
			return true;
	return false;
}

static bool
take_type(struct reading_rule *r, struct span text)
{
	static const struct {
		const char *name;
		enum dns_type type;
	} types[] = {
		{"A", DNS_A}, {"AAAA", DNS_AAAA}, {"TXT", DNS_TXT},
		{"MX", DNS_MX}, {"NS", DNS_NS}, {"PTR", DNS_PTR},
	};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (span_iis(text, types[i].name)) {
			r->lookup.type = types[i].type;
			return true;
		}
	return refuse(r, "asks for a type of record other than A, AAAA, TXT, "
	    "MX, NS and PTR");
}

/* The pattern belongs to the ruleset, as those of functions do. */
static bool
take_regex(struct reading_rule *r, struct span text)
{
	struct ruleset *set = r->reader->set;
	struct error reason;

	r->test.regex = ruleset_regex(set, text, &reason);
	if (r->test.regex == NULL)
		return refuse(r, arena_printf(&set->arena,
		    "its test of the answer: %s", reason.text).p);
	r->test.kind = NETTEST_REGEX;
	return true;
}

/* Of check_rbl: bits, an address as text, or a pattern. */
static bool
take_rbl_test(struct reading_rule *r, struct span text)
{
	int64_t bits;

	if (text.n == 0)
		return true;
	if (text_number(text, &bits)) {
		r->test.kind = NETTEST_BITS;
		r->test.low = (uint32_t)bits;
		return bits <= UINT32_MAX ||
		    refuse(r, "its test of the answer is too large");
	}
	if (nettest_number(text, &r->test) && r->test.kind == NETTEST_RANGE &&
	    r->test.low == r->test.high)
		return true;
	return take_regex(r, text);
}

static struct span
argument(const struct reading_rule *r, size_t i)
{
	const struct eval_call *call = &r->rule->call;

	return i < call->count ? call->args[i].text : span_of("");
}

static bool
take_set(struct reading_rule *r, struct span set)
{
	static const struct {
		const char *end;
		enum netlookup_relays relays;
	} ends[] = {
		{"-notfirsthop", NETLOOKUP_NOTFIRSTHOP},
		{"-lastexternal", NETLOOKUP_LASTEXTERNAL},
		{"-firsttrusted", NETLOOKUP_FIRSTTRUSTED},
		{"-untrusted", NETLOOKUP_UNTRUSTED},
	};
	size_t i;

	r->lookup.set = set;
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (span_iends(set, ends[i].end))
			r->lookup.relays = ends[i].relays;
	return true;
}

static bool
take_rbl(struct reading_rule *r)
{
	bool txt = span_is(r->rule->call.function, "check_rbl_txt");

	r->lookup.kind = NETLOOKUP_CLIENT;
	r->lookup.type = txt ? DNS_TXT : DNS_A;
	r->lookup.nice = has_tflag(r->rule, "nice");
	r->lookup.zone = zone_name(r, argument(r, 1));
	return take_set(r, argument(r, 0)) && take_rbl_test(r, argument(r, 2));
}

static bool
take_rbl_sub(struct reading_rule *r)
{
	r->by_set = true;
	r->lookup.set = argument(r, 0);
	if (argument(r, 1).n == 0)
		return refuse(r, "check_rbl_sub wants a test of the answer");
	return take_rbl_test(r, argument(r, 1));
}

static bool
take_rbl_names(struct reading_rule *r)
{
	struct span function = r->rule->call.function;

	r->lookup.kind = span_is(function, "check_rbl_envfrom") ?
	    NETLOOKUP_ENVFROM : span_is(function, "check_rbl_from_host") ?
	    NETLOOKUP_FROM_HOST : NETLOOKUP_FROM_DOMAIN;
	r->lookup.type = DNS_A;
	r->lookup.set = argument(r, 0);
	r->lookup.zone = zone_name(r, argument(r, 1));
	return take_rbl_test(r, argument(r, 2));
}

static bool
take_sender(struct reading_rule *r)
{
	r->lookup.kind = NETLOOKUP_SENDER;
	r->lookup.type = DNS_A;
	return true;
}

static const struct {
	const char *word;
	enum netlookup_kind kind;
} uri_words[] = {
	{"uridnsbl", NETLOOKUP_LINK_IP}, {"uridnssub", NETLOOKUP_LINK_IP},
	{"urirhsbl", NETLOOKUP_LINK}, {"urirhssub", NETLOOKUP_LINK},
	{"urinsrhsbl", NETLOOKUP_LINK_NS}, {"urinsrhssub", NETLOOKUP_LINK_NS},
	{"urifullnsrhsbl", NETLOOKUP_LINK_FULLNS},
	{"urifullnsrhssub", NETLOOKUP_LINK_FULLNS},
};

static bool
take_uri_line(struct reading_rule *r, size_t word, struct span rest)
{
	struct span name, zone = span_of(""), type = span_of("");

	span_word(&rest, &name);
	span_word(&rest, &zone);
	span_word(&rest, &type);
	rest = span_trim(rest);
	r->lookup.kind = uri_words[word].kind;
	r->lookup.zone = zone_name(r, zone);
	r->lookup.domains_only = has_tflag(r->rule, "domains_only");
	r->lookup.ips_only = has_tflag(r->rule, "ips_only");
	r->lookup.notrim = has_tflag(r->rule, "notrim");
	r->lookup.of_hosts = has_tflag(r->rule, "a");
	r->lookup.of_servers = has_tflag(r->rule, "ns") ||
	    !r->lookup.of_hosts;
	if (!take_type(r, type))
		return false;
	if (rest.n > 0 && !nettest_number(rest, &r->test)) {
		r->test.kind = NETTEST_TEXT;
		r->test.text = rest;
	}
	return true;
}

/* The last line about this rule, of any of the words. */
static bool
take_uri(struct reading_rule *r)
{
	const struct setting *last = NULL;
	const struct settings *lines;
	struct span rest, name;
	size_t i, k, word = 0;

	for (i = 0; i < sizeof(uri_words) / sizeof(uri_words[0]); i++) {
		lines = ruleset_settings(r->reader->set, uri_words[i].word);
		for (k = 0; k < lines->count; k++) {
			rest = lines->items[k]->rest;
			if (span_word(&rest, &name) &&
			    span_eq(name, r->rule->name)) {
				last = lines->items[k];
				word = i;
			}
		}
	}
	if (last == NULL)
		return refuse(r, "no line urirhssub, uridnssub or the like "
		    "says what to ask");
	return take_uri_line(r, word, last->rest);
}

/* "[NXDOMAIN,4]": response codes. */
static bool
take_codes(struct reading_rule *r, struct span text)
{
	static const char *const names[] = {"NOERROR", "FORMERR", "SERVFAIL",
	    "NXDOMAIN", "NOTIMP", "REFUSED"};
	struct span word;
	int64_t code;
	size_t i;

	r->test.kind = NETTEST_CODES;
	while (span_cut(&text, ',', &word)) {
		word = span_trim(word);
		for (i = 0; i < 6 && !span_iis(word, names[i]); i++)
			;
		code = (int64_t)i;
		if (i == 6 && (!text_number(word, &code) || code > CODE_MAX))
			return refuse(r, "names a response code that there "
			    "is not");
		r->test.low |= 1u << code;
	}
	return true;
}

static bool
take_template_test(struct reading_rule *r, struct span text)
{
	struct error reason;
	struct pattern pattern;

	if (text.n == 0)
		return true;
	if (text.p[0] == '[' && text.p[text.n - 1] == ']')
		return take_codes(r, span_make(text.p + 1, text.n - 2));
	if (text.n > 1 && (text.p[0] == '"' || text.p[0] == '\'') &&
	    text.p[text.n - 1] == text.p[0]) {
		r->test.kind = NETTEST_TEXT;
		r->test.text = span_make(text.p + 1, text.n - 2);
		return true;
	}
	if (nettest_number(text, &r->test))
		return true;
	if (pattern_parse(text, false, &pattern, &reason) == 0)
		return take_regex(r, text);
	return refuse(r, "its test of the answer is none");
}

/*
 * "_TAG_" at this place: its length, or 0.  A tag is capitals and digits, with
 * "_" between them.
 */
static size_t
tag_length(struct span text)
{
	size_t i;

	if (text.n < 3 || text.p[0] != '_' || text.p[1] < 'A' ||
	    text.p[1] > 'Z')
		return 0;
	for (i = 1; i < text.n && text.p[i] != '_'; i++)
		if (!char_digit(text.p[i]) &&
		    (text.p[i] < 'A' || text.p[i] > 'Z'))
			return 0;
	return i < text.n ? i + 1 : 0;
}

static bool
known_tag(struct span tag)
{
	static const char *const tags[] = {
		"_SENDERDOMAIN_", "_AUTHORDOMAIN_", "_DKIMDOMAIN_",
		"_LASTEXTERNALIP_", "_LASTEXTERNALREVIP_",
		"_LASTEXTERNALRDNS_", "_LASTEXTERNALHELO_", "_URIDOMAINS_",
		"_URIHOSTS_",
	};
	size_t i;

	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (span_is(tag, tags[i]))
			return true;
	return false;
}

static bool
take_template(struct reading_rule *r)
{
	struct span rest = r->rule->source, type, text = span_of("");
	size_t i, n, tags = 0, after = 0;

	span_word(&rest, &text);
	r->lookup.kind = NETLOOKUP_TEMPLATE;
	r->lookup.text = text;
	for (i = 0; i < text.n; i += n > 0 ? n : 1) {
		n = tag_length(span_skip(text, i));
		if (n == 0)
			continue;
		if (!known_tag(span_head(span_skip(text, i), n)))
			return refuse(r, arena_printf(&r->reader->set->arena,
			    "there is no tag %.*s here", (int)n,
			    text.p + i).p);
		tags++;
		after = i + n;
	}
	if (tags > 1)
		return refuse(r, "more than one tag in a question is not "
		    "supported");
	r->lookup.zone = zone_name(r, span_skip(text, after));
	if (!span_word(&rest, &type))
		type = span_of("A");
	return take_type(r, type) && take_template_test(r, span_trim(rest));
}

static bool
take_hash_option(struct reading_rule *r, struct span word)
{
	struct netlookup *l = &r->lookup;
	int64_t most;

	if (span_is(word, "md5"))
		l->hash = HASH_MD5;
	else if (span_is(word, "sha1"))
		l->hash = HASH_SHA1;
	else if (span_is(word, "sha256"))
		l->hash = HASH_SHA256;
	if (span_starts(word, "max=") && text_number(span_skip(word, 4),
	    &most) && most > 0 && most < HASHES_MOST)
		l->most = (size_t)most;
	l->base32 |= span_is(word, "sha256");
	l->raw |= span_is(word, "raw");
	l->keep_case |= span_is(word, "case");
	l->nodot |= span_is(word, "nodot");
	l->notag |= span_is(word, "notag");
	l->user_only |= span_is(word, "user");
	l->host_only |= span_is(word, "host");
	l->domain_only |= span_is(word, "domain");
	return true;
}

/* "zone/TXT" and the options of check_hashbl_emails and _uris. */
static bool
take_hashed(struct reading_rule *r)
{
	bool emails = span_is(r->rule->call.function, "check_hashbl_emails");
	struct span zone = argument(r, 0), options = argument(r, 1), word;
	struct span test = argument(r, emails ? 3 : 2), type = span_of("A");
	size_t slash = span_chr(zone, '/');

	r->lookup.kind = emails ? NETLOOKUP_EMAIL : NETLOOKUP_URI;
	r->lookup.hash = HASH_SHA1;
	r->lookup.most = HASHES_MOST;
	r->lookup.zone = zone_name(r, span_head(zone, slash));
	if (options.n == 0)
		options = emails ? span_of("sha1/notag") : span_of("sha1");
	while (span_cut(&options, '/', &word))
		take_hash_option(r, span_trim(word));
	if (emails)
		r->lookup.text = argument(r, 2).n > 0 ? argument(r, 2) :
		    span_of("ALLFROM/Reply-To");
	if (emails && argument(r, 4).n > 0)
		return refuse(r, "hashbl_acl_ lines are not supported");
	if (slash < zone.n)
		type = span_skip(zone, slash + 1);
	if (!take_type(r, type))
		return false;
	return take_regex(r, test.n > 0 ? test : span_of("^127\\."));
}

static bool
take_unsupported(struct reading_rule *r)
{
	return refuse(r, arena_printf(&r->reader->set->arena,
	    "%.*s is not supported", SPAN_ARG(r->rule->call.function)).p);
}

static const struct {
	const char *function;
	bool (*take)(struct reading_rule *);
	size_t args_min;
} functions[] = {
	{"check_rbl", take_rbl, 2},
	{"check_rbl_txt", take_rbl, 2},
	{"check_rbl_sub", take_rbl_sub, 2},
	{"check_rbl_from_host", take_rbl_names, 2},
	{"check_rbl_from_domain", take_rbl_names, 2},
	{"check_rbl_envfrom", take_rbl_names, 2},
	{"check_dns_sender", take_sender, 0},
	{"check_uridnsbl", take_uri, 0},
	{"check_hashbl_emails", take_hashed, 1},
	{"check_hashbl_uris", take_hashed, 1},
};

static bool
take_rule(struct reading_rule *r)
{
	size_t i, n = sizeof(functions) / sizeof(functions[0]);

	if (span_is(r->rule->word, "askdns"))
		return take_template(r);
	for (i = 0; i < n; i++)
		if (span_is(r->rule->call.function, functions[i].function))
			return r->rule->call.count >= functions[i].args_min ?
			    functions[i].take(r) :
			    refuse(r, "has too few arguments");
	return take_unsupported(r);
}

static bool
same_lookup(const struct netlookup *a, const struct netlookup *b)
{
	return a->kind == b->kind && span_eq(a->zone, b->zone) &&
	    a->type == b->type && span_eq(a->set, b->set) &&
	    a->relays == b->relays && a->nice == b->nice &&
	    a->domains_only == b->domains_only &&
	    a->ips_only == b->ips_only && a->notrim == b->notrim &&
	    a->of_hosts == b->of_hosts && a->of_servers == b->of_servers &&
	    span_eq(a->text, b->text) && a->hash == b->hash &&
	    a->raw == b->raw && a->base32 == b->base32 &&
	    a->keep_case == b->keep_case && a->nodot == b->nodot &&
	    a->notag == b->notag && a->user_only == b->user_only &&
	    a->host_only == b->host_only &&
	    a->domain_only == b->domain_only && a->most == b->most;
}

/* The zone's number; NETRULE_ZONES_MAX when there is none. */
static size_t
zone_of(struct reading_rule *r)
{
	const struct netlookup *l = &r->lookup;
	struct netrules *net = r->net;
	struct netzone *z;
	size_t i;

	for (i = 0; i < net->zone_count; i++)
		if (span_eq(net->zones[i].name, l->zone))
			break;
	if (l->zone.n == 0 || i == NETRULE_ZONES_MAX)
		return NETRULE_ZONES_MAX;
	z = &net->zones[i];
	if (i == net->zone_count) {
		net->zone_count++;
		z->name = span_make(arena_string(&r->reader->set->arena,
		    l->zone), l->zone.n);
		z->loose = true;
	}
	z->loose &= l->kind == NETLOOKUP_TEMPLATE;
	z->of_addresses |= l->kind == NETLOOKUP_CLIENT ||
	    l->kind == NETLOOKUP_LINK_IP || l->ips_only;
	z->of_hashes |= l->kind == NETLOOKUP_EMAIL || l->kind == NETLOOKUP_URI;
	z->of_domains |= l->kind != NETLOOKUP_CLIENT && !z->of_hashes &&
	    l->kind != NETLOOKUP_LINK_IP && !l->ips_only;
	return i;
}

static bool
add_lookup(struct reading_rule *r, size_t *number)
{
	struct netrules *net = r->net;
	size_t i;

	for (i = 0; i < net->lookup_count; i++)
		if (same_lookup(&net->lookups[i], &r->lookup))
			break;
	if (i == NETRULE_LOOKUPS_MAX)
		return refuse(r, "there are too many rules that ask the DNS");
	r->lookup.zone_number = zone_of(r);
	if (i == net->lookup_count)
		net->lookups[net->lookup_count++] = r->lookup;
	if (r->lookup.kind == NETLOOKUP_LINK_IP) {
		net->any_hosts |= r->lookup.of_hosts;
		net->any_servers |= r->lookup.of_servers;
	}
	net->any_servers |= r->lookup.kind == NETLOOKUP_LINK_NS ||
	    r->lookup.kind == NETLOOKUP_LINK_FULLNS;
	*number = i;
	return true;
}

static void
add_rule(struct reading_rule *r)
{
	struct netrules *net = r->net;
	struct netrule *n = &net->rules[net->count];

	memset(n, 0, sizeof(*n));
	n->rule = r->rule;
	n->test = r->test;
	n->by_set = r->by_set;
	n->set = r->lookup.set;
	if (r->by_set || add_lookup(r, &n->lookup))
		net->count++;
}

static bool
is_wanted(const struct rule *rule, const struct ruleset_options *options)
{
	return rule->kind == RULE_NETWORK && rule->unsupported == NULL &&
	    (!rule->scored || rule->scores[options->score_set] != 0);
}

void
netrules_read(struct ruleset_reader *reader)
{
	struct ruleset *set = reader->set;
	struct netrules *net = arena_alloc(&set->arena, sizeof(*net));
	size_t i;

	set->net = net;
	for (i = 0; i < set->count; i++)
		net->room += set->rules[i]->kind == RULE_NETWORK;
	net->rules = arena_alloc(&set->arena, (net->room + 1) *
	    sizeof(*net->rules));
	net->lookups = arena_alloc(&set->arena, NETRULE_LOOKUPS_MAX *
	    sizeof(*net->lookups));
	net->zones = arena_alloc(&set->arena, NETRULE_ZONES_MAX *
	    sizeof(*net->zones));
	for (i = 0; i < set->count; i++) {
		struct reading_rule r = {.reader = reader, .net = net,
		    .rule = set->rules[i]};

		if (!is_wanted(r.rule, &reader->options))
			continue;
		if (!reader->options.network)
			r.rule->idle = "dnslists.rules in postern.conf is no";
		if (take_rule(&r))
			add_rule(&r);
	}
}
