/* dns_answer - answers put together from the bytes of their records. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/dns_backend.h"

#define FAILURE(text) {.status = DNS_FAILED, .why = (text)}

const struct dns_answer dns_no_such_name = {.status = DNS_NXDOMAIN};

const struct dns_answer *
dns_failure(enum dns_why why)
{
	static const struct dns_answer failures[DNS_WHYS] = {
		[DNS_WHY_TIMEOUT] = FAILURE("timeout"),
		[DNS_WHY_SERVFAIL] = FAILURE("servfail"),
		[DNS_WHY_REFUSED] = FAILURE("refused"),
		[DNS_WHY_RCODE] = FAILURE("server error"),
		[DNS_WHY_BOGUS] = FAILURE("bogus"),
		[DNS_WHY_MALFORMED] = FAILURE("malformed answer"),
		[DNS_WHY_OVERSIZED] = FAILURE("oversized answer"),
		[DNS_WHY_RESOLVER] = FAILURE("resolver error"),
		[DNS_WHY_CROWDED] = FAILURE("too many questions"),
		[DNS_WHY_JOB] = FAILURE("question limit"),
	};

	return &failures[why];
}

void
dns_draft_fail(struct dns_draft *draft, enum dns_why why)
{
	draft->status = DNS_FAILED;
	draft->why = why;
	draft->count = 0;
}

static bool
rdata_ip(struct span rdata, size_t wanted, struct dns_record *r)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (rdata.n != wanted)
		return false;
	memcpy(r->ip.b, mapped, sizeof(mapped));
	memcpy(r->ip.b + sizeof(r->ip.b) - wanted, rdata.p, wanted);
	return true;
}

static bool
rdata_mx(struct span rdata, struct arena *arena, struct dns_record *r)
{
	if (rdata.n < 2)
		return false;
	r->preference = (unsigned)(unsigned char)rdata.p[0] << 8 |
	    (unsigned char)rdata.p[1];
	rdata = span_skip(rdata, 2);
	return dns_name_read(rdata, arena, &r->data) == rdata.n;
}

/* Strings of one length byte each, joined; RFC 1035 3.3.14 wants one. */
static bool
rdata_txt(struct span rdata, struct arena *arena, struct dns_record *r)
{
	char *text = arena_bytes(arena, rdata.n + 1);
	size_t i = 0, n = 0, length;

	if (rdata.n == 0)
		return false;
	while (i < rdata.n) {
		length = (unsigned char)rdata.p[i++];
		if (length > rdata.n - i)
			return false;
		memcpy(text + n, rdata.p + i, length);
		n += length;
		i += length;
	}
	text[n] = '\0';
	r->data = span_make(text, n);
	return true;
}

static bool
rdata_read(enum dns_type type, struct span rdata, struct arena *arena,
    struct dns_record *r)
{
	switch (type) {
	case DNS_A:
		return rdata_ip(rdata, 4, r);
	case DNS_AAAA:
		return rdata_ip(rdata, 16, r);
	case DNS_MX:
		return rdata_mx(rdata, arena, r);
	case DNS_TXT:
		return rdata_txt(rdata, arena, r);
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
		return dns_name_read(rdata, arena, &r->data) == rdata.n;
	}
	return false;
}

void
dns_draft_rdata(struct dns_draft *draft, enum dns_type type,
    struct span rdata, struct arena *arena)
{
	struct dns_record *r;

	if (draft->status == DNS_FAILED || draft->count >= DNS_RECORDS_MAX)
		return;
	r = &draft->records[draft->count];
	memset(r, 0, sizeof(*r));
	if (!rdata_read(type, rdata, arena, r)) {
		dns_draft_fail(draft, DNS_WHY_MALFORMED);
		return;
	}
	if (r->data.n > DNS_TXT_MAX) {
		dns_draft_fail(draft, DNS_WHY_OVERSIZED);
		return;
	}
	draft->status = DNS_FOUND;
	draft->count++;
}

struct dns_answer *
dns_answer_new(const struct dns_draft *draft, size_t *bytes)
{
	size_t i, n = sizeof(struct dns_answer) +
	    draft->count * sizeof(draft->records[0]);
	struct dns_answer *a;
	struct dns_record *records;
	char *text;

	for (i = 0; i < draft->count; i++)
		n += draft->records[i].data.n;
	a = mem_alloc(n);
	records = (struct dns_record *)(a + 1);
	text = (char *)(records + draft->count);
	for (i = 0; i < draft->count; i++) {
		struct span s = draft->records[i].data;

		records[i] = draft->records[i];
		if (s.n != 0)
			memcpy(text, s.p, s.n);
		records[i].data.p = text;
		text += s.n;
	}
	a->status = draft->status;
	a->secure = draft->secure;
	a->ttl = draft->ttl;
	a->count = draft->count;
	a->records = records;
	if (a->status == DNS_FAILED)
		a->why = dns_failure(draft->why)->why;
	*bytes = n;
	return a;
}

struct dns_answer *
dns_answer_fail(enum dns_why why, size_t *bytes)
{
	struct dns_draft draft = {.status = DNS_FAILED, .why = why};

	return dns_answer_new(&draft, bytes);
}

bool
dns_answer_has(const struct dns_answer *a, const struct ip *ip)
{
	size_t i;

	for (i = 0; i < a->count; i++)
		if (ip_eq(&a->records[i].ip, ip))
			return true;
	return false;
}

int64_t
dns_answer_life(const struct dns_answer *a)
{
	uint32_t most = DNS_TTL_MAX, ttl = a->ttl;

	switch (a->status) {
	case DNS_FOUND:
		break;
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		most = DNS_NEGATIVE_TTL_MAX;
		break;
	case DNS_FAILED:
		ttl = DNS_FAILURE_TTL;
		break;
	}
	return (int64_t)(ttl < most ? ttl : most) * 1000;
}
