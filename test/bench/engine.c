/*
 * engine - how the pattern engine grows with its patterns: loading, and
 * scanning text in which few of them hit, against PCRE2 trying one by one.
 *
 *	engine [FILE]
 *
 * Without a file the text is made up.  CPU time of one thread; times differ
 * between machines, ratios hardly do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/mem.h"
#include "rules/compile.h"
#include "rules/engine.h"

#define TEXT_MAX (64 << 10)
#define PATTERNS_MOST 10000
#define ROUNDS 20

static double
cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
put_word(struct buf *out)
{
	static const char letters[] = "etaoinshrdlucmfwypvbgk";
	int i, n = 3 + rand() % 8;

	for (i = 0; i < n; i++)
		buf_char(out, letters[rand() % (int)(sizeof(letters) - 1)]);
}

static void
make_text(struct buf *out)
{
	while (out->n < TEXT_MAX) {
		put_word(out);
		buf_char(out, rand() % 12 == 0 ? '\n' : ' ');
	}
}

static void
read_text(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "r");
	char bytes[4096];
	size_t n;

	if (f == NULL) {
		perror(path);
		exit(1);
	}
	while ((n = fread(bytes, 1, sizeof(bytes), f)) > 0)
		buf_add(out, bytes, n);
	fclose(f);
}

/* Phrases and disguised words, as rules have them. */
static void
make_pattern(struct buf *out, size_t number)
{
	buf_reset(out);
	if (number % 5 == 0) {
		buf_puts(out, "[vV\\\\/]\\W?");
		put_word(out);
		buf_puts(out, "[1il!]\\W?[a@4]");
		return;
	}
	buf_puts(out, "\\b");
	put_word(out);
	buf_puts(out, "\\s(?:");
	put_word(out);
	buf_char(out, '|');
	put_word(out);
	buf_puts(out, ")\\b");
}

static double
time_engine(struct engine *engine, struct span text, size_t *hits)
{
	struct engine_pool *pool = engine_pool_new();
	struct engine_scratch *scratch = engine_borrow(pool, engine);
	const struct engine_hit *all;
	struct span rest, line;
	double begin = cpu_seconds();
	int i;

	for (i = 0; i < ROUNDS; i++) {
		*hits = 0;
		for (rest = text; span_cut(&rest, '\n', &line);)
			*hits += engine_scan(engine, scratch, 0, line, &all);
	}
	begin = cpu_seconds() - begin;
	engine_return(pool, scratch);
	engine_pool_free(pool);
	return begin / ROUNDS;
}

static double
time_plain(const struct engine_pattern *patterns, size_t n, struct span text,
    size_t *hits)
{
	struct regex_scratch *scratch = regex_scratch_new();
	struct regex_found found;
	struct span rest, line;
	struct regex *regex;
	double begin, sum = 0;
	size_t i;

	for (*hits = 0, i = 0; i < n; i++) {
		regex = regex_new(patterns[i].text, patterns[i].flags, NULL);
		begin = cpu_seconds();
		for (rest = text; span_cut(&rest, '\n', &line);)
			*hits += regex_match(regex, scratch, line, 0,
			    &found) == REGEX_MATCH;
		sum += cpu_seconds() - begin;
		regex_put(regex);
	}
	regex_scratch_free(scratch);
	return sum;
}

static int
measure(const struct engine_pattern *patterns, size_t n, struct span text)
{
	double begin = cpu_seconds(), load, scan, plain;
	struct engine *engine = engine_load(patterns, n, NULL, NULL, NULL);
	struct engine_figures f;
	size_t hits, wanted;

	load = cpu_seconds() - begin;
	engine_figures(engine, &f);
	scan = time_engine(engine, text, &hits);
	plain = time_plain(patterns, n, text, &wanted);
	printf("%6zu patterns: load %.0f ms, %.1f MB, %.1f us per 8 kB, "
	    "%.0f times as fast as one by one, %zu hits\n", n, load * 1e3,
	    (double)(f.database_bytes + f.regex_bytes) / 1e6,
	    scan * 8192 / (double)text.n * 1e6, plain / scan, hits);
	engine_put(engine);
	if (hits == wanted)
		return 0;
	printf("one by one there are %zu hits\n", wanted);
	return 1;
}

int
main(int argc, char **argv)
{
	struct engine_pattern *patterns;
	int status = compile_worker(argc, argv);
	struct buf text, pattern;
	size_t i;

	if (status >= 0)
		return status;
	srand(4);
	buf_init(&text, 64 << 20);
	buf_init(&pattern, 4096);
	if (argc > 1)
		read_text(argv[1], &text);
	else
		make_text(&text);
	patterns = mem_alloc(PATTERNS_MOST * sizeof(*patterns));
	for (i = 0; i < PATTERNS_MOST; i++) {
		make_pattern(&pattern, i);
		patterns[i].id = (unsigned)i;
		patterns[i].flags = REGEX_CASELESS;
		patterns[i].text = span_make(mem_copy(pattern.p, pattern.n),
		    pattern.n);
	}
	for (status = 0, i = 100; i <= PATTERNS_MOST; i *= 10)
		status |= measure(patterns, i, buf_contents(&text));
	for (i = 0; i < PATTERNS_MOST; i++)
		free((char *)(uintptr_t)patterns[i].text.p);
	free(patterns);
	buf_done(&text);
	buf_done(&pattern);
	return status;
}
