/*
 * What became of lines, as the history of their record keeps it: values as text by the ids of
 * their fields, as in rows of change, so that it can be read after renames.
 * {"lines":[{"id","number","title"?,"is"?: "added" or "removed","values":[[field, old, new]…]}…],
 * "order"?:{"old":[title…],"new":[title…]}}
 */
#include "engine/inner.h"

enum { NOTE_SIZE_MAX = 16 * 1024 * 1024 };

static bool is_told(const struct field *field)
{
    return field->column.size > 0 && !field->is_system && !field->is_stored &&
           field != field->object->owned_by;
}

static void put_kept(struct scope *scope, struct json_writer *writer, const struct field *field,
                     const struct record *record)
{
    const struct cell *cell = record ? &record->cells[field->index] : NULL;
    if (cell && cell->kind != CELL_NULL) {
        json_put_str(writer, field_store_text(scope, field, cell));
    } else {
        json_put_null(writer);
    }
}

static void put_values(struct scope *scope, struct json_writer *writer,
                       const struct line_note *note, const struct object *object)
{
    struct cell nothing = cell_null();
    json_key(writer, STR("values"));
    json_list_begin(writer);
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        const struct cell *old = note->before ? &note->before->cells[i] : &nothing;
        const struct cell *now = note->after ? &note->after->cells[i] : &nothing;
        if (!is_told(field) || cell_equal(old, now)) continue;
        json_list_begin(writer);
        json_put_int(writer, field->id);
        put_kept(scope, writer, field, note->before);
        put_kept(scope, writer, field, note->after);
        json_list_end(writer);
    }
    json_list_end(writer);
}

static void put_note(struct scope *scope, struct json_writer *writer, const struct line_note *note)
{
    const struct record *line = note->after ? note->after : note->before;
    const struct field *title = line->object->title;
    json_map_begin(writer);
    json_key(writer, STR("id"));
    json_put_id(writer, line->id);
    json_member_int(writer, "number", note->number);
    if (title && title->column.size > 0 && line->cells[title->index].kind != CELL_NULL) {
        json_key(writer, STR("title"));
        json_put_str(writer, field_store_text(scope, title, &line->cells[title->index]));
    }
    if (!note->before) json_member_str(writer, "is", STR("added"));
    if (!note->after) json_member_str(writer, "is", STR("removed"));
    put_values(scope, writer, note, line->object);
    json_map_end(writer);
}

static void put_order(struct json_writer *writer, const char *name, const struct str *titles,
                      int count)
{
    json_key(writer, str_of(name));
    json_list_begin(writer);
    for (int i = 0; i < count; i++) json_put_str(writer, titles[i]);
    json_list_end(writer);
}

struct str lines_note(struct scope *scope, const struct line_notes *notes)
{
    struct buf text;
    struct json_writer writer;
    buf_begin(&text, scope, NOTE_SIZE_MAX);
    json_begin(&writer, &text);
    json_map_begin(&writer);
    json_key(&writer, STR("lines"));
    json_list_begin(&writer);
    for (int i = 0; i < notes->count; i++) put_note(scope, &writer, &notes->items[i]);
    json_list_end(&writer);
    if (notes->order_count > 0) {
        json_key(&writer, STR("order"));
        json_map_begin(&writer);
        put_order(&writer, "old", notes->old_order, notes->order_count);
        put_order(&writer, "new", notes->new_order, notes->order_count);
        json_map_end(&writer);
    }
    json_map_end(&writer);
    return buf_str(&text);
}
