/* redis_answer - fuzz entry: replies of a server, taken by every verb. */
#include <assert.h>

#include "store/record.h"
#include "store/redis_batch.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct reply_reader *reader = reply_reader_new();
	enum redis_kind_of_trouble kind;
	const struct reply *reply;
	char room[STORE_VALUE_MAX];
	struct record got;
	unsigned i;

	if (reply_feed(reader, (const char *)bytes, n))
		while (reply_next(reader, &reply) == REPLY_READY)
			for (i = 0; i <= STORE_TAKE + 1; i++) {
				struct store_op op = {.klass = "fuzz",
				    .verb = i % (STORE_TAKE + 1),
				    .data = room};
				struct redis_item item = {.op = &op,
				    .got = i > STORE_TAKE ? &got : NULL};

				item_answer(&item, reply, 1704110400000, &kind);
				assert(item.done && op.answer != STORE_UNASKED);
				assert(op.length <= STORE_VALUE_MAX);
			}
	reply_reader_free(reader);
	return 0;
}
