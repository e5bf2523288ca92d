/* dkim - verification of signatures, tag by tag and fault by fault. */
#include "test/unit/dkim_lab.h"

#define NOW 1700000000

/* Tags that most rows begin with, and fields and a body to sign. */
#define RELAXED "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=rsa; "
#define SIMPLE "v=1; a=rsa-sha256; c=simple/simple; d=example.org; s=rsa; "
#define H "h=from:to:subject; "
#define FROM "From: A <a@example.org>\r\n"
#define REST "To: b@example.net\r\nSubject: one\r\n\r\n"
#define BODY "text  of a\tbody \r\n\r\n"
#define MAIL FROM REST BODY

enum flags { TESTING = 1, STRICT = 2, LENGTH = 4, ADDED = 8 };

static const struct row {
	const char *name;
	const char *tags;	/* all but bh= and b= */
	const char *after;	/* what became of the message; NULL: nothing */
	enum dkim_result result;
	const char *reason;
	unsigned flags;
} rows[] = {
	/* RFC 6376 section 3.4: canonicalization. */
	{"relaxed", RELAXED H, NULL, DKIM_PASS, "", 0},
	{"simple", SIMPLE H, NULL, DKIM_PASS, "", 0},
	{"3.3: ed25519", "v=1; a=ed25519-sha256; c=relaxed; d=example.org; "
	    "s=ed; " H, NULL, DKIM_PASS, "", 0},
	{"3.4.2: case, space and folds", RELAXED H,
	    "FROM :  A\r\n\t<a@example.org> \r\nto:b@example.net\r\n"
	    "Subject: one\r\n\r\n" BODY, DKIM_PASS, "", 0},
	{"3.4.2: folds with a bare LF", RELAXED H,
	    "From: A\n <a@example.org>\r\n" REST BODY, DKIM_PASS, "", 0},
	{"3.4.1: space matters", SIMPLE H,
	    "From:  A <a@example.org>\r\n" REST BODY, DKIM_FAIL,
	    "the header was changed, or the key is another", 0},
	{"3.4.4: space in the body", RELAXED H,
	    FROM REST "text of a body\r\n", DKIM_PASS, "", 0},
	{"3.4.3: space in the body matters", SIMPLE H,
	    FROM REST "text of a\tbody \r\n", DKIM_FAIL,
	    "the body was changed", 0},
	{"3.4.3: empty lines at the end", SIMPLE H,
	    MAIL "\r\n\r\n\r\n", DKIM_PASS, "", 0},
	{"3.4.3: a line end that is missing", SIMPLE H,
	    FROM REST "text  of a\tbody ", DKIM_PASS, "", 0},
	{"c= for the header only: body is simple",
	    "v=1; a=rsa-sha256; c=relaxed; d=example.org; s=rsa; " H,
	    FROM REST "text of a body\r\n", DKIM_FAIL,
	    "the body was changed", 0},
	{"no c=", "v=1; a=rsa-sha256; d=example.org; s=rsa; " H, NULL,
	    DKIM_PASS, "", 0},
	{"a changed body", RELAXED H, MAIL "more", DKIM_FAIL,
	    "the body was changed", 0},
	{"a changed field", RELAXED H, FROM "To: b@example.net\r\n"
	    "Subject: two\r\n\r\n" BODY, DKIM_FAIL,
	    "the header was changed, or the key is another", 0},
	{"a field that is not signed", RELAXED H, "X-New: 1\r\n" MAIL,
	    DKIM_PASS, "", 0},

	/* Section 5.4.2, 8.15: which fields. */
	{"5.4.2: from the bottom", RELAXED H, "Subject: new\r\n" MAIL,
	    DKIM_PASS, "", 0},
	{"5.4.2: oversigned", RELAXED "h=from:to:subject:subject; ",
	    "Subject: new\r\n" MAIL, DKIM_FAIL,
	    "the header was changed, or the key is another", 0},
	/* As libopendkim takes a signature for a field that it signs. */
	{"all fields, itself and more", RELAXED
	    "h=from:to:subject:dkim-signature:x:y:from:to; ", NULL,
	    DKIM_FAIL, "the header was changed, or the key is another", 0},
	{"8.15: a second From", RELAXED H, "From: c@example.com\r\n" MAIL,
	    DKIM_POLICY, "a From field is not signed", 0},
	{"8.15: a second From, oversigned", RELAXED "h=from:from:to; ",
	    "From: c@example.com\r\n" MAIL, DKIM_FAIL,
	    "the header was changed, or the key is another", 0},
	{"5.4: From is not signed", RELAXED "h=to:subject; ", NULL,
	    DKIM_PERMERROR, "From is not signed", 0},
	{"h= with space", RELAXED "h=from : To :\r\n\tsubject; ", NULL,
	    DKIM_PASS, "", 0},
	{"h= with an empty name", RELAXED "h=from::to; ", NULL, DKIM_NEUTRAL,
	    "h= is not a list of names", 0},
	{"h= with a space inside", RELAXED "h=from:no such field; ", NULL,
	    DKIM_NEUTRAL, "h= is not a list of names", 0},

	/* Section 3.5: tags. */
	{"3.2: unknown tags", RELAXED "foo=bar; " H, NULL, DKIM_PASS, "", 0},
	{"3.2: a tag twice", RELAXED "s=rsa; " H, NULL, DKIM_NEUTRAL,
	    "a tag comes twice", 0},
	{"3.2: no tag", RELAXED "foo; " H, NULL, DKIM_NEUTRAL,
	    "not a list of tags", 0},
	{"v= missing", "a=rsa-sha256; d=example.org; s=rsa; " H, NULL,
	    DKIM_PERMERROR, "no v= tag", 0},
	{"v=2", "v=2; a=rsa-sha256; d=example.org; s=rsa; " H, NULL,
	    DKIM_NEUTRAL, "unknown version", 0},
	{"a= missing", "v=1; d=example.org; s=rsa; " H, NULL, DKIM_PERMERROR,
	    "no a= tag", 0},
	{"a= unknown", "v=1; a=rsa-md5; d=example.org; s=rsa; " H, NULL,
	    DKIM_NEUTRAL, "unknown algorithm", 0},
	{"d= missing", "v=1; a=rsa-sha256; s=rsa; " H, NULL, DKIM_PERMERROR,
	    "no d= tag", 0},
	{"s= missing", "v=1; a=rsa-sha256; d=example.org; " H, NULL,
	    DKIM_PERMERROR, "no s= tag", 0},
	{"h= missing", RELAXED, NULL, DKIM_PERMERROR, "no h= tag", 0},
	{"h= empty", RELAXED "h=; ", NULL, DKIM_PERMERROR, "no h= tag", 0},
	{"c= unknown", "v=1; a=rsa-sha256; c=nofws; d=example.org; s=rsa; " H,
	    NULL, DKIM_NEUTRAL, "unknown canonicalization of the header", 0},
	{"c= unknown for the body", "v=1; a=rsa-sha256; c=simple/nofws; "
	    "d=example.org; s=rsa; " H, NULL, DKIM_NEUTRAL,
	    "unknown canonicalization of the body", 0},
	{"q= known", RELAXED "q=dns/txt; " H, NULL, DKIM_PASS, "", 0},
	{"q= among others", RELAXED "q=http : dns/txt; " H, NULL, DKIM_PASS,
	    "", 0},
	{"q= unknown", RELAXED "q=http; " H, NULL, DKIM_NEUTRAL,
	    "unknown query method", 0},
	{"i= of d=", RELAXED "i=a@example.org; " H, NULL, DKIM_PASS, "", 0},
	{"i= below d=", RELAXED "i=@sub.Example.org; " H, NULL, DKIM_PASS, "",
	    0},
	{"2.11: i= quoted", RELAXED "i=a=3Bb=3D@example.org; " H, NULL,
	    DKIM_PASS, "", 0},
	{"i= beside d=", RELAXED "i=@badexample.org; " H, NULL,
	    DKIM_PERMERROR, "i= is not within d=", 0},
	{"i= above d=", RELAXED "i=@org; " H, NULL, DKIM_PERMERROR,
	    "i= is not within d=", 0},
	{"i= without domain", RELAXED "i=example.org; " H, NULL,
	    DKIM_PERMERROR, "i= has no domain", 0},
	{"x= to come", RELAXED "x=1700000000; " H, NULL, DKIM_PASS, "", 0},
	{"x= past", RELAXED "x=1699999999; " H, NULL, DKIM_POLICY, "expired",
	    0},
	{"x= before t=", RELAXED "t=1699999999; x=1699999999; " H, NULL,
	    DKIM_NEUTRAL, "expired before it was made", 0},
	{"x= no number", RELAXED "x=-1; " H, NULL, DKIM_NEUTRAL,
	    "x= is not a time", 0},
	{"t= in a day", RELAXED "t=1700086400; " H, NULL, DKIM_PASS, "", 0},
	{"t= after a day", RELAXED "t=1700086401; " H, NULL, DKIM_POLICY,
	    "from the future", 0},
	{"t= of 13 digits", RELAXED "t=1700000000000; " H, NULL, DKIM_NEUTRAL,
	    "t= is not a time", 0},

	/* l=, section 8.2. */
	{"l= of all", RELAXED "l=16; " H, NULL, DKIM_PASS, "", LENGTH},
	{"8.2: l= and something added", RELAXED "l=16; " H, MAIL "more\r\n",
	    DKIM_PASS, "", LENGTH | ADDED},
	{"8.2: l=0", RELAXED "l=0; " H, MAIL, DKIM_PASS, "", LENGTH | ADDED},
	{"l= past the end", RELAXED "l=16; " H, FROM REST "text\r\n",
	    DKIM_FAIL, "l= counts more than the body has", LENGTH},
	{"l= of 76 digits", RELAXED "l=99999999999999999999999999999999999999"
	    "99999999999999999999999999999999999999; " H, NULL, DKIM_FAIL,
	    "l= counts more than the body has", LENGTH},
	{"l= no number", RELAXED "l=1x; " H, NULL, DKIM_NEUTRAL,
	    "l= is not a number", 0},

	/* Section 3.6.1: keys. */
#define KEY(selector) \
	"v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=" selector \
	"; " H
	{"no key", KEY("none"), NULL, DKIM_PERMERROR, "no key", 0},
	{"NODATA", KEY("nodata"), NULL, DKIM_PERMERROR, "no key", 0},
	{"no DNS name", KEY("a..b"), NULL, DKIM_PERMERROR, "no key", 0},
	{"SERVFAIL", KEY("servfail"), NULL, DKIM_TEMPERROR,
	    "no answer about the key: servfail", 0},
	{"k= not given", KEY("nok"), NULL, DKIM_PASS, "", 0},
	{"k= unknown", KEY("dsa"), NULL, DKIM_PERMERROR,
	    "the key is of an unknown kind", 0},
	{"k= of another algorithm", KEY("ed"), NULL, DKIM_PERMERROR,
	    "the key is for another algorithm", 0},
	{"v= of another version", KEY("v2"), NULL, DKIM_PERMERROR,
	    "the key record has an unknown version", 0},
	{"v= not first", KEY("vlate"), NULL, DKIM_PERMERROR,
	    "the key record has an unknown version", 0},
	{"p= empty", KEY("revoked"), NULL, DKIM_PERMERROR,
	    "the key is revoked", 0},
	{"p= missing", KEY("nop"), NULL, DKIM_PERMERROR,
	    "the key record has no p= tag", 0},
	{"p= broken", KEY("broken"), NULL, DKIM_PERMERROR,
	    "the key cannot be decoded", 0},
	{"p= not base64", KEY("notb64"), NULL, DKIM_PERMERROR,
	    "p= is not base64", 0},
	{"h= sha1 only", KEY("sha1"), NULL, DKIM_PERMERROR,
	    "the key is not for this hash", 0},
	{"s= of another service", KEY("tls"), NULL, DKIM_PERMERROR,
	    "the key is not for mail", 0},
	{"s= of several", KEY("services"), NULL, DKIM_PASS, "", 0},
	{"t=y", KEY("testing"), NULL, DKIM_PASS, "", TESTING},
	{"t=s", KEY("strict"), NULL, DKIM_PASS, "", STRICT},
	{"t=s and i= below", "i=@x.example.org; " KEY("strict"), NULL,
	    DKIM_PERMERROR, "the key is not for subdomains", STRICT},
	{"t=y:s", KEY("both"), NULL, DKIM_PASS, "", STRICT | TESTING},
	{"another key", KEY("other"), NULL, DKIM_FAIL,
	    "the header was changed, or the key is another", 0},
	{"3.6.2.2: two records", KEY("two"), NULL, DKIM_PASS, "", 0},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static struct dkim_secret *
make_key(unsigned bits)
{
	struct dkim_secret *key = dkim_secret_new(bits);

	if (!CHECK("a key", key != NULL))
		exit(test_end());
	return key;
}

static void
add_key(struct lab *lab, struct arena *arena, const char *selector,
    const char *format, struct span p)
{
	const char *zone = arena_printf(arena, "%s._domainkey.example.org",
	    selector).p;
	struct buf text;
	size_t n = span_chr(span_of(format), '%');

	buf_init(&text, DNS_TXT_MAX);
	buf_span(&text, span_make(format, n));
	if (format[n] == '%') {
		buf_span(&text, p);
		buf_puts(&text, format + n + 1);
	}
	dns_table_add(lab->dns, zone, DNS_TXT, buf_contents(&text));
	buf_done(&text);
}

/* What follows "p=" in the record. */
static struct span
public_part(struct arena *arena, const struct dkim_secret *key)
{
	struct span record = dkim_secret_record(key, arena);

	return span_skip(record, span_find(record, span_of("p=")) + 2);
}

static void
add_keys(struct lab *lab, struct arena *arena, struct span rsa,
    struct span other, struct span ed)
{
	static const char *const records[][2] = {
		{"rsa", "v=DKIM1; k=rsa; p=%"}, {"nok", "p=%;"},
		{"dsa", "v=DKIM1; k=dsa; p=%"}, {"v2", "v=DKIM2; p=%"},
		{"vlate", "k=rsa; v=DKIM1; p=%"},
		{"revoked", "v=DKIM1; p="}, {"nop", "v=DKIM1; k=rsa"},
		{"broken", "v=DKIM1; p=AAAA"}, {"notb64", "v=DKIM1; p=A$"},
		{"sha1", "v=DKIM1; h=sha1; p=%"},
		{"tls", "v=DKIM1; s=tlsrpt; p=%"},
		{"services", "v=DKIM1; s=x : email; h=sha1:sha256; p=%"},
		{"testing", "v=DKIM1; t=y; p=%"},
		{"strict", "v=DKIM1; t=s; p=%"},
		{"both", "v=DKIM1; t=y : s; n=a note; p=%"},
		{"two", "v=spf1 -all"}, {"two", "v=DKIM1; k=rsa; p=%"},
		{"below.nodata", "v=DKIM1; p=%"},
	};
	size_t i;

	for (i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		add_key(lab, arena, records[i][0], records[i][1], rsa);
	add_key(lab, arena, "ed", "v=DKIM1; k=ed25519; p=%", ed);
	add_key(lab, arena, "other", "v=DKIM1; p=%", other);
	dns_table_fail(lab->dns, "servfail._domainkey.example.org", DNS_TXT);
}

static void
test_row(struct lab *lab, const struct row *row, struct arena *arena,
    const struct dkim_secret *key)
{
	const char *after = row->after != NULL ? row->after : MAIL;
	struct span field = lab_sign(lab, arena, key, row->tags,
	    span_of(MAIL));
	struct span message = arena_printf(arena, "%.*s%s", SPAN_ARG(field),
	    after);
	const struct dkim_outcome *o = lab_verify(lab, message);
	const struct dkim_signature *s = o->signatures;
	unsigned flags;

	if (!CHECK(row->name, o->count == 1))
		return;
	flags = (s->testing ? TESTING : 0) | (s->strict ? STRICT : 0) |
	    (s->has_length ? LENGTH : 0) | (s->added ? ADDED : 0);
	CHECK_TEXT(row->name, dkim_result_name(s->result),
	    dkim_result_name(row->result));
	CHECK_TEXT(row->name, s->reason, row->reason);
	CHECK(row->name, flags == row->flags);
}

struct keys {
	struct dkim_secret *rsa, *other, *ed;
};

static void
test_rows(struct lab *lab, const struct keys *keys, size_t piece)
{
	struct arena arena;
	size_t i;

	lab->piece = piece;
	for (i = 0; i < ROWS; i++) {
		arena_init(&arena);
		test_row(lab, &rows[i], &arena,
		    strstr(rows[i].tags, "a=ed25519") != NULL ? keys->ed :
		    keys->rsa);
		arena_done(&arena);
	}
	lab->piece = 0;
}

/* Every signature speaks for itself, whatever stands beside it. */
static void
test_several(struct lab *lab, const struct keys *keys)
{
	const struct dkim_outcome *o;
	const struct dkim_signature *s;
	struct span rsa, ed, message;
	struct arena arena;

	arena_init(&arena);
	rsa = lab_sign(lab, &arena, keys->rsa, RELAXED H, span_of(MAIL));
	ed = lab_sign(lab, &arena, keys->ed, "v=1; a=ed25519-sha256; "
	    "c=relaxed/simple; d=Example.Org; s=ed; i=x@example.ORG; "
	    "t=1600000000; x=1800000000; l=4; " H, span_of(MAIL));
	message = arena_printf(&arena, "DKIM-Signature: junk\r\n%.*s"
	    "DKIM-Signature: v=1; a=b\r\n%.*s%.*s%s", SPAN_ARG(rsa),
	    SPAN_ARG(ed), SPAN_ARG(rsa), MAIL);
	o = lab_verify(lab, message);
	s = o->signatures;
	if (CHECK("five", o->count == 5)) {
		CHECK("junk", s[0].result == DKIM_NEUTRAL && s[0].header == 0);
		CHECK("rsa", s[1].result == DKIM_PASS && s[1].bits == 1024);
		CHECK("rsa", span_is(s[1].identity, "@example.org"));
		CHECK("a=b", s[2].result == DKIM_PERMERROR);
		CHECK("a=b", span_is(s[2].algorithm, "b"));
		CHECK("ed", s[3].result == DKIM_PASS && s[3].bits == 256);
		CHECK("ed", span_is(s[3].domain, "Example.Org") &&
		    span_is(s[3].selector, "ed") && s[3].header == 3 &&
		    span_is(s[3].identity, "x@example.ORG") &&
		    span_is(s[3].algorithm, "ed25519-sha256"));
		CHECK("ed", s[3].time == 1600000000 &&
		    s[3].expires == 1800000000 && s[3].added);
		CHECK("the same again", s[4].result == DKIM_PASS);
		CHECK("RFC 6008: 8 digits", s[3].b.n == 8);
		CHECK("RFC 6008: told apart", s[1].b.n > 8);
		CHECK("questions", dkim_verify_questions(lab->verify) == 2);
	}
	arena_done(&arena);
}

/* The author's own signature stands below those of forwarders. */
static void
test_first(struct lab *lab, const struct keys *keys)
{
	static const struct span example = SPAN("example.org");
	const struct dkim_outcome *o;
	struct span field;
	struct arena arena;
	struct buf text;
	size_t i;

	arena_init(&arena);
	field = lab_sign(lab, &arena, keys->rsa, RELAXED H, span_of(MAIL));
	buf_init(&text, LAB_FILE_MAX);
	for (i = 0; i < DKIM_SIGNATURES_MAX + 3; i++)
		buf_printf(&text, "DKIM-Signature: v=1; d=f%zu.example\r\n", i);
	buf_span(&text, field);
	buf_puts(&text, MAIL);
	o = lab_verify(lab, buf_contents(&text));
	CHECK("as they stand", o->count == DKIM_SIGNATURES_MAX &&
	    o->ignored == 4 &&
	    o->signatures[DKIM_SIGNATURES_MAX - 1].result != DKIM_PASS);
	lab->first = &example;
	o = lab_verify(lab, buf_contents(&text));
	CHECK("the author's first", o->count == DKIM_SIGNATURES_MAX &&
	    o->ignored == 4 &&
	    o->signatures[DKIM_SIGNATURES_MAX - 1].result == DKIM_PASS);
	buf_reset(&text);
	for (i = 0; i < DKIM_SIGNATURES_MAX + 3; i++)
		buf_span(&text, field);
	buf_puts(&text, "DKIM-Signature: v=1; d=other.example\r\n" MAIL);
	o = lab_verify(lab, buf_contents(&text));
	CHECK("too many of the author's", o->ignored == 4 &&
	    o->signatures[0].result == DKIM_PASS &&
	    o->signatures[DKIM_SIGNATURES_MAX - 1].result == DKIM_PASS);
	lab->first = NULL;
	buf_done(&text);
	arena_done(&arena);
}

static void
test_limits(struct lab *lab, const struct keys *keys)
{
	const struct dkim_outcome *o;
	struct span field;
	struct arena arena;
	struct buf text;
	size_t i;

	arena_init(&arena);
	field = lab_sign(lab, &arena, keys->rsa, RELAXED H, span_of(MAIL));
	buf_init(&text, LAB_FILE_MAX);
	for (i = 0; i < DKIM_SIGNATURES_MAX + 3; i++)
		buf_span(&text, field);
	buf_puts(&text, MAIL);
	o = lab_verify(lab, buf_contents(&text));
	CHECK("too many", o->count == DKIM_SIGNATURES_MAX && o->ignored == 3);
	for (i = 0; i < o->count; i++)
		CHECK("too many", o->signatures[i].result == DKIM_PASS);
	buf_reset(&text);
	buf_puts(&text, RELAXED H "z=");
	for (i = 0; i < DKIM_FIELD_MAX; i++)
		buf_char(&text, 'x');
	field = arena_printf(&arena, "DKIM-Signature: %s; bh=; b=\r\n%s",
	    buf_string(&text), MAIL);
	o = lab_verify(lab, field);
	CHECK_TEXT("a long field", o->signatures[0].reason, "too long");
	buf_done(&text);
	arena_done(&arena);
}

/* What depends on more than the message. */
static void
test_input(struct lab *lab, const struct keys *keys)
{
	const struct dkim_outcome *o;
	struct span field, message;
	struct arena arena;

	arena_init(&arena);
	field = lab_sign(lab, &arena, keys->rsa, RELAXED H, span_of(MAIL));
	message = arena_printf(&arena, "%.*s%s", SPAN_ARG(field), MAIL);
	lab->bits_min = 2048;
	o = lab_verify(lab, message);
	CHECK_TEXT("RFC 8301: bits_min", o->signatures->reason,
	    "the key is too short");
	CHECK("bits_min", o->signatures->result == DKIM_POLICY);
	lab->bits_min = 512;
	o = lab_verify(lab, message);
	CHECK("bits_min", o->signatures->result == DKIM_PASS);
	lab->cut = true;
	o = lab_verify(lab, message);
	CHECK("cut, yet right", o->signatures->result == DKIM_PASS);
	message = arena_printf(&arena, "%.*s%s%s", SPAN_ARG(field), FROM,
	    "To: b@example.net\r\n\r\n" BODY);
	o = lab_verify(lab, message);
	CHECK("cut", o->signatures->result == DKIM_NEUTRAL &&
	    o->signatures->cut);
	lab->cut = false;
	o = lab_verify(lab, span_of(MAIL));
	CHECK("unsigned", o->count == 0 && o->ignored == 0);
	CHECK("unsigned: no body", lab->bodies.count == 0);
	CHECK("unsigned: no question",
	    dkim_verify_questions(lab->verify) == 0);
	lab_verify(lab, span_of("DKIM-Signature: junk\r\n" MAIL));
	CHECK("all dead: no question",
	    dkim_verify_questions(lab->verify) == 0);
	arena_done(&arena);
}

static void
test_timeout(struct lab *lab, const struct keys *keys)
{
	struct dkim_body_terms terms = { false, false, 0 };
	struct dkim_bodies bodies = { .count = 0 };
	struct dkim_input input = { lab->headers, 0, false, NOW * 1000LL, 0,
	    &bodies, NULL, 0 };
	const struct dkim_outcome *o;
	struct dkim_verify *verify;
	struct span field, body;
	struct arena arena;

	arena_init(&arena);
	field = lab_sign(lab, &arena, keys->rsa, RELAXED H, span_of(MAIL));
	input.header_count = lab_split(lab, arena_printf(&arena, "%.*s%s",
	    SPAN_ARG(field), MAIL), &body);
	dns_table_delay(lab->dns, 200);
	verify = dkim_verify_new(lab->engine, lab->dns, &input);
	CHECK("wants the body", bodies.count == 1);
	dkim_bodies_add(&bodies, body);
	o = dkim_verify_end(verify, 10);
	CHECK("time-out", o->signatures->result == DKIM_TEMPERROR);
	CHECK_TEXT("time-out", o->signatures->reason,
	    "no answer about the key: timeout");
	dkim_verify_free(verify);
	dkim_bodies_done(&bodies);
	for (terms.length = 0; bodies.count < DKIM_BODIES_MAX; terms.length++)
		dkim_bodies_want(&bodies, &terms);
	verify = dkim_verify_new(lab->engine, lab->dns, &input);
	o = dkim_verify_end(verify, 0);
	CHECK("no room", o->signatures->result == DKIM_NEUTRAL);
	CHECK_TEXT("no room", o->signatures->reason,
	    "one more way to hash the body");
	dkim_verify_free(verify);
	/* A message that goes away while its key is asked for. */
	verify = dkim_verify_new(lab->engine, lab->dns, &input);
	dkim_verify_free(verify);
	dkim_verify_free(NULL);
	dkim_bodies_done(&bodies);
	arena_done(&arena);
}

int
main(void)
{
	struct lab lab = { .engine = dkim_engine_new(), .dns = dns_table(),
	    .now = NOW };
	struct keys keys = { make_key(1024), make_key(1024), make_key(0) };
	struct arena arena;

	arena_init(&arena);
	add_keys(&lab, &arena, public_part(&arena, keys.rsa),
	    public_part(&arena, keys.other), public_part(&arena, keys.ed));
	test_rows(&lab, &keys, 0);
	test_rows(&lab, &keys, 1);
	test_several(&lab, &keys);
	test_first(&lab, &keys);
	test_limits(&lab, &keys);
	test_input(&lab, &keys);
	test_timeout(&lab, &keys);
	lab_done(&lab);
	dkim_secret_free(keys.rsa);
	dkim_secret_free(keys.other);
	dkim_secret_free(keys.ed);
	arena_done(&arena);
	return test_end();
}
