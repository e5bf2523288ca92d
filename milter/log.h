/*
 * log - where the daemon writes what happened: syslog (facility mail) or
 * standard error, one line at a time.  Any thread.
 */
#ifndef MILTER_LOG_H
#define MILTER_LOG_H

#include "settings.h"
#include "verdict/report.h"

struct log;

/* Standard error until the settings are known. */
struct log *log_new(const struct log_settings *);
void log_free(struct log *);

/* Notes about the daemon itself; a newline is added. */
void log_info(struct log *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void log_warn(struct log *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The line about one message. */
void log_report(struct log *, const struct report *);

#endif
