/*
 * From Excel: a workbook is looked at, its sheets corrected by a person, then they
 * become objects in one change of the configuration, and imports fill them one after
 * the other. The file lies beside those of imports until then.
 */
#include "api/inner.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "ingest/sketch.h"

enum { OPTIONS_SIZE_MAX = 256 * 1024 };

static struct str book_path(struct call *call, struct uuid id)
{
    struct str name = uuid_format(call->scope, id);
    return imports_path(call, scope_format(call->scope, "%.*s.book", STR_ARG(name)));
}

/* ---- looking ---- */

bool api_workbook_create(struct call *call)
{
    struct handed_file upload;
    if (!file_take(call, &upload)) return false;
    call->id = uuid_make(call->context.now_ms);
    struct str path = book_path(call, call->id);
    if (!imports_file_store(call, path, upload.bytes)) return false;
    db_read_deadline(call->conn, 0);
    call->request->response.status = 201;
    json_map_begin(&call->out);
    json_key(&call->out, STR("id"));
    json_put_id(&call->out, call->id);
    json_member_str(&call->out, "file", upload.name);
    if (!sketch_write(call->scope, call->conn, &call->context, path.data, &call->out)) {
        unlink(path.data);
        return false;
    }
    json_map_end(&call->out);
    return true;
}

/* ---- making ---- */

struct making {
    struct call *call;
    const struct json *sheets;
    struct schema_part *parts;
    struct uuid *imports;
    int count;
};

static bool plan_take(struct call *call, struct making *making)
{
    making->sheets = json_get(&call->body, "sheets");
    int count = making->sheets && making->sheets->kind == JSON_KIND_LIST ? making->sheets->count
                                                                         : 0;
    if (count < 1 || count > SKETCH_SHEET_COUNT_MAX) {
        return error_set(call->scope, ERROR_INVALID, "workbook.sheets", STR("sheets"));
    }
    making->parts = scope_new(call->scope, struct schema_part, count);
    making->imports = scope_new(call->scope, struct uuid, count);
    for (int i = 0; i < count; i++) {
        const struct json *object = json_get(&making->sheets->items[i], "object");
        struct str name = json_text(object, "name");
        if (!object || object->kind != JSON_KIND_MAP || name.size == 0) {
            return error_set(call->scope, ERROR_INVALID, "workbook.sheets", STR("sheets"));
        }
        if (schema_object(call->snapshot->schema, name)) {
            error_set(call->scope, ERROR_CONFLICT, "schema.duplicate", STR("name"));
            return error_arg(call->scope, "name", name);
        }
        making->parts[i] = (struct schema_part){ STR("object"), name, *object };
    }
    making->count = count;
    return true;
}

static bool objects_write(struct scope *scope, struct db_conn *conn, void *context)
{
    struct making *making = context;
    return engine_configure(scope, conn, &making->call->context, making->parts, making->count);
}

/* As the same person, by the configuration that has the objects. */
static bool imports_write(struct scope *scope, struct db_conn *conn, void *state)
{
    struct making *making = state;
    struct engine_context context = making->call->context;
    context.snapshot = snapshot_take(context.engine);
    bool ok = actor_load(scope, conn, context.snapshot->access, making->call->context.actor.user,
                         context.now_ms, &context.actor);
    for (int i = 0; ok && i < making->count; i++) {
        struct str sheet = json_text(&making->sheets->items[i], "sheet");
        ok = import_register(scope, conn, &context, making->parts[i].name, IMPORT_RECORDS, sheet,
                             STR(""), &making->imports[i]);
    }
    snapshot_release(context.engine, context.snapshot);
    return ok;
}

static bool objects_take_back(struct scope *scope, struct db_conn *conn, void *context)
{
    struct making *making = context;
    for (int i = making->count - 1; i >= 0; i--) {
        if (!engine_unconfigure(scope, conn, &making->call->context, STR("object"),
                                making->parts[i].name)) {
            return false;
        }
    }
    return true;
}

static void take_back(struct making *making)
{
    struct scope scope;
    scope_begin(&scope);
    if (!db_write_wait(&scope, making->call->api->db, objects_take_back, making)) {
        log_line(LOG_ERROR, "objects of a workbook stay: %.*s", STR_ARG(scope.error.detail));
    }
    scope_end(&scope);
}

/* Each import has the file under its own id; the last of them to go takes the bytes along. */
static bool file_give(struct call *call, struct str book, struct uuid id)
{
    struct str path = imports_path(call, uuid_format(call->scope, id));
    if (link(book.data, path.data) == 0) return true;
    return error_storage(call->scope, scope_format(call->scope, "link %s: %s", path.data,
                                                   strerror(errno)));
}

static bool sheet_queue(struct call *call, const struct making *making, int i)
{
    struct buf text;
    struct json_writer writer;
    struct json options;
    const struct json *sheet = &making->sheets->items[i], *map = json_get(sheet, "map");
    buf_begin(&text, call->scope, OPTIONS_SIZE_MAX);
    json_begin(&writer, &text);
    json_map_begin(&writer);
    json_member_str(&writer, "sheet", json_text(sheet, "sheet"));
    json_member_str(&writer, "missing", STR("accept"));
    json_key(&writer, STR("map"));
    if (map) {
        json_put_tree(&writer, map);
    } else {
        json_map_begin(&writer);
        json_map_end(&writer);
    }
    json_map_end(&writer);
    if (text.is_over) return error_set(call->scope, ERROR_TOO_LARGE, "query.too_large", STR("map"));
    return json_read(call->scope, buf_str(&text), &options) &&
           imports_queue(call, making->imports[i], making->parts[i].name, &options);
}

static void made_put(struct call *call, const struct making *making)
{
    call->request->response.status = 201;
    json_map_begin(&call->out);
    json_key(&call->out, STR("objects"));
    json_list_begin(&call->out);
    for (int i = 0; i < making->count; i++) json_put_str(&call->out, making->parts[i].name);
    json_list_end(&call->out);
    json_key(&call->out, STR("imports"));
    json_list_begin(&call->out);
    for (int i = 0; i < making->count; i++) json_put_id(&call->out, making->imports[i]);
    json_list_end(&call->out);
    json_map_end(&call->out);
}

/* On a worker. Sheets come in the order in which they must be filled. */
bool api_workbook_run(struct call *call)
{
    struct making making = { .call = call };
    if (!call_capture_id(call, 0, &call->id) || !call_body_map(call) ||
        !plan_take(call, &making)) {
        return false;
    }
    struct str book = book_path(call, call->id);
    if (access(book.data, R_OK) != 0) {
        return error_set(call->scope, ERROR_NOT_FOUND, "workbook.gone", STR(""));
    }
    if (!db_write_wait(call->scope, call->api->db, objects_write, &making)) return false;
    if (!db_write_wait(call->scope, call->api->db, imports_write, &making)) {
        take_back(&making);
        return false;
    }
    for (int i = 0; i < making.count; i++) {
        if (!file_give(call, book, making.imports[i]) || !sheet_queue(call, &making, i)) {
            return false;
        }
    }
    unlink(book.data);
    made_put(call, &making);
    return true;
}
