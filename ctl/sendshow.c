/* sendshow - what "posternctl send" prints, for people or as JSON lines. */
#include <stdio.h>

#include <libmilter/mfapi.h>

#include "base/buf.h"
#include "base/text.h"
#include "ctl/latency.h"
#include "ctl/send.h"

#define SHOW_MAX (256 << 20)	/* of one line; escaping may sextuple */
#define BODY_SHOWN 60		/* bytes of a replaced body, for people */

static const char *const place_names[MCLIENT_PLACES] = {
	"connect", "helo", "mail", "rcpt", "data", "eom", "eoh",
};

static void
finish(struct buf *b)
{
	buf_char(b, '\n');
	fwrite(b->p, 1, b->n, stdout);
	fflush(stdout);
	buf_done(b);
}

static void
put_milliseconds(struct buf *b, int64_t us)
{
	buf_printf(b, "%lld.%03d", (long long)(us / 1000), (int)(us % 1000));
}

static void
json_terms(struct buf *b, const struct mclient_terms *t)
{
	size_t i;
	const char *comma = "";

	buf_printf(b, "{\"negotiated\":{\"version\":%lu,\"actions\":%lu,"
	    "\"steps\":%lu,\"macros\":{", (unsigned long)t->version,
	    (unsigned long)t->actions, (unsigned long)t->steps);
	for (i = 0; i < MCLIENT_PLACES; i++) {
		if (t->macros[i].p == NULL)
			continue;
		buf_printf(b, "%s\"%s\":", comma, place_names[i]);
		text_json(b, t->macros[i]);
		comma = ",";
	}
	buf_puts(b, "}}}");
}

static void
plain_terms(struct buf *b, const struct mclient_terms *t)
{
	size_t i;

	buf_printf(b, "negotiated version %lu, actions 0x%lx, steps 0x%lx",
	    (unsigned long)t->version, (unsigned long)t->actions,
	    (unsigned long)t->steps);
	for (i = 0; i < MCLIENT_PLACES; i++) {
		if (t->macros[i].p == NULL)
			continue;
		buf_printf(b, "\n  macros at %s: ", place_names[i]);
		text_escape(b, t->macros[i]);
	}
}

void
send_show_terms(const struct send_run *run, const struct mclient_terms *t)
{
	struct buf b;

	buf_init(&b, SHOW_MAX);
	if (run->options->json)
		json_terms(&b, t);
	else
		plain_terms(&b, t);
	finish(&b);
}

static void
json_answer(struct buf *b, const struct mclient_answer *a)
{
	buf_printf(b, "\"reply\":\"%s\",\"code\":%u,\"text\":",
	    mclient_reply_name(a->kind), a->code);
	text_json(b, a->text);
}

static void
json_verdict(struct buf *b, const struct send_run *run,
    const struct send_message *m, const struct mclient_verdict *v,
    int64_t us)
{
	const struct mclient_edit *d;
	size_t i;

	buf_puts(b, "{\"file\":");
	text_json(b, span_of(m->name));
	buf_printf(b, ",\"stage\":\"%s\",", mclient_stage_name(v->stage));
	json_answer(b, &v->answer);
	buf_puts(b, ",\"ms\":");
	put_milliseconds(b, us);
	buf_puts(b, ",\"rcpts\":[");
	for (i = 0; i < v->rcpt_count; i++) {
		buf_puts(b, i != 0 ? ",{\"rcpt\":" : "{\"rcpt\":");
		text_json(b, span_of(run->options->rcpts[i]));
		buf_char(b, ',');
		json_answer(b, &v->rcpts[i]);
		buf_char(b, '}');
	}
	buf_puts(b, "],\"edits\":[");
	for (i = 0; i < v->edit_count; i++) {
		d = &v->edits[i];
		buf_printf(b, "%s{\"kind\":\"%s\",\"index\":%lu,\"name\":",
		    i != 0 ? "," : "", mclient_reply_name(d->kind),
		    (unsigned long)d->index);
		text_json(b, d->name);
		buf_puts(b, ",\"value\":");
		text_json(b, d->value);
		buf_char(b, '}');
	}
	buf_puts(b, "]}");
}

static void
plain_answer(struct buf *b, const struct mclient_answer *a)
{
	buf_puts(b, mclient_reply_name(a->kind));
	if (a->code != 0)
		buf_printf(b, " %u", a->code);
	if (a->text.n != 0)
		buf_char(b, ' ');
	text_escape(b, a->text);
}

static void
plain_edit(struct buf *b, const struct mclient_edit *d)
{
	bool field = d->name.n != 0 && d->value.n != 0;

	buf_printf(b, "\n  %s ", mclient_reply_name(d->kind));
	if (d->index != 0)
		buf_printf(b, "[%lu] ", (unsigned long)d->index);
	text_escape(b, d->name);
	buf_puts(b, field ? ": " : "");
	text_escape(b, d->name.n != 0 ? d->value :
	    span_head(d->value, BODY_SHOWN));
	if (d->name.n == 0 && d->value.n > BODY_SHOWN)
		buf_printf(b, "... (%zu bytes)", d->value.n);
}

static void
plain_verdict(struct buf *b, const struct send_run *run,
    const struct send_message *m, const struct mclient_verdict *v,
    int64_t us)
{
	size_t i;

	text_escape(b, span_of(m->name));
	buf_puts(b, ": ");
	plain_answer(b, &v->answer);
	buf_printf(b, " (at %s, ", mclient_stage_name(v->stage));
	put_milliseconds(b, us);
	buf_puts(b, " ms)");
	for (i = 0; i < v->rcpt_count; i++) {
		if (v->rcpts[i].kind == SMFIR_CONTINUE)
			continue;
		buf_puts(b, "\n  recipient ");
		text_escape(b, span_of(run->options->rcpts[i]));
		buf_puts(b, ": ");
		plain_answer(b, &v->rcpts[i]);
	}
	for (i = 0; i < v->edit_count; i++)
		plain_edit(b, &v->edits[i]);
}

void
send_show_verdict(const struct send_run *run, const struct send_message *m,
    const struct mclient_verdict *v, int64_t us)
{
	struct buf b;

	buf_init(&b, SHOW_MAX);
	if (run->options->json)
		json_verdict(&b, run, m, v, us);
	else
		plain_verdict(&b, run, m, v, us);
	finish(&b);
}

static void
put_replies(struct buf *b, const struct send_run *run)
{
	bool json = run->options->json;
	const char *separator = "";
	size_t i;

	for (i = 0; i < 256; i++) {
		if (run->replies[i] == 0)
			continue;
		buf_puts(b, separator);
		buf_printf(b, json ? "\"%s\":%lld" : "%s %lld",
		    mclient_reply_name((char)i), (long long)run->replies[i]);
		separator = json ? "," : ", ";
	}
}

void
send_show_summary(const struct send_run *run)
{
	size_t n = run->answered < SEND_LATENCIES_MAX ?
	    (size_t)run->answered : SEND_LATENCIES_MAX;
	double seconds = (double)run->microseconds / 1e6;
	double rate = seconds > 0 ? (double)run->answered / seconds : 0;
	bool json = run->options->json;
	struct buf b;

	latency_sort(run->latencies, n);
	buf_init(&b, SHOW_MAX);
	buf_printf(&b, json ? "{\"summary\":{\"messages\":%lld,"
	    "\"seconds\":%.3f,\"per_second\":%.1f,\"replies\":{" :
	    "%lld messages in %.3f s, %.1f a second; ",
	    (long long)run->answered, seconds, rate);
	put_replies(&b, run);
	if (run->answered == 0 && !json)
		buf_puts(&b, "no reply");
	buf_printf(&b, json ? "},\"quarantined\":%lld,\"failed\":%u," :
	    "; quarantined %lld, failed %u; ",
	    (long long)run->quarantined, run->failures);
	buf_puts(&b, json ? "\"p50_ms\":" : "p50 ");
	put_milliseconds(&b, latency_below(run->latencies, n, 50));
	buf_puts(&b, json ? ",\"p99_ms\":" : " ms, p99 ");
	put_milliseconds(&b, latency_below(run->latencies, n, 99));
	buf_puts(&b, json ? "}}" : " ms");
	finish(&b);
}
