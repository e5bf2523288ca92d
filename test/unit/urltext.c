/*
 * urltext - addresses found in running text.  What is expected here is what
 * SpamAssassin 4.0.1 finds in the same lines.
 */
#include "mail/urltext.h"
#include "base/buf.h"
#include "test/unit/test.h"

#define PIECES 100000

/* Flags behind an address: "s" schemeless, "u" unlinked. */
static const struct row {
	const char *name, *text, *found;
} rows[] = {
	{ "nothing", "no address here. none at all: end", "" },
	{ "with scheme", "see http://www.example.com/a?b#c ok",
	    "http://www.example.com/a?b#c" },
	{ "known starts", "www.example.org ftp.example.com/x www12.example.com",
	    "http://www.example.org/s ftp://ftp.example.com/x/s "
	    "http://www12.example.com/s" },
	{ "three digits", "www123.example.com",
	    "http://www123.example.com/su" },
	{ "bare host", "go to example.com/path now",
	    "http://example.com/path/su" },
	{ "bare host with slash alone", "example.com/ x", "" },
	{ "bare host, port", "example.com:80/x example.com:800000/x",
	    "http://example.com:80/x/su" },
	{ "unknown top-level domain", "readme.txt setup.example", "" },
	{ "second level", "a.example.co.uk", "http://a.example.co.uk/su" },
	{ "ends of hosts", "example.com. example.com.. example.com:",
	    "http://example.com/su" },
	{ "underscores", "_example.com a.b_c.com a_b.example.com",
	    "http://a_b.example.com/su" },
	{ "starts of bare hosts", "%a.com -b.com =c.com \\d.com ~e.com~",
	    "http://c.com/su http://d.com/su" },
	{ "punctuation behind", "http://example.com/a... http://b.com!!!",
	    "http://example.com/a http://b.com" },
	{ "brackets around", "(http://example.com/a) <http://b.com> "
	    "[www.c.com]",
	    "http://example.com/a http://b.com http://www.c.com/s" },
	{ "brackets inside", "http://example.com/a_(b)",
	    "http://example.com/a_(b" },
	{ "last closing one", "http://example.com/a)b)c",
	    "http://example.com/a)b" },
	{ "quotes end", "http://a.com/\"x\" http://b.com/`x`",
	    "http://a.com/ http://b.com/" },
	{ "mail", "foo@example.com, <bar@example.org>",
	    "mailto:foo@example.com/s mailto:bar@example.org/s" },
	{ "mailto", "mailto:bar@example.org?subject=x",
	    "mailto:bar@example.org?subject=x" },
	{ "signs alone", ". @ : .:@ a.com :. . b.com", "http://a.com/su "
	    "http://b.com/su" },
	{ "marks before mail", "email:a@b.com skype:c@d.com E-Mail::e@f.com",
	    "mailto:a@b.com/s mailto:c@d.com/s mailto:e@f.com/s" },
	{ "escaped mail", "mailto:a%2Eb@example.com mailto:foo%40example.com",
	    "mailto:a.b@example.com" },
	{ "mail without host", "foo@bar vi@gra foo@bar%2Ecom", "" },
	{ "content ids", "cid:foo@example.com [mid:x@example.com]", "" },
	{ "slash before @", "foo/bar@example.com/x",
	    "http://foo/bar@example.com/x/s" },
	{ "nothing behind", "http:// www. ftp. https://...", "" },
	{ "after ISO 2022", "x\033(Bhttp://example.com\033(J",
	    "http://example.com" },
	{ "no-break space as byte", "x\240bar.com\240y",
	    "http://bar.com/su" },
	{ "letters before", "xwww.example.com \303\251www.example.com",
	    "http://xwww.example.com/su http://www.example.com/s" },
	{ "bytes above 127", "http://m\303\274nchen.com/",
	    "http://m\303\274nchen.com/" },
};

static void
one_row(struct arena *arena, const struct registry *registry,
    const struct row *row)
{
	struct urltext_scan scan;
	struct urltext u;
	struct buf out;

	buf_init(&out, 4096);
	urltext_begin(&scan, registry, span_of(row->text));
	while (urltext_next(arena, &scan, &u)) {
		if (out.n != 0)
			buf_char(&out, ' ');
		buf_span(&out, u.url);
		buf_puts(&out, u.unlinked ? "/su" : u.schemeless ? "/s" : "");
	}
	CHECK_TEXT(row->name, buf_string(&out), row->found);
	buf_done(&out);
}

static unsigned
count(struct arena *arena, const struct registry *registry, struct span text,
    bool cut)
{
	struct urltext_scan scan;
	struct urltext u;
	unsigned n = 0;

	urltext_begin(&scan, registry, text);
	while (urltext_next(arena, &scan, &u))
		n += u.cut == cut;
	return n;
}

/* name@b.com with a name of n bytes, and http://b.com/ with a path of n. */
static void
lengths(struct arena *arena, const struct registry *registry)
{
	static const struct {
		const char *before, *behind;
		size_t n;
		unsigned found, cut;
	} at[] = {
		{ "", "@b.com", URLTEXT_MAIL_MAX, 1, 0 },
		{ "", "@b.d", URLTEXT_MAIL_MAX, 0, 0 },
		{ "", "@b_.com", URLTEXT_MAIL_MAX + 1, 0, 0 },
		{ "http://b-/", "", URLTEXT_MAX - 3, 1, 0 },
		{ "http://b-/", "", URLTEXT_MAX - 2, 0, 1 },
		{ "http://b-/", ",http://c.com/", URLTEXT_MAX, 1, 1 },
		{ "mailto:a@b.com?", "", URLTEXT_MAX - 8, 1, 0 },
		{ "c.com/", "", URLTEXT_MAX, 1, 0 },
		{ "c.com/", "", URLTEXT_MAX + 1, 0, 1 },
	};
	char text[URLTEXT_MAX + 64];
	size_t i, n;

	for (i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		n = (size_t)sprintf(text, "%s", at[i].before);
		memset(text + n, 'x', at[i].n);
		n += at[i].n;
		n += (size_t)sprintf(text + n, "%s", at[i].behind);
		CHECK(at[i].before, count(arena, registry,
		    span_make(text, n), false) == at[i].found);
		CHECK(at[i].before, count(arena, registry,
		    span_make(text, n), true) == at[i].cut);
	}
}

/* Without a blank, each in a way that could be looked at again and again. */
static void
hostile(struct arena *arena, const struct registry *registry)
{
	static const struct {
		const char *piece;
		unsigned found;
	} text[] = {
		{ "a@b.com,", PIECES }, { "a.b.com,", 0 }, { "x@", 0 },
		{ "a.com:", 0 }, { "www.", 1 }, { "mailto:", 0 }, { "(", 0 },
		{ "http://", 1 }, { ".", 0 }, { "a-", 0 }, { "\033(Bx.", 0 },
	};
	struct buf out;
	size_t i, n;

	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		buf_init(&out, 4 << 20);
		for (n = 0; n < PIECES; n++)
			buf_puts(&out, text[i].piece);
		CHECK(text[i].piece, count(arena, registry,
		    buf_contents(&out), false) == text[i].found);
		CHECK(text[i].piece, count(arena, registry,
		    buf_contents(&out), true) <= 1);
		buf_done(&out);
		arena_reset(arena);
	}
}

int
main(void)
{
	static const char *const tlds[] = { "com", "org", "uk" };
	struct registry registry;
	struct arena arena;
	size_t i;

	arena_init(&arena);
	registry_init(&registry);
	for (i = 0; i < sizeof(tlds) / sizeof(tlds[0]); i++)
		registry_add(&registry, 1, span_of(tlds[i]));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		one_row(&arena, &registry, &rows[i]);
	lengths(&arena, &registry);
	hostile(&arena, &registry);
	registry_done(&registry);
	arena_done(&arena);
	return test_end();
}
