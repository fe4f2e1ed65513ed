/*
 * The first byte says how the rest is taken: as a whole archive, or (so that
 * the fuzzer need not learn checksums) as the rows, strings or formats of one
 * that is put together here, without compression.
 */
#include <zlib.h>

#include "base/buf.h"
#include "ingest/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PART_COUNT = 5, ARCHIVE_SIZE_MAX = 1024 * 1024 };

struct part {
    struct str name, content;
};

static void number_put(struct buf *out, uint64_t number, int size)
{
    for (int i = 0; i < size; i++) buf_put_char(out, (char)(number >> (8 * i) & 0xff));
}

/* What local and central headers have in common, from "version needed" on. */
static void header_put(struct buf *out, const struct part *part)
{
    number_put(out, 20, 2);
    number_put(out, 0, 8);
    uint32_t sum = (uint32_t)crc32(0, (const unsigned char *)part->content.data,
                                   (unsigned)part->content.size);
    number_put(out, sum, 4);
    number_put(out, (uint32_t)part->content.size, 4);
    number_put(out, (uint32_t)part->content.size, 4);
    number_put(out, (uint32_t)part->name.size, 2);
}

static struct str archive(struct scope *scope, const struct part *parts)
{
    struct buf out;
    uint32_t offsets[PART_COUNT];
    buf_begin(&out, scope, ARCHIVE_SIZE_MAX);
    for (int i = 0; i < PART_COUNT; i++) {
        offsets[i] = (uint32_t)out.size;
        buf_put(&out, STR("PK\x03\x04"));
        header_put(&out, &parts[i]);
        number_put(&out, 0, 2);
        buf_put(&out, parts[i].name);
        buf_put(&out, parts[i].content);
    }
    uint32_t start = (uint32_t)out.size;
    for (int i = 0; i < PART_COUNT; i++) {
        buf_put(&out, STR("PK\x01\x02"));
        number_put(&out, 20, 2);
        header_put(&out, &parts[i]);
        number_put(&out, 0, 4);
        number_put(&out, 0, 4);
        number_put(&out, 0, 4);
        number_put(&out, offsets[i], 4);
        buf_put(&out, parts[i].name);
    }
    uint32_t size = (uint32_t)out.size - start;
    buf_put(&out, STR("PK\x05\x06"));
    number_put(&out, 0, 4);
    number_put(&out, PART_COUNT, 2);
    number_put(&out, PART_COUNT, 2);
    number_put(&out, size, 4);
    number_put(&out, start, 4);
    number_put(&out, 0, 2);
    return buf_str(&out);
}

static struct str bytes_of(struct scope *scope, int mode, struct str text)
{
    struct str rows = STR("<row><c t=\"s\"><v>0</v></c><c s=\"1\"><v>1.5</v></c></row>");
    struct str strings = STR("<si><t>a</t></si>"), formats = STR("");
    if (mode == 0) return text;
    *(mode == 1 ? &rows : mode == 2 ? &strings : &formats) = text;
    struct part parts[PART_COUNT] = {
        { STR("xl/_rels/workbook.xml.rels"),
          STR("<r><Relationship Id=\"a\" Type=\"/worksheet\" Target=\"s.xml\"/></r>") },
        { STR("xl/workbook.xml"),
          STR("<w><sheets><sheet name=\"S\" r:id=\"a\"/></sheets></w>") },
        { STR("xl/s.xml"), scope_format(scope, "<w><sheetData>%.*s</sheetData></w>",
                                        STR_ARG(rows)) },
        { STR("xl/sharedStrings.xml"), scope_format(scope, "<sst>%.*s</sst>", STR_ARG(strings)) },
        { STR("xl/styles.xml"),
          scope_format(scope, "<s><numFmts>%.*s</numFmts><cellXfs><xf numFmtId=\"0\"/>"
                              "<xf numFmtId=\"176\"/></cellXfs></s>", STR_ARG(formats)) },
    };
    return archive(scope, parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct scope scope;
    scope_begin(&scope);
    struct ingest_table *table;
    struct str bytes =
        bytes_of(&scope, data[0] % 4, (struct str){ (const char *)data + 1, size - 1 });
    bool has_row = ingest_open(&scope, bytes, NULL, &table);
    while (has_row) {
        struct scope inner;
        struct ingest_row row;
        scope_begin(&inner);
        if (!ingest_next(table, &inner, &row, &has_row)) has_row = false;
        for (int i = 0; i < row.count; i++) ingest_cell_text(&inner, &row.cells[i]);
        scope_end(&inner);
    }
    scope_end(&scope);
    return 0;
}
