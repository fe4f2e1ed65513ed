/*
 * Definitions out, in the shape of the API. What is written can be sent back:
 * schema_put passes over what it derives itself (relations, system fields).
 */
#include "base/decimal.h"
#include "schema/schema_inner.h"

static void label_member(struct json_writer *writer, const char *name, struct label label)
{
    if (label.zh.size == 0 && label.en.size == 0) return;
    json_key(writer, str_of(name));
    json_map_begin(writer);
    json_member_str(writer, "zh", label_text(label, LANGUAGE_ZH));
    json_member_str(writer, "en", label_text(label, LANGUAGE_EN));
    json_map_end(writer);
}

static void text_member(struct json_writer *writer, const char *name, struct str text)
{
    if (text.size > 0) json_member_str(writer, name, text);
}

static void flag_member(struct json_writer *writer, const char *name, bool flag)
{
    if (flag) json_member_bool(writer, name, true);
}

static void aliases_member(struct json_writer *writer, const struct aliases *aliases)
{
    if (aliases->count == 0) return;
    json_key(writer, STR("aliases"));
    json_list_begin(writer);
    for (int i = 0; i < aliases->count; i++) json_put_str(writer, aliases->names[i]);
    json_list_end(writer);
}

static void choice_put(struct json_writer *writer, int id, struct str name, struct label label,
                       struct str color, bool is_hidden, const struct aliases *aliases)
{
    json_map_begin(writer);
    if (id != 0) json_member_int(writer, "id", id);
    json_member_str(writer, "name", name);
    if (aliases) aliases_member(writer, aliases);
    label_member(writer, "label", label);
    text_member(writer, "color", color);
    flag_member(writer, "hidden", is_hidden);
    json_map_end(writer);
}

/* The stages of all the object's pipelines, each name once. */
static void stage_choices_put(struct json_writer *writer, const struct object *object)
{
    for (int i = 0; i < object->pipeline_count; i++) {
        const struct pipeline *pipeline = object->pipelines[i];
        for (int k = 0; k < pipeline->stage_count; k++) {
            const struct stage *stage = &pipeline->stages[k];
            bool is_known = false;
            for (int before = 0; before < i; before++) {
                is_known = is_known || pipeline_stage(object->pipelines[before], stage->name);
            }
            if (!is_known) choice_put(writer, 0, stage->name, stage->label, STR(""), false,
                                      NULL);
        }
    }
}

static void choices_member(struct json_writer *writer, const struct field *field)
{
    json_key(writer, STR("choices"));
    json_list_begin(writer);
    if (field->id == FIELD_STAGE) stage_choices_put(writer, field->object);
    for (int i = 0; field->id == FIELD_PIPELINE && i < field->object->pipeline_count; i++) {
        const struct pipeline *pipeline = field->object->pipelines[i];
        choice_put(writer, 0, pipeline->name, pipeline->label, STR(""), false, NULL);
    }
    for (int i = 0; i < field->choice_count; i++) {
        const struct choice *choice = &field->choices[i];
        choice_put(writer, choice->id, choice->name, choice->label, choice->color,
                   choice->is_hidden, &choice->aliases);
    }
    json_list_end(writer);
}

/* A bound in the form the type's values have. */
static void bound_member(struct json_writer *writer, const char *name, const struct field *field,
                         int64_t units)
{
    json_key(writer, str_of(name));
    json_put_raw(writer, STR(""));
    decimal_put(writer->out, units, field->scale);
}

static void shape_members(struct json_writer *writer, const struct field *field)
{
    bool is_formula = field->formula_source.size > 0;
    const struct field_type *type = is_formula ? field->result_type : field->type;
    enum value_kind kind = type ? type->kind : VALUE_TEXT;
    if (is_formula && type) json_member_str(writer, "result", str_of(type->name));
    if (field->to) json_member_str(writer, "to", field->to->name);
    bool has_choices = kind == VALUE_CHOICE || kind == VALUE_CHOICES || kind == VALUE_STAGE ||
                       kind == VALUE_PIPELINE;
    if (has_choices) {
        choices_member(writer, field);
    }
    flag_member(writer, "open", field->is_open);
    if (kind == VALUE_NUMBER) json_member_int(writer, "scale", field->scale);
    if (field->has_min) bound_member(writer, "min", field, field->min);
    if (field->has_max) bound_member(writer, "max", field, field->max);
    if (kind == VALUE_TEXT && field->size_max > 0 && !is_formula) {
        json_member_int(writer, "size_max", field->size_max);
    }
    text_member(writer, "pattern", field->pattern);
    text_member(writer, "back", field->back);
    const struct field *via = field->via.size > 0 ? field_lines_via(field) : NULL;
    text_member(writer, "via", via ? via->name : field->via);
}

/* Look-ups and roll-ups are given back as they were defined. */
static void derivation_members(struct json_writer *writer, const struct derivation *from)
{
    text_member(writer, "via", from->via);
    text_member(writer, "relation", from->relation);
    text_member(writer, "function", from->function);
    text_member(writer, "field", from->field);
    text_member(writer, "where", from->where);
}

static void formula_members(struct json_writer *writer, const struct field *field)
{
    if (field->derivation) {
        derivation_members(writer, field->derivation);
    } else {
        text_member(writer, "formula", field->formula_source);
    }
    text_member(writer, "required_if", field->required_if_source);
    text_member(writer, "default", field->default_source);
    text_member(writer, "visible_if", field->visible_if_source);
    text_member(writer, "readonly_if", field->readonly_if_source);
    if (field->validate.source.size == 0) return;
    json_key(writer, STR("validate"));
    json_map_begin(writer);
    json_member_str(writer, "formula", field->validate.source);
    label_member(writer, "message", field->validate.message);
    json_map_end(writer);
}

static void field_put(struct json_writer *writer, const struct field *field)
{
    /* For other programs a stage and a pipeline are choices. */
    bool is_stage = field->id == FIELD_STAGE || field->id == FIELD_PIPELINE;
    json_map_begin(writer);
    json_member_int(writer, "id", field->id);
    json_member_str(writer, "name", field->name);
    aliases_member(writer, &field->aliases);
    json_member_str(writer, "type", is_stage ? STR("choice") : str_of(field->type->name));
    label_member(writer, "label", field->label);
    label_member(writer, "help", field->help);
    flag_member(writer, "system", field->is_system);
    flag_member(writer, "title", field->is_title);
    json_member_bool(writer, "required", field->is_required);
    flag_member(writer, "unique", field->is_unique && field->id != FIELD_ID);
    flag_member(writer, "index", field->is_indexed);
    flag_member(writer, "owned", field->is_owned);
    json_member_bool(writer, "readonly", field->is_readonly);
    /* Whether it can be sorted and filtered by without computing it first. */
    json_member_bool(writer, "stored", field->column.size > 0 || field->fill_job != 0);
    flag_member(writer, "filling", field->fill_job != 0);
    if (personal_name(field->personal)) {
        json_member_str(writer, "personal", str_of(personal_name(field->personal)));
    } else {
        flag_member(writer, "personal", field->personal != PERSONAL_NO);
    }
    if (field->width > 0) json_member_int(writer, "width", field->width);
    if (field_is_file(field)) {
        json_member_str(writer, "accept", str_of(accept_name(field->accept)));
    }
    shape_members(writer, field);
    formula_members(writer, field);
    json_map_end(writer);
}

static void relations_member(struct json_writer *writer, const struct object *object)
{
    json_key(writer, STR("relations"));
    json_list_begin(writer);
    for (int i = 0; i < object->relation_count; i++) {
        const struct relation *relation = &object->relations[i];
        json_map_begin(writer);
        json_member_str(writer, "name", relation->name);
        json_member_str(writer, "object", relation->from->name);
        json_member_str(writer, "field", relation->field->name);
        flag_member(writer, "many", relation->is_many);
        flag_member(writer, "back", relation->is_back);
        label_member(writer, "label", relation->is_many && !relation->is_back
                                          ? relation->field->label
                                          : relation->from->label_plural);
        json_map_end(writer);
    }
    json_list_end(writer);
}

static void names_member(struct json_writer *writer, const char *name,
                         struct field *const *fields, int count)
{
    json_key(writer, str_of(name));
    json_list_begin(writer);
    for (int i = 0; i < count; i++) json_put_str(writer, fields[i]->name);
    json_list_end(writer);
}

void schema_write_object(struct json_writer *writer, const struct object *object)
{
    json_map_begin(writer);
    json_member_int(writer, "id", object->id);
    json_member_str(writer, "name", object->name);
    aliases_member(writer, &object->aliases);
    json_member_str(writer, "plural", object->plural);
    label_member(writer, "label", object->label);
    label_member(writer, "label_plural", object->label_plural);
    text_member(writer, "icon", object->icon);
    if (object->title) json_member_str(writer, "title_field", object->title->name);
    json_member_bool(writer, "pipeline", object->has_pipeline);
    json_member_bool(writer, "owner", object->has_owner);
    flag_member(writer, "menu", object->is_in_menu);
    flag_member(writer, "builtin", object->is_builtin);
    names_member(writer, "search", object->search, object->search_count);
    if (object->inherit_count > 0) {
        names_member(writer, "inherit", object->inherit, object->inherit_count);
    }
    static const char *const lists[] = { "indexes", "unique" };
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        const struct json *list = json_get(object->body, lists[i]);
        if (!list) continue;
        json_key(writer, str_of(lists[i]));
        json_put_tree(writer, list);
    }
    json_key(writer, STR("fields"));
    json_list_begin(writer);
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (field->id == FIELD_ID || field->id == FIELD_VERSION || field->is_hidden) continue;
        field_put(writer, field);
    }
    json_list_end(writer);
    relations_member(writer, object);
    json_map_end(writer);
}

static void gates_member(struct json_writer *writer, const char *name, const struct gate *gates,
                         int count)
{
    json_key(writer, str_of(name));
    json_list_begin(writer);
    for (int i = 0; i < count; i++) {
        const struct gate *gate = &gates[i];
        json_map_begin(writer);
        json_member_int(writer, "id", gate->id);
        json_member_str(writer, "name", gate->name);
        label_member(writer, "label", gate->label);
        text_member(writer, "formula", gate->source);
        if (gate->needs_field.size > 0 || gate->needs_object.size > 0) {
            json_key(writer, STR("needs"));
            json_map_begin(writer);
            text_member(writer, "field", gate->needs_field);
            text_member(writer, "object", gate->needs_object);
            json_map_end(writer);
        }
        label_member(writer, "message", gate->message);
        json_map_end(writer);
    }
    json_list_end(writer);
}

/* In the largest unit that says it exactly: 48h, 5d. */
static void duration_member(struct json_writer *writer, const char *name, int64_t span_ms)
{
    static const struct {
        int64_t unit_ms;
        char letter;
    } units[] = { { 86400000, 'd' }, { 3600000, 'h' }, { 60000, 'm' }, { 1000, 's' } };
    if (span_ms == 0) return;
    json_key(writer, str_of(name));
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        /* Up to three days people count in hours. */
        bool is_fit = span_ms % units[i].unit_ms == 0 &&
                      (i > 0 || span_ms > 3 * units[0].unit_ms);
        if (!is_fit && i + 1 < sizeof(units) / sizeof(units[0])) continue;
        json_put_raw(writer, STR("\""));
        buf_format(writer->out, "%lld%c\"", (long long)(span_ms / units[i].unit_ms),
                   units[i].letter);
        return;
    }
}

static void stage_put(struct json_writer *writer, const struct stage *stage)
{
    static const char *const kinds[] = { "open", "won", "lost" };
    json_map_begin(writer);
    json_member_int(writer, "id", stage->id);
    json_member_str(writer, "name", stage->name);
    aliases_member(writer, &stage->aliases);
    label_member(writer, "label", stage->label);
    json_member_str(writer, "kind", str_of(kinds[stage->kind]));
    json_member_bool(writer, "optional", stage->is_optional);
    json_key(writer, STR("probability"));
    json_put_raw(writer, STR("\""));
    decimal_put(writer->out, stage->probability, 3);
    buf_put_char(writer->out, '"');
    json_key(writer, STR("stall"));
    json_map_begin(writer);
    duration_member(writer, "yellow", stage->stall_ms[LEVEL_YELLOW]);
    duration_member(writer, "orange", stage->stall_ms[LEVEL_ORANGE]);
    duration_member(writer, "red", stage->stall_ms[LEVEL_RED]);
    json_map_end(writer);
    gates_member(writer, "enter", stage->enter, stage->enter_count);
    gates_member(writer, "leave", stage->leave, stage->leave_count);
    json_map_end(writer);
}

void schema_write_pipeline(struct json_writer *writer, const struct pipeline *pipeline)
{
    json_map_begin(writer);
    json_member_int(writer, "id", pipeline->id);
    json_member_str(writer, "name", pipeline->name);
    label_member(writer, "label", pipeline->label);
    json_member_str(writer, "object", pipeline->object->name);
    json_member_bool(writer, "default", pipeline->is_default);
    json_key(writer, STR("stages"));
    json_list_begin(writer);
    for (int i = 0; i < pipeline->stage_count; i++) stage_put(writer, &pipeline->stages[i]);
    json_list_end(writer);
    json_map_end(writer);
}
