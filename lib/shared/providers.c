/* providers - domains that many strangers share. */
#include "shared/providers.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "conf/lines.h"

#define KINDS 4

/* By the number of the kind's bit. */
struct providers {
	struct map domains[KINDS];
};

struct providers_options {
	struct strings files;
};

static const struct option rows[] = {
	{"files", OPTION_PATHS, offsetof(struct providers_options, files),
	    "rules/lists/providers*", 0, 0, NULL,
	    "files of domains that many strangers share"},
	{0},
};

const struct section providers_section = {
	"providers", rows, sizeof(struct providers_options),
};

static const char *const words[KINDS] = {
	"freemail", "mailing", "pool", "parent",
};

static struct map *
kind_map(struct providers *p, struct span word)
{
	size_t i;

	for (i = 0; i < KINDS; i++)
		if (span_is(word, words[i]))
			return &p->domains[i];
	return NULL;
}

/* As identities are compared: A-labels in lower case, and a dot. */
static bool
plausible(struct span domain)
{
	size_t i;

	if (domain.n == 0 || domain.n > PROVIDERS_DOMAIN_MAX ||
	    domain.p[0] == '.' || domain.p[domain.n - 1] == '.' ||
	    span_chr(domain, '.') == domain.n)
		return false;
	for (i = 0; i < domain.n; i++)
		if (!char_digit(domain.p[i]) && domain.p[i] != '.' &&
		    domain.p[i] != '-' && domain.p[i] != '_' &&
		    (domain.p[i] < 'a' || domain.p[i] > 'z'))
			return false;
	return true;
}

static int
take_provider(void *context, struct span rest, const char *file,
    unsigned line, struct error *error)
{
	struct span word = span_of(""), domain;
	struct map *map;

	span_word(&rest, &word);
	map = kind_map(context, word);
	if (map == NULL)
		return error_at(error, file, line, "\"%.*s\" is not one of "
		    "freemail, mailing, pool, parent",
		    SPAN_ARG(span_head(word, 80)));
	while (span_word(&rest, &domain)) {
		if (!plausible(domain))
			return error_at(error, file, line, "\"%.*s\" is not a "
			    "domain in lower case (it stands for all beneath "
			    "it)", SPAN_ARG(span_head(domain, 80)));
		map_put(map, domain, context);
	}
	return 0;
}

struct providers *
providers_load(const struct conf *conf, struct manifest *manifest,
    struct error *error)
{
	const struct providers_options *o;
	struct providers *p = mem_alloc(sizeof(*p));
	size_t i;

	for (i = 0; i < KINDS; i++)
		map_init(&p->domains[i]);
	o = conf_section(conf, providers_section.name);
	if (lines_read_all(conf, providers_section.name, "files", &o->files,
	    take_provider, p, manifest, error) != 0) {
		providers_free(p);
		return NULL;
	}
	return p;
}

void
providers_free(struct providers *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < KINDS; i++)
		map_done(&p->domains[i]);
	free(p);
}

static unsigned
kinds_at(const struct providers *p, struct span domain)
{
	unsigned kinds = 0;
	size_t i;

	for (i = 0; i < KINDS; i++)
		if (map_find(&p->domains[i], domain) != NULL)
			kinds |= 1u << i;
	return kinds;
}

unsigned
providers_find(const struct providers *p, struct span domain)
{
	unsigned kinds = 0;

	if (domain.n > PROVIDERS_DOMAIN_MAX)
		return 0;
	for (; domain.n > 0;
	    domain = span_skip(domain, span_chr(domain, '.') + 1))
		kinds |= kinds_at(p, domain);
	return kinds;
}

struct span
providers_domain(const struct providers *p, struct span domain,
    unsigned kinds)
{
	if (domain.n > PROVIDERS_DOMAIN_MAX)
		return span_of("");
	while (domain.n > 0 && !(kinds_at(p, domain) & kinds))
		domain = span_skip(domain, span_chr(domain, '.') + 1);
	return domain;
}
