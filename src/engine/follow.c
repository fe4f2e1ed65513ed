/*
 * What is stored follows a change of configuration: the stored formulas that mean
 * something else now, those that stand on them, and the timers. Only what may differ
 * is worked out again, field by field: a million rows are not touched for a label.
 */
#include "engine/inner.h"

/* Fields, by position of their object and their index in it. */
struct field_set {
    bool **has;
};

struct following {
    const struct schema *before;
    const struct snapshot *after;
    struct field_set changed; /* mean something else now */
    struct field_set due;     /* stored formulas to be worked out again */
    bool *is_watched;         /* by object: its timers are to be set right */
    bool has_rule;            /* a rule may be gone, or switched off */
};

static struct field_set set_begin(struct scope *scope, const struct schema *schema)
{
    struct field_set set = { scope_new(scope, bool *, schema->object_count) };
    for (int o = 0; o < schema->object_count; o++) {
        set.has[o] = scope_new(scope, bool, schema->objects[o].field_count);
    }
    return set;
}

static bool *set_of(const struct following *f, const struct field_set *set,
                    const struct object *object)
{
    return set->has[object - f->after->schema->objects];
}

static bool set_is_empty(const struct following *f, const struct field_set *set, int o)
{
    for (int i = 0; i < f->after->schema->objects[o].field_count; i++) {
        if (set->has[o][i]) return false;
    }
    return true;
}

/* ---- what has changed ---- */

/* Which rules' conditions ask for what has changed is not looked for. */
static void watch_all(struct following *f)
{
    memset(f->is_watched, 1, sizeof(bool) * (size_t)f->after->schema->object_count);
}

static void object_changed(struct following *f, const struct object *object)
{
    memset(set_of(f, &f->changed, object), 1, (size_t)object->field_count);
    watch_all(f);
}

/* A formula that is not stored is part of all that name it: then all of the object counts. */
static void formulas_changed(struct following *f, const struct object *object)
{
    const struct object *before = schema_object_by_id(f->before, object->id);
    for (int i = 0; before && i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        const struct field *old = object_field_by_id(before, field->id);
        bool is_formula = field->formula_source.size > 0 ||
                          (old && old->formula_source.size > 0);
        bool is_same = old && old->is_stored == field->is_stored &&
                       str_equal(old->formula_source, field->formula_source);
        /* One of another type took its place: those that name it read another column. */
        if (!is_formula && !old && field->id > 0) set_of(f, &f->changed, object)[i] = true;
        if (!is_formula || is_same) continue;
        watch_all(f);
        if (!field->is_stored || (old && !old->is_stored)) {
            object_changed(f, object);
            return;
        }
        set_of(f, &f->changed, object)[i] = true;
    }
}

/* Nothing that a formula or a ladder asks of a stage is other than it was; labels may be. */
static bool is_same_pipeline(const struct pipeline *before, const struct pipeline *after)
{
    for (int i = 0; i < before->stage_count; i++) {
        const struct stage *old = &before->stages[i], *stage = pipeline_stage(after, old->name);
        if (!stage || stage->id != old->id || stage->kind != old->kind ||
            stage->probability != old->probability || stage->position != old->position ||
            memcmp(stage->stall_ms, old->stall_ms, sizeof(old->stall_ms)) != 0) {
            return false;
        }
    }
    return true;
}

static bool stands_on(const struct following *f, const struct formula *formula,
                      const struct field_set *set)
{
    for (int u = 0; u < formula->use_count; u++) {
        const struct formula_use *use = &formula->uses[u];
        if (use->field && set_of(f, set, use->object)[use->field->index]) return true;
    }
    return false;
}

/* Its ladders, and whoever asks for the stage. A pipeline that is new has no records. */
static void pipeline_changed(struct following *f, struct str name)
{
    const struct schema *schema = f->after->schema;
    const struct rules *rules = f->after->rules;
    const struct pipeline *before = schema_pipeline(f->before, name);
    const struct pipeline *after =
        before ? schema_pipeline_by_id(schema, before->id) : schema_pipeline(schema, name);
    if (!after || !before || is_same_pipeline(before, after)) return;
    bool *fields = set_of(f, &f->changed, after->object);
    fields[after->object->stage->index] = fields[after->object->pipeline->index] = true;
    for (int i = 0; i < rules->watch_count; i++) {
        const struct watch *watch = rules->watches[i];
        if (watch->object != after->object &&
            (!watch->when || !stands_on(f, watch->when, &f->changed))) {
            continue;
        }
        f->is_watched[watch->object - schema->objects] = true;
    }
}

/* One by its name, or all of them. */
static void rule_changed(struct following *f, struct str name)
{
    const struct rules *rules = f->after->rules;
    f->has_rule = true;
    for (int i = 0; i < rules->watch_count; i++) {
        const struct watch *watch = rules->watches[i];
        if (name.size > 0 && !str_equal(watch->name, name)) continue;
        f->is_watched[watch->object - f->after->schema->objects] = true;
    }
}

/* Nothing counted by a calendar is stored; rules whose conditions count by one are set anew. */
static void calendar_changed(struct following *f)
{
    const struct rules *rules = f->after->rules;
    for (int i = 0; i < rules->watch_count; i++) {
        const struct watch *watch = rules->watches[i];
        if (!watch->when || watch->when->calendars == 0) continue;
        f->is_watched[watch->object - f->after->schema->objects] = true;
    }
}

static void part_changed(struct following *f, const struct schema_part *part)
{
    const struct schema *schema = f->after->schema;
    if (str_is(part->kind, "rule")) {
        rule_changed(f, part->name);
    } else if (str_is(part->kind, "object")) {
        const struct object *object = schema_object(schema, part->name);
        if (object) formulas_changed(f, object);
    } else if (str_is(part->kind, "pipeline")) {
        pipeline_changed(f, part->name);
    } else if (str_is(part->kind, "calendar")) {
        calendar_changed(f);
    } else if (str_is(part->kind, "list")) {
        for (int o = 0; o < schema->object_count; o++) object_changed(f, &schema->objects[o]);
    }
}

/* ---- what stands on it ---- */

static void spread(struct following *f)
{
    const struct schema *schema = f->after->schema;
    for (bool is_more = true; is_more;) {
        is_more = false;
        for (int o = 0; o < schema->object_count; o++) {
            for (int i = 0; i < schema->objects[o].field_count; i++) {
                const struct field *field = &schema->objects[o].fields[i];
                if (!field->is_stored || f->due.has[o][i]) continue;
                if (!f->changed.has[o][i] && !stands_on(f, field->formula, &f->changed) &&
                    !stands_on(f, field->formula, &f->due)) {
                    continue;
                }
                f->due.has[o][i] = is_more = true;
                watch_all(f);
            }
        }
    }
}

/* ---- working it out ---- */

/* Does something due of the object wait for something due of another one? */
static bool is_waiting(const struct following *f, int o)
{
    const struct object *object = &f->after->schema->objects[o];
    for (int i = 0; i < object->field_count; i++) {
        if (!f->due.has[o][i]) continue;
        const struct formula *formula = object->fields[i].formula;
        for (int u = 0; u < formula->use_count; u++) {
            const struct formula_use *use = &formula->uses[u];
            if (use->object != object && use->field &&
                set_of(f, &f->due, use->object)[use->field->index]) {
                return true;
            }
        }
    }
    return false;
}

/* Those that others stand on first. */
static bool recompute(struct scope *scope, struct db_conn *conn,
                      const struct engine_context *system, struct following *f)
{
    const struct schema *schema = f->after->schema;
    for (bool is_forced = false;;) {
        int due_count = 0, done_count = 0;
        for (int o = 0; o < schema->object_count; o++) {
            if (set_is_empty(f, &f->due, o)) continue;
            due_count += 1;
            if (!is_forced && is_waiting(f, o)) continue;
            if (!history_compute(scope, conn, system, &schema->objects[o], f->due.has[o], NULL,
                                 0)) {
                return false;
            }
            memset(f->due.has[o], 0, (size_t)schema->objects[o].field_count);
            done_count += 1;
        }
        if (due_count == done_count) return true;
        is_forced = done_count == 0; /* two objects that look at one another's records */
    }
}

static bool timers_follow(struct scope *scope, struct db_conn *conn,
                          const struct engine_context *system, const struct following *f)
{
    const struct rules *rules = f->after->rules;
    if (f->has_rule && !timers_retire(scope, conn, system)) return false;
    for (int i = 0; i < rules->watch_count; i++) {
        const struct object *object = rules->watches[i]->object;
        bool *is_due = &f->is_watched[object - f->after->schema->objects];
        if (*is_due && !timers_rebuild(scope, conn, system, object)) return false;
        *is_due = false;
    }
    return true;
}

bool stored_follow(struct scope *scope, struct db_conn *conn, const struct engine_context *system,
                   const struct schema *before, const struct schema_part *parts, int part_count)
{
    const struct schema *schema = system->snapshot->schema;
    struct following f = {
        .before = before, .after = system->snapshot,
        .changed = set_begin(scope, schema), .due = set_begin(scope, schema),
        .is_watched = scope_new(scope, bool, schema->object_count),
    };
    for (int i = 0; i < part_count; i++) part_changed(&f, &parts[i]);
    spread(&f);
    return recompute(scope, conn, system, &f) &&
           timers_follow(scope, conn, system, &f);
}
