/*
 * Where a record may go from here: every other stage of its pipeline is tried by
 * the engine, inside a write that keeps nothing, so the answer is what the move
 * itself would say.
 */
#include "api/inner.h"

static const char *move_name(const struct stage *from, const struct stage *to)
{
    static const char *const names[] = { "", "start", "forward", "skip", "back", "win", "lose" };
    int kind = stage_move_kind(from, to);
    return kind >= MOVE_START && kind <= MOVE_LOSE ? names[kind] : "";
}

bool api_moves(struct call *call)
{
    struct record *record = scope_new(call->scope, struct record, 1);
    call->state = record;
    if (!call_object(call) || !call_capture_id(call, 1, &call->id)) return false;
    if (!call->object->has_pipeline) {
        return error_set(call->scope, ERROR_INVALID, "object.no_pipeline", call->object->name);
    }
    return record_load(call->scope, call->conn, &call->records, call->object, call->id,
                       ACTION_READ, record);
}

/* Gates are asked with a reason given: whether one is needed is told apart from them. */
static bool put_move(struct call *call, struct db_conn *conn, const struct stage *from,
                     const struct stage *to)
{
    struct json_writer *out = &call->out;
    struct change change = { call->object->stage, cell_text(to->name) };
    struct write write = { .verb = WRITE_UPDATE, .object = call->object, .id = call->id,
                           .changes = { &change, 1 }, .reason = STR("?") };
    bool is_allowed = false;
    struct error reasons;
    if (!engine_try(call->scope, conn, &call->context, &write, &is_allowed, &reasons)) {
        return false;
    }
    bool is_reason_required =
        from && (stage_move_skips(from, to) || stage_move_kind(from, to) == MOVE_BACK);
    json_map_begin(out);
    json_member_str(out, "stage", to->name);
    json_member_str(out, "move", str_of(move_name(from, to)));
    json_member_bool(out, "allowed", is_allowed);
    json_member_bool(out, "reason_required", is_reason_required);
    errors_put(call, &reasons);
    json_map_end(out);
    return true;
}

bool api_moves_write(struct call *call, struct db_conn *conn)
{
    struct record *record = call->state;
    const struct schema *schema = call->snapshot->schema;
    const struct stage *from =
        schema_stage_by_id(schema, record->cells[call->object->stage->index].integer);
    const struct pipeline *pipeline =
        schema_pipeline_by_id(schema, record->cells[call->object->pipeline->index].integer);
    list_begin(call);
    for (int i = 0; pipeline && i < pipeline->stage_count; i++) {
        if (&pipeline->stages[i] == from) continue;
        if (!put_move(call, conn, from, &pipeline->stages[i])) return false;
    }
    list_end(call);
    return true;
}
