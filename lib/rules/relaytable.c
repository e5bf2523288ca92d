/* relaytable - how mail servers write their Received fields. */
#include "rules/relaytable.h"

#include <stddef.h>

/* Web mail that is to be known before anything else. */
const struct relay_form relay_forms_first[] = {
	{"%i%!%{by %b with HTTP", RELAY_ANYWHERE,
	    " (SquirrelMail authenticated user ", NULL},
	{"%i%!%{by %b with HTTP", RELAY_ANYWHERE,
	    " (NaSMail authenticated user ", NULL},
	{"%i by %b (%I) with HTTP (WebMailUI)", RELAY_ANYWHERE, "aol.com",
	    NULL},
	{0},
};

static const struct relay_form smtpsvc[] = {
	{"%H ([%i]%q) by %b with Microsoft SMTPSVC", 0, NULL, NULL},
	{"mail pickup service by %_ with Microsoft SMTPSVC%$", RELAY_IGNORED,
	    NULL, NULL},
	{0},
};

static const struct relay_form exchange[] = {
	{"%h (%<[%>%i%z%<]%>) by %b ", RELAY_NO_ID, NULL, NULL},
	{0},
};

static const struct relay_form xmail[] = {
	{"%h (%<[%>%i%<]%>:%#) by %b%< (%_)%> with [XMail", RELAY_XMAIL, NULL,
	    NULL},
	{0},
};

static const struct relay_form ecelerity[] = {
	{"([%i:%#] helo=%h) by %b ", 0, NULL, NULL},
	{"%_ ([%i:%#]) by %b ", 0, NULL, NULL},
	{0},
};

static const struct relay_form exim[] = {
	{"%.with local%<-%_%> ", RELAY_IGNORED | RELAY_ANYWHERE, NULL, NULL},
	{"[%i] (%s) by %b ", RELAY_EXIM, NULL, NULL},
	{"%r ([%i]%s) by %b ", RELAY_EXIM | RELAY_ONE_NAME, NULL, NULL},
	{"%r [%i]%<:%#%> by %b ", RELAY_ONE_NAME, NULL, NULL},
	{0},
};

static const struct relay_form postfix[] = {
	{"%h (%r [%i]) by %b ", RELAY_LOOKED_UP, NULL, NULL},
	{"%h (%r[%i]) by %b ", RELAY_LOOKED_UP, NULL, NULL},
	{0},
};

static const struct relay_form scalix[] = {
	{"%h (%< %>%i) by %b", 0, NULL, NULL},
	{0},
};

static const struct relay_form domino[] = {
	{"%h ([%i]) by %b (Lotus", 0, NULL, NULL},
	{0},
};

const struct relay_family relay_families[] = {
	{" SMTPSVC", smtpsvc},
	{" with Microsoft SMTP Server %<(%)) %>%#.%#.%#.%#%e", exchange},
	{" with mapi id %<(%)) %>%#.%#.%#.%#%e", exchange},
	{"[XMail ", xmail},
	{"(ecelerity%.", ecelerity},
	{"Exim", exim},
	{" (Postfix) with", postfix},
	{"(Scalix SMTP Relay", scalix},
	{" (Lotus Domino ", domino},
	{0},
};

/* Sendmail, and who imitates it.  qmail-ldap looks alike but is not. */
const struct relay_form relay_forms_sendmail[] = {
	{"%h (%r [%i]%*) by %b (", RELAY_LOOKED_UP | RELAY_SENDMAIL, NULL,
	    NULL},
	{0},
};

const struct relay_form relay_forms_common[] = {
	{"%h (%r [%i]) by %b with %_ (", RELAY_LOOKED_UP, NULL, NULL},
	{"%r ([%i] helo=%h) by %b with ", 0, NULL, NULL},
	{"%h (<unknown%->[%i]) by %b ", 0, NULL, NULL},
	{"%h (%r[%i]) by %b ", RELAY_LOOKED_UP | RELAY_DOTTED, NULL, NULL},
	{"%h (%D@[%i]%*) by %b (", RELAY_LOOKED_UP, NULL, NULL},
	{"%i %~by %b ", 0, NULL, ".hotmail.msn.com"},
	{"by %b ", RELAY_ANYWHERE, NULL, ".hotmail.msn.com"},
	/* qpsmtpd, Zimbra, GMX. */
	{"%r (%g %H) (%i) by %b (qpsmtpd/%_) with %m", 0, NULL, NULL},
	{"%r (LHLO %H) (%i) by %b with LMTP", 0, NULL, NULL},
	{"%r (%g %H) [%i] by %b (%)) with %m", 0, NULL, NULL},
	{"%h ([%i]) by %b via smtpd (for %_) with SMTP(", 0, NULL, NULL},
	{0},
};

#define SENDER "%< (envelope-sender <%_>)%>"
#define ADDRESS "%<[%>%i%<]%>"

const char relay_form_is_qmail[] =
    "%_%< (%g %-)%> (%<%_@%>%<[%>%I%<]%>)" SENDER
    " by %_%< (%+)%> with %<%* %>%Q";

/* qmail leaves the HELO name out when it is the reverse name. */
const struct relay_form relay_forms_qmail[] = {
	{"%r (%g %p) (%D@" ADDRESS ")" SENDER " by %b", RELAY_QMAIL, NULL,
	    NULL},
	{"%r (%g %p) (" ADDRESS ")" SENDER " by %b", RELAY_QMAIL, NULL, NULL},
	{"%r (%D@" ADDRESS ")" SENDER " by %b", RELAY_QMAIL | RELAY_ONE_NAME,
	    NULL, NULL},
	{"%r (" ADDRESS ")" SENDER " by %b", RELAY_QMAIL | RELAY_ONE_NAME,
	    NULL, NULL},
	{0},
};

const struct relay_form relay_forms_rest[] = {
	{"%_ ( [%i])%~ by %b ", 0, NULL, NULL},
	{"(%h [%i]) by %b ", 0, NULL, NULL},
	{"[%i] by %b ", 0, NULL, NULL},
	{"(%<[%>%i%<]%>) by %b ", 0, NULL, NULL},
	/* MDaemon. */
	{"%h [%i] by %b [%I] with ", RELAY_LOOKED_UP, NULL, NULL},
	{"%h [(%i)] by %b (%I) ", 0, NULL, NULL},
	/* Sendmail again, Courier, and forms between them. */
	{"%h ([%i]) by %b (", RELAY_LOOKED_UP, NULL, NULL},
	{"%h (%r [%i])%~ by %b%.", RELAY_COURIER, NULL, NULL},
	{"%h ([%i%<.%#%>%<:%#%>])%~ by %b ", RELAY_LOOKED_UP, NULL, NULL},
	/* fetchmail, getmail. */
	{"with POP3", RELAY_FETCHED | RELAY_ANYWHERE, NULL, NULL},
	{"with IMAP", RELAY_FETCHED | RELAY_ANYWHERE, NULL, NULL},
	/* qmail again. */
	{"%r (%g %P) (%<%D@%>" ADDRESS ")%* by %b ", RELAY_LOOKED_UP, NULL,
	    NULL},
	{"%r (%<%D@%>" ADDRESS ")%* by %b ", RELAY_LOOKED_UP | RELAY_ONE_NAME,
	    NULL, NULL},
	{"%r(%i) by %b via smap ", RELAY_LOOKED_UP, NULL, NULL},
	{"%r(%i, %g %H) by %b via smap ", RELAY_LOOKED_UP, NULL, NULL},
	{"%i by %b (SMTPL%.", 0, NULL, NULL},
	{"%i by %b (InterScan%.", 0, NULL, NULL},
	{"%_ by %_ with BSMTP", RELAY_IGNORED, NULL, NULL},
	{"%r (%g %H) (%<%d@%>%i%~) by %b with ", RELAY_LOOKED_UP, NULL, NULL},
	/* CommuniGate Pro. */
	{"[%i] (%<account %_ %>%g %H) by %b (", 0, NULL, NULL},
	{"%r ([%i] verified) by %b (", RELAY_LOOKED_UP | RELAY_ONE_NAME,
	    " (CommuniGate Pro", NULL},
	{"%_ (%_) by %_ (Content Technologies ", RELAY_IGNORED, NULL, NULL},
	{"%h ([%i] [%_]) by %b with ", 0, NULL, NULL},
	{"%i by %b with ", 0, NULL, NULL},
	{"%h (%r[%i]) by %b ", RELAY_LOOKED_UP, NULL, NULL},
	{"[%i]%_ (%g %H) by %b ", 0, NULL, NULL},
	{"%i (%g %H) by %b ", 0, NULL, NULL},
	{"%h [%i] by %b ", 0, NULL, NULL},
	{"%r(%i) by %b ", 0, NULL, NULL},
	{"%i (%A) by %b with ", 0, NULL, NULL},
	{"[%i] (%S) by %b ", RELAY_EXIM, NULL, NULL},
	{"%r(%i)%<, claiming to be \"%h\"%> via %_ by %b,", RELAY_OBTUSE, NULL,
	    NULL},
	{"%h (%_@%i with login) by %b with SMTP", 0, NULL, ".yahoo.com"},
	/* What originating_ip_headers are made into. */
	{"X-Originating-IP: %i%$", RELAY_NO_BY, NULL, NULL},

	/* Handovers inside one host, or with nothing that could be told. */
	{"%_ (%_@%L) by %_ (", RELAY_IGNORED, NULL, NULL},
	{"%_ %_ by %_ with local-%<e%>smtp ", RELAY_IGNORED, NULL, NULL},
	{"127.0.0.1 (AVG SMTP %_ [%_])", RELAY_IGNORED, NULL, NULL},
	{"%_@%_ by %_ ", RELAY_IGNORED, NULL, NULL},
	{"Unknown/Local (", RELAY_IGNORED, NULL, NULL},
	{"%L (%<%_@%>%L)", RELAY_IGNORED, NULL, NULL},
	{"%L (%<%_@%>%L[", RELAY_IGNORED, NULL, NULL},
	{"%_ (%<%_@%>%L) ", RELAY_IGNORED, NULL, NULL},
	{"%_ (%_@%_ [%L]) ", RELAY_IGNORED, NULL, NULL},
	{"(AUTH: %_) by %_ with ", RELAY_IGNORED, NULL, NULL},
	{"localhost (localhost [[UNIX: localhost]]) by ", RELAY_IGNORED, NULL,
	    NULL},
	{"%_.amazon.com by %_.amazon.com with ESMTP (peer crosscheck: ",
	    RELAY_IGNORED, NULL, NULL},
	{"%_ by %_ (%~) with qmail-scanner", RELAY_SCANNED, NULL, NULL},
	{"%_ ([unix socket]) by %_ (Cyrus v%#.%#.%#) with LMTPA",
	    RELAY_IGNORED, NULL, NULL},
	{"%_ by %_ with", RELAY_IGNORED, NULL, NULL},
	{"%_ by %_ via", RELAY_IGNORED, NULL, NULL},
	{"%_ by %_ for", RELAY_IGNORED, NULL, NULL},
	{"%_ by %_ (", RELAY_IGNORED, NULL, NULL},
	{"%_ with %_ by%.", RELAY_IGNORED, NULL, NULL},
	{"%_ via %_ by%.", RELAY_IGNORED, NULL, NULL},
	{"%_ for %_ by%.", RELAY_IGNORED, NULL, NULL},
	{"%_ (unverified) by%.", RELAY_IGNORED, NULL, NULL},
	{"%_ (unknown) by %_ (SG) with %.", RELAY_IGNORED, NULL, NULL},
	{"%_ (%_ [local]) by %_ (OpenSMTPD) with %.", RELAY_IGNORED, NULL,
	    NULL},
	{"(LSMTP for", RELAY_IGNORED | RELAY_ANYWHERE, NULL, NULL},
	{"([%L]) with MailEnable ", RELAY_IGNORED, NULL, NULL},
	{"facebook.com (%)) by facebook.com with Thrift id %_%$",
	    RELAY_IGNORED, NULL, NULL},
	{"%_ named %_ by gmailapi.google.com with HTTPREST%$", RELAY_IGNORED,
	    NULL, NULL},
	{"%_ id %_%$", RELAY_IGNORED, NULL, NULL},
	{"[<%~ (Jetsend", RELAY_IGNORED, NULL, NULL},
	{0},
};

/* simta, Rockliffe. */
const struct relay_form relay_forms_upper[] = {
	{"%h (%r [%i]) BY %b %<(%)) WITH SMTP %>ID <%n>%$", RELAY_LOOKED_UP,
	    NULL, NULL},
	{"%h (%r [%i]) BY %b %<(%)) WITH SMTP %>ID <%n> FOR <%~>%$",
	    RELAY_LOOKED_UP, NULL, NULL},
	{"%h (%r [%i]) BY %b %<(%)) WITH SMTP %>ID %n%$", RELAY_LOOKED_UP,
	    NULL, NULL},
	{"%h (%r [%i]) BY %b %<(%)) WITH SMTP %>ID %n FOR <%~>%$",
	    RELAY_LOOKED_UP, NULL, NULL},
	{0},
};

const struct relay_form relay_forms_bracket[] = {
	{"%H [%i]) by %b (NAVGW %~) with ", 0, NULL, NULL},
	{"%_@localhost) by %_ ", RELAY_IGNORED, NULL, NULL},
	{"%_@%)) by %_(jqueuemail) id %_", RELAY_IGNORED, NULL, NULL},
	{0},
};
