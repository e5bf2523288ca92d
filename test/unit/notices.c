/*
 * notices - what is said once, what is dropped; and the program that is told:
 * what it gets, and that it cannot keep anybody waiting.
 */
#include <sys/stat.h>

#include "base/clock.h"
#include "milter/hook.h"
#include "test/unit/folder.h"
#include "test/unit/test.h"

/* The daemon's own files are in no library. */
#include "milter/hook.c"
#include "milter/log.c"

#define NOW 1704110400000LL
#define HOUR 3600000LL

static const struct {
	const char *name, *kind, *subject, *level;
	int64_t when;
	bool taken;
} pushes[] = {
	{ "first", "outbound", "anna", "slowed", 0, true },
	{ "again", "outbound", "anna", "slowed", 1000, false },
	{ "worse", "outbound", "anna", "held", 1000, true },
	{ "another", "outbound", "bert", "slowed", 1000, true },
	{ "another kind", "lists", "anna", "slowed", 1000, true },
	{ "nearly an hour", "outbound", "anna", "slowed", HOUR - 1, false },
	{ "an hour", "outbound", "anna", "slowed", HOUR, true },
	{ "and again", "outbound", "anna", "slowed", HOUR + 1, false },
	{ "clock set back", "outbound", "anna", "slowed", 0, true },
};

static void
test_pushes(void)
{
	struct notices *n = notices_new();
	struct notice got;
	uint64_t dropped = 0;
	char subject[20];
	size_t i;

	for (i = 0; i < sizeof(pushes) / sizeof(pushes[0]); i++) {
		CHECK(pushes[i].name, notices_push(n, pushes[i].kind,
		    span_of(pushes[i].subject), pushes[i].level,
		    span_of("why"), NOW + pushes[i].when) == pushes[i].taken);
		if (!pushes[i].taken)
			continue;
		CHECK(pushes[i].name, notices_take(n, &got, &dropped));
		CHECK_TEXT(pushes[i].name, got.subject, pushes[i].subject);
		CHECK_TEXT(pushes[i].name, got.level, pushes[i].level);
	}
	CHECK("empty", !notices_take(n, &got, &dropped));
	for (i = 0; i < NOTICES_MAX + 5; i++) {
		snprintf(subject, sizeof(subject), "u%zu", i);
		CHECK("bounded", notices_push(n, "k", span_of(subject), "l",
		    span_of(""), NOW) == (i < NOTICES_MAX));
	}
	CHECK("oldest", notices_take(n, &got, &dropped) && dropped == 5);
	CHECK_TEXT("oldest", got.subject, "u0");
	CHECK("room again", notices_push(n, "k", span_of("u66"), "l",
	    span_of(""), NOW));
	CHECK("nobody", !notices_push(NULL, "k", span_of("u"), "l",
	    span_of(""), NOW));
	notices_free(n);
	notices_free(NULL);
}

static void
test_foreign(void)
{
	struct notices *n = notices_new();
	struct notice got;
	uint64_t dropped;
	char text[1000];

	memset(text, 'x', sizeof(text));
	text[0] = '\n';
	text[1] = '\0';
	notices_push(n, "k", span_make(text, sizeof(text)), "l",
	    span_make("\xff\nend", 5), NOW);
	CHECK("taken", notices_take(n, &got, &dropped));
	CHECK("bounded", strlen(got.subject) == NOTICE_SUBJECT_MAX - 1);
	CHECK("escaped", strncmp(got.subject, "\\x0a\\x00xx", 10) == 0);
	CHECK_TEXT("escaped", got.why, "\\xff\\x0aend");
	notices_free(n);
}

static void
script(const char *name, const char *text)
{
	CHECK(name, chmod(folder_file(name, text), 0700) == 0);
}

/* Ticks until the hook has nothing to do, or ms are over; returns ms taken. */
static int64_t
tick_on(struct hook *h, const char *program, int64_t ms)
{
	int64_t start = clock_steady(), longest = 0, before, took;

	do {
		before = clock_steady();
		hook_tick(h, program, before);
		took = clock_steady() - before;
		longest = took > longest ? took : longest;
		usleep(10000);
	} while (h->pid != 0 && clock_steady() - start < ms);
	CHECK("ticks are short", longest < 500);
	return clock_steady() - start;
}

static bool
holds(const char *name, const char *wanted)
{
	char path[300], text[2000];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s", folder_path(name));
	f = fopen(path, "r");
	if (f == NULL)
		return false;
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	if (strstr(text, wanted) != NULL)
		return true;
	fprintf(stderr, "  %s: %s\n", name, text);
	return false;
}

static void
test_hook(void)
{
	static const struct log_settings settings = {.to = LOG_TARGET_STDERR};
	struct notices *n = notices_new();
	struct log *log = log_new(&settings);
	struct hook *h = hook_new(n, log);
	char good[300], slow[300], text[900];
	struct notice left;
	uint64_t dropped;

	setenv("SECRET", "x", 1);
	snprintf(text, sizeof(text), "#!/bin/sh\nexec >%s 2>&1\n"
	    "echo \"args: $#|$1|$2|$3|$4\"\ncat\necho \"env: $(env | "
	    "grep -c SECRET)\"\nls /proc/$$/fd | tr '\\n' ' '\n",
	    folder_path("out"));
	script("good", text);
	snprintf(good, sizeof(good), "%s", folder_path("good"));
	script("slow", "#!/bin/sh\nsleep 60\n");
	snprintf(slow, sizeof(slow), "%s", folder_path("slow"));

	hook_tick(h, good, clock_steady());
	CHECK("nothing to do", h->pid == 0);
	notices_push(n, "outbound", span_of("$(touch x) anna"), "held",
	    span_of("9 networks"), NOW);
	tick_on(h, good, 10000);
	CHECK("arguments", holds("out",
	    "args: 4|outbound|$(touch x) anna|held|9 networks\n"));
	CHECK("input", holds("out", "time: 2024-01-01T12:00:00Z\n"
	    "kind: outbound\nsubject: $(touch x) anna\nlevel: held\n"
	    "why: 9 networks\n"));
	CHECK("environment", holds("out", "env: 0\n"));

	notices_push(n, "outbound", span_of("bert"), "held", span_of(""), NOW);
	hook_tick(h, slow, clock_steady());
	CHECK("runs", h->pid != 0);
	notices_push(n, "outbound", span_of("carl"), "held", span_of(""), NOW);
	hook_tick(h, slow, clock_steady());
	CHECK("one at a time", !holds("out", "|carl|"));
	/* Its time is over: it is killed, and the next one's turn. */
	hook_tick(h, slow, clock_steady() + HOOK_TIME);
	CHECK("killed", tick_on(h, good, 5000) < 5000);
	CHECK("next", holds("out", "|carl|"));
	notices_push(n, "outbound", span_of("dora"), "held", span_of(""), NOW);
	hook_tick(h, slow, clock_steady());
	hook_free(h);

	h = hook_new(n, log);
	notices_push(n, "outbound", span_of("emil"), "held", span_of(""), NOW);
	hook_tick(h, "/nonexistent/program", clock_steady());
	CHECK("no program", h->pid == 0);
	notices_push(n, "outbound", span_of("fred"), "held", span_of(""), NOW);
	hook_tick(h, "", clock_steady());
	CHECK("none is configured", h->pid == 0 &&
	    !notices_take(n, &left, &dropped));
	hook_free(h);
	log_free(log);
	notices_free(n);
}

int
main(void)
{
	folder_begin();
	test_pushes();
	test_foreign();
	test_hook();
	folder_end();
	return test_end();
}
