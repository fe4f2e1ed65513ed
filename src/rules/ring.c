/*
 * Rules that would set one another off without end. A rule leads to another when it writes
 * records that one is about, and what it writes, with the stored formulas made of that, is
 * among what the other reads. A rule that is on a way back to itself is refused, unless its
 * condition can hold only once on that way: it asks for a change of fields nobody on it sets,
 * or for a value that the rule itself replaces and nobody else on the way brings back.
 * Taking one such rule out may open the way for others, so it is done until nothing changes.
 */
#include "rules/inner.h"

struct ring {
    struct scope *scope;
    const struct rules *rules;
    int *starts;       /* by object: the number of its first field, then one for its coming */
    int place_count;
    bool **reads;      /* by rule, by field of all objects */
    bool **writes;     /* the same, with the stored formulas that follow */
    bool *is_out;      /* by rule: it cannot go on without end */
    bool **leads;      /* by rule: to which ones at once */
    bool **reaches;    /* by rule: to which ones in any number of steps */
};

static int place_of(const struct ring *ring, const struct object *object,
                    const struct field *field)
{
    int start = ring->starts[object - ring->rules->schema->objects];
    return start + (field ? field->index : object->field_count);
}

static void uses_mark(const struct ring *ring, const struct formula *formula, bool *places)
{
    for (int i = 0; formula && i < formula->use_count; i++) {
        places[place_of(ring, formula->uses[i].object, formula->uses[i].field)] = true;
    }
}

static bool uses_any(const struct ring *ring, const struct formula *formula, const bool *places)
{
    for (int i = 0; i < formula->use_count; i++) {
        if (places[place_of(ring, formula->uses[i].object, formula->uses[i].field)]) return true;
    }
    return false;
}

static bool is_write(const struct action *action)
{
    return action->kind == ACTION_DO_CREATE || action->kind == ACTION_DO_SET;
}

static void reads_find(struct ring *ring, int r)
{
    const struct change_rule *rule = &ring->rules->changes[r];
    uses_mark(ring, rule->when, ring->reads[r]);
    for (int a = 0; a < rule->action_count; a++) {
        const struct action *action = &rule->actions[a];
        if (!is_write(action)) continue;
        uses_mark(ring, action->where, ring->reads[r]);
        for (int i = 0; i < action->set_count; i++) {
            uses_mark(ring, action->set[i].formula, ring->reads[r]);
        }
    }
}

/* A move is more than the stage: when it was entered, when it was closed. */
static void field_mark(const struct ring *ring, const struct field *field, bool *places)
{
    const struct object *object = field->object;
    places[place_of(ring, object, field)] = true;
    if (field != object->stage && field != object->pipeline) return;
    const struct field *moved[] = { object->stage, object->pipeline, object->stage_entered_at,
                                    object->closed_at };
    for (size_t i = 0; i < sizeof(moved) / sizeof(moved[0]); i++) {
        if (moved[i]) places[place_of(ring, object, moved[i])] = true;
    }
}

static void writes_find(struct ring *ring, int r)
{
    const struct change_rule *rule = &ring->rules->changes[r];
    const struct schema *schema = ring->rules->schema;
    bool *places = ring->writes[r];
    for (int a = 0; a < rule->action_count; a++) {
        const struct action *action = &rule->actions[a];
        if (!is_write(action)) continue;
        bool is_create = action->kind == ACTION_DO_CREATE;
        for (int f = 0; is_create && f <= action->target->field_count; f++) {
            places[place_of(ring, action->target, NULL) - f] = true;
        }
        for (int i = 0; i < action->set_count; i++) {
            field_mark(ring, action->set[i].field, places);
        }
    }
    for (bool is_more = true; is_more;) { /* ends: each round marks at least one more */
        is_more = false;
        for (int o = 0; o < schema->object_count; o++) {
            const struct object *object = &schema->objects[o];
            for (int f = 0; f < object->field_count; f++) {
                const struct field *field = &object->fields[f];
                bool *place = &places[place_of(ring, object, field)];
                if (*place || !field->is_stored || !uses_any(ring, field->formula, places)) {
                    continue;
                }
                *place = is_more = true;
            }
        }
    }
}

/* The first field by which one rule sets off another, as a place; -1: it does not. */
static int lead_place(const struct ring *ring, int from, int to)
{
    const struct change_rule *rule = &ring->rules->changes[from];
    const struct change_rule *next = &ring->rules->changes[to];
    bool is_woken = false;
    for (int a = 0; a < rule->action_count; a++) {
        const struct action *action = &rule->actions[a];
        if (!is_write(action) || action->target != next->object) continue;
        bool is_create = action->kind == ACTION_DO_CREATE;
        if (is_create && (next->events & RULE_CREATE)) {
            return place_of(ring, action->target, NULL);
        }
        is_woken = is_woken || (!is_create && (next->events & RULE_UPDATE));
    }
    for (int p = 0; is_woken && p < ring->place_count; p++) {
        if (ring->writes[from][p] && ring->reads[to][p]) return p;
    }
    return -1;
}

/* ---- what can hold only once ---- */

static bool is_with(const struct ring *ring, int a, int b)
{
    return ring->reaches[a][b] && ring->reaches[b][a];
}

static bool is_set_by_others(const struct ring *ring, int r, const struct field *field)
{
    int place = place_of(ring, field->object, field);
    for (int o = 0; o < ring->rules->change_count; o++) {
        if (o != r && is_with(ring, r, o) && ring->writes[o][place]) return true;
    }
    return false;
}

/* A constant under which the condition does not hold. */
static bool is_against(const struct formula_demand *demand, struct str value)
{
    if (value.size == 0) return false;
    if (demand->kind == FORMULA_DEMAND_BLANK) return true;
    return str_equal_nocase(value, demand->value) == (demand->kind == FORMULA_DEMAND_NOT);
}

/* Whatever the rule puts into the field, the condition does not hold then. */
static bool is_kept_away(const struct change_rule *rule, const struct formula_demand *demand)
{
    bool is_set = false;
    for (int a = 0; a < rule->action_count; a++) {
        const struct action *action = &rule->actions[a];
        for (int i = 0; is_write(action) && i < action->set_count; i++) {
            if (action->set[i].field != demand->fields[0]) continue;
            if (!is_against(demand, formula_constant(action->set[i].formula))) return false;
            is_set = true;
        }
    }
    return is_set;
}

static bool is_brought_back(const struct ring *ring, int r, const struct formula_demand *demand)
{
    const struct field *field = demand->fields[0];
    int place = place_of(ring, field->object, field);
    for (int o = 0; o < ring->rules->change_count; o++) {
        if (o == r || !is_with(ring, r, o) || !ring->writes[o][place]) continue;
        if (!is_kept_away(&ring->rules->changes[o], demand)) return true;
    }
    return false;
}

/* In the record itself and nowhere else; what a blank field is filled with need be no constant. */
static bool is_replaced(const struct change_rule *rule, const struct formula_demand *demand)
{
    bool is_set = false;
    for (int a = 0; a < rule->action_count; a++) {
        const struct action *action = &rule->actions[a];
        if (!is_write(action) || action->target != rule->object) continue;
        if (action->kind == ACTION_DO_CREATE || action->along || action->over) return false;
        for (int i = 0; i < action->set_count; i++) {
            is_set = is_set || action->set[i].field == demand->fields[0];
        }
    }
    return is_set && (demand->kind == FORMULA_DEMAND_BLANK || is_kept_away(rule, demand));
}

static bool is_unmoved(const struct ring *ring, int r, const struct formula_demand *demand)
{
    for (int i = 0; i < demand->field_count; i++) {
        const struct field *field = demand->fields[i];
        if (ring->writes[r][place_of(ring, field->object, field)]) return false;
        if (is_set_by_others(ring, r, field)) return false;
    }
    const struct object *object = ring->rules->changes[r].object;
    int coming = place_of(ring, object, NULL);
    for (int o = 0; demand->is_new_enough && o < ring->rules->change_count; o++) {
        if (is_with(ring, r, o) && ring->writes[o][coming]) return false;
    }
    return true;
}

static bool is_once(const struct ring *ring, int r)
{
    const struct change_rule *rule = &ring->rules->changes[r];
    if (!(rule->events & RULE_UPDATE) && rule->object) {
        struct formula_demand fresh = { .kind = FORMULA_DEMAND_CHANGE, .is_new_enough = true };
        if (is_unmoved(ring, r, &fresh)) return true; /* nobody on the way makes new ones */
    }
    struct formula_demand *demands = NULL;
    int count = rule->when ? formula_demands(ring->scope, rule->when, &demands) : 0;
    for (int i = 0; i < count; i++) {
        bool is_change = demands[i].kind == FORMULA_DEMAND_CHANGE;
        if (is_change ? is_unmoved(ring, r, &demands[i])
                      : is_replaced(rule, &demands[i]) &&
                            !is_brought_back(ring, r, &demands[i])) {
            return true;
        }
    }
    return false;
}

/* ---- ways ---- */

static void reach(struct ring *ring)
{
    int count = ring->rules->change_count;
    for (int a = 0; a < count; a++) {
        for (int b = 0; b < count; b++) {
            ring->reaches[a][b] = ring->leads[a][b] && !ring->is_out[a] && !ring->is_out[b];
        }
    }
    for (int k = 0; k < count; k++) {
        for (int a = 0; a < count; a++) {
            for (int b = 0; ring->reaches[a][k] && b < count; b++) {
                if (ring->reaches[k][b]) ring->reaches[a][b] = true;
            }
        }
    }
}

static struct ring ring_find(struct scope *scope, const struct rules *rules)
{
    int count = rules->change_count;
    struct ring ring = { .scope = scope, .rules = rules,
                         .starts = scope_new(scope, int, rules->schema->object_count),
                         .reads = scope_new(scope, bool *, count),
                         .writes = scope_new(scope, bool *, count),
                         .leads = scope_new(scope, bool *, count),
                         .reaches = scope_new(scope, bool *, count),
                         .is_out = scope_new(scope, bool, count) };
    for (int o = 0; o < rules->schema->object_count; o++) {
        ring.starts[o] = ring.place_count;
        ring.place_count += rules->schema->objects[o].field_count + 1;
    }
    for (int r = 0; r < count; r++) {
        ring.reads[r] = scope_new(scope, bool, ring.place_count);
        ring.writes[r] = scope_new(scope, bool, ring.place_count);
        ring.leads[r] = scope_new(scope, bool, count);
        ring.reaches[r] = scope_new(scope, bool, count);
        reads_find(&ring, r);
        writes_find(&ring, r);
    }
    for (int a = 0; a < count; a++) {
        for (int b = 0; b < count; b++) ring.leads[a][b] = lead_place(&ring, a, b) >= 0;
    }
    for (bool is_more = true; is_more;) { /* ends: each round takes at least one out */
        is_more = false;
        reach(&ring);
        for (int r = 0; r < count; r++) {
            if (!ring.reaches[r][r] || ring.is_out[r] || !is_once(&ring, r)) continue;
            ring.is_out[r] = is_more = true;
        }
    }
    return ring;
}

static void place_put(const struct ring *ring, int place, struct buf *out)
{
    const struct schema *schema = ring->rules->schema;
    int o = schema->object_count - 1;
    while (o > 0 && ring->starts[o] > place) o--;
    const struct object *object = &schema->objects[o];
    int index = place - ring->starts[o];
    buf_put(out, object->name);
    if (index == object->field_count) return;
    buf_put(out, STR("."));
    buf_put(out, object->fields[index].name);
}

/* rule → field → rule …, along the shortest way back to where it begins. */
static struct str chain(const struct ring *ring, int start)
{
    int count = ring->rules->change_count, queue_end = 1;
    int *next = scope_new(ring->scope, int, count); /* on the way to start, found backwards */
    int *queue = scope_new(ring->scope, int, count + 1);
    for (int r = 0; r < count; r++) next[r] = -1;
    queue[0] = start;
    for (int i = 0; i < queue_end && next[start] < 0; i++) {
        for (int r = 0; r < count; r++) {
            bool is_step = ring->leads[r][queue[i]] && !ring->is_out[r];
            if (!is_step || next[r] >= 0) continue;
            next[r] = queue[i];
            if (r != start) queue[queue_end++] = r;
        }
    }
    struct buf text;
    buf_begin(&text, ring->scope, 4096);
    buf_put(&text, ring->rules->changes[start].name);
    int at = start;
    do {
        buf_put(&text, STR(" → "));
        place_put(ring, lead_place(ring, at, next[at]), &text);
        at = next[at];
        buf_put(&text, STR(" → "));
        buf_put(&text, ring->rules->changes[at].name);
    } while (at != start);
    return buf_str(&text);
}

static bool was_in_ring(const struct ring *before, int id)
{
    for (int r = 0; r < before->rules->change_count; r++) {
        if (before->rules->changes[r].id == id) return before->reaches[r][r];
    }
    return false;
}

bool rules_refuse_rings(struct scope *scope, const struct rules *before,
                        const struct rules *after)
{
    struct scope own;
    scope_begin(&own);
    struct ring ring = ring_find(&own, after);
    struct ring old = ring_find(&own, before);
    bool ok = true;
    for (int r = 0; ok && r < after->change_count; r++) {
        if (!ring.reaches[r][r] || was_in_ring(&old, after->changes[r].id)) continue;
        error_set(scope, ERROR_INVALID, "rule.ring", scope_copy(scope, after->changes[r].name));
        ok = error_arg(scope, "word", scope_copy(scope, chain(&ring, r)));
    }
    scope_end(&own);
    return ok;
}
