/*
 * What is stored follows a change of configuration: the stored formulas that mean
 * something else now, those that stand on them, and the timers. Only what may differ
 * is worked out again, field by field: a million rows are not touched for a label or
 * another name.
 */
#include "engine/follow.h"

struct field_set set_begin(struct scope *scope, const struct schema *schema)
{
    struct field_set set = { scope_new(scope, bool *, schema->object_count) };
    for (int o = 0; o < schema->object_count; o++) {
        set.has[o] = scope_new(scope, bool, schema->objects[o].field_count);
    }
    return set;
}

bool *set_of(const struct following *f, const struct field_set *set, const struct object *object)
{
    return set->has[object - f->after->schema->objects];
}

bool set_is_empty(const struct following *f, const struct field_set *set, int o)
{
    for (int i = 0; i < f->after->schema->objects[o].field_count; i++) {
        if (set->has[o][i]) return false;
    }
    return true;
}

bool stands_on(const struct following *f, const struct formula *formula,
               const struct field_set *set)
{
    for (int u = 0; formula && u < formula->use_count; u++) {
        const struct formula_use *use = &formula->uses[u];
        if (use->field && set_of(f, set, use->object)[use->field->index]) return true;
    }
    return false;
}

void set_spread(const struct following *f, struct field_set *set,
                bool (*may_join)(const struct following *f, const struct field *field))
{
    const struct schema *schema = f->after->schema;
    for (bool is_more = true; is_more;) {
        is_more = false;
        for (int o = 0; o < schema->object_count; o++) {
            for (int i = 0; i < schema->objects[o].field_count; i++) {
                const struct field *field = &schema->objects[o].fields[i];
                bool *is_in = &set->has[o][i];
                if (*is_in || !may_join(f, field) || !stands_on(f, field->formula, set)) continue;
                *is_in = is_more = true;
            }
        }
    }
}

/* ---- what has changed ---- */

static const struct field *field_before(const struct following *f, const struct field *field)
{
    const struct object *object = schema_object_by_id(f->before, field->object->id);
    return object ? object_field_by_id(object, field->id) : NULL;
}

/* A formula that makes a text of a choice has its labels in it. */
static bool is_same_choices(const struct field *before, const struct field *after)
{
    for (int i = 0; i < before->choice_count; i++) {
        const struct choice *old = &before->choices[i];
        const struct choice *choice = field_choice_by_id(after, old->id);
        if (!choice || !str_equal(old->label.zh, choice->label.zh) ||
            !str_equal(old->label.en, choice->label.en) || !str_equal(old->name, choice->name)) {
            return false;
        }
    }
    return true;
}

/* The texts before have the names of today (names_settle). */
static bool is_same_formula(const struct field *before, const struct field *after)
{
    bool is_column = field_kind(before) == field_kind(after) && before->scale == after->scale;
    return str_equal(before->formula_source, after->formula_source) &&
           (is_column || !field_is_kept(after));
}

static void fields_changed(struct following *f, const struct object *object)
{
    const struct object *was = schema_object_by_id(f->before, object->id);
    for (int i = 0; was && i < object->field_count; i++) {
        const struct field *field = &object->fields[i], *old = field_before(f, field);
        if (field->is_shadow) continue;
        bool is_formula = field->formula_source.size > 0;
        bool *is_changed = &set_of(f, &f->changed, object)[i];
        if (is_formula) {
            *is_changed = !old || !is_same_formula(old, field);
            set_of(f, &f->due, object)[i] = field_is_kept(field) && old && !field_is_kept(old);
        } else if (field->id > 0) {
            /* One of another type took its place: those that name it read another column. */
            *is_changed = !old || !is_same_choices(old, field);
        }
    }
}

/* Every formula may say something else. The engine's own columns stand on records alone. */
static void formulas_changed(struct following *f)
{
    const struct schema *schema = f->after->schema;
    for (int o = 0; o < schema->object_count; o++) {
        for (int i = 0; i < schema->objects[o].field_count; i++) {
            const struct field *field = &schema->objects[o].fields[i];
            bool is_formula = field->formula_source.size > 0 && !field->is_shadow;
            if (is_formula && !field->is_hidden) f->changed.has[o][i] = true;
        }
        f->is_watched[o] = true;
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
        if (watch->object != after->object && !stands_on(f, watch->when, &f->changed)) continue;
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

/* Would the database be asked the same? */
static bool is_same_sql(struct scope *scope, const struct following *f,
                        const struct formula *before, const struct formula *after)
{
    const struct formula_context was = { .schema = f->before, .alias = STR("t") };
    const struct formula_context now = { .schema = f->after->schema, .alias = STR("t") };
    struct sql a, b;
    sql_begin(&a, scope);
    sql_begin(&b, scope);
    formula_put(&a, &was, before);
    formula_put(&b, &now, after);
    bool is_same = a.arg_count == b.arg_count && str_equal(buf_str(&a.text), buf_str(&b.text));
    for (int i = 0; is_same && i < a.arg_count; i++) is_same = cell_equal(&a.args[i], &b.args[i]);
    return is_same;
}

/* Another zone: what counts by days or hours of the clock, and every rule. */
static void zone_changed(struct scope *scope, struct following *f)
{
    const struct schema *schema = f->after->schema;
    for (int o = 0; o < schema->object_count; o++) {
        for (int i = 0; i < schema->objects[o].field_count; i++) {
            const struct field *field = &schema->objects[o].fields[i];
            if (!field->formula || field->is_shadow || field->is_hidden) continue;
            const struct field *old = field_before(f, field);
            f->changed.has[o][i] = !old || !old->formula ||
                                   !is_same_sql(scope, f, old->formula, field->formula);
        }
    }
    rule_changed(f, STR(""));
}

static void part_changed(struct scope *scope, struct following *f, const struct schema_part *part)
{
    const struct schema *schema = f->after->schema;
    if (str_is(part->kind, "rule")) {
        rule_changed(f, part->name);
    } else if (str_is(part->kind, "object")) {
        const struct object *object = schema_object(schema, part->name);
        if (object) fields_changed(f, object);
    } else if (str_is(part->kind, "pipeline")) {
        pipeline_changed(f, part->name);
    } else if (str_is(part->kind, "calendar")) {
        calendar_changed(f);
    } else if (str_is(part->kind, "list")) {
        formulas_changed(f);
    } else if (str_is(part->kind, "setting") && str_is(part->name, "zone")) {
        zone_changed(scope, f);
    }
}

/* ---- what stands on it ---- */

static bool is_no_shadow(const struct following *f, const struct field *field)
{
    (void)f;
    return !field->is_shadow;
}

static void spread(struct following *f)
{
    const struct schema *schema = f->after->schema;
    set_spread(f, &f->changed, is_no_shadow);
    for (int o = 0; o < schema->object_count; o++) {
        for (int i = 0; i < schema->objects[o].field_count; i++) {
            if (!field_is_kept(&schema->objects[o].fields[i])) continue;
            f->due.has[o][i] = f->due.has[o][i] || f->changed.has[o][i];
        }
    }
}

static void watch_spread(struct following *f)
{
    const struct rules *rules = f->after->rules;
    for (int i = 0; i < rules->watch_count; i++) {
        const struct watch *watch = rules->watches[i];
        bool is_moved = set_of(f, &f->changed, watch->object)[watch->since->index] ||
                        stands_on(f, watch->when, &f->changed);
        if (is_moved) f->is_watched[watch->object - f->after->schema->objects] = true;
    }
}

struct following *follow_begin(struct scope *scope, const struct schema *before,
                               const struct snapshot *after, const struct schema_part *parts,
                               int part_count)
{
    struct following *f = scope_new(scope, struct following, 1);
    *f = (struct following){
        .before = before, .after = after,
        .changed = set_begin(scope, after->schema), .due = set_begin(scope, after->schema),
        .is_watched = scope_new(scope, bool, after->schema->object_count),
    };
    for (int i = 0; i < part_count; i++) part_changed(scope, f, &parts[i]);
    spread(f);
    watch_spread(f);
    return f;
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
    const struct schema *schema = system->snapshot->schema;
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
            memset(f->due.has[o], 0, (size_t)f->after->schema->objects[o].field_count);
            done_count += 1;
        }
        if (due_count == done_count) return true;
        is_forced = done_count == 0; /* two objects that look at one another's records */
    }
}

static bool timers_follow(struct scope *scope, struct db_conn *conn,
                          const struct engine_context *system, const struct following *f)
{
    const struct schema *schema = system->snapshot->schema;
    const struct rules *rules = system->snapshot->rules;
    if (f->has_rule && !timers_retire(scope, conn, system)) return false;
    for (int i = 0; i < rules->watch_count; i++) {
        const struct object *object = rules->watches[i]->object;
        bool *is_due = &f->is_watched[object - schema->objects];
        if (*is_due && !timers_rebuild(scope, conn, system, object)) return false;
        *is_due = false;
    }
    return true;
}

bool follow_run(struct scope *scope, struct db_conn *conn, const struct engine_context *system,
                struct following *f)
{
    return recompute(scope, conn, system, f) && timers_follow(scope, conn, system, f);
}
