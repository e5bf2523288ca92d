/* redis_walk - all records, one after the other, and back again. */
#ifndef STORE_REDIS_WALK_H
#define STORE_REDIS_WALK_H

#include "store/redis_node.h"

#define WALK_STEP 512	/* keys that a server looks at, at once: 0.1 ms */
#define WALK_STEP_MS 5000	/* that one step may take */

/* As the members of struct store_backend. */
int redis_walk(void *state, const char *klass,
    bool (*visit)(void *context, const struct store_record *), void *context,
    struct error *error);
size_t redis_restore(void *state, const struct store_record *, size_t count,
    int64_t now, int64_t deadline);

#endif
