#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/time.h"
#include "ingest/table.h"
#include "ingest/table_write.h"
#include "tests/test.h"

static const struct table_column columns[] = {
    { STR_INIT("name"), STR_INIT("名称"), TABLE_TEXT, 0 },
    { STR_INIT("amount"), STR_INIT("金额"), TABLE_MONEY, 2 },
    { STR_INIT("count"), STR_INIT("数量"), TABLE_INTEGER, 0 },
    { STR_INIT("day"), STR_INIT("日期"), TABLE_DATE, 0 },
    { STR_INIT("at"), STR_INIT("时间"), TABLE_MOMENT, 0 },
    { STR_INIT("is_open"), STR_INIT("有效"), TABLE_BOOL, 0 },
};
enum { COLUMN_COUNT = 6 };

static const char *temporary(struct scope *scope, const char *suffix)
{
    const char *folder = getenv("TMPDIR");
    return scope_format(scope, "%s/table-write-%d%s", folder ? folder : "/tmp", (int)getpid(),
                        suffix).data;
}

static struct str file_bytes(struct scope *scope, const char *path)
{
    struct buf out;
    char block[4096];
    buf_begin(&out, scope, 16 * 1024 * 1024);
    FILE *file = fopen(path, "rb");
    if (!CHECK(file != NULL)) return STR("");
    for (size_t got; (got = fread(block, 1, sizeof(block), file)) > 0;) {
        buf_put(&out, (struct str){ block, got });
    }
    fclose(file);
    return buf_str(&out);
}

static void write_rows(struct scope *scope, enum table_format format, const char *path)
{
    struct table_options options = { .zone_min = 480, .has_bom = true, .yes = STR("是"),
                                     .no = STR("否"), .sheet = STR("a/b") };
    struct table_writer *writer;
    int64_t day = time_days_from_civil(2026, 1, 5);
    struct table_value rows[3][COLUMN_COUNT] = {
        { { true, STR("张三, \"x\""), 0 }, { true, STR(""), 128050 }, { true, STR(""), -7 },
          { true, STR(""), day }, { true, STR(""), day * TIME_DAY_MS + 1000 },
          { true, STR(""), 1 } },
        { { true, STR("=1+1"), 0 }, { false, STR(""), 0 }, { true, STR(""), INT64_MAX },
          { true, STR(""), -40000 }, { false, STR(""), 0 }, { true, STR(""), 0 } },
        { { true, STR("-5"), 0 }, { true, STR(""), 5 }, { false, STR(""), 0 },
          { false, STR(""), 0 }, { false, STR(""), 0 }, { false, STR(""), 0 } },
    };
    CHECK(table_writer_open(scope, format, path, columns, COLUMN_COUNT, &options, &writer));
    for (int i = 0; i < 3; i++) CHECK(table_writer_row(writer, scope, rows[i]));
    CHECK(table_writer_end(writer, scope));
    CHECK_INT(table_writer_row_count(writer), 3);
    CHECK_INT(table_writer_cut_count(writer), 0);
}

TEST(csv_is_written)
{
    struct scope scope;
    scope_begin(&scope);
    const char *path = temporary(&scope, ".csv");
    write_rows(&scope, TABLE_CSV, path);
    CHECK_STR(file_bytes(&scope, path),
              "\xef\xbb\xbf名称,金额,数量,日期,时间,有效\r\n"
              "\"张三, \"\"x\"\"\",1280.50,-7,2026-01-05,2026-01-05 08:00:01,是\r\n"
              "'=1+1,,9223372036854775807,1860-06-26,,否\r\n"
              "-5,0.05,,,,\r\n");
    unlink(path);
    scope_end(&scope);
}

TEST(jsonl_is_written)
{
    struct scope scope;
    scope_begin(&scope);
    const char *path = temporary(&scope, ".jsonl");
    write_rows(&scope, TABLE_JSONL, path);
    struct str text = file_bytes(&scope, path);
    CHECK(str_starts_with(text, STR("{\"name\":\"张三, \\\"x\\\"\",\"amount\":1280.50,\"count\":-7,"
                                    "\"day\":\"2026-01-05\",\"at\":\"2026-01-05T00:00:01.000Z\","
                                    "\"is_open\":true}\n{\"name\":\"=1+1\",\"amount\":null,")));
    unlink(path);
    scope_end(&scope);
}

TEST(xlsx_is_written_and_read_back)
{
    struct scope scope;
    scope_begin(&scope);
    const char *path = temporary(&scope, ".xlsx");
    write_rows(&scope, TABLE_XLSX, path);
    struct ingest_table *table;
    struct ingest_row row;
    bool has_row;
    CHECK(ingest_open_file(&scope, path, NULL, &table));
    CHECK_STR(ingest_sheet(table, 0).name, "a b");
    CHECK_STR(ingest_header(table).names[1], "金额");
    CHECK(ingest_next(table, &scope, &row, &has_row) && has_row);
    CHECK_STR(row.cells[0].text, "张三, \"x\"");
    CHECK_INT(row.cells[1].kind, INGEST_CELL_NUMBER);
    CHECK_STR(row.cells[1].text, "1280.5");
    CHECK_STR(ingest_cell_text(&scope, &row.cells[3]), "2026-01-05");
    CHECK_STR(ingest_cell_text(&scope, &row.cells[4]), "2026-01-05 08:00:01");
    CHECK_STR(row.cells[5].text, "是");
    CHECK(ingest_next(table, &scope, &row, &has_row) && has_row);
    CHECK_STR(row.cells[0].text, "=1+1");
    CHECK_INT(row.cells[2].kind, INGEST_CELL_TEXT);
    CHECK_STR(row.cells[2].text, "9223372036854775807");
    CHECK_STR(row.cells[3].text, "1860-06-26");
    CHECK(ingest_next(table, &scope, &row, &has_row) && has_row);
    CHECK(ingest_next(table, &scope, &row, &has_row) && !has_row);
    unlink(path);
    scope_end(&scope);
}

/* What any text becomes after writing and reading again. */
static void check_round_trip(enum table_format format, const char *suffix)
{
    static const struct str texts[] = {
        STR_INIT("=1"), STR_INIT("'=1"), STR_INIT("'x"), STR_INIT("''"), STR_INIT("@a"),
        STR_INIT("-"), STR_INIT("+86 138 0013 8000"), STR_INIT("-5.5"), STR_INIT("a\nb"),
        STR_INIT("\tx"), STR_INIT("a,b;c"), STR_INIT("\""), STR_INIT("_x000D_"), STR_INIT("_x"),
        STR_INIT("<&>"), STR_INIT("007"), STR_INIT("'007"), STR_INIT("a\rb"), STR_INIT("\x01z"),
        STR_INIT("=HYPERLINK(\"x\",\"y\")"), STR_INIT("\xf0\x9f\x98\x80"),
    };
    enum { TEXT_COUNT = sizeof(texts) / sizeof(texts[0]) };
    struct scope scope;
    scope_begin(&scope);
    const char *path = temporary(&scope, suffix);
    struct table_writer *writer;
    CHECK(table_writer_open(&scope, format, path, columns, 1, NULL, &writer));
    for (int i = 0; i < TEXT_COUNT; i++) {
        struct table_value value = { true, texts[i], 0 };
        CHECK(table_writer_row(writer, &scope, &value));
    }
    CHECK(table_writer_end(writer, &scope));
    struct ingest_table *table;
    struct ingest_row row;
    bool has_row;
    CHECK(ingest_open_file(&scope, path, NULL, &table));
    for (int i = 0; i < TEXT_COUNT; i++) {
        if (!CHECK(ingest_next(table, &scope, &row, &has_row) && has_row)) break;
        /* A number pasted with its guard loses it, also in an XLSX. */
        bool is_number = format == TABLE_XLSX && str_is(texts[i], "'007");
        bool is_same = str_equal(row.cells[0].text, is_number ? STR("007") : texts[i]);
        if (!CHECK(is_same)) {
            printf("    %s: got \"%.*s\", wanted \"%.*s\"\n", suffix, STR_ARG(row.cells[0].text),
                   STR_ARG(texts[i]));
        }
    }
    unlink(path);
    scope_end(&scope);
}

TEST(texts_survive_csv_and_xlsx)
{
    check_round_trip(TABLE_CSV, "-round.csv");
    check_round_trip(TABLE_XLSX, "-round.xlsx");
}

TEST(writers_report_and_cut)
{
    struct scope scope;
    scope_begin(&scope);
    struct table_writer *writer;
    static const enum table_format formats[] = { TABLE_CSV, TABLE_XLSX, TABLE_JSONL };
    for (int i = 0; i < 3; i++) {
        scope_error_clear(&scope);
        CHECK(!table_writer_open(&scope, formats[i], "/nonexistent/x", columns, 1, NULL, &writer));
        CHECK_INT(scope.error.code, ERROR_STORAGE);
    }
    scope_error_clear(&scope);
    const char *path = temporary(&scope, "-cut.xlsx");
    CHECK(table_writer_open(&scope, TABLE_XLSX, path, columns, 1, NULL, &writer));
    char *big = scope_alloc(&scope, 40000);
    memset(big, 'x', 40000);
    struct table_value value = { true, { big, 40000 }, 0 };
    CHECK(table_writer_row(writer, &scope, &value));
    CHECK_INT(table_writer_cut_count(writer), 1);
    CHECK(table_writer_end(writer, &scope));
    /* Given up half way: the scope cleans up. */
    CHECK(table_writer_open(&scope, TABLE_XLSX, path, columns, 1, NULL, &writer));
    CHECK(table_writer_row(writer, &scope, &value));
    scope_end(&scope);
    scope_begin(&scope);
    unlink(temporary(&scope, "-cut.xlsx"));
    scope_end(&scope);
}
