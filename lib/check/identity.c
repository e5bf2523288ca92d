/* identity - who is behind a message, as far as that is proven. */
#include "check/identity.h"

#include "auth/taglist.h"
#include "check/tenant.h"
#include "mail/domain.h"
#include "rules/lists.h"

/* What a signature that counts says of itself. */
struct proof {
	struct span domain;
	struct span agent;
	size_t header;		/* which field of the message it is */
};

struct search {
	struct inquiry *q;
	struct identities *id;
	struct proof proofs[IDENTITY_SIGNERS_MAX];	/* as id->signer */
};

bool
identity_shared(const struct inquiry *q, struct span domain)
{
	if (domain.n == 0 || domain.n > DOMAIN_MAX)
		return false;
	return (providers_find(q->providers, domain) &
	    (PROVIDER_FREEMAIL | PROVIDER_MAILING)) != 0 ||
	    lists_freemail(q->book->lists, arena_join(q->arena,
	    span_of("x@"), domain));
}

struct span
identity_owned(const struct inquiry *q, struct span domain)
{
	struct span parent, registered;
	size_t labels;

	parent = providers_domain(q->providers, domain, PROVIDER_PARENT);
	labels = domain_labels(parent);
	if (parent.n > 0)
		return domain_tail(domain, labels + 1);
	registered = suffixes_registered(q->book->suffixes, domain);
	return registered.n > 0 ? registered : domain;
}

static void
find_from(struct inquiry *q, struct identities *id)
{
	const struct from *from = inquiry_from(q);
	struct author author;

	author_of(q->arena, q->message, &author);
	if (author.kind != AUTHOR_ONE || from == NULL)
		return;
	id->from_domain = author.domains[0];
	id->from_org = identity_owned(q, id->from_domain);
	if (from->count == 1)
		id->from = arena_lower(q->arena, from->address[0].whole);
}

static bool
aligned(const struct search *s, struct span domain)
{
	return s->id->from_org.n > 0 &&
	    span_eq(identity_owned(s->q, domain), s->id->from_org);
}

static void
find_spf(struct inquiry *q, struct identities *id)
{
	const struct spf_outcome *spf = q->auth->spf_mailfrom;

	/* With the null sender its identity is HELO's name (RFC 7208 2.4). */
	if (spf == NULL || spf->result != SPF_PASS) {
		spf = q->auth->spf_helo;
		id->spf_helo = true;
	}
	if (spf != NULL && spf->result == SPF_PASS)
		id->spf_domain = domain_ascii(q->arena, span_of(spf->domain));
	else
		id->spf_helo = false;
}

static void
add_proof(struct search *s, const struct dkim_signature *signature)
{
	struct identities *id = s->id;
	struct proof *proof;
	struct span domain;
	size_t i;

	domain = domain_ascii(s->q->arena, signature->domain);
	if (domain.n == 0 || id->signers == IDENTITY_SIGNERS_MAX)
		return;
	for (i = 0; i < id->signers; i++)
		if (span_eq(id->signer[i], domain))
			return;
	proof = &s->proofs[id->signers];
	proof->domain = domain;
	proof->agent = arena_lower(s->q->arena,
	    span_head(signature->identity, TENANT_MAX));
	proof->header = signature->header;
	id->agent[id->signers] = proof->agent;
	id->signer[id->signers++] = domain;
}

/*
 * A key under test proves nothing (RFC 6376 3.6.1), nor does a signature that
 * leaves room for what somebody else wrote behind it.
 */
static void
find_signers(struct search *s)
{
	const struct dkim_outcome *dkim = s->q->auth->dkim;
	const struct dkim_signature *signature;
	size_t round, i;

	for (round = 0; dkim != NULL && round < 2; round++)
		for (i = 0; i < dkim->count; i++) {
			signature = &dkim->signatures[i];
			if (signature->result == DKIM_PASS &&
			    !signature->testing && !signature->added &&
			    aligned(s, domain_ascii(s->q->arena,
			    signature->domain)) == (round == 0))
				add_proof(s, signature);
		}
}

static bool
prove_from(const struct search *s)
{
	const struct dmarc_verdict *dmarc = s->q->auth->dmarc;
	struct identities *id = s->id;

	/* Its owner may want more than a common organizational domain. */
	if (dmarc != NULL && dmarc->result == DMARC_RESULT_FAIL)
		return false;
	if (id->signers > 0 && aligned(s, id->signer[0]))
		return true;
	return id->spf_domain.n > 0 && !id->spf_helo &&
	    aligned(s, id->spf_domain);
}

/* That of From, else one that is nobody's shared one, else what there is. */
static struct span
find_proven(const struct search *s)
{
	const struct identities *id = s->id;
	size_t i;

	if (id->from_proven)
		return id->from_org;
	for (i = 0; i < id->signers; i++)
		if (!identity_shared(s->q, id->signer[i]))
			return identity_owned(s->q, id->signer[i]);
	if (id->spf_domain.n > 0 && !identity_shared(s->q, id->spf_domain))
		return identity_owned(s->q, id->spf_domain);
	if (id->signers > 0)
		return identity_owned(s->q, id->signer[0]);
	return id->spf_domain.n > 0 ? identity_owned(s->q, id->spf_domain) :
	    span_of("");
}

/* Whose mailbox it is, where the provider proves it. */
static struct span
find_address(const struct search *s)
{
	const struct identities *id = s->id;
	struct span sender = s->q->message->sender;
	size_t at = span_rchr(sender, '@');

	if (id->from_proven)
		return tenant_address(s->q->arena, id->from);
	if (!id->spf_helo && id->spf_domain.n > 0 && at < sender.n &&
	    providers_find(s->q->providers, id->spf_domain) &
	    PROVIDER_FREEMAIL)
		return tenant_address(s->q->arena, sender);
	return span_of("");
}

/* The field of that name that the nth signature covers, or NULL. */
static const struct header *
signed_field(const struct search *s, size_t nth, const char *name)
{
	const struct message *m = s->q->message;
	struct span list, item;
	struct taglist tags;

	if (s->proofs[nth].header >= m->header_count || taglist_parse(
	    m->headers[s->proofs[nth].header].value, &tags) != NULL)
		return NULL;
	/* Of several, signers and readers could mean different ones. */
	if (message_count(m, name) != 1)
		return NULL;
	list = taglist_value(&tags, "h", "");
	while (taglist_item(&list, &item))
		if (span_iis(item, name))
			return message_find(m, name, 0);
	return NULL;
}

/* What a signature of the provider says about its customer. */
static struct span
find_customer(const struct search *s)
{
	const struct identities *id = s->id;
	const struct header *h;
	struct span tenant = span_of("");
	size_t i;

	for (i = 0; i < id->signers && tenant.n == 0; i++) {
		if (!identity_shared(s->q, id->signer[i]))
			continue;
		h = signed_field(s, i, "Feedback-ID");
		if (h != NULL)
			tenant = tenant_feedback(s->q->arena, h->value);
		if (tenant.n == 0)
			tenant = tenant_agent(s->q->arena, s->proofs[i].agent,
			    s->proofs[i].domain);
		h = signed_field(s, i, "List-Id");
		if (tenant.n == 0 && h != NULL)
			tenant = tenant_list(s->q->arena, h->value);
	}
	return tenant;
}

static struct span
find_tenant(const struct search *s)
{
	struct span tenant = span_of("");

	if (providers_find(s->q->providers, s->id->proven) &
	    PROVIDER_MAILING)
		tenant = find_customer(s);
	if (tenant.n == 0)
		tenant = find_address(s);
	return tenant.n > 0 ? tenant : find_customer(s);
}

/* The provider whose host the client is, as far as that is proven. */
static struct span
find_pool(const struct search *s)
{
	const struct iprev_outcome *iprev = s->q->auth->iprev;
	const struct identities *id = s->id;
	struct span pool = span_of("");
	size_t i;

	for (i = 0; iprev != NULL && i < iprev->count && pool.n == 0; i++)
		if (iprev->names[i].confirmed)
			pool = providers_domain(s->q->providers,
			    iprev->names[i].name,
			    PROVIDER_POOL | PROVIDER_MAILING);
	if (pool.n == 0 && identity_shared(s->q, id->spf_domain))
		pool = identity_owned(s->q, id->spf_domain);
	return pool;
}

const struct identities *
inquiry_identities(struct inquiry *q)
{
	struct search s = {.q = q};
	struct identities *id;

	if (q->identities != NULL)
		return q->identities;
	id = arena_alloc(q->arena, sizeof(*id));
	s.id = id;
	find_from(q, id);
	find_spf(q, id);
	find_signers(&s);
	id->from_proven = prove_from(&s);
	id->proven = find_proven(&s);
	id->provider = identity_shared(q, id->proven);
	if (id->provider)
		id->tenant = find_tenant(&s);
	id->pool = find_pool(&s);
	id->pooled = id->pool.n > 0;
	q->identities = id;
	return id;
}
