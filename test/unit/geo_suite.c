/*
 * geo_suite - MaxMind's own test files: what the good ones were made from is
 * what they have to tell, and of the bad ones none may be used but those that
 * harm nobody.
 */
#include <glob.h>

#include "base/buf.h"
#include "net/geo.h"
#include "net/geocheck.h"
#include "test/unit/suite.h"

#define FILE_MAX (1 << 20)
#define WANTED_PLACES 4000u	/* networks asked for, at least */

/* Those of which something can be known; the others tell other things. */
static const char *const good[] = {
	"GeoIP2-City-Test", "GeoIP2-Country-Test", "GeoIP2-Enterprise-Test",
	"GeoIP2-ISP-Test", "GeoIP2-Precision-Enterprise-Test",
	"GeoLite2-ASN-Test", "GeoLite2-City-Test", "GeoLite2-Country-Test",
};

/* By the part of their names that tells what is wrong. */
static const struct {
	const char *name;
	const char *why;	/* NULL: good in form, so no harm */
} bad[] = {
	{ "test-data/GeoIP2-City-Test-Broken-Double-Format", "data that "
	    "cannot be read" },
	{ "test-data/GeoIP2-City-Test-Invalid-Node-Count", "100000 nodes in "
	    "22571 bytes: half of a file?" },
	{ "test-data/MaxMind-DB-test-broken-pointers-24", "a pointer to a "
	    "pointer" },
	{ "test-data/MaxMind-DB-test-broken-search-tree-24", "a tree deeper "
	    "than an address is long" },
	{ "libmaxminddb/libmaxminddb-corrupt-search-tree", NULL },
	{ "libmaxminddb/libmaxminddb-deep-array-nesting", "data nested too "
	    "deep" },
	{ "libmaxminddb/libmaxminddb-deep-nesting", "data nested too deep" },
	{ "libmaxminddb/libmaxminddb-empty-array-last-in-metadata", NULL },
	{ "libmaxminddb/libmaxminddb-empty-map-last-in-metadata", NULL },
	{ "libmaxminddb/libmaxminddb-metadata-marker-only", "its metadata: "
	    "data that cannot be read" },
	{ "libmaxminddb/libmaxminddb-offset-integer-overflow", "its "
	    "metadata: a pointer or record to no data" },
	{ "libmaxminddb/libmaxminddb-oversized-array", "data that cannot be "
	    "read" },
	{ "libmaxminddb/libmaxminddb-oversized-map", "a key that is no "
	    "string" },
	{ "libmaxminddb/libmaxminddb-separator-record-max-left", "a record "
	    "between tree and data" },
	{ "libmaxminddb/libmaxminddb-separator-record-min-left", "a record "
	    "between tree and data" },
	{ "libmaxminddb/libmaxminddb-separator-record-min-right", "a record "
	    "between tree and data" },
	{ "libmaxminddb/libmaxminddb-uint64-max-epoch", NULL },
	{ "maxminddb-golang/cyclic-data-structure", "its metadata: data that "
	    "cannot be read" },
	{ "maxminddb-golang/invalid-bytes-length", "its metadata: data that "
	    "cannot be read" },
	{ "maxminddb-golang/invalid-data-record-offset", "its metadata: a "
	    "key that is no string" },
	{ "maxminddb-golang/invalid-map-key-length", "its metadata: data "
	    "that cannot be read" },
	{ "maxminddb-golang/invalid-string-length", "its metadata: data that "
	    "cannot be read" },
	{ "maxminddb-golang/metadata-is-an-uint128", "its metadata: data "
	    "that cannot be read" },
	{ "maxminddb-golang/unexpected-bytes", "its metadata: a key that is "
	    "no string" },
	{ "maxminddb-python/bad-unicode-in-map-key", "a pointer or record to "
	    "no data" },
};

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

static const char *folder;
static unsigned asked;

static const char *
file_path(struct arena *arena, const char *name, const char *end)
{
	return arena_printf(arena, "%s/geoip/%s%s", folder, name, end).p;
}

static struct span
read_file(struct arena *arena, const char *path)
{
	FILE *f = fopen(path, "rb");
	char *bytes = arena_bytes(arena, FILE_MAX);
	size_t n = 0;

	if (CHECK(path, f != NULL)) {
		n = fread(bytes, 1, FILE_MAX, f);
		fclose(f);
	}
	return span_make(bytes, n);
}

static const char *
check_file(struct arena *arena, const char *path)
{
	static struct error error;
	struct geocheck found;
	struct span bytes = read_file(arena, path);
	char *copy = mem_copy(bytes.p, bytes.n);
	int status = geocheck(span_make(copy, bytes.n), &found, &error);

	free(copy);
	return status == 0 ? "good" : error.text;
}

static bool
is_bad(const char *path)
{
	size_t i;

	for (i = 0; i < ROWS(bad); i++)
		if (strstr(path, bad[i].name) != NULL)
			return true;
	return false;
}

/* Every file is either good in form, or known to be bad. */
static void
test_forms(const char *pattern)
{
	struct arena arena;
	glob_t found;
	size_t i;

	arena_init(&arena);
	if (CHECK(pattern, glob(file_path(&arena, pattern, ""), 0, NULL,
	    &found) == 0)) {
		for (i = 0; i < found.gl_pathc; i++)
			if (!is_bad(found.gl_pathv[i]))
				CHECK_TEXT(found.gl_pathv[i], check_file(
				    &arena, found.gl_pathv[i]), "good");
		globfree(&found);
	}
	arena_done(&arena);
}

static void
test_bad(void)
{
	const char *path, *name;
	struct arena arena;
	struct error error;
	size_t i;

	arena_init(&arena);
	for (i = 0; i < ROWS(bad); i++) {
		name = strncmp(bad[i].name, "test-data", 9) == 0 ?
		    bad[i].name : arena_printf(&arena, "bad-data/%s",
		    bad[i].name).p;
		path = file_path(&arena, name, ".mmdb");
		CHECK_TEXT(name, check_file(&arena, path),
		    bad[i].why != NULL ? bad[i].why : "good");
		/* Those good in form tell nothing that we ask. */
		CHECK(name, geo_open(&path, 1, NULL, &error) == NULL);
	}
	arena_done(&arena);
}

/* A network with what stands there. */
struct row {
	struct net net;
	const struct json *data;
};

static size_t
read_rows(struct arena *arena, const struct json *all, struct row **out)
{
	const struct json *one;
	struct row *rows;
	size_t n = 0;

	for (one = all->first; one != NULL; one = one->next)
		n++;
	*out = rows = arena_alloc(arena, n * sizeof(*rows));
	for (n = 0, one = all->first; one != NULL; one = one->next)
		if (one->first != NULL && net_parse(one->first->name,
		    &rows[n].net))
			rows[n++].data = one->first;
	return n;
}

static const struct json *
narrowest(const struct row *rows, size_t n, const struct ip *ip)
{
	const struct row *best = NULL;
	size_t i;

	for (i = 0; i < n; i++)
		if (net_has(&rows[i].net, ip) &&
		    (best == NULL || rows[i].net.bits >= best->net.bits))
			best = &rows[i];
	return best->data;
}

static const char *
expected(struct arena *arena, const struct json *data)
{
	struct span country = member(member(data, "country"),
	    "iso_code")->text;
	const struct json *source = data;

	if (country.n == 0)
		country = member(member(data, "registered_country"),
		    "iso_code")->text;
	if (member(data, "autonomous_system_number")->type == 'n')
		source = member(data, "traits");
	return arena_printf(arena, "%.*s|%.*s|%.*s", SPAN_ARG(country),
	    SPAN_ARG(member(source, "autonomous_system_number")->text),
	    SPAN_ARG(member(source, "autonomous_system_organization")->text)).p;
}

static const char *
got(struct arena *arena, const struct geo *geo, const struct ip *ip)
{
	struct place place;

	geo_find(geo, ip, &place);
	return place.asn != 0 ? arena_printf(arena, "%s|%u|%.*s",
	    place.country, place.asn, SPAN_ARG(place.organization)).p :
	    arena_printf(arena, "%s||%.*s", place.country,
	    SPAN_ARG(place.organization)).p;
}

static void
test_file(const char *name)
{
	struct arena arena;
	const char *path;
	struct error error;
	struct span text;
	struct geo *geo;
	struct row *rows;
	char ip[IP_TEXT_MAX];
	size_t i, n;

	arena_init(&arena);
	path = file_path(&arena, arena_printf(&arena, "test-data/%s.mmdb",
	    name).p, "");
	geo = geo_open(&path, 1, NULL, &error);
	text = read_file(&arena, file_path(&arena, arena_printf(&arena,
	    "source-data/%s.json", name).p, ""));
	n = read_rows(&arena, suite_value(&arena, &text, 0), &rows);
	if (CHECK(name, geo != NULL) && CHECK(name, n > 0))
		for (i = 0; i < n; i++, asked++)
			CHECK_TEXT(arena_printf(&arena, "%s %s", name,
			    ip_text(&rows[i].net.ip, ip)).p,
			    got(&arena, geo, &rows[i].net.ip),
			    expected(&arena, narrowest(rows, n,
			    &rows[i].net.ip)));
	geo_put(geo);
	arena_done(&arena);
}

int
main(void)
{
	size_t i;

	folder = test_suites();
	if (folder == NULL) {
		test_skip(WANTED_PLACES, "third-party suites are absent");
		return test_end();
	}
	test_forms("test-data/*.mmdb");
	test_forms("bad-data/*/*.mmdb");
	test_bad();
	for (i = 0; i < ROWS(good); i++)
		test_file(good[i]);
	CHECK("number of networks", asked >= WANTED_PLACES);
	return test_end();
}
