/* command_reputation - posternctl reputation: what is known of a sender. */
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "check/check.h"
#include "check/reputation.h"
#include "milter/commands.h"

#define USAGE "reputation KIND:VALUE ...\n" \
	"kinds: address, network, asn, helo, spf, dkim, from, tenant; domain " \
	"for spf, dkim and from"
#define STANDINGS_MAX (STORE_BATCH_MAX / STANDING_OPS)
#define TIMEOUT 2000		/* ms that the store may take */

struct inspection {
	struct arena arena;
	const struct geo *geo;
	struct standing standings[STANDINGS_MAX];
	size_t count;
};

static bool
add_word(struct inspection *in, const char *kind, struct span value)
{
	struct standing *s = &in->standings[in->count];

	if (in->count == STANDINGS_MAX || !standing_parse(&in->arena,
	    arena_printf(&in->arena, "%s:%.*s", kind, SPAN_ARG(value)), s))
		return false;
	in->count++;
	return true;
}

/* An address is rated together with the places around it. */
static bool
add_address(struct inspection *in, struct span value)
{
	struct place place;
	struct ip ip;

	if (!add_word(in, "address", value) || !add_word(in, "network", value))
		return false;
	if (in->geo == NULL || !ip_parse(value, &ip) ||
	    !geo_find(in->geo, &ip, &place) || place.asn == 0)
		return true;
	return add_word(in, "asn", arena_printf(&in->arena, "%lu",
	    (unsigned long)place.asn));
}

static bool
take_word(struct inspection *in, struct span word)
{
	size_t colon = span_chr(word, ':');
	struct span kind = span_head(word, colon);
	struct span value = span_skip(word, colon + 1);

	if (span_is(kind, "address"))
		return add_address(in, value);
	if (span_is(kind, "domain"))
		return add_word(in, "spf", value) &&
		    add_word(in, "dkim", value) && add_word(in, "from", value);
	return add_word(in, arena_string(&in->arena, kind), value);
}

/* False when the store does not answer. */
static bool
look(struct inspection *in, struct store *store)
{
	struct store_op *ops;
	struct standing *s;
	size_t i;

	ops = arena_alloc(&in->arena, STORE_BATCH_MAX * sizeof(*ops));
	for (i = 0; i < in->count; i++)
		standing_ask(&in->arena, &in->standings[i],
		    &ops[i * STANDING_OPS]);
	store_run(store, ops, in->count * STANDING_OPS, clock_wall(), TIMEOUT);
	for (i = in->count; i-- > 0;) {
		s = &in->standings[i];
		if (!standing_take(s))
			return false;
		standing_rate(s, s->kind < STANDING_ASN && i + 1 < in->count &&
		    s[1].kind == s->kind + 1 ? s + 1 : NULL);
	}
	return true;
}

static void
print(const struct inspection *in, const struct snapshot *snapshot,
    struct buf *out)
{
	const struct reputation_options *o;
	const struct standing *s;
	size_t i;

	o = conf_section(snapshot->conf, check_reputation.name);
	for (i = 0; i < in->count; i++) {
		s = &in->standings[i];
		standing_print(s, reputation_half_life(o, s->kind), out);
		buf_puts(out, "\n");
	}
	if (!o->enabled)
		buf_puts(out, "reputation is switched off\n");
}

int
command_reputation(struct daemon *d, struct span rest, struct buf *out)
{
	struct snapshot *snapshot = current_get(d->current);
	struct inspection in = {.geo = snapshot->geo};
	int status = EX_OK;
	struct span word;

	arena_init(&in.arena);
	while (status == EX_OK && span_word(&rest, &word))
		if (!take_word(&in, word))
			status = EX_USAGE;
	if (in.count == 0 || status != EX_OK) {
		status = command_misused(out, USAGE);
	} else if (!look(&in, d->services.store)) {
		buf_puts(out, "the store does not answer\n");
		status = EX_TEMPFAIL;
	} else {
		print(&in, snapshot, out);
	}
	arena_done(&in.arena);
	snapshot_put(snapshot);
	return status;
}
