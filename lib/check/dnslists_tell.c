/* dnslists_tell - what operators ask about the DNS lists in use. */
#include <stdio.h>
#include <time.h>

#include "base/text.h"
#include "check/dnslists.h"
#include "mail/domain.h"

static const char *
trust_name(enum list_trust trust)
{
	static const char *const names[] = {
		[LIST_TRUSTED] = "trusted", [LIST_UNTESTED] = "untested",
		[LIST_OFF] = "off",
	};

	return names[trust];
}

static void
put_time(struct buf *out, const char *what, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	char text[40];
	struct tm tm;

	if (ms == 0) {
		buf_printf(out, ", never %s", what);
		return;
	}
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ",
	    gmtime_r(&seconds, &tm));
	buf_printf(out, ", %s %s", what, text);
}

static void
tell_list(const struct dnslist *list, const char *name,
    struct listhealth *health, struct buf *out)
{
	struct list_report r;

	if (health == NULL || !listhealth_report(health, list, &r)) {
		buf_printf(out, "%s: not watched\n", name);
		return;
	}
	buf_printf(out, "%s: %s", name, trust_name(r.trust));
	put_time(out, "since", r.since);
	put_time(out, "tested", r.tested);
	buf_printf(out, "\n\tasked %llu, listed %llu, no answer %llu, "
	    "usually listed %u.%u%%\n", (unsigned long long)r.asked,
	    (unsigned long long)r.hits, (unsigned long long)r.errors,
	    r.usual / 10, r.usual % 10);
	if (r.why[0] != '\0')
		buf_printf(out, "\twhy: %s\n", r.why);
}

void
dnslists_tell(const void *arg, struct listhealth *health, struct buf *out)
{
	const struct dnslists_self *self = arg;
	const struct dnslist *list;
	size_t i;

	for (i = 0; i < self->count; i++) {
		list = &self->used[i].list;
		tell_list(list, list->name, health, out);
		if (list->terms_url[0] != '\0')
			buf_printf(out, "\tterms: %s %s\n", list->terms_url,
			    list->terms);
	}
	if (self->rules != NULL)
		netself_tell(self->rules, health, out);
}

void
dnslists_tell_zone(const struct dnslist *zone, struct listhealth *health,
    struct buf *out)
{
	char name[DNSLIST_ZONE_MAX + 20];

	snprintf(name, sizeof(name), "rules on %.*s", SPAN_ARG(zone->id));
	tell_list(zone, name, health, out);
}

/* As for a message: what somebody registered, but of lists of hosts. */
static struct span
name_for(const struct dnslists_self *self, const struct dnslist *list,
    struct arena *arena, struct span subject)
{
	struct span host = domain_ascii(arena, subject), domain;

	domain = suffixes_registered(self->book->suffixes, host);
	return domain.n == 0 || (list->asks & DNSLIST_LINK_HOST) ? host :
	    domain;
}

/* What the subject is, for lists that are asked such things; empty if not. */
static struct span
label_for(const struct dnslists_self *self, const struct dnslist *list,
    struct arena *arena, struct span subject)
{
	struct ip ip;

	if (ip_parse(subject, &ip))
		return list->asks & (ip_is4(&ip) ? DNSLIST_CLIENT |
		    DNSLIST_LINK_IP : DNSLIST_CLIENT6) ?
		    dnslist_reverse(arena, &ip) : span_of("");
	if (span_chr(subject, '@') < subject.n)
		return list->asks & DNSLIST_EMAIL ?
		    dnslist_hashed(arena, list, subject) : span_of("");
	return list->asks & ~(unsigned)(DNSLIST_CLIENT | DNSLIST_CLIENT6 |
	    DNSLIST_LINK_IP | DNSLIST_EMAIL) ? name_for(self, list, arena,
	    subject) : span_of("");
}

static void
put_codes(const struct used_list *used, const struct dnslist_answer *a,
    struct buf *out)
{
	const struct dnslist_code *code;
	size_t i, k;

	for (i = 0; i < a->count; i++) {
		buf_printf(out, " %u.%u.%u.%u", a->codes[i] >> 24,
		    a->codes[i] >> 16 & 255, a->codes[i] >> 8 & 255,
		    a->codes[i] & 255);
		for (k = 0; k < used->list.code_count; k++) {
			code = &used->list.codes[k];
			if (code->symbol == NULL || used->weights[k] == NULL ||
			    !dnslist_code_has(code, a->codes[i]))
				continue;
			buf_printf(out, " %s ", code->symbol);
			text_put_milli(out, used->weights[k]->score);
		}
	}
}

static void
tell_answer(const struct used_list *used, const struct asking *a,
    size_t number, struct buf *out)
{
	struct dnslist_answer answer;
	const char *why;
	size_t i = 0;

	while (i < a->count && a->items[i].tag != number)
		i++;
	if (i == a->count)
		return;
	dnslist_read(&used->list, a->items[i].answer, &answer);
	buf_printf(out, "%s:", used->list.name);
	if (answer.word == DNSLIST_ERROR)
		buf_printf(out, " no answer: %s", answer.why);
	else if (answer.word == DNSLIST_NO)
		buf_puts(out, " not listed");
	else
		put_codes(used, &answer, out);
	if (listprobe_result(a, &used->list, DNSLISTS_TAG_PROBES +
	    LISTPROBE_TAGS * (unsigned)number, &why) != LISTPROBE_GOOD)
		buf_printf(out, " (not believed: %s)", why);
	buf_char(out, '\n');
}

size_t
dnslists_query(const void *arg, struct dns *dns, struct span subject,
    int64_t timeout, struct buf *out)
{
	const struct dnslists_self *self = arg;
	struct dns_job *job = asking_new(dns, NULL, NULL);
	struct asking *a = asking_of(job);
	struct span label;
	size_t i, asked = 0;

	for (i = 0; i < self->count; i++) {
		label = label_for(self, &self->used[i].list,
		    asking_arena(a), subject);
		if (label.n == 0)
			continue;
		asked++;
		asking_add(a, dnslist_name(asking_arena(a),
		    &self->used[i].list, label), DNS_A, (unsigned)i, subject);
		listprobe_add(a, &self->used[i].list, DNSLISTS_TAG_PROBES +
		    LISTPROBE_TAGS * (unsigned)i, 0);
	}
	asking_start(job);
	dns_job_wait(job, timeout);
	for (i = 0; i < self->count; i++)
		tell_answer(&self->used[i], a, i, out);
	dns_job_free(job);
	return asked;
}
