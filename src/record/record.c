/*
 * Rows in and out. The column list of an object is its fields with a column, in
 * index order, so a row and record->cells correspond without a map.
 */
#include "record/inner.h"

#include <assert.h>

static bool has_column(const struct field *field)
{
    return field->column.size > 0;
}

struct record record_blank(struct scope *scope, const struct object *object)
{
    return (struct record){
        .object = object,
        .cells = scope_new(scope, struct cell, object->field_count),
    };
}

struct record record_copy(struct scope *scope, const struct record *record)
{
    struct record copy = *record;
    copy.cells = scope_new(scope, struct cell, record->object->field_count);
    memcpy(copy.cells, record->cells, sizeof(struct cell) * (size_t)record->object->field_count);
    return copy;
}

struct cell *record_cell(struct record *record, const struct field *field)
{
    assert(field && field->index < record->object->field_count);
    return &record->cells[field->index];
}

/* ---- loading ---- */

void record_put_columns(struct sql *sql, const struct object *object, struct str alias)
{
    bool is_first = true;
    for (int i = 0; i < object->field_count; i++) {
        if (!has_column(&object->fields[i])) continue;
        if (!is_first) sql_put(sql, STR(", "));
        sql_column(sql, alias, object->fields[i].column);
        is_first = false;
    }
}

int record_take_cells(const struct object *object, const struct row *row, struct cell *cells)
{
    int column = 0;
    for (int i = 0; i < object->field_count; i++) {
        if (has_column(&object->fields[i])) cells[i] = row->cells[column++];
    }
    return column;
}

static bool load(struct scope *scope, struct db_conn *conn, const struct record_context *context,
                 const struct object *object, struct uuid id, enum access_action action,
                 bool is_deleted, struct record *out)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT "));
    record_put_columns(&sql, object, STR("t"));
    sql_put(&sql, STR(", CASE WHEN "));
    access_put(&sql, context->access, context->actor, context->now_ms, object, action, STR("t"));
    sql_put(&sql, STR(" THEN 1 ELSE 0 END FROM "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" AS t WHERE t.id = "));
    sql_id(&sql, id);
    if (!object->is_builtin) {
        sql_put(&sql, is_deleted ? STR(" AND t.deleted_at IS NOT NULL")
                                 : STR(" AND t.deleted_at IS NULL"));
    }
    sql_put(&sql, STR(" AND "));
    access_put(&sql, context->access, context->actor, context->now_ms, object, ACTION_READ,
               STR("t"));

    struct row row;
    if (!sql_one(scope, conn, &sql, &row)) return false;
    if (row.count == 0) return error_set(scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
    *out = record_blank(scope, object);
    int count = record_take_cells(object, &row, out->cells);
    if (row.cells[count].integer == 0) {
        return error_set(scope, ERROR_DENIED, "access.denied", STR(""));
    }
    out->id = id;
    const struct field *version = object_field(object, STR("version"));
    out->version = version ? out->cells[version->index].integer : 1;
    return true;
}

bool record_load(struct scope *scope, struct db_conn *conn, const struct record_context *context,
                 const struct object *object, struct uuid id, enum access_action action,
                 struct record *out)
{
    return load(scope, conn, context, object, id, action, false, out);
}

bool record_load_deleted(struct scope *scope, struct db_conn *conn,
                         const struct record_context *context, const struct object *object,
                         struct uuid id, struct record *out)
{
    return load(scope, conn, context, object, id, ACTION_DELETE, true, out);
}

/* References that point anywhere new, and an owner who is somebody else. */
static bool is_reference_due(const struct record_context *context, const struct record *before,
                             const struct record *after, int index)
{
    const struct field *field = &after->object->fields[index];
    if (!has_column(field) || !field->to || field->is_stored) return false;
    if (field_kind(field) != VALUE_ID) return false;
    if (after->cells[index].kind != CELL_BLOB) return false;
    if (field->is_system &&
        (field != after->object->owner ||
         uuid_equal(cell_uuid(&after->cells[index]), context->actor->user))) {
        return false;
    }
    return !before || !cell_equal(&before->cells[index], &after->cells[index]);
}

/* "EXISTS (a row of that id which the actor may read)" as 0 or 1. */
static void put_exists(struct sql *sql, const struct record_context *context,
                       const struct object *target, const struct cell *id)
{
    sql_put(sql, STR("CASE WHEN EXISTS (SELECT 1 FROM "));
    sql_name(sql, target->table);
    sql_put(sql, STR(" AS t WHERE t.id = "));
    sql_value(sql, *id);
    if (!target->is_builtin) sql_put(sql, STR(" AND t.deleted_at IS NULL"));
    sql_put(sql, STR(" AND "));
    access_put(sql, context->access, context->actor, context->now_ms, target, ACTION_READ,
               STR("t"));
    sql_put(sql, STR(") THEN 1 ELSE 0 END"));
}

bool record_check_references(struct scope *scope, struct db_conn *conn,
                             const struct record_context *context, const struct record *before,
                             const struct record *after)
{
    const struct object *object = after->object;
    struct sql sql;
    int count = 0;
    sql_begin(&sql, scope);
    for (int i = 0; i < object->field_count; i++) {
        if (!is_reference_due(context, before, after, i)) continue;
        sql_put(&sql, count++ == 0 ? STR("SELECT ") : STR(", "));
        put_exists(&sql, context, object->fields[i].to, &after->cells[i]);
    }
    struct row row;
    if (count == 0) return true;
    if (!sql_one(scope, conn, &sql, &row)) return false;
    for (int i = 0, column = 0; i < object->field_count; i++) {
        if (!is_reference_due(context, before, after, i)) continue;
        if (row.cells[column++].integer != 0) continue;
        error_add(scope, ERROR_INVALID, "field.not_reference", object->fields[i].name);
    }
    return !error_is_set(scope);
}

/* ---- history ---- */

static bool change_put(struct scope *scope, struct db_conn *conn,
                       const struct record_context *context, const struct record *record,
                       int field_id, struct cell old_value, struct cell new_value)
{
    struct cell args[] = {
        cell_int(record->object->id),
        cell_id(scope, record->id),
        cell_int(record->version),
        cell_int(field_id),
        old_value,
        new_value,
        cell_int(context->now_ms),
        actor_cell(scope, context->actor),
        cell_text(str_of(context->via)),
    };
    return db_exec(scope, conn,
                   STR("INSERT INTO change (object, record, version, field, old, new, at, "
                       "\"by\", via) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
                   args, 9);
}

struct cell history_text(struct scope *scope, const struct field *field, const struct cell *cell)
{
    if (cell->kind == CELL_NULL) return cell_null();
    return cell_text(field_store_text(scope, field, cell));
}

/* ---- storing ---- */

static bool set_system(struct scope *scope, const struct record_context *context,
                       struct record *record, const char *name, struct cell value, bool is_forced)
{
    (void)scope;
    (void)context;
    struct field *field = object_field(record->object, str_of(name));
    if (field && (is_forced || record->cells[field->index].kind == CELL_NULL)) {
        record->cells[field->index] = value;
    }
    return true;
}

void record_fill_system(struct scope *scope, const struct record_context *context,
                        struct record *record)
{
    struct cell by = actor_cell(scope, context->actor);
    set_system(scope, context, record, "id", cell_id(scope, record->id), true);
    set_system(scope, context, record, "version", cell_int(1), true);
    set_system(scope, context, record, "created_at", cell_int(context->now_ms), false);
    set_system(scope, context, record, "created_by", by, false);
    set_system(scope, context, record, "updated_at", cell_int(context->now_ms), true);
    set_system(scope, context, record, "updated_by", by, true);
    record->version = 1;
}

static bool fill_numbers(struct scope *scope, struct db_conn *conn,
                         const struct record_context *context, struct record *record)
{
    for (int i = 0; i < record->object->field_count; i++) {
        const struct field *field = &record->object->fields[i];
        if (field->pattern.size == 0) continue;
        if (record->cells[i].kind == CELL_TEXT) { /* came from elsewhere: not given out again */
            if (!auto_number_seen(scope, conn, record->object, field, record->cells[i].text)) {
                return false;
            }
            continue;
        }
        if (!auto_number_next(scope, conn, context->access->schema, record->object, field,
                              context->now_ms, &record->cells[i])) {
            return false;
        }
    }
    return true;
}

/* Is there a blank field that a default formula fills? */
static bool needs_defaults(const struct record *record)
{
    for (int i = 0; i < record->object->field_count; i++) {
        const struct field *field = &record->object->fields[i];
        if (!has_column(field) || !field->default_value) continue;
        if (record->cells[i].kind == CELL_NULL) return true;
    }
    return false;
}

/* The row as it is. A plain statement costs the database half of one with RETURNING. */
static void put_plain_insert(struct sql *sql, const struct record *record)
{
    const struct object *object = record->object;
    sql_put(sql, STR("INSERT INTO "));
    sql_name(sql, object->table);
    sql_put(sql, STR(" ("));
    record_put_columns(sql, object, STR(""));
    sql_put(sql, STR(") VALUES ("));
    const char *separator = "";
    for (int i = 0; i < object->field_count; i++) {
        if (!has_column(&object->fields[i])) continue;
        sql_put(sql, str_of(separator));
        separator = ", ";
        sql_value(sql, record->cells[i]);
    }
    sql_put(sql, STR(")"));
}

/* A value of a select of its own: PostgreSQL could not tell the type of a blank one. */
void record_put_typed(struct sql *sql, struct cell cell, enum value_kind kind)
{
    sql_put(sql, STR("CAST("));
    sql_value(sql, cell);
    switch (kind) {
    case VALUE_TEXT:
    case VALUE_CHOICES:
    case VALUE_LINKS:
    case VALUE_JSON: sql_put(sql, STR(" AS TEXT)")); break;
    case VALUE_REAL: sql_put(sql, STR(" AS REAL)")); break;
    case VALUE_ID: sql_put(sql, STR(" AS BLOB)")); break;
    default: sql_put(sql, STR(" AS INTEGER)")); break;
    }
}

/* The row as given. */
static void put_given(struct sql *sql, const struct record *record, bool has_stored)
{
    const char *separator = "(SELECT ";
    for (int i = 0; i < record->object->field_count; i++) {
        const struct field *field = &record->object->fields[i];
        if (!has_column(field) || (field->is_stored && has_stored)) continue;
        sql_put(sql, str_of(separator));
        separator = ", ";
        record_put_typed(sql, record->cells[i], field_kind(field));
        sql_put(sql, STR(" AS "));
        sql_name(sql, field->column);
    }
    sql_put(sql, STR(") AS v"));
}

/* … with defaults where it is blank; they see the row as given. */
static void put_with_defaults(struct sql *sql, const struct record_context *context,
                              const struct record *record, bool has_stored)
{
    struct formula_context formulas =
        access_formula_context(context->access, context->actor, NULL, STR("v"), context->now_ms);
    formulas.is_new = true;
    const char *separator = "(SELECT ";
    for (int i = 0; i < record->object->field_count; i++) {
        const struct field *field = &record->object->fields[i];
        if (!has_column(field) || (field->is_stored && has_stored)) continue;
        bool is_open = field->default_value && record->cells[i].kind == CELL_NULL;
        sql_put(sql, str_of(separator));
        separator = ", ";
        if (is_open) {
            formula_put(sql, &formulas, field->default_value);
            sql_put(sql, STR(" AS "));
            sql_name(sql, field->column);
        } else {
            sql_column(sql, STR("v"), field->column);
        }
    }
    sql_put(sql, STR(" FROM "));
    put_given(sql, record, has_stored);
    sql_put(sql, STR(") AS v"));
}

void record_put_draft(struct sql *sql, const struct record_context *context,
                      const struct record *record, bool has_defaults)
{
    if (has_defaults) {
        put_with_defaults(sql, context, record, false);
    } else {
        put_given(sql, record, false);
    }
}

/*
 * … with its stored formulas, those that stand on others around them. OFFSET keeps the
 * database from working out a formula once for each place that names it.
 */
static void put_with_stored(struct sql *sql, const struct record_context *context,
                            const struct record *record, const struct stored_levels *levels)
{
    struct actor system = actor_system();
    struct formula_context formulas =
        access_formula_context(context->access, &system, NULL, STR("v"), context->now_ms);
    for (int level = levels->count - 1; level >= 0; level--) {
        sql_put(sql, STR("(SELECT v.*"));
        for (int i = 0; i < record->object->field_count; i++) {
            const struct field *field = &record->object->fields[i];
            if (!field->is_stored || levels->of[i] != level) continue;
            sql_put(sql, STR(", "));
            formula_put(sql, &formulas, field->formula);
            sql_put(sql, STR(" AS "));
            sql_name(sql, field->column);
        }
        sql_put(sql, STR(" FROM "));
    }
    put_with_defaults(sql, context, record, true);
    for (int level = 0; level < levels->count; level++) {
        sql_put(sql, STR(" LIMIT 1 OFFSET 0) AS v"));
    }
}

/*
 * INSERT … SELECT from the row as it comes to be: defaults and stored formulas cost no
 * statement of their own, and the row and its indexes are written once.
 */
static void put_insert(struct sql *sql, const struct record_context *context,
                       const struct record *record, const struct stored_levels *levels)
{
    const struct object *object = record->object;
    sql_put(sql, STR("INSERT INTO "));
    sql_name(sql, object->table);
    sql_put(sql, STR(" ("));
    record_put_columns(sql, object, STR(""));
    sql_put(sql, STR(") SELECT "));
    record_put_columns(sql, object, STR("v"));
    sql_put(sql, STR(" FROM "));
    if (context->is_bulk) {
        put_with_defaults(sql, context, record, false);
        return;
    }
    put_with_stored(sql, context, record, levels);
    sql_put(sql, STR(" RETURNING "));
    record_put_columns(sql, object, STR(""));
}

bool record_insert(struct scope *scope, struct db_conn *conn,
                   const struct record_context *context, struct record *record)
{
    record_fill_system(scope, context, record);
    /* The links first: stored formulas of the row are computed as it is put in. */
    if (!fill_numbers(scope, conn, context, record) || !links_insert(scope, conn, record, 1)) {
        return false;
    }
    struct sql sql;
    struct stored_levels levels = stored_levels(scope, record->object);
    bool is_plain = !needs_defaults(record) && (context->is_bulk || levels.count == 0);
    sql_begin(&sql, scope);
    if (is_plain) {
        put_plain_insert(&sql, record);
    } else {
        put_insert(&sql, context, record, &levels);
    }
    if (is_plain || context->is_bulk) {
        if (!sql_exec(scope, conn, &sql)) return false;
    } else {
        struct row row;
        if (!sql_one(scope, conn, &sql, &row)) return false;
        record_take_cells(record->object, &row, record->cells);
    }
    if (!context->is_bulk) words_follow(conn, record);
    return change_put(scope, conn, context, record, CHANGE_CREATED, cell_null(), cell_null());
}

bool history_has(const struct field *field)
{
    if (!has_column(field) || field->is_stored) return false;
    const struct object *object = field->object;
    return !field->is_system || field == object->owner || field == object->stage ||
           field == object->pipeline;
}

static bool update_run(struct scope *scope, struct db_conn *conn, const struct record *before,
                       const struct record *after)
{
    const struct object *object = after->object;
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("UPDATE "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" SET "));
    const char *separator = "";
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (!has_column(field) || cell_equal(&before->cells[i], &after->cells[i])) continue;
        sql_put(&sql, str_of(separator));
        separator = ", ";
        sql_name(&sql, field->column);
        sql_put(&sql, STR(" = "));
        sql_value(&sql, after->cells[i]);
    }
    sql_put(&sql, STR(" WHERE id = "));
    sql_id(&sql, after->id);
    sql_put(&sql, STR(" AND version = "));
    sql_int(&sql, before->version);
    sql_put(&sql, STR(" AND deleted_at IS NULL"));
    if (!sql_exec(scope, conn, &sql)) return false;
    if (db_changes(conn) == 0) return error_set(scope, ERROR_STALE, "record.stale", STR(""));
    return true;
}

bool record_is_search_changed(const struct record *before, const struct record *after)
{
    for (int i = 0; i < after->object->search_count; i++) {
        int index = after->object->search[i]->index;
        if (!cell_equal(&before->cells[index], &after->cells[index])) return true;
    }
    return false;
}

static void advance(struct scope *scope, const struct record_context *context,
                    const struct record *before, struct record *after)
{
    after->version = before->version + 1;
    set_system(scope, context, after, "version", cell_int(after->version), true);
    set_system(scope, context, after, "updated_at", cell_int(context->now_ms), true);
    set_system(scope, context, after, "updated_by", actor_cell(scope, context->actor), true);
}

bool record_advance(struct scope *scope, const struct record_context *context,
                    const struct record *before, struct record *after)
{
    bool is_changed = false;
    for (int i = 0; i < after->object->field_count && !is_changed; i++) {
        is_changed = has_column(&after->object->fields[i]) &&
                     !cell_equal(&before->cells[i], &after->cells[i]);
    }
    if (is_changed) advance(scope, context, before, after);
    return is_changed;
}

bool record_update(struct scope *scope, struct db_conn *conn,
                   const struct record_context *context, const struct record *before,
                   struct record *after, bool *changed)
{
    *changed = record_advance(scope, context, before, after);
    if (!*changed) return true;
    if (!update_run(scope, conn, before, after)) return false;
    if (record_is_search_changed(before, after)) words_follow(conn, after);
    if (!links_follow(scope, conn, before, after)) return false;
    return history_put(scope, conn, context, before, after, 1);
}

bool record_touch(struct scope *scope, struct db_conn *conn, const struct record_context *context,
                  struct record *record)
{
    struct record before = record_copy(scope, record);
    advance(scope, context, &before, record);
    return update_run(scope, conn, &before, record);
}

bool record_note(struct scope *scope, struct db_conn *conn, const struct record_context *context,
                 const struct record *record, const struct field *field, struct str note)
{
    return change_put(scope, conn, context, record, field->id, cell_null(), cell_text(note));
}

static bool set_deleted(struct scope *scope, struct db_conn *conn,
                        const struct record_context *context, struct record *record,
                        bool is_deleted)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("UPDATE "));
    sql_name(&sql, record->object->table);
    sql_put(&sql, STR(" SET deleted_at = "));
    sql_value(&sql, is_deleted ? cell_int(context->now_ms) : cell_null());
    sql_put(&sql, STR(", version = version + 1, updated_at = "));
    sql_int(&sql, context->now_ms);
    sql_put(&sql, STR(", updated_by = "));
    sql_value(&sql, actor_cell(scope, context->actor));
    sql_put(&sql, STR(" WHERE id = "));
    sql_id(&sql, record->id);
    sql_put(&sql, STR(" AND version = "));
    sql_int(&sql, record->version);
    if (!sql_exec(scope, conn, &sql)) return false;
    if (db_changes(conn) == 0) return error_set(scope, ERROR_STALE, "record.stale", STR(""));
    record->version += 1;
    set_system(scope, context, record, "version", cell_int(record->version), true);
    return change_put(scope, conn, context, record,
                      is_deleted ? CHANGE_DELETED : CHANGE_RESTORED, cell_null(), cell_null());
}

bool record_delete(struct scope *scope, struct db_conn *conn,
                   const struct record_context *context, struct record *record)
{
    return set_deleted(scope, conn, context, record, true);
}

bool record_restore(struct scope *scope, struct db_conn *conn,
                    const struct record_context *context, struct record *record)
{
    return set_deleted(scope, conn, context, record, false);
}
