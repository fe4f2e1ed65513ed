/* Objects: stored, loaded, renamed, taken away and brought back, whole or not at all. */
#include "schema/schema_fixture_test.h"
#include "schema/schema_inner.h"

#include <stdio.h>

#define CUSTOMER                                                                              \
    "{'name':'customer','label':{'zh':'客户','en':'Customer'},'fields':["                     \
    "{'name':'name','type':'text','label':{'zh':'名称','en':'Name'},'required':true},"        \
    "{'name':'grade','type':'choice','choices':[{'name':'a','label':'A'},{'name':'b'}]},"     \
    "{'name':'credit_code','type':'text','unique':true},"                                     \
    "{'name':'parent','type':'reference','to':'customer'},"                                   \
    "{'name':'annual_purchase','type':'money','index':true}]}"

static const struct object *object_of(const struct workspace *workspace, const char *name)
{
    return schema_object(workspace->schema, str_of(name));
}

static const struct field *field_of(const struct workspace *workspace, const char *object,
                                    const char *name)
{
    const struct object *found = object_of(workspace, object);
    return found ? object_field(found, str_of(name)) : NULL;
}

static int64_t index_count(struct workspace *workspace, const char *table)
{
    return workspace_int(workspace,
                         scope_format(workspace->scope,
                                      "SELECT count(*) FROM sqlite_master WHERE type = 'index' "
                                      "AND tbl_name = '%s' AND name LIKE 'i%%' ESCAPE '!'",
                                      table)
                             .data);
}

static bool record_add(struct workspace *workspace, const char *table, int number,
                       const char *columns, const char *values)
{
    return workspace_exec(workspace,
                          scope_format(workspace->scope,
                                       "INSERT INTO \"%s\" (id, version, created_at, updated_at, "
                                       "%s) VALUES (x'%032d', 1, 0, 0, %s)",
                                       table, columns, number, values)
                              .data);
}

TEST(object_is_stored_and_loaded)
{
    struct workspace w;
    if (!workspace_begin(&w)) return;
    int64_t version = w.schema->version;
    CHECK(workspace_put(&w, "object", "customer", CUSTOMER));
    CHECK(w.schema->version > version);
    const struct object *customer = object_of(&w, "customer");
    if (!CHECK(customer != NULL)) return;
    CHECK(customer->id >= SCHEMA_OBJECT_ID_FIRST);
    CHECK_STR(customer->label.zh, "客户");
    CHECK_STR(customer->plural, "customers");
    CHECK(customer->has_owner && !customer->has_pipeline && customer->has_history);
    CHECK_INT(customer->fields[0].id, FIELD_ID);
    CHECK(customer->owner && customer->owner->to == object_of(&w, "user"));
    CHECK(customer->title == field_of(&w, "customer", "name"));
    CHECK_INT(customer->search_count, 1);
    const struct field *parent = field_of(&w, "customer", "parent");
    CHECK(parent && parent->to == customer && parent->object == customer);
    CHECK(parent && parent->index == parent - customer->fields);
    const struct relation *back = object_relation(customer, STR("customers"));
    CHECK(back && back->field == parent && back->from == customer);
    CHECK(object_relation(object_of(&w, "user"), STR("customers")) != NULL);
    CHECK(field_of(&w, "customer", "grade")->choices[1].id == 2);
    CHECK(object_field_by_label(customer, STR(" 名 称 ")) == field_of(&w, "customer", "name"));
    CHECK(schema_object_by_id(w.schema, customer->id) == customer);
    /* search_id and id, two lists, then parent, code and purchase. */
    CHECK_INT(index_count(&w, "customer"), 5);
    CHECK(record_add(&w, "customer", 1, "name, annual_purchase", "'Acme', 5"));
    CHECK_INT(workspace_int(&w, "SELECT count(*) FROM customer_search"), 0);
    workspace_end(&w);
}

TEST(object_mistakes_name_their_place)
{
    static const struct {
        const char *body, *key, *place;
    } bad[] = {
        { "{'name':'Customer'}", "schema.name", "name" },
        { "{'name':'alert'}", "schema.builtin", "name" },
        { "{'name':'config'}", "schema.name_reserved", "name" },
        { "{'name':'a_search'}", "schema.name_reserved", "name" },
        { "{'name':'c','fields':5}", "schema.not_list", "fields" },
        { "{'name':'c','fields':[5]}", "schema.not_map", "fields.0" },
        { "{'name':'c','label':5}", "schema.not_label", "label" },
        { "{'name':'c','pipeline':'yes'}", "schema.not_boolean", "pipeline" },
        { "{'name':'c','fields':[{'name':'amount','type':'colour'}]}", "schema.type_unknown",
          "fields.amount.type" },
        { "{'name':'c','fields':[{'name':'amount'}]}", "schema.type_unknown",
          "fields.amount.type" },
        { "{'name':'c','fields':[{'name':'9a','type':'text'}]}", "schema.name", "fields.9a.name" },
        { "{'name':'c','fields':[{'name':'owner','type':'person'}]}", "schema.name_reserved",
          "fields.owner.name" },
        { "{'name':'c','fields':[{'name':'a','type':'text'},{'name':'a','type':'text'}]}",
          "schema.duplicate", "fields.a.name" },
        { "{'name':'c','fields':[{'name':'a','type':'reference','to':'nothing'}]}",
          "schema.no_such_object", "fields.a.to" },
        { "{'name':'c','fields':[{'name':'a','type':'text','required':'yes'}]}",
          "schema.not_boolean", "fields.a.required" },
        { "{'name':'c','fields':[{'name':'a','type':'text','validate':{'message':'x'}}]}",
          "schema.formula_missing", "fields.a.validate.formula" },
        { "{'name':'c','fields':[{'name':'a','type':'text','title':true},"
          "{'name':'b','type':'text','title':true}]}", "schema.two_titles", "fields.b.title" },
        { "{'name':'c','search':['b']}", "schema.no_such_field", "search" },
        { "{'name':'c','search':['a'],'fields':[{'name':'a','type':'money'}]}", "schema.search",
          "search" },
        { "{'name':'c','inherit':['a'],'fields':[{'name':'a','type':'money'}]}",
          "schema.inherit", "inherit" },
        { "{'name':'c','indexes':[['a']]}", "schema.no_such_field", "indexes" },
        { "{'name':'c','indexes':5}", "schema.not_list", "indexes" },
        { "{'name':'c','plural':'X Y'}", "schema.name", "plural" },
    };
    struct workspace w;
    if (!workspace_begin(&w)) return;
    int64_t version = w.schema->version;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct json body = quoted(w.scope, bad[i].body);
        const char *name = scope_copy(w.scope, json_text(&body, "name")).data;
        CHECK(!workspace_put(&w, "object", name, bad[i].body));
        CHECK(workspace_refused(&w, bad[i].key, bad[i].place));
    }
    /* All mistakes at once. */
    CHECK(!workspace_put(&w, "object", "c",
                         "{'name':'c','fields':[{'name':'a','type':'x'},"
                         "{'name':'b','type':'y'}]}"));
    CHECK(workspace_refused(&w, "schema.type_unknown", "fields.a.type"));
    CHECK(workspace_refused(&w, "schema.type_unknown", "fields.b.type"));
    CHECK(!workspace_put(&w, "object", "c", "[]"));
    CHECK(!workspace_put(&w, "BAD KIND", "c", "{}"));
    CHECK(!workspace_drop(&w, "object", "nothing"));
    CHECK(w.scope->error.code == ERROR_NOT_FOUND);
    CHECK(workspace_load(&w));
    CHECK_INT(w.schema->version, version);
    CHECK_INT(workspace_int(&w, "SELECT count(*) FROM config"), 0);
    CHECK_INT(workspace_int(&w, "SELECT count(*) FROM counter"), 0);
    workspace_end(&w);
}

TEST(object_field_count_is_bounded)
{
    struct workspace w;
    struct buf text;
    if (!workspace_begin(&w)) return;
    for (int count = SCHEMA_FIELD_COUNT_MAX; count <= SCHEMA_FIELD_COUNT_MAX + 1; count++) {
        buf_begin(&text, w.scope, 1024 * 1024);
        buf_put(&text, STR("{'name':'wide','fields':["));
        for (int i = 0; i < count; i++) {
            buf_format(&text, "%s{'name':'f%d','type':'integer'}", i ? "," : "", i);
        }
        buf_put(&text, STR("]}"));
        CHECK(workspace_put(&w, "object", "wide", text.data) == (count == SCHEMA_FIELD_COUNT_MAX));
    }
    CHECK(workspace_refused(&w, "schema.too_many", "fields"));
    workspace_end(&w);
}

TEST(renaming_keeps_values_and_ids)
{
    struct workspace w;
    if (!workspace_begin(&w)) return;
    CHECK(workspace_put(&w, "object", "part",
                        "{'name':'part','fields':[{'name':'a','type':'text'},"
                        "{'name':'b','type':'text','unique':true}]}"));
    CHECK(record_add(&w, "part", 1, "a, b", "'was a', 'was b'"));
    int a = field_of(&w, "part", "a")->id, b = field_of(&w, "part", "b")->id;
    /* The two swap their names; the searched title moves along. */
    const char *swap = scope_format(w.scope,
                                    "{'name':'part','fields':[{'id':%d,'name':'b','type':'text'},"
                                    "{'id':%d,'name':'a','type':'text','unique':true}]}", a, b)
                           .data;
    CHECK(workspace_put(&w, "object", "part", swap));
    CHECK_INT(field_of(&w, "part", "b")->id, a);
    CHECK_INT(workspace_int(&w, "SELECT count(*) FROM part WHERE b = 'was a' AND a = 'was b'"), 1);
    /* The unique index went with the field. */
    scope_error_clear(w.scope);
    CHECK_INT(workspace_int(&w, "SELECT count(*) FROM part"), 1);
    /* The object itself, and with it its table, its search and who refers to it. */
    CHECK(workspace_put(&w, "object", "shelf",
                        "{'name':'shelf','fields':[{'name':'p','type':'reference','to':'part'}]}"));
    int id = object_of(&w, "part")->id;
    const char *renamed = scope_format(w.scope,
                                       "{'name':'piece','fields':[{'id':%d,'name':'b','type':"
                                       "'text'},{'id':%d,'name':'a','type':'text'}]}", a, b)
                              .data;
    CHECK(workspace_put(&w, "object", "part", renamed));
    CHECK(object_of(&w, "part") == object_of(&w, "piece")); /* the old name still finds it */
    CHECK_INT(object_of(&w, "piece")->id, id);
    CHECK(field_of(&w, "shelf", "p")->to == object_of(&w, "piece"));
    CHECK_INT(workspace_int(&w, "SELECT count(*) FROM piece WHERE b = 'was a'"), 1);
    CHECK_INT(workspace_int(&w, "SELECT count(*) FROM piece_search"), 0);
    /* A name that is taken is not given twice. */
    CHECK(!workspace_put(&w, "object", "piece", "{'name':'shelf'}"));
    CHECK(workspace_refused(&w, "schema.duplicate", "name"));
    CHECK(!workspace_put(&w, "object", "piece", "{'name':'user'}"));
    CHECK(workspace_refused(&w, "schema.name_reserved", "name"));
    workspace_end(&w);
}

TEST(removing_hides_and_can_be_undone)
{
    struct workspace w;
    if (!workspace_begin(&w)) return;
    CHECK(workspace_put(&w, "object", "customer", CUSTOMER));
    CHECK(record_add(&w, "customer", 1, "name, credit_code, grade", "'Acme', 'X1', 2"));
    int code = field_of(&w, "customer", "credit_code")->id;
    int grade = field_of(&w, "customer", "grade")->id;
    CHECK(workspace_put(&w, "object", "customer",
                        "{'name':'customer','fields':[{'name':'name','type':'text'}]}"));
    CHECK(field_of(&w, "customer", "credit_code") == NULL);
    CHECK_INT(index_count(&w, "customer"), 2);
    const char *column = scope_format(w.scope, "SELECT count(*) FROM customer "
                                               "WHERE _gone_%d = 'X1'", code).data;
    CHECK_INT(workspace_int(&w, column), 1);
    /* A new field may take the name; it is another one. */
    CHECK(workspace_put(&w, "object", "customer",
                        "{'name':'customer','fields':[{'name':'name','type':'text'},"
                        "{'name':'credit_code','type':'integer'}]}"));
    CHECK(field_of(&w, "customer", "credit_code")->id != code);
    CHECK_INT(workspace_int(&w, "SELECT count(*) FROM customer WHERE credit_code IS NULL"), 1);
    /* By its id the hidden one comes back, with its values, its index and under any name. */
    const char *back = scope_format(w.scope,
                                    "{'name':'customer','fields':[{'name':'name','type':'text'},"
                                    "{'id':%d,'name':'code','type':'text','unique':true},"
                                    "{'id':%d,'name':'grade','type':'choice','choices':['b']}]}",
                                    code, grade)
                           .data;
    CHECK(workspace_put(&w, "object", "customer", back));
    CHECK_INT(workspace_int(&w, "SELECT count(*) FROM customer WHERE code = 'X1' AND grade = 2"),
              1);
    CHECK_INT(field_choice(field_of(&w, "customer", "grade"), STR("b"))->id, 2);
    CHECK(field_choice(field_of(&w, "customer", "grade"), STR("a"))->is_hidden);
    /* Not as something else. */
    const char *wrong = scope_format(w.scope,
                                     "{'name':'customer','fields':[{'id':%d,'name':'code',"
                                     "'type':'integer'}]}", code)
                            .data;
    CHECK(!workspace_put(&w, "object", "customer", wrong));
    CHECK(workspace_refused(&w, "schema.type_change", "fields.code.type"));
    workspace_end(&w);
}

TEST(choices_keep_their_ids)
{
    struct workspace w;
    if (!workspace_begin(&w)) return;
    CHECK(workspace_put(&w, "object", "c",
                        "{'name':'c','fields':[{'name':'f','type':'choice','choices':"
                        "['x','y','z']}]}"));
    CHECK(workspace_put(&w, "object", "c",
                        "{'name':'c','fields':[{'name':'f','type':'choice','choices':"
                        "['z',{'id':1,'name':'renamed'},'new']}]}"));
    const struct field *field = field_of(&w, "c", "f");
    CHECK_INT(field_choice(field, STR("z"))->id, 3);
    CHECK_INT(field_choice(field, STR("renamed"))->id, 1);
    CHECK_INT(field_choice(field, STR("new"))->id, 4);
    CHECK(field_choice(field, STR("y"))->is_hidden);
    CHECK(field_choice_by_id(field, 2) == field_choice(field, STR("y")));
    workspace_end(&w);
}

TEST(types_do_not_change_under_values)
{
    struct workspace w;
    if (!workspace_begin(&w)) return;
    CHECK(workspace_put(&w, "object", "a", "{'name':'a','fields':[{'name':'n','type':'text'}]}"));
    CHECK(workspace_put(&w, "object", "b",
                        "{'name':'b','fields':[{'name':'t','type':'phone'},"
                        "{'name':'n','type':'number'},{'name':'r','type':'reference','to':'a'},"
                        "{'name':'f','type':'formula','formula':'1','result':'number',"
                        "'stored':true,'index':true}]}"));
    static const struct {
        const char *field, *place;
    } bad[] = {
        { "{'name':'n','type':'number','scale':4}", "fields.n.type" },
        { "{'name':'n','type':'text'}", "fields.n.type" },
        { "{'name':'t','type':'mail'}", "fields.t.type" },
        { "{'name':'r','type':'reference','to':'b'}", "fields.r.to" },
        { "{'name':'f','type':'number'}", "fields.f.type" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *body = scope_format(w.scope, "{'name':'b','fields':[%s]}", bad[i].field).data;
        CHECK(!workspace_put(&w, "object", "b", body));
        CHECK(workspace_refused(&w, "schema.type_change", bad[i].place));
    }
    /* Text may become plainer; a kept formula may change what it gives, any number of times. */
    static const char *const results[] = { "text", "number", "datetime", "text" };
    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        const char *body = scope_format(w.scope,
                                        "{'name':'b','fields':[{'name':'t','type':'long_text'},"
                                        "{'name':'n','type':'number'},{'name':'r','type':"
                                        "'reference','to':'a'},{'name':'f','type':'formula',"
                                        "'formula':'1','result':'%s','stored':true,"
                                        "'index':true}]}", results[i])
                               .data;
        CHECK(workspace_put(&w, "object", "b", body));
        CHECK(workspace_put(&w, "object", "b",
                            "{'name':'b','fields':[{'name':'t','type':'text'},{'name':'n','type':"
                            "'number'},{'name':'r','type':'reference','to':'a'},{'name':'f',"
                            "'type':'formula','formula':'1'}]}"));
        CHECK(field_of(&w, "b", "f")->column.size == 0);
    }
    workspace_end(&w);
}

TEST(unique_is_refused_over_duplicates)
{
    struct workspace w;
    if (!workspace_begin(&w)) return;
    CHECK(workspace_put(&w, "object", "c", "{'name':'c','fields':[{'name':'f','type':'text'}]}"));
    CHECK(record_add(&w, "c", 1, "f", "'same'") && record_add(&w, "c", 2, "f", "'same'"));
    const char *unique = "{'name':'c','fields':[{'name':'f','type':'text','unique':true}]}";
    CHECK(!workspace_put(&w, "object", "c", unique));
    CHECK(workspace_refused(&w, "schema.not_unique", "fields.f.unique"));
    CHECK(workspace_exec(&w, "UPDATE c SET deleted_at = 1 WHERE id = "
                             "x'00000000000000000000000000000002'"));
    CHECK(workspace_put(&w, "object", "c", unique));
    workspace_end(&w);
}

TEST(search_follows_its_fields)
{
    struct workspace w;
    if (!workspace_begin(&w)) return;
    CHECK(workspace_put(&w, "object", "c",
                        "{'name':'c','search':false,'fields':[{'name':'f','type':'text'},"
                        "{'name':'g','type':'text'}]}"));
    CHECK_INT(object_of(&w, "c")->search_count, 0);
    CHECK(record_add(&w, "c", 1, "f, g", "'alpha', 'beta'"));
    CHECK(workspace_put(&w, "object", "c",
                        "{'name':'c','search':['f','g'],'fields':[{'name':'f','type':'text'},"
                        "{'name':'g','type':'text'}]}"));
    const char *found = "SELECT count(*) FROM c JOIN c_search ON c_search.rowid = c.search_id "
                        "WHERE c_search.text = 'alpha beta'";
    CHECK_INT(workspace_int(&w, found), 1);
    CHECK(workspace_put(&w, "object", "c",
                        "{'name':'c','search':['g'],'fields':[{'name':'f','type':'text'},"
                        "{'name':'g','type':'text'}]}"));
    CHECK_INT(workspace_int(&w, "SELECT count(*) FROM c_search WHERE text = 'beta'"), 1);
    CHECK(workspace_put(&w, "object", "c",
                        "{'name':'c','search':false,'fields':[{'name':'f','type':'text'}]}"));
    CHECK_INT(workspace_int(&w, "SELECT count(*) FROM sqlite_master WHERE name = 'c_search'"), 0);
    workspace_end(&w);
}

TEST(what_is_written_can_be_sent_back)
{
    struct workspace w;
    if (!workspace_begin(&w)) return;
    CHECK(workspace_put(&w, "object", "customer", CUSTOMER));
    struct buf first, second;
    for (int round = 0; round < 2; round++) {
        struct json_writer writer;
        struct buf *out = round == 0 ? &first : &second;
        buf_begin(out, w.scope, 1024 * 1024);
        json_begin(&writer, out);
        schema_write_object(&writer, object_of(&w, "customer"));
        if (round == 0) CHECK(workspace_put(&w, "object", "customer", out->data));
    }
    CHECK_STR(buf_str(&second), first.data);
    struct json json;
    CHECK(json_read(w.scope, buf_str(&first), &json));
    CHECK_STR(json_text(&json, "title_field"), "name");
    CHECK(json_get(&json, "relations")->count == 1);
    const struct json *fields = json_get(&json, "fields");
    CHECK_STR(json_text(&fields->items[0], "name"), "created_at");
    CHECK(json_bool(&fields->items[0], "system", false));
    CHECK(json_bool(&fields->items[0], "readonly", false));
    workspace_end(&w);
}

TEST(second_reference_gets_a_name_of_its_own)
{
    struct workspace w;
    if (!workspace_begin(&w)) return;
    CHECK(workspace_put(&w, "object", "company",
                        "{'name':'company','fields':[{'name':'name','type':'text'}]}"));
    CHECK(workspace_put(&w, "object", "deal",
                        "{'name':'deal','fields':[{'name':'buyer','type':'reference','to':"
                        "'company'},{'name':'payer','type':'reference','to':'company'}]}"));
    CHECK_STR(object_of(&w, "company")->plural, "companies");
    CHECK_STR(object_relation(object_of(&w, "company"), STR("deals"))->field->name, "buyer");
    CHECK_STR(object_relation(object_of(&w, "company"), STR("deals_by_payer"))->field->name,
              "payer");
    CHECK(object_relation(object_of(&w, "user"), STR("deals")) != NULL);
    /* What others point to stays. */
    CHECK(!workspace_drop(&w, "object", "company"));
    CHECK(workspace_refused(&w, "schema.in_use", "name"));
    CHECK(workspace_drop(&w, "object", "deal"));
    CHECK(workspace_drop(&w, "object", "company"));
    CHECK(object_of(&w, "company") == NULL);
    CHECK(workspace_put(&w, "object", "company", "{'name':'company'}"));
    CHECK(!workspace_drop(&w, "object", "user"));
    workspace_end(&w);
}

TEST(history_keeps_the_bodies_before)
{
    struct workspace w;
    if (!workspace_begin(&w)) return;
    CHECK(workspace_put(&w, "rule", "stall", "{'after':'48h'}"));
    CHECK(workspace_put(&w, "rule", "stall", "{'after':'72h'}"));
    CHECK_STR(json_text(&schema_config(w.schema, STR("rule"), STR("stall"))->body, "after"), "72h");
    CHECK_INT(schema_config(w.schema, STR("rule"), STR("stall"))->version, 2);
    int count;
    CHECK(schema_configs(w.schema, STR("rule"), &count) && count == 1);
    CHECK(!schema_configs(w.schema, STR("role"), &count) && count == 0);
    CHECK(workspace_drop(&w, "rule", "stall"));
    CHECK(schema_config(w.schema, STR("rule"), STR("stall")) == NULL);
    CHECK_INT(workspace_int(&w, "SELECT count(*) FROM config_history WHERE body IS NULL"), 1);
    CHECK_INT(workspace_int(&w, "SELECT count(*) FROM config_history WHERE body LIKE '%48h%' "
                                "AND version = 1"), 1);
    CHECK_INT(workspace_int(&w, "SELECT count(*) FROM config_history WHERE version = 2"), 1);
    workspace_end(&w);
}

/* ---- several at once ---- */

static struct schema_part parts[3];

static struct schema_part part_of(struct workspace *w, const char *kind, const char *name,
                                  const char *body)
{
    return (struct schema_part){ .kind = str_of(kind), .name = str_of(name),
                                 .body = quoted(w->scope, body) };
}

static bool all_run(struct scope *scope, struct db_conn *conn, void *context)
{
    return schema_put_all(scope, conn, context, 3, (struct uuid){ { 0 } }, 7);
}

TEST(objects_may_refer_to_one_another_in_any_order)
{
    struct workspace w;
    if (!workspace_begin(&w)) return;
    parts[0] = part_of(&w, "pipeline", "p",
                       "{'object':'one','stages':[{'name':'s'},{'name':'w','kind':'won'},"
                       "{'name':'l','kind':'lost'}]}");
    parts[1] = part_of(&w, "object", "one",
                       "{'name':'one','pipeline':true,'fields':[{'name':'t','type':'reference',"
                       "'to':'two'}]}");
    parts[2] = part_of(&w, "object", "two",
                       "{'name':'two','fields':[{'name':'o','type':'reference','to':'one'}]}");
    CHECK(db_write_wait(w.scope, w.fixture.db, all_run, parts));
    CHECK(workspace_load(&w));
    CHECK(field_of(&w, "one", "t")->to == object_of(&w, "two"));
    CHECK(field_of(&w, "two", "o")->to == object_of(&w, "one"));
    CHECK(object_of(&w, "one")->pipeline_count == 1);
    workspace_end(&w);
}

TEST(nothing_of_a_batch_stays_when_one_fails)
{
    struct workspace w;
    if (!workspace_begin(&w)) return;
    parts[0] = part_of(&w, "rule", "r", "{}");
    parts[1] = part_of(&w, "object", "one", "{'name':'one'}");
    parts[2] = part_of(&w, "object", "two",
                       "{'name':'two','fields':5}");
    CHECK(!db_write_wait(w.scope, w.fixture.db, all_run, parts));
    CHECK(workspace_refused(&w, "schema.not_list", "fields"));
    scope_error_clear(w.scope);
    CHECK_INT(workspace_int(&w, "SELECT count(*) FROM config"), 0);
    CHECK_INT(workspace_int(&w, "SELECT count(*) FROM sqlite_master WHERE name = 'one'"), 0);
    workspace_end(&w);
}

/* ---- a failing disk ---- */

static bool change_run(struct scope *scope, struct db_conn *conn, void *context)
{
    return schema_put(scope, conn, STR("object"), STR("c"), context, (struct uuid){ { 0 } },
                      7);
}

TEST(a_failing_disk_leaves_the_old_or_the_new_state)
{
    struct workspace w;
    if (!workspace_begin(&w)) return;
    CHECK(workspace_put(&w, "object", "c",
                        "{'name':'c','fields':[{'name':'a','type':'text','index':true},"
                        "{'name':'b','type':'money'}]}"));
    CHECK(record_add(&w, "c", 1, "a, b", "'x', 5"));
    int a = field_of(&w, "c", "a")->id;
    int64_t version = w.schema->version;
    struct json body = quoted(w.scope, scope_format(w.scope,
                                                    "{'name':'d','fields':[{'id':%d,'name':"
                                                    "'renamed','type':'text'},{'name':'fresh',"
                                                    "'type':'date','index':true}]}", a).data);
    int fault = 1;
    for (bool done = false; !done && fault < 500; fault++) {
        struct scope scope;
        scope_begin(&scope);
        db_fault_after(w.fixture.db, fault);
        done = db_write_wait(&scope, w.fixture.db, change_run, &body);
        db_fault_after(w.fixture.db, 0);
        if (!done) CHECK(scope.error.code == ERROR_STORAGE);
        scope_end(&scope);
        if (!CHECK(workspace_load(&w))) break;
        bool is_changed = object_of(&w, "d") != NULL;
        CHECK(!done || is_changed);
        CHECK(is_changed == (object_of(&w, "c") == object_of(&w, "d")));
        CHECK((w.schema->version > version) == is_changed);
        /* Another try would now be a rename of what is no more: stop at the first success. */
        if (is_changed) break;
        CHECK_INT(workspace_int(&w, "SELECT count(*) FROM c WHERE a = 'x' AND b = 5"), 1);
    }
    CHECK(fault > 10);
    CHECK_INT(workspace_int(&w, "SELECT count(*) FROM d WHERE renamed = 'x' AND fresh IS NULL"), 1);
    workspace_end(&w);
}

TEST(a_failing_disk_leaves_no_part_of_a_batch)
{
    struct workspace w;
    if (!workspace_begin(&w)) return;
    parts[0] = part_of(&w, "object", "user",
                       "{'name':'user','fields':[{'name':'level','type':'integer'}]}");
    parts[1] = part_of(&w, "object", "one",
                       "{'name':'one','pipeline':true,'fields':[{'name':'t','type':'text'}]}");
    parts[2] = part_of(&w, "pipeline", "p",
                       "{'object':'one','stages':[{'name':'s'},{'name':'w','kind':'won'},"
                       "{'name':'l','kind':'lost'}]}");
    const char *tables = "SELECT count(*) FROM sqlite_master";
    int64_t table_count = workspace_int(&w, tables);
    int fault = 1;
    for (bool is_done = false; !is_done && fault < 1000; fault++) {
        struct scope scope;
        scope_begin(&scope);
        db_fault_after(w.fixture.db, fault);
        is_done = db_write_wait(&scope, w.fixture.db, all_run, parts);
        db_fault_after(w.fixture.db, 0);
        scope_end(&scope);
        int64_t row_count = workspace_int(&w, "SELECT count(*) FROM config");
        /* The fault may come after the commit: then it is all there. */
        is_done = is_done || row_count > 0;
        CHECK_INT(row_count, is_done ? 3 : 0);
        CHECK((workspace_int(&w, tables) > table_count) == is_done);
        if (!CHECK(workspace_load(&w))) break;
    }
    CHECK(fault > 20);
    CHECK(schema_pipeline(w.schema, STR("p")) != NULL);
    CHECK(field_of(&w, "user", "level") != NULL);
    workspace_end(&w);
}
