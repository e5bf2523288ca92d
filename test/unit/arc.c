/*
 * arc - chains made here and spoiled: what the common suite leaves out, such
 * as Ed25519, l=, missing answers, oldest-pass and the limits.
 */
#include "auth/arc.h"
#include "auth/archash.h"
#include "auth/dkim.h"
#include "auth/dkim_secret.h"
#include "test/unit/test.h"

#define ROOM (3 * (ARCSET_MAX + 1) + 8)
#define LINKS 6
#define TIMEOUT 2000
#define NOW 1700000000
#define NO_FROM "no_h=from; "	/* an unknown tag, for add_set */

/* How a sealer adds a set; see add_set. */
struct link {
	const char *selector;
	const char *message;	/* further tags of the message signature */
	const char *status;	/* cv=; NULL: as it should be */
	const char *subject;	/* what it is changed into afterwards */
};

struct lab {
	struct arena arena;
	struct dns *dns;
	struct dkim_secret *rsa, *ed25519;
	struct header room[ROOM];	/* filled from the end */
	struct header *top;
	struct arcset sets[ARCSET_MAX + 1];
	size_t count;
	const char *body;
	struct dkim_bodies bodies;
};

static size_t
headers(const struct lab *lab)
{
	return (size_t)(lab->room + ROOM - lab->top);
}

static struct header *
add_header(struct lab *lab, const char *name, struct span value)
{
	lab->top--;
	lab->top->name = span_of(name);
	lab->top->value = value;
	return lab->top;
}

static struct span
sign(struct lab *lab, const struct link *link, const unsigned char *hash)
{
	struct span signature = span_of("");

	dkim_secret_sign(link->selector[0] == 'e' ? lab->ed25519 : lab->rsa,
	    &lab->arena, span_make((const char *)hash, ARCSET_HASH),
	    &signature);
	return dkim_base64(&lab->arena, signature);
}

static const char *
algorithm(const struct link *link)
{
	return link->selector[0] == 'e' ? "ed25519" : "rsa";
}

static struct span
body_hash(struct lab *lab, const struct link *link)
{
	const char *length = strstr(link->message, "l=");
	struct dkim_body_terms terms = {
		.relaxed = strstr(link->message, "/relaxed") != NULL,
		.length = length != NULL ? atoi(length + 2) : -1,
	};
	struct dkim_body *body = dkim_body_new(&terms);
	struct span bh;

	dkim_body_add(body, span_of(lab->body));
	bh = dkim_base64(&lab->arena, dkim_body_end(body));
	dkim_body_free(body);
	return bh;
}

static void
add_message_signature(struct lab *lab, const struct link *link,
    struct arcset *set)
{
	struct arcsig *sig = &set->message;
	const char *names = strstr(link->message, NO_FROM) != NULL ?
	    "subject" : "from:subject";
	unsigned char hash[ARCSET_HASH];
	char used[ROOM];
	struct header *h;

	h = add_header(lab, "ARC-Message-Signature", arena_printf(&lab->arena,
	    " i=%zu; a=%s-sha256;\r\n d=Seal.Example; s=%s; h=%s; "
	    "%sbh=%.*s; b=", lab->count + 1, algorithm(link), link->selector,
	    names, link->message, SPAN_ARG(body_hash(lab, link))));
	sig->field = h;
	sig->names = span_of(names);
	sig->relaxed_header = strstr(link->message, "c=relaxed") != NULL;
	archash_message(sig, lab->top, headers(lab), used, hash);
	h->value = arena_printf(&lab->arena, "%.*s%.*s", SPAN_ARG(h->value),
	    SPAN_ARG(sign(lab, link, hash)));
}

static void
add_seal(struct lab *lab, const struct link *link, struct arcset *set)
{
	unsigned char hashes[ARCSET_MAX + 1][ARCSET_HASH];
	struct arcsets chain = { lab->sets, lab->count + 1, NULL };
	const char *status = link->status;
	struct header *h;

	if (status == NULL)
		status = lab->count == 0 ? "none" : "pass";
	h = add_header(lab, "ARC-Seal", arena_printf(&lab->arena,
	    " i=%zu; a=%s-sha256; cv=%s;\r\n d=Seal.Example; s=%s; b=",
	    lab->count + 1, algorithm(link), status, link->selector));
	set->seal.field = h;
	archash_seals(&chain, hashes);
	h->value = arena_printf(&lab->arena, "%.*s%.*s", SPAN_ARG(h->value),
	    SPAN_ARG(sign(lab, link, hashes[lab->count])));
}

static void
add_set(struct lab *lab, const struct link *link)
{
	struct arcset *set = &lab->sets[lab->count];

	memset(set, 0, sizeof(*set));
	set->results = add_header(lab, "ARC-Authentication-Results",
	    arena_printf(&lab->arena, " i=%zu; mx%zu.example;\r\n spf=pass "
	    "smtp.mailfrom=x@Author.example;\r\n dkim=fail header.d=a.example;"
	    " dkim=pass header.i=@b.example;\r\n dmarc=pass (p=reject) "
	    "header.from=author.example", lab->count + 1, lab->count + 1));
	add_message_signature(lab, link, set);
	add_seal(lab, link, set);
	lab->count++;
	if (link->subject != NULL)
		lab->room[ROOM - 1].value = span_of(link->subject);
}

static void
begin_chain(struct lab *lab)
{
	lab->top = lab->room + ROOM;
	lab->count = 0;
	lab->body = "one  line\r\nanother\r\n";
	add_header(lab, "Subject", span_of(" a subject"));
	add_header(lab, "From", span_of(" x@author.example"));
}

/* ---- how chains are spoiled ---- */

static struct header *
newest(struct lab *lab, const char *name)
{
	struct header *h = lab->top;

	while (!span_is(h->name, name))
		h++;
	return h;
}

static void
append_body(struct lab *lab)
{
	lab->body = "one  line\r\nanother\r\nmore\r\n";
}

static void
cut_body(struct lab *lab)
{
	lab->body = "one  line\r\n";
}

static void
space_body(struct lab *lab)
{
	lab->body = "one line \r\nanother\r\n\r\n";
}
/* As libmilter passes folds: without their CR. */
static void
bare_folds(struct lab *lab)
{
	struct header *h;
	struct span rest, line, out;

	for (h = lab->top; h < lab->room + ROOM; h++) {
		out = span_of("");
		for (rest = h->value; span_cut(&rest, '\r', &line);)
			out = arena_printf(&lab->arena, "%.*s%.*s",
			    SPAN_ARG(out), SPAN_ARG(line));
		h->value = out;
	}
}

static void
change_subject(struct lab *lab)
{
	lab->room[ROOM - 1].value = span_of(" another subject");
}

static void
change_results(struct lab *lab)
{
	newest(lab, "ARC-Authentication-Results")->value =
	    span_of(" i=1; mx.example; dmarc=pass header.from=a.example");
}

static void
drop_seal(struct lab *lab)
{
	newest(lab, "ARC-Seal")->name = span_of("X-ARC-Seal");
}

static void
repeat_seal(struct lab *lab)
{
	struct header *h = newest(lab, "ARC-Seal");

	add_header(lab, "ARC-Seal", h->value);
}

/* As many fields of each kind as before, but all of the first set. */
static void
repeat_set(struct lab *lab)
{
	memcpy(lab->top, lab->top + 3, 3 * sizeof(*lab->top));
}

static void
skip_instance(struct lab *lab)
{
	size_t i;

	for (i = 0; i < 3; i++)
		lab->top[i].value = arena_printf(&lab->arena, " i=3%.*s",
		    SPAN_ARG(span_skip(lab->top[i].value, 4)));
}

static void
other_case(struct lab *lab)
{
	newest(lab, "ARC-Seal")->name = span_of("arc-SEAL");
}

/* ---- rows ---- */

#define RELAXED "c=relaxed/relaxed; "
#define BY(selector) { selector, RELAXED, NULL, NULL }
#define WITH(tags) { "r", tags, NULL, NULL }
#define SAYING(status) { "r", RELAXED, status, NULL }
#define CHANGING(selector) { selector, RELAXED, NULL, " new" }

#define MESSAGE1 "i=1 message signature: "
#define SEAL1 "i=1 seal: "
#define UNANSWERED "no answer to the question for the key"

static const struct row {
	const char *name;
	struct link links[LINKS];
	void (*spoil)(struct lab *);
	enum arc_result result;
	const char *reason;
	unsigned oldest;
	bool partial, testing;
} rows[] = {
	{ "no set", { { 0 } }, NULL, ARC_NONE, "", 0, false, false },
	{ "rsa", { BY("r") }, NULL, ARC_PASS, "", 0, false, false },
	{ "8463 ed25519", { BY("e") }, NULL, ARC_PASS, "", 0, false, false },
	{ "8463 ed25519, body changed", { BY("e") }, append_body, ARC_FAIL,
	    MESSAGE1 "the body was changed", 0, false, false },
	{ "8463 ed25519, header changed", { BY("e") }, change_subject,
	    ARC_FAIL, MESSAGE1 "the signature does not match", 0, false,
	    false },
	{ "both kinds, three sets", { BY("r"), { "e", "c=simple/simple; ",
	    NULL, NULL }, WITH("c=relaxed/simple; ") }, NULL, ARC_PASS, "", 0,
	    false, false },
	{ "6376 3.4.1 folds without CR", { WITH("c=simple/simple; ") },
	    bare_folds, ARC_PASS, "", 0, false, false },
	{ "6376 3.4.4 relaxed body", { BY("r") }, space_body, ARC_PASS, "", 0,
	    false, false },
	{ "6376 3.4.3 simple body", { WITH("c=relaxed/simple; ") },
	    space_body, ARC_FAIL, MESSAGE1 "the body was changed", 0, false,
	    false },
	{ "6376 3.5 c= of one word", { WITH("c=relaxed; ") }, space_body,
	    ARC_FAIL, MESSAGE1 "the body was changed", 0, false, false },
	{ "6376 3.5 no c=", { WITH("") }, NULL, ARC_PASS, "", 0, false,
	    false },
	{ "names of fields in any case", { BY("r") }, other_case, ARC_PASS, "",
	    0, false, false },
	{ "5.2 step 5: changed behind the first", { CHANGING("r"), BY("r"),
	    BY("e") }, NULL, ARC_PASS, "", 2, false, false },
	{ "5.2 step 5: changed behind the second", { BY("r"), CHANGING("e"),
	    BY("r") }, NULL, ARC_PASS, "", 3, false, false },
	{ "more ways to hash the body than we do", { BY("r"),
	    WITH("c=relaxed/simple; "), WITH(RELAXED "l=3; "),
	    WITH(RELAXED "l=4; "), WITH(RELAXED "l=5; ") }, NULL, ARC_PASS,
	    "", 2, true, false },
	{ "6376 8.2 l=, something added", { WITH(RELAXED "l=19; ") },
	    append_body, ARC_PASS, "", 0, true, false },
	{ "l= of the whole body", { WITH(RELAXED "l=19; ") }, NULL, ARC_PASS,
	    "", 0, false, false },
	{ "6376 3.5 l= exceeds the body", { WITH(RELAXED "l=19; ") }, cut_body,
	    ARC_FAIL, MESSAGE1 "l= exceeds the body", 0, false, false },
	{ "l= of an older set", { WITH(RELAXED "l=3; "), BY("r") }, NULL,
	    ARC_PASS, "", 0, false, false },
	{ "From is not signed", { WITH(RELAXED NO_FROM) }, NULL, ARC_PASS, "",
	    0, true, false },
	{ "x= to come", { WITH(RELAXED "x=1700000001; ") }, NULL, ARC_PASS, "",
	    0, false, false },
	{ "x= is over", { WITH(RELAXED "x=1699999999; ") }, NULL, ARC_FAIL,
	    MESSAGE1 "signature expired", 0, false, false },
	{ "6376 3.5 x= not after t=", { WITH(RELAXED "x=1800000000; "
	    "t=1800000000; ") }, NULL, ARC_FAIL,
	    "message signature: x= is no time after t=", 0, false, false },
	{ "6376 3.5 q=", { WITH(RELAXED "q=other : dns/txt; ") }, NULL,
	    ARC_PASS, "", 0, false, false },
	{ "6376 3.5 q= unknown", { WITH(RELAXED "q=other; ") }, NULL, ARC_FAIL,
	    "message signature: q= is unknown", 0, false, false },
	{ "results changed", { BY("r") }, change_results, ARC_FAIL,
	    SEAL1 "the signature does not match", 0, false, false },
	{ "5.2 step 2", { BY("r"), SAYING("fail") }, NULL, ARC_FAIL,
	    "the last sealer saw a broken chain", 0, false, false },
	{ "5.2 step 3C", { BY("r"), SAYING("none") }, NULL, ARC_FAIL,
	    "cv= of a later seal is not pass", 0, false, false },
	{ "5.2 step 3C first", { SAYING("pass"), BY("r") }, NULL, ARC_FAIL,
	    "cv= of the first seal is not none", 0, false, false },
	{ "5.2 step 3A missing", { BY("r") }, drop_seal, ARC_FAIL,
	    "fields of a set are missing or repeated", 0, false, false },
	{ "5.2 step 3A repeated", { BY("r") }, repeat_seal, ARC_FAIL,
	    "fields of a set are missing or repeated", 0, false, false },
	{ "5.2 step 3B repeated", { BY("r"), BY("r") }, repeat_set, ARC_FAIL,
	    "seal: comes twice", 0, false, false },
	{ "5.2 step 3B gap", { BY("r"), BY("r") }, skip_instance, ARC_FAIL,
	    "seal: no instance, or one that does not fit", 0, false, false },
	{ "6376 3.6.1 t=y", { BY("testing") }, NULL, ARC_PASS, "", 0, false,
	    true },
	{ "6376 6.1.2 the second of two records", { BY("two") }, NULL,
	    ARC_PASS, "", 0, false, false },
	{ "no answer", { BY("dead") }, NULL, ARC_TEMPERROR,
	    MESSAGE1 UNANSWERED, 0, false, false },
	{ "no answer about an older seal", { BY("dead"), BY("r") }, NULL,
	    ARC_TEMPERROR, SEAL1 UNANSWERED, 0, false, false },
	{ "no answer, but the body was changed", { BY("dead") }, append_body,
	    ARC_FAIL, MESSAGE1 "the body was changed", 0, false, false },
	{ "no answer, but another seal is wrong", { BY("gone"), BY("dead") },
	    NULL, ARC_FAIL, SEAL1 "no key", 0, false, false },
	{ "6376 3.6.1 revoked", { BY("void") }, NULL, ARC_FAIL,
	    MESSAGE1 "key revoked", 0, false, false },
	{ "6376 3.6.1 h=", { BY("sha1") }, NULL, ARC_FAIL,
	    MESSAGE1 "key not for sha256", 0, false, false },
	{ "6376 3.6.1 s=", { BY("tls") }, NULL, ARC_FAIL,
	    MESSAGE1 "key not for mail", 0, false, false },
	{ "key of another kind", { BY("kind") }, NULL, ARC_FAIL,
	    MESSAGE1 "key of another kind", 0, false, false },
	{ "no name", { BY("-..-") }, NULL, ARC_FAIL,
	    "seal: s= is no selector", 0, false, false },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* As many ways to hash the body as DKIM's signatures may take. */
static void
begin_bodies(struct lab *lab)
{
	struct dkim_body_terms terms = { false, false, 1000 };

	dkim_bodies_done(&lab->bodies);
	for (; lab->bodies.count < DKIM_SIGNATURES_MAX; terms.length++)
		dkim_bodies_want(&lab->bodies, &terms);
}

/* The body comes byte by byte. */
static struct arc *
feed(struct lab *lab, unsigned min_bits)
{
	struct arc_input input = { lab->top, headers(lab), NOW * 1000LL,
	    min_bits, &lab->bodies };
	struct span body = span_of(lab->body);
	struct arc *arc;

	begin_bodies(lab);
	arc = arc_start(lab->dns, &input);
	for (; body.n != 0; body = span_skip(body, 1))
		dkim_bodies_add(&lab->bodies, span_head(body, 1));
	return arc;
}

static void
test_row(struct lab *lab, const struct row *row)
{
	const struct arc_outcome *out;
	struct arc *arc;
	size_t i;

	begin_chain(lab);
	for (i = 0; i < LINKS && row->links[i].selector != NULL; i++)
		add_set(lab, &row->links[i]);
	if (row->spoil != NULL)
		row->spoil(lab);
	arc = feed(lab, 0);
	out = arc_end(arc, TIMEOUT);
	CHECK_TEXT(row->name, arc_word(out->result), arc_word(row->result));
	CHECK_TEXT(row->name, out->reason, row->reason);
	CHECK(row->name, out->oldest == row->oldest);
	CHECK(row->name, out->partial == row->partial);
	CHECK(row->name, out->testing == row->testing);
	CHECK(row->name, arc_end(arc, TIMEOUT) == out);
	arc_free(arc);
}

static void
add_key(struct lab *lab, const char *selector, const char *tags)
{
	struct span record = dkim_secret_record(selector[0] == 'e' ?
	    lab->ed25519 : lab->rsa, &lab->arena);
	struct span p = span_skip(record, span_find(record, span_of("p=")));

	dns_table_add(lab->dns, arena_printf(&lab->arena,
	    "%s._domainkey.seal.example", selector).p, DNS_TXT,
	    arena_printf(&lab->arena, "v=DKIM1; %s%.*s", tags, SPAN_ARG(p)));
}

static void
open_lab(struct lab *lab)
{
	struct span record;

	arena_init(&lab->arena);
	lab->rsa = dkim_secret_new(1024);
	lab->ed25519 = dkim_secret_new(0);
	lab->dns = dns_table();
	add_key(lab, "r", "");
	add_key(lab, "e", "k=ed25519; ");
	add_key(lab, "testing", "t=s:y; ");
	add_key(lab, "sha1", "h=sha1; ");
	add_key(lab, "tls", "s=tlsrpt; ");
	add_key(lab, "two", "a broken one; ");
	add_key(lab, "two", "");
	record = dkim_secret_record(lab->ed25519, &lab->arena);
	dns_table_add(lab->dns, "kind._domainkey.seal.example", DNS_TXT,
	    record);
	dns_table_add(lab->dns, "void._domainkey.seal.example", DNS_TXT,
	    span_of("v=DKIM1; p="));
	dns_table_fail(lab->dns, "dead._domainkey.seal.example", 0);
}

static void
close_lab(struct lab *lab)
{
	dkim_bodies_done(&lab->bodies);
	dns_free(lab->dns);
	dkim_secret_free(lab->rsa);
	dkim_secret_free(lab->ed25519);
	arena_done(&lab->arena);
}

static const struct link by_rsa = BY("r"), by_ed25519 = BY("e"),
    by_testing = BY("testing");

/* RFC 8617 4.2.1: 50 sets are a chain, 51 are not. */
static void
test_limit(struct lab *lab)
{
	const struct arc_outcome *out;
	struct arc *arc;

	begin_chain(lab);
	while (lab->count < ARCSET_MAX)
		add_set(lab, &by_ed25519);
	arc = feed(lab, 0);
	out = arc_end(arc, TIMEOUT);
	CHECK_TEXT("50 sets", arc_word(out->result), "pass");
	CHECK("50 sets", out->sets == ARCSET_MAX && out->oldest == 0);
	CHECK("50 sets", out->sealers[0].instance == ARCSET_MAX);
	arc_free(arc);
	add_set(lab, &by_ed25519);
	arc = feed(lab, 0);
	CHECK("51 sets need no body", lab->bodies.count ==
	    DKIM_SIGNATURES_MAX);
	out = arc_end(arc, TIMEOUT);
	CHECK_TEXT("51 sets", out->reason, "more than 50 sets");
	CHECK("51 sets", out->result == ARC_FAIL && out->sets == 0);
	arc_free(arc);
}

static void
test_key_size(struct lab *lab)
{
	struct arc *arc;

	begin_chain(lab);
	add_set(lab, &by_rsa);
	arc = feed(lab, 1025);
	CHECK_TEXT("minimum of a key", arc_end(arc, TIMEOUT)->reason,
	    MESSAGE1 "key too short");
	arc_free(arc);
	arc = feed(lab, 512);
	CHECK_TEXT("RFC 8301 3.2", arc_end(arc, TIMEOUT)->reason, "");
	arc_free(arc);
}

/* Who sealed, and what the newest sealer says it found. */
static void
test_sealers(struct lab *lab)
{
	const struct arc_outcome *out;
	struct arc_claims first;
	struct arc *arc;

	begin_chain(lab);
	add_set(lab, &by_rsa);
	add_set(lab, &by_rsa);
	arc = feed(lab, 0);
	out = arc_end(arc, TIMEOUT);
	CHECK("newest sealer", out->sets == 2 &&
	    out->sealers[0].instance == 2 &&
	    span_is(out->sealers[0].domain, "seal.example"));
	CHECK("its claims", span_is(out->claims.id, "mx2.example"));
	CHECK("dmarc", arcclaims_has(&out->claims, "dmarc", "pass",
	    span_of("author.example")));
	CHECK("dkim, the second", arcclaims_has(&out->claims, "dkim", "pass",
	    span_of("b.example")));
	CHECK("dkim, the first", !arcclaims_has(&out->claims, "dkim", "pass",
	    span_of("a.example")));
	arcclaims_parse(&lab->arena, out->sealers[1].payload, &first);
	CHECK("oldest claims", span_is(first.id, "mx1.example"));
	arc_free(arc);
}

/* All questions go out at once, and none without a chain. */
static void
test_delay(struct lab *lab)
{
	struct arc *arc;

	begin_chain(lab);
	add_set(lab, &by_rsa);
	add_set(lab, &by_ed25519);
	add_set(lab, &by_testing);
	dns_table_delay(lab->dns, 200);
	arc = feed(lab, 0);
	CHECK_TEXT("late", arc_word(arc_end(arc, 20)->result), "temperror");
	arc_free(arc);
	arc = feed(lab, 0);
	CHECK_TEXT("not one after another", arc_word(arc_end(arc,
	    500)->result), "pass");
	arc_free(arc);
	begin_chain(lab);
	arc = feed(lab, 0);
	CHECK("no chain, no body", lab->bodies.count ==
	    DKIM_SIGNATURES_MAX);
	CHECK_TEXT("no chain", arc_word(arc_end(arc, 0)->result), "none");
	arc_free(arc);
}

int
main(void)
{
	static struct lab lab;
	size_t i;

	open_lab(&lab);
	for (i = 0; i < ROWS; i++)
		test_row(&lab, &rows[i]);
	test_limit(&lab);
	test_key_size(&lab);
	test_sealers(&lab);
	test_delay(&lab);
	close_lab(&lab);
	return test_end();
}
