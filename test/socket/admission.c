/*
 * admission - generations that a running daemon refuses, with the reason; the
 * way back to the one before; what rules on trial would have changed; and how
 * it is asked while its file is wrong.
 */
#include "test/socket/lab.h"

#include <libmilter/mfapi.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "base/mem.h"

#define ENTRIES 40

#define HAM "From: a@example.org\nTo: b@example.net\nSubject: s\n" \
	"Message-ID: <1@example.org>\nDate: Mon, 1 Jan 2024 12:00:00 +0000\n" \
	"\nHello, come to the meeting\n"

static const char *
program(void)
{
	const char *name = getenv("POSTERN");

	return name != NULL ? name : "build/postern";
}

static void
write_list(const struct lab *lab, int entries, const char *end)
{
	struct buf text;
	int i;

	buf_init(&text, 1 << 20);
	for (i = 0; i < entries; i++)
		buf_printf(&text, "sender spam%d.example\n", i);
	buf_puts(&text, end);
	lab_write(lab, "deny", buf_string(&text));
	buf_done(&text);
}

static void
configure(const struct lab *lab)
{
	const char *settings[] = {"rules.files={ rules/*.cf, mine.cf }",
	    "lists.deny=deny", "rules.selftest=selftest",
	    "greylist.when=never", "mode=enforce", NULL};

	lab_configure(lab, settings);
}

static void
make_folder(const struct lab *lab, const char *name)
{
	char *path = mem_printf("%s/%s", lab->dir, name);

	CHECK(name, mkdir(path, 0755) == 0);
	free(path);
}

static void
make_files(const struct lab *lab)
{
	make_folder(lab, "selftest");
	make_folder(lab, "selftest/ham");
	lab_write(lab, "selftest/ham/a.eml", HAM);
	lab_write(lab, "mine.cf", "score MISSING_DATE 1\n");
	write_list(lab, ENTRIES, "");
	configure(lab);
}

/* What becomes of the files, what is asked, and what is said to it. */
static const struct step {
	const char *name;
	int entries;		/* of the list; -1: as it is */
	const char *end;	/* behind them */
	const char *rules;	/* NULL: as they are */
	const char *command;
	int code;
	const char *says;
} steps[] = {
	{"nothing to return to", -1, "", NULL, "rollback", EX_UNAVAILABLE,
	    "no other generation has been in use"},
	{"the list shrinks", 10, "", NULL, "reload", EX_CONFIG,
	    "/deny: 10 entries, 40 in the generation in use; \"posternctl "
	    "reload --accept-shrink\" takes it as it is"},
	{"to nothing", 0, "", NULL, "reload", EX_CONFIG,
	    "/deny: 0 entries, 40 in the generation in use"},
	{"half-written", ENTRIES, "sender spam.exam", NULL, "reload",
	    EX_CONFIG, "/deny: written "},
	{"half-written, whatever shrinks", ENTRIES, "sender spam.exam", NULL,
	    "reload --accept-shrink", EX_CONFIG, "/deny: written "},
	{"no text", ENTRIES, "sender \xff\n", NULL, "reload",
	    EX_CONFIG, "/deny:41: "},
	{"a self-test flips", ENTRIES, "", "body TOO_MUCH /meeting/\n"
	    "score TOO_MUCH 9\n", "reload", EX_CONFIG, "/selftest/ham/a.eml: "
	    "should not be spam and is: 9.0 of 5.0 points by TOO_MUCH(9.0)"},
	{"an honest rule", -1, "", "score MISSING_DATE 2\n", "reload", EX_OK,
	    "generation "},
	{"a list that is meant to be short", 1, "", NULL,
	    "reload --accept-shrink", EX_OK, "generation "},
};

static void
play(const struct lab *lab, const struct step *step)
{
	char before[20], after[20];
	struct buf answer;
	bool found;

	lab_generation(lab, before);
	if (step->entries >= 0)
		write_list(lab, step->entries, step->end);
	if (step->rules != NULL)
		lab_write(lab, "mine.cf", step->rules);
	CHECK(step->name, lab_ask(lab, step->command, &answer) == step->code);
	found = span_find(buf_contents(&answer), span_of(step->says)) <
	    answer.n;
	if (!CHECK(step->name, found))
		fprintf(stderr, "%s\n", buf_string(&answer));
	buf_done(&answer);
	lab_generation(lab, after);
	CHECK(step->name, (strcmp(before, after) == 0) ==
	    (step->code != EX_OK));
}

/* The score of a message without a Date, which tells the generation. */
static void
send_one(const struct lab *lab, const char *row, const char *score)
{
	struct mclient *mc = lab_connect(lab, &mclient_offer_full);
	struct mclient_envelope env = lab_envelope("QSHADOW");
	struct lab_answer answer;
	struct error error;

	if (!CHECK(row, mc != NULL))
		return;
	if (CHECK(row, lab_send(mc, &env, span_of(lab_plain), &answer,
	    &error) == 0))
		CHECK_TEXT(row, answer.score, score);
	mclient_quit(mc, &error);
	mclient_close(mc);
}

static void
ask(const struct lab *lab, const char *row, const char *command,
    const char *says)
{
	struct buf answer;

	CHECK(row, lab_ask(lab, command, &answer) == EX_OK);
	if (!CHECK(row, span_find(buf_contents(&answer), span_of(says)) <
	    answer.n))
		fprintf(stderr, "%s\n", buf_string(&answer));
	buf_done(&answer);
}

/* Two generations, with 1 and 2 points for a Date that is missing. */
static void
roll_back(const struct lab *lab)
{
	char first[20], second[20], now[20];

	lab_write(lab, "mine.cf", "score MISSING_DATE 1\n");
	ask(lab, "first", "reload", "generation ");
	lab_generation(lab, first);
	lab_write(lab, "mine.cf", "score MISSING_DATE 2\n");
	ask(lab, "second", "reload", "generation ");
	lab_generation(lab, second);
	ask(lab, "again", "reload", second);
	send_one(lab, "second", "2.0");
	ask(lab, "back", "rollback", first);
	lab_generation(lab, now);
	CHECK_TEXT("back", now, first);
	send_one(lab, "back", "1.0");
	ask(lab, "back", "status", second);
	CHECK("counted", lab_stat(lab, "rollbacks_total") == 1);
	CHECK("logged", lab_logged(lab, "rolled back: generation "));
	ask(lab, "and forth", "rollback", second);
	send_one(lab, "and forth", "2.0");
	ask(lab, "back once more", "rollback", first);
	ask(lab, "a reload reads the files", "reload", second);
	send_one(lab, "a reload reads the files", "2.0");
}

static void
put_on_trial(const struct lab *lab)
{
	static const char trial[] = "score MISSING_DATE 2\n"
	    "body TRY_HELLO /Hello/\nscore TRY_HELLO 4\n"
	    "tflags TRY_HELLO shadow\n";

	ask(lab, "none on trial", "shadow", "no rule is on trial");
	lab_write(lab, "mine.cf", trial);
	ask(lab, "on trial", "reload", "generation ");
	ask(lab, "not seen", "shadow", "TRY_HELLO: seen=0 hits=0 changed=0");
	send_one(lab, "on trial", "2.0");
	ask(lab, "seen", "shadow", "TRY_HELLO: seen=1 hits=1 changed=1 since=");
	ask(lab, "which", "shadow",
	    "Z QSHADOW score=2.0+4.0 accept->mark\n");
	write_list(lab, 2, "");
	ask(lab, "another list", "reload", "generation ");
	ask(lab, "kept", "shadow", "TRY_HELLO: seen=1 hits=1 changed=1 ");
}

/* No list loses anything by it, and every key has a default. */
static void
lose_configuration(const struct lab *lab)
{
	char before[20], after[20];
	struct buf answer;

	ask(lab, "before", "reload", "generation ");
	lab_generation(lab, before);
	lab_write(lab, "postern.conf", "# nothing\n");
	CHECK("lost", lab_ask(lab, "reload", &answer) == EX_CONFIG);
	CHECK("lost", span_find(buf_contents(&answer),
	    span_of("postern.conf: 0 entries, ")) < answer.n);
	buf_done(&answer);
	lab_generation(lab, after);
	CHECK_TEXT("lost", after, before);
	configure(lab);
	ask(lab, "back", "reload", before);
}

/* posternctl by the file alone, which now holds that text. */
static void
ask_by_file(const struct lab *lab, const char *row, const char *command,
    const char *text, int code, const char *says)
{
	char *ctl = mem_printf("%sctl", program());
	const char *argv[] = {ctl, "-c", lab->conf, command, NULL};
	struct buf out;

	lab_write(lab, "postern.conf", text);
	CHECK(row, lab_run(argv, &out) == code);
	if (!CHECK(row, strstr(buf_string(&out), says) != NULL))
		fprintf(stderr, "%s\n", buf_string(&out));
	buf_done(&out);
	free(ctl);
}

/* Who has spoiled the file can still see how the daemon is. */
static void
break_configuration(const struct lab *lab)
{
	char *good = mem_printf("daemon { control = \"%s\" }\n",
	    lab->control);
	char *broken = mem_printf("%smode = loud\n", good);
	char *early = mem_printf("mode = loud\n%s", good);
	char before[20], after[20];

	lab_generation(lab, before);
	ask_by_file(lab, "good", "status", good, EX_OK, "generation: ");
	ask_by_file(lab, "broken", "status", broken, EX_CONFIG,
	    "postern.conf:2: \"mode\" must be one of ");
	ask_by_file(lab, "broken", "status", broken, EX_CONFIG,
	    "generation: ");
	ask_by_file(lab, "broken", "stats", broken, EX_CONFIG,
	    "postern_connections_total ");
	ask_by_file(lab, "broken before it is named", "status", early,
	    EX_CONFIG, "asking at /run/postern/control all the same");
	ask_by_file(lab, "nothing that changes things", "rollback", broken,
	    EX_CONFIG, "postern.conf:2: ");
	lab_generation(lab, after);
	CHECK_TEXT("nothing that changes things", after, before);
	configure(lab);
	free(early);
	free(broken);
	free(good);
}

/* What a reload refuses, a start only warns about. */
static void
start_in_doubt(struct lab *lab)
{
	const char *argv[] = {program(), "-t", "-c", lab->conf, NULL};
	struct buf answer;

	lab_write(lab, "mine.cf", "body TOO_MUCH /meeting/\n"
	    "score TOO_MUCH 9\n");
	CHECK("-t", lab_run(argv, &answer) == EX_CONFIG);
	CHECK("-t", span_find(buf_contents(&answer), span_of("a.eml: should "
	    "not be spam")) < answer.n);
	buf_done(&answer);
	if (!CHECK("start", lab_start(lab)))
		return;
	ask(lab, "in doubt", "status", "started in spite of: ");
	CHECK("warned", lab_logged(lab, "started in spite of: "));
	lab_write(lab, "mine.cf", "score MISSING_DATE 1\n");
	ask(lab, "mended", "reload", "generation ");
	ask(lab, "mended", "status", "previous: ");
	lab_stop(lab, "stop");
}

int
main(void)
{
	struct lab lab;
	size_t i;

	lab_make(&lab, true);
	make_files(&lab);
	if (CHECK("start", lab_start(&lab))) {
		for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
			play(&lab, &steps[i]);
		roll_back(&lab);
		put_on_trial(&lab);
		lose_configuration(&lab);
		break_configuration(&lab);
		lab_stop(&lab, "stop");
		start_in_doubt(&lab);
	}
	lab_remove(&lab);
	return test_end();
}
