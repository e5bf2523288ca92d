/*
 * socket - plays messages through the milter socket of a real daemon, as an
 * MTA would, and reads its log for what an MTA does not see.
 */
#include <errno.h>
#include <fcntl.h>
#include <libmilter/mfapi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "ctl/mclient.h"
#include "test/scenario/player.h"
#include "test/scenario/zone.h"

#define LOG_NAME "log"
#define LOG_BYTES_MAX (16 << 20)
#define START_MS 30000
#define ANSWER_MS 30000
#define PORT 40123
#define PAUSE_US 2000

/* Daemons on their way out; reaped at the end, as stopping takes a while. */
#define STOPPING_MAX 1000

static struct {
	pid_t pid[STOPPING_MAX];
	size_t count;
} stopping;

struct socket_player {
	struct world *world;
	const char *address;
	pid_t pid;
	int log;		/* what the daemon writes */
	struct buf lines;	/* read of it, and not yet looked at */
	struct zone_server zone;
	struct mclient *mc;	/* the SMTP session, or NULL */
};

static void
run_daemon(const char *program, const char *listen, const char *forwarder)
{
	int log = open(LOG_NAME, O_CREAT | O_WRONLY | O_APPEND, 0644);

	/* Not to outlive a player that is killed. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);

	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	execl(program, program, "-c", WORLD_CONF, "-o", listen,
	    "-o", "daemon.user=", "-o", "daemon.control=control",
	    "-o", "store.path=store", "-o", "store.size=16M",
	    "-o", "log.to=stderr", "-o", "log.format=json",
	    forwarder != NULL ? "-o" : NULL, forwarder, (char *)NULL);
	_exit(127);
}

static void
read_more(struct socket_player *s)
{
	char chunk[65536];
	ssize_t n;

	while ((n = read(s->log, chunk, sizeof(chunk))) > 0)
		buf_add(&s->lines, chunk, (size_t)n);
}

/* The next whole line of the log; false when there is none yet. */
static bool
next_line(struct socket_player *s, struct arena *arena, struct span *line)
{
	struct span all, copy;
	size_t end;

	read_more(s);
	all = buf_contents(&s->lines);
	end = span_chr(all, '\n');
	if (end == all.n)
		return false;
	*line = arena_span(arena, span_head(all, end));
	copy = arena_span(arena, span_skip(all, end + 1));
	buf_reset(&s->lines);
	buf_span(&s->lines, copy);
	return true;
}

/* Waits for a line that holds one of two texts; which, or -1. */
static int
await_line(struct socket_player *s, struct arena *arena, const char *a,
    const char *b, struct span *line, struct error *error)
{
	int64_t until = clock_steady() + START_MS;

	while (clock_steady() < until) {
		if (!next_line(s, arena, line)) {
			if (waitpid(s->pid, NULL, WNOHANG) == s->pid)
				break;
			usleep(PAUSE_US);
			continue;
		}
		if (span_find(*line, span_of(a)) < line->n)
			return 0;
		if (b != NULL && span_find(*line, span_of(b)) < line->n)
			return 1;
	}
	read_more(s);
	return error_set(error, "the daemon's log never said %s, but: %s", a,
	    buf_string(&s->lines));
}

static void *
socket_start(struct world *w, const char *daemon, struct error *error)
{
	struct socket_player *s = mem_alloc(sizeof(*s));
	const char *listen, *forwarder = NULL;
	struct span line;

	s->world = w;
	s->address = arena_printf(w->arena, "unix:%s/mta", w->dir).p;
	listen = arena_printf(w->arena, "daemon.listen=%s", s->address).p;
	buf_init(&s->lines, LOG_BYTES_MAX);
	s->log = open(LOG_NAME, O_CREAT | O_RDONLY | O_CLOEXEC, 0644);
	if (zone_exists(w->scenario)) {
		if (zone_serve(w->scenario, &s->zone, error) != 0)
			return s;
		forwarder = arena_printf(w->arena,
		    "dns.forwarders=127.0.0.1@%u", s->zone.port).p;
	}
	s->pid = fork();
	if (s->pid == 0)
		run_daemon(daemon, listen, forwarder);
	await_line(s, w->arena, " ready, generation", NULL, &line, error);
	return s;
}

static void
end_session(struct socket_player *s)
{
	struct error ignored;

	if (s->mc != NULL)
		mclient_quit(s->mc, &ignored);
	mclient_close(s->mc);
	s->mc = NULL;
}

static int
socket_stop(void *self, struct error *error)
{
	struct socket_player *s = self;
	int status = 0;

	end_session(s);
	read_more(s);
	if (s->pid <= 0 || kill(s->pid, SIGTERM) != 0 ||
	    stopping.count == STOPPING_MAX)
		status = error_set(error, "the daemon is gone");
	else
		stopping.pid[stopping.count++] = s->pid;
	zone_stop(&s->zone);
	close(s->log);
	buf_done(&s->lines);
	free(s);
	return status;
}

int
player_socket_reap(void)
{
	int status, bad = 0;
	size_t i;

	for (i = 0; i < stopping.count; i++)
		if (waitpid(stopping.pid[i], &status, 0) < 0 ||
		    !WIFEXITED(status) || WEXITSTATUS(status) != 0)
			bad++;
	stopping.count = 0;
	return bad;
}

static int
socket_reload(void *self, struct error *error)
{
	struct socket_player *s = self;
	struct span line;

	end_session(s);
	kill(s->pid, SIGHUP);
	return await_line(s, s->world->arena, " in use, was ",
	    "reload refused: ", &line, error);
}

static int
open_session(struct socket_player *s, struct error *error)
{
	end_session(s);
	s->mc = mclient_open(s->address, ANSWER_MS, error);
	if (s->mc == NULL)
		return -1;
	return mclient_negotiate(s->mc, &mclient_offer_full, error);
}

/* mclient_message would say HELO; here the client does not. */
static int
connect_silently(struct socket_player *s, const struct mclient_envelope *env,
    struct error *error)
{
	struct mclient_greeting *g = mclient_greeting(s->mc);

	mclient_begin(s->mc);
	if (mclient_macros(s->mc, SMFIC_CONNECT, env->macros, 1, error) != 0 ||
	    mclient_connect(s->mc, env, &g->answer, error) != 0)
		return -1;
	g->done = true;
	return 0;
}

static struct span
reply_text(struct arena *arena, const struct mclient_answer *a)
{
	if (a->code == 0)
		return span_of("");
	return arena_printf(arena, "%u %.*s", a->code, SPAN_ARG(a->text));
}

/* What an edit says, without the space that goes over the wire. */
static int
take_edit(struct socket_player *s, const struct mclient_edit *e,
    struct arena *arena, struct outcome *out, struct error *error)
{
	struct outcome_edit *edit = &out->edits[out->edit_count];
	struct span value = e->value;

	if (e->kind == SMFIR_QUARANTINE) {
		out->quarantined = true;
		return 0;
	}
	if (e->kind == SMFIR_INSHEADER && e->index == 0)
		edit->kind = OUTCOME_INSERT;
	else if (e->kind == SMFIR_CHGHEADER)
		edit->kind = value.n == 0 ? OUTCOME_REMOVE : OUTCOME_CHANGE;
	else
		return error_set(error, "an edit nobody expects: %s",
		    mclient_reply_name(e->kind));
	if (value.n > 0 && (mclient_terms(s->mc)->steps & SMFIP_HDR_LEADSPC)) {
		if (value.p[0] != ' ')
			return error_set(error, "no space before a value");
		value = span_skip(value, 1);
	}
	edit->name = arena_span(arena, e->name);
	edit->nth = e->index;
	edit->value = arena_span(arena, value);
	out->edit_count++;
	return 0;
}

static int
take_verdict(struct socket_player *s, const struct mclient_verdict *v,
    struct arena *arena, struct outcome *out, struct error *error)
{
	size_t i;

	out->rcpts = arena_alloc(arena,
	    (v->rcpt_count + 1) * sizeof(*out->rcpts));
	for (i = 0; i < v->rcpt_count; i++)
		out->rcpts[i] = reply_text(arena, &v->rcpts[i]);
	out->rcpt_count = v->rcpt_count;
	if (v->stage != SMFIC_RCPT)
		out->reply = reply_text(arena, &v->answer);
	out->edits = arena_alloc(arena,
	    (v->edit_count + 1) * sizeof(*out->edits));
	for (i = 0; i < v->edit_count; i++)
		if (take_edit(s, &v->edits[i], arena, out, error) != 0)
			return -1;
	return 0;
}

static bool
ended(struct span line, const char *how)
{
	char text[64];

	snprintf(text, sizeof(text), "\"ended\":\"%s\"", how);
	return span_find(line, span_of(text)) < line.n;
}

/*
 * Refused recipients have lines of their own; when nobody is left, the last
 * of these says more than the one that nothing came of the message.
 */
static int
take_log(struct socket_player *s, struct arena *arena, struct outcome *out,
    struct error *error)
{
	struct span line;

	do {
		if (await_line(s, arena, "\"ended\":", NULL, &line,
		    error) < 0)
			return -1;
		if (!ended(line, "aborted"))
			out->log = line;
	} while (ended(line, "recipient"));
	return 0;
}

static const char *const *
rcpt_addresses(struct arena *arena, const struct dialogue *d)
{
	const char **list = arena_alloc(arena,
	    (d->rcpt_count + 1) * sizeof(*list));
	size_t i;

	for (i = 0; i < d->rcpt_count; i++)
		list[i] = d->rcpts[i].address;
	return list;
}

static int
socket_message(void *self, const struct dialogue *d, int64_t now,
    struct arena *arena, struct outcome *out, struct error *error)
{
	struct socket_player *s = self;
	const struct mclient_macro macros[] = {
		{"j", DIALOGUE_OUR_NAME},
		{"{auth_authen}", d->user},
	};
	struct mclient_envelope env = {
		.client_name = d->name != NULL ? d->name : "unknown",
		.client_addr = d->client,
		.client_port = d->local ? 0 : PORT,
		.helo = d->helo,
		.from = d->sender,
		.rcpts = rcpt_addresses(arena, d),
		.rcpt_count = d->rcpt_count,
		.queue_id = PLAYER_QUEUE_ID,
		.macros = macros,
		.macro_count = d->user != NULL ? 2 : 1,
	};
	struct mclient_verdict verdict;

	(void)now;
	memset(out, 0, sizeof(*out));
	if (!d->same_session || s->mc == NULL) {
		if (open_session(s, error) != 0 || (d->helo == NULL &&
		    connect_silently(s, &env, error) != 0))
			return -1;
	}
	if (mclient_message(s->mc, &env, d->raw, &verdict, error) != 0 ||
	    take_verdict(s, &verdict, arena, out, error) != 0)
		return -1;
	return take_log(s, arena, out, error);
}

const struct player player_socket = {
	.name = "socket",
	.start = socket_start,
	.reload = socket_reload,
	.message = socket_message,
	.stop = socket_stop,
};
