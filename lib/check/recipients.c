/*
 * recipients - tells role aliases (info@, sales@ ...) from people, so that
 * policy can guard them more strictly, and names the mailboxes that must get
 * their mail: postmaster (RFC 5321 4.5.1) and abuse (RFC 2142).
 */
#include "check/check.h"

#include <stdlib.h>

#include "base/mem.h"
#include "conf/lines.h"
#include "mail/address.h"

#define LOCAL_MAX 64	/* RFC 5321 4.5.3.1.1 */
#define ADDRESS_MAX 320

struct recipients_options {
	struct strings roles;
};

/* Local parts and whole addresses, in lower case. */
struct roles {
	struct map names;
};

static const struct option rows[] = {
	{"roles", OPTION_PATHS, offsetof(struct recipients_options, roles), "",
	    0, 0, NULL, "files of role aliases: local parts or addresses"},
	{0},
};

static const char *const symbols[] = {
	"ROLE_RECIPIENT", "PROTECTED_RECIPIENT", NULL,
};

static int
take_role(void *context, struct span entry, const char *file, unsigned line,
    struct error *error)
{
	struct roles *roles = context;
	struct span rest = entry, word;
	char name[ADDRESS_MAX];
	size_t i;

	span_word(&rest, &word);
	if (entry.n > sizeof(name) || rest.n > 0)
		return error_at(error, file, line,
		    "\"%.*s\" is neither a local part nor an address",
		    SPAN_ARG(span_head(entry, 80)));
	for (i = 0; i < entry.n; i++)
		name[i] = (char)char_lower(entry.p[i]);
	map_put(&roles->names, span_make(name, entry.n), roles);
	return 0;
}

static void
roles_unload(void *self)
{
	struct roles *roles = self;

	map_done(&roles->names);
	free(roles);
}

static void *
roles_load(const void *options, struct loading *loading)
{
	const struct recipients_options *o = options;
	struct roles *roles = mem_alloc(sizeof(*roles));

	map_init(&roles->names);
	if (lines_read_all(loading->conf, check_recipients.name, "roles",
	    &o->roles, take_role, roles, loading->manifest,
	    loading->error) != 0) {
		roles_unload(roles);
		return NULL;
	}
	return roles;
}

static unsigned
roles_needs(const void *self)
{
	(void)self;
	return NEED_RCPT;
}

/* The local part without "+detail". */
static struct span
base_local(struct span local)
{
	return span_head(local, span_chr(local, '+'));
}

static enum recipient_class
classify(const struct roles *roles, struct arena *arena, struct span address)
{
	struct address parsed;
	struct span local, whole;

	if (address_path(arena, address, &parsed) & ADDRESS_EMPTY)
		return RECIPIENT_PERSONAL;
	local = base_local(parsed.local);
	if (span_iis(local, "postmaster") || span_iis(local, "abuse"))
		return RECIPIENT_PROTECTED;
	if (local.n <= LOCAL_MAX &&
	    map_find(&roles->names, domain_lower(arena, local)) != NULL)
		return RECIPIENT_ROLE;
	whole = parsed.whole;
	if (local.n < parsed.local.n)
		whole = arena_printf(arena, "%.*s@%.*s", SPAN_ARG(local),
		    SPAN_ARG(parsed.domain));
	if (whole.n <= ADDRESS_MAX &&
	    map_find(&roles->names, domain_lower(arena, whole)) != NULL)
		return RECIPIENT_ROLE;
	return RECIPIENT_PERSONAL;
}

static enum answer
roles_run(const void *self, struct inquiry *q)
{
	struct recipient *r = q->recipient;

	/* It is our own aliases that are guarded, not those of others. */
	if (q->message->direction != DIRECTION_INBOUND)
		return ANSWERED;
	r->klass = classify(self, q->arena, r->address);
	if (r->klass == RECIPIENT_ROLE)
		inquiry_raise(q, "ROLE_RECIPIENT", "%.*s",
		    SPAN_ARG(r->address));
	else if (r->klass == RECIPIENT_PROTECTED)
		inquiry_raise(q, "PROTECTED_RECIPIENT", "%.*s",
		    SPAN_ARG(r->address));
	return ANSWERED;
}

const struct check check_recipients = {
	.name = "recipients",
	.options = rows,
	.size = sizeof(struct recipients_options),
	.symbols = symbols,
	.load = roles_load,
	.unload = roles_unload,
	.needs = roles_needs,
	.run[STAGE_RCPT] = roles_run,
};
