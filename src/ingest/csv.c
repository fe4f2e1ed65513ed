/*
 * CSV as RFC 4180 says and as programs really write it: , ; tab or | between
 * cells, CRLF, LF or CR behind rows, text with newlines in quotes, blank
 * lines, rows of different length, Excel's "sep=;" line.
 *
 * One row is one record, so numbers agree with what a spreadsheet shows,
 * also behind cells with newlines. Every cell is text.
 */
#include "base/buf.h"
#include "ingest/csv_text.h"

enum { SNIFF_RECORD_COUNT_MAX = 20 };

static const char delimiters[] = { ',', ';', '\t', '|' };
enum { DELIMITER_COUNT = (int)sizeof(delimiters) };

struct csv {
    struct ingest_table *table;
    struct csv_text text;
    char delimiter;
    bool has_separator_line; /* the first row is "sep=;" */
    int64_t row;             /* number of the row last begun */
    struct buf cell;
    bool stops[256];         /* bytes that end a run of an unquoted cell */
};

/* Makes sure that a byte is there; *is_end at the end of the file. */
static bool csv_need(struct csv *csv, struct scope *scope, bool *is_end)
{
    *is_end = false;
    struct csv_text *text = &csv->text;
    if (text->at < text->window_size) return true;
    if (!csv_text_fill(text, scope, csv->row)) return false;
    *is_end = text->window_size == 0;
    return true;
}

static bool cell_put(struct csv *csv, struct scope *scope, const char *data, size_t size,
                     int column)
{
    if (csv->cell.size + size > INGEST_CELL_SIZE_MAX) {
        return ingest_fail_limit(scope, "ingest.cell_long", csv->row, column,
                                 INGEST_CELL_SIZE_MAX);
    }
    buf_put(&csv->cell, (struct str){ data, size });
    return true;
}

/* Up to the delimiter or the end of the row, which is not used up. */
static bool read_plain(struct csv *csv, struct scope *scope, int column)
{
    struct csv_text *text = &csv->text;
    for (;;) {
        bool is_end;
        if (!csv_need(csv, scope, &is_end)) return false;
        if (is_end) return true;
        size_t start = text->at, at = start;
        while (at < text->window_size && !csv->stops[(unsigned char)text->window[at]]) at += 1;
        text->at = at;
        if (!cell_put(csv, scope, text->window + start, at - start, column)) return false;
        if (at < text->window_size) {
            if (text->window[at] != 0) return true;
            return ingest_fail(scope, ERROR_MALFORMED, "ingest.nul", csv->row, column);
        }
    }
}

/* Behind the opening quote; uses up the closing one. */
static bool read_quoted(struct csv *csv, struct scope *scope, int column)
{
    struct csv_text *text = &csv->text;
    bool is_end;
    for (;;) {
        if (!csv_need(csv, scope, &is_end)) return false;
        if (is_end) {
            return ingest_fail(scope, ERROR_MALFORMED, "ingest.quote_open", csv->row, column);
        }
        size_t start = text->at;
        const char *quote = memchr(text->window + start, '"', text->window_size - start);
        size_t size = quote ? (size_t)(quote - text->window) - start : text->window_size - start;
        if (memchr(text->window + start, 0, size)) {
            return ingest_fail(scope, ERROR_MALFORMED, "ingest.nul", csv->row, column);
        }
        if (!cell_put(csv, scope, text->window + start, size, column)) return false;
        text->at += size + (quote != NULL);
        if (!quote) continue;
        if (!csv_need(csv, scope, &is_end)) return false;
        if (is_end || text->window[text->at] != '"') return true;
        if (!cell_put(csv, scope, "\"", 1, column)) return false;
        text->at += 1;
    }
}

static bool read_cell(struct csv *csv, struct scope *scope, int column)
{
    bool is_end;
    buf_cut(&csv->cell, 0);
    if (!csv_need(csv, scope, &is_end)) return false;
    if (!is_end && csv->text.window[csv->text.at] == '"') {
        csv->text.at += 1;
        if (!read_quoted(csv, scope, column)) return false;
    }
    /* Whatever stands behind a closing quote belongs to the cell, as in Excel. */
    return read_plain(csv, scope, column);
}

/* Uses up what ended the cell; *goes_on when it was a delimiter. */
static bool read_separator(struct csv *csv, struct scope *scope, bool *goes_on)
{
    bool is_end;
    *goes_on = false;
    if (!csv_need(csv, scope, &is_end)) return false;
    if (is_end) return true;
    char byte = csv->text.window[csv->text.at++];
    *goes_on = byte == csv->delimiter;
    if (byte != '\r') return true;
    if (!csv_need(csv, scope, &is_end)) return false;
    if (!is_end && csv->text.window[csv->text.at] == '\n') csv->text.at += 1;
    return true;
}

static bool keep_cell(struct csv *csv, struct scope *scope, struct ingest_raw_row *row, int column)
{
    struct str text = buf_str(&csv->cell);
    if (str_trim(text).size == 0) return true;
    if (column >= INGEST_COLUMN_COUNT_MAX) {
        return ingest_fail_limit(scope, "ingest.columns_many", csv->row, -1,
                                 INGEST_COLUMN_COUNT_MAX);
    }
    ingest_raw_put_text(row, column, scope_copy(scope, text), true);
    return true;
}

static bool read_row(struct csv *csv, struct scope *scope, struct ingest_raw_row *row)
{
    bool goes_on = true;
    for (int column = 0; goes_on; column++) {
        int shown = column < INGEST_COLUMN_COUNT_MAX ? column : INGEST_COLUMN_COUNT_MAX;
        if (!read_cell(csv, scope, shown) || !keep_cell(csv, scope, row, shown) ||
            !read_separator(csv, scope, &goes_on)) {
            return false;
        }
    }
    return true;
}

static bool csv_next(void *state, struct scope *scope, struct ingest_raw_row *row)
{
    struct csv *csv = state;
    for (;;) {
        bool is_end;
        csv->row += 1;
        ingest_raw_begin(row, csv->row);
        if (!csv_need(csv, scope, &is_end)) return false;
        if (is_end) {
            row->number = 0;
            return true;
        }
        if (!read_row(csv, scope, row)) return false;
        if (row->is_filled && !(csv->row == 1 && csv->has_separator_line)) break;
    }
    if (csv->row <= INGEST_ROW_COUNT_MAX) return true;
    return ingest_fail_limit(scope, "ingest.rows_many", csv->row, -1, INGEST_ROW_COUNT_MAX);
}

static bool csv_rewind(void *state, struct scope *scope, int sheet)
{
    struct csv *csv = state;
    (void)scope;
    (void)sheet;
    csv_text_rewind(&csv->text);
    csv->row = 0;
    return true;
}

static bool separator_line(struct csv *csv)
{
    struct str head = { csv->text.window, csv->text.window_size };
    bool is_one = head.size > 5 && str_equal_nocase(str_slice(head, 0, 4), STR("sep=")) &&
                  (head.data[5] == '\r' || head.data[5] == '\n') && head.data[4] != '"' &&
                  head.data[4] != '\r' && head.data[4] != '\n' && head.data[4] > 0;
    if (is_one) csv->delimiter = head.data[4];
    return is_one;
}

/*
 * Counts one candidate outside quotes in the first records. The best candidate
 * stands equally often in most of them.
 */
static int64_t delimiter_score(struct str head, char candidate, bool is_whole)
{
    int counts[SNIFF_RECORD_COUNT_MAX];
    int records = 0, count = 0;
    bool is_quoted = false, has_bytes = false;
    for (size_t i = 0; i < head.size && records < SNIFF_RECORD_COUNT_MAX; i++) {
        char byte = head.data[i];
        if (byte == '"') is_quoted = !is_quoted;
        bool is_row_end = !is_quoted && (byte == '\n' || byte == '\r');
        if (!is_row_end) {
            has_bytes = true;
            count += !is_quoted && byte == candidate;
            if (i + 1 < head.size || !is_whole) continue;
        }
        if (has_bytes) counts[records++] = count;
        has_bytes = false;
        count = 0;
    }
    /* A first record longer than the window. */
    if (records == 0) return count;
    int best_same = 0, best_count = 0;
    for (int i = 0; i < records; i++) {
        int same = 0;
        for (int j = 0; j < records; j++) same += counts[j] == counts[i];
        bool is_better = same > best_same || (same == best_same && counts[i] > best_count);
        if (counts[i] > 0 && is_better) {
            best_same = same;
            best_count = counts[i];
        }
    }
    return (int64_t)best_same * 1000 + best_count;
}

static void delimiter_sniff(struct csv *csv)
{
    struct str head = { csv->text.window, csv->text.window_size };
    bool is_whole = csv->text.offset >= csv->table->source.size;
    int64_t best = 0;
    csv->delimiter = ',';
    for (int i = 0; i < DELIMITER_COUNT; i++) {
        int64_t score = delimiter_score(head, delimiters[i], is_whole);
        if (score > best) {
            best = score;
            csv->delimiter = delimiters[i];
        }
    }
}

static const struct ingest_reader csv_reader = { csv_rewind, csv_next };

bool ingest_csv_open(struct ingest_table *table, const struct ingest_options *options)
{
    struct scope *scope = table->scope;
    struct csv *csv = scope_new(scope, struct csv, 1);
    csv->table = table;
    table->reader = &csv_reader;
    table->state = csv;
    buf_begin(&csv->cell, scope, INGEST_CELL_SIZE_MAX + 1);
    if (!csv_text_open(scope, &csv->text, &table->source, options->encoding) ||
        !csv_text_fill(&csv->text, scope, 1)) {
        return false;
    }
    csv->has_separator_line = separator_line(csv);
    if (!csv->has_separator_line) delimiter_sniff(csv);
    if (options->delimiter) csv->delimiter = options->delimiter;
    csv->stops[(unsigned char)csv->delimiter] = true;
    csv->stops['\r'] = csv->stops['\n'] = csv->stops[0] = true;
    table->delimiter = csv->delimiter;
    table->encoding = csv->text.encoding;
    table->sheet_count = 1;
    table->sheets = scope_new(scope, struct ingest_sheet, 1);
    return true;
}
