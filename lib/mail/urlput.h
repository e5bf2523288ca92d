/*
 * urlput - the normalised text of a URL while url.c writes it from left to
 * right, and where in it the components lie.  Of use to url.c alone.
 */
#ifndef MAIL_URLPUT_H
#define MAIL_URLPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"
#include "mail/url.h"
#include "mail/urlhost.h"

#define URLPUT_MAX (6 * URL_MAX + URLHOST_TEXT_MAX)

/* WHATWG URL 1.3: each set holds the one before it. */
enum escape {
	ESCAPE_CONTROL, ESCAPE_FRAGMENT, ESCAPE_QUERY, ESCAPE_WEB_QUERY,
	ESCAPE_PATH, ESCAPE_USER
};

struct urlput {
	struct arena *arena;
	const struct url *base;
	struct url url;		/* kind, host_kind, ip, port, flags */
	bool web, file;
	int own_port;		/* the scheme's */
	bool has_host, has_query, has_fragment, opaque;
	/* Offsets into out. */
	size_t user, password, userinfo_end, host, host_end, path, path_end;
	size_t query, query_end, fragment;
	size_t n;
	bool full;
	char out[URLPUT_MAX];
};

void urlput_char(struct urlput *, char);
void urlput_span(struct urlput *, struct span);
void urlput_escaped(struct urlput *, struct span, enum escape);

/* A slash, or what browsers take for one, at i; remembers backslashes. */
bool urlput_slash_at(struct urlput *, struct span in, size_t i);

/* "C:" or "C|". */
bool urlput_drive(struct span);

/* The part of *in before the first of stops, which begins *in then. */
struct span urlput_cut(struct span *in, const char *stops);

/* Takes the last segment off the path, but for a drive letter alone. */
void urlput_shorten(struct urlput *);

/* Segments with slashes between them, each with one before it. */
void urlput_segments(struct urlput *, struct span path);

void urlput_end_path(struct urlput *);

/* Query and fragment; in begins with "?", "#", or is empty. */
void urlput_query(struct urlput *, struct span in);

#endif
