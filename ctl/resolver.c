/* resolver - whom commands ask about a domain. */
#include "ctl/resolver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "open.h"
#include "settings.h"

#define QUESTION_MS 5000
#define CACHE_BYTES (1 << 20)

bool
resolver_option(struct resolver *r, int argc, char **argv, int *i)
{
	if (*i + 1 >= argc || strcmp(argv[*i], "--server") != 0 ||
	    r->count == RESOLVER_SERVERS_MAX)
		return false;
	r->servers[r->count++] = argv[++*i];
	return true;
}

static struct dns *
open_servers(const struct resolver *r, int *status, struct error *error)
{
	/* Whoever names a server may well mean one for private names. */
	struct dns_settings settings = { .forwarders = r->servers,
		.trust_anchor = "", .cache_bytes = CACHE_BYTES,
		.timeout = QUESTION_MS, .local_zones = true };

	*status = EX_UNAVAILABLE;
	return dns_unbound(&settings, error);
}

static struct dns *
open_configured(const struct globals *g, int *status, struct error *error)
{
	const struct section **sections = settings_sections();
	struct conf *conf = conf_load(g->conf, sections, g->overrides, error);
	struct dns *dns = NULL;

	*status = EX_CONFIG;
	if (conf != NULL) {
		*status = EX_UNAVAILABLE;
		dns = open_dns(conf_section(conf, "dns"), error);
	}
	conf_free(conf);
	free(sections);
	return dns;
}

struct dns *
resolver_open(const struct resolver *r, const struct globals *g, int *status)
{
	struct error error;
	struct dns *dns = r->count != 0 ? open_servers(r, status, &error) :
	    open_configured(g, status, &error);

	if (dns == NULL)
		fprintf(stderr, "posternctl: %s\n", error.text);
	return dns;
}
