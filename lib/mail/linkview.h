/*
 * linkview - a link as the reader sees it: where it leads, and whether what is
 * shown for it says so.  For links.c alone.
 */
#ifndef MAIL_LINKVIEW_H
#define MAIL_LINKVIEW_H

#include "mail/links.h"

/* Marks it as seen there; from is NULL for places other than HTML. */
void linkview_see(struct links *, struct link *, const struct html_link *from);

#endif
