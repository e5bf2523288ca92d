/* identity - who is proven to be behind a message, and who of many. */
#include "check/identity.h"

#include "rules/compile.h"
#include "test/unit/world.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))
#define SIGNATURE(domain, fields) "DKIM-Signature: v=1; a=rsa-sha256; d=" \
	domain "; s=x; h=" fields "; bh=YQ==; b=YQ==\n"

static const char conf[] = "dns { enabled = no }\n"
    "providers { files = providers }\n";

static const char providers[] = "freemail free.example\n"
    "mailing send.example news.example\npool send.example hosts.example\n"
    "parent tenants.example\n";

/* spf: the domain that passed; signers: "d=i d=i", all of them valid. */
static const struct {
	const char *name, *sender, *spf, *signers, *header, *expected;
} rows[] = {
	{"nothing is proven", "a@one.example", "", "", "From: a@one.example\n",
	    "from_org=one.example"},
	{"SPF of another domain", "a@two.example", "two.example", "",
	    "From: a@one.example\n", "from_org=one.example proven=two.example"},
	{"SPF aligned below the same owner", "a@bounce.one.example",
	    "bounce.one.example", "", "From: a@news.one.example\n",
	    "from_org=one.example from proven=one.example"},
	{"a signature aligned goes before others", "a@two.example", "",
	    "two.example= one.example=", "From: a@one.example\n",
	    "from_org=one.example from proven=one.example "
	    "first=one.example"},
	{"several authors", "a@one.example", "one.example", "",
	    "From: a@one.example, b@two.example\n", "proven=one.example"},
	{"two From fields", "a@one.example", "one.example", "",
	    "From: a@one.example\nFrom: b@one.example\n",
	    "proven=one.example"},
	{"freemail is the mailbox", "x@free.example", "free.example", "",
	    "From: Bob <Bob+shop@Free.example>\n", "from_org=free.example "
	    "from proven=free.example provider "
	    "tenant=addr:bob@free.example pool=free.example"},
	{"freemail's envelope for another From", "bob@free.example",
	    "free.example", "", "From: a@one.example\n",
	    "from_org=one.example proven=free.example provider "
	    "tenant=addr:bob@free.example pool=free.example"},
	{"a service in its own name", "b@send.example", "eu.send.example",
	    "send.example=", SIGNATURE("send.example", "from:feedback-id")
	    "Feedback-ID: 1.eu.k4:Send\nFrom: a@one.example\n",
	    "from_org=one.example proven=send.example provider "
	    "tenant=feedback:Send:1.eu.k4 first=send.example "
	    "pool=send.example"},
	{"four parts: the customer is the second", "", "", "send.example=",
	    SIGNATURE("send.example", "from:feedback-id")
	    "Feedback-ID: c9:cust.c9:kind:Send\nFrom: a@one.example\n",
	    "from_org=one.example proven=send.example provider "
	    "tenant=feedback:Send:cust first=send.example"},
	{"what is not signed may be anybody's", "", "", "send.example=",
	    SIGNATURE("send.example", "from") "Feedback-ID: 1:Send\n"
	    "List-Id: <l.news.example>\nFrom: a@one.example\n",
	    "from_org=one.example proven=send.example provider "
	    "first=send.example"},
	{"nor what stands there twice", "", "", "send.example=",
	    SIGNATURE("send.example", "from:feedback-id")
	    "Feedback-ID: 1:Send\nFeedback-ID: 2:Send\nFrom: a@one.example\n",
	    "from_org=one.example proven=send.example provider "
	    "first=send.example"},
	{"i= with a local part", "", "", "send.example=u7@send.example",
	    SIGNATURE("send.example", "from") "From: a@one.example\n",
	    "from_org=one.example proven=send.example provider "
	    "tenant=auid:u7@send.example first=send.example"},
	{"i= beneath d=", "", "", "send.example=@u7.send.example",
	    SIGNATURE("send.example", "from") "From: a@one.example\n",
	    "from_org=one.example proven=send.example provider "
	    "tenant=auid:u7.send.example first=send.example"},
	{"i= that says nothing", "", "", "send.example=@send.example",
	    SIGNATURE("send.example", "from") "From: a@one.example\n",
	    "from_org=one.example proven=send.example provider "
	    "first=send.example"},
	{"a list", "", "", "news.example=", SIGNATURE("news.example",
	    "from:list-id") "List-Id: Birds <Birds.News.example>\n"
	    "From: a@one.example\n", "from_org=one.example "
	    "proven=news.example provider tenant=list:birds.news.example "
	    "first=news.example"},
	{"a customer's own domain is his own", "b@send.example",
	    "send.example", "send.example= one.example=",
	    "From: a@one.example\n", "from_org=one.example from "
	    "proven=one.example first=one.example pool=send.example"},
	{"each beneath a parent is one", "", "", "a.tenants.example=",
	    "From: a@b.tenants.example\n", "from_org=b.tenants.example "
	    "proven=a.tenants.example first=a.tenants.example"},
	{"tenants hold no blanks", "", "", "send.example=",
	    SIGNATURE("send.example", "from:feedback-id")
	    "Feedback-ID: a b:Send\nFrom: a@one.example\n",
	    "from_org=one.example proven=send.example provider "
	    "first=send.example"},
};

/* The signatures of a row, as if they had been verified. */
static void
make_signers(struct inquiry *q, const char *signers, struct auth *auth)
{
	static struct dkim_signature signatures[4];
	static struct dkim_outcome outcome;
	struct span rest = span_of(signers), word;
	size_t n = 0, i, at = 0;

	for (i = 0; i < q->message->header_count; i++)
		if (span_iis(q->message->headers[i].name, "DKIM-Signature"))
			at = i;
	for (; span_word(&rest, &word); n++)
		signatures[n] = (struct dkim_signature) {
			.result = DKIM_PASS,
			.domain = span_head(word, span_chr(word, '=')),
			.identity = span_skip(word, span_chr(word, '=') + 1),
			.header = at,
		};
	outcome = (struct dkim_outcome) {n, signatures, 0};
	auth->dkim = &outcome;
}

static const char *
describe(const struct identities *id)
{
	static char out[600];
	const struct {
		const char *name;
		struct span value;
	} facts[] = {
		{"from_org=", id->from_org},
		{"from", id->from_proven ? span_of(" ") : span_of("")},
		{"proven=", id->proven},
		{"provider", id->provider ? span_of(" ") : span_of("")},
		{"tenant=", id->tenant},
		{"first=", id->signers > 0 ? id->signer[0] : span_of("")},
		{"pool=", id->pool},
	};
	size_t i, n = 0;

	out[0] = '\0';
	for (i = 0; i < ROWS(facts); i++)
		if (facts[i].value.n > 0)
			n += (size_t)snprintf(out + n, sizeof(out) - n,
			    "%s%s%.*s", n > 0 ? " " : "", facts[i].name,
			    SPAN_ARG(span_trim(facts[i].value)));
	return out;
}

static void
test_rows(struct world *w)
{
	struct spf_outcome spf = {.identity = SPF_MAILFROM};
	struct auth auth = {0};
	struct inquiry q;
	char raw[1000];
	size_t i;

	for (i = 0; i < ROWS(rows); i++) {
		world_mail(w, rows[i].sender, WORLD_NOW);
		scan_recipient(&w->scan, span_of("b@here.example"));
		snprintf(raw, sizeof(raw), "%s\nx\n", rows[i].header);
		world_data(w, span_of(raw));
		q = w->scan.inquiry;
		q.identities = NULL;
		q.auth = &auth;
		spf.result = rows[i].spf[0] != '\0' ? SPF_PASS : SPF_FAIL;
		spf.domain = rows[i].spf;
		auth.spf_mailfrom = &spf;
		make_signers(&q, rows[i].signers, &auth);
		CHECK_TEXT(rows[i].name, describe(inquiry_identities(&q)),
		    rows[i].expected);
	}
}

/* A client is of a pool by a name that leads back, never by another. */
static void
test_pool(struct world *w)
{
	struct iprev_outcome iprev = {.result = IPREV_PASS, .count = 1};
	struct auth auth = {.iprev = &iprev};
	struct inquiry q;
	int confirmed;

	for (confirmed = 0; confirmed < 2; confirmed++) {
		world_mail(w, "a@one.example", WORLD_NOW);
		world_data(w, span_of("From: a@one.example\n\nx\n"));
		q = w->scan.inquiry;
		q.identities = NULL;
		q.auth = &auth;
		iprev.names[0].name = span_of("out7.hosts.example");
		iprev.names[0].confirmed = confirmed == 1;
		CHECK_TEXT(confirmed ? "confirmed" : "claimed",
		    describe(inquiry_identities(&q)), confirmed ?
		    "from_org=one.example pool=hosts.example" :
		    "from_org=one.example");
	}
}

/* Lists that are refused. */
static void
test_lists(struct world *w)
{
	static const char *const bad[] = {
		"mailbox free.example\n", "freemail Free.example\n",
		"pool .example.org\n", "pool example\n",
		"mailing *.example.org\n",
	};
	struct snapshot *s;
	struct error error;
	size_t i;

	for (i = 0; i < ROWS(bad); i++) {
		folder_file("providers", bad[i]);
		s = snapshot_load(folder_path("conf"), NULL, NULL,
		    w->services.metrics, &error);
		CHECK(bad[i], s == NULL &&
		    strstr(error.text, "providers:1: ") != NULL);
		snapshot_put(s);
	}
}

/* What the shipped list says; servers of customers are their own. */
static const struct {
	const char *domain;
	unsigned kinds;
} shipped[] = {
	{"mail-ed1-f41.google.com", PROVIDER_POOL},
	{"static.9.2.0.192.clients.your-server.de", 0},
	{"vps-1a2b3c4d.vps.ovh.net", 0},
	{"6.mo1.mail-out.ovh.net", PROVIDER_POOL},
	{"9.2.0.192.host.secureserver.net", 0},
	{"p3plsmtpa06-01.prod.phx3.secureserver.net", PROVIDER_POOL},
	{"ov-1a2b3c.infomaniak.ch", 0},
	{"smtp-190a.mail.infomaniak.ch", PROVIDER_POOL},
	{"gmail.com", PROVIDER_FREEMAIL},
	{"yahoo.co.nz", PROVIDER_FREEMAIL},
	{"hotmail.be", PROVIDER_FREEMAIL},
	{"outlook.co.nz", PROVIDER_FREEMAIL},
	{"live.ie", PROVIDER_FREEMAIL},
	{"eu-west-1.amazonses.com", PROVIDER_MAILING},
	{"example.onmicrosoft.com", PROVIDER_PARENT},
	{"example.org", 0},
};

static void
test_shipped(void)
{
	char project[400], option[500];
	const char *const overrides[] = {option, NULL};
	struct metrics *metrics = metrics_new();
	struct snapshot *s;
	struct error error = {""};
	size_t i;

	CHECK("folder", getcwd(project, sizeof(project)) != NULL);
	snprintf(option, sizeof(option),
	    "providers.files=%s/rules/lists/providers*", project);
	s = snapshot_load(folder_file("conf", conf), overrides, NULL, metrics,
	    &error);
	CHECK_TEXT("shipped", error.text, "");
	for (i = 0; s != NULL && i < ROWS(shipped); i++)
		CHECK(shipped[i].domain, providers_find(s->providers,
		    span_of(shipped[i].domain)) == shipped[i].kinds);
	CHECK("Google names its customers beneath a date", s != NULL &&
	    span_is(providers_domain(s->providers, span_of(
	    "customer-test.20230601.gappssmtp.com"), PROVIDER_PARENT),
	    "20230601.gappssmtp.com"));
	snapshot_put(s);
	metrics_free(metrics);
}

int
main(int argc, char **argv)
{
	int status = compile_worker(argc, argv);
	struct world w;

	if (status >= 0)
		return status;
	folder_begin();
	folder_file("providers", providers);
	world_begin(&w, conf);
	world_client(&w, "203.0.113.9", "mail.example.net");
	test_rows(&w);
	test_pool(&w);
	test_lists(&w);
	test_shipped();
	world_end(&w);
	folder_end();
	return test_end();
}
