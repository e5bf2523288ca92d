/* condition - what stands behind "if" in rule files. */
#include "rules/condition.h"

#include "rules/condition_facts.h"

/* In Perl a number and a truth are one. */
struct parser {
	const struct condition_world *world;
	struct span rest;
	struct span missing;
	struct error *error;
	unsigned depth;
	bool failed;
};

static double
fail(struct parser *p, const char *reason)
{
	if (!p->failed && p->rest.n > 0)
		error_set(p->error, "%s at \"%.*s\"", reason,
		    SPAN_ARG(span_head(p->rest, 80)));
	else if (!p->failed)
		error_set(p->error, "%s at the end", reason);
	p->failed = true;
	return 0;
}

/* Takes the text if it comes next. */
static bool
take(struct parser *p, const char *text)
{
	p->rest = span_trim(p->rest);
	if (!span_starts(p->rest, text))
		return false;
	p->rest = span_skip(p->rest, span_of(text).n);
	return true;
}

static bool
name_byte(char c)
{
	return char_alpha(c) || char_digit(c) || c == '_' || c == ':';
}

static struct span
take_name(struct parser *p)
{
	struct span name;
	size_t n = 0;

	p->rest = span_trim(p->rest);
	while (n < p->rest.n && name_byte(p->rest.p[n]))
		n++;
	name = span_head(p->rest, n);
	p->rest = span_skip(p->rest, n);
	return name;
}

/* The name in parentheses behind plugin, can or has. */
static struct span
take_argument(struct parser *p, const char *word)
{
	struct span name;

	if (!take(p, "(")) {
		fail(p, "a name in parentheses is missing");
		return span_of("");
	}
	name = take_name(p);
	if (name.n == 0)
		fail(p, word);
	else if (!take(p, ")"))
		fail(p, "a closing parenthesis is missing");
	return name;
}

static double
ask_plugin(struct parser *p)
{
	struct span name = take_argument(p, "plugin() wants a name");

	if (p->failed || condition_plugin(name, p->world->geo))
		return 1;
	/* SpamAssassin says so of one that was removed. */
	if (span_is(name, CONDITION_PLUGINS "RaciallyCharged"))
		return 1;
	p->missing = name;
	return 0;
}

static double
ask_method(struct parser *p)
{
	struct span name = take_argument(p, "can() wants a name"), method;
	size_t colon = span_rchr(name, ':');

	if (p->failed)
		return 0;
	if (colon == name.n || colon == 0 || name.p[colon - 1] != ':')
		return fail(p, "can() wants a name such as "
		    "Mail::SpamAssassin::Conf::feature_edns");
	method = span_skip(name, colon + 1);
	name = span_head(name, colon - 1);
	if (span_is(name, "Mail::SpamAssassin::Conf") &&
	    span_starts(method, "compat_"))
		return p->world->compat != NULL &&
		    map_find(p->world->compat, span_skip(method, 7)) != NULL;
	if (span_starts(name, CONDITION_PLUGINS) &&
	    !condition_plugin(name, p->world->geo)) {
		p->missing = name;
		return 0;
	}
	return condition_method(name, method);
}

static double
parse_number(struct parser *p)
{
	double number = 0, unit = 1;
	bool fraction = false;
	size_t i;

	/* More digits than any version has cannot be told apart anyway. */
	for (i = 0; i < p->rest.n && i < 20; i++) {
		if (p->rest.p[i] == '.' && !fraction) {
			fraction = true;
			continue;
		}
		if (!char_digit(p->rest.p[i]))
			break;
		number = number * 10 + (p->rest.p[i] - '0');
		if (fraction)
			unit *= 10;
	}
	p->rest = span_skip(p->rest, i);
	return number / unit;
}

static double
parse_word(struct parser *p)
{
	struct span before = p->rest, word = take_name(p);

	if (span_is(word, "plugin"))
		return ask_plugin(p);
	if (span_is(word, "can") || span_is(word, "has"))
		return ask_method(p);
	if (span_is(word, "version"))
		return CONDITION_VERSION;
	if (span_is(word, "perl_version"))
		return CONDITION_PERL;
	if (span_is(word, "local_tests_only"))
		return p->world->local_only;
	p->rest = before;
	return fail(p, word.n > 0 ? "an unknown word" : "a word is missing");
}

static double parse_either(struct parser *);

static double
parse_one(struct parser *p)
{
	double value;

	p->rest = span_trim(p->rest);
	if (p->failed)
		return 0;
	if (p->depth++ >= CONDITION_DEPTH_MAX) {
		value = fail(p, "the condition is too deep");
	} else if (take(p, "(")) {
		value = parse_either(p);
		if (!take(p, ")"))
			fail(p, "a closing parenthesis is missing");
	} else if (!span_starts(p->rest, "!=") && take(p, "!")) {
		value = parse_one(p) == 0;
	} else if (p->rest.n > 0 && char_digit(p->rest.p[0])) {
		value = parse_number(p);
	} else {
		value = parse_word(p);
	}
	p->depth--;
	return value;
}

static double
parse_comparison(struct parser *p)
{
	double left = parse_one(p);

	if (take(p, ">="))
		return left >= parse_one(p);
	if (take(p, "<="))
		return left <= parse_one(p);
	if (take(p, "=="))
		return left == parse_one(p);
	if (take(p, "!="))
		return left != parse_one(p);
	if (take(p, ">"))
		return left > parse_one(p);
	if (take(p, "<"))
		return left < parse_one(p);
	return left;
}

static double
parse_both(struct parser *p)
{
	double value = parse_comparison(p), right;

	while (!p->failed && take(p, "&&")) {
		right = parse_comparison(p);
		value = value != 0 && right != 0;
	}
	return value;
}

static double
parse_either(struct parser *p)
{
	double value = parse_both(p), right;

	while (!p->failed && take(p, "||")) {
		right = parse_both(p);
		value = value != 0 || right != 0;
	}
	return value;
}

int
condition_eval(const struct condition_world *world, struct span text,
    struct condition_answer *answer, struct error *error)
{
	struct parser p = {.world = world, .rest = text, .error = error};
	double value = parse_either(&p);

	p.rest = span_trim(p.rest);
	if (!p.failed && p.rest.n > 0)
		fail(&p, "an operator is missing");
	if (p.failed)
		return -1;
	answer->truth = value != 0;
	answer->missing = p.missing;
	return 0;
}

bool
condition_plugin(struct span package, unsigned geo)
{
	return condition_plugin_name(package, geo) != NULL;
}
