/* Rule bodies of the snapshot, compiled once: names become pointers, formulas are checked. */
#include "rules/rules.h"

#include "base/time.h"

struct builder {
    struct scope *scope;
    const struct schema *schema;
    const struct object *object; /* of the rule at hand */
    struct str rule;
};

static bool bad(const struct builder *builder, struct str word)
{
    error_set(builder->scope, ERROR_INVALID, "rule.bad", builder->rule);
    return error_arg(builder->scope, "word", word);
}

static struct label label_read(const struct json *json)
{
    if (json && json->kind == JSON_KIND_STR) return (struct label){ json->text, json->text };
    return (struct label){ json_text(json, "zh"), json_text(json, "en") };
}

static bool formula_read(const struct builder *builder, struct str source, unsigned flags,
                         const struct formula **out)
{
    struct formula *formula = NULL;
    *out = NULL;
    if (source.size == 0) return true;
    if (!formula_compile(builder->scope, builder->schema, builder->object, source, flags,
                         &formula)) {
        struct error_item *item = error_last(builder->scope);
        if (item) item->field = builder->rule;
        return false;
    }
    *out = formula;
    return true;
}

/* A sentence with {path} in it: a misspelt one is refused here, not in the middle of a sweep. */
static bool template_read(const struct builder *builder, const struct json *json,
                          struct template *out)
{
    out->text = label_read(json);
    if (template_check(builder->scope, builder->object, out)) return true;
    struct error_item *item = error_last(builder->scope);
    if (item) item->field = builder->rule;
    return false;
}

static bool condition_read(const struct builder *builder, const struct json *body, unsigned flags,
                           const struct formula **out)
{
    if (!formula_read(builder, json_text(body, "when"), flags, out)) return false;
    return !*out || formula_expect(builder->scope, *out, FORMULA_BOOLEAN);
}

static const unsigned CHANGE_FLAGS =
    FORMULA_ALLOW_CHANGE | FORMULA_ALLOW_CLOCK | FORMULA_ALLOW_PERSON;

static bool recipient_read(const struct builder *builder, struct str word, struct recipient *out)
{
    if (str_is(word, "owner")) {
        out->kind = TO_OWNER;
    } else if (str_is(word, "supervisor")) {
        out->kind = TO_SUPERVISOR;
    } else if (str_is(word, "actor")) {
        out->kind = TO_ACTOR;
    } else {
        out->kind = TO_FIELD;
        out->field = object_field(builder->object, word);
        if (!out->field || field_kind(out->field) != VALUE_ID) return bad(builder, word);
    }
    return true;
}

/* A list of recipients; `true` stands for the owner. */
static bool recipients_read(const struct builder *builder, const struct json *list,
                            struct recipient *out, int *count)
{
    *count = 0;
    if (!list || (list->kind == JSON_KIND_BOOL && !list->boolean)) return true;
    if (list->kind == JSON_KIND_BOOL) {
        out[(*count)++].kind = TO_OWNER;
        return true;
    }
    for (int i = 0; i < list->count; i++) {
        if (*count == RULE_RECIPIENT_COUNT_MAX) return bad(builder, STR("tell"));
        if (!recipient_read(builder, list->items[i].text, &out[(*count)++])) return false;
    }
    return true;
}

static bool level_read(const struct builder *builder, struct str word, int *out)
{
    static const char *const names[] = { "", "yellow", "orange", "red" };
    for (int level = LEVEL_NONE; level < LEVEL_COUNT; level++) {
        if (str_is(word, names[level])) {
            *out = level;
            return true;
        }
    }
    return bad(builder, word);
}

static bool set_read(const struct builder *builder, const struct json *set,
                     struct action *action)
{
    int count = set ? set->count : 0;
    action->set = scope_new(builder->scope, struct assignment, count);
    for (int i = 0; i < count; i++) {
        const struct field *field = object_field(action->target, set->names[i]);
        if (!field || field->column.size == 0 || field->is_stored) {
            return bad(builder, set->names[i]);
        }
        struct assignment *assignment = &action->set[action->set_count++];
        assignment->field = field;
        if (!formula_read(builder, set->items[i].text, CHANGE_FLAGS, &assignment->formula)) {
            return false;
        }
        if (!assignment->formula) return bad(builder, set->names[i]);
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
        return action->target ? true : bad(builder, name);
    }
    struct str along = json_text(body, "along");
    if (along.size == 0) return true;
    action->along = object_field(builder->object, along);
    if (!action->along || !action->along->to) return bad(builder, along);
    action->target = action->along->to;
    return true;
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
    if (action->kind == 0) return bad(builder, name);
    action->task_kind = json_text(body, "kind");
    action->outcome = json_text(body, "outcome");
    return template_read(builder, json_get(body, "title"), &action->title) &&
           template_read(builder, json_get(body, "body"), &action->body) &&
           action_target(builder, body, action) &&
           set_read(builder, json_get(body, "set"), action) &&
           formula_read(builder, json_text(body, "assignee"), CHANGE_FLAGS, &action->assignee) &&
           formula_read(builder, json_text(body, "due"), CHANGE_FLAGS, &action->due) &&
           recipients_read(builder, json_get(body, "to"), action->to, &action->to_count) &&
           level_read(builder, json_text(body, "level"), &action->level);
}

static bool change_read(struct builder *builder, const struct config *config,
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
    if (rule->events == 0) return bad(builder, STR("on"));
    if (!condition_read(builder, &config->body, CHANGE_FLAGS, &rule->when)) return false;
    rule->action_count = actions ? actions->count : 0;
    rule->actions = scope_new(builder->scope, struct action, rule->action_count);
    for (int i = 0; i < rule->action_count; i++) {
        if (!action_read(builder, &actions->items[i], &rule->actions[i])) return false;
    }
    return true;
}

static bool rung_read(const struct builder *builder, const struct json *body,
                      struct ladder *ladder)
{
    int level = LEVEL_NONE;
    if (!level_read(builder, json_text(body, "level"), &level) || level == LEVEL_NONE) {
        return bad(builder, STR("level"));
    }
    struct rung *rung = &ladder->rungs[level];
    if (!time_parse_duration(json_text(body, "after"), &rung->after_ms)) {
        return bad(builder, STR("after"));
    }
    return recipients_read(builder, json_get(body, "tell"), rung->tell, &rung->tell_count) &&
           recipients_read(builder, json_get(body, "task"), rung->task, &rung->task_count);
}

static bool card_read(const struct builder *builder, const struct json *card,
                      struct ladder *ladder)
{
    ladder->card_count = card ? card->count : 0;
    ladder->card = scope_new(builder->scope, struct card_line, ladder->card_count);
    for (int i = 0; i < ladder->card_count; i++) {
        struct card_line *line = &ladder->card[i];
        line->name = json_text(&card->items[i], "name");
        line->label = label_read(json_get(&card->items[i], "label"));
        if (!formula_read(builder, json_text(&card->items[i], "formula"), FORMULA_ALLOW_CLOCK,
                          &line->formula)) {
            return false;
        }
        if (!line->formula) return bad(builder, STR("card"));
    }
    return true;
}

static bool ladder_read(struct builder *builder, const struct config *config,
                        struct ladder *ladder)
{
    const struct json *body = &config->body;
    const struct json *levels = json_get(body, "levels");
    struct str since = json_text(body, "since"), respond = json_text(body, "respond_within");
    *ladder = (struct ladder){ .id = config->id, .name = config->name,
                               .object = builder->object };
    ladder->label = label_read(json_get(body, "label"));
    ladder->since = object_field(builder->object, since);
    if (!ladder->since || field_kind(ladder->since) != VALUE_DATETIME ||
        ladder->since->column.size == 0) {
        return bad(builder, since);
    }
    if (respond.size > 0 && !time_parse_duration(respond, &ladder->respond_ms)) {
        return bad(builder, STR("respond_within"));
    }
    for (int i = 0; levels && i < levels->count; i++) {
        if (!rung_read(builder, &levels->items[i], ladder)) return false;
    }
    return template_read(builder, json_get(body, "title"), &ladder->title) &&
           template_read(builder, json_get(body, "body"), &ladder->body) &&
           template_read(builder, json_get(body, "task_title"), &ladder->task_title) &&
           condition_read(builder, body, 0, &ladder->when) &&
           card_read(builder, json_get(body, "card"), ladder);
}

bool rules_build(struct scope *scope, const struct schema *schema, struct rules **out)
{
    int count = 0;
    const struct config *configs = schema_configs(schema, STR("rule"), &count);
    struct rules *rules = scope_new(scope, struct rules, 1);
    rules->schema = schema;
    rules->changes = scope_new(scope, struct change_rule, count);
    rules->ladders = scope_new(scope, struct ladder, count);
    for (int i = 0; i < count; i++) {
        const struct config *config = &configs[i];
        struct str object = json_text(&config->body, "object");
        struct str kind = json_text(&config->body, "kind");
        struct builder builder = { scope, schema, schema_object(schema, object), config->name };
        if (!json_bool(&config->body, "enabled", true)) continue;
        if (!builder.object) return bad(&builder, object);
        if (str_is(kind, "change")) {
            if (!change_read(&builder, config, &rules->changes[rules->change_count++])) {
                return false;
            }
        } else if (str_is(kind, "ladder")) {
            if (!ladder_read(&builder, config, &rules->ladders[rules->ladder_count++])) {
                return false;
            }
        } else {
            return bad(&builder, kind);
        }
    }
    *out = rules;
    return true;
}

const struct ladder *rules_ladder(const struct rules *rules, int64_t id)
{
    for (int i = 0; i < rules->ladder_count; i++) {
        if (rules->ladders[i].id == id) return &rules->ladders[i];
    }
    return NULL;
}

int64_t ladder_after_ms(const struct ladder *ladder, const struct stage *stage, int level)
{
    if (stage && stage->stall_ms[level] > 0) return stage->stall_ms[level];
    return ladder->rungs[level].after_ms;
}

int ladder_next_level(const struct ladder *ladder, const struct stage *stage, int level)
{
    for (int next = level + 1; next < LEVEL_COUNT; next++) {
        if (ladder_after_ms(ladder, stage, next) > 0) return next;
    }
    return LEVEL_NONE;
}
