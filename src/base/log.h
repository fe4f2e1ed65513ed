#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/str.h"

/* One line per event on stderr: time, level, text. Control characters are escaped. */
enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum { LOG_OFF = LOG_ERROR + 1 };
/* What is below level is not written; with LOG_OFF nothing is. */
void log_level_set(int level);
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
