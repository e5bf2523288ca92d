/*
 * sign - DKIM signatures for outbound and local mail, by the keys that tables
 * name.  A line of a table is a domain, a selector and the file of a key:
 *	example.org s2026 keys/s2026.example.org.pem
 * Several lines of one domain give as many signatures.
 */
#include "auth/dkim_sign.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "auth/author.h"
#include "base/mem.h"
#include "check/check.h"
#include "conf/lines.h"

#define PASSWD_MAX 4096		/* bytes of an entry of passwd(5) */

struct sign_options {
	struct strings keys;
	const char *owner;
	int64_t lifetime;
};

/* Of a generation. */
struct sign_self {
	const struct sign_options *options;
	struct dkim_engine *engine;
	struct dkim_signer *signer;
	size_t count;
	uid_t uid;		/* of the owner of keys, or -1 */
	gid_t gid;
};

struct sign_state {
	struct dkim_sign *sign;
};

#define ROW(member) offsetof(struct sign_options, member)

static const struct option rows[] = {
	{"keys", OPTION_PATHS, ROW(keys), "", 0, 0, NULL,
	    "tables of domain, selector and key file"},
	{"owner", OPTION_STRING, ROW(owner), "postern", 0, 64, NULL,
	    "user besides root whose key files are taken"},
	{"lifetime", OPTION_TIME, ROW(lifetime), "0s", 0,
	    INT64_C(400) * 86400000, NULL,
	    "how long a signature is valid; 0s: for ever"},
	{0},
};

static const char *const symbols[] = {"DKIM_SIGN_FAILED", NULL};

/* A path in a table is relative to the table. */
static char *
key_path(const char *table, struct span path)
{
	const char *slash = strrchr(table, '/');

	if (path.p[0] == '/' || slash == NULL)
		return mem_copy(path.p, path.n);
	return mem_printf("%.*s/%.*s", (int)(slash - table), table,
	    SPAN_ARG(path));
}

static int
take_key(void *context, struct span rest, const char *file, unsigned line,
    struct error *error)
{
	struct sign_self *self = context;
	struct span domain = span_of(""), selector = span_of(""), path;
	struct error reason;
	char *words[3];
	int status;

	span_word(&rest, &domain);
	span_word(&rest, &selector);
	path = span_trim(rest);
	if (path.n == 0)
		return error_at(error, file, line,
		    "a domain, a selector and a key file wanted");
	words[0] = mem_copy(domain.p, domain.n);
	words[1] = mem_copy(selector.p, selector.n);
	words[2] = key_path(file, path);
	status = dkim_signer_add(self->signer, words[0], words[1], words[2],
	    self->uid, self->gid, &reason);
	if (status != 0)
		error_at(error, file, line, "%s", reason.text);
	self->count++;
	free(words[0]);
	free(words[1]);
	free(words[2]);
	return status;
}

static void
sign_unload(void *arg)
{
	struct sign_self *self = arg;

	dkim_signer_free(self->signer);
	dkim_engine_free(self->engine);
	free(self);
}

/* No such user: then only root's keys, and our own, are taken. */
static void
find_owner(struct sign_self *self)
{
	struct passwd entry, *found = NULL;
	char room[PASSWD_MAX];

	self->uid = (uid_t)-1;
	self->gid = (gid_t)-1;
	if (getpwnam_r(self->options->owner, &entry, room, sizeof(room),
	    &found) == 0 && found != NULL) {
		self->uid = found->pw_uid;
		self->gid = found->pw_gid;
	}
}

static void *
sign_load(const void *options, struct loading *loading)
{
	struct sign_self *self = mem_alloc(sizeof(*self));

	self->options = options;
	self->engine = dkim_engine_new();
	self->signer = dkim_signer_new();
	find_owner(self);
	if (self->engine == NULL)
		conf_refuse(loading->conf, "sign", "keys", loading->error,
		    "this libopendkim lacks SHA-256 or Ed25519");
	else if (lines_read_all(loading->conf, "sign", "keys",
	    &self->options->keys, take_key, self, loading->manifest,
	    loading->error) == 0)
		return self;
	sign_unload(self);
	return NULL;
}

static unsigned
sign_needs(const void *arg)
{
	const struct sign_self *self = arg;

	if (self->count == 0)
		return 0;
	return NEED_CLIENT | NEED_HEADERS | NEED_BODY | NEED_EDIT;
}

/* The domain that signs for the message's single author; or empty. */
static struct span
find_domain(const struct sign_self *self, struct inquiry *q)
{
	struct author author;

	author_of(q->arena, q->message, &author);
	if (author.kind != AUTHOR_ONE)
		return span_of("");
	return dkim_signer_domain(self->signer, author.domains[0]);
}

static void
sign_ask(const void *arg, struct inquiry *q)
{
	const struct sign_self *self = arg;
	const struct message *m = q->message;
	struct sign_state *state = q->state;
	struct dkim_sign_input input = {
		.headers = m->headers,
		.header_count = m->header_count,
		.now = q->now,
		.lifetime = self->options->lifetime / 1000,
		.bodies = q->bodies,
	};

	/* Fields that were not kept would be missing from the signature. */
	if (m->direction == DIRECTION_INBOUND ||
	    (m->reached & (LIMIT_HEADERS | LIMIT_HEADER_BYTES)))
		return;
	input.domain = find_domain(self, q);
	if (input.domain.n > 0)
		state->sign = dkim_sign_new(self->engine, self->signer,
		    &input);
}

static enum answer
sign_run(const void *arg, struct inquiry *q)
{
	struct sign_state *state = q->state;
	struct error error;
	int count;

	(void)arg;
	if (state->sign == NULL)
		return ANSWERED;
	count = dkim_sign_end(state->sign, &q->auth->added, &error);
	if (count < 0)
		inquiry_raise(q, "DKIM_SIGN_FAILED", "%s", error.text);
	else
		q->auth->added_count = (size_t)count;
	return ANSWERED;
}

static void
sign_drop(const void *arg, struct inquiry *q)
{
	struct sign_state *state = q->state;

	(void)arg;
	dkim_sign_free(state->sign);
}

const struct check check_sign = {
	.name = "sign",
	.options = rows,
	.size = sizeof(struct sign_options),
	.symbols = symbols,
	.state = sizeof(struct sign_state),
	.load = sign_load,
	.unload = sign_unload,
	.needs = sign_needs,
	.ask[STAGE_HEADERS] = sign_ask,
	.run[STAGE_BODY] = sign_run,
	.drop = sign_drop,
};
