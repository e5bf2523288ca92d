/*
 * arcclaims - what is read in ARC-Authentication-Results: the instance, and
 * what the sealer claims.
 */
#include "auth/arcclaims.h"
#include "auth/arcset.h"
#include "test/unit/test.h"

static const struct {
	const char *name, *payload, *method;
	size_t nth;
	const char *result, *domain;	/* NULL: there is no such claim */
} claims[] = {
	{ "first", "a; dkim=fail header.d=b.c; dkim=pass header.d=d.e",
	    "dkim", 0, "fail", "b.c" },
	{ "second", "a; dkim=fail header.d=b.c; dkim=pass header.d=D.e",
	    "dkim", 1, "pass", "d.e" },
	{ "third", "a; dkim=fail header.d=b.c; dkim=pass header.d=d.e",
	    "dkim", 2, NULL, NULL },
	{ "header.d before header.i", "a; dkim=pass header.i=x@b.c "
	    "header.d=d.e", "dkim", 0, "pass", "d.e" },
	{ "mailfrom before helo", "a; spf=pass smtp.helo=h.i "
	    "smtp.mailfrom=x@b.c", "spf", 0, "pass", "b.c" },
	{ "helo alone", "a; spf=pass smtp.helo=h.i", "spf", 0, "pass", "h.i" },
	{ "quoted local part", "a; spf=pass smtp.mailfrom=\"x;\\\" y@b\"@c.d",
	    "spf", 0, "pass", "c.d" },
	{ "quoted", "a; dmarc=pass header.from=\"b.c\" x.y=z", "dmarc", 0,
	    "pass", "b.c" },
	{ "U-label", "a; dmarc=pass header.from=m\xc3\xbcll.example",
	    "dmarc", 0, "pass", "xn--mll-hoa.example" },
	{ "Microsoft", "mx.microsoft.com 1; spf=pass (sender ip is 192.0.2.1) "
	    "smtp.mailfrom=b.c; dmarc=pass (p=none pct=100) action=none "
	    "header.from=d.e; arc=pass (0 oda=1 spf=[1,1,smtp.mailfrom=x])",
	    "dmarc", 0, "pass", "d.e" },
	{ "version", "a; dmarc/1 = pass header.from=b.c", "dmarc", 0, "pass",
	    "b.c" },
	{ "chain of theirs", "a; dmarc=pass; arc=fail", "arc", 0, "fail", "" },
	{ "no domain said", "a; dmarc=pass", "dmarc", 0, "pass", "" },
	{ "in a comment", "a; spf=fail (; dmarc=pass header.from=b.c)",
	    "dmarc", 0, NULL, NULL },
	{ "in a value", "a; spf=fail smtp.helo=\"; dmarc=pass\"", "dmarc", 0,
	    NULL, NULL },
	{ "broken", "a; dmarc=pass header.from=b.c (", "dmarc", 0, NULL,
	    NULL },
	{ "none", "a; none", "dmarc", 0, NULL, NULL },
};

static void
test_claims(struct arena *arena)
{
	const struct arc_claim *claim;
	struct arc_claims found;
	size_t i;

	for (i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		arcclaims_parse(arena, span_of(claims[i].payload), &found);
		claim = arcclaims_find(&found, claims[i].method,
		    claims[i].nth);
		if (claims[i].result == NULL) {
			CHECK(claims[i].name, claim == NULL);
			continue;
		}
		CHECK(claims[i].name, claim != NULL &&
		    span_is(claim->result, claims[i].result) &&
		    span_is(claim->domain, claims[i].domain));
	}
}

/* RFC 8617 3.9 and 4.1.1. */
static const struct {
	const char *value;
	unsigned instance;
} instances[] = {
	{ " i=1; a", 1 }, { "i=50;a", 50 }, { " (c) i (c) = (c) 7 (c) ; a", 7 },
	{ " i=07; a", 7 }, { " i=0; a", 0 }, { " i=51; a", 0 },
	{ " i=001; a", 0 }, { " i=-1; a", 0 }, { " i=1 a", 0 },
	{ " I=1; a", 0 }, { " a; i=1", 0 }, { " i=1", 0 }, { "", 0 },
	{ " i=\"1\"; a", 0 }, { " i=1x; a", 0 }, { " ii=1; a", 0 },
};

static void
test_instances(void)
{
	struct span payload;
	size_t i;

	for (i = 0; i < sizeof(instances) / sizeof(instances[0]); i++) {
		payload = span_of("");
		CHECK(instances[i].value, arcsets_payload(span_of(
		    instances[i].value), &payload) == instances[i].instance);
		CHECK(instances[i].value, instances[i].instance == 0 ||
		    span_is(span_trim(payload), "a"));
	}
}

int
main(void)
{
	struct arena arena;

	arena_init(&arena);
	test_claims(&arena);
	test_instances();
	arena_done(&arena);
	return test_end();
}
