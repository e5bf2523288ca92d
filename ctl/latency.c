/* latency - how long answers take. */
#include "ctl/latency.h"

#include <stdlib.h>
#include <time.h>

int64_t
latency_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int
compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void
latency_sort(uint32_t *times, size_t n)
{
	if (n > 0)
		qsort(times, n, sizeof(*times), compare);
}

int64_t
latency_below(const uint32_t *sorted, size_t n, unsigned percent)
{
	size_t rank = (n * percent + 99) / 100;

	return n != 0 ? sorted[rank != 0 ? rank - 1 : 0] : 0;
}
