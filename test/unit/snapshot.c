/* snapshot - what loads, what names a generation, and holds by threads. */
#include <pthread.h>

#include "rules/compile.h"
#include "rules/ruleset.h"
#include "test/unit/world.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

/* Every kind of file that a generation is made of. */
static const char conf[] =
    "mode = mark\n"
    "rules { files = \"rules.cf\" }\n"
    "networks { trusted_files = trusted }\n"
    "recipients { roles = roles }\n"
    "lists { deny = deny }\n"
    "include \"more\"\n";

static const struct {
	const char *name, *text;
} files[] = {
	{ "conf", conf }, { "rules.cf", "score GTUBE 1000\n" },
	{ "trusted", "10.0.0.0/8\n" }, { "roles", "info\n" },
	{ "deny", "client 192.0.2.1\n" }, { "more", "" },
};

static void
write_files(void)
{
	size_t i;

	for (i = 0; i < ROWS(files); i++)
		folder_file(files[i].name, files[i].text);
}

static struct snapshot *
load(struct metrics *metrics, const char *override, struct error *error)
{
	const char *overrides[] = { override, NULL };

	return snapshot_load(folder_path("conf"), overrides, NULL, metrics,
	    error);
}

/* One file's new text, or an option, and why that is refused. */
static const struct {
	const char *name, *file, *text, *option, *expected;
} bad[] = {
	{ "no rules", "rules.cf", "socre GTUBE 1\n", NULL,
	    "@rules.cf:1: unknown word \"socre\"; did you mean \"score\"?" },
	{ "list", "deny", "client 192.0.2.1\nclient x\n", NULL,
	    "@deny:2: \"x\" is not an address or network" },
	{ "roles", "roles", "a b\n", NULL, "@roles:1: \"a b\" is neither a "
	    "local part nor an address" },
	{ "networks", "trusted", "\n\n10.0.0.1/8\n", NULL, "@trusted:3: "
	    "\"10.0.0.1/8\" is not a network (as 192.0.2.0/24, or "
	    "2001:db8::/32 with no bits set behind the slash)" },
	{ "include", "more", "mdoe = mark\n", NULL,
	    "@more:1: unknown key \"mdoe\"; did you mean \"mode\"?" },
	{ "symbol", "more", "actions { refuse_at_rcpt = GTUBBE }\n", NULL,
	    "@more:1: no check raises GTUBBE before the recipients" },
	{ "no mode", "more", "daemon { listen_mode = 0999 }\n", NULL,
	    "@more:1: \"0999\" is not a mode such as 0660" },
	{ "mode that keeps out", "more", "daemon { listen_mode = 000 }\n", NULL,
	    "@more:1: \"000\" is not a mode such as 0660" },
	{ "option", "more", "", "limits.headers=9",
	    "-o: \"headers\" must be a whole number from 10 to 100000, not "
	    "\"9\"" },
};

static void
test_bad(void)
{
	struct metrics *metrics = metrics_new();
	struct snapshot *s;
	struct error e;
	size_t i;

	for (i = 0; i < ROWS(bad); i++) {
		write_files();
		folder_file(bad[i].file, bad[i].text);
		s = load(metrics, bad[i].option, &e);
		CHECK_TEXT(bad[i].name, s == NULL ? e.text : "loaded",
		    folder_text(bad[i].expected));
		snapshot_put(s);
	}
	write_files();
	CHECK("missing", snapshot_load(folder_path("none"), NULL, NULL, metrics,
	    &e) == NULL);
	CHECK_TEXT("missing", e.text,
	    folder_text("@none: No such file or directory"));
	snapshot_put(NULL);
	metrics_free(metrics);
}

static void
generation(const char *option, char out[GENERATION_MAX])
{
	struct metrics *metrics = metrics_new();
	struct error e = { "" };
	struct snapshot *s = load(metrics, option, &e);

	CHECK_TEXT("loads", e.text, "");
	snprintf(out, GENERATION_MAX, "%s", s != NULL ? s->generation : "");
	snapshot_put(s);
	metrics_free(metrics);
}

/* Any of these gives another generation than the files above. */
static const struct {
	const char *name, *file, *text, *option;
} changes[] = {
	{ "score", "rules.cf", "score GTUBE 999.999\n", NULL },
	{ "description", "rules.cf", "score GTUBE 1000\ndescribe GTUBE x\n",
	    NULL },
	{ "list", "deny", "client 192.0.2.2\n", NULL },
	{ "list, one more", "deny", "client 192.0.2.1\nclient 192.0.2.2\n",
	    NULL },
	{ "roles", "roles", "sales\n", NULL },
	{ "networks", "trusted", "10.0.0.0/9\n", NULL },
	{ "included key", "more", "mode = enforce\n", NULL },
	{ "option", "more", "", "mode=observe" },
	{ "threshold", "more", "", "actions.required=5.001" },
	{ "limit", "more", "", "limits.headers=1001" },
	{ "text", "more", "", "actions.tag_subject=x" },
	{ "a check", "more", "", "gtube.enabled=no" },
	{ "greylist", "more", "", "greylist.delay=181s" },
};

static void
test_generation(void)
{
	char first[GENERATION_MAX], seen[ROWS(changes)][GENERATION_MAX];
	char again[GENERATION_MAX];
	size_t i, k;

	write_files();
	generation(NULL, first);
	generation(NULL, again);
	CHECK_TEXT("the same again", again, first);
	CHECK("12 digits", strlen(first) == 12 &&
	    strspn(first, "0123456789abcdef") == 12);
	folder_file("more", "# no key\n\n");
	generation(NULL, again);
	CHECK_TEXT("comments in the configuration", again, first);
	generation("actions.required=5", again);
	CHECK_TEXT("a default said aloud", again, first);
	for (i = 0; i < ROWS(changes); i++) {
		write_files();
		if (changes[i].option != NULL)
			generation(changes[i].option, seen[i]);
		else
			folder_file(changes[i].file, changes[i].text);
		if (changes[i].option == NULL && strcmp(changes[i].name,
		    "included key") == 0)
			folder_file("conf", strchr(conf, '\n') + 1);
		if (changes[i].option == NULL)
			generation(NULL, seen[i]);
		CHECK(changes[i].name, strcmp(seen[i], first) != 0);
		for (k = 0; k < i; k++)
			CHECK(changes[i].name, strcmp(seen[i], seen[k]) != 0);
	}
	write_files();
}

/* The shipped rules weigh and describe all that a check can raise. */
static void
test_weighted(void)
{
	const struct weight *weight;
	const char *const *symbol;
	struct world w;
	size_t i;

	world_begin(&w, "");
	for (i = 0; checks[i] != NULL; i++) {
		for (symbol = checks[i]->symbols; *symbol != NULL; symbol++) {
			weight = weights_find(&w.snapshot->weights,
			    span_of(*symbol));
			CHECK(*symbol, weight != NULL && weight->scored);
			CHECK(*symbol, weight != NULL &&
			    weight->describe != NULL);
			CHECK(*symbol, strlen(*symbol) <= RULE_NAME_MAX &&
			    strspn(*symbol, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
			    "0123456789") == strlen(*symbol));
		}
	}
	world_end(&w);
}

static const struct {
	const char *name, *conf;
	unsigned with, without;		/* enum need */
} needs[] = {
	{ "observe", "mode = observe", NEED_CLIENT | NEED_SENDER | NEED_RCPT,
	    NEED_EDIT | NEED_QUARANTINE | NEED_REFUSE_RCPT },
	{ "mark", "mode = mark", NEED_EDIT | NEED_HEADERS,
	    NEED_QUARANTINE | NEED_REFUSE_RCPT },
	{ "mark holds nothing", "mode = mark\nactions { quarantine = 5 }",
	    NEED_EDIT, NEED_QUARANTINE },
	{ "enforce", "mode = enforce\noutbound { mode = off }", NEED_EDIT,
	    NEED_QUARANTINE },
	{ "holds users' mail", "mode = enforce", NEED_QUARANTINE, 0 },
	{ "tells of it", "mode = enforce\noutbound { mode = observe }", 0,
	    NEED_QUARANTINE },
	{ "quarantine", "mode = enforce\nactions { quarantine = 5 }",
	    NEED_QUARANTINE, NEED_REFUSE_RCPT },
	{ "relays", "mode = enforce\nnetworks { relays = 10.0.0.1 }",
	    NEED_QUARANTINE | NEED_HEADERS, 0 },
	{ "relays, observe", "mode = observe\nnetworks { relays = 10.0.0.1 }",
	    NEED_HEADERS, NEED_QUARANTINE | NEED_EDIT },
	{ "refuse", "mode = enforce\nactions { refuse_at_rcpt = DENY_CLIENT }\n"
	    "outbound { mode = off }",
	    NEED_REFUSE_RCPT, NEED_QUARANTINE },
	{ "would refuse", "actions { refuse_at_rcpt = DENY_CLIENT }",
	    NEED_EDIT, NEED_REFUSE_RCPT },
	{ "body", "gtube { enabled = yes }", NEED_BODY, 0 },
	{ "body for signatures", "gtube { enabled = no }", NEED_BODY, 0 },
	{ "DMARC holds", "mode = enforce\ndmarc { policy = quarantine }",
	    NEED_QUARANTINE, 0 },
	{ "DMARC marks", "dmarc { policy = quarantine }", NEED_EDIT,
	    NEED_QUARANTINE },
	{ "DMARC without a DNS", "mode = enforce\ndns { enabled = no }\n"
	    "dmarc { policy = reject }\noutbound { mode = off }", NEED_EDIT,
	    NEED_QUARANTINE },
};

static void
test_needs(void)
{
	struct world w;
	size_t i;

	for (i = 0; i < ROWS(needs); i++) {
		world_begin(&w, needs[i].conf);
		CHECK(needs[i].name, (w.snapshot->needs & needs[i].with) ==
		    needs[i].with);
		CHECK(needs[i].name, !(w.snapshot->needs & needs[i].without));
		world_end(&w);
	}
}

/* Only with rules of others: the shipped ones look at it. */
static void
test_no_body(void)
{
	struct metrics *metrics = metrics_new();
	struct snapshot *s;
	struct error e;

	write_files();
	folder_file("more", "gtube { enabled = no }\ndns { enabled = no }\n"
	    "content { enabled = no }\n");
	s = load(metrics, NULL, &e);
	CHECK("no body", s != NULL && (s->needs & NEED_EDIT) != 0 &&
	    !(s->needs & NEED_BODY));
	snapshot_put(s);
	folder_file("rules.cf", "body X /x/\n");
	s = load(metrics, NULL, &e);
	CHECK("body for a rule", s != NULL && (s->needs & NEED_BODY) != 0);
	snapshot_put(s);
	metrics_free(metrics);
}

static const struct {
	const char *name, *conf;
	enum action action, done;
} overloads[] = {
	{ "default", "mode = enforce", ACTION_DEFER, ACTION_DEFER },
	{ "defer", "mode = enforce\nactions { overload = defer }",
	    ACTION_DEFER, ACTION_DEFER },
	{ "accept", "mode = enforce\nactions { overload = accept }",
	    ACTION_ACCEPT, ACTION_ACCEPT },
	{ "mark", "mode = mark", ACTION_DEFER, ACTION_ACCEPT },
};

/* The word in the file, and what is done when there is no room. */
static void
test_overload(void)
{
	const struct decision *d;
	struct world w;
	size_t i;

	for (i = 0; i < ROWS(overloads); i++) {
		world_begin(&w, overloads[i].conf);
		world_mail(&w, "<a@b.test>", WORLD_NOW);
		d = scan_overload(&w.scan);
		CHECK(overloads[i].name, d->action == overloads[i].action &&
		    d->done == overloads[i].done);
		world_end(&w);
	}
}

#define THREADS 6
#define READS 3000
#define RELOADS 40

/* Reads what current holds; a generation must stay whole while held. */
static void *
read_along(void *context)
{
	struct current *current = context;
	struct snapshot *s, *more;
	size_t i, broken = 0;

	for (i = 0; i < READS; i++) {
		s = current_get(current);
		more = snapshot_hold(s);
		snapshot_put(s);
		broken += more->active_count == 0 ||
		    strlen(more->generation) != 12 ||
		    conf_section(more->conf, "") != more->general;
		snapshot_put(more);
	}
	return (void *)(uintptr_t)broken;
}

static void
test_threads(void)
{
	struct metrics *metrics = metrics_new();
	pthread_t thread[THREADS];
	struct current *current;
	struct error e;
	void *broken;
	size_t i;

	write_files();
	current = current_new(load(metrics, NULL, &e));
	for (i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, read_along, current);
	for (i = 0; i < RELOADS; i++)
		current_publish(current, load(metrics, i % 2 == 0 ?
		    "mode=observe" : "mode=enforce", &e));
	for (i = 0; i < THREADS; i++) {
		pthread_join(thread[i], &broken);
		CHECK("whole while held", broken == NULL);
	}
	current_free(current);
	current_free(NULL);
	metrics_free(metrics);
}

int
main(int argc, char **argv)
{
	int status = compile_worker(argc, argv);

	if (status >= 0)
		return status;
	folder_begin();
	test_bad();
	test_generation();
	test_needs();
	test_no_body();
	test_weighted();
	test_overload();
	test_threads();
	folder_end();
	return test_end();
}
