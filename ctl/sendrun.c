/* sendrun - the threads of "posternctl send", one per connection. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <libmilter/mfapi.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ctl/latency.h"
#include "ctl/send.h"

/* One thread's connection. */
struct sender {
	struct send_run *run;
	struct mclient *mc;
	int64_t put;	/* messages over this connection */
};

/* The number of the next message, or -1 when the run is over. */
static int64_t
take(struct send_run *run)
{
	int64_t i = -1;

	pthread_mutex_lock(&run->lock);
	if (run->next < run->options->count && !run->unavailable &&
	    run->failures < SEND_FAILURES_MAX)
		i = run->next++;
	pthread_mutex_unlock(&run->lock);
	return i;
}

static void
note_failure(struct send_run *run, bool unavailable, const struct error *e)
{
	pthread_mutex_lock(&run->lock);
	fprintf(stderr, "posternctl: %s\n", e->text);
	if (unavailable)
		run->unavailable = true;
	else
		run->failures++;
	pthread_mutex_unlock(&run->lock);
}

static void
note_verdict(struct send_run *run, const struct send_message *m,
    const struct mclient_verdict *v, int64_t took)
{
	size_t i;

	pthread_mutex_lock(&run->lock);
	run->latencies[run->answered++ % SEND_LATENCIES_MAX] =
	    took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
	run->replies[(unsigned char)v->answer.kind]++;
	for (i = 0; i < v->edit_count; i++)
		if (v->edits[i].kind == SMFIR_QUARANTINE) {
			run->quarantined++;
			break;
		}
	if (!run->options->quiet)
		send_show_verdict(run, m, v, took);
	pthread_mutex_unlock(&run->lock);
}

static int
connect_filter(struct sender *s, struct error *e)
{
	struct send_run *run = s->run;
	const struct send_options *o = run->options;

	s->put = 0;
	s->mc = mclient_open(o->socket, o->timeout, e);
	if (s->mc == NULL) {
		note_failure(run, true, e);
		return -1;
	}
	if (mclient_negotiate(s->mc, o->offer, e) != 0) {
		note_failure(run, false, e);
		mclient_close(s->mc);
		s->mc = NULL;
		return -1;
	}
	pthread_mutex_lock(&run->lock);
	if (!run->terms_shown && !o->quiet)
		send_show_terms(run, mclient_terms(s->mc));
	run->terms_shown = true;
	pthread_mutex_unlock(&run->lock);
	return 0;
}

static void
leave(struct sender *s)
{
	if (s->mc != NULL)
		(void)mclient_quit(s->mc, NULL);
	mclient_close(s->mc);
	s->mc = NULL;
}

static struct mclient_envelope
envelope(const struct send_options *o, int64_t number)
{
	return o->list.count > 0 ?
	    o->list.each[(size_t)number % o->list.count] : o->envelope;
}

static void
send_one(struct sender *s, int64_t number)
{
	const struct send_options *o = s->run->options;
	const struct send_message *m =
	    &s->run->messages[(size_t)number % s->run->message_count];
	struct mclient_envelope env = envelope(o, number);
	struct mclient_verdict v;
	struct error e;
	char id[32];
	int64_t start;

	if (s->mc == NULL && connect_filter(s, &e) != 0)
		return;
	snprintf(id, sizeof(id), "%08llX%06llX",
	    (unsigned long long)(clock_wall() / 1000),
	    (unsigned long long)number);
	if (env.queue_id == NULL)
		env.queue_id = id;
	start = latency_now();
	if (mclient_message(s->mc, &env, m->raw, &v, &e) != 0) {
		note_failure(s->run, false, &e);
		mclient_close(s->mc);
		s->mc = NULL;
		return;
	}
	note_verdict(s->run, m, &v, latency_now() - start);
	if (++s->put == o->per_connection)
		leave(s);
}

static void *
sender_main(void *argument)
{
	struct sender *s = argument;
	int64_t number;

	while ((number = take(s->run)) >= 0)
		send_one(s, number);
	leave(s);
	return NULL;
}

void
send_all(struct send_run *run)
{
	size_t i, n = (size_t)run->options->connections, started = 0;
	struct sender *senders = mem_array(NULL, n, sizeof(*senders));
	pthread_t *threads = mem_array(NULL, n, sizeof(*threads));
	int64_t start = latency_now();

	for (i = 0; i < n; i++) {
		senders[i] = (struct sender){ .run = run };
		if (pthread_create(&threads[i], NULL, sender_main,
		    &senders[i]) != 0)
			break;
		started++;
	}
	if (started < n)
		fprintf(stderr, "posternctl: only %zu threads\n", started);
	for (i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	run->microseconds = latency_now() - start;
	free(threads);
	free(senders);
}
