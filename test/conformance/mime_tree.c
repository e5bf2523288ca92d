/*
 * mime_tree - prints what we take messages for, one line of JSON for each file
 * named on standard input: its parts in order, with the digests of their bytes
 * and of their text.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "mail/mime.h"
#include "mail/split.h"
#include "mail/words.h"

#define FIELDS_MAX 2000
#define FILE_MAX ((size_t)64 << 20)
#define DIGEST_BYTES 16		/* of a SHA-256, in the output */

static void
put_span(struct buf *b, const char *name, struct span s)
{
	buf_printf(b, ",\"%s\":", name);
	text_json(b, s);
}

static void
put_digest(struct buf *b, const char *name, struct span s)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	size_t i;

	EVP_Digest(s.p, s.n, digest, NULL, EVP_sha256(), NULL);
	buf_printf(b, ",\"%s_length\":%zu,\"%s\":\"", name, s.n, name);
	for (i = 0; i < DIGEST_BYTES; i++)
		buf_printf(b, "%02x", digest[i]);
	buf_char(b, '"');
}

/* Without blanks and line ends: SpamAssassin cuts long lines and takes empty
 * ones out. */
static struct span
squeeze(struct arena *arena, struct span text)
{
	char *out = arena_bytes(arena, text.n);
	size_t i, n = 0;

	for (i = 0; i < text.n; i++)
		if (!char_space(text.p[i]))
			out[n++] = text.p[i];
	return span_make(out, n);
}

static void
put_part(struct buf *b, struct arena *arena, struct part *part)
{
	struct span bytes = lines_unix(arena, part_bytes(arena, part));

	buf_printf(b, "%s{\"depth\":%u,\"parent\":%zu,\"children\":%zu,"
	    "\"kind\":%d", part->index == 0 ? "" : ",", part->depth,
	    part->parent, part->children, (int)part->kind);
	put_span(b, "type", part->type);
	put_span(b, "declared", part->declared);
	put_span(b, "charset", part->charset);
	put_span(b, "name", part->name);
	buf_printf(b, ",\"encoding\":\"%s\"", transfer_name(part->encoding));
	put_digest(b, "bytes", bytes);
	put_digest(b, "squeezed", squeeze(arena, bytes));
	if (part_readable(part)) {
		put_digest(b, "text", part_text(arena, part));
		put_digest(b, "squeezed_text", squeeze(arena,
		    part_text(arena, part)));
	}
	buf_printf(b, ",\"faults\":%u,\"notes\":%u}", part->faults,
	    part->notes);
}

/* The header fields that people read, decoded, in one digest. */
static void
put_fields(struct buf *b, struct arena *arena, const struct part *part)
{
	static const char *const names[] = {
		"Subject", "From", "To", "Cc", "Reply-To", "Organization",
	};
	const struct header *h;
	struct buf all;
	size_t i, nth;

	buf_init(&all, FILE_MAX);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (nth = 0; (h = part_field(part, names[i], nth)) != NULL;
		    nth++) {
			buf_span(&all, words_decode(arena, h->value, NULL));
			buf_char(&all, '\n');
		}
	put_digest(b, "fields", buf_contents(&all));
	buf_done(&all);
}

static void
put_message(struct buf *b, const char *path, struct span text)
{
	struct header headers[FIELDS_MAX];
	struct split_field field;
	struct split split;
	struct arena arena;
	struct mime mime;
	size_t i, n = 0;

	split_begin(&split, text);
	while (n < FIELDS_MAX && split_field(&split, &field)) {
		headers[n].name = field.name;
		headers[n++].value = field.value;
	}
	arena_init(&arena);
	mime_parse(&arena, headers, n, split.rest, &mime);
	buf_puts(b, "{\"file\":");
	text_json(b, span_of(path));
	buf_puts(b, ",\"parts\":[");
	for (i = 0; i < mime.count; i++)
		put_part(b, &arena, &mime.parts[i]);
	buf_puts(b, "]");
	put_fields(b, &arena, &mime.parts[0]);
	buf_puts(b, "}\n");
	arena_done(&arena);
}

/* The whole file in *text; false when it cannot be read. */
static bool
read_file(const char *path, struct buf *text)
{
	FILE *f = fopen(path, "rb");
	char chunk[65536];
	size_t n;

	if (f == NULL)
		return false;
	buf_reset(text);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) != 0)
		buf_add(text, chunk, n);
	fclose(f);
	return !text->full;
}

int
main(void)
{
	struct buf text, out;
	char path[4096];
	int status = 0;

	buf_init(&text, FILE_MAX);
	buf_init(&out, FILE_MAX);
	while (fgets(path, sizeof(path), stdin) != NULL) {
		path[strcspn(path, "\n")] = '\0';
		if (!read_file(path, &text)) {
			fprintf(stderr, "%s: cannot be read\n", path);
			status = 1;
			continue;
		}
		buf_reset(&out);
		put_message(&out, path, buf_contents(&text));
		fwrite(out.p, 1, out.n, stdout);
	}
	buf_done(&text);
	buf_done(&out);
	return status;
}
