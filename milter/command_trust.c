/*
 * command_trust - posternctl trust and deny: the entries that all hosts share,
 * changed and told.  What comes is one line: perhaps by=NAME, then what to do.
 */
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "check/trust.h"
#include "milter/commands.h"

#define TIMEOUT 2000		/* ms that the store may take */
#define SEEN_WAIT 1000		/* ms until this host sees its own change */
#define LOG_LINES 50		/* told unless a number is given */

/* One command. */
struct request {
	struct daemon *d;
	struct snapshot *snapshot;
	const struct trust *trust;	/* NULL: switched off */
	struct roster *roster;
	enum entry_list list;
	struct span rest;
	char by[ENTRY_OWNER_MAX + 1];
	int64_t now;
	struct buf *out;
};

static int
misused(struct request *q)
{
	return command_misused(q->out, q->list == ENTRY_TRUST ?
	    "trust add KIND:WHO owner=NAME expires=DATE|90d reason=\"WHY\" "
	    "[discount=POINTS] [by=NAME]\n"
	    "       trust del KIND:WHO reason=\"WHY\" [by=NAME]\n"
	    "       trust list | trust log [LINES] | trust lint FILE ..." :
	    "deny add KIND:WHO owner=NAME expires=DATE|90d reason=\"WHY\" "
	    "[by=NAME]\n"
	    "       deny del KIND:WHO reason=\"WHY\" [by=NAME]\n"
	    "       deny list | deny log [LINES]");
}

static int
complain(struct request *q, const struct error *error, int status)
{
	buf_printf(q->out, "%s\n", error->text);
	return status;
}

/* Who asks, by the kernel; and who, by his own word, had him ask. */
static int
take_by(struct request *q, struct span name, struct error *error)
{
	const char *asker = q->d->asker;
	struct entry e = {0};
	struct buf by;
	int status;

	if (name.n == 0 || span_is(name, asker)) {
		memcpy(q->by, asker, sizeof(q->by));
		return 0;
	}
	buf_init(&by, 2 * ENTRY_OWNER_MAX);
	buf_printf(&by, "%.*s (%s)", SPAN_ARG(name), asker);
	status = entry_take(&e, span_of("by"), buf_contents(&by), 0, error);
	if (status == 0)
		memcpy(q->by, e.by, sizeof(q->by));
	buf_done(&by);
	return status;
}

/* The change has come back from the store. */
static bool
wait_seen(struct roster *roster, uint64_t number)
{
	int64_t until = clock_steady() + SEEN_WAIT;
	const struct roster_view *view;
	uint64_t version;

	do {
		view = roster_hold(roster);
		version = view != NULL ? view->version : 0;
		roster_put(view);
	} while (version < number && clock_steady() < until &&
	    usleep(10000) == 0);
	return version >= number;
}

static int
append(struct request *q, const struct roster_change *want)
{
	struct error error = {""};
	uint64_t number;

	switch (roster_append(q->roster, q->d->services.store, want, q->now,
	    TIMEOUT, &number, &error)) {
	case ROSTER_REFUSED:
		return complain(q, &error, EX_CONFIG);
	case ROSTER_UNANSWERED:
		return complain(q, &error, EX_UNAVAILABLE);
	case ROSTER_DONE:
		break;
	}
	log_info(q->d->log, "%s %s %s by %s: %s", entry_list_name(q->list),
	    want->verb == ROSTER_ADD ? "add" : "del", want->entry->name,
	    q->by, want->verb == ROSTER_ADD ? want->entry->reason :
	    want->reason);
	buf_printf(q->out, "lists are at version %llu%s\n",
	    (unsigned long long)number, wait_seen(q->roster, number) ? "" :
	    " soon: this host has not read it back yet");
	return EX_OK;
}

static int
run_add(struct request *q)
{
	static const struct entry_terms none;
	const struct entry_terms *terms = &none;
	struct entry e;
	const struct roster_change want = {ROSTER_ADD, &e, q->by, NULL};
	struct error error;

	if (q->list == ENTRY_TRUST && q->trust == NULL) {
		error_set(&error, "trust.enabled is no: nobody would look at "
		    "the entry");
		return complain(q, &error, EX_CONFIG);
	}
	if (entry_parse(q->rest, q->list, q->now, &e, &error) != 0)
		return complain(q, &error, EX_USAGE);
	if (q->trust != NULL)
		terms = trust_terms(q->trust);
	if (entry_check(&e, terms, &error) != 0 ||
	    entry_check_time(&e, q->now, &error) != 0)
		return complain(q, &error, EX_CONFIG);
	return append(q, &want);
}

static int
run_del(struct request *q)
{
	struct entry e = {0}, reason = {0};
	const struct roster_change want = {ROSTER_DEL, &e, q->by,
	    reason.reason};
	struct span key, value;
	struct error error;

	if (entry_word(&q->rest, &key, &value, &error) != 1 || key.n > 0)
		return misused(q);
	if (entry_name(value, q->list, &e, &error) != 0)
		return complain(q, &error, EX_USAGE);
	if (entry_word(&q->rest, &key, &value, &error) != 1 ||
	    !span_is(key, "reason") || span_trim(q->rest).n > 0)
		return misused(q);
	if (entry_take(&reason, key, value, 0, &error) != 0)
		return complain(q, &error, EX_USAGE);
	return append(q, &want);
}

/* How much spam used entries lately; thousandths, or -1 where unknown. */
static void
ask_spam(struct request *q, const struct entryset *set, size_t first,
    size_t count, int64_t spam[])
{
	struct store_op *ops = mem_alloc(count * sizeof(*ops));
	char keys[STORE_BATCH_MAX][DIGEST_WORD_MAX];
	size_t i;

	for (i = 0; i < count; i++)
		trust_spam_op(set->item[first + i], &ops[i], keys[i]);
	store_run(q->d->services.store, ops, count, q->now, TIMEOUT);
	for (i = 0; i < count; i++)
		spam[i] = ops[i].answer == STORE_FAILED ? -1 :
		    ops[i].answer == STORE_FOUND ? ops[i].number : 0;
	free(ops);
}

static void
tell_entry(struct request *q, const struct entry *e, int64_t spam)
{
	char text[ENTRY_TIME_MAX];

	entry_put(q->out, e);
	if (e->added > 0)
		buf_printf(q->out, " by=\"%s\" added=%s", e->by,
		    entry_time_text(e->added, text));
	else
		buf_puts(q->out, " from a file");
	if (spam > 0) {
		buf_puts(q->out, " spam=");
		text_put_milli(q->out, spam);
	}
	if (spam < 0)
		buf_puts(q->out, " spam=unknown");
	if (q->trust != NULL && spam >= trust_suspend_at(q->trust))
		buf_puts(q->out, " SUSPENDED");
	if (e->expires <= q->now)
		buf_puts(q->out, " EXPIRED");
	buf_char(q->out, '\n');
}

static void
tell_set(struct request *q, const struct entryset *set)
{
	int64_t spam[STORE_BATCH_MAX] = {0};
	size_t i, at, count;

	for (i = 0; i < set->count; i++) {
		at = i % STORE_BATCH_MAX;
		count = set->count - i;
		if (at == 0 && q->list == ENTRY_TRUST)
			ask_spam(q, set, i, count < STORE_BATCH_MAX ? count :
			    STORE_BATCH_MAX, spam);
		if (set->item[i]->list == q->list)
			tell_entry(q, set->item[i], spam[at]);
	}
}

static int
run_list(struct request *q)
{
	const struct roster_view *view = roster_hold(q->roster);
	struct error error;

	if (span_trim(q->rest).n > 0) {
		roster_put(view);
		return misused(q);
	}
	if (view == NULL) {
		error_set(&error, "the store was not read yet");
		return complain(q, &error, EX_UNAVAILABLE);
	}
	buf_printf(q->out, "# version %llu\n",
	    (unsigned long long)view->version);
	if (q->list == ENTRY_TRUST && q->trust != NULL)
		tell_set(q, trust_files(q->trust));
	tell_set(q, &view->entries);
	roster_put(view);
	return EX_OK;
}

static int
run_log(struct request *q)
{
	struct span word;
	int64_t lines = LOG_LINES;

	if (span_word(&q->rest, &word) && (!text_number(word, &lines) ||
	    lines <= 0 || span_trim(q->rest).n > 0))
		return misused(q);
	roster_log(q->roster, q->list, lines < ROSTER_CHANGES_MAX ?
	    (size_t)lines : ROSTER_CHANGES_MAX, q->out);
	return EX_OK;
}

static const struct {
	const char *name;
	int (*run)(struct request *);
} verbs[] = {
	{"add", run_add}, {"del", run_del}, {"list", run_list},
	{"log", run_log},
};

static int
run(struct request *q)
{
	struct span key = span_of(""), value = span_of("");
	struct error error;
	size_t i;
	int more;

	more = entry_word(&q->rest, &key, &value, &error);
	if (more == 1 && span_is(key, "by")) {
		if (take_by(q, value, &error) != 0)
			return complain(q, &error, EX_USAGE);
		more = entry_word(&q->rest, &key, &value, &error);
	} else if (take_by(q, span_of(""), &error) != 0) {
		return complain(q, &error, EX_USAGE);
	}
	for (i = 0; more == 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (key.n == 0 && span_is(value, verbs[i].name))
			return verbs[i].run(q);
	return misused(q);
}

static int
serve(struct daemon *d, enum entry_list list, struct span rest,
    struct buf *out)
{
	struct request q = {
		.d = d,
		.roster = d->services.shared != NULL ?
		    d->services.shared->roster : NULL,
		.list = list,
		.rest = rest,
		.now = clock_wall(),
		.out = out,
	};
	int status;

	if (q.roster == NULL) {
		buf_puts(out, "this process keeps no shared lists\n");
		return EX_UNAVAILABLE;
	}
	q.snapshot = current_get(d->current);
	q.trust = snapshot_check(q.snapshot, &check_trust);
	status = run(&q);
	snapshot_put(q.snapshot);
	return status;
}

int
command_trust(struct daemon *d, struct span rest, struct buf *out)
{
	return serve(d, ENTRY_TRUST, rest, out);
}

int
command_deny(struct daemon *d, struct span rest, struct buf *out)
{
	return serve(d, ENTRY_DENY, rest, out);
}
