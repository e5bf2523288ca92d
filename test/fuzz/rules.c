/* rules - fuzz entry: a rule file, by way of one in memory. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "rules/rules.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	int fd = memfd_create("rules", 0);
	struct digest *digest = digest_new();
	struct weights weights;
	struct weight *known;
	struct error error;
	char path[40];

	if (write(fd, bytes, n) != (ssize_t)n)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	weights_init(&weights);
	known = weights_put(&weights, span_of("KNOWN"));
	lines_read(path, rules_line, &weights, digest, &error);
	if (weights.map.count != 1 || llabs(known->score) > RULES_SCORE_MAX)
		abort();
	weights_done(&weights);
	digest_free(digest);
	return close(fd);
}
