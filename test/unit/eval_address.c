/* eval_address - functions about who writes to whom. */
#include "test/unit/rulelab.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

#define HOP(rdns, ip) "Received: from x (" rdns " [" ip "]) by b.test " \
	"(Postfix) with SMTP id 3F5C\n"

static const char list_rules[] =
    "trusted_networks 127.0.0.0/8\n"
    "blocklist_from *@spam.example bad?@shop.example\n"
    "welcomelist_from good@shop.example\n"
    "welcomelist_from_rcvd *@bank.example out.bank.example\n"
    "welcomelist_from_rcvd *@lab.example [192.0.2.7]\n"
    "welcomelist_from_rcvd *@net.example [198.51.100]\n"
    "welcomelist_from_rcvd *@cidr.example [203.0.113.0/25]\n"
    "def_welcomelist_from_rcvd *@news.example news.example\n"
    "welcomelist_allows_relays list@bank.example\n"
    "blocklist_to victim@b.test\n"
    "welcomelist_to abuse@b.test\n"
    "more_spam_to more@b.test\n"
    "all_spam_to all@b.test\n"
    "enlist_addrlist (BANKS) *@bank.example\n"
    "header FROM_BLOCK eval:check_from_in_blocklist()\n"
    "header FROM_WELCOME eval:check_from_in_welcomelist()\n"
    "header FROM_FORGED eval:check_forged_in_welcomelist()\n"
    "header FROM_DEFAULT eval:check_from_in_default_welcomelist()\n"
    "header DEFAULT_FORGED eval:check_forged_in_default_welcomelist()\n"
    "header TO_BLOCK eval:check_to_in_blocklist()\n"
    "header TO_WELCOME eval:check_to_in_welcomelist()\n"
    "header TO_MORE eval:check_to_in_more_spam()\n"
    "header TO_ALL eval:check_to_in_all_spam()\n"
    "header FROM_BANKS eval:check_from_in_list('BANKS')\n"
    "header REPLYTO_BANKS eval:check_replyto_in_list('BANKS')\n"
    "header TO_BANKS eval:check_to_in_list('BANKS')\n"
    "header NO_LIST eval:check_from_in_list('NONE')\n";

static const char subject_rules[] =
    "welcomelist_subject [Bug ?]\n"
    "blocklist_subject Make*Fast\n"
    "header WELCOME eval:check_subject_in_welcomelist()\n"
    "header BLOCK eval:check_subject_in_blocklist()\n";

#define FREEMAIL \
	"freemail_domains free.example mail.*.example\n" \
	"freemail_welcomelist boss@free.example out.free.example\n" \
	"header FROM eval:check_freemail_from()\n" \
	"header DIGIT eval:check_freemail_from('\\d@')\n" \
	"header REPLYTO_IS eval:check_freemail_header('Reply-To')\n" \
	"header REPLYTO eval:check_freemail_replyto('replyto')\n" \
	"header REPLY eval:check_freemail_replyto('reply')\n" \
	"header BODY eval:check_freemail_body()\n" \
	"header BODY_X eval:check_freemail_body('^x')\n"

static const char freemail_rules[] = FREEMAIL;
static const char lax_rules[] = FREEMAIL "freemail_max_body_emails 50\n"
    "freemail_max_body_freemails 50\n" "freemail_skip_bulk_envfrom 0\n";

static const struct lab_row rows[] = {
	{ "blocked", list_rules, "From: A <A@SPAM.example>\n\n",
	    "FROM_BLOCK" },
	{ "blocked by one byte", list_rules, "From: bad1@shop.example\n\n",
	    "FROM_BLOCK" },
	{ "too long", list_rules, "From: bad12@shop.example\n\n", "" },
	{ "second author", list_rules,
	    "From: x@y.example, a@spam.example\n\n", "FROM_BLOCK" },
	{ "resent", list_rules, "Resent-From: x@y.example\n"
	    "From: a@spam.example\n\n", "" },
	{ "doubled dots", list_rules, "From: a@spam..example\n\n",
	    "FROM_BLOCK" },
	{ "welcome", list_rules, "From: good@shop.example\n\n",
	    "FROM_WELCOME" },
	{ "no relay", list_rules, "From: a@bank.example\n\n", "FROM_BANKS" },
	{ "by name", list_rules, HOP("a.out.bank.example", "192.0.2.1")
	    "From: a@bank.example\n\n", "FROM_WELCOME FROM_BANKS" },
	{ "by another name", list_rules, HOP("xout.bank.example", "192.0.2.1")
	    "From: a@bank.example\n\n", "FROM_FORGED FROM_BANKS" },
	{ "a relay behind is not believed", list_rules,
	    HOP("x.example", "192.0.2.1") HOP("out.bank.example", "192.0.2.2")
	    "From: a@bank.example\n\n", "FROM_FORGED FROM_BANKS" },
	{ "a list may relay", list_rules, HOP("x.example", "192.0.2.1")
	    "From: list@bank.example\n\n", "FROM_BANKS" },
	{ "by address", list_rules, HOP("x.example", "192.0.2.7")
	    "From: a@lab.example\n\n", "FROM_WELCOME" },
	{ "by another address", list_rules, HOP("x.example", "192.0.2.70")
	    "From: a@lab.example\n\n", "FROM_FORGED" },
	{ "by the start of an address", list_rules,
	    HOP("x.example", "198.51.100.9") "From: a@net.example\n\n",
	    "FROM_WELCOME" },
	{ "by network", list_rules, HOP("x.example", "203.0.113.127")
	    "From: a@cidr.example\n\n", "FROM_WELCOME" },
	{ "outside of the network", list_rules,
	    HOP("x.example", "203.0.113.128") "From: a@cidr.example\n\n",
	    "FROM_FORGED" },
	{ "default", list_rules, HOP("mx.news.example", "192.0.2.1")
	    "From: a@news.example\n\n", "FROM_DEFAULT" },
	{ "default forged", list_rules, HOP("x.example", "192.0.2.1")
	    "From: a@news.example\n\n", "DEFAULT_FORGED" },
	{ "to", list_rules, "To: x@y.example, Victim@b.test\n"
	    "Cc: all@b.test\n\n", "TO_BLOCK TO_ALL" },
	{ "as delivered", list_rules, "Delivered-To: more@b.test\n"
	    "X-Original-To: abuse@b.test\n\n", "TO_WELCOME TO_MORE" },
	{ "received for", list_rules, "Received: from x by y.example for "
	    "<abuse@bank.example>; Mon, 1 Jan 2024\n\n", "TO_BANKS" },
	{ "reply to", list_rules, "From: a@b.test\n"
	    "Reply-To: x@bank.example\n\n", "REPLYTO_BANKS" },

	{ "subject", subject_rules, "Subject: Re: [bug 7] x\n\n", "WELCOME" },
	{ "subject with a star", subject_rules,
	    "Subject: =?utf-8?q?MAKE_Money_?=\n fast\n\n", "BLOCK" },
	{ "other subject", subject_rules, "Subject: [Bug 77]\n\n", "" },
	{ "no subject", subject_rules, "To: a\n\n", "" },

	{ "from", freemail_rules, "From: A <a@Free.example>\n\n", "FROM" },
	{ "from, glob", freemail_rules, "From: a9@mail.x.example\n\n",
	    "FROM DIGIT" },
	{ "from, no label more", freemail_rules,
	    "From: a@mail.x.y.example\n\n", "" },
	{ "welcome address", freemail_rules, "From: boss@free.example\n\n",
	    "" },
	{ "role", freemail_rules, "From: Support@free.example\n\n", "" },
	{ "digits of machines", freemail_rules,
	    "From: 0123abcd.89abcdef@free.example\n\n", "" },
	{ "uuid", freemail_rules, "From: 01234567-0123-0123-0123-0123456789ab"
	    "@free.example\n\n", "" },
	{ "nearly a uuid", freemail_rules, "From: 01234567-0123-0123-0123-"
	    "0123456789abc@free.example\n\n", "FROM" },
	{ "forwarded", freemail_rules, "From: a=b=c@free.example\n\n", "" },
	{ "one sign only", freemail_rules, "From: a=b@free.example\n\n",
	    "FROM" },
	{ "two different ones", freemail_rules, "From: a@free.example\n"
	    "Reply-To: b@free.example\n\n", "FROM REPLYTO_IS REPLYTO REPLY" },
	{ "the same", freemail_rules, "From: a@free.example\n"
	    "Reply-To: A@free.example\n\n", "FROM REPLYTO_IS" },
	{ "answer elsewhere than the text says", freemail_rules,
	    "From: a@b.test\nReply-To: b@free.example\n\n"
	    "Write to x@free.example now\n",
	    "REPLYTO_IS REPLYTO BODY BODY_X" },
	{ "sender and text", freemail_rules, "From: a@free.example\n\n"
	    "Write to b@free.example now\n", "FROM REPLY BODY" },
	{ "answer is no freemail", freemail_rules, "From: a@free.example\n"
	    "Reply-To: a@b.test\n\nb@free.example\n", "FROM BODY" },

	{ "in brackets", freemail_rules, "From: a@b.test\n\n"
	    "Joe <joe@free.example> wrote\n", "" },
	{ "linked in brackets", freemail_rules, "From: a@b.test\n\n"
	    "Joe <mailto:joe@free.example> wrote\n", "BODY" },
	{ "quoted", freemail_rules, "From: a@b.test\n\n"
	    "joe@free.example wrote: x\n", "" },
	{ "not quoted", freemail_rules, "From: a@b.test\n\n"
	    "joe@free.example tel: 1\n", "BODY" },
	{ "in a link", freemail_rules, "From: a@b.test\n\n"
	    "http://x.test/?joe@free.example\n", "" },
	{ "behind a link", freemail_rules, "From: a@b.test\n\n"
	    "http://x.test/ xoe@free.example\n", "BODY BODY_X" },
	{ "sentence ends", freemail_rules, "From: a@b.test\n\n"
	    "mail me: joe@free.example.\n", "BODY" },
	{ "longer name", freemail_rules, "From: a@b.test\n\n"
	    "joe@free.example.x joe@free.example-x\n", "" },
	{ "dots around", freemail_rules, "From: a@b.test\n\n"
	    "..xoe@free.example!\n", "BODY BODY_X" },
	{ "bad local part", freemail_rules, "From: a@b.test\n\n"
	    "joe.@free.example .@free.example\n", "" },
	{ "64 bytes", freemail_rules, "From: a@b.test\n\n"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@"
	    "free.example\n", "BODY" },
	{ "65 bytes", freemail_rules, "From: a@b.test\n\n"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@"
	    "free.example\n", "" },
	{ "a link's address", freemail_rules, "From: a@b.test\n"
	    "Content-Type: text/html\n\n"
	    "<a href=\"MAILTO:joe@free.example?subject=x\">write</a>\n",
	    "BODY" },
	{ "too many", freemail_rules, "From: a@b.test\n\na@x.test b@x.test "
	    "c@x.com d@x.com e@x.com f@x.com g@x.com\nh@free.example\n",
	    "" },
	{ "too many freemails", freemail_rules, "From: a@b.test\n\n"
	    "a@free.example b@free.example c@free.example\n", "" },
	{ "as many as are let", lax_rules, "From: a@b.test\n\n"
	    "a@free.example b@free.example c@free.example\n", "BODY" },
	{ "no domains are known",
	    "header FROM eval:check_freemail_from()\n"
	    "header BODY eval:check_freemail_body()\n",
	    "From: a@free.example\n\nb@free.example\n", "" },
};

/* Envelope senders of robots and lists: whoever they answer says nothing. */
static void
test_bulk(struct lab *lab)
{
	static const struct {
		const char *sender, *expected;
	} senders[] = {
		{ "joe@b.test", "FROM REPLYTO_IS REPLYTO REPLY" },
		{ "postmaster@b.test", "FROM REPLYTO_IS" },
		{ "owner-list@b.test", "FROM REPLYTO_IS" },
		{ "grbounced-x@b.test", "FROM REPLYTO_IS" },
		{ "list-bounces@b.test", "FROM REPLYTO_IS" },
		{ "NoReply@b.test", "FROM REPLYTO_IS" },
		{ "x.do_no.replies@b.test", "FROM REPLYTO_IS" },
		{ "do_not_reply@b.test", "FROM REPLYTO_IS REPLYTO REPLY" },
		{ "xnoreply@b.test", "FROM REPLYTO_IS REPLYTO REPLY" },
		{ "no-reply@b.test", "FROM REPLYTO_IS REPLYTO REPLY" },
		{ "a=b.test@c.test", "FROM REPLYTO_IS" },
		{ "", "FROM REPLYTO_IS REPLYTO REPLY" },
	};
	size_t i;

	if (!CHECK("rules", lab_rules(lab, freemail_rules)))
		return;
	for (i = 0; i < ROWS(senders); i++) {
		lab_message(lab, span_of("From: a@free.example\n"
		    "Reply-To: b@free.example\n\n"));
		message_sender(&lab->message, span_of(senders[i].sender));
		lab_match(lab);
		CHECK_TEXT(senders[i].sender, lab_hits(lab),
		    senders[i].expected);
	}
}

/* A single recipient of the envelope is one that Received would tell. */
static void
test_recipient(struct lab *lab)
{
	struct limits limits = lab_limits;

	limits.recipients = 2;
	if (!CHECK("rules", lab_rules(lab, list_rules)))
		return;
	lab_message(lab, span_of("To: x@y.example\n\n"));
	lab->message.limits = &limits;
	message_recipient(&lab->message, span_of("<Victim@b.test>"));
	lab_match(lab);
	CHECK_TEXT("one", lab_hits(lab), "TO_BLOCK");
	message_recipient(&lab->message, span_of("<other@b.test>"));
	lab_match(lab);
	CHECK_TEXT("two", lab_hits(lab), "");
}

int
main(void)
{
	struct lab lab;

	lab_begin(&lab);
	lab_rows(&lab, rows, ROWS(rows));
	test_bulk(&lab);
	test_recipient(&lab);
	lab_end(&lab);
	return test_end();
}
