/*
 * The front of the writers: opens the right one, counts and bounds rows, and
 * makes texts of values the same way for all.
 */
#include "ingest/table_write_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/decimal.h"
#include "base/time.h"

static bool failed(struct scope *scope, const char *what)
{
    return error_storage(scope, scope_format(scope, "%s: %s", what, strerror(errno)));
}

static void stream_close(void *context)
{
    struct table_writer *writer = context;
    if (writer->stream) fclose(writer->stream);
    writer->stream = NULL;
}

bool table_stream_open(struct table_writer *writer, struct scope *scope, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return failed(scope, "table file");
    writer->stream = fdopen(fd, "wb");
    if (!writer->stream) {
        failed(scope, "table file");
        close(fd);
        return false;
    }
    scope_defer(scope, stream_close, writer);
    return true;
}

bool table_stream_put(struct table_writer *writer, struct scope *scope, struct str text)
{
    if (fwrite(text.data, 1, text.size, writer->stream) == text.size) return true;
    return failed(scope, "table file");
}

bool table_stream_end(struct table_writer *writer, struct scope *scope)
{
    FILE *stream = writer->stream;
    writer->stream = NULL;
    return fclose(stream) == 0 || failed(scope, "table file");
}

/* Hours without end, as [h]:mm:ss shows them; what is less than a second is left out. */
static struct str span_text(struct scope *scope, int64_t span_ms)
{
    uint64_t seconds = (span_ms < 0 ? 0 - (uint64_t)span_ms : (uint64_t)span_ms) / 1000;
    return scope_format(scope, "%s%llu:%02llu:%02llu", span_ms < 0 ? "-" : "",
                        (unsigned long long)(seconds / 3600),
                        (unsigned long long)(seconds / 60 % 60),
                        (unsigned long long)(seconds % 60));
}

struct str table_value_text(struct scope *scope, const struct table_writer *writer,
                            const struct table_column *column, const struct table_value *value)
{
    const struct table_options *options = &writer->options;
    struct buf out;
    if (!value->is_set) return STR("");
    switch (column->kind) {
    case TABLE_TEXT: return value->text;
    case TABLE_INTEGER: return scope_format(scope, "%lld", (long long)value->number);
    case TABLE_DECIMAL:
    case TABLE_MONEY: return decimal_format(scope, value->number, column->scale);
    case TABLE_BOOL:
        if (value->number) return options->yes.size > 0 ? options->yes : STR("TRUE");
        return options->no.size > 0 ? options->no : STR("FALSE");
    case TABLE_DATE:
        buf_begin(&out, scope, 32);
        time_put_date(&out, value->number);
        return buf_str(&out);
    case TABLE_SPAN: return span_text(scope, value->number);
    case TABLE_MOMENT: break;
    }
    struct civil civil = time_civil(value->number, options->zone_min);
    return scope_format(scope, "%04d-%02d-%02d %02d:%02d:%02d", civil.year, civil.month,
                        civil.day, civil.hour, civil.minute, civil.second);
}

bool table_writer_open(struct scope *scope, enum table_format format, const char *path,
                       const struct table_column *columns, int column_count,
                       const struct table_options *options, struct table_writer **out)
{
    static const struct table_file *const files[] = { [TABLE_CSV] = &table_file_csv,
                                                      [TABLE_XLSX] = &table_file_xlsx,
                                                      [TABLE_JSONL] = &table_file_jsonl };
    struct table_writer *writer = scope_new(scope, struct table_writer, 1);
    writer->file = files[format];
    writer->columns = columns;
    writer->column_count = column_count;
    if (options) writer->options = *options;
    *out = writer;
    if (column_count < 1 || column_count > TABLE_COLUMN_COUNT_MAX) {
        return error_storage(scope, STR("a table needs 1..500 columns"));
    }
    return writer->file->begin(writer, scope, path);
}

bool table_writer_row(struct table_writer *writer, struct scope *scope,
                      const struct table_value *values)
{
    if (writer->row_count == TABLE_ROW_COUNT_MAX) {
        error_set(scope, ERROR_TOO_LARGE, "table.rows_many", STR(""));
        return error_arg(scope, "limit", scope_format(scope, "%d", TABLE_ROW_COUNT_MAX));
    }
    writer->row_count += 1;
    return writer->file->row(writer, scope, values);
}

bool table_writer_end(struct table_writer *writer, struct scope *scope)
{
    return writer->file->end(writer, scope);
}

int64_t table_writer_row_count(const struct table_writer *writer)
{
    return writer->row_count;
}

int64_t table_writer_cut_count(const struct table_writer *writer)
{
    return writer->cut_count;
}
