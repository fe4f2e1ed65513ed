/*
 * The recipe as a whole: word lists, entities in each other, journeys. Values
 * are read by demo_compile.c.
 */
#include "cli/demo_inner.h"

#include "base/time.h"

static double real_of(const struct json *json, double fallback)
{
    if (!json) return fallback;
    if (json->kind == JSON_KIND_INT) return (double)json->integer;
    return json->kind == JSON_KIND_REAL ? json->real : fallback;
}

static bool words_read(struct compile *compile, const struct json *json)
{
    struct demo_recipe *recipe = compile->recipe;
    if (!json) return true;
    recipe->words = scope_new(compile->scope, struct words, json->count);
    recipe->word_list_count = json->count;
    for (int i = 0; i < json->count; i++) {
        struct words *words = &recipe->words[i];
        const struct json *list = &json->items[i];
        words->name = json->names[i];
        words->count = list->count;
        if (list->kind != JSON_KIND_LIST || list->count == 0) {
            return recipe_refuse(compile, "a list of texts is wanted", words->name);
        }
        words->items = scope_new(compile->scope, struct str, list->count);
        words->sums = scope_new(compile->scope, int64_t, list->count);
        int64_t sum = 0;
        for (int k = 0; k < list->count; k++) {
            const struct json *item = &list->items[k];
            bool has_weight = item->kind == JSON_KIND_LIST && item->count == 2;
            const struct json *text = has_weight ? &item->items[0] : item;
            if (text->kind != JSON_KIND_STR) {
                return recipe_refuse(compile, "a list of texts is wanted", words->name);
            }
            words->items[k] = text->text;
            sum += has_weight ? (int64_t)(real_of(&item->items[1], 0) * 1000) : 1000;
            words->sums[k] = sum;
        }
    }
    return true;
}

/* ---- entities ---- */

static int field_add(struct entity *entity, struct str name)
{
    int field = entity->face.field_count++;
    entity->face.fields[field].name = name;
    entity->face.fields[field].is_stored = name.size > 0 && name.data[0] != '_';
    return field;
}

static bool set_read(struct compile *compile, const struct json *set)
{
    struct entity *entity = compile->entity;
    struct str where = compile->where;
    for (int i = 0; set && i < set->count; i++) {
        compile->where = scope_format(compile->scope, "%.*s.%.*s", STR_ARG(entity->face.name),
                                      STR_ARG(set->names[i]));
        if (entity->face.field_count == DEMO_VARIABLE_COUNT_MAX) {
            return recipe_refuse(compile, "too many fields", set->names[i]);
        }
        struct expression *value;
        if (!expression_read(compile, &set->items[i], &value)) return false;
        /* Known from here on, so that a field can't stand on itself. */
        int field = entity_field(entity, set->names[i]);
        if (field < 0) field = field_add(entity, set->names[i]);
        entity->fields[field] = (struct field){ value, value->row_entity, value->entry_set };
    }
    compile->where = where;
    return true;
}

static bool rows_read(struct compile *compile, const struct json *rows)
{
    struct entity *entity = compile->entity;
    entity->row_count = rows->count;
    entity->rows = scope_new(compile->scope, struct row_set, rows->count);
    for (int i = 0; i < rows->count; i++) {
        const struct json *row = &rows->items[i];
        struct row_set *out = &entity->rows[i];
        out->values = scope_new(compile->scope, struct expression *, DEMO_VARIABLE_COUNT_MAX);
        for (int k = 0; k < row->count; k++) {
            int field = entity_field(entity, row->names[k]);
            if (field < 0) return recipe_refuse(compile, "not in \"set\"", row->names[k]);
            if (!expression_read(compile, &row->items[k], &out->values[field])) return false;
        }
    }
    return true;
}

static bool member_read(struct compile *compile, const struct json *json, const char *name,
                        struct expression **out)
{
    const struct json *member = json_get(json, name);
    *out = NULL;
    return !member || expression_read(compile, member, out);
}

static bool then_read(struct compile *compile, const struct json *list, struct entity *entity)
{
    if (!list) return true;
    if (list->kind != JSON_KIND_LIST) {
        return recipe_refuse(compile, "a list is wanted", STR("then"));
    }
    entity->then = scope_new(compile->scope, struct entity *, list->count);
    for (int i = 0; i < list->count; i++) {
        if (!entity_read(compile, &list->items[i], entity, NULL, 0, &entity->then[i])) return false;
        entity->then_count++;
    }
    return true;
}

static bool body_read(struct compile *compile, const struct json *json, struct entity *entity)
{
    const struct json *rows = json_get(json, "rows");
    const struct json *journey = json_get(json, "journey");
    /* count and when are asked before the record is there: they see only what is above it. */
    compile->entity = entity->parent;
    if (!member_read(compile, json, "count", &entity->count)) return false;
    if (!member_read(compile, json, "when", &entity->when)) return false;
    compile->entity = entity;
    if (!set_read(compile, json_get(json, "set"))) return false;
    if (rows && !rows_read(compile, rows)) return false;
    if (!member_read(compile, json, "at", &entity->at)) return false;
    if (!member_read(compile, json, "by", &entity->by)) return false;
    if (!member_read(compile, json, "change", &entity->change)) return false;
    if (entity->change && !entity->change->row_entity) {
        return recipe_refuse(compile, "a row is wanted", STR("change"));
    }
    if (!then_read(compile, json_get(json, "then"), entity)) return false;
    compile->entity = entity;
    return !journey || journey_read(compile, journey, entity);
}

bool entity_read(struct compile *compile, const struct json *json, struct entity *parent,
                 const char *const *presets, int preset_count, struct entity **out)
{
    struct demo_recipe *recipe = compile->recipe;
    if (recipe->entity_count == DEMO_ENTITY_COUNT_MAX) {
        return recipe_refuse(compile, "too many entities", STR(""));
    }
    if (compile->depth >= DEMO_DEPTH_MAX) {
        return recipe_refuse(compile, "entities too deep in each other", STR(""));
    }
    struct entity *entity = *out = scope_new(compile->scope, struct entity, 1);
    entity->face.index = recipe->entity_count;
    entity->face.name = json_text(json, "name");
    entity->face.object = json_text(json, "object");
    if (entity->face.object.size == 0) entity->face.object = entity->face.name;
    if (entity->face.name.size == 0) entity->face.name = entity->face.object;
    compile->where = entity->face.name;
    if (entity->face.name.size == 0) return recipe_refuse(compile, "has no", STR("name"));
    if (recipe_entity(recipe, entity->face.name)) {
        return recipe_refuse(compile, "there are two of", entity->face.name);
    }
    recipe->entities[recipe->entity_count++] = entity;
    entity->face.fields = scope_new(compile->scope, struct demo_field, DEMO_VARIABLE_COUNT_MAX);
    entity->fields = scope_new(compile->scope, struct field, DEMO_VARIABLE_COUNT_MAX);
    for (int i = 0; i < preset_count; i++) field_add(entity, str_of(presets[i]));
    entity->parent = parent;
    entity->face.is_live = json_bool(json, "live", false);
    entity->is_scaled = json_bool(json, "scaled", false);
    entity->is_kept = !parent && !json_get(json, "journey");
    struct entity *around = compile->entity;
    compile->depth++;
    bool ok = body_read(compile, json, entity);
    compile->depth--;
    compile->entity = around;
    return ok;
}

static bool top_read(struct compile *compile, const struct json *json)
{
    struct str per = json_text(json, "per");
    struct entity *parent = NULL;
    if (per.size > 0) {
        compile->where = per;
        const struct entity *found = recipe_entity(compile->recipe, per);
        if (!found || !found->is_kept) {
            return recipe_refuse(compile, "no such entity before this one", per);
        }
        parent = compile->recipe->entities[found->face.index];
    }
    static const char *const presets[JOURNEY_PRESET_COUNT] = { "_stage", "_entered_at" };
    bool has_journey = json_get(json, "journey") != NULL;
    struct entity *entity;
    if (!entity_read(compile, json, parent, presets, has_journey ? JOURNEY_PRESET_COUNT : 0,
                     &entity)) {
        return false;
    }
    entity->is_kept = !entity->journey;
    compile->recipe->top[compile->recipe->top_count++] = entity;
    return true;
}

/* ---- journeys ---- */

static bool spec_read(struct compile *compile, const struct json *json,
                      const struct stage_spec *fallback, struct stage_spec *out)
{
    const struct json *days = json_get(json, "days");
    if (days && (days->kind != JSON_KIND_LIST || days->count != 2)) {
        return recipe_refuse(compile, "two numbers are wanted", STR("days"));
    }
    out->days_median = days ? real_of(&days->items[0], 1) : fallback->days_median;
    out->days_sigma = days ? real_of(&days->items[1], 0) : fallback->days_sigma;
    out->lose = real_of(json_get(json, "lose"), fallback->lose);
    out->back = real_of(json_get(json, "back"), fallback->back);
    out->skip = real_of(json_get(json, "skip"), fallback->skip);
    return true;
}

static bool stages_read(struct compile *compile, const struct json *list,
                        struct journey_pipeline *out)
{
    if (list->kind != JSON_KIND_LIST || list->count == 0) {
        return recipe_refuse(compile, "a list of stages is wanted", out->name);
    }
    out->stages = scope_new(compile->scope, struct journey_stage, list->count);
    for (int i = 0; i < list->count; i++) {
        const struct json *json = &list->items[i];
        struct journey_stage *stage = &out->stages[out->count++];
        stage->name = json_text(json, "stage");
        if (stage->name.size == 0) return recipe_refuse(compile, "has no", STR("stage"));
        struct stage_spec usual = { .days_median = 5, .days_sigma = 0.5 };
        if (!spec_read(compile, json, &usual, &stage->usual)) return false;
        const struct json *late = json_get(json, "late");
        if (!late) continue;
        if (!time_parse_duration(json_text(late, "within"), &stage->late_ms)) {
            return recipe_refuse(compile, "a duration is wanted", STR("within"));
        }
        if (!spec_read(compile, late, &stage->usual, &stage->late)) return false;
    }
    return true;
}

static bool end_fields_read(struct compile *compile, const struct json *set,
                            struct journey_end *out)
{
    if (!set) return true;
    out->fields = scope_new(compile->scope, struct journey_field, set->count);
    for (int i = 0; i < set->count; i++) {
        int field = entity_field(compile->entity, set->names[i]);
        if (field < 0) return recipe_refuse(compile, "not in \"set\"", set->names[i]);
        out->fields[i].field = field;
        if (!expression_read(compile, &set->items[i], &out->fields[i].value)) return false;
    }
    out->count = set->count;
    return true;
}

static bool events_read(struct compile *compile, const struct json *json, struct journey *journey)
{
    static const char *const presets[EVENT_PRESET_COUNT] = { "_at", "_stage", "_step", "_to" };
    const struct json *gap = json_get(json, "gap_days");
    const struct json *entity = json_get(json, "entity");
    if (!gap || gap->kind != JSON_KIND_LIST || gap->count != 2 || !entity) {
        return recipe_refuse(compile, "gap_days and entity are wanted", STR("events"));
    }
    journey->gap_median = real_of(&gap->items[0], 1);
    journey->gap_sigma = real_of(&gap->items[1], 0);
    journey->idle_chance = real_of(json_get(json, "idle_chance"), 0) / 100;
    if (!member_read(compile, json, "pace", &journey->pace)) return false;
    if (!entity_read(compile, entity, compile->entity, presets, EVENT_PRESET_COUNT,
                     &journey->event)) {
        return false;
    }
    journey->event_counts = entity_field(journey->event, json_text(json, "counts"));
    return true;
}

static bool alerts_read(struct compile *compile, const struct json *json, struct journey *journey)
{
    static const char *const presets[ALERT_PRESET_COUNT] = { "_since", "_level", "_yellow_at",
                                                             "_orange_at", "_red_at",
                                                             "_cleared_at" };
    const struct json *levels = json_get(json, "levels");
    const struct json *entity = json_get(json, "entity");
    if (!levels || levels->kind != JSON_KIND_LIST || levels->count != 3 || !entity) {
        return recipe_refuse(compile, "three levels and an entity are wanted", STR("alerts"));
    }
    for (int i = 0; i < 3; i++) {
        if (!time_parse_duration(levels->items[i].text, &journey->level_ms[i])) {
            return recipe_refuse(compile, "a duration is wanted", STR("levels"));
        }
    }
    if (!time_parse_duration(json_text(json, "within"), &journey->alert_within_ms)) {
        return recipe_refuse(compile, "a duration is wanted", STR("within"));
    }
    return entity_read(compile, entity, compile->entity, presets, ALERT_PRESET_COUNT,
                       &journey->alert);
}

static bool ends_read(struct compile *compile, const struct json *json, struct journey *journey)
{
    const struct json *reasons = json_get(json, "reasons");
    const struct json *fields = json_get(json, "fields");
    journey->won = json_text(json, "won");
    journey->lost = json_text(json, "lost");
    if (journey->won.size == 0 || journey->lost.size == 0) {
        return recipe_refuse(compile, "names of the last stages are wanted", STR("won, lost"));
    }
    return member_read(compile, reasons, "back", &journey->reason_back) &&
           member_read(compile, reasons, "skip", &journey->reason_skip) &&
           member_read(compile, reasons, "lose", &journey->reason_lose) &&
           end_fields_read(compile, json_get(fields, "open"), &journey->ends[JOURNEY_OPEN]) &&
           end_fields_read(compile, json_get(fields, "won"), &journey->ends[JOURNEY_WON]) &&
           end_fields_read(compile, json_get(fields, "lost"), &journey->ends[JOURNEY_LOST]);
}

bool journey_read(struct compile *compile, const struct json *json, struct entity *entity)
{
    struct journey *journey = scope_new(compile->scope, struct journey, 1);
    const struct json *stages = json_get(json, "stages");
    const struct json *events = json_get(json, "events");
    const struct json *alerts = json_get(json, "alerts");
    if (!stages || stages->kind != JSON_KIND_MAP || !events) {
        return recipe_refuse(compile, "stages and events are wanted", STR("journey"));
    }
    journey->pipelines = scope_new(compile->scope, struct journey_pipeline, stages->count);
    for (int i = 0; i < stages->count; i++) {
        struct journey_pipeline *pipeline = &journey->pipelines[journey->pipeline_count++];
        pipeline->name = stages->names[i];
        if (!stages_read(compile, &stages->items[i], pipeline)) return false;
    }
    if (!member_read(compile, json, "pipeline", &journey->pipeline)) return false;
    if (!journey->pipeline) return recipe_refuse(compile, "has no", STR("pipeline"));
    if (!member_read(compile, json, "idle", &journey->idle_hours)) return false;
    if (!ends_read(compile, json, journey)) return false;
    if (!events_read(compile, events, journey)) return false;
    compile->entity = entity;
    if (alerts && !alerts_read(compile, alerts, journey)) return false;
    entity->journey = journey;
    return true;
}

/* ---- the whole ---- */

bool demo_recipe_read(struct scope *scope, const struct json *json, struct demo_recipe **out)
{
    static const struct json no_tables = { .kind = JSON_KIND_MAP };
    struct demo_recipe *recipe = *out = scope_new(scope, struct demo_recipe, 1);
    struct compile compile = { .scope = scope, .recipe = recipe, .where = STR("recipe") };
    const struct json *entities = json_get(json, "entities");
    recipe->seed = (uint64_t)json_int(json, "seed", 1);
    recipe->tables = json_get(json, "tables");
    if (!recipe->tables) recipe->tables = &no_tables;
    recipe->entities = scope_new(scope, struct entity *, DEMO_ENTITY_COUNT_MAX);
    if (!entities || entities->kind != JSON_KIND_LIST) {
        return recipe_refuse(&compile, "has no", STR("entities"));
    }
    recipe->top = scope_new(scope, struct entity *, entities->count);
    if (!words_read(&compile, json_get(json, "words"))) return false;
    for (int i = 0; i < entities->count; i++) {
        if (!top_read(&compile, &entities->items[i])) return false;
    }
    return true;
}

int demo_entity_count(const struct demo_recipe *recipe)
{
    return recipe->entity_count;
}
