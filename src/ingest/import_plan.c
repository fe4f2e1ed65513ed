/*
 * The mapping made concrete: names of columns and fields become numbers and
 * pointers into one snapshot. Made anew when the configuration changes meanwhile.
 */
#include "ingest/import_inner.h"
#include "ingest/similar.h"

int header_find(const struct ingest_header *header, struct str name)
{
    for (int i = 0; i < header->count; i++) {
        if (str_equal(header->names[i], str_trim(name))) return i;
    }
    for (int i = 0; i < header->count; i++) {
        if (str_equal_nocase(header->names[i], str_trim(name))) return i;
    }
    return -1;
}

static bool unknown_column(struct scope *scope, const struct ingest_header *header,
                           struct str name)
{
    int best = ingest_value_best(name, header->names, header->count, NULL);
    error_add(scope, ERROR_INVALID, best < 0 ? "import.column_unknown" : "import.column_hint",
              name);
    if (best >= 0) error_arg(scope, "hint", header->names[best]);
    return false;
}

static bool unknown_field(struct scope *scope, const struct object *object, struct str name)
{
    struct str *names = scope_new(scope, struct str, object->field_count);
    for (int i = 0; i < object->field_count; i++) names[i] = object->fields[i].name;
    int best = ingest_value_best(name, names, object->field_count, NULL);
    error_add(scope, ERROR_INVALID, best < 0 ? "import.field_unknown" : "import.field_hint", name);
    error_arg(scope, "object", object->name);
    if (best >= 0) error_arg(scope, "hint", names[best]);
    return false;
}

static bool is_dated(const struct field *field)
{
    static const char *const names[] = { "created_at", "created_by", "stage_entered_at",
                                         "closed_at" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_is(field->name, names[i])) return true;
    }
    return false;
}

static bool may_map(struct scope *scope, const struct engine_context *context,
                    const struct object *object, const struct field *field, struct str name)
{
    enum field_mode mode =
        access_field_mode(context->snapshot->access, &context->actor, object, field);
    if (mode == FIELD_HIDDEN) return unknown_field(scope, object, name);
    bool is_numbered = field->pattern.size > 0;
    bool is_old = is_dated(field) || field == object->stage || field == object->owner ||
                  is_numbered;
    if (is_old && !actor_has_right(&context->actor, RIGHT_IMPORT_HISTORY)) {
        return error_set(scope, ERROR_DENIED, "access.import_history", name);
    }
    bool is_key = str_is(field->name, "id");
    bool is_open = is_old || field == object->pipeline || is_key ||
                   (!field->is_readonly && !field->is_system);
    if (mode == FIELD_VISIBLE && is_open && field->formula_source.size == 0) return true;
    error_add(scope, ERROR_INVALID,
              field->formula_source.size > 0 ? "field.computed" : "field.read_only", name);
    return false;
}

static bool event_target(struct scope *scope, struct str name, struct target *out)
{
    static const char *const names[] = { "key", "stage", "at", "by", "reason" };
    for (int i = 0; i < 5; i++) {
        if (!str_is(name, names[i])) continue;
        out->kind = (enum target_kind)(TARGET_EVENT_KEY + i);
        return true;
    }
    error_add(scope, ERROR_INVALID, "import.event_field", name);
    return false;
}

bool plan_target(struct scope *scope, const struct engine_context *context,
                 const struct object *object, enum import_kind kind, struct str name,
                 struct target *out)
{
    *out = (struct target){ .kind = TARGET_FIELD, .name = name, .column = -1, .resolver = -1 };
    if (kind == IMPORT_STAGES) return event_target(scope, name, out);
    struct str rest = name, first, second = STR("");
    bool has_first = str_split(&rest, '.', &first);
    bool has_second = has_first && str_split(&rest, '.', &second);
    struct field *field = object_field(object, first);
    if (!field) field = object_field_by_label(object, first);
    if (!field || rest.size > 0) return unknown_field(scope, object, name);
    if (!may_map(scope, context, object, field, name)) return false;
    out->field = field;
    if (field == object->stage) out->kind = TARGET_STAGE;
    out->is_list = field->to && field_kind(field) == VALUE_LINKS;
    bool is_reference = out->is_list || (field->to && field_kind(field) == VALUE_ID &&
                                         !str_is(field->name, "id"));
    if (has_second && !is_reference) return unknown_field(scope, object, name);
    if (!is_reference) return true;
    out->kind = TARGET_REFERENCE;
    out->to = field->to;
    out->is_own = field->to == object;
    if (has_second) out->match = object_field(field->to, second);
    bool is_readable = !out->match || access_field_mode(context->snapshot->access, &context->actor,
                                                        field->to, out->match) < FIELD_MASKED;
    if (has_second && (!out->match || !is_readable || out->match->column.size == 0)) {
        return unknown_field(scope, field->to, second);
    }
    if (has_second && str_is(second, "id")) out->match = NULL;
    return true;
}

static bool target_add(struct scope *scope, struct plan *plan, struct str name,
                       struct resolvers *resolvers, struct target **out)
{
    if (plan->target_count == IMPORT_MAP_COUNT_MAX) {
        return error_set(scope, ERROR_INVALID, "import.option", STR("map"));
    }
    struct target *target = &plan->targets[plan->target_count];
    if (!plan_target(scope, &plan->context, plan->object, plan->options->kind, name, target)) {
        return false;
    }
    for (int i = 0; i < plan->target_count; i++) {
        const struct target *other = &plan->targets[i];
        if (other->kind != target->kind || other->field != target->field) continue;
        error_add(scope, ERROR_INVALID, "import.field_twice", name);
        return false;
    }
    const struct object *to = target->to;
    if (target->kind == TARGET_EVENT_BY) to = plan->context.snapshot->access->user;
    if (to) {
        target->resolver = resolver_index(resolvers, to->name,
                                          target->match ? target->match->name : STR(""));
    }
    plan->target_count += 1;
    *out = target;
    return true;
}

static const struct target *target_of(const struct plan *plan, const struct field *field)
{
    for (int i = 0; field && i < plan->target_count; i++) {
        if (plan->targets[i].field == field) return &plan->targets[i];
    }
    return NULL;
}

static const struct target *target_kind_of(const struct plan *plan, enum target_kind kind)
{
    for (int i = 0; i < plan->target_count; i++) {
        if (plan->targets[i].kind == kind) return &plan->targets[i];
    }
    return NULL;
}

/* The key as named; or, to find duplicates without one, a unique field or the title. */
static bool key_choose(struct scope *scope, struct plan *plan)
{
    const struct import_options *options = plan->options;
    if (options->key.size > 0) {
        plan->key = target_of(plan, object_field(plan->object, options->key));
        if (plan->key && plan->key->kind == TARGET_FIELD) return true;
        error_add(scope, ERROR_INVALID, "import.key_unmapped", options->key);
        return false;
    }
    if (options->duplicate == DUPLICATE_CREATE) return true;
    for (int i = 0; i < plan->target_count && !plan->key; i++) {
        const struct target *target = &plan->targets[i];
        if (target->kind == TARGET_FIELD && target->field->is_unique) plan->key = target;
    }
    if (!plan->key) plan->key = target_of(plan, plan->object->title);
    if (plan->key) return true;
    error_add(scope, ERROR_INVALID, "import.key_missing", STR("key"));
    return false;
}

static void plan_times(struct plan *plan)
{
    const struct object *object = plan->object;
    plan->stage = target_of(plan, object->stage);
    plan->pipeline = target_of(plan, object->pipeline);
    plan->owner = target_of(plan, object->owner);
    plan->created_at = target_of(plan, object_field(object, STR("created_at")));
    plan->closed_at = target_of(plan, object->closed_at);
    plan->entered_at = target_of(plan, object->stage_entered_at);
    for (int i = 0; i < plan->target_count; i++) {
        const struct field *field = plan->targets[i].field;
        if (!field) continue;
        if (is_dated(field) || field->pattern.size > 0 || field == object->stage) {
            plan->is_history = true;
        }
    }
}

static bool events_plan(struct scope *scope, struct plan *plan)
{
    plan->event_key = target_kind_of(plan, TARGET_EVENT_KEY);
    plan->event_stage = target_kind_of(plan, TARGET_EVENT_STAGE);
    plan->event_at = target_kind_of(plan, TARGET_EVENT_AT);
    plan->event_by = target_kind_of(plan, TARGET_EVENT_BY);
    plan->event_reason = target_kind_of(plan, TARGET_EVENT_REASON);
    if (!plan->object->has_pipeline) {
        return error_set(scope, ERROR_INVALID, "import.no_pipeline", plan->object->name);
    }
    if (!actor_has_right(&plan->context.actor, RIGHT_IMPORT_HISTORY)) {
        return error_set(scope, ERROR_DENIED, "access.import_history", STR(""));
    }
    if (!plan->event_key) error_add(scope, ERROR_INVALID, "import.event_missing", STR("key"));
    if (!plan->event_stage) error_add(scope, ERROR_INVALID, "import.event_missing", STR("stage"));
    if (!plan->event_at) error_add(scope, ERROR_INVALID, "import.event_missing", STR("at"));
    return !error_is_set(scope);
}

/* People and teams are made by those who manage them. */
static bool may_import(struct scope *scope, const struct plan *plan)
{
    const struct access *access = plan->context.snapshot->access;
    if (!access_check(scope, access, &plan->context.actor, plan->object, ACTION_IMPORT)) {
        return false;
    }
    if (plan->object->is_builtin) return error_set(scope, ERROR_DENIED, "access.denied", STR(""));
    bool is_people = plan->object == access->user || plan->object == access->team;
    if (is_people && !actor_has_right(&plan->context.actor, RIGHT_MANAGE_PEOPLE)) {
        return error_set(scope, ERROR_DENIED, "access.denied", STR(""));
    }
    if (plan->owner && access_scope(access, &plan->context.actor, plan->object, ACTION_ASSIGN) ==
                           SCOPE_NONE) {
        return error_set(scope, ERROR_DENIED, "access.denied", STR("owner"));
    }
    return true;
}

static bool targets_make(struct scope *scope, struct plan *plan, struct ingest_header header,
                         const struct ingest_date_format *formats, struct resolvers *resolvers)
{
    const struct import_options *options = plan->options;
    for (int i = 0; i < options->map_count; i++) {
        struct target *target = NULL;
        int column = header_find(&header, options->maps[i].column);
        if (column < 0) {
            unknown_column(scope, &header, options->maps[i].column);
            continue;
        }
        if (!target_add(scope, plan, options->maps[i].field, resolvers, &target)) {
            if (scope->error.code == ERROR_DENIED) return false;
            continue;
        }
        target->column = column;
        if (formats) target->format = formats[column];
    }
    for (int i = 0; i < options->set_count; i++) {
        struct target *target = NULL;
        if (!target_add(scope, plan, options->sets[i].field, resolvers, &target)) {
            if (scope->error.code == ERROR_DENIED) return false;
            continue;
        }
        target->constant = options->sets[i].column;
    }
    if (plan->target_count == 0 && !error_is_set(scope)) {
        error_add(scope, ERROR_INVALID, "import.map_empty", STR("map"));
    }
    return !error_is_set(scope);
}

/* May new rows go in together, may rows that are there be updated together? */
static void plan_quick(struct scope *scope, struct plan *plan)
{
    const struct object *object = plan->object;
    bool *fields = scope_new(scope, bool, object->field_count + 1);
    for (int i = 0; i < plan->target_count; i++) {
        const struct target *target = &plan->targets[i];
        bool is_fixed = target == plan->key || str_is(target->field->name, "id");
        if (!is_fixed) fields[target->field->index] = true;
    }
    plan->is_quick = engine_may_put_rows(&plan->context, object, plan->is_history);
    plan->is_quick_update =
        plan->key && plan->options->duplicate == DUPLICATE_UPDATE &&
        engine_may_update_rows(&plan->context, object, fields, plan->is_history);
}

bool plan_make(struct scope *scope, struct plan *plan, struct ingest_header header,
               const struct ingest_date_format *formats, struct resolvers *resolvers)
{
    const struct object *object =
        schema_object(plan->context.snapshot->schema, plan->options->object);
    if (!object) {
        error_set(scope, ERROR_NOT_FOUND, "import.object_unknown", STR("object"));
        return error_arg(scope, "name", plan->options->object);
    }
    plan->object = object;
    if (!may_import(scope, plan) || !targets_make(scope, plan, header, formats, resolvers)) {
        return false;
    }
    if (plan->options->kind == IMPORT_STAGES) return events_plan(scope, plan);
    plan_times(plan);
    if (!may_import(scope, plan) || !key_choose(scope, plan)) return false;
    plan_quick(scope, plan);
    plan->makes_login = object == plan->context.snapshot->access->user &&
                        !target_of(plan, object_field(object, STR("login")));
    return true;
}
