/* spfterm - one term that asks the DNS for addresses. */
#include "auth/spfterm.h"

#include <netinet/in.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <spf2/spf.h>
#include <stdio.h>
#include <string.h>

struct lookup {
	struct spf_walk *walk;
	const struct spf_term *term;
};

static bool
prefix_zero(const struct lookup *l)
{
	const struct spf_term *term = l->term;

	return (term->mechanism == SPF_A || term->mechanism == SPF_MX) &&
	    (ip_is4(&l->walk->facts->ip) ? term->bits4 : term->bits6) == 0;
}

/*
 * libspf2 takes a prefix of 0 for a fault: any address matches by being the
 * client's own.
 */
static void
put_address(const struct lookup *l, SPF_dns_rr_t *rr, const struct ip *ip)
{
	if (prefix_zero(l))
		ip = &l->walk->facts->ip;
	if (rr->rr_type == ns_t_a)
		memcpy(&rr->rr[rr->num_rr]->a, ip->b + 12, 4);
	else
		memcpy(&rr->rr[rr->num_rr]->aaaa, ip->b, 16);
	rr->num_rr++;
}

/* mx and ptr are arrays of one byte in the header, and longer in truth. */
static void
put_name(SPF_dns_rr_t *rr, struct span name)
{
	char *out = (char *)rr->rr[rr->num_rr];

	memcpy(out, name.p, name.n);
	out[name.n] = '\0';
	rr->num_rr++;
}

static void
put_answer(const struct lookup *l, SPF_dns_rr_t *rr,
    const struct dns_answer *answer)
{
	bool names = rr->rr_type == ns_t_mx || rr->rr_type == ns_t_ptr;
	const struct dns_record *r;
	size_t i;

	for (i = 0; i < answer->count; i++) {
		r = &answer->records[i];
		/* 4.6.4: further names of the client are ignored. */
		if (rr->rr_type == ns_t_ptr && i == SPF_HOSTS_MAX)
			return;
		/* The root has no address: "MX 0 ." */
		if (names && (r->data.n == 0 || r->data.n > DNS_NAME_MAX ||
		    span_chr(r->data, '\0') != r->data.n))
			continue;
		if (SPF_dns_rr_buf_realloc(rr, rr->num_rr,
		    names ? r->data.n + 1 : 0) != SPF_E_SUCCESS)
			return;
		if (names)
			put_name(rr, r->data);
		else
			put_address(l, rr, &r->ip);
	}
}

/* Called by libspf2, which ends the process should this return NULL. */
static SPF_dns_rr_t *
answer_lookup(SPF_dns_server_t *server, const char *name, ns_type type,
    int should_cache)
{
	const struct lookup *l = server->hook;
	struct span what = span_of(name);
	enum dns_type asked = (enum dns_type)type;
	const struct dns_answer *answer;
	SPF_dns_stat_t status = NETDB_SUCCESS;
	SPF_dns_rr_t *rr;

	(void)should_cache;
	answer = spf_walk_ask(l->walk, what, asked);
	if (answer == NULL || answer->status == DNS_FAILED)
		/* 5.5: ptr passes over names whose address is unknown. */
		status = l->term->mechanism == SPF_PTR ? NO_DATA : TRY_AGAIN;
	else if (answer->status != DNS_FOUND)
		status = NO_DATA;
	if (answer != NULL && status == TRY_AGAIN)
		spf_walk_failed(l->walk, what, asked, answer);
	rr = SPF_dns_rr_new_init(server, name, type, 0, status);
	if (rr != NULL && status == NETDB_SUCCESS)
		put_answer(l, rr, answer);
	return rr;
}

/* The domain is not in it: libspf2 takes that from cur_dom. */
static void
write_record(const struct lookup *l, char *out, size_t size)
{
	const struct spf_term *term = l->term;
	bool four = ip_is4(&l->walk->facts->ip);

	if (term->mechanism == SPF_PTR)
		snprintf(out, size, "v=spf1 +ptr");
	else if (term->mechanism == SPF_EXISTS)
		snprintf(out, size, "v=spf1 +exists:%%{d}");
	else
		snprintf(out, size, "v=spf1 +%s/%u//%u",
		    term->mechanism == SPF_A ? "a" : "mx",
		    four && term->bits4 != 0 ? term->bits4 : 32,
		    !four && term->bits6 != 0 ? term->bits6 : 128);
}

static enum spf_result
result_of(struct spf_walk *w, SPF_response_t *response)
{
	switch (SPF_response_result(response)) {
	case SPF_RESULT_PASS:
		return SPF_PASS;
	case SPF_RESULT_NEUTRAL:
		return SPF_NEUTRAL;
	case SPF_RESULT_TEMPERROR:
		return w->pending ? SPF_NEUTRAL : SPF_TEMPERROR;
	default:
		return spf_walk_problem(w, SPF_PERMERROR, span_of("libspf2:"),
		    SPF_strerror(SPF_response_errcode(response)));
	}
}

static void
set_client(SPF_request_t *request, const struct ip *ip)
{
	if (ip_is4(ip)) {
		request->client_ver = AF_INET;
		memcpy(&request->ipv4, ip->b + 12, 4);
	} else {
		request->client_ver = AF_INET6;
		memcpy(&request->ipv6, ip->b, 16);
	}
}

/*
 * Server and request are filled in here: SPF_server_new_dns asks for the host
 * name and ends the process when that has 64 bytes, and SPF_request_new would
 * only add to what must be freed.  Neither knows a sender, so that libspf2 has
 * nothing of a stranger's to expand but the name, whose length is bounded.
 */
static enum spf_result
run_libspf2(struct spf_walk *w, const struct spf_term *term, const char *name)
{
	struct lookup l = {w, term};
	SPF_dns_server_t dns = {
	    .lookup = answer_lookup, .name = "walk", .hook = &l};
	char receiver[] = "unknown", text[64];
	SPF_server_t server = {.resolver = &dns, .rec_dom = receiver,
	    .max_dns_mech = 1, .max_dns_mx = SPF_HOSTS_MAX,
	    .max_dns_ptr = SPF_HOSTS_MAX};
	SPF_request_t request = {.spf_server = &server, .cur_dom = name};
	SPF_response_t *response = SPF_response_new(&request);
	SPF_record_t *record = NULL;
	enum spf_result result;

	if (response == NULL)
		return spf_walk_problem(w, SPF_TEMPERROR,
		    span_of("libspf2:"), "out of memory");
	set_client(&request, &w->facts->ip);
	write_record(&l, text, sizeof(text));
	SPF_record_compile(&server, response, &record, text);
	response->spf_record_exp = record;
	if (record != NULL)
		SPF_record_interpret(record, &request, response, 0);
	result = result_of(w, response);
	SPF_response_free(response);
	if (record != NULL)
		SPF_record_free(record);
	return result;
}

enum spf_result
spf_term_match(struct spf_walk *w, const struct spf_term *term,
    struct span name)
{
	bool ptr = term->mechanism == SPF_PTR, mx = term->mechanism == SPF_MX;
	struct span first = ptr ? w->reverse : name;
	enum dns_type type = ptr ? DNS_PTR :
	    mx			 ? DNS_MX :
	    term->mechanism == SPF_EXISTS ? DNS_A : spf_walk_address(w);
	const struct dns_answer *answer = spf_walk_ask(w, first, type);

	if (answer == NULL)
		return SPF_NEUTRAL;
	if (answer->status == DNS_FAILED)
		/* 5.5: no name, no match. */
		return ptr ? SPF_NEUTRAL :
			     spf_walk_failed(w, name, type, answer);
	if (answer->status != DNS_FOUND)
		return spf_walk_void(w);
	if (mx && answer->count > SPF_HOSTS_MAX)
		return spf_walk_problem(w, SPF_PERMERROR, name,
		    "has more than 10 MX (RFC 7208 4.6.4)");
	if (mx || ptr)
		spf_walk_ask_hosts(w, answer);
	return run_libspf2(w, term, arena_string(w->arena, name));
}
