/*
 * eval_auth - functions about sender authentication.  Each row is what the
 * checks found; messages are from joe@mail.example.com.
 */
#include "test/unit/rulelab.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

static const char rules[] =
    "welcomelist_from_spf *@mail.example.com\n"
    "def_welcomelist_auth joe@*\n"
    "welcomelist_from_dkim *@mail.example.com esp.example\n"
    "welcomelist_from_dkim *@mail.example.com *.sub.example\n"
    "def_welcomelist_from_dkim *@mail.example.com\n"
    "header SPF_PASS eval:check_for_spf_pass()\n"
    "header SPF_FAIL eval:check_for_spf_fail()\n"
    "header SPF_TEMP eval:check_for_spf_temperror()\n"
    "header HELO_NONE eval:check_for_spf_helo_none()\n"
    "header SPF_USER eval:check_for_spf_welcomelist_from()\n"
    "header SPF_DEF eval:check_for_def_spf_welcomelist_from()\n"
    "header SPF_NO_SENDER eval:check_spf_skipped_noenvfrom()\n"
    "full SIGNED eval:check_dkim_signed()\n"
    "full VALID eval:check_dkim_valid()\n"
    "full BY_ESP eval:check_dkim_valid('x.example', 'ESP.example')\n"
    "full BELOW eval:check_dkim_valid('*.sub.example')\n"
    "full AU eval:check_dkim_valid_author_sig()\n"
    "full EF eval:check_dkim_valid_envelopefrom()\n"
    "full DEPENDABLE eval:check_dkim_dependable()\n"
    "header TESTING eval:check_dkim_testing()\n"
    "header ADSP eval:check_dkim_adsp('*')\n"
    "header DKIM_USER eval:check_for_dkim_welcomelist_from()\n"
    "header DKIM_DEF eval:check_for_def_dkim_welcomelist_from()\n"
    "full ARC_SIGNED eval:check_arc_signed()\n"
    "full ARC_VALID eval:check_arc_valid()\n"
    "header DMARC_PASS eval:check_dmarc_pass()\n"
    "header DMARC_REJECT eval:check_dmarc_reject()\n"
    "header DMARC_QUAR eval:check_dmarc_quarantine()\n"
    "header DMARC_NONE eval:check_dmarc_none()\n"
    "header DMARC_MISSING eval:check_dmarc_missing()\n";

#define S(text) SPAN(text)

static const struct spf_row {
	const char *name, *sender;
	enum spf_result mailfrom, helo;
	const char *expected;
	bool unanswered;
} spf_rows[] = {
	{ "pass", "Joe@mail.example.com", SPF_PASS, SPF_NONE,
	    "SPF_PASS HELO_NONE SPF_USER SPF_DEF", false },
	{ "pass of nobody listed", "jim@example.org", SPF_PASS, SPF_PASS,
	    "SPF_PASS", false },
	{ "fail", "joe@mail.example.com", SPF_FAIL, SPF_PASS, "SPF_FAIL",
	    false },
	{ "no answer", "joe@mail.example.com", SPF_TEMPERROR, SPF_NONE,
	    "SPF_TEMP HELO_NONE", true },
	{ "null sender", "", SPF_PASS, SPF_PASS, "SPF_PASS", false },
};

static const struct dkim_row {
	const char *name;
	struct dkim_signature signature;
	const char *expected;
	bool unanswered;
} dkim_rows[] = {
	{ "author's", { .result = DKIM_PASS, .domain = S("mail.example.com") },
	    "SIGNED VALID AU EF DEPENDABLE DKIM_DEF", false },
	{ "of the domain above", { .result = DKIM_PASS,
	    .domain = S("example.com"), .identity = S("@example.com") },
	    "SIGNED VALID DEPENDABLE", false },
	{ "above, for the author's", { .result = DKIM_PASS,
	    .domain = S("example.com"), .identity = S("@mail.example.com") },
	    "SIGNED VALID DEPENDABLE DKIM_DEF", false },
	{ "listed", { .result = DKIM_PASS, .domain = S("esp.example") },
	    "SIGNED VALID BY_ESP DEPENDABLE DKIM_USER", false },
	{ "below a listed one", { .result = DKIM_PASS,
	    .domain = S("a.sub.example") },
	    "SIGNED VALID BELOW DEPENDABLE DKIM_USER", false },
	{ "a function takes the domain itself, a list does not",
	    { .result = DKIM_PASS, .domain = S("sub.example") },
	    "SIGNED VALID BELOW DEPENDABLE", false },
	{ "broken", { .result = DKIM_FAIL, .domain = S("mail.example.com") },
	    "SIGNED DEPENDABLE", false },
	{ "weak", { .result = DKIM_POLICY, .domain = S("mail.example.com") },
	    "SIGNED DEPENDABLE", false },
	{ "under test, RFC 6376 3.6.1", { .result = DKIM_PASS,
	    .testing = true, .domain = S("mail.example.com") },
	    "DEPENDABLE TESTING", false },
	{ "no answer", { .result = DKIM_TEMPERROR,
	    .domain = S("mail.example.com") }, "DEPENDABLE", true },
};

static const struct dmarc_row {
	const char *name;
	enum dmarc_result result;
	enum dmarc_policy disposition;
	const char *override, *expected;
	bool unanswered;
} dmarc_rows[] = {
	{ "pass", DMARC_RESULT_PASS, DMARC_NONE, NULL, "DMARC_PASS", false },
	{ "no record", DMARC_RESULT_NONE, DMARC_NONE, NULL, "DMARC_MISSING",
	    false },
	{ "reject", DMARC_RESULT_FAIL, DMARC_REJECT, NULL, "DMARC_REJECT",
	    false },
	{ "quarantine", DMARC_RESULT_FAIL, DMARC_QUARANTINE, NULL,
	    "DMARC_QUAR", false },
	{ "none", DMARC_RESULT_FAIL, DMARC_NONE, NULL, "DMARC_NONE", false },
	{ "unset", DMARC_RESULT_FAIL, DMARC_UNSET, NULL, "DMARC_NONE", false },
	{ "trusted", DMARC_RESULT_FAIL, DMARC_REJECT, "trusted_sealer", "",
	    false },
	{ "excused", DMARC_RESULT_FAIL, DMARC_REJECT, "mailing_list",
	    "DMARC_REJECT", false },
	{ "no author", DMARC_RESULT_PERMERROR, DMARC_NONE, NULL, "", false },
	{ "no answer", DMARC_RESULT_TEMPERROR, DMARC_NONE, NULL, "", true },
};

static const struct arc_row {
	const char *name;
	enum arc_result result;
	const char *expected;
	bool unanswered;
} arc_rows[] = {
	{ "none", ARC_NONE, "", false },
	{ "pass", ARC_PASS, "ARC_SIGNED ARC_VALID", false },
	{ "fail", ARC_FAIL, "ARC_SIGNED", false },
	{ "no answer", ARC_TEMPERROR, "ARC_SIGNED", true },
};

static void
begin(struct lab *lab, const char *sender)
{
	memset(&lab->auth, 0, sizeof(lab->auth));
	lab_message(lab, span_of("From: Joe <Joe@Mail.example.com>\n\n"));
	message_sender(&lab->message, span_of(sender));
}

static void
judge(struct lab *lab, const char *name, const char *expected,
    bool unanswered)
{
	lab_match(lab);
	CHECK_TEXT(name, lab_hits(lab), expected);
	CHECK(name, lab->match.unanswered == unanswered);
}

static void
test_spf(struct lab *lab)
{
	struct spf_outcome mailfrom, helo;
	size_t i;

	for (i = 0; i < ROWS(spf_rows); i++) {
		begin(lab, spf_rows[i].sender);
		memset(&mailfrom, 0, sizeof(mailfrom));
		helo = mailfrom;
		mailfrom.result = spf_rows[i].mailfrom;
		helo.result = spf_rows[i].helo;
		lab->auth.spf_mailfrom = &mailfrom;
		lab->auth.spf_helo = &helo;
		judge(lab, spf_rows[i].name, spf_rows[i].expected,
		    spf_rows[i].unanswered);
	}
}

static void
test_dkim(struct lab *lab)
{
	struct dkim_outcome outcome = {.count = 1};
	size_t i;

	for (i = 0; i < ROWS(dkim_rows); i++) {
		begin(lab, "joe@mail.example.com");
		outcome.signatures = &dkim_rows[i].signature;
		lab->auth.dkim = &outcome;
		judge(lab, dkim_rows[i].name, dkim_rows[i].expected,
		    dkim_rows[i].unanswered);
	}
}

static void
test_dmarc(struct lab *lab)
{
	struct dmarc_verdict verdict;
	size_t i;

	memset(&verdict, 0, sizeof(verdict));
	for (i = 0; i < ROWS(dmarc_rows); i++) {
		begin(lab, "joe@mail.example.com");
		verdict.result = dmarc_rows[i].result;
		verdict.disposition = dmarc_rows[i].disposition;
		lab->auth.dmarc = &verdict;
		lab->auth.dmarc_override = dmarc_rows[i].override;
		judge(lab, dmarc_rows[i].name, dmarc_rows[i].expected,
		    dmarc_rows[i].unanswered);
	}
}

static void
test_arc(struct lab *lab)
{
	struct arc_outcome outcome;
	size_t i;

	memset(&outcome, 0, sizeof(outcome));
	for (i = 0; i < ROWS(arc_rows); i++) {
		begin(lab, "joe@mail.example.com");
		outcome.result = arc_rows[i].result;
		lab->auth.arc = &outcome;
		judge(lab, arc_rows[i].name, arc_rows[i].expected,
		    arc_rows[i].unanswered);
	}
}

int
main(void)
{
	struct lab lab;

	lab_begin(&lab);
	if (CHECK("rules", lab_rules(&lab, rules))) {
		begin(&lab, "joe@mail.example.com");
		judge(&lab, "nothing was asked", "", false);
		begin(&lab, "");
		judge(&lab, "nobody is known", "SPF_NO_SENDER", false);
		test_spf(&lab);
		test_dkim(&lab);
		test_dmarc(&lab);
		test_arc(&lab);
	}
	lab_end(&lab);
	return test_end();
}
