/* See archive.h. A header is one block of 512 bytes: name, octal numbers, a sum. */
#include "cli/archive.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/time.h"

enum {
    BLOCK_SIZE = 512,
    NAME_SIZE = 100,
    NAME_AT = 0,
    MODE_AT = 100,
    SIZE_AT = 124,
    TIME_AT = 136,
    SUM_AT = 148,
    TYPE_AT = 156,
    MAGIC_AT = 257,
    NUMBER_SIZE = 12,
    COPY_SIZE = 64 * 1024,
    ENTRY_COUNT_MAX = 10 * 1000 * 1000,
};

static bool cannot(struct scope *scope, struct str path)
{
    struct str reason = str_of(strerror(errno));
    error_set(scope, ERROR_INVALID, "cli.file_not_written", STR(""));
    error_arg(scope, "file", path);
    return error_arg(scope, "reason", reason);
}

static bool malformed(struct scope *scope)
{
    return error_set(scope, ERROR_MALFORMED, "archive.malformed", STR(""));
}

/* The sum of the header's bytes, its own field taken as blanks. */
static unsigned header_sum(const unsigned char *block)
{
    unsigned sum = 0;
    for (int i = 0; i < BLOCK_SIZE; i++) {
        sum += i >= SUM_AT && i < SUM_AT + 8 ? ' ' : block[i];
    }
    return sum;
}

/* Octal; what is too large for that (8 GiB) in base 256 with the first bit set. */
static void number_put(unsigned char *field, uint64_t number)
{
    if (number < (uint64_t)1 << 33) {
        snprintf((char *)field, NUMBER_SIZE, "%011llo", (unsigned long long)number);
        return;
    }
    for (int i = NUMBER_SIZE - 1; i > 0; i--, number >>= 8) field[i] = (unsigned char)number;
    field[0] = 0x80;
}

static bool number_take(const unsigned char *field, uint64_t *out)
{
    *out = 0;
    if (field[0] == 0x80) {
        for (int i = 4; i < NUMBER_SIZE; i++) *out = *out << 8 | field[i];
        return *out < (uint64_t)1 << 62;
    }
    int i = 0;
    for (; i < NUMBER_SIZE && field[i] >= '0' && field[i] <= '7'; i++) {
        *out = *out * 8 + (uint64_t)(field[i] - '0');
    }
    return i > 0 && (i == NUMBER_SIZE || field[i] == 0 || field[i] == ' ');
}

/* ---- writing ---- */

static void file_close(void *file)
{
    fclose(file);
}

bool archive_add(struct scope *scope, FILE *archive, struct str name, struct str path)
{
    unsigned char block[BLOCK_SIZE] = { 0 };
    struct stat found;
    FILE *file = fopen(path.data, "rb");
    if (!file) return cannot(scope, path);
    scope_defer(scope, file_close, file);
    if (fstat(fileno(file), &found) != 0 || name.size >= NAME_SIZE) return cannot(scope, path);
    memcpy(block + NAME_AT, name.data, name.size);
    memcpy(block + MODE_AT, "0000600", 8);
    memcpy(block + MODE_AT + 8, "0000000", 8);
    memcpy(block + MODE_AT + 16, "0000000", 8);
    number_put(block + SIZE_AT, (uint64_t)found.st_size);
    number_put(block + TIME_AT, (uint64_t)found.st_mtime);
    block[TYPE_AT] = '0';
    memcpy(block + MAGIC_AT, "ustar\00000", 8);
    snprintf((char *)block + SUM_AT, 8, "%06o", header_sum(block));
    bool ok = fwrite(block, 1, BLOCK_SIZE, archive) == BLOCK_SIZE;
    char *bytes = scope_alloc(scope, COPY_SIZE);
    int64_t left = found.st_size;
    while (ok && left > 0) {
        size_t want = left < COPY_SIZE ? (size_t)left : COPY_SIZE;
        size_t got = fread(bytes, 1, want, file);
        ok = got == want && fwrite(bytes, 1, got, archive) == got;
        left -= (int64_t)got;
    }
    size_t rest = (size_t)(found.st_size % BLOCK_SIZE);
    memset(block, 0, BLOCK_SIZE);
    if (ok && rest > 0) {
        ok = fwrite(block, 1, BLOCK_SIZE - rest, archive) == BLOCK_SIZE - rest;
    }
    return ok || cannot(scope, path);
}

bool archive_end(struct scope *scope, FILE *archive)
{
    static const char zeros[2 * BLOCK_SIZE] = { 0 };
    return fwrite(zeros, 1, sizeof(zeros), archive) == sizeof(zeros) || cannot(scope, STR(""));
}

/* ---- reading ---- */

static bool is_safe(struct str name)
{
    struct str rest = name, part;
    if (name.size == 0 || name.data[0] == '/') return false;
    while (str_split(&rest, '/', &part)) {
        if (part.size == 0 || str_is(part, ".") || str_is(part, "..")) return false;
    }
    return true;
}

static bool folders_make(struct scope *scope, struct str folder, struct str name)
{
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] != '/') continue;
        struct str path = scope_format(scope, "%.*s/%.*s", STR_ARG(folder), (int)i, name.data);
        if (mkdir(path.data, 0700) != 0 && errno != EEXIST) return cannot(scope, path);
    }
    return true;
}

static bool entry_copy(struct scope *scope, FILE *archive, uint64_t size, struct str path,
                       char *bytes)
{
    FILE *file = fopen(path.data, "wbx");
    if (!file) return cannot(scope, path);
    bool is_whole = true, is_written = true;
    uint64_t padded = (size + BLOCK_SIZE - 1) / BLOCK_SIZE * BLOCK_SIZE;
    for (uint64_t at = 0; is_whole && is_written && at < padded;) {
        size_t want = padded - at < COPY_SIZE ? (size_t)(padded - at) : COPY_SIZE;
        size_t used = at + want <= size ? want : (size_t)(size - at);
        is_whole = fread(bytes, 1, want, archive) == want;
        is_written = is_whole && fwrite(bytes, 1, used, file) == used;
        at += want;
    }
    is_written = fclose(file) == 0 && is_written;
    if (!is_whole) return malformed(scope);
    return is_written || cannot(scope, path);
}

static bool is_end(const unsigned char *block)
{
    for (int i = 0; i < BLOCK_SIZE; i++) {
        if (block[i] != 0) return false;
    }
    return true;
}

/* *is_last: the blocks of zeros were reached. */
static bool entry_take(struct scope *scope, FILE *archive, struct str folder, char *bytes,
                       bool *is_last)
{
    unsigned char block[BLOCK_SIZE + 1] = { 0 };
    uint64_t size, sum = 0;
    if (fread(block, 1, BLOCK_SIZE, archive) != BLOCK_SIZE) return malformed(scope);
    *is_last = is_end(block);
    if (*is_last) return true;
    for (int i = SUM_AT; i < SUM_AT + 8 && block[i] >= '0' && block[i] <= '7'; i++) {
        sum = sum * 8 + (uint64_t)(block[i] - '0');
    }
    const char *text = (const char *)block + NAME_AT;
    struct str name = { text, strnlen(text, NAME_SIZE) };
    bool is_good = sum == header_sum(block) && block[TYPE_AT] == '0' &&
                   number_take(block + SIZE_AT, &size) && is_safe(name);
    if (!is_good) return malformed(scope);
    struct str path = scope_format(scope, "%.*s/%.*s", STR_ARG(folder), STR_ARG(name));
    return folders_make(scope, folder, name) && entry_copy(scope, archive, size, path, bytes);
}

bool archive_unpack(struct scope *scope, FILE *archive, struct str folder)
{
    char *bytes = scope_alloc(scope, COPY_SIZE);
    bool is_last = false;
    for (int i = 0; !is_last && i < ENTRY_COUNT_MAX; i++) {
        if (!entry_take(scope, archive, folder, bytes, &is_last)) return false;
    }
    return is_last || malformed(scope);
}
