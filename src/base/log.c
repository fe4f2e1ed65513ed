/*
 * One write() per line, so that lines of several threads do not mix. What
 * came from outside cannot forge a line: control characters are escaped.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/time.h"

enum { LINE_SIZE_MAX = 4096, TEXT_SIZE_MAX = LINE_SIZE_MAX / 2 };

static _Atomic int level_min = LOG_INFO;

void log_level_set(int level)
{
    atomic_store(&level_min, level);
}

static size_t escape(char *out, size_t out_size, const char *text)
{
    size_t size = 0;
    for (; *text && size + 5 < out_size; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 0x20 || byte == 0x7f) {
            size += (size_t)snprintf(out + size, out_size - size, "\\x%02x", byte);
        } else {
            out[size++] = *text;
        }
    }
    return size;
}

void log_line(enum log_level level, const char *format, ...)
{
    static const char *const names[] = { "debug", "info", "warn", "error" };
    if ((int)level < atomic_load(&level_min)) return;
    char text[TEXT_SIZE_MAX], line[LINE_SIZE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);

    struct civil now = time_civil(time_now_ms(), 0);
    int head = snprintf(line, sizeof(line), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %s ", now.year,
                        now.month, now.day, now.hour, now.minute, now.second, now.millisecond,
                        names[level]);
    size_t size = (size_t)head;
    size += escape(line + size, sizeof(line) - size - 1, text);
    line[size++] = '\n';
    ssize_t written = write(STDERR_FILENO, line, size);
    (void)written; /* there is nowhere to report a log that cannot be written */
}
