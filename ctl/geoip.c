/* geoip - "posternctl geoip": what the configured files say of addresses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "check/geoip.h"
#include "ctl/commands.h"
#include "settings.h"

#define OUT_MAX (1 << 20)
#define DAY INT64_C(86400)

static const char usage_text[] = "usage: posternctl geoip [address ...]\n";

static void
put_built(int64_t built, struct buf *out)
{
	time_t seconds = (time_t)built;
	int64_t age = (clock_wall() / 1000 - built) / DAY;
	char text[40];
	struct tm tm;

	if (built == 0 || gmtime_r(&seconds, &tm) == NULL) {
		buf_puts(out, "built at an unknown time");
		return;
	}
	strftime(text, sizeof(text), "%Y-%m-%d", &tm);
	buf_printf(out, "built %s", text);
	if (age >= 0)
		buf_printf(out, " (%lld days ago)", (long long)age);
}

/* "path: GeoLite2-Country, tells country, built ..., 6543210 bytes" */
static void
put_file(const struct geo_file *f, struct buf *out)
{
	text_escape(out, span_of(f->path));
	buf_puts(out, ": ");
	text_escape(out, span_of(f->type));
	buf_puts(out, ", tells");
	if (f->facts & GEO_COUNTRY)
		buf_puts(out, " country");
	if (f->facts & GEO_ASN)
		buf_puts(out, " asn");
	if (f->facts & GEO_ORGANIZATION)
		buf_puts(out, " organization");
	buf_puts(out, ", ");
	put_built(f->built, out);
	buf_printf(out, ", %lld bytes\n", (long long)f->bytes);
}

static void
put_place(const struct geo *geo, const struct ip *ip, struct buf *out)
{
	struct place place;
	char text[IP_TEXT_MAX];

	buf_printf(out, "%s:", ip_text(ip, text));
	if (!geo_find(geo, ip, &place))
		buf_puts(out, " not known");
	if (place.country[0] != '\0')
		buf_printf(out, " country=%s", place.country);
	if (place.asn != 0)
		buf_printf(out, " asn=AS%u", place.asn);
	if (place.organization.n > 0) {
		buf_puts(out, " organization=");
		text_logvalue(out, place.organization);
	}
	buf_char(out, '\n');
}

static int
put_all(const struct geo *geo, char **addresses, struct buf *out)
{
	struct geo_file file;
	struct ip ip;
	int status = EX_OK;
	size_t i;

	for (; *addresses != NULL; addresses++) {
		if (ip_parse(span_of(*addresses), &ip)) {
			put_place(geo, &ip, out);
			continue;
		}
		text_escape(out, span_of(*addresses));
		buf_puts(out, ": not an address\n");
		status = EX_USAGE;
	}
	for (i = 0; geo_about(geo, i, &file); i++)
		put_file(&file, out);
	return status;
}

/* The files as the configuration says now; a daemon may still have others. */
static struct geo *
open_files(const struct globals *g, struct error *error)
{
	const struct section **sections = settings_sections();
	struct conf *conf = conf_load(g->conf, sections, g->overrides, error);
	struct manifest manifest;
	struct geo *geo = NULL;

	if (conf != NULL) {
		manifest_init(&manifest);
		geo = geoip_open(conf, NULL, &manifest, error);
		manifest_done(&manifest);
		if (geo == NULL && error->text[0] == '\0')
			error_set(error, "geoip.files names no file");
	}
	conf_free(conf);
	free(sections);
	return geo;
}

int
geoip_main(const struct globals *g, int argc, char **argv)
{
	struct error error;
	struct geo *geo;
	struct buf out;
	int status;

	if (argc > 1 && argv[1][0] == '-') {
		fputs(usage_text, stderr);
		return EX_USAGE;
	}
	geo = open_files(g, &error);
	if (geo == NULL) {
		fprintf(stderr, "posternctl: %s\n", error.text);
		return EX_CONFIG;
	}
	buf_init(&out, OUT_MAX);
	status = put_all(geo, argv + 1, &out);
	fwrite(out.p, 1, out.n, stdout);
	buf_done(&out);
	geo_put(geo);
	return status;
}
