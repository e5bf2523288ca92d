/*
 * dkim_peers - signatures between Postern and others: libopendkim, all of it,
 * and dkimpy.  Each verifies what the other signed.
 */
#include <dirent.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <opendkim/dkim.h>

#include "auth/dkim_sign.h"
#include "test/unit/dkim_lab.h"

#define PIECE 7		/* bytes of a body given to libopendkim at a time */

static const struct mail {
	const char *name;
	const char *text;
} mails[] = {
	{"plain", "From: A <a@example.org>\r\nTo: b@example.net\r\n"
	    "Subject: one\r\nDate: Mon, 01 Jan 2024 00:00:00 +0000\r\n"
	    "Message-ID: <1@example.org>\r\n\r\nHello.\r\n"},
	{"few", "From: a@example.org\r\n\r\nHello.\r\n"},
	{"empty", "From: a@example.org\r\nSubject:\r\nTo: b@example.net\r\n"
	    "\r\n"},
	{"blank", "From: a@example.org\r\nSubject: \r\n\r\n\r\n\r\n"},
	{"folds", "from:  a@example.org\r\nTO: b@example.net,\r\n"
	    "\tc@example.net ,\r\n   d@example.net\t\r\n"
	    "SuBject:a  b\t c \r\n\r\na  b\t c \r\n \r\nd\r\n \r\n\r\n"},
	{"several", "To: b@example.net\r\nTo: c@example.net\r\n"
	    "Received: x\r\nReceived: y\r\nFrom: a@example.org\r\n"
	    "References: <1@x>\r\n <2@x>\r\nList-Unsubscribe: <http://x>\r\n"
	    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
	    "MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"
	    ".\r\n..\r\n\r\n\r\nend\r\n"},
	{"8bit", "From: a@example.org\r\nSubject: \xc3\xa4\r\n\r\n"
	    "\xc3\xa4 \xff\xfe\r\n"},
};

#define MAILS (sizeof(mails) / sizeof(mails[0]))

/* Of the sanitizer; this libopendkim loses memory whenever it signs. */
extern void __lsan_disable(void) __attribute__((weak));
extern void __lsan_enable(void) __attribute__((weak));

struct world {
	struct lab lab;
	struct dkim_signer *signer;
	struct dkim_secret *rsa, *ed;
	struct arena arena;
	struct span rsa_record, ed_record, rsa_pem, ed_pem;
	DKIM_LIB *library;
	char dir[64];
};

static const char *
in_dir(struct world *w, const char *name)
{
	return arena_printf(&w->arena, "%s/%s", w->dir, name).p;
}

static void
write_file(const char *path, struct span bytes)
{
	FILE *f = fopen(path, "wb");

	if (!CHECK(path, f != NULL))
		exit(test_end());
	CHECK(path, chmod(path, 0600) == 0);
	CHECK(path, fwrite(bytes.p, 1, bytes.n, f) == bytes.n);
	fclose(f);
}

static void
remove_dir(const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);
	char name[512];

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(name);
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(path);
}

/* The whole message with our signatures in front, on the wire's line ends. */
static struct span
sign(struct world *w, const char *text)
{
	struct dkim_sign_input input = { w->lab.headers, 0,
	    span_of("example.org"), w->lab.now * 1000, 3600,
	    &w->lab.bodies };
	const struct span *values;
	struct dkim_sign *s;
	struct error error = { "" };
	struct span body, rest, line;
	struct buf out;
	int count, i;

	input.header_count = lab_split(&w->lab, span_of(text), &body);
	dkim_bodies_done(&w->lab.bodies);
	s = dkim_sign_new(w->lab.engine, w->signer, &input);
	dkim_bodies_add(&w->lab.bodies, body);
	count = dkim_sign_end(s, &values, &error);
	CHECK_TEXT("sign", error.text, "");
	CHECK("two signatures", count == 2);
	buf_init(&out, LAB_FILE_MAX);
	for (i = 0; i < count; i++) {
		rest = arena_printf(&w->arena, "DKIM-Signature: %.*s",
		    SPAN_ARG(values[i]));
		while (span_cut(&rest, '\n', &line)) {
			CHECK("line length", line.n <= 78);
			CHECK("trailing space", line.p[line.n - 1] != ' ');
			buf_span(&out, line);
			buf_puts(&out, "\r\n");
		}
	}
	buf_puts(&out, text);
	rest = arena_span(&w->arena, buf_contents(&out));
	dkim_sign_free(s);
	buf_done(&out);
	return rest;
}

static void
expect_pass(struct world *w, const char *name, struct span message,
    size_t count)
{
	const struct dkim_outcome *o = lab_verify(&w->lab, message);
	size_t i;

	CHECK(name, o->count == count);
	for (i = 0; i < o->count; i++) {
		CHECK_TEXT(name, o->signatures[i].reason, "");
		CHECK(name, o->signatures[i].result == DKIM_PASS);
	}
}

static DKIM_CBSTAT
find_key(DKIM *handle, DKIM_SIGINFO *info, u_char *out, size_t room)
{
	const struct world *w = dkim_get_user_context(handle);
	const char *selector = (const char *)dkim_sig_getselector(info);
	struct span record = strcmp(selector, "e") == 0 ? w->ed_record :
	    w->rsa_record;

	snprintf((char *)out, room, "%.*s", SPAN_ARG(record));
	return DKIM_CBSTAT_CONTINUE;
}

/* Gives the library a message; the caller then looks at the handle. */
static void
feed(struct world *w, DKIM *handle, struct span message)
{
	struct span body;
	struct buf line;
	size_t i, n = lab_split(&w->lab, message, &body);

	buf_init(&line, LAB_FILE_MAX);
	for (i = 0; i < n; i++) {
		buf_reset(&line);
		buf_span(&line, w->lab.headers[i].name);
		buf_char(&line, ':');
		buf_span(&line, w->lab.headers[i].value);
		dkim_header(handle, (u_char *)line.p, line.n);
	}
	buf_done(&line);
	dkim_eoh(handle);
	for (; body.n != 0; body = span_skip(body, PIECE))
		dkim_body(handle, (u_char *)body.p,
		    body.n < PIECE ? body.n : PIECE);
	dkim_eom(handle, NULL);
}

/* What we signed, by libopendkim alone. */
static void
test_their_verifier(struct world *w, const char *name, struct span message)
{
	DKIM_SIGINFO **infos = NULL;
	DKIM_STAT status;
	DKIM *handle = dkim_verify(w->library, (const u_char *)name, NULL,
	    &status);
	int count = 0, i;

	dkim_set_user_context(handle, w);
	feed(w, handle, message);
	dkim_getsiglist(handle, &infos, &count);
	CHECK(name, count == 2);
	for (i = 0; i < count; i++) {
		CHECK_TEXT(name, dkim_sig_geterrorstr(dkim_sig_geterror(
		    infos[i])), dkim_sig_geterrorstr(DKIM_SIGERROR_OK));
		CHECK(name, DKIM_SIG_CHECK(infos[i]));
	}
	dkim_free(handle);
}

/* What libopendkim signed, by us. */
static void
test_their_signer(struct world *w, const struct mail *mail, bool ed,
    dkim_canon_t header, dkim_canon_t body)
{
	const char *row = arena_printf(&w->arena, "%s, %s, c=%d/%d",
	    mail->name, ed ? "ed25519" : "rsa", header, body).p;
	struct span pem = ed ? w->ed_pem : w->rsa_pem, message;
	u_char *secret = (u_char *)arena_string(&w->arena, pem), *field;
	DKIM_STAT status;
	size_t n = 0;
	DKIM *handle = dkim_sign(w->library, (const u_char *)mail->name, NULL,
	    secret, (const u_char *)(ed ? "e" : "rsa"),
	    (const u_char *)"example.org", header, body,
	    ed ? DKIM_SIGN_ED25519SHA256 : DKIM_SIGN_RSASHA256, -1, &status);

	if (!CHECK(row, handle != NULL))
		return;
	feed(w, handle, span_of(mail->text));
	status = dkim_getsighdr_d(handle, 16, &field, &n);
	if (CHECK(row, status == DKIM_STAT_OK)) {
		message = arena_printf(&w->arena, "DKIM-Signature: %.*s\r\n%s",
		    (int)n, (char *)field, mail->text);
		expect_pass(w, row, message, 1);
	}
	dkim_free(handle);
}

static void
test_their_signers(struct world *w, const struct mail *mail)
{
	int form;

	if (__lsan_disable != NULL)
		__lsan_disable();
	/*
	 * Ed25519 with a simple header is left out: what this version signs
	 * so, it does not verify itself.
	 */
	for (form = 0; form < 8; form++)
		if (!(form & 1) || (form & 2))
			test_their_signer(w, mail, form & 1, form & 2 ?
			    DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE, form & 4 ?
			    DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE);
	if (__lsan_enable != NULL)
		__lsan_enable();
}

static void
test_opendkim(struct world *w)
{
	struct span message;
	size_t i;

	for (i = 0; i < MAILS; i++) {
		message = sign(w, mails[i].text);
		expect_pass(w, mails[i].name, message, 2);
		test_their_verifier(w, mails[i].name, message);
		test_their_signers(w, &mails[i]);
	}
}

static void
read_verdicts(FILE *f)
{
	char line[512], name[64], result[400];
	unsigned i, absent = 0, passed = 0;

	while (fgets(line, sizeof(line), f) != NULL) {
		if (strcmp(line, "no dkimpy\n") == 0) {
			test_skip(3 * MAILS, "no dkimpy");
			return;
		}
		if (!CHECK(line, sscanf(line, "%63s %u %399[^\n]", name, &i,
		    result) == 3))
			continue;
		if (strcmp(result, "absent") == 0)
			absent++;
		else
			passed += CHECK_TEXT(name, result, "pass");
	}
	if (absent != 0)
		test_skip(absent, "dkimpy has no Ed25519 (python3-nacl)");
	CHECK("dkimpy", passed + absent == 2 * MAILS && passed >= MAILS);
}

static void
verify_dkimpy(struct world *w)
{
	static const char *const forms[] = {"simple-simple",
	    "simple-relaxed", "relaxed-simple", "relaxed-relaxed"};
	size_t i, k, n;
	char *file;

	for (i = 0; i < MAILS; i++) {
		for (k = 0; k < 4; k++) {
			file = lab_read(in_dir(w, arena_printf(&w->arena,
			    "%s.%s.out", mails[i].name, forms[k]).p), &n);
			if (!CHECK(mails[i].name, file != NULL))
				continue;
			expect_pass(w, mails[i].name, span_make(file, n), 1);
			free(file);
		}
	}
}

static void
test_dkimpy(struct world *w)
{
	unsigned skipped = test_count.skipped;
	size_t i;
	FILE *f;

	write_file(in_dir(w, "keys"), arena_printf(&w->arena,
	    "rsa._domainkey.example.org %.*s\ne._domainkey.example.org "
	    "%.*s\n", SPAN_ARG(w->rsa_record), SPAN_ARG(w->ed_record)));
	for (i = 0; i < MAILS; i++) {
		write_file(in_dir(w, arena_printf(&w->arena, "%s.eml",
		    mails[i].name).p), sign(w, mails[i].text));
		write_file(in_dir(w, arena_printf(&w->arena, "%s.msg",
		    mails[i].name).p), span_of(mails[i].text));
	}
	f = popen(arena_printf(&w->arena,
	    "/usr/bin/python3 test/unit/dkim_peer.py %s", w->dir).p, "r");
	if (!CHECK("dkimpy", f != NULL))
		return;
	read_verdicts(f);
	CHECK("dkimpy", pclose(f) == 0);
	if (test_count.skipped < skipped + 3 * MAILS)
		verify_dkimpy(w);
}

static void
set_up(struct world *w)
{
	struct error error = { "" };

	arena_init(&w->arena);
	snprintf(w->dir, sizeof(w->dir), "/tmp/postern-dkim-XXXXXX");
	if (mkdtemp(w->dir) == NULL)
		exit(1);
	w->lab.engine = dkim_engine_new();
	w->lab.dns = dns_table();
	w->lab.now = (int64_t)time(NULL);	/* others ask the clock */
	w->rsa = dkim_secret_new(2048);
	w->ed = dkim_secret_new(0);
	w->rsa_record = dkim_secret_record(w->rsa, &w->arena);
	w->ed_record = dkim_secret_record(w->ed, &w->arena);
	w->rsa_pem = dkim_secret_pem(w->rsa, &w->arena);
	w->ed_pem = dkim_secret_pem(w->ed, &w->arena);
	dns_table_add(w->lab.dns, "rsa._domainkey.example.org", DNS_TXT,
	    w->rsa_record);
	dns_table_add(w->lab.dns, "e._domainkey.example.org", DNS_TXT,
	    w->ed_record);
	write_file(in_dir(w, "rsa.pem"), w->rsa_pem);
	write_file(in_dir(w, "ed.pem"), w->ed_pem);
	w->signer = dkim_signer_new();
	dkim_signer_add(w->signer, "example.org", "rsa", in_dir(w, "rsa.pem"),
	    (uid_t)-1,
	    (gid_t)-1, &error);
	dkim_signer_add(w->signer, "example.org", "e", in_dir(w, "ed.pem"),
	    (uid_t)-1,
	    (gid_t)-1, &error);
	CHECK_TEXT("keys", error.text, "");
	w->library = dkim_init(NULL, NULL);
	dkim_set_key_lookup(w->library, find_key);
}

int
main(void)
{
	struct world w;

	memset(&w, 0, sizeof(w));
	set_up(&w);
	test_opendkim(&w);
	test_dkimpy(&w);
	dkim_close(w.library);
	dkim_signer_free(w.signer);
	dkim_secret_free(w.rsa);
	dkim_secret_free(w.ed);
	lab_done(&w.lab);
	remove_dir(w.dir);
	arena_done(&w.arena);
	return test_end();
}
