/*
 * Another type for a field. The steps go through the table by search_id, which grows, so
 * records made meanwhile lie ahead; what is changed meanwhile has a row in change, so those
 * behind are done again from there, the last of them in the write that makes the switch.
 * Before it nobody sees anything of it; after it the former field is one that was removed.
 */
#include "engine/inner.h"
#include "engine/job.h"
#include "engine/life.h"

enum { CATCH_UP_COUNT_MAX = 500, CHANGE_MARGIN = 1000, EXAMINED_COUNT_MAX = 20000 };

const struct field *retype_source(const struct field *field)
{
    bool is_link = field_kind(field) == VALUE_ID && field->to && field->to->title;
    if (!is_link || field->to->title->column.size == 0) return field;
    return field->to->title;
}

void retype_select(struct sql *sql, const struct object *object, const struct field *field)
{
    const struct field *source = retype_source(field);
    sql_put(sql, STR("SELECT t.search_id, "));
    if (source == field) {
        sql_put(sql, STR("t."));
        sql_name(sql, field->column);
    } else {
        sql_put(sql, STR("(SELECT o."));
        sql_name(sql, source->column);
        sql_put(sql, STR(" FROM "));
        sql_name(sql, field->to->table);
        sql_put(sql, STR(" AS o WHERE o.id = t."));
        sql_name(sql, field->column);
        sql_put(sql, STR(")"));
    }
    sql_put(sql, STR(" FROM "));
    sql_name(sql, object->table);
    sql_put(sql, STR(" AS t"));
}

/* ---- definitions ---- */

static const struct json *stored_field(const struct object *object, const struct field *field)
{
    const struct json *fields = json_get(object->body, "fields");
    for (int i = 0; fields && i < fields->count; i++) {
        if (json_int(&fields->items[i], "id", 0) == field->id) return &fields->items[i];
    }
    return NULL;
}

static void member_put(struct json *map, struct str name, struct json value)
{
    for (int i = 0; i < map->count; i++) {
        if (!str_equal(map->names[i], name)) continue;
        map->items[i] = value;
        return;
    }
    map->names[map->count] = name;
    map->items[map->count++] = value;
}

/* What belongs to the former type stays behind with it. */
static bool is_of_type(struct str name)
{
    static const char *const names[] = { "id", "type", "choices", "scale", "to", "to_id", "min",
                                         "max", "size_max", "pattern", "open", "validate",
                                         "default", "owned", "accept", "lossy", "online" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_is(name, names[i])) return true;
    }
    return false;
}

struct json retype_definition(struct scope *scope, const struct object *object,
                              const struct field *field, const struct json *changes)
{
    const struct json *stored = stored_field(object, field);
    int room = (stored ? stored->count : 0) + changes->count + 1;
    struct json out = { .kind = JSON_KIND_MAP, .names = scope_new(scope, struct str, room),
                        .items = scope_new(scope, struct json, room) };
    for (int i = 0; stored && i < stored->count; i++) {
        if (is_of_type(stored->names[i])) continue;
        member_put(&out, stored->names[i], stored->items[i]);
    }
    for (int i = 0; i < changes->count; i++) {
        bool is_ours = str_is(changes->names[i], "id") || str_is(changes->names[i], "lossy") ||
                       str_is(changes->names[i], "online");
        if (is_ours || changes->items[i].kind == JSON_KIND_NULL) continue;
        member_put(&out, changes->names[i], changes->items[i]);
    }
    return out;
}

/* ---- beginning ---- */

static bool last_change(struct scope *scope, struct db_conn *conn, int64_t *out)
{
    struct row row;
    if (!db_one(scope, conn, STR("SELECT max(id) FROM change"), NULL, 0, &row)) return false;
    *out = row.cells[0].kind == CELL_INT ? row.cells[0].integer : 0;
    return true;
}

static bool is_busy(struct scope *scope, struct db_conn *conn, const struct field *field,
                    bool *out)
{
    const struct cell args[] = { cell_int(field->object->id), cell_int(field->id) };
    struct row row;
    if (!db_one(scope, conn,
                STR("SELECT 1 FROM job WHERE object = ? AND field = ? AND state IN ('waiting', "
                    "'running') LIMIT 1"),
                args, 2, &row)) {
        return false;
    }
    *out = row.count > 0;
    return true;
}

static struct json job_body(struct scope *scope, const struct field *target,
                            const struct json *changes, bool is_lossy, int64_t change)
{
    struct json body = { .kind = JSON_KIND_MAP };
    json_set(scope, &body, STR("target"),
             (struct json){ .kind = JSON_KIND_INT, .integer = target->id });
    json_set(scope, &body, STR("change"),
             (struct json){ .kind = JSON_KIND_INT, .integer = change });
    json_set(scope, &body, STR("lossy"),
             (struct json){ .kind = JSON_KIND_BOOL, .boolean = is_lossy });
    json_set(scope, &body, STR("changes"), *changes);
    return body;
}

static bool refuse(struct scope *scope, const struct field *field)
{
    return error_add(scope, ERROR_INVALID, "schema.type_change",
                     scope_format(scope, "fields.%.*s.type", STR_ARG(field->name)));
}

/* *job_id becomes 0. */
static bool run_at_once(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context, int64_t *job_id)
{
    struct job job;
    for (bool is_over = false; !is_over;) {
        if (!job_load(scope, conn, *job_id, &job) ||
            !retype_step(scope, conn, context, &job, &is_over)) {
            return false;
        }
    }
    *job_id = 0;
    return true;
}

bool engine_retype(struct scope *scope, struct db_conn *conn,
                   const struct engine_context *context, const struct object *object,
                   const struct field *field, const struct json *changes, bool is_lossy,
                   int64_t *job_id)
{
    struct json definition = retype_definition(scope, object, field, changes);
    struct field target;
    struct job job = { .kind = STR("type"), .object = object->id, .field = field->id };
    int64_t change;
    bool is_taken = false;
    *job_id = 0;
    if (!actor_has_right(&context->actor, RIGHT_CONFIGURE)) {
        return error_set(scope, ERROR_DENIED, "access.denied", STR(""));
    }
    if (!schema_field_read(scope, object, &definition, &target)) return false;
    bool is_plain = field->id > 0 && field->column.size > 0 && object->has_history;
    if (!is_plain || !field_may_convert(retype_source(field), &target)) {
        return refuse(scope, field);
    }
    if (!is_busy(scope, conn, field, &is_taken)) return false;
    if (is_taken) return error_set(scope, ERROR_CONFLICT, "job.busy", STR("type"));
    if (!schema_field_begin(scope, conn, object, &definition, context->now_ms, &target) ||
        !schema_last_row(scope, conn, object->table, &job.total) ||
        !last_change(scope, conn, &change)) {
        return false;
    }
    job.body = job_body(scope, &target, changes, is_lossy, change);
    if (!job_begin(scope, conn, context, &job, job_id)) return false;
    bool is_online = job.total > JOB_AT_ONCE_COUNT_MAX || json_bool(changes, "online", false);
    return is_online || run_at_once(scope, conn, context, job_id);
}

/* ---- a step ---- */

struct retype {
    struct scope *scope;
    struct db_conn *conn;
    const struct engine_context *context;
    const struct object *object;
    const struct field *field;
    struct field target;
    struct json definition; /* of the target, with its id */
    bool is_lossy;
    int64_t entry; /* of the history, which is taken back; 0: a change of type */
};

static bool retype_begin(struct retype *r, const struct job *job)
{
    const struct schema *schema = r->context->snapshot->schema;
    const struct json *changes = json_get(&job->body, "changes");
    r->object = schema_object_by_id(schema, job->object);
    r->field = r->object ? object_field_by_id(r->object, job->field) : NULL;
    r->is_lossy = json_bool(&job->body, "lossy", false);
    if (!r->field || !changes) {
        return error_set(r->scope, ERROR_CONFLICT, "job.field_gone", STR("type"));
    }
    int64_t id = json_int(&job->body, "target", 0);
    r->entry = json_int(&job->body, "entry", 0);
    r->definition = r->entry != 0
                        ? *changes
                        : retype_definition(r->scope, r->object, r->field, changes);
    member_put(&r->definition, STR("id"), (struct json){ .kind = JSON_KIND_INT, .integer = id });
    if (!schema_field_read(r->scope, r->object, &r->definition, &r->target)) return false;
    r->target.column = scope_format(r->scope, "_gone_%lld", (long long)id);
    return true;
}

static struct str text_of(const struct retype *r, const struct cell *in)
{
    struct value_context values = { .schema = r->context->snapshot->schema,
                                    .language = LANGUAGE_ZH, .now_ms = r->context->now_ms };
    return field_text(r->scope, &values, retype_source(r->field), in);
}

/* False: it has no counterpart. */
static bool convert(const struct retype *r, const struct cell *in, struct cell *out)
{
    struct value_context values = { .schema = r->context->snapshot->schema,
                                    .language = LANGUAGE_ZH, .now_ms = r->context->now_ms };
    const struct field *source = retype_source(r->field);
    *out = cell_null();
    return in->kind == CELL_NULL ||
           (field_may_convert(source, &r->target) &&
            value_convert(r->scope, &values, source, in, &r->target, out));
}

static bool row_put(struct retype *r, int64_t search_id, const struct cell *in)
{
    struct cell value;
    struct sql sql;
    bool is_kept = convert(r, in, &value);
    if (!is_kept && !r->is_lossy) {
        error_add(r->scope, ERROR_INVALID, "job.lossy", STR("type"));
        return error_arg(r->scope, "value", text_of(r, in));
    }
    if (!is_kept && r->entry != 0) return true; /* what it was before stands there */
    sql_begin(&sql, r->scope);
    sql_put(&sql, STR("UPDATE "));
    sql_name(&sql, r->object->table);
    sql_put(&sql, STR(" SET "));
    sql_name(&sql, r->target.column);
    sql_put(&sql, STR(" = "));
    sql_value(&sql, value);
    sql_put(&sql, STR(" WHERE search_id = "));
    sql_int(&sql, search_id);
    return sql_exec(r->scope, r->conn, &sql);
}

static bool rows_put(struct retype *r, const struct sql *sql, int *count)
{
    struct rows rows;
    if (!sql_all(r->scope, r->conn, sql, 1000000, &rows)) return false;
    *count = rows.count;
    for (int i = 0; i < rows.count; i++) {
        const struct cell *cells = rows.items[i].cells;
        if (!row_put(r, cells[0].integer, &cells[1])) return false;
    }
    return true;
}

/*
 * Rows of a range of numbers. On the way back the former field still has the values it had: only
 * what was written since is converted.
 */
static void put_range(struct sql *sql, const struct retype *r, int64_t after, int64_t until)
{
    retype_select(sql, r->object, r->field);
    sql_put(sql, STR(" WHERE t.search_id > "));
    sql_int(sql, after);
    sql_put(sql, STR(" AND t.search_id <= "));
    sql_int(sql, until);
    if (r->entry == 0) return;
    sql_put(sql, STR(" AND ((t."));
    sql_name(sql, r->target.column);
    sql_put(sql, STR(" IS NULL AND t."));
    sql_name(sql, r->field->column);
    sql_put(sql, STR(" IS NOT NULL) OR EXISTS (SELECT 1 FROM change AS c WHERE c.object = "));
    sql_int(sql, r->object->id);
    sql_put(sql, STR(" AND c.record = t.id AND c.field = "));
    sql_int(sql, r->field->id);
    sql_put(sql, STR("))"));
}

/* Those whose value was written since a row of change; limit 0: all of them. */
static bool changed_put(struct retype *r, int64_t since, int64_t until, int *count)
{
    struct sql sql;
    sql_begin(&sql, r->scope);
    retype_select(&sql, r->object, r->field);
    sql_put(&sql, STR(" WHERE t.id IN (SELECT c.record FROM change AS c WHERE c.id > "));
    sql_int(&sql, since > CHANGE_MARGIN ? since - CHANGE_MARGIN : 0);
    sql_put(&sql, STR(" AND c.id <= "));
    sql_int(&sql, until);
    sql_put(&sql, STR(" AND c.object = "));
    sql_int(&sql, r->object->id);
    sql_put(&sql, STR(" AND c.field = "));
    sql_int(&sql, r->field->id);
    sql_put(&sql, STR(")"));
    return rows_put(r, &sql, count);
}

/* The new field where the old one stood. */
static bool switch_over(struct retype *r, const struct job *job)
{
    struct engine_context context = *r->context;
    if (job->by.kind == CELL_BLOB) context.actor.user = cell_uuid(&job->by);
    if (r->entry != 0) return undo_apply(r->scope, r->conn, &context, r->entry);
    struct json body = *r->object->body;
    const struct json *fields = json_get(&body, "fields");
    struct json list = { .kind = JSON_KIND_LIST, .count = fields->count,
                         .items = scope_new(r->scope, struct json, fields->count) };
    for (int i = 0; i < fields->count; i++) {
        bool is_it = json_int(&fields->items[i], "id", 0) == r->field->id;
        list.items[i] = is_it ? r->definition : fields->items[i];
    }
    struct str *names = scope_new(r->scope, struct str, body.count);
    struct json *items = scope_new(r->scope, struct json, body.count);
    for (int i = 0; i < body.count; i++) {
        names[i] = body.names[i];
        items[i] = str_is(names[i], "fields") ? list : body.items[i];
    }
    body.names = names;
    body.items = items;
    struct schema_part part = { .kind = STR("object"), .name = r->object->name, .body = body };
    return engine_configure(r->scope, r->conn, &context, &part, 1);
}

static bool mark(struct retype *r, const struct job *job, int64_t place, int64_t change,
                 const char *state)
{
    for (int i = 0; i < job->body.count; i++) {
        if (str_is(job->body.names[i], "change")) job->body.items[i].integer = change;
    }
    return job_mark(r->scope, r->conn, r->context, job, place, state, cell_null());
}

bool retype_step(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                 const struct job *job, bool *is_over)
{
    struct retype r = { .scope = scope, .conn = conn, .context = context };
    int64_t place, until, since = json_int(&job->body, "change", 0);
    struct sql sql;
    int count;
    *is_over = false;
    if (!retype_begin(&r, job) ||
        !job_range(scope, conn, r.object, job->place, JOB_BATCH, &place)) {
        return false;
    }
    if (place > job->place) {
        sql_begin(&sql, scope);
        put_range(&sql, &r, job->place, place);
        return rows_put(&r, &sql, &count) && mark(&r, job, place, since, "running");
    }
    if (!last_change(scope, conn, &until) || !changed_put(&r, since, until, &count)) return false;
    if (count > CATCH_UP_COUNT_MAX) return mark(&r, job, place, until, "running");
    *is_over = true;
    return switch_over(&r, job) && mark(&r, job, place, until, "done");
}

/* ---- the way back ---- */

/* Of the first records: values written since that the former type has no room for. */
static bool back_check(struct retype *r)
{
    struct sql sql;
    struct rows rows;
    int64_t until;
    int lost_count = 0, sample = 0;
    if (!job_range(r->scope, r->conn, r->object, 0, EXAMINED_COUNT_MAX, &until)) return false;
    sql_begin(&sql, r->scope);
    put_range(&sql, r, 0, until);
    if (!sql_all(r->scope, r->conn, &sql, EXAMINED_COUNT_MAX, &rows)) return false;
    for (int i = 0; i < rows.count; i++) {
        struct cell value;
        if (convert(r, &rows.items[i].cells[1], &value)) continue;
        if (lost_count++ == 0) sample = i;
    }
    if (lost_count == 0) return true;
    error_set(r->scope, ERROR_CONFLICT, "config.undo_lossy", STR("lossy"));
    error_arg(r->scope, "count", scope_format(r->scope, "%d", lost_count));
    return error_arg(r->scope, "value", text_of(r, &rows.items[sample].cells[1]));
}

bool engine_retype_back(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context, const struct field *field,
                        const struct json *was, int64_t entry, bool is_lossy, int64_t *job_id)
{
    struct retype r = { .scope = scope, .conn = conn, .context = context };
    struct job job = { .kind = STR("type"), .object = field->object->id, .field = field->id };
    struct field target = { .id = (int)json_int(was, "id", 0) };
    int64_t change;
    bool is_taken = false;
    if (!is_busy(scope, conn, field, &is_taken)) return false;
    if (is_taken) return error_set(scope, ERROR_CONFLICT, "job.busy", STR("type"));
    if (!schema_last_row(scope, conn, field->object->table, &job.total) ||
        !last_change(scope, conn, &change)) {
        return false;
    }
    job.body = job_body(scope, &target, was, is_lossy, change);
    json_set(scope, &job.body, STR("entry"),
             (struct json){ .kind = JSON_KIND_INT, .integer = entry });
    return retype_begin(&r, &job) && (is_lossy || back_check(&r)) &&
           job_begin(scope, conn, context, &job, job_id) &&
           (job.total > JOB_AT_ONCE_COUNT_MAX || run_at_once(scope, conn, context, job_id));
}
