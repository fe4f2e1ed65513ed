/*
 * The rows of one XLSX sheet. The parser is paused behind every filled row, so
 * a pull interface costs no buffering: what is in memory is one row.
 *
 * Empty cells and rows are left out by programs; positions come from r="C5"
 * and fall back to counting. Of merged cells only the top left one has a
 * value in the file, and that is all that is read.
 */
#include <stdio.h>

#include "base/time.h"
#include "ingest/value.h"
#include "ingest/xlsx_book.h"

enum { SHEET_ROW_MAX = 1048576, SHEET_COLUMN_MAX = 16384 };

enum cell_type { CELL_NUMBER = 0, CELL_SHARED, CELL_INLINE, CELL_TEXT, CELL_BOOL, CELL_ERROR,
                 CELL_ISO_DATE };

struct xlsx {
    struct ingest_table *table;
    struct xlsx_book book;
    struct xlsx_xml xml;
    /* The running call. */
    struct scope *scope;
    struct ingest_raw_row *row;
    /* Where the parser is. */
    bool is_in_data, is_in_row, is_in_cell, is_in_value, is_row_ready;
    int phonetic_depth;
    int64_t row_number;
    int column, next_column;
    enum cell_type type;
    int64_t style;
    struct buf value;
};

static void broken(struct xlsx *xlsx)
{
    ingest_fail(xlsx->scope, ERROR_MALFORMED, "ingest.xlsx_cell", xlsx->row_number, xlsx->column);
    xlsx_xml_stop(&xlsx->xml);
}

/* "BC12" -> 54; the row in it is not looked at. False when there are no letters. */
static bool column_read(struct str place, int *out)
{
    int column = 0;
    size_t at = 0;
    for (; at < place.size && at < 4; at++) {
        char letter = (char)(place.data[at] & ~0x20);
        if (letter < 'A' || letter > 'Z') break;
        column = column * 26 + (letter - 'A' + 1);
    }
    *out = column - 1;
    return at > 0 && column <= SHEET_COLUMN_MAX;
}

static void row_start(struct xlsx *xlsx, const char **attributes)
{
    int64_t number = xlsx->row_number + 1;
    struct str place = xlsx_attribute(attributes, "r");
    bool is_good = place.size == 0 || str_to_int64(place, &number);
    xlsx->column = -1;
    if (!is_good || number <= xlsx->row_number || number > SHEET_ROW_MAX) {
        broken(xlsx);
        return;
    }
    xlsx->row_number = number;
    xlsx->next_column = 0;
    xlsx->is_in_row = true;
    ingest_raw_begin(xlsx->row, number);
}

static enum cell_type type_read(struct str name)
{
    static const struct {
        const char *name;
        enum cell_type type;
    } types[] = { { "s", CELL_SHARED }, { "inlineStr", CELL_INLINE }, { "str", CELL_TEXT },
                  { "b", CELL_BOOL },   { "e", CELL_ERROR },          { "d", CELL_ISO_DATE } };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]) && name.size > 0; i++) {
        if (str_is(name, types[i].name)) return types[i].type;
    }
    return CELL_NUMBER;
}

static void cell_start(struct xlsx *xlsx, const char **attributes)
{
    struct str place = STR(""), type = STR(""), style = STR("");
    for (; attributes[0]; attributes += 2) {
        const char *name = attributes[0];
        if (name[0] == 0 || name[1] != 0) continue;
        struct str value = str_of(attributes[1]);
        if (name[0] == 'r') place = value;
        if (name[0] == 't') type = value;
        if (name[0] == 's') style = value;
    }
    xlsx->column = xlsx->next_column;
    if (place.size > 0 && !column_read(place, &xlsx->column)) {
        broken(xlsx);
        return;
    }
    xlsx->next_column = xlsx->column + 1;
    xlsx->type = type_read(type);
    if (!str_to_int64(style, &xlsx->style)) xlsx->style = 0;
    xlsx->is_in_cell = true;
    xlsx->phonetic_depth = 0;
    buf_cut(&xlsx->value, 0);
}

static void on_start(struct xlsx_xml *xml, const char *name, const char **attributes)
{
    struct xlsx *xlsx = xml->context;
    if (!xlsx->is_in_data) {
        xlsx->is_in_data = strcmp(name, "sheetData") == 0;
    } else if (xlsx->is_in_cell) {
        if (strcmp(name, "rPh") == 0) xlsx->phonetic_depth += 1;
        bool is_value = xlsx->type == CELL_INLINE ? strcmp(name, "t") == 0 : strcmp(name, "v") == 0;
        xlsx->is_in_value = is_value && xlsx->phonetic_depth == 0;
    } else if (xlsx->is_in_row) {
        if (strcmp(name, "c") == 0) cell_start(xlsx, attributes);
    } else if (strcmp(name, "row") == 0) {
        row_start(xlsx, attributes);
    }
}

static void on_text(struct xlsx_xml *xml, struct str text)
{
    struct xlsx *xlsx = xml->context;
    if (xlsx->is_in_value) buf_put(&xlsx->value, text);
}

/* Times without a date and elapsed times have no type of ours: "8:30:00", "30:00:00". */
static struct ingest_cell clock_cell(struct scope *scope, int64_t days, int32_t day_ms)
{
    int64_t second = days * 86400 + day_ms / TIME_SECOND_MS;
    struct str text = scope_format(scope, "%lld:%02d:%02d", (long long)(second / 3600),
                                   (int)(second / 60 % 60), (int)(second % 60));
    return (struct ingest_cell){ .kind = INGEST_CELL_TEXT, .text = text };
}

static struct ingest_cell number_cell(struct xlsx *xlsx, struct str value)
{
    struct str raw = scope_copy(xlsx->scope, str_trim(value));
    struct ingest_cell cell = { .kind = INGEST_CELL_NUMBER, .text = raw };
    enum xlsx_style style = xlsx_book_style(&xlsx->book, xlsx->style);
    cell.is_percent = style == XLSX_STYLE_PERCENT;
    if (style == XLSX_STYLE_NUMBER || style == XLSX_STYLE_PERCENT) return cell;
    int64_t days;
    int32_t day_ms;
    if (!ingest_serial_read(raw, xlsx->book.is_1904, &days, &day_ms)) return cell;
    int64_t first = xlsx->book.is_1904 ? -24107 : -25569 + 1; /* the day of serial 0 */
    if (style == XLSX_STYLE_ELAPSED) return clock_cell(xlsx->scope, days - first, day_ms);
    if (days == first && !(xlsx->book.is_1904 && style == XLSX_STYLE_DATE)) {
        return clock_cell(xlsx->scope, 0, day_ms);
    }
    cell.kind = INGEST_CELL_DATE;
    cell.days = days;
    cell.day_ms = day_ms;
    cell.has_time = day_ms != 0;
    return cell;
}

static struct ingest_cell iso_cell(struct xlsx *xlsx, struct str value)
{
    struct str text = scope_copy(xlsx->scope, str_trim(value));
    struct ingest_date date;
    if (!ingest_read_date(text, INGEST_DATE_YMD, &date)) {
        return (struct ingest_cell){ .kind = INGEST_CELL_TEXT, .text = text };
    }
    return (struct ingest_cell){ .kind = INGEST_CELL_DATE, .text = text, .days = date.days,
                                 .day_ms = date.day_ms, .has_time = date.has_time };
}

static bool cell_make(struct xlsx *xlsx, struct ingest_cell *out)
{
    struct str value = buf_str(&xlsx->value);
    int64_t index;
    *out = (struct ingest_cell){ 0 };
    switch (xlsx->type) {
    case CELL_SHARED:
        if (str_trim(value).size == 0) return true;
        if (!str_to_int64(str_trim(value), &index)) return false;
        if (!xlsx_book_string(&xlsx->book, index, &out->text)) return false;
        out->kind = INGEST_CELL_TEXT;
        return true;
    case CELL_INLINE:
    case CELL_TEXT:
        out->kind = INGEST_CELL_TEXT;
        out->text = xlsx_unescape(xlsx->scope, scope_copy(xlsx->scope, value));
        return true;
    case CELL_BOOL:
        value = str_trim(value);
        out->kind = value.size > 0 ? INGEST_CELL_BOOL : INGEST_CELL_BLANK;
        out->is_true = str_is(value, "1") || str_is(value, "true");
        return true;
    case CELL_ERROR:
        out->note = scope_copy(xlsx->scope, str_trim(value));
        return true;
    case CELL_ISO_DATE:
        if (str_trim(value).size > 0) *out = iso_cell(xlsx, value);
        return true;
    case CELL_NUMBER:
        break;
    }
    struct ingest_cell number = { 0 };
    if (str_trim(value).size > 0) number = number_cell(xlsx, value);
    *out = number;
    return true;
}

static void cell_end(struct xlsx *xlsx)
{
    struct ingest_cell cell;
    xlsx->is_in_cell = false;
    if (xlsx->value.is_over) {
        ingest_fail_limit(xlsx->scope, "ingest.cell_long", xlsx->row_number, xlsx->column,
                          INGEST_CELL_SIZE_MAX);
        xlsx_xml_stop(&xlsx->xml);
        return;
    }
    if (!cell_make(xlsx, &cell)) {
        broken(xlsx);
        return;
    }
    bool is_filled = cell.kind == INGEST_CELL_TEXT ? str_trim(cell.text).size > 0
                                                   : cell.kind != INGEST_CELL_BLANK;
    if (!is_filled && cell.note.size == 0) return;
    if (xlsx->column >= INGEST_COLUMN_COUNT_MAX) {
        ingest_fail_limit(xlsx->scope, "ingest.columns_many", xlsx->row_number, -1,
                          INGEST_COLUMN_COUNT_MAX);
        xlsx_xml_stop(&xlsx->xml);
        return;
    }
    if (cell.kind == INGEST_CELL_TEXT) {
        ingest_raw_put_text(xlsx->row, xlsx->column, cell.text, false);
        return;
    }
    /* A row of nothing but errors is still a row: its notes explain what is missing. */
    xlsx->row->cells[xlsx->column] = cell;
    if (xlsx->column >= xlsx->row->count) xlsx->row->count = xlsx->column + 1;
    xlsx->row->is_filled = true;
}

static void on_end(struct xlsx_xml *xml, const char *name)
{
    struct xlsx *xlsx = xml->context;
    xlsx->is_in_value = false;
    if (xlsx->is_in_cell) {
        if (strcmp(name, "rPh") == 0) xlsx->phonetic_depth -= 1;
        if (strcmp(name, "c") == 0) cell_end(xlsx);
    } else if (xlsx->is_in_row && strcmp(name, "row") == 0) {
        xlsx->is_in_row = false;
        if (!xlsx->row->is_filled) return;
        xlsx->is_row_ready = true;
        xlsx_xml_pause(xml);
    } else if (strcmp(name, "sheetData") == 0) {
        xlsx->is_in_data = false;
    }
}

static bool sheet_next(void *state, struct scope *scope, struct ingest_raw_row *row)
{
    struct xlsx *xlsx = state;
    xlsx->scope = scope;
    xlsx->row = row;
    xlsx->is_row_ready = false;
    row->number = 0;
    if (xlsx->xml.is_finished) return true;
    if (!xlsx_xml_run(scope, &xlsx->xml)) return false;
    if (!xlsx->is_row_ready) {
        row->number = 0;
        return true;
    }
    if (row->number <= INGEST_ROW_COUNT_MAX) return true;
    return ingest_fail_limit(scope, "ingest.rows_many", row->number, -1, INGEST_ROW_COUNT_MAX);
}

static bool sheet_rewind(void *state, struct scope *scope, int sheet)
{
    struct xlsx *xlsx = state;
    bool is_found;
    const char *part = xlsx->book.sheet_parts[sheet];
    xlsx_xml_end(&xlsx->xml);
    xlsx->is_in_data = xlsx->is_in_row = xlsx->is_in_cell = xlsx->is_in_value = false;
    xlsx->row_number = 0;
    xlsx->phonetic_depth = 0;
    xlsx->value.is_over = false;
    if (!xlsx_part_open(scope, &xlsx->book.zip, part, XLSX_SHEET_SIZE_MAX, &is_found)) return false;
    if (!is_found) return xlsx_fail(scope, "ingest.xlsx_malformed", part);
    return xlsx_xml_begin(scope, &xlsx->xml, &xlsx->book.zip);
}

static void parser_close(void *context)
{
    struct xlsx *xlsx = context;
    xlsx_xml_end(&xlsx->xml);
}

static const struct ingest_reader xlsx_reader = { sheet_rewind, sheet_next };

bool ingest_xlsx_open(struct ingest_table *table)
{
    struct xlsx *xlsx = scope_new(table->scope, struct xlsx, 1);
    xlsx->table = table;
    table->reader = &xlsx_reader;
    table->state = xlsx;
    xlsx->xml = (struct xlsx_xml){ .start = on_start, .end = on_end, .text = on_text,
                                   .context = xlsx };
    buf_begin(&xlsx->value, table->scope, INGEST_CELL_SIZE_MAX);
    scope_defer(table->scope, parser_close, xlsx);
    if (!xlsx_book_open(table->scope, &xlsx->book, &table->source)) return false;
    table->sheets = xlsx->book.sheets;
    table->sheet_count = xlsx->book.sheet_count;
    return true;
}
