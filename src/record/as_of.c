/*
 * A record as it was: the history keeps the old value of every change, so a field's
 * value at a moment is the old value of the first change after it, else the present
 * one. Stages come from the stays. Stored formulas are of the present: what they
 * stood on then is not kept.
 */
#include "record/record.h"

/* Takes the first old value of each field from rows of (field, old, version) in their order. */
static bool take_olds(struct scope *scope, const struct rows *rows, struct record *record)
{
    const struct object *object = record->object;
    bool *is_taken = scope_new(scope, bool, object->field_count);
    for (int i = 0; i < rows->count; i++) {
        const struct cell *row = rows->items[i].cells;
        const struct field *field = object_field_by_id(object, row[0].integer);
        if (i == 0) record->version = row[2].integer - 1;
        if (!field || field->column.size == 0 || is_taken[field->index]) continue;
        is_taken[field->index] = true;
        if (row[1].kind != CELL_TEXT) {
            record->cells[field->index] = cell_null();
        } else if (!field_load_text(scope, field, row[1].text, &record->cells[field->index])) {
            scope_error_clear(scope); /* kept when the field was of another type */
            record->cells[field->index] = cell_null();
        }
    }
    return true;
}

static bool changes_load(struct scope *scope, struct db_conn *conn, const struct record *record,
                         int64_t after_ms, struct rows *out)
{
    struct cell args[] = { cell_int(record->object->id), cell_id(scope, record->id),
                           cell_int(after_ms), cell_int(CHANGE_CREATED) };
    return db_all(scope, conn,
                  STR("SELECT field, old, version, at FROM change WHERE object = ? AND "
                      "record = ? AND at > ? AND field <> ? ORDER BY id"),
                  args, 4, RECORD_CHANGE_COUNT_MAX, out);
}

static void set_named(struct record *record, const char *name, struct cell value)
{
    const struct field *field = object_field(record->object, str_of(name));
    if (field) record->cells[field->index] = value;
}

bool record_at_creation(struct scope *scope, struct db_conn *conn, const struct record *record,
                        struct record *out)
{
    struct rows rows;
    *out = record_copy(scope, record);
    if (!changes_load(scope, conn, record, INT64_MIN, &rows) || !take_olds(scope, &rows, out)) {
        return false;
    }
    out->version = 1;
    set_named(out, "version", cell_int(1));
    return true;
}

/* Who last wrote it until then. */
static bool writer_at(struct scope *scope, struct db_conn *conn, int64_t at_ms,
                      struct record *record)
{
    struct cell args[] = { cell_int(record->object->id), cell_id(scope, record->id),
                           cell_int(at_ms), cell_int(CHANGE_RESTORED) };
    struct row row;
    if (!db_one(scope, conn,
                STR("SELECT at, \"by\" FROM change WHERE object = ? AND record = ? AND at <= ? "
                    "AND field >= ? ORDER BY id DESC LIMIT 1"),
                args, 4, &row)) {
        return false;
    }
    const struct field *at = object_field(record->object, STR("created_at"));
    const struct field *by = object_field(record->object, STR("created_by"));
    set_named(record, "updated_at", row.count > 0 ? row.cells[0] : record->cells[at->index]);
    set_named(record, "updated_by", row.count > 0 ? row.cells[1] : record->cells[by->index]);
    return true;
}

/* The stay of that moment says when the stage was entered, and whether that was the end. */
static bool stage_at(struct scope *scope, struct db_conn *conn, const struct schema *schema,
                     int64_t at_ms, struct record *record)
{
    const struct object *object = record->object;
    struct cell args[] = { cell_id(scope, record->id), cell_int(object->id), cell_int(at_ms) };
    struct row row;
    if (!object->has_pipeline) return true;
    if (!db_one(scope, conn,
                STR("SELECT pipeline, stage, entered_at FROM stage_stay WHERE record = ? AND "
                    "object = ? AND entered_at <= ? ORDER BY entered_at DESC, id DESC LIMIT 1"),
                args, 3, &row)) {
        return false;
    }
    if (row.count == 0) return true;
    const struct stage *stage = schema_stage_by_id(schema, row.cells[1].integer);
    bool is_closed = stage && stage->kind != STAGE_OPEN;
    *record_cell(record, object->pipeline) = row.cells[0];
    *record_cell(record, object->stage) = row.cells[1];
    *record_cell(record, object->stage_entered_at) = row.cells[2];
    *record_cell(record, object->closed_at) = is_closed ? row.cells[2] : cell_null();
    return true;
}

bool record_as_of(struct scope *scope, struct db_conn *conn, const struct record_context *context,
                  const struct object *object, struct uuid id, int64_t at_ms, struct record *out)
{
    struct record now;
    struct rows rows;
    if (!record_load(scope, conn, context, object, id, ACTION_READ, &now)) return false;
    const struct field *created = object_field(object, STR("created_at"));
    if (!created || now.cells[created->index].integer > at_ms) {
        return error_set(scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
    }
    *out = record_copy(scope, &now);
    if (!changes_load(scope, conn, &now, at_ms, &rows)) return false;
    for (int i = 0; i < rows.count; i++) {
        int64_t field = rows.items[i].cells[0].integer;
        if (field == CHANGE_DELETED) break; /* it was there, until later */
        if (field == CHANGE_RESTORED) {
            return error_set(scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
        }
    }
    if (!take_olds(scope, &rows, out)) return false;
    set_named(out, "version", cell_int(out->version));
    if (rows.count > 0 && !writer_at(scope, conn, at_ms, out)) return false;
    return stage_at(scope, conn, context->access->schema, at_ms, out);
}
