/* networks - whom the operator vouches for. */
#include "conf/networks.h"

#include "conf/lines.h"

struct networks_options {
	struct strings trusted, trusted_files, relays;
};

#define ROW(member) offsetof(struct networks_options, member)

static const struct option rows[] = {
	{"trusted", OPTION_LIST, ROW(trusted), "127.0.0.0/8, ::1", 0, 0, NULL,
	    "networks whose mail is outbound"},
	{"trusted_files", OPTION_PATHS, ROW(trusted_files), "", 0, 0, NULL,
	    "files with more of them, one a line"},
	{"relays", OPTION_LIST, ROW(relays), "", 0, 0, NULL,
	    "our own relays; the host before them is judged"},
	{0},
};

const struct section networks_section = {
	"networks", rows, sizeof(struct networks_options),
};

static int
take_network(void *context, struct span entry, const char *file,
    unsigned line, struct error *error)
{
	struct netset *set = context;
	struct net net;

	if (!net_parse(entry, &net))
		return error_at(error, file, line, "\"%.*s\" is not a network "
		    "(as 192.0.2.0/24, or 2001:db8::/32 with no bits set "
		    "behind the slash)", SPAN_ARG(span_head(entry, 80)));
	netset_put(set, &net, set);
	return 0;
}

static int
take_list(struct netset *set, const struct strings *list, const char *key,
    const struct conf *conf, struct error *error)
{
	struct error reason;
	size_t i;

	for (i = 0; i < list->count; i++)
		if (take_network(set, span_of(list->item[i]), NULL, 0,
		    &reason) != 0)
			return conf_refuse(conf, networks_section.name, key,
			    error, "%s", reason.text);
	return 0;
}

int
networks_load(struct networks *out, const struct conf *conf,
    struct manifest *manifest, struct error *error)
{
	const struct networks_options *o;

	o = conf_section(conf, networks_section.name);
	netset_init(&out->trusted);
	netset_init(&out->relays);
	if (take_list(&out->trusted, &o->trusted, "trusted", conf,
	    error) != 0 ||
	    take_list(&out->relays, &o->relays, "relays", conf, error) != 0)
		return -1;
	return lines_read_all(conf, networks_section.name, "trusted_files",
	    &o->trusted_files, take_network, &out->trusted, manifest, error);
}

void
networks_done(struct networks *n)
{
	netset_done(&n->trusted);
	netset_done(&n->relays);
}
