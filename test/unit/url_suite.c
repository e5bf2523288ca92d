/*
 * url_suite - the URL tests of web-platform-tests: urltestdata (all schemes,
 * all bases), toascii and IdnaTestV2 as hosts, percent-encoding in UTF-8.
 *
 * Every case of urltestdata is run and passes, those of other schemes and of
 * relative URLs too.  Not run: "relativeTo" alone has no meaning here, origins
 * and setters do not exist, percent-encoding in other charsets than UTF-8 is
 * not done, for messages are UTF-8 before links are looked at.  Hosts deviate
 * in what the DNS cannot hold (labels over 63 bytes, names over 253), and in
 * characters that are newer or rarer than libidn2's tables: counted below, and
 * held down by a limit.
 */
#include "mail/url.h"
#include "test/unit/suite.h"

#define WANTED 891u	/* cases of urltestdata */

static bool
parse(struct arena *arena, const struct json *row, struct url *url)
{
	struct span base = member(row, "base")->text;
	struct url from;

	if (base.n != 0 && !url_parse(arena, base, NULL, &from))
		return false;
	return url_parse(arena, member(row, "input")->text,
	    base.n != 0 ? &from : NULL, url);
}

static bool
part_same(const struct json *row, const char *name, const char *before,
    struct span got, bool there)
{
	struct span want = member(row, name)->text;

	if (want.n != 0 && before[0] != '\0')
		want = span_skip(want, strlen(before));
	return span_eq(want, there ? got : span_of(""));
}

static bool
parts_same(const struct json *row, const struct url *url)
{
	struct span host = member(row, "hostname")->text;

	/* A final dot stays in the text alone. */
	if (host.n != 0 && host.p[host.n - 1] == '.' &&
	    url->host_kind == URL_HOST_NAME)
		host.n--;
	return span_eq(host, url->kind == URL_MAILTO ? host : url->host) &&
	    part_same(row, "username", "", url->user, true) &&
	    part_same(row, "password", "", url->password, true) &&
	    part_same(row, "pathname", "", url->path, true) &&
	    part_same(row, "search", "?", url->query, true) &&
	    part_same(row, "hash", "#", url->fragment, true);
}

static unsigned
urltestdata(struct arena *arena, const struct json *row, unsigned *bad)
{
	unsigned cases = 0, failed;
	struct span want;
	struct url url;
	char name[80];
	bool good;

	for (; row != NULL; row = row->next) {
		if (row->type != '{')
			continue;
		cases++;
		snprintf(name, sizeof(name), "%u <%.60s>", cases,
		    arena_string(arena, member(row, "input")->text));
		want = member(row, "href")->text;
		failed = test_count.failed;
		good = parse(arena, row, &url);
		CHECK(name, good == (want.n != 0));
		if (good)
			CHECK_TEXT(name, arena_string(arena, url.text),
			    arena_string(arena, want));
		if (good)
			CHECK(name, parts_same(row, &url));
		*bad += test_count.failed != failed;
	}
	return cases;
}

/* What the DNS cannot hold. */
static bool
too_long(struct span name)
{
	struct span label;

	if (name.n > 254)
		return true;
	while (span_cut(&name, '.', &label))
		if (label.n > 63)
			return true;
	return false;
}

struct figures {
	unsigned cases, long_names, refused, other;
};

static void
host_case(struct arena *arena, const struct json *row, struct figures *f)
{
	struct span in = member(row, "input")->text;
	struct span want = member(row, "output")->text, host;
	struct url url;
	bool good;

	f->cases++;
	good = url_parse(arena, arena_printf(arena, "https://%.*s/x",
	    SPAN_ARG(in)), NULL, &url);
	if (good) {
		host = span_skip(url.text, strlen("https://"));
		host = span_head(host, span_chr(host, '/'));
	}
	if (good == (want.n != 0) && (!good || span_eq(want, host)))
		return;
	if (!good && too_long(want))
		f->long_names++;
	else if (!good)
		f->refused++;
	else
		f->other++;
}

/* refused and other: how many characters' cases libidn2 does not know. */
static void
hosts(struct arena *arena, const char *dir, const char *file,
    const struct figures *limit)
{
	const struct json *row = suite_read(arena, dir, file)->first;
	struct figures f = { 0, 0, 0, 0 };

	for (; row != NULL; row = row->next)
		if (row->type == '{')
			host_case(arena, row, &f);
	printf("%s: %u cases, %u as browsers; %u too long for the DNS, "
	    "%u refused, %u different\n", file, f.cases, f.cases -
	    f.long_names - f.refused - f.other, f.long_names, f.refused,
	    f.other);
	CHECK(file, f.cases == limit->cases);
	CHECK(file, f.long_names == limit->long_names);
	CHECK(file, f.refused <= limit->refused);
	CHECK(file, f.other <= limit->other);
}

/* Each input as a query, where the encoding of the document counts. */
static void
percent_encoding(struct arena *arena, const struct json *row)
{
	struct span in, want;
	struct url url;

	for (; row != NULL; row = row->next) {
		if (row->type != '{')
			continue;
		in = member(row, "input")->text;
		want = member(member(row, "output"), "utf-8")->text;
		if (CHECK("percent", url_parse(arena,
		    arena_printf(arena, "foo://h/?%.*s", SPAN_ARG(in)), NULL,
		    &url)))
			CHECK_TEXT("percent", arena_string(arena, url.query),
			    arena_string(arena, want));
	}
}

int
main(void)
{
	static const struct figures toascii = { 87, 2, 4, 3 };
	static const struct figures idna = { 2671, 28, 122, 3 };
	const char *dir = test_suites();
	struct arena arena;
	unsigned cases, bad = 0;

	if (dir == NULL) {
		printf("bar: url-urltestdata - (wanted %u/%u) unmeasured\n",
		    WANTED, WANTED);
		test_skip(WANTED, "no suites");
		return test_end();
	}
	arena_init(&arena);
	cases = urltestdata(&arena,
	    suite_read(&arena, dir, "url/urltestdata.json")->first, &bad);
	CHECK("urltestdata", cases == WANTED);
	printf("bar: url-urltestdata %u/%u (wanted %u/%u) %s\n",
	    cases - bad, cases, WANTED, WANTED,
	    bad == 0 && cases == WANTED ? "met" : "missed");
	hosts(&arena, dir, "url/toascii.json", &toascii);
	hosts(&arena, dir, "url/IdnaTestV2.json", &idna);
	percent_encoding(&arena,
	    suite_read(&arena, dir, "url/percent-encoding.json")->first);
	arena_done(&arena);
	return test_end();
}
