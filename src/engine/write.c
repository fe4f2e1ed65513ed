/*
 * engine_write(): the parent holds the control flow; each step does one straight
 * thing. Steps: load and may they → merge → store → stored formulas → judge →
 * effects → ladders and dependants → events. Nothing here begins or ends the
 * transaction: the savepoint around a write takes everything back when it fails.
 */
#include "engine/inner.h"

/* ---- stages ---- */

static const struct pipeline *default_pipeline(const struct object *object)
{
    for (int i = 0; i < object->pipeline_count; i++) {
        if (object->pipelines[i]->is_default) return object->pipelines[i];
    }
    return object->pipeline_count > 0 ? object->pipelines[0] : NULL;
}

static bool stage_unknown(struct scope *scope, struct str name)
{
    error_add(scope, ERROR_INVALID, "field.not_choice", STR("stage"));
    return error_arg(scope, "value", name);
}

/* The stage a record is to stand in: by name in its pipeline, or the pipeline's first. */
static bool stage_resolve(struct writing *w)
{
    const struct object *object = w->object;
    if (!object->has_pipeline) return true;
    struct cell *pipeline_cell = record_cell(&w->after, object->pipeline);
    struct cell *stage_cell = record_cell(&w->after, object->stage);
    if (pipeline_cell->kind == CELL_NULL) {
        const struct pipeline *fallback = default_pipeline(object);
        if (!fallback) return error_set(w->scope, ERROR_INVALID, "pipeline.none", object->name);
        *pipeline_cell = cell_int(fallback->id);
    }
    const struct pipeline *pipeline =
        schema_pipeline_by_id(w->context->snapshot->schema, pipeline_cell->integer);
    if (!pipeline || pipeline->object != object || pipeline->stage_count == 0) {
        return error_set(w->scope, ERROR_INVALID, "field.not_choice", STR("pipeline"));
    }
    const struct stage *stage = NULL;
    if (stage_cell->kind == CELL_TEXT) {
        stage = pipeline_stage(pipeline, stage_cell->text);
        if (!stage) return stage_unknown(w->scope, stage_cell->text);
    } else if (stage_cell->kind == CELL_INT) {
        stage = schema_stage_by_id(w->context->snapshot->schema, stage_cell->integer);
    }
    if (stage && stage->pipeline != pipeline) stage = pipeline_stage(pipeline, stage->name);
    if (!stage) stage = &pipeline->stages[0];
    *stage_cell = cell_int(stage->id);

    const struct stage *old = NULL;
    if (w->before.cells) {
        old = schema_stage_by_id(w->context->snapshot->schema,
                                 record_cell(&w->before, object->stage)->integer);
    }
    if (old == stage) return true;
    w->from = old;
    w->to = stage;
    return true;
}

/* Out of a closed stage, to where the record never was: over stages it never stood in? */
static bool reopening_skips(struct writing *w, bool *is_skip)
{
    struct cell id = cell_id(w->scope, w->after.id);
    struct rows stays;
    if (w->from->kind == STAGE_OPEN || w->to->kind == STAGE_LOST) return true;
    if (!db_all(w->scope, w->conn,
                STR("SELECT DISTINCT stage FROM stage_stay WHERE record = ?"), &id, 1,
                STAY_STAGE_COUNT_MAX, &stays)) {
        return false;
    }
    for (int i = 0; i < w->to->position && !*is_skip; i++) {
        const struct stage *passed = &w->to->pipeline->stages[i];
        bool was_there = passed->kind != STAGE_OPEN || passed->is_optional;
        for (int s = 0; s < stays.count && !was_there; s++) {
            was_there = stays.items[s].cells[0].integer == passed->id;
        }
        *is_skip = !was_there;
    }
    return true;
}

/*
 * Skipping needs the right and a reason, going back or reopening needs a reason. A record
 * that begins in a later stage has skipped those before it, unless a rule makes it so.
 */
static bool stage_allow(struct writing *w)
{
    if (!w->to || w->write->is_history) return true;
    if (!w->from && actor_is_system(&w->context->actor)) return true;
    int move = stage_move_kind(w->from, w->to);
    bool is_skip = stage_move_skips(w->from ? w->from : w->to->pipeline->stages, w->to);
    if (w->from && !reopening_skips(w, &is_skip)) return false;
    if (is_skip && !actor_has_right(&w->context->actor, RIGHT_SKIP_STAGE)) {
        return error_set(w->scope, ERROR_INVALID, "stage.skip_denied", STR("stage"));
    }
    struct str reason = str_trim(w->write->reason);
    if ((is_skip || move == MOVE_BACK) && reason.size == 0) {
        return error_set(w->scope, ERROR_INVALID, "stage.reason_required", STR("reason"));
    }
    if (reason.size > STAGE_REASON_SIZE_MAX) {
        error_set(w->scope, ERROR_INVALID, "field.too_long", STR("reason"));
        return error_arg(w->scope, "max", STR("2000"));
    }
    return true;
}

static void stage_enter(struct writing *w)
{
    if (!w->to) return;
    struct cell now = cell_int(w->context->now_ms);
    struct cell *entered = record_cell(&w->after, w->object->stage_entered_at);
    struct cell *closed = record_cell(&w->after, w->object->closed_at);
    bool is_kept = w->write->is_history && entered->kind == CELL_INT &&
                   (!w->before.cells ||
                    !cell_equal(entered, record_cell(&w->before, w->object->stage_entered_at)));
    if (!is_kept) *entered = now;
    if (w->to->kind == STAGE_OPEN) {
        *closed = cell_null();
    } else if (!w->write->is_history || closed->kind == CELL_NULL) {
        *closed = *entered;
    }
}

/* ---- merging ---- */

static void merge(struct writing *w)
{
    for (int i = 0; i < w->write->changes.count; i++) {
        const struct change *change = &w->write->changes.items[i];
        if (field_kind(change->field) == VALUE_LINES) continue;
        w->after.cells[change->field->index] = change->cell;
    }
}

static const struct change *change_of(const struct write *write, const struct field *field)
{
    for (int i = 0; i < write->changes.count; i++) {
        if (write->changes.items[i].field == field) return &write->changes.items[i];
    }
    return NULL;
}

static void mark_changed(struct writing *w)
{
    for (int i = 0; i < w->object->field_count; i++) {
        bool is_same = w->before.cells ? cell_equal(&w->before.cells[i], &w->after.cells[i])
                                       : w->after.cells[i].kind == CELL_NULL;
        if (!is_same) w->changed[i] = true;
    }
}

/* ---- create ---- */

static bool owner_default(struct writing *w)
{
    if (!w->object->owner) return true;
    struct cell *owner = record_cell(&w->after, w->object->owner);
    const struct actor *actor = &w->context->actor;
    if (owner->kind == CELL_NULL && !uuid_is_nil(actor->user)) {
        *owner = cell_id(w->scope, actor->user);
    }
    if (actor_is_system(actor) || uuid_equal(cell_uuid(owner), actor->user)) return true;
    if (access_scope(w->context->snapshot->access, actor, w->object, ACTION_ASSIGN) !=
        SCOPE_NONE) {
        return true;
    }
    return error_set(w->scope, ERROR_DENIED, "access.assign", STR("owner"));
}

/* True when the id is free; else *is_repeat tells whether it is the same person's create again. */
static bool find_repeat(struct writing *w, bool *is_repeat)
{
    struct sql sql;
    sql_begin(&sql, w->scope);
    sql_put(&sql, STR("SELECT created_by, deleted_at FROM "));
    sql_name(&sql, w->object->table);
    sql_put(&sql, STR(" WHERE id = "));
    sql_id(&sql, w->write->id);
    struct row row;
    if (!sql_one(w->scope, w->conn, &sql, &row)) return false;
    *is_repeat = row.count > 0;
    if (row.count == 0) return true;
    if (row.cells[1].kind == CELL_NULL &&
        uuid_equal(cell_uuid(&row.cells[0]), w->context->actor.user)) {
        return true;
    }
    return error_set(w->scope, ERROR_CONFLICT, "record.exists", STR("id"));
}

static bool create(struct writing *w, bool *is_repeat)
{
    *is_repeat = false;
    if (!access_check(w->scope, w->context->snapshot->access, &w->context->actor, w->object,
                      ACTION_CREATE)) {
        return false;
    }
    if (!uuid_is_nil(w->write->id) && !find_repeat(w, is_repeat)) return false;
    if (*is_repeat) {
        return record_load(w->scope, w->conn, &w->record_context, w->object, w->write->id,
                           ACTION_READ, &w->after);
    }
    w->after = record_blank(w->scope, w->object);
    w->after.id = uuid_is_nil(w->write->id) ? uuid_make(w->context->now_ms) : w->write->id;
    merge(w);
    if (!owner_default(w) || !stage_resolve(w) || !stage_allow(w)) return false;
    stage_enter(w);
    bool is_changed = true;
    if (!lines_may_join(w) || !line_number_next(w) ||
        !links_settle(w->scope, w->conn, &w->record_context, NULL, &w->after) ||
        !record_check_references(w->scope, w->conn, &w->record_context, NULL, &w->after) ||
        !record_insert(w->scope, w->conn, &w->record_context, &w->after) ||
        !lines_write(w, &is_changed)) {
        return false;
    }
    mark_changed(w);
    return !w->to || stay_move(w->scope, w->conn, &w->record_context, &w->after, NULL, w->to,
                               str_trim(w->write->reason));
}

/* ---- update ---- */

static bool load_for(struct writing *w, enum access_action action)
{
    return record_load(w->scope, w->conn, &w->record_context, w->object, w->write->id, action,
                       &w->before);
}

/* A hand-over needs the right to assign; all else, and the owner sent along unchanged, does not. */
static bool load_for_update(struct writing *w)
{
    const struct field *owner = w->object->owner;
    const struct change *assign = owner ? change_of(w->write, owner) : NULL;
    bool is_only_assign = assign && w->write->changes.count == 1;
    if (!load_for(w, is_only_assign ? ACTION_ASSIGN : ACTION_UPDATE)) return false;
    if (assign && !is_only_assign &&
        !cell_equal(&assign->cell, &w->before.cells[owner->index]) &&
        !load_for(w, ACTION_ASSIGN)) {
        return false;
    }
    if (w->write->version != 0 && w->write->version != w->before.version) {
        return error_set(w->scope, ERROR_STALE, "record.stale", STR(""));
    }
    return true;
}

static bool update(struct writing *w, bool *is_changed)
{
    if (!load_for_update(w)) return false;
    w->after = record_copy(w->scope, &w->before);
    merge(w);
    if (!stage_resolve(w) || !stage_allow(w)) return false;
    stage_enter(w);
    if (!lines_may_join(w) || !line_number_next(w) ||
        !links_settle(w->scope, w->conn, &w->record_context, &w->before, &w->after) ||
        !record_check_references(w->scope, w->conn, &w->record_context, &w->before, &w->after) ||
        !record_update(w->scope, w->conn, &w->record_context, &w->before, &w->after,
                       is_changed) ||
        !lines_write(w, is_changed)) {
        return false;
    }
    if (w->write->touched && w->write->touched->whole) w->before = *w->write->touched->whole;
    mark_changed(w);
    return !w->to || stay_move(w->scope, w->conn, &w->record_context, &w->after, w->from, w->to,
                               str_trim(w->write->reason));
}

/* ---- what follows a stored row ---- */

static bool compute(struct writing *w)
{
    bool *due = scope_new(w->scope, bool, w->object->field_count);
    if (!w->before.cells || !stored_affected(w->object, w->changed, due)) return true;
    return stored_compute(w->scope, w->conn, &w->record_context, &w->after, due, w->changed);
}

static bool judge(struct writing *w, struct judgement *out)
{
    struct judgement_request request = {
        .before = w->before.cells ? &w->before : NULL,
        .after = &w->after,
        .changed = w->changed,
        .from = w->from,
        .to = w->to,
        .is_history = w->write->is_history,
        .is_lenient = w->write->is_lenient,
        .is_free = w->write->is_history || actor_is_system(&w->context->actor),
        .is_delete = w->write->verb == WRITE_DELETE,
    };
    return rules_judge(w->scope, w->conn, &w->record_context, w->context->snapshot->rules,
                       &request, out);
}

/* Those who are to step in are now the new owner's: the old ones may not even see the record. */
static bool interveners_follow(struct writing *w)
{
    static const struct recipient supervisor = { .kind = TO_SUPERVISOR };
    struct uuid person;
    int count = 0;
    if (!recipients_find(w->scope, w->conn, &w->record_context, &w->after, &supervisor, 1,
                         &person, 1, &count)) {
        return false;
    }
    struct cell args[] = { count > 0 ? cell_id(w->scope, person) : cell_null(),
                           cell_id(w->scope, w->after.id) };
    return db_exec(w->scope, w->conn,
                   STR("UPDATE task SET assignee = ?, version = version + 1 WHERE record = ? AND "
                       "kind = 'intervene' AND done_at IS NULL"),
                   args, 2) &&
           (count == 0 || tasks_retell(w->scope, w->conn, w->context, &w->after, person));
}

/* Open alerts and tasks follow a record to its new owner. */
static bool hand_over(struct writing *w)
{
    const struct field *owner = w->object->owner;
    if (!owner || !w->before.cells || !w->changed[owner->index]) return true;
    struct cell old_owner = w->before.cells[owner->index];
    struct cell new_owner = w->after.cells[owner->index];
    struct cell alert_args[] = { new_owner, cell_id(w->scope, w->after.id) };
    struct cell task_args[] = { new_owner, cell_id(w->scope, w->after.id), old_owner };
    if (!db_exec(w->scope, w->conn,
                 STR("UPDATE alert SET owner = ?, version = version + 1 WHERE record = ? AND "
                     "cleared_at IS NULL"),
                 alert_args, 2)) {
        return false;
    }
    bool is_alerted = db_changes(w->conn) > 0;
    event_tell(w->context->engine, w->conn,
               (struct event){ .kind = EVENT_TASK, .person = cell_uuid(&old_owner) });
    /* Who may no longer see it hears nothing of it by its name. */
    if (old_owner.kind != CELL_NULL) {
        event_tell(w->context->engine, w->conn,
                   (struct event){ .kind = EVENT_SIGHT, .person = cell_uuid(&old_owner) });
    }
    return tasks_update(w->scope, w->conn, w->context->engine,
                        STR("assignee = ? WHERE record = ? AND assignee = ? AND "
                            "kind <> 'intervene' AND done_at IS NULL"),
                        task_args, 3) &&
           (new_owner.kind == CELL_NULL ||
            tasks_retell(w->scope, w->conn, w->context, &w->after, cell_uuid(&new_owner))) &&
           (!is_alerted || interveners_follow(w));
}

static void tell_record(struct writing *w, const struct record *record, enum event_kind kind)
{
    event_tell(w->context->engine, w->conn,
              (struct event){ .kind = kind, .object = record->object->id, .id = record->id,
                              .version = record->version });
}

/* Stored formulas, ladders and watchers of the records that depend on this one. */
static bool follow_dependants(struct writing *w, const struct record *before,
                              const struct record *after)
{
    struct engine_context system = *w->context;
    system.actor.role = NULL;
    struct record_context record_context = engine_record_context(&system);
    struct dependants list = { 0 };
    const struct schema *schema = w->context->snapshot->schema;
    if (!stored_dependants(w->scope, w->conn, schema, before, after, w->changed, &list)) {
        return false;
    }
    for (int i = 0; i < list.count; i++) { /* grows while it is walked: dependants of dependants */
        struct dependant item = list.items[i];
        list.done_count = i + 1;
        struct record old;
        if (!record_load(w->scope, w->conn, &record_context, item.object, item.id, ACTION_READ,
                         &old)) {
            if (w->scope->error.code != ERROR_NOT_FOUND) return false;
            scope_error_clear(w->scope);
            continue;
        }
        struct record record = record_copy(w->scope, &old);
        bool *changed = scope_new(w->scope, bool, item.object->field_count);
        if (!stored_compute(w->scope, w->conn, &record_context, &record, item.fields, changed)) {
            return false;
        }
        bool is_moved = false;
        for (int f = 0; f < item.object->field_count; f++) is_moved = is_moved || changed[f];
        if (!is_moved) continue;
        if (!timers_sync(w->scope, w->conn, &system, &record) ||
            !stored_dependants(w->scope, w->conn, schema, &old, &record, changed, &list)) {
            return false;
        }
        tell_record(w, &record, EVENT_RECORD);
    }
    return true;
}

/* What a rule has written may have been this very record: its version is what the caller needs. */
static bool settle(struct writing *w)
{
    struct engine_context system = *w->context;
    system.actor.role = NULL;
    struct record_context record_context = engine_record_context(&system);
    if (!w->has_nested) return true;
    if (record_load(w->scope, w->conn, &record_context, w->object, w->after.id, ACTION_READ,
                    &w->after)) {
        return true;
    }
    if (w->scope->error.code != ERROR_NOT_FOUND) return false;
    scope_error_clear(w->scope); /* a rule may also have deleted it */
    return true;
}

static bool follow(struct writing *w)
{
    struct judgement judgement;
    if (!compute(w) || !judge(w, &judgement)) return false;
    tell_record(w, &w->after, EVENT_RECORD);
    return hand_over(w) && timers_sync(w->scope, w->conn, w->context, &w->after) &&
           lines_remember(w) &&
           follow_dependants(w, w->before.cells ? &w->before : NULL, &w->after) &&
           effects_apply(w, &judgement) && settle(w);
}

/* ---- delete and restore ---- */

static bool delete_record(struct writing *w)
{
    struct judgement judgement;
    if (!record_load(w->scope, w->conn, &w->record_context, w->object, w->write->id,
                     ACTION_DELETE, &w->before)) {
        return false;
    }
    if (w->write->version != 0 && w->write->version != w->before.version) {
        return error_set(w->scope, ERROR_STALE, "record.stale", STR(""));
    }
    w->after = record_copy(w->scope, &w->before);
    if (!judge(w, &judgement) ||
        !record_delete(w->scope, w->conn, &w->record_context, &w->after) ||
        !lines_delete(w) || !timers_forget(w->scope, w->conn, w->context, &w->after) ||
        !lines_remember(w) || !follow_dependants(w, &w->before, NULL) ||
        !effects_apply(w, &judgement)) {
        return false;
    }
    tell_record(w, &w->after, EVENT_DELETED);
    return true;
}

static bool restore_record(struct writing *w)
{
    int64_t deleted_at_ms = 0;
    if (!lines_deleted_at(w, &deleted_at_ms) ||
        !record_load_deleted(w->scope, w->conn, &w->record_context, w->object, w->write->id,
                             &w->after) ||
        !record_restore(w->scope, w->conn, &w->record_context, &w->after)) {
        return false;
    }
    memset(w->changed, 1, sizeof(bool) * (size_t)w->object->field_count);
    if (!lines_restore(w, deleted_at_ms) ||
        !stored_compute(w->scope, w->conn, &w->record_context, &w->after, NULL, NULL) ||
        !timers_recall(w->scope, w->conn, w->context, &w->after) ||
        !timers_sync(w->scope, w->conn, w->context, &w->after) || !lines_remember(w) ||
        !follow_dependants(w, NULL, &w->after)) {
        return false;
    }
    tell_record(w, &w->after, EVENT_RECORD);
    return true;
}

/* ---- the door ---- */

static bool run(struct writing *w, bool *is_repeat)
{
    bool is_changed = true;
    *is_repeat = false;
    switch (w->write->verb) {
    case WRITE_CREATE:
        return create(w, is_repeat) && (*is_repeat || follow(w));
    case WRITE_UPDATE:
        if (!update(w, &is_changed)) return false;
        if (w->write->touched && w->write->touched->is_quiet) {
            tell_record(w, &w->after, EVENT_RECORD);
            return true;
        }
        return !is_changed || follow(w);
    case WRITE_DELETE: return delete_record(w);
    case WRITE_RESTORE: return restore_record(w);
    }
    return false;
}

bool engine_write_at(struct scope *scope, struct db_conn *conn,
                     const struct engine_context *context, const struct write *write, int depth,
                     struct record *out, bool *is_repeat)
{
    if (write->object->is_builtin) {
        return error_set(scope, ERROR_DENIED, "access.denied", STR(""));
    }
    if (write->is_history && !actor_has_right(&context->actor, RIGHT_IMPORT_HISTORY)) {
        return error_set(scope, ERROR_DENIED, "access.import_history", STR(""));
    }
    if (depth > RULE_DEPTH_MAX + (write->touched ? OWNED_DEPTH_MAX : 0)) {
        return error_set(scope, ERROR_INVALID, "rule.too_deep", write->object->name);
    }
    if (!engine_people_check(scope, conn, context, write->object, write->id, &write->changes)) {
        return false;
    }
    struct writing writing = {
        .scope = scope,
        .conn = conn,
        .context = context,
        .record_context = engine_record_context(context),
        .write = write,
        .object = write->object,
        .changed = scope_new(scope, bool, write->object->field_count),
        .depth = depth,
    };
    bool is_again = false;
    const struct access *access = context->snapshot->access;
    bool is_people = write->object == access->user || write->object == access->team;
    bool ok = run(&writing, &is_again) && (is_again || lines_tell(&writing)) &&
              people_keep(&writing);
    if (ok && is_people && !is_again && !write->is_dry_run) {
        bool is_new = write->verb == WRITE_CREATE;
        ok = audit_person(scope, conn, context, write, is_new ? writing.after.id : write->id);
    }
    if (ok && out) *out = writing.after;
    if (ok && is_repeat) *is_repeat = is_again;
    return ok;
}

bool engine_write(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                  const struct write *write, struct record *out, bool *is_repeat)
{
    return engine_write_at(scope, conn, context, write, 0, out, is_repeat);
}

struct waiting {
    const struct engine_context *context;
    const struct write *write;
    struct record *out;
};

static bool waiting_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct waiting *waiting = context;
    return snapshot_check(scope, conn, waiting->context->snapshot) &&
           engine_write(scope, conn, waiting->context, waiting->write, waiting->out, NULL);
}

bool engine_write_wait(struct scope *scope, const struct engine_context *context,
                       const struct write *write, struct record *out)
{
    struct waiting waiting = { context, write, out };
    return db_write_wait(scope, engine_db(context->engine), waiting_run, &waiting);
}
