/* suffix - the public suffix list, by libpsl. */
#include "mail/suffix.h"

#include <libpsl.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/memo.h"
#include "mail/domain.h"

#define ANSWERS 1024

struct suffixes {
	psl_ctx_t *list;
	/* libpsl takes thousands of instructions for each name, and mail is
	 * about the same few hosts. */
	struct memo *answers;
};

struct suffixes *
suffixes_open(const char *file, struct error *error)
{
	psl_ctx_t *list;
	struct suffixes *s;

	list = file[0] != '\0' ? psl_load_file(file) : psl_latest(NULL);
	if (list == NULL || psl_suffix_count(list) == 0) {
		psl_free(list);
		error_set(error, "%s: no public suffix list",
		    file[0] != '\0' ? file : "libpsl");
		return NULL;
	}
	s = mem_alloc(sizeof(*s));
	s->list = list;
	s->answers = memo_new(ANSWERS);
	return s;
}

void
suffixes_close(struct suffixes *s)
{
	if (s == NULL)
		return;
	memo_free(s->answers);
	psl_free(s->list);
	free(s);
}

/*
 * True when the list has the name, which a zero follows.  Other than libpsl by
 * default, a top-level domain is no suffix merely for being one.
 */
static bool
listed(const struct suffixes *s, struct span name)
{
	int type = PSL_TYPE_ANY;
	bool answer;

	if (memo_find(s->answers, name, &answer))
		return answer;
	if (span_chr(name, '.') == name.n)
		type |= PSL_TYPE_NO_STAR_RULE;
	answer = psl_is_public_suffix2(s->list, name.p, type) != 0;
	memo_put(s->answers, name, answer);
	return answer;
}

/* As psl_registrable_domain goes: the longest part that is listed counts. */
struct span
suffixes_registered(const struct suffixes *s, struct span domain)
{
	char name[DOMAIN_MAX + 1];
	struct span rest = { name, domain.n };
	size_t dot, at = domain.n;

	if (domain.n == 0 || domain.n > DOMAIN_MAX || domain.p[0] == '.')
		return span_of(NULL);
	memcpy(name, domain.p, domain.n);
	name[domain.n] = '\0';
	while ((dot = span_chr(rest, '.')) < rest.n && !listed(s, rest)) {
		at = domain.n - rest.n;
		rest = span_skip(rest, dot + 1);
	}
	return span_skip(domain, at);
}

bool
suffixes_top(const struct suffixes *s, struct span label)
{
	char name[DOMAIN_LABEL_MAX + 1];

	if (label.n == 0 || label.n > DOMAIN_LABEL_MAX)
		return false;
	memcpy(name, label.p, label.n);
	name[label.n] = '\0';
	return listed(s, span_make(name, label.n));
}
