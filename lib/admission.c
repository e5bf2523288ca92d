/* admission - whether a new generation may judge mail. */
#include "admission.h"

#include "selftest.h"

/* Of a configuration, half may go on purpose; all of a file is an accident. */
#define CONFIGURATION_SHRINK 100	/* percent */

static int
keep_lists(const struct snapshot *s, const struct admission *a,
    struct error *error)
{
	struct error reason;

	if (a->previous == NULL || a->shrunk || s->reload->shrink == 0)
		return 0;
	if (manifest_kept(conf_manifest(s->conf),
	    conf_manifest(a->previous->conf), CONFIGURATION_SHRINK,
	    &reason) == 0 &&
	    manifest_kept(&s->manifest, &a->previous->manifest,
	    s->reload->shrink, &reason) == 0)
		return 0;
	return error_set(error, "%s; \"posternctl reload --accept-shrink\" "
	    "takes it as it is", reason.text);
}

int
admission_check(struct snapshot *s, struct admission *a, struct error *error)
{
	if (s->geo_fault.text[0] != '\0') {
		*error = s->geo_fault;
		return -1;
	}
	if (manifest_settled(conf_manifest(s->conf), a->now, error) != 0 ||
	    manifest_settled(&s->manifest, a->now, error) != 0 ||
	    keep_lists(s, a, error) != 0)
		return -1;
	return selftest_run(s, a->now, &a->messages, error);
}
