/*
 * Updates of many records at once. What costs a statement for a row (loading, storing, history,
 * stored formulas) is done for all of them; what must be asked of each row (validations,
 * conditions, rules) is asked of each, after all are stored. A row that is refused, or that a rule
 * follows from, is left to the caller to write alone; nothing here may depend on the others.
 */
#include "engine/inner.h"

/* ---- where it may be done ---- */

/* A field whose change is more than another value in the row. */
static bool is_special(const struct field *field)
{
    const struct object *object = field->object;
    enum value_kind kind = field_kind(field);
    return field == object->owner || field == object->stage || field == object->pipeline ||
           field == object->owned_by || field->is_owned || field->is_unique ||
           kind == VALUE_LINES || kind == VALUE_LINKS;
}

bool engine_may_update_rows(const struct engine_context *context, const struct object *object,
                            const bool *fields, bool is_history)
{
    const struct access *access = context->snapshot->access;
    if (object->is_builtin || object == access->user || object == access->team) return false;
    if (object->owned_by) return false; /* the record it belongs to tells of it */
    if (is_history && !actor_has_right(&context->actor, RIGHT_IMPORT_HISTORY)) return false;
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (fields[i] && is_special(field)) return false;
        if (field->is_stored && field->is_unique) return false;
    }
    for (int i = 0; i < object->unique_count; i++) {
        for (int k = 0; k < object->uniques[i].count; k++) {
            const struct field *field = object->uniques[i].fields[k];
            if (fields[field->index] || field->is_stored) return false;
        }
    }
    return !rows_ask_others(context->snapshot->rules, object) &&
           !rows_have_dependants(context->snapshot->schema, object, fields);
}

/* ---- the rows ---- */

struct updating {
    struct scope *scope;
    struct db_conn *conn;
    const struct engine_context *context;
    struct record_context record_context;
    const struct object *object;
    struct update_row *rows;
    int count;
    struct record *before, *after; /* by row */
    bool *is_changed;
    bool is_history, is_lenient, is_refused;
};

static void refuse(struct updating *u, int at)
{
    u->rows[at].is_out = u->is_refused = true;
}

static bool load(struct updating *u)
{
    struct uuid *ids = scope_new(u->scope, struct uuid, u->count);
    for (int i = 0; i < u->count; i++) ids[i] = u->rows[i].id;
    if (!records_load(u->scope, u->conn, &u->record_context, u->object, ids, u->count,
                      ACTION_UPDATE, u->before)) {
        return false;
    }
    for (int i = 0; i < u->count; i++) {
        bool is_stale = u->rows[i].version != 0 && u->rows[i].version != u->before[i].version;
        if (!u->before[i].cells || is_stale) {
            refuse(u, i);
            continue;
        }
        u->after[i] = record_copy(u->scope, &u->before[i]);
        for (int c = 0; c < u->rows[i].changes.count; c++) {
            const struct change *change = &u->rows[i].changes.items[c];
            u->after[i].cells[change->field->index] = change->cell;
        }
    }
    return true;
}

/* What changed in one row; with fields, what changed in any of them. */
static void mark_changed(const struct updating *u, int at, bool *changed)
{
    for (int f = 0; f < u->object->field_count; f++) {
        if (!cell_equal(&u->before[at].cells[f], &u->after[at].cells[f])) changed[f] = true;
    }
}

/* Stored formulas that use what changed, and those that use them. */
static bool compute(struct updating *u)
{
    struct engine_context system = *u->context;
    system.actor.role = NULL; /* what is stored does not depend on who may see what */
    struct history_row *rows = scope_new(u->scope, struct history_row, u->count);
    struct uuid *ids = scope_new(u->scope, struct uuid, u->count);
    bool *changed = scope_new(u->scope, bool, u->object->field_count);
    bool *due = scope_new(u->scope, bool, u->object->field_count);
    int count = 0;
    for (int i = 0; i < u->count; i++) {
        if (!u->is_changed[i]) continue;
        mark_changed(u, i, changed);
        ids[count] = u->after[i].id;
        rows[count++] = (struct history_row){ .object = u->object, .id = u->after[i].id };
    }
    if (count == 0 || !stored_affected(u->object, changed, due)) return true;
    for (int f = 0; f < u->object->field_count; f++) {
        memcpy(changed, due, sizeof(bool) * (size_t)u->object->field_count);
        stored_affected(u->object, changed, due);
    }
    struct record *now = scope_new(u->scope, struct record, count);
    struct record_context record_context = engine_record_context(&system);
    if (!history_compute(u->scope, u->conn, &system, u->object, due, rows, count) ||
        !records_load(u->scope, u->conn, &record_context, u->object, ids, count, ACTION_READ,
                      now)) {
        return false;
    }
    for (int i = 0, at = 0; i < u->count; i++) {
        if (!u->is_changed[i]) continue;
        if (now[at].cells) u->after[i].cells = now[at].cells;
        at += 1;
    }
    return true;
}

/* As a single write is judged; why not, the caller learns when it writes the row alone. */
static bool judge_one(struct updating *u, int at)
{
    struct scope inner;
    struct judgement judgement;
    scope_begin(&inner);
    bool *changed = scope_new(&inner, bool, u->object->field_count);
    mark_changed(u, at, changed);
    struct judgement_request request = {
        .before = &u->before[at],
        .after = &u->after[at],
        .changed = changed,
        .is_history = u->is_history,
        .is_lenient = u->is_lenient,
        .is_free = u->is_history || actor_is_system(&u->context->actor),
    };
    bool ok = rules_judge(&inner, u->conn, &u->record_context, u->context->snapshot->rules,
                          &request, &judgement);
    bool is_alive = ok || inner.error.code != ERROR_STORAGE;
    if (!ok || judgement.fired_count > 0) refuse(u, at);
    if (!is_alive) error_storage(u->scope, scope_copy(u->scope, inner.error.detail));
    scope_end(&inner);
    return is_alive;
}

static bool judge(struct updating *u)
{
    for (int i = 0; i < u->count; i++) {
        if (u->is_changed[i] && !judge_one(u, i)) return false;
    }
    return true;
}

static bool follow(struct updating *u)
{
    struct event *events = scope_new(u->scope, struct event, u->count);
    int changed_count = 0;
    for (int i = 0; i < u->count; i++) {
        u->rows[i].before = u->before[i];
        u->rows[i].after = u->after[i];
        u->rows[i].is_changed = u->is_changed[i];
        if (!u->is_changed[i]) continue;
        events[changed_count++] =
            (struct event){ .kind = EVENT_RECORD, .object = u->object->id,
                            .id = u->after[i].id, .version = u->after[i].version };
        if (!timers_sync(u->scope, u->conn, u->context, &u->after[i])) return false;
    }
    rows_tell(u->conn, u->context, events, changed_count);
    return true;
}

bool engine_update_rows(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context, const struct object *object,
                        struct update_row *rows, int count, bool is_history, bool is_lenient,
                        bool *is_refused)
{
    struct updating u = {
        .scope = scope,
        .conn = conn,
        .context = context,
        .record_context = engine_record_context(context),
        .object = object,
        .rows = rows,
        .count = count,
        .before = scope_new(scope, struct record, count + 1),
        .after = scope_new(scope, struct record, count + 1),
        .is_changed = scope_new(scope, bool, count + 1),
        .is_history = is_history,
        .is_lenient = is_lenient,
    };
    *is_refused = false;
    if (count == 0) return true;
    bool ok = load(&u);
    if (ok && !u.is_refused) {
        ok = records_update(scope, conn, &u.record_context, u.before, u.after, count,
                            u.is_changed) &&
             compute(&u) && judge(&u);
    }
    if (!ok && scope->error.code != ERROR_STORAGE) { /* none in particular: none at once */
        for (int i = 0; i < count; i++) refuse(&u, i);
        scope_error_clear(scope);
        ok = true;
    }
    *is_refused = u.is_refused;
    return ok && (u.is_refused || follow(&u));
}
