/* torturetrial - one case: a fresh daemon, mail, trouble, and a judgement. */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "ctl/torture.h"

#define STEP_MS 20
#define RECOVER_MS 30000	/* for mail to flow as in peace again */
#define IDLE_MS 30000		/* for the last connection to be forgotten */
#define RETRY_MS 200
#define DEATHS_MAX 100

void
trial_note(struct trial *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->result.note, sizeof(t->result.note), fmt, ap);
	va_end(ap);
}

/* The supervisor's part: what may end is started again. */
static bool
revive(struct trial *t)
{
	struct error error;

	if (child_wait(t->child, 0) < 0 && child_runs(t->child))
		return true;
	if (!t->row->may_die || t->deaths++ == DEATHS_MAX)
		return false;
	return child_start(t->child, t->row->setting, &error) == 0;
}

bool
trial_pause(struct trial *t, int64_t ms)
{
	int64_t until = clock_steady() + ms, left;
	struct pollfd p = {.fd = t->signals, .events = POLLIN};

	do {
		if (t->interrupted || !revive(t))
			return false;
		left = until - clock_steady();
		if (poll(&p, 1, left < 0 ? 0 : left < STEP_MS ? (int)left :
		    STEP_MS) > 0) {
			t->interrupted = true;
			return false;
		}
	} while (clock_steady() < until);
	return true;
}

bool
trial_go_on(struct trial *t)
{
	return !t->interrupted && clock_steady() < t->until;
}

/* Why nothing can be tried here, or NULL. */
static const char *
missing(const struct trial *t)
{
	const struct dns_options *dns = conf_section(t->copy->ours, "dns");

	if ((t->row->wants & WANT_DNS) && !dns->enabled)
		return "dns.enabled is no";
	if ((t->row->wants & WANT_NOT_ROOT) && geteuid() == 0)
		return "root may write everywhere";
	if ((t->row->wants & WANT_EMBEDDED) && t->options->redis != NULL)
		return "the store is a Redis";
	return NULL;
}

static int
skip(struct trial *t, const char *why)
{
	t->result.verdict = VERDICT_SKIPPED;
	return error_set(&t->result.reason, "%s", why);
}

/* One message of each usual kind is treated as in peace. */
static int
mail_as_in_peace(struct trial *t, struct error *error)
{
	int64_t until = clock_steady() + RECOVER_MS;
	struct tally tally;

	do {
		memset(&tally, 0, sizeof(tally));
		load_once(&t->settings, MAIL_PLAIN, 1, &tally);
		load_once(&t->settings, MAIL_SPAM, 2, &tally);
		if (tally_judge(&t->peace, &tally, 0, error) == 0)
			return 0;
	} while (clock_steady() < until && trial_pause(t, RETRY_MS));
	return -1;
}

/* Nothing is held of anybody. */
static int
nothing_held(struct trial *t, struct error *error)
{
	static const char *const names[] = {"connections", "in_flight",
	    "bytes_held"};
	int64_t until = clock_steady() + IDLE_MS, value;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		while ((value = child_stat(t->child, names[i])) != 0) {
			if (clock_steady() < until &&
			    trial_pause(t, RETRY_MS))
				continue;
			return error_set(error, "postern_%s is %lld with no "
			    "connection left", names[i], (long long)value);
		}
	return 0;
}

static int
died(struct trial *t, struct error *error)
{
	char last[CHILD_SAID_MAX];

	child_last_words(t->child, last);
	return error_set(error, "the daemon ended by itself; it said last: "
	    "%.600s", last);
}

/* Who asked for it gets mail deferred while a service fails. */
static unsigned
failures_may(const struct trial *t)
{
	const struct failures *f = conf_section(t->copy->ours, "failures");
	bool service = t->row->act == act_dns ? f->dns == WITHOUT_TEMPFAIL ||
	    f->dnslists == WITHOUT_TEMPFAIL : f->store == WITHOUT_TEMPFAIL;

	return t->row->strains && service ? TALLY_MAY_DEFER : 0;
}

/* After the trouble. */
static int
check_after(struct trial *t, struct error *error)
{
	char complaint[CHILD_SAID_MAX];

	if (!revive(t))
		return died(t, error);
	if (tally_judge(&t->peace, &t->result.tally, t->row->may |
	    failures_may(t), error) != 0)
		return -1;
	if (t->result.tally.slowest > t->settings.patience)
		return error_set(error, "an answer took %lld ms",
		    (long long)t->result.tally.slowest);
	if (mail_as_in_peace(t, error) != 0 || nothing_held(t, error) != 0)
		return child_runs(t->child) ? -1 : died(t, error);
	t->result.after = child_memory(t->child, "RssAnon:");
	if (child_stop(t->child, error) != 0)
		return -1;
	child_complaint(t->child, complaint);
	return complaint[0] == '\0' ? 0 : error_set(error, "%.900s",
	    complaint);
}

static int
begin(struct trial *t, struct error *error)
{
	const struct torture_case *row = t->row;

	responder_set(t->dns, RESPONDER_WELL);
	if (copy_clear_store(t->copy, error) != 0 ||
	    child_start(t->child, row->setting, error) != 0)
		return -1;
	t->settings.hostile = row->hostile;
	t->settings.no_hostile = row->hostile == MAIL_PLAIN;
	t->result.before = child_memory(t->child, "RssAnon:");
	t->load = load_start(&t->settings, error);
	if (t->load == NULL)
		return -1;
	t->until = clock_steady() + t->options->seconds * 1000;
	return 0;
}

/* Whoever waits for an answer must not wait for ever, nor make us do so. */
static int
end_load(struct trial *t, int status, struct error *error)
{
	int64_t until = clock_steady() + 2 * t->settings.patience;

	load_halt(t->load);
	while (load_running(t->load) > 0 && clock_steady() < until &&
	    trial_pause(t, STEP_MS))
		continue;
	if (load_running(t->load) > 0 && status == 0 && !t->interrupted)
		status = error_set(error, "%u messages wait for ever",
		    load_running(t->load));
	if (load_running(t->load) > 0)
		child_kill(t->child);
	load_stop(t->load);
	t->result.tally = *load_tally(t->load);
	t->result.p99 = load_p99(t->load);
	return status;
}

/* The act, and mail for the rest of the time. */
static int
trouble(struct trial *t, struct error *error)
{
	int status = t->row->act(t, error);

	if (status == 0 && trial_go_on(t) &&
	    !trial_pause(t, t->until - clock_steady()) && !t->interrupted)
		status = died(t, error);
	responder_set(t->dns, RESPONDER_WELL);
	return end_load(t, status, error);
}

void
trial_run(struct trial *t)
{
	struct error *error = &t->result.reason;
	const char *why = missing(t);
	int status;

	memset(&t->result, 0, sizeof(t->result));
	t->result.before = t->result.after = -1;
	t->deaths = 0;
	if (why != NULL) {
		skip(t, why);
		return;
	}
	status = begin(t, error);
	if (status == 0)
		status = trouble(t, error);
	/* In peace there is nothing yet that it could be compared with. */
	if (status == 0 && !t->peace_known)
		t->peace = t->result.tally;
	t->peace_known = true;
	if (status == 0 && !t->interrupted)
		status = check_after(t, error);
	t->result.verdict = status == 0 ? VERDICT_OK : status > 0 ?
	    VERDICT_SKIPPED : VERDICT_FAIL;
	child_kill(t->child);
	load_free(t->load);
	t->load = NULL;
}
