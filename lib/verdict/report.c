/* report - a verdict in words. */
#include "verdict/report.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "verdict/authresults.h"

#define FOLD_COLUMN 74	/* of header lines; RFC 5322 2.1.1 wants 78 */
#define NAMED_RECIPIENTS 5	/* named in a log line; all are counted */
#define SHOWN_MAX 1000		/* bytes of one value in a log line */

struct span
report_score(struct arena *arena, const struct result *r)
{
	struct buf b;
	struct span copy;

	buf_init(&b, 64);
	text_put_milli(&b, r->score);
	copy = arena_span(arena, buf_contents(&b));
	buf_done(&b);
	return copy;
}

/* A header field's value that is folded before it gets too long. */
struct folded {
	struct buf b;
	size_t column;
};

/* Appends a word; glue (" ", "," or "") stands before it, on either line. */
static void
put_folded(struct folded *f, const char *glue, const char *key,
    const char *word)
{
	size_t n = strlen(key) + strlen(word);
	bool comma = glue[0] == ',';

	if (f->column + 1 + n > FOLD_COLUMN) {
		buf_puts(&f->b, comma ? ",\n\t" : "\n\t");
		f->column = 8;
	} else {
		buf_puts(&f->b, glue);
		f->column += strlen(glue);
	}
	buf_puts(&f->b, key);
	buf_puts(&f->b, word);
	f->column += n;
}

static void
put_tests(struct folded *f, const struct result *r)
{
	const struct symbol **sorted = result_sorted(r);
	size_t i;

	if (sorted[0] == NULL)
		put_folded(f, " ", "tests=", "none");
	for (i = 0; sorted[i] != NULL; i++)
		put_folded(f, i == 0 ? " " : ",", i == 0 ? "tests=" : "",
		    sorted[i]->weight->name);
	for (i = 0; i < r->degraded_count; i++)
		put_folded(f, i == 0 ? " " : ",", i == 0 ? "degraded=" : "",
		    r->degraded[i]);
}

struct span
report_status(struct arena *arena, const struct result *r,
    const struct decision *d, const char *generation)
{
	struct folded f;
	struct span copy;
	char lists[24];

	buf_init(&f.b, REPORT_MAX);
	buf_puts(&f.b, d->spam ? "Yes, score=" : "No, score=");
	text_put_milli(&f.b, r->score);
	buf_puts(&f.b, " required=");
	text_put_milli(&f.b, d->required);
	f.column = strlen("X-Spam-Status: ") + f.b.n;
	put_tests(&f, r);
	put_folded(&f, " ", "version=postern-", POSTERN_VERSION);
	put_folded(&f, " ", "generation=", generation);
	if (r->lists > 0) {
		snprintf(lists, sizeof(lists), "%llu",
		    (unsigned long long)r->lists);
		put_folded(&f, " ", "lists=", lists);
	}
	copy = arena_span(arena, buf_contents(&f.b));
	buf_done(&f.b);
	return copy;
}

/* A line has some twenty keys: as formats they would take half its time. */
static void
log_name(struct buf *b, const char *key)
{
	buf_char(b, ' ');
	buf_puts(b, key);
	buf_char(b, '=');
}

static void
log_key(struct buf *b, const char *key, struct span value)
{
	log_name(b, key);
	text_logvalue(b, span_head(value, SHOWN_MAX));
}

/* A word of ours, which needs no quotes. */
static void
log_word(struct buf *b, const char *key, const char *word)
{
	log_name(b, key);
	buf_puts(b, word);
}

static void
log_number(struct buf *b, const char *key, uint64_t number)
{
	log_name(b, key);
	text_put_number(b, number);
}

static void
log_milli(struct buf *b, const char *key, int64_t milli)
{
	log_name(b, key);
	text_put_milli(b, milli);
}

/* A message that ended early has no token: nothing was decided. */
static const char *
action_word(const struct decision *d, enum action action)
{
	return d->token[0] != '\0' ? action_name(action) : "none";
}

static void
log_client(struct buf *b, const struct message *m)
{
	char ip[IP_TEXT_MAX];

	log_key(b, "client", span_of(m->client.has_ip ?
	    ip_text(&m->client.ip, ip) : "unknown"));
	if (m->client.name.n > 0)
		log_key(b, "name", m->client.name);
	if (m->client.helo.n > 0)
		log_key(b, "helo", m->client.helo);
	if (m->relayed)
		log_key(b, "relay", span_of(ip_text(&m->relay, ip)));
	if (m->user.n > 0)
		log_key(b, "user", m->user);
}

/* In brackets, and without blanks, in which another key could hide. */
static void
log_address(struct buf *b, struct span address)
{
	struct span part;
	size_t n = 0;

	address = span_head(address, SHOWN_MAX);
	buf_char(b, '<');
	while (span_cut(&address, ' ', &part)) {
		if (n++ > 0)
			buf_puts(b, "\\x20");
		text_escape(b, part);
	}
	buf_char(b, '>');
}

/* The recipients that a report names: the refused one, or the first few. */
static size_t
named_count(const struct report *report)
{
	size_t n = report->message->recipient_count;

	if (report->recipient.n > 0)
		return 1;
	return n < NAMED_RECIPIENTS ? n : NAMED_RECIPIENTS;
}

static struct span
named(const struct report *report, size_t i)
{
	return report->recipient.n > 0 ? report->recipient :
	    report->message->recipients[i].address;
}

static void
log_envelope(struct buf *b, const struct report *report)
{
	const struct message *m = report->message;
	size_t i;

	buf_puts(b, " from=");
	log_address(b, m->sender);
	for (i = 0; i < named_count(report); i++) {
		buf_puts(b, i == 0 ? " to=" : ",");
		log_address(b, named(report, i));
	}
	log_number(b, "nrcpt", m->recipients_seen);
}

/* NAME(score) of each; evidence is for the report and the JSON. */
static void
log_sorted(struct buf *b, const struct symbol **sorted)
{
	size_t i;

	for (i = 0; sorted[i] != NULL; i++) {
		buf_puts(b, i == 0 ? "" : ",");
		buf_puts(b, sorted[i]->weight->name);
		buf_char(b, '(');
		text_put_milli(b, sorted[i]->score);
		buf_char(b, ')');
	}
}

static void
log_symbols(struct buf *b, const struct result *r)
{
	size_t i;

	buf_puts(b, " symbols=");
	log_sorted(b, result_sorted(r));
	if (r->count == r->trials)
		buf_puts(b, "none");
	if (r->trials > 0) {
		buf_puts(b, " shadow=");
		log_sorted(b, result_trials(r));
	}
	for (i = 0; i < r->degraded_count; i++)
		buf_printf(b, "%s%s", i == 0 ? " degraded=" : ",",
		    r->degraded[i]);
}

/* The first Message-ID, without its brackets; empty when there is none. */
static struct span
message_id(const struct message *m)
{
	const struct header *h = message_find(m, "Message-ID", 0);

	return h != NULL ? span_trim(h->value) : span_of("");
}

static const char *
queue_id(const struct message *m)
{
	return m->queue_id.n > 0 ? m->queue_id.p : "NOQUEUE";
}

void
report_log(const struct report *report, struct buf *b)
{
	const struct message *m = report->message;
	const struct decision *d = report->decision;

	text_escape(b, span_of(queue_id(m)));
	buf_char(b, ':');
	log_word(b, "action", action_word(d, d->action));
	log_word(b, "done", action_word(d, d->done));
	log_milli(b, "score", report->result->score);
	log_milli(b, "required", d->required);
	log_word(b, "direction", direction_name(m->direction));
	log_client(b, m);
	log_envelope(b, report);
	if (message_id(m).n > 0)
		log_key(b, "msgid", message_id(m));
	log_number(b, "size", m->header_bytes + m->body_seen);
	log_symbols(b, report->result);
	if (d->code[0] != '\0')
		buf_printf(b, " reply=\"%s %s\"", d->code, d->enhanced);
	log_word(b, "token", d->token);
	log_word(b, "mode", report->mode);
	log_word(b, "generation", report->generation);
	if (report->result->lists > 0)
		log_number(b, "lists", report->result->lists);
	log_word(b, "ended", report->ended);
	if (report->elapsed >= 0)
		log_number(b, "ms", (uint64_t)report->elapsed);
}

static void
json_key(struct buf *b, const char *key)
{
	if (b->p[b->n - 1] != '{' && b->p[b->n - 1] != '[')
		buf_char(b, ',');
	if (key == NULL)
		return;
	buf_char(b, '"');
	buf_puts(b, key);
	buf_puts(b, "\":");
}

static void
json_text(struct buf *b, const char *key, struct span value)
{
	json_key(b, key);
	text_json(b, span_head(value, SHOWN_MAX));
}

static void
json_milli(struct buf *b, const char *key, int64_t milli)
{
	json_key(b, key);
	text_put_milli(b, milli);
}

static void
json_number(struct buf *b, const char *key, uint64_t number)
{
	json_key(b, key);
	text_put_number(b, number);
}

static void
json_client(struct buf *b, const struct message *m)
{
	char ip[IP_TEXT_MAX];

	json_key(b, "client");
	buf_char(b, '{');
	if (m->client.has_ip)
		json_text(b, "ip", span_of(ip_text(&m->client.ip, ip)));
	json_text(b, "name", m->client.name);
	json_text(b, "helo", m->client.helo);
	if (m->relayed)
		json_text(b, "relay", span_of(ip_text(&m->relay, ip)));
	if (m->user.n > 0)
		json_text(b, "user", m->user);
	buf_char(b, '}');
}

static void
json_envelope(struct buf *b, const struct report *report)
{
	const struct message *m = report->message;
	size_t i;

	json_text(b, "from", m->sender);
	json_key(b, "to");
	buf_char(b, '[');
	for (i = 0; i < named_count(report); i++)
		json_text(b, NULL, named(report, i));
	buf_char(b, ']');
	json_number(b, "recipients", m->recipients_seen);
	json_text(b, "message_id", message_id(m));
	json_number(b, "size", m->header_bytes + m->body_seen);
}

static void
json_sorted(struct buf *b, const struct symbol **sorted)
{
	size_t i;

	buf_char(b, '[');
	for (i = 0; sorted[i] != NULL; i++) {
		json_key(b, NULL);
		buf_char(b, '{');
		json_text(b, "name", span_of(sorted[i]->weight->name));
		json_milli(b, "score", sorted[i]->score);
		json_text(b, "evidence", sorted[i]->evidence);
		buf_char(b, '}');
	}
	buf_char(b, ']');
}

static void
json_symbols(struct buf *b, const struct report *report)
{
	const struct result *r = report->result;
	size_t i;

	json_key(b, "symbols");
	json_sorted(b, result_sorted(r));
	if (r->trials > 0) {
		json_key(b, "shadow");
		json_sorted(b, result_trials(r));
	}
	json_key(b, "auth");
	authresults_json(report->auth, b);
	json_key(b, "degraded");
	buf_char(b, '[');
	for (i = 0; i < r->degraded_count; i++)
		json_text(b, NULL, span_of(r->degraded[i]));
	buf_char(b, ']');
}

static void
json_decision(struct buf *b, const struct report *report)
{
	const struct decision *d = report->decision;
	char reply[REPLY_MAX + 20];

	json_text(b, "generation", span_of(report->generation));
	if (report->result->lists > 0)
		json_number(b, "lists", report->result->lists);
	json_text(b, "mode", span_of(report->mode));
	json_text(b, "direction",
	    span_of(direction_name(report->message->direction)));
	json_text(b, "action", span_of(action_word(d, d->action)));
	json_text(b, "done", span_of(action_word(d, d->done)));
	json_text(b, "ended", span_of(report->ended));
	json_milli(b, "score", report->result->score);
	json_milli(b, "required", d->required);
	json_text(b, "token", span_of(d->token));
	if (d->code[0] == '\0')
		return;
	snprintf(reply, sizeof(reply), "%s %s %s", d->code, d->enhanced,
	    d->text);
	json_text(b, "reply", span_of(reply));
}

void
report_json(const struct report *report, struct buf *b)
{
	buf_char(b, '{');
	if (report->file != NULL)
		json_text(b, "file", span_of(report->file));
	if (report->message->queue_id.n > 0)
		json_text(b, "id", report->message->queue_id);
	json_decision(b, report);
	json_client(b, report->message);
	json_envelope(b, report);
	json_symbols(b, report);
	if (report->elapsed >= 0)
		json_number(b, "ms", (uint64_t)report->elapsed);
	buf_char(b, '}');
}

static void
text_sorted(struct buf *b, const struct symbol **sorted)
{
	size_t i;

	for (i = 0; sorted[i] != NULL; i++) {
		buf_puts(b, "  ");
		buf_printf(b, "%*s", sorted[i]->score < 0 ? 0 : 1, "");
		text_put_milli(b, sorted[i]->score);
		buf_printf(b, "\t%s", sorted[i]->weight->name);
		if (sorted[i]->evidence.n > 0) {
			buf_puts(b, ": ");
			text_escape(b, sorted[i]->evidence);
		}
		buf_char(b, '\n');
	}
}

void
report_text(const struct report *report, struct buf *b)
{
	const struct result *r = report->result;
	size_t i;

	buf_puts(b, "  ");
	text_put_milli(b, r->score);
	buf_puts(b, " of ");
	text_put_milli(b, report->decision->required);
	buf_printf(b, " points: %s (%s, generation %s)\n",
	    action_name(report->decision->action),
	    direction_name(report->message->direction), report->generation);
	text_sorted(b, result_sorted(r));
	if (r->trials > 0) {
		buf_puts(b, "  on trial, counting nothing:\n");
		text_sorted(b, result_trials(r));
	}
	for (i = 0; i < r->degraded_count; i++)
		buf_printf(b, "  no answer from %s\n", r->degraded[i]);
}
