/*
 * hostile - peers that hang up, talk nonsense or too much.  Whatever they do,
 * the daemon answers the next connection and keeps nothing of theirs.
 */
#include "test/socket/lab.h"

#include <libmilter/mfapi.h>
#include <unistd.h>

#include "base/mem.h"
#include "ctl/mpacket.h"

#define MANY 1000	/* messages on one connection */
#define FLOOD 200	/* connections that hang up */

static const char *const from[] = {"<a@example.org>", NULL};
static const char *const to[] = {"<b@example.net>", NULL};

/* The dialogue, one packet a step. */
enum step { NEGOTIATE, CONNECT_MACRO, CONNECT, HELO, MAIL_MACRO, MAIL, RCPT,
    HEADER, BODY, EOM, STEPS };

static const char *const step_names[] = {"negotiate", "macro", "connect",
    "helo", "macro of mail", "mail", "rcpt", "header", "body",
    "end of message"};

static int
take_step(struct mclient *mc, enum step step, struct error *error)
{
	static const struct mclient_macro macros[] = {{"i", "H1"},
	    {"j", "mx.example.net"}};
	struct mclient_envelope env = lab_envelope("H1");
	struct mclient_answer a;

	switch (step) {
	case NEGOTIATE:
		return mclient_negotiate(mc, &mclient_offer_full, error);
	case CONNECT_MACRO:
		return mclient_macros(mc, SMFIC_CONNECT, macros, 2, error);
	case CONNECT:
		return mclient_connect(mc, &env, &a, error);
	case HELO:
		return mclient_helo(mc, "mail.example.org", &a, error);
	case MAIL_MACRO:
		mclient_begin(mc);
		return mclient_macros(mc, SMFIC_MAIL, macros, 1, error);
	case MAIL:
		return mclient_mail(mc, from, &a, error);
	case RCPT:
		return mclient_rcpt(mc, to, &a, error);
	case HEADER:
		return mclient_header(mc, span_of("From"),
		    span_of(" a@example.org"), &a, error);
	case BODY:
		return mclient_body(mc, span_of("Hello\r\n"), &a, error);
	default:
		/* Asks and does not wait for the answer. */
		return mclient_packet(mc, SMFIC_BODYEOB, span_of(""), error);
	}
}

static struct mclient *
bring(struct lab *lab, enum step last, const char *row)
{
	struct error error = {""};
	struct mclient *mc = mclient_open(lab->address, LAB_WAIT, &error);
	int step;

	if (!CHECK(row, mc != NULL))
		return NULL;
	for (step = 0; step <= (int)last; step++)
		if (!CHECK(row, take_step(mc, (enum step)step, &error) == 0))
			fprintf(stderr, "%s\n", error.text);
	CHECK(row, mclient_bytes(mc, span_of(""), &error) == 0);
	return mc;
}

static void
hang_up(struct lab *lab, int fds)
{
	struct error error;
	int step, i;

	mclient_close(mclient_open(lab->address, LAB_WAIT, &error));
	for (step = 0; step < STEPS; step++) {
		for (i = 0; i < FLOOD / STEPS; i++)
			mclient_close(bring(lab, (enum step)step,
			    step_names[step]));
		lab_well(lab, fds, step_names[step]);
	}
}

static void
abort_and_go_on(struct lab *lab)
{
	struct mclient_envelope env = lab_envelope("AFTER");
	struct lab_answer answer;
	struct mclient *mc;
	struct error error;
	int step;

	for (step = HELO; step < EOM; step++) {
		const char *row = step_names[step];

		mc = bring(lab, (enum step)step, row);
		if (mc == NULL)
			continue;
		CHECK(row, mclient_abort(mc, &error) == 0);
		/* This connection has had its greeting by single steps. */
		mclient_greeting(mc)->done = true;
		CHECK(row, lab_send(mc, &env, span_of(lab_plain), &answer,
		    &error) == 0);
		CHECK_TEXT(row, answer.score, "1.4");
		/* libmilter does not tell the terms anew: nothing is edited. */
		CHECK(row, mclient_quit_nc(mc, &error) == 0);
		CHECK(row, lab_send(mc, &env, span_of(lab_plain), &answer,
		    &error) == 0);
		CHECK(row, answer.kind == SMFIR_CONTINUE);
		mclient_close(mc);
	}
}

/* Bytes after a good beginning, up to the step. */
static const struct garbage {
	const char *name;
	int after;		/* enum step, -1: nothing */
	struct span bytes;
	bool answered;		/* the next good message on it must work */
} garbages[] = {
#define BYTES(literal) SPAN(literal)
	{"zeros", -1, BYTES("\0\0\0\0\0\0\0\0\0\0\0\0"), false},
	{"text", -1, BYTES("EHLO example.org\r\nMAIL FROM:<>\r\n"), false},
	{"length 0", HELO, BYTES("\0\0\0\0"), false},
	{"length 4 GB", HELO, BYTES("\xff\xff\xff\xff" "M"), false},
	{"length 2 GB", HELO, BYTES("\x7f\xff\xff\xff" "M"), false},
	{"length above ours", HELO, BYTES("\0\x10\0\x02L"), false},
	{"cut packet", HELO, BYTES("\0\0\0\x20M<a@exa"), false},
	{"unknown command", HELO, BYTES("\0\0\0\x01z"), false},
	{"second negotiation", HELO,
	    BYTES("\0\0\0\x0dO\0\0\0\x06\0\0\1\xff\0\x1f\xff\xff"), false},
	{"short negotiation", -1, BYTES("\0\0\0\x05O\0\0\0\x06"), false},
	{"version 0", -1, BYTES("\0\0\0\x0dO\0\0\0\0\0\0\1\xff\0\x1f\xff\xff"),
	    false},
	{"version 4 G", -1,
	    BYTES("\0\0\0\x0dO\xff\xff\xff\xff\0\0\1\xff\0\x1f\xff\xff"),
	    false},
	{"connect before negotiation", -1,
	    BYTES("\0\0\0\x0a" "Cx\0" "4\0\x19" "1.2\0"), false},
	{"connect of one byte", NEGOTIATE, BYTES("\0\0\0\x02" "Cx"), false},
	{"connect without address", NEGOTIATE, BYTES("\0\0\0\x05" "Cx\0" "4\0"),
	    false},
	{"connect of an unknown family", NEGOTIATE,
	    BYTES("\0\0\0\x0a" "Cx\0" "9\0\x19" "1.2\0"), false},
	/* {auth_authen} is asked for next: libmilter must not look on. */
	{"macro without value", HELO, BYTES("\0\0\0\x05" "DMi\0x"
	    "\0\0\0\x05" "M<a>\0"), false},
	{"macro without value or zero", HELO, BYTES("\0\0\0\x04" "DMix"
	    "\0\0\0\x05" "M<a>\0"), false},
	{"one macro and a half", HELO, BYTES("\0\0\0\x08" "DMi\0a\0b\0"
	    "\0\0\0\x05" "M<a>\0"), false},
	{"the same behind 4 GB", HELO, BYTES("\xff\xff\xff\xff" "T"
	    "\0\0\0\x08" "DMi\0a\0b\0" "\0\0\0\x05" "M<a>\0"), false},
	{"MAIL without zero", HELO, BYTES("\0\0\0\x04M<a>"), false},
	{"MAIL of nothing", HELO, BYTES("\0\0\0\x01M"), false},
	{"RCPT of nothing", MAIL, BYTES("\0\0\0\x01R"), false},
	{"RCPT before MAIL", HELO, BYTES("\0\0\0\x05R<b>\0"), false},
	{"header before MAIL", HELO, BYTES("\0\0\0\x05LA\0b\0"), false},
	{"header without value", RCPT, BYTES("\0\0\0\x03LA\0"), false},
	{"header without zeros", RCPT, BYTES("\0\0\0\x03LAA"), false},
	{"header of nothing", RCPT, BYTES("\0\0\0\x01L"), false},
	{"header without name", RCPT, BYTES("\0\0\0\x05L\0ab\0"), false},
	{"body before MAIL", HELO, BYTES("\0\0\0\x03" "Bab"), false},
	{"end without MAIL", HELO, BYTES("\0\0\0\x01" "E"), false},
	{"end after MAIL", MAIL, BYTES("\0\0\0\x01" "E"), false},
	{"end after RCPT", RCPT, BYTES("\0\0\0\x01" "E"), false},
	{"two MAILs", MAIL, BYTES("\0\0\0\x05M<b>\0"), false},
	{"MAIL in mid-header", HEADER, BYTES("\0\0\0\x05M<b>\0"), false},
	{"RCPT in mid-body", BODY, BYTES("\0\0\0\x05R<b>\0"), false},
	{"macros of nothing", HELO, BYTES("\0\0\0\x01" "D"), false},
	{"macros of an unknown step", HELO, BYTES("\0\0\0\x06" "Dzi\0x\0"),
	    false},
	/* A name without a value, at its end: libmilter reads past it. */
	{"macro without zeros", HELO, BYTES("\0\0\0\x05" "DMiii"), false},
	{"quit", BODY, BYTES("\0\0\0\x01Q"), false},
	{"abort twice", BODY, BYTES("\0\0\0\x01" "A\0\0\0\x01" "A"), true},
	{"abort, end", BODY, BYTES("\0\0\0\x01" "A\0\0\0\x01" "E"), false},
};

static void
talk_nonsense(struct lab *lab, int fds)
{
	struct mclient_envelope env = lab_envelope("G1");
	struct lab_answer a;
	struct mclient *mc;
	struct error error;
	size_t i;

	for (i = 0; i < sizeof(garbages) / sizeof(garbages[0]); i++) {
		const struct garbage *g = &garbages[i];

		mc = g->after < 0 ? mclient_open(lab->address, LAB_WAIT,
		    &error) : bring(lab, (enum step)g->after, g->name);
		if (!CHECK(g->name, mc != NULL))
			continue;
		/* It may hang up already; that is an answer as well. */
		(void)mclient_bytes(mc, g->bytes, &error);
		if (g->answered) {
			mclient_greeting(mc)->done = true;
			CHECK(g->name, lab_send(mc, &env, span_of(lab_plain),
			    &a, &error) == 0);
		} else {
			lab_sleep(2);
		}
		mclient_close(mc);
		lab_well(lab, fds, g->name);
	}
}

/* A field of that many bytes, or that many fields. */
static void
put_header(struct lab *lab, size_t bytes, size_t fields, const char *row)
{
	struct mclient *mc = bring(lab, RCPT, row);
	char *value = mem_alloc(bytes + 1);
	struct lab_answer answer = {0};
	struct mclient_answer a;
	struct error error = {""};
	size_t i;

	memset(value, 'x', bytes);
	for (i = 0; i < fields; i++)
		CHECK(row, mclient_header(mc, span_of("Subject"),
		    span_make(value, bytes), &a, &error) == 0);
	if (CHECK(row, mclient_eom(mc, &a, &error) == 0))
		lab_read_answer(mc, SMFIC_BODYEOB, &a, &answer);
	else
		fprintf(stderr, "%s\n", error.text);
	CHECK(row, answer.kind == SMFIR_CONTINUE);
	CHECK(row, (strstr(answer.status, "LIMIT_HEADERS") != NULL) ==
	    (bytes * fields > 512 << 10 || fields > 1000));
	free(value);
	mclient_close(mc);
}

/* 50 MB, of which the first is looked at and the rest need not come. */
static void
put_body(struct lab *lab, uint32_t steps, const char *row)
{
	struct mclient_terms offer = mclient_offer_full;
	struct lab_answer answer = {0};
	struct mclient_answer a = {.kind = SMFIR_CONTINUE};
	struct mclient *mc;
	struct error error = {""};
	char *chunk = mem_alloc(65535);
	int i, step, sent = 0;

	offer.steps = steps;
	mc = lab_connect(lab, &offer);
	for (step = CONNECT_MACRO; step <= HEADER; step++)
		CHECK(row, take_step(mc, (enum step)step, &error) == 0);
	for (i = 0; i < (50 << 20) / 65535 && a.kind == SMFIR_CONTINUE; i++) {
		if (!CHECK(row, mclient_body(mc, span_make(chunk, 65535), &a,
		    &error) == 0))
			break;
		sent++;
	}
	CHECK(row, (a.kind == SMFIR_SKIP) == ((steps & SMFIP_SKIP) != 0));
	CHECK(row, a.kind != SMFIR_SKIP || sent == 17);
	if (CHECK(row, mclient_eom(mc, &a, &error) == 0))
		lab_read_answer(mc, SMFIC_BODYEOB, &a, &answer);
	CHECK(row, strstr(answer.status, "LIMIT_BODY") != NULL);
	free(chunk);
	mclient_close(mc);
}

/* All bytes there are, in each place that takes any. */
static void
put_bytes(struct lab *lab, bool nul)
{
	const char *row = nul ? "NUL bytes" : "8-bit bytes";
	struct mclient *mc = bring(lab, HELO, row);
	struct mclient_answer a;
	struct error error;
	char all[300];
	size_t i, n = 0;

	for (i = nul ? 0 : 1; i < 256; i++)
		all[n++] = (char)i;
	all[n++] = '\0';
	CHECK(row, mclient_packet(mc, SMFIC_MACRO, span_make(all, n),
	    &error) == 0);
	CHECK(row, mclient_packet(mc, SMFIC_MAIL, span_make(all, n),
	    &error) == 0);
	CHECK(row, mclient_packet(mc, SMFIC_RCPT, span_make(all, n),
	    &error) == 0);
	for (i = 0; i < 3; i++)
		(void)mclient_header(mc, span_make(all, n - 1),
		    span_make(all, n - 1), &a, &error);
	/* What is not of the protocol's form ends the connection. */
	if (mclient_body(mc, span_make(all, n), &a, &error) == 0)
		(void)mclient_eom(mc, &a, &error);
	mclient_close(mc);
}

static void
many_recipients(struct lab *lab, unsigned count)
{
	const char *row = "recipients";
	struct mclient *mc = bring(lab, MAIL, row);
	struct lab_answer answer = {0};
	struct mclient_answer a;
	struct error error;
	char address[40];
	const char *args[] = {address, NULL};
	unsigned i;

	for (i = 0; i < count; i++) {
		snprintf(address, sizeof(address), "<u%u@example.net>", i);
		CHECK(row, mclient_rcpt(mc, args, &a, &error) == 0);
	}
	CHECK(row, take_step(mc, HEADER, &error) == 0);
	if (CHECK(row, mclient_eom(mc, &a, &error) == 0))
		lab_read_answer(mc, SMFIC_BODYEOB, &a, &answer);
	CHECK(row, (strstr(answer.status, "LIMIT_RECIPIENTS") != NULL) ==
	    (count > 1000));
	mclient_close(mc);
}

static void
many_messages(struct lab *lab)
{
	struct mclient_envelope env = lab_envelope("MANY");
	struct mclient *mc = lab_connect(lab, &mclient_offer_full);
	int64_t before = lab_stat(lab, "bytes_total");
	struct lab_answer a;
	struct error error;
	int i;

	for (i = 0; i < MANY; i++) {
		if (!CHECK("many", lab_send(mc, &env, span_of(i % 3 == 0 ?
		    lab_gtube : lab_plain), &a, &error) == 0))
			break;
		CHECK("many", span_starts(span_of(a.status), " Yes,") ==
		    (i % 3 == 0));
	}
	CHECK("many", lab_stat(lab, "bytes_held") == 0);
	CHECK("many", lab_stat(lab, "bytes_total") > before);
	mclient_close(mc);
}

int
main(void)
{
	const char *settings[] = {"greylist.when=never", NULL};
	struct lab lab;
	int fds;

	lab_make(&lab, true);
	lab_configure(&lab, settings);
	if (!CHECK("start", lab_start(&lab)))
		return test_end();
	lab_well(&lab, 100, "start");
	fds = lab_fds(&lab);
	hang_up(&lab, fds);
	abort_and_go_on(&lab);
	lab_well(&lab, fds, "abort");
	talk_nonsense(&lab, fds);
	put_header(&lab, 100 << 10, 1, "header of 100 kB");
	put_header(&lab, 900 << 10, 1, "header of 900 kB");
	put_header(&lab, 20, 10000, "10,000 fields");
	put_header(&lab, 0, 100, "empty fields");
	put_body(&lab, mclient_offer_full.steps, "50 MB");
	put_body(&lab, mclient_offer_full.steps & ~(uint32_t)SMFIP_SKIP,
	    "50 MB without skip");
	lab_well(&lab, fds, "large");
	put_bytes(&lab, true);
	put_bytes(&lab, false);
	lab_well(&lab, fds, "bytes");
	many_recipients(&lab, 1000);
	many_recipients(&lab, 1500);
	many_messages(&lab);
	lab_well(&lab, fds, "many");
	lab_stop(&lab, "stop");
	lab_remove(&lab);
	return test_end();
}
