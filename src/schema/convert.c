/*
 * A value of one type as a value of another. Numbers, days and moments are counted over;
 * everything else becomes what its text would be, typed into the other field.
 */
#include "base/decimal.h"
#include "base/time.h"
#include "schema/schema_inner.h"

static bool is_type(const struct field *field, const char *const *names)
{
    for (int i = 0; names[i]; i++) {
        if (str_is(str_of(field->type->name), names[i])) return true;
    }
    return false;
}

bool field_may_convert(const struct field *from, const struct field *to)
{
    static const char *const values[] = { "text", "long_text", "rich_text", "integer", "number",
                                          "money", "percent", "duration", "boolean", "date",
                                          "datetime", "choice", "multi_choice", "phone", "mail",
                                          "url", "region", "barcode", NULL };
    static const char *const links[] = { "reference", "person", "team", "auto_number", NULL };
    static const char *const texts[] = { "text", "long_text", "rich_text", NULL };
    if (from->formula_source.size > 0 || to->formula_source.size > 0) return false;
    if (is_type(from, values)) return is_type(to, values);
    return is_type(from, links) && is_type(to, texts);
}

static bool number_convert(const struct field *from, const struct cell *in,
                           const struct field *to, struct cell *out)
{
    int64_t units;
    if (!decimal_rescale(in->integer, from->scale, to->scale, &units)) return false;
    int64_t back; /* decimals that would be rounded away are a loss, too */
    if (!decimal_rescale(units, to->scale, from->scale, &back) || back != in->integer) {
        return false;
    }
    bool is_out = (to->has_min && units < to->min) || (to->has_max && units > to->max);
    if (is_out) return false;
    *out = cell_int(units);
    return true;
}

static struct str text_of(struct scope *scope, const struct value_context *context,
                          const struct field *field, const struct cell *in)
{
    bool is_number = field_kind(field) == VALUE_NUMBER && in->kind == CELL_INT &&
                     !str_is(str_of(field->type->name), "duration");
    if (!is_number) return field_text(scope, context, field, in);
    struct str text = decimal_format(scope, in->integer, field->scale);
    if (str_find(text, STR(".")) == SIZE_MAX) return text;
    while (text.data[text.size - 1] == '0') text.size -= 1;
    if (text.data[text.size - 1] == '.') text.size -= 1;
    return text;
}

bool value_convert(struct scope *scope, const struct value_context *context,
                   const struct field *from, const struct cell *in, const struct field *to,
                   struct cell *out)
{
    enum value_kind was = field_kind(from), is = field_kind(to);
    int zone_min = context->schema->zone_min;
    *out = cell_null();
    if (in->kind == CELL_NULL) return true;
    if (was == VALUE_NUMBER && is == VALUE_NUMBER) return number_convert(from, in, to, out);
    if (was == VALUE_DATETIME && is == VALUE_DATE) {
        *out = cell_int(time_local_days(in->integer, zone_min));
        return true;
    }
    if (was == VALUE_DATE && is == VALUE_DATETIME) {
        *out = cell_int(time_day_start(in->integer, zone_min));
        return true;
    }
    struct error kept = scope->error;
    scope->error = (struct error){ .code = ERROR_NONE };
    bool is_ok = to->type->read_text(scope, context, to, text_of(scope, context, from, in), out);
    is_ok = is_ok && out->kind != CELL_NULL;
    scope->error = kept;
    if (!is_ok) *out = cell_null();
    return is_ok;
}

/* ---- the column that is being filled ---- */

bool schema_field_begin(struct scope *scope, struct db_conn *conn, const struct object *object,
                        const struct json *definition, int64_t now_ms, struct field *out)
{
    struct config_row row;
    struct json field = *definition;
    int id;
    if (!config_get(scope, conn, STR("object"), object->name, &row)) return false;
    if (!row.is_found) return error_set(scope, ERROR_NOT_FOUND, "schema.not_found", STR("name"));
    if (!config_id_next(scope, conn, "field", &id)) return false;
    tree_set(scope, &field, "id", tree_int(id));
    tree_set(scope, &field, "gone_at", tree_int(now_ms));
    const struct json *old = json_get(&row.body, "gone");
    struct json gone = tree_list(scope, (old ? old->count : 0) + 1);
    for (int i = 0; old && i < old->count; i++) tree_push(&gone, old->items[i]);
    tree_push(&gone, field);
    tree_set(scope, &row.body, "gone", gone);
    const struct cell args[] = { cell_text(json_to_text(scope, &row.body)),
                                 cell_text(object->name) };
    if (!schema_field_read(scope, object, &field, out)) return false;
    out->column = scope_format(scope, "_gone_%d", id);
    return db_exec(scope, conn,
                   STR("UPDATE config SET body = ? WHERE kind = 'object' AND name = ?"), args,
                   2) &&
           table_column_add(scope, conn, object->table, out);
}

bool schema_field_read(struct scope *scope, const struct object *object,
                       const struct json *definition, struct field *out)
{
    struct json list = tree_list(scope, 1), *body = scope_new(scope, struct json, 1);
    struct object *alone = scope_new(scope, struct object, 1);
    struct json bare = *definition;
    static const char *const left_out[] = { "title", "required_if", "visible_if", "readonly_if",
                                            "validate", "default", "unique", "index" };
    for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++) {
        tree_remove(scope, &bare, left_out[i]);
    }
    tree_push(&list, bare);
    *body = tree_map();
    tree_set(scope, body, "name", tree_text(object->name));
    tree_set(scope, body, "owner", tree_bool(false));
    tree_set(scope, body, "fields", list);
    if (!object_build(scope, body, alone)) return false;
    *out = alone->fields[alone->field_count - 1];
    return true;
}
