/* onetime - which short texts hand over a code to log in with. */
#include "check/onetime.h"

#include "test/unit/test.h"

static const struct {
	const char *name, *subject, *text;
	bool expected;
} rows[] = {
	{"English", "Your verification code", "Enter 493027 to continue.",
	    true},
	{"code before the word", "Hello", "493027 is your login code.", true},
	{"a prefix of letters", "Sign in", "Your code is G-493027", true},
	{"in halves", "Hello", "Your code: 493 027. It expires soon.", true},
	{"halves with a hyphen", "Hello", "Your code: 4930-2756", true},
	{"letters and digits", "Access", "Use passcode X7K2P9 now", true},
	{"capitals alone are a word", "Access", "Use passcode SUMMER now",
	    false},
	{"in the subject", "493027 is your code", "Thanks", true},
	{"subject's word, far away", "Verify it is you", "Dear customer, "
	    "somebody, hopefully you, wants to enter your account from a new "
	    "place, and before that happens we should like to be sure. For "
	    "that reason please type what stands here, and do not tell it "
	    "anybody, not even us: 8841", true},
	{"German", "Anmeldung", "Ihr Sicherheitscode lautet 338821.", true},
	{"Spanish", "Hola", "Su c\303\263digo es 338821", true},
	{"Finnish", "Hei", "Vahvistuskoodi: 338821", true},
	{"Russian", "Vhod", "\320\232\320\276\320\264: 338821", true},
	{"Chinese leaves no blanks", "Hi", "\346\202\250\347\232\204\351\252"
	    "\214\350\257\201\347\240\201\346\230\257338821\343\200\202",
	    true},
	{"Korean", "Hi", "\354\235\270\354\246\235\353\262\210\355\230\270 "
	    "338821", true},
	{"no code", "Your code", "Please call us.", false},
	{"no word", "Order 493027", "It was sent.", false},
	{"a year", "Our code of conduct", "New edition of 2024", false},
	{"an amount", "Your code", "You owe 1234.56 EUR or 12,345 USD", false},
	{"a date", "Your code", "by 31/12/2025", false},
	{"a price", "Your code", "only $4999", false},
	{"too short", "Your code", "123", false},
	{"too long", "Your code", "123456789", false},
	{"inside a word", "Your code", "abc123456", false},
	{"inside a link", "Your code", "?x=123456&y", false},
	{"something is sold", "Your code", "Discount: enter 493027", false},
	{"a voucher", "Gutschein", "Ihr Code: 493027", false},
	{"where people live", "Hello", "Postcode 12345", false},
	{"word too far from it", "Hello", "Our code of conduct says what we "
	    "owe each other, and everybody who works with us has read it and "
	    "signed it before his or her first day, and reads it again in "
	    "each year, when we meet. Tel. 493027", false},
	{"bytes that are no text", "\377\376cod", "\300\200 493027", false},
	{"empty", "", "", false},
};

/* Long mail is no such mail, whatever stands in it. */
static void
test_long(void)
{
	static char text[ONETIME_TEXT_MAX];
	struct span pieces[2] = {span_of("Your code: 493027"), {text, 0}};

	memset(text, 'x', sizeof(text));
	pieces[1].n = ONETIME_TEXT_MAX - pieces[0].n;
	CHECK("as long as may be", onetime_code(pieces, 2));
	pieces[1].n++;
	CHECK("a byte longer", !onetime_code(pieces, 2));
}

int
main(void)
{
	struct span pieces[2];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pieces[0] = span_of(rows[i].subject);
		pieces[1] = span_of(rows[i].text);
		CHECK(rows[i].name,
		    onetime_code(pieces, 2) == rows[i].expected);
	}
	test_long();
	return test_end();
}
