#include "base/buf.h"
#include "base/message.h"
#include "ingest/table.h"
#include "tests/test.h"

/* Opens text and renders header and rows: "1:a|b;2:1|2;" (";+n" for extra cells). */
static struct str rendered(struct scope *scope, struct str text,
                           const struct ingest_options *options)
{
    struct ingest_table *table;
    if (!ingest_open(scope, text, options, &table)) return str_of(error_last(scope)->key);
    struct buf out;
    buf_begin(&out, scope, 1024 * 1024);
    struct ingest_header header = ingest_header(table);
    buf_format(&out, "%lld:", (long long)header.row);
    for (int i = 0; i < header.count; i++) {
        buf_format(&out, i ? "|%.*s" : "%.*s", STR_ARG(header.names[i]));
    }
    bool has_row = true;
    while (has_row) {
        struct ingest_row row;
        if (!ingest_next(table, scope, &row, &has_row)) return str_of(error_last(scope)->key);
        if (!has_row) break;
        buf_format(&out, ";%lld:", (long long)row.number);
        for (int i = 0; i < row.count; i++) {
            struct str cell = ingest_cell_text(scope, &row.cells[i]);
            buf_format(&out, i ? "|%.*s" : "%.*s", STR_ARG(cell));
        }
        if (row.extra_count) buf_format(&out, "+%d", row.extra_count);
    }
    return buf_str(&out);
}

static void check_read(struct str text, const char *wanted)
{
    struct scope scope;
    scope_begin(&scope);
    CHECK_STR(rendered(&scope, text, NULL), wanted);
    scope_end(&scope);
}

TEST(csv_reads_rows_in_every_shape)
{
    check_read(STR("a,b\r\n1,2\r\n3,4"), "1:a|b;2:1|2;3:3|4");
    check_read(STR("a,b\n1,2\n\n3,4\n"), "1:a|b;2:1|2;4:3|4");
    check_read(STR("a,b\r1,2\r3,4\r"), "1:a|b;2:1|2;3:3|4");
    check_read(STR("a,b\n\"x\ny\",\"q \"\"q\"\"\"\nz,w"), "1:a|b;2:x\ny|q \"q\";3:z|w");
    check_read(STR("a,b,c\n1\n1,2,3,,5,6\n"), "1:a|b|c;2:1||;3:1|2|3+2");
    check_read(STR("a,,c,,\n1,2,3,4\n"), "1:a||c;2:1|2|3+1");
    check_read(STR("a,b\n\"x\"y,5\" pipe\n"), "1:a|b;2:xy|5\" pipe");
    check_read(STR("name\nx\ny\n"), "1:name;2:x;3:y");
    check_read(STR("a,b\n , \n1,2"), "1:a|b;3:1|2");
}

TEST(csv_finds_delimiter_and_header)
{
    check_read(STR("a;b\n1,5;2\n2,5;3\n"), "1:a|b;2:1,5|2;3:2,5|3");
    check_read(STR("a\tb\n1\t2\n"), "1:a|b;2:1|2");
    check_read(STR("a|b\n1|2\n"), "1:a|b;2:1|2");
    check_read(STR("sep=;\na;b\n1;2\n"), "2:a|b;3:1|2");
    check_read(STR("My list 2026\n\na,b,c\n1,2,3\n"), "3:a|b|c;4:1|2|3");
    struct scope scope;
    scope_begin(&scope);
    struct ingest_options options = { .delimiter = ';', .header_row = 2 };
    CHECK_STR(rendered(&scope, STR("x;y\na,b;c\n1;2\n"), &options), "2:a,b|c;3:1|2");
    scope_end(&scope);
}

TEST(csv_takes_off_one_guard)
{
    check_read(STR("a,b\n'=1+1,'tis\n''x,'007\n"), "1:a|b;2:=1+1|'tis;3:'x|007");
}

TEST(csv_reads_encodings)
{
    check_read(STR("\xef\xbb\xbf\xe5\x90\x8d,b\n\xe5\xbc\xa0,2\n"), "1:名|b;2:张|2");
    check_read(STR("\xc3\xfb,b\n\xd5\xc5,2\n"), "1:名|b;2:张|2"); /* GB18030 */
    check_read(STR("a,b\n\x81\x30\x84\x36,2\n"), "1:a|b;2:¥|2");  /* four bytes of it */
    check_read(STR("\xff\xfe\x0d\x54,\0b\0\n\0\x20\x5f,\0""2\0"), "1:名|b;2:张|2");
    check_read(STR("\xfe\xff\x54\x0d\0,\0b\0\n\x5f\x20\0,\0""2"), "1:名|b;2:张|2");
    struct scope scope;
    scope_begin(&scope);
    struct ingest_options options = { .encoding = INGEST_ENCODING_UTF8 };
    CHECK_STR(rendered(&scope, STR("\xc3\xfb,b\n"), &options), "ingest.encoding");
    scope_end(&scope);
}

TEST(csv_chinese_may_come_late_and_across_windows)
{
    struct scope scope;
    scope_begin(&scope);
    for (int shift = 0; shift < 4; shift++) {
        struct buf text;
        buf_begin(&text, &scope, 1024 * 1024);
        buf_put(&text, STR("a,b\n\""));
        for (int i = 0; i < shift; i++) buf_put_char(&text, 'x');
        for (int i = 0; i < 40000; i++) {
            buf_put(&text, i % 1000 == 999 ? STR("\",\"\"\n\"") : STR("\xe5\xbc\xa0"));
        }
        buf_put(&text, STR("\",1\n"));
        struct ingest_table *table;
        CHECK(ingest_open(&scope, buf_str(&text), NULL, &table));
        CHECK_INT(ingest_encoding(table), INGEST_ENCODING_UTF8);
        int64_t rows = 0;
        bool has_row = true;
        for (; has_row; rows += has_row) {
            struct ingest_row row;
            if (!CHECK(ingest_next(table, &scope, &row, &has_row))) break;
        }
        CHECK_INT(rows, 41);
    }
    scope_end(&scope);
}

static void check_refused(struct str text, const char *key, int64_t row)
{
    struct scope scope;
    scope_begin(&scope);
    CHECK_STR(rendered(&scope, text, NULL), key);
    const struct error_item *item = error_last(&scope);
    if (CHECK(item != NULL)) {
        if (row > 0) CHECK_INT(item->position, row);
        /* Every key has a sentence, and nothing of it is left to fill in. */
        struct str text_en = message_of_error(&scope, LANGUAGE_EN, item);
        CHECK(!str_is(text_en, key));
        if (row > 0) CHECK(str_find(text_en, STR("{")) == SIZE_MAX);
    }
    scope_end(&scope);
}

TEST(csv_refuses_with_the_row)
{
    check_refused(STR("a,b\n1,2\n3,\"x\n4,5\n"), "ingest.quote_open", 3);
    check_refused(STR("a,b\n1,\0\n"), "ingest.nul", 2);
    check_refused(STR("a,b\n1,\"\0\"\n"), "ingest.nul", 2);
    check_refused(STR("\n\n,,\n"), "ingest.header_missing", 0);
    check_refused(STR(""), "ingest.file_empty", 0);
    check_refused(STR("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old"), "ingest.xls_old", 0);
    check_refused(STR("a,b\n\xff\xff,1\n"), "ingest.encoding", 0);
    check_refused(STR("\xff\xfe" "a\0,\0b\0\n\0\x00\xd8"), "ingest.encoding", 0);
    check_refused(STR("\xef\xbb\xbf"), "ingest.header_missing", 0);
}

TEST(csv_refuses_what_is_too_large)
{
    struct scope scope;
    scope_begin(&scope);
    struct buf wide, tall;
    buf_begin(&wide, &scope, 1024 * 1024);
    buf_put(&wide, STR("a,b\n"));
    for (int i = 0; i < INGEST_COLUMN_COUNT_MAX; i++) buf_put(&wide, STR("1,"));
    buf_put_char(&wide, '\n');
    size_t size = wide.size;
    struct ingest_options options = { .header_row = 1 };
    struct str text = rendered(&scope, buf_str(&wide), &options);
    CHECK(str_ends_with(text, STR("+498")));
    buf_cut(&wide, size - 1);
    buf_put(&wide, STR("1\n"));
    check_refused(buf_str(&wide), "ingest.columns_many", 2);
    buf_begin(&tall, &scope, 1024 * 1024);
    buf_put(&tall, STR("a,b\n1,"));
    for (int i = 0; i < INGEST_CELL_SIZE_MAX; i++) buf_put_char(&tall, 'x');
    size = tall.size;
    CHECK_INT(rendered(&scope, buf_str(&tall), NULL).size, INGEST_CELL_SIZE_MAX + 10);
    buf_cut(&tall, size);
    buf_put_char(&tall, 'x');
    check_refused(buf_str(&tall), "ingest.cell_long", 2);
    scope_end(&scope);
}

TEST(csv_rewinds_and_names_columns)
{
    struct scope scope;
    scope_begin(&scope);
    struct ingest_table *table;
    struct ingest_row row;
    bool has_row;
    CHECK(ingest_open(&scope, STR("t,u\na,b\n1,2\n"), NULL, &table));
    CHECK_INT(ingest_sheet_count(table), 1);
    CHECK(ingest_next(table, &scope, &row, &has_row) && has_row);
    CHECK(ingest_rewind(table, &scope, 0, 2));
    CHECK_STR(ingest_header(table).names[0], "a");
    CHECK(ingest_next(table, &scope, &row, &has_row) && row.number == 3);
    CHECK(!ingest_rewind(table, &scope, 1, 0));
    CHECK_INT(scope.error.code, ERROR_NOT_FOUND);
    scope_error_clear(&scope);
    CHECK(!ingest_rewind(table, &scope, 0, 9));
    CHECK_STR(ingest_column_name(&scope, 0), "A");
    CHECK_STR(ingest_column_name(&scope, 25), "Z");
    CHECK_STR(ingest_column_name(&scope, 26), "AA");
    CHECK_STR(ingest_column_name(&scope, 701), "ZZ");
    CHECK_STR(ingest_column_name(&scope, 702), "AAA");
    scope_error_clear(&scope);
    CHECK(!ingest_open_file(&scope, "/nonexistent/x.csv", NULL, &table));
    CHECK_INT(scope.error.code, ERROR_NOT_FOUND);
    scope_end(&scope);
}
