/* The engine's own objects: their tables are there, packs may extend people and teams. */
#include "schema/schema_fixture_test.h"
#include "schema/schema_inner.h"

TEST(builtin_objects_have_their_columns)
{
    struct workspace w;
    if (!workspace_begin(&w)) return;
    CHECK_INT(w.schema->object_count, 8);
    for (int i = 0; i < w.schema->object_count; i++) {
        const struct object *object = &w.schema->objects[i];
        struct sql sql;
        struct row row;
        struct db_conn *conn;
        sql_begin(&sql, w.scope);
        sql_put(&sql, STR("SELECT count(*)"));
        for (int k = 0; k < object->field_count; k++) {
            sql_put(&sql, STR(", max("));
            sql_name(&sql, object->fields[k].column);
            sql_put(&sql, STR(")"));
        }
        sql_put(&sql, STR(" FROM "));
        sql_name(&sql, object->table);
        CHECK(db_read_begin(w.scope, w.fixture.db, &conn));
        CHECK(sql_one(w.scope, conn, &sql, &row));
        db_read_end(conn);
    }
    workspace_end(&w);
}

TEST(builtin_objects_are_linked)
{
    struct workspace w;
    if (!workspace_begin(&w)) return;
    const struct object *alert = schema_object(w.schema, STR("alert"));
    const struct object *user = schema_object(w.schema, STR("user"));
    CHECK(alert->is_builtin && alert->is_polymorphic && !alert->has_history);
    CHECK(object_field(alert, STR("record"))->to == NULL);
    CHECK(object_field(alert, STR("owner"))->to == user);
    CHECK_INT(field_choice(object_field(alert, STR("level")), STR("red"))->id, LEVEL_RED);
    const struct object *stay = schema_object(w.schema, STR("stage_stay"));
    CHECK_INT(field_choice(object_field(stay, STR("move")), STR("lose"))->id, MOVE_LOSE);
    CHECK(object_field(schema_object(w.schema, STR("intervention")), STR("alert"))->to == alert);
    CHECK(object_relation(alert, STR("interventions")) != NULL);
    CHECK(!user->is_builtin && user->has_history && !user->has_owner && user->owner == NULL);
    CHECK_STR(user->title->name, "name");
    CHECK_INT(user->search_count, 2);
    CHECK_INT(user->fields[0].id, FIELD_ID);
    CHECK(object_field(user, STR("team"))->to == schema_object(w.schema, STR("team")));
    CHECK(!workspace_put(&w, "object", "alert", "{'name':'alert'}"));
    CHECK(workspace_refused(&w, "schema.builtin", "name"));
    CHECK(!workspace_put(&w, "object", "user", "{'name':'person'}"));
    CHECK(workspace_refused(&w, "schema.builtin", "name"));
    workspace_end(&w);
}

TEST(user_can_be_extended)
{
    struct workspace w;
    if (!workspace_begin(&w)) return;
    CHECK(workspace_put(&w, "role", "rep", "{'label':{'zh':'销售','en':'Rep'}}"));
    CHECK(workspace_put(&w, "role", "admin", "{'label':5}"));
    int64_t own = schema_object(w.schema, STR("user"))->field_count;
    const char *body = "{'name':'user','owner':true,'pipeline':true,'label':{'zh':'销售员','en':"
                       "'Salesperson'},'fields':[{'name':'region','type':'money','label':{'zh':"
                       "'大区','en':'Region'},'unique':true},{'name':'joined_on','type':'date',"
                       "'index':true}]}";
    CHECK(workspace_put(&w, "object", "user", body));
    const struct object *user = schema_object(w.schema, STR("user"));
    CHECK_INT(user->field_count, own + 1);
    CHECK_INT(user->id, 1);
    CHECK(!user->has_owner && !user->has_pipeline);
    CHECK_STR(user->label.zh, "销售员");
    const struct field *region = object_field(user, STR("region"));
    CHECK_STR(region->label.zh, "大区");
    CHECK_STR(str_of(region->type->name), "text");
    CHECK(!region->is_unique && region->id == 106);
    CHECK(object_field(user, STR("joined_on"))->id >= SCHEMA_FIELD_ID_FIRST);
    CHECK_INT(workspace_int(&w, "SELECT count(joined_on) FROM \"user\""), 0);
    const struct field *role = object_field(user, STR("role"));
    CHECK_INT(role->choice_count, 2);
    CHECK_STR(field_choice(role, STR("销售"))->name, "rep");
    CHECK_INT(field_choice(role, STR("rep"))->id,
              schema_config(w.schema, STR("role"), STR("rep"))->id);
    CHECK_STR(field_choice(role, STR("admin"))->label.zh, "admin");
    /* As written it can be sent back; what the pack added can be taken away. */
    struct buf out;
    struct json_writer writer;
    buf_begin(&out, w.scope, 100000);
    json_begin(&writer, &out);
    schema_write_object(&writer, user);
    CHECK(workspace_put(&w, "object", "user", out.data));
    CHECK_INT(schema_object(w.schema, STR("user"))->field_count, own + 1);
    CHECK(workspace_put(&w, "object", "user", "{'name':'user'}"));
    CHECK_INT(schema_object(w.schema, STR("user"))->field_count, own);
    CHECK(!workspace_drop(&w, "object", "user"));
    workspace_end(&w);
}

TEST(history_fields_are_named)
{
    struct workspace w;
    if (!workspace_begin(&w)) return;
    const struct field *field = object_field(schema_object(w.schema, STR("change")), STR("field"));
    const struct value_context context = { w.schema, LANGUAGE_EN, 0 };
    static const struct {
        int id;
        const char *json, *text;
    } cases[] = {
        { CHANGE_CREATED, "\"created\"", "created" }, { CHANGE_DELETED, "\"deleted\"", "deleted" },
        { 102, "\"login\"", "Login" }, { FIELD_OWNER, "null", "" }, { 99999, "null", "" },
        { FIELD_ID, "\"id\"", "ID" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf out;
        struct json_writer writer;
        struct cell cell = cell_int(cases[i].id);
        buf_begin(&out, w.scope, 1000);
        json_begin(&writer, &out);
        field_write(&writer, &context, field, &cell);
        CHECK_STR(buf_str(&out), cases[i].json);
        CHECK_STR(field_text(w.scope, &context, field, &cell), cases[i].text);
    }
    workspace_end(&w);
}
