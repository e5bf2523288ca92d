/*
 * mimeflags - what SpamAssassin finds wrong with the frame of a multipart, for
 * rules about it.  mail/mime.h tells faults as readers see them.
 */
#ifndef RULES_MIMEFLAGS_H
#define RULES_MIMEFLAGS_H

#include "mail/mime.h"

enum mimeflag {
	MIMEFLAG_NO_HEADERS = 1,	/* no field behind a boundary */
	MIMEFLAG_NO_SEPARATOR = 2,	/* no empty line behind the fields */
	MIMEFLAG_EPILOGUE = 4,	/* more than dots behind the last boundary */
};

/* Of all multiparts, or-ed together. */
unsigned mimeflags_find(const struct mime *);

#endif
