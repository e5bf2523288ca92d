/*
 * lists - what the lines of rule files enumerate.  Lines are taken in their
 * order, for some take out what others put in.
 */
#include "rules/lists.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "mail/domain.h"
#include "rules/glob.h"
#include "rules/list.h"
#include "rules/reader.h"

#define LIST_BLOCK "BLOCK"	/* where blocklist_uri_host puts hosts */
#define LIST_WELCOME "WELCOME"

struct lists {
	struct arena arena;
	struct map named;	/* struct list: words, and enlist_addrlist's */
	struct map hosts;	/* name -> struct map: host -> enum listing */
	struct map freemail, freemail_out, skipped;
	struct span *freemail_globs;
	size_t freemail_glob_count;
	struct registry registry;
	struct redirector *redirectors;
	size_t redirector_count;
};

/* How lines of a word are taken. */
struct source {
	const char *word;
	void (*take)(struct lists *, const struct source *, struct span rest);
	const char *list;	/* another list than the word's own */
	const char *other;	/* and a second one */
	size_t map;		/* offset of a map in struct lists */
};

#define MAP(member) NULL, NULL, offsetof(struct lists, member)

static struct span
lower(struct lists *l, struct span text)
{
	char *copy = arena_string(&l->arena, text);
	size_t i;

	for (i = 0; i < text.n; i++)
		copy[i] = (char)char_lower(copy[i]);
	return span_make(copy, text.n);
}

/* Notes in a map of enum listing what is said of key. */
static void
listing_set(struct lists *l, struct map *map, struct span key,
    enum listing listing)
{
	enum listing *found = map_find(map, key);

	if (found == NULL) {
		found = arena_alloc(&l->arena, sizeof(*found));
		map_put(map, key, found);
	}
	*found = listing;
}

static enum listing
listing_get(const struct map *map, struct span key)
{
	const enum listing *found = map_find(map, key);

	return found != NULL ? *found : LISTING_NONE;
}

static void
listing_clear(struct map *map)
{
	size_t i;

	for (i = 0; i < map->count; i++)
		*(enum listing *)map_value(map, i) = LISTING_NONE;
}

static struct list *
list_put(struct lists *l, struct span name)
{
	struct list *list = map_find(&l->named, name);

	if (list == NULL) {
		list = list_new();
		map_put(&l->named, name, list);
	}
	return list;
}

static void
add_globs(struct lists *l, struct span name, struct span rest)
{
	struct list *list = list_put(l, name);
	struct span word;

	while (span_word(&rest, &word))
		list_add(list, lower(l, word), span_of(""));
}

static void
take_globs(struct lists *l, const struct source *source, struct span rest)
{
	add_globs(l, span_of(source->word), rest);
}

static void
drop_globs(struct lists *l, const struct source *source, struct span rest)
{
	struct span word;

	while (span_word(&rest, &word)) {
		word = lower(l, word);
		list_drop(list_put(l, span_of(source->list)), word, NULL);
		if (source->other != NULL)
			list_drop(list_put(l, span_of(source->other)), word,
			    NULL);
	}
}

static void
take_pair(struct lists *l, const struct source *source, struct span rest)
{
	struct span glob, second = span_of("");

	if (!span_word(&rest, &glob))
		return;
	span_word(&rest, &second);
	list_add(list_put(l, span_of(source->word)), lower(l, glob),
	    lower(l, second));
}

static void
drop_pair(struct lists *l, const struct source *source, struct span rest)
{
	struct span glob, second = span_of("");

	if (!span_word(&rest, &glob))
		return;
	span_word(&rest, &second);
	glob = lower(l, glob);
	second = lower(l, second);
	list_drop(list_put(l, span_of(source->list)), glob, &second);
	list_drop(list_put(l, span_of(source->other)), glob, &second);
}

/* The whole line is one text, which may stand anywhere. */
static void
take_subject(struct lists *l, const struct source *source, struct span rest)
{
	list_add(list_put(l, span_of(source->word)), arena_printf(&l->arena,
	    "*%.*s*", SPAN_ARG(lower(l, rest))), span_of(""));
}

/* Cuts "(NAME)" off *rest; empty when it does not begin so. */
static struct span
take_name(struct span *rest)
{
	size_t end = span_chr(*rest, ')');
	struct span name = span_of("");

	if (span_starts(*rest, "(") && end < rest->n) {
		name = span_make(rest->p + 1, end - 1);
		*rest = span_trim(span_skip(*rest, end + 1));
	}
	return name;
}

static void
take_addrlist(struct lists *l, const struct source *source, struct span rest)
{
	struct span name = take_name(&rest);

	(void)source;
	add_globs(l, name, rest);
}

static void
add_hosts(struct lists *l, struct span name, struct span rest)
{
	struct map *hosts = map_find(&l->hosts, name);
	struct span host;
	bool out;

	if (hosts == NULL) {
		hosts = arena_alloc(&l->arena, sizeof(*hosts));
		map_init(hosts);
		map_put(&l->hosts, name, hosts);
	}
	while (span_word(&rest, &host)) {
		out = span_starts(host, "!");
		listing_set(l, hosts, lower(l, span_skip(host, out)),
		    out ? LISTING_OUT : LISTING_IN);
	}
}

static void
take_hosts(struct lists *l, const struct source *source, struct span rest)
{
	struct span name = source->list != NULL ? span_of(source->list) :
	    take_name(&rest);

	add_hosts(l, name, rest);
}

/* Out of one list, or out of all of them. */
static void
drop_hosts(struct lists *l, const struct source *source, struct span rest)
{
	struct span name = take_name(&rest), host;
	size_t i;

	(void)source;
	while (span_word(&rest, &host)) {
		host = lower(l, span_skip(host, span_starts(host, "!")));
		for (i = 0; i < l->hosts.count; i++)
			if (name.n == 0 ||
			    span_eq(map_key(&l->hosts, i), name))
				listing_set(l, map_value(&l->hosts, i), host,
				    LISTING_NONE);
	}
}

static void
take_freemail(struct lists *l, const struct source *source, struct span rest)
{
	size_t n = l->freemail_glob_count;
	struct span word;

	(void)source;
	while (span_word(&rest, &word)) {
		word = lower(l, word);
		if (span_chr(word, '*') == word.n &&
		    span_chr(word, '?') == word.n) {
			listing_set(l, &l->freemail, word, LISTING_IN);
			continue;
		}
		if ((n & (n - 1)) == 0)
			l->freemail_globs = mem_array(l->freemail_globs,
			    n == 0 ? 1 : n * 2, sizeof(*l->freemail_globs));
		l->freemail_globs[n++] = word;
	}
	l->freemail_glob_count = n;
}

static struct map *
source_map(struct lists *l, const struct source *source)
{
	return (struct map *)(void *)((char *)l + source->map);
}

static void
take_words(struct lists *l, const struct source *source, struct span rest)
{
	struct span word;

	while (span_word(&rest, &word))
		listing_set(l, source_map(l, source), lower(l, word),
		    LISTING_IN);
}

/* Those words, or all when there are none. */
static void
drop_words(struct lists *l, const struct source *source, struct span rest)
{
	struct map *map = source_map(l, source);
	struct span word;

	if (rest.n == 0)
		listing_clear(map);
	while (span_word(&rest, &word))
		listing_set(l, map, lower(l, word), LISTING_NONE);
}

static void
take_registry(struct lists *l, const struct source *source, struct span rest)
{
	struct span word;
	unsigned level;

	if (span_is(span_of(source->word), "clear_util_rb")) {
		registry_clear(&l->registry);
		return;
	}
	level = span_is(span_of(source->word), "util_rb_tld") ? 1 :
	    span_is(span_of(source->word), "util_rb_2tld") ? 2 : 3;
	while (span_word(&rest, &word))
		registry_add(&l->registry, level, word);
}

static void
take_redirector(struct lists *l, const struct source *source,
    struct span rest)
{
	size_t n = l->redirector_count;
	struct pattern pattern;
	struct regex *regex;

	(void)source;
	/* Reading the line has shown that it compiles. */
	if (pattern_parse(rest, false, &pattern, NULL) != 0)
		return;
	regex = regex_new(pattern.text, pattern.flags, NULL);
	if (regex == NULL)
		return;
	if ((n & (n - 1)) == 0)
		l->redirectors = mem_array(l->redirectors,
		    n == 0 ? 1 : n * 2, sizeof(*l->redirectors));
	l->redirectors[n].regex = regex;
	needs_read(pattern.text, pattern.flags, &l->redirectors[n].needs);
	l->redirector_count++;
}

static const struct source sources[] = {
	{ "welcomelist_from", take_globs, NULL, NULL, 0 },
	{ "welcomelist_to", take_globs, NULL, NULL, 0 },
	{ "welcomelist_auth", take_globs, NULL, NULL, 0 },
	{ "def_welcomelist_auth", take_globs, NULL, NULL, 0 },
	{ "welcomelist_from_spf", take_globs, NULL, NULL, 0 },
	{ "def_welcomelist_from_spf", take_globs, NULL, NULL, 0 },
	{ "welcomelist_allows_relays", take_globs, NULL, NULL, 0 },
	{ "welcomelist_bounce_relays", take_globs, NULL, NULL, 0 },
	{ "blocklist_from", take_globs, NULL, NULL, 0 },
	{ "blocklist_to", take_globs, NULL, NULL, 0 },
	{ "more_spam_to", take_globs, NULL, NULL, 0 },
	{ "all_spam_to", take_globs, NULL, NULL, 0 },
	{ "enlist_addrlist", take_addrlist, NULL, NULL, 0 },
	{ "unwelcomelist_from", drop_globs, "welcomelist_from", NULL, 0 },
	{ "unblocklist_from", drop_globs, "blocklist_from", NULL, 0 },
	{ "unwelcomelist_auth", drop_globs, "welcomelist_auth",
	    "def_welcomelist_auth", 0 },
	{ "unwelcomelist_from_spf", drop_globs, "welcomelist_from_spf",
	    "def_welcomelist_from_spf", 0 },
	{ "unwelcomelist_from_rcvd", drop_globs, "welcomelist_from_rcvd",
	    "def_welcomelist_from_rcvd", 0 },
	{ "welcomelist_from_rcvd", take_pair, NULL, NULL, 0 },
	{ "def_welcomelist_from_rcvd", take_pair, NULL, NULL, 0 },
	{ "welcomelist_from_dkim", take_pair, NULL, NULL, 0 },
	{ "def_welcomelist_from_dkim", take_pair, NULL, NULL, 0 },
	{ "unwelcomelist_from_dkim", drop_pair, "welcomelist_from_dkim",
	    "def_welcomelist_from_dkim", 0 },
	{ "welcomelist_subject", take_subject, NULL, NULL, 0 },
	{ "blocklist_subject", take_subject, NULL, NULL, 0 },
	{ "enlist_uri_host", take_hosts, NULL, NULL, 0 },
	{ "blocklist_uri_host", take_hosts, LIST_BLOCK, NULL, 0 },
	{ "welcomelist_uri_host", take_hosts, LIST_WELCOME, NULL, 0 },
	{ "delist_uri_host", drop_hosts, NULL, NULL, 0 },
	{ "freemail_domains", take_freemail, NULL, NULL, 0 },
	{ "freemail_welcomelist", take_words, MAP(freemail_out) },
	{ "uridnsbl_skip_domain", take_words, MAP(skipped) },
	{ "clear_uridnsbl_skip_domain", drop_words, MAP(skipped) },
	{ "util_rb_tld", take_registry, NULL, NULL, 0 },
	{ "util_rb_2tld", take_registry, NULL, NULL, 0 },
	{ "util_rb_3tld", take_registry, NULL, NULL, 0 },
	{ "clear_util_rb", take_registry, NULL, NULL, 0 },
	{ "redirector_pattern", take_redirector, NULL, NULL, 0 },
};

#define SOURCES (sizeof(sources) / sizeof(sources[0]))

struct lists *
lists_new(const struct ruleset *rules, const struct suffixes *suffixes)
{
	struct lists *l = mem_alloc(sizeof(*l));
	const struct setting *line;
	size_t i, k;

	arena_init(&l->arena);
	map_init(&l->named);
	map_init(&l->hosts);
	map_init(&l->freemail);
	map_init(&l->freemail_out);
	map_init(&l->skipped);
	registry_init(&l->registry);
	l->registry.otherwise = suffixes;
	for (i = 0; i < rules->lines.count; i++) {
		line = rules->lines.items[i];
		for (k = 0; k < SOURCES; k++)
			if (strcmp(sources[k].word, line->word) == 0)
				sources[k].take(l, &sources[k], line->rest);
	}
	for (i = 0; i < l->named.count; i++)
		list_ready(map_value(&l->named, i));
	return l;
}

void
lists_free(struct lists *l)
{
	size_t i;

	if (l == NULL)
		return;
	for (i = 0; i < l->named.count; i++)
		list_free(map_value(&l->named, i));
	for (i = 0; i < l->hosts.count; i++)
		map_done(map_value(&l->hosts, i));
	for (i = 0; i < l->redirector_count; i++) {
		regex_put(l->redirectors[i].regex);
		needs_done(&l->redirectors[i].needs);
	}
	map_done(&l->named);
	map_done(&l->hosts);
	map_done(&l->freemail);
	map_done(&l->freemail_out);
	map_done(&l->skipped);
	registry_done(&l->registry);
	free(l->freemail_globs);
	free(l->redirectors);
	arena_done(&l->arena);
	free(l);
}

const struct list *
lists_find(const struct lists *l, struct span name)
{
	return map_find(&l->named, name);
}

/* An address, in brackets or not: there is no domain above it. */
static bool
is_address(struct span host)
{
	size_t i, dots = 0;

	for (i = 0; i < host.n; i++) {
		if (host.p[i] == '.')
			dots++;
		else if (!char_digit(host.p[i]))
			return false;
	}
	return dots == 3;
}

enum listing
lists_uri_host(const struct lists *l, struct span name, struct span host)
{
	const struct map *hosts = map_find(&l->hosts, name);
	enum listing found;
	size_t n;

	if (hosts == NULL || host.n == 0)
		return LISTING_NONE;
	if (host.p[0] == '[' && host.p[host.n - 1] == ']')
		return listing_get(hosts, span_make(host.p + 1, host.n - 2));
	if (is_address(host))
		return listing_get(hosts, host);
	for (n = domain_labels(host); n > LISTS_LABELS_MAX; n--)
		host = span_skip(host, span_chr(host, '.') + 1);
	while (host.n > 0) {
		found = listing_get(hosts, host);
		if (found != LISTING_NONE)
			return found;
		host = span_skip(host, span_chr(host, '.') + 1);
	}
	return LISTING_NONE;
}

bool
lists_freemail(const struct lists *l, struct span address)
{
	struct span domain = span_skip(address, span_rchr(address, '@') + 1);
	size_t i;

	if (span_rchr(address, '@') == address.n)
		domain = address;
	if (listing_get(&l->freemail_out, address) == LISTING_IN ||
	    listing_get(&l->freemail_out, domain) == LISTING_IN)
		return false;
	if (listing_get(&l->freemail, domain) == LISTING_IN)
		return true;
	for (i = 0; i < l->freemail_glob_count; i++)
		if (glob_match_label(l->freemail_globs[i], domain))
			return true;
	return false;
}

bool
lists_has_freemail(const struct lists *l)
{
	return l->freemail.count > 0 || l->freemail_glob_count > 0;
}

bool
lists_skips_domain(const struct lists *l, struct span domain)
{
	return listing_get(&l->skipped, domain) == LISTING_IN;
}

const struct registry *
lists_registry(const struct lists *l)
{
	return &l->registry;
}

const struct redirector *
lists_redirectors(const struct lists *l, size_t *count)
{
	*count = l->redirector_count;
	return l->redirectors;
}
