/*
 * latency - how long answers take, in microseconds.  Any thread.
 */
#ifndef CTL_LATENCY_H
#define CTL_LATENCY_H

#include <stddef.h>
#include <stdint.h>

int64_t latency_now(void);	/* of the steady clock */

/*
 * Sorts times; latency_below then tells the value that so many percent do not
 * exceed (nearest rank), 0 when there is none.
 */
void latency_sort(uint32_t *times, size_t n);
int64_t latency_below(const uint32_t *sorted, size_t n, unsigned percent);

#endif
