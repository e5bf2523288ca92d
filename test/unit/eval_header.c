/* eval_header - functions about header fields, relays and bounces. */
#include "test/unit/rulelab.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

#define ID(digits) "Message-ID: <0001" digits "$00000000$00000000@h>\n"
#define NOW "Received: from h ([192.0.2.1]) by b.test (8.17/8.17) id x1y; " \
	"Mon, 1 Jan 2024 12:00:00 +0000\n"
#define HOP(helo, rdns, ip, by) "Received: from " helo " (" rdns " [" ip "]) " \
	"by " by " (Postfix) with SMTP id 3F5C\n"

static const char relay_rules[] =
    "header ALL_TRUSTED eval:check_all_trusted()\n"
    "header NO_RELAYS eval:check_no_relays()\n"
    "header UNPARSEABLE eval:check_relays_unparseable()\n"
    "header HELO_IP eval:helo_ip_mismatch()\n"
    "header NUMERIC eval:check_for_numeric_helo()\n"
    "header DOTCOM eval:check_for_no_rdns_dotcom_helo()\n"
    "header TRAIL eval:check_for_forged_received_trail()\n"
    "header IP_HELO eval:check_for_forged_received_ip_helo()\n"
    "header RP_MATCH eval:check_mailfrom_matches_rcvd()\n"
    "header GATED eval:gated_through_received_hdr_remover()\n";

static const char forged_rules[] =
    "header HOTMAIL eval:check_for_forged_hotmail_received_headers()\n"
    "header HOTMAIL2 eval:check_for_no_hotmail_received_headers()\n"
    "header YAHOO eval:check_for_forged_yahoo_received_headers()\n"
    "header JUNO eval:check_for_forged_juno_received_headers()\n"
    "header GMAIL eval:check_for_forged_gmail_received_headers()\n"
    "header EUDORA eval:check_for_forged_eudoramail_received_headers()\n"
    "header AOL eval:check_for_fake_aol_relay_in_rcvd()\n";

static const char date_rules[] =
    "header PAST_96 eval:check_for_shifted_date('undef', '-96')\n"
    "header PAST_3 eval:check_for_shifted_date('-6', '-3')\n"
    "header NEAR eval:check_for_shifted_date('-3', '3')\n"
    "header FUTURE_3 eval:check_for_shifted_date('3', '6')\n"
    "header FUTURE_96 eval:check_for_shifted_date('96', 'undef')\n";

static const char field_rules[] =
    "header NO_TO eval:check_for_missing_to_header()\n"
    "header FROM_MATCH eval:check_for_matching_env_and_hdr_from()\n"
    "header FROM_DIFFERS eval:check_equal_from_domains()\n"
    "header CTYPES eval:check_header_count_range('Content-Type','2','999')\n"
    "header TEMPLATE eval:check_unresolved_template()\n"
    "header LONG eval:check_msg_parse_flags('truncated_header')\n"
    "header NOT_USABLE eval:check_messageid_not_usable()\n";

static const char recipient_rules[] =
    "header SORTED eval:sorted_recipients()\n"
    "header SIMILAR eval:similar_recipients('0.65','undef')\n";

static const char subject_rules[] =
    "header CAPS eval:subject_is_all_caps()\n"
    "header USER eval:check_for_to_in_subject('user')\n"
    "header ADDRESS eval:check_for_to_in_subject('address')\n"
    "header ILLEGAL eval:check_illegal_chars('Subject','0.00','2')\n"
    "header ILLEGAL_FROM eval:check_illegal_chars('From','0.20','2')\n";

static const char locale_rules[] =
    "header FARAWAY eval:check_for_faraway_charset_in_headers()\n"
    "ok_locales en ja\n";

static const char id_rules[] =
    "header OUTLOOK eval:check_outlook_message_id()\n"
    "header NAME_ID eval:check_ratware_name_id()\n"
    "header EFROM eval:check_ratware_envelope_from()\n";

static const char frame_rules[] =
    "body MIME_HEADERS eval:check_msg_parse_flags('missing_mime_headers')\n"
    "body SEPARATOR eval:check_msg_parse_flags('missing_mime_head_body_separa"
    "tor')\n"
    "body EPILOGUE eval:check_msg_parse_flags('mime_epilogue_exists')\n";

static const char bounce_rules[] =
    "body HAVE eval:have_any_bounce_relays()\n"
    "body OURS eval:check_welcomelist_bounce_relays()\n";

static const struct lab_row rows[] = {
	{ "no relays", relay_rules, "Subject: x\n\n", "NO_RELAYS GATED" },
	{ "one we trust", relay_rules, HOP("h", "a.test", "10.0.0.1", "b.test")
	    "\n", "ALL_TRUSTED" },
	{ "one we do not", relay_rules, HOP("h", "a.test", "192.0.2.1",
	    "b.test") "\n", "" },
	{ "one nobody understands", relay_rules, HOP("h", "a.test", "10.0.0.1",
	    "b.test") "Received: from nobody knows\n\n", "UNPARSEABLE" },
	{ "address as HELO", relay_rules, HOP("203.0.113.1", "a.test",
	    "192.0.2.1", "b.test") "\n", "HELO_IP NUMERIC" },
	{ "its address as HELO", relay_rules, HOP("192.0.2.9", "a.test",
	    "192.0.2.1", "b.test") "\n", "NUMERIC" },
	{ "far address as HELO", relay_rules, HOP("203.0.113.1", "a.test",
	    "192.0.2.1", "mx.bb.test") "\n", "HELO_IP NUMERIC IP_HELO" },
	{ "private address as HELO", relay_rules, HOP("10.0.0.7", "a.test",
	    "192.0.2.1", "mx.bb.test") "\n", "" },
	{ "provider without name", relay_rules, HOP("mx.aol.com", "unknown",
	    "192.0.2.1", "b.test") "\n", "DOTCOM" },
	{ "provider with name", relay_rules, HOP("mx.aol.com", "a.test",
	    "192.0.2.1", "b.test") "\n", "" },
	{ "no provider", relay_rules, HOP("xaol.com", "unknown", "192.0.2.1",
	    "b.test") "\n", "" },
	{ "sound trail", relay_rules,
	    HOP("h", "mail.other.test", "192.0.2.1", "mx.home.test")
	    HOP("h", "in.third.test", "192.0.2.2", "mx.other.test")
	    HOP("h", "x.fourth.test", "192.0.2.3", "mx.third.test") "\n", "" },
	{ "broken trail", relay_rules,
	    HOP("h", "mail.other.test", "192.0.2.1", "mx.home.test")
	    HOP("h", "in.third.test", "192.0.2.2", "mx.wrong.test")
	    HOP("h", "x.fourth.test", "192.0.2.3", "mx.false.test") "\n",
	    "TRAIL" },
	{ "once broken", relay_rules,
	    HOP("h", "mail.other.test", "192.0.2.1", "mx.home.test")
	    HOP("h", "in.third.test", "192.0.2.2", "mx.wrong.test") "\n", "" },
	{ "sender's relay", relay_rules, HOP("h", "mx.example.com",
	    "192.0.2.1", "b.test") "\n", "RP_MATCH" },
	{ "ezmlm", relay_rules, "Mailing-List: contact a@b.test; run by ezmlm\n"
	    "Delivered-To: mailing list a@b.test\nReceived: (qmail 7 invoked "
	    "from network); 1 Jan 2024 00:00:00 -0000\n\n",
	    "NO_RELAYS GATED" },

	{ "Hotmail", forged_rules, "From: a@hotmail.com\nReceived: from "
	    "x.hotmail.com (x.hotmail.com [192.0.2.1]) by b\n"
	    "X-Originating-IP: [192.0.2.2]\n\n", "" },
	{ "not Hotmail", forged_rules, "From: a@hotmail.com\nReceived: from "
	    "a.test (a.test [192.0.2.1]) by b\n\n", "HOTMAIL2" },
	{ "HELO hotmail", forged_rules, "From: a@b.test\nReceived: from "
	    "hotmail.com (a.test [192.0.2.1]) by b\n\n", "HOTMAIL" },
	{ "Outlook", forged_rules, "From: a@hotmail.com\nReceived: from "
	    "E.outbound.protection.outlook.com (m.outbound.protection.outlook."
	    "com [192.0.2.1]) by b\nX-OriginatorOrg: hotmail.com\n\n", "" },
	{ "Yahoo", forged_rules, "From: a@yahoo.com\nReceived: from [192.0.2."
	    "1] by web1.mail.yahoo.com via HTTP\n\n", "" },
	{ "not Yahoo", forged_rules, "From: a@yahoo.com\n" NOW "\n", "YAHOO" },
	{ "not quite Yahoo", forged_rules, "From: a@xyahoo.com\n" NOW "\n",
	    "" },
	{ "through Yahoo", forged_rules, "From: a@yahoo.com\n" HOP("h",
	    "x.yahoo.com", "192.0.2.1", "b.test") "\n", "" },
	{ "Juno", forged_rules, "From: a@juno.com\nX-Mailer: Juno 5\n"
	    "X-Originating-IP: 192.0.2.2\nReceived: from x (m.juno.com "
	    "[192.0.2.1]) by b\n\n", "" },
	{ "not Juno", forged_rules, "From: a@juno.com\n" NOW "\n", "JUNO" },
	{ "Gmail", forged_rules, "From: a@gmail.com\nX-Received: by 10.1.2.3 "
	    "with SMTP id x1y\n" NOW "\n", "" },
	{ "not Gmail", forged_rules, "From: a@gmail.com\n" NOW "\n", "GMAIL" },
	{ "not Eudora", forged_rules, "From: a@eudoramail.com\n" NOW "\n",
	    "EUDORA" },
	{ "AOL's relay", forged_rules, "Received: from x by rly-xw01.mx.aol."
	    "com with QMQP\n\n", "AOL" },
	{ "AOL's own", forged_rules, "Received: from x by rly-xw01.mx.aol.com "
	    "(8.8/AOL-5.0.0) with ESMTP\n\n", "" },

	{ "date near", date_rules, "Date: Mon, 1 Jan 2024 13:00:00 +0000\n" NOW
	    "\n", "NEAR" },
	{ "date ahead", date_rules, "Date: Mon, 1 Jan 2024 15:00:00 +0000\n" NOW
	    "\n", "FUTURE_3" },
	{ "date far ahead", date_rules, "Date: Mon, 8 Jan 2024 15:00:00 +0000\n"
	    NOW "\n", "FUTURE_96" },
	{ "date before", date_rules, "Date: Mon, 1 Jan 2024 08:59:00 +0000\n"
	    NOW "\n", "PAST_3" },
	{ "date far before", date_rules, "Date: Mon, 1 Jan 2023 08:00:00 +0000"
	    "\n" NOW "\n", "PAST_96" },
	{ "Resent-Date first", date_rules, "Date: Mon, 1 Jan 2023 08:00:00 "
	    "+0000\nResent-Date: Mon, 1 Jan 2024 12:00:00 +0000\n" NOW "\n",
	    "NEAR" },
	{ "the nearest field", date_rules, "Date: Mon, 1 Jan 2024 06:00:00 "
	    "+0000\n" NOW "Received: by x; Mon, 1 Jan 2024 06:10:00 +0000\n\n",
	    "NEAR" },
	{ "fetched later", date_rules, "Date: Mon, 1 Jan 2024 06:00:00 +0000\n"
	    "Received: from localhost (localhost [127.0.0.1]) by b; Mon, 1 Jan "
	    "2024 06:00:00 +0000\nReceived: from x by localhost with POP3 "
	    "(fetchmail-6.4); Mon, 1 Jan 2024 06:00:00 +0000\n" NOW "\n",
	    "PAST_3" },
	{ "no date", date_rules, NOW "\n", "NEAR" },

	{ "plain fields", field_rules, "From: bounce@list.example.com\nTo: a@b"
	    "\n" NOW "\n", "FROM_MATCH" },
	{ "no To", field_rules, "From: a@mail.example.com\n" NOW "\n",
	    "NO_TO" },
	{ "empty To", field_rules, "From: a@example.com\nTo:\n" NOW "\n", "" },
	{ "Apparently-To", field_rules, "From: a@example.com\nApparently-To: x"
	    "\n" NOW "\n", "" },
	{ "other domain", field_rules, "From: a@b.test\nTo: x\n" NOW "\n",
	    "FROM_DIFFERS" },
	{ "two types", field_rules, "From: a@example.com\nTo: x\nContent-Type: "
	    "text/plain\nContent-Type: text/html\n" NOW "\n", "CTYPES" },
	{ "the same twice", field_rules, "From: a@example.com\nTo: x\n"
	    "Content-Type: text/plain\nContent-Type: text/plain\n" NOW "\n",
	    "" },
	{ "template", field_rules, "From: a@example.com\nTo: x\nX-Id: "
	    "%FIRST_NAME\n" NOW "\n", "TEMPLATE" },
	{ "template in To", field_rules, "From: a@example.com\nTo: "
	    "%FIRST_NAME\n" NOW "\n", "" },
	{ "Lyris", field_rules, "From: a@example.com\nTo: x\nList-Unsubscribe: "
	    "<mailto:leave-7@b.test>\n" NOW "\n", "NOT_USABLE" },

	{ "few recipients", recipient_rules, "To: a@b, b@b, c@b\n\n", "" },
	{ "sorted", recipient_rules, "To: a@k, b@m, c@n, d@o, e@p, f@q\n"
	    "Cc: g@r\n\n", "SORTED" },
	{ "not sorted", recipient_rules, "To: b@k, a@m, c@n, d@o, e@p, f@q\n"
	    "Cc: g@r\n\n", "" },
	{ "similar", recipient_rules, "To: aa1@k, aa3@m, aa2@n\n"
	    "Bcc: aa5@o, aa4@p\n\n", "SIMILAR" },
	{ "said twice", recipient_rules, "To: a@k, A@k, a@k, b@m, c@n, d@o, "
	    "e@p, f@q\n\n", "" },

	{ "small letters", subject_rules, "Subject: BUY IT now\n\n", "" },
	{ "capitals", subject_rules, "Subject: Re: BUY IT, NOW\n\n", "CAPS" },
	{ "one word", subject_rules, "Subject: BUYITNOWORNEVER\n\n", "" },
	{ "short", subject_rules, "Subject: BUY NOW\n\n", "" },
	{ "charset of capitals", subject_rules, "Subject: =?koi8-r?q?BUY_IT_NO"
	    "W_OR?=\n\n", "" },
	{ "no letters", subject_rules, "Subject: 123 456 789 012\n\n", "" },
	{ "to the user", subject_rules, "To: <jo@b.test>\nSubject: jo, hello\n"
	    "\n", "USER" },
	{ "reply to the user", subject_rules, "To: <jo@b.test>\nSubject: Re: "
	    "hello JO\n\n", "USER" },
	{ "another user", subject_rules, "To: <jo@b.test>\nSubject: joe, hi\n"
	    "\n", "" },
	{ "behind a comma", subject_rules, "To: <jo@b.test>\nSubject: , jo!\n"
	    "\n", "USER" },
	{ "address in subject", subject_rules, "To: <jo@b.test>\nSubject: for "
	    "jo@b.test only\n\n", "ADDRESS" },
	{ "UTF-8", subject_rules, "Subject: gr\303\274\303\237e\n\n", "" },
	{ "Latin-1", subject_rules, "Subject: gr\374\337e\nFrom: \374\337\374"
	    "\n\n", "ILLEGAL ILLEGAL_FROM" },
	{ "a pound", subject_rules, "Subject: \2437 and \374\n\n", "" },
	{ "UTF-8 with controls", subject_rules, "Subject: a\303\274\001\n\n",
	    "ILLEGAL" },

	{ "near charsets", locale_rules, "From: =?iso-2022-jp?B?AA==?=\n"
	    "Subject: =?utf-8?q?x?= =?iso-8859-5?q?y?=\n\n", "" },
	{ "faraway charset", locale_rules, "Subject: =?utf-8?q?x?= =?KOI8-R?q?"
	    "y?=\n\n", "FARAWAY" },

	/* 1 Jan 2024: 0x1da3ca8. */
	{ "Outlook's id", id_rules, "Date: Mon, 1 Jan 2024 12:00:00 +0000\n"
	    ID("01da3ca8") "\n", "" },
	{ "Outlook's, at arrival", id_rules, "Date: Mon, 1 Jan 2020 12:00:00 "
	    "+0000\n" NOW ID("01da3ca8") "\n", "" },
	{ "not Outlook's", id_rules, "Date: Mon, 1 Jan 2024 12:00:00 +0000\n"
	    NOW ID("01ca3ca8") "\n", "OUTLOOK" },
	{ "another form", id_rules, "Date: Mon, 1 Jan 2024 12:00:00 +0000\n"
	    "Message-ID: <0001X1ca3ca8$00000000$00000000@h>\n\n", "" },
	{ "name and id", id_rules, "From: \"Jo\" <jo@b.test>\nMessage-ID: "
	    "<ABCDEFGHIJKLMNOPQRSTUVWXYZAB.jo@b.test>\n\n", "NAME_ID" },
	{ "no name, id", id_rules, "From: <jo@b.test>\nMessage-ID: "
	    "<ABCDEFGHIJKLMNOPQRSTUVWXYZAB.jo@b.test>\n\n", "" },

	{ "sound frame", frame_rules, "Content-Type: multipart/mixed; "
	    "boundary=b\n\n--b\nContent-Type: text/plain\n\nx\n--b--\n.\n",
	    "" },
	{ "no fields", frame_rules, "Content-Type: multipart/mixed; "
	    "boundary=b\n\n--b\n\nx\n--b--\n", "MIME_HEADERS" },
	{ "no empty line", frame_rules, "Content-Type: multipart/mixed; "
	    "boundary=\"b\"\n\n--b\nContent-Type: text/plain\nx\ny\n--b--\n",
	    "SEPARATOR" },
	{ "text behind", frame_rules, "Content-Type: multipart/mixed; "
	    "boundary=b\n\n--b\nContent-Type: text/plain\n\nx\n--b--\nmore\n",
	    "EPILOGUE" },
	{ "dashes before and within", frame_rules, "Content-Type: multipart/"
	    "mixed; boundary=b\n\n-x\n--\ny\n--b\nContent-Type: text/plain\n\n"
	    "--x\n-\nz\n--b\nx y\n--b--\n", "MIME_HEADERS SEPARATOR" },
	{ "dashes inside lines", frame_rules, "Content-Type: multipart/mixed; "
	    "boundary=b\n\nx-y--b\nz\n--b\nContent-Type: text/plain\n\n"
	    "x --b\n\ny-\n--b\n\n--b--\n", "MIME_HEADERS" },
	{ "no boundary", frame_rules, "Content-Type: multipart/mixed; "
	    "boundary=b\n\nx\ny\n", "" },

	{ "no bounce relays", bounce_rules, "Subject: x\n\nReceived: by "
	    "mx.b.test (x)\n", "" },
	{ "our relay", "welcomelist_bounce_relays mx*.b.test\nbody HAVE eval:"
	    "have_any_bounce_relays()\nbody OURS eval:check_welcomelist_bounce"
	    "_relays()\n", "Subject: x\n\n> Received: by MX1.b.test (x)\n",
	    "HAVE OURS" },
	{ "our relay, folded", "welcomelist_bounce_relays mx.b.test\nbody OURS "
	    "eval:check_welcomelist_bounce_relays()\n", "Content-Type: message/"
	    "rfc822\n\nReceived: from x\n\tby mx.b.test (x)\n", "OURS" },
	{ "another field", "welcomelist_bounce_relays mx.b.test\nbody OURS "
	    "eval:check_welcomelist_bounce_relays()\n", "Content-Type: message/"
	    "rfc822\n\nReceived: from x\nX-By: y mx.b.test (x)\n", "" },
};

/* A sender made of the recipient: "domain.user@", which is not VERP. */
static void
test_sender(struct lab *lab)
{
	static const struct {
		const char *sender, *expected;
	} senders[] = {
		{ "x-example.com.jo@list.test", "EFROM" },
		{ "x-jo=example.com@list.test", "" },
		{ "SRS0=x=example.com.jo@list.test", "" },
		{ "xexample.com.jo@list.test", "" },
	};
	size_t i;

	if (!CHECK("rules", lab_rules(lab, id_rules)))
		return;
	for (i = 0; i < ROWS(senders); i++) {
		lab_message(lab, span_of("To: jo@mail.example.com\n\n"));
		message_sender(&lab->message, span_of(senders[i].sender));
		lab_match(lab);
		CHECK_TEXT(senders[i].sender, lab_hits(lab),
		    senders[i].expected);
	}
}

int
main(void)
{
	struct lab lab;

	lab_begin(&lab);
	lab_rows(&lab, rows, ROWS(rows));
	test_sender(&lab);
	lab_end(&lab);
	return test_end();
}
