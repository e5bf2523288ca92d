/* redis_place - where a server is, as text and as an address. */
#include "store/redis_node.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/text.h"

static bool
place_set(struct redis_place *out, struct span host, unsigned port)
{
	struct redis_place place = {.port = port};

	if (host.n == 0 || host.n >= sizeof(place.host) ||
	    span_chr(host, '\0') != host.n)
		return false;
	memcpy(place.host, host.p, host.n);
	*out = place;
	return true;
}

bool
place_parse(struct span text, unsigned port, struct redis_place *out)
{
	struct span host, digits;
	int64_t number = port;
	size_t end;

	if (span_starts(text, "unix:")) {
		host = span_skip(text, 5);
		return span_starts(host, "/") &&
		    host.n < sizeof(((struct sockaddr_un *)0)->sun_path) &&
		    place_set(out, host, 0);
	}
	if (span_starts(text, "[")) {
		end = span_chr(text, ']');
		if (end == text.n)
			return false;
		host = span_head(span_skip(text, 1), end - 1);
		digits = span_skip(text, end + 1);
		if (digits.n != 0 && digits.p[0] != ':')
			return false;
	} else {
		host = span_head(text, span_chr(text, ':'));
		digits = span_skip(text, host.n);
	}
	if (digits.n != 0 && (!text_number(span_skip(digits, 1), &number) ||
		number < 1 || number > 65535))
		return false;
	if (host.n != 0 && host.p[0] == '/')
		return false;
	return place_set(out, host, (unsigned)number);
}

const char *
place_text(const struct redis_place *place, char out[REDIS_PLACE_TEXT])
{
	if (place->host[0] == '/')
		snprintf(out, REDIS_PLACE_TEXT, "%s", place->host);
	else if (strchr(place->host, ':') != NULL)
		snprintf(out, REDIS_PLACE_TEXT, "[%s]:%u", place->host,
		    place->port);
	else
		snprintf(out, REDIS_PLACE_TEXT, "%s:%u", place->host,
		    place->port);
	return out;
}

size_t
place_resolve(const struct redis_place *place,
    struct wire_address out[REDIS_ADDRESSES_MAX])
{
	struct sockaddr_un *un = (struct sockaddr_un *)&out[0].socket;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list, *a;
	char port[16];
	size_t n = 0;

	memset(&out[0], 0, sizeof(out[0]));
	if (place->host[0] == '/') {
		un->sun_family = AF_UNIX;
		snprintf(un->sun_path, sizeof(un->sun_path), "%.*s",
		    (int)sizeof(un->sun_path) - 1, place->host);
		out[0].n = sizeof(*un);
		return 1;
	}
	snprintf(port, sizeof(port), "%u", place->port);
	if (getaddrinfo(place->host, port, &hints, &list) != 0)
		return 0;
	for (a = list; a != NULL && n < REDIS_ADDRESSES_MAX; a = a->ai_next) {
		memcpy(&out[n].socket, a->ai_addr, a->ai_addrlen);
		out[n++].n = a->ai_addrlen;
	}
	freeaddrinfo(list);
	return n;
}
