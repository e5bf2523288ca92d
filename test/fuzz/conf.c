/* conf - fuzz entry: a configuration, and that its print is read again. */
#include <stdlib.h>

#include "conf/parse.h"
#include "test/fuzz/fuzz.h"

static const struct option options[] = {	/* room of 8 bytes for each */
	{ "t", OPTION_TIME, 0, "0", 0, INT64_MAX, NULL, "" },
	{ "p", OPTION_PATH, 8, "", 0, 0, NULL, "" },
	{ "l", OPTION_LIST, 16, "", 0, 0, NULL, "" }, { 0 }
};
static const struct section s = { "s", options, 32 };
static const struct section *const sections[] = { &s, NULL };

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span text = span_make((const char *)bytes, n);
	struct conf *conf = conf_parse("f", text, sections, NULL, NULL);
	struct buf out;

	buf_init(&out, 16 << 20);
	if (conf != NULL)
		conf_print(conf, &out, true);
	conf_free(conf);
	text = buf_contents(&out);
	if ((conf = conf_parse("g", text, sections, NULL, NULL)) == NULL)
		abort();
	return conf_free(conf), buf_done(&out), 0;
}
