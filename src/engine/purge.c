/*
 * What was taken away longer ago than LIFE_KEPT_MS is emptied by a job, a range of rows a step.
 * Each step does its range whole and writes down where it stands, so killed at any moment it
 * goes on there; emptying a range twice changes nothing.
 */
#include "engine/inner.h"
#include "engine/job.h"

bool engine_purge(struct scope *scope, struct db_conn *conn, const struct engine_context *context)
{
    int object, field;
    do {
        if (!schema_lose_next(scope, conn, context->now_ms - LIFE_KEPT_MS, &object, &field)) {
            return false;
        }
        const struct cell args[] = { cell_int(object), field != 0 ? cell_int(field) : cell_null(),
                                     cell_int(context->now_ms) };
        if (object != 0 &&
            !db_exec(scope, conn,
                     STR("INSERT INTO job (kind, state, object, field, body, place, done, total, "
                         "created_at) VALUES ('purge', 'waiting', ?, ?, '{}', 0, 0, 0, ?)"),
                     args, 3)) {
            return false;
        }
    } while (object != 0);
    return true;
}

bool purge_step(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                const struct job *job, bool *is_over)
{
    const struct schema *schema = context->snapshot->schema;
    const struct object *object = schema_object_by_id(schema, job->object);
    int64_t place = job->place;
    bool is_ok = true;
    *is_over = true;
    if (job->field == 0) {
        is_ok = schema_gone_object_empty(scope, conn, job->object, JOB_BATCH, &place, is_over);
    } else if (object) { /* else the object went, too, and takes the field with it */
        is_ok = schema_gone_field_empty(scope, conn, object, job->field, JOB_BATCH, &place,
                                        is_over);
    }
    const struct cell args[] = {
        cell_text(*is_over ? STR("done") : STR("running")), cell_int(place), cell_int(place),
        cell_int(place), *is_over ? cell_int(context->now_ms) : cell_null(), cell_int(job->id),
    };
    return is_ok &&
           db_exec(scope, conn,
                   STR("UPDATE job SET state = ?, place = ?, done = ?, total = ?, finished_at = ? "
                       "WHERE id = ?"),
                   args, 6);
}
