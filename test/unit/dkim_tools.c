/* dkim_tools - "posternctl dkim": keys made, and looked for in the DNS. */
#include "ctl/dkim.h"

#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/arena.h"
#include "test/unit/test.h"

#define MADE "v=DKIM1; k=ed25519; p="
#define OTHER MADE "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

/* Which record is there, and how the verdict ends. */
static const struct row {
	const char *name;
	const char *format;	/* "%" is the key that was made; NULL: none */
	bool with_file;
	int status;
	const char *says;
} rows[] = {
	{"published", "v=DKIM1; k=ed25519; p=%", true, EX_OK,
	    "key: Ed25519, 256 bits\nthe private key belongs to it\n"},
	{"without a file", "v=DKIM1; k=ed25519; p=%", false, EX_OK,
	    "key: Ed25519, 256 bits\n"},
	{"another", OTHER, true, EX_DATAERR,
	    "fault: the private key is another\n"},
	{"none", NULL, true, EX_DATAERR, "TXT: the name does not exist\n"},
	{"revoked", "v=DKIM1; p=", true, EX_DATAERR,
	    "fault: p= is empty: the key is revoked\n"},
	{"broken", "v=DKIM1; p=%; p=%", true, EX_DATAERR,
	    "fault: the key record is not a list of tags\n"},
	{"of another kind", "v=DKIM1; p=%", true, EX_DATAERR,
	    "fault: the key cannot be decoded\n"},
	{"testing", "k=ed25519; t=y:s; p=%", true, EX_OK, "advice: t=y"},
	{"not for mail", "k=ed25519; s=x; p=%", true, EX_DATAERR,
	    "fault: s="},
	{"not for sha256", "k=ed25519; h=sha1; p=%", true, EX_DATAERR,
	    "fault: h="},
};

struct world {
	char dir[64];
	struct arena arena;
	struct span public;	/* p= of the key that was made */
	const char *file;
};

static const char *
expand(struct world *w, const char *format)
{
	struct buf text;
	const char *made;

	buf_init(&text, 10000);
	for (; *format != '\0'; format++) {
		if (*format == '%')
			buf_span(&text, w->public);
		else
			buf_char(&text, *format);
	}
	made = arena_string(&w->arena, buf_contents(&text));
	buf_done(&text);
	return made;
}

static void
test_published(struct world *w)
{
	static const struct dkim_genkey g = { "Example.ORG", "ed", NULL, 0 };
	struct dns *dns;
	struct buf out;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		dns = dns_table();
		if (rows[i].format != NULL)
			dns_table_add(dns, "ed._domainkey.example.org",
			    DNS_TXT, span_of(expand(w, rows[i].format)));
		buf_init(&out, DKIM_TEXT_MAX);
		CHECK(rows[i].name, dkim_testkey(dns, &g, rows[i].with_file ?
		    w->file : NULL, &out) == rows[i].status);
		if (!CHECK(rows[i].name, strstr(buf_string(&out),
		    rows[i].says) != NULL))
			fputs(buf_string(&out), stderr);
		buf_done(&out);
		dns_free(dns);
	}
}

/* The record in the zone file without quotes and line breaks between. */
static struct span
joined(struct arena *arena, const char *zone)
{
	char *text = arena_string(arena, span_of(zone));
	bool inside = false;
	size_t i, n = 0, strings = 0;

	for (i = 0; zone[i] != '\0'; i++) {
		if (zone[i] == '"') {
			inside = !inside;
			strings = 0;
		} else if (inside) {
			text[n++] = zone[i];
			CHECK("RFC 1035 3.3.14", ++strings <= 255);
		}
	}
	return span_make(text, n);
}

static void
test_made(struct world *w)
{
	struct dkim_genkey g = { "example.org", "ed", w->dir, 0 };
	struct error error = { "" };
	struct buf out;
	struct span record;
	struct stat st;

	buf_init(&out, DKIM_TEXT_MAX);
	w->file = arena_printf(&w->arena, "%s/example.org.ed.pem", w->dir).p;
	CHECK("ed25519", dkim_genkey(&g, &out, &error) == EX_OK);
	CHECK("mode", stat(w->file, &st) == 0 && (st.st_mode & 07777) == 0600);
	CHECK("zone", strstr(buf_string(&out),
	    "\ned._domainkey.example.org. IN TXT (\n\t\"v=DKIM1;") != NULL);
	record = joined(&w->arena, buf_string(&out));
	w->public = span_skip(record, strlen(MADE));
	CHECK("record", span_starts(record, MADE) && w->public.n == 44);
	CHECK("never overwrites",
	    dkim_genkey(&g, &out, &error) == EX_CANTCREAT &&
	    strstr(error.text, "File exists") != NULL);
	g.selector = "a/../b";
	CHECK("no name", dkim_genkey(&g, &out, &error) == EX_USAGE &&
	    strstr(error.text, "no DNS name") != NULL);
	g.selector = "x";
	g.dir = "/nonexistent";
	CHECK("no directory",
	    dkim_genkey(&g, &out, &error) == EX_CANTCREAT &&
	    strstr(error.text, "No such file") != NULL);
	buf_done(&out);
}

static void
test_rsa(struct world *w)
{
	struct dkim_genkey g = { "example.org", "RSA", w->dir, 2048 };
	struct error error = { "" };
	struct dns *dns = dns_table();
	struct span record;
	const char *file = arena_printf(&w->arena, "%s/example.org.rsa.pem",
	    w->dir).p;
	struct buf out;

	buf_init(&out, DKIM_TEXT_MAX);
	CHECK("rsa", dkim_genkey(&g, &out, &error) == EX_OK);
	record = joined(&w->arena, buf_string(&out));
	CHECK("more than one string", record.n > 255);
	dns_table_add(dns, "rsa._domainkey.example.org", DNS_TXT, record);
	buf_reset(&out);
	CHECK("rsa", dkim_testkey(dns, &g, file, &out) == EX_OK);
	dns_table_add(dns, "rsa._domainkey.example.org", DNS_TXT,
	    span_of(OTHER));
	CHECK("several", dkim_testkey(dns, &g, file, &out) == EX_DATAERR);
	CHECK("no file", dkim_testkey(dns, &g, "/nonexistent", &out) ==
	    EX_NOINPUT);
	g.selector = "down";
	dns_table_fail(dns, "down._domainkey.example.org", DNS_TXT);
	CHECK("no answer", dkim_testkey(dns, &g, file, &out) == EX_TEMPFAIL);
	g.selector = "";
	CHECK("no name", dkim_testkey(dns, &g, file, &out) == EX_USAGE);
	buf_done(&out);
	dns_free(dns);
	unlink(file);
}

int
main(void)
{
	struct world w = { .dir = "/tmp/postern-dkim-XXXXXX" };

	arena_init(&w.arena);
	if (mkdtemp(w.dir) == NULL)
		return 1;
	test_made(&w);
	test_published(&w);
	test_rsa(&w);
	unlink(w.file);
	rmdir(w.dir);
	arena_done(&w.arena);
	return test_end();
}
