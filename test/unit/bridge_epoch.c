/* bridge_epoch - a shared store that loses its contents. */
#include "store/epoch.h"

#include <signal.h>
#include <sys/wait.h>

#include "test/unit/far.h"
#include "test/unit/folder.h"

static void
test_epoch_text(void)
{
	static const struct {
		const char *name, *text;
		bool good;
	} rows[] = {
		{"good", "0123456789abcdef0123456789abcdef 5 0", true},
		{"empty", "", false},
		{"short id", "0123456789abcdef0123456789abcde 5 0", false},
		{"long id", "0123456789abcdef0123456789abcdef0 5 0", false},
		{"no digit", "0123456789abcdeg0123456789abcdef 5 0", false},
		{"no time", "0123456789abcdef0123456789abcdef", false},
		{"one time", "0123456789abcdef0123456789abcdef 5", false},
		{"more", "0123456789abcdef0123456789abcdef 5 0 1", false},
		{"negative", "0123456789abcdef0123456789abcdef -5 0", false},
		{"huge", "0123456789abcdef0123456789abcdef 5 "
		    "99999999999999999999", false},
	};
	struct epoch e;
	char text[EPOCH_TEXT_MAX];
	size_t i;

	for (i = 0; i < AMONG(rows); i++) {
		CHECK(rows[i].name, epoch_parse(span_of(rows[i].text), &e) ==
		    rows[i].good);
		if (rows[i].good)
			CHECK_TEXT(rows[i].name, epoch_print(&e, text),
			    rows[i].text);
	}
	epoch_make(&e, INT64_MAX, INT64_MAX);
	CHECK("made", epoch_parse(span_of(epoch_print(&e, text)), &e));
}

static void
test_epoch_judge(void)
{
	static const struct {
		const char *name, *remembered, *found;
		int64_t cold_until;
		enum epoch_step step;
	} rows[] = {
		{"first start of all", "", "", 0, EPOCH_BEGIN},
		{"first start of this host", "", "a", 0, EPOCH_ACCEPT},
		{"into a cold store", "", "a", 5, EPOCH_ACCEPT},
		{"as ever", "a", "a", 0, EPOCH_SAME},
		{"as ever after a loss", "a", "a", 5, EPOCH_SAME},
		{"gone", "a", "", 0, EPOCH_LOST},
		{"another host noticed the loss", "a", "b", 5, EPOCH_ACCEPT},
		{"a new host came to the empty one", "a", "b", 0, EPOCH_LOST},
	};
	struct epoch remembered, found;
	size_t i;

	for (i = 0; i < AMONG(rows); i++) {
		memset(&remembered, 0, sizeof(remembered));
		memset(&found, 0, sizeof(found));
		strcpy(remembered.id, rows[i].remembered);
		strcpy(found.id, rows[i].found);
		found.cold_until = rows[i].cold_until;
		CHECK(rows[i].name, epoch_judge(&remembered, &found) ==
		    rows[i].step);
	}
}

/* The file of the epoch cut after each byte, and other rubbish. */
static void
test_epoch_file(void)
{
	const char *path = folder_path("epoch");
	struct epoch e, got;
	char text[200];
	size_t n, i;
	FILE *f;

	epoch_make(&e, NOW, NOW + 5);
	CHECK("saved", epoch_save(path, &e, NULL) == 0);
	epoch_load(path, &got);
	CHECK("loaded", strcmp(got.id, e.id) == 0 && got.created == NOW &&
	    got.cold_until == NOW + 5);
	f = fopen(path, "r");
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	for (i = 0; i < n; i++) {
		f = fopen(path, "w");
		fwrite(text, 1, i, f);
		fclose(f);
		epoch_load(path, &got);
		CHECK("cut", got.id[0] == '\0');
	}
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	epoch_load(folder_file("epoch", text), &got);
	CHECK("rubbish", got.id[0] == '\0');
	epoch_load(folder_path("no such file"), &got);
	CHECK("absent", got.id[0] == '\0');
	CHECK("no folder", epoch_save("/nonexistent/epoch", &e, NULL) != 0);
}

/* Who is killed at any moment leaves a whole file. */
static void
test_epoch_kill(void)
{
	const char *path = folder_path("killed");
	struct epoch e;
	pid_t pid;
	int i;

	for (i = 0; i < 20; i++) {
		pid = fork();
		if (pid == 0)
			for (;;) {
				epoch_make(&e, NOW, 0);
				epoch_save(path, &e, NULL);
			}
		usleep(3000 + (unsigned)i * 511);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		if (access(path, F_OK) != 0)
			continue;
		epoch_load(path, &e);
		CHECK("whole", e.id[0] != '\0');
	}
	CHECK("written", access(path, F_OK) == 0);
}

/* Two hosts at one store, and starts of daemons. */
static void
test_epoch_hosts(void)
{
	struct bridge_settings settings = {true, "", 6 * HOUR};
	struct store_part second;
	struct store *other;
	struct store_health h;
	struct store_op op = {0};
	char state[200];
	struct lab l;

	snprintf(state, sizeof(state), "%s", folder_path("state"));
	lab_open(&l, true, state);
	CHECK("a first start is warm", !lab_health(&l).cold);
	CHECK("remembered", access(state, F_OK) == 0);
	/* Another host that never was here, over the same far store. */
	second = bridge_part(l.part, &settings);
	other = NULL;
	far_flush(&l.far);
	bridge_tick(second.state, l.now, l.steady);
	second.backend->health(second.state, &h);
	CHECK("who is new cannot know", !h.cold);
	lab_pass(&l, BRIDGE_LOOK_MS);
	CHECK("who is not tells all", lab_health(&l).cold);
	bridge_tick(second.state, l.now, l.steady + BRIDGE_LOOK_MS);
	second.backend->health(second.state, &h);
	CHECK("so the new one knows, too", h.cold);
	epoch_op(&op, STORE_PUT, "rubbish");
	store_run(l.store, &op, 1, l.now, WAIT);
	lab_pass(&l, 7 * HOUR);
	CHECK("rubbish is a loss", lab_health(&l).cold);
	lab_pass(&l, 7 * HOUR);
	CHECK("and mended", !lab_health(&l).cold);
	/* The store is emptied while no daemon runs. */
	far_flush(&l.far);
	settings.state = state;
	free(l.store);
	l.part = bridge_part(second, &settings);
	other = store_new(l.part.backend, l.part.state);
	bridge_tick(l.part.state, l.now, l.steady);
	store_health(other, &h);
	CHECK("a start finds the loss", h.cold);
	store_close(other);
}

/* A host whose clock is years ahead does not make others cold for years. */
static void
test_epoch_clock(void)
{
	struct store_op op = {0};
	struct lab l;

	lab_open(&l, true, "");
	epoch_op(&op, STORE_PUT, "ffffffffffffffffffffffffffffffff 1 "
	    "4000000000000");
	store_run(l.store, &op, 1, l.now, WAIT);
	lab_pass(&l, BRIDGE_LOOK_MS);
	CHECK("cold", lab_health(&l).cold);
	lab_pass(&l, 6 * HOUR);
	CHECK("but not for ever", !lab_health(&l).cold);
	/* Our own was a day ahead when the store was lost, and is set right. */
	l.now += DAY;
	far_flush(&l.far);
	lab_pass(&l, BRIDGE_LOOK_MS);
	CHECK("cold again", lab_health(&l).cold);
	l.now -= DAY;
	lab_pass(&l, BRIDGE_LOOK_MS);
	lab_pass(&l, 6 * HOUR);
	CHECK("as long as ever", !lab_health(&l).cold);
	store_close(l.store);
}

int
main(void)
{
	folder_begin();
	test_epoch_text();
	test_epoch_judge();
	test_epoch_file();
	test_epoch_kill();
	test_epoch_hosts();
	test_epoch_clock();
	folder_end();
	return test_end();
}
