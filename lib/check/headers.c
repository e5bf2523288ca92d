/*
 * headers - whether the header is one that mail software writes: the fields
 * RFC 5322 3.6 asks for are there once each, and can be read.
 *
 * Broken mail is not spam by itself: the weights are small, and SMTPUTF8 mail
 * (RFC 6532) is as good as any other.
 */
#include "check/check.h"
#include "mail/address.h"
#include "mail/date.h"
#include "mail/fields.h"

#define FIELD_NAME_SHOWN 80	/* bytes of a name in evidence */
#define DATE_SLACK (96 * 3600LL)	/* seconds, as SpamAssassin's 96_XX */
#define PAST_SLACK (366 * 86400LL)

struct headers_options {
	bool enabled;
};

static const struct option rows[] = {
	{"enabled", OPTION_BOOL, offsetof(struct headers_options, enabled),
	    "yes", 0, 0, NULL, "look for missing, doubled or broken fields"},
	{0},
};

static const char *const symbols[] = {
	"MISSING_FROM", "MULTIPLE_FROM", "FROM_INVALID",
	"FROM_SEVERAL_ADDRESSES", "MISSING_DATE", "INVALID_DATE",
	"DATE_IN_FUTURE_96_XX", "DATE_IN_PAST_YEAR", "MISSING_MID",
	"INVALID_MSGID", "MISSING_HEADERS", "MISSING_SUBJECT",
	"MULTIPLE_UNIQUE_HEADERS", "MIME_HEADER_BROKEN",
	"SUBJECT_NOT_UTF8", "HEADER_NOT_UTF8", NULL,
};

static unsigned
headers_needs(const void *self)
{
	const struct headers_options *o = self;

	return o->enabled ? NEED_CLIENT | NEED_HEADERS : 0;
}

/* Fields past the limits were not kept: whether they exist is unknown. */
static void
raise_missing(struct inquiry *q, const char *symbol)
{
	if (!(q->message->reached & (LIMIT_HEADERS | LIMIT_HEADER_BYTES)))
		inquiry_raise(q, symbol, "%s", "");
}

static size_t
count_addresses(const struct from *from)
{
	size_t i, whole = 0;

	for (i = 0; i < from->count; i++)
		whole += from->address[i].domain.n > 0;
	return whole;
}

/* RFC 5322 3.6.2: exactly one From; who sees which, nobody can tell. */
static void
judge_from(struct inquiry *q)
{
	const struct header *from = message_find(q->message, "From", 0);
	size_t fields = message_count(q->message, "From"), count;
	const struct from *read = inquiry_from(q);

	if (from == NULL || read == NULL) {
		raise_missing(q, "MISSING_FROM");
		return;
	}
	if (fields > 1)
		inquiry_raise(q, "MULTIPLE_FROM", "%zu fields", fields);
	count = count_addresses(read);
	if (count > 1)
		inquiry_raise(q, "FROM_SEVERAL_ADDRESSES", "%.*s",
		    SPAN_ARG(span_trim(from->value)));
	if (count == 0 || (read->verdict & ADDRESS_JUNK))
		inquiry_raise(q, "FROM_INVALID", "%.*s",
		    SPAN_ARG(span_trim(from->value)));
}

static void
judge_date(struct inquiry *q)
{
	const struct header *date = message_find(q->message, "Date", 0);
	int64_t when, now = q->now / 1000;

	if (date == NULL) {
		raise_missing(q, "MISSING_DATE");
		return;
	}
	if (date_parse(date->value, &when) == DATE_BAD)
		inquiry_raise(q, "INVALID_DATE", "%.*s",
		    SPAN_ARG(span_trim(date->value)));
	else if (when > now + DATE_SLACK)
		inquiry_raise(q, "DATE_IN_FUTURE_96_XX", "%.*s",
		    SPAN_ARG(span_trim(date->value)));
	else if (when < now - PAST_SLACK)
		inquiry_raise(q, "DATE_IN_PAST_YEAR", "%.*s",
		    SPAN_ARG(span_trim(date->value)));
}

static void
judge_message_id(struct inquiry *q)
{
	const struct header *mid = message_find(q->message, "Message-ID", 0);
	struct span id;

	if (mid == NULL)
		raise_missing(q, "MISSING_MID");
	else if (msgid_parse(mid->value, &id) == MSGID_BROKEN)
		inquiry_raise(q, "INVALID_MSGID", "%.*s",
		    SPAN_ARG(span_trim(mid->value)));
}

static void
judge_presence(struct inquiry *q)
{
	/* RFC 5322 3.6: "Max number" 1; From has a symbol of its own. */
	static const char *const unique[] = {
		"Bcc", "Cc", "Content-Transfer-Encoding", "Content-Type",
		"Date", "In-Reply-To", "MIME-Version", "Message-ID",
		"References", "Reply-To", "Sender", "Subject", "To",
	};
	const struct message *m = q->message;
	size_t i, n;

	for (i = 0; i < sizeof(unique) / sizeof(unique[0]); i++) {
		n = message_count(m, unique[i]);
		if (n > 1)
			inquiry_raise(q, "MULTIPLE_UNIQUE_HEADERS",
			    "%zu times %s", n, unique[i]);
	}
	if (message_find(m, "To", 0) == NULL &&
	    message_find(m, "Cc", 0) == NULL)
		raise_missing(q, "MISSING_HEADERS");
	if (message_find(m, "Subject", 0) == NULL)
		raise_missing(q, "MISSING_SUBJECT");
}

/* Faults that leave readers to guess what the body is. */
#define CONTENT_GRAVE (CONTENT_EMPTY | CONTENT_NO_TYPE | CONTENT_NO_SUBTYPE | \
	CONTENT_DUPLICATE | CONTENT_OPEN | CONTENT_LIMIT)

static void
judge_mime(struct inquiry *q)
{
	const struct header *type, *encoding;
	struct content content;
	struct span mechanism;
	unsigned faults;

	type = message_find(q->message, "Content-Type", 0);
	if (type != NULL) {
		faults = content_type_parse(q->arena, type->value, &content);
		if (faults & CONTENT_GRAVE)
			inquiry_raise(q, "MIME_HEADER_BROKEN",
			    "Content-Type: %.*s",
			    SPAN_ARG(span_trim(type->value)));
	}
	encoding = message_find(q->message, "Content-Transfer-Encoding", 0);
	if (encoding == NULL)
		return;
	faults = content_encoding_parse(encoding->value, &mechanism);
	if (faults & (CONTENT_EMPTY | CONTENT_NO_TYPE | CONTENT_OPEN))
		inquiry_raise(q, "MIME_HEADER_BROKEN",
		    "Content-Transfer-Encoding: %.*s",
		    SPAN_ARG(span_trim(encoding->value)));
}

/* RFC 5322 2.2 wants ASCII, RFC 6532 3.2 allows UTF-8 besides. */
static void
judge_bytes(struct inquiry *q)
{
	const struct header *h;
	unsigned found;
	size_t i;

	for (i = 0; i < q->message->header_count; i++) {
		h = &q->message->headers[i];
		found = field_bytes(h->value);
		if (!(found & (FIELD_NUL | FIELD_CONTROL | FIELD_NOT_UTF8)))
			continue;
		if (span_iis(h->name, "Subject"))
			inquiry_raise(q, "SUBJECT_NOT_UTF8", "%.*s",
			    SPAN_ARG(span_trim(h->value)));
		else
			inquiry_raise(q, "HEADER_NOT_UTF8", "%.*s",
			    SPAN_ARG(span_head(h->name, FIELD_NAME_SHOWN)));
	}
}

static enum answer
headers_run(const void *self, struct inquiry *q)
{
	(void)self;
	if (q->message->direction != DIRECTION_INBOUND)
		return ANSWERED;
	judge_from(q);
	judge_date(q);
	judge_message_id(q);
	judge_presence(q);
	judge_mime(q);
	judge_bytes(q);
	return ANSWERED;
}

const struct check check_headers = {
	.name = "headers",
	.options = rows,
	.size = sizeof(struct headers_options),
	.symbols = symbols,
	.needs = headers_needs,
	.run[STAGE_HEADERS] = headers_run,
};
