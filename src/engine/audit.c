/*
 * The audit: lines nobody changes, written in the transaction of what they tell. So there is
 * no line of what did not happen, and nothing that must have a line happens without it.
 */
#include "engine/inner.h"

bool audit_put(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
               const struct audit_line *line)
{
    struct cell args[] = {
        cell_int(context->now_ms),
        actor_cell(scope, &context->actor),
        cell_text(str_of(line->kind)),
        line->object ? cell_text(line->object->name) : cell_null(),
        uuid_is_nil(line->record) ? cell_null() : cell_id(scope, line->record),
        line->field ? cell_text(line->field->name) : cell_null(),
        line->detail.size > 0 ? cell_text(line->detail) : cell_null(),
    };
    return db_exec(scope, conn,
                   STR("INSERT INTO audit (at, \"by\", kind, object, record, field, detail) "
                       "VALUES (?, ?, ?, ?, ?, ?, ?)"),
                   args, sizeof(args) / sizeof(args[0]));
}
