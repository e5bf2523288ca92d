/*
 * edits - the header after the edits, as Postfix makes them (a field that is
 * removed shifts the numbers of those behind it) and as Sendmail does (it
 * keeps its number).
 */
#include "test/unit/test.h"
#include "verdict/edits.h"

#define FIELDS_MAX 1200
#define OURS "mx.example"

/* One field of an MTA's header; removed ones stay for Sendmail's counting. */
struct field {
	struct span name, value;
	bool removed;
};

struct header_list {
	bool shifts;	/* Postfix */
	struct field field[FIELDS_MAX];
	size_t count;
};

static struct field *
list_find(struct header_list *list, struct span name, unsigned nth)
{
	struct field *f;
	size_t i;

	for (i = 0; i < list->count; i++) {
		f = &list->field[i];
		if (span_ieq(f->name, name) && !(list->shifts && f->removed) &&
		    --nth == 0)
			return f;
	}
	return NULL;
}

static void
list_apply(struct header_list *list, const struct edits *edits)
{
	const struct edit *e;
	struct field *f;
	size_t i;

	for (i = 0; i < edits->count; i++) {
		e = &edits->edit[i];
		if (e->kind == EDIT_INSERT) {
			memmove(&list->field[1], &list->field[0],
			    list->count++ * sizeof(*f));
			list->field[0] = (struct field) { e->name, e->value,
			    false };
			continue;
		}
		f = list_find(list, e->name, e->nth);
		CHECK("a field of that number", f != NULL && !f->removed);
		if (f != NULL && e->kind == EDIT_REMOVE)
			f->removed = true;
		else if (f != NULL)
			f->value = e->value;
	}
}

/* What is left, one "Name:value" a line, but for the fields of ours on top. */
static void
list_print(const struct header_list *list, size_t ours, struct buf *out)
{
	size_t i;

	for (i = ours; i < list->count; i++)
		if (!list->field[i].removed)
			buf_printf(out, "%.*s:%.*s\n",
			    SPAN_ARG(list->field[i].name),
			    SPAN_ARG(list->field[i].value));
}

struct world {
	struct message message;
	struct limits limits;
	struct policy policy;
	struct weights weights;
	struct result result;
	struct auth auth;
	struct decision decision;
	struct edits edits;
	struct field sent[FIELDS_MAX];	/* what the MTA has, kept or not */
	size_t sent_count;
};

static void
world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->limits = (struct limits) { .headers = 1000, .recipients = 1,
	    .header_bytes = 1 << 20 };
	message_init(&w->message);
	message_reset(&w->message, &w->limits);
	w->message.authserv_id = span_of(OURS);
	w->policy = (struct policy) { .mode = MODE_ENFORCE, .required = 5000,
	    .tag_subject = "" };
	weights_init(&w->weights);
	weights_put(&w->weights, span_of("A"));
	result_init(&w->result, &w->message.arena, &w->weights);
}

static void
world_done(struct world *w)
{
	message_done(&w->message);
	weights_done(&w->weights);
}

/* name and value outlive the message. */
static void
world_field(struct world *w, const char *name, struct span value)
{
	w->sent[w->sent_count++] = (struct field) { span_of(name), value,
	    false };
	message_header(&w->message, span_of(name), value);
}

static void
world_edit(struct world *w, int64_t score)
{
	w->result.score = score;
	policy_decide(&w->policy, &w->message, &w->result, "TOKEN234",
	    &w->decision);
	edits_make(&w->message, &w->policy, &w->result, &w->auth,
	    &w->decision, "0123", &w->edits);
}

/* How many fields of ours are added at most once, of that name. */
static size_t
inserted(const struct edits *edits, const char *name)
{
	size_t i, n = 0;

	for (i = 0; i < edits->count; i++)
		if (edits->edit[i].kind == EDIT_INSERT &&
		    (name == NULL || span_is(edits->edit[i].name, name)))
			n++;
	return n;
}

static void
play(struct world *w, bool shifts, struct buf *out)
{
	static struct header_list list;

	list.shifts = shifts;
	list.count = w->sent_count;
	memcpy(list.field, w->sent, list.count * sizeof(w->sent[0]));
	list_apply(&list, &w->edits);
	buf_reset(out);
	list_print(&list, inserted(&w->edits, NULL), out);
}

/* Fields that strangers may send; keep says which must survive. */
static const struct {
	const char *name, *value;
	bool keep;
} kinds[] = {
	{ "Received", " from a by b; date", true },
	{ "Subject", " hello", true },
	{ "X-Spam-Checker-Version", " 3", true },
	{ "X-Spam-Flag", " NO", false },
	{ "x-spam-flag", " no", false },
	{ "X-Spam-Level", "", false },
	{ "X-SPAM-SCORE", " -10", false },
	{ "X-Spam-Status", " No, score=-10", false },
	{ "Authentication-Results", " " OURS "; spf=pass smtp.helo=x", false },
	{ "Authentication-results", " \"MX.Example\" 1; none", false },
	{ "Authentication-Results", " other.example; none", true },
	{ "authentication-results", " ; garbage (", false },
	{ "ARC-Authentication-Results", " i=1; " OURS "; none", true },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static unsigned
next(unsigned *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void
test_random(void)
{
	unsigned seed = 7, round, i, n, kind, wrong = 0, trusted;
	static struct world w;
	struct buf wanted, got;

	buf_init(&wanted, 1 << 20);
	buf_init(&got, 1 << 20);
	for (round = 0; round < 3000; round++) {
		world_init(&w);
		buf_reset(&wanted);
		n = next(&seed) % 40;
		trusted = round % 3 == 0 ? next(&seed) % (n + 1) : 0;
		w.message.trusted_headers = trusted;
		for (i = 0; i < n; i++) {
			kind = next(&seed) % KINDS;
			world_field(&w, kinds[kind].name,
			    span_of(kinds[kind].value));
			/* What our relays say of authentication stays. */
			if (kinds[kind].keep || (i < trusted &&
			    char_lower(kinds[kind].name[0]) == 'a'))
				buf_printf(&wanted, "%s:%s\n",
				    kinds[kind].name, kinds[kind].value);
		}
		world_edit(&w, round % 2 == 0 ? 0 : 9000);
		play(&w, true, &got);
		wrong += !span_eq(buf_contents(&got), buf_contents(&wanted));
		play(&w, false, &got);
		wrong += !span_eq(buf_contents(&got), buf_contents(&wanted));
		world_done(&w);
	}
	CHECK("exactly the forged ones go", wrong == 0);
	buf_done(&wanted);
	buf_done(&got);
}

/* A flood before and of what has to go, past the limits on what is kept. */
static void
test_flood(void)
{
	static const size_t sizes[] = { 3, 2000 };
	static struct world w;
	struct buf got;
	size_t i, k;

	buf_init(&got, 1 << 20);
	for (k = 0; k < 4; k++) {
		world_init(&w);
		w.limits.headers = 100;
		w.limits.header_bytes = 20000;
		for (i = 0; k / 2 == 0 && i < 200; i++)
			world_field(&w, "Junk", arena_printf(
			    &w.message.arena, "%0200d", 1));
		for (i = 0; i < 900; i++)
			world_field(&w, "X-Spam-Flag", arena_printf(
			    &w.message.arena, "%0*d",
			    (int)sizes[(i + k) % 2], 1));
		world_edit(&w, 0);
		play(&w, true, &got);
		CHECK("none left", span_find(buf_contents(&got),
		    span_of("X-Spam")) == got.n);
		play(&w, false, &got);
		CHECK("none left", span_find(buf_contents(&got),
		    span_of("X-Spam")) == got.n);
		world_done(&w);
	}
	buf_done(&got);
}

static const struct {
	const char *name;
	int mode;
	enum direction direction;
	int64_t score, reject;
	bool edits, flag;
	size_t stars;
} whens[] = {
	{ "ham", MODE_ENFORCE, DIRECTION_INBOUND, 0, 0, true, false, 0 },
	{ "below a star", MODE_MARK, DIRECTION_INBOUND, 999, 0, true, false,
	    0 },
	{ "a star", MODE_MARK, DIRECTION_INBOUND, 1000, 0, true, false, 1 },
	{ "spam", MODE_ENFORCE, DIRECTION_INBOUND, 5999, 0, true, true, 5 },
	{ "most stars", MODE_MARK, DIRECTION_INBOUND, 50000, 0, true, true,
	    50 },
	{ "no more", MODE_MARK, DIRECTION_INBOUND, 999000, 0, true, true, 50 },
	{ "negative", MODE_MARK, DIRECTION_INBOUND, -9000, 0, true, false, 0 },
	{ "observe", MODE_OBSERVE, DIRECTION_INBOUND, 9000, 0, false, false,
	    0 },
	{ "outbound", MODE_MARK, DIRECTION_OUTBOUND, 9000, 0, false, false,
	    0 },
	{ "local", MODE_MARK, DIRECTION_LOCAL, 9000, 0, false, false, 0 },
	{ "rejected", MODE_ENFORCE, DIRECTION_INBOUND, 9000, 8000, false,
	    false, 0 },
	{ "would be rejected", MODE_MARK, DIRECTION_INBOUND, 9000, 8000, true,
	    true, 9 },
};

static void
test_when(void)
{
	static struct world w;
	const struct edit *e;
	size_t i, k;

	for (i = 0; i < sizeof(whens) / sizeof(whens[0]); i++) {
		world_init(&w);
		w.policy.mode = whens[i].mode;
		w.policy.reject = whens[i].reject;
		w.message.direction = whens[i].direction;
		world_field(&w, "X-Spam-Flag", span_of("NO"));
		world_edit(&w, whens[i].score);
		CHECK(whens[i].name, (w.edits.count > 0) == whens[i].edits);
		CHECK(whens[i].name, inserted(&w.edits, "X-Spam-Status") ==
		    whens[i].edits);
		CHECK(whens[i].name, inserted(&w.edits, "X-Spam-Flag") ==
		    whens[i].flag);
		CHECK(whens[i].name, inserted(&w.edits, "X-Spam-Level") ==
		    (whens[i].stars > 0));
		for (k = 0; k < w.edits.count; k++) {
			e = &w.edits.edit[k];
			CHECK(whens[i].name, !span_is(e->name,
			    "X-Spam-Level") || e->value.n == whens[i].stars);
		}
		world_done(&w);
	}
}

static const struct {
	const char *name, *subject;	/* NULL: no such field */
	const char *tag;
	int64_t score;
	const char *expected;
} subjects[] = {
	{ "tagged", " hello", "[SPAM]", 5000, "Subject:[SPAM] hello\n" },
	{ "ham", " hello", "[SPAM]", 4999, "Subject: hello\n" },
	{ "no tag", " hello", "", 5000, "Subject: hello\n" },
	{ "tagged already", " [SPAM] hello", "[SPAM]", 5000,
	    "Subject: [SPAM] hello\n" },
	{ "empty", "", "[SPAM]", 5000, "Subject:[SPAM] \n" },
};

static void
test_subject(void)
{
	static struct world w;
	struct buf got;
	size_t i;

	buf_init(&got, 1000);
	for (i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		world_init(&w);
		w.policy.tag_subject = subjects[i].tag;
		world_field(&w, "Subject", span_of(subjects[i].subject));
		world_edit(&w, subjects[i].score);
		play(&w, true, &got);
		CHECK_TEXT(subjects[i].name, buf_string(&got),
		    subjects[i].expected);
		world_done(&w);
	}
	world_init(&w);
	w.policy.tag_subject = "[SPAM]";
	world_edit(&w, 9000);
	CHECK("a missing one is added", inserted(&w.edits, "Subject") == 1);
	world_done(&w);
	buf_done(&got);
}

int
main(void)
{
	test_random();
	test_flood();
	test_when();
	test_subject();
	return test_end();
}
