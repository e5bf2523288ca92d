/* eval_image - functions about attached pictures. */
#include "test/unit/rulelab.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

/* 640 x 300, 400 x 500 and 20 x 10 pixels. */
#define GIF "R0lGODlhgAIsAfcAAA=="
#define PNG "iVBORw0KGgoAAAANSUhEUgAAAZAAAAH0CAIAAAABAgME"
#define JPEG "/9j/wgALCAAKABQDASIA"

#define MIXED(parts) "Content-Type: multipart/mixed; boundary=b\n\n" \
	parts "--b--\n"
#define IMAGE(type, bytes) "--b\nContent-Type: image/" type "\n" \
	"Content-Transfer-Encoding: base64\n\n" bytes "\n"
#define NAMED(type, name, bytes) "--b\nContent-Type: image/" type \
	"; name=\"" name "\"\n" \
	"Content-Transfer-Encoding: Base64\n\n" bytes "\n"
#define TEXT(text) "--b\nContent-Type: text/plain\n\n" text "\n"

static const char rules[] =
    "body ONE eval:image_count('all',1,1)\n"
    "body GIFS eval:image_count('gif','2')\n"
    "body JPEGS eval:image_count('jpeg',1,1)\n"
    "body NO_TYPE eval:image_count('bmp',0)\n"
    "body AREA eval:pixel_coverage('all',190000,250000)\n"
    "body GIF_AREA eval:pixel_coverage('gif','380000')\n"
    "body EXACT eval:image_size_exact('png','500','400')\n"
    "body TURNED eval:image_size_exact('all','400','500')\n"
    "body RANGE eval:image_size_range('all','250','600','300','700')\n"
    "body SMALL eval:image_size_range('jpeg','0','0','10','20')\n"
    "body NAME eval:image_named('a b.gif')\n"
    "body REGEX eval:image_name_regex('/^\\w\\.\\.GIF$/i')\n"
    "body LITTLE eval:image_to_text_ratio('all', '0.000', '0.00004')\n"
    "rawbody LITTLE_RAW eval:image_to_text_ratio('all', '0', '0.00004')\n";

static const struct {
	const char *name, *message, *expected;
} rows[] = {
	{ "none", "To: a\n\nx\n", "" },
	{ "a gif", MIXED(IMAGE("gif", GIF)), "ONE AREA RANGE LITTLE" },
	{ "two gifs", MIXED(IMAGE("gif", GIF) IMAGE("GIF", GIF)),
	    "GIFS GIF_AREA RANGE LITTLE" },
	{ "a png", MIXED(IMAGE("png", PNG)), "ONE AREA EXACT LITTLE" },
	{ "a jpg", MIXED(IMAGE("jpg", JPEG)), "ONE JPEGS SMALL" },
	{ "a jpeg that is a gif", MIXED(IMAGE("jpeg", GIF)), "ONE JPEGS" },
	{ "a pbm", MIXED(IMAGE("pbm", GIF)), "" },
	{ "not in base64", MIXED("--b\nContent-Type: image/gif\n\n" GIF
	    "\n"), "" },
	{ "name", MIXED(NAMED("gif", "a b.gif", GIF)),
	    "ONE AREA RANGE NAME LITTLE" },
	{ "odd name", MIXED(NAMED("gif", "x..gif", GIF)),
	    "ONE AREA RANGE REGEX LITTLE" },
	{ "name of what is no picture", MIXED(NAMED("png", "x..gif", GIF)),
	    "ONE" },
	{ "text that shrinks by rendering", MIXED(TEXT("a           b")
	    IMAGE("gif", GIF)), "ONE AREA RANGE LITTLE" },
	{ "little text", MIXED(TEXT("a") IMAGE("gif", GIF)),
	    "ONE AREA RANGE LITTLE LITTLE_RAW" },
};

int
main(void)
{
	struct lab lab;
	size_t i;

	lab_begin(&lab);
	if (CHECK("rules", lab_rules(&lab, rules)))
		for (i = 0; i < ROWS(rows); i++) {
			lab_message(&lab, span_of(rows[i].message));
			lab_match(&lab);
			CHECK_TEXT(rows[i].name, lab_hits(&lab),
			    rows[i].expected);
		}
	lab_end(&lab);
	return test_end();
}
