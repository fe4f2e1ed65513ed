/* Packs: out and in again without a difference, upgrades over an edited workspace, undo. */
#include <stdio.h>
#include <unistd.h>

#include "engine/life.h"
#include "engine/pack.h"
#include "tests/database.h"
#include "tests/office.h"
#include "tests/test.h"

/* ---- trees changed in place: configuration as a person edits it ---- */

static struct json *member(struct json *map, const char *name)
{
    return (struct json *)(uintptr_t)json_get(map, name);
}

static struct json *named(struct json *list, const char *name)
{
    for (int i = 0; list && i < list->count; i++) {
        if (str_is(json_text(&list->items[i], "name"), name)) return &list->items[i];
    }
    CHECK(false);
    return list->items;
}

static struct json text(struct scope *scope, const char *json)
{
    struct json out = { 0 };
    CHECK(json_read(scope, str_of(json), &out));
    return out;
}

static void push(struct scope *scope, struct json *list, const char *json)
{
    struct json *items = scope_new(scope, struct json, list->count + 1);
    memcpy(items, list->items, sizeof(*items) * (size_t)list->count);
    items[list->count++] = text(scope, json);
    list->items = items;
}

static void take_out(struct json *list, const char *name)
{
    struct json *item = named(list, name);
    struct json *end = list->items + list->count;
    memmove(item, item + 1, sizeof(*item) * (size_t)(end - item - 1));
    list->count -= 1;
}

static struct json *body_of(struct schema_part *parts, int count, const char *kind,
                            const char *name)
{
    for (int i = 0; i < count; i++) {
        if (str_is(parts[i].kind, kind) && str_is(parts[i].name, name)) return &parts[i].body;
    }
    CHECK(false);
    return &parts[0].body;
}

static struct json *part_body(struct pack *pack, const char *kind, const char *name)
{
    return body_of(pack->parts, pack->part_count, kind, name);
}

/* ---- the workspace ---- */

/* The configuration as it stands, to be edited and put back. */
static struct json stored(struct office *office, struct scope *scope, const char *kind,
                          const char *name)
{
    const struct cell args[] = { cell_text(str_of(kind)), cell_text(str_of(name)) };
    struct db_conn *conn;
    struct row row = { 0 };
    struct json body = { 0 };
    CHECK(db_read_begin(scope, engine_db(office->engine), &conn));
    CHECK(db_one(scope, conn, STR("SELECT body FROM config WHERE kind = ? AND name = ?"), args, 2,
                 &row));
    db_read_end(conn);
    if (row.count > 0) CHECK(json_read(scope, row.cells[0].text, &body));
    return body;
}

static void put(struct visit *visit, const char *kind, const char *name, struct json body)
{
    const struct schema_part part = { str_of(kind), str_of(name), body };
    CHECK(visit_configure(visit, &part, 1));
}

static struct json gone(void)
{
    return (struct json){ .kind = JSON_KIND_NULL };
}

static struct str export(struct scope *scope, struct engine *engine)
{
    struct db_conn *conn;
    struct pack pack;
    struct pack_text *texts;
    struct buf all;
    int count = 0;
    CHECK(db_read_begin(scope, engine_db(engine), &conn));
    bool ok = CHECK(pack_of_workspace(scope, conn, STR(""), STR(""), &pack));
    db_read_end(conn);
    if (ok) pack_texts(scope, &pack, &texts, &count);
    buf_begin(&all, scope, PACK_SIZE_MAX);
    for (int i = 0; i < count; i++) {
        buf_put(&all, texts[i].path);
        buf_put_char(&all, '\n');
        buf_put(&all, texts[i].text);
    }
    return buf_str(&all);
}

/* What a person does to the sales pack: a label, a field, a choice, a threshold, a rule less. */
static void edit(struct visit *visit, struct office *office)
{
    struct scope *scope = &visit->scope;
    struct json customer = stored(office, scope, "object", "customer");
    struct json *fields = member(&customer, "fields");
    json_set(scope, named(fields, "industry"), STR("label"),
             text(scope, "{\"zh\":\"所属行业\",\"en\":\"Line of business\"}"));
    push(scope, member(named(fields, "industry"), "choices"),
         "{\"name\":\"space\",\"label\":{\"zh\":\"航天\",\"en\":\"Space\"},\"color\":\"blue\"}");
    push(scope, fields,
         "{\"name\":\"fax\",\"type\":\"text\",\"label\":{\"zh\":\"传真\",\"en\":\"Fax\"}}");
    take_out(fields, "website");
    put(visit, "object", "customer", customer);
    struct json ladder = stored(office, scope, "rule", "stall_ladder");
    json_set(scope, &member(&ladder, "levels")->items[0], STR("after"),
             json_of_text(STR("24h")));
    put(visit, "rule", "stall_ladder", ladder);
    put(visit, "rule", "deal_won", gone());
}

/* The next version of the pack: what it changes, some of it what the person changed, too. */
static void next_version(struct scope *scope, struct pack *pack)
{
    struct json *fields = member(part_body(pack, "object", "customer"), "fields");
    json_set(scope, named(fields, "industry"), STR("help"),
             text(scope, "{\"zh\":\"按主营业务\",\"en\":\"By main business\"}"));
    json_set(scope, named(fields, "industry"), STR("label"),
             text(scope, "{\"zh\":\"行业类别\",\"en\":\"Line of business\"}"));
    push(scope, fields, "{\"name\":\"duns\",\"type\":\"text\",\"label\":{\"zh\":\"邓白氏编码\",\"en\":"
                        "\"D-U-N-S\"}}");
    json_set(scope, named(fields, "address"), STR("name"), json_of_text(STR("street")));
    json_set(scope, named(fields, "street"), STR("was"), json_of_text(STR("address")));
    struct json *levels = member(part_body(pack, "rule", "stall_ladder"), "levels");
    json_set(scope, &levels->items[2], STR("after"), json_of_text(STR("6d")));
    pack->version = STR("0.2.0");
    json_set(scope, &pack->head, STR("version"), json_of_text(pack->version));
}

static void pack_next(struct scope *scope, struct pack *pack)
{
    CHECK(pack_read(scope, STR("sales"), pack));
    next_version(scope, pack);
    /* The pack's own words for the field it renames. */
    for (int i = 0; i < pack->part_count; i++) {
        struct json *body = &pack->parts[i].body;
        if (str_is(pack->parts[i].kind, "object") || str_is(pack->parts[i].kind, "demo")) continue;
        struct str json = json_to_text(scope, body);
        size_t at = str_find(json, STR("\"address\""));
        if (at == SIZE_MAX) continue;
        struct str rest = str_slice(json, at + 9, json.size);
        *body = text(scope, scope_format(scope, "%.*s\"street\"%.*s", (int)at, json.data,
                                         STR_ARG(rest)).data);
    }
}

static struct json *field_of(struct json *object, const char *name)
{
    return named(member(object, "fields"), name);
}

static bool has_field(const struct json *object, const char *name)
{
    const struct json *fields = json_get(object, "fields");
    for (int i = 0; i < fields->count; i++) {
        if (str_is(json_text(&fields->items[i], "name"), name)) return true;
    }
    return false;
}

static struct str label_zh(const struct json *thing)
{
    return json_text(json_get(thing, "label"), "zh");
}

static const char *level_after(struct json *ladder, int index)
{
    return json_text(&member(ladder, "levels")->items[index], "after").data;
}

static void check_upgraded(struct office *office, struct scope *scope)
{
    struct json customer = stored(office, scope, "object", "customer");
    struct json ladder = stored(office, scope, "rule", "stall_ladder");
    struct json *industry = field_of(&customer, "industry");
    CHECK_STR(label_zh(industry), "所属行业");
    CHECK_STR(json_text(json_get(industry, "help"), "zh"), "按主营业务");
    CHECK_STR(json_text(named(member(industry, "choices"), "space"), "color"), "blue");
    CHECK(has_field(&customer, "fax") && has_field(&customer, "duns"));
    CHECK(has_field(&customer, "street") && !has_field(&customer, "address"));
    CHECK(!has_field(&customer, "website"));
    CHECK_STR(str_of(level_after(&ladder, 0)), "24h");
    CHECK_STR(str_of(level_after(&ladder, 2)), "6d");
    CHECK_INT(stored(office, scope, "rule", "deal_won").count, 0);
}

TEST(pack_upgrade_keeps_what_was_changed_here)
{
    struct office office;
    struct visit visit;
    struct pack pack;
    struct pack_plan plan;
    office_begin(&office);
    visit_begin(&visit, &office, (struct uuid){ { 0 } });
    struct uuid id = visit_create(&visit, "customer", "{\"name\":\"甲\",\"address\":\"北京路 1 号\"}");
    edit(&visit, &office);
    struct str edited = export(&visit.scope, office.engine);

    pack_next(&visit.scope, &pack);
    CHECK(pack_apply_wait(&visit.scope, &visit.context, &pack, NULL, 0, &plan));
    check_upgraded(&office, &visit.scope);
    CHECK_INT(plan.conflict_count, 1);
    for (int i = 0; i < plan.step_count; i++) {
        if (plan.steps[i].change.kind != MERGE_CONFLICT) continue;
        CHECK_STR(pack_step_path(&visit.scope, &plan.steps[i]),
                  "object/customer.fields.industry.label.zh");
        CHECK_STR(plan.steps[i].change.base->text, "行业");
        CHECK_STR(plan.steps[i].change.mine->text, "所属行业");
        CHECK_STR(plan.steps[i].change.theirs->text, "行业类别");
    }
    visit_end(&visit, &office);

    /* The renamed field has its values; applying again changes nothing. */
    visit_begin(&visit, &office, (struct uuid){ { 0 } });
    CHECK_STR(visit_value(&visit, "customer", id, "street"), "北京路 1 号");
    struct str upgraded = export(&visit.scope, office.engine);
    pack_next(&visit.scope, &pack);
    CHECK(pack_apply_wait(&visit.scope, &visit.context, &pack, NULL, 0, &plan));
    CHECK_INT(plan.part_count, 0);
    CHECK_STR(export(&visit.scope, office.engine), upgraded.data);
    visit_end(&visit, &office);

    /* Taken back, all is as it was before the upgrade, and what was changed here still stands. */
    visit_begin(&visit, &office, (struct uuid){ { 0 } });
    CHECK(pack_undo_wait(&visit.scope, &visit.context, STR("sales"), &plan));
    struct json customer = stored(&office, &visit.scope, "object", "customer");
    CHECK(has_field(&customer, "address") && has_field(&customer, "fax"));
    CHECK(!has_field(&customer, "duns"));
    CHECK_STR(label_zh(field_of(&customer, "industry")), "所属行业");
    visit_end(&visit, &office);
    visit_begin(&visit, &office, (struct uuid){ { 0 } });
    CHECK_STR(visit_value(&visit, "customer", id, "address"), "北京路 1 号");
    visit_end(&visit, &office);
    CHECK(edited.size > 0);
    office_end(&office);
}

static struct json *part_of(struct pack_plan *plan, const char *kind, const char *name)
{
    return body_of(plan->parts, plan->part_count, kind, name);
}

/* A field, a choice and a stage called otherwise here, and what a new version says of them. */
TEST(pack_speaks_of_what_was_renamed_here)
{
    struct office office;
    struct visit visit;
    struct pack pack;
    struct pack_plan plan;
    struct db_conn *conn;
    office_begin(&office);
    visit_begin(&visit, &office, (struct uuid){ { 0 } });
    struct scope *scope = &visit.scope;
    struct json deal = stored(&office, scope, "object", "opportunity");
    json_set(scope, field_of(&deal, "amount"), STR("name"), json_of_text(STR("worth")));
    put(&visit, "object", "opportunity", deal);
    visit_end(&visit, &office);

    /* A rename is one change, not one of everything that names the field. */
    visit_begin(&visit, &office, (struct uuid){ { 0 } });
    CHECK(db_read_begin(scope, engine_db(office.engine), &conn));
    CHECK(pack_changed(scope, conn, STR("sales"), &plan));
    db_read_end(conn);
    for (int i = 0; i < plan.step_count; i++) {
        CHECK(str_starts_with(pack_step_path(scope, &plan.steps[i]),
                              STR("object/opportunity.fields.worth.")));
    }
    CHECK_INT(plan.step_count, 2); /* its name, and the former one among its aliases */

    CHECK(pack_read(scope, STR("sales"), &pack));
    push(scope, member(part_body(&pack, "object", "opportunity"), "fields"),
         "{\"name\":\"twice\",\"type\":\"formula\",\"result\":\"money\",\"stored\":true,"
         "\"formula\":\"amount * 2\"}");
    json_set(scope, part_body(&pack, "measure", "won_amount"), STR("value"),
             json_of_text(STR("SUM(amount * 2)")));
    pack.version = STR("0.2.0");
    json_set(scope, &pack.head, STR("version"), json_of_text(pack.version));
    CHECK(pack_apply_wait(scope, &visit.context, &pack, NULL, 0, &plan));
    CHECK_STR(str_of(visit_error(&visit)), "");
    CHECK_INT(plan.conflict_count, 0);
    CHECK_STR(json_text(part_of(&plan, "measure", "won_amount"), "value"), "SUM(worth * 2)");
    CHECK_STR(json_text(field_of(part_of(&plan, "object", "opportunity"), "twice"), "formula"),
              "worth * 2");
    CHECK_INT(plan.part_count, 2);
    /* The next look finds the same again: what was shipped is kept as it was shipped. */
    struct pack_plan again;
    CHECK(db_read_begin(scope, engine_db(office.engine), &conn));
    CHECK(pack_plan(scope, conn, &pack, NULL, 0, &again));
    db_read_end(conn);
    CHECK_INT(again.part_count, 0);
    CHECK_INT(again.conflict_count, 0);
    CHECK(pack_undo_wait(scope, &visit.context, STR("sales"), &plan));
    deal = stored(&office, scope, "object", "opportunity");
    CHECK(has_field(&deal, "worth") && !has_field(&deal, "twice"));
    visit_end(&visit, &office);
    office_end(&office);
}

struct trying {
    struct visit *visit;
    const struct pack *pack;
    struct json tried;
};

static bool try_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct trying *t = context;
    struct pack_plan plan;
    struct buf text;
    struct json_writer writer;
    buf_begin(&text, scope, 1024 * 1024);
    json_begin(&writer, &text);
    return pack_plan(scope, conn, t->pack, NULL, 0, &plan) &&
           engine_plan(scope, conn, &t->visit->context, plan.parts, plan.part_count, &writer) &&
           json_read(scope, buf_str(&text), &t->tried);
}

/* What would be refused is known before: which part, which field. */
TEST(pack_plan_tries_the_result)
{
    struct office office;
    struct visit visit;
    struct pack pack;
    office_begin(&office);
    visit_begin(&visit, &office, (struct uuid){ { 0 } });
    struct trying trying = { .visit = &visit, .pack = &pack };
    struct str before = export(&visit.scope, office.engine);
    pack_next(&visit.scope, &pack);
    CHECK(db_write_wait(&visit.scope, engine_db(office.engine), try_run, &trying));
    CHECK_INT(json_get(&trying.tried, "breaks")->count, 0);
    push(&visit.scope, member(part_body(&pack, "object", "product"), "fields"),
         "{\"name\":\"odd\",\"type\":\"formula\",\"formula\":\"no_such_thing + 1\"}");
    CHECK(db_write_wait(&visit.scope, engine_db(office.engine), try_run, &trying));
    const struct json *breaks = json_get(&trying.tried, "breaks");
    if (CHECK(breaks->count > 0)) {
        CHECK_STR(json_text(&breaks->items[0], "kind"), "object");
        CHECK_STR(json_text(&breaks->items[0], "name"), "product");
        CHECK_STR(json_text(&breaks->items[0], "field"), "odd");
    }
    CHECK_STR(export(&visit.scope, office.engine), before.data);
    visit_end(&visit, &office);
    office_end(&office);
}

TEST(pack_conflicts_are_chosen_and_versions_grow)
{
    struct office office;
    struct visit visit;
    struct pack pack, old;
    struct pack_plan plan;
    const struct str choice = STR("object/customer.fields.industry");
    office_begin(&office);
    visit_begin(&visit, &office, (struct uuid){ { 0 } });
    edit(&visit, &office);
    pack_next(&visit.scope, &pack);
    CHECK(pack_apply_wait(&visit.scope, &visit.context, &pack, &choice, 1, &plan));
    struct json customer = stored(&office, &visit.scope, "object", "customer");
    CHECK_STR(label_zh(field_of(&customer, "industry")), "行业类别");

    CHECK(pack_read(&visit.scope, STR("sales"), &old));
    CHECK(!pack_apply_wait(&visit.scope, &visit.context, &old, NULL, 0, &plan));
    CHECK_STR(str_of(visit_error(&visit)), "pack.version_old");
    scope_error_clear(&visit.scope);
    take_out(member(part_body(&pack, "object", "customer"), "fields"), "duns");
    CHECK(!pack_apply_wait(&visit.scope, &visit.context, &pack, NULL, 0, &plan));
    CHECK_STR(str_of(visit_error(&visit)), "pack.version_same");
    scope_error_clear(&visit.scope);
    json_set(&visit.scope, &pack.head, STR("needs"),
             text(&visit.scope, "[{\"name\":\"coating\",\"version\":\"1.0\"}]"));
    CHECK(!pack_apply_wait(&visit.scope, &visit.context, &pack, NULL, 0, &plan));
    CHECK_STR(str_of(visit_error(&visit)), "pack.needs");
    visit_end(&visit, &office);
    office_end(&office);
}

TEST(pack_drops_only_what_is_not_in_use)
{
    struct office office;
    struct visit visit;
    struct pack pack;
    struct pack_plan plan;
    office_begin(&office);
    visit_begin(&visit, &office, (struct uuid){ { 0 } });
    struct uuid id = visit_create(&visit, "customer", "{\"name\":\"甲\",\"duns\":\"1\"}");
    CHECK(uuid_is_nil(id)); /* no such field yet */
    scope_error_clear(&visit.scope);
    pack_next(&visit.scope, &pack);
    push(&visit.scope, member(part_body(&pack, "object", "customer"), "fields"),
         "{\"name\":\"empty\",\"type\":\"text\",\"label\":{\"zh\":\"空\",\"en\":\"Empty\"}}");
    push(&visit.scope, member(part_body(&pack, "object", "customer"), "fields"),
         "{\"name\":\"asked\",\"type\":\"text\",\"label\":{\"zh\":\"问\",\"en\":\"Asked\"}}");
    CHECK(pack_apply_wait(&visit.scope, &visit.context, &pack, NULL, 0, &plan));
    visit_end(&visit, &office);

    visit_begin(&visit, &office, (struct uuid){ { 0 } });
    id = visit_create(&visit, "customer", "{\"name\":\"甲\",\"duns\":\"1\"}");
    put(&visit, "view", "mine_own",
        text(&visit.scope, "{\"object\":\"customer\",\"label\":{\"zh\":\"我\",\"en\":\"I\"},"
                           "\"kind\":\"grid\",\"where\":\"NOT ISBLANK(asked)\","
                           "\"fields\":[\"name\"]}"));
    pack_next(&visit.scope, &pack);
    take_out(member(part_body(&pack, "object", "customer"), "fields"), "duns");
    json_set(&visit.scope, &pack.head, STR("version"), json_of_text(STR("0.3.0")));
    pack.version = STR("0.3.0");
    CHECK(pack_apply_wait(&visit.scope, &visit.context, &pack, NULL, 0, &plan));
    struct json customer = stored(&office, &visit.scope, "object", "customer");
    CHECK(has_field(&customer, "duns") && has_field(&customer, "asked"));
    CHECK(!has_field(&customer, "empty"));
    visit_end(&visit, &office);
    visit_begin(&visit, &office, (struct uuid){ { 0 } });
    CHECK_STR(visit_value(&visit, "customer", id, "duns"), "1");
    visit_end(&visit, &office);
    office_end(&office);
}

/* An empty workspace beside the office: a file, so with PostgreSQL it is the other database. */
static struct engine *empty_begin(struct office *office, struct scope *scope)
{
    struct engine *engine = NULL;
    struct engine_options options = { .url = scope_format(scope, "%s/other.db", office->folder),
                                      .clock = &office->clock };
    CHECK(engine_open(scope, &options, &engine));
    return engine;
}

TEST(pack_out_and_in_again_is_the_same)
{
    struct office office;
    struct visit visit;
    struct pack pack;
    struct pack_plan plan;
    struct db_conn *conn;
    office_begin(&office);
    visit_begin(&visit, &office, (struct uuid){ { 0 } });
    edit(&visit, &office);
    put(&visit, "view", "a/b 商机",
        text(&visit.scope, "{\"object\":\"customer\",\"label\":{\"zh\":\"我\",\"en\":\"I\"},"
                           "\"kind\":\"grid\",\"fields\":[\"name\"]}"));
    struct str before = export(&visit.scope, office.engine);
    CHECK(str_find(before, STR("views/a%2fb%20商机.json")) != SIZE_MAX);
    CHECK(db_read_begin(&visit.scope, engine_db(office.engine), &conn));
    CHECK(pack_of_workspace(&visit.scope, conn, STR(""), STR(""), &pack));
    db_read_end(conn);

    struct engine *engine = empty_begin(&office, &visit.scope);
    const struct snapshot *snapshot = snapshot_take(engine);
    struct engine_context context = engine_system_context(engine, snapshot, "test");
    CHECK(pack_apply_wait(&visit.scope, &context, &pack, NULL, 0, &plan));
    CHECK_INT(plan.conflict_count, 0);
    CHECK_STR(export(&visit.scope, engine), before.data);
    snapshot_release(engine, snapshot);
    engine_close(engine);
    visit_end(&visit, &office);
    office_end(&office);
}
