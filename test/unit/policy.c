/* policy - from score, recipients and mode to what is said and done. */
#include "test/unit/test.h"
#include "verdict/policy.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))
#define OBS MODE_OBSERVE
#define MARK MODE_MARK
#define ENF MODE_ENFORCE

/*
 * required 5, quarantine 10, reject 15, role strictness 1 unless a row says
 * other.  rcpts: P personal, R role, G guarded (postmaster, abuse).  flags: r
 * relayed, d a check wishes to defer.  Expected: action, what is done, and
 * "spam" or "-".
 */
static const struct {
	const char *name;
	int64_t score;
	const char *rcpts, *flags;
	int mode;
	const char *expected;
	int64_t quarantine, reject;	/* 0: as above, -1: never */
} rows[] = {
	{ "ham", 4999, "P", "", ENF, "accept accept -", 0, 0 },
	{ "at required", 5000, "P", "", ENF, "mark mark spam", 0, 0 },
	{ "below quarantine", 9999, "P", "", ENF, "mark mark spam", 0, 0 },
	{ "at quarantine", 10000, "P", "", ENF, "quarantine quarantine spam",
	    0, 0 },
	{ "below reject", 14999, "P", "", ENF, "quarantine quarantine spam",
	    0, 0 },
	{ "at reject", 15000, "P", "", ENF, "reject reject spam", 0, 0 },
	{ "negative", -20000, "P", "", ENF, "accept accept -", 0, 0 },
	{ "never reject", 99000, "P", "", ENF, "quarantine quarantine spam",
	    0, -1 },
	{ "never quarantine", 12000, "P", "", ENF, "mark mark spam", -1, 0 },
	{ "neither", 99000, "P", "", ENF, "mark mark spam", -1, -1 },
	{ "neither, for a role", 99000, "R", "", ENF, "mark mark spam", -1,
	    -1 },

	{ "role: below", 3999, "R", "", ENF, "accept accept -", 0, 0 },
	{ "role: at required", 4000, "R", "", ENF, "mark mark spam", 0, 0 },
	{ "role: at quarantine", 9000, "R", "", ENF,
	    "quarantine quarantine spam", 0, 0 },
	{ "role: at reject", 14000, "R", "", ENF, "reject reject spam", 0, 0 },

	{ "RFC 5321 4.5.1: marked", 99000, "G", "", ENF, "mark mark spam", 0,
	    0 },
	{ "RFC 5321 4.5.1: not deferred", 0, "G", "d", ENF, "accept accept -",
	    0, 0 },
	{ "postmaster among others", 99000, "PRG", "", ENF, "mark mark spam",
	    0, 0 },
	{ "and not deferred for them", 4000, "PG", "d", ENF,
	    "accept accept -", 0, 0 },

	{ "role and person", 4500, "RP", "", ENF, "accept accept -", 0, 0 },
	{ "person and role", 4500, "PR", "", ENF, "accept accept -", 0, 0 },
	{ "mildest of reject", 14500, "RPR", "", ENF,
	    "quarantine quarantine spam", 0, 0 },
	{ "deferred: the milder threshold", 4500, "RP", "d", MARK,
	    "defer accept -", 0, 0 },
	{ "in any order", 4500, "PR", "d", MARK, "defer accept -", 0, 0 },
	{ "no recipient known", 15000, "", "", ENF, "reject reject spam", 0,
	    0 },

	{ "defer", 0, "P", "d", ENF, "defer defer -", 0, 0 },
	{ "defer instead of marking", 6000, "P", "d", ENF,
	    "defer defer spam", 0, 0 },
	{ "defer instead of quarantine", 11000, "P", "d", ENF,
	    "defer defer spam", 0, 0 },
	{ "reject instead of defer", 16000, "P", "d", ENF,
	    "reject reject spam", 0, 0 },

	{ "relayed: held, not refused", 16000, "P", "r", ENF,
	    "quarantine quarantine spam", 0, 0 },
	{ "relayed: even if never held", 16000, "P", "r", ENF,
	    "quarantine quarantine spam", -1, 0 },
	{ "relayed: never deferred", 0, "P", "rd", ENF, "accept accept -", 0,
	    0 },
	{ "relayed: marked", 6000, "P", "rd", ENF, "mark mark spam", 0, 0 },
	{ "relayed postmaster", 99000, "G", "r", ENF, "mark mark spam", 0, 0 },

	{ "mark: reject", 16000, "P", "", MARK, "reject mark spam", 0, 0 },
	{ "mark: quarantine", 11000, "P", "", MARK, "quarantine mark spam", 0,
	    0 },
	{ "mark: ham", 0, "P", "", MARK, "accept accept -", 0, 0 },
	{ "mark: defer", 0, "P", "d", MARK, "defer accept -", 0, 0 },
	{ "mark: defer spam", 6000, "P", "d", MARK, "defer mark spam", 0, 0 },
	{ "observe: reject", 16000, "P", "", OBS, "reject accept spam", 0, 0 },
	{ "observe: mark", 6000, "P", "", OBS, "mark accept spam", 0, 0 },
	{ "observe: defer", 0, "P", "d", OBS, "defer accept -", 0, 0 },
};

struct world {
	struct policy policy;
	struct message message;
	struct recipient recipients[8];
	struct result result;
	struct decision decision;
};

static void
world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->policy = (struct policy) {
		.mode = ENF, .required = 5000, .quarantine = 10000,
		.reject = 15000, .role_strictness = 1000, .tag_subject = "",
		.reject_text = "Refused", .overload = OVERLOAD_DEFER,
	};
	w->message.recipients = w->recipients;
}

static void
set_recipients(struct world *w, const char *letters)
{
	size_t i, n = strlen(letters);

	for (i = 0; i < n; i++)
		w->recipients[i].klass = letters[i] == 'P' ?
		    RECIPIENT_PERSONAL : letters[i] == 'R' ? RECIPIENT_ROLE :
		    RECIPIENT_PROTECTED;
	w->message.recipient_count = n;
}

static void
set_flags(struct world *w, const char *flags)
{
	w->message.relayed = strchr(flags, 'r') != NULL;
	w->result.defer = strchr(flags, 'd') != NULL ? "later" : NULL;
	w->result.defer_code = "4.7.1";
}

static void
test_rows(void)
{
	struct world w;
	char got[100];
	size_t i;

	for (i = 0; i < ROWS(rows); i++) {
		world_init(&w);
		w.policy.mode = rows[i].mode;
		if (rows[i].quarantine < 0)
			w.policy.quarantine = 0;
		if (rows[i].reject < 0)
			w.policy.reject = 0;
		w.result.score = rows[i].score;
		set_recipients(&w, rows[i].rcpts);
		set_flags(&w, rows[i].flags);
		policy_decide(&w.policy, &w.message, &w.result, "TOKEN234",
		    &w.decision);
		snprintf(got, sizeof(got), "%s %s %s",
		    action_name(w.decision.action),
		    action_name(w.decision.done),
		    w.decision.spam ? "spam" : "-");
		CHECK_TEXT(rows[i].name, got, rows[i].expected);
	}
}

static enum action
decide(struct world *w, int mode)
{
	w->policy.mode = mode;
	policy_decide(&w->policy, &w->message, &w->result, "TOKEN234",
	    &w->decision);
	return w->decision.action;
}

/* What must hold for any score, thresholds, recipients and flags. */
static bool
laws_hold(struct world *w, const char *rcpts)
{
	char turned[8];
	struct decision enforce, mark, observe, other;
	enum action least = ACTION_REJECT, each;
	size_t i, n = strlen(rcpts);
	bool guarded = strchr(rcpts, 'G') != NULL;

	set_recipients(w, rcpts);
	decide(w, ENF);
	enforce = w->decision;
	decide(w, MARK);
	mark = w->decision;
	decide(w, OBS);
	observe = w->decision;
	for (i = 0; i < n; i++) {
		each = policy_recipient(&w->policy, &w->message, &w->result,
		    w->recipients[i].klass);
		least = each < least ? each : least;
		turned[i] = rcpts[n - 1 - i];
	}
	turned[n] = '\0';
	set_recipients(w, turned);
	decide(w, MARK);
	other = w->decision;
	return enforce.action == least && enforce.done == least &&
	    mark.action == least && observe.action == least &&
	    mark.done <= ACTION_MARK && observe.done == ACTION_ACCEPT &&
	    mark.spam == enforce.spam && observe.spam == enforce.spam &&
	    mark.spam == (w->result.score >= mark.required) &&
	    other.action == mark.action && other.done == mark.done &&
	    other.spam == mark.spam && other.required == mark.required &&
	    (!guarded || enforce.action <= ACTION_MARK) &&
	    (!w->message.relayed || enforce.action <= ACTION_QUARANTINE) &&
	    (enforce.code[0] != '\0') == (enforce.action >= ACTION_DEFER);
}

static void
test_laws(void)
{
	static const char *const rcpts[] = {
		"P", "R", "G", "PR", "PG", "RG", "PRG", "GRP", "RRP", "PPRR",
	};
	static const char *const flags[] = { "", "r", "d", "rd" };
	static const int64_t limits[] = { 0, 3000, 5000, 10000 };
	size_t i, f, q, r, broken = 0;
	struct world w;
	int64_t score;

	for (i = 0; i < ROWS(rcpts); i++)
		for (f = 0; f < ROWS(flags); f++)
			for (q = 0; q < ROWS(limits); q++)
				for (r = 0; r < ROWS(limits); r++) {
		world_init(&w);
		set_flags(&w, flags[f]);
		w.policy.quarantine = limits[q];
		w.policy.reject = limits[r];
		for (score = -1000; score <= 12000; score += 250) {
			w.result.score = score;
			broken += !laws_hold(&w, rcpts[i]);
		}
	}
	CHECK("mildest, in any order, whatever the mode", broken == 0);
}

static void
test_replies(void)
{
	struct world w;

	world_init(&w);
	w.result.score = 15000;
	decide(&w, ENF);
	CHECK_TEXT("code", w.decision.code, "550");
	CHECK_TEXT("RFC 3463", w.decision.enhanced, "5.7.1");
	CHECK_TEXT("text", w.decision.text, "Refused [TOKEN234]");
	CHECK_TEXT("token", w.decision.token, "TOKEN234");
	set_flags(&w, "d");
	w.result.score = 0;
	decide(&w, ENF);
	CHECK_TEXT("code", w.decision.code, "451");
	CHECK_TEXT("RFC 3463", w.decision.enhanced, "4.7.1");
	CHECK_TEXT("text", w.decision.text, "later [TOKEN234]");
	set_flags(&w, "");
	decide(&w, ENF);
	CHECK_TEXT("no code", w.decision.code, "");
}

static const struct {
	const char *name;
	int64_t overload;
	int mode;
	const char *expected;
} overloads[] = {
	{ "accept", OVERLOAD_ACCEPT, ENF, "accept accept " },
	{ "defer", OVERLOAD_DEFER, ENF, "defer defer 451" },
	{ "defer, mark", OVERLOAD_DEFER, MARK, "defer accept 451" },
	{ "defer, observe", OVERLOAD_DEFER, OBS, "defer accept 451" },
};

static void
test_overload(void)
{
	struct world w;
	char got[100];
	size_t i;

	for (i = 0; i < ROWS(overloads); i++) {
		world_init(&w);
		w.policy.mode = overloads[i].mode;
		w.policy.overload = overloads[i].overload;
		policy_overload(&w.policy, "T", &w.decision);
		snprintf(got, sizeof(got), "%s %s %s",
		    action_name(w.decision.action),
		    action_name(w.decision.done), w.decision.code);
		CHECK_TEXT(overloads[i].name, got, overloads[i].expected);
	}
}

static const struct {
	const char *name, *flags;
	enum recipient_class klass;
	int mode;
	const char *refuse;	/* symbol in refuse_at_rcpt */
	const char *expected;
} early[] = {
	{ "refused", "", RECIPIENT_PERSONAL, ENF, "A", "reject reject 550" },
	{ "role refused", "", RECIPIENT_ROLE, ENF, "A", "reject reject 550" },
	{ "RFC 5321 4.5.1", "", RECIPIENT_PROTECTED, ENF, "A",
	    "accept accept " },
	{ "relayed", "r", RECIPIENT_PERSONAL, ENF, "A", "accept accept " },
	{ "not raised", "", RECIPIENT_PERSONAL, ENF, "B", "accept accept " },
	{ "mark", "", RECIPIENT_PERSONAL, MARK, "A", "reject accept 550" },
	{ "observe", "", RECIPIENT_PERSONAL, OBS, "A", "reject accept 550" },
	{ "wish to defer waits", "d", RECIPIENT_PERSONAL, ENF, "B",
	    "accept accept " },
};

static void
test_early(void)
{
	struct weight raised = { .name = (char *)(uintptr_t)"A" };
	struct symbol symbol = { .weight = &raised, .score = 99000 };
	struct world w;
	char got[100];
	size_t i;

	for (i = 0; i < ROWS(early); i++) {
		world_init(&w);
		set_flags(&w, early[i].flags);
		w.policy.mode = early[i].mode;
		w.policy.refuse_at_rcpt = (struct strings) {
			&early[i].refuse, 1,
		};
		w.result.symbols = &symbol;
		w.result.count = 1;
		w.result.score = symbol.score;
		policy_early(&w.policy, &w.message, &w.result, early[i].klass,
		    "T", &w.decision);
		snprintf(got, sizeof(got), "%s %s %s",
		    action_name(w.decision.action),
		    action_name(w.decision.done), w.decision.code);
		CHECK_TEXT(early[i].name, got, early[i].expected);
	}
}

int
main(void)
{
	test_rows();
	test_laws();
	test_replies();
	test_overload();
	test_early();
	return test_end();
}
