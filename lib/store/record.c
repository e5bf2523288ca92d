/*
 * record - what is stored under a key, and what each verb does to it.
 *
 * Layout: a byte that names the kind, the expiry in ms, then by kind
 *	'B'	the bytes of PUT
 *	'N'	the sum of ADD
 *	'D'	the sum of DECAY, the time it holds for, the half life
 *	'T'	the tokens of a bucket, the time they hold for
 * where all numbers are 8 bytes, least first.
 *
 * A decaying sum is kept in 65536ths and holds for a time that only moves by
 * whole half lives, where it halves; what is added later grows to what would
 * have decayed to it by then.  So rounding does not pile up however often it
 * is touched, and the order of arrival within a half life does not matter.
 * Tokens are kept in thousandths of thousandths, in which a rate times
 * milliseconds is a whole number.
 */
#include "store/record.h"

#include <stdint.h>
#include <string.h>

#define SUM_UNIT 65536
#define TOKEN_UNIT 1000
#define LN2_Q32 UINT64_C(2977044472)
#define ONE_Q32 (UINT64_C(1) << 32)
#define SERIES_TERMS 12	/* ln(2)^13 / 13! is below 2^-32 */

enum kind { KIND_BYTES = 'B', KIND_SUM = 'N', KIND_DECAY = 'D',
	KIND_BUCKET = 'T' };

struct fields {
	enum kind kind;
	int64_t expires;
	int64_t number;		/* DECAY in SUM_UNIT, BUCKET in TOKEN_UNIT */
	int64_t at;
	int64_t half_life;
	struct span bytes;	/* BYTES */
};

_Static_assert(STORE_NUMBER_MAX <= INT64_MAX / SUM_UNIT / 4,
    "a sum at the start of its half life, and as much again, must fit");

static void
number_put(struct record *r, int64_t number)
{
	uint64_t u = (uint64_t)number;
	int i;

	for (i = 0; i < 8; i++)
		r->bytes[r->n++] = (char)(u >> 8 * i);
}

static int64_t
number_get(const char *p)
{
	uint64_t u = 0;
	int i;

	for (i = 7; i >= 0; i--)
		u = u << 8 | (unsigned char)p[i];
	return (int64_t)u;
}

static enum record_change
fields_put(const struct fields *f, struct record *r)
{
	r->n = 0;
	r->bytes[r->n++] = (char)f->kind;
	number_put(r, f->expires);
	if (f->kind == KIND_BYTES) {
		if (f->bytes.n != 0)
			memcpy(r->bytes + r->n, f->bytes.p, f->bytes.n);
		r->n += f->bytes.n;
		return RECORD_WRITE;
	}
	number_put(r, f->number);
	if (f->kind != KIND_SUM)
		number_put(r, f->at);
	if (f->kind == KIND_DECAY)
		number_put(r, f->half_life);
	return RECORD_WRITE;
}

/* False for what fields_put never wrote, so that no sum below overflows. */
static bool
fields_sane(const struct fields *f, int64_t most)
{
	return f->number <= most && f->number >= -most && f->at >= 0 &&
	    f->half_life > 0;
}

static bool
fields_get(struct span s, struct fields *f)
{
	struct span rest = span_skip(s, RECORD_HEAD);
	size_t numbers = rest.n / 8;
	int64_t most;

	if (s.n < RECORD_HEAD || s.n > RECORD_MAX)
		return false;
	memset(f, 0, sizeof(*f));
	f->kind = (enum kind)(unsigned char)s.p[0];
	f->expires = number_get(s.p + 1);
	f->bytes = rest;
	f->half_life = 1;
	if (f->kind == KIND_BYTES)
		return true;
	if (rest.n % 8 != 0 || numbers == 0)
		return false;
	f->number = number_get(rest.p);
	if (numbers > 1)
		f->at = number_get(rest.p + 8);
	if (numbers > 2)
		f->half_life = number_get(rest.p + 16);
	switch (f->kind) {
	case KIND_SUM:
		return numbers == 1 && fields_sane(f, STORE_NUMBER_MAX);
	case KIND_DECAY:
		most = STORE_NUMBER_MAX * 2 * SUM_UNIT;
		return numbers == 3 && fields_sane(f, most);
	case KIND_BUCKET:
		most = STORE_NUMBER_MAX * TOKEN_UNIT;
		return numbers == 2 && f->number >= 0 && fields_sane(f, most);
	default:
		return false;
	}
}

/* The upper half of a product, rounded; a * b is below 2^64 - 2^31. */
static uint64_t
times_q32(uint64_t a, uint64_t b)
{
	return (a * b + ONE_Q32 / 2) >> 32;
}

/* 2^-x for x in [0, 1), both in 2^-32: the exponential series after Horner. */
static uint64_t
power_q32(uint64_t x)
{
	uint64_t y = times_q32(x, LN2_Q32), sum = ONE_Q32;
	unsigned n;

	for (n = SERIES_TERMS; n > 0; n--)
		sum = ONE_Q32 - times_q32(y, sum) / n;
	return sum;
}

int64_t
record_decayed(int64_t number, int64_t elapsed, int64_t half_life)
{
	int64_t halvings = elapsed / half_life;
	uint64_t rest = (uint64_t)(elapsed % half_life);
	uint64_t whole = (uint64_t)half_life, factor, m;

	if (halvings >= 63)
		return 0;
	for (; whole >> 32 != 0; whole >>= 1)
		rest >>= 1;
	if (rest == whole)
		rest--;
	factor = power_q32((rest << 32) / whole);
	m = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
	m = (m >> 32) * factor + times_q32(m & (ONE_Q32 - 1), factor);
	if (halvings > 0)
		m = (m + (UINT64_C(1) << (halvings - 1))) >> halvings;
	return number < 0 ? -(int64_t)m : (int64_t)m;
}

static int64_t
time_after(int64_t now, int64_t ms)
{
	return ms < INT64_MAX - now ? now + ms : INT64_MAX;
}

static int64_t
clamp(int64_t number, int64_t most)
{
	return number > most ? most : number < -most ? -most : number;
}

static int64_t
elapsed_since(int64_t at, int64_t now)
{
	return now > at ? now - at : 0;
}

/* The sum of SUM or DECAY at the time now, in thousandths. */
static int64_t
sum_now(const struct fields *f, int64_t now)
{
	int64_t n;

	if (f->kind == KIND_SUM)
		return f->number;
	n = record_decayed(f->number, elapsed_since(f->at, now), f->half_life);
	n = n < 0 ? -((-n + SUM_UNIT / 2) / SUM_UNIT)
		  : (n + SUM_UNIT / 2) / SUM_UNIT;
	return clamp(n, STORE_NUMBER_MAX);
}

static enum record_change
answer_failed(struct store_op *op)
{
	op->answer = STORE_FAILED;
	op->trouble = TROUBLE_ARGUMENT;
	return RECORD_KEEP;
}

static enum record_change
answer_found(struct store_op *op, const struct fields *f, int64_t now)
{
	if (f->kind == KIND_BUCKET)
		return answer_failed(op);
	op->answer = STORE_FOUND;
	if (f->kind == KIND_BYTES) {
		op->length = f->bytes.n;
		if (op->length != 0 && op->data != NULL)
			memcpy(op->data, f->bytes.p, op->length);
	} else {
		op->number = sum_now(f, now);
	}
	return RECORD_KEEP;
}

static enum record_change
apply_put(struct store_op *op, int64_t now, struct record *out)
{
	struct fields f = {.kind = KIND_BYTES, .bytes = op->value};

	f.expires = time_after(now, op->ttl);
	return fields_put(&f, out);
}

static enum record_change
apply_add(struct store_op *op, struct fields *f, int64_t now,
    struct record *out)
{
	f->expires = time_after(now, op->ttl);
	f->number = clamp(f->number + op->amount, STORE_NUMBER_MAX);
	op->number = f->number;
	return fields_put(f, out);
}

/* Moves the time a decaying sum holds for to within a half life of now. */
static void
decay_move(struct fields *f, int64_t now, int64_t half_life)
{
	int64_t step = elapsed_since(f->at, now);

	if (f->half_life == half_life && f->at - RECORD_SKEW <= now) {
		step -= step % half_life;
		f->number = record_decayed(f->number, step, half_life);
		f->at += step;
	} else {
		f->number = record_decayed(f->number, step, f->half_life);
		f->at = now;
		f->half_life = half_life;
	}
}

static enum record_change
apply_decay(struct store_op *op, struct fields *f, int64_t now,
    struct record *out)
{
	int64_t grown, most = STORE_NUMBER_MAX * SUM_UNIT, left;

	f->expires = time_after(now, op->ttl);
	if (f->half_life == 0) {
		f->at = now;
		f->half_life = op->half_life;
	}
	decay_move(f, now, op->half_life);
	left = op->half_life - elapsed_since(f->at, now);
	grown = record_decayed(op->amount * SUM_UNIT * 2, left, op->half_life);
	most = record_decayed(most * 2, left, op->half_life);
	f->number = clamp(f->number + grown, most);
	op->number = sum_now(f, now);
	return fields_put(f, out);
}

/* Milliseconds until a bucket that lacks so many tokens is full. */
static int64_t
refill_time(int64_t lack, int64_t rate)
{
	return rate != 0 ? lack / rate + 1 : 0;
}

static void
bucket_fill(struct fields *f, int64_t rate, int64_t most, int64_t now)
{
	int64_t gained;

	if (__builtin_mul_overflow(elapsed_since(f->at, now), rate, &gained) ||
	    gained > most)
		gained = most;
	f->number = f->number < most - gained ? f->number + gained : most;
	if (f->at < now || f->at - RECORD_SKEW > now)
		f->at = now;
}

static enum record_change
apply_take(struct store_op *op, struct fields *f, int64_t now,
    struct record *out)
{
	int64_t most = op->burst * TOKEN_UNIT, asked = op->amount * TOKEN_UNIT;
	bool set_back = f->at - RECORD_SKEW > now;
	int64_t left, until;

	bucket_fill(f, op->rate, most, now);
	left = f->number - asked;
	if (left >= 0) {
		f->number = left;
		op->number = left / TOKEN_UNIT;
	} else {
		op->number = (left - TOKEN_UNIT + 1) / TOKEN_UNIT;
	}
	if ((left < 0 || asked == 0) && !set_back)
		return RECORD_KEEP;
	until = refill_time(most - f->number, op->rate);
	f->expires = time_after(now, op->ttl > until ? op->ttl : until);
	return fields_put(f, out);
}

/* The verbs that count; f is their own kind of record, perhaps a fresh one. */
static enum record_change
apply_number(struct store_op *op, struct fields *f, int64_t now,
    struct record *out)
{
	op->answer = STORE_FOUND;
	if (op->verb == STORE_ADD)
		return apply_add(op, f, now, out);
	if (op->verb == STORE_DECAY)
		return apply_decay(op, f, now, out);
	return apply_take(op, f, now, out);
}

static enum record_change
apply_counting(struct store_op *op, struct fields *f, bool present,
    int64_t now, struct record *out)
{
	enum kind kind = op->verb == STORE_ADD ? KIND_SUM
	    : op->verb == STORE_DECAY ? KIND_DECAY : KIND_BUCKET;

	if (present && f->kind != kind)
		return answer_failed(op);
	if (!present) {
		memset(f, 0, sizeof(*f));
		f->kind = kind;
		if (kind == KIND_BUCKET) {
			f->number = op->burst * TOKEN_UNIT;
			f->at = now;
		}
	}
	return apply_number(op, f, now, out);
}

enum record_change
record_apply(struct store_op *op, struct span old, int64_t now,
    struct record *out)
{
	struct fields f;
	bool sane = old.p == NULL || fields_get(old, &f);
	bool present = old.p != NULL && sane && f.expires > now;

	op->number = 0;
	op->length = 0;
	if (op->verb == STORE_DELETE) {
		op->answer = present ? STORE_FOUND : STORE_ABSENT;
		return old.p != NULL ? RECORD_REMOVE : RECORD_KEEP;
	}
	if (op->verb == STORE_PUT) {
		op->answer = STORE_FOUND;
		return apply_put(op, now, out);
	}
	if (!sane)
		return answer_failed(op);
	if (op->verb != STORE_GET && op->verb != STORE_PUT_NEW)
		return apply_counting(op, &f, present, now, out);
	if (present)
		return answer_found(op, &f, now);
	op->answer = STORE_ABSENT;
	return op->verb == STORE_GET ? RECORD_KEEP : apply_put(op, now, out);
}

bool
record_expired(struct span bytes, int64_t now)
{
	struct fields f;

	return !fields_get(bytes, &f) || f.expires <= now;
}

int64_t
record_expiry(struct span bytes)
{
	struct fields f;

	return fields_get(bytes, &f) ? f.expires : -1;
}

struct span
record_class(struct span key)
{
	return span_head(key, span_chr(key, '\0'));
}

bool
record_key_sound(struct span key)
{
	struct span klass = record_class(key);

	return klass.n > 0 && klass.n <= STORE_CLASS_MAX &&
	    key.n >= klass.n + 2 && key.n <= klass.n + 2 + STORE_KEY_MAX;
}

uint64_t
record_hash(struct span key, uint64_t secret)
{
	uint64_t h = secret;
	size_t i;

	for (i = 0; i < key.n; i++) {
		h = (h ^ (unsigned char)key.p[i]) * 1099511628211u;
		h ^= h >> 29;
	}
	return h;
}

size_t
record_key(const struct store_op *op, char out[RECORD_KEY_MAX])
{
	size_t n = strlen(op->klass) + 1;

	memcpy(out, op->klass, n);
	out[n++] = (char)op->schema;
	if (op->key.n != 0)
		memcpy(out + n, op->key.p, op->key.n);
	return n + op->key.n;
}
