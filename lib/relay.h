/*
 * relay - behind a relay of ours, the host that brought the message from
 * outside is the one to be judged; the relay's Received fields name it.
 */
#ifndef RELAY_H
#define RELAY_H

#include "conf/networks.h"
#include "mail/message.h"

#define RELAY_HOPS_MAX 20	/* Received fields that are looked at */

/*
 * Sets the message's client to the last external hop, and how many fields at
 * the top are the relays' own.  Where no such hop can be told, the client is
 * unknown: its address and names are judged by nobody.  A client that the
 * relay authenticated is a user of ours: the message is outbound.
 */
void relay_find_client(struct message *, const struct networks *);

#endif
