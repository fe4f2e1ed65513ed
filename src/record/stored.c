/*
 * Stored formulas: columns whose values the database computes from the row, from
 * rows it points to, and from rows that point to it, in the transaction that
 * changes any of them. They carry no history and no version of their own.
 */
#include "record/inner.h"

bool stored_affected(const struct object *object, const bool *changed, bool *fields)
{
    bool is_any = false;
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (!field->is_stored) continue;
        for (int u = 0; u < field->formula->use_count; u++) {
            const struct formula_use *use = &field->formula->uses[u];
            if (use->via || !use->field || use->object != object) continue;
            if (changed[use->field->index]) fields[i] = is_any = true;
        }
    }
    return is_any;
}

static void put_update(struct sql *sql, const struct record_context *context,
                       const struct record *record, const bool *fields)
{
    const struct object *object = record->object;
    struct actor system = actor_system();
    struct formula_context formulas =
        access_formula_context(context->access, &system, NULL, object->table, context->now_ms);
    struct sql alias;
    sql_begin(&alias, sql->text.scope);
    sql_name(&alias, object->table);
    formulas.alias = buf_str(&alias.text);

    sql_put(sql, STR("UPDATE "));
    sql_name(sql, object->table);
    sql_put(sql, STR(" SET "));
    const char *separator = "";
    for (int i = 0; i < object->field_count; i++) {
        if (!fields[i]) continue;
        sql_put(sql, str_of(separator));
        separator = ", ";
        sql_name(sql, object->fields[i].column);
        sql_put(sql, STR(" = "));
        formula_put(sql, &formulas, object->fields[i].formula);
    }
    sql_put(sql, STR(" WHERE id = "));
    sql_id(sql, record->id);
    sql_put(sql, STR(" RETURNING "));
    separator = "";
    for (int i = 0; i < object->field_count; i++) {
        if (!fields[i]) continue;
        sql_put(sql, str_of(separator));
        separator = ", ";
        sql_name(sql, object->fields[i].column);
    }
}

/* One pass: computes the marked ones, marks in moved those with another value. */
static bool pass(struct scope *scope, struct db_conn *conn, const struct record_context *context,
                 struct record *record, const bool *fields, bool *moved)
{
    struct sql sql;
    sql_begin(&sql, scope);
    put_update(&sql, context, record, fields);
    struct row row;
    if (!sql_one(scope, conn, &sql, &row)) return false;
    for (int i = 0, column = 0; row.count > 0 && i < record->object->field_count; i++) {
        if (!fields[i]) continue;
        struct cell value = row.cells[column++];
        if (cell_equal(&value, &record->cells[i])) continue;
        record->cells[i] = value;
        moved[i] = true;
    }
    return true;
}

/* Does the formula wait for another field of its own record that is still to be computed? */
static bool is_waiting(const struct field *field, const bool *due)
{
    for (int u = 0; u < field->formula->use_count; u++) {
        const struct formula_use *use = &field->formula->uses[u];
        if (!use->via && use->field && use->object == field->object && due[use->field->index]) {
            return true;
        }
    }
    return false;
}

/* Moves those that wait for nothing from due to ready: what is dear is computed once. */
static bool ready_take(const struct object *object, bool *due, bool *ready)
{
    bool is_any = false;
    for (int i = 0; i < object->field_count; i++) {
        ready[i] = due[i] && !is_waiting(&object->fields[i], due);
        is_any = is_any || ready[i];
    }
    for (int i = 0; i < object->field_count; i++) due[i] = due[i] && !ready[i];
    return is_any;
}

struct stored_levels stored_levels(struct scope *scope, const struct object *object)
{
    struct stored_levels levels = { .of = scope_new(scope, int, object->field_count) };
    bool *due = scope_new(scope, bool, object->field_count);
    bool *ready = scope_new(scope, bool, object->field_count);
    for (int i = 0; i < object->field_count; i++) due[i] = object->fields[i].is_stored;
    for (; ready_take(object, due, ready); levels.count++) {
        for (int i = 0; i < object->field_count; i++) {
            if (ready[i]) levels.of[i] = levels.count;
        }
    }
    return levels;
}

bool stored_compute(struct scope *scope, struct db_conn *conn,
                    const struct record_context *context, struct record *record,
                    const bool *fields, bool *changed)
{
    const struct object *object = record->object;
    bool *due = scope_new(scope, bool, object->field_count);
    bool *ready = scope_new(scope, bool, object->field_count);
    for (int i = 0; i < object->field_count; i++) {
        due[i] = object->fields[i].is_stored && (!fields || fields[i]);
    }
    while (ready_take(object, due, ready)) { /* ends: formula_build has refused cycles */
        bool *moved = scope_new(scope, bool, object->field_count);
        if (!pass(scope, conn, context, record, ready, moved)) return false;
        for (int i = 0; changed && i < object->field_count; i++) {
            if (moved[i]) changed[i] = true;
        }
        stored_affected(object, moved, due);
    }
    return true;
}

/* ---- who else must be computed again ---- */

static bool dependant_add(struct scope *scope, struct dependants *out,
                          const struct object *object, struct uuid id, int field_index)
{
    for (int i = out->done_count; i < out->count; i++) {
        if (out->items[i].object == object && uuid_equal(out->items[i].id, id)) {
            out->items[i].fields[field_index] = true;
            return true;
        }
    }
    if (out->count == DEPENDANT_COUNT_MAX) {
        return error_set(scope, ERROR_TOO_LARGE, "record.too_many_dependants", STR(""));
    }
    if (out->count == out->capacity) {
        int capacity = out->capacity ? out->capacity * 2 : 8;
        struct dependant *items = scope_new(scope, struct dependant, capacity);
        if (out->count > 0) memcpy(items, out->items, sizeof(*items) * (size_t)out->count);
        out->items = items;
        out->capacity = capacity;
    }
    struct dependant *item = &out->items[out->count++];
    *item = (struct dependant){ object, id, scope_new(scope, bool, object->field_count) };
    item->fields[field_index] = true;
    return true;
}

static bool add_target(struct scope *scope, struct dependants *out, const struct object *object,
                       const struct record *from, const struct field *via, int field_index)
{
    if (!from || from->cells[via->index].kind != CELL_BLOB) return true;
    return dependant_add(scope, out, object, cell_uuid(&from->cells[via->index]), field_index);
}

/* Records of object that point to the written one through via. */
static bool add_pointing(struct scope *scope, struct db_conn *conn, struct dependants *out,
                         const struct object *object, const struct field *via, struct uuid id,
                         int field_index)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT id FROM "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" WHERE "));
    sql_name(&sql, via->column);
    sql_put(&sql, STR(" = "));
    sql_id(&sql, id);
    sql_put(&sql, STR(" AND deleted_at IS NULL"));
    struct rows rows;
    if (!sql_all(scope, conn, &sql, DEPENDANT_COUNT_MAX, &rows)) return false;
    for (int i = 0; i < rows.count; i++) {
        if (!dependant_add(scope, out, object, cell_uuid(&rows.items[i].cells[0]), field_index)) {
            return false;
        }
    }
    return true;
}

/* Records of object whose list names the written one. */
static bool add_listing(struct scope *scope, struct db_conn *conn, struct dependants *out,
                        const struct object *object, const struct field *via, struct uuid id,
                        int field_index)
{
    struct sql sql;
    struct rows rows;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT record FROM "));
    sql_name(&sql, via->link_table);
    sql_put(&sql, STR(" WHERE target = "));
    sql_id(&sql, id);
    if (!sql_all(scope, conn, &sql, DEPENDANT_COUNT_MAX, &rows)) return false;
    for (int i = 0; i < rows.count; i++) {
        if (!dependant_add(scope, out, object, cell_uuid(&rows.items[i].cells[0]), field_index)) {
            return false;
        }
    }
    return true;
}

/* Those the written record's list names. */
static bool add_listed(struct scope *scope, struct dependants *out, const struct object *object,
                       const struct record *from, const struct field *via, int field_index)
{
    if (!from) return true;
    struct links links = links_of(scope, &from->cells[via->index]);
    for (int i = 0; i < links.count; i++) {
        if (!dependant_add(scope, out, object, links.ids[i], field_index)) return false;
    }
    return true;
}

static bool use_add(struct scope *scope, struct db_conn *conn, const struct formula_use *use,
                    const struct record *before, const struct record *after, const bool *changed,
                    const struct object *object, int field_index, struct dependants *out)
{
    const struct record *record = after ? after : before;
    if (!use->via || use->object != record->object) return true;
    bool is_whole = !before || !after; /* created, deleted, restored */
    bool is_new = !before && record->version == 1;
    /* Without a field only coming and going count. */
    bool is_used = use->field && changed[use->field->index];
    if (use->is_many) {
        if (is_whole ? is_new : !is_used) return true;
        return add_listing(scope, conn, out, object, use->via, record->id, field_index);
    }
    if (use->is_forward) {
        if (is_whole ? is_new : !is_used) return true; /* nobody points to a new record yet */
        return add_pointing(scope, conn, out, object, use->via, record->id, field_index);
    }
    if (!is_whole && !is_used && !changed[use->via->index]) return true;
    if (field_kind(use->via) == VALUE_LINKS) {
        return add_listed(scope, out, object, before, use->via, field_index) &&
               add_listed(scope, out, object, after, use->via, field_index);
    }
    return add_target(scope, out, object, before, use->via, field_index) &&
           add_target(scope, out, object, after, use->via, field_index);
}

bool stored_dependants(struct scope *scope, struct db_conn *conn, const struct schema *schema,
                       const struct record *before, const struct record *after,
                       const bool *changed, struct dependants *out)
{
    for (int o = 0; o < schema->object_count; o++) {
        const struct object *object = &schema->objects[o];
        for (int i = 0; i < object->field_count; i++) {
            const struct field *field = &object->fields[i];
            if (!field->is_stored || !field->formula) continue;
            for (int u = 0; u < field->formula->use_count; u++) {
                if (!use_add(scope, conn, &field->formula->uses[u], before, after, changed,
                             object, i, out)) {
                    return false;
                }
            }
        }
    }
    return true;
}
