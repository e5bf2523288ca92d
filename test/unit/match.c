/* match - every kind of rule on small messages, as SpamAssassin counts them. */
#include "rules/meta.h"
#include "test/unit/rulelab.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

static const char letter[] =
    "Received: from a.example.org (a.example.org [192.0.2.1])\n"
    "\tby mx.example.net with ESMTP id 1; Mon, 1 Jan 2024 12:00:00 +0000\n"
    "From: \"Anne Example\" <anne@mail.example.org>\n"
    "To: bob@example.net, \"Cleo\" <cleo@example.com>\n"
    "Cc: dora@example.co.uk\n"
    "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= from\n  afar\n"
    "Message-ID: <1@host.example.org>\n"
    "X-Two: one\n"
    "X-Two: two\n"
    "X-Raw: =?utf-8?q?enc?=\n"
    "X-Empty:\n"
    "X-Net: see 192.0.2.7 there\n"
    "Content-Type: multipart/mixed; boundary=b\n"
    "\n"
    "--b\n"
    "Content-Type: text/plain; charset=us-ascii\n"
    "\n"
    "alpha beta beta\n"
    "gamma\n"
    "\n"
    "delta http://www.shop.example.co.uk/a%62c alpha\n"
    "--b\n"
    "Content-Type: text/html\n"
    "Content-Id: <x@y>\n"
    "Content-Transfer-Encoding: quoted-printable\n"
    "\n"
    "<p>Hello <b>wor=\nld</b> <a href=3D\"https://click.example.com/x\">www.ba"
    "nk.example</a></p>\n"
    "--b\n"
    "Content-Type: application/pdf; name=\"a.pdf\"\n"
    "Content-Disposition: attachment\n"
    "\n"
    "%PDF alpha\n"
    "--b--\n";

struct row {
	const char *name, *rules, *expected;
};

static const struct row headers[] = {
	{ "decoded", "header A Subject =~ /^Gr\xc3\xbc\xc3\x9f" "e from afar$/",
	    "A" },
	{ "raw", "header A Subject:raw =~ /^ =\\?utf-8\\?q\\?.* from\\n  afar"
	    "$/\nheader B Subject:raw =~ /\xc3/", "A" },
	{ "any case of the name", "header A sUBJECT =~ /afar/", "A" },
	{ "addr", "header A From:addr =~ /^anne\\@mail\\.example\\.org$/",
	    "A" },
	{ "name", "header A From:name =~ /^Anne Example$/", "A" },
	{ "addr of several", "header A To:addr =~ /^bob\\@example\\.net$/m\n"
	    "header B To:addr =~ /cleo/", "A B" },
	{ "first and last", "header A X-Two:first =~ /^one$/\n"
	    "header B X-Two:last =~ /^two$/\nheader C X-Two:first =~ /two/",
	    "A B" },
	{ "all of a name", "header A X-Two =~ /^one\\ntwo\\n\\z/", "A" },
	{ "host", "header A From:addr:host =~ /^mail\\.example\\.org$/", "A" },
	{ "domain", "header A From:addr:domain =~ /^example\\.org$/\n"
	    "header B Cc:addr:domain =~ /^example\\.co\\.uk$/", "A B" },
	{ "ip", "header A X-Net:ip =~ /^192\\.0\\.2\\.7$/\n"
	    "header B X-Net:revip =~ /^7\\.2\\.0\\.192$/", "A B" },
	{ "exists", "header A exists:X-Two\nheader B exists:X-None\n"
	    "header C exists:X-Empty", "A C" },
	{ "empty is there", "header A X-Empty =~ /^$/\n"
	    "header B X-Empty =~ /./", "A" },
	{ "not there is empty", "header A X-None =~ /^$/\n"
	    "header B X-None =~ /./", "A" },
	{ "negated", "header A Subject !~ /afar/\nheader B Subject !~ /near/\n"
	    "header C X-None !~ /x/\nheader D X-None !~ /^$/", "B C" },
	{ "if-unset", "header A X-None =~ /^UNSET$/ [if-unset: UNSET]\n"
	    "header B X-Two =~ /UNSET/ [if-unset: UNSET]\n"
	    "header C X-None !~ /UNSET/ [if-unset: UNSET]", "A" },
	{ "ALL", "header A ALL =~ /^X-Two: one\\nX-Two: two\\n/m\n"
	    "header B ALL:raw =~ /^X-Raw: =\\?utf/m", "A B" },
	{ "ToCc", "header A ToCc =~ /bob/\nheader B ToCc =~ /dora/\n"
	    "header C ToCc =~ /anne/", "A B" },
	{ "MESSAGEID", "header A MESSAGEID =~ /^<1\\@host/", "A" },
	{ "EnvelopeFrom", "header A EnvelopeFrom =~ /^bounce\\@list/\n"
	    "header B EnvelopeFrom:addr:domain =~ /^example\\.com$/", "A B" },
	{ "relays", "header A X-Spam-Relays-Untrusted =~ /ip=192\\.0\\.2\\.1 "
	    "/\nheader B X-Spam-Relays-Trusted =~ /ip=/", "A" },
	{ "once", "header A X-Two =~ /o/", "A" },
	{ "multiple", "header A X-Two =~ /o/\ntflags A multiple", "A=2" },
	{ "maxhits", "header A ALL =~ /e/\ntflags A multiple maxhits=3",
	    "A=3" },
	{ "maxhits without multiple", "header A X-Two =~ /o/\n"
	    "tflags A maxhits=2", "A" },
	{ "empty matches end", "header A X-Two =~ /x*/\ntflags A multiple",
	    "A=9" },
};

static const struct row texts[] = {
	{ "paragraph", "body A /beta gamma/\nbody B /gamma delta/", "A" },
	{ "starts and ends", "body A /^alpha beta/\nbody B /^delta/\n"
	    "body C /gamma$/", "A B C" },
	{ "rendered", "body A /Hello world www/\nbody B /<b>/", "A" },
	{ "files are not text", "body A /PDF/\nrawbody B /PDF/\n"
	    "full C /PDF/", "C" },
	{ "subject", "body A /from afar/\nbody B /from afar/\n"
	    "tflags B nosubject\nbody C /alpha/\ntflags C nosubject", "A C" },
	{ "multiple", "body A /beta/\nbody B /beta/\ntflags B multiple\n"
	    "body C /alpha|beta/\ntflags C multiple maxhits=3\n"
	    "body D /alpha|beta/\ntflags D multiple", "A B=2 C=3 D=4" },
	{ "multiple, not on the subject", "body A /a\\w/\n"
	    "tflags A multiple nosubject maxhits=50\nbody B /afar|gamma/\n"
	    "tflags B multiple nosubject", "A=6 B" },
	{ "rawbody", "rawbody A /<b>world<\\/b>/\nrawbody B /beta\\ngamma/\n"
	    "rawbody C /afar/", "A B" },
	{ "full", "full A /wor=\\nld/\nfull B /^Received:/\n"
	    "full C /afar\\nMessage-ID/\nfull D /\\n--b--\\n\\z/",
	    "A B C D" },
	{ "full, multiple", "full A /^--b/m\ntflags A multiple", "A=4" },
	{ "case", "body A /ALPHA/\nbody B /ALPHA/i", "B" },
	{ "bytes beyond ASCII", "body A /\xc3\xbc/\nbody B /\\xc3\\xbc/",
	    "A B" },
};

static const struct row links[] = {
	{ "uri", "uri A m{^http://www\\.shop\\.example\\.co\\.uk/}\n"
	    "uri B m{^https://click\\.example\\.com/x$}\nuri C /mailto:/",
	    "A B" },
	{ "cleaned", "uri A m{/abc$}\nuri B m{/a%62c$}", "A B" },
	{ "multiple", "uri A /^https?:/\ntflags A multiple maxhits=2",
	    "A=2" },
	{ "text against target", "uri_detail A text =~ /bank\\.example/ "
	    "host !~ /bank\\.example/", "A" },
	{ "type", "uri_detail A type =~ /^a$/ raw =~ /click/\n"
	    "uri_detail B type =~ /^a$/ raw =~ /shop/\n"
	    "uri_detail C type =~ /^parsed$/ domain =~ /^example\\.co\\.uk$/",
	    "A C" },
	{ "tests of one link", "uri_detail A raw =~ /click/ host =~ /shop/",
	    "" },
	{ "cleaned test", "uri_detail A cleaned =~ m{/abc$}", "A" },
};

static const struct row parts[] = {
	{ "any part", "mimeheader A Content-Type =~ /application\\/pdf/\n"
	    "mimeheader B Content-Type =~ /audio/\n"
	    "mimeheader C Subject =~ /afar/", "A C" },
	{ "negated", "mimeheader A Content-Type !~ /pdf/\n"
	    "mimeheader B Content-Type !~ /audio/", "B" },
	{ "if-unset", "mimeheader A Content-Id =~ /^none$/ [if-unset: none]\n"
	    "mimeheader B Content-Type =~ /^none$/ [if-unset: none]", "A" },
	{ "not there is empty", "mimeheader A Content-Id =~ /^$/\n"
	    "mimeheader B Content-Type =~ /^$/", "A" },
	{ "negated, not there", "mimeheader A Content-Id !~ /^$/", "" },
	{ "raw", "mimeheader A X-Raw:raw =~ /=\\?utf/\n"
	    "mimeheader B X-Raw =~ /enc/", "A B" },
	{ "ALL", "mimeheader A ALL =~ /^Content-Type: text\\/html\\n"
	    "Content-Id/m", "A" },
	{ "range", "mimeheader A Content-Type =~ /./\ntflags A range=1\n"
	    "mimeheader B Content-Type =~ /pdf/\ntflags B range=-3\n"
	    "mimeheader C Content-Type =~ /pdf/\ntflags C range=4\n"
	    "mimeheader D Content-Type =~ /html/\ntflags D range=2-3\n"
	    "mimeheader E Content-Type =~ /multipart/\ntflags E range=2-\n"
	    "mimeheader F Content-Type !~ /pdf/\ntflags F range=-3",
	    "A C D F" },
	{ "multiple counts in one part", "mimeheader A Content-Type =~ /t/\n"
	    "tflags A multiple range=2\nmimeheader B Content-Type =~ "
	    "/plain|html|pdf/\ntflags B multiple\n"
	    "mimeheader C Content-Type =~ /t/\n"
	    "tflags C multiple maxhits=2 range=2-", "A=3 B C=2" },
	{ "concat", "mimeheader A Content-Type =~ /html.*pdf/s\n"
	    "mimeheader B Content-Type =~ /html.*pdf/s\ntflags B concat\n"
	    "mimeheader C Content-Type =~ /text/\n"
	    "tflags C concat multiple\n"
	    "mimeheader D Content-Id =~ /^none\\nnone\\n<x/\n"
	    "tflags D concat\n"
	    "mimeheader E Content-Id =~ /^none\\n<x/ [if-unset: none]\n"
	    "tflags E concat range=2-3\n"
	    "mimeheader F Content-Type !~ /html.*pdf/s\ntflags F concat\n"
	    "mimeheader G Content-Type !~ /pdf.*html/s\ntflags G concat",
	    "B C=2 E G" },
};

static const struct row captures[] = {
	{ "in another rule", "body A /alpha (?<WORD>\\w+)/\n"
	    "body B /%{WORD} gamma/\nbody C /%{WORD} delta/", "A B" },
	{ "not found", "body A /omega (?<WORD>\\w+)/\nbody B /%{WORD}|alpha/",
	    "" },
	{ "several", "body A /(?<W>alpha|gamma)/\ntflags A multiple\n"
	    "full B /^%{W}$/m\nheader C Subject =~ /%{W}/", "A=3 B" },
	{ "quoted", "header A X-Net =~ /(?<IP>[\\d.]+)/\nfull B /%{IP}/\n"
	    "full C /192x0%{IP}/", "A B" },
	{ "from a header", "header A From:addr =~ /@(?<DOM>[a-z.]+)/\n"
	    "header B Message-ID =~ /%{DOM}/\n"
	    "header C ALL =~ /\\@%{DOM}/", "A C" },
	{ "from a part", "mimeheader A Content-Type =~ /name=\"(?<F>\\w+)/\n"
	    "body B /^%{F}lpha/", "A B" },
	{ "from parts joined", "mimeheader A Content-Type =~ /"
	    "name=\"(?<F>\\w+)/\ntflags A concat\nbody B /^%{F}lpha/", "A B" },
	{ "handed on", "body A /(?<W>beta)/\nbody B /%{W} (?<V>gamma)/\n"
	    "rawbody C /%{V}/", "A B C" },
	{ "negated and not there", "body A /(?<W>beta)/\n"
	    "header B X-None !~ /%{W}/\nheader C X-None =~ /%{W}/\n"
	    "header D X-None =~ /%{W}/ [if-unset: beta]\n"
	    "header E Subject !~ /%{W}/", "A B D E" },
	{ "uri", "body A /(?<W>shop)/\nuri B /%{W}/", "A B" },
	{ "multiple", "body A /(?<W>beta)/\nbody B /%{W}/\n"
	    "tflags B multiple\nbody C /%{W}/\n"
	    "tflags C multiple maxhits=1\nbody D /%{W}/", "A B=2 C D" },
	{ "no subject", "header A Subject =~ /(?<W>afar)/\nbody B /%{W}/\n"
	    "body C /%{W}/\ntflags C nosubject", "A B" },
	{ "percent without a name", "body A /(?<W>beta)/\n"
	    "full B /%{1}PDF|%{W}/\nfull C /%{2}|x%{W}/", "A B" },
	{ "escaped", "body A /(?<W>beta)/\nfull B /\\%{W}|%{W}/", "A B" },
	{ "of no rule", "body A /(?<W>beta)/\nbody B /%{X}|beta/\n"
	    "meta C !B", "A C" },
};

static const struct row metas[] = {
	{ "sums", "body __A /alpha/\nbody __B /omega/\nbody __C /gamma/\n"
	    "meta M __A + __B + __C > 1\nmeta N __A && __B\n"
	    "meta O __A && !__B", "__A __C M O" },
	{ "counts", "body __A /alpha/\ntflags __A multiple\n"
	    "meta M __A > 1\nmeta N __A + 2", "__A=2 M N=4" },
	{ "of metas, before them", "meta M N\nmeta N __A\nbody __A /alpha/",
	    "M N __A" },
	{ "rules_matching", "body __X_1 /alpha/\nbody __X_2 /omega/\n"
	    "body __X_3 /gamma/\nmeta M rules_matching(__X_*) == 2",
	    "__X_1 __X_3 M" },
	{ "unknown", "meta M !NOBODY\nmeta N NOBODY", "M" },
	{ "score 0 is not run", "body A /alpha/\nscore A 0\nmeta M A\n"
	    "meta N !A", "N" },
};

static const struct row evals[] = {
	{ "not there", "body A eval:no_such_function()\nmeta M !A", "M" },
	{ "wrong arguments", "uri_detail A raw =~ /click/\n"
	    "body B eval:check_uri_truncated('x')", "A" },
};

static void
run(struct lab *lab, const struct row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!CHECK(rows[i].name, lab_rules(lab, rows[i].rules)))
			continue;
		lab_match(lab);
		CHECK_TEXT(rows[i].name, lab_hits(lab), rows[i].expected);
		CHECK(rows[i].name, lab->match.limited_count == 0);
	}
}

static void
test_evidence(struct lab *lab)
{
	static const struct {
		const char *rule, *evidence;
	} rows[] = {
		{ "A", "beta gamma" }, { "B", "" }, { "C", "no such field" },
		{ "D", "pdf" }, { "E", "https://click.example.com/x" },
		{ "F", "beta" }, { "M", "A F" }, { "X", "X-Two" },
	};
	size_t i;

	CHECK("evidence", lab_rules(lab, "body A /beta gamma/\n"
	    "header B Subject !~ /near/\nheader C X-None =~ /^$/\n"
	    "mimeheader D Content-Type =~ /pdf/\n"
	    "uri_detail E raw =~ /click/\nheader X exists:X-Two\n"
	    "body F /(?<W>beta)/\nmeta M A && F && !G\nbody G /omega/\n"));
	lab_match(lab);
	for (i = 0; i < ROWS(rows); i++)
		CHECK_TEXT(rows[i].rule, lab_evidence(lab, rows[i].rule),
		    rows[i].evidence);
}

/* Patterns that take for ever are given up, by name, and hit nothing. */
static void
test_slow(struct lab *lab)
{
	static const char rules[] = "body A /(x+x+)+(?<!x)y/\n"
	    "header B X-Slow =~ /^(x+x+)+(?<!x)y/\n"
	    "header C X-Slow !~ /^(x+x+)+(?<!x)y/\n"
	    "uri_detail D raw !~ /^http:..(x+x+)+y/\n"
	    "mimeheader E X-Slow !~ /^(x+x+)+(?<!x)y/\n"
	    "mimeheader F X-Slow =~ /^(x+x+)+(?<!x)y/\ntflags F concat\n"
	    "header G X-Name =~ /(?<N>z)/\n"
	    "header H X-Slow !~ /^(x+x+)+%{N}/\n"
	    "body I /beta/";
	struct buf message, names;
	const char *c;
	size_t i;

	CHECK("slow", lab_rules(lab, rules));
	buf_init(&message, 10000);
	buf_puts(&message, "X-Name: z\nX-Slow: ");
	for (i = 0; i < 3000; i++)
		buf_char(&message, 'x');
	buf_puts(&message, "y!z\n\nbeta "
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy http://");
	for (i = 0; i < 60; i++)
		buf_char(&message, 'x');
	buf_puts(&message, ".com/y\n");
	lab_message(lab, buf_contents(&message));
	lab_match(lab);
	CHECK_TEXT("slow", lab_hits(lab), "G I");
	buf_init(&names, 1000);
	for (i = 0; i < lab->match.limited_count; i++)
		buf_span(&names,
		    lab->rules->rules[lab->match.limited[i]]->name);
	CHECK("slow", names.n == 7);
	for (c = "ABCDEFH"; *c != '\0'; c++)
		CHECK("slow", strchr(buf_string(&names), *c) != NULL);
	buf_done(&names);
	buf_done(&message);
}

/*
 * Who brings many values for a named group hides none that came before, and is
 * told of.
 */
static void
test_flood(struct lab *lab)
{
	static const char rules[] = "body A /id (?<W>\\w+)/\n"
	    "tflags A multiple\nheader B Subject =~ /^%{W}$/\n"
	    "header C Subject !~ /%{W}/\nbody D /alpha/";
	static const struct {
		const char *name;
		size_t count, length;
		bool cut;
	} rows[] = {
		{ "few", 10, 40, false }, { "large", 150, 200, true },
		{ "many", 300, 5, true },
	};
	struct buf message;
	size_t i, k, n;

	CHECK("flood", lab_rules(lab, rules));
	buf_init(&message, 200000);
	for (i = 0; i < ROWS(rows); i++) {
		buf_reset(&message);
		buf_puts(&message, "Subject: first\n\nalpha id first\n");
		for (k = 0; k < rows[i].count; k++) {
			buf_printf(&message, "\nid %zu", k);
			for (n = 0; n < rows[i].length; n++)
				buf_char(&message, 'x');
		}
		lab_message(lab, buf_contents(&message));
		lab_match(lab);
		CHECK(rows[i].name, lab->match.captures_cut == rows[i].cut);
		CHECK(rows[i].name, strstr(lab_hits(lab), " B D") != NULL);
	}
	buf_done(&message);
}

/*
 * Once all rules together took too many steps, those that come then are given
 * up before they try; one behind "!~" does not hit for want of trying.
 */
static void
test_exhausted(struct lab *lab)
{
	struct buf rules, message;
	size_t i, slow = 0;

	buf_init(&rules, 200000);
	buf_puts(&rules, "header A X-Name =~ /(?<N>z)/\n");
	for (i = 0; i < 150; i++)
		buf_printf(&rules, "header S%zu X-Slow %s /^(x+x+)+%%{N}/\n",
		    i, i % 2 == 0 ? "=~" : "!~");
	buf_init(&message, 10000);
	buf_puts(&message, "X-Name: z\nX-Slow: ");
	for (i = 0; i < 3000; i++)
		buf_char(&message, 'x');
	buf_puts(&message, "y!z\n\nbeta\n");
	CHECK("exhausted", lab_rules(lab, buf_string(&rules)));
	lab_message(lab, buf_contents(&message));
	lab_match(lab);
	CHECK_TEXT("exhausted", lab_hits(lab), "A");
	for (i = 1; i < lab->match.limited_count; i++)
		slow += lab->match.limited[i] != lab->match.limited[i - 1];
	CHECK("exhausted: each once", slow == MATCH_LIMITED_MAX - 1);
	CHECK("exhausted: nobody tries any more",
	    lab->match.steps < MATCH_STEPS + 2 * MATCH_RULE_STEPS);
	buf_done(&message);
	buf_done(&rules);
}

/* What the message needs of sub-rules; those that decide nothing stay at 0. */
static const struct row needed[] = {
	{ "another operand cannot hit", "body __A /alpha/\n"
	    "header __B X-None =~ /./\n"
	    "meta M __A && __B\nmeta N __B && __A", "" },
	{ "needed", "body __A /alpha/\nbody __B /gamma/\nmeta M __A && __B",
	    "__A __B M" },
	{ "what hits tells of all", "body A /alpha/\nbody __B /gamma/\n"
	    "meta M A || __B", "A __B M" },
	{ "a count", "body __A /alpha/\ntflags __A multiple\n"
	    "meta M __A > 2\nmeta N __A > 1", "__A=2 N" },
	{ "a count that cannot be", "body __A /alpha/\n"
	    "tflags __A multiple maxhits=3\nmeta M __A > 3", "" },
	{ "negated", "body __A /alpha/\nmeta M !__A", "__A" },
	{ "through metas", "body __A /alpha/\nmeta __B __A\nmeta __C !__B\n"
	    "meta M __C\nmeta N __B", "__A __B N" },
	{ "nobody asks", "body __A /alpha/\nmeta __B __A\nbody M /gamma/",
	    "M" },
	{ "a header", "header __A Subject =~ /afar/\nmeta M __A", "__A M" },
	{ "a link", "uri __A /shop/\nmeta M __A", "__A M" },
	{ "raw and full", "rawbody __A /beta/\nfull __B /%PDF/\n"
	    "meta M __A && __B", "__A __B M" },
};

static unsigned
draw(uint32_t *state, unsigned n)
{
	*state = *state * 1664525 + 1013904223;
	return (*state >> 8) % n;
}

/* Random sub-rules, and metas of all that comes before them. */
static void
put_rules(struct buf *out, uint32_t *state)
{
	static const char *const words[] = {"alpha", "beta", "gamma", "omega",
	    "delta.*alpha", "alpha.*gamma", "beta.*omega", "Hello wor+ld",
	    "gamm[aeiou]", "h(?=ttp).*uk"};
	static const char *const operators[] = {"&&", "||", "&& !", "+",
	    "> 1 ||", "|| !", "== 1 &&"};
	unsigned i, k;

	for (i = 0; i < ROWS(words); i++)
		buf_printf(out, "%s __R%u /%s/i\n%s", draw(state, 2) ? "body" :
		    "rawbody", i, words[i], draw(state, 3) ? "" :
		    "tflags __R0 multiple\n");
	for (; i < 30; i++) {
		buf_printf(out, "meta %s%u ", i % 2 ? "M" : "__R", i);
		for (k = 0; k < 3; k++)
			buf_printf(out, "__R%u %s ", draw(state, 2) ?
			    draw(state, ROWS(words)) : draw(state, i / 2) * 2,
			    operators[draw(state, ROWS(operators))]);
		buf_puts(out, "0\n");
	}
}

/* What hits by itself, with its evidence. */
static void
put_results(struct buf *out, const struct lab *lab)
{
	const struct rule *rule;
	size_t i;

	for (i = 0; i < lab->rules->count; i++) {
		rule = lab->rules->rules[i];
		if (!rule->sub && lab->match.values[i] != 0)
			buf_printf(out, "%s=%g (%s)\n", rule->name.p,
			    lab->match.values[i],
			    lab_evidence(lab, rule->name.p));
	}
}

/* Whether every meta says what its operands make of it. */
static bool
is_computed(const struct lab *lab)
{
	const struct rule *rule;
	size_t i;

	for (i = 0; i < lab->rules->meta_count; i++) {
		rule = lab->rules->metas[i];
		if (lab->match.values[rule->index] !=
		    meta_eval(rule->meta, lab->match.values))
			return false;
	}
	return true;
}

/* Whether trying only what is needed tells the same. */
static void
compare(struct lab *lab, const char *name)
{
	struct buf all, needed_only;

	buf_init(&all, 100000);
	buf_init(&needed_only, 100000);
	lab_match(lab);
	put_results(&all, lab);
	CHECK(name, is_computed(lab));
	lab->hasty = true;
	lab_match(lab);
	put_results(&needed_only, lab);
	lab->hasty = false;
	CHECK_TEXT(name, buf_string(&needed_only), buf_string(&all));
	buf_done(&needed_only);
	buf_done(&all);
}

/* Metas in metas, deeper than anyone would follow them, and wide ones. */
static void
put_chain(struct buf *out)
{
	unsigned i;

	buf_puts(out, "body __R0 /alpha/\nbody __Q0 /alpha.*omega/\n");
	for (i = 1; i < 300; i++)
		buf_printf(out, "meta __R%u __R%u\nmeta __Q%u __Q%u || 0\n"
		    "body __W%u /be(?:ta|%u)/\n", i, i - 1, i, i - 1, i, i);
	buf_puts(out, "meta M __R299\nmeta N __Q299\nmeta O !__Q280 && __R10\n"
	    "meta P rules_matching(__W*) == 299\n"
	    "meta Q rules_matching(__W*) > 299\n");
}

static void
test_needed(struct lab *lab)
{
	struct buf rules;
	uint32_t state = 7;
	unsigned i;

	lab->hasty = true;
	run(lab, needed, ROWS(needed));
	lab->hasty = false;
	buf_init(&rules, 100000);
	for (i = 0; i < 300; i++) {
		buf_reset(&rules);
		put_rules(&rules, &state);
		if (CHECK("random", lab_rules(lab, buf_string(&rules))))
			compare(lab, "random");
	}
	buf_reset(&rules);
	put_chain(&rules);
	CHECK("chain", lab_rules(lab, buf_string(&rules)));
	compare(lab, "chain");
	CHECK("chain", lab->match.values[ruleset_find(lab->rules,
	    span_of("P"))->index] == 1);
	buf_done(&rules);
}

int
main(void)
{
	struct lab lab;

	lab_begin(&lab);
	lab_message(&lab, span_of(letter));
	run(&lab, headers, ROWS(headers));
	run(&lab, texts, ROWS(texts));
	run(&lab, links, ROWS(links));
	run(&lab, parts, ROWS(parts));
	run(&lab, captures, ROWS(captures));
	run(&lab, metas, ROWS(metas));
	run(&lab, evals, ROWS(evals));
	test_needed(&lab);
	test_evidence(&lab);
	test_slow(&lab);
	test_flood(&lab);
	test_exhausted(&lab);
	lab_end(&lab);
	return test_end();
}
