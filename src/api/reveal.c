/*
 * A masked value shown to one person, once, for a reason: the value and the line in the
 * audit are one transaction, so nobody sees what nobody can be asked about.
 */
#include "api/inner.h"

enum { REASON_SIZE_MAX = 500 };

struct reveal {
    const struct field *field;
    struct str reason;
};

static bool reveal_check(struct call *call, struct reveal *reveal)
{
    const struct access *access = call->snapshot->access;
    const struct actor *actor = &call->context.actor;
    bool needs_reason = false;
    enum field_mode mode = access_field_mode(access, actor, call->object, reveal->field);
    if (mode == FIELD_HIDDEN || reveal->field->is_hidden) {
        return error_set(call->scope, ERROR_INVALID, "field.unknown", reveal->field->name);
    }
    if (mode != FIELD_MASKED) return true;
    if (!access_can_reveal(access, actor, reveal->field, &needs_reason)) {
        return error_set(call->scope, ERROR_DENIED, "access.reveal", reveal->field->name);
    }
    if (needs_reason && reveal->reason.size == 0) {
        return error_set(call->scope, ERROR_INVALID, "field.required", STR("reason"));
    }
    return true;
}

bool api_reveal(struct call *call)
{
    struct reveal *reveal = scope_new(call->scope, struct reveal, 1);
    struct str name;
    call->state = reveal;
    if (!call_object(call) || !call_capture_id(call, 1, &call->id) || !call_body_map(call) ||
        !call_text(call, "field", true, &name) ||
        !call_text(call, "reason", false, &reveal->reason)) {
        return false;
    }
    struct record record;
    if (!record_load(call->scope, call->conn, &call->records, call->object, call->id, ACTION_READ,
                     &record)) {
        return false;
    }
    reveal->reason = str_trim(reveal->reason);
    if (reveal->reason.size > REASON_SIZE_MAX) {
        error_set(call->scope, ERROR_INVALID, "field.too_large", STR("reason"));
        return error_arg(call->scope, "max", scope_format(call->scope, "%d", REASON_SIZE_MAX));
    }
    reveal->field = object_field(call->object, name);
    if (!reveal->field) return error_set(call->scope, ERROR_INVALID, "field.unknown", name);
    return reveal_check(call, reveal);
}

static bool value_load(struct call *call, struct db_conn *conn, const struct field *field,
                       struct row *out)
{
    const struct access *access = call->snapshot->access;
    const struct actor *actor = &call->context.actor;
    struct access_reader reader;
    access_reader_begin(&reader, access, actor, call->context.now_ms);
    struct formula_context formulas =
        access_formula_context(access, actor, &reader, STR("t"), call->context.now_ms);
    struct field_path path = { .fields = { field }, .count = 1 };
    struct sql sql;
    sql_begin(&sql, call->scope);
    sql_put(&sql, STR("SELECT "));
    field_path_put(&sql, &formulas, &path);
    sql_put(&sql, STR(" FROM "));
    sql_name(&sql, call->object->table);
    sql_put(&sql, STR(" AS t WHERE t.id = "));
    sql_id(&sql, call->id);
    if (!call->object->is_builtin) sql_put(&sql, STR(" AND t.deleted_at IS NULL"));
    sql_put(&sql, STR(" AND "));
    access_put(&sql, access, actor, call->context.now_ms, call->object, ACTION_READ, STR("t"));
    if (!sql_one(call->scope, conn, &sql, out)) return false;
    return out->count > 0 || error_set(call->scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
}

static struct str detail_of(struct call *call, const struct reveal *reveal)
{
    struct buf text;
    struct json_writer writer;
    buf_begin(&text, call->scope, 4 * REASON_SIZE_MAX + 64);
    json_begin(&writer, &text);
    json_map_begin(&writer);
    if (reveal->reason.size > 0) json_member_str(&writer, "reason", reveal->reason);
    json_map_end(&writer);
    return buf_str(&text);
}

bool api_reveal_write(struct call *call, struct db_conn *conn)
{
    const struct reveal *reveal = call->state;
    struct audit_line line = { .kind = "reveal", .object = call->object, .record = call->id,
                               .field = reveal->field, .detail = detail_of(call, reveal) };
    struct value_context values = { call->snapshot->schema, call->context.actor.language,
                                    call->context.now_ms };
    struct row row;
    bool is_masked = access_field_mode(call->snapshot->access, &call->context.actor, call->object,
                                       reveal->field) == FIELD_MASKED;
    if (!value_load(call, conn, reveal->field, &row) ||
        (is_masked && !audit_put(call->scope, conn, &call->context, &line))) {
        return false;
    }
    json_map_begin(&call->out);
    json_key(&call->out, STR("value"));
    field_write(&call->out, &values, reveal->field, &row.cells[0]);
    json_map_end(&call->out);
    return true;
}
