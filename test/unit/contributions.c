/*
 * contributions - whole messages through the library: of each, the symbols'
 * scores add up to the score, the report is JSON, and the log one line.
 */
#include <fts.h>

#include "rules/compile.h"
#include "test/unit/json.h"
#include "test/unit/world.h"

#define FILE_MAX (1 << 20)
#define MESSAGES_MAX 400	/* of the corpora */
#define STEP 20			/* one in so many of them is unpacked */

struct tally {
	size_t messages, wrong;
};

static bool
reports_well(const struct world *w)
{
	struct report report = scan_report(&w->scan, "message");
	struct span line;
	struct buf out;
	bool good;

	buf_init(&out, REPORT_MAX);
	report_json(&report, &out);
	good = json_valid(buf_contents(&out));
	buf_reset(&out);
	report_log(&report, &out);
	line = buf_contents(&out);
	good = good && text_utf8(line) && span_chr(line, '\n') == line.n;
	buf_done(&out);
	return good;
}

static void
judge(struct world *w, const char *path, struct tally *tally)
{
	static char bytes[FILE_MAX];
	FILE *f = fopen(path, "r");
	size_t n = f != NULL ? fread(bytes, 1, sizeof(bytes), f) : 0;

	if (f == NULL)
		return;
	fclose(f);
	world_mail(w, "<bounce@example.net>", WORLD_NOW);
	scan_recipient(&w->scan, span_of("<info@example.org>"));
	world_data(w, span_make(bytes, n));
	tally->messages++;
	if (!CHECK(path, world_adds_up(w) && reports_well(w)))
		tally->wrong++;
}

static void
judge_tree(struct world *w, const char *path, struct tally *tally)
{
	char root[200];
	char *const roots[] = { root, NULL };
	FTSENT *entry;
	FTS *tree;

	snprintf(root, sizeof(root), "%s", path);
	tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	while (tree != NULL && (entry = fts_read(tree)) != NULL)
		if (entry->fts_info == FTS_F)
			judge(w, entry->fts_path, tally);
	if (tree != NULL)
		fts_close(tree);
}

/* Unpacks every STEPth message of the corpora into the folder. */
static bool
unpack(const char *suites)
{
	char command[9000];

	mkdir(folder_path("corpora"), 0700);
	snprintf(command, sizeof(command), "cd '%s/corpora' && awk -F'\\t' "
	    "'!/^#/ && NR %% %d == 0 && n++ < %d { print $1 }' dev.tsv >'%s' "
	    "2>/dev/null && { zstd -dcq dev.tar.zst | "
	    "tar -x -C '%s' -T '%s'; } 2>/dev/null",
	    suites, STEP, MESSAGES_MAX, folder_path("names"),
	    folder_path("corpora"), folder_path("names"));
	return system(command) == 0;
}

static const char conf[] = "mode = enforce\nrecipients { roles = roles }\n"
    "actions { quarantine = 8\ntag_subject = \"[SPAM]\" }\n";

int
main(int argc, char **argv)
{
	int status = compile_worker(argc, argv);
	const char *suites = test_suites();
	struct tally own = { 0, 0 }, foreign = { 0, 0 };
	struct world w;

	if (status >= 0)
		return status;
	folder_begin();
	folder_file("roles", "info\n");
	world_begin(&w, conf);
	world_client(&w, "203.0.113.9", "mail.example.net");
	judge_tree(&w, "test/corpus", &own);
	CHECK("our own messages", own.messages >= 12 && own.wrong == 0);
	if (suites == NULL || !unpack(suites)) {
		test_skip(MESSAGES_MAX, "no corpora, or nothing to unpack "
		    "them with");
	} else {
		judge_tree(&w, folder_path("corpora"), &foreign);
		CHECK("all unpacked", foreign.messages == MESSAGES_MAX);
	}
	world_end(&w);
	folder_end();
	return test_end();
}
