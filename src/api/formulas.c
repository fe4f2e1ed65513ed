/* The formula editor's questions: is this right, what does it give, which functions are there. */
#include "api/inner.h"

static const char *type_name(const struct formula_type *type)
{
    switch (type->kind) {
    case FORMULA_BLANK: return "blank";
    case FORMULA_BOOLEAN: return "boolean";
    case FORMULA_NUMBER: return type->is_money ? "money" : "number";
    case FORMULA_REAL: return "number";
    case FORMULA_TEXT: return "text";
    case FORMULA_DATE: return "date";
    case FORMULA_DATETIME: return "datetime";
    case FORMULA_CHOICE: return "choice";
    case FORMULA_STAGE: return "stage";
    case FORMULA_PIPELINE: return "pipeline";
    case FORMULA_OBJECT: return "object";
    case FORMULA_ID: return "reference";
    case FORMULA_DURATION: return "duration";
    case FORMULA_CHOICES: return "multi_choice";
    }
    return "text";
}

/* "amount" of the object itself, "object.field" of another. */
static void put_uses(struct call *call, const struct formula *formula)
{
    json_key(&call->out, STR("uses"));
    json_list_begin(&call->out);
    for (int i = 0; i < formula->use_count; i++) {
        const struct formula_use *use = &formula->uses[i];
        if (!use->field) continue;
        if (use->object == formula->object && !use->via) {
            json_put_str(&call->out, use->field->name);
        } else {
            json_put_str(&call->out, scope_format(call->scope, "%.*s.%.*s",
                                                  STR_ARG(use->object->name),
                                                  STR_ARG(use->field->name)));
        }
    }
    json_list_end(&call->out);
}

/* What the value is called, where it is a name inside: choices, stages, records. */
static bool put_value_label(struct call *call, const struct formula_type *type,
                            const struct cell *cell)
{
    const struct choice *choice = NULL;
    const struct stage *stage = NULL;
    const struct pipeline *pipeline = NULL;
    const struct label *label = NULL;
    if (cell->kind == CELL_BLOB) {
        struct str title;
        if (!record_title(call, call->conn, type->object, cell_uuid(cell), &title)) return false;
        if (title.size > 0) json_member_str(&call->out, "label", title);
        return true;
    }
    if (cell->kind != CELL_INT) return true;
    if (type->kind == FORMULA_CHOICE) {
        choice = field_choice_by_id(type->field, cell->integer);
        if (choice) label = &choice->label;
    } else if (type->kind == FORMULA_STAGE) {
        stage = schema_stage_by_id(call->snapshot->schema, cell->integer);
        if (stage) label = &stage->label;
    } else if (type->kind == FORMULA_PIPELINE) {
        pipeline = schema_pipeline_by_id(call->snapshot->schema, cell->integer);
        if (pipeline) label = &pipeline->label;
    }
    if (label) {
        json_member_str(&call->out, "label",
                        label_text(*label, call->context.actor.language));
    }
    return true;
}

/* What the formula gives for one record; for one that is out of sight as for one that is not. */
static bool put_value(struct call *call, const struct formula *formula, struct str record)
{
    struct uuid id;
    struct cell cell = cell_null();
    bool is_found = false;
    if (!uuid_parse(record, &id)) {
        return error_set(call->scope, ERROR_INVALID, "field.not_id", STR("record"));
    }
    if (!query_formula(call->scope, call->conn, &call->records, formula, id, &is_found, &cell)) {
        return false;
    }
    if (!is_found) return error_set(call->scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
    json_key(&call->out, STR("value"));
    query_write_value(&call->out, call->snapshot->schema, &formula->type, &cell);
    return put_value_label(call, &formula->type, &cell);
}

bool api_formula_check(struct call *call)
{
    struct str record;
    struct str name, source;
    struct formula *formula = NULL;
    const struct object *object = NULL;
    if (!call_body_map(call) || !call_text(call, "object", true, &name) ||
        !call_text(call, "formula", true, &source) ||
        !call_text(call, "record", false, &record) || !call_object_named(call, name, &object)) {
        return false;
    }
    call->source = source;
    unsigned flags = FORMULA_ALLOW_CLOCK | FORMULA_ALLOW_PERSON | FORMULA_ALLOW_CHANGE;
    if (json_bool(&call->body, "aggregate", false)) flags |= FORMULA_ALLOW_AGGREGATE;
    if (!formula_compile(call->scope, call->snapshot->schema, object, source, flags, &formula) ||
        !access_check_formula(call->scope, call->snapshot->access, &call->context.actor,
                              formula)) {
        struct error_item *item = error_last(call->scope);
        if (item) item->field = STR("formula");
        return false;
    }
    json_map_begin(&call->out);
    json_member_str(&call->out, "type", str_of(type_name(&formula->type)));
    json_member_str(&call->out, "canonical", formula_canonical(call->scope, formula));
    json_member_bool(&call->out, "uses_clock", formula->uses_clock);
    json_member_bool(&call->out, "uses_person", formula->uses_person);
    put_uses(call, formula);
    bool has_value = record.size > 0 && (flags & FORMULA_ALLOW_AGGREGATE) == 0;
    if (has_value && !put_value(call, formula, record)) return false;
    json_map_end(&call->out);
    return true;
}

bool api_functions(struct call *call)
{
    list_begin(call);
    for (int i = 0; i < formula_function_count(); i++) {
        struct formula_function_info info = formula_function(i);
        json_map_begin(&call->out);
        json_member_str(&call->out, "name", str_of(info.name));
        json_member_str(&call->out, "alias", str_of(info.alias_zh));
        json_member_str(&call->out, "signature", str_of(info.signature));
        member_label(&call->out, "help",
                     (struct label){ str_of(info.help_zh), str_of(info.help_en) });
        json_member_str(&call->out, "example", str_of(info.example));
        json_map_end(&call->out);
    }
    list_end(call);
    return true;
}
