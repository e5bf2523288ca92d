/*
 * relaytable - how mail servers write their Received fields: rows in the order
 * in which they are tried, the first that fits decides.  Constant.
 */
#ifndef RULES_RELAYTABLE_H
#define RULES_RELAYTABLE_H

/* What a row says besides, or-ed together. */
enum relay_remark {
	RELAY_LOOKED_UP = 1 << 0, /* this server always asks for the name, so
				   * that none written means there is none */
	RELAY_ONE_NAME = 1 << 1,	/* HELO and reverse name are the same */
	RELAY_IGNORED = 1 << 2,	/* no handover by TCP, or one untold */
	RELAY_FETCHED = 1 << 3,	/* ignored: a fetcher of mail wrote it */
	RELAY_SCANNED = 1 << 4,	/* ignored: its sender is the next field's */
	RELAY_ANYWHERE = 1 << 5,	/* the form may fit inside the line */
	RELAY_EXIM = 1 << 6,	/* extra: helo=..., ident=... */
	RELAY_XMAIL = 1 << 7,	/* id and sender in brackets further on */
	RELAY_NO_ID = 1 << 8,
	RELAY_NO_BY = 1 << 9,
	RELAY_SENDMAIL = 1 << 10,	/* "ident@" before the reverse name */
	RELAY_COURIER = 1 << 11,	/* "softdnserr": nobody was asked */
	RELAY_OBTUSE = 1 << 12,	/* "UNKNOWN" is not looked up; no HELO */
	RELAY_QMAIL = 1 << 13,	/* looked up unless "unknown" */
	RELAY_DOTTED = 1 << 14,	/* only when the reverse name has a dot */
};

struct relay_form {
	const char *form;
	unsigned remarks;
	const char *need;	/* must stand in the line as well, or NULL */
	const char *by_ends;	/* only when "by" ends with this, or NULL */
};

/*
 * Servers that have a mark of their own.  The first family whose mark is found
 * is the only one tried, then come the others.
 */
struct relay_family {
	const char *mark;
	const struct relay_form *forms;	/* ends with a NULL form */
};

extern const struct relay_family relay_families[];	/* ends likewise */

extern const struct relay_form relay_forms_first[];	/* before them */

/* Behind them, in this order. */
extern const struct relay_form relay_forms_sendmail[];
extern const struct relay_form relay_forms_common[];
extern const char relay_form_is_qmail[];	/* for those that fit this: */
extern const struct relay_form relay_forms_qmail[];
extern const struct relay_form relay_forms_rest[];

/* Lines that begin with "FROM " and with "(from ". */
extern const struct relay_form relay_forms_upper[];
extern const struct relay_form relay_forms_bracket[];

#endif
