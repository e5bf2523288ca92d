/* listprobe - the self-test of a DNS list before it is trusted. */
#include "shared/listprobe.h"

enum { TAG_LISTED, TAG_UNLISTED, TAG_CONTROL };

bool
listprobe_needed(const struct dnslist *list)
{
	return list->listed.n > 0 || list->unlisted.n > 0;
}

/* Of 198.18.0.0/15, for tests of devices: no mail comes from there. */
static struct span
control_address(struct arena *arena, uint64_t random)
{
	return arena_printf(arena, "%u.%u.%u.198",
	    (unsigned)(1 + random % 254), (unsigned)(random >> 8 & 255),
	    (unsigned)(18 + (random >> 16 & 1)));
}

/* Of 2001:db8::/32, for examples in texts. */
static struct span
control_address6(struct arena *arena, uint64_t random)
{
	struct ip ip = {.b = {0x20, 0x01, 0x0d, 0xb8}};
	size_t i;

	for (i = 8; i < sizeof(ip.b); i++)
		ip.b[i] = (uint8_t)(random >> 8 * (i - 8));
	return dnslist_reverse(arena, &ip);
}

static struct span
control(struct arena *arena, const struct dnslist *list, uint64_t random)
{
	struct span name = arena_printf(arena, "p%08x",
	    (unsigned)(random & 0xffffffffu));

	if (list->asks & DNSLIST_EMAIL)
		return dnslist_hashed(arena, list, name);
	if (list->asks & DNSLIST_CLIENT)
		return control_address(arena, random);
	if (list->asks & DNSLIST_CLIENT6)
		return control_address6(arena, random);
	return arena_join(arena, name, span_of(".invalid"));
}

static void
add(struct asking *a, const struct dnslist *list, struct span label,
    unsigned tag)
{
	if (label.n > 0)
		asking_add(a, dnslist_name(asking_arena(a), list, label),
		    DNS_A, tag, label);
}

void
listprobe_add(struct asking *a, const struct dnslist *list, unsigned tag,
    uint64_t random)
{
	if (!listprobe_needed(list))
		return;
	add(a, list, list->listed, tag + TAG_LISTED);
	add(a, list, list->unlisted, tag + TAG_UNLISTED);
	if (random != 0)
		add(a, list, control(asking_arena(a), list, random),
		    tag + TAG_CONTROL);
}

static enum listprobe
judge(const struct dnslist *list, const struct question *q, unsigned tag,
    const char **why)
{
	struct dnslist_answer answer;

	dnslist_read(list, q->answer, &answer);
	if (answer.word == DNSLIST_ERROR) {
		*why = answer.why;
		return LISTPROBE_SILENT;
	}
	if (tag == TAG_LISTED && answer.word == DNSLIST_NO) {
		*why = "does not list its own test entry";
		return LISTPROBE_EMPTY;
	}
	if (tag != TAG_LISTED && answer.word == DNSLIST_YES) {
		*why = tag == TAG_UNLISTED ?
		    "lists what no list may list (RFC 5782)" :
		    "lists everything";
		return LISTPROBE_LIES;
	}
	return LISTPROBE_GOOD;
}

enum listprobe
listprobe_result(const struct asking *a, const struct dnslist *list,
    unsigned tag, const char **why)
{
	enum listprobe worst = LISTPROBE_GOOD, one;
	const struct question *q;
	const char *reason;
	size_t i;

	*why = "";
	for (i = 0; i < a->count; i++) {
		q = &a->items[i];
		if (q->tag < tag || q->tag >= tag + LISTPROBE_TAGS)
			continue;
		one = judge(list, q, q->tag - tag, &reason);
		if (one > worst) {
			worst = one;
			*why = reason;
		}
	}
	return worst;
}
