/*
 * redis_connect - a new connection introduces itself: one round trip in which
 * it says who it is, chooses its database, and leaves the script.
 */
#include "store/redis_node.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store/redis_script.h"

static void
greet(struct redis *r, struct wire *w)
{
	char database[32];

	wire_begin(w);
	if (r->password[0] != '\0' && r->user[0] != '\0')
		wire_say(w, (const char *const[]){"AUTH", r->user, r->password,
				NULL});
	else if (r->password[0] != '\0')
		wire_say(w, (const char *const[]){"AUTH", r->password, NULL});
	if (r->database != 0) {
		snprintf(database, sizeof(database), "%lld",
		    (long long)r->database);
		wire_say(w, (const char *const[]){"SELECT", database, NULL});
	}
	wire_say(w, (const char *const[]){"CLIENT", "SETNAME", "postern",
			NULL});
	wire_say(w, (const char *const[]){"ROLE", NULL});
	wire_say(w, (const char *const[]){"SCRIPT", "LOAD", script_text,
			NULL});
}

/*
 * The error that stands in the way, or NULL.  A name is a courtesy, and the
 * role may be a secret; without the others nothing will go.
 */
static const struct reply *
greeting_error(const struct wire *w)
{
	size_t i;

	for (i = 0; i < w->answered; i++)
		if (w->reply[i]->kind == REPLY_ERROR && i + 3 != w->asked &&
		    i + 2 != w->asked)
			return w->reply[i];
	return NULL;
}

/* The role is that of a replica: it will take no write. */
static bool
greeting_replica(const struct wire *w)
{
	const struct reply *role = w->reply[w->asked - 2];

	return role->kind == REPLY_LIST && role->count > 0 &&
	    reply_is(role->item[0], REPLY_TEXT, "slave");
}

/* NULL when all is well, otherwise what is not. */
static const char *
greeting_faults(const struct redis *r, const struct wire *w,
    enum redis_kind_of_trouble *kind, char words[REDIS_TROUBLE_MAX])
{
	const struct reply *error = greeting_error(w);

	if (error != NULL) {
		*kind = said_find(error->text);
		snprintf(words, REDIS_TROUBLE_MAX, "%.*s",
		    SPAN_ARG(span_head(error->text, REDIS_TROUBLE_MAX)));
		return words;
	}
	*kind = SAID_LATE;
	if (w->state == WIRE_LATE)
		return "connected, but there is no answer";
	*kind = SAID_LOST;
	if (w->state == WIRE_LOST)
		return "the connection was closed at once";
	*kind = SAID_READONLY;
	if (r->kind == REDIS_SENTINEL && greeting_replica(w))
		return "the server that Sentinel names is a replica";
	*kind = SAID_OTHER;
	if (w->reply[w->asked - 1]->text.n != WIRE_SHA)
		return "it does not take scripts as Redis does";
	return NULL;
}

struct wire *
node_connect(struct redis *r, const struct wire_address *address,
    int64_t deadline, enum redis_kind_of_trouble *kind,
    char trouble[REDIS_TROUBLE_MAX])
{
	char words[REDIS_TROUBLE_MAX];
	struct wire *w = wire_open(address, deadline);
	const char *fault;

	if (w == NULL) {
		*kind = SAID_UNREACHABLE;
		snprintf(trouble, REDIS_TROUBLE_MAX, "%s", strerror(errno));
		return NULL;
	}
	greet(r, w);
	wire_exchange(&w, 1, deadline);
	fault = greeting_faults(r, w, kind, words);
	if (fault != NULL) {
		snprintf(trouble, REDIS_TROUBLE_MAX, "%s", fault);
		wire_close(w);
		return NULL;
	}
	memcpy(w->script, w->reply[w->asked - 1]->text.p, WIRE_SHA);
	return w;
}
