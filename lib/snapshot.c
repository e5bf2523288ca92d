/* snapshot - one generation, and the place where the newest one is found. */
#include "snapshot.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "check/dnslists.h"
#include "check/geoip.h"
#include "verdict/edits.h"

/* The largest configuration as text: what many small files may hold. */
#define CONF_TEXT_MAX (16 << 20)

/* The count stands outside, so that users can be given const members. */
struct counted {
	struct snapshot snapshot;	/* first: both have one address */
	atomic_uint holds;
};

static void
load_sections(struct snapshot *s)
{
	s->general = conf_section(s->conf, "");
	s->limits = conf_section(s->conf, check_limits.name);
	s->store = conf_section(s->conf, "store");
	s->dns = conf_section(s->conf, "dns");
	s->failures = conf_section(s->conf, "failures");
	s->reload = conf_section(s->conf, "reload");
	s->policy = *(const struct policy *)conf_section(s->conf, "actions");
	s->policy.mode = s->general->mode;
}

/* What is written into replies and header fields must fit there. */
static int
check_texts(const struct snapshot *s, struct error *error)
{
	const char *text = s->policy.reject_text, *id = s->general->authserv_id;

	/* MTAs take "%" for the start of something; RFC 5321 4.2 is ASCII. */
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~' || *text == '%')
			return conf_refuse(s->conf, "actions", "reject_text",
			    error, "a reply may hold printable ASCII other "
			    "than \"%%\"");
	/* RFC 2045 5.1 "token", which needs no quotes in RFC 8601 2.2. */
	for (; *id != '\0'; id++)
		if (*id <= ' ' || *id > '~' ||
		    strchr("()<>@,;:\\\"/[]?=", *id) != NULL)
			return conf_refuse(s->conf, "", "authserv_id", error,
			    "letters, digits, dots and hyphens wanted");
	return 0;
}

/* A restart must not be the first to say so. */
static int
check_socket(const struct snapshot *s, struct error *error)
{
	const struct daemon_settings *d = conf_section(s->conf, "daemon");
	mode_t mode;

	return settings_mode(d->listen_mode, &mode) ? 0 :
	    conf_refuse(s->conf, "daemon", "listen_mode", error,
	    "\"%s\" is not a mode such as 0660", d->listen_mode);
}

/* A milder action must not need a higher score than a harsher one. */
static int
check_thresholds(const struct snapshot *s, struct error *error)
{
	const struct policy *p = &s->policy;

	if (p->quarantine != 0 && p->quarantine < p->required)
		return conf_refuse(s->conf, "actions", "quarantine", error,
		    "is below actions.required");
	if (p->reject != 0 && p->reject < p->required)
		return conf_refuse(s->conf, "actions", "reject", error,
		    "is below actions.required");
	if (p->reject != 0 && p->reject < p->quarantine)
		return conf_refuse(s->conf, "actions", "reject", error,
		    "is below actions.quarantine");
	return 0;
}

/* The rules themselves stand between those who know the score and others. */
static void
declare_symbols(struct snapshot *s)
{
	enum turn last = TURN_STORE, turn;
	const char *const *symbol;
	size_t i;

	for (i = 0; checks[i] != NULL; i++) {
		if (checks[i] == &check_rules)
			last = TURN_SCORE;
		turn = checks[i]->run[STAGE_LAST] == NULL ||
		    checks[i] == &check_rules ? TURN_BODY : last;
		for (symbol = checks[i]->symbols; *symbol != NULL; symbol++)
			weights_put(&s->weights, span_of(*symbol))->turn =
			    turn;
	}
	dnslists_declare(s->dnslists, &s->weights);
}

/* Whether a symbol tells about the client or the sender. */
static bool
raised_early(const char *name)
{
	const char *const *symbol;
	size_t i;

	for (i = 0; checks[i] != NULL; i++)
		for (symbol = checks[i]->symbols; *symbol != NULL; symbol++)
			if (strcmp(*symbol, name) == 0)
				return checks[i]->run[STAGE_CONNECT] != NULL ||
				    checks[i]->run[STAGE_SENDER] != NULL;
	return false;
}

static int
load_rules(struct snapshot *s, const struct snapshot *previous,
    struct error *error)
{
	const struct dnslists_options *dnslists = conf_section(s->conf,
	    check_dnslists.name);
	const struct rulebook_options options = {
		.settings = conf_section(s->conf, check_rules.name),
		.conf = s->conf,
		.networks = &s->networks,
		.symbols = &s->weights,
		.network = dnslists->rules,
		.geo = geo_facts(s->geo),
		.manifest = &s->manifest,
	};
	size_t i;

	declare_symbols(s);
	s->book = rulebook_load(&options,
	    previous != NULL ? previous->book : NULL, error);
	if (s->book == NULL)
		return -1;
	ruleset_weigh(s->book->rules, &s->weights);
	shadows_load(&s->shadows, s->book->rules, &s->weights,
	    previous != NULL ? &previous->shadows : NULL);
	for (i = 0; i < s->policy.refuse_at_rcpt.count; i++)
		if (!raised_early(s->policy.refuse_at_rcpt.item[i]))
			return conf_refuse(s->conf, "actions",
			    "refuse_at_rcpt", error, "no check raises %s "
			    "before the recipients",
			    s->policy.refuse_at_rcpt.item[i]);
	return 0;
}

/* Without the DNS its checks find nothing: the MTA need not send them mail. */
static unsigned
needs_of(const struct snapshot *s, const struct check *check, const void *self)
{
	if (!s->dns->enabled && check->service != NULL &&
	    strcmp(check->service, "dns") == 0)
		return 0;
	return check->needs(self);
}

/* Adds a loaded check to those that run, or unloads it when it is off. */
static void
activate(struct snapshot *s, const struct check *check, void *self)
{
	struct active_check *active;
	unsigned needs = needs_of(s, check, self);

	if (needs == 0) {
		if (check->unload != NULL)
			check->unload(self);
		return;
	}
	active = &s->active[s->active_count++];
	active->check = check;
	active->self = self;
	active->state = s->state_size;
	/* Rounded up, so that every state is aligned for anything. */
	s->state_size += (check->state + 15) & ~(size_t)15;
	s->needs |= needs;
}

static int
load_checks(struct snapshot *s, struct error *error)
{
	struct loading loading = {
		.conf = s->conf,
		.book = s->book,
		.weights = &s->weights,
		.providers = s->providers,
		.dnslists = s->dnslists,
		.manifest = &s->manifest,
		.error = error,
	};
	const void *options;
	void *self;
	size_t i, n = 0;

	while (checks[n] != NULL)
		n++;
	s->active = mem_alloc(n * sizeof(*s->active));
	for (i = 0; i < n; i++) {
		options = conf_section(s->conf, checks[i]->name);
		if (checks[i]->load != NULL)
			self = checks[i]->load(options, &loading);
		else
			self = (void *)(uintptr_t)options;
		if (self == NULL)
			return -1;
		activate(s, checks[i], self);
	}
	return 0;
}

static void
add_policy_needs(struct snapshot *s)
{
	/* Who sent it and whom it was for stands in every log line. */
	s->needs |= NEED_CLIENT | NEED_SENDER | NEED_RCPT;
	if (edits_possible(&s->policy))
		s->needs |= NEED_HEADERS | NEED_EDIT;
	if (s->networks.relays.map.count > 0)
		s->needs |= NEED_HEADERS;
	if (s->policy.mode != MODE_ENFORCE) {
		s->needs &= ~(unsigned)NEED_QUARANTINE;
		return;
	}
	if (s->policy.quarantine != 0 || s->networks.relays.map.count > 0 ||
	    s->policy.newsletter == NEWSLETTER_QUARANTINE)
		s->needs |= NEED_QUARANTINE;
	if (s->policy.refuse_at_rcpt.count > 0)
		s->needs |= NEED_REFUSE_RCPT;
}

static void
name_generation(struct snapshot *s)
{
	struct digest *digest = digest_new();
	char text[DIGEST_TEXT_MAX];
	struct buf conf;

	manifest_digest(&s->manifest, 0, digest);
	buf_init(&conf, CONF_TEXT_MAX);
	conf_print(s->conf, &conf, false);
	digest_add(digest, buf_contents(&conf));
	buf_done(&conf);
	snprintf(s->generation, sizeof(s->generation), "%.*s",
	    GENERATION_MAX - 1, digest_text(digest, text));
	digest_free(digest);
}

static void
find_cells(struct snapshot *s, struct metrics *metrics)
{
	const struct weight *weight;
	size_t i;

	for (i = 0; i <= ACTION_REJECT; i++) {
		s->action_cells[i] = metrics_cell(metrics, METRIC_BY_ACTION,
		    action_name((enum action)i));
		s->done_cells[i] = metrics_cell(metrics, METRIC_BY_DONE,
		    action_name((enum action)i));
	}
	for (i = 0; i <= DIRECTION_LOCAL; i++)
		s->direction_cells[i] = metrics_cell(metrics,
		    METRIC_BY_DIRECTION, direction_name((enum direction)i));
	s->symbol_cells = mem_alloc(s->weights.map.count *
	    sizeof(*s->symbol_cells));
	for (i = 0; i < s->weights.map.count; i++) {
		weight = map_value(&s->weights.map, i);
		s->symbol_cells[weight->index] = metrics_cell(metrics,
		    METRIC_BY_SYMBOL, weight->name);
	}
}

static int
load_providers(struct snapshot *s, struct error *error)
{
	s->providers = providers_load(s->conf, &s->manifest, error);
	return s->providers != NULL ? 0 : -1;
}

static int
load_dnslists(struct snapshot *s, struct error *error)
{
	s->dnslists = dnslists_define(s->conf, &s->manifest, error);
	return s->dnslists != NULL ? 0 : -1;
}

static int
snapshot_fill(struct snapshot *s, const struct snapshot *previous,
    struct error *error)
{
	load_sections(s);
	/* Whether mail is judged without it is for admission to say. */
	s->geo = geoip_open(s->conf, previous != NULL ? previous->geo : NULL,
	    &s->manifest, &s->geo_fault);
	if (check_texts(s, error) != 0 || check_thresholds(s, error) != 0 ||
	    check_socket(s, error) != 0 ||
	    networks_load(&s->networks, s->conf, &s->manifest, error) != 0 ||
	    load_providers(s, error) != 0 ||
	    load_dnslists(s, error) != 0 ||
	    load_rules(s, previous, error) != 0 ||
	    load_checks(s, error) != 0)
		return -1;
	add_policy_needs(s);
	name_generation(s);
	return 0;
}

struct snapshot *
snapshot_load(const char *file, const char *const *overrides,
    const struct snapshot *previous, struct metrics *metrics,
    struct error *error)
{
	struct counted *counted = mem_alloc(sizeof(*counted));
	struct snapshot *s = &counted->snapshot;
	int status = -1;

	atomic_init(&counted->holds, 1);
	weights_init(&s->weights);
	manifest_init(&s->manifest);
	s->sections = settings_sections();
	s->conf = conf_load(file, s->sections, overrides, error);
	if (s->conf != NULL)
		status = snapshot_fill(s, previous, error);
	if (status != 0) {
		snapshot_put(s);
		return NULL;
	}
	find_cells(s, metrics);
	return s;
}

const void *
snapshot_check(const struct snapshot *s, const struct check *check)
{
	size_t i;

	for (i = 0; i < s->active_count; i++)
		if (s->active[i].check == check)
			return s->active[i].self;
	return NULL;
}

struct snapshot *
snapshot_hold(struct snapshot *s)
{
	atomic_fetch_add(&((struct counted *)s)->holds, 1);
	return s;
}

void
snapshot_put(struct snapshot *s)
{
	size_t i;

	if (s == NULL || atomic_fetch_sub(&((struct counted *)s)->holds, 1) > 1)
		return;
	for (i = 0; i < s->active_count; i++)
		if (s->active[i].check->unload != NULL)
			s->active[i].check->unload(s->active[i].self);
	free(s->active);
	free(s->symbol_cells);
	shadows_done(&s->shadows);
	rulebook_put(s->book);
	geo_put(s->geo);
	providers_free(s->providers);
	dnslists_undefine(s->dnslists);
	weights_done(&s->weights);
	manifest_done(&s->manifest);
	networks_done(&s->networks);
	conf_free(s->conf);
	free(s->sections);
	free(s);
}

struct current {
	pthread_mutex_t lock;	/* guards newest and the hold taken on it */
	struct snapshot *newest;
};

struct current *
current_new(struct snapshot *first)
{
	struct current *c = mem_alloc(sizeof(*c));

	pthread_mutex_init(&c->lock, NULL);
	c->newest = first;
	return c;
}

void
current_free(struct current *c)
{
	if (c == NULL)
		return;
	snapshot_put(c->newest);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

struct snapshot *
current_get(struct current *c)
{
	struct snapshot *s;

	pthread_mutex_lock(&c->lock);
	s = snapshot_hold(c->newest);
	pthread_mutex_unlock(&c->lock);
	return s;
}

void
current_publish(struct current *c, struct snapshot *s)
{
	struct snapshot *old;

	pthread_mutex_lock(&c->lock);
	old = c->newest;
	c->newest = s;
	pthread_mutex_unlock(&c->lock);
	snapshot_put(old);
}
