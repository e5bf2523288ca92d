/*
 * hostsload - mail that flows to three daemons while something is done to
 * their store, and what has to be true of it in spite of that.
 */
#include "test/socket/hosts.h"

#include <libmilter/mfapi.h>
#include <pthread.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/mem.h"

#define LOADERS 6
#define LETTERS_MAX 20000	/* of one loader */
#define PAUSE 5			/* ms between two letters of one */
#define CALM 250		/* ms before, and after all is well again */
#define MEND 15000		/* ms that this may take */

enum kind { KNOWN, SPAM, TRUSTED, STRANGER, KINDS };

static const char *const kind_names[KINDS] = {
	"known", "spam", "trusted", "stranger",
};

/* What one loader saw; read when it has ended. */
struct tally {
	int64_t sent[KINDS];
	int64_t after[KINDS];	/* of these, begun after the loss */
	int64_t elapsed[LETTERS_MAX];
	size_t count;
	int64_t passed;		/* strangers that did */
	int64_t degraded;
	int64_t faults;
	char fault[300];		/* the first one */
};

struct load {
	const struct hosts *hosts;
	unsigned expected;
	unsigned row;
	char stranger[24];	/* domain */
	atomic_bool stop;
	_Atomic int64_t lost_at;	/* steady clock; 0: nothing is lost */
	struct loader {
		struct load *load;
		pthread_t thread;
		int number;
		struct tally *tally;
	} loaders[LOADERS];
};

/* A letter to be sent, with room for what its envelope points to. */
struct letter {
	enum kind kind;
	char from[48], helo[48], client[20], id[20];
	char text[600];
};

static void
letter_make(const struct load *load, enum kind kind, int loader,
    int64_t serial, struct letter *l)
{
	long long n = serial * LOADERS + loader;
	const char *domain = kind == KNOWN ? HOSTS_KNOWN :
	    kind == SPAM ? HOSTS_SPAM :
	    kind == TRUSTED ? "trusted.example" : load->stranger;

	l->kind = kind;
	/* Each stranger is of a network of his own. */
	if (kind == STRANGER)
		snprintf(l->client, sizeof(l->client), "%u.%lld.%lld.9",
		    60 + load->row, n >> 8 & 255, n & 255);
	else
		/* Who is known must not share the repute of a spammer. */
		snprintf(l->client, sizeof(l->client), "%s", kind == TRUSTED ?
		    "192.0.2.77" : kind == SPAM ? "198.51.100.8" :
		    "198.51.100.7");
	snprintf(l->from, sizeof(l->from), "<a@%s>", domain);
	snprintf(l->helo, sizeof(l->helo), "mail.%s", domain);
	snprintf(l->id, sizeof(l->id), "Q%dT%lld", loader, (long long)serial);
	snprintf(l->text, sizeof(l->text), "From: a@%s\r\nTo: b@example.net\r\n"
	    "Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n"
	    "Subject: greetings\r\nMessage-ID: <%s@%s>\r\n\r\nHello.\r\n%s",
	    domain, l->id, domain, kind == SPAM ? LAB_GTUBE : "");
}

static struct mclient_envelope
letter_envelope(const struct letter *l)
{
	struct mclient_envelope env = lab_envelope(l->id);

	env.client_addr = l->client;
	env.client_name = l->helo;
	env.helo = l->helo;
	env.from = l->from;
	return env;
}

static bool
is_greylisted(const struct lab_answer *a)
{
	return a->kind == SMFIR_REPLYCODE && a->code == 451 &&
	    strstr(a->text, "Greylisted") != NULL;
}

/* Whether that is what the policy says of such a letter. */
static bool
is_right(const struct load *load, const struct letter *l,
    const struct lab_answer *a)
{
	bool passes = a->kind == SMFIR_CONTINUE || a->kind == SMFIR_ACCEPT;

	switch (l->kind) {
	case KNOWN:
		return passes;
	case TRUSTED:
		return passes && strstr(a->status, "TRUSTED_SENDER") != NULL;
	case SPAM:
		return a->kind == SMFIR_REPLYCODE && a->code == 550;
	default:
		return is_greylisted(a) ||
		    (passes && (load->expected & PASSES));
	}
}

static void
tally_add(struct tally *t, const struct load *load, const struct letter *l,
    const struct lab_answer *a, int64_t begun)
{
	int64_t now = clock_steady();

	t->sent[l->kind]++;
	if (load->lost_at != 0 && begun >= load->lost_at)
		t->after[l->kind]++;
	t->elapsed[t->count++] = now - begun;
	t->passed += l->kind == STRANGER && !is_greylisted(a);
	t->degraded += strstr(a->status, "degraded=store") != NULL;
	if (is_right(load, l, a))
		return;
	if (t->faults == 0)
		snprintf(t->fault, sizeof(t->fault), "%s, %+lld "
		    "ms: '%c' %u %.100s %.150s", kind_names[l->kind],
		    load->lost_at == 0 ? 0 :
		    (long long)(begun - load->lost_at),
		    a->kind, a->code, a->text, a->status);
	t->faults++;
}

/* One connection after the other, with a few letters each. */
static void *
loader_run(void *argument)
{
	struct loader *me = argument;
	const struct load *load = me->load;
	const struct lab *lab = &load->hosts->lab[me->number % HOSTS];
	struct tally *t = me->tally;
	struct mclient *mc = NULL;
	struct mclient_envelope env;
	struct lab_answer a;
	struct letter letter;
	struct error error;
	int64_t begun;

	while (!load->stop && t->count < LETTERS_MAX) {
		letter_make(load, (t->count + (size_t)me->number) % KINDS,
		    me->number, (int64_t)t->count, &letter);
		env = letter_envelope(&letter);
		/* Each has another client. */
		mc = lab_connect(lab, &mclient_offer_full);
		begun = clock_steady();
		memset(&a, 0, sizeof(a));
		if (mc != NULL)
			lab_send(mc, &env, span_of(letter.text), &a, &error);
		tally_add(t, load, &letter, &a, begun);
		mclient_close(mc);
		lab_sleep(PAUSE);
	}
	return NULL;
}

static void
load_start(struct load *load)
{
	int i;

	for (i = 0; i < LOADERS; i++) {
		load->loaders[i].load = load;
		load->loaders[i].number = i;
		load->loaders[i].tally = mem_alloc(sizeof(struct tally));
		if (pthread_create(&load->loaders[i].thread, NULL, loader_run,
		    &load->loaders[i]) != 0)
			exit(2);
	}
}

/* Ends the flow; all tallies become that of the first. */
static struct tally *
load_end(struct load *load, struct buf *elapsed)
{
	struct tally *all = load->loaders[0].tally, *t;
	int i, k;

	load->stop = true;
	for (i = 0; i < LOADERS; i++) {
		pthread_join(load->loaders[i].thread, NULL);
		t = load->loaders[i].tally;
		buf_add(elapsed, (char *)t->elapsed,
		    t->count * sizeof(t->elapsed[0]));
		if (t->faults > 0)
			fprintf(stderr, "  host %d: %lld wrong: %s\n",
			    i % HOSTS + 1, (long long)t->faults, t->fault);
		if (i == 0)
			continue;
		for (k = 0; k < KINDS; k++) {
			all->sent[k] += t->sent[k];
			all->after[k] += t->after[k];
		}
		all->count += t->count;
		all->passed += t->passed;
		all->degraded += t->degraded;
		all->faults += t->faults;
		free(t);
	}
	return all;
}

/* A letter of the known domain; false when the answer is not as wanted. */
static bool
introduce(const struct hosts *h, int host, bool passes)
{
	struct load load = {.hosts = h};
	struct mclient_envelope env;
	struct lab_answer a;
	struct letter letter;

	letter_make(&load, KNOWN, 0, host, &letter);
	env = letter_envelope(&letter);
	hosts_send(h, host, &env, letter.text, &a);
	if (passes ? a.kind == SMFIR_CONTINUE || a.kind == SMFIR_ACCEPT :
	    is_greylisted(&a))
		return true;
	fprintf(stderr, "  '%c' %u %s %s\n", a.kind, a.code, a.text, a.status);
	return false;
}

bool
hosts_introduce(const struct hosts *h)
{
	bool good;

	good = CHECK("trust", lab_ask(&h->lab[0], "trust add client:192.0.2.77 "
	    "owner=\"anna\" expires=10d reason=\"test\"", NULL) == EX_OK);
	good &= CHECK("a stranger", introduce(h, 0, false));
	/* greylist.delay, and the second in which trust is known */
	lab_sleep(1100);
	return good & CHECK("known", introduce(h, 1, true));
}

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Nobody waits longer than twice the deadline, and few at all. */
static void
check_times(const struct disturbance *d, const struct buf *elapsed)
{
	size_t n = elapsed->n / sizeof(int64_t);
	int64_t *sorted = mem_alloc(elapsed->n + 1), p99;
	size_t waited = 0;

	memcpy(sorted, buf_contents(elapsed).p, elapsed->n);
	qsort(sorted, n, sizeof(*sorted), compare);
	p99 = sorted[n - 1 - n / 100];
	while (waited < n && sorted[n - 1 - waited] >= HOSTS_DEADLINE)
		waited++;
	printf(" p50 %lld p99 %lld max %lld ms, %zu waited in vain;",
	    (long long)sorted[n / 2], (long long)p99,
	    (long long)sorted[n - 1], waited);
	CHECK(d->name, p99 <= HOSTS_DEADLINE + HOSTS_MARGIN);
	CHECK(d->name, sorted[n - 1] <= 2 * HOSTS_DEADLINE +
	    HOSTS_MARGIN * (lab_sanitized() ? 8 : 3));
	if (d->expected & LATE)
		CHECK(d->name, waited > 0);
	free(sorted);
}

/* What all hosts counted, before and now, against what was sent. */
static void
check_total(const struct disturbance *d, const struct tally *t,
    enum kind kind, int64_t before, int64_t now)
{
	int64_t most = before + t->sent[kind];
	int64_t least = most;

	if (d->expected & LOSES)
		least = t->after[kind];
	if (d->expected & LAGS)
		least = before + t->after[kind];
	printf(" %s %lld + %lld = %lld", kind_names[kind], (long long)before,
	    (long long)t->sent[kind], (long long)now);
	if (d->expected & (LOSES | LAGS))
		printf(" (%lld lost, at least %lld)", (long long)(most - now),
		    (long long)least);
	if (!CHECK(d->name, before >= 0 && now >= least && now <= most))
		fprintf(stderr, "  %s: %lld, not %lld to %lld\n",
		    kind_names[kind], (long long)now, (long long)least,
		    (long long)most);
}

/* What the hosts counted so far. */
struct counts {
	int64_t known, spam;
	int64_t given_up;	/* writes that were waiting */
};

static struct counts
counts_take(const struct hosts *h)
{
	struct counts c = {hosts_taken(h, 1, HOSTS_KNOWN),
	    hosts_spam(h, 2, HOSTS_SPAM), 0};
	int i;

	for (i = 0; i < HOSTS; i++)
		c.given_up += hosts_store(h, i, "lost_total");
	return c;
}

static void
check_tally(const struct disturbance *d, struct load *load,
    const struct tally *t, const struct counts *before)
{
	struct counts now = counts_take(load->hosts);

	CHECK(d->name, t->faults == 0);
	CHECK(d->name, t->count > 100);
	if (!(d->expected & EITHER))
		CHECK(d->name, (t->degraded > 0) ==
		    !!(d->expected & DEGRADES));
	check_total(d, t, KNOWN, before->known, now.known);
	check_total(d, t, SPAM, before->spam, now.spam);
	printf("; degraded %lld, strangers passed %lld, given up %lld\n",
	    (long long)t->degraded, (long long)t->passed,
	    (long long)(now.given_up - before->given_up));
	CHECK(d->name, now.given_up == before->given_up);
}

/* HOSTS_LONG=20 makes every disturbance last 20 times as long. */
static int64_t
patience(void)
{
	const char *times = getenv("HOSTS_LONG");

	return times != NULL && atoi(times) > 0 ? atoi(times) : 1;
}

void
hosts_disturb(struct hosts *h, const struct disturbance *d)
{
	struct load load = {.hosts = h, .expected = d->expected,
	    .row = h->disturbed++};
	struct counts before = counts_take(h);
	int64_t waiting = 0;
	struct tally *tally;
	struct buf elapsed;
	int i;

	snprintf(load.stranger, sizeof(load.stranger), "new%u.example",
	    load.row);
	buf_init(&elapsed, LAB_FILE_MAX);
	load_start(&load);
	lab_sleep(CALM);
	d->begin();
	/* What began in this very millisecond may have been lost. */
	load.lost_at = clock_steady() + 1;
	lab_sleep(d->hold * patience());
	for (i = 0; i < HOSTS; i++)
		waiting += hosts_store(h, i, "pending");
	d->end();
	CHECK(d->name, hosts_settle(h, MEND));
	lab_sleep(CALM);
	tally = load_end(&load, &elapsed);
	CHECK(d->name, hosts_settle(h, MEND) && hosts_warm(h, MEND));
	printf("%s: %zu letters,", d->name, tally->count);
	check_times(d, &elapsed);
	printf(" waiting %lld;", (long long)waiting);
	check_tally(d, &load, tally, &before);
	fflush(stdout);
	free(tally);
	buf_done(&elapsed);
}
