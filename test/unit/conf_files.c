/*
 * conf_files - configuration files: includes, patterns, and files that cannot
 * be read.
 */
#include <sys/stat.h>

#include <unistd.h>

#include "test/unit/conf_rows.h"

/* Files by name and text; the first is loaded, {0} ends.  @ is the folder. */
struct tree {
	const char *name;
	struct {
		const char *name, *text;
	} files[6];
	const char *key, *expected;
};

static const struct tree trees[] = {
	{ "include", { { "m", "include \"a\"" }, { "a", "mode = mark" } },
	    "mode", "mark" },
	{ "include from a folder", { { "m", "include 'd/a'" },
	    { "d/a", "include \"b\"" }, { "d/b", "mode = mark" } },
	    "mode", "mark" },
	{ "absolute include", { { "m", "include \"@/a\"" },
	    { "a", "mode = mark" } }, "mode", "mark" },
	{ "pattern", { { "m", "include \"d/*.conf\"" },
	    { "d/1.conf", "mode = mark" }, { "d/2.conf", "name = x" },
	    { "d/3.bak", "{" } }, "name", "\"x\"" },
	{ "pattern that matches nothing", { { "m", "include \"d/*.conf\"" } },
	    "mode", "observe" },
	{ "quoted pattern", { { "m", "include 'a\\*'" },
	    { "a*", "mode = mark" }, { "ab", "{" } }, "mode", "mark" },
	{ "included section", { { "m", "spf { enabled = no }\n"
	    "include \"a\"" }, { "a", "spf { timeout = 9s }" } },
	    "spf.timeout", "9s" },
	{ "same file twice without keys", { { "m", "include \"a\"\n"
	    "include \"a\"" }, { "a", "" } }, "mode", "observe" },
	{ "path in an include", { { "m", "include 'd/a'" },
	    { "d/a", "greylist { rules = x }" } }, "greylist.rules",
	    "{ \"@/d/x\" }" },
	{ "paths of a pattern in order", { { "m", "greylist { rules = { "
	    "d/*.cf, z } }" }, { "d/b.cf", "" }, { "d/a.cf", "" },
	    { "d/B.cf", "" }, { "d/[1].cf", "" } }, "greylist.rules",
	    "{ \"@/d/B.cf\", \"@/d/\\\\[1].cf\", \"@/d/a.cf\", "
	    "\"@/d/b.cf\", \"@/z\" }" },
	{ "what others leave beside a file", { { "m", "include \"d/*\"" },
	    { "d/a", "mode = mark" }, { "d/a~", "{" },
	    { "d/a.dpkg-dist", "{" }, { "d/a.dpkg-old", "{" },
	    { "d/a.rpmnew", "{" } }, "mode", "mark" },
	{ "left beside a file, but named", { { "m", "include 'd/a~'" },
	    { "d/a~", "mode = mark" } }, "mode", "mark" },
	{ "folder with signs of patterns", { { "m", "include 'd[1]/m'" },
	    { "d[1]/m", "{" }, { "d1/m", "include \"../d\\\\[1]/n\"" },
	    { "d[1]/n", "include \"*.x\"" }, { "d[1]/q.x", "mode = mark" } },
	    "mode", "mark" },

	{ "name on disk is no text", { { "m", "\ngreylist { rules = d/* }" },
	    { "d/\xff", "" } }, NULL,
	    "@/m:2: \"rules\": invalid UTF-8 in a path" },
	{ "include of no path", { { "m", "\ninclude \"a\\n\"" } }, NULL,
	    "@/m:2: include: a control byte in a path" },
	{ "error in an include", { { "m", "\n\ninclude \"a\"" },
	    { "a", "\nmode = x\n" } }, NULL, "@/a:2: \"mode\" must be one of "
	    "observe, mark, enforce, not \"x\"" },
	{ "line after an include", { { "m", "include \"a\"\n\nx = 1" },
	    { "a", "\n\n\n\n" } }, NULL, "@/m:3: unknown key \"x\"" },
	{ "section left open by an include", { { "m", "include \"a\"\n}" },
	    { "a", "\nspf {\n" } }, NULL,
	    "@/a:2: section \"spf\" opened here is not closed" },
	{ "set twice across files", { { "m", "mode = mark\ninclude \"a\"" },
	    { "a", "\n\nmode = mark" } }, NULL,
	    "@/a:3: \"mode\" is already set at @/m:1" },
	{ "set twice in two includes", { { "m", "include \"[ab]\"" },
	    { "a", "spf { enabled = no }" }, { "b", "\nspf { enabled = no }" }
	    }, NULL, "@/b:2: \"enabled\" is already set at @/a:1" },
	{ "file twice", { { "m", "include \"a\"\ninclude \"a\"" },
	    { "a", "mode = mark" } }, NULL,
	    "@/a:1: \"mode\" is already set at @/a:1" },
	{ "absent", { { "m", "\ninclude \"a\"" } }, NULL,
	    "@/m:2: include of \"@/a\": No such file or directory" },
	{ "not a file", { { "m", "\ninclude \"d\"" }, { "d/x", "" } }, NULL,
	    "@/m:2: include of \"@/d\": not a regular file" },
	{ "itself", { { "m", "\ninclude \"m\"" } }, NULL, "@/m:2: include of "
	    "\"@/m\": the file includes itself, directly or through others" },
	{ "loop", { { "m", "include \"a\"" }, { "a", "\ninclude \"b\"" },
	    { "b", "\n\ninclude \"./a\"" } }, NULL, "@/b:3: include of "
	    "\"@/./a\": the file includes itself, directly or through "
	    "others" },
	{ "unclosed comment in an include", { { "m", "include \"a\" */" },
	    { "a", "\n/*" } }, NULL,
	    "@/a:2: the comment opened here is not closed" },
	{ "invalid include", { { "m", "include \"a\"" },
	    { "a", "\n\n\xff" } }, NULL, "@/a:3: invalid UTF-8" },
	{ "no such main file", { { "d/m", "" } }, NULL, NULL },
};

static char folder[] = "/tmp/postern-conf-XXXXXX";

static void
file_path(const char *name, char *out, size_t n)
{
	snprintf(out, n, "%s/%s", folder, name);
}

/* Copies text with the folder's name for every @. */
static void
put_text(FILE *f, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '@')
			fputs(folder, f);
		else
			putc(*text, f);
	}
}

static void
file_write(const char *name, const char *text)
{
	char path[200];
	FILE *f;

	file_path(name, path, sizeof(path));
	if (strchr(name, '/') != NULL) {
		*strrchr(path, '/') = '\0';
		mkdir(path, 0700);
		file_path(name, path, sizeof(path));
	}
	f = fopen(path, "w");
	if (!CHECK(name, f != NULL))
		return;
	put_text(f, text);
	fclose(f);
}

static void
file_remove(const char *name)
{
	char path[200];

	file_path(name, path, sizeof(path));
	unlink(path);
	if (strchr(name, '/') != NULL) {
		*strrchr(path, '/') = '\0';
		rmdir(path);
	}
}

static void
check_tree(const struct tree *tree, const char *expected)
{
	struct error error = { "" };
	struct conf *conf;
	char path[200], value[2000];

	file_path("m", path, sizeof(path));
	conf = conf_load(path, sections, NULL, &error);
	if (tree->key == NULL) {
		CHECK(tree->name, conf == NULL);
		CHECK_TEXT(tree->name, error.text, expected);
	} else if (CHECK(tree->name, conf != NULL)) {
		printed_value(conf, tree->key, value, sizeof(value));
		CHECK_TEXT(tree->name, value, expected);
		check_round_trip(tree->name, conf);
	} else {
		fprintf(stderr, "  %s\n", error.text);
	}
	conf_free(conf);
}

static void
test_trees(void)
{
	const struct tree *tree;
	char *expected;
	size_t i, j, n;
	FILE *f;

	for (i = 0; i < sizeof(trees) / sizeof(*trees); i++) {
		tree = &trees[i];
		for (j = 0; j < 6 && tree->files[j].name != NULL; j++)
			file_write(tree->files[j].name, tree->files[j].text);
		f = open_memstream(&expected, &n);
		put_text(f, tree->expected != NULL ? tree->expected :
		    "@/m: No such file or directory");
		fclose(f);
		check_tree(tree, expected);
		free(expected);
		while (j-- > 0)
			file_remove(tree->files[j].name);
	}
}

static void
check_load(const char *row, const char *name, const char *expected)
{
	struct error error = { "" };
	char path[200], wanted[400];

	file_path(name, path, sizeof(path));
	snprintf(wanted, sizeof(wanted), "%s%s", path, expected);
	CHECK(row, conf_load(path, sections, NULL, &error) == NULL);
	CHECK_TEXT(row, error.text, wanted);
}

/* Root reads everything, so root stops being root for this one. */
static void
check_closed(void)
{
	struct error error = { "" };
	bool root = geteuid() == 0;
	char path[200];

	file_write("closed", "");
	file_path("closed", path, sizeof(path));
	CHECK("unreadable", chmod(path, 0) == 0 && chmod(folder, 0711) == 0);
	CHECK("unreadable", !root || seteuid(65534) == 0);
	check_load("unreadable", "closed", ": Permission denied");
	snprintf(path, sizeof(path), "greylist { rules = '%s/*' }", folder);
	CHECK("closed folder", conf_parse("t", span_of(path), sections, NULL,
	    &error) == NULL);
	CHECK_TEXT("closed folder", error.text, "t:1: \"rules\": "
	    "cannot read every folder of the pattern");
	CHECK("unreadable", !root || seteuid(0) == 0);
	file_remove("closed");
}

static void
test_odd_files(void)
{
	char path[200], *large = malloc(CONF_FILE_MAX + 2);

	file_path("fifo", path, sizeof(path));
	mkfifo(path, 0600);
	check_load("named pipe", "fifo", ": not a regular file");
	file_remove("fifo");
	check_load("folder", ".", ": not a regular file");
	memset(large, '\n', CONF_FILE_MAX + 1);
	large[CONF_FILE_MAX + 1] = '\0';
	memcpy(large + CONF_FILE_MAX - 1, "x", 1);
	file_write("large", large);
	check_load("too large", "large",
	    ": larger than a configuration file may be (1 MiB)");
	large[CONF_FILE_MAX] = '\0';
	file_write("large", large);
	check_load("largest", "large", ":1048576: expected \"=\" or \"{\" "
	    "after \"x\", not \"the end\"");
	file_remove("large");
	free(large);
	check_closed();
}

/* f0 includes f1 and so on; depth is how many includes there are. */
static bool
chain_loads(int depth, struct error *error)
{
	struct conf *conf;
	char name[20], text[40], path[200];
	int i;

	for (i = 0; i <= depth; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		snprintf(text, sizeof(text), "\ninclude \"f%d\"", i + 1);
		file_write(name, i < depth ? text : "");
	}
	file_path("f0", path, sizeof(path));
	conf = conf_load(path, sections, NULL, error);
	for (i = 0; i <= depth; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		file_remove(name);
	}
	conf_free(conf);
	return conf != NULL;
}

static void
test_depth(void)
{
	struct error error = { "" };
	char wanted[400];

	CHECK("depth", chain_loads(CONF_INCLUDE_DEPTH, &error));
	CHECK("too deep", !chain_loads(CONF_INCLUDE_DEPTH + 1, &error));
	snprintf(wanted, sizeof(wanted), "%s/f8:2: include of \"%s/f9\": "
	    "includes nest deeper than 8", folder, folder);
	CHECK_TEXT("too deep", error.text, wanted);
}

/* Few files that include each other often must not take for ever. */
static void
test_many(void)
{
	struct error error = { "" };
	char path[200];

	file_write("m", "include \"a\"\ninclude \"a\"\ninclude \"a\"\n"
	    "include \"a\"\ninclude \"a\"");
	file_write("a", "include \"[b-f]\"\ninclude \"[b-f]\"");
	file_write("b", "include \"[c-f]\"\ninclude \"[c-f]\"\n");
	file_write("c", "include \"[d-f]\"\ninclude \"[d-f]\"\n");
	file_write("d", "include \"[ef]\"\ninclude \"[ef]\"\n");
	file_write("e", "include \"f\"\ninclude \"f\"\n");
	file_write("f", "");
	file_path("m", path, sizeof(path));
	CHECK("many", conf_load(path, sections, NULL, &error) == NULL);
	CHECK("many", strstr(error.text, "more than 1000 files") != NULL);
	for (*path = 'a'; *path <= 'f'; ++*path)
		file_remove((char[]){ *path, '\0' });
	file_remove("m");
}

/* Paths come out absolute; messages keep the name that was given. */
static void
test_relative(void)
{
	static const char *const overrides[] = { "greylist.rules=r", NULL };
	const struct greylist *g;
	struct error error = { "" };
	struct conf *conf;
	char cwd[200], wanted[300];

	if (!CHECK("relative", getcwd(cwd, sizeof(cwd)) != NULL) ||
	    !CHECK("relative", chdir(folder) == 0))
		return;
	file_write("d/m", "include \"n\"");
	file_write("d/n", "greylist { file = f }");
	conf = conf_load("d/m", sections, overrides, &error);
	CHECK_TEXT("relative", error.text, "");
	if (conf != NULL) {
		g = conf_section(conf, "greylist");
		snprintf(wanted, sizeof(wanted), "%s/d/f", folder);
		CHECK_TEXT("relative", g->file, wanted);
		snprintf(wanted, sizeof(wanted), "%s/r", folder);
		CHECK_TEXT("relative -o", g->rules.item[0], wanted);
		CHECK_TEXT("relative", conf_origin(conf, "greylist", "file"),
		    "d/n:1");
		check_round_trip("relative", conf);
	}
	conf_free(conf);
	file_remove("d/n");
	file_remove("d/m");
	CHECK("relative", chdir(cwd) == 0);
}

int
main(void)
{
	if (!CHECK("folder", mkdtemp(folder) != NULL))
		return test_end();
	test_trees();
	test_odd_files();
	test_depth();
	test_many();
	test_relative();
	CHECK("folder", rmdir(folder) == 0);
	return test_end();
}
