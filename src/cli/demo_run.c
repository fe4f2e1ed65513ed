/*
 * Makes the records of a recipe, entity by entity, and gives each to the sink
 * as soon as it is whole. Records that others may point to are kept in memory;
 * those with a journey live in a scope of their own and are gone afterwards, so
 * memory follows the number of those that are kept, not that of the events.
 */
#include "cli/demo_inner.h"

#include "base/time.h"

/* Version 7 for the record's own moment, from the recipe's random numbers. */
static struct uuid uuid_draw(struct run *run, int64_t time_ms)
{
    struct uuid id;
    uint64_t high = random_next(&run->random), low = random_next(&run->random);
    for (int i = 0; i < 6; i++) id.bytes[i] = (unsigned char)(time_ms >> (8 * (5 - i)));
    id.bytes[6] = (unsigned char)(0x70 | ((high >> 8) & 0x0f));
    id.bytes[7] = (unsigned char)high;
    for (int i = 0; i < 8; i++) id.bytes[8 + i] = (unsigned char)(low >> (8 * i));
    id.bytes[8] = (unsigned char)((id.bytes[8] & 0x3f) | 0x80);
    return id;
}

static void record_keep(struct run *run, struct entity *entity, struct demo_record *record)
{
    if (entity->made_count == entity->record_capacity) {
        int64_t capacity = entity->record_capacity * 2 + 64;
        struct demo_record **records = scope_new(run->main, struct demo_record *, capacity);
        if (entity->made_count > 0) {
            memcpy(records, entity->records,
                   sizeof(struct demo_record *) * (size_t)entity->made_count);
        }
        entity->records = records;
        entity->record_capacity = capacity;
    }
    entity->records[entity->made_count] = record;
}

static void record_fill(struct run *run, struct entity *entity, struct demo_record *record,
                        const struct row_set *row)
{
    for (int i = 0; i < entity->face.field_count; i++) {
        struct expression *value = entity->fields[i].value;
        if (row && row->values[i]) value = row->values[i];
        if (value) record->values[i] = expression_value(run, value, record);
    }
    struct demo_record *parent = record->parent;
    record->created_at_ms = parent ? parent->created_at_ms : run->options->now_ms;
    if (entity->at) {
        struct demo_value at = expression_value(run, entity->at, record);
        if (at.kind == DEMO_TIME) record->created_at_ms = at.integer;
    }
    if (record->created_at_ms > run->options->now_ms) {
        record->created_at_ms = run->options->now_ms;
    }
    if (entity->by) {
        struct demo_value by = expression_value(run, entity->by, record);
        record->by = by.kind == DEMO_ROW ? by.row : NULL;
    }
    if (entity->change) record->change = expression_value(run, entity->change, record).row;
    record->id = uuid_draw(run, record->created_at_ms);
}

static bool then_make(struct run *run, struct entity *entity, struct demo_record *record)
{
    for (int i = 0; i < entity->then_count; i++) {
        struct entity *next = entity->then[i];
        if (next->when) {
            struct demo_value when = expression_value(run, next->when, record);
            if (!value_is_true(&when)) continue;
        }
        int64_t count = expression_int(run, next->count, record, 1);
        for (int64_t k = 0; k < count && k < DEMO_EVENT_COUNT_MAX; k++) {
            struct demo_record *made;
            if (!record_make(run, next, record, NULL, NULL, 0, &made)) return false;
        }
    }
    return true;
}

bool record_make(struct run *run, struct entity *entity, struct demo_record *parent,
                 const struct row_set *row, const struct demo_value *presets, int preset_count,
                 struct demo_record **out)
{
    struct demo_record *record = *out = scope_new(run->scope, struct demo_record, 1);
    record->entity = &entity->face;
    record->parent = parent;
    record->index = entity->made_count;
    record->values = scope_new(run->scope, struct demo_value, entity->face.field_count);
    if (preset_count > 0) {
        memcpy(record->values, presets, sizeof(*presets) * (size_t)preset_count);
    }
    record_fill(run, entity, record, row);
    if (entity->journey && !journey_walk(run, entity, record)) return false;
    if (entity->is_kept) record_keep(run, entity, record);
    entity->made_count++;
    if (!run->sink->put(run->scope, run->sink->context, record)) return false;
    if (!then_make(run, entity, record)) return false;
    return !entity->journey || journey_events(run, entity, record);
}

/* One record of a journey with all that hangs on it, in a scope of its own. */
static bool journey_make(struct run *run, struct entity *entity, const struct row_set *row)
{
    struct scope inner;
    struct demo_record *record;
    scope_begin(&inner);
    run->scope = &inner;
    bool ok = record_make(run, entity, NULL, row, NULL, 0, &record);
    run->scope = run->main;
    if (!ok) {
        /* The reason outlives the scope it was found in. */
        const struct error *error = &inner.error;
        error_set(run->main, error->code, error->first ? error->first->key : "demo.stopped",
                  STR(""));
        struct error_item *item = error_last(run->main);
        if (item && error->first) {
            item->text_zh = scope_copy(run->main, error->first->text_zh);
            item->text_en = scope_copy(run->main, error->first->text_en);
            item->field = scope_copy(run->main, error->first->field);
            for (int i = 0; i < error->first->arg_count; i++) {
                error_arg(run->main, error->first->args[i].name, error->first->args[i].value);
            }
        }
        run->main->error.detail = scope_copy(run->main, error->detail);
    }
    scope_end(&inner);
    return ok;
}

static bool top_make(struct run *run, struct entity *entity, const struct row_set *row)
{
    struct demo_record *record;
    if (entity->journey) return journey_make(run, entity, row);
    return record_make(run, entity, NULL, row, NULL, 0, &record);
}

static bool per_make(struct run *run, struct entity *entity)
{
    struct entity *parent = entity->parent;
    entity->child_first = scope_new(run->main, int64_t, parent->made_count + 1);
    for (int64_t i = 0; i < parent->made_count; i++) {
        struct demo_record *of = parent->records[i], *made;
        entity->child_first[i] = entity->made_count;
        if (entity->when) {
            struct demo_value when = expression_value(run, entity->when, of);
            if (!value_is_true(&when)) continue;
        }
        int64_t count = expression_int(run, entity->count, of, 1);
        for (int64_t k = 0; k < count; k++) {
            if (!record_make(run, entity, of, NULL, NULL, 0, &made)) return false;
        }
    }
    entity->child_first[parent->made_count] = entity->made_count;
    return true;
}

static bool entity_make(struct run *run, struct entity *entity)
{
    if (entity->parent) return per_make(run, entity);
    int64_t count = expression_int(run, entity->count, NULL, 0);
    if (entity->is_scaled) count = (count * run->options->scale_percent + 99) / 100;
    if (count > DEMO_COUNT_MAX) {
        return error_set(run->main, ERROR_TOO_LARGE, "demo.too_many", STR(""));
    }
    entity->planned_count = entity->row_count + count;
    for (int i = 0; i < entity->row_count; i++) {
        if (!top_make(run, entity, &entity->rows[i])) return false;
    }
    for (int64_t i = 0; i < count; i++) {
        if (!top_make(run, entity, NULL)) return false;
    }
    return true;
}

bool demo_generate(struct scope *scope, struct demo_recipe *recipe,
                   const struct demo_options *options, const struct demo_sink *sink)
{
    struct run run = { .main = scope, .scope = scope, .recipe = recipe, .options = options,
                       .sink = sink };
    random_seed(&run.random, options->seed ? options->seed : recipe->seed);
    for (int i = 0; i < recipe->top_count; i++) {
        if (!entity_make(&run, recipe->top[i])) return false;
    }
    return true;
}
