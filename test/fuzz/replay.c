/*
 * replay - runs a fuzz entry over files: the seeds and every past crasher.
 * With libFuzzer this file is left out and the fuzzer's own main drives.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "test/fuzz/fuzz.h"

#define REPLAY_MAX (4 << 20)

static int
replay(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes;
	size_t n;

	if (f == NULL) {
		perror(path);
		return -1;
	}
	bytes = malloc(REPLAY_MAX);
	n = bytes != NULL ? fread(bytes, 1, REPLAY_MAX, f) : 0;
	fclose(f);
	/* An exact copy, so that a sanitizer sees one byte too many. */
	if (bytes != NULL)
		bytes = realloc(bytes, n != 0 ? n : 1);
	LLVMFuzzerTestOneInput(bytes, n);
	free(bytes);
	return 0;
}

int
main(int argc, char **argv)
{
	int i, failed = 0;

	for (i = 1; i < argc; i++)
		if (replay(argv[i]) != 0)
			failed++;
	printf("%d passed, %d failed, 0 skipped\n", argc - 1 - failed, failed);
	return failed != 0;
}
