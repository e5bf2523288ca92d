/* names - fuzz entry: names of domains, from mail to the DNS and back. */
#include <stdlib.h>

#include "base/text.h"
#include "mail/domain.h"
#include "mail/idn.h"
#include "mail/suffix.h"
#include "net/dns_backend.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct suffixes *suffixes;	/* slow to open */
	struct span name = span_make((const char *)bytes, n), ascii, own;
	struct dns_key key;
	struct arena arena;

	if (suffixes == NULL)
		suffixes = suffixes_open("", NULL);
	arena_init(&arena);
	ascii = domain_ascii(&arena, name);
	own = suffixes_registered(suffixes, ascii);
	if (ascii.n > 0 && (ascii.n > DOMAIN_MAX ||
	    !span_eq(domain_ascii(&arena, ascii), ascii) ||
	    !dns_key_make(&key, ascii, DNS_A)))
		abort();
	if (own.n > 0 && !domain_within(ascii, own))
		abort();
	if (!text_utf8(idn_unicode(&arena, name)) ||
	    !text_utf8(idn_unicode(&arena, ascii)))
		abort();
	return arena_done(&arena), 0;
}
