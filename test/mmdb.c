/* mmdb - makes files in MaxMind's format. */
#include "test/mmdb.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

#define VALUE_MAX (1 << 20)
#define BUILT 1767225600	/* 2026-01-01 */

enum { STRING = 2, UINT16 = 5, UINT32 = 6, MAP = 7, UINT64 = 9, ARRAY = 11 };

void
mmdb_init(struct mmdb *m, unsigned ip_version, unsigned record_size,
    const char *type)
{
	memset(m, 0, sizeof(*m));
	m->ip_version = ip_version;
	m->record_size = record_size;
	m->type = type;
	m->built = BUILT;
	buf_init(&m->data, MMDB_TEST_MAX);
	buf_init(&m->metadata, VALUE_MAX);
	buf_init(&m->languages, VALUE_MAX);
	buf_init(&m->out, MMDB_TEST_MAX);
	m->nodes = mem_alloc(sizeof(*m->nodes));
	m->nodes[0][0] = m->nodes[0][1] = MMDB_EMPTY;
	m->count = 1;
}

void
mmdb_done(struct mmdb *m)
{
	free(m->nodes);
	buf_done(&m->data);
	buf_done(&m->metadata);
	buf_done(&m->languages);
	buf_done(&m->out);
}

/* The lowest n bytes of a number, the highest one first. */
static void
put_bytes(struct buf *b, uint64_t number, unsigned n)
{
	while (n-- > 0)
		buf_char(b, (char)(number >> 8 * n & 255));
}

void
mmdb_control(struct buf *b, unsigned type, size_t size)
{
	unsigned more = size < 29 ? 0 : size < 285 ? 1 : size < 65821 ? 2 : 3;
	static const size_t base[] = {0, 29, 285, 65821};

	buf_char(b, (char)((type < 8 ? type << 5 : 0) |
	    (more == 0 ? size : 28 + more)));
	if (type >= 8)
		buf_char(b, (char)(type - 7));
	put_bytes(b, size - base[more], more);
}

void
mmdb_string(struct buf *b, struct span text)
{
	mmdb_control(b, STRING, text.n);
	buf_span(b, text);
}

void
mmdb_number(struct buf *b, unsigned type, uint64_t number)
{
	unsigned n = 0;

	while (n < 8 && number >> 8 * n != 0)
		n++;
	mmdb_control(b, type, n);
	put_bytes(b, number, n);
}

void
mmdb_map(struct buf *b, size_t members)
{
	mmdb_control(b, MAP, members);
}

void
mmdb_array(struct buf *b, size_t members)
{
	mmdb_control(b, ARRAY, members);
}

/* The longest form, which can say everything. */
void
mmdb_pointer(struct buf *b, size_t offset)
{
	buf_char(b, 1 << 5 | 3 << 3);
	put_bytes(b, offset, 4);
}

size_t
mmdb_data(struct mmdb *m, const struct buf *value)
{
	size_t at = m->data.n;

	buf_span(&m->data, buf_contents(value));
	return at;
}

/* The node below a record; what the record held then goes for both halves. */
static size_t
descend(struct mmdb *m, size_t node, unsigned side)
{
	int64_t record = m->nodes[node][side];

	if (record >= 0 && record < (int64_t)m->count)
		return (size_t)record;
	if ((m->count & (m->count - 1)) == 0)
		m->nodes = mem_array(m->nodes, 2 * m->count,
		    sizeof(*m->nodes));
	m->nodes[m->count][0] = m->nodes[m->count][1] = record;
	m->nodes[node][side] = (int64_t)m->count;
	return m->count++;
}

void
mmdb_put(struct mmdb *m, const char *text, int64_t record)
{
	struct net net;
	unsigned bit, first = m->ip_version == 4 ? 96 : 0, side = 0;
	size_t node = 0;

	if (!net_parse(span_of(text), &net) || net.bits <= first)
		abort();
	/* Such a tree has IPv4 below ::/96. */
	if (ip_is4(&net.ip))
		net.ip.b[10] = net.ip.b[11] = 0;
	for (bit = first; bit < net.bits; bit++) {
		if (bit > first)
			node = descend(m, node, side);
		side = net.ip.b[bit / 8] >> (7 - bit % 8) & 1;
	}
	m->nodes[node][side] = record;
}

static void
put_pair(struct buf *b, const char *key, const char *value)
{
	mmdb_string(b, span_of(key));
	mmdb_string(b, span_of(value));
}

void
mmdb_place(struct mmdb *m, const char *net, const char *country, uint32_t asn,
    const char *organization)
{
	struct buf b;

	buf_init(&b, VALUE_MAX);
	mmdb_map(&b, (size_t)(country[0] != '\0') + (asn != 0) +
	    (organization[0] != '\0'));
	if (country[0] != '\0') {
		mmdb_string(&b, span_of("country"));
		mmdb_map(&b, 1);
		put_pair(&b, "iso_code", country);
	}
	if (asn != 0) {
		mmdb_string(&b, span_of("autonomous_system_number"));
		mmdb_number(&b, UINT32, asn);
	}
	if (organization[0] != '\0')
		put_pair(&b, "autonomous_system_organization", organization);
	mmdb_put(m, net, MMDB_DATA(mmdb_data(m, &b)));
	buf_done(&b);
}

bool
mmdb_line(struct mmdb *m, struct span line)
{
	struct span net, country, asn;
	char *texts[3];
	struct net parsed;
	int64_t number;
	bool good;

	good = span_word(&line, &net) && net_parse(net, &parsed) &&
	    span_word(&line, &country);
	if (!good)
		return false;
	if (!span_word(&line, &asn))
		asn = span_of("AS0");
	line = span_trim(line);
	if (!span_starts(asn, "AS") || !text_number(span_skip(asn, 2),
	    &number) || number > UINT32_MAX)
		return false;
	texts[0] = mem_copy(net.p, net.n);
	texts[1] = mem_copy(country.p, span_is(country, "-") ? 0 : country.n);
	texts[2] = mem_copy(line.n > 0 ? line.p : "", line.n);
	mmdb_place(m, texts[0], texts[1], (uint32_t)number, texts[2]);
	free(texts[0]);
	free(texts[1]);
	free(texts[2]);
	return true;
}

static void
put_metadata(struct mmdb *m, struct buf *b)
{
	if (m->metadata.n > 0) {
		buf_span(b, buf_contents(&m->metadata));
		return;
	}
	mmdb_map(b, 9);
	mmdb_string(b, span_of("languages"));
	if (m->languages.n > 0) {
		buf_span(b, buf_contents(&m->languages));
	} else {
		mmdb_array(b, 1);
		mmdb_string(b, span_of("en"));
	}
	mmdb_string(b, span_of("node_count"));
	mmdb_number(b, UINT32, m->claimed != 0 ? m->claimed : m->count);
	mmdb_string(b, span_of("record_size"));
	mmdb_number(b, UINT16, m->record_size);
	mmdb_string(b, span_of("ip_version"));
	mmdb_number(b, UINT16, m->ip_version);
	put_pair(b, "database_type", m->type);
	mmdb_string(b, span_of("binary_format_major_version"));
	mmdb_number(b, UINT16, 2);
	mmdb_string(b, span_of("binary_format_minor_version"));
	mmdb_number(b, UINT16, 0);
	mmdb_string(b, span_of("build_epoch"));
	mmdb_number(b, UINT64, m->built);
	mmdb_string(b, span_of("description"));
	mmdb_map(b, 1);
	put_pair(b, "en", "Made by tests");
}

static uint64_t
record_value(const struct mmdb *m, int64_t record)
{
	if (record >= INT64_C(1) << 40)
		return (uint64_t)(record & 0xffffffff);
	if (record == MMDB_EMPTY)
		return m->count;
	return record >= 0 ? (uint64_t)record :
	    m->count + 16 + (uint64_t)(-2 - record);
}

struct span
mmdb_bytes(struct mmdb *m)
{
	uint64_t left, right;
	size_t i;

	buf_reset(&m->out);
	for (i = 0; i < m->count; i++) {
		left = record_value(m, m->nodes[i][0]);
		right = record_value(m, m->nodes[i][1]);
		if (m->record_size != 28) {
			put_bytes(&m->out, left, m->record_size / 8);
			put_bytes(&m->out, right, m->record_size / 8);
			continue;
		}
		put_bytes(&m->out, left, 3);
		put_bytes(&m->out, (left >> 20 & 0xf0) |
		    (right >> 24 & 15), 1);
		put_bytes(&m->out, right, 3);
	}
	buf_add(&m->out, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	buf_span(&m->out, buf_contents(&m->data));
	buf_puts(&m->out, "\xab\xcd\xefMaxMind.com");
	put_metadata(m, &m->out);
	return buf_contents(&m->out);
}

int
mmdb_write(struct mmdb *m, const char *path)
{
	struct span bytes = mmdb_bytes(m);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	bool good;

	if (fd < 0)
		return -1;
	good = write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n;
	close(fd);
	return good ? 0 : -1;
}
