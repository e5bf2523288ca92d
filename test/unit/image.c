/* image - how large a picture says it is. */
#include "mail/image.h"

#include "test/unit/test.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))
#define B(literal) { literal, sizeof(literal) - 1 }

#define PNG "\211PNG\r\n\032\n"
#define IHDR "\0\0\0\15IHDR"
#define CRC "1234"
#define APP0 "\377\340\0\6abcd"

static const struct {
	const char *name;
	enum image_type type;
	struct span bytes;
	const char *expected;	/* "width height", or "" */
} rows[] = {
	{ "gif", IMAGE_GIF, B("GIF89a\x80\2\x2c\1\0\0\0"), "640 300" },
	{ "gif 87", IMAGE_GIF, B("GIF87a\1\0\2\0"), "1 2" },
	{ "gif 88", IMAGE_GIF, B("GIF88a\1\0\2\0"), "" },
	{ "gif cut", IMAGE_GIF, B("GIF89a\1\0\2"), "" },
	{ "gif without width", IMAGE_GIF, B("GIF89a\0\0\2\0"), "" },
	{ "gif that is a png", IMAGE_GIF,
	    B(PNG IHDR "\0\0\1\0\0\0\0\3" "\10\2\0\0\0" CRC), "" },
	{ "png", IMAGE_PNG,
	    B(PNG IHDR "\0\1\0\0\0\0\0\3" "\10\2\0\0\0" CRC), "65536 3" },
	{ "png of the most pixels", IMAGE_PNG,
	    B(PNG IHDR "\377\377\377\377\377\377\377\377" CRC),
	    "4294967295 4294967295" },
	{ "png cut", IMAGE_PNG, B(PNG IHDR "\0\1\0\0\0\0\0\3" "\10\2\0"), "" },
	{ "png, late header", IMAGE_PNG, B(PNG "01234567" "01234567" IHDR
	    "\0\0\0\1\0\0\0\2" "\10\2\0\0\0" CRC), "1 2" },
	{ "png, header between", IMAGE_PNG, B(PNG "0123" IHDR
	    "\0\0\0\1\0\0\0\2" "\10\2\0\0\0" CRC), "" },
	{ "png, ended before", IMAGE_PNG, B(PNG "\0\0\0\0IEND" IHDR
	    "\0\0\0\1\0\0\0\2" "\10\2\0\0\0" CRC), "" },
	{ "png, header of another length", IMAGE_PNG, B(PNG "\0\0\0\16IHDR"
	    "\0\0\0\1\0\0\0\2" "\10\2\0\0\0" CRC), "" },
	{ "png alone", IMAGE_PNG, B(PNG), "" },
	{ "jpeg", IMAGE_JPEG, B("\377\330" APP0 "\377\300\0\21\10\0\3\1\0\3"),
	    "256 3" },
	{ "jpeg, progressive", IMAGE_JPEG,
	    B("\377\330\377\302\0\7\10\0\3\1\0"), "256 3" },
	{ "jpeg, tables are no frame", IMAGE_JPEG,
	    B("\377\330\377\304\0\7\10\0\3\1\0"), "" },
	{ "jpeg, scan before a frame", IMAGE_JPEG,
	    B("\377\330\377\332\0\2\377\300\0\7\10\0\3\1\0"), "" },
	{ "jpeg, segment of no length", IMAGE_JPEG,
	    B("\377\330\377\340\0\1\377\300\0\7\10\0\3\1\0"), "" },
	{ "jpeg, segment past the end", IMAGE_JPEG,
	    B("\377\330\377\340\377\377abcd"), "" },
	{ "jpeg, frame too short", IMAGE_JPEG,
	    B("\377\330\377\300\0\6\10\0\3\1\0"), "" },
	{ "jpeg cut", IMAGE_JPEG, B("\377\330\377\300\0\7\10\0\3\1"), "" },
	{ "jpeg alone", IMAGE_JPEG, B("\377\330"), "" },
	{ "nothing", IMAGE_JPEG, B(""), "" },
};

int
main(void)
{
	struct image image;
	char text[40];
	size_t i;

	for (i = 0; i < ROWS(rows); i++) {
		text[0] = '\0';
		if (image_size(rows[i].type, rows[i].bytes, &image))
			snprintf(text, sizeof(text), "%u %u", image.width,
			    image.height);
		CHECK_TEXT(rows[i].name, text, rows[i].expected);
	}
	return test_end();
}
