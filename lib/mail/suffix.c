/* suffix - the public suffix list, by libpsl. */
#include "mail/suffix.h"

#include <libpsl.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "mail/domain.h"

struct suffixes {
	psl_ctx_t *list;
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
	return s;
}

void
suffixes_close(struct suffixes *s)
{
	if (s == NULL)
		return;
	psl_free(s->list);
	free(s);
}

struct span
suffixes_registered(const struct suffixes *s, struct span domain)
{
	char name[DOMAIN_MAX + 1];
	const char *part;

	if (domain.n == 0 || domain.n > DOMAIN_MAX)
		return span_of(NULL);
	memcpy(name, domain.p, domain.n);
	name[domain.n] = '\0';
	part = psl_registrable_domain(s->list, name);
	if (part == NULL)
		return span_of(NULL);
	return span_skip(domain, (size_t)(part - name));
}

bool
suffixes_top(const struct suffixes *s, struct span label)
{
	char name[DOMAIN_LABEL_MAX + 1];

	if (label.n == 0 || label.n > DOMAIN_LABEL_MAX)
		return false;
	memcpy(name, label.p, label.n);
	name[label.n] = '\0';
	return psl_is_public_suffix2(s->list, name,
	    PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE) != 0;
}
