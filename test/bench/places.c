/*
 * places - writes a file in MaxMind's format for the benchmark, from lines of
 * standard input: "NETWORK COUNTRY|- [ASn [ORGANIZATION]]".
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "test/mmdb.h"

int
main(int argc, char **argv)
{
	struct mmdb m;
	char line[512];
	int status = EX_OK;

	if (argc != 2) {
		fputs("usage: places FILE <LINES\n", stderr);
		return EX_USAGE;
	}
	mmdb_init(&m, 6, 28, "Bench-Places");
	while (status == EX_OK && fgets(line, sizeof(line), stdin) != NULL)
		if (!mmdb_line(&m, span_trim(span_of(line)))) {
			fprintf(stderr, "places: %s", line);
			status = EX_DATAERR;
		}
	if (status == EX_OK && mmdb_write(&m, argv[1]) != 0) {
		perror(argv[1]);
		status = EX_IOERR;
	}
	mmdb_done(&m);
	return status;
}
