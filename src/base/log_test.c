#include "base/log.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/test.h"

/* What a log line writes to stderr, through a pipe in its place. */
static size_t logged(enum log_level level, const char *text, char *out, size_t size)
{
    int ends[2];
    int saved = dup(STDERR_FILENO);
    if (!CHECK(saved >= 0 && pipe(ends) == 0)) return 0;
    dup2(ends[1], STDERR_FILENO);
    log_level_set(LOG_INFO);
    log_line(level, "%s", text);
    log_level_set(LOG_OFF);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    ssize_t got = read(ends[0], out, size - 1);
    close(ends[0]);
    out[got > 0 ? got : 0] = 0;
    return got > 0 ? (size_t)got : 0;
}

TEST(log_lines_cannot_be_forged)
{
    char line[8192];
    size_t size = logged(LOG_ERROR, "a\nb\x1b[31m\x7f", line, sizeof(line));
    CHECK(size > 0 && line[size - 1] == '\n');
    CHECK(strchr(line, '\n') == line + size - 1);
    CHECK(strstr(line, "Z error a\\x0ab\\x1b[31m\\x7f\n") != NULL);
}

TEST(log_lines_are_bounded_and_levels_hold)
{
    char line[8192], text[6001];
    memset(text, '\n', 6000);
    text[6000] = 0;
    size_t size = logged(LOG_ERROR, text, line, sizeof(line));
    CHECK(size > 1000 && size <= 4096);
    CHECK(line[size - 1] == '\n');
    CHECK_INT(logged(LOG_DEBUG, "x", line, sizeof(line)), 0);
}
