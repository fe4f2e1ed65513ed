/* BI views: real values, the same as the API gives, and right after every change of the schema. */
#include "engine/bi.h"
#include "engine/job.h"
#include "tests/database.h"
#include "tests/office.h"
#include "tests/test.h"

struct edit {
    struct visit *visit;
    struct str setting, value;
    const char *object, *field;
    struct json changes;
};

static struct json quoted_json(struct scope *scope, const char *json)
{
    struct str text = scope_copy(scope, str_of(json));
    struct json out = { 0 };
    char *bytes = (char *)(uintptr_t)text.data;
    for (size_t i = 0; i < text.size; i++) bytes[i] = bytes[i] == '\'' ? '"' : bytes[i];
    CHECK(json_read(scope, text, &out));
    return out;
}

static bool put_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct edit *c = context;
    struct engine_context *system = &c->visit->context;
    if (c->setting.size > 0) return engine_setting_put(scope, conn, system, c->setting, c->value);
    const struct object *object = schema_object(system->snapshot->schema, str_of(c->object));
    int64_t job_id;
    return engine_retype(scope, conn, system, object, object_field(object, str_of(c->field)),
                         &c->changes, true, &job_id);
}

static void change_wait(struct office *office, struct edit *c)
{
    struct visit visit;
    visit_begin(&visit, office, (struct uuid){ { 0 } });
    c->visit = &visit;
    CHECK(db_write_wait(&visit.scope, engine_db(office->engine), put_run, c));
    CHECK_STR(str_of(visit_error(&visit)), "");
    visit_end(&visit, office);
}

/* JSON with ' for "; NULL: it is dropped. */
static void object_put(struct office *office, const char *name, const char *json)
{
    struct schema_part part = { .kind = STR("object"), .name = str_of(name) };
    if (json) part.body = quoted_json(&office->scope, json);
    CHECK(office_configure(office, &part, 1));
}

static void setting_change(struct office *office, const char *name, const char *value)
{
    struct edit c = { .setting = str_of(name), .value = str_of(value) };
    change_wait(office, &c);
}

static struct uuid create(struct office *office, const char *object, const char *json)
{
    struct visit visit;
    visit_begin(&visit, office, (struct uuid){ { 0 } });
    struct uuid id = visit_create(&visit, object, json);
    CHECK_STR(str_of(visit_error(&visit)), "");
    visit_end(&visit, office);
    return id;
}

/* The first cell as text; "-" when there is no row, "!" when it fails, "" when it is blank. */
static struct str ask(struct office *office, const char *select, const char *view,
                      const char *where)
{
    struct scope *scope = &office->scope;
    struct db_conn *conn = NULL;
    struct row row = { 0 };
    struct str place = STR("");
    scope_error_clear(scope);
    if (!CHECK(db_read_begin(scope, engine_db(office->engine), &conn))) return STR("!");
    if (test_is_postgres()) {
        CHECK(db_one(scope, conn, STR("SELECT current_schema() || '_bi.'"), NULL, 0, &row));
        place = row.cells[0].text;
    }
    struct str sql = scope_format(scope, "SELECT %s FROM %.*s%s %s", select, STR_ARG(place), view,
                                  where);
    bool ok = db_one(scope, conn, sql, NULL, 0, &row);
    db_read_end(conn);
    scope_error_clear(scope);
    if (!ok) return STR("!");
    return row.count > 0 ? row.cells[0].text : STR("-");
}

static struct str cell_of(struct office *office, const char *view, const char *column)
{
    return ask(office, scope_format(&office->scope, "CAST(\"%s\" AS TEXT)", column).data, view,
               "WHERE name = 'A'");
}

static bool is_made(struct office *office, const char *view)
{
    return !str_is(ask(office, "CAST(count(*) AS TEXT)", view, ""), "!");
}

static bool has_column(struct office *office, const char *view, const char *column)
{
    return !str_is(cell_of(office, view, column), "!");
}

/* A sentence may name anything. Our own connections do not run its JSON inside a view. */
static bool tells_of_tasks(struct office *office)
{
    if (test_is_postgres()) return !str_is(ask(office, "title", "bi_task", ""), "!");
    return office_number(office, "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'bi_task' AND "
                                 "sql LIKE '%AS \"title\"%'") == 1;
}

#define DEVICE_FIELDS                                                                          \
    "{'id':0,'name':'name','type':'text','title':true},"                                       \
    "{'name':'price','type':'money'},{'name':'weight','type':'number','scale':3},"             \
    "{'name':'pieces','type':'integer'},{'name':'share','type':'percent'},"                    \
    "{'name':'made_on','type':'date'},{'name':'seen_at','type':'datetime'},"                   \
    "{'name':'works','type':'boolean'},{'name':'span','type':'duration'},"                     \
    "{'name':'kind','type':'choice','choices':["                                               \
    "{'name':'cold','label':{'zh':'冷链','en':'It`s cold?'}},{'name':'dry'}]},"                \
    "{'name':'tags','type':'multi_choice','choices':["                                         \
    "{'name':'x','label':{'zh':'甲','en':'X'}},{'name':'y','label':{'zh':'乙','en':'Y'}},"     \
    "{'name':'z','label':{'zh':'丙','en':'Z'}}]},"                                             \
    "{'name':'kind_label','type':'text'},{'name':'maker','type':'reference','to':'customer'}," \
    "{'name':'keeper','type':'person'},{'name':'tel','type':'phone','personal':'phone'},"      \
    "{'name':'gross','type':'formula','formula':'price * 2','stored':true,'result':'money'},"  \
    "{'name':'called','type':'formula','formula':'name & tel','stored':true,'result':'text'}," \
    "{'name':'shown','type':'formula','formula':'name & name'},"                               \
    "{'name':'fits','type':'many_to_many','to':'customer'}"

static void device_begin(struct office *office, struct uuid *customer, struct uuid *device)
{
    object_put(office, "device",
               "{'name':'device','label':{'zh':'设备','en':'Device'},'fields':[" DEVICE_FIELDS
               "]}");
    *customer = create(office, "customer", "{\"name\":\"甲方\"}");
    struct str id = uuid_format(&office->scope, *customer);
    struct str json = scope_format(
        &office->scope,
        "{\"name\":\"A\",\"price\":\"-12345678901.07\",\"weight\":\"0.125\",\"pieces\":-3,"
        "\"share\":\"12.5\",\"made_on\":\"1969-12-31\",\"seen_at\":\"2026-03-02T01:02:03.004Z\","
        "\"works\":true,\"span\":9000500,\"kind\":\"cold\",\"tags\":[\"z\",\"x\"],"
        "\"kind_label\":\"own\",\"maker\":\"%s\",\"tel\":\"13800001234\",\"keeper\":\"%s\","
        "\"fits\":[\"%s\"]}",
        id.data, uuid_format(&office->scope, office->rob).data, id.data);
    *device = create(office, "device", json.data);
    create(office, "device", "{\"name\":\"B\"}");
}

TEST(bi_views_show_real_values)
{
    struct office office;
    struct uuid customer, device;
    office_begin(&office);
    device_begin(&office, &customer, &device);
    static const struct {
        const char *column, *sqlite, *postgres, *type;
    } wanted[] = {
        { "price", "-12345678901.07", "-12345678901.07", "numeric" },
        { "gross", "-24691357802.14", "-24691357802.14", "numeric" },
        { "weight", "0.125", "0.125", "numeric" },
        { "pieces", "-3", "-3", "bigint" },
        { "made_on", "1969-12-31", "1969-12-31", "date" },
        { "seen_at", "2026-03-02T01:02:03.004Z", "2026-03-02 01:02:03.004+00",
          "timestamp with time zone" },
        { "works", "1", "true", "boolean" },
        { "span", "9000.5", "9000.500", "numeric" },
        { "kind", "cold", "cold", "text" },
        { "kind_label", "own", "own", "text" },
        { "kind_label_", "冷链", "冷链", "text" },
        { "tags", "x, z", "x, z", "text" },
        { "tags_label", "甲、丙", "甲、丙", "text" },
        { "maker_title", "甲方", "甲方", "text" },
        { "keeper_name", "rob", "rob", "text" },
    };
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        struct str got = cell_of(&office, "bi_device", wanted[i].column);
        if (test_is_postgres() && strcmp(wanted[i].column, "seen_at") == 0) {
            got = ask(&office, "CAST(seen_at AT TIME ZONE 'UTC' AS TEXT) || '+00'", "bi_device",
                      "WHERE name = 'A'");
        }
        CHECK_STR(got, test_is_postgres() ? wanted[i].postgres : wanted[i].sqlite);
        if (!test_is_postgres()) continue;
        struct str type = scope_format(&office.scope, "CAST(pg_typeof(\"%s\") AS TEXT)",
                                       wanted[i].column);
        CHECK_STR(ask(&office, type.data, "bi_device", ""), wanted[i].type);
    }
    CHECK_STR(cell_of(&office, "bi_device", "id"), uuid_format(&office.scope, device).data);
    CHECK_STR(cell_of(&office, "bi_device", "maker"), uuid_format(&office.scope, customer).data);
    CHECK_STR(ask(&office, "CAST(target AS TEXT)", "bi_device_fits", ""),
              uuid_format(&office.scope, customer).data);
    /* Blank stays blank. */
    const char *b = "WHERE name = 'B' AND maker IS NULL AND price IS NULL AND seen_at IS NULL "
                    "AND made_on IS NULL AND works IS NULL AND kind IS NULL AND tags IS NULL "
                    "AND tags_label IS NULL AND keeper_name IS NULL AND span IS NULL";
    CHECK_STR(ask(&office, "name", "bi_device", b), "B");
    /* Not for others: what is personal or stands on it; what has no column. */
    CHECK(!has_column(&office, "bi_device", "tel"));
    CHECK(!has_column(&office, "bi_device", "called"));
    CHECK(!has_column(&office, "bi_device", "shown"));
    CHECK(!is_made(&office, "bi_change"));
    CHECK(!is_made(&office, "bi_message"));
    office_end(&office);
}

TEST(bi_views_leave_out_what_is_deleted)
{
    struct office office;
    struct uuid customer, device;
    struct visit visit;
    office_begin(&office);
    device_begin(&office, &customer, &device);
    const char *deal = scope_format(&office.scope, "{\"name\":\"D\",\"customer\":\"%s\"}",
                                    uuid_format(&office.scope, customer).data).data;
    visit_begin(&visit, &office, office.rob);
    struct uuid id = visit_create(&visit, "opportunity", deal);
    if (uuid_is_nil(id)) {
        visit_end(&visit, &office);
        visit_begin(&visit, &office, (struct uuid){ { 0 } });
        id = visit_create(&visit, "opportunity", deal);
    }
    CHECK_STR(ask(&office, "CAST(count(*) AS TEXT)", "bi_stage_stay", ""), "1");
    CHECK_STR(ask(&office, "object", "bi_stage_stay", ""), "opportunity");
    CHECK(visit_delete(&visit, "opportunity", id));
    CHECK_STR(ask(&office, "CAST(count(*) AS TEXT)", "bi_stage_stay", ""), "0");
    CHECK_STR(ask(&office, "CAST(count(*) AS TEXT)", "bi_opportunity", ""), "0");
    visit_end(&visit, &office);
    visit_begin(&visit, &office, (struct uuid){ { 0 } });
    CHECK(visit_delete(&visit, "customer", customer));
    visit_end(&visit, &office);
    CHECK_STR(cell_of(&office, "bi_device", "maker_title"), "");
    CHECK_STR(ask(&office, "CAST(count(*) AS TEXT)", "bi_device_fits", ""), "0");
    office_end(&office);
}

/* The columns of a view as the database has them: "name:type …", the types as bi.h calls them. */
static struct str columns_there(struct office *office, struct db_conn *conn, struct str view)
{
    static const struct {
        const char *postgres, *ours;
    } types[] = { { "text", "text" }, { "bigint", "integer" }, { "numeric", "decimal" },
                  { "boolean", "boolean" }, { "date", "date" }, { "uuid", "id" },
                  { "timestamp with time zone", "datetime" } };
    const char *sql = test_is_postgres()
                          ? "SELECT column_name, data_type FROM information_schema.columns WHERE "
                            "table_schema = current_schema() || '_bi' AND table_name = ? "
                            "ORDER BY ordinal_position"
                          : "SELECT name, '' FROM pragma_table_info(?) ORDER BY cid";
    struct cell name = cell_text(view);
    struct rows rows;
    struct buf out;
    buf_begin(&out, &office->scope, 100000);
    if (!CHECK(db_all(&office->scope, conn, str_of(sql), &name, 1, 1000, &rows))) return STR("!");
    for (int i = 0; i < rows.count; i++) {
        const struct cell *cells = rows.items[i].cells;
        struct str type = cells[1].text;
        for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++) {
            if (str_is(cells[1].text, types[k].postgres)) type = str_of(types[k].ours);
        }
        buf_format(&out, "%.*s:%.*s ", STR_ARG(cells[0].text), STR_ARG(type));
    }
    return buf_str(&out);
}

static struct str columns_told(struct office *office, const struct bi_list *list,
                               const struct bi_view *view)
{
    struct bi_column columns[500];
    struct buf out;
    buf_begin(&out, &office->scope, 100000);
    int count = bi_columns(&list->bi, view->object, columns);
    for (int i = 0; i < count; i++) {
        buf_format(&out, "%.*s:%s ", STR_ARG(columns[i].name),
                   test_is_postgres() ? bi_column_type(&columns[i]) : "");
    }
    return buf_str(&out);
}

static const struct bi_view *told_view(const struct bi_list *list, const char *name)
{
    for (int i = 0; i < list->count; i++) {
        if (str_is(list->items[i].name, name)) return &list->items[i];
    }
    return NULL;
}

TEST(bi_list_tells_what_stands_in_the_database)
{
    struct office office;
    struct uuid customer, device;
    struct db_conn *conn = NULL;
    struct bi_list list;
    office_begin(&office);
    device_begin(&office, &customer, &device);
    const struct snapshot *snapshot = snapshot_take(office.engine);
    CHECK(db_read_begin(&office.scope, engine_db(office.engine), &conn));
    CHECK(bi_list(&office.scope, conn, snapshot->schema, &list));
    CHECK(!list.is_barred);
    CHECK(test_is_postgres() == (list.place.size > 0));
    CHECK(list.count > 10);
    for (int i = 0; i < list.count; i++) {
        const struct bi_view *view = &list.items[i];
        if (view->links) {
            CHECK_STR(columns_there(&office, conn, view->name),
                      test_is_postgres() ? "record:id target:id " : "record: target: ");
        } else {
            CHECK_STR(columns_there(&office, conn, view->name),
                      columns_told(&office, &list, view).data);
        }
    }
    CHECK(!told_view(&list, "bi_change"));
    const struct bi_view *view = told_view(&list, "bi_device");
    if (CHECK(view)) {
        const struct object *object = view->object;
        CHECK_INT(bi_absence(&list.bi, object_field(object, STR("price"))), BI_SHOWN);
        CHECK_INT(bi_absence(&list.bi, object_field(object, STR("tel"))), BI_PERSONAL);
        CHECK_INT(bi_absence(&list.bi, object_field(object, STR("called"))), BI_PERSONAL);
        CHECK_INT(bi_absence(&list.bi, object_field(object, STR("shown"))), BI_COMPUTED);
        CHECK_INT(bi_absence(&list.bi, object_field(object, STR("fits"))), BI_RELATED);
    }
    db_read_end(conn);
    snapshot_release(office.engine, snapshot);
    office_end(&office);
}

static bool settled_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct office *office = context;
    const struct snapshot *snapshot = snapshot_take(office->engine);
    bool is_settled = false;
    bool ok = bi_is_settled(scope, conn, snapshot->schema, &is_settled);
    snapshot_release(office->engine, snapshot);
    CHECK(is_settled);
    return ok;
}

TEST(bi_views_follow_the_schema)
{
    struct office office;
    struct uuid customer, device;
    office_begin(&office);
    device_begin(&office, &customer, &device);
    setting_change(&office, "bi_language", "en");
    CHECK_STR(cell_of(&office, "bi_device", "kind_label_"), "It`s cold?");
    CHECK_STR(cell_of(&office, "bi_device", "tags_label"), "X, Z");
    setting_change(&office, "bi_personal", "yes");
    CHECK(tells_of_tasks(&office));
    CHECK_STR(cell_of(&office, "bi_device", "tel"), "13800001234");
    CHECK_STR(cell_of(&office, "bi_device", "called"), "A13800001234");
    setting_change(&office, "bi_personal", "no");
    CHECK(!tells_of_tasks(&office));
    CHECK(!has_column(&office, "bi_device", "tel"));

    /* Another type: at once, since there are few records. */
    struct edit retype = { .object = "device", .field = "pieces",
                             .changes = quoted_json(&office.scope,
                                                    "{'type':'number','scale':1}") };
    change_wait(&office, &retype);
    CHECK_STR(cell_of(&office, "bi_device", "pieces"), "-3.0");

    /* Fields renamed, added, taken away; the object called otherwise; then it goes. */
    object_put(&office, "device",
               "{'name':'device','fields':[{'name':'name','type':'text','title':true},"
               "{'name':'price','type':'money'},{'name':'extra','type':'text'}]}");
    CHECK_STR(cell_of(&office, "bi_device", "extra"), "");
    CHECK(!has_column(&office, "bi_device", "weight"));
    CHECK(!is_made(&office, "bi_device_fits"));
    object_put(&office, "device",
               "{'name':'machine','fields':[{'name':'name','type':'text','title':true},"
               "{'name':'price','type':'money'}]}");
    CHECK(!is_made(&office, "bi_device"));
    CHECK_STR(cell_of(&office, "bi_machine", "price"), "-12345678901.07");
    object_put(&office, "gauge",
               "{'name':'gauge','fields':[{'name':'name','type':'text','title':true},"
               "{'name':'machine','type':'reference','to':'machine'}]}");
    struct str gauge = scope_format(&office.scope, "{\"name\":\"A\",\"machine\":\"%s\"}",
                                    uuid_format(&office.scope, device).data);
    create(&office, "gauge", gauge.data);
    CHECK_STR(cell_of(&office, "bi_gauge", "machine_title"), "A");
    object_put(&office, "gauge", "{'name':'gauge','fields':[{'name':'name','type':'text',"
                                 "'title':true}]}");
    object_put(&office, "machine", NULL);
    CHECK(!is_made(&office, "bi_machine"));
    CHECK(is_made(&office, "bi_gauge"));
    CHECK(db_write_wait(&office.scope, engine_db(office.engine), settled_run, &office));
    office_end(&office);
}

static bool spoil_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const char *place = test_is_postgres() ? (const char *)context : "";
    return db_exec(scope, conn, scope_format(scope, "DROP VIEW %sbi_customer", place), NULL, 0) &&
           db_exec(scope, conn, scope_format(scope, "DROP VIEW %sbi_contact", place), NULL, 0) &&
           db_exec(scope, conn, scope_format(scope, "CREATE VIEW %sbi_contact AS SELECT 1 AS one",
                                             place),
                   NULL, 0);
}

TEST(bi_views_are_put_right_when_the_database_is_opened)
{
    struct office office;
    struct db_conn *conn = NULL;
    struct row row;
    char place[100] = "";
    office_begin(&office);
    if (test_is_postgres()) {
        CHECK(db_read_begin(&office.scope, engine_db(office.engine), &conn));
        CHECK(db_one(&office.scope, conn, STR("SELECT current_schema() || '_bi.'"), NULL, 0,
                     &row));
        db_read_end(conn);
        memcpy(place, row.cells[0].text.data, row.cells[0].text.size);
    }
    CHECK(db_write_wait(&office.scope, engine_db(office.engine), spoil_run, place));
    office_restart(&office);
    CHECK(is_made(&office, "bi_customer"));
    /* Somebody else's view is left alone where views of others may stand: ours gives way. */
    CHECK(is_made(&office, test_is_postgres() ? "bi_contact_" : "bi_contact"));
    CHECK(db_write_wait(&office.scope, engine_db(office.engine), settled_run, &office));
    office_end(&office);
}
