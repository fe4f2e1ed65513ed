/*
 * What was taken away longer ago than LIFE_KEPT_MS is emptied by a job, a range of rows a step.
 * Each step does its range whole and writes down where it stands, so killed at any moment it
 * goes on there; emptying a range twice changes nothing.
 */
#include "engine/inner.h"
#include "engine/job.h"

bool engine_purge(struct scope *scope, struct db_conn *conn, const struct engine_context *context)
{
    struct job job = { .kind = STR("purge"), .body = { .kind = JSON_KIND_MAP } };
    int64_t id;
    do {
        if (!schema_lose_next(scope, conn, context->now_ms - LIFE_KEPT_MS, &job.object,
                              &job.field) ||
            (job.object != 0 && !job_begin(scope, conn, context, &job, &id))) {
            return false;
        }
    } while (job.object != 0);
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
    return is_ok && job_mark(scope, conn, context, job, place, *is_over ? "done" : "running",
                             cell_null());
}
