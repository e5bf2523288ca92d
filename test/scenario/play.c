/*
 * play - plays scenario files: every message against the library and, unless
 * it needs a clock of its own, through the socket of a daemon.
 *
 *	play DAEMON DIRECTORY|FILE...
 *
 * It is started at the top of the source tree.  Without a daemon ("-") what
 * would go through the socket is skipped.
 */
#include <ftw.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "rules/compile.h"
#include "test/scenario/player.h"

/* Where the library's clock stands at first: 2026-11-23 10:00:00 UTC. */
#define CLOCK_START INT64_C(1795428000000)

struct tally {
	unsigned passed, failed, skipped;
	unsigned scenarios;
	unsigned socket, library_only;	/* messages */
};

struct play {
	char *top;		/* of the source tree */
	char *daemon;		/* program, or NULL */
	char dir[64];		/* where the worlds are */
	unsigned worlds;
	struct tally tally;
};

/* One scenario played one way. */
struct run {
	struct play *play;
	const struct scenario *scenario;
	const struct player *player;
	void *self;
	struct world world;
	int64_t now;		/* of the library */
};

static void
fail(struct run *r, unsigned number, const char *what)
{
	fprintf(stderr, "%s:%u: FAIL (%s): %s\n", r->scenario->path, number,
	    r->player->name, what);
	r->play->tally.failed++;
}

static int
play_clock(struct run *r, const struct step *step, struct error *error)
{
	int64_t ms;

	if (!words_duration(span_of(step->rest), &ms))
		return error_set(error, "clock wants +3m, -1h and the like");
	r->now += ms;
	return 0;
}

static int
play_reload(struct run *r, const struct step *step, struct error *error)
{
	bool refused = strcmp(step->rest, "refused") == 0;
	int status;

	if (world_step(&r->world, step, error) != 0 ||
	    world_write(&r->world, error) != 0)
		return -1;
	status = r->player->reload(r->self, error);
	if (status < 0)
		return -1;
	if (refused != (status == 1))
		return error_set(error, refused ? "the reload went well" :
		    "the reload was refused");
	return 0;
}

static int
play_message(struct run *r, const struct step *step, struct error *error)
{
	struct arena *arena = r->world.arena;
	int64_t now = r->player->library ? r->now : clock_wall();
	struct words words = {.now = now};
	struct dialogue dialogue;
	struct outcome outcome;

	if (dialogue_make(arena, r->scenario, step, &words, &dialogue,
	    error) != 0 || r->player->message(r->self, &dialogue, now, arena,
	    &outcome, error) != 0)
		return -1;
	if (outcome_check(arena, r->scenario, step, &dialogue, &outcome,
	    r->player->name, now))
		r->play->tally.passed++;
	else
		r->play->tally.failed++;
	if (!r->player->library)
		r->play->tally.socket++;
	else if (step->library_only)
		r->play->tally.library_only++;
	return 0;
}

static int
play_step(struct run *r, const struct step *step, struct error *error)
{
	switch (step->kind) {
	case STEP_CONFIG:
		return error_set(error, "config comes first, then reload");
	case STEP_DNS:
		return error_set(error, "dns comes before the messages");
	case STEP_FILE:
	case STEP_GEOIP:
		return world_step(&r->world, step, error);
	case STEP_RELOAD:
		return play_reload(r, step, error);
	case STEP_CLOCK:
		return play_clock(r, step, error);
	case STEP_STORE:
		r->player->store_stops(r->self,
		    strcmp(step->rest, "stops") == 0);
		return 0;
	case STEP_LISTS:
		return r->player->lists(r->self, step, r->now, error);
	case STEP_MESSAGE:
		return play_message(r, step, error);
	default:
		return 0;
	}
}

/* Configuration and files at the start; returns where the rest begins. */
static int
prepare(struct run *r, size_t *next, struct error *error)
{
	const struct scenario *s = r->scenario;
	size_t i;

	for (i = 0; i < s->count && (s->steps[i].kind == STEP_CONFIG ||
	    s->steps[i].kind == STEP_DNS || s->steps[i].kind == STEP_FILE ||
	    s->steps[i].kind == STEP_GEOIP); i++)
		if (world_step(&r->world, &s->steps[i], error) != 0)
			return -1;
	*next = i;
	return world_write(&r->world, error);
}

static void
play_steps(struct run *r, size_t i)
{
	const struct scenario *s = r->scenario;
	struct error error;

	for (; i < s->count; i++) {
		if (s->steps[i].library_only && !r->player->library)
			break;
		error.text[0] = '\0';
		if (play_step(r, &s->steps[i], &error) != 0) {
			fail(r, s->steps[i].number, error.text);
			break;
		}
	}
}

static void
play_scenario(struct play *play, const struct scenario *s,
    const struct player *player)
{
	struct run r = {
		.play = play, .scenario = s, .player = player,
		.now = CLOCK_START,
	};
	struct error error = {""};
	struct arena arena;
	const char *dir;
	size_t next;

	arena_init(&arena);
	dir = arena_printf(&arena, "%s/%u", play->dir, play->worlds++).p;
	if (world_make(&r.world, &arena, s, dir, &error) != 0 ||
	    prepare(&r, &next, &error) != 0) {
		fail(&r, 0, error.text);
	} else {
		r.self = player->start(&r.world, play->daemon, &error);
		if (error.text[0] != '\0')
			fail(&r, 0, error.text);
		else
			play_steps(&r, next);
		if (player->stop(r.self, &error) != 0)
			fail(&r, 0, error.text);
	}
	if (chdir(play->top) != 0)
		abort();
	arena_done(&arena);
}

/* How many messages of it would go through the socket. */
static unsigned
count_socket(const struct scenario *s)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < s->count; i++)
		n += s->steps[i].kind == STEP_MESSAGE &&
		    !s->steps[i].library_only;
	return n;
}

static void
play_file(struct play *play, const char *path)
{
	struct scenario scenario;
	struct error error;
	struct arena arena;
	unsigned n;

	arena_init(&arena);
	if (scenario_read(&arena, path, &scenario, &error) != 0) {
		fprintf(stderr, "FAIL: %s\n", error.text);
		play->tally.failed++;
	} else {
		play->tally.scenarios++;
		scenario.top = play->top;
		play_scenario(play, &scenario, &player_library);
		n = count_socket(&scenario);
		if (play->daemon == NULL)
			play->tally.skipped += n;
		else if (n > 0)
			play_scenario(play, &scenario, &player_socket);
	}
	arena_done(&arena);
}

static void
play_path(struct play *play, const char *path)
{
	struct stat st;
	char *pattern;
	glob_t found;
	size_t i;

	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
		play_file(play, path);
		return;
	}
	pattern = mem_printf("%s/*.scn", path);
	if (glob(pattern, 0, NULL, &found) == 0) {
		for (i = 0; i < found.gl_pathc; i++)
			play_file(play, found.gl_pathv[i]);
		globfree(&found);
	}
	free(pattern);
}

static int
remove_one(const char *path, const struct stat *st, int kind,
    struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

static int
finish(struct play *play)
{
	struct tally *t = &play->tally;
	int bad = player_socket_reap();

	if (bad > 0)
		fprintf(stderr, "FAIL: %d daemons ended badly\n", bad);
	t->failed += (unsigned)bad;
	/* The daemons' logs are of use to whoever looks for a fault. */
	if (t->failed > 0)
		fprintf(stderr, "left behind: %s\n", play->dir);
	else
		nftw(play->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	printf("%u scenarios: %u messages through the socket and against the "
	    "library,\n%u played against the library only (they need a clock "
	    "or a store that no daemon has)\n", t->scenarios, t->socket,
	    t->library_only);
	if (t->skipped > 0)
		printf("skipped %u: no daemon given\n", t->skipped);
	printf("%u passed, %u failed, %u skipped\n", t->passed, t->failed,
	    t->skipped);
	free(play->top);
	free(play->daemon);
	return t->failed != 0 || t->scenarios == 0;
}

int
main(int argc, char **argv)
{
	struct play play;
	int i, status = compile_worker(argc, argv);

	if (status >= 0)
		return status;
	if (argc < 3) {
		fputs("usage: play daemon|- directory|file ...\n", stderr);
		return 2;
	}
	memset(&play, 0, sizeof(play));
	signal(SIGPIPE, SIG_IGN);
	play.top = realpath(".", NULL);
	if (strcmp(argv[1], "-") != 0) {
		play.daemon = realpath(argv[1], NULL);
		if (play.daemon == NULL) {
			perror(argv[1]);
			return 2;
		}
	}
	strcpy(play.dir, "/tmp/postern-scenario-XXXXXX");
	if (play.top == NULL || mkdtemp(play.dir) == NULL) {
		perror(play.dir);
		return 2;
	}
	for (i = 2; i < argc; i++)
		play_path(&play, argv[i]);
	return finish(&play);
}
