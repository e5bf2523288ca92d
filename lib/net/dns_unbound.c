/*
 * dns_unbound - the DNS as libunbound sees it.
 *
 * One context with a thread of its own; its answers are fetched by the thread
 * of dns.  libunbound's synchronous calls build a worker each time and its
 * ub_cancel does not stop the work, so neither is used.  The context does not
 * survive a fork: make it when the process will fork no more.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unbound.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/dns_backend.h"

#define CLASS_IN 1
#define RCODE_NOERROR 0		/* RFC 1035 4.1.1 */
#define RCODE_SERVFAIL 2
#define RCODE_NXDOMAIN 3
#define RCODE_REFUSED 5

/* The library's default of 16 sockets would make 17 slow servers stop us. */
#define SOCKETS_MIN 16
#define SOCKETS_MAX DNS_UNDER_WAY_MAX
#define SOCKETS_SHARE 4		/* a quarter of the files we may open */
#define TCP_SOCKETS "32"

/*
 * ms that the library waits for one reply at most, or longer if we do: its own
 * two minutes would let dead servers hold sockets, and with much less it could
 * never hear an answer that comes late.
 */
#define PATIENCE_MIN 2000

struct resolver {
	struct ub_ctx *ctx;
	struct dns *dns;
};

static void
draft_result(struct dns_draft *draft, enum dns_type type,
    const struct ub_result *r, struct arena *arena)
{
	size_t i;

	draft->secure = r->secure;
	draft->ttl = r->ttl > 0 ? (uint32_t)r->ttl : 0;
	if (r->bogus)
		dns_draft_fail(draft, DNS_WHY_BOGUS);
	else if (r->rcode == RCODE_NXDOMAIN)
		draft->status = DNS_NXDOMAIN;
	else if (r->rcode == RCODE_SERVFAIL)
		dns_draft_fail(draft, DNS_WHY_SERVFAIL);
	else if (r->rcode == RCODE_REFUSED)
		dns_draft_fail(draft, DNS_WHY_REFUSED);
	else if (r->rcode != RCODE_NOERROR)
		dns_draft_fail(draft, DNS_WHY_RCODE);
	if (draft->status != DNS_NODATA)
		return;
	for (i = 0; r->data != NULL && r->data[i] != NULL; i++)
		dns_draft_rdata(draft, type, span_make(r->data[i],
		    r->len[i] > 0 ? (size_t)r->len[i] : 0), arena);
}

/* Called by resolver_process. */
static void
resolver_answer(void *arg, int err, struct ub_result *result)
{
	struct dns_question *q = arg;
	struct resolver *r = q->asked_by;
	struct dns_draft *draft = mem_alloc(sizeof(*draft));
	struct dns_answer *a;
	struct arena arena;
	size_t bytes;

	arena_init(&arena);
	draft->status = DNS_NODATA;
	if (err != 0 || result == NULL)
		dns_draft_fail(draft, DNS_WHY_RESOLVER);
	else
		draft_result(draft, q->type, result, &arena);
	ub_resolve_free(result);
	a = dns_answer_new(draft, &bytes);
	free(draft);
	arena_done(&arena);
	dns_answered(r->dns, q, a, bytes);
}

static bool
resolver_ask(void *state, struct dns_question *q)
{
	struct resolver *r = state;
	struct dns_key key = {.type = q->type, .n = q->n};
	struct buf name;
	int rc;

	memcpy(key.name, q->name, q->n);
	buf_init(&name, 4 * DNS_NAME_MAX + 1);
	dns_key_escape(&key, &name);
	buf_char(&name, '.');
	q->asked_by = r;
	rc = ub_resolve_async(r->ctx, buf_string(&name), (int)q->type,
	    CLASS_IN, q, resolver_answer, NULL);
	buf_done(&name);
	return rc == 0;
}

static int
resolver_fd(void *state)
{
	const struct resolver *r = state;

	return ub_fd(r->ctx);
}

static bool
resolver_process(void *state)
{
	const struct resolver *r = state;

	return ub_process(r->ctx) == 0;
}

static void
resolver_close(void *state)
{
	struct resolver *r = state;

	ub_ctx_delete(r->ctx);
	free(r);
}

static int
set_option(struct ub_ctx *ctx, const char *key, const char *value,
    struct error *e)
{
	int rc = ub_ctx_set_option(ctx, key, value);

	if (rc == 0)
		return 0;
	return error_set(e, "libunbound: %s %s: %s", key, value,
	    ub_strerror(rc));
}

static int
set_number(struct ub_ctx *ctx, const char *key, int64_t value,
    struct error *e)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	return set_option(ctx, key, text, e);
}

static int
set_limits(struct ub_ctx *ctx, const struct dns_settings *s, struct error *e)
{
	struct rlimit files = {.rlim_cur = 0};
	int64_t sockets = SOCKETS_MIN, patience = PATIENCE_MIN;

	getrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_cur / SOCKETS_SHARE > SOCKETS_MAX)
		sockets = SOCKETS_MAX;
	else if (files.rlim_cur / SOCKETS_SHARE > SOCKETS_MIN)
		sockets = (int64_t)files.rlim_cur / SOCKETS_SHARE;
	if (s->timeout > patience)
		patience = s->timeout;
	if (set_number(ctx, "outgoing-range:", sockets, e) != 0 ||
	    set_number(ctx, "infra-cache-max-rtt:", patience, e) != 0 ||
	    set_option(ctx, "outgoing-num-tcp:", TCP_SOCKETS, e) != 0)
		return -1;
	if (set_number(ctx, "msg-cache-size:", s->cache_bytes / 4, e) != 0)
		return -1;
	return set_number(ctx, "rrset-cache-size:", s->cache_bytes / 4, e);
}

/*
 * What a resolver for the public answers itself, RFC 6303 and RFC 6761.  An
 * empty transparent zone takes the place of the default ("nodefault" is not
 * understood by ub_ctx_set_option of 1.17).
 */
static int
set_local_zones(struct ub_ctx *ctx, struct error *e)
{
	if (set_option(ctx, "unblock-lan-zones:", "yes", e) != 0 ||
	    set_option(ctx, "insecure-lan-zones:", "yes", e) != 0 ||
	    set_option(ctx, "local-zone:", "test. transparent", e) != 0 ||
	    set_option(ctx, "local-zone:", "home.arpa. transparent", e) != 0)
		return -1;
	/* These are not in the root, which is signed. */
	if (set_option(ctx, "domain-insecure:", "test.", e) != 0)
		return -1;
	return set_option(ctx, "domain-insecure:", "home.arpa.", e);
}

static int
set_validation(struct ub_ctx *ctx, const char *anchor, struct error *e)
{
	if (anchor == NULL || anchor[0] == '\0')
		return set_option(ctx, "module-config:", "iterator", e);
	if (access(anchor, R_OK) != 0)
		return error_set(e, "%s: %s", anchor, strerror(errno));
	if (ub_ctx_add_ta_file(ctx, anchor) != 0)
		return error_set(e, "%s: not a trust anchor", anchor);
	return set_option(ctx, "module-config:", "validator iterator", e);
}

/*
 * Only with forwarders may this host be asked: in full recursion strangers
 * name the servers.
 */
static int
set_servers(struct ub_ctx *ctx, const char *const *forwarders,
    struct error *e)
{
	size_t i;

	if (forwarders == NULL || forwarders[0] == NULL)
		return set_option(ctx, "do-not-query-localhost:", "yes", e);
	for (i = 0; forwarders[i] != NULL; i++)
		if (ub_ctx_set_fwd(ctx, forwarders[i]) != 0)
			return error_set(e, "%s: want an address or "
			    "address@port", forwarders[i]);
	return set_option(ctx, "do-not-query-localhost:", "no", e);
}

static void
resolver_ready(void *arg, int err, struct ub_result *result)
{
	(void)arg;
	(void)err;
	ub_resolve_free(result);
}

/*
 * The first question makes the library read its settings and start its
 * thread, which must not take the signals of ours.  No server is asked.
 */
static int
resolver_begin(struct ub_ctx *ctx, const struct dns_settings *s,
    struct error *e)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = ub_resolve_async(ctx, "localhost.", DNS_A, CLASS_IN, NULL,
	    resolver_ready, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc == 0)
		return 0;
	if (s->trust_anchor != NULL && s->trust_anchor[0] != '\0')
		return error_set(e, "libunbound: %s (trust anchor %s)",
		    ub_strerror(rc), s->trust_anchor);
	return error_set(e, "libunbound: %s", ub_strerror(rc));
}

static struct ub_ctx *
resolver_context(const struct dns_settings *s, struct error *e)
{
	struct ub_ctx *ctx = ub_ctx_create();

	if (ctx == NULL) {
		error_set(e, "libunbound: no context");
		return NULL;
	}
	ub_ctx_debugout(ctx, NULL);	/* libraries do not log */
	if (set_limits(ctx, s, e) != 0 ||
	    set_validation(ctx, s->trust_anchor, e) != 0 ||
	    set_servers(ctx, s->forwarders, e) != 0 ||
	    (s->local_zones && set_local_zones(ctx, e) != 0) ||
	    ub_ctx_async(ctx, 1) != 0 || resolver_begin(ctx, s, e) != 0) {
		ub_ctx_delete(ctx);
		return NULL;
	}
	return ctx;
}

struct dns *
dns_unbound(const struct dns_settings *s, struct error *e)
{
	static const struct dns_backend backend = {
		.name = "unbound",
		.ask = resolver_ask,
		.fd = resolver_fd,
		.process = resolver_process,
		.close = resolver_close,
	};
	struct ub_ctx *ctx = resolver_context(s, e);
	struct resolver *r;

	if (ctx == NULL)
		return NULL;
	r = mem_alloc(sizeof(*r));
	r->ctx = ctx;
	/* The library keeps the other half: what lies above the answers. */
	r->dns = dns_new(&backend, r, (size_t)s->cache_bytes / 2);
	if (dns_set_due(r->dns, s->timeout) != 0) {
		error_set(e, "dns: no thread");
		dns_free(r->dns);
		return NULL;
	}
	return r->dns;
}
