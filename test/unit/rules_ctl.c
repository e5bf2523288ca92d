/* rules_ctl - what "posternctl rules" tells, and how it ends. */
#include <fcntl.h>
#include <sysexits.h>

#include "base/buf.h"
#include "base/span.h"
#include "ctl/commands.h"
#include "rules/compile.h"
#include "test/unit/folder.h"
#include "test/unit/test.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))
#define ARGUMENTS_MAX 8
#define OUTPUT_MAX 100000

static const char conf[] = "dns { enabled = no }\n"
    "greylist { when = never }\n"
    "rules { files = { a.cf } }\n";

static const char rules[] = "body A /alpha/\n"
    "describe A It says alpha\n"
    "score A 1.5\n"
    "body __PART /beta/\n"
    "tflags __PART multiple\n"
    "meta M A && __PART\n"
    "body OFF /x/\n"
    "score OFF 0\n"
    "score MISSING_SUBJECT 0.4\n"
    "body TRIAL /alpha/\n"
    "tflags TRIAL shadow\n";

static const char odd[] = "body A /alpha/\n"
    "body B eval:no_such()\n"
    "score NOBODY 2\n"
    "body C /%{NAME}/\n"
    "header D eval:check_rbl('x', 'dnsbl.example.')\n"
    "add_header all X y\n";

/* A rule on trial, and what is made of it: on trial too, and not. */
static const char trial[] = "body T /alpha/\ntflags T shadow\n"
    "meta M T\nmeta N !T\nmeta O 2 * T\ntflags O shadow\nscore N 3\n";

/* What is made of a meta whose score is 0. */
static const char off[] = "body A /x/\nmeta Z A\nscore Z 0\nmeta M Z\n"
    "meta N M\n";

/* Of somebody who knows what terminals obey. */
static const char hostile[] = "body A /\\b\033]0;x\007\\d/\n"
    "describe A \033[2J\303\233 alpha\n";

static const char letter[] = "From: a@example.org\nSubject: s\n\n"
    "alpha \033[2J beta beta\n";

/* What went to a descriptor, the folder's name as "@". */
static struct {
	int saved;
	FILE *file;
} standard[3];

static void
begin_capture(int fd)
{
	fflush(fd == 1 ? stdout : stderr);
	standard[fd].saved = dup(fd);
	standard[fd].file = tmpfile();
	dup2(fileno(standard[fd].file), fd);
}

static void
end_capture(int fd, struct buf *out)
{
	static char bytes[OUTPUT_MAX];
	struct span rest, name = span_of(folder);
	size_t n, at;

	fflush(fd == 1 ? stdout : stderr);
	dup2(standard[fd].saved, fd);
	close(standard[fd].saved);
	rewind(standard[fd].file);
	n = fread(bytes, 1, sizeof(bytes), standard[fd].file);
	fclose(standard[fd].file);
	rest = span_make(bytes, n);
	/* There are versions of Vectorscan that want to be told of. */
	at = span_find(rest, span_of("# this version of Vectorscan"));
	if (at < n) {
		rest = span_skip(rest, at);
		rest = span_skip(rest, span_chr(rest, '\n') + 1);
		memmove(bytes + at, rest.p, rest.n);
		rest = span_make(bytes, at + rest.n);
	}
	while ((at = span_find(rest, name)) < rest.n) {
		buf_span(out, span_head(rest, at));
		buf_char(out, '@');
		rest = span_skip(rest, at + name.n);
	}
	buf_span(out, rest);
}

/* Arguments beginning with "@" are files of the folder. */
static int
run(const char *const *arguments, struct buf *out, struct buf *err)
{
	static char words[ARGUMENTS_MAX][200];
	struct globals globals = {.conf = folder_path("conf")};
	char name[] = "rules", *argv[ARGUMENTS_MAX + 2] = {name};
	int argc = 1, status;

	for (; argc <= ARGUMENTS_MAX && *arguments != NULL; arguments++) {
		snprintf(words[argc - 1], sizeof(words[0]), "%s%s",
		    **arguments == '@' ? folder : "",
		    *arguments + (**arguments == '@'));
		argv[argc] = words[argc - 1];
		argc++;
	}
	buf_reset(out);
	buf_reset(err);
	begin_capture(1);
	begin_capture(2);
	status = rules_main(&globals, argc, argv);
	end_capture(1, out);
	end_capture(2, err);
	return status;
}

static const struct {
	const char *name, *rules, *arguments[ARGUMENTS_MAX];
	int status;
	const char *out, *err;	/* err: how it begins */
} rows[] = {
	{ "check", "body A /x/\n", { "check" }, EX_OK,
	    "# 1 body\n# 0 rules are not supported, 0 remarks\n", "" },
	{ "check of odd rules", odd, { "check" }, 1,
	    "@/a.cf:2: B: there is no function no_such here\n"
	    "@/a.cf:4: C: no pattern names a group NAME, and there are no "
	    "other tags for %{} here\n"
	    "@/a.cf:6: add_header is ignored: header fields are added as "
	    "postern.conf says\n"
	    "@/a.cf:3: score NOBODY: no rule or check has this name\n"
	    "# 2 body\n# 1 eval\n# 1 network\n"
	    "# 2 rules are not supported, 2 remarks\n", "" },
	{ "check of a broken file", "body A\n", { "check" }, EX_CONFIG, "",
	    "posternctl: @/a.cf:1: body A wants a definition\n" },
	{ "list", rules, { "list" }, EX_OK, "body       A 1.5\n"
	    "body       __PART 0.0\n"
	    "meta       M 1.0\n"
	    "body       OFF 0.0 off\n"
	    "body       TRIAL 1.0 shadow\n", "" },
	{ "why", rules, { "why", "A" }, EX_OK, "A\n"
	    "\tscore 1.5 (@/a.cf:3)\n\tIt says alpha\n\tbody /alpha/\n"
	    "\tdefined in @/a.cf:1\n\tmatched by PCRE2 on every text\n"
	    "\tpart of M\n", "" },
	{ "why a meta", rules, { "why", "M" }, EX_OK, "M\n\tscore 1.0\n"
	    "\tmeta A && __PART\n\tdefined in @/a.cf:6\n", "" },
	{ "why not", rules, { "why", "OFF" }, EX_OK, "OFF\n"
	    "\tscore 0.0 (@/a.cf:8)\n\tbody /x/\n\tdefined in @/a.cf:7\n"
	    "\tnot run: it has the score 0\n", "" },
	{ "why not, of a meta", off, { "why", "M" }, EX_OK, "M\n"
	    "\tscore 1.0\n\tmeta Z\n\tdefined in @/a.cf:4\n"
	    "\tnot run: a part of it has the score 0\n\tpart of N\n", "" },
	{ "check of parts with the score 0", off, { "check" }, EX_OK,
	    "@/a.cf:4: meta M is never computed: Z is part of it and has the "
	    "score 0\n"
	    "@/a.cf:5: meta N is never computed: M is part of it and is never "
	    "computed\n"
	    "# 1 body\n# 3 meta\n"
	    "# 0 rules are not supported, 2 remarks\n", "" },
	{ "check of metas on what comes later", "body A /x/\n"
	    "meta B A && !REPUTATION_GOOD\nmeta __C TRUSTED_SENDER\n"
	    "meta D B || __C\nmeta E GREYLISTED\nbody GREYLISTED /x/\n",
	    { "check" }, EX_OK, "# 2 body\n# 4 meta\n"
	    "# 0 rules are not supported, 0 remarks\n", "" },
	{ "check of a circle", "meta A B || C\nmeta B A\nbody C /x/\n"
	    "meta D A\n", { "check" }, 1,
	    "@/a.cf:1: A: its expression leads into a circle of metas\n"
	    "@/a.cf:2: B: its expression leads into a circle of metas\n"
	    "@/a.cf:4: D: its expression leads into a circle of metas\n"
	    "# 1 body\n# 3 meta\n"
	    "# 3 rules are not supported, 0 remarks\n", "" },
	{ "why on trial", trial, { "why", "T" }, EX_OK, "T\n\tscore 1.0\n"
	    "\tbody /alpha/\n\tdefined in @/a.cf:1\n\ttflags shadow\n"
	    "\ton trial: it has no effect\n"
	    "\tmatched by PCRE2 on every text\n"
	    "\tpart of M N O\n", "" },
	{ "why a check's symbol and a rule",
	    "body MISSING_DATE /x/\nscore MISSING_DATE 1\n",
	    { "why", "MISSING_DATE" }, EX_OK, "MISSING_DATE\n"
	    "\tscore 1.0 (@/a.cf:2)\n\tbody /x/\n\tdefined in @/a.cf:1\n"
	    "\tmatched by PCRE2 on every text\n"
	    "\traised by a check of Postern's own\n", "" },
	{ "why a check's symbol", rules, { "why", "MISSING_SUBJECT" }, EX_OK,
	    "MISSING_SUBJECT\n\tscore 0.4 (@/a.cf:9)\n"
	    "\traised by a check of Postern's own\n", "" },
	{ "why not supported", odd, { "why", "B" }, EX_OK, "B\n"
	    "\tscore 1.0\n\teval no_such()\n\tdefined in @/a.cf:2\n"
	    "\tnot supported: there is no function no_such here\n", "" },
	{ "why, of somebody hostile", hostile, { "why", "A" }, EX_OK, "A\n"
	    "\tscore 1.0\n\t\\x1b[2J\303\233 alpha\n"
	    "\tbody /\\b\\x1b]0;x\\x07\\d/\n\tdefined in @/a.cf:1\n"
	    "\tmatched by PCRE2 on every text\n", "" },
	{ "why nothing", rules, { "why", "NOBODY" }, EX_DATAERR, "",
	    "posternctl: no rule or symbol NOBODY" },
	{ "why what only a score line names", odd, { "why", "NOBODY" },
	    EX_DATAERR, "", "posternctl: no rule or symbol NOBODY" },
	{ "hits", rules, { "hits", "@/names" }, EX_OK,
	    "{\"file\":\"@/letter\",\"hits\":{\"A\":1,\"__PART\":2,\"M\":2,"
	    "\"TRIAL\":1},\"score\":2.5}\n", "" },
	{ "hits with jobs", rules, { "hits", "--jobs", "2", "@/names" },
	    EX_OK, "{\"file\":\"@/letter\",\"hits\":{\"A\":1,\"__PART\":2,"
	    "\"M\":2,\"TRIAL\":1},\"score\":2.5}\n", "" },
	{ "hits of trials", trial, { "hits", "@/names" }, EX_OK,
	    "{\"file\":\"@/letter\",\"hits\":{\"T\":1,\"N\":1,\"O\":2},"
	    "\"score\":3.0}\n", "" },
	{ "hits without a message", rules, { "hits", "@/missing" },
	    EX_NOINPUT, "", "posternctl: @/gone: " },
	{ "hits without a list", rules, { "hits", "@/gone" }, EX_NOINPUT, "",
	    "posternctl: @/gone: " },
	{ "jobs", rules, { "hits", "--jobs", "0", "@/names" }, EX_USAGE, "",
	    "posternctl: --jobs wants a number" },
	{ "two lists", rules, { "hits", "@/names", "@/names" }, EX_USAGE, "",
	    "posternctl: one file of file names wanted" },
	{ "test", rules, { "test", "@/extra.cf", "@/letter" }, EX_OK,
	    "@/letter:\n\tX 2.0: alpha \\x1b\n\t__Y x2: beta\n"
	    "\tZ 1.0: A X\n", "" },
	{ "test of a file of the configuration: read once",
	    "if can(Mail::SpamAssassin::Conf::compat_again)\n"
	    "score A (1)\nelse\nbody A /alpha/\nscore A 2\nendif\n"
	    "enable_compat again\n", { "test", "@/./a.cf", "@/letter" },
	    EX_OK, "@/letter:\n\tA 2.0: alpha\n", "" },
	{ "test of a rule on trial", rules, { "test", "@/trial.cf",
	    "@/letter" }, EX_OK, "@/letter:\n\tU 1.0 on trial: alpha\n",
	    "" },
	{ "test of what is not supported", "", { "test", "@/odd.cf",
	    "@/letter" }, EX_OK, "@/letter:\n\tA 1.0: alpha\n",
	    "posternctl: @/odd.cf:2: B: there is no function no_such here\n"
	    "posternctl: @/odd.cf:4: C: no pattern names a group NAME" },
	{ "test of a broken file", rules, { "test", "@/broken.cf",
	    "@/letter" }, EX_CONFIG, "", "posternctl: @/broken.cf:1: " },
	{ "test of no file", rules, { "test", "@/gone.cf", "@/letter" },
	    EX_CONFIG, "", "posternctl: " },
	{ "test of no message", rules, { "test", "@/extra.cf", "@/gone" },
	    EX_NOINPUT, "", "posternctl: @/gone: " },
	{ "no command", rules, { NULL }, EX_USAGE, "",
	    "usage: posternctl rules check \n" },
	{ "unknown command", rules, { "chek" }, EX_USAGE, "", "usage: " },
	{ "too few", rules, { "why" }, EX_USAGE, "", "usage: " },
	{ "too many", rules, { "list", "x" }, EX_USAGE, "", "usage: " },
};

static void
make_files(void)
{
	char names[200];

	folder_file("conf", conf);
	folder_file("letter", letter);
	snprintf(names, sizeof(names), "%s\n", folder_path("letter"));
	folder_file("names", names);
	snprintf(names, sizeof(names), "%s\n", folder_path("gone"));
	folder_file("missing", names);
	folder_file("extra.cf", "body X /alpha ./\nscore X 2\n"
	    "body __Y /beta/\ntflags __Y multiple\nmeta Z A && X && !W\n"
	    "body W /omega/\n");
	folder_file("trial.cf", "body U /alpha/\ntflags U shadow\n");
	folder_file("odd.cf", odd);
	folder_file("broken.cf", "body\n");
}

int
main(int argc, char **argv)
{
	int status = compile_worker(argc, argv);
	struct buf out, err;
	size_t i;

	if (status >= 0)
		return status;
	folder_begin();
	make_files();
	buf_init(&out, OUTPUT_MAX);
	buf_init(&err, OUTPUT_MAX);
	for (i = 0; i < ROWS(rows); i++) {
		folder_file("a.cf", rows[i].rules);
		status = run(rows[i].arguments, &out, &err);
		CHECK(rows[i].name, status == rows[i].status);
		CHECK_TEXT(rows[i].name, buf_string(&out), rows[i].out);
		if (!CHECK(rows[i].name, rows[i].err[0] == '\0' ?
		    err.n == 0 : span_starts(buf_contents(&err),
		    rows[i].err)))
			fprintf(stderr, "  got <%s>\n", buf_string(&err));
	}
	buf_done(&out);
	buf_done(&err);
	folder_end();
	return test_end();
}
