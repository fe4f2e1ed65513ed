/*
 * Rows that come in by files, on a workspace with the sales pack: put in many at once they are
 * what they are put in one by one; what went out comes in the same; as people in China write
 * it; cancelled, told about and taken back; by those who may.
 */
#include <stdio.h>
#include <stdlib.h>

#include "ingest/export.h"
#include "tests/take.h"
#include "tests/test.h"
#include "tests/xlsx_make.h"

enum { FILE_SIZE_MAX = 8 * 1024 * 1024 };

static const struct uuid nobody;

static struct str path_of(struct office *office, const char *name)
{
    return scope_format(&office->scope, "%s/%s", office->folder, name);
}

static struct str file_get(struct office *office, const char *path)
{
    char *bytes = scope_alloc(&office->scope, FILE_SIZE_MAX + 1);
    FILE *file = fopen(path, "rb");
    if (!CHECK(file != NULL)) return STR("");
    size_t size = fread(bytes, 1, FILE_SIZE_MAX, file);
    fclose(file);
    bytes[size] = '\0';
    return (struct str){ bytes, size };
}

static struct import_report take_plain(struct office *office, struct str path, const char *json)
{
    struct import_task task = { .by = { .language = LANGUAGE_EN } };
    return take_file(office, &task, path, json);
}

static void undo(struct office *office, struct uuid id)
{
    struct import_by by = { office->engine, nobody, LANGUAGE_EN };
    scope_error_clear(&office->scope);
    CHECK(import_undo(&office->scope, &by, id));
}

static struct str give(struct office *office, const char *object, const char *fields,
                       enum table_format format, bool is_plain, const char *name)
{
    struct visit visit;
    struct db_conn *conn;
    int64_t count = 0;
    struct str path = path_of(office, name);
    struct export_options options = { .object = str_of(object), .order = STR("name"),
                                      .fields = str_of(fields), .format = format,
                                      .is_plain = is_plain };
    visit_begin(&visit, office, nobody);
    CHECK(db_read_begin(&visit.scope, engine_db(office->engine), &conn));
    CHECK(export_run(&visit.scope, conn, &visit.context, &options, path.data, &count));
    db_read_end(conn);
    visit_end(&visit, office);
    return path;
}

#define DEALS "name,amount,stage,customer.name,owner.login,created_at,closed_at,needs_support," \
    "small_order,expected_close,number"
#define DEAL_MAP "{'object':'opportunity','map':{'name':'name','amount':'amount','stage':'stage'," \
    "'customer.name':'customer.name','owner.login':'owner.login','created_at':'created_at'," \
    "'closed_at':'closed_at','needs_support':'needs_support','small_order':'small_order'," \
    "'expected_close':'expected_close','number':'number'},'missing':'accept'}"

static const char deal_rows[] =
    "name,amount,stage,customer,created_at,closed_at,support\n"
    "A,100.50,won,华强电子,2025-01-02,2025-02-03,\n"
    ",2000,contact,华强电子,2025-01-02,,yes\n"
    "C,,lost,蓝海物流,2025-03-01,2025-03-01,no\n"
    "D,\"3,000\",,蓝海物流,,,\n";
#define DEAL_ROWS_MAP(more) "{'object':'opportunity','map':{'name':'name','amount':'amount'," \
    "'stage':'stage','customer':'customer.name','created_at':'created_at'," \
    "'closed_at':'closed_at','support':'needs_support'},'refs':'create','missing':'accept'" more "}"

/* Customers as somebody has them in a file. */
static void masters(struct office *office)
{
    struct str path = office_file(office, "m.csv", STR(
        "name,industry,size,buys,region,phone,grade,notes,owner,since\n"
        "华强电子,制造,120,1280.50,广东深圳,0755-82345678,A,\"line one\nline, \"\"two\"\"\",rob,"
        "2024-01-02 08:30\n"
        "=cmd,金融,,,上海,,,-3,ray,2024-02-29\n蓝海物流,物流,7,0.01,,+86 13800000000,,,ron,\n"));
    struct import_report report = take_plain(office, path,
        "{'object':'customer','map':{'name':'name','industry':'industry','size':'size',"
        "'buys':'annual_purchase','region':'region','phone':'phone','grade':'grade',"
        "'notes':'notes','owner':'owner.login','since':'created_at'}}");
    CHECK_INT(report.created, 3);
    CHECK_INT(report.failed_count, 0);
}

/* ---- many at once and one by one ---- */

TEST(rows_put_in_at_once_are_those_put_in_one_by_one)
{
    struct office quick, slow;
    office_begin(&quick);
    office_begin(&slow);
    struct str good = office_file(&quick, "good.csv", str_of(deal_rows));
    /* A row that is refused makes the batch go in row by row. */
    struct str mixed = office_file(&slow, "mixed.csv", scope_format(
        &slow.scope, "%s%s", deal_rows, "E,1,won,华强电子,2025-05-02,2025-05-01,\n"));
    CHECK_INT(take_plain(&quick, good, DEAL_ROWS_MAP("")).created, 4);
    struct import_report report = take_plain(&slow, mixed, DEAL_ROWS_MAP(""));
    CHECK_INT(report.created, 4);
    CHECK_INT(report.failed_count, 1);
    CHECK_STR(report.failed[0].code, "before_created");
    struct str a = give(&quick, "opportunity", DEALS, TABLE_CSV, false, "a.csv");
    struct str b = give(&slow, "opportunity", DEALS, TABLE_CSV, false, "b.csv");
    CHECK_STR(file_get(&quick, a.data), file_get(&slow, b.data).data);
    static const char *const same[] = {
        "SELECT COUNT(*) FROM opportunity WHERE name = '华强电子' AND number IS NOT NULL",
        "SELECT COUNT(*) FROM opportunity WHERE small_order = 0 AND needs_support IS NOT NULL",
        "SELECT COUNT(*) FROM stage_stay",
        ("SELECT SUM(entered_at) + SUM(COALESCE(left_at, 0)) + SUM(move) FROM stage_stay "
         "WHERE entered_at < 1770000000000"),
        "SELECT COUNT(*) FROM change WHERE via = 'import'",
        "SELECT COUNT(*) FROM timer",
        "SELECT COUNT(*) FROM opportunity WHERE stalled_since = stage_entered_at",
    };
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        CHECK(office_number(&quick, same[i]) > 0);
        CHECK_INT(office_number(&quick, same[i]), office_number(&slow, same[i]));
    }
    office_end(&slow);
    office_end(&quick);
}

TEST(rows_refused_among_many_leave_the_others_in)
{
    enum { ROW_COUNT = 1300 };
    struct office office;
    struct buf text;
    office_begin(&office);
    masters(&office);
    buf_begin(&text, &office.scope, FILE_SIZE_MAX);
    buf_put(&text, STR("name,customer,number,created,closed,stage\n"));
    for (int i = 0; i < ROW_COUNT; i++) {
        const char *customer = i % 400 == 7 ? "unknown" : "华强电子"; /* 4: no such customer */
        const char *closed = i % 600 == 11 ? "2024-01-01" : "2025-01-01"; /* 3: before it began */
        int own = i == 700 || i == 1250 ? 3 : i;                    /* 2: a number that is taken */
        buf_format(&text, "Deal %d,%s,N%d,2024-05-05,%s,won\n", i, customer, own, closed);
    }
    struct import_report report = take_plain(&office, office_file(&office, "r.csv", buf_str(&text)),
        "{'object':'opportunity','map':{'name':'name','customer':'customer.name',"
        "'number':'number','created':'created_at','closed':'closed_at','stage':'stage'}}");
    CHECK_INT(report.rows, ROW_COUNT);
    CHECK_INT(report.failed_count, 4 + 3 + 2);
    CHECK_INT(report.created, ROW_COUNT - 9);
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM opportunity"), ROW_COUNT - 9);
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM import_row AS r JOIN import_run AS i ON "
                                     "i.id = r.import WHERE i.object = 'opportunity'"),
              ROW_COUNT - 9);
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM stage_stay"), 2 * (ROW_COUNT - 9));
    int kinds[3] = { 0 };
    for (int i = 0; i < report.failed_kept; i++) {
        kinds[0] += str_is(report.failed[i].code, "reference_none");
        kinds[1] += str_is(report.failed[i].code, "before_created");
        kinds[2] += str_is(report.failed[i].code, "not_unique");
        if (getenv("TEST_LOG")) printf("    %.*s\n", STR_ARG(report.failed[i].code));
    }
    CHECK_INT(kinds[1], 3);
    CHECK_INT(kinds[2], 2);
    CHECK_INT(kinds[0], 4);
    office_end(&office);
}

TEST(rows_numbers_from_elsewhere_are_not_given_out_again)
{
    struct office office;
    struct visit visit;
    office_begin(&office);
    struct str path = office_file(&office, "n.csv", STR("name,customer,number\nA,K,\n"
        "B,K,SJ-2026-000007\nC,K,\nD,K,SJ-2024-000900\nE,K,own\n"));
    struct import_report report = take_plain(&office, path,
        "{'object':'opportunity','map':{'name':'name','customer':'customer.name',"
        "'number':'number'},'refs':'create'}");
    CHECK_INT(report.created, 5);
    CHECK_INT(office_number(&office, "SELECT COUNT(DISTINCT number) FROM opportunity"), 5);
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM opportunity WHERE number IN "
                                     "('SJ-2026-000008', 'SJ-2026-000009')"), 2);
    visit_begin(&visit, &office, office.rob);
    struct uuid customer = visit_create(&visit, "customer", "{\"name\":\"N\"}");
    struct uuid deal = visit_create(&visit, "opportunity",
        scope_format(&visit.scope, "{\"name\":\"N\",\"customer\":\"%s\"}",
                     uuid_format(&visit.scope, customer).data).data);
    CHECK_STR(visit_value(&visit, "opportunity", deal, "number"), "SJ-2026-000010");
    visit_end(&visit, &office);
    office_end(&office);
}

/* ---- out and in again ---- */

/* Owners are other people in another workspace: they are told by their login. */
static void round_trip(enum table_format format, bool is_plain, const char *file)
{
    static const char fields[] = "name,industry,size,annual_purchase,region,phone,grade,notes,"
                                 "owner.login,created_at";
    struct office from, to;
    office_begin(&from);
    office_begin(&to);
    masters(&from);
    struct str rows = office_file(&from, "d.csv", str_of(deal_rows));
    CHECK_INT(take_plain(&from, rows, DEAL_ROWS_MAP("")).created, 4);
    struct str out = give(&from, "customer", fields, format, is_plain, file);
    struct import_report report = take_plain(&to, out, "{'object':'customer'}");
    CHECK_INT(report.created, 3);
    CHECK_INT(report.failed_count, 0);
    struct str a = give(&from, "customer", fields, TABLE_CSV, true, "a.csv");
    struct str b = give(&to, "customer", fields, TABLE_CSV, true, "b.csv");
    /* Plain files have ids, which go in as they are. */
    struct str text = file_get(&from, a.data);
    if (is_plain) CHECK_STR(text, file_get(&to, b.data).data);
    a = give(&from, "customer", fields, TABLE_XLSX, false, "a.xlsx");
    struct str la = give(&from, "customer", fields, TABLE_CSV, false, "la.csv");
    struct str lb = give(&to, "customer", fields, TABLE_CSV, false, "lb.csv");
    CHECK_STR(file_get(&from, la.data), file_get(&to, lb.data).data);
    out = give(&from, "opportunity", DEALS, TABLE_XLSX, true, "o.xlsx");
    CHECK_INT(take_plain(&to, out, DEAL_MAP).created, 4);
    la = give(&from, "opportunity", DEALS, TABLE_CSV, false, "da.csv");
    lb = give(&to, "opportunity", DEALS, TABLE_CSV, false, "db.csv");
    CHECK_STR(file_get(&from, la.data), file_get(&to, lb.data).data);
    CHECK_INT(office_number(&to, "SELECT COUNT(*) FROM stage_stay"),
              office_number(&from, "SELECT COUNT(*) FROM stage_stay"));
    office_end(&to);
    office_end(&from);
}

TEST(rows_exported_as_csv_come_in_the_same)
{
    round_trip(TABLE_CSV, true, "out.csv");
}
TEST(rows_exported_as_a_workbook_come_in_the_same)
{
    round_trip(TABLE_XLSX, false, "out.xlsx");
}

/* ---- as people write it ---- */

TEST(rows_as_written_in_china)
{
    static const char gb18030[] = /* 名称,年采购额,建档 */
        "\xc3\xfb\xb3\xc6,\xc4\xea\xb2\xc9\xb9\xba\xb6\xee,\xbd\xa8\xb5\xb5\n"
        "\xbb\xaa\xc7\xbf,1.5\xcd\xf2,2024\xc4\xea" "3\xd4\xc2" "5\xc8\xd5\n" /* 华强 万 年月日 */
        "\xc0\xb6\xba\xa3,2\xd2\xda,2024/12/31\n";                             /* 蓝海 亿 */
    struct office office;
    office_begin(&office);
    struct str path = office_file(&office, "g.csv", str_of(gb18030));
    struct import_report report = take_plain(&office, path,
        "{'object':'customer','map':{'名称':'name','年采购额':'annual_purchase',"
        "'建档':'created_at'}}");
    CHECK_INT(report.created, 2);
    CHECK_INT(report.failed_count, 0);
    CHECK_INT(office_number(&office, "SELECT annual_purchase FROM customer WHERE name = '华强'"),
              1500000);
    CHECK_INT(office_number(&office, "SELECT annual_purchase FROM customer WHERE name = '蓝海'"),
              20000000000);
    CHECK_INT(office_number(&office, "SELECT created_at FROM customer WHERE name = '华强'"),
              1709568000000); /* 2024-03-05T00:00+08:00 */
    /* A workbook: serials styled as dates, serials that are not, texts. */
    struct xlsx_shape shape = {
        .rows = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>name</t></is></c>"
                "<c r=\"B1\" t=\"inlineStr\"><is><t>close</t></is></c>"
                "<c r=\"C1\" t=\"inlineStr\"><is><t>buys</t></is></c></row>"
                "<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>S</t></is></c>"
                "<c r=\"B2\" s=\"1\"><v>45356</v></c>"
                "<c r=\"C2\"><v>12.340000000000001</v></c></row>"
                "<row r=\"3\"><c r=\"A3\" t=\"inlineStr\"><is><t>T</t></is></c>"
                "<c r=\"B3\" t=\"inlineStr\"><is><t>2024年3月5日</t></is></c>"
                "<c r=\"C3\" t=\"inlineStr\"><is><t>¥3.2万元</t></is></c></row>",
        .styles = "<xf numFmtId=\"0\"/><xf numFmtId=\"14\"/>",
    };
    path = office_file(&office, "s.xlsx", xlsx_make_sheet(&office.scope, &shape));
    report = take_plain(&office, path,
        "{'object':'opportunity','map':{'name':['name','customer.name'],"
        "'close':'expected_close','buys':'amount'},'refs':'create'}");
    CHECK_INT(report.created, 2);
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM opportunity WHERE expected_close = "
                                     "19787"), 2); /* days to 2024-03-05 */
    CHECK_INT(office_number(&office, "SELECT amount FROM opportunity WHERE name = 'S'"), 1234);
    CHECK_INT(office_number(&office, "SELECT amount FROM opportunity WHERE name = 'T'"), 3200000);
    office_end(&office);
}

TEST(rows_refused_are_in_the_file_of_errors)
{
    struct office office;
    office_begin(&office);
    struct str path = office_file(&office, "e.csv",
                               STR("name,size,notes\nA,12,x\nB,many,\"=1,2\"\n,7,z\n"));
    static const char *const names[] = { "errors.csv", "errors.xlsx" };
    for (int i = 0; i < 2; i++) {
        struct str errors = path_of(&office, names[i]);
        struct import_task task = { .by = { .language = LANGUAGE_ZH },
                                    .errors_path = errors.data };
        struct ingest_table *table;
        struct ingest_row row;
        bool has_row = false;
        struct import_report report = take_file(&office, &task, path,
            "{'object':'customer','map':{'name':'name','size':'size','notes':'notes'}}");
        CHECK_INT(report.created, 1);
        CHECK_INT(report.failed_count, 2);
        CHECK(ingest_open_file(&office.scope, errors.data, NULL, &table));
        CHECK_INT(ingest_header(table).count, 4);
        CHECK_STR(ingest_header(table).names[3], "错误原因");
        CHECK(ingest_next(table, &office.scope, &row, &has_row) && has_row);
        CHECK_STR(ingest_cell_text(&office.scope, &row.cells[1]), "many");
        CHECK_STR(ingest_cell_text(&office.scope, &row.cells[2]), "=1,2");
        CHECK(ingest_cell_text(&office.scope, &row.cells[3]).size > 0);
        CHECK(ingest_next(table, &office.scope, &row, &has_row) && has_row);
        CHECK(ingest_next(table, &office.scope, &row, &has_row) && !has_row);
        /* Mended and imported once more: the column of reasons is of no field. */
        report = take_plain(&office, errors,
            "{'object':'customer','map':{'name':'name','notes':'notes'}}");
        CHECK_INT(report.created, 1);
    }
    office_end(&office);
}

/* ---- stopped, told, taken back ---- */

struct stopping {
    struct office *office;
    struct uuid id;
    int64_t seen;
};

static bool cancel_write(struct scope *scope, struct db_conn *conn, void *context)
{
    struct stopping *stopping = context;
    struct visit visit;
    struct row row;
    visit_begin(&visit, stopping->office, nobody);
    bool ok = db_one(scope, conn, STR("SELECT id FROM import_run WHERE state = 'running'"), NULL,
                     0, &row) &&
              row.count > 0;
    if (ok) stopping->id = cell_uuid(&row.cells[0]);
    ok = ok && import_cancel(scope, conn, &visit.context, stopping->id);
    visit_end(&visit, stopping->office);
    return ok;
}

static void stop(void *context, int64_t done, int64_t total)
{
    struct stopping *stopping = context;
    struct scope scope;
    (void)total;
    if (stopping->seen++ > 0) return;
    CHECK(done > 0);
    scope_begin(&scope);
    CHECK(db_write_wait(&scope, engine_db(stopping->office->engine), cancel_write, stopping));
    scope_end(&scope);
}

TEST(rows_stop_when_cancelled_and_go_back)
{
    enum { ROW_COUNT = 3000 };
    struct office office;
    office_begin(&office);
    struct buf text;
    buf_begin(&text, &office.scope, FILE_SIZE_MAX);
    buf_put(&text, STR("name\n"));
    for (int i = 0; i < ROW_COUNT; i++) buf_format(&text, "Customer %d\n", i);
    struct str path = office_file(&office, "c.csv", buf_str(&text));
    struct stopping stopping = { .office = &office };
    struct import_task task = { .progress = stop, .progress_context = &stopping };
    struct import_report report =
        take_file(&office, &task, path, "{'object':'customer','map':{'name':'name'}}");
    CHECK_STR(report.state, "cancelled");
    CHECK(report.created > 0 && report.created < ROW_COUNT);
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM customer"), report.created);
    CHECK_INT(office_number(&office, "SELECT created FROM import_run WHERE state = 'cancelled'"),
              report.created);
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM import_row"), report.created);
    undo(&office, report.id);
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM customer WHERE deleted_at IS NULL"), 0);
    office_end(&office);
}

TEST(rows_taken_back_take_their_messages_along)
{
    struct office office;
    struct visit visit;
    office_begin(&office);
    visit_begin(&visit, &office, office.rob);
    struct uuid kept = visit_create(&visit, "customer", "{\"name\":\"Kept\"}");
    CHECK(!uuid_is_nil(kept));
    visit_end(&visit, &office);
    office.clock.fixed_ms += 1000;
    struct str path = office_file(&office, "h.csv", STR("name,owner\nKept,ray\n"));
    struct import_report report = take_plain(&office, path,
        "{'object':'customer','map':{'name':'name','owner':'owner.login'},'key':'name'}");
    CHECK_INT(report.updated, 1);
    int64_t told = office_number(&office, "SELECT COUNT(*) FROM message");
    CHECK(told > 0); /* customer_handed_over */
    office.clock.fixed_ms += 1000;
    visit_begin(&visit, &office, office.sue); /* not the import's */
    struct uuid other = visit_create(&visit, "customer", "{\"name\":\"Other\"}");
    CHECK(!uuid_is_nil(other));
    CHECK(visit_update(&visit, "customer", other,
                       scope_format(&visit.scope, "{\"owner\":\"%s\"}",
                                    uuid_format(&visit.scope, office.rob).data).data, ""));
    visit_end(&visit, &office);
    CHECK(office_number(&office, "SELECT COUNT(*) FROM message") > told);
    undo(&office, report.id);
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM message AS m JOIN customer AS c ON "
                                     "c.id = m.record WHERE c.name = 'Kept'"), 0);
    CHECK(office_number(&office, "SELECT COUNT(*) FROM message") > 0);
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM customer AS c JOIN \"user\" AS u ON "
                                     "u.id = c.owner WHERE c.name = 'Kept' AND u.login = 'rob'"),
              1);
    office_end(&office);
}

/* ---- by those who may ---- */

TEST(rows_of_people_give_no_rights_their_importer_lacks)
{
    struct office office;
    struct visit visit;
    office_begin(&office);
    visit_begin(&visit, &office, nobody);
    struct uuid ops = visit_create(&visit, "user",
        "{\"name\":\"Ops\",\"login\":\"ops\",\"role\":\"sales_ops\"}");
    struct uuid chief = visit_create(&visit, "user",
        "{\"name\":\"Chief\",\"login\":\"chief\",\"role\":\"admin\"}");
    CHECK(!uuid_is_nil(ops) && !uuid_is_nil(chief));
    visit_end(&visit, &office);
    struct str path = office_file(&office, "p.csv", STR("name,login,role\nRoot,root,admin\n"
                                                     "Nina,nina,rep\nOps,ops,admin\n"
                                                     "Taken,chief,rep\n"));
    struct import_task task = { .by = { .user = ops, .language = LANGUAGE_EN } };
    struct import_report report = take_file(&office, &task, path,
        "{'object':'user','map':{'name':'name','login':'login','role':'role'},'key':'login'}");
    CHECK_INT(report.created, 1);
    CHECK_INT(report.updated, 0);
    CHECK_INT(report.failed_count, 3);
    for (int i = 0; i < report.failed_kept; i++) CHECK_STR(report.failed[i].code, "give_role");
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM \"user\" WHERE login = 'root'"), 0);
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM \"user\" WHERE name = 'Taken'"), 0);
    /* The engine itself, whatever door. */
    visit_begin(&visit, &office, ops);
    CHECK(uuid_is_nil(visit_create(&visit, "user",
        "{\"name\":\"R\",\"login\":\"root\",\"role\":\"admin\"}")));
    CHECK_STR(str_of(visit_error(&visit)), "access.give_role");
    CHECK(!visit_update(&visit, "user", chief, "{\"name\":\"X\"}", ""));
    CHECK(!visit_delete(&visit, "user", chief));
    visit_end(&visit, &office);
    visit_begin(&visit, &office, office.boss); /* a director manages nobody */
    CHECK(!visit_update(&visit, "user", office.rob, "{\"name\":\"X\"}", ""));
    visit_end(&visit, &office);
    office_end(&office);
}
