/* torture - the pure parts of "posternctl torture". */
#include "test/unit/test.h"

#include <libmilter/mfapi.h>
#include <unistd.h>

#include "base/mem.h"
#include "conf/parse.h"
#include "ctl/torture.h"
#include "ctl/tortureapart.h"
#include "mail/split.h"
#include "settings.h"

#define DIR "/tmp/postern-torture-none"

/* The copy of a good one: all that it opens is below DIR. */
#define OURS \
	"daemon { listen = \"unix:" DIR "/milter\"\ncontrol = \"" DIR \
	"/control\" }\n" \
	"store { path = \"" DIR "/store\" }\nlog { to = stderr }\n" \
	"rules { cache = \"" DIR "/cache\"\nfiles = {}\n" \
	"selftest = \"" DIR "/files/selftest\" }\n" \
	"dnslists { definitions = {} }\nproviders { files = {} }\n"
#define DNS "dns { forwarders = 127.0.0.1@5300 }\n"

static const struct row {
	const char *name, *theirs, *ours;
	const char *reason;	/* part of it; NULL: they keep apart */
} rows[] = {
	{"defaults", "", OURS DNS, NULL},
	{"no DNS", "", OURS "dns { enabled = no }\n", NULL},
	{"the DNS itself", "", OURS, "would ask the DNS"},
	{"their resolver", "", OURS "dns { forwarders = 192.0.2.53 }\n",
	    "192.0.2.53"},
	{"half their resolver", "",
	    OURS "dns { forwarders = { 127.0.0.1@5300, 192.0.2.53 } }\n",
	    "192.0.2.53"},
	{"the same unix socket",
	    "daemon { listen = \"local:" DIR "/milter\" }\n", OURS DNS,
	    "share daemon.listen"},
	{"the same control socket",
	    "daemon { control = \"" DIR "/control\" }\n", OURS DNS,
	    "share daemon.control"},
	{"the same store", "store { path = \"" DIR "/store\" }\n", OURS DNS,
	    "share store.path"},
	{"the same cache", "rules { cache = \"" DIR "/cache\" }\n", OURS DNS,
	    "share rules.cache"},
	{"nothing changed", "", "log { to = stderr }\n" DNS,
	    "share daemon.listen"},
	{"their log", "", "log { to = syslog }\n" DNS, "log of the original"},
	{"a program", "", OURS DNS "outbound { notify = \"" DIR "/p\" }\n",
	    "outbound.notify"},
	{"a list outside", "", OURS DNS "lists { deny = \"/etc/deny\" }\n",
	    "lists.deny of the copy would be /etc/deny"},
	{"a list that climbs out", "",
	    OURS DNS "lists { deny = \"" DIR "/../deny\" }\n", "lists.deny"},
	{"a folder of a longer name", "",
	    OURS DNS "lists { deny = \"" DIR "2/deny\" }\n", "lists.deny"},
	{"a password", "",
	    OURS DNS "redis { password_file = \"/etc/password\" }\n",
	    "redis.password_file"},
};

static struct conf *
parse(const char *text, const struct section *const *sections,
    const char *name)
{
	struct error error = {""};
	struct conf *conf = conf_parse("/etc/postern/postern.conf",
	    span_of(text), sections, NULL, &error);

	if (!CHECK(name, conf != NULL))
		fprintf(stderr, "%s\n", error.text);
	return conf;
}

static void
check_apart(const struct row *row, const char *theirs, const char *ours)
{
	const struct section **sections = settings_sections();
	struct conf *a = parse(theirs, sections, row->name);
	struct conf *b = parse(ours, sections, row->name);
	struct error error = {""};
	int status = a != NULL && b != NULL ? apart_check(a, b, DIR, &error) :
	    -1;

	CHECK(row->name, (status == 0) == (row->reason == NULL));
	if (row->reason != NULL && !CHECK(row->name,
	    strstr(error.text, row->reason) != NULL))
		fprintf(stderr, "%s\n", error.text);
	if (row->reason == NULL && status != 0)
		fprintf(stderr, "%s\n", error.text);
	conf_free(a);
	conf_free(b);
	free(sections);
}

static void
test_apart(void)
{
	static const struct row redis[] = {
		{"another Redis", "", OURS DNS "redis { servers = 127.0.0.1:"
		    "7000\nprefix = \"t:\" }\n", NULL},
		{"their Redis", "redis { servers = { a:1, b:2 } }\n",
		    OURS DNS "redis { servers = b:2\nprefix = \"t:\" }\n",
		    "b:2 is a server of the original"},
		{"their keys", "", OURS DNS "redis { servers = b:2 }\n",
		    "share redis.prefix"},
	};
	static const char from[] = "store {", to[] =
	    "store { backend = redis\n";
	size_t i, at;
	char *ours;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_apart(&rows[i], rows[i].theirs, rows[i].ours);
	for (i = 0; i < sizeof(redis) / sizeof(redis[0]); i++) {
		at = span_find(span_of(redis[i].ours), span_of(from));
		ours = mem_printf("%.*s%s%s", (int)at, redis[i].ours, to,
		    redis[i].ours + at + strlen(from));
		check_apart(&redis[i], redis[i].theirs, ours);
		free(ours);
	}
}

/* A question about a name in the form of a packet. */
static size_t
ask(const char *name, unsigned type, char out[RESPONDER_PACKET_MAX])
{
	struct span rest = span_of(name), label;
	size_t n = 12;

	memset(out, 0, 12);
	out[0] = 0x12;
	out[2] = 1;
	out[5] = 1;
	while (span_cut(&rest, '.', &label)) {
		out[n++] = (char)label.n;
		memcpy(out + n, label.p, label.n);
		n += label.n;
	}
	out[n++] = 0;
	out[n++] = 0;
	out[n++] = (char)type;
	out[n++] = 0;
	out[n++] = 1;
	return n;
}

static const struct dns_row {
	const char *name;
	const char *question;
	unsigned type;
	enum responder_mood mood;
	int rcode;		/* -1: no answer at all */
	int answers;
	const char *part;	/* bytes in it */
} dns_rows[] = {
	{"SPF", "torture.example", 16, RESPONDER_WELL, 0, 1, "v=spf1 ip4:"},
	{"case", "Torture.EXAMPLE", 16, RESPONDER_WELL, 0, 1, "v=spf1 ip4:"},
	{"DMARC", "_dmarc.torture.example", 16, RESPONDER_WELL, 0, 1,
	    "v=DMARC1"},
	{"clients", "mail.torture.example", 1, RESPONDER_WELL, 0,
	    RESPONDER_CLIENTS, "\xc6\x12"},
	{"their name", "1.0.18.198.in-addr.arpa", 12, RESPONDER_WELL, 0, 1,
	    "\4mail\7torture"},
	{"no such type", "torture.example", 28, RESPONDER_WELL, 0, 0, ""},
	{"no such name", "example.org", 1, RESPONDER_WELL, 3, 0, ""},
	{"dead", "torture.example", 16, RESPONDER_DEAD, -1, 0, ""},
	{"failing", "torture.example", 16, RESPONDER_FAILING, 2, 0, ""},
	{"slow is right", "torture.example", 16, RESPONDER_SLOW, 0, 1,
	    "v=spf1"},
	{"wild", "example.org", 1, RESPONDER_WILD, 0, 1, "\xc6\x12\xff\1"},
	{"wild, known", "torture.example", 16, RESPONDER_WILD, 0, 1,
	    "v=spf1"},
	{"wild, of no address", "example.org", 16, RESPONDER_WILD, 0, 0, ""},
};

static void
test_dns(void)
{
	char question[RESPONDER_PACKET_MAX], answer[RESPONDER_PACKET_MAX];
	const struct dns_row *row;
	size_t i, n, k;

	for (i = 0; i < sizeof(dns_rows) / sizeof(dns_rows[0]); i++) {
		row = &dns_rows[i];
		n = ask(row->question, row->type, question);
		k = responder_answer(span_make(question, n), row->mood, 0,
		    answer);
		CHECK(row->name, (k == 0) == (row->rcode < 0));
		if (k == 0)
			continue;
		CHECK(row->name, memcmp(answer, question, 2) == 0);
		CHECK(row->name, (answer[3] & 15) == row->rcode);
		CHECK(row->name, answer[7] == row->answers);
		CHECK(row->name, memcmp(answer + 12, question + 12,
		    n - 12) == 0);
		CHECK(row->name, span_find(span_make(answer, k),
		    span_of(row->part)) < k || row->part[0] == '\0');
	}
}

/* No lie is of the form of an answer to what was asked; nor is a wreck. */
static void
test_lies(void)
{
	char question[RESPONDER_PACKET_MAX], answer[RESPONDER_PACKET_MAX];
	size_t n = ask("torture.example", 1, question), k, cut;
	unsigned i;

	for (i = 0; i < 14; i++) {
		k = responder_answer(span_make(question, n), RESPONDER_LYING,
		    i, answer);
		CHECK("lie", k > 0 && k <= RESPONDER_PACKET_MAX);
		CHECK("lie", k < 12 || memcmp(answer, question, 2) != 0 ||
		    memcmp(answer + 12, question + 12, n - 12) != 0 ||
		    answer[6] != 0 || (answer[2] & 2) != 0 ||
		    (answer[2] & 0x80) == 0);
	}
	for (cut = 0; cut < n; cut++)
		CHECK("cut", responder_answer(span_make(question, cut),
		    RESPONDER_WELL, 0, answer) == 0);
	memset(question + 12, 0xff, 200);
	CHECK("label", responder_answer(span_make(question, 212),
	    RESPONDER_WELL, 0, answer) == 0);
	memset(question + 12, 1, 500);
	CHECK("long name", responder_answer(span_make(question, 512),
	    RESPONDER_WELL, 0, answer) == 0);
}

static void
test_outcomes(void)
{
	static const struct {
		const char *name;
		struct mclient_answer answer;
		enum outcome outcome;
	} answers[] = {
		{"continue", {.kind = SMFIR_CONTINUE}, OUTCOME_ACCEPTED},
		{"accept", {.kind = SMFIR_ACCEPT}, OUTCOME_ACCEPTED},
		{"tempfail", {.kind = SMFIR_TEMPFAIL, .code = 451},
		    OUTCOME_DEFERRED},
		{"451", {.kind = SMFIR_REPLYCODE, .code = 451},
		    OUTCOME_DEFERRED},
		{"reject", {.kind = SMFIR_REJECT, .code = 550},
		    OUTCOME_REFUSED},
		{"550", {.kind = SMFIR_REPLYCODE, .code = 550},
		    OUTCOME_REFUSED},
	};
	size_t i;

	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		CHECK(answers[i].name, outcome_of(&answers[i].answer) ==
		    answers[i].outcome);
}

static const struct judge_row {
	const char *name;
	enum load_kind kind;
	enum outcome outcome;
	unsigned may;
	const char *reason;	/* part of it; NULL: good */
} judge_rows[] = {
	{"accepted", LOAD_PLAIN, OUTCOME_ACCEPTED, 0, NULL},
	{"spam is refused", LOAD_SPAM, OUTCOME_REFUSED, 0, NULL},
	{"refused", LOAD_PLAIN, OUTCOME_REFUSED, 0, "1 messages refused"},
	{"refused, whatever may", LOAD_PLAIN, OUTCOME_REFUSED,
	    TALLY_MAY_DEFER | TALLY_MAY_LOSE, "refused"},
	{"spam gets through", LOAD_SPAM, OUTCOME_ACCEPTED, TALLY_MAY_LOSE,
	    "1 messages with spam accepted"},
	{"deferred", LOAD_PLAIN, OUTCOME_DEFERRED, 0, "deferred"},
	{"may be deferred", LOAD_PLAIN, OUTCOME_DEFERRED, TALLY_MAY_DEFER,
	    NULL},
	{"lost", LOAD_PLAIN, OUTCOME_LOST, TALLY_MAY_DEFER, "lost"},
	{"may be lost", LOAD_PLAIN, OUTCOME_LOST, TALLY_MAY_LOSE, NULL},
	{"silent", LOAD_PLAIN, OUTCOME_SILENT,
	    TALLY_MAY_DEFER | TALLY_MAY_LOSE, "without an answer in time"},
	{"hostile and refused", LOAD_HOSTILE, OUTCOME_REFUSED, 0, NULL},
	{"hostile and lost", LOAD_HOSTILE, OUTCOME_LOST, 0, "lost"},
};

static void
test_judge(void)
{
	static const struct tally peace = {.count = {
		[LOAD_PLAIN] = {[OUTCOME_ACCEPTED] = 70},
		[LOAD_SPAM] = {[OUTCOME_REFUSED] = 10},
	}};
	struct tally got, quiet;
	struct error error;
	size_t i;

	for (i = 0; i < sizeof(judge_rows) / sizeof(judge_rows[0]); i++) {
		const struct judge_row *row = &judge_rows[i];
		int status;

		got = (struct tally){.slowest = 1};
		got.count[row->kind][row->outcome] = 1;
		error.text[0] = '\0';
		status = tally_judge(&peace, &got, row->may, &error);
		CHECK(row->name, (status == 0) == (row->reason == NULL));
		CHECK(row->name, row->reason == NULL ||
		    strstr(error.text, row->reason) != NULL);
	}
	got = peace;
	got.bare[LOAD_PLAIN] = 1;
	CHECK("bare", tally_judge(&peace, &got, 0, &error) != 0);
	quiet = got;
	CHECK("bare in peace", tally_judge(&quiet, &got, 0, &error) == 0);
}

static void
test_mail(void)
{
	unsigned mail, fields;
	struct split split;
	struct split_field field;
	struct buf b;

	for (mail = 0; mail < MAILS; mail++) {
		buf_init(&b, MAIL_MAX);
		mail_put(&b, (enum mail)mail, INT64_C(1700000000000), 5);
		CHECK("fits", !b.full && b.n > 100);
		CHECK("ends", b.n > 2 && b.p[b.n - 1] == '\n');
		split_begin(&split, buf_contents(&b));
		for (fields = 0; split_field(&split, &field); fields++)
			continue;
		CHECK("fields", fields >= 6 && fields <= MCLIENT_HEADERS_MAX);
		CHECK("many fields", mail != MAIL_HEADERS ||
		    fields >= MAIL_FIELDS);
		CHECK("date", span_find(buf_contents(&b), span_of(
		    "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n")) < b.n);
		buf_done(&b);
	}
}

/* Every case can be told from the others, and says what it is. */
static void
test_cases(void)
{
	const struct torture_case *row, *other;

	CHECK("first", strcmp(torture_cases[0].name, "peace") == 0);
	for (row = torture_cases; row->name != NULL; row++) {
		CHECK(row->name, row->act != NULL && row->does != NULL &&
		    row->expected != NULL);
		for (other = torture_cases; other != row; other++)
			CHECK(row->name, strcmp(row->name, other->name) != 0);
	}
}

/* Where a file comes to lie in the copy, whatever its path says. */
static void
test_places(void)
{
	static const struct {
		const char *path, *place;
	} places[] = {
		{"/etc/postern/a.cf", "/c/files/etc/postern/a.cf"},
		{"/etc//postern/./a.cf", "/c/files/etc/postern/a.cf"},
		{"/etc/postern/../a.cf", "/c/files/etc/a.cf"},
		{"/../../../a.cf", "/c/files/a.cf"},
		{"/nowhere/../../../../c/a.cf", "/c/files/c/a.cf"},
	};
	char dir[] = "/c";
	struct copy copy = {.dir = dir};
	struct error error;
	size_t i;
	char *to;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		to = copy_file(&copy, places[i].path, COPY_LIST, false,
		    &error);
		if (CHECK(places[i].path, to != NULL))
			CHECK_TEXT(places[i].path, to, places[i].place);
		free(to);
	}
	CHECK("nothing is there", copy.count == 0 && access("/c", F_OK) != 0);
}

int
main(void)
{
	test_apart();
	test_dns();
	test_lies();
	test_outcomes();
	test_judge();
	test_mail();
	test_cases();
	test_places();
	return test_end();
}
