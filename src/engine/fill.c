/*
 * The columns of stored formulas are filled by jobs, while everybody works. From the write that
 * changes the definition until the job is done, the field is in every snapshot as one that is not
 * stored (schema/fill.c), so nobody ever reads a stale value. With its first step the job gives
 * the fields their shadows: from there on every write keeps the columns of its own rows right, as
 * it does those of any stored formula, and the job goes through all rows once, in the order of
 * their numbers. Its last step makes the fields stored; all of that is snapshots, swapped whole.
 *
 * What stands on another field that is due has a later job: its shadow could not be kept right
 * before that one is read from its column.
 */
#include <stdatomic.h>

#include "engine/follow.h"
#include "engine/job.h"

/* ---- which are left to jobs ---- */

/* Rules read the moment they count from in its column. */
static bool is_counted_from(const struct following *f, const struct field *field)
{
    const struct rules *rules = f->after->rules;
    for (int i = 0; i < rules->watch_count; i++) {
        if (rules->watches[i]->since == field) return true;
    }
    return false;
}

static bool may_leave(const struct following *f, const struct field *field)
{
    return field_may_wait(field) && !field->formula->is_of_its_time && !is_counted_from(f, field);
}

/* Those of objects with many records. */
static bool large_find(struct scope *scope, struct db_conn *conn, const struct following *f,
                       struct field_set *online, bool *is_any)
{
    const struct schema *schema = f->after->schema;
    for (int o = 0; o < schema->object_count; o++) {
        const struct object *object = &schema->objects[o];
        int64_t total;
        if (set_is_empty(f, &f->due, o)) continue;
        if (!schema_last_row(scope, conn, object->table, &total)) return false;
        for (int i = 0; total > JOB_AT_ONCE_COUNT_MAX && i < object->field_count; i++) {
            if (!f->due.has[o][i] || !may_leave(f, &object->fields[i])) continue;
            online->has[o][i] = *is_any = true;
        }
    }
    return true;
}

/* And those that stand on them, which would be computed from far away. */
static bool may_follow(const struct following *f, const struct field *field)
{
    return set_of(f, &f->due, field->object)[field->index] && may_leave(f, field);
}

void fills_leave(struct following *f, const struct field_set *online)
{
    const struct schema *schema = f->after->schema;
    for (int o = 0; o < schema->object_count; o++) {
        for (int i = 0; i < schema->objects[o].field_count; i++) {
            f->due.has[o][i] = f->due.has[o][i] && !online->has[o][i];
        }
    }
}

/* ---- the jobs ---- */

/* One for the fields of an object whose turn is the same. */
static bool object_begin(struct scope *scope, struct db_conn *conn,
                         const struct engine_context *context, const struct object *object,
                         const bool *ready)
{
    struct job job = { .kind = STR("fill"), .object = object->id,
                       .body = { .kind = JSON_KIND_MAP } };
    struct json names = { .kind = JSON_KIND_LIST,
                          .items = scope_new(scope, struct json, object->field_count) };
    int64_t id;
    for (int i = 0; i < object->field_count; i++) {
        if (!ready[i]) continue;
        job.field = names.count == 0 ? object->fields[i].id : 0;
        names.items[names.count++] =
            (struct json){ .kind = JSON_KIND_STR, .text = object->fields[i].name };
    }
    json_set(scope, &job.body, STR("fields"), names);
    if (!schema_last_row(scope, conn, object->table, &job.total) ||
        !job_begin(scope, conn, context, &job, &id)) {
        return false;
    }
    for (int i = 0; i < object->field_count; i++) {
        if (ready[i] && !schema_fill_begin(scope, conn, &object->fields[i], id)) return false;
    }
    return true;
}

/* Those that stand on none that still waits; they do not wait any more. */
static bool *ready_take(struct scope *scope, const struct following *f,
                        const struct field_set *waiting, const struct object *object, bool *is_any)
{
    bool *ready = scope_new(scope, bool, object->field_count);
    const bool *is_waiting = set_of(f, waiting, object);
    for (int i = 0; i < object->field_count; i++) {
        ready[i] = is_waiting[i] && !stands_on(f, object->fields[i].formula, waiting);
        *is_any = *is_any || ready[i];
    }
    return ready;
}

static bool jobs_begin(struct scope *scope, struct db_conn *conn,
                       const struct engine_context *context, const struct following *f,
                       const struct field_set *online)
{
    const struct schema *schema = f->after->schema;
    struct field_set waiting = set_begin(scope, f->after->schema);
    for (int o = 0; o < schema->object_count; o++) {
        memcpy(waiting.has[o], online->has[o], (size_t)schema->objects[o].field_count);
    }
    for (bool is_more = true; is_more;) { /* ends: formula_build has refused cycles */
        bool **ready = scope_new(scope, bool *, schema->object_count);
        is_more = false;
        for (int o = 0; o < schema->object_count; o++) {
            ready[o] = ready_take(scope, f, &waiting, &schema->objects[o], &is_more);
        }
        for (int o = 0; o < schema->object_count; o++) {
            bool is_any = false;
            for (int i = 0; i < schema->objects[o].field_count; i++) {
                is_any = is_any || ready[o][i];
                waiting.has[o][i] = waiting.has[o][i] && !ready[o][i];
            }
            if (is_any && !object_begin(scope, conn, context, &schema->objects[o], ready[o])) {
                return false;
            }
        }
    }
    return true;
}

bool fills_begin(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                 const struct following *f, struct field_set *online, bool *is_any)
{
    *online = set_begin(scope, f->after->schema);
    *is_any = false;
    if (!large_find(scope, conn, f, online, is_any)) return false;
    if (!*is_any) return true;
    set_spread(f, online, may_follow);
    return jobs_begin(scope, conn, context, f, online);
}

/* ---- a step ---- */

struct filling {
    struct scope *scope;
    struct db_conn *conn;
    const struct engine_context *context;
    const struct job *job;
    const struct object *object; /* NULL: it is gone */
    bool *is_due;                /* the shadows of the job's fields */
    int field_count, shadow_count;
};

static void filling_begin(struct filling *f)
{
    f->object = schema_object_by_id(f->context->snapshot->schema, f->job->object);
    if (!f->object) return;
    f->is_due = scope_new(f->scope, bool, f->object->field_count);
    for (int i = 0; i < f->object->field_count; i++) {
        const struct field *field = &f->object->fields[i];
        if (field->is_shadow) {
            const struct field *own = object_field_by_id(f->object, field->id);
            f->is_due[i] = own->fill_job == f->job->id;
            f->shadow_count += f->is_due[i];
        } else if (field->fill_job == f->job->id) {
            f->field_count += 1;
        }
    }
}

/* What it stands on is read from its column only when the job of that one is done. */
static const struct field *waits_for(const struct filling *f)
{
    for (int i = 0; i < f->object->field_count; i++) {
        const struct field *field = &f->object->fields[i];
        if (field->is_shadow || field->fill_job != f->job->id) continue;
        for (int u = 0; u < field->formula->use_count; u++) {
            const struct field *used = field->formula->uses[u].field;
            if (used && used->fill_job != 0) return used;
        }
    }
    return NULL;
}

static bool wait_for(struct filling *f, const struct field *other)
{
    enum { LATER_MS = 1000 };
    struct job first;
    if (!job_load(f->scope, f->conn, other->fill_job, &first)) return false;
    bool is_open = str_is(first.state, "waiting") || str_is(first.state, "running");
    if (is_open) {
        return job_mark(f->scope, f->conn, f->context, f->job, f->job->place, "waiting",
                        cell_int(f->context->now_ms + LATER_MS));
    }
    error_set(f->scope, ERROR_CONFLICT, "job.waits", STR(""));
    return error_arg(f->scope, "field", other->name);
}

/*
 * Other servers on the database hear of a new snapshot at once, and look once a second should
 * they not: no value is put in while one of them may still read the column as it was.
 */
static struct cell others_know_at(const struct filling *f)
{
    enum { OTHERS_LOOK_MS = 2000 };
    struct engine *engine = f->context->engine;
    bool is_alone = !db_is_shared(engine_db(engine)) ||
                    atomic_load(&engine_clock(engine)->fixed_ms) != 0;
    return is_alone ? cell_null() : cell_int(f->context->now_ms + OTHERS_LOOK_MS);
}

struct range {
    int64_t after, until; /* numbers of rows */
};

static void range_put(struct sql *sql, const void *context)
{
    const struct range *range = context;
    sql_put(sql, STR(" WHERE t.search_id > "));
    sql_int(sql, range->after);
    sql_put(sql, STR(" AND t.search_id <= "));
    sql_int(sql, range->until);
}

static bool end(struct filling *f, bool *is_over)
{
    *is_over = true;
    return schema_fill_end(f->scope, f->conn, f->job->id) &&
           configuration_renew(f->scope, f->conn, f->context->engine) &&
           job_mark(f->scope, f->conn, f->context, f->job, f->job->place, "done", cell_null());
}

bool fill_step(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
               const struct job *job, bool *is_over)
{
    struct filling f = { .scope = scope, .conn = conn, .context = context, .job = job };
    struct range range = { job->place, job->place };
    struct sql sql;
    *is_over = false;
    filling_begin(&f);
    if (f.field_count == 0) return end(&f, is_over); /* other jobs have them, or nobody */
    if (f.shadow_count < f.field_count) {
        const struct field *other = waits_for(&f);
        if (other) return wait_for(&f, other);
        return schema_fill_turn(scope, conn, job->id) &&
               configuration_renew(scope, conn, context->engine) &&
               job_mark(scope, conn, context, job, 0, "running", others_know_at(&f));
    }
    if (!job_range(scope, conn, f.object, range.after, JOB_BATCH, &range.until)) return false;
    if (range.until == range.after) return end(&f, is_over);
    sql_begin(&sql, scope);
    history_put_compute(&sql, context, f.object, f.is_due, range_put, &range);
    return sql_exec(scope, conn, &sql) &&
           job_mark(scope, conn, context, job, range.until, "running", cell_null());
}
