/* tortureclient - clients that say nothing, stop, or talk nonsense. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmilter/mfapi.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ctl/mpacket.h"
#include "ctl/torture.h"
#include "net/endpoint.h"

#define STALLED_EACH 4		/* connections that stop at each step */
#define OURS 200		/* descriptors for everything else */
#define OFFER_BYTES (MPACKET_HEAD + 12)
#define OFFER_WAIT_MS 10000
#define GARBAGE_MAX 300		/* bytes */
#define GARBAGE_PAUSE_MS 2

static int
take_step(struct mclient *mc, const struct mclient_envelope *env,
    enum torture_step step, struct error *error)
{
	const char *args[2] = {step == STEP_MAIL ? env->from : env->rcpts[0],
	    NULL};
	struct mclient_answer a;

	switch (step) {
	case STEP_NEGOTIATE:
		return mclient_negotiate(mc, &mclient_offer_full, error);
	case STEP_CLIENT:
		mclient_begin(mc);
		return mclient_connect(mc, env, &a, error);
	case STEP_HELO:
		return mclient_helo(mc, env->helo, &a, error);
	case STEP_MAIL:
		return mclient_mail(mc, args, &a, error);
	case STEP_RCPT:
		return mclient_rcpt(mc, args, &a, error);
	case STEP_HEADER:
		return mclient_header(mc, span_of("Subject"),
		    span_of(" a stop"), &a, error);
	case STEP_EOH:
		return mclient_eoh(mc, &a, error);
	case STEP_BODY:
		return mclient_body(mc, span_of("half a bo"), &a, error);
	case STEP_EOM:
		/* Asks, and never takes the answer. */
		return mclient_packet(mc, SMFIC_BODYEOB, span_of(""), error);
	default:
		return 0;
	}
}

struct mclient *
torture_bring(const struct load_settings *s, enum torture_step last)
{
	struct mclient_envelope env;
	struct error error;
	char id[32], client[32];
	struct mclient *mc = mclient_open(s->address, s->patience, &error);
	unsigned step;

	load_envelope(last, &env, id, client);
	for (step = 0; mc != NULL && step <= (unsigned)last; step++)
		if (take_step(mc, &env, (enum torture_step)step, &error) != 0) {
			mclient_close(mc);
			mc = NULL;
		}
	/* What has been gathered goes out. */
	if (mc != NULL && mclient_bytes(mc, span_of(""), &error) != 0) {
		mclient_close(mc);
		mc = NULL;
	}
	return mc;
}

int
act_stall(struct trial *t, struct error *error)
{
	struct mclient *stalled[STEPS * STALLED_EACH];
	unsigned i, count = 0;

	for (i = 0; i < STEPS * STALLED_EACH; i++) {
		stalled[count] = torture_bring(&t->settings,
		    (enum torture_step)(i / STALLED_EACH));
		if (stalled[count] == NULL)
			break;
		count++;
	}
	trial_note(t, "%u connections, stopped at %u steps", count,
	    (unsigned)STEPS);
	(void)trial_pause(t, t->until - clock_steady());
	while (count > 0)
		mclient_close(stalled[--count]);
	return i == STEPS * STALLED_EACH ? 0 :
	    error_set(error, "no connection gets as far as step %u",
	    i / STALLED_EACH);
}

/* Agrees on terms, and says no more; the descriptor, or -1. */
static int
open_idle(const char *address)
{
	char offer[OFFER_BYTES], answer[OFFER_BYTES];
	int fd = endpoint_connect(address, NULL);
	struct pollfd p = {.fd = fd, .events = POLLIN};

	mpacket_put32(OFFER_BYTES - 4, offer);
	offer[4] = SMFIC_OPTNEG;
	mpacket_put32(mclient_offer_full.version, offer + 5);
	mpacket_put32(mclient_offer_full.actions, offer + 9);
	mpacket_put32(mclient_offer_full.steps, offer + 13);
	if (fd >= 0 && send(fd, offer, sizeof(offer), MSG_NOSIGNAL) ==
	    (ssize_t)sizeof(offer) && poll(&p, 1, OFFER_WAIT_MS) == 1 &&
	    recv(fd, answer, sizeof(answer), 0) > 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* How many there is room for. */
static unsigned
idle_room(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_cur >= TORTURE_IDLE_MAX + OURS)
		return TORTURE_IDLE_MAX;
	return limit.rlim_cur > OURS ? (unsigned)limit.rlim_cur - OURS : 1;
}

int
act_idle(struct trial *t, struct error *error)
{
	unsigned room = idle_room(), count = 0;
	int *fds = mem_array(NULL, room, sizeof(*fds)), status = 0;

	while (status == 0 && count < room && trial_pause(t, 0)) {
		fds[count] = open_idle(t->settings.address);
		if (fds[count] >= 0)
			count++;
		else
			status = error_set(error, "only %u of %u idle "
			    "connections", count, room);
	}
	trial_note(t, "%u idle connections", count);
	if (status == 0)
		(void)trial_pause(t, t->until - clock_steady());
	while (count > 0)
		close(fds[--count]);
	free(fds);
	return status;
}

/* Reproducible: the same bytes in every run. */
static uint32_t
next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* Bytes of a frame whose length is right, or not even that. */
static size_t
make_garbage(uint32_t *state, char out[GARBAGE_MAX])
{
	static const char letters[] = "OCHMRTLNBEADQKU";
	size_t n = MPACKET_HEAD + next_random(state) % (GARBAGE_MAX -
	    MPACKET_HEAD), i;

	for (i = 0; i < n; i++)
		out[i] = (char)next_random(state);
	if (next_random(state) % 4 != 0) {
		mpacket_put32((uint32_t)(n - 4), out);
		out[4] = letters[next_random(state) % (sizeof(letters) - 1)];
	}
	return n;
}

int
act_garbage(struct trial *t, struct error *error)
{
	char bytes[GARBAGE_MAX];
	struct error nobody;
	struct mclient *mc;
	uint32_t state = 1;
	unsigned count = 0;
	size_t n;

	(void)error;
	do {
		mc = torture_bring(&t->settings, (enum torture_step)
		    (next_random(&state) % STEP_EOM));
		n = make_garbage(&state, bytes);
		/* It may hang up at once: that is an answer as well. */
		if (mc != NULL)
			(void)mclient_bytes(mc, span_make(bytes, n), &nobody);
		mclient_close(mc);
		count++;
	} while (trial_go_on(t) && trial_pause(t, GARBAGE_PAUSE_MS));
	trial_note(t, "%u connections with nonsense", count);
	return 0;
}
