/* parse_call - eval:name(arguments), a call of a native function. */
#include "base/mem.h"
#include "rules/eval.h"
#include "rules/fieldplace.h"
#include "rules/reader.h"

/* Functions that ask the DNS: kept for the check that does so. */
static const char *const network_functions[] = {
	"check_rbl", "check_dns_sender", "check_uridnsbl", "check_hashbl_",
};

static bool
asks_network(struct span function)
{
	size_t i;

	for (i = 0; i < sizeof(network_functions) /
	    sizeof(network_functions[0]); i++)
		if (span_starts(function, network_functions[i]))
			return true;
	return false;
}

/* Text without quotes: numbers, addresses and names of domains. */
static bool
bare_byte(char c)
{
	return char_alpha(c) || char_digit(c) || c == '.' || c == ':' ||
	    c == '-';
}

/* Whether an argument may end here: only blanks before a comma or the end. */
static bool
argument_ends(struct span rest)
{
	rest = span_trim(rest);
	return rest.n == 0 || rest.p[0] == ',';
}

/*
 * Cuts the next argument off *rest.  A quote ends it only where a comma or the
 * end follows: there is no other way to write one inside.
 */
static bool
next_argument(struct span *rest, struct span *argument)
{
	struct span text = span_trim(*rest);
	size_t i = 0;

	if (text.n > 0 && (text.p[0] == '"' || text.p[0] == '\'')) {
		for (i = 1; i < text.n; i++)
			if (text.p[i] == text.p[0] &&
			    argument_ends(span_skip(text, i + 1)))
				break;
		if (i >= text.n)
			return false;
		*argument = span_make(text.p + 1, i - 1);
		i++;
	} else {
		while (i < text.n && bare_byte(text.p[i]))
			i++;
		*argument = span_head(text, i);
		if (i == 0 || !argument_ends(span_skip(text, i)))
			return false;
	}
	*rest = span_trim(span_skip(text, i));
	if (rest->n > 0)
		*rest = span_skip(*rest, 1);
	return true;
}

struct regex *
ruleset_regex(struct ruleset *set, struct span text, struct error *error)
{
	struct pattern pattern;
	struct regex *regex;
	size_t n = set->regex_count;

	if (pattern_parse(text, true, &pattern, error) != 0)
		return NULL;
	regex = regex_new(pattern.text, pattern.flags, error);
	if (regex == NULL)
		return NULL;
	if ((n & (n - 1)) == 0)
		set->regexes = mem_array(set->regexes, n == 0 ? 1 : n * 2,
		    sizeof(struct regex *));
	set->regexes[set->regex_count++] = regex;
	return regex;
}

static int
take_arguments(struct ruleset_reader *r, struct rule *rule, struct span text,
    struct eval_arg *args, struct error *error)
{
	struct eval_call *call = &rule->call;
	struct span argument;

	text = span_trim(text);
	while (text.n > 0) {
		if (call->count == RULE_ARGS_MAX)
			return error_at(error, r->file, r->line,
			    "%.*s: more than %d arguments",
			    SPAN_ARG(rule->name), RULE_ARGS_MAX);
		if (!next_argument(&text, &argument))
			return error_at(error, r->file, r->line, "%.*s: "
			    "argument %zu of %.*s is neither in quotes nor a "
			    "number or name", SPAN_ARG(rule->name),
			    call->count + 1, SPAN_ARG(call->function));
		args[call->count++].text = span_make(arena_string(
		    &r->set->arena, argument), argument.n);
	}
	return 0;
}

/* Arguments that are patterns are compiled once, here. */
static int
take_regexes(struct ruleset_reader *r, struct rule *rule,
    struct eval_arg *args, struct error *error)
{
	const struct eval_call *call = &rule->call;
	struct error reason;
	size_t i;

	for (i = 0; i < call->count; i++) {
		if ((call->eval->regexes & 1u << i) == 0)
			continue;
		args[i].regex = ruleset_regex(r->set, args[i].text, &reason);
		if (args[i].regex == NULL)
			return error_at(error, r->file, r->line,
			    "%.*s: argument %zu of %.*s: %s",
			    SPAN_ARG(rule->name), i + 1,
			    SPAN_ARG(call->function), reason.text);
	}
	return 0;
}

static int
find_function(struct ruleset_reader *r, struct rule *rule,
    struct eval_arg *args, struct error *error)
{
	struct eval_call *call = &rule->call;
	struct arena *arena = &r->set->arena;

	call->eval = eval_find(call->function);
	if (call->eval == NULL && asks_network(call->function)) {
		rule->kind = RULE_NETWORK;
	} else if (call->eval == NULL) {
		rule->unsupported = arena_printf(arena,
		    "there is no function %.*s here",
		    SPAN_ARG(call->function)).p;
	} else if (span_is(call->function, "check_asn") &&
	    (fieldplace_needs(span_of("X-ASN")) & ~r->options.geo) != 0) {
		rule->unsupported = "no file of geoip.files tells autonomous "
		    "systems";
	} else if (call->count < call->eval->args_min ||
	    call->count > call->eval->args_max) {
		rule->unsupported = arena_printf(arena,
		    "%.*s takes %u to %u arguments, not %zu",
		    SPAN_ARG(call->function), call->eval->args_min,
		    call->eval->args_max, call->count).p;
	} else {
		return take_regexes(r, rule, args, error);
	}
	return 0;
}

int
call_parse(struct ruleset_reader *r, struct rule *rule, struct span text,
    struct error *error)
{
	struct eval_arg *args = arena_alloc(&r->set->arena,
	    RULE_ARGS_MAX * sizeof(*args));
	size_t n = 0;

	while (n < text.n && char_word(text.p[n]))
		n++;
	if (n == 0 || n + 1 >= text.n || text.p[n] != '(' ||
	    text.p[text.n - 1] != ')')
		return error_at(error, r->file, r->line,
		    "%.*s: eval: wants name(arguments)",
		    SPAN_ARG(rule->name));
	rule->source = text;
	rule->call.args = args;
	rule->call.function = span_make(arena_string(&r->set->arena,
	    span_head(text, n)), n);
	if (take_arguments(r, rule, span_make(text.p + n + 1,
	    text.n - n - 2), args, error) != 0)
		return -1;
	return find_function(r, rule, args, error);
}
