/* outbound_level - how far a user's mail is held back. */
#include "check/outbound_level.h"

#include <string.h>

#include "base/text.h"

#define POINT 1000
#define TOUCH_PART 4	/* written anew when so small a part is over */

static const char *const names[LEVELS] = {
	"free", "slowed", "held", "blocked",
};

const char *
level_name(enum level level)
{
	return names[level];
}

/* A share of what is usual in points, up to most; below half it is nothing. */
static int64_t
share(int64_t found, int64_t usual, int64_t most)
{
	int64_t points;

	if (found <= 0 || found < (usual + 1) / 2)
		return 0;
	points = found >= usual * (most / POINT) ? most :
	    found * POINT / usual;
	return points < most ? points : most;
}

static int64_t
worst(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int64_t
evidence_points(const struct evidence *e)
{
	int64_t places;

	places = worst(share(e->networks, e->networks_usual, 2 * POINT),
	    worst(share(e->systems, e->systems_usual, 2 * POINT),
	    share(e->countries, e->countries_usual, 2 * POINT)));
	return places +
	    share(e->strangers, e->strangers_usual, 2 * POINT) +
	    share(e->refusals, e->refusals_usual, 2 * POINT) +
	    share(e->reach, e->reach_usual, POINT);
}

void
evidence_put(const struct evidence *e, struct buf *out)
{
	const struct {
		int64_t found, usual;
		const char *what;
	} rows[] = {
		{e->strangers, e->strangers_usual, "new recipients"},
		{e->networks, e->networks_usual, "networks"},
		{e->systems, e->systems_usual, "providers"},
		{e->countries, e->countries_usual, "countries"},
		{e->refusals, e->refusals_usual, "refused or spam"},
		{e->reach, e->reach_usual, "got the same new link"},
	};
	const char *between = "";
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (share(rows[i].found, rows[i].usual, POINT) == 0)
			continue;
		buf_printf(out, "%s%lld %s", between, (long long)rows[i].found,
		    rows[i].what);
		between = ", ";
	}
}

void
hold_expire(struct hold *h, int64_t now)
{
	if (h->level != LEVEL_FREE && now < h->until)
		return;
	h->level = LEVEL_FREE;
	h->since = h->until = 0;
	h->by = h->why = span_of("");
}

static enum level
level_wanted(const struct ladder *l, int64_t points)
{
	if (points >= l->block_at)
		return LEVEL_BLOCKED;
	if (points >= l->hold_at)
		return LEVEL_HELD;
	return points >= l->slow_at ? LEVEL_SLOWED : LEVEL_FREE;
}

static int64_t
level_time(const struct ladder *l, enum level level)
{
	return level == LEVEL_BLOCKED ? l->block_for :
	    level == LEVEL_HELD ? l->hold_for : l->slow_for;
}

bool
hold_move(struct hold *h, const struct ladder *l, int64_t points, int64_t now)
{
	enum level wanted = level_wanted(l, points);
	int64_t time;

	hold_expire(h, now);
	if (h->by.n > 0 || wanted == LEVEL_FREE || wanted < h->level)
		return false;
	/* A clock set back must not stop the way up. */
	if (wanted > h->level && (h->level == LEVEL_FREE || now < h->since ||
	    now - h->since >= l->step)) {
		h->level++;
		h->since = now;
		h->until = now + level_time(l, h->level);
		return true;
	}
	time = level_time(l, h->level);
	if (h->until - now > time - time / TOUCH_PART)
		return false;
	h->until = now + time;
	return true;
}

static bool
read_field(struct span *rest, struct span *out)
{
	size_t tab = span_chr(*rest, '\t');

	if (tab == rest->n)
		return false;
	*out = span_head(*rest, tab);
	*rest = span_skip(*rest, tab + 1);
	return true;
}

static bool
read_time(struct span *rest, int64_t *out)
{
	struct span field;

	return read_field(rest, &field) && text_number(field, out) &&
	    *out <= INT64_MAX / 4;
}

static bool
read_level(struct span *rest, enum level *out)
{
	struct span field;
	unsigned i;

	if (!read_field(rest, &field))
		return false;
	for (i = 0; i < LEVELS; i++)
		if (span_is(field, names[i])) {
			*out = (enum level)i;
			return true;
		}
	return false;
}

bool
hold_read(struct span bytes, struct hold *out)
{
	struct hold h = {.level = LEVEL_FREE};

	memset(out, 0, sizeof(*out));
	if (!read_level(&bytes, &h.level) || !read_time(&bytes, &h.since) ||
	    !read_time(&bytes, &h.until) || !read_time(&bytes, &h.released) ||
	    !read_field(&bytes, &h.by) || !read_field(&bytes, &h.user) ||
	    !read_field(&bytes, &h.why) || bytes.n != 0)
		return false;
	*out = h;
	return true;
}

/* Escaped, so that no tab is in it. */
static void
put_field(struct buf *out, struct span text, size_t most)
{
	struct buf escaped;

	buf_init(&escaped, most);
	text_escape(&escaped, text);
	buf_span(out, buf_contents(&escaped));
	buf_char(out, '\t');
	buf_done(&escaped);
}

void
hold_write(const struct hold *h, struct buf *out)
{
	buf_printf(out, "%s\t%lld\t%lld\t%lld\t", names[h->level],
	    (long long)h->since, (long long)h->until,
	    (long long)h->released);
	put_field(out, h->by, HOLD_BY_MAX);
	put_field(out, h->user, HOLD_USER_MAX);
	put_field(out, h->why, HOLD_WHY_MAX);
}
