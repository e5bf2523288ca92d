/*
 * relayform - shapes of Received fields, and how to hold one against a line.
 * A form is text in which "%" and a letter stand for something that varies.
 * Words are runs of anything but blanks; blanks in lines are single spaces.
 *
 *	%h %r %b %d %n	a word: HELO name, reverse name, "by", ident, id
 *	%H %R %D	the same, or nothing
 *	%_ %-		a word, a word or nothing; not kept
 *	%i %I		an address; kept, not kept
 *	%p %P		HELO name without blank and bracket; without ")"
 *	%s %S		extra: as little as possible; one or more up to ")"
 *	%)		one or more up to ")"
 *	%q		at most 40 up to ")"
 *	%A		a letter and one or more up to ")"
 *	%L		a way of saying "localhost"
 *	%z		nothing, or the zone of an address: "%eth0"
 *	%# %.		digits; the border of a word
 *	%g %m		HELO or EHLO; ESMTP or SMTP
 *	%Q		SMTP or QMQP, but not before " id "
 *	%w %3 %?	white space; three bytes but that; one byte or none
 *	%~ %* %+	anything: as little as possible, as much, one at least
 *	%{		10 to 80 of anything, as much as possible
 *	%< ... %>	all of this, or nothing; does not nest
 *	%$ %e %!	the end of the line; the end or a blank; no "." or "-"
 *
 * Pure functions, any thread.
 */
#ifndef RULES_RELAYFORM_H
#define RULES_RELAYFORM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

enum relay_slot {
	RELAY_IP, RELAY_HELO, RELAY_RDNS, RELAY_BY, RELAY_IDENT, RELAY_ID,
	RELAY_EXTRA, RELAY_SLOTS
};

#define RELAYFORM_STEPS 50000	/* of one line; hundreds are usual */

/* A line with what forms have found in it. */
struct relay_line {
	struct span text;
	struct span slot[RELAY_SLOTS];
	unsigned set;		/* bit n: the last form set slot n */
	size_t steps;		/* still allowed, for all forms together */
};

/*
 * Whether the form fits at the beginning of the line, or anywhere in it for
 * relayform_find.  Then it sets the slots that it names, otherwise none.  What
 * follows what the form describes does not matter.
 */
bool relayform_match(struct relay_line *, const char *form);
bool relayform_find(struct relay_line *, const char *form);

/* The same for a form that is looked for once in a text, and sets nothing. */
bool relayform_in(struct span text, const char *form);

/* Bytes of the address at that offset, 0 when there is none. */
size_t relayform_ip(struct span line, size_t at);

#endif
