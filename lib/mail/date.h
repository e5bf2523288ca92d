/*
 * date - the date-time of RFC 5322 sections 3.3 and 4.3 as a number.  No
 * locale, no time zone of the host.  Pure functions, any thread.
 */
#ifndef MAIL_DATE_H
#define MAIL_DATE_H

#include <stdint.h>

#include "base/span.h"

enum date {
	DATE_GOOD,	/* in the grammar, obsolete forms included */
	DATE_LOOSE,	/* one reading, but not in the grammar: asctime's order,
			 * no zone, a wrong day of the week, words behind */
	DATE_BAD
};

/* Unless bad, *out is the time in seconds since 1970 (negative before). */
enum date date_parse(struct span value, int64_t *out);

#endif
