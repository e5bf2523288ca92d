/* notices - what operators should hear of soon. */
#include "shared/notices.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"

/* What was said of whom, as a digest, and when. */
struct said {
	char word[DIGEST_WORD_MAX];
	int64_t at;
};

struct notices {
	pthread_mutex_t lock;	/* guards all below */
	struct notice queue[NOTICES_MAX];
	size_t first, count;
	struct said said[NOTICES_REMEMBERED];	/* a ring; oldest at next */
	size_t next;
	uint64_t dropped;
};

struct notices *
notices_new(void)
{
	struct notices *n = mem_alloc(sizeof(*n));

	pthread_mutex_init(&n->lock, NULL);
	return n;
}

void
notices_free(struct notices *n)
{
	if (n == NULL)
		return;
	pthread_mutex_destroy(&n->lock);
	free(n);
}

static void
fill(char *out, size_t room, struct span text)
{
	struct buf b;
	size_t n;

	buf_init(&b, room * 4);
	text_escape(&b, span_head(text, room));
	n = b.n < room ? b.n : room - 1;
	/* Not in the middle of a character. */
	while (n > 0 && n < b.n && ((unsigned char)b.p[n] & 0xc0) == 0x80)
		n--;
	if (n > 0)
		memcpy(out, b.p, n);
	out[n] = '\0';
	buf_done(&b);
}

static void
name_of(const struct notice *notice, char word[DIGEST_WORD_MAX])
{
	struct buf b;

	buf_init(&b, sizeof(*notice));
	buf_printf(&b, "%s %s %s", notice->kind, notice->level,
	    notice->subject);
	digest_word(buf_contents(&b), word);
	buf_done(&b);
}

/* Notes that it is said now; false when it was lately.  Locked. */
static bool
say(struct notices *n, const char *word, int64_t now)
{
	struct said *s;
	size_t i;

	for (i = 0; i < NOTICES_REMEMBERED; i++) {
		s = &n->said[i];
		if (strcmp(s->word, word) != 0)
			continue;
		/* A clock set back must not keep it quiet for years. */
		if (now >= s->at && now - s->at < NOTICES_QUIET)
			return false;
		s->word[0] = '\0';
	}
	s = &n->said[n->next];
	n->next = (n->next + 1) % NOTICES_REMEMBERED;
	memcpy(s->word, word, DIGEST_WORD_MAX);
	s->at = now;
	return true;
}

bool
notices_push(struct notices *n, const char *kind, struct span subject,
    const char *level, struct span why, int64_t now)
{
	char word[DIGEST_WORD_MAX];
	struct notice notice = {.at = now};
	bool taken = false;

	if (n == NULL)
		return false;
	fill(notice.kind, sizeof(notice.kind), span_of(kind));
	fill(notice.subject, sizeof(notice.subject), subject);
	fill(notice.level, sizeof(notice.level), span_of(level));
	fill(notice.why, sizeof(notice.why), why);
	name_of(&notice, word);
	pthread_mutex_lock(&n->lock);
	if (n->count == NOTICES_MAX) {
		n->dropped++;
	} else if (say(n, word, now)) {
		n->queue[(n->first + n->count++) % NOTICES_MAX] = notice;
		taken = true;
	}
	pthread_mutex_unlock(&n->lock);
	return taken;
}

bool
notices_take(struct notices *n, struct notice *out, uint64_t *dropped)
{
	bool found;

	pthread_mutex_lock(&n->lock);
	found = n->count > 0;
	if (found) {
		*out = n->queue[n->first];
		*dropped = n->dropped;
		n->first = (n->first + 1) % NOTICES_MAX;
		n->count--;
		n->dropped = 0;
	}
	pthread_mutex_unlock(&n->lock);
	return found;
}
