/* listhealth_entry - when one list is believed. */
#include "shared/listhealth_entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define MILLION 1000000u
#define SMOOTHING 512		/* answers, about, that the usual rate covers */
#define NEARLY_ALL 96		/* percent */
#define UNUSUAL 70		/* percent: more of them is the list's way */
#define GOOD_AGAIN 2		/* self-tests until a list is back */
#define BAD_AGAIN 2		/* failures until it is off */
#define ERRORS_AGE 300000	/* ms: older answers tell nothing of now */
#define ERRORS_MIN 24
#define HASTE 30000		/* ms between two hurried self-tests */

static void
copy_codes(struct listentry *e, const struct dnslist *list)
{
	size_t i;

	/* Only those that refuse matter here. */
	e->list.codes = arena_alloc(&e->arena,
	    (list->code_count + 1) * sizeof(*list->codes));
	e->list.code_count = 0;
	for (i = 0; i < list->code_count; i++) {
		if (list->codes[i].symbol != NULL)
			continue;
		e->list.codes[e->list.code_count] = list->codes[i];
		e->list.codes[e->list.code_count++].group = NULL;
	}
}

static enum list_trust
trust_at_first(const struct dnslist *list)
{
	return listprobe_needed(list) ? LIST_UNTESTED : LIST_TRUSTED;
}

static void
copy_list(struct listentry *e, const struct dnslist *list)
{
	arena_init(&e->arena);
	e->list = *list;
	e->list.name = arena_string(&e->arena, span_of(list->name));
	e->list.zone = arena_span(&e->arena, list->zone);
	e->list.id = arena_span(&e->arena, list->id);
	e->list.listed = arena_span(&e->arena, list->listed);
	e->list.unlisted = arena_span(&e->arena, list->unlisted);
	e->list.file = e->list.about = e->list.group = NULL;
	e->list.terms = e->list.terms_url = NULL;
	copy_codes(e, list);
}

struct listentry *
listentry_new(const struct dnslist *list, int64_t now)
{
	struct listentry *e = mem_alloc(sizeof(*e));

	copy_list(e, list);
	e->trust = trust_at_first(list);
	e->since = e->used = e->next = now;
	e->usual = MILLION / 2;
	return e;
}

void
listentry_free(struct listentry *e)
{
	if (e == NULL)
		return;
	dns_job_free(e->job);
	arena_done(&e->arena);
	free(e);
}

static void
become(struct listentry *e, enum list_trust trust, const char *why, int64_t now)
{
	if (e->trust != trust)
		e->since = now;
	e->trust = trust;
	snprintf(e->why, sizeof(e->why), "%s", why);
	e->count = e->at = 0;
	e->good = 0;
}

/* Whether they refuse with the same codes. */
static bool
same_codes(const struct dnslist *own, const struct dnslist *list)
{
	const struct dnslist_code *a, *b;
	size_t i, n = 0;

	for (i = 0; i < list->code_count; i++) {
		b = &list->codes[i];
		if (b->symbol != NULL)
			continue;
		a = &own->codes[n++];
		if (n > own->code_count || a->low != b->low ||
		    a->high != b->high || a->mask != b->mask)
			return false;
	}
	return n == own->code_count;
}

static bool
same_list(const struct dnslist *own, const struct dnslist *list)
{
	return span_eq(own->zone, list->zone) && own->asks == list->asks &&
	    own->hash == list->hash && own->base32 == list->base32 &&
	    span_eq(own->listed, list->listed) &&
	    span_eq(own->unlisted, list->unlisted) && same_codes(own, list);
}

void
listentry_define(struct listentry *e, const struct dnslist *list, int64_t now)
{
	if (e->defined == now || e->job != NULL)
		return;
	e->defined = now;
	if (same_list(&e->list, list))
		return;
	arena_done(&e->arena);
	copy_list(e, list);
	become(e, trust_at_first(list), "", now);
	e->rest = e->next = now;
	e->bad = 0;
}

/* Our own word, to be told to all; never older than what was told before. */
static void
declare(struct listentry *e, int64_t now)
{
	e->changed = now > e->changed ? now : e->changed + 1;
	e->publish = true;
}

static int64_t
doubled(int64_t ms, unsigned times, int64_t most)
{
	while (times-- > 0 && ms < most)
		ms *= 2;
	return ms < most ? ms : most;
}

static void
switch_off(struct listentry *e, bool lies, int64_t rest, const char *why,
    int64_t now)
{
	become(e, LIST_OFF, why, now);
	e->lies = lies;
	e->rest = now + rest;
	e->next = now + LISTHEALTH_RETRY_MS;
	declare(e, now);
}

/* For what a self-test does not find. */
static void
put_to_rest(struct listentry *e, bool lies, const char *why, int64_t now)
{
	switch_off(e, lies, doubled(LISTHEALTH_REST_MS, e->trips,
	    LISTHEALTH_REST_MAX_MS), why, now);
	e->trips++;
}

/* A self-test now, unless one was hurried a moment ago. */
static void
doubt(struct listentry *e, int64_t now)
{
	if (e->doubted != 0 && now - e->doubted < HASTE && now >= e->doubted)
		return;
	e->doubted = now;
	e->next = now;
	/* What raised the doubt is one failure already. */
	e->bad = BAD_AGAIN - 1;
}

static bool
known_subject(const struct listentry *e, uint64_t subject)
{
	size_t i;

	for (i = 0; i < e->count; i++)
		if (e->window[i].subject == subject &&
		    e->window[i].word != DNSLIST_ERROR)
			return true;
	return false;
}

/* The nth answer back, the last one first. */
static const struct sample *
back(const struct listentry *e, size_t n)
{
	return &e->window[(e->at + LISTHEALTH_WINDOW - 1 - n) %
	    LISTHEALTH_WINDOW];
}

static void
watch_errors(struct listentry *e, int64_t now)
{
	const struct sample *s;
	size_t i, row = 0, errors = 0, all = 0;

	while (row < e->count && back(e, row)->word == DNSLIST_ERROR)
		row++;
	for (i = 0; i < e->count; i++) {
		s = back(e, i);
		if (now - s->when > ERRORS_AGE)
			break;
		all++;
		errors += s->word == DNSLIST_ERROR;
	}
	if (all >= ERRORS_MIN && errors * 100 >= all * NEARLY_ALL)
		put_to_rest(e, false, "answers nothing but its self-test",
		    now);
	else if (row >= LISTHEALTH_ERRORS)
		doubt(e, now);
}

static void
watch_hits(struct listentry *e, int64_t now)
{
	size_t i, hits = 0, answers = 0, row = 0;
	bool all = true;

	for (i = 0; i < e->count; i++) {
		if (back(e, i)->word == DNSLIST_ERROR)
			continue;
		answers++;
		hits += back(e, i)->word == DNSLIST_YES;
		all = all && back(e, i)->word == DNSLIST_YES;
		row += all;
	}
	/* Where nearly all clients are listed, that is no news. */
	if (answers == LISTHEALTH_WINDOW &&
	    hits * 100 >= answers * NEARLY_ALL &&
	    e->asked >= LISTHEALTH_KNOWN && e->usual < MILLION / 100 * UNUSUAL)
		put_to_rest(e, true, "suddenly lists nearly everything", now);
	else if (row >= LISTHEALTH_SUSPECT)
		doubt(e, now);
}

/* A rate of the last answers, from which it learns slowly. */
static void
learn_rate(struct listentry *e, bool hit)
{
	unsigned wanted = hit ? MILLION : 0;

	e->usual = (unsigned)(((uint64_t)e->usual * (SMOOTHING - 1) + wanted) /
	    SMOOTHING);
}

void
listentry_note(struct listentry *e, uint64_t subject, enum dnslist_word word,
    int64_t now)
{
	e->asked++;
	e->hits += word == DNSLIST_YES;
	e->errors += word == DNSLIST_ERROR;
	if (word != DNSLIST_ERROR) {
		/* One busy client must not look like all the world. */
		if (known_subject(e, subject))
			return;
		learn_rate(e, word == DNSLIST_YES);
	}
	e->window[e->at] = (struct sample){subject, now, word};
	e->at = (e->at + 1) % LISTHEALTH_WINDOW;
	if (e->count < LISTHEALTH_WINDOW)
		e->count++;
	/* Without a self-test it is all there is to doubt it by. */
	if (e->trust != LIST_TRUSTED)
		return;
	if (word == DNSLIST_ERROR)
		watch_errors(e, now);
	else if (word == DNSLIST_YES)
		watch_hits(e, now);
}

/* Further than any rest goes: the clock was set back meanwhile. */
static bool
rests(const struct listentry *e, int64_t now)
{
	return now < e->rest && e->rest - now <=
	    LISTHEALTH_REST_MAX_MS + LISTHEALTH_REST_MS;
}

static void
passed(struct listentry *e, int64_t interval, int64_t now)
{
	e->bad = 0;
	e->good++;
	e->next = now + interval;
	if (e->trust == LIST_UNTESTED) {
		become(e, LIST_TRUSTED, "", now);
	} else if (e->trust == LIST_OFF) {
		e->next = now + LISTHEALTH_RETRY_MS;
		if (rests(e, now) || e->good < GOOD_AGAIN)
			return;
		become(e, LIST_TRUSTED, "", now);
		e->next = now + interval;
		declare(e, now);
	} else if (now - e->since > LISTHEALTH_REST_MAX_MS) {
		e->trips = 0;
	}
}

static void
failed(struct listentry *e, bool lies, const char *why, int64_t now)
{
	e->good = 0;
	e->bad++;
	e->next = now + doubled(LISTHEALTH_RETRY_MS, e->bad,
	    LISTHEALTH_RETRY_MAX_MS);
	if (e->trust == LIST_OFF) {
		snprintf(e->why, sizeof(e->why), "%s", why);
		if (lies && !e->lies) {
			e->lies = true;
			declare(e, now);
		}
	} else if (lies || e->bad >= BAD_AGAIN || e->trust == LIST_UNTESTED) {
		/* Never trusted: no host needs to be told. */
		if (e->trust == LIST_TRUSTED || lies)
			switch_off(e, lies, 0, why, now);
		snprintf(e->why, sizeof(e->why), "%s", why);
	} else {
		e->next = now + LISTHEALTH_AGAIN_MS;
	}
}

void
listentry_tested(struct listentry *e, enum listprobe result, const char *why,
    int64_t interval, int64_t now)
{
	e->tested = now;
	if (result == LISTPROBE_GOOD)
		passed(e, interval, now);
	else
		failed(e, result == LISTPROBE_LIES, why, now);
}

void
listentry_wake(struct listentry *e, int64_t now)
{
	if (e->trust != LIST_OFF || listprobe_needed(&e->list) ||
	    rests(e, now))
		return;
	become(e, LIST_TRUSTED, "", now);
	declare(e, now);
}

struct span
listentry_record(const struct listentry *e, const char *host, struct buf *out)
{
	int64_t rest = e->rest > e->changed ? e->rest - e->changed : 0;

	buf_printf(out, "%s %lld %lld %s %s", e->trust == LIST_OFF ?
	    e->lies ? "lies" : "silent" : "good", (long long)e->changed,
	    (long long)rest, host, e->why);
	return buf_contents(out);
}

/*
 * That a list lies is true for all.  That it does not answer another host may
 * be that host's own trouble: our own self-test decides, at once.
 */
void
listentry_heard(struct listentry *e, struct span record, int64_t now)
{
	struct span state, text, host;
	int64_t changed, rest;
	struct buf why;

	if (!span_word(&record, &state) || !span_word(&record, &text) ||
	    !text_number(text, &changed) || changed <= e->changed ||
	    changed > now + LISTHEALTH_AHEAD_MS ||
	    !span_word(&record, &text) || !text_number(text, &rest) ||
	    !span_word(&record, &host))
		return;
	e->changed = changed;
	e->publish = false;
	if (span_is(state, "good")) {
		/* Another host's word alone does not do. */
		e->rest = now;
		e->next = now;
		if (e->trust == LIST_OFF && e->good == 0)
			e->good = GOOD_AGAIN - 1;
		return;
	}
	buf_init(&why, sizeof(e->why) - 1);
	text_escape(&why, span_trim(record));
	buf_puts(&why, " (says ");
	text_escape(&why, span_head(host, 60));
	buf_char(&why, ')');
	become(e, LIST_OFF, buf_string(&why), now);
	buf_done(&why);
	e->lies = span_is(state, "lies");
	if (rest > LISTHEALTH_REST_MAX_MS)
		rest = LISTHEALTH_REST_MAX_MS;
	/* Whoever found out brings it back, as long as he lives. */
	e->rest = e->lies ? now + rest + LISTHEALTH_REST_MS / 2 : now;
	e->good = e->lies ? 0 : GOOD_AGAIN - 1;
	e->next = now;
}
