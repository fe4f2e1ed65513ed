/* Stage stays: one row per stay, written in the transaction of the move and never touched after. */
#include "record/record.h"

int stage_place(const struct stage *stage, const struct pipeline *pipeline)
{
    if (stage->pipeline == pipeline) return stage->position;
    const struct stage *same = pipeline_stage(pipeline, stage->name);
    return same ? same->position : -1;
}

int stage_move_kind(const struct stage *from, const struct stage *to)
{
    if (!from) return MOVE_START;
    if (to->kind == STAGE_WON) return MOVE_WIN;
    if (to->kind == STAGE_LOST) return MOVE_LOSE;
    if (from->kind != STAGE_OPEN) return MOVE_BACK;
    if (to->position < stage_place(from, to->pipeline)) return MOVE_BACK;
    return stage_move_skips(from, to) ? MOVE_SKIP : MOVE_FORWARD;
}

bool stage_move_skips(const struct stage *from, const struct stage *to)
{
    if (to->kind == STAGE_LOST || from->kind != STAGE_OPEN) return false;
    for (int i = stage_place(from, to->pipeline) + 1; i < to->position; i++) {
        const struct stage *passed = &to->pipeline->stages[i];
        if (passed->kind == STAGE_OPEN && !passed->is_optional) return true;
    }
    return false;
}

static bool stay_end(struct scope *scope, struct db_conn *conn, const struct record *record,
                     struct cell at)
{
    /* Not by object as well: without statistics SQLite would walk all stays of the object. */
    struct cell args[] = { at, cell_id(scope, record->id) };
    return db_exec(scope, conn,
                   STR("UPDATE stage_stay SET left_at = ? WHERE record = ? AND left_at IS NULL"),
                   args, 2);
}

bool stay_move(struct scope *scope, struct db_conn *conn, const struct record_context *context,
               const struct record *record, const struct stage *from, const struct stage *to,
               struct str reason)
{
    const struct object *object = record->object;
    struct cell at = record->cells[object->stage_entered_at->index];
    if (from && !stay_end(scope, conn, record, at)) return false;
    struct cell args[] = {
        cell_id(scope, uuid_make(context->now_ms)),
        cell_int(object->id),
        cell_id(scope, record->id),
        cell_int(to->pipeline->id),
        cell_int(to->id),
        at,
        from ? cell_int(from->id) : cell_null(),
        actor_cell(scope, context->actor),
        object->owner ? record->cells[object->owner->index] : cell_null(),
        cell_int(stage_move_kind(from, to)),
        reason.size > 0 ? cell_text(reason) : cell_null(),
    };
    return db_exec(scope, conn,
                   STR("INSERT INTO stage_stay (id, object, record, pipeline, stage, entered_at, "
                       "entered_from, \"by\", owner, move, reason) "
                       "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
                   args, 11);
}
