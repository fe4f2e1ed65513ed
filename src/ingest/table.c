/*
 * The half of reading that does not care about the kind of file: sources, the
 * search for the header, padding, and cells as text.
 *
 * Invariant: a row handed out has exactly header.count cells.
 */
#include "ingest/table_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "ingest/value.h"

enum { HEADER_ROW_MAX = 1000 };

bool ingest_fail(struct scope *scope, enum error_code code, const char *key, int64_t row,
                 int column)
{
    error_set(scope, code, key, STR(""));
    if (row > 0) {
        error_arg(scope, "row", scope_format(scope, "%lld", (long long)row));
        struct error_item *item = error_last(scope);
        if (item) item->position = row;
    }
    if (column >= 0) error_arg(scope, "column", ingest_column_name(scope, column));
    return false;
}

bool ingest_fail_limit(struct scope *scope, const char *key, int64_t row, int column,
                       int64_t limit)
{
    ingest_fail(scope, ERROR_TOO_LARGE, key, row, column);
    return error_arg(scope, "limit", scope_format(scope, "%lld", (long long)limit));
}

int64_t ingest_source_read(const struct ingest_source *source, int64_t offset, void *out,
                           size_t size)
{
    if (offset < 0 || offset >= source->size) return 0;
    if ((int64_t)size > source->size - offset) size = (size_t)(source->size - offset);
    if (source->fd < 0) {
        memcpy(out, source->bytes.data + offset, size);
        return (int64_t)size;
    }
    size_t done = 0;
    while (done < size) {
        ssize_t got = pread(source->fd, (char *)out + done, size - done, offset + (off_t)done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -1;
        if (got == 0) break;
        done += (size_t)got;
    }
    return (int64_t)done;
}

void ingest_raw_begin(struct ingest_raw_row *row, int64_t number)
{
    memset(row->cells, 0, sizeof(row->cells[0]) * (size_t)row->count);
    row->number = number;
    row->count = 0;
    row->is_filled = false;
}

/*
 * People and our own CSV writer put a ' before text that would be taken for a
 * formula or a number; it is not part of the text. An XLSX knows types and
 * needs no guard, but numbers pasted as text bring theirs along.
 */
static struct str without_guard(struct str text, bool is_csv)
{
    if (text.size < 2 || text.data[0] != '\'') return text;
    size_t digits = 0;
    while (1 + digits < text.size && text.data[1 + digits] >= '0' && text.data[1 + digits] <= '9') {
        digits += 1;
    }
    bool is_guard = digits + 1 == text.size;
    if (is_csv) is_guard = digits > 0 || (text.data[1] && strchr("=+-@\t\r'", text.data[1]));
    return is_guard ? str_slice(text, 1, text.size) : text;
}

void ingest_raw_put_text(struct ingest_raw_row *row, int column, struct str text, bool is_csv)
{
    if (str_trim(text).size == 0) return;
    row->cells[column] =
        (struct ingest_cell){ .kind = INGEST_CELL_TEXT, .text = without_guard(text, is_csv) };
    if (column >= row->count) row->count = column + 1;
    row->is_filled = true;
}

static int filled_count(const struct ingest_raw_row *row)
{
    int count = 0;
    for (int i = 0; i < row->count; i++) count += row->cells[i].kind != INGEST_CELL_BLANK;
    return count;
}

/*
 * The header is the first row that fills at least half as many cells as the
 * fullest of the first rows: titles and notes above it fill one merged cell.
 */
static bool header_find(struct ingest_table *table, struct scope *scope, int sheet, int64_t *out)
{
    int64_t numbers[INGEST_HEADER_SEARCH_MAX];
    int filled[INGEST_HEADER_SEARCH_MAX];
    int count = 0, most = 0;
    struct scope inner;
    scope_begin(&inner);
    bool ok = table->reader->rewind(table->state, scope, sheet);
    while (ok && count < INGEST_HEADER_SEARCH_MAX) {
        /* A broken row further down must not hide the header above it. */
        if (!table->reader->next(table->state, &inner, &table->raw)) break;
        if (table->raw.number == 0) break;
        numbers[count] = table->raw.number;
        filled[count] = filled_count(&table->raw);
        if (filled[count] > most) most = filled[count];
        count += 1;
    }
    if (ok && count == 0 && error_is_set(&inner)) {
        /* Again, for the error to land in the caller's scope. */
        ok = table->reader->rewind(table->state, scope, sheet) &&
             table->reader->next(table->state, scope, &table->raw);
    }
    scope_end(&inner);
    if (!ok) return false;
    if (count == 0) return ingest_fail(scope, ERROR_INVALID, "ingest.header_missing", 0, -1);
    int at = 0;
    while (filled[at] * 2 < most) at += 1;
    *out = numbers[at];
    return true;
}

/* The rows above the header stay in the caller's scope: they are few. */
static bool header_read(struct ingest_table *table, struct scope *scope, int64_t wanted)
{
    if (wanted > HEADER_ROW_MAX) {
        return ingest_fail(scope, ERROR_INVALID, "ingest.header_missing", wanted, -1);
    }
    bool is_found = false;
    while (!is_found) {
        if (!table->reader->next(table->state, scope, &table->raw)) return false;
        if (table->raw.number == 0 || table->raw.number > wanted) break;
        is_found = table->raw.number == wanted;
    }
    if (!is_found) return ingest_fail(scope, ERROR_INVALID, "ingest.header_missing", wanted, -1);
    struct ingest_header header = { .row = wanted };
    header.names = scope_new(table->scope, struct str, table->raw.count);
    for (int i = 0; i < table->raw.count; i++) {
        struct str text = str_trim(ingest_cell_text(scope, &table->raw.cells[i]));
        header.names[i] = scope_copy(table->scope, text);
        if (text.size > 0) header.count = i + 1;
    }
    if (header.count == 0) {
        return ingest_fail(scope, ERROR_INVALID, "ingest.header_missing", wanted, -1);
    }
    table->header = header;
    return true;
}

bool ingest_rewind(struct ingest_table *table, struct scope *scope, int sheet, int64_t header_row)
{
    if (sheet < 0 || sheet >= table->sheet_count) {
        return ingest_fail(scope, ERROR_NOT_FOUND, "ingest.sheet_missing", 0, -1);
    }
    table->raw.count = INGEST_COLUMN_COUNT_MAX;
    ingest_raw_begin(&table->raw, 0);
    if (header_row <= 0 && !header_find(table, scope, sheet, &header_row)) return false;
    table->sheet_current = sheet;
    return table->reader->rewind(table->state, scope, sheet) &&
           header_read(table, scope, header_row);
}

bool ingest_next(struct ingest_table *table, struct scope *scope, struct ingest_row *row,
                 bool *has_row)
{
    *row = (struct ingest_row){ 0 };
    *has_row = false;
    struct ingest_raw_row *raw = &table->raw;
    if (!table->reader->next(table->state, scope, raw)) return false;
    if (raw->number == 0) return true;
    *has_row = true;
    row->number = raw->number;
    row->count = table->header.count;
    row->cells = scope_new(scope, struct ingest_cell, row->count);
    int shared = raw->count < row->count ? raw->count : row->count;
    memcpy(row->cells, raw->cells, sizeof(raw->cells[0]) * (size_t)shared);
    for (int i = row->count; i < raw->count; i++) {
        row->extra_count += raw->cells[i].kind != INGEST_CELL_BLANK;
    }
    return true;
}

/* By name, else the first one that is shown; -1 when there is none of that name. */
static int sheet_find(const struct ingest_table *table, struct str name)
{
    int sheet = 0;
    for (int i = 0; name.size > 0 && table->is_xlsx; i++) {
        if (i == table->sheet_count) return -1;
        if (str_equal(table->sheets[i].name, name)) return i;
    }
    while (sheet < table->sheet_count - 1 && table->sheets[sheet].is_hidden) sheet += 1;
    return table->sheets[sheet].is_hidden ? 0 : sheet;
}

static bool table_start(struct scope *scope, struct ingest_table *table,
                        const struct ingest_options *options)
{
    static const struct ingest_options usual;
    if (!options) options = &usual;
    unsigned char magic[8] = { 0 };
    if (table->source.size > INGEST_FILE_SIZE_MAX) {
        return ingest_fail_limit(scope, "ingest.file_large", 0, -1,
                                 INGEST_FILE_SIZE_MAX / 1024 / 1024);
    }
    int64_t got = ingest_source_read(&table->source, 0, magic, sizeof(magic));
    if (got < 0) return ingest_fail(scope, ERROR_MALFORMED, "ingest.file_unreadable", 0, -1);
    if (got == 0) return ingest_fail(scope, ERROR_INVALID, "ingest.file_empty", 0, -1);
    if (memcmp(magic, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8) == 0) {
        return ingest_fail(scope, ERROR_INVALID, "ingest.xls_old", 0, -1);
    }
    table->raw.cells = scope_new(scope, struct ingest_cell, INGEST_COLUMN_COUNT_MAX);
    table->is_xlsx = memcmp(magic, "PK\x03\x04", 4) == 0 || memcmp(magic, "PK\x05\x06", 4) == 0;
    bool ok = table->is_xlsx ? ingest_xlsx_open(table) : ingest_csv_open(table, options);
    if (!ok) return false;
    int sheet = sheet_find(table, options->sheet);
    return options->has_no_header || ingest_rewind(table, scope, sheet, options->header_row);
}

bool ingest_open(struct scope *scope, struct str bytes, const struct ingest_options *options,
                 struct ingest_table **out)
{
    struct ingest_table *table = scope_new(scope, struct ingest_table, 1);
    table->scope = scope;
    table->source =
        (struct ingest_source){ .bytes = bytes, .fd = -1, .size = (int64_t)bytes.size };
    *out = table;
    return table_start(scope, table, options);
}

static void source_close(void *context)
{
    struct ingest_source *source = context;
    close(source->fd);
}

bool ingest_open_file(struct scope *scope, const char *path,
                      const struct ingest_options *options, struct ingest_table **out)
{
    struct ingest_table *table = scope_new(scope, struct ingest_table, 1);
    *out = table;
    table->scope = scope;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return ingest_fail(scope, ERROR_NOT_FOUND, "ingest.file_unreadable", 0, -1);
    table->source.fd = fd;
    scope_defer(scope, source_close, &table->source);
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        return ingest_fail(scope, ERROR_MALFORMED, "ingest.file_unreadable", 0, -1);
    }
    table->source.size = info.st_size;
    return table_start(scope, table, options);
}

int ingest_sheet_count(const struct ingest_table *table)
{
    return table->sheet_count;
}

struct ingest_sheet ingest_sheet(const struct ingest_table *table, int index)
{
    if (index < 0 || index >= table->sheet_count) return (struct ingest_sheet){ 0 };
    return table->sheets[index];
}

int ingest_sheet_current(const struct ingest_table *table)
{
    return table->sheet_current;
}

struct ingest_header ingest_header(const struct ingest_table *table)
{
    return table->header;
}

enum ingest_encoding ingest_encoding(const struct ingest_table *table)
{
    return table->is_xlsx ? INGEST_ENCODING_UTF8 : table->encoding;
}

struct str ingest_column_name(struct scope *scope, int column)
{
    char name[8];
    int at = (int)sizeof(name);
    for (int rest = column + 1; rest > 0 && at > 0; rest = (rest - 1) / 26) {
        name[--at] = (char)('A' + (rest - 1) % 26);
    }
    return scope_copy(scope, (struct str){ name + at, sizeof(name) - (size_t)at });
}

struct str ingest_cell_text(struct scope *scope, const struct ingest_cell *cell)
{
    switch (cell->kind) {
    case INGEST_CELL_TEXT: return cell->text;
    case INGEST_CELL_NUMBER: return ingest_number_plain(scope, cell->text);
    case INGEST_CELL_BOOL: return cell->is_true ? STR("TRUE") : STR("FALSE");
    case INGEST_CELL_DATE: break;
    case INGEST_CELL_BLANK: return STR("");
    }
    int year, month, day;
    time_civil_from_days(cell->days, &year, &month, &day);
    if (!cell->has_time) return scope_format(scope, "%04d-%02d-%02d", year, month, day);
    int second = cell->day_ms / TIME_SECOND_MS;
    return scope_format(scope, "%04d-%02d-%02d %02d:%02d:%02d", year, month, day, second / 3600,
                        second / 60 % 60, second % 60);
}
