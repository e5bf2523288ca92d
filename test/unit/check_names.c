/* check_names - what checks make of names: HELO, recipients, deny lists. */
#include "rules/compile.h"
#include "test/unit/world.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

static const struct {
	const char *name, *helo, *ip, *expected;
} helos[] = {
	{ "host name", "mail.example.net", "203.0.113.9", "" },
	{ "final dot", "mail.example.net.", "203.0.113.9", "" },
	{ "underscore", "mail_1.example.net", "203.0.113.9", "" },
	{ "RFC 6531 UTF-8", "m\xc3\xbc.example.net", "203.0.113.9", "" },
	{ "none", "", "203.0.113.9", "HELO_MISSING" },
	{ "no domain", "mail", "203.0.113.9", "HELO_NO_DOMAIN" },
	{ "no domain, final dot", "mail.", "203.0.113.9", "" },
	{ "localhost", "LocalHost", "203.0.113.9", "HELO_LOCALHOST" },
	{ "localhost.localdomain", "localhost.localdomain", "203.0.113.9",
	    "HELO_LOCALHOST" },
	{ "ours", "MX.Ours.example", "203.0.113.9", "HELO_OURS" },
	{ "beneath ours", "a.mx.ours.example", "203.0.113.9", "" },
	{ "bare address", "203.0.113.9", "203.0.113.9", "RCVD_NUMERIC_HELO" },
	{ "bare IPv6 address", "2001:db8::1", "2001:db8::1",
	    "RCVD_NUMERIC_HELO" },
	{ "RFC 5321 4.1.3 literal", "[203.0.113.9]", "203.0.113.9", "" },
	{ "RFC 5321 4.1.3 IPv6 literal", "[IPv6:2001:db8::1]", "2001:db8::1",
	    "" },
	{ "literal in other words", "[ipv6:2001:DB8:0::1]", "2001:db8::1",
	    "" },
	{ "literal of another", "[203.0.113.8]", "203.0.113.9",
	    "HELO_LITERAL_OTHER" },
	{ "literal, nobody to compare", "[203.0.113.8]", NULL, "" },
	{ "literal of nothing", "[]", "203.0.113.9", "HELO_INVALID" },
	{ "literal of a name", "[mail.example.net]", "203.0.113.9",
	    "HELO_INVALID" },
	{ "open literal", "[203.0.113.9", "203.0.113.9", "HELO_INVALID" },
	{ "blank", "mail example.net", "203.0.113.9", "HELO_INVALID" },
	{ "empty label", "mail..example.net", "203.0.113.9", "HELO_INVALID" },
	{ "leading dot", ".example.net", "203.0.113.9", "HELO_INVALID" },
	{ "dot", ".", "203.0.113.9", "HELO_INVALID" },
	{ "at sign", "a@example.net", "203.0.113.9", "HELO_INVALID" },
	{ "RFC 1035 2.3.4: label of 63",
	    "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"
	    ".test", "203.0.113.9", "" },
	{ "RFC 1035 2.3.4: label of 64",
	    "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg"
	    ".test", "203.0.113.9", "HELO_INVALID" },
	{ "our own client", "localhost", "127.0.0.1", "" },
};

static void
test_helos(void)
{
	struct world w;
	size_t i;

	world_begin(&w, "");
	w.arrival.our_name = span_of("mx.ours.example");
	for (i = 0; i < ROWS(helos); i++) {
		world_client(&w, helos[i].ip, helos[i].helo);
		world_mail(&w, "<a@b.test>", WORLD_NOW);
		CHECK_TEXT(helos[i].name,
		    world_symbols(&w, check_helo.symbols), helos[i].expected);
	}
	world_end(&w);
}

/* Roles: info, "sales@Shop.example", webmaster; P, R or G for guarded. */
static const struct {
	const char *name, *address, *expected;
} recipients[] = {
	{ "person", "<joe@example.net>", "P" },
	{ "role", "<info@example.net>", "R" },
	{ "case", "<INFO@EXAMPLE.NET>", "R" },
	{ "listed in upper case", "<webmaster@example.net>", "R" },
	{ "detail", "<info+list@example.net>", "R" },
	{ "detail of nobody", "<+info@example.net>", "P" },
	{ "longer", "<information@example.net>", "P" },
	{ "address", "<sales@shop.example>", "R" },
	{ "address, case", "<Sales@SHOP.example>", "R" },
	{ "address with detail", "<sales+x@shop.example>", "R" },
	{ "elsewhere", "<sales@example.net>", "P" },
	{ "no domain", "<info>", "R" },
	{ "RFC 5321 4.5.1 postmaster", "<postmaster@example.net>", "G" },
	{ "RFC 5321 4.5.1 without a domain", "<Postmaster>", "G" },
	{ "RFC 5321 2.3.11 case", "<PostMaster@example.net>", "G" },
	{ "RFC 2142 abuse", "<abuse@example.net>", "G" },
	{ "abuse, detail", "<abuse+report@example.net>", "G" },
	{ "quoted", "<\"postmaster\"@example.net>", "G" },
	{ "quoted pair", "<\"po\\stmaster\"@example.net>", "G" },
	{ "quoted role", "<\"info\"@example.net>", "R" },
	{ "quoted at sign", "<\"postmaster@x\"@example.net>", "P" },
	{ "route", "<@a.test,@b.test:postmaster@example.net>", "G" },
	{ "postmaster in the domain", "<joe@postmaster.example>", "P" },
	{ "empty", "<>", "P" },
	{ "RFC 5321 4.5.3.1.1: long", "<aaaaaaaaaabbbbbbbbbbccccccccccdddddd"
	    "ddddeeeeeeeeeeffffffffffggggg@example.net>", "P" },
};

static void
test_recipients(void)
{
	static const char letters[] = "PRG";
	const struct recipient *r;
	char got[2] = "?";
	struct world w;
	size_t i;

	folder_file("roles", "info # people\nsales@Shop.example\nWebMaster\n");
	world_begin(&w, "recipients { roles = roles }");
	world_client(&w, "203.0.113.9", "mail.example.net");
	for (i = 0; i < ROWS(recipients); i++) {
		world_mail(&w, "<a@b.test>", WORLD_NOW);
		scan_recipient(&w.scan, span_of(recipients[i].address));
		r = &w.scan.message.recipients[0];
		got[0] = letters[r->klass];
		CHECK_TEXT(recipients[i].name, got, recipients[i].expected);
		CHECK(recipients[i].name, world_raised(&w, "ROLE_RECIPIENT") ==
		    (got[0] == 'R'));
		CHECK(recipients[i].name, world_raised(&w,
		    "PROTECTED_RECIPIENT") == (got[0] == 'G'));
	}
	world_end(&w);
}

static const char deny[] =
    "client 198.51.100.0/24\n"
    "client 2001:db8:bad::/48 # a comment\n"
    "helo Bad.example\n"
    "sender evil.example\n"
    "sender joe@mixed.example\n"
    "sender dotted.example.\n"
    "from	from.example\n"
    "from boss@mixed.example\n";

/* C, H and U for the symbols; U of sender or From. */
static const struct {
	const char *name, *ip, *helo, *sender, *from, *expected;
} lists[] = {
	{ "clean", "203.0.113.9", "a.test", "a@b.test", "a@b.test", "" },
	{ "client", "198.51.100.255", "a.test", "a@b.test", "a@b.test",
	    "DENY_CLIENT" },
	{ "IPv6 client", "2001:db8:bad::1", "a.test", "a@b.test", "a@b.test",
	    "DENY_CLIENT" },
	{ "HELO", "203.0.113.9", "BAD.example", "a@b.test", "a@b.test",
	    "DENY_HELO" },
	{ "HELO beneath", "203.0.113.9", "a.b.bad.example.", "a@b.test",
	    "a@b.test", "DENY_HELO" },
	{ "HELO that ends alike", "203.0.113.9", "notbad.example", "a@b.test",
	    "a@b.test", "" },
	{ "HELO above", "203.0.113.9", "example", "a@b.test", "a@b.test", "" },
	{ "sender's domain", "203.0.113.9", "a.test", "x@EVIL.example",
	    "a@b.test", "USER_IN_BLOCKLIST" },
	{ "beneath it", "203.0.113.9", "a.test", "x@a.evil.example",
	    "a@b.test", "USER_IN_BLOCKLIST" },
	{ "ends alike", "203.0.113.9", "a.test", "x@devil.example",
	    "a@b.test", "" },
	{ "domain as local part", "203.0.113.9", "a.test",
	    "evil.example@b.test", "a@b.test", "" },
	{ "sender's address", "203.0.113.9", "a.test", "Joe@Mixed.Example",
	    "a@b.test", "USER_IN_BLOCKLIST" },
	{ "another there", "203.0.113.9", "a.test", "jim@mixed.example",
	    "a@b.test", "" },
	{ "address beneath", "203.0.113.9", "a.test", "joe@a.mixed.example",
	    "a@b.test", "" },
	{ "listed with a final dot", "203.0.113.9", "a.test",
	    "x@dotted.example", "a@b.test", "USER_IN_BLOCKLIST" },
	{ "route does not hide", "203.0.113.9", "a.test",
	    "@a.test:x@evil.example", "a@b.test", "USER_IN_BLOCKLIST" },
	{ "null sender", "203.0.113.9", "a.test", "", "a@b.test", "" },
	{ "From's domain", "203.0.113.9", "a.test", "a@b.test",
	    "\"x\" <x@sub.from.example>", "USER_IN_BLOCKLIST" },
	{ "From's address", "203.0.113.9", "a.test", "a@b.test",
	    "Boss <BOSS@mixed.example>", "USER_IN_BLOCKLIST" },
	{ "second address", "203.0.113.9", "a.test", "a@b.test",
	    "a@b.test, x@from.example", "USER_IN_BLOCKLIST" },
	{ "second field", "203.0.113.9", "a.test", "a@b.test",
	    "a@b.test\nFrom: x@from.example", "USER_IN_BLOCKLIST" },
	{ "sender list is not From's", "203.0.113.9", "a.test", "a@b.test",
	    "x@evil.example", "" },
	{ "outbound", "127.0.0.1", "bad.example", "x@evil.example",
	    "x@from.example", "" },
};

static void
test_lists(void)
{
	struct world w;
	char raw[300];
	size_t i;

	folder_file("deny", deny);
	world_begin(&w, "lists { deny = deny }");
	for (i = 0; i < ROWS(lists); i++) {
		world_client(&w, lists[i].ip, lists[i].helo);
		world_mail(&w, lists[i].sender, WORLD_NOW);
		snprintf(raw, sizeof(raw), "From: %s\n\nx\n", lists[i].from);
		world_data(&w, span_of(raw));
		CHECK_TEXT(lists[i].name,
		    world_symbols(&w, check_lists.symbols), lists[i].expected);
	}
	world_end(&w);
}

static const struct {
	const char *name, *roles, *deny, *expected;
} refused[] = {
	{ "role of two words", "info\nsales dept", "", "@roles:2: \"sales "
	    "dept\" is neither a local part nor an address" },
	{ "role with a tab", "sales\tdept", "", "@roles:1: \"sales\\x09dept\" "
	    "is neither a local part nor an address" },
	{ "kind", "", "\nclients 192.0.2.1", "@deny:2: \"clients\" is not one "
	    "of client, helo, sender, from" },
	{ "client name", "", "client example.net", "@deny:1: \"example.net\" "
	    "is not an address or network" },
	{ "host bits", "", "client 192.0.2.1/24", "@deny:1: \"192.0.2.1/24\" "
	    "is not an address or network" },
	{ "star", "", "sender *.example.net", "@deny:1: \"*.example.net\" is "
	    "neither an address nor a domain (a domain stands for all beneath "
	    "it, without \"*\" or leading dot)" },
	{ "leading dot", "", "helo .example.net", "@deny:1: \".example.net\" "
	    "is neither an address nor a domain (a domain stands for all "
	    "beneath it, without \"*\" or leading dot)" },
	{ "leading at", "", "from @example.net", "@deny:1: \"@example.net\" "
	    "is neither an address nor a domain (a domain stands for all "
	    "beneath it, without \"*\" or leading dot)" },
	{ "no name", "", "from", "@deny:1: \"\" is neither an address nor a "
	    "domain (a domain stands for all beneath it, without \"*\" or "
	    "leading dot)" },
	{ "two names", "", "helo a.test b.test", "@deny:1: \"a.test b.test\" "
	    "is neither an address nor a domain (a domain stands for all "
	    "beneath it, without \"*\" or leading dot)" },
};

static void
test_refused(void)
{
	static const char *const overrides[] = {
		"rules.files=rules/*.cf", NULL
	};
	struct metrics *metrics = metrics_new();
	struct snapshot *s;
	struct error e;
	char wanted[300];
	size_t i;

	folder_file("conf", "recipients { roles = roles }\n"
	    "lists { deny = deny }\n");
	for (i = 0; i < ROWS(refused); i++) {
		folder_file("roles", refused[i].roles);
		folder_file("deny", refused[i].deny);
		s = snapshot_load(folder_path("conf"), overrides, NULL, metrics,
		    &e);
		CHECK(refused[i].name, s == NULL);
		/* Only the first "@" stands for the folder. */
		snprintf(wanted, sizeof(wanted), "%s/%s", folder,
		    refused[i].expected + 1);
		CHECK_TEXT(refused[i].name, s == NULL ? e.text : "", wanted);
		snapshot_put(s);
	}
	metrics_free(metrics);
}

int
main(int argc, char **argv)
{
	int status = compile_worker(argc, argv);

	if (status >= 0)
		return status;
	folder_begin();
	test_helos();
	test_recipients();
	test_lists();
	test_refused();
	folder_end();
	return test_end();
}
