/*
 * outbound_account - what is remembered of a user who sends.
 *
 * Layout, numbers least byte first: since (4), places (1), links (1); each
 * place network (6), asn (4), country (2), first (4), last (4); each link
 * name (4), first (4), last (4), reach (2).
 */
#include "check/outbound_account.h"

#include <string.h>

#include "base/digest.h"

#define HEAD_BYTES 6
#define PLACE_BYTES 20
#define LINK_BYTES 14
#define TOUCH 10	/* minutes before a place is written anew */

_Static_assert(HEAD_BYTES + ACCOUNT_PLACES * PLACE_BYTES +
    ACCOUNT_LINKS * LINK_BYTES <= ACCOUNT_BYTES_MAX, "a record must fit");

static uint32_t
minutes(int64_t ms)
{
	return ms > 0 ? (uint32_t)(ms / ACCOUNT_MINUTE) : 0;
}

static void
put(char **p, uint32_t number, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes; i++)
		*(*p)++ = (char)(number >> 8 * i);
}

static uint32_t
get(const char **p, size_t bytes)
{
	uint32_t number = 0;
	size_t i;

	for (i = 0; i < bytes; i++)
		number |= (uint32_t)(unsigned char)*(*p)++ << 8 * i;
	return number;
}

static void
read_place(const char **p, struct account_place *out)
{
	memcpy(out->net, *p, sizeof(out->net));
	*p += sizeof(out->net);
	out->asn = get(p, 4);
	/* Whoever can write to the store could make it anything. */
	if (char_alpha((*p)[0]) && char_alpha((*p)[1]))
		memcpy(out->country, *p, sizeof(out->country));
	*p += sizeof(out->country);
	out->first = get(p, 4);
	out->last = get(p, 4);
}

bool
account_read(struct span bytes, struct account *out)
{
	const char *p = bytes.p;
	size_t i, places, links;

	memset(out, 0, sizeof(*out));
	if (bytes.n < HEAD_BYTES)
		return false;
	places = (unsigned char)bytes.p[4];
	links = (unsigned char)bytes.p[5];
	if (places > ACCOUNT_PLACES || links > ACCOUNT_LINKS ||
	    bytes.n != HEAD_BYTES + places * PLACE_BYTES + links * LINK_BYTES)
		return false;
	out->since = get(&p, 4);
	p += 2;
	out->place_count = places;
	for (i = 0; i < places; i++)
		read_place(&p, &out->places[i]);
	out->link_count = links;
	for (i = 0; i < links; i++) {
		out->links[i].name = get(&p, 4);
		out->links[i].first = get(&p, 4);
		out->links[i].last = get(&p, 4);
		out->links[i].reach = (uint16_t)get(&p, 2);
	}
	return true;
}

size_t
account_write(const struct account *a, char out[ACCOUNT_BYTES_MAX])
{
	char *p = out;
	size_t i;

	put(&p, a->since, 4);
	put(&p, (uint32_t)a->place_count, 1);
	put(&p, (uint32_t)a->link_count, 1);
	for (i = 0; i < a->place_count; i++) {
		memcpy(p, a->places[i].net, sizeof(a->places[i].net));
		p += sizeof(a->places[i].net);
		put(&p, a->places[i].asn, 4);
		memcpy(p, a->places[i].country, sizeof(a->places[i].country));
		p += sizeof(a->places[i].country);
		put(&p, a->places[i].first, 4);
		put(&p, a->places[i].last, 4);
	}
	for (i = 0; i < a->link_count; i++) {
		put(&p, a->links[i].name, 4);
		put(&p, a->links[i].first, 4);
		put(&p, a->links[i].last, 4);
		put(&p, a->links[i].reach, 2);
	}
	return (size_t)(p - out);
}

static void
network_of(const struct ip *ip, uint8_t net[6])
{
	if (ip_is4(ip)) {
		memset(net, 0, 3);
		memcpy(net + 3, ip->b + 12, 3);
	} else {
		memcpy(net, ip->b, 6);
	}
}

static bool
is_habit(const struct account_place *p)
{
	return p->last - p->first >= ACCOUNT_HABIT && p->last >= p->first;
}

/*
 * The place that makes room: the one not seen for longest, but a few habits
 * stay, so that a hundred visits of strangers do not make home a strange place.
 */
static struct account_place *
place_to_leave(struct account *a)
{
	struct account_place *visit = NULL, *habit = NULL, *p;
	size_t i, habits = 0;

	for (i = 0; i < a->place_count; i++) {
		p = &a->places[i];
		if (is_habit(p)) {
			habits++;
			if (habit == NULL || p->last < habit->last)
				habit = p;
		} else if (visit == NULL || p->last < visit->last) {
			visit = p;
		}
	}
	return visit == NULL || habits > ACCOUNT_HABITS ? habit : visit;
}

static struct account_place *
place_find(struct account *a, const uint8_t net[6])
{
	size_t i;

	for (i = 0; i < a->place_count; i++)
		if (memcmp(a->places[i].net, net, 6) == 0)
			return &a->places[i];
	return NULL;
}

bool
account_visit(struct account *a, const struct ip *ip,
    const struct place *place, int64_t now)
{
	uint32_t minute = minutes(now);
	struct account_place *p;
	uint8_t net[6];
	bool touched;

	network_of(ip, net);
	p = place_find(a, net);
	if (p != NULL) {
		touched = minute < p->last || minute - p->last >= TOUCH;
		p->last = minute;
		if (p->first > minute)
			p->first = minute;
		return touched;
	}
	p = a->place_count < ACCOUNT_PLACES ? &a->places[a->place_count++] :
	    place_to_leave(a);
	memcpy(p->net, net, sizeof(p->net));
	p->asn = place->asn;
	memcpy(p->country, place->country, sizeof(p->country));
	p->first = p->last = minute;
	return true;
}

/* A name that nobody can choose to be like that of another domain. */
static uint32_t
link_name(struct span domain)
{
	char word[DIGEST_WORD_MAX];
	uint32_t name = 0;
	size_t i;

	digest_word(domain, word);
	for (i = 0; i < 8; i++)
		name = name << 4 | (uint32_t)char_hex(word[i]);
	return name;
}

/* Its number; link_count when it is not there. */
static size_t
link_find(const struct account *a, struct span domain)
{
	uint32_t name = link_name(domain);
	size_t i;

	for (i = 0; i < a->link_count && a->links[i].name != name; i++)
		continue;
	return i;
}

static struct account_link *
link_add(struct account *a, struct span domain, uint32_t minute)
{
	struct account_link *l = &a->links[0];
	size_t i;

	if (a->link_count < ACCOUNT_LINKS) {
		l = &a->links[a->link_count++];
	} else {
		for (i = 1; i < a->link_count; i++)
			if (a->links[i].last < l->last)
				l = &a->links[i];
	}
	*l = (struct account_link) {link_name(domain), minute, minute, 0};
	return l;
}

bool
account_linked(struct account *a, struct span domain, unsigned reach,
    int64_t now)
{
	uint32_t minute = minutes(now);
	size_t i = link_find(a, domain);
	bool touched = i == a->link_count || reach > 0 ||
	    minute < a->links[i].last ||
	    minute - a->links[i].last >= ACCOUNT_FRESH / 2;
	struct account_link *l = i < a->link_count ? &a->links[i] :
	    link_add(a, domain, minute);

	l->last = minute;
	if (l->first > minute)
		l->first = minute;
	if (minute - l->first < ACCOUNT_FRESH)
		l->reach = (uint16_t)(reach < (unsigned)(UINT16_MAX -
		    l->reach) ? l->reach + reach : UINT16_MAX);
	return touched;
}

/* Whether a place is one of late, and none that was visited for long. */
static bool
counts(const struct account_place *p, uint32_t since, uint32_t minute)
{
	return p->last >= since && !is_habit(p) && p->last <= minute &&
	    minute - p->last < ACCOUNT_RECENT;
}

/* A system or country that is habitual, or was counted, is not another one. */
static bool
is_other(const struct account *a, size_t nth, const bool *counted,
    bool by_country)
{
	const struct account_place *p = &a->places[nth], *o;
	size_t i;

	if (by_country ? p->country[0] == '\0' : p->asn == 0)
		return false;
	for (i = 0; i < a->place_count; i++) {
		o = &a->places[i];
		if (i == nth || !(is_habit(o) || (i < nth && counted[i])))
			continue;
		if (by_country ? memcmp(o->country, p->country,
		    sizeof(o->country)) == 0 : o->asn == p->asn)
			return false;
	}
	return true;
}

struct account_travels
account_travels(const struct account *a, int64_t since, int64_t now)
{
	bool counted[ACCOUNT_PLACES] = {false};
	struct account_travels out = {0, 0, 0};
	size_t i;

	for (i = 0; i < a->place_count; i++) {
		counted[i] = counts(&a->places[i], minutes(since),
		    minutes(now));
		if (!counted[i])
			continue;
		out.networks++;
		out.systems += is_other(a, i, counted, false);
		out.countries += is_other(a, i, counted, true);
	}
	return out;
}

unsigned
account_reach(const struct account *a, struct span domain, int64_t since,
    int64_t now)
{
	const struct account_link *l = &a->links[link_find(a, domain)];
	uint32_t minute = minutes(now);

	if (l == &a->links[a->link_count] || l->last < minutes(since) ||
	    l->first > minute || minute - l->first >= ACCOUNT_FRESH)
		return 0;
	return l->reach;
}

const char *
account_place_text(const struct account_place *p, char out[IP_TEXT_MAX])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct ip ip;
	struct net net;

	memset(&ip, 0, sizeof(ip));
	if (p->net[0] == 0 && p->net[1] == 0 && p->net[2] == 0) {
		memcpy(ip.b, mapped, sizeof(mapped));
		memcpy(ip.b + 12, p->net + 3, 3);
	} else {
		memcpy(ip.b, p->net, sizeof(p->net));
	}
	net = ip_net(&ip, 24, 48);
	return net_text(&net, out);
}
