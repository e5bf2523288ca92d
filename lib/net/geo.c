/* geo - where an address is, by files in MaxMind's format. */
#include "net/geo.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/geofile.h"

struct geo {
	atomic_uint holds;
	size_t count;
	struct geofile *files[GEO_FILES_MAX];
	char *paths[GEO_FILES_MAX];
};

/*
 * Where facts stand in records, the better place first, and the keys without
 * which it need not be looked at.  All but the first of each fact are for
 * files of others than MaxMind, and for its Enterprise.
 */
#define BIT(key) (1u << (key))
static const struct path {
	enum geo_fact fact;
	unsigned needs;
	const char *keys[3];
} paths[] = {
	{GEO_COUNTRY, BIT(KEY_COUNTRY), {"country", "iso_code"}},
	{GEO_COUNTRY, BIT(KEY_REGISTERED_COUNTRY),
	    {"registered_country", "iso_code"}},
	{GEO_COUNTRY, BIT(KEY_COUNTRY_CODE), {"country_code"}},
	{GEO_COUNTRY, BIT(KEY_COUNTRY), {"country"}},
	{GEO_ASN, BIT(KEY_NUMBER), {"autonomous_system_number"}},
	{GEO_ASN, BIT(KEY_TRAITS) | BIT(KEY_NUMBER),
	    {"traits", "autonomous_system_number"}},
	{GEO_ASN, BIT(KEY_ASN), {"asn"}},
	{GEO_ORGANIZATION, BIT(KEY_ORGANIZATION),
	    {"autonomous_system_organization"}},
	{GEO_ORGANIZATION, BIT(KEY_TRAITS) | BIT(KEY_ORGANIZATION),
	    {"traits", "autonomous_system_organization"}},
	{GEO_ORGANIZATION, BIT(KEY_AS_NAME), {"as_name"}},
};
#undef BIT

#define PATHS (sizeof(paths) / sizeof(paths[0]))

/* ISO 3166-1, and XK, which all such files have for Kosovo. */
static const char countries[] =
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI "
    "BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN "
    "CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK "
    "FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM "
    "HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN "
    "KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK "
    "ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP "
    "NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW "
    "SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF "
    "TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI "
    "VN VU WF WS XK YE YT ZA ZM ZW";

bool
geo_country_known(struct span text)
{
	return text.n == 2 && span_chr(text, ' ') == 2 &&
	    span_find(span_of(countries), text) < sizeof(countries) - 1;
}

static unsigned
facts_of(const struct geofile *f)
{
	unsigned facts = 0;
	size_t i;

	for (i = 0; i < PATHS; i++)
		if ((f->found.keys & paths[i].needs) == paths[i].needs)
			facts |= paths[i].fact;
	return facts;
}

/* The wrong one of many editions would be silently of no use. */
static struct geofile *
open_useful(const char *path, const struct geo *previous, struct error *error)
{
	struct geofile *f = geofile_open(path,
	    previous != NULL ? previous->files : NULL,
	    previous != NULL ? previous->count : 0, error);

	if (f == NULL || facts_of(f) != 0)
		return f;
	error_at(error, path, 0, "a file of type \"%s\" tells neither country "
	    "nor autonomous system", f->db.metadata.database_type);
	geofile_put(f);
	return NULL;
}

struct geo *
geo_open(const char *const *names, size_t count, const struct geo *previous,
    struct error *error)
{
	struct geo *geo;
	size_t i;

	if (count == 0 || count > GEO_FILES_MAX) {
		error_set(error, "%zu files, not 1 to %d", count,
		    GEO_FILES_MAX);
		return NULL;
	}
	geo = mem_alloc(sizeof(*geo));
	atomic_init(&geo->holds, 1);
	for (i = 0; i < count; i++) {
		geo->files[i] = open_useful(names[i], previous, error);
		if (geo->files[i] == NULL) {
			geo_put(geo);
			return NULL;
		}
		geo->paths[i] = mem_copy(names[i], strlen(names[i]));
		geo->count++;
	}
	return geo;
}

struct geo *
geo_hold(struct geo *geo)
{
	atomic_fetch_add(&geo->holds, 1);
	return geo;
}

void
geo_put(struct geo *geo)
{
	size_t i;

	if (geo == NULL || atomic_fetch_sub(&geo->holds, 1) > 1)
		return;
	for (i = 0; i < geo->count; i++) {
		geofile_put(geo->files[i]);
		free(geo->paths[i]);
	}
	free(geo);
}

/* The record of an address; false when the file has none. */
static bool
find_record(const struct geofile *f, const struct ip *ip, MMDB_entry_s *out)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	const struct sockaddr *address = (const struct sockaddr *)&in6;
	MMDB_lookup_result_s result;
	int status;

	if (ip_is4(ip)) {
		memcpy(&in4.sin_addr, ip->b + 12, 4);
		address = (const struct sockaddr *)&in4;
	} else {
		memcpy(&in6.sin6_addr, ip->b, 16);
	}
	result = MMDB_lookup_sockaddr(&f->db, address, &status);
	*out = result.entry;
	return status == MMDB_SUCCESS && result.found_entry;
}

/* "AS64500" or "64500"; 0 for what is neither. */
static uint32_t
parse_asn(struct span text)
{
	int64_t number;

	if (span_istarts(text, "AS"))
		text = span_skip(text, 2);
	return text_number(text, &number) && number <= UINT32_MAX ?
	    (uint32_t)number : 0;
}

static uint32_t
asn_of(const MMDB_entry_data_s *data)
{
	switch (data->type) {
	case MMDB_DATA_TYPE_UINT32:
		return data->uint32;
	case MMDB_DATA_TYPE_UINT16:
		return data->uint16;
	case MMDB_DATA_TYPE_UINT64:
		return data->uint64 <= UINT32_MAX ? (uint32_t)data->uint64 : 0;
	case MMDB_DATA_TYPE_UTF8_STRING:
		return parse_asn(span_make(data->utf8_string,
		    data->data_size));
	default:
		return 0;
	}
}

/* False for what cannot be that fact. */
static bool
take_fact(enum geo_fact fact, const MMDB_entry_data_s *data, struct place *out)
{
	bool string = data->type == MMDB_DATA_TYPE_UTF8_STRING;
	struct span text = string ? span_make(data->utf8_string,
	    data->data_size) : span_of("");

	if (fact == GEO_ASN) {
		out->asn = asn_of(data);
		return out->asn != 0;
	}
	if (fact == GEO_ORGANIZATION) {
		out->organization = span_head(text, GEO_ORGANIZATION_MAX);
		return text.n > 0;
	}
	if (text.n != 2 || text.p[0] < 'A' || text.p[0] > 'Z' ||
	    text.p[1] < 'A' || text.p[1] > 'Z')
		return false;
	memcpy(out->country, text.p, 2);
	return true;
}

/* Facts that the file knows of the address, without those known already. */
static unsigned
find_facts(const struct geofile *f, const struct ip *ip, unsigned known,
    struct place *out)
{
	MMDB_entry_data_s data;
	MMDB_entry_s entry;
	size_t i;

	if (!find_record(f, ip, &entry))
		return known;
	for (i = 0; i < PATHS; i++) {
		if ((known & paths[i].fact) ||
		    (f->found.keys & paths[i].needs) != paths[i].needs)
			continue;
		if (MMDB_aget_value(&entry, &data, paths[i].keys) ==
		    MMDB_SUCCESS && data.has_data &&
		    take_fact(paths[i].fact, &data, out))
			known |= paths[i].fact;
	}
	return known;
}

bool
geo_find(const struct geo *geo, const struct ip *ip, struct place *out)
{
	unsigned known = 0;
	size_t i;

	*out = (struct place){.organization = SPAN("")};
	for (i = 0; i < geo->count; i++)
		known = find_facts(geo->files[i], ip, known, out);
	return known != 0;
}

unsigned
geo_facts(const struct geo *geo)
{
	unsigned facts = 0;
	size_t i;

	for (i = 0; geo != NULL && i < geo->count; i++)
		facts |= facts_of(geo->files[i]);
	return facts;
}

bool
geo_about(const struct geo *geo, size_t nth, struct geo_file *out)
{
	const struct geofile *f;

	if (nth >= geo->count)
		return false;
	f = geo->files[nth];
	*out = (struct geo_file){
		.path = geo->paths[nth],
		.type = f->db.metadata.database_type,
		.facts = facts_of(f),
		.built = f->found.built,
		.bytes = f->status.st_size,
		.modified = (int64_t)f->status.st_mtim.tv_sec * 1000 +
		    f->status.st_mtim.tv_nsec / 1000000,
		.digest = f->digest,
	};
	return true;
}
