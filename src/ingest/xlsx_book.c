/*
 * Order of reading: the package's relations name the workbook, the workbook's
 * relations name its sheets, strings and styles; only then the workbook itself.
 * Nothing relies on the usual part names, which not every program uses.
 */
#include "ingest/xlsx_book.h"

#include <stdio.h>

#include "base/utf8.h"

enum { RELATION_COUNT_MAX = 2000, STRING_PAGE_SIZE = 256 * 1024 };

struct relation {
    struct str id;
    char target[XLSX_PART_NAME_MAX];
    bool is_sheet;
};

struct book_reader {
    struct scope *scope;
    struct xlsx_book *book;
    const char *base; /* part whose relations are read: targets are relative to it */
    struct relation *relations;
    int relation_count;
    char workbook[XLSX_PART_NAME_MAX], strings[XLSX_PART_NAME_MAX], styles[XLSX_PART_NAME_MAX];
    /* Shared strings. */
    struct buf text;
    int phonetic_depth;
    bool is_in_text;
    char *page;
    size_t page_left;
    int64_t text_size;
    /* Styles. */
    struct {
        int64_t id;
        enum xlsx_style style;
    } formats[XLSX_FORMAT_COUNT_MAX];
    int format_count;
    bool is_in_cell_styles;
};

/* "../sheet1.xml" seen from "xl/workbook.xml", without climbing out of the archive. */
static bool path_resolve(const char *base, struct str target, char out[XLSX_PART_NAME_MAX])
{
    size_t size = 0;
    const char *slash = strrchr(base, '/');
    bool is_absolute = target.size > 0 && (target.data[0] == '/' || target.data[0] == '\\');
    if (!is_absolute && slash) {
        size = (size_t)(slash - base);
        memcpy(out, base, size);
    }
    size_t at = 0;
    while (at < target.size) {
        size_t end = at;
        while (end < target.size && target.data[end] != '/' && target.data[end] != '\\') end += 1;
        struct str step = str_slice(target, at, end);
        at = end + 1;
        if (step.size == 0 || str_is(step, ".")) continue;
        if (str_is(step, "..")) {
            while (size > 0 && out[size - 1] != '/') size -= 1;
            if (size > 0) size -= 1;
            continue;
        }
        if (size + step.size + 2 > XLSX_PART_NAME_MAX) return false;
        if (size > 0) out[size++] = '/';
        memcpy(out + size, step.data, step.size);
        size += step.size;
    }
    out[size] = 0;
    return size > 0;
}

static void relation_start(struct xlsx_xml *xml, const char *name, const char **attributes)
{
    struct book_reader *reader = xml->context;
    if (strcmp(name, "Relationship") != 0) return;
    if (str_equal_nocase(xlsx_attribute(attributes, "TargetMode"), STR("External"))) return;
    char target[XLSX_PART_NAME_MAX];
    struct str type = xlsx_attribute(attributes, "Type");
    if (!path_resolve(reader->base, xlsx_attribute(attributes, "Target"), target)) return;
    char *known = str_ends_with(type, STR("/officeDocument")) ? reader->workbook
                  : str_ends_with(type, STR("/sharedStrings")) ? reader->strings
                  : str_ends_with(type, STR("/styles"))        ? reader->styles
                                                               : NULL;
    if (known) memcpy(known, target, sizeof(target));
    if (reader->relation_count == RELATION_COUNT_MAX) return;
    struct relation *relation = &reader->relations[reader->relation_count++];
    relation->id = scope_copy(reader->scope, xlsx_attribute(attributes, "Id"));
    relation->is_sheet = str_ends_with(type, STR("/worksheet"));
    memcpy(relation->target, target, sizeof(target));
}

static void nothing_end(struct xlsx_xml *xml, const char *name)
{
    (void)xml;
    (void)name;
}

static bool relations_read(struct book_reader *reader, const char *base)
{
    char path[XLSX_PART_NAME_MAX + 16];
    const char *slash = strrchr(base, '/');
    int folder = slash ? (int)(slash - base) + 1 : 0;
    snprintf(path, sizeof(path), "%.*s_rels/%s.rels", folder, base, base + folder);
    reader->base = base;
    reader->relation_count = 0;
    struct xlsx_xml xml = { .start = relation_start, .end = nothing_end, .context = reader };
    return xlsx_xml_read(reader->scope, &xml, &reader->book->zip, path, XLSX_META_SIZE_MAX, false);
}

static void sheet_add(struct book_reader *reader, const char **attributes)
{
    struct xlsx_book *book = reader->book;
    struct str id = xlsx_attribute(attributes, "id");
    struct str state = xlsx_attribute(attributes, "state");
    for (int i = 0; i < reader->relation_count; i++) {
        const struct relation *relation = &reader->relations[i];
        if (!relation->is_sheet || !str_equal(relation->id, id)) continue;
        int at = book->sheet_count++;
        book->sheets[at].name = scope_copy(reader->scope, xlsx_attribute(attributes, "name"));
        book->sheets[at].is_hidden = str_is(state, "hidden") || str_is(state, "veryHidden");
        book->sheet_parts[at] = scope_copy(reader->scope, str_of(relation->target)).data;
        return;
    }
}

static void workbook_start(struct xlsx_xml *xml, const char *name, const char **attributes)
{
    struct book_reader *reader = xml->context;
    if (strcmp(name, "workbookPr") == 0) {
        reader->book->is_1904 = xlsx_attribute_is_true(attributes, "date1904");
    }
    if (strcmp(name, "sheet") == 0 && reader->book->sheet_count < INGEST_SHEET_COUNT_MAX) {
        sheet_add(reader, attributes);
    }
}

static void strings_start(struct xlsx_xml *xml, const char *name, const char **attributes)
{
    struct book_reader *reader = xml->context;
    (void)attributes;
    if (strcmp(name, "si") == 0) buf_cut(&reader->text, 0);
    if (strcmp(name, "rPh") == 0) reader->phonetic_depth += 1;
    reader->is_in_text = strcmp(name, "t") == 0 && reader->phonetic_depth == 0;
}

static void string_add(struct book_reader *reader)
{
    struct xlsx_book *book = reader->book;
    struct str text = buf_str(&reader->text);
    text = xlsx_unescape(reader->scope, text);
    int64_t block = book->string_count / XLSX_STRING_BLOCK;
    reader->text_size += (int64_t)text.size;
    if (block >= XLSX_STRING_BLOCK_COUNT_MAX || reader->text_size > XLSX_STRING_TEXT_MAX) {
        ingest_fail_limit(reader->scope, "ingest.strings_large", 0, -1,
                          XLSX_STRING_TEXT_MAX / 1024 / 1024);
        return;
    }
    if (!book->string_blocks[block]) {
        book->string_blocks[block] = scope_new(reader->scope, struct str, XLSX_STRING_BLOCK);
    }
    /* Texts share pages: most are shorter than what an allocation would waste. */
    if (!reader->page || text.size > reader->page_left) {
        reader->page_left = text.size > STRING_PAGE_SIZE ? text.size : STRING_PAGE_SIZE;
        reader->page = scope_alloc(reader->scope, reader->page_left);
    }
    if (text.size > 0) memcpy(reader->page, text.data, text.size);
    book->string_blocks[block][book->string_count % XLSX_STRING_BLOCK] =
        (struct str){ reader->page, text.size };
    reader->page += text.size;
    reader->page_left -= text.size;
    book->string_count += 1;
}

static void strings_end(struct xlsx_xml *xml, const char *name)
{
    struct book_reader *reader = xml->context;
    reader->is_in_text = false;
    if (strcmp(name, "rPh") == 0) reader->phonetic_depth -= 1;
    if (strcmp(name, "si") != 0) return;
    if (reader->text.is_over) {
        ingest_fail_limit(reader->scope, "ingest.cell_long", 0, -1, INGEST_CELL_SIZE_MAX);
    } else {
        string_add(reader);
    }
    if (error_is_set(reader->scope)) xlsx_xml_stop(xml);
}

static void strings_text(struct xlsx_xml *xml, struct str text)
{
    struct book_reader *reader = xml->context;
    if (reader->is_in_text) buf_put(&reader->text, text);
}

bool xlsx_book_string(const struct xlsx_book *book, int64_t index, struct str *out)
{
    if (index < 0 || index >= book->string_count) return false;
    *out = book->string_blocks[index / XLSX_STRING_BLOCK][index % XLSX_STRING_BLOCK];
    return true;
}

static enum xlsx_style format_by_id(int64_t id)
{
    if (id == 9 || id == 10) return XLSX_STYLE_PERCENT;
    if (id == 46) return XLSX_STYLE_ELAPSED;
    if ((id >= 18 && id <= 21) || id == 45 || id == 47) return XLSX_STYLE_TIME;
    /* 27..36 and 50..58 are the dates of East Asian versions; 32..35, 55, 56 are not all dates
     * in every one, but times there never reach serial 1 and are told apart by that. */
    if ((id >= 14 && id <= 17) || id == 22 || (id >= 27 && id <= 36) || (id >= 50 && id <= 58)) {
        return XLSX_STYLE_DATE;
    }
    return XLSX_STYLE_NUMBER;
}

/* Looks inside brackets: [h], [mm] are elapsed times, [Red] and [$¥-804] say nothing. */
static bool is_elapsed(struct str inside)
{
    for (size_t i = 0; i < inside.size; i++) {
        char byte = (char)(inside.data[i] | 0x20);
        if (byte != 'h' && byte != 'm' && byte != 's') return false;
    }
    return inside.size > 0;
}

enum xlsx_style xlsx_format_style(int64_t id, struct str code)
{
    bool has_day = false, has_clock = false, has_month = false, has_elapsed = false;
    bool has_percent = false;
    if (code.size == 0) return format_by_id(id);
    if (str_equal_nocase(code, STR("General")) || str_equal_nocase(code, STR("Standard"))) {
        return XLSX_STYLE_NUMBER;
    }
    for (size_t i = 0; i < code.size && code.data[i] != ';'; i++) {
        char byte = code.data[i];
        if (byte == '\\' || byte == '_' || byte == '*') {
            i += 1;
        } else if (byte == '"' || byte == '[') {
            const char *end = memchr(code.data + i + 1, byte == '"' ? '"' : ']', code.size - i - 1);
            if (!end) break;
            size_t stop = (size_t)(end - code.data);
            has_elapsed = has_elapsed || (byte == '[' && is_elapsed(str_slice(code, i + 1, stop)));
            i = stop;
        } else {
            char lower = byte >= 'A' && byte <= 'Z' ? (char)(byte + 32) : byte;
            has_day = has_day || lower == 'y' || lower == 'd';
            has_clock = has_clock || lower == 'h' || lower == 's';
            has_month = has_month || lower == 'm';
            has_percent = has_percent || lower == '%';
        }
    }
    if (has_elapsed) return XLSX_STYLE_ELAPSED;
    if (has_day) return XLSX_STYLE_DATE;
    if (has_clock) return XLSX_STYLE_TIME;
    if (has_month) return XLSX_STYLE_DATE;
    return has_percent ? XLSX_STYLE_PERCENT : XLSX_STYLE_NUMBER;
}

static int64_t attribute_int(const char **attributes, const char *name)
{
    int64_t number = 0;
    return str_to_int64(xlsx_attribute(attributes, name), &number) ? number : 0;
}

static void styles_start(struct xlsx_xml *xml, const char *name, const char **attributes)
{
    struct book_reader *reader = xml->context;
    struct xlsx_book *book = reader->book;
    if (strcmp(name, "numFmt") == 0 && reader->format_count < XLSX_FORMAT_COUNT_MAX) {
        int64_t id = attribute_int(attributes, "numFmtId");
        struct str code = xlsx_attribute(attributes, "formatCode");
        reader->formats[reader->format_count].id = id;
        reader->formats[reader->format_count++].style = xlsx_format_style(id, code);
    } else if (strcmp(name, "cellXfs") == 0) {
        reader->is_in_cell_styles = true;
    } else if (strcmp(name, "xf") == 0 && reader->is_in_cell_styles &&
               book->style_count < XLSX_STYLE_COUNT_MAX) {
        int64_t id = attribute_int(attributes, "numFmtId");
        enum xlsx_style style = format_by_id(id);
        for (int i = 0; i < reader->format_count; i++) {
            if (reader->formats[i].id == id) style = reader->formats[i].style;
        }
        book->styles[book->style_count++] = (unsigned char)style;
    }
}

static void styles_end(struct xlsx_xml *xml, const char *name)
{
    struct book_reader *reader = xml->context;
    if (strcmp(name, "cellXfs") == 0) reader->is_in_cell_styles = false;
}

enum xlsx_style xlsx_book_style(const struct xlsx_book *book, int64_t index)
{
    if (index < 0 || index >= book->style_count) return XLSX_STYLE_NUMBER;
    return (enum xlsx_style)book->styles[index];
}

static bool parts_read(struct book_reader *reader)
{
    struct xlsx_book *book = reader->book;
    struct scope *scope = reader->scope;
    struct xlsx_xml sheets = { .start = workbook_start, .end = nothing_end, .context = reader };
    struct xlsx_xml styles = { .start = styles_start, .end = styles_end, .context = reader };
    struct xlsx_xml strings = { .start = strings_start, .end = strings_end, .text = strings_text,
                                .context = reader };
    char workbook[XLSX_PART_NAME_MAX];
    memcpy(workbook, reader->workbook, sizeof(workbook));
    if (!relations_read(reader, workbook) ||
        !xlsx_xml_read(scope, &sheets, &book->zip, workbook, XLSX_META_SIZE_MAX, true)) {
        return false;
    }
    if (book->sheet_count == 0) {
        return ingest_fail(scope, ERROR_INVALID, "ingest.sheet_missing", 0, -1);
    }
    return xlsx_xml_read(scope, &styles, &book->zip, reader->styles, XLSX_META_SIZE_MAX, false) &&
           xlsx_xml_read(scope, &strings, &book->zip, reader->strings, XLSX_STRINGS_SIZE_MAX,
                         false);
}

bool xlsx_book_open(struct scope *scope, struct xlsx_book *book,
                    const struct ingest_source *source)
{
    if (!xlsx_zip_open(scope, &book->zip, source)) return false;
    struct book_reader *reader = scope_new(scope, struct book_reader, 1);
    reader->scope = scope;
    reader->book = book;
    reader->relations = scope_new(scope, struct relation, RELATION_COUNT_MAX);
    book->sheets = scope_new(scope, struct ingest_sheet, INGEST_SHEET_COUNT_MAX);
    book->sheet_parts = scope_new(scope, const char *, INGEST_SHEET_COUNT_MAX);
    book->styles = scope_new(scope, unsigned char, XLSX_STYLE_COUNT_MAX);
    buf_begin(&reader->text, scope, INGEST_CELL_SIZE_MAX);
    /* Where they are when the relations do not say. */
    snprintf(reader->workbook, sizeof(reader->workbook), "xl/workbook.xml");
    snprintf(reader->strings, sizeof(reader->strings), "xl/sharedStrings.xml");
    snprintf(reader->styles, sizeof(reader->styles), "xl/styles.xml");
    return relations_read(reader, "") && parts_read(reader);
}
