/* geo - files in MaxMind's format: what they tell, and what no file may do. */
#include "net/geo.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/geocheck.h"
#include "test/mmdb.h"
#include "test/unit/folder.h"
#include "test/unit/test.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))
#define VALUE_MAX (1 << 20)

static const char path[] = "a.mmdb";

/* "NL AS64500 Name" of an address, "-" for nothing, or the error. */
static const char *
ask(const struct geo *geo, const char *address)
{
	static char text[ERROR_MAX];
	struct place place;
	struct ip ip;

	if (!ip_parse(span_of(address), &ip))
		return "no address";
	if (!geo_find(geo, &ip, &place))
		return "-";
	snprintf(text, sizeof(text), "%s AS%u %.*s", place.country, place.asn,
	    SPAN_ARG(place.organization));
	return text;
}

static const struct {
	const char *address, *expected;
} places[] = {
	{ "192.0.2.1", "NL AS64500 Example Carrier" },
	{ "192.0.2.255", "NL AS64500 Example Carrier" },
	{ "192.0.3.0", "-" },
	{ "198.51.100.129", "DE AS0 " },	/* the narrower one */
	{ "198.51.100.127", "FR AS0 " },
	{ "203.0.113.5", " AS4200000000 " },
	{ "::ffff:192.0.2.1", "NL AS64500 Example Carrier" },
};

static const struct {
	const char *address, *expected;
} places6[] = {
	{ "2001:db8::1", "SE AS64501 S\xc3\xa4ker" },
	{ "2001:db9::1", "-" },
	{ "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
	    "SE AS64501 S\xc3\xa4ker" },
	{ "::", "-" }, { "ffff::", "-" },
};

static void
fill(struct mmdb *m)
{
	mmdb_place(m, "192.0.2.0/24", "NL", 64500, "Example Carrier");
	mmdb_place(m, "198.51.100.0/24", "FR", 0, "");
	mmdb_place(m, "198.51.100.128/25", "DE", 0, "");
	mmdb_place(m, "203.0.113.5/32", "", 4200000000, "");
	if (m->ip_version == 6)
		mmdb_place(m, "2001:db8::/32", "SE", 64501, "S\xc3\xa4ker");
}

static struct geo *
open_one(const struct geo *previous, struct error *error)
{
	const char *names[] = {path};

	return geo_open(names, 1, previous, error);
}

static void
test_places(unsigned ip_version, unsigned record_size)
{
	struct geo_file about;
	struct error error;
	struct geo *geo;
	struct mmdb m;
	size_t i;

	mmdb_init(&m, ip_version, record_size, "Test-Both");
	fill(&m);
	CHECK("written", mmdb_write(&m, path) == 0);
	mmdb_done(&m);
	geo = open_one(NULL, &error);
	if (!CHECK(error.text, geo != NULL))
		return;
	for (i = 0; i < ROWS(places); i++)
		CHECK_TEXT(places[i].address, ask(geo, places[i].address),
		    places[i].expected);
	for (i = 0; i < ROWS(places6); i++)
		CHECK_TEXT(places6[i].address, ask(geo, places6[i].address),
		    ip_version == 6 ? places6[i].expected : "-");
	CHECK("facts", geo_facts(geo) == (GEO_COUNTRY | GEO_ASN |
	    GEO_ORGANIZATION));
	CHECK("about", geo_about(geo, 0, &about));
	CHECK_TEXT("type", about.type, "Test-Both");
	CHECK("built", about.built == 1767225600);
	CHECK("past the end", !geo_about(geo, 1, &about));
	geo_put(geo);
}

/* Records as others write them: "key=string", "key:number", "key{" and "}". */
static const struct {
	const char *name, *record, *expected;
} layouts[] = {
	{ "registered", "registered_country{ iso_code=AU }", "AU AS0 " },
	{ "country wins", "registered_country{ iso_code=AU } country{ "
	    "iso_code=NZ }", "NZ AS0 " },
	{ "no code", "country{ x=AA } registered_country{ iso_code=AU }",
	    "AU AS0 " },
	{ "IPinfo", "country_code=CH country=Switzerland asn=AS64500 "
	    "as_name=Berg", "CH AS64500 Berg" },
	{ "a code", "country=CH", "CH AS0 " },
	{ "Enterprise", "traits{ autonomous_system_number:64500 "
	    "autonomous_system_organization=Org }", " AS64500 Org" },
	{ "a number", "asn:64500", " AS64500 " },
	{ "figures", "asn=64500", " AS64500 " },
	{ "no number", "asn=AS4294967296 as_name=Org", " AS0 Org" },
	{ "number as country", "country:7 as_name=Org", " AS0 Org" },
	{ "string as number", "autonomous_system_number=x as_name=Org",
	    " AS0 Org" },
	{ "lower case", "country{ iso_code=nl } as_name=Org", " AS0 Org" },
	{ "long code", "country{ iso_code=NLD } as_name=Org", " AS0 Org" },
	{ "nothing", "country{ iso_code=nl }", "-" },
	{ "others first", "city{ names{ de=Bern en=Berne } } "
	    "subdivisions{ } country{ names{ de=Schweiz } iso_code=CH }",
	    "CH AS0 " },
};

static size_t
count_members(struct span rest)
{
	struct span word;
	size_t n = 0, depth = 1;

	while (depth > 0 && span_word(&rest, &word)) {
		if (span_is(word, "}")) {
			depth--;
			continue;
		}
		n += depth == 1;
		depth += word.p[word.n - 1] == '{';
	}
	return n;
}

static void
put_record(struct buf *b, struct span rest)
{
	struct span word;
	size_t cut;

	mmdb_map(b, count_members(rest));
	while (span_word(&rest, &word)) {
		if (span_is(word, "}"))
			continue;
		for (cut = 0; strchr("=:{", word.p[cut]) == NULL; cut++)
			continue;
		mmdb_string(b, span_head(word, cut));
		if (word.p[cut] == '{')
			mmdb_map(b, count_members(rest));
		else if (word.p[cut] == '=')
			mmdb_string(b, span_skip(word, cut + 1));
		else
			mmdb_number(b, 6, (uint64_t)atoll(word.p + cut + 1));
	}
}

static void
test_layouts(void)
{
	struct error error;
	struct geo *geo;
	struct mmdb m;
	struct buf b;
	size_t i;

	for (i = 0; i < ROWS(layouts); i++) {
		mmdb_init(&m, 4, 24, "Test");
		buf_init(&b, VALUE_MAX);
		put_record(&b, span_of(layouts[i].record));
		mmdb_put(&m, "192.0.2.0/24", MMDB_DATA(mmdb_data(&m, &b)));
		mmdb_write(&m, path);
		geo = open_one(NULL, &error);
		CHECK_TEXT(layouts[i].name, geo != NULL ?
		    ask(geo, "192.0.2.1") : error.text, layouts[i].expected);
		geo_put(geo);
		buf_done(&b);
		mmdb_done(&m);
	}
}

/* The first file that knows a fact tells it. */
static void
test_several(void)
{
	const char *names[] = {"a.mmdb", "b.mmdb"};
	const char *none[] = {"a.mmdb", "missing.mmdb"};
	struct error error;
	struct geo *geo;
	struct mmdb m;

	mmdb_init(&m, 6, 24, "Test-Country");
	mmdb_place(&m, "192.0.2.0/24", "NL", 0, "");
	mmdb_write(&m, "a.mmdb");
	mmdb_done(&m);
	mmdb_init(&m, 4, 32, "Test-ASN");
	mmdb_place(&m, "192.0.0.0/16", "BE", 64500, "Org");
	mmdb_write(&m, "b.mmdb");
	mmdb_done(&m);
	geo = geo_open(names, 2, NULL, &error);
	CHECK_TEXT("both", ask(geo, "192.0.2.1"), "NL AS64500 Org");
	CHECK_TEXT("second", ask(geo, "192.0.3.1"), "BE AS64500 Org");
	geo_put(geo);
	CHECK("missing", geo_open(none, 2, NULL, &error) == NULL);
	CHECK_TEXT("missing", error.text,
	    "missing.mmdb: No such file or directory");
	CHECK("none", geo_open(names, 0, NULL, &error) == NULL);
	CHECK("too many", geo_open(names, GEO_FILES_MAX + 1, NULL, &error) ==
	    NULL);
	geo_put(NULL);
	CHECK("no geo", geo_facts(NULL) == 0);
}

/* What is wrong with a file, by the name of its row: its tree. */
static void
spoil_tree(struct mmdb *m, const char *how)
{
	if (strcmp(how, "circle") == 0)
		m->nodes[1][0] = 0;
	else if (strcmp(how, "longer circle") == 0)
		m->nodes[m->count - 1][1] = (int64_t)m->count - 3;
	else if (strcmp(how, "past the end") == 0)
		m->nodes[0][1] = MMDB_DATA(1 << 20);
	else if (strcmp(how, "separator") == 0)
		m->nodes[0][1] = MMDB_RAW(m->count + 15);
	else if (strcmp(how, "metadata as data") == 0)
		m->nodes[0][1] = MMDB_DATA(m->data.n + 20);
	else if (strcmp(how, "too many nodes") == 0)
		m->claimed = 100000;
	else if (strcmp(how, "nodes that overflow") == 0)
		m->claimed = 0x24924925;	/* by 7: 3 in 32 bits */
}

/* Values that no record should be. */
static void
put_bad_value(struct buf *b, const char *how)
{
	if (strcmp(how, "string past the end") == 0)
		mmdb_control(b, 2, 16000000);
	else if (strcmp(how, "map past the end") == 0)
		mmdb_map(b, 16000000);
	else if (strcmp(how, "double of 3") == 0)
		buf_puts(b, "\x63""abc");
	else if (strcmp(how, "type 7 extended") == 0)
		buf_add(b, "\x02\x00", 2);
	else if (strcmp(how, "unknown type") == 0)
		buf_add(b, "\x01\x20zz", 4);
	if (strcmp(how, "number as key") != 0)
		return;
	mmdb_map(b, 1);
	mmdb_number(b, 6, 7);
	mmdb_number(b, 6, 7);
}

/* Values that lead to others; at is where they will stand. */
static void
put_bad_way(struct buf *b, const char *how, size_t at)
{
	size_t i, n = strcmp(how, "deep") == 0 ? 200000 :
	    strcmp(how, "deep by pointers") == 0 ? 100 : 0;

	for (i = 0; i < n; i++) {
		mmdb_array(b, 1);
		if (n == 100)
			mmdb_pointer(b, at + (i + 1) * 7);
	}
	if (n > 0)
		mmdb_string(b, span_of("x"));
	if (strcmp(how, "pointer to pointer") == 0)
		mmdb_pointer(b, at);
	if (strcmp(how, "wide") == 0) {
		mmdb_array(b, 10000);
		for (i = 0; i < 10000; i++)
			mmdb_array(b, 0);
	}
	if (strcmp(how, "itself") != 0 &&
	    strcmp(how, "pointer past the end") != 0)
		return;
	mmdb_map(b, 1);
	mmdb_string(b, span_of("country"));
	mmdb_pointer(b, strcmp(how, "itself") == 0 ? at : 0xffffffff);
}

static void
spoil_metadata(struct mmdb *m, const char *how)
{
	struct buf *b = &m->languages;
	size_t i;

	if (strcmp(how, "no metadata") == 0)
		buf_char(&m->metadata, 'x');
	if (strcmp(how, "one name") == 0)
		mmdb_string(b, span_of("en"));
	if (strcmp(how, "too many names") == 0) {
		mmdb_array(b, GEOCHECK_NAMES_MAX + 1);
		for (i = 0; i <= GEOCHECK_NAMES_MAX; i++)
			mmdb_string(b, span_of(""));
	}
	if (strcmp(how, "names that explode") != 0)
		return;
	/* Each array twice the one before: 2^25 when expanded. */
	mmdb_array(b, 26);
	for (i = 0; i < 25; i++) {
		mmdb_array(b, 2);
		mmdb_pointer(b, 13 + 12 * (i + 1));
		mmdb_pointer(b, 13 + 12 * (i + 1));
	}
	mmdb_string(b, span_of("en"));
}

static void
spoil(struct mmdb *m, const char *how)
{
	struct buf b;

	buf_init(&b, MMDB_TEST_MAX);
	spoil_tree(m, how);
	put_bad_value(&b, how);
	put_bad_way(&b, how, m->data.n);
	if (b.n > 0)
		m->nodes[0][1] = MMDB_DATA(mmdb_data(m, &b));
	spoil_metadata(m, how);
	buf_done(&b);
}

static const struct {
	const char *how, *expected;
} hostile[] = {
	{ "circle", "a tree deeper than an address is long" },
	{ "longer circle", "a tree deeper than an address is long" },
	{ "past the end", "a pointer or record to no data" },
	{ "separator", "a record between tree and data" },
	{ "metadata as data", "a pointer or record to no data" },
	{ "too many nodes", "100000 nodes in 274 bytes: half of a file?" },
	{ "nodes that overflow",
	    "613566757 nodes in 274 bytes: half of a file?" },
	{ "pointer to pointer", "a pointer to a pointer" },
	{ "itself", "data that contain themselves" },
	{ "pointer past the end", "a pointer or record to no data" },
	{ "deep", "data nested too deep" },
	{ "deep by pointers", "data nested too deep" },
	{ "string past the end", "a pointer or record to no data" },
	{ "map past the end", "a key that is no string" },
	{ "wide", "a record of too many values" },
	{ "number as key", "a key that is no string" },
	{ "double of 3", "a pointer or record to no data" },
	{ "type 7 extended", "a pointer or record to no data" },
	{ "unknown type", "a pointer or record to no data" },
	{ "no metadata", "its metadata: data that cannot be read" },
	{ "names that explode",
	    "its metadata have no languages as it should be" },
	{ "too many names", "its metadata have no languages as it should be" },
	{ "one name", "its metadata have no languages as it should be" },
	{ "nothing", "good" },
};

/* An exact copy, so that a sanitizer sees one byte too many. */
static const char *
check_bytes(struct span bytes)
{
	static struct error error;
	struct geocheck found;
	char *copy = mem_alloc(bytes.n > 0 ? bytes.n : 1);
	int status;

	memcpy(copy, bytes.p, bytes.n);
	status = geocheck(span_make(copy, bytes.n), &found, &error);
	free(copy);
	return status == 0 ? "good" : error.text;
}

static void
test_hostile(void)
{
	struct mmdb m;
	size_t i;

	for (i = 0; i < ROWS(hostile); i++) {
		mmdb_init(&m, 4, 28, "Test");
		mmdb_place(&m, "64.0.0.0/24", "NL", 64500, "Example");
		spoil(&m, hostile[i].how);
		CHECK_TEXT(hostile[i].how, check_bytes(mmdb_bytes(&m)),
		    hostile[i].expected);
		mmdb_done(&m);
	}
}

/* Many records over the same values: not the square of their number. */
static void
test_overlap(void)
{
	struct mmdb m;
	struct buf b;
	char net[40];
	unsigned i, k;

	mmdb_init(&m, 4, 32, "Test");
	for (i = 0; i < 20; i++) {
		buf_init(&b, VALUE_MAX);
		for (k = 0; k < 60; k++) {
			snprintf(net, sizeof(net), "10.0.%u.%u/32", i, k);
			mmdb_put(&m, net, MMDB_DATA(m.data.n + b.n));
			mmdb_array(&b, k < 59 ? 1 : 3900);
		}
		for (k = 0; k < 3900; k++)
			mmdb_string(&b, span_of(""));
		mmdb_data(&m, &b);
		buf_done(&b);
	}
	CHECK_TEXT("overlap", check_bytes(mmdb_bytes(&m)),
	    "records that overlap");
	mmdb_done(&m);
}

/* Half of a file never passes, and no wrong byte leads outside. */
static void
test_damaged(void)
{
	static const char *const addresses[] = {"0.0.0.0", "192.0.2.1",
	    "198.51.100.200", "203.0.113.5", "2001:db8::1", "ffff::"};
	unsigned passed = 0;
	struct error error;
	struct geo *geo;
	struct mmdb m;
	struct span all;
	size_t i, k;
	char *bytes;
	int fd;

	mmdb_init(&m, 6, 24, "Test");
	fill(&m);
	all = mmdb_bytes(&m);
	for (i = 0; i < all.n; i++)
		passed += strcmp(check_bytes(span_head(all, i)), "good") == 0;
	CHECK("halves", passed == 0);
	bytes = mem_copy(all.p, all.n);
	for (i = 0; i < 3 * all.n; i++) {
		bytes[i / 3] ^= (char)(i % 3 == 0 ? 0xff : i % 3 == 1 ? 1 :
		    0x20);
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
		if (write(fd, bytes, all.n) == (ssize_t)all.n &&
		    (geo = open_one(NULL, &error)) != NULL) {
			for (k = 0; k < ROWS(addresses); k++)
				ask(geo, addresses[k]);
			geo_put(geo);
			passed++;
		}
		close(fd);
		bytes[i / 3] = all.p[i / 3];
	}
	CHECK("some are good", passed > 0 && passed < 3 * all.n);
	free(bytes);
	mmdb_done(&m);
}

static const struct {
	const char *name, *expected;
} refused[] = {
	{ "missing.mmdb", "missing.mmdb: No such file or directory" },
	{ "folder", "folder: not a regular file" },
	{ "pipe", "pipe: not a regular file" },
	{ "empty", "empty: 0 bytes, not 1 to 1073741824" },
	{ "huge", "huge: 1073741825 bytes, not 1 to 1073741824" },
	{ "text", "text: no file of MaxMind's format, or half of one: no "
	    "metadata at its end" },
	{ "useless.mmdb", "useless.mmdb: a file of type \"Test-Domain\" tells "
	    "neither country nor autonomous system" },
};

static void
make_file(const char *name, const char *text, off_t size)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) < 0 ||
	    ftruncate(fd, size) != 0)
		abort();
	close(fd);
}

static void
test_refused(void)
{
	struct error error;
	struct mmdb m;
	struct buf b;
	size_t i;

	mkdir("folder", 0700);
	mkfifo("pipe", 0600);
	make_file("empty", "", 0);
	make_file("huge", "", GEO_FILE_MAX + 1);
	make_file("text", "192.0.2.0/24,NL\n", 16);
	mmdb_init(&m, 4, 24, "Test-Domain");
	buf_init(&b, VALUE_MAX);
	put_record(&b, span_of("domain=example.com"));
	mmdb_put(&m, "192.0.2.0/24", MMDB_DATA(mmdb_data(&m, &b)));
	mmdb_write(&m, "useless.mmdb");
	buf_done(&b);
	mmdb_done(&m);
	for (i = 0; i < ROWS(refused); i++) {
		CHECK(refused[i].name, geo_open(&refused[i].name, 1, NULL,
		    &error) == NULL);
		CHECK_TEXT(refused[i].name, error.text, refused[i].expected);
	}
}

/* Where the bytes are that a geo reads; they stay while any geo has them. */
static const char *
place_of(const struct geo *geo)
{
	struct place place;
	struct ip ip;

	ip_parse(span_of("192.0.2.1"), &ip);
	geo_find(geo, &ip, &place);
	return place.organization.p;
}

/* A file that is the same is not read again; one written just now may be. */
static void
test_shared(void)
{
	struct geo *first, *second, *third;
	struct error error;
	struct mmdb m;

	mmdb_init(&m, 4, 24, "Test");
	fill(&m);
	mmdb_write(&m, path);
	usleep(1200000);
	first = open_one(NULL, &error);
	second = open_one(first, &error);
	CHECK("shared", place_of(first) == place_of(second));
	geo_put(first);
	CHECK_TEXT("kept", ask(second, "192.0.2.1"),
	    "NL AS64500 Example Carrier");
	mmdb_write(&m, path);
	third = open_one(second, &error);
	CHECK("written anew", place_of(second) != place_of(third));
	CHECK("held", geo_hold(third) == third);
	geo_put(third);
	geo_put(second);
	geo_put(third);
	mmdb_done(&m);
}

static const struct {
	const char *code;
	bool known;
} codes[] = {
	{ "AD", true }, { "ZW", true }, { "GB", true }, { "XK", true },
	{ "UK", false }, { "EU", false }, { "gb", false }, { "D ", false },
	{ " D", false }, { "", false }, { "D", false }, { "GBR", false },
	{ "ZZ", false }, { "A1", false },
};

int
main(void)
{
	size_t i;

	folder_begin();
	if (chdir(folder) != 0)
		return 1;
	test_places(4, 24);
	test_places(4, 28);
	test_places(6, 24);
	test_places(6, 28);
	test_places(6, 32);
	test_layouts();
	test_several();
	test_hostile();
	test_overlap();
	test_damaged();
	test_refused();
	test_shared();
	for (i = 0; i < ROWS(codes); i++)
		CHECK(codes[i].code, geo_country_known(span_of(
		    codes[i].code)) == codes[i].known);
	folder_end();
	return test_end();
}
