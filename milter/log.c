/* log - where the daemon writes what happened. */
#include "milter/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

#define LOG_LINE_MAX 16384	/* of a text line; journald takes 48k */
#define LOG_NOTE_MAX 4096

struct log {
	bool to_stderr;
	bool json;
};

struct log *
log_new(const struct log_settings *settings)
{
	struct log *log = mem_alloc(sizeof(*log));

	log->to_stderr = settings->to == LOG_TARGET_STDERR;
	log->json = settings->format == LOG_FORMAT_JSON;
	/* libmilter writes its own complaints through syslog. */
	openlog("postern", LOG_PID, LOG_MAIL);
	return log;
}

void
log_free(struct log *log)
{
	free(log);
}

/* One write, so that lines of several threads do not mix. */
static void
log_line(struct log *log, int priority, struct buf *line)
{
	if (!log->to_stderr) {
		syslog(priority, "%s", buf_string(line));
		return;
	}
	/* However full it is, or else the next line would be part of it. */
	line->max++;
	buf_char(line, '\n');
	if (write(STDERR_FILENO, line->p, line->n) < 0)
		return;		/* there is nobody left to tell */
}

static void __attribute__((format(printf, 3, 0)))
log_note(struct log *log, int priority, const char *fmt, va_list ap)
{
	char text[LOG_NOTE_MAX];
	struct buf line;

	vsnprintf(text, sizeof(text), fmt, ap);
	buf_init(&line, LOG_LINE_MAX);
	if (log->json) {
		buf_printf(&line, "{\"level\":\"%s\",\"note\":",
		    priority == LOG_INFO ? "info" : "warning");
		text_json(&line, span_of(text));
		buf_char(&line, '}');
	} else {
		text_escape(&line, span_of(text));
	}
	log_line(log, priority, &line);
	buf_done(&line);
}

void
log_info(struct log *log, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_note(log, LOG_INFO, fmt, ap);
	va_end(ap);
}

void
log_warn(struct log *log, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_note(log, LOG_WARNING, fmt, ap);
	va_end(ap);
}

void
log_report(struct log *log, const struct report *report)
{
	struct buf line;

	buf_init(&line, log->json ? REPORT_MAX : LOG_LINE_MAX);
	if (log->json)
		report_json(report, &line);
	else
		report_log(report, &line);
	log_line(log, LOG_INFO, &line);
	buf_done(&line);
}
