/*
 * links - every address that a message leads to, once, with where it came
 * from: the element of HTML or the text it stood in, the text shown for it,
 * where a browser would go, and the forms that rules of SpamAssassin's language
 * see.  One thread at a time; all lives in the arena.
 *
 * A link is seen by the reader, by rules, or by both: rules also see what
 * SpamAssassin makes of bad HTML, and miss what only browsers understand.
 */
#ifndef MAIL_LINKS_H
#define MAIL_LINKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"
#include "mail/html.h"
#include "mail/html_rules.h"
#include "mail/registry.h"
#include "mail/suffix.h"
#include "mail/url.h"
#include "mail/urlwrap.h"

#define LINKS_MAX 4096		/* different ones in a message */
#define LINKS_BYTES_MAX (2u << 20)	/* of all as written */
#define LINKS_WORK_MAX (16u << 20)	/* of all forms for rules, and of what
					 * <base> adds for readers */
#define LINK_FORMS_MAX 64	/* forms for rules, of one link */
#define LINK_TARGETS_MAX 16	/* redirections that rules see through */
#define LINK_SHOWN_MAX 256	/* different shown texts of one link */

/*
 * Where a link came from: enum html_type, or one of these.  link.types holds
 * bits 1 << type; the names are those of "uri_detail type".
 */
enum link_type {
	LINK_PARSED = HTML_TYPES,	/* in text, or only its shown text is
					 * known */
	LINK_UNLINKED,	/* in text, but readers do not make it clickable */
	LINK_SCHEMELESS,	/* in text without a scheme */
	LINK_DOMAINKEYS,	/* d= of a signature */
	LINK_TYPES
};

const char *link_type_name(unsigned type);	/* "a", "parsed" ... */

/* What is odd besides url.flags of the link and of its target. */
enum link_flag {
	LINK_MISMATCH = 1 << 0,	/* a shown text names a host of another
				 * registered domain than the target's */
	LINK_WRAPPED = 1 << 1,	/* leads to its target by a redirector */
	LINK_SCANNED = 1 << 2,	/* rewritten by a scanner of mail */
	LINK_DEEP = 1 << 3,	/* wrapped deeper than URLWRAP_DEPTH */
	LINK_HIDDEN = 1 << 4,	/* stands only where nobody sees it */
	LINK_CUT = 1 << 5,	/* longer than URL_MAX, URLTEXT_MAX in text */
};

struct link_host {
	struct span host, domain;	/* by the rules' registry */
};

struct link {
	struct span raw;	/* as written, but with a scheme before it */
	unsigned types;		/* bits 1 << enum html_type or link_type */

	/* What the reader sees. */
	bool seen;		/* in text or in HTML as browsers read it */
	unsigned sources;	/* bits 1 << enum html_source */
	struct span *shown;	/* texts of <a> as seen */
	size_t shown_count, shown_room;
	unsigned flags;		/* enum link_flag */
	bool good;		/* a browser would follow it; else the rest of
				 * this part is empty */
	struct url url;		/* normalised, base applied */
	struct span domain;	/* registered domain of url.host, or empty */
	struct url target;	/* innermost of wrappers, or url itself */
	struct span target_domain;
	unsigned wraps;		/* how many wrappers */
	const char *wrapper;	/* outermost known one's name, or "" */

	/* What rules see. */
	bool for_rules;		/* if not, the rest is empty */
	bool cleaned;		/* "uri" rules match the forms */
	struct span *anchors;	/* texts of <a>, different ones */
	size_t anchor_count, anchor_room;
	struct span *forms;	/* raw and its cleaned variants, different */
	size_t form_count;
	struct link_host *hosts;	/* of the forms, different ones */
	size_t host_count;
};

/* How rules want links to be seen. */
struct links_view {
	const struct registry *registry;
	const struct suffixes *suffixes;	/* registry's too, if it asks */
	/*
	 * redirector_pattern: the first pattern that matches uri with a first
	 * group that has a dot sets *target (within uri).  NULL for none.
	 */
	bool (*redirect)(void *context, struct span uri, struct span *target);
	void *context;
};

struct link_set;
struct linkhosts;

struct links {
	struct link **items;	/* in order of first sight */
	size_t count;
	struct span *forms;	/* all that "uri" rules match, different ones */
	size_t form_count;
	bool full;		/* a limit of LINKS_ or LINK_ was reached */
	bool truncated;		/* one was longer than URL_MAX, and was cut */

	/* Private. */
	struct arena *arena;
	const struct links_view *view;
	struct link_set *by_raw, *in_text, *all_forms;
	struct linkhosts *hosts;
	size_t room, bytes, work;
	size_t near;	/* behind the one that was found last */
};

/* view and what it names must outlive the links. */
struct links *links_new(struct arena *, const struct links_view *);

/* All addresses in one paragraph of rendered text. */
void links_add_text(struct links *, struct span paragraph);

/* The same of a text that rules do not see. */
void links_add_shown(struct links *, struct span text);

/* Links of a text/html part, as browsers and as rules see them. */
void links_add_html(struct links *, const struct html *);

/* The domain of a signature (parse_dkim_uris). */
void links_add_signature(struct links *, struct span domain);

/* Where a single address leads that the reader sees somewhere else, such as
 * in the text of a picture; NULL when there is no room.  Not for rules. */
struct link *links_add(struct links *, struct span url);

#endif
