/*
 * regex_code - a pattern as PCRE2 has it; for regex's own files.
 *
 * PCRE2's callouts tell how much a match tries, and cost more than all else.
 * So a pattern is compiled without them for subjects so short that it cannot
 * try much, however they are made (rules/regex_work.h), and with them for
 * longer ones, but only once such a one comes.
 */
#ifndef RULES_REGEX_CODE_H
#define RULES_REGEX_CODE_H

#include <stdatomic.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/error.h"
#include "base/span.h"
#include "rules/regex_start.h"
#include "rules/regex_wide.h"

struct regex_form {
	pcre2_code *code;	/* or, where it is too large: */
	struct wide *wide;
	bool machine;		/* it has machine code */
};

/* The form with callouts; form is NULL until somebody needs it. */
struct regex_watched {
	_Atomic(struct regex_form *) form;
	char *text;
	size_t n;
	uint32_t options;
	bool once;
};

struct regex {
	_Atomic unsigned uses;
	struct regex_start *start;	/* places to try, or NULL */
	struct regex_form *calm;	/* without callouts, or NULL */
	size_t calm_size;	/* for subjects of so many bytes at most, and */
	size_t timed_size;	/* so many, if its time is taken */
	struct regex_watched *watched;	/* NULL: calm is enough */
	size_t size;
};

/* As regex_new, but for the bounds on what it takes. */
struct regex *regex_code_new(struct span pattern, unsigned flags,
    struct error *error);
void regex_code_free(struct regex *);

/* The form with callouts; NULL where PCRE2 refuses it, against all odds. */
const struct regex_form *regex_code_watched(const struct regex *);

#endif
