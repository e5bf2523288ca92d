/* torturestore - the store of a private copy, emptied. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ctl/torturecopy.h"
#include "open.h"
#include "store/record.h"

#define DELETE_MS 5000

struct purge {
	struct store *store;
	struct store_op op;	/* too large for a stack */
	bool failed;
};

static bool
purge_one(void *context, const struct store_record *record)
{
	struct purge *purge = context;
	struct span key = record->key;
	size_t at = span_chr(key, '\0');

	if (!record_key_sound(key))
		return true;
	/* Class, a zero, the schema, the key: see record_key. */
	purge->op = (struct store_op){
		.verb = STORE_DELETE,
		.klass = key.p,
		.schema = (unsigned char)key.p[at + 1],
		.key = span_skip(key, at + 2),
	};
	purge->failed |= store_run(purge->store, &purge->op, 1, clock_wall(),
	    DELETE_MS) != 0;
	return true;
}

static int
purge_redis(const struct copy *c, struct error *error)
{
	struct purge *purge = mem_alloc(sizeof(*purge));
	int status = -1;

	purge->store = open_tool_store(c->ours, true, error);
	if (purge->store != NULL) {
		status = store_walk(purge->store, NULL, purge_one, purge,
		    error);
		if (status == 0 && purge->failed)
			status = error_set(error, "not all keys under %s "
			    "could be deleted", c->prefix);
		store_close(purge->store);
	}
	free(purge);
	return status;
}

int
copy_clear_store(const struct copy *c, struct error *error)
{
	const struct store_settings *s = conf_section(c->ours, "store");

	if (s->backend == STORE_KIND_REDIS)
		return purge_redis(c, error);
	if (copy_remove(c->store, error) != 0)
		return -1;
	return mkdir(c->store, 0700) == 0 ? 0 :
	    error_set(error, "%s: %s", c->store, strerror(errno));
}
