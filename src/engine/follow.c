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
    bool is_timer_touched;
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

static void object_changed(struct following *f, const struct object *object)
{
    memset(set_of(f, &f->changed, object), 1, (size_t)object->field_count);
    f->is_timer_touched = true;
}

/* A formula that is not stored is part of all that name it: then all of the object counts. */
static void formulas_changed(struct following *f, const struct object *object)
{
    const struct object *before = schema_object(f->before, object->name);
    for (int i = 0; before && i < object->field_count; i++) {
        const struct field *field = &object->fields[i], *old = object_field(before, field->name);
        bool is_formula = field->formula_source.size > 0 ||
                          (old && old->formula_source.size > 0);
        bool is_same = old && old->is_stored == field->is_stored &&
                       str_equal(old->formula_source, field->formula_source);
        if (!is_formula || is_same) continue;
        f->is_timer_touched = true;
        if (!field->is_stored || (old && !old->is_stored)) {
            object_changed(f, object);
            return;
        }
        set_of(f, &f->changed, object)[i] = true;
    }
}

static void part_changed(struct following *f, const struct schema_part *part)
{
    const struct schema *schema = f->after->schema;
    if (str_is(part->kind, "rule")) {
        f->is_timer_touched = true;
    } else if (str_is(part->kind, "object")) {
        const struct object *object = schema_object(schema, part->name);
        if (object) formulas_changed(f, object);
    } else if (str_is(part->kind, "pipeline")) {
        const struct pipeline *pipeline = schema_pipeline(schema, part->name);
        f->is_timer_touched = true;
        if (pipeline) object_changed(f, pipeline->object);
    } else if (str_is(part->kind, "list")) {
        for (int o = 0; o < schema->object_count; o++) object_changed(f, &schema->objects[o]);
    }
}

/* ---- what stands on it ---- */

static bool stands_on(const struct following *f, const struct field *field,
                      const struct field_set *set)
{
    for (int u = 0; u < field->formula->use_count; u++) {
        const struct formula_use *use = &field->formula->uses[u];
        if (use->field && set_of(f, set, use->object)[use->field->index]) return true;
    }
    return false;
}

static void spread(struct following *f)
{
    const struct schema *schema = f->after->schema;
    for (bool is_more = true; is_more;) {
        is_more = false;
        for (int o = 0; o < schema->object_count; o++) {
            for (int i = 0; i < schema->objects[o].field_count; i++) {
                const struct field *field = &schema->objects[o].fields[i];
                if (!field->is_stored || f->due.has[o][i]) continue;
                if (!f->changed.has[o][i] && !stands_on(f, field, &f->changed) &&
                    !stands_on(f, field, &f->due)) {
                    continue;
                }
                f->due.has[o][i] = is_more = true;
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
    bool *is_done = scope_new(scope, bool, f->after->schema->object_count);
    if (!timers_retire(scope, conn, system)) return false;
    for (int i = 0; i < rules->watch_count; i++) {
        const struct object *object = rules->watches[i]->object;
        bool *is_this_done = &is_done[object - f->after->schema->objects];
        if (*is_this_done) continue;
        if (!timers_rebuild(scope, conn, system, object)) return false;
        *is_this_done = true;
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
    };
    for (int i = 0; i < part_count; i++) part_changed(&f, &parts[i]);
    spread(&f);
    return recompute(scope, conn, system, &f) &&
           (!f.is_timer_touched || timers_follow(scope, conn, system, &f));
}
