/*
 * Sub-tables: the records that belong to another one are written in its transaction, through
 * the same door as all others, so that their validations and rules hold. Who may update the
 * record may change its lines; with the record they go and come back. However a line is written,
 * the record it belongs to gets a version of its own and tells of it: what somebody has seen of
 * the whole is out of date then.
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
    *out = (struct write){ .verb = WRITE_CREATE, .object = field->to, .is_line = true };
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

/* What is read of the lines that are there. */
enum line_column { LINE_ID, LINE_NUMBER, LINE_TITLE };

/* Lines that are there (deleted_at_ms 0), or went at that moment, in their order. */
static bool lines_find(struct writing *w, const struct field *via, struct uuid whole,
                       int64_t deleted_at_ms, struct rows *out)
{
    const struct field *title = via->object->title;
    struct sql sql;
    sql_begin(&sql, w->scope);
    sql_put(&sql, STR("SELECT id, line_no, "));
    sql_name(&sql, title && title->column.size > 0 ? title->column : STR("id"));
    sql_put(&sql, STR(" FROM "));
    sql_name(&sql, via->object->table);
    sql_put(&sql, STR(" WHERE "));
    sql_name(&sql, via->column);
    sql_put(&sql, STR(" = "));
    sql_id(&sql, whole);
    if (deleted_at_ms == 0) {
        sql_put(&sql, STR(" AND deleted_at IS NULL"));
    } else {
        sql_put(&sql, STR(" AND deleted_at = "));
        sql_int(&sql, deleted_at_ms);
    }
    sql_put(&sql, STR(" ORDER BY line_no NULLS LAST, id"));
    return sql_all(w->scope, w->conn, &sql, LINE_COUNT_MAX * 50, out);
}

/* Where the line stands in them; -1: it does not. */
static int place_of(const struct rows *rows, struct uuid id)
{
    for (int i = 0; i < rows->count; i++) {
        if (uuid_equal(cell_uuid(&rows->items[i].cells[LINE_ID]), id)) return i;
    }
    return -1;
}

static bool is_kept(const struct line_list *lines, struct uuid id)
{
    for (int i = 0; i < lines->count; i++) {
        if (uuid_equal(lines->items[i].id, id)) return true;
    }
    return false;
}

/* One sub-table on its way from what it was to what it is to be. */
struct table {
    struct writing *w;
    const struct field *via;
    const struct line_list *lines;
    struct rows old;
    struct line_notes *notes;
};

static void note(struct table *table, const struct record *before, const struct record *after,
                 int number)
{
    struct line_note *item = &table->notes->items[table->notes->count++];
    *item = (struct line_note){ .number = number };
    if (before) {
        struct record *copy = scope_new(table->w->scope, struct record, 1);
        *copy = *before;
        item->before = copy;
    }
    if (after) {
        struct record *copy = scope_new(table->w->scope, struct record, 1);
        *copy = *after;
        item->after = copy;
    }
}

static struct engine_context line_context(struct writing *w)
{
    struct engine_context system = rule_context(w->scope, w->context, STR("lines"));
    system.via = w->context->via;
    return system;
}

/* The line, its reference to the record, its place, and the record's owner as its own. */
static struct write line_create(struct writing *w, const struct write *given,
                                const struct field *via, int number)
{
    const struct object *whole = w->object;
    struct write write = *given;
    struct changes changes = { scope_new(w->scope, struct change, given->changes.count + 3), 0 };
    bool has_owner = false;
    for (int i = 0; i < given->changes.count; i++) {
        const struct change *change = &given->changes.items[i];
        if (change->field == via) continue;
        has_owner = has_owner || change->field == via->object->owner;
        changes.items[changes.count++] = *change;
    }
    changes.items[changes.count++] =
        (struct change){ .field = via, .cell = cell_id(w->scope, w->after.id) };
    changes.items[changes.count++] =
        (struct change){ .field = via->object->line_no, .cell = cell_int(number) };
    if (via->object->owner && whole->owner && !has_owner) {
        changes.items[changes.count++] = (struct change){
            .field = via->object->owner, .cell = w->after.cells[whole->owner->index]
        };
    }
    write.changes = changes;
    return write;
}

/* One of this record that was taken away before: who puts the old list back wants it back. */
static bool line_recall(struct table *table, struct uuid id)
{
    struct writing *w = table->w;
    struct engine_context system = line_context(w);
    struct write write = { .verb = WRITE_RESTORE, .object = table->via->object, .id = id,
                           .is_line = true };
    struct sql sql;
    struct row row;
    sql_begin(&sql, w->scope);
    sql_put(&sql, STR("SELECT 1 FROM "));
    sql_name(&sql, table->via->object->table);
    sql_put(&sql, STR(" WHERE deleted_at IS NOT NULL AND id = "));
    sql_id(&sql, id);
    sql_put(&sql, STR(" AND "));
    sql_name(&sql, table->via->column);
    sql_put(&sql, STR(" = "));
    sql_id(&sql, w->after.id);
    if (!sql_one(w->scope, w->conn, &sql, &row)) return false;
    if (row.count == 0) {
        return error_add(w->scope, ERROR_INVALID, "field.not_reference", STR("id"));
    }
    return engine_write_at(w->scope, w->conn, &system, &write, w->depth + 1, NULL, NULL);
}

static bool line_number_put(struct table *table, struct uuid id, int number)
{
    struct sql sql;
    sql_begin(&sql, table->w->scope);
    sql_put(&sql, STR("UPDATE "));
    sql_name(&sql, table->via->object->table);
    sql_put(&sql, STR(" SET line_no = "));
    sql_int(&sql, number);
    sql_put(&sql, STR(" WHERE id = "));
    sql_id(&sql, id);
    return sql_exec(table->w->scope, table->w->conn, &sql);
}

/* Where a line stands is the record's matter: the line gets no version for it. */
static bool line_place(struct table *table, struct uuid id, int number)
{
    int place = place_of(&table->old, id);
    const struct cell *was = place >= 0 ? &table->old.items[place].cells[LINE_NUMBER] : NULL;
    bool is_there = was && was->kind == CELL_INT && was->integer == number;
    return is_there || line_number_put(table, id, number);
}

static bool line_update(struct table *table, const struct write *write, int number)
{
    struct writing *w = table->w;
    struct record before, after;
    bool is_back = place_of(&table->old, write->id) < 0;
    if (is_back && !line_recall(table, write->id)) return false;
    if (!line_place(table, write->id, number)) return false;
    if (write->changes.count == 0 && !is_back) return true;
    if (!record_load(w->scope, w->conn, &w->record_context, write->object, write->id, ACTION_READ,
                     &before) ||
        !engine_write_at(w->scope, w->conn, w->context, write, w->depth + 1, &after, NULL)) {
        return false;
    }
    if (is_back || after.version != before.version) {
        note(table, is_back ? NULL : &before, &after, number);
    }
    return true;
}

static bool line_write(struct table *table, const struct write *given, int number)
{
    struct writing *w = table->w;
    struct record after;
    if (given->verb == WRITE_UPDATE) return line_update(table, given, number);
    struct write write = line_create(w, given, table->via, number);
    if (!engine_write_at(w->scope, w->conn, w->context, &write, w->depth + 1, &after, NULL)) {
        return false;
    }
    note(table, NULL, &after, number);
    return true;
}

static bool line_drop(struct table *table, int place)
{
    struct writing *w = table->w;
    struct engine_context system = line_context(w);
    struct record_context record_context = engine_record_context(&system);
    struct record before;
    struct write write = { .verb = WRITE_DELETE, .object = table->via->object, .is_line = true,
                           .id = cell_uuid(&table->old.items[place].cells[LINE_ID]) };
    if (!record_load(w->scope, w->conn, &record_context, write.object, write.id, ACTION_READ,
                     &before) ||
        !engine_write_at(w->scope, w->conn, &system, &write, w->depth + 1, NULL, NULL)) {
        return false;
    }
    note(table, &before, NULL, place + 1);
    return true;
}

static struct str title_of(const struct table *table, int place)
{
    const struct value_context values = { table->w->context->snapshot->schema,
                                          table->w->context->actor.language,
                                          table->w->context->now_ms };
    const struct field *title = table->via->object->title;
    struct str text = STR("");
    if (title && title->column.size > 0 && field_kind(title) != VALUE_ID) {
        text = field_text(table->w->scope, &values, title,
                          &table->old.items[place].cells[LINE_TITLE]);
    }
    return text.size > 0 ? text : scope_format(table->w->scope, "%d", place + 1);
}

/* Lines that were there and stay, told when they stand in another order than before. */
static void note_order(struct table *table)
{
    struct scope *scope = table->w->scope;
    int *old = scope_new(scope, int, table->old.count + 1);
    int *now = scope_new(scope, int, table->lines->count + 1);
    int old_count = 0, count = 0, first = 0;
    for (int i = 0; i < table->old.count; i++) {
        if (is_kept(table->lines, cell_uuid(&table->old.items[i].cells[LINE_ID]))) {
            old[old_count++] = i;
        }
    }
    for (int i = 0; i < table->lines->count && count < old_count; i++) {
        int place = place_of(&table->old, table->lines->items[i].id);
        if (place >= 0) now[count++] = place;
    }
    while (first < count && old[first] == now[first]) first += 1;
    while (count > first && old[count - 1] == now[count - 1]) count -= 1;
    if (first == count) return;
    struct str *before = scope_new(scope, struct str, count - first);
    struct str *after = scope_new(scope, struct str, count - first);
    for (int i = first; i < count; i++) {
        before[i - first] = title_of(table, old[i]);
        after[i - first] = title_of(table, now[i]);
    }
    table->notes->old_order = before;
    table->notes->new_order = after;
    table->notes->order_count = count - first;
}

static bool is_named_twice(const struct line_list *lines, int at)
{
    for (int i = 0; i < at; i++) {
        bool is_same = lines->items[at].verb == WRITE_UPDATE &&
                       uuid_equal(lines->items[i].id, lines->items[at].id);
        if (is_same) return true;
    }
    return false;
}

static bool table_write(struct writing *w, const struct change *change, struct line_notes *notes)
{
    struct table table = { .w = w, .via = field_lines_via(change->field),
                           .lines = lines_in(change), .notes = notes };
    if (!lines_find(w, table.via, w->after.id, 0, &table.old)) return false;
    notes->field = change->field;
    notes->items =
        scope_new(w->scope, struct line_note, table.old.count + table.lines->count + 1);
    for (int i = 0; i < table.old.count; i++) {
        bool stays = is_kept(table.lines, cell_uuid(&table.old.items[i].cells[LINE_ID]));
        if (!stays && !line_drop(&table, i)) return false;
    }
    for (int i = 0; i < table.lines->count; i++) {
        struct error_item *last = w->scope->error.last;
        bool is_ok = is_named_twice(table.lines, i)
                         ? error_add(w->scope, ERROR_INVALID, "field.line_twice", STR("id"))
                         : line_write(&table, &table.lines->items[i], i + 1);
        if (is_ok) continue;
        blame_line(w->scope, last ? last->next : w->scope->error.first, change->field, i);
        return false;
    }
    note_order(&table);
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

static bool tell(struct writing *w, const struct line_notes *notes)
{
    return !notes->field || record_note(w->scope, w->conn, &w->record_context, &w->after,
                                        notes->field, lines_note(w->scope, notes));
}

bool lines_write(struct writing *w, bool *is_changed)
{
    const struct changes *changes = &w->write->changes;
    struct line_notes *notes = scope_new(w->scope, struct line_notes, changes->count + 1);
    int count = 0;
    for (int i = 0; i < changes->count; i++) {
        if (field_kind(changes->items[i].field) != VALUE_LINES) continue;
        notes[count] = (struct line_notes){ .field = NULL };
        if (!table_write(w, &changes->items[i], &notes[count])) return false;
        if (notes[count].count > 0 || notes[count].order_count > 0) count += 1;
    }
    if (w->write->touched) notes[count++] = *w->write->touched;
    if (count == 0) return true;
    if (!reload(w)) return false;
    if (w->write->verb == WRITE_CREATE) return true; /* what it began with needs no telling */
    if (!*is_changed && !record_touch(w->scope, w->conn, &w->record_context, &w->after)) {
        return false;
    }
    *is_changed = true;
    for (int i = 0; i < count; i++) {
        if (!tell(w, &notes[i])) return false;
    }
    return true;
}

/* ---- a line by itself ---- */

bool lines_may_join(struct writing *w)
{
    const struct field *via = w->object->owned_by;
    struct record whole;
    if (!via || w->write->is_line || actor_is_system(&w->context->actor)) return true;
    const struct cell *cell = &w->after.cells[via->index];
    if (w->before.cells && cell_equal(cell, &w->before.cells[via->index])) return true;
    if (cell->kind != CELL_BLOB) {
        return error_add(w->scope, ERROR_INVALID, "field.required", via->name);
    }
    return record_load(w->scope, w->conn, &w->record_context, via->to, cell_uuid(cell),
                       ACTION_UPDATE, &whole);
}

bool line_number_next(struct writing *w)
{
    const struct object *object = w->object;
    const struct field *via = object->owned_by;
    if (!via || w->after.cells[via->index].kind != CELL_BLOB) return true;
    struct cell *number = record_cell(&w->after, object->line_no);
    bool is_given = w->before.cells
                        ? cell_equal(&w->after.cells[via->index], &w->before.cells[via->index])
                        : number->kind == CELL_INT;
    if (is_given) return true;
    struct sql sql;
    struct row row;
    sql_begin(&sql, w->scope);
    sql_put(&sql, STR("SELECT COALESCE(MAX(line_no), 0) + 1 FROM "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" WHERE deleted_at IS NULL AND "));
    sql_name(&sql, via->column);
    sql_put(&sql, STR(" = "));
    sql_value(&sql, w->after.cells[via->index]);
    if (!sql_one(w->scope, w->conn, &sql, &row)) return false;
    *number = row.cells[0];
    return true;
}

/* The sub-table that shows what belongs through the reference; NULL: none does. */
static const struct field *table_of(const struct field *via)
{
    for (int i = 0; i < via->to->field_count; i++) {
        const struct field *field = &via->to->fields[i];
        if (field_kind(field) == VALUE_LINES && field_lines_via(field) == via) return field;
    }
    return NULL;
}

/* Those behind the one that went move up. */
static bool close_ranks(struct writing *w, const struct field *via, struct uuid whole)
{
    struct table table = { .w = w, .via = via };
    if (!lines_find(w, via, whole, 0, &table.old)) return false;
    for (int i = 0; i < table.old.count; i++) {
        if (!line_place(&table, cell_uuid(&table.old.items[i].cells[LINE_ID]), i + 1)) return false;
    }
    return true;
}

static bool is_by_itself(const struct writing *w)
{
    return w->object->owned_by && !w->write->is_line;
}

static bool remember(struct writing *w, const struct cell *whole, struct record *out)
{
    struct engine_context system = line_context(w);
    struct record_context record_context = engine_record_context(&system);
    if (whole->kind != CELL_BLOB ||
        record_load(w->scope, w->conn, &record_context, w->object->owned_by->to,
                    cell_uuid(whole), ACTION_READ, out)) {
        return true;
    }
    if (w->scope->error.code != ERROR_NOT_FOUND) return false;
    scope_error_clear(w->scope); /* it is gone itself */
    return true;
}

bool lines_remember(struct writing *w)
{
    struct cell nothing = cell_null();
    if (!is_by_itself(w)) return true;
    int via = w->object->owned_by->index;
    const struct cell *old = w->before.cells ? &w->before.cells[via] : &nothing;
    const struct cell *now = w->write->verb == WRITE_DELETE ? &nothing : &w->after.cells[via];
    return remember(w, cell_equal(old, now) ? &nothing : old, &w->wholes[0]) &&
           remember(w, now, &w->wholes[1]);
}

static bool tell_whole(struct writing *w, const struct record *whole, const struct record *before,
                       const struct record *after)
{
    const struct field *via = w->object->owned_by;
    const struct record *line = after ? after : before;
    if (!whole->cells) return true;
    struct line_note item = { before, after,
                              (int)line->cells[w->object->line_no->index].integer };
    struct line_notes notes = { .field = table_of(via), .items = &item, .count = 1,
                                .whole = whole,
                                .is_quiet = w->depth > 0 || w->write->is_history };
    struct write touch = { .verb = WRITE_UPDATE, .object = via->to, .id = whole->id,
                           .touched = &notes };
    return (after || close_ranks(w, via, whole->id)) &&
           engine_write_at(w->scope, w->conn, w->context, &touch, w->depth + 1, NULL, NULL);
}

bool lines_tell(struct writing *w)
{
    bool is_update = w->write->verb == WRITE_UPDATE;
    if (!is_by_itself(w) || (is_update && w->before.version == w->after.version)) return true;
    bool stays = is_update && !w->wholes[0].cells;
    return tell_whole(w, &w->wholes[0], &w->before, NULL) &&
           tell_whole(w, &w->wholes[1], stays ? &w->before : NULL, &w->after);
}

/* ---- with the record ---- */

static bool each_line(struct writing *w, int64_t deleted_at_ms, enum write_verb verb)
{
    struct engine_context system = line_context(w);
    for (int i = 0; i < w->object->field_count; i++) {
        const struct field *field = &w->object->fields[i];
        const struct field *via = field_kind(field) == VALUE_LINES ? field_lines_via(field) : NULL;
        struct rows rows;
        if (!via) continue;
        if (!lines_find(w, via, w->after.id, deleted_at_ms, &rows)) return false;
        for (int r = 0; r < rows.count; r++) {
            struct write write = { .verb = verb, .object = via->object, .is_line = true,
                                   .id = cell_uuid(&rows.items[r].cells[LINE_ID]) };
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
