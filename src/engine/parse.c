/* What a client sent, field by field, before anything is looked up. */
#include "engine/inner.h"

/* The stage is resolved later: its name means a stage of the record's pipeline. */
static bool stage_take(struct scope *scope, const struct field *field, const struct json *value,
                       struct cell *out)
{
    if (value->kind != JSON_KIND_STR || value->text.size == 0) {
        error_add(scope, ERROR_INVALID, "field.required", field->name);
        return false;
    }
    *out = cell_text(value->text);
    return true;
}

static bool is_history_field(const struct field *field)
{
    static const char *const names[] = { "created_at",       "created_by", "updated_at",
                                         "stage_entered_at", "closed_at" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_is(field->name, names[i])) return true;
    }
    return false;
}

static bool may_write(struct scope *scope, const struct engine_context *context,
                      const struct object *object, const struct field *field, bool is_history)
{
    enum field_mode mode =
        access_field_mode(context->snapshot->access, &context->actor, object, field);
    if (mode == FIELD_HIDDEN) {
        error_add(scope, ERROR_INVALID, "field.unknown", field->name);
        return false;
    }
    if (field->formula_source.size > 0) {
        error_add(scope, ERROR_INVALID, "field.computed", field->name);
        return false;
    }
    bool is_named = field == object->owner || field == object->stage || field == object->pipeline;
    bool is_open = is_named || !field->is_readonly ||
                   (is_history && (is_history_field(field) || field->pattern.size > 0));
    if (mode != FIELD_VISIBLE || !is_open) {
        error_add(scope, ERROR_INVALID, "field.read_only", field->name);
        return false;
    }
    return true;
}

bool engine_parse(struct scope *scope, const struct engine_context *context,
                  const struct object *object, const struct json *map, bool is_history,
                  struct changes *out)
{
    struct value_context values = { context->snapshot->schema, context->actor.language,
                                    context->now_ms };
    if (!map || map->kind != JSON_KIND_MAP) {
        return error_set(scope, ERROR_INVALID, "request.not_map", STR(""));
    }
    if (object->is_builtin) return error_set(scope, ERROR_DENIED, "access.denied", STR(""));
    *out = (struct changes){ scope_new(scope, struct change, map->count + 1), 0 };
    for (int i = 0; i < map->count; i++) {
        struct str name = map->names[i];
        if (str_is(name, "id") || str_is(name, "version")) continue;
        const struct field *field = object_field(object, name);
        if (!field) {
            error_add(scope, ERROR_INVALID, "field.unknown", scope_copy(scope, name));
            continue;
        }
        if (!may_write(scope, context, object, field, is_history)) continue;
        struct change *change = &out->items[out->count];
        change->field = field;
        if (field_kind(field) == VALUE_LINES) {
            if (lines_parse(scope, context, field, &map->items[i], &change->cell)) out->count += 1;
            continue;
        }
        bool ok = field == object->stage
                      ? stage_take(scope, field, &map->items[i], &change->cell)
                      : field_read(scope, &values, field, &map->items[i], &change->cell);
        if (ok) out->count += 1;
    }
    return !error_is_set(scope);
}
