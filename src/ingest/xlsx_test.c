#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/time.h"
#include "ingest/table.h"
#include "ingest/xlsx_book.h"
#include "tests/test.h"
#include "tests/xlsx_make.h"

/* Header and rows as "1:a|b;2:1|2"; kinds other than text as n: d: b: e: before the cell. */
static struct str rendered(struct scope *scope, struct str bytes)
{
    struct ingest_table *table;
    if (!ingest_open(scope, bytes, NULL, &table)) return str_of(error_last(scope)->key);
    struct buf out;
    buf_begin(&out, scope, 1024 * 1024);
    struct ingest_header header = ingest_header(table);
    buf_format(&out, "%lld:", (long long)header.row);
    for (int i = 0; i < header.count; i++) {
        buf_format(&out, i ? "|%.*s" : "%.*s", STR_ARG(header.names[i]));
    }
    bool has_row = true;
    while (has_row) {
        static const char *const kinds[] = { "", "", "n:", "d:", "b:" };
        struct ingest_row row;
        if (!ingest_next(table, scope, &row, &has_row)) return str_of(error_last(scope)->key);
        if (!has_row) break;
        buf_format(&out, ";%lld:", (long long)row.number);
        for (int i = 0; i < row.count; i++) {
            if (i > 0) buf_put_char(&out, '|');
            buf_put(&out, str_of(kinds[row.cells[i].kind]));
            buf_put(&out, ingest_cell_text(scope, &row.cells[i]));
            if (row.cells[i].is_percent) buf_put(&out, STR("%"));
            if (row.cells[i].note.size > 0) buf_format(&out, "e:%.*s", STR_ARG(row.cells[i].note));
        }
        if (row.extra_count) buf_format(&out, "+%d", row.extra_count);
    }
    return buf_str(&out);
}

static void check_shape(const struct xlsx_shape *shape, const char *wanted)
{
    struct scope scope;
    scope_begin(&scope);
    CHECK_STR(rendered(&scope, xlsx_make_sheet(&scope, shape)), wanted);
    scope_end(&scope);
}

#define HEAD "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>a</t></is></c>" \
             "<c r=\"B1\" t=\"inlineStr\"><is><t>b</t></is></c></row>"

TEST(xlsx_reads_every_kind_of_cell)
{
    struct xlsx_shape shape = {
        .rows = HEAD "<row r=\"2\"><c r=\"A2\" t=\"s\"><v>0</v></c>"
                "<c r=\"B2\" t=\"s\"><v>1</v></c></row>"
                "<row r=\"3\"><c r=\"A3\"><v>1.5</v></c><c r=\"B3\"><f>A3*2</f><v>3</v></c></row>"
                "<row r=\"4\"><c r=\"A4\" t=\"b\"><v>1</v></c><c r=\"B4\" t=\"e\"><v>#N/A</v></c>"
                "</row>"
                "<row r=\"5\"><c r=\"A5\" t=\"str\"><f>\"x\"</f><v>x&amp;y</v></c>"
                "<c r=\"B5\" t=\"inlineStr\"><is><r><t>o</t></r>"
                "<r><t xml:space=\"preserve\"> k</t></r>"
                "<rPh><t>no</t></rPh></is></c></row>"
                "<row r=\"6\"><c r=\"A6\" t=\"d\"><v>2026-01-05T08:30:00</v></c>"
                "<c r=\"B6\" t=\"s\"><v>2</v></c></row>",
        .strings = "<si><t>plain</t></si><si><r><rPr><b/></rPr><t>ri</t></r><r><t>ch</t></r>"
                   "<rPh sb=\"0\" eb=\"1\"><t>phonetic</t></rPh></si>"
                   "<si><t>l_x000D_\nm_x005F_x</t></si>",
    };
    check_shape(&shape, "1:a|b;2:plain|rich;3:n:1.5|n:3;4:b:TRUE|e:#N/A;5:x&y|o k;"
                        "6:d:2026-01-05 08:30:00|l\r\nm_x");
}

TEST(xlsx_reads_sparse_sheets_of_any_program)
{
    struct xlsx_shape sparse = {
        .rows = "<row r=\"3\"><c r=\"B3\" t=\"inlineStr\"><is><t>a</t></is></c>"
                "<c r=\"D3\" t=\"inlineStr\"><is><t>b</t></is></c></row>"
                "<row r=\"4\"><c r=\"B4\" s=\"1\"/></row><row r=\"5\"/>"
                "<row r=\"9\" spans=\"1:4\"><c r=\"D9\"><v>7</v></c><c r=\"XFD9\" s=\"3\"/></row>",
    };
    check_shape(&sparse, "3:|a||b;9:|||n:7");
    struct xlsx_shape bare = { /* no positions at all, prefixed names */
        .rows = "<x:row><x:c t=\"inlineStr\"><x:is><x:t>a</x:t></x:is></x:c><x:c t=\"inlineStr\">"
                "<x:is><x:t>b</x:t></x:is></x:c></x:row>"
                "<x:row><x:c/><x:c><x:v>1</x:v></x:c></x:row>",
    };
    check_shape(&bare, "1:a|b;2:|n:1");
    struct xlsx_shape title = {
        .rows = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>Title</t></is></c>"
                "<c r=\"B1\"/></row>"
                "<row r=\"2\"><c r=\"A2\" t=\"str\"><v>a</v></c><c r=\"B2\" t=\"str\"><v>b</v></c>"
                "<c r=\"C2\" t=\"str\"><v>c</v></c></row>"
                "<row r=\"3\"><c r=\"A3\"><v>1</v></c><c r=\"B3\"><v>2</v></c>"
                "<c r=\"C3\"><v>3</v></c>"
                "<c r=\"E3\"><v>4</v></c></row>",
    };
    check_shape(&title, "2:a|b|c;3:n:1|n:2|n:3+1");
}

TEST(xlsx_reads_dates_in_both_systems)
{
    struct xlsx_shape shape = {
        .rows = HEAD "<row r=\"2\"><c r=\"A2\" s=\"1\"><v>46027</v></c>"
                "<c r=\"B2\" s=\"2\"><v>46027.5</v></c></row>"
                "<row r=\"3\"><c r=\"A3\" s=\"3\"><v>0.25</v></c>"
                "<c r=\"B3\" s=\"4\"><v>1.25</v></c></row>"
                "<row r=\"4\"><c r=\"A4\" s=\"5\"><v>0.15</v></c>"
                "<c r=\"B4\" s=\"6\"><v>46027</v></c></row>"
                "<row r=\"5\"><c r=\"A5\" s=\"0\"><v>46027</v></c>"
                "<c r=\"B5\" s=\"99\"><v>1</v></c></row>"
                "<row r=\"6\"><c r=\"A6\" s=\"1\"><v>-5</v></c><c r=\"B6\" s=\"1\"><v>60</v></c>"
                "</row>",
        .formats = "<numFmt numFmtId=\"176\" "
                   "formatCode=\"yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;\"/>"
                   "<numFmt numFmtId=\"177\" formatCode=\"[h]:mm:ss\"/>"
                   "<numFmt numFmtId=\"178\" formatCode=\"[$-409]h:mm\\ AM/PM\"/>",
        .styles = "<xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"22\"/>"
                  "<xf numFmtId=\"178\"/>"
                  "<xf numFmtId=\"177\"/><xf numFmtId=\"10\"/><xf numFmtId=\"176\"/>",
    };
    check_shape(&shape, "1:a|b;2:d:2026-01-05|d:2026-01-05 12:00:00;3:6:00:00|30:00:00;"
                        "4:n:0.15%|d:2026-01-05;5:n:46027|n:1;6:n:-5|d:1900-02-28");
    shape.workbook_pr = "date1904=\"1\"";
    shape.rows = HEAD "<row r=\"2\"><c r=\"A2\" s=\"1\"><v>44565</v></c>"
                      "<c r=\"B2\" s=\"1\"><v>0</v></c></row>";
    check_shape(&shape, "1:a|b;2:d:2026-01-05|d:1904-01-01");
}

TEST(xlsx_formats_tell_dates_from_numbers)
{
    static const struct {
        const char *code;
        enum xlsx_style style;
    } formats[] = {
        { "General", XLSX_STYLE_NUMBER },         { "0.00", XLSX_STYLE_NUMBER },
        { "yyyy-mm-dd", XLSX_STYLE_DATE },        { "[$-804]yyyy\\年m\\月", XLSX_STYLE_DATE },
        { "mmm", XLSX_STYLE_DATE },               { "h:mm", XLSX_STYLE_TIME },
        { "mm:ss.0", XLSX_STYLE_TIME },           { "[h]:mm", XLSX_STYLE_ELAPSED },
        { "[Red]0.00", XLSX_STYLE_NUMBER },       { "0.00\\ \"days\"", XLSX_STYLE_NUMBER },
        { "0.0%", XLSX_STYLE_PERCENT },           { "#,##0\\d", XLSX_STYLE_NUMBER },
        { "[$¥-804]#,##0_);[Red]", XLSX_STYLE_NUMBER }, { "0.00E+00", XLSX_STYLE_NUMBER },
        { "0;yyyy", XLSX_STYLE_NUMBER },          { "\"open", XLSX_STYLE_NUMBER },
        { "[open", XLSX_STYLE_NUMBER },           { "@", XLSX_STYLE_NUMBER },
        { "Standard", XLSX_STYLE_NUMBER },        { "*d0", XLSX_STYLE_NUMBER },
    };
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        int style = xlsx_format_style(200, str_of(formats[i].code));
        if (!CHECK_INT(style, formats[i].style)) printf("    %s\n", formats[i].code);
    }
    static const int dates[] = { 14, 17, 22, 27, 36, 50, 58 };
    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        CHECK_INT(xlsx_format_style(dates[i], STR("")), XLSX_STYLE_DATE);
    }
    CHECK_INT(xlsx_format_style(21, STR("")), XLSX_STYLE_TIME);
    CHECK_INT(xlsx_format_style(46, STR("")), XLSX_STYLE_ELAPSED);
    CHECK_INT(xlsx_format_style(37, STR("")), XLSX_STYLE_NUMBER);
}

#define RELATION "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

TEST(xlsx_follows_relations_not_names)
{
    struct scope scope;
    scope_begin(&scope);
#define SHEET(text) STR("<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"str\"><v>" text \
                        "</v></c></row><row r=\"2\"><c r=\"A2\"><v>1</v></c></row>" \
                        "</sheetData></worksheet>")
    struct xlsx_part parts[] = {
        { "_rels/.rels", STR("<Relationships><Relationship Id=\"R\" Type=\"" RELATION
                             "/officeDocument\" Target=\"/book/main.xml\"/></Relationships>") },
        { "book/_rels/main.xml.rels",
          STR("<Relationships>"
              "<Relationship Id=\"a\" Type=\"" RELATION "/worksheet\" Target=\"../deep/one.xml\"/>"
              "<Relationship Id=\"b\" Type=\"" RELATION "/worksheet\" Target=\"./two.xml\"/>"
              "<Relationship Id=\"d\" Type=\"" RELATION "/worksheet\" TargetMode=\"External\""
              " Target=\"http://example.invalid/x.xml\"/>"
              "<Relationship Id=\"c\" Type=\"" RELATION "/chartsheet\" Target=\"chart.xml\"/>"
              "</Relationships>") },
        { "book/main.xml",
          STR("<workbook><sheets><sheet name=\"Chart\" sheetId=\"9\" r:id=\"c\"/>"
              "<sheet name=\"隐藏\" sheetId=\"1\" state=\"veryHidden\" r:id=\"b\"/>"
              "<sheet name=\"Far\" sheetId=\"3\" r:id=\"d\"/>"
              "<sheet name=\"One\" sheetId=\"2\" r:id=\"a\"/></sheets></workbook>") },
        { "DEEP/One.xml", SHEET("one") },
        { "book/two.xml", SHEET("two") },
    };
    struct ingest_table *table;
    CHECK(ingest_open(&scope, xlsx_make(&scope, parts, 5), NULL, &table));
    CHECK_INT(ingest_sheet_count(table), 2);
    CHECK_STR(ingest_sheet(table, 0).name, "隐藏");
    CHECK(ingest_sheet(table, 0).is_hidden && !ingest_sheet(table, 1).is_hidden);
    CHECK_INT(ingest_sheet_current(table), 1);
    CHECK_STR(ingest_header(table).names[0], "one");
    CHECK(ingest_rewind(table, &scope, 0, 0));
    CHECK_STR(ingest_header(table).names[0], "two");
    parts[3].name = "elsewhere.xml";
    CHECK_STR(rendered(&scope, xlsx_make(&scope, parts, 5)), "ingest.xlsx_malformed");
    scope_end(&scope);
}

TEST(xlsx_path_names_cannot_leave_the_archive)
{
    struct scope scope;
    scope_begin(&scope);
    struct xlsx_part parts[] = {
        { "_rels/.rels", STR("<Relationships><Relationship Id=\"R\" Type=\"" RELATION
                             "/officeDocument\" Target=\"../../../../etc/passwd\"/>"
                             "</Relationships>") },
        { "../../evil.xml", STR("<a/>") },
    };
    CHECK_STR(rendered(&scope, xlsx_make(&scope, parts, 2)), "ingest.xlsx_malformed");
    scope_end(&scope);
}

TEST(xlsx_refuses_broken_content)
{
    static const struct {
        const char *rows, *key;
    } broken[] = {
        { HEAD "<row r=\"2\"><c r=\"A2\" t=\"s\"><v>5</v></c></row>", "ingest.xlsx_cell" },
        { HEAD "<row r=\"2\"><c r=\"A2\" t=\"s\"><v>x</v></c></row>", "ingest.xlsx_cell" },
        { HEAD "<row r=\"1\"><c r=\"A1\"><v>5</v></c></row>", "ingest.xlsx_cell" },
        { HEAD "<row r=\"9999999\"><c><v>5</v></c></row>", "ingest.xlsx_cell" },
        { HEAD "<row r=\"2\"><c r=\"ZZZZ2\"><v>5</v></c></row>", "ingest.xlsx_cell" },
        { HEAD "<row r=\"2\"><c r=\"SG2\"><v>5</v></c></row>", "ingest.columns_many" },
        { HEAD "<row r=\"1000001\"><c><v>5</v></c></row>", "ingest.rows_many" },
        { HEAD "<row r=\"2\"><c></row>", "ingest.xlsx_malformed" },
        { HEAD "<row r=\"2\"><c><v>&nosuch;</v></c></row>", "ingest.xlsx_malformed" },
        { "<row r=\"1\"/>", "ingest.header_missing" },
        { "", "ingest.header_missing" },
    };
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        struct xlsx_shape shape = { .rows = broken[i].rows };
        check_shape(&shape, broken[i].key);
    }
    struct scope scope;
    scope_begin(&scope);
    struct buf rows;
    buf_begin(&rows, &scope, 1024 * 1024);
    for (int i = 0; i < 100; i++) buf_put(&rows, STR("<n>"));
    check_shape(&(struct xlsx_shape){ .rows = rows.data }, "ingest.xlsx_malformed");
    buf_cut(&rows, 0);
    buf_put(&rows, STR(HEAD "<row r=\"2\"><c t=\"str\"><v>"));
    for (int i = 0; i <= INGEST_CELL_SIZE_MAX; i++) buf_put_char(&rows, 'x');
    buf_put(&rows, STR("</v></c></row>"));
    check_shape(&(struct xlsx_shape){ .rows = rows.data }, "ingest.cell_long");
    scope_end(&scope);
}

static struct str with_workbook(struct scope *scope, struct str workbook)
{
    struct xlsx_part parts[] = { { "xl/workbook.xml", workbook } };
    return xlsx_make(scope, parts, 1);
}

TEST(xlsx_refuses_hostile_archives)
{
    struct scope scope;
    scope_begin(&scope);
    struct str laughs = with_workbook(&scope, STR("<!DOCTYPE w [<!ENTITY a \"ha\"><!ENTITY b "
                                                  "\"&a;&a;&a;\">]><workbook>&b;</workbook>"));
    CHECK_STR(rendered(&scope, laughs), "ingest.xlsx_dtd");
    scope_error_clear(&scope);
    struct str outside = with_workbook(&scope, STR("<!DOCTYPE w SYSTEM \"file:///etc/passwd\">"
                                                   "<workbook/>"));
    CHECK_STR(rendered(&scope, outside), "ingest.xlsx_dtd");
    scope_error_clear(&scope);
    CHECK_STR(rendered(&scope, with_workbook(&scope, STR("<workbook/>"))), "ingest.sheet_missing");
    scope_error_clear(&scope);
    CHECK_STR(rendered(&scope, STR("PK\x03\x04 and nothing else")), "ingest.xlsx_malformed");
    scope_error_clear(&scope);
    struct str whole = xlsx_make_sheet(&scope, &(struct xlsx_shape){ .rows = HEAD });
    CHECK_STR(rendered(&scope, whole), "1:a|b");
    for (size_t cut = 0; cut < whole.size; cut += 7) {
        scope_error_clear(&scope);
        struct str text = rendered(&scope, str_slice(whole, 0, cut));
        CHECK(str_starts_with(text, STR("ingest.")));
    }
    scope_end(&scope);
}

TEST(xlsx_refuses_bombs)
{
    struct scope scope;
    scope_begin(&scope);
    /* 40 MB of blanks in a sheet: 1000 bytes out for each one in. */
    enum { SIZE = 40 * 1024 * 1024 };
    char *blanks = scope_alloc(&scope, SIZE + 1);
    memset(blanks, ' ', SIZE);
    memcpy(blanks, HEAD, sizeof(HEAD) - 1);
    struct str bomb = xlsx_make_sheet(&scope, &(struct xlsx_shape){ .rows = blanks });
    CHECK(bomb.size < 100 * 1024);
    CHECK_STR(rendered(&scope, bomb), "ingest.xlsx_bomb");
    scope_error_clear(&scope);
    /* An endless token never becomes an event. */
    memset(blanks, 'x', SIZE);
    memcpy(blanks, "<row r=\"", 8);
    struct str endless = xlsx_make_sheet(&scope, &(struct xlsx_shape){ .rows = blanks });
    CHECK_STR(rendered(&scope, endless), "ingest.xlsx_malformed");
    scope_end(&scope);
    scope_begin(&scope);
    struct xlsx_part *parts = scope_new(&scope, struct xlsx_part, XLSX_ENTRY_COUNT_MAX + 1);
    for (int i = 0; i <= XLSX_ENTRY_COUNT_MAX; i++) {
        parts[i] = (struct xlsx_part){ scope_format(&scope, "%d", i).data, STR("") };
    }
    struct str many = xlsx_make(&scope, parts, XLSX_ENTRY_COUNT_MAX + 1);
    CHECK_STR(rendered(&scope, many), "ingest.xlsx_entries");
    scope_end(&scope);
}
