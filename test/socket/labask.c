/* labask - what a daemon of the lab says, and messages put to it. */
#include "test/socket/lab.h"

#include <dirent.h>
#include <libmilter/mfapi.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "ctl/commands.h"

#define FDS_SLACK 3	/* those of connections about to be closed */

const char lab_plain[] = "From: a@example.org\r\nTo: b@example.net\r\n"
    "Subject: greetings\r\n"
    "Message-ID: <1@example.org>\r\n\r\nHello.\r\n";
const char lab_gtube[] = "From: a@example.org\r\nTo: b@example.net\r\n"
    "Subject: greetings\r\n"
    "Message-ID: <1@example.org>\r\n\r\nHello.\r\n" LAB_GTUBE;

struct mclient_envelope
lab_envelope(const char *queue_id)
{
	static const char *const rcpts[] = {"<b@example.net>"};
	struct mclient_envelope env = {
		.client_name = "mail.example.org",
		.client_addr = "192.0.2.1",
		.client_port = 25000,
		.helo = "mail.example.org",
		.from = "<a@example.org>",
		.rcpts = rcpts,
		.rcpt_count = 1,
		.queue_id = queue_id,
	};

	return env;
}

int
lab_ask(const struct lab *lab, const char *command, struct buf *answer)
{
	struct buf out;
	int code;

	buf_init(&out, LAB_FILE_MAX);
	code = ask_socket(lab->control, command, 0, &out, NULL);
	if (answer != NULL)
		*answer = out;
	else
		buf_done(&out);
	return code;
}

int64_t
lab_stat(const struct lab *lab, const char *name)
{
	char *wanted = mem_printf("\npostern_%s ", name);
	struct buf answer;
	struct span rest, line = span_of("");
	int64_t value = -1;
	size_t at;

	lab_ask(lab, "stats", &answer);
	rest = buf_contents(&answer);
	at = span_find(rest, span_of(wanted));
	rest = span_skip(rest, at + strlen(wanted));
	if (!span_cut(&rest, '\n', &line) || !text_number(line, &value))
		value = -1;
	buf_done(&answer);
	free(wanted);
	return value;
}

bool
lab_until(const struct lab *lab, const char *name, int64_t value)
{
	int64_t until = clock_steady() + LAB_WAIT;

	while (lab_stat(lab, name) != value) {
		if (clock_steady() > until) {
			fprintf(stderr, "%s is %lld, not %lld\n", name,
			    (long long)lab_stat(lab, name), (long long)value);
			return false;
		}
		lab_sleep(5);
	}
	return true;
}

bool
lab_idle(const struct lab *lab)
{
	return lab_until(lab, "connections", 0) &&
	    lab_until(lab, "in_flight", 0) && lab_until(lab, "bytes_held", 0);
}

void
lab_well(struct lab *lab, int fds, const char *row)
{
	struct mclient_envelope env = lab_envelope("FINE");
	struct mclient *mc = lab_connect(lab, &mclient_offer_full);
	struct lab_answer a;
	struct error error = {""};

	if (!CHECK(row, mc != NULL))
		return;
	if (!CHECK(row, lab_send(mc, &env, span_of(lab_plain), &a,
	    &error) == 0))
		fprintf(stderr, "%s\n", error.text);
	CHECK(row, a.kind == SMFIR_CONTINUE);
	CHECK_TEXT(row, a.score, "1.4");
	mclient_close(mc);
	CHECK(row, lab_idle(lab));
	CHECK(row, lab_wait(lab, 0) == -1);
	if (!CHECK(row, lab_fds(lab) <= fds + FDS_SLACK))
		fprintf(stderr, "%d descriptors, were %d\n", lab_fds(lab),
		    fds);
}

void
lab_generation(const struct lab *lab, char out[20])
{
	static const struct span key = SPAN("generation: ");
	struct buf answer;
	struct span rest, line = span_of("");

	lab_ask(lab, "status", &answer);
	rest = buf_contents(&answer);
	rest = span_skip(rest, span_find(rest, key) + key.n);
	span_cut(&rest, '\n', &line);
	snprintf(out, 20, "%.*s", SPAN_ARG(line));
	buf_done(&answer);
}

int64_t
lab_status(const struct lab *lab, const char *field)
{
	char path[40];
	struct buf text;
	struct span rest, line, word;
	int64_t value = -1;

	snprintf(path, sizeof(path), "/proc/%ld/status", (long)lab->pid);
	lab_read_file(path, &text);
	rest = buf_contents(&text);
	while (span_cut(&rest, '\n', &line))
		if (span_word(&line, &word) && span_is(word, field) &&
		    span_word(&line, &word))
			text_number(word, &value);
	buf_done(&text);
	return value;
}

int
lab_fds(const struct lab *lab)
{
	char path[40];
	DIR *dir;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%ld/fd", (long)lab->pid);
	dir = opendir(path);
	while (dir != NULL && readdir(dir) != NULL)
		n++;
	if (dir != NULL)
		closedir(dir);
	return n;
}

void
lab_read_log(const struct lab *lab, struct buf *out)
{
	lab_read_file(lab->log, out);
}

bool
lab_logged(const struct lab *lab, const char *text)
{
	int64_t until = clock_steady() + LAB_WAIT;
	struct buf log;
	bool found;

	do {
		lab_read_log(lab, &log);
		found = span_find(buf_contents(&log), span_of(text)) < log.n;
		buf_done(&log);
	} while (!found && clock_steady() < until && usleep(5000) == 0);
	return found;
}

struct span
lab_member(struct span line, const char *name)
{
	char *key = mem_printf("\"%s\":", name);
	size_t at = span_find(line, span_of(key)), end = 0;

	line = span_skip(line, at + strlen(key));
	free(key);
	if (line.n > 0 && line.p[0] == '"') {
		line = span_skip(line, 1);
		return span_head(line, span_chr(line, '"'));
	}
	while (end < line.n && line.p[end] != ',' && line.p[end] != '}')
		end++;
	return span_head(line, end);
}

struct mclient *
lab_connect(const struct lab *lab, const struct mclient_terms *offer)
{
	struct error error;
	struct mclient *mc = mclient_open(lab->address, LAB_WAIT, &error);

	if (mc != NULL && mclient_negotiate(mc, offer, &error) != 0) {
		mclient_close(mc);
		mc = NULL;
	}
	if (mc == NULL)
		fprintf(stderr, "%s: %s\n", lab->address, error.text);
	return mc;
}

/* The word after key in a status line, without what trails it. */
static void
take_word(const char *text, const char *key, char out[20])
{
	const char *at = strstr(text, key);
	size_t n = 0;

	out[0] = '\0';
	if (at == NULL)
		return;
	at += strlen(key);
	while (n < 19 && at[n] != '\0' && !char_space(at[n]))
		n++;
	snprintf(out, n + 1, "%s", at);
}

void
lab_read_answer(struct mclient *mc, char stage, const struct mclient_answer *a,
    struct lab_answer *out)
{
	const struct mclient_edit *edit = mclient_edits(mc, &out->edits);
	size_t i;

	out->kind = a->kind;
	out->stage = stage;
	out->code = a->code;
	snprintf(out->text, sizeof(out->text), "%.*s", SPAN_ARG(a->text));
	for (i = 0; i < out->edits; i++) {
		if (edit[i].kind == SMFIR_QUARANTINE)
			out->quarantined = true;
		if (edit[i].kind == SMFIR_INSHEADER &&
		    span_is(edit[i].name, "X-Spam-Status"))
			snprintf(out->status, sizeof(out->status), "%.*s",
			    SPAN_ARG(edit[i].value));
	}
	take_word(out->status, "score=", out->score);
	take_word(out->status, "required=", out->required);
	take_word(out->status, "generation=", out->generation);
}

int
lab_send(struct mclient *mc, const struct mclient_envelope *env,
    struct span raw, struct lab_answer *out, struct error *error)
{
	struct mclient_verdict v;

	memset(out, 0, sizeof(*out));
	if (mclient_message(mc, env, raw, &v, error) != 0)
		return -1;
	lab_read_answer(mc, v.stage, &v.answer, out);
	return 0;
}
