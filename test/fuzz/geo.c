/* geo - fuzz entry: a file in MaxMind's format, checked, opened and asked. */
#include "net/geo.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "net/geocheck.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char name[40];
	const char *names[] = {name};
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct geocheck found;
	struct place place;
	struct ip ip = {{0}};
	struct geo *geo = NULL;
	unsigned i;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if (geocheck(span_make((const char *)bytes, n), &found, NULL) == 0 &&
	    write(fd, bytes, n) == (ssize_t)n)
		geo = geo_open(names, 1, NULL, NULL);
	for (i = 0; geo != NULL && i < 64 * 16; i++, ip.b[i % 16] += 37)
		geo_find(geo, &ip, &place);
	return geo_put(geo), close(fd), 0;
}
