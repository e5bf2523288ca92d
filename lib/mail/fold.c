/* fold - rendered text of many parts made one, its white space folded. */
#include "mail/fold.h"

#include <string.h>

void
fold_begin(struct fold *f, bool wide)
{
	memset(f, 0, sizeof(*f));
	buf_init(&f->out, FOLD_MAX);
	f->wide = wide;
}

/* One character of white space, noted: what it becomes is known at its end. */
static void
take_space(struct fold *f, bool newline)
{
	f->pending = true;
	if (newline) {
		f->second = f->newline;
		f->newline = true;
		f->after = false;
	} else if (f->newline) {
		f->after = true;
	} else {
		f->before = true;
	}
}

static void
flush_space(struct fold *f)
{
	if (!f->pending)
		return;
	if (f->second) {
		if (f->before)
			buf_char(&f->out, ' ');
		buf_char(&f->out, '\n');
		if (f->after)
			buf_char(&f->out, ' ');
	} else {
		buf_char(&f->out, ' ');
	}
	f->pending = f->before = f->newline = f->second = f->after = false;
}

/* White space beyond ASCII (Unicode's White_Space): its bytes, or 0. */
static size_t
wide_space(const unsigned char *p, size_t n)
{
	if (n >= 2 && p[0] == 0xc2 && (p[1] == 0x85 || p[1] == 0xa0))
		return 2;
	if (n < 3)
		return 0;
	if (p[0] == 0xe1 && p[1] == 0x9a && p[2] == 0x80)
		return 3;	/* U+1680 */
	if (p[0] == 0xe2 && p[1] == 0x80 && ((p[2] >= 0x80 && p[2] <= 0x8a) ||
	    p[2] == 0xa8 || p[2] == 0xa9 || p[2] == 0xaf))
		return 3;	/* U+2000..200A, 2028, 2029, 202F */
	if (p[0] == 0xe2 && p[1] == 0x81 && p[2] == 0x9f)
		return 3;	/* U+205F */
	if (p[0] == 0xe3 && p[1] == 0x80 && p[2] == 0x80)
		return 3;	/* U+3000 */
	return 0;
}

/* One character above 127, of n bytes at most; returns its bytes. */
static size_t
take_high(struct fold *f, const unsigned char *p, size_t n)
{
	size_t space = wide_space(p, n);

	if (f->wide && space > 0) {
		take_space(f, false);
		return space;
	}
	flush_space(f);
	if (!f->wide && n >= 2 && (p[0] == 0xc2 || p[0] == 0xc3)) {
		buf_char(&f->out, (char)((p[0] & 3) << 6 | (p[1] & 0x3f)));
		return 2;
	}
	buf_char(&f->out, (char)p[0]);
	return 1;
}

void
fold_add(struct fold *f, struct span s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0, n;

	f->any = f->any || s.n > 0;
	while (i < s.n) {
		if (char_space(p[i])) {
			take_space(f, p[i++] == '\n');
			continue;
		}
		n = span_prose_run(span_skip(s, i));
		if (n > 0) {
			flush_space(f);
			buf_add(&f->out, p + i, n);
			i += n;
		} else if (p[i] > 127) {
			i += take_high(f, p + i, s.n - i);
		} else {
			flush_space(f);
			buf_char(&f->out, p[i] == '\0' ? '\n' : (char)p[i]);
			i++;
		}
	}
}

void
fold_part(struct fold *f)
{
	if (f->any)
		take_space(f, true);
}

struct span
fold_end(struct fold *f, struct arena *arena)
{
	struct span out;

	flush_space(f);
	out = arena_span(arena, buf_contents(&f->out));
	buf_done(&f->out);
	return out;
}
