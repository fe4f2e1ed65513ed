/* Rule bodies of the snapshot, compiled once: names become pointers, formulas are checked. */
#include "rules/inner.h"

#include "base/time.h"

static bool rule_read(const struct builder *builder, const struct config *config,
                      struct rules *rules)
{
    struct str kind = json_text(&config->body, "kind");
    if (str_is(kind, "change")) {
        return read_change(builder, config, &rules->changes[rules->change_count++]);
    }
    if (str_is(kind, "ladder")) {
        struct ladder *ladder = &rules->ladders[rules->ladder_count++];
        rules->watches[rules->watch_count++] = &ladder->watch;
        return read_ladder(builder, config, ladder);
    }
    if (str_is(kind, "remind")) {
        struct reminder *reminder = &rules->reminders[rules->reminder_count++];
        rules->watches[rules->watch_count++] = &reminder->watch;
        return read_reminder(builder, config, reminder);
    }
    return read_bad(builder, kind);
}

bool rules_build(struct scope *scope, const struct schema *schema, struct rules **out)
{
    int count = 0;
    const struct config *configs = schema_configs(schema, STR("rule"), &count);
    struct rules *rules = scope_new(scope, struct rules, 1);
    rules->schema = schema;
    rules->changes = scope_new(scope, struct change_rule, count);
    rules->ladders = scope_new(scope, struct ladder, count);
    rules->reminders = scope_new(scope, struct reminder, count);
    rules->watches = scope_new(scope, const struct watch *, count);
    for (int i = 0; i < count; i++) {
        const struct json *body = &configs[i].body;
        struct str object = json_text(body, "object");
        struct builder builder = { scope, schema, schema_object(schema, object), configs[i].name,
                                   STR(""), rules };
        if (!json_bool(body, "enabled", true)) continue;
        if (!builder.object) return read_bad(&builder, object);
        if (!rule_read(&builder, &configs[i], rules)) return false;
    }
    *out = rules;
    return true;
}

const struct watch *rules_watch(const struct rules *rules, int64_t id)
{
    for (int i = 0; i < rules->watch_count; i++) {
        if (rules->watches[i]->id == id) return rules->watches[i];
    }
    return NULL;
}

const struct action *rules_task_action(const struct rules *rules, struct str rule, struct str kind)
{
    for (int i = 0; i < rules->change_count; i++) {
        if (!str_equal(rules->changes[i].name, rule)) continue;
        for (int a = 0; a < rules->changes[i].action_count; a++) {
            const struct action *action = &rules->changes[i].actions[a];
            if (action->kind == ACTION_DO_TASK && str_equal(action->task_kind, kind)) {
                return action;
            }
        }
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

int64_t reminder_due_ms(const struct reminder_step *step, int64_t since_ms, int zone_min)
{
    if (!step->is_on_day) return since_ms + step->at_ms;
    return time_day_start(time_local_days(since_ms, zone_min) + step->day, zone_min) +
           step->at_ms;
}
