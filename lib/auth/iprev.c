/* iprev - forward-confirmed reverse DNS of the client. */
#include "auth/iprev.h"

#include <string.h>

#define REVERSE_MAX 80	/* 32 nibbles with dots, "ip6.arpa", a zero */

struct state {
	struct ip ip;
	struct span reverse;
	struct iprev_outcome outcome;
};

const char *
iprev_result_name(enum iprev_result result)
{
	static const char *const names[] = { "pass", "fail", "temperror",
		"permerror" };

	return names[result];
}

static struct span
reverse_name(struct arena *arena, const struct ip *ip)
{
	static const char hex[] = "0123456789abcdef";
	char name[REVERSE_MAX], *p = name;
	size_t i;

	if (ip_is4(ip))
		return arena_printf(arena, "%u.%u.%u.%u.in-addr.arpa",
		    ip->b[15], ip->b[14], ip->b[13], ip->b[12]);
	for (i = sizeof(ip->b); i-- > 0;) {
		*p++ = hex[ip->b[i] & 15];
		*p++ = '.';
		*p++ = hex[ip->b[i] >> 4];
		*p++ = '.';
	}
	return arena_printf(arena, "%.*sip6.arpa", (int)(p - name), name);
}

static void
conclude(struct iprev_outcome *o, enum iprev_result result,
    const char *reason)
{
	o->result = result;
	o->reason = reason;
}

/* False when there are no names to go on with. */
static bool
take_names(struct iprev_outcome *o, const struct dns_answer *a)
{
	size_t i;

	memset(o, 0, sizeof(*o));
	if (a->status == DNS_FAILED) {
		conclude(o, IPREV_TEMPERROR, a->why);
		return false;
	}
	if (a->status != DNS_FOUND) {
		conclude(o, IPREV_PERMERROR, "no PTR");
		return false;
	}
	o->more = a->count > IPREV_NAMES_MAX;
	o->count = o->more ? IPREV_NAMES_MAX : a->count;
	for (i = 0; i < o->count; i++)
		o->names[i].name = a->records[i].data;
	o->name = o->names[0].name;
	return true;
}

static bool
step(struct dns_job *job)
{
	struct state *s = dns_job_state(job);
	enum dns_type type = ip_is4(&s->ip) ? DNS_A : DNS_AAAA;
	struct iprev_outcome *o = &s->outcome;
	const struct dns_answer *a = dns_job_ask(job, s->reverse, DNS_PTR);
	const char *why = NULL;
	bool ready = true;
	size_t i;

	if (a == NULL)
		return false;
	if (!take_names(o, a))
		return true;
	conclude(o, IPREV_FAIL, "no name leads back to the address");
	for (i = 0; i < o->count; i++) {
		a = dns_job_ask(job, o->names[i].name, type);
		if (a == NULL) {
			ready = false;
		} else if (a->status == DNS_FAILED) {
			why = a->why;
		} else if (dns_answer_has(a, &s->ip)) {
			o->names[i].confirmed = true;
			if (o->result != IPREV_PASS)
				o->name = o->names[i].name;
			conclude(o, IPREV_PASS, NULL);
		}
	}
	/* One is enough: others may be of servers that are long gone. */
	if (o->result == IPREV_PASS)
		return true;
	if (!ready)
		why = "timeout";
	if (why != NULL)
		conclude(o, IPREV_TEMPERROR, why);
	return ready;
}

struct dns_job *
iprev_start(struct dns *dns, const struct ip *ip)
{
	struct dns_job *job = dns_job_new(dns, sizeof(struct state));
	struct state *s = dns_job_state(job);

	s->ip = *ip;
	s->reverse = reverse_name(dns_job_arena(job), ip);
	conclude(&s->outcome, IPREV_TEMPERROR, "timeout");
	dns_job_start(job, step);
	return job;
}

const struct iprev_outcome *
iprev_outcome(struct dns_job *job)
{
	const struct state *s = dns_job_state(job);

	return &s->outcome;
}
