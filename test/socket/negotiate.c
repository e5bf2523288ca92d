/*
 * negotiate - what a connection agreed on at its start stays as it is while
 * generations come that need more, and MTAs that offer little are served.
 */
#include "test/socket/lab.h"

#include <libmilter/mfapi.h>

#define CONNECTIONS 5
#define BITS 30		/* libmilter keeps bit 30 for itself, 31 is free */

static const char deny_list[] = "client 198.51.100.0/24\n";

/* Without rules, which want the body, and tests that want rules. */
#define NO_RULES "rules.files={ rules/10*.cf, rules/20*.cf, gtube.cf }", \
	"rules.selftest=\"\"", \
	"content.enabled=no", "reload.shrink=0", "outbound.mode=off"

static const char gtube[] = "score GTUBE 1000\n";

/* Generations in the order in which they are loaded. */
static const struct generation {
	const char *name;
	const char *settings[13];
	bool body, refuses, holds;	/* what it asks for */
	bool takes[CONNECTIONS];	/* those that take it: older ones */
} generations[] = {
	{"no body", {"gtube.enabled=no", "greylist.when=never",
	    NO_RULES},
	    false, false, false, {true}},
	{"body wanted", {"gtube.enabled=yes", "greylist.when=never",
	    NO_RULES},
	    true, false, false, {false, true}},
	{"refuses at RCPT", {"gtube.enabled=yes", "greylist.when=never",
	    NO_RULES, "mode=enforce", "actions.refuse_at_rcpt=DENY_CLIENT",
	    "lists.deny=deny"}, true, true, false, {false, false, true}},
	{"quarantine", {"gtube.enabled=yes", "greylist.when=never",
	    NO_RULES, "mode=enforce", "actions.refuse_at_rcpt=DENY_CLIENT",
	    "lists.deny=deny", "actions.quarantine=6"}, true, true, true,
	    {false, false, false, true}},
	{"no body again", {"gtube.enabled=no", "greylist.when=never",
	    NO_RULES, "actions.required=4"}, false, false, false,
	    {true, true, true, true, true}},
};

#define GENERATIONS (sizeof(generations) / sizeof(generations[0]))

/* A message from a denied client, with GTUBE: shows what was looked at. */
static bool
put(struct mclient *mc, const char *client, const char *raw, const char *row,
    struct lab_answer *a)
{
	struct mclient_envelope env = lab_envelope("N1");
	struct error error;

	env.client_addr = client;
	if (CHECK(row, lab_send(mc, &env, span_of(raw), a, &error) == 0))
		return true;
	fprintf(stderr, "%s\n", error.text);
	return false;
}

static bool
load(const struct lab *lab, const struct generation *g, char name[20])
{
	struct buf answer;
	bool good;

	lab_configure(lab, g->settings);
	good = CHECK(g->name, lab_ask(lab, "reload", &answer) == 0);
	if (!good)
		fprintf(stderr, "%s\n", buf_string(&answer));
	buf_done(&answer);
	lab_generation(lab, name);
	return good;
}

/* What was agreed on shows that the rows are what they say. */
static void
check_terms(const struct mclient *mc, const struct generation *g)
{
	uint32_t steps = mclient_terms(mc)->steps;
	uint32_t never = SMFIP_NOEOH | SMFIP_NODATA | SMFIP_NOUNKNOWN;

	CHECK(g->name, ((steps & SMFIP_NOBODY) == 0) == g->body);
	CHECK(g->name, ((steps & SMFIP_NR_RCPT) == 0) == g->refuses);
	CHECK(g->name, (steps & SMFIP_SKIP) != 0);
	CHECK(g->name, (steps & SMFIP_HDR_LEADSPC) != 0);
	CHECK(g->name, (steps & never) == never);
	CHECK(g->name, mclient_terms(mc)->actions == (SMFIF_ADDHDRS |
	    SMFIF_CHGHDRS | SMFIF_SETSYMLIST |
	    (g->holds ? SMFIF_QUARANTINE : 0)));
}

static void
old_connections(struct lab *lab)
{
	char names[GENERATIONS][20], held[CONNECTIONS][20];
	struct mclient *mc[CONNECTIONS];
	struct lab_answer a;
	size_t k, i;

	for (k = 0; k < GENERATIONS; k++) {
		if (!load(lab, &generations[k], names[k]))
			return;
		mc[k] = lab_connect(lab, &mclient_offer_full);
		if (!CHECK(generations[k].name, mc[k] != NULL))
			return;
		check_terms(mc[k], &generations[k]);
		for (i = 0; i <= k; i++) {
			if (generations[k].takes[i])
				strcpy(held[i], names[k]);
			if (put(mc[i], "192.0.2.1", lab_plain,
			    generations[k].name, &a))
				CHECK_TEXT(generations[k].name, a.generation,
				    held[i]);
		}
	}
	for (k = 0; k < GENERATIONS; k++)
		mclient_close(mc[k]);
	CHECK("closed", lab_idle(lab));
}

/* The old one is not half the new one: neither its checks nor its replies. */
static void
old_answers(struct lab *lab)
{
	struct mclient *old, *new;
	struct lab_answer a;
	char name[20];

	if (!load(lab, &generations[0], name))
		return;
	old = lab_connect(lab, &mclient_offer_full);
	if (!load(lab, &generations[2], name))
		return;
	new = lab_connect(lab, &mclient_offer_full);
	if (!CHECK("connect", old != NULL && new != NULL))
		return;
	if (put(old, "198.51.100.7", lab_gtube, "old", &a)) {
		CHECK("old", a.kind == SMFIR_CONTINUE);
		CHECK("old", strstr(a.status, "GTUBE") == NULL);
		CHECK("old", strstr(a.status, "DENY_CLIENT") == NULL);
	}
	if (put(new, "198.51.100.7", lab_gtube, "new", &a)) {
		CHECK("new", a.kind == SMFIR_REPLYCODE && a.code == 550);
		CHECK("new", a.stage == SMFIC_RCPT);
	}
	mclient_close(old);
	mclient_close(new);
}

/* Without the right to edit a message stays with the one that only looks. */
static void
observer(struct lab *lab)
{
	const char *observe[] = {"mode=observe", NO_RULES, NULL};
	const char *mark[] = {"mode=mark", "greylist.when=never", NO_RULES,
	    NULL};
	struct mclient *old, *new;
	struct lab_answer a;

	lab_configure(lab, observe);
	CHECK("observe", lab_ask(lab, "reload", NULL) == 0);
	old = lab_connect(lab, &mclient_offer_full);
	lab_configure(lab, mark);
	CHECK("mark", lab_ask(lab, "reload", NULL) == 0);
	new = lab_connect(lab, &mclient_offer_full);
	if (!CHECK("connect", old != NULL && new != NULL))
		return;
	if (put(old, "192.0.2.1", lab_gtube, "observe", &a))
		CHECK("observe", a.kind == SMFIR_CONTINUE && a.edits == 0);
	if (put(new, "192.0.2.1", lab_gtube, "mark", &a))
		CHECK("mark", strstr(a.status, "GTUBE") != NULL);
	mclient_close(old);
	mclient_close(new);
}

/* The three messages that show whether an MTA is served as far as it can. */
static void
serve(struct lab *lab, const struct mclient_terms *offer, bool edits,
    const char *row)
{
	struct mclient *mc[3];
	struct lab_answer a;
	size_t i;

	for (i = 0; i < 3; i++) {
		mc[i] = lab_connect(lab, offer);
		if (!CHECK(row, mc[i] != NULL))
			return;
	}
	if (put(mc[0], "192.0.2.1", lab_plain, row, &a)) {
		CHECK(row, a.kind == SMFIR_CONTINUE);
		CHECK(row, edits == (a.status[0] != '\0'));
		CHECK(row, (a.status[0] == ' ') == (edits &&
		    (offer->steps & SMFIP_HDR_LEADSPC) != 0));
		CHECK(row, !edits || strcmp(a.score, "1.4") == 0);
	}
	if (put(mc[1], "192.0.2.1", lab_gtube, row, &a)) {
		CHECK(row, a.kind == SMFIR_REPLYCODE && a.code == 550);
		CHECK(row, a.stage == SMFIC_BODYEOB && a.edits == 0);
	}
	if (put(mc[2], "198.51.100.7", lab_plain, row, &a)) {
		CHECK(row, a.kind == SMFIR_REPLYCODE && a.code == 550);
		CHECK(row, a.stage == SMFIC_RCPT);
	}
	for (i = 0; i < 3; i++)
		mclient_close(mc[i]);
}

static void
weak_mtas(struct lab *lab)
{
	struct mclient_terms offer = mclient_offer_full;
	char row[40], name[20];
	unsigned i;

	if (!load(lab, &generations[2], name))
		return;
	serve(lab, &mclient_offer_full, true, "full");
	serve(lab, &mclient_offer_old, true, "old");
	serve(lab, &mclient_offer_none, false, "none");
	for (i = 0; i < BITS; i++) {
		snprintf(row, sizeof(row), "step bit %u", i);
		offer.steps = (uint32_t)1 << i;
		serve(lab, &offer, true, row);
		offer.steps = SMFI_CURR_PROT & ~offer.steps;
		snprintf(row, sizeof(row), "all steps but bit %u", i);
		serve(lab, &offer, true, row);
	}
	offer = mclient_offer_full;
	for (i = 0; i < 9; i++) {
		snprintf(row, sizeof(row), "action bit %u", i);
		offer.actions = (uint32_t)1 << i;
		serve(lab, &offer, false, row);
	}
}

/* Older protocols, which know fewer steps. */
static void
versions(struct lab *lab)
{
	static const uint32_t wanted[] = {2, 3, 4, 6};
	struct mclient_terms offer = mclient_offer_old;
	char row[40];
	size_t i;

	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		offer.version = wanted[i];
		snprintf(row, sizeof(row), "version %u", wanted[i]);
		serve(lab, &offer, true, row);
	}
}

int
main(void)
{
	struct lab lab;

	lab_make(&lab, true);
	lab_write(&lab, "deny", deny_list);
	lab_write(&lab, "gtube.cf", gtube);
	if (CHECK("start", lab_start(&lab))) {
		old_connections(&lab);
		old_answers(&lab);
		observer(&lab);
		weak_mtas(&lab);
		versions(&lab);
		CHECK("errors", lab_stat(&lab, "protocol_errors_total") == 0);
		CHECK("end", lab_idle(&lab));
		lab_stop(&lab, "stop");
	}
	lab_remove(&lab);
	return test_end();
}
