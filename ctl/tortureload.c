/* tortureload - mail that flows while something else goes on. */
#include "ctl/tortureload.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libmilter/mfapi.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ctl/latency.h"
#include "ctl/torturedns.h"

#define SPAM_EVERY 8		/* messages */
#define PER_CONNECTION 20
#define PAUSE_MS 2		/* between messages, and after a loss ... */
#define LOST_PAUSE_MS 50	/* ... so that a dead daemon costs no CPU */
#define CLIENT_STACK (512 << 10)

struct load {
	struct load_settings settings;
	pthread_t *threads;
	unsigned started;
	bool joined;
	atomic_bool stop;
	atomic_uint turn;	/* who sends what is hostile */
	atomic_uint ended;
	_Atomic uint64_t number;	/* of the next message */
	pthread_mutex_t lock;	/* of the rest */
	struct tally tally;
	uint32_t *times;	/* microseconds */
	int64_t answered;
};

static const char *const kind_names[LOAD_KINDS] = {"", " with spam",
    " of the hostile kind"};
static const char *const outcome_names[OUTCOMES] = {"accepted", "deferred",
    "refused", "lost", "without an answer in time"};

enum outcome
outcome_of(const struct mclient_answer *a)
{
	switch (a->kind) {
	case SMFIR_TEMPFAIL:
		return OUTCOME_DEFERRED;
	case SMFIR_REJECT:
		return OUTCOME_REFUSED;
	case SMFIR_REPLYCODE:
		return a->code / 100 == 4 ? OUTCOME_DEFERRED :
		    OUTCOME_REFUSED;
	default:
		return OUTCOME_ACCEPTED;
	}
}

static enum load_kind
kind_of(enum mail mail)
{
	return mail == MAIL_PLAIN ? LOAD_PLAIN : mail == MAIL_SPAM ?
	    LOAD_SPAM : LOAD_HOSTILE;
}

void
load_envelope(uint64_t number, struct mclient_envelope *env, char id[32],
    char client[32])
{
	static const char *const rcpts[] = {"<bert@" RESPONDER_DOMAIN ">"};
	static const struct mclient_macro macros[] = {
		{"j", "mx." RESPONDER_DOMAIN},
	};

	snprintf(id, 32, "T%llX", (unsigned long long)number);
	snprintf(client, 32, "198.18.0.%llu",
	    (unsigned long long)(number % RESPONDER_CLIENTS + 1));
	*env = (struct mclient_envelope){
		.client_name = "mail." RESPONDER_DOMAIN,
		.client_addr = client,
		.client_port = 25000,
		.helo = "mail." RESPONDER_DOMAIN,
		.from = "<anna@" RESPONDER_DOMAIN ">",
		.rcpts = rcpts,
		.rcpt_count = 1,
		.queue_id = id,
		.macros = macros,
		.macro_count = 1,
	};
}

static void
count(struct tally *t, enum load_kind kind, enum outcome outcome, bool bare,
    int64_t took)
{
	t->count[kind][outcome]++;
	if (outcome == OUTCOME_ACCEPTED && bare)
		t->bare[kind]++;
	if (took / 1000 > t->slowest)
		t->slowest = took / 1000;
}

static struct mclient *
connect_filter(const struct load_settings *s)
{
	struct error error;
	struct mclient *mc = mclient_open(s->address, s->patience, &error);

	if (mc != NULL && mclient_negotiate(mc, &mclient_offer_full,
	    &error) != 0) {
		mclient_close(mc);
		mc = NULL;
	}
	return mc;
}

/* A message over *mc, made where it is NULL; closed and NULL after a loss. */
static enum outcome
put_message(const struct load_settings *s, struct mclient **mc,
    enum mail mail, uint64_t number, bool *bare)
{
	char id[32], client[32];
	struct mclient_envelope env;
	struct mclient_verdict v;
	struct error error;
	struct buf raw;
	int64_t began = clock_steady();
	enum outcome outcome = OUTCOME_LOST;

	load_envelope(number, &env, id, client);
	if (*mc == NULL)
		*mc = connect_filter(s);
	if (*mc != NULL) {
		buf_init(&raw, MAIL_MAX);
		mail_put(&raw, mail, clock_wall(), number);
		if (mclient_message(*mc, &env, buf_contents(&raw), &v,
		    &error) == 0) {
			outcome = outcome_of(&v.answer);
			*bare = v.edit_count == 0;
		}
		buf_done(&raw);
	}
	if (outcome != OUTCOME_LOST)
		return outcome;
	mclient_close(*mc);
	*mc = NULL;
	return clock_steady() - began >= s->patience ? OUTCOME_SILENT :
	    OUTCOME_LOST;
}

static void
note(struct load *load, enum load_kind kind, enum outcome outcome, bool bare,
    int64_t took)
{
	pthread_mutex_lock(&load->lock);
	count(&load->tally, kind, outcome, bare, took);
	if (outcome < OUTCOME_LOST && kind != LOAD_HOSTILE)
		load->times[load->answered++ % LOAD_TIMES_MAX] =
		    took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
	pthread_mutex_unlock(&load->lock);
}

static void
rest(const struct load *load, int64_t ms)
{
	if (!load->stop)
		usleep((useconds_t)ms * 1000);
}

static void
leave(struct mclient **mc)
{
	struct error error;

	if (*mc != NULL)
		(void)mclient_quit(*mc, &error);
	mclient_close(*mc);
	*mc = NULL;
}

static void *
flow(void *argument)
{
	struct load *load = argument;
	const struct load_settings *s = &load->settings;
	bool hostile = atomic_fetch_add(&load->turn, 1) == s->connections;
	struct mclient *mc = NULL;
	enum outcome outcome;
	enum mail mail;
	uint64_t number;
	int64_t began;
	bool bare = false;
	int put = 0;

	while (!load->stop) {
		number = atomic_fetch_add(&load->number, 1);
		mail = hostile ? s->hostile : number % SPAM_EVERY == 0 ?
		    MAIL_SPAM : MAIL_PLAIN;
		began = latency_now();
		outcome = put_message(s, &mc, mail, number, &bare);
		note(load, kind_of(mail), outcome, bare,
		    latency_now() - began);
		if (++put % PER_CONNECTION == 0)
			leave(&mc);
		rest(load, outcome < OUTCOME_LOST ? PAUSE_MS : LOST_PAUSE_MS);
	}
	leave(&mc);
	atomic_fetch_add(&load->ended, 1);
	return NULL;
}

struct load *
load_start(const struct load_settings *s, struct error *error)
{
	struct load *load = mem_alloc(sizeof(*load));
	unsigned wanted = s->connections + !s->no_hostile;
	pthread_attr_t attr;

	load->settings = *s;
	load->threads = mem_array(NULL, wanted, sizeof(*load->threads));
	load->times = mem_array(NULL, LOAD_TIMES_MAX, sizeof(*load->times));
	pthread_mutex_init(&load->lock, NULL);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, CLIENT_STACK);
	while (load->started < wanted && pthread_create(
	    &load->threads[load->started], &attr, flow, load) == 0)
		load->started++;
	pthread_attr_destroy(&attr);
	if (load->started == wanted)
		return load;
	error_set(error, "only %u threads", load->started);
	load_free(load);
	return NULL;
}

void
load_halt(struct load *load)
{
	load->stop = true;
}

unsigned
load_running(const struct load *load)
{
	return load->started - load->ended;
}

void
load_stop(struct load *load)
{
	unsigned i;

	load_halt(load);
	for (i = 0; i < load->started && !load->joined; i++)
		pthread_join(load->threads[i], NULL);
	load->joined = true;
}

void
load_free(struct load *load)
{
	if (load == NULL)
		return;
	load_stop(load);
	pthread_mutex_destroy(&load->lock);
	free(load->threads);
	free(load->times);
	free(load);
}

const struct tally *
load_tally(const struct load *load)
{
	return &load->tally;
}

int64_t
load_p99(struct load *load)
{
	size_t n = load->answered < LOAD_TIMES_MAX ? (size_t)load->answered :
	    LOAD_TIMES_MAX;

	latency_sort(load->times, n);
	return latency_below(load->times, n, 99);
}

void
load_once(const struct load_settings *s, enum mail mail, uint64_t number,
    struct tally *t)
{
	struct mclient *mc = NULL;
	int64_t began = latency_now();
	enum outcome outcome;
	bool bare = false;

	outcome = put_message(s, &mc, mail, number, &bare);
	count(t, kind_of(mail), outcome, bare, latency_now() - began);
	leave(&mc);
}

static bool
may_be(enum outcome outcome, unsigned may)
{
	return (outcome == OUTCOME_DEFERRED && (may & TALLY_MAY_DEFER)) ||
	    (outcome == OUTCOME_LOST && (may & TALLY_MAY_LOSE));
}

int
tally_judge(const struct tally *peace, const struct tally *got, unsigned may,
    struct error *error)
{
	unsigned k, o;

	for (k = 0; k < LOAD_KINDS; k++)
		for (o = k == LOAD_HOSTILE ? OUTCOME_LOST : 0; o < OUTCOMES;
		    o++)
			if (got->count[k][o] > 0 && peace->count[k][o] == 0 &&
			    !may_be((enum outcome)o, may))
				return error_set(error, "%lld messages%s %s, "
				    "and none in peace",
				    (long long)got->count[k][o],
				    kind_names[k], outcome_names[o]);
	for (k = 0; k < LOAD_HOSTILE; k++)
		if (got->bare[k] > 0 && peace->bare[k] == 0)
			return error_set(error, "%lld messages%s accepted "
			    "without having been judged",
			    (long long)got->bare[k], kind_names[k]);
	return 0;
}
