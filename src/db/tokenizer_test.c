/* What text search finds, and that what is typed is never an operator. */
#include "db/db.h"

#include "db/fixture_test.h"
#include "tests/database.h"

struct note_text {
    int number;
    const char *text;
};

static bool note_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct note_text *note = context;
    struct cell args[2] = { cell_int(note->number), cell_text(str_of(note->text)) };
    return db_exec(scope, conn, STR("INSERT INTO words (rowid, text) VALUES (?, ?)"), args, 2);
}

static bool words_begin(struct fixture *fixture)
{
    static const struct note_text notes[] = {
        { 1, "上海医疗器械有限公司" },
        { 2, "器材与机械" },
        { 4, "ＡＢＣ－１２３ Café Munich" },
        { 8, "abc公司，电话 13800138000" },
        { 16, "医院需要定制化测试报告，zhang.wei@acme.com" },
        { 32, "医 疗" },
    };
    if (!fixture_begin(fixture, NULL)) return false;
    bool ok = fixture_exec(fixture, "CREATE VIRTUAL TABLE words USING fts5(text, "
                                    "tokenize='leadline')");
    for (size_t i = 0; ok && i < sizeof(notes) / sizeof(notes[0]); i++) {
        ok = db_write_wait(&fixture->scope, fixture->db, note_run,
                           (void *)(uintptr_t)&notes[i]);
    }
    return CHECK(ok);
}

/* The sum of the numbers of the notes found, each a power of two. */
static int64_t found(struct fixture *fixture, const char *text)
{
    struct scope scope;
    scope_begin(&scope);
    struct db_conn *conn;
    int64_t sum = -1;
    struct cell arg = cell_text(db_search_query(&scope, str_of(text)));
    struct row row;
    if (db_read_begin(&scope, fixture->db, &conn)) {
        if (db_one(&scope, conn,
                   STR("SELECT COALESCE(SUM(rowid), 0) FROM words WHERE text MATCH ?"), &arg, 1,
                   &row)) {
            sum = row.cells[0].integer;
        }
        db_read_end(conn);
    }
    scope_end(&scope);
    return sum;
}

TEST(tokenizer_finds_chinese)
{
    struct fixture fixture;
    if (words_begin(&fixture)) {
        CHECK_INT(found(&fixture, "器械"), 1);
        CHECK_INT(found(&fixture, "医疗"), 1);
        CHECK_INT(found(&fixture, "医疗器械"), 1);
        CHECK_INT(found(&fixture, "疗器"), 1);
        CHECK_INT(found(&fixture, "医"), 1 + 16 + 32);
        CHECK_INT(found(&fixture, "公司"), 1 + 8);
        CHECK_INT(found(&fixture, "械器"), 0);
        CHECK_INT(found(&fixture, "定制化"), 16);
        CHECK_INT(found(&fixture, "医院 报告"), 16);
        CHECK_INT(found(&fixture, "医院报告"), 0);
    }
    fixture_end(&fixture);
}

TEST(tokenizer_folds_case_and_width)
{
    struct fixture fixture;
    if (words_begin(&fixture)) {
        CHECK_INT(found(&fixture, "abc"), 4 + 8);
        CHECK_INT(found(&fixture, "ABC"), 4 + 8);
        CHECK_INT(found(&fixture, "ａｂｃ公司"), 8);
        CHECK_INT(found(&fixture, "CAFÉ mun"), 4); /* the last word is a prefix */
        CHECK_INT(found(&fixture, "caf munich"), 0);
        CHECK_INT(found(&fixture, "1380013"), 8);
        CHECK_INT(found(&fixture, "zhang.wei@ACME.com"), 16);
    }
    fixture_end(&fixture);
}

TEST(tokenizer_takes_no_orders)
{
    static const char *const typed[] = {
        "\"", "\"\"", "a\"b", "abc OR 医院", "NOT abc", "text:abc", "abc*", "^abc", "(abc",
        "abc NEAR(x, 2)", "{text} : abc", "-", "+", "abc AND", "'; DROP TABLE words; --",
        "\xff\xfe", "\xe5\x8c", "😀", "，。！",
    };
    struct fixture fixture;
    if (words_begin(&fixture)) {
        for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
            struct str query = db_search_query(&fixture.scope, str_of(typed[i]));
            if (query.size > 0) CHECK(found(&fixture, typed[i]) >= 0);
        }
        CHECK_STR(db_search_query(&fixture.scope, STR("")), "");
        CHECK_STR(db_search_query(&fixture.scope, STR("，。 \"")), "");
        CHECK_STR(db_search_query(&fixture.scope, STR("Not a*")), "\"not\" AND \"a\"*");
        CHECK_STR(db_search_query(&fixture.scope, STR("x医院")), "\"x\" AND \"医院\"");
        /* However much is typed, the expression is small. */
        struct buf many;
        buf_begin(&many, &fixture.scope, 1 << 20);
        for (int i = 0; i < 5000; i++) buf_put(&many, STR("word医院 "));
        struct str query = db_search_query(&fixture.scope, buf_str(&many));
        CHECK(query.size > 0 && query.size < 1000);
    }
    fixture_end(&fixture);
}

TEST(tokenizer_takes_what_is_stored_however_odd)
{
    if (test_is_postgres()) return; /* it stores no text that is not UTF-8 */
    struct fixture fixture;
    if (words_begin(&fixture)) {
        struct buf longest;
        buf_begin(&longest, &fixture.scope, 1 << 20);
        for (int i = 0; i < 2000; i++) buf_put(&longest, STR("abcdefghij"));
        for (int i = 0; i < 2000; i++) buf_put(&longest, STR("医"));
        struct note_text odd[] = { { 64, longest.data }, { 128, "\xff\xfe\xe5" }, { 256, "" } };
        for (int i = 0; i < 3; i++) {
            CHECK(db_write_wait(&fixture.scope, fixture.db, note_run, &odd[i]));
        }
        CHECK_INT(found(&fixture, "abcdefghijab"), 64);
        CHECK_INT(found(&fixture, "医医"), 64);
        CHECK(db_check(&fixture.scope, fixture.db));
    }
    fixture_end(&fixture);
}
