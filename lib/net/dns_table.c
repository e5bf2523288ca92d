/*
 * dns_table - a DNS that is told all it knows, for tests and what-ifs.
 *
 * A list of rows under a mutex: zones of tests are small, and a name's rows
 * are found by walking.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/dns_backend.h"

#define TABLE_CNAMES_MAX 8	/* followed in a row */

struct row {
	struct row *next;
	enum dns_type type;	/* 0 with fails: whatever has no record */
	bool fails;
	struct dns_record record;	/* data points to bytes */
	bool usable;		/* its data could be read */
	struct dns_key name;
	char bytes[];
};

struct table {
	pthread_mutex_t mutex;
	struct row *rows, **end;	/* in order of addition */
};

static bool
row_name(struct row *row, struct span text)
{
	struct dns_key key;

	if (span_is(text, ".")) {
		row->record.data = span_make(row->bytes, 0);
		return true;
	}
	if (!dns_key_make(&key, text, DNS_A))
		return false;
	memcpy(row->bytes, key.name, key.n);
	row->record.data = span_make(row->bytes, key.n);
	return true;
}

static bool
row_mx(struct row *row, struct span text)
{
	struct span word;
	int64_t preference;

	if (!span_word(&text, &word) || !text_number(word, &preference) ||
	    preference > UINT16_MAX)
		return false;
	row->record.preference = (unsigned)preference;
	return row_name(row, span_trim(text));
}

static bool
row_data(struct row *row, struct span data)
{
	switch (row->type) {
	case DNS_A:
		return ip_parse(data, &row->record.ip) &&
		    ip_is4(&row->record.ip);
	case DNS_AAAA:
		return ip_parse(data, &row->record.ip);
	case DNS_MX:
		return row_mx(row, data);
	case DNS_TXT:
		if (data.n != 0)
			memcpy(row->bytes, data.p, data.n);
		row->record.data = span_make(row->bytes, data.n);
		return true;
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
		return row_name(row, data);
	}
	return false;
}

static struct row *
row_new(const struct dns_key *key, struct span data)
{
	struct row *row = mem_alloc(sizeof(*row) + data.n + 1);

	row->name = *key;
	row->type = key->type;
	return row;
}

static void
table_add(struct dns *dns, struct row *row)
{
	struct table *t = dns_state(dns);

	pthread_mutex_lock(&t->mutex);
	*t->end = row;
	t->end = &row->next;
	pthread_mutex_unlock(&t->mutex);
}

void
dns_table_add(struct dns *dns, const char *name, enum dns_type type,
    struct span data)
{
	struct dns_key key;
	struct row *row;

	if (!dns_key_make(&key, span_of(name), type))
		return;
	row = row_new(&key, data);
	row->usable = row_data(row, data);
	table_add(dns, row);
}

void
dns_table_fail(struct dns *dns, const char *name, enum dns_type type)
{
	struct dns_key key;
	struct row *row;

	if (!dns_key_make(&key, span_of(name), type))
		return;
	row = row_new(&key, span_of(""));
	row->fails = true;
	table_add(dns, row);
}

void
dns_table_delay(struct dns *dns, int64_t ms)
{
	/* Without a thread the answers come at once, as before. */
	dns_set_due(dns, ms);
}

static bool
key_is(const struct dns_key *key, struct span name)
{
	return span_eq(span_make(key->name, key->n), name);
}

/* Whether row's name lies below name. */
static bool
key_below(const struct dns_key *key, struct span name)
{
	size_t above = key->n - name.n;

	return key->n > name.n && key->name[above - 1] == '.' &&
	    memcmp(key->name + above, name.p, name.n) == 0;
}

/*
 * Collects the answer of one name; true when *name is an alias instead, which
 * it is then replaced with.
 */
static bool
table_look(const struct table *t, struct span *name, enum dns_type type,
    struct dns_draft *draft)
{
	const struct row *row, *alias = NULL;
	bool fails = false, fails_else = false, exists = false;

	for (row = t->rows; row != NULL; row = row->next) {
		exists |= key_below(&row->name, *name);
		if (!key_is(&row->name, *name))
			continue;
		exists = true;
		if (row->fails) {
			fails |= row->type == type;
			fails_else |= row->type == 0;
		} else if (row->type == type && row->usable &&
		    draft->count < DNS_RECORDS_MAX) {
			draft->records[draft->count++] = row->record;
		} else if (row->type == DNS_CNAME && row->usable) {
			alias = row;
		}
	}
	if (fails || (fails_else && draft->count == 0 && alias == NULL)) {
		dns_draft_fail(draft, DNS_WHY_SERVFAIL);
		return false;
	}
	if (draft->count == 0 && alias != NULL) {
		*name = alias->record.data;
		return true;
	}
	draft->status = draft->count > 0 ? DNS_FOUND : exists ? DNS_NODATA
	    : DNS_NXDOMAIN;
	return false;
}

static struct dns_answer *
table_answer(void *state, const struct dns_key *key, size_t *bytes)
{
	struct table *t = state;
	struct span name = span_make(key->name, key->n);
	struct dns_draft draft = {.status = DNS_NXDOMAIN};
	struct dns_answer *a;
	unsigned i;
	size_t r;

	pthread_mutex_lock(&t->mutex);
	for (i = 0; table_look(t, &name, key->type, &draft); i++)
		if (i >= TABLE_CNAMES_MAX) {
			dns_draft_fail(&draft, DNS_WHY_SERVFAIL);
			break;
		}
	for (r = 0; r < draft.count; r++)
		if (draft.records[r].data.n > DNS_TXT_MAX)
			dns_draft_fail(&draft, DNS_WHY_OVERSIZED);
	a = dns_answer_new(&draft, bytes);
	pthread_mutex_unlock(&t->mutex);
	return a;
}

static void
table_close(void *state)
{
	struct table *t = state;
	struct row *row;

	while ((row = t->rows) != NULL) {
		t->rows = row->next;
		free(row);
	}
	pthread_mutex_destroy(&t->mutex);
	free(t);
}

struct dns *
dns_table(void)
{
	static const struct dns_backend backend = {
		.name = "table",
		.answer = table_answer,
		.close = table_close,
	};
	struct table *t = mem_alloc(sizeof(*t));

	pthread_mutex_init(&t->mutex, NULL);
	t->end = &t->rows;
	return dns_new(&backend, t, 0);
}
