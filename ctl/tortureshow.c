/* tortureshow - what "posternctl torture" prints, a line for each case. */
#include <stdio.h>

#include "base/text.h"
#include "ctl/torture.h"

#define LINE_MAX_BYTES (16 << 10)

static const char *const outcome_keys[OUTCOMES] = {"accepted", "deferred",
    "refused", "lost", "silent"};
static const char *const verdict_words[] = {"ok", "FAIL", "skipped"};

void
torture_show_list(void)
{
	const struct torture_case *row;

	for (row = torture_cases; row->name != NULL; row++)
		printf("%-13s %s; mail: %s\n", row->name, row->does,
		    row->expected);
}

static int64_t
sum(const struct tally *t, enum outcome outcome)
{
	int64_t n = 0;
	unsigned k;

	for (k = 0; k < LOAD_KINDS; k++)
		n += t->count[k][outcome];
	return n;
}

void
torture_show_head(const struct torture_options *o)
{
	if (o->json)
		return;
	printf("%-13s %-23s %8s %8s %8s %8s %9s %15s  result\n", "case",
	    "expected", "accepted", "deferred", "refused", "lost", "p99 ms",
	    "memory kB");
	fflush(stdout);
}

/* Memory that cannot be known is "-", as after an end by force. */
static void
put_memory(struct buf *b, int64_t kb, const char *none)
{
	if (kb < 0)
		buf_puts(b, none);
	else
		buf_printf(b, "%lld", (long long)kb);
}

static void
plain(struct buf *b, const struct trial *t)
{
	const struct torture_result *r = &t->result;
	struct buf memory;

	buf_init(&memory, 60);
	put_memory(&memory, r->before, "-");
	buf_char(&memory, '>');
	put_memory(&memory, r->after, "-");
	buf_printf(b, "%-13s %-23s %8lld %8lld %8lld %8lld %5lld.%03d %15s  "
	    "%s", t->row->name, t->row->expected,
	    (long long)sum(&r->tally, OUTCOME_ACCEPTED),
	    (long long)sum(&r->tally, OUTCOME_DEFERRED),
	    (long long)sum(&r->tally, OUTCOME_REFUSED),
	    (long long)(sum(&r->tally, OUTCOME_LOST) +
	    sum(&r->tally, OUTCOME_SILENT)), (long long)(r->p99 / 1000),
	    (int)(r->p99 % 1000), buf_string(&memory),
	    verdict_words[r->verdict]);
	buf_done(&memory);
	if (r->verdict != VERDICT_OK)
		buf_printf(b, ": %s", r->reason.text);
	else if (r->note[0] != '\0')
		buf_printf(b, ": %s", r->note);
	if (r->verdict == VERDICT_FAIL)
		buf_printf(b, "\n  done: %s", t->row->does);
	buf_char(b, '\n');
}

static void
json(struct buf *b, const struct trial *t)
{
	const struct torture_result *r = &t->result;
	unsigned o;

	buf_printf(b, "{\"case\":\"%s\",\"does\":\"%s\",\"expected\":\"%s\","
	    "\"result\":\"%s\"", t->row->name, t->row->does, t->row->expected,
	    verdict_words[r->verdict]);
	for (o = 0; o < OUTCOMES; o++)
		buf_printf(b, ",\"%s\":%lld", outcome_keys[o],
		    (long long)sum(&r->tally, (enum outcome)o));
	buf_printf(b, ",\"p99_ms\":%lld.%03d,\"memory_before\":",
	    (long long)(r->p99 / 1000), (int)(r->p99 % 1000));
	put_memory(b, r->before, "null");
	buf_puts(b, ",\"memory_after\":");
	put_memory(b, r->after, "null");
	buf_puts(b, ",\"note\":");
	text_json(b, span_of(r->note));
	buf_puts(b, ",\"reason\":");
	text_json(b, span_of(r->verdict != VERDICT_OK ? r->reason.text : ""));
	buf_puts(b, "}\n");
}

void
torture_show(const struct torture_options *o, const struct trial *t)
{
	struct buf b;

	buf_init(&b, LINE_MAX_BYTES);
	if (o->json)
		json(&b, t);
	else
		plain(&b, t);
	fputs(buf_string(&b), stdout);
	fflush(stdout);
	buf_done(&b);
}
