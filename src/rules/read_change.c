/* Change rules: their condition and their actions. */
#include "rules/inner.h"

static const unsigned CHANGE_FLAGS =
    FORMULA_ALLOW_CHANGE | FORMULA_ALLOW_CLOCK | FORMULA_ALLOW_PERSON;
/* Where there is no write to compare with. */
static const unsigned WHERE_FLAGS = FORMULA_ALLOW_CLOCK | FORMULA_ALLOW_PERSON;

static bool set_read(const struct builder *builder, const struct json *set,
                     struct action *action)
{
    int count = set ? set->count : 0;
    action->set = scope_new(builder->scope, struct assignment, count);
    for (int i = 0; i < count; i++) {
        const struct field *field = object_field(action->target, set->names[i]);
        if (!field || field->column.size == 0 || field->is_stored) {
            return read_bad(builder, set->names[i]);
        }
        struct assignment *assignment = &action->set[action->set_count++];
        struct formula *formula = NULL;
        assignment->field = field;
        if (set->items[i].text.size == 0) return read_bad(builder, set->names[i]);
        if (!formula_compile_value(builder->scope, builder->schema, builder->object,
                                   set->items[i].text, CHANGE_FLAGS, field, &formula)) {
            struct error_item *item = error_last(builder->scope);
            if (item) item->field = builder->rule;
            return false;
        }
        assignment->formula = formula;
    }
    return true;
}

static bool action_target(const struct builder *builder, const struct json *body,
                          struct action *action)
{
    action->target = builder->object;
    if (action->kind == ACTION_DO_CREATE) {
        struct str name = json_text(body, "object");
        action->target = schema_object(builder->schema, name);
        return action->target ? true : read_bad(builder, name);
    }
    struct str along = json_text(body, "along"), over = json_text(body, "over");
    if (over.size > 0) {
        action->over = object_relation(builder->object, over);
        if (!action->over || along.size > 0) return read_bad(builder, over);
        action->target = action->over->from;
        return read_formula_of(builder, action->target, json_text(body, "where"), WHERE_FLAGS,
                               &action->where) &&
               (!action->where ||
                formula_expect(builder->scope, action->where, FORMULA_BOOLEAN));
    }
    if (along.size == 0) return true;
    action->along = object_field(builder->object, along);
    if (!action->along || !action->along->to) return read_bad(builder, along);
    action->target = action->along->to;
    return true;
}

/* {FIELD: FORMULA | "$outcome"} of the record the task is about. */
static bool done_read(const struct builder *builder, const struct json *done,
                      struct action *action)
{
    int count = done ? done->count : 0;
    if (count > 0 && action->kind != ACTION_DO_TASK) return read_bad(builder, STR("on_done"));
    action->done = scope_new(builder->scope, struct completion, count);
    for (int i = 0; i < count; i++) {
        struct completion *completion = &action->done[action->done_count++];
        const struct field *field = object_field(builder->object, done->names[i]);
        bool is_outcome = str_is(done->items[i].text, "$outcome");
        if (!field || field->column.size == 0 || field->is_stored || field->is_readonly ||
            (is_outcome && field_kind(field) != VALUE_TEXT)) {
            return read_bad(builder, done->names[i]);
        }
        completion->field = field;
        if (is_outcome) continue;
        if (!read_formula(builder, done->items[i].text, WHERE_FLAGS, &completion->formula)) {
            return false;
        }
        if (!completion->formula) return read_bad(builder, done->names[i]);
    }
    return true;
}

/* A due that is just a date-time field of the record: who moves the task moves that. */
static void due_field_find(const struct builder *builder, struct action *action)
{
    if (action->kind != ACTION_DO_TASK || !action->due) return;
    const struct field *field = object_field(builder->object, str_trim(action->due->source));
    if (field && field_kind(field) == VALUE_DATETIME && field->column.size > 0 &&
        !field->is_readonly && !field->is_system) {
        action->due_field = field;
    }
}

static const struct {
    const char *name;
    enum action_kind kind;
} action_kinds[] = {
    { "create", ACTION_DO_CREATE }, { "set", ACTION_DO_SET },
    { "task", ACTION_DO_TASK },     { "finish_tasks", ACTION_DO_FINISH_TASKS },
    { "notify", ACTION_DO_NOTIFY },
};

static bool action_read(const struct builder *builder, const struct json *body,
                        struct action *action)
{
    struct str name = json_text(body, "do");
    for (size_t i = 0; i < sizeof(action_kinds) / sizeof(action_kinds[0]); i++) {
        if (str_is(name, action_kinds[i].name)) action->kind = action_kinds[i].kind;
    }
    if (action->kind == 0) return read_bad(builder, name);
    action->task_kind = json_text(body, "kind");
    action->outcome = json_text(body, "outcome");
    if (!read_template(builder, body, "title", &action->title) ||
        !read_template(builder, body, "body", &action->body) ||
        !action_target(builder, body, action) ||
        !set_read(builder, json_get(body, "set"), action) ||
        !read_formula(builder, json_text(body, "assignee"), CHANGE_FLAGS, &action->assignee) ||
        !read_formula(builder, json_text(body, "due"), CHANGE_FLAGS, &action->due) ||
        !read_recipients(builder, json_get(body, "to"), action->to, &action->to_count) ||
        !read_level(builder, json_text(body, "level"), &action->level) ||
        !done_read(builder, json_get(body, "on_done"), action)) {
        return false;
    }
    due_field_find(builder, action);
    return true;
}

/* What finishing a task does is found by rule and kind: it must be one thing. */
static bool kinds_check(const struct builder *builder, const struct change_rule *rule)
{
    for (int i = 0; i < rule->action_count; i++) {
        const struct action *action = &rule->actions[i];
        for (int k = 0; action->kind == ACTION_DO_TASK && k < i; k++) {
            const struct action *other = &rule->actions[k];
            bool is_same = other->kind == ACTION_DO_TASK &&
                           str_equal(other->task_kind, action->task_kind);
            if (is_same && action->done_count + other->done_count > 0) {
                return read_bad(builder, action->task_kind);
            }
        }
    }
    return true;
}

bool read_change(const struct builder *builder, const struct config *config,
                 struct change_rule *rule)
{
    const struct json *on = json_get(&config->body, "on");
    const struct json *actions = json_get(&config->body, "actions");
    *rule = (struct change_rule){ .id = config->id, .name = config->name,
                                  .object = builder->object };
    for (int i = 0; on && i < on->count; i++) {
        if (str_is(on->items[i].text, "create")) rule->events |= RULE_CREATE;
        if (str_is(on->items[i].text, "update")) rule->events |= RULE_UPDATE;
        if (str_is(on->items[i].text, "delete")) rule->events |= RULE_DELETE;
    }
    if (rule->events == 0) return read_bad(builder, STR("on"));
    if (!read_condition(builder, &config->body, CHANGE_FLAGS, &rule->when)) return false;
    rule->action_count = actions ? actions->count : 0;
    rule->actions = scope_new(builder->scope, struct action, rule->action_count);
    struct builder inner = *builder;
    for (int i = 0; i < rule->action_count; i++) {
        inner.place = scope_format(builder->scope, "actions[%d].", i);
        if (!action_read(&inner, &actions->items[i], &rule->actions[i])) return false;
    }
    return kinds_check(builder, rule);
}
