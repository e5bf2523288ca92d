/* state - fuzz entry: files in which a host remembers the store's contents. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ctl/audit.h"
#include "store/epoch.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct epoch epoch, again;
	char name[40], text[EPOCH_TEXT_MAX];
	struct audit audit;
	struct buf out;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if (write(fd, bytes, n) != (ssize_t)n)
		return 0;
	epoch_load(name, &epoch);
	if (epoch.id[0] != '\0' && (!epoch_parse(span_of(epoch_print(&epoch,
	    text)), &again) || epoch_judge(&epoch, &again) != EPOCH_SAME))
		abort();
	audit_init(&audit, 1704110400000);
	audit_compare(&audit, name);
	buf_init(&out, 1 << 20);
	audit_print(&audit, &out);
	return buf_done(&out), audit_done(&audit), close(fd), 0;
}
