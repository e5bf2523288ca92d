/* dnslist - what DNS lists are asked, and what their answers mean. */
#include "shared/dnslist.h"

#include <string.h>

#define LOOPBACK 0x7f000000u
#define REFUSING 0x7fffff00u	/* 127.255.255.0 */

struct dnslist *
dnslists_find(const struct dnslists *lists, struct span name)
{
	size_t i;

	for (i = 0; i < lists->count; i++)
		if (span_is(name, lists->items[i].name))
			return &lists->items[i];
	return NULL;
}

const struct dnslist *
dnslists_zone(const struct dnslists *lists, struct span zone)
{
	size_t i;

	for (i = 0; i < lists->count; i++)
		if (span_ieq(zone, lists->items[i].zone))
			return &lists->items[i];
	return NULL;
}

int
dnslist_set_key(struct dnslist *list, struct arena *arena, struct span key)
{
	static const struct span mark = SPAN("{key}");
	size_t at = span_find(list->id, mark), i;

	if (key.n == 0 || key.n > DNSLIST_KEY_MAX || at == list->id.n)
		return -1;
	for (i = 0; i < key.n; i++)
		if (!char_alpha(key.p[i]) && !char_digit(key.p[i]) &&
		    key.p[i] != '-' && key.p[i] != '_')
			return -1;
	list->zone = arena_printf(arena, "%.*s%.*s%.*s", (int)at, list->id.p,
	    SPAN_ARG(key), SPAN_ARG(span_skip(list->id, at + mark.n)));
	list->wants_key = false;
	return 0;
}

void
dnslist_default_test(struct dnslist *list, unsigned asks)
{
	/* ::FFFF:7F00:2 and ::FFFF:7F00:1, last nibble first. */
	static const struct span two = SPAN("2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0."
	    "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0");
	static const struct span one = SPAN("1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0."
	    "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0");

	if (asks & (DNSLIST_CLIENT | DNSLIST_LINK_IP) &&
	    (asks & (DNSLIST_LINK | DNSLIST_LINK_HOST)) == 0) {
		list->listed = span_of("2.0.0.127");
		list->unlisted = span_of("1.0.0.127");
	} else if (asks & DNSLIST_CLIENT6) {
		list->listed = two;
		list->unlisted = one;
	} else if (asks & DNSLIST_EMAIL) {
		/* RFC 5782 knows no such lists. */
		list->listed = span_of("");
		list->unlisted = span_of("invalid");
	} else {
		list->listed = span_of("test");
		list->unlisted = span_of("invalid");
	}
}

bool
dnslist_code_has(const struct dnslist_code *code, uint32_t answer)
{
	if (code->mask != 0)
		return (answer & code->mask) == code->low;
	return answer >= code->low && answer <= code->high;
}

struct span
dnslist_reverse(struct arena *arena, const struct ip *ip)
{
	static const char hex[] = "0123456789abcdef";
	char *text, *p, reverse[IP_TEXT_MAX];
	struct ip turned = *ip;
	size_t i;

	if (ip_is4(ip)) {
		for (i = 12; i < 16; i++)
			turned.b[i] = ip->b[12 + 15 - i];
		return arena_span(arena, span_of(ip_text(&turned, reverse)));
	}
	p = text = arena_bytes(arena, 4 * sizeof(ip->b));
	for (i = sizeof(ip->b); i-- > 0;) {
		*p++ = hex[ip->b[i] & 15];
		*p++ = '.';
		*p++ = hex[ip->b[i] >> 4];
		*p++ = '.';
	}
	return span_make(text, (size_t)(p - text) - 1);
}

struct span
dnslist_name(struct arena *arena, const struct dnslist *list,
    struct span label)
{
	const struct span parts[] = {label, SPAN("."), list->zone};

	return arena_concat(arena, parts, 3);
}

struct span
dnslist_hashed(struct arena *arena, const struct dnslist *list,
    struct span address)
{
	struct span lower = arena_lower(arena, address);

	return list->base32 ? hash_base32(arena, list->hash, lower) :
	    hash_hex(arena, list->hash, lower);
}

static void
fail(struct dnslist_answer *out, const char *why)
{
	out->word = DNSLIST_ERROR;
	out->why = why;
	out->count = 0;
}

/* Why that answer is none, or NULL. */
static const char *
fault(const struct dnslist *list, uint32_t answer)
{
	size_t i;

	if ((answer & 0xff000000u) != LOOPBACK)
		return "answers outside of 127.0.0.0/8";
	if (answer == (REFUSING | 252))
		return "refuses: wrong name of the list (127.255.255.252)";
	if (answer == (REFUSING | 254))
		return "refuses a public resolver (127.255.255.254)";
	if (answer == (REFUSING | 255))
		return "refuses so many questions (127.255.255.255)";
	if ((answer & 0xffffff00u) == REFUSING)
		return "refuses (127.255.255.x)";
	for (i = 0; list != NULL && i < list->code_count; i++)
		if (list->codes[i].symbol == NULL &&
		    dnslist_code_has(&list->codes[i], answer))
			return "refuses, as its definition says";
	return NULL;
}

void
dnslist_read(const struct dnslist *list, const struct dns_answer *a,
    struct dnslist_answer *out)
{
	const char *why;
	uint32_t code;
	size_t i;

	memset(out, 0, sizeof(*out));
	if (a == NULL || a->status == DNS_FAILED) {
		fail(out, a == NULL ? "timeout" : a->why);
		return;
	}
	if (a->status != DNS_FOUND)
		return;
	out->word = DNSLIST_YES;
	for (i = 0; i < a->count && i < DNSLIST_ANSWERS_MAX; i++) {
		const uint8_t *b = a->records[i].ip.b;

		code = (uint32_t)b[12] << 24 | (uint32_t)b[13] << 16 |
		    (uint32_t)b[14] << 8 | b[15];
		why = fault(list, code);
		if (why != NULL) {
			fail(out, why);
			return;
		}
		out->codes[out->count++] = code;
	}
}
