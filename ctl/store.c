/* store - "posternctl store": what is kept, and how it is moved. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ctl/audit.h"
#include "ctl/commands.h"
#include "ctl/storefile.h"
#include "open.h"
#include "settings.h"

#define AUDIT_TEXT_MAX (1 << 20)

static const char usage_text[] =
    "usage: posternctl store audit [--json]\n"
    "       posternctl store export file|-\n"
    "       posternctl store import file|-\n";

/* What the configuration says of the store. */
struct place {
	const struct section **sections;
	struct conf *conf;
	struct store *store;
};

static void
place_close(struct place *p)
{
	if (p->store != NULL)
		store_close(p->store);
	conf_free(p->conf);
	free(p->sections);
}

/*
 * What root has made here is the daemon's, or else it could not open it.  Who
 * is not root has made it as whoever that is.
 */
static void
place_own(const struct place *p)
{
	const struct store_settings *store = conf_section(p->conf, "store");
	const struct daemon_settings *daemon = conf_section(p->conf, "daemon");
	static const char *const names[] = {"", "/data.mdb", "/lock.mdb"};
	const struct passwd *user;
	struct stat st;
	char *path;
	size_t i;

	if (geteuid() != 0 || store->backend != STORE_KIND_EMBEDDED ||
	    (user = getpwnam(daemon->user)) == NULL)
		return;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path = mem_printf("%s%s", store->path, names[i]);
		if (lstat(path, &st) == 0 && st.st_uid == 0 &&
		    lchown(path, user->pw_uid, user->pw_gid) != 0)
			fprintf(stderr, "posternctl: %s: %s\n", path,
			    strerror(errno));
		free(path);
	}
}

/* A status of sysexits; what is wrong has been told. */
static int
place_open(struct place *p, const struct globals *g, bool write)
{
	struct error error = {""};
	bool busy;

	memset(p, 0, sizeof(*p));
	p->sections = settings_sections();
	p->conf = conf_load(g->conf, p->sections, g->overrides, &error);
	if (p->conf == NULL) {
		fprintf(stderr, "posternctl: %s\n", error.text);
		return EX_CONFIG;
	}
	p->store = open_tool_store(p->conf, write, &error);
	if (p->store != NULL) {
		if (write)
			place_own(p);
		return EX_OK;
	}
	busy = strstr(error.text, "in use already") != NULL;
	fprintf(stderr, "posternctl: %s%s\n", error.text, busy ?
	    "; stop the daemon before anything is imported" : "");
	return EX_UNAVAILABLE;
}

static void
print_audit(struct audit *a, const struct place *p, bool json)
{
	const struct store_settings *settings = conf_section(p->conf, "store");
	char *path = mem_printf("%s/audit", settings->path);
	struct error error = {""};
	struct buf out;

	buf_init(&out, AUDIT_TEXT_MAX);
	audit_compare(a, path);
	if (json) {
		audit_json(a, &out);
		buf_char(&out, '\n');
	} else {
		audit_print(a, &out);
	}
	fwrite(out.p, 1, out.n, stdout);
	buf_done(&out);
	if (audit_save(a, path, &error) != 0)
		fprintf(stderr, "posternctl: %s; the next audit cannot tell "
		    "the growth\n", error.text);
	free(path);
}

static int
run_audit(const struct place *p, bool json)
{
	struct error error = {""};
	struct audit audit;
	int status = EX_OK;

	audit_init(&audit, clock_wall());
	if (audit_run(&audit, p->store, &error) == 0) {
		print_audit(&audit, p, json);
	} else {
		fprintf(stderr, "posternctl: %s\n", error.text);
		status = EX_UNAVAILABLE;
	}
	audit_done(&audit);
	return status;
}

static void
print_counts(const struct storefile_counts *c, const char *done)
{
	fprintf(stderr, "%zu record%s %s", c->records,
	    c->records == 1 ? "" : "s", done);
	if (c->expired > 0)
		fprintf(stderr, ", %zu left out as expired", c->expired);
	if (c->damaged > 0)
		fprintf(stderr, ", %zu left out as damaged", c->damaged);
	if (c->failed > 0)
		fprintf(stderr, ", %zu failed", c->failed);
	fputc('\n', stderr);
}

static int
run_file(const struct place *p, const char *path, bool import)
{
	struct storefile_counts counts;
	struct error error = {""};
	int status;

	status = import ?
	    storefile_import(p->store, path, clock_wall(), &counts, &error) :
	    storefile_export(p->store, path, clock_wall(), &counts, &error);
	if (status != EX_OK)
		fprintf(stderr, "posternctl: %s\n", error.text);
	if (status == EX_OK || counts.records > 0)
		print_counts(&counts, import ? "imported" : "exported");
	return status;
}

int
store_main(const struct globals *g, int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	bool audit = strcmp(verb, "audit") == 0;
	bool import = strcmp(verb, "import") == 0;
	bool json = argc == 3 && strcmp(argv[2], "--json") == 0;
	struct place place;
	int status;

	if (audit ? argc != 2 && !json : argc != 3 ||
	    (!import && strcmp(verb, "export") != 0)) {
		fputs(usage_text, stderr);
		return EX_USAGE;
	}
	status = place_open(&place, g, import);
	if (status == EX_OK)
		status = audit ? run_audit(&place, json) :
		    run_file(&place, argv[2], import);
	place_close(&place);
	return status;
}
