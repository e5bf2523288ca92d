/* overload - more messages, or bytes, than there is room for. */
#include "test/socket/lab.h"

#include <libmilter/mfapi.h>

#include "base/mem.h"

#define MESSAGES 6
#define ROOM 3
#define CHUNK 60000
#define BIG_CHUNKS 11	/* 660 kB, two of which exceed 1 MB */

struct row {
	const char *name, *mode, *overload;
	bool edits;	/* of those there was room for */
	char surplus;	/* SMFIR_* */
};

static const struct row rows[] = {
	{"enforce, defer", "mode=enforce", "actions.overload=defer", true,
	    SMFIR_REPLYCODE},
	{"mark, defer", "mode=mark", "actions.overload=defer", true,
	    SMFIR_CONTINUE},
	{"observe, defer", "mode=observe", "actions.overload=defer", false,
	    SMFIR_CONTINUE},
	{"enforce, accept", "mode=enforce", "actions.overload=accept", true,
	    SMFIR_CONTINUE},
};

/* As far as RCPT. */
static bool
begin(struct mclient *mc, const char *row)
{
	struct mclient_envelope env = lab_envelope("Q");
	const char *from[] = {"<a@example.org>", NULL};
	const char *to[] = {"<b@example.net>", NULL};
	struct mclient_answer a;
	struct error error;

	mclient_begin(mc);
	return CHECK(row, mclient_connect(mc, &env, &a, &error) == 0) &&
	    CHECK(row, mclient_helo(mc, "mail.example.org", &a,
	    &error) == 0) &&
	    CHECK(row, mclient_mail(mc, from, &a, &error) == 0) &&
	    CHECK(row, mclient_rcpt(mc, to, &a, &error) == 0);
}

/* A field and chunks of body; as nothing is answered, what was sent waits. */
static void
fill(struct mclient *mc, unsigned chunks, const char *row)
{
	struct mclient_answer a = {.kind = SMFIR_CONTINUE};
	char *bytes = mem_alloc(CHUNK);
	struct error error;

	memset(bytes, 'x', CHUNK);
	CHECK(row, mclient_header(mc, span_of("From"),
	    span_of(" a@example.org"), &a, &error) == 0);
	CHECK(row, mclient_eoh(mc, &a, &error) == 0);
	while (chunks-- > 0 && a.kind == SMFIR_CONTINUE)
		CHECK(row, mclient_body(mc, span_make(bytes, CHUNK), &a,
		    &error) == 0);
	free(bytes);
}

static void
finish(struct mclient *mc, struct lab_answer *out, const char *row)
{
	struct mclient_answer a = {0};
	struct error error;

	memset(out, 0, sizeof(*out));
	if (CHECK(row, mclient_eom(mc, &a, &error) == 0))
		lab_read_answer(mc, SMFIC_BODYEOB, &a, out);
}

static void
check_room(const struct row *row, const struct lab_answer *a)
{
	CHECK(row->name, a->kind == SMFIR_CONTINUE);
	CHECK(row->name, (a->status[0] != '\0') == row->edits);
}

static void
check_surplus(const struct row *row, const struct lab_answer *a)
{
	CHECK(row->name, a->kind == row->surplus);
	CHECK(row->name, a->edits == 0);
	if (row->surplus != SMFIR_REPLYCODE)
		return;
	CHECK(row->name, a->code == 451);
	CHECK(row->name, span_starts(span_of(a->text), "4.3.2 "));
}

/* Flushes what the step functions have gathered: none is answered. */
static void
push(struct mclient *mc)
{
	struct error error;

	mclient_bytes(mc, span_of(""), &error);
}

static void
too_many(const struct row *row, struct lab *lab)
{
	struct mclient *mc[MESSAGES];
	struct lab_answer answer;
	int i;

	for (i = 0; i < MESSAGES; i++) {
		mc[i] = lab_connect(lab, &mclient_offer_full);
		if (!CHECK(row->name, mc[i] != NULL) ||
		    !begin(mc[i], row->name))
			return;
		push(mc[i]);
		CHECK(row->name, lab_until(lab, "in_flight", i + 1));
	}
	for (i = MESSAGES - 1; i >= 0; i--) {
		fill(mc[i], 1, row->name);
		finish(mc[i], &answer, row->name);
		if (i < ROOM)
			check_room(row, &answer);
		else
			check_surplus(row, &answer);
		/* And there is room again for the next. */
		mclient_close(mc[i]);
	}
	CHECK(row->name, lab_stat(lab, "overload_total") == MESSAGES - ROOM);
	CHECK(row->name, lab_idle(lab));
}

static void
too_large(const struct row *row, struct lab *lab)
{
	struct mclient *mc[2];
	struct lab_answer answer;
	int64_t before = lab_stat(lab, "overload_total");
	int i;

	for (i = 0; i < 2; i++) {
		mc[i] = lab_connect(lab, &mclient_offer_full);
		if (!CHECK(row->name, mc[i] != NULL) ||
		    !begin(mc[i], row->name))
			return;
		fill(mc[i], BIG_CHUNKS, row->name);
	}
	CHECK(row->name, lab_stat(lab, "bytes_held") > CHUNK * BIG_CHUNKS);
	CHECK(row->name, lab_stat(lab, "bytes_held") < 1 << 20);
	finish(mc[1], &answer, row->name);
	check_surplus(row, &answer);
	finish(mc[0], &answer, row->name);
	check_room(row, &answer);
	CHECK(row->name, lab_stat(lab, "overload_total") == before + 1);
	for (i = 0; i < 2; i++)
		mclient_close(mc[i]);
	CHECK(row->name, lab_idle(lab));
}

int
main(void)
{
	struct lab lab;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *settings[] = {rows[i].mode, rows[i].overload,
		    "limits.messages=3", "limits.bytes=1M",
		    "greylist.when=never", NULL};

		lab_make(&lab, i % 2);
		lab_configure(&lab, settings);
		if (CHECK(rows[i].name, lab_start(&lab))) {
			too_many(&rows[i], &lab);
			too_large(&rows[i], &lab);
			lab_stop(&lab, rows[i].name);
		}
		lab_remove(&lab);
	}
	return test_end();
}
