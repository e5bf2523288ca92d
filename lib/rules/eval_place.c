/* eval_place - functions about where the client is. */
#include "rules/eval.h"
#include "rules/fieldplace.h"

/*
 * The second argument names a tag.  Only files tell us the system, and they
 * fill the tag ASN: others are filled by DNS lists of operators' choice.
 */
static int
check_asn(struct facts *f, const struct eval_call *call)
{
	struct regex_found found;
	struct span carrier;

	if (call->count > 1 && !span_is(call->args[1].text, "ASN"))
		return 0;
	carrier = fieldplace_carrier(f);
	return carrier.p != NULL && regex_match(call->args[0].regex,
	    f->scratch, carrier, 0, &found) == REGEX_MATCH;
}

const struct eval evals_place[] = {
	{"check_asn", check_asn, 1, 2, 1, "ASN"},
	{0},
};
