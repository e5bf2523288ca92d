/*
 * print - a conf written out in its own syntax.
 */
#include "base/text.h"
#include "conf/name.h"
#include "conf/number.h"
#include "conf/path.h"
#include "conf/state.h"

#define ORIGIN_COLUMN "\t# "

/* Other control bytes never get into a value. */
void
conf_put_string(struct buf *out, struct span text)
{
	size_t i;

	buf_char(out, '"');
	for (i = 0; i < text.n; i++) {
		switch (text.p[i]) {
		case '\n':
			buf_puts(out, "\\n");
			break;
		case '\t':
			buf_puts(out, "\\t");
			break;
		case '"':
		case '\\':
			buf_char(out, '\\');
			/* FALLTHROUGH */
		default:
			buf_char(out, text.p[i]);
		}
	}
	buf_char(out, '"');
}

/* Expanded paths must not be taken for patterns when they are read again. */
void
conf_put_path(struct buf *out, struct span path)
{
	struct buf quoted;

	buf_init(&quoted, 2 * path.n);
	path_quote(&quoted, path);
	conf_put_string(out, buf_contents(&quoted));
	buf_done(&quoted);
}

static void
put_list(struct buf *out, enum option_type type, const struct strings *list)
{
	size_t i;

	buf_char(out, '{');
	for (i = 0; i < list->count; i++) {
		buf_puts(out, i > 0 ? ", " : " ");
		if (type == OPTION_PATHS)
			conf_put_path(out, span_of(list->item[i]));
		else
			conf_put_string(out, span_of(list->item[i]));
	}
	buf_puts(out, " }");
}

static void
put_value(struct buf *out, const struct option *option, const void *member)
{
	switch (option->type) {
	case OPTION_BOOL:
		buf_puts(out, *(const bool *)member ? "yes" : "no");
		break;
	case OPTION_WORD:
		buf_puts(out, option->words[*(const int64_t *)member]);
		break;
	case OPTION_STRING:
	case OPTION_PATH:
		conf_put_string(out, span_of(*(const char *const *)member));
		break;
	case OPTION_LIST:
	case OPTION_PATHS:
		put_list(out, option->type, member);
		break;
	default:
		number_put(out, option->type, *(const int64_t *)member);
	}
}

static void
put_setting(struct buf *out, const struct setting *setting, bool origins)
{
	buf_printf(out, "%s = ", setting->option->key);
	put_value(out, setting->option, setting->member);
	if (origins) {
		buf_puts(out, ORIGIN_COLUMN);
		text_escape(out, span_of(setting->origin));
	}
	buf_char(out, '\n');
}

bool
conf_same(const struct conf *a, const struct conf *b, const char *section,
    const char *key)
{
	const struct setting *x, *y;
	struct buf one, other;
	bool same;

	x = name_setting(name_block(a, span_of(section)), span_of(key));
	y = name_setting(name_block(b, span_of(section)), span_of(key));
	buf_init(&one, CONF_FILE_MAX);
	buf_init(&other, CONF_FILE_MAX);
	put_value(&one, x->option, x->member);
	put_value(&other, y->option, y->member);
	same = span_eq(buf_contents(&one), buf_contents(&other));
	buf_done(&one);
	buf_done(&other);
	return same;
}

void
conf_print(const struct conf *conf, struct buf *out, bool origins)
{
	const struct block *block;
	bool named;
	size_t i, row;

	for (i = 0; i < conf->count; i++) {
		block = &conf->blocks[i];
		named = *block->section->name != '\0';
		if (named)
			buf_printf(out, "%s {\n", block->section->name);
		for (row = 0; row < block->count; row++) {
			if (named)
				buf_char(out, '\t');
			put_setting(out, &block->settings[row], origins);
		}
		if (named)
			buf_puts(out, "}\n");
	}
}
