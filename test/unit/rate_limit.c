/* rate_limit - lines of limits: what they mean, and why one is refused. */
#include "check/rate.h"
#include "test/unit/test.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

static const struct {
	const char *line, *expected;
} lines[] = {
	/* way keys count/window burst unit action, or the reason */
	{ "outbound user 200 recipients per hour, burst 400: defer",
	    "outbound user recipients 200/3600 burst 400 defer" },
	{ "inbound client 60 messages per minute",
	    "inbound client messages 60/60 burst 60 defer" },
	{ "any  all 1 message per second : score",
	    "any all messages 1/1 burst 1 score" },
	{ "INBOUND Network 5 Messages Per 10 Minutes:Score",
	    "stands where second, minute" },
	{ "INBOUND Network 5 Messages Per 10 Minutes: Score",
	    "inbound network messages 5/600 burst 5 score" },
	{ "outbound user+recipient-domain 10 recipients per 2 days",
	    "outbound user+recipient-domain recipients 10/172800 burst 10 "
	    "defer" },
	{ "outbound sender-domain 50M bytes per day, burst 1G",
	    "outbound sender-domain bytes 51200/86400 burst 1048576 defer" },
	{ "inbound from 1000 bytes per day",
	    "inbound from bytes 1/86400 burst 1 defer" },
	{ "inbound asn+country+helo 3 messages per week",
	    "inbound asn+country+helo messages 3/604800 burst 3 defer" },
	{ "outbound user=Anna@Example.org unlimited",
	    "outbound user=anna@example.org unlimited" },
	{ "inbound client=192.0.2.0/24 9 messages per hour",
	    "inbound client=192.0.2.0/24 messages 9/3600 burst 9 defer" },
	{ "inbound client=2001:db8::/32+recipient 9 messages per hour",
	    "inbound client=2001:db8::/32+recipient messages 9/3600 burst 9 "
	    "defer" },
	{ "", "inbound, outbound or any is missing" },
	{ "outwards user 1 message per hour", "\"outwards\" stands where "
	    "inbound, outbound or any should" },
	{ "inbound", "what to count by" },
	{ "inbound sendr 1 message per hour",
	    "nothing is counted by \"sendr\"; did you mean \"sender\"?" },
	{ "inbound user+user 1 message per hour", "user stands there twice" },
	{ "inbound all+user 1 message per hour", "\"all\" stands alone" },
	{ "inbound all=x 1 message per hour", "all takes no such value" },
	{ "inbound user= unlimited", "user takes no such value" },
	{ "inbound client=example.org unlimited", "not an address or network" },
	{ "inbound client=192.0.2.1/24 unlimited",
	    "not an address or network" },
	{ "inbound user+sender+from+helo 1 message per hour",
	    "more than 3 keys" },
	{ "inbound user 0 messages per hour", "a number, or \"unlimited\"" },
	{ "inbound user -1 messages per hour", "a number" },
	{ "inbound user 10k messages per hour", "k, M and G are for bytes" },
	{ "inbound user 99999999999999999999 messages per hour", "a number" },
	{ "inbound user 2000000000 messages per hour", "at most" },
	{ "inbound user 1 letter per hour", "messages, recipients or bytes" },
	{ "inbound user 1 message an hour", "\"per\"" },
	{ "inbound user 1 message per", "second, minute, hour, day or week" },
	{ "inbound user 1 message per month", "second, minute, hour" },
	{ "inbound user 1 message per 0 hours", "1 second to 30 days" },
	{ "inbound user 1 message per 5 weeks", "1 second to 30 days" },
	{ "inbound user 1 message per hour,", "\"burst\" is missing" },
	{ "inbound user 1 message per hour, burst", "a number is missing" },
	{ "inbound user 1 message per hour burst 5", "the end of the line" },
	{ "inbound user 1 message per hour: reject", "defer or score" },
	{ "inbound user 1 message per hour: defer now",
	    "the end of the line" },
	{ "inbound user unlimited: defer", "\"defer\" stands where the end" },
	{ "inbound user unlimited now", "the end of the line" },
	{ "inbound user 900000000 messages per week", "so much cannot" },
};

static void
put_limit(const struct rate_limit *l, struct buf *out)
{
	static const char *const ways[] = {"inbound", "outbound", "any"};
	static const char *const units[] = {"messages", "recipients", "bytes"};
	size_t i;

	buf_printf(out, "%s ", ways[l->way]);
	for (i = 0; i < l->keys; i++)
		buf_printf(out, "%s%s%s%s", i > 0 ? "+" : "",
		    rate_key_name(l->key[i]), l->value[i] != NULL ? "=" : "",
		    l->value[i] != NULL ? l->value[i] : "");
	if (l->unlimited) {
		buf_puts(out, " unlimited");
		return;
	}
	buf_printf(out, " %s %lld/%lld burst %lld %s", units[l->unit],
	    (long long)l->count, (long long)l->window, (long long)l->burst,
	    l->action == RATE_DEFER ? "defer" : "score");
}

static void
test_lines(void)
{
	struct rate_limit limit;
	struct arena arena;
	struct error error;
	struct buf got;
	size_t i;

	arena_init(&arena);
	buf_init(&got, 1000);
	for (i = 0; i < ROWS(lines); i++) {
		buf_reset(&got);
		if (rate_limit_parse(&arena, span_of(lines[i].line), "f", 7,
		    &limit, &error) == 0) {
			put_limit(&limit, &got);
			CHECK_TEXT(lines[i].line, buf_string(&got),
			    lines[i].expected);
			continue;
		}
		if (!CHECK(lines[i].line, strncmp(error.text, "f:7: ", 5) ==
		    0 && strstr(error.text, lines[i].expected) != NULL))
			fprintf(stderr, "  %s\n", error.text);
	}
	buf_done(&got);
	arena_done(&arena);
}

static const struct {
	int64_t ms;
	const char *expected;
} times[] = {
	{ 0, "0 seconds" }, { 1, "1 second" }, { 119000, "119 seconds" },
	{ 119001, "2 minutes" }, { 120001, "3 minutes" },
	{ 7200000, "2 hours" }, { 7200001, "3 hours" },
	{ 200000000, "3 days" },
};

static void
test_times(void)
{
	struct buf got;
	size_t i;

	buf_init(&got, 100);
	for (i = 0; i < ROWS(times); i++) {
		buf_reset(&got);
		rate_put_time(&got, times[i].ms);
		CHECK_TEXT("time", buf_string(&got), times[i].expected);
	}
	buf_done(&got);
}

/* What a client is told, and the numbers of the bucket. */
static const struct {
	const char *line, *amount, *whom;
	int64_t rate, burst, three;	/* things */
} buckets[] = {
	{ "outbound user 200 recipients per hour, burst 400",
	    "200 recipients per hour", "your account", 20000, 144000000,
	    1080000 },
	{ "inbound client+recipient 1 message per 2 days",
	    "1 message per 2 days", "your host and this recipient", 100,
	    17280000, 17280000 },
	{ "any sender-domain 5M bytes per minute", "5.0 MB per minute",
	    "this sender domain", 5120, 307200, 180 },
};

static void
test_buckets(void)
{
	struct rate_facts facts = {.outbound = true};
	struct rate_limit limit;
	struct store_op op;
	struct arena arena;
	struct buf text;
	size_t i;

	arena_init(&arena);
	buf_init(&text, 200);
	for (i = 0; i < ROWS(buckets); i++) {
		memset(&op, 0, sizeof(op));
		CHECK(buckets[i].line, rate_limit_parse(&arena,
		    span_of(buckets[i].line), "f", 1, &limit, NULL) == 0);
		rate_bucket(&limit, &facts, 3, &arena, &op);
		CHECK(buckets[i].line, op.rate == buckets[i].rate);
		CHECK(buckets[i].line, op.burst == buckets[i].burst);
		CHECK(buckets[i].line, op.amount == buckets[i].three);
		buf_reset(&text);
		rate_limit_amount(&limit, &text);
		CHECK_TEXT(buckets[i].line, buf_string(&text),
		    buckets[i].amount);
		buf_reset(&text);
		rate_limit_whom(&limit, &text);
		CHECK_TEXT(buckets[i].line, buf_string(&text),
		    buckets[i].whom);
	}
	buf_done(&text);
	arena_done(&arena);
}

/* Addresses are not shown in keys; values cannot run into each other. */
static void
test_keys(void)
{
	struct rate_facts facts = {.outbound = true};
	struct rate_limit limit;
	struct store_op op, other;
	struct arena arena;
	struct ip ip;

	arena_init(&arena);
	memset(&op, 0, sizeof(op));
	memset(&other, 0, sizeof(other));
	ip_parse(span_of("192.0.2.77"), &ip);
	rate_facts_client(&facts, &arena, &ip);
	rate_facts_address(&facts, &arena, RATE_SENDER,
	    span_of("<Anna@Example.ORG>"));
	CHECK_TEXT("address", arena_string(&arena, facts.value[RATE_SENDER]),
	    "anna@example.org");
	rate_limit_parse(&arena, span_of("any network+sender-domain 1 message "
	    "per hour"), "f", 1, &limit, NULL);
	rate_bucket(&limit, &facts, 1, &arena, &op);
	CHECK_TEXT("plain", arena_string(&arena, op.key), "any "
	    "network+sender-domain messages 1/3600 192.0.2.0/24 example.org");
	rate_limit_parse(&arena, span_of("any sender 1 message per hour"),
	    "f", 1, &limit, NULL);
	rate_bucket(&limit, &facts, 1, &arena, &op);
	CHECK("hashed", span_find(op.key, span_of("anna")) == op.key.n);
	rate_facts_address(&facts, &arena, RATE_SENDER,
	    span_of("ANNA@example.org"));
	rate_bucket(&limit, &facts, 1, &arena, &other);
	CHECK("case", span_eq(op.key, other.key));
	rate_limit_parse(&arena, span_of("any helo+sender-domain 1 message "
	    "per hour"), "f", 1, &limit, NULL);
	facts.value[RATE_HELO] = span_of("a b");
	facts.value[RATE_SENDER_DOMAIN] = span_of("c");
	rate_bucket(&limit, &facts, 1, &arena, &op);
	facts.value[RATE_HELO] = span_of("a");
	facts.value[RATE_SENDER_DOMAIN] = span_of("b c");
	rate_bucket(&limit, &facts, 1, &arena, &other);
	CHECK("separate", !span_eq(op.key, other.key));
	arena_done(&arena);
}

int
main(void)
{
	test_lines();
	test_times();
	test_buckets();
	test_keys();
	return test_end();
}
