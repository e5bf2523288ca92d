/* edits - what is changed in the header of a message that is let through. */
#include "verdict/edits.h"

#include "auth/authres.h"
#include "verdict/authresults.h"
#include "verdict/report.h"

#define EDITS_ADDED_MAX 8	/* Subject and the fields of ours */
#define LEVEL_STARS_MAX 50	/* as SpamAssassin */

static void
edits_add(struct edits *edits, enum edit_kind kind, struct span name,
    unsigned nth, struct span value)
{
	edits->edit[edits->count++] = (struct edit) {kind, name, nth, value};
}

/* Whether a reserved field must go: we, or somebody posing as us, wrote it. */
static bool
is_forged(struct message *m, size_t i)
{
	const struct header *h = &m->headers[i];
	struct span id;

	if (!span_iis(h->name, "Authentication-Results"))
		return true;
	if (i < m->trusted_headers)
		return false;
	return authres_parse(&m->arena, h->value, &id) == AUTHRES_BROKEN ||
	    span_ieq(id, m->authserv_id);
}

/*
 * From the bottom up, so that the numbers above stay what they were.  nth
 * starts as how many fields of each name there are.
 */
static void
remove_forged(struct edits *edits, struct message *m, unsigned *nth)
{
	size_t i = m->header_count;
	int which;

	while (i-- > 0) {
		which = header_reserved(m->headers[i].name);
		if (which < 0)
			continue;
		if (is_forged(m, i))
			edits_add(edits, EDIT_REMOVE, m->headers[i].name,
			    nth[which], span_of(""));
		nth[which]--;
	}
}

/* Counts the fields of each reserved name; returns their sum. */
static size_t
count_reserved(const struct message *m, unsigned nth[HEADER_RESERVED])
{
	size_t i, n = 0;
	int which;

	for (i = 0; i < m->header_count; i++) {
		which = header_reserved(m->headers[i].name);
		if (which >= 0) {
			nth[which]++;
			n++;
		}
	}
	return n;
}

static void
tag_subject(struct edits *edits, struct message *m, const char *tag)
{
	const struct header *subject = message_find(m, "Subject", 0);
	struct span name = span_of("Subject"), old;

	/* A Subject that was cut, or left out, must not be replaced. */
	if (tag[0] == '\0' ||
	    (m->reached & (LIMIT_HEADERS | LIMIT_HEADER_BYTES)))
		return;
	if (subject == NULL) {
		edits_add(edits, EDIT_INSERT, name, 0, span_of(tag));
		return;
	}
	old = span_trim(subject->value);
	if (!span_starts(old, tag))
		edits_add(edits, EDIT_CHANGE, name, 1,
		    arena_printf(&m->arena, "%s %.*s", tag, SPAN_ARG(old)));
}

static void
edit_newsletter(struct edits *edits, struct message *m, const struct policy *p)
{
	if (p->newsletter == NEWSLETTER_ACCEPT)
		return;
	if (p->newsletter == NEWSLETTER_TAG)
		tag_subject(edits, m, p->newsletter_tag);
	edits_add(edits, EDIT_INSERT, span_of("X-Postern-Class"), 0,
	    span_of("newsletter"));
}

static void
insert_results(struct edits *edits, struct message *m, const struct result *r,
    const struct auth *auth, const struct decision *d, const char *generation)
{
	static const char stars[LEVEL_STARS_MAX + 1] =
	    "**************************************************";
	int64_t level = r->score / 1000;
	struct span results;

	/* Each goes to the top, so the last one here is read first. */
	if (level > LEVEL_STARS_MAX)
		level = LEVEL_STARS_MAX;
	if (level > 0)
		edits_add(edits, EDIT_INSERT, span_of("X-Spam-Level"), 0,
		    span_make(stars, (size_t)level));
	edits_add(edits, EDIT_INSERT, span_of("X-Spam-Score"), 0,
	    report_score(&m->arena, r));
	edits_add(edits, EDIT_INSERT, span_of("X-Spam-Status"), 0,
	    report_status(&m->arena, r, d, generation));
	if (d->spam)
		edits_add(edits, EDIT_INSERT, span_of("X-Spam-Flag"), 0,
		    span_of("YES"));
	results = authresults_make(m, auth);
	if (results.n > 0)
		edits_add(edits, EDIT_INSERT,
		    span_of("Authentication-Results"), 0, results);
}

static void
insert_signatures(struct edits *edits, struct message *m,
    const struct auth *auth)
{
	size_t i;

	edits->edit = arena_alloc(&m->arena,
	    auth->added_count * sizeof(*edits->edit));
	for (i = 0; i < auth->added_count; i++)
		edits_add(edits, EDIT_INSERT, span_of("DKIM-Signature"), 0,
		    auth->added[i]);
}

bool
edits_possible(const struct policy *p)
{
	return p->mode != MODE_OBSERVE;
}

void
edits_make(struct message *m, const struct policy *p, const struct result *r,
    const struct auth *auth, const struct decision *d,
    const char *generation, struct edits *out)
{
	unsigned nth[HEADER_RESERVED] = {0};

	out->count = 0;
	out->edit = NULL;
	if (!edits_possible(p) || d->done >= ACTION_DEFER)
		return;
	if (m->direction != DIRECTION_INBOUND) {
		insert_signatures(out, m, auth);
		return;
	}
	out->edit = arena_alloc(&m->arena,
	    (count_reserved(m, nth) + EDITS_ADDED_MAX) * sizeof(*out->edit));
	remove_forged(out, m, nth);
	if (d->spam)
		tag_subject(out, m, p->tag_subject);
	if (d->newsletter)
		edit_newsletter(out, m, p);
	insert_results(out, m, r, auth, d, generation);
}
