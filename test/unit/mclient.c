/*
 * mclient - the MTA's side of the milter protocol against a scripted filter:
 * a thread at the other end of a socket pair that answers as its row says and
 * notes every packet it gets.
 */
#include "test/unit/test.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmilter/mfapi.h>

#include "base/buf.h"
#include "ctl/mclient.h"
#include "ctl/mpacket.h"

#define TIMEOUT 3000	/* ms; rows that wait for it have a shorter one */
#define NOTES_MAX 4096

/* Bytes with zeros inside, as a literal. */
#define B(literal) { literal, sizeof(literal) - 1 }
#define PACKET(length, literal) "\0\0\0" length literal
#define CONTINUE PACKET("\1", "c")

struct script {
	char on;		/* command */
	struct span says;	/* raw bytes */
	bool hangs_up;
};

struct row {
	const char *name;
	const struct mclient_terms *offer;
	uint32_t version, actions, steps;
	const char *silent;	/* commands without a reply */
	struct script script[2];
	const char *letters;	/* of the packets the filter gets */
	const char *outcome;
};

struct filter {
	const struct row *row;
	int fd;
	char letters[NOTES_MAX];
	struct buf notes;	/* letters with their bytes */
};

static bool
read_full(int fd, void *out, size_t n)
{
	char *p = out;
	ssize_t got;

	for (; n != 0; n -= (size_t)got, p += got)
		if ((got = read(fd, p, n)) <= 0)
			return false;
	return true;
}

/* write() without SIGPIPE when the client has gone. */
static void
say(int fd, const void *bytes, size_t n)
{
	(void)!send(fd, bytes, n, MSG_NOSIGNAL);
}

static void
say_terms(const struct filter *f)
{
	char out[17] = { 0, 0, 0, 13, SMFIC_OPTNEG };

	mpacket_put32(f->row->version, out + 5);
	mpacket_put32(f->row->actions, out + 9);
	mpacket_put32(f->row->steps, out + 13);
	say(f->fd, out, sizeof(out));
}

/* Returns false when the row wants the connection to end. */
static bool
reply(struct filter *f, char command)
{
	const struct script *s = f->row->script;
	size_t i;

	for (i = 0; i < 2; i++)
		if (s[i].on == command) {
			say(f->fd, s[i].says.p, s[i].says.n);
			return !s[i].hangs_up;
		}
	if (command == SMFIC_OPTNEG)
		say_terms(f);
	else if (strchr("DAKQ", command) == NULL &&
	    strchr(f->row->silent, command) == NULL)
		say(f->fd, CONTINUE, 5);
	return true;
}

static void *
filter_main(void *argument)
{
	struct filter *f = argument;
	unsigned char head[MPACKET_HEAD];
	static char body[MCLIENT_SEND_MAX];
	size_t n, noted = 0, i;

	do {
		if (!read_full(f->fd, head, sizeof(head)))
			break;
		n = ((size_t)head[1] << 16 | (size_t)head[2] << 8 |
		    head[3]) - 1;
		if (!read_full(f->fd, body, n))
			break;
		if (head[4] != SMFIC_MACRO)
			f->letters[noted++] = (char)head[4];
		buf_char(&f->notes, (char)head[4]);
		for (i = 0; i < n && head[4] != SMFIC_OPTNEG; i++)
			buf_char(&f->notes, body[i] == 0 ? '|' : body[i]);
		buf_char(&f->notes, ';');
	} while (noted < NOTES_MAX - 1 && reply(f, (char)head[4]));
	shutdown(f->fd, SHUT_RDWR);
	return NULL;
}

static struct mclient *
start(struct filter *f, const struct row *row, int64_t timeout,
    pthread_t *thread)
{
	int pair[2];

	memset(f, 0, sizeof(*f));
	buf_init(&f->notes, NOTES_MAX);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		abort();
	f->row = row;
	f->fd = pair[1];
	if (pthread_create(thread, NULL, filter_main, f) != 0)
		abort();
	return mclient_adopt(pair[0], timeout);
}

/* The filter has seen all that was sent once it sees the end. */
static void
stop(struct filter *f, struct mclient *mc, pthread_t thread)
{
	mclient_close(mc);
	pthread_join(thread, NULL);
	close(f->fd);
}

static const char message[] = "Subject: hi\r\n there\r\nFrom:a\r\n\r\nbody\r\n";
static const char *const rcpts[] = { "c@example.com", "<d@example.com>" };
static const struct mclient_macro macros[] = {
	{ "j", "mx" }, { "{auth_authen}", "u" }, { "tls_version", "T" },
};
static const struct mclient_envelope envelope = {
	.client_name = "h", .client_addr = "192.0.2.1", .client_port = 258,
	.helo = "helo", .from = "a@example.org", .rcpts = rcpts,
	.rcpt_count = 2, .queue_id = "ID", .macros = macros, .macro_count = 3,
};

static void
describe(struct buf *b, const struct mclient_verdict *v)
{
	const struct mclient_edit *d = v->edits;
	size_t i, j;

	buf_printf(b, "%s %s %u %.*s", mclient_stage_name(v->stage),
	    mclient_reply_name(v->answer.kind), v->answer.code,
	    SPAN_ARG(v->answer.text));
	for (i = 0; i < v->rcpt_count; i++)
		if (v->rcpts[i].kind != SMFIR_CONTINUE)
			buf_printf(b, ", rcpt %zu %u", i, v->rcpts[i].code);
	for (i = 0; i < v->edit_count; i++, d++) {
		buf_printf(b, ", %c %u <%.*s> <", d->kind,
		    (unsigned)d->index, SPAN_ARG(d->name));
		for (j = 0; j < d->value.n; j++)
			buf_char(b, d->value.p[j] != 0 ? d->value.p[j] : '|');
		buf_char(b, '>');
	}
}

#define FULL &mclient_offer_full, 6, SMFI_CURR_ACTS
#define OFFER(steps) FULL, (steps)
#define ALL_NR 0xff080	/* SMFIP_NR_* */
#define ALL_NO 0x0037f	/* SMFIP_NO* */

static const struct row rows[] = {
	{ "all steps, all replies", OFFER(0), "", {{ 0 }},
	    "OCHMRRTLLNBE", "eom continue 0 " },
	{ "version 2 knows no DATA", &mclient_offer_old, 2, 0, 0, "", {{ 0 }},
	    "OCHMRRLLNBE", "eom continue 0 " },
	{ "the filter's older version counts", &mclient_offer_full, 3, 0, 0,
	    "", {{ 0 }}, "OCHMRRLLNBE", "eom continue 0 " },
	{ "no replies but the last", OFFER(ALL_NR), "CHMRTLNBU", {{ 0 }},
	    "OCHMRRTLLNBE", "eom continue 0 " },
	{ "no steps but the last", OFFER(ALL_NO), "", {{ 0 }},
	    "OE", "eom continue 0 " },
	{ "no header replies", OFFER(SMFIP_NR_HDR), "L", {{ 0 }},
	    "OCHMRRTLLNBE", "eom continue 0 " },
	{ "no body", OFFER(SMFIP_NOBODY), "", {{ 0 }},
	    "OCHMRRTLLNE", "eom continue 0 " },
	{ "accepted at connect", OFFER(0), "", {{ 'C', B(PACKET("\1", "a")),
	    false }}, "OC", "connect accept 0 " },
	{ "rejected at HELO", OFFER(0), "", {{ 'H', B(PACKET("\1", "r")),
	    false }}, "OCH", "helo reject 550 " },
	{ "tempfail at MAIL", OFFER(0), "", {{ 'M', B(PACKET("\1", "t")),
	    false }}, "OCHMA", "mail tempfail 451 " },
	{ "reply code at DATA", OFFER(0), "", {{ 'T',
	    B(PACKET("\15", "y421 4.7.0 x\0")), false }}, "OCHMRRTA",
	    "data replycode 421 4.7.0 x" },
	{ "all recipients refused", OFFER(0), "", {{ 'R',
	    B(PACKET("\14", "y550 5.1.1 \0")), false }}, "OCHMRRA",
	    "rcpt replycode 550 5.1.1 , rcpt 0 550, rcpt 1 550" },
	{ "accepted at a recipient", OFFER(0), "", {{ 'R',
	    B(PACKET("\1", "a")), false }}, "OCHMRA",
	    "rcpt accept 0 , rcpt 0 0" },
	{ "discarded at a header", OFFER(0), "", {{ 'L',
	    B(PACKET("\1", "d")), false }}, "OCHMRRTLA",
	    "header discard 0 " },
	{ "rejected at the body", OFFER(0), "", {{ 'B',
	    B(PACKET("\1", "r")), false }}, "OCHMRRTLLNBA",
	    "body reject 550 " },
	{ "skip", OFFER(SMFIP_SKIP), "", {{ 'B', B(PACKET("\1", "s")),
	    false }}, "OCHMRRTLLNBE", "eom continue 0 " },
	{ "skip without asking", OFFER(0), "", {{ 'B', B(PACKET("\1", "s")),
	    false }}, "OCHMRRTLLNB", "error: skip where it is not allowed" },
	{ "skip of a header", OFFER(SMFIP_SKIP), "", {{ 'L',
	    B(PACKET("\1", "s")), false }}, "OCHMRRTL",
	    "error: skip where it is not allowed" },
	{ "progress", OFFER(0), "", {{ 'E', B(PACKET("\1", "p")
	    PACKET("\1", "p") CONTINUE), false }}, "OCHMRRTLLNBE",
	    "eom continue 0 " },
	{ "edits of the header", OFFER(0), "", {{ 'E',
	    B(PACKET("\7", "hX-A\0b\0") PACKET("\11", "i\0\0\0\1X\0b\0")
	    PACKET("\10", "m\0\0\0\2X\0\0") PACKET("\1", "a")), false }},
	    "OCHMRRTLLNBE", "eom accept 0 , h 0 <X-A> <b>, i 1 <X> <b>, "
	    "m 2 <X> <>" },
	{ "edits of envelope and body", OFFER(0), "", {{ 'E',
	    B(PACKET("\5", "+<a>\0") PACKET("\5", "-<b>\0")
	    PACKET("\7", "2<c>\0D\0") PACKET("\5", "e<e>\0")
	    PACKET("\5", "qbad\0") PACKET("\4", "bx\0y") CONTINUE),
	    false }}, "OCHMRRTLLNBE", "eom continue 0 , + 0 <<a>> <>, "
	    "- 0 <<b>> <>, 2 0 <<c>> <D>, e 0 <<e>> <>, q 0 <> <bad>, "
	    "b 0 <> <x|y>" },
	{ "edit that was not negotiated", &mclient_offer_full, 6,
	    SMFIF_ADDHDRS, 0, "", {{ 'E', B(PACKET("\5", "+<a>\0")), false }},
	    "OCHMRRTLLNBE", "error: add-rcpt without having negotiated it" },
	{ "edit before the end", OFFER(0), "", {{ 'N',
	    B(PACKET("\7", "hX-A\0b\0")), false }}, "OCHMRRTLLN",
	    "error: add-header before the end of the message" },
	{ "a reply too many", OFFER(0), "", {{ 'C', B(CONTINUE CONTINUE),
	    false }}, "OC", "error: the filter replied to a step that has "
	    "no reply" },
	{ "oversized packet", OFFER(0), "", {{ 'E', B("\0\1\0\1c"), false }},
	    "OCHMRRTLLNBE", "error: the filter sent a packet of 65537 bytes" },
	{ "negative length", OFFER(0), "", {{ 'E', B("\377\377\377\377c"),
	    false }}, "OCHMRRTLLNBE",
	    "error: the filter sent a packet of 4294967295 bytes" },
	{ "empty packet", OFFER(0), "", {{ 'H', B("\0\0\0\0"), false }},
	    "OCH", "error: the filter sent a packet of 0 bytes" },
	{ "hang-up", OFFER(0), "", {{ 'H', B(""), true }}, "OCH",
	    "error: the filter hung up" },
	{ "hang-up within a reply", OFFER(0), "", {{ 'E', B("\0\0\0\5y4"),
	    true }}, "OCHMRRTLLNBE", "error: the filter hung up" },
	{ "unknown reply", OFFER(0), "", {{ 'E', B(PACKET("\1", "Z")),
	    false }}, "OCHMRRTLLNBE", "error: unknown reply 'Z'" },
	{ "more steps than offered", &mclient_offer_old, 2, 0, SMFIP_SKIP, "",
	    {{ 0 }}, "O", "error: the filter takes steps 0x400 that were not "
	    "offered" },
	{ "more actions than offered", &mclient_offer_none, 6, 1, 0, "",
	    {{ 0 }}, "O", "error: the filter takes actions 0x1 that were not "
	    "offered" },
	{ "newer version than offered", &mclient_offer_old, 6, 0, 0, "",
	    {{ 0 }}, "O", "error: the filter wants version 6 of 2" },
	{ "negotiation answered otherwise", OFFER(0), "", {{ 'O',
	    B(CONTINUE), false }}, "O",
	    "error: the filter answers the negotiation with continue" },
};

static void
run_row(const struct row *row, const char *raw, size_t n)
{
	struct mclient_verdict v;
	struct filter f;
	struct error e;
	struct buf got;
	pthread_t thread;
	struct mclient *mc = start(&f, row, TIMEOUT, &thread);

	buf_init(&got, NOTES_MAX);
	if (mclient_negotiate(mc, row->offer, &e) != 0 ||
	    mclient_message(mc, &envelope, span_make(raw, n), &v, &e) != 0)
		buf_printf(&got, "error: %s", e.text);
	else
		describe(&got, &v);
	stop(&f, mc, thread);
	CHECK_TEXT(row->name, f.letters, row->letters);
	CHECK_TEXT(row->name, buf_string(&got), row->outcome);
	buf_done(&got);
	buf_done(&f.notes);
}

/* What the packets hold, with the flags that change that. */
static const struct {
	const char *name;
	struct span answer;	/* to the negotiation */
	const char *notes;
} detail_rows[] = {
	{ "all macros when none are listed",
	    B(PACKET("\15", "O\0\0\0\6\0\0\1\377\0\17\360\200")),
	    "O;DCj|mx|;Ch|4\1\002192.0.2.1|;"
	    "DHj|mx|{tls_version}|T|;Hhelo|;"
	    "DM{mail_addr}|a@example.org|j|mx|{auth_authen}|u|"
	    "{tls_version}|T|;M<a@example.org>|;"
	    "DR{rcpt_addr}|c@example.com|j|mx|{auth_authen}|u|"
	    "{tls_version}|T|;R<c@example.com>|;"
	    "DR{rcpt_addr}|d@example.com|j|mx|{auth_authen}|u|"
	    "{tls_version}|T|;R<d@example.com>|;"
	    "DTi|ID|j|mx|{auth_authen}|u|{tls_version}|T|;T;"
	    "LSubject|hi\n there|;LFrom|a|;"
	    "DNi|ID|j|mx|{auth_authen}|u|{tls_version}|T|;N;Bbody\r\n;"
	    "DEi|ID|j|mx|{auth_authen}|u|{tls_version}|T|;E;" },
	{ "macros that are listed, and the leading space",
	    B(PACKET("\71", "O\0\0\0\6\0\0\1\377\0\37\360\200"
	    "\0\0\0\0\0" "\0\0\0\1j, i\0" "\0\0\0\2{auth_authen} j\0"
	    "\0\0\0\3\0" "\0\0\0\4\0")),
	    "O;Ch|4\1\002192.0.2.1|;DHj|mx|;Hhelo|;"
	    "DMj|mx|{auth_authen}|u|;M<a@example.org>|;"
	    "R<c@example.com>|;R<d@example.com>|;T;"
	    "LSubject| hi\n there|;LFrom|a|;"
	    "DNi|ID|j|mx|{auth_authen}|u|{tls_version}|T|;N;Bbody\r\n;"
	    "DEi|ID|j|mx|{auth_authen}|u|{tls_version}|T|;E;" },
};

static void
run_details(size_t i)
{
	struct row row = { detail_rows[i].name, OFFER(0), "CHMRTLNBU",
	    {{ 'O', detail_rows[i].answer, false }}, "", "" };
	struct mclient_verdict v;
	struct filter f;
	pthread_t thread;
	struct mclient *mc = start(&f, &row, TIMEOUT, &thread);
	struct error e = { "" };
	int rc;

	rc = mclient_negotiate(mc, row.offer, &e);
	if (rc == 0)
		rc = mclient_message(mc, &envelope, span_make(message,
		    sizeof(message) - 1), &v, &e);
	stop(&f, mc, thread);
	CHECK_TEXT(row.name, e.text, "");
	CHECK(row.name, rc == 0);
	CHECK_TEXT(row.name, buf_string(&f.notes), detail_rows[i].notes);
	buf_done(&f.notes);
}

/* A long body, of which a filter that skips sees the first chunk only. */
static void
test_chunks(void)
{
	static const struct row all = { "three chunks", OFFER(0), "", {{ 0 }},
	    "OCHMRRTLNBBBE", "eom continue 0 " };
	static const struct row first = { "one chunk", OFFER(SMFIP_SKIP), "",
	    {{ 'B', B(PACKET("\1", "s")), false }}, "OCHMRRTLNBE",
	    "eom continue 0 " };
	static char raw[8 + 2 * MILTER_CHUNK_SIZE + 1];

	memset(raw, 'x', sizeof(raw));
	memcpy(raw, "A: b\r\n\r\n", 8);
	run_row(&all, raw, sizeof(raw));
	run_row(&first, raw, sizeof(raw));
}

/* Connect and HELO are put once, their verdict holds until the next client. */
static void
test_session(void)
{
	static const struct row row = { "session", OFFER(0), "", {{ 'C',
	    B(PACKET("\15", "y554 5.7.1 x\0")), false }}, "OCKC", "" };
	static const struct row open_row = { "two messages", OFFER(0), "",
	    {{ 0 }}, "OCHMRRTLLNBEMRRTLLNBEQ", "" };
	struct span raw = span_make(message, sizeof(message) - 1);
	struct mclient_verdict v;
	struct filter f;
	struct error e;
	pthread_t thread;
	struct mclient *mc = start(&f, &row, TIMEOUT, &thread);
	int i;

	CHECK("session", mclient_negotiate(mc, row.offer, &e) == 0);
	for (i = 0; i < 3; i++) {
		if (i == 2)
			CHECK("session", mclient_quit_nc(mc, &e) == 0);
		CHECK("session", mclient_message(mc, &envelope, raw, &v,
		    &e) == 0 && v.stage == SMFIC_CONNECT &&
		    v.answer.code == 554 &&
		    span_is(v.answer.text, "5.7.1 x"));
	}
	stop(&f, mc, thread);
	CHECK_TEXT("session", f.letters, row.letters);
	buf_done(&f.notes);

	mc = start(&f, &open_row, TIMEOUT, &thread);
	CHECK("two messages", mclient_negotiate(mc, row.offer, &e) == 0);
	for (i = 0; i < 2; i++)
		CHECK("two messages", mclient_message(mc, &envelope, raw, &v,
		    &e) == 0 && v.stage == SMFIC_BODYEOB);
	CHECK("two messages", mclient_quit(mc, &e) == 0);
	stop(&f, mc, thread);
	CHECK_TEXT("two messages", f.letters, open_row.letters);
	buf_done(&f.notes);
}

/* A filter that is silent, and one that is only busy. */
static void
test_patience(void)
{
	static const struct row silent = { "silent", OFFER(0), "H", {{ 0 }},
	    "OCH", "" };
	static char busy_bytes[5 * (MCLIENT_PROGRESS_MAX + 2)];
	struct row busy = { "busy for ever", OFFER(0), "", {{ 'C',
	    { busy_bytes, sizeof(busy_bytes) }, false }}, "OC", "" };
	const struct row *both[] = { &silent, &busy };
	const char *errors[] = { "no reply in time", "progress without end" };
	struct mclient_verdict v;
	struct filter f;
	struct error e;
	pthread_t thread;
	struct mclient *mc;
	size_t i;

	for (i = 0; i < sizeof(busy_bytes); i += 5)
		memcpy(busy_bytes + i, PACKET("\1", "p"), 5);
	for (i = 0; i < 2; i++) {
		mc = start(&f, both[i], 200, &thread);
		CHECK(both[i]->name, mclient_negotiate(mc, both[i]->offer,
		    &e) == 0);
		CHECK(both[i]->name, mclient_message(mc, &envelope,
		    span_of(message), &v, &e) == -1);
		stop(&f, mc, thread);
		CHECK_TEXT(both[i]->name, e.text, errors[i]);
		CHECK_TEXT(both[i]->name, f.letters, both[i]->letters);
		buf_done(&f.notes);
	}
}

/* Hostile tests send what no MTA sends. */
static void
test_raw(void)
{
	static const struct row row = { "raw", OFFER(0), "", {{ 'z',
	    B(PACKET("\1", "p")), false }}, "OzC", "" };
	struct filter f;
	struct error e;
	struct span body;
	pthread_t thread;
	struct mclient *mc = start(&f, &row, TIMEOUT, &thread);
	char kind = 0;

	CHECK("raw", mclient_negotiate(mc, row.offer, &e) == 0);
	CHECK("raw", mclient_packet(mc, 'z', span_of("any"), &e) == 0);
	CHECK("raw", mclient_read(mc, &kind, &body, &e) == 0);
	CHECK("raw", kind == SMFIR_PROGRESS && body.n == 0);
	CHECK("raw", mclient_bytes(mc, span_make("\0\0\0\2Cx\0\0", 8),
	    &e) == 0);
	CHECK("raw", mclient_read(mc, &kind, &body, &e) == 0);
	stop(&f, mc, thread);
	CHECK_TEXT("raw", f.letters, row.letters);
	CHECK_TEXT("raw", buf_string(&f.notes), "O;zany;Cx;");
	buf_done(&f.notes);
}

/* Replies that no conversation above holds: reason, or "" for none. */
static const struct {
	const char *name;
	char kind;
	struct span body;
	const char *error;
} reply_rows[] = {
	{ "several lines", 'y', B("550-5.7.1 a\r\n550 5.7.1 b\0"), "" },
	{ "no zero", 'y', B("550 x"), "malformed reply code" },
	{ "code 250", 'y', B("250 x\0"), "malformed reply \"250 x\"" },
	{ "two digits", 'y', B("55 x\0"), "malformed reply \"55 x\"" },
	{ "code alone", 'y', B("550\0"), "malformed reply \"550\"" },
	{ "bytes behind", 'c', B("x"), "continue with 1 bytes behind it" },
	{ "field name with colon", 'h', B("A:\0b\0"),
	    "add-header: bad field name \"A:\"" },
	{ "empty field name", 'm', B("\0\0\0\1\0b\0"),
	    "change-header: bad field name \"\"" },
	{ "index cut", 'm', B("\0\0\1"), "malformed change-header" },
	{ "sender and arguments", 'e', B("<a>\0SIZE=1\0"), "" },
	{ "sender, one text too many", 'e', B("<a>\0b\0c\0"),
	    "malformed change-from" },
};

static void
test_replies(void)
{
	struct mclient_answer a;
	struct mclient_edit d;
	struct error e;
	size_t i;
	int rc;

	for (i = 0; i < sizeof(reply_rows) / sizeof(reply_rows[0]); i++) {
		e.text[0] = '\0';
		if (mpacket_edit_action(reply_rows[i].kind) != 0)
			rc = mpacket_edit(reply_rows[i].kind,
			    reply_rows[i].body, &d, &e);
		else
			rc = mpacket_answer(reply_rows[i].kind,
			    reply_rows[i].body, &a, &e);
		CHECK_TEXT(reply_rows[i].name, e.text, reply_rows[i].error);
		CHECK(reply_rows[i].name,
		    (rc == 0) == (reply_rows[i].error[0] == '\0'));
	}
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run_row(&rows[i], message, sizeof(message) - 1);
	for (i = 0; i < sizeof(detail_rows) / sizeof(detail_rows[0]); i++)
		run_details(i);
	test_chunks();
	test_session();
	test_patience();
	test_raw();
	test_replies();
	return test_end();
}
