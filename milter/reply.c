/* reply - a decision becomes what the MTA is told. */
#include "milter/reply.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* libmilter declares what it only reads as char *. */
static char *
writable(const char *string)
{
	return (char *)(uintptr_t)string;
}

sfsistat
reply_refuse(struct daemon *daemon, SMFICTX *ctx, const struct decision *d)
{
	/* Without the text the MTA's own still says 4xx or 5xx. */
	if (smfi_setreply(ctx, writable(d->code), writable(d->enhanced),
	    writable(d->text)) != MI_SUCCESS)
		metrics_add(daemon->services.metrics, METRIC_PROTOCOL_ERRORS,
		    1);
	return d->done == ACTION_REJECT ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

/* The value as the MTA wants it: with its leading space once negotiated. */
static char *
edit_value(const struct terms *terms, const struct edit *edit)
{
	size_t space = (terms->steps & SMFIP_HDR_LEADSPC) != 0;
	char *value = mem_alloc(space + edit->value.n + 1);

	memset(value, ' ', space);
	memcpy(value + space, edit->value.p, edit->value.n);
	return value;
}

static int
make_edit(SMFICTX *ctx, const struct terms *terms, const struct edit *edit)
{
	char *name = mem_copy(edit->name.p, edit->name.n);
	char *value = edit_value(terms, edit);
	int status;

	if (edit->kind == EDIT_INSERT)
		status = smfi_insheader(ctx, 0, name, value);
	else
		status = smfi_chgheader(ctx, name, (int)edit->nth,
		    edit->kind == EDIT_REMOVE ? NULL : value);
	free(name);
	free(value);
	return status;
}

static void
make_edits(struct daemon *daemon, SMFICTX *ctx, const struct terms *terms,
    const struct edits *edits)
{
	struct metrics *metrics = daemon->services.metrics;
	size_t i;

	if (!(terms->actions & SMFIF_ADDHDRS) ||
	    !(terms->actions & SMFIF_CHGHDRS))
		return;
	for (i = 0; i < edits->count; i++) {
		if (make_edit(ctx, terms, &edits->edit[i]) != MI_SUCCESS)
			metrics_add(metrics, METRIC_PROTOCOL_ERRORS, 1);
		else if (edits->edit[i].kind == EDIT_REMOVE)
			metrics_add(metrics, METRIC_HEADERS_REMOVED, 1);
	}
}

sfsistat
reply_message(struct daemon *daemon, SMFICTX *ctx, const struct terms *terms,
    const struct decision *d, const struct edits *edits)
{
	char *reason;

	if (d->done >= ACTION_DEFER)
		return reply_refuse(daemon, ctx, d);
	make_edits(daemon, ctx, terms, edits);
	/* An MTA that cannot hold mail delivers it, marked. */
	if (d->done == ACTION_QUARANTINE &&
	    (terms->actions & SMFIF_QUARANTINE)) {
		reason = mem_printf("held by postern [%s]", d->token);
		if (smfi_quarantine(ctx, reason) != MI_SUCCESS)
			metrics_add(daemon->services.metrics,
			    METRIC_PROTOCOL_ERRORS, 1);
		free(reason);
	}
	return SMFIS_CONTINUE;
}
