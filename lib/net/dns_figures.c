/* dns_figures - what happened to questions, counted and printed. */
#include "net/dns_backend.h"

static const int64_t bounds[DNS_BOUNDS] = {1, 5, 10, 25, 50, 100, 250, 1000,
    2500};

/* A negative time is that of an answer for which nobody was asked. */
void
dns_figures_answer(struct dns_figures *f, const struct dns_answer *a,
    int64_t ms)
{
	unsigned i;

	for (i = 0; a->status == DNS_FAILED && i < DNS_WHY_JOB; i++)
		if (dns_failure(i)->why == a->why)
			f->failures[i]++;
	if (ms < 0)
		return;
	for (i = 0; i < DNS_BOUNDS && ms > bounds[i];)
		i++;
	f->elapsed[i]++;
	f->elapsed_ms += (uint64_t)ms;
}

static void
print_failures(const struct dns_figures *f, struct buf *out)
{
	unsigned i;

	buf_puts(out, "# HELP postern_dns_failures_total "
	    "Questions without an answer, by reason\n"
	    "# TYPE postern_dns_failures_total counter\n");
	for (i = 0; i < DNS_WHY_JOB; i++)
		buf_printf(out, "postern_dns_failures_total{why=\"%s\"} "
		    "%llu\n", dns_failure(i)->why,
		    (unsigned long long)f->failures[i]);
}

static void
print_elapsed(const struct dns_figures *f, struct buf *out)
{
	unsigned long long sum = 0;
	unsigned i;

	buf_puts(out, "# HELP postern_dns_seconds "
	    "Time from a question to its answer\n"
	    "# TYPE postern_dns_seconds histogram\n");
	for (i = 0; i < DNS_BOUNDS; i++) {
		sum += f->elapsed[i];
		buf_printf(out, "postern_dns_seconds_bucket"
		    "{le=\"%lld.%03lld\"} %llu\n",
		    (long long)(bounds[i] / 1000),
		    (long long)(bounds[i] % 1000), sum);
	}
	sum += f->elapsed[DNS_BOUNDS];
	buf_printf(out, "postern_dns_seconds_bucket{le=\"+Inf\"} %llu\n"
	    "postern_dns_seconds_count %llu\n"
	    "postern_dns_seconds_sum %llu.%03llu\n", sum, sum,
	    (unsigned long long)(f->elapsed_ms / 1000),
	    (unsigned long long)(f->elapsed_ms % 1000));
}

void
dns_figures_print(const struct dns_figures *f, struct buf *out)
{
	const struct {
		const char *name, *type, *help;
		uint64_t value;
	} rows[] = {
		{"questions_total", "counter",
		    "Different questions of all evaluations", f->questions},
		{"cache_hits_total", "counter",
		    "Of these, answered by the cache", f->hits},
		{"joined_total", "counter",
		    "Of these, already under way for another", f->joined},
		{"asked_total", "counter",
		    "Questions that went to the resolver", f->asked},
		{"late_total", "counter",
		    "Answers that came after their time-out", f->late},
		{"under_way", "gauge",
		    "Questions at the resolver now", f->under_way},
		{"cache_bytes", "gauge",
		    "Memory of the cached answers now", f->cache_bytes},
		{"cache_answers", "gauge",
		    "Answers in the cache now", f->cache_count},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		buf_printf(out, "# HELP postern_dns_%s %s\n"
		    "# TYPE postern_dns_%s %s\npostern_dns_%s %llu\n",
		    rows[i].name, rows[i].help, rows[i].name, rows[i].type,
		    rows[i].name, (unsigned long long)rows[i].value);
	print_failures(f, out);
	print_elapsed(f, out);
}
