/*
 * value - checks and converts the values of keys.
 */
#include "conf/value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "conf/number.h"
#include "conf/path.h"

#define VALUE_SHOWN 60		/* bytes of a bad value in a message */
#define DESCRIPTION_MAX 512

void
written_done(struct written *written)
{
	free(written->item);
	written->item = NULL;
	written->count = 0;
}

bool
written_add(struct written *written, const struct token *token)
{
	size_t n = written->count;

	if (n == CONF_VALUES_MAX)
		return false;
	if ((n & (n - 1)) == 0)
		written->item = mem_array(written->item, n != 0 ? 2 * n : 1,
		    sizeof(*written->item));
	written->item[n] = *token;
	written->count++;
	return true;
}

static void
put_words(struct buf *out, const char *const *words)
{
	buf_puts(out, "one of");
	for (; *words != NULL; words++)
		buf_printf(out, " %s%s", *words, words[1] != NULL ? "," : "");
}

static void
put_lengths(struct buf *out, const struct option *option)
{
	if (option->max == 0)
		buf_printf(out, "at least %" PRId64, option->min);
	else if (option->min == 0)
		buf_printf(out, "at most %" PRId64, option->max);
	else
		buf_printf(out, "from %" PRId64 " to %" PRId64, option->min,
		    option->max);
	buf_puts(out, " bytes long");
}

static void
describe(struct buf *out, const struct option *option)
{
	switch (option->type) {
	case OPTION_BOOL:
		buf_puts(out, "yes or no");
		break;
	case OPTION_WORD:
		put_words(out, option->words);
		break;
	case OPTION_STRING:
	case OPTION_PATH:
		put_lengths(out, option);
		break;
	default:
		number_describe(out, option);
	}
}

/* Where a token stands; text without line numbers has them all zero. */
static int
refuse(const struct option *option, const struct written *written,
    struct span text, const char *hint, struct error *error)
{
	unsigned line = written->count > 0 ? written->item->line : 0;
	struct buf what;

	buf_init(&what, DESCRIPTION_MAX);
	describe(&what, option);
	error_at(error, written->file, line,
	    "\"%s\" must be %s, not \"%.*s\"%s%s%s", option->key,
	    buf_string(&what), SPAN_ARG(span_head(text, VALUE_SHOWN)),
	    hint != NULL ? "; did you mean \"" : "", hint != NULL ? hint : "",
	    hint != NULL ? "\"?" : "");
	buf_done(&what);
	return -1;
}

static bool
bool_parse(struct span text, bool *out)
{
	*out = span_iis(text, "yes") || span_iis(text, "true") ||
	    span_iis(text, "on");
	return *out || span_iis(text, "no") || span_iis(text, "false") ||
	    span_iis(text, "off");
}

static bool
word_parse(const char *const *words, struct span text, int64_t *out)
{
	size_t i;

	for (i = 0; words[i] != NULL; i++) {
		if (span_is(text, words[i])) {
			*out = (int64_t)i;
			return true;
		}
	}
	return false;
}

static int
refuse_word(const struct option *option, const struct written *written,
    struct span text, struct error *error)
{
	char *word = mem_copy(text.p, text.n);

	refuse(option, written, text, error_suggest(word, option->words),
	    error);
	free(word);
	return -1;
}

static bool
length_good(const struct option *option, struct span text)
{
	int64_t n = (int64_t)text.n;

	return n >= option->min && (option->max == 0 || n <= option->max);
}

static int
refuse_path(const struct option *option, const struct written *written,
    const struct token *token, const char *fault, struct error *error)
{
	return error_at(error, written->file, token->line, "\"%s\": %s",
	    option->key, fault);
}

/* An empty path says that there is none, and path_join leaves it alone. */
static const char *
absolute(struct conf *conf, const char *path, const char **out)
{
	return path_join(&conf->arena, conf->cwd, span_of(path), out);
}

static int
store_path(struct conf *conf, const struct option *option,
    const struct written *written, const char **member, struct error *error)
{
	struct token none = { .text = span_of("") };
	const struct token *token = written->count > 0 ? written->item : &none;
	const char *path, *fault;

	fault = path_join(&conf->arena, written->folder, token->text, &path);
	if (fault == NULL)
		fault = absolute(conf, path, &path);
	if (fault != NULL)
		return refuse_path(option, written, token, fault, error);
	if (!length_good(option, span_of(path)))
		return refuse(option, written, span_of(path), NULL, error);
	*member = path;
	return 0;
}

static int
store_one(struct conf *conf, const struct option *option,
    const struct written *written, void *member, struct error *error)
{
	struct span text = span_of("");
	int64_t number;
	bool yes;

	if (written->count > 0)
		text = written->item->text;
	switch (option->type) {
	case OPTION_PATH:
		return store_path(conf, option, written, member, error);
	case OPTION_STRING:
		if (!length_good(option, text))
			return refuse(option, written, text, NULL, error);
		*(const char **)member = arena_string(&conf->arena, text);
		return 0;
	case OPTION_BOOL:
		if (!bool_parse(text, &yes))
			return refuse(option, written, text, NULL, error);
		*(bool *)member = yes;
		return 0;
	case OPTION_WORD:
		if (!word_parse(option->words, text, &number))
			return refuse_word(option, written, text, error);
		break;
	default:
		if (!number_parse(option->type, text, &number) ||
		    number < option->min || number > option->max)
			return refuse(option, written, text, NULL, error);
	}
	*(int64_t *)member = number;
	return 0;
}

static int
expand_paths(struct conf *conf, const struct option *option,
    const struct written *written, struct paths *paths, struct error *error)
{
	const struct token *token;
	const char *fault;
	size_t i;

	for (i = 0; i < written->count; i++) {
		token = &written->item[i];
		fault = path_expand(&conf->arena, written->folder, token->text,
		    paths);
		if (fault != NULL)
			return refuse_path(option, written, token, fault,
			    error);
	}
	for (i = 0; i < paths->count; i++) {
		fault = absolute(conf, paths->item[i], &paths->item[i]);
		if (fault != NULL)
			return refuse_path(option, written, written->item,
			    fault, error);
	}
	return 0;
}

static void
keep_strings(struct conf *conf, const struct paths *paths, struct strings *out)
{
	const char **item;

	item = arena_alloc(&conf->arena, paths->count * sizeof(*item));
	if (paths->count > 0)
		memcpy(item, paths->item, paths->count * sizeof(*item));
	out->item = item;
	out->count = paths->count;
}

static int
store_paths(struct conf *conf, const struct option *option,
    const struct written *written, struct strings *member, struct error *error)
{
	struct paths paths = { NULL, 0 };
	int result;

	result = expand_paths(conf, option, written, &paths, error);
	if (result == 0)
		keep_strings(conf, &paths, member);
	paths_done(&paths);
	return result;
}

static void
store_list(struct conf *conf, const struct written *written,
    struct strings *member)
{
	const char **item;
	size_t i;

	item = arena_alloc(&conf->arena, written->count * sizeof(*item));
	for (i = 0; i < written->count; i++)
		item[i] = arena_string(&conf->arena, written->item[i].text);
	member->item = item;
	member->count = written->count;
}

/* An empty entry is more likely a slip than meant, and matches too much. */
static int
check_entries(const struct option *option, const struct written *written,
    struct error *error)
{
	size_t i;

	for (i = 0; i < written->count; i++)
		if (written->item[i].text.n == 0)
			return error_at(error, written->file,
			    written->item[i].line, "an entry of \"%s\" is "
			    "empty; an empty list is { }", option->key);
	return 0;
}

int
value_store(struct conf *conf, const struct option *option,
    const struct written *written, void *member, struct error *error)
{
	if (option->type != OPTION_LIST && option->type != OPTION_PATHS) {
		if (written->list)
			return error_at(error, written->file, written->line,
			    "\"%s\" takes one value, not a list", option->key);
		return store_one(conf, option, written, member, error);
	}
	if (check_entries(option, written, error) == -1)
		return -1;
	if (option->type == OPTION_PATHS)
		return store_paths(conf, option, written, member, error);
	store_list(conf, written, member);
	return 0;
}
