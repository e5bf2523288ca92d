/* sendlist - envelopes that "posternctl send" takes in turn, from a file. */
#include "ctl/sendlist.h"

#include <string.h>

#include "conf/lines.h"

static const char *
take_word(struct sendlist *list, struct span *rest)
{
	struct span word;

	return span_word(rest, &word) ? arena_string(&list->arena, word) :
	    NULL;
}

/* The user comes before the other macros, which may say it otherwise. */
static void
add_user(struct sendlist *list, struct mclient_envelope *env, const char *user)
{
	struct mclient_macro *macros = arena_alloc(&list->arena,
	    (env->macro_count + 2) * sizeof(*macros));

	macros[0] = (struct mclient_macro){"auth_type", "PLAIN"};
	macros[1] = (struct mclient_macro){"auth_authen", user};
	memcpy(&macros[2], env->macros, env->macro_count * sizeof(*macros));
	env->macros = macros;
	env->macro_count += 2;
}

static int
take_line(void *context, struct span line, const char *file, unsigned number,
    struct error *error)
{
	struct sendlist *list = context;
	struct mclient_envelope env = *list->usual;
	const char **rcpt = arena_alloc(&list->arena, sizeof(*rcpt));
	const char *user;
	char *name;

	if (list->count == SENDLIST_MAX)
		return error_at(error, file, number, "more than %d lines",
		    SENDLIST_MAX);
	env.client_addr = take_word(list, &line);
	env.helo = take_word(list, &line);
	env.from = take_word(list, &line);
	rcpt[0] = take_word(list, &line);
	user = take_word(list, &line);
	if (rcpt[0] == NULL || span_trim(line).n > 0)
		return error_at(error, file, number,
		    "expected ADDRESS[,NAME] HELO FROM RCPT [USER]");
	name = strchr(env.client_addr, ',');
	env.client_name = name != NULL ? name + 1 : "unknown";
	if (name != NULL)
		*name = '\0';
	env.rcpts = rcpt;
	env.rcpt_count = 1;
	if (user != NULL)
		add_user(list, &env, user);
	list->each = arena_room(&list->arena, list->each, list->count,
	    sizeof(*list->each), &list->room);
	list->each[list->count++] = env;
	return 0;
}

int
sendlist_read(struct sendlist *list, const char *path,
    const struct mclient_envelope *usual, struct error *error)
{
	*list = (struct sendlist){.usual = usual};
	arena_init(&list->arena);
	if (lines_read(path, take_line, list, NULL, error) != 0)
		return -1;
	return list->count > 0 ? 0 : error_at(error, path, 0, "is empty");
}

void
sendlist_done(struct sendlist *list)
{
	arena_done(&list->arena);
}
