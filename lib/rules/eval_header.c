/* eval_header - functions about header fields and what stands in them. */
#include "rules/eval_header.h"

#include <string.h>

#include "base/map.h"
#include "base/text.h"
#include "rules/field.h"
#include "rules/fieldtext.h"
#include "rules/mimeflags.h"
#include "rules/relayform.h"

#define SORTED_MIN 7		/* recipients, to call them sorted */
#define SIMILAR_MIN 5		/* ... or similar */
#define SIMILAR_BYTES 2		/* that are compared */
#define RECIPIENTS_MAX 256

/* What the functions share. */
struct header_facts {
	struct span recipients[RECIPIENTS_MAX];
	size_t recipient_count;
	double similar;
	bool similar_known;
	unsigned frame;		/* enum of mimeflags.h */
	bool frame_known;
};

static struct field_values
values(struct facts *f, const char *name)
{
	struct field_values v = {NULL, 0, 0};
	struct field_key key;

	if (field_key_parse(span_of(name), &key))
		field_values(f, &key, &v);
	return v;
}

/* Adds a list, but not an address that is just before. */
static void
add_recipients(struct header_facts *h, const struct field_values *v)
{
	struct span *to = h->recipients;
	size_t i;

	for (i = 0; i < v->count && h->recipient_count < RECIPIENTS_MAX; i++)
		if (h->recipient_count == 0 ||
		    !span_ieq(v->items[i], to[h->recipient_count - 1]))
			to[h->recipient_count++] = v->items[i];
}

static struct header_facts *
header(struct facts *f)
{
	struct header_facts *h = f->slots[SLOT_HEADER];
	struct field_values to, bcc;

	if (h != NULL)
		return h;
	/* Most of it is room for recipients. */
	f->slots[SLOT_HEADER] = h = arena_raw(f->arena, sizeof(*h));
	h->recipient_count = 0;
	h->similar_known = h->frame_known = false;
	to = values(f, "ToCc:addr");
	add_recipients(h, &to);
	if (to.count < SIMILAR_MIN) {
		bcc = values(f, "Bcc:addr");
		add_recipients(h, &bcc);
	}
	return h;
}

/* As strcmp would: by bytes. */
static int
compare(struct span a, struct span b)
{
	int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return order != 0 ? order : a.n < b.n ? -1 : a.n > b.n;
}

static int
sorted_recipients(struct facts *f, const struct eval_call *call)
{
	const struct header_facts *h = header(f);
	size_t i;

	(void)call;
	for (i = 1; i < h->recipient_count; i++)
		if (compare(h->recipients[i - 1], h->recipients[i]) > 0)
			return 0;
	return h->recipient_count >= SORTED_MIN;
}

static struct span
host_of(struct span address)
{
	return span_skip(address, span_chr(address, '@') + 1);
}

/* How many users and hosts of two recipients begin alike, of all pairs. */
static double
find_similar(const struct header_facts *h)
{
	const struct span *to = h->recipients;
	size_t i, k, hits = 0, pairs = 0;

	for (i = 0; i < h->recipient_count; i++)
		for (k = i + 1; k < h->recipient_count; k++, pairs++) {
			hits += span_eq(span_head(to[i], SIMILAR_BYTES),
			    span_head(to[k], SIMILAR_BYTES));
			hits += span_eq(span_head(host_of(to[i]),
			    SIMILAR_BYTES), span_head(host_of(to[k]),
			    SIMILAR_BYTES)) &&
			    !span_eq(host_of(to[i]), host_of(to[k]));
		}
	return h->recipient_count < SIMILAR_MIN ? 0 :
	    (double)hits / (double)pairs;
}

/* Whether an argument is a bound, and which. */
static bool
bound_of(struct span argument, double *out)
{
	int64_t milli;

	if (!text_milli(argument, &milli))
		return false;
	*out = (double)milli / 1000;
	return true;
}

static int
similar_recipients(struct facts *f, const struct eval_call *call)
{
	struct header_facts *h = header(f);
	double min, max;

	if (!h->similar_known)
		h->similar = find_similar(h);
	h->similar_known = true;
	return !(bound_of(call->args[0].text, &min) && h->similar < min) &&
	    !(bound_of(call->args[1].text, &max) && h->similar >= max);
}

static int
missing_to(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return facts_get(f, "To").n == 0 &&
	    facts_get(f, "Apparently-To").n == 0;
}

static int
matching_from(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return span_ieq(facts_get(f, "EnvelopeFrom:addr"),
	    facts_get(f, "From:addr"));
}

/* The last two labels of the host, or empty. */
static struct span
last_labels(struct span address)
{
	size_t at = span_rchr(address, '@'), dot, i;
	struct span host = span_skip(address, at + 1);

	dot = span_rchr(host, '.');
	if (dot + 1 >= host.n || dot == 0)
		return host;
	for (i = dot; i > 0 && host.p[i - 1] != '.'; i--)
		;
	return i == dot || i < 2 ? host : span_skip(host, i);
}

static int
equal_from_domains(struct facts *f, const struct eval_call *call)
{
	struct span from = last_labels(facts_get(f, "From:addr"));
	struct span sender = last_labels(facts_get(f, "EnvelopeFrom:addr"));

	(void)call;
	return from.n > 0 && sender.n > 0 && !span_ieq(from, sender);
}

static int
header_count_range(struct facts *f, const struct eval_call *call)
{
	char *name = arena_string(f->arena, call->args[0].text);
	struct field_values v = values(f, name);
	int64_t min, max, n = 0;
	struct map seen;
	size_t i;

	if (!text_number(call->args[1].text, &min) ||
	    !text_number(call->args[2].text, &max))
		return 0;
	map_init(&seen);
	for (i = 0; i < v.count; i++)
		n += map_put(&seen, v.items[i], &seen);
	map_done(&seen);
	return n >= min && n <= max;
}

/* Bytes that ought to be encoded (RFC 2047), unless all of it is UTF-8. */
static size_t
count_illegal(struct span s, size_t *exempt)
{
	size_t high = span_count_between(s, '\x80', '\xff'), controls;

	/* All but tab and line ends. */
	controls = span_count_between(s, 0, 31) -
	    span_count_between(s, '\t', '\n') - span_count(s, '\r');
	*exempt = 0;
	if (high > 0 && controls == 0 && text_utf8(s))
		return 0;
	/* Cent, pound and registered in Latin-1. */
	if (high > 0)
		*exempt = span_count_between(s, '\xa2', '\xa3') +
		    span_count(s, '\xae');
	return controls + high + span_count(s, 127);
}

static int
illegal_chars(struct facts *f, const struct eval_call *call)
{
	struct span name = call->args[0].text, value;
	size_t illegal, exempt;
	double ratio, count;

	if (!span_iends(name, ":raw"))
		name = arena_printf(f->arena, "%.*s:raw", SPAN_ARG(name));
	value = facts_get(f, name.p);
	illegal = count_illegal(value, &exempt);
	if (illegal > 0 && exempt == 1 && span_iis(name, "subject:raw"))
		illegal--;
	return illegal > 0 && bound_of(call->args[1].text, &ratio) &&
	    bound_of(call->args[2].text, &count) &&
	    (double)illegal / (double)value.n >= ratio &&
	    (double)illegal >= count;
}

/* "%FIRST_NAME" that some program should have replaced. */
static bool
has_template(struct span line)
{
	size_t i;
	char c;

	for (i = 0; i + 2 < line.n; i++) {
		c = line.p[i + 2];
		if (line.p[i] == '%' && line.p[i + 1] >= 'A' &&
		    line.p[i + 1] <= 'Z' && ((c >= 'A' && c <= 'Z') ||
		    c == '_' || c == '-'))
			return true;
	}
	return false;
}

static int
unresolved_template(struct facts *f, const struct eval_call *call)
{
	static const char *const fields[] = {"X-VMS-To:", "X-UIDL:",
	    "X-Face:", "To:", "Cc:", "From:", "Subject:", "References:",
	    "In-Reply-To:", "Message-Id:", "X-Message-Id:",
	    "Resent-Message-Id:", "X-Original-Message-Id:"};
	size_t i, n = sizeof(fields) / sizeof(fields[0]);
	struct span all = facts_get(f, "ALL"), line;

	(void)call;
	while (span_cut(&all, '\n', &line)) {
		if (!has_template(line))
			continue;
		for (i = 0; i < n && !span_istarts(line, fields[i]); i++)
			;
		if (i == n)
			return 1;
	}
	return 0;
}

/* Lyris, ezmlm, sendmail of CWT and iPlanet write ids of their own. */
static int
messageid_not_usable(struct facts *f, const struct eval_call *call)
{
	struct span unsubscribe = facts_get(f, "List-Unsubscribe");
	struct span received = facts_get(f, "Received");

	(void)call;
	return relayform_in(unsubscribe, "<mailto:leave-%_@%_>") ||
	    relayform_in(unsubscribe, "<mailto:%_-unsubscribe@%_>") ||
	    received.n == 0 || relayform_in(received, "/CWT/DCE)") ||
	    relayform_in(received, "iPlanet Messaging Server");
}

static bool
truncated(const struct message *m)
{
	size_t i;

	for (i = 0; i < m->header_count; i++)
		if (m->headers[i].value.n > FIELD_VALUE_MAX)
			return true;
	return false;
}

static unsigned
frame_flags(struct facts *f)
{
	struct header_facts *h = header(f);

	if (!h->frame_known) {
		h->frame_known = true;
		h->frame = mimeflags_find(reading_mime(f->reading));
	}
	return h->frame;
}

/* What went wrong while the message was taken apart. */
static int
parse_flags(struct facts *f, const struct eval_call *call)
{
	static const struct {
		const char *name;
		unsigned flag;
	} rows[] = {
		{"missing_mime_headers", MIMEFLAG_NO_HEADERS},
		{"missing_mime_head_body_separator", MIMEFLAG_NO_SEPARATOR},
		{"mime_epilogue_exists", MIMEFLAG_EPILOGUE},
	};
	struct span flag = call->args[0].text;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (span_is(flag, rows[i].name))
			return (frame_flags(f) & rows[i].flag) != 0;
	/* That the header ends without an empty line no MTA lets us see. */
	return span_is(flag, "truncated_header") && truncated(f->message);
}

#define ROW(name, function, args) \
	{name, function, args, args, 0, "HeaderEval"}

const struct eval evals_header[] = {
	ROW("check_equal_from_domains", equal_from_domains, 0),
	ROW("check_for_faraway_charset_in_headers", eval_faraway_charset, 0),
	ROW("check_for_matching_env_and_hdr_from", matching_from, 0),
	ROW("check_for_missing_to_header", missing_to, 0),
	ROW("check_for_to_in_subject", eval_to_in_subject, 1),
	ROW("check_header_count_range", header_count_range, 3),
	ROW("check_illegal_chars", illegal_chars, 3),
	ROW("check_messageid_not_usable", messageid_not_usable, 0),
	{"check_msg_parse_flags", parse_flags, 1, 1, 0, "MIMEEval"},
	ROW("check_outlook_message_id", eval_outlook_message_id, 0),
	ROW("check_ratware_envelope_from", eval_ratware_envelope, 0),
	ROW("check_ratware_name_id", eval_ratware_name_id, 0),
	ROW("check_unresolved_template", unresolved_template, 0),
	ROW("similar_recipients", similar_recipients, 2),
	ROW("sorted_recipients", sorted_recipients, 0),
	ROW("subject_is_all_caps", eval_subject_caps, 0),
	{0},
};
