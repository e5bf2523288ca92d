/* redis_reply - answers of a Redis server, parsed by hiredis into an arena. */
#include "store/redis_reply.h"

#include <hiredis/hiredis.h>
#include <hiredis/read.h>
#include <stdlib.h>

#include "base/mem.h"

#define TEXT_OF(macro) TEXT(macro)
#define TEXT(literal) #literal

struct reply_reader {
	redisReader *parser;
	struct arena arena;
	size_t fed;
};

/* What hiredis 1 changed: lists are counted by size_t. */
#if HIREDIS_MAJOR >= 1
#define LIST_COUNT size_t
#else
#define LIST_COUNT int
#endif

/* Puts a new reply into the list that it is part of. */
static struct reply *
object_new(const redisReadTask *task, enum reply_kind kind)
{
	struct reply_reader *r = task->privdata;
	struct reply *reply = arena_alloc(&r->arena, sizeof(*reply));
	struct reply *list;

	reply->kind = kind;
	if (task->parent != NULL) {
		list = task->parent->obj;
		list->item[task->idx] = reply;
	}
	return reply;
}

static void *
object_string(const redisReadTask *task, char *bytes, size_t n)
{
	struct reply_reader *r = task->privdata;
	struct reply *reply = object_new(task,
	    task->type == REDIS_REPLY_ERROR ? REPLY_ERROR
	    : task->type == REDIS_REPLY_STATUS ? REPLY_STATUS : REPLY_TEXT);

	reply->text = arena_span(&r->arena, span_make(bytes, n));
	return reply;
}

/* NULL ends the parsing with an error. */
static void *
object_list(const redisReadTask *task, LIST_COUNT count)
{
	struct reply_reader *r = task->privdata;
	struct reply *reply;

	if ((size_t)count > REPLY_ITEMS_MAX ||
	    r->arena.used > 4 * (size_t)REPLY_BYTES_MAX)
		return NULL;
	reply = object_new(task, REPLY_LIST);
	reply->count = (size_t)count;
	reply->item = arena_alloc(&r->arena, (reply->count + 1) *
	    sizeof(reply->item[0]));
	return reply;
}

static void *
object_number(const redisReadTask *task, long long number)
{
	struct reply *reply = object_new(task, REPLY_NUMBER);

	reply->number = number;
	return reply;
}

static void *
object_none(const redisReadTask *task)
{
	return object_new(task, REPLY_NONE);
}

#if HIREDIS_MAJOR >= 1
/*
 * What only RESP3 has, which nobody asked for.  Without these functions hiredis
 * gives a small number for a pointer; NULL ends the parsing with an error.
 */
static void *
object_double(const redisReadTask *task, double number, char *bytes, size_t n)
{
	(void)task;
	(void)number;
	(void)bytes;
	(void)n;
	return NULL;
}

static void *
object_bool(const redisReadTask *task, int value)
{
	(void)task;
	(void)value;
	return NULL;
}
#endif

/* The arena frees all at once. */
static void
object_free(void *object)
{
	(void)object;
}

struct reply_reader *
reply_reader_new(void)
{
	static const redisReplyObjectFunctions functions = {
	    .createString = object_string,
	    .createArray = object_list,
	    .createInteger = object_number,
	    .createNil = object_none,
#if HIREDIS_MAJOR >= 1
	    .createDouble = object_double,
	    .createBool = object_bool,
#endif
	    .freeObject = object_free,
	};
	struct reply_reader *r = mem_alloc(sizeof(*r));

	arena_init(&r->arena);
	/* hiredis takes them by a pointer that is not const, and only reads. */
	r->parser = redisReaderCreateWithFunctions(
	    (redisReplyObjectFunctions *)&functions);
	if (r->parser != NULL)
		r->parser->privdata = r;
	return r;
}

void
reply_reader_free(struct reply_reader *r)
{
	if (r == NULL)
		return;
	if (r->parser != NULL)
		redisReaderFree(r->parser);
	arena_done(&r->arena);
	free(r);
}

bool
reply_feed(struct reply_reader *r, const char *bytes, size_t n)
{
	if (r->parser == NULL || n > REPLY_BYTES_MAX - r->fed)
		return false;
	r->fed += n;
	return redisReaderFeed(r->parser, bytes, n) == REDIS_OK;
}

enum reply_state
reply_next(struct reply_reader *r, const struct reply **out)
{
	void *reply = NULL;

	if (r->parser == NULL ||
	    redisReaderGetReply(r->parser, &reply) != REDIS_OK)
		return REPLY_BROKEN;
	if (reply == NULL)
		return REPLY_WAITED;
	*out = reply;
	return REPLY_READY;
}

void
reply_forget(struct reply_reader *r)
{
	arena_reset(&r->arena);
	r->fed = 0;
}

bool
reply_pending(const struct reply_reader *r)
{
	return r->parser != NULL && r->parser->len > r->parser->pos;
}

bool
reply_is(const struct reply *reply, enum reply_kind kind, const char *text)
{
	return reply != NULL && reply->kind == kind &&
	    span_starts(reply->text, text);
}

/*
 * TLS came with hiredis 1.0, on top of its own connections.  Ours are not
 * these: hiredis keeps no deadline for a whole batch, and raises SIGPIPE.
 */
const char *
reply_no_tls(void)
{
	return "not with hiredis " TEXT_OF(HIREDIS_MAJOR) "."
	    TEXT_OF(HIREDIS_MINOR) "; put stunnel, or a replica or proxy on "
	    "this host, before the server and name that in redis.servers";
}
