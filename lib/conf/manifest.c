/* manifest - the files that a generation was read from. */
#include "conf/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/map.h"
#include "base/mem.h"

void
manifest_init(struct manifest *m)
{
	memset(m, 0, sizeof(*m));
	m->section = m->key = "";
}

void
manifest_done(struct manifest *m)
{
	size_t i;

	for (i = 0; i < m->count; i++)
		free(m->files[i].name);
	free(m->files);
	manifest_init(m);
}

void
manifest_list(struct manifest *m, const char *section, const char *key)
{
	m->section = section;
	m->key = key;
}

static size_t
count_entries(struct span bytes)
{
	struct span line;
	size_t n = 0;

	while (span_cut(&bytes, '\n', &line)) {
		line = span_trim(line);
		if (line.n > 0 && line.p[0] != '#')
			n++;
	}
	return n;
}

static int64_t
milliseconds(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000 + t->tv_nsec / 1000000;
}

/* A file that another one replaced meanwhile was read whole all the same. */
static bool
was_changed(const struct stat *before, const struct stat *after, size_t n)
{
	return after->st_size != (off_t)n ||
	    before->st_size != after->st_size ||
	    milliseconds(&before->st_mtim) != milliseconds(&after->st_mtim);
}

static struct manifest_file *
new_file(struct manifest *m, const char *name)
{
	struct manifest_file *file;

	m->files = mem_array(m->files, m->count + 1, sizeof(*m->files));
	file = &m->files[m->count++];
	memset(file, 0, sizeof(*file));
	file->name = mem_copy(name, strlen(name));
	file->section = m->section;
	file->key = m->key;
	return file;
}

void
manifest_note(struct manifest *m, const char *name, const char *digest,
    int64_t modified)
{
	struct manifest_file *file = new_file(m, name);

	snprintf(file->digest, sizeof(file->digest), "%s", digest);
	file->modified = modified;
}

void
manifest_add(struct manifest *m, const char *name, struct span bytes,
    const struct stat *before, const struct stat *after)
{
	struct digest *digest = digest_new();
	struct manifest_file *file = new_file(m, name);

	digest_add(digest, bytes);
	digest_text(digest, file->digest);
	digest_free(digest);
	file->entries = count_entries(bytes);
	file->modified = milliseconds(&after->st_mtim);
	file->changed = was_changed(before, after, bytes.n);
	file->open_end = bytes.n > 0 && bytes.p[bytes.n - 1] != '\n';
}

void
manifest_digest(const struct manifest *m, size_t first, struct digest *digest)
{
	size_t i;

	for (i = first; i < m->count; i++)
		digest_add(digest, span_of(m->files[i].digest));
}

/*
 * Clocks of hosts differ, and are set back: a time to come may be one just
 * now.  One far ahead is of a clock that was wrong, and long past.
 */
static bool
is_fresh(const struct manifest_file *file, int64_t now)
{
	return file->modified > now - MANIFEST_SETTLE_MS &&
	    file->modified < now + MANIFEST_SETTLE_MS;
}

int
manifest_settled(const struct manifest *m, int64_t now, struct error *error)
{
	const struct manifest_file *file;
	size_t i;

	for (i = 0; i < m->count; i++) {
		file = &m->files[i];
		if (file->changed)
			return error_at(error, file->name, 0,
			    "changed while it was read");
		if (file->open_end && is_fresh(file, now))
			return error_at(error, file->name, 0,
			    "written %lld s ago, and its last line does not "
			    "end: half of a file?",
			    file->modified < now ? (long long)
			    (now - file->modified) / 1000 : 0);
	}
	return 0;
}

/* Whether so many entries are too few where there were more. */
static bool
is_lost(size_t entries, size_t before, int64_t share)
{
	if (entries >= before)
		return false;
	if (entries == 0)
		return true;
	return before >= MANIFEST_SMALL &&
	    (before - entries) * 100 > before * (size_t)share;
}

static int
check_files(const struct manifest *m, const struct manifest *previous,
    int64_t share, struct error *error)
{
	const struct manifest_file *file, *old;
	struct map map;
	int status = 0;
	size_t i;

	map_init(&map);
	for (i = 0; i < previous->count; i++)
		map_put(&map, span_of(previous->files[i].name),
		    &previous->files[i]);
	for (i = 0; status == 0 && i < m->count; i++) {
		file = &m->files[i];
		old = map_find(&map, span_of(file->name));
		if (old != NULL && is_lost(file->entries, old->entries, share))
			status = error_at(error, file->name, 0, "%zu entries, "
			    "%zu in the generation in use", file->entries,
			    old->entries);
	}
	map_done(&map);
	return status;
}

static size_t
entries_of(const struct manifest *m, const char *section, const char *key)
{
	size_t i, n = 0;

	for (i = 0; i < m->count; i++)
		if (strcmp(m->files[i].section, section) == 0 &&
		    strcmp(m->files[i].key, key) == 0)
			n += m->files[i].entries;
	return n;
}

/* Files of one key come one after the other. */
static bool
begins_list(const struct manifest *m, size_t i)
{
	return i == 0 ||
	    strcmp(m->files[i].section, m->files[i - 1].section) != 0 ||
	    strcmp(m->files[i].key, m->files[i - 1].key) != 0;
}

int
manifest_kept(const struct manifest *m, const struct manifest *previous,
    int64_t share, struct error *error)
{
	const struct manifest_file *file;
	size_t i, before, now;

	if (check_files(m, previous, share, error) != 0)
		return -1;
	for (i = 0; i < previous->count; i++) {
		if (!begins_list(previous, i))
			continue;
		file = &previous->files[i];
		before = entries_of(previous, file->section, file->key);
		now = entries_of(m, file->section, file->key);
		if (is_lost(now, before, share))
			return error_set(error, "%s.%s: %zu entries in all, "
			    "%zu in the generation in use", file->section,
			    file->key, now, before);
	}
	return 0;
}
