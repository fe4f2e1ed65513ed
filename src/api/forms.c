/*
 * The conditions of a form while it is filled in: which fields are shown, required or locked, by
 * the values as they stand. What cannot be read yet ("1.") counts as not filled in; what the
 * person may not write is taken from the record.
 */
#include "api/inner.h"

static void draft_take(struct call *call, const struct field *field, const struct json *value,
                       struct record *draft)
{
    struct value_context values = { call->snapshot->schema, call->context.actor.language,
                                    call->context.now_ms };
    struct cell cell;
    if (field == call->object->stage || field == call->object->pipeline) return;
    if (field_read(call->scope, &values, field, value, &cell)) {
        draft->cells[field->index] = cell;
    } else {
        scope_error_clear(call->scope);
        draft->cells[field->index] = cell_null();
    }
}

static void draft_fill(struct call *call, const struct json *given, struct record *draft)
{
    for (int i = 0; given && i < given->count; i++) {
        const struct field *field = object_field(call->object, given->names[i]);
        bool is_open = field && (!field->is_readonly || field == call->object->owner) &&
                       access_field_mode(call->snapshot->access, &call->context.actor,
                                         call->object, field) == FIELD_VISIBLE;
        if (is_open) draft_take(call, field, &given->items[i], draft);
    }
}

/* A new record begins where its pipeline begins and belongs to who makes it. */
static struct record draft_new(struct call *call)
{
    struct record draft = record_blank(call->scope, call->object);
    for (int i = 0; i < call->object->pipeline_count; i++) {
        const struct pipeline *pipeline = call->object->pipelines[i];
        if (!pipeline->is_default || pipeline->stage_count == 0) continue;
        *record_cell(&draft, call->object->pipeline) = cell_int(pipeline->id);
        *record_cell(&draft, call->object->stage) = cell_int(pipeline->stages[0].id);
    }
    if (call->object->owner) {
        *record_cell(&draft, call->object->owner) =
            cell_id(call->scope, call->context.actor.user);
    }
    return draft;
}

enum { CONDITION_COUNT_MAX = 240 }; /* as many as a layout can have: layouts.c */

/*
 * What the layout of the form asks on top of the fields' own conditions. One that names what is
 * gone, or what the person may not see, does not hold.
 */
static bool conditions_take(struct call *call, struct form_conditions *out)
{
    const struct json *list = json_get(&call->body, "conditions");
    *out = (struct form_conditions){ .count = 0 };
    if (!list || list->kind == JSON_KIND_NULL) return true;
    if (list->kind != JSON_KIND_LIST) {
        return error_set(call->scope, ERROR_INVALID, "field.not_list", STR("conditions"));
    }
    if (list->count > CONDITION_COUNT_MAX) {
        error_set(call->scope, ERROR_INVALID, "field.too_large", STR("conditions"));
        return error_arg(call->scope, "max",
                         scope_format(call->scope, "%d", CONDITION_COUNT_MAX));
    }
    out->formulas = scope_new(call->scope, const struct formula *, list->count + 1);
    out->holds = scope_new(call->scope, bool, list->count + 1);
    out->count = list->count;
    for (int i = 0; i < list->count; i++) {
        struct formula *formula = NULL;
        const struct json *source = &list->items[i];
        bool is_good =
            source->kind == JSON_KIND_STR &&
            formula_compile(call->scope, call->snapshot->schema, call->object, source->text,
                            FORMULA_ALLOW_CLOCK | FORMULA_ALLOW_PERSON, &formula) &&
            formula_expect(call->scope, formula, FORMULA_BOOLEAN) &&
            access_check_formula(call->scope, call->snapshot->access, &call->context.actor,
                                 formula);
        if (is_good) out->formulas[i] = formula;
        scope_error_clear(call->scope);
    }
    return true;
}

static void put_conditions(struct call *call, const struct form_conditions *conditions)
{
    json_key(&call->out, STR("conditions"));
    json_list_begin(&call->out);
    for (int i = 0; i < conditions->count; i++) {
        json_put_bool(&call->out, conditions->holds[i]);
    }
    json_list_end(&call->out);
}

static void put_fields(struct call *call, const struct record_form *forms,
                       const struct form_conditions *conditions)
{
    json_map_begin(&call->out);
    json_key(&call->out, STR("fields"));
    json_map_begin(&call->out);
    for (int i = 0; i < call->object->field_count; i++) {
        const struct field *field = &call->object->fields[i];
        bool is_told = forms[i].is_asked &&
                       access_field_mode(call->snapshot->access, &call->context.actor,
                                         call->object, field) != FIELD_HIDDEN;
        if (!is_told) continue;
        json_key(&call->out, field->name);
        json_map_begin(&call->out);
        json_member_bool(&call->out, "visible", forms[i].is_visible);
        json_member_bool(&call->out, "required", forms[i].is_required);
        json_member_bool(&call->out, "readonly", forms[i].is_readonly);
        json_map_end(&call->out);
    }
    json_map_end(&call->out);
    if (conditions->count > 0) put_conditions(call, conditions);
    json_map_end(&call->out);
}

bool api_form_check(struct call *call)
{
    struct str name, text;
    struct record before, draft;
    struct record_form *forms = NULL;
    struct form_conditions conditions;
    const struct object *object = NULL;
    if (!call_body_map(call) || !call_text(call, "object", true, &name) ||
        !call_text(call, "record", false, &text) || !call_object_named(call, name, &object)) {
        return false;
    }
    call->object = object;
    struct uuid id;
    bool has_before = text.size > 0;
    if (has_before && !uuid_parse(text, &id)) {
        return error_set(call->scope, ERROR_INVALID, "field.not_id", STR("record"));
    }
    if (has_before) {
        if (!record_load(call->scope, call->conn, &call->records, object, id, ACTION_READ,
                         &before)) {
            return false;
        }
        draft = record_copy(call->scope, &before);
    } else {
        if (!access_check(call->scope, call->snapshot->access, &call->context.actor, object,
                          ACTION_CREATE)) {
            return false;
        }
        draft = draft_new(call);
    }
    draft_fill(call, json_get(&call->body, "values"), &draft);
    if (!conditions_take(call, &conditions) ||
        !record_form(call->scope, call->conn, &call->records, has_before ? &before : NULL, &draft,
                     &conditions, &forms)) {
        return false;
    }
    put_fields(call, forms, &conditions);
    return true;
}
