/*
 * redis_batch - operations as the script wants them, and its answers.  One
 * thread.
 */
#ifndef STORE_REDIS_BATCH_H
#define STORE_REDIS_BATCH_H

#include "store/redis_node.h"

/* One operation on its way. */
struct redis_item {
	struct store_op *op;
	struct span raw;	/* PUT: the record as it is; p is NULL: made */
	struct record *got;	/* GET: the record as it is, or NULL */
	unsigned tag;
	bool plain;		/* a GET of what nobody else here writes */

	bool done;		/* answered for good */
	bool maybe;		/* was sent, and perhaps carried out */
	bool alone;		/* has to be a script of its own */
	bool whole;		/* the script has to be sent in full */
	int asked;		/* the node that ASK named, or -1 */
	unsigned char lost, again;	/* tries that ended so */
};

/* Operations that go out as one script, or as one MGET. */
struct redis_group {
	int node;
	struct redis_item *items;	/* of the whole batch */
	size_t count;
	unsigned char number[STORE_CARRY_MAX];	/* which of these */
	size_t reply;		/* number of its reply on the connection */
	bool asking, whole, plain;
};

struct redis_item *group_item(const struct redis_group *, size_t i);

/* Adds the commands of a group to an exchange. */
void group_write(const struct redis *, const struct redis_group *,
    struct wire *, int64_t now);

/* Answers an operation from its item of the reply; *kind where that is an
 * error. */
bool item_answer(struct redis_item *, const struct reply *, int64_t now,
    enum redis_kind_of_trouble *kind);

/* It has no answer. */
void item_fail(struct redis_item *, enum store_trouble);

/* Whether sending it a second time does no harm. */
bool op_repeatable(const struct store_op *);

#endif
