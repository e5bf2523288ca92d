/* dmarc_walk - the DNS tree walk of RFC 9989 section 4.10. */
#include "auth/dmarc_walk.h"

#include <string.h>

#include "mail/domain.h"

void
dmarc_level_init(struct dmarc_level *l, struct arena *arena,
    struct span domain)
{
	memset(l, 0, sizeof(*l));
	l->domain = domain;
	l->name = arena_printf(arena, "_dmarc.%.*s", SPAN_ARG(domain));
}

bool
dmarc_level_run(struct dmarc_level *l, struct dns_job *job)
{
	struct dmarc_record record;
	size_t i;

	l->answer = dns_job_ask(job, l->name, DNS_TXT);
	if (l->answer == NULL)
		return false;
	l->records = 0;
	if (l->answer->status != DNS_FOUND)
		return true;
	for (i = 0; i < l->answer->count; i++)
		if (dmarc_record_parse(l->answer->records[i].data, &record) &&
		    l->records++ == 0)
			l->record = record;
	return true;
}

bool
dmarc_level_has(const struct dmarc_level *l)
{
	return l->answer != NULL && l->records == 1;
}

void
dmarc_walk_init(struct dmarc_walk *w, struct arena *arena, struct span start)
{
	size_t labels = domain_labels(start);

	memset(w, 0, sizeof(*w));
	w->start = start;
	dmarc_level_init(&w->levels[w->count++], arena, start);
	/* Step 4: from more than eight labels at once to seven. */
	labels = labels > DMARC_WALK_MAX ? DMARC_WALK_MAX : labels;
	while (labels > 1)
		dmarc_level_init(&w->levels[w->count++], arena,
		    domain_tail(start, --labels));
}

/* 4.10.2 rules 1 and 2; true when the walk ends at this level. */
static bool
psd_rules(struct dmarc_walk *w, const struct dmarc_level *l)
{
	if (!dmarc_level_has(l))
		return false;
	if (l->record.psd == 'n') {
		w->rule = DMARC_RULE_PSD_N;
		w->org = l->domain;
		return true;
	}
	if (l->record.psd != 'y')
		return false;
	/* A walk that starts at the suffix ends there too, by rule 3. */
	if (l == w->levels) {
		w->rule = DMARC_RULE_SHORTEST;
		w->org = l->domain;
		return true;
	}
	w->rule = DMARC_RULE_PSD_Y;
	w->psd = l;
	w->org = domain_tail(w->start, domain_labels(l->domain) + 1);
	return true;
}

/* False while an answer that decides is under way. */
static bool
conclude(struct dmarc_walk *w)
{
	const struct dmarc_level *l;

	w->rule = DMARC_RULE_START;
	w->org = w->start;
	for (w->used = 0; w->used < w->count;) {
		l = &w->levels[w->used++];
		if (l->answer == NULL)
			return false;
		if (l->answer->status == DNS_FAILED) {
			w->rule = DMARC_RULE_FAILED;
			w->org = span_of(NULL);
			w->why = l->answer->why;
			return true;
		}
		if (psd_rules(w, l))
			return true;
		if (dmarc_level_has(l)) {
			w->rule = DMARC_RULE_SHORTEST;
			w->org = l->domain;
		}
	}
	return true;
}

bool
dmarc_walk_run(struct dmarc_walk *w, struct dns_job *job)
{
	size_t i;

	for (i = 0; i < w->count; i++)
		dmarc_level_run(&w->levels[i], job);
	return conclude(w);
}
