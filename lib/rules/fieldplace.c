/* fieldplace - pseudo header fields that tell where relays are. */
#include "rules/fieldplace.h"

#include <string.h>

#include "net/geo.h"

static const struct {
	const char *name;
	unsigned needs;
} fields[] = {
	{"X-Relay-Countries", GEO_COUNTRY},
	{"X-Relay-Countries-External", GEO_COUNTRY},
	{"X-Relay-Countries-All", GEO_COUNTRY},
	{"X-Relay-Countries-Auth", GEO_COUNTRY},
	{"X-ASN", GEO_ASN},
};

unsigned
fieldplace_needs(struct span name)
{
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (span_iis(name, fields[i].name))
			return fields[i].needs;
	return 0;
}

/* "**" is an address that no stranger has, "XX" one of which nobody knows. */
static void
country_of(const struct facts *f, const struct relay *relay, char out[3])
{
	struct place place;

	memcpy(out, relay->private ? "**" : "XX", 3);
	if (!relay->private && relay->has_ip &&
	    geo_find(f->geo, &relay->ip, &place) && place.country[0] != '\0')
		memcpy(out, place.country, 3);
}

/* Of some relays, newest first, a blank between them. */
static struct span
join_countries(struct facts *f, size_t from, size_t to)
{
	const struct relay *all = facts_relays(f)->all;
	char *text = arena_bytes(f->arena, (to - from) * 3 + 1);
	size_t i, n = 0;

	for (i = from; i < to; i++) {
		country_of(f, &all[i], text + n);
		text[n + 2] = ' ';
		n += 3;
	}
	return span_make(text, n > 0 ? n - 1 : 0);
}

static size_t
first_authenticated(const struct relays *r)
{
	size_t i = 0;

	while (i < r->trusted && r->all[i].auth.n == 0)
		i++;
	return i;
}

static struct span
countries_value(struct facts *f, struct span name)
{
	const struct relays *r = facts_relays(f);

	if (span_iis(name, "X-Relay-Countries"))
		return join_countries(f, r->trusted, r->count);
	if (span_iis(name, "X-Relay-Countries-External"))
		return join_countries(f, r->internal, r->count);
	if (span_iis(name, "X-Relay-Countries-Auth"))
		return join_countries(f, first_authenticated(r), r->trusted);
	return join_countries(f, 0, r->count);
}

/* Of the first relay that is not ours. */
static bool
find_carrier(struct facts *f, struct place *place)
{
	const struct relays *r = facts_relays(f);
	const struct relay *relay = &r->all[r->internal];

	return r->internal < r->count && relay->has_ip && !relay->private &&
	    geo_find(f->geo, &relay->ip, place) && place->asn != 0;
}

struct span
fieldplace_value(struct facts *f, struct span name)
{
	unsigned needs = fieldplace_needs(name);
	struct place place;

	if (needs == 0 || (geo_facts(f->geo) & needs) == 0)
		return span_make(NULL, 0);
	if (needs == GEO_COUNTRY)
		return countries_value(f, name);
	return find_carrier(f, &place) ? arena_printf(f->arena, "%u",
	    place.asn) : span_make(NULL, 0);
}

struct span
fieldplace_carrier(struct facts *f)
{
	struct place place;

	if ((geo_facts(f->geo) & GEO_ASN) == 0 || !find_carrier(f, &place))
		return span_make(NULL, 0);
	return arena_printf(f->arena, "AS%u%s%.*s", place.asn,
	    place.organization.n > 0 ? " " : "",
	    SPAN_ARG(place.organization));
}
