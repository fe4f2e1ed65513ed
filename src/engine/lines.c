/*
 * Sub-tables: the records that belong to another one are written in its transaction, through
 * the same door as all others, so that their validations and rules hold. Who may update the
 * record may change its lines; with the record they go and come back.
 */
#include "engine/inner.h"

/* ---- what came in ---- */

static void blame_line(struct scope *scope, struct error_item *item, const struct field *field,
                       int index)
{
    for (; item; item = item->next) {
        item->field = scope_format(scope, "%.*s[%d]%s%.*s", STR_ARG(field->name), index,
                                   item->field.size > 0 ? "." : "", STR_ARG(item->field));
    }
}

static bool line_parse(struct scope *scope, const struct engine_context *context,
                       const struct field *field, const struct json *map, struct write *out)
{
    const struct json *id = json_get(map, "id");
    const struct json *version = json_get(map, "version");
    *out = (struct write){ .verb = WRITE_CREATE, .object = field->to };
    if (map->kind != JSON_KIND_MAP) {
        return error_add(scope, ERROR_INVALID, "request.not_map", STR(""));
    }
    if (id && id->kind != JSON_KIND_NULL) {
        if (!uuid_parse(id->text, &out->id)) {
            return error_add(scope, ERROR_INVALID, "field.not_id", STR("id"));
        }
        out->verb = WRITE_UPDATE;
    }
    if (version && version->kind == JSON_KIND_INT) out->version = version->integer;
    return engine_parse(scope, context, field->to, map, false, &out->changes);
}

bool lines_parse(struct scope *scope, const struct engine_context *context,
                 const struct field *field, const struct json *list, struct cell *out)
{
    struct line_list *lines = scope_new(scope, struct line_list, 1);
    bool is_ok = true;
    if (list->kind != JSON_KIND_LIST) {
        return error_add(scope, ERROR_INVALID, "field.not_list", field->name);
    }
    if (list->count > LINE_COUNT_MAX) {
        return error_add(scope, ERROR_INVALID, "field.too_many_lines", field->name);
    }
    lines->items = scope_new(scope, struct write, list->count + 1);
    for (int i = 0; i < list->count; i++) {
        struct error_item *last = scope->error.last;
        if (line_parse(scope, context, field, &list->items[i], &lines->items[i])) continue;
        blame_line(scope, last ? last->next : scope->error.first, field, i);
        is_ok = false;
    }
    lines->count = list->count;
    *out = cell_blob((struct str){ (const char *)lines, sizeof(*lines) });
    return is_ok;
}

static const struct line_list *lines_in(const struct change *change)
{
    return (const struct line_list *)(const void *)change->cell.text.data;
}

/* ---- writing ---- */

/* Lines that are there (deleted_at_ms 0), or went at that moment. */
static bool lines_find(struct writing *w, const struct field *via, int64_t deleted_at_ms,
                       struct rows *out)
{
    struct sql sql;
    sql_begin(&sql, w->scope);
    sql_put(&sql, STR("SELECT id FROM "));
    sql_name(&sql, via->object->table);
    sql_put(&sql, STR(" WHERE "));
    sql_name(&sql, via->column);
    sql_put(&sql, STR(" = "));
    sql_id(&sql, w->after.id);
    if (deleted_at_ms == 0) {
        sql_put(&sql, STR(" AND deleted_at IS NULL"));
    } else {
        sql_put(&sql, STR(" AND deleted_at = "));
        sql_int(&sql, deleted_at_ms);
    }
    sql_put(&sql, STR(" ORDER BY id"));
    return sql_all(w->scope, w->conn, &sql, LINE_COUNT_MAX * 50, out);
}

static bool is_there(const struct rows *rows, struct uuid id)
{
    for (int i = 0; i < rows->count; i++) {
        if (uuid_equal(cell_uuid(&rows->items[i].cells[0]), id)) return true;
    }
    return false;
}

static bool is_kept(const struct line_list *lines, struct uuid id)
{
    for (int i = 0; i < lines->count; i++) {
        if (uuid_equal(lines->items[i].id, id)) return true;
    }
    return false;
}

/* The line, its reference to the record, and the record's owner as its own. */
static struct write line_create(struct writing *w, const struct write *given,
                                const struct field *via)
{
    const struct object *whole = w->object;
    struct write write = *given;
    struct changes changes = { scope_new(w->scope, struct change, given->changes.count + 2), 0 };
    bool has_owner = false;
    for (int i = 0; i < given->changes.count; i++) {
        const struct change *change = &given->changes.items[i];
        if (change->field == via) continue;
        has_owner = has_owner || change->field == via->object->owner;
        changes.items[changes.count++] = *change;
    }
    changes.items[changes.count++] =
        (struct change){ .field = via, .cell = cell_id(w->scope, w->after.id) };
    if (via->object->owner && whole->owner && !has_owner) {
        changes.items[changes.count++] = (struct change){
            .field = via->object->owner, .cell = w->after.cells[whole->owner->index]
        };
    }
    write.changes = changes;
    return write;
}

static bool line_write(struct writing *w, const struct write *given, const struct field *via,
                       const struct rows *old, bool *is_any)
{
    struct write write = *given;
    struct record line;
    if (given->verb == WRITE_CREATE) {
        write = line_create(w, given, via);
        *is_any = true;
        return engine_write_at(w->scope, w->conn, w->context, &write, w->depth + 1, &line, NULL);
    }
    if (!is_there(old, given->id)) {
        return error_add(w->scope, ERROR_INVALID, "field.not_reference", STR("id"));
    }
    int64_t version = 0;
    if (given->changes.count == 0) return true;
    if (!record_load(w->scope, w->conn, &w->record_context, given->object, given->id,
                     ACTION_READ, &line)) {
        return false;
    }
    version = line.version;
    if (!engine_write_at(w->scope, w->conn, w->context, &write, w->depth + 1, &line, NULL)) {
        return false;
    }
    *is_any = *is_any || line.version != version;
    return true;
}

static bool line_drop(struct writing *w, const struct object *object, struct uuid id)
{
    struct engine_context system = rule_context(w->scope, w->context, STR("lines"));
    struct write write = { .verb = WRITE_DELETE, .object = object, .id = id };
    system.via = w->context->via;
    return engine_write_at(w->scope, w->conn, &system, &write, w->depth + 1, NULL, NULL);
}

static bool table_write(struct writing *w, const struct change *change, bool *is_any)
{
    const struct field *via = field_lines_via(change->field);
    const struct line_list *lines = lines_in(change);
    struct rows old;
    if (!lines_find(w, via, 0, &old)) return false;
    for (int i = 0; i < old.count; i++) {
        struct uuid id = cell_uuid(&old.items[i].cells[0]);
        if (is_kept(lines, id)) continue;
        if (!line_drop(w, via->object, id)) return false;
        *is_any = true;
    }
    for (int i = 0; i < lines->count; i++) {
        struct error_item *last = w->scope->error.last;
        if (line_write(w, &lines->items[i], via, &old, is_any)) continue;
        blame_line(w->scope, last ? last->next : w->scope->error.first, change->field, i);
        return false;
    }
    return true;
}

/* What lines have moved in their record (sums kept in it) is seen by what judges it. */
static bool reload(struct writing *w)
{
    struct engine_context system = *w->context;
    system.actor.role = NULL;
    struct record_context record_context = engine_record_context(&system);
    return record_load(w->scope, w->conn, &record_context, w->object, w->after.id, ACTION_READ,
                       &w->after);
}

bool lines_write(struct writing *w, bool *is_any)
{
    *is_any = false;
    for (int i = 0; i < w->write->changes.count; i++) {
        const struct change *change = &w->write->changes.items[i];
        if (field_kind(change->field) != VALUE_LINES) continue;
        if (!table_write(w, change, is_any)) return false;
    }
    return !*is_any || reload(w);
}

bool lines_may_join(struct writing *w)
{
    const struct field *via = w->object->owned_by;
    struct record whole;
    bool is_with_record = w->depth > 0; /* a line of the record that is being written */
    if (!via || is_with_record || actor_is_system(&w->context->actor)) return true;
    const struct cell *cell = &w->after.cells[via->index];
    if (w->before.cells && cell_equal(cell, &w->before.cells[via->index])) return true;
    if (cell->kind != CELL_BLOB) {
        return error_add(w->scope, ERROR_INVALID, "field.required", via->name);
    }
    return record_load(w->scope, w->conn, &w->record_context, via->to, cell_uuid(cell),
                       ACTION_UPDATE, &whole);
}

/* ---- with the record ---- */

static bool each_line(struct writing *w, int64_t deleted_at_ms, enum write_verb verb)
{
    struct engine_context system = rule_context(w->scope, w->context, STR("lines"));
    system.via = w->context->via;
    for (int i = 0; i < w->object->field_count; i++) {
        const struct field *field = &w->object->fields[i];
        const struct field *via = field_kind(field) == VALUE_LINES ? field_lines_via(field) : NULL;
        struct rows rows;
        if (!via) continue;
        if (!lines_find(w, via, deleted_at_ms, &rows)) return false;
        for (int r = 0; r < rows.count; r++) {
            struct write write = { .verb = verb, .object = via->object,
                                   .id = cell_uuid(&rows.items[r].cells[0]) };
            if (!engine_write_at(w->scope, w->conn, &system, &write, w->depth + 1, NULL, NULL)) {
                return false;
            }
        }
    }
    return true;
}

bool lines_delete(struct writing *w)
{
    return each_line(w, 0, WRITE_DELETE);
}

bool lines_restore(struct writing *w, int64_t deleted_at_ms)
{
    return each_line(w, deleted_at_ms, WRITE_RESTORE);
}

bool lines_deleted_at(struct writing *w, int64_t *out_ms)
{
    struct sql sql;
    struct row row;
    sql_begin(&sql, w->scope);
    sql_put(&sql, STR("SELECT deleted_at FROM "));
    sql_name(&sql, w->object->table);
    sql_put(&sql, STR(" WHERE id = "));
    sql_id(&sql, w->write->id);
    if (!sql_one(w->scope, w->conn, &sql, &row)) return false;
    *out_ms = row.count > 0 ? row.cells[0].integer : 0;
    return true;
}
