/* redis_said - what a server's error means, and where it sends us. */
#include "store/redis_said.h"

#include "base/text.h"
#include "store/redis_name.h"

#define WORDS_READ 200	/* bytes of an error in which its word may stand */

static const struct {
	const char *name, *word;
	enum store_trouble trouble;
} rows[SAIDS] = {
	[SAID_UNREACHABLE] = {"unreachable", NULL, TROUBLE_UNREACHED},
	[SAID_LOST] = {"lost", NULL, TROUBLE_UNKNOWN},
	[SAID_LATE] = {"late", NULL, TROUBLE_UNKNOWN},
	[SAID_CROWDED] = {"crowded", NULL, TROUBLE_UNREACHED},
	[SAID_LOADING] = {"loading", "LOADING", TROUBLE_UNREACHED},
	[SAID_OOM] = {"oom", "OOM", TROUBLE_REFUSED},
	[SAID_NOAUTH] = {"noauth", "NOAUTH", TROUBLE_UNREACHED},
	[SAID_NOPERM] = {"noperm", "NOPERM", TROUBLE_REFUSED},
	[SAID_READONLY] = {"readonly", "READONLY", TROUBLE_REFUSED},
	[SAID_TRYAGAIN] = {"tryagain", "TRYAGAIN", TROUBLE_UNREACHED},
	[SAID_CLUSTERDOWN] = {"clusterdown", "CLUSTERDOWN",
	    TROUBLE_UNREACHED},
	[SAID_MASTERDOWN] = {"masterdown", "MASTERDOWN", TROUBLE_UNREACHED},
	[SAID_MISCONF] = {"misconf", "MISCONF", TROUBLE_REFUSED},
	[SAID_BUSY] = {"busy", "BUSY", TROUBLE_UNREACHED},
	[SAID_NOSCRIPT] = {"noscript", "NOSCRIPT", TROUBLE_UNREACHED},
	[SAID_MOVED] = {"moved", "MOVED", TROUBLE_UNREACHED},
	[SAID_ASK] = {"ask", "ASK", TROUBLE_UNREACHED},
	[SAID_WRONGTYPE] = {"wrongtype", "WRONGTYPE", TROUBLE_ARGUMENT},
	[SAID_OTHER] = {"other", NULL, TROUBLE_UNKNOWN},
};

/* Further words for what has a row. */
static const struct {
	const char *word;
	enum redis_kind_of_trouble kind;
} synonyms[] = {
	{"WRONGPASS", SAID_NOAUTH},
	{"CROSSSLOT", SAID_MOVED},
	{"NOREPLICAS", SAID_READONLY},
};

const char *
said_name(enum redis_kind_of_trouble kind)
{
	return rows[kind].name;
}

enum store_trouble
said_trouble(enum redis_kind_of_trouble kind)
{
	return rows[kind].trouble;
}

static enum redis_kind_of_trouble
word_find(struct span word)
{
	size_t i;

	for (i = 0; i < SAIDS; i++)
		if (rows[i].word != NULL && span_is(word, rows[i].word))
			return (enum redis_kind_of_trouble)i;
	for (i = 0; i < sizeof(synonyms) / sizeof(synonyms[0]); i++)
		if (span_is(word, synonyms[i].word))
			return synonyms[i].kind;
	return SAID_OTHER;
}

enum redis_kind_of_trouble
said_find(struct span error)
{
	struct span rest = span_head(error, WORDS_READ), word;
	enum redis_kind_of_trouble kind;

	while (span_word(&rest, &word)) {
		if (word.n > 1 && word.p[0] == '-')
			word = span_skip(word, 1);
		kind = word_find(word);
		if (kind != SAID_OTHER)
			return kind;
	}
	return SAID_OTHER;
}

static bool
number_below(struct span text, unsigned most, unsigned *out)
{
	int64_t n;

	if (!text_number(text, &n) || n > most)
		return false;
	*out = (unsigned)n;
	return true;
}

bool
said_redirect(struct span error, struct redis_redirect *out)
{
	struct span rest = error, word, slot, where;
	struct redis_redirect to;
	size_t colon;

	if (!span_word(&rest, &word) || !span_word(&rest, &slot) ||
	    !span_word(&rest, &where) ||
	    !(span_is(word, "MOVED") || span_is(word, "ASK")))
		return false;
	colon = span_rchr(where, ':');
	to.host = span_head(where, colon);
	if (span_is(to.host, "?"))
		to.host.n = 0;
	if (colon == where.n ||
	    !number_below(span_skip(where, colon + 1), 65535, &to.port) ||
	    !number_below(slot, REDIS_SLOTS - 1, &to.slot) || to.port == 0)
		return false;
	*out = to;
	return true;
}

/* [first, last, [host, port, ...], replicas ...] */
static bool
slots_range(const struct reply *range, void (*visit)(void *context,
    unsigned first, unsigned last, struct span host, unsigned port),
    void *context)
{
	const struct reply *node;
	int64_t first, last, port;
	struct span host = {NULL, 0};

	if (range->kind != REPLY_LIST || range->count < 3)
		return false;
	node = range->item[2];
	if (range->item[0]->kind != REPLY_NUMBER ||
	    range->item[1]->kind != REPLY_NUMBER ||
	    node->kind != REPLY_LIST || node->count < 2 ||
	    node->item[1]->kind != REPLY_NUMBER)
		return false;
	first = range->item[0]->number;
	last = range->item[1]->number;
	port = node->item[1]->number;
	if (first < 0 || last < first || last >= REDIS_SLOTS || port <= 0 ||
	    port > 65535)
		return false;
	/* None, or "?": the host that was asked. */
	if (node->item[0]->kind == REPLY_TEXT &&
	    !span_is(node->item[0]->text, "?"))
		host = node->item[0]->text;
	visit(context, (unsigned)first, (unsigned)last, host, (unsigned)port);
	return true;
}

bool
said_slots(const struct reply *reply, void (*visit)(void *context,
    unsigned first, unsigned last, struct span host, unsigned port),
    void *context)
{
	size_t i;

	if (reply == NULL || reply->kind != REPLY_LIST)
		return false;
	for (i = 0; i < reply->count; i++)
		if (!slots_range(reply->item[i], visit, context))
			return false;
	return true;
}
