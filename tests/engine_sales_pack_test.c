/*
 * The shipped pack, as far as applying it does not check it already: conditions
 * of views, fields and relations named by the web client's configuration.
 */
#include <stdio.h>

#include "engine/pack.h"
#include "tests/office.h"
#include "tests/test.h"

static bool complain(struct str where, struct str what)
{
    fprintf(stderr, "  %.*s: %.*s\n", STR_ARG(where), STR_ARG(what));
    return false;
}

static bool path_is_good(struct visit *visit, const struct object *object, struct str path)
{
    struct field_path out;
    if (str_starts_with(path, STR("-"))) path = str_slice(path, 1, path.size);
    if (field_path_parse(&visit->scope, object, path, &out)) return true;
    scope_error_clear(&visit->scope);
    return complain(object->name, path);
}

static bool condition_is_good(struct visit *visit, const struct object *object, struct str source)
{
    struct formula *formula;
    unsigned flags = FORMULA_ALLOW_CLOCK | FORMULA_ALLOW_PERSON;
    if (formula_compile(&visit->scope, visit->context.snapshot->schema, object, source, flags,
                        &formula) &&
        formula_expect(&visit->scope, formula, FORMULA_BOOLEAN)) {
        return true;
    }
    scope_error_clear(&visit->scope);
    return complain(object->name, source);
}

/* Every text in a list or a map of the given name must be a field path of the object. */
static bool paths_are_good(struct visit *visit, const struct object *object,
                           const struct json *json)
{
    bool ok = true;
    for (int i = 0; json && i < json->count; i++) {
        if (json->items[i].kind != JSON_KIND_STR) continue;
        ok = path_is_good(visit, object, json->items[i].text) && ok;
    }
    return ok;
}

static bool view_is_good(struct visit *visit, const struct object *object, const struct json *view)
{
    bool ok = condition_is_good(visit, object, json_text(view, "where"));
    ok = path_is_good(visit, object, json_text(view, "order")) && ok;
    const struct json *colors = json_get(view, "colors");
    for (int i = 0; colors && i < colors->count; i++) {
        ok = condition_is_good(visit, object, json_text(&colors->items[i], "where")) && ok;
    }
    ok = paths_are_good(visit, object, json_get(view, "calendar")) && ok;
    return paths_are_good(visit, object, json_get(view, "columns")) && ok;
}

TEST(engine_sales_pack_views_are_good)
{
    struct office office;
    struct visit visit;
    office_begin(&office);
    visit_begin(&visit, &office, office.boss);
    const struct schema *schema = visit.context.snapshot->schema;
    int count = 0;
    const struct config *views = schema_configs(schema, STR("view"), &count);
    CHECK(count > 10);
    for (int i = 0; i < count; i++) {
        const struct json *body = &views[i].body;
        const struct object *object = schema_object(schema, json_text(body, "object"));
        CHECK(object && view_is_good(&visit, object, body));
    }
    visit_end(&visit, &office);
    office_end(&office);
}

static bool screen_is_good(struct visit *visit, const struct object *object,
                           const struct json *screen)
{
    static const char *const maps[] = { "phone", "card", "board" };
    bool ok = path_is_good(visit, object, json_text(screen, "order"));
    ok = paths_are_good(visit, object, json_get(screen, "columns")) && ok;
    for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
        ok = paths_are_good(visit, object, json_get(screen, maps[i])) && ok;
    }
    return ok;
}

static bool layout_is_good(struct visit *visit, const struct object *object,
                           const struct json *layout)
{
    const struct json *sections = json_get(layout, "sections");
    const struct json *related = json_get(layout, "related");
    bool ok = paths_are_good(visit, object, json_get(layout, "summary"));
    ok = paths_are_good(visit, object, json_get(layout, "create")) && ok;
    for (int i = 0; sections && i < sections->count; i++) {
        struct str condition = json_text(&sections->items[i], "visible_if");
        ok = paths_are_good(visit, object, json_get(&sections->items[i], "fields")) && ok;
        if (condition.size > 0) ok = condition_is_good(visit, object, condition) && ok;
    }
    for (int i = 0; related && i < related->count; i++) {
        struct str name = related->items[i].text;
        ok = (object_relation(object, name) || complain(object->name, name)) && ok;
    }
    return ok;
}

TEST(engine_sales_pack_layouts_are_good)
{
    struct office office;
    struct visit visit;
    office_begin(&office);
    visit_begin(&visit, &office, office.boss);
    const struct schema *schema = visit.context.snapshot->schema;
    int count = 0;
    const struct config *layouts = schema_configs(schema, STR("layout"), &count);
    CHECK(count > 5);
    for (int i = 0; i < count; i++) {
        const struct json *body = &layouts[i].body;
        const struct object *object = schema_object(schema, json_text(body, "object"));
        CHECK(object && layout_is_good(&visit, object, body));
    }
    visit_end(&visit, &office);
    office_end(&office);
}

TEST(engine_sales_pack_screens_are_good)
{
    struct office office;
    struct visit visit;
    office_begin(&office);
    visit_begin(&visit, &office, office.boss);
    const struct schema *schema = visit.context.snapshot->schema;
    const struct config *app = schema_config(schema, STR("app"), STR("app"));
    const struct json *objects = app ? json_get(&app->body, "objects") : NULL;
    CHECK(objects != NULL);
    for (int i = 0; objects && i < objects->count; i++) {
        const struct object *object = schema_object(schema, objects->names[i]);
        CHECK(object && screen_is_good(&visit, object, &objects->items[i]));
    }
    const struct json *log = app ? json_get(&app->body, "log") : NULL;
    const struct object *object = schema_object(schema, json_text(log, "object"));
    CHECK(object && paths_are_good(&visit, object, json_get(log, "fields")));
    visit_end(&visit, &office);
    office_end(&office);
}

/* ---- the main job's rules, as the pack defines them ---- */

static struct uuid make_deal(struct visit *visit, const char *more)
{
    struct uuid customer = visit_create(visit, "customer", "{\"name\":\"华鲜食品\"}");
    return visit_create(visit, "opportunity",
                        scope_format(&visit->scope, "{\"customer\":\"%s\"%s}",
                                     uuid_format(&visit->scope, customer).data, more)
                            .data);
}

static struct uuid make_log(struct visit *visit, struct uuid deal, const char *conclusion,
                            const char *more)
{
    return visit_create(visit, "contact_log",
                        scope_format(&visit->scope,
                                     "{\"opportunity\":\"%s\",\"conclusion\":\"%s\","
                                     "\"next_action\":\"发送报价单\"%s}",
                                     uuid_format(&visit->scope, deal).data, conclusion, more)
                            .data);
}

TEST(engine_sales_pack_log_fills_itself_in)
{
    struct office office;
    struct visit visit;
    office_begin(&office);
    visit_begin(&visit, &office, office.rob);
    struct uuid deal = make_deal(&visit, ",\"amount\":\"120000\"");
    struct uuid log = make_log(&visit, deal, "客户确认预算五十万以内，要求周五前报价",
                               ",\"next_action_due\":\"2026-03-05T10:00:00+08:00\"");
    CHECK(!uuid_is_nil(log));
    CHECK_STR(visit_value(&visit, "contact_log", log, "substantive"), "true");
    CHECK_STR(visit_value(&visit, "contact_log", log, "method"), "phone");
    CHECK_STR(visit_value(&visit, "contact_log", log, "customer.name"), "华鲜食品");
    CHECK_STR(visit_value(&visit, "contact_log", log, "contacted_at"),
              "2026-03-02T01:00:00.000Z");
    CHECK_STR(visit_value(&visit, "opportunity", deal, "name"), "华鲜食品");
    CHECK_STR(visit_value(&visit, "opportunity", deal, "last_contact_at"),
              "2026-03-02T01:00:00.000Z");
    CHECK_INT(visit_count(&visit, "commitment", "what = \"发送报价单\" AND ISBLANK(done_at)"), 1);
    CHECK_INT(office_number(&office, "SELECT count(*) FROM task WHERE kind = 'commitment' AND "
                                     "done_at IS NULL AND due_at = 1772676000000"),
              1);
    visit_end(&visit, &office);
    office_end(&office);
}

TEST(engine_sales_pack_empty_phrases_do_not_count)
{
    static const char *const empty[] = { "已沟通", "正常推进，保持联系。", "已沟通，继续跟进！",
                                         "好的" };
    struct office office;
    struct visit visit;
    office_begin(&office);
    visit_begin(&visit, &office, office.rob);
    struct uuid deal = make_deal(&visit, "");
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        struct uuid log = make_log(&visit, deal, empty[i], "");
        CHECK_STR(visit_value(&visit, "contact_log", log, "substantive"), "false");
    }
    CHECK_STR(visit_value(&visit, "opportunity", deal, "last_contact_at"), "null");
    /* A copy of one's own last log is none, either. */
    const char *said = "王总说方案可以，价格再降百分之五就签";
    CHECK_STR(visit_value(&visit, "contact_log", make_log(&visit, deal, said, ""), "substantive"),
              "true");
    CHECK_STR(visit_value(&visit, "contact_log", make_log(&visit, deal, said, ""), "substantive"),
              "false");
    visit_end(&visit, &office);
    office_end(&office);
}

TEST(engine_sales_pack_log_refuses_what_cannot_be)
{
    struct office office;
    struct visit visit;
    office_begin(&office);
    visit_begin(&visit, &office, office.rob);
    struct uuid deal = make_deal(&visit, "");
    CHECK(uuid_is_nil(visit_create(&visit, "contact_log",
                                   "{\"conclusion\":\"客户同意周五看样机\",\"next_action\":\"约\"}")));
    CHECK_STR(visit.scope.error.first ? visit.scope.error.first->field : STR(""), "customer");
    scope_error_clear(&visit.scope);
    CHECK(uuid_is_nil(make_log(&visit, deal, "客户同意周五看样机",
                               ",\"contacted_at\":\"2026-03-02T10:00:00+08:00\"")));
    CHECK_STR(visit.scope.error.first ? visit.scope.error.first->field : STR(""), "contacted_at");
    scope_error_clear(&visit.scope);
    CHECK(uuid_is_nil(make_log(&visit, deal, "", "")));
    CHECK_STR(visit.scope.error.first ? visit.scope.error.first->field : STR(""), "conclusion");
    scope_error_clear(&visit.scope);
    struct uuid other = visit_create(&visit, "customer", "{\"name\":\"另一家\"}");
    CHECK(uuid_is_nil(make_log(&visit, deal, "客户同意周五看样机",
                               scope_format(&visit.scope, ",\"customer\":\"%s\"",
                                            uuid_format(&visit.scope, other).data)
                                   .data)));
    visit_end(&visit, &office);
    office_end(&office);
}

TEST(engine_sales_pack_gates_name_what_is_missing)
{
    struct office office;
    struct visit visit;
    office_begin(&office);
    visit_begin(&visit, &office, office.sue);
    struct uuid deal = make_deal(&visit, "");
    CHECK(visit_update(&visit, "opportunity", deal, "{\"stage\":\"contact\"}", ""));
    CHECK(visit_update(&visit, "opportunity", deal, "{\"stage\":\"requirement\"}", ""));
    CHECK(!visit_update(&visit, "opportunity", deal, "{\"stage\":\"proposal\"}", ""));
    int count = 0;
    for (const struct error_item *item = visit.scope.error.first; item; item = item->next) count++;
    CHECK_INT(count, 3); /* a log, the amount, the date */
    scope_error_clear(&visit.scope);
    make_log(&visit, deal, "王总说要一百个点位，预算五十万以内", "");
    CHECK(visit_update(&visit, "opportunity", deal,
                       "{\"stage\":\"proposal\",\"amount\":\"500000\","
                       "\"expected_close\":\"2026-04-01\"}",
                       ""));
    CHECK(!visit_update(&visit, "opportunity", deal, "{\"stage\":\"lost\"}", ""));
    CHECK_STR(visit.scope.error.first ? visit.scope.error.first->needs_field : STR(""),
              "lost_reason");
    scope_error_clear(&visit.scope);
    CHECK(visit_update(&visit, "opportunity", deal,
                       "{\"stage\":\"lost\",\"lost_reason\":\"price\"}", ""));
    visit_end(&visit, &office);
    office_end(&office);
}

TEST(engine_sales_pack_commitment_done_closes_its_task)
{
    struct office office;
    struct visit visit;
    office_begin(&office);
    visit_begin(&visit, &office, office.rob);
    struct uuid deal = make_deal(&visit, "");
    struct uuid promise = visit_create(
        &visit, "commitment",
        scope_format(&visit.scope,
                     "{\"what\":\"送样机\",\"opportunity\":\"%s\","
                     "\"due_at\":\"2026-03-04T10:00:00+08:00\"}",
                     uuid_format(&visit.scope, deal).data)
            .data);
    const char *open = "SELECT count(*) FROM task WHERE done_at IS NULL";
    CHECK_INT(office_number(&office, open), 1);
    CHECK_STR(visit_value(&visit, "commitment", promise, "customer.name"), "华鲜食品");
    CHECK(visit_update(&visit, "commitment", promise,
                       "{\"due_at\":\"2026-03-06T10:00:00+08:00\"}", ""));
    CHECK_INT(office_number(&office, open), 1);
    CHECK_INT(office_number(&office, "SELECT due_at FROM task WHERE done_at IS NULL"),
              1772762400000);
    CHECK(visit_update(&visit, "commitment", promise,
                       "{\"done_at\":\"2026-03-02T09:00:00+08:00\"}", ""));
    CHECK_INT(office_number(&office, open), 0);
    CHECK_STR(visit_value(&visit, "commitment", promise, "on_time"), "true");
    visit_end(&visit, &office);
    office_end(&office);
}
