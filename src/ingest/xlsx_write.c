/*
 * XLSX out through libxlsxwriter in constant memory: a row is on disk before
 * the next one comes. Numbers are doubles in this format, so what has more than
 * 15 digits goes out as text and stays exact.
 *
 * Texts are always written as strings, so "=1+1" is a text and no formula.
 */
#include <stdlib.h>
#include <xlsxwriter.h>

#include "base/decimal.h"
#include "base/time.h"
#include "base/utf8.h"
#include "ingest/table_write_inner.h"

enum {
    FOOTER_SIZE_MAX = 100, /* bytes of the mark, which may be doubled */
    WIDTH_MIN = 8, WIDTH_MAX = 60,
    SERIAL_1970 = 25569,
    DAYS_MIN = -25508, /* 1900-03-01: before, Excel counts a day that never was */
    SHEET_NAME_MAX = 31,
    FOLDER_SIZE_MAX = 4096,
};
static const int64_t exact_max = 999999999999999; /* 15 digits */

struct xlsx_sheet_writer {
    lxw_worksheet *sheet;
    lxw_format *formats[TABLE_COLUMN_COUNT_MAX];
    lxw_format *head;
    int widths[TABLE_COLUMN_COUNT_MAX];
    char folder[FOLDER_SIZE_MAX]; /* for passing files: beside the result */
};

static bool failed(struct scope *scope, lxw_error error)
{
    return error_storage(scope, scope_format(scope, "xlsx: %s", lxw_strerror(error)));
}

static void workbook_drop(void *context)
{
    struct table_writer *writer = context;
    if (writer->workbook) lxw_workbook_free(writer->workbook);
    writer->workbook = NULL;
}

/* Columns a text takes: Chinese letters count 2. The first line decides. */
static int text_width(struct str text)
{
    int width = 0;
    for (size_t offset = 0; offset < text.size && width < WIDTH_MAX;) {
        uint32_t point = utf8_next(text, &offset);
        if (point == '\n') break;
        bool is_wide = utf8_is_cjk(point) || (point >= 0x3000 && point <= 0x303f) ||
                       (point >= 0xff01 && point <= 0xff60);
        width += is_wide ? 2 : 1;
    }
    return width;
}

static void width_note(struct xlsx_sheet_writer *xlsx, int column, int width)
{
    if (width > WIDTH_MAX) width = WIDTH_MAX;
    if (width > xlsx->widths[column]) xlsx->widths[column] = width;
}

/* At most TABLE_TEXT_MAX UTF-16 units, which is how Excel counts. */
static struct str text_cut(struct table_writer *writer, struct str text)
{
    size_t units = 0, offset = 0;
    if (text.size <= TABLE_TEXT_MAX) return text;
    while (offset < text.size) {
        size_t before = offset;
        units += utf8_next(text, &offset) > 0xffff ? 2 : 1;
        if (units <= TABLE_TEXT_MAX) continue;
        writer->cut_count += 1;
        return str_slice(text, 0, before);
    }
    return text;
}

static bool is_escape(struct str text, size_t at)
{
    if (at + 7 > text.size || text.data[at + 1] != 'x' || text.data[at + 6] != '_') return false;
    for (size_t i = at + 2; i < at + 6; i++) {
        char byte = text.data[i];
        bool is_hex = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') ||
                      (byte >= 'A' && byte <= 'F');
        if (!is_hex) return false;
    }
    return true;
}

/* Text that looks like one of the format's escapes must not be taken for one. */
static struct str text_escape(struct scope *scope, struct str text)
{
    if (str_find(text, STR("_x")) == SIZE_MAX) return text;
    struct buf out;
    buf_begin(&out, scope, text.size * 8 + 16);
    for (size_t i = 0; i < text.size; i++) {
        bool needs_guard = text.data[i] == '_' && is_escape(text, i);
        if (needs_guard) buf_put(&out, STR("_x005F"));
        buf_put_char(&out, text.data[i]);
    }
    return buf_str(&out);
}

static lxw_error text_put(struct table_writer *writer, struct scope *scope, int column,
                          struct str text)
{
    struct xlsx_sheet_writer *xlsx = writer->sheet;
    if (text.size == 0) return LXW_NO_ERROR;
    text = text_cut(writer, text);
    width_note(xlsx, column, text_width(text) + 1);
    struct str safe = scope_copy(scope, text_escape(scope, text));
    return worksheet_write_string(xlsx->sheet, (lxw_row_t)writer->row_count, (lxw_col_t)column,
                                  safe.data, NULL);
}

static lxw_error number_put(struct table_writer *writer, int column, double number)
{
    struct xlsx_sheet_writer *xlsx = writer->sheet;
    return worksheet_write_number(xlsx->sheet, (lxw_row_t)writer->row_count, (lxw_col_t)column,
                                  number, xlsx->formats[column]);
}

static lxw_error value_put(struct table_writer *writer, struct scope *scope, int column,
                           const struct table_value *value)
{
    const struct table_column *info = &writer->columns[column];
    struct str text = table_value_text(scope, writer, info, value);
    bool is_exact = value->number <= exact_max && value->number >= -exact_max;
    int64_t days = value->number, day_ms = 0;
    int scale = info->kind == TABLE_INTEGER ? 0 : info->scale;
    switch (info->kind) {
    case TABLE_INTEGER:
    case TABLE_DECIMAL:
    case TABLE_MONEY:
        if (!is_exact) break;
        width_note(writer->sheet, column, (int)text.size + 3 + (int)text.size / 3);
        return number_put(writer, column,
                          (double)value->number / (double)decimal_power(scale));
    case TABLE_MOMENT:
        days = time_local_days(value->number, writer->options.zone_min);
        day_ms = value->number - time_day_start(days, writer->options.zone_min);
        if (days < DAYS_MIN) break;
        width_note(writer->sheet, column, 18);
        return number_put(writer, column,
                          (double)(days + SERIAL_1970) + (double)day_ms / TIME_DAY_MS);
    case TABLE_DATE:
        if (days < DAYS_MIN) break;
        width_note(writer->sheet, column, 12);
        return number_put(writer, column, (double)(days + SERIAL_1970));
    case TABLE_SPAN:
        if (value->number < 0) break; /* Excel shows no time before 0 */
        width_note(writer->sheet, column, (int)text.size + 3);
        return number_put(writer, column, (double)value->number / TIME_DAY_MS);
    case TABLE_TEXT:
    case TABLE_BOOL:
        break;
    }
    return text_put(writer, scope, column, text);
}

static bool xlsx_row(struct table_writer *writer, struct scope *scope,
                     const struct table_value *values)
{
    for (int i = 0; i < writer->column_count; i++) {
        if (!values[i].is_set) continue;
        lxw_error error = value_put(writer, scope, i, &values[i]);
        if (error != LXW_NO_ERROR) return failed(scope, error);
    }
    return true;
}

static lxw_format *column_format(struct table_writer *writer, const struct table_column *column)
{
    static const char *const money[] = { "#,##0", "#,##0.0", "#,##0.00", "#,##0.000",
                                         "#,##0.0000", "#,##0.00000", "#,##0.000000" };
    static const char *const plain[] = { "0", "0.0", "0.00", "0.000", "0.0000", "0.00000",
                                         "0.000000" };
    const char *code = NULL;
    switch (column->kind) {
    case TABLE_INTEGER: code = plain[0]; break;
    case TABLE_DECIMAL: code = plain[column->scale]; break;
    case TABLE_MONEY: code = money[column->scale]; break;
    case TABLE_DATE: code = "yyyy-mm-dd"; break;
    case TABLE_MOMENT: code = "yyyy-mm-dd hh:mm:ss"; break;
    case TABLE_SPAN: code = "[h]:mm:ss"; break;
    case TABLE_TEXT:
    case TABLE_BOOL: return NULL;
    }
    lxw_format *format = workbook_add_format(writer->workbook);
    if (format) format_set_num_format(format, code);
    return format;
}

/* Excel refuses these in names of sheets, and more than 31 letters. */
static const char *sheet_name(struct scope *scope, struct str wanted)
{
    struct str name = scope_copy(scope, utf8_prefix(str_trim(wanted), SHEET_NAME_MAX));
    char *bytes = scope_alloc(scope, name.size + 1);
    for (size_t i = 0; i < name.size; i++) {
        bytes[i] = strchr("[]:*?/\\'", name.data[i]) ? ' ' : name.data[i];
    }
    return name.size > 0 ? bytes : NULL;
}

static void folder_of(const char *path, char out[FOLDER_SIZE_MAX])
{
    const char *slash = strrchr(path, '/');
    size_t size = slash ? (size_t)(slash - path) : 1;
    if (size >= FOLDER_SIZE_MAX) size = FOLDER_SIZE_MAX - 1;
    memcpy(out, slash ? path : ".", size);
    out[size] = 0;
}

static bool head_put(struct table_writer *writer, struct scope *scope)
{
    struct xlsx_sheet_writer *xlsx = writer->sheet;
    for (int i = 0; i < writer->column_count; i++) {
        xlsx->formats[i] = column_format(writer, &writer->columns[i]);
        struct str title = scope_copy(scope, text_escape(scope, writer->columns[i].title));
        xlsx->widths[i] = WIDTH_MIN;
        width_note(xlsx, i, text_width(title) + 4); /* room for the filter's arrow */
        lxw_error error = worksheet_write_string(xlsx->sheet, 0, (lxw_col_t)i, title.data,
                                                 xlsx->head);
        if (error != LXW_NO_ERROR) return failed(scope, error);
    }
    worksheet_freeze_panes(xlsx->sheet, 1, 0);
    return true;
}

/*
 * Not in a cell: the file goes back in through an import as it is. In a footer & begins a
 * command, so it is doubled; a footer has at most 255 characters.
 */
static void mark_put(struct table_writer *writer, struct scope *scope)
{
    struct xlsx_sheet_writer *xlsx = writer->sheet;
    struct str mark = writer->options.mark;
    struct buf footer;
    if (mark.size == 0) return;
    lxw_doc_properties properties = {
        .author = (char *)(uintptr_t)scope_copy(scope, writer->options.author).data,
        .comments = (char *)(uintptr_t)scope_copy(scope, mark).data, /* both are only read */
    };
    workbook_set_properties(writer->workbook, &properties);
    buf_begin(&footer, scope, 1024);
    buf_put(&footer, STR("&L"));
    mark = utf8_prefix(mark, FOOTER_SIZE_MAX);
    for (size_t i = 0; i < mark.size; i++) {
        if (mark.data[i] == '&') buf_put_char(&footer, '&');
        buf_put_char(&footer, mark.data[i]);
    }
    buf_put(&footer, STR("&R&P / &N"));
    worksheet_set_footer(xlsx->sheet, scope_copy(scope, buf_str(&footer)).data);
}

static bool xlsx_begin(struct table_writer *writer, struct scope *scope, const char *path)
{
    struct xlsx_sheet_writer *xlsx = scope_new(scope, struct xlsx_sheet_writer, 1);
    writer->sheet = xlsx;
    folder_of(path, xlsx->folder);
    /* Made first by us: with our mode, and a wrong path is noticed before the rows. */
    if (!table_stream_open(writer, scope, path) || !table_stream_end(writer, scope)) return false;
    lxw_workbook_options options = { .constant_memory = LXW_TRUE, .tmpdir = xlsx->folder };
    writer->workbook = workbook_new_opt(path, &options);
    if (!writer->workbook) return error_storage(scope, STR("xlsx: out of memory"));
    scope_defer(scope, workbook_drop, writer);
    const char *name = sheet_name(scope, writer->options.sheet);
    xlsx->sheet = workbook_add_worksheet(writer->workbook, name);
    xlsx->head = workbook_add_format(writer->workbook);
    if (!xlsx->sheet || !xlsx->head) {
        return error_storage(scope, STR("xlsx: a sheet could not be made"));
    }
    format_set_bold(xlsx->head);
    mark_put(writer, scope);
    return head_put(writer, scope);
}

static bool xlsx_end(struct table_writer *writer, struct scope *scope)
{
    struct xlsx_sheet_writer *xlsx = writer->sheet;
    for (int i = 0; i < writer->column_count; i++) {
        worksheet_set_column(xlsx->sheet, (lxw_col_t)i, (lxw_col_t)i, xlsx->widths[i], NULL);
    }
    worksheet_autofilter(xlsx->sheet, 0, 0, (lxw_row_t)writer->row_count,
                         (lxw_col_t)(writer->column_count - 1));
    lxw_error error = workbook_close(writer->workbook);
    writer->workbook = NULL;
    return error == LXW_NO_ERROR || failed(scope, error);
}

const struct table_file table_file_xlsx = { xlsx_begin, xlsx_row, xlsx_end };
