/* The history: initial values, the record as it was, and what it does not tell. */
#include <stdatomic.h>

#include "tests/office.h"
#include "tests/test.h"

static void set_clock(struct office *office, int64_t hours)
{
    atomic_store(&office->clock.fixed_ms, OFFICE_START_MS + hours * TIME_HOUR_MS);
}

static struct uuid write_as(struct office *office, struct uuid person, const char *object,
                            const struct uuid *id, const char *json)
{
    struct visit visit;
    struct uuid made = { { 0 } };
    visit_begin(&visit, office, person);
    if (id) {
        CHECK(visit_update(&visit, object, *id, json, "试"));
    } else {
        made = visit_create(&visit, object, json);
    }
    CHECK_STR(str_of(visit_error(&visit)), "");
    visit_end(&visit, office);
    return made;
}

struct was {
    struct visit visit;
    struct db_conn *conn;
    struct record record;
};

static bool was_at(struct was *was, struct office *office, const char *object, struct uuid id,
                   int64_t hours)
{
    visit_begin(&was->visit, office, office->rob);
    struct record_context context = engine_record_context(&was->visit.context);
    const struct object *of = schema_object(was->visit.context.snapshot->schema, str_of(object));
    CHECK(db_read_begin(&was->visit.scope, engine_db(office->engine), &was->conn));
    bool ok = record_as_of(&was->visit.scope, was->conn, &context, of, id,
                           OFFICE_START_MS + hours * TIME_HOUR_MS, &was->record);
    db_read_end(was->conn);
    return ok;
}

static struct cell was_cell(struct was *was, const char *field)
{
    return was->record.cells[object_field(was->record.object, str_of(field))->index];
}

TEST(history_gives_a_record_back_as_it_was)
{
    struct office office;
    office_begin(&office);
    set_clock(&office, 1);
    struct uuid account = write_as(&office, office.rob, "customer", NULL,
                                   "{\"name\":\"旧名\",\"size\":10,\"region\":\"广东省\"}");
    set_clock(&office, 2);
    write_as(&office, office.rob, "customer", &account, "{\"name\":\"中名\",\"region\":null}");
    set_clock(&office, 3);
    write_as(&office, office.rob, "customer", &account, "{\"name\":\"新名\",\"size\":30}");
    struct was was;
    static const char *const names[] = { "旧名", "中名", "新名", "新名" };
    static const int sizes[] = { 10, 10, 30, 30 };
    for (int i = 0; i < 4; i++) {
        CHECK(was_at(&was, &office, "customer", account, i + 1));
        CHECK_STR(was_cell(&was, "name").text, names[i]);
        CHECK_INT(was_cell(&was, "size").integer, sizes[i]);
        CHECK_INT(was.record.version, i < 3 ? i + 1 : 3);
        CHECK((was_cell(&was, "region").kind == CELL_TEXT) == (i == 0));
        struct record first;
        CHECK(db_read_begin(&was.visit.scope, engine_db(office.engine), &was.conn));
        CHECK(record_at_creation(&was.visit.scope, was.conn, &was.record, &first));
        db_read_end(was.conn);
        CHECK_STR(first.cells[object_field(first.object, STR("name"))->index].text, "旧名");
        visit_end(&was.visit, &office);
    }
    CHECK(!was_at(&was, &office, "customer", account, 0));
    CHECK_STR(str_of(visit_error(&was.visit)), "record.not_found");
    visit_end(&was.visit, &office);
    office_end(&office);
}

TEST(history_knows_the_stage_of_a_moment)
{
    struct office office;
    office_begin(&office);
    set_clock(&office, 1);
    struct uuid account = write_as(&office, office.rob, "customer", NULL, "{\"name\":\"甲\"}");
    struct scope scope;
    scope_begin(&scope);
    struct str json = scope_format(&scope, "{\"name\":\"单\",\"customer\":\"%s\"}",
                                   uuid_format(&scope, account).data);
    struct uuid deal = write_as(&office, office.rob, "opportunity", NULL, json.data);
    scope_end(&scope);
    set_clock(&office, 5);
    write_as(&office, office.rob, "opportunity", &deal, "{\"stage\":\"contact\"}");
    set_clock(&office, 9);
    write_as(&office, office.rob, "opportunity", &deal,
             "{\"stage\":\"lost\",\"lost_reason\":\"price\"}");
    static const char *const stages[] = { "lead", "contact", "lost" };
    static const int hours[] = { 4, 8, 9 }, entered[] = { 1, 5, 9 };
    for (int i = 0; i < 3; i++) {
        struct was was;
        CHECK(was_at(&was, &office, "opportunity", deal, hours[i]));
        const struct stage *stage = schema_stage_by_id(was.visit.context.snapshot->schema,
                                                       was_cell(&was, "stage").integer);
        CHECK_STR(stage->name, stages[i]);
        CHECK_INT(was_cell(&was, "stage_entered_at").integer,
                  OFFICE_START_MS + entered[i] * TIME_HOUR_MS);
        CHECK((was_cell(&was, "closed_at").kind == CELL_INT) == (i == 2));
        visit_end(&was.visit, &office);
    }
    office_end(&office);
}

TEST(history_does_not_tell_hidden_fields)
{
    struct office office;
    office_begin(&office);
    static const struct uuid system = { { 0 } };
    struct uuid product = write_as(&office, system, "product", NULL,
                                   "{\"code\":\"p\",\"name\":\"p\",\"floor_price\":\"1.00\"}");
    write_as(&office, system, "product", &product,
             "{\"floor_price\":\"2.00\",\"list_price\":\"9.00\"}");
    struct visit visit;
    visit_begin(&visit, &office, office.rob);
    struct str where = scope_format(&visit.scope, "record = \"%s\"",
                                    uuid_format(&visit.scope, product).data);
    CHECK_INT(visit_count(&visit, "change", where.data), 2); /* created, list_price */
    CHECK_INT(visit_count(&visit, "change", "new = \"200\""), 0);
    CHECK_INT(visit_count(&visit, "change", "new = \"900\""), 1);
    visit_end(&visit, &office);
    office_end(&office);
}

TEST(history_numbers_that_were_imported_are_not_given_out_again)
{
    struct office office;
    struct visit visit;
    office_begin(&office);
    visit_begin(&visit, &office, (struct uuid){ { 0 } });
    struct uuid firm = visit_create(&visit, "customer", "{\"name\":\"Borealis\"}");
    struct str id = uuid_format(&visit.scope, firm);
    struct json map;
    struct str text = scope_format(
        &visit.scope, "{\"customer\":\"%.*s\",\"name\":\"a\",\"number\":\"SJ-2026-000001\"}",
        STR_ARG(id));
    struct write write = { .verb = WRITE_CREATE, .is_history = true,
                           .object = schema_object(visit.context.snapshot->schema,
                                                   STR("opportunity")) };
    CHECK(json_read(&visit.scope, text, &map));
    CHECK(engine_parse(&visit.scope, &visit.context, write.object, &map, true, &write.changes));
    CHECK(engine_write_wait(&visit.scope, &visit.context, &write, NULL));
    struct str next = scope_format(&visit.scope, "{\"customer\":\"%.*s\",\"name\":\"b\"}",
                                   STR_ARG(id));
    struct uuid deal = visit_create(&visit, "opportunity", next.data);
    CHECK_STR(str_of(visit_error(&visit)), "");
    CHECK_STR(visit_value(&visit, "opportunity", deal, "number"), "SJ-2026-000002");
    visit_end(&visit, &office);
    office_end(&office);
}

/* ---- lists of which only a part is seen ---- */

static bool tagged_configure(struct office *office)
{
    static const char box[] =
        "{\"name\":\"box\",\"pipeline\":true,\"fields\":[{\"name\":\"name\",\"type\":\"text\"},"
        "{\"name\":\"tags\",\"type\":\"many_to_many\",\"to\":\"tag\"}]}";
    static const char tag[] =
        "{\"name\":\"tag\",\"fields\":[{\"name\":\"name\",\"type\":\"text\"}]}";
    static const char pipeline[] =
        "{\"name\":\"boxes\",\"object\":\"box\",\"default\":true,\"stages\":["
        "{\"name\":\"open\",\"label\":{\"zh\":\"开\",\"en\":\"Open\"}},"
        "{\"name\":\"shut\",\"label\":{\"zh\":\"关\",\"en\":\"Shut\"},\"kind\":\"won\"},"
        "{\"name\":\"lost\",\"label\":{\"zh\":\"丢\",\"en\":\"Lost\"},\"kind\":\"lost\"}]}";
    static const char role[] =
        "{\"name\":\"packer\",\"label\":{\"zh\":\"包装\",\"en\":\"Packer\"},"
        "\"can\":[\"import_history\"],\"grants\":{"
        "\"box\":{\"read\":\"all\",\"create\":true,\"update\":\"all\"},"
        "\"tag\":{\"read\":\"own\",\"create\":true}}}";
    const struct schema_part parts[] = {
        part_of_text(&office->scope, "object", "tag", tag),
        part_of_text(&office->scope, "object", "box", box),
        part_of_text(&office->scope, "pipeline", "boxes", pipeline),
        part_of_text(&office->scope, "role", "packer", role),
    };
    return office_configure(office, parts, 4);
}

struct putting {
    struct engine_context *context;
    struct history_row row;
    bool is_new;
};

static bool put_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct putting *putting = context;
    return putting->is_new ? engine_put_history(scope, conn, putting->context, &putting->row)
                           : engine_put_stays(scope, conn, putting->context, &putting->row);
}

/* As rob, who sees his own tags only; nil: a new record. */
static bool put_as_rob(struct office *office, struct uuid id, struct uuid tag)
{
    struct visit visit;
    visit_begin(&visit, office, office->rob);
    const struct schema *schema = visit.context.snapshot->schema;
    const struct object *box = schema_object(schema, STR("box"));
    struct stage *stage = pipeline_stage(schema_pipeline(schema, STR("boxes")), STR("shut"));
    struct stage_event event = { .stage = stage, .at_ms = OFFICE_START_MS, .by = office->rob };
    struct links links = { &tag, 1 };
    struct change change = { object_field(box, STR("tags")), links_cell(&visit.scope, links) };
    struct putting putting = { .context = &visit.context, .is_new = uuid_is_nil(id) };
    putting.row = (struct history_row){ .object = box, .id = id, .changes = { &change, 1 },
                                        .events = &event, .event_count = 1 };
    if (putting.is_new) putting.row.id = uuid_make(OFFICE_START_MS);
    bool ok = db_write_wait(&visit.scope, engine_db(office->engine), put_run, &putting);
    visit_end(&visit, office);
    return ok;
}

TEST(history_keeps_what_is_not_seen_of_a_list)
{
    struct office office;
    struct visit visit;
    office_begin(&office);
    if (!CHECK(tagged_configure(&office))) return;
    write_as(&office, (struct uuid){ { 0 } }, "user", &office.rob, "{\"role\":\"packer\"}");
    visit_begin(&visit, &office, (struct uuid){ { 0 } });
    struct uuid unseen = visit_create(&visit, "tag", "{\"name\":\"unseen\"}");
    const char *of = scope_format(&visit.scope, "{\"name\":\"b\",\"tags\":[\"%s\"]}",
                                  uuid_format(&visit.scope, unseen).data)
                         .data;
    struct uuid box = visit_create(&visit, "box", of);
    visit_end(&visit, &office);
    struct uuid own = write_as(&office, office.rob, "tag", NULL, "{\"name\":\"own\"}");
    CHECK(put_as_rob(&office, box, own));
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM box AS b JOIN tag AS t ON b.tags LIKE "
                                     "'%' || f_id_text(t.id) || '%'"), 2);
    CHECK(put_as_rob(&office, (struct uuid){ { 0 } }, own));
    CHECK(!put_as_rob(&office, (struct uuid){ { 0 } }, unseen));
    CHECK(!put_as_rob(&office, box, uuid_make(OFFICE_START_MS)));
    office_end(&office);
}
