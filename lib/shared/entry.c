/* entry - whom operators trust a little, or deny, in words. */
#include "shared/entry.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "conf/number.h"
#include "mail/domain.h"

#define DAY (24 * 3600 * INT64_C(1000))
#define DISCOUNT_DEFAULT 3000
/* Of two words, which one holds is not to be guessed. */
#define TWICE "%.*s= stands twice"

static const char *const list_names[ENTRY_LISTS] = {"trust", "deny"};
static const char *const kind_names[ENTRY_KINDS] = {
	"dkim", "spf", "from", "client", "helo", "sender",
};

/* Which kinds a list has, for messages too. */
static const struct {
	unsigned kinds;
	const char *words;
} kinds_of[ENTRY_LISTS] = {
	{1u << ENTRY_DKIM | 1u << ENTRY_SPF | 1u << ENTRY_FROM |
	    1u << ENTRY_CLIENT, "dkim, spf, from, client"},
	{1u << ENTRY_FROM | 1u << ENTRY_CLIENT | 1u << ENTRY_HELO |
	    1u << ENTRY_SENDER, "client, helo, sender, from"},
};

const char *
entry_list_name(enum entry_list list)
{
	return list_names[list];
}

struct span
entry_what(const struct entry *e)
{
	struct span name = span_of(e->name);

	return span_skip(name, span_chr(name, ':') + 1);
}

const char *
entry_time_text(int64_t ms, char out[ENTRY_TIME_MAX])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL ||
	    strftime(out, ENTRY_TIME_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(out, ENTRY_TIME_MAX, "never");
	return out;
}

/* Digits at a place of "YYYY-MM-DDTHH:MM:SSZ"; -1 when there are others. */
static int
digits(struct span text, size_t at, size_t n)
{
	int64_t number;

	return text_number(span_head(span_skip(text, at), n), &number) ?
	    (int)number : -1;
}

bool
entry_time_parse(struct span text, int64_t *ms)
{
	static const char form[] = "0000-00-00T00:00:00Z";
	struct tm tm = {0};
	char again[ENTRY_TIME_MAX];
	int64_t result;
	size_t i;

	if (text.n != 10 && text.n != 20)
		return false;
	for (i = 0; i < text.n; i++)
		if (form[i] == '0' ? !char_digit(text.p[i]) :
		    text.p[i] != form[i])
			return false;
	tm.tm_year = digits(text, 0, 4) - 1900;
	tm.tm_mon = digits(text, 5, 2) - 1;
	tm.tm_mday = digits(text, 8, 2);
	if (text.n == 20) {
		tm.tm_hour = digits(text, 11, 2);
		tm.tm_min = digits(text, 14, 2);
		tm.tm_sec = digits(text, 17, 2);
	}
	result = (int64_t)timegm(&tm) * 1000;
	/* No 30th of February. */
	if (!span_eq(span_head(span_of(entry_time_text(result, again)),
	    text.n), text))
		return false;
	*ms = text.n == 20 ? result : result + DAY - 1000;
	return true;
}

/* A name that could stand in mail: no blanks, globs or leading dots. */
static bool
plausible(struct span what, bool address)
{
	size_t at = span_rchr(what, '@'), i;
	struct span domain = at < what.n ? span_skip(what, at + 1) : what;

	if (at == 0 || (at < what.n && !address) || domain.n == 0 ||
	    domain.n > DOMAIN_MAX || domain.p[0] == '.' ||
	    what.n > ENTRY_WHAT_MAX || span_chr(what, '*') < what.n)
		return false;
	for (i = 0; i < what.n; i++)
		if (char_space(what.p[i]))
			return false;
	return text_clean(what);
}

/* As it is looked up: lower case, a domain in A-labels and without its dot. */
static int
take_what(struct entry *e, struct span what, struct error *error)
{
	bool address = e->kind == ENTRY_FROM || e->kind == ENTRY_SENDER;
	size_t at = span_rchr(what, '@'), i;
	struct span domain;
	struct arena arena;
	int n;

	if (!plausible(what, address))
		return error_set(error, "\"%.*s\" is not a domain%s (a domain "
		    "stands for all beneath it, without \"*\" or leading dot)",
		    SPAN_ARG(span_head(what, 80)),
		    address ? " or an address" : "");
	arena_init(&arena);
	domain = domain_ascii(&arena, at < what.n ? span_skip(what, at + 1) :
	    what);
	n = snprintf(e->name, sizeof(e->name), "%s:%.*s%.*s",
	    kind_names[e->kind], SPAN_ARG(span_head(what,
	    at < what.n ? at + 1 : 0)), SPAN_ARG(domain));
	arena_done(&arena);
	if (domain.n == 0 || n < 0 || (size_t)n >= sizeof(e->name))
		return error_set(error, "\"%.*s\" has no domain that mail "
		    "could come from", SPAN_ARG(span_head(what, 80)));
	for (i = 0; e->name[i] != '\0'; i++)
		e->name[i] = (char)char_lower(e->name[i]);
	return 0;
}

static int
take_network(struct entry *e, struct span what, struct error *error)
{
	char text[IP_TEXT_MAX];

	if (!net_parse(what, &e->net))
		return error_set(error, "\"%.*s\" is not an address or "
		    "network", SPAN_ARG(span_head(what, 80)));
	snprintf(e->name, sizeof(e->name), "client:%s", e->net.bits == 128 ?
	    ip_text(&e->net.ip, text) : net_text(&e->net, text));
	return 0;
}

int
entry_name(struct span word, enum entry_list list, struct entry *e,
    struct error *error)
{
	struct span kind = span_head(word, span_chr(word, ':')), what;
	unsigned i;

	for (i = 0; i < ENTRY_KINDS && !span_is(kind, kind_names[i]); i++)
		continue;
	if (kind.n == word.n || i == ENTRY_KINDS ||
	    !(kinds_of[list].kinds & (1u << i)))
		return error_set(error, "\"%.*s\" does not begin with one of "
		    "%s and a colon", SPAN_ARG(span_head(word, 80)),
		    kinds_of[list].words);
	what = span_skip(word, kind.n + 1);
	e->list = list;
	e->kind = (enum entry_kind)i;
	return i == ENTRY_CLIENT ? take_network(e, what, error) :
	    take_what(e, what, error);
}

/* Quotes cannot be told apart, and a terminal must obey none of it. */
static bool
holdable(struct span text)
{
	return span_chr(text, '"') == text.n && text_clean(text);
}

int
entry_word(struct span *rest, struct span *key, struct span *value,
    struct error *error)
{
	struct span word;
	size_t equals, quote, end;

	*rest = span_trim(*rest);
	if (rest->n == 0)
		return 0;
	for (end = 0; end < rest->n && !char_space(rest->p[end]); end++)
		continue;
	word = span_head(*rest, end);
	equals = span_chr(word, '=');
	*key = span_head(word, equals < word.n ? equals : 0);
	*value = equals < word.n ? span_skip(word, equals + 1) : word;
	if (value->n > 0 && value->p[0] == '"') {
		*value = span_between(value->p + 1, rest->p + rest->n);
		quote = span_chr(*value, '"');
		if (quote == value->n)
			return error_set(error, "a quote is not closed");
		*value = span_head(*value, quote);
		end = (size_t)(value->p + quote + 1 - rest->p);
		if (end < rest->n && !char_space(rest->p[end]))
			return error_set(error, "a blank has to follow a "
			    "closing quote");
	}
	if (!holdable(*value) || !holdable(*key))
		return error_set(error, "\"%.*s\": neither quotes, backslashes "
		    "nor control characters can stand in a word",
		    SPAN_ARG(span_head(word, 80)));
	*rest = span_skip(*rest, end);
	return 1;
}

static int
take_text(struct span key, struct span value, char *out, size_t max,
    struct error *error)
{
	value = span_trim(value);
	if (out[0] != '\0')
		return error_set(error, TWICE, SPAN_ARG(key));
	if (value.n == 0 || value.n > max)
		return error_set(error, "%.*s= wants 1 to %zu bytes",
		    SPAN_ARG(key), max);
	memcpy(out, value.p, value.n);
	out[value.n] = '\0';
	return 0;
}

static int
take_expiry(struct entry *e, struct span value, int64_t now,
    struct error *error)
{
	int64_t span;

	if (e->expires != 0)
		return error_set(error, TWICE, SPAN_ARG(span_of("expires")));
	if (entry_time_parse(value, &e->expires))
		return 0;
	if (now > 0 && number_parse(OPTION_TIME, value, &span) && span > 0 &&
	    span <= ENTRY_DAYS_MAX * DAY) {
		e->expires = now + span;
		return 0;
	}
	return error_set(error, "expires=%.*s: wanted is a date, as "
	    "2027-03-31%s", SPAN_ARG(span_head(value, 80)),
	    now > 0 ? ", or a time of at most 366 days, as 90d" : "");
}

int
entry_take(struct entry *e, struct span key, struct span value, int64_t now,
    struct error *error)
{
	if (span_is(key, "owner"))
		return take_text(key, value, e->owner, ENTRY_OWNER_MAX, error);
	if (span_is(key, "reason"))
		return take_text(key, value, e->reason, ENTRY_REASON_MAX,
		    error);
	if (span_is(key, "by"))
		return take_text(key, value, e->by, ENTRY_OWNER_MAX, error);
	if (span_is(key, "expires"))
		return take_expiry(e, value, now, error);
	if (span_is(key, "added"))
		return entry_time_parse(value, &e->added) ? 0 :
		    error_set(error, "added= wants a time");
	if (!span_is(key, "discount"))
		return 1;
	if (e->discount != 0)
		return error_set(error, TWICE, SPAN_ARG(key));
	if (e->list == ENTRY_TRUST && text_milli(value, &e->discount) &&
	    e->discount > 0)
		return 0;
	return error_set(error, e->list == ENTRY_TRUST ? "discount= wants "
	    "points above 0, as 2 or 1.5" : "who is denied has no discount");
}

/* The first word is the name, all others have keys of operators. */
static int
take_word(struct entry *e, struct span key, struct span value, int64_t now,
    struct error *error)
{
	int status = 1;

	if (key.n > 0 && !span_is(key, "by") && !span_is(key, "added"))
		status = entry_take(e, key, value, now, error);
	if (status == 1)
		return error_set(error, "\"%.*s\" is not one of owner=, "
		    "expires=, reason=%s",
		    SPAN_ARG(span_head(key.n > 0 ? key : value, 80)),
		    e->list == ENTRY_TRUST ? ", discount=" : "");
	return status;
}

int
entry_parse(struct span line, enum entry_list list, int64_t now,
    struct entry *e, struct error *error)
{
	struct span key, value;
	int more;

	memset(e, 0, sizeof(*e));
	e->list = list;
	more = entry_word(&line, &key, &value, error);
	if (more <= 0 || key.n > 0)
		return more < 0 ? -1 : error_set(error, "the first word has to "
		    "say whom, as %s", list == ENTRY_TRUST ?
		    "dkim:example.org" : "client:192.0.2.1");
	if (entry_name(value, list, e, error) != 0)
		return -1;
	while ((more = entry_word(&line, &key, &value, error)) == 1)
		if (take_word(e, key, value, now, error) != 0)
			return -1;
	if (more < 0)
		return -1;
	if (list == ENTRY_TRUST && e->discount == 0)
		e->discount = DISCOUNT_DEFAULT;
	if (e->owner[0] == '\0' || e->reason[0] == '\0' || e->expires == 0)
		return error_set(error, "%s: %s= is missing; every entry has "
		    "an owner, a reason and an end", e->name,
		    e->owner[0] == '\0' ? "owner" :
		    e->reason[0] == '\0' ? "reason" : "expires");
	return 0;
}

static int
check_domain(const struct entry *e, const struct entry_terms *terms,
    struct error *error)
{
	struct span what = entry_what(e);
	size_t at = span_rchr(what, '@');
	struct span domain = at < what.n ? span_skip(what, at + 1) : what;

	if (terms->suffixes != NULL &&
	    suffixes_registered(terms->suffixes, domain).n == 0)
		return error_set(error, "%s: anybody can register a name below "
		    "%.*s; write the domain that your correspondent has",
		    e->name, SPAN_ARG(domain));
	if (at == what.n && terms->shared != NULL &&
	    terms->shared(terms->context, domain))
		return error_set(error, "%s: strangers share %.*s, so that "
		    "everybody there would be trusted; write the whole "
		    "address, as from:name@%.*s, or the domain that the "
		    "customer of a mailing service signs with, as "
		    "dkim:customer.example", e->name, SPAN_ARG(domain),
		    SPAN_ARG(domain));
	return 0;
}

int
entry_check(const struct entry *e, const struct entry_terms *terms,
    struct error *error)
{
	struct buf most;
	int status;

	if (e->list == ENTRY_DENY)
		return e->kind != ENTRY_CLIENT || e->net.bits > 0 ? 0 :
		    error_set(error, "%s: that is everybody", e->name);
	if (e->discount > terms->max_discount) {
		buf_init(&most, 40);
		text_put_milli(&most, terms->max_discount);
		status = error_set(error, "%s: a discount is at most %s points "
		    "(trust.max_discount)", e->name, buf_string(&most));
		buf_done(&most);
		return status;
	}
	if (e->kind != ENTRY_CLIENT)
		return check_domain(e, terms, error);
	if (e->net.bits >= (ip_is4(&e->net.ip) ? 96 + ENTRY_BITS4_MIN :
	    ENTRY_BITS6_MIN))
		return 0;
	return error_set(error, "%s: a network larger than /%d holds "
	    "strangers; write the addresses that your correspondent sends "
	    "from", e->name, ip_is4(&e->net.ip) ? ENTRY_BITS4_MIN :
	    ENTRY_BITS6_MIN);
}

int
entry_check_time(const struct entry *e, int64_t now, struct error *error)
{
	char text[ENTRY_TIME_MAX];

	if (e->expires <= now)
		return error_set(error, "%s: expired at %s", e->name,
		    entry_time_text(e->expires, text));
	/* Written as a date, the last day counts in full. */
	if (e->expires > now + (ENTRY_DAYS_MAX + 1) * DAY)
		return error_set(error, "%s: expires in more than %d days; "
		    "somebody has to look at it again before", e->name,
		    ENTRY_DAYS_MAX);
	return 0;
}

void
entry_put(struct buf *out, const struct entry *e)
{
	char text[ENTRY_TIME_MAX];

	buf_printf(out, "%s owner=\"%s\" expires=%s", e->name, e->owner,
	    entry_time_text(e->expires, text));
	if (e->list == ENTRY_TRUST) {
		buf_puts(out, " discount=");
		text_put_milli(out, e->discount);
	}
	buf_printf(out, " reason=\"%s\"", e->reason);
}
