/*
 * Indexes of large tables are made by a job, one after the other. What there is to be done is
 * asked of the database each time, so a job that is killed or comes twice does nothing twice, and
 * nobody reads anything wrong without an index.
 */
#include "engine/follow.h"
#include "engine/job.h"

static bool is_open(struct scope *scope, struct db_conn *conn, const struct object *object,
                    bool *out)
{
    struct cell arg = cell_int(object->id);
    struct row row;
    if (!db_one(scope, conn,
                STR("SELECT 1 FROM job WHERE kind = 'index' AND object = ? AND state IN "
                    "('waiting', 'running') LIMIT 1"),
                &arg, 1, &row)) {
        return false;
    }
    *out = row.count > 0;
    return true;
}

bool indexes_begin(struct scope *scope, struct db_conn *conn,
                   const struct engine_context *context, const struct schema *schema,
                   const struct schema_part *parts, int part_count)
{
    for (int i = 0; i < part_count; i++) {
        const struct object *object =
            str_is(parts[i].kind, "object") ? schema_object(schema, parts[i].name) : NULL;
        struct job job = { .kind = STR("index"), .body = { .kind = JSON_KIND_MAP } };
        struct str name, on;
        int64_t id;
        int count;
        bool is_begun;
        if (!object) continue;
        if (!schema_index_next(scope, conn, object->id, &name, &on, &count) ||
            !is_open(scope, conn, object, &is_begun)) {
            return false;
        }
        job.object = object->id;
        job.total = count;
        if (count > 0 && !is_begun && !job_begin(scope, conn, context, &job, &id)) return false;
    }
    return true;
}

/* ---- a step: one index, beside the writes ---- */

struct making {
    struct engine *engine;
    const struct job *job;
    int left;
};

static bool mark_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct making *making = context;
    const struct job *job = making->job;
    int64_t total = job->total > making->left ? job->total : making->left;
    const struct cell args[] = {
        cell_text(making->left == 0 ? STR("done") : STR("running")),
        cell_int(total - making->left),
        cell_int(total),
        making->left == 0 ? cell_int(engine_now_ms(making->engine)) : cell_null(),
        cell_int(job->id),
    };
    event_tell(making->engine, conn, (struct event){ .kind = EVENT_JOB });
    return db_exec(scope, conn,
                   STR("UPDATE job SET state = ?, done = ?, total = ?, finished_at = ?, "
                       "attempts = 0, retry_at = NULL, error = NULL WHERE id = ? AND state IN "
                       "('waiting', 'running')"),
                   args, 5);
}

bool index_step(struct scope *scope, struct engine *engine, const struct job *job)
{
    struct making making = { .engine = engine, .job = job };
    struct db_conn *conn;
    struct str name, on;
    if (!db_read_begin(scope, engine_db(engine), &conn)) return false;
    bool ok = schema_index_next(scope, conn, job->object, &name, &on, &making.left);
    db_read_end(conn);
    if (!ok) return false;
    if (making.left > 0) {
        if (!db_index_make(scope, engine_db(engine), name, on)) return false;
        making.left -= 1;
    }
    return db_write_wait(scope, engine_db(engine), mark_run, &making);
}
