/*
 * Config rows -> one snapshot. First every object by itself (build.c), then the
 * links between them: references to their objects, the ways back (relations),
 * choices that are other configuration (roles), pipelines with their gates.
 *
 * Links go by id where the definition has one, so a renamed object is still
 * found; names are only for what was written by hand.
 */
#include <stdlib.h>

#include "schema/schema_inner.h"

/* The member's definition as JSON: fields of a definition follow the system fields. */
static const struct json *definition_of(const struct object *object, const struct field *field)
{
    int system_count = 0;
    while (system_count < object->field_count && object->fields[system_count].id < 0) {
        system_count += 1;
    }
    const struct json *fields = json_get(object->body, "fields");
    int at = field->index - system_count;
    return fields && at >= 0 && at < fields->count ? &fields->items[at] : NULL;
}

static bool config_broken(struct scope *scope, struct str kind, struct str name)
{
    return error_storage(scope, scope_format(scope, "config %.*s %.*s does not load",
                                             STR_ARG(kind), STR_ARG(name)));
}

/* ---- rows ---- */

static int config_order(const void *a, const void *b)
{
    const struct config *left = a, *right = b;
    int order = str_compare(left->kind, right->kind);
    return order != 0 ? order : str_compare(left->name, right->name);
}

struct loading {
    struct schema *schema;
    struct config *objects, *pipelines; /* in the order of their ids */
    int object_count, pipeline_count;
};

static bool rows_load(struct scope *scope, struct db_conn *conn, struct loading *loading)
{
    struct rows rows;
    if (!db_all(scope, conn, STR("SELECT kind, name, id, version, body FROM config ORDER BY id"),
                NULL, 0, SCHEMA_CONFIG_COUNT_MAX, &rows)) {
        return false;
    }
    struct schema *schema = loading->schema;
    loading->objects = scope_new(scope, struct config, rows.count + 1);
    loading->pipelines = scope_new(scope, struct config, rows.count + 1);
    schema->configs = scope_new(scope, struct config, rows.count + 1);
    for (int i = 0; i < rows.count; i++) {
        const struct cell *cells = rows.items[i].cells;
        struct config config = { .kind = cells[0].text, .name = cells[1].text,
                                 .id = (int)cells[2].integer, .version = cells[3].integer };
        if (!json_read(scope, cells[4].text, &config.body)) {
            return config_broken(scope, config.kind, config.name);
        }
        if (str_is(config.kind, "object")) {
            loading->objects[loading->object_count++] = config;
        } else if (str_is(config.kind, "pipeline")) {
            loading->pipelines[loading->pipeline_count++] = config;
        } else {
            schema->configs[schema->config_count++] = config;
        }
    }
    if (schema->config_count > 0) {
        qsort(schema->configs, (size_t)schema->config_count, sizeof(struct config), config_order);
    }
    return calendars_load(scope, schema);
}

static bool settings_load(struct scope *scope, struct db_conn *conn, struct schema *schema)
{
    struct str zone;
    if (!schema_version(scope, conn, &schema->version) ||
        !setting_get(scope, conn, STR("zone"), &zone)) {
        return false;
    }
    schema->zone_min = zone_parse(zone, 480);
    return true;
}

/* ---- objects ---- */

static bool object_load(struct scope *scope, const struct json *body, struct schema *schema)
{
    struct object *object = &schema->objects[schema->object_count];
    struct json *kept = scope_new(scope, struct json, 1);
    *kept = *body;
    if (!object_build(scope, kept, object)) {
        struct str name = json_text(body, "name");
        scope_error_clear(scope);
        return config_broken(scope, STR("object"), name);
    }
    schema->object_count += 1;
    return true;
}

static const struct json *stored_part(const struct loading *loading, struct str name)
{
    for (int i = 0; i < loading->object_count; i++) {
        if (str_equal(loading->objects[i].name, name)) return &loading->objects[i].body;
    }
    return NULL;
}

static bool objects_load(struct scope *scope, struct loading *loading)
{
    const struct json *builtins;
    int builtin_count;
    struct schema *schema = loading->schema;
    builtin_objects(scope, &builtins, &builtin_count);
    schema->objects = scope_new(scope, struct object, builtin_count + loading->object_count);
    for (int i = 0; i < builtin_count; i++) {
        const struct json *stored = stored_part(loading, json_text(&builtins[i], "name"));
        struct json body = stored ? builtin_merge(scope, &builtins[i], stored) : builtins[i];
        if (!object_load(scope, &body, schema)) return false;
    }
    for (int i = 0; i < loading->object_count; i++) {
        if (loading->objects[i].id < SCHEMA_OBJECT_ID_FIRST) continue; /* merged above */
        if (!object_load(scope, &loading->objects[i].body, schema)) return false;
    }
    return true;
}

/* ---- links ---- */

static struct object *field_target(const struct schema *schema, const struct object *object,
                                   const struct field *field)
{
    struct str type = str_of(field->type->name);
    if (field->type->is_computed && field->result_type) type = str_of(field->result_type->name);
    if (str_is(type, "person")) return schema_object(schema, STR("user"));
    if (str_is(type, "team")) return schema_object(schema, STR("team"));
    bool is_named = str_is(type, "reference") || str_is(type, "many_to_many") ||
                    str_is(type, "sub_table");
    if (!is_named) return NULL;
    const struct json *definition = definition_of(object, field);
    int64_t id = json_int(definition, "to_id", 0);
    if (id != 0) return schema_object_by_id(schema, id);
    return schema_object(schema, json_text(definition, "to"));
}

/* user.role: the choices are the roles that are configured. */
static void choices_link(struct scope *scope, const struct schema *schema, struct field *field)
{
    int count;
    const struct config *configs = schema_configs(schema, field->choices_from, &count);
    field->choices = scope_new(scope, struct choice, count + 1);
    for (int i = 0; i < count; i++) {
        struct choice *choice = &field->choices[i];
        struct label label = { STR(""), STR("") };
        choice->id = configs[i].id;
        choice->name = configs[i].name;
        choice->color = json_text(&configs[i].body, "color");
        /* Other rooms check these bodies; a label that is none is shown as the name. */
        struct scope trial;
        scope_begin(&trial);
        bool is_ok = define_label(&trial, json_get(&configs[i].body, "label"), STR(""), &label);
        scope_end(&trial);
        bool has_label = is_ok && label.zh.size > 0;
        choice->label = has_label ? label : (struct label){ choice->name, choice->name };
    }
    field->choice_count = count;
}

static void fields_link(struct scope *scope, struct schema *schema)
{
    for (int i = 0; i < schema->object_count; i++) {
        struct object *object = &schema->objects[i];
        for (int k = 0; k < object->field_count; k++) {
            struct field *field = &object->fields[k];
            field->to = field_target(schema, object, field);
            if (field->choices_from.size > 0) choices_link(scope, schema, field);
            bool is_text = str_is(str_of(field->type->name), "localized") ||
                           field_kind(field) == VALUE_JSON;
            if (object->is_builtin && is_text) {
                field->told_to = object_field(object, STR("assignee"));
            }
        }
    }
}

/* Ways back from who only created or changed a record would be noise. */
static bool is_way_back(const struct field *field, const struct object *to)
{
    return field->to == to && field->column.size > 0 && field_kind(field) == VALUE_ID &&
           field->id != FIELD_CREATED_BY &&
           field->id != FIELD_UPDATED_BY;
}

static void relation_add(struct scope *scope, struct object *object, struct object *from,
                         struct field *field)
{
    struct str name = from->plural;
    if (object_relation(object, name) || object_field(object, name)) {
        name = scope_format(scope, "%.*s_by_%.*s", STR_ARG(from->plural), STR_ARG(field->name));
    }
    if (object_relation(object, name) || object_field(object, name)) return;
    object->relations[object->relation_count++] =
        (struct relation){ .name = name, .from = from, .field = field };
}

/* A list of ids is a relation from both sides. */
static void many_add(struct scope *scope, struct object *object, struct object *from,
                     struct field *field)
{
    if (from == object) {
        object->relations[object->relation_count++] =
            (struct relation){ field->name, field->to, field, true, false };
    }
    if (field->to != object) return;
    struct str name = field->back.size > 0 ? field->back : from->plural;
    if (object_relation(object, name) || object_field(object, name)) {
        name = scope_format(scope, "%.*s_by_%.*s", STR_ARG(from->plural), STR_ARG(field->name));
    }
    if (object_relation(object, name) || object_field(object, name)) return;
    object->relations[object->relation_count++] =
        (struct relation){ name, from, field, true, true };
}

static void relations_link(struct scope *scope, struct schema *schema, struct object *object)
{
    int count = 0;
    for (int round = 0; round < 2; round++) {
        if (round == 1) object->relations = scope_new(scope, struct relation, count + 1);
        for (int i = 0; i < schema->object_count; i++) {
            struct object *from = &schema->objects[i];
            for (int k = 0; k < from->field_count; k++) {
                struct field *field = &from->fields[k];
                if (field_kind(field) == VALUE_LINKS) {
                    if (round == 1 && field->to) many_add(scope, object, from, field);
                    count += 2;
                    continue;
                }
                if (!is_way_back(field, object)) continue;
                if (round == 1) relation_add(scope, object, from, field);
                count += 1;
            }
        }
    }
}

/* ---- pipelines ---- */

/* "needs an object" without a formula: at least one of them must point here. */
static void gates_link(struct scope *scope, const struct object *object, struct gate *gates,
                       int count)
{
    for (int i = 0; i < count; i++) {
        struct gate *gate = &gates[i];
        for (int k = 0; gate->source.size == 0 && k < object->relation_count; k++) {
            const struct relation *relation = &object->relations[k];
            if (!str_equal(relation->from->name, gate->needs_object)) continue;
            gate->source = scope_format(scope, "COUNT(%.*s) > 0", STR_ARG(relation->name));
        }
        /* Asks for what nothing can point from: can never be met, and says so. */
        if (gate->source.size == 0) gate->source = STR("FALSE");
        if (gate->message.zh.size > 0) continue;
        const struct field *field = object_field(object, gate->needs_field);
        for (int language = 0; language < LANGUAGE_COUNT; language++) {
            struct str subject = field ? label_text(field->label, (enum language)language)
                                       : gate->needs_object;
            if (subject.size == 0) subject = label_text(gate->label, (enum language)language);
            const struct error_arg arg = { "name", subject.size > 0 ? subject : gate->name };
            const char *key = field ? "gate.needs_field" : "gate.needs";
            struct str text = message_text(scope, (enum language)language, key, &arg, 1);
            if (language == LANGUAGE_ZH) gate->message.zh = text;
            if (language == LANGUAGE_EN) gate->message.en = text;
        }
    }
}

static bool pipeline_load(struct scope *scope, const struct config *config,
                          struct schema *schema)
{
    struct pipeline *pipeline = &schema->pipelines[schema->pipeline_count];
    if (!pipeline_build(scope, &config->body, pipeline)) {
        scope_error_clear(scope);
        return config_broken(scope, config->kind, config->name);
    }
    pipeline->object = schema_object_by_id(schema, json_int(&config->body, "object_id", 0));
    if (!pipeline->object) return config_broken(scope, config->kind, config->name);
    for (int i = 0; i < pipeline->stage_count; i++) {
        struct stage *stage = &pipeline->stages[i];
        gates_link(scope, pipeline->object, stage->enter, stage->enter_count);
        gates_link(scope, pipeline->object, stage->leave, stage->leave_count);
    }
    schema->pipeline_count += 1;
    return true;
}

static void pipelines_link(struct scope *scope, struct schema *schema, struct object *object)
{
    struct pipeline *chosen = NULL;
    object->pipelines = scope_new(scope, struct pipeline *, schema->pipeline_count + 1);
    for (int i = 0; i < schema->pipeline_count; i++) {
        struct pipeline *pipeline = &schema->pipelines[i];
        if (pipeline->object != object) continue;
        object->pipelines[object->pipeline_count++] = pipeline;
        if (!chosen || (pipeline->is_default && !chosen->is_default)) chosen = pipeline;
    }
    for (int i = 0; i < object->pipeline_count; i++) {
        object->pipelines[i]->is_default = object->pipelines[i] == chosen;
    }
}

static int compare_stages(const void *a, const void *b)
{
    const struct stage *const *left = a, *const *right = b;
    return (*left)->id < (*right)->id ? -1 : (*left)->id > (*right)->id;
}

static void stages_sort(struct scope *scope, struct schema *schema)
{
    int count = 0;
    for (int i = 0; i < schema->pipeline_count; i++) {
        count += schema->pipelines[i].stage_count + schema->pipelines[i].gone_count;
    }
    schema->stages = scope_new(scope, struct stage *, count + 1);
    for (int i = 0; i < schema->pipeline_count; i++) {
        struct pipeline *pipeline = &schema->pipelines[i];
        for (int k = 0; k < pipeline->stage_count; k++) {
            schema->stages[schema->stage_count++] = &pipeline->stages[k];
        }
        for (int k = 0; k < pipeline->gone_count; k++) {
            schema->stages[schema->stage_count++] = &pipeline->gone[k];
        }
    }
    qsort(schema->stages, (size_t)count, sizeof(struct stage *), compare_stages);
}

static bool pipelines_load(struct scope *scope, const struct loading *loading)
{
    struct schema *schema = loading->schema;
    schema->pipelines = scope_new(scope, struct pipeline, loading->pipeline_count + 1);
    for (int i = 0; i < loading->pipeline_count; i++) {
        if (!pipeline_load(scope, &loading->pipelines[i], schema)) return false;
    }
    stages_sort(scope, schema);
    for (int i = 0; i < schema->object_count; i++) {
        pipelines_link(scope, schema, &schema->objects[i]);
    }
    return true;
}

bool schema_load(struct scope *scope, struct db_conn *conn, struct schema **out)
{
    struct loading loading = { .schema = scope_new(scope, struct schema, 1) };
    loading.schema->dialect = db_dialect(conn);
    if (!settings_load(scope, conn, loading.schema) || !rows_load(scope, conn, &loading) ||
        !objects_load(scope, &loading)) {
        return false;
    }
    fields_link(scope, loading.schema);
    for (int i = 0; i < loading.schema->object_count; i++) {
        relations_link(scope, loading.schema, &loading.schema->objects[i]);
    }
    derivations_link(scope, loading.schema);
    if (!pipelines_load(scope, &loading) || !fills_load(scope, conn, loading.schema)) return false;
    *out = loading.schema;
    return true;
}
