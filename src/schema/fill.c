/*
 * Stored formulas whose columns are still being filled: rows of the table filling, by field. A
 * definition says "stored" from the start, and the column is there; what is not there yet is the
 * trust in it, and that is a matter of the snapshot alone. So nothing is undone when a job is
 * cancelled or fails: the field goes on being computed when it is read.
 */
#include "schema/schema_inner.h"

bool field_is_kept(const struct field *field)
{
    return !field->is_shadow && (field->is_stored || field->fill_job != 0);
}

static bool is_in_unique(const struct field *field)
{
    const struct object *object = field->object;
    for (int i = 0; i < object->unique_count; i++) {
        for (int k = 0; k < object->uniques[i].count; k++) {
            if (object->uniques[i].fields[k] == field) return true;
        }
    }
    return false;
}

/*
 * What is unique is judged while whoever asks for it waits; titles are read from their columns;
 * references to others make ways back, and those of inherited sight are in every predicate.
 */
bool field_may_wait(const struct field *field)
{
    enum value_kind kind = field_kind(field);
    bool is_link = kind == VALUE_ID || kind == VALUE_LINKS || kind == VALUE_LINES;
    return field_is_kept(field) && !field->is_hidden && !field->is_unique && !is_link &&
           field != field->object->title && !is_in_unique(field);
}

bool schema_fill_begin(struct scope *scope, struct db_conn *conn, const struct field *field,
                       int64_t job)
{
    const struct cell args[] = { cell_int(field->id), cell_int(field->object->id),
                                 cell_int(job) };
    return db_exec(scope, conn,
                   STR("INSERT INTO filling (field, object, job, is_on) VALUES (?, ?, ?, 0) "
                       "ON CONFLICT (field) DO UPDATE SET job = excluded.job, is_on = 0"),
                   args, 3);
}

bool schema_fill_turn(struct scope *scope, struct db_conn *conn, int64_t job)
{
    const struct cell arg = cell_int(job);
    return db_exec(scope, conn, STR("UPDATE filling SET is_on = 1 WHERE job = ?"), &arg, 1) &&
           version_grow(scope, conn);
}

bool schema_fill_end(struct scope *scope, struct db_conn *conn, int64_t job)
{
    const struct cell arg = cell_int(job);
    return db_exec(scope, conn, STR("DELETE FROM filling WHERE job = ?"), &arg, 1) &&
           version_grow(scope, conn);
}

/* ---- in a snapshot ---- */

/* fields_build() has left room for one of each stored formula. */
static void shadow_add(struct object *object, const struct field *field)
{
    struct field *shadow = &object->fields[object->field_count];
    *shadow = *field;
    shadow->index = object->field_count++;
    shadow->is_hidden = shadow->is_shadow = true;
}

bool fills_load(struct scope *scope, struct db_conn *conn, struct schema *schema)
{
    struct rows rows;
    if (!db_all(scope, conn,
                STR("SELECT object, field, job, is_on FROM filling ORDER BY field"), NULL, 0,
                SCHEMA_OBJECT_COUNT_MAX * SCHEMA_FIELD_COUNT_MAX, &rows)) {
        return false;
    }
    for (int i = 0; i < rows.count; i++) {
        const struct cell *cells = rows.items[i].cells;
        struct object *object = schema_object_by_id(schema, cells[0].integer);
        struct field *field = object ? object_field_by_id(object, cells[1].integer) : NULL;
        if (!field || !field->is_stored) continue; /* taken away since, or not stored any more */
        if (cells[3].integer != 0) shadow_add(object, field);
        field->fill_job = cells[2].integer;
        field->is_stored = false;
        field->column = STR("");
    }
    return true;
}
