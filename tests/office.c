/* See office.h. */
#include "tests/office.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/pack.h"
#include "tests/database.h"
#include "tests/test.h"

const int64_t OFFICE_START_MS = 1772413200000;

static void must(bool ok, const struct scope *scope, const char *what)
{
    if (ok) return;
    fprintf(stderr, "office: %s: %s %.*s %.*s\n", what,
            scope->error.first ? scope->error.first->key : "",
            (int)(scope->error.first ? scope->error.first->field.size : 0),
            scope->error.first ? scope->error.first->field.data : "",
            STR_ARG(scope->error.detail));
    abort();
}

static void open_engine(struct office *office)
{
    struct engine_options options = {
        .url = test_database(&office->scope, office->folder, "leadline.db"),
        .clock = &office->clock,
    };
    must(engine_open(&office->scope, &options, &office->engine), &office->scope, "open");
    must(test_database_begin(engine_db(office->engine)), &office->scope, "catalogue");
}

static struct uuid person(struct office *office, const char *login, const char *role,
                          struct uuid team, struct uuid supervisor, const char *region)
{
    struct visit visit;
    visit_begin(&visit, office, (struct uuid){ { 0 } });
    struct buf json;
    buf_begin(&json, &visit.scope, 2000);
    buf_format(&json, "{\"name\":\"%s\",\"login\":\"%s\",\"role\":\"%s\",\"region\":\"%s\"", login,
               login, role, region);
    if (!uuid_is_nil(team)) {
        buf_format(&json, ",\"team\":\"%s\"", uuid_format(&visit.scope, team).data);
    }
    if (!uuid_is_nil(supervisor)) {
        buf_format(&json, ",\"supervisor\":\"%s\"", uuid_format(&visit.scope, supervisor).data);
    }
    buf_put(&json, STR("}"));
    struct uuid id = visit_create(&visit, "user", json.data);
    must(!uuid_is_nil(id), &visit.scope, login);
    visit_end(&visit, office);
    return id;
}

static struct uuid team(struct office *office, const char *name)
{
    struct visit visit;
    visit_begin(&visit, office, (struct uuid){ { 0 } });
    struct uuid id = visit_create(&visit, "team",
                                  scope_format(&visit.scope, "{\"name\":\"%s\"}", name).data);
    must(!uuid_is_nil(id), &visit.scope, name);
    visit_end(&visit, office);
    return id;
}

void office_begin(struct office *office)
{
    static const struct uuid nobody = { { 0 } };
    *office = (struct office){ .clock = { OFFICE_START_MS } };
    const char *temporary = getenv("TMPDIR");
    snprintf(office->folder, sizeof(office->folder), "%s/leadline-test-XXXXXX",
             temporary ? temporary : "/tmp");
    if (!mkdtemp(office->folder)) abort();
    scope_begin(&office->scope);
    open_engine(office);
    struct visit visit;
    visit_begin(&visit, office, nobody);
    struct pack pack;
    struct pack_plan plan;
    must(pack_read(&visit.scope, STR("sales"), &pack), &visit.scope, "read pack");
    must(pack_apply_wait(&visit.scope, &visit.context, &pack, NULL, 0, &plan), &visit.scope,
         "apply pack");
    visit_end(&visit, office);

    office->north = team(office, "north");
    office->south = team(office, "south");
    office->boss = person(office, "boss", "director", nobody, nobody, "");
    office->sue = person(office, "sue", "supervisor", office->north, office->boss, "N");
    office->rob = person(office, "rob", "rep", office->north, office->sue, "N");
    office->ray = person(office, "ray", "rep", office->north, office->sue, "N");
    office->sam = person(office, "sam", "supervisor", office->south, office->boss, "S");
    office->ron = person(office, "ron", "rep", office->south, office->sam, "S");
}

void office_restart(struct office *office)
{
    engine_close(office->engine);
    open_engine(office);
}

void office_end(struct office *office)
{
    test_database_drop(engine_db(office->engine), office->folder);
    engine_close(office->engine);
    static const char *const files[] = { "leadline.db", "leadline.db-wal", "leadline.db-shm" };
    for (int i = 0; i < 3; i++) {
        unlink(scope_format(&office->scope, "%s/%s", office->folder, files[i]).data);
    }
    rmdir(office->folder);
    scope_end(&office->scope);
}

void visit_begin(struct visit *visit, struct office *office, struct uuid user)
{
    scope_begin(&visit->scope);
    visit->context = engine_system_context(office->engine, snapshot_take(office->engine),
                                           "test");
    if (uuid_is_nil(user)) return;
    struct db_conn *conn = NULL;
    must(db_read_begin(&visit->scope, engine_db(office->engine), &conn), &visit->scope, "read");
    must(actor_load(&visit->scope, conn, visit->context.snapshot->access, user,
                    visit->context.now_ms, &visit->context.actor),
         &visit->scope, "actor");
    db_read_end(conn);
}

void visit_end(struct visit *visit, struct office *office)
{
    snapshot_release(office->engine, visit->context.snapshot);
    scope_end(&visit->scope);
}

struct schema_part part_of_text(struct scope *scope, const char *kind, const char *name,
                                const char *json)
{
    struct schema_part part = { .kind = str_of(kind), .name = str_of(name) };
    if (json) must(json_read(scope, str_of(json), &part.body), scope, name);
    return part;
}

struct configuring {
    const struct visit *visit;
    const struct schema_part *parts;
    int count;
};

static bool configure_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct configuring *c = context;
    return engine_configure(scope, conn, &c->visit->context, c->parts, c->count);
}

bool visit_configure(struct visit *visit, const struct schema_part *parts, int count)
{
    struct configuring configuring = { visit, parts, count };
    return db_write_wait(&visit->scope, engine_db(visit->context.engine), configure_run,
                         &configuring);
}

bool office_configure(struct office *office, const struct schema_part *parts, int count)
{
    struct visit visit;
    visit_begin(&visit, office, (struct uuid){ { 0 } });
    bool ok = visit_configure(&visit, parts, count);
    CHECK_STR(str_of(visit_error(&visit)), "");
    visit_end(&visit, office);
    return ok;
}

static const struct object *object_of(const struct visit *visit, const char *name)
{
    return schema_object(visit->context.snapshot->schema, str_of(name));
}

static bool write_json(struct visit *visit, struct write *write, const char *json,
                       struct record *out)
{
    struct json map;
    scope_error_clear(&visit->scope);
    return json_read(&visit->scope, str_of(json), &map) &&
           engine_parse(&visit->scope, &visit->context, write->object, &map, write->is_history,
                        &write->changes) &&
           engine_write_wait(&visit->scope, &visit->context, write, out);
}

struct uuid visit_create(struct visit *visit, const char *object, const char *json)
{
    struct record record;
    struct write write = { .verb = WRITE_CREATE, .object = object_of(visit, object) };
    if (!write_json(visit, &write, json, &record)) return (struct uuid){ { 0 } };
    return record.id;
}

bool visit_update(struct visit *visit, const char *object, struct uuid id, const char *json,
                  const char *reason)
{
    struct write write = { .verb = WRITE_UPDATE, .object = object_of(visit, object), .id = id,
                           .reason = str_of(reason) };
    return write_json(visit, &write, json, NULL);
}

bool visit_delete(struct visit *visit, const char *object, struct uuid id)
{
    struct write write = { .verb = WRITE_DELETE, .object = object_of(visit, object), .id = id };
    return write_json(visit, &write, "{}", NULL);
}

bool visit_restore(struct visit *visit, const char *object, struct uuid id)
{
    struct write write = {
        .verb = WRITE_RESTORE,
        .object = schema_object(visit->context.snapshot->schema, str_of(object)),
        .id = id,
    };
    return write_json(visit, &write, "{}", NULL);
}

bool visit_list(struct visit *visit, struct db_conn *conn, const struct record_query *query,
                struct json_writer *writer)
{
    struct record_context context = engine_record_context(&visit->context);
    struct query_plan *plan = NULL;
    return query_plan_list(&visit->scope, &context, query, PLAN_ONCE, &plan) &&
           query_list(&visit->scope, conn, &context, plan, writer);
}

static struct str list_json(struct visit *visit, struct record_query *query, const char *where,
                            const char *fields)
{
    struct record_context context = engine_record_context(&visit->context);
    struct buf text;
    struct json_writer writer;
    struct db_conn *conn = NULL;
    scope_error_clear(&visit->scope);
    buf_begin(&text, &visit->scope, 16 * 1024 * 1024);
    json_begin(&writer, &text);
    json_map_begin(&writer);
    if (!query_parse_where(&visit->scope, &context, str_of(where), query) ||
        !query_parse_fields(&visit->scope, &context, str_of(fields), query) ||
        !db_read_begin(&visit->scope, engine_db(visit->context.engine), &conn)) {
        return STR("");
    }
    bool ok = visit_list(visit, conn, query, &writer);
    db_read_end(conn);
    json_map_end(&writer);
    return ok ? buf_str(&text) : STR("");
}

int visit_count(struct visit *visit, const char *object, const char *where)
{
    struct record_query query = { .object = object_of(visit, object), .limit = 1,
                                  .count = COUNT_EXACT };
    struct str text = list_json(visit, &query, where, "");
    struct json json;
    if (text.size == 0 || !json_read(&visit->scope, text, &json)) return -1;
    return (int)json_int(&json, "count", -1);
}

struct str visit_value(struct visit *visit, const char *object, struct uuid id, const char *field)
{
    struct record_query query = { .object = object_of(visit, object), .limit = 1 };
    struct str where = scope_format(&visit->scope, "id = \"%s\"",
                                    uuid_format(&visit->scope, id).data);
    struct str text = list_json(visit, &query, where.data, field);
    struct json json;
    if (text.size == 0 || !json_read(&visit->scope, text, &json)) return STR("");
    const struct json *items = json_get(&json, "items");
    if (!items || items->count == 0) return STR("");
    const struct json *value = json_get(&items->items[0], field);
    if (!value) return STR("");
    return value->kind == JSON_KIND_STR ? value->text : json_to_text(&visit->scope, value);
}

int64_t office_number(struct office *office, const char *sql)
{
    struct scope scope;
    struct db_conn *conn = NULL;
    struct row row = { 0 };
    scope_begin(&scope);
    must(db_read_begin(&scope, engine_db(office->engine), &conn), &scope, "read");
    must(db_one(&scope, conn, str_of(sql), NULL, 0, &row), &scope, sql);
    int64_t number = row.count > 0 && row.cells[0].kind == CELL_INT ? row.cells[0].integer : -1;
    db_read_end(conn);
    scope_end(&scope);
    return number;
}

const char *visit_error(const struct visit *visit)
{
    return visit->scope.error.first ? visit->scope.error.first->key : "";
}
