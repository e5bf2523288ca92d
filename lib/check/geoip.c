/*
 * geoip - where the client is: its country and its network's operator, as
 * files in MaxMind's format tell.  Rules see the same of all relays, as
 * X-Relay-Countries and X-ASN.
 */
#include "check/geoip.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "check/check.h"

#define LETTERS 26
#define EVIDENCE_NAME 100	/* bytes of an organization's name */

struct geoip_options {
	struct strings files;
	struct strings unwanted_countries, usual_countries, unwanted_asns;
};

/* What the lists say, ready to be looked up. */
struct geoip {
	bool configured;
	bool any_usual;
	bool unwanted[LETTERS * LETTERS], usual[LETTERS * LETTERS];
	uint32_t *asns;		/* in order */
	size_t asn_count;
};

#define ROW(member) offsetof(struct geoip_options, member)

static const struct option rows[] = {
	{"files", OPTION_PATHS, ROW(files), "", 0, 0, NULL,
	    "files in MaxMind's format: country, autonomous system"},
	{"unwanted_countries", OPTION_LIST, ROW(unwanted_countries), "", 0, 0,
	    NULL, "codes of countries that hardly send wanted mail"},
	{"usual_countries", OPTION_LIST, ROW(usual_countries), "", 0, 0, NULL,
	    "codes of those that do; others are unusual"},
	{"unwanted_asns", OPTION_LIST, ROW(unwanted_asns), "", 0, 0, NULL,
	    "autonomous systems, as AS64500, likewise"},
	{0},
};

static const char *const symbols[] = {
	"GEOIP", "GEOIP_UNWANTED_COUNTRY", "GEOIP_UNUSUAL_COUNTRY",
	"GEOIP_UNWANTED_ASN", NULL,
};

struct geo *
geoip_open(const struct conf *conf, const struct geo *previous,
    struct manifest *manifest, struct error *fault)
{
	const struct geoip_options *o = conf_section(conf, check_geoip.name);
	struct geo_file file;
	struct error reason;
	struct geo *geo;
	size_t i;

	fault->text[0] = '\0';
	if (o->files.count == 0)
		return NULL;
	geo = geo_open(o->files.item, o->files.count, previous, &reason);
	if (geo == NULL) {
		conf_refuse(conf, check_geoip.name, "files", fault, "%s",
		    reason.text);
		return NULL;
	}
	manifest_list(manifest, check_geoip.name, "files");
	for (i = 0; geo_about(geo, i, &file); i++)
		manifest_note(manifest, file.path, file.digest, file.modified);
	return geo;
}

static size_t
country_index(const char *code)
{
	return (size_t)(code[0] - 'A') * LETTERS + (size_t)(code[1] - 'A');
}

/* Codes in capitals or not; *set has one entry for each pair of letters. */
static int
take_countries(const struct strings *list, const char *key, bool *set,
    struct loading *loading)
{
	char code[3] = "";
	size_t i, k;

	for (i = 0; i < list->count; i++) {
		for (k = 0; k < 2 && list->item[i][k] != '\0'; k++)
			code[k] = (char)(list->item[i][k] & ~('a' - 'A'));
		if (k < 2 || list->item[i][2] != '\0' ||
		    !geo_country_known(span_make(code, 2)))
			return conf_refuse(loading->conf, check_geoip.name,
			    key, loading->error, "\"%s\" is no country code of "
			    "ISO 3166-1%s", list->item[i],
			    strcmp(code, "UK") == 0 ? "; did you mean \"GB\"?" :
			    "");
		set[country_index(code)] = true;
	}
	return 0;
}

static int
compare_numbers(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

static int
take_asns(struct geoip *g, const struct strings *list,
    struct loading *loading)
{
	struct span text;
	int64_t number;
	size_t i;

	g->asns = mem_array(NULL, list->count + 1, sizeof(*g->asns));
	for (i = 0; i < list->count; i++) {
		text = span_of(list->item[i]);
		if (span_istarts(text, "AS"))
			text = span_skip(text, 2);
		if (!text_number(text, &number) || number < 1 ||
		    number > UINT32_MAX)
			return conf_refuse(loading->conf, check_geoip.name,
			    "unwanted_asns", loading->error, "\"%s\" is no "
			    "autonomous system such as AS64500",
			    list->item[i]);
		g->asns[g->asn_count++] = (uint32_t)number;
	}
	qsort(g->asns, g->asn_count, sizeof(*g->asns), compare_numbers);
	return 0;
}

/* Lists that could not have any effect are a mistake. */
static int
check_options(const struct geoip_options *o, const struct geoip *g,
    struct loading *loading)
{
	const struct conf *conf = loading->conf;
	size_t i;

	if (o->files.count > GEO_FILES_MAX)
		return conf_refuse(conf, check_geoip.name, "files",
		    loading->error, "%zu files, more than %d", o->files.count,
		    GEO_FILES_MAX);
	if (o->files.count == 0 && o->unwanted_countries.count +
	    o->usual_countries.count + o->unwanted_asns.count > 0)
		return conf_refuse(conf, check_geoip.name,
		    o->unwanted_countries.count > 0 ? "unwanted_countries" :
		    o->usual_countries.count > 0 ? "usual_countries" :
		    "unwanted_asns", loading->error,
		    "needs geoip.files");
	for (i = 0; i < LETTERS * LETTERS; i++)
		if (g->unwanted[i] && g->usual[i])
			return conf_refuse(conf, check_geoip.name,
			    "usual_countries", loading->error, "%c%c is in "
			    "geoip.unwanted_countries too",
			    (char)('A' + i / LETTERS),
			    (char)('A' + i % LETTERS));
	return 0;
}

static void
geoip_unload(void *self)
{
	struct geoip *g = self;

	free(g->asns);
	free(g);
}

static void *
geoip_load(const void *options, struct loading *loading)
{
	const struct geoip_options *o = options;
	struct geoip *g = mem_alloc(sizeof(*g));

	g->configured = o->files.count > 0;
	g->any_usual = o->usual_countries.count > 0;
	if (take_countries(&o->unwanted_countries, "unwanted_countries",
	    g->unwanted, loading) == 0 &&
	    take_countries(&o->usual_countries, "usual_countries", g->usual,
	    loading) == 0 && take_asns(g, &o->unwanted_asns, loading) == 0 &&
	    check_options(o, g, loading) == 0)
		return g;
	geoip_unload(g);
	return NULL;
}

static unsigned
geoip_needs(const void *self)
{
	const struct geoip *g = self;

	return g->configured ? NEED_CLIENT : 0;
}

static void
raise_country(const struct geoip *g, struct inquiry *q,
    const struct place *place)
{
	size_t index;

	if (place->country[0] == '\0')
		return;
	index = country_index(place->country);
	if (g->unwanted[index])
		inquiry_raise(q, "GEOIP_UNWANTED_COUNTRY", "%s",
		    place->country);
	else if (g->any_usual && !g->usual[index])
		inquiry_raise(q, "GEOIP_UNUSUAL_COUNTRY", "%s",
		    place->country);
}

/* "AS64500 Name", as far as it is known. */
static struct span
carrier_of(struct inquiry *q, const struct place *place)
{
	struct span name = span_head(place->organization, EVIDENCE_NAME);

	if (place->asn == 0)
		return name;
	return arena_printf(q->arena, "AS%u%s%.*s", place->asn,
	    name.n > 0 ? " " : "", SPAN_ARG(name));
}

static void
raise_place(struct inquiry *q, const struct place *place)
{
	struct span carrier = carrier_of(q, place);

	if (place->country[0] == '\0' && carrier.n == 0)
		return;
	inquiry_raise(q, "GEOIP", "%s%s%.*s",
	    place->country[0] != '\0' ? place->country : "-",
	    carrier.n > 0 ? " " : "", SPAN_ARG(carrier));
}

static void
raise_carrier(const struct geoip *g, struct inquiry *q,
    const struct place *place)
{
	if (place->asn != 0 && bsearch(&place->asn, g->asns, g->asn_count,
	    sizeof(*g->asns), compare_numbers) != NULL)
		inquiry_raise(q, "GEOIP_UNWANTED_ASN", "%.*s",
		    SPAN_ARG(carrier_of(q, place)));
}

static enum answer
geoip_run(const void *self, struct inquiry *q)
{
	const struct geoip *g = self;
	const struct place *place;

	if (q->message->direction == DIRECTION_LOCAL)
		return ANSWERED;
	if (q->geo == NULL)
		return UNANSWERED;
	place = inquiry_place(q);
	raise_place(q, place);
	/* Users of our own may be anywhere. */
	if (q->message->direction != DIRECTION_INBOUND)
		return ANSWERED;
	raise_country(g, q, place);
	raise_carrier(g, q, place);
	return ANSWERED;
}

const struct check check_geoip = {
	.name = "geoip",
	.options = rows,
	.size = sizeof(struct geoip_options),
	.symbols = symbols,
	.service = "geoip",
	.load = geoip_load,
	.unload = geoip_unload,
	.needs = geoip_needs,
	.run[STAGE_CONNECT] = geoip_run,
};
