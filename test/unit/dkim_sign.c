/* dkim_sign - key files, the choice of a key, and what signatures cover. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/dkim_sign.h"
#include "test/unit/dkim_lab.h"

#define NOW 1700000000

struct files {
	char dir[64];
	struct arena arena;
};

static const char *
in_dir(struct files *files, const char *name)
{
	return arena_printf(&files->arena, "%s/%s", files->dir, name).p;
}

static const char *
write_file(struct files *files, const char *name, struct span bytes,
    mode_t mode)
{
	const char *path = in_dir(files, name);
	FILE *f = fopen(path, "wb");

	if (f == NULL)
		exit(1);
	fwrite(bytes.p, 1, bytes.n, f);
	fclose(f);
	chmod(path, mode);
	return path;
}

/* A key that dkim_secret_new would not make. */
static struct span
odd_key(struct files *files, const char *kind, size_t bits, const char *pass)
{
	EVP_PKEY *key = strcmp(kind, "RSA") == 0 ?
	    EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits) :
	    EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	BIO *out = BIO_new(BIO_s_mem());
	struct span pem;
	char *p;
	long n;

	PEM_write_bio_PrivateKey(out, key, pass != NULL ? EVP_aes_128_cbc() :
	    NULL, (const unsigned char *)pass, pass != NULL ?
	    (int)strlen(pass) : 0, NULL, NULL);
	n = BIO_get_mem_data(out, &p);
	pem = arena_span(&files->arena, span_make(p, (size_t)n));
	BIO_free(out);
	EVP_PKEY_free(key);
	return pem;
}

static void
expect_load(struct files *files, const char *path, gid_t group,
    const char *reason)
{
	struct error error = { "" };
	struct dkim_secret *secret = dkim_secret_load(path, (uid_t)-1,
	    group, &error);
	struct span wanted = reason[0] == '\0' ? span_of("") :
	    arena_printf(&files->arena, "%s: %s", path, reason);

	CHECK_TEXT(path, error.text, wanted.p);
	CHECK(path, (secret != NULL) == (reason[0] == '\0'));
	dkim_secret_free(secret);
}

static void
test_contents(struct files *files, struct span pem)
{
	static const char no_key[] =
	    "not a private key in PEM without passphrase";

	expect_load(files, in_dir(files, "none"), (gid_t)-1,
	    "No such file or directory");
	expect_load(files, files->dir, (gid_t)-1, "not a file");
	expect_load(files, "/dev/null", (gid_t)-1, "not a file");
	expect_load(files, write_file(files, "good", pem, 0600), (gid_t)-1,
	    "");
	expect_load(files, write_file(files, "empty", span_of(""), 0600),
	    (gid_t)-1, no_key);
	expect_load(files, write_file(files, "cut", span_head(pem, pem.n / 2),
	    0600), (gid_t)-1, no_key);
	expect_load(files, write_file(files, "locked", odd_key(files, "RSA",
	    1024, "secret"), 0600), (gid_t)-1, no_key);
	expect_load(files, write_file(files, "short", odd_key(files, "RSA",
	    1023, NULL), 0600), (gid_t)-1,
	    "an RSA key under 1024 bits (RFC 8301 section 3.2)");
	expect_load(files, write_file(files, "1024", odd_key(files, "RSA",
	    1024, NULL), 0600), (gid_t)-1, "");
	expect_load(files, write_file(files, "ec", odd_key(files, "EC", 0,
	    NULL), 0600), (gid_t)-1, "neither RSA nor Ed25519");
}

static void
test_modes(struct files *files, struct span pem)
{
	static const struct {
		mode_t mode;
		gid_t group, named;
		const char *reason;
	} rows[] = {
		{0400, 0, (gid_t)-1, ""},
		{0640, 0, (gid_t)-1, ""},
		{0640, 12345, 12345, ""},
		{0640, 12345, (gid_t)-1,
		    "its group may read it: chmod g= is needed"},
		{0660, 0, 0, "its group may write it: chmod g-wx is needed"},
		{0604, 0, 0, "others may read it: chmod o= is needed"},
		{0602, 0, 0, "others may read it: chmod o= is needed"},
	};
	const char *path;
	size_t i;

	if (geteuid() != 0) {
		test_skip(8, "owners and groups of files: not root");
		return;
	}
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		path = write_file(files, "modes", pem, rows[i].mode);
		if (chown(path, 0, rows[i].group) != 0)
			exit(1);
		expect_load(files, path, rows[i].named, rows[i].reason);
	}
	path = write_file(files, "modes", pem, 0600);
	if (chown(path, 12345, 0) != 0)
		exit(1);
	expect_load(files, path, (gid_t)-1,
	    "belongs to somebody else than root and the daemon's user");
}

static void
test_domains(struct files *files, struct span pem)
{
	static const struct {
		const char *author, *domain;
	} rows[] = {
		{"example.org", "example.org"}, {"EXAMPLE.ORG", "example.org"},
		{"example.org.", "example.org"},
		{"a.b.example.org", "example.org"},
		{"x.sub.example.org", "sub.example.org"},
		{"badexample.org", ""}, {"org", ""}, {"", ""}, {"a..b", ""},
		{"b\xc3\xbc" "cher.example", "xn--bcher-kva.example"},
	};
	const char *file = write_file(files, "good", pem, 0600);
	struct dkim_signer *s = dkim_signer_new();
	struct error error = { "" };
	struct span domain;
	size_t i;

	CHECK("add", dkim_signer_add(s, "Example.ORG", "s", file, (uid_t)-1, 0,
	    &error) == 0);
	CHECK("add", dkim_signer_add(s, "sub.example.org", "s", file,
	    (uid_t)-1, 0,
	    &error) == 0);
	CHECK("add", dkim_signer_add(s, "b\xc3\xbc" "cher.example", "s", file,
	    (uid_t)-1,
	    0, &error) == 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		domain = dkim_signer_domain(s, span_of(rows[i].author));
		CHECK(rows[i].author, span_is(domain, rows[i].domain));
	}
	CHECK("selector", dkim_signer_add(s, "example.org", "a b", file,
	    (uid_t)-1, 0,
	    &error) == -1 && strstr(error.text, "selector \"a b\"") != NULL);
	CHECK("file", dkim_signer_add(s, "new.example", "s",
	    in_dir(files, "none"), (uid_t)-1, 0, &error) == -1);
	CHECK("no key came", dkim_signer_domain(s,
	    span_of("new.example")).n == 0);
	for (i = 1; i < DKIM_SIGN_KEYS_MAX; i++)
		CHECK("keys", dkim_signer_add(s, "example.org", "s", file,
		    (uid_t)-1, 0,
		    &error) == 0);
	CHECK("too many", dkim_signer_add(s, "example.org", "s", file,
	    (uid_t)-1, 0,
	    &error) == -1 && strstr(error.text, "too many keys") != NULL);
	dkim_signer_free(s);
	dkim_signer_free(NULL);
}

#define FIELDS "From: a@example.org\r\nTo: b@example.net\r\n" \
	"Subject: one\r\nDate: now\r\nMessage-ID: <1@x>\r\n" \
	"Sender: c@example.org\r\nList-Id: <x>\r\n"
#define BODY "\r\ntext\r\n"
#define MAIL FIELDS BODY

/* What may be put on top of a signed message, and what may not. */
static const struct change {
	const char *name;
	const char *message;
	const char *reason;
} changes[] = {
	{"nothing", MAIL, ""},
	{"trace fields", "Received: x\r\nReturn-Path: <>\r\n" MAIL, ""},
	{"Sender, List-Id", "Sender: x\r\nList-Id: y\r\n" MAIL, ""},
	{"From", "From: x@example.com\r\n" MAIL, "changed"},
	{"To", "To: x\r\n" MAIL, "changed"},
	{"Cc", "Cc: x\r\n" MAIL, "changed"},
	{"Subject", "Subject: x\r\n" MAIL, "changed"},
	{"Date", "Date: x\r\n" MAIL, "changed"},
	{"Message-ID", "Message-ID: x\r\n" MAIL, "changed"},
	{"Reply-To", "Reply-To: x\r\n" MAIL, "changed"},
	{"MIME-Version", "MIME-Version: 1.0\r\n" MAIL, "changed"},
	{"Content-Type", "Content-Type: text/html\r\n" MAIL, "changed"},
	{"Content-Transfer-Encoding",
	    "Content-Transfer-Encoding: 8bit\r\n" MAIL, "changed"},
	{"List-Id is gone", "From: a@example.org\r\nTo: b@example.net\r\n"
	    "Subject: one\r\nDate: now\r\nMessage-ID: <1@x>\r\n"
	    "Sender: c@example.org\r\n" BODY, "changed"},
	{"body", MAIL "more", "changed"},
};

struct world {
	struct lab lab;
	struct dkim_signer *signer;
	struct arena arena;
};

/* Signature field and reason; returns what dkim_sign_end does. */
static int
sign(struct world *w, const char *text, int64_t lifetime, struct span *field,
    struct error *error)
{
	struct dkim_sign_input input = { w->lab.headers, 0,
	    dkim_signer_domain(w->signer, span_of("x.example.org")),
	    NOW * 1000LL, lifetime, &w->lab.bodies };
	const struct span *values;
	struct dkim_sign *s;
	struct span body;
	int count;

	input.header_count = lab_split(&w->lab, span_of(text), &body);
	dkim_bodies_done(&w->lab.bodies);
	s = dkim_sign_new(w->lab.engine, w->signer, &input);
	dkim_bodies_add(&w->lab.bodies, body);
	count = dkim_sign_end(s, &values, error);
	if (count > 0)
		*field = arena_printf(&w->arena, "DKIM-Signature: %.*s\r\n",
		    SPAN_ARG(values[0]));
	dkim_sign_free(s);
	return count;
}

static void
test_cover(struct world *w)
{
	const struct dkim_outcome *o;
	struct error error = { "" };
	struct span field = { "", 0 };
	size_t i;

	CHECK("sign", sign(w, MAIL, 600, &field, &error) == 1);
	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		o = lab_verify(&w->lab, arena_printf(&w->arena, "%.*s%s",
		    SPAN_ARG(field), changes[i].message));
		if (!CHECK(changes[i].name, o->count == 1))
			continue;
		if (changes[i].reason[0] == '\0')
			CHECK_TEXT(changes[i].name, o->signatures->reason, "");
		else
			CHECK(changes[i].name,
			    o->signatures->result == DKIM_FAIL &&
			    strstr(o->signatures->reason, changes[i].reason) !=
			    NULL);
	}
	o = lab_verify(&w->lab, arena_printf(&w->arena, "%.*s%s",
	    SPAN_ARG(field), MAIL));
	CHECK("t=", o->signatures->time == NOW);
	CHECK("x=", o->signatures->expires == NOW + 600);
	CHECK("d=", span_is(o->signatures->domain, "example.org"));
}

/* Date and Message-ID that are missing may come later. */
static void
test_late(struct world *w)
{
	const char *mail = "From: a@example.org\r\n\r\ntext\r\n";
	struct error error = { "" };
	const struct dkim_outcome *o;
	struct span field = { "", 0 };

	CHECK("sign", sign(w, mail, 0, &field, &error) == 1);
	o = lab_verify(&w->lab, arena_printf(&w->arena,
	    "%.*sDate: now\r\nMessage-ID: <1@x>\r\n%s", SPAN_ARG(field),
	    mail));
	CHECK_TEXT("added later", o->signatures->reason, "");
	CHECK("no x=", o->signatures->expires == -1);
}

static void
test_refusals(struct world *w)
{
	struct dkim_body_terms terms = { false, false, 0 };
	struct dkim_bodies full = { .count = 0 };
	struct dkim_sign_input input = { NULL, 0, span_of("example.com"), 0,
	    0, &full };
	const struct span *values;
	struct error error = { "" };
	struct span field = { "", 0 };
	struct dkim_sign *s;
	struct buf text;
	int i;

	s = dkim_sign_new(w->lab.engine, w->signer, &input);
	CHECK("no key", dkim_sign_end(s, &values, &error) == -1);
	CHECK_TEXT("no key", error.text, "no key for this domain");
	dkim_sign_free(s);
	dkim_sign_free(NULL);
	dkim_bodies_done(&full);
	for (; full.count < DKIM_BODIES_MAX; terms.length++)
		dkim_bodies_want(&full, &terms);
	input.domain = span_of("example.org");
	s = dkim_sign_new(w->lab.engine, w->signer, &input);
	CHECK("no room", dkim_sign_end(s, &values, &error) == -1);
	CHECK_TEXT("no room", error.text, "one more way to hash the body");
	dkim_sign_free(s);
	dkim_bodies_done(&full);
	buf_init(&text, LAB_FILE_MAX);
	buf_puts(&text, "From: a@example.org\r\n");
	for (i = 0; i < DKIM_NAMES_MAX + 10; i++)
		buf_puts(&text, "To: a\r\n");
	buf_puts(&text, "\r\n");
	CHECK("too many fields", sign(w, buf_string(&text), 0, &field,
	    &error) == -1);
	CHECK_TEXT("too many fields", error.text,
	    "cannot sign: h= is too long");
	buf_done(&text);
}

static void
test_records(struct world *w)
{
	struct dkim_secret *rsa = dkim_secret_new(1024);
	struct dkim_secret *ed = dkim_secret_new(0);
	struct span record = dkim_secret_record(ed, &w->arena);

	CHECK("ed25519", span_starts(record, "v=DKIM1; k=ed25519; p=") &&
	    record.n == strlen("v=DKIM1; k=ed25519; p=") + 44);
	CHECK("ed25519", !dkim_secret_rsa(ed) && dkim_secret_bits(ed) == 256);
	record = dkim_secret_record(rsa, &w->arena);
	CHECK("rsa", span_starts(record, "v=DKIM1; k=rsa; p=MIG"));
	CHECK("rsa", dkim_secret_rsa(rsa) && dkim_secret_bits(rsa) == 1024);
	CHECK("too short", dkim_secret_new(1000) == NULL);
	dkim_secret_free(rsa);
	dkim_secret_free(ed);
}

static void
test_messages(struct files *files)
{
	struct world w = { .lab = { .engine = dkim_engine_new(),
	    .dns = dns_table(), .now = NOW }, .signer = dkim_signer_new() };
	struct error error = { "" };
	struct dkim_secret *ed = dkim_secret_new(0);

	arena_init(&w.arena);
	write_file(files, "ed", dkim_secret_pem(ed, &w.arena), 0600);
	CHECK("add", dkim_signer_add(w.signer, "example.org", "ed",
	    in_dir(files, "ed"), (uid_t)-1, 0, &error) == 0);
	dns_table_add(w.lab.dns, "ed._domainkey.example.org", DNS_TXT,
	    dkim_secret_record(ed, &w.arena));
	test_cover(&w);
	test_late(&w);
	test_refusals(&w);
	test_records(&w);
	dkim_secret_free(ed);
	dkim_signer_free(w.signer);
	lab_done(&w.lab);
	arena_done(&w.arena);
}

int
main(void)
{
	static const char *const names[] = {"good", "empty", "cut", "locked",
	    "short", "1024", "ec", "modes", "ed"};
	struct files files = { .dir = "/tmp/postern-dkim-XXXXXX" };
	struct span pem;
	size_t i;

	arena_init(&files.arena);
	if (mkdtemp(files.dir) == NULL)
		return 1;
	pem = odd_key(&files, "RSA", 2048, NULL);
	test_contents(&files, pem);
	test_modes(&files, pem);
	test_domains(&files, pem);
	test_messages(&files);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(in_dir(&files, names[i]));
	rmdir(files.dir);
	arena_done(&files.arena);
	return test_end();
}
