/*
 * json - a JSON object made flat: "symbols.0.name" and its value.  Enough to
 * read what postern writes; the values live in the arena.
 */
#ifndef TEST_SCENARIO_JSON_H
#define TEST_SCENARIO_JSON_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"

#define JSON_VALUES_MAX 4096
#define JSON_DEPTH_MAX 8

struct json {
	struct {
		struct span path, value;
	} *at;
	size_t count;
};

bool json_parse(struct arena *, struct span text, struct json *);

/* The value at a printf-like path; p is NULL when there is none. */
struct span json_get(const struct json *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
