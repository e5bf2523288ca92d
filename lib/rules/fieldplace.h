/*
 * fieldplace - pseudo header fields that tell where relays are, under the names
 * of SpamAssassin's plugins RelayCountry and ASN.  A message's own fields of
 * these names are never looked at: a stranger could write them.
 */
#ifndef RULES_FIELDPLACE_H
#define RULES_FIELDPLACE_H

#include "rules/facts.h"

/* enum geo_fact that such a field is made of; 0 for other names. */
unsigned fieldplace_needs(struct span name);

/* The value; p is NULL where nothing is known, and for other names. */
struct span fieldplace_value(struct facts *, struct span name);

/* "AS64500 Example Carrier" of the first relay outside; p as above. */
struct span fieldplace_carrier(struct facts *);

#endif
