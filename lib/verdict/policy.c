/* policy - from a score to an answer. */
#include "verdict/policy.h"

#include <stdio.h>
#include <string.h>

const char *
mode_name(int64_t mode)
{
	static const char *const names[] = {"observe", "mark", "enforce"};

	return names[mode];
}

const char *
action_name(enum action action)
{
	static const char *const names[] = {
		"accept", "mark", "quarantine", "defer", "reject",
	};

	return names[action];
}

static int64_t
policy_required(const struct policy *p, enum recipient_class klass)
{
	return p->required -
	    (klass == RECIPIENT_ROLE ? p->role_strictness : 0);
}

/* A threshold of 0 is switched off. */
static bool
reaches(int64_t score, int64_t threshold, int64_t strictness)
{
	return threshold != 0 && score >= threshold - strictness;
}

/* What it is worth is for the rules to say, what becomes of it for us. */
static bool
is_newsletter(const struct message *m, const struct result *r)
{
	return m->direction == DIRECTION_INBOUND &&
	    result_counted(r, NEWSLETTER_SYMBOL) != NULL;
}

enum action
policy_recipient(const struct policy *p, const struct message *m,
    const struct result *r, enum recipient_class klass)
{
	int64_t strict = klass == RECIPIENT_ROLE ? p->role_strictness : 0;
	enum action action = ACTION_ACCEPT;

	if (r->score >= p->required - strict)
		action = ACTION_MARK;
	/* RFC 5321 4.5.1: postmaster gets its mail; so does abuse. */
	if (klass == RECIPIENT_PROTECTED)
		return action;
	if (reaches(r->score, p->quarantine, strict) ||
	    (p->newsletter == NEWSLETTER_QUARANTINE && is_newsletter(m, r)))
		action = ACTION_QUARANTINE;
	if (reaches(r->score, p->reject, strict))
		action = ACTION_REJECT;
	if (r->demand > action)
		action = r->demand;
	/*
	 * Refusing what our own relay has already accepted makes it send a
	 * bounce to a forged sender, and deferring fills its queue.
	 */
	if (m->relayed)
		return action == ACTION_REJECT ? ACTION_QUARANTINE : action;
	if (r->defer != NULL && action < ACTION_DEFER)
		action = ACTION_DEFER;
	return action;
}

/* What the mode lets happen of the action. */
static enum action
mode_limit(int64_t mode, const struct decision *d)
{
	if (mode == MODE_ENFORCE)
		return d->action;
	return mode == MODE_MARK && d->spam ? ACTION_MARK : ACTION_ACCEPT;
}

static void
decision_init(struct decision *d, const struct policy *p, const char *token)
{
	memset(d, 0, sizeof(*d));
	d->required = p->required;
	snprintf(d->token, sizeof(d->token), "%s", token);
}

static void
decision_reply(struct decision *d, const char *code, const char *enhanced,
    const char *text)
{
	snprintf(d->code, sizeof(d->code), "%s", code);
	snprintf(d->enhanced, sizeof(d->enhanced), "%s", enhanced);
	snprintf(d->text, sizeof(d->text), "%s [%s]", text, d->token);
}

static void
decision_text(struct decision *d, const struct policy *p,
    const struct result *r)
{
	if (d->action == ACTION_REJECT && r->demand == ACTION_REJECT)
		decision_reply(d, "550", r->demand_code, r->demand_text);
	else if (d->action == ACTION_REJECT)
		decision_reply(d, "550", "5.7.1", p->reject_text);
	else if (d->action == ACTION_DEFER)
		decision_reply(d, "451", r->defer_code, r->defer);
}

/* Whether a recipient is refused before DATA: by any, or what is tried. */
static bool
refuses_early(const struct policy *p, const struct message *m,
    const struct result *r, enum recipient_class klass)
{
	const struct symbol *symbol;
	size_t i;

	if (m->relayed || klass == RECIPIENT_PROTECTED)
		return false;
	for (i = 0; i < p->refuse_at_rcpt.count; i++) {
		symbol = result_counted(r, p->refuse_at_rcpt.item[i]);
		if (symbol != NULL && !symbol->late &&
		    (r->tried == NULL || symbol->weight == r->tried))
			return true;
	}
	return false;
}

void
policy_decide(const struct policy *p, const struct message *m,
    const struct result *r, const char *token, struct decision *d)
{
	enum action action;
	int64_t required;
	size_t i, left = 0;

	decision_init(d, p, token);
	/* Without a recipient that we know of, judge as for a person. */
	d->action = policy_recipient(p, m, r, RECIPIENT_PERSONAL);
	for (i = 0; i < m->recipient_count; i++) {
		/* What counts already did so at RCPT. */
		if (r->tried != NULL &&
		    refuses_early(p, m, r, m->recipients[i].klass))
			continue;
		required = policy_required(p, m->recipients[i].klass);
		action = policy_recipient(p, m, r, m->recipients[i].klass);
		/* Of the same action, the milder threshold counts as well. */
		if (left++ == 0 || action < d->action ||
		    (action == d->action && required > d->required)) {
			d->action = action;
			d->required = required;
		}
	}
	if (m->recipient_count > 0 && left == 0)
		d->action = ACTION_REJECT;
	d->spam = r->score >= d->required || r->demand > ACTION_MARK;
	d->newsletter = !d->spam && is_newsletter(m, r);
	d->done = mode_limit(p->mode, d);
	decision_text(d, p, r);
}

void
policy_early(const struct policy *p, const struct message *m,
    const struct result *r, enum recipient_class klass, const char *token,
    struct decision *d)
{
	decision_init(d, p, token);
	if (refuses_early(p, m, r, klass))
		d->action = ACTION_REJECT;
	d->done = mode_limit(p->mode, d);
	decision_text(d, p, r);
}

void
policy_overload(const struct policy *p, const char *token, struct decision *d)
{
	decision_init(d, p, token);
	if (p->overload == OVERLOAD_DEFER)
		d->action = ACTION_DEFER;
	d->done = mode_limit(p->mode, d);
	if (d->action == ACTION_DEFER)
		decision_reply(d, "451", "4.3.2",
		    "Too many messages at once, please try again later");
}
