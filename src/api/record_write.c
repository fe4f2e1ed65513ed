/*
 * Changing records: what came in becomes changes on the loop's thread, the
 * engine writes them on the writer's, and the answer is read back there, in the
 * same transaction.
 */
#include "api/inner.h"

/* From handle to write. */
struct batch {
    struct write *items;
    int count;
    bool is_list; /* {"records":[…]} */
};


/* ---- people and teams ---- */

bool people_check(struct call *call, struct db_conn *conn, const struct object *object,
                  struct uuid id, const struct changes *changes)
{
    return engine_people_check(call->scope, conn, &call->context, object, id, changes);
}

/* ---- creating ---- */

static void blame_row(struct call *call, struct error_item *item, int index)
{
    for (; item; item = item->next) {
        unique_settle(call->scope, call->object, call->context.actor.language, item);
        item->field = scope_format(call->scope, "records[%d]%s%.*s", index,
                                   item->field.size > 0 ? "." : "", STR_ARG(item->field));
    }
}

/* The first item reported behind `last`, or the very first. */
static struct error_item *items_since(struct call *call, struct error_item *last)
{
    return last ? last->next : call->scope->error.first;
}

/* "reason" beside "stage" is the move's, unless the object has such a field. */
static struct str reason_take(struct call *call, struct json *map)
{
    if (object_field(call->object, STR("reason")) || !call->object->has_pipeline) return STR("");
    if (map->kind != JSON_KIND_MAP || !json_get(map, "reason")) return STR("");
    struct str reason = json_text(map, "reason");
    json_unset(call->scope, map, STR("reason"));
    return reason;
}

static bool create_read(struct call *call, const struct json *item, struct write *out)
{
    struct json map = *item;
    const struct json *id = json_get(item, "id");
    *out = (struct write){ .verb = WRITE_CREATE, .object = call->object };
    if (id && id->kind != JSON_KIND_NULL && !uuid_parse(id->text, &out->id)) {
        error_add(call->scope, ERROR_INVALID, "field.not_id", STR("id"));
    }
    out->reason = reason_take(call, &map);
    return engine_parse(call->scope, &call->context, call->object, &map, false, &out->changes) &&
           people_check(call, NULL, call->object, out->id, &out->changes);
}

typedef bool item_read(struct call *call, const struct json *item, struct write *out);

static bool batch_read(struct call *call, const struct json *list, item_read *read,
                       struct batch *batch)
{
    if (list->count > BATCH_COUNT_MAX) {
        error_set(call->scope, ERROR_INVALID, "field.too_many", STR("records"));
        return error_arg(call->scope, "max", scope_format(call->scope, "%d", BATCH_COUNT_MAX));
    }
    batch->is_list = true;
    batch->items = scope_new(call->scope, struct write, list->count + 1);
    for (int i = 0; i < list->count; i++) {
        struct error_item *last = call->scope->error.last;
        if (!read(call, &list->items[i], &batch->items[i])) {
            blame_row(call, items_since(call, last), i);
            if (call->scope->error.code != ERROR_INVALID) return false;
        }
        batch->count += 1;
    }
    return !error_is_set(call->scope);
}

bool api_record_create(struct call *call)
{
    struct batch *batch = scope_new(call->scope, struct batch, 1);
    call->state = batch;
    if (!call_object(call) || !call_body_map(call)) return false;
    const struct json *list = json_get(&call->body, "records");
    bool is_list = list && list->kind == JSON_KIND_LIST && call->body.count == 1;
    if (is_list) return batch_read(call, list, create_read, batch);
    batch->items = scope_new(call->scope, struct write, 1);
    batch->count = 1;
    return create_read(call, &call->body, &batch->items[0]);
}

static bool one_write(struct call *call, struct db_conn *conn, const struct write *write,
                      struct record *out, bool *is_repeat)
{
    return engine_write(call->scope, conn, &call->context, write, out, is_repeat) &&
           files_hang(call, conn, &write->changes, out);
}

/* Every row through the engine's door, together where it can; the answer is {"records":[…]}. */
static bool batch_write(struct call *call, struct db_conn *conn)
{
    const struct batch *batch = call->state;
    struct record *records = scope_new(call->scope, struct record, batch->count + 1);
    bool is_done = false;
    if (!engine_write_list(call->scope, conn, &call->context, batch->items, batch->count, records,
                           &is_done)) {
        return false;
    }
    for (int i = 0; i < batch->count; i++) {
        struct error_item *last = call->scope->error.last;
        const struct write *write = &batch->items[i];
        if (is_done ? files_hang(call, conn, &write->changes, &records[i])
                    : one_write(call, conn, write, &records[i], NULL)) {
            continue;
        }
        blame_row(call, items_since(call, last), i);
        return false;
    }
    json_map_begin(&call->out);
    json_key(&call->out, STR("records"));
    bool is_ok = records_answer(call, conn, records, batch->count);
    json_map_end(&call->out);
    return is_ok;
}

bool api_record_create_write(struct call *call, struct db_conn *conn)
{
    const struct batch *batch = call->state;
    struct record record;
    bool is_repeat = false;
    call->request->response.status = 201;
    if (batch->is_list) return batch_write(call, conn);
    if (!one_write(call, conn, &batch->items[0], &record, &is_repeat) ||
        !record_answer(call, conn, call->object, record.id, record.version)) {
        return false;
    }
    if (is_repeat) call->request->response.status = 200;
    call_etag(call, record.version);
    http_header_add(call->request, STR("Location"),
                    scope_format(call->scope, "/api/v1/records/%.*s/%.*s",
                                 STR_ARG(call->object->name),
                                 STR_ARG(uuid_format(call->scope, record.id))));
    return true;
}

bool api_records_change_write(struct call *call, struct db_conn *conn)
{
    return batch_write(call, conn);
}

/* ---- changing ---- */

static bool change_read(struct call *call, const struct json *item, struct write *out)
{
    struct json map = *item;
    const struct json *version = json_get(item, "version");
    *out = (struct write){ .verb = WRITE_UPDATE, .object = call->object };
    if (item->kind != JSON_KIND_MAP || !uuid_parse(json_text(item, "id"), &out->id)) {
        return error_add(call->scope, ERROR_INVALID, "field.not_id", STR("id"));
    }
    if (version && (version->kind != JSON_KIND_INT || version->integer < 1)) {
        return error_add(call->scope, ERROR_INVALID, "field.not_integer", STR("version"));
    }
    if (version) out->version = version->integer;
    json_unset(call->scope, &map, STR("id"));
    json_unset(call->scope, &map, STR("version"));
    out->reason = reason_take(call, &map);
    return engine_parse(call->scope, &call->context, call->object, &map, false, &out->changes) &&
           people_check(call, call->conn, call->object, out->id, &out->changes);
}

/* {"records":[{"id","version",fields…}]}: all are changed, or none. */
bool api_records_change(struct call *call)
{
    struct batch *batch = scope_new(call->scope, struct batch, 1);
    call->state = batch;
    if (!call_object(call) || !call_body_map(call)) return false;
    const struct json *list = json_get(&call->body, "records");
    if (!list || list->kind != JSON_KIND_LIST) {
        return error_set(call->scope, ERROR_INVALID, "field.required", STR("records"));
    }
    return batch_read(call, list, change_read, batch);
}

static struct write *write_make(struct call *call, enum write_verb verb)
{
    struct write *write = scope_new(call->scope, struct write, 1);
    *write = (struct write){ .verb = verb, .object = call->object, .id = call->id,
                             .version = call_if_match(call) };
    call->state = write;
    return write;
}

static bool target_take(struct call *call)
{
    return call_object(call) && call_capture_id(call, 1, &call->id);
}

bool api_record_change(struct call *call)
{
    if (!target_take(call) || !call_body_map(call)) return false;
    struct write *write = write_make(call, WRITE_UPDATE);
    struct json map = call->body;
    write->reason = reason_take(call, &map);
    return engine_parse(call->scope, &call->context, call->object, &map, false,
                        &write->changes) &&
           people_check(call, call->conn, call->object, call->id, &write->changes);
}

bool api_record_change_write(struct call *call, struct db_conn *conn)
{
    const struct write *write = call->state;
    struct record record;
    if (!one_write(call, conn, write, &record, NULL) ||
        !record_answer(call, conn, call->object, record.id, record.version)) {
        return false;
    }
    call_etag(call, record.version);
    return true;
}

bool api_record_delete(struct call *call)
{
    if (!target_take(call) ||
        !people_check(call, call->conn, call->object, call->id, NULL)) {
        return false;
    }
    write_make(call, WRITE_DELETE);
    return true;
}

bool api_record_delete_write(struct call *call, struct db_conn *conn)
{
    struct record record;
    call->request->response.status = 204;
    return engine_write(call->scope, conn, &call->context, call->state, &record, NULL);
}

bool api_record_restore(struct call *call)
{
    if (!target_take(call) ||
        !people_check(call, call->conn, call->object, call->id, NULL)) {
        return false;
    }
    write_make(call, WRITE_RESTORE);
    return true;
}

bool api_record_restore_write(struct call *call, struct db_conn *conn)
{
    return api_record_change_write(call, conn);
}

/* ---- moving ---- */

bool api_move(struct call *call)
{
    if (!target_take(call) || !call_body_map(call)) return false;
    if (!call->object->has_pipeline) {
        return error_set(call->scope, ERROR_INVALID, "object.no_pipeline", call->object->name);
    }
    struct write *write = write_make(call, WRITE_UPDATE);
    struct json map = { .kind = JSON_KIND_MAP };
    const struct json *fields = json_get(&call->body, "fields");
    if (fields && fields->kind == JSON_KIND_MAP) map = *fields;
    bool has_target = false;
    static const char *const names[] = { "pipeline", "stage" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct json *value = json_get(&call->body, names[i]);
        if (!value || value->kind == JSON_KIND_NULL) continue;
        json_set(call->scope, &map, str_of(names[i]), *value);
        has_target = true;
    }
    if (!has_target) return error_set(call->scope, ERROR_INVALID, "field.required", STR("stage"));
    return call_text(call, "reason", false, &write->reason) &&
           engine_parse(call->scope, &call->context, call->object, &map, false,
                        &write->changes);
}

/* ---- owners ---- */

static bool owner_write(struct call *call, struct cell owner)
{
    if (!call->object->owner) {
        return error_set(call->scope, ERROR_INVALID, "object.no_owner", call->object->name);
    }
    struct write *write = write_make(call, WRITE_UPDATE);
    write->changes = (struct changes){ scope_new(call->scope, struct change, 1), 1 };
    write->changes.items[0] = (struct change){ call->object->owner, owner };
    return true;
}

bool api_record_assign(struct call *call)
{
    struct json map = { .kind = JSON_KIND_MAP };
    struct str owner;
    if (!target_take(call) || !call_body_map(call) || !call_text(call, "owner", true, &owner)) {
        return false;
    }
    struct write *write = write_make(call, WRITE_UPDATE);
    json_set(call->scope, &map, STR("owner"), json_of_text(owner));
    return engine_parse(call->scope, &call->context, call->object, &map, false,
                        &write->changes);
}

bool api_record_release(struct call *call)
{
    return target_take(call) && owner_write(call, cell_null());
}

bool api_record_claim(struct call *call)
{
    return target_take(call) &&
           owner_write(call, cell_id(call->scope, call->context.actor.user));
}

/*
 * Nobody's record becomes one's own. Taking it needs no right to assign, only
 * sight of it and the right to update records of one's own.
 */
bool api_record_claim_write(struct call *call, struct db_conn *conn)
{
    struct record before;
    if (!record_load(call->scope, conn, &call->records, call->object, call->id, ACTION_READ,
                     &before)) {
        return false;
    }
    if (!access_check(call->scope, call->snapshot->access, &call->context.actor, call->object,
                      ACTION_UPDATE)) {
        return false;
    }
    if (before.cells[call->object->owner->index].kind != CELL_NULL) {
        return error_set(call->scope, ERROR_CONFLICT, "record.owned", STR("owner"));
    }
    struct actor own = call->context.actor;
    call->context.actor.role = NULL;
    struct record record;
    bool is_ok = engine_write(call->scope, conn, &call->context, call->state, &record, NULL);
    call->context.actor = own;
    if (!is_ok || !record_answer(call, conn, call->object, record.id, record.version)) {
        return false;
    }
    call_etag(call, record.version);
    return true;
}
