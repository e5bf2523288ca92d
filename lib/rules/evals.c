/* evals - all functions that rules may call, found by name. */
#include "rules/eval.h"

static const struct eval *const tables[] = {
	evals_html,
	evals_mime,
	evals_body,
	evals_image,
	evals_address,
	evals_auth,
	evals_header,
	evals_relay,
	evals_place,
	evals_received,
	evals_uri,
	evals_bounce,
};

const struct eval *
eval_find(struct span name)
{
	const struct eval *eval;
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (eval = tables[i]; eval->name != NULL; eval++)
			if (span_is(name, eval->name))
				return eval;
	return NULL;
}
