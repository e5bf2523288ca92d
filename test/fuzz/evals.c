/* evals - functions that rules call, on any message. */
#include "test/fuzz/fuzz.h"
#include "test/unit/rulelab.h"

static const char rules[] =
    "freemail_domains free.example *.org\nok_locales en\nblocklist_to *@b\n"
    "welcomelist_from_rcvd *@b [192.0.2.0/24]\n"
    "body B1 eval:check_for_mime('mime_qp_count')\n"
    "body B2 eval:check_for_uppercase('25', '50')\n"
    "body B3 eval:multipart_alternative_difference('99', '100')\n"
    "body B6 eval:check_stock_info('2')\n"
    "rawbody B9 eval:image_to_text_ratio('all', '0', '0.1')\n"
    "header H1 eval:check_freemail_replyto('reply')\n"
    "header H2 eval:check_from_in_welcomelist()\n"
    "header H3 eval:check_to_in_blocklist()\n"
    "header H4 From:addr:host =~ /a/\nheader H5 To:name =~ /a/\n"
    "header H6 Received:ip =~ /1/\nheader H7 Reply-To:addr:domain =~ /a/\n"
    "header H8 Received:revip =~ /1/\nheader H9 ALL:raw =~ /a/\n"
    "header HA ToCc:first:addr =~ /a/\nheader HB Subject:last =~ /a/\n"
    "uri_detail U1 text =~ /a/ domain =~ /b/ type =~ /a/\n";

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct lab lab;

	if (lab.rules == NULL) {
		lab_begin(&lab);
		if (!lab_rules(&lab, rules))
			abort();
	}
	lab_message(&lab, span_make((const char *)bytes, n));
	lab_match(&lab);
	return 0;
}
