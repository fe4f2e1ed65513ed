/*
 * Imports end to end on a workspace with the sales pack: the four files of the
 * Maven data set as they are, what is refused, what is undone, and a disk that fails.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/pack.h"
#include "ingest/export.h"
#include "ingest/import.h"
#include "tests/database.h"
#include "tests/test.h"

#define DATA "tests/data/maven-crm/"

struct shop {
    struct scope scope;
    struct engine *engine;
    struct clock clock;
    char folder[64];
    struct uuid admin, rep;
};

static struct json quoted(struct scope *scope, const char *text)
{
    struct json out = { .kind = JSON_KIND_NULL };
    struct str copy = scope_copy(scope, str_of(text));
    char *bytes = (char *)(uintptr_t)copy.data;
    for (size_t i = 0; i < copy.size; i++) {
        if (bytes[i] == '\'') bytes[i] = '"';
    }
    CHECK(json_read(scope, copy, &out));
    return out;
}

static void tell(const struct scope *scope)
{
    for (const struct error_item *item = scope->error.first; item; item = item->next) {
        printf("    %s at %.*s\n", item->key, STR_ARG(item->field));
        for (int i = 0; i < item->arg_count; i++) {
            printf("      %s = %.*s\n", item->args[i].name, STR_ARG(item->args[i].value));
        }
    }
    if (scope->error.detail.size > 0) printf("    %.*s\n", STR_ARG(scope->error.detail));
}

static struct uuid person_add(struct shop *shop, const char *login, const char *role)
{
    struct record made = { 0 };
    const struct snapshot *snapshot = snapshot_take(shop->engine);
    struct engine_context system = engine_system_context(shop->engine, snapshot, "test");
    const struct object *user = schema_object(snapshot->schema, STR("user"));
    struct json map = quoted(&shop->scope, scope_format(&shop->scope,
        "{'name':'%s','login':'%s','role':'%s'}", login, login, role).data);
    struct write write = { .verb = WRITE_CREATE, .object = user };
    CHECK(engine_parse(&shop->scope, &system, user, &map, false, &write.changes));
    CHECK(engine_write_wait(&shop->scope, &system, &write, &made));
    tell(&shop->scope);
    snapshot_release(shop->engine, snapshot);
    return made.id;
}

static bool shop_open(struct shop *shop)
{
    struct pack pack;
    struct pack_plan plan;
    *shop = (struct shop){ .clock = { 1800000000000 } };
    scope_begin(&shop->scope);
    snprintf(shop->folder, sizeof(shop->folder), "%s/importXXXXXX",
             getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (!CHECK(mkdtemp(shop->folder) != NULL)) return false;
    struct engine_options options = {
        .url = test_database(&shop->scope, shop->folder, "data.db"),
        .clock = &shop->clock,
    };
    bool ok = CHECK(engine_open(&shop->scope, &options, &shop->engine)) &&
              CHECK(test_database_begin(engine_db(shop->engine))) &&
              CHECK(pack_read_folder(&shop->scope, STR("packs/sales"), &pack));
    if (!ok) {
        tell(&shop->scope);
        return false;
    }
    const struct snapshot *snapshot = snapshot_take(shop->engine);
    struct engine_context system = engine_system_context(shop->engine, snapshot, "test");
    ok = CHECK(pack_apply_wait(&shop->scope, &system, &pack, NULL, 0, &plan));
    snapshot_release(shop->engine, snapshot);
    if (!ok) tell(&shop->scope);
    if (!ok) return false;
    shop->admin = person_add(shop, "boss", "admin");
    shop->rep = person_add(shop, "rep", "rep");
    return true;
}

static void shop_close(struct shop *shop)
{
    if (shop->engine) test_database_drop(engine_db(shop->engine), shop->folder);
    if (shop->engine) engine_close(shop->engine);
    struct str command = scope_format(&shop->scope, "rm -rf '%s'", shop->folder);
    CHECK(system(command.data) == 0);
    scope_end(&shop->scope);
}

static int64_t count_of(struct shop *shop, const char *sql)
{
    struct scope scope;
    struct db_conn *conn;
    struct row row = { 0 };
    scope_begin(&scope);
    CHECK(db_read_begin(&scope, engine_db(shop->engine), &conn));
    bool ok = CHECK(db_one(&scope, conn, str_of(sql), NULL, 0, &row));
    if (!ok) printf("    %.*s\n", STR_ARG(scope.error.detail));
    int64_t out = row.count > 0 ? row.cells[0].integer : -1;
    db_read_end(conn);
    scope_end(&scope);
    return out;
}

static bool run_as(struct shop *shop, struct uuid user, const char *path, const char *json,
                   struct import_report *report)
{
    struct json body = quoted(&shop->scope, json);
    struct import_options *options = scope_new(&shop->scope, struct import_options, 1);
    if (!CHECK(import_options_read(&shop->scope, &body, options))) return false;
    struct import_task task = {
        .by = { shop->engine, user, LANGUAGE_EN },
        .path = path,
        .options = options,
    };
    return import_file(&shop->scope, &task, STR("file"), report);
}

static struct import_report run(struct shop *shop, const char *path, const char *json)
{
    struct import_report report = { 0 };
    scope_error_clear(&shop->scope);
    if (!CHECK(run_as(shop, shop->admin, path, json, &report))) tell(&shop->scope);
    for (int i = 0; i < report.failed_kept && i < 3; i++) {
        if (getenv("TEST_LOG")) {
            printf("    row %lld %.*s %.*s: %.*s\n", (long long)report.failed[i].row,
                   STR_ARG(report.failed[i].column), STR_ARG(report.failed[i].value),
                   STR_ARG(report.failed[i].message));
        }
    }
    return report;
}

#define PEOPLE "{'object':'user','map':{'sales_agent':'name','manager':'supervisor.name'," \
    "'regional_office':'team.name'},'set':{'role':'rep'},'refs':'create'}"
#define PRODUCTS "{'object':'product','map':{'product':'name','series':'series'," \
    "'sales_price':'list_price'}}"
#define ACCOUNTS "{'object':'customer','map':{'account':'name','sector':'industry'," \
    "'revenue':'annual_purchase','employees':'size','office_location':'region'," \
    "'subsidiary_of':'parent.name'},'values':{'industry':{'technolgy':'technology'}}," \
    "'refs':'create'}"
#define DEALS(more) "{'object':'opportunity','map':{'account':['customer.name']," \
    "'product':'product.name','sales_agent':'owner.name','deal_stage':'stage'," \
    "'engage_date':'created_at','close_date':'closed_at','close_value':'amount'," \
    "'opportunity_id':'number'},'values':{'product.name':{'GTXPro':'GTX Pro'}," \
    "'stage':{'Prospecting':'lead','Engaging':'contact','Won':'won','Lost':'lost'}}" more "}"

static void masters(struct shop *shop)
{
    struct import_report report = run(shop, DATA "sales_teams.csv", PEOPLE);
    CHECK_INT(report.created, 35);
    CHECK_INT(report.failed_count, 0);
    report = run(shop, DATA "products.csv", PRODUCTS);
    CHECK_INT(report.created, 7);
    report = run(shop, DATA "accounts.csv", ACCOUNTS);
    CHECK_INT(report.created, 85);
    CHECK_INT(report.failed_kept, 0);
}

TEST(import_takes_the_maven_files)
{
    struct shop shop;
    if (!shop_open(&shop)) return;
    masters(&shop);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM \"user\""), 2 + 35 + 6);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM team"), 3);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM \"user\" WHERE supervisor IS NOT NULL"), 35);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM \"user\" WHERE login = 'moses.frase'"), 1);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM customer"), 85);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM customer WHERE parent IS NOT NULL"), 15);
    CHECK_INT(count_of(&shop, "SELECT annual_purchase FROM customer WHERE name = "
                              "'Acme Corporation'"), 110004);
    struct import_report report =
        run(&shop, DATA "sales_pipeline.csv", DEALS(",'missing':'accept'"));
    CHECK_INT(report.rows, 8800);
    CHECK_INT(report.created, 8800);
    CHECK_INT(report.failed_count, 0);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM opportunity AS o JOIN stage_stay AS s ON "
        "s.record = o.id AND s.stage = o.stage AND s.left_at IS NULL AND s.move = 5"), 4238);
    CHECK_INT(count_of(&shop, "SELECT SUM(amount) FROM opportunity AS o WHERE EXISTS (SELECT 1 "
        "FROM stage_stay AS s WHERE s.record = o.id AND s.move = 5)"), 1000553400);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM stage_stay"), 8800 + 4238 + 2473);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM opportunity WHERE closed_at IS NOT NULL"),
              4238 + 2473);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM opportunity WHERE customer IS NULL"), 1425);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM opportunity WHERE owner IS NULL"), 0);
    /* 10/20/2016 is midnight in Shanghai. */
    CHECK_INT(count_of(&shop, "SELECT created_at FROM opportunity WHERE number = '1C1I7A6R'"),
              1476892800000);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM timer"), 1589 + 500);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM task"), 0);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM opportunity WHERE stalled_since IS NULL"), 0);
    shop_close(&shop);
}

TEST(import_refuses_rows_with_reasons_and_is_undone)
{
    struct shop shop;
    if (!shop_open(&shop)) return;
    masters(&shop);
    struct import_report report = run(&shop, DATA "sales_pipeline.csv", DEALS(""));
    CHECK_INT(report.created, 8800 - 1425);
    CHECK_INT(report.failed_count, 1425);
    CHECK_INT(report.failed_kept, IMPORT_FAILURE_COUNT_MAX);
    CHECK_STR(report.failed[0].code, "required");
    CHECK(report.failed[0].row > 1);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM timer"), count_of(&shop,
        "SELECT COUNT(*) FROM opportunity WHERE closed_at IS NULL"));
    struct import_by by = { shop.engine, shop.admin, LANGUAGE_EN };
    if (!CHECK(import_undo(&shop.scope, &by, report.id))) tell(&shop.scope);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM opportunity WHERE deleted_at IS NULL"), 0);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM timer"), 0);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM customer WHERE deleted_at IS NULL"), 85);
    CHECK(!import_undo(&shop.scope, &by, report.id));
    CHECK_INT(shop.scope.error.code, ERROR_CONFLICT);
    scope_error_clear(&shop.scope);
    /* The same file once more: nothing is in the way. */
    report = run(&shop, DATA "sales_pipeline.csv", DEALS(""));
    CHECK_INT(report.created, 8800 - 1425);
    shop_close(&shop);
}

TEST(import_undo_takes_references_people_and_choices_along)
{
    struct shop shop;
    if (!shop_open(&shop)) return;
    struct import_by by = { shop.engine, shop.admin, LANGUAGE_EN };
    struct import_report people = run(&shop, DATA "sales_teams.csv", PEOPLE);
    if (!CHECK(import_undo(&shop.scope, &by, people.id))) tell(&shop.scope);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM \"user\" WHERE deleted_at IS NULL"), 2);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM team WHERE deleted_at IS NULL"), 0);
    /* Without the value map the misspelling is a choice of its own. */
    struct import_report accounts = run(&shop, DATA "accounts.csv",
        "{'object':'customer','map':{'account':'name','sector':'industry'},'refs':'create'}");
    CHECK_INT(accounts.created, 85);
    CHECK_INT(accounts.failed_count, 0);
    if (!CHECK(import_undo(&shop.scope, &by, accounts.id))) tell(&shop.scope);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM customer WHERE deleted_at IS NULL"), 0);
    const struct snapshot *snapshot = snapshot_take(shop.engine);
    const struct field *industry =
        object_field(schema_object(snapshot->schema, STR("customer")), STR("industry"));
    const struct choice *choice = field_choice(industry, STR("technolgy"));
    CHECK(!choice || choice->is_hidden);
    snapshot_release(shop.engine, snapshot);
    shop_close(&shop);
}

static void file_put(struct shop *shop, const char *name, const char *text, struct str *path)
{
    *path = scope_format(&shop->scope, "%s/%s", shop->folder, name);
    FILE *file = fopen(path->data, "wb");
    if (!CHECK(file != NULL)) return;
    CHECK(fputs(text, file) >= 0);
    CHECK(fclose(file) == 0);
}

TEST(import_updates_by_key_and_puts_old_values_back)
{
    struct shop shop;
    struct str path;
    if (!shop_open(&shop)) return;
    struct import_by by = { shop.engine, shop.admin, LANGUAGE_EN };
    run(&shop, DATA "products.csv", PRODUCTS);
    file_put(&shop, "a.csv", "product,price\nGTX Pro,5000\nNeu,1\nneu2,x\nGTX Pro,5001\n", &path);
    struct import_report report = run(&shop, path.data,
        "{'object':'product','map':{'product':'name','price':'list_price'},'key':'name'}");
    CHECK_INT(report.created, 1);
    CHECK_INT(report.updated, 2);
    CHECK_INT(report.failed_count, 1);
    CHECK_STR(report.failed[0].value, "x");
    CHECK_STR(report.failed[0].column, "price");
    CHECK_INT(report.failed[0].row, 4);
    CHECK_INT(count_of(&shop, "SELECT list_price FROM product WHERE name = 'GTX Pro'"), 500100);
    if (!CHECK(import_undo(&shop.scope, &by, report.id))) tell(&shop.scope);
    CHECK_INT(count_of(&shop, "SELECT list_price FROM product WHERE name = 'GTX Pro'"), 482100);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM product WHERE deleted_at IS NULL"), 7);
    shop_close(&shop);
}

TEST(import_is_for_those_who_may)
{
    struct shop shop;
    struct import_report report;
    if (!shop_open(&shop)) return;
    CHECK(!run_as(&shop, shop.rep, DATA "accounts.csv", ACCOUNTS, &report));
    CHECK_INT(shop.scope.error.code, ERROR_DENIED);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM customer"), 0);
    scope_error_clear(&shop.scope);
    CHECK(!run_as(&shop, shop.admin, DATA "accounts.csv",
                  "{'object':'customer','map':{'acount':'name','sector':'nonsense'}}", &report));
    CHECK_STR(str_of(shop.scope.error.first->key), "import.column_hint");
    CHECK_STR(str_of(shop.scope.error.last->key), "import.field_unknown");
    scope_error_clear(&shop.scope);
    CHECK(run_as(&shop, shop.admin, DATA "accounts.csv",
                 "{'object':'customer','dry_run':true,'map':{'account':'name'}}", &report));
    CHECK_INT(report.created, 85);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM customer"), 0);
    shop_close(&shop);
}

struct registering {
    struct shop *shop;
    struct uuid id;
    bool is_stopped;
};

static bool register_write(struct scope *scope, struct db_conn *conn, void *context)
{
    struct registering *registering = context;
    struct shop *shop = registering->shop;
    const struct snapshot *snapshot = snapshot_take(shop->engine);
    struct engine_context by = engine_system_context(shop->engine, snapshot, "test");
    bool ok = registering->is_stopped
                  ? import_cancel(scope, conn, &by, registering->id)
                  : import_register(scope, conn, &by, STR("product"), IMPORT_RECORDS,
                                    STR("p.csv"), STR("{\"rows\":1}"), &registering->id);
    snapshot_release(shop->engine, snapshot);
    return ok;
}

static void check_state(struct shop *shop, const char *state)
{
    CHECK_INT(count_of(shop, scope_format(&shop->scope,
                                          "SELECT COUNT(*) FROM import_run WHERE state = '%s'",
                                          state).data), 1);
}

/* However long the line and the file: what was asked to run is never offered to be run again. */
TEST(import_that_waits_says_so_and_is_begun_once)
{
    struct shop shop;
    struct str path;
    struct import_options options;
    struct import_report report;
    struct import_watch watch = { .count = 0 };
    if (!shop_open(&shop)) return;
    struct registering registering = { .shop = &shop };
    file_put(&shop, "p.csv", "product\nNeu\n", &path);
    struct json body = quoted(&shop.scope, "{'object':'product','map':{'product':'name'}}");
    CHECK(import_options_read(&shop.scope, &body, &options));
    CHECK(db_write_wait(&shop.scope, engine_db(shop.engine), register_write, &registering));
    struct uuid id = registering.id;
    CHECK(import_wait(&shop.scope, shop.engine, id));
    check_state(&shop, "waiting");
    CHECK(!import_wait(&shop.scope, shop.engine, id));
    CHECK_STR(str_of(shop.scope.error.first->key), "import.already_run");
    scope_error_clear(&shop.scope);
    CHECK(import_unwait(&shop.scope, shop.engine, id));
    check_state(&shop, "preview");

    CHECK(import_wait(&shop.scope, shop.engine, id));
    CHECK(import_recover(&shop.scope, shop.engine, &watch)); /* its process was restarted */
    check_state(&shop, "preview");
    CHECK(import_wait(&shop.scope, shop.engine, id));
    CHECK(import_recover(&shop.scope, shop.engine, &watch)); /* … and is at it again */
    check_state(&shop, "waiting");

    struct import_task task = { .by = { shop.engine, shop.admin, LANGUAGE_EN }, .id = id,
                                .path = path.data, .options = &options };
    CHECK(import_run(&shop.scope, &task, &report));
    check_state(&shop, "done");
    CHECK_INT(report.created, 1);

    CHECK(db_write_wait(&shop.scope, engine_db(shop.engine), register_write, &registering));
    CHECK(import_wait(&shop.scope, shop.engine, registering.id));
    registering.is_stopped = true;
    CHECK(db_write_wait(&shop.scope, engine_db(shop.engine), register_write, &registering));
    task.id = registering.id;
    CHECK(!import_run(&shop.scope, &task, &report));
    CHECK_STR(str_of(shop.scope.error.first->key), "import.already_run");
    check_state(&shop, "cancelled");
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM product"), 1);
    shop_close(&shop);
}

TEST(import_stage_history_rebuilds_the_stays)
{
    struct shop shop;
    struct str path;
    if (!shop_open(&shop)) return;
    masters(&shop);
    run(&shop, DATA "sales_pipeline.csv", DEALS(",'missing':'accept'"));
    int64_t stays = count_of(&shop, "SELECT COUNT(*) FROM stage_stay");
    file_put(&shop, "e.csv",
             "id,stage,time,who\n1C1I7A6R,won,2017-03-01 10:00,Moses Frase\n"
             "1C1I7A6R,线索,2016-10-20 08:00,Moses Frase\n1C1I7A6R,Nonsense,2016-12-01,\n"
             "1C1I7A6R,contact,2016-11-01,Moses Frase\n1C1I7A6R,contact,2016-11-05,\n"
             "NOBODY,lead,2016-11-01,\n", &path);
    struct import_report report = run(&shop, path.data,
        "{'object':'opportunity','kind':'stage_history','map':{'id':'key','stage':'stage',"
        "'time':'at','who':'by'}}");
    CHECK_INT(report.updated, 1);
    CHECK_INT(report.failed_count, 2);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM stage_stay"), stays + 1);
    CHECK_INT(count_of(&shop, "SELECT left_at - entered_at FROM stage_stay WHERE move = 2 AND "
        "record = (SELECT id FROM opportunity WHERE number = '1C1I7A6R')"),
        1488333600000 - 1477929600000);
    struct import_by by = { shop.engine, shop.admin, LANGUAGE_EN };
    if (!CHECK(import_undo(&shop.scope, &by, report.id))) tell(&shop.scope);
    CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM stage_stay"), stays);
    shop_close(&shop);
}

TEST(import_preview_offers_what_is_meant)
{
    struct shop shop;
    struct db_conn *conn;
    struct buf text;
    struct json_writer writer;
    struct json out;
    if (!shop_open(&shop)) return;
    masters(&shop);
    const struct snapshot *snapshot = snapshot_take(shop.engine);
    struct engine_context system = engine_system_context(shop.engine, snapshot, "test");
    buf_begin(&text, &shop.scope, 1024 * 1024);
    json_begin(&writer, &text);
    json_map_begin(&writer);
    CHECK(db_read_begin(&shop.scope, engine_db(shop.engine), &conn));
    CHECK(import_preview(&shop.scope, conn, &system, DATA "sales_pipeline.csv",
                         STR("opportunity"), IMPORT_RECORDS, &writer));
    db_read_end(conn);
    json_map_end(&writer);
    snapshot_release(shop.engine, snapshot);
    if (!CHECK(json_read(&shop.scope, buf_str(&text), &out))) return;
    CHECK_INT(json_int(&out, "rows", 0), 8800);
    const struct json *columns = json_get(&out, "columns");
    CHECK_INT(columns->count, 8);
    CHECK_STR(json_text(&columns->items[1], "field"), "owner.name");
    CHECK_STR(json_text(&columns->items[2], "field"), "product.name");
    CHECK_STR(json_text(&columns->items[3], "field"), "customer.name");
    CHECK_STR(json_text(&columns->items[4], "field"), "stage");
    const struct json *values = json_get(json_get(&columns->items[2], "values"), "distinct");
    for (int i = 0; values && i < values->count; i++) {
        if (!str_is(json_text(&values->items[i], "value"), "GTXPro")) continue;
        CHECK_STR(json_text(&values->items[i], "to"), "GTX Pro");
    }
    values = json_get(json_get(&columns->items[4], "values"), "distinct");
    CHECK_STR(json_text(&values->items[0], "to"), "won");
    shop_close(&shop);
}

TEST(import_over_a_failing_disk_keeps_whole_batches)
{
    struct shop shop;
    if (!shop_open(&shop)) return;
    masters(&shop);
    for (int after = 500; after < 12000; after += 3457) {
        struct import_report report;
        scope_error_clear(&shop.scope);
        db_fault_after(engine_db(shop.engine), after);
        bool ok = run_as(&shop, shop.admin, DATA "sales_pipeline.csv",
                         DEALS(",'missing':'accept'"), &report);
        db_fault_after(engine_db(shop.engine), 0);
        int64_t live = count_of(&shop, "SELECT COUNT(*) FROM opportunity WHERE deleted_at IS NULL");
        CHECK_INT(live, report.created);
        CHECK(ok || live % 500 == 0);
        CHECK_STR(report.state, ok ? "done" : "failed");
        CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM import_run WHERE state = 'running'"), 0);
        scope_error_clear(&shop.scope);
        struct import_by by = { shop.engine, shop.admin, LANGUAGE_EN };
        if (uuid_is_nil(report.id)) continue;
        if (!CHECK(import_undo(&shop.scope, &by, report.id))) tell(&shop.scope);
        CHECK_INT(count_of(&shop, "SELECT COUNT(*) FROM opportunity WHERE deleted_at IS NULL"), 0);
    }
    shop_close(&shop);
}
