/*
 * geoip - files of places in a configuration: what is refused, what names a
 * generation, what becomes of files that cannot be used.
 */
#include "admission.h"
#include "rules/compile.h"
#include "test/mmdb.h"
#include "test/unit/world.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

#define BASE "dns { enabled = no }\nrules { files = \"rules.cf\" }\n"
#define FILES "geoip { files = places }\n"

/* Keys of the section, and why they are refused. */
static const struct {
	const char *keys, *expected;
} bad[] = {
	{ "files = places\nunwanted_countries = UK", "@conf:5: "
	    "\"UK\" is no country code of ISO 3166-1; did you mean \"GB\"?" },
	{ "files = places\nusual_countries = { NL, XX }", "@conf:5: "
	    "\"XX\" is no country code of ISO 3166-1" },
	{ "files = places\nusual_countries = Germany", "@conf:5: "
	    "\"Germany\" is no country code of ISO 3166-1" },
	{ "files = places\nusual_countries = N", "@conf:5: "
	    "\"N\" is no country code of ISO 3166-1" },
	{ "files = places\nusual_countries = nl\nunwanted_countries = NL",
	    "@conf:5: NL is in geoip.unwanted_countries too" },
	{ "files = places\nunwanted_asns = { AS1, 0 }", "@conf:5: "
	    "\"0\" is no autonomous system such as AS64500" },
	{ "files = places\nunwanted_asns = AS4294967296", "@conf:5: "
	    "\"AS4294967296\" is no autonomous system such as "
	    "AS64500" },
	{ "files = places\nunwanted_asns = ASx", "@conf:5: "
	    "\"ASx\" is no autonomous system such as AS64500" },
	{ "unwanted_asns = AS1", "@conf:4: needs geoip.files" },
	{ "files = {a, b, c, d, e}", "@conf:4: 5 files, more than 4" },
};

static struct snapshot *
load(struct metrics *metrics, const char *text, const struct snapshot *previous,
    struct error *error)
{
	return snapshot_load(folder_file("conf", text), NULL, previous,
	    metrics, error);
}

static void
test_bad(struct metrics *metrics)
{
	struct error e;
	struct snapshot *s;
	char text[400];
	size_t i;

	for (i = 0; i < ROWS(bad); i++) {
		snprintf(text, sizeof(text), BASE "geoip {\n%s\n}\n",
		    bad[i].keys);
		s = load(metrics, text, NULL, &e);
		CHECK_TEXT(bad[i].keys, s == NULL ? e.text : "loaded",
		    folder_text(bad[i].expected));
		snapshot_put(s);
	}
}

static void
write_places(const char *country)
{
	struct mmdb m;

	mmdb_init(&m, 4, 24, "Test");
	mmdb_place(&m, "192.0.2.0/24", country, 64500, "Example");
	mmdb_write(&m, folder_path("places"));
	mmdb_done(&m);
}

/* What admission says, "" when it is content. */
static const char *
admit(struct snapshot *s, const struct snapshot *previous)
{
	static struct error e;
	struct admission admission = {
		.previous = previous, .now = INT64_C(1893456000000),
	};

	return admission_check(s, &admission, &e) == 0 ? "" : e.text;
}

static const char *
organization(const struct snapshot *s)
{
	struct place place;
	struct ip ip;

	ip_parse(span_of("192.0.2.1"), &ip);
	return s->geo != NULL && geo_find(s->geo, &ip, &place) ?
	    place.organization.p : NULL;
}

/* One that did not change is shared, and names the same generation. */
static void
test_generations(struct metrics *metrics)
{
	struct snapshot *first, *same, *other, *none;
	struct error e;

	write_places("NL");
	usleep(1200000);
	first = load(metrics, BASE FILES, NULL, &e);
	same = load(metrics, BASE FILES, first, &e);
	CHECK_TEXT("the same", same->generation, first->generation);
	CHECK("shared", organization(first) == organization(same));
	CHECK("shared rules", first->book == same->book);
	CHECK_TEXT("admitted", admit(same, first), "");
	write_places("BE");
	other = load(metrics, BASE FILES, same, &e);
	CHECK("another", strcmp(other->generation, same->generation) != 0);
	CHECK("not shared", organization(other) != organization(same));
	snapshot_put(first);
	snapshot_put(same);
	CHECK_TEXT("admitted", admit(other, NULL), "");
	/* A list that is gone altogether has lost nothing. */
	none = load(metrics, BASE, other, &e);
	CHECK("no places", none->geo == NULL);
	CHECK("no shared rules", none->book != other->book);
	CHECK_TEXT("admitted", admit(none, other), "");
	snapshot_put(none);
	snapshot_put(other);
}

/* Loads, but is only for a start that has nothing better. */
static const struct {
	const char *name, *text, *expected;
} faults[] = {
	{ "missing", NULL, "@conf:3: @places: No such file or "
	    "directory" },
	{ "empty", "", "@conf:3: @places: 0 bytes, not 1 to "
	    "1073741824" },
	{ "text", "192.0.2.0/24 NL\n", "@conf:3: @places: no "
	    "file of MaxMind's format, or half of one: no metadata at its "
	    "end" },
};

static void
test_faults(struct metrics *metrics)
{
	struct snapshot *s;
	struct error e;
	size_t i;

	for (i = 0; i < ROWS(faults); i++) {
		unlink(folder_path("places"));
		if (faults[i].text != NULL)
			folder_file("places", faults[i].text);
		s = load(metrics, BASE FILES, NULL, &e);
		if (!CHECK(faults[i].name, s != NULL))
			continue;
		CHECK(faults[i].name, s->geo == NULL);
		CHECK_TEXT(faults[i].name, admit(s, NULL),
		    folder_text(faults[i].expected));
		snapshot_put(s);
	}
}

int
main(int argc, char **argv)
{
	struct metrics *metrics;
	int status = compile_worker(argc, argv);

	if (status >= 0)
		return status;
	folder_begin();
	folder_file("rules.cf", "score GTUBE 1000\n");
	metrics = metrics_new();
	write_places("NL");
	test_bad(metrics);
	test_generations(metrics);
	test_faults(metrics);
	metrics_free(metrics);
	folder_end();
	return test_end();
}
