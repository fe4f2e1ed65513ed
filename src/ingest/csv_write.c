/*
 * CSV out: RFC 4180 with CRLF. A spreadsheet would run text that starts with
 * = + - @ tab or CR as a formula, so such text gets a ' in front unless it is a
 * plain number. Text that itself starts with ' gets one more: the reader
 * (table.c) takes exactly one off again.
 */
#include "ingest/table_write_inner.h"

static bool is_plain_number(struct str text)
{
    size_t at = text.size > 0 && (text.data[0] == '-' || text.data[0] == '+') ? 1 : 0;
    size_t digits = 0, points = 0;
    for (; at < text.size; at++) {
        bool is_digit = text.data[at] >= '0' && text.data[at] <= '9';
        if (!is_digit && text.data[at] != '.') return false;
        digits += is_digit;
        points += !is_digit;
    }
    return digits > 0 && points <= 1;
}

static bool needs_guard(struct str text)
{
    if (text.size == 0 || text.data[0] == 0) return false;
    if (text.data[0] == '\'') return true;
    return strchr("=+-@\t\r", text.data[0]) != NULL && !is_plain_number(text);
}

static bool needs_quotes(struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        if (byte == ',' || byte == '"' || byte == '\n' || byte == '\r' || byte == ';' ||
            byte == '\t') {
            return true;
        }
    }
    return text.size > 0 && (text.data[0] == ' ' || text.data[text.size - 1] == ' ');
}

static void cell_put(struct buf *out, struct str text, bool is_text)
{
    bool has_guard = is_text && needs_guard(text);
    bool has_quotes = needs_quotes(text);
    if (has_quotes) buf_put_char(out, '"');
    if (has_guard) buf_put_char(out, '\'');
    size_t start = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] != '"') continue;
        buf_put(out, str_slice(text, start, i + 1));
        buf_put_char(out, '"');
        start = i + 1;
    }
    buf_put(out, str_slice(text, start, text.size));
    if (has_quotes) buf_put_char(out, '"');
}

/* Rows are bounded by what a record may hold; this is far above it. */
enum { CSV_ROW_SIZE_MAX = 64 * 1024 * 1024 };

static bool csv_row(struct table_writer *writer, struct scope *scope,
                    const struct table_value *values)
{
    struct buf out;
    buf_begin(&out, scope, CSV_ROW_SIZE_MAX);
    for (int i = 0; i < writer->column_count; i++) {
        const struct table_column *column = &writer->columns[i];
        if (i > 0) buf_put_char(&out, ',');
        cell_put(&out, table_value_text(scope, writer, column, &values[i]),
                 column->kind == TABLE_TEXT);
    }
    buf_put(&out, STR("\r\n"));
    if (out.is_over) return error_storage(scope, STR("a row is too large for a CSV"));
    return table_stream_put(writer, scope, buf_str(&out));
}

static bool csv_begin(struct table_writer *writer, struct scope *scope, const char *path)
{
    struct buf out;
    if (!table_stream_open(writer, scope, path)) return false;
    buf_begin(&out, scope, CSV_ROW_SIZE_MAX);
    if (writer->options.has_bom) buf_put(&out, STR("\xef\xbb\xbf"));
    for (int i = 0; i < writer->column_count; i++) {
        if (i > 0) buf_put_char(&out, ',');
        cell_put(&out, writer->columns[i].title, true);
    }
    buf_put(&out, STR("\r\n"));
    return table_stream_put(writer, scope, buf_str(&out));
}

const struct table_file table_file_csv = { csv_begin, csv_row, table_stream_end };
