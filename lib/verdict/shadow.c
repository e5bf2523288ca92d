/* shadow - what became known of one rule on trial. */
#include "verdict/shadow.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/text.h"
#include "verdict/policy.h"

/* A changed verdict, with its queue id copied. */
struct change {
	struct shadow_case verdict;
	char id[SHADOW_ID_MAX];
};

struct shadow {
	char *name, *mark;
	pthread_mutex_t lock;	/* guards what follows */
	unsigned holds;
	int64_t since;		/* its first message, or 0 */
	uint64_t seen, hits, changes;
	struct change recent[SHADOW_RECENT];	/* a ring */
};

struct shadow *
shadow_new(const char *name, const char *mark)
{
	struct shadow *s = mem_alloc(sizeof(*s));

	s->name = mem_copy(name, strlen(name));
	s->mark = mem_copy(mark, strlen(mark));
	pthread_mutex_init(&s->lock, NULL);
	s->holds = 1;
	return s;
}

struct shadow *
shadow_hold(struct shadow *s)
{
	pthread_mutex_lock(&s->lock);
	s->holds++;
	pthread_mutex_unlock(&s->lock);
	return s;
}

void
shadow_put(struct shadow *s)
{
	unsigned left;

	if (s == NULL)
		return;
	pthread_mutex_lock(&s->lock);
	left = --s->holds;
	pthread_mutex_unlock(&s->lock);
	if (left > 0)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s->name);
	free(s->mark);
	free(s);
}

bool
shadow_same(const struct shadow *s, const char *name, const char *mark)
{
	return strcmp(s->name, name) == 0 && strcmp(s->mark, mark) == 0;
}

void
shadow_seen(struct shadow *s, int64_t now)
{
	pthread_mutex_lock(&s->lock);
	if (s->seen++ == 0)
		s->since = now;
	pthread_mutex_unlock(&s->lock);
}

static void
note_change(struct shadow *s, const struct shadow_case *verdict)
{
	struct change *change = &s->recent[s->changes++ % SHADOW_RECENT];
	struct span id = span_head(verdict->queue_id, SHADOW_ID_MAX);

	change->verdict = *verdict;
	if (id.n > 0)
		memcpy(change->id, id.p, id.n);
	change->verdict.queue_id = span_make(change->id, id.n);
}

void
shadow_hit(struct shadow *s, const struct shadow_case *verdict)
{
	pthread_mutex_lock(&s->lock);
	s->hits++;
	if (verdict->from != verdict->to || verdict->news != 0)
		note_change(s, verdict);
	pthread_mutex_unlock(&s->lock);
}

static void
put_time(struct buf *out, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	char text[40];
	struct tm tm;

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ",
	    gmtime_r(&seconds, &tm));
	buf_puts(out, text);
}

static void
put_change(struct buf *out, const struct shadow_case *verdict)
{
	buf_char(out, '\t');
	put_time(out, verdict->now);
	buf_char(out, ' ');
	text_escape(out, verdict->queue_id.n > 0 ? verdict->queue_id :
	    span_of("NOQUEUE"));
	buf_puts(out, " score=");
	text_put_milli(out, verdict->score);
	buf_puts(out, verdict->points < 0 ? "" : "+");
	text_put_milli(out, verdict->points);
	buf_printf(out, " %s%s->%s%s\n", action_name(verdict->from),
	    verdict->news < 0 ? ",newsletter" : "", action_name(verdict->to),
	    verdict->news > 0 ? ",newsletter" : "");
}

/* Nobody waits for a message's thread meanwhile: all is in memory. */
void
shadow_print(struct shadow *s, struct buf *out)
{
	uint64_t i;

	pthread_mutex_lock(&s->lock);
	buf_printf(out, "%s: seen=%llu hits=%llu changed=%llu", s->name,
	    (unsigned long long)s->seen, (unsigned long long)s->hits,
	    (unsigned long long)s->changes);
	if (s->since != 0) {
		buf_puts(out, " since=");
		put_time(out, s->since);
	}
	buf_char(out, '\n');
	i = s->changes > SHADOW_RECENT ? s->changes - SHADOW_RECENT : 0;
	for (; i < s->changes; i++)
		put_change(out, &s->recent[i % SHADOW_RECENT].verdict);
	pthread_mutex_unlock(&s->lock);
}
