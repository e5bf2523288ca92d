/*
 * reload - hundreds of reloads, good and bad, while mail flows: every message
 * gets one answer, of one generation.  POSTERN_ROUNDS says how many.
 */
#include "test/socket/lab.h"

#include <libmilter/mfapi.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/mem.h"

#define ROUNDS 900
#define WARM_UP 3		/* memory is compared after a third */
#define THREADS 8
#define PER_CONNECTION 40
#define NOTES_MAX 400000
#define GENERATIONS 2
#define BURSTS 5
#define BURST 400
#define GROWTH_MAX 2048		/* kB of noise; 200 lost generations are more */

/* What one message came to, found again in the log by its number. */
struct note {
	char generation[20], score[20], required[20];
	bool logged;
};

struct load {
	const struct lab *lab;
	struct note *notes;
	atomic_uint next;	/* number of the next message */
	atomic_uint lost;
	atomic_bool stop;
};

/* The two generations as their messages show them. */
struct generation {
	struct note note;
	unsigned seen;
};

static void
note_answer(struct load *load, unsigned number, const struct lab_answer *a)
{
	struct note *note = &load->notes[number];

	if (a->kind != SMFIR_CONTINUE || a->status[0] == '\0')
		load->lost++;
	strcpy(note->generation, a->generation);
	strcpy(note->score, a->score);
	strcpy(note->required, a->required);
}

static bool
send_one(struct load *load, struct mclient *mc, struct error *error)
{
	unsigned number = atomic_fetch_add(&load->next, 1);
	struct mclient_envelope env;
	struct lab_answer answer;
	char id[20];

	if (number >= NOTES_MAX) {
		atomic_fetch_sub(&load->next, 1);
		lab_sleep(100);
		return true;
	}
	snprintf(id, sizeof(id), "Q%u", number);
	env = lab_envelope(id);
	if (lab_send(mc, &env, span_of(lab_plain), &answer, error) != 0) {
		fprintf(stderr, "message %u: %s\n", number, error->text);
		load->lost++;
		return false;
	}
	note_answer(load, number, &answer);
	return true;
}

static void *
send_all(void *argument)
{
	struct load *load = argument;
	struct mclient *mc;
	struct error error;
	int i;

	while (!load->stop) {
		mc = lab_connect(load->lab, &mclient_offer_full);
		if (mc == NULL) {
			load->lost++;
			lab_sleep(100);
			continue;
		}
		for (i = 0; i < PER_CONNECTION && !load->stop; i++) {
			if (!send_one(load, mc, &error))
				break;
			lab_sleep(2);
		}
		mclient_quit(mc, &error);
		mclient_close(mc);
	}
	return NULL;
}

/* The ways to ask for a reload; a signal says nothing about its outcome. */
enum way { BY_HUP, BY_USR1, BY_CONTROL, WAYS };

static bool
reload_by(const struct lab *lab, enum way way, const char *row,
    struct buf *answer, int *code)
{
	int64_t good = lab_stat(lab, "reloads_total");
	int64_t bad = lab_stat(lab, "reloads_refused_total");
	int tries = 0;

	buf_init(answer, 100);
	*code = -1;
	if (way == BY_CONTROL) {
		*code = lab_ask(lab, "reload", answer);
		return true;
	}
	if (!CHECK(row, kill(lab->pid, way == BY_HUP ? SIGHUP :
	    SIGUSR1) == 0))
		return false;
	while (lab_stat(lab, "reloads_total") == good &&
	    lab_stat(lab, "reloads_refused_total") == bad) {
		if (!CHECK(row, tries++ < LAB_WAIT))
			return false;
		lab_sleep(1);
	}
	*code = lab_stat(lab, "reloads_total") != good ? 0 : 78;
	return true;
}

static void
configure(const struct lab *lab, bool second)
{
	const char *first_settings[] = {"rules.files={ rules/*.cf, a.cf }",
	    "rules.selftest=\"\"", "actions.required=5",
	    "greylist.when=never", NULL};
	const char *second_settings[] = {"rules.files={ rules/*.cf, b.cf }",
	    "rules.selftest=\"\"", "actions.required=3.5",
	    "greylist.when=never", NULL};

	lab_configure(lab, second ? second_settings : first_settings);
}

/* Not one of them may be taken into use. */
static const struct bad {
	const char *name;
	const char *settings[3];
	const char *cut;	/* where the file ends, NULL: all is there */
	const char *reason;	/* part of it */
} bads[] = {
	{"syntax error", {"actions.reject_text = = \"x\""}, NULL,
	    "no value"},
	{"unknown key", {"actions.requird=5"}, NULL, "requird"},
	{"out of bounds", {"actions.required=-7"}, NULL, "required"},
	{"missing rule file", {"rules.files={ rules/*.cf, absent.cf }"}, NULL,
	    "absent.cf: "},
	{"faulty rule file", {"rules.files={ rules/*.cf, broken.cf }"}, NULL,
	    "broken.cf:2: "},
	{"half-written file", {"mode=mark"}, "control = \"/run",
	    "postern.conf:"},
	{"written up to a brace", {"mode=mark"}, "store {", "postern.conf:"},
};

#define BADS (sizeof(bads) / sizeof(bads[0]))

static void
configure_badly(const struct lab *lab, const struct bad *bad)
{
	struct buf text;
	size_t at;

	lab_configure(lab, bad->settings);
	if (bad->cut == NULL)
		return;
	lab_read_file(lab->conf, &text);
	at = span_find(buf_contents(&text), span_of(bad->cut));
	if (CHECK(bad->name, at < text.n))
		text.n = at + strlen(bad->cut);
	lab_write(lab, "postern.conf", buf_string(&text));
	buf_done(&text);
}

/* "file:line: reason"; of a file that is not there no line can be told. */
static bool
is_reason(const struct lab *lab, struct span text, const char *reason)
{
	size_t at = span_find(text, span_of(": "));
	struct span place = span_head(text, at);

	if (!span_starts(text, lab->dir) ||
	    span_find(text, span_of(reason)) == text.n)
		return false;
	at = span_rchr(place, ':');
	return at < place.n ? char_digit(place.p[at + 1]) :
	    span_find(text, span_of("No such file")) < text.n;
}

static void
reload_badly(const struct lab *lab, const struct bad *bad, enum way way)
{
	char before[20], after[20];
	struct buf answer;
	int code;

	lab_generation(lab, before);
	configure_badly(lab, bad);
	if (reload_by(lab, way, bad->name, &answer, &code)) {
		CHECK(bad->name, code == 78);
		if (way == BY_CONTROL && !CHECK(bad->name, is_reason(lab,
		    buf_contents(&answer), bad->reason)))
			fprintf(stderr, "%s\n", buf_string(&answer));
	}
	buf_done(&answer);
	lab_generation(lab, after);
	CHECK_TEXT(bad->name, after, before);
}

static void
reload_well(const struct lab *lab, bool second, enum way way)
{
	char before[20], after[20];
	struct buf answer;
	int code;

	lab_generation(lab, before);
	configure(lab, second);
	if (reload_by(lab, way, "good", &answer, &code))
		CHECK("good", code == 0);
	buf_done(&answer);
	lab_generation(lab, after);
	CHECK("good", strcmp(before, after) != 0);
}

static void
reload_often(const struct lab *lab, unsigned rounds)
{
	int64_t warm = 0, end;
	unsigned i;

	for (i = 0; i < rounds; i++) {
		if (i % 3 == 2)
			reload_badly(lab, &bads[i / 3 % BADS],
			    (enum way)(i / 3 / BADS % WAYS));
		else
			reload_well(lab, (i - i / 3) % 2 == 0,
			    (enum way)(i / 2 % WAYS));
		if (i == rounds / WARM_UP)
			warm = lab_status(lab, "RssAnon:");
	}
	end = lab_status(lab, "RssAnon:");
	printf("%u reloads, anonymous memory %lld kB, then %lld kB\n", rounds,
	    (long long)warm, (long long)end);
	if (lab_sanitized())
		test_skip(1, "flat memory: a sanitizer adds its own");
	else
		CHECK("memory", warm > 0 && end - warm < GROWTH_MAX);
}

static bool
same(const struct note *a, const struct note *b)
{
	return strcmp(a->score, b->score) == 0 &&
	    strcmp(a->required, b->required) == 0;
}

/* Generation to (score, required) must be a function, of two values. */
static void
check_notes(const struct load *load, unsigned count)
{
	struct generation seen[GENERATIONS] = {0};
	unsigned i, k, misfits = 0;

	for (i = 0; i < count; i++) {
		for (k = 0; k < GENERATIONS && seen[k].seen > 0; k++)
			if (strcmp(seen[k].note.generation,
			    load->notes[i].generation) == 0)
				break;
		if (k == GENERATIONS) {
			misfits++;
			continue;
		}
		if (seen[k].seen++ == 0)
			seen[k].note = load->notes[i];
		if (!same(&seen[k].note, &load->notes[i]))
			misfits++;
	}
	CHECK("one generation a message", misfits == 0);
	for (k = 0; k < GENERATIONS; k++) {
		CHECK("both are seen", seen[k].seen > count / 10);
		printf("%u messages of %s: score %s required %s\n",
		    seen[k].seen, seen[k].note.generation,
		    seen[k].note.score, seen[k].note.required);
	}
	CHECK("they differ", strcmp(seen[0].note.score,
	    seen[1].note.score) != 0 && strcmp(seen[0].note.required,
	    seen[1].note.required) != 0);
}

static bool
fits(struct span line, const struct note *note)
{
	return span_is(lab_member(line, "ended"), "message") &&
	    span_is(lab_member(line, "generation"), note->generation) &&
	    span_is(lab_member(line, "required"), note->required);
}

/* The message's own score stands before those of its symbols. */
static void
check_log(struct load *load, unsigned count)
{
	unsigned long number, misfits = 0, missing = 0, i;
	struct span rest, line, id;
	struct buf log;

	lab_read_log(load->lab, &log);
	rest = buf_contents(&log);
	while (span_cut(&rest, '\n', &line)) {
		if (!span_starts(line, "{\"id\":\"Q"))
			continue;
		id = lab_member(line, "id");
		number = strtoul(id.p + 1, NULL, 10);
		if (number >= count || load->notes[number].logged ||
		    !fits(line, &load->notes[number]) ||
		    !span_is(lab_member(line, "score"),
		    load->notes[number].score))
			misfits++;
		else
			load->notes[number].logged = true;
	}
	buf_done(&log);
	for (i = 0; i < count; i++)
		missing += !load->notes[i].logged;
	CHECK("the log says the same", misfits == 0);
	CHECK("each once", missing == 0);
}

static void
reload_under_load(const struct lab *lab, unsigned rounds)
{
	struct load load = {.lab = lab};
	pthread_t threads[THREADS];
	unsigned i, started = 0, count;

	load.notes = mem_alloc(NOTES_MAX * sizeof(*load.notes));
	for (i = 0; i < THREADS; i++)
		if (CHECK("threads", pthread_create(&threads[i], NULL,
		    send_all, &load) == 0))
			started++;
	reload_often(lab, rounds);
	load.stop = true;
	for (i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	count = load.next;
	CHECK("no message is lost", load.lost == 0);
	CHECK("load", count > rounds);
	CHECK("idle", lab_idle(lab));
	CHECK("protocol", lab_stat(lab, "protocol_errors_total") == 0);
	check_notes(&load, count);
	check_log(&load, count);
	free(load.notes);
}

/*
 * Signals that come together, the first of them at once: none may reach the
 * thread in which libmilter waits for some of them, as that would end it.
 */
static void
signals_in_a_row(void)
{
	static const int numbers[] = {SIGHUP, SIGUSR1};
	struct mclient *mc;
	struct lab lab;
	int i, k;

	for (i = 0; i < BURSTS; i++) {
		lab_make(&lab, true);
		if (!CHECK("burst", lab_start(&lab)))
			return;
		for (k = 0; k < BURST; k++)
			CHECK("burst", kill(lab.pid, numbers[k % 2]) == 0);
		/* Pending for all threads when it goes on. */
		CHECK("burst", kill(lab.pid, SIGSTOP) == 0);
		CHECK("burst", kill(lab.pid, SIGHUP) == 0);
		CHECK("burst", kill(lab.pid, SIGCONT) == 0);
		mc = lab_connect(&lab, &mclient_offer_full);
		CHECK("burst", mc != NULL);
		mclient_close(mc);
		CHECK("burst", kill(lab.pid, SIGSTOP) == 0);
		CHECK("burst", kill(lab.pid, SIGHUP) == 0);
		CHECK("burst", kill(lab.pid, SIGTERM) == 0);
		CHECK("burst", kill(lab.pid, SIGCONT) == 0);
		lab_stop(&lab, "burst");
		CHECK("burst", lab_logged(&lab, "draining, 0 messages"));
		lab_remove(&lab);
	}
}

/* The exit codes of the command, and what it says. */
static void
reload_by_command(const struct lab *lab)
{
	const char *name = getenv("POSTERN");
	char *ctl = mem_printf("%sctl", name != NULL ? name : "build/postern");
	const char *argv[] = {ctl, "--control", lab->control, "reload", NULL};
	struct buf answer;

	configure(lab, false);
	CHECK("posternctl", lab_run(argv, &answer) == 0);
	CHECK("posternctl", span_starts(buf_contents(&answer), "generation "));
	buf_done(&answer);
	configure_badly(lab, &bads[1]);
	CHECK("posternctl", lab_run(argv, &answer) == 78);
	CHECK("posternctl", is_reason(lab, buf_contents(&answer),
	    bads[1].reason));
	buf_done(&answer);
	CHECK("unknown", lab_ask(lab, "relaod", NULL) == 64);
	free(ctl);
}

int
main(void)
{
	const char *rounds = getenv("POSTERN_ROUNDS");
	struct lab lab;

	lab_make(&lab, true);
	lab_write(&lab, "a.cf", "score MISSING_DATE 1\n");
	lab_write(&lab, "b.cf", "score MISSING_DATE 2\n");
	lab_write(&lab, "broken.cf", "score MISSING_FROM 1\nscore NONE x\n");
	configure(&lab, false);
	if (CHECK("start", lab_start(&lab))) {
		reload_under_load(&lab, rounds != NULL ?
		    (unsigned)atoi(rounds) : ROUNDS);
		reload_by_command(&lab);
		lab_stop(&lab, "stop");
	}
	lab_remove(&lab);
	signals_in_a_row();
	return test_end();
}
