/* dkim - "posternctl dkim": makes DKIM keys and asks whether they are there. */
#include "ctl/dkim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "auth/dkim_key.h"
#include "auth/dkim_secret.h"
#include "base/text.h"
#include "ctl/commands.h"
#include "ctl/resolver.h"
#include "mail/domain.h"

#define STRING_MAX 255		/* bytes of one string; RFC 1035 3.3.14 */
#define DIGEST_BYTES 32

static const char usage_text[] =
    "usage: posternctl dkim genkey [--bits number | --ed25519]\n"
    "           [--out directory] domain selector\n"
    "       posternctl dkim testkey [--key file]\n"
    "           " RESOLVER_USAGE " domain selector\n";

/* The name of the key's record; empty when there can be none. */
static struct span
record_name(struct arena *arena, const struct dkim_genkey *g)
{
	struct span domain = domain_ascii(arena, span_of(g->domain));

	if (domain.n == 0)
		return domain;
	return domain_ascii(arena, arena_printf(arena,
	    "%s._domainkey.%.*s", g->selector, SPAN_ARG(domain)));
}

static void
put_record(struct buf *out, struct span name, struct span record)
{
	buf_printf(out, "%.*s. IN TXT (", SPAN_ARG(name));
	for (; record.n != 0; record = span_skip(record, STRING_MAX))
		buf_printf(out, "\n\t\"%.*s\"",
		    SPAN_ARG(span_head(record, STRING_MAX)));
	buf_puts(out, " )\n");
}

/* All of it in a file that was not there, or no file. */
static int
write_new(const char *path, struct span bytes, struct error *error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ssize_t n = 0;

	if (fd < 0)
		return error_at(error, path, 0, "%s", strerror(errno));
	while (bytes.n != 0 && (n = write(fd, bytes.p, bytes.n)) > 0)
		bytes = span_skip(bytes, (size_t)n);
	if (bytes.n == 0 && fsync(fd) == 0 && close(fd) == 0)
		return 0;
	error_at(error, path, 0, "%s", strerror(errno));
	close(fd);
	unlink(path);
	return -1;
}

static int
make_key(const struct dkim_genkey *g, struct arena *arena, struct buf *out,
    struct error *error)
{
	struct span name = record_name(arena, g), domain, selector;
	struct dkim_secret *secret;
	const char *path;
	int status;

	if (name.n == 0) {
		error_set(error, "no DNS name: selector \"%s\" of domain "
		    "\"%s\"", g->selector, g->domain);
		return EX_USAGE;
	}
	selector = span_head(name, span_find(name, span_of("._domainkey.")));
	domain = span_skip(name, selector.n + strlen("._domainkey."));
	path = arena_printf(arena, "%s/%.*s.%.*s.pem", g->dir,
	    SPAN_ARG(domain), SPAN_ARG(selector)).p;
	secret = dkim_secret_new(g->bits);
	if (secret == NULL) {
		error_set(error, "libcrypto makes no such key");
		return EX_SOFTWARE;
	}
	status = write_new(path, dkim_secret_pem(secret, arena), error) == 0 ?
	    EX_OK : EX_CANTCREAT;
	if (status == EX_OK) {
		buf_puts(out, "; private key: ");
		text_escape(out, span_of(path));
		buf_char(out, '\n');
		put_record(out, name, dkim_secret_record(secret, arena));
	}
	dkim_secret_free(secret);
	return status;
}

int
dkim_genkey(const struct dkim_genkey *g, struct buf *out, struct error *error)
{
	struct arena arena;
	int status;

	arena_init(&arena);
	status = make_key(g, &arena, out, error);
	arena_done(&arena);
	return status;
}

struct question {
	struct span name;
	const struct dns_answer *answer;
};

static bool
ask(struct dns_job *job)
{
	struct question *q = dns_job_state(job);

	q->answer = dns_job_ask(job, q->name, DNS_TXT);
	return q->answer != NULL;
}

/* Only the owner of the private key can have made the signature. */
static bool
belongs(const struct dkim_secret *secret, const struct dkim_key *key,
    struct arena *arena)
{
	static const char digest[DIGEST_BYTES] = "any 32 bytes are good for it";
	struct span bytes = { digest, sizeof(digest) }, signature;

	return dkim_secret_rsa(secret) == key->rsa &&
	    dkim_secret_sign(secret, arena, bytes, &signature) &&
	    dkim_key_made(key, DKIM_SHA256, bytes, signature);
}

/* Says what a key is; whether signatures with it can pass. */
static bool
put_key(const struct dkim_key *key, struct buf *out)
{
	bool weak = key->rsa && key->bits < DKIM_BITS_MIN;

	buf_printf(out, "key: %s, %u bits\n", key->rsa ? "RSA" : "Ed25519",
	    key->bits);
	if (weak)
		buf_puts(out, "fault: RSA keys under 1024 bits must not be "
		    "accepted (RFC 8301 section 3.2)\n");
	else if (key->rsa && key->bits < DKIM_GENKEY_BITS)
		buf_puts(out, "advice: RSA keys should have 2048 bits\n");
	if (key->testing)
		buf_puts(out, "advice: t=y says that the domain only tests "
		    "DKIM: receivers ignore its signatures\n");
	if (key->strict)
		buf_puts(out, "t=s: i= must not name a subdomain\n");
	if (!key->email)
		buf_puts(out, "fault: s= says that the key is not for mail\n");
	if (!key->sha256)
		buf_puts(out, "fault: h= does not allow sha256\n");
	return !weak && key->email && key->sha256;
}

static bool
judge_record(struct span record, const struct dkim_secret *secret,
    struct buf *out)
{
	struct dkim_key key;
	struct arena arena;
	const char *fault;
	bool good = false;

	arena_init(&arena);
	fault = dkim_key_parse(&arena, record, &key);
	if (fault != NULL) {
		buf_printf(out, "fault: %s\n", fault);
	} else if (key.revoked) {
		buf_puts(out, "fault: p= is empty: the key is revoked\n");
	} else {
		good = put_key(&key, out);
		if (secret != NULL && !belongs(secret, &key, &arena)) {
			buf_puts(out, "fault: the private key is another\n");
			good = false;
		} else if (secret != NULL) {
			buf_puts(out, "the private key belongs to it\n");
		}
		dkim_key_done(&key);
	}
	arena_done(&arena);
	return good;
}

static int
put_answer(const struct question *q, const struct dkim_secret *secret,
    struct buf *out)
{
	const struct dns_answer *a = q->answer;
	unsigned good = 0;
	size_t i;

	buf_printf(out, "%.*s TXT: ", SPAN_ARG(q->name));
	if (a->status == DNS_FAILED) {
		buf_printf(out, "no answer: %s\n", a->why);
		return EX_TEMPFAIL;
	}
	if (a->status != DNS_FOUND) {
		buf_puts(out, a->status == DNS_NXDOMAIN ?
		    "the name does not exist\n" : "no such record\n");
		return EX_DATAERR;
	}
	for (i = 0; i < a->count; i++) {
		text_escape(out, a->records[i].data);
		buf_char(out, '\n');
		good += judge_record(a->records[i].data, secret, out);
	}
	if (a->count > 1)
		buf_puts(out, "fault: several records; there has to be one "
		    "(RFC 6376 section 3.6.2.2)\n");
	return good == 1 && a->count == 1 ? EX_OK : EX_DATAERR;
}

int
dkim_testkey(struct dns *dns, const struct dkim_genkey *g, const char *file,
    struct buf *out)
{
	struct dns_job *job = dns_job_new(dns, sizeof(struct question));
	struct question *q = dns_job_state(job);
	struct dkim_secret *secret = NULL;
	struct error error;
	int status = EX_USAGE;

	q->name = record_name(dns_job_arena(job), g);
	if (file != NULL)
		secret = dkim_secret_load(file, (uid_t)-1,
		    (gid_t)-1, &error);
	if (q->name.n == 0) {
		buf_puts(out, "no DNS name: selector \"");
		text_escape(out, span_of(g->selector));
		buf_puts(out, "\" of domain \"");
		text_escape(out, span_of(g->domain));
		buf_puts(out, "\"\n");
	} else if (file != NULL && secret == NULL) {
		buf_printf(out, "%s\n", error.text);
		status = EX_NOINPUT;
	} else {
		dns_job_start(job, ask);
		dns_job_wait(job, RESOLVER_WAIT_MS);
		status = put_answer(q, secret, out);
	}
	dkim_secret_free(secret);
	dns_job_free(job);
	return status;
}

static int
usage(void)
{
	fputs(usage_text, stderr);
	return EX_USAGE;
}

static int
finish(struct buf *out, int status)
{
	fputs(buf_string(out), stdout);
	buf_done(out);
	return status;
}

/* The last two arguments; false when they are not there. */
static bool
take_names(int argc, char **argv, int i, struct dkim_genkey *g)
{
	if (i != argc - 2 || argv[i][0] == '-' || argv[i + 1][0] == '-')
		return false;
	g->domain = argv[i];
	g->selector = argv[i + 1];
	return true;
}

static bool
take_bits(const char *text, unsigned *bits)
{
	int64_t n;

	if (!text_number(span_of(text), &n) || n < DKIM_BITS_MIN ||
	    n > DKIM_GENKEY_BITS_MAX)
		return false;
	*bits = (unsigned)n;
	return true;
}

static int
genkey(int argc, char **argv)
{
	struct dkim_genkey g = { .dir = ".", .bits = DKIM_GENKEY_BITS };
	struct error error;
	struct buf out;
	int i, status;

	for (i = 2; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--ed25519") == 0)
			g.bits = 0;
		else if (i + 1 == argc)
			return usage();
		else if (strcmp(argv[i], "--out") == 0)
			g.dir = argv[++i];
		else if (strcmp(argv[i], "--bits") != 0 ||
		    !take_bits(argv[++i], &g.bits))
			return usage();
	}
	if (!take_names(argc, argv, i, &g))
		return usage();
	buf_init(&out, DKIM_TEXT_MAX);
	status = dkim_genkey(&g, &out, &error);
	if (status != EX_OK)
		fprintf(stderr, "posternctl: %s\n", error.text);
	return finish(&out, status);
}

static int
testkey(const struct globals *globals, int argc, char **argv)
{
	struct resolver resolver = { .count = 0 };
	const char *file = NULL;
	struct dkim_genkey g;
	struct buf out;
	struct dns *dns;
	int i, status;

	for (i = 2; i + 1 < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--key") == 0)
			file = argv[++i];
		else if (!resolver_option(&resolver, argc, argv, &i))
			return usage();
	}
	if (!take_names(argc, argv, i, &g))
		return usage();
	dns = resolver_open(&resolver, globals, &status);
	if (dns == NULL)
		return status;
	buf_init(&out, DKIM_TEXT_MAX);
	status = dkim_testkey(dns, &g, file, &out);
	dns_free(dns);
	return finish(&out, status);
}

int
dkim_main(const struct globals *globals, int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "genkey") == 0)
		return genkey(argc, argv);
	if (argc >= 2 && strcmp(argv[1], "testkey") == 0)
		return testkey(globals, argc, argv);
	return usage();
}
