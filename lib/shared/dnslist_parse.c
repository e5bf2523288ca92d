/*
 * dnslist_parse - definitions of DNS lists: "list NAME" begins one, and the
 * lines behind it, each a word and what it sets, are about it.
 */
#include <string.h>

#include "base/text.h"
#include "conf/number.h"
#include "shared/dnslist.h"

#define DEADLINE_MAX 120000	/* ms */
#define ADDRESS_TEXT_MAX 16	/* bytes of a.b.c.d */

/* Where a line stands. */
struct at {
	struct dnslists *lists;
	struct dnslist *list;
	const char *file;
	unsigned line;
	struct error *error;
};

static const struct {
	const char *word;
	unsigned bit;
} kinds[] = {
	{"client", DNSLIST_CLIENT}, {"client6", DNSLIST_CLIENT6},
	{"rdns", DNSLIST_RDNS}, {"helo", DNSLIST_HELO},
	{"sender", DNSLIST_SENDER}, {"from", DNSLIST_FROM},
	{"link", DNSLIST_LINK}, {"linkhost", DNSLIST_LINK_HOST},
	{"linkip", DNSLIST_LINK_IP}, {"email", DNSLIST_EMAIL},
};

void
dnslists_init(struct dnslists *lists)
{
	memset(lists, 0, sizeof(*lists));
	arena_init(&lists->arena);
}

void
dnslists_done(struct dnslists *lists)
{
	arena_done(&lists->arena);
}

static int
refuse(const struct at *at, const char *reason, struct span what)
{
	return error_at(at->error, at->file, at->line, "%s, not \"%.*s\"",
	    reason, SPAN_ARG(span_head(what, 80)));
}

static const char *
copy(const struct at *at, struct span text)
{
	return arena_string(&at->lists->arena, text);
}

/* A name of a list, symbol or group. */
static bool
plain(struct span word, size_t most)
{
	size_t i;

	for (i = 0; i < word.n; i++)
		if (!char_word((unsigned char)word.p[i]) && word.p[i] != '-')
			return false;
	return word.n > 0 && word.n <= most;
}

static bool
symbolic(struct span word)
{
	size_t i;

	for (i = 0; i < word.n; i++)
		if (char_alpha(word.p[i]) && char_lower(word.p[i]) ==
		    word.p[i])
			return false;
	return plain(word, DNSLIST_WORD_MAX) && char_alpha(word.p[0]) &&
	    span_chr(word, '-') == word.n;
}

static struct dnslist_code *
add_code(struct dnslist *list)
{
	size_t n = list->code_count;

	/* Room for all of them is made with the list. */
	return n == DNSLIST_CODES_MAX ? NULL : &list->codes[list->code_count++];
}

static int
take_list(struct at *at, struct span rest)
{
	struct dnslists *lists = at->lists;
	struct dnslist *list;
	struct dnslist *grown;

	if (!plain(rest, DNSLIST_NAME_MAX))
		return refuse(at, "list wants a name of letters, digits, "
		    "\"-\" and \"_\"", rest);
	if (dnslists_find(lists, rest) != NULL)
		return error_at(at->error, at->file, at->line,
		    "there is a list %.*s already", SPAN_ARG(rest));
	if (lists->count == DNSLISTS_MAX)
		return error_at(at->error, at->file, at->line,
		    "more than %d lists", DNSLISTS_MAX);
	if ((lists->count & (lists->count - 1)) == 0) {
		grown = arena_alloc(&lists->arena, (lists->count == 0 ? 1 :
		    2 * lists->count) * sizeof(*grown));
		if (lists->count > 0)
			memcpy(grown, lists->items,
			    lists->count * sizeof(*grown));
		lists->items = grown;
	}
	list = &lists->items[lists->count++];
	memset(list, 0, sizeof(*list));
	list->name = copy(at, rest);
	list->file = copy(at, span_of(at->file));
	list->line = at->line;
	list->about = list->terms = list->terms_url = "";
	list->codes = arena_alloc(&lists->arena,
	    DNSLIST_CODES_MAX * sizeof(*list->codes));
	return 0;
}

/* Labels of letters, digits, "-" and "_"; "{key}" is one. */
static bool
zone_like(struct span zone)
{
	struct span label;
	size_t labels = 0;

	while (span_cut(&zone, '.', &label)) {
		if (!plain(label, 63) && !span_is(label, "{key}"))
			return false;
		labels++;
	}
	return labels > 0;
}

static int
take_zone(struct at *at, struct span rest)
{
	struct arena *arena = &at->lists->arena;
	struct span zone = arena_lower(arena, rest);

	if (zone.n > 0 && zone.p[zone.n - 1] == '.')
		zone.n--;
	if (zone.n > DNSLIST_ZONE_MAX || !zone_like(zone))
		return refuse(at, "zone wants a name of the DNS", rest);
	at->list->zone = at->list->id = zone;
	at->list->wants_key = span_find(zone, span_of("{key}")) < zone.n;
	return 0;
}

static int
take_ask(struct at *at, struct span rest)
{
	struct span word;
	size_t i, n = sizeof(kinds) / sizeof(kinds[0]);

	while (span_word(&rest, &word)) {
		for (i = 0; i < n && !span_is(word, kinds[i].word); i++)
			;
		if (i == n)
			return refuse(at, "ask wants client, client6, rdns, "
			    "helo, sender, from, link, linkhost, linkip or "
			    "email", word);
		at->list->asks |= kinds[i].bit;
	}
	return 0;
}

static bool
read_address(struct span text, uint32_t *out)
{
	struct ip ip;

	if (text.n >= ADDRESS_TEXT_MAX || !ip_parse(text, &ip) ||
	    !ip_is4(&ip) || span_chr(text, ':') < text.n)
		return false;
	*out = (uint32_t)ip.b[12] << 24 | (uint32_t)ip.b[13] << 16 |
	    (uint32_t)ip.b[14] << 8 | ip.b[15];
	return true;
}

/* "127.0.0.2", "127.0.0.4-127.0.0.7", "127.0.0.1/255.0.0.255", "bit:64". */
static bool
read_value(struct span text, struct dnslist_code *code)
{
	size_t dash = span_chr(text, '-'), slash = span_chr(text, '/');
	int64_t bit;

	if (span_is(text, "any")) {
		code->low = 0x7f000000u;
		code->high = 0x7fffffffu;
		return true;
	}
	if (span_starts(text, "bit:")) {
		if (!text_number(span_skip(text, 4), &bit) || bit <= 0 ||
		    bit > 0xffffff || (bit & (bit - 1)) != 0)
			return false;
		code->low = code->mask = (uint32_t)bit;
		return true;
	}
	if (!read_address(span_head(text, dash < slash ? dash : slash),
	    &code->low))
		return false;
	code->high = code->low;
	if (slash < text.n) {
		if (!read_address(span_skip(text, slash + 1), &code->mask))
			return false;
		code->low &= code->mask;
		return code->mask != 0;
	}
	return dash == text.n || (read_address(span_skip(text, dash + 1),
	    &code->high) && code->high >= code->low);
}

static int
code_of(struct at *at, struct span *rest, struct dnslist_code **out)
{
	struct span value = span_of("");
	struct dnslist_code *code = add_code(at->list);

	if (code == NULL)
		return error_at(at->error, at->file, at->line,
		    "more than %d codes of one list", DNSLIST_CODES_MAX);
	span_word(rest, &value);
	if (!read_value(value, code))
		return refuse(at, "wanted an answer: 127.0.0.2, a range "
		    "127.0.0.4-127.0.0.7, under a mask 127.0.0.1/255.0.0.255, "
		    "bit:64 or any", value);
	*out = code;
	return 0;
}

static int
take_code(struct at *at, struct span rest)
{
	struct dnslist_code *code;
	struct span word = span_of("");

	if (code_of(at, &rest, &code) != 0)
		return -1;
	span_word(&rest, &word);
	if (!symbolic(word))
		return refuse(at, "code wants a symbol in capitals behind the "
		    "answer", word);
	code->symbol = copy(at, word);
	while (span_word(&rest, &word)) {
		if (span_is(word, "policy")) {
			code->policy = true;
		} else if (span_is(word, "group") && span_word(&rest, &word) &&
		    plain(word, DNSLIST_WORD_MAX)) {
			code->group = copy(at, word);
		} else {
			return refuse(at, "behind the symbol may stand policy "
			    "and group NAME", word);
		}
	}
	return 0;
}

static int
take_refused(struct at *at, struct span rest)
{
	struct dnslist_code *code;

	if (code_of(at, &rest, &code) != 0)
		return -1;
	return span_trim(rest).n == 0 ? 0 :
	    refuse(at, "refused wants one answer", span_trim(rest));
}

static int
take_group(struct at *at, struct span rest)
{
	if (!plain(rest, DNSLIST_WORD_MAX))
		return refuse(at, "group wants a name", rest);
	at->list->group = copy(at, rest);
	return 0;
}

static int
take_deadline(struct at *at, struct span rest)
{
	int64_t ms;

	if (!number_parse(OPTION_TIME, rest, &ms) || ms <= 0 ||
	    ms > DEADLINE_MAX)
		return refuse(at, "deadline wants a time up to 120s, such as "
		    "800ms or 2s", rest);
	at->list->deadline = ms;
	return 0;
}

static int
take_without(struct at *at, struct span rest)
{
	if (span_is(rest, "open"))
		at->list->without = DNSLIST_WITHOUT_OPEN;
	else if (span_is(rest, "tempfail"))
		at->list->without = DNSLIST_WITHOUT_TEMPFAIL;
	else
		return refuse(at, "without wants open or tempfail", rest);
	return 0;
}

static int
take_hash(struct at *at, struct span rest)
{
	static const char *const names[] = {"md5", "sha1", "sha256"};
	struct span word = span_of("");
	size_t i;

	span_word(&rest, &word);
	for (i = 0; i < 3 && !span_is(word, names[i]); i++)
		;
	rest = span_trim(rest);
	at->list->base32 = span_is(rest, "base32");
	if (i == 3 || (rest.n > 0 && !at->list->base32))
		return refuse(at, "hash wants md5, sha1 or sha256, and perhaps "
		    "base32", i == 3 ? word : rest);
	at->list->hash = (enum hash_kind)i;
	return 0;
}

/* "-" is no question of that kind. */
static bool
test_name(struct at *at, struct span *rest, struct span *out)
{
	struct span word;

	if (!span_word(rest, &word))
		return false;
	if (span_is(word, "-")) {
		*out = span_of("");
		return true;
	}
	*out = span_make(copy(at, word), word.n);
	return word.n < DNS_NAME_MAX - DNSLIST_ZONE_MAX && zone_like(word);
}

static int
take_test(struct at *at, struct span rest)
{
	struct span whole = rest;

	/* Told from the default by their p. */
	if (span_is(rest, "none")) {
		at->list->listed = at->list->unlisted = span_of("");
		at->list->listed.p = "";
		return 0;
	}
	if (!test_name(at, &rest, &at->list->listed) ||
	    !test_name(at, &rest, &at->list->unlisted) ||
	    span_trim(rest).n > 0)
		return refuse(at, "test wants none, or two names below the "
		    "zone: one that is listed and one that is not (\"-\": "
		    "there is none)", whole);
	return 0;
}

static int
take_terms(struct at *at, struct span rest)
{
	struct span url = span_of("");

	span_word(&rest, &url);
	if (!span_starts(url, "https://") && !span_starts(url, "http://"))
		return refuse(at, "terms wants the address of a page, and "
		    "words", url);
	at->list->terms_url = copy(at, url);
	at->list->terms = copy(at, span_trim(rest));
	return 0;
}

static int
take_about(struct at *at, struct span rest)
{
	at->list->about = copy(at, rest);
	return 0;
}

static const struct {
	const char *word;
	int (*take)(struct at *, struct span rest);
} words[] = {
	{"list", take_list}, {"about", take_about}, {"zone", take_zone},
	{"ask", take_ask}, {"code", take_code}, {"refused", take_refused},
	{"group", take_group}, {"deadline", take_deadline},
	{"without", take_without}, {"hash", take_hash}, {"test", take_test},
	{"terms", take_terms},
};

int
dnslists_take(void *context, struct span line, const char *file,
    unsigned number, struct error *error)
{
	struct dnslists *lists = context;
	struct at at = {lists, NULL, file, number, error};
	struct span word = span_of(""), rest = line;
	size_t i, n = sizeof(words) / sizeof(words[0]);

	span_word(&rest, &word);
	rest = span_trim(rest);
	for (i = 0; i < n && !span_is(word, words[i].word); i++)
		;
	if (i == n)
		return refuse(&at, "a line begins with list, about, zone, ask, "
		    "code, refused, group, deadline, without, hash, test or "
		    "terms", word);
	if (rest.n == 0)
		return error_at(error, file, number, "%s wants more",
		    words[i].word);
	if (lists->count > 0)
		at.list = &lists->items[lists->count - 1];
	/* A file begins with a list of its own. */
	if (i > 0 && (at.list == NULL || strcmp(at.list->file, file) != 0))
		return error_at(error, file, number, "before this there must "
		    "be a line \"list NAME\"");
	return words[i].take(&at, rest);
}

static int
end_list(struct dnslist *list, struct error *error)
{
	size_t i, symbols = 0;

	for (i = 0; i < list->code_count; i++) {
		symbols += list->codes[i].symbol != NULL;
		if (list->codes[i].group == NULL)
			list->codes[i].group = list->group != NULL ?
			    list->group : list->name;
	}
	if (list->zone.n == 0 || list->asks == 0 || symbols == 0)
		return error_at(error, list->file, list->line,
		    "list %s has no %s", list->name, list->zone.n == 0 ?
		    "zone" : list->asks == 0 ? "line \"ask\"" :
		    "line \"code\"");
	if (list->asks & DNSLIST_EMAIL && list->asks != DNSLIST_EMAIL)
		return error_at(error, list->file, list->line, "list %s: "
		    "email stands alone", list->name);
	if (list->listed.p == NULL && list->unlisted.p == NULL)
		dnslist_default_test(list, list->asks);
	return 0;
}

int
dnslists_end(struct dnslists *lists, struct error *error)
{
	size_t i;

	for (i = 0; i < lists->count; i++)
		if (end_list(&lists->items[i], error) != 0)
			return -1;
	return 0;
}
